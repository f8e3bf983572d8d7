"""The sheet as a spreadsheet takes it in."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures.sheet import Cell, Sheet


def taken_in(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def cell(value: Cell) -> str:
    return taken_in(Sheet(("a",), ((value,),)).draw())[1][0]


def test_a_russian_excel_opens_it() -> None:
    rows = (
        (date(2026, 10, 3), "Банковская карта", Decimal("1950.00"), 3),
        (datetime(2026, 10, 4, 9, 5, tzinfo=UTC), "Возврат; «ошибка»", Decimal("-0.50"), -1),
    )
    assert (
        Sheet(("Дата", "Способ", "Сумма, ₽", "Дней"), rows).draw()
        == (
            "\ufeffДата;Способ;Сумма, ₽;Дней\r\n"
            "03.10.2026;Банковская карта;1950,00;3\r\n"
            '04.10.2026 09:05;"Возврат; «ошибка»";-0,50;-1\r\n'
        ).encode()
    )


@pytest.mark.parametrize(
    "text", ["=1+1", "+7 912", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "＝1", "−5"]
)
def test_no_text_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1+1", "№ 5", "a=b", "'=1", 'скажи "да"', "две\nстроки", "a;b"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.00"), "0,00"),
        (Decimal("-12345678.90"), "-12345678,90"),
        (10**15, "1" + "0" * 15),
    ],
)
def test_numbers_are_numbers(value: Cell, text: str) -> None:
    data = Sheet(("a",), ((value,),)).draw()
    assert data.decode("utf-8-sig") == f"a\r\n{text}\r\n"


@given(
    st.lists(
        st.tuples(st.text(), st.text(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=2))
    )
)
def test_any_rows_are_taken_in_as_they_were_given(rows: list[tuple[str, str, int, Decimal]]) -> None:
    found = taken_in(Sheet(("a", "b", "c", "d"), tuple(rows)).draw())
    assert [len(row) for row in found] == [4] * (len(rows) + 1)
    for (first, second, whole, sum_), row in zip(rows, found[1:], strict=True):
        for text, shown in ((first, row[0]), (second, row[1])):
            assert shown.removeprefix("'") == text.replace("\0", "").removeprefix("'")
            assert not shown.lstrip().startswith(("=", "+", "-", "@"))
        assert int(row[2]) == whole
        assert Decimal(row[3].replace(",", ".")) == sum_


def test_half_a_letter_costs_nobody_the_file() -> None:
    assert cell("a\ud83d") == "a?"
