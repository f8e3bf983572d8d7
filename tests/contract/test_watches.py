"""The watch over accounts, the valve and the audit: what storage promises of them, on SQLite and on PostgreSQL."""

import asyncio
from datetime import datetime, timedelta

import pytest

from adapters.base import Address, Reply
from billing.base import Changes, Funds, Happening, Money, Sign
from storage.base import (
    Alert,
    Due,
    Forget,
    Hold,
    Pay,
    Place,
    Prefer,
    Priority,
    Refused,
    Remind,
    Saw,
    Sent,
    SetAlerts,
    SetHour,
    SetReachable,
    SetThreshold,
    SetWish,
    Stale,
    Storage,
    Topic,
    Unlink,
    Watch,
)
from tests.clock import HandClock
from tests.storage.acts import ANNA, BORIS, VERA, deliver, link, no_limits, observe, turn


async def told(storage: Storage, network: str = "vk") -> list[tuple[str, str]]:
    """What is due is queued and leaves: kind and episode."""
    await storage.watches.due()
    letters = await deliver(storage, network, bulk=True)
    return [(one.kind, one.data.get("episode", "")) for letter in letters for one in (letter, *letter.also)]


# ── Low funds ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_episode_is_told_once_and_its_end_once(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    assert await observe(storage, ("1", 5_000), ("other", 1), cursor="c1") == 1
    assert await storage.watches.cursor() == "c1"
    assert await storage.watches.read_at() == clock.now()
    assert await told(storage) == [("low", "1")]
    assert await told(storage) == []
    await observe(storage, ("1", 4_000))
    assert await told(storage) == [], "lower is the same episode"
    await observe(storage, ("1", 11_000))
    assert await told(storage) == [("restored", "1")]
    clock.advance(days=1)
    await observe(storage, ("1", 9_999))
    await observe(storage, ("1", 20_000))
    assert await told(storage) == [], "an episode that nobody was told of ends in silence"
    await observe(storage, ("1", 1))
    assert await told(storage) == [("low", "3")]
    watch = await storage.watches.watch(mine.id)
    assert watch is not None
    assert (watch.episode, watch.low, watch.link.account, watch.chosen) == (3, True, "1", True)
    assert await storage.watches.watch(mine.id + 1) is None


