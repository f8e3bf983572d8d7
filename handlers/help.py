"""What can you do, is it safe, and nobody understood: never a dead end, never the same sentence twice in a row."""

from typing import Final

from adapters.base import Reply
from handlers.ask import Ask, Turn
from handlers.contacts import line
from handlers.menu import PUBLIC, QUESTIONS, buttons, keyboard, offered
from handlers.region import local
from nlu.letters import clean

LIKELY: Final = ("balance", "pay", "payments")  # what most people want when nothing is known


async def help_(ask: Ask) -> Turn:
    names = (
        ("safe", "language", "operator") if ask.public else ("more", "safe", "language", "export", "forget", "operator")
    )
    text = ask.say("help-public" if ask.public else "help", operator=ask.operator.name)
    return Turn(Reply(text, keyboard=buttons(ask, names)))


async def safe(ask: Ask) -> Turn:
    names = ("help", "operator") if ask.public else ("export", "forget", "help", "operator")
    return Turn(Reply(ask.say("safe"), keyboard=buttons(ask, names)))


async def lost(ask: Ask) -> Turn:
    """Not understood. The arguments are what may have been meant, likeliest first.

    First time   the three likeliest questions as buttons
    second       the whole menu, and a human being
    third        what is understood here, and the phones; from then on by turns with the second
    """
    misses = ask.memory.dialogue.misses
    if misses == 0:
        known, spare = (PUBLIC, PUBLIC) if ask.public else (QUESTIONS, LIKELY)
        likely = offered(ask.billing.can, dict.fromkeys((*(n for n in ask.arguments if n in known), *spare)))[:3]
        opaque = not clean(ask.incoming.text)
        reply = Reply(ask.say("cannot-open" if opaque else "not-understood"), keyboard=buttons(ask, likely))
    elif misses % 2:
        reply = Reply(ask.say("not-understood-menu"), menu=keyboard(ask))
    else:
        phones = "\n".join(line(ask, one) for one in local(ask))
        text = "\n\n".join(part for part in (ask.say("not-understood-again"), phones) if part)
        reply = Reply(text, keyboard=buttons(ask, ("operator", "help"), main="operator"))
    return Turn(reply, misses=misses + 1)
