"""ABillS asked over the wire: the stand-in server of sandbox/ tells what a furnished ledger tells, and what the adapter
understands is compared with the ledger's own word. Then the bad days of a live server, one by one.
"""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog

from billing import abills_sessions
from billing.abills import Abills, connect
from billing.base import (
    Account,
    Billing,
    Capability,
    Facts,
    Gone,
    Kind,
    Money,
    Payment,
    Refusal,
    Refused,
    Remote,
    Scheme,
    Sign,
    SignIn,
    Snapshot,
    Status,
    Subject,
    Unavailable,
    Unsupported,
)
from billing.guard import guard
from billing.keyring import Keyring
from billing.ledger import Ledger
from billing.promises import FREE, Rule
from billing.upstream import Asked, journal
from sandbox.abills import Abills as Server
from sandbox.abills_rows import Quirk
from tests.contract.abills import known
from tests.contract.billing_suite import EMPTY, EVER, NOW, OCTOBER, WORLD, about, follow
from tests.contract.billings import SECRET, ledger

MOSCOW = ZoneInfo("Europe/Moscow")
LOGINS = {"A2": ("anna", "anna-secret"), "A1": ("anna.2", "anna-secret"), "B1": ("boris", "boris-secret"),
          "V1": ("vera", "vera-secret")}  # fmt: skip
SETTINGS = {"ABILLS_DIGITS": "10", "ABILLS_MODULES": "credit, docs, voip", "ABILLS_TIMEOUT": "10"}


@dataclass
class Town:
    ledger: Ledger
    server: Server
    billing: Abills
    database: Any
    pay: Callable[[int], Any]
    more: dict[str, str] = field(default_factory=dict)

    def uid(self, account: str) -> str:
        return str(self.server.uid(account))

    def again(self, **more: str) -> Abills:
        """The adapter as another process, or with other settings, has it."""
        values = SETTINGS | dict(self.server.settings()) | self.more | more
        return connect(values, database=self.database, now=lambda: NOW, rule=FREE, secret=SECRET)

    async def sign_in(self, *accounts: str) -> None:
        for account in accounts or LOGINS:
            assert await self.billing.authenticate(*LOGINS[account]) == Subject(self.uid(account))


@asynccontextmanager
async def made(url: str, rule: Rule = FREE, **more: str) -> AsyncIterator[Town]:
    async with ledger(url) as furnished:
        book = furnished.billing
        assert isinstance(book, Ledger)
        book._rule = rule
        book.authenticate = known  # type: ignore[method-assign]
        server = Server(book, now=lambda: NOW)
        await server.start()
        town = Town(book, server, None, furnished.database, furnished.pay, more)  # type: ignore[arg-type]
        town.billing = town.again()
        try:
            yield town
        finally:
            await town.billing.close()
            await server.stop()


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Town]:
    async with made(sqlite_url) as town:
        await town.sign_in()
        yield town
        assert town.server.violations == []


@contextmanager
def calls() -> Iterator[list[Asked]]:
    """What was asked over the wire meanwhile."""
    told: list[Asked] = []
    token = journal.set(told)
    try:
        yield told
    finally:
        journal.reset(token)


def wired(told: list[Asked]) -> list[str]:
    return [one.operation for one in told if one.outcome not in {"kept", "joined"}]


# ── What the ledger tells ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_account_is_what_the_operator_knows_of_it(town: Town) -> None:
    for account in WORLD.accounts:
        found = await town.billing.account(town.uid(account.id))
        # One zone and one scheme for a whole ABillS.
        expected = replace(account, id=town.uid(account.id), zone="Europe/Moscow", scheme=Scheme.ADVANCE)
        assert found == expected
        assert await town.billing.accounts(Subject(found.id)) == (found,)