async def test_a_balance_that_swings_about_the_threshold_is_told_once(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1", threshold=10_000)
    heard = []
    for _ in range(10):
        for funds in (9_900, 10_000, 10_999, 9_999):
            await observe(storage, ("1", funds))
            heard += await told(storage)
            clock.advance(3600)
    assert heard == [("low", "1")]


async def test_low_funds_are_not_told_again_within_a_day(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    assert await told(storage) == [("low", "1")]
    clock.advance(3600)
    await observe(storage, ("1", 50_000))
    assert await told(storage) == [("restored", "1")]
    await observe(storage, ("1", 5))
    clock.advance(3600 * 22)
    assert await told(storage) == []
    clock.advance(3600)
    assert await told(storage) == [("low", "2")], "and what is still true then is told"


async def test_the_last_figure_of_a_page_counts(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    assert await observe(storage, ("1", 5), ("1", 50_000)) == 1
    assert await observe(storage, ("1", 50_000)) == 0
    assert await told(storage) == []
    assert await observe(storage, cursor="only the cursor") == 0
    assert await storage.watches.cursor() == "only the cursor"


async def test_the_cursor_moves_only_behind_all_of_its_rows(
    storage: Storage, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.watches.CHUNK", 2)
    await link(storage, clock, "1", "2", "3", "4")
    funds = tuple(Funds(str(n), Money(5)) for n in range(1, 5))
    broken = Happening("e", Sign.PAID, clock.now(), "p", account="3")

    def breaks(_watch: Watch, _happening: Happening, _now: datetime) -> Alert | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await storage.watches.observe(Changes(funds, "too far", False, (broken,)), breaks)
    assert await storage.watches.cursor() is None
    assert await storage.watches.due() == 2, "the first chunk is written, and is written again with the same result"
    assert await observe(storage, *funds, cursor="there") == 2
    assert await storage.watches.cursor() == "there"


async def test_an_account_that_no_database_takes_holds_up_nobody(storage: Storage, clock: HandClock) -> None:
    await link(storage, clock, "1")
    assert await observe(storage, ("z\ud800", 5), ("a\0", 5), ("1", 5), cursor="behind") == 1
    assert await storage.watches.cursor() == "behind"


async def test_who_switched_alerts_off_hears_of_low_funds_when_they_want_to(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1", alerts=False)
    await observe(storage, ("1", 5))
    assert await told(storage) == []
    await turn(storage, clock, SetAlerts(True))
    assert await told(storage) == [("low", "1")]
    await turn(storage, clock, SetAlerts(False))
    await observe(storage, ("1", 50_000))
    assert await told(storage) == []
    await turn(storage, clock, SetAlerts(True))
    assert await told(storage) == [], "what ended in the silence is not told afterwards"


async def test_a_threshold_begins_and_ends_an_episode(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, SetThreshold(mine.id, 1))  # before anything was observed
    await observe(storage, ("1", 5_000))
    assert await told(storage) == []
    await turn(storage, clock, SetThreshold(mine.id, 5_001))
    assert await told(storage) == [("low", "1")]
    await turn(storage, clock, SetThreshold(mine.id, 5_000))
    assert await told(storage) == [], "nothing was restored: the customer moved the mark"
    clock.advance(days=1)
    await observe(storage, ("1", 4_999))
    assert await told(storage) == [("low", "2")]


async def test_a_scan_in_small_chunks_queues_everybody_once(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    people = [Address("vk", str(n)) for n in range(11)]
    for n, person in enumerate(people):
        await link(storage, clock, f"a{n}", sender=person)
    await observe(storage, *[(f"a{n}", 5) for n in range(11)])
    assert sum(await asyncio.gather(*(storage.watches.due(limit=3) for _ in range(4)))) == 11
    assert {letter.address for letter in await deliver(storage, "vk", bulk=True)} == set(people)


async def test_a_warning_that_was_never_sent_has_no_end_to_tell(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5_000))
    await storage.watches.due()
    [[warning], _] = await storage.outbox.claim("vk", 1, bulk=True)
    await observe(storage, ("1", 50_000))
    await storage.watches.due()
    await storage.outbox.settle(warning, Refused("no longer true"))
    assert await told(storage) == []
    clock.advance(days=1)
    await observe(storage, ("1", 5_000))
    assert await told(storage) == [("low", "2")]
    await observe(storage, ("1", 50_000))
    assert await told(storage) == [("restored", "2")]


# ── One chat hears of an account ──────────────────────────────────────────────────────────────────────────────────


async def hears(storage: Storage) -> Address | None:
    return await storage.watches.hears("1")


async def test_the_chat_that_was_last_preferred_hears_of_the_account(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [first] = await link(storage, clock, "1")
    clock.advance(1)
    [second] = await link(storage, clock, "1", sender=BORIS)
    assert await hears(storage) == BORIS, "who linked last and wants alerts"
    clock.advance(1)
    await turn(storage, clock, Prefer(first.id))
    assert await hears(storage) == ANNA
    watch = await storage.watches.watch(second.id)
    assert watch is not None
    assert not watch.chosen
    await turn(storage, clock, SetAlerts(False))
    assert await hears(storage) == BORIS
    clock.advance(1)
    await turn(storage, clock, SetAlerts(True))
    assert await hears(storage) == ANNA
    await observe(storage, ("1", 5))
    assert await told(storage, "telegram") == []
    assert await told(storage) == [("low", "1")]
    await turn(storage, clock, Unlink(first.id))
    assert await hears(storage) == BORIS
    assert await told(storage, "telegram") == [], "it was told, to whomever"
    await turn(storage, clock, Forget(), sender=BORIS)
    assert await hears(storage) is None


async def test_nobody_may_prefer_another_chats_link(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    await link(storage, clock, "1", sender=BORIS)
    for effect in (Prefer(mine.id), Remind(mine.id, "low", clock.now(), clock.now())):
        with pytest.raises(Stale):
            await turn(storage, clock, effect, sender=VERA)
        clock.advance(31)
    assert await hears(storage) == BORIS


async def test_who_links_without_wanting_alerts_takes_them_from_nobody(storage: Storage, clock: HandClock) -> None:
    await link(storage, clock, "1")
    clock.advance(1)
    await link(storage, clock, "1", sender=BORIS, alerts=False)
    assert await hears(storage) == ANNA
    await turn(storage, clock, SetReachable(False))
    assert await hears(storage) is None
    await turn(storage, clock, SetReachable(True))
    assert await hears(storage) == ANNA


async def test_what_one_chat_refuses_goes_on_to_the_next_and_no_further_copy(
    storage: Storage, clock: HandClock
) -> None:
    await no_limits(storage)
    await link(storage, clock, "1", sender=BORIS)
    clock.advance(1)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    [[letter], _] = await storage.outbox.claim("vk", 1, bulk=True)
    await storage.outbox.settle(letter, Refused("blocked", unreachable=True, elsewhere=True))
    assert await hears(storage) == BORIS
    [[moved], _] = await storage.outbox.claim("telegram", 9, bulk=True)
    assert (moved.id, moved.address, moved.attempts) == (letter.id, BORIS, 1)
    await storage.outbox.settle(moved, Refused("blocked", unreachable=True, elsewhere=True))
    assert await storage.outbox.claim("vk", 9, bulk=True) == ((), None)
    assert await storage.upkeep.backlog() == (0, 0)


async def test_what_may_have_arrived_goes_nowhere_else(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1", sender=BORIS)
    clock.advance(1)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    await storage.outbox.claim("vk", 1, bulk=True)
    clock.advance(60)
    await storage.outbox.sweep()
    [[letter], _] = await storage.outbox.claim("vk", 1, bulk=True)
    assert letter.unknowns == 1
    await storage.outbox.settle(letter, Refused("blocked", unreachable=True, elsewhere=True))
    assert await deliver(storage, "telegram", bulk=True) == []


# ── Days ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def on_the_day(watch: Watch, funds: Funds, now: datetime) -> Due:
    """Tells of the day when it has come; looks again then."""
    assert watch.link.account == funds.account
    if funds.due_on is None:
        return Due()
    at = datetime.combine(funds.due_on, datetime.min.time(), now.tzinfo)
    if now < at:
        return Due(next_at=at, told=watch.told)
    about = str(funds.due_on)
    if watch.told.get("due") == about:
        return Due(told=watch.told)
    return Due((Alert("due", about, at + timedelta(days=9), {"day": about}),), told={"due": about})


async def judged(storage: Storage) -> tuple[int, int]:
    return await storage.watches.judge(on_the_day)


async def test_days_are_judged_when_the_feed_changes_them_and_when_they_come(
    storage: Storage, clock: HandClock
) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    await link(storage, clock, "2", sender=VERA)
    assert await judged(storage) == (2, 0), "nothing is known of them yet"
    assert await judged(storage) == (0, 0)
    today = clock.now().date()
    soon = Funds("1", Money(5_000_00), due_on=today + timedelta(days=2))
    await observe(storage, soon, Funds("2", Money(5_000_00)))
    assert len(await storage.watches.samples("dated")) == 2
    assert await storage.watches.rehearse(on_the_day) == []
    assert await judged(storage) == (2, 0)
    assert await observe(storage, soon) == 0
    assert await judged(storage) == (0, 0)
    clock.advance(days=2)
    [(network, chosen, alert)] = await storage.watches.rehearse(on_the_day)
    assert (network, chosen, alert.kind) == ("vk", mine.id, "due")
    assert await judged(storage) == (1, 1)
    [letter] = await deliver(storage, "vk", bulk=True)
    assert (letter.kind, letter.link, dict(letter.data)) == ("due", mine.id, {"day": str(soon.due_on)})
    assert await judged(storage) == (0, 0)
    await turn(storage, clock, SetWish(Topic.DUE, "3 1"), SetHour(9 * 60))
    watch = await storage.watches.watch(mine.id)
    assert watch is not None
    assert (dict(watch.chat.wishes), watch.chat.remind_at) == ({"due": "3 1"}, 540)
    assert dict(watch.told) == {"due": str(soon.due_on)}
    assert await judged(storage) == (1, 0), "other wishes: judged anew, and not told again"
    await turn(storage, clock, SetWish(Topic.DUE, None))
    assert (await storage.inbox.recall(ANNA)).chat.wishes == {}


async def test_many_judge_at_once_and_each_account_is_told_once(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    people = [Address("vk", str(n)) for n in range(11)]
    for n, person in enumerate(people):
        await link(storage, clock, f"a{n}", sender=person)
    await observe(storage, *[Funds(f"a{n}", Money(5_000_00), due_on=clock.now().date()) for n in range(11)])
    looked = await asyncio.gather(*(storage.watches.judge(on_the_day, 3) for _ in range(8)))
    assert sum(new for _, new in looked) == 11
    assert {letter.address for letter in await deliver(storage, "vk", bulk=True)} == set(people)


# ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────


def heeded(watch: Watch, happening: Happening, now: datetime) -> Alert | None:
    if watch.chat.wishes.get(happening.sign) == "off":
        return None
    return Alert(happening.sign, happening.id, now + timedelta(days=1), {"about": happening.about}, Priority.URGENT)


async def test_an_event_is_told_once_to_who_wishes_it(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    await link(storage, clock, "2", sender=VERA)
    await turn(storage, clock, SetWish(Topic.PAID, "off"), sender=VERA)
    paid = tuple(Happening(f"p{n}", Sign.PAID, clock.now(), f"p{n}", account=str(n)) for n in (1, 2, 3))
    for _ in range(2):
        await observe(storage, ("1", 50_000), cursor="c", happened=paid, heed=heeded)
    letters = await deliver(storage, "vk", bulk=True)
    assert [(one.kind, one.link, dict(one.data)) for one in letters] == [("paid", mine.id, {"about": "p1"})]


async def test_what_was_paid_in_the_chat_is_told_by_the_payment_itself(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    order = Place("token", mine.id, 500_00, "RUB", clock.now() + timedelta(hours=1))
    await turn(storage, clock, order)
    await turn(storage, clock, Pay("token", "charge", 500_00, "RUB", clock.now()))

    def paid(id: str, amount: int) -> Happening:
        return Happening(id, Sign.PAID, clock.now(), id, account="1", amount=Money(amount))

    await observe(storage, happened=(paid("p1", 500_00), paid("p2", 499_00)), heed=heeded)
    [letter] = await deliver(storage, "vk", bulk=True)
    assert (letter.data["about"], letter.also) == ("p2", ())
    clock.advance(days=3)
    await observe(storage, happened=(paid("p3", 500_00),), heed=heeded)
    assert len(await deliver(storage, "vk", bulk=True)) == 1


async def test_a_household_of_fifty_chats_is_told_once_though_forty_nine_refuse(
    storage: Storage, clock: HandClock
) -> None:
    await no_limits(storage)
    people = [Address("vk", str(n)) for n in range(50)]
    for person in people:
        await link(storage, clock, "1", sender=person)
        clock.advance(1)
    await observe(storage, ("1", 5))
    assert await storage.watches.due() == 1
    asked = []
    for _ in range(49):
        [[letter], _] = await storage.outbox.claim("vk", 9, bulk=True)
        asked.append(letter.address)
        await storage.outbox.settle(letter, Refused("blocked", unreachable=True, elsewhere=True))
    [[letter], _] = await storage.outbox.claim("vk", 9, bulk=True)
    await storage.outbox.settle(letter, Sent("m"))
    assert [*asked, letter.address] == people[::-1]
    assert await hears(storage) == people[0]
    assert await deliver(storage, "vk", bulk=True) == []


async def test_an_event_of_a_region_is_spread_in_chunks(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    people = [Address("vk", str(n)) for n in range(5)]
    for n, person in enumerate(people):
        await link(storage, clock, f"a{n}", sender=person)
    everywhere = Happening("o1", Sign.OUTAGE, clock.now(), "o1")
    elsewhere = Happening("o2", Sign.OUTAGE, clock.now(), "o2", region="Марс")
    for _ in range(2):
        await observe(storage, cursor="c", happened=(everywhere, elsewhere), heed=heeded)
    looked, queued = 1, 0
    while looked:
        looked, new = await storage.watches.spread(heeded, 2)
        queued += new
    assert queued == 5
    assert {letter.address for letter in await deliver(storage, "vk", bulk=True)} == set(people)
    await observe(storage, cursor="c", happened=(everywhere,), heed=heeded)
    assert await storage.watches.spread(heeded) == (0, 0)


async def test_a_reminder_comes_when_it_was_asked_for(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    tomorrow = clock.now() + timedelta(days=1)
    remind = Remind(mine.id, "low", tomorrow, tomorrow + timedelta(hours=9), {"episode": "1"})
    await turn(storage, clock, remind, remind)
    assert await deliver(storage, "vk", bulk=True) == []
    clock.advance(days=1)
    await storage.outbox.sweep()
    [letter] = await deliver(storage, "vk", bulk=True)
    assert (letter.kind, letter.also) == ("low", ())


# ── The valve ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def alarms(storage: Storage) -> list[str]:
    return [letter.reply.text for letter in await deliver(storage, "telegram") if letter.reply]


async def test_shut_no_alert_leaves_and_replies_do(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    assert await storage.valve.hold() is None
    assert await storage.valve.shut("gate: zero", "gate", (BORIS, Reply("held")))
    assert not await storage.valve.shut("by hand", "olga", (BORIS, Reply("again")))
    assert await storage.valve.hold() == Hold("gate: zero", clock.now(), "gate")
    assert await alarms(storage) == ["held"], "the operator is told once"
    assert await deliver(storage, "vk", bulk=True) == []
    await turn(storage, clock, replies=["r"])
    assert len(await deliver(storage, "vk")) == 1
    assert await storage.valve.open("gate")
    assert not await storage.valve.open("gate")
    assert await storage.valve.trusted() is None
    assert len(await deliver(storage, "vk", bulk=True)) == 1
    await storage.valve.open("olga", trust=True)
    assert await storage.valve.trusted() == clock.now()


async def crowd(storage: Storage, clock: HandClock, many: int) -> list[Address]:
    people = [Address("vk", str(n)) for n in range(many)]
    for n, person in enumerate(people):
        await link(storage, clock, f"a{n}", sender=person)
    await observe(storage, *[(f"a{n}", 5) for n in range(many)])
    return people


async def settled(storage: Storage, outcome: Sent | Refused) -> int:
    letters, _ = await storage.outbox.claim("vk", 1000, bulk=True)
    for letter in letters:
        await storage.outbox.settle(letter, outcome)
    return len(letters)


async def test_a_wave_leaves_in_shares_and_is_counted(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await crowd(storage, clock, 40)
    wave = await storage.valve.begin()
    assert await storage.valve.begin() == wave
    assert await storage.watches.due(held=True) == 40
    assert await deliver(storage, "vk", bulk=True) == []
    tenth = await storage.valve.widen(wave, 10)
    assert 0 < tenth < 10
    found = await storage.valve.wave()
    assert found is not None
    assert (found.letters, found.share, found.waiting, found.share_at) == (40, 10, tenth, clock.now())
    clock.advance(60)
    assert await storage.valve.widen(wave, 10) == 0
    assert await settled(storage, Refused("blocked", unreachable=True)) == tenth
    found = await storage.valve.wave()
    assert found is not None
    assert (found.shown, found.refused, found.waiting) == (0, tenth, 0)
    assert found.share_at == clock.now() - timedelta(seconds=60)
    assert await storage.valve.stop(wave, "refusals", (BORIS, Reply("stopped")))
    assert not await storage.valve.stop(wave, "refusals", (BORIS, Reply("stopped")))
    assert await alarms(storage) == ["stopped"]
    assert await storage.valve.widen(wave, 50) > 0
    await settled(storage, Sent("m"))
    rest = await storage.valve.drop(wave)
    assert 0 < rest < 40
    assert await storage.valve.wave() is None
    assert await deliver(storage, "vk", bulk=True) == []
    assert await storage.upkeep.backlog() == (0, 0)


async def test_the_whole_wave_leaves_and_ends(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    people = await crowd(storage, clock, 12)
    wave = await storage.valve.begin()
    await storage.watches.due(held=True)
    assert await storage.valve.widen(wave, 1) + await storage.valve.widen(wave, 100) == 12
    assert await storage.valve.wave() is None
    assert {letter.address for letter in await deliver(storage, "vk", bulk=True)} == set(people)


async def test_who_switches_alerts_off_after_one_has_complained(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    wave = await storage.valve.begin()

    async def complaints() -> int:
        found = await storage.valve.wave()
        assert found is not None
        assert found.id == wave
        return found.complaints

    await turn(storage, clock, SetAlerts(False), SetAlerts(True))
    assert await complaints() == 0, "nobody has told anything yet"
    await storage.watches.due()
    await settled(storage, Sent("m", saw=(Saw("1", "alert:low", {"own": 5}, "ru-1"),)))
    await turn(storage, clock, SetAlerts(False))
    assert await complaints() == 1
    await turn(storage, clock, SetAlerts(False))
    assert await complaints() == 1, "it was off already"
    await turn(storage, clock, SetAlerts(True), SetWish(Topic.LOW, "off"))
    assert await complaints() == 2
    clock.advance(days=2)
    await turn(storage, clock, SetAlerts(False))
    assert await complaints() == 2


# ── The audit ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_P4_the_audit_tells_who_was_shown_what(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    began = clock.now()
    await turn(storage, clock, Saw("1", "balance", {"own": -150}, "ru-1"), Saw("2", "balance", {"own": 1}))
    clock.advance(60)
    await observe(storage, ("1", 5))
    await storage.watches.due()
    [[letter], _] = await storage.outbox.claim("vk", 1, bulk=True)
    await storage.outbox.settle(letter, Sent("m", saw=(Saw("1", "alert:low", {"own": 5}, "ru-1"),)))
    shown = await storage.audit.shown("1")
    assert [(one.question, dict(one.figures), one.template, one.letter) for one in shown] == [
        ("alert:low", {"own": 5}, "ru-1", letter.id),
        ("balance", {"own": -150}, "ru-1", None),
    ]
    assert {one.address for one in shown} == {ANNA}
    assert await storage.audit.shown("1", since=began + timedelta(seconds=1)) == shown[:1]
    assert await storage.audit.shown("1", until=began + timedelta(seconds=1)) == shown[1:]
    assert await storage.audit.accounts("40001") == ("1",)
    assert await storage.audit.accounts("1") == ()
    watch = await storage.watches.watch(mine.id)
    assert watch is not None
    assert (watch.heard, watch.lately) == (1, {"alert:low"})
    clock.advance(6 * 3600)
    later = await storage.watches.watch(mine.id)
    assert later is not None
    assert (later.heard, later.lately) == (1, frozenset())
    await turn(storage, clock, Forget())
    assert {(one.address, tuple(one.figures)) for one in await storage.audit.shown("1")} == {(None, ())}


# ── The tally ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_tally_counts_what_is_due(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1", "2", "3")
    await link(storage, clock, "4", sender=BORIS)
    await link(storage, clock, "5", sender=VERA, alerts=False)
    await observe(storage, ("1", 5), ("2", 0), ("3", 50_000), ("4", 0), ("5", 0))
    tally = await storage.watches.tally(networks=True)
    assert (tally.watched, tally.low, tally.zero, tally.restored) == (4, 3, 2, 0)
    assert tally.by_network == {"vk": {"low": 2}, "telegram": {"low": 1}}
    assert len(await storage.watches.samples("low", 2)) == 2
    assert await storage.watches.due() == 3
    await observe(storage, ("1", 50_000))
    tally = await storage.watches.tally()
    assert (tally.watched, tally.low, tally.restored) == (0, 0, 1)
