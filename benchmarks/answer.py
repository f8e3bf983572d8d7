"""Answer: whole answers per second of one process, to aiogram echoing in memory.

    python -m benchmarks.answer [--rounds 3] [--seconds 3]      measures, and writes its part of results.md anew

A whole answer: verified, stored, linked account found, billing asked, rendered, in the outbox, given to a network that
takes everything at once. Counted from the first request until everything acknowledged has been answered.
"""

import argparse
import statistics
import time
from collections import defaultdict
from typing import Final

from benchmarks import results
from benchmarks.rounds import databases, in_turns, machine, server

TITLE: Final = "## Answers"
AIM: Final = 1.0
VARIANTS: Final = (("aiogram-echo", ""), ("answer", "sqlite"), ("answer", "postgresql"))


def measured(rounds: int, seconds: str) -> dict[str, float]:
    """The median of answers per second for each variant."""
    found: dict[str, list[float]] = defaultdict(list)
    with databases() as fresh:
        for name, kind in in_turns(*VARIANTS, rounds=rounds):
            with server(name, fresh.url(kind)) as one:
                began = time.perf_counter()
                got = one.load(seconds, *fresh.pids(kind))
                assert not got["bad"], f"{name} {kind}: {got['bad']} requests were refused"
                if name == "answer":
                    while one.taken()[1]:
                        time.sleep(0.05)
                    found[f"{name} {kind}"].append(one.taken()[0] / (time.perf_counter() - began))
                else:
                    found[name].append(got["per_second"])
    return {key: statistics.median(many) for key, many in found.items()}


def lines(rounds: int, seconds: str) -> list[str]:
    """The part of the results, measured now."""
    found = measured(rounds, seconds)
    base = found["aiogram-echo"]
    made = [
        TITLE, "", f"{machine()}; median of {rounds} rounds in shuffled order.", "",
        "| whole answers | per second | to aiogram-echo | aim |", "|---|---|---|---|",
    ]  # fmt: skip
    for key, one in found.items():
        made.append(f"| {key} | {one:,.0f} | {one / base:.2f} | {f'≥ {AIM}' if key != 'aiogram-echo' else ''} |")
    return [
        *made,
        "",
        "aiogram-echo: its own webhook handler, answering inside the response, in memory. answer: verified, stored,",
        "linked account found, billing asked, rendered, in the outbox, given to a network that takes everything at",
        "once; counted until every acknowledged message was answered.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", default="3")
    given = parser.parse_args()
    print(results.replace(TITLE, lines(given.rounds, given.seconds)))


if __name__ == "__main__":
    main()
