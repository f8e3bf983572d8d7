"""Turns: how calls are spread over the seconds in which a network counts them.

The outbox keeps the pace of letters for all processes, when they are claimed. But one alert is drawn in a millisecond
and the next one in fifty, and some networks count calls of which letters are only a part. So the last word is here,
where calls leave a process: evenly, a burst at most at once, and never more than `most` in any second.
"""

import asyncio
from collections import deque
from typing import Final

from adapters.base import Pace

# A network counts on its own clock: of two calls a second apart the later one may travel faster. So its second is taken
# as longer, and where letters are claimed as a little longer still, or what once left late would be late for ever.
CLAIMED: Final = 1.016
LEAVING: Final = 1.012
LATE: Final = 3  # turns that are made up for, when a process wakes up late


def within(most: float, per_second: float, burst: int, per_chat: float = 0.0) -> Pace:
    """This pace, slowed as far as needed where a network takes `most` calls within any one second."""
    return Pace(min(per_second, most / CLAIMED), burst, per_chat, int(most))


class Turns:
    """What leaves one process."""

    def __init__(self, pace: Pace) -> None:
        self._step = LEAVING / CLAIMED / pace.per_second
        self._slack = (pace.burst - 1) * self._step
        self._left: deque[float] = deque(maxlen=pace.most)  # when the last ones did
        self._next = 0.0
        self._closed_until = 0.0
        self._urgent = 0  # how many wait that are not patient

    @property
    def wait(self) -> float:
        """Seconds until the next turn is free."""
        return max(self._free(patient=False) - asyncio.get_running_loop().time(), 0.0)

    def _free(self, patient: bool) -> float:
        full = self._left.maxlen and len(self._left) == self._left.maxlen
        second = self._left[0] + LEAVING if full else 0.0
        return max(second, self._closed_until, self._next - (0.0 if patient else self._slack))

    async def take(self, *, patient: bool = False) -> None:
        """Wait for a turn; `patient`: for one that nobody else wants, and never at once with another."""
        loop = asyncio.get_running_loop()
        came = loop.time()
        self._urgent += not patient
        try:
            while True:
                wait = self._free(patient) - loop.time()
                if wait < 1e-9 and not (patient and self._urgent):
                    break
                await asyncio.sleep(wait if wait > 0 else self._step)
        finally:
            self._urgent -= not patient
        # Whoever waited for his turn and woke up late had it all the same: the next one is not put off by that.
        now = loop.time()
        self._next = max(self._next, came, now - LATE * self._step) + self._step
        self._left.append(now)

    def rest(self, seconds: float) -> None:
        """Nobody's turn for so long."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)
