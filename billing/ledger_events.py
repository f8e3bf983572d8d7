"""What happened, as rows of the ledger's feed: written in the transaction that did it, kept for a month. No row is
changed once it is numbered.

`Happening.id` names the event for ever, by what it is about; what can happen to it again carries its instant:

    bill:<bill>   paid:<payment>   charge:<charge>   outage:<outage>   outage-over:<outage>
    blocked:<service>:<microseconds>   unblocked:<service>:<microseconds>   option:<option>:<microseconds>
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2s
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from billing.base import Happening, Money, Sign, Status
from billing.ledger_rows import MICROSECOND, Row, Values, instant, micros
from billing.ledger_tables import accounts, events

FORM: Final = re.compile(r"[A-Za-z0-9_:.-]{1,64}")  # as `billing.base.Happening` says
KEPT: Final = timedelta(days=30)  # who has not looked for a month begins anew with the figures
SOME: Final = 100  # rows past their time that a writer takes away, beside as many as it writes

AGAIN: Final = frozenset({Sign.BLOCKED, Sign.UNBLOCKED, Sign.OPTION})  # happens to the same thing more than once


def event_row(
    sign: Sign,
    about: str,
    at: datetime,
    *,
    account: str | None,
    region: str = "",
    title: str = "",
    amount: int | None = None,
    day: date | None = None,
    service: str | None = None,
) -> Values:
    """An event of `at` that waits for its number, written then. `account` None: everybody's in `region`."""
    moment = micros(at)
    name = f"{sign.value}:{about}:{moment}" if sign in AGAIN else f"{sign.value}:{about}"
    return {
        # An operator's ids may be of any length and letters.
        "id": name if FORM.fullmatch(name) else f"{sign.value}:{blake2s(name.encode(), digest_size=16).hexdigest()}",
        "written": moment,
        "at": moment,
        "sign": sign.value,
        "about": about,
        "account": account,
        "region": region,
        "title": title,
        "amount": amount,
        "day": day,
        "service": service or "",
    }


def read_event(row: Row) -> Happening:
    return Happening(
        id=row.id,
        sign=Sign(row.sign),
        at=instant(row.at),
        about=row.about,
        account=row.account or "",
        region=row.region,
        title=row.title,
        amount=None if row.amount is None or row.currency is None else Money(row.amount, row.currency),
        day=row.day,
        service=row.service,
    )


def stopped_or_on(before: str, status: str) -> Sign | None:
    """What a change of a service's status is to its owner."""
    if status == Status.BLOCKED_DEBT != before:
        return Sign.BLOCKED
    return Sign.UNBLOCKED if before == Status.BLOCKED_DEBT and status == Status.ACTIVE else None


def paid_option(status: str, fee: int | None, before: str | None) -> bool:
    """Whether an option is newly paid for: it works now and did not, and it is not known to be free. None: was not."""
    return status == Status.ACTIVE != before and fee != 0


def put(connection: sa.Connection, number: int, rows: Sequence[Values], place: int = 0) -> None:
    """Write events under one number, the first at `place`; the same event is written once. Old ones make room."""
    if not rows:
        return
    new = insert(connection, events).on_conflict_do_nothing()
    connection.execute(new, [{**row, "number": number, "place": place + n} for n, row in enumerate(rows)])
    past = max(row["written"] for row in rows) - KEPT // MICROSECOND
    oldest = sa.select(events.c.id).where(events.c.number >= 0).order_by(events.c.number, events.c.place)
    oldest = oldest.limit(SOME + len(rows))
    connection.execute(events.delete().where(events.c.id.in_(oldest), events.c.written < past))


def since(connection: sa.Connection, number: int, place: int, limit: int) -> Sequence[Row]:
    """Rows after that place, in their order."""
    later = sa.or_(events.c.number > number, sa.and_(events.c.number == number, events.c.place > place))
    query = sa.select(events, accounts.c.currency).outerjoin(accounts, accounts.c.id == events.c.account)
    return connection.execute(query.where(later).order_by(events.c.number, events.c.place).limit(limit)).all()


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT: SQLAlchemy has one for each database, with the same methods."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
