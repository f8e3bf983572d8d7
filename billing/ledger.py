"""The embedded billing: an operator's book in Saldo's own database.

It is filled by `billing.exports` (an operator's files) or `billing.demo`, and kept by its operator's side: money
(`pay`, `arrive`, `charge`, `issue`), services (`set_status`, `unblock`), faults and news (`outage`, `announce`,
`restore`). All of it is plain SQL in short units, each one transaction, the same on SQLite and on PostgreSQL.

    scheme     pay                                         charge                own
    ADVANCE    own + amount                                own - amount          below zero is debt
    CREDIT     the oldest open bills, the rest is own      waits for its bill    what no bill has taken yet

A payment that is seen and not yet credited moves nothing until it arrives.

A promised payment (its terms: `billing.promises`) is taken once for each offer. It never enters `own`; what it does is
to let the services go on that stand still for debt. Whatever comes in afterwards, by whatever way, is own money and
pays the promise back by the same sum: a customer who was trusted with 300 and pays 200 still owes 100 by that day.

What `own` was as a day began (`opening`) is counted back from what it is: less the payments, plus the charges since.
That is true only where the book is kept here and only as far back as it goes; under CREDIT the book does not say which
part of a payment a bill had taken by that day, and so nothing is said.

An account that `billing.exports` brought in (`as_of` is set) is a copy: what it says is true of that time, but a
promise or an address written here would reach nobody. The one is refused, the other Unsupported.

Files: `ledger_tables` what is stored, `ledger_rows` rows and facts, `ledger_feed` the feed of changes and the order in
which writers lock, `ledger_round` one look for many questions.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing import ledger_feed, ledger_round
from billing import ledger_rows as rows
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
    Direction,
    Facts,
    Gone,
    Kind,
    Money,
    Notice,
    Offer,
    Outage,
    Payment,
    Period,
    Reach,
    Refusal,
    Refused,
    Scheme,
    Service,
    Status,
    Subject,
    Unsupported,
    Usage,
)
from billing.ledger_feed import insert
from billing.ledger_feed import mark as mark
from billing.ledger_round import Round
from billing.ledger_rows import UNMARKED as UNMARKED
from billing.ledger_rows import Book as Book
from billing.ledger_rows import Customer as Customer
from billing.ledger_rows import Opened as Opened
from billing.ledger_rows import Row, following, instant
from billing.ledger_rows import chunks as chunks
from billing.ledger_rows import folded as folded
from billing.ledger_rows import late_at as late_at
from billing.ledger_rows import micros as micros
from billing.ledger_rows import midnight as midnight
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
from billing.passwords import matches
from billing.position import position
from billing.promises import FREE, Rule, offer

R = TypeVar("R")

VERIFIERS: Final = 2  # sign-ins verified at a time: each holds 64 MiB and a core
AHEAD: Final = timedelta(days=7)  # planned work is told of this long before it begins
BATCH: Final = 1000  # rows of a book in one statement


class Database(Protocol):
    """Runs a unit of work in one transaction on a synchronous connection, off the event loop's way.

    A unit may be run again after a failure, so it does nothing but SQL. `write` returns after the commit.
    """

    async def read(self, unit: Callable[[sa.Connection], R]) -> R: ...

    async def glance(self, unit: Callable[[sa.Connection], R]) -> R:
        """`read` for a unit of one statement."""

    async def write(self, unit: Callable[[sa.Connection], R]) -> R: ...


class Ledger:
    """`billing.base.Billing` over the ledger's tables, and the operator's side of it."""

    def __init__(self, database: Database, now: Callable[[], datetime], rule: Rule = FREE) -> None:
        """`now` gives the present as an aware datetime; `rule` the terms of a promised payment."""
        self.name = "ledger"
        self.can = frozenset(Capability)
        self.keeps_days: int | None = None
        self._database = database
        self._now = now
        self._rule = rule
        self._accounts, self._facts = Round(self._look_up), Round(self._look_all_up)
        self._verifiers = ThreadPoolExecutor(VERIFIERS, thread_name_prefix="ledger-password")

    # ── The customer's questions (billing.base.Billing) ───────────────────────────────────────────────────────────

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
        return await self._database.read(lambda connection: tuple(map(rows.read_account, connection.execute(query))))

    async def account(self, account: str) -> Account:
        return await self._accounts.ask(account)

    async def balance(self, account: str) -> Balance:
        now = self._now()
        return await self._database.glance(lambda connection: rows.read_balance(_row(connection, account), now))

    async def bills(self, account: str) -> tuple[Bill, ...]:
        return await self._database.read(lambda connection: _bills(connection, _row(connection, account)))

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        def unit(connection: sa.Connection) -> tuple[Payment, ...]:
            owner = _row(connection, account)
            found = connection.execute(_within(payments, payments.c.account == account, owner, period))
            return tuple(rows.read_payment(row, owner.currency) for row in found)

        return await self._database.read(unit)

    async def last_payment(self, account: str) -> Payment | None:
        def unit(connection: sa.Connection) -> Payment | None:
            currency = _row(connection, account).currency
            row = connection.execute(_newest(payments, payments.c.account == account).limit(1)).one_or_none()
            return None if row is None else rows.read_payment(row, currency)

        return await self._database.read(unit)

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        def unit(connection: sa.Connection) -> tuple[Charge, ...]:
            owner = _row(connection, account)
            found = connection.execute(_within(charges, charges.c.account == account, owner, period))
            return tuple(rows.read_charge(row, owner.currency) for row in found)

        return await self._database.read(unit)

    async def services(self, account: str) -> tuple[Service, ...]:
        return await self._database.read(lambda connection: _services(connection, _row(connection, account)))

    async def opening(self, account: str, day: date) -> Money | None:
        now = self._now()

        def unit(connection: sa.Connection) -> Money | None:
            owner = _row(connection, account)
            if owner.scheme != Scheme.ADVANCE or owner.as_of is not None or day > _today(owner, now):
                return None
            begin = midnight(day, owner.zone)
            if (owner.since is not None and day < owner.since) or not _begun(connection, owner, day):
                return None
            paid = _sum(connection, _since(payments, account, begin).where(payments.c.credited))
            taken = _sum(connection, _since(charges, account, begin))
            return Money(owner.own - paid + taken, owner.currency)

        return await self._database.read(unit)

    async def details(self, account: str, service: str) -> Details:
        def unit(connection: sa.Connection) -> Details:
            owner = _serving(connection, account, service)
            bought, parts, operators = (
                connection.execute(sa.select(table).where(table.c.service == service).order_by(*order)).all()
                for table, order in (
                    (options, (options.c.title, options.c.id)),
                    (components, ()),
                    (carriers, (carriers.c.title,)),
                )
            )
            made = [rows.read_component(row, operators, account, owner.currency) for row in parts]
            return Details(
                account,
                service,
                tuple(rows.read_option(row, account, owner.currency) for row in bought),
                tuple(sorted(made, key=lambda component: FROM_NEAR_TO_FAR.index(component.direction))),
            )

        return await self._database.read(unit)

    async def usage(self, account: str, service: str, period: Period) -> tuple[Usage, ...]:
        query = sa.select(usages).where(usages.c.service == service)
        query = query.where(usages.c.day >= period.first, usages.c.day <= period.last)
        query = query.order_by(usages.c.day.desc(), usages.c.use, usages.c.direction, usages.c.title)

        def unit(connection: sa.Connection) -> tuple[Usage, ...]:
            currency = _serving(connection, account, service).currency
            return tuple(rows.read_usage(row, account, currency) for row in connection.execute(query))

        return await self._database.read(unit)

    async def calls(self, account: str, service: str, period: Period) -> tuple[Call, ...]:
        def unit(connection: sa.Connection) -> tuple[Call, ...]:
            owner = _serving(connection, account, service)
            query = _within(calls, calls.c.service == service, owner, period)
            return tuple(rows.read_call(row, account, owner.currency) for row in connection.execute(query))

        return await self._database.read(unit)

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        query = sa.select(reaches).where(reaches.c.account == account)
        query = query.order_by(reaches.c.place, reaches.c.way, reaches.c.address)
        return await self._database.read(
            lambda connection: tuple(map(rows.read_reach, _asked(connection, account, query)))
        )

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:
        query = sa.select(deliveries).join(services).where(services.c.account == account).order_by(services.c.id)

        def unit(connection: sa.Connection) -> tuple[Delivery, ...]:
            return tuple(Delivery(account, row.service, row.email) for row in _asked(connection, account, query))

        return await self._database.read(unit)

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        def unit(connection: sa.Connection) -> None:
            if _serving(connection, account, service).as_of is not None:
                raise Unsupported("the account is a copy of an operator's book")
            row = deliveries.update().where(deliveries.c.service == service).values(email=email)
            if connection.execute(row).rowcount == 0:
                raise Unsupported("the service has no documents")

        await self._database.write(unit)

    async def offer(self, account: str) -> Offer:
        now = self._now()
        return await self._database.read(lambda connection: self._offer(connection, _row(connection, account), now))

    async def promise(self, account: str, offer: str) -> Balance:
        now = self._now()

        def unit(connection: sa.Connection) -> Balance:
            owner = _locked(connection, account)
            before = sa.select(promises.c.offer).where(promises.c.offer == offer, promises.c.account == account)
            if connection.execute(before).one_or_none() is not None:
                return rows.read_balance(owner, now)
            current = self._offer(connection, owner, now)
            if current.refusal is not None or current.id != offer:
                raise Refused(current)
            at, fee = micros(now), current.fee.minor
            row = {"offer": offer, "account": account, "amount": current.amount.minor, "fee": fee, "taken_at": at}
            connection.execute(promises.insert().values(**row, until=current.until))
            if fee:
                row = {"id": str(uuid4()), "account": account, "at": at, "amount": fee, "title": FEE_TITLE}
                connection.execute(charges.insert().values(**row))
            _unblock(connection, account)  # an offer covers the debt, or there is none
            _add(connection, account, -fee, promised=current.amount.minor, promised_until=current.until)
            mark(connection)
            return rows.read_balance(_row(connection, account), now)

        return await self._database.write(unit)

    async def outages(self, account: str) -> tuple[Outage, ...]:
        now = self._now()

        def unit(connection: sa.Connection) -> tuple[Outage, ...]:
            owner = _row(connection, account)
            here = sa.and_(outages.c.account.is_(None), outages.c.region.in_(["", owner.region]))
            query = _faults(now).where(sa.or_(outages.c.account == account, here))
            return tuple(rows.read_outage(row, account) for row in connection.execute(query))

        return await self._database.read(unit)

    async def notices(self, region: str) -> tuple[Notice, ...]:
        now = self._now()

        def unit(connection: sa.Connection) -> tuple[Notice, ...]:
            told = _news(now).where(notices.c.region.in_(["", region]))
            faults = _faults(now).where(outages.c.account.is_(None), outages.c.region.in_(["", region]))
            found = [rows.read_notice(row) for row in connection.execute(told)]
            found += [rows.read_regional(row) for row in connection.execute(faults)]
            return tuple(sorted(found, key=lambda notice: (notice.at, notice.id), reverse=True))

        return await self._database.read(unit)

    async def bonus(self, account: str) -> Bonus | None:
        query = sa.select(bonuses).where(bonuses.c.account == account)
        found = await self._database.read(lambda connection: _asked(connection, account, query))
        return rows.read_bonus(found[0]) if found else None

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        await self.pay(account, amount, method, at, key=key)

    async def facts(self, account: str) -> Facts:
        """All of one snapshot (billing.base.Snapshot)."""
        return await self._facts.ask(account)

    async def _look_up(self, ids: Sequence[str]) -> dict[str, Account]:
        return await self._database.glance(lambda connection: ledger_round.accounts_of(connection, ids))

    async def _look_all_up(self, ids: Sequence[str]) -> dict[str, Facts]:
        now = self._now()
        return await self._database.read(lambda connection: ledger_round.facts_of(connection, ids, now))

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        """At most `limit` accounts. A cursor that is not of this book (another's, a newer copy's) starts anew."""
        now = micros(self._now())
        return await self._database.read(lambda connection: ledger_feed.changes(connection, cursor, max(1, limit), now))

    async def close(self) -> None:
        self._verifiers.shutdown(wait=False, cancel_futures=True)

    def _offer(self, connection: sa.Connection, owner: Row, now: datetime) -> Offer:
        if not owner.open:
            raise Gone("closed account")
        today, account = _today(owner, now), rows.read_account(owner)
        stand = position(
            account, rows.read_balance(owner, now), _bills(connection, owner), _services(connection, owner), today
        )
        query = sa.select(sa.func.max(promises.c.taken_at)).where(promises.c.account == owner.id)
        last = connection.execute(query).scalar()
        made = offer(self._rule, stand, None if last is None else instant(last), today)
        if owner.as_of is None:
            return made
        return replace(made, refusal=Refusal.OTHER, possible=None, reason=ELSEWHERE)

    # ── The operator's side: each is done once for a `key`, and says whether this time it was done ────────────────

    async def pay(
        self, account: str, amount: Money, method: str, at: datetime, *, key: str | None = None, credited: bool = True
    ) -> bool:
        """Take in a payment; one that is not `credited` is only seen.

        ValueError: not above zero or in another currency. Gone: no such account.
        """
        if amount.minor <= 0:
            raise ValueError("a payment is above zero")

        def unit(connection: sa.Connection) -> bool:
            owner = _locked(connection, account, amount)
            if not _once(connection, key):
                return False
            row = {"id": str(uuid4()), "account": account, "at": micros(at), "amount": amount.minor, "method": method}
            connection.execute(payments.insert().values(**row, credited=credited))
            if credited:
                _come_in(connection, owner, amount.minor)
            return True

        return await self._database.write(unit)

    async def arrive(self, payment: str, *, key: str | None = None) -> bool:
        """A payment that was only seen is credited; false also for one that is credited already. Gone: none such."""

        def unit(connection: sa.Connection) -> bool:
            query = sa.select(payments).where(payments.c.id == payment)
            found = connection.execute(query).one_or_none()
            if found is None:
                raise Gone("unknown payment")
            owner = _locked(connection, found.account)
            if not _once(connection, key):
                return False
            row = payments.update().where(payments.c.id == payment, payments.c.credited.is_(False))
            if connection.execute(row.values(credited=True)).rowcount == 0:
                return False
            _come_in(connection, owner, found.amount)
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
            connection.execute(bills.insert().values(**rows.bill_row(bill, owner.zone)))
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

    async def unblock(self, account: str, *, key: str | None = None) -> bool:
        """Switch on again what stands still for debt. Gone: no such account."""

        def unit(connection: sa.Connection) -> bool:
            _row(connection, account)
            if not _once(connection, key):
                return False
            _unblock(connection, account)
            return True

        return await self._database.write(unit)

    async def outage(self, outage: Outage, *, key: str | None = None) -> bool:
        """A fault or planned work at one account's address begins. Gone: no such account."""

        def unit(connection: sa.Connection) -> bool:
            _row(connection, outage.account)
            if not _once(connection, key):
                return False
            connection.execute(outages.insert().values(**rows.outage_row(outage)))
            return True

        return await self._database.write(unit)

    async def announce(
        self, notice: Notice, *, kinds: Sequence[Kind] = (), planned: bool = False, key: str | None = None
    ) -> bool:
        """News; or, with `notice.outage`, a fault or planned work in a whole region ("": everywhere) begins.

        `kinds` (all of them when empty) and `planned` are of an outage.
        """

        def unit(connection: sa.Connection) -> bool:
            if not _once(connection, key):
                return False
            regional = outages.insert().values(**rows.regional_row(notice, kinds, planned))
            connection.execute(regional if notice.outage else notices.insert().values(**rows.notice_row(notice)))
            return True

        return await self._database.write(unit)

    async def restore(self, outage: str, at: datetime, *, key: str | None = None) -> bool:
        """An outage, of one account or of a region, is over since `at`. Gone: no such outage."""

        def unit(connection: sa.Connection) -> bool:
            if connection.execute(sa.select(outages.c.id).where(outages.c.id == outage)).one_or_none() is None:
                raise Gone("unknown outage")
            if not _once(connection, key):
                return False
            connection.execute(outages.update().where(outages.c.id == outage).values(until=micros(at)))
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


