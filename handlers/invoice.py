"""Paying inside the chat, where the network takes payments itself. Money is taken by the network, promised by nobody
but the billing: nothing is credited here, a worker asks the billing for that and the chat is told.

    invoice:<kopecks>    an order is placed and its invoice shown          Place
    Incoming.checkout    may the money be taken? Seconds only: yes or no   nothing changes
    Incoming.receipt     the money was taken                               Pay, once for a charge
"""

import asyncio
from datetime import timedelta
from typing import Final

from adapters.base import Checkout, Invoice, Receipt, Reply
from billing.base import Account, Gone, Money
from handlers import topup
from handlers.ask import Ask, Turn
from handlers.menu import buttons
from handlers.pay import payable
from handlers.text import tail
from storage.base import Order, Pay, Place, Saw

LIFE: Final = timedelta(hours=1)  # of an order: what is to be paid changes
CHECKOUT_SECONDS: Final = 5.0  # Telegram gives a checkout up after 10 seconds, its way here and back included


async def invoice(ask: Ask, account: Account) -> Turn:
    """An order of that sum. On a network that takes no payments, and for a sum that cannot be, what "topup" says."""
    link, sum_ = ask.link, topup.named(ask)
    if link is None or not isinstance(sum_, int) or not payable(ask, sum_) or not topup.here(ask, sum_):
        return await topup.topup(ask, account)
    token, money = ask.token(), Money(sum_, account.currency)
    number = tail(account.number)
    made = Invoice(
        title=ask.say("invoice-title", number=number),
        about=ask.say("invoice-about", number=number, operator=ask.operator.name)[:255],
        label=ask.say("invoice-line"),
        payload=token,
        amount=money.minor,
        currency=money.currency,
    )
    placed = Place(token, link.id, money.minor, money.currency, ask.now + LIFE)
    reply = Reply(ask.say("invoice", sum=money), keyboard=buttons(ask, ("topup", "balance")), invoice=made)
    return Turn(reply, effects=(placed, Saw(account.id, "invoice", {"amount": money.minor})))


# ── What the network asks and tells ───────────────────────────────────────────────────────────────────────────────


async def checkout(ask: Ask, asked: Checkout) -> Turn:
    """The verdict. Raises BillingError and TimeoutError; the router then says no."""
    order = await ask.storage.orders.order(asked.payload)
    reason = fault(ask, order, asked) if order is not None else "invoice-unknown"
    if not reason and order is not None:
        try:
            async with asyncio.timeout(CHECKOUT_SECONDS):
                account = await ask.billing.account(order.account)
            reason = "" if account.open else "invoice-closed"
        except Gone:  # a verdict and not a failure: nobody may pay into an account that is not there
            reason = "invoice-closed"
    return Turn(verdict(ask, asked, reason), personal=False)


def fault(ask: Ask, order: Order, asked: Checkout) -> str:
    """The sentence that says why this order cannot be paid; "" where it can."""
    if not order.account:
        return "invoice-unknown"
    if order.charge is not None or order.paid_at is not None:
        return "invoice-paid"
    if order.expires_at <= ask.now:
        return "invoice-expired"
    same = (order.amount, order.currency) == (asked.amount, asked.currency)
    return "" if same else "invoice-changed"


def verdict(ask: Ask, asked: Checkout, reason: str) -> Reply:
    """`reason`: the name of a sentence, "" for yes."""
    return Reply(ask.say(reason) if reason else "", approves=not reason, answers=asked.id)


def unsure(ask: Ask, asked: Checkout) -> Turn:
    """It could not be found out in time: no money is taken on a guess."""
    return Turn(verdict(ask, asked, "invoice-unsure"), personal=False)


async def receipt(ask: Ask, paid: Receipt) -> Turn:
    """Kept in any case, also for an order that nobody knows."""
    kept = Pay(paid.payload, paid.charge, paid.amount, paid.currency, ask.incoming.sent_at)
    text = ask.say("invoice-received", sum=Money(paid.amount, paid.currency))
    return Turn(Reply(text, keyboard=buttons(ask, ("balance", "menu"))), effects=(kept,))
