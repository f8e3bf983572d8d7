"""Intake: verified events into the inbox, committed before anybody is told "accepted".

    network.hook / network.run ──▶ Intake.receiver(network) ──▶ conceal ──▶ thin out floods ──▶ Inbox.put ──▶ wake

While more waits for an answer than can get one soon, nothing further is taken in (bot/admission.py).

Two things happen before anything is stored. What looks like a typed password is taken out, so that it reaches no
table. And one chat that floods is thinned: beyond its allowance events are acknowledged, counted and dropped, with
one "slow down" a minute, so that the others do not wait; «стоп» alone is heard all the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog
from prometheus_client import Counter

from adapters.base import Address, Incoming, Receive, Received
from handlers.secrets import conceal
from handlers.understand import understand
from storage.base import Inbox
from storage.clock import Clock

log = structlog.get_logger()
arrived = Counter("saldo_events_total", "Events that networks handed over", ["network"])
unreadable = Counter("saldo_unreadable_total", "Authentic bodies that were not understood, stored aside", ["network"])
shed = Counter("saldo_shed_total", "Events of flooding chats, acknowledged and dropped", ["network"])

Admit = Callable[[str, Received], None]

FLOOD = "flood"  # the action of an event that stands for many dropped ones


@dataclass(slots=True)
class Bucket:
    level: float
    at: float
    told: float = float("-inf")
    stopped: float = float("-inf")


class Floods:
    """A token bucket for each chat: `burst` at once, `per_second` on average. Remembers the latest chats only."""

    def __init__(self, clock: Clock, burst: int = 20, per_second: float = 1.0, remembered: int = 50_000) -> None:
        self.clock, self.burst, self.per_second, self.remembered = clock, burst, per_second, remembered
        self.buckets: OrderedDict[Address, Bucket] = OrderedDict()

    def thin(self, events: Sequence[Incoming]) -> Iterator[Incoming]:
        now = self.clock.monotonic()
        for event in events:
            bucket = self.buckets.pop(event.sender, None) or Bucket(self.burst, now)
            self.buckets[event.sender] = bucket
            bucket.level = min(self.burst, bucket.level + (now - bucket.at) * self.per_second)
            bucket.at = now
            if bucket.level >= 1 or event.permission is not None:
                bucket.level = max(0.0, bucket.level - 1)  # whoever blocks and allows us a hundred times owes nothing
                yield event
            elif now - bucket.stopped >= 60 and says_stop(event):
                bucket.stopped = now
                yield event
            elif now - bucket.told >= 60:
                bucket.told = now
                yield replace(event, text="", action=FLOOD, start=None)
            else:
                shed.labels(event.sender.network).inc()
        while len(self.buckets) > self.remembered:
            self.buckets.popitem(last=False)

    def take_back(self, passed: Sequence[Incoming]) -> None:
        """They were not stored, so the network brings them again: that is no flood of the customer's."""
        for event in passed:
            if bucket := self.buckets.get(event.sender):
                if event.action == FLOOD:
                    bucket.told = float("-inf")
                else:
                    bucket.level = min(self.burst, bucket.level + 1)
                    bucket.stopped = float("-inf")


def says_stop(event: Incoming) -> bool:
    """«стоп» is heard whatever the chat has sent before. Only short texts are read: this is asked in a flood."""
    return 0 < len(event.text) <= 40 and understand(event.text).question == "stop"


def admitted(network: str, received: Received) -> None:
    """Everybody is."""


class Intake:
    """`admit` raises what a network is told when it may bring nothing now."""

    def __init__(self, inbox: Inbox, clock: Clock, wake: Callable[[], None], admit: Admit = admitted) -> None:
        self.inbox, self.wake, self.admit = inbox, wake, admit
        self.floods = Floods(clock)
        self.arrived = Children(arrived)

    def receiver(self, network: str) -> Receive:
        """The `receive` to hand to a network. Raises Unwritable when nothing could be stored."""

        async def receive(received: Received) -> None:
            kept = self._kept(network, received)
            try:
                await self.inbox.put(network, kept)
            except BaseException:
                self.floods.take_back(kept.events)
                raise
            self._stored(network, received)

        return receive

    def accept(self, network: str, received: Received, tell: Callable[[BaseException | None], None]) -> None:
        """The same for whoever does not await: `tell` hears None when it is stored, or why it is not."""

        def told(error: BaseException | None) -> None:
            if error is None:
                self._stored(network, received)
            else:
                self.floods.take_back(kept.events)
            tell(error)

        kept = Received()
        try:
            kept = self._kept(network, received)
            self.inbox.accept(network, kept, told)
        except Exception as error:
            told(error)

    def _kept(self, network: str, received: Received) -> Received:
        """What of it is stored."""
        for event in received.events:
            if event.sender.network != network:
                raise ValueError("a network may only bring its own chats")
        events = tuple(self.floods.thin([conceal(event) for event in received.events]))
        kept = Received(events, received.unreadable, received.cursor)
        try:
            self.admit(network, kept)
        except Exception:
            self.floods.take_back(events)
            raise
        return kept

    def _stored(self, network: str, received: Received) -> None:
        self.arrived[network].inc(len(received.events))
        if received.unreadable:
            unreadable.labels(network).inc(len(received.unreadable))
            log.warning("unreadable", network=network, count=len(received.unreadable))
        self.wake()


class Children(dict[str, Counter]):
    """A counter by its one label: prometheus_client takes a lock to find each."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def __missing__(self, label: str) -> Counter:
        child = self[label] = self.counter.labels(label)
        return child
