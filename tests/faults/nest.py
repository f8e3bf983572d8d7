"""The fork server: imports the program once, then forks a life, kills it, and forks the next, some twenty a second.

    python -m tests.faults.nest '{"url": …, "kills": 1000, "seed": 7, "at_once": 1}'     prints one line of JSON

`at_once` 1: one process after the other is killed at a random moment of its life. 2 and more: so many live side by side
(PostgreSQL), and are stopped, woken and killed. Either goes wave by wave: new messages, payments, accounts that fall
below their threshold; then lives, until one of them finds nothing left to do.

No thread and no event loop runs here: what forks must be alone.
"""

import asyncio
import gc
import json
import os
import select
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import structlog

from tests.faults import child
from tests.faults.world import PAID, Areas, World

STARTING = 0.1  # seconds at most of who is killed while it starts
STILLBORN = 0.1  # their share
LIVING = {"sqlite": 0.12, "postgresql": 0.35}  # seconds at most of all others from then on, to begin with
DEATHS = 7  # in a wave, as a goal: a machine that is slow or busy gets longer lives, or nothing would ever be done
STOPPED = 0.5  # where several live: the share of those that are stopped and woken before they die
NEVER = float("inf")
WATCHED = 6  # accounts
PATIENCE = 90.0  # seconds in which a wave must come to rest


@dataclass
class Born:
    pid: int
    pipe: int
    areas: Areas
    dies: float  # monotonic, as the next two
    stops: float = NEVER
    wakes: float = NEVER
    rest: bytes = b""
    quiet: bool = False
    stopped: bool = False


