"""What every billing must do, whatever it is made of. A billing is furnished with the same small world and asked.

The world: Anna (login `anna`, password `anna-secret`) has the accounts `A1`, prepaid with a promised payment to be paid
back, and `A2`, postpaid and in Kamchatka; Boris (login `boris`) has `B1`, which is closed; Vera (login `vera`) has
`V1`, prepaid, in debt and stopped for it: she may take a promised payment. What is on them is in `World` below, as
facts. A billing that cannot say something leaves it out of `can`, and must then raise Unsupported; a field that it
cannot say is empty, and what a billing does say of the optional ones stands in `Furnished`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from billing.base import (
    Account,
    Balance,
    Bill,
    Billing,
    Bonus,
    Call,
    Capability,
    Carrier,
    Charge,
    Component,
    Delivery,
    Details,
    Direction,
    Federated,
    Funds,
    Gone,
    Happening,
    Kind,
    Money,
    Notice,
    Option,
    Outage,
    Payment,
    Period,
    Reach,
    Refusal,
    Refused,
    Scheme,
    Service,
    Sign,
    SignIn,
    Status,
    Subject,
    Unsupported,
    Usage,
    Use,
    Way,
    facts_of,
)
from billing.position import funds, position

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KAMCHATKA = timedelta(hours=12)

Fact = TypeVar("Fact", Account, Balance, Component, Charge)


def _at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


@dataclass(frozen=True)
class World:
    """The facts each billing is furnished with. `billing.base` values, in no order."""

    logins: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("anna", "anna-secret", ("A1", "A2")),
        ("boris", "boris-secret", ("B1",)),
        ("vera", "vera-secret", ("V1",)),
    )
    accounts: tuple[Account, ...] = (
        Account("A1", "0065210041", Scheme.ADVANCE, "Анна С.", region="Тюменская область", since=date(2026, 9, 30)),
        Account("A2", "0041000042", Scheme.CREDIT, "Анна С.", zone="Asia/Kamchatka", region="Камчатский край"),
        Account("B1", "0065210043", Scheme.ADVANCE, "Борис К.", open=False),
        Account("V1", "0065210044", Scheme.ADVANCE, "Вера Д.", region="Омская область", since=date(2020, 1, 1)),
    )
    balances: tuple[Balance, ...] = (
        Balance("A1", Money(-31975), NOW, Money(30000), date(2026, 11, 25)),
        Balance("A2", Money(500), NOW),
        Balance("B1", Money(0), NOW),
        Balance("V1", Money(-15000), NOW),
    )
    services: tuple[Service, ...] = (
        Service("A1", "s1", Kind.INTERNET, "Интернет", Status.ACTIVE, "Сотка", Money(65000), date(2026, 12, 1)),
        Service("A1", "s2", Kind.TV, "ТВ", Status.OFF),
        Service("B1", "s3", Kind.PHONE, "Телефон", Status.SUSPENDED),
        Service("V1", "s4", Kind.INTERNET, "Интернет", Status.BLOCKED_DEBT, "Сотка", Money(65000), date(2026, 12, 1)),
        Service("A1", "s5", Kind.PHONE, "Телефон", Status.ACTIVE),
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
    details: tuple[Details, ...] = (
        Details("A1", "s1", (Option("A1", "s1", "o1", "Антивирус", Status.ACTIVE, Money(9900)),)),
        Details(
            "A1",
            "s5",
            (Option("A1", "s5", "o2", "Определитель номера", Status.OFF),),
            (
                Component("A1", "s5", Direction.LOCAL, Status.ACTIVE),
                Component(
                    "A1",
                    "s5",
                    Direction.INTERCITY,
                    Status.BLOCKED_DEBT,
                    (Carrier("Дальняя связь", Money(-1250)), Carrier("Межгород", Money(0))),
                ),
            ),
        ),
        Details("B1", "s3", (Option("B1", "s3", "o3", "Автоответчик", Status.ACTIVE),)),
    )
    usages: tuple[Usage, ...] = (
        Usage("A1", "s1", date(2026, 9, 30), Use.RECEIVED, 1),
        Usage("A1", "s1", date(2026, 10, 1), Use.RECEIVED, 5_000_000_000, 3),
        Usage("A1", "s1", date(2026, 10, 31), Use.RECEIVED, 7, cost=Money(150)),
        Usage("A1", "s1", date(2026, 11, 1), Use.RECEIVED, 9),
        # As the calls below are: whoever knows the calls only has to add them up.
        Usage("A1", "s5", date(2026, 9, 30), Use.CALLS, 61, 1, Money(250), Direction.ZONE),
        Usage("A1", "s5", date(2026, 10, 1), Use.CALLS, 61, 1, Money(250), Direction.ZONE),
        Usage("A1", "s5", date(2026, 11, 1), Use.CALLS, 61, 1, Money(250), Direction.ZONE),
        Usage("A1", "s2", date(2026, 10, 3), Use.PURCHASE, 1, cost=Money(19900), title="Фильм"),
        Usage("B1", "s3", date(2026, 10, 15), Use.CALLS, 61, 1, Money(250), Direction.ZONE),
    )
    calls: tuple[Call, ...] = tuple(
        Call(of, service, id, at, "+73452123456", 61, Direction.ZONE, Money(250), incoming=id == "l")
        for of, service, id, at in (
            ("A1", "s5", "b", _at(2026, 9, 30, 20, 59, 59)),
            ("A1", "s5", "f", _at(2026, 9, 30, 21)),
            ("A1", "s5", "l", _at(2026, 10, 31, 20, 59, 59)),
            ("A1", "s5", "a", _at(2026, 10, 31, 21)),
            ("B1", "s3", "x", _at(2026, 10, 15)),
        )
    )
    reaches: tuple[Reach, ...] = (
        Reach("A1", Way.SMS, "+79120000041"),
        Reach("B1", Way.EMAIL, "boris@mail.example"),
        Reach("A1", Way.EMAIL, "anna@mail.example"),
    )
    deliveries: tuple[Delivery, ...] = (
        Delivery("A1", "s1", "anna@mail.example"),
        Delivery("A1", "s2", None),
        Delivery("B1", "s3", "boris@mail.example"),
    )
    outages: tuple[Outage, ...] = (
        Outage("A1", "now", (Kind.INTERNET, Kind.TV), "Авария", _at(2026, 11, 22, 6), _at(2026, 11, 22, 12)),
        Outage("A1", "soon", (), "Работы", _at(2026, 11, 29, 9), planned=True),
        Outage("A1", "later", (), "Работы", _at(2026, 11, 29, 9, 1), planned=True),
        Outage("A1", "over", (), "Авария", _at(2026, 11, 20), NOW),
        Outage("V1", "other", (), "Авария", _at(2026, 11, 20)),
    )
    notices: tuple[Notice, ...] = (
        Notice("everybody", "", "Новый канал", "На кнопке 12.", _at(2026, 11, 20)),
        Notice("tyumen", "Тюменская область", "Новый офис", "На Ленина.", _at(2026, 11, 21), _at(2026, 12, 1)),
        Notice("omsk", "Омская область", "Новый офис", "На Мира.", _at(2026, 11, 21)),
        Notice("ended", "", "Акция", "Кончилась.", _at(2026, 11, 1), NOW),
        Notice("tomorrow", "", "Завтра", "Ещё рано.", _at(2026, 11, 23)),
        Notice("dark", "Тюменская область", "Нет света", "Чиним.", _at(2026, 11, 22), outage=True),
        Notice("light", "Тюменская область", "Свет дали", "Починили.", _at(2026, 11, 19), NOW, outage=True),
    )
    bonuses: tuple[Bonus, ...] = (Bonus("A1", "Бонусы", 120, 20, date(2026, 12, 31)),)


WORLD = World()

# Who asks in customers' own names knows nobody who has not signed in.
UNKNOWN = (Gone, SignIn)

# What an account, a balance, a charge or a component may do without. A billing that says a field says it right; one
# that does not leaves it empty, and never says anything else.
EMPTY_FIELDS: dict[str, Any] = {
    "holder": "",
    "region": "",
    "since": None,
    "promised": None,
    "promised_until": None,
    "carriers": (),
    "service": None,  # of a charge
}
SAID = frozenset(EMPTY_FIELDS)
EVER = Period(date(2000, 1, 1), date(2099, 12, 31))


def about(billing: Billing, account: str) -> Sequence[tuple[Capability, Callable[[], Awaitable[object]]]]:
    """Everything that can be asked and wanted of an account."""
    return (
        (Capability.BALANCE, lambda: billing.balance(account)),
        (Capability.BILLS, lambda: billing.bills(account)),
        (Capability.PAYMENTS, lambda: billing.payments(account, OCTOBER)),
        (Capability.PAYMENTS, lambda: billing.last_payment(account)),
        (Capability.CHARGES, lambda: billing.charges(account, OCTOBER)),
        (Capability.SERVICES, lambda: billing.services(account)),
        (Capability.OPENING, lambda: billing.opening(account, OCTOBER.first)),
        (Capability.DETAILS, lambda: billing.details(account, "s1")),
        (Capability.USAGE, lambda: billing.usage(account, "s1", OCTOBER)),
        (Capability.CALLS, lambda: billing.calls(account, "s1", OCTOBER)),
        (Capability.REACHES, lambda: billing.reaches(account)),
        (Capability.DELIVERY, lambda: billing.deliveries(account)),
        (Capability.DELIVERY, lambda: billing.deliver(account, "s1", None)),
        (Capability.PROMISES, lambda: billing.offer(account)),
        (Capability.PROMISES, lambda: billing.promise(account, "1")),
        (Capability.OUTAGES, lambda: billing.outages(account)),
        (Capability.BONUS, lambda: billing.bonus(account)),
        (Capability.CREDIT, lambda: billing.credit(account, Money(1), "Карта", NOW, "k")),
    )


OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
EMPTY = Period(date(2020, 1, 1), date(2020, 12, 31))


async def told(billing: Billing, capability: Capability, question: Callable[[], Awaitable[object]]) -> bool:
    """Whether the billing can say it; when it says it cannot, it must raise so."""
    if capability in billing.can:
        return True
    with pytest.raises(Unsupported):
        await question()
    return False


@dataclass(frozen=True)
class Furnished:
    """A billing that was furnished with WORLD and whose present is NOW, and what is done around it."""

    billing: Billing
    pay: Callable[[int], Awaitable[None]]  # a payment of so many kopecks on V1 is credited, in the billing's own way
    sign_in: Callable[[str, str], Awaitable[Subject | None]]  # with login and password, wherever they are typed
    database: Any  # Saldo's own
    says: frozenset[str] = SAID  # the optional fields that it says


class BillingSuite:
    """Inherit, and give a fixture `furnished`."""

    @pytest.fixture
    def billing(self, furnished: Furnished) -> Billing:
        return furnished.billing

    async def test_it_has_a_name(self, billing: Billing) -> None:
        assert billing.name
        assert billing.can <= frozenset(Capability)

    async def test_the_right_password_opens_ones_own_accounts(self, furnished: Furnished) -> None:
        for login, password, ids in WORLD.logins:
            subject = await furnished.sign_in(login, password)
            assert subject is not None
            assert {a.id for a in await furnished.billing.accounts(subject)} == set(ids)
            again = await furnished.sign_in(login, password)
            assert again == subject

    @pytest.mark.parametrize(
        ("login", "password"),
        [("anna", "boris-secret"), ("anna", ""), ("nobody", "anna-secret"), ("", ""), ("anna\0", "x\0"), ("%", "%")],
    )
    async def test_all_that_is_wrong_is_one_answer(self, furnished: Furnished, login: str, password: str) -> None:
        assert await furnished.sign_in(login, password) is None

    async def test_who_signs_in_elsewhere_has_no_password_here(self, billing: Billing) -> None:
        if isinstance(billing, Federated):
            with pytest.raises(Unsupported):
                await billing.authenticate("anna", "anna-secret")

    async def test_an_account_is_what_it_is(self, furnished: Furnished) -> None:
        for account in WORLD.accounts:
            assert await furnished.billing.account(account.id) == said(account, furnished)

    async def test_an_unknown_account_is_gone(self, billing: Billing) -> None:
        for unknown in ("404", "", "a1", "A1 ", "A1' OR '1'='1"):
            with pytest.raises(UNKNOWN):
                await billing.account(unknown)
            if Capability.BALANCE in billing.can:
                with pytest.raises(UNKNOWN):
                    await billing.balance(unknown)

    async def test_every_question_about_an_unknown_account_is_gone(self, billing: Billing) -> None:
        for unknown in ("404", "", "a1", "A1 ", "A1' OR '1'='1"):
            for capability, ask in about(billing, unknown):
                if capability in billing.can:
                    with pytest.raises(UNKNOWN):
                        await ask()

    async def test_what_it_cannot_do_it_says_so(self, billing: Billing) -> None:
        for capability, ask in about(billing, "A1"):
            if capability not in billing.can:
                with pytest.raises(Unsupported):
                    await ask()

    async def test_the_balance_is_the_accounts_own(self, furnished: Furnished) -> None:
        billing = furnished.billing
        if not await told(billing, Capability.BALANCE, lambda: billing.balance("A1")):
            return
        for expected in (said(balance, furnished) for balance in WORLD.balances):
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
            everything = await billing.payments(account, EVER)
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

    async def test_charges_of_the_accounts_own_days_newest_first(self, furnished: Furnished) -> None:
        billing = furnished.billing
        if not await told(billing, Capability.CHARGES, lambda: billing.charges("A1", OCTOBER)):
            return
        expected = [said(c, furnished) for id in ("c-last", "c-first") for c in WORLD.charges if c.id == id]
        assert list(await billing.charges("A1", OCTOBER)) == expected
        assert await billing.charges("A2", OCTOBER) == ()

    async def test_services_are_the_accounts_own(self, billing: Billing) -> None:
        if not await told(billing, Capability.SERVICES, lambda: billing.services("A1")):
            return
        assert set(await billing.services("A1")) == {s for s in WORLD.services if s.account == "A1"}
        assert await billing.services("A2") == ()

    async def test_a_day_opens_with_what_the_day_before_left(self, billing: Billing) -> None:
        if Capability.OPENING not in billing.can:
            return
        days = [date(2026, 9, 30) + timedelta(days=n) for n in range((NOW.date() - date(2026, 9, 30)).days + 1)]
        for day, after in zip(days, [*days[1:], None], strict=True):
            begun = await billing.opening("A1", day)
            assert begun is not None
            on_it = Period(day, day)
            paid = sum(p.amount.minor for p in await billing.payments("A1", on_it))
            taken = sum(c.amount.minor for c in await billing.charges("A1", on_it))
            left = await billing.opening("A1", after) if after else (await billing.balance("A1")).own
            assert left == begun + Money(paid - taken)

    async def test_what_is_not_known_of_a_day_is_not_told(self, billing: Billing) -> None:
        if Capability.OPENING not in billing.can:
            return
        before, tomorrow = date(2026, 9, 29), NOW.date() + timedelta(days=1)
        for account, day in (
            ("A1", before),
            ("A1", tomorrow),
            ("A1", date.min),
            ("A1", date.max),
            ("A2", date(2026, 11, 1)),  # postpaid: nobody knows what a bill had taken by then
            ("V1", date(2026, 11, 1)),  # there is not one record
        ):
            assert await billing.opening(account, day) is None, (account, day)

    async def test_what_a_service_is_made_of(self, furnished: Furnished) -> None:
        billing = furnished.billing
        if Capability.DETAILS not in billing.can:
            return
        for details in WORLD.details:
            found = await billing.details(details.account, details.service)
            assert set(found.options) == set(details.options)
            assert found.components == tuple(said(component, furnished) for component in details.components)
        assert await billing.details("A1", "s2") == Details("A1", "s2")

    async def test_a_service_of_somebody_else_is_gone(self, billing: Billing) -> None:
        for capability, ask in (
            (Capability.DETAILS, lambda service: billing.details("A1", service)),
            (Capability.USAGE, lambda service: billing.usage("A1", service, EVER)),
            (Capability.CALLS, lambda service: billing.calls("A1", service, EVER)),
            (Capability.DELIVERY, lambda service: billing.deliver("A1", service, "x@mail.example")),
        ):
            for service in ("s3", "404", "", "s1 "):
                if capability in billing.can:
                    with pytest.raises(Gone):
                        await ask(service)
        if Capability.DELIVERY in billing.can:
            assert await billing.deliveries("B1") == tuple(d for d in WORLD.deliveries if d.account == "B1")

    async def test_usage_of_the_days_asked_for_newest_first(self, billing: Billing) -> None:
        if Capability.USAGE not in billing.can:
            return
        expected = [u for day in (31, 1) for u in WORLD.usages if u.service == "s1" and u.day == date(2026, 10, day)]
        assert list(await billing.usage("A1", "s1", OCTOBER)) == expected
        assert [u.day.month for u in await billing.usage("A1", "s1", EVER)] == [11, 10, 10, 9]
        assert set(await billing.usage("A1", "s5", EVER)) == {u for u in WORLD.usages if u.service == "s5"}
        assert set(await billing.usage("A1", "s2", EVER)) == {u for u in WORLD.usages if u.service == "s2"}
        assert await billing.usage("A1", "s1", EMPTY) == ()

    async def test_calls_of_the_accounts_own_days_newest_first(self, billing: Billing) -> None:
        if Capability.CALLS not in billing.can:
            return
        expected = [c for id in ("l", "f") for c in WORLD.calls if c.id == id]
        assert list(await billing.calls("A1", "s5", OCTOBER)) == expected
        assert [c.id for c in await billing.calls("A1", "s5", EVER)] == ["a", "l", "f", "b"]
        assert await billing.calls("A1", "s5", EMPTY) == ()
        assert await billing.calls("A1", "s1", EVER) == ()

    async def test_where_the_owner_can_be_reached_most_trusted_first(self, billing: Billing) -> None:
        if Capability.REACHES not in billing.can:
            return
        assert await billing.reaches("A1") == tuple(r for r in WORLD.reaches if r.account == "A1")
        assert await billing.reaches("A2") == ()

    async def test_documents_come_where_they_are_wanted(self, billing: Billing) -> None:
        if Capability.DELIVERY not in billing.can:
            return
        assert set(await billing.deliveries("A1")) == {d for d in WORLD.deliveries if d.account == "A1"}
        assert await billing.deliveries("A2") == ()
        for email in ("new@mail.example", "new@mail.example", None):
            await billing.deliver("A1", "s1", email)
            assert set(await billing.deliveries("A1")) == {Delivery("A1", "s1", email), Delivery("A1", "s2", None)}
        with pytest.raises(Unsupported):
            await billing.deliver("A1", "s5", "x@mail.example")  # it has no documents
        assert await billing.deliveries("B1") == tuple(d for d in WORLD.deliveries if d.account == "B1")

    async def test_a_promise_is_refused_for_its_reason(self, billing: Billing) -> None:
        if Capability.PROMISES not in billing.can:
            return
        for account, refusal in (("A1", Refusal.OUTSTANDING), ("A2", Refusal.SCHEME)):
            offer = await billing.offer(account)
            assert (offer.account, offer.refusal) == (account, refusal)
            before = await billing.balance(account)
            with pytest.raises(Refused) as caught:
                await billing.promise(account, offer.id)
            assert caught.value.offer == offer
            assert await billing.balance(account) == before
        with pytest.raises(Gone):
            await billing.offer("B1")  # closed

    async def test_a_promise_is_taken_once_and_is_never_own_money(self, billing: Billing) -> None:
        if Capability.PROMISES not in billing.can:
            return
        offer = await billing.offer("V1")
        assert (offer.account, offer.refusal) == ("V1", None)
        assert offer.amount.minor > 0
        assert await billing.offer("V1") == offer
        for wrong in ("", "x", offer.id + "x"):
            with pytest.raises(Refused) as caught:
                await billing.promise("V1", wrong)
            assert caught.value.offer == offer
        own = (await billing.balance("V1")).own
        for _ in range(3):
            balance = await billing.promise("V1", offer.id)
            assert balance == await billing.balance("V1")
            assert (balance.own, balance.promised) == (own - offer.fee, offer.amount)
            assert balance.promised_until == offer.until
        assert {s.status for s in await billing.services("V1")} == {Status.ACTIVE}
        again = await billing.offer("V1")
        assert (again.refusal, again.id == offer.id) == (Refusal.OUTSTANDING, False)
        with pytest.raises(Refused):
            await billing.promise("V1", again.id)
        with pytest.raises(Refused):
            await billing.promise("A1", offer.id)  # somebody else's

    async def test_a_promise_asked_for_twice_at_once_is_taken_once(self, billing: Billing) -> None:
        if Capability.PROMISES not in billing.can:
            return
        offer = await billing.offer("V1")
        own = (await billing.balance("V1")).own
        balances = await asyncio.gather(*(billing.promise("V1", offer.id) for _ in range(8)))
        assert {(b.own, b.promised) for b in balances} == {(own - offer.fee, offer.amount)}

    async def test_what_is_wrong_at_the_address_now_or_within_a_week(self, billing: Billing) -> None:
        if Capability.OUTAGES not in billing.can:
            return
        found = await billing.outages("A1")
        assert [o.id for o in found] == ["soon", "now", "dark"]
        assert list(found[:2]) == [o for id in ("soon", "now") for o in WORLD.outages if o.id == id]
        assert found[2] == Outage("A1", "dark", (), "Нет света", datetime(2026, 11, 22, tzinfo=UTC))
        assert await billing.outages("A2") == ()

    async def test_news_of_the_region_and_of_everywhere(self, billing: Billing) -> None:
        if not await told(billing, Capability.NOTICES, lambda: billing.notices("")):
            return
        for region, ids in (
            ("", ["everybody"]),
            ("Тюменская область", ["dark", "tyumen", "everybody"]),
            ("Омская область", ["omsk", "everybody"]),
            ("Нигде", ["everybody"]),
        ):
            assert list(await billing.notices(region)) == [n for id in ids for n in WORLD.notices if n.id == id]

    async def test_the_bonus_programme_or_none(self, billing: Billing) -> None:
        if Capability.BONUS not in billing.can:
            return
        assert await billing.bonus("A1") == WORLD.bonuses[0]
        assert await billing.bonus("A2") is None

    async def test_a_payment_made_in_a_chat_is_credited_once(self, billing: Billing) -> None:
        if Capability.CREDIT not in billing.can:
            return
        own = (await billing.balance("V1")).own
        await asyncio.gather(*(billing.credit("V1", Money(700), "Чат", NOW, "k1") for _ in range(4)))
        await billing.credit("V1", Money(700), "Чат", NOW, "k1")
        await billing.credit("V1", Money(30), "Чат", NOW, "k2")
        assert (await billing.balance("V1")).own == own + Money(730)
        assert sorted(p.amount.minor for p in await billing.payments("V1", EVER)) == [30, 700]

    async def test_the_facts_of_a_position_are_the_answers_to_its_questions(self, billing: Billing) -> None:
        for account in ("A1", "A2", "V1"):
            facts = await facts_of(billing, account)
            assert facts.account == await billing.account(account)
            assert facts.balance == await billing.balance(account)
            assert facts.bills == await billing.bills(account)
            assert facts.services == await billing.services(account)
        with pytest.raises(UNKNOWN):
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
        assert available == {"A1": Money(-31975), "A2": Money(500 - 20000), "B1": Money(0), "V1": Money(-15000)}
        assert (await billing.changes("not a cursor of this billing", 10)).funds

    async def test_the_feed_and_the_screen_are_one_computation(self, furnished: Furnished) -> None:
        billing = furnished.billing
        if Capability.CHANGES not in billing.can:
            return
        told, _, happened = await follow(billing, None)
        assert happened == []
        for account in WORLD.accounts:
            facts = await facts_of(billing, account.id)
            today = NOW.astimezone(ZoneInfo(account.zone)).date()
            stand = position(facts.account, facts.balance, facts.bills, facts.services, today, facts.spending)
            assert told[account.id] == funds(stand)
        # And so the days are those of the world, as far as the billing can say them.
        if Capability.BILLS in billing.can:
            assert (told["A2"].due_on, told["A2"].overdue_since) == (date(2026, 11, 25), date(2026, 10, 26))
        if "promised_until" in furnished.says:
            assert told["A1"].promised_until == date(2026, 11, 25)
        assert {id: f.zone for id, f in told.items()} == {a.id: a.zone for a in WORLD.accounts}

    async def test_what_has_happened_is_told_completely_in_order_and_by_lasting_ids(self, furnished: Furnished) -> None:
        billing = furnished.billing
        if Capability.CHANGES not in billing.can:
            return
        _, start, _ = await follow(billing, None)
        for minor in (700, 30, 5):
            await furnished.pay(minor)
        told, middle, happened = await follow(billing, start, 1)
        assert set(told) == {"V1"}
        assert [(h.sign, h.account, h.amount) for h in happened if h.sign is Sign.PAID] == [
            (Sign.PAID, "V1", Money(minor)) for minor in (700, 30, 5)
        ]
        assert len({h.id for h in happened}) == len(happened)
        for h in happened:
            assert re.fullmatch("[A-Za-z0-9_:.-]{1,64}", h.id)
            assert h.about
            assert h.at.utcoffset() is not None
            assert h.at <= NOW
        if Capability.PAYMENTS in billing.can:
            known = {p.id for p in await billing.payments("V1", EVER)}
            assert {h.about for h in happened if h.sign is Sign.PAID} <= known
        # Whoever asks again from where he was is told the same, also by larger pages, also when more has happened.
        assert (await follow(billing, start, 10))[2] == happened
        await furnished.pay(1)
        assert (await follow(billing, start, 2))[2][: len(happened)] == happened
        assert [h.amount for h in (await follow(billing, middle))[2] if h.sign is Sign.PAID] == [Money(1)]
        assert (await follow(billing, None))[2] == [], "who begins now hears nothing of the past"

    async def test_what_happens_while_everybody_is_gone_through_is_told(self, furnished: Furnished) -> None:
        billing = furnished.billing
        if Capability.CHANGES not in billing.can:
            return
        page = await billing.changes(None, 1)
        assert (page.happened, page.more) == ((), True)
        await furnished.pay(700)
        told, _, happened = await follow(billing, page.cursor, 1)
        assert [h.amount for h in happened if h.sign is Sign.PAID] == [Money(700)]
        assert told["V1"].available == Money(-15000 + 700)

    async def test_a_promise_that_lets_services_go_on_says_so(self, billing: Billing) -> None:
        if not {Capability.PROMISES, Capability.CHANGES} <= billing.can:
            return
        _, start, _ = await follow(billing, None)
        await billing.promise("V1", (await billing.offer("V1")).id)
        told, _, happened = await follow(billing, start)
        assert [(h.sign, h.account, h.about) for h in happened] == [(Sign.UNBLOCKED, "V1", "s4")]
        assert told["V1"].promised_until == (await billing.balance("V1")).promised_until


def said(fact: Fact, furnished: Furnished) -> Fact:
    """The fact as far as the billing says it."""
    left_out = {name: empty for name, empty in EMPTY_FIELDS.items() if name not in furnished.says}
    return replace(fact, **{name: empty for name, empty in left_out.items() if hasattr(fact, name)})


async def follow(
    billing: Billing, cursor: str | None, limit: int = 10
) -> tuple[dict[str, Funds], str, list[Happening]]:
    """The feed from the cursor to its end: what was last told of each account, the end, and what happened."""
    told: dict[str, Funds] = {}
    happened: list[Happening] = []
    for _ in range(100):
        page = await billing.changes(cursor, limit)
        assert max(len(page.funds), len(page.happened)) <= limit
        assert page.as_of is None or page.as_of <= NOW
        told |= {f.account: f for f in page.funds}
        happened += page.happened
        cursor = page.cursor
        if not page.more:
            return told, cursor, happened
    raise AssertionError("the feed has no end")
