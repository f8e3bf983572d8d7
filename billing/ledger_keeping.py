"""Keeping a ledger: what its operator's side writes. Each deed is one transaction and, with a `key`, done once.

    money       pay, arrive, charge, issue
    services    set_status, unblock, connect
    faults      outage, announce, restore; news too
    promises    lapse: once a day, those whose last day has passed
    all of it   load: a whole book

    scheme     pay                                         charge                own
    ADVANCE    own + amount                                own - amount          below zero is debt
    CREDIT     the oldest open bills, the rest is own      waits for its bill    what no bill has taken yet

What of it a customer may want to hear of is an event of the feed, written in the same transaction (`ledger_events`). It
is of the moment in which the book learned of it: a payment of Friday that is credited on Monday came in on Monday.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing import ledger_round
from billing import ledger_rows as rows
from billing.base import (
    LARGEST,
    Bill,
    Charge,
    Gone,
    Kind,
    Money,
    Notice,
    Option,
    Outage,
    Scheme,
    Service,
    Sign,
    Status,
)
from billing.ledger_events import event_row, insert, paid_option, stopped_or_on
from billing.ledger_feed import mark
from billing.ledger_rows import UNMARKED, Book, Row, Values, chunks, instant, micros
from billing.ledger_tables import (
    accounts,
    bills,
    bonuses,
    calls,
    carriers,
    charges,
    components,
    customers,
    deliveries,
    keys,
    notices,
    options,
    outages,
    payments,
    promises,
    reaches,
    services,
    usages,
)
from billing.position import position
from billing.unusual import MEMORY, unusual

R = TypeVar("R")

BATCH: Final = 1000  # rows of a book in one statement
LAPSES: Final = 200  # accounts whose promise is looked at in one transaction
EARLIEST: Final = timedelta(hours=14)  # how far the first zone of the earth is ahead of UTC


class Database(Protocol):
    """Runs a unit of work in one transaction on a synchronous connection, off the event loop's way.

    A unit may be run again after a failure, so it does nothing but SQL. `write` returns after the commit.
    """

    async def read(self, unit: Callable[[sa.Connection], R]) -> R: ...

    async def glance(self, unit: Callable[[sa.Connection], R]) -> R:
        """`read` for a unit of one statement."""

    async def write(self, unit: Callable[[sa.Connection], R]) -> R: ...


class Keeping:
    """The operator's side of `billing.ledger.Ledger`. Each deed says whether this time it was done."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def pay(
        self, account: str, amount: Money, method: str, at: datetime, *, key: str | None = None, credited: bool = True
    ) -> bool:
        """Take in a payment; one that is not `credited` is only seen.

        ValueError: not above zero or in another currency. Gone: no such account.
        """
        if amount.minor <= 0:
            raise ValueError("a payment is above zero")
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            owner = locked(connection, account, amount)
            if not once(connection, key):
                return False
            id = str(uuid4())
            row = {"id": id, "account": account, "at": micros(at), "amount": amount.minor, "method": method}
            connection.execute(payments.insert().values(**row, credited=credited))
            if credited:
                come_in(connection, owner, amount.minor, id, method, now)
            return True

        return await self._database.write(unit)

    async def arrive(self, payment: str, *, key: str | None = None) -> bool:
        """A payment that was only seen is credited; false also for one that is credited already. Gone: none such."""
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            query = sa.select(payments).where(payments.c.id == payment)
            found = connection.execute(query).one_or_none()
            if found is None:
                raise Gone("unknown payment")
            owner = locked(connection, found.account)
            if not once(connection, key):
                return False
            row = payments.update().where(payments.c.id == payment, payments.c.credited.is_(False))
            if connection.execute(row.values(credited=True)).rowcount == 0:
                return False
            come_in(connection, owner, found.amount, payment, found.method, now)
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
        now, made = self._now(), Charge(account, str(uuid4()), at, amount, title, service)

        def unit(connection: sa.Connection) -> bool:
            owner = locked(connection, account, amount)
            if not once(connection, key):
                return False
            told = unusual_charge(connection, owner, made, now)
            connection.execute(charges.insert().values(**rows.charge_row(made)))
            if owner.scheme == Scheme.ADVANCE:
                add(connection, account, -amount.minor)
            if owner.scheme == Scheme.ADVANCE or told:
                mark(connection, told)
            return True

        return await self._database.write(unit)

    async def issue(self, bill: Bill, *, key: str | None = None) -> bool:
        """Issue a bill. Under CREDIT own money settles it as far as it goes. Gone; ValueError: no bill's sums."""
        if not 0 <= bill.remaining.minor <= bill.amount.minor:
            raise ValueError("what remains of a bill lies between nothing and the whole")
        now, of = self._now(), bill.account

        def unit(connection: sa.Connection) -> bool:
            owner = locked(connection, bill.account, bill.amount)
            if not once(connection, key):
                return False
            connection.execute(bills.insert().values(**rows.bill_row(bill, owner.zone)))
            spare = owner.own if owner.scheme == Scheme.CREDIT and owner.own > 0 else 0
            add(connection, bill.account, -spare)
            receive(connection, owner, spare)
            told = event_row(Sign.BILL, bill.id, now, account=of, amount=bill.amount.minor, day=bill.due)
            mark(connection, [told])
            return True

        return await self._database.write(unit)

    async def set_status(self, service: str, status: Status, *, key: str | None = None) -> bool:
        """Switch a service. Gone: no such service."""
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            found = service_row(connection, service)
            if not once(connection, key):
                return False
            connection.execute(services.update().where(services.c.id == service).values(status=status.value))
            add(connection, found.account, 0)
            mark(connection, switched(found, status, now))
            return True

        return await self._database.write(unit)

    async def unblock(self, account: str, *, key: str | None = None) -> bool:
        """Switch on again what stands still for debt. Gone: no such account."""
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            locked(connection, account)
            if not once(connection, key):
                return False
            add(connection, account, 0)
            mark(connection, unblock_all(connection, account, now))
            return True

        return await self._database.write(unit)

    async def connect(self, option: Option, *, key: str | None = None) -> bool:
        """Connect an option or a subscription, or change it. Nothing is charged.

        ValueError: its fee is in another currency or absurd. Gone: no such service of the account.
        """
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            owner = locked(connection, option.account, option.fee)
            if service_row(connection, option.service).account != owner.id:
                raise Gone("unknown service")
            if not once(connection, key):
                return False
            before = connection.execute(sa.select(options).where(options.c.id == option.id)).one_or_none()
            if before is not None and before.service != option.service:
                raise ValueError("an option stays with its service")
            row = rows.option_row(option)
            if before is None:
                connection.execute(options.insert().values(**row))
            else:
                connection.execute(options.update().where(options.c.id == option.id).values(**row))
            if paid_option(option.status, rows.minor(option.fee), None if before is None else before.status):
                told = event_row(
                    Sign.OPTION,
                    option.id,
                    now,
                    account=owner.id,
                    title=option.title,
                    amount=rows.minor(option.fee),
                    service=option.service,
                )
                mark(connection, [told])
            return True

        return await self._database.write(unit)

    async def lapse(self) -> int:
        """Promised payments whose last day has passed and that are not paid back: what they had let go on stands still
        for debt again, where anything is to be paid now. Once for each promise, whenever and however often it is asked
        for. How many services were stopped.
        """
        stopped, after = 0, ""
        while True:
            count, after = await self._database.write(partial(self._lapse, after, self._now()))
            stopped += count
            if not after:
                return stopped

    def _lapse(self, after: str, now: datetime, connection: sa.Connection) -> tuple[int, str]:
        """The next accounts after that one: how many services were stopped, and the last account; "": there is none."""
        query = sa.select(promises.c.offer, promises.c.let_on, promises.c.until, accounts.c.id)
        query = query.join(accounts, accounts.c.id == promises.c.account).where(
            sa.text("promised IS NOT NULL"),
            accounts.c.promised_until < (now + EARLIEST).date(),
            accounts.c.promised_until == promises.c.until,
            promises.c.let_on.is_not(None),
            accounts.c.id > after,
        )
        found = connection.execute(query.order_by(accounts.c.id).limit(LAPSES).with_for_update(of=accounts)).all()
        told: list[Values] = []
        known = ledger_round.facts_of(connection, [row.id for row in found], now)
        for row in found:
            facts = known[row.id]
            today = now.astimezone(ZoneInfo(facts.account.zone)).date()
            if row.until >= today:
                continue  # not over yet where the account is
            connection.execute(promises.update().where(promises.c.offer == row.offer).values(let_on=None))
            stand = position(facts.account, facts.balance, facts.bills, facts.services, today)
            if stand.pay_by is None or stand.pay_by > today:
                continue
            for service in facts.services:
                if service.id in json.loads(row.let_on) and service.status is Status.ACTIVE:
                    stop = services.update().where(services.c.id == service.id)
                    connection.execute(stop.values(status=Status.BLOCKED_DEBT.value))
                    told.append(event_row(Sign.BLOCKED, service.id, now, account=row.id, title=service.title))
                    add(connection, row.id, 0)
        if told:
            mark(connection, told)
        return len(told), found[-1].id if len(found) == LAPSES else ""

    async def outage(self, outage: Outage, *, key: str | None = None) -> bool:
        """A fault or planned work at one account's address begins. Gone: no such account."""
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            locked(connection, outage.account)
            if not once(connection, key):
                return False
            connection.execute(outages.insert().values(**rows.outage_row(outage)))
            if outage.until is None or outage.until > now:
                mark(connection, [event_row(Sign.OUTAGE, outage.id, now, account=outage.account, title=outage.title)])
            return True

        return await self._database.write(unit)

    async def announce(
        self, notice: Notice, *, kinds: Sequence[Kind] = (), planned: bool = False, key: str | None = None
    ) -> bool:
        """News; or, with `notice.outage`, a fault or planned work in a whole region ("": everywhere) begins.

        `kinds` (all of them when empty) and `planned` are of an outage.
        """
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            if not once(connection, key):
                return False
            regional = outages.insert().values(**rows.regional_row(notice, kinds, planned))
            connection.execute(regional if notice.outage else notices.insert().values(**rows.notice_row(notice)))
            if notice.outage and (notice.until is None or notice.until > now):
                told = event_row(Sign.OUTAGE, notice.id, now, account=None, region=notice.region, title=notice.title)
                mark(connection, [told])
            return True

        return await self._database.write(unit)

    async def restore(self, outage: str, at: datetime, *, key: str | None = None) -> bool:
        """An outage, of one account or of a region, is over since `at`. Gone: no such outage."""
        now = self._now()

        def unit(connection: sa.Connection) -> bool:
            query = sa.select(outages).where(outages.c.id == outage).with_for_update()
            found = connection.execute(query).one_or_none()
            if found is None:
                raise Gone("unknown outage")
            if not once(connection, key):
                return False
            connection.execute(outages.update().where(outages.c.id == outage).values(until=micros(at)))
            if at <= now and (found.until is None or instant(found.until) > now):
                about = {"account": found.account, "region": found.region, "title": found.title}
                mark(connection, [event_row(Sign.OUTAGE_OVER, outage, now, **about)])
            return True

        return await self._database.write(unit)

    async def load(self, book: Book) -> bool:
        """Take in a whole book, once: false when its first customer is known already, and nothing is done."""
        zones = {opened.account.id: opened.account.zone for opened in book.accounts}
        parts = [component for details in book.details for component in details.components]
        regional = [rows.regional_row(n) for n in book.notices if n.outage]
        whole: tuple[tuple[sa.Table, list[dict[str, Any]]], ...] = (
            (customers, [rows.customer_row(c) for c in book.customers]),
            (accounts, [rows.account_row(opened) for opened in book.accounts]),
            (services, [rows.service_row(s) for s in book.services]),
            (bills, [rows.bill_row(b, zones[b.account]) for b in book.bills]),
            (payments, [rows.payment_row(p) for p in book.payments]),
            (charges, [rows.charge_row(c) for c in book.charges]),
            (options, [rows.option_row(o) for details in book.details for o in details.options]),
            (components, [rows.component_row(c) for c in parts]),
            (carriers, [row for c in parts for row in rows.carrier_rows(c)]),
            (usages, [rows.usage_row(u) for u in book.usages]),
            (calls, [rows.call_row(c) for c in book.calls]),
            (reaches, rows.reach_rows(book.reaches)),
            (deliveries, [rows.delivery_row(d) for d in book.deliveries]),
            (outages, [rows.outage_row(o) for o in book.outages] + regional),
            (notices, [rows.notice_row(n) for n in book.notices if not n.outage]),
            (bonuses, [rows.bonus_row(b) for b in book.bonuses]),
        )

        def unit(connection: sa.Connection) -> bool:
            first = sa.select(customers.c.id).where(customers.c.id.in_([c.id for c in book.customers[:1]]))
            if connection.execute(first).one_or_none() is not None:
                return False
            for table, lines in whole:
                for some in chunks(lines, BATCH):
                    connection.execute(table.insert(), some)
            mark(connection)
            return True

        return await self._database.write(unit)


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def once(connection: sa.Connection, key: str | None) -> bool:
    if key is None:
        return True
    row = insert(connection, keys).values(key=key).on_conflict_do_nothing().returning(keys.c.key)
    return connection.execute(row).one_or_none() is not None


