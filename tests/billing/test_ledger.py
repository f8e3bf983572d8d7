"""The ledger: what it answers, and what its operator's side does to the figures."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Capability, Gone, Money, Period, Scheme, Status, Subject
from billing.ledger import Database, Ledger, instant, micros, midnight
from billing.position import position
from tests.billing.books import NOW, TODAY, account, balance, bill, book, charge, payment, rub, service
from tests.billing.conftest import Clock, everything

CREDIT = Scheme.CREDIT
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
    ):
        with pytest.raises(Gone):
            await question


async def test_it_can_answer_everything(ledger: Ledger) -> None:
    assert ledger.can == frozenset(Capability)


async def test_what_goes_in_comes_out(ledger: Ledger) -> None:
    whole = book(
        (account(holder="Иван П.", zone="Asia/Kamchatka"), 12.34),
        services=(service(500.05, TODAY, daily=True, tariff="Сотка", balance=rub(-1)), service(None, None, "s2")),
        bills=(bill(70, TODAY),),
        payments=(payment(0.01, NOW, "p"),),
        charges=(charge(-5, NOW, "c"),),
    )
    assert await ledger.load(whole)
    assert await ledger.account("a") == whole.accounts[0].account
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


async def test_the_figures_are_of_the_moment(ledger: Ledger, clock: Clock) -> None:
    await ledger.load(book((account(), 0)))
    clock.advance(hours=5)
    assert (await ledger.balance("a")).as_of == clock.now
