"""The stand-in ABillS says what its source says, in ABillS' own careless way, and on a bad day wrongly in one way each.

The source is the ledger furnished with the contract's small world; the client here is bare HTTP and reads bare text.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Money
from billing.ledger import Ledger
from sandbox.abills import Abills
from sandbox.abills_rows import Quirk, Rows, loose
from tests.contract.billing_suite import EVER, NOW, WORLD
from tests.contract.billings import ledger

MOSCOW = ZoneInfo("Europe/Moscow")
SHOW = "_SHOW"


@dataclass
class Client:
    abills: Abills
    ledger: Ledger
    http: aiohttp.ClientSession
    sids: dict[str, str] = field(default_factory=dict)

    async def asks(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        async with self.http.request(method, self.abills.settings()["ABILLS_URL"] + path, **more) as answer:
            return answer.status, await answer.text()

    async def signs_in(self, login: str, password: str) -> tuple[int, Any]:
        status, text = await self.asks("POST", "/user/login/", json={"login": login, "password": password})
        return status, json.loads(text)

    async def own(self, path: str, login: str = "anna.2", method: str = "GET") -> tuple[int, Any]:
        """The customer's API. A1 is the second account of Anna, by its number."""
        if login not in self.sids:
            _, told = await self.signs_in(login, f"{login.partition('.')[0]}-secret")
            self.sids[login] = told["sid"]
        status, text = await self.asks(method, path, headers={"USERSID": self.sids[login]})
        return status, json.loads(text, parse_float=Decimal)

    async def staff(self, path: str, **query: str) -> tuple[int, Any]:
        status, text = await self.asks("GET", path, params=query, headers={"KEY": self.abills.key})
        return status, json.loads(text, parse_float=Decimal)


@asynccontextmanager
async def standing(url: str) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        book = (await stack.enter_async_context(ledger(url))).billing
        assert isinstance(book, Ledger)
        abills = Abills(book, now=lambda: NOW)
        await abills.start()
        stack.push_async_callback(abills.stop)
        yield Client(abills, book, await stack.enter_async_context(aiohttp.ClientSession()))


@pytest.fixture
async def client(sqlite_url: str) -> AsyncIterator[Client]:
    async with standing(sqlite_url) as made:
        yield made
        await asyncio.wait_for(made.http.close(), 5)


# ── Signing in ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_login_is_one_account_and_its_session_ends(client: Client) -> None:
    for login, account in (("anna", "A2"), ("anna.2", "A1"), ("boris", "B1")):
        status, told = await client.signs_in(login, f"{login.partition('.')[0]}-secret")
        assert (status, told.keys(), told["uid"]) == (200, {"uid", "sid", "login"}, client.abills.uid(account))
    for login, password in (("anna", "boris-secret"), ("anna.3", "anna-secret")):
        status, told = await client.signs_in(login, password)
        assert (status, told["errno"]) == (400, 1_001_014), login
    assert (await client.own("/user/"))[0] == 200
    client.abills.end_sessions()
    assert await client.own("/user/") == (401, {"errno": 10, "errstr": "Access denied"})
    client.sids.clear()
    assert (await client.own("/user"))[0] == 200, "a trailing slash may be missing"
    assert (await client.own("/user/logout/", method="DELETE"))[0] == 200
    assert (await client.own("/user/"))[0] == 401
    assert client.abills.violations == []


@pytest.mark.parametrize(
    ("path", "headers", "what"),
    [
        ("/user/", {"KEY": "x"}, "staff's key"),
        ("/version/", {"USERSID": "x"}, "customer's session"),
        ("/users/all/?password=_SHOW", {}, "passwords"),
        ("/users/1/?showPassword=1", {}, "passwords"),
        ("/user/bank/", {}, "not there"),
    ],
)
async def test_what_a_client_must_not_do_is_noted(client: Client, path: str, headers: Any, what: str) -> None:
    status, _ = await client.asks("GET", path, headers=headers)
    assert status in {401, 404}
    assert len(client.abills.violations) == 1
    assert what in client.abills.violations[0]


# ── What the customer is told ─────────────────────────────────────────────────────────────────────────────────────


async def test_the_deposit_is_own_money_and_what_was_promised_is_credit(client: Client) -> None:
    _, told = await client.own("/user/")
    assert (told["deposit"], told["credit"], told["creditDate"]) == (Decimal("-319.75"), 300, "2026-11-25")
    _, told = await client.own("/user/", "boris")
    assert (told["deposit"], told["creditDate"]) == (0, "0000-00-00")
    _, told = await client.own("/user/", "anna")  # postpaid: what is unpaid on bills was taken from the deposit at once
    assert told["deposit"] == 5 - 200 - 500


