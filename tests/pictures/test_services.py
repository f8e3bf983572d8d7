"""The list of services: what it says, where it stands, and that no text spoils it."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictures.canvas import SMALL, Ink
from pictures.services import ICONS, MOST, Mood, Row, ServiceList, Sum
from tests.pictures.sight import boxes, is_png, letters, texts, well_made, words

LONG = (
    "Домашний интернет по технологии «Оптика до квартиры» с выделенной полосой пропускания и арендой оборудования "
    "повышенной надёжности"
)
HOME = (
    Row("internet", "Домашний интернет", "работает", "«Скорость 300»", "650,00 ₽ в месяц", Mood.GOOD),
    Row("phone", "Домашний телефон 3452 12-34-56", "приостановлен вами", "Повременный", "", Mood.QUIET),
    Row("tv", "Интерактивное ТВ", "отключено за долг", "Базовый", "320,00 ₽ в месяц", Mood.BAD),
)
SUMS = (Sum("Баланс всех услуг", "−214,50 ₽"), Sum("Долг", "214,50 ₽", Mood.BAD))
LIST = ServiceList("Ваши услуги", HOME, SUMS)


def test_everything_is_said_in_words() -> None:
    assert texts(LIST.canvas()) == [
        "Ваши услуги",
        *("Домашний интернет", "«Скорость 300»", "работает", "650,00 ₽ в месяц"),
        *("Домашний телефон 3452 12-34-56", "Повременный", "приостановлен вами"),
        *("Интерактивное ТВ", "Базовый", "отключено за долг", "320,00 ₽ в месяц"),
        *("−214,50 ₽", "Баланс всех услуг", "214,50 ₽", "Долг"),
    ]
    well_made(LIST.canvas())
    is_png(LIST.draw())


def test_without_colours_every_state_still_has_its_own_shape() -> None:
    shapes = []
    for mood in Mood:
        row = dataclasses.replace(HOME[0], state=mood)
        canvas = ServiceList("", (row,)).canvas()
        shapes.append([one for one in canvas.put if getattr(one, "radius", 0) == 14])
    assert len({str(one[0].strokes) for one in shapes}) == len(Mood)  # type: ignore[union-attr]


def test_every_kind_has_its_own_icon_and_an_unknown_one_has_one_too() -> None:
    assert len({str(strokes) for strokes in ICONS.values()}) == len(ICONS) == 5
    unknown = dataclasses.replace(LIST, rows=(dataclasses.replace(HOME[0], kind="satellite"),))
    other = dataclasses.replace(LIST, rows=(dataclasses.replace(HOME[0], kind="other"),))
    assert unknown.draw() == other.draw()


def test_the_same_value_is_the_same_picture() -> None:
    again = dataclasses.replace(LIST)
    assert again == LIST
    assert hash(again) == hash(LIST)
    assert again.draw() == LIST.draw()


@pytest.mark.parametrize(
    ("count", "note", "last"), [(12, "", ""), (14, "", "+2"), (14, "и ещё 2 услуги", "и ещё 2 услуги")]
)
def test_a_long_list_says_that_it_goes_on(count: int, note: str, last: str) -> None:
    made = ServiceList("Ваши услуги", tuple(HOME[i % 3] for i in range(count)), note=note)
    shown = texts(made.canvas())
    assert sum(text == "работает" for text in shown) == MOST // 3
    assert shown[-1] == (last or HOME[2].fee)
    well_made(made.canvas())
    is_png(made.draw())


@pytest.mark.parametrize("count", [0, 1, 12])
def test_names_of_130_letters_take_two_lines_and_end_in_an_ellipsis(count: int) -> None:
    row = Row("internet", LONG, LONG, LONG, "12 345 678,90 ₽ в месяц", Mood.BAD)
    made = ServiceList(LONG, (row,) * count, (Sum(LONG, "12 345 678,90 ₽"), Sum("Долг", LONG)), LONG)
    well_made(made.canvas())
    is_png(made.draw())
    assert len(LONG) >= 130
    if count:
        assert any(text.startswith("Домашний интернет по") for text in texts(made.canvas()))
        assert "12 345 678,90 ₽ в месяц" in texts(made.canvas())


def test_all_texts_are_large_enough_for_a_phone_and_dark_enough() -> None:
    for one in letters(LIST.canvas()):
        assert one.line.size >= SMALL >= 28
        assert one.line.ink not in {Ink.LINE, Ink.TINT, Ink.PAPER}
        assert one.line.on in {Ink.PAPER, Ink.TINT}


def test_texts_on_the_tinted_ground_know_that_they_are() -> None:
    canvas = LIST.canvas()
    ground = next(one for one in boxes(canvas) if one.ink is Ink.TINT and one.wide > 500)
    for one in letters(canvas):
        assert (one.line.on is Ink.TINT) == (ground.y < one.y < ground.y + ground.high)


rows = st.builds(Row, st.sampled_from([*ICONS, "?", ""]), words, words, words, words, st.sampled_from(Mood))
lists = st.builds(
    ServiceList,
    words,
    st.lists(rows, max_size=15).map(tuple),
    st.lists(st.builds(Sum, words, words, st.sampled_from(Mood)), max_size=3).map(tuple),
    words,
)


@settings(deadline=None, max_examples=100)
@given(lists)
def test_any_texts_make_a_well_made_picture(made: ServiceList) -> None:
    well_made(made.canvas())


@settings(deadline=None, max_examples=10)
@given(lists)
def test_any_texts_can_be_drawn(made: ServiceList) -> None:
    is_png(made.draw())
