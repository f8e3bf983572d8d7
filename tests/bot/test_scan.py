"""The scan: who is asked about; its two guards, the gate, which doubts the figures, and the canary, which listens."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.base import Address
from billing.base import Changes, Funds, Happening, Money, Sign, Unavailable
from bot.caution import Caution
from bot.scan import Scan
from storage.base import Refused, Saw, Sent, SetAlerts, Storage
from tests.bot.parts import NETWORKS, Till, link, scan_of, turn
from tests.clock import HandClock

NOC = Address("telegram", "1")
CAUTION = Caution(low=10, least=5, canary=100, alarm=NOC, refusals=5, complaints=20)
MANY = 20
PEOPLE = tuple(Address("vk", str(3000 + n)) for n in range(MANY))


@pytest.fixture
async def town(storage: Storage, clock: HandClock) -> AsyncIterator[Till]:
    """Twenty people with an account and money each."""
    for n, person in enumerate(PEOPLE):
        await link(storage, clock, person, f"a{n}", alerts=True)
    for name in NETWORKS:
        await storage.outbox.pace(name, 1000, 1000, 0)
    till = Till(clock)
    till.own = {f"a{n}": 350_00 for n in range(MANY)}
    with capture_logs():
        assert await scan_of(storage, till, clock, CAUTION).run() == 0
        yield till


async def sent(
    storage: Storage, network: str = "vk", outcome: Sent | Refused | None = None, *, bulk: bool = True
) -> int:
    """What may leave leaves; how many letters."""
    letters, _ = await storage.outbox.claim(network, 1000, bulk)
    for letter in letters:
        saw = Saw("a", f"alert:{letter.kind}", {}, "ru-1")
        await storage.outbox.settle(letter, outcome or Sent("m", saw=(saw,)))
    return len(letters)


async def alarms(storage: Storage) -> list[str]:
    letters, _ = await storage.outbox.claim(NOC.network, 100)
    for letter in letters:
        await storage.outbox.settle(letter, Sent("m"))
    return [letter.reply.text for letter in letters if letter.reply is not None]


def fall(till: Till, many: int, to: int = 50_00) -> None:
    till.own |= {f"a{n}": to for n in range(many)}


# ── Who was linked of late ────────────────────────────────────────────────────────────────────────────────────────


class Ledgerlike(Till):
    """Its feed tells of what has changed, and of an account that stays as it is never again."""

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        return await super().changes(cursor, limit) if cursor is None else Changes((), cursor, more=False)


async def test_who_links_a_debt_when_the_feed_has_gone_by_is_warned_as_well(storage: Storage, clock: HandClock) -> None:
    for name in NETWORKS:
        await storage.outbox.pace(name, 1000, 1000, 0)
    till = Ledgerlike(clock)
    scan = scan_of(storage, till, clock, CAUTION)
    with capture_logs():
        assert await scan.run() == 0
        await link(storage, clock, PEOPLE[0], "a", alerts=True)
        await link(storage, clock, PEOPLE[1], "b", alerts=True)
        till.own |= {"a": 350_00, "b": -70_00}
        till.fault = Unavailable("down")
        assert await scan.run() == 0
        till.fault = None
        clock.advance(hours=1)
        assert await scan.run() == 1
        assert await sent(storage) == 1
        asked = till.asked
        clock.advance(hours=2)
        assert await scan.run() == 0
        assert till.asked == asked, "once is enough: from then on the feed tells of it"


class Mindful(Till):
    """Its feed keeps in memory how far it has read: two readers at once would get each a part."""

    reading = False

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        assert not self.reading
        self.reading = True
        await asyncio.sleep(0)
        self.reading = False
        return await super().changes(cursor, limit)


async def test_a_scan_that_an_operator_wants_now_waits_for_the_one_under_way(
    storage: Storage, clock: HandClock
) -> None:
    await link(storage, clock, PEOPLE[0], "a0", alerts=True)
    till = Mindful(clock)
    till.own = {"a0": 350_00}
    scan = scan_of(storage, till, clock, CAUTION)
    with capture_logs():
        assert await asyncio.gather(scan.run(), scan.run()) == [0, 0]
        fall(till, 1)
        assert sum(await asyncio.gather(scan.run(), scan.run())) == 1


# ── The gate ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_F11_all_balances_zero_make_no_alert_and_one_alarm(
    storage: Storage, clock: HandClock, town: Till
) -> None:
    scan = scan_of(storage, town, clock, CAUTION)
    fall(town, MANY, 0)
    with capture_logs() as logs:
        for _ in range(3):
            assert await scan.run() == 0
            clock.advance(minutes=10)
    assert await sent(storage) == 0
    [alarm] = await alarms(storage)
    assert "нулевым" in alarm
    assert [line["event"] for line in logs if line["log_level"] == "critical"] == ["alerts-held"]
    fall(town, MANY, 350_00)  # it was a glitch
    assert await scan.run() == 0
    assert await storage.valve.hold() is None
    fall(town, 1)
    assert await scan.run() == 1, "the episodes of the glitch have ended in silence"
    assert await sent(storage) == 1


async def test_more_than_a_share_newly_low_waits_for_an_operator(
    storage: Storage, clock: HandClock, town: Till
) -> None:
    scan = scan_of(storage, town, clock, CAUTION)
    fall(town, 5)
    assert await scan.run() == 0
    hold = await storage.valve.hold()
    assert hold is not None
    assert (hold.reason, hold.by) == ("gate: low", "gate")
    await storage.valve.open("olga", trust=True)
    assert await scan.run() == 5, "a person has looked at the figures"
    assert await sent(storage) == 5
    clock.advance(days=2)
    fall(town, MANY)
    assert await scan.run() == 0, "that word held for a day"


async def test_a_few_accounts_prove_nothing(storage: Storage, clock: HandClock, town: Till) -> None:
    fall(town, 4, 0)
    assert await scan_of(storage, town, clock, CAUTION).run() == 4


async def test_what_an_operator_has_shut_only_an_operator_opens(storage: Storage, clock: HandClock, town: Till) -> None:
    scan = scan_of(storage, town, clock, CAUTION)
    await storage.valve.shut("by hand", "olga")
    fall(town, 1)
    assert await scan.run() == 0
    assert await alarms(storage) == []
    await storage.valve.open("olga", trust=True)
    assert await scan.run() == 1


@pytest.mark.parametrize(("hours", "held"), [(23, False), (25, True)])
async def test_old_figures_warn_nobody(storage: Storage, clock: HandClock, town: Till, hours: int, held: bool) -> None:
    page = Changes((Funds("a0", Money(50_00)),), "c", False, as_of=clock.now() - timedelta(hours=hours))
    town.pages = [page]
    assert await scan_of(storage, town, clock, CAUTION).run() == (0 if held else 1)
    assert [("устарели" in alarm) for alarm in await alarms(storage)] == ([True] if held else [])


async def test_too_many_changed_at_once_where_the_operator_wants_that(
    storage: Storage, clock: HandClock, town: Till
) -> None:
    fall(town, 12, 340_00)
    assert await scan_of(storage, town, clock, CAUTION).run() == 0
    assert await storage.valve.hold() is None
    fall(town, 12, 330_00)
    await scan_of(storage, town, clock, replace(CAUTION, changed=50)).run()
    hold = await storage.valve.hold()
    assert hold is not None
    assert hold.reason == "gate: changed"


async def test_what_is_due_does_not_wait_for_a_long_pass_of_the_feed(
    storage: Storage, clock: HandClock, town: Till
) -> None:
    """A night's pass takes hours; each scan reads some minutes of it, and tells what is due."""
    asked = 0

    async def slowly(cursor: str | None, limit: int) -> Changes:
        nonlocal asked
        n, asked = asked % MANY, asked + 1
        clock.advance(minutes=2)
        return Changes((Funds(f"a{n}", Money(50_00 - asked)),), f"c{asked}", asked < MANY)

    town.changes = slowly  # type: ignore[method-assign]
    caution = replace(CAUTION, low=100, changed=50)
    scan = scan_of(storage, town, clock, caution)
    assert await scan.run() == 3, "those of the first minutes are told"
    assert asked == 3
    while asked < MANY:
        await scan.run()
    assert asked == MANY
    hold = await storage.valve.hold()
    assert hold is not None
    assert hold.reason == "gate: changed", "the pass counts as one, however many scans it took"


