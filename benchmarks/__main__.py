"""`make bench`: figures as ratios within one run, printed and written to benchmarks/results.md.

    intake   webhook requests acknowledged after a durable commit, to aiogram's own handler that keeps nothing, and to
             bare aiohttp; on SQLite and on PostgreSQL, 64 connections
    answer   whole answers per second, to aiogram echoing in memory
    rest     memory of a started process
    pictures milliseconds for each picture and file (benchmarks/pictures.py; alone: python -m benchmarks.pictures)
    understanding   shares of phrases understood, milliseconds, memory (alone: python -m benchmarks.understanding)

Variants run in turns, several rounds, in a shuffled order; the median counts. Absolute figures belong to the machine
and are printed beside them. The load comes from a second process on the same machine.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import pictures, understanding
from benchmarks.servers import SECRET
from tests.postgres import start_postgres

HERE = Path(__file__).parent


@dataclass
class Server:
    port: int
    path: str
    rest_mib: int

    def load(self, *extra: str) -> dict[str, float]:
        command = [sys.executable, "-m", "benchmarks.load", str(self.port), self.path, SECRET, *extra]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    def taken(self) -> tuple[int, int]:
        """Letters that the network took, and events and letters that are left to do."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/taken") as answer:
            taken, left = answer.read().split()
            return int(taken), int(left)


@contextlib.contextmanager
def server(name: str, url: str = "-") -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.servers", name, str(port), url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    path = "/hook"
    try:
        for line in process.stdout:
            word, _, value = line.strip().partition(" ")
            if word == "path":
                path = value
            elif word == "ready":
                yield Server(port, path, int(value))
                break
        else:
            raise SystemExit(f"{name} did not start")
    finally:
        process.terminate()
        process.wait(20)


def answers(name: str, url: str, seconds: str) -> float:
    """Whole answers per second: from the first request until everything acknowledged has been answered."""
    with server(name, url) as one:
        if name != "answer":
            return one.load("--seconds", seconds)["per_second"]
        began = time.perf_counter()
        one.load("--seconds", seconds)
        while one.taken()[1]:
            time.sleep(0.05)
        return one.taken()[0] / (time.perf_counter() - began)


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="3")
    given = parser.parse_args()
    figures: dict[str, list[float]] = defaultdict(list)
    p99: dict[str, list[float]] = defaultdict(list)
    rest: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, start_postgres(durable=True) as postgres:
        probe = fsync_probe(Path(folder))
        for round_ in range(given.rounds):
            # A database of its own for each run: what an earlier one left behind would slow a later one.
            urls = {
                "sqlite": lambda name, r=round_: f"sqlite:///{folder}/{name}-{r}.db",
                "postgresql": lambda name, r=round_: (
                    "postgresql+asyncpg" + postgres.create(f"{name}_{r}".replace("-", "_")).removeprefix("postgresql")
                ),
            }
            runs = [("bare", ""), ("aiogram", ""), ("intake", "sqlite"), ("intake", "postgresql")]
            runs += [("aiogram-echo", ""), ("answer", "sqlite"), ("answer", "postgresql")]
            for name, database in random.sample(runs, len(runs)):
                key = f"{name} {database}".strip()
                url = urls[database](name) if database else "-"
                print(f"round {round_ + 1}: {key}", file=sys.stderr, flush=True)
                if name in {"aiogram-echo", "answer"}:
                    figures[key].append(answers(name, url, given.seconds))
                    continue
                with server(name, url) as one:
                    got = one.load("--seconds", given.seconds)
                    assert not got["bad"], f"{key}: {got['bad']} requests were refused"
                    figures[key].append(got["per_second"])
                    p99[key].append(got["p99_ms"])
                    rest[key] = one.rest_mib
    report(figures, p99, rest, probe, given.rounds)


def report(
    figures: dict[str, list[float]], p99: dict[str, list[float]], rest: dict[str, int], probe: float, rounds: int
) -> None:
    middle = {key: statistics.median(values) for key, values in figures.items()}
    rows = [
        ("intake on SQLite", "intake sqlite", "aiogram"),
        ("intake on PostgreSQL", "intake postgresql", "aiogram"),
        ("intake on SQLite", "intake sqlite", "bare"),
        ("intake on PostgreSQL", "intake postgresql", "bare"),
        ("whole answers on SQLite", "answer sqlite", "aiogram-echo"),
        ("whole answers on PostgreSQL", "answer postgresql", "aiogram-echo"),
    ]
    lines = [
        "# Figures",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"fdatasync of 8 kB {probe:.2f} ms, median of {rounds} rounds in shuffled order. Ratios carry over to other "
        "machines, absolute figures do not. The load runs on the same cores.",
        "",
        "| what | per second | compared with | per second | ratio |",
        "|---|---|---|---|---|",
    ]
    for what, ours, theirs in rows:
        ratio = middle[ours] / middle[theirs]
        lines.append(f"| {what} | {middle[ours]:,.0f} | {theirs} | {middle[theirs]:,.0f} | {ratio:.2f} |")
    lines += ["", "| acknowledged at 64 connections | p99, ms | memory at rest, MiB |", "|---|---|---|"]
    lines += [f"| {key} | {statistics.median(v):.1f} | {rest[key]} |" for key, v in p99.items()]
    lines += [
        "",
        "bare: aiohttp and msgspec, nothing kept. aiogram: its own webhook handler in its default, which acknowledges",
        "before any work and keeps nothing. aiogram-echo: the same, answering inside the response, in memory.",
        "answer: verified, stored, linked account found, billing asked, rendered, in the outbox, given to a network",
        "that takes everything at once; counted until every acknowledged message was answered.",
        "",
        *pictures.lines(),
        *understanding.lines(),
    ]
    (HERE / "results.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
