"""A round: what is asked about many accounts at the same time is looked up at once.

    ask("a")  ask("b")  ask("c")            in one turn of the event loop, or while the last round is on its way
        └────────┴─────────┴──▶ look(["a", "b", "c"]) ──▶ to each his own

An answer is never older than its question: a round is made of what was asked before it began. Nobody waits for a
clock; who asks alone is answered alone. A look that takes long holds up only those who are in it: after PATIENCE the
next one begins beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from billing import ledger_rows as rows
from billing.base import Account, Bill, Charge, Facts, Gone, Scheme, Service, Status
from billing.ledger_tables import accounts, bills, charges, services
from billing.spending import WINDOW, spending

T = TypeVar("T")

MOST: Final = 200  # accounts in a round
PATIENCE: Final = 0.5  # seconds


class Round(Generic[T]):
    """`look` finds what there is for each of the accounts."""

    def __init__(self, look: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._look = look
        self._waiting: list[tuple[str, asyncio.Future[T]]] = []
        self._running: asyncio.Task[None] | None = None
        self._looks: set[asyncio.Task[None]] = set()

    async def ask(self, account: str) -> T:
        """Gone: no such account. Whatever `look` raises."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((account, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                look = asyncio.create_task(self._answer(asked))
                self._looks.add(look)
                look.add_done_callback(self._looks.discard)
                await asyncio.wait([look], timeout=PATIENCE)
        finally:
            self._running = None

    async def _answer(self, asked: Sequence[tuple[str, "asyncio.Future[T]"]]) -> None:
        try:
            found = await self._look(sorted({account for account, _ in asked}))
            for account, answer in asked:
                if answer.done():  # who asked went away
                    continue
                if account in found:
                    answer.set_result(found[account])
                else:
                    answer.set_exception(Gone("unknown account"))
        except Exception as error:  # not swallowed: it goes to those who asked
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        finally:  # whatever happened: nobody waits for ever
            for _, answer in asked:
                answer.cancel()


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Ids(sa.types.TypeDecorator[Sequence[str]]):
    """Texts in one bound value: one statement however many they are, prepared once."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(sa.Text) if dialect.name == "postgresql" else sa.JSON())


class Among(FunctionElement[Any]):
    """Whether the column is one of them."""

    inherit_cache = True
    type = sa.types.NullType()  # as a Boolean it would be compared with 1, and SQLite would not find the index

    def __init__(self, column: sa.Column[str]) -> None:
        super().__init__(column, sa.bindparam("ids", type_=Ids()))


@compiles(Among, "postgresql")
def _among(element: Among, compiler: Any, **more: Any) -> str:
    column, ids = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(Among)
def _among_json(element: Among, compiler: Any, **more: Any) -> str:
    column, ids = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 — a column's name and a bind's


_ACCOUNTS = sa.select(accounts).where(Among(accounts.c.id))
_BILLS = (
    sa.select(bills)
    .where(Among(bills.c.account), sa.text("remaining > 0"))
    .order_by(bills.c.issued.desc(), bills.c.due.desc(), bills.c.id.desc())
)
_SERVICES = sa.select(services).where(Among(services.c.account)).order_by(services.c.id)
_CHARGES = sa.select(charges).where(Among(charges.c.account), charges.c.at >= sa.bindparam("since"))


def accounts_of(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Account]:
    return {row.id: rows.read_account(row) for row in connection.execute(_ACCOUNTS, {"ids": ids})}


def facts_of(connection: sa.Connection, ids: Sequence[str], now: datetime) -> dict[str, Facts]:
    """All of one snapshot; open bills newest first."""
    owners = {row.id: row for row in connection.execute(_ACCOUNTS, {"ids": ids})}
    due: dict[str, list[Bill]] = {id_: [] for id_ in owners}
    for row in connection.execute(_BILLS, {"ids": ids}):
        due[row.account].append(rows.read_bill(row, owners[row.account].currency))
    had: dict[str, list[Service]] = {id_: [] for id_ in owners}
    for row in connection.execute(_SERVICES, {"ids": ids}):
        had[row.account].append(rows.read_service(row, owners[row.account].currency))
    took: dict[str, list[Charge]] = {id_: [] for id_ in owners if _spends(owners[id_], had[id_])}
    since = rows.micros(now - WINDOW - timedelta(days=2))  # the account's own day may have begun long before ours
    for row in connection.execute(_CHARGES, {"ids": list(took), "since": since}) if took else ():
        took[row.account].append(rows.read_charge(row, owners[row.account].currency))
    made: dict[str, Facts] = {}
    for id_, owner in owners.items():
        account, bought = rows.read_account(owner), tuple(had[id_])
        today = now.astimezone(ZoneInfo(account.zone)).date()
        a_day = spending(account, bought, took[id_], today) if took.get(id_) else None
        made[id_] = Facts(account, rows.read_balance(owner, now), tuple(due[id_]), bought, a_day)
    return made


def _spends(owner: rows.Row, had: Sequence[Service]) -> bool:
    """Whether a forecast can be made at all, and so is worth a look at what was charged."""
    return owner.scheme == Scheme.ADVANCE and owner.own >= 0 and any(s.status is Status.ACTIVE for s in had)
