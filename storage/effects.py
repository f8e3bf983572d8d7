"""What a turn may change: one function for each effect, and a table of them.

They run inside `Inbox.finish`, in the order in which the handler named them, in the turn's own transaction. An effect
that no longer fits raises Stale: then nothing of the turn is written. Rows are locked chats first, links second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from adapters.base import Address
from billing.keyring import keys
from storage import orders as payments
from storage.base import (
    Choose,
    Discard,
    Effect,
    Forget,
    GiveConsent,
    Invite,
    Join,
    MissAnswer,
    MissCode,
    Missed,
    Origin,
    Pay,
    Place,
    Pose,
    Post,
    Prefer,
    Priority,
    Remind,
    Saw,
    SetAlerts,
    SetHour,
    SetLanguage,
    SetNickname,
    SetQuiet,
    SetReachable,
    SetRegion,
    SetThreshold,
    SetWish,
    SetZone,
    Solve,
    Stale,
    Tell,
    TooMany,
    Unlink,
    UnlinkEverywhere,
    Verify,
)
from storage.dialects import among, upsert
from storage.hearers import choose, choose_of_chat
from storage.outbox import BULK, letter_row
from storage.tables import (
    EVENT_WAITS,
    LETTER_ACTIVE,
    LETTER_LEASED,
    audits,
    challenges,
    chats,
    dead,
    erasures,
    inbox,
    invitations,
    lanes,
    links,
    outbox,
    paces,
)
from storage.values import DAY, address_of, claims_of, data_of, encode, lane_of, micros

COMPLAINT = "complaint"  # audits.question: alerts were switched off within a day after one


@dataclass(slots=True)
class Turn:
    """Where effects work: one event of one chat, inside an open transaction."""

    connection: Connection
    now: int
    lane: str
    chat: int
    event: int
    letters: list[dict[str, Any]]  # rows for the outbox and for the audit, and what was missed, of all turns of one
    shown: list[dict[str, Any]]  # transaction: they are written together when all effects are done
    missed: list[Missed]
    forgotten: bool = False
    told: int = 0
    posted: int = 0

    @property
    def address(self) -> Address:
        return address_of(self.lane)


def apply(turn: Turn, effects: Sequence[Effect]) -> None:
    for effect in effects:
        _EFFECTS[type(effect)](turn, effect)


def forgets(effects: Sequence[Effect]) -> bool:
    return any(isinstance(effect, Forget) for effect in effects)


# ── The chat's settings ───────────────────────────────────────────────────────────────────────────────────────────


def _set(turn: Turn, **values: Any) -> None:
    turn.connection.execute(update(chats).where(chats.c.id == turn.chat).values(**values))


def _language(turn: Turn, effect: SetLanguage) -> None:
    _set(turn, language=effect.language)


def _consent(turn: Turn, effect: GiveConsent) -> None:
    _set(turn, consent=effect.version, consent_at=turn.now)


def _quiet(turn: Turn, effect: SetQuiet) -> None:
    _set(turn, quiet_from=effect.start, quiet_to=effect.end)


def _zone(turn: Turn, effect: SetZone) -> None:
    _set(turn, zone=effect.zone)


def _region(turn: Turn, effect: SetRegion) -> None:
    _set(turn, region=effect.region)


def _alerts(turn: Turn, effect: SetAlerts) -> None:
    """Whoever switches alerts on wants to hear of the accounts here."""
    before = turn.connection.execute(select(chats.c.alerts).where(chats.c.id == turn.chat)).scalar_one()
    _set(turn, alerts=effect.on)
    if effect.on and not before:
        turn.connection.execute(update(links).where(links.c.chat == turn.chat).values(rank=turn.now))
    if before and not effect.on:
        _complain(turn)
    choose_of_chat(turn.connection, turn.chat, turn.now)


def _reachable(turn: Turn, effect: SetReachable) -> None:
    _set(turn, reachable=effect.reachable)
    choose_of_chat(turn.connection, turn.chat, turn.now)


def _wish(turn: Turn, effect: SetWish) -> None:
    known = turn.connection.execute(select(chats.c.wishes).where(chats.c.id == turn.chat)).scalar_one()
    wishes = data_of(known) if known else {}
    if effect.value is None:
        wishes.pop(effect.topic, None)
    else:
        wishes[str(effect.topic)] = effect.value
    _set(turn, wishes=encode(wishes) if wishes else None)
    if effect.value == "off":
        _complain(turn)
    choose_of_chat(turn.connection, turn.chat, turn.now)


def _hour(turn: Turn, effect: SetHour) -> None:
    _set(turn, remind_at=effect.minutes)
    choose_of_chat(turn.connection, turn.chat, turn.now)


def _prefer(turn: Turn, effect: Prefer) -> None:
    account = _change_own(turn, effect.link, rank=turn.now)
    choose(turn.connection, [account], turn.now)


def _remind(turn: Turn, effect: Remind) -> None:
    _own(turn, effect.link)
    row = letter_row(
        turn.lane,
        effect.kind,
        f"again:{effect.link}:{effect.kind}:{micros(effect.at)}",
        turn.now,
        priority=Priority.ALERT,
        payload=encode(effect.data),
        link=effect.link,
        not_before=micros(effect.at),
        expires_at=micros(effect.expires_at),
    )
    turn.letters.append(row)


def _complain(turn: Turn) -> None:
    """Alerts were switched off within a day after one: the valve counts that. Without the chat, and no figure."""
    lately = select(audits.c.id).where(
        audits.c.lane == turn.lane, audits.c.letter.is_not(None), audits.c.at > turn.now - DAY
    )
    if turn.connection.execute(lately.limit(1)).first() is not None:
        row = {"at": turn.now, "lane": None, "account": "", "question": COMPLAINT, "figures": None}
        turn.shown.append(row | {"template": "", "letter": None})


# ── Linking ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _invite(turn: Turn, effect: Invite) -> None:
    turn.connection.execute(delete(invitations).where(invitations.c.lane == turn.lane))
    turn.connection.execute(
        insert(invitations).values(
            token_hash=effect.token_hash,
            origin=Origin.CHAT.value,
            lane=turn.lane,
            name=effect.name,
            language=effect.language,
            expires_at=micros(effect.expires_at),
        )
    )


_LINK = upsert(links, ["chat", "account"], ["number", "holder", "region", "linked_at"])


def _join(turn: Turn, effect: Join) -> None:
    used = turn.connection.execute(
        delete(invitations)
        .where(
            invitations.c.id == effect.invitation,
            invitations.c.expires_at > turn.now,
            or_(
                invitations.c.origin == Origin.ACCOUNT.value,
                # A code must have been shown, and only the chat that asked may type it.
                # The code that was typed must still be the one that counts: a later sign-in brought other accounts.
                and_(
                    invitations.c.lane == turn.lane,
                    invitations.c.code_hash.is_not(None)
                    if effect.code_hash is None
                    else invitations.c.code_hash == effect.code_hash,
                ),
            ),
        )
        .returning(invitations.c.claims)
    ).first()
    claims = () if used is None else claims_of(used.claims)
    if not claims:
        raise Stale("the invitation is used, expired or another chat's")
    turn.connection.execute(select(chats.c.id).where(chats.c.id == turn.chat).with_for_update()).one()
    mine = set(turn.connection.execute(select(links.c.account).where(links.c.chat == turn.chat)).scalars())
    if len(mine | {claim.account for claim in claims}) > effect.max_links:
        raise TooMany("more accounts than a chat may have")
    turn.connection.execute(
        _LINK[turn.connection.dialect.name],
        [
            {
                "chat": turn.chat,
                "account": claim.account,
                "number": claim.number,
                "holder": claim.holder,
                "region": claim.region,
                "linked_at": turn.now,
                "threshold": effect.threshold,
                "rank": turn.now,
            }
            for claim in claims
        ],
    )
    choose(turn.connection, [claim.account for claim in claims], turn.now)
    # Whoever has just linked an account wants to hear about that one.
    first = select(links.c.id).where(links.c.chat == turn.chat, links.c.account == claims[0].account)
    _set(turn, current=first.scalar_subquery())


def _miss(turn: Turn, effect: MissCode) -> None:
    mine = invitations.c.id == effect.invitation, invitations.c.lane == turn.lane
    turn.connection.execute(update(invitations).where(*mine).values(tries=invitations.c.tries + 1))
    turn.connection.execute(delete(invitations).where(*mine, invitations.c.tries >= effect.limit))


def _discard(turn: Turn, effect: Discard) -> None:
    # An invitation from the operator's site is nobody's yet: whoever holds its token may throw it away.
    mine = or_(invitations.c.lane == turn.lane, invitations.c.origin == Origin.ACCOUNT.value)
    turn.connection.execute(delete(invitations).where(invitations.c.id == effect.invitation, mine))


def _unlink(turn: Turn, effect: Unlink) -> None:
    gone = turn.connection.execute(_delete_own(turn, effect.link)).first()
    if gone is None:
        raise Stale("the link is gone")
    choose(turn.connection, [gone.account], turn.now)
    drop_keys(turn.connection, [gone.account])
    settle_current(turn.connection, [turn.chat])
    mine = challenges.c.lane == turn.lane, challenges.c.link == effect.link
    turn.connection.execute(delete(challenges).where(*mine))


def _delete_own(turn: Turn, link: int) -> Any:
    return delete(links).where(links.c.id == link, links.c.chat == turn.chat).returning(links.c.account)


def _unlink_everywhere(turn: Turn, effect: UnlinkEverywhere) -> None:
    account = select(links.c.account).where(links.c.id == effect.because_of, links.c.chat == turn.chat)
    gone = turn.connection.execute(
        delete(links)
        .where(links.c.id == effect.link, links.c.account == account.scalar_subquery())
        .returning(links.c.chat, links.c.account)
    ).first()
    if gone is None:
        raise Stale("one of the two links is gone")
    choose(turn.connection, [gone.account], turn.now)
    drop_keys(turn.connection, [gone.account])
    settle_current(turn.connection, [gone.chat])


def drop_keys(connection: Connection, accounts: Sequence[str]) -> None:
    """What a billing kept, to go on asking for accounts that nobody has linked any more."""
    unlinked = ~exists().where(links.c.account == keys.c.name)
    connection.execute(delete(keys).where(keys.c.name.in_(accounts), unlinked))


def settle_current(connection: Connection, ids: Sequence[int]) -> None:
    """Chats whose current account went away go on with the first of the others, if there is one."""
    first = select(func.min(links.c.id)).where(links.c.chat == chats.c.id).scalar_subquery()
    connection.execute(
        update(chats)
        .where(among(chats.c.id, "ids"), chats.c.current.is_not(None), ~exists().where(links.c.id == chats.c.current))
        .values(current=first),
        {"ids": ids},
    )


def _choose(turn: Turn, effect: Choose) -> None:
    _own(turn, effect.link)
    _set(turn, current=effect.link)


def _own(turn: Turn, link: int) -> None:
    query = select(links.c.id).where(links.c.id == link, links.c.chat == turn.chat)
    if turn.connection.execute(query).first() is None:
        raise Stale("the link is gone")


def _threshold(turn: Turn, effect: SetThreshold) -> None:
    account = _change_own(turn, effect.link, threshold=effect.threshold)
    choose(turn.connection, [account], turn.now)


def _nickname(turn: Turn, effect: SetNickname) -> None:
    _change_own(turn, effect.link, nickname=effect.nickname)


def _change_own(turn: Turn, link: int, **values: Any) -> str:
    """Change the chat's own link; the account that it is about."""
    mine = update(links).where(links.c.id == link, links.c.chat == turn.chat)
    account = turn.connection.execute(mine.values(**values).returning(links.c.account)).scalar()
    if account is None:
        raise Stale("the link is gone")
    return str(account)


