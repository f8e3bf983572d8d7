"""The greeting and small talk: brief, never in the way of a question."""

from adapters.base import Button, Keyboard, Reply
from handlers.ask import Ask, Turn
from handlers.menu import PUBLIC, buttons, keyboard, offered
from handlers.text import LANGUAGES, NATIVE
from storage.base import Discard


async def start(ask: Ask) -> Turn:
    """Two lines: what this is good for, and that it is a bot. The other languages are one tap away."""
    if ask.public:
        rows = buttons(ask, PUBLIC[:2])
    elif ask.memory.links:
        rows = buttons(ask, offered(ask.billing.can, ("balance", "pay", "payments", "menu")), main="balance")
    else:
        rows = buttons(ask, ("link", "help", "operator"), main="link")
    return Turn(Reply(ask.say("greeting", operator=ask.operator.name), keyboard=(*rows, *languages(ask))))


def languages(ask: Ask) -> Keyboard:
    others = [language for language in LANGUAGES if language != ask.say.language]
    return (tuple(Button(NATIVE[language], action=f"language:{language}") for language in others),)


async def greeting(ask: Ask) -> Turn:
    if ask.memory.dialogue.asked_at is None:
        return await start(ask)
    return Turn(Reply(ask.say("hello-again"), keyboard=keyboard(ask)))


async def thanks(ask: Ask) -> Turn:
    return Turn(Reply(ask.say("welcome"), menu=keyboard(ask)))


async def complaint(ask: Ask) -> Turn:
    return Turn(Reply(ask.say("sorry"), keyboard=buttons(ask, ("operator", "menu"), main="operator")))


async def beyond(ask: Ask) -> Turn:
    """A question that customers often ask and that is not answered here: said plainly, with the way to who can."""
    return Turn(Reply(ask.say("beyond"), keyboard=buttons(ask, ("operator", "menu"), main="operator")))


async def page(ask: Ask) -> Turn:
    """The number of a button that opens a page was typed: only the customer's own hand can open it."""
    return Turn(Reply(ask.say("press-the-button")))


async def no(ask: Ask) -> Turn:
    """The other button of every "are you sure"."""
    text = ask.say("consent-refused" if ask.arguments[:1] == ("consent",) else "nothing-changed")
    invitation = ask.memory.invitation if ask.arguments[:1] == ("link",) else None
    effects = (Discard(invitation.id),) if invitation is not None else ()
    return Turn(Reply(text, menu=keyboard(ask)), effects)
