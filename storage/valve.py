"""The valve: what holds alerts back, for all processes and all networks at once.

    shut    one row in `valve`; `Outbox.claim` looks at it in its own transaction, so that it works within a claim
    wave    alerts that were queued together because they were many: HELD, until a share of them may leave

A share is taken by the letters' own numbers, so that it is spread evenly over the wave and the tenth contains the first
per cent.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, literal_column, select, text, update

from adapters.base import Address, Reply
from storage.base import Draft, Hold, Wave
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import among, insert_new, upsert
from storage.effects import COMPLAINT
from storage.outbox import QUEUE, reply_row
from storage.tables import HELD, LEASED, PARKED, REFUSED, SENT, UNCERTAIN, WAITING, audits, outbox, runs, valve, waves
from storage.values import lane_of, micros, moment, moment_or_none

Alarm = tuple[Address, Reply]

CHUNK: Final = 5000  # letters of one transaction
SPREAD: Final = 37  # times a letter's number, modulo 100: neighbours are far apart, so that a small wave is spread too
TRUSTED: Final = "trusted"  # runs.key: a person looked at the figures
_SHUT = insert_new(valve, "id")
_OF_IDS = update(outbox).where(among(outbox.c.id, "ids"))
_TRUST = upsert(runs, ["key"], ["at"])
_BLOCKED: ColumnElement[bool] = literal_column("reason = 'blocked'")  # bound, it would be two values to PostgreSQL
_LIVING = select(waves).where(waves.c.ended_at.is_(None)).order_by(waves.c.id.desc()).limit(1)


class SqlValve:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def hold(self) -> Hold | None:
        row = await self._database.glance(lambda connection: connection.execute(select(valve)).first())
        return None if row is None else Hold(row.reason, moment(row.since), row.by)

    async def shut(self, reason: str, by: str, alarm: Alarm | None = None) -> bool:
        def unit(connection: Connection) -> bool:
            row = {"id": 1, "reason": reason, "since": self._now(), "by": by}
            new = connection.execute(_SHUT[connection.dialect.name], row).rowcount == 1
            if new and alarm is not None:
                self._sound(connection, alarm, f"alarm:valve:{row['since']}")
            return new

        return await self._database.write(unit)

    async def open(self, by: str, *, trust: bool = False) -> bool:
        def unit(connection: Connection) -> bool:
            if trust:
                connection.execute(_TRUST[connection.dialect.name], {"key": TRUSTED, "at": self._now()})
            return connection.execute(delete(valve)).rowcount == 1

        return await self._database.write(unit)

    async def trusted(self) -> datetime | None:
        query = select(runs.c.at).where(runs.c.key == TRUSTED)
        return moment_or_none(await self._database.glance(lambda connection: connection.execute(query).scalar()))

    async def begin(self) -> int:
        def unit(connection: Connection) -> int:
            living = connection.execute(_LIVING.with_for_update()).first()
            if living is not None:
                return int(living.id)
            now = self._now()
            new = insert(waves).values(began_at=now, share_at=now).returning(waves.c.id)
            return int(connection.execute(new).scalar_one())

        return await self._database.write(unit)

    async def wave(self) -> Wave | None:
        def unit(connection: Connection) -> Wave | None:
            row = connection.execute(_LIVING).first()
            if row is None:
                return None
            query = select(outbox.c.status, _BLOCKED, func.count()).group_by(outbox.c.status, _BLOCKED)
            query = query.where(text("wave IS NOT NULL"), outbox.c.wave == row.id)
            counts = connection.execute(query).all()
            complained = select(func.count()).where(audits.c.at >= row.began_at, audits.c.question == COMPLAINT)

            def many(*statuses: int) -> int:
                return sum(count for status, _, count in counts if status in statuses)

            return Wave(
                id=row.id,
                began_at=moment(row.began_at),
                letters=sum(count for _, _, count in counts),
                share=row.share,
                share_at=moment(row.share_at),
                shown=many(SENT, UNCERTAIN),
                refused=sum(count for status, blocked, count in counts if status == REFUSED and blocked),
                complaints=connection.execute(complained).scalar_one(),
                waiting=many(WAITING, LEASED, PARKED),
                stopped=row.stopped,
            )

        return await self._database.read(unit)

    async def widen(self, wave: int, share: int) -> int:
        """The share is written first: a process that dies in the middle has said how far it wanted to go."""
        now = self._now()
        since = case((waves.c.share == share, waves.c.share_at), else_=now)
        values: dict[str, Any] = {"share": share, "share_at": since, "stopped": ""}
        moved = update(waves).where(waves.c.id == wave, waves.c.ended_at.is_(None)).values(**values)
        await self._database.write(lambda connection: connection.execute(moved).close())
        released = 0
        while count := await self._database.write(partial(self._release, wave=wave, share=share)):
            released += count
        if share >= 100:
            ended = update(waves).where(waves.c.id == wave).values(ended_at=now)
            await self._database.write(lambda connection: connection.execute(ended).close())
        return released

    def _release(self, connection: Connection, wave: int, share: int) -> int:
        held = select(outbox.c.id).where(text("wave IS NOT NULL"), outbox.c.wave == wave, outbox.c.status == HELD)
        held = held.where(outbox.c.id * SPREAD % 100 < share).order_by(outbox.c.id).limit(CHUNK)
        ids = list(connection.execute(held.with_for_update(skip_locked=True)).scalars())
        connection.execute(_OF_IDS.values(status=WAITING), {"ids": ids})
        return len(ids)

    async def stop(self, wave: int, why: str, alarm: Alarm | None = None) -> bool:
        def unit(connection: Connection) -> bool:
            going = update(waves).where(waves.c.id == wave, waves.c.stopped == "", waves.c.ended_at.is_(None))
            new = connection.execute(going.values(stopped=why)).rowcount == 1
            if new and alarm is not None:
                self._sound(connection, alarm, f"alarm:wave:{wave}:{self._now()}")
            return new

        return await self._database.write(unit)

    def _sound(self, connection: Connection, alarm: Alarm, key: str) -> None:
        """A letter to the operator: no alert, so that no valve holds it."""
        to, reply = alarm
        draft = Draft(reply, personal=False)
        connection.execute(QUEUE[connection.dialect.name], [reply_row(lane_of(to), draft, key, self._now())])

    async def drop(self, wave: int) -> int:
        dropped = 0
        while count := await self._database.write(partial(self._refuse, wave=wave)):
            dropped += count
        ended = update(waves).where(waves.c.id == wave).values(ended_at=self._now())
        await self._database.write(lambda connection: connection.execute(ended).close())
        return dropped

    def _refuse(self, connection: Connection, wave: int) -> int:
        held = select(outbox.c.id).where(text("wave IS NOT NULL"), outbox.c.wave == wave, outbox.c.status == HELD)
        ids = list(connection.execute(held.limit(CHUNK).with_for_update(skip_locked=True)).scalars())
        values = {"status": REFUSED, "reason": "dropped", "settled_at": self._now(), "lane": "", "payload": None}
        connection.execute(_OF_IDS.values(**values), {"ids": ids})
        return len(ids)

    def _now(self) -> int:
        return micros(self._clock.now())
