"""What is remembered about conversations: one statement for many of them, for it is on the way of every answer."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from storage.base import Challenge, Chat, Dialogue, Invitation, Link, Memory, Origin
from storage.dialects import among
from storage.tables import challenges, chats, invitations, lanes, links
from storage.values import address_of, claims_of, data_of, dialogue_of, moment, moment_or_none

_LINK = "id", "account", "number", "holder", "linked_at", "threshold", "nickname", "region", "verified_until"

_MEMORY = (
    select(
        chats,
        lanes.c.dialogue,
        *(links.c[name].label(f"link_{name}") for name in _LINK),
        *(column.label(f"invitation_{column.name}") for column in invitations.c if column.name != "token_hash"),
        *(column.label(f"challenge_{column.name}") for column in challenges.c if column.name != "lane"),
    )
    .select_from(
        chats.outerjoin(lanes, lanes.c.lane == chats.c.lane)
        .outerjoin(links, links.c.chat == chats.c.id)
        .outerjoin(invitations, and_(invitations.c.lane == chats.c.lane, invitations.c.expires_at > bindparam("now")))
        .outerjoin(challenges, and_(challenges.c.lane == chats.c.lane, challenges.c.expires_at > bindparam("now")))
    )
    .where(among(chats.c.lane, "lanes"))
    .order_by(links.c.id)
)


def memories(connection: Connection, wanted: Iterable[str], now: int) -> dict[str, Memory]:
    """The memory of each lane; of an unknown one it is empty."""
    lanes_wanted = list(wanted)
    rows: dict[str, list[Any]] = {lane: [] for lane in lanes_wanted}
    for row in connection.execute(_MEMORY, {"lanes": lanes_wanted, "now": now}):
        rows[row.lane].append(row)
    return {lane: _memory(lane, found) for lane, found in rows.items()}


def _memory(lane: str, rows: list[Any]) -> Memory:
    if not rows:
        return Memory(Chat(address_of(lane)))
    first = rows[0]
    return Memory(
        chat_of(first),
        tuple(link_of(row, "link_") for row in rows if row.link_id is not None),
        Dialogue() if first.dialogue is None else dialogue_of(first.dialogue),
        None if first.invitation_id is None else invitation_of(first, "invitation_"),
        None if first.challenge_purpose is None else challenge_of(first, "challenge_"),
    )


def chat_of(row: Any) -> Chat:
    return Chat(
        address=address_of(row.lane),
        id=row.id,
        language=row.language,
        zone=row.zone,
        consent=row.consent,
        consent_at=moment_or_none(row.consent_at),
        alerts=row.alerts,
        quiet_from=row.quiet_from,
        quiet_to=row.quiet_to,
        reachable=row.reachable,
        current=row.current,
        region=row.region,
        wishes=data_of(row.wishes) if row.wishes else {},
        remind_at=row.remind_at,
    )


def link_of(row: Any, prefix: str = "") -> Link:
    return Link(
        id=getattr(row, prefix + "id"),
        account=getattr(row, prefix + "account"),
        number=getattr(row, prefix + "number"),
        holder=getattr(row, prefix + "holder"),
        linked_at=moment(getattr(row, prefix + "linked_at")),
        threshold=getattr(row, prefix + "threshold"),
        nickname=getattr(row, prefix + "nickname"),
        region=getattr(row, prefix + "region"),
        verified_until=moment_or_none(getattr(row, prefix + "verified_until")),
    )


def invitation_of(row: Any, prefix: str = "") -> Invitation:
    lane = getattr(row, prefix + "lane")
    return Invitation(
        id=getattr(row, prefix + "id"),
        origin=Origin(getattr(row, prefix + "origin")),
        expires_at=moment(getattr(row, prefix + "expires_at")),
        address=None if lane is None else address_of(lane),
        name=getattr(row, prefix + "name"),
        language=getattr(row, prefix + "language"),
        subject=getattr(row, prefix + "subject"),
        claims=claims_of(getattr(row, prefix + "claims")),
        code_hash=getattr(row, prefix + "code_hash"),
        tries=getattr(row, prefix + "tries"),
    )


def challenge_of(row: Any, prefix: str = "") -> Challenge:
    return Challenge(
        purpose=getattr(row, prefix + "purpose"),
        link=getattr(row, prefix + "link"),
        code_hash=getattr(row, prefix + "code_hash"),
        expires_at=moment(getattr(row, prefix + "expires_at")),
        tries=getattr(row, prefix + "tries"),
        data=data_of(getattr(row, prefix + "data")),
    )
