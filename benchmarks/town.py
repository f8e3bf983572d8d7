"""A town to ask about: customers with an account, a service and a linked chat each, put in by the thousand.

No two have the same money, so that nothing which is remembered for one customer answers another. The chats are those
that `benchmarks.load` writes from, and as many more as are wanted.
"""

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from billing.base import Account, Balance, Kind, Money, Scheme, Service, Status
from billing.ledger import Ledger
from billing.ledger_rows import Book, Opened, chunks
from storage.tables import chats, links
from storage.values import micros

CHUNK = 5000
FIRST = 10**9  # benchmarks.load: chats are "1" and nine digits


async def settle(app: Any, customers: int) -> None:
    """Everybody agreed, linked, and asked nothing yet."""
    ledger, now = Ledger(app.storage.database, app.clock.now), app.clock.now()
    today = now.date()
    for some in chunks(range(1, customers + 1), CHUNK):
        await ledger.load(book(some, today, now))
        await app.storage.database.write(lambda connection, some=some: linked(connection, some, micros(now)))


def book(numbers: Any, today: date, now: Any) -> Book:
    opened, services = [], []
    for n in numbers:
        account = Account(f"a{n}", f"72{n:08}", Scheme.ADVANCE, "Иван П.")
        opened.append(Opened(account, None, Balance(account.id, Money(1000 + n * 137 % 250_000), now)))
        fee, day = Money(30_000 + n % 40 * 1000), today + timedelta(days=1 + n % 27)
        services.append(
            Service(account.id, f"s{n}", Kind.INTERNET, "Домашний интернет", Status.ACTIVE, "Старт", fee, day)
        )
    return Book((), tuple(opened), tuple(services), (), (), ())


def linked(connection: sa.Connection, numbers: Any, now: int) -> None:
    agreed = {"network": "telegram", "consent": "1", "consent_at": now, "created_at": now}
    connection.execute(chats.insert(), [{"id": n, "lane": f"telegram:{FIRST + n}", **agreed} for n in numbers])
    link = {"holder": "Иван П.", "linked_at": now, "threshold": 10_000}
    connection.execute(
        links.insert(), [{"chat": n, "account": f"a{n}", "number": f"72{n:08}", **link} for n in numbers]
    )
