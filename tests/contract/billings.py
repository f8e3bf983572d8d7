"""Every billing, furnished with the world of `billing_suite`. A new one is one function here and one line at the end.

A billing elsewhere is furnished with a stand-in server of sandbox/ that tells what a ledger tells, so that whatever the
suite finds wrong is the way over the wire.
"""

import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp

from billing.base import Federated, Money, Subject
from billing.guard import guard
from billing.ledger import Book, Customer, Ledger, Opened
from billing.passwords import DEMO_HASHER
from storage.database import connect
from tests.contract.billing_suite import NOW, WORLD, Furnished

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

    async def pay(minor: int) -> None:
        await billing.credit("V1", Money(minor), "Карта", NOW, f"k{minor}")

    yield Furnished(billing, pay, billing.authenticate, database)
    await billing.close()
    await database.close()


@asynccontextmanager
async def guarded_ledger(url: str) -> AsyncIterator[Furnished]:
    async with ledger(url) as furnished:
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
}