# ── The canary ────────────────────────────────────────────────────────────────────────────────────────────────────


async def wave(storage: Storage, clock: HandClock, town: Till) -> Scan:
    """Twenty low accounts, and a wave begins with eight."""
    scan = scan_of(storage, town, clock, replace(CAUTION, low=100, canary=8))
    fall(town, MANY)
    assert await scan.run() == MANY
    return scan


async def ticks(scan: Scan, clock: HandClock, minutes: int) -> None:
    for _ in range(minutes):
        await scan.canary()
        clock.advance(minutes=1)


async def test_many_letters_leave_in_shares(storage: Storage, clock: HandClock, town: Till) -> None:
    scan = await wave(storage, clock, town)
    counts = []
    for _ in range(4):
        counts.append(await sent(storage))
        await ticks(scan, clock, 16)
    assert sum(counts) == MANY
    assert counts[0] <= 2
    assert counts[0] + counts[1] <= 6
    assert await storage.valve.wave() is None


async def test_it_goes_no_further_when_people_block_us(storage: Storage, clock: HandClock, town: Till) -> None:
    scan = await wave(storage, clock, town)
    found = await storage.valve.wave()
    assert found is not None
    await storage.valve.widen(found.id, 50)
    refused = await sent(storage, outcome=Refused("blocked", unreachable=True))
    assert 3 <= refused < MANY
    await ticks(scan, clock, 40)
    assert await sent(storage) == 0
    [alarm] = await alarms(storage)
    assert "заблокировали" in alarm
    await storage.valve.widen(found.id, 100)
    assert await sent(storage) == MANY - refused, "the operator decides"


