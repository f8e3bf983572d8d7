"""Payments in a chat, from the invoice to the money on the account.

    Place ──▶ asked for ──Pay──▶ paid ──credited──▶ credited        `Place` and `Pay` are effects of a turn
                 │                │ ▲
                 ▼                └─┘ later: the billing did not take it yet
             purged unpaid

The network tells us that it took the money; only the billing makes it the customer's. Between the two stands a worker
that asks `uncredited`, credits under the charge as the key, and says `credited`: killed anywhere, it does the same
again, and both sides know the charge. A paid order is kept until then whoever is forgotten in between.

    token      ours, secret: the network brings it back with the money
    charge     the network's id of the payment, unique: a receipt that is delivered twice is one payment
    account ""  nobody knows the order: the money waits for the operator and is never credited by itself
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, insert, or_, select, text, true, update

from storage.base import Order, Pay, Place, Stale
from storage.clock import Clock
from storage.database import Connected
from storage.dialects import insert_new
from storage.outbox import QUEUE, letter_row
from storage.tables import ORDER_OWED, chats, links, orders
from storage.values import encode, micros, moment, moment_or_none, plain

_PLACE = insert_new(orders, "token", "id")
UNCREDITED = (
    select(orders)
    .where(text(ORDER_OWED), orders.c.account != "", orders.c.next_at <= bindparam("now"))
    .order_by(orders.c.paid_at, orders.c.id)
    .limit(bindparam("limit", type_=Integer))
)


class SqlOrders:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def order(self, token: str) -> Order | None:
        query = select(orders).where(orders.c.token == plain(token))
        row = await self._database.glance(lambda connection: connection.execute(query).first())
        return None if row is None else order_of(row)

    async def uncredited(self, limit: int = 100) -> Sequence[Order]:
        values = {"now": self._now(), "limit": limit}
        return await self._database.glance(
            lambda connection: tuple(map(order_of, connection.execute(UNCREDITED, values)))
        )

    async def credited(self, order: int) -> None:
        await self._database.write(lambda connection: self._credited(connection, order))

    def _credited(self, connection: Connection, order: int) -> None:
        now = self._now()
        done = (
            update(orders)
            .where(orders.c.id == order, text(ORDER_OWED))
            .values(credited_at=now)
            .returning(orders.c.lane, orders.c.link, orders.c.amount, orders.c.currency)
        )
        row = connection.execute(done).first()
        if row is None:
            return  # told before
        if row.lane is None:  # whose chat was forgotten: kept for the money only, and that has arrived
            connection.execute(delete(orders).where(orders.c.id == order))
            return
        told = (
            select(chats.c.lane)
            .join(links, links.c.chat == chats.c.id)
            .where(links.c.id == row.link, chats.c.lane == row.lane, chats.c.reachable == true())
        )
        if connection.execute(told).first() is not None:
            data = {"amount": str(row.amount), "currency": row.currency}
            letter = letter_row(row.lane, "credited", f"credited:{order}", now, payload=encode(data), link=row.link)
            connection.execute(QUEUE[connection.dialect.name], [letter])

    async def later(self, order: int, at: datetime) -> None:
        statement = (
            update(orders)
            .where(orders.c.id == order, text(ORDER_OWED))
            .values(attempts=orders.c.attempts + 1, next_at=micros(at))
        )
        await self._database.write(lambda connection: connection.execute(statement).close())

    def _now(self) -> int:
        return micros(self._clock.now())


# ── Inside a turn's transaction ───────────────────────────────────────────────────────────────────────────────────


def place(connection: Connection, effect: Place, lane: str, chat: int, now: int) -> None:
    """Raises Stale: the link is not the chat's (any more), or the token is taken."""
    own = select(links.c.account).where(links.c.id == effect.link, links.c.chat == chat)
    account = connection.execute(own).scalar_one_or_none()
    row = {
        "token": effect.token,
        "lane": lane,
        "link": effect.link,
        "account": account,
        "amount": effect.amount,
        "currency": effect.currency,
        "created_at": now,
        "expires_at": micros(effect.expires_at),
    }
    if account is None or connection.execute(_PLACE[connection.dialect.name], row).first() is None:
        raise Stale("an order for an account that is not the chat's")


def pay(connection: Connection, effect: Pay, lane: str, now: int) -> None:
    """The sum is kept as the network says: that is what was taken."""
    token, charge = plain(effect.token), plain(effect.charge)
    if connection.execute(select(orders.c.id).where(orders.c.charge == charge)).first() is not None:
        return
    paid: dict[str, Any] = {
        "charge": charge,
        "amount": effect.amount,
        "currency": plain(effect.currency),
        "paid_at": micros(effect.at),
    }
    first = update(orders).where(orders.c.token == token, orders.c.charge.is_(None)).values(paid)
    if connection.execute(first.returning(orders.c.id)).first() is not None:
        return
    # The order was paid before by another charge (an invoice can be paid from two clients at once), and its account
    # is owed this sum too; or there is no such order.
    twin = connection.execute(select(orders).where(orders.c.token == token)).first()
    row = {
        "token": token if twin is None else f"{token}/{charge}",
        "lane": lane if twin is None else twin.lane,
        "link": None if twin is None else twin.link,
        "account": "" if twin is None else twin.account,
        "created_at": now,
        "expires_at": now,
    }
    connection.execute(insert(orders).values(row | paid))


def unknown(connection: Connection, charge: str) -> bool:
    """Whether this payment waits for the operator: nobody knows its order."""
    query = select(orders.c.id).where(orders.c.charge == plain(charge), orders.c.account == "")
    return connection.execute(query).first() is not None


def forget(connection: Connection, lane: str) -> int:
    """What was not paid, or is credited, goes; money that is owed loses its chat. How many rows held the chat."""
    mine = orders.c.lane == lane
    gone = connection.execute(
        delete(orders).where(mine, or_(orders.c.paid_at.is_(None), orders.c.credited_at.is_not(None)))
    )
    kept = connection.execute(update(orders).where(mine).values(lane=None, link=None))
    return gone.rowcount + kept.rowcount


def order_of(row: Any) -> Order:
    return Order(
        id=row.id,
        token=row.token,
        account=row.account,
        amount=row.amount,
        currency=row.currency,
        expires_at=moment(row.expires_at),
        charge=row.charge,
        paid_at=moment_or_none(row.paid_at),
        credited_at=moment_or_none(row.credited_at),
        attempts=row.attempts,
    )
