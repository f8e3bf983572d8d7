"""The embedded billing: an operator's book in Saldo's own database.

It is filled by `billing.exports` (an operator's files) or `billing.demo`, and kept by its operator's side: `charge`,
`pay`, `issue`, `set_status`. All of it is plain SQL in short units, each one transaction, the same on SQLite and on
PostgreSQL.

    scheme     pay                                         charge                own
    ADVANCE    own + amount                                own - amount          below zero is debt
    CREDIT     the oldest open bills, the rest is own      waits for its bill    what no bill has taken yet

The feed of changes. An account is due to be looked at again for two reasons, and the cursor holds a place for each:

    it was written    every writer's last act is to take the next number of `ledger_feed` and to mark the accounts it
                      touched. The number's row stays locked until the commit, so numbers become visible in their
                      order: a reader that has seen n will not be shown a smaller one later. No overlap is needed.
    a day passed      a bill knows the instant at which it turns overdue; the cursor knows up to when it has looked.

Whoever writes first takes the accounts' rows, then the feed's row, and nothing after it: no two units deadlock. (Units
batched into one transaction may; PostgreSQL then fails one batch, and the batch is redone unit by unit.)
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from billing.base import (
    LARGEST,
    Account,
    Balance,
    Bill,
    Bonus,
    Call,
    Capability,
    Changes,
    Charge,
    Delivery,
    Details,
    Facts,
    Funds,
    Gone,
    Kind,
    Money,
    Notice,
    Outage,
    Payment,
    Period,
    Reach,
    Scheme,
    Service,
    Status,
    Subject,
    Usage,
)
from billing.ledger_tables import accounts, bills, charges, customers, feed, keys, payments, services
from billing.passwords import matches

R = TypeVar("R")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
VERIFIERS = 2  # sign-ins verified at a time: each holds 64 MiB and a core


class Database(Protocol):
    """Runs a unit of work in one transaction on a synchronous connection, off the event loop's way.

    A unit may be run again after a failure, so it does nothing but SQL. `write` returns after the commit.
    """

    async def read(self, unit: Callable[[sa.Connection], R]) -> R: ...

    async def glance(self, unit: Callable[[sa.Connection], R]) -> R:
        """`read` for a unit of one statement."""

    async def write(self, unit: Callable[[sa.Connection], R]) -> R: ...


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    login: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """An account as a book opens it: whose it is, and its figures. The book is kept here, so `balance.as_of` is not."""

    account: Account
    customer: str | None
    balance: Balance


@dataclass(frozen=True, slots=True)
class Book:
    """A whole book as values: what `Ledger.load` takes in."""

    customers: tuple[Customer, ...]
    accounts: tuple[Opened, ...]
    services: tuple[Service, ...]
    bills: tuple[Bill, ...]
    payments: tuple[Payment, ...]
    charges: tuple[Charge, ...]
    details: tuple[Details, ...] = ()
    usages: tuple[Usage, ...] = ()
    calls: tuple[Call, ...] = ()
    reaches: tuple[Reach, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    outages: tuple[Outage, ...] = ()
    notices: tuple[Notice, ...] = ()
    bonuses: tuple[Bonus, ...] = ()


class Ledger:
    """`billing.base.Billing` over the ledger's tables, and the operator's side of it."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`now` gives the present as an aware datetime."""
        self.name = "ledger"
        self.can = frozenset(
            {
                Capability.BALANCE,
                Capability.BILLS,
                Capability.PAYMENTS,
                Capability.CHARGES,
                Capability.SERVICES,
                Capability.CHANGES,
            }
        )
        self.keeps_days: int | None = None
        self._database = database
        self._now = now
        self._verifiers = ThreadPoolExecutor(VERIFIERS, thread_name_prefix="ledger-password")

    # The customer's questions (billing.base.Billing)

    async def authenticate(self, login: str, password: str) -> Subject | None:
        name = folded(login)

        def unit(connection: sa.Connection) -> tuple[str, str | None] | None:
            row = connection.execute(
                sa.select(customers.c.id, customers.c.password_hash).where(customers.c.login == name)
            ).one_or_none()
            return None if row is None else (row.id, row.password_hash)

        found = await self._database.read(unit)
        stored = found[1] if found else None
        right = await asyncio.get_running_loop().run_in_executor(self._verifiers, matches, stored, password)
        return Subject(found[0]) if found and right else None

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        query = sa.select(accounts).where(accounts.c.customer == subject.id)
        query = query.order_by(accounts.c.open.desc(), accounts.c.number, accounts.c.id)
        return await self._database.read(lambda connection: tuple(map(_account, connection.execute(query))))

    async def account(self, account: str) -> Account:
        return await self._database.glance(lambda connection: _account(_row(connection, account)))

    async def balance(self, account: str) -> Balance:
        now = self._now()
        return await self._database.glance(lambda connection: _balance(_row(connection, account), now))

    async def bills(self, account: str) -> tuple[Bill, ...]:
        return await self._database.read(lambda connection: _bills(connection, _row(connection, account)))

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        def unit(connection: sa.Connection) -> tuple[Payment, ...]:
            owner = _row(connection, account)
            return tuple(_payment(row, owner.currency) for row in connection.execute(_within(payments, owner, period)))

        return await self._database.read(unit)

    async def last_payment(self, account: str) -> Payment | None:
        def unit(connection: sa.Connection) -> Payment | None:
            currency = _row(connection, account).currency
            row = connection.execute(_newest(payments, account).limit(1)).one_or_none()
            return None if row is None else _payment(row, currency)

        return await self._database.read(unit)

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        def unit(connection: sa.Connection) -> tuple[Charge, ...]:
            owner = _row(connection, account)
            return tuple(_charge(row, owner.currency) for row in connection.execute(_within(charges, owner, period)))

        return await self._database.read(unit)

    async def services(self, account: str) -> tuple[Service, ...]:
        return await self._database.read(lambda connection: _services(connection, _row(connection, account)))

    async def facts(self, account: str) -> Facts:
        """All of one snapshot (billing.base.Snapshot)."""
        now = self._now()

        def unit(connection: sa.Connection) -> Facts:
            owner = _row(connection, account)
            due, services_ = _bills(connection, owner), _services(connection, owner)
            return Facts(_account(owner), _balance(owner, now), due, services_)

        return await self._database.read(unit)

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        """At most `limit` accounts. A cursor that is not of this book (another's, a newer copy's) starts anew."""
        now = micros(self._now())
        return await self._database.read(lambda connection: _changes(connection, cursor, max(1, limit), now))

    async def close(self) -> None:
        self._verifiers.shutdown(wait=False, cancel_futures=True)

    # The operator's side: each is done once for a `key`, and says whether this time it was done

    async def pay(
        self, account: str, amount: Money, method: str, at: datetime, *, key: str | None = None, credited: bool = True
    ) -> bool:
        """Take in a payment. ValueError: not above zero or in another currency. Gone: no such account."""
        if amount.minor <= 0:
            raise ValueError("a payment is above zero")

        def unit(connection: sa.Connection) -> bool:
            owner = _locked(connection, account, amount)
            if not _once(connection, key):
                return False
            row = {"id": str(uuid4()), "account": account, "at": micros(at), "amount": amount.minor, "method": method}
            connection.execute(payments.insert().values(**row, credited=credited))
            _receive(connection, owner, amount.minor)
            mark(connection)
            return True

        return await self._database.write(unit)

    async def charge(
        self,
        account: str,
        amount: Money,
        title: str,
        at: datetime,
        *,
        key: str | None = None,
        service: str | None = None,
    ) -> bool:
        """Take a charge, or give one back when it is below zero. ValueError: zero or another currency. Gone."""
        if not amount:
            raise ValueError("a charge is not zero")

        def unit(connection: sa.Connection) -> bool:
            owner = _locked(connection, account, amount)
            if not _once(connection, key):
                return False
            row = {"id": str(uuid4()), "account": account, "at": micros(at), "amount": amount.minor, "title": title}
            connection.execute(charges.insert().values(**row, service=service))
            if owner.scheme == Scheme.ADVANCE:
                _add(connection, account, -amount.minor)
                mark(connection)
            return True

        return await self._database.write(unit)

    async def issue(self, bill: Bill, *, key: str | None = None) -> bool:
        """Issue a bill. Under CREDIT own money settles it as far as it goes. Gone; ValueError: no bill's sums."""
        if not 0 <= bill.remaining.minor <= bill.amount.minor:
            raise ValueError("what remains of a bill lies between nothing and the whole")

        def unit(connection: sa.Connection) -> bool:
            owner = _locked(connection, bill.account, bill.amount)
            if not _once(connection, key):
                return False
            connection.execute(bills.insert().values(**bill_row(bill, owner.zone)))
            spare = owner.own if owner.scheme == Scheme.CREDIT and owner.own > 0 else 0
            _add(connection, bill.account, -spare)
            _receive(connection, owner, spare)
            mark(connection)
            return True

        return await self._database.write(unit)

    async def set_status(self, service: str, status: Status, *, key: str | None = None) -> bool:
        """Switch a service. Gone: no such service."""

        def unit(connection: sa.Connection) -> bool:
            if connection.execute(sa.select(services.c.id).where(services.c.id == service)).one_or_none() is None:
                raise Gone("unknown service")
            if not _once(connection, key):
                return False
            connection.execute(services.update().where(services.c.id == service).values(status=status.value))
            return True

        return await self._database.write(unit)

    async def load(self, book: Book) -> bool:
        """Take in a whole book, once: false when its first customer is known already, and nothing is done."""

        def unit(connection: sa.Connection) -> bool:
            first = sa.select(customers.c.id).where(customers.c.id.in_([c.id for c in book.customers[:1]]))
            if connection.execute(first).one_or_none() is not None:
                return False
            zones = {opened.account.id: opened.account.zone for opened in book.accounts}
            for table, rows in (
                (
                    customers,
                    [{"id": c.id, "login": folded(c.login), "password_hash": c.password_hash} for c in book.customers],
                ),
                (accounts, [account_row(opened) for opened in book.accounts]),
                (services, [service_row(s) for s in book.services]),
                (bills, [bill_row(b, zones[b.account]) for b in book.bills]),
                (payments, [payment_row(p) for p in book.payments]),
                (charges, [charge_row(c) for c in book.charges]),
            ):
                if rows:
                    connection.execute(table.insert(), rows)
            mark(connection)
            return True

        return await self._database.write(unit)


