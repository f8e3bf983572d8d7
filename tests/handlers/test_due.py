"""What is due: each step once and on its day, at the customer's hour, by any two clocks; nothing in between."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.base import Address
from billing.base import Funds, Happening, Money, Sign
from handlers.due import DATED, MOVED, NEWS, STANDARD, TERM, USUAL, canonical, days, presets, rules, wish
from handlers.hours import ZONES
from storage.base import Alert, Chat, Due, Link, Priority, Topic, Watch
from tests.clock import NOON

ALERTS = presets(STANDARD)
JUDGE, HEED = rules(ALERTS)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TODAY = NOON.date()  # Monday, 16 November 2026
MOSCOW = ZoneInfo("Europe/Moscow")
# The fields of Funds that hold a topic's day.
FIELDS = dict(zip(DATED, ("lasts_until", "fee_on", "due_on", "overdue_since", "promised_until"), strict=True))


def chat(**more: object) -> Chat:
    return replace(Chat(Address("vk", "1"), 1, alerts=True), **more)  # type: ignore[arg-type]


def watch(told: Mapping[str, str] | None = None, **more: object) -> Watch:
    link = Link(1, "a", "100000017731", "Иван П.", NOON, 10_000)
    return Watch(link, chat(**more), told=told or {})


def funds(zone: str = "Europe/Moscow", **days: date | None) -> Funds:
    return Funds("a", Money(-350_00), zone, **days)


def moscow(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=MOSCOW).astimezone(UTC)


@dataclass
class Life:
    """One account that is judged again and again, as a scan does it."""

    watch: Watch
    funds: Funds
    heard: list[tuple[datetime, Alert]] = field(default_factory=list)

    def look(self, now: datetime) -> Due:
        due = JUDGE(self.watch, self.funds, now)
        self.watch = replace(self.watch, told=due.told)
        self.heard += [(now, alert) for alert in due.alerts]
        assert due.next_at is None or due.next_at > now, "the scan would run in circles"
        return due

    def run(self, now: datetime, until: datetime, between: Sequence[float] = ()) -> None:
        """Jump along `next_at`; nothing comes in between, wherever one looks."""
        while now < until:
            due = self.look(now)
            then = min(due.next_at or until, until)
            told = len(self.heard)
            for share in sorted(between):
                look = now + (then - now) * share
                if now < look < then:
                    self.look(look)
            before = self.look(max(then - MINUTE, now)).next_at
            assert before is None or (due.next_at is not None and before >= due.next_at)
            assert len(self.heard) == told
            now = then

    @property
    def abouts(self) -> list[str]:
        return [f"{alert.kind} {alert.about}" for _, alert in self.heard]

    def of(self, topic: Topic) -> list[tuple[datetime, Alert]]:
        return [(at, alert) for at, alert in self.heard if alert.kind == topic]


# ── The steps of a life without news ──────────────────────────────────────────────────────────────────────────────


def test_every_step_on_its_day_at_ten() -> None:
    life = Life(watch(), funds(lasts_until=TODAY + 20 * DAY))
    life.run(NOON, NOON + 60 * DAY)
    last = TODAY + 20 * DAY
    assert [(at, alert.about) for at, alert in life.heard] == [
        (moscow(last - 7 * DAY), "2026-12-06:7"),
        (moscow(last - 3 * DAY), "2026-12-06:3"),
        (moscow(last - DAY), "2026-12-06:1"),
    ]
    assert {alert.kind for _, alert in life.heard} == {"lasts"}
    assert life.watch.told == {}, "what is long over is forgotten"


def test_overdue_is_told_a_day_and_a_week_after_the_due_day() -> None:
    life = Life(watch(), funds(overdue_since=TODAY + DAY))  # fell due today
    life.run(NOON, NOON + 60 * DAY)
    assert [(at, alert.about) for at, alert in life.heard] == [
        (moscow(TODAY + DAY), "2026-11-17:1"),
        (moscow(TODAY + 7 * DAY), "2026-11-17:7"),
    ]
    assert {alert.priority for _, alert in life.heard} == {Priority.URGENT}


@pytest.mark.parametrize(
    ("left", "steps"),
    [(8, [7, 3, 1]), (7, [7, 3, 1]), (5, [7, 3, 1]), (3, [3, 1]), (2, [3, 1]), (1, [1]), (0, [1]), (-1, [])],
)
def test_who_comes_late_hears_of_the_nearest_step_once(left: int, steps: list[int]) -> None:
    """A new account, or the first page after a long silence: no step that went by, no two at once."""
    life = Life(watch(), funds(lasts_until=TODAY + left * DAY))
    life.run(NOON, NOON + 40 * DAY)
    assert [alert.data["step"] for _, alert in life.heard] == [str(step) for step in steps]
    if left in range(8):
        assert life.heard[0][0] == NOON, "what is true now is told now"


def test_a_week_without_the_feed() -> None:
    life = Life(watch(), funds(due_on=TODAY + 3 * DAY))
    life.look(NOON)
    life.look(NOON + 7 * DAY)  # it fell due meanwhile, and the feed has not said so
    assert life.abouts == ["due 2026-11-19:3"]


def test_the_day_of_the_hour_counts_and_not_the_night() -> None:
    life = Life(watch(), funds(lasts_until=TODAY + 7 * DAY))
    for now in (moscow(TODAY, 0), moscow(TODAY, 9, 59)):
        due = life.look(now)
        assert due.alerts == ()
        assert due.next_at == moscow(TODAY)
    assert len(life.look(moscow(TODAY)).alerts) == 1
    late = Life(watch(), funds(lasts_until=TODAY + 7 * DAY))
    assert len(late.look(moscow(TODAY, 23, 59)).alerts) == 1, "known only in the evening: told in the evening"


def test_a_notice_lives_until_the_next_one_or_until_its_day_is_over() -> None:
    last = TODAY + 7 * DAY
    life = Life(watch(), funds(lasts_until=last))
    life.run(NOON, NOON + 20 * DAY)
    assert [alert.expires_at for _, alert in life.heard] == [NOON + TERM, moscow(last - DAY), moscow(last + DAY, 0)]


def test_what_the_accounts_midnight_has_made_past_is_not_told_as_ahead() -> None:
    """In Kaliningrad it is the same afternoon; where the account is, the due day has just ended."""
    life = Life(watch(zone="Europe/Kaliningrad"), funds("Asia/Kamchatka", due_on=TODAY))
    due = life.look(datetime(2026, 11, 16, 13, 0, tzinfo=UTC))
    assert due == Due()
    assert len(life.look(datetime(2026, 11, 16, 11, 0, tzinfo=UTC)).alerts) == 1


def test_a_customer_in_debt_is_warned_like_everybody() -> None:
    debtor = replace(funds(due_on=TODAY + DAY, overdue_since=TODAY), available=Money(-99_999_00))
    life = Life(watch(), debtor)
    life.look(NOON)
    assert life.abouts == ["due 2026-11-17:1", "overdue 2026-11-16:1"]


def test_nothing_is_due_for_who_wants_no_alerts() -> None:
    for more in ({"alerts": False}, {"reachable": False}):
        told = {"lasts": "2026-11-10 2026-11-17:7"}
        assert JUDGE(watch(told, **more), funds(lasts_until=TODAY), NOON) == Due(told=told)


def test_a_fee_that_lasts_has_spoken_of_is_not_told_again() -> None:
    """The fee of the 21st is the day after the last one that is covered: one shortage, one row of notices."""
    short = funds(lasts_until=TODAY + 4 * DAY, fee_on=TODAY + 5 * DAY)
    life = Life(watch(), short)
    life.run(NOON, NOON + 30 * DAY)
    assert life.abouts == ["lasts 2026-11-20:7", "lasts 2026-11-20:3", "lasts 2026-11-20:1"]
    alone = Life(watch(wishes={"lasts": "off"}), short)
    alone.run(NOON, NOON + 30 * DAY)
    assert alone.abouts == ["fee 2026-11-21:3"]
    nearer = Life(watch(wishes={"lasts": "7", "fee": "1"}), short)
    nearer.run(NOON, NOON + 30 * DAY)
    assert nearer.abouts == ["lasts 2026-11-20:7", "fee 2026-11-21:1"]


# ── A life with news ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("moved", "again"), [(-1, False), (1, False), (3, False), (4, True), (30, True)])
def test_a_step_is_told_again_only_when_its_day_has_moved_far(moved: int, again: bool) -> None:
    life = Life(watch(), funds(promised_until=TODAY + DAY))
    life.look(NOON)
    life.funds = funds(promised_until=TODAY + DAY + moved * DAY)
    life.run(NOON + DAY, NOON + 60 * DAY)
    assert len(life.heard) == (2 if again else 1)


def test_a_nearer_step_is_told_though_its_day_has_hardly_moved_but_not_on_the_same_day() -> None:
    life = Life(watch(), funds(lasts_until=TODAY + 7 * DAY))
    life.look(NOON)
    life.funds = funds(lasts_until=TODAY + 3 * DAY)
    due = life.look(NOON + HOUR)
    assert due.alerts == ()
    assert due.next_at == moscow(TODAY + DAY)
    life.look(moscow(TODAY + DAY))
    assert life.abouts == ["lasts 2026-11-23:7", "lasts 2026-11-19:3"]


def test_a_forecast_that_wavers_repeats_nothing() -> None:
    life = Life(watch(), funds())
    for day in range(20):
        wavering = (0, 1, -1, 2, 0, -1, 1)[day % 7]
        life.funds = funds(lasts_until=TODAY + (15 + wavering) * DAY)
        life.look(NOON + day * DAY)
        life.look(NOON + day * DAY + 5 * HOUR)
    steps = [int(alert.data["step"]) for _, alert in life.heard]
    assert steps == [7, 3, 1]


WISHES = {
    "lasts": ["off", "on", "7 3 1", "30 14", "2", "5 4 3 2 1", "garbage"],
    "overdue": ["1 7", "1 2 3", "30", "off"],
    "fee": ["1", "3 2"],
    "due": ["10 5"],
    "promise": ["off", "2 1"],
    "digest": ["1", "7", "off"],
}
EVERY_ZONE = (*ZONES, "America/Sao_Paulo", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
              "Pacific/Kiritimati", "Africa/Casablanca", "America/St_Johns", "Asia/Kathmandu")  # fmt: skip
near = st.one_of(st.none(), st.integers(-70, 45))
minutes = st.one_of(st.sampled_from([0, 1, 90, 150, 600, 1380, 1439]), st.integers(0, 1439))
starts = st.integers(0, 4 * 366 * 24 * 60).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + n * MINUTE)


@settings(max_examples=150)
@given(
    start=starts,
    zones=st.tuples(st.sampled_from(EVERY_ZONE), st.sampled_from(EVERY_ZONE)),
    at=minutes,
    news=st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.integers(1, 5000)),
            st.tuples(st.just("feed"), st.tuples(near, near, near, near, near)),
            st.sampled_from([("wish", (topic, value)) for topic, values in WISHES.items() for value in values]),
        ),
        max_size=40,
    ),
)  # fmt: skip
def test_whatever_happens_nothing_is_told_twice_and_no_two_steps_on_one_day(
    start: datetime, zones: tuple[str, str], at: int, news: list[tuple[str, object]]
) -> None:
    here, there = map(ZoneInfo, zones)
    life, now = Life(watch(zone=zones[0], remind_at=at), funds(zones[1])), start
    for what, value in news:
        if what == "wait":
            assert isinstance(value, int)
            now += value * MINUTE
        elif what == "feed":
            today = now.astimezone(there).date()
            days_ = [None if n is None else today + n * DAY for n in value]  # type: ignore[attr-defined]
            life.funds = funds(zones[1], **dict(zip(FIELDS.values(), days_, strict=True)))
        else:
            topic, wanted = cast("tuple[str, str]", value)
            life.watch = replace(
                life.watch, chat=replace(life.watch.chat, wishes={**life.watch.chat.wishes, topic: wanted})
            )
        life.look(now)
        life.look(now)
    told = [(alert.kind, alert.about) for _, alert in life.heard]
    assert len(set(told)) == len(told)
    places = [(alert.kind, moment.astimezone(here).date()) for moment, alert in life.heard]
    assert len(set(places)) == len(places)
    for moment, alert in life.heard:
        assert within_hours(moment, at, here)
        assert moment < alert.expires_at <= moment + TERM
    assert all(len(kept) < 1000 for kept in life.watch.told.values())


def within_hours(moment: datetime, at: int, here: ZoneInfo) -> bool:
    """From the customer's hour on, on the same day; where the clocks skip that hour, after it."""
    local = moment.astimezone(here)
    return local.hour * 60 + local.minute >= at