async def test_balance_services_payments_and_fees_are_the_ledgers(town: Town) -> None:
    for id in ("A1", "B1", "V1"):
        uid, theirs = town.uid(id), await town.ledger.balance(id)
        found = await town.billing.balance(uid)
        assert found == replace(theirs, account=uid, as_of=found.as_of)
        services = await town.billing.services(uid)
        expected = await town.ledger.services(id)
        assert {(s.kind, s.status, s.fee, s.next_fee) for s in services} == {
            (s.kind, s.status, s.fee, s.next_fee) for s in expected
        }
        assert len(services) == len(expected)
        for period in (OCTOBER, EVER, EMPTY):
            payments = await town.billing.payments(uid, period)
            assert [(p.at, p.amount, p.method) for p in payments] == [
                (p.at, p.amount, p.method) for p in await town.ledger.payments(id, period)
            ]
            charges = await town.billing.charges(uid, period)
            assert [(c.at, c.amount, c.title) for c in charges] == [
                (c.at, c.amount, c.title) for c in await town.ledger.charges(id, period)
            ]
        last = await town.billing.last_payment(uid)
        assert (last is None) == (await town.ledger.last_payment(id) is None)
        assert [(r.way, r.address) for r in await town.billing.reaches(uid)] == [
            (r.way, r.address) for r in await town.ledger.reaches(id)
        ]
        facts = await town.billing.facts(uid)
        assert facts.account == await town.billing.account(uid)
        assert (facts.balance, facts.services) == (found, services)


async def test_calls_are_the_ledgers_by_their_day(town: Town) -> None:
    uid = town.uid("A1")
    ids = {service.kind: service.id for service in await town.billing.services(uid)}
    for period in (OCTOBER, EVER, EMPTY):
        found = await town.billing.calls(uid, ids[Kind.PHONE], period)
        theirs = await town.ledger.calls("A1", "s5", period)
        assert [(c.at.astimezone(MOSCOW).date(), c.seconds, c.cost, c.number, c.incoming) for c in found] == [
            (c.at.astimezone(MOSCOW).date(), c.seconds, c.cost, c.number.removeprefix("+"), c.incoming) for c in theirs
        ]
        assert not any(call.timed for call in found)
    assert await town.billing.calls(uid, ids[Kind.INTERNET], EVER) == ()
    for service in ("", "404", "voip.404"):
        with pytest.raises(Gone):
            await town.billing.calls(uid, service, EVER)
    with pytest.raises(Gone):
        await town.billing.calls(town.uid("V1"), ids[Kind.PHONE], EVER)


async def test_where_bills_are_paid_afterwards_own_money_is_what_no_bill_has_taken(sqlite_url: str) -> None:
    async with made(sqlite_url, ABILLS_SCHEME="credit") as town:
        await town.sign_in("A2")
        uid, theirs = town.uid("A2"), await town.ledger.balance("A2")
        assert Capability.CHANGES not in town.billing.can, "no list of the staff's says what is overdue"
        facts = await town.billing.facts(uid)
        assert facts.balance.own == theirs.own == (await town.billing.balance(uid)).own
        assert facts.account.scheme is Scheme.CREDIT
        assert [(b.number, b.period, b.amount, b.remaining, b.issued, b.due) for b in facts.bills] == [
            (b.number, b.period, b.amount, b.remaining, b.issued, b.due) for b in await town.ledger.bills("A2")
        ]
        assert facts.bills == await town.billing.bills(uid)
        assert (await town.billing.offer(uid)).refusal is Refusal.SCHEME


