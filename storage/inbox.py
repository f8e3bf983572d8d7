"""The inbox: what the networks delivered, by conversation.

    put      lock the lanes ▸ insert what is new ▸ pending + new (storage/arrivals.py)
    claim    pick lanes that wait and are free ▸ lease, token + 1 ▸ read their events and memory
    finish   lock the lanes ▸ is the token still mine ▸ effects, letters, dialogue ▸ event done, pending - 1

A lane is locked before its events are inserted, so the order of ids is the order of commits inside a conversation:
the other way round a larger id could become visible first. Every transaction locks its lanes in sorted order.

The lease ends by itself when its worker dies; the next claim raises the token, and whatever the old worker still
writes is refused by it. So a message may be handled twice, and is answered once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
import structlog
from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    Text,
    Update,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)

from adapters.base import Address, Received
from storage import misses
from storage.arrivals import Arrival, Row, store
from storage.base import Draft, Event, Finished, Lane, Memory, Missed, Pay
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import DIALECTS, among, as_rows, in_order, insert_new, insert_rows, rows_of
from storage.effects import Turn, apply, forgets
from storage.memory import memories
from storage.orders import pay, unknown
from storage.outbox import QUEUE, letter_row, reply_row
from storage.tables import EVENT_WAITS, LANE_WAITS, audits, chats, cursors, dead, inbox, lanes, outbox
from storage.values import DAY, SECOND, address_of, encode, incoming_of, lane_of, micros

log = structlog.get_logger()

LEASE = 30 * SECOND  # a handler's calls time out before this
EVENTS = 10  # of one lane in a claim: what is in flight is what a crash repeats
DEDUPE_TERM = 3 * DAY  # older events are not acted on: their dedupe row may be gone

_LANES = among(lanes.c.lane, "lanes")
_LOCK = select(lanes.c.lane, lanes.c.token).where(_LANES).order_by(lanes.c.lane).with_for_update()

_FREE = (
    select(lanes.c.lane, lanes.c.attempts, lanes.c.token)
    .where(text(LANE_WAITS), lanes.c.ready_at <= bindparam("now"), lanes.c.lease_until < bindparam("now"))
)  # fmt: skip
_LONGEST_WAITING = (
    _FREE.order_by(lanes.c.ready_at).limit(bindparam("limit", type_=Integer)).with_for_update(skip_locked=True)
)
_NAMED = _FREE.where(_LANES).order_by(lanes.c.lane).with_for_update()
_LEASE = (
    update(lanes)
    .where(_LANES)
    .values(lease_until=bindparam("until"), token=lanes.c.token + 1, attempts=lanes.c.attempts + 1)
)
_numbered = (
    select(
        inbox.c.id,
        inbox.c.lane,
        inbox.c.payload,
        func.row_number().over(partition_by=inbox.c.lane, order_by=inbox.c.id).label("n"),
    )
    .where(among(inbox.c.lane, "lanes"), text(EVENT_WAITS))
    .subquery()
)
_EVENTS = (
    select(_numbered.c.id, _numbered.c.lane, _numbered.c.payload)
    .where(_numbered.c.n <= EVENTS)
    .order_by(_numbered.c.id)
)

_UNDONE = select(inbox.c.id, inbox.c.lane).where(among(inbox.c.id, "ids"), text(EVENT_WAITS))
_DONE = update(inbox).where(among(inbox.c.id, "ids")).values(done=bindparam("now"), payload=None, lane="")
_CHATS = select(chats.c.lane, chats.c.id).where(among(chats.c.lane, "lanes"))
_NEW_CHATS = insert_new(chats, "lane")
_LETTER = tuple(letter_row("", "", "", 0))  # the columns of a letter
_LETTERS = insert_rows(outbox, _LETTER, "dedupe")
_SIGHT = tuple(column.name for column in audits.c if column.name != "id")
_SHOWN = insert_rows(audits, _SIGHT)


def _advance(dialect: str) -> Update:
    """Of each lane: how many of its events are done, until when it is still held, what was asked (null: as it was)."""
    rows = rows_of(dialect, "moves", lane=Text, done=BigInteger, lease=BigInteger, dialogue=Text)
    return (
        update(lanes)
        .where(lanes.c.lane == rows.c.lane)
        .values(
            pending=lanes.c.pending - rows.c.done,
            attempts=0,
            lease_until=rows.c.lease,
            ready_at=bindparam("now"),  # to the back of the queue
            dialogue=func.coalesce(rows.c.dialogue, lanes.c.dialogue),
        )
    )


_ADVANCE = {dialect: _advance(dialect) for dialect in DIALECTS}
_HELD = lanes.c.lane == bindparam("b_lane"), lanes.c.token == bindparam("b_token")
_POSTPONE = update(lanes).where(*_HELD).values(lease_until=0, ready_at=bindparam("b_until"))
_RELEASE = (
    update(lanes)
    .where(*_HELD)
    .values(lease_until=0, attempts=case((lanes.c.attempts > 0, lanes.c.attempts - 1), else_=0))
)
_RENEW = update(lanes).where(*_HELD).values(lease_until=bindparam("b_until"))


class SqlInbox:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ── put ──

    async def put(self, network: str, received: Received) -> int:
        if (arrival := self._arrival(network, received)) is None:
            return 0
        return await self._database.batch(self._put, arrival)

    def accept(self, network: str, received: Received, tell: Callable[[BaseException | None], None]) -> None:
        if (arrival := self._arrival(network, received)) is None:
            tell(None)
        else:
            self._database.enqueue(self._put, arrival, lambda _, error: tell(error))

    def _arrival(self, network: str, received: Received) -> Arrival | None:
        if not received.events and not received.unreadable and received.cursor is None:
            return None
        now = micros(self._clock.now())
        rows: list[Row] = []
        for event in received.events:
            key = dedupe_key(network, event.id)
            if micros(event.sent_at) < now - DEDUPE_TERM:
                rows.append(("", key, None, now, now))
            else:
                rows.append((lane_of(event.sender), key, encode(event), now, None))
        return Arrival(network, rows, received.unreadable, received.cursor)

    def _put(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[int]:
        return store(connection, arrivals, micros(self._clock.now()))

    # ── claim ──

    async def claim(self, limit: int, only: Sequence[Address] | None = None) -> Sequence[Lane]:
        named = None if only is None else tuple(dict.fromkeys(map(lane_of, only)))
        if limit <= 0 or named == ():
            return ()
        return await self._database.batch(self._claim, (limit, named))

    def _claim(
        self, connection: Connection, calls: Sequence[tuple[int, tuple[str, ...] | None]]
    ) -> list[Sequence[Lane]]:
        """Calls for named lanes share their statements; a call for any lanes has its own."""
        now = micros(self._clock.now())
        wanted = sorted({lane for _, named in calls if named is not None for lane in named})
        free = {}
        if wanted:
            free = {row.lane: row for row in connection.execute(_NAMED, {"lanes": wanted, "now": now})}
        picked: list[list[Any]] = []
        for limit, named in calls:
            if named is None:
                # What an earlier call of this batch picked is not leased yet, so as many more are read.
                taken = {row.lane for rows in picked for row in rows}
                found = connection.execute(_LONGEST_WAITING, {"now": now, "limit": limit + len(taken)}).all()
                picked.append([row for row in found if row.lane not in taken][:limit])
                for row in picked[-1]:
                    free.pop(row.lane, None)
            else:
                mine = [free.pop(lane) for lane in named[:] if lane in free]
                for row in mine[limit:]:
                    free[row.lane] = row
                picked.append(mine[:limit])
        rows = [row for one in picked for row in one]
        if not rows:
            return [()] * len(calls)
        chosen = sorted(row.lane for row in rows)
        connection.execute(_LEASE, {"lanes": chosen, "until": now + LEASE})
        events: dict[str, list[Event]] = {lane: [] for lane in chosen}
        for event in connection.execute(_EVENTS, {"lanes": chosen}):
            try:
                events[event.lane].append(Event(event.id, incoming_of(event.payload)))
            except msgspec.DecodeError:  # written by another release: aside with it, or the lane would stand for ever
                self._bury(connection, event.lane, event.id, "undecodable", event.payload.encode(), now)
        known = memories(connection, chosen, now)
        return [
            tuple(
                Lane(
                    address=address_of(row.lane),
                    token=row.token + 1,
                    attempts=row.attempts,
                    # After a failure one at a time, so that the event that fails stands alone.
                    events=tuple(events[row.lane][: 1 if row.attempts else EVENTS]),
                    memory=known[row.lane],
                )
                for row in one
                if events[row.lane]
            )
            for one in picked
        ]

    async def recall(self, address: Address) -> Memory:
        lane, now = lane_of(address), micros(self._clock.now())
        return await self._database.glance(lambda connection: memories(connection, [lane], now)[lane])

    # ── finish ──

    async def finish(self, turn: Finished) -> bool:
        written = await self._database.batch(self._finish, turn)
        for paid in turn.effects if written else ():
            if isinstance(paid, Pay):
                await self._look_at(paid)
        if written and forgets(turn.effects):
            await self._database.scrub()
        return written

    async def _look_at(self, paid: Pay) -> None:
        """Here and not in the unit, which may run again: money for an order that nobody knows needs a person."""
        if await self._database.glance(lambda connection: unknown(connection, paid.charge)):
            log.error("order-unknown", charge=paid.charge, amount=paid.amount, currency=paid.currency)

    def _finish(self, connection: Connection, turns: Sequence[Finished]) -> list[bool]:
        now = micros(self._clock.now())
        dialect = connection.dialect.name
        named = [lane_of(turn.address) for turn in turns]
        tokens = {row.lane: row.token for row in connection.execute(_LOCK, {"lanes": sorted(set(named))})}
        found = connection.execute(_UNDONE, {"ids": [turn.event for turn in turns]})
        undone = {row.id: row.lane for row in found}
        written: list[bool] = []
        kept: list[tuple[str, Finished]] = []
        for lane, turn in zip(named, turns, strict=True):
            mine = tokens.get(lane) == turn.token and undone.get(turn.event) == lane
            written.append(mine)
            if mine:
                del undone[turn.event]
                kept.append((lane, turn))
        if not kept:
            return written

        ids = _chat_ids(connection, sorted({lane for lane, _ in kept}), now)
        letters: list[dict[str, Any]] = []
        shown: list[dict[str, Any]] = []
        missed: list[Missed] = []
        moves: dict[str, tuple[str, int, int, str | None]] = {}
        for lane, turn in kept:
            change = Turn(connection, now, lane, ids[lane], turn.event, letters, shown, missed)
            apply(change, turn.effects)
            letters.extend(
                reply_row(lane, draft, f"r:{turn.event}:{n}", now, farewell=change.forgotten)
                for n, draft in enumerate(turn.drafts)
            )
            if not change.forgotten:  # else the lane is gone
                _, done, _, dialogue = moves.get(lane, (lane, 0, 0, None))
                dialogue = dialogue if turn.dialogue is None else encode(turn.dialogue)
                moves[lane] = lane, done + 1, 0 if turn.release else now + LEASE, dialogue
        if letters:
            connection.execute(_LETTERS[dialect], {"rows": in_order(_LETTER, letters)})
        if shown:
            connection.execute(_SHOWN[dialect], {"rows": in_order(_SIGHT, shown)})
        connection.execute(_DONE, {"ids": [turn.event for _, turn in kept], "now": now})
        connection.execute(_ADVANCE[dialect], {"moves": as_rows(moves.values()), "now": now})
        # Last, because it is the one row of all conversations: whoever holds it waits for nobody.
        misses.count(connection, missed, now)
        return written

    # ── without an answer ──

    async def postpone(self, lane: Lane, until: datetime) -> None:
        values = {"b_lane": lane_of(lane.address), "b_token": lane.token, "b_until": micros(until)}
        await self._database.write(lambda connection: connection.execute(_POSTPONE, values).close())

    async def release(self, lane: Lane) -> None:
        values = {"b_lane": lane_of(lane.address), "b_token": lane.token}
        await self._database.write(lambda connection: connection.execute(_RELEASE, values).close())

    async def bury(self, lane: Lane, event: Event, reason: str, drafts: tuple[Draft, ...] = ()) -> bool:
        name = lane_of(lane.address)
        # Money that was taken is never forgotten, whatever became of the answer to its receipt.
        told, at = event.incoming.receipt, event.incoming.sent_at
        paid = None if told is None else Pay(told.payload, told.charge, told.amount, told.currency, at)

        def unit(connection: Connection) -> bool:
            now = micros(self._clock.now())
            token = connection.execute(_LOCK, {"lanes": [name]}).first()
            undone = connection.execute(_UNDONE, {"ids": [event.id]}).first()
            if token is None or token.token != lane.token or undone is None or undone.lane != name:
                return False
            if drafts:
                rows = [reply_row(name, draft, f"r:{event.id}:{n}", now) for n, draft in enumerate(drafts)]
                connection.execute(QUEUE[connection.dialect.name], rows)
            self._bury(connection, name, event.id, reason, encode(event.incoming).encode(), now)
            if paid is not None:
                pay(connection, paid, name, now)
            return True

        buried = await self._database.write(unit)
        if buried and paid is not None:
            await self._look_at(paid)
        return buried

    def _bury(self, connection: Connection, lane: str, event: int, reason: str, payload: bytes, now: int) -> None:
        aside = {"source": "event", "network": address_of(lane).network, "lane": lane, "row": event}
        connection.execute(dead.insert(), aside | {"reason": reason, "payload": payload, "at": now})
        connection.execute(_DONE, {"ids": [event], "now": now})
        moves = {"moves": as_rows([(lane, 1, 0, None)]), "now": now}
        connection.execute(_ADVANCE[connection.dialect.name], moves)

    async def interject(self, address: Address, token: int, event: int, draft: Draft) -> None:
        name = lane_of(address)

        def unit(connection: Connection) -> None:
            now = micros(self._clock.now())
            held = connection.execute(_LOCK, {"lanes": [name]}).first()
            if held is None or held.token != token:
                return
            connection.execute(QUEUE[connection.dialect.name], [reply_row(name, draft, f"i:{event}", now)])
            connection.execute(_RENEW, {"b_lane": name, "b_token": token, "b_until": now + LEASE})

        await self._database.write(unit)

    async def cursor(self, network: str) -> str | None:
        query = select(cursors.c.value).where(cursors.c.key == network)
        return await self._database.glance(lambda connection: connection.execute(query).scalar())


def dedupe_key(network: str, event: str) -> bytes:
    """Hashed, because an event's id may hold a chat's; sixteen bytes do not collide by chance."""
    return blake2b(f"{network}\0{event}".encode("utf-8", "replace"), digest_size=16).digest()


def _chat_ids(connection: Connection, wanted: list[str], now: int) -> dict[str, int]:
    ids = {row.lane: row.id for row in connection.execute(_CHATS, {"lanes": wanted})}
    if missing := [lane for lane in wanted if lane not in ids]:
        new = [{"lane": lane, "network": address_of(lane).network, "created_at": now} for lane in missing]
        connection.execute(_NEW_CHATS[connection.dialect.name], new)
        ids |= {row.lane: row.id for row in connection.execute(_CHATS, {"lanes": missing})}
    return ids
