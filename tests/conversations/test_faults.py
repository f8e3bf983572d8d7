"""What customers see while networks fail, on every network: never a wrong word, never two where one was meant."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from billing.base import Money
from sandbox.base import Fault, Shown
from sandbox.registry import NETWORKS
from storage.values import micros
from tests.bot.parts import rows
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
ACCOUNT = "652100412734"  # of the demo customer


@asynccontextmanager
async def troubled(folder: Path, names: list[str], **environ: str) -> AsyncIterator[Stage]:
    """A stage whose adapters give up soon, and whose log is not drawn."""
    patience = {f"{name.upper()}_TIMEOUT": "0.5" for name in names}
    with capture_logs():
        async with stage(folder, names, environ={**patience, **environ}) as s:
            yield s


async def later(s: Stage, seconds: float = 70) -> None:
    """Some time passes; what was put off comes up and is tried."""
    s.clock.advance(seconds=seconds)
    await s.app.schedule.sweep()
    s.app.wake_deliveries()
    await tried(s)


async def tried(s: Stage) -> None:
    """Until every event is answered and every letter was tried that a pause of its network does not hold."""
    file = s.app.settings.database_url
    held = (
        "SELECT (SELECT count(*) FROM inbox WHERE done IS NULL) + (SELECT count(*) FROM outbox WHERE status = 1) +"
        " (SELECT count(*) FROM outbox JOIN rates USING (network) WHERE status = 0 AND blocked_until <= {now})"
    )
    async with asyncio.timeout(20):
        while rows(file, held.format(now=micros(s.clock.now()))) != [(0,)]:  # noqa: ASYNC110 — it is the database that we wait for
            await asyncio.sleep(0.005)
        for line in s.app.lines.values():  # a new token is taken up when the last letter has landed
            while line.delivery.flying:
                await asyncio.wait(line.delivery.flying)


def told(anna: Customer, seen: int) -> list[Shown]:
    return [shown for shown in anna.screen[seen:] if not shown.mine]


# ── A letter that fails ───────────────────────────────────────────────────────────────────────────────────────────

# How often an answer is seen in the end. VK drops repeats, so there one; elsewhere an answer that may have arrived is
# not sent again: the customer asks again.
COPIES = {
    Fault.THROTTLED: {"vk": {1}, "telegram": {1}, "ok": {1}},
    Fault.BROKEN: {"vk": {1}, "telegram": {0}, "ok": {0}},
    Fault.CUT: {"vk": {1}, "telegram": {1}, "ok": {1}},
    Fault.GARBAGE: {"vk": {1}, "telegram": {1}, "ok": {1}},
    Fault.SILENT: {"vk": {1}, "telegram": {1}, "ok": {1}},
    Fault.REFUSED: {"vk": {0}, "telegram": {0, 1}, "ok": {0}},  # Telegram may have minded the markup alone
}


@every_network
async def test_an_answer_meets_every_fault(network: str, tmp_path: Path) -> None:
    async with troubled(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        found: dict[Fault, int] = {}
        for fault in COPIES:
            seen = len(anna.screen)
            anna.sandbox.fail(fault)
            await anna.says("баланс")
            for _ in range(3):
                await later(s)
            found[fault] = len(told(anna, seen))
            anna.sandbox.heal()
            assert "350,00" in (await anna.says("баланс")), f"after {fault} the next question is answered"
        assert {fault: COPIES[fault][network] for fault in found if found[fault] not in COPIES[fault][network]} == {}


@every_network
async def test_an_alert_whose_connection_was_cut_has_one_extra_copy_at_most(network: str, tmp_path: Path) -> None:
    async with troubled(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await s.scan()
        await anna.says("включи уведомления")
        await s.ledger.charge(ACCOUNT, Money(30_000), "Разовая услуга", s.clock.now())
        seen = len(anna.screen)
        anna.sandbox.fail(Fault.CUT, times=5)
        await s.scan()
        for _ in range(8):
            await later(s)
        copies = told(anna, seen)
        assert len({shown.text for shown in copies}) == 1
        assert len(copies) == (1 if network == "vk" else 2)


# ── The token ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def writes(anna: Customer, words: str) -> None:
    """Write, and wait until it is answered as far as can be."""
    s, arrived = anna.stage, anna.stage.arrived
    await anna.sandbox.say(anna.person, words)
    async with asyncio.timeout(20):
        while s.arrived <= arrived:
            s.arrival.clear()
            await s.arrival.wait()
    await tried(s)


@every_network
async def test_a_dead_token_loses_nothing_and_a_new_one_needs_no_restart(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with troubled(tmp_path, [network]) as s:
        anna, boris = s.customer(network), s.customer(network)
        await anna.links("demo")
        await boris.says("привет")  # OK is asked once for each chat whether it is private; in doubt it is not
        before = len(boris.screen)
        revoke(anna.sandbox, monkeypatch)
        seen = len(anna.screen)
        await writes(anna, "баланс")
        await writes(boris, "оператор")
        await later(s)
        assert told(anna, seen) == []

        environ = cast("dict[str, str]", s.app.reread())
        environ[f"{network.upper()}_TIMEOUT"] = "nonsense"  # somebody is just writing the file
        await later(s)
        assert told(anna, seen) == []

        environ |= {f"{network.upper()}_TIMEOUT": "5", **anna.sandbox.settings()}
        for _ in range(3):  # the refused token is tried, the new one taken up, the letters leave
            await later(s)
        assert "350,00" in told(anna, seen)[0].text
        assert "8 800" in told(boris, before)[-1].text
        assert len(told(anna, seen)) == 1
        assert "Долга нет" in await anna.says("долг")


def revoke(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator made a new token: the old one is refused from now on, and `settings` tells the new one."""
    if box.name == "ok":
        box.token += "new"
    else:
        module = f"sandbox.{box.name}.TOKEN"
        old = {"vk": "vk1.a.sandbox-token-sandbox-token", "telegram": "4200000001:AAFsandbox_sandbox_sandbox_sandbox"}
        monkeypatch.setattr(module, old[box.name] + "new")