FROM_NEAR_TO_FAR: Final = tuple(Direction)
# The book is the operator's, and so are its words.
FEE_TITLE: Final = "Плата за обещанный платёж"
ELSEWHERE: Final = "Здесь его пока не оформить: обратитесь к оператору или откройте личный кабинет."


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _once(connection: sa.Connection, key: str | None) -> bool:
    if key is None:
        return True
    row = insert(connection, keys).values(key=key).on_conflict_do_nothing().returning(keys.c.key)
    return connection.execute(row).one_or_none() is not None


def _locked(connection: sa.Connection, account: str, amount: Money | None = None) -> Row:
    """The account's row, held until the end of the transaction; `amount` is to be of its currency, and credible."""
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account).with_for_update()).one_or_none()
    if row is None:
        raise Gone("unknown account")
    if amount is not None and (row.currency != amount.currency or abs(amount.minor) > LARGEST):
        raise ValueError("the account is kept in another currency, or nobody has so much")
    return row


def _come_in(connection: sa.Connection, owner: Row, amount: int) -> None:
    """Money has come from outside: it is spread, and pays a promise back. The last act of a unit."""
    _receive(connection, owner, amount)
    if owner.promised is not None:
        left = max(0, owner.promised - amount)
        until = owner.promised_until if left else None
        _add(connection, owner.id, 0, promised=left or None, promised_until=until)
    mark(connection)