# ── Codes by e-mail and SMS ───────────────────────────────────────────────────────────────────────────────────────

_POSE = upsert(challenges, ["lane"], ["purpose", "link", "code_hash", "data", "tries", "expires_at"])


def _pose(turn: Turn, effect: Pose) -> None:
    posed = effect.challenge
    _own(turn, posed.link)
    row = {
        "lane": turn.lane,
        "purpose": posed.purpose,
        "link": posed.link,
        "code_hash": posed.code_hash,
        "data": encode(posed.data),
        "tries": posed.tries,
        "expires_at": micros(posed.expires_at),
    }
    turn.connection.execute(_POSE[turn.connection.dialect.name], row)


def _miss_answer(turn: Turn, effect: MissAnswer) -> None:
    mine = challenges.c.lane == turn.lane
    turn.connection.execute(update(challenges).where(mine).values(tries=challenges.c.tries + 1))
    turn.connection.execute(delete(challenges).where(mine, challenges.c.tries >= effect.limit))


def _solve(turn: Turn, effect: Solve) -> None:
    used = delete(challenges).where(
        challenges.c.lane == turn.lane,
        challenges.c.code_hash == effect.code_hash,
        challenges.c.expires_at > turn.now,
    )
    if turn.connection.execute(used.returning(challenges.c.lane)).first() is None:
        raise Stale("the challenge is used, expired or another")


