"""Answer: whole answers per second of one process, to aiogram echoing in memory.

    python -m benchmarks.answer [--rounds 3] [--seconds 3]      measures, and writes its part of results.md anew

A whole answer: verified, stored, linked account found, billing asked, rendered, in the outbox, given to a network that
takes everything at once. Counted from the first request until everything acknowledged has been answered. aiogram
echoes by its own webhook handler, with the text inside the response: its cheapest way, for no second request is made
and nothing is kept. Both get the same requests by HTTP, in the same loop, with the same collector settings.

Processor time is counted beside the clock, of the server, its threads and its database: that is what an answer costs,
whatever else the machine does. Growing: the same 2000 people ask, of ten and a hundred times as many.
"""

import argparse
import statistics
import time
from collections import defaultdict
from typing import Final

from benchmarks import results
from benchmarks.load import CHATS, cpu_seconds
from benchmarks.rounds import databases, in_turns, machine, server

TITLE: Final = "## Answers"
AIM: Final = 1.0
ECHO: Final = ("aiogram-echo", "", "")
STORED: Final = tuple(str(CHATS * times) for times in (1, 10, 100))
VARIANTS: Final = (ECHO, *(("answer", kind, many) for kind in ("sqlite", "postgresql") for many in STORED))

Figures = dict[str, float]


def measured(rounds: int, seconds: str) -> dict[tuple[str, str, str], Figures]:
    """The median of each variant: answers per second, and microseconds of processor time for each."""
    found: dict[tuple[str, str, str], list[Figures]] = defaultdict(list)
    with databases() as fresh:
        for variant in in_turns(*VARIANTS, rounds=rounds):
            name, kind, many = variant
            with server(name, fresh.url(kind), *([many] if many else [])) as one:
                pids = (one.pid, *fresh.pids(kind))
                began, cpu = time.perf_counter(), cpu_seconds(*pids)
                got = one.load(seconds, *fresh.pids(kind))
                assert not got["bad"], f"{name} {kind}: {got['bad']} requests were refused"
                if name != "answer":
                    found[variant].append({"per_second": got["per_second"], "us": got["server_us"]})
                    continue
                while one.taken()[1]:
                    time.sleep(0.05)
                count = one.taken()[0]
                cpu, elapsed = cpu_seconds(*pids) - cpu, time.perf_counter() - began
                found[variant].append({"per_second": count / elapsed, "us": cpu / count * 1e6})
    return {
        variant: {figure: statistics.median(one[figure] for one in runs) for figure in ("per_second", "us")}
        for variant, runs in found.items()
    }


def lines(rounds: int, seconds: str) -> list[str]:
    """The part of the results, measured now."""
    found = measured(rounds, seconds)
    echo = found[ECHO]
    made = [
        TITLE, "", f"{machine()}; median of {rounds} rounds in shuffled order.", "",
        "| whole answers | customers | per second | to aiogram-echo | aim | µs each | echo's µs to these |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for variant in VARIANTS:
        (name, kind, many), one = variant, found[variant]
        ratio, aim = one["per_second"] / echo["per_second"], f"≥ {AIM}" if name == "answer" else ""
        made.append(
            f"| {name} {kind} | {many} | {one['per_second']:,.0f} | {ratio:.2f} | {aim} "
            f"| {one['us']:.0f} | {echo['us'] / one['us']:.2f} |"
        )
    return [
        *made,
        "",
        "aiogram-echo: its own webhook handler, answering inside the response, in memory. answer: verified, stored,",
        "linked account found, billing asked, rendered, in the outbox, given to a network that takes everything at",
        "once; counted until every acknowledged message was answered. µs: processor time, threads and database",
        "included; the last column is the ratio by that time.",
        "",
        *LEFT,
        "",
    ]


LEFT: Final = (  # by py-spy, of the threads that hold the interpreter
    "What a profile says is left: four fifths of the time is the loop's own thread. A third of all is what the",
    "question means and its answer: the position 10 %, sentences 6 %, the billing's facts and their guard 7 %, the",
    "rest routing and keyboards. A fifth is tasks, futures and timers, a tenth making frozen values anew. The writer's",
    "thread takes 16 %, half of it SQLAlchemy around the statements. On PostgreSQL asyncpg and its greenlets take",
    "14 %, and the database's own processes use a third of the time.",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="3")
    given = parser.parse_args()
    print(results.replace(TITLE, lines(given.rounds, given.seconds)))


if __name__ == "__main__":
    main()
