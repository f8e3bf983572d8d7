"""Balance: the figure that was asked for, then the three figures that are never added up, then the services.

Баланс 350,00 ₽, хватит до 28 ноября        the first line alone is the answer
own · debt · promised                       three lines, also when one of them is "none"
issued, not yet due                         apart, in neutral words
each service                                status in words, tariff, fee
Данные на 10:42                             whose figures these are: the billing's, of that time
"""

from adapters.base import Button, Keyboard, Reply, Tone
from billing.base import Account, Capability, Scheme
from billing.position import Position
from handlers.ask import Ask, Speaker, Turn
from handlers.states import line
from storage.base import Saw


async def balance(ask: Ask, account: Account) -> Turn:
    """ "balance" says it anew; "balance:again" redraws the message that the button belongs to."""
    stand = await ask.position(account)
    again = ask.arguments[:1] == ("again",) and ask.incoming.action is not None
    reply = Reply(
        text(ask, stand),
        keyboard=keyboard(ask, stand),
        replaces=ask.incoming.message if again else None,
    )
    return Turn(reply, effects=(saw("balance", stand),))


def text(ask: Ask, stand: Position) -> str:
    blocks = [answer(ask, stand), "\n".join(figures(ask, stand))]
    if stand.services:
        blocks.append("\n".join([ask.say("services"), *(line(ask, stand, s) for s in stand.services)]))
    blocks.append(ask.say("figures-at", at=stand.as_of))
    return "\n\n".join(blocks)


def answer(ask: Speaker, stand: Position) -> str:
    own, debt, last = stand.own, stand.overdue, stand.lasts_until
    if debt and stand.account.scheme is Scheme.ADVANCE:
        return ask.say("balance-below", own=own, debt=debt)
    if debt:
        return ask.say("balance-debt", own=own, debt=debt)
    if own.minor < 0:
        return ask.say("balance-unbilled", own=own)
    if last is None:
        return ask.say("balance-now", own=own)
    return ask.say("balance-lasts-today", own=own) if last <= ask.today else ask.say("balance-lasts", own=own, day=last)


def figures(ask: Ask, stand: Position) -> list[str]:
    lines = [
        ask.say("figure-own", own=stand.own),
        ask.say("figure-debt", debt=stand.overdue) if stand.overdue else ask.say("figure-debt-none"),
        promised(ask, stand) or ask.say("figure-promised-none"),
    ]
    if stand.issued and stand.issued_due is not None:
        lines.append(ask.say("figure-issued", issued=stand.issued, day=stand.issued_due))
    return lines


def promised(ask: Ask, stand: Position) -> str:
    """The promised payment's own line; "" when there is none."""
    if stand.promised is None:
        return ""
    if stand.promised_until is None:
        return ask.say("figure-promised", promised=stand.promised)
    return ask.say("figure-promised-until", promised=stand.promised, day=stand.promised_until)


def keyboard(ask: Ask, stand: Position) -> Keyboard:
    first = [ask.button("button-pay", "pay", Tone.MAIN)]
    if stand.overdue:
        first.append(ask.button("button-debt", "debt"))
    second: list[Button] = []
    if ask.can(Capability.PAYMENTS):
        second.append(ask.button("button-payments", "payments"))
    if ask.can(Capability.CHANGES):
        second.append(ask.button("button-alerts", "alerts"))
    rows = (first, second, [ask.button("button-balance-again", "balance:again")])
    return tuple(tuple(row) for row in rows if row)


def saw(question: str, stand: Position) -> Saw:
    """For the audit: the figures of a screen."""
    figures = {"own": stand.own.minor, "overdue": stand.overdue.minor, "to_pay": stand.to_pay.minor}
    if stand.promised is not None:
        figures["promised"] = stand.promised.minor
    return Saw(stand.account.id, question, figures)
