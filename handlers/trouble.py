"""«Не работает интернет»: what may be the cause, checked in this order, each result said.

    1  a block for debt          ┐ of the kind of service that is named, where the account has it;
    2  the customer's own stop   ├ else of all
    3  the operator's stop       ┘
    4  a fault or planned work at the account's address

The first that is found is the answer. Only when none is found there is advice what to try. What the billing cannot
tell is said to be unknown and never counted as "all right".
"""

import re
from typing import Final

from adapters.base import Reply
from billing.base import Account, Capability, Kind, Outage, Service, Status
from billing.position import Position, missing
from handlers.ask import Ask, Turn
from handlers.balance import saw
from handlers.kinds import kinds
from handlers.menu import buttons
from handlers.promised import offered
from handlers.text import brief, clause
from nlu.letters import fold

# What the trouble shows itself in, besides the words for a service; beginnings of folded words.
SIGNS: Final = (
    (Kind.INTERNET, re.compile(r"\b(модем|modem|саит|пинг|скорост)")),
    (Kind.PHONE, re.compile(r"\b(гудк|гудок|трубк|dial tone|linha)")),
)
# "It does not work, and yesterday I paid", however it was worded.
PAID: Final = re.compile(
    r"\b(о|за)плати(л|в)|\bоплачен|\bденьги (списал|снял)|\bi( ve| have)?( already| just)? paid\b|\bpaguei\b"
)


async def trouble(ask: Ask, account: Account) -> Turn:
    """ "trouble", or "trouble:internet" for one kind; typed words name the kind themselves."""
    if PAID.search(fold(ask.text)):
        return Turn(then="paid")
    stand = await ask.position(account)
    outages = await ask.billing.outages(account.id) if ask.can(Capability.OUTAGES) else None
    kind = asked(ask)
    services = about(stand.services, kind)
    now_off = current(ask, outages or (), kind)
    lines = [headline(ask, stand, services, now_off, known=bool(services) and outages is not None)]
    checks = [*checked(ask, stand, services), *known_outages(ask, outages, now_off, kind)]
    lines.append("\n".join([ask.say("trouble-checked"), *checks]))
    found = cause(services, now_off)
    lines.append(advice(ask, stand, found, kind))
    lines.append(ask.say("figures-at", at=stand.as_of))
    names = await offers(ask, account, stand, found)
    return Turn(Reply("\n\n".join(lines), keyboard=buttons(ask, names)), effects=(saw("trouble", stand),))


def asked(ask: Ask) -> Kind | None:
    """The kind of service that does not work; None: none is named."""
    if ask.arguments:
        return next((kind for kind in Kind if kind == ask.arguments[0]), None)
    if named := kinds(ask.text):
        return named[0][0]
    words = fold(ask.text)
    return next((kind for kind, said in SIGNS if said.search(words)), None)


def about(services: tuple[Service, ...], kind: Kind | None) -> tuple[Service, ...]:
    """Those that the trouble may be with: connected ones of that kind, else all connected ones."""
    connected = tuple(one for one in services if one.status is not Status.OFF)
    return tuple(one for one in connected if one.kind is kind) or connected


def current(ask: Ask, outages: tuple[Outage, ...], kind: Kind | None) -> Outage | None:
    """What is wrong at the address now, and concerns that kind; a fault before planned work."""
    now_off = [one for one in outages if concerns(one, kind) and one.since <= ask.now and not over(ask, one)]
    return min(now_off, key=lambda one: (one.planned, one.since), default=None)


def concerns(outage: Outage, kind: Kind | None) -> bool:
    return kind is None or not outage.kinds or kind in outage.kinds


def over(ask: Ask, outage: Outage) -> bool:
    """Planned work ends when it was planned to; a fault ends when the billing no longer tells of it."""
    return outage.planned and outage.until is not None and outage.until < ask.now


def cause(services: tuple[Service, ...], now_off: Outage | None) -> Status | Outage | None:
    """The first of the four checks that found something."""
    states = {one.status for one in services}
    first = next((s for s in (Status.BLOCKED_DEBT, Status.SUSPENDED, Status.BLOCKED) if s in states), None)
    return first or now_off


# ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────