async def test_what_it_cannot_tell_it_says_so_and_what_would_let_it(town: Town) -> None:
    assert isinstance(town.billing, Snapshot)
    assert isinstance(town.billing, Remote)
    uid = town.uid("A1")
    for capability, ask in about(town.billing, uid):
        if capability not in town.billing.can:
            with pytest.raises(Unsupported):
                await ask()
            assert town.billing.wants(capability) == ""
    assert {Capability.USAGE, Capability.OPENING}.isdisjoint(town.billing.can)
    bare = town.again(ABILLS_KEY="", ABILLS_MODULES="docs")
    assert bare.can == town.billing.can - {Capability.CHANGES, Capability.PROMISES, Capability.CALLS}
    assert "ABILLS_KEY" in bare.wants(Capability.CHANGES)
    assert "ABILLS_MODULES" in bare.wants(Capability.PROMISES)
    with pytest.raises(Unsupported):
        await bare.changes(None, 10)
    assert [source.name for source in bare.sources()] == ["customer"]
    await bare.close()


async def test_all_that_is_wrong_about_a_password_is_one_answer(town: Town) -> None:
    for login, password in (("anna", "boris-secret"), ("anna", ""), ("nobody", "x"), ("", ""), ("anna\0", "x\0")):
        assert await town.billing.authenticate(login, password) is None


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_dead_session_is_renewed_once_for_all_who_wait(town: Town) -> None:
    uid = town.uid("V1")
    town.server.end_sessions()
    before = town.server.calls["POST /user/login/"]
    answers = await asyncio.gather(*(town.billing.facts(uid) for _ in range(10)), town.billing.reaches(uid))
    assert {facts.balance.own for facts in answers if isinstance(facts, Facts)} == {Money(-15000)}
    assert town.server.calls["POST /user/login/"] == before + 1


async def test_another_process_goes_on_with_the_session_that_this_one_renewed(town: Town) -> None:
    uid, other = town.uid("V1"), town.again()
    town.server.end_sessions()
    await town.billing.balance(uid)
    before = town.server.calls["POST /user/login/"]
    assert (await other.balance(uid)).own == Money(-15000)
    assert town.server.calls["POST /user/login/"] == before
    await other.close()


async def test_without_a_kept_password_the_customer_signs_in_again(sqlite_url: str) -> None:
    async with made(sqlite_url, ABILLS_KEEP="session") as town:
        await town.sign_in("V1")
        uid = town.uid("V1")
        assert (await town.billing.balance(uid)).own == Money(-15000)
        town.server.end_sessions()
        fresh = town.again(ABILLS_FRESH="0")  # another process
        for _ in range(2):
            with pytest.raises(SignIn):
                await fresh.balance(uid)
        await town.sign_in("V1")
        assert (await fresh.balance(uid)).own == Money(-15000)
        await fresh.close()


async def test_a_password_that_was_changed_is_tried_once_and_signing_in_mends_it(town: Town) -> None:
    uid = town.uid("V1")
    real, town.ledger.authenticate = town.ledger.authenticate, nobody  # type: ignore[method-assign]
    town.server.end_sessions()
    before = town.server.calls["POST /user/login/"]
    for _ in range(3):
        with pytest.raises(SignIn):
            await town.billing.balance(uid)
    assert town.server.calls["POST /user/login/"] == before + 1, "nobody hammers at a billing with a wrong password"
    town.ledger.authenticate = real  # type: ignore[method-assign]
    await town.sign_in("V1")
    assert (await town.billing.balance(uid)).own == Money(-15000)


async def nobody(login: str, password: str) -> None:
    return None


async def test_whose_key_was_dropped_is_asked_for_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abills_sessions, "HELD", 0.0)
    uid, billing = town.uid("V1"), town.again()
    assert (await billing.balance(uid)).own == Money(-15000)
    await Keyring(town.database, SECRET, lambda: NOW).drop(uid)
    before = sum(town.server.calls.values())
    for ask in (billing.balance, billing.facts, billing.reaches):
        with pytest.raises(SignIn):
            await ask(uid)
    assert sum(town.server.calls.values()) == before
    await billing.close()


