"""Turns: how calls are spread over the seconds in which a network counts them.

GCRA: n calls may leave within t seconds when  n <= burst + t * per_second.  A network that takes `most` calls in any
one second therefore needs  per_second + burst <= most + 1:  the nearer the rate comes to the limit, the less there is
to leave at once, until at the limit itself all are evenly spaced.

The outbox keeps the pace of letters for all processes, when they are claimed. But one alert is drawn in a millisecond
and the next one in fifty, and some networks count calls of which letters are only a part: so what leaves a process is
spread anew by `Turns`.
"""

import asyncio
from typing import Final

from adapters.base import Pace

# A network counts on its own clock: of two calls the later one may travel faster. So its second is taken as longer, and
# where letters are claimed as a little longer still, or what once came late would be late for ever.
CLAIMED: Final = 1.016
LEAVING: Final = 1.010


def within(most: float, per_second: float, burst: float, per_chat: float = 0.0) -> Pace:
    """This pace, slowed and smoothed as far as needed: no second ever sees more than `most`."""
    rate = min(per_second, most / CLAIMED)
    room = most + 0.99 - rate * CLAIMED / LEAVING  # 0.99 for 1: what stands on the edge falls inside
    return Pace(rate, max(1.0, min(burst, room)), per_chat)


class Turns:
    """What leaves one process; `pace` as `within` makes it, or any other."""

    def __init__(self, pace: Pace) -> None:
        self._step = LEAVING / CLAIMED / pace.per_second
        self._slack = (pace.burst - 1) * self._step
        self._next = 0.0
        self._urgent = 0  # how many wait that are not patient

    @property
    def wait(self) -> float:
        """Seconds until the next turn is free."""
        return max(self._next - self._slack - asyncio.get_running_loop().time(), 0.0)

    async def take(self, *, patient: bool = False) -> None:
        """Wait for a turn; `patient`: for one that nobody else wants.

        Taken when it is there and not before: whoever wakes up late leaves late, and those behind him later still.
        """
        if not patient:
            self._urgent += 1
        try:
            wait = self.wait
            while wait or (patient and self._urgent):
                await asyncio.sleep(wait or self._step)
                wait = self.wait
            self._next = max(self._next, asyncio.get_running_loop().time()) + self._step
        finally:
            if not patient:
                self._urgent -= 1

    def rest(self, seconds: float) -> None:
        """Nobody's turn for so long."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds + self._slack)
