"""What an average day takes beside the fees, and which charge is out of the ordinary: by example, and for any."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Charge, Money, Option, Scheme, Status
from billing.spending import is_fee, likeness, spending
from billing.unusual import unusual
from tests.billing.books import TODAY, account, rub, service

OLD = account(since=date(2020, 1, 1))
INTERNET = service(600, date(2026, 12, 1))


def took(amount: float, days_ago: int, title: str = "Разговоры", service: str | None = "s", id: str = "") -> Charge:
    at = datetime.combine(TODAY - timedelta(days=days_ago), time(9), UTC)
    return Charge("a", id or f"{title}-{days_ago}-{amount}", at, rub(amount), title, service)


# An average day


@pytest.mark.parametrize(
    ("charges", "a_day"),
    [
        ([], 0),
        ([took(30, n) for n in range(1, 31)], 3000),
        ([took(30, 3), took(60, 20)], 300),
        ([took(30, 0), took(30, 31)], 0),  # today is not over, and that is long ago
        ([took(600, 22, "Интернет")], 0),  # the fee, by its sum
        ([took(450, 22, "Абонентская плата: Интернет")], 0),  # the fee of before the tariff changed
        ([took(99, 12, "Абонентская плата: Антивирус")], 330),  # an option: no fee that the forecast knows
        ([took(600, 22, "Мебель", "other")], 0),  # not the service's fee; came once, more than half of the fees
        ([took(900, 5, "Выезд мастера"), took(3000, 6, "Роутер"), took(60, 7), took(30, 8)], 300),
        ([took(290, 5, "Спорт")], 966),  # came once, and is small: an option may come each month
        ([took(400, 5), took(400, 6)], 2666),  # came twice: a habit
        ([took(400, 5, "Фильм «Дюна»"), took(400, 6, "Фильм «Солярис»")], 2666),  # the same habit
        ([took(30, 5), took(30, 6), took(-30, 7)], 100),
        ([took(30, 5), took(-90, 7, "Перерасчёт")], 100),  # what was given back lowers no other title
        ([took(-90, 5)], 0),
    ],
)
def test_an_average_day(charges: Sequence[Charge], a_day: int) -> None:
    assert spending(OLD, (INTERNET,), charges, TODAY) == Money(a_day)


def test_the_parts_of_a_daily_fee_are_fees() -> None:
    daily = replace(service(600), daily=True)
    parts = [took(20, n, "Интернет за день") for n in range(1, 22)] + [took(19.35, n, "x") for n in range(22, 31)]
    assert spending(OLD, (daily,), [*parts, took(3, 4), took(3, 5)], TODAY) == Money(20)


def test_of_a_young_contract_no_average_is_said_and_then_of_as_many_days_as_it_has_lasted() -> None:
    charges = [took(20, n) for n in range(1, 15)]
    for days, said in ((0, None), (13, None), (14, 2000), (20, 1400), (30, 933), (31, 933)):
        since = TODAY - timedelta(days=days)
        made = spending(replace(OLD, since=since), (INTERNET,), charges, TODAY)
        assert made == (None if said is None else Money(said))
    assert spending(account(scheme=Scheme.CREDIT), (INTERNET,), charges, TODAY) is None
    assert spending(account(), (), charges, TODAY) == Money(933)  # nobody says since when: long enough


def test_a_day_is_the_accounts_own() -> None:
    last = Charge("a", "1", datetime(2026, 11, 21, 13, tzinfo=UTC), rub(30), "Разговоры")  # in Kamchatka it is the 22nd
    assert spending(OLD, (), [last, replace(last, id="2", at=last.at - timedelta(days=3))], TODAY) == Money(200)
    far = replace(OLD, zone="Asia/Kamchatka")
    assert spending(far, (INTERNET,), [last, replace(last, id="2", at=last.at - timedelta(days=3))], TODAY) == Money(
        100
    )


titles = st.sampled_from(["Разговоры", "Фильм «А»", "Фильм «Б»", "Абонентская плата", "Выезд", "", "№ 5"])
some_charges = st.lists(
    st.builds(
        took,
        st.integers(-2000, 5000),
        st.integers(0, 100),
        titles,
        st.sampled_from(["s", "t", None]),
        st.uuids().map(str),
    ),
    max_size=25,
)


@given(some_charges, st.booleans(), st.integers(0, 60))
def test_an_average_is_neither_below_zero_nor_above_what_was_taken(
    charges: list[Charge], daily: bool, age: int
) -> None:
    owner = replace(OLD, since=TODAY - timedelta(days=age))
    made = spending(owner, (replace(INTERNET, daily=daily),), charges, TODAY)
    assert (made is None) == (age < 14)
    if made is not None:
        recent = [c.amount.minor for c in charges if 1 <= (TODAY - c.at.date()).days <= 30]
        assert 0 <= made.minor * min(30, age) <= sum(amount for amount in recent if amount > 0)
        assert spending(owner, (replace(INTERNET, daily=daily),), charges[::-1], TODAY) == made


@given(st.integers(1, 200), some_charges)
def test_one_large_charge_that_never_came_before_moves_no_forecast(many: int, charges: list[Charge]) -> None:
    before = spending(OLD, (INTERNET,), charges, TODAY)
    once = took(many * 1_000_000, 4, "Оборудование", "t")
    assert spending(OLD, (INTERNET,), [*charges, once], TODAY) == before


@given(st.text(max_size=60))
def test_any_title_is_like_something(title: str) -> None:
    assert likeness(likeness(title)) == likeness(title)
    assert bool(likeness(title)) == bool(title)


# Out of the ordinary

YEAR = tuple(took(600, n, "Абонентская плата") for n in (3, 33, 63, 91))  # 600 a month or so: a fifth is 150
TALKS = tuple(took(20, n) for n in range(2, 60, 7))
SUSPENDED = replace(INTERNET, id="t", fee=rub(333), status=Status.SUSPENDED)


@pytest.mark.parametrize(
    ("charge", "is_unusual"),
    [
        (took(900, 0, "Выезд мастера"), True),  # never came before, and is not small
        (took(120, 0, "Выезд мастера"), False),
        (took(900, 0), True),  # well above what the title took before
        (took(120, 0), False),
        (took(600, 0, "Абонентская плата"), False),
        (took(1400, 0, "Абонентская плата"), False),  # it says so itself: dearer, and known from the tariff
        (took(600, 0, "Интернет"), False),  # the fee, by its sum
        (took(333, 0, "Ещё услуга", "t"), False),
        (took(250, 0, "Пакет «Кино»"), False),  # an option's fee
        (took(250, 0, "Пакет «Кино»", "t"), True),  # not of that service
        (took(-5000, 0, "Возврат"), False),
    ],
)
def test_unusual(charge: Charge, is_unusual: bool) -> None:
    cinema = Option("a", "s", "o", "Пакет «Кино»", Status.ACTIVE, rub(250))
    assert unusual(charge, YEAR + TALKS, OLD, (INTERNET, SUSPENDED), (cinema,)) is is_unusual


def test_a_newcomers_first_month_is_never_unusual() -> None:
    strange = took(5000, 0, "Оборудование")
    assert unusual(strange, YEAR, replace(OLD, since=TODAY - timedelta(days=31)), (INTERNET,))
    assert not unusual(strange, YEAR, replace(OLD, since=TODAY - timedelta(days=30)), (INTERNET,))
    assert unusual(strange, YEAR, account(), (INTERNET,))  # since when is not told; the book goes back far enough
    assert not unusual(strange, YEAR[:1], OLD, (INTERNET,))  # a book that begins this month
    assert not unusual(strange, (), OLD, (INTERNET,))
    assert not unusual(strange, [took(-600, 91), took(10, 40)], OLD, (INTERNET,))  # nothing was taken on the whole


def test_what_was_dear_before_is_dear_again() -> None:
    dear = took(800, 50, "Роуминг")
    for amount, is_unusual in ((1600, False), (1601, True)):
        assert unusual(took(amount, 0, "Роуминг"), (*YEAR, dear), OLD, (INTERNET,)) is is_unusual
    long_ago = replace(dear, at=dear.at - timedelta(days=60))
    assert unusual(took(800, 0, "Роуминг"), (*YEAR, long_ago), OLD, (INTERNET,))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_of_one_days_charges_the_one_that_passes_the_mark_is_told_and_no_other(amounts: list[int]) -> None:
    told = []
    today: list[Charge] = []
    for n, amount in enumerate(amounts):
        charge = took(amount, 0, f"Разговор {n}", id=str(n))
        if unusual(charge, (*YEAR, *today), OLD, (INTERNET,)):
            told.append(n)
        today.append(charge)
    mark = sum(c.amount.minor for c in YEAR) * 30 // 91 // 5
    passing = [n for n in range(len(amounts)) if sum(amounts[:n]) * 100 <= mark < sum(amounts[: n + 1]) * 100]
    assert told == passing


@given(some_charges, some_charges)
def test_fees_refunds_and_small_sums_are_never_unusual(charges: list[Charge], earlier: list[Charge]) -> None:
    for charge in charges:
        if unusual(charge, earlier, OLD, (INTERNET,)):
            assert charge.amount.minor > 0
            assert not is_fee(charge, (INTERNET,))
            before = [c for c in earlier if charge.at - timedelta(days=92) <= c.at <= charge.at]
            assert charge.at - min(c.at for c in before) >= timedelta(days=31)
            alike = [
                c for c in before if likeness(c.title) == likeness(charge.title) and c.at.date() == charge.at.date()
            ]
            assert charge.amount.minor + sum(c.amount.minor for c in alike) > 0, "what the title took on that day"
