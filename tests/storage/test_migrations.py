"""Tables and migrations say the same, on both databases, and a killed migration is taken up again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, inspect, text

from billing.keyring import metadata as keyring
from billing.ledger_tables import metadata as ledger
from storage import inbox, orders, outbox, watches
from storage.base import StorageError
from storage.migrations import run
from storage.sql import open_storage
from storage.tables import metadata
from tests.clock import HandClock
from tests.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        yield server.create("empty")
        server.drop("empty")


def inside(url: str, work: Callable[[Connection], Any]) -> Any:
    return run._connected(url, work)


def tables(url: str) -> set[str]:
    return set(inside(url, lambda connection: inspect(connection).get_table_names()))


def test_the_tables_are_what_the_migrations_make(empty_url: str) -> None:
    run.upgrade(empty_url)

    def difference(connection: Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, [metadata, ledger, keyring])  # type: ignore[arg-type]  # several are allowed

    assert inside(empty_url, difference) == []


def test_partial_indexes_have_their_conditions(empty_url: str) -> None:
    """Alembic does not compare these."""
    run.upgrade(empty_url)
    expected = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    catalogue = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if empty_url.startswith("sqlite")
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    rows = inside(empty_url, lambda connection: connection.execute(text(catalogue)).all())
    partial = {name for name, definition in rows if " WHERE " in definition and not name.startswith("ledger")}
    assert partial == expected
    assert len(expected) == 14


def test_up_down_and_up_again(empty_url: str) -> None:
    assert run.current(empty_url) is None
    run.upgrade(empty_url)
    assert run.current(empty_url) == run.HEAD
    assert tables(empty_url) >= {*metadata.tables, *ledger.tables}
    run.upgrade(empty_url)
    run.downgrade(empty_url, "base")
    assert tables(empty_url) <= {"alembic_version"}
    run.upgrade(empty_url)
    assert run.current(empty_url) == run.HEAD


def test_head_is_the_last_revision() -> None:
    assert ScriptDirectory(str(Path(run.__file__).parent)).get_current_head() == run.HEAD


def test_F14_killed_at_any_statement_it_is_taken_up_again(empty_url: str) -> None:
    class Killed(BaseException):
        pass

    done = left = 0

    def count(*_: Any) -> None:
        nonlocal done, left
        done += 1
        left -= 1
        if left == 0:
            raise Killed

    event.listen(Engine, "before_cursor_execute", count)
    try:
        run.upgrade(empty_url)
        run.downgrade(empty_url, "base")  # from here on alembic's own table is there: one statement less
        done = 0
        run.upgrade(empty_url)
        whole = done
        run.downgrade(empty_url, "base")
        for at in range(2, whole + 1, 7):
            left = at
            with pytest.raises(Killed):
                run.upgrade(empty_url)
            left = 0
            assert tables(empty_url) <= {"alembic_version"}, "all or nothing"
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    run.upgrade(empty_url)
    assert run.current(empty_url) == run.HEAD


OLD = """
    INSERT INTO chats (lane, network, created_at) VALUES ('vk:1', 'vk', 5);
    INSERT INTO links (chat, account, number, holder, linked_at, threshold, available, low, muted, episode, alerted)
        SELECT id, 'A', '4000', 'Иван П.', 6, 10000, 50, true, false, 3, 3 FROM chats;
    UPDATE chats SET current = (SELECT id FROM links);
    INSERT INTO lanes (lane, pending, dialogue) VALUES ('vk:1', 0, '{}');
    INSERT INTO outbox (network, lane, priority, kind, dedupe, created_at) VALUES ('vk', 'vk:1', 0, 'x', 'd', 7);
    INSERT INTO outbox (network, lane, priority, kind, dedupe, created_at, link)
        SELECT 'vk', 'vk:1', 5, 'low', 'low:1:3', 7, id FROM links;
    INSERT INTO ledger_accounts (id, number, scheme, own, changed) VALUES ('A', '4000', 'advance', -150, 1);
