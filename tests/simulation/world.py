"""The world that a simulated day happens in: one virtual time, one source of chance, one list of what happened.

    World      the time, the agenda of what is outside the program, the trace, the processes
    Process    one start after another of the whole program on its own loop and clock: killed, frozen, started again

The world's agenda goes on whatever becomes of a process: what a process has put on the wire arrives, or does not.
A process's loop goes on only while it lives and is not frozen.

**Idle time is leapt over.** When no call and no unit of work is under way and nothing in the tables is due, the time
moves to what comes next: on the agenda, in the tables (parked letters, leases, back-offs), or a scan. The polls between
would have found what the last ones found: nothing. So a day costs what happens in it.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from typing import Any, TypeVar

from storage.base import StorageError
from tests.simulation.loop import Loop

R = TypeVar("R")
IDLE = 0.05  # seconds in which nothing happened, after which the time may leap
PATIENCE = 120.0  # seconds: what is due and was not done in them is not going to be done by the next poll
STEPS = 400_000  # of one day; a program that turns more often without time going by hangs


class Violation(Exception):
    """A promise was broken. `invariant` is its id in the table of tests/simulation/oracle.py."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(invariant, what)  # as it was made: it comes from another process
        self.invariant, self.what = invariant, what

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


class ProcessClock:
    """A process's idea of the time: the world's, moved by `ahead` seconds; the monotonic one never jumps."""

    def __init__(self, world: "World") -> None:
        self.world, self.ahead = world, 0.0

    def now(self) -> datetime:
        return self.world.start + timedelta(microseconds=round((self.world.time + self.ahead) * 1e6))

    def monotonic(self) -> float:
        return self.world.time


class World:
    def __init__(self, seed: int, start: datetime, *, verbose: bool = False) -> None:
        self.seed, self.start, self.verbose = seed, start, verbose
        self.time = 0.0
        self.chance = random.Random(seed)
        self.agenda: list[tuple[float, int, Callable[[], None]]] = []
        self.processes: list[Process] = []
        self.count = 0
        self.deaths = 0
        self.steps = 0
        self.due_since: float | None = None
        self.stirred = 0.0  # when something last happened
        self.trace: list[str] = []
        self.broken: list[Violation] = []
        self.timetable: Callable[[], float | None] = lambda: None  # what the tables wait for, as a world time
        self.watch: Callable[[], None] = lambda: None  # looks at the books after each instant

    @property
    def now(self) -> datetime:
        return self.start + timedelta(microseconds=round(self.time * 1e6))

    @property
    def day(self) -> str:
        return self.now.astimezone(UTC).strftime("%d %H:%M:%S.%f")[:-3]

    def at(self, when: float, what: Callable[[], None]) -> None:
        self.count += 1
        heappush(self.agenda, (max(when, self.time), self.count, what))

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        self.at(self.time + seconds, what)

    def say(self, who: str, what: str) -> None:
        """One line of the trace. Everything that is said is made of the seed."""
        line = f"{self.day} {who:<12} {what}"
        self.trace.append(line)
        self.stirred = self.time
        if self.verbose:
            print(line, flush=True)

    def breaks(self, invariant: str, what: str) -> None:
        """Said anywhere, also inside the program, which would swallow an exception: raised when the step is over."""
        self.say("BROKEN", f"{invariant}: {what}")
        self.broken.append(Violation(invariant, what))

    def digest(self) -> str:
        return sha256("\n".join(self.trace).encode()).hexdigest()

    # ── turning ──

    def run(self, until: float, done: Callable[[], bool] = lambda: False) -> None:
        """Let the time go by up to `until`, or until `done`. Raises Violation."""
        while not done():
            self.settle()
            moment = self.next()
            if moment is None or moment > until:
                break
            self.time = max(self.time, moment)
            while self.agenda and self.agenda[0][0] <= self.time:
                heappop(self.agenda)[2]()
            for process in self.processes:
                if process.turning:
                    process.loop.due()
        else:
            return
        self.time = max(self.time, until)

    def settle(self) -> None:
        """Turn the loops until nothing is ready at this instant; between two processes chance decides who turns."""
        turned = 0
        while ready := [one for one in self.processes if one.turning and one.loop.ready]:
            one = ready[0] if len(ready) == 1 else self.chance.choice(ready)
            with one.loop.running():
                for _ in range(50 if len(ready) == 1 else self.chance.randrange(1, 12)):
                    if one.turning and one.loop.ready:
                        one.loop.step()
                        turned += 1
                        one.stepped()
            if self.broken:
                raise self.broken[0]
            if turned > STEPS:
                raise Violation("I8", "the program turns without time going by")
        self.steps += turned
        self.watch()
        if self.broken:
            raise self.broken[0]

    def next(self) -> float | None:
        outside = self.agenda[0][0] if self.agenda else None
        inside = [one.loop.next for one in self.processes if one.turning]
        timers = [when for when in inside if when is not None]
        if self.time - self.stirred > IDLE and not any(one.busy for one in self.processes if one.turning):
            ticks = [when for one in self.processes if one.turning for when in [one.ticks()] if when is not None]
            due = self.timetable()
            timers = [max(when, self.time) for when in [*ticks, *([] if due is None else [due])]] if timers else []
            waiting = bool(timers) and min(timers) <= self.time  # something is due: the next poll finds it
            self.due_since = (self.due_since if self.due_since is not None else self.time) if waiting else None
            if self.due_since is not None and self.time - self.due_since < PATIENCE:
                timers = [when for when in inside if when is not None]
            else:
                timers = [when for when in timers if when > self.time]
        moments = [*timers, *([] if outside is None else [outside])]
        return min(moments, default=None)


