"""What we say first, and how the customer sets it: on and off, below which sum, in which chat, once more tomorrow.

alerts[:on|off]           the settings in words; on and off take effect at once and each offers the way back
threshold[:kopecks]       by button, or typed: "200", «предупреждай на 200»; of one account
here[:on]                 which chat hears of the account; from now on this one, of all that it has linked
remind[:<link>:<kinds>]   «напомнить завтра»: the same again at the customer's hour, if it is still true

What is told of and on which days: handlers/topics.py. When, by whose clock, in which hours not: handlers/hours.py.
"""

import re
from datetime import timedelta
from typing import Final

from adapters.base import Address, Button, Reply, Tone
from billing.base import Account, Money
from handlers.accounts import owned
from handlers.amounts import LONGEST, amount, amount_in, plain
from handlers.ask import Ask, NotMine, Turn
from handlers.hours import grid, hour_words, impossible, quiet_words, waits, zone_name
from handlers.menu import button, buttons, keyboard, outdated, unavailable
from handlers.notices import KINDS
from handlers.public import network
from handlers.quiet import quiet_until, tomorrow
from handlers.text import tail
from storage.base import Effect, Link, Prefer, Remind, SetAlerts, SetThreshold

THRESHOLDS: Final = (5_000, 10_000, 30_000, 50_000)  # kopecks
LARGEST: Final = 10_000_000  # kopecks: a higher threshold is a slip of the finger
LIVES: Final = timedelta(days=1)  # a reminder that could not leave within it is not what was asked for


async def alerts(ask: Ask, account: Account) -> Turn:
    if (refused := impossible(ask)) is not None:
        return refused
    match ask.arguments:
        case ("on",):
            return Turn(await screen(ask, account, on=True, said="alerts-now-on"), effects=(SetAlerts(on=True),))
        case ("off",):
            return Turn(await screen(ask, account, on=False, said="alerts-now-off"), effects=(SetAlerts(on=False),))
        case ():
            return Turn(await screen(ask, account, on=ask.memory.chat.alerts))
        case _:
            return outdated(ask)


async def screen(ask: Ask, account: Account, *, on: bool, said: str = "") -> Reply:
    """`said`: what has just changed. Whoever switches alerts on in a chat wants to hear of it there."""
    link, chat = ask.link, ask.memory.chat
    assert link is not None  # this is a Linked answer
    lines = [ask.say(said or ("alerts-on" if on else "alerts-off"))]
    lines.append(ask.say("alerts-threshold", sum=Money(link.threshold, account.currency), number=tail(link.number)))
    lines.append(hour_words(ask, chat.remind_at))
    lines.append(quiet_words(ask, chat.quiet_from, chat.quiet_to))
    lines.append(ask.say("alerts-zone", zone=zone_name(ask.say, chat.zone or account.zone)))
    hearer = None if on and said else await ask.storage.watches.hears(link.account)
    elsewhere = hearer is not None and hearer != ask.incoming.sender
    if elsewhere:
        lines.append(where(ask, link, hearer))
    main = button(ask.say, "alerts:off") if on else button(ask.say, "alerts:on", Tone.MAIN)
    names = ("threshold", "topics", "hour", "quiet", "zone", "here:on" if elsewhere and on else "here", "menu")
    return Reply("\n".join(lines), keyboard=((main,), *buttons(ask, names)))


# ── Below which sum ───────────────────────────────────────────────────────────────────────────────────────────────


async def threshold(ask: Ask, account: Account) -> Turn:
    link = ask.link
    assert link is not None
    wanted = wanted_threshold(ask)
    if wanted is None:
        rows = [Button(short(ask, sum_, account), action=f"threshold:{sum_}") for sum_ in THRESHOLDS]
        text = ask.say("threshold-which", sum=Money(link.threshold, account.currency), number=tail(link.number))
        return Turn(Reply(text, keyboard=grid(ask, rows)), waits="threshold")
    if not 0 < wanted <= LARGEST:
        text = ask.say("threshold-range", largest=Money(LARGEST, account.currency))
        return Turn(Reply(text, keyboard=buttons(ask, ("threshold", "alerts"))), waits="threshold")
    text = ask.say("threshold-set", sum=Money(wanted, account.currency), number=tail(link.number))
    effects: tuple[Effect, ...] = (SetThreshold(link.id, wanted),)
    if ask.memory.chat.alerts:
        return Turn(Reply(text, menu=keyboard(ask)), effects)
    # A threshold that nobody watches is no use: say so, with the one button that mends it.
    return Turn(
        Reply(f"{text}\n{ask.say('alerts-off')}", keyboard=buttons(ask, ("alerts:on", "menu"), main="alerts:on")),
        effects,
    )