def headline(ask: Ask, stand: Position, services: tuple[Service, ...], now_off: Outage | None, *, known: bool) -> str:
    match cause(services, now_off):
        case Status.BLOCKED_DEBT:
            lacks = missing(stand, ask.today)
            if lacks and lacks == stand.overdue:
                return ask.say("trouble-debt", debt=lacks)
            return ask.say("trouble-fee", sum=lacks) if lacks else ask.say("trouble-unblocking")
        case Status.SUSPENDED:
            return ask.say("trouble-suspended")
        case Status.BLOCKED:
            return ask.say("trouble-blocked")
        case Outage(planned=planned):
            return ask.say("trouble-planned" if planned else "trouble-fault")
        case _:
            return ask.say("trouble-clear" if known else "trouble-unclear")


def checked(ask: Ask, stand: Position, services: tuple[Service, ...]) -> list[str]:
    """The first three checks, a line each."""
    debt = ask.say("trouble-check-owed", debt=stand.overdue) if stand.overdue else ask.say("trouble-check-debt-none")
    if not services:
        return [debt, ask.say("trouble-check-untold")]
    lines = []
    for status in (Status.BLOCKED_DEBT, Status.SUSPENDED, Status.BLOCKED):
        titles = ", ".join(brief(one.title) for one in services if one.status is status)
        if titles:
            lines.append(ask.say(f"trouble-check-{status}", services=titles))
        else:
            lines.append(ask.say(f"trouble-none-{status}"))
    return [debt, *lines]


def known_outages(ask: Ask, outages: tuple[Outage, ...] | None, now_off: Outage | None, kind: Kind | None) -> list[str]:
    """The fourth check: what is wrong now, and what is planned next."""
    if outages is None:
        return [ask.say("trouble-check-outages-untold")]
    ahead = sorted((one for one in outages if concerns(one, kind) and one.since > ask.now), key=lambda one: one.since)
    lines = [outage(ask, one) for one in ((now_off,) if now_off else ()) + tuple(ahead[:1])]
    return lines if now_off else [ask.say("trouble-check-outages-none"), *lines]


def outage(ask: Ask, one: Outage) -> str:
    """«Авария: обрыв кабеля. Началась 18:40, обещают исправить до 21 ноября, 15:00»."""
    title = clause(one.title)
    if one.until is None:
        return ask.say("trouble-planned-since" if one.planned else "trouble-fault-since", title=title, since=one.since)
    if one.until < ask.now:  # the promise has passed, and the fault is still told of: it is not repeated
        return ask.say("trouble-fault-late", title=title, since=one.since)
    sentence = "trouble-planned-until" if one.planned else "trouble-fault-until"
    return ask.say(sentence, title=title, since=one.since, until=one.until)


def advice(ask: Ask, stand: Position, found: Status | Outage | None, kind: Kind | None) -> str:
    """What to do next. Nobody restarts a router because of a debt, or of a cut cable."""
    match found:
        case Status.BLOCKED_DEBT if missing(stand, ask.today):
            return ask.say("trouble-next-debt", minutes=ask.operator.unblock_minutes)
        case Status.BLOCKED_DEBT:
            return ask.say("trouble-next-paid")
        case Status.SUSPENDED:
            return ask.say("trouble-next-suspended")
        case Status.BLOCKED:
            return ask.say("trouble-next-blocked")
        case Outage():
            return ask.say("trouble-next-outage")
        case _:
            return ask.say(f"trouble-try-{kind}" if kind in TRIED else "trouble-try")


TRIED: Final = frozenset({Kind.INTERNET, Kind.TV, Kind.PHONE, Kind.MOBILE})  # kinds with an advice of their own


async def offers(ask: Ask, account: Account, stand: Position, found: Status | Outage | None) -> tuple[str, ...]:
    """The questions that the buttons ask. A promised payment only where it would be given."""
    if found is Status.BLOCKED_DEBT:
        more = ("promised",) if missing(stand, ask.today) and await offered(ask, account) else ()
        return ("pay", *more, "paid", "operator")
    if isinstance(found, Outage):
        return ("trouble", "operator")
    return ("paid", "operator") if found is None else ("operator", "menu")
