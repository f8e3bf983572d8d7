"""Facts for tests, with everything that does not matter filled in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from billing.base import Account, Balance, Bill, Charge, Kind, Money, Payment, Period, Scheme, Service, Status
from billing.ledger import Book, Customer, Opened
from billing.passwords import DEMO_HASHER

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


def rub(amount: float) -> Money:
    return Money(round(amount * 100))


def account(id: str = "a", scheme: Scheme = Scheme.ADVANCE, **more: Any) -> Account:
    return replace(Account(id, f"00{id}", scheme), **more)


def balance(own: float = 0, id: str = "a", **more: Any) -> Balance:
    return replace(Balance(id, rub(own), NOW), **more)


def bill(remaining: float, due: date, id: str = "b", of: str = "a", **more: Any) -> Bill:
    first = due.replace(day=1)
    made = Bill(of, id, f"№{id}", Period(first, due), rub(remaining), rub(remaining), due - timedelta(days=20), due)
    return replace(made, **more)


def service(
    fee: float | None = 500, next_fee: date | None = None, id: str = "s", of: str = "a", **more: Any
) -> Service:
    money = None if fee is None else rub(fee)
    return replace(Service(of, id, Kind.INTERNET, f"Интернет {id}", Status.ACTIVE, "", money, next_fee), **more)


def payment(amount: float, at: datetime, id: str, of: str = "a") -> Payment:
    return Payment(of, id, at, rub(amount), "Банковская карта")


def charge(amount: float, at: datetime, id: str, of: str = "a") -> Charge:
    return Charge(of, id, at, rub(amount), "Абонентская плата")


def book(*opened: tuple[Account, float], **more: Any) -> Book:
    """A book with one customer `c`, password `secret`, who holds all of these accounts."""
    holder = Customer("c", "Client", DEMO_HASHER.hash("secret"))
    rows = tuple(Opened(a, "c", balance(own, a.id)) for a, own in opened)
    empty: dict[str, Any] = {"services": (), "bills": (), "payments": (), "charges": ()}
    return Book((holder,), rows, **(empty | more))
