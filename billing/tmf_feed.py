"""The feed of changes from TM Forum APIs: bulk pages only, never a question about one account.

    cursor None, and each night   every account: GET billingAccount, page by page                   "all"
    otherwise                     those changed since: lastModified.gte (v5: lastUpdate), and a while before   "new"
    then                          bills since, payments since: what happened                        "bill", "payment"

A server that ignores a filter is noticed by a record from before. It is then asked for all accounts, and for its bills
or payments, at most once an hour, until a night has passed; of a list so long that MOST pages are not the whole of it,
nothing is told. The night's pass also finds what no filter tells: a bill that fell overdue, whatever was missed.

What a figure needs beside the account is read in bulk as a pass over all begins, and kept in memory (`tmf_tables`). A
process that has just started reads it first. Between two passes it is read anew for the accounts of the page, and for
those of whom something happened: a payment moves bills and buckets, and need not move the account's record. Where more
than RUN bills come on one page, or more than CROWD accounts have changed at once, the night's pass is cheaper: they are
told, and the figures come with it.

The cursor says where a reader stands, and what he was told within the while that is asked for twice: told again after a
crash is the same again. All of it is of now: nothing is known of how old a server's own figures are.

Events: a payment that is credited, by the moment it was; a bill that is out, by its `lastUpdate`, else by its day and
asked for once an hour. A payment that is posted with a date longer ago than WHILE is not told as an event. A service
that stops is not told: products have no such moment. Of a while with more than SEEN events some are told again, by the
same ids; and what does not fit a page (FEW payments, BULK bills) comes in the server's order, page by page.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from billing import tmf_reading as reading
from billing.base import Account, Changes, Funds, Happening, Scheme, Sign, Unavailable
from billing.tmf_pages import BULK, MOST, page, stamp
from billing.tmf_reading import Json
from billing.tmf_settings import Setup
from billing.tmf_tables import SOME, Tables, digest
from billing.upstream import Unreadable, Upstream
from billing.wire import moment, text

log = structlog.get_logger()

WHILE: Final = timedelta(minutes=10)  # changes become visible out of their order
DAY: Final = timedelta(days=1)  # the same of bills that say a day only: they are made some hours later
DEAF: Final = timedelta(hours=1)  # between two looks at a list that cannot be asked for what is new
LATE: Final = timedelta(days=7)  # a bill comes out so long after its day, at most
RUN: Final = 200  # bills of one page
CROWD: Final = 5000  # accounts that have changed
FEW: Final = 200  # accounts of a page that more is asked about: a call has seconds
SEEN: Final = 500  # of what is remembered as told; beyond it something is told twice, which does no harm
FORM: Final = re.compile(r"[A-Za-z0-9_:.-]{1,64}")  # as `billing.base.Happening` says
LONGEST: Final = 200  # characters of an id, as the guard has it
LISTS: Final = {"bill": "customerBill", "payment": "payment"}  # of what happened, in this order
NOTHING: Final = (0, "")
PHASES: Final = frozenset({"all", "new", "rest", *LISTS})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands. A cursor is this as JSON; moments are microseconds."""

    phase: str  # "all", "new", "bill", "payment", "rest"
    offset: int  # in the list
    echo: str  # what the page before was: a server without offsets repeats it for ever
    began: int  # the pass
    since: int  # changes are told up to then
    full: int  # when the last pass over all began
    bill: int  # bills are told up to then
    payment: int  # and payments
    beside: int = 0  # looks at what figures need beside the accounts
    deaf: tuple[str, ...] = ()  # APIs that ignore the filter
    seen: tuple[str, ...] = ()  # accounts as they were told lately
    heard: tuple[str, ...] = ()  # events that were told lately
    nth: tuple[int, str] = NOTHING  # the last event that was told of a page: its moment and id


