"""Group commit, errors and locks: what the two databases do under the parts of storage."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, text

from adapters.base import Received
from storage.base import Finished, Missed, Stale, StorageError, Unwritable
from storage.database import MOST, Connected, Sqlite, connect
from storage.sql import open_storage
from storage.tables import runs
from tests.clock import HandClock
from tests.postgres import Server, start_postgres
from tests.storage.acts import ANNA, message, no_limits, say, take, turn


def note(connection: Connection, keys: Sequence[str]) -> list[int]:
    """A batch unit: writes the keys, answers each caller with the size of the batch."""
    connection.execute(insert(runs), [{"key": key, "at": 0} for key in keys])
    if "stale" in keys:
        raise Stale("for the test")
    return [len(keys)] * len(keys)


async def noted(database: Connected) -> set[str]:
    return await database.read(lambda connection: set(connection.execute(select(runs.c.key)).scalars()))


@pytest.fixture
async def database(database_url: str) -> Any:
    opened = connect(database_url)
    yield opened
    await opened.close()


async def test_what_waits_shares_a_commit(database: Connected) -> None:
    assert await database.batch(note, "alone") == 1, "an idle system commits at once"
    sizes = await asyncio.gather(*(database.batch(note, str(n)) for n in range(500)))
    assert sizes == [MOST] * MOST + [MOST] * MOST + [100] * 100, "what comes in one turn of the loop goes together"
    assert len(await noted(database)) == 501


async def test_a_bad_item_fails_alone(database: Connected) -> None:
    await database.batch(note, "taken")
    keys = ["a", "b", "stale", "c", "taken", "d"]
    results = await asyncio.gather(*(database.batch(note, key) for key in keys), return_exceptions=True)
    failed = {key: type(result) for key, result in zip(keys, results, strict=True) if isinstance(result, Exception)}
    assert failed == {"stale": Stale, "taken": StorageError}
    assert await noted(database) == {"taken", "a", "b", "c", "d"}


async def test_a_cancelled_caller_stops_nobody(database: Connected) -> None:
    tasks = [asyncio.create_task(database.batch(note, str(n))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert results[1::2] == [20] * 10
    assert await database.batch(note, "after") == 1
    assert await noted(database) == {*map(str, range(20)), "after"}, "their work is done all the same"


async def test_the_last_caller_cancelled_leaves_a_working_writer(database: Connected) -> None:
    task = asyncio.create_task(database.batch(note, "alone"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await asyncio.wait_for(database.batch(note, "next"), 10) == 1


async def test_errors_are_ours_and_tell_nothing_of_people(database: Connected) -> None:
    secret = {"key": "SECRET", "at": 0}
    await database.write(lambda connection: connection.execute(insert(runs), secret).close())
    with pytest.raises(StorageError) as doubled:
        await database.write(lambda connection: connection.execute(insert(runs), secret).close())
    with pytest.raises(StorageError) as wrong:
        await database.glance(lambda connection: connection.execute(text("SELECT 'SECRET' FROM nowhere")).close())
    for caught in (doubled, wrong):
        assert not isinstance(caught.value, Unwritable)
        assert "SECRET" not in str(caught.value)
        assert caught.value.__cause__ is None


async def test_a_readers_unit_cannot_write(database: Connected) -> None:
    with pytest.raises(StorageError):
        await database.read(lambda connection: connection.execute(insert(runs), {"key": "x", "at": 0}).close())
    assert await noted(database) == set()


async def test_a_read_sees_one_state(database: Connected) -> None:
    """Two statements of a read with a commit between them: the second sees what the first saw."""
    loop = asyncio.get_running_loop()

    def count(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(runs)).scalar_one()

    if isinstance(database, Sqlite):

        def unit(connection: Connection) -> tuple[int, int]:
            first = count(connection)
            asyncio.run_coroutine_threadsafe(database.batch(note, "between"), loop).result(10)
            return first, count(connection)
    else:
        from sqlalchemy.util import await_only

        def unit(connection: Connection) -> tuple[int, int]:
            first = count(connection)
            await_only(database.batch(note, "between"))
            return first, count(connection)

    assert await database.read(unit) == (0, 0)
    assert await noted(database) == {"between"}


async def test_a_closed_database_takes_nothing(database_url: str) -> None:
    database = connect(database_url)
    waiting = [asyncio.create_task(database.batch(note, str(n))) for n in range(5)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*waiting), "what was taken is written"
    with pytest.raises(Unwritable):
        await database.batch(note, "late")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(StorageError):
        connect(url)


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_F12_a_second_process_on_the_file_is_refused(sqlite_url: str, clock: HandClock) -> None:
    program = (
        "import sys; from storage.sql import open_storage; from storage.clock import SystemClock;"
        "from storage.base import StorageError\n"
        "try: open_storage(sys.argv[1], SystemClock())\n"
        "except StorageError as error: print(error); sys.exit(3)"
    )

    def other() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=False)

    storage = open_storage(sqlite_url, clock)
    refused = await asyncio.to_thread(other)
    assert refused.returncode == 3
    assert "in use by another process" in refused.stdout
    await storage.close()
    assert (await asyncio.to_thread(other)).returncode == 0


async def test_a_file_that_is_no_database_is_refused_and_let_go(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "saldo.db"
    path.write_bytes(b"not a database at all" * 100)
    for _ in range(2):
        with pytest.raises(Unwritable, match="NOTADB"):
            open_storage(f"sqlite:///{path}", clock)
    path.unlink()
    await open_storage(f"sqlite:///{path}", clock).close()


async def test_C18_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "saldo.db"
    database = connect(f"sqlite:///{path}")
    await database.write(lambda connection: connection.execute(text("CREATE TABLE t (x)")).close())
    files = list(path.parent.iterdir())
    assert {file.name for file in files} >= {"saldo.db", "saldo.db-wal", "saldo.db.lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    await database.close()


async def test_the_settings_that_durability_rests_on(sqlite_url: str) -> None:
    database = connect(sqlite_url)

    def settings(connection: Connection) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    assert await database.write(settings) == expected
    await database.close()


async def test_F4_a_write_holds_the_lock_from_its_first_moment(sqlite_url: str) -> None:
    """A transaction that reads first and writes later would fail at once when somebody wrote between."""
    database = connect(sqlite_url)

    def unit(connection: Connection) -> None:
        connection.execute(select(runs)).close()
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, timeout=0)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        finally:
            other.close()

    await database.write(unit)
    await database.close()


async def test_F6_a_full_disk_is_said_once_and_over_when_there_is_room(sqlite_url: str, clock: HandClock) -> None:
    storage = open_storage(sqlite_url, clock)

    def room(connection: Connection, pages: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    used = await storage.database.write(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar())
    await storage.database.write(lambda c: room(c, used))
    big = message(clock, text="x" * 100_000)
    results = await asyncio.gather(
        *(storage.inbox.put("vk", Received((big,))) for _ in range(5)), return_exceptions=True
    )
    assert {type(result) for result in results} == {Unwritable}
    await storage.database.write(lambda c: room(c, 1_000_000))
    assert await storage.inbox.put("vk", Received((big,))) == 1
    assert await storage.upkeep.backlog() == (1, 0)
    await storage.close()


async def test_F4_a_locked_file_is_unwritable_and_then_works(sqlite_url: str, clock: HandClock) -> None:
    storage = open_storage(sqlite_url, clock)
    await storage.database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 50").close())
    backup = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    backup.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unwritable):
        await say(storage, clock)
    assert (await storage.inbox.recall(ANNA)).links == (), "reading goes on"
    backup.execute("ROLLBACK")
    backup.close()
    assert await say(storage, clock) == 1
    await storage.close()


async def test_what_a_dead_process_held_is_free_at_the_next_start(sqlite_url: str, clock: HandClock) -> None:
    storage = open_storage(sqlite_url, clock)
    await no_limits(storage)
    await turn(storage, clock, replies=["1"])
    began = clock.now()
    await storage.outbox.claim("vk", 1)
    await say(storage, clock, "2", "3")
    await take(storage)
    await storage.database.write(lambda c: c.execute(text("UPDATE lanes SET pending = 7")).close())
    await storage.close()

    storage = open_storage(sqlite_url, clock)
    lane = await take(storage)
    assert (lane.attempts, len(lane.events)) == (1, 1)
    [[letter], _] = await storage.outbox.claim("vk", 1)
    assert (letter.attempts, letter.unknowns, letter.first_sent_at) == (2, 1, began)
    pending = await storage.database.read(lambda c: c.execute(text("SELECT pending FROM lanes")).scalar())
    assert pending == 2
    await storage.close()


async def test_G1_a_killed_process_loses_nothing_it_acknowledged(sqlite_url: str, clock: HandClock) -> None:
    """The child prints an id once `put` has returned; it is killed in the middle of its work."""
    program = """
