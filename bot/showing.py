"""What a billing tells of one account, for its operator: field by field (`saldo doctor`), and as the position that a
customer is shown (`saldo billing show`), with every call that was made for it.

Sums and days are shown, for nobody can compare figures that are hidden. Who the customer is, is not: names, addresses
and phones are masked as in a chat, numbers and ids by their last four, texts that a billing may have written a name
into by their length.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from billing.base import (
    Account,
    Billing,
    BillingError,
    Capability,
    Charge,
    Delivery,
    Gone,
    Kind,
    Money,
    Offer,
    Outage,
    Payment,
    Period,
    Reach,
    Scheme,
    Service,
    Usage,
    Way,
    facts_of,
)
from billing.cells import masked as masked_name
from billing.guard import guard
from billing.position import Position, position
from billing.upstream import Asked, journal
from bot.book import open_book
from bot.settings import Settings, environment
from bot.teaching import opened
from handlers import calls, verify
from storage.base import Storage
from storage.clock import SystemClock

LIMIT: Final = 30.0  # seconds for one question: an operator waits longer than a customer
DAYS: Final = 92  # of payments and charges that are looked at
FREE: Final = {(Charge, "title"), (Payment, "method"), (Offer, "reason"), (Outage, "title"), (Usage, "title")}
NOT_TOLD: Final = "not told"


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def open_billing(settings: Settings) -> AsyncIterator[tuple[Billing, Storage]]:
    """The guarded billing, and the storage that knows which accounts are linked. Raises StorageError, SettingsError."""
    clock = SystemClock()
    storage = await opened(settings)
    try:
        book = open_book(settings, storage.database, clock.now, environment())
        billing = guard(book, limit_seconds=LIMIT, now=clock.now)
        try:
            yield billing, storage
        finally:
            await billing.close()
    finally:
        await storage.close()


async def identified(storage: Storage, account: str) -> str:
    """The billing's id of an account by its number, where it is linked; else `account` itself. Raises Gone."""
    known = await storage.audit.accounts(account)
    if len(known) > 1:
        raise Gone("several linked accounts have this number: name the billing's id of one")
    return known[0] if known else account


UNKNOWN: Final = "the billing knows no account by this id, and none that is linked has it as its number"


# ── Field by field ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Understood:
    """One line: what was understood of a field, or what came of a question."""

    name: str  # "balance.own"
    what: str
    fine: bool = True


async def understood(billing: Billing, account: str, now: datetime) -> list[Understood]:
    """What the billing tells of the account, question by question; of lists how many, and the first."""
    try:
        found = await billing.account(account)
    except Gone:
        return [Understood("account", UNKNOWN, False)]
    except BillingError as error:
        return [Understood("account", f"{type(error).__name__}: {error}", False)]
    today = now.astimezone(ZoneInfo(found.zone)).date()
    period = Period(today - timedelta(days=DAYS), today)
    services: tuple[Service, ...] = ()
    if Capability.SERVICES in billing.can:
        with suppress(BillingError):  # told below, where it is asked for by name
            services = await billing.services(account)
    first = services[0].id if services else None
    phone = next((one.id for one in services if one.kind in {Kind.PHONE, Kind.MOBILE}), None)

    questions: list[tuple[str, Capability, Callable[[], Awaitable[object]] | None]] = [
        ("balance", Capability.BALANCE, lambda: billing.balance(account)),
        ("bills", Capability.BILLS, lambda: billing.bills(account)),
        ("payments", Capability.PAYMENTS, lambda: billing.payments(account, period)),
        ("last payment", Capability.PAYMENTS, lambda: billing.last_payment(account)),
        ("charges", Capability.CHARGES, lambda: billing.charges(account, period)),
        ("services", Capability.SERVICES, lambda: billing.services(account)),
        ("opening", Capability.OPENING, lambda: billing.opening(account, today.replace(day=1))),
        ("details", Capability.DETAILS, (lambda: billing.details(account, first)) if first else None),
        ("usage", Capability.USAGE, (lambda: billing.usage(account, first, period)) if first else None),
        ("calls", Capability.CALLS, (lambda: billing.calls(account, phone, period)) if phone else None),
        ("reaches", Capability.REACHES, lambda: billing.reaches(account)),
        ("deliveries", Capability.DELIVERY, lambda: billing.deliveries(account)),
        ("offer", Capability.PROMISES, lambda: billing.offer(account)),
        ("outages", Capability.OUTAGES, lambda: billing.outages(account)),
        ("bonus", Capability.BONUS, lambda: billing.bonus(account)),
    ]
    asked = [(name, question) for name, capability, question in questions if capability in billing.can]

    async def answer(name: str, question: Callable[[], Awaitable[object]] | None) -> list[Understood]:
        if question is None:
            return [Understood(name, "not asked: the account has no service of that kind")]
        try:
            return told(name, await question())
        except BillingError as error:
            return [Understood(name, f"{type(error).__name__}: {error}", False)]

    answers = await asyncio.gather(*(answer(name, question) for name, question in asked))
    lines = [*told("account", found), *(line for lines in answers for line in lines)]
    gaps = [line.name for line in lines if line.what == NOT_TOLD]
    return [*lines, Understood("missing", ", ".join(gaps) or "nothing")]