def _verify(turn: Turn, effect: Verify) -> None:
    _change_own(turn, effect.link, verified_until=micros(effect.until))


def _post(turn: Turn, effect: Post) -> None:
    """Beside the letters to the chat, so that the code and "it was sent" are written together or not at all.

    The letter remembers a link of the chat: by it Forget finds what waits under an address that is not the chat's.
    """
    about = (
        select(func.coalesce(challenges.c.link, chats.c.current))
        .select_from(chats.outerjoin(challenges, challenges.c.lane == chats.c.lane))
        .where(chats.c.id == turn.chat)
    )
    turn.letters.append(
        letter_row(
            lane_of(effect.to),
            "reply",
            f"m:{turn.event}:{turn.posted}",
            turn.now,
            priority=Priority.REPLY,
            payload=encode(effect.reply),
            link=turn.connection.execute(about).scalar_one(),
            expires_at=micros(effect.expires_at),
        )
    )
    turn.posted += 1


# ── Payments in a chat ────────────────────────────────────────────────────────────────────────────────────────────


def _place(turn: Turn, effect: Place) -> None:
    payments.place(turn.connection, effect, turn.lane, turn.chat, turn.now)


def _pay(turn: Turn, effect: Pay) -> None:
    payments.pay(turn.connection, effect, turn.lane, turn.now)