async def test_of_whom_nothing_is_kept_signs_in_first(town: Town) -> None:
    for unknown in ("404", "", "A1' OR '1'='1"):
        with pytest.raises(SignIn):
            await town.billing.facts(unknown)
    other = connect(
        SETTINGS | dict(town.server.settings()), database=town.database, now=lambda: NOW, rule=FREE, secret="x" * 40
    )
    with pytest.raises(SignIn):  # another SECRET_KEY opens nothing
        await other.balance(town.uid("A1"))
    await other.close()


async def test_nothing_secret_and_nobody_is_in_the_log_or_in_clear_in_the_database(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    told = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(told))
    caplog.set_level(logging.DEBUG)
    try:
        town.server.quirks.add(Quirk.PASSWORD)
        await town.sign_in("V1")
        for quirk in (Quirk.BROKEN, Quirk.LICENCE, Quirk.ABSURD, Quirk.STRANGER):
            town.server.heal()
            town.server.quirks.add(quirk)
            for ask in (town.billing.facts, town.billing.services):
                try:
                    await ask(town.uid("V1"))
                except Unavailable as error:
                    told.write(repr(error))
    finally:
        structlog.reset_defaults()
    kept = await town.database.read(
        lambda connection: connection.exec_driver_sql("SELECT sealed FROM billing_keys").fetchall()
    )
    for secret in ("vera-secret", "vera", town.uid("V1"), "Вера", "150"):
        assert secret not in told.getvalue()
        assert secret not in caplog.text
        assert all(secret.encode() not in bytes(row[0]) for row in kept)
    assert "errno 699" in told.getvalue(), "but the operator hears of his licence"


# ── The promised payment ──────────────────────────────────────────────────────────────────────────────────────────────

PRICED = Rule(largest=100_000, fee=1_000, days=5, every=30, tenure=30)


async def test_a_promise_is_taken_once_however_often_it_is_asked(sqlite_url: str) -> None:
    async with made(sqlite_url, PRICED) as town:
        await town.sign_in()
        uid, billing = town.uid("V1"), town.billing
        own = (await billing.balance(uid)).own
        offer, theirs = await billing.offer(uid), await town.ledger.offer("V1")
        assert (offer.amount, offer.fee, offer.until) == (theirs.amount, theirs.fee, theirs.until)
        assert await billing.offer(uid) == offer
        for wrong in ("", "x", f"{offer.id}x"):
            with pytest.raises(Refused) as caught:
                await billing.promise(uid, wrong)
            assert caught.value.offer == offer
        other = town.again()
        balances = await asyncio.gather(*(billing.promise(uid, offer.id) for _ in range(8)))
        balances += [await billing.promise(uid, offer.id), await other.promise(uid, offer.id)]
        assert {(b.own, b.promised, b.promised_until) for b in balances} == {
            (own - offer.fee, offer.amount, offer.until)
        }
        assert town.server.calls["POST /user/credit/"] == 1
        assert {s.status for s in await billing.services(uid)} == {Status.ACTIVE}, "what was kept is dropped"
        again = await billing.offer(uid)
        assert (again.refusal, again.id == offer.id) == (Refusal.OUTSTANDING, False)
        with pytest.raises(Refused):
            await billing.promise(uid, again.id)
        with pytest.raises(Refused):
            await billing.promise(town.uid("A1"), offer.id)
        with pytest.raises(Gone):
            await billing.offer(town.uid("B1"))
        await other.close()


async def test_after_a_timeout_the_credit_says_what_became_of_it(sqlite_url: str) -> None:
    async with made(sqlite_url, PRICED, ABILLS_TIMEOUT="1") as town:
        await town.sign_in("V1")
        uid, offer = town.uid("V1"), await town.billing.offer(town.uid("V1"))
        real = town.server.source.promise
        gate = asyncio.Event()

        async def slow(account: str, id: str) -> Any:
            taken = await real(account, id)
            await gate.wait()
            return taken

        town.server.source.promise = slow  # type: ignore[method-assign]
        balance = await town.billing.promise(uid, offer.id)
        gate.set()
        assert (balance.promised, balance.promised_until) == (offer.amount, offer.until)
        assert await town.billing.promise(uid, offer.id) == balance
        assert town.server.calls["POST /user/credit/"] == 1


