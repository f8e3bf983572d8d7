"""The demo: the whole program against three sandboxes, on one loopback address, with demo customers.

Everything is real but the networks' servers and the operator's book: the adapters speak their wire protocols to
sandbox/, the linking page and the hooks are the ones of `saldo run`. The operator's pane writes to the embedded ledger
and then lets the low-balance scan look at once.

    BILLING=ledger    the bot asks the ledger itself
    BILLING=tmf       it asks TM Forum Open APIs, BILLING=abills: ABillS. A stand-in server in sandbox/ tells over the
                      wire what stands in the ledger, which is the operator's book there and nobody else reads

    GET  /operator/billing            whom the bot asks, where, and which deeds such a billing tells nobody of
    GET  /operator/customers          who there is
    GET  /operator/accounts/<id>      number, balance, debt, payments on their way, what does not work, chats
    POST /operator/<deed>             {"account", "rubles", "language"}: what it led to

    charge, pay        money moves by `rubles`
    seen, arrive       a payment of `rubles` that is not credited yet; all such are credited
    bill               a bill of `rubles` is issued
    unusual            a charge that the account has never seen the like of
    subscribe          a paid subscription is connected
    stop, unblock      services that work stand still for debt; those that stand still for debt are on again
    outage, restore    a fault begins at the account's address; what is wrong there now is over

The next start finds three files: demo.db, which is ours, demo.key, which opens what is sealed in it, and demo.chats,
which is what the networks would remember. Each BILLING has its own: accounts have other ids in each (demo-tmf.db, …).
"""

import asyncio
import gc
import logging
import os
import secrets
import signal
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import structlog
import typer
from aiohttp import web

from billing.base import (
    Account,
    Bill,
    BillingError,
    Capability,
    Gone,
    Money,
    Option,
    Outage,
    Payment,
    Period,
    Remote,
    Scheme,
    Service,
    Status,
    Subject,
)
from billing.demo import demo
from billing.ledger import Book, Ledger
from billing.position import position
from bot.app import App, build
from bot.logs import set_up
from bot.settings import load
from handlers.amounts import amount
from handlers.ask import Contact
from handlers.text import LANGUAGES, Say
from sandbox.base import Sandbox, StandIn
from sandbox.desk import MAIL, OWN, add_desk, body
from sandbox.mailbox import Mailbox
from sandbox.registry import NETWORKS, sandbox, stand_in
from storage.base import Storage, Watch
from storage.clock import Clock, SystemClock
from storage.database import lock_file
from storage.migrations.run import upgrade
from storage.sql import open_storage

EMBEDDED: Final = "ledger"  # the billing that needs nobody to tell of it
PERSON: Final = "1001"
LOOPBACK: Final = "127.0.0.1"
CONTACTS: Final = (
    Contact("Техподдержка", "8 800 100-00-00", "24/7"),
    Contact("Справочная", "8 800 100-00-01", "8:00–20:00"),
    Contact("Автоинформатор Тюмени", "3452 75-60-60", "24/7", "Тюменская область"),
    Contact("Офис в Тюмени", "3452 75-60-61", "9:00–20:00", "Тюменская область"),
    Contact("Автоинформатор Москвы", "495 000-00-44", "24/7", "Москва"),
    Contact("Автоинформатор Екатеринбурга", "343 000-00-44", "24/7", "Свердловская область"),
    Contact("Автоинформатор Камчатки", "4152 00-00-44", "24/7", "Камчатский край"),
)
# A payee in form: the check digits of its account, bank and INN fit nobody.
PAYEE: Final = {
    "payee_name": "АО «Демо-Телеком»",
    "payee_account": "40702810000000000000",
    "payee_bank": "Банк «Демонстрационный»",
    "payee_bic": "040000000",
    "payee_corr_account": "30101810000000000000",
    "payee_inn": "7700000000",
    "payee_kpp": "770001001",
}
MOST: Final = 100_000_000  # kopecks in one go: a million rubles
MOVES: Final = ("charge", "pay", "seen", "bill")  # of a sum
DEEDS: Final = ("arrive", "outage", "restore", "unblock", "stop", "subscribe", "unusual")  # the others
# The book is the operator's, and so are its words.
STRANGE: Final = ("Международный роуминг", "Звонки на платные номера", "Контент-услуги партнёров", "Выезд бригады")
STRANGE_SUM: Final = 249_000  # kopecks: more than a fifth of what anybody in the town pays in a month
OFFERS: Final = (("Подписка «Кино и сериалы»", 29_900), ("Подписка «Музыка»", 16_900), ("Облако 100 ГБ", 14_900))
# Without it a billing tells nobody of the deed.
TOLD_BY: Final = {
    "bill": Capability.BILLS,
    "subscribe": Capability.DETAILS,
    "outage": Capability.OUTAGES,
    "restore": Capability.OUTAGES,
}
# What is kept for minutes, unless money moved (billing.abills): the bot knows it by then.
LATER: Final = {"abills": frozenset({"stop", "unblock"})}
EVENTS: Final = frozenset({"bill", "unusual", "subscribe", "stop", "unblock"})  # the ledger's feed tells of each
# What the stand-in has, and the length of the town's account numbers: ABillS loses the zeros that they begin with.
ABILLS: Final = {"ABILLS_MODULES": "credit, docs, voip", "ABILLS_DIGITS": "12"}
DUE_DAYS: Final = 20  # from the day on which a bill is issued
BY_CARD: Final = "Банковская карта"
FAULT: Final = "Повреждён кабель на улице, бригада работает"
REPAIR: Final = timedelta(hours=4)
ON_THEIR_WAY: Final = 60  # days back in which a payment that is not credited is looked for

