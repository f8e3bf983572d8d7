"""What everybody may know: known faults of the region first, then the operator's news. Works before linking and where
nothing personal may be said; a fault at the customer's own address is the question "trouble"."""

from datetime import timedelta
from typing import Final

from adapters.base import Reply
from billing.base import Capability, Notice
from handlers.ask import Ask, Turn
from handlers.menu import buttons
from handlers.region import of, regions
from handlers.text import brief

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
        blocks = [told(ask, one) for one in found[:PAGE]]
        if len(found) > PAGE:
            blocks.append(ask.say(more, count=len(found) - PAGE))
    names = (*(("trouble",) if ask.memory.links and not ask.public else ()), *(("region",) if regions(ask) else ()))
    return Turn(Reply("\n\n".join([*head, *blocks]), keyboard=buttons(ask, (*names, "operator", "menu"))))


def told(ask: Ask, one: Notice) -> str:
    if one.outage:
        when = (
            ask.say("fault-until", since=one.at, until=one.until) if one.until else ask.say("fault-since", since=one.at)
        )
    else:
        when = ask.say.day(ask.say.date_of(one.at))
    lines = [ask.say("fault", title=brief(one.title, 120)) if one.outage else brief(one.title, 120), when]
    if one.text.strip():
        lines.append(brief(one.text, 500))
    return "\n".join(lines)
