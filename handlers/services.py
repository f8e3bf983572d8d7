"""My services: each with status in words, tariff, fee and next charge; closed by two sums, as a picture and as text.

    services[:<page>]       six on a page, a button each; typed words that name a service choose it

3 услуги, работают 2                                      what is on
title: status, what to do about it / tariff, fee, day     each service
Баланс всех услуг 350,00 ₽ · Долга нет                    the two sums, the position's own
"""

import re

from adapters.base import Keyboard, Picture, Reply
from billing.base import Account, Capability, Service, Status
from billing.position import Position
from handlers import balance, failures, span, subject
from handlers import service as one
from handlers.ask import Ask, Turn
from handlers.states import CHARGED, plan, remedy, state, tariff, titled
from handlers.text import brief
from pictures.services import Mood, Row, ServiceList, Sum

MOODS = {Status.ACTIVE: Mood.GOOD, Status.BLOCKED_DEBT: Mood.BAD, Status.BLOCKED: Mood.BAD}


async def services(ask: Ask, account: Account) -> Turn:
    if not ask.can(Capability.SERVICES):
        return failures.unsupported(ask)
    stand = await ask.position(account)
    named = subject.named(stand.services, ask.text)
    if named is not None and len(named) == 1:
        return await one.page(ask, stand, named[0])
    chosen = named if named and len(named) <= one.PAGE else stand.services
    given = ask.arguments[0] if ask.arguments else ""
    shown, page, pages = span.paged(chosen, int(given) if re.fullmatch("[0-9]{1,6}", given) else 1, one.PAGE)
    blocks = [
        ask.say("service-gone") if named == () and chosen else "",
        counted(ask, chosen),
        *(block(ask, stand, s) for s in shown),
        ask.say("payments-shown", **place(shown, page, chosen)) if pages > 1 else "",
        "\n".join(sums(ask, stand)),
        ask.say("figures-at", at=stand.as_of),
    ]
    data = await ask.draw(drawing(ask, stand, shown, len(chosen) - len(shown))) if shown else None
    reply = Reply(
        "\n\n".join(block for block in blocks if block),
        keyboard=keyboard(ask, stand, shown, page, pages),
        picture=Picture(data, "services.png") if data else None,
        replaces=ask.incoming.message if ask.arguments and ask.incoming.action is not None else None,
    )
    return Turn(reply, effects=(balance.saw("services", stand),))


def counted(ask: Ask, services: tuple[Service, ...]) -> str:
    """How many there are and how many work. What is not connected is not counted among them."""
    there = [s for s in services if s.status is not Status.OFF]
    working = sum(s.status is Status.ACTIVE for s in there)
    if not there:
        return ask.say("services-none")
    if working == len(there):
        return ask.say("services-all-on", count=len(there))
    if not working:
        return ask.say("services-none-on", count=len(there))
    return ask.say("services-some-on", count=len(there), on=working)


def block(ask: Ask, stand: Position, s: Service) -> str:
    """«Домашний интернет: приостановлено за долг, заработает после оплаты 969,75 ₽», and its tariff below."""
    head = titled(ask, s, [words for words in (state(ask, s.status), remedy(ask, stand, s)) if words])
    about = ", ".join(plan(ask, stand.account.scheme, s))
    return f"{head}\n{about[:1].upper()}{about[1:]}" if about else head


def place(shown: tuple[Service, ...], page: int, among: tuple[Service, ...]) -> dict[str, int]:
    first = (page - 1) * one.PAGE
    return {"first": first + 1, "last": first + len(shown), "count": len(among)}


def sums(ask: Ask, stand: Position) -> list[str]:
    """Balance of all services, and debt; what is billed and not yet due, and what was promised, stand apart."""
    lines = [
        ask.say("services-sum", own=stand.own),
        ask.say("debt-now", debt=stand.overdue) if stand.overdue else ask.say("debt-none"),
    ]
    if stand.issued and stand.issued_due is not None:
        lines.append(ask.say("figure-issued", issued=stand.issued, day=stand.issued_due))
    promised = balance.promised(ask, stand)
    return [*lines, promised] if promised else lines


def keyboard(ask: Ask, stand: Position, shown: tuple[Service, ...], page: int, pages: int) -> Keyboard:
    return (
        *one.buttons(shown, lambda s: f"service:{subject.mark(s)}"),
        *one.further(ask, page, pages, lambda n: f"services:{n}"),
        (ask.button("button-pay", "pay"), ask.button("button-topup", "topup")),
    )


# ── The picture ───────────────────────────────────────────────────────────────────────────────────────────────────


def drawing(ask: Ask, stand: Position, shown: tuple[Service, ...], rest: int) -> ServiceList:
    debt = ask.say.money(stand.overdue) if stand.overdue else ask.say("services-picture-no-debt")
    return ServiceList(
        title=ask.say("services-picture"),
        rows=tuple(row(ask, s) for s in shown),
        sums=(
            Sum(ask.say("services-picture-sum"), ask.say.money(stand.own), mood(stand.own.minor < 0)),
            Sum(ask.say("services-picture-debt"), debt, mood(bool(stand.overdue))),
        ),
        note=ask.say("services-picture-rest", count=rest) if rest else "",
    )


def row(ask: Ask, s: Service) -> Row:
    return Row(
        kind=s.kind,
        title=brief(s.title),
        status=state(ask, s.status),
        tariff=tariff(s) if s.status is not Status.OFF else "",
        fee=ask.say("service-fee", fee=s.fee) if s.fee is not None and s.status in CHARGED else "",
        state=MOODS.get(s.status, Mood.QUIET),
    )


def mood(bad: bool) -> Mood:
    return Mood.BAD if bad else Mood.QUIET
