"""The bonus programme: points, and those that end soon."""

from adapters.base import Button, Keyboard, Reply
from billing.base import Account
from handlers.ask import Ask, Turn
from handlers.menu import buttons
from handlers.text import brief
from storage.base import Saw


async def bonus(ask: Ask, account: Account) -> Turn:
    """Raises BillingError; Unsupported where the billing knows no programme."""
    found = await ask.billing.bonus(account.id)
    rows: Keyboard = buttons(ask, ("balance", "menu"))
    if ask.operator.account_url:
        rows = ((Button(ask.say("button-account-site"), url=ask.operator.account_url),), *rows)
    if found is None:
        return Turn(Reply(ask.say("bonus-none", operator=ask.operator.name), keyboard=rows))
    lines = [ask.say("bonus", points=found.points), ask.say("bonus-program", program=brief(found.program))]
    if found.burning > 0 and found.burns is not None and found.burns >= ask.today:
        lines.append(ask.say("bonus-burning", points=found.burning, day=found.burns))
    saw = Saw(account.id, "bonus", {"points": found.points})
    return Turn(Reply("\n".join(lines), keyboard=rows), effects=(saw,))
