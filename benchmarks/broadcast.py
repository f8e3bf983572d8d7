"""Broadcast: 100,000 alerts at the networks' limits, while replies go ahead of them: python -m benchmarks.broadcast.

    fast    the loop's time leaps to the next thing that is due: every claim, call and outcome of 100,000 alerts
    real    a minute by the real clock

The networks here count as the documented ones do, and refuse what is one too many: any one second by VK (20 calls, 25
letters each) and Telegram (30 messages); OK names no limit, so there it is our own, 5 a second on average. What is sent
goes through the program's own outbox, delivery and turns.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

import structlog

from adapters import ok, telegram, vk
from adapters.base import Address, Limits, NetworkError, Reply, Throttled
from adapters.turns import within
from benchmarks import results
from benchmarks.rounds import machine
from bot.delivery import Delivery
from bot.settings import Mode
from handlers.notices import Drawn
from storage.base import Letter, Priority, Storage
from storage.clock import Clock, SystemClock
from storage.migrations.run import upgrade
from storage.outbox import QUEUE, letter_row
from storage.sql import open_storage
from storage.values import encode, micros
from tests.postgres import start_postgres

TITLE: Final = "## Broadcast"
MOST: Final = 100_000
AT_LEAST, LATER_AT_MOST = 0.98, 1.2
# Assumed, and the same with and without the broadcast: how long the billing takes to answer, and a call to arrive.
BILLING, TRAVEL, JITTER = (0.1, 0.4), 0.06, 0.004
REPLIES: Final = 2.0  # a second on each network
CALLS: Final = {"vk": 20.0, "telegram": 30.0, "ok": 5.0}
LETTERS: Final = {"vk": 25 * 20.0, "telegram": 30.0, "ok": 5.0}
PACES: Final = {
    "vk": within(20, 20, vk.LIMITS.pace.burst),
    "telegram": within(30, 30, telegram.LIMITS.pace.burst, 1.0),
    "ok": ok.LIMITS.pace,
}
LIMITS: Final[dict[str, Limits]] = {
    "vk": replace(vk.LIMITS, pace=PACES["vk"]),
    "telegram": replace(telegram.LIMITS, pace=PACES["telegram"]),
    "ok": replace(ok.LIMITS, pace=PACES["ok"]),
}
LOW: Final = "На счёте 87,40 ₽: меньше 100 ₽. Денег хватит до 14 ноября. Пополните счёт до 15 ноября: нужно 412,60 ₽."
_numbers = count(1)


class Leaping(asyncio.SelectorEventLoop):
    """A loop whose time leaps to the next thing that is due, when nobody works: a minute takes as long as its work."""

    def __init__(self) -> None:
        super().__init__()
        self.leapt = 0.0
        self.working = 0  # units of work at the database

    def time(self) -> float:
        return self.leapt

    def _run_once(self) -> None:
        if not self._ready and self._scheduled and not self.working:  # type: ignore[attr-defined]
            self.leapt = max(self.leapt, self._scheduled[0].when())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


class LoopClock:
    """The loop's time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.monotonic = loop.time

    def now(self) -> datetime:
        return datetime(2026, 11, 16, 9, tzinfo=UTC) + timedelta(seconds=self.monotonic())


