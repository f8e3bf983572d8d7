"""Delivery: the one way out. One loop for each network, so that a slow or dead one is not felt on the others.

    Outbox.claim (pace, lease, attempt committed) ──▶ still allowed? ──▶ draw, fit ──▶ network.send ──▶ Outbox.settle

A letter may carry others of its chat (`Letter.also`): they are shown as one message and settled in one transaction.
Where a network shows many messages in one call (Batched), plain ones leave as many as are there, and nobody waits until
a call is full. Replies go first everywhere: in the claim, in what may be in flight, and in the turns on the wire.

What becomes of an attempt (the network's error says what happened, the letter's kind says what that is worth):

    sent                                                      done; further parts of a notice queue right behind
    NotSent   Throttled    the network or the chat pauses     again, the attempt does not count
              Unavailable  the network pauses, growing        again, the attempt does not count
              Rejected     our mistake                        dead letter
              Blocked      this person                        refused; no alerts there until they write again, and an
                                                              alert goes on to the account's next chat
              Revoked      the token                          everything waits; the token is read anew; one alarm
    Unknown   the network drops repeats (resend_window)       again with the same key while the window is open
              a reply                                         uncertain: the person asks again, a blind copy confuses
              a notice or an alert                            once more at most, then uncertain
    undrawn   the billing or the database does not answer     a minute later, as often as it takes, until it expires
              our mistake                                     some minutes more, then dead letter
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, get_args

import structlog
from prometheus_client import Counter, Gauge

from adapters.base import Address, Batched, Blocked, Network, Rejected, Reply, Revoked, Throttled, Unavailable, alone
from adapters.fit import fit
from adapters.turns import Turns
from billing.base import BillingError, Gone
from bot.logs import who
from bot.settings import Mode
from handlers.notices import Drawn, Drop, Later
from storage.base import Again, Dead, Letter, Outbox, Outcome, Priority, Refused, Saw, Sent, StorageError, Uncertain
from storage.clock import Clock

log = structlog.get_logger()
delivered = Counter("saldo_letters_total", "Attempts to show a letter", ["network", "outcome"])
paused = Gauge("saldo_network_paused", "1 while nothing can leave on the network", ["network", "reason"])

TOGETHER: Final = 16  # calls in flight on one network: what a crash may leave unknown
ALERTING: Final = 12  # of them with alerts: a reply always finds room
DRAW_SECONDS: Final = 15.0  # with the next figure less than the outbox's lease: an attempt ends before its lease does
ATTEMPT_SECONDS: Final = 25.0
# Calls that may be claimed before their turn, alerts half as many: a commit that takes long costs no turn. What leaves
# is spread by Turns, in each process by itself: when several begin at once, their first second may see so many more.
AHEAD: Final = 8
LOOK_SECONDS: Final = 1.0  # how soon is seen what nobody told this process of
LONGEST_PAUSE: Final = 60.0
ATTEMPTS: Final = 8  # attempts that the network may have seen

Draw = Callable[[Letter], Awaitable[Drawn | Drop | Later]]


Settled = tuple[Letter, Outcome]


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be shown: one letter, or several of one chat."""

    letters: tuple[Letter, ...]  # they share what becomes of it
    key: int
    reply: Reply
    rest: tuple[Reply, ...] = ()  # further parts
    saw: tuple[Saw, ...] = ()

    @property
    def first(self) -> Letter:
        return self.letters[0]

    def settled(self, outcome: Outcome) -> Iterator[Settled]:
        """The same for each letter; what was shown, and its further parts, are written with the first."""
        yield self.first, outcome
        for one in self.letters[1:]:
            match outcome:
                case Sent():
                    yield one, Sent(outcome.message)
                case Uncertain():
                    yield one, Uncertain(outcome.reason)
                case _:
                    yield one, outcome


