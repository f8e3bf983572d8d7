"""The feed of changes from TM Forum APIs: bulk pages only, never a question about one account.

    cursor None, and each night   every account: GET billingAccount, page by page                   "all"
    otherwise                     those changed since: lastModified.gte (v5: lastUpdate), and a while before   "new"
    then                          bills and payments since: what happened                            "events"

A server that ignores the filter is noticed by a record from before, and then asked for all accounts, at most once an
hour, until a night has passed. The night's pass also finds what no filter tells: a bill that fell overdue, a change of
services, whatever was missed.

What a figure needs beside the account is read in bulk as a pass over all begins, and kept in memory: open bills (under
CREDIT they are the debt), fees, and buckets where those hold the money. A process that has just started reads it first.
Equal fees and days are kept once: a million accounts with a service each take some 150 MB, a million open bills 400.
Services of the day are in the figures after the night; whoever tells an alert asks the billing again.

The cursor says where a reader stands, and what he was told within the while that is asked for twice: told again after a
crash is the same again. All of it is of now: nothing is known of how old a server's own figures are.

Events: a payment that is credited, by the moment it was; a bill that is out, by its `lastUpdate`, else by its day. A
payment that is posted with a date longer ago than WHILE is not told as an event. A service that stops is not told:
products have no such moment. Where bills have no `lastUpdate`, all of a day are read at each look; more than SEEN of
them are told again, by the same ids.
"""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2s
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from billing import tmf_reading as reading
from billing import tmf_services
from billing.base import (
    Account,
    Bill,
    Changes,
    Funds,
    Happening,
    Kind,
    Money,
    Scheme,
    Service,
    Sign,
    Status,
    Unavailable,
)
from billing.position import funds, position
from billing.tmf_pages import BULK, page, stamp, whole
from billing.tmf_reading import Json
from billing.tmf_settings import Setup, key
from billing.upstream import Unreadable, Upstream
from billing.wire import moment, text

log = structlog.get_logger()

WHILE: Final = timedelta(minutes=10)  # changes become visible out of their order
DAY: Final = timedelta(days=1)  # the same of bills: they carry a day, and are made some hours later
SLICE: Final = timedelta(hours=6)  # of what happened: so much is read at once
DEAF: Final = timedelta(hours=1)  # between two passes over all where changes cannot be asked for
STEP: Final = 2  # pages of each table that one call reads
SOME: Final = 50  # records after which others have their turn: a page takes a tenth of a second
SEEN: Final = 500  # of what is remembered as told; beyond it something is told twice, which does no harm
FORM: Final = re.compile(r"[A-Za-z0-9_:.-]{1,64}")  # as `billing.base.Happening` says
LONGEST: Final = 200  # characters of an id, as the guard has it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands. A cursor is this as JSON; moments are microseconds."""

    phase: str  # "all", "new", "events", "rest"
    offset: int  # in the list of accounts
    echo: str  # what the page before was: a server without offsets repeats it for ever
    began: int  # the pass
    since: int  # changes are told up to then
    full: int  # when the last pass over all began
    deaf: bool
    told: int  # events are told up to then
    seen: tuple[str, ...] = ()  # accounts as they were told lately
    heard: tuple[str, ...] = ()  # events that were told lately
    nth: tuple[int, str] = (0, "")  # the last event that was told of those being told: its moment and id


@dataclass(slots=True)
class Tables:
    """What figures need beside the accounts, as of one pass over all."""

    of: int
    offsets: dict[str, int]  # by API, of what is not read whole
    bills: defaultdict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))  # NEEDED, left
    fees: dict[str, tuple["Fee", ...]] = field(default_factory=dict)
    buckets: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    bad: set[tuple[str, str]] = field(default_factory=set)  # API and account of what could not be read
    last: dict[str, str] = field(default_factory=dict)  # echo, by API
    dated: bool = False  # bills say when they changed


Fee = tuple[Status, Money | None, date | None, bool]  # status, fee, its next day, daily