async def test_an_offer_whose_fate_was_unknown_is_never_asked_for_again(sqlite_url: str) -> None:
    async with made(sqlite_url, PRICED, ABILLS_TIMEOUT="1") as town:
        await town.sign_in("V1")
        uid, offer = town.uid("V1"), await town.billing.offer(town.uid("V1"))
        real = town.server.source.promise
        gate = asyncio.Event()

        async def stuck(account: str, id: str) -> Any:
            await gate.wait()
            raise Unavailable("it never came to it")

        town.server.source.promise = stuck  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await town.billing.promise(uid, offer.id)
        gate.set()
        town.server.source.promise = real  # type: ignore[method-assign]
        with pytest.raises(Refused) as caught:
            await town.billing.promise(uid, offer.id)
        assert caught.value.offer.id != offer.id
        assert (await town.billing.promise(uid, caught.value.offer.id)).promised == offer.amount


# ── The feed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_feed_begins_with_everybody_and_then_rests(town: Town) -> None:
    told, cursor, happened = await follow(town.billing, None, 1)
    assert {uid: one.available for uid, one in told.items()} == {
        town.uid("A1"): Money(-31975),
        town.uid("A2"): Money(500 - 70000),
        town.uid("B1"): Money(0),
        town.uid("V1"): Money(-15000),
    }
    assert told[town.uid("A1")].promised_until == date(2026, 11, 25)
    assert happened == []
    town.server.calls.clear()
    page = await town.billing.changes(cursor, 10)
    assert (page.funds, page.happened, page.more) == ((), (), False)
    assert sum(town.server.calls.values()) == 2, "a feed at rest costs two questions"
    assert (await town.billing.changes("not a cursor of this billing", 10)).funds


async def test_payments_are_told_completely_in_order_and_by_lasting_ids(town: Town) -> None:
    _, start, _ = await follow(town.billing, None)
    for minor in (700, 30, 5):
        await town.pay(minor)
        await town.billing.changes(start, 1)  # ABillS numbers them as they come; here all are of one instant
    town.server.calls.clear()
    told, middle, happened = await follow(town.billing, start, 1)
    assert not any(call.startswith("GET /users/{id}") for call in town.server.calls), "nobody is asked for by himself"
    assert set(told) == {town.uid("V1")}
    assert told[town.uid("V1")].available == Money(-15000 + 735)
    assert [(h.sign, h.account, h.amount) for h in happened] == [
        (Sign.PAID, town.uid("V1"), Money(minor)) for minor in (700, 30, 5)
    ]
    payments = {p.id: p.amount for p in await town.billing.payments(town.uid("V1"), EVER)}
    assert [payments[h.about] for h in happened] == [h.amount for h in happened]
    assert [h.id for h in happened] == [f"pay:{h.about}" for h in happened]
    assert (await follow(town.billing, start, 10))[2] == happened
    await town.pay(1)
    other = town.again()
    assert (await follow(other, start, 2))[2][: len(happened)] == happened
    await other.close()
    assert [h.amount for h in (await follow(town.billing, middle))[2]] == [Money(1)]
    assert (await follow(town.billing, None))[2] == []


async def test_what_happens_while_everybody_is_gone_through_is_told(town: Town) -> None:
    page = await town.billing.changes(None, 1)
    assert (page.happened, page.more) == ((), True)
    await town.pay(700)
    told, _, happened = await follow(town.billing, page.cursor, 1)
    assert [h.amount for h in happened] == [Money(700)]
    assert told[town.uid("V1")].available == Money(-15000 + 700)


async def test_a_promise_without_a_price_is_seen_at_once(town: Town) -> None:
    _, start, _ = await follow(town.billing, None)
    await town.billing.promise(town.uid("V1"), (await town.billing.offer(town.uid("V1"))).id)
    told, _, _ = await follow(town.billing, start)
    assert told[town.uid("V1")].promised_until == (await town.billing.balance(town.uid("V1"))).promised_until


