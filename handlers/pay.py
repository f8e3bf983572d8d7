"""How much to pay: one sum, the lines that make it up, the day, and what happens after it.

All of it is read off `Position`; the payment page gets the same sum.
"""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

from adapters.base import Button, Keyboard, Reply, Tone
from billing.base import Account, Capability, Money, Scheme, Status
from billing.position import After, Because, Line, Position, next_fees, undated
from handlers.ask import Ask, Speaker, Turn
from handlers.balance import saw
from handlers.text import brief
from pictures.base import Payee


async def pay(ask: Ask, account: Account) -> Turn:
    """ "pay"; "pay:unpaid" says first what happens otherwise."""
    stand = await ask.position(account)
    shown = text(ask, stand, unpaid=ask.arguments[:1] == ("unpaid",))
    return Turn(Reply(shown, keyboard=keyboard(ask, stand)), effects=(saw("pay", stand),))


def text(ask: Ask, stand: Position, *, unpaid: bool = False) -> str:
    blocks = wanted(ask, stand) if stand.to_pay else unwanted(ask, stand)
    if stand.to_pay and unpaid:
        blocks = [blocks[-1], *blocks[:-1]]
    blocks += [promised(ask, stand), ask.say("figures-at", at=stand.as_of)]
    return "\n\n".join(block for block in blocks if block)


def wanted(ask: Ask, stand: Position) -> list[str]:
    lines = [line(ask, stand, one) for one in stand.lines]
    undated_, _ = without_day(ask, stand)
    return [answer(ask, stand), "\n".join([ask.say("pay-lines"), *lines]), undated_, after(ask, stand)]


def answer(ask: Speaker, stand: Position) -> str:
    sum_, day = stand.to_pay, stand.pay_by
    if day is None:
        return ask.say("pay-sum", sum=sum_)
    if day <= ask.today:
        return ask.say("pay-today", sum=sum_, day=ask.say.on(ask.today))
    return ask.say("pay-until", sum=sum_, day=ask.say.until(day))


def line(ask: Ask, stand: Position, one: Line) -> str:
    what, sum_, day = brief(one.what), one.amount, one.day or ask.today
    match one.because:
        case Because.DEBT:
            return ask.say("pay-line-debt", sum=sum_)
        case Because.OVERDUE:
            return ask.say("pay-line-overdue", what=what, day=day, sum=sum_)
        case Because.ISSUED:
            return ask.say("pay-line-issued", what=what, day=day, sum=sum_)
        case Because.FEE:
            daily = any(s.daily and s.title == one.what for s in stand.services)
            return ask.say("pay-line-fee-daily" if daily else "pay-line-fee", what=what, day=day, sum=sum_)
        case Because.OWN:
            return ask.say("pay-line-own", sum=sum_)


def after(ask: Speaker, stand: Position) -> str:
    """What happens when it is not paid; "" where nothing is known to happen."""
    day = stand.pay_by or ask.today
    match stand.after:
        case After.NOTHING:
            return ""
        case After.SUSPENDED if day <= ask.today:
            return ask.say("pay-after-suspended-today")
        case After.SUSPENDED:
            return ask.say("pay-after-suspended", day=ask.say.on(day))
        case After.OVERDUE:
            return ask.say("pay-after-overdue", day=ask.say.on(day + timedelta(days=1)))
        case After.BLOCKED:
            stopped = [brief(s.title) for s in stand.services if s.status is Status.BLOCKED_DEBT]
            if stopped:
                return ask.say("pay-after-stopped", services=", ".join(stopped))
            return ask.say(f"pay-after-blocked-{stand.account.scheme}")


