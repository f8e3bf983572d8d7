"""The demo's customers: on any day each shows what the table in the module's docstring says."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing import demo as module
from billing.base import (
    Account,
    Bill,
    Call,
    Charge,
    Details,
    Direction,
    Kind,
    Money,
    Outage,
    Payment,
    Scheme,
    Service,
    Status,
    Subject,
    Usage,
    Use,
    Way,
)
from billing.demo import demo, load
from billing.demo_usage import AWAY
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
    details: tuple[Details, ...]
    usages: tuple[Usage, ...]
    calls: tuple[Call, ...]
    outages: tuple[Outage, ...]
    ways: list[Way]

    @property
    def directions(self) -> set[Direction]:
        return {call.direction for call in self.calls if not call.incoming}

    def month(self, month: date) -> list[Charge]:
        """The charges of that month, in the account's days."""
        zone = ZoneInfo(self.account.zone)
        return [c for c in self.charges if c.at.astimezone(zone).date().replace(day=1) == month]


def by_account(facts: Iterable[Any]) -> dict[str, list[Any]]:
    found = defaultdict(list)
    for fact in facts:
        found[fact.account].append(fact)
    return found


@lru_cache(maxsize=16)
def built(today: date) -> Book:
    return demo(today)


@lru_cache(maxsize=16)
def seen(today: date) -> dict[str, list[Seen]]:
    """Every account, under its login."""
    book = built(today)
    services, bills, payments, charges, details, usages, calls, outages, reaches = map(
        by_account,
        (
            book.services,
            book.bills,
            book.payments,
            book.charges,
            book.details,
            book.usages,
            book.calls,
            book.outages,
            book.reaches,
        ),
    )
    found: dict[str, list[Seen]] = defaultdict(list)
    for opened in book.accounts:
        id = opened.account.id
        stand = position(opened.account, opened.balance, tuple(bills[id]), tuple(services[id]), today)
        found[opened.customer or ""].append(
            Seen(
                opened.account,
                stand,
                tuple(services[id]),
                sorted(payments[id], key=lambda p: p.at),
                charges[id],
                tuple(bills[id]),
                tuple(details[id]),
                tuple(usages[id]),
                tuple(calls[id]),
                tuple(outages[id]),
                [reach.way for reach in reaches[id]],
            )
        )
    return found


def everybody(today: date) -> list[Seen]:
    return [home for homes in seen(today).values() for home in homes]


def last_month(today: date) -> date:
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def ordinary(today: date, home: Seen) -> None:
    assert [s.kind for s in home.services] == [Kind.INTERNET, Kind.PHONE, Kind.TV]
    assert home.services[1].title == "Домашний телефон 3452 12-34-56"
    assert home.position.own.minor > 0
    assert home.position.lasts_until == month_end(today)
    year = [p for p in home.payments if p.at.date() > today - timedelta(days=365)]
    assert len(year) >= 11
    assert home.payments[-1].at.date() >= today - timedelta(days=31)
    assert all(p.credited and p.amount.minor > 0 for p in home.payments)
    assert home.directions == {way for way in Direction if way is not Direction.OTHER}
    days = {u.day for u in home.usages if u.use is Use.RECEIVED}
    whole = {today - timedelta(days=n) for n in range(1, 366)}
    assert days >= whole - {today - timedelta(days=n) for n in AWAY}
    assert any(u.use is Use.PURCHASE for u in home.usages)
    internet, phone, tv = home.details
    assert {o.status for o in internet.options} == {Status.ACTIVE, Status.OFF}
    assert tv.options
    assert len(phone.components) == 4
    for part in phone.components[2:]:
        assert len(part.carriers) > 1
    assert home.ways == [Way.EMAIL, Way.SMS]


def postpaid(today: date, home: Seen) -> None:
    p = home.position
    assert home.account.scheme is Scheme.CREDIT
    assert (p.overdue, p.issued_bills) == (Money(0), (home.bills[-1],))
    assert p.issued.minor > 0
    assert p.pay_by is not None
    assert p.pay_by >= today
    month = last_month(today)
    now, before = home.month(month), home.month(last_month(month))
    sums = [sum(c.amount.minor for c in charges) for charges in (now, before)]
    assert sums[0] > sums[1] + 150_000
    assert p.issued.minor == sums[0]
    news = {c.title for c in now} - {c.title for c in before}
    assert news == {"Постоянный IP-адрес", "Выезд мастера", "Международные разговоры"}


def debtor(today: date, home: Seen) -> None:
    p = home.position
    assert (len(p.overdue_bills), len(p.issued_bills), p.pay_by) == (2, 1, today)
    assert p.overdue_bills[0].remaining < p.overdue_bills[0].amount


