"""The audit: who was shown which figures of an account, when, and in which version of the words.

Rows are written where the showing is: an answer's in the transaction that finishes its event (`storage.effects`), an
alert's in the one that marks its letter as sent (`storage.outbox`). Whoever was forgotten stays in it without a chat
and without figures: a leak must be traceable, a person not.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from storage.base import Shown
from storage.database import Connected
from storage.tables import audits, links
from storage.values import address_of, figures_of, micros, moment


class SqlAudit:
    def __init__(self, database: Connected) -> None:
        self._database = database

    async def shown(
        self, account: str, since: datetime | None = None, until: datetime | None = None, limit: int = 1000
    ) -> Sequence[Shown]:
        query = select(audits).where(audits.c.account == account)
        if since is not None:
            query = query.where(audits.c.at >= micros(since))
        if until is not None:
            query = query.where(audits.c.at < micros(until))
        query = query.order_by(audits.c.at.desc(), audits.c.id.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return tuple(
            Shown(
                at=moment(row.at),
                address=None if row.lane is None else address_of(row.lane),
                account=row.account,
                question=row.question,
                figures=figures_of(row.figures or "{}"),
                template=row.template,
                letter=row.letter,
            )
            for row in rows
        )

    async def accounts(self, number: str) -> Sequence[str]:
        query = select(links.c.account).where(links.c.number == number).distinct().order_by(links.c.account)
        return await self._database.read(lambda connection: tuple(connection.execute(query).scalars()))
