"""Spreading: no second sees more calls than the network takes, whatever rate and burst are asked for."""

import asyncio
import selectors
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.turns import Turns, within

most = st.integers(1, 60)


class Leaping(asyncio.SelectorEventLoop):
    """A loop in which nothing but sleeping takes time, and sleeping none of ours."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.now = 0.0
        self.woken = 0
        self.late = 0.0  # how late it is woken, every tenth time

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.woken += 1
            self.now = max(self.now, self._scheduled[0].when())  # type: ignore[attr-defined]
            self.now += self.late * (self.woken % 10 == 0)
        super()._run_once()  # type: ignore[misc]


async def left(turns: Turns, pauses: list[float], count: int, patient: bool = False) -> list[float]:
    """When calls leave that come at once, with pauses between some of them."""
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def one() -> None:
        await turns.take(patient=patient)
        times.append(loop.time())

    tasks = []
    for pause in pauses:
        await asyncio.sleep(pause)
        tasks += [asyncio.create_task(one()) for _ in range(count)]
    await asyncio.gather(*tasks)
    return sorted(times)


def run(
    turns: Turns, pauses: list[float], count: int, patient: bool = False, loop: Leaping | None = None
) -> list[float]:
    loop = loop or Leaping()
    try:
        return loop.run_until_complete(left(turns, pauses, count, patient))
    finally:
        loop.close()


@settings(max_examples=50, deadline=None)
@given(most, st.floats(0.5, 100), st.integers(1, 60), st.lists(st.floats(0, 3), min_size=1, max_size=4), st.booleans())
def test_no_second_sees_more_than_the_network_takes(
    most: int, per_second: float, burst: int, pauses: list[float], patient: bool
) -> None:
    times = run(Turns(within(most, per_second, burst)), pauses, 12, patient)
    for at, first in enumerate(times):
        assert sum(one < first + 1.0 for one in times[at:]) <= most


@settings(max_examples=20, deadline=None)
@given(most, st.booleans())
def test_at_the_limit_nearly_all_of_it_is_used(most: int, patient: bool) -> None:
    assert 0.98 * most <= within(most, most, 3).per_second <= most
    times = run(Turns(within(most, most, 3)), [0.0], 4 * most, patient)
    assert 0.98 * most <= (len(times) - 1) / times[-1]


def test_a_burst_leaves_at_once_and_the_patient_evenly() -> None:
    pace = within(30, 25, 5)
    assert (pace.per_second, pace.burst, pace.most) == (25, 5, 30)
    assert run(Turns(pace), [0.0], 5) == [0.0] * 5
    times = run(Turns(pace), [0.0], 5, patient=True)
    assert all(0.035 < later - sooner < 0.045 for sooner, later in pairwise(times))


def test_who_wakes_up_late_puts_nobody_off_and_fills_no_second() -> None:
    """A process that stalls for 50 ms again and again."""
    late = Leaping()
    late.late = 0.05
    times = run(Turns(within(20, 20, 1)), [0.0], 100, patient=True, loop=late)
    assert (len(times) - 1) / times[-1] >= 0.93 * 20
    for at, first in enumerate(times):
        assert sum(one < first + 1.0 for one in times[at:]) <= 20