async def test_what_looks_numeric_is_a_number(client: Client) -> None:
    _, told = await client.own("/user/pi/")
    assert told["contractId"] == 65210041, "leading zeros are lost"
    assert told["phone"] == [79120000041]
    assert told["email"] == ["anna@mail.example"]


async def test_money_is_bare_numbers_and_times_are_local_without_a_zone(client: Client) -> None:
    _, payments = await client.own("/user/payments/?pg=2&desc=DESC")
    expected = sorted((p for p in WORLD.payments if p.account == "A1"), key=lambda p: p.at)
    assert [Decimal(one["sum"]) for one in payments] == [Decimal(p.amount.minor) / 100 for p in expected]
    assert [one["datetime"] for one in payments] == [f"{p.at.astimezone(MOSCOW):%Y-%m-%d %H:%M:%S}" for p in expected]
    assert {one["uid"] for one in payments} == {client.abills.uid("A1")}
    assert (await client.own("/user/payments/?pageRows=1"))[1] == payments[:1]
    _, fees = await client.own("/user/fees/")
    assert [Decimal(one["sum"]) for one in fees] == [1, 2, -3, 4]


@given(st.integers(-(10**13), 10**13))
def test_a_sum_keeps_its_value_whatever_its_digits(minor: int) -> None:
    assert Decimal(bytes(Rows("Europe/Moscow", ()).amount(Money(minor))).decode()) == Decimal(minor) / 100
    text = json.loads(bytes(Rows("Europe/Moscow", {Quirk.TEXT}).amount(Money(minor))))
    assert Decimal(text.replace(",", ".")) == Decimal(minor) / 100


def test_only_plain_digits_look_numeric() -> None:
    told = {"0041": 41, "٤١": "٤١", "-5": "-5", "": "", "1e3": "1e3"}
    assert {text: loose(text) for text in told} == told


async def test_services_stand_in_their_modules(client: Client) -> None:
    _, told = await client.own("/user/services/")
    assert {module: len(rows) for module, rows in told.items()} == {
        "internet": 1,
        "voip": 1,
        "iptv": 1,
        "mobile": 0,
        "abon": 0,
        "cams": 0,
    }
    (internet,), (tv,) = told["internet"], told["iptv"]
    assert (internet["tpName"], internet["internetStatus"], internet["monthFee"]) == ("Сотка", 0, 650)
    assert internet["nextAbon"]["abonDate"] == "2026-12-01"
    assert "errno" in internet["holdup"]
    assert tv["statusName"] == "Не активно"
    assert "serviceStatus" not in tv, "by its name only"
    assert not {"monthFee", "nextAbon"} & tv.keys(), "nobody knows"
    _, blocked = await client.own("/user/services/", "vera")
    assert blocked["internet"][0]["internetStatus"] == 4
    assert (await client.own(f"/user/internet/{internet['id']}/warnings/"))[1]["daysToFee"] == 9


async def test_calls_have_a_day_and_no_calls_are_no_list(client: Client) -> None:
    _, told = await client.own("/user/voip/sessions/?fromDate=2026-10-01&toDate=2026-10-31")
    last, first = told["sessions"]["list"]
    assert (first["calledStationId"], last["callingStationId"]) == (73452123456, 73452123456), "one came in"
    assert (first["duration"], first["sum"]) == ("00:01:01", Decimal("2.5"))
    assert datetime.fromtimestamp(first["dayBegin"], MOSCOW) == datetime(2026, 10, 1, tzinfo=MOSCOW)
    assert told["sessions"]["total"]["duration"] == "00:02:02"
    assert (await client.own("/user/voip/sessions/?fromDate=2020-01-01&toDate=2020-01-31"))[1] == {
        "result": "OK",
        "warningId": 30101,
        "warnings": "No sessions",
    }
    assert (await client.own("/user/voip/sessions/", "vera"))[1]["errno"] == 30011