ALL_OFF = dict.fromkeys(Topic, "off")


@settings(max_examples=120)
@given(
    start=starts,
    zones=st.tuples(st.sampled_from(EVERY_ZONE), st.sampled_from(EVERY_ZONE)),
    at=minutes,
    topic=st.sampled_from(DATED),
    steps=st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True),
    ahead=st.integers(31, 45),
    between=st.lists(st.floats(0, 1), max_size=3),
)  # fmt: skip
@example(  # 23 hours between two hours of the customer, 25 on the other side
    start=datetime(2026, 2, 20, 12, tzinfo=UTC), zones=("America/New_York", "Asia/Omsk"), at=600, topic=Topic.DUE,
    steps=[1, 2, 3, 4, 5], ahead=31, between=[0.5],
)  # fmt: skip
def test_without_news_exactly_the_steps_are_told_each_at_the_hour_of_its_day(
    start: datetime, zones: tuple[str, str], at: int, topic: Topic, steps: list[int], ahead: int, between: list[float]
) -> None:
    here, there = map(ZoneInfo, zones)
    about = start.astimezone(there).date() + ahead * DAY
    wishes = {**ALL_OFF, topic: " ".join(map(str, steps))}
    life = Life(watch(zone=zones[0], remind_at=at, wishes=wishes), funds(zones[1], **{FIELDS[topic]: about}))
    life.run(start, start + 80 * DAY, between)
    assert [(moment, alert.about) for moment, alert in life.heard] == list(
        expected(start, here, there, at, topic, about, steps)
    )


