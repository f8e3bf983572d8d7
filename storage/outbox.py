"""The outbox: letters, and how fast they may leave.

    status   WAITING ──claim──▶ LEASED ──settle──▶ SENT · REFUSED · UNCERTAIN · DEAD
                ▲                  │
                └──sweep── PARKED ◀┘ Again           a lease that ran out: WAITING again, one attempt unknown

**The network's pace** is one row shared by all processes, by GCRA: `tat` is the instant at which the bucket is full
again. n calls may be made when  max(tat, now) + n * step <= now + burst * step,  and then tat moves on by n * step.
Alerts see only half of the burst, so that a reply always finds room. `blocked_until` stops everything; the valve stops
alerts. Where one call shows many letters, a claim takes as many as its calls can show.

**A chat's pace**: replies and notices leave one at a time and in order, because a letter is taken only when none of
its chat is in flight and none before it waits; where the network limits letters to one chat, `paces` spaces them.

**A chat's alerts** leave as one message: the first of them leads, `led_by` names it in all. Once it is certain that
the message was not shown they are free again. While nobody knows, they come together again, these and no others, and
under the same number: a network that drops repeats would drop with it whatever else had been put in.

A claim holds the network's row until it commits, so claims of one network see each other's letters.
A settled letter keeps no chat and no text: only what is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
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
    insert,
    or_,
    select,
    text,
    update,
)

from adapters.base import alone
from storage.base import Again, Dead, Draft, Letter, Outcome, Priority, Refused, Sent, StorageError, Uncertain
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import among, insert_new, upsert
from storage.hearers import choose, pass_on
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
    audits,
    chats,
    links,
    outbox,
    paces,
    rates,
    valve,
    watches,
)
from storage.values import SECOND, address_of, data_of, encode, micros, moment, moment_or_none, reply_of

LEASE = 45 * SECOND  # a send's own time limit is shorter; a dead sender's letters are taken over within a minute
CHUNK = 5000  # rows of one sweep's transaction
BULK = int(Priority.URGENT)  # from this priority on
AHEAD = 4  # waiting alerts looked at beyond those that are wanted: some belong to one chat, some chats must wait

LOW = "low:"  # how the dedupe key of a warning begins: low:<watch>:<episode>

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
_RATE = (
    select(rates, exists(select(valve.c.id)).label("shut"))
    .where(rates.c.network == bindparam("network"))
    .with_for_update(of=rates)
)
_TAKE = update(rates).where(rates.c.network == bindparam("b_network")).values(tat=bindparam("b_tat"))
_SPACE = upsert(paces, ["lane"], ["send_after"])
_LATER: ColumnElement[bool] = paces.c.send_after > _NOW
_SPACED = select(paces.c.lane, paces.c.send_after).where(among(paces.c.lane, "lanes"), _LATER)

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
_PACED = ~exists().where(paces.c.lane == outbox.c.lane, _LATER)


def _waiting(*columns: Any, bulk: bool, more: Sequence[ColumnElement[bool]] = ()) -> Select[Any]:
    """Letters that wait, the most urgent first: read off `ix_outbox_waiting`, however many there are."""
    return (
        select(*columns)
        .where(
            text(f"outbox.{LETTER_WAITS}"),
            outbox.c.network == bindparam("network"),
            outbox.c.priority >= BULK if bulk else outbox.c.priority < BULK,
            or_(outbox.c.expires_at.is_(None), outbox.c.expires_at > _NOW),
            *more,
        )
        .order_by(outbox.c.priority, outbox.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


_READY = {
    paced: _waiting(outbox, bulk=False, more=(_IN_ORDER, _PACED) if paced else (_IN_ORDER,)).with_for_update(
        skip_locked=True, of=outbox
    )
    for paced in (False, True)
}
_FRONT = {bulk: _waiting(outbox.c.lane, bulk=bulk) for bulk in (False, True)}
# All alerts of some chats, to see which of them go together. They are locked by id afterwards: a lock on all of them
# would wait for whoever settles one.
_ALERTS = (
    select(outbox)
    .where(
        among(outbox.c.lane, "lanes"),
        text(f"outbox.{LETTER_ACTIVE}"),
        outbox.c.priority >= BULK,
        outbox.c.status != HELD,
    )
    .order_by(outbox.c.priority, outbox.c.id)
)
_STILL = (
    # By id alone: with the status beside it PostgreSQL may look through all that wait.
    select(outbox.c.id, outbox.c.status).where(among(outbox.c.id, "ids")).with_for_update(skip_locked=True)
)
_LEASED = {
    "status": LEASED,
    "lease_until": bindparam("until"),
    "sending_at": _NOW,
    "token": outbox.c.token + 1,
    "attempts": outbox.c.attempts + 1,
}
_LEASE = update(outbox).where(among(outbox.c.id, "ids")).values(_LEASED)
_LEASE_LED = update(outbox).where(outbox.c.id == bindparam("b_id")).values(_LEASED | {"led_by": bindparam("b_led_by")})

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
        outbox.c.led_by,
    )
    .where(among(outbox.c.id, "ids"))
    .order_by(outbox.c.id)
    .with_for_update()
)
_RETRIED = "status", "not_before", "attempts", "unknowns", "first_sent_at", "led_by"
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
_PASS_ON = (
    update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in ("lane", "network", "link")})
    .values(status=WAITING, attempts=0, lease_until=0, not_before=None, led_by=None, first_sent_at=None)
)
_SHOWN = insert(audits)
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
    .where(outbox.c.dedupe == bindparam("b_dedupe"), text("status IN (0, 4, 7)"))
    .values(status=REFUSED, reason="never warned", settled_at=bindparam("b_now"))
    .values(lease_until=0, not_before=None, lane="", payload=None)
)


def _unwarned(connection: Connection, keys: Sequence[str], now: int) -> None:
    """These letters "low", by their dedupe keys, told nobody."""
    told = [key.split(":") for key in keys]
    connection.execute(_UNWARNED, [{"b_watch": int(watch), "b_episode": int(episode)} for _, watch, episode in told])
    ends = [{"b_dedupe": f"restored:{watch}:{episode}", "b_now": now} for _, watch, episode in told]
    connection.execute(_UNTOLD_END, ends)


def unreachable(connection: Connection, lanes: Sequence[str], now: int) -> None:
    """These people have blocked us: nothing that we start ourselves goes there until they write again."""
    found = select(chats.c.id).where(chats.c.lane.in_(lanes)).order_by(chats.c.id).with_for_update()
    ids = list(connection.execute(found).scalars())
    connection.execute(update(chats).where(chats.c.id.in_(ids)).values(reachable=False))
    accounts = connection.execute(select(links.c.account).where(links.c.chat.in_(ids))).scalars().all()
    choose(connection, accounts, now)


_Taken = tuple[Sequence[Letter], int | None]  # letters; with none, when to look again


@dataclass(frozen=True, slots=True)
class _Claimed:
    letters: Sequence[Letter]
    again_at: datetime | None


class SqlOutbox:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._together: dict[str, int] = {}  # network -> letters that one call shows

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
        if bulk and rate.shut:
            return _Claimed((), None)
        base = max(rate.tat, now)
        room = (max(1, rate.burst // 2) if bulk else rate.burst) * rate.step
        calls = (now + room - base) // rate.step
        if calls <= 0:
            return _Claimed((), moment(base + rate.step - room))
        together = self._together.get(network, 1)
        take = self._take_alerts if bulk else self._take_replies
        letters, again_at = take(connection, rate, min(limit, calls * together), now)
        if not letters:
            return _Claimed((), moment_or_none(again_at))
        letters = letters[: _fitting(letters, calls, together)]
        values = {"now": now, "until": now + LEASE}
        if bulk:
            rows = [{"b_id": one.id, "b_led_by": led.key} for led in letters for one in (led, *led.also)]
            connection.execute(_LEASE_LED, [row | values for row in rows])
        else:
            connection.execute(_LEASE, {"ids": [letter.id for letter in letters]} | values)
        used = _calls(letters, together)
        tat = base + used * rate.step
        connection.execute(_TAKE, {"b_network": network, "b_tat": tat})
        if rate.per_chat > 0:
            lanes = sorted(str(letter.address) for letter in letters)
            after = [{"lane": lane, "send_after": now + rate.per_chat} for lane in lanes]
            connection.execute(_SPACE[connection.dialect.name], after)
        return _Claimed(letters, moment(tat + rate.step - room) if used >= calls else None)

    def _take_replies(self, connection: Connection, rate: Any, limit: int, now: int) -> _Taken:
        """Replies and notices that may leave; with none, when a chat's pace lets one go."""
        values = {"network": rate.network, "now": now, "limit": limit}
        paced = rate.per_chat > 0
        rows = connection.execute(_READY[paced], values).all()
        if rows or not paced:
            return [_letter(row) for row in rows], None
        lanes = connection.execute(_FRONT[False], values | {"limit": 4 * AHEAD}).scalars().all()
        return [], min(_spaced(connection, lanes, now).values(), default=None)

    def _take_alerts(self, connection: Connection, rate: Any, limit: int, now: int) -> _Taken:
        """One letter for a chat, with all that may go with it; with none, when a chat's pace lets one go."""
        ahead = limit + AHEAD
        while True:
            values = {"network": rate.network, "now": now, "limit": ahead}
            front = connection.execute(_FRONT[True], values).scalars().all()
            lanes = list(dict.fromkeys(front))
            later = _spaced(connection, lanes, now) if rate.per_chat > 0 else {}
            groups = _groups(connection, [lane for lane in lanes if lane not in later], limit, now)
            if groups or len(front) < ahead or ahead > CHUNK:
                return groups, None if groups else min(later.values(), default=None)
            ahead *= 8  # the front is full of chats that must wait

    # ── settle ──

    async def settle(self, letter: Letter, outcome: Outcome, also: Sequence[tuple[Letter, Outcome]] = ()) -> None:
        erased = await self._database.batch(self._settle, ((letter, outcome), *also))
        if erased:
            await self._database.scrub()

    def _settle(self, connection: Connection, calls: Sequence[Sequence[tuple[Letter, Outcome]]]) -> list[bool]:
        """For each call: whether the last trace of somebody was erased."""
        now = micros(self._clock.now())
        ids = [letter.id for call in calls for letter, _ in call]
        rows = {row.id: row for row in connection.execute(_MINE, {"ids": ids})}
        again: list[dict[str, Any]] = []
        final: list[dict[str, Any]] = []
        rest: list[dict[str, Any]] = []
        shown: list[dict[str, Any]] = []
        erased: list[Any] = []
        blocked: list[str] = []
        onward: list[tuple[Any, dict[str, Any]]] = []
        unwarned: list[str] = []
        answers: list[bool] = []
        for call in calls:
            answers.append(False)
            for letter, outcome in call:
                row = rows.get(letter.id)
                if row is None or not _counts(row, letter, outcome):
                    continue
                del rows[letter.id]
                if isinstance(outcome, Again):
                    again.append(_again(row, outcome, now))
                    continue
                if isinstance(outcome, Sent):
                    rest.extend(_rest(row, outcome, now))
                if isinstance(outcome, Sent | Uncertain):
                    shown.extend(_shown(row, outcome, now))
                if isinstance(outcome, Refused) and outcome.unreachable:
                    blocked.append(row.lane)
                if row.farewell:
                    erased.append(row)
                    answers[-1] = True
                    continue
                reason = None if isinstance(outcome, Sent) else outcome.reason
                end = {"b_id": row.id, "b_status": _STATUS[type(outcome)], "b_reason": reason, "b_now": now}
                untold = isinstance(outcome, Refused | Dead) and row.unknowns == 0
                if untold and isinstance(outcome, Refused) and outcome.elsewhere and row.priority >= BULK:
                    onward.append((row, end))
                    continue
                if untold and row.dedupe.startswith(LOW):
                    unwarned.append(row.dedupe)
                final.append(end)
        if again:
            connection.execute(_AGAIN, again)
        if rest:
            connection.execute(QUEUE[connection.dialect.name], rest)
        if shown:
            connection.execute(_SHOWN, shown)
        for row in erased:
            connection.execute(_ERASE, {"b_id": row.id})
            connection.execute(_UNPACE, {"lane": row.lane})
        if blocked:
            unreachable(connection, blocked, now)
        for row, end in onward:
            found = pass_on(connection, row.link) if row.link is not None else None
            if found is not None:
                lane, network, link = found
                moved = {"b_id": row.id, "b_lane": lane, "b_network": network, "b_link": link}
                connection.execute(_PASS_ON, moved)
                continue
            final.append(end)
            if row.dedupe.startswith(LOW):
                unwarned.append(row.dedupe)
        if final:
            connection.execute(_SETTLE, final)
        if unwarned:
            _unwarned(connection, unwarned, now)
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

    async def pace(self, network: str, per_second: float, burst: int, per_chat: float, together: int = 1) -> None:
        self._together[network] = together
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
        "b_led_by": row.led_by if outcome.unknown or row.unknowns else None,
    }