# The feed

UNMARKED = -1  # `accounts.changed` of a row touched in this transaction, until `mark` gives it its number
Place = tuple[
    int, str, int, str | None
]  # change number, account; instant of overdue, bill (None: that instant is done)


def mark(connection: sa.Connection) -> None:
    """Give every account touched in this transaction the next number of the feed. A writer's last act."""
    first = insert(connection, feed).values(id=1, last=1)
    number = connection.execute(
        first.on_conflict_do_update(index_elements=["id"], set_={"last": feed.c.last + 1}).returning(feed.c.last)
    ).scalar_one()
    connection.execute(accounts.update().where(accounts.c.changed == UNMARKED).values(changed=number))


def _changes(connection: sa.Connection, cursor: str | None, limit: int, now: int) -> Changes:
    last = connection.execute(sa.select(feed.c.last)).scalar() or 0
    number, after, looked, bill = _place(cursor, last) or (0, "", now, None)

    written = connection.execute(
        sa.select(accounts.c.changed, accounts.c.id)
        .where(
            sa.or_(
                accounts.c.changed > number,
                sa.and_(accounts.c.changed == number, accounts.c.id > after),
            )
        )
        .order_by(accounts.c.changed, accounts.c.id)
        .limit(limit + 1)
    ).all()
    more = len(written) > limit
    touched = [row.id for row in written[:limit]]
    if touched:
        number, after = written[len(touched) - 1]

    room = limit - len(touched)
    if not more and looked < now:
        since = bills.c.late_at > looked
        if bill is not None:
            since = sa.or_(since, sa.and_(bills.c.late_at == looked, bills.c.id > bill))
        late = connection.execute(
            sa.select(bills.c.late_at, bills.c.id, bills.c.account)
            .where(sa.text("remaining > 0"), since, bills.c.late_at <= now)
            .order_by(bills.c.late_at, bills.c.id)
            .limit(room + 1)
        ).all()
        more = len(late) > room
        touched += [row.account for row in late[:room]]
        if not more:
            looked, bill = now, None
        elif room:
            looked, bill = late[room - 1].late_at, late[room - 1].id
    return Changes(_funds(connection, touched, now), json.dumps([number, after, looked, bill]), more)


