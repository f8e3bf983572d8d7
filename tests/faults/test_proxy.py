"""F8, F9, G16: every fault on the way of every call of every network gives the right class of error, in time."""

import asyncio
import time

import pytest

from adapters.base import NetworkError
from tests.faults.calls import CALLS, PATIENCE, Call, Meaning, must, scene
from tests.faults.proxy import Fault
from tests.faults.size import SEED, fault

pytestmark = fault
TOGETHER = 8  # cells at a time: most of them only wait
NAMES = {"Saldo", "@saldo_sandbox_bot", "Телеком"}  # of the sandboxes' bots


async def cell(call: Call, what: Fault, seed: int) -> str | None:
    """What is wrong with one cell of the table; None: it is right."""
    async with scene(call.network, seed) as s:
        await call.before(s)
        await s.proxy.arm(call.target, what)
        began, found = time.monotonic(), None
        try:
            await call.act(s)
        except NetworkError as error:
            found = error
        took = time.monotonic() - began
        if not s.proxy.met.is_set():
            return f"{what}: the call was never made ({found!r})"
        if not any(found is None if right is None else isinstance(found, right) for right in must(call, what)):
            return f"{what}: {found!r}"
        if took > call.limit + 1 and call.meaning is not Meaning.POLLS:
            return f"{what}: took {took:.1f} s"
        await s.proxy.heal()
        # Nothing of it is left behind: no connection that is lost, no answer that belongs to another call.
        began = time.monotonic()
        name = await s.network.identity()
        if time.monotonic() - began > PATIENCE + 1 or name not in NAMES:
            return f"{what}: afterwards {name!r}"
        if s.box.violations:
            return f"{what}: {s.box.violations}"
        return None


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """Before anything is timed: the networks' libraries take seconds to load."""
    import aiogram
    import vk_api

    assert all((aiogram, vk_api))


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_G16_each_fault_of_a_call(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.telegram.POLL", 1)
    monkeypatch.setattr("adapters.ok.POLL_HOLD", 1.0)
    turns = asyncio.Semaphore(TOGETHER)

    async def tried(what: Fault) -> str | None:
        async with turns:
            try:
                async with asyncio.timeout(40):
                    return await cell(call, what, SEED)
            except (TimeoutError, NetworkError) as error:
                return f"{what}: hangs, or fails before it begins: {error!r}"

    found = dict(zip(Fault, await asyncio.gather(*map(tried, Fault)), strict=True))
    # Once more, alone: on a busy machine it may be ourselves who was slow; a wrong class stays wrong.
    wrong = [again for what, first in found.items() if first and (again := await tried(what))]
    assert wrong == [], f"{call}, seed {SEED}"
