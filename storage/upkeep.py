"""What keeps the tables small and honest: terms, ticks, the schema's revision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    inspect,
    or_,
    select,
    text,
    update,
)

from billing.keyring import keys
from storage import misses as texts
from storage.base import Miss, Priority
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import insert_new
from storage.inbox import DEDUPE_TERM
from storage.outbox import take_back_all
from storage.tables import (
    EVENT_WAITS,
    LETTER_LEASED,
    LETTER_SETTLED,
    LETTER_WAITS,
    attempts,
    audits,
    challenges,
    dead,
    inbox,
    invitations,
    lanes,
    links,
    misses,
    orders,
    outbox,
    paces,
    rates,
    runs,
    spreads,
    waves,
)
from storage.values import DAY, HOUR, micros, moment

log = structlog.get_logger()

CHUNK = 5000  # rows of one transaction


@dataclass(frozen=True, slots=True)
class Term:
    """Rows of `table` that are `past(now - keep)` are deleted."""

    table: Table
    keep: int  # microseconds
    past: Callable[[int], ColumnElement[bool]]
    why: str


# What is not listed is kept until the customer says «забудь меня» or the link ends: settings, consent, links.
# What customers write is not kept at all: it is erased when it is answered. Of what nobody understood the known words
# stay, without the chat.
TERMS = (
    Term(
        inbox,
        # A day longer than events are acted on: a network's clock may be ahead of ours.
        DEDUPE_TERM + DAY,
        lambda before: (inbox.c.received_at < before) & inbox.c.done.is_not(None),
        "so that a delivery that is repeated is not answered again",
    ),
    Term(
        outbox,
        7 * DAY,
        lambda before: and_(text(LETTER_SETTLED), outbox.c.settled_at < before),
        "without chat and text: how many were sent, refused, uncertain",
    ),
    Term(dead, 7 * DAY, lambda before: dead.c.at < before, "for the operator to look at what could not be handled"),
    Term(
        lanes,
        7 * DAY,
        lambda before: (lanes.c.pending == 0) & (lanes.c.lease_until == 0) & (lanes.c.ready_at < before),
        "the dialogue: what was last asked and which buttons were shown",
    ),
    Term(paces, 0, lambda before: paces.c.send_after < before, "past instants say nothing"),
    Term(invitations, 0, lambda before: invitations.c.expires_at <= before, "expired ones are of no use"),
    Term(challenges, 0, lambda before: challenges.c.expires_at <= before, "expired ones are of no use"),
    Term(
        orders,
        DAY,
        lambda before: orders.c.paid_at.is_(None) & (orders.c.expires_at < before),
        "a network may bring the receipt late",
    ),
    Term(
        orders,
        # Longer than events are acted on, so that a receipt that comes again is known to be credited; and long enough
        # for «оплатил, а не работает». From then on the billing's list of payments is the record. Paid and not
        # credited has no term: it is somebody's money.
        7 * DAY,
        lambda before: orders.c.credited_at < before,
        "a payment that is asked about",
    ),
    Term(spreads, 30 * DAY, lambda before: spreads.c.done_at < before, "the feed may repeat an event"),
    Term(waves, 90 * DAY, lambda before: waves.c.ended_at < before, "how earlier waves went"),
    Term(
        keys,
        HOUR,
        lambda before: and_(keys.c.at < before, ~exists().where(links.c.account == keys.c.name)),
        "who signs in has an hour to link the account",
    ),
    Term(attempts, 2 * DAY, lambda before: attempts.c.at < before, "the longest window is a day"),
    Term(runs, 35 * DAY, lambda before: runs.c.at < before, "monthly ticks"),
    Term(audits, 365 * DAY, lambda before: audits.c.at < before, "who saw an account, when a leak is looked into"),
    Term(
        misses,
        texts.KEEP_DAYS * DAY,
        lambda before: misses.c.last_on < moment(before).date(),
        "texts without people, to teach from; what nobody says any more needs no answer",
    ),
)

_ONCE = insert_new(runs, "key", "key")


class SqlUpkeep:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._full = False  # it was said that nothing new is kept of what is not understood

    async def once(self, key: str) -> bool:
        row = {"key": key, "at": micros(self._clock.now())}
        return await self._database.write(
            lambda connection: connection.execute(_ONCE[connection.dialect.name], row).first() is not None
        )

    async def purge(self) -> int:
        total = 0
        now = micros(self._clock.now())
        for term in TERMS:
            count = CHUNK
            while count == CHUNK:
                count = await self._database.write(partial(_purge, term=term, now=now))
                total += count
        await self._database.scrub()
        full = await self._database.glance(texts.full)
        if full and not self._full:
            log.warning("misses-full", rows=texts.MOST)
        self._full = full
        return total

    async def backlog(self) -> tuple[int, int]:
        events = select(func.count()).select_from(inbox).where(text(EVENT_WAITS)).scalar_subquery()
        letters = select(func.count()).select_from(outbox).where(text("status IN (0, 1)")).scalar_subquery()
        query = select(events, letters)
        row = await self._database.glance(lambda connection: connection.execute(query).one())
        return row[0], row[1]

    async def owed(self, most: int) -> Mapping[str, int]:
        return await self._database.read(lambda connection: _owed(connection, most))

    async def version(self) -> str | None:
        def unit(connection: Connection) -> str | None:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

        return await self._database.read(unit)

    async def misses(self) -> tuple[Miss, ...]:
        return await self._database.read(texts.read)

    async def forget_misses(self, gone: Sequence[tuple[str, str]]) -> int:
        return await self._database.write(partial(texts.forget, gone=gone))


_NETWORKS = select(rates.c.network)
_WAITS = (
    (inbox, EVENT_WAITS, inbox.c.lane.like(bindparam("lanes"))),
    *(
        (outbox, which, (outbox.c.network == bindparam("network")) & (outbox.c.priority == int(Priority.REPLY)))
        for which in (LETTER_WAITS, LETTER_LEASED)
    ),
)
_COUNTS = (
    select(func.count())
    .select_from(select(table.c.id).where(text(which), whose).limit(bindparam("most", type_=Integer)).subquery())
    .scalar_subquery()
    for table, which, whose in _WAITS
)
_OWED = select(reduce(add, _COUNTS))


def _owed(connection: Connection, most: int) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for network in connection.execute(_NETWORKS).scalars().all():
        values = {"network": network, "lanes": f"{network}:%", "most": most}
        found[network] = connection.execute(_OWED, values).scalar_one()
    return found


def _purge(connection: Connection, term: Term, now: int) -> int:
    key = next(iter(term.table.primary_key))
    past = term.past(now - term.keep)
    chosen = list(connection.execute(select(key).where(past).limit(CHUNK).with_for_update(skip_locked=True)).scalars())
    for start in range(0, len(chosen), 1000):
        connection.execute(delete(term.table).where(key.in_(chosen[start : start + 1000])))
    return len(chosen)


def repair(connection: Connection) -> None:
    """At the start, where no other process can exist: nobody holds a lease, and `pending` is what waits."""
    if not inspect(connection).has_table(lanes.name):
        return
    waiting = select(func.count()).where(inbox.c.lane == lanes.c.lane, text(EVENT_WAITS)).scalar_subquery()
    connection.execute(update(lanes).where(lanes.c.lease_until != 0).values(lease_until=0))
    connection.execute(
        update(lanes)
        .where(or_(lanes.c.pending > 0, exists().where(inbox.c.lane == lanes.c.lane, text(EVENT_WAITS))))
        .values(pending=waiting)
    )
    take_back_all(connection)
