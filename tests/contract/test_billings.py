"""Every billing, bare and behind the guard, passes the one suite. A new billing adds a line to FURNISHED."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from billing.base import Billing
from billing.guard import guard
from billing.ledger import Book, Customer, Ledger, Opened
from billing.passwords import DEMO_HASHER
from storage.database import connect
from tests.contract.billing_suite import NOW, WORLD, BillingSuite


@asynccontextmanager
async def ledger(url: str) -> AsyncIterator[Billing]:
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
    yield billing
    await billing.close()
    await database.close()


@asynccontextmanager
async def guarded_ledger(url: str) -> AsyncIterator[Billing]:
    async with ledger(url) as billing:
        yield guard(billing, limit_seconds=60, now=lambda: NOW)


FURNISHED: dict[str, tuple[Callable[[str], AbstractAsyncContextManager[Billing]], str]] = {
    "ledger on SQLite": (ledger, "sqlite_url"),
    "ledger on PostgreSQL": (ledger, "postgres_url"),
    "ledger behind the guard": (guarded_ledger, "sqlite_url"),
}


@pytest.fixture(params=FURNISHED)
def furnished(request: pytest.FixtureRequest) -> AbstractAsyncContextManager[Billing]:
    make, url = FURNISHED[request.param]
    return make(request.getfixturevalue(url))


@pytest.fixture
async def billing(furnished: AbstractAsyncContextManager[Billing]) -> AsyncIterator[Billing]:
    async with furnished as billing:
        yield billing


class TestBillings(BillingSuite):
    async def test_many_questions_at_once(self, billing: Billing) -> None:
        answers = await asyncio.gather(*(billing.balance(id) for id in ("A1", "A2", "B1") * 10))
        assert [a.account for a in answers] == ["A1", "A2", "B1"] * 10