# A sum below zero, or none at all, is no threshold; its figures alone would be another one.
NO_THRESHOLD: Final = re.compile(
    r"(?:-|минус|minus) ?[0-9].*|.*\s(?:-|минус |minus )[0-9].*"
    r"|(?:.*\s)?(?:0+(?:[.,]0+)?|нол[ья]|zero)(?: ?(?:₽|р|руб\w*))?"
)


def wanted_threshold(ask: Ask) -> int | None:
    """Kopecks from the button or the typed sum, 0 for what can be no threshold; None: nothing was named yet."""
    if ask.arguments:
        return int(ask.arguments[0]) if re.fullmatch("[0-9]{1,9}", ask.arguments[0]) else 0
    if NO_THRESHOLD.fullmatch(plain(ask.text[:LONGEST])):
        return 0
    if (sum_ := amount(ask.text)) is not None:
        return sum_
    if waits(ask, "threshold"):
        raise NotMine
    return amount_in(ask.text)


def short(ask: Ask, kopecks: int, account: Account) -> str:
    """«100 ₽»: a round sum without its kopecks."""
    return re.sub(r"[.,]00(?=\D*$)", "", ask.say.money(Money(kopecks, account.currency)))


# ── In which chat ─────────────────────────────────────────────────────────────────────────────────────────────────


async def here(ask: Ask, account: Account) -> Turn:
    if (refused := impossible(ask)) is not None:
        return refused
    links = ask.memory.links
    if ask.arguments == ("on",):
        effects: list[Effect] = [] if ask.memory.chat.alerts else [SetAlerts(on=True)]
        effects += [Prefer(one.id) for one in links]
        text = ask.say("here-set", count=len(links))
        return Turn(Reply(text, keyboard=buttons(ask, ("alerts", "topics", "alerts:off", "menu"))), tuple(effects))
    if ask.arguments:
        return outdated(ask)
    hearers = [await ask.storage.watches.hears(one.account) for one in links]
    lines = [where(ask, one, hearer) for one, hearer in zip(links, hearers, strict=True)]
    mine = all(hearer == ask.incoming.sender for hearer in hearers)
    names = ("alerts:off", "alerts", "menu") if mine else ("here:on", "alerts", "menu")
    return Turn(Reply("\n".join(lines), keyboard=buttons(ask, names, main="here:on")))


def where(ask: Ask, link: Link, hearer: Address | None) -> str:
    number = tail(link.number)
    if hearer is None:
        return ask.say("here-nobody", number=number)
    if hearer == ask.incoming.sender:
        return ask.say("here-this", number=number)
    return ask.say("here-other", number=number, network=network(ask.say, hearer.network))


# ── Once more tomorrow ────────────────────────────────────────────────────────────────────────────────────────────


async def remind(ask: Ask, account: Account) -> Turn:
    """ "remind:<link>:low.due" repeats these tomorrow; typed, whatever there is to be paid then."""
    if (refused := impossible(ask)) is not None:
        return refused
    again = [kind for kind, told in KINDS.items() if told.again]
    link, kinds = ask.link, again
    if ask.arguments:
        link, kinds = owned(ask, ask.arguments[0]), ask.arguments[-1].split(".")
        if link is None:
            return unavailable(ask)
        if len(ask.arguments) != 2 or not set(kinds) <= set(again):
            return outdated(ask)
    assert link is not None
    chat = ask.memory.chat
    if not chat.alerts:
        return Turn(Reply(ask.say("alerts-off"), keyboard=buttons(ask, ("alerts:on", "menu"), main="alerts:on")))
    then = tomorrow(chat, account.zone, ask.now)
    then = quiet_until(chat, account.zone, then) or then
    effects = tuple(Remind(link.id, kind, then, then + LIVES) for kind in dict.fromkeys(kinds))
    text = ask.say("remind-set" if ask.arguments else "remind-if", at=then)
    return Turn(Reply(text, keyboard=buttons(ask, ("pay", "alerts", "menu"), main="pay")), effects)
