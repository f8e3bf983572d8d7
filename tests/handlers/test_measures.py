"""Bytes and seconds in words: right to the digit shown, in three languages, whatever the number."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.measures import STEP, UNITS, scaled, size, talk
from handlers.text import LANGUAGES, Say
from tests.clock import NOON

GB = STEP**3


def say(language: str = "ru") -> Say:
    return Say.at(NOON, language, "Europe/Moscow")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 Б"),
        (1, "1 Б"),
        (1023, "1 023 Б"),
        (1024, "1 КБ"),
        (1536, "1,5 КБ"),
        (STEP**2 - 1, "1 МБ"),  # 1023,999 КБ
        (int(GB * 12.4), "12,4 ГБ"),
        (GB * 1023 + GB * 94 // 100, "1 023,9 ГБ"),
        (GB * 1023 + GB * 96 // 100, "1 ТБ"),
        (GB * STEP * 3000, "3 000 ТБ"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert plain(size(say(), count)) == said


@pytest.mark.parametrize(("language", "said"), [("ru", "1,2 ГБ"), ("en", "1.2 GB"), ("pt", "1,2 GB")])
def test_the_readers_own_comma(language: str, said: str) -> None:
    assert size(say(language), GB * 12 // 10) == said.replace(" ", "\u00a0"), "and one line, whatever the width"


@given(st.integers(0, STEP**5 * 2))
def test_the_figure_is_the_nearest_and_the_unit_the_one_that_reads_best(count: int) -> None:
    tenths, unit = scaled(count)
    assert abs(Decimal(count) * 10 / STEP**unit - tenths) <= Decimal("0.5")
    assert tenths < STEP * 10 or unit == len(UNITS) - 1
    assert unit == 0 or tenths >= 10, "never «0,9 ГБ»"


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_more_is_never_said_as_less(a: int, b: int) -> None:
    small, large = sorted((a, b))
    (tenths, unit), (more, larger) = scaled(small), scaled(large)
    assert (unit, tenths) <= (larger, more)


@pytest.mark.parametrize("language", LANGUAGES)
@given(count=st.integers(0, 10**16))
def test_every_size_reads_back(language: str, count: int) -> None:
    group, point = {"ru": ("\u00a0", ","), "en": (",", "."), "pt": (".", ",")}[language]
    figure = size(say(language), count).rpartition("\u00a0")[0]
    tenths, _ = scaled(count)
    assert Decimal(figure.replace(group, "").replace(point, ".")) * 10 == tenths


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 с"), (45, "45 с"), (60, "1 мин"), (750, "12 мин 30 с"), (3600, "60 мин"), (74405, "1 240 мин 5 с")],
)
def test_talks(seconds: int, said: str) -> None:
    assert plain(talk(say(), seconds)) == said


@given(st.integers(0, 10**9))
def test_every_talk_reads_back(seconds: int) -> None:
    found = re.fullmatch(r"(?:([0-9 ]+) min)?\s?(?:([0-9]+) s)?", plain(talk(say("en"), seconds)).replace(",", ""))
    assert found is not None
    assert int(found[1] or 0) * 60 + int(found[2] or 0) == seconds
