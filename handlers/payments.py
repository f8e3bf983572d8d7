"""History of payments by any period: newest first, with method, count and total, eight on a page.

    payments                          this month, or the period named in the typed words
    payments:month|last|three|year    the period buttons; they mean what they say on the day they are pressed
    payments:<first>:<last>[:<page>]  a page, as the page buttons carry it

Arguments come back from the network and may be old or forged: what cannot be read or cannot be is answered with a
sentence and this month. The period that was understood is always said.
"""

import re
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from adapters.base import Button, Keyboard, Reply
from billing.base import Account, Money, Payment, Period
from handlers import periods
from handlers.ask import Ask, NotMine, Turn
from handlers.period_words import MONTHS, YEARS
from handlers.periods import Ambiguous, Found, Impossible, unit_at
from handlers.text import brief
from handlers.understand import understand
from storage.base import Saw

PAGE: Final = 8
DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
PRESETS: Final = (("month", "last"), ("three", "year"))  # rows of buttons
BUTTONS: Final = {
    "month": "button-month-this",
    "last": "button-month-last",
    "three": "button-months-three",
    "year": "button-year",
}


async def payments(ask: Ask, account: Account) -> Turn:
    """Raises NotMine for typed words without a period when a period was waited for."""
    if ask.arguments:
        return await pressed(ask, account)
    found = periods.parse(ask.text, ask.today, ask.say.language) if ask.text else None
    if ask.memory.dialogue.question == "payments" and ask.text and not answers(ask, found):
        raise NotMine
    match found:
        case Found(period):
            return await screen(ask, account, period)
        case Ambiguous(choices):
            return Turn(Reply(ask.say("payments-which"), keyboard=offers(ask, choices)), waits="payments")
        case Impossible(why):
            return await screen(ask, account, this_month(ask), note=f"payments-{why}")
        case None:
            return await screen(ask, account, this_month(ask))


def answers(ask: Ask, found: periods.Result) -> bool:
    """Whether typed words answer the question about a period: "долг за март" names one and asks for something else."""
    asked = understand(ask.text).question.split(":")[0]
    return found is not None and asked in {"", "payments"}


async def pressed(ask: Ask, account: Account) -> Turn:
    first, *rest = ask.arguments
    if first in BUTTONS and not rest:
        return await screen(ask, account, preset(ask, first), redraw=True)
    begin, end = day(first), day(rest[0]) if rest else None
    if begin is None or end is None or len(rest) > 2:
        return await screen(ask, account, this_month(ask), note="payments-old-button", redraw=True)
    if end < begin:
        return await screen(ask, account, this_month(ask), note="payments-reversed", redraw=True)
    if begin > ask.today:
        return await screen(ask, account, this_month(ask), note="payments-future", redraw=True)
    page = int(rest[1]) if len(rest) == 2 and re.fullmatch("[0-9]{1,6}", rest[1]) else 1
    return await screen(ask, account, Period(begin, min(end, ask.today)), page=page, redraw=True)


def day(text: str) -> date | None:
    """A day that a billing can be asked about."""
    try:
        found = date.fromisoformat(text) if DATE.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and found >= periods.EARLIEST else None


def this_month(ask: Ask) -> Period:
    return preset(ask, "month")


def preset(ask: Ask, name: str) -> Period:
    """What a period button means today."""
    match name:
        case "month":
            return Period(ask.today.replace(day=1), ask.today)
        case "last":
            return unit_at(MONTHS, ask.today, -1)
        case "three":
            return periods.rolling(MONTHS, 3, ask.today).period
        case _:
            return periods.rolling(YEARS, 1, ask.today).period


async def screen(
    ask: Ask, account: Account, period: Period, *, page: int = 1, note: str = "", redraw: bool = False
) -> Turn:
    found = await ask.billing.payments(account.id, period)
    pages = max(-(-len(found) // PAGE), 1)
    page = min(max(page, 1), pages)
    total = sum((p.amount for p in found), Money(0, account.currency))
    if found:
        text = listing(ask, account, period, found, total, page)
    else:
        text = await nothing(ask, account, period)
    reply = Reply(
        "\n\n".join(block for block in (ask.say(note) if note else "", text, ask.say("payments-hint")) if block),
        keyboard=(*paging(ask, period, page, pages), *choose(ask), (ask.button("button-balance", "balance"),)),
        replaces=ask.incoming.message if redraw and ask.incoming.action is not None else None,
    )
    saw = Saw(account.id, "payments", {"count": len(found), "total": total.minor})
    return Turn(reply, effects=(saw,), waits="payments")


def listing(ask: Ask, account: Account, period: Period, found: tuple[Payment, ...], total: Money, page: int) -> str:
    head = [ask.say("payments-total", count=len(found), total=total, period=period)]
    waiting = sum((p.amount for p in found if not p.credited), Money(0, account.currency))
    if waiting:
        head.append(ask.say("payments-waiting", sum=waiting))
    start = (page - 1) * PAGE
    shown = found[start : start + PAGE]
    blocks = ["\n".join(head), "\n".join(line(ask, account, payment) for payment in shown)]
    if len(found) > PAGE:
        blocks.append(ask.say("payments-shown", first=start + 1, last=start + len(shown), count=len(found)))
    return "\n\n".join(blocks)


async def nothing(ask: Ask, account: Account, period: Period) -> str:
    last = await ask.billing.last_payment(account.id)
    after = ask.say("payments-last", payment=line(ask, account, last)) if last else ask.say("payments-never")
    return f"{ask.say('payments-empty', period=period)}\n\n{after}"


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


# ── Buttons ───────────────────────────────────────────────────────────────────────────────────────────────────────


def action(period: Period, page: int = 1) -> str:
    return f"payments:{period.first.isoformat()}:{period.last.isoformat()}" + (f":{page}" if page > 1 else "")


def paging(ask: Ask, period: Period, page: int, pages: int) -> Keyboard:
    """«‹ Новее», «2/5», «Старее ›»; pressed in the middle, the page is drawn anew."""
    if pages == 1:
        return ()
    row = [Button(ask.say("button-page", page=page, pages=pages), action=action(period, page))]
    if page > 1:
        row.insert(0, ask.button("button-newer", action(period, page - 1)))
    if page < pages:
        row.append(ask.button("button-older", action(period, page + 1)))
    return (tuple(row),)


def choose(ask: Ask) -> Keyboard:
    return tuple(tuple(ask.button(BUTTONS[name], f"payments:{name}") for name in row) for row in PRESETS)


def offers(ask: Ask, choices: tuple[Period, ...]) -> Keyboard:
    """A button for each reading of what was typed, then the usual ones."""
    return (*((Button(ask.say.period(one), action=action(one)),) for one in choices), *choose(ask))