# ── Others, the audit, the end ────────────────────────────────────────────────────────────────────────────────────


def _saw(turn: Turn, effect: Saw) -> None:
    turn.shown.append(
        {
            "at": turn.now,
            "lane": turn.lane,
            "account": effect.account,
            "question": effect.question,
            "figures": encode(effect.figures),
            "template": effect.template,
            "letter": None,
        }
    )


def _missed(turn: Turn, effect: Missed) -> None:
    turn.missed.append(effect)


def _tell(turn: Turn, effect: Tell) -> None:
    others = (
        select(chats.c.lane, links.c.id)
        .join(links, links.c.chat == chats.c.id)
        .where(links.c.account == effect.account, chats.c.id != turn.chat, chats.c.reachable == true())
        .order_by(links.c.id)
    )
    own = turn.connection.execute(
        select(links.c.id).where(links.c.chat == turn.chat, links.c.account == effect.account)
    ).scalar_one_or_none()
    # Whoever is told may want to undo this very link.
    data = effect.data if own is None else {**effect.data, "link": str(own)}
    for row in turn.connection.execute(others):
        dedupe = f"t:{turn.event}:{turn.told}:{row.id}"
        turn.letters.append(letter_row(row.lane, effect.kind, dedupe, turn.now, payload=encode(data), link=row.id))
    turn.told += 1


