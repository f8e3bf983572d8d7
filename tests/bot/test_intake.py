"""Intake: what is stored, what is taken out before, what is dropped, and what the network hears."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Address, Incoming, Received
from bot.intake import FLOOD, Floods, Intake
from storage.base import Lane, Storage, Unwritable
from storage.sql import open_storage
from tests.bot.parts import ANNA, BORIS, WITHIN, desk, incoming, rows
from tests.clock import NOON, HandClock

PASSWORD = "Kanareika77"


class Shop:
    """Intake on real storage."""

    def __init__(self, url: str, storage: Storage, clock: HandClock) -> None:
        self.url, self.storage, self.clock = url, storage, clock
        self.woken = 0
        self.intake = Intake(storage.inbox, clock, self.wake)

    def wake(self) -> None:
        self.woken += 1

    async def receive(self, *events: Incoming, network: str = "vk", unreadable: tuple[bytes, ...] = ()) -> None:
        await self.intake.receiver(network)(Received(events, unreadable))

    async def stored(self, address: Address = ANNA) -> list[Incoming]:
        """Everything that waits in the chat, taken out."""
        found: list[Incoming] = []
        while lanes := await self.storage.inbox.claim(1, [address]):
            (lane,) = lanes
            found += [event.incoming for event in lane.events]
            await finish(self.storage, lane)
        return found


async def finish(storage: Storage, lane: Lane) -> None:
    for event in lane.events:
        await storage.inbox.bury(lane, event, "read")


@pytest.fixture
async def shop(sqlite_url: str, clock: HandClock) -> AsyncIterator[Shop]:
    storage = open_storage(sqlite_url, clock)
    yield Shop(sqlite_url, storage, clock)
    await storage.close()


# ── A12: floods ───────────────────────────────────────────────────────────────────────────────────────────────────


def wrote(clock: HandClock, sender: Address, many: int) -> list[Incoming]:
    return [incoming(clock, sender, "баланс") for _ in range(many)]


def test_a12_a_flood_is_thinned_to_its_allowance_and_one_notice(clock: HandClock) -> None:
    floods = Floods(clock)
    passed = list(floods.thin(wrote(clock, ANNA, 1000)))
    assert [event.action for event in passed] == [None] * 20 + [FLOOD]
    assert passed[-1].text == ""


def test_a12_one_notice_a_minute(clock: HandClock) -> None:
    floods = Floods(clock)
    notices = 0
    for _ in range(180):
        notices += sum(event.action == FLOOD for event in floods.thin(wrote(clock, ANNA, 10)))
        clock.advance(1)
    assert notices == 3


def test_a12_the_others_are_not_touched(clock: HandClock) -> None:
    floods = Floods(clock)
    mixed = [event for pair in zip(wrote(clock, ANNA, 15), wrote(clock, BORIS, 15), strict=True) for event in pair]
    list(floods.thin(wrote(clock, ANNA, 1000)))
    passed = list(floods.thin(mixed))
    assert sum(event.sender == BORIS for event in passed) == 15
    assert sum(event.sender == ANNA for event in passed) == 0


def test_a12_a_quiet_minute_makes_it_good(clock: HandClock) -> None:
    floods = Floods(clock)
    list(floods.thin(wrote(clock, ANNA, 1000)))
    clock.advance(60)
    assert all(event.action is None for event in floods.thin(wrote(clock, ANNA, 20)))


def test_permission_always_passes_and_costs_nothing_in_advance(clock: HandClock) -> None:
    floods = Floods(clock)
    toggled = [incoming(clock, ANNA, permission=bool(n % 2)) for n in range(1000)]
    assert list(floods.thin(toggled)) == toggled
    clock.advance(2)
    assert [event.action for event in floods.thin(wrote(clock, ANNA, 1))] == [None]


@pytest.mark.parametrize("word", ["СТОП", "stop", "parar"])
def test_stop_is_heard_in_the_middle_of_a_flood(clock: HandClock, word: str) -> None:
    floods = Floods(clock)
    list(floods.thin([incoming(clock) for n in range(100)]))
    stop = [incoming(clock, text=word) for n in range(50)]
    assert [event.text for event in floods.thin(stop)] == [word], "once: a flood of stops is a flood"
    clock.advance(60)
    list(floods.thin([incoming(clock) for n in range(100)]))
    assert word in [event.text for event in floods.thin([incoming(clock, text=word)])]
    floods.take_back([incoming(clock, text=word)])
    list(floods.thin([incoming(clock)]))
    assert [event.text for event in floods.thin([incoming(clock, text=word)])] == [word], "not stored: brought again"


def test_only_the_latest_chats_are_remembered(clock: HandClock) -> None:
    floods = Floods(clock, remembered=100)
    for n in range(1000):
        list(floods.thin(wrote(clock, Address("vk", str(n)), 1)))
    assert len(floods.buckets) == 100


@given(
    gaps=st.lists(st.floats(0, 30), max_size=60),
    burst=st.integers(1, 20),
    rate=st.floats(0.1, 5),
)
def test_no_window_holds_more_than_the_allowance(gaps: list[float], burst: int, rate: float) -> None:
    clock = HandClock()
    floods = Floods(clock, burst, rate)
    passed: list[float] = []
    for gap in gaps:
        clock.advance(gap)
        event = Incoming("e", ANNA, NOON, text="баланс")
        passed += [clock.monotonic() for one in floods.thin([event]) if one.action != FLOOD]
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + (passed[last] - passed[first]) * rate + 1e-3


async def test_a12_a_chat_at_a_thousand_messages_does_not_slow_the_others(sqlite_url: str) -> None:
    """Anna's thousand and Boris' one arrive together; Boris is answered before the first twenty-one of Anna's are."""
    async with desk(sqlite_url) as d:
        intake = Intake(d.storage.inbox, d.clock, d.dispatch.wake)
        await intake.receiver("vk")(Received(tuple(wrote(d.clock, ANNA, 1000))))
        await intake.receiver("telegram")(Received(tuple(wrote(d.clock, BORIS, 1))))
        async with asyncio.timeout(WITHIN):
            while not await d.letters(BORIS):
                d.written.clear()
                await d.written.wait()
            events, _ = await d.storage.upkeep.backlog()
            await d.answered()
        assert events > 0, "Boris did not wait for all of Anna's"
        answers = await d.letters(ANNA)
        answers += [letter for letter in d.sent if letter.address == ANNA]
        assert len({letter.id for letter in answers}) == 21


