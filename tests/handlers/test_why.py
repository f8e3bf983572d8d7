"""Monday 16 November 2026. «Почему так много?»: two periods, the differences between them, and their reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import (
    Capability,
    Charge,
    Details,
    Direction,
    Gone,
    Kind,
    Money,
    Option,
    Period,
    Scheme,
    Service,
    Status,
    Usage,
    Use,
)
from handlers.ask import NotMine
from handlers.differences import Comparison, Difference, Reason, compare, directions, preceding, talk
from handlers.why import why
from storage.base import Saw
from tests.clock import NOON
from tests.handlers.money_asks import Facts, actions, labels, reply, rubles, text
from tests.handlers.money_asks import service as internet
from tests.handlers.test_charges import taken, within_limits

INTERNET = internet()
PHONE = replace(internet("Домашний телефон", 380_00), kind=Kind.PHONE)
TV = replace(internet("Интерактивное ТВ", 320_00), kind=Kind.TV)
ALL = (INTERNET, PHONE, TV)
FEE = "Абонентская плата"


def month(number: int, *found: tuple[Any, ...]) -> tuple[Charge, ...]:
    """Charges of the 1st: (kopecks, title, service)."""
    return tuple(taken(datetime(2026, number, 1, 9, n, tzinfo=UTC), *one) for n, one in enumerate(found))


def only(found: Comparison) -> Difference:
    assert len(found.all) == 1, found.all
    return found.all[0]


# ── The pure part ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "now", "reason", "amount"),
    [
        ([], [(650_00, FEE, INTERNET), (50_00, "Выезд", INTERNET)], Reason.NEW_SERVICE, 700_00),
        ([(650_00, FEE, INTERNET), (50_00, "Выезд", INTERNET)], [], Reason.GONE_SERVICE, -700_00),
        ([(550_00, FEE, INTERNET)], [(650_00, FEE, INTERNET)], Reason.PRICE, 100_00),
        ([(550_00, FEE, INTERNET)], [(560_00, FEE, INTERNET)], Reason.SUM, 10_00),  # the fee is 650: who knows why
        ([(99_00, "Фильм", TV)], [(99_00, "Фильм", TV)] * 3, Reason.TIMES, 198_00),
        ([(10_00, "Разговоры по межгороду", PHONE)], [(30_00, "Разговоры по межгороду", PHONE)], Reason.CALLS, 20_00),
        ([], [(30_00, "Междугородные разговоры", PHONE)], Reason.CALLS, 30_00),
        ([(30_00, "Разговоры", None)], [], Reason.CALLS, -30_00),
        ([], [(300_00, "Выезд мастера", None)], Reason.ONCE, 300_00),
        ([], [(99_00, "Подписка «Кино»", None)], Reason.ADDED, 99_00),
        ([(99_00, "Аренда роутера", None)], [], Reason.GONE, -99_00),
        ([], [(-100_00, "Перерасчёт", None)], Reason.REFUND, -100_00),
        ([(-100_00, "Перерасчёт", None)], [], Reason.NO_REFUND, 100_00),
        ([(-100_00, "Перерасчёт", None)], [(-30_00, "Перерасчёт", None)], Reason.REFUNDS, 70_00),
        ([(640_00, "Абонентская плата: Старт", INTERNET)], [(650_00, "Абонентская плата: Игровой", INTERNET)],
         Reason.TARIFF, 10_00),
    ],
)  # fmt: skip
def test_each_reason(before: list[Any], now: list[Any], reason: Reason, amount: int) -> None:
    one = only(compare(month(10, *before), month(11, *now), ALL))
    assert (one.reason, one.amount.minor) == (reason, amount)


def test_an_option_that_was_connected() -> None:
    option = Option("a", INTERNET.id, "o", "Антивирус", Status.ACTIVE, rubles(99_00))
    before = month(10, (650_00, FEE, INTERNET))
    now = month(11, (650_00, FEE, INTERNET), (99_00, "Опция «Антивирус» за ноябрь", INTERNET))
    assert only(compare(before, now, ALL, (option,))).reason is Reason.NEW_OPTION
    assert only(compare(before, now, ALL)).reason is Reason.ONCE


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Абонентская плата за октябрь 2026", "Абонентская плата за ноябрь 2026"),
        ("Аренда, 01.10.2026–31.10.2026", "Аренда, 01.11.2026–30.11.2026"),
        ("Monthly fee, October", "Monthly fee, November"),
        ("ИНТЕРНЕТ", "Интернет"),
    ],
)
def test_the_date_in_a_title_makes_no_new_charge(before: str, now: str) -> None:
    assert compare(month(10, (650_00, before, None)), month(11, (650_00, now, None))).all == ()
    assert only(compare(month(10, (1, before, None)), month(11, (2, now, None)))).reason is Reason.SUM


def test_the_same_title_of_two_services_is_two_things() -> None:
    before = month(10, (650_00, FEE, INTERNET), (320_00, FEE, TV))
    now = month(11, (700_00, FEE, INTERNET), (270_00, FEE, TV))
    assert sorted(one.amount.minor for one in compare(before, now, ALL).all) == [-50_00, 50_00]


def test_a_phone_that_is_only_now_talked_on_is_not_a_new_service() -> None:
    found = compare((), month(11, (45_00, "Международные разговоры", PHONE)), ALL)
    assert only(found).reason is Reason.CALLS


def test_the_three_largest_are_named_and_the_rest_is_one_sum() -> None:
    now = month(11, *[(100 * n, f"Услуга номер {'я' * n}", None) for n in range(1, 8)])
    found = compare((), now)
    assert [one.amount.minor for one in found.named] == [700, 600, 500]
    assert found.rest == Money(1000)


charges_lists = st.lists(
    st.builds(
        lambda kopecks, title, of: taken(date(2026, 11, 1), kopecks, title, of),
        st.integers(-100_000, 100_000),
        st.sampled_from([FEE, "Абонентская плата: Старт", "Разговоры", "Перерасчёт", "Антивирус", "за март", "", "🙂"])
        | st.text(max_size=20),
        st.sampled_from([None, INTERNET, PHONE, TV, replace(TV, id="gone")]),
    ),
    max_size=12,
)


@given(charges_lists, charges_lists)
def test_what_is_named_and_the_rest_are_the_difference_to_the_kopeck(before: list[Charge], now: list[Charge]) -> None:
    options = (Option("a", INTERNET.id, "o", "Антивирус", Status.ACTIVE, rubles(99_00)),)
    found = compare(before, now, ALL, options)
    zero = Money(0)
    total = sum((c.amount for c in now), zero) - sum((c.amount for c in before), zero)
    assert found.amount == total
    assert sum((one.amount for one in found.all), zero) == total
    assert sum((one.amount for one in found.named), found.rest) == total
    assert len(found.named) <= 3
    assert all(one.amount for one in found.all)


@given(charges_lists)
def test_nothing_differs_from_itself(found: list[Charge]) -> None:
    assert compare(found, found, ALL).all == ()


def spoken(direction: Direction, seconds: int, cost: int | None) -> Usage:
    money = rubles(cost) if cost is not None else None
    return Usage("a", PHONE.id, date(2026, 11, 1), Use.CALLS, seconds, 3, money, direction)


def test_the_direction_that_cost_more() -> None:
    before = [spoken(Direction.INTERCITY, 600, 30_00), spoken(Direction.LOCAL, 9000, None)]
    now = [spoken(Direction.INTERCITY, 3600, 180_00), spoken(Direction.LOCAL, 18000, None)]
    found = talk(before, now, more=True)
    assert found is not None
    assert (found.direction, found.before, found.now) == (Direction.INTERCITY, 600, 3600)
    assert talk(before, now, more=False) is None
    assert talk([], [], more=True) is None


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ((2026, 10, 1), (2026, 10, 31), ((2026, 9, 1), (2026, 9, 30))),
        ((2026, 11, 1), (2026, 11, 16), ((2026, 10, 1), (2026, 10, 16))),
        ((2026, 3, 1), (2026, 3, 30), ((2026, 2, 1), (2026, 2, 28))),
        ((2026, 7, 1), (2026, 9, 30), ((2026, 4, 1), (2026, 6, 30))),
        ((2026, 1, 1), (2026, 12, 31), ((2025, 1, 1), (2025, 12, 31))),
        ((2026, 10, 5), (2026, 10, 9), ((2026, 9, 30), (2026, 10, 4))),
    ],
)
def test_what_a_period_is_compared_with(
    first: tuple[int, int, int], last: tuple[int, int, int], before: tuple[tuple[int, int, int], ...]
) -> None:
    assert preceding(Period(date(*first), date(*last))) == Period(*(date(*day) for day in before))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 2000))
def test_what_it_is_compared_with_lies_before_it(first: date, days: int) -> None:
    period = Period(first, date.fromordinal(first.toordinal() + days))
    assert preceding(period).last < period.first


# ── The screen ────────────────────────────────────────────────────────────────────────────────────────────────────


def dearer(**more: Any) -> Facts:
    before = month(10, (550_00, "Абонентская плата за октябрь", INTERNET), (10_00, "Разговоры", PHONE),
                   (-50_00, "Перерасчёт", None), (1_00, "Мелочь", None))  # fmt: skip
    now = month(11, (650_00, "Абонентская плата за ноябрь", INTERNET), (130_00, "Разговоры", PHONE),
                (300_00, "Выезд мастера", None))  # fmt: skip
    usage = (spoken(Direction.INTERNATIONAL, 2400, 120_00), spoken(Direction.LOCAL, 60, None))
    return Facts(charges_=(*before, *now), services_=ALL, usage_=usage, **more)


async def test_the_answer() -> None:
    turn = await dearer().says(why, "почему так много?")
    assert text(turn) == (
        "Начислено 1 080,00 ₽ за 1–16 ноября: это на 569,00 ₽ больше, чем за 1–16 октября (511,00 ₽)\n\n"
        "Что изменилось:\n"
        "• Выезд мастера: на 300,00 ₽ больше. Разовое начисление, в прошлый раз его не было\n"
        "• Разговоры: на 120,00 ₽ больше. Плата за разговоры: было 10,00 ₽, стало 130,00 ₽. "
        "Сильнее всего изменилось: Международная связь, было 0 с, стало 40 мин\n"
        "• Абонентская плата за ноябрь: на 100,00 ₽ больше. Цена изменилась: было 550,00 ₽, стало 650,00 ₽\n"
        "• Остальное: на 49,00 ₽ больше\n\n"
        "Сравнить можно и другой период: напишите, например, «за март». "
        "Если какое-то начисление кажется лишним, позовите оператора."
    )
    assert labels(turn) == [["Показать все начисления"], ["Этот месяц", "Прошлый месяц"], ["Оператор"]]
    assert actions(turn)["Показать все начисления"] == "charges:open:2026-11-01:2026-11-16"
    assert turn.effects == (Saw("a", "why", {"now": 1_080_00, "before": 511_00}),)


async def test_not_more_than_usual_is_said_kindly() -> None:
    same = Facts(charges_=(*month(10, (650_00, FEE, INTERNET)), *month(11, (650_00, FEE, INTERNET))))
    assert "столько же, сколько за 1–16 октября\n" in text(await same.says(why))
    less = Facts(charges_=(*month(10, (650_00, FEE, INTERNET)), *month(11, (600_00, FEE, INTERNET))))
    assert "это на 50,00 ₽ меньше, чем за 1–16 октября" in text(await less.says(why))
    assert "За 1–16 ноября ничего не начислено, как и за 1–16 октября" in text(await Facts().says(why))


async def test_the_same_total_of_other_things_shows_what_changed() -> None:
    anna = Facts(charges_=(*month(10, (50_00, "А", None)), *month(11, (50_00, "Б", None))))
    said = text(await anna.says(why))
    assert "столько же" in said
    assert "• А: на 50,00 ₽ меньше" in said


@pytest.mark.parametrize(
    ("day", "scheme", "words", "periods"),
    [
        (3, Scheme.ADVANCE, "за что сняли", ("1–31 октября", "1–30 сентября")),
        (8, Scheme.ADVANCE, "за что сняли", ("1–8 ноября", "1–8 октября")),
        (30, Scheme.ADVANCE, "за что сняли", ("1–30 ноября", "1–31 октября")),
        (16, Scheme.CREDIT, "почему так много", ("1–31 октября", "1–30 сентября")),
        (16, Scheme.ADVANCE, "почему так много за сентябрь", ("1–30 сентября", "1–31 августа")),
        (16, Scheme.ADVANCE, "почему больше за прошлый месяц", ("1–31 октября", "1–30 сентября")),
    ],
)
async def test_which_periods_are_compared(day: int, scheme: Scheme, words: str, periods: tuple[str, str]) -> None:
    anna = Facts(
        scheme=scheme,
        now=datetime(2026, 11, day, 9, tzinfo=UTC),
        charges_=tuple(taken(date(2026, n, 1), n * 100, FEE) for n in range(6, 12)),
    )
    said = text(await anna.says(why, words)).splitlines()[0]
    assert all(period in said for period in periods), said


async def test_charges_of_a_service_that_the_account_has_no_more() -> None:
    class Sold(Facts):
        async def details(self, account: str, service: str) -> Details:
            raise Gone

    anna = Sold(charges_=tuple(Charge("a", f"c{n}", NOON, rubles(n * 10_00), f"Вещь {n}", "sold") for n in (1, 2)))
    assert "на 30,00 ₽ больше" in text(await anna.says(why))


async def test_a_contract_that_began_this_month_has_nothing_to_compare_with() -> None:
    anna = Facts(since=date(2026, 11, 2), charges_=(taken(date(2026, 11, 2), 500_00, "Подключение"),))
    assert text(await anna.says(why)).startswith("Начислено 500,00 ₽ за 2–16 ноября. Сравнить пока не с чем")


async def test_nothing_is_compared_where_nothing_was_charged_yet() -> None:
    said = text(await Facts(since=date(2026, 11, 2)).says(why))
    assert said == "За 2–16 ноября ничего не начислено. Сравнить пока не с чем: раньше договора не было"


async def test_minutes_are_of_the_calls_that_the_charge_names() -> None:
    abroad, near, mixed = "Международные разговоры", "Местные разговоры", "Междугородные и международные разговоры"
    usage = (spoken(Direction.INTERNATIONAL, 2400, 120_00), spoken(Direction.LOCAL, 60, 2_00))
    charged = month(11, (120_00, abroad, PHONE), (2_00, near, PHONE), (90_00, mixed, PHONE))
    lines = text(await Facts(charges_=tuple(charged), services_=ALL, usage_=usage).says(why)).splitlines()
    of = {title: next(line for line in lines if line.startswith(f"• {title}:")) for title in (abroad, near, mixed)}
    assert of[abroad].endswith("Время разговоров: было 0 с, стало 40 мин")
    assert of[near].endswith("Время разговоров: было 0 с, стало 1 мин")
    assert of[mixed].endswith("Международная связь, было 0 с, стало 40 мин")


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Междугородные и международные разговоры", {Direction.INTERCITY, Direction.INTERNATIONAL}),
        ("Внутризоновые разговоры", {Direction.ZONE}),
        ("Разговоры с мобильными номерами", {Direction.MOBILE}),
        ("Long-distance calls", {Direction.INTERCITY}),
        ("International calls", {Direction.INTERNATIONAL}),
        ("Chamadas locais", {Direction.LOCAL}),
        ("Chamadas para celulares", {Direction.MOBILE}),
        ("Разговоры", set()),
        ("Плата за место", set()),
    ],
)
def test_which_directions_a_title_names(title: str, named: set[Direction]) -> None:
    assert directions(title) == named


async def test_a_month_cut_by_the_contract_is_compared_as_it_is() -> None:
    anna = Facts(since=date(2026, 10, 9), charges_=(taken(date(2026, 11, 2), 500_00, "Плата"),))
    assert "больше, чем за 9–16 октября" in text(await anna.says(why))


async def test_without_usage_details_and_services_fewer_reasons_are_known() -> None:
    said = text(await dearer(can=frozenset({Capability.CHARGES})).says(why))
    assert said.startswith("Начислено 1 080,00 ₽ за 1–16 ноября: это на 569,00 ₽ больше")
    assert "Сильнее всего" not in said


async def test_usage_that_is_not_kept_so_long_is_not_asked_for() -> None:
    assert "Сильнее всего" not in text(await dearer(keeps_days=20).says(why))


async def test_a_new_option_is_named_so() -> None:
    option = Option("a", INTERNET.id, "o", "Антивирус", Status.ACTIVE, rubles(99_00))
    anna = Facts(
        charges_=(*month(10, (1, FEE, INTERNET)), *month(11, (1, FEE, INTERNET), (99_00, "Антивирус", INTERNET))),
        services_=ALL,
        details_=(Details("a", INTERNET.id, (option,)),),
    )
    assert "• Антивирус: на 99,00 ₽ больше. Новая опция, раньше её не было" in text(await anna.says(why))


async def test_a_billing_that_cannot_tell() -> None:
    assert "Этих сведений у меня нет" in text(await Facts(can=frozenset({Capability.BALANCE})).says(why))


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("why:2026-10-31:2026-10-01", "Конец периода раньше начала."),
        ("why:2030-01-01:2030-01-31", "Этот период ещё не наступил."),
        ("why:x", "Эта кнопка устарела."),
        ("why:2019-01-01:2019-12-31", "Тогда договора ещё не было."),
    ],
)
async def test_old_and_forged_buttons(action: str, sentence: str) -> None:
    assert text(await Facts().presses(why, action)).startswith(sentence)


async def test_other_words_are_left_to_others() -> None:
    with pytest.raises(NotMine):
        await Facts().says(why, "баланс", waiting="why")


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_long_titles_and_many_charges_fit(language: str) -> None:
    title = "<b>Широкополосный</b> доступ *в сеть*\n" * 4
    found = tuple(
        taken(datetime(2026, 10 + n % 2, 1, 9, n // 10, tzinfo=UTC), n * 7919, f"{title}{n}") for n in range(500)
    )
    anna = Facts(charges_=found, services_=ALL, language=language)
    turn = await anna.says(why)
    within_limits(reply(turn))
    assert len(text(turn)) < 1500


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    anna = dearer()
    within_limits(reply(await anna.presses(why, ":".join(["why", *arguments]))))
    within_limits(reply(await anna.says(why, words)))


def test_a_service_without_a_fee_is_no_stumbling_block() -> None:
    bare = Service("a", "s", Kind.PHONE, "Т", Status.ACTIVE)
    assert only(compare(month(10, (1, "А", bare)), month(11, (2, "А", bare)), (bare,))).reason is Reason.SUM