def _shown(row: Any, outcome: Sent | Uncertain, now: int) -> list[dict[str, Any]]:
    """What an alert has shown, or may have, for the audit."""
    return [
        {
            "at": now,
            "lane": None if row.farewell else row.lane or None,
            "account": one.account,
            "question": one.question,
            "figures": encode(one.figures),
            "template": one.template,
            "letter": row.id,
        }
        for one in outcome.saw
    ]


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


def _spaced(connection: Connection, lanes: Sequence[str], now: int) -> dict[str, int]:
    """Of these chats those that have just got a letter, and when the next may follow."""
    return {row.lane: row.send_after for row in connection.execute(_SPACED, {"lanes": lanes, "now": now})}


def _groups(connection: Connection, lanes: Sequence[str], limit: int, now: int) -> list[Letter]:
    """The next message of each of these chats, in the order of the chats; at most `limit`."""
    alerts: dict[str, list[Any]] = {lane: [] for lane in lanes}
    for row in connection.execute(_ALERTS, {"lanes": lanes}):
        alerts[row.lane].append(row)
    chosen = list(islice((group for of_chat in alerts.values() if (group := _group(of_chat, now))), limit))
    ids = {row.id for group in chosen for row in group}
    found = connection.execute(_STILL, {"ids": sorted(ids)}) if ids else ()
    still = {row.id for row in found if row.status == WAITING}
    return [
        _letter(first, tuple(map(_letter, others)))
        for first, *others in chosen
        if first.id in still and all(row.id in still for row in others)
    ]


