"""What a customer is told when an answer fails: what failed, whose fault it is, what to do. Never a cause in our own
words, and always the short code that stands in the log beside the cause.

Figures are shown in one case: the billing is silent, the question was how the account stands (STANDING), and the
billing's guard remembers what it last let through. They are said to be old, of their own time and day, and nothing is
drawn from them that looks ahead: no day until which money lasts, no sum to pay.
"""

from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from adapters.base import Button, Reply, Tone
from billing.base import Capability, Facts, Remembering
from billing.position import Position, position
from handlers.ask import Ask, Turn
from handlers.balance import answer, promised, saw
from handlers.consent import agreed
from handlers.menu import buttons, keyboard
from handlers.text import tail
from storage.base import Unlink

STANDING: Final = frozenset({"balance", "debt", "pay"})


def unavailable(ask: Ask, code: str, again: str, text: str = "", known: Facts | None = None) -> Turn:
    """The billing does not answer. `again` is the action to ask anew, `text` what was typed for it; "" for no retry.

    `known`: what it told last (`last_known`).
    """
    rows = buttons(ask, ("operator",))
    data = {}
    if again:
        rows = ((Button(ask.say("button-again"), action=f"again:{again}", tone=Tone.MAIN),), *rows)
        data = {"text": text[:200]} if text else {}
    if known is None:
        return Turn(Reply(ask.say("billing-silent", code=code), keyboard=rows), data=data, personal=False)
    stand = then(known)
    return Turn(Reply(old(ask, stand, code), keyboard=rows), effects=(saw("last-known", stand),), data=data)


def last_known(ask: Ask, action: str) -> Facts | None:
    """What the billing last told of the chat's account, when the unanswered action asks how it stands; None: nothing,
    or nothing that may be shown here."""
    link, billing = ask.link, ask.billing
    if link is None or ask.public or not agreed(ask) or action.split(":")[0] not in STANDING:
        return None
    if not ask.incoming.private or not isinstance(billing, Remembering):
        return None
    known = billing.known(link.account)
    return known if known is not None and known.account.id == link.account and known.account.open else None


def then(known: Facts) -> Position:
    """Where the account stood when it was told: on the account's own day of that time."""
    day = known.balance.as_of.astimezone(ZoneInfo(known.account.zone)).date()
    stand = position(known.account, known.balance, known.bills, known.services, day)
    return replace(stand, lasts_until=None)


def old(ask: Ask, stand: Position, code: str) -> str:
    figures = [answer(ask, stand)]
    if not stand.overdue:
        figures.append(ask.say("figure-debt-none"))
    figures.append(promised(ask, stand))
    return "\n\n".join(
        (
            ask.say("failing-last-known", at=stand.as_of),
            "\n".join(figure for figure in figures if figure),
            ask.say("failing-changed", code=code),
        )
    )


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


def sign_in(ask: Ask, action: str) -> Turn:
    """The billing answers in the customer's own name, and his sign-in there is over. `action` is what was asked: it is
    offered first afterwards. The link itself stays."""
    text = ask.say("sign-in-again", number=tail(ask.link.number) if ask.link else "", operator=ask.operator.name)
    again = ask.button("button-sign-in", "link:again", Tone.MAIN)
    return Turn(
        Reply(text, keyboard=((again,), *buttons(ask, ("operator", "menu")))),
        data={"asked": action.split(":")[0]},
    )


def service_gone(ask: Ask) -> Turn:
    """The account is there; what was asked about is not, any more."""
    names = ("services", "menu") if ask.can(Capability.SERVICES) else ("menu",)
    return Turn(Reply(ask.say("service-gone"), keyboard=buttons(ask, names)))


async def again(ask: Ask) -> Turn:
    """ "again:<action>": the same question once more."""
    return Turn(then=":".join(ask.arguments) or "menu")


def slow(ask: Ask) -> Reply:
    return Reply(ask.say("one-moment"))
