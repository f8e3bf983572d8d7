"""A statement for any period: on the screen in a few lines, and whole as a file.

    statement[:open][:<span>]       the screen: what the period began with, what came, what was taken, what is left
    statement:pdf|csv[:<span>]      the file; «выписка за март pdf», «выписка в excel» ask for it at once

The file holds the same figures, every payment and every charge, and how the account stands now. What the billing cannot
tell is left out and named as such, never drawn as none. The account is named by its last four digits.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from babel.numbers import get_currency_precision

from adapters.base import Document, Reply
from billing.base import Account, Capability, Charge, Money, Payment, Period, Service
from billing.position import Position
from handlers import edges, failures, files, span
from handlers.ask import Ask, Turn
from handlers.charges import net, totals_by
from handlers.edges import Edges
from handlers.files import Form
from handlers.measures import size
from handlers.text import LOCALES, brief, tail
from pictures.base import Drawing
from pictures.sheet import Cell, Sheet
from pictures.statement import Statement
from pictures.table import Table
from storage.base import Saw

LONGEST: Final = 160  # characters of a title in a file


INSIDE: Final = {Form.PDF: "statement-inside-pdf", Form.CSV: "statement-inside-csv"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a statement is made of. None: the billing cannot tell."""

    period: Period
    payments: tuple[Payment, ...] | None
    charges: tuple[Charge, ...] | None
    services: tuple[Service, ...]
    edges: Edges
    stand: Position | None


