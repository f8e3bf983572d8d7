"""The scan over a million watched accounts, three per cent of them low: python -m benchmarks.scan [--most 10_000_000].

    first       the gate's tally, and every letter that is due, in chunks of one short transaction each
    nothing new the same again
    feed        the figures of changed accounts into the watches, a page of a thousand a transaction
    days        accounts whose days are judged by the rule, in Python, a thousand a transaction

Compared with asking for each account by itself, as a scan without a watch would have to: a thousand of them are asked,
and the rest is arithmetic. At a hundredth, a tenth and the whole of it, so that it is seen how the cost grows.
"""

import argparse
import asyncio
import contextlib
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select, text

from benchmarks import results
from billing.base import Changes, Funds, Money
from handlers.due import STANDARD, presets, rules
from storage.base import Storage
from storage.clock import SystemClock
from storage.migrations.run import upgrade
from storage.sql import open_storage
from storage.tables import watches
from tests.postgres import start_postgres

TITLE = "## Scan"
MOST = 1_000_000
ASKED = 1000  # accounts that are asked for one by one
PAGE = 1000
LOW = 0.03
JUDGE, HEED = rules(presets(STANDARD))


def numbers(dialect: str, many: int) -> str:
    if dialect == "postgresql":
        return f"(SELECT n FROM generate_series(1, {many}) AS n)"
    return f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {many}) SELECT n FROM c)"


def fill(connection: Connection, many: int, now: int) -> None:
    """So many chats, each with one account; LOW of them below the threshold and not told."""
    of = numbers(connection.dialect.name, many)
    network = "CASE WHEN n % 20 < 3 THEN 'ok' WHEN n % 20 < 11 THEN 'telegram' ELSE 'vk' END"
    low = f"n % 100 < {round(LOW * 100)}"
    for statement in (
        f"INSERT INTO chats (lane, network, consent, alerts, created_at) "
        f"SELECT {network} || ':' || n, {network}, '1', true, {now} FROM {of} AS numbers",
        f"INSERT INTO links (chat, account, number, holder, linked_at, threshold, rank) "
        f"SELECT n, 'a' || n, '40000' || n, 'Иван П.', {now}, 10000, {now} FROM {of} AS numbers",
        f"INSERT INTO watches (account, link, threshold, available, low, episode) "
        f"SELECT 'a' || n, n, 10000, CASE WHEN {low} THEN 5000 ELSE 50000 END, {low}, "
        f"CASE WHEN {low} THEN 1 ELSE 0 END FROM {of} AS numbers",
    ):
        connection.execute(text(statement))


@dataclass
class Figures:
    first: float
    letters: int
    again: float
    feed: float  # accounts a second
    days: float  # accounts a second
    one_by_one: float  # seconds for all, by arithmetic
    grown_mib: float


@contextlib.asynccontextmanager
async def opened(url: str, many: int) -> AsyncIterator[Storage]:
    await asyncio.to_thread(upgrade, url)
    clock = SystemClock()
    storage = open_storage(url, clock)
    try:
        now = int(clock.now().timestamp() * 1_000_000)
        await filled(url, many, now, storage)
        yield storage
    finally:
        await storage.close()


async def filled(url: str, many: int, now: int, storage: Storage) -> None:
    """Past the program's own limit of seconds for a statement, which a table of ten million does not keep."""
    if url.startswith("sqlite"):
        await storage.database.write(lambda connection: fill(connection, many, now))
        await storage.database.write(lambda connection: connection.execute(text("ANALYZE")).close())
        return
    from storage.database import postgres_engine

    engine = postgres_engine(url, patient=True)
    async with engine.begin() as connection:
        await connection.run_sync(lambda one: fill(one, many, now))
    async with engine.connect() as plain:
        quiet = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await quiet.execute(text("VACUUM ANALYZE"))
    await engine.dispose()


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def scan(storage: Storage) -> int:
    """As bot.scan does it."""
    tally = await storage.watches.tally()
    assert tally.low * 100 <= 10 * tally.watched
    letters = await storage.watches.due(5000)
    await storage.watches.judge(JUDGE, PAGE)
    return letters


async def measure(url: str, many: int) -> Figures:
    async with opened(url, many) as storage:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        letters = await scan(storage)
        first = time.perf_counter() - began
        assert letters == round(many * LOW), f"{letters} letters"
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        again = statistics.median([await timed(lambda: scan(storage)) for _ in range(9)])

        asked = select(watches.c.available, watches.c.threshold)
        began = time.perf_counter()
        for n in range(1, ASKED + 1):
            one = asked.where(watches.c.account == f"a{n}")
            await storage.database.glance(lambda connection, one=one: connection.execute(one).first())
        one_by_one = (time.perf_counter() - began) / ASKED * many

        today = SystemClock().now().date()
        told = min(many, 20_000)
        began = time.perf_counter()
        for start in range(1, told + 1, PAGE):
            funds = tuple(
                Funds(f"a{n}", Money(50_000 + n), lasts_until=today + timedelta(days=n % 40))
                for n in range(start, min(start + PAGE, told + 1))
            )
            await storage.watches.observe(Changes(funds, str(start), True), HEED)
        feed = told / (time.perf_counter() - began)
        began, looked = time.perf_counter(), PAGE
        while looked:
            looked, _ = await storage.watches.judge(JUDGE, PAGE)
        days = told / (time.perf_counter() - began)
        return Figures(first, letters, again, feed, days, one_by_one, grown)


def report(found: dict[tuple[str, int], Figures]) -> list[str]:
    lines = [
        TITLE,
        "",
        "| watched accounts, 3 % low | letters | first, s | to one by one | nothing new, ms | memory grown, MiB |"
        " feed, accounts/s | days judged, accounts/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (name, many), one in found.items():
        lines.append(
            f"| {name}, {many:,} | {one.letters:,} | {one.first:.2f} | {one.first / one.one_by_one:.4f} |"
            f" {one.again * 1000:.1f} | {one.grown_mib:.0f} | {one.feed:,.0f} | {one.days:,.0f} |"
        )
    lines += [
        "",
        "first: the gate's tally, then each letter queued and each episode marked, 5,000 a transaction, fsync on. The",
        "aims are 2 s on PostgreSQL and 3 s on SQLite at a million, 10 s at ten million on PostgreSQL (--most",
        "10000000), and 20 ms with nothing new. to one by one: the ratio to asking for each account by itself.",
        "",
    ]
    return lines


@contextlib.contextmanager
def databases(folder: Path) -> Iterator[dict[str, Callable[[str], str]]]:
    with start_postgres(durable=True) as postgres:
        yield {
            "SQLite": lambda name: f"sqlite:///{folder}/{name}.db",
            "PostgreSQL": lambda name: "postgresql+asyncpg" + postgres.create(name).removeprefix("postgresql"),
        }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan")
    parser.add_argument("--most", type=int, default=MOST, help="accounts; above a million on PostgreSQL only")
    most = parser.parse_args().most
    found: dict[tuple[str, int], Figures] = {}
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as urls:
        for name, url in urls.items():
            for many in sorted({most // 100, most // 10, most}):
                if name == "PostgreSQL" or many <= MOST:
                    found[name, many] = asyncio.run(measure(url(f"scan_{many}"), many))
                    print(f"{name} {many:,}: {found[name, many]}", flush=True)
    print("\n".join(report(found)))
    if most == MOST:
        results.replace(TITLE, report(found))


if __name__ == "__main__":
    main()
