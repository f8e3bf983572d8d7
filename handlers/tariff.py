"""Tariff: what the services cost a month, each with its fee and the day of the next charge, and where to change it.

    tariff            all services; typed words that name one choose it
    tariff:change     first where it is changed: the bot changes none
    tariff:speed      first that the speed is not known here

A total is said only where every fee that is taken is known.
"""

from adapters.base import Button, Keyboard, Reply
from billing.base import Account, Capability, Money, Service, Status
from billing.position import Position
from handlers import failures, subject
from handlers.ask import Ask, Turn
from handlers.balance import saw
from handlers.states import CHARGED, line


async def tariff(ask: Ask, account: Account) -> Turn:
    if not ask.can(Capability.SERVICES):
        return failures.unsupported(ask)
    stand = await ask.position(account)
    services = subject.named(stand.services, ask.text) or stand.services
    topic = ask.arguments[0] if ask.arguments else ""
    change = ask.say("tariff-change" if ask.operator.account_url else "tariff-change-phone")
    lines = [line(ask, stand, s) for s in services if s.status is not Status.OFF]
    blocks = [
        {"change": change, "speed": ask.say("tariff-speed")}.get(topic, ""),
        total(ask, stand, services) if lines else ask.say("services-none"),
        "\n".join(lines),
        "\n".join(left_out(ask, services)),
        change if topic != "change" else "",
        ask.say("figures-at", at=stand.as_of),
    ]
    reply = Reply("\n\n".join(block for block in blocks if block), keyboard=keyboard(ask))
    return Turn(reply, effects=(saw("tariff", stand),))


def total(ask: Ask, stand: Position, services: tuple[Service, ...]) -> str:
    paying = [s for s in services if s.status in CHARGED]
    fees = [s.fee for s in paying if s.fee is not None]
    if not paying:
        return ask.say("tariff-nothing")
    if len(fees) < len(paying):
        return ask.say("tariff-unknown")
    sum_ = sum(fees, Money(0, stand.own.currency))
    return ask.say("tariff-total" if len(services) > 1 and services == stand.services else "tariff-total-one", sum=sum_)


def left_out(ask: Ask, services: tuple[Service, ...]) -> list[str]:
    """What is not in the total; [] where nothing is taken, and so there is none."""
    if not any(s.status in CHARGED for s in services):
        return []
    off = any(s.status in {Status.SUSPENDED, Status.BLOCKED} and s.fee for s in services)
    lines = [ask.say("tariff-off")] if off else []
    return [*lines, ask.say("tariff-options")] if ask.can(Capability.DETAILS) else lines


def keyboard(ask: Ask) -> Keyboard:
    first = [ask.button("button-services", "services")]
    if ask.can(Capability.DETAILS):
        first.append(ask.button("button-options", "options"))
    return (tuple(first), (ask.button("button-pay", "pay"), *elsewhere(ask)))


def elsewhere(ask: Ask) -> tuple[Button, ...]:
    """Where a plan or an option is changed: the operator's account on the web, else the phones."""
    if ask.operator.account_url:
        return (Button(ask.say("button-account-site"), url=ask.operator.account_url),)
    return (ask.button("button-operator", "operator"),)