def _funds(connection: sa.Connection, ids: Sequence[str], now: int) -> tuple[Funds, ...]:
    """What the accounts have available at `now`, in the order of the ids, each once. See `Position.available`."""
    overdue = (
        sa.select(sa.func.coalesce(sa.func.sum(bills.c.remaining), 0))
        .where(bills.c.account == accounts.c.id, sa.text("remaining > 0"), bills.c.late_at <= now)
        .scalar_subquery()
    )
    available = sa.case((accounts.c.scheme == Scheme.CREDIT.value, accounts.c.own - overdue), else_=accounts.c.own)
    found: dict[str, Funds] = {}
    for part in chunks(list(dict.fromkeys(ids)), 1000):
        query = sa.select(accounts.c.id, accounts.c.currency, available.label("available"))
        for row in connection.execute(query.where(accounts.c.id.in_(part))):
            found[row.id] = Funds(row.id, Money(int(row.available), row.currency))
    return tuple(found[id] for id in dict.fromkeys(ids) if id in found)


def _place(cursor: str | None, last: int) -> Place | None:
    """Where to go on; None: from the beginning. A number the book has not reached is some other book's."""
    try:
        match json.loads(cursor or "null"):
            case [int(number), str(after), int(looked), str() | None as bill] if number <= last:
                return number, after, looked, bill
    except ValueError:
        pass
    return None


