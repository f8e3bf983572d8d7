"""What came over the wire: exact, or Unreadable that names the field and never the value; no other exception."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import LARGEST, Money
from billing.upstream import Unreadable, decoded
from billing.wire import amount, day, moment, money, record, records, text, word

MOSCOW, YEKATERINBURG = ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Yekaterinburg")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
SUMS = st.decimals(min_value=-(10**12), max_value=10**12, places=2) | st.decimals(
    min_value=-(10**9), max_value=10**9, places=18
)


# ── Sums ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ("500.00", "500.00"), ("-319.75", "-319.75"), ("12,50", "12.50"), (" 12 ", "12"), ("+7", "7"),
        ("\u221212", "-12"), ("007", "7"), ("0.123456789012345678", "0.123456789012345678"), ("1000000000000", "1e12"),
        (0, "0"), (-5547, "-5547"), (10**12, "1e12"), (Decimal("1119.7499999"), "1119.7499999"),
        (Decimal("1E+3"), "1000"), (Decimal("-0.00"), "0"), (Decimal("0E+999999"), "0"),
        (Decimal("5.684341886080802E-14"), "5.6843E-14"), (Decimal("1E-999999"), "0"),
    ],
)  # fmt: skip
def test_a_sum_is_read_exactly(value: object, exact: str) -> None:
    assert amount(value, "amount") == Decimal(exact)


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 1.5, float("nan"), "", "  ", "string", "NaN", "Infinity", "1e9", "1E9", "0x10", "1 234",
        "1_000", "12.", ".5", "1.2.3", "1,234.50", "--1", "١٢", "１２", "1\u00a0000", "0." + "1" * 19, "1" * 14,
        "1000000000001",
        "9" * 5000, 10**12 + 1, -(10**40), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity"),
        Decimal("-3.402823669209385e+38"), Decimal("1E+999999999"), Decimal("1000000000000.01"), [], {}, [1],
        {"value": 1}, b"1", date(2026, 1, 1),
    ],
)  # fmt: skip
def test_what_is_no_sum_is_refused_by_its_field_and_never_by_its_value(value: object) -> None:
    with pytest.raises(Unreadable) as caught:
        amount(value, "remainingAmount")
    assert str(caught.value) in {
        "remainingAmount: not a sum", "remainingAmount: not a finite sum", "remainingAmount: an absurd sum",
    }  # fmt: skip


@given(ANYTHING)
def test_anything_is_a_decimal_within_reason_or_unreadable(value: object) -> None:
    try:
        found = amount(value, "sum")
    except Unreadable as error:
        told = str(error)
    else:
        told = ""
        assert type(found) is Decimal
        assert abs(found) <= 10**12
        assert abs(found) > LARGEST // 100 or type(money(found, "RUB").minor) is int
    assert told in {"", "sum: not a sum", "sum: not a finite sum", "sum: an absurd sum"}


@given(SUMS)
def test_a_sum_comes_back_exactly_as_number_and_as_text(value: Decimal) -> None:
    plain = format(value, "f")
    assert amount(plain, "sum") == amount(plain.replace(".", ","), "sum") == value
    fine, data = decoded(f'{{"sum": {plain}}}'.encode())
    assert fine
    assert amount(data["sum"], "sum") == value


@given(st.integers(min_value=-LARGEST, max_value=LARGEST))
def test_kopecks_come_back_exactly(minor: int) -> None:
    assert money(amount(f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}", "sum"), "RUB") == Money(
        minor, "RUB"
    )


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_sums_are_rounded_once_half_up(value: Decimal) -> None:
    found = money(value, "RUB").minor
    assert found == int((value * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert money(-value, "RUB").minor == -found


def test_parts_of_a_kopeck_add_up_before_they_are_rounded() -> None:
    rows = [amount(one, "sum") for one in ("0.004", "0.004", "0.002")]
    assert money(sum(rows, Decimal(0)), " rub ") == Money(1, "RUB")
    assert money(Decimal("-0.005"), "RUB").minor == -1
    assert money(amount("0.004999999999999999", "sum"), "RUB").minor == 0
    assert money(amount("9999999999.004999999999999999", "sum"), "RUB").minor == 999_999_999_900


@pytest.mark.parametrize("currency", ["", "R", "рубль", "RUBLE", "R B", "643", "РУБ"])
def test_a_currency_has_three_letters(currency: str) -> None:
    with pytest.raises(Unreadable, match=r"^currency: not three letters$"):
        money(Decimal(1), currency)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+999999999", "100000000000.01", "-1E+14"])
def test_an_absurd_sum_is_no_money(value: str) -> None:
    with pytest.raises(Unreadable, match=r"^an absurd sum$"):
        money(Decimal(value), "RUB")


# ── Times ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "at", "on"),
    [
        ("2026-11-16T12:00:00Z", "2026-11-16T12:00", "2026-11-16"),
        ("2026-11-16t12:00:00z", "2026-11-16T12:00", "2026-11-16"),
        ("2026-11-16T23:00:00.5+00:00", "2026-11-16T23:00:00.500", "2026-11-17"),
        ("2026-11-16T23:00:00.123456789-0500", "2026-11-17T04:00:00.123456", "2026-11-17"),
        ("2026-11-16T23:00+05", "2026-11-16T18:00", "2026-11-16"),
        ("2026-11-16 00:30:00", "2026-11-15T19:30", "2026-11-16"),
        (" 2026-11-16T00:30 ", "2026-11-15T19:30", "2026-11-16"),
        ("2026-11-16", "2026-11-15T19:00", "2026-11-16"),
        ("2024-02-29", "2024-02-28T19:00", "2024-02-29"),
        ("2026-11-25T23:59:59.999Z", "2026-11-25T23:59:59.999", "2026-11-25"),
        ("2026-11-25T00:00:00+09:00", "2026-11-24T15:00", "2026-11-25"),
        ("2026-11-25T23:59:58Z", "2026-11-25T23:59:58", "2026-11-26"),
        ("2100-12-31", "2100-12-30T19:00", "2100-12-31"),
    ],
)
def test_moments_are_utc_and_days_the_accounts_own(value: str, at: str, on: str) -> None:
    assert moment(value, YEKATERINBURG) == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert day(value, YEKATERINBURG) == date.fromisoformat(on)


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", "0000-00-00", "0000-00-00 00:00:00", "1937-05-05", "1989-12-31", "2101-01-02",
        "9999-12-31T23:59:59",
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "2026-13-01", "2026-11-16T25:00:00",
        "2026-11-16T12:00:00+99:00", "string", "16.11.2026", "20261116", "2026-W47-1", "2026-11-16T12", "٢٠٢٦-١١-١٦",
        "2026-11-16T12:00:00Z trailing", 20261116, 1763290800, Decimal(1), True, [], {}, ["2026-11-16"],
    ],
)  # fmt: skip
def test_what_is_no_time_of_ours_is_none(value: object) -> None:
    assert moment(value, MOSCOW) is None
    assert day(value, MOSCOW) is None


def test_seconds_since_1970_are_read_where_they_are_told_only() -> None:
    at = datetime(2026, 11, 16, 9, tzinfo=UTC)
    for value in (int(at.timestamp()), str(int(at.timestamp())), Decimal(int(at.timestamp()))):
        assert moment(value, MOSCOW, epoch=True) == at
        assert moment(value, MOSCOW) is None
    for nonsense in (0, -5, 10**10, 10**11, 10**400, "1e9", Decimal("1.5"), Decimal("1E+20")):
        assert moment(nonsense, MOSCOW, epoch=True) is None
    assert moment("2026-11-16T12:00:00", MOSCOW, epoch=True) == at


@given(st.integers(min_value=700_000_000, max_value=4_000_000_000), st.sampled_from([MOSCOW, YEKATERINBURG]))
def test_a_moment_comes_back_exactly(seconds: int, zone: ZoneInfo) -> None:
    aware = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=seconds % 10**6)
    for shown in (aware, aware.astimezone(zone)):
        assert moment(shown.isoformat(), MOSCOW) == aware
    assert day(aware.isoformat(), zone) == aware.astimezone(zone).date()
    assert moment(aware.replace(tzinfo=None).isoformat(sep=" "), UTC) == aware


@given(ANYTHING | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?\Z"))
def test_anything_is_a_moment_of_our_time_or_none(value: object) -> None:
    for epoch in (False, True):
        at = moment(value, MOSCOW, epoch=epoch)
        assert at is None or (at.tzinfo is UTC and 1990 <= at.year <= 2100)
    on = day(value, MOSCOW)
    assert on is None or (type(on) is date and 1990 <= on.year <= 2100)


# ── Texts ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, ""), ("  Иван ", "Иван"), (79261234567, "79261234567"), (Decimal("79261234567"), "79261234567"),
        (Decimal("7.9261234567E+10"), "79261234567"), (Decimal("12.50"), "12.50"), (Decimal("12.0"), "12"), (0, "0"),
        (-1, "-1"), (True, "true"), (False, "false"), ([], ""), ({}, ""), (["a"], ""), (1.5, ""), (10**400, ""),
        (Decimal("1E+999999999"), ""), (Decimal("1E-999999999"), ""), (Decimal("NaN"), ""), ("a\x00b\ud800\n", "a b"),
    ],
)  # fmt: skip
def test_texts(value: object, read: str) -> None:
    assert text(value) == read


def test_members_of_an_enumeration_have_one_spelling() -> None:
    assert {word("aborted "), word("Aborted"), word(" ABORTED\t")} == {"aborted"}
    assert word(None) == ""


@given(ANYTHING)
def test_any_text_can_be_stored(value: object) -> None:
    assert text(value) == text(value).strip()
    text(value).encode()
    assert "\x00" not in text(value)


# ── Objects ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_objects_and_lists_of_them() -> None:
    assert record({"a": 1}, "account") == {"a": 1}
    assert records([{"a": 1}, {}], "accounts") == [{"a": 1}, {}]
    assert records({"a": 1}, "accounts") == [{"a": 1}]
    assert records(None, "accounts") == records([], "accounts") == []


@pytest.mark.parametrize("value", [None, [], [{}], "string", 1, True, Decimal(1)])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(Unreadable, match=r"^account: not an object$"):
        record(value, "account")


@pytest.mark.parametrize("value", ["", "string", 0, False, Decimal(1), [None], [[]], [{}, 1], [[{}]]])
def test_what_is_no_list_of_objects_is_refused(value: object) -> None:
    with pytest.raises(Unreadable, match=r"^accounts: not (a list|an object)$"):
        records(value, "accounts")


@given(st.text() | st.binary(), st.sampled_from(["{}", "[%s]", '{"a":%s}', "%s"]))
def test_any_body_is_json_or_is_not(body: Any, frame: str) -> None:
    raw = body if isinstance(body, bytes) else frame.replace("%s", json.dumps(body)).encode()
    fine, data = decoded(raw)
    assert fine or data is None


def test_no_number_of_json_becomes_a_float() -> None:
    fine, data = decoded(b"[1.5, 1e3, 1E-3, 0.1, -0.0, 100, 1e400]")
    assert fine
    assert {type(one) for one in data} == {int, Decimal}
    assert str(data[3]) == "0.1"