async def test_it_goes_no_further_when_people_switch_alerts_off(storage: Storage, clock: HandClock, town: Till) -> None:
    scan = await wave(storage, clock, town)
    found = await storage.valve.wave()
    assert found is not None
    await storage.valve.widen(found.id, 50)
    letters, _ = await storage.outbox.claim("vk", 1000, True)
    for letter in letters:
        await storage.outbox.settle(letter, Sent("m", saw=(Saw("a", "alert:low", {}, "ru-1"),)))
    for letter in letters[:3]:
        await turn(storage, clock, letter.address, (SetAlerts(False),))
    await ticks(scan, clock, 40)
    assert await sent(storage) == 0
    [alarm] = await alarms(storage)
    assert "выключили" in alarm


async def test_a_wave_waits_for_the_morning(storage: Storage, clock: HandClock, town: Till) -> None:
    """A share that nobody has heard yet proves nothing."""
    scan = await wave(storage, clock, town)
    found = await storage.valve.wave()
    assert found is not None
    await storage.valve.widen(found.id, 50)
    await ticks(scan, clock, 60)
    found = await storage.valve.wave()
    assert found is not None
    assert found.share == 50


async def test_events_beyond_the_number_join_the_wave(storage: Storage, clock: HandClock, town: Till) -> None:
    def page(first: int, last: int, more: bool) -> Changes:
        happened = tuple(
            Happening(f"p{n}", Sign.PAID, clock.now(), f"p{n}", account=f"a{n}", amount=Money(100))
            for n in range(first, last)
        )
        return Changes((), f"c{last}", more, happened)

    town.pages = [page(0, 9, True), page(9, MANY, False)]
    assert await scan_of(storage, town, clock, replace(CAUTION, canary=8)).run() == MANY
    assert 9 <= await sent(storage) < MANY


async def test_nothing_personal_is_in_the_log(storage: Storage, clock: HandClock, town: Till) -> None:
    scan = scan_of(storage, town, clock, CAUTION)
    fall(town, MANY, 0)
    with capture_logs() as logs:
        await scan.run()
    told: list[Any] = [value for line in logs for value in line.values()]
    assert not any(person.chat in str(value) for person in PEOPLE for value in told)
