"""The page of one service: how it stands and what to do about it, its money this month, what it consists of, where its
bill goes. Which one is meant: handlers.subject.

    service[:<mark>]        the page; without a mark that of the service which is named, else "which one?"

On the page, a part that the billing cannot tell is left out and never drawn as none.
"""

from collections.abc import Callable, Sequence
from typing import Final

from adapters.base import Button, Keyboard, Reply, Tone
from billing.base import Account, Capability, Carrier, Component, Details, Kind, Money, Option, Service, Status, Way
from billing.position import Position
from handlers import failures, payments
from handlers.ask import Ask, Turn
from handlers.span import preset
from handlers.states import plan, remedy, state, titled
from handlers.subject import about, mark
from handlers.text import brief
from handlers.verify import masked
from storage.base import Saw

LABEL: Final = 32  # characters that every network shows on a button
PAGE: Final = 6  # services on one page, a button each
ONE_COLUMN: Final = 3  # so many buttons have a row each; more of them stand in pairs
SPOKEN: Final = frozenset({Kind.PHONE, Kind.MOBILE})  # what one calls with


# ── The page of one ───────────────────────────────────────────────────────────────────────────────────────────────────


async def service(ask: Ask, account: Account) -> Turn:
    if not ask.can(Capability.SERVICES):
        return failures.unsupported(ask)
    stand = await ask.position(account)
    asked = about(ask, "service", stand.services)
    if asked.service is not None:
        return await page(ask, stand, asked.service)
    if asked.strange:
        return offer(ask, "service-gone", stand.services, "service")
    return offer(ask, "service-which", asked.among or stand.services, "service")


def offer(ask: Ask, sentence: str, services: Sequence[Service], question: str) -> Turn:
    """The sentence, and a button for each of the services: it is not there (any more), or several may be meant."""
    rows = buttons(services[:PAGE], lambda s: f"{question}:{mark(s)}")
    return Turn(Reply(ask.say(sentence), keyboard=(*rows, (ask.button("button-services", "services"),))))


def buttons(services: Sequence[Service], action: Callable[[Service], str]) -> Keyboard:
    """A button for each service; where titles begin alike, or one has none, they get numbers: no two labels are the
    same, and none is empty."""
    labels = [brief(s.title, LABEL) for s in services]
    if len(set(labels)) < len(labels) or not all(labels):
        labels = [brief(f"{n}. {' '.join(s.title.split())}", LABEL) for n, s in enumerate(services, 1)]
    made = [Button(label, action=action(s)) for label, s in zip(labels, services, strict=True)]
    columns = 1 if len(made) <= ONE_COLUMN else 2
    return tuple(tuple(made[at : at + columns]) for at in range(0, len(made), columns))


def further(ask: Ask, page: int, pages: int, action: Callable[[int], str]) -> Keyboard:
    """«Ещё, страница 2»: the next page, after the last one the first. One button, where there is no room for three."""
    if pages == 1:
        return ()
    after = page % pages + 1
    return ((Button(ask.say("button-further", page=after), action=action(after)),),)


async def page(ask: Ask, stand: Position, s: Service) -> Turn:
    account = stand.account
    details = await ask.billing.details(account.id, s.id) if ask.can(Capability.DETAILS) else Details(account.id, s.id)
    blocks = [
        head(ask, stand, s),
        await month(ask, account, s),
        listed(ask, "options", [option(ask, one) for one in details.options]),
        listed(ask, "components", [part for one in details.components for part in component(ask, one)]),
        await delivery(ask, account, s),
        ask.say("figures-at", at=stand.as_of),
    ]
    reply = Reply("\n\n".join(block for block in blocks if block), keyboard=keyboard(ask, s))
    figures = {"own": stand.own.minor, "overdue": stand.overdue.minor, "to_pay": stand.to_pay.minor}
    return Turn(reply, effects=(Saw(account.id, "service", figures),), data={"about": f"service:{mark(s)}"})


def head(ask: Ask, stand: Position, s: Service) -> str:
    """The status first, with what to do where it is off; then tariff, fee and next charge."""
    first = titled(ask, s, [one for one in (state(ask, s.status), remedy(ask, stand, s)) if one])
    return "\n".join([first, *(f"{one[:1].upper()}{one[1:]}" for one in plan(ask, stand.account.scheme, s))])


