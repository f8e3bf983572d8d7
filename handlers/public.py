"""Where nothing personal may be said: a network in mode `public`, and a group chat on any network.

Neither sentence holds a figure, a name or a number, and neither depends on what is linked.
"""

from adapters.base import Reply
from handlers.ask import Ask, Turn
from handlers.menu import PUBLIC, buttons
from handlers.text import Say


def elsewhere(ask: Ask) -> Turn:
    """What a personal question gets in mode `public`: where it is answered."""
    here = ask.incoming.sender.network
    full = [network(ask.say, name) for name, mode in ask.operator.networks.items() if mode == "full" and name != here]
    text = ask.say("public-only", networks=", ".join(full)) if full else ask.say("public-only-nowhere")
    return Turn(Reply(text, keyboard=buttons(ask, PUBLIC)), personal=False)


def privately(ask: Ask) -> Turn:
    """What anybody gets in a group."""
    return Turn(Reply(ask.say("write-privately")), personal=False)


def network(say: Say, name: str) -> str:
    """A network's name as people say it; a network without a sentence of its own is called by its short name."""
    return say(f"page-network-{name}") if say.knows(f"page-network-{name}") else name.capitalize()
