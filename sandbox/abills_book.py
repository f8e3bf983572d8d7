"""The numbers that ABillS has given: to accounts, and to payments and fees as they are first seen.

A number of an account follows from its id. Those of payments and fees grow in the order in which they are seen, and in
the order of time among what is seen at once, so that "greater than N" is what has come since. A payment that is not
credited yet has no number: ABillS knows nothing of it.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final

from billing.base import Billing, Period
from sandbox.abills_rows import Entry, numbered

PAYMENTS, FEES = "payments", "fees"
FIRST: Final = 3001
BEGIN: Final = date(2000, 1, 1)  # nobody's contract is older
Numbers = dict[str, dict[str, int]]  # kind: the source's id: number


class Book:
    """`today`: the day in the billing's own zone."""

    def __init__(self, source: Billing, today: Callable[[], date]) -> None:
        self.accounts: dict[int, str] = {}  # uid: the source's account; of those that `look` has seen
        self.numbers: Numbers = {PAYMENTS: {}, FEES: {}}
        self._source, self._today = source, today
        self._entries: dict[str, dict[str, Entry]] = {PAYMENTS: {}, FEES: {}}
        self._cursor: str | None = None  # of the source's feed
        self._looking = asyncio.Lock()

    def in_order(self, kind: str) -> list[Entry]:
        """Everybody's payments or fees, by number."""
        return sorted(self._entries[kind].values())

    async def look(self) -> None:
        """Take in what the source's feed names since the last look."""
        async with self._looking:
            touched, cursor, more = set[str](), self._cursor, True
            while more:
                page = await self._source.changes(cursor, 1000)
                touched |= {one.account for one in page.funds}
                cursor, more = page.cursor, page.more
            await self._take_in(touched)
            self.accounts |= {numbered(account): account for account in touched}
            self._cursor = cursor

    async def read(self, accounts: Iterable[str]) -> None:
        """Take in what these accounts have."""
        async with self._looking:
            await self._take_in(accounts)

    async def _take_in(self, accounts: Iterable[str]) -> None:
        ever = Period(BEGIN, self._today() + timedelta(days=1))
        seen: list[tuple[str, str, Entry]] = []
        for account in accounts:
            payments = await self._source.payments(account, ever)
            charges = await self._source.charges(account, ever)
            seen += [(PAYMENTS, p.id, Entry(0, account, p.at, p.amount, p.method)) for p in payments if p.credited]
            seen += [(FEES, c.id, Entry(0, account, c.at, c.amount, c.title)) for c in charges]
        for kind, id, entry in sorted(seen, key=lambda one: (one[2].at, one[1])):
            if id not in self._entries[kind]:
                numbers = self.numbers[kind]
                self._entries[kind][id] = entry._replace(id=numbers.setdefault(id, FIRST + len(numbers)))
