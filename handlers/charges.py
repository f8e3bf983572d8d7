"""History of charges by any period (handlers.span) and service (handlers.service): newest first, eight on a page.

    charges[:open][:<mark>][:<span>]
    charges:which[:<span>]              which service?

What was taken and what was given back are two totals, and a line that gives back says so in a word: nobody has to look
for a minus. Under the whole account's list stand the totals by service and the balance at both edges of the period.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from adapters.base import Keyboard, Reply
from billing.base import Account, Capability, Charge, Money, Period, Service
from handlers import edges, failures, files, span
from handlers.ask import Ask, Turn
from handlers.service import buttons
from handlers.subject import About, about, mark
from handlers.text import brief
from storage.base import Saw

SERVICES: Final = 6  # totals of so many services; the others' come in one line
CHOICES: Final = 9  # buttons of services; whoever has more names the service in words


async def charges(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for typed words without a period when a period was waited for."""
    if not ask.can(Capability.CHARGES):
        return failures.unsupported(ask)
    services = await ask.billing.services(account.id) if ask.can(Capability.SERVICES) else ()
    which = about(ask, "charges", services)
    choosing = which.arguments[:1] == ("which",)
    arguments = which.arguments[1:] if choosing else which.arguments
    question = f"charges:{mark(which.service)}" if which.service else "charges"
    asked = span.span(ask, account, question, arguments)
    among = which.among or (services if choosing else ())
    if len(among) > 1:
        return Turn(Reply(ask.say("charges-which"), keyboard=choice(ask, among, asked.period)), waits="charges")
    return await listed(ask, account, services, which, question, asked)


async def listed(
    ask: Ask, account: Account, services: tuple[Service, ...], which: About, question: str, asked: span.Span
) -> Turn:
    one, period = which.service, asked.period
    found = await ask.billing.charges(account.id, period)
    if one is not None:
        found = tuple(c for c in found if c.service == one.id)
    shown, page, pages = span.paged(found, asked.page)
    blocks = [
        ask.say("charges-strange") if which.strange else "",
        span.note(ask, asked),
        head(ask, account, one, period, found),
    ]
    known: dict[str, int] = {}
    if one is None and page == 1:
        ends = await edges.edges(ask, account, period)
        known = {
            name: own.minor for name, own in (("opening", ends.opening), ("closing", ends.closing)) if own is not None
        }
        blocks.append("\n".join(by_service(ask, account, services, found)))
        blocks.append("\n".join(edges.said(ask, ends)))
    blocks.append("\n".join(line(ask, account, charge) for charge in shown))
    if len(found) > len(shown):
        start = (page - 1) * span.PAGE
        blocks.append(ask.say("payments-shown", first=start + 1, last=start + len(shown), count=len(found)))
    blocks.append(ask.say("payments-hint"))
    reply = Reply(
        "\n\n".join(block for block in blocks if block),
        keyboard=(*span.paging(ask, question, period, page, pages), *keyboard(ask, question, one, services, period)),
        replaces=ask.incoming.message if in_place(ask, which) else None,
    )
    net = sum((c.amount for c in found), Money(0, account.currency))
    saw = Saw(account.id, "charges", {"count": len(found), "total": net.minor, **known})
    return Turn(reply, effects=(saw,), waits="charges", data=files.waiting(question, period))


def in_place(ask: Ask, which: About) -> bool:
    """Whether the button that was pressed stands below this very list."""
    return bool(which.arguments) and not which.fresh and ask.incoming.action is not None


def head(ask: Ask, account: Account, service: Service | None, period: Period, found: tuple[Charge, ...]) -> str:
    """What was taken, then what was given back, apart."""
    lines = []
    if service is not None:
        lines.append(ask.say("charges-of", title=brief(service.title)))
    zero = Money(0, account.currency)
    taken = [c.amount for c in found if c.amount.minor >= 0]
    back = sum((-c.amount for c in found if c.amount.minor < 0), zero)
    if not found:
        return "\n".join([ask.say("charges-empty", period=period), *lines])
    if not taken:
        return "\n".join([ask.say("charges-back-only", sum=back, period=period), *lines])
    total = sum(taken, zero)
    lines.insert(0, ask.say("charges-total", count=len(taken), total=total, period=period))
    if back:
        lines.append(ask.say("charges-back", sum=back))
        lines.append(net(ask, total - back))
    return "\n".join(lines)


def net(ask: Ask, left: Money) -> str:
    if left.minor < 0:
        return ask.say("charges-net-back", sum=-left)
    return ask.say("charges-net", sum=left)


def by_service(ask: Ask, account: Account, services: tuple[Service, ...], found: tuple[Charge, ...]) -> list[str]:
    """A line for each service, largest first, less what was given back; nothing where one line would say it all."""
    totals = totals_by(services, found, account.currency)
    if len(totals) < 2:
        return []
    lines = [ask.say("charges-services")]
    for service, total in totals[:SERVICES]:
        lines.append(share(ask, brief(service.title) if service else ask.say("charges-no-service"), total))
    if others := totals[SERVICES:]:
        rest = sum((total for _, total in others), Money(0, account.currency))
        lines.append(share(ask, ask.say("charges-services-rest", count=len(others)), rest))
    return lines


def totals_by(
    services: tuple[Service, ...], found: tuple[Charge, ...], currency: str
) -> list[tuple[Service | None, Money]]:
    """Largest first; None: charges of no service that is known. Together they are the sum of all."""
    known = {s.id: s for s in services}
    totals: defaultdict[str | None, Money] = defaultdict(lambda: Money(0, currency))
    for charge in found:
        id = charge.service if charge.service in known else None
        totals[id] += charge.amount
    order = sorted(totals, key=lambda id: (id is None, -totals[id].minor))
    return [(known[id] if id is not None else None, totals[id]) for id in order]


def share(ask: Ask, title: str, total: Money) -> str:
    if total.minor < 0:
        return ask.say("charges-share-back", title=title, sum=-total)
    return ask.say("charges-share", title=title, sum=total)


def line(ask: Ask, account: Account, charge: Charge) -> str:
    """«15 ноября: 450,00 ₽, Абонентская плата», «3 ноября: возвращено 100,00 ₽, Перерасчёт». The account's own day."""
    when, title = charge.at.astimezone(ZoneInfo(account.zone)).date(), brief(charge.title)
    if charge.amount.minor < 0:
        text = ask.say("charge-back", day=when, sum=-charge.amount)
    else:
        text = ask.say("charge", day=when, sum=charge.amount)
    return f"{text}, {title}" if title else text


def keyboard(ask: Ask, question: str, one: Service | None, services: tuple[Service, ...], period: Period) -> Keyboard:
    rows = list(span.choose(ask, question))
    if one is not None:
        rows.append((ask.button("button-charges-all", span.action("charges", period)),))
    elif len(services) > 1:
        rows.append((ask.button("button-charges-which", span.action("charges:which", period)),))
    rows.append(
        (
            # Of this month «почему так много?» itself decides what is fairly compared.
            ask.button("button-why", "why" if period == span.preset(ask, "month") else span.action("why", period)),
            ask.button("button-statement", span.action("statement:open", period)),
        )
    )
    return tuple(rows)


def choice(ask: Ask, among: Sequence[Service], period: Period) -> Keyboard:
    """A button for each service, then all of them together."""
    rows = buttons(among[:CHOICES], lambda one: span.action(f"charges:{mark(one)}", period))
    return (*rows, (ask.button("button-charges-all", span.action("charges", period)),))
