"""«Стоп», in any language and any state: nothing is sent any more that we start ourselves, from this very moment."""

from adapters.base import Reply
from handlers.ask import Ask, Turn
from handlers.menu import buttons
from storage.base import SetAlerts


async def stop(ask: Ask) -> Turn:
    rows = buttons(ask, ("help",)) if ask.public else buttons(ask, ("alerts:on", "menu"))
    return Turn(Reply(ask.say("stopped"), keyboard=rows), effects=(SetAlerts(on=False),))


async def password(ask: Ask) -> Turn:
    """Something like a password was typed. Its words are gone already (handlers.secrets); the message goes as well."""
    text = ask.say("password-public" if ask.public else "password-typed")
    rows = buttons(ask, ("help", "operator")) if ask.public else buttons(ask, ("link", "help"), main="link")
    return Turn(Reply(text, keyboard=rows, erases=ask.incoming.message))


async def flood(ask: Ask) -> Turn:
    """Intake has dropped events of this chat: one sentence stands for them."""
    return Turn(Reply(ask.say("slow-down")))
