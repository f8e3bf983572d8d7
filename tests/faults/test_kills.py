"""SIGKILL at random moments of a life: nothing acknowledged is lost, nothing is told twice, the books are exact.

G1, G2, F1, F2: one process after the other. F12, G13: two and three side by side, stopped, woken and killed.
"""

import asyncio
import json
import sys
from typing import Any

import pytest

from tests.faults.size import SEED, fault, size
from tests.postgres import Server

pytestmark = [fault, pytest.mark.timeout(size(1800, 6 * 3600))]
EVERYWHERE = {
    "start", "put", "inbox.claim", "answer", "finish", "scan", "observe", "outbox.claim", "before the wire",
    "behind the wire", "settle", "sweep",
}  # fmt: skip


async def nest(**order: Any) -> dict[str, Any]:
    """What the fork server reports; `faults` are sentences, one for each broken promise."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.nest", json.dumps({"seed": SEED, **order}), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    assert child.returncode == 0, f"seed {SEED}"
    report: dict[str, Any] = json.loads(said)
    print(json.dumps(report, ensure_ascii=False))
    assert report["faults"] == [], f"seed {SEED}"
    assert report["kills"] >= order["kills"] > 0
    return report


PARTS = 4  # so that the work is spread evenly
part = pytest.mark.parametrize("part", range(PARTS))


@part
async def test_G1_G2_killed_on_sqlite(sqlite_url: str, part: int) -> None:
    report = await nest(url=sqlite_url, kills=size(1000, 20_000) // PARTS, seed=SEED + part)
    assert set(report["where"]) >= EVERYWHERE, "the kills fell everywhere"


@part
async def test_G1_G2_killed_on_postgresql(postgres_server: Server, part: int) -> None:
    url = postgres_server.create(f"kills_{part}")
    report = await nest(url=url, kills=size(1000, 20_000) // PARTS, seed=SEED + part)
    assert set(report["where"]) >= EVERYWHERE, "the kills fell everywhere"


@pytest.mark.parametrize("at_once", [2, 3])
async def test_F12_G13_side_by_side_stopped_woken_and_killed(postgres_server: Server, at_once: int) -> None:
    """Who is woken after his leases were taken over writes nothing; each slot is somebody's, once."""
    report = await nest(url=postgres_server.create(f"beside_{at_once}"), kills=size(60, 2500), at_once=at_once)
    assert report["stops"] >= 5
