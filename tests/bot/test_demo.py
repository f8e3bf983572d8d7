"""The demo with each billing: the bot asks it over the wire, and says what stands in the operator's book.

Everything is the demo's own: its files, its stand-in server, its page's calls. One network is enough here; all three,
in a browser, are in tests/browser/test_demo.py.
"""

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner
from yarl import URL

from billing.base import Capability, Facts, Money, Scheme, Subject, facts_of
from billing.demo import demo as town
from billing.ledger import Ledger
from billing.position import position
from bot.cli import cli
from bot.demo import EMBEDDED, PERSON, Demo, Files
from handlers.text import Say
from sandbox.base import StandIn
from sandbox.mailbox import Mailbox
from sandbox.ok import OK
from sandbox.registry import BILLINGS, stand_in
from storage.sql import open_storage
from tests.conversations.stage import TODAY, Customer, NetworkClock, RunningClock, Stage, chosen, furnished, hidden
from tests.ports import free_port

HOME = "652100412734"  # of the login `demo`
EVERY_BILLING = pytest.mark.parametrize("billing", BILLINGS)  # of the ledger: tests/browser/test_demo.py


class Brisk(OK):
    """Odnoklassniki without a pause between two messages to one chat."""

    def settings(self) -> Mapping[str, str]:
        return {**super().settings(), "OK_CHAT_PAUSE": "0", "OK_PAUSE": "0.001"}


class DemoStage(Stage):
    house: StandIn | None

    async def page(self, url: str, login: str, password: str) -> str:
        """A browser without JavaScript; it may be led to the operator's own sign-in page and back."""
        origin = {"Origin": self.app.settings.public_url}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            answer, typed = await browser.get(url), {"login": login, "password": password}
            text = await answer.text()
            if "sign-in" in text:
                leaving = await browser.post(action(answer.url, text), data=hidden(text), headers=origin)
                away = re.search(r'class="button" href="([^"]+)"', await leaving.text())
                assert away
                answer = await browser.get(unescape(away[1]))
                text = await answer.text()
                typed["verdict"] = "allow"
            data = {**hidden(text), **typed}
            answer = await browser.post(action(answer.url, text), data=data, headers=origin)
            text = await answer.text()
            data = [*hidden(text).items(), *chosen(text)]
            text = await (await browser.post(answer.url, data=data, headers=origin)).text()
            found = re.search(r'<span id="code"[^>]*>([A-Z0-9]{6})</span>', text)
            assert found, text
            return found[1]

    async def operator(self, what: str, **order: str) -> dict[str, object]:
        """A deed at the operator's pane, or, without an order, what it shows."""
        url = f"{self.app.settings.public_url}/operator/{what}"
        async with aiohttp.ClientSession(headers={"X-Desk": "1"}) as pane:
            call = pane.post(url, json=order) if order else pane.get(url)
            async with call as answer:
                assert answer.status == 200, await answer.text()
                told: dict[str, object] = await answer.json()
        await self.quiet()
        return told

    async def own(self) -> str:
        """What the operator's book says of demo's own money, as it is written."""
        return Say.at(self.clock.now(), "ru", "Europe/Moscow").money((await self.ledger.balance(HOME)).own)


def action(base: URL, page: str) -> URL:
    found = re.search(r'<form method="post" action="([^"]*)"', page)
    assert found, page
    return base.join(URL(found[1]))


@asynccontextmanager
async def demo(folder: Path, billing: str) -> AsyncIterator[DemoStage]:
    files = Files(folder, billing)
    if not files.base.exists():
        files.base.write_bytes(await furnished(folder))
    await asyncio.to_thread(files.make_ready, False)
    clock, networks = RunningClock(TODAY), NetworkClock()
    storage = open_storage(files.url, clock)
    ledger = Ledger(storage.database, clock.now)
    house = None if billing == EMBEDDED else stand_in(billing, ledger, now=clock.now)
    sandboxes, mailbox = {"ok": Brisk(clock=networks)}, Mailbox(clock.now)
    servers = [mailbox, *sandboxes.values(), *([house] if house else ())]
    await asyncio.gather(*(one.start() for one in servers))
    port = free_port()
    stop, started, usable = asyncio.Event(), asyncio.Event(), asyncio.Event()
    app = await Demo(port, files, storage, clock, ledger, house).assemble(sandboxes, mailbox, usable)
    running = asyncio.create_task(app.run(stop, started))
    try:
        ready = asyncio.create_task(started.wait())
        await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        await app.prepare()
        usable.set()
        made = DemoStage(app, ledger, sandboxes, clock, networks, mailbox)
        made.house = house
        made.watch()
        yield made
        assert sandboxes["ok"].violations == ()
        assert getattr(house, "violations", []) == []
    finally:
        stop.set()
        await asyncio.gather(running, return_exceptions=True)
        await app.close()
        await asyncio.gather(*(one.stop() for one in servers))
        await ledger.close()


