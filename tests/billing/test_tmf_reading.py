"""TM Forum's records as facts: v4 and v5, and everything that live servers send instead."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import tmf_reading as reading
from billing import tmf_services
from billing.base import (
    Account,
    Direction,
    Kind,
    Money,
    Period,
    Scheme,
    Service,
    Status,
    Use,
    Way,
)
from billing.tmf_settings import setup
from billing.upstream import Unreadable

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TODAY = date(2026, 11, 22)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
RULES = setup({"TMF_ACCOUNT_URL": "https://tmf.example"}).rules
PREPAID = Account("7", "0065210041", Scheme.ADVANCE)
POSTPAID = replace(PREPAID, scheme=Scheme.CREDIT)
MOSCOW = ZoneInfo("Europe/Moscow")
# What no server may make a sum of: -3.4e38, NaN, "1e9", nothing, another shape.
ABSURD = (
    Decimal("-3.402823669209385e+38"),
    Decimal("NaN"),
    Decimal("Infinity"),
    "1e9",
    "string",
    None,
    True,
    {"value": 1},
    [1],
    Decimal("1000000000000.01"),
)


def rub(value: object, unit: object = "RUB") -> dict[str, Any]:
    return {"unit": unit, "value": value}


def owned(*balances: tuple[str, object]) -> dict[str, Any]:
    told = [{"balanceType": kind, "amount": rub(value)} for kind, value in balances]
    return {"id": "7", "name": "0065210041", "accountBalance": told}


def own(row: dict[str, Any], account: Account = PREPAID) -> Decimal | None:
    return reading.own_money(row, account, RULES, NOW)


# ── Own money ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("balances", "comes_to"),
    [
        ([("deposit balance", Decimal("10.5"))], "10.5"),
        ([("DepositBalance ", "10,50")], "10.5"),  # v5's spelling, a trailing blank, text with a comma
        ([("receivable balance", Decimal("319.75"))], "-319.75"),  # v4 has no sums below zero
        ([("deposit balance", 10), ("receivable balance", 3)], "7"),
        ([("deposit balance", 10), ("disputed balance", 900), ("loyalty balance", 5)], "10"),
        ([("deposit balance", 10), ("somethingNew", 900)], "10"),
        ([("deposit balance", Decimal("0.004")), ("deposit", Decimal("0.004"))], "0.008"),
    ],
)
def test_known_types_of_balances_are_summed_with_their_sign(balances: Any, comes_to: str) -> None:
    assert own(owned(*balances)) == Decimal(comes_to)


@pytest.mark.parametrize("kinds", [(), ("somethingNew",), ("loyalty balance",), ("disputed balance", "")])
def test_of_what_nobody_has_explained_nothing_is_told(kinds: Iterable[str]) -> None:
    assert own(owned(*((kind, 500) for kind in kinds))) is None


def test_under_credit_the_bills_tell_the_debt_once() -> None:
    row = owned(("deposit balance", 5), ("receivable balance", 700))
    assert (own(row, POSTPAID), own(row, PREPAID)) == (5, -695)
    assert own(owned(("receivable balance", 700)), POSTPAID) == 0


@pytest.mark.parametrize("value", ABSURD)
def test_an_absurd_sum_is_no_answer(value: object) -> None:
    with pytest.raises(Unreadable) as caught:
        own(owned(("deposit balance", value)))
    assert "amount" in str(caught.value)
    assert "3.4" not in str(caught.value)


@pytest.mark.parametrize(("unit", "good"), [("RUB", True), ("rub ", True), ("RUR", True), (None, True), ("", True),
                                            ("USD", False), ("string", False), ("points", False)])  # fmt: skip
def test_a_sum_in_another_currency_is_no_answer(unit: object, good: bool) -> None:
    row = owned(("deposit balance", 10))
    row["accountBalance"][0]["amount"]["unit"] = unit
    if good:
        assert own(row) == 10
    else:
        with pytest.raises(Unreadable, match="currency"):
            own(row)


def test_one_balance_may_stand_without_its_list_and_null_is_no_balance() -> None:
    assert own({"id": "7", "accountBalance": {"balanceType": "deposit balance", "amount": rub(3)}}) == 3
    with pytest.raises(Unreadable):
        own({"id": "7", "accountBalance": [None]})
    with pytest.raises(Unreadable):
        own({"id": "7", "accountBalance": [{"balanceType": "deposit balance", "amount": None}]})


@pytest.mark.parametrize(
    ("begins", "ends", "counts"),
    [
        ("2020-01-01T00:00:00Z", "2026-11-21T00:00:00Z", False),
        ("2026-11-23T00:00:00Z", None, False),
        ("1937-01-01T12:00:27Z", "1937-01-01T12:00:27Z", True),  # nobody can believe it, so it bounds nothing
        ("0000-00-00", "0000-00-00", True),
        (None, "2026-12-01T00:00:00Z", True),
    ],
)
def test_a_balance_counts_while_it_is_valid(begins: object, ends: object, counts: bool) -> None:
    row = owned(("deposit balance", 3))
    row["accountBalance"][0]["validFor"] = {"startDateTime": begins, "endDateTime": ends}
    assert own(row) == (3 if counts else None)


@given(st.lists(st.decimals(-(10**6), 10**6, places=6), min_size=1, max_size=9))
def test_sums_are_added_before_they_are_rounded(values: list[Decimal]) -> None:
    exact = own(owned(*(("deposit balance", value) for value in values)))
    assert exact == sum(values)
    told = reading.shares(values, "RUB")
    whole = reading.money(sum(values, Decimal(0)), "RUB")
    assert sum((one.minor for one in told), 0) == whole.minor
    assert all(
        abs(Decimal(one.minor) / 100 - value) <= Decimal("0.01") for one, value in zip(told, values, strict=True)
    )


def bucket(**told: object) -> dict[str, Any]:
    return {"usageType": "monetary", "status": "active", "remainingValue": {"amount": 10, "units": "RUB"}, **told}


@pytest.mark.parametrize(
    ("buckets", "comes_to"),
    [
        ([bucket(), bucket(remainingValue={"amount": "2,5"})], "12.5"),
        ([bucket(reservedValue={"amount": 4, "units": "RUB"})], "6"),
        ([bucket(status=None), bucket(status=None, validFor={"endDateTime": "2026-11-01T00:00:00Z"})], "10"),
        ([bucket(status="expired"), bucket(status="suspended ")], "0"),
        ([bucket(usageType="data", remainingValue={"amount": 900, "units": "GB"})], None),
        ([bucket(isShared=True)], None),
        ([bucket(validFor={"endDateTime": "2026-11-01T00:00:00Z"})], "0"),
    ],
)
def test_buckets_hold_money_that_may_be_spent_now(buckets: Any, comes_to: str | None) -> None:
    assert reading.bucket_money(buckets, PREPAID, NOW) == (None if comes_to is None else Decimal(comes_to))


def test_a_bucket_of_another_state_or_currency_is_no_answer() -> None:
    for one in (bucket(status="somethingNew"), bucket(remainingValue={"amount": 1, "units": "USD"})):
        with pytest.raises(Unreadable):
            reading.bucket_money([one], PREPAID, NOW)


def test_of_accumulated_balances_those_of_money_count() -> None:
    rows = [{"totalBalance": {"amount": 10, "units": "RUB"}}, {"totalBalance": {"amount": 99, "units": "GB"}}]
    assert reading.accumulated_money(rows, PREPAID) == 10
    assert reading.accumulated_money(rows[1:], PREPAID) is None


def test_a_promised_payment_is_a_plan_that_goes_on() -> None:
    plan = {
        "planType": "promisedPayment",
        "status": "Active",
        "totalAmount": rub(300),
        "validFor": {"endDateTime": "2026-11-25T23:59:59+03:00"},
    }
    told = reading.balance_of({"paymentPlan": [plan]}, PREPAID, Decimal(5), RULES, NOW)
    assert (told.own, told.promised, told.promised_until) == (Money(500), Money(30000), date(2026, 11, 25))
    described = reading.balance_of({"paymentPlan": [plan | {"status": "Effective"}]}, PREPAID, Decimal(5), RULES, NOW)
    assert described == told  # the descriptions' own word, in v4 and in v5
    past = {"validFor": {"endDateTime": "2026-11-21T00:00Z"}}
    for other in ({"planType": "instalments"}, {"status": "ineffective"}, past):
        assert reading.balance_of({"paymentPlan": plan | other}, PREPAID, Decimal(5), RULES, NOW).promised is None


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_are_text_and_one_that_lost_its_zeros_is_not_believed() -> None:
    numbers = (("0065210041", "0065210041"), ("л/с 652-10041", "л/с 652-10041"), (65210041, "7"), (None, "7"))
    names = (("Main account", "7"), ("Home Account 2021", "7"))  # what a year stands in is no number to pay to
    for name, number in (*numbers, *names):
        assert reading.account_of({"id": "7", "name": name}, RULES).number == number
    assert reading.account_of({"id": 7}, RULES).id == "7"


def test_an_account_in_v4_and_in_v5() -> None:
    medium = {"mediumType": "postalAddress", "characteristic": {"stateOrProvince": "Тюменская область"}}
    four = {
        "id": "7",
        "name": "0065210041",
        "accountType": "Postpaid ",
        "state": "CLOSED",
        "relatedParty": [{"id": "p", "name": "Петрова Анна Ивановна", "role": "Owner"}],
        "contact": [{"contactMedium": [medium]}],
    }
    five = {
        "id": "7",
        "name": "0065210041",
        "ratingType": "postpaid",
        "state": "closed",
        "relatedParty": {"role": "owner", "partyOrPartyRole": {"id": "p", "name": "Петрова Анна Ивановна"}},
        "contact": {
            "contactMedium": {"@type": "GeographicAddressContactMedium", "stateOrProvince": "Тюменская область"}
        },
    }
    made = reading.account_of(four, RULES)
    assert made == reading.account_of(five, RULES)
    assert (made.scheme, made.open, made.holder, made.region) == (Scheme.CREDIT, False, "Анна П.", "Тюменская область")
    assert reading.party_of(four) == reading.party_of(five) == "p"


def test_what_adorns_an_account_may_be_rubbish() -> None:
    row = {"id": "7", "name": "string", "relatedParty": [None, "string", 5], "contact": [{"contactMedium": "x"}, None],
           "billStructure": [], "state": 5, "accountType": None}  # fmt: skip
    assert reading.account_of(row, RULES) == replace(PREPAID, number="7")
    assert tmf_services.fee_day(row, TODAY) is None


def test_only_verified_contacts_are_for_codes_the_preferred_first() -> None:
    row = {"contact": [{"contactMedium": [
        {"mediumType": "email", "emailAddress": "anna@mail.example"},
        {"mediumType": "phone", "preferred": True, "characteristic": {"phoneNumber": 79120000041}},
        {"mediumType": "phone", "characteristic": {"phoneNumber": "string"}},
    ]}]}  # fmt: skip
    both = replace(RULES, ways=frozenset(Way))
    found = reading.reaches(row, "7", both)
    assert [(one.way, one.address) for one in found] == [(Way.SMS, "79120000041"), (Way.EMAIL, "anna@mail.example")]
    assert reading.reaches(row, "7", RULES) == ()


# ── Whose a record is ─────────────────────────────────────────────────────────────────────────────────────────────


def test_records_of_others_and_of_nobody_are_left_out() -> None:
    mine, other, both, none = (
        {"account": {"id": "7"}},
        {"account": {"id": "8"}},
        {"account": [{"id": "7"}, {"id": "8"}]},
        {"account": None},
    )
    assert reading.mine([mine, other, both, none], "7", ["account"], "payments") == [mine]
    assert reading.mine([{"account": {"id": 7}}], "7", ["account"], "payments")
    assert reading.mine([other], "7", ["account"], "payments") == []
    with pytest.raises(Unreadable):  # a server that names no account has not said that there is nothing
        reading.mine([none, other], "7", ["account"], "payments")


# ── Bills ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def bill(id: str, left: object, due: str = "2026-11-25", **told: object) -> dict[str, Any]:
    return {
        "id": id,
        "billNo": f"№{id}",
        "state": "sent",
        "billDate": "2026-11-05",
        "paymentDueDate": due,
        "billingPeriod": {"startDateTime": "2026-10-01T00:00:00+03:00", "endDateTime": "2026-11-01T00:00:00+03:00"},
        "amountDue": rub(500),
        "remainingAmount": rub(left),
        **told,
    }


def left(*rows: dict[str, Any]) -> dict[str, int]:
    return {one.id: one.remaining.minor for one in reading.bills(rows, POSTPAID, RULES)}


def test_a_bill_says_what_is_left_and_by_when() -> None:
    [one] = reading.bills([bill("1", "200,00")], POSTPAID, RULES)
    assert (one.number, one.amount, one.remaining) == ("№1", Money(50000), Money(20000))
    assert (one.issued, one.due) == (date(2026, 11, 5), date(2026, 11, 25))
    assert one.period == OCTOBER  # it ends at midnight: with the day before


@pytest.mark.parametrize(
    ("told", "kopecks"),
    [
        ({"state": "validated"}, 20000),
        ({"state": " PartiallyPaid "}, 20000),
        ({"state": "partiallySettled"}, 20000),
        ({"state": "new"}, None),
        ({"state": "onHold"}, None),
        ({"state": "settled"}, None),
        ({"category": "duplicate"}, None),
        ({"category": "trial "}, None),
        ({"remainingAmount": rub(0), "state": "somethingNew"}, None),
        ({"remainingAmount": None}, 50000),
        ({"remainingAmount": None, "appliedPayment": {"appliedAmount": rub(120)}}, 38000),
        ({"remainingAmount": None, "state": "partiallyPaid", "appliedPayment": [{"appliedAmount": rub(120)}]}, 38000),
    ],
)
def test_what_is_owed_of_a_bill(told: dict[str, Any], kopecks: int | None) -> None:
    assert left(bill("1", 200) | told) == ({} if kopecks is None else {"1": kopecks})


@pytest.mark.parametrize(
    "told",
    [
        {"state": "somethingNew"},
        {"state": None},
        {"paymentDueDate": "0000-00-00"},
        {"paymentDueDate": "1937-01-01T12:00:27.87+00:20"},
        {"remainingAmount": rub(5, "USD")},
        {"remainingAmount": None, "state": "partiallyPaid"},
        {"remainingAmount": "string"},
        *({"remainingAmount": rub(value)} for value in ABSURD if value is not None),
    ],
)
def test_a_bill_that_cannot_be_read_is_no_debt_of_zero(told: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        left(bill("1", 200) | told)
    assert reading.bills([bill("1", 200) | told], PREPAID, RULES, strict=False) == ()  # paper


def test_a_credit_note_pays_the_oldest_bill_first() -> None:
    old, new = bill("old", 200, "2026-10-25"), bill("new", 500)
    assert left(new, old, bill("c", 250, category="credit note")) == {"new": 45000}
    assert left(new, old, bill("c", -50)) == {"old": 15000, "new": 50000}
    assert left(new, bill("c", 900, category="creditNote")) == {}


@given(st.lists(st.integers(0, 10**7), max_size=6), st.integers(0, 10**8))
def test_credit_notes_lower_the_debt_by_as_much_and_never_below_nothing(bills: list[int], credit: int) -> None:
    rows = [bill(str(n), Decimal(one) / 100, f"2026-11-{n + 1:02}") for n, one in enumerate(bills)]
    note = bill("c", Decimal(credit) / 100, category="credit note")
    assert sum(left(note, *rows).values()) == max(0, sum(bills) - credit)


# ── Charges and payments ──────────────────────────────────────────────────────────────────────────────────────────


def rate(id: str, value: object, **told: object) -> dict[str, Any]:
    return {"id": id, "date": f"2026-10-0{id}T12:00:00Z", "name": "Плата", "taxIncludedAmount": rub(value), **told}


def charged(*rows: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one.id, one.amount.minor) for one in reading.charges(rows, PREPAID, RULES, OCTOBER)]


def test_what_is_given_back_is_below_zero_in_v4_and_in_v5() -> None:
    four = rate("1", 300, type="appliedBillingCredit")
    five = rate("2", -300, appliedBillingRateType="appliedBillingCredit")
    taken, penalty = rate("3", 5, type=" AppliedBillingCharge"), rate("4", 6, type="appliedPenaltyCharge")
    assert charged(four, five, taken, penalty) == [("4", 600), ("3", 500), ("2", -30000), ("1", -30000)]
    assert charged(rate("1", 300, type="rebate"), rate("2", 200, type="productAlteration")) == [
        ("2", -20000),
        ("1", -30000),
    ]
    with pytest.raises(Unreadable):
        charged(rate("1", 300, type="somethingNew"))


def test_charges_of_the_accounts_own_days_with_their_tax_and_without_empty_lines() -> None:
    net = rate("2", None, taxIncludedAmount=None, taxExcludedAmount=rub(100), appliedTax=[{"taxAmount": rub("20,00")}])
    late = rate("3", 9, date="2026-10-31T21:00:00Z")  # the first of November in Moscow
    covered = rate("4", 1, date=None, periodCoverage={"startDateTime": "2026-10-04T00:00:00Z"})
    assert charged(rate("1", 0), net, late, covered) == [("4", 100), ("2", 12000)]
    for bad in (rate("1", None, taxIncludedAmount=None), rate("1", 5, date="0000-00-00")):
        with pytest.raises(Unreadable):
            charged(bad)


def test_parts_of_a_kopeck_are_not_lost() -> None:
    rows = [rate(str(n), Decimal("0.004")) for n in range(1, 6)]
    assert sum(minor for _, minor in charged(*rows)) == 2


def paid(id: str, status: object = "done", **told: object) -> dict[str, Any]:
    return {"id": id, "paymentDate": f"2026-10-0{id}T12:00:00Z", "status": status, "amount": rub(80),
            "totalAmount": rub(100), "paymentMethod": {"name": "Карта"}, **told}  # fmt: skip


def test_payments_and_what_became_of_them() -> None:
    rows = [paid("1"), paid("2", " Completed"), paid("3", "failed"), paid("4", "somethingNew"), paid("5", "pending"),
            paid("6", totalAmount=None), paid("7", "cancelled"), paid("9", "denied"),
            paid("8", paymentDate="2026-11-01T00:00:00+03:00")]  # fmt: skip
    found = reading.payments(rows, PREPAID, RULES, OCTOBER)
    assert [(one.id, one.amount.minor, one.credited) for one in found] == [
        ("6", 8000, True),
        ("5", 10000, False),
        ("4", 10000, False),
        ("2", 10000, True),
        ("1", 10000, True),
    ]
    assert {one.method for one in found} == {"Карта"}
    assert len(reading.payments(rows, PREPAID, RULES, None)) == 6
    taxed = paid("1", totalAmount=None, taxAmount=rub(20))
    assert [one.amount.minor for one in reading.payments([taxed], PREPAID, RULES, OCTOBER)] == [10000]


@pytest.mark.parametrize("value", ABSURD)
def test_a_payment_of_an_absurd_sum_is_no_answer(value: object) -> None:
    with pytest.raises(Unreadable):
        reading.payments([paid("1", totalAmount=rub(value), amount=None)], PREPAID, RULES, OCTOBER)


def test_a_payment_of_no_day_is_no_answer() -> None:
    with pytest.raises(Unreadable):
        reading.payments([paid("1", paymentDate="0000-00-00")], PREPAID, RULES, OCTOBER)


def test_top_ups_that_are_completed_are_money() -> None:
    def topup(id: str, status: str, **told: object) -> dict[str, Any]:
        return {"id": id, "status": status, "usageType": "monetary", "amount": {"amount": 50, "units": "RUB"},
                "requestedDate": "2026-10-03T00:00:00Z", **told}  # fmt: skip

    rows = [topup("1", "completed"), topup("2", "created"), topup("3", "failed"), topup("4", "cancelled"),
            topup("5", "completed", usageType="data")]  # fmt: skip
    found = reading.topups(rows, PREPAID, OCTOBER)
    assert {one.id: one.credited for one in found} == {"1": True, "2": False}


# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────


def product(id: str = "s1", **told: object) -> dict[str, Any]:
    return {"id": id, "name": "Домашний интернет", "status": "active", "productOffering": {"id": "t", "name": "Сотка"},
            **told}  # fmt: skip


def price(value: object, period: object = "month", **told: object) -> dict[str, Any]:
    return {
        "priceType": "recurring",
        "recurringChargePeriod": period,
        "price": {"taxIncludedAmount": rub(value)},
        **told,
    }


def services(*rows: dict[str, Any], day: date | None = None) -> tuple[Service, ...]:
    return tmf_services.services(rows, PREPAID, RULES, TODAY, day)


@pytest.mark.parametrize(
    ("prices", "fee"),
    [
        ([], None),
        ([price(650)], 65000),
        ([price(650, "Monthly "), price("49,99")], 69999),
        ([price(650, "year")], None),
        ([price(650) | {"priceType": "reccurring"}], 65000),  # as the examples of v5 spell it
        ([price(650), price(10, "day")], None),  # not by the month: rather none than a wrong one
        ([price(650) | {"priceType": "oneTime"}], None),
        ([price(650, productPriceAlteration=[{"price": {"percentage": 10}}])], 58500),
        ([price(650, priceAlteration={"price": {"taxIncludedAmount": rub(-50)}})], 60000),
        ([price(650, priceAlteration=[{"price": {"taxIncludedAmount": rub(900)}}])], 0),
        ([price(0) | {"price": {"dutyFreeAmount": rub(100), "taxRate": 20}}], 12000),
        ([price(0) | {"price": {"dutyFreeAmount": rub(100)}}], None),
    ],
)
def test_what_a_month_of_a_service_takes(prices: list[Any], fee: int | None) -> None:
    [one] = services(product(productPrice=prices))
    assert one.fee == (None if fee is None else Money(fee))


@pytest.mark.parametrize("value", [one for one in ABSURD if one is not None])
def test_an_absurd_fee_is_no_answer(value: object) -> None:
    with pytest.raises(Unreadable):
        services(product(productPrice=[price(value)]))


@pytest.mark.parametrize(
    ("status", "reason", "is_"),
    [
        ("active", None, Status.ACTIVE),
        (" Active", "debt", Status.ACTIVE),
        ("suspended", None, Status.BLOCKED),
        ("suspended", "Customer", Status.SUSPENDED),
        ("suspended", "non-payment", Status.BLOCKED_DEBT),
        ("suspended", "somethingNew", Status.BLOCKED),
        ("pendingActive", None, Status.OFF),
        ("pendingTerminate", None, Status.ACTIVE),
        ("terminated", None, Status.OFF),
    ],
)
def test_a_suspended_product_says_why(status: str, reason: str | None, is_: Status) -> None:
    says = [{"name": "status_reason", "value": reason}] if reason else None
    assert services(product(status=status, productCharacteristic=says))[0].status is is_


def test_what_is_not_shown_and_what_nobody_can_say() -> None:
    rows = [
        product("a", isCustomerVisible=False),
        product("b", status="aborted "),
        product("c", status="cancelled"),
        product("d", status="terminated", terminationDate="2025-01-01T00:00:00Z"),
        product("e", isCustomerVisible=None),
    ]
    assert [one.id for one in services(*rows)] == ["e"]
    with pytest.raises(Unreadable):
        services(product(status="somethingNew"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Домашний интернет", Kind.INTERNET),
        ("Мобильный интернет", Kind.MOBILE),
        ("Интерактивное ТВ", Kind.TV),
        ("IPTV 100", Kind.TV),
        ("Домашний телефон", Kind.PHONE),
        ("Активация", Kind.OTHER),
        ("", Kind.OTHER),
        ("wi-fi", Kind.INTERNET),
    ],
)
def test_the_kind_of_a_service_by_the_words_in_its_names(name: str, kind: Kind) -> None:
    assert tmf_services.kind_of((name,), RULES) is kind
    assert tmf_services.kind_of(("phone", name), RULES) is Kind.PHONE


def test_fees_fall_on_the_services_day_else_on_the_accounts() -> None:
    days = {"chargeDateOffset": 4, "billingDateShift": 9}  # each from the start of the period
    cycle = {"billStructure": {"cycleSpecification": {"frequency": "monthly", **days}}}
    assert tmf_services.fee_day(cycle, TODAY) == date(2026, 12, 5)
    assert tmf_services.fee_day(cycle, date(2026, 11, 5)) == date(2026, 11, 5)
    own_day = {"productCharacteristic": [{"name": "nextChargeDate", "value": "2026-12-01"}]}
    fee = {"productPrice": price(650)}
    rows = services(product("1", **fee), product("2", **fee, **own_day), product("3"), day=date(2026, 12, 5))
    assert [one.next_fee for one in rows] == [date(2026, 12, 5), date(2026, 12, 1), None]


def test_parts_of_a_product_are_options_and_components_and_no_services() -> None:
    part = {"id": "o1", "name": "Антивирус", "status": "active", "productPrice": [price(99)]}
    local = {"id": "c1", "status": "active", "productCharacteristic": {"name": "callDirection", "value": "местный"}}
    far = {"id": "c2", "status": "suspended", "productCharacteristic": [
        {"name": "callDirection", "value": "Intercity"}, {"name": "statusReason", "value": "debt"}]}  # fmt: skip
    by_id = product("p", product=[far, part], productRelationship=[
        {"relationshipType": "contains", "product": {"id": "c1"}},
        {"relationshipType": "reliesOn", "product": {"id": "x"}}])  # fmt: skip
    rows = [by_id, local, product("x")]
    assert [one.id for one in services(*rows)] == ["p", "x"]
    told = tmf_services.details(rows, "p", PREPAID, RULES)
    assert [(one.id, one.title, one.fee) for one in told.options] == [("o1", "Антивирус", Money(9900))]
    assert [(one.direction, one.status) for one in told.components] == [
        (Direction.LOCAL, Status.ACTIVE),
        (Direction.INTERCITY, Status.BLOCKED_DEBT),
    ]


def test_parts_that_are_named_beside_the_product_in_v4_and_in_v5() -> None:
    tv, part = product("p", productPrice=[price(300)]), product("o1", productPrice=[price(99)])
    four = {"relationshipType": "bundled", "product": {"id": "o1"}}
    five = {"relationshipType": "bundles", "id": "o1", "@type": "ProductRelationship"}
    for relation in (four, five):
        rows = [tv | {"productRelationship": [relation]}, part]
        assert [(one.id, one.fee) for one in services(*rows)] == [("p", Money(30000))]
        assert [one.id for one in tmf_services.details(rows, "p", PREPAID, RULES).options] == ["o1"]


def test_a_bundle_without_a_price_of_its_own_costs_what_its_parts_do() -> None:
    def bundle(*parts: dict[str, Any], **told: object) -> Money | None:
        [one] = services(product("b", isBundle=True, product=list(parts), **told))
        return one.fee

    net, tv = (product(id, productPrice=[price(sum_)]) for id, sum_ in (("n", 550), ("t", 300)))
    assert bundle(net, tv) == Money(85000)
    assert bundle(net, tv, productPrice=[price(700)]) == Money(70000)
    assert bundle(net, tv | {"status": "suspended"}, product("free")) == Money(55000)
    assert bundle(*({**one, "status": "suspended"} for one in (net, tv)), status="suspended") == Money(85000)
    assert bundle(net, tv | {"productPrice": [price(3000, "year")]}) is None  # rather none than a part of it
    assert bundle(product("free")) is None


@pytest.mark.parametrize("name", ["bucketRefOrValue", "bucket"])
def test_what_is_left_of_packages_in_the_billings_own_words(name: str) -> None:
    full = {
        "id": "b1",
        "name": "Минуты",
        "remainingValueName": "120 минут",
        "status": "Active",
        "product": {"id": "s1"},
    }
    others = [full | {"product": {"id": "s2"}}, full | {"status": "expired"}, full | {"partyAccount": {"id": "8"}}]
    row = {"usageConsumption": [{name: [full, *others]}]}
    found = tmf_services.packages([row], PREPAID, "s1", {}, NOW)
    assert [one.title for one in found] == ["Минуты: 120 минут"]
    # As in the example of v5: no status, and the product is the option that was bought, or stands in the report.
    bought = {"id": "b2", "remainingValueName": "3 GB", "product": [{"id": "plus"}]}
    whole = {"id": "b3", "remainingValueName": "5 SMS"}
    row = {"usageConsumption": [{name: [bought, whole], "product": [{"id": "s1"}]}]}
    found = tmf_services.packages([row], PREPAID, "s1", {"plus": "s1"}, NOW)
    assert [one.title for one in found] == ["3 GB", "5 SMS"]


# ── Use and calls ─────────────────────────────────────────────────────────────────────────────────────────────────


def call(id: str = "1", says: dict[str, object] | None = None, **told: object) -> dict[str, Any]:
    characteristics = {"callingNumber": "73452000000", "calledNumber": 73452123456, "duration": "61", **(says or {})}
    return {
        "id": id,
        "usageDate": f"2026-10-0{id}T12:00:00Z",
        "status": "rated",
        "usageCharacteristic": [{"name": name, "value": value} for name, value in characteristics.items()],
        "ratedProductUsage": [{"productRef": {"id": "s5"}, "taxIncludedRatingAmount": rub("2,50"),
                               "ratingDate": "2026-10-02T00:00:00Z"}],
        **told,
    }  # fmt: skip


PHONE = Service("7", "s5", Kind.PHONE, "Телефон", Status.ACTIVE)
NET = Service("7", "s1", Kind.INTERNET, "Интернет", Status.ACTIVE)


def used(*rows: dict[str, Any], service: str = "s5") -> list[tmf_services.Record]:
    return tmf_services.used(rows, PREPAID, service, (PHONE, NET), {"part": "s5"}, RULES, OCTOBER)


def test_a_call_that_is_rated_without_its_tax_is_not_free() -> None:
    def cost(**told: object) -> Money:
        rating = {"productRef": {"id": "s5"}, "ratingDate": "2026-10-02T00:00:00Z", **told}
        [one] = tmf_services.calls(used(call(ratedProductUsage=[rating])), PREPAID, "s5")
        return one.cost

    assert cost(taxExcludedRatingAmount=rub(5), taxRate=20) == Money(600)
    assert cost(taxExcludedRatingAmount=rub(5), isTaxExempt=True) == Money(500)
    assert cost(taxExcludedRatingAmount=rub(0)) == cost() == Money(0)
    with pytest.raises(Unreadable):
        cost(taxExcludedRatingAmount=rub(5))


def test_a_call_by_the_operators_own_names() -> None:
    outgoing = call(says={"Call Direction": "Внутризоновый"})
    incoming = call("2", {"incoming": True})
    found = tmf_services.calls(used(outgoing, incoming), PREPAID, "s5")
    assert [(one.number, one.incoming, one.direction) for one in found] == [
        ("73452000000", True, Direction.OTHER),
        ("73452123456", False, Direction.ZONE),
    ]
    assert {(one.seconds, one.cost) for one in found} == {(61, Money(250))}


def test_the_latest_rating_counts() -> None:
    old = {"productRef": {"id": "s5"}, "taxIncludedRatingAmount": rub(9), "ratingDate": "2026-10-02T00:00:00Z"}
    new = old | {"taxIncludedRatingAmount": rub(3), "ratingDate": "2026-10-03T00:00:00Z"}
    [one] = tmf_services.calls(used(call(ratedProductUsage=[old, new, old])), PREPAID, "s5")
    assert one.cost == Money(300)


@pytest.mark.parametrize("status", ["received", "rejected", "recycled", "guided", "string", None])
def test_what_is_not_rated_does_not_count(status: object) -> None:
    assert used(call(status=status)) == []
    assert len(used(call(status=" ReRated"), call("2", status="billed"))) == 2


def test_whose_a_record_of_use_is() -> None:
    account = {"@referredType": "BillingAccount", "id": "7"}
    assert used(call(ratedProductUsage=[{"productRef": {"id": "part"}}])), "a part of the service"
    assert used(call(relatedParty=[account], ratedProductUsage=[])), "the only phone of the account"
    assert used(call(relatedParty=[account | {"id": "8"}])) == []
    assert used(call(ratedProductUsage=[{"productRef": {"id": "of-another"}}])) == []
    assert used(call(says={"account": "8"})) == []
    assert used(call(), service="s1") == []
    with pytest.raises(Unreadable):  # that is not to have made no calls
        used(call(ratedProductUsage=[]))


def test_use_by_day_and_kind() -> None:
    def data(id: str, **says: object) -> dict[str, Any]:
        made = call(id, ratedProductUsage=[{"productRef": {"id": "s1"}, "usageRatingTag": "included usage",
                                            "taxIncludedRatingAmount": rub(0)}])  # fmt: skip
        return made | {"usageCharacteristic": [{"name": name, "value": value} for name, value in says.items()]}

    rows = [data("1", volume=100), data("1", volume=Decimal("1.5"), trafficDirection="upload") | {"id": "b"},
            data("1", MB=2) | {"id": "c"}, data("2", quantity=1, title="Фильм")]  # fmt: skip
    found = tmf_services.usage(used(*rows, service="s1"), PREPAID, "s1")
    assert [(one.day.day, one.use, one.amount, one.count, one.cost) for one in found] == [
        (2, Use.PURCHASE, 1, 1, None),
        (1, Use.RECEIVED, 100 + 2 * 1024**2, 2, None),
        (1, Use.SENT, 2, 1, None),
    ]
    calls = [call("1"), call("1", {"duration": 0}) | {"id": "u"}, call("1", {"incoming": "true"}) | {"id": "i"}]
    [one] = tmf_services.usage(used(*calls), PREPAID, "s5")
    assert (one.use, one.amount, one.count, one.cost) == (Use.CALLS, 61, 1, Money(250))


# ── Customers, and rubbish of every kind ──────────────────────────────────────────────────────────────────────────


def test_accounts_of_a_customer_who_has_not_left() -> None:
    row = {"status": "Approved", "account": [{"id": 7, "name": "x"}, {"name": "no id"}, None]}
    assert reading.accounts_of(row, RULES) == ["7"]
    assert reading.accounts_of(row | {"status": "closed "}, RULES) == []


RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.decimals() | st.just("string"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "status", "state", "amount", "value", "unit", "units", "remainingAmount", "accountBalance",
             "product", "balanceType", "productPrice", "price", "validFor", "usageCharacteristic", "ratedProductUsage",
             "category", "taxIncludedAmount", "paymentDate", "totalAmount", "usageDate", "billDate", "date",
             "relatedParty"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["id", "status", "state", "accountBalance", "contact", "relatedParty", "name",
                                        "paymentPlan", "billStructure", "remainingAmount", "productPrice", "product",
                                        "ratedProductUsage", "usageCharacteristic", "totalAmount", "paymentDate"]),
                       RUBBISH, max_size=8))  # fmt: skip
def test_rubbish_is_read_or_refused_and_never_breaks_anything(row: dict[str, Any]) -> None:
    account = reading.account_of(row, RULES)
    reading.party_of(row)
    tmf_services.fee_day(row, TODAY)
    for read in (
        lambda: reading.own_money(row, account, RULES, NOW),
        lambda: reading.balance_of(row, account, Decimal(0), RULES, NOW),
        lambda: reading.bills([row], account, RULES),
        lambda: reading.bucket_money([row | {"usageType": "monetary"}], account, NOW),
        lambda: reading.charges([row], account, RULES, OCTOBER),
        lambda: reading.payments([row], account, RULES, OCTOBER),
        lambda: tmf_services.services([row], account, RULES, TODAY, None),
        lambda: tmf_services.usage(used(row | {"status": "rated"}), account, "s5"),
        lambda: reading.mine([row], "7", ["billingAccount"], "bills"),
    ):
        with suppress(Unreadable):
            read()
