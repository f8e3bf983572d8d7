"""TM Forum's APIs asked over a real connection, of a stand-in that is wrong in one way after the other.

Each question gets what is true, or Unavailable: never another figure, never an error of another kind, nothing personal
in the log. And what an answer costs: calls, and connections.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from billing.base import (
    Account,
    Balance,
    Billing,
    Capability,
    Gone,
    Hinted,
    Kind,
    Money,
    Period,
    Remote,
    Scheme,
    Service,
    Status,
    Unavailable,
    facts_of,
)
from billing.demo import demo
from billing.ledger import Book, Customer, Ledger, Opened
from billing.position import funds, position
from sandbox.openid import Quirk as Wrong
from sandbox.tmf_quirks import BENT, Quirk
from storage.database import connect
from tests.contract.billing_suite import NOW, OCTOBER, Furnished, follow
from tests.contract.billings import Wired, ledger, tmf_over

Question = Callable[[Billing], Awaitable[Any]]

QUESTIONS: Mapping[str, Question] = {
    "account A1": lambda billing: billing.account("A1"),
    "balance A1": lambda billing: billing.balance("A1"),
    "balance A2": lambda billing: billing.balance("A2"),
    "bills A2": lambda billing: billing.bills("A2"),
    "payments A1": lambda billing: billing.payments("A1", OCTOBER),
    "last payment A2": lambda billing: billing.last_payment("A2"),
    "charges A1": lambda billing: billing.charges("A1", OCTOBER),
    "charges A2": lambda billing: billing.charges("A2", OCTOBER),
    "services A1": lambda billing: billing.services("A1"),
    "facts A1": lambda billing: facts_of(billing, "A1"),
    "facts A2": lambda billing: facts_of(billing, "A2"),
    "details s5": lambda billing: billing.details("A1", "s5"),
    "usage s1": lambda billing: billing.usage("A1", "s1", OCTOBER),
    "usage s5": lambda billing: billing.usage("A1", "s5", OCTOBER),
    "calls s5": lambda billing: billing.calls("A1", "s5", OCTOBER),
}
# Who so answers is not understood at all, whatever the question.
NOTHING = {
    Quirk.HTML,
    Quirk.HTML_OK,
    Quirk.HALF,
    Quirk.LATIN,
    Quirk.UNAVAILABLE,
    Quirk.BUSY,
    Quirk.REDIRECT,
    Quirk.HUGE,
    Quirk.SLOW,
    Quirk.CUT,
    Quirk.DENIED,
    Quirk.FOREIGN,
    Quirk.NAN,
}
# With these some questions cannot be answered, and the others are.
SOME = {
    Quirk.ANONYMOUS,
    Quirk.UNKNOWN_WORDS,
    Quirk.NULLS,
    Quirk.STRINGS,
    Quirk.DATES,
    Quirk.ABSURD,
    Quirk.EXPONENT,
    Quirk.CURRENCY,
    Quirk.FLAKY,
}
# What an answer may lose where the server has lost it. No sum, no day, no state of a service is among it.
LOST: Mapping[Quirk, frozenset[str]] = {
    Quirk.NUMBERS: frozenset({"number"}),  # JSON numbers have no zeros in front
    Quirk.DATES: frozenset({"promised_until"}),
    Quirk.UNKNOWN_WORDS: frozenset({"credited", "promised", "promised_until"}),  # a payment seems to be on its way
    Quirk.STRINGS: frozenset({"number", "holder", "region", "title", "method"}),
    Quirk.NULLS: frozenset({"promised", "promised_until", "region", "holder"}),
}
PERSONAL = re.compile(r"0065210041|65210041|79120000041|3452123456|Анна|anna@|319[.,]?75|\bA[12]\b")


@pytest.fixture
async def wired(sqlite_url: str) -> AsyncIterator[Wired]:
    async with ledger(sqlite_url) as book, tmf_over(book, TMF_TIMEOUT="4") as wired:
        yield wired


@pytest.fixture
async def modern(sqlite_url: str) -> AsyncIterator[Wired]:
    async with ledger(sqlite_url) as book, tmf_over(book, 5, TMF_TIMEOUT="4") as wired:
        yield wired


async def answers(billing: Billing) -> dict[str, Any]:
    """To every question; the error where there is no answer."""

    async def one(ask: Question) -> Any:
        try:
            return await ask(billing)
        except Unavailable as error:
            return error

    return dict(zip(QUESTIONS, await asyncio.gather(*map(one, QUESTIONS.values())), strict=True))


def kept(answer: Any, lost: frozenset[str]) -> Any:
    """The answer without these fields, however deep."""
    if is_dataclass(answer) and not isinstance(answer, type):
        return {one.name: kept(getattr(answer, one.name), lost) for one in fields(answer) if one.name not in lost}
    return [kept(one, lost) for one in answer] if isinstance(answer, tuple) else answer


async def survive(wired: Wired, quirks: Iterable[Quirk]) -> None:
    """One bad day after the other, and then a good one: nothing is left behind."""
    billing = wired.furnished.billing
    right = await answers(billing)
    assert not [name for name, one in right.items() if isinstance(one, Exception)]
    for quirk in quirks:
        wired.server.quirks = {quirk}
        with capture_logs() as logs:
            told = await answers(billing)
        failed = {name for name, one in told.items() if isinstance(one, Exception)}
        lost = LOST.get(quirk, frozenset())
        for name in told.keys() - failed:
            assert kept(told[name], lost) == kept(right[name], lost), (quirk, name)
        if quirk in NOTHING:
            assert failed == told.keys(), quirk
        elif quirk in SOME:
            assert failed != told.keys(), quirk
        else:
            assert not failed, quirk
        for text in [repr(logs), *(str(told[name]) for name in failed)]:
            assert not PERSONAL.search(text), quirk
    wired.server.heal()
    assert await answers(billing) == right
    assert wired.server.violations == []


GROUPS: Mapping[str, tuple[Quirk, ...]] = {
    "values": tuple(BENT),
    "no answers": tuple(one for one in Quirk if one in NOTHING and one is not Quirk.SLOW and one not in BENT),
    "lists": tuple(one for one in Quirk if one not in NOTHING and one not in BENT),
}


@pytest.mark.parametrize("group", GROUPS)
async def test_what_is_true_or_nothing(wired: Wired, group: str) -> None:
    await survive(wired, GROUPS[group])


@pytest.mark.parametrize("group", ["values", "lists"])
async def test_what_is_true_or_nothing_of_v5(modern: Wired, group: str) -> None:
    await survive(modern, GROUPS[group])


async def test_who_does_not_answer_in_time_is_not_waited_for(sqlite_url: str) -> None:
    async with ledger(sqlite_url) as book, tmf_over(book, TMF_TIMEOUT="0.3") as wired:
        wired.server.quirks = {Quirk.SLOW}
        told = await asyncio.wait_for(answers(wired.furnished.billing), 10)
        assert all(isinstance(one, Unavailable) for one in told.values())


async def test_a_server_that_fails_every_other_time_is_asked_again(wired: Wired) -> None:
    right = await answers(wired.furnished.billing)
    wired.server.quirks = {Quirk.FLAKY}
    for name, ask in QUESTIONS.items():
        if name in {"account A1", "balance A2", "payments A1", "usage s1"}:
            assert await ask(wired.furnished.billing) == right[name]


@pytest.mark.parametrize("quirk", [None, Quirk.INTEGER_CODES, Quirk.STRING_CODES])
async def test_who_is_not_there_is_gone_whatever_the_code(wired: Wired, quirk: Quirk | None) -> None:
    wired.server.quirks = {quirk} if quirk else set()
    for ask in (wired.furnished.billing.account, wired.furnished.billing.balance, wired.furnished.billing.bills):
        with pytest.raises(Gone):
            await ask("404")


async def test_a_token_that_ends_is_renewed_once_for_all(wired: Wired) -> None:
    billing = wired.furnished.billing
    right = await answers(billing)
    wired.server.revoke()
    wired.server.calls.clear()
    assert await answers(billing) == right
    assert wired.server.calls["POST token"] == 1
    assert wired.server.violations == []


async def test_the_whole_town_of_the_demo_over_the_wire_is_the_town(sqlite_url: str) -> None:
    async with loaded(sqlite_url, demo(NOW.date())) as book, tmf_over(book) as wired:
        town, wire = book.billing, wired.furnished.billing
        accounts, _, _ = await follow(town, None, 1000)
        assert len(accounts) > 20
        for id in accounts:
            facts, told = await facts_of(town, id), await facts_of(wire, id)
            assert told.balance.own == facts.balance.own
            assert told.balance.promised == facts.balance.promised
            assert (told.bills, told.services) == (facts.bills, facts.services)
            assert told.account == replace(facts.account, since=None)
            autumn = Period(date(2026, 9, 1), NOW.date())
            assert await wire.payments(id, autumn) == await town.payments(id, autumn)
            assert await wire.charges(id, autumn) == await town.charges(id, autumn)
        assert wired.server.violations == []


# ── The feed ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_feed_tells_what_is_true_or_nothing(wired: Wired) -> None:
    billing, own = wired.furnished.billing, -15000
    for minor, quirk in enumerate(FED, 1):
        right, start, _ = await follow(billing, None)
        wired.server.quirks = {quirk}
        for cursor in (None, start):
            try:
                told, _, happened = await follow(billing, cursor)
            except Unavailable:
                continue
            assert {id: one.available for id, one in told.items()}.items() <= {
                id: one.available for id, one in right.items()
            }.items(), quirk
            assert happened == [], quirk
        wired.server.heal()
        await wired.book.pay(minor)
        own += minor
        told, _, happened = await follow(billing, start)
        assert told["V1"].available == Money(own), quirk
        assert [one.amount for one in happened] == [Money(minor)], quirk


async def test_the_feed_follows_what_is_paid(wired: Wired) -> None:
    """What the watch knows after a payment is what a screen shows, also where bills or buckets say it."""
    billing = wired.furnished.billing
    _, start, _ = await follow(billing, None)
    await wired.book.billing.credit("A2", Money(20000), "Карта", NOW, "k")
    told, _, _ = await follow(billing, start)
    facts = await facts_of(billing, "A2")
    today = NOW.astimezone(ZoneInfo(facts.account.zone)).date()
    stand = position(facts.account, facts.balance, facts.bills, facts.services, today, facts.spending)
    assert told["A2"] == funds(stand)


async def test_the_night_finds_what_bills_have_become(sqlite_url: str) -> None:
    """What the watch knows after the night is what a screen shows, also where it is bills that say it."""
    clock = [NOW]
    async with ledger(sqlite_url) as book, tmf_over(book, now=lambda: clock[0]) as wired:
        billing = wired.furnished.billing
        _, start, _ = await follow(billing, None)
        await book.billing.credit("A2", Money(20000), "Карта", NOW, "k")
        clock[0] += timedelta(days=1)
        told, _, _ = await follow(billing, start)
        facts = await facts_of(billing, "A2")
        today = clock[0].astimezone(ZoneInfo(facts.account.zone)).date()
        stand = position(facts.account, facts.balance, facts.bills, facts.services, today, facts.spending)
        assert told["A2"] == funds(stand)
        assert told["A2"].overdue_since is None


FED = (
    Quirk.FILTERS_IGNORED,
    Quirk.MIXED,
    Quirk.CAPPED,
    Quirk.REPEATED,
    Quirk.ENDLESS,
    Quirk.TOTALS_LOW,
    Quirk.TOTALS_NEGATIVE,
    Quirk.TOTALS_HIGH,
    Quirk.LINK,
    Quirk.NOISE,
    Quirk.FLOATS,
    Quirk.ABSURD,
    Quirk.NAN,
    Quirk.CURRENCY,
    Quirk.ANONYMOUS,
    Quirk.HALF,
    Quirk.UNAVAILABLE,
)


# ── What it costs ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_balance_is_two_calls_at_most_and_a_screen_five(wired: Wired) -> None:
    billing, calls = wired.furnished.billing, wired.server.calls
    await billing.account("A1")  # there is a token now; nothing else is kept in these tests
    for name, ask in QUESTIONS.items():
        calls.clear()
        await ask(billing)
        assert 1 <= calls.total() <= (2 if name.startswith("balance") else 5), (name, calls)


async def test_when_warm_a_position_asks_for_sums_only(sqlite_url: str) -> None:
    async with ledger(sqlite_url) as book, tmf_over(book, TMF_FRESH="0.2") as wired:
        billing, calls = wired.furnished.billing, wired.server.calls
        right = await facts_of(billing, "A2")
        calls.clear()
        while not calls:  # until what is kept of sums is too old
            await asyncio.sleep(0)
            assert await facts_of(billing, "A2") == right
        assert calls.keys() <= {"GET billingAccount/{id}", "GET customerBill"}
        assert calls.total() <= 2


async def test_one_question_of_many_is_asked_once(sqlite_url: str) -> None:
    async with ledger(sqlite_url) as book, tmf_over(book, TMF_FRESH="30") as wired:
        wired.server.delay = 0.02
        told = await asyncio.gather(*(wired.furnished.billing.balance("A1") for _ in range(50)))
        assert len(set(told)) == 1
        assert wired.server.calls["GET billingAccount/{id}"] == 1


async def test_two_hundred_customers_at_once_stay_within_the_connections(sqlite_url: str) -> None:
    async with loaded(sqlite_url, crowd(200)) as book, tmf_over(book, TMF_CONNECTIONS="8", TMF_TIMEOUT="60") as wired:
        wired.server.delay = 0.01
        told = await asyncio.gather(*(facts_of(wired.furnished.billing, f"C{n}") for n in range(200)))
        assert [facts.balance.own.minor for facts in told] == list(range(200))
        assert all(facts.services[0].fee == Money(65000) for facts in told)
        widest = wired.server.widest_of
        assert {api for api, most in widest.items() if most} == {"account", "bill", "product"}
        assert max(widest.values()) == 8
        assert wired.server.violations == []


def crowd(many: int) -> Book:
    """So many prepaid accounts, the n-th with n kopecks."""
    people = range(many)
    return Book(
        (Customer("crowd", "crowd", ""),),
        tuple(
            Opened(Account(f"C{n}", f"{n:010}", Scheme.ADVANCE), "crowd", Balance(f"C{n}", Money(n), NOW))
            for n in people
        ),
        tuple(
            Service(f"C{n}", f"i{n}", Kind.INTERNET, "Интернет", Status.ACTIVE, "", Money(65000), date(2026, 12, 1))
            for n in people
        ),
        (),
        (),
        (),
    )


@asynccontextmanager
async def loaded(url: str, book: Book) -> AsyncIterator[Furnished]:
    database = connect(url)
    billing = Ledger(database, lambda: NOW)
    await billing.load(book)

    async def pay(minor: int) -> None:
        raise NotImplementedError("nobody pays here")

    yield Furnished(billing, pay, billing.authenticate, database)
    await billing.close()
    await database.close()


# ── Signing in, hints, and what an operator looks at ──────────────────────────────────────────────────────────────


async def test_whoever_is_not_proved_is_nobody(wired: Wired) -> None:
    for wrong in (None, *Wrong):
        wired.server.openid.quirks = {wrong} if wrong else set()
        with capture_logs() as logs:
            subject = await wired.furnished.sign_in("anna", "anna-secret")
        if wrong in {None, Wrong.ARRAY, Wrong.CUSTOMER, Wrong.ROTATED}:
            assert subject is not None, wrong
            assert {one.id for one in await wired.furnished.billing.accounts(subject)} == {"A1", "A2"}, wrong
        else:
            assert subject is None, wrong
        assert not PERSONAL.search(repr(logs)), wrong
    assert wired.server.violations == wired.server.openid.violations == []


async def test_a_hint_names_the_account_once_and_has_it_asked_anew(sqlite_url: str) -> None:
    async with ledger(sqlite_url) as book, tmf_over(book, TMF_FRESH="60") as wired, listening() as (address, heard):
        billing = wired.furnished.billing
        assert isinstance(billing, Hinted)
        assert re.fullmatch("[A-Za-z0-9_-]{20,}", billing.path)
        for _ in range(2):
            await billing.subscribe(address)
        assert {one.api for one in wired.server.listeners.values()} >= {"account", "payment", "bill"}
        assert len({one.api for one in wired.server.listeners.values()}) == len(wired.server.listeners)
        own = (await billing.balance("V1")).own
        await book.pay(700)
        assert (await billing.balance("V1")).own == own
        assert await wired.server.announce("V1", "account", times=2) == [204, 204]
        assert [billing.hint(one) for one in heard] == [{"V1"}, set()]
        assert (await billing.balance("V1")).own == own + Money(700)
        assert billing.hint(b"{") == billing.hint(b'{"event":{"billingAccount":[]}}') == set()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[bytes]]]:
    """An address of ours, and what came there."""
    heard: list[bytes] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.read())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hints", hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hints", heard
    await runner.cleanup()


async def test_every_source_can_be_reached_and_says_what_it_tells(wired: Wired) -> None:
    billing = wired.furnished.billing
    assert isinstance(billing, Remote)
    sources = billing.sources()
    *apis, login = sources
    assert {one.name for one in apis} == wired.server.widest_of.keys()
    for one in apis:
        assert one.url == wired.server.base(one.name)
        assert await billing.reach(one.name)
    assert (login.name, login.url) == ("login", wired.server.openid.url)
    assert "keys to sign with: " in await billing.reach("login")
    assert frozenset[Capability]().union(*(one.tells for one in sources)) | {Capability.REACHES} == billing.can
    assert all(billing.wants(one) == "" for one in billing.can)
    wired.server.quirks = {Quirk.UNAVAILABLE}
    with pytest.raises(Unavailable):
        await billing.reach("account")
    await wired.server.openid.stop()
    with pytest.raises(Unavailable):
        await billing.reach("login")