class Process:
    """What lives, dies and lives again under one name. `begin` makes a program on this process and runs it."""

    def __init__(self, world: World, name: str, begin: Callable[["Process"], Any]) -> None:
        self.world, self.name, self.begin = world, name, begin
        self.clock = ProcessClock(world)
        self.alive = False
        self.frozen = False
        self.thawed = -1.0
        self.life = 0
        self.busy = 0  # units of work and calls that are under way
        self.fuse: int | None = None  # steps until it is `burnt`: killed, or stopped
        self.burnt: Callable[[], None] = self.kill
        self.loop: Loop = None  # type: ignore[assignment]
        self.ready: Callable[[], bool] = lambda: False
        self.ticks: Callable[[], float | None] = lambda: None
        self.dying: list[Callable[[], None]] = []  # what the world does about a death
        self.pool: Callable[..., Any] = self.work
        world.processes.append(self)

    @property
    def turning(self) -> bool:
        return self.alive and not self.frozen

    def start(self) -> None:
        self.life += 1
        self.alive, self.frozen, self.busy, self.fuse = True, False, 0, None
        self.loop = Loop(self.clock.monotonic, lambda *work: self.pool(*work))
        self.world.say(self.name, f"starts for the {self.life}. time")
        self.spawn(self.begin(self))

    def spawn(self, work: Any) -> "asyncio.Task[Any]":
        with self.loop.running():
            task: asyncio.Task[Any] = self.loop.create_task(work)
        task.add_done_callback(self.ended)
        return task

    def ended(self, task: "asyncio.Task[Any]") -> None:
        if task.cancelled() or task.exception() is None or self.loop.dead:
            return
        if isinstance(task.exception(), StorageError) and not self.ready():
            self.kill()  # the database was away at the start: whoever supervises us starts us again
            self.world.after(2.0, lambda: self.alive or self.start())
        else:
            self.world.breaks("I8", f"the program ended by itself: {task.exception()!r}")

    def kill(self) -> None:
        if not self.alive:
            return
        self.world.say(self.name, "is killed")
        self.alive = False
        self.fuse = None
        self.world.deaths += 1
        self.loop.kill()
        for act in self.dying:
            act()
        self.dying.clear()

    def freeze(self) -> None:
        self.frozen = True
        self.world.say(self.name, "is stopped")

    def thaw(self) -> None:
        if self.frozen:
            self.frozen, self.thawed = False, self.world.time
            self.world.say(self.name, "goes on")
            self.loop.due()

    def stepped(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse <= 0:
                self.fuse = None
                self.burnt()
        elif self.loop.faults:
            self.world.breaks("I8", f"nobody caught: {self.loop.faults[0]}")

    # ── what a process waits for outside itself ──

    async def wait(self, seconds: float) -> None:
        """Until the world has gone on by so much; a process that died is never told."""
        future, life = self.loop.create_future(), self.life
        self.world.after(seconds, lambda: self.tell(life, future, None, None))
        self.busy += 1
        try:
            await future
        finally:
            if life == self.life:
                self.busy -= 1

    def tell(self, life: int, future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
        if life == self.life and self.alive and not future.done():
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def work(self, func: Callable[..., R], *args: Any, before: float = 0.0, behind: float = 0.0) -> "asyncio.Future[R]":
        """A unit of work for a thread: done whole after `before` seconds, told after `behind` more."""
        future: asyncio.Future[R] = self.loop.create_future()
        life = self.life
        self.busy += 1

        def do() -> None:
            if life != self.life or not self.alive:
                return
            try:
                result, error = func(*args), None
            except BaseException as fault:
                result, error = None, fault

            def report() -> None:
                if life == self.life and self.alive:
                    self.busy -= 1
                    self.tell(life, future, result, error)

            self.loop.call_later(behind, report) if behind else self.loop.call_soon(report)

        self.loop.call_later(before, do) if before else self.loop.call_soon(do)
        return future
