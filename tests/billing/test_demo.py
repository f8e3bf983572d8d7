"""The demo's customers: on any day each shows what the table in the module's docstring says."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing import demo as module
from billing.base import Account, Bill, Charge, Kind, Money, Payment, Scheme, Service, Status, Subject
from billing.demo import demo, load
from billing.ledger import Book, Ledger
from billing.position import Because, Position, month_end, position
from tests.billing.books import TODAY


@dataclass
class Seen:
    """One account as a screen would show it."""

    account: Account
    position: Position
    services: tuple[Service, ...]
    payments: list[Payment]
    charges: list[Charge]
    bills: tuple[Bill, ...]


def seen(book: Book, login: str, today: date) -> list[Seen]:
    def of(facts: tuple[Any, ...], account: Account) -> tuple[Any, ...]:
        return tuple(fact for fact in facts if fact.account == account.id)

    return [
        Seen(
            opened.account,
            position(
                opened.account,
                opened.balance,
                of(book.bills, opened.account),
                of(book.services, opened.account),
                today,
            ),
            of(book.services, opened.account),
            sorted(of(book.payments, opened.account), key=lambda p: p.at),
            list(of(book.charges, opened.account)),
            of(book.bills, opened.account),
        )
        for opened in book.accounts
        if opened.customer == login
    ]


def ordinary(today: date, home: Seen) -> None:
    assert [s.kind for s in home.services] == [Kind.INTERNET, Kind.PHONE, Kind.TV]
    assert home.services[1].title == "Домашний телефон 3452 12-34-56"
    assert home.position.own.minor > 0
    assert home.position.lasts_until == month_end(today)
    year = [p for p in home.payments if p.at.date() > today - timedelta(days=365)]
    assert len(year) >= 11
    assert home.payments[-1].at.date() >= today - timedelta(days=31)
    assert all(p.credited and p.amount.minor > 0 for p in home.payments)


def postpaid(today: date, home: Seen) -> None:
    p = home.position
    assert home.account.scheme is Scheme.CREDIT
    assert (p.overdue, p.issued_bills) == (Money(0), (home.bills[-1],))
    assert p.issued.minor > 0
    assert p.pay_by is not None
    assert p.pay_by >= today


def debtor(today: date, home: Seen) -> None:
    p = home.position
    assert (len(p.overdue_bills), len(p.issued_bills), p.pay_by) == (2, 1, today)
    assert p.overdue_bills[0].remaining < p.overdue_bills[0].amount


def saver(today: date, home: Seen) -> None:
    p = home.position
    assert home.account.scheme is Scheme.CREDIT
    assert (p.own.minor > 0, p.to_pay, p.overdue, p.issued) == (True, Money(0), Money(0), Money(0))
    assert home.bills


def minus(today: date, home: Seen) -> None:
    assert home.position.overdue == -home.position.own > Money(0)
    assert {s.status for s in home.services} == {Status.ACTIVE}
    assert home.position.lines[0].because is Because.DEBT


def blocked(today: date, home: Seen) -> None:
    assert home.position.overdue.minor > 0
    assert {s.status for s in home.services} == {Status.BLOCKED_DEBT}


def zero(today: date, home: Seen) -> None:
    assert (home.position.own, home.position.overdue) == (Money(0), Money(0))
    assert home.position.to_pay.minor > 0


def promise(today: date, home: Seen) -> None:
    p = home.position
    assert p.promised is not None
    assert p.promised.minor > 0 > p.own.minor
    assert p.promised_until is not None
    assert p.promised_until > today


def family(today: date, flat: Seen, parents: Seen, cottage: Seen) -> None:
    assert (flat.account.scheme, flat.position.to_pay) == (Scheme.ADVANCE, Money(0))
    assert parents.account.scheme is Scheme.CREDIT
    assert parents.position.overdue.minor > 0
    assert cottage.account.zone != flat.account.zone
    assert cottage.account.number.startswith("00")


def newcomer(today: date, home: Seen) -> None:
    assert (home.payments, home.charges) == ([], [])
    assert home.services


def regular(today: date, home: Seen) -> None:
    assert len(home.payments) == 500


def verbose(today: date, home: Seen) -> None:
    assert max(len(s.title) for s in home.services) > 150
    assert max(len(p.method) for p in home.payments) > 80
    assert any(re.search("[<&*]", s.title) for s in home.services)


def closed(today: date, old: Seen, new: Seen) -> None:
    assert (old.account.open, new.account.open) == (False, True)
    assert {s.status for s in old.services} == {Status.OFF}
    assert old.position.to_pay == Money(0)


def kamchatka(today: date, home: Seen) -> None:
    assert home.account.zone == "Asia/Kamchatka"


def daily(today: date, home: Seen) -> None:
    assert all(s.daily for s in home.services)
    assert home.position.lasts_until is not None
    assert len(home.charges) > 300


def holiday(today: date, home: Seen) -> None:
    assert {s.status for s in home.services} == {Status.SUSPENDED}
    assert (home.position.to_pay, home.position.lasts_until) == (Money(0), None)


SHOWS: dict[str, Callable[..., None]] = {
    "demo": ordinary,
    "postpaid": postpaid,
    "debtor": debtor,
    "saver": saver,
    "minus": minus,
    "blocked": blocked,
    "zero": zero,
    "promise": promise,
    "family": family,
    "newcomer": newcomer,
    "regular": regular,
    "verbose": verbose,
    "closed": closed,
    "kamchatka": kamchatka,
    "daily": daily,
    "holiday": holiday,
}


@pytest.mark.parametrize("login", SHOWS)
@settings(max_examples=20)
@given(today=st.dates(date(2026, 1, 1), date(2032, 12, 31)))
@example(today=TODAY)
@example(today=date(2028, 2, 29))
@example(today=date(2027, 1, 1))
@example(today=date(2027, 3, 31))
@example(today=date(2027, 3, 25))
@example(today=date(2027, 3, 26))
def test_each_customer_shows_what_the_table_says(login: str, today: date) -> None:
    SHOWS[login](today, *seen(demo(today), login, today))


def test_the_table_names_every_customer() -> None:
    table = (module.__doc__ or "").split("shows\n")[1].split("\n\n")[0]
    assert [line.split()[0] for line in table.splitlines()] == list(SHOWS)
    assert [c.login for c in demo(TODAY).customers] == list(SHOWS)


@settings(max_examples=20)
@given(today=st.dates(date(2026, 1, 1), date(2032, 12, 31)))
def test_the_book_is_true_to_itself(today: date) -> None:
    book = demo(today)
    assert demo(today) == book
    begins = datetime.combine(today, datetime.min.time(), UTC)
    moved: tuple[Payment | Charge, ...] = (*book.payments, *book.charges)
    for fact in moved:
        assert fact.at < begins + timedelta(hours=12)
        assert fact.amount.minor > 0
    for ids in (
        [opened.account.id for opened in book.accounts],
        [s.id for s in book.services],
        [b.id for b in book.bills],
        [p.id for p in book.payments],
        [c.id for c in book.charges],
    ):
        assert len(ids) == len(set(ids))
    for bill in book.bills:
        assert bill.period.first < bill.issued <= bill.due
        assert bill.issued <= today
    for opened in book.accounts:
        if opened.account.scheme is Scheme.ADVANCE:
            paid = sum(p.amount.minor for p in book.payments if p.account == opened.account.id)
            taken = sum(c.amount.minor for c in book.charges if c.account == opened.account.id)
            assert opened.balance.own.minor == paid - taken


async def test_every_password_is_its_login_and_the_book_is_taken_in_once(ledger: Ledger) -> None:
    assert await load(ledger, TODAY)
    assert not await load(ledger, TODAY + timedelta(days=40))
    for login in ("demo", "family"):
        assert await ledger.authenticate(login, login) == Subject(login)
    assert await ledger.authenticate("demo", "family") is None
    (home,) = await ledger.accounts(Subject("demo"))
    assert len(await ledger.services(home.id)) == 3
    everybody = await ledger.changes(None, 1000)
    assert len(everybody.funds) == len(demo(TODAY).accounts)
    available = {f.account: f.available for f in everybody.funds}
    for login in SHOWS:
        for s in seen(demo(TODAY), login, TODAY):
            assert available[s.account.id] == s.position.available
