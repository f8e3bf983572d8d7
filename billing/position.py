"""Position: where a customer stands, computed once from billing facts. Pure.

Every screen, alert, QR and pay link draws its figures from here, so that two of them can never name two sums.

    own        the customer's own money                      ┐ three figures
    overdue    what is past its day and not paid: the debt   ├ that are never
    promised   a promised payment, to be paid back           ┘ added up
    issued     on bills that are out and not yet due: said apart, and never called debt
    to_pay     one sum, with the lines that make it up, the day to pay by and what happens after it

Two schemes (their days come from the billing with each bill and each fee):

    ADVANCE    debt is own money below zero. To pay: the debt, and what is missing for the next fees.
               Bills, where the billing writes any, are paper about the same rubles: they add nothing.
    CREDIT     debt is the unpaid part of bills past due. To pay: all unpaid bills less own money.
               Own money below zero is what no bill names yet: it will be on the next one, and is not asked for twice.

A monthly fee is taken on its day; a fee whose day has just passed was not taken and is wanted today. A daily fee is
taken at the start of each day, so today's part is gone already; it is asked for up to the next monthly fee, or to the
end of the month where there is none.

Paying exactly `to_pay` by `pay_by` leaves nothing overdue and every known fee up to the fee day covered.

The forecast (`lasts_until`) takes the fees on their days, and from tomorrow on what an average day takes beside them
(`billing.spending`). It asks for nothing: `to_pay` and `pay_by` are of what is known.
"""

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from billing.base import Account, Balance, Bill, Funds, Money, Scheme, Service, Status

YEAR: Final = timedelta(days=366)  # how far ahead anything is said
LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Because(StrEnum):
    """Why a line is in the sum to pay."""

    DEBT = "debt"  # own money below zero
    OVERDUE = "overdue"  # a bill past due
    ISSUED = "issued"  # a bill that is out and not yet due
    FEE = "fee"  # the next fee of a service; of a daily one the parts until `Line.day`
    OWN = "own"  # less own money


class After(StrEnum):
    """What happens when the sum is not paid by the day."""

    NOTHING = "nothing"  # nothing to pay
    SUSPENDED = "suspended"  # a fee cannot be taken: services stop
    OVERDUE = "overdue"  # a bill becomes overdue
    BLOCKED = "blocked"  # it is overdue already: services may stop any day


@dataclass(frozen=True, slots=True)
class Line:
    because: Because
    amount: Money  # below zero only for OWN
    day: date | None = None  # due day of a bill, day of a fee, last day of a daily one
    what: str = ""  # number of a bill, title of a service


@dataclass(frozen=True, slots=True)
class Position:
    account: Account
    as_of: datetime
    own: Money
    overdue: Money
    overdue_since: date | None
    issued: Money
    issued_due: date | None  # the earliest due day of what is issued
    promised: Money | None
    promised_until: date | None
    to_pay: Money
    lines: tuple[Line, ...]  # they add up to to_pay, or to less than zero when nothing is to be paid
    pay_by: date | None
    after: After
    lasts_until: date | None  # the last day that own money covers; None: see `lasts_until`
    fee_on: date | None  # the next day with a fee that own money does not cover; None: see `fee_ahead`
    services: tuple[Service, ...]
    overdue_bills: tuple[Bill, ...]  # oldest first
    issued_bills: tuple[Bill, ...]  # soonest due first

    @property
    def available(self) -> Money:
        """Own money less what is overdue: the figure the low-balance watch compares with a threshold."""
        return self.own if self.account.scheme is Scheme.ADVANCE else self.own - self.overdue


def position(
    account: Account,
    balance: Balance,
    bills: tuple[Bill, ...],
    services: tuple[Service, ...],
    today: date,
    spending: Money | None = None,
) -> Position:
    """Where the account stands on `today`, its own day. All sums are in the account's currency, else ValueError.

    `spending`: what an average day takes beside the fees (`Facts.spending`); None: not known, and so not foreseen.
    """
    zero = Money(0, account.currency)
    own = balance.own + zero
    in_credit = account.scheme is Scheme.CREDIT
    unpaid = sorted((b for b in bills if in_credit and b.remaining.minor > 0), key=lambda b: (b.due, b.issued, b.id))
    late = tuple(b for b in unpaid if b.due < today)
    coming = tuple(b for b in unpaid if b.due >= today)
    lines: list[Line] = []
    pay_by: date | None = None

    if in_credit:
        overdue = sum((b.remaining for b in late), zero)
        lines += [Line(Because.OVERDUE, b.remaining, b.due, b.number) for b in late]
        lines += [Line(Because.ISSUED, b.remaining, b.due, b.number) for b in coming]
        if unpaid and own.minor > 0:
            lines.append(Line(Because.OWN, -own))
        pay_by = today if late else (coming[0].due if coming else None)
        after = After.BLOCKED if late else After.OVERDUE
    else:
        overdue = -own if own.minor < 0 else zero
        if overdue:
            lines.append(Line(Because.DEBT, overdue))
        lines += next_fees(services, today)
        if own.minor > 0:
            lines.append(Line(Because.OWN, -own))
        pay_by = today if overdue else first_short(own, services, today)
        after = After.BLOCKED if overdue else After.SUSPENDED

    total = sum((line.amount for line in lines), zero)
    to_pay = total if total.minor > 0 else zero
    return Position(
        account=account,
        as_of=balance.as_of,
        own=own,
        overdue=overdue,
        overdue_since=late[0].due + timedelta(days=1) if late else None,
        issued=sum((b.remaining for b in coming), zero),
        issued_due=coming[0].due if coming else None,
        promised=balance.promised if balance.promised else None,
        promised_until=balance.promised_until if balance.promised else None,
        to_pay=to_pay,
        lines=tuple(lines),
        pay_by=pay_by if to_pay else None,
        after=after if to_pay else After.NOTHING,
        lasts_until=lasts_until(account, own, services, today, 0 if spending is None else (spending + zero).minor),
        fee_on=None if in_credit else fee_ahead(own, services, today),
        services=services,
        overdue_bills=late,
        issued_bills=coming,
    )


