"""Who hears of an account: the link, among those whose chats want alerts and can be reached, that was last preferred.

`choose` keeps `watches.link` so after everything that may change it: linking and unlinking, "stop" and "start", another
threshold, a person who blocks us, "send it here". `pass_on` names where a letter goes that the chat did not take.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from storage.dialects import among, insert_new
from storage.tables import chats, links, watches

_NEW = insert_new(watches, "account")
_WANTS = and_(chats.c.alerts, chats.c.reachable)
_ACCOUNTS = among(links.c.account, "accounts")
_HEARERS = (
    select(links.c.account, links.c.id, links.c.threshold, links.c.region, _WANTS.label("wants"))
    .join(chats, chats.c.id == links.c.chat)
    .where(_ACCOUNTS)
    .order_by(links.c.account, links.c.rank.desc(), links.c.id.desc())
)
_LOCKED = (
    select(watches)
    .where(among(watches.c.account, "accounts"))
    .order_by(watches.c.id)
    .with_for_update()
)  # fmt: skip
_CHOSEN = (
    update(watches)
    .where(watches.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in
             ("link", "region", "threshold", "low", "episode", "restored", "next_at")})
)  # fmt: skip


def choose(connection: Connection, accounts: Iterable[str], now: int) -> None:
    """Make the watches of these accounts true again: after their links, or the wishes of their chats, have changed.

    Under another threshold the episode is judged anew: it may begin now; one that ends by this, or in a silence in
    which nobody hears of the account, has no end to tell.
    """
    wanted = sorted(set(accounts))
    if not wanted:
        return
    found: dict[str, list[Any]] = {account: [] for account in wanted}
    for row in connection.execute(_HEARERS, {"accounts": wanted}):
        found[row.account].append(row)
    if linked := [account for account in wanted if found[account]]:
        connection.execute(_NEW[connection.dialect.name], [{"account": account} for account in linked])
    changed = []
    for watch in connection.execute(_LOCKED, {"accounts": wanted}).all():
        mine = found[watch.account]
        if not mine:
            connection.execute(delete(watches).where(watches.c.id == watch.id))
            continue
        one = next((link for link in mine if link.wants), None)
        mark = (one or mine[0]).threshold
        low = watch.low
        if mark != watch.threshold:
            low = watch.available is not None and watch.available < mark
        new: dict[str, Any] = {"link": None, "region": "", "threshold": mark, "low": low}
        if one is not None:
            new |= {"link": one.id, "region": one.region}
        began, ended = new["low"] and not watch.low, watch.low and not new["low"]
        silent = not new["low"] and (one is None or watch.link is None)
        new["episode"] = watch.episode + 1 if began else watch.episode
        new["restored"] = new["episode"] if ended or silent else watch.restored
        # Whoever hears of it from now on may have other wishes: the days are judged anew.
        new["next_at"] = now if one is not None else None
        changed.append({f"b_{name}": value for name, value in new.items()} | {"b_id": watch.id})
    if changed:
        connection.execute(_CHOSEN, changed)


def choose_of_chat(connection: Connection, chat: int, now: int) -> None:
    """`choose` for all accounts that a chat has linked."""
    query = select(links.c.account).where(links.c.chat == chat)
    choose(connection, connection.execute(query).scalars().all(), now)


def pass_on(connection: Connection, link: int) -> tuple[str, str, int] | None:
    """Where a letter goes that this link's chat did not take: lane, network and link of the account's chosen chat.

    None: nowhere, for nobody else wants to hear of the account, or the link's chat is the chosen one still.
    """
    chosen = links.alias("chosen")
    query = (
        select(chats.c.lane, chats.c.network, chosen.c.id)
        .select_from(links)
        .join(watches, watches.c.account == links.c.account)
        .join(chosen, chosen.c.id == watches.c.link)
        .join(chats, chats.c.id == chosen.c.chat)
        .where(links.c.id == link, chosen.c.id != link)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.lane, row.network, row.id)
