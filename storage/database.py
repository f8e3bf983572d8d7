"""Two databases behind one way in: units of work go in, durable results come out.

    read(unit)          one consistent snapshot
    glance(unit)        the same for a unit of ONE statement, without a transaction round it
    write(unit)         one transaction, durable when it returns
    batch(unit, item)   the same for hot writes: the unit gets many callers' items at once and answers each

**Group commit.** A durable commit costs a flush of the disk however little it writes. While one commit runs, other
calls pile up; when it ends, all that wait (at most MOST) go into the next one. There is no timer: an idle system
commits at once, a busy one commits rarely. What follows from sharing:

- One bad item would fail its neighbours: after an error each is done again alone, and only the bad one fails.
  When the database itself cannot write (disk full), all fail at once: trying each would only take longer.
- A caller may be cancelled while it waits. Its work is done all the same, and nobody may stumble over its future.
- A unit may run twice, so it has no effect but on its connection.

**SQLite**: one process (a lock file beside the database refuses the second), one writer thread, BEGIN IMMEDIATE; all
that waits, of whatever kind, is one transaction and one hop between threads. Readers have threads of their own. Only a
command that looks, or deletes a few rows, may stand beside that process: SQLite's own locks are enough for it.
**PostgreSQL**: any number of processes; one transaction for each kind of unit at a time, so that hot rows are locked
once for a batch. Units lock rows in sorted order; a deadlock that happens all the same is done again.

No driver's exception leaves this module: those texts may hold parameters, that is, people's data. Unwritable means
"try again later", StorageError means our mistake.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.base import StorageError, Unwritable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

R = TypeVar("R")
Unit = Callable[[Connection], R]
Batch = Callable[[Connection, Sequence[Any]], Sequence[R]]  # one result for each item, in order
Tell = Callable[[Any, BaseException | None], None]  # must not raise

MOST = 200  # callers in one commit
READERS = 4  # threads that read SQLite
BUSY_MS = 3000  # SQLite: how long to wait for a backup tool's lock; under OK's five seconds for an answer
POOL = 10  # PostgreSQL connections a process
STATEMENT_MS = 15_000  # PostgreSQL: no statement of ours runs longer; a long one would also hold back vacuum
IDLE_MS = 15_000  # PostgreSQL: a transaction that waits for us this long is ended: its process hangs
REPEATS = 3  # PostgreSQL: how often a unit is tried again after a deadlock


class Connected(Protocol):
    """What the parts of storage use: `storage.base.Database` and the hot ways."""

    dialect: str

    async def read(self, unit: Unit[R]) -> R: ...

    async def glance(self, unit: Unit[R]) -> R: ...

    async def write(self, unit: Unit[R]) -> R: ...

    async def batch(self, unit: Batch[R], item: Any) -> R: ...

    def enqueue(self, unit: Batch[R], item: Any, tell: Tell) -> None:
        """`batch` for whoever does not await: `tell` hears the result or the error, in the event loop's thread.

        Raises Unwritable when the database is closed; then `tell` hears nothing.
        """

    async def scrub(self) -> bool:
        """Let nothing deleted linger in the log of changes. False: a reader was in the way; call again later."""

    def at_start(self, unit: Unit[None]) -> None:
        """Run a repair that is right only when no other process exists: on PostgreSQL nothing happens."""

    async def close(self) -> None: ...


def connect(url: str, *, beside: bool = False) -> Connected:
    """Open `sqlite:///file` or `postgresql://…`. Raises StorageError: another process holds the SQLite file.

    `beside` another process, whoever holds the file: for a look and a small change. Makes no file. Raises Unwritable.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return Sqlite(Path(parsed.database), beside=beside)
        case "postgresql" | "postgres":
            return Postgres(url)
    raise StorageError("a database is sqlite:///path/to/file or postgresql://user@host/name")


# ── Group commit ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Job:
    unit: Batch[Any]
    item: Any
    tell: Tell


_Outcome = tuple[Any, BaseException | None]


class _Commits:
    """Work that waits for the next commit; at most one commit runs at a time."""

    def __init__(self, commit: Callable[[list[_Job]], Awaitable[list[_Outcome]]]) -> None:
        self._commit = commit
        self._waiting: deque[_Job] = deque()
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    async def put(self, unit: Batch[R], item: Any) -> R:
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()

        def tell(result: R, error: BaseException | None) -> None:
            if future.done():  # its caller was cancelled
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.enqueue(unit, item, tell)
        return await future

    def enqueue(self, unit: Batch[Any], item: Any, tell: Tell) -> None:
        if self._closed:
            raise Unwritable("the database is closed")
        self._waiting.append(_Job(unit, item, tell))
        if self._running is None:
            self._start()

    def _start(self) -> None:
        # The work is picked when the task begins: whatever else this turn of the loop brings goes along.
        self._running = asyncio.get_running_loop().create_task(self._run()) if self._waiting else None

    async def _run(self) -> None:
        jobs = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        outcomes: list[_Outcome] = [(None, Unwritable("the writer was stopped"))] * len(jobs)
        try:
            outcomes = await self._commit(jobs)
        finally:  # whatever happened: nobody waits for ever, and the next commit starts
            self._start()
            for job, (result, error) in zip(jobs, outcomes, strict=True):
                job.tell(result, error)

    async def close(self) -> None:
        """Take nothing more; return when everything taken is written."""
        self._closed = True
        while self._running is not None and not self._running.done():
            await asyncio.wait([self._running])


