"""What of an import is news: what is new in a newer export, and never what an export begins with."""

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing.base import Money, Sign
from billing.exports import load
from billing.ledger import Database, Ledger
from tests.billing.books import NOW, account, book, rub
from tests.billing.conftest import Clock

Table = list[list[str]]
Take = Callable[..., object]

LAST = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # what yesterday's export spoke of
HEADINGS: Mapping[str, list[str]] = {
    "accounts": ["number", "scheme", "balance", "as_of", "since"],
    "services": ["id", "account", "title", "status", "fee", "next_fee"],
    "bills": ["id", "account", "amount", "remaining", "issued", "due"],
    "payments": ["id", "account", "at", "amount", "method", "credited"],
    "charges": ["id", "account", "at", "amount", "title", "service"],
    "options": ["id", "service", "title", "status", "fee"],
    "outages": ["id", "title", "since", "until", "account", "region", "planned"],
}
# Yesterday: two customers of long standing, with something of everything.
YESTERDAY: Mapping[str, Table] = {
    "accounts": [
        ["A", "advance", "100", "2026-11-21T03:00:00Z", "2019-01-01"],
        ["B", "credit", "0", "2026-11-21T03:00:00Z", "2019-01-01"],
    ],
    "services": [
        ["s", "A", "Интернет", "active", "500", "2026-12-01"],
        ["t", "A", "ТВ", "blocked-debt", "300", "2026-12-01"],
    ],
    "bills": [["b0", "B", "500", "0", "2026-10-05", "2026-10-25"]],
    "payments": [
        ["p0", "A", "2026-11-20T12:00:00Z", "50", "Карта", "yes"],
        ["p1", "A", "2026-11-20", "60", "СБП", "no"],
    ],
    "charges": [[f"f{n}", "A", f"2026-{n:02}-01", "500", "Абонентская плата", "s"] for n in range(6, 12)],
    "options": [["o0", "s", "Антивирус", "active", "99"], ["o1", "s", "Спорт", "off", "199"]],
    "outages": [["x0", "Авария", "2026-11-20T12:00:00Z", "", "A", "", "no"]],
}


@pytest.fixture
def take(database: Database, tmp_path: Path) -> Take:
    """Import these tables as an export."""

    async def taken(tables: Mapping[str, Table], now: datetime = NOW) -> None:
        files = {}
        for kind, lines in tables.items():
            files[kind] = tmp_path / f"{kind}.csv"
            with files[kind].open("w", newline="", encoding="utf-8") as text:
                csv.writer(text).writerows([HEADINGS[kind], *lines])
        await load(database, files, now=lambda: now)

    return taken


async def told(ledger: Ledger, cursor: str) -> list[tuple[str, str, str, Money | None]]:
    page = await ledger.changes(cursor, 100)
    assert not page.more
    return [(h.sign.value, h.about, h.account, h.amount) for h in page.happened]


def tonight(number: str = "A", own: str = "100", as_of: str = "2026-11-22T03:00:00Z") -> Table:
    return [[number, "advance" if number == "A" else "credit", own, as_of, "2019-01-01"]]


