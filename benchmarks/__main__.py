"""`make bench`: figures as ratios within one run, printed and written to benchmarks/results.md, a section each.

    intake          webhook requests acknowledged after a durable commit, to aiogram's own handler that keeps nothing
    answer          whole answers per second, to aiogram echoing in memory
    scan            a million watched accounts, to asking for each by itself
    broadcast       alerts at the networks' limits, to those limits; replies meanwhile, to replies without
    start           seconds from `saldo run` to the first acknowledged update; memory at rest
    pictures        milliseconds for each picture and file
    crowd           a thousand customers asking a slow billing at once
    understanding   shares of phrases understood, milliseconds, memory
    growth          how all that grows with the data, drawn from the others' figures

Each is a file beside this one that runs alone as well: python -m benchmarks.intake. Variants run in turns, several
rounds, in a shuffled order; the median counts. Absolute figures belong to the machine and are printed beside the
ratios. The load comes from a second process on the same machine.
"""

import subprocess
import sys

FIGURES = ("intake", "answer", "scan", "broadcast", "start", "pictures", "crowd", "understanding", "growth")


def main() -> None:
    # Each in a fresh process: what one has loaded must not weigh on the next.
    failed = [
        name for name in FIGURES if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    ]
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
