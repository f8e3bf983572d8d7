"""The operator: a human being's phones and hours, those of the customer's region first. Works before linking, in any
state, where nothing personal may be said, and without asking a billing."""

from adapters.base import Button, Keyboard, Reply
from handlers.ask import Ask, Contact, Turn
from handlers.menu import buttons
from handlers.region import local, of, regions
from handlers.text import brief


async def contacts(ask: Ask) -> Turn:
    operator, here, several = ask.operator, of(ask), bool(regions(ask))
    lines = [line(ask, contact) for contact in local(ask)]
    text = [
        ask.say("operator", operator=operator.name) if lines else ask.say("operator-unknown", operator=operator.name)
    ]
    if several:
        text.append(ask.say("region-now", region=brief(here)) if here else ask.say("region-unknown"))
    rows: Keyboard = buttons(ask, ("region", "help", "menu") if several else ("help", "menu"))
    if operator.account_url:
        rows = (*rows, (Button(ask.say("button-account-site"), url=operator.account_url),))
    return Turn(Reply("\n".join([*text, *lines]), keyboard=rows))


def line(ask: Ask, contact: Contact) -> str:
    if contact.hours:
        return ask.say("contact-hours", title=contact.title, phone=contact.phone, hours=contact.hours)
    return ask.say("contact", title=contact.title, phone=contact.phone)