class Delivery:
    def __init__(
        self,
        name: str,
        *,
        network: Callable[[], Network],
        mode: Mode,
        outbox: Outbox,
        draw: Draw,
        clock: Clock,
        revoked: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        self.name, self.network, self.mode = name, network, mode
        self.outbox, self.draw, self.clock, self.revoked = outbox, draw, clock, revoked
        self.something = asyncio.Event()
        self.flying: set[asyncio.Task[None]] = set()
        self.alerting: set[asyncio.Task[None]] = set()  # those of them that carry alerts
        self.turns: tuple[Network, Turns] | None = None  # of the network that was last sent to
        self.failures = 0  # in a row, of the network as a whole: one a pause, however many letters were in flight
        self.away_until = clock.now()
        self.alarmed = False
        self.refused = False  # the token, and nobody has looked for a new one yet
        self.counted = {kind: delivered.labels(name, kind.__name__.lower()) for kind in get_args(Outcome)}
        self.paused = {reason: paused.labels(name, reason) for reason in ("throttled", "unavailable", "revoked")}
        self.resumed = True  # the gauges say so

    async def pace(self) -> None:
        """Tell the outbox how fast letters may be claimed."""
        network = self.network()
        pace, together = network.limits.pace, network.limits.together
        burst = max(pace.burst, AHEAD)
        await self.outbox.pace(self.name, pace.per_second, burst, pace.per_chat, together)

    def wake(self) -> None:
        self.something.set()

    async def run(self) -> None:
        """Send until cancelled."""
        alerts_at = 0.0  # alerts are looked for once a second while there are none, however many replies leave
        while True:
            self.something.clear()
            now = asyncio.get_running_loop().time()
            claim = asyncio.create_task(self.claim(alerts=now >= alerts_at))
            try:
                count, look_again = await asyncio.shield(claim)
            except asyncio.CancelledError:
                # What is being claimed is ours all the same: unsent, it would count as an attempt that nobody knows of.
                await asyncio.gather(claim, return_exceptions=True)
                raise
            except StorageError as error:
                log.error("outbox", network=self.name, exc_info=error)
                await asyncio.sleep(1)
                continue
            if now >= alerts_at and not self.alerting and look_again is None:
                alerts_at = now + LOOK_SECONDS
            if not count or look_again is not None or len(self.flying) >= TOGETHER:
                wait = LOOK_SECONDS if look_again is None else (look_again - self.clock.now()).total_seconds()
                try:
                    async with asyncio.timeout(min(LOOK_SECONDS, max(0.001, wait))):
                        await self.something.wait()
                except TimeoutError:
                    pass

    async def claim(self, *, alerts: bool = True) -> tuple[int, datetime | None]:
        """Take what may leave now and send it off; how many messages, and when the network's pace lets more go."""
        together = self.network().limits.together
        count, look_again = 0, None
        # Replies always go first; alerts take what the pace leaves, and at most half of a burst.
        for bulk in (False, True) if alerts else (False,):
            room = TOGETHER - len(self.flying)
            if bulk:
                room = min(room, ALERTING - len(self.alerting))
            if room > 0:
                letters, at = await self.outbox.claim(self.name, room * together, bulk)
                look_again = min((t for t in (look_again, at) if t), default=None)
                for batch in batches(letters, together):
                    task = self.fly(self.deliver(*batch))
                    if bulk:
                        self.alerting.add(task)
                count += len(letters)
        return count, look_again

    def fly(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.flying.add(task)
        task.add_done_callback(self.landed)
        return task

    def landed(self, task: asyncio.Task[None]) -> None:
        self.flying.discard(task)
        self.alerting.discard(task)
        if self.refused and not self.flying:
            # Not sooner: taking up a new token closes the connections of what was sent with the old one.
            self.refused = False
            self.fly(self.revoked(self.name))
        # The next reply of the same chat waits for this one, and there is room again.
        self.something.set()

    async def stop(self, within: float = 20.0) -> None:
        """Let the letters in flight land; the rest stays in the outbox."""
        if self.flying:
            await asyncio.wait(self.flying, timeout=within)
        for task in self.flying:
            task.cancel()
        await asyncio.gather(*self.flying, return_exceptions=True)

    async def deliver(self, *letters: Letter) -> None:
        """One call of the network: these letters, with those that came with them."""
        (letter, outcome), *also = settled = await self.attempt(letters)
        for one, end in settled:
            self.counted[type(end)].inc()
            if not isinstance(end, Sent):
                log.info("letter", network=self.name, who=who(one.address), kind=one.kind, outcome=repr(end))
        try:
            await self.outbox.settle(letter, outcome, also)
        except StorageError as error:
            # The lease ends and the attempt counts as unknown: exactly what it then is.
            log.error("unsettled", network=self.name, exc_info=error)

    async def attempt(self, letters: Sequence[Letter]) -> list[Settled]:
        network = self.network()
        if len(letters) == 1:
            prepared = [await self.prepare(letters[0], network)]
        else:
            prepared = await asyncio.gather(*(self.prepare(letter, network) for letter in letters))
        settled = [end for ends, _ in prepared for end in ends]
        messages = [message for _, message in prepared if message is not None]
        together = [one for one in messages if len(messages) == 1 or not alone(one.reply)]
        for some in (together, *([one] for one in messages if one not in together)):
            if some:
                settled += await self.send(network, some)
        return settled

    async def prepare(self, letter: Letter, network: Network) -> tuple[list[Settled], Message | None]:
        """What there is to show, and what becomes of the letters that are not in it."""
        now = self.clock.now()
        group = (letter, *letter.also)
        if self.mode is Mode.OFF or (self.mode is Mode.PUBLIC and any(one.personal for one in group)):
            return [(one, Refused("mode", elsewhere=True)) for one in group], None
        ends: list[Settled] = [(one, Refused("expired")) for one in group if one.expires_at and one.expires_at <= now]
        if ends:
            group = tuple(one for one in group if not one.expires_at or one.expires_at > now)
        if not group:
            return ends, None

        def all_of_them(outcome: Outcome) -> tuple[list[Settled], None]:
            return ends + [(one, outcome) for one in group], None

        if letter.unknowns and (verdict := self.repeat(letter, network, now)):
            return all_of_them(verdict)
        rest: tuple[Reply, ...] = ()
        saw: tuple[Saw, ...] = ()
        try:
            if letter.reply is not None:
                reply = letter.reply
            else:
                async with asyncio.timeout(DRAW_SECONDS):
                    drawn = await self.draw(replace(group[0], also=group[1:]))
                if isinstance(drawn, Drop):
                    return all_of_them(Refused(drawn.reason, elsewhere=drawn.elsewhere))
                if isinstance(drawn, Later):
                    return all_of_them(Again(drawn.until, counted=False))
                reply, *others = fit(drawn.reply, network.limits)
                rest, saw = tuple(others), drawn.saw
                if drawn.without:
                    ends += [(one, unshown(verdict)) for one, verdict in drawn.without]
                    left_out = {one.id: verdict for one, verdict in drawn.without}
                    group = tuple(one for one in group if one.id not in left_out)
                    if isinstance(left_out.get(letter.id), Later) and not letter.unknowns:
                        # The number is that of the letter that leads. It comes back, and a network that drops repeats
                        # must not know it by then: the others are claimed again, under another's.
                        return all_of_them(Again(now, counted=False))
        except Gone:
            return all_of_them(Refused("the account is gone"))
        except (
            BillingError,
            StorageError,
            TimeoutError,
        ) as error:  # later, as often as it takes
            log.warning("undrawn", network=self.name, kind=letter.kind, exc_info=error)
            return all_of_them(Again(now + timedelta(minutes=1), counted=False))
        except Exception as error:  # our mistake
            log.error("undrawn", network=self.name, kind=letter.kind, exc_info=error)
            tired = letter.attempts >= ATTEMPTS
            return all_of_them(Dead("cannot be drawn") if tired else Again(now + timedelta(minutes=1)))
        if letter.answer_to and (now - letter.answer_to).total_seconds() > network.limits.press_life:
            reply = replace(reply, answers=None)
        return ends, Message(group, letter.key, reply, rest, saw)

    def repeat(self, letter: Letter, network: Network, now: datetime) -> Uncertain | None:
        """Whether an attempt that may have arrived is worth another one; None: go on."""
        if network.limits.resend_window:
            first = letter.first_sent_at or letter.created_at
            if (now - first).total_seconds() < network.limits.resend_window and letter.unknowns < ATTEMPTS:
                return None
            return Uncertain("the network's window for repeats is over")
        if letter.priority is Priority.REPLY:
            return Uncertain("a reply is not repeated blindly")
        return None if letter.unknowns == 1 else Uncertain("one extra copy at most")

    async def send(self, network: Network, messages: Sequence[Message]) -> list[Settled]:
        """Show them in one call; what became of each letter."""
        patient = messages[0].first.priority >= Priority.URGENT
        began, leaves = self.clock.now(), False
        told: Sequence[str | Exception]
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await self.turn(network).take(patient=patient)
                began, leaves = self.clock.now(), True
                told = await call(network, messages)
        except Exception as error:
            told = [error] * len(messages)
        if not leaves:  # nobody's turn for so long
            return [end for one in messages for end in one.settled(Again(began, counted=False))]
        untils: dict[int, datetime] = {}  # one fault of a whole call is one fault
        return [
            end
            for one, answer in zip(messages, told, strict=True)
            for end in one.settled(await self.outcome(one, network, answer, began, untils))
        ]

    def turn(self, network: Network) -> Turns:
        if self.turns is None or self.turns[0] is not network:
            self.turns = network, Turns(network.limits.pace)
        return self.turns[1]

    async def outcome(
        self, message: Message, network: Network, told: str | Exception, began: datetime, untils: dict[int, datetime]
    ) -> Outcome:
        """What the network's answer means for this message. `untils`: pauses that were begun, by the fault."""
        letter = message.first
        match told:
            case str():
                self.healthy()
                return Sent(told, message.rest, message.saw)
            case Throttled() | Unavailable() | Revoked():
                if id(told) not in untils:
                    untils[id(told)] = await self.resting(told, began)
                return Again(untils[id(told)], counted=False)
            case Blocked():
                self.healthy()
                return Refused("blocked", unreachable=True, elsewhere=True)
            case Rejected():
                self.healthy()
                log.error("rejected", network=self.name, kind=letter.kind, reason=str(told))
                return Dead(str(told)[:200])
            case _:  # Unknown, our time limit, and an adapter's fault: perhaps shown
                log.warning("unknown", network=self.name, kind=letter.kind, exc_info=told)
                return self.doubtful(message, network, began)

    async def resting(self, error: Throttled | Unavailable | Revoked, began: datetime) -> datetime:
        """Begin the pause that the network asks for or needs; when it is over."""
        match error:
            case Throttled():
                until = self.clock.now() + timedelta(seconds=error.after * random.uniform(1.0, 1.2))  # noqa: S311 — jitter
                if error.everybody:
                    await self.pause(until, "throttled")
                return until
            case Unavailable():
                return await self.away(began, error)
        until = self.clock.now() + timedelta(seconds=LONGEST_PAUSE)
        await self.pause(until, "revoked")
        self.refused = True
        if not self.alarmed:
            self.alarmed = True
            log.critical("token-refused", network=self.name)
        return until

    async def away(self, began: datetime, error: Unavailable) -> datetime:
        """The network cannot be reached, as an attempt that began then has found: when to try again."""
        if began >= self.away_until:
            self.failures += 1
            pause = min(LONGEST_PAUSE, 2.0 ** min(self.failures, 6)) * random.uniform(0.5, 1.0)  # noqa: S311 — jitter
            self.away_until = self.clock.now() + timedelta(seconds=pause)
            log.warning("network-away", network=self.name, seconds=round(pause), reason=str(error))
            await self.pause(self.away_until, "unavailable")
        return self.away_until

    def doubtful(self, message: Message, network: Network, began: datetime) -> Outcome:
        letter = message.first
        after = replace(letter, unknowns=letter.unknowns + 1, first_sent_at=letter.first_sent_at or began)
        now = self.clock.now()
        if verdict := self.repeat(after, network, now):
            return replace(verdict, saw=message.saw)
        pause = min(LONGEST_PAUSE, 2.0**after.unknowns) * random.uniform(0.5, 1.0)  # noqa: S311 — jitter
        return Again(now + timedelta(seconds=pause), unknown=True)

    def healthy(self) -> None:
        if self.failures or self.alarmed:
            log.info("network-back", network=self.name)
        self.failures, self.alarmed = 0, False
        if not self.resumed:
            self.resumed = True
            for gauge in self.paused.values():
                gauge.set(0)

    async def pause(self, until: datetime, reason: str) -> None:
        self.paused[reason].set(1)
        self.resumed = False
        try:
            await self.outbox.pause(self.name, until)
        except StorageError as error:
            log.error("pause", network=self.name, exc_info=error)


def batches(letters: Sequence[Letter], together: int) -> Iterator[Sequence[Letter]]:
    """Which letters leave in one call. What is ready does not wait for what is to be drawn."""
    if together == 1:
        yield from ((letter,) for letter in letters)
        return
    ready = [letter for letter in letters if letter.reply is not None and not alone(letter.reply)]
    drawn = [letter for letter in letters if letter.reply is None]
    yield from ((letter,) for letter in letters if letter.reply is not None and alone(letter.reply))
    for some in (ready, drawn):
        yield from (some[start : start + together] for start in range(0, len(some), together))


async def call(network: Network, messages: Sequence[Message]) -> Sequence[str | Exception]:
    """For each message its id, or what went wrong with it. Raises what went wrong with the call."""
    if len(messages) == 1 or not isinstance(network, Batched):
        (one,) = messages
        return [await network.send(one.first.address, one.reply, one.key)]
    plain: list[tuple[Address, Reply, int]] = [(one.first.address, one.reply, one.key) for one in messages]
    return await network.send_many(plain)


def unshown(verdict: Drop | Later) -> Outcome:
    """What becomes of a letter that the message of its chat leaves out."""
    if isinstance(verdict, Drop):
        return Refused(verdict.reason, elsewhere=verdict.elsewhere)
    return Again(verdict.until, counted=False)
