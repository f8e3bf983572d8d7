"""ABillS' feed, by the staff's key: what the watch must look at again. Never one question for one account.

    a pass       all accounts, in pages of GET /users/all/. The first one when there is no cursor, then one each night.
    the ledgers  GET /payments/?id=>N and GET /fees/?id=>N tell who was touched since; the figures of those come from
                 /users/all/?uid=1,2,3, as they are now

An id is given before its transaction ends, so a smaller one may appear after a larger one. Each read therefore begins
OVERLAP ids back, and the cursor remembers which of those were seen: none is left out, and none is told twice.

What a filter was asked for is filtered again here. A server that knows no list of uids answers for one of them or for
none: then a pass begins, at most once an hour, and the log says so.

What the feed cannot tell: when fees fall (no list of the staff's says it), and so how long money lasts; of a charge
whether it is unusual. A promised payment without a price leaves no trace in a ledger: one taken here is looked at at
once, one taken elsewhere in the nightly pass. So is whoever else pays from the same wallet (a company's users).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

import msgspec
import structlog

from billing.abills_reading import House, listed, number
from billing.abills_reading import funds as funds_of
from billing.base import Changes, Funds, Happening, Sign
from billing.upstream import Answer, Unreadable
from billing.wire import amount, moment, money, text

log = structlog.get_logger()

OVERLAP: Final = 200  # ids back that are looked at again
PAGE: Final = 1000  # rows of a page of a ledger
PAGES: Final = 100  # of a ledger in one go; of more, a pass over all accounts is the shorter way
TOGETHER: Final = 200  # uids in one question: an address of some 2 000 characters
NIGHT: Final = 4  # the hour, in the operator's zone, after which the nightly pass begins
HOUR: Final = 3600
HINTS: Final = 1000
PATIENCE: Final = 3.0  # seconds of one look at the ledgers; a longer backlog is read on at the next

Get = Callable[[str, Mapping[str, str]], Awaitable[Answer]]  # path, query


class Ledger(msgspec.Struct, frozen=True, array_like=True):
    """How far payments, or fees, were read."""

    last: int  # the largest id seen
    seen: str  # of the OVERLAP ids up to `last`, by bit: hexadecimal, the lowest bit is `last`

    def has(self, id: int) -> bool:
        back = self.last - id
        return back >= OVERLAP or (back >= 0 and bool(int(self.seen, 16) >> back & 1))

    def with_(self, ids: Iterable[int]) -> "Ledger":
        last, bits = self.last, int(self.seen, 16)
        for id in ids:
            if id > last:
                bits, last = bits << min(id - last, OVERLAP), id
            if last - id < OVERLAP:
                bits |= 1 << (last - id)
        return Ledger(last, f"{bits & ((1 << OVERLAP) - 1):x}")


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a reader stands. A cursor is this as JSON."""

    payments: Ledger
    fees: Ledger
    at: int | None  # records of the pass that were told; None: there is none under way
    begun: int  # when the last pass began: epoch seconds


class Row(NamedTuple):
    """One row of a ledger."""

    id: int
    uid: str
    amount: Decimal
    at: datetime | None