async def test_credit_is_taken_once_and_its_price_has_two_names(client: Client) -> None:
    _, terms = await client.own("/user/credit/", "vera")
    assert terms == {"creditSum": "150", "creditDays": "5", "creditChgPrice": "0", "creditMonthChanges": "1"}
    status, taken = await client.own("/user/credit/", "vera", "POST")
    assert (status, taken["creditSum"], taken["creditChangePrice"]) == (200, "150", 0)
    assert (await client.own("/user/credit/", "vera", "POST"))[1]["errno"] == 4305
    _, after = await client.own("/user/", "vera")
    assert (after["deposit"], after["credit"], after["creditDate"]) == (-150, 150, "2026-11-27")
    assert (await client.own("/user/credit/", "anna"))[1]["errno"] == 4303, "bills are paid afterwards there"


async def test_bills_mix_text_and_numbers(client: Client) -> None:
    _, told = await client.own("/user/docs/invoices/", "anna")
    new, old = told["list"]
    assert (told["total"], new["paymentSum"], old["paymentSum"]) == (2, "", "300")
    _, whole = await client.own(f"/user/docs/invoices/{old['id']}", "anna")
    assert (whole["expireDate"], whole["amountForPay"]) == ("2026-10-25", "1195")
    assert (await client.own("/user/docs/invoices/7", "anna"))[0] == 400


async def test_what_to_pay_is_abills_own_figure(client: Client) -> None:
    _, told = await client.own("/user/recommendedPay/")
    assert told == {"sum": 970, "allServicesSum": 650, "minSum": 0, "maxSum": 0}  # 650 + 319.75, up to the ruble


# ── What the staff is told ────────────────────────────────────────────────────────────────────────────────────────


async def test_everybody_by_pages_and_by_condition(client: Client) -> None:
    _, everybody = await client.staff("/users/all/")
    assert [one["uid"] for one in everybody] == sorted(client.abills.uid(a.id) for a in WORLD.accounts)
    assert all(one.keys() == {"login", "uid"} for one in everybody)
    pages = [(await client.staff("/users/all/", pageRows="3", pg=pg))[1] for pg in ("0", "3", "6")]
    assert [one for page in pages for one in page] == everybody
    assert [len(page) for page in pages] == [3, 1, 0]
    _, poor = await client.staff("/users/all/", deposit="<0", credit=SHOW, loginStatus=SHOW)
    assert {(one["uid"], one["deposit"]) for one in poor} == {
        (client.abills.uid("A1"), Decimal("-319.75")),
        (client.abills.uid("A2"), -695),
        (client.abills.uid("V1"), -150),
    }
    _, some = await client.staff("/users/all/", uid=f"{client.abills.uid('B1')},{client.abills.uid('V1')}")
    assert len(some) == 2
    _, boris = await client.staff(f"/users/{client.abills.uid('B1')}/")
    assert (boris["disable"], boris["deposit"]) == (1, 0)
    assert await client.staff("/users/404/") == (400, {"errno": 15, "errstr": "User not found", "uid": 404})
    assert (await client.asks("GET", "/users/all/", headers={"KEY": "another"}))[0] == 401


async def test_numbers_of_payments_grow_as_they_come(client: Client) -> None:
    _, before = await client.staff("/payments/", pageRows="100", datetime=SHOW)
    numbers = [one["id"] for one in before]
    assert numbers == sorted(numbers)
    assert len(before) == len(WORLD.payments)
    assert (await client.staff("/payments/", pageRows="100", id=f">{numbers[2]}"))[1][0]["id"] == numbers[3]
    # It is seen long before it is credited, and numbered when it is.
    await client.ledger.pay("V1", Money(100), "Карта", NOW - timedelta(days=3), credited=False)
    (coming,) = await client.ledger.payments("V1", EVER)
    await client.ledger.pay("V1", Money(200), "Карта", NOW)
    assert [one["sum"] for one in (await client.staff("/payments/", id=f">{numbers[-1]}"))[1]] == [2]
    await client.ledger.arrive(coming.id)
    fresh = (await client.staff("/payments/", id=f">{numbers[-1]}"))[1]
    assert [one["sum"] for one in fresh] == [2, 1]
    assert {one["uid"] for one in fresh} == {client.abills.uid("V1")}
    assert [one["id"] for one in (await client.own("/user/payments/", "vera"))[1]] == [one["id"] for one in fresh]
    _, october = await client.staff("/fees/", fromDate="2026-10-01", toDate="2026-10-15")
    assert [one["sum"] for one in october] == [2, 5]


