"""The program, whole, in a simulated process: bot.app.App with its own run, on a real SQLite file.

Replaced are what reaches outside (networks, billing, sockets, clock, threads, chance) and nothing else. The seams:

    bot.app.serve         no socket is opened
    bot.app.connect       a new token makes another Wire
    App.schedule.ticker   ticks on virtual time; APScheduler keeps to the system's clock
    secrets, random       seeded
    storage.database.sqlite_engine   engines are kept from one start to the next: compiling statements takes longest

**One process** opens the file as `saldo run` does: with its lock, and with the repair at the start. **Two** open it
`beside` each other, which is PostgreSQL's way: leases, tokens and the sweep alone keep them apart.
"""

import asyncio
import atexit
import contextlib
import os
import random
import secrets
import shutil
import sqlite3
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import structlog
from argon2 import PasswordHasher
from sqlalchemy import Engine

import bot.app
import bot.drawing
import bot.easel
import handlers.codes
import storage.database
from adapters.base import Address
from billing.guard import guard
from bot.app import App
from bot.logs import mask, trace
from bot.settings import Settings, load
from bot.settings import networks as network_settings
from storage.base import Lane, Letter, Storage, Unwritable
from storage.migrations.run import upgrade
from storage.sql import open_storage
from tests.simulation.book import Book, Till
from tests.simulation.books import Books
from tests.simulation.networks import NAMES, Post, Wire
from tests.simulation.world import Process, World

SCAN_MINUTES = 120
SLOW_TICKS = 3600.0  # ticks that are further apart wake a day that idles


class Ticker:
    """What bot.schedule asks of a scheduler, on a process's loop. Late ticks become one."""

    timezone = None

    def __init__(self, process: Process) -> None:
        self.process, self.loop = process, process.loop
        self.jobs: list[tuple[Callable[[], Any], float, float]] = []  # what, how often, when first
        self.slow: dict[int, float] = {}
        self.running = False

    def add_job(self, what: Callable[[], Any], trigger: str, **when: Any) -> None:
        assert trigger == "interval"
        soon = when.pop("next_run_time", None) is not None
        every = sum(
            number * {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}[unit] for unit, number in when.items()
        )
        self.jobs.append((what, float(every), 5.0 if soon else float(every)))

    def start(self) -> None:
        self.running = True
        for number, (what, every, first) in enumerate(self.jobs):
            if every >= SLOW_TICKS:
                # Deleting what is old is dear and seldom matters; a lost tick changes nothing.
                every = every if what.__name__ == "look" else max(every, 25 * 3600.0)
                self.slow[number] = self.loop.time() + first
            self.loop.call_later(first, self.tick, number, what, every)

    def tick(self, number: int, what: Callable[[], Any], every: float) -> None:
        if not self.running:
            return
        self.loop.create_task(what())
        if number in self.slow:
            self.slow[number] = self.loop.time() + every
        self.loop.call_later(every, self.tick, number, what, every)

    def next(self) -> float | None:
        return min(self.slow.values(), default=None)

    def shutdown(self, wait: bool = False) -> None:
        self.running = False


class Tap:
    """A part of storage with an ear at it. What cannot have changed is not asked again: the polls of an idle program
    would take most of a day's time."""

    def __init__(self, inner: Any, house: "House", process: Process) -> None:
        self._inner, self._house, self._process = inner, house, process
        self._empty: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _idle(self, what: str, nothing: str, *values: Any) -> bool:
        """Whether the same question has just been answered with nothing, or there is nothing that it could find."""
        books = self._house.books
        if self._empty.get(what) != books.version():
            return not books.one(nothing, *values)
        due = books.due()
        return due is None or due > self._process.clock.now().timestamp() * 1e6


SWEEP = """
    SELECT EXISTS (SELECT 1 FROM outbox WHERE status = 4 AND not_before <= ? OR status = 1 AND lease_until <= ?
        OR status IN (0, 4, 7) AND expires_at <= ?)
"""


LETTERS = """
    SELECT EXISTS (SELECT 1 FROM outbox JOIN rates USING (network)
        WHERE status = 0 AND network = ? AND blocked_until <= ?)
"""


