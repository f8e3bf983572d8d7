"""Hints: what the billing says of itself is believed in one thing, that it may be worth asking."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from structlog.testing import capture_logs

from billing.base import Changes, Unavailable
from billing.guard import guard
from bot import hints as module
from bot.hardening import hardened
from bot.hints import Hints
from storage.base import Storage
from tests.bot.parts import ANNA, BORIS, WITHIN, Till, link, scan_of
from tests.clock import HandClock
from tests.linking.test_hardening import served

PATH = "5ecre7"
URL = "https://saldo.example"


class Teller(Till):
    """Says what changed: a hint is a list of accounts, comma-separated."""

    path = PATH

    def __init__(self, clock: HandClock) -> None:
        super().__init__(clock)
        self.told: list[str] = []
        self.deaf = False

    def hint(self, body: bytes) -> frozenset[str]:
        return frozenset(body.decode().split(","))

    async def subscribe(self, callback: str) -> None:
        if self.deaf:
            raise Unavailable("test")
        self.told.append(callback)


@pytest.fixture
def till(clock: HandClock) -> Teller:
    return Teller(clock)


def hints_of(storage: Storage, till: Till, clock: HandClock) -> Hints:
    billing = guard(till, limit_seconds=5, now=clock.now)  # type: ignore[arg-type]
    return Hints(billing=billing, watches=storage.watches, upkeep=storage.upkeep, clock=clock, public_url=URL)


Tell = Callable[..., Awaitable[tuple[int, str]]]


@asynccontextmanager
async def open_to(hints: Hints) -> AsyncIterator[Tell]:
    """The address on loopback; hand it a body, and get what it answers."""
    app = hardened(2**20)
    hints.route(app)
    async with served(app) as url, aiohttp.ClientSession() as session:

        async def tell(body: bytes, path: str = PATH) -> tuple[int, str]:
            async with session.post(f"{url}/hint/{path}", data=body) as answer:
                return answer.status, await answer.text()

        yield tell


async def test_a_hint_brings_the_watch_up_to_date_before_the_feed(
    storage: Storage, clock: HandClock, till: Teller
) -> None:
    await link(storage, clock, ANNA, "a", alerts=True)
    scan = scan_of(storage, till, clock)
    await scan.run()
    cursor = await storage.watches.cursor()
    till.own["a"] = 50_00
    till.pages = [Changes((), "end", more=False)]  # the feed has not heard of it yet
    hints = hints_of(storage, till, clock)
    async with open_to(hints) as tell:
        assert await tell(b"a,stranger") == (204, "")
    await hints.look(list(hints.waiting))
    assert (await storage.watches.tally()).low == 1
    assert await storage.watches.cursor() == cursor, "the feed goes on where it was"
    assert await scan.run() == 1, "the letter is the scan's"


async def test_only_what_somebody_hears_of_is_asked_about(storage: Storage, clock: HandClock, till: Teller) -> None:
    await link(storage, clock, ANNA, "a", alerts=True)
    await link(storage, clock, BORIS, "b", alerts=False)
    till.asked = 0
    await hints_of(storage, till, clock).look(["b", "c", "стр" * 50])
    assert till.asked == 0


async def test_faults_lose_a_hint_and_nothing_else(storage: Storage, clock: HandClock, till: Teller) -> None:
    await link(storage, clock, ANNA, "a", alerts=True)
    await link(storage, clock, BORIS, "b", alerts=True)
    till.own["b"] = 350_00
    await scan_of(storage, till, clock).run()
    del till.own["a"]
    till.own["b"] = 50_00
    await hints_of(storage, till, clock).look(["a", "b"])
    assert (await storage.watches.tally()).low == 1, "one that is gone does not keep the other"
    till.fault = RuntimeError("Иван")
    with capture_logs() as logs:
        await hints_of(storage, till, clock).look(["b"])
    assert "Иван" not in str(logs)


async def test_hints_are_worked_off_as_they_come(storage: Storage, clock: HandClock, till: Teller) -> None:
    await link(storage, clock, ANNA, "a", alerts=True)
    hints = hints_of(storage, till, clock)
    working = asyncio.create_task(hints.run())
    try:
        async with open_to(hints) as tell:
            for fault in (None, Unavailable("test"), None):
                till.fault, till.asked = fault, 0
                till.reached.clear()
                await tell(b"a")
                async with asyncio.timeout(WITHIN):
                    await till.reached.wait()
        assert not working.done()
    finally:
        working.cancel()


async def test_whoever_does_not_know_the_path_is_a_stranger(storage: Storage, clock: HandClock, till: Teller) -> None:
    hints = hints_of(storage, till, clock)
    async with open_to(hints) as tell:
        stranger = await tell(b"a", path="wrong")
        assert stranger == (404, "404: Not Found")
        assert await tell(b"a", path=PATH[:-1] + "é") == stranger
        assert not hints.waiting
    till.path = ""
    async with open_to(hints_of(storage, till, clock)) as tell:
        assert await tell(b"a") == stranger
    async with open_to(hints_of(storage, Till(clock), clock)) as tell:
        assert await tell(b"a") == stranger


async def test_whatever_is_sent_is_answered_alike(
    storage: Storage, clock: HandClock, till: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING", 3)
    hints = hints_of(storage, till, clock)
    async with open_to(hints) as tell:
        for body in (b"", b"\xff\xfe", b"x" * 300, b"y" * (module.LARGEST + 1)):
            assert await tell(body) == (204, "")
        assert list(hints.waiting) == []
        await tell(b"a,b,c,d,e")
        await tell(b"f")
        assert len(hints.waiting) == 3


async def test_one_process_subscribes_in_each_half_hour(storage: Storage, clock: HandClock, till: Teller) -> None:
    first, second = hints_of(storage, till, clock), hints_of(storage, till, clock)
    await first.subscribe()
    await second.subscribe()
    assert till.told == [f"{URL}/hint/{PATH}"]
    clock.advance(minutes=module.MINUTES)
    till.deaf = True
    with capture_logs() as logs:
        await second.subscribe()
    assert [one["event"] for one in logs] == ["hints-not-subscribed"]
    till.deaf = False
    clock.advance(minutes=module.MINUTES)
    await second.subscribe()
    assert len(till.told) == 2
    till.path = "another"
    await hints_of(storage, till, clock).subscribe()
    assert till.told[-1].endswith("/another"), "a new address is told at once"
    await hints_of(storage, Till(clock), clock).subscribe()