async def test_the_next_one_goes_on_with_the_same_numbers(client: Client) -> None:
    await client.ledger.pay("V1", Money(100), "Карта", NOW)
    _, before = await client.staff("/payments/", pageRows="100")
    await client.ledger.pay("V1", Money(200), "Карта", NOW - timedelta(days=400))
    _, after = await client.staff("/payments/", pageRows="100")
    again = Abills(client.ledger, now=lambda: NOW)
    again.recall(client.abills.keep())
    await again.start()
    try:
        _, kept = await Client(again, client.ledger, client.http).staff("/payments/", pageRows="100")
    finally:
        await again.stop()
    assert (kept, kept[:-1]) == (after, before)


# ── Bad days ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_quirk_is_wrong_in_its_own_way(client: Client) -> None:
    url = client.abills.settings()["ABILLS_URL"]
    uid = client.abills.uid("A1")
    (await client.own("/user/")), (await client.own("/user/", "vera"))
    headers, vera = ({"USERSID": client.sids[login]} for login in ("anna.2", "vera"))

    async def text(path: str, headers: Any = headers) -> str:
        return (await client.asks("GET", path, headers=headers, allow_redirects=False))[1]

    def rows(name: str, told: Callable[[Any], bool]) -> Callable[[str], bool]:
        return lambda text: told([one[name] for one in json.loads(text)])

    wrong: dict[Quirk, tuple[str, Any, Callable[[str], bool]]] = {
        Quirk.ERROR_NAMES: ("/user/credit/", headers, lambda text: '"error":"4305"' in text),
        Quirk.LICENCE: ("/user/", headers, lambda text: '"errno":699' in text),
        Quirk.HTML: ("/user/", headers, lambda text: text.startswith("<html>")),
        Quirk.BROKEN: ("/user/", headers, lambda text: text.startswith("{") and not text.endswith("}")),
        Quirk.REDIRECT: ("/user/", headers, lambda text: not text),
        Quirk.STRANGER: ("/user/payments/", headers, rows("uid", lambda uids: uids == [uid + 1, *[uid] * 4])),
        Quirk.SINGLE: ("/user/voip/", headers, lambda text: text.startswith("{")),
        Quirk.WRAPPED: ("/user/", headers, lambda text: text.startswith("[{")),
        Quirk.TEXT: ("/user/", headers, lambda text: '"deposit":"-319,75"' in text),
        Quirk.ABSURD: ("/user/", headers, lambda text: "-3.402823669209385e+38" in text and "1937" in text),
        Quirk.NAMES: ("/user/payments/", headers, rows("dsc", lambda texts: all("79120001122" in t for t in texts))),
        Quirk.UNFILTERED: (
            "/fees/?id=>4000&pageRows=1",
            {"KEY": client.abills.key},
            lambda text: len(json.loads(text)) == len(WORLD.charges),
        ),
    }
    for quirk, (path, whose, says) in wrong.items():
        assert not says(await text(path, whose)), quirk
        client.abills.quirks.add(quirk)
        assert says(await text(path, whose)), quirk
        client.abills.heal()
    assert (await client.signs_in("vera", "vera-secret"))[1].keys() == {"uid", "sid", "login"}
    client.abills.quirks.add(Quirk.PASSWORD)
    assert (await client.signs_in("vera", "vera-secret"))[1]["password"] == "vera-secret"
    client.abills.heal()

    client.abills.quirks.add(Quirk.SLOW)
    waiting = asyncio.create_task(text("/user/", vera))
    await asyncio.sleep(0)
    assert not (await asyncio.wait([waiting], timeout=0.05))[0]
    client.abills.heal()
    assert json.loads(await waiting)["uid"] == client.abills.uid("V1")

    client.abills.quirks.add(Quirk.HUGE)
    async with client.http.get(f"{url}/user/", headers=headers) as answer:
        assert len(await answer.content.readexactly(9 * 2**20)) == 9 * 2**20
        answer.close()
    client.abills.heal()
    assert set(Quirk) == {*wrong, Quirk.PASSWORD, Quirk.SLOW, Quirk.HUGE}, "each is tried"


async def test_whoever_follows_a_redirect_carries_a_secret_away(client: Client) -> None:
    await client.own("/user/")
    client.abills.quirks.add(Quirk.REDIRECT)
    await client.own("/user/")
    assert client.abills.violations == [
        "a redirect was followed to another origin",
        "a secret was carried to another origin",
    ]


async def test_calls_are_counted_and_how_many_came_at_once(client: Client) -> None:
    await client.own("/user/")
    client.abills.delay = 0.02
    await asyncio.gather(*(client.own("/user/") for _ in range(7)))
    assert client.abills.calls["GET /user/"] == 8
    assert client.abills.widest == 7
