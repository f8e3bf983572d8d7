"""Mistakes are planted, one at a time: each is caught by the promise that it breaks, within some days."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.simulation.bugs import BUGS, planted
from tests.simulation.day import day

DAYS: Final = 200
SOON: Final = ("links_of_everybody", "chat_unpaced", "quiet_by_the_server")  # caught on the first days

Bug = Callable[[], Any]


def caught(bug: Bug) -> None:
    promises, known = BUGS[bug]
    for seed in dict.fromkeys([known, *range(DAYS)]):
        violation = day(seed, bug=planted(bug)).violation
        if violation is not None:
            assert violation.invariant in promises.split(), f"seed {seed}: {violation}"
            return
    raise AssertionError(f"nobody noticed in {DAYS} days: {bug.__doc__}")


def test_there_are_twenty() -> None:
    assert len(BUGS) >= 20


@pytest.mark.fault
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_it_is_caught(bug: Bug) -> None:
    caught(bug)


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.__name__ in SOON], ids=lambda bug: bug.__name__)
def test_some_are_caught_at_once(bug: Bug) -> None:
    caught(bug)
