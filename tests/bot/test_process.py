"""The program as processes: killed at random moments, told to stop, started twice, run side by side."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Address
from billing.base import Money
from billing.demo import demo
from billing.ledger import Ledger
from sandbox.base import Fault, Sandbox
from sandbox.registry import NETWORKS, sandbox
from storage.clock import SystemClock
from storage.sql import open_storage
from tests.bot.parts import link, rows
from tests.bot.processes import WITHIN, Nursery, front, nursery, says
from tests.ports import free_port

KILLS = 10
ACCOUNT = "652100412734"  # of the demo customer


@pytest.fixture(scope="module")
def house() -> Iterator[Nursery]:
    with nursery() as made:
        yield made


@pytest.fixture
def nurse(house: Nursery) -> Iterator[Nursery]:
    yield house
    house.empty()


@asynccontextmanager
async def networks(*, processes: int = 1) -> AsyncIterator[dict[str, Sandbox]]:
    """All sandboxes, that deliver again soon and hasten their limits' clocks, as the stage does.

    Of several `processes` that start at once, one may set Telegram's webhook just after the other: it is told to wait.
    """

    def hasty(most: float) -> Any:
        return lambda seconds: asyncio.sleep(min(seconds, most))

    # VK tries six times and gives up: its pauses must outlast a restart.
    boxes = {
        name: sandbox(name, clock=lambda: time.monotonic() * 20, sleep=hasty(2.0 if name == "vk" else 0.2))
        for name in NETWORKS
    }
    for box in boxes.values():
        await box.start()
    try:
        yield boxes
        at_once = {"setwebhook: webhook set twice within a second"} if processes > 1 else set()
        told = {name: set(box.violations) - at_once for name, box in boxes.items()}
        assert {name: violations for name, violations in told.items() if violations} == {}
    finally:
        for box in boxes.values():
            await box.stop()


def environ(boxes: Mapping[str, Sandbox], url: str, port: int, public: int = 0, **more: str) -> dict[str, str]:
    settings: dict[str, str] = {}
    for name, box in boxes.items():
        settings |= {**box.settings(), f"{name.upper()}_INTAKE": "webhook"}
    return settings | {
        "DATABASE_URL": url.replace("postgresql://", "postgresql+asyncpg://"),
        "PUBLIC_URL": f"http://127.0.0.1:{public or port}",
        "PORT": str(port),
        "INNER_PORT": "0",
        "ALERT_QUIET": "",
        "TELEGRAM_PER_CHAT": "0",
        "OK_CHAT_PAUSE": "0",
        "CONTACTS": '[{"title": "Техподдержка", "phone": "8 800 100-00-00"}]',
        **more,
    }


async def hooked(boxes: Mapping[str, Any]) -> None:
    """Until every network knows where to post."""
    async with asyncio.timeout(WITHIN):
        while not (  # noqa: ASYNC110 — another process does it
            any(server.status == "ok" and server.events for server in boxes["vk"]._servers.values())
            and "setwebhook" in boxes["telegram"].calls
            and boxes["ok"].webhooks
        ):
            await asyncio.sleep(0.02)


def answers(boxes: Mapping[str, Sandbox], people: Mapping[str, str]) -> Counter[str]:
    """person: how often an answer stands on the screen."""
    return Counter(
        {
            person: sum("8 800" in shown.text for shown in boxes[name].chat(person) if not shown.mine)
            for person, name in people.items()
        }
    )


async def until_answered(boxes: Mapping[str, Sandbox], people: Mapping[str, str], within: float = 30) -> Counter[str]:
    """Wait for everybody's answer, or until nobody's has come for `within` seconds."""
    while not all((found := answers(boxes, people)).values()):
        waiting = [asyncio.create_task(box.changed(box.version, within)) for box in boxes.values()]
        if answers(boxes, people) == found:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            silent = all(isinstance(one.exception(), TimeoutError) for one in done)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if silent:
            return found
    return found


# ── F1, F2: SIGKILL ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_f1_killed_at_random_moments(nurse: Nursery, sqlite_url: str, tmp_path: Path) -> None:
    """Whoever was heard is answered; once in our books; on VK seen once, elsewhere once at most."""
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    log, port = tmp_path / "log", free_port()
    async with networks() as boxes:
        settings = environ(boxes, sqlite_url, port)
        people: dict[str, str] = {}

        async def talk() -> None:
            for number in range(10_000):
                name = list(NETWORKS)[number % 3]
                people[str(5000 + number)] = name
                await boxes[name].say(str(5000 + number), "оператор")
                await asyncio.sleep(dice.uniform(0.0, 0.1))

        process = nurse.start(tmp_path, settings, log)
        await hooked(boxes)
        talking = asyncio.create_task(talk())
        for kill in range(KILLS):
            await asyncio.sleep(dice.uniform(0.05, 0.6))  # the moment is what is tried
            os.kill(process, signal.SIGKILL)
            assert await nurse.ended(process) == -signal.SIGKILL
            process = nurse.start(tmp_path, settings, log)
            if kill % 3:  # sometimes it is killed while it starts
                await says(log, '"ready"', times=1)
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        found = await until_answered(boxes, people, within=8)
        os.kill(process, signal.SIGTERM)
        assert await nurse.ended(process) == 0

    told = f"seed {seed}, {len(people)} messages"
    uncertain = dict(rows(sqlite_url, "SELECT network, count(*) FROM outbox WHERE status = 6 GROUP BY network"))
    heard = rows(sqlite_url, "SELECT count(*) FROM inbox")[0][0]
    assert heard == len(people), told
    silent = Counter(people[person] for person, times in found.items() if times == 0)
    twice = {person: times for person, times in found.items() if times > 1}
    assert twice == {}, told
    assert silent["vk"] == 0, told
    # Where nothing drops a repeat, an answer that may have been shown is not sent again: it is counted instead.
    assert all(silent[name] <= uncertain.get(name, 0) for name in ("telegram", "ok")), (told, silent, uncertain)
    assert rows(sqlite_url, "SELECT count(*) FROM inbox WHERE done IS NULL") == [(0,)], told
    assert rows(sqlite_url, "SELECT count(*) FROM outbox WHERE dedupe LIKE 'r:%'") == [(heard,)], told
    assert rows(sqlite_url, "SELECT count(*) FROM dead") == [(0,)], told
    assert rows(sqlite_url, "PRAGMA integrity_check") == [("ok",)]


# ── F3: SIGTERM ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_f3_told_to_stop_it_ends_well_within_25_seconds(sqlite_url: str, tmp_path: Path) -> None:
    """Also while a network has taken a letter and does not answer, and with messages still coming in."""
    log, port = tmp_path / "log", free_port()
    async with networks() as boxes:
        settings = environ(boxes, sqlite_url, port, VK_TIMEOUT="4")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: ASYNC220 — a hundredth of a second
                [sys.executable, "-m", "bot", "run"],
                cwd=tmp_path,
                env={**os.environ, **settings},
                stdout=output,
                stderr=output,
            )
        await hooked(boxes)
        boxes["vk"].fail(Fault.SILENT)
        boxes["telegram"].fail(Fault.SILENT)
        people = {str(5000 + n): list(NETWORKS)[n % 3] for n in range(12)}
        version = boxes["ok"].version
        for person, name in people.items():
            await boxes[name].say(person, "оператор")
        while not any(answers(boxes, {p: n for p, n in people.items() if n == "ok"}).values()):
            version = await boxes["ok"].changed(version)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0, log.read_text()
        assert time.monotonic() - began < 25
        assert "Traceback" not in log.read_text()
    leased = rows(sqlite_url, "SELECT network, count(*) FROM outbox WHERE status = 1 GROUP BY network")
    assert dict(leased) in ({}, {"vk": 1}, {"telegram": 1}, {"vk": 1, "telegram": 1}), "only what was not answered"
    assert rows(sqlite_url, "SELECT count(*) FROM lanes WHERE lease_until > 0") == [(0,)]


# ── F12: more than one ────────────────────────────────────────────────────────────────────────────────────────────


async def test_f12_a_second_process_on_one_sqlite_file_is_refused(
    nurse: Nursery, sqlite_url: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    async with networks() as boxes:
        one = nurse.start(tmp_path, environ(boxes, sqlite_url, free_port()), first)
        await says(first, '"ready"')
        two = nurse.start(tmp_path, environ(boxes, sqlite_url, free_port()), second)
        assert await nurse.ended(two) == 1, "another start may find it free"
        (line,) = second.read_text().splitlines()
        assert line.startswith("saldo: database: ")
        assert "in use by another process" in line
        os.kill(one, signal.SIGTERM)
        assert await nurse.ended(one) == 0


async def test_f12_two_processes_on_postgresql(postgres_url: str, nurse: Nursery, tmp_path: Path) -> None:
    """Behind one address, and both scan: every message is answered once, one episode is told once."""
    ports, logs = [free_port(), free_port()], [tmp_path / "one", tmp_path / "two"]
    async with networks(processes=2) as boxes, front(ports) as public:
        storage = open_storage(postgres_url, SystemClock())
        ledger = Ledger(storage.database, SystemClock().now)
        await ledger.load(demo(SystemClock().now().date()))
        warned = Address("vk", boxes["vk"].chat_id("7"))
        await link(storage, SystemClock(), warned, ACCOUNT, alerts=True)
        await ledger.charge(ACCOUNT, Money(30_000), "Разовая услуга", SystemClock().now())

        settings = [environ(boxes, postgres_url, port, public) for port in ports]
        both = [nurse.start(tmp_path, one, log) for one, log in zip(settings, logs, strict=True)]
        for log in logs:
            await says(log, '"ready"')
        await hooked(boxes)
        people = {str(5000 + n): list(NETWORKS)[n % 3] for n in range(45)}
        for person, name in people.items():
            await boxes[name].say(person, "оператор")
        found = await until_answered(boxes, people)
        boxes["vk"].redeliver()
        version = boxes["vk"].version
        while not boxes["vk"].chat("7"):
            version = await boxes["vk"].changed(version, 30)
        for process in both:
            os.kill(process, signal.SIGTERM)
        assert [await nurse.ended(process) for process in both] == [0, 0]
        assert set(found.values()) == {1}
        assert set(answers(boxes, people).values()) == {1}
        assert len(boxes["vk"].chat("7")) == 1
        assert await storage.upkeep.backlog() == (0, 0)
        await storage.close()


async def test_f12_one_of_two_is_killed(postgres_url: str, nurse: Nursery, tmp_path: Path) -> None:
    """What the dead one had in hand is taken over when its lease ends; nothing is seen twice on VK."""
    ports, logs = [free_port(), free_port()], [tmp_path / "one", tmp_path / "two"]
    async with networks(processes=2) as boxes, front(ports) as public:
        settings = [environ(boxes, postgres_url, port, public) for port in ports]
        first, second = (nurse.start(tmp_path, one, log) for one, log in zip(settings, logs, strict=True))
        for log in logs:
            await says(log, '"ready"')
        await hooked(boxes)
        people = {str(5000 + n): "vk" for n in range(30)}
        for number, person in enumerate(people):
            await boxes["vk"].say(person, "оператор")
            if number == 15:
                os.kill(first, signal.SIGKILL)
                assert await nurse.ended(first) == -signal.SIGKILL
        found = await until_answered(boxes, people, within=50)
        os.kill(second, signal.SIGTERM)
        assert await nurse.ended(second) == 0
        assert set(found.values()) == {1}