import asyncio, sys
from adapters.base import Received
from storage.sql import open_storage
from tests.clock import HandClock
from tests.storage.acts import message

async def main():
    clock = HandClock()
    storage = open_storage(sys.argv[1], clock)
    async def writer(first):
        for n in range(first, 1000000, 8):
            await storage.inbox.put("vk", Received((message(clock, id=f"{sys.argv[2]}-{n}", text=str(n)),)))
            sys.stdout.write(f"{n}\\n"); sys.stdout.flush()
    await asyncio.gather(*map(writer, range(8)))
asyncio.run(main())
"""
    acknowledged = 0
    for round_ in range(3):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, sqlite_url, str(round_), stdout=asyncio.subprocess.PIPE, cwd=os.getcwd()
        )
        assert child.stdout is not None
        for _ in range(20 + 13 * round_):
            assert await child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        rest = (await child.stdout.read()).count(b"\n")
        await child.wait()
        acknowledged += 20 + 13 * round_ + rest
        storage = open_storage(sqlite_url, clock)
        stored, _ = await storage.upkeep.backlog()
        assert acknowledged <= stored <= acknowledged + 8 * (round_ + 1), "at most the calls in flight are stored too"
        await storage.close()


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def own_server(postgres_server: Server) -> Any:
    """A server that the test may stop. (Asks for the shared one, so that it is skipped where there is none.)"""
    with start_postgres(durable=True) as server:
        yield server


async def test_F5_the_server_stops_and_comes_back(own_server: Server, clock: HandClock) -> None:
    from storage.migrations.run import upgrade

    url = own_server.create("fault")
    await asyncio.to_thread(upgrade, url)
    storage = open_storage(url, clock)
    assert await say(storage, clock, "before") == 1
    for how in (signal.SIGINT, signal.SIGQUIT):
        port = own_server.port
        await asyncio.to_thread(own_server.stop, how)
        results = await asyncio.gather(*(say(storage, clock) for _ in range(3)), return_exceptions=True)
        assert {type(result) for result in results} == {Unwritable}
        with pytest.raises(Unwritable):
            await storage.inbox.recall(ANNA)
        await asyncio.to_thread(own_server.start, port)
        assert await say(storage, clock, "after") == 1, "without a restart of ours"
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start, own_server.port)
    assert await say(storage, clock, "nobody noticed") == 1, "an idle connection that died is not used"
    assert await storage.upkeep.backlog() == (4, 0)
    await storage.close()


async def test_a_deadlock_is_done_again(postgres_url: str) -> None:
    one, two = connect(postgres_url), connect(postgres_url)
    await one.write(lambda c: c.execute(insert(runs), [{"key": key, "at": 0} for key in "ab"]).close())
    met = asyncio.Barrier(2)
    tries: list[str] = []

    def cross(first: str, second: str) -> Any:
        from sqlalchemy.util import await_only

        def unit(connection: Connection) -> str:
            tries.append(first)
            connection.execute(text("UPDATE runs SET at = at + 1 WHERE key = :key"), {"key": first})
            if len(tries) <= 2:
                await_only(met.wait())
            connection.execute(text("UPDATE runs SET at = at + 1 WHERE key = :key"), {"key": second})
            return first

        return unit

    assert await asyncio.gather(one.write(cross("a", "b")), two.write(cross("b", "a"))) == ["a", "b"]
    assert len(tries) >= 3, "who gave way may be back before the other is awake, and then gives way once more"
    both = await one.read(lambda c: list(c.execute(select(runs.c.at)).scalars()))
    assert both == [2, 2]
    await one.close()
    await two.close()


async def test_a_look_and_a_small_change_beside_a_running_process(database_url: str, clock: HandClock) -> None:
    """Whoever reads and clears what was not understood need not stop the bot; and takes no lease from it."""
    running = open_storage(database_url, clock)
    await turn(running, clock, Missed("где •", "ru", ()))
    await say(running, clock)
    lane = await take(running)
    beside = open_storage(database_url, clock, beside=True)
    assert [one.said for one in await beside.upkeep.misses()] == ["где •"]
    gone, *_ = await asyncio.gather(
        beside.upkeep.forget_misses([("где •", "ru")]), *(running.upkeep.once(f"k{n}") for n in range(20))
    )
    assert gone == 1
    await beside.close()
    assert await running.inbox.finish(Finished(ANNA, lane.token, lane.events[0].id)), "the lease is still the bot's"
    assert await running.upkeep.misses() == ()
    await running.close()


def test_there_is_nothing_beside_a_file_that_is_not_there(tmp_path: Path, clock: HandClock) -> None:
    with pytest.raises(Unwritable, match="saldo migrate"):
        open_storage(f"sqlite:///{tmp_path / 'none' / 'saldo.db'}", clock, beside=True)
    assert list(tmp_path.iterdir()) == []
