"""The promise of a billing: what the operator knows about a customer's money, as facts.

Four answers, never mixed:
    a value          the billing said so
    an empty tuple   it was asked, and there is nothing
    Unsupported      this billing cannot tell; the dialogue then offers no button for it (see `Billing.can`)
    Unavailable      it did not answer, or not credibly; the customer is told so, and no figure is shown

Facts are frozen values. Money is whole minor units (kopecks) with a currency; times are aware and UTC; days are the
account's own days. `adapters` to real billings keep this promise in one file each; `billing.guard` wraps any of them
with a time limit, a circuit breaker and the check that the answer is about the account that was asked for.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

LARGEST = 10**13  # minor units: a sum beyond this, either way, is a fault of the data and never shown


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A sum in whole minor units. Sums of two currencies do not add up."""

    minor: int
    currency: str = "RUB"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.minor


@dataclass(frozen=True, slots=True)
class Period:
    """A closed interval of days: both belong to it."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends before it begins")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class Scheme(StrEnum):
    """How the account is settled. Days are the billing's, never constants here."""

    ADVANCE = "advance"  # pay first: the fee is taken on a day; debt is own money below zero
    CREDIT = "credit"  # use first: a bill is issued on a day and due on another; debt is what is past due


@dataclass(frozen=True, slots=True)
class Subject:
    """Who signed in: the billing's lasting id of the person or login. Never shown."""

    id: str


@dataclass(frozen=True, slots=True)
class Account:
    id: str  # the billing's lasting id; never shown
    number: str  # the customer's «лицевой счёт»; shown by its last four digits
    scheme: Scheme
    holder: str = ""  # already masked by the billing's file: «Иван П.»
    currency: str = "RUB"
    zone: str = "Europe/Moscow"  # IANA name: the days of bills and payments are counted there
    open: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """Own money and the promised payment are two figures; nobody adds them up."""

    account: str
    own: Money  # the customer's own money: below zero is debt under ADVANCE; under CREDIT what no bill has taken yet
    as_of: datetime
    promised: Money | None = None  # an outstanding promised payment («обещанный платёж»), to be paid back
    promised_until: date | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    account: str
    id: str
    number: str
    period: Period
    amount: Money
    remaining: Money  # what is still unpaid on it
    issued: date
    due: date


@dataclass(frozen=True, slots=True)
class Payment:
    account: str
    id: str
    at: datetime
    amount: Money
    method: str  # as the billing words it: «Банковская карта»
    credited: bool = True


@dataclass(frozen=True, slots=True)
class Charge:
    account: str
    id: str
    at: datetime
    amount: Money  # above zero: taken; below zero: given back
    title: str
    service: str | None = None  # Service.id


class Status(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"  # by the customer
    BLOCKED_DEBT = "blocked-debt"
    BLOCKED = "blocked"  # by the operator, for another reason
    OFF = "off"  # not connected


class Kind(StrEnum):
    INTERNET = "internet"
    PHONE = "phone"
    TV = "tv"
    MOBILE = "mobile"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Service:
    account: str
    id: str
    kind: Kind
    title: str  # «Домашний интернет»
    status: Status
    tariff: str = ""
    fee: Money | None = None  # a period's fee; None: this billing cannot tell
    next_fee: date | None = None  # when it is taken next
    daily: bool = False  # the fee is spread over the month and taken each day
    balance: Money | None = None  # own money of this service, where the billing keeps it apart


@dataclass(frozen=True, slots=True)
class Funds:
    """One account's figure for the low-balance watch: own money less what is overdue."""

    account: str
    available: Money


@dataclass(frozen=True, slots=True)
class Changes:
    funds: tuple[Funds, ...]
    cursor: str  # where to go on
    more: bool  # the feed has further rows now


class Capability(StrEnum):
    BALANCE = "balance"
    BILLS = "bills"
    PAYMENTS = "payments"
    CHARGES = "charges"
    SERVICES = "services"
    CHANGES = "changes"


class Billing(Protocol):
    """The questions. Each raises BillingError; lists are newest first."""

    name: str
    can: frozenset[Capability]

    async def authenticate(self, login: str, password: str) -> Subject | None:
        """The person behind the login, or None: wrong login, wrong password and locked are one answer."""

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        """The accounts the person may see, also closed ones."""

    async def account(self, account: str) -> Account:
        """Raises Gone when it is unknown."""

    async def balance(self, account: str) -> Balance: ...

    async def bills(self, account: str) -> tuple[Bill, ...]:
        """Bills with anything left to pay, newest first."""

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]: ...

    async def last_payment(self, account: str) -> Payment | None: ...

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]: ...

    async def services(self, account: str) -> tuple[Service, ...]: ...

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        """Accounts whose available funds may have changed since `cursor` (None: all), for the watch.

        May repeat an account; must not leave one out. An account becomes "changed" also when a bill falls overdue.
        """

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What a position is computed from. A part that the billing cannot tell is empty."""

    account: Account
    balance: Balance
    bills: tuple[Bill, ...]
    services: tuple[Service, ...]


@runtime_checkable
class Snapshot(Protocol):
    """A billing that can tell all of it at once, as of one moment: no payment falls between two questions."""

    async def facts(self, account: str) -> Facts: ...


async def facts_of(billing: Billing, account: str, known: Account | None = None) -> Facts:
    """The facts of an account, of one moment where the billing can tell them so. Raises BillingError.

    `known`: the account itself, when it has just been asked for.
    """
    if isinstance(billing, Snapshot):
        return await billing.facts(account)
    return Facts(
        known or await billing.account(account),
        await billing.balance(account),
        await billing.bills(account) if Capability.BILLS in billing.can else (),
        await billing.services(account) if Capability.SERVICES in billing.can else (),
    )


class BillingError(Exception):
    """The text is for the log: no figure, no account number, no name."""


class Unavailable(BillingError):
    """The billing did not answer in time, or not credibly. Asking again later may help."""


class Unsupported(BillingError):
    """This billing cannot tell. Asking again will not help."""


class Gone(BillingError):
    """The account is unknown or closed: the link to it has ended."""