# Writing


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT: SQLAlchemy has one for each database, with the same methods."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def _once(connection: sa.Connection, key: str | None) -> bool:
    if key is None:
        return True
    row = insert(connection, keys).values(key=key).on_conflict_do_nothing().returning(keys.c.key)
    return connection.execute(row).one_or_none() is not None


def _locked(connection: sa.Connection, account: str, amount: Money) -> sa.Row[Any]:
    """The account's row, held until the end of the transaction."""
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account).with_for_update()).one_or_none()
    if row is None:
        raise Gone("unknown account")
    if row.currency != amount.currency or abs(amount.minor) > LARGEST:
        raise ValueError("the account is kept in another currency, or nobody has so much")
    return row


def _receive(connection: sa.Connection, owner: sa.Row[Any], amount: int) -> None:
    """Spread money that has come in: under CREDIT over the oldest open bills first; the rest is own money."""
    left = amount
    if owner.scheme == Scheme.CREDIT:
        for bill in connection.execute(_open_bills(owner.id).order_by(bills.c.due, bills.c.issued, bills.c.id)).all():
            part = min(left, bill.remaining)
            if part <= 0:
                break
            connection.execute(bills.update().where(bills.c.id == bill.id).values(remaining=bill.remaining - part))
            left -= part
    _add(connection, owner.id, left)


def _add(connection: sa.Connection, account: str, amount: int) -> None:
    row = accounts.update().where(accounts.c.id == account)
    connection.execute(row.values(own=accounts.c.own + amount, changed=UNMARKED))


def account_row(opened: Opened) -> dict[str, Any]:
    account, balance = opened.account, opened.balance
    return {
        "id": account.id,
        "number": account.number,
        "customer": opened.customer,
        "holder": account.holder,
        "scheme": account.scheme.value,
        "currency": account.currency,
        "zone": account.zone,
        "open": account.open,
        "own": balance.own.minor,
        "as_of": None,
        "promised": _minor(balance.promised),
        "promised_until": balance.promised_until,
        "changed": UNMARKED,
    }


def service_row(service: Service) -> dict[str, Any]:
    return {
        "id": service.id,
        "account": service.account,
        "kind": service.kind.value,
        "title": service.title,
        "status": service.status.value,
        "tariff": service.tariff,
        "fee": _minor(service.fee),
        "next_fee": service.next_fee,
        "daily": service.daily,
        "balance": _minor(service.balance),
    }


def bill_row(bill: Bill, zone: str) -> dict[str, Any]:
    return {
        "id": bill.id,
        "account": bill.account,
        "number": bill.number,
        "first": bill.period.first,
        "last": bill.period.last,
        "amount": bill.amount.minor,
        "remaining": bill.remaining.minor,
        "issued": bill.issued,
        "due": bill.due,
        "late_at": late_at(bill.due, zone),
    }