def _group(alerts: Sequence[Any], now: int) -> list[Any]:
    """Which of a chat's alerts go now, as one message; the first leads. `alerts` are in their order."""
    if any(row.status == LEASED for row in alerts):
        return []
    unknown: dict[int, list[Any]] = {}
    for row in alerts:
        if row.led_by is not None:
            unknown.setdefault(row.led_by, []).append(row)
    for group in unknown.values():
        if all(row.status == WAITING for row in group):
            return group
    living = (row for row in alerts if row.expires_at is None or row.expires_at > now)
    return [row for row in living if row.status == WAITING and row.led_by is None]


def _calls(letters: Sequence[Letter], together: int) -> int:
    """How many calls show these letters."""
    single = sum(letter.reply is not None and alone(letter.reply) for letter in letters) if together > 1 else 0
    return single + ceil((len(letters) - single) / together)


def _fitting(letters: Sequence[Letter], calls: int, together: int) -> int:
    """How many of these letters so many calls show: at least one."""
    count = len(letters)
    while count > 1 and _calls(letters[:count], together) > calls:
        count -= 1
    return count


def _letter(row: Any, also: tuple[Letter, ...] = ()) -> Letter:
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
        also=also,
        led_by=row.led_by,
    )


# ── The sweep's steps: select ids, then update by id; one chunk each ──────────────────────────────────────────────


