"""History of payments by any period (handlers.span): newest first, with method, count and total, eight on a page."""

from zoneinfo import ZoneInfo

from adapters.base import Reply
from billing.base import Account, Money, Payment, Period
from handlers import span
from handlers.ask import Ask, Turn
from handlers.text import brief
from storage.base import Saw


async def payments(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for typed words without a period when a period was waited for."""
    asked = span.span(ask, account, "payments", ask.arguments)
    period = asked.period
    found = await ask.billing.payments(account.id, period)
    shown, page, pages = span.paged(found, asked.page)
    text = listing(ask, account, period, found, shown, page) if found else await nothing(ask, account, period)
    reply = Reply(
        "\n\n".join(block for block in (span.note(ask, asked), text, ask.say("payments-hint")) if block),
        keyboard=(
            *span.paging(ask, "payments", period, page, pages),
            *span.choose(ask, "payments"),
            (ask.button("button-balance", "balance"),),
        ),
        replaces=ask.incoming.message if ask.arguments and ask.incoming.action is not None else None,
    )
    saw = Saw(account.id, "payments", {"count": len(found), "total": sum(p.amount.minor for p in found)})
    return Turn(reply, effects=(saw,), waits="payments")


def listing(
    ask: Ask,
    account: Account,
    period: Period,
    found: tuple[Payment, ...],
    shown: tuple[Payment, ...],
    page: int,
) -> str:
    blocks = [
        "\n".join(total(ask, account, period, found)),
        "\n".join(line(ask, account, payment) for payment in shown),
    ]
    if len(found) > len(shown):
        start = (page - 1) * span.PAGE
        blocks.append(ask.say("payments-shown", first=start + 1, last=start + len(shown), count=len(found)))
    return "\n\n".join(blocks)


def total(ask: Ask, account: Account, period: Period, found: tuple[Payment, ...]) -> list[str]:
    """«2 платежа на 950,00 ₽ за 1–16 ноября», and what of it is not credited yet; of none that there is none."""
    if not found:
        return [ask.say("payments-empty", period=period)]
    zero = Money(0, account.currency)
    lines = [ask.say("payments-total", count=len(found), total=sum((p.amount for p in found), zero), period=period)]
    if waiting := sum((p.amount for p in found if not p.credited), zero):
        lines.append(ask.say("payments-waiting", sum=waiting))
    return lines


async def nothing(ask: Ask, account: Account, period: Period) -> str:
    last = await ask.billing.last_payment(account.id)
    after = ask.say("payments-last", payment=line(ask, account, last)) if last else ask.say("payments-never")
    return "\n\n".join([*total(ask, account, period, ()), after])


def line(ask: Ask, account: Account, payment: Payment) -> str:
    """«20 ноября: 650,00 ₽, Банковская карта». Its day is the account's own, as in the period that was asked for."""
    when, method = payment.at.astimezone(ZoneInfo(account.zone)).date(), brief(payment.method)
    if method:
        text = ask.say("payment", day=when, sum=payment.amount, method=method)
    else:
        text = ask.say("payment-plain", day=when, sum=payment.amount)
    if payment.amount.minor < 0:
        text = ask.say("payment-back", payment=text)
    return text if payment.credited else ask.say("payment-waiting", payment=text)
