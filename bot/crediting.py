"""Crediting: money that a network has taken for us reaches the billing, once.

    Orders.uncredited ──▶ Billing.credit(key = the charge) ──▶ Orders.credited ──▶ a letter to the chat that paid

Killed between any two arrows, the next tick does the same again: the billing knows the key, `credited` is written with
its letter in one transaction. A billing that does not answer is asked again, ever more seldom; one that will never take
it (the account is closed, it cannot be done there) is an error in the log each time, for the operator to return the
money: it is never dropped.
"""

from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter

from billing.base import Billing, BillingError, Money, Unavailable
from storage.base import Order, Storage
from storage.clock import Clock

log = structlog.get_logger()
payments = Counter("saldo_payments_total", "Payments inside a network, handed to the billing", ["outcome"])

FIRST, LONGEST = timedelta(seconds=15), timedelta(hours=1)  # between two attempts
METHOD: Final = {"telegram": "Telegram"}  # as the history of payments calls it


async def credit(storage: Storage, billing: Billing, clock: Clock) -> int:
    """Hand over what is due; how many payments the billing took. Raises StorageError."""
    orders, done = await storage.orders.uncredited(), 0
    for order in orders:
        try:
            await take(billing, order)
        except BillingError as error:
            pause = min(LONGEST, FIRST * 2 ** min(order.attempts, 10))
            outcome = "unavailable" if isinstance(error, Unavailable) else "refused"
            payments.labels(outcome).inc()
            log.error("uncredited", order=order.id, attempts=order.attempts + 1, outcome=outcome, exc_info=error)
            await storage.orders.later(order.id, clock.now() + pause)
            continue
        await storage.orders.credited(order.id)
        payments.labels("credited").inc()
        done += 1
    return done


async def take(billing: Billing, order: Order) -> None:
    assert order.charge is not None
    assert order.paid_at is not None
    network = order.charge.partition(":")[0]
    await billing.credit(
        order.account,
        Money(order.amount, order.currency),
        METHOD.get(network, network),
        order.paid_at,
        f"charge:{order.charge}",
    )
