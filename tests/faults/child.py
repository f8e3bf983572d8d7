"""A process of the program that is killed: the parts of `bot.app`, with networks that write into a pipe.

Nothing of the program is replaced but the networks' wire, the clock and the log. What the program does every second,
every ten minutes, is done here over and over: a life lasts some tenths of a second.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn

import structlog
from sqlalchemy import text

from adapters.base import Address, Grid, Incoming, Limits, NetworkError, Pace, Received, Reply, Site
from billing.base import Account, Money, Scheme
from billing.ledger import Ledger
from bot.app import App, build, cancelled
from bot.settings import Intake, Mode, NetworkSettings, Settings, load
from storage.base import Place
from storage.migrations.run import upgrade
from tests.billing.books import book
from tests.bot.parts import link, turn
from tests.faults.world import HIGH, LOW, NETWORKS, PAID, STATUS, THRESHOLD, Areas, World

PACE = Pace(100_000, 100_000)


class Wire:
    """A network whose far end is the pipe: what is written has arrived."""

    def __init__(self, name: str, say: Callable[[str], None], areas: Areas, dice: random.Random) -> None:
        self.name, self.say, self.areas, self.dice = name, say, areas, dice
        self.limits = Limits(
            text=4000,
            keyboard=Grid(10, 5, 40),
            label=40,
            action=120,
            pace=PACE,
            resend_window=3300.0 if name == "vk" else 0.0,
            together=25 if name == "vk" else 1,
        )

    async def prepare(self, site: Site) -> None:
        return

    async def run(self, receive: object, cursor: str | None) -> None:
        await asyncio.Event().wait()

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        with self.areas.within("before the wire"):
            await asyncio.sleep(self.dice.uniform(0, 0.004))
        self.say(f"show {key} {to}")
        with self.areas.within("behind the wire"):
            await asyncio.sleep(self.dice.uniform(0, 0.004))
        return f"m{key}"

    async def send_many(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence[str | NetworkError]:
        return await asyncio.gather(*(self.send(*one) for one in letters))

    async def busy(self, event: Incoming) -> None:
        return

    async def identity(self) -> str:
        return self.name

    def deep_link(self, token: str) -> str | None:
        return None

    async def close(self) -> None:
        return


@cache
def settings(url: str) -> Settings:
    url = url.replace("postgresql://", "postgresql+asyncpg://")
    return load({}, database_url=url, public_url="http://127.0.0.1:8080", alert_quiet="")


async def built(world: World, url: str, wires: Sequence[Wire]) -> App:
    on = [(NetworkSettings(one.name, Mode.FULL, Intake.WEBHOOK, {}), one) for one in wires]
    return await build(settings(url), networks=on, clock=world.clock, reread=dict)


# ── One life ──────────────────────────────────────────────────────────────────────────────────────────────────────


def live(world: World, url: str, pipe: int, areas: Areas, seed: int) -> NoReturn:
    """Be the program until killed. Never returns."""
    code = 70
    try:
        asyncio.run(Life(world, url, pipe, areas, seed).run())
        code = 0
    finally:
        os._exit(code)


class Life:
    """`mortal` False: it ends by itself when there is nothing left to do."""

    def __init__(self, world: World, url: str, pipe: int, areas: Areas, seed: int, *, mortal: bool = True) -> None:
        self.world, self.url, self.pipe, self.areas, self.dice = world, url, pipe, areas, random.Random(seed)
        self.mortal, self.done = mortal, False

    def say(self, line: str) -> None:
        os.write(self.pipe, line.encode() + b"\n")  # below PIPE_BUF: whole or not at all

    def log(self, _: Any, level: str, event: dict[str, Any]) -> Any:
        if level in ("error", "critical"):
            error = event.get("exc_info") or event.get("error") or ""
            reason = f"{type(error).__name__}: {error}"[:300] if isinstance(error, BaseException) else str(error)
            self.say(f"error {event['event']} {event.get('reason', '')} {reason}".replace("\n", " "))
        raise structlog.DropEvent

    async def run(self) -> None:
        structlog.configure(processors=[self.log])
        wires = [Wire(name, self.say, self.areas, self.dice) for name in NETWORKS]
        with self.areas.within("start"):
            app = await built(self.world, self.url, wires)
            self.trace(app)
            for outlet in app.outlets.values():
                await outlet.delivery.pace()
        self.say("alive")
        loops = [app.dispatch.run(), *(outlet.delivery.run() for outlet in app.outlets.values())]
        tasks = [asyncio.ensure_future(one) for one in (*loops, self.takes(app))]
        ticks = asyncio.ensure_future(self.ticks(app))
        try:
            done, _ = await asyncio.wait([ticks, *tasks[:-1]], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await cancelled(ticks, *tasks)
            await app.close()

    def trace(self, app: App) -> None:
        """Note what is under way, for the report of where the kills fell."""
        storage = app.storage
        for owner, method, area in (
            (storage.inbox, "put", "put"),
            (storage.inbox, "claim", "inbox.claim"),
            (storage.inbox, "finish", "finish"),
            (storage.watches, "observe", "observe"),
            (storage.watches, "due", "due"),
            (storage.orders, "credited", "credit"),
            (storage.outbox, "claim", "outbox.claim"),
            (storage.outbox, "settle", "settle"),
            (storage.outbox, "sweep", "sweep"),
            (app.dispatch, "answer", "answer"),
            (app.schedule, "scan_now", "scan"),
        ):
            setattr(owner, method, self.traced(getattr(owner, method), area))

    def traced(self, work: Callable[..., Awaitable[Any]], area: str) -> Callable[..., Awaitable[Any]]:
        async def within(*given: Any, **named: Any) -> Any:
            with self.areas.within(area):
                return await work(*given, **named)

        return within

    async def takes(self, app: App) -> None:
        """The networks post what was not acknowledged yet, some of it twice."""

        async def post(event: Incoming) -> None:
            await asyncio.sleep(self.dice.uniform(0, 0.03))
            await app.intake.receiver(event.sender.network)(Received((event,)))
            self.say(f"took {event.id}")

        events = list(self.world.open.values())
        again = self.world.took[-20:]
        events += [self.world.events[one] for one in self.dice.sample(again, min(len(again), 2))]
        await asyncio.gather(*map(post, events), self.change(app))
        self.done = True

    async def change(self, app: App) -> None:
        """The operator's side, beside all this: accounts fall below their threshold, or come back."""
        if self.world.changed:
            return
        ledger, now = Ledger(app.storage.database, self.world.clock.now), self.world.clock.now()
        for account in self.world.accounts:
            key = f"wave {self.world.wave} {account}"
            if self.world.low:
                await ledger.charge(account, Money(HIGH - LOW), "Услуга", now, key=key)
            else:
                await ledger.pay(account, Money(HIGH - LOW), "Карта", now, key=key)
        self.say(f"changed {self.world.wave}")

    async def ticks(self, app: App) -> None:
        """What the schedule does: each tick says "look now", and says so all the time."""
        looked = ""
        while True:
            if await app.storage.outbox.sweep():
                app.wake_deliveries()
            await app.schedule.credit()
            if self.world.slot != looked:
                looked = self.world.slot
                if await app.storage.upkeep.once(f"slot:{looked}"):
                    self.say(f"slot {looked}")
            done = self.done
            await app.schedule.scan_now()
            if done and not any(await app.storage.upkeep.backlog()) and not await app.storage.orders.uncredited():
                self.say("quiet")
                if not self.mortal:
                    return
            await asyncio.sleep(0.03)


