"""The ledger's feed of changes. An account is due to be looked at again for two reasons, and things happen to it; the
cursor holds a place for each:

    it was written    every writer's last act is to take the next number of `ledger_feed` and to mark the accounts it
                      touched. The number's row stays locked until the commit, so numbers become visible in their
                      order: a reader that has seen n will not be shown a smaller one later. No overlap is needed.
    a day passed      a bill knows the instant at which it turns overdue; the cursor knows up to when it has looked.
    an event          `ledger_events`: written under the same number, in the same transaction, as what it tells.

Who begins without a cursor is told of all accounts, and of what happens from the first page on.

Whoever writes first takes the accounts' rows, then the feed's row, and locks nothing after it: no two units deadlock.
(Units batched into one transaction may; PostgreSQL then fails one batch, and the batch is redone unit by unit.)
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing import ledger_events
from billing.base import Changes, Funds
from billing.ledger_events import insert as insert
from billing.ledger_events import read_event
from billing.ledger_round import facts_of
from billing.ledger_rows import UNMARKED, Values, chunks, instant, micros
from billing.ledger_tables import accounts, bills, events, feed
from billing.position import funds, position

LAST: Final = 2**31 - 1  # beyond any place of one number


class Place(NamedTuple):
    """Where a reader stands. A cursor is this as JSON; what is missing at its end is of before there were events."""

    number: int  # of changes
    after: str  # account
    looked: int  # the instant up to which bills that fell overdue were told
    bill: str | None  # of that instant; None: all
    told: int  # number of events
    nth: int  # among those of one number


def mark(connection: sa.Connection, happened: Sequence[Values] = (), *, waiting: bool = False) -> None:
    """Give every account touched in this transaction, and what happened in it, the next number of the feed.

    A writer's last act. `waiting`: events were put before, under the number UNMARKED.
    """
    first = insert(connection, feed).values(id=1, last=1)
    number = connection.execute(
        first.on_conflict_do_update(index_elements=["id"], set_={"last": feed.c.last + 1}).returning(feed.c.last)
    ).scalar_one()
    connection.execute(accounts.update().where(accounts.c.changed == UNMARKED).values(changed=number))
    ledger_events.put(connection, number, happened)
    if waiting:
        connection.execute(events.update().where(events.c.number == UNMARKED).values(number=number))


def imported(connection: sa.Connection, as_of: int) -> None:
    """The feed speaks of that time, or of a newer one. After `mark`: it locks the same row."""
    newest = sa.case((feed.c.as_of > as_of, feed.c.as_of), else_=as_of)
    first = insert(connection, feed).values(id=1, last=0, as_of=as_of)
    connection.execute(first.on_conflict_do_update(index_elements=["id"], set_={"as_of": newest}))


def changes(connection: sa.Connection, cursor: str | None, limit: int, now: datetime) -> Changes:
    head = connection.execute(sa.select(feed.c.last, feed.c.as_of)).one_or_none()
    last, as_of = head or (0, None)
    present = micros(now)
    number, after, looked, bill, told, nth = _place(cursor, last) or Place(0, "", present, None, last, LAST)

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
    if not more and looked < present:
        since = bills.c.late_at > looked
        if bill is not None:
            since = sa.or_(since, sa.and_(bills.c.late_at == looked, bills.c.id > bill))
        late = connection.execute(
            sa.select(bills.c.late_at, bills.c.id, bills.c.account)
            .where(sa.text("remaining > 0"), since, bills.c.late_at <= present)
            .order_by(bills.c.late_at, bills.c.id)
            .limit(room + 1)
        ).all()
        more = len(late) > room
        touched += [row.account for row in late[:room]]
        if not more:
            looked, bill = present, None
        elif room:
            looked, bill = late[room - 1].late_at, late[room - 1].id

    happened = ledger_events.since(connection, told, nth, limit + 1)
    more = more or len(happened) > limit
    happened = happened[:limit]
    if happened:
        told, nth = happened[-1].number, happened[-1].place
    return Changes(
        _funds(connection, touched, now),
        json.dumps(Place(number, after, looked, bill, told, nth)),
        more,
        tuple(map(read_event, happened)),
        None if as_of is None else instant(as_of),
    )


def _funds(connection: sa.Connection, ids: Sequence[str], now: datetime) -> tuple[Funds, ...]:
    """Where the accounts stand at `now`, in the order of the ids, each once."""
    zones: dict[str, ZoneInfo] = {}
    found: dict[str, Funds] = {}
    for part in chunks(list(dict.fromkeys(ids)), 1000):
        for id, facts in facts_of(connection, part, now).items():
            zone = facts.account.zone
            today = now.astimezone(zones.get(zone) or zones.setdefault(zone, ZoneInfo(zone))).date()
            stand = position(facts.account, facts.balance, facts.bills, facts.services, today, facts.spending)
            found[id] = funds(stand)
    return tuple(found[id] for id in dict.fromkeys(ids) if id in found)


def _place(cursor: str | None, last: int) -> Place | None:
    """Where to go on; None: from the beginning. A number the book has not reached is some other book's."""
    try:
        match json.loads(cursor or "null"):
            case [int(number), str(after), int(looked), str() | None as bill] if number <= last:
                return Place(number, after, looked, bill, number, -1)
            case [int(number), str(after), int(looked), str() | None as bill, int(told), int(nth)] if (
                max(number, told) <= last
            ):
                return Place(number, after, looked, bill, told, nth)
    except ValueError:
        pass
    return None
