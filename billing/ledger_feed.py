"""The ledger's feed of changes. An account is due to be looked at again for two reasons, and the cursor holds a place
for each:

    it was written    every writer's last act is to take the next number of `ledger_feed` and to mark the accounts it
                      touched. The number's row stays locked until the commit, so numbers become visible in their
                      order: a reader that has seen n will not be shown a smaller one later. No overlap is needed.
    a day passed      a bill knows the instant at which it turns overdue; the cursor knows up to when it has looked.

Whoever writes first takes the accounts' rows, then the feed's row, and nothing after it: no two units deadlock. (Units
batched into one transaction may; PostgreSQL then fails one batch, and the batch is redone unit by unit.)
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from billing.base import Changes, Funds, Money, Scheme
from billing.ledger_rows import UNMARKED, chunks
from billing.ledger_tables import accounts, bills, feed

Place = tuple[
    int, str, int, str | None
]  # change number, account; instant of overdue, bill (None: that instant is done)


def mark(connection: sa.Connection) -> None:
    """Give every account touched in this transaction the next number of the feed. A writer's last act."""
    first = insert(connection, feed).values(id=1, last=1)
    number = connection.execute(
        first.on_conflict_do_update(index_elements=["id"], set_={"last": feed.c.last + 1}).returning(feed.c.last)
    ).scalar_one()
    connection.execute(accounts.update().where(accounts.c.changed == UNMARKED).values(changed=number))


def changes(connection: sa.Connection, cursor: str | None, limit: int, now: int) -> Changes:
    last = connection.execute(sa.select(feed.c.last)).scalar() or 0
    number, after, looked, bill = _place(cursor, last) or (0, "", now, None)

    written = connection.execute(
        sa.select(accounts.c.changed, accounts.c.id)
        .where(
            sa.or_(
                accounts.c.changed > number,
                sa.and_(accounts.c.changed == number, accounts.c.id > after),
            )
        )
        .order_by(accounts.c.changed, accounts.c.id)
        .limit(limit + 1)
    ).all()
    more = len(written) > limit
    touched = [row.id for row in written[:limit]]
    if touched:
        number, after = written[len(touched) - 1]

    room = limit - len(touched)
    if not more and looked < now:
        since = bills.c.late_at > looked
        if bill is not None:
            since = sa.or_(since, sa.and_(bills.c.late_at == looked, bills.c.id > bill))
        late = connection.execute(
            sa.select(bills.c.late_at, bills.c.id, bills.c.account)
            .where(sa.text("remaining > 0"), since, bills.c.late_at <= now)
            .order_by(bills.c.late_at, bills.c.id)
            .limit(room + 1)
        ).all()
        more = len(late) > room
        touched += [row.account for row in late[:room]]
        if not more:
            looked, bill = now, None
        elif room:
            looked, bill = late[room - 1].late_at, late[room - 1].id
    return Changes(_funds(connection, touched, now), json.dumps([number, after, looked, bill]), more)


def _funds(connection: sa.Connection, ids: Sequence[str], now: int) -> tuple[Funds, ...]:
    """What the accounts have available at `now`, in the order of the ids, each once. See `Position.available`."""
    overdue = (
        sa.select(sa.func.coalesce(sa.func.sum(bills.c.remaining), 0))
        .where(bills.c.account == accounts.c.id, sa.text("remaining > 0"), bills.c.late_at <= now)
        .scalar_subquery()
    )
    available = sa.case((accounts.c.scheme == Scheme.CREDIT.value, accounts.c.own - overdue), else_=accounts.c.own)
    found: dict[str, Funds] = {}
    for part in chunks(list(dict.fromkeys(ids)), 1000):
        query = sa.select(accounts.c.id, accounts.c.currency, available.label("available"))
        for row in connection.execute(query.where(accounts.c.id.in_(part))):
            found[row.id] = Funds(row.id, Money(int(row.available), row.currency))
    return tuple(found[id] for id in dict.fromkeys(ids) if id in found)


def _place(cursor: str | None, last: int) -> Place | None:
    """Where to go on; None: from the beginning. A number the book has not reached is some other book's."""
    try:
        match json.loads(cursor or "null"):
            case [int(number), str(after), int(looked), str() | None as bill] if number <= last:
                return number, after, looked, bill
    except ValueError:
        pass
    return None


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT: SQLAlchemy has one for each database, with the same methods."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
