"""ABillS' feed against ledgers that grow in their own way: ids that appear late, gaps, orders that nobody promised,
more rows than a page, servers that know no list of accounts.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import abills_feed
from billing.abills_feed import OVERLAP, PAGE, Feed, Ledger, fitting
from billing.abills_feed import Row as Line
from billing.abills_reading import House
from billing.base import Changes, Funds, Money, Scheme
from billing.upstream import Answer, Unreadable

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUSE = House(ZoneInfo("Europe/Moscow"), "RUB", Scheme.ADVANCE, "login", 0, "", {})
Row = dict[str, Any]


class Staff:
    """What a staff sees, in memory; `order` is how a list comes."""

    def __init__(
        self, users: int = 3, order: int = 1, uids: bool = True, most: int = 10_000, paged: bool = True
    ) -> None:
        self.order, self.uids, self.now = order, uids, NOW
        self.most, self.paged = most, paged  # rows of a page, whatever is asked for; whether there are pages at all
        self.ledgers: dict[str, dict[int, Row]] = {"payments": {}, "fees": {}}
        self.deposits = {uid: Decimal(uid) for uid in range(1, users + 1)}
        self.asked: Counter[str] = Counter()
        self.clock, self.slow = 0.0, 0.0  # seconds that an answer takes
        self.feed = Feed(self.get, HOUSE, lambda: self.now, "_SHOW", lambda: self.clock)

    def add(self, ledger: str, id: int, uid: int, sum_: object = 1, at: str = "2026-11-22 11:00:00") -> None:
        self.ledgers[ledger][id] = {"id": id, "uid": uid, "sum": sum_, "datetime": at}

    async def get(self, path: str, query: Mapping[str, str]) -> Answer:
        name = path.strip("/")
        self.asked[name] += 1
        self.clock += self.slow
        rows = self.everybody(query) if name == "users/all" else self.rows(name, query)
        begin, size = int(query.get("pg", 0)), int(query.get("pageRows", 25))
        return Answer(200, rows[begin : begin + min(size, self.most)] if self.paged else rows, self.now, {})

    def everybody(self, query: Mapping[str, str]) -> list[Row]:
        assert "password" not in query
        wanted = query.get("uid", "")
        if wanted:
            self.asked["of"] += 1
        uids = {int(one) for one in wanted.split(",")} if wanted and self.uids else set(self.deposits)
        if wanted and not self.uids:
            uids = {int(re.match("[0-9]+", wanted)[0])}  # type: ignore[index]
        return [{"uid": uid, "deposit": sum_} for uid, sum_ in self.deposits.items() if uid in uids]

    def rows(self, ledger: str, query: Mapping[str, str]) -> list[Row]:
        after = int(query["id"].removeprefix(">"))
        first = query.get("fromDate", "")
        found = [row for id, row in self.ledgers[ledger].items() if id > after and row["datetime"] >= first]
        return sorted(found, key=lambda row: self.order * row["id"])

    async def follow(self, cursor: str | None, limit: int = 1000) -> tuple[dict[str, Funds], str, list[str]]:
        told: dict[str, Funds] = {}
        happened: list[str] = []
        for _ in range(1000):
            page: Changes = await self.feed.changes(cursor, limit)
            assert max(len(page.funds), len(page.happened)) <= limit
            told |= {one.account: one for one in page.funds}
            happened += [one.about for one in page.happened]
            cursor = page.cursor
            if not page.more:
                return told, cursor, happened
        raise AssertionError("the feed has no end")


async def test_a_payment_that_appears_late_is_told_once() -> None:
    staff = Staff()
    staff.add("payments", 100, 1)
    _, cursor, _ = await staff.follow(None)
    staff.add("payments", 103, 2)
    _, cursor, happened = await staff.follow(cursor)
    assert happened == ["103"]
    staff.add("payments", 101, 3)  # it was given its id before, and committed after
    told, cursor, happened = await staff.follow(cursor)
    assert (happened, set(told)) == (["101"], {"3"})
    assert (await staff.follow(cursor))[2] == []


async def test_what_was_under_way_when_everybody_began_to_be_gone_through_is_told() -> None:
    staff = Staff()
    staff.add("payments", 100, 1)
    staff.add("payments", 102, 1)
    _, cursor, happened = await staff.follow(None)
    assert happened == []
    staff.add("payments", 101, 2)
    assert (await staff.follow(cursor))[2] == ["101"]


@pytest.mark.parametrize(
    ("users", "most", "paged"), [(1, 100, True), (250, 100, True), (200, 100, True), (250, 10_000, False)]
)
async def test_everybody_is_gone_through_however_long_the_pages_are(users: int, most: int, paged: bool) -> None:
    staff = Staff(users=users, most=most, paged=paged)
    told, _, _ = await staff.follow(None)
    assert len(told) == users
    assert staff.asked["users/all"] <= 2 * (users // most + 1)


async def test_before_the_overlap_nothing_is_looked_at_again() -> None:
    staff = Staff()
    staff.add("payments", 1000, 1)
    _, cursor, _ = await staff.follow(None)
    staff.add("payments", 1000 - OVERLAP, 1)
    staff.add("payments", 1001 - OVERLAP, 1)
    assert (await staff.follow(cursor))[2] == [str(1001 - OVERLAP)]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_many_rows_are_told_whole_and_in_their_order(order: int, limit: int) -> None:
    staff = Staff(users=20, order=order)
    staff.add("payments", 1, 1)
    _, cursor, _ = await staff.follow(None)
    ids = range(2, 2 + (40 if limit < 1000 else PAGE * 2 + 5))
    for id in ids:
        staff.add("payments", id, id % 20 + 1)
        staff.add("fees", id, id % 20 + 1)
        staff.deposits[id % 20 + 1] -= 1
    staff.asked.clear()
    told, cursor, happened = await staff.follow(cursor, limit)
    assert happened == [str(id) for id in ids]
    assert {uid: one.available for uid, one in told.items()} == {
        str(uid): Money(int(sum_ * 100)) for uid, sum_ in staff.deposits.items()
    }
    assert staff.asked["users/all"] == staff.asked["of"], "and nobody is gone through for it"
    if limit == 1000:
        assert staff.asked["payments"] <= 4, "what was read is not read again for each page that is told"
    assert (await staff.follow(cursor, limit)) == ({}, cursor, [])


@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), unique_by=lambda one: one[0], max_size=40),
    st.integers(1, 5),
    st.integers(1, 9),
)
async def test_every_payment_is_told_once_in_whatever_order_they_appear(
    arrivals: list[tuple[int, bool]], limit: int, every: int
) -> None:
    staff = Staff()
    _, cursor, _ = await staff.follow(None)
    told: list[str] = []
    for n, (id, payment) in enumerate(arrivals):
        staff.add("payments" if payment else "fees", id, id % 3 + 1)
        if n % every == 0:
            _, cursor, happened = await staff.follow(cursor, limit)
            told += happened
    told += (await staff.follow(cursor, limit))[2]
    assert sorted(told) == sorted(str(id) for id, payment in arrivals if payment)


@given(st.sets(st.integers(1, 5000), max_size=30), st.sets(st.integers(1, 5000), max_size=30))
def test_a_place_remembers_what_was_seen(first: set[int], second: set[int]) -> None:
    ledger = Ledger(0, "0").with_(sorted(first)).with_(sorted(second))
    assert ledger.last == max(first | second, default=0)
    for id in range(max(1, ledger.last - OVERLAP + 1), ledger.last + 3):
        assert ledger.has(id) == (id in first | second)
    assert len(ledger.seen) <= OVERLAP // 4


@pytest.mark.parametrize("recent", [True, False])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("last", [0, 1, 2, 999, 123_456])
async def test_the_end_of_a_ledger_is_found(last: int, order: int, recent: bool) -> None:
    staff = Staff(order=order)
    for id in range(max(1, last - 1500), last + 1):
        staff.add("payments", id, 1, at="2026-11-22 11:00:00" if recent else "2020-01-01 00:00:00")
    found = await staff.feed._end("payments")
    assert found.last == last
    assert staff.asked["payments"] < 50
    assert last == 0 or found.has(last)


async def test_a_night_at_a_time_everybody_is_gone_through() -> None:
    staff = Staff()
    _, cursor, _ = await staff.follow(None)
    for hours, gone in ((1, 0), (15, 0), (17, 3), (18, 0), (41, 3)):  # four in the morning in Moscow is 16 h away
        staff.now = NOW + timedelta(hours=hours)
        told, cursor, _ = await staff.follow(cursor, 2)
        assert len(told) == gone, hours


async def test_a_server_that_knows_no_list_of_accounts_is_gone_through_once_an_hour() -> None:
    staff = Staff(users=10, uids=False)
    _, cursor, _ = await staff.follow(None)
    staff.now += timedelta(hours=2)
    for id, uid in ((1, 4), (2, 5), (3, 6)):
        staff.add("payments", id, uid)
        staff.deposits[uid] += 100
    told, cursor, happened = await staff.follow(cursor)
    assert happened == ["1", "2", "3"]
    assert (len(told), told["6"].available) == (10, Money(10600))
    for id, uid in ((4, 4), (5, 5), (6, 6)):
        staff.add("payments", id, uid)
    told, cursor, happened = await staff.follow(cursor)
    assert (len(told), happened) == (1, ["4", "5", "6"])


async def test_a_feed_that_was_left_alone_too_long_goes_through_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abills_feed, "PAGES", 2)
    staff = Staff()
    staff.add("payments", 1, 1)
    _, cursor, _ = await staff.follow(None)
    for id in range(2, 2 * PAGE + 10):
        staff.add("payments", id, 1)
    told, cursor, happened = await staff.follow(cursor)
    assert (len(told), happened) == (3, [])
    staff.add("payments", 9000, 1)
    assert (await staff.follow(cursor))[2] == ["9000"]


async def test_a_backlog_at_a_slow_server_is_read_on_from_look_to_look() -> None:
    staff = Staff(order=-1)
    staff.add("payments", 1, 1)
    _, cursor, _ = await staff.follow(None)
    ids = range(2, 2 + 6 * PAGE)
    for id in ids:
        staff.add("payments", id, 1)
    staff.slow, looks = 2.0, 0
    happened: list[str] = []
    while not happened:
        before, looks = staff.asked["payments"], looks + 1
        _, cursor, happened = await staff.follow(cursor)
        assert staff.asked["payments"] - before <= 3, "within the time that a question may take"
        staff.add("payments", ids[-1] + looks, 2)  # it goes on meanwhile
    assert looks > 2
    _, cursor, more = await staff.follow(cursor)
    assert happened + more == [str(id) for id in range(2, ids[-1] + looks + 1)]


async def test_one_mad_figure_does_not_stop_the_watch_and_all_of_them_do() -> None:
    staff = Staff()
    staff.deposits[2] = Decimal("-3.4e38")
    assert set((await staff.follow(None))[0]) == {"1", "3"}
    staff.deposits = dict.fromkeys(staff.deposits, Decimal("NaN"))
    with pytest.raises(Unreadable):
        await staff.follow(None)


async def test_what_is_no_payment_is_no_news() -> None:
    staff = Staff()
    _, cursor, _ = await staff.follow(None)
    staff.add("payments", 1, 1, 0)
    staff.add("payments", 2, 1, "-5,50")
    staff.add("payments", 3, 1, "0.004")
    staff.add("payments", 4, 2, "12,505", at="0000-00-00 00:00:00")
    staff.ledgers["payments"][4]["regDate"] = "2026-11-22 11:59:00"
    page = await staff.feed.changes(cursor, 100)
    [one] = page.happened
    assert (one.id, one.about, one.account, one.amount) == ("pay:4", "4", "2", Money(1251))
    assert one.at == datetime(2026, 11, 22, 8, 59, tzinfo=UTC)


async def test_who_was_touched_from_here_is_looked_at_once() -> None:
    staff = Staff()
    _, cursor, _ = await staff.follow(None)
    staff.feed.touched("2")
    assert set((await staff.follow(cursor))[0]) == {"2"}
    assert (await staff.follow(cursor))[0] == {}


@pytest.mark.parametrize("cursor", ["", "x", "null", "[]", '[[1,"zz"],[1,"0"],null,0]', '{"n": 1}', "[1,2,3,4,null,5]"])
async def test_a_cursor_of_somebody_else_begins_anew(cursor: str) -> None:
    assert len((await Staff().follow(cursor))[0]) == 3


def test_no_more_accounts_than_are_wanted() -> None:
    rows = [Line(n, uid, Decimal(1), None) for n, uid in enumerate("aabbcc")]
    taken, uids = fitting(rows, {"z": None}, 3)
    assert (len(taken), [*uids]) == (3, ["z", "a", "b"])
    assert fitting(rows, {}, 2)[0] == rows[:2], "nor more rows"