log = structlog.get_logger()


@runtime_checkable
class Keeper(Protocol):
    """What goes on from where it was at the last start."""

    def keep(self) -> bytes: ...

    def recall(self, kept: bytes) -> None: ...


async def run_demo(*, port: int, reset: bool, folder: Path, billing: str = EMBEDDED) -> None:
    """Serve the demo until Ctrl-C, SIGTERM or a closed terminal. `billing`: whom the bot asks.

    Raises OSError: the port is taken, or the folder is not ours to write; StorageError: another demo uses the folder;
    SettingsError: the kept key is none. None of them changes anything.
    """
    set_up("console", logging.WARNING)
    await reserve(port)
    files = Files(folder, billing)
    await asyncio.to_thread(files.make_ready, reset)

    clock = SystemClock()
    storage = open_storage(files.url, clock)
    ledger = Ledger(storage.database, clock.now)
    house = None if billing == EMBEDDED else stand_in(billing, ledger, now=clock.now)
    sandboxes = {name: sandbox(name) for name in NETWORKS}
    mailbox = Mailbox()
    keepers: dict[str, Keeper] = {**sandboxes, MAIL: mailbox}
    if isinstance(house, Keeper):
        keepers[billing] = house
    recall(files.chats, keepers)
    servers = [mailbox, *sandboxes.values(), *([house] if house else ())]
    stop, started, usable = asyncio.Event(), asyncio.Event(), asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    try:
        await asyncio.gather(*(one.start() for one in servers))
        gc.disable()  # of aiogram's start a third goes into looking through what lives for ever
        try:
            demo = Demo(port, files, storage, clock, ledger, house)
            app = await demo.assemble(sandboxes, mailbox, usable)
        finally:
            gc.enable()
        try:
            running = asyncio.create_task(app.run(stop, started))
            ready = asyncio.create_task(started.wait())
            await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
            if started.is_set():
                await app.prepare()
                usable.set()
                typer.echo(f"Saldo is on http://{LOOPBACK}:{port}  (Ctrl-C stops it; the data stays in {folder})")
            ready.cancel()
            await running
        finally:
            await app.close()
    finally:
        await asyncio.gather(*(one.stop() for one in servers))
        await ledger.close()
    keep(files.chats, keepers)
    typer.echo("Stopped.")


class Files:
    """What a demo leaves in its folder."""

    def __init__(self, folder: Path, billing: str) -> None:
        stem = "demo" if billing == EMBEDDED else f"demo-{billing}"
        self.base, self.chats, self.key = (folder / f"{stem}.{end}" for end in ("db", "chats", "key"))
        self.url = f"sqlite:///{self.base}"

    def make_ready(self, reset: bool) -> None:
        """A database of this version, and a key: the kept ones, or new ones."""
        self.base.parent.mkdir(parents=True, exist_ok=True)
        if reset:
            with open(lock_file(self.base)):  # nobody's data is taken away while he uses it
                beside = (self.base.with_name(f"{self.base.name}-{end}") for end in ("wal", "shm"))
                for old in (self.base, *beside, self.chats, self.key):
                    old.unlink(missing_ok=True)
        upgrade(self.url)
        if not self.key.exists():
            with open(os.open(self.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))