def funds(stand: Position) -> Funds:
    """What the watch is to know of the account. The one place where a billing's `Funds` come from."""
    return Funds(
        account=stand.account.id,
        available=stand.available,
        zone=stand.account.zone,
        lasts_until=stand.lasts_until,
        fee_on=stand.fee_on,
        due_on=stand.issued_due,
        overdue_since=stand.overdue_since,
        promised_until=stand.promised_until,
    )


def missing(stand: Position, today: date) -> Money:
    """What must be paid so that nothing is owed; where a service is stopped, also the fee that it waits for today."""
    stopped = any(one.status is Status.BLOCKED_DEBT for one in stand.services)
    if stand.account.scheme is Scheme.CREDIT or not stopped:
        return stand.overdue
    zero = Money(0, stand.account.currency)
    return max(sum((one.amount for one in stand.lines if one.day is None or one.day <= today), zero), zero)


def charged(services: tuple[Service, ...]) -> list[Service]:
    """Services whose fee will be taken: suspended and unconnected ones cost nothing until they are on again."""
    return [s for s in services if s.status in {Status.ACTIVE, Status.BLOCKED_DEBT}]


def fee_day(service: Service, today: date) -> date | None:
    """The day a monthly fee is taken next; None: unknown.

    A day that has passed means the fee could not be taken (that is how a service comes to be blocked) or the data is
    a little old: either way it is wanted today. A day long gone on a working service is not credible, nor is one more
    than a year ahead.
    """
    day = service.next_fee
    if day is None or day - today > YEAR:
        return None
    if day >= today:
        return day
    wanted = service.status is Status.BLOCKED_DEBT or today - day <= timedelta(days=31)
    return today if wanted else None


def taken(service: Service, day: date, today: date) -> int:
    """Kopecks of the service's fee taken on `day`, today or later. Nothing where the fee or its day is unknown."""
    if service.fee is None or service.fee.minor <= 0:
        return 0
    if service.daily:
        return daily_share(service.fee.minor, day) if day > today else 0
    first = fee_day(service, today)
    if first is None or service.next_fee is None:
        return 0
    # After that it keeps to the billing's own day: a fee of the 1st that is wanted on the 5th is next taken on a 1st.
    return service.fee.minor if day == first or (day > first and falls(service.next_fee, day)) else 0


def next_fee_day(services: tuple[Service, ...], today: date) -> date | None:
    """The day up to which fees are asked for: one round of fees, not the whole future."""
    paying = [s for s in charged(services) if s.fee is not None and s.fee.minor > 0]
    days = [day for s in paying if not s.daily and (day := fee_day(s, today)) is not None]
    if days:
        return min(days)
    tomorrow = today + timedelta(days=1)
    return month_end(tomorrow) if any(s.daily for s in paying) else None


def next_fees(services: tuple[Service, ...], today: date) -> list[Line]:
    """What is taken until the next fee day, a line for each service."""
    last = next_fee_day(services, today)
    if last is None:
        return []
    lines: list[Line] = []
    for s in charged(services):
        amount = sum(sum_ for _, sum_ in takings((s,), today, last)) if s.daily else taken(s, last, today)
        if s.fee is not None and amount:
            lines.append(Line(Because.FEE, Money(amount, s.fee.currency), last, s.title))
    return lines


def undated(services: tuple[Service, ...], today: date) -> list[Service]:
    """Services with a monthly fee of which nobody has said when it is taken: it stands in no sum to pay."""
    monthly = (s for s in charged(services) if s.fee is not None and s.fee.minor > 0 and not s.daily)
    return [s for s in monthly if fee_day(s, today) is None]


