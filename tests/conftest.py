"""What every test may ask for.

clock          stands still until the test moves it
sqlite_url     a migrated SQLite database of the test's own
postgres_url   the same on PostgreSQL: skipped with a reason where there is none, failed when CI=true
database_url   both, one after the other: the test runs twice
storage        storage on `database_url` and `clock`
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from storage.base import Storage
from storage.clock import Clock
from storage.migrations.run import upgrade
from tests.clock import HandClock
from tests.postgres import NoPostgres, Server, start_postgres

_numbers = count()


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


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield postgres_server.create(name, "template")
    postgres_server.drop(name)


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
