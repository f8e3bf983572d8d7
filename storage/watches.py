"""The low-balance watch.

A link counts **episodes**: funds that fall below its threshold begin one, funds at or above end it. `alerted` and
`restored` are the last episodes whose beginning and end were told, so what is due stands in the data, found by a
partial index; a scan that died is done again, and a second scan finds nothing. Each letter's unique key names link and
episode, so that two scans at once still make one letter.

    low, episode 3, alerted 2                   "low" is due
    not low, episode 3, alerted 3, restored 2   "restored" is due; an episode that was never told ends in silence
"""

from collections.abc import Sequence
from functools import partial

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
    or_,
    select,
    text,
    update,
)

from storage.base import Priority, Watch
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import DIALECTS, as_rows, insert_new, rows_of, upsert
from storage.memory import chat_of, link_of
from storage.tables import END_UNTOLD, LOW_UNTOLD, chats, cursors, links, outbox
from storage.values import DAY, micros

CHUNK = 5000  # rows of one short transaction
CURSOR = "watch"
LETTER_TERM = DAY  # an alert that could not leave within it is no news any more

_MOVE = upsert(cursors, ["key"], ["value", "at"])


def _observed(dialect: str) -> tuple[Select[tuple[int]], Update]:
    """Lock the links of the accounts; write what changed."""
    rows = rows_of(dialect, "funds", account=Text, available=BigInteger)
    low = rows.c.available < links.c.threshold
    # Two feeds at once lock the same links in the same order.
    locked = select(links.c.id).where(links.c.account == rows.c.account).order_by(links.c.id)
    written = (
        update(links)
        .where(
            links.c.account == rows.c.account,
            or_(links.c.available.is_(None), links.c.available != rows.c.available),
        )
        .values(
            available=rows.c.available,
            low=low,
            episode=links.c.episode + case((and_(low, not_(links.c.low)), 1), else_=0),
        )
    )
    return locked.with_for_update(of=links), written


def _told(dialect: str, kind: str, condition: str, column: str) -> tuple[Select[tuple[int]], Insert, Update]:
    """Find links that are due; queue their letters; mark them as told."""
    chosen = select(rows_of(dialect, "ids", id=BigInteger).c.id)
    episode = cast(links.c.episode, Text)
    letters = (
        select(
            chats.c.network.label("network"),
            chats.c.lane.label("lane"),
            literal(int(Priority.ALERT)).label("priority"),
            literal(kind).label("kind"),
            literal(f"{kind}:").concat(cast(links.c.id, Text)).concat(":").concat(episode).label("dedupe"),
            bindparam("expires_at", type_=BigInteger).label("expires_at"),
            bindparam("now", type_=BigInteger).label("created_at"),
            literal('{"episode":"').concat(episode).concat('"}').label("payload"),
            links.c.id.label("link"),
        )
        .join(chats, chats.c.id == links.c.chat)
        .where(links.c.id.in_(chosen))
        .order_by(links.c.id)
    )
    return (
        select(links.c.id)
        .where(text(condition))
        .order_by(links.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True),
        insert_new(outbox, "dedupe", rows=letters)[dialect],
        update(links).where(links.c.id.in_(chosen)).values({column: links.c.episode}),
    )


_KINDS = {"low": (LOW_UNTOLD, "alerted"), "restored": (END_UNTOLD, "restored")}
_OBSERVED = {dialect: _observed(dialect) for dialect in DIALECTS}
_TOLD = {(dialect, kind): _told(dialect, kind, *which) for dialect in DIALECTS for kind, which in _KINDS.items()}


class SqlWatches:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def observe(self, funds: Sequence[tuple[str, int]], cursor: str | None = None) -> int:
        """Links whose figure is the same as before are left alone, and not counted."""
        latest = sorted(dict(funds).items())
        chunks = [latest[start : start + CHUNK] for start in range(0, len(latest), CHUNK)] or [[]]
        touched = 0
        for chunk in chunks:
            reached = cursor if chunk is chunks[-1] else None  # only when everything before it is written
            touched += await self._database.write(partial(self._observe, chunk=chunk, cursor=reached))
        return touched

    def _observe(self, connection: Connection, chunk: Sequence[tuple[str, int]], cursor: str | None) -> int:
        touched = 0
        if chunk:
            locked, written = _OBSERVED[connection.dialect.name]
            values = {"funds": as_rows(chunk)}
            connection.execute(locked, values).close()
            touched = connection.execute(written, values).rowcount
        if cursor is not None:
            moved = {"key": CURSOR, "value": cursor, "at": micros(self._clock.now())}
            connection.execute(_MOVE[connection.dialect.name], moved)
        return touched

    async def due(self, limit: int = CHUNK) -> int:
        queued = 0
        for kind in _KINDS:
            found = limit
            while found >= limit:
                found, new = await self._database.write(partial(self._due, kind=kind, limit=limit))
                queued += new
        return queued

    def _due(self, connection: Connection, kind: str, limit: int) -> tuple[int, int]:
        """One chunk: how many were due, how many letters are new."""
        find, queue, mark = _TOLD[connection.dialect.name, kind]
        ids = list(connection.execute(find, {"limit": limit}).scalars())
        if not ids:
            return 0, 0
        now = micros(self._clock.now())
        values = {"ids": as_rows([one] for one in ids)}
        new = connection.execute(queue, values | {"now": now, "expires_at": now + LETTER_TERM}).rowcount
        connection.execute(mark, values)
        return len(ids), new

    async def watch(self, link: int) -> Watch | None:
        other = links.alias("other")
        others = select(func.count()).where(other.c.chat == links.c.chat, other.c.id != links.c.id).scalar_subquery()
        query = (
            select(chats, links.c.episode, links.c.low, others.label("others"))
            .add_columns(*(column.label(f"link_{column.name}") for column in links.c))
            .join(links, links.c.chat == chats.c.id)
            .where(links.c.id == link)
        )
        row = await self._database.glance(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        return Watch(link_of(row, "link_"), chat_of(row), row.episode, row.low, row.others)

    async def cursor(self) -> str | None:
        query = select(cursors.c.value).where(cursors.c.key == CURSOR)
        return await self._database.glance(lambda connection: connection.execute(query).scalar())