def expected(
    start: datetime, here: ZoneInfo, there: ZoneInfo, at: int, topic: Topic, about: date, steps: list[int]
) -> Iterator[tuple[datetime, str]]:
    """The same counted by hand: at each of the customer's hours the newest of the steps that have come."""
    told: set[int] = set()
    for n in range(82):
        local = start.astimezone(here).date() + n * DAY
        hour = datetime(local.year, local.month, local.day, at // 60, at % 60, tzinfo=here).astimezone(UTC)
        day = hour.astimezone(there).date()
        if topic is Topic.OVERDUE:
            newest = max((step for step in steps if about + (step - 1) * DAY <= day), default=None)
        else:
            newest = min((step for step in steps if about - step * DAY <= day <= about), default=None)
        if newest is not None and newest not in told:
            told.add(newest)
            yield hour, f"{about}:{newest}"


@pytest.mark.parametrize("name", ZONES)
def test_in_every_russian_zone_every_step_comes_at_the_customers_ten(name: str) -> None:
    """Minute by minute over the hours that matter, and nothing in the others."""
    here = ZoneInfo(name)
    last = TODAY + 9 * DAY
    life = Life(watch(zone=name), funds(lasts_until=last))
    life.run(NOON, NOON + 60 * DAY, [0.1, 0.5, 0.9, 0.999])
    told = [at.astimezone(here) for at, _ in life.heard]
    assert [at.strftime("%H:%M") for at in told] == ["10:00"] * 3
    assert [at.astimezone(MOSCOW).date() for at, _ in life.heard] == [last - n * DAY for n in (7, 3, 1)]


def test_looking_all_the_time_tells_the_same_as_looking_when_it_is_time() -> None:
    often, seldom = (Life(watch(), funds(due_on=TODAY + 20 * DAY, overdue_since=TODAY + 2 * DAY)) for _ in range(2))
    seldom.run(NOON, NOON + 60 * DAY)
    for n in range(0, 60 * 24 * 60, 12):  # of ten o'clock no look falls short
        often.look(NOON + n * MINUTE)
    assert often.heard == seldom.heard
    assert often.abouts == ["overdue 2026-11-18:1", "overdue 2026-11-18:7", "due 2026-12-06:3", "due 2026-12-06:1"]


@pytest.mark.parametrize(
    ("zone", "day", "at", "shown"),
    [
        ("Europe/Lisbon", date(2026, 3, 29), 90, "02:30"),  # 01:30 is skipped
        ("Europe/Lisbon", date(2026, 10, 25), 90, "01:30"),  # and comes twice: the first one
        ("Africa/Cairo", date(2026, 4, 24), 0, "01:00"),  # midnight itself is skipped
        ("America/Sao_Paulo", date(2018, 11, 4), 0, "01:00"),
    ],
)
def test_an_hour_that_the_clocks_skip_or_repeat_comes_once(zone: str, day: date, at: int, shown: str) -> None:
    life = Life(watch(remind_at=at), funds(zone, due_on=day + DAY))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - 20 * DAY
    life.run(start, start + 60 * DAY, [0.3])
    assert len(life.heard) == 2
    moment = life.heard[1][0].astimezone(ZoneInfo(zone))
    assert (moment.date(), moment.strftime("%H:%M"), moment.fold) == (day, shown, 0)


# ── The digest ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_digest_comes_on_its_weekday_by_the_customers_week() -> None:
    life = Life(watch(wishes={"digest": "1"}, zone="Asia/Kamchatka", remind_at=0), funds())
    life.run(NOON, NOON + 28 * DAY, [0.5])
    kamchatka = ZoneInfo("Asia/Kamchatka")
    assert [at.astimezone(kamchatka).strftime("%a %H:%M") for at, _ in life.heard[1:]] == ["Mon 00:00"] * 4
    assert [alert.priority for _, alert in life.heard] == [Priority.NEWS] * 5
    assert life.heard[0][0] == NOON  # it is Monday still


def test_a_digest_that_was_missed_is_not_told_the_day_after() -> None:
    life = Life(watch(wishes={"digest": "1"}), funds())
    due = life.look(NOON + DAY)
    assert due.alerts == ()
    assert due.next_at == moscow(TODAY + 7 * DAY)


# ── Bad data ──────────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    about=st.one_of(st.none(), st.dates()), now=starts,
    zone=st.sampled_from(["", "Mars/Olympus", "../etc/passwd", "\0", "Europe/Moscow", "x" * 300]),
    told=st.dictionaries(st.sampled_from(["lasts", "digest", "overdue", "nonsense"]), st.text(max_size=40)),
)  # fmt: skip
def test_absurd_days_zones_and_memories_harm_nobody(
    about: date | None, now: datetime, zone: str, told: dict[str, str]
) -> None:
    days_ = dict.fromkeys(FIELDS.values(), about)
    due = JUDGE(watch(told, zone=zone or None, wishes={"digest": "3"}), funds(zone or "Nowhere", **days_), now)
    assert due.next_at is not None
    assert due.next_at > now
    assert len(due.alerts) <= 6


