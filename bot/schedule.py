"""Schedule: APScheduler as a ticker. A tick says "look now"; what is due stands in the database.

A lost, late or doubled tick changes nothing: letters have unique keys, episodes are marked in the transaction that
queues them, and the scan of one planned moment is run by whichever process inserts its key first.

    every second      letters that were parked and are due, leases that ran out
    every 5 seconds   payments that a network took for us and the billing does not have yet
    every N minutes   the scan (bot.scan): the billing's feed, then what is due becomes letters
    every minute      the living wave of alerts goes further, or is stopped
    every 5 minutes   networks: webhook, command list, subscription, token kept alive
    every half hour   a billing that says what changed is asked to go on saying so (bot.hints)
    every hour        what its term allows to be deleted; in a book that is kept here, promises that were not paid back
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from prometheus_client import Gauge

from billing.base import Billing, BillingError, Kept
from bot.crediting import credit
from bot.hints import MINUTES
from bot.scan import Scan
from storage.base import Storage, StorageError
from storage.clock import Clock

log = structlog.get_logger()
scanned = Gauge("saldo_scan_time", "When the last scan ended, in seconds since 1970")


class Schedule:
    """The ticks of one process. `minutes` is the distance of two scans."""

    def __init__(
        self,
        *,
        storage: Storage,
        billing: Billing,
        clock: Clock,
        scan: Scan,
        minutes: int,
        wake_delivery: Callable[[], None],
        prepare: Callable[[], Awaitable[None]],
        subscribe: Callable[[], Awaitable[None]],
        kept: Kept | None = None,
    ) -> None:
        self.storage, self.billing, self.clock, self.minutes = storage, billing, clock, minutes
        self.scan, self.kept = scan, kept
        self.wake_delivery, self.prepare_networks, self.subscribe = wake_delivery, prepare, subscribe
        self.ticker = AsyncIOScheduler(
            timezone="UTC",
            # The library's default drops a tick that is a second late; one late tick instead of many is what we want.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        soon = datetime.now(self.ticker.timezone) + timedelta(seconds=5)
        self.ticker.add_job(self.sweep, "interval", seconds=1)
        self.ticker.add_job(self.credit, "interval", seconds=5)
        self.ticker.add_job(self.look, "interval", minutes=self.minutes, next_run_time=soon)
        self.ticker.add_job(self.canary, "interval", minutes=1)
        self.ticker.add_job(self.prepare, "interval", minutes=5)
        self.ticker.add_job(self.subscribe, "interval", minutes=MINUTES, next_run_time=soon)
        self.ticker.add_job(self.lapse, "interval", hours=1)
        self.ticker.add_job(self.purge, "interval", hours=1)
        self.ticker.start()

    def stop(self) -> None:
        if self.ticker.running:
            self.ticker.shutdown(wait=False)

    async def sweep(self) -> None:
        try:
            if await self.storage.outbox.sweep():
                self.wake_delivery()
        except StorageError as error:
            log.error("sweep", exc_info=error)

    async def credit(self) -> None:
        try:
            if await credit(self.storage, self.billing, self.clock):
                self.wake_delivery()
        except StorageError as error:
            log.error("credit", exc_info=error)

    async def look(self) -> None:
        """The scan of the present slot, by one process."""
        slot = int(self.clock.now().timestamp()) // (self.minutes * 60)
        try:
            if await self.storage.upkeep.once(f"scan:{self.minutes}:{slot}"):
                await self.scan_now()
        except (BillingError, StorageError) as error:
            log.error("scan", exc_info=error)

    async def scan_now(self) -> int:
        """Scan whatever the slot; how many alerts were queued."""
        count = await self.scan.run()
        scanned.set(self.clock.now().timestamp())
        log.info("scan", queued=count)
        if count:
            self.wake_delivery()
        return count

    async def canary(self) -> None:
        try:
            await self.scan.canary()
            self.wake_delivery()
        except StorageError as error:
            log.error("canary", exc_info=error)

    async def prepare(self) -> None:
        await self.prepare_networks()

    async def lapse(self) -> None:
        if self.kept is None:
            return
        try:
            if stopped := await self.kept.lapse():
                log.info("lapsed", services=stopped)
        except (BillingError, StorageError) as error:
            log.error("lapse", exc_info=error)

    async def purge(self) -> None:
        try:
            gone = await self.storage.upkeep.purge()
            if gone:
                log.info("purged", rows=gone)
        except StorageError as error:
            log.error("purge", exc_info=error)
