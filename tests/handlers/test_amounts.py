"""Sums as people type them, in kopecks."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Money
from handlers.amounts import LARGEST, amount
from handlers.text import LANGUAGES, Say
from tests.clock import NOON


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [
        ("300", 300_00), ("300р", 300_00), ("300 р.", 300_00), ("300₽", 300_00), ("300 rub", 300_00), ("5,5", 5_50),
        ("1,5 тыс", 1_500_00), ("1.5 тыс. руб.", 1_500_00), ("2к", 2_000_00), ("2 т.р.", 2_000_00), ("2k", 2_000_00),
        ("1 500 рублей", 1_500_00), ("1500 рублей", 1_500_00), ("1 500", 1_500_00), ("R$ 50,75", 50_75),
        ("1 234,56 ₽", 1_234_56), ("1\u00a0234,56\u00a0₽", 1_234_56), ("1.234,56", 1_234_56), ("1,234.56", 1_234_56),
        ("1.500", 1_500_00), ("1,500", 1_500_00), ("0,01", 1), ("50 рублей 75 копеек", 50_75),
        ("пятьсот", 500_00), ("Пятьсот рублей", 500_00), ("сто пятьдесят", 150_00), ("двадцать пять", 25_00),
        ("тысяча", 1_000_00), ("две тысячи пятьсот", 2_500_00), ("на 200", 200_00), ("предупреждай на 200", 200_00),
        ("ниже 200 рублей", 200_00), ("порог 300", 300_00), ("fifty", 50_00), ("two hundred and fifty", 250_00),
        ("one thousand two hundred", 1_200_00), ("below 300 rubles", 300_00), ("cem", 100_00), ("quinhentos", 500_00),
        ("mil e quinhentos reais", 1_500_00), ("abaixo de 200", 200_00), ("1 млн", 1_000_000_00),
    ],
)  # fmt: skip
def test_sums(text: str, kopecks: int) -> None:
    assert amount(text) == kopecks


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "0", "0,00", "0 рублей", "ноль", "-5", "−5", "- 300", "1,234", "12.345", "0.500", "5,1234", "1,2,3",
        "1e9", "nan", "inf", "1_000", "0x10", "1 000 000 000 000", "500000000000", "999999 тыс", "12 34", "1.50.20",
        "200-300", "от 100 до 200", "10%", "привет", "много", "пять сто", "полтора", "8 912 345 67 89", "+79123456789",
        "01.10.2026", "за март", "300 баллов", "300 и 400", "１００", "٣٠٠", "²", "½", "1,5 мес", "рублей", "тыс 5",
        "300 " * 30, "9" * 100,
    ],
)  # fmt: skip
def test_what_is_no_sum(text: str) -> None:
    assert amount(text) is None


@given(st.integers(1, LARGEST), st.sampled_from(LANGUAGES))
def test_a_printed_sum_is_read_back(minor: int, language: str) -> None:
    say = Say(language, NOON.date(), strict=True)
    assert amount(say.money(Money(minor))) == minor
    assert amount(say.money(Money(-minor))) is None


@given(st.text(max_size=120))
def test_any_text(text: str) -> None:
    found = amount(text)
    assert found is None or 0 < found <= LARGEST


@pytest.mark.parametrize("text", ["1" * 100_000, "1 000 " * 20_000, "сто " * 25_000, "." * 100_000])
def test_a_hundred_thousand_characters(text: str) -> None:
    started = time.perf_counter()
    assert amount(text) is None
    assert time.perf_counter() - started < 1