def saver(today: date, home: Seen) -> None:
    p = home.position
    assert home.account.scheme is Scheme.CREDIT
    assert (p.own.minor > 0, p.to_pay, p.overdue, p.issued) == (True, Money(0), Money(0), Money(0))
    assert home.bills
    assert Direction.INTERNATIONAL not in home.directions
    assert home.details[0].components[-1].status is Status.OFF
    assert home.ways == [Way.EMAIL]


def minus(today: date, home: Seen) -> None:
    assert home.position.overdue == -home.position.own > Money(0)
    assert {s.status for s in home.services} == {Status.ACTIVE}
    assert home.position.lines[0].because is Because.DEBT
    assert home.ways == [Way.SMS]


def blocked(today: date, home: Seen) -> None:
    assert home.position.overdue.minor > 0
    assert {s.status for s in home.services} == {Status.BLOCKED_DEBT}


def paid(today: date, home: Seen) -> None:
    assert home.position.overdue.minor > 0
    assert {s.status for s in home.services} == {Status.BLOCKED_DEBT}
    late = home.payments[-1]
    assert (late.credited, late.at.date()) == (False, today - timedelta(days=1))
    assert late.amount > home.position.overdue
    assert all(p.credited for p in home.payments[:-1])


def waiting(today: date, home: Seen) -> None:
    assert home.position.own.minor > 0
    assert {s.status for s in home.services} == {Status.BLOCKED_DEBT}
    assert (home.payments[-1].credited, home.payments[-1].at.date()) == (True, today - timedelta(days=1))


def outage(today: date, home: Seen) -> None:
    assert home.position.overdue == Money(0)
    assert {s.status for s in home.services} == {Status.ACTIVE}
    (fault,) = home.outages
    assert not fault.planned
    assert fault.since.date() < today
    assert fault.until is not None
    assert fault.until.date() > today


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
    assert cottage.account.region != flat.account.region


def newcomer(today: date, home: Seen) -> None:
    assert (home.payments, home.charges) == ([], [])
    assert home.services
    assert home.account.since == today - timedelta(days=1)
    assert {u.day for u in home.usages} == {today - timedelta(days=1)}


def regular(today: date, home: Seen) -> None:
    assert len(home.payments) == 500


def busy(today: date, home: Seen) -> None:
    recent = [c for c in home.calls if c.at > datetime.combine(today, datetime.min.time(), UTC) - timedelta(days=31)]
    assert len(recent) > 500


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
    assert home.account.region == "Камчатский край"


def daily(today: date, home: Seen) -> None:
    assert all(s.daily for s in home.services)
    assert home.position.lasts_until is not None
    assert len(home.charges) > 300
    (work,) = home.outages
    assert work.planned
    assert today < work.since.date() < today + timedelta(days=7)


def holiday(today: date, home: Seen) -> None:
    assert {s.status for s in home.services} == {Status.SUSPENDED}
    assert (home.position.to_pay, home.position.lasts_until) == (Money(0), None)
    assert home.ways == []
    assert max(u.day for u in home.usages) < today - timedelta(days=7)


SHOWS: dict[str, Callable[..., None]] = {
    "demo": ordinary,
    "postpaid": postpaid,
    "debtor": debtor,
    "saver": saver,
    "minus": minus,
    "blocked": blocked,
    "paid": paid,
    "waiting": waiting,
    "outage": outage,
    "zero": zero,
    "promise": promise,
    "family": family,
    "newcomer": newcomer,
    "regular": regular,
    "busy": busy,
    "verbose": verbose,
    "closed": closed,
    "kamchatka": kamchatka,
    "daily": daily,
    "holiday": holiday,
}


DAYS = st.dates(date(2026, 1, 1), date(2032, 12, 31))


def on_edges(test: Callable[[date], None]) -> Callable[[date], None]:
    """On days at which a month, a year or a bill turns, and on some others."""
    for day in (
        TODAY,
        date(2028, 2, 29),
        date(2027, 1, 1),
        date(2027, 3, 31),
        date(2027, 3, 5),
        date(2027, 3, 6),
        date(2027, 3, 25),
        date(2027, 3, 26),
    ):
        test = example(today=day)(test)
    return settings(max_examples=3)(given(today=DAYS)(test))


@on_edges
def test_each_customer_shows_what_the_table_says(today: date) -> None:
    homes = seen(today)
    for login, shows in SHOWS.items():
        shows(today, *homes[login])


def test_the_table_names_every_customer() -> None:
    table = (module.__doc__ or "").split("shows\n")[1].split("\n\n")[0]
    named = [line.split()[0] for line in table.splitlines() if not line.startswith(" " * 8)]
    assert named == list(SHOWS)
    assert [c.login for c in demo(TODAY).customers] == list(SHOWS)


def test_the_same_day_gives_the_same_book() -> None:
    for today in (TODAY, date(2027, 3, 31)):
        assert demo.__wrapped__(today) == demo.__wrapped__(today)


