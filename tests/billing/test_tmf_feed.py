"""TM Forum's feed over days: what is asked for, how often, and what is found again after whatever went wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from billing.base import Bill, Billing, Funds, Happening, Money, Period, Sign
from billing.guard import guard
from billing.ledger import Ledger
from billing.promises import FREE
from billing.tmf_feed import FEW, RUN, event_id, parsed
from bot import registry
from sandbox.tmf import Tmf
from sandbox.tmf_quirks import Quirk
from tests.contract.billing_suite import NOW, Furnished
from tests.contract.billings import SECRET, ledger

EVERYBODY = {"A1", "A2", "B1", "V1"}
IN_BULK = {"GET billingAccount", "GET customerBill", "GET payment", "GET product", "GET bucket", "POST token"}


@dataclass
class House:
    book: Furnished
    server: Tmf
    now: datetime = NOW
    cursor: str | None = None
    billing: Billing = field(init=False)

    async def start(self) -> None:
        """A process that begins: it knows the cursor and nothing else."""
        values = {**self.server.settings(), "TMF_FRESH": "0"}
        made = registry.billing("tmf")
        self.billing = made.connect(values, database=self.book.database, now=lambda: self.now, rule=FREE, secret=SECRET)

    async def look(self, limit: int = 1000) -> tuple[dict[str, Funds], list[Happening]]:
        """What a scan is told, and the cursor moves."""
        told, happened = dict[str, Funds](), list[Happening]()
        for _ in range(300):
            page = await self.billing.changes(self.cursor, limit)
            told |= {one.account: one for one in page.funds}
            happened += page.happened
            self.cursor = page.cursor
            if not page.more:
                return told, happened
        raise AssertionError("the feed has no end")

    async def pay(self, minor: int) -> None:
        await self.book.billing.credit("V1", Money(minor), "Карта", self.now, f"k{minor}-{self.now}")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[House]:
    async with ledger(url) as book:
        server = Tmf(book.billing, now=lambda: house.now)
        house = House(book, server)
        await server.start()
        await house.start()
        yield house
        await house.billing.close()
        await server.stop()
        assert server.violations == []


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with opened(sqlite_url) as house:
        yield house


async def test_a_look_at_nothing_new_is_three_questions_and_none_about_one_account(house: House) -> None:
    assert (await house.look())[0].keys() == EVERYBODY
    assert house.server.calls.keys() <= IN_BULK
    house.now += timedelta(minutes=30)
    house.server.calls.clear()
    assert await house.look() == ({}, [])
    assert house.server.calls == {"GET billingAccount": 1, "GET customerBill": 1, "GET payment": 1}


async def test_what_has_changed_is_told_once(house: House) -> None:
    await house.look()
    for minutes in (1, 3, 30):
        house.now += timedelta(minutes=minutes)
        await house.pay(minutes)
        house.now += timedelta(seconds=5)
        told, happened = await house.look()
        assert told.keys() == {"V1"}
        assert [(one.sign, one.amount) for one in happened] == [(Sign.PAID, Money(minutes))]
        assert await house.look() == ({}, []), "though it is asked for twice"


async def test_a_cursor_of_before_a_crash_tells_the_same_again(house: House) -> None:
    await house.look()
    before = house.cursor
    house.now += timedelta(minutes=5)
    await house.pay(700)
    first = await house.look()
    await house.billing.close()
    await house.start()
    house.cursor = before
    assert await house.look(limit=1) == first


async def test_a_bill_that_is_issued_is_told_and_is_in_the_figures_of_the_night(house: House) -> None:
    await house.look()
    house.now += timedelta(minutes=5)
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    bill = Bill("A2", "late", "№9", october, Money(700), Money(700), date(2026, 11, 22), date(2026, 12, 1))
    assert isinstance(house.book.billing, Ledger)
    await house.book.billing.issue(bill)
    told, happened = await house.look()
    assert [(one.sign, one.about, one.amount, one.day) for one in happened] == [
        (Sign.BILL, "late", Money(700), date(2026, 12, 1))
    ]
    assert await house.look() == ({}, [])
    house.now = datetime(2026, 11, 26, 1, tzinfo=UTC)  # four in the morning in Moscow: another bill is overdue since
    told, _ = await house.look()
    assert told.keys() == EVERYBODY
    assert (told["A2"].available, told["A2"].due_on) == (Money(500 - 20000 - 50000), date(2026, 12, 1))
    assert (await house.look())[0] == {}, "one night, one look at all"


async def test_the_night_comes_once_also_for_who_was_not_there(house: House) -> None:
    await house.look()
    house.now = datetime(2026, 11, 23, 0, 59, tzinfo=UTC)
    assert (await house.look())[0] == {}
    house.now = datetime(2026, 11, 25, 15, tzinfo=UTC)  # two nights were missed
    assert (await house.look())[0].keys() == EVERYBODY
    house.now += timedelta(hours=2)
    assert (await house.look())[0] == {}


async def test_a_server_that_ignores_the_filter_is_asked_for_all_once_an_hour(house: House) -> None:
    await house.look()
    house.now += timedelta(minutes=20)
    await house.look()
    house.server.quirks = {Quirk.FILTERS_IGNORED}
    await house.pay(700)
    house.now += timedelta(minutes=1)
    told, happened = await house.look()
    assert told == {}
    assert [one.amount for one in happened] == [Money(700)], "what happened is told all the same"
    for _ in range(3):
        house.server.calls.clear()
        house.now += timedelta(minutes=10)
        assert await house.look() == ({}, [])
        assert house.server.calls["GET billingAccount"] == 0
    house.now += timedelta(minutes=9)
    told, _ = await house.look()
    assert told.keys() == EVERYBODY
    assert told["V1"].available == Money(-15000 + 700)
    house.server.heal()
    house.now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert (await house.look())[0].keys() == EVERYBODY
    house.now += timedelta(minutes=20)
    await house.pay(5)
    assert (await house.look())[0].keys() == {"V1"}, "after a night the filter is tried again"


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        "",
        "null",
        "[]",
        "{}",
        "5",
        '"x"',
        "[1,2]",
        '{"phase":"all"}',
        "\x00",
        "9" * 5000,
        '{"seen":[],"heard":[],"nth":[]}',
    ],
)
def test_a_cursor_of_another_feed_is_nobodys(cursor: str | None) -> None:
    assert parsed(cursor) is None


async def test_the_cursor_is_small_text(house: House) -> None:
    await house.look()
    assert house.cursor is not None
    assert len(house.cursor) < 500
    assert parsed(house.cursor) is not None
    # A place ahead of the clock is another house's.
    house.now -= timedelta(days=3)
    assert (await house.look())[0].keys() == EVERYBODY


def test_an_event_has_a_lasting_id_whatever_the_operators_are() -> None:
    assert event_id(Sign.PAID, "7") == "paid:7"
    strange = event_id(Sign.PAID, "счёт №7 " * 30)
    assert strange == event_id(Sign.PAID, "счёт №7 " * 30)
    assert strange != event_id(Sign.BILL, "счёт №7 " * 30)
    assert len(strange) <= 64


# ── What is asked again between two nights ────────────────────────────────────────────────────────────────────────


async def test_behind_the_guard_a_first_look_takes_as_many_pages_as_there_are(house: House) -> None:
    """What stands beside the accounts is read over many calls, and no two of them leave the cursor as it was."""
    house.billing = guard(house.billing, limit_seconds=8.0, now=lambda: house.now)
    house.server.quirks = {Quirk.CAPPED}
    assert (await house.look())[0].keys() == EVERYBODY
    assert house.server.calls["GET product"] > 2
    house.now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert (await house.look())[0].keys() == EVERYBODY


async def test_who_pays_is_told_with_the_bill_gone_though_the_account_says_nothing_new(house: House) -> None:
    await house.look()
    house.now += timedelta(hours=1)
    house.server.quirks = {Quirk.STILL}
    await house.book.billing.credit("A2", Money(20000), "Карта", house.now, "k")
    house.server.calls.clear()
    told, happened = await house.look()
    assert [one.sign for one in happened] == [Sign.PAID]
    assert (told["A2"].available, told["A2"].overdue_since) == (Money(500), None)
    assert house.server.calls.keys() <= IN_BULK


@pytest.mark.parametrize("quirk", [Quirk.LITERAL, Quirk.FILTERS_IGNORED, Quirk.MIXED])
async def test_a_server_that_cannot_be_asked_for_some_accounts_is_not_believed_about_them(
    house: House, quirk: Quirk
) -> None:
    """An empty answer to "a,b" is not that both have no bill."""
    right, _ = await house.look()
    house.now += timedelta(minutes=30)
    for account in ("A1", "A2", "V1"):
        await house.book.billing.credit(account, Money(1), "Карта", house.now, f"k-{account}")
    house.server.quirks = {quirk}
    told, happened = await house.look()
    assert {one.account for one in happened} == {"A1", "A2", "V1"}, "what happened is told all the same"
    for account, one in told.items():
        assert one.overdue_since == right[account].overdue_since
        assert one.available.minor - right[account].available.minor in {0, 1}
    house.server.heal()
    house.now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert (await house.look())[0]["V1"].available == Money(-15000 + 1)


async def test_more_payments_than_a_page_holds_are_told_once_each(house: House) -> None:
    await house.look()
    house.now += timedelta(minutes=30)
    for minor in range(1, 2 * FEW + 50):
        await house.pay(minor)
    told, happened = await house.look(limit=120)
    assert sorted(one.amount.minor for one in happened) == list(range(1, 2 * FEW + 50))
    assert told["V1"].available == Money(-15000 + sum(range(1, 2 * FEW + 50)))


async def test_a_run_of_bills_is_told_and_its_figures_come_with_the_night(house: House) -> None:
    await house.look()
    assert isinstance(house.book.billing, Ledger)
    october = Period(date(2026, 10, 1), date(2026, 10, 31))
    house.now += timedelta(minutes=30)
    house.server.quirks = {Quirk.STILL}
    for n in range(RUN + 1):
        bill = Bill("A2", f"b{n}", f"№{n}", october, Money(700), Money(700), date(2026, 11, 22), date(2026, 12, 1))
        await house.book.billing.issue(bill)
    house.server.calls.clear()
    told, happened = await house.look()
    assert len(happened) == RUN + 1
    assert house.server.calls["GET product"] == 0, "nothing more is asked about so many"
    house.now = datetime(2026, 11, 26, 1, tzinfo=UTC)
    told, _ = await house.look()
    assert told["A2"].due_on == date(2026, 12, 1)