class Letters(Tap):
    async def claim(self, network: str, limit: int, bulk: bool = False) -> tuple[Sequence[Letter], datetime | None]:
        what = f"{network} {bulk}"
        now = round(self._process.clock.now().timestamp() * 1e6)
        if self._idle(what, LETTERS, network, now):
            return (), None
        began, version = self._house.world.time, self._house.books.version()
        letters, at = await self._inner.claim(network, limit, bulk)
        if not letters:
            self._empty[what] = version
        for letter in letters:
            self._house.oracle.claimed(letter, began, self._process)
        return letters, at

    async def settle(self, letter: Letter, outcome: Any, *more: Any, **named: Any) -> None:
        self._house.world.say(self._process.name, f"settles {letter.kind} {letter.id}: {type(outcome).__name__}")
        await self._inner.settle(letter, outcome, *more, **named)

    async def sweep(self) -> int:
        if self._idle("sweep", SWEEP, *(round(self._process.clock.now().timestamp() * 1e6),) * 3):
            return 0
        version = self._house.books.version()
        found: int = await self._inner.sweep()
        if not found:
            self._empty["sweep"] = version
        return found


class Events(Tap):
    async def put(self, network: str, received: Any) -> int:
        for event in received.events:
            if event.id in self._house.oracle.said:
                self._house.oracle.said[event.id].passed = True
        found: int = await self._inner.put(network, received)
        return found

    async def claim(self, limit: int, only: Sequence[Address] | None = None) -> Sequence[Lane]:
        if only is None and self._idle("lanes", "SELECT EXISTS (SELECT 1 FROM lanes WHERE pending > 0)"):
            return ()
        version = self._house.books.version()
        lanes: Sequence[Lane] = await self._inner.claim(limit, only)
        if not lanes and limit > 0 and only is None:
            self._empty["lanes"] = version
        for lane in lanes:
            ids = " ".join(event.incoming.id for event in lane.events)
            self._house.world.say(self._process.name, f"takes {lane.address}: {ids}")
        return lanes

    async def finish(self, turn: Any) -> bool:
        self._house.oracle.finishes(turn)
        mine: bool = await self._inner.finish(turn)
        effects = " ".join(type(effect).__name__ for effect in turn.effects)
        self._house.world.say(self._process.name, f"has done {turn.event}{'' if mine else ' for nothing'}: {effects}")
        return mine


class Waves(Tap):
    async def wave(self) -> Any:
        if self._idle("wave", "SELECT EXISTS (SELECT 1 FROM waves WHERE ended_at IS NULL)"):
            return None
        return await self._inner.wave()


class Counts(Tap):
    async def owed(self, most: int) -> Mapping[str, int]:
        version = self._house.books.version()
        if self._empty.get("owed") != version:
            self._owed: Mapping[str, int] = await self._inner.owed(most)
            self._empty["owed"] = version
        return self._owed


class Payments(Tap):
    async def uncredited(self, limit: int = 100) -> Sequence[Any]:
        owed = "SELECT EXISTS (SELECT 1 FROM orders WHERE paid_at IS NOT NULL AND credited_at IS NULL)"
        if self._idle("orders", owed):
            return ()
        version = self._house.books.version()
        found: Sequence[Any] = await self._inner.uncredited(limit)
        if not found:
            self._empty["orders"] = version
        return found