def test_a_clock_that_was_wrong_for_a_moment_silences_nobody() -> None:
    life = Life(watch(), funds(due_on=TODAY + 3653 * DAY))
    life.look(NOON + 3650 * DAY)
    assert len(life.heard) == 1
    life.funds = funds(due_on=TODAY + 3 * DAY)
    life.look(NOON)
    assert len(life.heard) == 2


def test_a_day_far_ahead_is_looked_at_in_time() -> None:
    life = Life(watch(), funds(promised_until=TODAY + 1000 * DAY))
    life.run(NOON, NOON + 1100 * DAY)
    assert [(at, alert.about) for at, alert in life.heard] == [(moscow(TODAY + 999 * DAY), "2029-08-12:1")]


# ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────


def happening(sign: Sign, ago: timedelta = HOUR, **more: object) -> Happening:
    return replace(Happening("e:1", sign, NOON - ago, "x-9", "a", title="Кино"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", Sign)
def test_an_event_is_told_while_it_is_news(sign: Sign) -> None:
    topic, priority, term = NEWS[sign]
    alert = HEED(watch(), happening(sign), NOON)
    assert alert is not None
    assert (alert.kind, alert.about, alert.priority) == (sign.value, "e:1", priority)
    assert alert.expires_at == NOON - HOUR + term
    assert HEED(watch(), happening(sign, term), NOON) is None, "too old"
    assert HEED(watch(wishes={topic.value: "off"}), happening(sign), NOON) is None
    assert HEED(watch(alerts=False), happening(sign), NOON) is None
    assert HEED(watch(reachable=False), happening(sign), NOON) is None
    heed = rules(presets(""))[1]
    assert heed(watch(), happening(sign), NOON) is None
    assert heed(watch(wishes={topic.value: "on"}), happening(sign), NOON) is not None


def test_what_the_letter_keeps_of_an_event() -> None:
    told = happening(Sign.CHARGE, amount=Money(12_345, "EUR"), day=TODAY, service="s", title="я" * 10_000)
    alert = HEED(watch(), told, NOON)
    assert alert is not None
    assert alert.data == {
        "about": "x-9", "at": "2026-11-16T08:00:00+00:00", "title": "я" * 200, "amount": "12345", "currency": "EUR",
        "day": "2026-11-16", "service": "s",
    }  # fmt: skip


def test_an_outage_goes_first_and_a_bill_has_time() -> None:
    outage, bill = HEED(watch(), happening(Sign.OUTAGE), NOON), HEED(watch(), happening(Sign.BILL), NOON)
    assert outage is not None
    assert bill is not None
    assert outage.priority < bill.priority
    assert outage.expires_at < NOON + DAY < NOON + 5 * DAY < bill.expires_at


def test_planned_work_of_tomorrow_is_news_from_now_on() -> None:
    alert = HEED(watch(), happening(Sign.OUTAGE, -20 * HOUR), NOON)
    assert alert is not None
    assert alert.expires_at == NOON + 12 * HOUR


# ── Wishes and presets ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_standard_presets() -> None:
    assert ALERTS == {
        "low": "on", "lasts": "7 3 1", "fee": "3", "bill": "on", "due": "3 1", "overdue": "1 7", "service": "on",
        "paid": "on", "promise": "1", "charge": "on", "outage": "on", "digest": "off",
    }  # fmt: skip
    assert set(presets("")) == set(Topic)
    assert set(presets("").values()) == {"off"}
    read = presets("lasts=1,30,2 digest overdue=9,2 due=on paid=on low=off")
    assert {topic: value for topic, value in read.items() if value != "off"} == {
        "lasts": "30 2 1", "digest": "1", "overdue": "2 9", "due": "3 1", "paid": "on",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [("lows", "'lows' is no topic: low, lasts, fee"), ("low low", "low stands there twice"),
     ("lasts=7, 3", "'3' is no topic"), ("lasts=", "lasts: up to 5 days from 1 to 30"), ("lasts=31", "from 1 to 30"),
     ("overdue=0", "from 1 to 30"), ("due=0", "from 1 to 30"),
     ("lasts=1,2,3,4,5,6", "up to 5 days"), ("digest=8", "a weekday, 1 (Monday) to 7"),
     ("digest=1,2", "a weekday"), ("paid=3", "paid: on or off"), ("lasts=-1", "lasts:"), ("lasts=٣", "lasts:"),
     ("=3", "'' is no topic")],
)  # fmt: skip
def test_what_is_wrong_with_presets_is_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        presets(text)


@pytest.mark.parametrize(
    ("topic", "kept", "holds"),
    [("lasts", "5 2", "5 2"), ("lasts", "2 5 5", "5 2"), ("lasts", "on", "7 3 1"), ("lasts", "off", "off"),
     ("lasts", "31", "7 3 1"), ("lasts", "x", "7 3 1"), ("lasts", "0", "7 3 1"),
     ("lasts", "", "7 3 1"), ("digest", "on", "1"),
     ("digest", "7", "7"), ("digest", "0", "off"), ("paid", "5", "on"), ("paid", "off", "off"), ("low", "?", "on")],
)  # fmt: skip
def test_garbage_among_the_wishes_is_the_preset(topic: str, kept: str, holds: str) -> None:
    assert wish(Topic(topic), {topic: kept}, ALERTS) == holds


def test_on_means_the_operators_days_and_else_the_usual_ones() -> None:
    assert wish(Topic.LASTS, {"lasts": "on"}, presets("lasts=9")) == "9"
    assert {topic: wish(topic, {topic: "on"}, presets("")) for topic in USUAL} == USUAL
    assert days("7 3 1") == (7, 3, 1)
    assert days("off") == days("on") == ()


@given(st.sampled_from(Topic), st.text(alphabet="0123456789 onf,-٣", max_size=12))
def test_what_is_kept_reads_as_itself(topic: Topic, text: str) -> None:
    kept = canonical(topic, text)
    assert kept is None or canonical(topic, kept) == kept
    assert MOVED > DAY