async def everybody(s: DemoStage) -> AsyncIterator[tuple[str, Facts, Facts]]:
    """Every account of the town: what the book says of it, and what came over the wire."""
    for customer in town(TODAY.date()).customers:
        for n, account in enumerate(await s.ledger.accounts(Subject(customer.id))):
            login, id = customer.login, account.id
            facts = await s.ledger.facts(id)
            if s.house is not None:
                login, id = s.house.login(login, n), s.house.known_as(id)
            if s.app.billing.name == "abills":
                assert await s.app.billing.authenticate(login, customer.login) == Subject(id)
                facts = as_deposit(facts)
            yield login, facts, await facts_of(s.app.billing, id)


def as_deposit(facts: Facts) -> Facts:
    """ABillS settles one way: what is unpaid on bills was taken from own money at once."""
    if facts.account.scheme is Scheme.ADVANCE:
        return facts
    unpaid = sum((bill.remaining for bill in facts.bills), Money(0))
    balance = replace(facts.balance, own=facts.balance.own - unpaid)
    return replace(facts, account=replace(facts.account, scheme=Scheme.ADVANCE), balance=balance)


def figures(facts: Facts) -> tuple[object, ...]:
    """Everything about money that a screen shows."""
    stand = position(facts.account, facts.balance, facts.bills, facts.services, TODAY.date())
    services = sorted((one.kind, one.status, one.fee) for one in stand.services)
    return (
        facts.account.number.lstrip("0"),
        stand.own,
        stand.overdue,
        stand.issued,
        (stand.promised, stand.promised_until),
        (stand.to_pay, stand.pay_by, stand.lasts_until),
        services,
    )


@EVERY_BILLING
async def test_what_the_book_says_is_asked_for_by_wire_and_told_by_the_bot(tmp_path: Path, billing: str) -> None:
    async with demo(tmp_path, billing) as s:
        anna = Customer(s, "ok", PERSON)
        await anna.starts()
        await anna.links("demo")
        assert f"Баланс {await s.own()}" in await anna.says("баланс")
        assert s.house is None or sum(s.house.calls.values())  # type: ignore[attr-defined]

        await anna.says("уведомления")
        await anna.presses("Включить")
        told = await s.operator("charge", account=HOME, rubles="300")
        assert told["alerts"], told
        assert await s.own() in anna.last.text, "the alert names what the book says now"
        assert f"Баланс {await s.own()}" in await anna.says("баланс")
        told = await s.operator("pay", account=HOME, rubles="700,55")
        assert await s.own() in anna.last.text
        shown = await s.operator(f"accounts/{HOME}")
        assert shown["chats"], "the pane knows the chat, whatever the account's id is to the bot"

    async with demo(tmp_path, billing) as s:  # the key of before opens what was kept
        anna = Customer(s, "ok", PERSON)
        assert f"Баланс {await s.own()}" in await anna.says("баланс")
        for login, here, there in [one async for one in everybody(s)]:
            assert figures(there) == figures(here), login

        # The page says whom the bot asks, and of which deeds the bot will not hear.
        page = await s.operator("billing")
        settings = "" if s.house is None else " ".join(s.house.settings().values())
        assert (page["name"], str(page["address"] or "") in settings) == (billing, True)
        deaf = {"bill": Capability.BILLS, "outage": Capability.OUTAGES, "subscribe": Capability.DETAILS}
        for what, capability in deaf.items():
            told = await s.operator(what, account=HOME, rubles="1")
            assert (told["why"] == "unheard") == (capability not in s.app.billing.can), what
            assert (what in str(page["unheard"])) == (told["why"] == "unheard"), what


def test_each_billing_has_files_of_its_own_and_a_key_that_lasts(tmp_path: Path) -> None:
    every = [Files(tmp_path, billing) for billing in (EMBEDDED, *BILLINGS)]
    assert len({path for one in every for path in (one.base, one.chats, one.key)}) == 3 * len(every)
    files = every[-1]
    files.make_ready(False)
    key = files.key.read_text()
    assert (len(key) >= 32, stat.S_IMODE(files.key.stat().st_mode)) == (True, 0o600)
    files.make_ready(False)
    assert files.key.read_text() == key
    files.make_ready(True)
    assert files.key.read_text() != key


def test_another_billing_is_refused_by_name(tmp_path: Path) -> None:
    said = CliRunner().invoke(cli, ["demo", "--billing", "sap", "--folder", str(tmp_path / "demo")])
    assert (said.exit_code, said.stderr) == (2, "saldo: demo: BILLING is one of ledger, tmf, abills\n")
    assert not (tmp_path / "demo").exists()
