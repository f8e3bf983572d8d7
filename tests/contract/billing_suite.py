"""What every billing must do, whatever it is made of. A billing is furnished with the same small world and asked.

The world: Anna (login `anna`, password `anna-secret`) has the accounts `A1`, prepaid, and `A2`, postpaid and in
Kamchatka; Boris (login `boris`) has `B1`. What is on them is in `World` below, as facts. A billing that cannot say
something leaves it out of `can`, and must then raise Unsupported.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from billing.base import (
    Account,
    Balance,
    Bill,
    Billing,
    Capability,
    Charge,
    Gone,
    Kind,
    Money,
    Payment,
    Period,
    Scheme,
    Service,
    Status,
    Unsupported,
    facts_of,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KAMCHATKA = timedelta(hours=12)


def _at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


@dataclass(frozen=True)
class World:
    """The facts each billing is furnished with. `billing.base` values, in no order."""

    logins: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("anna", "anna-secret", ("A1", "A2")),
        ("boris", "boris-secret", ("B1",)),
    )
    accounts: tuple[Account, ...] = (
        Account("A1", "0065210041", Scheme.ADVANCE, "Анна С."),
        Account("A2", "0041000042", Scheme.CREDIT, "Анна С.", zone="Asia/Kamchatka"),
        Account("B1", "0065210043", Scheme.ADVANCE, "Борис К.", open=False),
    )
    balances: tuple[Balance, ...] = (
        Balance("A1", Money(-31975), NOW, Money(30000), date(2026, 11, 25)),
        Balance("A2", Money(500), NOW),
        Balance("B1", Money(0), NOW),
    )
    services: tuple[Service, ...] = (
        Service("A1", "s1", Kind.INTERNET, "Интернет", Status.ACTIVE, "Сотка", Money(65000), date(2026, 12, 1)),
        Service("A1", "s2", Kind.TV, "ТВ", Status.OFF),
        Service("B1", "s3", Kind.PHONE, "Телефон", Status.SUSPENDED),
    )
    bills: tuple[Bill, ...] = tuple(
        Bill("A2", id, f"№{id}", Period(first, first), Money(50000), Money(left), issued, due)
        for id, left, first, issued, due in (
            ("old", 20000, date(2026, 9, 1), date(2026, 10, 5), date(2026, 10, 25)),
            ("new", 50000, date(2026, 10, 1), date(2026, 11, 5), date(2026, 11, 25)),
            ("paid", 0, date(2026, 8, 1), date(2026, 9, 5), date(2026, 9, 25)),
        )
    )
    # October in Kamchatka begins and ends twelve hours before it does in UTC; in Moscow three.
    payments: tuple[Payment, ...] = (
        Payment("A1", "m-before", _at(2026, 9, 30, 20, 59, 59), Money(100), "Карта"),
        Payment("A1", "m-first", _at(2026, 9, 30, 21), Money(200), "Карта"),
        Payment("A1", "m-last", _at(2026, 10, 31, 20, 59, 59), Money(300), "Терминал"),
        Payment("A1", "m-after", _at(2026, 10, 31, 21), Money(400), "Карта"),
        Payment("A2", "k-before", _at(2026, 9, 30, 11, 59, 59), Money(100), "Карта"),
        Payment("A2", "k-first", _at(2026, 9, 30, 12), Money(200), "Карта"),
        Payment("A2", "k-last", _at(2026, 10, 31, 11, 59, 59), Money(300), "Карта"),
        Payment("A2", "k-after", _at(2026, 10, 31, 12), Money(400), "Карта"),
    )
    charges: tuple[Charge, ...] = tuple(
        Charge(of, id, at, Money(amount), "Абонентская плата", "s1" if of == "A1" else None)
        for of, id, at, amount in (
            ("A1", "c-before", _at(2026, 9, 30, 20, 59, 59), 100),
            ("A1", "c-first", _at(2026, 9, 30, 21), 200),
            ("A1", "c-last", _at(2026, 10, 31, 20, 59, 59), -300),
            ("A1", "c-after", _at(2026, 10, 31, 21), 400),
            ("B1", "c-other", _at(2026, 10, 15), 500),
        )
    )


WORLD = World()
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
EMPTY = Period(date(2020, 1, 1), date(2020, 12, 31))


async def told(billing: Billing, capability: Capability, question: Callable[[], Awaitable[object]]) -> bool:
    """Whether the billing can say it; when it says it cannot, it must raise so."""
    if capability in billing.can:
        return True
    with pytest.raises(Unsupported):
        await question()
    return False


class BillingSuite:
    """Inherit, and give a fixture `billing` that is furnished with WORLD and whose present is NOW."""

    async def test_it_has_a_name(self, billing: Billing) -> None:
        assert billing.name
        assert billing.can <= frozenset(Capability)

    async def test_the_right_password_opens_ones_own_accounts(self, billing: Billing) -> None:
        for login, password, ids in WORLD.logins:
            subject = await billing.authenticate(login, password)
            assert subject is not None
            assert {a.id for a in await billing.accounts(subject)} == set(ids)
            again = await billing.authenticate(login, password)
            assert again == subject

    @pytest.mark.parametrize(
        ("login", "password"),
        [("anna", "boris-secret"), ("anna", ""), ("nobody", "anna-secret"), ("", ""), ("anna\0", "x\0"), ("%", "%")],
    )
    async def test_all_that_is_wrong_is_one_answer(self, billing: Billing, login: str, password: str) -> None:
        assert await billing.authenticate(login, password) is None

    async def test_an_account_is_what_it_is(self, billing: Billing) -> None:
        for account in WORLD.accounts:
            assert await billing.account(account.id) == account

    async def test_an_unknown_account_is_gone(self, billing: Billing) -> None:
        for unknown in ("404", "", "a1", "A1 ", "A1' OR '1'='1"):
            with pytest.raises(Gone):
                await billing.account(unknown)
            if Capability.BALANCE in billing.can:
                with pytest.raises(Gone):
                    await billing.balance(unknown)

    async def test_the_balance_is_the_accounts_own(self, billing: Billing) -> None:
        if not await told(billing, Capability.BALANCE, lambda: billing.balance("A1")):
            return
        for expected in WORLD.balances:
            balance = await billing.balance(expected.account)
            assert (balance.account, balance.own) == (expected.account, expected.own)
            assert (balance.promised, balance.promised_until) == (expected.promised, expected.promised_until)
            assert balance.as_of.utcoffset() is not None
            assert balance.as_of <= NOW

    async def test_open_bills_newest_first(self, billing: Billing) -> None:
        if not await told(billing, Capability.BILLS, lambda: billing.bills("A2")):
            return
        expected = [bill for id in ("new", "old") for bill in WORLD.bills if bill.id == id]
        assert list(await billing.bills("A2")) == expected
        assert await billing.bills("A1") == ()

    async def test_payments_of_the_accounts_own_days_newest_first(self, billing: Billing) -> None:
        if not await told(billing, Capability.PAYMENTS, lambda: billing.payments("A1", OCTOBER)):
            return
        for account, prefix in (("A1", "m"), ("A2", "k")):
            expected = [p for id in ("last", "first") for p in WORLD.payments if p.id == f"{prefix}-{id}"]
            assert list(await billing.payments(account, OCTOBER)) == expected
            assert await billing.payments(account, EMPTY) == ()
            everything = await billing.payments(account, Period(date(2000, 1, 1), date(2099, 12, 31)))
            assert [p.id for p in everything] == [f"{prefix}-{id}" for id in ("after", "last", "first", "before")]
        assert await billing.payments("B1", OCTOBER) == ()

    async def test_the_last_payment_is_the_last(self, billing: Billing) -> None:
        if not await told(billing, Capability.PAYMENTS, lambda: billing.last_payment("A1")):
            return
        for account, id in (("A1", "m-after"), ("A2", "k-after")):
            last = await billing.last_payment(account)
            assert last is not None
            assert (last.account, last.id) == (account, id)
        assert await billing.last_payment("B1") is None

    async def test_charges_of_the_accounts_own_days_newest_first(self, billing: Billing) -> None:
        if not await told(billing, Capability.CHARGES, lambda: billing.charges("A1", OCTOBER)):
            return
        expected = [c for id in ("c-last", "c-first") for c in WORLD.charges if c.id == id]
        assert list(await billing.charges("A1", OCTOBER)) == expected
        assert await billing.charges("A2", OCTOBER) == ()

    async def test_services_are_the_accounts_own(self, billing: Billing) -> None:
        if not await told(billing, Capability.SERVICES, lambda: billing.services("A1")):
            return
        assert set(await billing.services("A1")) == {s for s in WORLD.services if s.account == "A1"}
        assert await billing.services("A2") == ()

    async def test_the_facts_of_a_position_are_the_answers_to_its_questions(self, billing: Billing) -> None:
        for account in ("A1", "A2"):
            facts = await facts_of(billing, account)
            assert facts.account == await billing.account(account)
            assert facts.balance == await billing.balance(account)
            assert facts.bills == await billing.bills(account)
            assert facts.services == await billing.services(account)
        with pytest.raises(Gone):
            await facts_of(billing, "nobody")

    async def test_the_feed_begins_with_everybody_and_then_rests(self, billing: Billing) -> None:
        if not await told(billing, Capability.CHANGES, lambda: billing.changes(None, 10)):
            return
        available: dict[str, Money] = {}
        cursor: str | None = None
        for _ in range(20):
            page = await billing.changes(cursor, 1)
            assert len(page.funds) <= 1
            available |= {f.account: f.available for f in page.funds}
            cursor = page.cursor
            if not page.more:
                break
        assert not page.more
        # Own money; under the postpaid scheme less what is overdue.
        assert available == {"A1": Money(-31975), "A2": Money(500 - 20000), "B1": Money(0)}
        assert (await billing.changes("not a cursor of this billing", 10)).funds