class Far:
    """The far end of a network: it counts what arrives within any second, and refuses what is one too many."""

    def __init__(self, name: str) -> None:
        self.name, self.limits = name, LIMITS[name]
        self.arrivals: list[float] = []  # of calls, in order
        self.letters = self.refused = self.fullest = 0
        self.shown: dict[int, float] = {}  # replies: key -> when
        self.dice = random.Random(name)

    async def call(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence[str]:
        arrival = asyncio.get_running_loop().time() + TRAVEL + self.dice.uniform(-JITTER, JITTER)
        insort(self.arrivals, arrival)
        # The second that ends with this call, and those that it falls into when one that left later came sooner.
        at = bisect_left(self.arrivals, arrival)
        seconds = (self.within(end) for end in self.arrivals[at : at + 5])
        self.fullest = max(self.fullest, most := max(seconds))
        if self.name != "ok" and most > CALLS[self.name]:
            self.refused += 1
            raise Throttled("429", after=1)
        self.letters += len(letters)
        for _, reply, key in letters:
            if reply.text != LOW:
                self.shown[key] = arrival
        await asyncio.sleep(2 * TRAVEL)
        return ["m"] * len(letters)

    def within(self, end: float) -> int:
        """Calls in the second that ends then."""
        return bisect_left(self.arrivals, end) + 1 - bisect_left(self.arrivals, end - 1.0 + 1e-9)

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        return (await self.call([(to, reply, key)]))[0]


class Batched(Far):
    async def send_many(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence[str | NetworkError]:
        return await self.call(letters)


async def draw(_: Letter) -> Drawn:
    return Drawn(Reply(LOW))


async def revoked(_: str) -> None:
    raise AssertionError("nobody revokes a token here")


@dataclass
class House:
    """Storage with one delivery a network."""

    storage: Storage
    clock: Clock
    far: dict[str, Far]
    deliveries: dict[str, Delivery]

    async def queue(self, alerts: dict[str, int]) -> None:
        """Alerts for so many chats of each network."""
        now = micros(self.clock.now())
        for name, many in alerts.items():
            for start in range(0, many, 5000):
                rows = [self.row(name, now, "low", Priority.ALERT, "{}") for _ in range(min(5000, many - start))]
                await self.put(rows)

    async def answer(self, name: str) -> int:
        """Queue a reply for a chat of its own; its number."""
        row = self.row(name, micros(self.clock.now()), "reply", Priority.REPLY, encode(Reply("Баланс: 350,00 ₽")))
        return await self.put([row], wanted=row["dedupe"])

    def row(self, name: str, now: int, kind: str, priority: Priority, payload: str) -> dict[str, Any]:
        number = next(_numbers)
        lane = f"{name}:{number}"
        return letter_row(lane, kind, f"b:{number}", now, priority=priority, payload=payload, personal=False)

    async def put(self, rows: list[dict[str, Any]], wanted: str = "") -> int:
        def unit(connection: Any) -> int:
            connection.execute(QUEUE[connection.dialect.name], rows)
            if not wanted:
                return 0
            found = connection.exec_driver_sql(f"SELECT id FROM outbox WHERE dedupe = '{wanted}'")
            return int(found.scalar_one())

        return await self.storage.database.write(unit)


@asynccontextmanager
async def house(url: str) -> AsyncIterator[House]:
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop) if isinstance(loop, Leaping) else SystemClock()
    storage = open_storage(url, clock)
    if isinstance(loop, Leaping):
        watch(storage.database, loop)
    far = {name: (Batched if name == "vk" else Far)(name) for name in CALLS}
    deliveries = {
        name: Delivery(
            name,
            network=lambda name=name: far[name],  # type: ignore[misc,arg-type,return-value]
            mode=Mode.FULL,
            outbox=storage.outbox,
            draw=draw,
            clock=clock,
            revoked=revoked,
        )
        for name in far
    }
    for delivery in deliveries.values():
        await delivery.pace()
    try:
        yield House(storage, clock, far, deliveries)
    finally:
        await storage.close()


def watch(database: Any, loop: Leaping) -> None:
    """While the database works, the loop's time stands still."""
    for name in ("read", "glance", "write", "batch", "close"):
        setattr(database, name, partial(counted, getattr(database, name), loop))


async def counted(work: Any, loop: Leaping, *given: Any) -> Any:
    loop.working += 1
    try:
        return await work(*given)
    finally:
        loop.working -= 1


@contextmanager
def database(kind: str, *, durable: bool) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'broadcast.db'}"
    else:
        with start_postgres(durable=durable) as server:
            yield server.create("broadcast")


# ── The broadcast ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Replies:
    whole: list[float]  # seconds from the question until the answer is shown
    waits: list[float]  # of these from the outbox until the call

    def p95(self) -> float:
        return p95(self.whole)


@dataclass
class Figures:
    seconds: float
    share: dict[str, float]  # of the limit, in calls
    letters: int
    fullest: dict[str, int]
    refused: int
    alone: dict[str, Replies]
    among: dict[str, Replies]


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def broadcast(url: str, seconds: float) -> Figures:
    """Replies alone for half as long, and then among alerts that last all networks for the whole of it."""
    async with house(url) as h:
        now = h.clock.monotonic
        loops = [asyncio.create_task(delivery.run()) for delivery in h.deliveries.values()]
        alone = await questions(h, seconds / 2)
        await h.queue({name: int(rate * (seconds + 5)) for name, rate in LETTERS.items()})
        for delivery in h.deliveries.values():
            delivery.wake()
        await asyncio.sleep(2)
        began = now()
        among = await questions(h, seconds)
        until = now()
        for one in loops:
            one.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await asyncio.gather(*(delivery.stop(5) for delivery in h.deliveries.values()))
        share = {}
        for name, far in h.far.items():
            calls = [at for at in far.arrivals if began <= at <= until]
            share[name] = (len(calls) - 1) / (calls[-1] - calls[0]) / CALLS[name]
        return Figures(
            until - began,
            share,
            sum(far.letters for far in h.far.values()),
            {name: far.fullest for name, far in h.far.items()},
            sum(far.refused for far in h.far.values()),
            alone,
            among,
        )


