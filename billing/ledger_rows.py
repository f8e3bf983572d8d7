"""Rows of the ledger's tables and the facts they hold: `<fact>_row` writes one, `read_<fact>` reads one. Pure.

money      whole minor units; the currency is the account's, which stands in its own row
instant    whole microseconds since 1970, UTC
no value   null; in `ledger_usages` "" for no direction, because a key holds no null
kinds      their names with spaces between: "internet tv"; "" is all of them
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing.base import (
    Account,
    Balance,
    Bill,
    Bonus,
    Call,
    Carrier,
    Charge,
    Component,
    Delivery,
    Details,
    Direction,
    Kind,
    Money,
    Notice,
    Option,
    Outage,
    Payment,
    Period,
    Reach,
    Scheme,
    Service,
    Status,
    Usage,
    Use,
    Way,
)

T = TypeVar("T")
Row = sa.Row[Any]
Values = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNMARKED = -1  # `accounts.changed` of a row touched in this transaction, until `ledger_feed.mark` numbers it


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    login: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """An account as a book opens it: whose it is, and its figures. The book is kept here, so `balance.as_of` is not."""

    account: Account
    customer: str | None
    balance: Balance


@dataclass(frozen=True, slots=True)
class Book:
    """A whole book as values: what `Ledger.load` takes in.

    An outage of a whole region is a notice with `outage`. The first reach of an account is the most trusted.
    """

    customers: tuple[Customer, ...]
    accounts: tuple[Opened, ...]
    services: tuple[Service, ...]
    bills: tuple[Bill, ...]
    payments: tuple[Payment, ...]
    charges: tuple[Charge, ...]
    details: tuple[Details, ...] = ()
    usages: tuple[Usage, ...] = ()
    calls: tuple[Call, ...] = ()
    reaches: tuple[Reach, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    outages: tuple[Outage, ...] = ()
    notices: tuple[Notice, ...] = ()
    bonuses: tuple[Bonus, ...] = ()


# ── Whose, and how much ───────────────────────────────────────────────────────────────────────────────────────────


def customer_row(customer: Customer) -> Values:
    return {"id": customer.id, "login": folded(customer.login), "password_hash": customer.password_hash}


def account_row(opened: Opened) -> Values:
    account, balance = opened.account, opened.balance
    return {
        "id": account.id,
        "number": account.number,
        "customer": opened.customer,
        "holder": account.holder,
        "scheme": account.scheme.value,
        "currency": account.currency,
        "zone": account.zone,
        "open": account.open,
        "own": balance.own.minor,
        "as_of": None,
        "promised": minor(balance.promised),
        "promised_until": balance.promised_until,
        "changed": UNMARKED,
        "region": account.region,
        "since": account.since,
    }


def read_account(row: Row) -> Account:
    return Account(
        id=row.id,
        number=row.number,
        scheme=Scheme(row.scheme),
        holder=row.holder,
        currency=row.currency,
        zone=row.zone,
        open=row.open,
        region=row.region,
        since=row.since,
    )


def read_balance(owner: Row, now: datetime) -> Balance:
    """`now` is the time of the figures in a book that is kept here."""
    return Balance(
        account=owner.id,
        own=Money(owner.own, owner.currency),
        as_of=now if owner.as_of is None else instant(owner.as_of),
        promised=_money(owner.promised, owner.currency),
        promised_until=owner.promised_until,
    )


def service_row(service: Service) -> Values:
    return {
        "id": service.id,
        "account": service.account,
        "kind": service.kind.value,
        "title": service.title,
        "status": service.status.value,
        "tariff": service.tariff,
        "fee": minor(service.fee),
        "next_fee": service.next_fee,
        "daily": service.daily,
        "balance": minor(service.balance),
    }


def read_service(row: Row, currency: str) -> Service:
    return Service(
        account=row.account,
        id=row.id,
        kind=Kind(row.kind),
        title=row.title,
        status=Status(row.status),
        tariff=row.tariff,
        fee=_money(row.fee, currency),
        next_fee=row.next_fee,
        daily=row.daily,
        balance=_money(row.balance, currency),
    )


def bill_row(bill: Bill, zone: str) -> Values:
    return {
        "id": bill.id,
        "account": bill.account,
        "number": bill.number,
        "first": bill.period.first,
        "last": bill.period.last,
        "amount": bill.amount.minor,
        "remaining": bill.remaining.minor,
        "issued": bill.issued,
        "due": bill.due,
        "late_at": late_at(bill.due, zone),
    }


def read_bill(row: Row, currency: str) -> Bill:
    return Bill(
        account=row.account,
        id=row.id,
        number=row.number,
        period=Period(row.first, row.last),
        amount=Money(row.amount, currency),
        remaining=Money(row.remaining, currency),
        issued=row.issued,
        due=row.due,
    )


def payment_row(payment: Payment) -> Values:
    return {
        "id": payment.id,
        "account": payment.account,
        "at": micros(payment.at),
        "amount": payment.amount.minor,
        "method": payment.method,
        "credited": payment.credited,
    }


def read_payment(row: Row, currency: str) -> Payment:
    return Payment(row.account, row.id, instant(row.at), Money(row.amount, currency), row.method, row.credited)


def charge_row(charge: Charge) -> Values:
    return {
        "id": charge.id,
        "account": charge.account,
        "at": micros(charge.at),
        "amount": charge.amount.minor,
        "title": charge.title,
        "service": charge.service,
    }


def read_charge(row: Row, currency: str) -> Charge:
    return Charge(row.account, row.id, instant(row.at), Money(row.amount, currency), row.title, row.service)


# ── What a service is made of, and what was used of it ────────────────────────────────────────────────────────────


def option_row(option: Option) -> Values:
    return {
        "id": option.id,
        "service": option.service,
        "title": option.title,
        "status": option.status.value,
        "fee": minor(option.fee),
    }


def read_option(row: Row, account: str, currency: str) -> Option:
    return Option(account, row.service, row.id, row.title, Status(row.status), _money(row.fee, currency))


def component_row(component: Component) -> Values:
    return {
        "service": component.service,
        "direction": component.direction.value,
        "status": component.status.value,
    }


def carrier_rows(component: Component) -> list[Values]:
    key = {"service": component.service, "direction": component.direction.value}
    return [{**key, "title": carrier.title, "own": carrier.own.minor} for carrier in component.carriers]


def read_component(row: Row, carriers: Iterable[Row], account: str, currency: str) -> Component:
    """`carriers`: all of the service; those of the component are taken."""
    own = tuple(Carrier(c.title, Money(c.own, currency)) for c in carriers if c.direction == row.direction)
    return Component(account, row.service, Direction(row.direction), Status(row.status), own)


def usage_row(usage: Usage) -> Values:
    return {
        "service": usage.service,
        "day": usage.day,
        "use": usage.use.value,
        "direction": "" if usage.direction is None else usage.direction.value,
        "title": usage.title,
        "amount": usage.amount,
        "count": usage.count,
        "cost": minor(usage.cost),
    }


def read_usage(row: Row, account: str, currency: str) -> Usage:
    return Usage(
        account=account,
        service=row.service,
        day=row.day,
        use=Use(row.use),
        amount=row.amount,
        count=row._mapping["count"],  # a row is a tuple, and a tuple has a method of that name
        cost=_money(row.cost, currency),
        direction=Direction(row.direction) if row.direction else None,
        title=row.title,
    )


def call_row(call: Call) -> Values:
    return {
        "id": call.id,
        "service": call.service,
        "at": micros(call.at),
        "number": call.number,
        "seconds": call.seconds,
        "direction": call.direction.value,
        "cost": call.cost.minor,
        "incoming": call.incoming,
    }


def read_call(row: Row, account: str, currency: str) -> Call:
    return Call(
        account=account,
        service=row.service,
        id=row.id,
        at=instant(row.at),
        number=row.number,
        seconds=row.seconds,
        direction=Direction(row.direction),
        cost=Money(row.cost, currency),
        incoming=row.incoming,
    )


# ── What the operator does for the customer ───────────────────────────────────────────────────────────────────────


def reach_rows(reaches: Iterable[Reach]) -> list[Values]:
    return [
        {"account": reach.account, "way": reach.way.value, "address": reach.address, "place": place}
        for place, reach in enumerate(reaches)
    ]


def read_reach(row: Row) -> Reach:
    return Reach(row.account, Way(row.way), row.address)


def delivery_row(delivery: Delivery) -> Values:
    return {"service": delivery.service, "email": delivery.email}


def outage_row(outage: Outage) -> Values:
    return {
        "id": outage.id,
        "account": outage.account,
        "region": "",
        "kinds": _kinds(outage.kinds),
        "title": outage.title,
        "text": "",
        "since": micros(outage.since),
        "until": _micros(outage.until),
        "planned": outage.planned,
    }


def read_outage(row: Row, account: str) -> Outage:
    kinds = tuple(Kind(name) for name in row.kinds.split())
    return Outage(account, row.id, kinds, row.title, instant(row.since), _instant(row.until), row.planned)


def notice_row(notice: Notice) -> Values:
    return {
        "id": notice.id,
        "region": notice.region,
        "title": notice.title,
        "text": notice.text,
        "at": micros(notice.at),
        "until": _micros(notice.until),
    }


def regional_row(notice: Notice, kinds: Sequence[Kind] = (), planned: bool = False) -> Values:
    """The outage of a whole region that the notice tells of."""
    return {
        "id": notice.id,
        "account": None,
        "region": notice.region,
        "kinds": _kinds(kinds),
        "title": notice.title,
        "text": notice.text,
        "since": micros(notice.at),
        "until": _micros(notice.until),
        "planned": planned,
    }


def read_notice(row: Row) -> Notice:
    return Notice(row.id, row.region, row.title, row.text, instant(row.at), _instant(row.until))


def read_regional(row: Row) -> Notice:
    return Notice(row.id, row.region, row.title, row.text, instant(row.since), _instant(row.until), outage=True)


def bonus_row(bonus: Bonus) -> Values:
    return {
        "account": bonus.account,
        "program": bonus.program,
        "points": bonus.points,
        "burning": bonus.burning,
        "burns": bonus.burns,
    }


def read_bonus(row: Row) -> Bonus:
    return Bonus(row.account, row.program, row.points, row.burning, row.burns)


# ── Small change ──────────────────────────────────────────────────────────────────────────────────────────────────


def folded(login: str) -> str:
    """A login as it is compared: telephones write the first letter large. NUL and lone surrogates fit no database."""
    return login.strip().casefold().replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def micros(at: datetime) -> int:
    """Whole microseconds since 1970, UTC. Raises TypeError for a time without a zone."""
    return (at - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    return EPOCH + value * MICROSECOND


def midnight(day: date, zone: str) -> int:
    """The instant at which the day begins in the zone."""
    return micros(datetime.combine(day, time(), ZoneInfo(zone)))


def late_at(due: date, zone: str) -> int:
    """The instant from which a bill due on that day is overdue."""
    return midnight(following(due), zone)


def following(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def chunks(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[n : n + size] for n in range(0, len(items), size))


def minor(money: Money | None) -> int | None:
    return None if money is None else money.minor


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _instant(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def _kinds(kinds: Iterable[Kind]) -> str:
    return " ".join(kind.value for kind in kinds)
