"""The TM Forum stand-in tells what its source tells, refuses what a strict server refuses, and is wrong on demand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Money
from sandbox.tmf import RESOURCES
from sandbox.tmf_quirks import BENT, Quirk, bend
from sandbox.tmf_rows import split
from tests.contract.billing_suite import NOW
from tests.sandbox.tmf_client import Client, stand_in


@pytest.fixture
async def client(sqlite_url: str) -> AsyncIterator[Client]:
    async with stand_in(sqlite_url) as client:
        yield client


@pytest.fixture
async def modern(sqlite_url: str) -> AsyncIterator[Client]:
    async with stand_in(sqlite_url, 5) as client:
        yield client


def ids(rows: list[Any]) -> set[str]:
    return {row["id"] for row in rows}


async def test_money_is_exact_and_positive_in_v4_and_signed_in_v5(client: Client) -> None:
    account = await client.get("billingAccount/A1")
    money = {one["balanceType"]: one["amount"] for one in account["accountBalance"]}
    assert money["receivable balance"] == {"unit": "RUB", "value": Decimal("319.75")}
    assert money["loyalty balance"]["unit"] == "points"
    assert account["paymentPlan"][0]["totalAmount"] == {"unit": "RUB", "value": Decimal("300.00")}
    [bucket] = await client.get("bucket", partyAccount__id="A1")
    assert bucket["remainingValue"] == {"units": "RUB", "amount": Decimal("-319.75")}
    assert await client.get("bucket", partyAccount__id="A2") == [], "a postpaid account has no purse"


async def test_v5_writes_it_otherwise(modern: Client) -> None:
    account = await modern.get("billingAccount/A1")
    assert account["accountBalance"][0]["amount"] == {"unit": "RUB", "value": Decimal("-319.75")}
    assert account["relatedParty"][0]["partyOrPartyRole"]["id"] == "party-A1"
    assert "lastUpdate" in account
    assert await modern.get("product", relatedParty__id="party-A1") == [], "parties are one level deeper"
    assert len(await modern.get("product", billingAccount__id="A1")) == 3
    assert len(await modern.get("usage", relatedParty__id="party-B1")) == 1, "TMF635 stays v4"


async def test_a_page_at_a_time(client: Client) -> None:
    seen: list[str] = []
    for offset, expected in ((0, 206), (2, 200)):
        status, rows, headers = await client.ask("GET", "billingAccount", offset=offset, limit=2)
        assert (status, headers["X-Total-Count"], headers["X-Result-Count"]) == (expected, "4", "2")
        assert headers["Content-Type"] == "application/json;charset=utf-8"
        seen += [row["id"] for row in rows]
    assert sorted(seen) == ["A1", "A2", "B1", "V1"]
    assert await client.get("billingAccount", offset=4) == []
    status, error, _ = await client.ask("GET", "billingAccount", limit=0)
    assert (status, error["code"]) == (400, "27")


async def test_filters_by_account_and_by_date(client: Client) -> None:
    assert ids(await client.get("payment", account__id="A1")) == {"m-before", "m-first", "m-last", "m-after"}
    since, until = "2026-10-01T00:00:00+03:00", "2026-11-01T00:00:00+03:00"
    within = {"paymentDate__gte": since, "paymentDate__lt": until}
    assert ids(await client.get("payment", account__id="A1", **within)) == {"m-first", "m-last"}
    assert ids(await client.get("customerBill", billingAccount__id="A2", state="sent,partiallyPaid")) == {"old", "new"}
    assert ids(await client.get("billingAccount", relatedParty__id="party-V1")) == {"V1"}
    assert [set(row) for row in await client.get("payment", account__id="B1", fields="status")] == []
    [row] = await client.get("billingAccount", id="A1", fields="name,state")
    assert set(row) == {"id", "href", "@type", "name", "state"}
    assert client.server.violations == []


async def test_days_sessions_and_calls_are_usage_records(client: Client) -> None:
    rows = await client.get("usage", relatedParty__id="party-A1", limit=100)
    volumes = [
        fact["value"]
        for row in rows
        for fact in row["usageCharacteristic"]
        if fact["name"] == "volume" and row["usageDate"].startswith("2026-10-01")
    ]
    assert (len(volumes), sum(volumes)) == (3, 5_000_000_000)
    [call] = [row for row in rows if row["id"] == "f"]
    told = {fact["name"]: fact["value"] for fact in call["usageCharacteristic"]}
    assert told == {
        "callingNumber": "0065210041",
        "calledNumber": "+73452123456",
        "duration": 61,
        "incoming": False,
        "callDirection": "zone",
    }
    assert call["ratedProductUsage"][0]["taxIncludedRatingAmount"] == {"unit": "RUB", "value": Decimal("2.50")}


@given(st.integers(-(10**9), 10**9), st.integers(1, 50))
def test_parts_add_up(whole: int, parts: int) -> None:
    made = split(whole, parts)
    assert (len(made), sum(made)) == (parts, whole)
    assert max(made) - min(made) <= 1


async def test_what_changed_is_told_by_its_time(client: Client) -> None:
    before = {row["id"]: row["lastModified"] for row in await client.get("billingAccount")}
    newest = max(before.values(), key=datetime.fromisoformat)
    await client.server.source.credit("V1", Money(700), "Карта", NOW, "k")
    after = await client.get("billingAccount", lastModified__gt=newest)
    assert ids(after) == {"V1"}
    assert datetime.fromisoformat(after[0]["lastModified"]) > datetime.fromisoformat(newest)
    assert ids(await client.get("billingAccount", lastModified__gt=after[0]["lastModified"])) == set()


async def test_a_bill_changes_when_something_is_paid_on_it_and_no_other_does(client: Client) -> None:
    before = {row["id"]: row for row in await client.get("customerBill", billingAccount__id="A2")}
    assert before["new"]["lastUpdate"] == "2026-11-05T00:00:00+12:00"
    await client.server.source.credit("A2", Money(100), "Карта", NOW, "k")
    after = {row["id"]: row for row in await client.get("customerBill", billingAccount__id="A2")}
    assert after["old"]["remainingAmount"]["value"] == Decimal("199.00")
    assert {id for id, row in after.items() if row["lastUpdate"] != before[id]["lastUpdate"]} == {"old"}


async def test_without_a_token_nothing_is_told(client: Client) -> None:
    client.server.revoke()
    status, error, _ = await client.ask("GET", "billingAccount")
    assert (status, error["reason"]) == (401, "Unauthorized")
    assert client.server.violations == [], "tokens end"
    client.token = ""
    assert (await client.ask("GET", "billingAccount"))[0] == 401
    assert client.server.violations == ["without a bearer token"]
    form = {"grant_type": "client_credentials", "client_id": "saldo", "client_secret": "guessed"}
    async with client.http.post(f"{client.server.url}/oauth/token", data=form) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "violation"),
    [
        ("PATCH", "customerBill/old", {}, 405, "PATCH customerBill"),
        ("POST", "payment", {}, 405, "POST payment"),
        ("DELETE", "product/s1", {}, 405, "DELETE product"),
        ("GET", "customerBill", {"account__id": "A2"}, 200, "customerBill cannot be asked for by account.id"),
        ("GET", "payment", {"sort": "-paymentDate"}, 200, "payment cannot be asked for by sort"),
    ],
)
async def test_what_a_strict_server_would_not_take(
    client: Client, method: str, path: str, params: dict[str, str], status: int, violation: str
) -> None:
    assert (await client.ask(method, path, **params))[0] == status
    assert client.server.violations == [violation]
    async with client.http.get(f"{client.server.url}/tmf-api/nothing/v4/here") as answer:
        assert answer.status == 404
    assert client.server.violations[1:] == ["unknown path"]


async def test_an_unknown_id_is_404_and_no_violation(client: Client) -> None:
    for resource in RESOURCES:
        for id in ("404", "A1%27%20OR%20%271%27=%271"):
            status, error, _ = await client.ask("GET", f"{resource}/{id}")
            assert (status, error["code"]) == (404, "60"), resource
    assert client.server.violations == []


async def test_a_customer_is_a_party_or_who_signed_in(client: Client) -> None:
    assert [one["id"] for one in (await client.get("customer/anna"))["account"]] == ["A2", "A1"]
    assert [one["id"] for one in (await client.get("customer/party-V1"))["account"]] == ["V1"]


async def test_who_listens_is_told_and_may_leave(client: Client) -> None:
    status, made, _ = await client.ask("POST", "hub", api="account", json={"callback": "http://127.0.0.1:1/x"})
    assert (status, made["callback"]) == (201, "http://127.0.0.1:1/x")
    assert await client.server.announce("A1") == [0], "nobody is there"
    assert await client.server.announce("A1", "payment") == [], "nobody listens to payments"
    assert (await client.ask("DELETE", f"hub/{made['id']}", api="account"))[0] == 204
    assert (await client.ask("DELETE", f"hub/{made['id']}", api="account"))[0] == 404
    assert (await client.ask("POST", "hub", api="account", json={"callback": "javascript:"}))[0] == 400


async def test_calls_are_counted_without_ids_and_delay_holds_them(client: Client) -> None:
    client.server.calls.clear()
    client.server.delay = 0.05
    await asyncio.gather(*(client.get(f"billingAccount/{id}") for id in ("A1", "A2", "V1")))
    assert client.server.calls == {"GET billingAccount/{id}": 3}
    assert client.server.widest == 3


# ── Quirks ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_filters_that_are_ignored_bring_everybodys(client: Client) -> None:
    client.server.quirks = {Quirk.FILTERS_IGNORED}
    assert len(await client.get("payment", account__id="A1", limit=100)) == 8
    client.server.quirks = {Quirk.MIXED}
    assert {row["account"]["id"] for row in await client.get("payment", account__id="A1")} == {"A1", "A2"}
    client.server.quirks = {Quirk.FOREIGN}
    assert (await client.get("billingAccount/A1"))["id"] != "A1"
    client.server.quirks = {Quirk.ANONYMOUS}
    assert all("account" not in row for row in await client.get("payment", account__id="A1"))


async def test_lists_that_are_told_badly(client: Client) -> None:
    client.server.quirks = {Quirk.CAPPED}
    status, rows, _ = await client.ask("GET", "payment", account__id="A1", limit=100)
    assert (status, len(rows)) == (200, 2)
    client.server.quirks = {Quirk.REPEATED}
    _, rows, _ = await client.ask("GET", "billingAccount", limit=2)
    _, more, _ = await client.ask("GET", "billingAccount", limit=2, offset=2)
    assert more[0]["id"] == rows[1]["id"]
    client.server.quirks = {Quirk.ENDLESS}
    assert await client.get("billingAccount", limit=2, offset=400) == rows
    for quirk, total in ((Quirk.TOTALS_LOW, "1"), (Quirk.TOTALS_NEGATIVE, "-1"), (Quirk.TOTALS_HIGH, "1004")):
        client.server.quirks = {quirk}
        assert (await client.ask("GET", "payment", account__id="A1"))[2]["X-Total-Count"] == total
    client.server.quirks = {Quirk.LINK}
    assert (await client.ask("GET", "payment", limit=1))[2]["Link"].count("?") == 2
    client.server.quirks = {Quirk.BARE}
    assert (await client.get("bucket", partyAccount__id="A1"))["id"] == "money-A1"
    client.server.quirks = {Quirk.NOISE}
    told = await client.get("customerBill", billingAccount__id="A2")
    assert {row["state"] for row in told} >= {"new", "onHold", "sent"}


async def test_answers_that_are_none(client: Client) -> None:
    server = client.server
    for quirk, status in (
        (Quirk.HTML, 400),
        (Quirk.HTML_OK, 200),
        (Quirk.UNAVAILABLE, 503),
        (Quirk.BUSY, 429),
        (Quirk.REDIRECT, 302),
        (Quirk.DENIED, 401),
        (Quirk.HALF, 200),
        (Quirk.LATIN, 200),
    ):
        server.quirks = {quirk}
        told = await client.ask("GET", "billingAccount/A1")
        assert told[0] == status, quirk
        if status == 200:
            assert isinstance(told[1], bytes), quirk
    server.quirks = {Quirk.CUT}
    with pytest.raises(aiohttp.ClientError):
        await client.ask("GET", "billingAccount/A1")
    server.quirks = {Quirk.FLAKY}
    assert {(await client.ask("GET", "billingAccount/A1"))[0] for _ in range(2)} == {200, 503}
    server.quirks = {Quirk.INTEGER_CODES}
    assert (await client.ask("GET", "billingAccount/404"))[1]["code"] == 60
    server.quirks = {Quirk.STRING_CODES}
    assert (await client.ask("GET", "billingAccount/404"))[1]["code"] == "RESOURCE_NOT_FOUND"
    server.quirks = {Quirk.SLOW}
    waiting = asyncio.create_task(client.get("billingAccount/A1"))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    server.heal()
    assert (await waiting)["id"] == "A1"


async def test_a_huge_answer_goes_on_until_nobody_reads(client: Client) -> None:
    client.server.quirks = {Quirk.HUGE}
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.http.get(f"{client.server.base('payment')}/payment", headers=headers) as answer:
        assert len(await answer.content.readexactly(2**21)) == 2**21


@pytest.mark.parametrize("quirk", BENT)
async def test_every_bent_record_is_another(client: Client, quirk: Quirk) -> None:
    rows = [await client.get(f"billingAccount/{id}") for id in ("A1", "A2")]
    rows += await client.get("customerBill", billingAccount__id="A2")
    client.server.quirks = {quirk}
    bent = [(await client.ask("GET", f"billingAccount/{id}"))[1] for id in ("A1", "A2")]
    bent += (await client.ask("GET", "customerBill", billingAccount__id="A2"))[1]
    assert bent != rows
    assert bend({"id": "1"}, {quirk}).keys() == {"id"}