def _receive(connection: sa.Connection, owner: Row, amount: int) -> None:
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


def _add(connection: sa.Connection, account: str, amount: int, **more: Any) -> None:
    row = accounts.update().where(accounts.c.id == account)
    connection.execute(row.values(own=accounts.c.own + amount, changed=UNMARKED, **more))


def _unblock(connection: sa.Connection, account: str) -> None:
    stopped = services.update().where(services.c.account == account, services.c.status == Status.BLOCKED_DEBT.value)
    connection.execute(stopped.values(status=Status.ACTIVE.value))


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _row(connection: sa.Connection, account: str) -> Row:
    row = connection.execute(sa.select(accounts).where(accounts.c.id == account)).one_or_none()
    if row is None:
        raise Gone("unknown account")
    return row


def _asked(connection: sa.Connection, account: str, query: sa.Select[Any]) -> Sequence[Row]:
    """The rows of an account that there is."""
    _row(connection, account)
    return connection.execute(query).all()


def _serving(connection: sa.Connection, account: str, service: str) -> Row:
    """The account's row, when the service is the account's."""
    owner = _row(connection, account)
    mine = sa.select(services.c.id).where(services.c.id == service, services.c.account == account)
    if connection.execute(mine).one_or_none() is None:
        raise Gone("unknown service")
    return owner


