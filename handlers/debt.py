"""Debt: what is past its day and not paid, bill by bill. What is out and not yet due is said apart and never added.

ADVANCE   everything below zero on the balance; bills play no part
CREDIT    the unpaid part of bills past due, oldest first
"""

from datetime import timedelta
from typing import Final

from adapters.base import Keyboard, Reply, Tone
from billing.base import Account, Bill, Capability, Scheme
from billing.position import Position
from handlers.ask import Ask, Turn
from handlers.balance import promised, saw
from handlers.text import brief

FRESH: Final = timedelta(hours=1)  # "there is no debt" is said of now only when the billing's figures are of now


async def debt(ask: Ask, account: Account) -> Turn:
    stand = await ask.position(account)
    return Turn(Reply(text(ask, stand), keyboard=keyboard(ask)), effects=(saw("debt", stand),))


def text(ask: Ask, stand: Position) -> str:
    blocks = [answer(ask, stand)]
    if stand.overdue and stand.account.scheme is Scheme.ADVANCE:
        blocks.append(ask.say("debt-below", own=stand.own))
    if stand.overdue_bills and stand.overdue_since is not None:
        since = ask.say("debt-since", day=stand.overdue_since)
        blocks.append("\n".join([since, *(overdue(ask, bill) for bill in stand.overdue_bills)]))
    if stand.issued_bills:
        blocks.append("\n".join([ask.say("debt-issued"), *(issued(ask, bill) for bill in stand.issued_bills)]))
    blocks += [promised(ask, stand), ask.say("figures-at", at=stand.as_of)]
    return "\n\n".join(block for block in blocks if block)


def answer(ask: Ask, stand: Position) -> str:
    if stand.overdue:
        return ask.say("debt-now", debt=stand.overdue)
    if ask.now - stand.as_of > FRESH:
        return ask.say("debt-none-then", at=stand.as_of)
    return ask.say("debt-none")


def overdue(ask: Ask, bill: Bill) -> str:
    say, number, left = ask.say, brief(bill.number), bill.remaining
    if left == bill.amount:
        return say("debt-bill", number=number, period=bill.period, remaining=left, due=bill.due)
    return say("debt-bill-part", number=number, period=bill.period, remaining=left, amount=bill.amount, due=bill.due)


def issued(ask: Ask, bill: Bill) -> str:
    number = brief(bill.number)
    return ask.say("debt-issued-bill", number=number, period=bill.period, remaining=bill.remaining, due=bill.due)


def keyboard(ask: Ask) -> Keyboard:
    second = [ask.button("button-balance", "balance")]
    if ask.can(Capability.PAYMENTS):
        second.append(ask.button("button-payments", "payments"))
    return ((ask.button("button-pay", "pay", Tone.MAIN),), tuple(second))