def first_short(own: Money, services: tuple[Service, ...], today: date) -> date | None:
    """The first day, up to the next fee day, whose known fees own money does not cover; None: all covered."""
    last = next_fee_day(services, today)
    if last is None:
        return None
    if own.minor < 0:
        return today
    return used_up(own.minor, charged(services), today, last)


def fee_ahead(own: Money, services: tuple[Service, ...], today: date) -> date | None:
    """The next day with a fee that own money does not cover, of services that work; None: none up to the next fee day.

    Below zero it is the next monthly fee's own day. So it stands still from one day to the next, as long as nothing is
    paid: neither a daily part nor a fee that is late makes every day a new one.
    """
    working = tuple(s for s in services if s.status is Status.ACTIVE)
    if own.minor >= 0:
        return first_short(own, working, today)
    monthly = (s for s in working if not s.daily and s.next_fee and s.fee and s.fee.minor > 0 and fee_day(s, today))
    return min((next_fall(s.next_fee, today) for s in monthly if s.next_fee), default=None)


def lasts_until(
    account: Account, own: Money, services: tuple[Service, ...], today: date, spending: int = 0
) -> date | None:
    """The last day on which own money covers the fees and the spending, today or later and within a year.

    None: nothing is taken, there is a debt, not even today's fee is covered, it is more than a year away, or it cannot
    be said. One service with an unknown fee makes the whole forecast unknown: rather none than a wrong one. `spending`
    is kopecks a day beside the fees; where no service works nothing is spent.
    """
    paying = charged(services)
    if account.scheme is Scheme.CREDIT or own.minor < 0:
        return None
    if any(s.fee is None or (s.fee and not s.daily and fee_day(s, today) is None) for s in paying):
        return None
    daily = max(0, spending) if any(s.status is Status.ACTIVE for s in paying) else 0
    short = used_up(own.minor, paying, today, today + YEAR, daily)
    return None if short is None or short == today else short - timedelta(days=1)


def used_up(left: int, services: Sequence[Service], today: date, last: date, spending: int = 0) -> date | None:
    """The first day up to `last` on which `left` kopecks, not below zero, do not cover what is taken by then.

    `spending` is what each day after today takes beside the fees.
    """
    # Once in each month, and what is late today: nothing is taken more often, and most money is enough for that.
    rounds = 12 * (last.year - today.year) + last.month - today.month + 2
    if (
        left
        >= rounds * sum(s.fee.minor for s in services if s.fee is not None and s.fee.minor > 0)
        + spending * (last - today).days
    ):
        return None
    for day, amount in takings(services, today, last):
        spent = spending * (day - today).days
        if left < spent - spending:  # the day before was not covered either
            break
        left -= amount
        if left < spent:
            return day
    if not spending:
        return None
    short = today + timedelta(days=left // spending + 1)
    return short if short <= last else None


def takings(services: Sequence[Service], today: date, last: date) -> Iterator[tuple[date, int]]:
    """The days up to `last` on which anything is `taken`, in order, with what it is."""
    paid = [s for s in services if s.fee is not None and s.fee.minor > 0]
    if any(s.daily for s in paid):
        for n in range((last - today).days + 1):
            day = today + timedelta(days=n)
            yield day, sum(taken(s, day, today) for s in paid)
        return
    monthly = [(first, s.next_fee.day, s.fee.minor) for s in paid
               if s.fee and s.next_fee and (first := fee_day(s, today))]  # fmt: skip
    month = today.replace(day=1)
    while monthly and month <= last:
        length, due = month_days(month), dict[date, int]()
        for first, number, fee in monthly:
            day = month.replace(day=min(number, length))
            for one in {day, first} if (first.year, first.month) == (month.year, month.month) else (day,):
                if one >= first:
                    due[one] = due.get(one, 0) + fee
        yield from sorted((day, amount) for day, amount in due.items() if day <= last)
        month += timedelta(days=length)


def month_days(day: date) -> int:
    return 29 if day.month == 2 and isleap(day.year) else LENGTHS[day.month - 1]


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=month_days(day))


def falls(first: date, day: date) -> bool:
    """Whether a monthly fee whose next day is `first` is taken on `day`; the 31st falls on a short month's last day."""
    return day >= first and day.day == min(first.day, month_days(day))


def next_fall(first: date, today: date) -> date:
    """The day, today or later, on which a monthly fee whose next day is `first` falls."""
    if first >= today:
        return first
    month = today.replace(day=1)
    day = month.replace(day=min(first.day, month_days(month)))
    if day >= today:
        return day
    month += timedelta(days=month_days(month))
    return month.replace(day=min(first.day, month_days(month)))


def daily_share(fee: int, day: date) -> int:
    """The part of a monthly fee taken on `day`: the days of a month add up to the fee, to the kopeck."""
    length = month_days(day)
    return fee * day.day // length - fee * (day.day - 1) // length
