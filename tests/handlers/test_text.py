"""Figures, days and times as each language writes them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_time
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Money, Period
from handlers.text import (
    LANGUAGES,
    LOCALES,
    NBSP,
    PLAIN,
    Say,
    brief,
    bundle,
    fill,
    negotiate,
    sentences,
    spaced,
    tail,
    template,
)

TODAY = date(2026, 11, 16)
THIN = {"\u202f", "\u2009", "\u2068", "\u2069"}


def say(language: str, zone: str = "Europe/Moscow") -> Say:
    return Say(language, TODAY, zone, strict=True)


@pytest.mark.parametrize(
    ("language", "minor", "currency", "shown"),
    [
        ("ru", 123456, "RUB", "1 234,56 ₽"), ("en", 123456, "RUB", "1,234.56 ₽"), ("pt", 123456, "RUB", "1.234,56 ₽"),
        ("ru", -123450, "RUB", "−1 234,50 ₽"), ("en", -123450, "RUB", "−1,234.50 ₽"),
        ("pt", -123450, "RUB", "−1.234,50 ₽"), ("ru", 0, "RUB", "0,00 ₽"), ("ru", 5, "RUB", "0,05 ₽"),
        ("ru", 10**13, "RUB", "100 000 000 000,00 ₽"), ("pt", 5075, "BRL", "R$ 50,75"), ("en", 5075, "EUR", "€50.75"),
        ("ru", 5075, "EUR", "50,75 €"), ("ru", -1234, "JPY", "−1 234 ¥"),
    ],
)  # fmt: skip
def test_money(language: str, minor: int, currency: str, shown: str) -> None:
    text = say(language).money(Money(minor, currency))
    assert text.replace(NBSP, " ") == shown
    assert " " not in text  # a sum is never broken over two lines


@given(st.integers(-(10**13), 10**13), st.sampled_from(LANGUAGES))
def test_printed_money_is_the_money(minor: int, language: str) -> None:
    text = say(language).money(Money(minor))
    digits = "".join(c for c in text if c in "0123456789")
    assert int(digits) * (-1 if text.startswith("−") else 1) == minor
    assert not THIN & set(text)
    assert text[-4] == ("." if language == "en" else ",") or text[-5] == ("." if language == "en" else ",")


@given(st.integers(0, 10**13), st.sampled_from(LANGUAGES))
def test_rubles_are_written_as_the_libraries_write_them(minor: int, language: str) -> None:
    figure = format_decimal(Decimal(minor).scaleb(-2), format="#,##0.00", locale=LOCALES[language])
    assert say(language).money(Money(minor)) == f"{spaced(figure)}{NBSP}₽"


@pytest.mark.parametrize(
    ("language", "day", "shown"),
    [
        ("ru", date(2026, 11, 28), "28 ноября"), ("ru", date(2027, 1, 1), "1 января 2027 г."),
        ("en", date(2026, 11, 28), "28 November"), ("en", date(2025, 5, 3), "3 May 2025"),
        ("pt", date(2026, 11, 28), "28 de novembro"), ("pt", date(2025, 3, 1), "1 de março de 2025"),
    ],
)  # fmt: skip
def test_days(language: str, day: date, shown: str) -> None:
    assert say(language).day(day).replace(NBSP, " ") == shown


def test_a_sentence_that_ends_with_a_year_has_one_point() -> None:
    said = say("ru")("promised-bill-due", sum=Money(100), day=date(2027, 1, 1)).replace(NBSP, " ")
    assert "до 1 января 2027 г. Это" in said


@pytest.mark.parametrize(
    ("language", "shown"), [("ru", "ноябрь 2026"), ("en", "November 2026"), ("pt", "novembro de 2026")]
)
def test_months(language: str, shown: str) -> None:
    assert say(language).month(TODAY) == shown


@pytest.mark.parametrize(
    ("language", "first", "last", "shown"),
    [
        ("ru", date(2026, 10, 1), date(2026, 10, 31), "1–31 октября"),
        ("en", date(2026, 10, 1), date(2026, 10, 31), "1–31 October"),
        ("pt", date(2026, 10, 1), date(2026, 10, 31), "1–31 de outubro"),
        ("ru", date(2026, 10, 28), date(2026, 11, 3), "28 октября – 3 ноября"),
        ("ru", date(2025, 12, 1), date(2026, 1, 31), "1 декабря 2025 г. – 31 января 2026 г."),
        ("ru", date(2025, 3, 1), date(2025, 3, 31), "1–31 марта 2025 г."),
        ("en", date(2025, 12, 1), date(2026, 1, 31), "1 December 2025 – 31 January 2026"),
        ("pt", date(2025, 12, 1), date(2026, 1, 31), "1 de dezembro de 2025 – 31 de janeiro de 2026"),
        ("ru", date(2026, 10, 5), date(2026, 10, 5), "5 октября"),
    ],
)
def test_periods(language: str, first: date, last: date, shown: str) -> None:
    assert say(language).period(Period(first, last)).replace(NBSP, " ") == shown


def test_a_moment_is_of_the_customers_clock() -> None:
    moment = datetime(2026, 11, 16, 7, 42, tzinfo=UTC)
    assert say("ru").moment(moment) == "10:42"
    assert say("ru", "Asia/Vladivostok").moment(moment) == "17:42"
    assert say("ru", "America/Sao_Paulo").moment(moment) == "04:42"
    assert say("ru").moment(moment - timedelta(days=1)) == "15 ноября, 10:42"
    assert say("en").moment(moment.replace(hour=23)) == "17 November, 02:42"
    assert say("pt").moment(moment) == "10:42"


@pytest.mark.parametrize(
    ("language", "until", "on"),
    [
        ("ru", ["понедельника", "вторника", "среды", "четверга", "пятницы", "субботы", "воскресенья"],
         ["в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"]),
        ("en", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
         ["on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday"]),
        ("pt", ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
         ["na segunda-feira", "na terça-feira", "na quarta-feira", "na quinta-feira", "na sexta-feira", "no sábado",
          "no domingo"]),
    ],
)  # fmt: skip
def test_weekdays_in_their_cases(language: str, until: list[str], on: list[str]) -> None:
    week = [TODAY + timedelta(days=n) for n in range(7)]
    assert [say(language).until(day).split(", ")[0] for day in week] == until
    assert [say(language).on(day).split(", ")[0] for day in week] == on
    assert say("ru").until(date(2026, 11, 25)) == "среды, 25 ноября"


def test_the_day_of_the_customer() -> None:
    late = datetime(2026, 11, 16, 22, 0, tzinfo=UTC)
    assert Say.at(late, "ru", "Europe/Moscow").today == date(2026, 11, 17)
    assert Say.at(late, "pt", "America/Sao_Paulo").today == date(2026, 11, 16)


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        (("pt-br",), "pt"),
        (("pt_BR",), "pt"),
        (("EN",), "en"),
        (("de", "en"), "en"),
        (("uk",), "ru"),
        ((None, ""), "ru"),
    ],
)
def test_negotiation(wishes: tuple[str | None, ...], language: str) -> None:
    assert negotiate(*wishes) == language


def test_a_broken_sentence_raises_in_tests_and_never_in_production() -> None:
    with pytest.raises(LookupError):
        say("en")("no-such-sentence")
    with pytest.raises(LookupError):
        say("ru")("balance-now")  # its value is missing
    soft = Say("en", TODAY)
    broken = soft("sentence-broken")
    assert soft("no-such-sentence") == Say("ru", TODAY)("sentence-broken")
    assert broken
    assert "own" not in Say("ru", TODAY)("balance-now")


def test_values_are_formatted_on_their_way_into_a_sentence() -> None:
    text = say("ru")("balance-lasts", own=Money(350_00), day=date(2026, 11, 28))
    assert text == f"Баланс 350,00{NBSP}₽, хватит до 28 ноября"


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(LANGUAGES))
def test_hours_are_written_as_the_libraries_write_them(moment: datetime, language: str) -> None:
    here = Say(language, moment.date(), "UTC", strict=True)
    assert here.moment(moment) == format_time(moment, "HH:mm", locale=LOCALES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_says_what_fluent_says(language: str) -> None:
    found = bundle(language)
    names = [name for name in found._messages if template(language, name) is not None]
    assert len(names) > len(found._messages) / 2
    for name in names:
        wanted = set(re.findall(r"{([^{}]+)}", template(language, name) or ""))
        values = {one: f"<{{{one}}} {{0}}>" for one in wanted}
        assert fill(found, name, values) == (say(language)(name, **values), [])


def test_a_value_that_is_too_long_is_refused_in_a_template_as_well() -> None:
    assert template("ru", "figure-own") is not None
    assert Say("ru", TODAY)("figure-own", own="9" * PLAIN).endswith("9" * PLAIN)
    with pytest.raises(LookupError):
        say("ru")("figure-own", own="9" * 3000)


def test_what_is_remembered_is_of_its_language_its_year_its_day_its_zone_and_its_currency() -> None:
    """The same values, said in turns, so that what one leaves behind would show in the next."""
    new_year, moment = date(2027, 1, 1), datetime(2026, 12, 31, 21, 30, tzinfo=UTC)
    told = []
    for _ in range(2):
        for today in (date(2026, 12, 31), new_year):
            for language in LANGUAGES:
                for zone in ("Europe/Moscow", "Asia/Vladivostok"):
                    one = Say(language, today, zone, strict=True)
                    sums = tuple(one("figure-own", own=Money(100_050, each)) for each in ("RUB", "EUR", "USD"))
                    days = one("balance-lasts", own=Money(1), day=new_year), one("figures-at", at=moment)
                    counts = tuple(one("payments-total", count=n, total=Money(n), period=Period(today, today))
                                   for n in (1, 2, 5))  # fmt: skip
                    told.append((*sums, *days, *counts))
    half = len(told) // 2
    assert told[:half] == told[half:]
    assert len({row[0] for row in told}) == 3  # a language each
    assert len({row[4] for row in told}) == 3 * 2 * 2  # and a day and a zone
    assert all(len(set(row[:3])) == 3 and len(set(row[5:])) == 3 for row in told)
    assert any("2027" in row[3] for row in told)
    assert any("2027" not in row[3] for row in told)


def test_a_sentence_knows_its_plural_and_leaves_no_marks() -> None:
    text = say("ru")("payments-total", count=1_002, total=Money(0), period=Period(TODAY, TODAY))
    assert text.replace(NBSP, " ") == "1 002 платежа на 0,00 ₽ за 16 ноября"
    assert not THIN & set(text)


def test_somebody_elses_words_stay_one_short_line() -> None:
    assert brief("  Банковская \n карта ") == "Банковская карта"
    assert brief("x" * 100) == "x" * 59 + "…"
    assert tail("100000001234") == "…1234"


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_questions(language: str) -> None:
    known = sentences(language)
    assert {"balance", "debt", "pay", "payments"} <= set(known)
    assert all(" | " in known[name] for name in ("balance", "debt", "pay", "payments"))
    assert bundle(language) is bundle(language)