async def test_a_server_that_filters_nothing_is_filtered_here(town: Town) -> None:
    town.server.quirks.add(Quirk.UNFILTERED)
    told, start, happened = await follow(town.billing, None, 2)
    assert (len(told), happened) == (4, [])
    await town.pay(700)
    told, _, happened = await follow(town.billing, start, 2)
    assert [h.amount for h in happened] == [Money(700)]
    assert set(told) == {town.uid("V1")}


async def test_once_a_night_everybody_is_gone_through_again(town: Town) -> None:
    _, start, _ = await follow(town.billing, None)
    assert (await follow(town.billing, start))[0] == {}
    night = NOW + timedelta(days=1)
    later = connect(
        SETTINGS | dict(town.server.settings()), database=town.database, now=lambda: night, rule=FREE, secret=SECRET
    )
    told, after, _ = await follow(Late(later), start)
    assert len(told) == 4
    assert (await follow(Late(later), after))[0] == {}
    await later.close()


class Late:
    """The feed of tomorrow, for `follow`, which believes that it is today."""

    def __init__(self, billing: Abills) -> None:
        self.billing = billing

    async def changes(self, cursor: str | None, limit: int) -> Any:
        return await self.billing.changes(cursor, limit)


# ── Bad days ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "quirk",
    [Quirk.LICENCE, Quirk.HTML, Quirk.BROKEN, Quirk.REDIRECT, Quirk.HUGE, Quirk.WRAPPED, Quirk.ABSURD],
)
async def test_an_answer_that_cannot_be_believed_is_no_figure(town: Town, quirk: Quirk) -> None:
    town.server.quirks.add(quirk)
    with pytest.raises(Unavailable) as caught:
        await town.billing.facts(town.uid("A1"))
    text = str(caught.value)
    assert len(text) < 120
    assert not any(secret in text for secret in (town.uid("A1"), "319", "anna", "3.4"))
    town.server.heal()
    assert (await town.billing.facts(town.uid("A1"))).balance.own == Money(-31975)


@pytest.mark.parametrize("quirk", [Quirk.SINGLE, Quirk.TEXT, Quirk.STRANGER, Quirk.UNFILTERED, Quirk.ERROR_NAMES])
async def test_a_careless_answer_is_the_same_answer(town: Town, quirk: Quirk) -> None:
    uid = town.uid("V1")

    async def everything() -> list[object]:
        billing = town.again()
        try:
            return [
                await billing.facts(uid),
                await billing.payments(town.uid("A1"), EVER),
                await billing.charges(town.uid("A1"), OCTOBER),
                await billing.offer(uid),
                await billing.authenticate("anna", "wrong"),
                (await billing.offer(town.uid("A1"))).refusal,
            ]
        finally:
            await billing.close()

    expected = await everything()
    town.server.quirks.add(quirk)
    assert await everything() == expected


async def test_descriptions_name_nobody(town: Town) -> None:
    town.server.quirks.add(Quirk.NAMES)
    payments: tuple[Payment, ...] = await town.billing.payments(town.uid("A1"), EVER)
    charges = await town.billing.charges(town.uid("A1"), EVER)
    assert {p.method for p in payments} == {"Карта", "Терминал"}
    assert {c.title for c in charges} == {"Абонентская плата"}


async def test_a_silent_billing_is_unavailable_in_time(town: Town) -> None:
    impatient = town.again(ABILLS_TIMEOUT="0.1")
    town.server.quirks.add(Quirk.SLOW)
    with pytest.raises(Unavailable):
        await impatient.facts(town.uid("V1"))
    await impatient.close()


