"""Schedule: a tick only says "look now"; what is due stands in the database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from billing.base import Capability, Changes, Funds, Gone, Money, Unavailable
from bot.crediting import take
from bot.schedule import Schedule
from storage.base import Pay, Place, Storage, Unwritable
from storage.sql import open_storage
from tests.bot.parts import ANNA, BORIS, NETWORKS, VERA, WITHIN, Till, letters, link, scan_of, turn
from tests.clock import HandClock
from tests.storage.acts import observe


def schedule(storage: Storage, till: Till, clock: HandClock, wake: Callable[[], None] = lambda: None) -> Schedule:
    async def nothing() -> None:
        return

    return Schedule(
        storage=storage,
        billing=till,
        clock=clock,
        scan=scan_of(storage, till, clock),
        minutes=10,
        wake_delivery=wake,
        prepare=nothing,
        subscribe=nothing,
    )


@pytest.fixture
async def town(storage: Storage, clock: HandClock) -> AsyncIterator[Till]:
    """Three chats that wait for alerts: of "a", of "a" as well, which hears of it, and of "b"; all have money."""
    for address, account in ((ANNA, "a"), (BORIS, "a"), (VERA, "b")):
        await link(storage, clock, address, account, alerts=True)
    for name in NETWORKS:
        await storage.outbox.pace(name, 1000, 1000, 0)
    till = Till(clock)
    till.own = {"a": 350_00, "b": 350_00}
    with capture_logs():
        yield till


async def kinds(storage: Storage) -> list[str]:
    claimed = [letter for name in NETWORKS for letter in await letters(storage, name)]
    return sorted(one.kind for letter in claimed for one in (letter, *letter.also))


# ── One scan a slot ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_processes_tick_one_slot_and_one_scans(storage: Storage, clock: HandClock, town: Till) -> None:
    first, second = schedule(storage, town, clock), schedule(storage, town, clock)
    town.own["a"] = 50_00
    await asyncio.gather(first.look(), second.look(), first.look(), second.look())
    assert town.asked == 1
    assert await kinds(storage) == ["low"]
    await first.look()
    assert town.asked == 1, "a doubled tick changes nothing"
    clock.advance(minutes=10)
    await asyncio.gather(first.look(), second.look())
    assert town.asked == 2
    assert await kinds(storage) == [], "once an episode"


@asynccontextmanager
async def another(url: str, clock: HandClock) -> AsyncIterator[Storage]:
    opened = open_storage(url, clock)
    try:
        yield opened
    finally:
        await opened.close()


async def test_two_processes_that_scan_at_the_very_same_time_tell_once(postgres_url: str, clock: HandClock) -> None:
    """As when one's clock is a slot ahead, or the operator runs `saldo scan` by hand."""
    async with another(postgres_url, clock) as one, another(postgres_url, clock) as two:
        till = Till(clock)
        for n in range(30):
            await link(one, clock, type(ANNA)("vk", str(5000 + n)), f"a{n}", alerts=True)
        await one.outbox.pace("vk", 1000, 1000, 0)
        till.own = {f"a{n}": 50_00 for n in range(30)}
        counts = await asyncio.gather(*(scan_of(storage, till, clock).run() for storage in (one, two) * 3))
        assert sum(counts) == 30
        assert len(await letters(one, "vk")) == 30


async def test_once_is_for_one_caller_of_all(storage: Storage) -> None:
    answers = await asyncio.gather(*(storage.upkeep.once("scan:10:1") for _ in range(20)))
    assert answers.count(True) == 1
    assert await storage.upkeep.once("scan:10:2")


async def test_slots_of_another_distance_are_other_slots(storage: Storage, clock: HandClock, town: Till) -> None:
    ten, one = schedule(storage, town, clock), schedule(storage, town, clock)
    one.minutes = 1
    await ten.look()
    await one.look()
    assert town.asked == 2


# ── Going on after a failure ──────────────────────────────────────────────────────────────────────────────────────


def page(cursor: str, *funds: tuple[str, int], more: bool) -> Changes:
    return Changes(tuple(Funds(account, Money(sum_)) for account, sum_ in funds), cursor, more)


async def test_a_scan_goes_on_where_it_was_broken_off(storage: Storage, clock: HandClock, town: Till) -> None:
    asked: list[str | None] = []
    changes = town.changes

    async def watched(cursor: str | None, limit: int) -> Changes:
        asked.append(cursor)
        return await changes(cursor, limit)

    town.changes = watched  # type: ignore[method-assign]
    town.pages = [page("p1", ("a", 50_00), more=True), Unavailable("down"), page("p2", ("b", 40_00), more=False)]
    town.own = {"a": 50_00, "b": 40_00}
    with pytest.raises(Unavailable):
        await scan_of(storage, town, clock).run()
    assert await storage.watches.cursor() == "p1"
    assert await scan_of(storage, town, clock).run() == 2
    assert asked == [None, "p1", "p1"]
    assert await kinds(storage) == ["low", "low"]


async def test_a_billing_that_is_down_is_asked_again_in_the_next_slot(
    storage: Storage, clock: HandClock, town: Till
) -> None:
    ticks = schedule(storage, town, clock)
    town.own["a"], town.fault = 50_00, Unavailable("down")
    await ticks.look()
    assert await kinds(storage) == []
    town.fault = None
    clock.advance(minutes=10)
    await ticks.look()
    assert await kinds(storage) == ["low"]


