"""What everybody may know: known faults of the region first, then the operator's news. Works before linking and where
nothing personal may be said; a fault at the customer's own address is the question "trouble"."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from adapters.base import Reply
from billing.base import Capability, Gone, Notice
from handlers.ask import Ask, Turn
from handlers.menu import buttons
from handlers.region import of, regions
from handlers.text import Say, brief

PAGE: Final = 5
FRESH: Final = timedelta(days=60)  # older news is none


async def news(ask: Ask) -> Turn:
    """Faults and news. Raises BillingError."""
    return await screen(ask, await notices(ask), ("news-none", "news-more"))


async def faults(ask: Ask) -> Turn:
    """Faults only: «есть авария?»"""
    return await screen(ask, tuple(n for n in await notices(ask) if n.outage), ("faults-none", "faults-more"))


async def notices(ask: Ask) -> tuple[Notice, ...]:
    """What holds now: faults, then news, newest first."""
    if not ask.can(Capability.NOTICES):
        return ()
    found = await ask.billing.notices(of(ask))
    lasting = [n for n in found if (n.until is None or n.until > ask.now) and (n.outage or ask.now - n.at <= FRESH)]
    return tuple(sorted(lasting, key=lambda n: (not n.outage, ask.now - n.at)))


async def screen(ask: Ask, found: tuple[Notice, ...], said: tuple[str, str]) -> Turn:
    none, more = said
    head = [ask.say("region-now", region=brief(of(ask)))] if of(ask) else []
    if not ask.can(Capability.NOTICES):
        blocks = [ask.say("news-untold", operator=ask.operator.name)]
    elif not found:
        blocks = [ask.say(none)]
    else:
        say = await clock(ask)
        blocks = [told(say, one) for one in found[:PAGE]]
        if len(found) > PAGE:
            blocks.append(ask.say(more, count=len(found) - PAGE))
    names = (*(("trouble",) if ask.memory.links and not ask.public else ()), *(("region",) if regions(ask) else ()))
    return Turn(Reply("\n\n".join([*head, *blocks]), keyboard=buttons(ask, (*names, "operator", "menu"))))


async def clock(ask: Ask) -> Say:
    """Times by the same clock as in "trouble": the one that was chosen, else the linked account's. Where nothing
    personal may be said, the operator's: the account's own would tell where the customer lives."""
    if ask.memory.chat.zone or ask.link is None or ask.public:
        return ask.say
    try:
        account = await ask.billing.account(ask.link.account)
    except Gone:
        return ask.say
    return replace(ask.say, zone=account.zone)


def told(say: Say, one: Notice) -> str:
    if one.outage:
        when = say("fault-until", since=one.at, until=one.until) if one.until else say("fault-since", since=one.at)
    else:
        when = say.day(say.date_of(one.at))
    lines = [say("fault", title=brief(one.title, 120)) if one.outage else brief(one.title, 120), when]
    if one.text.strip():
        lines.append(brief(one.text, 500))
    return "\n".join(lines)