def payment_row(payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id,
        "account": payment.account,
        "at": micros(payment.at),
        "amount": payment.amount.minor,
        "method": payment.method,
        "credited": payment.credited,
    }


def charge_row(charge: Charge) -> dict[str, Any]:
    return {
        "id": charge.id,
        "account": charge.account,
        "at": micros(charge.at),
        "amount": charge.amount.minor,
        "title": charge.title,
        "service": charge.service,
    }


# Reading


def _row(connection: sa.Connection, account: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account)).one_or_none()
    if row is None:
        raise Gone("unknown account")
    return row


def _open_bills(account: str) -> sa.Select[Any]:
    return sa.select(bills).where(bills.c.account == account, sa.text("remaining > 0"))


def _newest(table: sa.Table, account: str) -> sa.Select[Any]:
    return sa.select(table).where(table.c.account == account).order_by(table.c.at.desc(), table.c.id.desc())


def _within(table: sa.Table, owner: sa.Row[Any], period: Period) -> sa.Select[Any]:
    """The account's rows whose day, in its own zone, belongs to the period."""
    first, end = midnight(period.first, owner.zone), midnight(_next(period.last), owner.zone)
    return _newest(table, owner.id).where(table.c.at >= first, table.c.at < end)


def _balance(owner: sa.Row[Any], now: datetime) -> Balance:
    return Balance(
        account=owner.id,
        own=Money(owner.own, owner.currency),
        as_of=now if owner.as_of is None else instant(owner.as_of),
        promised=_money(owner.promised, owner.currency),
        promised_until=owner.promised_until,
    )


def _bills(connection: sa.Connection, owner: sa.Row[Any]) -> tuple[Bill, ...]:
    query = _open_bills(owner.id).order_by(bills.c.issued.desc(), bills.c.due.desc(), bills.c.id.desc())
    return tuple(_bill(row, owner.currency) for row in connection.execute(query))


def _services(connection: sa.Connection, owner: sa.Row[Any]) -> tuple[Service, ...]:
    query = sa.select(services).where(services.c.account == owner.id).order_by(services.c.id)
    return tuple(_service(row, owner.currency) for row in connection.execute(query))


def _account(row: sa.Row[Any]) -> Account:
    return Account(row.id, row.number, Scheme(row.scheme), row.holder, row.currency, row.zone, row.open)


def _bill(row: sa.Row[Any], currency: str) -> Bill:
    return Bill(
        account=row.account,
        id=row.id,
        number=row.number,
        period=Period(row.first, row.last),
        amount=Money(row.amount, currency),
        remaining=Money(row.remaining, currency),
        issued=row.issued,
        due=row.due,
    )


def _payment(row: sa.Row[Any], currency: str) -> Payment:
    return Payment(row.account, row.id, instant(row.at), Money(row.amount, currency), row.method, row.credited)


def _charge(row: sa.Row[Any], currency: str) -> Charge:
    return Charge(row.account, row.id, instant(row.at), Money(row.amount, currency), row.title, row.service)


def _service(row: sa.Row[Any], currency: str) -> Service:
    return Service(
        account=row.account,
        id=row.id,
        kind=Kind(row.kind),
        title=row.title,
        status=Status(row.status),
        tariff=row.tariff,
        fee=_money(row.fee, currency),
        next_fee=row.next_fee,
        daily=row.daily,
        balance=_money(row.balance, currency),
    )


# Small change


def folded(login: str) -> str:
    """A login as it is compared: telephones write the first letter large. NUL and lone surrogates fit no database."""
    return login.strip().casefold().replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def micros(at: datetime) -> int:
    """Whole microseconds since 1970, UTC. Raises TypeError for a time without a zone."""
    return (at - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    return EPOCH + value * MICROSECOND


def midnight(day: date, zone: str) -> int:
    """The instant at which the day begins in the zone."""
    return micros(datetime.combine(day, time(), ZoneInfo(zone)))


def late_at(due: date, zone: str) -> int:
    """The instant from which a bill due on that day is overdue."""
    return midnight(_next(due), zone)


def chunks(items: Sequence[R], size: int) -> Iterable[Sequence[R]]:
    return (items[n : n + size] for n in range(0, len(items), size))


def _next(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def _minor(money: Money | None) -> int | None:
    return None if money is None else money.minor


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
