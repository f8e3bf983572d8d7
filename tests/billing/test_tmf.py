"""Tmf where an operator has some of the APIs only, or others than usual, of a small server that says what was put."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web

from billing import tmf
from billing.base import Capability, Gone, Money, Period, Subject, Unavailable, Unsupported
from billing.promises import FREE

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
ACCOUNT = {"id": "7", "name": "0065210041", "accountType": "prepaid", "state": "active"}
MONEY = {"accountBalance": [{"balanceType": "deposit balance", "amount": {"unit": "RUB", "value": 5}}]}
WHOSE = {"billingAccount": {"id": "7"}}


class Nowhere:
    """No test here keeps a key."""

    async def read(self, unit: Callable[[Any], Any]) -> Any:
        return None

    glance = write = read


class Operator:
    """Answers by path; a list is cut by its `bill.id`, as a filter that works."""

    def __init__(self) -> None:
        self.says: dict[str, Any] = {"billingAccount/7": ACCOUNT}
        self.calls: Counter[str] = Counter()
        self.made: list[tmf.Tmf] = []

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.calls[f"{request.method} {path}"] += 1
        told = self.says.get(path)
        if callable(told):
            told = told()
        if told is None:
            return web.json_response({"code": 60, "reason": "Resource not found"}, status=404)
        if wanted := request.query.get("bill.id"):
            told = [one for one in told if one.get("bill", {}).get("id") == wanted]
        return web.json_response(told)

    def billing(self, *apis: str, **settings: str) -> tmf.Tmf:
        urls = {f"TMF_{api.upper()}_URL": self.url for api in ("account", *apis)}
        values = {**urls, "TMF_FRESH": "0", **settings}
        made = tmf.connect(values, database=Nowhere(), now=lambda: NOW, rule=FREE, secret="s" * 40)  # type: ignore[arg-type]
        self.made.append(made)
        return made


@pytest.fixture
async def operator() -> AsyncIterator[Operator]:
    operator = Operator()
    await operator.start()
    yield operator
    for made in operator.made:
        await made.close()
    await operator.runner.cleanup()


async def test_what_is_not_asked_is_not_told_and_says_what_it_wants(operator: Operator) -> None:
    billing = operator.billing()
    assert billing.can == {Capability.BALANCE, Capability.CHANGES}
    assert billing.wants(Capability.BILLS) == "TMF_BILL_URL"
    assert "TMF_PRODUCT_URL" in billing.wants(Capability.CALLS)
    assert billing.wants(Capability.OPENING) == billing.wants(Capability.BALANCE) == ""
    for ask in (
        billing.bills("7"),
        billing.payments("7", OCTOBER),
        billing.charges("7", OCTOBER),
        billing.services("7"),
        billing.details("7", "s"),
        billing.usage("7", "s", OCTOBER),
        billing.reaches("7"),
        billing.opening("7", OCTOBER.first),
        billing.authenticate("anna", "secret"),
        billing.door("https://x", "s", "n", "v"),
    ):
        with pytest.raises(Unsupported):
            await ask
    assert not operator.calls
    operator.says["billingAccount/7"] = ACCOUNT | MONEY
    facts = await billing.facts("7")
    assert (facts.balance.own, facts.bills, facts.services) == (Money(500), (), ())
    assert operator.calls == {"GET billingAccount/7": 1}


@pytest.mark.parametrize("id", ["", " 7", "7 ", ".", "..", "7/../8", "\n", "x" * 201])
async def test_an_id_that_leads_elsewhere_is_nobodys(operator: Operator, id: str) -> None:
    with pytest.raises(Gone):
        await operator.billing().account(id)


async def test_money_is_in_buckets_where_the_account_names_none(operator: Operator) -> None:
    bucket = {"id": "b", "usageType": "monetary", "status": "active", "remainingValue": {"amount": 12, "units": "RUB"}}
    operator.says["bucket"] = [
        bucket | {"partyAccount": {"id": "7"}},
        bucket | {"id": "c", "partyAccount": {"id": "8"}},
    ]
    billing = operator.billing("prepay")
    assert (await billing.balance("7")).own == Money(1200)
    assert operator.calls.total() == 2
    operator.says["bucket"] = []
    operator.says["accumulatedBalance"] = {
        "id": "a",
        "partyAccount": {"id": "7"},
        "totalBalance": {"amount": 3, "units": "RUB"},
    }
    assert (await billing.balance("7")).own == Money(300)
    operator.says["accumulatedBalance"] = []
    with pytest.raises(Unavailable):  # nobody has said that it is zero
        await billing.balance("7")
    operator.says["billingAccount/7"] = ACCOUNT | MONEY
    assert (await billing.balance("7")).own == Money(500), "never both"


async def test_top_ups_are_the_payments_where_there_is_no_other_api(operator: Operator) -> None:
    operator.says["topupBalance"] = [
        {"id": "t", "status": "completed", "partyAccount": {"id": "7"}, "amount": {"amount": 50, "units": "RUB"},
         "confirmationDate": "2026-10-03T00:00:00Z"}
    ]  # fmt: skip
    billing = operator.billing("prepay")
    assert [one.id for one in await billing.payments("7", OCTOBER)] == ["t"]
    last = await billing.last_payment("7")
    assert last is not None
    assert last.amount == Money(5000)


async def test_whoever_has_no_payments_may_have_topped_up(operator: Operator) -> None:
    operator.says["payment"] = []
    operator.says["topupBalance"] = [
        {"id": "t", "status": "completed", "partyAccount": {"id": "7"}, "amount": {"amount": 50, "units": "RUB"},
         "confirmationDate": "2026-10-03T00:00:00Z"}
    ]  # fmt: skip
    billing = operator.billing("payment", "prepay")
    assert [one.id for one in await billing.payments("7", OCTOBER)] == ["t"]
    operator.says["payment"] = [
        {"id": "p", "status": "done", "account": {"id": "7"}, "totalAmount": {"value": 50}, "paymentDate": "2026-10-03"}
    ]
    assert [one.id for one in await billing.payments("7", OCTOBER)] == ["p"], "never both: they may be the same money"
    operator.says |= {"payment": [], "topupBalance": None}
    assert await billing.payments("7", OCTOBER) == ()
    operator.says["billingAccount/7"] = ACCOUNT | {"accountType": "postpaid"}
    operator.calls.clear()
    assert await billing.payments("7", OCTOBER) == ()
    assert not operator.calls["GET topupBalance"]


async def test_the_last_payment_may_be_years_ago(operator: Operator) -> None:
    operator.says["payment"] = [
        {"id": "p", "status": "done", "account": {"id": "7"}, "totalAmount": {"value": 1}, "paymentDate": "2020-01-01"}
    ]
    billing = operator.billing("payment")
    last = await billing.last_payment("7")
    assert last is not None
    assert (last.id, operator.calls["GET payment"]) == ("p", 2)
    operator.says["payment"] = []
    assert await billing.last_payment("7") is None


async def test_lines_that_name_their_bill_only_are_found_by_it(operator: Operator) -> None:
    def line(id: str, **whose: object) -> dict[str, Any]:
        return {"id": id, "date": f"2026-10-0{id}T00:00:00Z", "taxIncludedAmount": {"value": 1}, **whose}

    operator.says["customerBill"] = [
        {"id": "b", "billDate": "2026-11-05", "state": "settled", **WHOSE},
        {"id": "old", "billDate": "2026-01-05", "state": "settled", **WHOSE},
        {"id": "of-another", "billDate": "2026-11-05", "billingAccount": {"id": "8"}},
    ]
    operator.says["appliedCustomerBillingRate"] = [
        line("1", isBilled=False, **WHOSE),
        line("2", isBilled=True, bill={"id": "b"}),
        line("3", isBilled=True, bill={"id": "of-another"}),
        line("4", isBilled=True, bill={"id": "b"}, billingAccount={"id": "8"}),
    ]
    billing = operator.billing("bill")
    assert [one.id for one in await billing.charges("7", OCTOBER)] == ["2", "1"]
    assert operator.calls.total() <= 5
    operator.says["appliedCustomerBillingRate"].append(line("5", isBilled=True, **WHOSE))  # this server says both
    operator.calls.clear()
    assert [one.id for one in await billing.charges("7", OCTOBER)] == ["5", "1"]
    assert operator.calls.total() == 3


async def test_packages_are_asked_for_until_they_are_there(operator: Operator) -> None:
    operator.says["product"] = [{"id": "s", "name": "Телефон", "status": "active", **WHOSE}]
    bucket = {
        "id": "m",
        "name": "Минуты",
        "remainingValueName": "120 минут",
        "status": "active",
        "product": [{"id": "s"}],
    }
    task = {"id": "q", "partyAccount": [{"id": "7"}]}
    operator.says["queryUsageConsumption"] = task | {"state": "inProgress"}
    operator.says["queryUsageConsumption/q"] = task | {"state": "done", "usageConsumption": [{"bucket": [bucket]}]}
    billing = operator.billing("product", "consumption", TMF_V5="consumption")
    assert [one.title for one in (await billing.details("7", "s")).options] == ["Минуты: 120 минут"]
    operator.says["queryUsageConsumption"] = task | {"state": "terminatedWithError"}
    with pytest.raises(Unavailable):
        await billing.details("7", "s")
    with pytest.raises(Gone):
        await billing.details("7", "another")


async def test_a_position_without_its_services_is_not_told(operator: Operator) -> None:
    operator.says["billingAccount/7"] = ACCOUNT | MONEY
    billing = operator.billing("product")
    assert (await billing.balance("7")).own == Money(500)
    with pytest.raises(Unavailable):
        await billing.facts("7")


async def test_a_customer_that_the_operators_site_names(operator: Operator) -> None:
    operator.says["customer/c"] = {
        "id": "c",
        "status": "approved",
        "account": [{"id": "7"}, {"id": "gone"}, {"name": "x"}],
    }
    operator.says["customer/left"] = {"id": "left", "status": "Closed", "account": [{"id": "7"}]}
    billing = operator.billing("customer")
    assert [one.id for one in await billing.accounts(Subject("customer:c"))] == ["7"]
    assert await billing.accounts(Subject("customer:left")) == ()
    assert await billing.accounts(Subject("customer:nobody")) == ()
    with pytest.raises(Gone):
        await billing.accounts(Subject("c"))  # nobody signed in by that name


async def test_an_answer_about_another_account_is_no_answer(operator: Operator) -> None:
    operator.says["billingAccount/7"] = ACCOUNT | MONEY | {"id": "8"}
    with pytest.raises(Unavailable):
        await operator.billing().balance("7")