class Feed:
    def __init__(self, read: Setup, upstreams: Mapping[str, Upstream], now: Callable[[], datetime]) -> None:
        self._setup, self._rules, self._upstreams, self._now = read, read.rules, upstreams, now
        self._changed = "lastUpdate" if "account" in read.modern else "lastModified"
        self._tables: Tables | None = None
        self._zones: dict[str, str] = {}  # of accounts that are not in the usual one
        self._equal: dict[Any, Any] = {}
        # A record without an account yet, to read sums and days by.
        self._nobody = Account("", "", Scheme.CREDIT, currency=read.rules.currency, zone=read.rules.zone)

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        """At most `limit` accounts, and as many events. A cursor that is not of this feed starts anew."""
        now = self._now()
        place = parsed(cursor)
        if place is None or place.began > micros(now + DAY):
            heard = [one.id for one in await self._happened(now - WHILE, now)]
            begin = micros(now)
            place = Place("all", 0, "", begin, 0, begin, False, begin, (), hashes(heard))
        if place.phase == "rest":
            place = self._next(place, now)
        if not await self._ready(place):
            return answer((), place, True)
        if place.phase == "events":
            return await self._events(place, limit, now)
        return await self._accounts(place, limit, now)

    def _next(self, place: Place, now: datetime) -> Place:
        """What a reader who has rested is to be told of."""
        full, begin = instant(place.full), micros(now)
        zone = ZoneInfo(self._rules.zone)
        local = now.astimezone(zone)
        night = local.replace(hour=self._setup.night, minute=0, second=0, microsecond=0)
        if full < night <= local:
            return replace(place, phase="all", offset=0, echo="", began=begin, full=begin, deaf=False)
        if not place.deaf:
            return replace(place, phase="new", offset=0, echo="", began=begin)
        if now - full >= DEAF:
            return replace(place, phase="all", offset=0, echo="", began=begin, full=begin)
        return replace(place, phase="events")

    # ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _accounts(self, place: Place, limit: int, now: datetime) -> Changes:
        since = instant(place.since) - WHILE if place.phase == "new" else None
        asked = {} if since is None else {f"{self._changed}.gte": stamp(since)}
        found = await page(
            self._upstreams["account"],
            "billingAccount",
            asked,
            operation="GET billingAccount",
            offset=place.offset,
            limit=limit,
            fresh=0,
        )
        if since is not None and any(not self._moved(row, since) for row in found.rows):
            log.warning("tmf-deaf", operation="GET billingAccount")
            after = replace(place, phase="rest", deaf=True)
            after = self._next(after, now)
            return answer((), after, True)
        echo = digest(*(text(row.get("id")) for row in found.rows))
        last = found.ends(place.offset + found.received) or echo == place.echo or found.received > limit
        seen, told = dict.fromkeys(place.seen), list[Funds]()
        for n, row in enumerate(found.rows):
            if n % SOME == SOME - 1:
                await asyncio.sleep(0)
            mark = digest(json.dumps(row, default=str, sort_keys=True))
            if since is not None and mark in seen:  # at night all is told: figures are made of more than this record
                continue
            if self._moved(row, instant(place.began) - WHILE):
                seen[mark] = None
            if (one := self._funds(row, now)) is not None:
                told.append(one)
        after = replace(place, offset=place.offset + found.received, echo=echo, seen=tuple(seen)[-SEEN:])
        if last:
            after = replace(after, phase="events", since=place.began, offset=0, echo="")
        return answer(tuple({one.account: one for one in told}.values()), after, True)

    def _moved(self, row: Json, since: datetime) -> bool:
        """Whether the account has changed since; not if it does not say."""
        zone = ZoneInfo(self._rules.zone)
        at = moment(row.get("lastUpdate"), zone) or moment(row.get("lastModified"), zone)
        return at is not None and at >= since - timedelta(seconds=1)

    def _funds(self, row: Json, now: datetime) -> Funds | None:
        """None: nothing of it can be believed; it is counted, and the others are told."""
        tables = self._tables
        assert tables is not None
        account = reading.account_of(row, self._rules)
        needed = ("bill", "product") if account.scheme is Scheme.CREDIT else ("product",)
        if not 0 < len(account.id) <= LONGEST or any((api, account.id) in tables.bad for api in needed):
            reading.dropped("changes", "unreadable", 1)
            return None
        if account.zone != self._rules.zone:
            self._zones[account.id] = account.zone
        try:
            own = reading.own_money(row, account, self._rules, now)
            if own is None and ("prepay", account.id) not in tables.bad:
                own = tables.buckets.get(account.id)
            if own is None:
                raise Unreadable("accountBalance: nothing of a known type, see TMF_BALANCES")
            balance = reading.balance_of(row, account, own, self._rules, now)
            bills: tuple[Bill, ...] = ()
            if account.scheme is Scheme.CREDIT:
                bills = reading.bills(map(bill_row, tables.bills.get(account.id, ())), account, self._rules)
            today = now.astimezone(ZoneInfo(account.zone)).date()
            services = self._services(tables.fees.get(account.id, ()), account, tmf_services.fee_day(row, today))
            return funds(position(account, balance, bills, services, today))
        except Unreadable:
            reading.dropped("changes", "unreadable", 1)
            return None

    def _services(self, fees: Iterable[Fee], account: Account, day: date | None) -> tuple[Service, ...]:
        return tuple(
            Service(account.id, "", Kind.OTHER, "", status, "", fee, on or (day if fee is not None else None), daily)
            for status, fee, on, daily in fees
        )

    # ── What figures need beside the accounts ─────────────────────────────────────────────────────────────────────

    async def _ready(self, place: Place) -> bool:
        """Read on in the tables of this pass; whether they are whole."""
        if self._tables is None or self._tables.of != place.full:
            self._tables = Tables(place.full, {api: 0 for api in TABLES if api in self._upstreams})
        tables = self._tables
        for api in list(tables.offsets):
            for _ in range(STEP):
                if api in tables.offsets:
                    await self._read(tables, api)
        return not tables.offsets

    async def _read(self, tables: Tables, api: str) -> None:
        resource, asked, names = TABLES[api]
        found = await page(
            self._upstreams[api],
            resource,
            asked,
            operation=f"GET {resource}",
            offset=tables.offsets[api],
            limit=BULK,
            fresh=0,
        )
        fees: defaultdict[str, list[Json]] = defaultdict(list)
        nobody = 0
        for row in found.rows:
            whose = reading.refs(row, names)
            if len(whose) != 1:
                nobody += 1
                continue
            [account] = whose
            try:
                if api == "bill":
                    self._bill(tables, account, row)
                elif api == "prepay":
                    self._bucket(tables, account, row)
                else:
                    fees[account].append(row)
            except Unreadable:
                tables.bad.add((api, account))
        for n, (account, rows) in enumerate(fees.items()):
            if n % SOME == SOME - 1:
                await asyncio.sleep(0)
            self._fees(tables, account, rows)
        reading.dropped("changes", "no account", nobody)
        echo = digest(*(text(row.get("id")) for row in found.rows))
        if found.ends(tables.offsets[api] + found.received) or tables.last.get(api) == echo:
            del tables.offsets[api]
        else:
            tables.offsets[api] += found.received
            tables.last[api] = echo

    def _bill(self, tables: Tables, account: str, row: Json) -> None:
        """What is needed of an open bill, once it is known to have anything left."""
        state = self._rules.state("bill", row.get("state"))
        if state == "void" or key(text(row.get("category"))) in reading.UNISSUED:
            return
        left = reading.left_of(row, self._nobody)
        if left:
            told = tuple(map(text, map(row.get, NEEDED)))
            tables.bills[account].append((*(self._equal.setdefault(one, one) for one in told), left))

    def _bucket(self, tables: Tables, account: str, row: Json) -> None:
        held = reading.bucket_money([row], self._nobody, self._now())
        if held is not None:
            tables.buckets[account] += held

    def _fees(self, tables: Tables, account: str, rows: Sequence[Json]) -> None:
        """An account's products may lie on two pages; a part of one on another page costs nothing by itself."""
        try:
            today = self._now().astimezone(ZoneInfo(self._rules.zone)).date()
            read = tmf_services.services(rows, self._nobody, self._rules, today, None)
        except Unreadable:
            tables.bad.add(("product", account))
            return
        made = tuple((one.status, one.fee, one.next_fee, one.daily) for one in read if one.status is not Status.OFF)
        whole_ = tables.fees.get(account, ()) + made
        tables.fees[account] = self._equal.setdefault(whole_, whole_)

    # ── What happened ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _events(self, place: Place, limit: int, now: datetime) -> Changes:
        first, end = instant(place.told), min(now, instant(place.told) + SLICE)
        found, heard = await self._happened(first, end), frozenset(place.heard)
        new = [one for one in found if hashed(one.id) not in heard and order(one) > place.nth]
        if len(new) > limit:
            return answer((), replace(place, nth=order(new[limit - 1])), True, new[:limit])
        rest = end >= now
        after = replace(place, told=micros(end), nth=(0, ""), phase="rest" if rest else "events")
        return answer((), replace(after, heard=hashes(one.id for one in found)), not rest, new)

    async def _happened(self, first: datetime, end: datetime) -> list[Happening]:
        """What happened between, and a while before, in its order."""
        dated = self._tables is not None and self._tables.dated
        found: list[Happening] = []
        for api, resource, name, before, read in (
            ("bill", "customerBill", *(("lastUpdate", WHILE) if dated else ("billDate", DAY)), self._issued),
            ("payment", "payment", "paymentDate", WHILE, self._paid),
        ):
            if api not in self._upstreams:
                continue
            asked = {f"{name}.gte": stamp(first - before)}
            upstream = self._upstreams[api]
            for row in await whole(upstream, resource, asked, operation=f"GET {resource}", limit=BULK, fresh=0):
                told = self._event(row, read)
                if told is not None and first - before <= told.at <= end:
                    found.append(told)
        return sorted(found, key=order)

    def _event(self, row: Json, read: Callable[[Json], Happening | None]) -> Happening | None:
        try:
            return read(row)
        except Unavailable:  # one bad record must not keep the others from being told
            reading.dropped("changes", "unreadable", 1)
            return None

    def _paid(self, row: Json) -> Happening | None:
        account = self._whose(row, "account")
        if account is None:
            return None
        known = reading.payments([row], account, self._rules, None)
        if not known or not known[0].credited or known[0].amount.minor <= 0:
            return None
        paid, zone = known[0], ZoneInfo(account.zone)
        at = moment(row.get("statusDate"), zone) or paid.at
        return Happening(
            event_id(Sign.PAID, paid.id), Sign.PAID, at, paid.id, account.id, title=paid.method, amount=paid.amount
        )

    def _issued(self, row: Json) -> Happening | None:
        account = self._whose(row, "billingAccount")
        if account is None:
            return None
        zone, dated = ZoneInfo(account.zone), self._tables is not None and self._tables.dated
        at = moment(row.get("lastUpdate") if dated else row.get("billDate"), zone)
        open_ = reading.bills([row], account, self._rules)
        if not open_ or at is None or open_[0].remaining != open_[0].amount:  # changed since by a payment: no news
            return None
        bill = open_[0]
        return Happening(
            event_id(Sign.BILL, bill.id), Sign.BILL, at, bill.id, account.id, amount=bill.amount, day=bill.due
        )

    def _whose(self, row: Json, name: str) -> Account | None:
        whose = reading.refs(row, name)
        if len(whose) != 1 or not text(row.get("id")):
            return None
        [id] = whose
        return replace(self._nobody, id=id, zone=self._zones.get(id, self._rules.zone))