async def test_what_could_not_be_stored_costs_no_allowance(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that was told 503 brings the same events again: they are no flood."""
    put = shop.storage.inbox.put

    async def full(network: str, received: Received) -> int:
        raise Unwritable("disk full")

    events = wrote(shop.clock, ANNA, 15)
    monkeypatch.setattr(shop.storage.inbox, "put", full)
    for _ in range(3):
        with pytest.raises(Unwritable):
            await shop.receive(*events)
    monkeypatch.setattr(shop.storage.inbox, "put", put)
    await shop.receive(*events)
    assert [event.text for event in await shop.stored()] == ["баланс"] * 15


# ── Passwords ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_typed_password_reaches_no_table(shop: Shop, tmp_path: Path) -> None:
    await shop.receive(incoming(shop.clock, ANNA, f"логин ivan пароль {PASSWORD}"))
    (event,) = await shop.stored()
    assert (event.text, event.action) == ("", "password")
    for file in tmp_path.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()


async def test_a_password_in_a_flood_is_taken_out_as_well(shop: Shop, tmp_path: Path) -> None:
    await shop.receive(*(incoming(shop.clock, ANNA, f"пароль {PASSWORD}") for _ in range(50)))
    assert len(await shop.stored()) == 21
    for file in tmp_path.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()


# ── What is accepted ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_network_brings_its_own_chats_only(shop: Shop) -> None:
    with pytest.raises(ValueError, match="its own chats"):
        await shop.receive(incoming(shop.clock, ANNA, "баланс"), incoming(shop.clock, BORIS, "баланс"))
    assert await shop.storage.upkeep.backlog() == (0, 0)
    assert shop.woken == 0


async def test_nothing_is_accepted_that_is_not_stored(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(network: str, received: Received) -> int:
        raise Unwritable("disk full")

    monkeypatch.setattr(shop.storage.inbox, "put", full)
    with pytest.raises(Unwritable):
        await shop.receive(incoming(shop.clock, ANNA, "баланс"))
    assert shop.woken == 0


async def test_stored_before_the_network_hears_of_it(shop: Shop) -> None:
    await shop.receive(incoming(shop.clock, ANNA, "баланс"))
    assert rows(shop.url, "SELECT count(*) FROM inbox WHERE done IS NULL") == [(1,)]  # another connection sees it
    assert shop.woken == 1


async def test_what_was_not_understood_is_kept_aside(shop: Shop) -> None:
    await shop.receive(unreadable=(b"\xff\x00nonsense",))
    assert rows(shop.url, "SELECT source, network, payload FROM dead") == [("unreadable", "vk", b"\xff\x00nonsense")]


async def test_the_cursor_is_stored_with_its_events(shop: Shop) -> None:
    await shop.intake.receiver("vk")(Received((incoming(shop.clock, ANNA, "баланс"),), cursor="42"))
    assert await shop.storage.inbox.cursor("vk") == "42"


async def test_a5_an_event_beyond_the_dedupe_term_is_not_acted_on(shop: Shop) -> None:
    await shop.receive(incoming(shop.clock, ANNA, "баланс", sent_at=NOON - timedelta(days=365)))
    assert await shop.stored() == []
