"""A12, G8: ten times what can be answered, in an open loop: whoever posts hears soon, what is shed is counted, what was
acknowledged is answered, and half a minute later everything is as before."""

import asyncio
import time
from pathlib import Path

import pytest

from bot.admission import put_off
from storage.base import Priority
from tests.bot.parts import rows
from tests.faults.size import fault, size
from tests.faults.traffic import Traffic, asked

pytestmark = [fault, pytest.mark.timeout(size(900, 3600))]
ACKNOWLEDGED = 0.5  # seconds, 99 of 100
BACK = 30.0  # seconds


def quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def counted() -> float:
    return put_off.labels("telegram")._value.get()  # type: ignore[no-any-return]


def waiting(folder: Path) -> int:
    """Replies and events that are not settled."""
    query = (
        "SELECT (SELECT count(*) FROM inbox WHERE done IS NULL) +"
        f" (SELECT count(*) FROM outbox WHERE status IN (0, 1, 4) AND priority = {int(Priority.REPLY)})"
    )
    return int(rows(folder / "stage.db", query)[0][0])


async def test_G8_ten_times_the_load(tmp_path: Path) -> None:
    """Telegram takes 25 letters a second: so many can be answered there, and ten times as many people write."""
    async with asked(tmp_path) as traffic:
        pace = traffic.app.lines["telegram"].network.limits.pace.per_second
        await traffic.normal()
        usual = await quiet(traffic)
        before = counted()
        traffic.times.clear()
        most, loading = 0, asyncio.create_task(traffic.steady(10 * pace, size(20, 600)))
        while not loading.done():
            await asyncio.sleep(0.5)
            most = max(most, waiting(tmp_path))
        await loading
        await traffic.landed()
        ended, times = time.monotonic(), [took for took, _ in traffic.times]
        taken = [took for took, status in traffic.times if status == 200]
        put = sum(status == 503 for _, status in traffic.times)

        while waiting(tmp_path):
            assert time.monotonic() - ended < BACK, f"{waiting(tmp_path)} still wait"
            await asyncio.sleep(0.2)
        back = time.monotonic() - ended
        print(
            f"{len(times)} posts at {10 * pace:g}/s: {len(taken)} taken, {put} put off;"
            f" p50 {quantile(times, 0.5) * 1000:.0f} ms, p99 {quantile(times, 0.99) * 1000:.0f} ms;"
            f" at most {most} waited; back within {back:.0f} s; alone {usual * 1000:.0f} ms"
        )
        assert quantile(times, 0.99) <= ACKNOWLEDGED
        assert set(traffic.statuses) <= {200, 503}
        assert put > len(taken), "it was far too much"
        assert counted() - before == put, "what is shed is counted"
        assert len(taken) > 5 * pace, "and the rest is work as usual"
        # As before: nobody is put off, and an answer comes at once.
        assert await quiet(traffic) < max(5 * usual, 0.5)
        await traffic.kept()


async def quiet(traffic: Traffic) -> float:
    """How long one update takes to be acknowledged, when nothing else is asked: the middle of ten."""
    times = []
    for _ in range(10):
        assert await traffic.post() == 200
        times.append(traffic.times[-1][0])
        await asyncio.sleep(0.1)
    return quantile(times, 0.5)


async def test_A12_one_that_floods_is_not_felt_by_the_others(tmp_path: Path) -> None:
    """A chat that writes two hundred times a second: what of it is dropped is counted, the others are answered."""
    async with asked(tmp_path) as traffic:
        await traffic.normal()
        mine = [asyncio.create_task(traffic.post(chat=777)) for _ in range(400)]
        for _ in range(20):
            assert await traffic.post() == 200
        assert {await one for one in mine} == {200}
        assert (
            len(rows(tmp_path / "stage.db", "SELECT id FROM inbox WHERE lane = 'telegram:777' OR done IS NOT NULL"))
            < 60
        )
        await traffic.landed()