NEEDED: Final = ("state", "category", "billDate", "paymentDueDate")  # of a bill, beside what is left of it
# API ▶ the resource of its table, what is asked for, and what names the account.
TABLES: Final[Mapping[str, tuple[str, Mapping[str, str], str]]] = {
    "bill": ("customerBill", {}, "billingAccount"),
    "product": ("product", {}, "billingAccount"),
    "prepay": ("bucket", {"usageType": "monetary"}, "partyAccount"),
}


def bill_row(kept: tuple[Any, ...]) -> Json:
    return {**dict(zip(NEEDED, kept, strict=False)), "id": "", "remainingAmount": {"value": kept[-1]}}


def answer(told: tuple[Funds, ...], place: Place, more: bool, happened: Sequence[Happening] = ()) -> Changes:
    return Changes(told, json.dumps(asdict(place), separators=(",", ":")), more, tuple(happened))


def parsed(cursor: str | None) -> Place | None:
    """None: it is nobody's, or another feed's."""
    try:
        told = json.loads(cursor or "null")
        place = Place(**{**told, **{name: tuple(told[name]) for name in ("seen", "heard", "nth")}})
        numbers = (place.offset, place.began, place.since, place.full, place.told, place.nth[0])
        texts = (place.phase, place.echo, place.nth[1], *place.seen, *place.heard)
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    fits = all(type(one) is int and 0 <= one < 2**62 for one in numbers) and all(isinstance(one, str) for one in texts)
    return place if fits and place.phase in {"all", "new", "events", "rest"} else None


def order(one: Happening) -> tuple[int, str]:
    return micros(one.at), one.id


def event_id(sign: Sign, about: str) -> str:
    name = f"{sign.value}:{about}"
    return name if FORM.fullmatch(name) else f"{sign.value}:{blake2s(name.encode(), digest_size=16).hexdigest()}"


def digest(*parts: str) -> str:
    return blake2s("\0".join(parts).encode(errors="replace"), digest_size=6).hexdigest()


def hashed(id: str) -> str:
    return digest(id)


def hashes(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(hashed, ids))[-SEEN:]


def micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def instant(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1_000_000, UTC)
