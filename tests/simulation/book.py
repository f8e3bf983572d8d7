"""A billing without a server: a few accounts whose figures are theirs alone, so that a foreign one is seen at once.

    Book     the billing itself, outside every process: money moves, the feed is written, figures are remembered
    Till     one process's way to it: `billing.base.Billing` with `Snapshot`, and the billing's own weather

Every sum that an account ever had, and every sum that follows from them (what is to be paid, what a period adds up to),
stands in `figures` with its account. A message with a sum that is nobody's is as wrong as one with a neighbour's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from billing.base import (
    Account,
    Balance,
    Bill,
    Capability,
    Changes,
    Charge,
    Facts,
    Gone,
    Happening,
    Kind,
    Money,
    Payment,
    Period,
    Scheme,
    Service,
    Sign,
    Status,
    Subject,
    Unavailable,
    Unsupported,
)
from billing.position import Position, funds, position
from tests.simulation.world import Process, World

CAN = frozenset(
    {
        Capability.BALANCE,
        Capability.BILLS,
        Capability.PAYMENTS,
        Capability.CHARGES,
        Capability.SERVICES,
        Capability.CHANGES,
        Capability.CREDIT,
    }
)


class Mood(Enum):
    WELL = auto()
    SLOW = auto()
    SILENT = auto()
    BROKEN = auto()
    LYING = auto()  # answers about another account


@dataclass
class Holding:
    """One account as the billing keeps it."""

    account: Account
    own: int
    service: Service
    bills: tuple[Bill, ...] = ()
    payments: list[Payment] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    history: list[tuple[float, int]] = field(default_factory=list)  # (world time, own) since then
    available: list[tuple[float, int]] = field(default_factory=list)  # the same of what the watch goes by


class Book:
    def __init__(self, world: World, accounts: list[tuple[str, str]], zones: list[str]) -> None:
        self.world = world
        self.mood = Mood.WELL
        self.figures: dict[int, set[str]] = {}  # every sum that may be shown
        self.canaries: dict[int, str] = {}  # sums that are one account's alone
        self.holdings: dict[str, Holding] = {}
        self.feed: list[tuple[str, Happening | None]] = []  # accounts that changed, in their order, and why
        self.stands: dict[tuple[Any, ...], Position] = {}
        self.credits: dict[str, tuple[str, int]] = {}
        self.credited: list[tuple[str, str, int]] = []  # what was taken in, whatever the key
        self.numbers = 0
        chance = world.chance
        today = world.now.date()
        for n, ((id_, number), zone) in enumerate(zip(accounts, zones, strict=True)):
            scheme = Scheme.CREDIT if n % 3 == 2 else Scheme.ADVANCE
            account = Account(
                id_, number, scheme, f"Лада Я{id_}.", zone=zone, region="", since=today - timedelta(days=400)
            )
            fee = Money(self.fresh(id_, 200_00, 990_00))
            service = Service(
                id_, f"s{id_}", Kind.INTERNET, f"Интернет К{id_}", Status.ACTIVE, f"Тариф Т{id_}", fee,
                today + timedelta(days=chance.randrange(2, 28)),
            )  # fmt: skip
            own = self.fresh(id_, 150_00, 30_000_00)
            held = Holding(account, own, service, history=[(-1.0, own)])
            self.holdings[id_] = held
            if scheme is Scheme.CREDIT:
                amount = Money(self.fresh(id_, 300_00, 900_00))
                issued = today - timedelta(days=chance.randrange(1, 25))
                period = Period(issued - timedelta(days=30), issued - timedelta(days=1))
                due = issued + timedelta(days=20)
                held.bills = (Bill(id_, f"b{id_}", f"Б-{id_}", period, amount, amount, issued, due),)
            for back in sorted(chance.sample(range(1, 60), 3), reverse=True):
                at = world.now - timedelta(days=back)
                held.charges.insert(0, self._charge(id_, at, self.fresh(id_, 10_00, 4_000_00)))
                held.payments.insert(0, self._payment(id_, at, self.fresh(id_, 100_00, 9_000_00)))
            held.available.append((-1.0, self.stand(held).available.minor))
            self.note(held)
            self.feed.append((id_, None))

    # ── what the operator does ──

    def fresh(self, account: str, low: int, high: int, to: int = 0) -> int:
        """A sum that nobody has yet, and that added to `to` gives one that nobody has."""
        while True:
            sum_ = self.world.chance.randrange(low, high)
            if sum_ % 100 and not self.foreign(account, sum_) and not self.foreign(account, abs(to + sum_)):
                self.figures.setdefault(sum_, set()).add(account)
                self.canaries[sum_] = self.canaries[abs(to + sum_)] = account
                return sum_

    def foreign(self, account: str, sum_: int) -> bool:
        return bool(self.figures.get(sum_, set()) - {account})

    def move(self, account: str, amount: int) -> None:
        """Own money changes by `amount`, by a payment or a charge."""
        held, now = self.holdings[account], self.world.now
        held.own += amount
        held.history.append((self.world.time, held.own))
        if amount > 0:
            paid = self._payment(account, now, amount)
            held.payments.insert(0, paid)
            self.happens(Happening(f"paid:{paid.id}", Sign.PAID, now, paid.id, account, "", paid.method, paid.amount))
        else:
            taken = self._charge(account, now, -amount)
            held.charges.insert(0, taken)
            sign, what = Sign.CHARGE, f"charge:{taken.id}"  # unusual: nobody charges so much at once
            self.happens(
                Happening(what, sign, now, taken.id, account, "", taken.title, taken.amount, service=f"s{account}")
            )
        held.available.append((self.world.time, self.stand(held).available.minor))
        self.note(held)
        self.world.say("billing", f"{account}: {amount:+d} makes {held.own}")

    def happens(self, what: Happening) -> None:
        self.feed.append((what.account, what))

    def turns_off(self, account: str) -> None:
        """The service stops for debt, or works again."""
        held, now = self.holdings[account], self.world.now
        stopped = held.service.status is Status.ACTIVE
        held.service = replace(held.service, status=Status.BLOCKED_DEBT if stopped else Status.ACTIVE)
        self.numbers += 1
        sign = Sign.BLOCKED if stopped else Sign.UNBLOCKED
        title = held.service.title
        self.happens(Happening(f"{sign}:{self.numbers}", sign, now, held.service.id, account, "", title))
        self.note(held)
        self.world.say("billing", f"{account}: {sign}")

    def bills(self, account: str) -> None:
        """A bill is issued; under CREDIT it is what is to be paid."""
        held, today = self.holdings[account], self.today(self.holdings[account])
        self.numbers += 1
        amount = Money(self.fresh(account, 300_00, 900_00))
        due = today + timedelta(days=self.world.chance.randrange(1, 20))
        period = Period(today - timedelta(days=31), today - timedelta(days=1))
        bill = Bill(account, f"b{self.numbers}", f"Б-{account}", period, amount, amount, today, due)
        held.bills = (bill, *held.bills)
        sign = Sign.BILL
        self.happens(Happening(f"bill:{bill.id}", sign, self.world.now, bill.id, account, amount=amount, day=due))
        held.available.append((self.world.time, self.stand(held).available.minor))
        self.note(held)
        self.world.say("billing", f"{account}: a bill of {amount.minor}")

    def fall_below(self, account: str, threshold: int) -> None:
        """Charge so much that what is available falls below the threshold, not below a debt of some rubles."""
        held = self.holdings[account]
        available = self.stand(held).available.minor
        if available <= threshold:
            return
        low = max(1, available - threshold + 1)
        self.move(account, -self.fresh(account, low, low + threshold // 2 + 50_00, -held.own))

    def rise_above(self, account: str, threshold: int) -> None:
        held = self.holdings[account]
        available = self.stand(held).available.minor
        if available >= threshold * 2:
            return
        low = threshold * 2 - available
        self.move(account, self.fresh(account, low, low + 500_00, held.own))

    def close(self, account: str) -> None:
        held = self.holdings[account]
        held.account = replace(held.account, open=False)
        self.world.say("billing", f"{account} is closed")

    def credit(self, account: str, amount: int, key: str) -> None:
        if key in self.credits:
            return
        self.credits[key] = (account, amount)
        self.credited.append((account, key, amount))
        self.figures.setdefault(amount, set()).add(account)
        self.move(account, amount)

    def _payment(self, account: str, at: datetime, amount: int) -> Payment:
        self.numbers += 1
        return Payment(account, f"p{self.numbers}", at, Money(amount), f"Касса К{account}")

    def _charge(self, account: str, at: datetime, amount: int) -> Charge:
        self.numbers += 1
        return Charge(account, f"c{self.numbers}", at, Money(amount), f"Расход Р{account}", f"s{account}")

    # ── what is known of an account ──

    def facts(self, held: Holding) -> Facts:
        balance = Balance(held.account.id, Money(held.own), self.world.now)
        return Facts(held.account, balance, held.bills, (held.service,))

    def today(self, held: Holding) -> date:
        return self.world.now.astimezone(ZoneInfo(held.account.zone)).date()

    def stand(self, held: Holding, today: date | None = None) -> Position:
        facts, today = self.facts(held), today or self.today(held)
        key = (held.account.id, held.own, today, len(held.bills), held.service.status)
        if key not in self.stands:
            self.stands[key] = position(held.account, facts.balance, facts.bills, facts.services, today)
        return self.stands[key]

    def note(self, held: Holding) -> None:
        """Remember every sum that may be shown of the account as it is now."""
        sums = {held.own, held.service.fee.minor if held.service.fee else 0}
        for days in (-1, 0, 1):
            stand = self.stand(held, self.today(held) + timedelta(days=days))
            sums |= {one.minor for one in (stand.own, stand.overdue, stand.issued, stand.to_pay, stand.available)}
            sums |= {line.amount.minor for line in stand.lines}
        for one in (held.payments, held.charges):
            amounts = [record.amount.minor for record in one]
            for first in range(len(amounts)):
                for last in range(first, len(amounts)):
                    sums.add(sum(amounts[first : last + 1]))
        for sum_ in sums:
            if sum_:
                self.figures.setdefault(abs(sum_), set()).add(held.account.id)

    def owned(self, account: str, since: float) -> set[int]:
        """Every own money that the account had at any moment since then."""
        return lately(self.holdings[account].history, since)

    def could_spend(self, account: str, since: float) -> set[int]:
        """The same of what was available; at midnight a bill falls overdue, and nothing has moved."""
        held = self.holdings[account]
        return {*lately(held.available, since), self.stand(held).available.minor}


def lately(history: list[tuple[float, int]], since: float) -> set[int]:
    untils = [at for at, _ in history[1:]] + [1e18]
    return {value for (_, value), until in zip(history, untils, strict=True) if until >= since}


class Till:
    """`billing.base.Billing` for one start of one process."""

    name = "till"
    can = CAN
    keeps_days: int | None = None

    def __init__(self, book: Book, process: Process) -> None:
        self.book, self.process = book, process

    async def answer(self, account: str, of: Callable[[Holding], Any]) -> Any:
        book, chance = self.book, self.book.world.chance
        mood = book.mood
        seconds = {Mood.SLOW: chance.uniform(0.5, 10.0), Mood.SILENT: 3600.0}.get(mood, chance.uniform(0.0, 0.05))
        if mood is Mood.SILENT:
            self.process.busy += 1
            try:
                await asyncio.sleep(seconds)
            finally:
                self.process.busy -= 1
        elif mood is not Mood.WELL or chance.random() < 0.3:
            await self.process.wait(seconds)
        if mood is Mood.BROKEN:
            raise RuntimeError("500")
        if mood is Mood.LYING:
            account = chance.choice(sorted(book.holdings))
        held = book.holdings.get(account)
        if held is None:
            raise Gone("unknown")
        return of(held)

    async def authenticate(self, login: str, password: str) -> Subject | None:
        return Subject(login)

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        return (await self.account(subject.id),)

    async def account(self, account: str) -> Account:
        found: Account = await self.answer(account, lambda held: held.account)
        return found

    async def facts(self, account: str) -> Facts:
        found: Facts = await self.answer(account, self.book.facts)
        return found

    async def balance(self, account: str) -> Balance:
        return (await self.facts(account)).balance

    async def bills(self, account: str) -> tuple[Bill, ...]:
        return (await self.facts(account)).bills

    async def services(self, account: str) -> tuple[Service, ...]:
        return (await self.facts(account)).services

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        found: list[Payment] = await self.answer(account, lambda held: list(held.payments))
        zone = ZoneInfo(self.book.holdings[account].account.zone)
        return tuple(one for one in found if one.at.astimezone(zone).date() in period)

    async def last_payment(self, account: str) -> Payment | None:
        found: list[Payment] = await self.answer(account, lambda held: list(held.payments))
        return found[0] if found else None

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        found: list[Charge] = await self.answer(account, lambda held: list(held.charges))
        zone = ZoneInfo(self.book.holdings[account].account.zone)
        return tuple(one for one in found if one.at.astimezone(zone).date() in period)

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        await self.answer(account, lambda held: self.book.credit(account, amount.minor, key))
        if self.book.mood is Mood.SLOW and self.book.world.chance.random() < 0.5:
            raise Unavailable("it was taken in, and nobody heard of it")

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        place = int(cursor or 0)
        await self.answer(next(iter(self.book.holdings)), lambda held: held)
        fresh = self.book.feed[place : place + limit]
        changed = [self.book.holdings[one] for one in dict.fromkeys(account for account, _ in fresh)]
        happened = tuple(what for _, what in fresh if what is not None) if cursor is not None else ()
        reached = place + len(fresh)
        told = tuple(funds(self.book.stand(one)) for one in changed)
        return Changes(told, str(reached), reached < len(self.book.feed), happened)

    async def close(self) -> None:
        return

    def __getattr__(self, name: str) -> Any:
        """Every other question: this billing cannot tell."""
        if name not in {"opening", "details", "usage", "calls", "reaches", "deliveries", "deliver", "offer", "promise",
                        "outages", "notices", "bonus"}:  # fmt: skip
            raise AttributeError(name)

        async def cannot(*_: Any) -> Any:
            raise Unsupported(name)

        return cannot