# ── Before and after ──────────────────────────────────────────────────────────────────────────────────────────────


async def furnish(world: World, url: str, *, watched: int, orders: int) -> int:
    """A book, chats that are linked to its accounts, orders that wait for money; how many events that took."""
    await asyncio.to_thread(upgrade, url)
    app = await built(world, url, [Wire(name, print, Areas(), random.Random(0)) for name in NETWORKS])
    try:
        names = [f"a{n:04}" for n in range(watched)]
        ledger = Ledger(app.storage.database, world.clock.now)
        opened = [Account(name, f"40{n:04}", Scheme.ADVANCE) for n, name in enumerate([*names, "asker", "payer"])]
        await ledger.load(book(*((one, HIGH / 100) for one in opened)))
        for n, name in enumerate(names):
            world.accounts[name] = world.stranger(NETWORKS[n % 3])
            await link(app.storage, world.clock, world.accounts[name], name, alerts=True)
        world.asker, world.payer = world.stranger("vk"), world.stranger("telegram")
        await link(app.storage, world.clock, world.asker, "asker")
        paying = await link(app.storage, world.clock, world.payer, "payer")
        world.orders = [f"order-{n}" for n in range(orders)]
        until = world.clock.now() + timedelta(days=3650)
        placed = [Place(token, paying, PAID, "RUB", until) for token in world.orders]
        await turn(app.storage, world.clock, world.payer, placed)
        await app.schedule.scan_now()
        return await app.storage.database.read(
            lambda connection: int(connection.execute(text("SELECT count(*) FROM inbox")).scalar_one())
        )
    finally:
        await app.close()


BOOKS = {
    "inbox": "SELECT id, dedupe, done FROM inbox",
    "outbox": "SELECT id, network, kind, dedupe, status, reason, link, led_by FROM outbox",
    "links": "SELECT id, account FROM links",
    "audits": "SELECT letter, question FROM audits WHERE letter IS NOT NULL",
    "own": "SELECT id, own FROM ledger_accounts",
    "waiting": "SELECT count(*) FROM lanes WHERE pending != 0 OR lease_until != 0",
    "dead": "SELECT count(*) FROM dead",
}


async def books(world: World, url: str) -> dict[str, Any]:
    """What stands in the database, as a stranger would read it."""
    app = await built(world, url, [])
    try:
        found = await app.storage.database.read(
            lambda connection: {name: connection.execute(text(query)).all() for name, query in BOOKS.items()}
        )
        sound = "ok"
        if url.startswith("sqlite"):
            sound = await app.storage.database.read(
                lambda connection: str(connection.execute(text("PRAGMA integrity_check")).scalar())
            )
        return {
            "inbox": {bytes(row.dedupe).hex(): (row.id, row.done is not None) for row in found["inbox"]},
            "outbox": [{**row._mapping, "status": STATUS.get(row.status, str(row.status))} for row in found["outbox"]],
            "links": {row.id: row.account for row in found["links"]},
            "audits": [tuple(row) for row in found["audits"]],
            "own": {row.id: row.own for row in found["own"]},
            "waiting": found["waiting"][0][0],
            "dead": found["dead"][0][0],
            "integrity": sound,
        }
    finally:
        await app.close()


assert THRESHOLD == 100_00, "as tests.bot.parts.link sets it"
