"""The demo: the whole program against three sandboxes, on one loopback address, with demo customers.

Everything is real but the networks' servers and the operator's book: the adapters speak their wire protocols to
sandbox/, the linking page and the hooks are the ones of `saldo run`, the database is a file that the next start finds
again. The operator's pane writes to the embedded ledger and then lets the low-balance scan look at once.
"""

import asyncio
import logging
import signal
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import typer
from aiohttp import web

from billing.base import BillingError, Money, Subject
from billing.demo import demo
from billing.ledger import Book, Ledger
from bot.app import App, build
from bot.logs import set_up
from bot.settings import load, networks
from handlers.ask import Contact
from handlers.text import Say
from sandbox.base import Sandbox
from sandbox.desk import OWN, add_desk, body
from sandbox.registry import NETWORKS, sandbox
from storage.migrations.run import upgrade

PERSON: Final = "1001"
LOOPBACK: Final = "127.0.0.1"
CONTACTS: Final = (
    Contact("Техподдержка", "8 800 100-00-00", "24/7"),
    Contact("Справочная", "8 800 100-00-01", "8:00–20:00"),
)


async def run_demo(*, port: int, reset: bool, folder: Path) -> None:
    """Serve the demo until Ctrl-C or SIGTERM. Raises OSError when the port is taken."""
    set_up("console", logging.WARNING)
    await reserve(port)
    file = folder / "demo.db"
    url = f"sqlite:///{file}"
    await asyncio.to_thread(make_ready, file, url, reset)

    sandboxes = {name: sandbox(name) for name in NETWORKS}
    for one in sandboxes.values():
        await one.start()
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    try:
        app = await assemble(url, port, sandboxes)
        try:
            started = asyncio.Event()
            running = asyncio.create_task(app.run(stop, started))
            ready = asyncio.create_task(started.wait())
            await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
            if started.is_set():
                typer.echo(f"Saldo is on http://{LOOPBACK}:{port}  (Ctrl-C stops it; the data stays in {file})")
            await running
            ready.cancel()
        finally:
            await app.close()
    finally:
        for one in sandboxes.values():
            await one.stop()
    typer.echo("Stopped.")


def make_ready(file: Path, url: str, reset: bool) -> None:
    """A database of this version at `file`: the kept one, or a new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if reset:
        for leftover in file.parent.glob(f"{file.name}*"):
            leftover.unlink()
    upgrade(url)


async def reserve(port: int) -> None:
    """Raises OSError at once when the port is taken, before anything else is started or changed."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)
    server.close()
    await server.wait_closed()


async def assemble(url: str, port: int, sandboxes: Mapping[str, Sandbox]) -> App:
    """The program on started sandboxes, with the demo's book and page."""
    environ: dict[str, str] = {}
    for name, one in sandboxes.items():
        environ |= {**one.settings(), f"{name.upper()}_INTAKE": "webhook"}
    settings = load(
        {},
        public_url=f"http://{LOOPBACK}:{port}",
        host=LOOPBACK,
        port=port,
        inner_port=0,
        database_url=url,
        operator_name="Демо-Телеком",
        pay_url="https://pay.example/?account={account}&sum={sum}",
        contacts=CONTACTS,
        alert_quiet="",  # whoever tries the demo at night wants to see the alert
    )
    app = await build(settings, reread=lambda: environ)
    ledger = Ledger(app.storage.database, app.clock.now)
    book = demo(app.clock.now().astimezone(ZoneInfo(settings.default_zone)).date())
    await ledger.load(book)
    app.extra.append(lambda outer: add_desk(outer, sandboxes, PERSON))
    app.extra.append(lambda outer: add_operator(outer, app, ledger, book))
    assert {n.name for n in networks(environ, settings.public_url)} == set(sandboxes)
    return app


def add_operator(outer: web.Application, app: App, ledger: Ledger, book: Book) -> None:
    """The operator's pane: the demo customers, and money in and out of their accounts."""

    async def customers(_: web.Request) -> web.Response:
        say = Say.at(app.clock.now(), "ru", app.settings.default_zone)
        rows: list[dict[str, Any]] = []
        for one in book.customers:
            for account in await ledger.accounts(Subject(one.id)):
                balance = await ledger.balance(account.id)
                chats = await app.storage.links.chats(account.id)
                rows.append(
                    {
                        "login": one.login,
                        "account": account.id,
                        "number": account.number,
                        "holder": account.holder,
                        "balance": say.money(balance.own),
                        "chats": sorted({chat.network for chat in chats}),
                    }
                )
        return web.json_response(rows)

    async def move(request: web.Request) -> web.Response:
        if OWN not in request.headers:
            raise web.HTTPForbidden
        order = await body(request)
        try:
            kopecks = int(Decimal(order.get("rubles", "").replace(",", ".").replace(" ", "")) * 100)
        except (InvalidOperation, ValueError, OverflowError):
            return web.json_response({"error": "сумма"}, status=400)
        if not 0 < kopecks <= 100_000_000:
            return web.json_response({"error": "сумма"}, status=400)
        account, now = order.get("account", ""), app.clock.now()
        try:
            await apply(request.match_info["what"], account, Money(kopecks), now)
            alerts = await app.schedule.scan_now()
        except BillingError as error:
            return web.json_response({"error": type(error).__name__}, status=409)
        return web.json_response({"alerts": alerts})

    async def apply(what: str, account: str, amount: Money, now: datetime) -> None:
        if what == "charge":
            await ledger.charge(account, amount, "Разовая услуга", now)
        elif what == "pay":
            await ledger.pay(account, amount, "Банковская карта", now)
        else:
            raise web.HTTPNotFound

    outer.router.add_get("/operator/customers", customers)
    outer.router.add_post("/operator/{what}", move)