async def statement(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for words that name neither a period nor a kind of file when one was waited for."""
    if not possible(ask):
        return failures.unsupported(ask)
    arguments = ask.arguments
    fresh = arguments[:1] == ("open",)
    arguments = arguments[1:] if fresh else arguments
    form = next((one for one in Form if arguments[:1] == (one,)), None)
    if form is not None:
        arguments = arguments[1:]
    elif not arguments:
        form, arguments = files.typed(ask, "statement")
    asked = span.span(ask, account, "statement", arguments)
    found = await facts(ask, account, asked.period)
    if form is not None:
        return await sent(ask, account, found, form, span.note(ask, asked))
    text = [span.note(ask, asked), summary(ask, account, found), ask.say("statement-which")]
    in_place = bool(arguments) and not fresh and ask.incoming.action is not None
    return turn(ask, account, found, Reply("\n\n".join(block for block in text if block)), in_place=in_place)


async def document(ask: Ask, account: Account, period: Period, form: Form) -> Document | None:
    """The statement as a file, named in the customer's language; None: it could not be drawn. Raises BillingError."""
    return await drawn(ask, account, await facts(ask, account, period), form)


def possible(ask: Ask) -> bool:
    """Whether there is anything to write on a statement."""
    return ask.can(Capability.PAYMENTS) or ask.can(Capability.CHARGES)


# ── The words ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def sent(ask: Ask, account: Account, found: Facts, form: Form, note: str) -> Turn:
    made = await drawn(ask, account, found, form)
    if made is None:
        text = ask.say("statement-undrawn")
    else:
        text = ask.say("statement-sent", period=found.period, size=size(ask.say, len(made.data)))
    blocks = (note, text, ask.say(INSIDE[form]) if made else "", summary(ask, account, found))
    return turn(ask, account, found, Reply("\n\n".join(block for block in blocks if block), document=made))


def turn(ask: Ask, account: Account, found: Facts, reply: Reply, *, in_place: bool = False) -> Turn:
    period = found.period
    keyboard = (
        (
            ask.button("button-statement-pdf", span.action("statement:pdf", period)),
            ask.button("button-statement-csv", span.action("statement:csv", period)),
        ),
        *span.choose(ask, "statement"),
        (ask.button("button-balance", "balance"),),
    )
    figures = {"opening": found.edges.opening, "closing": found.edges.closing}
    known = {name: sum_.minor for name, sum_ in figures.items() if sum_ is not None}
    for name, rows in (("payments", found.payments), ("charges", found.charges)):
        if rows is not None:
            known[name] = sum(row.amount.minor for row in rows)
    return Turn(
        replace(reply, keyboard=keyboard, replaces=ask.incoming.message if in_place else None),
        effects=(Saw(account.id, "statement", known),),
        waits="statement",
        data=files.waiting("statement", period),
    )


def summary(ask: Ask, account: Account, found: Facts) -> str:
    """The period in a few lines, each said with its figure."""
    opening, closing = ends(ask, found.edges)
    return "\n".join([ask.say("statement-head", period=found.period), *opening, *moved(ask, account, found), *closing])


def ends(ask: Ask, of: Edges) -> tuple[list[str], list[str]]:
    """The lines of both edges; a list is empty where the billing cannot tell."""
    return edges.said(ask, replace(of, closing=None)), edges.said(ask, replace(of, opening=None))


def moved(ask: Ask, account: Account, found: Facts) -> list[str]:
    zero = Money(0, account.currency)
    lines = []
    if found.payments is None:
        lines.append(ask.say("statement-no-payments"))
    else:
        came = sum((p.amount for p in found.payments), zero)
        lines.append(ask.say("statement-payments", sum=came, count=len(found.payments)))
        if waiting := sum((p.amount for p in found.payments if not p.credited), zero):
            lines.append(ask.say("payments-waiting", sum=waiting))
    if found.charges is None:
        lines.append(ask.say("statement-no-charges"))
    else:
        taken = [c.amount for c in found.charges if c.amount.minor >= 0]
        back = sum((-c.amount for c in found.charges if c.amount.minor < 0), zero)
        lines.append(ask.say("statement-charges", sum=sum(taken, zero), count=len(taken)))
        if back:
            lines += [ask.say("charges-back", sum=back), net(ask, sum(taken, zero) - back)]
    return lines


# ── The facts ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def facts(ask: Ask, account: Account, period: Period) -> Facts:
    stand = await ask.position(account) if ask.can(Capability.BALANCE) else None
    services = await ask.billing.services(account.id) if ask.can(Capability.SERVICES) and stand is None else ()
    found = await edges.edges(ask, account, period)
    if stand is not None:
        services = stand.services
        if found.now:
            found = replace(found, closing=stand.own)  # one moment, one figure
    return Facts(
        period,
        await ask.billing.payments(account.id, period) if ask.can(Capability.PAYMENTS) else None,
        await ask.billing.charges(account.id, period) if ask.can(Capability.CHARGES) else None,
        services,
        found,
        stand,
    )


# ── The file ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def drawn(ask: Ask, account: Account, found: Facts, form: Form) -> Document | None:
    drawing: Drawing = pdf(ask, account, found) if form is Form.PDF else csv(ask, account, found)
    data = await ask.draw(drawing)
    if data is None:
        return None
    return Document(data, files.called(ask, "statement-file", account, found.period, form), files.TYPES[form])


def pdf(ask: Ask, account: Account, found: Facts) -> Statement:
    """Newest first, as on the screen."""
    opening, closing = ends(ask, found.edges)
    lines = [
        (ask.say("statement-holder"), account.holder),
        (ask.say("statement-period"), ask.say.period(found.period)),
        *(parted(line) for line in (*opening, *moved(ask, account, found), *closing)),
        *(parted(line) for line in now(ask, found.stand)),
    ]
    return Statement(
        title=ask.say("statement-title", number=tail(account.number)),
        facts=tuple(one for one in lines if one[1]),
        tables=tuple(tables(ask, account, found)),
        foot=ask.say("statement-foot", operator=ask.operator.name, day=ask.say.dated(ask.today, year=True)),
        pages=ask.say("statement-pages", page="{page}", pages="{pages}"),
    )


def parted(line: str) -> tuple[str, str]:
    """«Начислено: 350,00 ₽» in two cells; a sentence without a figure says itself."""
    head, mark, rest = line.partition(": ")
    return (head, rest) if mark else ("", line)


def now(ask: Ask, stand: Position | None) -> list[str]:
    """How the account stands at this moment, whatever the period."""
    if stand is None:
        return []
    lines = [ask.say("figures-at", at=stand.as_of), ask.say("figure-own", own=stand.own)]
    lines.append(ask.say("figure-debt", debt=stand.overdue) if stand.overdue else ask.say("figure-debt-none"))
    if stand.promised is not None:
        lines.append(ask.say("figure-promised", promised=stand.promised))
    return lines


def tables(ask: Ask, account: Account, found: Facts) -> list[Table]:
    say, zero = ask.say, Money(0, account.currency)
    day, for_, of, sum_ = say("statement-day"), say("statement-what"), say("statement-service"), say("statement-sum")
    made = []
    if found.payments is not None:
        rows = tuple((numeric(ask, on(account, p.at)), way(ask, p), say.money(p.amount)) for p in found.payments)
        whole = say.money(sum((p.amount for p in found.payments), zero))
        made.append(table(ask, "statement-table-payments", (day, for_, sum_), rows, whole))
    if found.charges is not None:
        whole = say.money(sum((c.amount for c in found.charges), zero))
        totals = totals_by(found.services, found.charges, account.currency)
        if len(totals) > 1:
            shares = tuple(
                (brief(service.title, LONGEST) if service else say("charges-no-service"), say.money(total))
                for service, total in totals
            )
            made.append(table(ask, "statement-table-services", (of, sum_), shares, whole))
        names = {s.id: s.title for s in found.services}
        charged = tuple(
            (
                numeric(ask, on(account, c.at)),
                what(ask, c),
                brief(names.get(c.service or "", ""), LONGEST),
                say.money(c.amount),
            )
            for c in found.charges
        )
        made.append(table(ask, "statement-table-charges", (day, for_, of, sum_), charged, whole))
    return made


def table(ask: Ask, name: str, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], whole: str) -> Table:
    """Sums stand in the last column, their total in the last row."""
    last = len(head) - 1
    if not rows:
        return Table(ask.say(name), head, (), right=(last,), note=ask.say("statement-none"))
    total = (ask.say("statement-total"), *("" for _ in head[1:-1]), whole)
    return Table(ask.say(name), head, rows, right=(last,), total=total)


