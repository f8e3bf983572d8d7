"""The shared pace, whoever asks and whenever: never more than the network allows, and no reply behind an alert."""

import asyncio
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.base import Priority, Sent, Storage
from storage.outbox import QUEUE, letter_row
from storage.sql import open_storage
from storage.values import SECOND, micros
from tests.clock import HandClock

_networks = count()

_steps = st.lists(
    st.tuples(
        st.integers(0, 3 * SECOND),  # microseconds that pass before
        st.integers(1, 40),  # how many are asked for
        st.booleans(),  # alerts
    ),
    min_size=1,
    max_size=25,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(per_second=st.floats(0.3, 50), burst=st.integers(1, 30), steps=_steps)
async def test_I5_no_window_ever_sees_more_than_burst_and_rate(
    storage: Storage, clock: HandClock, per_second: float, burst: int, steps: list[tuple[int, int, bool]]
) -> None:
    network = f"n{next(_networks)}"
    await storage.outbox.pace(network, per_second, burst, 0)
    now = micros(clock.now())
    rows = [
        letter_row(f"{network}:{n}", "k", f"{network}:{n}", now, priority=Priority.ALERT if n % 2 else Priority.REPLY)
        for n in range(300)
    ]
    await storage.database.write(lambda c: c.execute(QUEUE[c.dialect.name], rows).close())
    left: list[int] = []
    for wait, limit, bulk in steps:
        clock.advance(microseconds=wait)
        letters, again_at = await storage.outbox.claim(network, limit, bulk)
        now = micros(clock.now())
        assert len(letters) <= (max(1, burst // 2) if bulk else burst)
        left += [now] * len(letters)
        if not letters and len(left) < 140:
            assert again_at is not None
            assert clock.now() < again_at
            early = clock.now()
            clock.set(again_at)
            assert (await storage.outbox.claim(network, 1, bulk))[0], "at the time named one may leave"
            left.append(micros(clock.now()))
            assert clock.now() > early
    for i, first in enumerate(left):
        for j in range(i, len(left)):
            assert j - i + 1 <= burst + (left[j] - first) * per_second / SECOND + 1e-6


async def test_two_processes_share_one_pace(postgres_url: str, clock: HandClock) -> None:
    one, two = open_storage(postgres_url, clock), open_storage(postgres_url, clock)
    try:
        await one.outbox.pace("vk", 10, 10, 0)
        now = micros(clock.now())
        rows = [letter_row(f"vk:{n}", "k", f"{n}", now, priority=Priority.REPLY) for n in range(200)]
        await one.database.write(lambda c: c.execute(QUEUE[c.dialect.name], rows).close())
        seen: list[int] = []
        for _ in range(10):
            claimed = await asyncio.gather(*(storage.outbox.claim("vk", 4) for storage in (one, two, one, two)))
            letters = [letter for some, _ in claimed for letter in some]
            seen += [letter.id for letter in letters]
            await asyncio.gather(*(two.outbox.settle(letter, Sent("m")) for letter in letters))
            clock.advance(0.5)
        assert len(seen) == len(set(seen)) == 10 + 9 * 5
    finally:
        await one.close()
        await two.close()