def locked(connection: sa.Connection, account: str, amount: Money | None = None) -> Row:
    """The account's row, held until the end of the transaction; `amount` is to be of its currency, and credible."""
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account).with_for_update()).one_or_none()
    if row is None:
        raise Gone("unknown account")
    if amount is not None and (row.currency != amount.currency or abs(amount.minor) > LARGEST):
        raise ValueError("the account is kept in another currency, or nobody has so much")
    return row


def come_in(connection: sa.Connection, owner: Row, amount: int, payment: str, method: str, now: datetime) -> None:
    """Money has come from outside: it is spread, and pays a promise back. The last act of a unit."""
    receive(connection, owner, amount)
    if owner.promised is not None:
        left = max(0, owner.promised - amount)
        until = owner.promised_until if left else None
        add(connection, owner.id, 0, promised=left or None, promised_until=until)
    mark(connection, [event_row(Sign.PAID, payment, now, account=owner.id, title=method, amount=amount)])


def receive(connection: sa.Connection, owner: Row, amount: int) -> None:
    """Spread money that has come in: under CREDIT over the oldest open bills first; the rest is own money."""
    left = amount
    if owner.scheme == Scheme.CREDIT:
        for bill in connection.execute(open_bills(owner.id).order_by(bills.c.due, bills.c.issued, bills.c.id)).all():
            part = min(left, bill.remaining)
            if part <= 0:
                break
            connection.execute(bills.update().where(bills.c.id == bill.id).values(remaining=bill.remaining - part))
            left -= part
    add(connection, owner.id, left)