class Feed:
    def __init__(self, read: Setup, upstreams: Mapping[str, Upstream], now: Callable[[], datetime]) -> None:
        self._setup, self._rules, self._upstreams, self._now = read, read.rules, upstreams, now
        self._changed = "lastUpdate" if "account" in read.modern else "lastModified"
        self._tables: Tables | None = None
        self._zones: dict[str, str] = {}  # of accounts that are not in the usual one
        # A record without an account yet, to read sums and days by.
        self._nobody = Account("", "", Scheme.CREDIT, currency=read.rules.currency, zone=read.rules.zone)

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        """At most `limit` accounts, and as many events. A cursor that is not of this feed starts anew."""
        now = self._now()
        place, begin = parsed(cursor), micros(now)
        if place is None or place.began > micros(now + DAY):
            place = Place("all", 0, "", begin, 0, begin, begin, begin, heard=await self._past(now))
        if place.phase == "rest":
            place = self._next(place, now)
        if self._tables is None or self._tables.of != place.full:
            self._tables = Tables(place.full, self._rules, self._upstreams, self._now)
        if not await self._tables.read():  # a cursor that stood still would be a feed that hangs
            return answer((), replace(place, beside=place.beside + 1), True)
        if place.phase in LISTS:
            return await self._events(place, self._tables, limit)
        return await self._accounts(place, self._tables, limit)

    def _next(self, place: Place, now: datetime) -> Place:
        """What a reader who has rested is to be told of."""
        full, begin = instant(place.full), micros(now)
        local = now.astimezone(ZoneInfo(self._rules.zone))
        night = local.replace(hour=self._setup.night, minute=0, second=0, microsecond=0)
        begins = replace(place, offset=0, echo="", began=begin)
        if full < night <= local:
            return replace(begins, phase="all", full=begin, deaf=())
        if "account" not in place.deaf:
            return replace(begins, phase="new")
        if now - full >= DEAF:
            return replace(begins, phase="all", full=begin)
        return replace(begins, phase="bill")

    # ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _accounts(self, place: Place, tables: Tables, limit: int) -> Changes:
        since = instant(place.since) - WHILE if place.phase == "new" else None
        some = since is not None and place.offset < CROWD
        limit = min(limit, FEW) if some else limit
        asked = {} if since is None else {f"{self._changed}.gte": stamp(since)}
        operation = "GET billingAccount"
        found = await page(
            self._upstreams["account"],
            "billingAccount",
            asked,
            operation=operation,
            offset=place.offset,
            limit=limit,
            fresh=0,
        )
        if since is not None and any(not self._moved(row, since) for row in found.rows):
            log.warning("tmf-deaf", operation=operation)
            return answer((), replace(place, phase="rest", deaf=(*place.deaf, "account")), True)
        echo = digest(*(text(row.get("id")) for row in found.rows))
        last = found.ends(place.offset + found.received) or echo == place.echo or found.received > limit
        seen, rows = dict.fromkeys(place.seen), list[Json]()
        for n, row in enumerate(found.rows):
            if n % SOME == SOME - 1:
                await asyncio.sleep(0)
            mark = digest(json.dumps(row, default=str, sort_keys=True))
            if since is not None and mark in seen:  # at night all is told: figures are made of more than this record
                continue
            if self._moved(row, instant(place.began) - WHILE):
                seen[mark] = None
            rows.append(row)
        if some:
            await tables.renew([(row, reading.account_of(row, self._rules)) for row in rows])
        stands = replace(place, offset=place.offset + found.received, echo=echo, seen=tuple(seen)[-SEEN:])
        if last:
            stands = replace(stands, phase="bill", since=place.began, offset=0, echo="")
        return answer(await self._told(rows, tables), stands, True)

    def _moved(self, row: Json, since: datetime) -> bool:
        """Whether the account has changed since; not if it does not say."""
        zone = ZoneInfo(self._rules.zone)
        at = moment(row.get("lastUpdate"), zone) or moment(row.get("lastModified"), zone)
        return at is not None and at >= since - timedelta(seconds=1)

    async def _told(self, rows: Iterable[Json], tables: Tables) -> tuple[Funds, ...]:
        """Each account once. Of whom nothing can be believed is counted, and the others are told."""
        told = dict[str, Funds]()
        for n, row in enumerate(rows):
            if n % SOME == SOME - 1:
                await asyncio.sleep(0)
            account = reading.account_of(row, self._rules)
            if account.zone != self._rules.zone:
                self._zones[account.id] = account.zone
            try:
                if not 0 < len(account.id) <= LONGEST:
                    raise Unreadable("billingAccount.id")
                told[account.id] = tables.funds(row, account)
            except Unreadable:
                reading.dropped("changes", "unreadable", 1)
        return tuple(told.values())

    # ── What happened ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _events(self, place: Place, tables: Tables, most: int) -> Changes:
        """A page of bills or of payments, and the accounts they are of."""
        api, read = place.phase, self._issued if place.phase == "bill" else self._paid
        name, before, limit = "paymentDate", WHILE, FEW
        if api == "bill":
            name, before, limit = *(("lastUpdate", WHILE) if tables.dated else ("billDate", DAY)), BULK
        upto = instant(place.bill if api == "bill" else place.payment)
        slow = api in place.deaf or name == "billDate"
        if api not in self._upstreams or (slow and not place.offset and instant(place.began) - upto < DEAF):
            return answer((), after(place), api == "bill")
        since, operation = upto - before, f"GET {LISTS[api]}"
        found = await page(
            self._upstreams[api],
            LISTS[api],
            {f"{name}.gte": stamp(since)},
            operation=operation,
            offset=place.offset,
            limit=limit,
            fresh=0,
        )
        echo = digest(*(text(row.get("id")) for row in found.rows))
        last = found.ends(place.offset + found.received) or echo == place.echo or found.received > limit
        deaf, heard = set(place.deaf), dict.fromkeys(place.heard)
        if any(self._before(row.get(name), since - DAY) for row in found.rows):
            if api not in deaf:
                log.warning("tmf-deaf", operation=operation)
            deaf.add(api)
            if not last and place.offset >= MOST * limit:
                log.error("tmf-endless", operation=operation)
                last = True
        news = []
        for n, row in enumerate(found.rows):
            if n % SOME == SOME - 1:
                await asyncio.sleep(0)
            one = self._event(row, read)
            if one is not None and one.at >= since and digest(one.id) not in heard and order(one) > place.nth:
                news.append(one)
        news.sort(key=order)
        stands = replace(place, offset=place.offset + found.received, echo=echo, nth=NOTHING, deaf=tuple(sorted(deaf)))
        if len(news) > most:  # the rest of the page is asked for again
            news = news[:most]
            stands = replace(place, nth=order(news[-1]))
        elif last:
            stands = after(replace(stands, bill=place.began) if api == "bill" else replace(stands, payment=place.began))
        told: tuple[Funds, ...] = ()
        if news and (api == "payment" or len(news) <= RUN):
            told = await self._told(await self._touched(tables, [one.account for one in news]), tables)
        heard.update(dict.fromkeys(digest(one.id) for one in news))
        return answer(told, replace(stands, heard=tuple(heard)[-SEEN:]), stands.phase != "rest", news)

    async def _past(self, now: datetime) -> tuple[str, ...]:
        """What a reader who begins now will be asked to hear again, and has not to: it happened before."""
        heard = list[str]()
        for api, name, before, read in (
            ("bill", "billDate", DAY, self._issued),
            ("payment", "paymentDate", WHILE, self._paid),
        ):
            if api in self._upstreams:
                asked = {f"{name}.gte": stamp(now - before)}
                operation = f"GET {LISTS[api]}"
                upstream = self._upstreams[api]
                found = await page(upstream, LISTS[api], asked, operation=operation, limit=SEEN, fresh=0)
                heard += [digest(one.id) for row in found.rows if (one := self._event(row, read)) is not None]
        return tuple(heard)[-SEEN:]

    async def _touched(self, tables: Tables, accounts: Iterable[str]) -> list[dict[str, Any]]:
        """Records of these accounts, and what figures need beside them is as new."""
        rows = await tables.accounts(accounts)
        await tables.renew([(row, reading.account_of(row, self._rules)) for row in rows])
        return rows

    def _before(self, value: object, day: datetime) -> bool:
        at = moment(value, ZoneInfo(self._rules.zone))
        return at is not None and at < day

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
        if bill.issued < at.astimezone(zone).date() - LATE:  # of long ago, and changed by something else
            return None
        return Happening(
            event_id(Sign.BILL, bill.id), Sign.BILL, at, bill.id, account.id, amount=bill.amount, day=bill.due
        )

    def _whose(self, row: Json, name: str) -> Account | None:
        whose = reading.refs(row, name)
        if len(whose) != 1 or not text(row.get("id")):
            return None
        [id] = whose
        return replace(self._nobody, id=id, zone=self._zones.get(id, self._rules.zone))


