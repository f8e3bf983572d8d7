"""What every comparison of servers shares: a server in a process of its own, fresh databases, turns in shuffled order.

with databases() as fresh:
    for name, kind in in_turns(("aiogram", ""), ("intake", "sqlite"), rounds=3):
        with server(name, fresh.url(kind)) as one:
            one.load("3", *fresh.pids(kind))
"""

import json
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.servers import SECRET
from tests.ports import free_port
from tests.postgres import Server as PostgresServer
from tests.postgres import start_postgres


@dataclass
class Server:
    """One that answers; `load` and what else may be asked of it."""

    port: int
    path: str
    rest_mib: int
    pid: int

    def load(self, seconds: str, *pids: int, more: tuple[str, ...] = ()) -> dict[str, float]:
        """What benchmarks.load prints. `pids`: further processes whose time is the server's, a database's."""
        command = [sys.executable, "-m", "benchmarks.load", str(self.port), self.path, SECRET, "--seconds", seconds]
        watched = [word for pid in (self.pid, *pids) for word in ("--pid", str(pid))]
        done = subprocess.run([*command, *watched, *more], stdout=subprocess.PIPE, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found

    def taken(self) -> tuple[int, int]:
        """Letters that the network took, and events and letters that are left to do."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/taken") as answer:
            taken, left = answer.read().split()
            return int(taken), int(left)


@contextmanager
def server(name: str, url: str = "-", *options: str) -> Iterator[Server]:
    """`benchmarks.servers NAME` on a free port, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.servers", name, str(free_port()), url, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    path = "/hook"
    try:
        for line in process.stdout:
            word, _, value = line.strip().partition(" ")
            if word == "path":
                path = value
            elif word == "ready":
                yield Server(int(command[4]), path, int(value), process.pid)
                break
        else:
            raise SystemExit(f"{name} did not start")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Databases:
    """A database of its own for each run: what an earlier one left behind would slow a later one."""

    def __init__(self, folder: Path, postgres: PostgresServer) -> None:
        self.folder, self.postgres, self.numbers = folder, postgres, count(1)

    def url(self, kind: str) -> str:
        """A new empty database: "sqlite" or "postgresql"; "" for a server that needs none."""
        name = f"bench_{next(self.numbers)}"
        match kind:
            case "sqlite":
                return f"sqlite:///{self.folder}/{name}.db"
            case "postgresql":
                return "postgresql+asyncpg" + self.postgres.create(name).removeprefix("postgresql")
        return "-"

    def pids(self, kind: str) -> tuple[int, ...]:
        """Processes that work for a server with such a database."""
        return (self.postgres.pid,) if kind == "postgresql" else ()


@contextmanager
def databases() -> Iterator[Databases]:
    """A folder for SQLite's and a PostgreSQL that flushes to disk as in production."""
    with tempfile.TemporaryDirectory() as folder, start_postgres(durable=True) as postgres:
        yield Databases(Path(folder), postgres)


def in_turns(*variants: Any, rounds: int) -> Iterator[Any]:
    """Each variant once a round, in an order of the round's own, so that a slow minute falls on all of them."""
    for turn in range(rounds):
        for one in random.sample(variants, len(variants)):
            print(f"round {turn + 1}: {' '.join(one).strip()}", file=sys.stderr, flush=True)
            yield one


def machine(*more: str) -> str:
    """One line about where and when, for the head of a section."""
    with tempfile.TemporaryDirectory() as folder:
        probe = f"fdatasync of 8 kB {fsync_probe(Path(folder)):.2f} ms"
    python = f"Python {platform.python_version()}"
    return ", ".join((f"{datetime.now(UTC):%Y-%m-%d}", f"{os.cpu_count()} cores", python, probe, *more))


def fsync_probe(folder: Path) -> float:
    """Milliseconds of one 8 kB fdatasync, median of 50."""
    times = []
    with (folder / "probe").open("wb") as file:
        for _ in range(50):
            file.write(os.urandom(8192))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000