class House:
    """What all processes of a day share: the file, the posts, the settings."""

    def __init__(
        self,
        world: World,
        path: Path,
        posts: Mapping[str, Post],
        book: Book,
        *,
        many: bool,
        environ: dict[str, str],
    ) -> None:
        self.world, self.path, self.posts, self.book, self.many = world, path, posts, book, many
        self.environ = environ  # read again when a token is refused
        self.books = Books(path)
        self.oracle: Any = None
        self.apps: dict[str, App] = {}
        self.engines: list[Storage] = []
        self.disk: Callable[[], str] = lambda: ""  # how the disk is: "", "full", "mute"

    async def begin(self, process: Process) -> None:
        """One start of the program, up to its end."""
        while True:
            storage = self.open(process)
            if storage is not None:
                break
            await asyncio.sleep(1.0)
        process.dying.append(lambda: self.shut(storage))
        storage.outbox = Letters(storage.outbox, self, process)
        storage.inbox = Events(storage.inbox, self, process)
        storage.valve = Waves(storage.valve, self, process)
        storage.orders = Payments(storage.orders, self, process)
        storage.upkeep = Counts(storage.upkeep, self, process)
        on = network_settings(self.environ, settings().public_url)
        wires = [(one, Wire(self.posts[one.name], process, one.values[f"{one.name.upper()}_TOKEN"])) for one in on]
        billing = guard(Till(self.book, process), limit_seconds=8.0, clock=process.clock.monotonic)
        app = App(
            settings(),
            networks=wires,
            carriers=[],
            storage=storage,
            billing=billing,
            clock=process.clock,
            reread=lambda: self.environ,
        )
        app.outer = bare  # type: ignore[method-assign]
        app.reader.open = nothing  # type: ignore[method-assign]  # known phrases only
        ticker = Ticker(process)
        app.schedule.ticker = ticker
        process.ticks, process.ready = ticker.next, lambda: app.ready
        self.apps[process.name] = app
        process.dying.append(lambda: self.apps.pop(process.name))
        process.pool = lambda func, *args: self.pool(process, func, *args)
        CURRENT[process.name] = (self, process)
        await app.run(asyncio.Event())

    def open(self, process: Process) -> Storage | None:
        url = f"sqlite:///{self.path}"
        return open_storage(url, process.clock, beside=self.many)

    def shut(self, storage: Any) -> None:
        """The process is dead: the system closes its files. Nothing is written."""
        database = storage.database
        for engine in (database._writing, database._reading):
            engine.dispose()
        if database._lock is not None:
            os.close(database._lock)

    def pool(self, process: Process, func: Callable[..., Any], *args: Any) -> Any:
        """How a unit of work fares on its thread."""
        chance = self.world.chance
        if func is bot.easel.timed:
            return process.work(lambda drawing: repr(drawing).encode(), *args)
        luck = chance.random()
        before = 0.0 if luck < 0.7 else chance.uniform(0.0, 0.01) if luck < 0.98 else chance.uniform(0.0, 1.0)
        behind = 0.0 if chance.random() < 0.8 else chance.uniform(0.0, 0.01)
        disk = self.disk()
        if disk == "full":
            func = refusing(func)
        elif disk == "mute" and chance.random() < 0.3:
            func = mute(func)
            self.oracle.deaths += 1
        return process.work(func, *args, before=before, behind=behind)

    def close(self) -> None:
        self.books.close()


def refusing(func: Callable[..., Any]) -> Callable[..., Any]:
    """The database takes nothing."""

    def fail(*args: Any) -> Any:
        if func.__name__ == "_try":
            return [(None, Unwritable("full"))] * len(args[0])
        raise Unwritable("full")

    return fail


def mute(func: Callable[..., Any]) -> Callable[..., Any]:
    """The database does it, and its answer is lost: what PostgreSQL does when a connection breaks at the commit."""

    def lose(*args: Any) -> Any:
        found = func(*args)
        if func.__name__ == "_try":
            return [(None, Unwritable("lost"))] * len(found)
        raise Unwritable("lost")

    return lose


CURRENT: dict[str, tuple[House, Process]] = {}


@cache
def settings() -> Settings:
    return load(
        {},
        public_url="https://saldo.example",
        secret_key="x" * 32,
        operator_name="Телесеть",
        alert_minutes=SCAN_MINUTES,
        alert_quiet="22-9",
        contacts='[{"title": "Поддержка", "phone": "8 800 100-00-00"}]',
    )


def environment(**more: str) -> dict[str, str]:
    """The settings of the networks: a token each."""
    made = {"OK_SECRET_PATH": "x" * 32}
    for name in NAMES:
        made |= {f"{name.upper()}_TOKEN": "1", f"{name.upper()}_INTAKE": "webhook"}
    return made | more


async def nothing() -> None:
    return


def bare() -> Any:
    return None


@asynccontextmanager
async def unserved(*_: Any) -> AsyncIterator[None]:
    yield