def unwanted(ask: Ask, stand: Position) -> list[str]:
    """Nothing to pay: said plainly, with what comes next as far as it is known."""
    undated_, short = without_day(ask, stand)
    fees = next_fees(stand.services, ask.today)
    coming: list[str] = []
    if stand.account.scheme is Scheme.CREDIT and stand.own.minor < 0:
        coming.append(ask.say("pay-unbilled", sum=-stand.own))
    if fees and fees[0].day is not None:
        sum_ = sum((fee.amount for fee in fees), Money(0, stand.own.currency))
        coming.append(ask.say(f"pay-next-{stand.account.scheme}", sum=sum_, day=ask.say.until(fees[0].day)))
    if stand.lasts_until is not None:
        coming.append(ask.say("pay-lasts", day=stand.lasts_until))
    if undated_:
        coming.append(undated_)
    return [ask.say("pay-short", missing=short) if short else ask.say("pay-none"), "\n".join(coming)]


def without_day(ask: Ask, stand: Position) -> tuple[str, Money]:
    """What is said of fees whose day nobody has told, and what they lack: it is owed on no day, and will be wanted."""
    zero = Money(0, stand.own.currency)
    fees = undated(stand.services, ask.today) if stand.account.scheme is Scheme.ADVANCE else []
    if not fees:
        return "", zero
    sum_ = sum((one.fee for one in fees if one.fee is not None), zero)
    dated = sum((one.amount for one in next_fees(stand.services, ask.today)), zero)
    what = ", ".join(brief(one.title) for one in fees)
    return ask.say("pay-undated", what=what, sum=sum_), max(sum_ + dated - stand.own, zero)


def promised(ask: Speaker, stand: Position) -> str:
    if stand.promised is None:
        return ""
    if stand.promised_until is None:
        return ask.say("pay-promised", sum=stand.promised)
    return ask.say("pay-promised-until", sum=stand.promised, day=ask.say.until(stand.promised_until))


def keyboard(ask: Ask, stand: Position) -> Keyboard:
    second = [ask.button("button-balance", "balance")]
    if stand.overdue:
        second.append(ask.button("button-debt", "debt"))
    rows = (*paying(ask, stand), tuple(second))
    return (*rows, (ask.button("button-payments", "payments"),)) if ask.can(Capability.PAYMENTS) else rows


def paying(ask: Ask, stand: Position) -> Keyboard:
    """The page with the sum filled in where there is one, and every other way there is (handlers.topup)."""
    operator, account, sum_ = ask.operator, stand.account, stand.to_pay
    rows: list[tuple[Button, ...]] = []
    if sum_ and operator.pay_url:
        url = pay_url(operator.pay_url, account, sum_)
        rows.append((Button(ask.say("button-pay-now", sum=sum_), url=url, tone=Tone.MAIN),))
    if sum_ and (payee(ask, account) or ask.invoices):
        action = f"topup:{sum_.minor}" if payable(ask, sum_.minor) else "topup"
        rows.append((ask.button("button-pay-ways", action, Tone.PLAIN if rows else Tone.MAIN),))
    elif not sum_ and possible(ask, account):
        rows.append((ask.button("button-topup", "topup"),))
    if sum_ and not rows and operator.account_url:
        rows.append((Button(ask.say("button-account-site"), url=operator.account_url, tone=Tone.MAIN),))
    return tuple(rows)


def possible(ask: Ask, account: Account) -> bool:
    """Whether there is any way to pay from here."""
    return bool(payee(ask, account) or ask.operator.pay_url or ask.invoices)


def payee(ask: Ask, account: Account) -> Payee | None:
    """Whom a payment order goes to; it is an order in rubles."""
    return ask.operator.payee if account.currency == "RUB" else None


def payable(ask: Ask, kopecks: int) -> bool:
    """Whether one payment may be so large or so small."""
    least, largest = ask.operator.sum_between
    return least <= kopecks <= largest


def pay_url(template: str, account: Account, sum_: Money) -> str:
    """The operator's page with {account} and {sum} filled in."""
    return template.replace("{account}", quote(account.number, safe="")).replace("{sum}", figure(sum_))


def figure(sum_: Money) -> str:
    """A sum for a form and not for the eye: «1234.50», a point and no spaces."""
    return str(Decimal(sum_.minor).scaleb(-2))
