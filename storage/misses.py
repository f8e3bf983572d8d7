"""What the bot did not understand: masked texts with how often they came, and nobody who said them.

A text that comes again counts up; there are no times of day, so that no row leads to a conversation. The table is
bounded: a flood of new texts fills it, and what is said often is in it by then. `Upkeep.purge` makes room.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from storage.base import Miss, Missed
from storage.dialects import lock_names, upsert
from storage.tables import misses
from storage.values import encode, moment, names_of, plain

MOST: Final = 20_000  # rows
KEEP_DAYS: Final = 90  # a text that nobody said for so long is forgotten
LONGEST: Final = 200  # characters, whoever masked it: PostgreSQL indexes no row above a third of a page

_COUNT = upsert(misses, ["said", "language"], ["likely", "last_on"], times=misses.c.times + 1)
_THIS = misses.c.said == bindparam("b_said"), misses.c.language == bindparam("b_language")
_KNOWN = select(misses.c.id).where(*_THIS)
_FORGET = delete(misses).where(*_THIS)


def count(connection: Connection, missed: Iterable[Missed], now: int) -> None:
    """Keep each text, or count it once more; a new one only while there is room, and none without words."""
    rows = [
        (plain(one.said)[:LONGEST], plain(one.language)[:LONGEST], encode(one.likely)) for one in missed if one.said
    ]
    if not rows:
        return
    lock_names(connection, [b"misses\0\0"])  # two processes that each see the last free row
    today = moment(now).date()
    room = MOST - connection.execute(select(func.count()).select_from(misses)).scalar_one()
    for said, language, likely in rows:
        known = connection.execute(_KNOWN, {"b_said": said, "b_language": language}).first()
        if known or room > 0:
            room -= not known
            row = {"said": said, "language": language, "likely": likely, "first_on": today, "last_on": today}
            connection.execute(_COUNT[connection.dialect.name], row)


def read(connection: Connection) -> tuple[Miss, ...]:
    """All of them, the most frequent first."""
    rows = connection.execute(select(misses).order_by(misses.c.times.desc(), misses.c.id))
    return tuple(
        Miss(row.said, row.language, names_of(row.likely), row.times, row.first_on, row.last_on) for row in rows
    )


def forget(connection: Connection, gone: Sequence[tuple[str, str]]) -> int:
    return sum(
        connection.execute(_FORGET, {"b_said": said, "b_language": language}).rowcount for said, language in gone
    )


def full(connection: Connection) -> bool:
    return connection.execute(select(func.count()).select_from(misses)).scalar_one() >= MOST
