"""The ledger on Saldo's own databases, both of them, and a clock that stands still."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings

from billing.ledger import Database, Ledger
from billing.ledger_tables import metadata
from storage.database import connect

settings.register_profile("busy-machine", deadline=None)
settings.load_profile("busy-machine")

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


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
async def database(database_url: str) -> AsyncIterator[Database]:
    database = connect(database_url)
    yield database
    await database.close()


@pytest.fixture
async def ledger(database: Database, clock: Clock) -> AsyncIterator[Ledger]:
    ledger = Ledger(database, clock)
    yield ledger
    await ledger.close()


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The statements that are executed while the test runs, however many rows each is for."""
    seen: list[str] = []

    def note(*about: Any) -> None:
        seen.append(about[2])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


async def everything(database: Database) -> dict[str, list[str]]:
    """Every row of the ledger's tables, to compare before with after."""

    def unit(connection: sa.Connection) -> dict[str, list[str]]:
        return {t.name: sorted(map(repr, connection.execute(sa.select(t)))) for t in metadata.sorted_tables}

    return await database.read(unit)
