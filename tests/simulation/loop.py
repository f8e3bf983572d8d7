"""An event loop on virtual time: nothing waits, nothing is left to chance, and it can be thrown away in mid-step.

    loop.step()      one callback, the oldest that is ready
    loop.due(now)    timers that are due become ready, in the order of their instants
    loop.next        when the next timer is due; None: there is none

There is no selector and no thread: a unit of work that the program hands to a thread pool runs here, whole, some
virtual moment later, and its result comes back a moment after that. Between the two lies what a kill leaves unknown:
the work is durable and nobody has heard of it.
"""

import asyncio
import contextlib
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from heapq import heappop, heappush
from typing import Any


class Loop(asyncio.AbstractEventLoop):
    """One process's loop. `time` is the process's monotonic clock, `pool` says how a unit of work fares."""

    def __init__(self, time: Callable[[], float], pool: Callable[..., "asyncio.Future[Any]"]) -> None:
        self._time, self._pool = time, pool
        self.ready: deque[asyncio.Handle] = deque()
        self.timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self.faults: list[dict[str, Any]] = []  # what nobody caught
        self.dead = False
        self._count = 0

    # ── turning ──

    def step(self) -> None:
        """Inside `running`."""
        handle = self.ready.popleft()
        if not handle.cancelled():
            handle._run()

    @contextlib.contextmanager
    def running(self) -> Generator[None, None, None]:
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            yield
        finally:
            events._set_running_loop(before)

    @property
    def next(self) -> float | None:
        while self.timers and self.timers[0][2].cancelled():
            heappop(self.timers)
        return self.timers[0][0] if self.timers else None

    def due(self) -> None:
        now = self._time()
        while self.timers and self.timers[0][0] <= now:
            self.ready.append(heappop(self.timers)[2])

    def kill(self) -> None:
        """SIGKILL: nothing of the program runs any more. Only Python's own books are put in order."""
        self.dead = True
        closed: set[asyncio.Task[Any]] = set()
        with self.running():
            while left := asyncio.all_tasks(self) - closed:  # a `finally` may begin another one
                for task in sorted(left, key=lambda one: one.get_name()):
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    close(task.get_coro())
                closed |= left
        self.timers.clear()
        self.ready.clear()

    # ── what asyncio asks of a loop ──

    def time(self) -> float:
        return self._time()

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if not self.dead:
            self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        return self.call_at(self._time() + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if not self.dead:
            self._count += 1
            heappush(self.timers, (when, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        return

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> Any:
        self._count += 1
        return asyncio.Task(coro, loop=self, name=name or f"task {self._count:08}", context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        return self._pool(func, *args)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.dead:
            self.faults.append(context)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return self.dead


def close(coroutine: Any) -> None:
    """Throw it away. One that awaits in a `finally` refuses to go at first."""
    for _ in range(20):
        try:
            coroutine.close()
        except BaseException:  # whatever it says, nobody hears it any more
            continue
        return
