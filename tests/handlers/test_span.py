"""Monday 16 November 2026: the period that a list is about, when the billing does not reach so far."""

from datetime import date

import pytest

from billing.base import Period
from handlers.span import Span, note, span
from tests.handlers.money_asks import Facts

BEFORE, BEFORE_AT_ALL = "period-before-contract", "period-before-contract-at-all"
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 16))


def asked(text: str = "", action: str | None = None, *, since: date | None = None, kept: int | None = None) -> Span:
    anna = Facts(since=since)
    ask = anna.ask(text, action)
    return span(ask, anna.the_account, "payments", ask.arguments, kept=kept)


@pytest.mark.parametrize(
    ("text", "since", "kept", "period", "why"),
    [
        ("за октябрь", None, None, Period(date(2026, 10, 1), date(2026, 10, 31)), ""),
        ("за октябрь", date(2026, 10, 1), None, Period(date(2026, 10, 1), date(2026, 10, 31)), ""),
        ("за октябрь", date(2026, 10, 9), None, Period(date(2026, 10, 9), date(2026, 10, 31)), BEFORE),
        ("за октябрь", date(2026, 10, 31), None, Period(date(2026, 10, 31), date(2026, 10, 31)), BEFORE),
        ("за октябрь", date(2026, 11, 1), None, NOVEMBER, BEFORE_AT_ALL),
        ("за 2019 год", date(2026, 11, 9), None, Period(date(2026, 11, 9), NOVEMBER.last), BEFORE_AT_ALL),
        ("", date(2026, 11, 9), None, Period(date(2026, 11, 9), NOVEMBER.last), ""),
        ("за октябрь", None, 30, Period(date(2026, 10, 18), date(2026, 10, 31)), "period-not-kept"),
        ("за сентябрь", None, 30, NOVEMBER, "period-not-kept-at-all"),
        ("за октябрь", date(2026, 10, 25), 30, Period(date(2026, 10, 25), date(2026, 10, 31)), BEFORE),
        ("за октябрь", date(2026, 10, 5), 30, Period(date(2026, 10, 18), date(2026, 10, 31)), "period-not-kept"),
        ("за 31 ноября", date(2026, 11, 9), None, Period(date(2026, 11, 9), NOVEMBER.last), "period-no-such-day"),
    ],
)  # fmt: skip
def test_a_period_is_cut_to_what_there_is_and_that_is_said(
    text: str, since: date | None, kept: int | None, period: Period, why: str
) -> None:
    found = asked(text, since=since, kept=kept)
    assert (found.period, found.note) == (period, why)


def test_a_button_is_cut_as_words_are() -> None:
    found = asked(action="payments:2020-01-01:2026-11-16:3", since=date(2026, 10, 9))
    assert (found.period, found.page) == (Period(date(2026, 10, 9), NOVEMBER.last), 3)


def test_the_day_is_said() -> None:
    anna = Facts(since=date(2026, 10, 9))
    ask = anna.ask("за октябрь")
    said = note(ask, span(ask, anna.the_account, "payments", ()))
    assert said.replace("\u00a0", " ") == "Договор действует с 9 октября: показано с этого дня."


def test_a_contract_of_tomorrow_shows_today() -> None:
    assert asked(since=date(2026, 11, 20)).period == Period(NOVEMBER.last, NOVEMBER.last)
