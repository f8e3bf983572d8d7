"""The watch over accounts: one row for each that somebody has linked, and what of it is told to whom.

**One chat hears of an account.** `link` is the link, among those whose chats want alerts and can be reached, that was
last preferred (storage.hearers). So an event is told once, and "in another network as well" cannot happen: a letter has
one row, and when a chat refuses it that row goes on to the next.

**Low funds** are counted in episodes: funds below the threshold begin one, funds a tenth above it end it, so that a
balance that swings about the threshold is not told each time. `alerted` and `restored` are the last episodes whose
beginning and end were told; what is due stands in the data, found by a partial index; a scan that died is done again,
and a second scan finds nothing.

    low, episode 3, alerted 2                   "low" is due, unless the last one was told less than a day ago
    not low, episode 3, alerted 3, restored 2   "restored" is due; an episode that was never told ends in silence

**Days** (money lasts until, a bill falls due) come with the feed as `funds`. A pure rule judges them when `next_at` has
come, and says when to look again; a figure that the feed changed is judged at once. **Events** are judged as the feed
brings them; those of a region wait in `spreads` and are worked through in chunks.

Every letter has the key (kind, watch, what it is about): two scans at once still make one letter.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Insert,
    Integer,
    Select,
    Text,
    Update,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    update,
)

from adapters.base import Address
from billing.base import Changes, Funds, Happening, Sign
from storage.base import Alert, Due, Heed, Judge, Priority, Tally, Watch
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import DIALECTS, among, as_rows, insert_new, rows_of, upsert
from storage.memory import chat_of, link_of
from storage.outbox import letter_row
from storage.tables import (
    DAY_DUE,
    END_UNTOLD,
    HELD,
    LOW_UNTOLD,
    WAITING,
    WATCHED,
    audits,
    chats,
    cursors,
    links,
    orders,
    outbox,
    spreads,
    watches,
    waves,
)
from storage.values import DAY, HOUR, address_of, data_of, encode, micros, moment, moment_or_none, plain

CHUNK: Final = 5000  # rows of one short transaction
CURSOR: Final = "watch"
LETTER_TERM: Final = DAY  # an alert of low funds that could not leave within it is no news any more
COOL_DOWN: Final = DAY  # between two alerts of low funds
LATELY: Final = 6 * HOUR  # more than lies between two looks at the days, less than between two days' hours
UNTOLD: Final = timedelta(hours=1)  # until an account that the billing could not tell of is asked about again
MARGIN: Final = 10  # an episode ends a tenth of the threshold above it

funds_of = msgspec.json.Decoder(Funds).decode
happening_of = msgspec.json.Decoder(Happening).decode
_QUEUE = insert_new(outbox, "dedupe", "id")
_MOVE = upsert(cursors, ["key"], ["value", "at"])
_SPREAD = insert_new(spreads, "event")

# ── Low funds: by the database alone ──────────────────────────────────────────────────────────────────────────────


def _observed(dialect: str) -> Update:
    rows = rows_of(dialect, "funds", id=BigInteger, available=BigInteger, funds=Text)
    ends = watches.c.threshold + watches.c.threshold // MARGIN
    low = rows.c.available < case((watches.c.low, ends), else_=watches.c.threshold)
    return (
        update(watches)
        .where(
            watches.c.id == rows.c.id,
            or_(watches.c.available.is_distinct_from(rows.c.available), watches.c.funds.is_distinct_from(rows.c.funds)),
        )
        .values(
            available=rows.c.available,
            low=low,
            episode=watches.c.episode + case((and_(low, not_(watches.c.low)), 1), else_=0),
            # In the silence nobody heard of the beginning, nor wants to hear of the end.
            restored=case((and_(watches.c.link.is_(None), not_(low)), watches.c.episode), else_=watches.c.restored),
            funds=rows.c.funds,
            next_at=case(
                (watches.c.link.is_(None), null()),
                (watches.c.funds.is_distinct_from(rows.c.funds), bindparam("now", type_=BigInteger)),
                else_=watches.c.next_at,
            ),
        )
    )


def _told(dialect: str, kind: str, condition: str, column: str) -> tuple[Select[tuple[int]], Insert, Update]:
    """Find accounts that are due; queue their letters; mark them as told."""
    chosen = select(rows_of(dialect, "ids", id=BigInteger).c.id)
    episode = cast(watches.c.episode, Text)
    letters = (
        select(
            chats.c.network.label("network"),
            chats.c.lane.label("lane"),
            literal(int(Priority.ALERT)).label("priority"),
            literal(kind).label("kind"),
            literal(f"{kind}:").concat(cast(watches.c.id, Text)).concat(":").concat(episode).label("dedupe"),
            bindparam("status", type_=Integer).label("status"),
            bindparam("wave", type_=BigInteger).label("wave"),
            bindparam("expires_at", type_=BigInteger).label("expires_at"),
            bindparam("now", type_=BigInteger).label("created_at"),
            literal('{"episode":"').concat(episode).concat('"}').label("payload"),
            links.c.id.label("link"),
        )
        .join(links, links.c.id == watches.c.link)
        .join(chats, chats.c.id == links.c.chat)
        .where(watches.c.id.in_(chosen))
        .order_by(watches.c.id)
    )
    due: list[Any] = [text(condition)]
    marked: dict[str, Any] = {column: watches.c.episode}
    if column == "alerted":
        due.append(watches.c.alerted_at <= bindparam("cool", type_=BigInteger))
        marked["alerted_at"] = bindparam("now", type_=BigInteger)
    return (
        select(watches.c.id)
        .where(*due)
        .order_by(watches.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True),
        insert_new(outbox, "dedupe", rows=letters)[dialect],
        update(watches).where(watches.c.id.in_(chosen)).values(marked),
    )


_KINDS = {"low": (LOW_UNTOLD, "alerted"), "restored": (END_UNTOLD, "restored")}
_OBSERVED = {dialect: _observed(dialect) for dialect in DIALECTS}
_TOLD = {(dialect, kind): _told(dialect, kind, *which) for dialect in DIALECTS for kind, which in _KINDS.items()}

# ── Rows as the rules need them ───────────────────────────────────────────────────────────────────────────────────

_STATE = "id", "account", "link", "episode", "low", "funds", "told"
_WATCH = (
    select(chats)
    .add_columns(*(watches.c[name].label(f"watch_{name}") for name in _STATE))
    .add_columns(*(column.label(f"link_{column.name}") for column in links.c))
    .join(links, links.c.chat == chats.c.id)
)
_HEARD = _WATCH.join(watches, watches.c.link == links.c.id)
_OF_ACCOUNTS = _HEARD.where(among(watches.c.account, "accounts")).order_by(watches.c.id)
_EVERYWHERE = (
    _HEARD.where(watches.c.id > bindparam("reached", type_=BigInteger), text(f"watches.{WATCHED}"))
    .order_by(watches.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_IN_REGION = _EVERYWHERE.where(watches.c.region == bindparam("region"))
_LOOK = (
    _HEARD.where(text(DAY_DUE), watches.c.next_at <= bindparam("now", type_=BigInteger))
    .order_by(watches.c.next_at)
    .limit(bindparam("limit", type_=Integer))
)
# In the order of the index, whose beginning is all that is due.
_UNTOLD = select(watches.c.account).where(text(DAY_DUE), watches.c.funds.is_(None)).order_by(watches.c.next_at)
_DAYS = _LOOK.with_for_update(skip_locked=True, of=watches)
_JUDGED = (
    update(watches)
    .where(watches.c.id == bindparam("b_id"))
    .values(told=bindparam("b_told"), next_at=bindparam("b_next_at"))
)
_KNOWN = (
    select(watches.c.id, watches.c.account)
    .where(among(watches.c.account, "accounts"))
    .order_by(watches.c.id)
    .with_for_update()
)
_WAVE = select(func.max(waves.c.id)).where(waves.c.ended_at.is_(None))


def _watch(row: Any, *, others: int = 0, heard: int = 0, lately: str | None = None) -> Watch:
    return Watch(
        link=link_of(row, "link_"),
        chat=chat_of(row),
        episode=row.watch_episode,
        low=row.watch_low,
        others=others,
        chosen=row.watch_link == row.link_id,
        heard=heard,
        lately=frozenset((lately or "").split()),
        told=data_of(row.watch_told),
    )


def _letter(row: Any, alert: Alert, now: int, wave: int | None) -> dict[str, Any]:
    return letter_row(
        row.lane,
        alert.kind,
        f"{alert.kind}:{row.watch_id}:{alert.about}",
        now,
        priority=alert.priority,
        payload=encode(alert.data),
        link=row.link_id,
        expires_at=micros(alert.expires_at),
        not_before=None if alert.not_before is None else micros(alert.not_before),
        wave=wave,
    )


def _queue(connection: Connection, letters: list[dict[str, Any]]) -> int:
    return len(connection.execute(_QUEUE[connection.dialect.name], letters).all()) if letters else 0


def _judgement(rule: Judge, row: Any, now: datetime) -> Due:
    """Of a row whose feed has told nothing yet there is nothing to judge: it is looked at again (`untold`)."""
    return (
        Due(told=data_of(row.watch_told), next_at=now + UNTOLD)
        if row.watch_funds is None
        else rule(_watch(row), funds_of(row.watch_funds), now)
    )


def _cool(kind: str, now: int) -> dict[str, int]:
    return {"cool": now - COOL_DOWN} if kind == "low" else {}


def _of(accounts: Iterable[str]) -> dict[str, list[str]]:
    """What a query about these accounts is given.

    An id that no database takes is nobody's: one such row of the feed must not hold up the others.
    """
    return {"accounts": sorted({account for account in accounts if account and plain(account) == account})}


def _paid_here(connection: Connection, happened: Sequence[Happening], now: int) -> set[tuple[str, str, int]]:
    """Lane, account and sum of what was lately paid in a chat: that chat is told when it is credited (storage.orders),
    and the feed's news of the same money would be the second time.
    """
    accounts = [one.account for one in happened if one.sign is Sign.PAID]
    query = select(orders.c.lane, orders.c.account, orders.c.amount).where(
        among(orders.c.account, "accounts"), orders.c.paid_at > now - 2 * DAY
    )
    return {(row.lane, row.account, row.amount) for row in connection.execute(query, _of(accounts))}


def wave_of(connection: Connection, held: bool) -> int | None:
    """The living wave, when letters are to be held; they belong to it."""
    return connection.execute(_WAVE).scalar() if held else None


class SqlWatches:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ── What the feed brings ──

    async def observe(self, page: Changes, heed: Heed, *, held: bool = False) -> tuple[int, int]:
        """A page larger than a chunk is several transactions; the cursor moves with the last."""
        latest = sorted({one.account: one for one in page.funds}.values(), key=lambda one: one.account)
        chunks = [latest[start : start + CHUNK] for start in range(0, len(latest), CHUNK)] or [[]]
        touched = queued = 0
        for chunk in chunks:
            last = page if chunk is chunks[-1] else None
            unit = partial(self._observe, chunk=chunk, page=last, heed=heed, held=held)
            changed, new = await self._database.write(unit)
            touched, queued = touched + changed, queued + new
        return touched, queued

    async def renew(self, told: Sequence[Funds]) -> int:
        return await self._database.write(partial(self._renewed, told=told))

    def _observe(
        self, connection: Connection, chunk: Sequence[Funds], page: Changes | None, heed: Heed, held: bool
    ) -> tuple[int, int]:
        now, touched, queued = self._now(), self._renewed(connection, chunk), 0
        if page is not None:
            queued = self._happened(connection, page.happened, heed, now, held)
            connection.execute(_MOVE[connection.dialect.name], {"key": CURSOR, "value": page.cursor, "at": now})
        return touched, queued

    def _renewed(self, connection: Connection, told: Sequence[Funds]) -> int:
        latest = {one.account: one for one in told}
        known = connection.execute(_KNOWN, _of(latest)).all()
        rows = [(row.id, latest[row.account].available.minor, encode(latest[row.account])) for row in known]
        if not rows:
            return 0
        observed = _OBSERVED[connection.dialect.name]
        return connection.execute(observed, {"funds": as_rows(rows), "now": self._now()}).rowcount

    def _happened(self, connection: Connection, happened: Sequence[Happening], heed: Heed, now: int, held: bool) -> int:
        everybody = [one for one in happened if not one.account]
        if everybody:
            rows = [{"event": one.id, "region": one.region, "payload": encode(one)} for one in everybody]
            connection.execute(_SPREAD[connection.dialect.name], rows)
        hearers = {
            row.watch_account: row for row in connection.execute(_OF_ACCOUNTS, _of(one.account for one in happened))
        }
        here = _paid_here(connection, happened, now)
        wave, letters = wave_of(connection, held), []
        for one in happened:
            row = hearers.get(one.account)
            if row is None or (one.amount and (row.lane, one.account, one.amount.minor) in here):
                continue
            alert = heed(_watch(row), one, moment(now))
            if alert is not None:
                letters.append(_letter(row, alert, now, wave))
        return _queue(connection, letters)

    async def spread(self, heed: Heed, limit: int = 1000, *, held: bool = False) -> tuple[int, int]:
        def unit(connection: Connection) -> tuple[int, int]:
            now = self._now()
            query = select(spreads).where(spreads.c.done_at.is_(None)).order_by(spreads.c.id).limit(1)
            event = connection.execute(query.with_for_update(skip_locked=True)).first()
            if event is None:
                return 0, 0
            values = {"reached": event.reached, "limit": limit}
            if event.region:
                rows = connection.execute(_IN_REGION, values | {"region": event.region}).all()
            else:
                rows = connection.execute(_EVERYWHERE, values).all()
            happening, wave = happening_of(event.payload), wave_of(connection, held)
            judged = [(row, heed(_watch(row), happening, moment(now))) for row in rows]
            new = _queue(connection, [_letter(row, alert, now, wave) for row, alert in judged if alert is not None])
            done = {"done_at": now} if len(rows) < limit else {"reached": rows[-1].watch_id}
            connection.execute(update(spreads).where(spreads.c.id == event.id).values(**done))
            return max(1, len(rows)), new

        return await self._database.write(unit)

    # ── What is due ──

    async def due(self, limit: int = CHUNK, *, held: bool = False) -> int:
        queued = 0
        for kind in _KINDS:
            found = limit
            while found >= limit:
                found, new = await self._database.write(partial(self._due, kind=kind, limit=limit, held=held))
                queued += new
        return queued

    def _due(self, connection: Connection, kind: str, limit: int, held: bool) -> tuple[int, int]:
        """One chunk: how many were due, how many letters are new."""
        find, queue, mark = _TOLD[connection.dialect.name, kind]
        now = self._now()
        ids = list(connection.execute(find, {"limit": limit, **_cool(kind, now)}).scalars())
        if not ids:
            return 0, 0
        values = {"ids": as_rows([one] for one in ids)}
        wave = wave_of(connection, held)
        letter = {
            "now": now,
            "expires_at": now + LETTER_TERM,
            "wave": wave,
            "status": WAITING if wave is None else HELD,
        }
        new = connection.execute(queue, values | letter).rowcount
        connection.execute(mark, values | ({"now": now} if kind == "low" else {}))
        return len(ids), new

    async def untold(self, limit: int = 100) -> Sequence[str]:
        query = _UNTOLD.where(watches.c.next_at <= self._now()).limit(limit)
        return await self._database.read(lambda connection: tuple(connection.execute(query).scalars()))

    async def judge(self, rule: Judge, limit: int = 1000, *, held: bool = False) -> tuple[int, int]:
        def unit(connection: Connection) -> tuple[int, int]:
            now = self._now()
            rows = connection.execute(_DAYS, {"now": now, "limit": limit}).all()
            wave, letters, judged = wave_of(connection, held), [], []
            for row in rows:
                due = _judgement(rule, row, moment(now))
                letters += [_letter(row, alert, now, wave) for alert in due.alerts]
                # Never at once again: a rule that asks for it would be asked for ever.
                next_at = None if due.next_at is None else max(micros(due.next_at), now + 1)
                judged.append({"b_id": row.watch_id, "b_told": encode(due.told), "b_next_at": next_at})
            new = _queue(connection, letters)
            if judged:
                connection.execute(_JUDGED, judged)
            return len(rows), new

        return await self._database.write(unit)

    # ── Looking ──

    async def tally(self, *, networks: bool = False) -> Tally:
        def unit(connection: Connection) -> Tally:
            now = self._now()
            count = select(func.count()).select_from(watches)
            cool = _cool("low", now)
            untold = count.where(text(LOW_UNTOLD), watches.c.alerted_at <= bindparam("cool", type_=BigInteger))
            low = connection.execute(untold, cool).scalar_one()
            zero = connection.execute(untold.where(watches.c.available == 0), cool).scalar_one() if low else 0
            ended = connection.execute(count.where(text(END_UNTOLD))).scalar_one()
            dated = connection.execute(count.where(text(DAY_DUE), watches.c.next_at <= now)).scalar_one()
            # Counting everybody takes a while, and matters only where somebody is due.
            all_of = connection.execute(count.where(watches.c.link.is_not(None))).scalar_one() if low or networks else 0
            by: dict[str, dict[str, int]] = {}
            for kind, (condition, _) in _KINDS.items() if networks else ():
                query = (
                    select(chats.c.network, func.count())
                    .select_from(watches)
                    .join(links, links.c.id == watches.c.link)
                    .join(chats, chats.c.id == links.c.chat)
                    .where(text(condition))
                    .group_by(chats.c.network)
                )
                if kind == "low":
                    query = query.where(watches.c.alerted_at <= cool["cool"])
                for network, many in connection.execute(query):
                    by.setdefault(network, {})[kind] = many
            return Tally(all_of, low, ended, dated, zero, by)

        return await self._database.read(unit)

    async def samples(self, kind: str, count: int = 5) -> Sequence[int]:
        query = select(watches.c.link).limit(count).order_by(watches.c.id)
        if kind in _KINDS:
            query = query.where(text(_KINDS[kind][0]))
        else:
            query = query.where(text(DAY_DUE), watches.c.next_at <= self._now())
        return await self._database.read(lambda connection: tuple(connection.execute(query).scalars()))

    async def rehearse(self, rule: Judge, limit: int = 1000) -> Sequence[tuple[str, int, Alert]]:
        def unit(connection: Connection) -> Sequence[tuple[str, int, Alert]]:
            now = self._now()
            rows = connection.execute(_LOOK, {"now": now, "limit": limit})
            return [
                (row.network, row.link_id, alert) for row in rows for alert in _judgement(rule, row, moment(now)).alerts
            ]

        return await self._database.read(unit)

    async def watch(self, link: int) -> Watch | None:
        other = links.alias("other")
        others = select(func.count()).where(other.c.chat == links.c.chat, other.c.id != links.c.id).scalar_subquery()
        now, shown = self._now(), [audits.c.lane == chats.c.lane, audits.c.letter.is_not(None)]
        heard = select(func.count(audits.c.letter.distinct())).where(*shown, audits.c.at > now - DAY)
        lately = select(func.aggregate_strings(audits.c.question, " ")).where(
            *shown, audits.c.at > now - LATELY, audits.c.account == links.c.account
        )
        query = (
            _WATCH.join(watches, watches.c.account == links.c.account)
            .add_columns(others.label("others"), heard.scalar_subquery().label("heard"))
            .add_columns(lately.scalar_subquery().label("lately"))
            .where(links.c.id == link)
        )
        row = await self._database.glance(lambda connection: connection.execute(query).first())
        return None if row is None else _watch(row, others=row.others, heard=row.heard, lately=row.lately)

    async def hears(self, account: str) -> Address | None:
        query = (
            select(chats.c.lane)
            .join(links, links.c.chat == chats.c.id)
            .join(watches, watches.c.link == links.c.id)
            .where(watches.c.account == account)
        )
        lane = await self._database.glance(lambda connection: connection.execute(query).scalar())
        return None if lane is None else address_of(lane)

    async def cursor(self) -> str | None:
        query = select(cursors.c.value).where(cursors.c.key == CURSOR)
        return await self._database.glance(lambda connection: connection.execute(query).scalar())

    async def read_at(self) -> datetime | None:
        query = select(cursors.c.at).where(cursors.c.key == CURSOR)
        return moment_or_none(await self._database.glance(lambda connection: connection.execute(query).scalar()))

    def _now(self) -> int:
        return micros(self._clock.now())
