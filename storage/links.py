"""What the linking page and the operator's API do. A token is kept as its hash only; a used invitation is deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, text, update

from adapters.base import Address
from storage.base import Claim, Invitation, Link, Origin
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import lock_names
from storage.effects import drop_keys, settle_current
from storage.hearers import choose
from storage.memory import invitation_of, link_of, memories
from storage.tables import LETTER_ACTIVE, attempts, audits, chats, invitations, links, orders, outbox, watches
from storage.values import SECOND, address_of, encode, figures_of, lane_of, micros, moment, moment_or_none


class SqlLinks:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ── Invitations ──

    async def invitation(self, token_hash: bytes) -> Invitation | None:
        query = select(invitations).where(
            invitations.c.token_hash == token_hash, invitations.c.expires_at > self._now()
        )
        row = await self._database.glance(lambda connection: connection.execute(query).first())
        return None if row is None else invitation_of(row)

    async def sign_in(self, token_hash: bytes, subject: str, claims: Sequence[Claim], code_hash: str) -> bool:
        # Wrong tries are the invitation's, not the code's: a new code does not give more of them.
        statement = (
            update(invitations)
            .where(
                invitations.c.token_hash == token_hash,
                invitations.c.origin == Origin.CHAT.value,
                invitations.c.expires_at > self._now(),
            )
            .values(subject=subject, claims=encode(tuple(claims)), code_hash=code_hash)
        )
        return await self._database.write(lambda connection: connection.execute(statement).rowcount == 1)

    async def grant(self, token_hash: bytes, subject: str, claims: Sequence[Claim], expires_at: datetime) -> None:
        statement = insert(invitations).values(
            token_hash=token_hash,
            origin=Origin.ACCOUNT.value,
            name="",
            language="ru",
            subject=subject,
            claims=encode(tuple(claims)),
            expires_at=micros(expires_at),
        )
        await self._database.write(lambda connection: connection.execute(statement).close())

    # ── Password attempts ──

    async def attempt(self, keys: Sequence[tuple[str, int, float]]) -> int | None:
        """A window slides: an attempt is forgotten when it is as old as the window. A refused one is not counted."""
        hashed = [(_key(name), many, int(within * SECOND)) for name, many, within in keys]

        def unit(connection: Connection) -> int | None:
            lock_names(connection, [key for key, _, _ in hashed])
            now = self._now()
            for key, many, within in hashed:
                recent = select(func.count()).where(attempts.c.key == key, attempts.c.at > now - within)
                if connection.execute(recent).scalar_one() >= many:
                    return None
            receipt: int | None = None
            for key, _, _ in hashed:
                row = {"key": key, "at": now, "receipt": receipt}
                written = connection.execute(insert(attempts).returning(attempts.c.id), row).scalar_one()
                receipt = receipt or written
            return receipt or 0

        return await self._database.write(unit)

    async def forgive(self, receipt: int) -> None:
        statement = delete(attempts).where(or_(attempts.c.id == receipt, attempts.c.receipt == receipt))
        await self._database.write(lambda connection: connection.execute(statement).close())

    # ── Links ──

    async def links(self, address: Address) -> Sequence[Link]:
        query = (
            select(links).join(chats, chats.c.id == links.c.chat).where(chats.c.lane == lane_of(address))
        ).order_by(links.c.id)
        return await self._database.glance(lambda connection: tuple(map(link_of, connection.execute(query))))

    async def chats(self, account: str) -> Sequence[Address]:
        query = select(chats.c.lane).join(links, links.c.chat == chats.c.id).where(links.c.account == account)
        query = query.order_by(links.c.id)
        return await self._database.glance(
            lambda connection: tuple(address_of(lane) for lane in connection.execute(query).scalars())
        )

    async def gone(self, account: str) -> int:
        def unit(connection: Connection) -> int:
            ended = delete(links).where(links.c.account == account).returning(links.c.chat)
            owners = sorted(connection.execute(ended).scalars())
            choose(connection, [account], self._now())
            drop_keys(connection, [account])
            settle_current(connection, owners)
            return len(owners)

        return await self._database.write(unit)

    async def export(self, address: Address) -> Mapping[str, Any]:
        lane = lane_of(address)

        def unit(connection: Connection) -> Mapping[str, Any]:
            memory = memories(connection, [lane], self._now())[lane]
            watched = select(links, watches.c.available, (watches.c.link == links.c.id).label("hears"))
            watched = watched.outerjoin(watches, watches.c.account == links.c.account)
            watched = watched.where(links.c.chat == memory.chat.id).order_by(links.c.id)
            seen = select(audits).where(audits.c.lane == lane).order_by(audits.c.id)
            own = [one.id for one in memory.links]
            # About its links: to the chat itself, or a code to the mailbox or phone of this person.
            letters = select(outbox.c.kind, outbox.c.created_at).where(
                or_(outbox.c.lane == lane, outbox.c.link.in_(own)), text(LETTER_ACTIVE)
            )
            paid = select(orders).where(orders.c.lane == lane).order_by(orders.c.id)
            chat, dialogue, invitation, posed = memory.chat, memory.dialogue, memory.invitation, memory.challenge
            return {
                "network": address.network,
                "chat": address.chat,
                "language": chat.language,
                "zone": chat.zone,
                "region": chat.region,
                "consent": chat.consent,
                "consent_at": _iso(chat.consent_at),
                "alerts": chat.alerts,
                "quiet_from": chat.quiet_from,
                "quiet_to": chat.quiet_to,
                "remind_at": chat.remind_at,
                "wishes": dict(chat.wishes),
                "reachable": chat.reachable,
                "accounts": [
                    {
                        "account": row.account,
                        "number": row.number,
                        "holder": row.holder,
                        "nickname": row.nickname,
                        "region": row.region,
                        "linked_at": _iso(moment(row.linked_at)),
                        "threshold": row.threshold,
                        "available": row.available,
                        "alerts_here": bool(row.hears),
                        "current": row.id == chat.current,
                        "verified_until": _iso(moment_or_none(row.verified_until)),
                    }
                    for row in connection.execute(watched)
                ],
                "dialogue": {
                    "question": dialogue.question,
                    "data": dict(dialogue.data),
                    "options": [label for label, _ in dialogue.options],
                    "asked_at": _iso(dialogue.asked_at),
                },
                "invitation": None if invitation is None else {"expires_at": _iso(invitation.expires_at)},
                "code": None
                if posed is None
                else {"purpose": posed.purpose, "data": dict(posed.data), "expires_at": _iso(posed.expires_at)},
                "orders": [
                    {
                        "account": row.account,
                        "amount": row.amount,
                        "currency": row.currency,
                        "created_at": _iso(moment(row.created_at)),
                        "charge": row.charge,
                        "paid_at": _iso(moment_or_none(row.paid_at)),
                        "credited_at": _iso(moment_or_none(row.credited_at)),
                    }
                    for row in connection.execute(paid)
                ],
                "letters": [
                    {"kind": row.kind, "created_at": _iso(moment(row.created_at))}
                    for row in connection.execute(letters)
                ],
                "shown": [
                    {
                        "at": _iso(moment(row.at)),
                        "account": row.account,
                        "question": row.question,
                        "figures": figures_of(row.figures or "{}"),
                        "template": row.template,
                    }
                    for row in connection.execute(seen)
                ],
            }

        return await self._database.read(unit)

    def _now(self) -> int:
        return micros(self._clock.now())


def _key(name: str) -> bytes:
    """A key may be a login or an address: only its hash is kept."""
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).digest()


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
