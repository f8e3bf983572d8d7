"""The edges of a period: own money as its first day began and as its last day ended.

Both are the billing's own figures: nothing is worked out of lists that may be incomplete. A period that goes on ends
with own money as it is now.
"""

from dataclasses import dataclass
from datetime import timedelta

from billing.base import Account, Capability, Money, Period
from handlers.ask import Ask


@dataclass(frozen=True, slots=True)
class Edges:
    period: Period
    opening: Money | None = None  # None: the billing cannot tell
    closing: Money | None = None
    now: bool = False  # the period goes on: `closing` is of this moment


async def edges(ask: Ask, account: Account, period: Period) -> Edges:
    """Raises BillingError."""
    now = period.last >= ask.today
    opening = closing = None
    if ask.can(Capability.OPENING):
        opening = await ask.billing.opening(account.id, period.first)
        if not now:
            closing = await ask.billing.opening(account.id, period.last + timedelta(days=1))
    if now and ask.can(Capability.BALANCE):
        closing = (await ask.billing.balance(account.id)).own
    return Edges(period, opening, closing, now)


def said(ask: Ask, edges: Edges) -> list[str]:
    """«Баланс на начало 1 октября: 350,00 ₽» and «Баланс на конец 31 октября: …», as far as they are known."""
    lines = []
    if edges.opening is not None:
        lines.append(ask.say("edge-opening", day=edges.period.first, own=edges.opening))
    if edges.closing is not None and edges.now:
        lines.append(ask.say("edge-now", own=edges.closing))
    elif edges.closing is not None:
        lines.append(ask.say("edge-closing", day=edges.period.last, own=edges.closing))
    return lines
