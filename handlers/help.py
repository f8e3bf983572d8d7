"""What can you do, is it safe, and nobody understood: never a dead end, never the same sentence twice in a row."""

from typing import Final

from adapters.base import Reply
from handlers.ask import Ask, Turn
from handlers.contacts import line
from handlers.menu import COMMANDS, PUBLIC, QUESTIONS, buttons, keyboard, offered
from handlers.region import local
from handlers.understand import intent_of
from nlu.letters import clean
from storage.base import Missed

LIKELY: Final = ("balance", "pay", "payments")  # what most people want when nothing is known
OFFERED: Final = frozenset({*QUESTIONS, *COMMANDS, *PUBLIC, "safe", "threshold", "quiet", "zone", "rename"})


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
    meant = offered(ask.billing.can, (one for one in likely(ask) if one in PUBLIC or not ask.public))
    if misses == 0:
        said = "cannot-open" if not clean(ask.incoming.text) else "perhaps-meant" if meant else "not-understood"
        names = meant or offered(ask.billing.can, PUBLIC if ask.public else LIKELY)
        reply = Reply(ask.say(said), keyboard=buttons(ask, tuple(dict.fromkeys((*names[:3], "operator")))))
    elif misses % 2:
        reply = Reply(ask.say("not-understood-menu"), menu=keyboard(ask))
    else:
        phones = "\n".join(line(ask, one) for one in local(ask))
        text = "\n\n".join(part for part in (ask.say("not-understood-again"), phones) if part)
        reply = Reply(text, keyboard=buttons(ask, ("operator", "help"), main="operator"))
    asked = tuple(intent for one in meant if (intent := intent_of(one)))
    missed = Missed(ask.meaning.masked, ask.say.language, asked)
    return Turn(reply, effects=(missed,) if missed.said else (), misses=misses + 1)


def likely(ask: Ask) -> tuple[str, ...]:
    """What may have been meant. "lost:balance:tariff.change" names actions, with "." for ":"."""
    named = (name.replace(".", ":") for name in ask.arguments)
    return tuple(
        dict.fromkeys(one for name in named if (one := name if name in OFFERED else name.split(":")[0]) in OFFERED)
    )
