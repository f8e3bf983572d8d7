"""Delivery: the one way out. One loop for each network, so that a slow or dead one is not felt on the others.

    Outbox.claim (pace, lease, attempt committed) ──▶ still allowed? ──▶ draw, fit ──▶ network.send ──▶ Outbox.settle

What becomes of an attempt (the network's error says what happened, the letter's kind says what that is worth):

    sent                                                      done; further parts of a notice queue right behind
    NotSent   Throttled    the network or the chat pauses     again, the attempt does not count
              Unavailable  the network pauses, growing        again, the attempt does not count
              Rejected     our mistake                        dead letter
              Blocked      this person                        refused; no alerts there until they write again
              Revoked      the token                          everything waits; the token is read anew; one alarm
    Unknown   the network drops repeats (resend_window)       again with the same key while the window is open
              a reply                                         uncertain: the person asks again, a blind copy confuses
              a notice or an alert                            once more at most, then uncertain
    undrawn   the billing or the database does not answer     a minute later, as often as it takes, until it expires
              our mistake                                     some minutes more, then dead letter
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from prometheus_client import Counter, Gauge

from adapters.base import Blocked, Network, Rejected, Reply, Revoked, Throttled, Unavailable
from adapters.fit import fit
from billing.base import BillingError, Gone
from bot.logs import who
from bot.settings import Mode
from handlers.notices import Drawn, Drop, Later
from storage.base import Again, Dead, Letter, Outbox, Outcome, Priority, Refused, Sent, StorageError, Uncertain
from storage.clock import Clock

log = structlog.get_logger()
delivered = Counter("saldo_letters_total", "Attempts to show a letter", ["network", "outcome"])
paused = Gauge("saldo_network_paused", "1 while nothing can leave on the network", ["network", "reason"])

TOGETHER: Final = 16  # letters in flight on one network: what a crash may leave unknown
ATTEMPT_SECONDS: Final = 25.0  # less than the outbox's lease: an attempt ends before somebody else may begin it
LONGEST_PAUSE: Final = 60.0
ATTEMPTS: Final = 8  # attempts that the network may have seen

Draw = Callable[[Letter], Awaitable[Drawn | Drop | Later]]


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
        self.failures = 0  # in a row, of the network as a whole: one a pause, however many letters were in flight
        self.away_until = clock.now()
        self.alarmed = False
        self.refused = False  # the token, and nobody has looked for a new one yet

    def wake(self) -> None:
        self.something.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self.something.clear()
            claim = asyncio.create_task(self.claim())
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
            if not count or len(self.flying) >= TOGETHER:
                wait = 1.0 if look_again is None else (look_again - self.clock.now()).total_seconds()
                try:
                    async with asyncio.timeout(min(1.0, max(0.005, wait))):
                        await self.something.wait()
                except TimeoutError:
                    pass

    async def claim(self) -> tuple[int, datetime | None]:
        """Take what may leave now and send it off; how many, and when the network's pace lets more go."""
        count, look_again = 0, None
        # Replies always go first; alerts take what the pace leaves, and at most half of a burst.
        for bulk in (False, True):
            if room := TOGETHER - len(self.flying):
                letters, at = await self.outbox.claim(self.name, room, bulk)
                look_again = min((t for t in (look_again, at) if t), default=None)
                for letter in letters:
                    self.fly(self.deliver(letter))
                count += len(letters)
        return count, look_again

    def fly(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.flying.add(task)
        task.add_done_callback(self.landed)

    def landed(self, task: asyncio.Task[None]) -> None:
        self.flying.discard(task)
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

    async def deliver(self, letter: Letter) -> None:
        outcome = await self.attempt(letter)
        delivered.labels(self.name, type(outcome).__name__.lower()).inc()
        if not isinstance(outcome, Sent):
            log.info("letter", network=self.name, who=who(letter.address), kind=letter.kind, outcome=repr(outcome))
        try:
            await self.outbox.settle(letter, outcome)
        except StorageError as error:
            # The lease ends and the attempt counts as unknown: exactly what it then is.
            log.error("unsettled", network=self.name, exc_info=error)

    async def attempt(self, letter: Letter) -> Outcome:
        now = self.clock.now()
        if self.mode is Mode.OFF or (letter.personal and self.mode is Mode.PUBLIC):
            return Refused("mode")
        if letter.expires_at is not None and letter.expires_at <= now:
            return Refused("expired")
        network = self.network()
        if letter.unknowns and (verdict := self.repeat(letter, network, now)):
            return verdict
        try:
            drawn = letter.reply or await self.draw(letter)
            if isinstance(drawn, Drop):
                return Refused(drawn.reason)
            if isinstance(drawn, Later):
                return Again(drawn.until, counted=False)
            reply = drawn.reply if isinstance(drawn, Drawn) else drawn
            first, *rest = (reply,) if letter.reply else fit(reply, network.limits)
        except Gone:
            return Refused("the account is gone")
        except (BillingError, StorageError) as error:  # drawn later, however long it takes, until it expires
            log.warning("undrawn", network=self.name, kind=letter.kind, exc_info=error)
            return Again(now + timedelta(minutes=1), counted=False)
        except Exception as error:  # our mistake
            log.error("undrawn", network=self.name, kind=letter.kind, exc_info=error)
            return Again(now + timedelta(minutes=1)) if letter.attempts < ATTEMPTS else Dead("cannot be drawn")
        if letter.answer_to and (now - letter.answer_to).total_seconds() > network.limits.press_life:
            first = replace(first, answers=None)
        return await self.send(network, letter, first, tuple(rest))

    def repeat(self, letter: Letter, network: Network, now: datetime) -> Outcome | None:
        """Whether an attempt that may have arrived is worth another one; None: go on."""
        if network.limits.resend_window:
            first = letter.first_sent_at or letter.created_at
            if (now - first).total_seconds() < network.limits.resend_window and letter.unknowns < ATTEMPTS:
                return None
            return Uncertain("the network's window for repeats is over")
        if letter.priority is Priority.REPLY:
            return Uncertain("a reply is not repeated blindly")
        return None if letter.unknowns == 1 else Uncertain("one extra copy at most")

    async def send(self, network: Network, letter: Letter, reply: Reply, rest: tuple[Reply, ...]) -> Outcome:
        now = self.clock.now()
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                message = await network.send(letter.address, reply, letter.id)
        except Throttled as error:
            until = self.clock.now() + timedelta(seconds=error.after * random.uniform(1.0, 1.2))  # noqa: S311 — jitter
            if error.everybody:
                await self.pause(until, "throttled")
            return Again(until, counted=False)
        except Unavailable as error:
            return Again(await self.away(now, error), counted=False)
        except Revoked:
            until = self.clock.now() + timedelta(seconds=LONGEST_PAUSE)
            await self.pause(until, "revoked")
            self.refused = True
            if not self.alarmed:
                self.alarmed = True
                log.critical("token-refused", network=self.name)
            return Again(until, counted=False)
        except Blocked:
            self.healthy()
            return Refused("blocked", unreachable=True)
        except Rejected as error:
            self.healthy()
            log.error("rejected", network=self.name, kind=letter.kind, reason=str(error))
            return Dead(str(error)[:200])
        except Exception as error:  # Unknown, our time limit, and an adapter's fault: perhaps shown
            log.warning("unknown", network=self.name, kind=letter.kind, exc_info=error)
            return self.doubtful(letter, network, now)
        self.healthy()
        return Sent(message, rest)

    async def away(self, began: datetime, error: Unavailable) -> datetime:
        """The network cannot be reached, as an attempt that began then has found: when to try again."""
        if began >= self.away_until:
            self.failures += 1
            pause = min(LONGEST_PAUSE, 2.0 ** min(self.failures, 6)) * random.uniform(0.5, 1.0)  # noqa: S311 — jitter
            self.away_until = self.clock.now() + timedelta(seconds=pause)
            log.warning("network-away", network=self.name, seconds=round(pause), reason=str(error))
            await self.pause(self.away_until, "unavailable")
        return self.away_until

    def doubtful(self, letter: Letter, network: Network, began: datetime) -> Outcome:
        after = replace(letter, unknowns=letter.unknowns + 1, first_sent_at=letter.first_sent_at or began)
        now = self.clock.now()
        if verdict := self.repeat(after, network, now):
            return verdict
        pause = min(LONGEST_PAUSE, 2.0**after.unknowns) * random.uniform(0.5, 1.0)  # noqa: S311 — jitter
        return Again(now + timedelta(seconds=pause), unknown=True)

    def healthy(self) -> None:
        if self.failures or self.alarmed:
            log.info("network-back", network=self.name)
        self.failures, self.alarmed = 0, False
        for reason in ("throttled", "unavailable", "revoked"):
            paused.labels(self.name, reason).set(0)

    async def pause(self, until: datetime, reason: str) -> None:
        paused.labels(self.name, reason).set(1)
        try:
            await self.outbox.pause(self.name, until)
        except StorageError as error:
            log.error("pause", network=self.name, exc_info=error)
