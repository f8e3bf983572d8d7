"""The whole program, put together from settings in one place, run in one TaskGroup, stopped cleanly.

settings ─▶ storage, billing, networks, carriers ─▶ intake, dispatch, delivery (one for each), schedule, web
stop:    no more intake ─▶ lanes in hand finish ─▶ letters in flight land ─▶ sockets and files close
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

from adapters.base import Hooked, Network, NetworkError, Revoked, Site, Throttled
from billing.base import Billing, Kept, Way
from billing.guard import guard
from bot.admission import Admission
from bot.book import open_book
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.drawing import Drawing
from bot.easel import Easel
from bot.hints import Hints
from bot.intake import Intake
from bot.lines import Carrier, Line, Networks, connect, connect_carrier
from bot.reader import Reader
from bot.scan import Scan
from bot.schedule import Schedule
from bot.settings import CarrierSettings, Mode, NetworkSettings, Settings, SettingsError, environment
from bot.settings import Intake as How
from bot.settings import carriers as carrier_settings
from bot.settings import networks as network_settings
from bot.web import inner_app, outer_app, serve
from handlers.ask import Operator
from handlers.due import rules
from handlers.menu import commands
from handlers.text import Say
from storage.base import Storage, StorageError
from storage.clock import Clock, SystemClock
from storage.migrations import HEAD
from storage.sql import open_storage

log = structlog.get_logger()

DRAIN_SECONDS: Final = 15.0  # longer than an answer may take
LANDING_SECONDS: Final = 5.0


class App:
    """Everything that runs. Made by `build`; `run` returns when `stop` is set and all is put away."""

    def __init__(
        self,
        settings: Settings,
        *,
        networks: Sequence[tuple[NetworkSettings, Network]],
        carriers: Sequence[tuple[CarrierSettings, Network]],
        storage: Storage,
        billing: Billing,
        clock: Clock,
        kept: Kept | None = None,
        reread: Callable[[], Mapping[str, str]] = environment,
    ) -> None:
        self.settings, self.storage, self.billing, self.clock, self.reread = settings, storage, billing, clock, reread
        self.operator = operator_of(
            settings,
            networks={one.name: str(one.mode) for one, _ in networks},
            ways=frozenset(Way(one.name) for one, _ in carriers),
        )
        self.drawing = Drawing(storage=storage, billing=billing, operator=self.operator, clock=clock)
        self.lines: dict[str, Line] = {}
        self.networks = Networks(self.lines)
        for one, network in networks:
            of = partial(self.networks.__getitem__, one.name)
            self.lines[one.name] = Line(one, network, self.delivery(one.name, of, one.mode, self.reconnect))
        self.carriers: dict[str, Carrier] = {}
        for each, carrier in carriers:
            through = partial(self.carrier, each.name)
            delivery = self.delivery(each.name, through, Mode.FULL, self.reconnect_carrier)
            self.carriers[each.name] = Carrier(each, carrier, delivery)
        self.outlets: Mapping[str, Line | Carrier] = {**self.lines, **self.carriers}  # whatever letters leave by
        self.easel = Easel()
        self.reader = Reader(Path(settings.model) if settings.model else None)
        self.dispatch = Dispatch(
            storage=storage,
            networks=self.networks,
            modes={one.name: one.mode for one, _ in networks},
            billing=billing,
            operator=self.operator,
            clock=clock,
            wake_delivery=self.wake_delivery,
            answer_seconds=settings.answer_seconds,
            draw=self.easel.draw,
            read=self.reader.read,
        )
        self.admission = Admission(storage.upkeep, lambda name: self.networks[name].limits)
        self.intake = Intake(storage.inbox, clock, self.dispatch.wake, self.admission.admit)
        judge, heed = rules(settings.presets)
        scan = Scan(
            storage=storage,
            billing=billing,
            clock=clock,
            judge=judge,
            heed=heed,
            caution=settings.caution,
            say=lambda: Say.at(clock.now(), settings.alarm_language, settings.default_zone),
        )
        self.hints = Hints(
            billing=billing,
            watches=storage.watches,
            upkeep=storage.upkeep,
            clock=clock,
            public_url=settings.public_url,
        )
        self.schedule = Schedule(
            storage=storage,
            billing=billing,
            clock=clock,
            scan=scan,
            kept=kept,
            minutes=settings.alert_minutes,
            wake_delivery=self.wake_deliveries,
            prepare=self.prepare,
            subscribe=self.hints.subscribe,
        )
        self.commands = commands(billing.can)
        self.ready = False
        self.extra: list[Callable[[web.Application], None]] = []  # further routes: the demo's page
        self.address: tuple[str, int] = (settings.host, settings.port)

    def outer(self) -> web.Application:
        """What the outside may reach."""
        made = outer_app(
            settings=self.settings,
            lines=self.lines,
            intake=self.intake,
            links=self.storage.links,
            billing=self.billing,
            operator=self.operator,
            clock=self.clock,
            hints=self.hints,
        )
        for add in self.extra:
            add(made)
        return made

    async def missing(self) -> list[str]:
        """What keeps us from serving, by name."""
        faults = [] if self.ready else ["not started"]
        try:
            await self.storage.upkeep.version()
        except StorageError:
            faults.append("database")
        return faults if self.lines else [*faults, "no network is on"]

    def delivery(
        self,
        name: str,
        network: Callable[[], Network],
        mode: Mode,
        revoked: Callable[[str], Coroutine[Any, Any, None]],
    ) -> Delivery:
        outbox, draw = self.storage.outbox, self.drawing.draw
        return Delivery(name, network=network, mode=mode, outbox=outbox, draw=draw, clock=self.clock, revoked=revoked)

    def carrier(self, name: str) -> Network:
        """The carrier as it is now."""
        return self.carriers[name].network

    def wake_delivery(self, name: str) -> None:
        if outlet := self.outlets.get(name):
            outlet.delivery.wake()

    def wake_deliveries(self) -> None:
        for line in self.lines.values():
            line.delivery.wake()

    async def run(self, stop: asyncio.Event, started: asyncio.Event | None = None) -> None:
        """Serve until `stop` is set. Raises Deaf when the port is taken, ModelError when MODEL is none."""
        for outlet in self.outlets.values():
            await outlet.delivery.pace()
        outer = self.outer()
        async with AsyncExitStack() as doors:
            await doors.enter_async_context(serve(outer, *self.address))
            inner = inner_app(self.missing)
            await doors.enter_async_context(serve(inner, self.settings.inner_host, self.settings.inner_port))
            # What comes in is stored and acknowledged already; it is answered when free text is understood as well.
            await self.reader.open()
            answering = asyncio.create_task(self.dispatch.run(), name="dispatch")
            counting = asyncio.create_task(self.admission.run(), name="admission")
            hinted = asyncio.create_task(self.hints.run(), name="hints")
            sending = [asyncio.create_task(x.delivery.run(), name=f"delivery {n}") for n, x in self.outlets.items()]
            pollers = [
                asyncio.create_task(self.poll(name), name=f"poll {name}")
                for name, line in self.lines.items()
                if line.settings.intake is How.POLL
            ]
            first = asyncio.create_task(self.prepare(), name="prepare")
            self.schedule.start()
            # What lives now lives for ever: without this the cyclic collector walks all of it while requests wait
            # (measured on an aiogram-sized heap: p99 160 ms without, 9 ms with).
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            self.ready = True
            log.info("ready", networks=list(self.outlets), billing=self.settings.billing)
            if started is not None:
                started.set()
            stopping = asyncio.create_task(stop.wait(), name="stop")
            try:
                loops = [answering, counting, hinted, *sending, *pollers]
                done, _ = await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    task.result()  # a loop never ends by itself: its fault ends the program
            finally:
                self.ready = False
                self.schedule.stop()
                await cancelled(stopping, first, answering, counting, hinted, *pollers)
                await asyncio.gather(doors.aclose(), self.dispatch.stop(DRAIN_SECONDS))
                await cancelled(*sending)  # only now: what was answered meanwhile may still leave
                await asyncio.gather(*(one.delivery.stop(LANDING_SECONDS) for one in self.outlets.values()))
        log.info("stopped")

    async def close(self) -> None:
        for outlet in self.outlets.values():
            await outlet.network.close()
        await self.easel.close()
        self.reader.close()
        await self.billing.close()
        await self.storage.close()

    async def poll(self, name: str) -> None:
        """Long poll one network; a dead token is looked at again, whatever else is not survived by the network."""
        while True:
            try:
                await self.lines[name].network.run(self.intake.receiver(name), await self.storage.inbox.cursor(name))
            except Revoked:
                log.critical("token-refused", network=name)
            except Exception as error:  # one network's fault must not end the others
                log.error("poll", network=name, exc_info=error)
            await asyncio.sleep(30)
            await self.reconnect(name)

    async def prepare(self) -> None:
        """Let every network deliver to us; one that does not answer is tried again at the next tick."""
        await asyncio.gather(*(self.prepare_one(name) for name in self.lines))

    async def prepare_one(self, name: str) -> None:
        line = self.lines[name]
        hook = None
        if line.settings.intake is How.WEBHOOK and isinstance(line.network, Hooked):
            hook = f"{self.settings.public_url}/hook/{name}/{line.network.path}"
        try:
            async with line.preparing, asyncio.timeout(60):
                while True:
                    try:
                        await line.network.prepare(Site(hook=hook, commands=self.commands))
                        break
                    except Throttled as wait:  # two processes that start at once ask for the same thing twice
                        await asyncio.sleep(wait.after)
        except (NetworkError, TimeoutError) as error:
            log.error("prepare", network=name, error=type(error).__name__, reason=str(error))
        except Exception as error:  # one network's fault must not end the others
            log.error("prepare", network=name, exc_info=error)

    async def reconnect(self, name: str) -> None:
        """Take up a new token without a restart, when there is one and it can be one."""
        line = self.lines[name]
        try:
            on = {one.name: one for one in network_settings(self.reread(), self.settings.public_url)}
            if name not in on or on[name].values == line.settings.values:
                return
            fresh = replace(line.settings, values=on[name].values)
            network = connect(fresh)
        except SettingsError as error:
            # Somebody is just writing it: the program goes on, and looks again when the token is next refused.
            log.error("not-reconnected", network=name, reason=str(error))
            return
        old, line.network, line.settings = line.network, network, fresh
        await old.close()
        log.info("reconnected", network=name)
        await self.prepare_one(name)

    async def reconnect_carrier(self, name: str) -> None:
        """Take up a new password or key without a restart, as `reconnect` does."""
        line = self.carriers[name]
        try:
            fresh = next((one for one in carrier_settings(self.reread()) if one.name == name), line.settings)
            if fresh == line.settings:
                return
            network = connect_carrier(fresh)
        except SettingsError as error:
            log.error("not-reconnected", network=name, reason=str(error))
            return
        old, line.network, line.settings = line.network, network, fresh
        await old.close()
        log.info("reconnected", network=name)


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel and wait until it is so."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def operator_of(
    settings: Settings, networks: Mapping[str, str] | None = None, ways: frozenset[Way] = frozenset()
) -> Operator:
    """What the handlers know of the operator; `networks`: name and mode of those that are on."""
    return Operator(
        name=settings.operator_name,
        url=settings.public_url,
        account_url=settings.account_url,
        pay_url=settings.pay_url,
        contacts=settings.contacts,
        networks=networks or {},
        consent_version=settings.consent_version,
        threshold=settings.alert_threshold * 100,
        max_links=settings.max_links,
        default_zone=settings.default_zone,
        quiet=settings.quiet,
        payee=settings.payee,
        purpose=settings.payee_purpose,
        sum_between=(settings.pay_least * 100, settings.pay_largest * 100),
        unblock_minutes=settings.unblock_minutes,
        credit_days=settings.transfer_days,
        ways=ways,
        presets=settings.presets,
        alerts_a_day=settings.alerts_a_day,
    )


async def build(
    settings: Settings,
    networks: Sequence[tuple[NetworkSettings, Network]] | None = None,
    clock: Clock | None = None,
    reread: Callable[[], Mapping[str, str]] = environment,
    storage: Storage | None = None,
) -> App:
    """The program from its settings; `networks` None: those that have a token. Carriers: those that are set.

    `storage`: that of `settings.database_url` where the caller has opened it already; it is the program's from now on.
    Raises StorageError when the database is missing, busy or of another version, SettingsError for a bad network.
    """
    clock = clock or SystemClock()
    if networks is None:
        on = network_settings(reread(), settings.public_url)
        networks = [(one, connect(one)) for one in on]
    by = [(one, connect_carrier(one)) for one in carrier_settings(reread())]
    storage = storage or open_storage(settings.database_url, clock)
    version = await storage.upkeep.version()
    if version != HEAD:
        await storage.close()
        raise StorageError(f"the schema is {version or 'empty'} and must be {HEAD}: run `saldo migrate`")
    try:
        book = open_book(settings, storage.database, clock.now, reread())
    except SettingsError:
        await storage.close()
        raise
    billing = guard(book, limit_seconds=8.0, now=clock.now)
    return App(
        settings,
        networks=networks,
        carriers=by,
        storage=storage,
        billing=billing,
        clock=clock,
        kept=book if isinstance(book, Kept) else None,
        reread=reread,
    )
