"""Moving a database's schema: `saldo migrate`.

A revision is one transaction on both databases (SQLite's DDL is transactional too, when the driver keeps its hands
off), so a killed migration leaves the schema as it was before that revision, and running it again goes on from there.
Expand first, contract later: code of the revision before must run on the schema of this one.

Blocking: within a running event loop call these in a thread.
"""

import asyncio
from collections.abc import Callable
from os import close
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, make_url

from storage.base import StorageError, Unwritable
from storage.database import lock_file, plain_error, postgres_engine, sqlite_engine
from storage.migrations import HEAD

R = TypeVar("R")


def upgrade(url: str, revision: str = HEAD) -> None:
    """Bring the database to `revision`; nothing happens when it is there.

    Raises StorageError: it is in use, or a later version of Saldo has made it.
    """

    def work(connection: Connection) -> None:
        try:
            command.upgrade(config(connection), revision)
        except CommandError as error:
            if not isinstance(error.__cause__, ResolutionError):
                raise
            raise StorageError(
                "a later version of Saldo has made it: install that one, or put back the copy from before it"
            ) from None

    _connected(url, work)


def downgrade(url: str, revision: str) -> None:
    """Go back to `revision` ("base": an empty database). What newer tables held is lost."""
    _connected(url, lambda connection: command.downgrade(config(connection), revision))


def current(url: str) -> str | None:
    """The database's revision; None: it is empty."""
    return _connected(url, lambda connection: MigrationContext.configure(connection).get_current_revision())


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


def _connected(url: str, work: Callable[[Connection], R]) -> R:
    try:
        return _worked(url, work)
    except Exception as error:  # a server that is away, a password that is wrong: said without the driver's text
        plain = plain_error(error)
        if isinstance(plain, Unwritable):
            raise plain from None
        raise


def _worked(url: str, work: Callable[[Connection], R]) -> R:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        held = lock_file(path)
        engine = sqlite_engine(path)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()
            close(held)
    return asyncio.run(_connected_postgres(url, work))


async def _connected_postgres(url: str, work: Callable[[Connection], R]) -> R:
    engine = postgres_engine(url, patient=True)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
