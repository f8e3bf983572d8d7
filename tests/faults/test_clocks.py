"""G14, C15, F13: two years of minutes in every Russian zone and in some that change their clocks, and clocks that jump.

What is right is computed here from the zone's offset alone, minute by minute of the epoch; the program thinks in days
and wall clocks. Pure functions and an injected clock: nothing waits.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from adapters.base import Address
from billing.base import Funds, Money
from handlers.due import STANDARD, presets, rules
from handlers.quiet import quiet_until
from storage.base import Alert, Chat, Link, Watch
from tests.faults.size import SEED, SOAK, fault

pytestmark = fault

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RUSSIAN = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk",
    "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
)  # fmt: skip
CHANGING = {
    "Europe/Berlin": 2026,
    "Europe/Lisbon": 2026,
    "America/Sao_Paulo": 2017,  # changed its clocks at midnight: a day without a first hour
    "Australia/Lord_Howe": 2026,  # by half an hour
    "Europe/Volgograd": 2020,  # moved to another zone in the middle of a night
}
ZONES = dict.fromkeys(RUSSIAN, 2026) | CHANGING
every_zone = pytest.mark.parametrize("zone", list(ZONES))
NIGHTS = ((22 * 60, 9 * 60), (23 * 60 + 30, 2 * 60 + 30), (1 * 60, 6 * 60), (2 * 60, 2 * 60 + 15))


def offset(zone: str, at: datetime) -> int:
    """Minutes that the zone is ahead of UTC."""
    ahead = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    return int(ahead / MINUTE)


def minute_of_day(zone: str, at: datetime) -> int:
    return (int(at.timestamp()) // 60 + offset(zone, at)) % 1440


def inside(minute: int, night: tuple[int, int]) -> bool:
    """Whether a minute of the day is one of the night's: counted from its beginning, so that midnight is no case."""
    return (minute - night[0]) % 1440 < (night[1] - night[0]) % 1440


def two_years(zone: str) -> Iterator[datetime]:
    """Every minute round each change of the clocks; of all other days every minute in a soak, else every 31st."""
    at = datetime(ZONES[zone], 1, 1, tzinfo=UTC)
    end = at.replace(year=at.year + 2)
    while at < end:
        changes = offset(zone, at - DAY) != offset(zone, at + 2 * DAY)
        for minute in range(0, 1440, 1 if changes or SOAK else 31):
            yield at + minute * MINUTE
        at += DAY


@every_zone
def test_G14_nothing_is_sent_at_night(zone: str) -> None:
    """At each minute: held back exactly in the quiet hours, and let go at a moment that is out of them, soon after."""
    chats = {night: Chat(Address("vk", "1"), 1, zone=zone, quiet_from=night[0], quiet_to=night[1]) for night in NIGHTS}
    for now in two_years(zone):
        minute = minute_of_day(zone, now)
        for night, chat in chats.items():
            until = quiet_until(chat, "Asia/Omsk", now)
            assert (until is not None) == inside(minute, night), (now, night)
            if until is not None:
                assert now < until <= now + DAY + HOUR, (now, night)
                # The clocks may have gone back meanwhile: then it is night again, and so the letter waits again.
                for _ in range(70):
                    again = quiet_until(chat, "Asia/Omsk", until)
                    if again is None:
                        break
                    until = again
                assert again is None, (now, night)


# ── Dated notices ─────────────────────────────────────────────────────────────────────────────────────────────────

JUDGE, _ = rules(presets(STANDARD.replace("digest=off", "digest=4")))  # Thursdays


@dataclass
class Town:
    """One customer for two years: a bill falls due each month, money runs out each month, a digest comes each week."""

    here: str  # the chat's zone
    there: str  # the account's
    hour: int  # minutes after midnight
    night: tuple[int, int]
    watch: Watch = field(init=False)
    heard: list[tuple[datetime, Alert]] = field(default_factory=list)
    waits: list[Alert] = field(default_factory=list)
    next_at: datetime | None = None
    told: date | None = None  # the day for which the feed has spoken

    def __post_init__(self) -> None:
        chat = Chat(Address("vk", "1"), 1, alerts=True, zone=self.here, remind_at=self.hour)
        chat = replace(chat, quiet_from=self.night[0], quiet_to=self.night[1])
        link = Link(1, "a", "400001", "Иван П.", datetime(2020, 1, 1, tzinfo=UTC), 100_00)
        self.watch = Watch(link, chat)

    def funds(self, day: date) -> Funds:
        """A bill is due on every 20th, money lasts until every 8th."""
        return Funds("a", Money(500_00), self.there, lasts_until=ahead(day, 8), due_on=ahead(day, 20))

    def tick(self, now: datetime) -> None:
        """What the scan and the delivery do in a minute: judge if it is time, send what is not held back."""
        day = now.astimezone(ZoneInfo(self.there)).date()
        if day != self.told or (self.next_at is not None and now >= self.next_at):
            due = JUDGE(self.watch, self.funds(day), now)
            self.watch = replace(self.watch, told=due.told)
            self.waits += due.alerts
            self.next_at, self.told = due.next_at, day
        if self.waits and quiet_until(self.watch.chat, self.there, now) is None:
            self.heard += [(now, alert) for alert in self.waits if alert.expires_at > now]
            self.waits = []

    def count(self) -> Counter[str]:
        return Counter(f"{alert.kind} {alert.about}" for _, alert in self.heard)