@on_edges
def test_the_book_is_true_to_itself(today: date) -> None:
    book = built(today)
    begins = datetime.combine(today, datetime.min.time(), UTC)
    happened: tuple[Payment | Charge | Call, ...] = (*book.payments, *book.charges, *book.calls)
    for fact in happened:
        assert fact.at < begins + timedelta(hours=12)
    moved: tuple[Payment | Charge, ...] = (*book.payments, *book.charges)
    for move in moved:
        assert move.amount.minor > 0
    lists: tuple[tuple[Any, ...], ...] = (
        tuple(opened.account for opened in book.accounts),
        book.services,
        book.bills,
        book.payments,
        book.charges,
        tuple(option for details in book.details for option in details.options),
        book.calls,
        book.outages,
        book.notices,
    )
    for facts in lists:
        ids = [fact.id for fact in facts]
        assert len(ids) == len(set(ids))
    owners = {service.id: service.account for service in book.services}
    used: tuple[Any, ...] = (*book.charges, *book.details, *book.usages, *book.calls, *book.deliveries)
    for fact in used:
        assert owners[fact.service] == fact.account
    assert {d.service for d in book.details} == {d.service for d in book.deliveries} == set(owners)
    for bill in book.bills:
        assert bill.period.first < bill.issued <= bill.due
        assert bill.issued <= today
        assert 0 <= bill.remaining.minor <= bill.amount.minor
    for usage in book.usages:
        assert usage.day < today
        assert usage.amount > 0


@on_edges
def test_the_balance_is_what_was_paid_less_what_was_charged(today: date) -> None:
    for home in everybody(today):
        paid = sum(p.amount.minor for p in home.payments if p.credited)
        if home.account.scheme is Scheme.ADVANCE:
            assert home.position.own.minor == paid - sum(c.amount.minor for c in home.charges)
        else:
            assert paid - home.position.own.minor == sum((b.amount - b.remaining).minor for b in home.bills)
            for bill in home.bills:
                assert bill.amount.minor == sum(c.amount.minor for c in home.month(bill.period.first))


@on_edges
def test_the_use_by_day_is_what_the_calls_come_to_and_what_costs_is_charged(today: date) -> None:
    for home in everybody(today):
        zone = ZoneInfo(home.account.zone)
        count, seconds, cost = Counter[Any](), Counter[Any](), Counter[Any]()
        for call in home.calls:
            if call.seconds and not call.incoming:
                key = call.at.astimezone(zone).date(), call.direction
                count[key] += 1
                seconds[key] += call.seconds
                cost[key] += call.cost.minor
            else:
                assert call.cost == Money(0)
        told = [u for u in home.usages if u.use is Use.CALLS]
        assert {(u.day, u.direction): (u.count, u.amount, u.cost) for u in told} == {
            key: (count[key], seconds[key], Money(cost[key])) for key in count
        }
        assert len(told) == len(count)
        months = {c.at.astimezone(zone).date().replace(day=1) for c in home.charges}
        for month in months:
            spent = sum(u.cost.minor for u in home.usages if u.cost and u.day.replace(day=1) == month and u.day < today)
            charged = sum(c.amount.minor for c in home.month(month) if re.search("разговоры|Разговоры|Фильм", c.title))
            assert charged == spent


@on_edges
def test_nothing_happens_before_the_contract(today: date) -> None:
    for home in everybody(today):
        zone = ZoneInfo(home.account.zone)
        since = home.account.since
        assert since is not None
        happened: tuple[Payment | Charge | Call, ...] = (*home.payments, *home.charges, *home.calls)
        for fact in happened:
            assert fact.at.astimezone(zone).date() >= since
        assert all(u.day >= since for u in home.usages)


def test_a_line_carries_one_call_at_a_time() -> None:
    for calls in by_account(demo(TODAY).calls).values():
        for one, other in pairwise(calls):
            assert one.at + timedelta(seconds=one.seconds) < other.at


def test_what_is_told_to_everybody_names_nobody() -> None:
    book = demo(TODAY)
    regions = {opened.account.region for opened in book.accounts}
    assert {notice.region for notice in book.notices} <= regions | {""}
    assert any(notice.outage for notice in book.notices)
    assert {bonus.account for bonus in book.bonuses} < {opened.account.id for opened in book.accounts}
    assert {d.email is None for d in book.deliveries} == {True, False}


async def test_every_password_is_its_login_and_the_book_is_taken_in_once(ledger: Ledger) -> None:
    assert await load(ledger, TODAY)
    assert not await load(ledger, TODAY + timedelta(days=40))
    for login in ("demo", "family"):
        assert await ledger.authenticate(login, login) == Subject(login)
    assert await ledger.authenticate("demo", "family") is None
    (home,) = await ledger.accounts(Subject("demo"))
    assert len(await ledger.services(home.id)) == 3
    watched = await ledger.changes(None, 1000)
    assert len(watched.funds) == len(demo(TODAY).accounts)
    available = {f.account: f.available for f in watched.funds}
    for one in everybody(TODAY):
        assert available[one.account.id] == one.position.available