async def questions(h: House, seconds: float) -> dict[str, Replies]:
    """People ask on every network at random moments."""
    now = h.clock.monotonic
    asked: dict[str, list[tuple[float, float, int]]] = {name: [] for name in h.far}

    async def ask(name: str, takes: float) -> None:
        began = now()
        await asyncio.sleep(takes)
        queued = now()
        number = await h.answer(name)
        h.deliveries[name].wake()
        asked[name].append((began, queued, number))

    async def people(name: str) -> None:
        dice = random.Random(name)  # the same questions with and without the broadcast
        asking: list[asyncio.Task[None]] = []
        until = now() + seconds
        while (pause := dice.expovariate(REPLIES)) + now() < until:
            await asyncio.sleep(pause)
            asking.append(asyncio.create_task(ask(name, dice.uniform(*BILLING))))
        await asyncio.gather(*asking)

    await asyncio.gather(*(people(name) for name in h.far))
    await asyncio.sleep(1)
    told = {}
    for name, all_of_them in asked.items():
        shown = h.far[name].shown
        told[name] = Replies(
            [shown[number] - began for began, _, number in all_of_them],
            [shown[number] - queued - TRAVEL for _, queued, number in all_of_them],
        )
    return told


def measured(kind: str, seconds: float, *, fast: bool) -> Figures:
    with database(kind, durable=not fast) as url, asyncio.Runner(loop_factory=Leaping if fast else None) as runner:
        upgrade(url)
        return runner.run(broadcast(url, seconds))


# ── The page ──────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(many: int, seconds: float) -> list[str]:
    made = [
        TITLE, "", f"{machine()}.", "",
        "| clock, database | letters | of VK's limit | of Telegram's | of OK's | fullest second | refused |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    answers: list[str] = []
    for kind in ("sqlite", "postgresql"):
        for clock, length in (("fast", many / sum(LETTERS.values())), ("real", seconds)):
            found = measured(kind, length, fast=clock == "fast")
            shares = " | ".join(f"{found.share[name]:.1%}" for name in CALLS)
            fullest = ", ".join(str(found.fullest[name]) for name in CALLS)
            name = f"{clock}, {kind}, {found.seconds:.0f} s"
            made.append(f"| {name} | {found.letters:,} | {shares} | {fullest} | {found.refused} |")
            answers += answered(f"{clock}, {kind}", found)
            print("\n".join([made[-1], *answers[-len(CALLS) :]]), flush=True)
    return [
        *made,
        "",
        "| replies meanwhile | p95 without, s | p95 with, s | ratio | waited, ms, p95 without | with |",
        "|---|---|---|---|---|---|",
        *answers,
        "",
        f"{many:,} alerts by the fast clock, in the shares in which the networks take them, so that all are at their",
        f"limits all the time, with {REPLIES:g} replies a second on each. VK takes 20 calls in any second, 25 letters",
        "a call; Telegram 30 messages; OK names no limit, so there it is ours: 5 a second on average, 5 at once.",
        f"The aims: {AT_LEAST:.0%} of each limit, no second above it, nothing refused, replies' p95 at most",
        f"{LATER_AT_MOST:g} times that without the broadcast. A reply is counted from the question until it is shown.",
        f"Assumed: {BILLING[0]:g} to {BILLING[1]:g} s for the billing, {TRAVEL * 1000:.0f} ms for a call to arrive.",
        "Waited is what lies between, from the outbox until the call: where every second is full, until the next call",
        "may leave (VK 51 ms, Telegram 34 ms), and by the real clock the commits.",
        "",
    ]


def answered(where: str, found: Figures) -> list[str]:
    return [
        f"| {where}, {name} | {found.alone[name].p95():.3f} | {found.among[name].p95():.3f} |"
        f" {found.among[name].p95() / found.alone[name].p95():.2f} |"
        f" {p95(found.alone[name].waits) * 1000:.0f} | {p95(found.among[name].waits) * 1000:.0f} |"
        for name in CALLS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.broadcast")
    parser.add_argument("--alerts", type=int, default=MOST)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    print(results.replace(TITLE, lines(given.alerts, given.seconds)))


if __name__ == "__main__":
    main()