async def reserve(port: int) -> None:
    """Raises OSError at once when the port is taken, before anything else is started or changed."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)
    server.close()
    await server.wait_closed()


# ── What the networks remember ────────────────────────────────────────────────────────────────────────────────────


def keep(chats: Path, sandboxes: Mapping[str, Keeper]) -> None:
    fresh = chats.with_suffix(".new")
    fresh.touch(0o600)
    fresh.write_bytes(msgspec.json.encode({name: msgspec.Raw(one.keep()) for name, one in sandboxes.items()}))
    fresh.replace(chats)


def recall(chats: Path, sandboxes: Mapping[str, Keeper]) -> None:
    """What cannot be read, as after an update, is left behind: the chats then look empty, and work."""
    if not chats.exists():
        return
    try:
        kept = msgspec.json.decode(chats.read_bytes(), type=dict[str, msgspec.Raw])
        for name, one in sandboxes.items():
            one.recall(bytes(kept[name]))
    except (msgspec.DecodeError, KeyError) as error:
        log.warning("chats-not-recalled", file=str(chats), error=type(error).__name__)


# ── The program ───────────────────────────────────────────────────────────────────────────────────────────────────


class Demo:
    """The demo's parts: the operator's book, and who tells from it to the bot. `house` None: the bot asks the book."""

    def __init__(
        self, port: int, files: Files, storage: Storage, clock: Clock, ledger: Ledger, house: StandIn | None
    ) -> None:
        self.port, self.files, self.storage, self.clock = port, files, storage, clock
        self.ledger, self.house = ledger, house

    async def assemble(self, sandboxes: Mapping[str, Sandbox], mailbox: Mailbox, usable: asyncio.Event) -> App:
        """The program on started sandboxes, with the demo's book and page, which waits until it is `usable`."""
        house = self.house.settings() if self.house else {}
        environ = {**mailbox.settings(), **house, **ABILLS, "SECRET_KEY": self.files.key.read_text()}
        for name, one in sandboxes.items():
            environ |= {**one.settings(), f"{name.upper()}_INTAKE": "webhook"}
        site = f"http://{LOOPBACK}:{self.port}"
        settings = load(
            {},
            public_url=site,
            host=LOOPBACK,
            port=self.port,
            inner_port=0,
            database_url=self.files.url,
            billing=self.house.name if self.house else EMBEDDED,
            secret_key=environ["SECRET_KEY"],
            operator_name="Демо-Телеком",
            pay_url=f"{site}/?account={{account}}&sum={{sum}}",  # the operator's pane stands for a payment page
            contacts=CONTACTS,
            **PAYEE,
            alert_quiet="",  # whoever tries the demo at night wants to see the alert
            alerts_a_day=100,  # and all that there are
        )
        book = demo(self.clock.now().astimezone(ZoneInfo(settings.default_zone)).date())
        await self.ledger.load(book)
        app = await build(settings, clock=self.clock, reread=lambda: environ, storage=self.storage)
        app.schedule.kept = self.ledger  # also where somebody else tells of it, the book is kept here
        app.extra.append(lambda outer: add_desk(outer, sandboxes, PERSON, usable, mailbox))
        app.extra.append(lambda outer: Operator(app, self.ledger, book, self.house).add(outer))
        return app