"""


def test_a_database_in_use_is_taken_along_and_back(empty_url: str) -> None:
    """The first release's rows survive the way up, and the new columns' loss on the way down."""
    run.upgrade(empty_url, "0001")

    def fill(connection: Connection) -> None:
        for statement in filter(str.strip, OLD.split(";")):
            connection.execute(text(statement))

    def rows(connection: Connection) -> list[Any]:
        shown = (
            "SELECT c.lane, c.current, c.alerts, l.id, l.account, l.threshold, l.holder, o.kind, a.own, n.dialogue"
            " FROM chats c JOIN links l ON l.chat = c.id JOIN outbox o ON o.lane = c.lane"
            " JOIN ledger_accounts a ON a.id = l.account JOIN lanes n ON n.lane = c.lane"
            " ORDER BY o.id"
        )
        return [tuple(row) for row in connection.execute(text(shown))]

    inside(empty_url, fill)
    [*before, _letter] = inside(empty_url, rows)
    assert len(before) == 1
    run.upgrade(empty_url)
    assert inside(empty_url, rows) == before, "a letter about a link's own episode is told anew, by the account's watch"
    watch = text("SELECT account, link, threshold, available, low, episode, alerted FROM watches")
    watched = [tuple(row) for row in inside(empty_url, lambda c: c.execute(watch).all())]
    assert watched == [("A", 1, 10000, 50, True, 3, 2)]
    new = text("SELECT l.nickname, l.region, l.verified_until, c.region FROM links l JOIN chats c ON c.id = l.chat")
    assert [tuple(row) for row in inside(empty_url, lambda c: c.execute(new).all())] == [("", "", None, None)]
    order = "INSERT INTO orders (token, account, amount, currency, created_at, expires_at) VALUES ('t','A',1,'RUB',1,1)"
    inside(empty_url, lambda connection: connection.execute(text(order)).close())
    inside(empty_url, lambda connection: connection.execute(text("UPDATE links SET nickname = 'Дача'")).close())
    run.downgrade(empty_url, "0001")
    assert inside(empty_url, rows) == before, "no copy of a table took the links along"
    old = text("SELECT available, low, muted, episode, alerted FROM links")
    assert [tuple(row) for row in inside(empty_url, lambda c: c.execute(old).all())] == [(50, True, False, 3, 2)]
    assert "orders" not in tables(empty_url)
    run.upgrade(empty_url)
    assert inside(empty_url, rows) == before


async def test_letters_do_not_begin_at_one(storage: Any) -> None:
    """VK drops a letter whose random_id it knows: a database that is made anew must not repeat the first numbers."""
    statement = text(
        "INSERT INTO outbox (network, lane, priority, kind, dedupe, created_at) VALUES ('vk', '', 0, 'k', 'd', 0)"
        " RETURNING id"
    )
    first = await storage.database.write(lambda connection: connection.execute(statement).scalar_one())
    assert 1_700_000_000 < first < 2**31 - 1


async def test_a_database_in_use_is_not_migrated(sqlite_url: str, clock: HandClock) -> None:
    storage = open_storage(sqlite_url, clock)
    with pytest.raises(StorageError, match="in use"):
        run.upgrade(sqlite_url)
    await storage.close()


async def test_an_empty_database_opens_and_has_no_version(tmp_path: Path, clock: HandClock) -> None:
    storage = open_storage(f"sqlite:///{tmp_path / 'x.db'}", clock)
    assert await storage.upkeep.version() is None
    await storage.close()


async def test_every_query_of_a_queue_has_its_index(storage: Any) -> None:
    """The hot queries find their rows by a partial index: none scans a table."""
    dialect = storage.database.dialect
    wanted = {
        "ix_lanes_waiting": inbox._LONGEST_WAITING,
        "ix_inbox_waiting": inbox._EVENTS,
        "ix_outbox_waiting": (outbox._READY[True], outbox._FRONT[True]),
        "ix_outbox_chat": (outbox._READY[False], outbox._ALERTS),
        "ix_watches_low": watches._TOLD[dialect, "low"][0],
        "ix_watches_restored": watches._TOLD[dialect, "restored"][0],
        "ix_watches_day": watches._DAYS,
        "ix_orders_owed": orders.UNCREDITED,
    }

    if dialect == "sqlite":  # of an empty table PostgreSQL takes the primary key as gladly
        wanted["ix_watches_region"] = watches._IN_REGION

    def plan(connection: Connection, statement: Any) -> str:
        values = statement.params(lanes=["vk:1"], now=1, limit=1, network="vk", cool=1, region="r", reached=0)
        if dialect == "sqlite":  # which plans without looking at the values
            words = values.compile(connection, compile_kwargs={"render_postcompile": True})
            nothing = (None,) * len(words.positiontup)
            return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", nothing).all())
        words = values.compile(connection, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # of an empty table it would be the cheapest
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        return str(connection.exec_driver_sql(f"EXPLAIN {words}").all())

    for index, statements in wanted.items():
        for one in statements if isinstance(statements, tuple) else (statements,):
            shown = await storage.database.write(lambda connection, one=one: plan(connection, one))
            assert index in shown, shown