def told(name: str, found: object) -> list[Understood]:
    if found is None:
        return [Understood(name, NOT_TOLD)]
    if isinstance(found, Money):
        return [Understood(name, shown(found))]
    if isinstance(found, tuple):
        if not found:
            return [Understood(name, "none: asked, and there is nothing")]
        return [Understood(name, f"{len(found)}, of them the first"), *told(name, found[0])]
    names = [one.name for one in fields(found) if one.name != "account"]  # type: ignore[arg-type]
    return [Understood(f"{name}.{one}", field_of(found, one)) for one in names]


def field_of(fact: object, name: str) -> str:
    """A field as an operator may see it."""
    value = getattr(fact, name)
    if value is None or value == "":
        return NOT_TOLD
    if name in {"id", "service"} or (name == "number" and not hasattr(fact, "incoming")):
        return ending(value)
    if name == "number":
        return calls.masked(value)
    if isinstance(fact, Account) and name == "holder":
        return masked_name(value)
    if isinstance(fact, Reach) and name == "address":
        return verify.masked(fact.way, value)
    if isinstance(fact, Delivery) and name == "email":
        return verify.masked(Way.EMAIL, value)
    if (type(fact), name) in FREE:
        return f"a text of {len(value)} characters"
    if isinstance(value, tuple):
        return str(len(value) or "none")
    return shown(value)


def shown(value: object) -> str:
    """A sum, a day, a word; runs of digits in a word, which may be a phone, by their last four."""
    match value:
        case Money(minor, currency):
            return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02} {currency}"
        case Period(first, last):
            return f"{first} to {last}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case bool():
            return "yes" if value else "no"
        case str():
            return re.sub(r"\+?\d(?:[\s().-]{0,2}\d){4,}", lambda found: ending(found[0]), value)
    return str(value)


def ending(number: str) -> str:
    """The last four characters of a number or an id, signs between digits not counted."""
    plain = re.sub(r"[\s().+-]", "", number)
    return f"···{plain[-4:]}" if len(plain) > 4 else plain


# ── The position ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: str
    source: str  # the fact it is, or is computed from


@dataclass(frozen=True, slots=True)
class Stand:
    account: str  # by its last four
    billing: str
    as_of: datetime
    figures: Sequence[Figure]
    asked: Sequence[Asked]


async def stand(settings: Settings, account: str) -> Stand:
    """The account's position with its sources. Raises StorageError, SettingsError, BillingError."""
    calls_made: list[Asked] = []
    async with open_billing(settings) as (billing, storage):
        word = journal.set(calls_made)
        try:
            return await stand_of(billing, await identified(storage, account), SystemClock().now(), calls_made)
        except Gone as gone:
            raise Gone(str(gone) if "several" in str(gone) else UNKNOWN) from None
        finally:
            journal.reset(word)


async def stand_of(billing: Billing, account: str, now: datetime, asked: Sequence[Asked]) -> Stand:
    facts = await facts_of(billing, account)
    today = now.astimezone(ZoneInfo(facts.account.zone)).date()
    found = position(facts.account, facts.balance, facts.bills, facts.services, today, facts.spending)
    return Stand(ending(found.account.number), billing.name, found.as_of, figures(found), asked)


def figures(found: Position) -> list[Figure]:
    owed = "bills" if found.account.scheme is Scheme.CREDIT else "balance"
    told_ = [
        ("scheme", found.account.scheme.value, "account"),
        ("own money", found.own, "balance"),
        ("overdue", found.overdue, owed),
        ("overdue since", found.overdue_since, owed),
        ("issued, not due", found.issued, "bills"),
        ("issued, due", found.issued_due, "bills"),
        ("promised", found.promised, "balance"),
        ("promised until", found.promised_until, "balance"),
        ("available", found.available, f"own money, {owed}"),
        *(
            (f"to pay: {line.because}", line.amount, f"{shown(line.what)} {line.day or ''}".strip() or "balance")
            for line in found.lines
        ),
        ("to pay", found.to_pay, "the lines above"),
        ("pay by", found.pay_by, "bills, services"),
        ("after that", found.after.value, "the scheme"),
        ("lasts until", found.lasts_until, "own money, services, charges"),
        ("first fee not covered", found.fee_on, "own money, services"),
        *((f"service: {shown(one.title)}", service(one), "services") for one in found.services),
    ]
    return [
        Figure(name, value if isinstance(value, str) else "none" if value is None else shown(value), source)
        for name, value, source in told_
    ]


def service(one: Service) -> str:
    fee = "fee not told" if one.fee is None else f"{shown(one.fee)}{' by days' if one.daily else ''}"
    return ", ".join([one.status.value, fee, *([f"next {one.next_fee}"] if one.next_fee else [])])


def show(found: Stand, out: TextIO, *, as_json: bool) -> None:
    if as_json:
        plain = {**asdict(found), "as_of": found.as_of.isoformat()}
        out.write(json.dumps(plain, ensure_ascii=False, indent=1) + "\n")
        return
    out.write(f"account {found.account}, as {found.billing} told at {shown(found.as_of)}\n\n")
    table = Table("figure", "", "from", box=None, pad_edge=False)
    for one in found.figures:
        table.add_row(one.name, one.value, one.source)
    asked = Table("source", "asked", "outcome", "ms", "bytes", box=None, pad_edge=False)
    for call in found.asked:
        asked.add_row(call.source, call.operation, call.outcome, str(call.milliseconds), str(call.size))
    console = Console(file=out, highlight=False, markup=False, width=None if out.isatty() else 160)
    console.print(table)
    console.print()
    console.print(asked if found.asked else "nothing was asked over the wire: the book is kept here")
