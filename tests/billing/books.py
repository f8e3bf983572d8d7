"""Facts for tests, with everything that does not matter filled in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

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


def details(service: str = "s", of: str = "a") -> Details:
    """One option, and two components of which one has an operator of its own."""
    carriers = (Carrier("Дальняя связь", rub(-12.5)), Carrier("Межгород", rub(3)))
    return Details(
        of,
        service,
        (Option(of, service, f"o-{service}", "Антивирус", Status.ACTIVE, rub(99)),),
        (
            Component(of, service, Direction.LOCAL, Status.ACTIVE),
            Component(of, service, Direction.INTERCITY, Status.BLOCKED_DEBT, carriers),
        ),
    )


def usage(day: date, amount: int = 1000, service: str = "s", of: str = "a", **more: Any) -> Usage:
    return replace(Usage(of, service, day, Use.RECEIVED, amount), **more)


def call(at: datetime, id: str, service: str = "s", of: str = "a", **more: Any) -> Call:
    return replace(Call(of, service, id, at, "+73452123456", 61, Direction.LOCAL, rub(1.5)), **more)


def reach(address: str = "anna@mail.example", way: Way = Way.EMAIL, of: str = "a") -> Reach:
    return Reach(of, way, address)


def delivery(email: str | None = "anna@mail.example", service: str = "s", of: str = "a") -> Delivery:
    return Delivery(of, service, email)


def outage(id: str = "o", of: str = "a", since: datetime = NOW, **more: Any) -> Outage:
    return replace(Outage(of, id, (Kind.INTERNET,), "Авария на линии", since), **more)


def notice(id: str = "n", region: str = "", at: datetime = NOW, **more: Any) -> Notice:
    return replace(Notice(id, region, "Новый канал", "Смотрите на кнопке 12.", at), **more)


def bonus(points: int = 120, of: str = "a") -> Bonus:
    return Bonus(of, "Бонусы", points, 20, TODAY)


def book(*opened: tuple[Account, float], **more: Any) -> Book:
    """A book with one customer `c`, password `secret`, who holds all of these accounts."""
    holder = Customer("c", "Client", DEMO_HASHER.hash("secret"))
    rows = tuple(Opened(a, "c", balance(own, a.id)) for a, own in opened)
    empty: dict[str, Any] = {"services": (), "bills": (), "payments": (), "charges": ()}
    return Book((holder,), rows, **(empty | more))