def _chunk(condition: str, *more: ColumnElement[bool]) -> Select[Any]:
    return select(outbox.c.id).where(text(condition), *more).limit(CHUNK).with_for_update(skip_locked=True)


_ANY_LEASED = _chunk(LETTER_LEASED)
_RAN_OUT = _chunk(LETTER_LEASED, outbox.c.lease_until <= bindparam("now"))
_PARKED_DUE = _chunk(LETTER_PARKED, outbox.c.not_before <= bindparam("now"))
_LATE = _chunk(LETTER_MAY_EXPIRE, outbox.c.expires_at <= bindparam("now"))
_OF_LATE = select(outbox.c.id, outbox.c.dedupe, outbox.c.unknowns, outbox.c.farewell).where(among(outbox.c.id, "ids"))
_GONE = delete(outbox).where(among(outbox.c.id, "ids"))
_CHANGED = update(outbox).where(among(outbox.c.id, "ids"))
_TAKEN_BACK = _CHANGED.values(
    status=WAITING,
    lease_until=0,
    unknowns=outbox.c.unknowns + 1,
    first_sent_at=func.coalesce(outbox.c.first_sent_at, outbox.c.sending_at),
)
_UNPARKED = _CHANGED.values(status=WAITING, not_before=None)
_EXPIRED = _CHANGED.values(
    status=bindparam("to"), reason="expired", settled_at=bindparam("now"), lane="", payload=None, not_before=None
)


def _ids(connection: Connection, query: Select[Any], now: int) -> list[int]:
    return list(connection.execute(query, {"now": now}).scalars())


def _take_back(connection: Connection, now: int, *, everything: bool = False) -> int:
    """Leases that ran out: nobody knows whether those attempts arrived. The token stays, so a late result counts."""
    if ids := _ids(connection, _ANY_LEASED if everything else _RAN_OUT, now):
        connection.execute(_TAKEN_BACK, {"ids": ids})
    return len(ids)


def _unpark(connection: Connection, now: int) -> int:
    if ids := _ids(connection, _PARKED_DUE, now):
        connection.execute(_UNPARKED, {"ids": ids})
    return len(ids)


def _expire(connection: Connection, now: int) -> int:
    """Too late. What may have arrived is not known to be refused."""
    if not (late := _ids(connection, _LATE, now)):
        return 0
    rows = connection.execute(_OF_LATE, {"ids": late}).all()
    connection.execute(_GONE, {"ids": [row.id for row in rows if row.farewell]})
    for status in (UNCERTAIN, REFUSED):
        ids = [row.id for row in rows if bool(row.unknowns) == (status == UNCERTAIN)]
        connection.execute(_EXPIRED, {"ids": ids, "to": status, "now": now})
    if unwarned := [row.dedupe for row in rows if not row.unknowns and row.dedupe.startswith(LOW)]:
        _unwarned(connection, unwarned, now)
    return len(late)


def take_back_all(connection: Connection) -> None:
    """At the start on SQLite: no other process can hold a letter."""
    while _take_back(connection, 0, everything=True) == CHUNK:
        pass
