"""Every billing, furnished with the world of `billing_suite`. A new one is one function here and one line at the end.

A billing elsewhere is furnished with a stand-in server of sandbox/ that tells what a ledger tells, so that whatever the
suite finds wrong is the way over the wire.
"""

import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from urllib.parse import parse_qs, urlsplit

import aiohttp

from billing.base import Federated, Money, Subject
from billing.guard import guard
from billing.ledger import Book, Customer, Ledger, Opened
from billing.passwords import DEMO_HASHER
from billing.promises import FREE
from bot import registry
from sandbox.tmf import Tmf
from storage.database import connect
from tests.contract.abills import abills_over
from tests.contract.billing_suite import NOW, SAID, WORLD, Furnished

SECRET = "a secret of these tests that is long enough"


@asynccontextmanager
async def ledger(url: str) -> AsyncIterator[Furnished]:
    database = connect(url)
    billing = Ledger(database, lambda: NOW)
    owners = {id: login for login, _, ids in WORLD.logins for id in ids}
    await billing.load(
        Book(
            tuple(Customer(login, login, DEMO_HASHER.hash(password)) for login, password, _ in WORLD.logins),
            tuple(
                Opened(account, owners[account.id], balance)
                for account, balance in zip(WORLD.accounts, WORLD.balances, strict=True)
            ),
            WORLD.services,
            WORLD.bills,
            WORLD.payments,
            WORLD.charges,
            WORLD.details,
            WORLD.usages,
            WORLD.calls,
            WORLD.reaches,
            WORLD.deliveries,
            WORLD.outages,
            WORLD.notices,
            WORLD.bonuses,
        )
    )

    seconds = count()

    async def pay(minor: int) -> None:
        # One after the other: a billing that is asked over the wire knows no other order than that of their moments.
        at = NOW - timedelta(minutes=1) + timedelta(seconds=next(seconds))
        await billing.credit("V1", Money(minor), "Карта", at, f"k{minor}")

    yield Furnished(billing, pay, billing.authenticate, database)
    await billing.close()
    await database.close()


@asynccontextmanager
async def guarded_ledger(url: str) -> AsyncIterator[Furnished]:
    async with ledger(url) as furnished:
        yield replace(furnished, billing=guard(furnished.billing, limit_seconds=60, now=lambda: NOW))


@dataclass(frozen=True)
class Wired:
    """A billing elsewhere: the stand-in, what it tells of, and the settings with which it was connected."""

    furnished: Furnished
    server: Tmf
    book: Furnished


@asynccontextmanager
async def tmf_over(
    book: Furnished, version: int = 4, now: Callable[[], datetime] = lambda: NOW, **settings: str
) -> AsyncIterator[Wired]:
    """TM Forum's APIs over whatever tells the facts, with answers that are not kept unless `settings` say so."""
    server = Tmf(book.billing, version=version, now=ticking())
    await server.start()
    values = {**server.settings(), "TMF_FRESH": "0", **settings}
    billing = registry.billing("tmf").connect(values, database=book.database, now=now, rule=FREE, secret=SECRET)

    async def sign_in(login: str, password: str) -> Subject | None:
        return await signed_in(billing, login, password)

    # Nothing in TM Forum's accounts says when the contract began, and no product what is owed to operators behind it.
    furnished = Furnished(billing, book.pay, sign_in, book.database, SAID - {"since", "carriers"})
    try:
        yield Wired(furnished, server, book)
    finally:
        await billing.close()
        await server.stop()


@asynccontextmanager
async def tmf(url: str, version: int = 4) -> AsyncIterator[Furnished]:
    async with ledger(url) as book, tmf_over(book, version) as wired:
        yield wired.furnished
        assert wired.server.violations == []
        assert wired.server.openid.violations == []


@asynccontextmanager
async def guarded_tmf(url: str) -> AsyncIterator[Furnished]:
    async with tmf(url) as furnished:
        yield replace(furnished, billing=guard(furnished.billing, limit_seconds=60, now=lambda: NOW))


@asynccontextmanager
async def abills(url: str) -> AsyncIterator[Furnished]:
    async with ledger(url) as book, abills_over(book, SECRET) as (furnished, servers):
        yield furnished
        assert [server.violations for server in servers] == [[], []]


@asynccontextmanager
async def guarded_abills(url: str) -> AsyncIterator[Furnished]:
    async with abills(url) as furnished:
        yield replace(furnished, billing=guard(furnished.billing, limit_seconds=60, now=lambda: NOW))


def ticking(start: datetime = NOW - timedelta(minutes=4)) -> Callable[[], datetime]:
    """A server's clock: every look at it is a moment later, and never later than NOW."""
    at = start

    def now() -> datetime:
        nonlocal at
        at = min(at + timedelta(milliseconds=10), NOW)
        return at

    return now


async def signed_in(billing: Federated, login: str, password: str) -> Subject | None:
    """Who comes back from the operator's own sign-in page with this login; None: the page lets nobody through."""
    back, state, nonce, verifier = "https://saldo.example/back", *(secrets.token_urlsafe(32) for _ in range(3))
    code = await visited(await billing.door(back, state, nonce, verifier), state, login, password)
    return None if code is None else await billing.enter(code, back, nonce, verifier)


async def visited(door: str, state: str, login: str, password: str) -> str | None:
    """The code with which the page sends the browser back."""
    async with aiohttp.ClientSession() as browser:
        async with browser.get(door) as page:
            assert page.status == 200, await page.text()
            [visit] = re.findall(r'name="visit" value="([^"]+)"', await page.text())
        form = {"visit": visit, "login": login, "password": password, "verdict": "allow"}
        parts = urlsplit(door)
        address = f"{parts.scheme}://{parts.netloc}{parts.path}"
        async with browser.post(address, data=form, allow_redirects=False) as answer:
            if answer.status != 302:
                return None
            told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert told["state"] == [state]
    return told["code"][0]


FURNISHED: dict[str, tuple[Callable[[str], AbstractAsyncContextManager[Furnished]], str]] = {
    "ledger on SQLite": (ledger, "sqlite_url"),
    "ledger on PostgreSQL": (ledger, "postgres_url"),
    "ledger behind the guard": (guarded_ledger, "sqlite_url"),
    "tmf v4": (tmf, "sqlite_url"),
    "tmf v5": (partial(tmf, version=5), "sqlite_url"),
    "tmf behind the guard": (guarded_tmf, "sqlite_url"),
    "abills": (abills, "sqlite_url"),
    "abills behind the guard": (guarded_abills, "sqlite_url"),
}
