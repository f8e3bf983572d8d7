"""The feed of changes: every change reaches a reader who goes on from its cursor, whatever happens in between."""

import asyncio
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.base import Scheme
from billing.ledger import Ledger
from billing.ledger_rows import instant, late_at
from billing.ledger_tables import metadata
from billing.position import position
from storage.database import connect
from tests.billing.books import NOW, account, bill, book, rub
from tests.billing.conftest import Clock


@dataclass
class Reader:
    """Keeps what the feed has told, as the watch does."""

    ledger: Ledger
    limit: int = 2
    cursor: str | None = None
    told: dict[str, int] = field(default_factory=dict)
    pages: list[int] = field(default_factory=list)

    async def page(self) -> bool:
        answer = await self.ledger.changes(self.cursor, self.limit)
        self.cursor = answer.cursor
        self.told |= {f.account: f.available.minor for f in answer.funds}
        self.pages.append(len(answer.funds))
        return answer.more

    async def catch_up(self) -> dict[str, int]:
        """What came on the way, page by page."""
        self.told = {}
        while await self.page():
            pass
        return self.told


async def test_first_everybody_then_only_what_changed(ledger: Ledger) -> None:
    await ledger.load(book(*((account(str(n)), n) for n in range(7))))
    reader = Reader(ledger, 3)
    assert await reader.catch_up() == {str(n): n * 100 for n in range(7)}
    assert reader.pages == [3, 3, 1]
    assert await reader.catch_up() == {}
    await ledger.pay("5", rub(1), "Карта", NOW)
    await ledger.charge("2", rub(3), "Плата", NOW)
    await ledger.pay("5", rub(1), "Карта", NOW)
    assert await reader.catch_up() == {"5": 700, "2": -100}
    assert await reader.catch_up() == {}


async def test_an_account_turns_up_when_its_bill_falls_overdue_in_its_own_zone(ledger: Ledger, clock: Clock) -> None:
    due = date(2026, 11, 25)
    zones = {"k": "Asia/Kamchatka", "m": "Europe/Moscow", "q": "Europe/Kaliningrad"}
    await ledger.load(
        book(
            *((account(id, Scheme.CREDIT, zone=zone), 0) for id, zone in zones.items()),
            bills=tuple(bill(100, due, id, id) for id in zones),
        )
    )
    reader = Reader(ledger, 1)
    assert await reader.catch_up() == dict.fromkeys(zones, 0)
    for id, zone in zones.items():
        clock.now = instant(late_at(due, zone)) - timedelta(microseconds=1)
        assert await reader.catch_up() == {}
        clock.advance(microseconds=1)
        assert await reader.catch_up() == {id: -10000}
    await ledger.pay("m", rub(40), "Карта", NOW)
    assert await reader.catch_up() == {"m": -6000}


async def test_many_bills_overdue_at_one_instant_come_in_pages(ledger: Ledger, clock: Clock) -> None:
    await ledger.load(
        book(
            *((account(str(n), Scheme.CREDIT), 0) for n in range(5)),
            bills=tuple(bill(100, date(2026, 11, 25), str(n), str(n)) for n in range(5)),
        )
    )
    reader = Reader(ledger, 2)
    await reader.catch_up()
    reader.pages = []
    clock.advance(days=7)
    assert await reader.catch_up() == {str(n): -10000 for n in range(5)}
    assert reader.pages == [2, 2, 1]


@pytest.mark.parametrize(
    "cursor", ["", "null", "{}", "[]", "x", "[1,2,3,4]", '["1","a",2,null]', '[999999,"a",0,null]', '{"page":2}']
)
async def test_a_strange_cursor_begins_anew(ledger: Ledger, cursor: str) -> None:
    await ledger.load(book((account(), 5)))
    reader = Reader(ledger, cursor=cursor)
    assert await reader.catch_up() == {"a": 500}


async def test_under_concurrent_writers_nothing_is_left_out(ledger: Ledger) -> None:
    await ledger.load(book(*((account(str(n)), 0) for n in range(10))))
    reader = Reader(ledger, 3)
    seen: dict[str, int] = {}
    writing = asyncio.gather(*(ledger.pay(str(n % 10), rub(1), "Карта", NOW) for n in range(60)))
    while not writing.done():
        seen |= await reader.catch_up()
    seen |= await reader.catch_up()
    assert seen == {str(n): 600 for n in range(10)}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from("abcd"), st.integers(1, 500)),
        st.tuples(st.just("charge"), st.sampled_from("abcd"), st.integers(1, 500)),
        st.tuples(st.just("issue"), st.sampled_from("cd"), st.integers(-3, 6)),
        st.tuples(st.just("wait"), st.just(""), st.integers(1, 60)),
        st.tuples(st.just("page"), st.just(""), st.integers(1, 3)),
    ),
    max_size=25,
)


@settings(max_examples=25)
@given(steps)
def test_the_reader_ends_up_knowing_every_position(steps: list[tuple[str, str, int]]) -> None:
    asyncio.run(_story(steps))


async def _story(steps: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database, clock = connect(f"sqlite:///{folder}/ledger.db"), Clock(datetime(2026, 11, 22, 20, 30, tzinfo=UTC))
        await database.write(metadata.create_all)
        ledger = Ledger(database, clock)
        schemes = {"a": Scheme.ADVANCE, "b": Scheme.ADVANCE, "c": Scheme.CREDIT, "d": Scheme.CREDIT}
        zones = {"a": "Europe/Moscow", "b": "Asia/Kamchatka", "c": "Europe/Moscow", "d": "Asia/Kamchatka"}
        await ledger.load(book(*((account(id, schemes[id], zone=zones[id]), 0) for id in "abcd")))
        reader, known = Reader(ledger), dict[str, int]()
        for number, (what, id, value) in enumerate(steps):
            match what:
                case "pay":
                    await ledger.pay(id, rub(value), "Карта", clock.now)
                case "charge":
                    await ledger.charge(id, rub(value), "Плата", clock.now)
                case "issue":
                    await ledger.issue(bill(100, clock.now.date() + timedelta(days=value), str(number), id))
                case "wait":
                    clock.advance(hours=value)
                case _:
                    reader.limit, reader.told = value, {}
                    await reader.page()
                    known |= reader.told
        known |= await reader.catch_up()
        for id in "abcd":
            owner = await ledger.account(id)
            today = clock.now.astimezone(ZoneInfo(owner.zone)).date()
            p = position(owner, await ledger.balance(id), await ledger.bills(id), (), today)
            assert known[id] == p.available.minor
        assert await reader.catch_up() == {}
        await ledger.close()
        await database.close()
