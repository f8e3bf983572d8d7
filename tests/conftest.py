"""What every test may ask for.

clock          stands still until the test moves it
sqlite_url     a migrated SQLite database of the test's own
postgres_url   the same on PostgreSQL: skipped with a reason where there is none, failed when CI=true
database_url   both, one after the other: the test runs twice
storage        storage on `database_url` and `clock`
"""

import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from billing.keyring import metadata as keyring
from billing.ledger_tables import metadata as ledger
from storage.base import Storage
from storage.clock import Clock
from storage.migrations.run import upgrade
from storage.tables import metadata
from tests.clock import HandClock
from tests.postgres import NoPostgres, Server, start_postgres

_numbers = count()

# A slow machine is no failing property.
settings.register_profile("saldo", deadline=None)
settings.load_profile("saldo")


def pytest_collection_finish() -> None:
    """Tests that may write to Telegram do not wait seconds for its library within a limit of their own."""
    if "sandbox.registry" in sys.modules or "sandbox.telegram" in sys.modules:
        import aiogram  # noqa: F401


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server a test process, with the migrated database "template"."""
    try:
        with start_postgres() as server:
            upgrade(server.create("template"))
            yield server
    except NoPostgres as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "saldo.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "saldo.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres_databases() -> list[str]:
    """Emptied databases that wait for the next test: cloning one takes ten times as long."""
    return []


@pytest.fixture
def postgres_url(postgres_server: Server, postgres_databases: list[str]) -> Iterator[str]:
    if not postgres_databases:
        name = f"test_{next(_numbers)}"
        postgres_server.create(name, "template")
        postgres_databases.append(name)
    name = postgres_databases.pop()
    yield postgres_server.url(name)
    tables = [table for one in (keyring, ledger, metadata) for table in reversed(one.sorted_tables)]
    emptied = ("SET lock_timeout = '5s'", *(f"DELETE FROM {table.name}" for table in tables))
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for pause in (0, 0.1, 1, 5):  # a connection that was closed is listed for a moment yet
        time.sleep(pause)
        if not (left := int(postgres_server.sql(name, *emptied, others))):
            postgres_databases.append(name)
            return
    postgres_server.drop(name)
    pytest.fail(f"{left} connections are open yet: whatever holds them would work in the next test's database")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def storage(database_url: str, clock: Clock) -> AsyncIterator[Storage]:
    from storage.sql import open_storage

    opened = open_storage(database_url, clock)
    yield opened
    await opened.close()
