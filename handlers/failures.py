"""What a customer is told when an answer fails: what failed, whose fault it is, what to do. Never a figure, never a
cause in our own words, and always the short code that stands in the log beside the cause."""

from adapters.base import Button, Reply, Tone
from handlers.ask import Ask, Turn
from handlers.menu import buttons, keyboard
from handlers.text import tail
from storage.base import Unlink


def unavailable(ask: Ask, code: str, again: str, text: str = "") -> Turn:
    """The billing does not answer. `again` is the action to ask anew, `text` what was typed for it; "" for no retry."""
    rows = buttons(ask, ("operator",))
    data = {}
    if again:
        rows = ((Button(ask.say("button-again"), action=f"again:{again}", tone=Tone.MAIN),), *rows)
        data = {"text": text[:200]} if text else {}
    return Turn(Reply(ask.say("billing-silent", code=code), keyboard=rows), data=data, personal=False)


def unsupported(ask: Ask) -> Turn:
    """This billing cannot tell, today or tomorrow."""
    return Turn(Reply(ask.say("billing-cannot"), keyboard=keyboard(ask)), personal=False)


def broken(ask: Ask, code: str) -> Turn:
    return Turn(Reply(ask.say("our-fault", code=code), keyboard=buttons(ask, ("operator", "menu"))), personal=False)


def gone(ask: Ask) -> Turn:
    """The billing has closed the account that was asked about: its link ends."""
    link = ask.link
    if link is None:
        return Turn(Reply(ask.say("not-available"), keyboard=keyboard(ask)), personal=False)
    text = ask.say("account-gone", number=tail(link.number))
    return Turn(Reply(text, keyboard=buttons(ask, ("accounts", "operator"))), effects=(Unlink(link.id),))


async def again(ask: Ask) -> Turn:
    """ "again:<action>": the same question once more."""
    return Turn(then=":".join(ask.arguments) or "menu")


def slow(ask: Ask) -> Reply:
    return Reply(ask.say("one-moment"))
