"""Intake: webhook requests acknowledged after a durable commit, to aiogram's own handler that keeps nothing.

    python -m benchmarks.intake [--rounds 3] [--seconds 3]      measures, and writes its part of results.md anew

64 keep-alive connections post updates of 2000 chats as fast as they are acknowledged. Variants run in turns; the
median counts. Two of aiogram's ways are measured: its default acknowledges before any work, and its dispatcher then
handles the update in the background of the same loop; with handle_in_background=False it acknowledges what has been
handled. The work is the same in both, so the ratio is taken to the default, which is the harder one to beat.
"""

import argparse
import statistics
from collections import defaultdict
from typing import Final

from benchmarks import results
from benchmarks.rounds import databases, in_turns, machine, server

TITLE: Final = "## Intake"
LATE: Final = 20  # ms, p99 at 64 connections
VARIANTS: Final = (
    ("bare", ""),
    ("aiogram", ""),
    ("aiogram-waits", ""),
    ("intake", "sqlite"),
    ("intake", "postgresql"),
)
AIMS: Final = {"intake sqlite": 7.0, "intake postgresql": 5.0}


def measured(rounds: int, seconds: str) -> dict[str, dict[str, float]]:
    """The median of each figure for each variant."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with databases() as fresh:
        for name, kind in in_turns(*VARIANTS, rounds=rounds):
            key = f"{name} {kind}".strip()
            with server(name, fresh.url(kind)) as one:
                got = one.load(seconds, *fresh.pids(kind))
                assert not got["bad"], f"{key}: {got['bad']} requests were refused"
                for figure, value in {**got, "rest": one.rest_mib}.items():
                    found[key][figure].append(value)
    return {key: {one: statistics.median(many) for one, many in figures.items()} for key, figures in found.items()}


def lines(rounds: int, seconds: str) -> list[str]:
    """The part of the results, measured now."""
    found = measured(rounds, seconds)
    base = found["aiogram"]["per_second"]
    made = [
        TITLE, "",
        f"{machine()}; 64 connections, median of {rounds} shuffled rounds. The load runs on the same cores.", "",
        "| acknowledged | per second | to aiogram | aim | p50, ms | p99, ms | cores | µs each | load, cores | MiB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for key, one in found.items():
        aim = f"≥ {AIMS[key]:g}" if key in AIMS else ""
        late = " (late)" if key in AIMS and one["p99_ms"] > LATE else ""
        made.append(
            f"| {key} | {one['per_second']:,.0f} | {one['per_second'] / base:.2f} | {aim} | {one['p50_ms']:.1f} "
            f"| {one['p99_ms']:.1f}{late} | {one['server_cpu']:.2f} | {one['server_us']:.0f} | {one['load_cpu']:.2f} "
            f"| {one['rest']:.0f} |"
        )
    return [
        *made,
        "",
        "bare: aiohttp and msgspec, nothing kept. aiogram: its own webhook handler in its default, which acknowledges",
        "before any work and keeps nothing; aiogram-waits: the same, acknowledging what its dispatcher has handled.",
        "intake: the sender verified, the update parsed, passwords taken out, floods thinned, committed and flushed.",
        "cores, and µs for each request: processor time of the server, its writer's thread and its database.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="3")
    given = parser.parse_args()
    print(results.replace(TITLE, lines(given.rounds, given.seconds)))


if __name__ == "__main__":
    main()
