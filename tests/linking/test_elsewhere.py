"""The whole of it with a billing elsewhere: TM Forum's APIs behind the guard, the operator's provider, our page, our
watch. Each part has its own tests; here they have to fit together.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from billing.base import Billing
from billing.guard import guard
from bot.hardening import hardened
from bot.hints import Hints
from storage.sql import open_storage
from tests.bot.parts import ANNA, link
from tests.clock import HandClock
from tests.contract.billing_suite import NOW, WORLD
from tests.contract.billings import Wired, ledger, tmf_over
from tests.linking.desk import TELEGRAM, browser, desk
from tests.linking.test_hardening import served

TOKEN = "T" * 22


@dataclass
class Elsewhere:
    wired: Wired
    billing: Billing
    clock: HandClock


@pytest.fixture(params=[4, 5], ids=["v4", "v5"])
async def elsewhere(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Elsewhere]:
    clock = HandClock(NOW)
    async with ledger(sqlite_url) as book, tmf_over(book, request.param) as wired:
        billing = guard(wired.furnished.billing, limit_seconds=8, now=clock.now)
        yield Elsewhere(wired, billing, clock)
        assert wired.server.violations == []
        assert wired.server.openid.violations == []


async def test_a_chat_is_linked_by_who_signs_in_at_the_operators(elsewhere: Elsewhere) -> None:
    billing: Any = elsewhere.billing
    login, password, owned = WORLD.logins[0]
    async with desk(clock=elsewhere.clock, billing=billing) as site, browser(site.url) as person:
        site.links.invite(TELEGRAM, TOKEN)
        page = await person.set_out(TOKEN)
        page = await person.get(await person.visit(page.door, login, password))
        assert page.path == f"/link/{TOKEN}/accounts", page.text
        page = await person.send(page, [("account", key) for key in page.keys])
        assert site.links.type_code(TELEGRAM, page.code)
        assert site.links.linked[str(TELEGRAM)] == {one.id for one in WORLD.accounts if one.open and one.id in owned}


async def test_a_payment_elsewhere_is_known_here_before_the_feed(
    elsewhere: Elsewhere, sqlite_template: Path, tmp_path: Path
) -> None:
    ours = shutil.copyfile(sqlite_template, tmp_path / "ours.db")  # the operator's book has the other one
    storage = open_storage(f"sqlite:///{ours}", elsewhere.clock)
    hints = Hints(
        billing=elsewhere.billing,
        watches=storage.watches,
        upkeep=storage.upkeep,
        clock=elsewhere.clock,
        public_url="",
    )
    app = hardened(2**20)
    hints.route(app)

    async def low() -> bool:
        await hints.look(list(hints.waiting))
        watch = await storage.watches.watch(linked)
        assert watch is not None
        return watch.low

    try:
        linked = await link(storage, elsewhere.clock, ANNA, "V1", alerts=True)
        hints.waiting["V1"] = None
        assert await low()
        async with served(app) as url:
            hints.public_url = url
            await hints.subscribe()
            await elsewhere.wired.book.pay(1_000_00)
            hints.waiting.clear()
            assert await elsewhere.wired.server.announce("V1", "payment", times=2) == [204, 204]
        assert list(hints.waiting) == ["V1"]
        assert not await low()
    finally:
        await storage.close()
