"""python -m tests.simulation --seed 1234 [-v]   ·   --seeds 100000 [--first 0]"""

import argparse
import sys
import time

from tests.simulation.day import day


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="live through this one day")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the day as it goes")
    parser.add_argument("--seeds", type=int, default=100, help="how many days")
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    if given.seed is not None:
        found = day(given.seed, verbose=given.verbose)
        print(f"seed {found.seed}: {found.events} events, {found.shown} messages, {found.steps} steps, {found.digest}")
        print(found.violation or "every promise was kept")
        return int(found.violation is not None)
    broken, began, events, shown = 0, time.monotonic(), 0, 0
    for seed in range(given.first, given.first + given.seeds):
        found = day(seed)
        events, shown = events + found.events, shown + found.shown
        if found.violation is not None:
            broken += 1
            print(f"seed {seed}: {found.violation}", flush=True)
    taken = time.monotonic() - began
    print(f"{given.seeds} days, {events} events, {shown} messages, {broken} broken, {taken / given.seeds:.3f} s a day")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