def numeric(ask: Ask, day: date) -> str:
    """«28.11.2026», "28/11/2026": as the reader writes it."""
    return str(format_skeleton("yMMdd", day, locale=LOCALES[ask.say.language]))


def on(account: Account, at: datetime) -> date:
    """The account's own day."""
    return at.astimezone(ZoneInfo(account.zone)).date()


def way(ask: Ask, one: Payment) -> str:
    """How it was paid, and what is not as usual about it."""
    words = brief(one.method, LONGEST) or ask.say("statement-payment")
    if one.amount.minor < 0:
        words = ask.say("payment-back", payment=words)
    return words if one.credited else ask.say("payment-waiting", payment=words)


def what(ask: Ask, one: Charge) -> str:
    """What it is for; what is given back says so beside its minus."""
    words = brief(one.title, LONGEST)
    return ask.say("statement-back", title=words) if one.amount.minor < 0 else words


def csv(ask: Ask, account: Account, found: Facts) -> Sheet:
    """Every row a day and a sum that Excel adds up; oldest first, because that is how a balance is followed."""
    say, currency = ask.say, "₽" if account.currency == "RUB" else account.currency
    names = {s.id: s.title for s in found.services}
    moves: list[tuple[datetime, tuple[Cell, ...]]] = [
        (p.at, (on(account, p.at), say("statement-payment"), way(ask, p), "", decimal(p.amount), "", ""))
        for p in found.payments or ()
    ]
    for c in found.charges or ():
        of = brief(names.get(c.service or "", ""), LONGEST)
        moves.append((c.at, (on(account, c.at), say("statement-charge"), what(ask, c), of, "", decimal(c.amount), "")))
    rows = [row for _, row in sorted(moves, key=lambda move: move[0])]
    if found.edges.opening is not None:
        rows.insert(0, (found.period.first, say("statement-opening"), "", "", "", "", decimal(found.edges.opening)))
    if found.edges.closing is not None:
        last = ask.today if found.edges.now else found.period.last
        name = say("statement-closing-now" if found.edges.now else "statement-closing")
        rows.append((last, name, "", "", "", "", decimal(found.edges.closing)))
    head = (
        say("statement-day"),
        say("statement-operation"),
        say("statement-what"),
        say("statement-service"),
        say("statement-came", currency=currency),
        say("statement-taken", currency=currency),
        say("statement-balance", currency=currency),
    )
    return Sheet(head, tuple(rows))


def decimal(sum_: Money) -> Decimal:
    return Decimal(sum_.minor).scaleb(-get_currency_precision(sum_.currency))
