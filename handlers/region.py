"""Whose phones and news: the customer's region, guessed from the linked account, changed by one tap or one word.

    region             the regions that the operator knows, as buttons; a typed name counts
    region:<mark>      that one
    region:mine        the account's own again

The operator names regions in the contacts; a billing names them in accounts and news. Both are the operator's own
words and are compared without case.
"""

import hashlib
from typing import Final

from rapidfuzz import fuzz, process

from adapters.base import Button, Keyboard, Reply
from handlers.ask import Ask, Contact, NotMine, Turn
from handlers.menu import button
from handlers.text import brief
from storage.base import SetRegion

PAGE: Final = 6  # buttons of one screen, a row each; the rest are typed
ALIKE: Final = 85  # of 100: "тюменская" means «Тюменская область»


def of(ask: Ask) -> str:
    """The region that this chat is about; "" when nobody knows. Where nothing personal may be said, only a chosen one:
    the account's own would tell where the customer lives."""
    chosen = ask.memory.chat.region
    if chosen is not None or ask.link is None or ask.public:
        return chosen or ""
    return ask.link.region


def regions(ask: Ask) -> tuple[str, ...]:
    """Those with phones of their own, in the order of the alphabet."""
    return tuple(sorted({c.region for c in ask.operator.contacts if c.region}))


def local(ask: Ask) -> tuple[Contact, ...]:
    """The phones for this chat's region, its own first, then everybody's."""
    here = of(ask).casefold()
    own = [c for c in ask.operator.contacts if c.region and c.region.casefold() == here]
    return (*own, *(c for c in ask.operator.contacts if not c.region))


def mark(region: str) -> str:
    return hashlib.sha256(region.casefold().encode()).hexdigest()[:8]


async def region(ask: Ask) -> Turn:
    """Raises NotMine for typed words that are no region, when one was waited for."""
    known = regions(ask)
    if ask.arguments[:1] == ("mine",):
        return chosen(ask, None)
    if ask.arguments:
        found = next((one for one in known if mark(one) == ask.arguments[0]), None)
        return chosen(ask, found) if found is not None else screen(ask, known)
    if ask.memory.dialogue.question == "region" and ask.text:
        found = named(ask.text, known)
        if found is None:
            raise NotMine
        return chosen(ask, found)
    return screen(ask, known)


def named(text: str, known: tuple[str, ...]) -> str | None:
    """The one region that the words mean; None: none or several."""
    close = process.extract(
        text.casefold()[:100], known, scorer=fuzz.partial_ratio, processor=str.casefold, score_cutoff=ALIKE, limit=2
    )
    return close[0][0] if len(close) == 1 or (close and close[0][1] > close[1][1]) else None


def screen(ask: Ask, known: tuple[str, ...]) -> Turn:
    if not known:
        return Turn(Reply(ask.say("region-one"), keyboard=((button(ask.say, "operator"),),)))
    now = of(ask)
    text = [ask.say("region-now", region=brief(now)) if now else ask.say("region-unknown"), ask.say("region-which")]
    if len(known) > PAGE:
        text.append(ask.say("region-type", regions=", ".join(known)))
    rows: Keyboard = tuple((Button(brief(one, 32), action=f"region:{mark(one)}"),) for one in known[:PAGE])
    return Turn(Reply("\n".join(text), keyboard=rows), waits="region")


def chosen(ask: Ask, region: str | None) -> Turn:
    """Then the phones, which is what it was asked for."""
    return Turn(effects=(SetRegion(region),), then="operator")