def answer(told: tuple[Funds, ...], place: Place, more: bool, happened: Sequence[Happening] = ()) -> Changes:
    return Changes(told, json.dumps(asdict(place), separators=(",", ":")), more, tuple(happened))


def parsed(cursor: str | None) -> Place | None:
    """None: it is nobody's, or another feed's."""
    try:
        told = json.loads(cursor or "null")
        place = Place(**{**told, **{name: tuple(told[name]) for name in ("deaf", "seen", "heard", "nth")}})
        numbers = [place.nth[0], *(getattr(place, one.name) for one in fields(Place) if one.type is int)]
        texts = [place.nth[1], place.phase, place.echo, *place.deaf, *place.seen, *place.heard]
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    fits = all(type(one) is int and 0 <= one < 2**62 for one in numbers) and all(isinstance(one, str) for one in texts)
    return place if fits and place.phase in PHASES else None


def after(place: Place) -> Place:
    """When a list of what happened is at its end."""
    return replace(place, phase="payment" if place.phase == "bill" else "rest", offset=0, echo="")


def event_id(sign: Sign, about: str) -> str:
    name = f"{sign.value}:{about}"
    return name if FORM.fullmatch(name) else f"{sign.value}:{blake2s(name.encode(), digest_size=16).hexdigest()}"


def order(one: Happening) -> tuple[int, str]:
    return micros(one.at), one.id


def micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def instant(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1_000_000, UTC)
