"""Every billing, bare and behind the guard, passes the one suite. `billings.FURNISHED` lists them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from billing.base import Billing
from tests.contract.billing_suite import BillingSuite, Furnished
from tests.contract.billings import FURNISHED


@pytest.fixture(params=FURNISHED)
def book_url(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Whom to furnish, and its database: made before a loop runs."""
    return request.param, request.getfixturevalue(FURNISHED[request.param][1])


@pytest.fixture
async def furnished(book_url: tuple[str, str]) -> AsyncIterator[Furnished]:
    name, url = book_url
    async with FURNISHED[name][0](url) as furnished:
        yield furnished


class TestBillings(BillingSuite):
    async def test_many_questions_at_once(self, billing: Billing) -> None:
        answers = await asyncio.gather(*(billing.balance(id) for id in ("A1", "A2", "B1") * 10))
        assert [a.account for a in answers] == ["A1", "A2", "B1"] * 10
