"""What an operator is shown of his billing: each address asked, what the bot hides and why, one account field by field,
and its position with every call that was made; never a name, an address, a phone or a whole number."""

import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.base import Address
from billing.abills import connect as connect_abills
from billing.base import (
    Account,
    Call,
    Capability,
    Charge,
    Delivery,
    Direction,
    Gone,
    Money,
    Payment,
    Reach,
    Scheme,
    Subject,
    Way,
)
from billing.ledger import Ledger
from billing.promises import FREE
from bot import doctor, showing
from bot.doctor import Finding, examine
from bot.settings import load
from bot.teaching import opened
from sandbox.abills import Abills
from sandbox.tmf import Tmf
from storage.clock import SystemClock
from storage.database import connect
from tests.bot.parts import link
from tests.contract.billing_suite import NOW
from tests.contract.billings import SECRET, ledger

# Nobody's whole number, name, mailbox or phone of the world that the ledger is furnished with.
PERSONAL = re.compile(r"0065210041|65210041|anna@|Иванов|\+?7\d{10}|\b\d{7,}\b")


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Abills]:
    """ABillS on loopback, and the environment of a bot that asks it."""
    monkeypatch.chdir(tmp_path)
    async with ledger(sqlite_url) as furnished:
        assert isinstance(furnished.billing, Ledger)
        server = Abills(furnished.billing, now=lambda: NOW)
        await server.start()
        told = {"DATABASE_URL": sqlite_url, "SECRET_KEY": SECRET, "BILLING": "abills", **server.settings()}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        yield server
        await server.stop()


async def sign_in(sqlite_url: str, server: Abills) -> str:
    """Anna proves who she is; the id that the billing knows her account by."""
    database = connect(sqlite_url, beside=True)
    billing = connect_abills(server.settings(), database=database, now=lambda: NOW, rule=FREE, secret=SECRET)
    try:
        subject = await billing.authenticate("anna.2", "anna-secret")
        assert subject == Subject(str(server.uid("A1")))
        return subject.id
    finally:
        await billing.close()
        await database.close()


async def examined(account: str = "") -> dict[str, Finding]:
    findings = await examine(account)
    out = io.StringIO()
    doctor.show(findings, as_json=False, out=out)
    assert all(one.fine or one.mend for one in findings)
    # The address of the stand-in has a port in it, and that is all.
    assert not PERSONAL.search(re.sub(r"https?://\S+", "", out.getvalue())), out.getvalue()
    return {one.check: one for one in findings}


# ── doctor ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_doctor_asks_each_address_and_says_what_the_bot_will_hide(house: Abills) -> None:
    found = await examined()
    assert "ABillS answers, and asks who is there" in found["billing.customer"].what
    assert found["billing.staff"].what.endswith("the key is taken")
    bills, outages = found["billing.bills"], found["billing.outages"]
    assert bills.what == (
        "not told, so the bot hides unpaid bills; of accounts that pay afterwards also what is owed; "
        "set docs in ABILLS_MODULES to have it told"
    )
    assert outages.what == (
        "not told, so the bot hides faults and planned work at the customer's address; this billing can never tell it"
    )
    assert bills.fine
    assert "billing.payments" not in found
    assert not [check for check in found if check.startswith("account")]