@every_network
async def test_a_token_that_is_refused_for_a_while_and_not_changed(network: str, tmp_path: Path) -> None:
    async with troubled(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        seen = len(anna.screen)
        anna.sandbox.fail(Fault.REVOKED)
        await writes(anna, "баланс")
        await later(s)
        anna.sandbox.heal()
        await later(s)
        assert "350,00" in told(anna, seen)[0].text
        assert len(told(anna, seen)) == 1


# ── A network that is away ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_dead_network_is_not_felt_on_the_others_and_loses_nothing(tmp_path: Path) -> None:
    """F17. The chat on Telegram, that wanted it last, is to be warned; Telegram cannot be reached."""
    async with troubled(tmp_path, list(NETWORKS)) as s:
        people = {name: s.customer(name) for name in NETWORKS}
        for anna in people.values():
            await anna.links("demo")
        await s.scan()
        for name in ("vk", "ok", "telegram"):
            await people[name].says("включи уведомления")
        seen = {name: len(anna.screen) for name, anna in people.items()}
        away = s.sandboxes["telegram"]
        port = int(re.findall(r":([0-9]+)", away.settings()["TELEGRAM_API_URL"])[0])
        await away.stop()

        await s.ledger.charge(ACCOUNT, Money(30_000), "Разовая услуга", s.clock.now())
        began = asyncio.get_running_loop().time()
        await s.scan()
        assert "долг" in (await people["vk"].says("долг")).lower()
        assert "долг" in (await people["ok"].says("долг")).lower()
        assert asyncio.get_running_loop().time() - began < 10
        assert told(people["telegram"], seen["telegram"]) == []
        for name in ("vk", "ok"):
            assert len(told(people[name], seen[name])) == 1, "what may still arrive goes nowhere else"

        await away.start(port)
        for _ in range(3):
            await later(s)
        alerts = told(people["telegram"], seen["telegram"])
        assert [("50,00" in shown.text) for shown in alerts] == [True]
        assert rows(tmp_path / "stage.db", "SELECT count(*) FROM outbox WHERE status IN (3, 6)") == [(0,)]
