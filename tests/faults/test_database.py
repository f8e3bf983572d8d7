"""F4, F5, F6, G17: a database that is away, locked, full or read-only. Never a false 200, nobody runs in circles, and
everything goes on by itself."""

import asyncio
import random
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from bot.web import inner_app, serve
from storage.base import StorageError
from storage.migrations.run import upgrade
from tests.bot.parts import rows
from tests.faults.size import SEED, fault, size
from tests.faults.traffic import Traffic, asked
from tests.ports import free_port
from tests.postgres import NoPostgres, Server, start_postgres

pytestmark = [fault, pytest.mark.timeout(size(900, 2 * 3600))]
ANSWER = 5.0  # seconds: OK drops who is slower
LINES = 25  # in the log in one second of trouble: every loop says once a second that it could not


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One of our own, that is stopped and killed: with its flushes, as in production."""
    try:
        with start_postgres(durable=True) as made:
            yield made
    except NoPostgres as error:
        pytest.skip(str(error))


@asynccontextmanager
async def watched(traffic: Traffic) -> AsyncIterator[str]:
    """The operator's pages of the program."""
    port = free_port()
    async with serve(inner_app(traffic.app.missing), "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


def address(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


async def status(traffic: Traffic, url: str) -> int:
    async with traffic.door.browser.get(url) as answer:
        return answer.status


async def refused(traffic: Traffic, posts: int = 3) -> None:
    """Nothing is taken, and whoever posts hears so in time."""
    before = len(traffic.times)
    assert [await traffic.post() for _ in range(posts)] == [503] * posts
    assert max(took for took, _ in traffic.times[before:]) < ANSWER


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_F5_G17_postgresql_is_stopped_and_killed_again_and_again(server: Server, tmp_path: Path) -> None:
    """In the middle of traffic, at random moments: SIGINT disconnects everybody, SIGQUIT is a crash."""
    dice = random.Random(SEED)
    url = server.create("crashes")
    await asyncio.to_thread(upgrade, url)
    longest = 0.0
    async with asked(tmp_path, address(url)) as traffic, watched(traffic) as inner:
        for crash in range(size(6, 200)):
            how = signal.SIGQUIT if crash % 2 else signal.SIGINT
            posting = asyncio.create_task(traffic.steady(40, 0.8))
            await asyncio.sleep(dice.uniform(0, 0.5))
            await asyncio.to_thread(server.stop, how)
            assert await status(traffic, f"{inner}/healthz") == 200
            assert await status(traffic, f"{inner}/readyz") == 503
            await posting
            await refused(traffic, 1)
            await asyncio.to_thread(server.start, server.port)
            longest = max(longest, await traffic.normal())
            assert await status(traffic, f"{inner}/readyz") == 200
        await traffic.landed()
        await traffic.normal()
        kept = await traffic.kept()
    print(f"seed {SEED}: {dict(traffic.statuses)}, {kept} kept, back within {longest:.1f} s")
    assert set(traffic.statuses) <= {200, 503}, traffic.statuses


async def test_F5_nobody_runs_in_circles_while_postgresql_is_away(server: Server, tmp_path: Path) -> None:
    url = server.create("away")
    await asyncio.to_thread(upgrade, url)
    async with asked(tmp_path, address(url)) as traffic:
        await traffic.normal()
        await asyncio.to_thread(server.stop, signal.SIGQUIT)
        try:
            await quietly(traffic)
        finally:
            await asyncio.to_thread(server.start, server.port)
        await traffic.normal()


async def test_F6_a_read_only_postgresql(server: Server, tmp_path: Path) -> None:
    """As a standby is, or one whose disk is full."""
    url = server.create("readonly")
    await asyncio.to_thread(upgrade, url)
    async with asked(tmp_path, address(url)) as traffic:
        assert await traffic.post() == 200
        setting = "SET default_transaction_read_only = {}"
        for on in ("on", "off"):
            # One statement a session: ALTER SYSTEM allows no transaction round it.
            server.run("psql", "-qX", "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres",
                       "-c", f"ALTER SYSTEM {setting.format(on)}", "-c", "SELECT pg_reload_conf()")  # fmt: skip
            if on == "on":
                async with asyncio.timeout(10):
                    while await traffic.post() == 200:  # noqa: ASYNC110 — until every session has heard of it
                        await asyncio.sleep(0.05)
                await refused(traffic)
        await traffic.normal()
        await traffic.kept()


async def test_F4_a_lock_that_somebody_holds_on_postgresql(server: Server, tmp_path: Path) -> None:
    """A transaction that was forgotten in a psql holds our tables: whoever posts hears 503, or nothing at all."""
    url = server.create("locked")
    await asyncio.to_thread(upgrade, url)
    async with asked(tmp_path, address(url)) as traffic:
        await traffic.normal()
        psql = await asyncio.create_subprocess_exec(
            server._binaries / "psql", "-qX", "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "locked",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert psql.stdin is not None
        assert psql.stdout is not None
        psql.stdin.write(b"BEGIN; LOCK TABLE inbox; \\echo held\n")
        assert await psql.stdout.readline() == b"held\n"
        posting = [asyncio.create_task(traffic.post()) for _ in range(5)]
        await asyncio.sleep(1)
        assert not [task for task in posting if task.done() and task.result() == 200], "nothing was stored"
        psql.stdin.write(b"ROLLBACK;\n")
        await asyncio.gather(*posting)
        psql.stdin.close()
        await psql.wait()
        await traffic.normal()
        await traffic.kept()


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────────────────────────

HOLDER = """
import sqlite3, sys
from tests.ports import free_port
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
held.execute("ROLLBACK")
"""


async def pragma(traffic: Traffic, words: str) -> None:
    """On the one connection that writes: what a full or read-only disk tells SQLite."""

    def unit(connection: Connection) -> None:
        connection.execute(text(f"PRAGMA {words}")).close()

    await traffic.app.storage.database.write(unit)


async def quietly(traffic: Traffic, seconds: float = 2.0) -> None:
    """A time of trouble: the processor rests, and the log says it once a second."""
    await asyncio.sleep(0.5)
    began, cpu = time.monotonic(), time.process_time()
    with capture_logs() as logs:
        await asyncio.sleep(seconds)
    took = time.monotonic() - began
    assert time.process_time() - cpu < took / 2, "somebody runs in circles"
    assert len(logs) < LINES * took, sorted({line["event"] for line in logs})


def sound(folder: Path) -> None:
    assert rows(folder / "stage.db", "PRAGMA integrity_check") == [("ok",)]


async def test_F4_another_process_holds_the_sqlite_file(tmp_path: Path) -> None:
    async with asked(tmp_path) as traffic:
        for _ in range(size(2, 200)):
            holder = await asyncio.create_subprocess_exec(
                sys.executable, "-c", HOLDER, tmp_path / "stage.db",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert holder.stdin is not None
            assert holder.stdout is not None
            assert await holder.stdout.readline() == b"held\n"
            assert await traffic.app.missing() == [], "it is read all the same"
            await refused(traffic, 1)
            holder.stdin.close()
            await holder.wait()
            await traffic.normal()
        await traffic.kept()
    sound(tmp_path)


async def test_F6_a_full_disk(tmp_path: Path) -> None:
    """SQLite may take no further page, at some moment of the traffic: no commit, no 200; and on when there is room."""
    dice = random.Random(SEED)
    async with asked(tmp_path) as traffic:
        for _ in range(size(3, 200)):
            await traffic.normal()
            (pages,) = rows(tmp_path / "stage.db", "PRAGMA page_count")[0]
            posting = asyncio.create_task(traffic.steady(100, 1.5))
            await pragma(traffic, f"max_page_count = {pages + dice.randrange(3)}")
            await posting
            await traffic.landed()
            assert traffic.statuses[503], "it has been full"
            await quietly(traffic, 1.0)
            assert await traffic.app.missing() == []
            await pragma(traffic, "max_page_count = 1000000")
            await traffic.normal()
        await traffic.kept()
    assert set(traffic.statuses) <= {200, 503}
    sound(tmp_path)


async def test_F6_a_read_only_file(tmp_path: Path) -> None:
    async with asked(tmp_path) as traffic:
        await traffic.normal()
        await pragma(traffic, "query_only = ON")
        await refused(traffic)
        await quietly(traffic, 1.0)
        assert await traffic.app.missing() == []
        database = traffic.app.storage.database  # which takes no write that could undo it
        writes = asyncio.get_running_loop().run_in_executor
        raw = await writes(database._writer, database._writing.raw_connection)
        await writes(database._writer, raw.cursor().execute, "PRAGMA query_only = OFF")
        await writes(database._writer, raw.close)
        await traffic.normal()
        await traffic.kept()
    sound(tmp_path)


async def test_a_small_change_beside_does_not_wait_for_ever(tmp_path: Path) -> None:
    """What holds the file for a moment only, as a backup tool does, is waited for: nobody hears 503."""
    async with asked(tmp_path) as traffic:
        await traffic.normal()
        held = sqlite3.connect(tmp_path / "stage.db", isolation_level=None)
        with suppress(StorageError, aiohttp.ClientError):
            held.execute("BEGIN IMMEDIATE")
            posting = asyncio.create_task(traffic.post())
            await asyncio.sleep(1)
            held.execute("ROLLBACK")
            assert await posting == 200
        held.close()
    sound(tmp_path)