def _by_unit(jobs: Sequence[_Job]) -> dict[Batch[Any], list[int]]:
    groups: dict[Batch[Any], list[int]] = {}
    for index, job in enumerate(jobs):
        groups.setdefault(job.unit, []).append(index)
    return groups


def _run_all(connection: Connection, jobs: Sequence[_Job]) -> list[Any]:
    results: list[Any] = [None] * len(jobs)
    for unit, indexes in _by_unit(jobs).items():
        for index, result in zip(indexes, unit(connection, [jobs[index].item for index in indexes]), strict=True):
            results[index] = result
    return results


def _each(connection: Connection, units: Sequence[Unit[Any]]) -> list[Any]:
    return [unit(connection) for unit in units]


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Sqlite:
    dialect = "sqlite"

    def __init__(self, path: Path, *, beside: bool = False) -> None:
        if beside and not path.exists():
            raise Unwritable(f"{path} is not there: run `saldo migrate`")
        self._lock = None if beside else lock_file(path)
        self._writing = sqlite_engine(path)
        self._reading = sqlite_engine(path, reader=True)
        self._writer = ThreadPoolExecutor(1, "saldo-writer")
        self._readers = ThreadPoolExecutor(READERS, "saldo-reader")
        self._commits = _Commits(self._commit)

    async def read(self, unit: Unit[R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, unit)

    glance = read

    async def write(self, unit: Unit[R]) -> R:
        result: R = await self._commits.put(_each, unit)
        return result

    async def batch(self, unit: Batch[R], item: Any) -> R:
        return await self._commits.put(unit, item)

    def enqueue(self, unit: Batch[R], item: Any, tell: Tell) -> None:
        self._commits.enqueue(unit, item, tell)

    async def scrub(self) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._truncate)

    def at_start(self, unit: Unit[None]) -> None:
        error = self._try([_Job(_each, unit, print)])[0][1]  # nobody is told: the outcome is here
        if error is not None:
            self._shut()
            raise error

    async def close(self) -> None:
        await self._commits.close()
        self._shut()

    def _shut(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        self._writing.dispose()
        self._reading.dispose()
        if self._lock is not None:
            os.close(self._lock)

    def _read(self, unit: Unit[R]) -> R:
        try:
            with self._reading.begin() as connection:
                return unit(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise plain_error(error) from None

    async def _commit(self, jobs: list[_Job]) -> list[_Outcome]:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._try, jobs)

    def _try(self, jobs: list[_Job]) -> list[_Outcome]:
        try:
            with self._writing.begin() as connection:
                results = _run_all(connection, jobs)
            return [(result, None) for result in results]
        except Exception as error:  # not swallowed: it goes to the callers
            failure = plain_error(error)
        if len(jobs) == 1 or isinstance(failure, Unwritable):
            return [(None, failure)] * len(jobs)
        return [self._try([job])[0] for job in jobs]

    def _truncate(self) -> bool:
        raw = self._writing.raw_connection()
        try:
            busy = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error as error:
            raise plain_error(error) from None
        finally:
            raw.close()
        return not busy


def lock_file(path: Path) -> int:
    """Take the SQLite file for this process alone, and make it unreadable to others; returns what to close."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives -wal and -shm the same mode
            path.chmod(0o600)
        except BaseException:
            os.close(held)
            raise
    except BlockingIOError:
        raise Unwritable(
            f"{path} is in use by another process of Saldo: stop it first, or use PostgreSQL to run several"
        ) from None
    except OSError as error:
        raise Unwritable(f"{path} cannot be opened: {error.strerror}") from None
    return held


def sqlite_engine(path: Path, *, reader: bool = False) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", hide_parameters=True, pool_size=READERS if reader else 1, max_overflow=0
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # the driver begins nothing by itself
        for pragma in (
            f"busy_timeout = {BUSY_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",  # NORMAL may lose the last commits at a power cut, and those were acknowledged
            "foreign_keys = ON",
            "secure_delete = ON",  # what is deleted is overwritten
            f"query_only = {'ON' if reader else 'OFF'}",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred BEGIN that turns into a write fails at once, whatever the busy_timeout.
        connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")

    return engine


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────────


class Postgres:
    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._engine = postgres_engine(url)
        # One snapshot for all statements of a read; and the cheap way for a single statement.
        self._snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._commits: dict[Batch[Any], _Commits] = {}

    async def read(self, unit: Unit[R]) -> R:
        return await self._transact(unit, self._snapshot)

    async def glance(self, unit: Unit[R]) -> R:
        return await self._transact(unit, self._autocommit)

    async def write(self, unit: Unit[R]) -> R:
        return await self._transact(unit, self._engine)

    async def batch(self, unit: Batch[R], item: Any) -> R:
        return await self._of(unit).put(unit, item)

    def enqueue(self, unit: Batch[R], item: Any, tell: Tell) -> None:
        self._of(unit).enqueue(unit, item, tell)

    def _of(self, unit: Batch[Any]) -> _Commits:
        commits = self._commits.get(unit)
        if commits is None:
            commits = self._commits[unit] = _Commits(self._commit)
        return commits

    async def scrub(self) -> bool:
        return True  # old row versions are overwritten by autovacuum; the log of changes by its own recycling

    def at_start(self, unit: Unit[None]) -> None:
        return

    async def close(self) -> None:
        for commits in self._commits.values():
            await commits.close()
        await self._engine.dispose()

    async def _transact(self, unit: Unit[R], engine: "AsyncEngine") -> R:
        for left in reversed(range(REPEATS)):
            try:
                async with engine.begin() as connection:
                    return await connection.run_sync(unit)
            except Exception as error:
                if not (left and _is_deadlock(error)):
                    failure = plain_error(error)
                    raise failure from (None if failure is not error else error.__cause__)
        raise AssertionError("the last try returns or raises")

    async def _commit(self, jobs: list[_Job]) -> list[_Outcome]:
        try:
            results = await self._transact(lambda connection: _run_all(connection, jobs), self._engine)
            return [(result, None) for result in results]
        except Exception as error:  # not swallowed: it goes to the callers
            if len(jobs) == 1 or isinstance(error, Unwritable):
                return [(None, error)] * len(jobs)
        return [(await self._commit([job]))[0] for job in jobs]


def postgres_engine(url: str, *, patient: bool = False) -> "AsyncEngine":
    """An engine for `url`; `patient` for migrations, whose statements may take long."""
    from sqlalchemy.ext.asyncio import create_async_engine  # loads the ORM; whoever has SQLite needs neither

    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        hide_parameters=True,
        pool_size=POOL,
        max_overflow=0,
        pool_timeout=5,
        connect_args={
            "timeout": 5,
            "command_timeout": None if patient else STATEMENT_MS / 1000 + 5,  # a half-open socket answers nothing
            "prepared_statement_cache_size": 500,
            "server_settings": {
                "application_name": "saldo",
                "jit": "off",  # short statements: compiling them costs more than it saves
                "statement_timeout": "0" if patient else str(STATEMENT_MS),
                "idle_in_transaction_session_timeout": str(IDLE_MS),
            },
        },
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def _alive(adapted: Any, _record: object, _proxy: object) -> None:
        # A server that restarted has closed its sockets, and asyncpg has noticed: the pool then makes a new one.
        # SQLAlchemy's pre-ping would find the same by three round trips before each transaction.
        if adapted.driver_connection.is_closed():
            raise DisconnectionError("the server closed the connection")

    return engine


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────────────────────

# https://www.sqlite.org/rescode.html: the database, not the statement, is at fault.
_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, authorisation, catalog, transaction state
# (a standby is read-only), rollback, resources, object in use, operator intervention, system, configuration, internal.
_POSTGRES = ("08", "28", "3D", "25", "40", "53", "55", "57", "58", "F0", "XX")


def plain_error(error: BaseException) -> BaseException:
    """A driver's error as ours, without its text; anything else as it is."""
    if isinstance(error, PoolTimeout | OSError | TimeoutError):
        return Unwritable(f"no connection to the database ({type(error).__name__})")
    if not isinstance(error, SQLAlchemyError | sqlite3.Error) and type(error).__module__.split(".")[0] != "asyncpg":
        return error
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    name = type(error).__name__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0)  # absent where the driver itself complains
        name = f"{name} {getattr(cause, 'sqlite_errorname', '')}".strip()
        return Unwritable(name) if code & 0xFF in _SQLITE else StorageError(name)
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state is None:
        lost = isinstance(error, DBAPIError) and (error.connection_invalidated or _is_interface(cause))
        return Unwritable(name) if lost or not isinstance(error, SQLAlchemyError) else StorageError(name)
    return Unwritable(f"{name} {state}") if state.startswith(_POSTGRES) else StorageError(f"{name} {state}")


def _is_interface(cause: BaseException) -> bool:
    return type(cause).__name__ == "InterfaceError"


def _is_deadlock(error: BaseException) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) in ("40P01", "40001")