class Operator:
    """The operator's pane: the demo customers, money in and out of their accounts, faults and blocked services."""

    def __init__(self, app: App, ledger: Ledger, book: Book, house: StandIn | None) -> None:
        self.app, self.ledger, self.book, self.house = app, ledger, book, house

    def add(self, outer: web.Application) -> None:
        outer.router.add_get("/operator/billing", self.billing)
        outer.router.add_get("/operator/customers", self.customers)
        outer.router.add_get("/operator/accounts/{account}", self.facts)
        outer.router.add_post(f"/operator/{{what:{'|'.join((*MOVES, *DEEDS))}}}", self.order)

    async def billing(self, _: web.Request) -> web.Response:
        asked = self.app.billing
        address = urlsplit(asked.sources()[0].url).netloc if isinstance(asked, Remote) else None
        return web.json_response({"name": self.app.settings.billing, "address": address, "unheard": self.unheard()})

    def unheard(self) -> list[str]:
        """The deeds that the bot's billing tells nobody of."""
        mute = {what for what, capability in TOLD_BY.items() if capability not in self.app.billing.can}
        return sorted(mute | (self.house.unheard if self.house else frozenset()))

    async def customers(self, _: web.Request) -> web.Response:
        rows = []
        for one in self.book.customers:
            for n, account in enumerate(await self.ledger.accounts(Subject(one.id))):
                login = self.house.login(one.login, n) if self.house else one.login
                row = {"login": login, "person": one.login, "account": account.id, "number": account.number}
                rows.append({**row, "holder": account.holder, "open": account.open})
        return web.json_response(rows)

    async def facts(self, request: web.Request) -> web.Response:
        say = self.say(request.query.get("language", ""))
        try:
            account = await self.ledger.account(request.match_info["account"])
            balance = await self.ledger.balance(account.id)
            bills = await self.ledger.bills(account.id)
            coming = await self.coming(account)
            faults = await self.faults(account)
            stopped = await self.stopped(account)
        except Gone:
            raise web.HTTPNotFound from None
        stand = position(account, balance, bills, (), self.today(account))
        chats = [
            {"network": watch.chat.address.network, "alerts": watch.chat.alerts, "below": say.money(rubles(watch))}
            for watch in await self.watches(account)
        ]
        return web.json_response(
            {
                "number": account.number,
                "holder": account.holder,
                "scheme": account.scheme,
                "open": account.open,
                "balance": say.money(stand.own),
                "overdue": say.money(stand.overdue) if stand.overdue else None,
                "issued": say.money(stand.issued) if stand.issued else None,
                "promised": say.money(stand.promised) if stand.promised else None,
                "coming": say.money(sum((p.amount for p in coming), Money(0, account.currency))) if coming else None,
                "stopped": stopped,
                "working": len(await self.working(account)),
                "fault": say.moment(min(fault.since for fault in faults)) if faults else None,
                "chats": chats,
            }
        )

    async def order(self, request: web.Request) -> web.Response:
        if OWN not in request.headers:
            raise web.HTTPForbidden
        order, what = await body(request), request.match_info["what"]
        kopecks = amount(order.get("rubles", "")) if what in MOVES else 0
        if kopecks is None or kopecks > MOST:
            return web.json_response({"error": "sum" if kopecks is None else "large"}, status=400)
        try:
            account = await self.ledger.account(order.get("account", ""))
            if not account.open:
                return web.json_response({"error": "closed"}, status=409)
            moved = await (self.move(account, what, kopecks) if what in MOVES else self.do(account, what))
            if moved is None:
                return web.json_response({"error": "nothing"}, status=409)
            alerts = await self.app.schedule.scan_now()
        except Gone:
            return web.json_response({"error": "unknown"}, status=404)
        except BillingError as error:
            log.error("operator", exc_info=error)
            return web.json_response({"error": "billing"}, status=503)
        say, watches = self.say(order.get("language", "")), await self.watches(account)
        told = {"why": self.why(what, account, watches), "below": say.money(least(watches)) if watches else None}
        return web.json_response({"sum": say.money(moved), "alerts": alerts, **told})

    def why(self, what: str, account: Account, watches: Sequence[Watch]) -> str:
        """Why nobody was told anything, when nobody was."""
        if what in self.unheard():
            return "unheard"
        if what in LATER.get(self.app.billing.name, ()):
            return "later"
        why = why_none(what, account, watches)
        return "untold" if self.house and why == "asked" and what in EVENTS else why

    async def move(self, account: Account, what: str, kopecks: int) -> Money:
        """What was moved."""
        sum_, now = Money(kopecks, account.currency), self.app.clock.now()
        if what == "charge":
            await self.ledger.charge(account.id, sum_, "Разовая услуга", now)
        elif what == "bill":
            await self.ledger.issue(self.bill(account, sum_))
        else:
            await self.ledger.pay(account.id, sum_, BY_CARD, now, credited=what == "pay")
        return sum_

    async def do(self, account: Account, what: str) -> Money | None:
        """What was moved by it; None: there was nothing to do."""
        now, none = self.app.clock.now(), Money(0, account.currency)
        match what:
            case "arrive":
                coming = await self.coming(account)
                for payment in coming:
                    await self.ledger.arrive(payment.id)
                return sum((payment.amount for payment in coming), none) if coming else None
            case "outage":
                if await self.faults(account):
                    return None
                await self.ledger.outage(Outage(account.id, str(uuid4()), (), FAULT, now, now + REPAIR))
            case "restore":
                faults = await self.faults(account)
                for fault in faults:
                    await self.ledger.restore(fault.id, now)
                return none if faults else None
            case "stop":
                working = await self.working(account)
                for service in working:
                    await self.ledger.set_status(service.id, Status.BLOCKED_DEBT)
                return none if working else None
            case "subscribe":
                return await self.subscribe(account)
            case "unusual":
                return await self.strange(account)
            case _:
                if not await self.stopped(account):
                    return None
                await self.ledger.unblock(account.id)
        return none

    def bill(self, account: Account, sum_: Money) -> Bill:
        """A bill of last month, issued today."""
        today = self.today(account)
        last = today.replace(day=1) - timedelta(days=1)
        id, due = str(uuid4()), today + timedelta(days=DUE_DAYS)
        return Bill(account.id, id, f"{last:%y%m}-{id[:4]}", Period(last.replace(day=1), last), sum_, sum_, today, due)

    async def subscribe(self, account: Account) -> Money | None:
        """Connect the next subscription to the first service that works; its fee. None: there is nothing to connect."""
        for service in (await self.working(account))[:1]:
            had = {one.title for one in (await self.ledger.details(account.id, service.id)).options}
            for title, kopecks in OFFERS:
                if title not in had:
                    fee = Money(kopecks, account.currency)
                    option = Option(account.id, service.id, str(uuid4()), title, Status.ACTIVE, fee)
                    await self.ledger.connect(option)
                    return fee
        return None

    async def strange(self, account: Account) -> Money | None:
        """Charge for what was never charged before; how much. None: it was, all of it."""
        today = self.today(account)
        taken = await self.ledger.charges(account.id, Period(today - timedelta(days=92), today))
        known, sum_ = {one.title for one in taken}, Money(STRANGE_SUM, account.currency)
        for title in STRANGE:
            if title not in known:
                await self.ledger.charge(account.id, sum_, title, self.app.clock.now())
                return sum_
        return None

    def today(self, account: Account) -> date:
        return self.app.clock.now().astimezone(ZoneInfo(account.zone)).date()

    async def coming(self, account: Account) -> list[Payment]:
        """Payments that were seen and are not credited."""
        today = self.today(account)
        recent = Period(today - timedelta(days=ON_THEIR_WAY), today)
        return [payment for payment in await self.ledger.payments(account.id, recent) if not payment.credited]

    async def faults(self, account: Account) -> list[Outage]:
        """What is wrong at the address now; not what is planned for another day."""
        now = self.app.clock.now()
        return [fault for fault in await self.ledger.outages(account.id) if fault.since <= now]

    async def stopped(self, account: Account) -> int:
        """How many services stand still for debt."""
        return sum(s.status is Status.BLOCKED_DEBT for s in await self.ledger.services(account.id))

    async def working(self, account: Account) -> list[Service]:
        return [s for s in await self.ledger.services(account.id) if s.status is Status.ACTIVE]

    async def watches(self, account: Account) -> Sequence[Watch]:
        """The account in each chat that it is linked to."""
        storage, found = self.app.storage, []
        id = self.house.known_as(account.id) if self.house else account.id
        for chat in await storage.links.chats(id):
            for link in await storage.links.links(chat):
                watch = await storage.watches.watch(link.id) if link.account == id else None
                if watch is not None:
                    found.append(watch)
        return found

    def say(self, language: str) -> Say:
        known = language if language in LANGUAGES else "ru"
        return Say.at(self.app.clock.now(), known, self.app.settings.default_zone)


def why_none(what: str, account: Account, watches: Sequence[Watch]) -> str:
    """Why nobody was told anything, when nobody was."""
    asked = [watch for watch in watches if watch.chat.alerts]
    if what == "seen":
        return "asked"  # no money moved: whoever asks is told
    if what == "charge" and account.scheme is Scheme.CREDIT:
        return "billed"  # it will be in the next bill; own money is as it was
    if not watches:
        return "unlinked"
    if not asked:
        return "unasked"
    if what not in {"charge", "pay", "arrive"}:
        return "asked"
    if what == "charge":
        return "told" if any(watch.low for watch in asked) else "enough"
    return "low" if any(watch.low for watch in asked) else "fine"


def rubles(watch: Watch) -> Money:
    return Money(watch.link.threshold)


def least(watches: Sequence[Watch]) -> Money:
    """The highest threshold of those who asked: while the balance is above it, nobody is told."""
    asked = [watch for watch in watches if watch.chat.alerts]
    return max(map(rubles, asked or watches))
