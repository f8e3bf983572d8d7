"""Arrivals: the unit of work that every webhook waits for, so it is written for each database in its own fastest way.

    lanes   pending + what came, made if missing        inbox   what is not there yet

Both databases see the same: afterwards a lane's `pending` counts its undone events, a repeated event changed nothing,
and ids of one conversation are in the order of commits, because its lane was locked before its events were inserted.

**SQLite**: one writer, so nothing needs a lock. What costs is not the statement but each step of it: the driver lets go
of the interpreter at every one and has to get it back from the thread that reads sockets. So rows go in many at once,
in statements of four sizes that stay prepared; no statement returns rows. **PostgreSQL**: one round trip for all, and
columns as arrays, so that there is one prepared statement.

Repetitions are rare (a network brings an event again when it did not hear us), so both take everything for new and put
the counts right when fewer rows went in than came.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection

from storage.dialects import upsert
from storage.tables import cursors, dead

Row = tuple[str, bytes, str | None, int, int | None]  # lane ("": none), dedupe, payload, received_at, done

UNREADABLE_BYTES: Final = 64 * 1024  # of a body that is kept aside


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one call of `put` brings, encoded before it meets the others."""

    network: str
    rows: Sequence[Row]
    unreadable: tuple[bytes, ...] = ()
    cursor: str | None = None


def store(connection: Connection, arrivals: Sequence[Arrival], now: int) -> list[int]:
    """All of them in the transaction of `connection`; for each, how many events were new."""
    rows = [row for one in arrivals for row in one.rows]
    new = _into[connection.dialect.name](connection, rows, now) if rows else set()
    for one in arrivals:
        if one.unreadable:
            aside = {"source": "unreadable", "network": one.network, "reason": "unreadable", "at": now}
            connection.execute(dead.insert(), [aside | {"payload": body[:UNREADABLE_BYTES]} for body in one.unreadable])
        if one.cursor is not None:
            move = {"key": one.network, "value": one.cursor, "at": now}
            connection.execute(_MOVE[connection.dialect.name], move)
    if new is None:
        return [len(one.rows) for one in arrivals]
    counts = []
    for one in arrivals:
        counts.append(0)
        for row in one.rows:
            if row[1] in new:
                new.remove(row[1])  # the same event twice in one batch counts once
                counts[-1] += 1
    return counts


_MOVE = upsert(cursors, ["key"], ["value", "at"])


def _waiting(rows: Sequence[Row]) -> Counter[str]:
    """How many undone events each lane gets."""
    return Counter([row[0] for row in rows if row[0]])


def _first(rows: Sequence[Row], new: set[bytes]) -> list[Row]:
    """Those that went in: of one key the first."""
    return list({row[1]: row for row in reversed(rows) if row[1] in new}.values())


# ── SQLite ────────────────────────────────────────────────────────────────────────────────────────────────────────

SIZES: Final = (64, 16, 4, 1)  # rows in one statement
_COLUMNS: Final = "(lane, dedupe, payload, received_at, done)"
_STORE: Final = {
    size: f"INSERT INTO inbox {_COLUMNS} VALUES {','.join(['(?,?,?,?,?)'] * size)} ON CONFLICT (dedupe) DO NOTHING"  # noqa: S608
    for size in SIZES
}
_ADD: Final = {
    size: f"INSERT INTO lanes (lane, token, pending, ready_at) VALUES {','.join(['(?,?,?,?)'] * size)}"  # noqa: S608
    " ON CONFLICT (lane) DO UPDATE SET pending = pending + excluded.pending,"
    " ready_at = CASE WHEN pending = 0 THEN excluded.ready_at ELSE ready_at END"  # a back-off stays
    for size in SIZES
}


def _in_sizes(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    at = 0
    for size in SIZES:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


def _into_sqlite(connection: Connection, rows: Sequence[Row], now: int) -> set[bytes] | None:
    """The keys of those that were new; None: all of them."""
    raw: Any = connection.connection.driver_connection
    (last,) = raw.execute("SELECT coalesce(max(id), 0) FROM inbox").fetchone()
    stored = 0
    for some in _in_sizes(rows):
        stored += raw.execute(_STORE[len(some)], tuple(chain.from_iterable(some))).rowcount
    new = None
    if stored < len(rows):
        new = {key for (key,) in raw.execute("SELECT dedupe FROM inbox WHERE id > ?", (last,))}
        rows = _first(rows, new)
    counted = [(lane, now, count, now) for lane, count in _waiting(rows).items()]
    for some in _in_sizes(counted):
        raw.execute(_ADD[len(some)], tuple(chain.from_iterable(some)))
    return new


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────────

# `held` is read by the second INSERT, so the first has locked every lane before a row goes in. Lanes in their own
# order, as everybody locks them.
_ALL: Final = """
WITH touched AS (
    INSERT INTO lanes (lane, token, pending, ready_at)
    SELECT lane, $3::bigint, new, $3::bigint FROM unnest($1::text[], $2::bigint[]) AS came (lane, new) ORDER BY lane
    ON CONFLICT (lane) DO UPDATE SET
        pending = lanes.pending + excluded.pending,
        ready_at = CASE WHEN lanes.pending = 0 THEN excluded.ready_at ELSE lanes.ready_at END
    RETURNING 1
)
INSERT INTO inbox (lane, dedupe, payload, received_at, done)
SELECT came.lane, came.dedupe, came.payload, came.received_at, came.done
FROM unnest($4::text[], $5::bytea[], $6::text[], $7::bigint[], $8::bigint[])
    WITH ORDINALITY AS came (lane, dedupe, payload, received_at, done, n),
    (SELECT count(*) FROM touched) AS held
ORDER BY came.n
ON CONFLICT (dedupe) DO NOTHING
RETURNING dedupe
"""
_LESS: Final = """
UPDATE lanes SET pending = pending - less.n
FROM unnest($1::text[], $2::bigint[]) AS less (lane, n) WHERE lanes.lane = less.lane
"""


def _into_postgres(connection: Connection, rows: Sequence[Row], now: int) -> set[bytes] | None:
    """The keys of those that were new; None: all of them."""
    counted = _waiting(rows)
    columns = [list(column) for column in zip(*rows, strict=True)]
    done = connection.exec_driver_sql(_ALL, (list(counted), list(counted.values()), now, *columns))
    if done.rowcount == len(rows):
        return None
    new = {bytes(key) for key in done.scalars()}
    counted.subtract(_waiting(_first(rows, new)))
    if less := +counted:
        connection.exec_driver_sql(_LESS, (list(less), list(less.values())))
    return new


_into: Final = {"sqlite": _into_sqlite, "postgresql": _into_postgres}