# ── What it costs ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_balance_costs_one_call_when_warm_and_a_screen_five_at_most(town: Town) -> None:
    uid = town.uid("A1")
    cold = town.again(ABILLS_FRESH="0.001")
    with calls() as told:
        await cold.account(uid)
        await cold.facts(uid)
    assert len(wired(told)) <= 5
    await asyncio.sleep(0.002)
    with calls() as told:
        await cold.facts(uid)
    assert wired(told) == ["GET user"]
    await cold.close()


async def test_what_is_kept_is_dropped_when_money_moves(town: Town) -> None:
    uid, billing = town.uid("V1"), town.again(ABILLS_FRESH="0")
    await billing.facts(uid)
    await town.pay(700)
    with calls() as told:
        assert (await billing.facts(uid)).balance.own == Money(-15000 + 700)
    assert sorted(wired(told)) == ["GET user", "GET user/docs/invoices", "GET user/services"]
    with calls() as told:
        await billing.facts(uid)
    assert wired(told) == ["GET user"]
    await billing.close()


async def test_never_more_connections_than_are_set_and_each_gets_his_own(town: Town) -> None:
    town.server.delay = 0.005
    accounts = ["A1", "V1", "B1"] * 67
    answers = await asyncio.gather(*(town.billing.balance(town.uid(one)) for one in accounts))
    assert [one.account for one in answers] == [town.uid(one) for one in accounts]
    busy = town.again(ABILLS_FRESH="0", ABILLS_CONNECTIONS="4", ABILLS_TIMEOUT="5")
    town.server.widest = 0
    questions = (busy.payments, busy.charges)
    await asyncio.gather(
        *(ask(town.uid(one), EVER) for one in ("A1", "V1", "B1") for ask in questions for _ in range(34))
    )
    assert 1 < town.server.widest <= 4
    await busy.close()


# ── Around it ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_doctor_hears_what_answered(town: Town) -> None:
    told = [await town.billing.reach(source.name) for source in town.billing.sources()]
    assert "asks who is there" in told[0]
    assert "not over https" in told[0]
    assert told[1] == "the key is taken"
    wrong = town.again(ABILLS_KEY="wrong")
    with pytest.raises(Unavailable, match="ABILLS_KEY"):
        await wrong.reach("staff")
    await wrong.close()


async def test_behind_the_guard_it_is_the_same(town: Town) -> None:
    billing: Billing = guard(town.billing, limit_seconds=30, now=lambda: NOW)
    uid = town.uid("A1")
    account: Account = await billing.account(uid)
    assert account.number == "0065210041"
    assert (await billing.balance(uid)).own == Money(-31975)
    assert len(await billing.payments(uid, OCTOBER)) == 2
    assert {s.kind for s in await billing.services(uid)} == {Kind.INTERNET, Kind.TV, Kind.PHONE}
    assert len((await follow(billing, None))[0]) == 4
    with pytest.raises(SignIn):
        await billing.balance("404")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ABILLS_URL", ""),
        ("ABILLS_URL", "billing.example/api.cgi"),
        ("ABILLS_URL", "https://user:secret@billing.example/api.cgi"),
        ("ABILLS_ZONE", "Mars/Base"),
        ("ABILLS_CURRENCY", "rubles"),
        ("ABILLS_SCHEME", "both"),
        ("ABILLS_MODULES", "credit, teleport"),
        ("ABILLS_NUMBER", "passport"),
        ("ABILLS_DIGITS", "many"),
        ("ABILLS_KEEP", "forever"),
        ("ABILLS_CONNECTIONS", "0"),
        ("ABILLS_TITLES", "fridge=Холодильник"),
    ],
)
async def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    values = {"ABILLS_URL": "https://billing.example/api.cgi"} | {name: value}
    with pytest.raises(ValueError, match=name if "secret" not in value else "address") as caught:
        connect(values, database=None, now=lambda: NOW, rule=FREE, secret=SECRET)  # type: ignore[arg-type]
    assert not value or value not in str(caught.value)