def add(connection: sa.Connection, account: str, amount: int, **more: Any) -> None:
    row = accounts.update().where(accounts.c.id == account)
    connection.execute(row.values(own=accounts.c.own + amount, changed=UNMARKED, **more))


def unblock_all(connection: sa.Connection, account: str, now: datetime) -> list[Values]:
    """Switch on what stands still for debt. What is to be told of it."""
    mine = sa.and_(services.c.account == account, services.c.status == Status.BLOCKED_DEBT.value)
    stopped = connection.execute(sa.select(services).where(mine).order_by(services.c.id)).all()
    if stopped:
        connection.execute(services.update().where(mine).values(status=Status.ACTIVE.value))
    return [event for row in stopped for event in switched(row, Status.ACTIVE, now)]


def switched(before: Row, status: Status, now: datetime) -> list[Values]:
    """What is to be told of a service that was so and is switched to `status`."""
    sign = stopped_or_on(before.status, status)
    return [] if sign is None else [event_row(sign, before.id, now, account=before.account, title=before.title)]


def unusual_charge(connection: sa.Connection, owner: Row, charge: Charge, now: datetime) -> list[Values]:
    """What is to be told of a charge that is not in the book yet."""
    if charge.amount.minor <= 0:
        return []
    query = sa.select(charges).where(charges.c.account == owner.id, charges.c.at >= micros(charge.at - MEMORY))
    earlier = [rows.read_charge(row, owner.currency) for row in connection.execute(query)]
    had = connection.execute(sa.select(options).join(services).where(services.c.account == owner.id)).all()
    bought = [rows.read_option(row, owner.id, owner.currency) for row in had]
    if not unusual(charge, earlier, rows.read_account(owner), services_of(connection, owner), bought):
        return []
    told = event_row(
        Sign.CHARGE,
        charge.id,
        now,
        account=owner.id,
        title=charge.title,
        amount=charge.amount.minor,
        service=charge.service,
    )
    return [told]


def service_row(connection: sa.Connection, service: str) -> Row:
    """The service's row; its account's row is held until the end of the transaction."""
    query = sa.select(services).where(services.c.id == service)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise Gone("unknown service")
    locked(connection, found.account)
    return connection.execute(query).one()


def open_bills(account: str) -> sa.Select[Any]:
    return sa.select(bills).where(bills.c.account == account, sa.text("remaining > 0"))


def services_of(connection: sa.Connection, owner: Row) -> tuple[Service, ...]:
    query = sa.select(services).where(services.c.account == owner.id).order_by(services.c.id)
    return tuple(rows.read_service(row, owner.currency) for row in connection.execute(query))
