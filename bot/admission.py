"""Admission: how much may wait for an answer, on each network. Beyond it nothing is taken in, so that what is taken
gets its answer while somebody still looks at the screen.

    owed    events that are not done, and replies that have not left
    room    what a network takes within ANSWERED seconds at its own pace: with more, whoever is last waits longer

A network that is told "not now" (503) brings the event again by itself, later: VK after ten seconds and then ever more
seldom, Telegram within a minute and in its order, OK for hours. A poll simply asks again. So nothing is lost, and the
chat that floods does not make others wait: `bot.intake` has thinned it out before.

Money is let in always: a receipt, and the question that comes before it. So is whoever allows or forbids us to write.
"""

import asyncio
from collections import Counter as Count
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from prometheus_client import Counter

from adapters.base import Incoming, Limits, Received
from storage.base import StorageError, Unwritable, Upkeep

log = structlog.get_logger()
put_off = Counter("saldo_put_off_total", "Events that a network was told to bring later: too much waits", ["network"])

ANSWERED: Final = 20.0  # seconds at a network's pace: no answer waits longer in line
LEAST: Final = 100  # a slow network has bursts, too
MOST: Final = 3000  # and with a fast one it is we who are slow


class Full(Unwritable):
    """Not now: too much waits for an answer."""


class Admission:
    """`limits`: of a network, as it is now."""

    def __init__(self, upkeep: Upkeep, limits: Callable[[str], Limits]) -> None:
        self.upkeep, self.limits = upkeep, limits
        self.owed: Mapping[str, int] = {}
        self.since: Count[str] = Count()  # let in since `owed` was counted
        self.said: set[str] = set()

    async def run(self) -> None:
        """Look each second, until cancelled. While nobody can look, what is let in is counted all the same."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.error("owed", exc_info=error)
            await asyncio.sleep(1)

    async def look(self) -> None:
        """Count what is owed. Raises StorageError."""
        before = self.since.copy()
        self.owed = await self.upkeep.owed(MOST)
        self.since.subtract(before)  # what came in meanwhile may count twice
        for name in [name for name in self.said if not self.full(name)]:  # `owed` names carriers too: no limits here
            self.said.discard(name)
            log.info("room-again", network=name)

    def full(self, network: str) -> bool:
        room = min(MOST, max(LEAST, int(self.limits(network).pace.per_second * ANSWERED)))
        return self.owed.get(network, 0) + self.since[network] >= room

    def admit(self, network: str, received: Received) -> None:
        """Raises Full: let the network bring it again."""
        if self.full(network) and not any(map(urgent, received.events)):
            put_off.labels(network).inc(len(received.events) or 1)
            if network not in self.said:
                self.said.add(network)
                log.warning("full", network=network, owed=self.owed.get(network, 0) + self.since[network])
            raise Full("too much waits for an answer")
        self.since[network] += len(received.events)


def urgent(event: Incoming) -> bool:
    return event.receipt is not None or event.checkout is not None or event.permission is not None
