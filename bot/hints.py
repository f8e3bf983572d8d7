"""Hints: the billing says that something changed, and the account is asked about again, before the feed comes round.

    POST /hint/<secret path> ──▶ the ids it names ──▶ only accounts that somebody hears of ──▶ asked ──▶ the watch

Nothing that is sent is believed. Whoever knows the path can make us ask about accounts that are linked here, one after
another, and learns nothing: every answer is 204. What is hinted at faster than it can be asked about is left to the
feed, and so is what the billing could not tell just now. The figures go where the feed's go; letters are the scan's.
"""

import asyncio
import hashlib
import hmac
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from prometheus_client import Counter

from billing.base import Billing, BillingError, Facts, Funds, Gone, Hinted, facts_of
from billing.position import funds, position
from storage.base import StorageError, Upkeep, Watches
from storage.clock import Clock

log = structlog.get_logger()
hinted = Counter("saldo_hints_total", "What the billing hinted at, by what became of it", ["outcome"])

LARGEST: Final = 64 * 1024  # bytes of a hint; those seen in the descriptions have one to four thousand
WAITING: Final = 10_000  # accounts that wait to be asked about
TOGETHER: Final = 20  # accounts of one transaction
MINUTES: Final = 30  # between two subscriptions


class Hints:
    """One object a process; `run` until cancelled."""

    def __init__(self, *, billing: Billing, watches: Watches, upkeep: Upkeep, clock: Clock, public_url: str) -> None:
        self.billing, self.watches, self.upkeep, self.clock = billing, watches, upkeep, clock
        self.hinted: Hinted | None = billing if isinstance(billing, Hinted) and billing.path else None
        self.public_url = public_url
        self.waiting: dict[str, None] = {}  # in the order of their coming
        self.wake = asyncio.Event()

    def route(self, app: web.Application) -> None:
        """Open the address, where there is somebody to tell us."""
        if self.hinted is not None:
            app.router.add_post("/hint/{path}", self.take)

    async def take(self, request: web.Request) -> web.Response:
        """204 whatever it was; a wrong path is no path."""
        assert self.hinted is not None
        if not hmac.compare_digest(request.match_info["path"].encode(), self.hinted.path.encode()):
            raise web.HTTPNotFound
        body = await request.read()
        if len(body) > LARGEST:
            hinted.labels("too large").inc()
            return web.Response(status=204)
        for account in self.hinted.hint(body):
            if len(self.waiting) >= WAITING:
                hinted.labels("too many").inc()
                break
            self.waiting[account] = None
        self.wake.set()
        return web.Response(status=204)

    async def run(self) -> None:
        """Ask about what was hinted at. A fault of the billing or the database loses hints, and nothing else."""
        while True:
            await self.wake.wait()
            some = list(self.waiting)[:TOGETHER]
            for account in some:
                del self.waiting[account]
            if not self.waiting:
                self.wake.clear()
            try:
                await self.look(some)
            except StorageError as error:
                log.error("hints", exc_info=error)

    async def look(self, accounts: list[str]) -> None:
        """Bring the watch of these accounts up to date. Raises StorageError."""
        told: list[Funds] = []
        for account in accounts:
            if await self.watches.hears(account) is None:
                hinted.labels("nobody's").inc()
                continue
            try:
                told.append(stand(await facts_of(self.billing, account), self.clock.now()))
            except Gone:
                hinted.labels("gone").inc()
            except BillingError:  # the billing's own metrics and log say why
                hinted.labels("unavailable").inc()
        if told:
            await self.watches.renew(told)
            hinted.labels("read").inc(len(told))

    async def subscribe(self) -> None:
        """Have the billing tell us; by whichever process comes first in each stretch of MINUTES."""
        if self.hinted is None:
            return
        callback = f"{self.public_url}/hint/{self.hinted.path}"
        address = hashlib.sha256(callback.encode()).hexdigest()[:16]  # a new one is told at once
        slot = int(self.clock.now().timestamp()) // (MINUTES * 60)
        try:
            if await self.upkeep.once(f"hints:{address}:{slot}"):
                await self.hinted.subscribe(callback)
        except (BillingError, StorageError) as error:
            log.error("hints-not-subscribed", exc_info=error)


def stand(facts: Facts, now: datetime) -> Funds:
    today = now.astimezone(ZoneInfo(facts.account.zone)).date()
    return funds(position(facts.account, facts.balance, facts.bills, facts.services, today, facts.spending))
