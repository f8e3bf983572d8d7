"""What is said of money that runs out, falls due, is owed, arrives.

The first line of each is the answer: how much there is, and until when. What is said of a debt blames nobody.
"""

from datetime import date, timedelta

from billing.base import Money, Scheme, Status
from billing.position import missing
from handlers.balance import answer
from handlers.notice import FAR, Level, Told, View, about, step, told
from handlers.text import brief
from storage.base import Letter

# ── Own money ─────────────────────────────────────────────────────────────────────────────────────────────────────


def low(letter: Letter, view: View) -> Told | None:
    stand = view.stand
    threshold = Money(view.watch.link.threshold, stand.account.currency)
    if stand.available >= threshold:
        return None
    ahead = None if stand.lasts_until is None else (stand.lasts_until - view.today).days
    if stand.overdue or (ahead is not None and ahead <= FAR):
        return ending(view)
    return told(view.say("alert-low", own=stand.own, threshold=threshold), level=Level.AFTER, said="own")


def lasts(letter: Letter, view: View) -> Told | None:
    """So many days before own money is used up; also when it went faster than was foreseen."""
    stand = view.stand
    if stand.account.scheme is Scheme.CREDIT:
        return None
    last = stand.lasts_until
    if last is None:
        short = stand.pay_by is not None and stand.pay_by <= view.today
        return ending(view) if stand.overdue or short else None
    days = (last - view.today).days
    if days > step(letter):
        return None
    if days <= 0:
        return ending(view)
    return told(view.say("alert-lasts", days=days, own=stand.own, day=last), level=Level.AFTER, said="own")


def fee(letter: Letter, view: View) -> Told | None:
    stand = view.stand
    day = stand.fee_on
    if day is None or not near(view, day, step(letter)) or not stand.to_pay:
        return None
    if stand.overdue:
        return ending(view)
    if day <= view.today:
        return told(view.say("alert-fee-today", own=stand.own), level=Level.AFTER, said="own")
    return told(view.say("alert-fee", own=stand.own, day=day), level=Level.AFTER, said="own")


def ending(view: View) -> Told:
    """The money is about to end, or has ended."""
    stand, last = view.stand, view.stand.lasts_until
    if stand.overdue:
        return told(answer(view, stand), level=Level.AFTER, said="own overdue")
    if last is None:
        return told(view.say("alert-fee-today", own=stand.own), level=Level.AFTER, said="own")
    if last <= view.today:
        return told(view.say("alert-low-today", own=stand.own), level=Level.AFTER, said="own")
    return told(view.say("alert-low-lasts", own=stand.own, day=last), level=Level.AFTER, said="own")


def restored(letter: Letter, view: View) -> Told | None:
    stand = view.stand
    if stand.available < Money(view.watch.link.threshold, stand.account.currency):
        return None
    lines = [view.say("alert-restored", own=stand.own)]
    if stand.lasts_until is not None:
        lines.append(view.say("alert-enough", day=stand.lasts_until))
    return told(*lines, level=Level.OWN, said="own")


def digest(letter: Letter, view: View) -> Told | None:
    said = "own overdue" if view.stand.overdue else "own"
    return told(answer(view, view.stand), level=Level.PAY, said=said)


# ── Bills, debts, promises ────────────────────────────────────────────────────────────────────────────────────────


def due(letter: Letter, view: View) -> Told | None:
    stand = view.stand
    day = stand.issued_due
    if day is None or not near(view, day, step(letter)) or not stand.to_pay:
        return None
    line = view.say("alert-due", sum=stand.issued, until=day, days=(day - view.today).days)
    return told(line, level=Level.AFTER, said=asked(view, "issued", stand.issued, day))


def overdue(letter: Letter, view: View) -> Told | None:
    """The debt, and for how long: the services may stop. Under ADVANCE it is what is below zero."""
    stand = view.stand
    if not stand.overdue:
        return None
    if stand.overdue_since is None:
        return ending(view)
    days = (view.today - stand.overdue_since).days + 1
    lines = [view.say("alert-overdue", debt=stand.overdue, days=days)]
    if not stand.to_pay:
        lines.append(view.say("alert-bill-covered"))
    return told(*lines, level=Level.AFTER, said=asked(view, "overdue", stand.overdue, view.today))


