"""The ledger: what it answers, and what its operator's side does to the figures."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from billing.base import (
    Capability,
    Direction,
    Gone,
    Kind,
    Money,
    Period,
    Refusal,
    Refused,
    Scheme,
    Status,
    Subject,
    Unsupported,
    Use,
    Way,
)
from billing.ledger import Database, Ledger
from billing.ledger_rows import instant, micros, midnight
from billing.ledger_tables import accounts
from billing.position import position
from billing.promises import Rule
from storage.database import connect
from tests.billing.books import (
    NOW,
    TODAY,
    account,
    balance,
    bill,
    bonus,
    book,
    call,
    charge,
    delivery,
    details,
    notice,
    outage,
    payment,
    reach,
    rub,
    service,
    usage,
)
from tests.billing.conftest import Clock, everything

CREDIT = Scheme.CREDIT
PAID = Rule(largest=500_00, fee=10_00, days=5, every=30, tenure=0)
AUTUMN = Period(date(2026, 9, 1), date(2026, 11, 30))


async def own(ledger: Ledger, id: str = "a") -> Money:
    return (await ledger.balance(id)).own


async def remaining(ledger: Ledger, id: str = "a") -> dict[str, int]:
    return {b.id: b.remaining.minor for b in await ledger.bills(id)}


# Who


async def test_one_answer_for_every_wrong_sign_in(ledger: Ledger) -> None:
    await ledger.load(book((account(), 0)))
    assert await ledger.authenticate("client", "secret") == Subject("c")
    assert await ledger.authenticate(" Client ", "secret") == Subject("c")
    for login, password in (
        ("client", "Secret"),
        ("client", ""),
        ("client", "secret\0"),
        ("nobody", "secret"),
        ("", ""),
        ("cli\0ent", "secret"),
        ("\ud800", "\ud800"),
        ("client", "x" * 100_000),
    ):
        assert await ledger.authenticate(login, password) is None


async def test_a_customer_sees_only_his_accounts_also_closed_ones(ledger: Ledger) -> None:
    await ledger.load(book((account("b", open=False), 0), (account("a"), 0)))
    assert await ledger.accounts(Subject("c")) == (account("a"), account("b", open=False))
    assert await ledger.accounts(Subject("x")) == ()


async def test_an_unknown_account_is_gone(ledger: Ledger) -> None:
    await ledger.load(book((account(), 0)))
    for question in (
        ledger.account("x"),
        ledger.balance("x"),
        ledger.bills("x"),
        ledger.payments("x", AUTUMN),
        ledger.last_payment("x"),
        ledger.charges("x", AUTUMN),
        ledger.services("x"),
        ledger.pay("x", rub(1), "m", NOW),
        ledger.charge("x", rub(1), "t", NOW),
        ledger.issue(bill(1, TODAY, of="x")),
        ledger.set_status("x", Status.OFF),
        ledger.arrive("x"),
        ledger.unblock("x"),
        ledger.outage(outage(of="x")),
        ledger.restore("x", NOW),
    ):
        with pytest.raises(Gone):
            await question


async def test_it_can_answer_everything(ledger: Ledger) -> None:
    assert ledger.can == frozenset(Capability)


async def test_what_goes_in_comes_out(ledger: Ledger) -> None:
    whole = book(
        (account(holder="Иван П.", zone="Asia/Kamchatka", region="Тюмень", since=date(2020, 2, 29)), 12.34),
        services=(service(500.05, TODAY, daily=True, tariff="Сотка", balance=rub(-1)), service(None, None, "s2")),
        bills=(bill(70, TODAY),),
        payments=(payment(0.01, NOW, "p"),),
        charges=(charge(-5, NOW, "c"),),
        details=(details(),),
        usages=(
            usage(TODAY, use=Use.SENT, cost=rub(0)),
            usage(date(2026, 11, 1), use=Use.CALLS, direction=Direction.ZONE, count=3),
            usage(date(2026, 11, 1), use=Use.PURCHASE, title="Фильм", cost=rub(199)),
        ),
        calls=(call(NOW, "1", incoming=True), call(NOW - timedelta(days=1), "2", seconds=0, cost=rub(0))),
        reaches=(reach("+79120000041", Way.SMS), reach()),
        deliveries=(delivery(), delivery(None, "s2")),
        outages=(outage(kinds=(Kind.INTERNET, Kind.TV)), outage("o2", since=NOW - timedelta(days=1), planned=True)),
        notices=(notice("n1", "Тюмень", outage=True, until=NOW + timedelta(days=1)), notice("n")),
        bonuses=(bonus(),),
    )
    assert await ledger.load(whole)
    assert await ledger.account("a") == whole.accounts[0].account
    assert await ledger.details("a", "s") == whole.details[0]
    assert await ledger.usage("a", "s", AUTUMN) == whole.usages
    assert await ledger.calls("a", "s", AUTUMN) == whole.calls
    assert await ledger.reaches("a") == whole.reaches
    assert await ledger.deliveries("a") == whole.deliveries
    assert [o for o in await ledger.outages("a") if o.id != "n1"] == list(whole.outages)
    assert await ledger.notices("Тюмень") == whole.notices
    assert await ledger.bonus("a") == whole.bonuses[0]
    assert await ledger.balance("a") == balance(12.34)
    assert await ledger.services("a") == whole.services
    assert await ledger.bills("a") == whole.bills
    assert await ledger.payments("a", AUTUMN) == whole.payments
    assert await ledger.last_payment("a") == whole.payments[0]
    assert await ledger.charges("a", AUTUMN) == whole.charges
    assert not await ledger.load(whole)


# When


@pytest.mark.parametrize("zone", ["Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka", "America/Sao_Paulo"])
async def test_days_are_the_accounts_own(ledger: Ledger, zone: str) -> None:
    begin, end = instant(midnight(date(2026, 10, 1), zone)), instant(midnight(date(2026, 11, 1), zone))
    tick = timedelta(microseconds=1)
    times = {"before": begin - tick, "first": begin, "last": end - tick, "after": end}
    await ledger.load(
        book(
            (account(zone=zone), 0),
            (account("z", zone=zone), 0),
            payments=(*(payment(1, at, id) for id, at in times.items()), payment(1, begin, "other", "z")),
            charges=(*(charge(1, at, id) for id, at in times.items()), charge(1, begin, "other", "z")),
        )
    )
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    assert [p.id for p in await ledger.payments("a", october)] == ["last", "first"]
    assert [c.id for c in await ledger.charges("a", october)] == ["last", "first"]
    everything = Period(date.min, date.max)
    assert [p.id for p in await ledger.payments("a", everything)] == ["after", "last", "first", "before"]
    last = await ledger.last_payment("a")
    assert last is not None
    assert last.id == "after"


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_come_back(at: datetime) -> None:
    assert instant(micros(at)) == at


# Money


async def test_advance_money_comes_and_goes(ledger: Ledger) -> None:
    await ledger.load(book((account(), 100)))
    assert await ledger.pay("a", rub(50.5), "Карта", NOW)
    assert await ledger.charge("a", rub(200), "Абонплата", NOW, service="s")
    assert await ledger.charge("a", rub(-10), "Возврат", NOW)
    assert await own(ledger) == rub(-39.5)
    assert [(c.title, c.amount, c.service) for c in await ledger.charges("a", AUTUMN)].count(
        ("Абонплата", rub(200), "s")
    )


async def test_credit_money_settles_the_oldest_bills_first(ledger: Ledger) -> None:
    await ledger.load(
        book(
            (account(scheme=CREDIT), 0),
            (account("z", CREDIT), 0),
            bills=(
                bill(300, date(2026, 10, 25), "old"),
                bill(500, date(2026, 11, 25), "new"),
                bill(9, TODAY, "not mine", "z"),
            ),
        )
    )
    await ledger.pay("a", rub(250), "Карта", NOW)
    assert (await remaining(ledger), await own(ledger)) == ({"new": 50000, "old": 5000}, rub(0))
    await ledger.pay("a", rub(100), "Карта", NOW)
    assert (await remaining(ledger), await own(ledger)) == ({"new": 45000}, rub(0))
    await ledger.pay("a", rub(500), "Карта", NOW)
    assert (await remaining(ledger), await own(ledger)) == ({}, rub(50))
    await ledger.charge("a", rub(70), "Разговоры", NOW)
    assert await own(ledger) == rub(50)
    await ledger.issue(bill(70, date(2026, 12, 25), "next"))
    assert (await remaining(ledger), await own(ledger)) == ({"next": 2000}, rub(0))
    assert await remaining(ledger, "z") == {"not mine": 900}


async def test_a_key_is_done_once(ledger: Ledger, database: Database) -> None:
    await ledger.load(book((account(), 100), services=(service(),)))
    assert await ledger.pay("a", rub(5), "Карта", NOW, key="1")
    assert await ledger.charge("a", rub(7), "Плата", NOW, key="2")
    assert await ledger.set_status("s", Status.BLOCKED_DEBT, key="3")
    assert await ledger.issue(bill(1, TODAY), key="4")
    before = await everything(database)
    assert not await ledger.pay("a", rub(5), "Карта", NOW, key="1")
    assert not await ledger.charge("a", rub(7), "Плата", NOW, key="2")
    assert not await ledger.set_status("s", Status.ACTIVE, key="3")
    assert not await ledger.issue(bill(1, TODAY), key="4")
    assert await everything(database) == before
    assert await own(ledger) == rub(98)
    assert await ledger.pay("a", rub(5), "Карта", NOW)
    assert await ledger.pay("a", rub(5), "Карта", NOW)
    assert await own(ledger) == rub(108)


async def test_payments_at_once_are_all_counted(ledger: Ledger) -> None:
    await ledger.load(book((account(), 0)))
    done = await asyncio.gather(*(ledger.pay("a", rub(1), "Карта", NOW, key=str(n // 2)) for n in range(20)))
    assert (sum(done), await own(ledger)) == (10, rub(10))


@pytest.mark.parametrize(
    "money",
    [Money(0), Money(-1), Money(100, "USD"), Money(10**14)],
)
async def test_nonsense_is_not_taken_in(ledger: Ledger, database: Database, money: Money) -> None:
    await ledger.load(book((account(), 0)))
    before = await everything(database)
    with pytest.raises(ValueError):
        await ledger.pay("a", money, "Карта", NOW)
    if money != Money(-1):
        with pytest.raises(ValueError):
            await ledger.charge("a", money, "Плата", NOW)
    with pytest.raises(ValueError):
        await ledger.issue(bill(2, TODAY, amount=rub(1)))
    assert await everything(database) == before


async def test_paying_what_the_position_says_settles_the_book(ledger: Ledger) -> None:
    await ledger.load(
        book(
            (account("a"), -120.55),
            (account("b", CREDIT), 10),
            services=(service(500, date(2026, 12, 1)),),
            bills=(bill(300, date(2026, 10, 25), "1", "b"), bill(500, date(2026, 11, 25), "2", "b")),
        )
    )
    for id, sum_ in (("a", 620.55), ("b", 790)):

        async def now(id: str = id) -> Any:
            owner = await ledger.account(id)
            return position(
                owner, await ledger.balance(id), await ledger.bills(id), await ledger.services(id), date(2026, 11, 22)
            )

        before = await now()
        assert before.to_pay == rub(sum_)
        await ledger.pay(id, before.to_pay, "Карта", NOW)
        after = await now()
        assert (after.to_pay, after.overdue) == (rub(0), rub(0))


async def test_a_payment_that_is_only_seen_moves_nothing_until_it_arrives(ledger: Ledger) -> None:
    await ledger.load(book((account(), -100)))
    assert await ledger.pay("a", rub(300), "Терминал", NOW, credited=False)
    seen = await ledger.last_payment("a")
    assert seen is not None
    assert (seen.credited, await own(ledger)) == (False, rub(-100))
    done = await asyncio.gather(*(ledger.arrive(seen.id) for _ in range(5)))
    assert (sum(done), await own(ledger)) == (1, rub(200))
    assert await ledger.last_payment("a") == replace(seen, credited=True)
    assert not await ledger.arrive(seen.id, key="1")


# As a day began


async def test_a_day_begins_with_what_the_day_before_left(database: Database, ledger: Ledger) -> None:
    first = date(2026, 10, 28)
    zones = {"k": "Asia/Kamchatka", "q": "Europe/Kaliningrad", "m": "Europe/Moscow"}
    # Something every five hours, so that each zone cuts the days differently; at midnight, too.
    times = [instant(midnight(first, "Asia/Kamchatka")) + timedelta(hours=5 * n) for n in range(100)]
    await ledger.load(
        book(
            *((account(id, zone=zone), 17.5) for id, zone in zones.items()),
            payments=tuple(
                replace(payment(n % 7 + 1, at, f"{id}{n}", id), credited=n % 9 != 0)
                for id in zones
                for n, at in enumerate(times)
                if n % 3 == 0
            ),
            charges=tuple(
                charge(n % 5 - 2.5, at, f"{id}{n}", id) for id in zones for n, at in enumerate(times) if n % 3
            ),
        )
    )
    for id in zones:
        known = 0
        for n in range(27):
            day = first + timedelta(days=n)
            paid = sum(p.amount.minor for p in await ledger.payments(id, Period(day, day)) if p.credited)
            taken = sum(c.amount.minor for c in await ledger.charges(id, Period(day, day)))
            begun, ended = await ledger.opening(id, day), await ledger.opening(id, day + timedelta(days=1))
            if begun is not None:
                known += 1
                assert (ended or await own(ledger, id)) == begun + Money(paid - taken)
        assert known >= 24


async def test_how_far_back_a_day_is_known(ledger: Ledger, database: Database, clock: Clock) -> None:
    day = date(2026, 10, 15)
    at = datetime(2026, 10, 15, 12, tzinfo=UTC)
    await ledger.load(
        book(
            (account("a"), 5),
            (account("b", since=date(2026, 10, 20)), 5),
            (account("c", scheme=CREDIT), 5),
            (account("copy"), 5),
            (account("empty"), 5),
            payments=tuple(payment(2, at, f"p{id}", id) for id in ("a", "b", "c", "copy")),
        )
    )
    await database.write(
        lambda c: c.execute(accounts.update().where(accounts.c.id == "copy").values(as_of=micros(NOW)))
    )
    for id, on, expected in (
        ("a", day, rub(3)),
        ("a", date(2026, 10, 16), rub(5)),
        ("a", date(2026, 10, 14), None),  # the book does not go back so far
        ("a", date(2026, 11, 22), rub(5)),
        ("a", date(2026, 11, 23), None),  # has not begun
        ("b", date(2026, 10, 19), None),  # before the contract
        ("b", date(2026, 10, 20), rub(5)),
        ("c", date(2026, 11, 1), None),
        ("copy", date(2026, 11, 1), None),
        ("empty", date(2026, 11, 1), None),
    ):
        assert await ledger.opening(id, on) == expected, (id, on)
    clock.now = datetime(2026, 11, 22, 21, tzinfo=UTC)  # midnight in Moscow
    assert await ledger.opening("a", date(2026, 11, 23)) == rub(5)


# The promised payment


async def test_a_promise_lets_services_go_on_and_is_paid_back_by_what_comes_in(
    ledger: Ledger, database: Database, clock: Clock
) -> None:
    blocked = tuple(service(500, date(2027, 1, 15), id, status=Status.BLOCKED_DEBT) for id in ("s1", "s2"))
    other = service(500, date(2027, 1, 15), "s3", status=Status.SUSPENDED)
    await ledger.load(book((account(), -300), services=(*blocked, other)))
    cursor = (await ledger.changes(None, 10)).cursor
    offer = await ledger.offer("a")
    assert (offer.refusal, offer.amount, offer.until) == (None, rub(300), date(2026, 11, 27))
    taken = await ledger.promise("a", offer.id)
    assert taken == balance(-300, promised=rub(300), promised_until=offer.until)
    assert [s.status for s in await ledger.services("a")] == [Status.ACTIVE, Status.ACTIVE, Status.SUSPENDED]
    assert [f.available for f in (await ledger.changes(cursor, 10)).funds] == [rub(-300)]

    await ledger.pay("a", rub(200), "Карта", NOW, credited=False)
    assert (await ledger.balance("a")).promised == rub(300)
    await ledger.pay("a", rub(120), "Карта", NOW)
    assert await ledger.balance("a") == balance(-180, promised=rub(180), promised_until=offer.until)
    seen = next(p for p in await ledger.payments("a", AUTUMN) if not p.credited)
    await ledger.arrive(seen.id)
    assert await ledger.balance("a") == balance(20)
    assert await ledger.promise("a", offer.id) == balance(20)  # it was taken: asking again takes nothing

    await ledger.charge("a", rub(400), "Плата", NOW)
    again = await ledger.offer("a")
    assert (again.refusal, again.possible) == (Refusal.RECENT, date(2026, 12, 22))
    clock.now = datetime(2026, 12, 21, 21, tzinfo=UTC)
    again = await ledger.offer("a")
    assert (again.refusal, again.amount) == (None, rub(380))


async def test_a_promise_may_cost_something(database: Database, clock: Clock) -> None:
    ledger = Ledger(database, clock, Rule(largest=500_00, fee=15_00, days=3, every=14, tenure=0))
    await ledger.load(book((account(), -300)))
    offer = await ledger.offer("a")
    assert (offer.amount, offer.fee) == (rub(315), rub(15))
    assert await ledger.promise("a", offer.id) == balance(-315, promised=rub(315), promised_until=date(2026, 11, 25))
    assert [(c.amount, c.at) for c in await ledger.charges("a", AUTUMN)] == [(rub(15), NOW)]
    assert await ledger.opening("a", TODAY) == rub(-300)
    await ledger.pay("a", rub(315), "Карта", NOW)
    assert await ledger.balance("a") == balance(0)
    await ledger.close()


async def test_other_terms_than_the_present_ones_are_refused_and_the_present_ones_told(ledger: Ledger) -> None:
    await ledger.load(book((account(), -300)))
    offer = await ledger.offer("a")
    await ledger.charge("a", rub(50), "Плата", NOW)
    with pytest.raises(Refused) as caught:
        await ledger.promise("a", offer.id)
    assert caught.value.offer == await ledger.offer("a")
    assert (caught.value.offer.refusal, caught.value.offer.amount) == (None, rub(350))
    assert (await ledger.balance("a")).promised is None


async def test_many_who_ask_at_once_take_one_promise(ledger: Ledger, database: Database) -> None:
    await ledger.load(book((account("a"), -300), (account("b"), -200)))
    offers = {id: await ledger.offer(id) for id in ("a", "b")}
    twin = Ledger(database, lambda: NOW + timedelta(seconds=1))
    asked = [(one, id) for one in (ledger, twin) for id in ("a", "b") for _ in range(5)]
    balances = await asyncio.gather(*(one.promise(id, offers[id].id) for one, id in asked))
    assert {(b.account, b.own, b.promised) for b in balances} == {
        ("a", rub(-300), rub(300)),
        ("b", rub(-200), rub(200)),
    }
    assert len((await everything(database))["ledger_promises"]) == 2
    await twin.close()


async def test_two_processes_take_one_promise(database_url: str, database: Database, clock: Clock) -> None:
    """On SQLite there is one process: two ledgers share its writer. On PostgreSQL each has a database of its own."""
    second = connect(database_url) if database_url.startswith("postgres") else None
    ledgers = [Ledger(database, clock, PAID), Ledger(second or database, clock, PAID)]
    await ledgers[0].load(book((account(), -300)))
    offer = await ledgers[0].offer("a")
    await asyncio.gather(*(one.promise("a", offer.id) for one in ledgers * 5))
    assert await ledgers[1].balance("a") == balance(-310, promised=rub(310), promised_until=offer.until)
    assert len(await ledgers[1].charges("a", AUTUMN)) == 1
    for one in ledgers:
        await one.close()
    if second is not None:
        await second.close()


async def test_a_copy_of_a_book_takes_no_promise_and_no_address(ledger: Ledger, database: Database) -> None:
    await ledger.load(book((account(), -300), services=(service(),), deliveries=(delivery(),)))
    await database.write(lambda c: c.execute(accounts.update().values(as_of=micros(NOW))))
    before = await everything(database)
    offer = await ledger.offer("a")
    assert (offer.refusal, bool(offer.reason)) == (Refusal.OTHER, True)
    with pytest.raises(Refused):
        await ledger.promise("a", offer.id)
    with pytest.raises(Unsupported):
        await ledger.deliver("a", "s", None)
    assert await everything(database) == before


async def test_postpaid_money_pays_a_promise_back_too(ledger: Ledger) -> None:
    whole = book((account(scheme=CREDIT), 0), bills=(bill(300, date(2026, 10, 25)),))
    opened = replace(whole.accounts[0], balance=balance(0, promised=rub(100), promised_until=TODAY))
    await ledger.load(replace(whole, accounts=(opened,)))
    await ledger.pay("a", rub(60), "Карта", NOW)
    assert await ledger.balance("a") == balance(0, promised=rub(40), promised_until=TODAY)
    await ledger.issue(bill(5, date(2026, 12, 25), "next"))
    assert (await ledger.balance("a")).promised == rub(40)  # own money moved, and none came in
    await ledger.pay("a", rub(300), "Карта", NOW)
    assert await ledger.balance("a") == balance(55)


# Faults and news


async def test_an_outage_begins_and_ends(ledger: Ledger, clock: Clock) -> None:
    await ledger.load(book((account(region="Тюмень"), 0), (account("b", region="Омск"), 0)))
    assert await ledger.outage(outage("mine"), key="1")
    assert await ledger.announce(
        notice("dark", "Тюмень", NOW + timedelta(hours=1), outage=True), kinds=(Kind.TV,), planned=True, key="2"
    )
    assert await ledger.announce(notice("all", outage=True, at=NOW - timedelta(hours=1)), key="3")
    assert await ledger.announce(notice("news"), key="4")
    assert not await ledger.outage(outage("mine"), key="1")
    assert not await ledger.announce(notice("news"), key="4")
    assert [(o.id, o.account, o.kinds, o.planned) for o in await ledger.outages("a")] == [
        ("dark", "a", (Kind.TV,), True),
        ("mine", "a", (Kind.INTERNET,), False),
        ("all", "a", (), False),
    ]
    assert [o.id for o in await ledger.outages("b")] == ["all"]
    assert [(n.id, n.outage) for n in await ledger.notices("Тюмень")] == [
        ("dark", True),
        ("news", False),
        ("all", True),
    ]
    clock.advance(hours=2)
    for id in ("mine", "dark", "all"):
        assert await ledger.restore(id, clock.now, key=f"end of {id}")
        assert not await ledger.restore(id, NOW + timedelta(days=9), key=f"end of {id}")
    assert await ledger.outages("a") == ()
    assert [n.id for n in await ledger.notices("Тюмень")] == ["news"]


async def test_services_that_stood_still_for_debt_are_switched_on(ledger: Ledger, database: Database) -> None:
    stopped = {s: service(None, None, s.value, status=s) for s in Status}
    foreign = service(None, None, "foreign", "b", status=Status.BLOCKED_DEBT)
    await ledger.load(book((account("a"), 0), (account("b"), 0), services=(*stopped.values(), foreign)))
    assert await ledger.unblock("a", key="1")
    now = {s.id: s.status for s in await ledger.services("a")}
    assert now == {s.value: Status.ACTIVE if s is Status.BLOCKED_DEBT else s for s in Status}
    assert (await ledger.services("b"))[0].status is Status.BLOCKED_DEBT
    await ledger.set_status("active", Status.BLOCKED_DEBT)
    assert not await ledger.unblock("a", key="1")
    assert (await ledger.services("a"))[0].status is Status.BLOCKED_DEBT


# Quick


async def test_no_question_reads_a_whole_table(sqlite_url: str) -> None:
    seen: list[tuple[str, Any]] = []

    def note(*about: Any) -> None:
        seen.append((about[2], about[3]))

    database = connect(sqlite_url)
    ledger = Ledger(database, lambda: NOW)
    await ledger.load(book((account(), -100), services=(service(),), deliveries=(delivery(),)))
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    for question in (
        ledger.opening("a", TODAY),
        ledger.details("a", "s"),
        ledger.usage("a", "s", AUTUMN),
        ledger.calls("a", "s", AUTUMN),
        ledger.reaches("a"),
        ledger.deliveries("a"),
        ledger.offer("a"),
        ledger.outages("a"),
        ledger.bonus("a"),
    ):
        await question
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    await ledger.close()
    await database.close()
    asked = [(sql, values) for sql, values in seen if sql.startswith("SELECT")]
    assert len(asked) > 15
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as plain:
        for sql, values in asked:
            plan = "; ".join(row[3] for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}", values))
            assert "SCAN" not in plan.replace("SCAN CONSTANT ROW", ""), f"{plan}: {sql}"


async def test_the_figures_are_of_the_moment(ledger: Ledger, clock: Clock) -> None:
    await ledger.load(book((account(), 0)))
    clock.advance(hours=5)
    assert (await ledger.balance("a")).as_of == clock.now
