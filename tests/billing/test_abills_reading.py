"""What ABillS says, read as facts: every quirk that live servers were seen to have. Pure."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import abills_reading as reading
from billing.abills_reading import House
from billing.base import Account, Balance, Kind, Money, Period, Reach, Scheme, Status, Way
from billing.position import position
from billing.upstream import Unreadable
from billing.wire import money

MOSCOW = ZoneInfo("Europe/Moscow")
HOUSE = House(MOSCOW, "RUB", Scheme.ADVANCE, "contract", 0, "addressDistrict", {"internet": "Интернет"})
TODAY = date(2026, 11, 22)
USER: dict[str, Any] = {
    "uid": 7,
    "login": 10045,
    "deposit": Decimal("-319.75"),
    "credit": Decimal("300.0"),
    "creditDate": "2026-11-25",
    "registration": "2020-02-29",
    "disableDate": "0000-00-00",
}


def user(**changes: Any) -> reading.User:
    return reading.user(USER | changes, "7", HOUSE)


# ── The account ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_credit_with_a_day_is_a_promise_and_never_money() -> None:
    found = reading.balance("7", user(), Decimal(0), HOUSE, TODAY, datetime(2026, 11, 22, tzinfo=UTC))
    assert (found.own, found.promised, found.promised_until) == (Money(-31975), Money(30000), date(2026, 11, 25))


@pytest.mark.parametrize("until", ["0000-00-00", "", None, "2026-11-21", "1937-01-01", "2026-02-30"])
def test_a_credit_without_a_day_to_come_is_a_limit(until: str | None) -> None:
    found = reading.balance("7", user(creditDate=until), Decimal(0), HOUSE, TODAY, datetime(2026, 11, 22, tzinfo=UTC))
    assert (found.promised, found.promised_until) == (None, None)


def test_the_last_day_of_a_promise_belongs_to_it() -> None:
    assert user(creditDate=TODAY.isoformat()).promised(TODAY) == 300


@pytest.mark.parametrize("deposit", [Decimal("-3.402823669209385e+38"), Decimal("NaN"), "1e9", None, True, "", []])
def test_an_absurd_deposit_is_no_figure(deposit: object) -> None:
    with pytest.raises(Unreadable) as caught:
        user(deposit=deposit)
    assert str(caught.value).startswith("deposit")


@pytest.mark.parametrize("deposit", ["-319,75", Decimal("-319.750000"), "-319.75", Decimal("-319.7500000000000001")])
def test_a_sum_is_what_it_is_however_it_is_written(deposit: object) -> None:
    assert money(user(deposit=deposit).deposit, "RUB") == Money(-31975)


@pytest.mark.parametrize("data", [[USER], None, "x", {}, USER | {"uid": 8}, USER | {"uid": None}, {"errno": 699}])
def test_what_is_not_this_account_is_not_read(data: object) -> None:
    with pytest.raises(Unreadable):
        reading.user(data, "7", HOUSE)


@pytest.mark.parametrize(
    ("marks", "open_"),
    [
        ({}, True),
        ({"disable": 0}, True),
        ({"disable": 1}, False),
        ({"disable": 4}, True),  # not paid: a customer all the same
        ({"disable": 0, "deleted": 1}, False),
        ({"disableDate": "2026-11-01"}, True),  # since when the status is what it is, be it frozen or not paid
    ],
)
def test_deleted_and_disabled_users_are_closed_accounts(marks: dict[str, Any], open_: bool) -> None:
    assert user(**marks).open is open_


PROFILE: dict[str, Any] = {
    "uid": 7,
    "fio": "Петров Иван Сергеевич",
    "contractId": 65210041,
    "contractDate": "0000-00-00",
    "addressDistrict": "Тюменская область",
    "phone": [79120000041, "8 (345) 212-34-56"],
    "cellPhone": 9120000042,
    "email": ["ivan@mail.example", "", None],
    "pasportNum": "SECRET",
}


def test_the_owner_is_masked_and_the_rest_is_not_read() -> None:
    found = reading.profile(PROFILE, "7", HOUSE)
    assert found.holder == "Иван П."
    assert "SECRET" not in repr(found)
    assert reading.reaches("7", found) == (
        Reach("7", Way.SMS, "+79120000042"),
        Reach("7", Way.SMS, "+79120000041"),
        Reach("7", Way.SMS, "+73452123456"),
        Reach("7", Way.EMAIL, "ivan@mail.example"),
    )


@pytest.mark.parametrize(
    ("wire", "phone"),
    [
        (79120000041, "+79120000041"),
        ("89120000041", "+79120000041"),
        (9120000041, "+79120000041"),
        ("+7 912 000-00-41", "+79120000041"),
        (380501112233, "+380501112233"),
        ("0501112233", "+380501112233"),
        (12345, ""),
        ("", ""),
        (None, ""),
        (True, ""),
        ({"n": 1}, ""),
    ],
)
def test_phones_come_as_numbers_and_in_all_lengths(wire: object, phone: str) -> None:
    assert reading.phone(wire) == phone


@pytest.mark.parametrize(
    ("number", "digits", "shown"),
    [("contract", 0, "65210041"), ("contract", 10, "0065210041"), ("login", 0, "10045"), ("uid", 3, "007")],
)
def test_the_number_is_the_one_that_customers_know(number: str, digits: int, shown: str) -> None:
    house = House(MOSCOW, "RUB", Scheme.ADVANCE, number, digits, "addressDistrict", {})
    found = reading.account_of("7", user(), reading.profile(PROFILE, "7", house), house)
    assert (found.number, found.region, found.since) == (shown, "Тюменская область", date(2020, 2, 29))


@pytest.mark.parametrize("none", [0, "0", "", None])
def test_who_has_no_contract_is_known_by_his_login(none: object) -> None:
    found = reading.profile(PROFILE | {"contractId": none}, "7", HOUSE)
    assert reading.account_of("7", user(), found, HOUSE).number == "10045"


# ── Money in and out ──────────────────────────────────────────────────────────────────────────────────────────────────


def row(id: int, sum_: object, at: str = "2026-10-31 23:59:59", **more: Any) -> dict[str, Any]:
    return {"id": id, "uid": 7, "datetime": at, "sum": sum_, "dsc": "Оплата", **more}


def test_times_are_the_operators_own_and_newest_are_first() -> None:
    rows = [row(1, 1), row(3, 1, "2026-11-01 00:00:00"), row(2, 1)]
    found = reading.entries(rows, HOUSE, ())
    assert [one.id for one in found] == ["3", "2", "1"]
    assert found[1].at == datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC)
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    assert [one.id for one in reading.within(found, HOUSE, october)] == ["2", "1"]


def test_the_same_row_twice_is_one_and_one_without_a_day_is_none() -> None:
    rows = [row(1, 5), row(1, 5), row(2, 5, "0000-00-00 00:00:00"), row(3, 5, "1937-01-01 00:00:00")]
    assert [one.id for one in reading.entries(rows, HOUSE, ())] == ["1"]


def test_a_row_of_nothing_is_not_told() -> None:
    found = reading.entries([row(1, Decimal("0.00")), row(2, "0"), row(3, Decimal("0.004")), row(4, -5)], HOUSE, ())
    assert [one.id for one in found] == ["4", "3"]


def test_one_sum_that_cannot_be_believed_spoils_the_list() -> None:
    with pytest.raises(Unreadable):
        reading.entries([row(1, 5), row(2, Decimal("3.4e38"))], HOUSE, ())


@given(st.lists(st.decimals(0, 10**6, places=6), max_size=30))
def test_rows_add_up_to_the_rounded_sum(amounts: list[Decimal]) -> None:
    told = reading.kopecks(amounts, "RUB")
    assert sum(one.minor for one in told) == money(sum(amounts, Decimal(0)), "RUB").minor
    for one, exact in zip(told, amounts, strict=True):
        assert abs(Decimal(one.minor) / 100 - exact) <= Decimal("0.01")
        assert one.minor >= 0
        if exact == exact.quantize(Decimal("0.01")):
            assert Decimal(one.minor) / 100 == exact


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Карта", "Карта"),
        ("Internet: М/А Сотка (2026-10-01-2026-10-31)", "Internet: М/А Сотка (2026-10-01-2026-10-31)"),
        ("Оплата ФИО - Иванова Мария Петровна Логин - ivanova # 79120001122", "Оплата"),
        ("Оплата # 79120001122", "Оплата # ···"),
        ("Перевод от ivan@mail.example", "Перевод от"),
        ("Терминал +7 (912) 000-11-22 касса 4", "Терминал ··· касса 4"),
        ("Перенос с Петров И.С.", "Перенос с И.С."),
        ("", ""),
    ],
)
def test_descriptions_are_shown_without_people(said: str, shown: str) -> None:
    assert reading.plain(said, ("Петров", "Иван")) == shown


def test_a_payment_without_a_description_is_called_by_its_pay_system() -> None:
    found = reading.entries([row(1, 5, dsc="", extId="Liqpay:10323469"), row(2, 5, dsc="", extId="555")], HOUSE, ())
    assert [one.text for one in found] == ["", "Liqpay"]


# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def services(**modules: Any) -> list[Any]:
    return list(reading.services(modules, "7", HOUSE, TODAY))


def net(**more: Any) -> dict[str, Any]:
    coming = {"abonDate": "2026-12-01", "sum": Decimal("650.00"), "daysToFee": 9}
    return {"id": 2, "uid": 7, "tpName": "Сотка", "internetStatus": 0, "monthFee": 650, "nextAbon": coming, **more}


def test_a_service_with_its_fee_and_day() -> None:
    [one] = services(internet=[net()])
    assert (one.id, one.kind, one.title, one.tariff) == ("internet.2", Kind.INTERNET, "Интернет", "Сотка")
    assert (one.status, one.fee, one.next_fee, one.daily) == (Status.ACTIVE, Money(65000), date(2026, 12, 1), False)


@pytest.mark.parametrize(
    ("id", "status"),
    [
        (0, Status.ACTIVE),
        ("0 ", Status.ACTIVE),
        (1, Status.OFF),
        (2, Status.OFF),
        (3, Status.SUSPENDED),
        ("4 ", Status.BLOCKED_DEBT),
        (5, Status.BLOCKED_DEBT),
        (6, Status.BLOCKED),
        (7, Status.BLOCKED),
        (10, Status.BLOCKED),
        (8, Status.BLOCKED),
        (99, Status.BLOCKED),
        ("zero", Status.BLOCKED),
    ],
)
def test_a_status_is_never_taken_for_active(id: object, status: Status) -> None:
    [one] = services(internet=[net(internetStatus=id, statusName="Техработы")])
    assert one.status is status
    assert one.tariff == ("Сотка (Техработы)" if status is Status.BLOCKED else "Сотка")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"loginStatus": 0, "internetExpire": "0000-00-00"}, Status.ACTIVE),
        ({"loginStatus": 1}, Status.OFF),
        ({"loginStatus": "4"}, Status.BLOCKED_DEBT),
        ({"loginStatus": 3}, Status.SUSPENDED),
        ({"loginStatus": 12}, Status.BLOCKED),
        ({"loginStatus": 4, "internetStatus": 3}, Status.SUSPENDED),
        ({"internetExpire": "2026-11-01"}, Status.OFF),
        ({"internetExpire": TODAY.isoformat()}, Status.ACTIVE),
    ],
)
def test_behind_a_user_who_is_off_and_past_its_end_no_service_works(more: dict[str, Any], status: Status) -> None:
    [one] = services(internet=[net(statusName="Включено", **more)])
    assert (one.status, one.tariff) == (status, "Сотка")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("enable", Status.ACTIVE),
        ("Disable", Status.BLOCKED),
        ("", Status.BLOCKED),
        ("Приостановлено", Status.SUSPENDED),
        ("Hold up", Status.SUSPENDED),
        ("Отключено: неуплата ", Status.BLOCKED_DEBT),
        ("DISABLE: NON PAYMENT", Status.BLOCKED_DEBT),
        ("Слишком маленький депозит", Status.BLOCKED_DEBT),
        ("Не активен", Status.OFF),
        ("Ремонт", Status.BLOCKED),
    ],
)
def test_where_no_id_is_told_the_name_says_it(name: str, status: Status) -> None:
    [one] = services(iptv=[{"id": 1, "tpName": "Сто каналов", "tvServiceName": "ТВ", "statusName": name}])
    assert (one.kind, one.title, one.status, one.fee) == (Kind.TV, "ТВ", status, None)
    assert (name in one.tariff) or status is not Status.BLOCKED


def test_a_fee_that_is_spread_over_the_days_is_daily() -> None:
    [one] = services(internet=[net(abonDistribution=1, nextAbon={"abonDate": "2026-11-23", "sum": Decimal("21.67")})])
    assert (one.fee, one.next_fee, one.daily) == (Money(65000), None, True)


def test_a_fee_by_the_day_is_told_as_a_months() -> None:
    [one] = services(internet=[net(monthFee=0, dayFee=Decimal("10.5"), nextAbon=None)])
    assert (one.fee, one.daily) == (Money(10_50 * 30), True)
    first, second = services(internet=[net(dayFee=1)])
    assert [(one.fee, one.daily) for one in (first, second)] == [(Money(65000), False), (Money(3000), True)]
    assert first.id != second.id


def test_the_next_fee_is_what_the_billing_announces_discount_and_all() -> None:
    [one] = services(internet=[net(nextAbon={"abonDate": "2026-12-01", "sum": Decimal("520.005")})])
    assert one.fee == Money(52001)


@pytest.mark.parametrize("coming", [None, {}, {"abonDate": "0000-00-00", "sum": 0}])
def test_the_fee_that_the_deposit_was_too_small_for_is_wanted_today(coming: object) -> None:
    [one] = services(internet=[net(internetStatus=5, monthFee=800, nextAbon=coming)])
    assert (one.status, one.fee, one.next_fee) == (Status.BLOCKED_DEBT, Money(80000), TODAY)
    deposit = Balance("7", Money(-31975), datetime(2026, 11, 22, tzinfo=UTC))
    mine = Account("7", "7", Scheme.ADVANCE, "И. П.", "RUB", "Europe/Moscow")
    # As the billing's own recommended payment has it: 1120, a fraction up to the next ruble.
    assert position(mine, deposit, (), (one,), TODAY).to_pay == Money(111975)
    [tv] = services(iptv=[{"id": 1, "statusName": "Слишком маленький депозит", "monthFee": 300, "nextAbon": coming}])
    assert (tv.status, tv.next_fee) == (Status.BLOCKED_DEBT, TODAY)
    [off] = services(internet=[net(internetStatus=4, nextAbon=coming)])
    assert off.next_fee is None, "it may be the very fee that is the debt"
    later = replace(HOUSE, scheme=Scheme.CREDIT)  # there no payment starts a month: it will be on a bill
    told = {"internet": [net(internetStatus=5, nextAbon=coming)]}
    assert reading.services(told, "7", later, TODAY)[0].next_fee is None


def test_a_subscription_of_another_period_has_no_fee_by_the_month() -> None:
    def fee(**more: Any) -> Money | None:
        coming = {"abonDate": "2027-05-01", "sum": 1200}
        row = {"id": 3, "tpName": "Антивирус", "price": 1200, "active": True, "nextAbon": coming}
        [one] = services(abon=[row | more])
        fee: Money | None = one.fee
        return fee

    assert fee(period="year", periodId=4) is None
    assert fee(period="month ", periodId=1) == fee(period="місяць", periodId=1) == fee() == Money(120000)


@pytest.mark.parametrize("nothing", [{}, "", [], None, {"errno": 30011, "errstr": "Not active voip service"}])
def test_a_module_without_services_is_none(nothing: object) -> None:
    assert len(services(internet=[net()], voip=nothing)) == 1


@pytest.mark.parametrize("odd", [{"errno": 4401}, [], "x", None, {"error": "1"}])
def test_an_error_where_an_object_belongs_is_nothing(odd: object) -> None:
    [one] = services(internet=[net(holdup=odd, schedule=odd, nextAbon=odd)])
    assert (one.fee, one.next_fee) == (Money(65000), None)


def test_one_object_instead_of_a_list_another_account_and_a_module_that_is_off() -> None:
    assert len(services(internet=net(), voip=None, abon=[net(uid=8)], cams={"warningId": 1})) == 1
    with pytest.raises(Unreadable):
        services(internet="x")
    with pytest.raises(Unreadable):
        reading.services({"errno": 1}, "7", HOUSE, TODAY)


def test_a_subscription_and_a_phone() -> None:
    abon = {"id": 3, "tpName": "Приставка", "price": 39, "monthFee": 0, "active": True, "serviceStatus": 1}
    voip = {"id": 1, "tpName": "Местный", "number": 73452123456, "voipStatus": 0, "monthFee": "410,5"}
    assert [services(abon=[abon | {"active": told}])[0].status for told in (1, "0")] == [Status.ACTIVE, Status.OFF]
    phone, box = services(abon=[abon], voip=[voip])
    assert (box.title, box.tariff, box.fee, box.status) == ("Приставка", "", Money(3900), Status.ACTIVE)
    assert (phone.kind, phone.title, phone.fee) == (Kind.PHONE, "+73452123456", Money(41050))


# ── Bills and the promise ─────────────────────────────────────────────────────────────────────────────────────────────


def invoice(**more: Any) -> dict[str, Any]:
    return {"id": 5, "uid": 7, "invoiceNum": 33358, "date": "2026-11-05", "totalSum": 12, "paymentSum": "", **more}


@pytest.mark.parametrize(("paid", "left"), [("", 1200), ("2", 1000), (Decimal("2.5"), 950), (None, 1200), ("2,5", 950)])
def test_what_is_left_of_a_bill(paid: object, left: int) -> None:
    [one] = reading.invoices({"list": [invoice(paymentSum=paid)], "total": 1}, "7", HOUSE)
    assert money(one.remaining, "RUB") == Money(left)
    assert (one.number, one.issued) == ("33358", date(2026, 11, 5))


def test_paid_bills_and_bills_of_others_are_not_told() -> None:
    told = {"list": [invoice(paymentSum="12"), invoice(id=6, uid=8), invoice(id=7, paymentSum="13")], "total": 3}
    assert reading.invoices(told, "7", HOUSE) == []
    assert reading.invoices({"list": invoice()}, "7", HOUSE) != []
    assert reading.invoices({"result": "OK", "warningId": 1}, "7", HOUSE) == []


def test_a_bill_says_by_when_it_is_to_be_paid_and_what_for() -> None:
    orders = [{"orders": "Internet (2026-10-01-2026-10-31)"}, {"orders": "Voip (2026-09-01-2026-09-30)"}, {"orders": 5}]
    told = {"uid": 7, "expireDate": "2026-11-25", "amountForPay": "-5547", "orders": orders}
    period = Period(date(2026, 9, 1), date(2026, 10, 31))
    assert reading.due(told, "7", HOUSE) == (date(2026, 11, 25), period)
    assert reading.due(told | {"orders": None}, "7", HOUSE) == (date(2026, 11, 25), None)
    for odd in ("0000-00-00", "", None):
        with pytest.raises(Unreadable):
            reading.due(told | {"expireDate": odd}, "7", HOUSE)


def test_the_terms_of_a_promise_are_texts_and_the_price_has_two_names() -> None:
    told = {"creditSum": "800", "creditDays": "3", "creditChgPrice": "10,50", "creditMonthChanges": "1"}
    assert reading.terms(told) == (Decimal(800), Decimal("10.50"), 3)
    del told["creditChgPrice"]
    assert reading.terms(told | {"creditChangePrice": 5}).price == 5
    with pytest.raises(Unreadable):
        reading.terms(told | {"creditDays": 9999})


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def talk(**more: Any) -> dict[str, Any]:
    begin = int(datetime(2026, 10, 14, 21, tzinfo=UTC).timestamp())  # midnight in Moscow
    told = {"calledStationId": 79120001122, "callingStationId": "73452000001", "duration": "00:04:17.4393"}
    return {**told, "sum": Decimal("1.234567"), "dayBegin": begin, "uid": 7, **more}


def told_calls(*rows: dict[str, Any], mine: str = "73452000001") -> Any:
    data = {"sessions": {"list": list(rows), "total": {}}, "periods": {}}
    mine_ = reading.numbers({"number": mine})
    return reading.calls("7", "voip.1", reading.talks(reading.talk_rows(data), HOUSE), mine_, HOUSE)


def test_a_call_has_a_day_and_no_time() -> None:
    [one] = told_calls(talk())
    assert (one.timed, one.at.astimezone(MOSCOW).date(), one.seconds) == (False, date(2026, 10, 15), 257)
    assert (one.number, one.incoming, one.cost) == ("79120001122", False, Money(123))
    [got] = told_calls(talk(calledStationId="8 3452 00-00-01", callingStationId=79120001122))
    assert (got.number, got.incoming) == ("79120001122", True)


def test_calls_are_named_by_what_they_were_and_add_up() -> None:
    found = told_calls(talk(), talk(), talk(duration="00:00:00", sum=0))
    assert len({one.id for one in found}) == 3
    assert sum(one.cost.minor for one in found) == 247
    assert [one.id for one in told_calls(talk(), talk(), talk(duration="00:00:00", sum=0))] == [o.id for o in found]


@pytest.mark.parametrize("begin", [0, "", None, -5, 10**12, "1937-01-01"])
def test_a_call_without_a_credible_day_is_left_out(begin: object) -> None:
    assert told_calls(talk(dayBegin=begin)) == ()


def test_no_calls_are_a_warning_and_no_error() -> None:
    assert reading.talk_rows({"result": "OK", "warningId": 30101, "warnings": "No sessions"}) == []
    for odd in ("99:99:99", "soon", None):
        with pytest.raises(Unreadable):
            told_calls(talk(duration=odd))


def test_calls_of_another_phone_are_its_own() -> None:
    ours, theirs = frozenset({"3452000001"}), frozenset({"3452000002"})
    rows = [talk(), talk(callingStationId=73452000002), talk(callingStationId="", calledStationId="112")]
    found = reading.of_phone(reading.talks(rows, HOUSE), ours, theirs)
    assert [one.calling for one in found] == ["73452000001", ""]


FIELDS = [*USER, *PROFILE, "internet", "id", "sum", "list", "nextAbon", "monthFee", "datetime", "orders", "price"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=True) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "sessions"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(data: Any) -> None:
    for read in (
        lambda: reading.user(data, "7", HOUSE),
        lambda: reading.profile(data, "7", HOUSE),
        lambda: reading.services(data, "7", HOUSE, TODAY),
        lambda: reading.entries(reading.listed(data, "x"), HOUSE, ()),
        lambda: reading.invoices(data, "7", HOUSE),
        lambda: reading.due(data, "7", HOUSE),
        lambda: reading.terms(data),
        lambda: reading.talks(reading.talk_rows(data), HOUSE),
        lambda: reading.funds(data if isinstance(data, dict) else {}, HOUSE, TODAY),
    ):
        with suppress(Unreadable):
            read()
