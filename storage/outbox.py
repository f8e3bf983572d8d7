"""The outbox: letters, and how fast they may leave.

    status   WAITING ──claim──▶ LEASED ──settle──▶ SENT · REFUSED · UNCERTAIN · DEAD
                ▲                  │
                └──sweep── PARKED ◀┘ Again           a lease that ran out: WAITING again, one attempt unknown

**The network's pace** is one row shared by all processes, by GCRA: `tat` is the instant at which the bucket is full
again. n letters may leave when  max(tat, now) + n * step <= now + burst * step,  and then tat moves on by n * step.
Alerts see only half of the burst, so that a reply always finds room. `blocked_until` stops everything.

**A chat's pace**: replies and notices leave one at a time and in order, because a letter is taken only when none of
its chat is in flight and none before it waits; where the network limits letters to one chat, `paces` spaces them.

A claim holds the network's row until it commits, so claims of one network see each other's letters.
A settled letter keeps no chat and no text: only what is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from storage.base import Again, Dead, Draft, Letter, Outcome, Priority, Refused, Sent, StorageError, Uncertain
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import insert_new, upsert
from storage.hearers import choose
from storage.tables import (
    DEAD,
    HELD,
    LEASED,
    LETTER_ACTIVE,
    LETTER_LEASED,
    LETTER_MAY_EXPIRE,
    LETTER_PARKED,
    LETTER_WAITS,
    PARKED,
    REFUSED,
    SENT,
    UNCERTAIN,
    WAITING,
    chats,
    links,
    outbox,
    paces,
    rates,
    watches,
)
from storage.values import SECOND, address_of, data_of, encode, micros, moment, moment_or_none, reply_of

LEASE = 45 * SECOND  # a send's own time limit is shorter; a dead sender's letters are taken over within a minute
CHUNK = 5000  # rows of one sweep's transaction
BULK = int(Priority.ALERT)  # from this priority on

QUEUE = insert_new(outbox, "dedupe")


def letter_row(
    lane: str,
    kind: str,
    dedupe: str,
    now: int,
    *,
    priority: int = Priority.NOTICE,
    payload: str = "{}",
    personal: bool = True,
    link: int | None = None,
    expires_at: int | None = None,
    answer_to: int | None = None,
    farewell: bool = False,
    not_before: int | None = None,
    wave: int | None = None,
) -> dict[str, Any]:
    """A row for QUEUE. All rows name all columns, so that many go into one statement.

    A letter of a wave is held; one with `not_before` ahead is parked until then.
    """
    later = not_before is not None and not_before > now
    return {
        "network": address_of(lane).network,
        "lane": lane,
        "priority": int(priority),
        "kind": kind,
        "dedupe": dedupe,
        "status": HELD if wave is not None else PARKED if later else WAITING,
        "not_before": not_before if later else None,
        "wave": wave,
        "expires_at": expires_at,
        "created_at": now,
        "personal": personal,
        "farewell": farewell,
        "payload": payload,
        "answer_to": answer_to,
        "link": link,
    }


def reply_row(lane: str, draft: Draft, dedupe: str, now: int, *, farewell: bool = False) -> dict[str, Any]:
    return letter_row(
        lane,
        "reply",
        dedupe,
        now,
        priority=Priority.REPLY,
        payload=encode(draft.reply),
        personal=draft.personal,
        answer_to=None if draft.answer_to is None else micros(draft.answer_to),
        farewell=farewell,
    )


# ── Statements ────────────────────────────────────────────────────────────────────────────────────────────────────

_NOW: ColumnElement[int] = bindparam("now", type_=outbox.c.id.type)
_RATE = select(rates).where(rates.c.network == bindparam("network")).with_for_update()
_TAKE = update(rates).where(rates.c.network == bindparam("b_network")).values(tat=bindparam("b_tat"))
_SPACE = upsert(paces, ["lane"], ["send_after"])

_other = outbox.alias("other")
_IN_ORDER = ~exists().where(
    _other.c.lane == outbox.c.lane,
    text(f"other.{LETTER_ACTIVE}"),
    _other.c.priority < BULK,
    _other.c.id != outbox.c.id,
    or_(
        _other.c.status == LEASED,
        # A notice that is parked holds nobody up; a reply that is parked does: an answer comes before its sequel.
        and_(_other.c.id < outbox.c.id, or_(_other.c.status == WAITING, _other.c.priority == Priority.REPLY)),
    ),
)
_PACED = ~exists().where(paces.c.lane == outbox.c.lane, paces.c.send_after > _NOW)


def _ready(*, bulk: bool, paced: bool) -> Select[Any]:
    query = select(outbox).where(
        text(f"outbox.{LETTER_WAITS}"),
        outbox.c.network == bindparam("network"),
        outbox.c.priority >= BULK if bulk else outbox.c.priority < BULK,
        or_(outbox.c.expires_at.is_(None), outbox.c.expires_at > _NOW),
    )
    if not bulk:
        query = query.where(_IN_ORDER)
    if paced:
        query = query.where(_PACED)
    return (
        query.order_by(outbox.c.priority, outbox.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True, of=outbox)
    )


_READY = {(bulk, paced): _ready(bulk=bulk, paced=paced) for bulk in (False, True) for paced in (False, True)}
_LEASE = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        status=LEASED,
        lease_until=bindparam("until"),
        sending_at=_NOW,
        token=outbox.c.token + 1,
        attempts=outbox.c.attempts + 1,
    )
)
_NEXT_PACE = (
    select(func.min(paces.c.send_after))
    .join(outbox, outbox.c.lane == paces.c.lane)
    .where(text(f"outbox.{LETTER_WAITS}"), outbox.c.network == bindparam("network"), paces.c.send_after > _NOW)
)

_MINE = (
    select(
        outbox.c.id,
        outbox.c.lane,
        outbox.c.dedupe,
        outbox.c.priority,
        outbox.c.status,
        outbox.c.token,
        outbox.c.attempts,
        outbox.c.unknowns,
        outbox.c.sending_at,
        outbox.c.first_sent_at,
        outbox.c.expires_at,
        outbox.c.personal,
        outbox.c.farewell,
        outbox.c.link,
    )
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(outbox.c.id)
    .with_for_update()
)
_RETRIED = "status", "not_before", "attempts", "unknowns", "first_sent_at"
_AGAIN = (
    update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _RETRIED})
    .values(lease_until=0)
)
_SETTLE = (
    update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(status=bindparam("b_status"), reason=bindparam("b_reason"), settled_at=bindparam("b_now"))
    .values(lease_until=0, not_before=None, lane="", payload=None)
)
_ERASE = delete(outbox).where(outbox.c.id == bindparam("b_id"))
_UNPACE = delete(paces).where(
    paces.c.lane == bindparam("lane"), ~exists().where(outbox.c.lane == paces.c.lane, text(f"outbox.{LETTER_ACTIVE}"))
)


# A warning that was not sent has no end to tell: neither from now on, nor by a letter that waits already.
_UNWARNED = (
    update(watches)
    .where(watches.c.id == bindparam("b_watch"), watches.c.episode == bindparam("b_episode"))
    .values(restored=watches.c.episode)
)
_UNTOLD_END = (
    update(outbox)
    .where(outbox.c.dedupe == bindparam("b_dedupe"), text("status IN (0, 4)"))
    .values(status=REFUSED, reason="never warned", settled_at=bindparam("b_now"))
    .values(lease_until=0, not_before=None, lane="", payload=None)
)


def unreachable(connection: Connection, lanes: Sequence[str], now: int) -> None:
    """These people have blocked us: nothing that we start ourselves goes there until they write again."""
    found = select(chats.c.id).where(chats.c.lane.in_(lanes)).order_by(chats.c.id).with_for_update()
    ids = list(connection.execute(found).scalars())
    connection.execute(update(chats).where(chats.c.id.in_(ids)).values(reachable=False))
    accounts = connection.execute(select(links.c.account).where(links.c.chat.in_(ids))).scalars().all()
    choose(connection, accounts, now)


@dataclass(frozen=True, slots=True)
class _Claimed:
    letters: Sequence[Letter]
    again_at: datetime | None


class SqlOutbox:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ── claim ──

    async def claim(self, network: str, limit: int, bulk: bool = False) -> tuple[Sequence[Letter], datetime | None]:
        if limit <= 0:
            return (), None
        taken = await self._database.write(lambda connection: self._claim(connection, network, limit, bulk))
        return taken.letters, taken.again_at

    def _claim(self, connection: Connection, network: str, limit: int, bulk: bool) -> _Claimed:
        now = micros(self._clock.now())
        rate = connection.execute(_RATE, {"network": network}).first()
        if rate is None:
            raise StorageError(f"no pace is set for {network}")
        if rate.blocked_until > now:
            return _Claimed((), moment(rate.blocked_until))
        base = max(rate.tat, now)
        room = (max(1, rate.burst // 2) if bulk else rate.burst) * rate.step
        fits = (now + room - base) // rate.step
        if fits <= 0:
            return _Claimed((), moment(base + rate.step - room))

        paced = rate.per_chat > 0
        values = {"network": network, "now": now, "limit": min(limit, fits)}
        rows = connection.execute(_READY[bulk, paced], values).all()
        if paced:  # several alerts of one chat may be ready at once
            rows = list({row.lane: row for row in reversed(rows)}.values())
        if not rows:
            pace = connection.execute(_NEXT_PACE, {"network": network, "now": now}).scalar() if paced else None
            return _Claimed((), moment_or_none(pace))
        connection.execute(_LEASE, {"ids": [row.id for row in rows], "now": now, "until": now + LEASE})
        connection.execute(_TAKE, {"b_network": network, "b_tat": base + len(rows) * rate.step})
        if paced:
            after = [
                {"lane": row.lane, "send_after": now + rate.per_chat} for row in sorted(rows, key=lambda r: r.lane)
            ]
            connection.execute(_SPACE[connection.dialect.name], after)
        return _Claimed(tuple(_letter(row) for row in sorted(rows, key=lambda row: (row.priority, row.id))), None)

    # ── settle ──

    async def settle(self, letter: Letter, outcome: Outcome) -> None:
        erased = await self._database.batch(self._settle, (letter, outcome))
        if erased:
            await self._database.scrub()

    def _settle(self, connection: Connection, calls: Sequence[tuple[Letter, Outcome]]) -> list[bool]:
        """For each call: whether the last trace of somebody was erased."""
        now = micros(self._clock.now())
        rows = {row.id: row for row in connection.execute(_MINE, {"ids": [letter.id for letter, _ in calls]})}
        again: list[dict[str, Any]] = []
        final: list[dict[str, Any]] = []
        rest: list[dict[str, Any]] = []
        erased: list[Any] = []
        blocked: list[str] = []
        unwarned: list[tuple[int, int]] = []
        answers: list[bool] = []
        for letter, outcome in calls:
            answers.append(False)
            row = rows.get(letter.id)
            if row is None or not _counts(row, letter, outcome):
                continue
            del rows[letter.id]
            if isinstance(outcome, Again):
                again.append(_again(row, outcome, now))
                continue
            if isinstance(outcome, Sent):
                rest.extend(_rest(row, outcome, now))
            if isinstance(outcome, Refused) and outcome.unreachable:
                blocked.append(row.lane)
            if row.dedupe.startswith("low:") and isinstance(outcome, Refused | Dead):
                _, watch, episode = row.dedupe.split(":")
                unwarned.append((int(watch), int(episode)))
            if row.farewell:
                erased.append(row)
                answers[-1] = True
            else:
                reason = None if isinstance(outcome, Sent) else outcome.reason
                final.append({"b_id": row.id, "b_status": _STATUS[type(outcome)], "b_reason": reason, "b_now": now})
        if again:
            connection.execute(_AGAIN, again)
        if final:
            connection.execute(_SETTLE, final)
        if rest:
            connection.execute(QUEUE[connection.dialect.name], rest)
        for row in erased:
            connection.execute(_ERASE, {"b_id": row.id})
            connection.execute(_UNPACE, {"lane": row.lane})
        if blocked:
            unreachable(connection, blocked, now)
        if unwarned:
            connection.execute(_UNWARNED, [{"b_watch": watch, "b_episode": episode} for watch, episode in unwarned])
            ends = [{"b_dedupe": f"restored:{watch}:{episode}", "b_now": now} for watch, episode in unwarned]
            connection.execute(_UNTOLD_END, ends)
        return answers

    # ── pace ──

    async def pause(self, network: str, until: datetime) -> None:
        later = micros(until)
        statement = (
            update(rates)
            .where(rates.c.network == network, rates.c.blocked_until < later)
            .values(blocked_until=later)
        )  # fmt: skip
        await self._database.write(lambda connection: connection.execute(statement).close())

    async def pace(self, network: str, per_second: float, burst: int, per_chat: float) -> None:
        row = {
            "network": network,
            "step": ceil(SECOND / per_second),  # never a microsecond too soon
            "burst": max(1, burst),
            "per_chat": ceil(per_chat * SECOND),
        }
        await self._database.write(lambda connection: connection.execute(_PACE[connection.dialect.name], row).close())

    # ── sweep ──

    async def sweep(self) -> int:
        total = 0
        for step in (_take_back, _unpark, _expire):
            while count := await self._database.write(partial(step, now=self._now())):
                total += count
                if count < CHUNK:
                    break
        return total

    async def waiting(self, network: str) -> int:
        query = select(func.count()).select_from(outbox)
        query = query.where(outbox.c.network == network, text("status IN (0, 4)"))
        return await self._database.glance(lambda connection: connection.execute(query).scalar_one())

    def _now(self) -> int:
        return micros(self._clock.now())


_PACE = upsert(rates, ["network"], ["step", "burst", "per_chat"])
_STATUS: dict[type[Outcome], int] = {Sent: SENT, Refused: REFUSED, Uncertain: UNCERTAIN, Dead: DEAD}


def _counts(row: Any, letter: Letter, outcome: Outcome) -> bool:
    """Whether an outcome may still be written: that it arrived always, the rest only by who holds or last held it."""
    if isinstance(outcome, Sent):
        return bool(row.status != SENT)
    if row.token != letter.token:
        return False
    return bool(row.status == LEASED if isinstance(outcome, Again) else row.status in (WAITING, LEASED))


def _again(row: Any, outcome: Again, now: int) -> dict[str, Any]:
    at = micros(outcome.at)
    return {
        "b_id": row.id,
        "b_status": PARKED if at > now else WAITING,
        "b_not_before": at if at > now else None,
        "b_attempts": row.attempts - (0 if outcome.counted else 1),
        "b_unknowns": row.unknowns + (1 if outcome.unknown else 0),
        "b_first_sent_at": (row.first_sent_at or row.sending_at) if outcome.unknown else row.first_sent_at,
    }


def _rest(row: Any, outcome: Sent, now: int) -> list[dict[str, Any]]:
    """The further parts of a notice: ready replies, and before all bulk, so that the parts stay together."""
    return [
        letter_row(
            row.lane,
            "reply",
            f"s:{row.id}:{n}",
            now,
            priority=min(row.priority, Priority.NOTICE),
            payload=encode(reply),
            personal=row.personal,
            link=row.link,
            expires_at=row.expires_at,
            farewell=row.farewell,
        )
        for n, reply in enumerate(outcome.rest)
        if row.lane
    ]


def _letter(row: Any) -> Letter:
    ready = row.kind == "reply"
    return Letter(
        id=row.id,
        address=address_of(row.lane),
        kind=row.kind,
        priority=Priority(row.priority),
        token=row.token + 1,
        created_at=moment(row.created_at),
        attempts=row.attempts + 1,
        unknowns=row.unknowns,
        personal=row.personal,
        first_sent_at=moment_or_none(row.first_sent_at),
        expires_at=moment_or_none(row.expires_at),
        reply=reply_of(row.payload) if ready else None,
        answer_to=moment_or_none(row.answer_to),
        link=row.link,
        data={} if ready else data_of(row.payload),
    )


# ── The sweep's steps: select ids, then update by id; one chunk each ──────────────────────────────────────────────


def _chunk(connection: Connection, condition: str, *more: ColumnElement[bool]) -> list[int]:
    query = select(outbox.c.id).where(text(condition), *more).limit(CHUNK).with_for_update(skip_locked=True)
    return list(connection.execute(query).scalars())


def _change(connection: Connection, ids: list[int], **values: Any) -> int:
    for start in range(0, len(ids), 1000):
        connection.execute(update(outbox).where(outbox.c.id.in_(ids[start : start + 1000])).values(**values))
    return len(ids)


def _take_back(connection: Connection, now: int, *, everything: bool = False) -> int:
    """Leases that ran out: nobody knows whether those attempts arrived. The token stays, so a late result counts."""
    ran_out = () if everything else (outbox.c.lease_until <= now,)
    return _change(
        connection,
        _chunk(connection, LETTER_LEASED, *ran_out),
        status=WAITING,
        lease_until=0,
        unknowns=outbox.c.unknowns + 1,
        first_sent_at=func.coalesce(outbox.c.first_sent_at, outbox.c.sending_at),
    )


def _unpark(connection: Connection, now: int) -> int:
    due = _chunk(connection, LETTER_PARKED, outbox.c.not_before <= now)
    return _change(connection, due, status=WAITING, not_before=None)


def _expire(connection: Connection, now: int) -> int:
    late = _chunk(connection, LETTER_MAY_EXPIRE, outbox.c.expires_at <= now)
    connection.execute(delete(outbox).where(outbox.c.id.in_(late), outbox.c.farewell))
    values = {"status": REFUSED, "reason": "expired", "settled_at": now, "lane": "", "payload": None}
    return _change(connection, late, **values)


def take_back_all(connection: Connection) -> None:
    """At the start on SQLite: no other process can hold a letter."""
    while _take_back(connection, 0, everything=True) == CHUNK:
        pass
