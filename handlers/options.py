"""Paid options and subscriptions of all services: fee and status, the total a month, how to switch one off.

    options[:<page>]      ten on a page; typed words that name a service choose it

Only what works is in the total, and a total is said only where every such fee is known.
"""

import asyncio
import re
from typing import Final

from adapters.base import Reply
from billing.base import Account, Capability, Money, Option, Service, Status
from handlers import failures, span, subject
from handlers import service as one
from handlers.ask import Ask, Turn
from handlers.tariff import elsewhere
from handlers.text import brief
from storage.base import Saw

PAGE: Final = 10


async def options(ask: Ask, account: Account) -> Turn:
    if not ask.can(Capability.DETAILS) or not ask.can(Capability.SERVICES):
        return failures.unsupported(ask)
    services = await ask.billing.services(account.id)
    chosen = subject.named(services, ask.text) or services
    connected = [s for s in chosen if s.status is not Status.OFF]
    details = await asyncio.gather(*(ask.billing.details(account.id, s.id) for s in connected))
    found = tuple((s, option) for s, of_it in zip(connected, details, strict=True) for option in of_it.options)
    given = ask.arguments[0] if ask.arguments else ""
    # Those of a service that was named stand together: the page buttons know no words.
    size = PAGE if chosen == services else max(len(found), 1)
    shown, page, pages = span.paged(found, int(given) if re.fullmatch("[0-9]{1,6}", given) else 1, size)
    if found:
        head = total(ask, account, [option for _, option in found])
    else:
        head = ask.say("options-none" if chosen == services else "options-none-of")
    blocks = [head, listing(ask, shown)]
    if pages > 1:
        first = (page - 1) * PAGE
        blocks.append(ask.say("payments-shown", first=first + 1, last=first + len(shown), count=len(found)))
    if found:
        blocks.append(ask.say("options-change" if ask.operator.account_url else "options-change-phone"))
    rows = (
        *one.further(ask, page, pages, lambda n: f"options:{n}"),
        elsewhere(ask) if found else (),
        (ask.button("button-services", "services"), ask.button("button-tariff", "tariff")),
    )
    reply = Reply(
        "\n\n".join(block for block in blocks if block),
        keyboard=tuple(row for row in rows if row),
        replaces=ask.incoming.message if ask.arguments and ask.incoming.action is not None else None,
    )
    return Turn(reply, effects=(Saw(account.id, "options", {"count": len(found)}),))


def total(ask: Ask, account: Account, found: list[Option]) -> str:
    # One of an unknown fee may cost something; one of no fee does not.
    paid = [option for option in found if option.status is Status.ACTIVE and (option.fee is None or option.fee)]
    fees = [option.fee for option in paid if option.fee is not None]
    if not paid:
        return ask.say("options-idle")
    if len(fees) < len(paid):
        return ask.say("options-untold", count=len(paid))
    return ask.say("options-total", count=len(paid), sum=sum(fees, Money(0, account.currency)))


def listing(ask: Ask, shown: tuple[tuple[Service, Option], ...]) -> str:
    """The options under the titles of their services."""
    lines: list[str] = []
    last: Service | None = None
    for s, option in shown:
        if s is not last:
            lines += ["", f"{brief(s.title)}:"] if lines else [f"{brief(s.title)}:"]
            last = s
        lines.append(f"• {one.option(ask, option)}")
    return "\n".join(lines)
