"""A stand-in for the database seam: SQLite in a file, one writer at a time, and a clock that stands still."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import settings

from billing.ledger import Ledger
from billing.ledger_tables import metadata

R = TypeVar("R")
settings.register_profile("busy-machine", deadline=None)
settings.load_profile("busy-machine")

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Lite:
    """`read` and `write` as storage promises them, and a count of the statements."""

    def __init__(self, path: Path) -> None:
        self.engine = sa.create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
        self.statements: list[str] = []
        self._writing = threading.Lock()
        sa.event.listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
        sa.event.listen(self.engine, "before_cursor_execute", lambda *a: self.statements.append(a[2]))
        with self.engine.connect() as connection:
            metadata.create_all(connection)

    async def read(self, unit: Callable[[sa.Connection], R]) -> R:
        return await asyncio.to_thread(self._run, unit, "BEGIN")

    async def write(self, unit: Callable[[sa.Connection], R]) -> R:
        return await asyncio.to_thread(self._run, unit, "BEGIN IMMEDIATE")

    def _run(self, unit: Callable[[sa.Connection], R], begin: str) -> R:
        with self._writing, self.engine.connect() as connection:
            connection.exec_driver_sql(begin)
            try:
                result = unit(connection)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
            return result

    def everything(self) -> dict[str, list[Any]]:
        """Every row of every table, to compare before with after."""
        with self.engine.connect() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in metadata.sorted_tables
            }


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Lite]:
    lite = Lite(tmp_path / "ledger.db")
    yield lite
    lite.engine.dispose()


@pytest.fixture
async def ledger(database: Lite, clock: Clock) -> Any:
    ledger = Ledger(database, clock)
    yield ledger
    await ledger.close()
