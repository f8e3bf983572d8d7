"""History of payments by any period (handlers.span): newest first, with method, count and total, eight on a page.

    payments[:open][:<span>]    the list; "open": in a message of its own
    payments:bars[:<span>]      by month, as a picture and as the same figures in words; «платежи по месяцам»

The picture is asked for, by a button that stands where the period has several months: a list that sends a picture along
with every answer is no list. It comes as a message of its own, so that the list can be paged on in place.
"""

import re
from datetime import date, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from adapters.base import Keyboard, Picture, Reply
from billing.base import Account, Capability, Money, Payment, Period
from handlers import files, periods, span, subject
from handlers.ask import Ask, Turn
from handlers.kinds import kinds
from handlers.period_words import MONTHS, YEARS
from handlers.text import brief
from nlu.letters import fold
from pictures.bars import MOST as BARS
from pictures.bars import Bar, Bars
from storage.base import Saw

MOST: Final = 13  # bars that lie, each with its value: a year and the month that has begun; longer, and years have one
BY_MONTH: Final = re.compile(
    r"\b(картинк|график|диаграмм|по месяцам|помесячно|picture|chart|graph|by month|per month|grafico|por mes|imagem)"
)


async def payments(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for typed words without a period when a period was waited for."""
    bars = ask.arguments[:1] == ("bars",)
    arguments = ask.arguments[1:] if bars or ask.arguments[:1] == ("open",) else ask.arguments
    if not ask.arguments and BY_MONTH.search(fold(ask.text)):
        bars = True
        if periods.parse(ask.text, ask.today) is None:
            arguments = ("year",)
    elif not ask.arguments and ask.memory.dialogue.question == "payments":
        bars = ask.memory.dialogue.data.get("about") == "payments:bars"
    asked = span.span(ask, account, "payments:bars" if bars else "payments", arguments)
    period = asked.period
    found = await ask.billing.payments(account.id, period)
    if bars and 1 < len(parts(account, period, found)) <= BARS:
        return await by_month(ask, account, asked, found)
    shown, page, pages = span.paged(found, asked.page)
    text = listing(ask, account, period, found, shown, page) if found else await nothing(ask, account, period)
    taken, charges = await of_service(ask, account, period)
    months = 1 < len(parts(account, period, found)) <= BARS
    picture = (ask.button("button-payments-bars", span.action("payments:bars", period)),) if months else ()
    in_place = bool(arguments) and arguments == ask.arguments and ask.incoming.action is not None
    reply = Reply(
        "\n\n".join(block for block in (span.note(ask, asked), text, taken, ask.say("payments-hint")) if block),
        keyboard=(
            *span.paging(ask, "payments", period, page, pages),
            *span.choose(ask, "payments"),
            *charges,
            (*picture, ask.button("button-balance", "balance")),
        ),
        replaces=ask.incoming.message if in_place else None,
    )
    return Turn(reply, effects=(saw(account, found),), waits="payments", data=files.waiting("payments", period))


async def of_service(ask: Ask, account: Account, period: Period) -> tuple[str, Keyboard]:
    """«сколько я заплатил за интернет»: payments are the whole account's; what the service took, and the way there."""
    if not ask.text or not {Capability.SERVICES, Capability.CHARGES} <= ask.billing.can:
        return "", ()
    named = subject.named(await ask.billing.services(account.id), ask.text) if kinds(ask.text) else None
    if named is None or len(named) != 1:
        return "", ()
    (service,) = named
    rows = await ask.billing.charges(account.id, period)
    taken = sum((row.amount for row in rows if row.service == service.id), Money(0, account.currency))
    words = ask.say("payments-of-service", service=brief(service.title), sum=taken, period=period)
    action = span.action(f"charges:open:{subject.mark(service)}", period)
    return words, ((ask.button("button-charges", action),),)


def saw(account: Account, found: tuple[Payment, ...]) -> Saw:
    return Saw(account.id, "payments", {"count": len(found), "total": sum(p.amount.minor for p in found)})


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
    when, method = on(account, payment), brief(payment.method)
    if method:
        text = ask.say("payment", day=when, sum=payment.amount, method=method)
    else:
        text = ask.say("payment-plain", day=when, sum=payment.amount)
    if payment.amount.minor < 0:
        text = ask.say("payment-back", payment=text)
    return text if payment.credited else ask.say("payment-waiting", payment=text)


def on(account: Account, payment: Payment) -> date:
    """The account's own day."""
    return payment.at.astimezone(ZoneInfo(account.zone)).date()


# ── By month ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def by_month(ask: Ask, account: Account, asked: span.Span, found: tuple[Payment, ...]) -> Turn:
    """Oldest first, in the picture and in the words."""
    period = asked.period
    lines, bars = [], []
    for part in parts(account, period, found):
        sums = [p.amount for p in found if on(account, p) in part]
        sum_ = sum(sums, Money(0, account.currency))
        name = str(part.first.year) if long(period) else ask.say.month(part.first)
        lines.append(ask.say("payments-part", name=name, count=len(sums), sum=sum_))
        bars.append(Bar(name, (sum_.minor,), (ask.say.money(sum_),)))
    head = total(ask, account, period, found)
    about = ask.say("payments-by-year" if long(period) else "payments-by-month")
    data = await ask.draw(Bars(head[0], about, tuple(bars)))
    reply = Reply(
        "\n\n".join(block for block in (span.note(ask, asked), "\n".join(head), "\n".join(lines)) if block),
        keyboard=(
            (ask.button("button-payments-list", span.action("payments:open", period)),),
            *span.choose(ask, "payments:bars"),
            (ask.button("button-balance", "balance"),),
        ),
        picture=Picture(data) if data is not None else None,
    )
    return Turn(reply, effects=(saw(account, found),), waits="payments", data=files.waiting("payments:bars", period))


def parts(account: Account, period: Period, found: tuple[Payment, ...]) -> list[Period]:
    """The calendar months of a period, or years of a long one, oldest first, from the one with the first payment on;
    the last as far as it goes. None where nothing was paid."""
    unit = YEARS if long(period) else MONTHS
    first = max(period.first, periods.unit_at(unit, min(map(partial(on, account), found)), 0).first) if found else None
    made = []
    while first is not None and first <= period.last:
        last = min(periods.unit_at(unit, first, 0).last, period.last)
        made.append(Period(first, last))
        first = last + timedelta(days=1)
    return made


def long(period: Period) -> bool:
    first, last = period.first, period.last
    return (last.year - first.year) * 12 + last.month - first.month >= MOST
