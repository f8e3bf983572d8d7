"""What figures need beside the accounts themselves, read in bulk from TM Forum APIs and kept in memory.

    bill      open bills: under CREDIT they are the debt
    product   fees, and the days they are taken on
    prepay    buckets, where those hold the money

A pass over all accounts reads them whole. In between they are read anew for the accounts of which something is told,
MANY accounts a question. A server that ignores such a filter is asked once in a pass; its figures come with the next.

Equal fees and days are kept once: a million accounts with a service each take some 150 MB, a million open bills 400.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2s
from itertools import islice
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog

from billing import tmf_reading as reading
from billing import tmf_services
from billing.base import Account, Bill, Funds, Kind, Scheme, Service, Status
from billing.position import funds, position
from billing.tmf_pages import BULK, page, together, whole
from billing.tmf_reading import Json
from billing.tmf_settings import Rules, key
from billing.upstream import Unreadable, Upstream
from billing.wire import text

log = structlog.get_logger()

SOME: Final = 50  # records after which others have their turn: a page takes a tenth of a second
MANY: Final = 50  # accounts in a filter
LENGTH: Final = 1500  # characters of one: addresses of 2,000 pass everywhere
NEEDED: Final = ("state", "category", "billDate", "paymentDueDate")  # of a bill, beside what is left of it


class Table(NamedTuple):
    resource: str
    asked: Mapping[str, str]
    names: str  # what names the account; "": it is one

    def whose(self, row: Json) -> set[str]:
        return reading.refs(row, self.names) if self.names else {text(row.get("id"))}


TABLES: Final[Mapping[str, Table]] = {
    "bill": Table("customerBill", {}, "billingAccount"),
    "product": Table("product", {}, "billingAccount"),
    "prepay": Table("bucket", {"usageType": "monetary"}, "partyAccount"),
}
ACCOUNTS: Final = Table("billingAccount", {}, "")

Kept = dict[str, tuple[Any, ...] | None]  # by account; None: it cannot be read


class Tables:
    """Of one pass over all accounts, `of`; whole once `read` has said so."""

    def __init__(self, of: int, rules: Rules, upstreams: Mapping[str, Upstream], now: Callable[[], datetime]) -> None:
        self.of = of
        self.dated = False  # bills say when they changed
        self._rules, self._now = rules, now
        self._upstreams = upstreams
        self._offsets = {api: 0 for api in TABLES if api in upstreams}  # of what is not read whole
        self._last: dict[str, str] = {}  # ids of the page before: a server without offsets repeats it for ever
        self._deaf: set[str] = set()  # APIs that ignore a filter
        # By API and account. Of a bill NEEDED and what is left; of a product status, fee, its next day, whether it is
        # daily; of buckets what they hold.
        self._tables: dict[str, dict[str, tuple[Any, ...]]] = {api: {} for api in TABLES}
        self._bad: set[tuple[str, str]] = set()  # API and account of what could not be read
        self._equal: dict[Any, Any] = {}
        # A record without an account yet, to read sums and days by.
        self._nobody = Account("", "", Scheme.CREDIT, currency=rules.currency, zone=rules.zone)

    # ── What they say ─────────────────────────────────────────────────────────────────────────────────────────────

    def funds(self, row: Json, account: Account) -> Funds:
        """Of an account's record and what lies here. Raises Unreadable: nothing of it can be believed."""
        needed = ("bill", "product") if account.scheme is Scheme.CREDIT else ("product",)
        if any((api, account.id) in self._bad for api in needed):
            raise Unreadable("a bill or a product")
        now = self._now()
        own = reading.own_money(row, account, self._rules, now)
        if own is None and ("prepay", account.id) not in self._bad:
            held = self._tables["prepay"].get(account.id)
            own = None if held is None else sum(held, Decimal())
        if own is None:
            raise Unreadable("accountBalance: nothing of a known type, see TMF_BALANCES")
        balance = reading.balance_of(row, account, own, self._rules, now)
        bills: tuple[Bill, ...] = ()
        if account.scheme is Scheme.CREDIT:
            bills = reading.bills(map(bill_row, self._tables["bill"].get(account.id, ())), account, self._rules)
        today = now.astimezone(ZoneInfo(account.zone)).date()
        return funds(position(account, balance, bills, self._services(row, account, today), today))

    def _services(self, row: Json, account: Account, today: date) -> tuple[Service, ...]:
        usual = tmf_services.fee_day(row, today)
        return tuple(
            Service(account.id, "", Kind.OTHER, "", status, "", fee, on or (usual if fee is not None else None), daily)
            for status, fee, on, daily in self._tables["product"].get(account.id, ())
        )

    # ── All ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def read(self) -> bool:
        """Read a page more of each; whether all is read."""
        await together([self._page(api) for api in self._offsets])
        return not self._offsets

    async def _page(self, api: str) -> None:
        table, offset = TABLES[api], self._offsets[api]
        operation = f"GET {table.resource}"
        upstream = self._upstreams[api]
        found = await page(
            upstream, table.resource, table.asked, operation=operation, offset=offset, limit=BULK, fresh=0
        )
        self._put(api, await self._kept(api, found.rows))
        ids = digest(*(text(row.get("id")) for row in found.rows))
        if found.ends(offset + found.received) or self._last.get(api) == ids:
            del self._offsets[api]
        else:
            self._offsets[api] += found.received
            self._last[api] = ids

    # ── Some ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def accounts(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Their records; none where the server cannot be asked for them."""
        return await self._some("account", ids)

    async def renew(self, told: Sequence[tuple[Json, Account]]) -> None:
        """What figures of these accounts need is read anew."""
        await together([self._renew(api, [of.id for row, of in told if self._needs(api, row, of)]) for api in TABLES])

    def _needs(self, api: str, row: Json, account: Account) -> bool:
        if api == "bill":
            return account.scheme is Scheme.CREDIT
        if api == "prepay":
            try:
                return reading.own_money(row, account, self._rules, self._now()) is None
            except Unreadable:
                return False
        return True

    async def _renew(self, api: str, ids: Sequence[str]) -> None:
        rows = await self._some(api, ids)
        if api in self._deaf:
            return
        kept = await self._kept(api, rows)
        for id in ids:
            self._tables[api].pop(id, None)
            self._bad.discard((api, id))
        self._put(api, kept)

    async def _some(self, api: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Records of these accounts, many a question; none, and the API is deaf, where it cannot be asked so.

        Some servers take "a,b" for one id, and find nothing: that must not be taken for accounts without bills. So
        two accounts that are known to have records are among those asked for.
        """
        if api not in self._upstreams:
            return []
        known = list(islice(self._tables[api], 2)) if api in TABLES else []
        many = MANY if len(known) == 2 or api not in TABLES else 1
        found = await together([self._of(api, chunk, known) for chunk in chunks(ids, many)])
        return [row for rows in found for row in rows] if api not in self._deaf else []

    async def _of(self, api: str, ids: Sequence[str], known: Sequence[str]) -> list[dict[str, Any]]:
        if api in self._deaf:
            return []
        table, upstream = TABLES.get(api, ACCOUNTS), self._upstreams[api]
        operation = f"GET {table.resource}"
        wanted = list(dict.fromkeys((*ids, *known))) if len(ids) > 1 else ids
        asked = {**table.asked, f"{table.names}.id".removeprefix("."): ",".join(wanted)}
        rows = (first := await page(upstream, table.resource, asked, operation=operation, limit=BULK, fresh=0)).rows
        heard = all(not table.whose(row).isdisjoint(wanted) for row in rows)
        if heard and not first.ends(first.received):
            rows = await whole(upstream, table.resource, asked, operation=operation, limit=BULK, fresh=0)
        named = set[str]().union(*map(table.whose, rows))
        if not heard or (len(wanted) > 1 and (len(named) < 2 or not named.issuperset(known))):
            log.warning("tmf-deaf", operation=operation)
            self._deaf.add(api)
            return []
        return [row for row in rows if not table.whose(row).isdisjoint(ids)]

    # ── What is kept of a record ──────────────────────────────────────────────────────────────────────────────────

    async def _kept(self, api: str, rows: Sequence[Json]) -> Kept:
        """By account; nothing is put into a table yet, so who is interrupted here has not put half of it."""
        by: defaultdict[str, list[Json]] = defaultdict(list)
        nobody = 0
        for row in rows:
            whose = TABLES[api].whose(row)
            if len(whose) == 1:
                by[whose.pop()].append(row)
            else:
                nobody += 1
        reading.dropped("changes", "no account", nobody)
        made: Kept = {}
        for n, (account, own) in enumerate(by.items()):
            if n % SOME == SOME - 1:
                await asyncio.sleep(0)
            try:
                made[account] = {"bill": self._bill, "product": self._fee, "prepay": self._bucket}[api](own)
            except Unreadable:
                made[account] = None
        return made

    def _put(self, api: str, kept: Kept) -> None:
        """An account's records may lie on two pages."""
        table = self._tables[api]
        for account, made in kept.items():
            if made is None:
                self._bad.add((api, account))
            elif made:
                whole_ = table.get(account, ()) + made
                table[account] = self._equal.setdefault(whole_, whole_) if api == "product" else whole_

    def _bill(self, rows: Iterable[Json]) -> tuple[Any, ...]:
        """What is needed of open bills, once it is known to have anything left."""
        found = []
        for row in rows:
            self.dated = self.dated or row.get("lastUpdate") is not None
            state = self._rules.state("bill", row.get("state"))
            if state == "void" or key(text(row.get("category"))) in reading.UNISSUED:
                continue
            if left := reading.left_of(row, self._nobody):
                told = map(text, map(row.get, NEEDED))
                found.append((*(self._equal.setdefault(one, one) for one in told), left))
        return tuple(found)

    def _bucket(self, rows: Iterable[Json]) -> tuple[Any, ...]:
        held = reading.bucket_money(rows, self._nobody, self._now())
        return () if held is None else (held,)

    def _fee(self, rows: Sequence[Json]) -> tuple[Any, ...]:
        """A part of a product that lies on another page costs nothing by itself."""
        today = self._now().astimezone(ZoneInfo(self._rules.zone)).date()
        read = tmf_services.services(rows, self._nobody, self._rules, today, None)
        return tuple((one.status, one.fee, one.next_fee, one.daily) for one in read if one.status is not Status.OFF)


def chunks(ids: Iterable[str], most: int) -> Iterator[list[str]]:
    """As many as a filter holds."""
    chunk: list[str] = []
    for id in dict.fromkeys(one for one in ids if "," not in one):
        if chunk and (len(chunk) == most or len(",".join((*chunk, id))) > LENGTH):
            yield chunk
            chunk = []
        chunk.append(id)
    if chunk:
        yield chunk


def digest(*parts: str) -> str:
    return blake2s("\0".join(parts).encode(errors="replace"), digest_size=6).hexdigest()


def bill_row(kept: tuple[Any, ...]) -> Json:
    return {**dict(zip(NEEDED, kept, strict=False)), "id": "", "remainingAmount": {"value": kept[-1]}}
