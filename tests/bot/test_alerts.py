"""`saldo alerts` and `saldo audit`, beside a running program: what they show, and what they change."""

import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.base import Address
from billing.base import Changes
from billing.demo import demo
from billing.ledger import Ledger
from bot import alerts, audit
from bot.settings import Settings, load
from storage.base import Saw, Storage
from storage.clock import SystemClock
from storage.sql import open_storage
from tests.bot.parts import ANNA, BORIS, HEED, link, turn

NUMBERS = ("vk", "telegram", "ok")


@pytest.fixture
async def settings(database_url: str) -> AsyncIterator[Settings]:
    """A town whose demo customers are linked; on SQLite the program itself holds the file."""
    clock = SystemClock()
    storage = open_storage(database_url, clock)
    try:
        await town(storage, clock)
        yield load({}, database_url=database_url.replace("postgresql://", "postgresql+asyncpg://"))
    finally:
        await storage.close()


async def town(storage: Storage, clock: SystemClock) -> None:
    ledger = Ledger(storage.database, clock.now)
    book = demo(clock.now().date())
    await ledger.load(book)
    for n, opened in enumerate(book.accounts):
        person = Address(NUMBERS[n % 3], str(100 + n))
        await link(storage, clock, person, opened.account.id, alerts=True)
    page = await ledger.changes(None, 1000)
    await storage.watches.observe(Changes(page.funds, page.cursor, False), HEED)
    for name in NUMBERS:
        await storage.outbox.pace(name, 1000, 1000, 0)


async def test_a_preview_counts_draws_and_changes_nothing(settings: Settings) -> None:
    first, second = await alerts.preview(settings, 2), await alerts.preview(settings, 2)
    assert first.counts == second.counts
    assert sum(sum(kinds.values()) for kinds in first.counts.values()) > 0
    assert first.watched > 0
    assert first.scanned_at is not None
    shown = [one for one in first.samples if one.text]
    assert {one.network for one in shown} == set(NUMBERS), "as each network draws them"
    assert all(seconds > 0 for seconds in first.seconds.values())
    for name, kinds in first.counts.items():
        calls = -(-sum(kinds.values()) // (25 if name == "vk" else 1))  # VK shows 25 letters in one call
        assert first.seconds[name] == calls / alerts.limits(name).pace.per_second
    out = io.StringIO()
    alerts.show_preview(first, out, as_json=False)
    assert shown[0].text.splitlines()[0] in out.getvalue()
    machine = io.StringIO()
    alerts.show_preview(first, machine, as_json=True)
    assert json.loads(machine.getvalue())["watched"] == first.watched


async def test_stop_and_start(settings: Settings) -> None:
    assert (await alerts.status(settings)).hold is None
    assert await alerts.stop(settings, "a wrong price list")
    assert not await alerts.stop(settings, "again")
    found = await alerts.status(settings)
    assert found.hold is not None
    assert found.hold.reason == "a wrong price list"
    out = io.StringIO()
    alerts.show_status(found, out, as_json=False)
    assert "a wrong price list" in out.getvalue()
    machine = io.StringIO()
    alerts.show_status(found, machine, as_json=True)
    assert json.loads(machine.getvalue())["hold"]["by"] == alerts.person()
    assert await alerts.start(settings)
    assert not await alerts.start(settings)
    assert await alerts.widen(settings, 100) is None
    assert await alerts.drop(settings) is None


async def test_P4_the_audit_names_who_saw_an_account(database_url: str, settings: Settings) -> None:
    clock = SystemClock()
    storage = open_storage(database_url, clock, beside=True)
    try:
        await link(storage, clock, ANNA, "seen")
        await turn(storage, clock, ANNA, (Saw("seen", "balance", {"own": 35000}, "ru-1"),))
        await turn(storage, clock, BORIS, (Saw("seen", "debt", {"overdue": 1}, "en-1"),))
        [number] = {one.number for one in await storage.links.links(ANNA)}
    finally:
        await storage.close()
    rows = await audit.shown(settings, number, None, None, 100)
    assert [row.question for row in rows] == ["debt", "balance"]
    assert await audit.shown(settings, "seen", clock.now() + timedelta(minutes=1), None, 100) == ()
    out, machine = io.StringIO(), io.StringIO()
    audit.show(rows, out, as_json=False)
    assert "own 35000" in out.getvalue()
    audit.show(rows, machine, as_json=True)
    told = [json.loads(line) for line in machine.getvalue().splitlines()]
    assert [(one["chat"], one["figures"], one["words"]) for one in told] == [
        (str(BORIS), {"overdue": 1}, "en-1"),
        (str(ANNA), {"own": 35000}, "ru-1"),
    ]


def test_the_installed_sentences_are_fine() -> None:
    assert alerts.faults() == []
