"""Position: where a customer stands, computed once from billing facts. Pure.

Every screen, alert, QR and pay link draws its figures from here, so that two of them can never name two sums.

    own        the customer's own money                      ┐ three figures
    overdue    what is past its day and not paid: the debt   ├ that are never
    promised   a promised payment, to be paid back           ┘ added up
    issued     on bills that are out and not yet due: said apart, and never called debt
    to_pay     one sum, with the lines that make it up, the day to pay by and what happens after it

Two schemes (their days come from the billing with each bill and each fee):

    ADVANCE    debt is own money below zero. To pay: the debt, and what is missing for the next fees.
    CREDIT     debt is the unpaid part of bills past due. To pay: all unpaid bills less own money.

Paying exactly `to_pay` by `pay_by` leaves nothing overdue and every known fee of that day covered.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from billing.base import Account, Balance, Bill, Money, Scheme, Service, Status


class Because(StrEnum):
    """Why a line is in the sum to pay."""

    DEBT = "debt"  # own money below zero
    OVERDUE = "overdue"  # a bill past due
    ISSUED = "issued"  # a bill that is out and not yet due
    FEE = "fee"  # the next fee of a service
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
    day: date | None = None  # due day of a bill, day of a fee
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
    lasts_until: date | None  # the last day that own money covers; None: cannot be known, or nothing is taken
    services: tuple[Service, ...]
    overdue_bills: tuple[Bill, ...]  # oldest first
    issued_bills: tuple[Bill, ...]  # soonest due first

    @property
    def available(self) -> Money:
        """Own money less what is overdue: the figure the low-balance watch compares with a threshold."""
        return self.own if self.account.scheme is Scheme.ADVANCE else self.own - self.overdue


def position(
    account: Account, balance: Balance, bills: tuple[Bill, ...], services: tuple[Service, ...], today: date
) -> Position:
    """Where the account stands on `today`, its own day. All sums are in the account's currency."""
    zero = Money(0, account.currency)
    unpaid = sorted((b for b in bills if b.remaining.minor > 0), key=lambda b: (b.due, b.issued, b.id))
    late = tuple(b for b in unpaid if b.due < today)
    coming = tuple(b for b in unpaid if b.due >= today)
    lines: list[Line] = []
    pay_by: date | None = None
    since: date | None = None

    if account.scheme is Scheme.ADVANCE:
        overdue = -balance.own if balance.own.minor < 0 else zero
        if overdue:
            lines.append(Line(Because.DEBT, overdue))
        fees = next_fees(services, today)
        lines += [Line(Because.FEE, s.fee, s.next_fee, s.title) for s in fees if s.fee is not None]
        if balance.own.minor > 0:
            lines.append(Line(Because.OWN, -balance.own))
        pay_by = today if overdue else min((s.next_fee for s in fees if s.next_fee), default=None)
        after = After.BLOCKED if overdue else After.SUSPENDED
    else:
        overdue = sum((b.remaining for b in late), zero)
        since = late[0].due + timedelta(days=1) if late else None
        lines += [Line(Because.OVERDUE, b.remaining, b.due, b.number) for b in late]
        lines += [Line(Because.ISSUED, b.remaining, b.due, b.number) for b in coming]
        if unpaid and balance.own.minor:
            # Below zero here would be money the bills do not name: it is asked for as well, under its own line.
            own = Line(Because.OWN if balance.own.minor > 0 else Because.DEBT, -balance.own)
            lines.append(own)
        pay_by = today if late else (coming[0].due if coming else None)
        after = After.BLOCKED if late else After.OVERDUE

    total = sum((line.amount for line in lines), zero)
    to_pay = total if total.minor > 0 else zero
    return Position(
        account=account,
        as_of=balance.as_of,
        own=balance.own,
        overdue=overdue,
        overdue_since=since,
        issued=sum((b.remaining for b in coming), zero),
        issued_due=coming[0].due if coming else None,
        promised=balance.promised if balance.promised else None,
        promised_until=balance.promised_until if balance.promised else None,
        to_pay=to_pay,
        lines=tuple(lines),
        pay_by=pay_by if to_pay else None,
        after=after if to_pay else After.NOTHING,
        lasts_until=lasts_until(account, balance.own, services, today),
        services=services,
        overdue_bills=late,
        issued_bills=coming,
    )


def charged(services: tuple[Service, ...]) -> list[Service]:
    """Services whose fee will be taken: suspended and unconnected ones cost nothing until they are on again."""
    return [s for s in services if s.status in {Status.ACTIVE, Status.BLOCKED_DEBT}]


def next_fees(services: tuple[Service, ...], today: date) -> list[Service]:
    """The services whose fee falls on the next fee day: one day's fees, not the whole future."""
    dated = [s for s in charged(services) if s.fee and s.next_fee and s.next_fee >= today and not s.daily]
    first = min((s.next_fee for s in dated if s.next_fee), default=None)
    return [s for s in dated if s.next_fee == first]


def lasts_until(account: Account, own: Money, services: tuple[Service, ...], today: date) -> date | None:
    """The last day on which own money covers the known fees, within a year; None where that cannot be said.

    One service with an unknown fee makes the whole forecast unknown: rather none than a wrong one.
    """
    paying = charged(services)
    if account.scheme is Scheme.CREDIT or own.minor < 0 or not paying:
        return None
    if any(s.fee is None or (s.next_fee is None and not s.daily) for s in paying):
        return None
    if not any(s.fee for s in paying):
        return None
    left, day = own.minor, today
    for _ in range(366):
        day += timedelta(days=1)
        for s in paying:
            assert s.fee is not None
            if s.daily:
                left -= daily_share(s.fee.minor, day)
            elif s.next_fee is not None and falls(s.next_fee, day):
                left -= s.fee.minor
        if left < 0:
            return day - timedelta(days=1)
    return None


def falls(first: date, day: date) -> bool:
    """Whether a monthly fee whose next day is `first` is taken on `day`; the 31st falls on a short month's last day."""
    if day < first:
        return False
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return day.day == min(first.day, last.day)


def daily_share(fee: int, day: date) -> int:
    """The part of a monthly fee taken on `day`: the days of a month add up to the fee, to the kopeck."""
    first = day.replace(day=1)
    length = ((first + timedelta(days=32)).replace(day=1) - first).days
    return fee * day.day // length - fee * (day.day - 1) // length