NEWS: dict[str, tuple[str, list[str], list[tuple[str, str, str, Money | None]]]] = {
    "a bill": ("bills", ["b1", "B", "700", "700", "2026-11-22", "2026-12-10"], [("bill", "b1", "B", rub(700))]),
    "a bill of the last import's day": (
        "bills",
        ["b1", "B", "700", "700", "2026-11-21", "2026-12-10"],
        [("bill", "b1", "B", rub(700))],
    ),
    "a bill of long ago": ("bills", ["b1", "B", "700", "700", "2026-11-20", "2026-12-10"], []),
    "a bill that is paid": ("bills", ["b1", "B", "700", "0", "2026-11-22", "2026-12-10"], []),
    "a payment": (
        "payments",
        ["p2", "A", "2026-11-21T12:00:00Z", "70", "Карта", "yes"],
        [("paid", "p2", "A", rub(70))],
    ),
    "a payment of before": ("payments", ["p2", "A", "2026-11-21T03:00:00Z", "70", "Карта", "yes"], []),
    "a payment that is only seen": ("payments", ["p2", "A", "2026-11-21T12:00:00Z", "70", "Карта", "no"], []),
    "a payment that was only seen": (
        "payments",
        ["p1", "A", "2026-11-20", "60", "СБП", "yes"],
        [("paid", "p1", "A", rub(60))],
    ),
    "a payment whose method is known now": ("payments", ["p0", "A", "2026-11-20T12:00:00Z", "50", "Мир", "yes"], []),
    "stopped": ("services", ["s", "A", "Интернет", "blocked-debt", "500", ""], [("blocked", "s", "A", None)]),
    "on again": ("services", ["t", "A", "ТВ", "active", "300", ""], [("unblocked", "t", "A", None)]),
    "paused": ("services", ["s", "A", "Интернет", "suspended", "500", ""], []),
    "a new service": ("services", ["u", "A", "Телефон", "active", "300", ""], []),
    "a new service that is stopped": ("services", ["u", "A", "Телефон", "blocked-debt", "300", ""], []),
    "dearer": ("services", ["s", "A", "Интернет", "active", "550", ""], []),
    "an unusual charge": (
        "charges",
        ["c", "A", "2026-11-21T12:00:00Z", "900", "Роуминг", "s"],
        [("charge", "c", "A", rub(900))],
    ),
    "an unusual charge of before": ("charges", ["c", "A", "2026-11-20T12:00:00Z", "900", "Роуминг", "s"], []),
    "a fee": ("charges", ["c", "A", "2026-11-21T12:00:00Z", "500", "Роуминг", "s"], []),
    "a small charge": ("charges", ["c", "A", "2026-11-21T12:00:00Z", "50", "Роуминг", "s"], []),
    "a refund": ("charges", ["c", "A", "2026-11-21T12:00:00Z", "-900", "Роуминг", "s"], []),
    "an option": ("options", ["o2", "s", "Кино", "active", "299"], [("option", "o2", "A", rub(299))]),
    "an option that was off": ("options", ["o1", "s", "Спорт", "active", "199"], [("option", "o1", "A", rub(199))]),
    "an option that is free": ("options", ["o2", "s", "Кино", "active", "0"], []),
    "an option that is off": ("options", ["o0", "s", "Антивирус", "off", "99"], []),
    "an outage": (
        "outages",
        ["x1", "Авария", "2026-11-21T12:00:00Z", "", "A", "", "no"],
        [("outage", "x1", "A", None)],
    ),
    "planned work in a region": (
        "outages",
        ["x1", "Работы", "2026-11-29T12:00:00Z", "", "", "Омская область", "yes"],
        [("outage", "x1", "", None)],
    ),
    "an outage of before": ("outages", ["x1", "Авария", "2026-11-20T12:00:00Z", "", "A", "", "no"], []),
    "an outage that came and went": (
        "outages",
        ["x1", "Авария", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z", "A", "", "no"],
        [],
    ),
    "the end of an outage": (
        "outages",
        ["x0", "Авария", "2026-11-20T12:00:00Z", "2026-11-22T02:00:00Z", "A", "", "no"],
        [("outage-over", "x0", "A", None)],
    ),
    "an outage that will last": (
        "outages",
        ["x0", "Авария", "2026-11-20T12:00:00Z", "2026-11-23T02:00:00Z", "A", "", "no"],
        [],
    ),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the other database below
@pytest.mark.parametrize("what", NEWS)
async def test_what_is_new_in_a_newer_export_is_told_once(ledger: Ledger, take: Take, what: str) -> None:
    await take(YESTERDAY, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    assert await told(ledger, cursor) == []
    kind, row, expected = NEWS[what]
    whole = {**YESTERDAY, "accounts": tonight() + tonight("B")}
    whole[kind] = (
        [*whole[kind], row]
        if all(row[0] != old[0] for old in whole[kind])
        else [row if old[0] == row[0] else old for old in whole[kind]]
    )
    await take(whole)
    assert await told(ledger, cursor) == expected
    await take(whole)
    assert await told(ledger, cursor) == expected
    page = await ledger.changes(cursor, 100)
    assert all(h.at <= NOW for h in page.happened)


async def test_files_alone_are_measured_by_the_last_import_of_each_account(ledger: Ledger, take: Take) -> None:
    await take(YESTERDAY, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    cases = {(kind, row[0]): (row, expected) for kind, row, expected in NEWS.values() if expected}
    for kind in HEADINGS.keys() - {"accounts"}:
        await take({kind: [row for (its, _), (row, _) in cases.items() if its == kind]})
    assert sorted(await told(ledger, cursor), key=repr) == sorted(
        (event for _, expected in cases.values() for event in expected), key=repr
    )


async def test_a_first_import_tells_nothing(ledger: Ledger, take: Take) -> None:
    start = (await ledger.changes(None, 100)).cursor
    rows = {kind: [row for k, row, _ in NEWS.values() if k == kind] for kind in HEADINGS if kind != "accounts"}
    unique = {kind: list({row[0]: row for row in lines}.values()) for kind, lines in rows.items()}
    both = [["s", "A", "Интернет", "active", "500", ""], ["t", "A", "ТВ", "active", "300", ""]]
    await take({**unique, "services": both, "accounts": tonight() + tonight("B")})
    assert await told(ledger, start) == []


@pytest.mark.parametrize("kind", ["bills", "payments", "charges", "options"])
async def test_the_first_file_of_its_kind_tells_nothing(ledger: Ledger, take: Take, kind: str) -> None:
    before = {k: lines for k, lines in YESTERDAY.items() if k != kind}
    await take(before, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    rows = list({row[0]: row for k, row, _ in NEWS.values() if k == kind}.values())
    await take({"accounts": tonight() + tonight("B"), kind: rows})
    assert await told(ledger, cursor) == []


async def test_an_account_that_comes_later_begins_later(ledger: Ledger, take: Take) -> None:
    await take(YESTERDAY, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    await take(
        {
            "accounts": [["C", "advance", "5", "2026-11-22T03:00:00Z", ""]],
            "payments": [["p9", "C", "2026-11-22T02:00:00Z", "70", "Карта", "yes"]],
            "bills": [["b9", "C", "70", "70", "2026-11-22", "2026-12-22"]],
        }
    )
    assert await told(ledger, cursor) == []


async def test_an_account_whose_book_is_kept_here_is_told_of_by_its_own_deeds_only(ledger: Ledger, take: Take) -> None:
    await ledger.load(book((account("K"), 5)))
    await take(YESTERDAY, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    await take({"payments": [["p9", "K", "2026-11-22T02:00:00Z", "70", "Карта", "yes"]]})
    assert await told(ledger, cursor) == []


async def test_the_feed_speaks_of_the_newest_import(ledger: Ledger, take: Take, clock: Clock) -> None:
    assert (await ledger.changes(None, 10)).as_of is None
    await take(YESTERDAY, LAST + timedelta(hours=1))
    page = await ledger.changes(None, 1)
    assert page.as_of == LAST
    clock.advance(days=5)
    assert (await ledger.changes(page.cursor, 1)).as_of == LAST, "also where nothing is new: that is how it is seen"
    await take({"accounts": tonight()})
    assert (await ledger.changes(page.cursor, 1)).as_of == LAST + timedelta(days=1)
    await take({"accounts": tonight(as_of="2026-11-19")})
    assert (await ledger.changes(page.cursor, 1)).as_of == LAST + timedelta(days=1)


async def test_a_service_that_changes_shows_its_account_again(ledger: Ledger, take: Take) -> None:
    await take(YESTERDAY, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    await take({"services": [["s", "A", "Интернет", "active", "90", "2026-12-01"]]})
    page = await ledger.changes(cursor, 100)
    assert [(f.account, f.available) for f in page.funds] == [("A", rub(100))]


async def test_an_import_that_fails_tells_nothing(ledger: Ledger, take: Take) -> None:
    await take(YESTERDAY, LAST + timedelta(hours=1))
    cursor = (await ledger.changes(None, 100)).cursor
    _, row, _ = NEWS["a payment"]
    with pytest.raises(Exception, match="payments"):
        await take({"payments": [row, ["p3", "A", "gestern", "70", "Карта", "yes"]]})
    assert await told(ledger, cursor) == []
    assert {sign.value for sign in Sign} >= {expected[0][0] for _, _, expected in NEWS.values() if expected}
