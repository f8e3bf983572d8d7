"""The embedded billing: an operator's book in Saldo's own database.

It is filled by `billing.exports` (an operator's files) or `billing.demo`, and kept by its operator's side
(`ledger_keeping`). All of it is plain SQL in short units, each one transaction, the same on SQLite and on PostgreSQL.

A payment that is seen and not yet credited moves nothing until it arrives.

A promised payment (its terms: `billing.promises`) is taken once for each offer. It never enters `own`; what it does is
to let the services go on that stand still for debt. Whatever comes in afterwards, by whatever way, is own money and
pays the promise back by the same sum: a customer who was trusted with 300 and pays 200 still owes 100 by that day. If
he then owes it still, the services that the promise had let go on stand still again.

What `own` was as a day began (`opening`) is counted back from what it is: less the payments, plus the charges since.
That is true only where the book is kept here and only as far back as it goes; under CREDIT the book does not say which
part of a payment a bill had taken by that day, and so nothing is said.

An account that `billing.exports` brought in (`as_of` is set) is a copy: what it says is true of that time, but a
promise or an address written here would reach nobody. The one is refused, the other Unsupported.

Files: `ledger_tables` what is stored, `ledger_rows` rows and facts, `ledger_keeping` the operator's side, `ledger_feed`
the feed of changes and the order in which writers lock, `ledger_events` what happened, `ledger_round` one look for many
questions.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing import ledger_feed, ledger_round
from billing import ledger_rows as rows
from billing.base import (
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
    Subject,
    Unsupported,
    Usage,
)
from billing.ledger_feed import mark as mark
from billing.ledger_keeping import Database as Database
from billing.ledger_keeping import Keeping, add, locked, open_bills, services_of, unblock_all
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

SETTINGS: Final = ()  # it has none of its own: the promise's terms are the house's
VERIFIERS: Final = 2  # sign-ins verified at a time: each holds 64 MiB and a core
AHEAD: Final = timedelta(days=7)  # planned work is told of this long before it begins


def connect(
    values: Mapping[str, str], *, database: Database, now: Callable[[], datetime], rule: Rule, secret: str
) -> "Ledger":
    return Ledger(database, now, rule)


class Ledger(Keeping):
    """`billing.base.Billing` over the ledger's tables, and the operator's side of it."""

    def __init__(self, database: Database, now: Callable[[], datetime], rule: Rule = FREE) -> None:
        """`now` gives the present as an aware datetime; `rule` the terms of a promised payment."""
        self.name = "ledger"
        self.can = frozenset(Capability)
        self.keeps_days: int | None = None
        super().__init__(database, now)
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
        return await self._database.read(lambda connection: services_of(connection, _row(connection, account)))

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
            owner = locked(connection, account)
            before = sa.select(promises.c.offer).where(promises.c.offer == offer, promises.c.account == account)
            if connection.execute(before).one_or_none() is not None:
                return rows.read_balance(owner, now)
            current = self._offer(connection, owner, now)
            if current.refusal is not None or current.id != offer:
                raise Refused(current)
            at, fee = micros(now), current.fee.minor
            let_on = unblock_all(connection, account, now)  # an offer covers the debt, or there is none
            row = {"offer": offer, "account": account, "amount": current.amount.minor, "fee": fee, "taken_at": at}
            services_ = json.dumps([event["about"] for event in let_on])
            connection.execute(promises.insert().values(**row, until=current.until, let_on=services_))
            if fee:
                row = {"id": str(uuid4()), "account": account, "at": at, "amount": fee, "title": FEE_TITLE}
                connection.execute(charges.insert().values(**row))
            add(connection, account, -fee, promised=current.amount.minor, promised_until=current.until)
            mark(connection, let_on)
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
        now = self._now()
        return await self._database.read(lambda connection: ledger_feed.changes(connection, cursor, max(1, limit), now))

    async def close(self) -> None:
        self._verifiers.shutdown(wait=False, cancel_futures=True)

    def _offer(self, connection: sa.Connection, owner: Row, now: datetime) -> Offer:
        if not owner.open:
            raise Gone("closed account")
        today, account = _today(owner, now), rows.read_account(owner)
        stand = position(
            account, rows.read_balance(owner, now), _bills(connection, owner), services_of(connection, owner), today
        )
        query = sa.select(sa.func.max(promises.c.taken_at)).where(promises.c.account == owner.id)
        last = connection.execute(query).scalar()
        made = offer(self._rule, stand, None if last is None else instant(last), today)
        if owner.as_of is None:
            return made
        return replace(made, refusal=Refusal.OTHER, possible=None, reason=ELSEWHERE)


FROM_NEAR_TO_FAR: Final = tuple(Direction)
# The book is the operator's, and so are its words.
FEE_TITLE: Final = "Плата за обещанный платёж"
ELSEWHERE: Final = "Здесь его пока не оформить: обратитесь к оператору или откройте личный кабинет."


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
    query = open_bills(owner.id).order_by(bills.c.issued.desc(), bills.c.due.desc(), bills.c.id.desc())
    return tuple(rows.read_bill(row, owner.currency) for row in connection.execute(query))