def _open_bills(account: str) -> sa.Select[Any]:
    return sa.select(bills).where(bills.c.account == account, sa.text("remaining > 0"))


def _newest(table: sa.Table, whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(table).where(whose).order_by(table.c.at.desc(), table.c.id.desc())


def _within(table: sa.Table, whose: sa.ColumnElement[bool], owner: Row, period: Period) -> sa.Select[Any]:
    """Rows whose day, in the account's own zone, belongs to the period."""
    first, end = midnight(period.first, owner.zone), midnight(following(period.last), owner.zone)
    return _newest(table, whose).where(table.c.at >= first, table.c.at < end)


def _news(now: datetime) -> sa.Select[Any]:
    return _current(notices, notices.c.at, now, now)


def _faults(now: datetime) -> sa.Select[Any]:
    return _current(outages, outages.c.since, now + AHEAD, now)


def _current(table: sa.Table, begins: sa.Column[int], latest: datetime, now: datetime) -> sa.Select[Any]:
    """What has begun by `latest` and is not over, newest first."""
    going_on = sa.or_(table.c.until.is_(None), table.c.until > micros(now))
    return sa.select(table).where(begins <= micros(latest), going_on).order_by(begins.desc(), table.c.id.desc())


def _since(table: sa.Table, account: str, begin: int) -> sa.Select[Any]:
    return sa.select(sa.func.sum(table.c.amount)).where(table.c.account == account, table.c.at >= begin)


def _sum(connection: sa.Connection, query: sa.Select[Any]) -> int:
    return int(connection.execute(query).scalar_one() or 0)


def _begun(connection: sa.Connection, owner: Row, day: date) -> bool:
    """Whether the book knows the account as far back as that day: its first record is of that day or before it."""
    end = midnight(following(day), owner.zone)
    return any(
        connection.execute(sa.select(table.c.id).where(table.c.account == owner.id, table.c.at < end).limit(1)).first()
        for table in (payments, charges)
    )


def _today(owner: Row, now: datetime) -> date:
    return now.astimezone(ZoneInfo(owner.zone)).date()


def _bills(connection: sa.Connection, owner: Row) -> tuple[Bill, ...]:
    query = _open_bills(owner.id).order_by(bills.c.issued.desc(), bills.c.due.desc(), bills.c.id.desc())
    return tuple(rows.read_bill(row, owner.currency) for row in connection.execute(query))


def _services(connection: sa.Connection, owner: Row) -> tuple[Service, ...]:
    query = sa.select(services).where(services.c.account == owner.id).order_by(services.c.id)
    return tuple(rows.read_service(row, owner.currency) for row in connection.execute(query))
