"""python -m tests.simulation --seed 1234 [-v]   ·   --days 2000 [--first 0] [--processes 2]

A day that breaks a promise is printed with its seed, and lived through again by it, line by line. Then it ends with 1.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

from tests.simulation.day import Outcome, day

CHUNK = 10  # days that a process is given at a time


def replay(seed: int, verbose: bool) -> int:
    found = day(seed, verbose=verbose)
    print(f"seed {found.seed}: {found.events} events, {found.shown} messages, {found.steps} steps, {found.digest}")
    print(found.violation or "every promise was kept")
    return int(found.violation is not None)


def live(first: int, days: int, processes: int) -> int:
    events = shown = broken = 0
    began = time.monotonic()
    with ProcessPoolExecutor(processes) as pool:
        for found in pool.map(brief, range(first, first + days), chunksize=CHUNK):
            events, shown = events + found.events, shown + found.shown
            if found.violation is not None:
                broken += 1
                print(f"seed {found.seed}: {found.violation}", flush=True)
    print(f"{days} days, {events} events, {shown} messages, {broken} broken, {time.monotonic() - began:.0f} s")
    return int(broken > 0)


def brief(seed: int) -> Outcome:
    return replace(day(seed), trace=())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="live through this one day")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the day as it goes")
    parser.add_argument("--days", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="that share them")
    given = parser.parse_args()
    if given.seed is not None:
        return replay(given.seed, given.verbose)
    return live(given.first, given.days, given.processes)


if __name__ == "__main__":
    sys.exit(main())