class Feed:
    def __init__(
        self,
        get: Get,
        house: House,
        now: Callable[[], datetime],
        column: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`get` asks in the staff's name; `column` is the value by which a list is asked for one more column."""
        self._get, self._house, self._now, self._column, self._monotonic = get, house, now, column, monotonic
        # Of a ledger: rows that were read and not told yet, for whoever goes on from there.
        self._left: dict[str, tuple[Ledger, list[Row]]] = {}
        self._reading: dict[str, tuple[Ledger, int, dict[int, Row]]] = {}  # of a backlog: pages and rows read so far
        self._hints: dict[str, None] = {}  # accounts that were touched from here

    def touched(self, account: str) -> None:
        """It was changed by us, in a way that no ledger need show."""
        self._hints[account] = None
        if len(self._hints) > HINTS:
            del self._hints[next(iter(self._hints))]

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        place = read_place(cursor)
        if place is None:
            payments, fees = await asyncio.gather(self._end("payments"), self._end("fees"))
            place = Place(payments, fees, 0, self._epoch())
        elif place.at is None and self._night_since(place.begun):
            place = Place(place.payments, place.fees, 0, self._epoch())

        looks = (self._since("payments", place.payments), self._since("fees", place.fees))
        found = await asyncio.gather(*looks, return_exceptions=True)  # neither is left running behind the other's back
        for one in found:
            if isinstance(one, Unfinished):
                return Changes((), msgspec.json.encode(place).decode(), more=False)
            if isinstance(one, BaseException):
                raise one
        paid, taken = cast("list[list[Row] | None]", found)
        if paid is None or taken is None:  # more has happened than can be read
            log.error("abills-feed-behind", mend="the feed was not read for too long: all accounts are gone through")
            payments, fees = await asyncio.gather(self._end("payments"), self._end("fees"))
            place, paid, taken = Place(payments, fees, 0, self._epoch()), [], []

        told = paid[:limit]
        uids = dict.fromkeys(row.uid for row in told if row.uid)
        dated, uids = fitting(taken, uids, limit)
        hints = [*self._hints][: limit - len(uids)]
        funds, known = await self._of([*dict.fromkeys((*uids, *hints))])
        for hint in hints:
            self._hints.pop(hint, None)
        at, begun = place.at, place.begun
        if not known and at is None and self._epoch() - begun >= HOUR:
            at, begun = 0, self._epoch()
        if at is not None and not funds:
            funds, at = await self._page(at, limit)
        payments, fees = place.payments.with_(row.id for row in told), place.fees.with_(row.id for row in dated)
        self._left = {"payments": (payments, paid[len(told) :]), "fees": (fees, taken[len(dated) :])}
        after = Place(payments, fees, at, begun)
        more = at is not None or any(rows for _, rows in self._left.values())
        happened = tuple(one for one in map(self._happening, told) if one is not None)
        return Changes(tuple(funds), msgspec.json.encode(after).decode(), more, happened)

    # ── The pass ──

    async def _page(self, at: int, limit: int) -> tuple[list[Funds], int | None]:
        """Some accounts from the record `at` on; where to go on, None: that was all."""
        asked = {**self._columns(), "pageRows": str(limit), "pg": str(at)}
        rows = listed((await self._get("users/all/", asked)).data, "users")
        if len(rows) > limit:  # a server that knows no pages tells everybody each time
            rows, left = rows[at : at + limit], at + limit < len(rows)
        else:
            left = len(rows) == limit or (bool(rows) and await self._goes_on(at + len(rows), rows))
        return self._funds(rows), at + len(rows) if left else None

    async def _goes_on(self, at: int, told: Sequence[Mapping[str, Any]]) -> bool:
        """Whether somebody else comes behind a short page: a server may give fewer than it is asked for."""
        known = {text(row.get("uid")) for row in told}
        next_ = listed((await self._get("users/all/", {"pageRows": "1", "pg": str(at)})).data, "users")
        return any(text(row.get("uid")) not in known for row in next_)

    async def _of(self, uids: Sequence[str]) -> tuple[list[Funds], bool]:
        """The accounts as they are now; whether the server understood which were meant."""
        parts = [uids[n : n + TOGETHER] for n in range(0, len(uids), TOGETHER)]
        answers = await asyncio.gather(*(self._ask_of(part) for part in parts))
        found = {one.account: one for answer in answers for one in answer}
        known = len(uids) < 2 or 2 * len(found) >= len(uids)
        if not known:
            log.warning("abills-uids", asked=len(uids), told=len(found))
        return [found[uid] for uid in uids if uid in found], known

    async def _ask_of(self, uids: Sequence[str]) -> list[Funds]:
        asked = {**self._columns(), "uid": ",".join(uids), "pageRows": str(len(uids)), "pg": "0"}
        rows, wanted = listed((await self._get("users/all/", asked)).data, "users"), frozenset(uids)
        return self._funds([row for row in rows if text(row.get("uid")) in wanted])

    def _columns(self) -> dict[str, str]:
        return dict.fromkeys(("deposit", "credit", "creditDate"), self._column)

    def _funds(self, rows: Sequence[Mapping[str, Any]]) -> list[Funds]:
        """Of each row; one mad figure does not stop the watch for all, a page of them does."""
        today = self._now().astimezone(self._house.zone).date()
        found, wrong = [], 0
        for row in rows:
            try:
                found.append(funds_of(row, self._house, today))
            except Unreadable:
                wrong += 1
        if wrong:
            log.error("billing.dropped", billing="abills", operation="changes", why="absurd", count=wrong)
            if not found:
                raise Unreadable("users: no line tells a deposit")
        return [one for one in found if one.account]

    # ── The ledgers ──

    async def _since(self, ledger: str, read: Ledger) -> list[Row] | None:
        """The rows that were not told yet, by id; None: they are too many. Raises Unfinished: it goes on next time.

        No order is promised, so all of them are read before the first is told.
        """
        place, left = self._left.get(ledger, (None, []))
        if left and place == read:
            return left
        began, after = self._monotonic(), max(0, read.last - OVERLAP)
        whose, begin, found = self._reading.pop(ledger, (read, 0, {}))
        if whose != read:
            begin, found = 0, {}
        for page in range(begin, PAGES):
            if page > begin and self._monotonic() - began > PATIENCE:
                self._reading[ledger] = read, page, found
                raise Unfinished
            rows, told = await self._rows(ledger, after, {"pageRows": str(PAGE), "pg": str(page * PAGE)})
            new = [row for row in rows if row.id not in found]
            found |= {row.id: row for row in new}
            if told != PAGE or not new:  # a server that knows no pages tells the same again, or all at once
                return sorted(row for row in found.values() if not read.has(row.id))
        return None

    async def _end(self, ledger: str) -> Ledger:
        """The last row that there is.

        No order of a list is certain, so the end is felt for: beyond it there is nothing. The rows of these two days
        are a good guess.
        """
        yesterday = self._now().astimezone(self._house.zone).date() - timedelta(days=1)
        recent = {"fromDate": yesterday.isoformat(), "pageRows": str(PAGE)}
        low, step = max((row.id for row in (await self._rows(ledger, 0, recent))[0]), default=0), 1
        while rows := (await self._rows(ledger, low + step - 1, {"pageRows": str(PAGE)}))[0]:
            low, step = max(row.id for row in rows), step * 2
        high = low + step - 1
        while low < high:
            middle = (low + high) // 2
            if rows := (await self._rows(ledger, middle, {"pageRows": str(PAGE)}))[0]:
                low = max(row.id for row in rows)
            else:
                high = middle
        before, _ = await self._rows(ledger, max(0, low - OVERLAP), {"pageRows": str(PAGE)})
        return Ledger(low, "1" if low else "0").with_(row.id for row in before if row.id <= low)

    async def _rows(self, ledger: str, after: int, query: Mapping[str, str]) -> tuple[list[Row], int]:
        """Rows with a larger id than `after`, whatever else the server told; and how many it told."""
        asked = {"id": f">{after}", "datetime": self._column, **query}
        rows = listed((await self._get(f"{ledger}/", asked)).data, ledger)
        found = [self._row(row) for row in rows]
        return [row for row in found if row.id > after], len(rows)

    def _row(self, row: Mapping[str, Any]) -> Row:
        at = moment(row.get("datetime"), self._house.zone) or moment(row.get("regDate"), self._house.zone)
        return Row(number(text(row.get("id"))), text(row.get("uid")), amount(row.get("sum"), "sum"), at)

    def _happening(self, row: Row) -> Happening | None:
        """A payment that has come in. One of nothing, and one by which money went, is no news."""
        total = money(row.amount, self._house.currency)
        if total.minor <= 0 or not row.uid:
            return None
        at = min(row.at, self._now()) if row.at is not None else self._now()
        return Happening(f"pay:{row.id}", Sign.PAID, at, str(row.id), row.uid, amount=total)

    def _epoch(self) -> int:
        return int(self._now().timestamp())

    def _night_since(self, begun: int) -> bool:
        """Whether the hour of the nightly pass has come since the last one began."""
        now = self._now().astimezone(self._house.zone)
        night = now.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
        return begun < (night if night <= now else night - timedelta(days=1)).timestamp()


class Unfinished(Exception):
    """A backlog was read in part."""


def fitting(rows: Sequence[Row], uids: Mapping[str, None], limit: int) -> tuple[Sequence[Row], dict[str, None]]:
    """As many rows from the first on as touch no more than `limit` accounts, with those that were touched before."""
    touched = dict(uids)
    for n, row in enumerate(rows):
        if n == limit or (row.uid not in touched and len(touched) == limit):
            return rows[:n], touched
        if row.uid:
            touched[row.uid] = None
    return rows, touched


def read_place(cursor: str | None) -> Place | None:
    """None: from the beginning, also where the cursor is of another billing."""
    try:
        place = msgspec.json.decode(cursor or "null", type=Place)
        for ledger in (place.payments, place.fees):
            int(ledger.seen, 16)
    except (msgspec.DecodeError, ValueError):
        return None
    return place
