"""Dispatch: one conversation at a time, inbox row -> who is this -> handler -> everything it changes, in one write.

    claim lanes ──▶ for each lane, in order ──▶ routes.answer(Ask) ──▶ fit ──▶ Inbox.finish
                    many lanes at once            outside any transaction      one transaction

What may go wrong, and what the customer and the queue get:

    billing does not answer       an honest sentence with "again"; done
    billing closed the account    handlers.routes ends the link and tells the chat; done
    the answer takes too long     "typing" at 0.7 s, a note at 3 s, at the limit the same sentence as above; done
    the turn is stale             answered again from fresh memory, three times, then postponed
    storage cannot write          nothing was written: the lane is postponed and comes again
    our own fault                 an apology with a short code that stands in the log; the event is set aside
    nobody waits any more         after an hour what it changes holds, and nothing is said, noted or asked; done
    the process dies              the lease ends and another worker answers; after five such starts: dead letters
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

from adapters.base import Incoming, Named, Network, NetworkError, Reply
from adapters.fit import fit
from billing.base import Billing, BillingError, Unsupported
from bot.logs import who
from bot.settings import Mode
from handlers import routes
from handlers.ask import Ask, Draw, Operator, Read, Turn, by_phrases, undrawn
from handlers.text import Say
from handlers.understand import Meaning
from storage.base import (
    Dialogue,
    Draft,
    Effect,
    Event,
    Finished,
    Invite,
    Lane,
    Memory,
    Post,
    Saw,
    SetQuiet,
    Stale,
    Storage,
    StorageError,
)
from storage.clock import Clock

log = structlog.get_logger()
answered = Counter("saldo_answers_total", "Answered events", ["network", "outcome"])
took = Histogram("saldo_answer_seconds", "From the claim of an event to its committed answer", ["network"])
_answered, _took = cache(answered.labels), cache(took.labels)  # a label's counter is looked for once

LANES: Final = 100  # a claim's size: many lanes in hand share their transactions
AT_ONCE: Final = (
    200  # lanes in hand; a billing that hangs holds its own only, and a crash repeats 10 events of each at most
)
BUSY_AFTER: Final = 0.7
NOTE_AFTER: Final = 3.0
TOO_LATE: Final = timedelta(hours=1)  # nobody waits that long for a balance; a late answer only confuses
POISON: Final = 5
NOTHING_SAID: Final = Meaning()
NAME_WITHIN: Final = 2.0  # seconds; a link without a name is better than no link


class Dispatch:
    def __init__(
        self,
        *,
        storage: Storage,
        networks: Mapping[str, Network],
        modes: Mapping[str, Mode],
        billing: Billing,
        operator: Operator,
        clock: Clock,
        wake_delivery: Callable[[str], None],
        answer_seconds: float,
        draw: Draw = undrawn,
        read: Read = by_phrases,
        busy_after: float = BUSY_AFTER,
        note_after: float = NOTE_AFTER,
    ) -> None:
        self.storage, self.networks, self.modes = storage, networks, modes
        self.billing, self.operator, self.clock = billing, operator, clock
        self.wake_delivery, self.answer_seconds = wake_delivery, answer_seconds
        self.busy_after, self.note_after, self.draw, self.read = busy_after, note_after, draw, read
        self.something = asyncio.Event()
        self.working: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to do now: do not wait for the next look."""
        self.something.set()

    async def run(self) -> None:
        """Answer until cancelled; lanes in hand are finished, or given back by `stop`."""
        while True:
            self.something.clear()
            room = AT_ONCE - len(self.working)
            lanes: Sequence[Lane] = ()
            claim = asyncio.create_task(self.storage.inbox.claim(min(LANES, room)))
            try:
                lanes = await asyncio.shield(claim)
            except asyncio.CancelledError:
                # What is being claimed becomes ours all the same: it is answered before we go, or given back.
                self.begin((await asyncio.gather(claim, return_exceptions=True))[0])
                raise
            except StorageError as error:
                log.error("claim", exc_info=error)
                await asyncio.sleep(1)
            self.begin(lanes)
            if len(lanes) < LANES:
                # Another process may have taken the webhook, or a postponed lane become ready: look every second.
                try:
                    async with asyncio.timeout(1):
                        await self.something.wait()
                except TimeoutError:
                    pass

    def begin(self, lanes: Sequence[Lane] | BaseException) -> None:
        for lane in () if isinstance(lanes, BaseException) else lanes:
            task = asyncio.create_task(self.serve(lane))
            self.working.add(task)
            task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task[None]) -> None:
        self.working.discard(task)
        # There is room again; and what the chat wrote meanwhile could not be claimed until now.
        self.wake()

    async def stop(self, within: float = 20.0) -> None:
        """Let the lanes in hand finish; what does not is given back."""
        if self.working:
            await asyncio.wait(self.working, timeout=within)
        for task in self.working:
            task.cancel()
        await asyncio.gather(*self.working, return_exceptions=True)

    async def serve(self, lane: Lane) -> None:
        """All events of one claimed conversation."""
        memory = lane.memory
        try:
            for event in lane.events:
                if lane.attempts >= POISON:
                    await self.bury(lane, event, memory, "died while answering")
                    return
                last = event is lane.events[-1]
                with _took(lane.address.network).time():
                    mine, changed = await self.answer(lane, event, memory, release=last)
                if not mine:
                    log.info("lease-lost", network=lane.address.network, who=who(lane.address))
                    return
                self.wake_delivery(lane.address.network)
                if changed and not last:
                    memory = await self.storage.inbox.recall(lane.address)
        except asyncio.CancelledError:
            await asyncio.shield(self.give_back(lane))
            raise
        except Exception as error:  # nothing was written: the database's fault, or one of ours outside the handler
            log.error("postponed", network=lane.address.network, who=who(lane.address), exc_info=error)
            pause = min(60, 2**lane.attempts)
            try:
                await self.storage.inbox.postpone(lane, self.clock.now() + timedelta(seconds=pause))
            except StorageError:
                return  # the lease ends by itself

    async def give_back(self, lane: Lane) -> None:
        try:
            await self.storage.inbox.release(lane)
        except StorageError as error:
            log.warning("lease-kept", exc_info=error)

    async def answer(self, lane: Lane, event: Event, memory: Memory, *, release: bool) -> tuple[bool, bool]:
        """One event's turn, written. Returns (the lease was ours, memory changed)."""
        late = self.clock.now() - event.incoming.sent_at > TOO_LATE
        meaning = await self.meaning(event.incoming)
        for _ in range(3):
            ask = self.ask(event.incoming, memory, meaning)
            try:
                turn = await self.turn(ask, lane, event, quiet=late)
                if late:  # what was not shown is no figure that was seen, and nothing that a "да" could answer
                    turn = replace(turn, reply=None, effects=tuple(e for e in turn.effects if not isinstance(e, Saw)))
                drafts, dialogue = self.drafts(ask, turn), self.dialogue(ask, turn)
                effects = [await self.named(ask, effect) for effect in turn.effects]
            except StorageError:
                raise  # the database's fault and not the handler's: later
            except Exception as error:  # whatever a handler did, this chat and its neighbours go on
                code = self.report(error, ask, "broken")
                _answered(lane.address.network, "broken").inc()
                drafts = () if late else self.drafts(ask, routes.broken(ask, code))
                return await self.storage.inbox.bury(lane, event, f"broken {code}", drafts), True
            finished = Finished(
                address=lane.address,
                token=lane.token,
                event=event.id,
                drafts=drafts,
                effects=(*self.beginning(ask), *effects),
                dialogue=dialogue,
                release=release,
            )
            try:
                mine = await self.storage.inbox.finish(finished)
            except Stale:
                memory = await self.storage.inbox.recall(lane.address)
                continue
            for effect in effects:
                if isinstance(effect, Post):
                    self.wake_delivery(effect.to.network)
            return mine, bool(turn.effects) or dialogue is not None
        raise StorageError("the turn stays stale")

    async def turn(self, ask: Ask, lane: Lane, event: Event, *, quiet: bool) -> Turn:
        """The handler's answer, or the honest sentence instead. `quiet`: nobody waits for it any more."""
        network = self.networks[lane.address.network]
        typing: list[asyncio.Task[None]] = []
        notes: list[asyncio.Task[None]] = []

        def busy() -> None:
            typing.append(asyncio.create_task(network.busy(ask.incoming)))

        def note() -> None:
            notes.append(asyncio.create_task(self.note(ask, lane, event, routes.slow(ask))))

        loop = asyncio.get_running_loop()
        unheard = quiet or ask.incoming.checkout is not None  # there is nobody to show a sign to
        signs = () if unheard else (loop.call_later(self.busy_after, busy), loop.call_later(self.note_after, note))
        try:
            async with asyncio.timeout(self.answer_seconds):
                turn = await routes.answer(ask)
            _answered(lane.address.network, "answered").inc()
            return turn
        except TimeoutError:
            _answered(lane.address.network, "late").inc()
            return routes.unavailable(ask, self.report(TimeoutError(), ask, "late"))
        except Unsupported as error:
            _answered(lane.address.network, "unsupported").inc()
            self.report(error, ask, "unsupported")
            return routes.unsupported(ask)
        except BillingError as error:
            _answered(lane.address.network, "unavailable").inc()
            return routes.unavailable(ask, self.report(error, ask, "unavailable"))
        finally:
            for sign in signs:
                sign.cancel()
            for task in typing:
                task.cancel()  # best effort: no answer waits until a slow network has taken a "typing"
            await asyncio.gather(*typing, *notes, return_exceptions=True)  # a note stands before its answer

    async def note(self, ask: Ask, lane: Lane, event: Event, reply: Reply) -> None:
        """«Ещё секунду…», ahead of the answer."""
        draft = Draft(reply, personal=False, answer_to=ask.incoming.sent_at)
        try:
            await self.storage.inbox.interject(lane.address, lane.token, event.id, draft)
            self.wake_delivery(lane.address.network)
        except StorageError as error:
            log.warning("note", exc_info=error)

    async def bury(self, lane: Lane, event: Event, memory: Memory, reason: str) -> None:
        ask = self.ask(event.incoming, memory)
        code = self.report(RuntimeError(reason), ask, "buried")
        await self.storage.inbox.bury(lane, event, f"{reason} {code}", self.drafts(ask, routes.broken(ask, code)))
        _answered(lane.address.network, "buried").inc()
        self.wake_delivery(lane.address.network)

    async def meaning(self, incoming: Incoming) -> Meaning:
        """What the words of a message to us mean. In a group only known phrases are meant for us (handlers.routes)."""
        typed = incoming.text and incoming.action is None and incoming.private
        return await self.read(incoming.text) if typed else NOTHING_SAID

    def ask(self, incoming: Incoming, memory: Memory, meaning: Meaning = NOTHING_SAID) -> Ask:
        now = self.clock.now()
        zone = memory.chat.zone or self.operator.default_zone
        language = routes.language(incoming, memory, meaning)
        return Ask(
            incoming=incoming,
            memory=memory,
            billing=self.billing,
            storage=self.storage,
            operator=self.operator,
            now=now,
            say=Say.at(now, language, zone),
            token=lambda: secrets.token_urlsafe(16),
            draw=self.draw,
            meaning=meaning,
            invoices=self.networks[incoming.sender.network].limits.invoices,
            public=self.modes.get(incoming.sender.network, Mode.FULL) is not Mode.FULL,
        )

    async def named(self, ask: Ask, effect: Effect) -> Effect:
        """An invitation with the name of who asked: the page says whose chat is about to be linked."""
        network = self.networks[ask.incoming.sender.network]
        if not isinstance(effect, Invite) or effect.name or not isinstance(network, Named):
            return effect
        try:
            async with asyncio.timeout(NAME_WITHIN):
                return replace(effect, name=await network.person(ask.incoming.sender))
        except (NetworkError, TimeoutError) as error:
            log.info("nameless", network=network.name, error=type(error).__name__)
            return effect

    def beginning(self, ask: Ask) -> tuple[Effect, ...]:
        """A chat that is new begins with the operator's quiet hours."""
        chat, quiet = ask.memory.chat, self.operator.quiet
        return () if chat.id or quiet == (chat.quiet_from, chat.quiet_to) else (SetQuiet(*quiet),)

    def drafts(self, ask: Ask, turn: Turn) -> tuple[Draft, ...]:
        """The turn's reply as the network can show it, settling the press that asked for it."""
        if turn.reply is None:
            return ()
        reply = turn.reply
        if reply.answers != ask.incoming.press:
            reply = replace(reply, answers=ask.incoming.press)
        limits = self.networks[ask.incoming.sender.network].limits
        return tuple(Draft(part, turn.personal, ask.incoming.sent_at) for part in fit(reply, limits))

    def dialogue(self, ask: Ask, turn: Turn) -> Dialogue | None:
        """What the next message will be understood by; None where nothing changes."""
        if turn.reply is None or turn.reply.approves is not None:  # a verdict is between the network and us
            return None
        options = routes.options(turn.reply)
        new = Dialogue(turn.waits, turn.data, options, ask.now, turn.misses)
        old = ask.memory.dialogue
        return None if new == replace(old, asked_at=ask.now) and not (options or turn.waits) else new

    def report(self, error: BaseException, ask: Ask, outcome: str) -> str:
        """Log a failed answer under a short code, which the customer is told."""
        code = secrets.token_hex(3).upper()
        address = ask.incoming.sender
        log.error(outcome, code=code, network=address.network, who=who(address), exc_info=error)
        return code
