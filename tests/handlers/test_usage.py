"""Monday 16 November 2026. Statistics of a service: traffic by day, calls by direction, purchases; by any period."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import Reply
from adapters.fit import units
from adapters.telegram import LIMITS as TELEGRAM
from billing.base import Capability, Direction, Kind, Money, Period, Status, Usage, Use
from handlers.ask import Ask, NotMine, Turn
from handlers.span import Unclear
from handlers.subject import mark
from handlers.text import LANGUAGES, Say
from handlers.usage import MOST, days, parts, usage
from pictures.bars import Bars
from pictures.base import Drawing
from storage.base import Dialogue, Saw
from tests.clock import NOON
from tests.handlers.money_asks import Facts, actions, labels, reply, rubles, service, text

GB = 2**30
INTERNET = service()
PHONE = service("Домашний телефон", 200_00, kind=Kind.PHONE)
TV = service("Телевидение", 250_00, kind=Kind.TV)
CAMERA = service("Видеонаблюдение", kind=Kind.OTHER)
OWN = {"internet": mark(INTERNET), "phone": mark(PHONE), "tv": mark(TV)}
HINT = "Другой период можно написать словами: «за март», «с 1 по 15 октября»."


def november(day: int) -> date:
    return date(2026, 11, day)


def traffic(day: date, received: int, sent: int = 0) -> tuple[Usage, ...]:
    both = ((Use.RECEIVED, received), (Use.SENT, sent))
    return tuple(Usage("a", INTERNET.id, day, use, amount) for use, amount in both if amount)


def talked(day: date, where: Direction, count: int, seconds: int, cost: int | None = None) -> Usage:
    money = None if cost is None else rubles(cost)
    return Usage("a", PHONE.id, day, Use.CALLS, seconds, count, money, where)


def bought(day: date, title: str, cost: int | None) -> Usage:
    return Usage("a", TV.id, day, Use.PURCHASE, 1, cost=None if cost is None else rubles(cost), title=title)


def house(*rows: Usage, **more: Any) -> Facts:
    return Facts(services_=(INTERNET, PHONE, TV, CAMERA), usage_=rows, **more)


async def drawn(anna: Facts, action: str) -> tuple[Turn, list[Drawing]]:
    seen: list[Drawing] = []

    async def draw(one: Drawing) -> bytes:
        seen.append(one)
        return b"png"

    return await usage(replace(anna.ask(action=action), draw=draw), anna.the_account), seen


def waiting(anna: Facts, words: str, **data: str) -> Ask:
    ask = anna.ask(words, waiting="usage")
    return replace(ask, memory=replace(ask.memory, dialogue=Dialogue("usage", data)))


def within_limits(shown: Reply) -> None:
    buttons = [button for row in shown.keyboard for button in row]
    assert len(buttons) <= 10
    assert all(len(button.label) <= 32 for button in buttons)
    assert all(len((button.action or "").encode()) <= 64 for button in buttons)
    assert len(shown.keyboard) <= 6


# ── Traffic ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_traffic_of_this_month() -> None:
    anna = house(*traffic(november(2), 3 * GB, GB // 2), *traffic(november(15), 12 * GB))
    turn, (picture,) = await drawn(anna, f"usage:{OWN['internet']}")
    assert text(turn) == (
        "Домашний интернет: 15,5 ГБ за 1–16 ноября\n"
        "Получено 15 ГБ, отправлено 512 МБ\n"
        "В среднем за день: 992 МБ\n"
        "Больше всего: 15 ноября, 12 ГБ\n\n"
        "По датам, получено + отправлено:\n2: 3 ГБ + 512 МБ\n15: 12 ГБ + 0 Б\nВ остальное время ничего\n\n" + HINT
    )
    assert labels(turn) == [["Этот месяц", "Прошлый месяц"], ["3 месяца", "Год"], ["Об услуге", "Другая услуга"]]
    assert turn.effects == (Saw("a", "usage", {"traffic": 15 * GB + GB // 2}),)
    assert turn.waits == "usage"
    assert turn.data == {"about": f"usage:{OWN['internet']}", "period": "2026-11-01:2026-11-16"}
    assert isinstance(picture, Bars)
    assert len(picture.bars) == 16, "every day that has begun, and none that has not"
    assert picture.bars[1].values == (3 * GB, GB // 2)
    assert picture.stacked
    assert [one.replace("\u00a0", " ") for one in picture.bars[1].text] == ["3 ГБ", "512 МБ"]
    assert reply(turn).picture is not None


async def test_the_figures_of_the_picture_stand_in_the_words() -> None:
    rows = [row for n in range(1, 17) for row in traffic(november(n), n * 777_777_777, n * 11_111_111)]
    turn, (picture,) = await drawn(house(*rows), f"usage:{OWN['internet']}")
    assert isinstance(picture, Bars)
    for bar in picture.bars:
        for figure in bar.text:
            assert figure in reply(turn).text
    assert picture.title in reply(turn).text


async def test_a_whole_month_fits_under_a_picture() -> None:
    rows = [row for n in range(1, 32) for row in traffic(date(2026, 10, n), n * 777_777_777, n * 11_111_111)]
    for language in LANGUAGES:
        turn, _ = await drawn(house(*rows, language=language), f"usage:{OWN['internet']}:last")
        assert units(reply(turn).text) <= (TELEGRAM.caption or 0), language


async def test_an_empty_period_is_said_and_not_drawn() -> None:
    turn, seen = await drawn(house(), f"usage:{OWN['internet']}:last")
    assert text(turn) == "Домашний интернет: за 1–31 октября ничего не использовано\n\n" + HINT
    assert not seen


async def test_one_day_has_no_bars() -> None:
    anna = house(*traffic(november(2), GB))
    turn, seen = await drawn(anna, f"usage:{OWN['internet']}:2026-11-02:2026-11-02")
    assert text(turn).startswith("Домашний интернет: 1 ГБ за 2 ноября\nПолучено 1 ГБ, отправлено 0 Б\n\n")
    assert not seen


async def test_the_words_alone_when_nothing_can_be_drawn() -> None:
    turn = await house(*traffic(november(2), GB)).presses(usage, f"usage:{OWN['internet']}")
    assert reply(turn).picture is None
    assert "1 ГБ" in text(turn)


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CALLS = (
    talked(november(3), Direction.LOCAL, 4, 750),
    talked(november(3), Direction.INTERCITY, 2, 605, 30_00),
    talked(november(9), Direction.INTERCITY, 1, 145, 15_60),
    talked(november(9), Direction.MOBILE, 1, 45, None),
)


async def test_calls_by_direction() -> None:
    turn, (picture,) = await drawn(house(*CALLS), f"usage:{OWN['phone']}")
    assert text(turn) == (
        "Домашний телефон: 25 мин 45 с, 8 звонков за 1–16 ноября\n"
        "Оплачивается сверх тарифа: 45,60 ₽\n"
        "В среднем за день: 1 мин 37 с\n"
        "Больше всего: 3 ноября, 22 мин 35 с\n\n"
        "По датам:\n3: 22 мин 35 с\n9: 3 мин 10 с\nВ остальное время ничего\n\n"
        "По направлениям:\n"
        "Местная связь: 4 звонка, 12 мин 30 с\n"
        "Междугородная связь: 3 звонка, 12 мин 30 с, сверх тарифа 45,60 ₽\n"
        "Звонки на мобильные: 1 звонок, 45 с\n\n" + HINT
    )
    assert isinstance(picture, Bars)
    assert picture.bars[2].values == (22 * 60 + 35,)
    assert actions(turn)["Об услуге"] == f"service:{OWN['phone']}"


async def test_the_direction_that_was_asked_for_comes_first() -> None:
    anna = house(*CALLS)
    said = text(await anna.says(usage, "сколько я наговорил по межгороду"))
    assert said.startswith("Междугородная связь: 3 звонка, 12 мин 30 с, сверх тарифа 45,60 ₽\n\nДомашний телефон")
    none = text(await anna.says(usage, "сколько я наговорил по международке в октябре"))
    assert none.startswith("Международная связь: звонков за 1–31 октября нет\n\n")


async def test_a_cost_inside_the_tariff_is_no_zero() -> None:
    said = text(await house(talked(november(3), Direction.LOCAL, 4, 750)).presses(usage, f"usage:{OWN['phone']}"))
    assert "₽" not in said


# ── Television; a service that has everything ─────────────────────────────────────────────────────────────────────


async def test_purchases_by_their_titles() -> None:
    anna = house(bought(november(8), "Сказка", 199_00), bought(november(5), "Канал «Ночь»", None))
    turn, (picture,) = await drawn(anna, f"usage:{OWN['tv']}")
    assert text(turn) == (
        "Телевидение: 2 покупки за 1–16 ноября\n"
        "Оплачивается сверх тарифа: 199,00 ₽\n\n"
        "8 ноября: Сказка, 199,00 ₽\n5 ноября: Канал «Ночь»\n\n" + HINT
    )
    assert isinstance(picture, Bars)
    assert picture.bars[7].values == (1,)


async def test_many_purchases_are_paged() -> None:
    anna = house(*(bought(date(2026, 10, 1 + n % 30), f"Фильм {n}", 100_00) for n in range(25)))
    turn = await anna.presses(usage, f"usage:{OWN['tv']}:last")
    seen = []
    for page in range(1, 4):
        within_limits(reply(turn))
        seen += [line for line in text(turn).splitlines() if "Фильм" in line]
        assert f"из {25}" in text(turn)
        if page < 3:
            turn = await anna.presses(usage, actions(turn)["Старее ›"])
            assert reply(turn).replaces == "m1"
    assert len(seen) == len(set(seen)) == 25


async def test_a_mobile_service_has_all_three() -> None:
    mobile = service("Мобильная связь", kind=Kind.MOBILE)
    rows = (*traffic(november(2), GB), CALLS[0], bought(november(5), "Гудок", 50_00))
    anna = Facts(services_=(mobile,), usage_=tuple(replace(row, service=mobile.id) for row in rows))
    turn, (picture,) = await drawn(anna, "usage")
    said = text(turn)
    assert "Мобильная связь: 1 ГБ за 1–16 ноября" in said
    assert "Мобильная связь: 12 мин 30 с, 4 звонка за 1–16 ноября" in said
    assert "Мобильная связь: 1 покупка за 1–16 ноября" in said
    assert isinstance(picture, Bars)
    assert picture.title.startswith("Мобильная связь: 1")
    assert "Другая услуга" not in actions(turn), "there is only this one"


# ── Which service ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_several_it_is_asked_which_and_the_period_is_kept() -> None:
    anna = house(*traffic(date(2026, 3, 5), GB))
    turn = await anna.says(usage, "статистика за март")
    assert text(turn) == "Статистику какой услуги показать за 1–31 марта?"
    assert labels(turn) == [["Домашний интернет"], ["Домашний телефон"], ["Телевидение"]], "no camera: nothing counted"
    chosen = await anna.presses(usage, actions(turn)["Домашний интернет"])
    assert text(chosen).startswith("Домашний интернет: 1 ГБ за 1–31 марта")
    assert reply(chosen).replaces == "m1"


async def test_the_answer_may_be_typed() -> None:
    anna = house(*traffic(date(2026, 3, 5), GB))
    asked = await anna.says(usage, "статистика за март")
    turn = await usage(waiting(anna, "интернет", **asked.data), anna.the_account)
    assert text(turn).startswith("Домашний интернет: 1 ГБ за 1–31 марта")


async def test_the_next_words_stay_with_the_service() -> None:
    anna = house(*traffic(date(2026, 3, 5), GB), *CALLS)
    first = await anna.presses(usage, f"usage:{OWN['internet']}")
    turn = await usage(waiting(anna, "а за март?", **first.data), anna.the_account)
    assert text(turn).startswith("Домашний интернет: 1 ГБ за 1–31 марта")
    turn = await usage(waiting(anna, "а по телефону?", **turn.data), anna.the_account)
    assert text(turn).startswith("Домашний телефон: за 1–31 марта ничего не использовано"), (
        "another service, the same period"
    )


@pytest.mark.parametrize(
    "words",
    [
        "баланс",
        "спасибо",
        "500",
        "2",
        "мои услуги",
        "сколько стоит интернет",
        "долг за март",
        "остаток минут",
        "сколько интернета потратил",
    ],
)
async def test_other_words_are_left_to_others(words: str) -> None:
    with pytest.raises(NotMine):
        await usage(waiting(house(), words, about=f"usage:{OWN['internet']}", period="2026-11-01:2026-11-16"),
                    house().the_account)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "head"),
    [
        ("сколько интернета потратил за неделю", "Домашний интернет: за 10–16 ноября"),
        ("статистика интернета", "Домашний интернет: за 1–16 ноября"),
        ("сколько я наговорил", "Домашний телефон: за 1–16 ноября"),
        ("статистика тв за прошлый месяц", "Телевидение: за 1–31 октября"),
        ("my data usage last month", "Домашний интернет: за 1–31 октября"),
        ("consumo de internet", "Домашний интернет: за 1–16 ноября"),
    ],
)
async def test_typed_questions(words: str, head: str) -> None:
    assert text(await house().says(usage, words)).startswith(head)


async def test_what_is_left_is_not_made_up() -> None:
    anna = house(*traffic(november(2), GB))
    ask = replace(anna.ask("сколько гигабайт осталось"), arguments=("left",))
    turn = await usage(ask, anna.the_account)
    assert text(turn).startswith("Сколько осталось в пакете, мне не видно")
    assert "Домашний интернет: 1 ГБ за 1–16 ноября" in text(turn)
    which = await usage(replace(anna.ask("остатки"), arguments=("left",)), anna.the_account)
    assert "Статистику какой услуги показать" in text(which)
    assert text(which).startswith("Сколько осталось в пакете, мне не видно")


async def test_nothing_is_counted() -> None:
    for services in ((), (CAMERA,), (replace(INTERNET, status=Status.OFF),)):
        said = text(await Facts(services_=services).says(usage, "статистика"))
        assert said == "На этом счёте нет услуг, по которым ведётся статистика."


async def test_twelve_services_are_chosen_by_pages() -> None:
    many = tuple(service(f"Интернет {n}", id=f"s{n}") for n in range(1, 13))
    anna = Facts(services_=many)
    turn = await anna.says(usage, "статистика за октябрь")
    within_limits(reply(turn))
    turn = await anna.presses(usage, actions(turn)["Ещё, страница 2"])
    assert "Интернет 12" in actions(turn)
    assert text(turn).endswith("за 1–31 октября?")


# ── Bad inputs ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", ["deadbeef", mark(CAMERA)])
async def test_a_mark_of_nobody_or_of_what_is_not_counted(given: str) -> None:
    turn = await house().presses(usage, f"usage:{given}:month")
    assert text(turn) == "Такой услуги на этом счёте нет. Выберите из тех, что есть:"
    assert set(actions(turn).values()) >= {f"usage:{own}" for own in OWN.values()}
    within_limits(reply(turn))


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2027-01-01:2027-01-31", "Этот период ещё не наступил"),
        ("2026-10-31:2026-10-01", "Конец периода раньше начала"),
        ("2026-13-01:2026-13-02", "Эта кнопка устарела"),
        ("2020-01-01:2020-01-31", "Тогда договора ещё не было"),
        ("2025-01-01:2026-11-16", "Договор действует с 14 марта 2025 г."),
    ],
)
async def test_periods_that_cannot_be(period: str, said: str) -> None:
    assert said in text(await house().presses(usage, f"usage:{OWN['internet']}:{period}"))


async def test_longer_than_the_billing_keeps() -> None:
    anna = house(*traffic(date(2026, 9, 20), GB), keeps_days=60)
    said = text(await anna.presses(usage, f"usage:{OWN['internet']}:year"))
    assert said.startswith("Данные хранятся с 18 сентября: показано с этого дня.\n\nДомашний интернет: 1 ГБ")
    gone = text(await anna.presses(usage, f"usage:{OWN['internet']}:2026-03-01:2026-03-31"))
    assert gone.startswith("Данные за это время уже не хранятся. Показан текущий месяц.")


async def test_a_question_back_knows_the_service() -> None:
    anna = house(language="en")
    with pytest.raises(Unclear) as back:
        await usage(anna.ask("internet usage from 03/04 to 05/04"), anna.the_account)
    assert back.value.turn.data == {"about": f"usage:{OWN['internet']}"}


@pytest.mark.parametrize("without", [Capability.USAGE, Capability.SERVICES])
async def test_a_billing_that_counts_nothing(without: Capability) -> None:
    anna = house(*traffic(november(2), GB), can=frozenset(Capability) - {without})
    assert "ГБ" not in text(await anna.says(usage, "статистика интернета"))


async def test_calls_are_offered_only_where_they_can_be_told() -> None:
    can = house(*CALLS)
    cannot = house(*CALLS, can=frozenset(Capability) - {Capability.CALLS})
    assert f"calls:open:{OWN['phone']}" in actions(await can.presses(usage, f"usage:{OWN['phone']}")).values()
    assert f"calls:open:{OWN['phone']}" not in actions(await cannot.presses(usage, f"usage:{OWN['phone']}")).values()
    assert f"calls:open:{OWN['internet']}" not in actions(await can.presses(usage, f"usage:{OWN['internet']}")).values()


# ── By day, week, month and year ──────────────────────────────────────────────────────────────────────────────────


def say(language: str = "ru") -> Say:
    return replace(Say.at(NOON, language, "Europe/Moscow"), strict=True)


@pytest.mark.parametrize(
    ("first", "last", "count", "label"),
    [
        (date(2026, 11, 1), date(2026, 11, 16), 16, "1"),
        (date(2026, 10, 17), date(2026, 11, 16), 31, "17 окт."),
        (date(2026, 10, 16), date(2026, 11, 16), 6, "16–18 окт."),
        (date(2026, 9, 29), date(2026, 11, 16), 8, "29 сент. – 4 окт."),
        (date(2025, 11, 17), date(2026, 11, 16), 13, "нояб. 2025 г."),
        (date(2000, 1, 1), date(2026, 11, 16), 27, "2000"),
    ],
)
def test_parts(first: date, last: date, count: int, label: str) -> None:
    made = parts(say(), Period(first, last))
    assert len(made) == count
    assert made[0][0].replace("\u00a0", " ") == label


@settings(max_examples=60)
@given(st.dates(date(1990, 1, 1), date(2026, 11, 16)), st.integers(0, 4000), st.sampled_from(LANGUAGES))
def test_the_parts_are_the_period_once(first: date, more: int, language: str) -> None:
    period = Period(first, min(first + timedelta(days=more), date(2026, 11, 16)))
    made = parts(say(language), period)
    assert [day for _, part in made for day in days(part)] == days(period)
    assert len(made) <= MOST
    assert len({label for label, _ in made}) == len(made), "no two bars of one name"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 10**12), st.integers(0, 10**11)), max_size=40),
    st.integers(0, 400),
)
async def test_the_bars_add_up_to_the_total(found: list[tuple[int, int, int]], back: int) -> None:
    rows = [row for n, got, sent in found for row in traffic(november(16) - timedelta(days=n), got, sent)]
    first = november(16) - timedelta(days=back)
    turn, seen = await drawn(house(*rows), f"usage:{OWN['internet']}:{first}:2026-11-16")
    inside = sum(row.amount for row in rows if row.day >= first)
    if seen:
        assert isinstance(seen[0], Bars)
        assert sum(sum(bar.values) for bar in seen[0].bars) == inside
    assert (turn.effects[0].figures.get("traffic", 0) if isinstance(turn.effects[0], Saw) else 0) == inside


# ── Whatever comes ────────────────────────────────────────────────────────────────────────────────────────────────


@given(arguments=st.lists(st.text(max_size=11), max_size=4), words=st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    anna = house(*traffic(november(2), GB), *CALLS, bought(november(5), "Фильм", 1))
    for own in (*OWN.values(), ""):
        given_ = ":".join(part for part in ("usage", own, *arguments) if part or not own)
        within_limits(reply(await anna.presses(usage, given_)))
    within_limits(reply(await anna.says(usage, words)))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_languages(language: str) -> None:
    anna = house(*traffic(november(2), GB), *CALLS, bought(november(5), "Film", 100), language=language)
    for own in OWN.values():
        for period in ("month", "last", "three", "year"):
            turn, _ = await drawn(anna, f"usage:{own}:{period}")
            within_limits(reply(turn))
            assert text(turn)
    assert Money(1)