async def test_nothing_is_told_when_the_billing_falls_silent(storage: Storage, clock: HandClock, town: Till) -> None:
    """F11: no answer is not a zero."""
    town.fault = Unavailable("down")
    await schedule(storage, town, clock).look()
    assert await kinds(storage) == []


async def test_a_billing_without_a_feed_is_not_asked_for_one(storage: Storage, clock: HandClock, town: Till) -> None:
    town.can = frozenset({Capability.BALANCE})
    await observe(storage, ("a", 50_00))  # figures that came some other way
    assert await scan_of(storage, town, clock).run() == 1
    assert town.asked == 0
    assert await scan_of(storage, town, clock).run() == 0


async def test_back_above_the_threshold_is_told_once(storage: Storage, clock: HandClock, town: Till) -> None:
    town.own["b"] = 99_99
    scan = scan_of(storage, town, clock)
    assert await scan.run() == 1
    town.own["b"] = 100_00
    assert await scan.run() == 0, "not before it is a tenth above the threshold"
    town.own["b"] = 110_00
    assert await scan.run() == 1
    assert await scan.run() == 0
    assert await kinds(storage) == ["low", "restored"]


# ── The ticks ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_deliveries_are_woken_for_new_alerts_only(storage: Storage, clock: HandClock, town: Till) -> None:
    woken = 0

    def wake() -> None:
        nonlocal woken
        woken += 1

    ticks = schedule(storage, town, clock, wake)
    await ticks.scan_now()
    assert woken == 0
    town.own["a"] = 50_00
    await ticks.scan_now()
    assert woken == 1


@pytest.mark.parametrize("tick", ["sweep", "look", "canary", "purge"])
async def test_no_tick_is_the_last_one(
    storage: Storage, clock: HandClock, town: Till, tick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unwritable("no connection")

    ticks = schedule(storage, town, clock)
    monkeypatch.setattr(storage.outbox, "sweep", away)
    monkeypatch.setattr(storage.upkeep, "once", away)
    monkeypatch.setattr(storage.upkeep, "purge", away)
    monkeypatch.setattr(storage.valve, "wave", away)
    await getattr(ticks, tick)()
    monkeypatch.undo()
    await getattr(ticks, tick)()


async def test_started_it_ticks_and_stopped_it_does_not(
    storage: Storage, clock: HandClock, town: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks, swept = schedule(storage, town, clock), asyncio.Event()

    async def sweep() -> int:
        swept.set()
        return 0

    monkeypatch.setattr(storage.outbox, "sweep", sweep)
    ticks.start()
    try:
        assert len(ticks.ticker.get_jobs()) == 8
        await asyncio.wait_for(swept.wait(), WITHIN)
    finally:
        ticks.stop()
    await asyncio.sleep(0)  # APScheduler ends itself in the loop's next turn
    assert not ticks.ticker.running
    ticks.stop()  # twice does no harm


# ── Payments inside a network ─────────────────────────────────────────────────────────────────────────────────────


async def paid(storage: Storage, clock: HandClock, charge: str = "telegram:c1", amount: int = 500_00) -> None:
    """An order of ANNA's first link that the network has taken the money of."""
    (mine, *_) = await storage.links.links(ANNA)
    token = f"token {charge}"
    await turn(storage, clock, ANNA, (Place(token, mine.id, amount, "RUB", clock.now() + timedelta(hours=1)),))
    await turn(storage, clock, ANNA, (Pay(token, charge, amount, "RUB", clock.now()),))


async def test_what_a_network_took_is_credited_once_and_told(storage: Storage, clock: HandClock, town: Till) -> None:
    await paid(storage, clock)
    woken: list[int] = []
    one, two = (schedule(storage, town, clock, lambda: woken.append(1)) for _ in range(2))
    await asyncio.gather(one.credit(), two.credit())
    await one.credit()
    assert town.credits == {"charge:telegram:c1": ("a", Money(500_00), "Telegram")}
    (letter,) = await letters(storage, "vk")
    assert (letter.address, letter.kind) == (ANNA, "credited")
    assert letter.data == {"amount": "50000", "currency": "RUB"}
    assert woken


async def test_a_billing_that_is_away_gets_it_later(storage: Storage, clock: HandClock, town: Till) -> None:
    await paid(storage, clock)
    tick = schedule(storage, town, clock)
    town.fault = Unavailable("away")
    with capture_logs() as logs:
        for _ in range(3):
            await tick.credit()
    assert [line["event"] for line in logs] == ["uncredited"], "not before its time"
    assert "500" not in str({k: v for k, v in logs[0].items() if k != "exc_info"})
    town.fault = None
    await tick.credit()
    assert not town.credits
    clock.advance(seconds=15)
    await tick.credit()
    assert len(town.credits) == 1


async def test_killed_between_the_billing_and_our_book_it_is_still_once(
    storage: Storage, clock: HandClock, town: Till
) -> None:
    await paid(storage, clock)
    (order,) = await storage.orders.uncredited()
    await take(town, order)  # and here the process died
    await schedule(storage, town, clock).credit()
    assert len(town.credits) == 1
    assert len(await letters(storage, "vk")) == 1


async def test_what_the_billing_refuses_is_never_dropped(storage: Storage, clock: HandClock, town: Till) -> None:
    await paid(storage, clock)
    town.fault = Gone("closed")
    tick = schedule(storage, town, clock)
    with capture_logs() as logs:
        for _ in range(20):
            await tick.credit()
            clock.advance(hours=1)
    assert len([line for line in logs if line["event"] == "uncredited"]) == 20
    town.fault = None
    await tick.credit()
    assert len(town.credits) == 1
