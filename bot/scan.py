"""The scan: what is due becomes letters. Between the two stand the gate and the canary.

    the feed ─▶ figures, days, events ─▶ the gate ─▶ low funds · days · a region's events ─▶ letters

**The gate** looks before it queues: figures that are too old, or too many accounts that fell low or changed at once,
are more likely a fault of the feed than the truth. It shuts the valve and tells the operator, once; when a later scan
finds the figures credible again it opens by itself. What an operator has shut only an operator opens; once he has, his
word that the figures are right holds for a day.

**The canary.** Letters beyond a number in one scan are a wave: they are held and leave in shares, 1 %, 10 %, all, each
after a pause. Too many people who block us or switch alerts off after one: it goes no further, and the operator hears.

Progress is in the data: a scan that dies is run again, and those of two processes do nothing twice. In a process they
run one after another: a feed may keep in memory how far it has read.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from adapters.base import Address, Reply
from billing.base import Billing, BillingError, Capability, Funds, Gone, SignIn, facts_of
from bot.caution import Caution
from bot.hints import stand
from handlers.text import Say
from storage.base import Heed, Judge, Storage, Tally, Wave
from storage.clock import Clock

log = structlog.get_logger()
queued = Counter("saldo_alerts_queued_total", "Alerts that a scan put into the outbox")
shut = Gauge("saldo_alerts_shut", "1 while no alert may leave")
wave_share = Gauge("saldo_alerts_wave_share", "Per cent of the living wave that may leave; 100 without one")

PAGE: Final = 1000  # accounts a page of the feed: one short transaction each
# Of the feed in one scan: a night's pass over a million accounts may take two hours, and what is due meanwhile does not
# wait for it. The next scan reads on.
READING: Final = timedelta(minutes=5)
CHUNK: Final = 5000  # low accounts a transaction
NEW: Final = 200  # accounts linked of late that one scan asks about, one after another
JUDGED: Final = 1000  # accounts whose days are judged in a transaction
SHARES: Final = (1, 10, 100)
# What an operator does about it.
COMMANDS: Final = {"alarm-gate": "saldo alerts start", "alarm-wave": "saldo alerts status"}
GATE: Final = "gate"  # who shut the valve
TRUST: Final = timedelta(days=1)  # how long an operator's word that the figures are right holds


class Scan:
    """One object a process. `say` is the operator's language."""

    def __init__(
        self,
        *,
        storage: Storage,
        billing: Billing,
        clock: Clock,
        judge: Judge,
        heed: Heed,
        caution: Caution,
        say: Callable[[], Say],
    ) -> None:
        self.storage, self.billing, self.clock = storage, billing, clock
        self.judge, self.heed, self.caution, self.say = judge, heed, caution, say
        self.changed = 0  # accounts, since the feed last was at its end
        self.turn = asyncio.Lock()

    async def run(self) -> int:
        """Bring the watches up to date and queue what is to be told; how many letters.

        Raises BillingError, StorageError.
        """
        async with self.turn:
            return await self.scan()

    async def scan(self) -> int:
        watches, letters, changed, doubt = self.storage.watches, 0, 0, ""
        if Capability.CHANGES in self.billing.can:
            cursor, more = await watches.cursor(), True
            until = self.clock.now() + READING
            while more and self.clock.now() < until:
                page = await self.billing.changes(cursor, PAGE)
                oldest = self.clock.now() - timedelta(hours=self.caution.feed_hours)
                if page.as_of is not None and page.as_of < oldest:
                    doubt = "old"
                touched, new = await watches.observe(page, self.heed, held=await self.held(letters))
                letters, self.changed = letters + new, self.changed + touched
                cursor, more = page.cursor, page.more
            changed, self.changed = self.changed, self.changed if more else 0
            if not more:  # else they may stand on a page still to come
                await self.meet()
        if await self.gate(doubt, changed):
            looked = JUDGED
            while looked:
                looked, new = await watches.spread(self.heed, JUDGED, held=await self.held(letters))
                letters += new
            tally = await watches.tally()
            letters += await watches.due(CHUNK, held=await self.held(letters + tally.low + tally.restored))
            looked = JUDGED
            while looked == JUDGED:
                looked, new = await watches.judge(self.judge, JUDGED, held=await self.held(letters))
                letters += new
        await self.canary()
        queued.inc(letters)
        return letters

    async def meet(self) -> None:
        """Ask about accounts that were linked since the feed has told of them: it tells of what changes, and an account
        in debt may not change for a month. Raises StorageError.
        """
        told: list[Funds] = []
        for account in await self.storage.watches.untold(NEW):
            try:
                told.append(stand(await facts_of(self.billing, account), self.clock.now()))
            except (Gone, SignIn):
                continue
            except BillingError as error:  # those that are left are asked about in an hour
                log.warning("unmet", exc_info=error)
                break
        if told:
            await self.storage.watches.renew(told)

    async def held(self, letters: int) -> bool:
        """Whether what comes after so many letters of this scan belongs to a wave."""
        if letters < self.caution.canary:
            return False
        await self.storage.valve.begin()
        return True

    # ── The gate ──

    async def gate(self, doubt: str, changed: int) -> bool:
        """True: alerts may be queued. False: the valve is shut, by us now or by whomever before."""
        valve = self.storage.valve
        hold, trusted = await valve.hold(), await valve.trusted()
        if trusted is not None and self.clock.now() - trusted < TRUST:
            doubt = ""  # a person has looked
        elif not doubt:
            doubt = self.doubt(await self.storage.watches.tally(networks=self.caution.changed < 100), changed)
        if doubt and await valve.shut(f"gate: {doubt}", GATE, self.alarm("alarm-gate", doubt)):
            log.critical("alerts-held", reason=doubt)
        elif not doubt and hold is not None and hold.by == GATE and await valve.open(GATE):
            log.warning("alerts-released", reason=hold.reason)
            hold = None
        shut.set(1 if doubt or hold is not None else 0)
        return not doubt and hold is None

    def doubt(self, tally: Tally, changed: int) -> str:
        """What makes the figures incredible; "": nothing."""
        caution = self.caution
        if tally.low >= caution.least and tally.low * 100 > caution.low * tally.watched:
            return "empty" if tally.zero * 2 > tally.low else "low"
        if changed >= caution.least and caution.changed < 100 and changed * 100 > caution.changed * tally.watched > 0:
            return "changed"
        return ""

    # ── The canary ──

    async def canary(self) -> None:
        """Let the living wave go further, or stop it."""
        valve, caution = self.storage.valve, self.caution
        wave = await valve.wave()
        wave_share.set(100 if wave is None else wave.share)
        if wave is None or wave.stopped or await valve.hold() is not None:
            return
        if why := self.unwelcome(wave):
            if await valve.stop(wave.id, why, self.alarm("alarm-wave", why)):
                log.critical("wave-stopped", reason=why, share=wave.share, shown=wave.shown, refused=wave.refused)
            return
        rested = self.clock.now() - wave.share_at >= caution.pause
        heard = wave.shown + wave.refused > 0 or wave.waiting == 0  # at night nobody has heard anything yet
        further = wave.share == 0 or (rested and heard)
        # What joined the wave after its share was let out follows it.
        share = next(one for one in SHARES if one > wave.share) if further else wave.share
        released = await valve.widen(wave.id, share)
        if further:
            log.info("wave", share=share, released=released, shown=wave.shown, refused=wave.refused)

    def unwelcome(self, wave: Wave) -> str:
        """Why the wave must not go on; "": nothing. A few people prove nothing."""
        tried = wave.shown + wave.refused
        if wave.refused >= 3 and wave.refused * 100 > self.caution.refusals * tried:
            return "refusals"
        if wave.complaints >= 3 and wave.complaints * 100 > self.caution.complaints * tried:
            return "complaints"
        return ""

    def alarm(self, sentence: str, reason: str) -> tuple[Address, Reply] | None:
        if self.caution.alarm is None:
            return None
        return self.caution.alarm, Reply(self.say()(sentence, reason=reason, command=COMMANDS[sentence]))
