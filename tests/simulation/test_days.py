"""Simulated days: the whole program in virtual time, with all that goes wrong in it. Every promise is checked.

A few of them; `make days` lives through two thousand. A day that fails names its seed:
`python -m tests.simulation --seed N -v` lives through it again, line by line.
"""

import os
import subprocess
import sys
from typing import Final

from tests.simulation.day import Outcome, day

FEW: Final = 6


def live(first: int, count: int) -> list[Outcome]:
    days = []
    for seed in range(first, first + count):
        found = day(seed)
        tail = "\n".join(found.trace[-12:])
        assert found.violation is None, f"seed {seed}, step {found.steps}: {found.violation}\n{tail}"
        days.append(found)
    return days


def test_a_few_days_in_which_something_happens() -> None:
    """A rig in which nothing happens would keep every promise."""
    days = live(0, FEW)
    told = " ".join(line for found in days for line in found.trace)
    assert sum(found.events for found in days) > 100
    assert sum(found.shown for found in days) > 100
    for happened in ("is killed", "is stopped", "sends low", "is throttled", "blocks the bot", "the billing is"):
        assert happened in told


def test_the_same_seed_is_the_same_day() -> None:
    """Also in another process, whose dictionaries hash by another number: else nobody could live through it again."""
    here = [day(7).digest, day(7).digest]
    command = [sys.executable, "-c", "from tests.simulation.day import day; print(day(7).digest)"]
    there = [
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": number}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for number in ("1",)
    ]
    assert {*here, *there} == {here[0]}
    assert day(8).digest != here[0], "and another seed is another day"