def ahead(day: date, of_month: int) -> date:
    """The next such day of a month, today included."""
    if day.day <= of_month:
        return day.replace(day=of_month)
    return (day.replace(day=1) + 32 * DAY).replace(day=of_month)


def owed(first: date, last: date) -> set[str]:
    """What is to be told between two days of the account, both well inside."""
    found = set()
    for at in ((first + n * DAY) for n in range((last - first).days + 1)):
        for topic, of_month, steps in (("due", 20, (3, 1)), ("lasts", 8, (7, 3, 1))):
            days = [(at + step * DAY, step) for step in steps]
            found |= {f"{topic} {day.isoformat()}:{step}" for day, step in days if day.day == of_month}
    return found


def dated(town: Town) -> Counter[str]:
    return Counter({what: times for what, times in town.count().items() if not what.startswith("digest")})


# The chat's zone, the account's, the hour at which the customer wants to hear.
HOURS = (10 * 60, 2 * 60 + 30, 0, 23 * 60 + 50)
TOWNS = [
    (zone, there, hour)
    for n, zone in enumerate(ZONES)
    for m, hour in enumerate(HOURS)
    for there in ((zone,) if m == 0 else (list(ZONES)[n - 5 * m],))
    if SOAK or m in (0, 1 + n % 3)
]


@pytest.mark.parametrize(("zone", "there", "hour"), TOWNS)
def test_G14_each_notice_of_a_day_comes_once(zone: str, there: str, hour: int) -> None:
    """And never at night, whatever the clocks of chat and account do."""
    town = Town(zone, there, hour, NIGHTS[0])
    now = datetime(ZONES[zone], 1, 1, tzinfo=UTC)
    first, end = now.date(), now + 2 * 365 * DAY
    while now < end:
        town.tick(now)
        now += 10 * MINUTE  # as often as the scan looks
    assert set(dated(town).values()) == {1}, town.count().most_common(3)
    missing = owed(first + 9 * DAY, end.date() - 2 * DAY) - set(dated(town))
    assert not missing, (there, sorted(missing)[:3])
    weeks = [at.astimezone(ZoneInfo(zone)).date() for at, alert in town.heard if alert.kind == "digest"]
    assert len(weeks) in (104, 105)
    assert all(4 <= (b - a).days <= 10 for a, b in pairwise(weeks))
    assert not [at for at, _ in town.heard if inside(minute_of_day(zone, at), NIGHTS[0])]


@every_zone
def test_F13_a_clock_that_jumps_neither_doubles_nor_loses(zone: str) -> None:
    """Back by two hours and by a day, ahead by eight hours (a machine that slept), once a week, at any moment."""
    dice = random.Random(f"{SEED}{zone}")
    town = Town(zone, zone, 10 * 60, NIGHTS[0])
    begin = now = datetime(ZONES[zone], 1, 1, tzinfo=UTC)
    end, jump = begin + 365 * DAY, begin + 3 * DAY
    while now < end:
        town.tick(now)
        now += 10 * MINUTE
        if now >= jump:
            jump = now + timedelta(days=dice.uniform(3, 10)) + DAY
            now += dice.choice((-2 * HOUR, -DAY, 8 * HOUR))
    assert max(dated(town).values()) == 1, (SEED, dated(town).most_common(2))
    missing = owed(begin.date() + 9 * DAY, end.date() - 2 * DAY) - set(dated(town))
    assert not missing, (SEED, sorted(missing)[:3])
    assert not [at for at, _ in town.heard if inside(minute_of_day(zone, at), NIGHTS[0])]