def _forget(turn: Turn, _effect: Forget) -> None:
    """Outbox and paces before chats: the order in which a claim locks them."""
    connection, lane = turn.connection, turn.lane
    linked = connection.execute(select(links.c.id, links.c.account).where(links.c.chat == turn.chat)).all()
    own, accounts = [row.id for row in linked], [row.account for row in linked]
    # Letters about its links go to the chat itself, or to a mailbox or phone of this person.
    # A reply that is on the wire cannot be called back. Its row stays, without its words, until it has landed: the
    # farewell waits for it, or the figures would be shown below "everything is erased".
    on_the_wire = and_(outbox.c.lane == lane, text(LETTER_LEASED), outbox.c.priority < BULK)
    landing = {"payload": None, "link": None, "farewell": True, "expires_at": turn.now}
    letters = connection.execute(update(outbox).where(on_the_wire).values(landing)).rowcount
    theirs = or_(outbox.c.lane == lane, outbox.c.link.in_(own))
    rest = delete(outbox).where(theirs, text(LETTER_ACTIVE), ~on_the_wire)
    counts = {
        "letters": letters + connection.execute(rest).rowcount,
        # The farewell keeps the chat's pace like any letter; the purge takes it away afterwards.
        "paces": connection.execute(delete(paces).where(paces.c.lane == lane, paces.c.send_after <= turn.now)).rowcount,
        "links": len(own),
        "chats": connection.execute(delete(chats).where(chats.c.id == turn.chat)).rowcount,  # and links, by cascade
        "invitations": connection.execute(delete(invitations).where(invitations.c.lane == lane)).rowcount,
        "challenges": connection.execute(delete(challenges).where(challenges.c.lane == lane)).rowcount,
        "orders": payments.forget(connection, lane),
        # Done events have no lane any more. Those that still wait are this person's words as well.
        "events": connection.execute(
            update(inbox).where(inbox.c.lane == lane, text(EVENT_WAITS)).values(lane="", payload=None, done=turn.now)
        ).rowcount,
        "lanes": connection.execute(delete(lanes).where(lanes.c.lane == lane)).rowcount,
        # That somebody saw the account's figures remains: a leak must be traceable. Who it was, and what, does not.
        "audits": connection.execute(
            update(audits).where(audits.c.lane == lane).values(lane=None, figures=None)
        ).rowcount,
        "dead": connection.execute(delete(dead).where(dead.c.lane == lane)).rowcount + _forget_unreadable(turn),
    }
    choose(connection, accounts, turn.now)
    drop_keys(connection, accounts)
    connection.execute(insert(erasures).values(at=turn.now, network=turn.address.network, counts=encode(counts)))
    turn.letters[:] = [one for one in turn.letters if one["lane"] != lane and one["link"] not in own]
    turn.shown[:] = [row | {"lane": None, "figures": None} if row["lane"] == lane else row for row in turn.shown]
    turn.forgotten = True


def _forget_unreadable(turn: Turn) -> int:
    """Bodies that nobody could read may be anybody's: those that name the chat go. There are few."""
    chat = turn.address.chat.encode()
    query = select(dead.c.id, dead.c.payload).where(dead.c.lane.is_(None), dead.c.network == turn.address.network)
    ids = [row.id for row in turn.connection.execute(query) if chat in (row.payload or b"")]
    turn.connection.execute(delete(dead).where(among(dead.c.id, "ids")), {"ids": ids})
    return len(ids)


_EFFECTS: dict[type[Any], Callable[[Turn, Any], None]] = {
    SetLanguage: _language,
    GiveConsent: _consent,
    SetQuiet: _quiet,
    SetZone: _zone,
    SetRegion: _region,
    SetAlerts: _alerts,
    SetWish: _wish,
    SetHour: _hour,
    Prefer: _prefer,
    Remind: _remind,
    SetReachable: _reachable,
    Invite: _invite,
    Join: _join,
    MissCode: _miss,
    Discard: _discard,
    Unlink: _unlink,
    UnlinkEverywhere: _unlink_everywhere,
    Choose: _choose,
    SetThreshold: _threshold,
    SetNickname: _nickname,
    Pose: _pose,
    MissAnswer: _miss_answer,
    Solve: _solve,
    Verify: _verify,
    Post: _post,
    Place: _place,
    Pay: _pay,
    Saw: _saw,
    Missed: _missed,
    Tell: _tell,
    Forget: _forget,
}