async def month(ask: Ask, account: Account, s: Service) -> str:
    """This month in money: what it began with, what came in, what this service took, the last payment."""
    period, zero = preset(ask, "month"), Money(0, account.currency)
    lines: list[str] = []
    if ask.can(Capability.PAYMENTS):
        last = await ask.billing.last_payment(account.id)
        words = payments.line(ask, account, last) if last else ""
        lines.append(ask.say("payments-last", payment=words) if words else ask.say("payments-never"))
    if ask.can(Capability.OPENING):
        opening = await ask.billing.opening(account.id, period.first)
        if opening is not None:
            lines.append(ask.say("edge-opening", day=period.first, own=opening))
    if ask.can(Capability.PAYMENTS):
        paid = await ask.billing.payments(account.id, period)
        total = sum((one.amount for one in paid), zero)
        said = "payments-total" if paid else "payments-empty"
        lines.append(ask.say(said, count=len(paid), total=total, period=period))
        waiting = sum((one.amount for one in paid if not one.credited), zero)
        if waiting:
            lines.append(ask.say("payments-waiting", sum=waiting))
    if ask.can(Capability.CHARGES):
        taken = [one.amount for one in await ask.billing.charges(account.id, period) if one.service == s.id]
        sum_ = sum(taken, zero)
        if not taken:
            lines.append(ask.say("service-uncharged", period=period))
        elif sum_.minor < 0:
            lines.append(ask.say("service-returned", sum=-sum_, period=period))
        else:
            lines.append(ask.say("service-charged", sum=sum_, period=period))
    return "\n".join(lines)


def listed(ask: Ask, what: str, lines: list[str]) -> str:
    """A heading and its lines; "" where there is none."""
    return "\n".join([ask.say(f"service-{what}"), *lines]) if lines else ""


def option(ask: Ask, one: Option) -> str:
    """«Антивирус: работает, 99,00 ₽ в месяц»."""
    words = [state(ask, one.status)]
    if one.fee is not None and one.status is not Status.OFF:
        words.append(ask.say("service-fee", fee=one.fee) if one.fee else ask.say("option-free"))
    return ask.say("service", title=brief(one.title), about=", ".join(words))


def component(ask: Ask, one: Component) -> list[str]:
    """«Междугородная связь: работает», and under it the account of each long-distance operator."""
    head = ask.say("service", title=ask.say(f"direction-{one.direction}"), about=state(ask, one.status))
    return [head, *(carrier(ask, each) for each in one.carriers)]


def carrier(ask: Ask, one: Carrier) -> str:
    if one.own.minor < 0:
        return ask.say("carrier-debt", title=brief(one.title), debt=-one.own)
    return ask.say("carrier-own", title=brief(one.title), own=one.own)


async def delivery(ask: Ask, account: Account, s: Service) -> str:
    if not ask.can(Capability.DELIVERY):
        return ""
    found = next((one for one in await ask.billing.deliveries(account.id) if one.service == s.id), None)
    if found is None:
        return ""
    if found.email is None:
        return ask.say("delivery-none")
    return ask.say("delivery-mail", email=masked(Way.EMAIL, found.email))


def keyboard(ask: Ask, s: Service) -> Keyboard:
    """What more there is about this service; what the billing cannot tell is not offered."""
    own = mark(s)
    first, second, third = [], [], []
    if ask.can(Capability.USAGE) and s.status is not Status.OFF:
        first.append(ask.button("button-usage", f"usage:{own}"))
    if ask.can(Capability.CALLS) and s.kind in SPOKEN:
        first.append(ask.button("button-calls", f"calls:open:{own}"))
    if ask.can(Capability.PAYMENTS):
        second.append(ask.button("button-payments", "payments"))
    if ask.can(Capability.CHARGES):
        second.append(ask.button("button-charges", f"charges:open:{own}"))
    if ask.can(Capability.DELIVERY):
        third.append(ask.button("button-mail", "mail"))
    third.append(ask.button("button-services", "services"))
    pay = [ask.button("button-pay", "pay", Tone.MAIN)] if s.status is Status.BLOCKED_DEBT else []
    return tuple(tuple(row) for row in (pay, first, second, third) if row)