honest_draw = bot.drawing.Drawing.draw


async def drawn(self: Any, letter: Letter) -> Any:
    """The program's own; the oracle hears which letters are in the message."""
    found = await honest_draw(self, letter)
    house, _ = turning()
    left_out = {one.id for one, _ in getattr(found, "without", ())}
    house.oracle.draws([one for one in (letter, *letter.also) if one.id not in left_out])
    return found


def turning() -> tuple["House", Process]:
    """Whose turn it is."""
    loop = asyncio.get_running_loop()
    return next(found for found in CURRENT.values() if found[1].loop is loop)


def reconnected(one: Any) -> Wire:
    """`bot.lines.connect` for whoever is just turning."""
    house, process = turning()
    return Wire(house.posts[one.name], process, one.values[f"{one.name.upper()}_TOKEN"])


# ── What a day replaces, and puts back ────────────────────────────────────────────────────────────────────────────

ENGINES: dict[tuple[Path, bool], list[Engine]] = {}
GIVEN: list[tuple[tuple[Path, bool], Engine]] = []
make_engine = storage.database.sqlite_engine


def kept_engine(path: Path, *, reader: bool = False) -> Engine:
    """An engine that an earlier start has let go of, or a new one."""
    free = ENGINES.setdefault((path, reader), [])
    engine = free.pop() if free else make_engine(path, reader=reader)
    GIVEN.append(((path, reader), engine))
    dispose = type(engine).dispose

    def given_back() -> None:
        dispose(engine)
        if ((path, reader), engine) in GIVEN:
            GIVEN.remove(((path, reader), engine))
            free.append(engine)

    engine.dispose = given_back  # type: ignore[method-assign, assignment]
    return engine


@contextmanager
def replaced(seed: int, sink: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Everything that is not the program's own: seeded, or silent."""
    chance = random.Random(f"secrets {seed}")
    state = random.getstate()
    random.seed(seed)
    configured = structlog.get_config()

    def token_bytes(size: int = 32) -> bytes:
        return chance.randbytes(size)

    def keep(_: Any, __: str, event: Any) -> Any:
        sink(dict(event))
        raise structlog.DropEvent

    structlog.configure(
        processors=[mask, trace, keep],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=False,
    )
    swept = SimpleNamespace(collect=lambda: 0, freeze=lambda: None, set_threshold=lambda *_: None)
    with contextlib.ExitStack() as stack:
        for target, name, value in (
            (secrets, "token_bytes", token_bytes),
            (secrets, "token_hex", lambda size=16: token_bytes(size).hex()),
            (secrets, "token_urlsafe", lambda size=16: urlsafe(token_bytes(size))),
            (bot.drawing.Drawing, "draw", drawn),
            (bot.app, "serve", unserved),
            (bot.app, "inner_app", lambda *_: None),
            (bot.app, "connect", reconnected),
            (bot.app, "gc", swept),
            (handlers.codes, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
            (storage.database, "sqlite_engine", kept_engine),
        ):
            stack.enter_context(mock.patch.object(target, name, value))
        try:
            yield
        finally:
            random.setstate(state)
            structlog.configure(**configured)
            CURRENT.clear()


def urlsafe(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


# ── The file ──────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def folder() -> Path:
    """One for each test process, in memory where the system has such a place: flushing a disk tells nothing here."""
    memory = Path("/dev/shm")
    made = tempfile.mkdtemp(prefix="saldo-simulation-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


@cache
def empty() -> bytes:
    """A migrated database without anybody in it."""
    path = folder() / "empty.db"
    upgrade(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        # Letters are numbered from the time of the migration on: here from the same number on each day.
        connection.execute("UPDATE sqlite_sequence SET seq = 1000 WHERE name = 'outbox'")
    return whole(path)


def whole(path: Path) -> bytes:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def furnish(content: bytes, name: str = "day") -> Path:
    """A fresh file with that content."""
    path = folder() / f"{name}.db"
    for one in (path, *(Path(f"{path}{end}") for end in ("-wal", "-shm", "-journal", ".lock"))):
        one.unlink(missing_ok=True)
    path.write_bytes(content)
    return path
