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
BASE: Final = "aiogram"
AIMS: Final = {"intake sqlite": 7.0, "intake postgresql": 5.0}

# perf, SQLite, on two quiet cores. It belongs beside the figures, because they miss the aim.
PROFILE: Final = (
    "The aims are above what is left to reach: bare, which keeps nothing, checks nothing and has no network's rules,",
    "is itself not seven and not five times aiogram's handler. They came from a prototype beside a handler of 360 µs;",
    "that one costs 200 to 230 µs here. Of the 139 µs of a request on SQLite some 83 are the loop's thread, of which",
    "our own work is 28 (head, secret, JSON, password, flood, encoding, answer) and the rest asyncio, reading,",
    "writing, changing threads; some 56 are the writer's, 43 % of them the kernel's for the log and its flush.",
)


def measured(rounds: int, seconds: str) -> dict[str, dict[str, float]]:
    """The median of each figure for each variant; what is compared is compared within its round."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with databases() as fresh:
        for name, kind in in_turns(*VARIANTS, rounds=rounds):
            key = f"{name} {kind}".strip()
            with server(name, fresh.url(kind)) as one:
                got = one.load(seconds, *fresh.pids(kind))
                assert not got["bad"], f"{key}: {got['bad']} requests were refused"
                for figure, value in {**got, "rest": one.rest_mib}.items():
                    found[key][figure].append(value)
    for figures in found.values():
        for figure, to in (("per_second", "ratio"), ("server_us", "price")):
            base = found[BASE][figure]
            figures[to] = [mine / theirs for mine, theirs in zip(figures[figure], base, strict=True)]
    return {
        key: {one: statistics.median(many) for one, many in found[key].items()}
        for key in sorted(found, key=lambda key: -statistics.median(found[key]["ratio"]))
    }


def lines(rounds: int, seconds: str) -> list[str]:
    """The part of the results, measured now."""
    found = measured(rounds, seconds)
    made = [
        TITLE, "",
        f"{machine()}; 64 connections, median of {rounds} shuffled rounds. The load runs on the same cores.", "",
        "| acknowledged | per second | to aiogram | aim | p50, ms | p99, ms | cores | µs each | to aiogram "
        "| load, cores | MiB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for key, one in found.items():
        aim = f"≥ {AIMS[key]:g}" if key in AIMS else ""
        late = " (late)" if key in AIMS and one["p99_ms"] > LATE else ""
        made.append(
            f"| {key} | {one['per_second']:,.0f} | {one['ratio']:.2f} | {aim} | {one['p50_ms']:.1f} "
            f"| {one['p99_ms']:.1f}{late} | {one['server_cpu']:.2f} | {one['server_us']:.0f} "
            f"| {one['price']:.2f} | {one['load_cpu']:.2f} "
            f"| {one['rest']:.0f} |"
        )
    return [
        *made,
        "",
        "bare: aiohttp and msgspec, nothing kept. aiogram: its own webhook handler in its default, which acknowledges",
        "before any work and keeps nothing; aiogram-waits: the same, acknowledging what its dispatcher has handled.",
        "intake: the sender verified, the update parsed, passwords taken out, floods thinned, committed and flushed.",
        "cores, and µs for each request: processor time of the server, its writer's thread and its database; where the",
        "server had less than a core to itself, the second comparison is the one that says something.",
        *PROFILE,
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