async def test_doctor_names_the_address_that_does_not_answer(house: Abills, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABILLS_URL", "http://127.0.0.1:9/api.cgi")  # the discard port: nobody is there
    found = await examined()
    assert not found["billing.customer"].fine
    assert found["billing.customer"].what.startswith("http://127.0.0.1:9/api.cgi: Unavailable: ")
    assert "address" in found["billing.customer"].mend
    monkeypatch.setenv("ABILLS_URL", "nonsense")
    found = await examined()
    assert found["billing"].what.startswith("ABILLS_URL is not an address")
    assert ".env.example" in found["billing"].mend


async def test_doctor_shows_what_was_understood_of_an_account_field_by_field(house: Abills, sqlite_url: str) -> None:
    found = await examined(await sign_in(sqlite_url, house))
    assert found["account.number"].what == "···0041"
    assert found["account.balance.own"].what == "-319.75 RUB"
    assert found["account.balance.promised"].what == "300.00 RUB"
    assert found["account.services.fee"].what == "650.00 RUB"
    assert re.fullmatch(r"\d+, of them the first", found["account.services"].what)
    assert re.fullmatch(r"\+7 ··· ··-\d\d|.\*\*\*@\S+", found["account.reaches.address"].what)
    assert "balance" in found["account.missing"].what


async def test_doctor_says_who_must_sign_in_and_which_account_nobody_knows(house: Abills) -> None:
    found = await examined(str(house.uid("A1")))
    assert not found["account"].fine
    assert "link the account in a chat first" in found["account"].mend


async def test_doctor_of_the_ledger_is_as_it_was_and_shows_an_account_too(
    house: Abills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING", "ledger")
    assert not [check for check in await examined() if check.startswith(("billing", "account"))]
    found = await examined("A1")
    assert (found["account.number"].what, found["account.balance.own"].what) == ("···0041", "-319.75 RUB")
    assert not [check for check in found if check.startswith("billing")]
    found = await examined("nobody")
    assert found["account"].what == showing.UNKNOWN
    assert "name the billing's id" in found["account"].mend


async def test_doctor_without_a_schema_says_what_comes_first(
    house: Abills, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    found = await examined()
    assert (found["billing"].fine, found["billing"].mend) == (False, "saldo migrate")
    assert not (tmp_path / "none.db").exists()


def test_every_capability_has_its_line() -> None:
    assert set(doctor.HIDES) == set(Capability)


# ── billing show ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_position_is_shown_with_its_sources_and_every_call(house: Abills, sqlite_url: str) -> None:
    found = await showing.stand(load(), await sign_in(sqlite_url, house))
    figures = {one.name: one for one in found.figures}
    assert (figures["own money"].value, figures["own money"].source) == ("-319.75 RUB", "balance")
    assert figures["overdue"].value == "319.75 RUB"
    assert figures["promised until"].value == "2026-11-25"
    assert {("abills", "GET user", "200"), ("abills", "GET user/services", "200")} <= {
        (one.source, one.operation.rstrip("/"), one.outcome) for one in found.asked
    }
    out = io.StringIO()
    showing.show(found, out, as_json=False)
    assert "account ···0041, as abills told at" in out.getvalue()
    assert re.search(r"^to pay +\d+\.\d\d RUB", out.getvalue(), re.MULTILINE)
    assert re.search(r"^abills +GET user/? +200 +\d+ +\d+", out.getvalue(), re.MULTILINE)
    assert not PERSONAL.search(out.getvalue())
    out = io.StringIO()
    showing.show(found, out, as_json=True)
    plain = json.loads(out.getvalue())
    assert plain["figures"][1] == {"name": "own money", "value": "-319.75 RUB", "source": "balance"}
    assert plain["asked"][0]["source"] == "abills"
    assert not PERSONAL.search(out.getvalue())


async def test_the_position_of_the_ledger_says_that_nothing_was_asked(
    house: Abills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING", "ledger")
    out = io.StringIO()
    showing.show(await showing.stand(load(), "A1"), out, as_json=False)
    assert "nothing was asked over the wire" in out.getvalue()
    with pytest.raises(Gone, match="the billing knows no account by this id"):
        await showing.stand(load(), "nobody")


# ── Masks ────────────────────────────────────────────────────────────────────────────────────────────────────────

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
CANARY = "Пётр Канарейкин"


@pytest.mark.parametrize(
    ("fact", "field", "told"),
    [
        (Account("652100412734", "0065210041", Scheme.ADVANCE), "id", "···2734"),
        (Account("652100412734", "0065210041", Scheme.ADVANCE), "number", "···0041"),
        (Account("1", "2", Scheme.ADVANCE, "Канарейкин Пётр Ильич"), "holder", "Пётр К."),
        (Account("1", "2", Scheme.ADVANCE), "holder", "not told"),
        (Account("1", "2", Scheme.ADVANCE, open=False), "open", "no"),
        (Reach("1", Way.EMAIL, "canary@mail.example"), "address", "c***@mail.example"),
        (Reach("1", Way.SMS, "+79261234567"), "address", "+7 ··· ··-67"),
        (Delivery("1", "2", "canary@mail.example"), "email", "c***@mail.example"),
        (Payment("1", "2", AT, Money(-5), f"Перевод от {CANARY}"), "method", "a text of 26 characters"),
        (Payment("1", "2", AT, Money(-5), "Карта"), "amount", "-0.05 RUB"),
        (Charge("1", "2", AT, Money(5), CANARY), "title", "a text of 15 characters"),
        (Call("1", "2", "3", AT, "+7 345 212-34-56", 5, Direction.LOCAL, Money(0)), "number", "+7 345 ··· ··-56"),
    ],
)
def test_whose_it_is_is_masked_and_sums_are_not(fact: object, field: str, told: str) -> None:
    assert showing.field_of(fact, field) == told


def test_a_phone_in_a_title_is_shown_by_its_last_four() -> None:
    assert showing.shown("Телефон +7 (345) 212-34-56, 100 Мбит/с") == "Телефон ···3456, 100 Мбит/с"
    assert showing.shown(date(2026, 11, 16)) == "2026-11-16"


# ── Another billing, another name ────────────────────────────────────────────────────────────────────────────────


async def test_a_linked_account_is_found_by_the_number_that_its_chat_knows(
    house: Abills, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING", "ledger")
    storage = await opened(load())
    await link(storage, SystemClock(), Address("vk", "7"), "A1")
    await storage.close()
    assert (await showing.stand(load(), "400012340065")).account == "···0041"


async def test_tm_forum_is_shown_by_the_same_words(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with ledger(sqlite_url) as furnished:
        server = Tmf(furnished.billing, now=lambda: NOW)
        await server.start()
        told = {"DATABASE_URL": sqlite_url, "SECRET_KEY": SECRET, "BILLING": "tmf", **server.settings()}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TMF_USAGE_URL", "")
        found = await examined("A1")
        stand = await showing.stand(load(), "A1")
        await server.stop()
    assert "billingAccount: a record, v4" in found["billing.account"].what
    assert found["billing.calls"].what.endswith("set TMF_USAGE_URL, TMF_PRODUCT_URL to have it told")
    assert found["account.balance.own"].what == "-319.75 RUB"
    assert {one.name: one.value for one in stand.figures}["own money"] == "-319.75 RUB"
    assert {"GET billingAccount/{id}", "GET product"} <= {one.operation for one in stand.asked}
    assert "POST token" in {one.operation for one in stand.asked}
