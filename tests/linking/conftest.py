from collections.abc import AsyncIterator

import pytest

from tests.linking.desk import Browser, Desk, browser, desk


@pytest.fixture
async def site() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


@pytest.fixture
async def person(site: Desk) -> AsyncIterator[Browser]:
    async with browser(site.url) as made:
        yield made