@dataclass
class Nest:
    url: str
    kills: int
    seed: int
    at_once: int = 1
    killed: int = 0
    stops: int = 0
    where: Counter[str] = field(default_factory=Counter)
    born: list[Born] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(self.seed)
        self.dice = self.world.dice
        self.longest = LIVING[self.url.partition(":")[0]] * self.at_once  # who is stopped ends the others' leases, too

    def run(self) -> dict[str, Any]:
        world, began = self.world, time.monotonic()
        furnished = asyncio.run(child.furnish(world, self.url, watched=WATCHED, orders=self.kills))
        self.rehearse()
        try:
            while self.killed < self.kills or world.low:
                world.begin()
                self.settle()
        finally:  # whatever went wrong here, nobody stays behind, stopped least of all
            for one in self.born:
                os.kill(one.pid, signal.SIGKILL)
        told = asyncio.run(child.books(world, self.url)) | {"furnished": furnished, "kills": self.killed}
        copies = Counter(
            f"{row['network']} {row['kind']} {row['status']} x{len(world.copies(row))}" for row in told["outbox"]
        )
        return {
            "seed": self.seed,
            "kills": self.killed,
            "stops": self.stops,
            "waves": world.wave,
            "seconds": round(time.monotonic() - began, 1),
            "events": len(world.events),
            "alerts": world.warned.total() * WATCHED,
            "payments": world.paid // PAID,
            "copies": dict(sorted(copies.items())),
            "buried": told["dead"],
            "where": dict(self.where.most_common()),
            "trouble": dict(world.trouble.most_common(20)),
            "faults": world.faults(told)[:20],
        }

    # ── Lives ──

    def rehearse(self) -> None:
        """The first wave, by a life of our own that ends by itself: what it has compiled, the others need not."""
        self.world.begin()
        ours, theirs = os.pipe()
        asyncio.run(child.Life(self.world, self.url, theirs, Areas(), self.seed, mortal=False).run())
        os.close(theirs)
        with os.fdopen(ours) as pipe:
            for line in pipe:
                self.world.hear(line.rstrip())
        assert threading.active_count() == 1, "what forks must be alone"
        gc.collect()
        gc.freeze()  # what is shared with the children stays shared

    def settle(self) -> None:
        """Lives until nothing is left to do. One among several cannot say so for all: what another just has in its
        hands is hidden from it. The last word has one that is alone.
        """
        for many in sorted({self.at_once, 1}, reverse=True):
            self.wear(many)

    def wear(self, many: int) -> None:
        """So many lives side by side, until one of them finds that there is nothing left to do."""
        world, deadline, before = self.world, time.monotonic() + PATIENCE, self.killed + self.stops
        while not (any(one.quiet for one in self.born) and not world.open and world.changed):
            if time.monotonic() > deadline:
                raise RuntimeError(f"a wave does not come to rest: {len(world.open)} open, {dict(world.trouble)}")
            while len(self.born) < many:
                self.bear()
            self.listen()
            for one in list(self.born):
                if self.meet(one, time.monotonic()) and self.killed + self.stops - before > DEATHS:
                    self.longest *= 1.15
        self.longest *= 1.2 if self.killed + self.stops - before > DEATHS else 0.9
        for one in list(self.born):
            self.kill(one)

    def meet(self, one: Born, now: float) -> bool:
        """What is due of one life's fate; whether it was stopped or killed."""
        deaths = self.killed + self.stops
        if one.stops <= now and not one.stopped:
            os.kill(one.pid, signal.SIGSTOP)
            one.stopped = True
            self.stops += 1
            self.world.clock.advance(61)  # whoever lives on finds its leases ended
        elif one.wakes <= now and one.stopped:
            os.kill(one.pid, signal.SIGCONT)
            one.stopped, one.stops = False, NEVER
        if one.dies <= now:
            self.kill(one)
        return self.killed + self.stops > deaths

    def bear(self) -> None:
        ours, theirs = os.pipe()
        areas = Areas()
        seed = self.dice.getrandbits(32)
        sys.stdout.flush()
        if pid := os.fork():
            os.close(theirs)
            stillborn = self.dice.random() < STILLBORN
            dies = time.monotonic() + self.dice.uniform(0.0, STARTING) if stillborn else NEVER
            self.born.append(Born(pid, ours, areas, dies))
            return
        os.close(ours)
        child.live(self.world, self.url, theirs, areas, seed)

    def lives(self, one: Born) -> None:
        """It has started: when it is killed, and whether it is stopped and woken before that."""
        now, longest = time.monotonic(), self.longest
        one.dies = now + self.dice.uniform(0.0, longest)
        if self.at_once > 1 and self.dice.random() < STOPPED:
            one.stops, one.wakes = one.dies, one.dies + self.dice.uniform(0.0, longest)
            one.dies = one.wakes + self.dice.uniform(0.0, longest)

    def listen(self) -> None:
        soonest = min(min(one.dies, one.wakes if one.stopped else one.stops) for one in self.born)
        within = min(0.1, max(0.0, soonest - time.monotonic()))
        ready, _, _ = select.select([one.pipe for one in self.born], [], [], within)
        for one in [one for one in self.born if one.pipe in ready]:
            self.hear(one)

    def hear(self, one: Born) -> bool:
        data = os.read(one.pipe, 65536)
        *lines, one.rest = (one.rest + data).split(b"\n")
        for line in lines:
            if line == b"alive" and one.dies == NEVER:
                self.lives(one)
            elif line == b"quiet":
                one.quiet = True
            else:
                self.world.hear(line.decode())
        if not data and one in self.born:
            _, status = os.waitpid(one.pid, 0)
            raise RuntimeError(f"a life ended by itself: {status} {dict(self.world.trouble)}")
        return bool(data)

    def kill(self, one: Born) -> None:
        os.kill(one.pid, signal.SIGKILL)
        os.waitpid(one.pid, 0)
        self.born.remove(one)
        self.killed += 1
        for area in one.areas.under_way() or ["between"]:
            self.where[area] += 1
        while self.hear(one):  # what it did before it died has happened
            pass
        os.close(one.pipe)
        # On PostgreSQL the dead one's leases must end by themselves; on SQLite a start ends them.
        self.world.clock.advance(61 if self.dice.random() < 0.8 else 1)

    def report(self) -> dict[str, Any]:
        return {"open": len(self.world.open), "killed": self.killed, "trouble": dict(self.world.trouble)}


def dropped(*_: Any) -> Any:
    raise structlog.DropEvent


def main() -> None:
    order = json.loads(sys.argv[1])
    # A life lasts some tenths of a second: what the program loads and compiles when it starts is made once for all.
    import adapters.mail
    import adapters.sms
    import storage.database
    from handlers.understand import understand

    assert all((adapters.mail, adapters.sms))
    understand("")
    structlog.configure(processors=[dropped])  # nothing but the report is said; a child tells its errors by the pipe
    for engine in ("sqlite_engine", "postgres_engine"):
        setattr(storage.database, engine, cache(getattr(storage.database, engine)))
    print(json.dumps(Nest(**order).run(), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
