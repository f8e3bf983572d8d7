"""`saldo chat`: the whole program with a terminal as its network, on demo customers and a database of its own.

The database lives as long as the conversation. The linking page is served too, so that every step can be tried.
"""

import asyncio
import hashlib
import logging
import socket
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo

import typer

from adapters.base import Incoming, Receive, Received
from adapters.console import Console
from billing.base import Subject
from billing.demo import demo
from billing.ledger import Ledger
from bot.app import App, build
from bot.demo import CONTACTS
from bot.logs import set_up
from bot.settings import Intake, Mode, NetworkSettings, load
from storage.base import Claim, Finished, GiveConsent, Join
from storage.migrations.run import upgrade

LOOPBACK: Final = "127.0.0.1"


async def run_chat(*, login: str, language: str, source: TextIO = sys.stdin, target: TextIO = sys.stdout) -> None:
    """Talk until the input ends; every line is answered before the next one is read."""
    set_up("console", logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="saldo-chat-") as folder:
        url = f"sqlite:///{Path(folder) / 'chat.db'}"
        await asyncio.to_thread(upgrade, url)
        console = Console(source, target, prompt=source.isatty(), language=language)
        settings = load(
            {},
            public_url=f"http://{LOOPBACK}:{free_port()}",
            database_url=url,
            inner_port=0,
            operator_name="Демо-Телеком",
            contacts=CONTACTS,
            alert_quiet="",
        )
        # Not polled by the program: we read the lines ourselves, one answer at a time.
        line = NetworkSettings("console", Mode.FULL, Intake.WEBHOOK, {})
        app = await build(settings, networks=[(line, console)], reread=dict)
        app.address = (LOOPBACK, int(settings.public_url.rpartition(":")[2]))
        stop, started = asyncio.Event(), asyncio.Event()
        try:
            book = demo(app.clock.now().astimezone(ZoneInfo(settings.default_zone)).date())
            await Ledger(app.storage.database, app.clock.now).load(book)
            if login:
                customer = next((c for c in book.customers if c.login == login), None)
                if customer is None:
                    known = ", ".join(c.login for c in book.customers)
                    typer.echo(f"saldo: no demo customer {login}; there are {known}", err=True)
                    raise typer.Exit(2)
                await join(app, console, Subject(customer.id))
            running = asyncio.create_task(app.run(stop, started))
            await started.wait()
            await console.run(patient(app, app.intake.receiver(console.name)), None)
            stop.set()
            await running
        finally:
            await app.close()


def patient(app: App, receive: Receive) -> Receive:
    """`receive`, and then wait until everything that follows from it has been shown."""

    async def wait(received: Received) -> None:
        await receive(received)
        while any(await app.storage.upkeep.backlog()):  # noqa: ASYNC110 — it is the database that we wait for
            await asyncio.sleep(0.01)

    return wait


async def join(app: App, console: Console, subject: Subject) -> None:
    """Link the console to all open accounts of a customer, as the page and the code would."""
    found = await app.billing.accounts(subject)
    accounts: Sequence[Claim] = [Claim(a.id, a.number, a.holder, a.region) for a in found if a.open]
    now, storage = app.clock.now(), app.storage
    secret = hashlib.sha256(b"console").digest()
    await storage.links.grant(secret, subject.id, accounts, now + timedelta(minutes=1))
    invitation = await storage.links.invitation(secret)
    assert invitation is not None
    await storage.inbox.put(console.name, Received((Incoming("join", console.address, now),)))
    (lane,) = await storage.inbox.claim(1)
    effects = (
        GiveConsent(app.operator.consent_version),
        Join(invitation.id, app.operator.threshold, max(app.operator.max_links, len(accounts))),
    )
    await storage.inbox.finish(Finished(console.address, lane.token, lane.events[0].id, effects=effects))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