def promise(letter: Letter, view: View) -> Told | None:
    stand, until = view.stand, view.stand.promised_until
    if stand.promised is None or (until is not None and not near(view, until, step(letter))):
        return None
    if until is None:
        lines = [view.say("alert-promise", sum=stand.promised)]
    elif until < view.today:
        lines = [view.say("alert-promise-late", sum=stand.promised, day=until)]
    elif until == view.today:
        lines = [view.say("alert-promise-today", sum=stand.promised)]
    else:
        lines = [view.say("alert-promise-until", sum=stand.promised, day=view.say.until(until))]
    lines.append(view.say("alert-promise-how", sum=stand.promised))
    late = until is not None and until < view.today
    lines.append(view.say("pay-after-blocked-credit" if late else "promised-otherwise"))
    return told(*lines, level=Level.PAY, said="promised")


def bill(letter: Letter, view: View) -> Told | None:
    """Under ADVANCE a bill is paper about rubles that are asked for otherwise (billing.position)."""
    stand, wanted = view.stand, about(letter)
    for one in stand.issued_bills:
        if not wanted or one.id == wanted:
            number, sum_ = brief(one.number), one.remaining
            lines = [view.say("alert-bill", number=number, period=one.period, sum=sum_, day=one.due)]
            if not stand.to_pay:
                lines.append(view.say("alert-bill-covered"))
            said = asked(view, "issued" if stand.issued == sum_ else "", sum_, one.due)
            return told(*lines, level=Level.PAY, said=said, amount=sum_)
    for one in stand.overdue_bills:
        if not wanted or one.id == wanted:
            line = view.say(
                "debt-bill", number=brief(one.number), period=one.period, remaining=one.remaining, due=one.due
            )
            return told(line, level=Level.AFTER, amount=one.remaining)
    return None


def near(view: View, day: date, days: int) -> bool:
    return day <= view.today + timedelta(days=days)


def asked(view: View, what: str, sum_: Money, day: date) -> str:
    """What a line has said that names this sum and day: also what is to be paid, where that is the same."""
    stand = view.stand
    return f"{what} to_pay" if stand.to_pay == sum_ and stand.pay_by == day and day > view.today else what


# ── Payments ──────────────────────────────────────────────────────────────────────────────────────────────────────


def paid(letter: Letter, view: View) -> Told | None:
    """The sum and the method are the billing's; where it tells of no payments, only that one has arrived."""
    if view.payments is None:
        return told(view.say("alert-paid-untold"), *back(view), level=Level.PAY)
    found = next((one for one in view.payments if one.id == about(letter)), None)
    if found is None:
        return None
    sum_, method = Money(abs(found.amount.minor), found.amount.currency), brief(found.method)
    if not found.credited:
        return told(view.say("alert-paid-waiting", sum=sum_), level=Level.OWN, amount=found.amount)
    if found.amount.minor < 0:
        line = view.say("alert-paid-back", sum=sum_)
    elif method:
        line = view.say("alert-paid-method", sum=sum_, method=method)
    else:
        line = view.say("alert-paid", sum=sum_)
    return told(line, *back(view), level=Level.PAY, amount=found.amount)


def credited(letter: Letter, view: View) -> Told | None:
    """A payment made in this chat has reached the account. The sum is the network's, the position the billing's."""
    try:
        sum_ = Money(int(letter.data["amount"]), letter.data["currency"])
    except (KeyError, ValueError):
        return None
    return told(view.say("notice-credited", sum=sum_), *back(view), level=Level.OWN, amount=sum_)


def back(view: View) -> tuple[str, ...]:
    """Whether stopped services come back now; nothing where none is stopped."""
    stand = view.stand
    if not any(one.status is Status.BLOCKED_DEBT for one in stand.services):
        return ()
    if lacks := missing(stand, view.today):
        return (view.say("alert-back-short", sum=lacks),)
    return (view.say("alert-back", minutes=view.minutes),)
