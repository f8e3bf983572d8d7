"""«Оплатил, а не работает»: where the money is, read off the billing's facts, and what happens next.

stage       what the billing knows                                             what happens next
BLIND       it does not tell payments                                          the operator looks
UNSEEN      no payment in the last days                                        what to check, how long it takes
SEEN        a payment came and is not credited                                 when it usually is; after that: us
SHORT       the last payment is credited and did not cover everything          how much is missing
SUSPENDED   nothing is owed; the customer himself has suspended a service      the operator resumes it
BLOCKED     nothing is owed; the operator stopped it for another reason        the operator
UNBLOCKING  nothing is owed, the service is still blocked for debt             it comes back by a time
STUCK       the same, and that time is over                                    our side: what to tell the operator
WORKING     nothing is owed and the service is on                              it is not the money: "trouble"
UNKNOWN     nothing is owed; how services stand is not told                    the same, without claiming more
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from adapters.base import Reply
from billing.base import Account, Capability, Money, Payment, Period, Service, Status
from billing.position import Position, missing
from handlers.ask import Ask, Turn
from handlers.balance import saw
from handlers.menu import buttons
from handlers.payments import line
from handlers.payments import on as on_day
from handlers.promised import offered
from handlers.text import brief, tail

DAYS: Final = 7  # how far back a payment is "just made", where transfers are not slower still


class Stage(StrEnum):
    BLIND = "blind"
    UNSEEN = "unseen"
    SEEN = "seen"
    SHORT = "short"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"
    UNBLOCKING = "unblocking"
    STUCK = "stuck"
    WORKING = "working"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trace:
    stage: Stage
    payment: Payment | None = None  # the one that the stage is about


def trace(
    payments: tuple[Payment, ...] | None,
    missing: Money,
    services: tuple[Service, ...],
    now: datetime,
    unblock: timedelta,
) -> Trace:
    """Where the money is. Pure.

    `payments`: those of the last days, newest first; None: the billing does not tell. `missing`: what is owed, or
    lacks for a fee that has stopped a service. `services` empty: not told, or none.
    """
    came = [one for one in payments or () if one.amount.minor > 0]
    credited = next((one for one in came if one.credited), None)
    coming = next((one for one in came if not one.credited), None)
    states = {one.status for one in services}
    if missing.minor > 0 or (coming and Status.BLOCKED_DEBT in states):
        if payments is None:
            return Trace(Stage.BLIND)
        return Trace(Stage.SEEN, coming) if coming else Trace(Stage.SHORT if credited else Stage.UNSEEN, credited)
    if Status.BLOCKED_DEBT in states:
        if credited is None:
            return Trace(Stage.BLIND if payments is None else Stage.UNSEEN)
        return Trace(Stage.UNBLOCKING if now - credited.at <= unblock else Stage.STUCK, credited)
    if Status.SUSPENDED in states:
        return Trace(Stage.SUSPENDED, credited)
    if Status.BLOCKED in states:
        return Trace(Stage.BLOCKED, credited)
    if payments is None:
        return Trace(Stage.BLIND)
    if credited is None:
        return Trace(Stage.SEEN, coming) if coming else Trace(Stage.UNSEEN)
    return Trace(Stage.WORKING if Status.ACTIVE in states else Stage.UNKNOWN, credited)


# ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def paid(ask: Ask, account: Account) -> Turn:
    stand = await ask.position(account)
    days = max(DAYS, 2 * ask.operator.credit_days)
    payments = None
    if ask.can(Capability.PAYMENTS):
        payments = await ask.billing.payments(account.id, Period(ask.today - timedelta(days=days), ask.today))
    lacks, unblock = missing(stand, ask.today), timedelta(minutes=ask.operator.unblock_minutes)
    found = trace(payments, lacks, stand.services, ask.now, unblock)
    lines = [*told(ask, account, found, lacks, stand, days)]
    if found.stage in {Stage.UNSEEN, Stage.SEEN, Stage.SHORT} and on(stand):
        lines.append(ask.say("trace-on"))
    lines.append(ask.say("figures-at", at=stand.as_of))
    names = list(NEXT[found.stage])
    if found.stage in {Stage.UNSEEN, Stage.SEEN, Stage.SHORT} and lacks and await offered(ask, account):
        names.insert(0, "promised")
    return Turn(Reply("\n\n".join(lines), keyboard=buttons(ask, names)), effects=(saw("paid", stand),))


# What is offered after each stage.
NEXT: Final = {
    Stage.BLIND: ("pay", "trouble", "operator"),
    Stage.UNSEEN: ("pay", "trouble", "operator"),
    Stage.SEEN: ("payments", "trouble", "operator"),
    Stage.SHORT: ("pay", "payments", "trouble", "operator"),
    Stage.SUSPENDED: ("operator", "trouble"),
    Stage.BLOCKED: ("operator", "trouble"),
    Stage.UNBLOCKING: ("paid", "trouble", "operator"),
    Stage.STUCK: ("operator", "payments"),
    Stage.WORKING: ("trouble", "payments", "operator"),
    Stage.UNKNOWN: ("trouble", "payments", "operator"),
}


def on(stand: Position) -> bool:
    """Whether it is known that nothing at all is stopped."""
    return bool(stand.services) and all(s.status in {Status.ACTIVE, Status.OFF} for s in stand.services)


def told(ask: Ask, account: Account, found: Trace, lacks: Money, stand: Position, days: int) -> list[str]:
    """The stage, and what happens next."""
    say, payment = ask.say, found.payment
    made = line(ask, account, payment) if payment is not None else ""
    match found.stage:
        case Stage.BLIND:
            debt = say("trace-debt", debt=lacks) if lacks else say("debt-none")
            return [say("trace-blind"), debt]
        case Stage.UNSEEN:
            check = say("trace-check", number=tail(account.number), days=ask.operator.credit_days)
            return [say("trace-unseen", days=days), check, say("trace-bring")]
        case Stage.SEEN if payment is not None:
            made = line(ask, account, replace(payment, credited=True))  # that it is not yet, the sentence says
            usual = on_day(account, payment) + timedelta(days=ask.operator.credit_days)
            if usual < ask.today:
                return [say("trace-seen", payment=made), say("trace-seen-late"), facts(ask, account, payment)]
            return [say("trace-seen", payment=made), say("trace-seen-usual", day=say.until(usual))]
        case Stage.SHORT:
            key = "trace-short-debt" if lacks == stand.overdue else "trace-short-fee"
            return [say(key, sum=lacks), say("trace-credited", payment=made), say("trace-short-next")]
        case Stage.UNBLOCKING if payment is not None:
            until = payment.at + timedelta(minutes=ask.operator.unblock_minutes)
            return [say("trace-unblocking", until=until), say("trace-credited", payment=made), stopped(ask, stand)]
        case Stage.STUCK if payment is not None:
            return [say("trace-stuck"), stopped(ask, stand), facts(ask, account, payment)]
        case Stage.SUSPENDED | Stage.BLOCKED:
            titles = named(stand, Status.SUSPENDED if found.stage is Stage.SUSPENDED else Status.BLOCKED)
            after = [say("trace-credited", payment=made)] if made else []
            return [say(f"trace-{found.stage}", services=titles), *after]
        case _:
            return [say(f"trace-{found.stage}"), say("trace-credited", payment=made)]


def stopped(ask: Ask, stand: Position) -> str:
    return ask.say("trace-stopped", services=named(stand, Status.BLOCKED_DEBT))


def named(stand: Position, status: Status) -> str:
    """The titles of the services that stand so."""
    return ", ".join(brief(one.title) for one in stand.services if one.status is status)


def facts(ask: Ask, account: Account, payment: Payment) -> str:
    """What to tell a human being, spelled out: the customer reads it aloud or copies it. Day and time are the
    account's own, as they stand in the operator's books and in the line above."""
    say, method, number = ask.say, brief(payment.method), tail(account.number)
    day, clock = on_day(account, payment), payment.at.astimezone(ZoneInfo(account.zone)).strftime("%H:%M")
    if method:
        return say("trace-facts", number=number, day=day, clock=clock, sum=payment.amount, method=method)
    return say("trace-facts-plain", number=number, day=day, clock=clock, sum=payment.amount)
