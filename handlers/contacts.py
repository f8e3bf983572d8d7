"""The operator: a human being's phones and hours. Works before linking, in any state and where nothing personal may be
said."""

from adapters.base import Button, Keyboard, Reply
from handlers.ask import Ask, Contact, Turn
from handlers.menu import buttons


async def contacts(ask: Ask) -> Turn:
    operator = ask.operator
    lines = [line(ask, contact) for contact in operator.contacts]
    text = ask.say("operator", operator=operator.name) if lines else ask.say("operator-unknown", operator=operator.name)
    rows: Keyboard = buttons(ask, ("help", "menu"))
    if operator.account_url:
        rows = (*rows, (Button(ask.say("button-account-site"), url=operator.account_url),))
    return Turn(Reply("\n".join([text, *lines]), keyboard=rows))


def line(ask: Ask, contact: Contact) -> str:
    if contact.hours:
        return ask.say("contact-hours", title=contact.title, phone=contact.phone, hours=contact.hours)
    return ask.say("contact", title=contact.title, phone=contact.phone)
