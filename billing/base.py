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
from functools import cache
from typing import Protocol, TypeGuard, runtime_checkable

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
    region: str = ""  # as the operator names it: «Тюменская область»; "" when the billing does not say
    since: date | None = None  # when the contract began: there is nothing before it


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


# ── What a service is made of, and what was used of it ────────────────────────────────────────────────────────────


class Direction(StrEnum):
    """Where a call went, and the component of home telephony that carries it."""

    LOCAL = "local"
    ZONE = "zone"  # внутризоновая: within the region
    INTERCITY = "intercity"
    INTERNATIONAL = "international"
    MOBILE = "mobile"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """A paid option or a subscription beside the tariff."""

    account: str
    service: str
    id: str
    title: str
    status: Status
    fee: Money | None = None  # a month


@dataclass(frozen=True, slots=True)
class Carrier:
    """A long-distance operator's own account inside a component."""

    title: str
    own: Money  # below zero is debt to that operator


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a combined service: the inter-city part of a home phone."""

    account: str
    service: str
    direction: Direction
    status: Status
    carriers: tuple[Carrier, ...] = ()


@dataclass(frozen=True, slots=True)
class Details:
    """What one service consists of. An empty tuple: the billing was asked and there is nothing."""

    account: str
    service: str
    options: tuple[Option, ...] = ()
    components: tuple[Component, ...] = ()


class Use(StrEnum):
    """What is counted, and so the unit of `Usage.amount`."""

    RECEIVED = "received"  # bytes
    SENT = "sent"  # bytes
    CALLS = "calls"  # seconds of answered outgoing calls
    PURCHASE = "purchase"  # pieces: films, channels


@dataclass(frozen=True, slots=True)
class Usage:
    """One day's use of one kind."""

    account: str
    service: str
    day: date  # the account's own
    use: Use
    amount: int
    count: int = 1  # calls, sessions, purchases
    cost: Money | None = None  # None: inside the tariff, or not told apart
    direction: Direction | None = None  # of calls
    title: str = ""  # of a purchase


@dataclass(frozen=True, slots=True)
class Call:
    account: str
    service: str
    id: str
    at: datetime
    number: str  # the other party's, whole: masked where it is shown
    seconds: int  # 0: not answered; such a call is not counted
    direction: Direction
    cost: Money
    incoming: bool = False
    timed: bool = True  # False: only the account's own day is known, `at` is its beginning


# ── What the billing can do for the customer ──────────────────────────────────────────────────────────────────────


class Way(StrEnum):
    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the owner of the account can be reached to prove that it is he: on record at the operator."""

    account: str
    way: Way
    address: str  # whole: masked where it is shown


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the documents of one service come."""

    account: str
    service: str
    email: str | None  # whole, masked where it is shown; None: not by e-mail


class Refusal(StrEnum):
    """Why there is no promised payment now."""

    OUTSTANDING = "outstanding"  # one is not paid back yet
    RECENT = "recent"  # the last one was too short ago
    NEEDLESS = "needless"  # there is no debt and none ahead
    DEBT = "debt"  # the debt is larger than a promise may cover
    SCHEME = "scheme"  # bills are paid afterwards here: there is a due day instead
    NEWCOMER = "newcomer"  # the contract is too young
    OTHER = "other"  # `Offer.reason` says it in the billing's own words


@dataclass(frozen=True, slots=True)
class Offer:
    """A promised payment's terms as they are now, or why there is none and from which day there may be one."""

    account: str
    id: str  # of this very occasion: taking it twice is taking it once. At most 40 of A-Za-z0-9_-: a button carries it
    amount: Money
    fee: Money
    until: date  # the last day to pay it back
    refusal: Refusal | None = None  # None: it may be taken
    possible: date | None = None  # refused: the day it becomes possible; None: nobody knows
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A known fault or planned work at the account's own address."""

    account: str
    id: str
    kinds: tuple[Kind, ...]  # what does not work; empty: all
    title: str
    since: datetime
    until: datetime | None = None  # when it shall be over; None: nobody knows
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """The operator's news, or a fault that concerns a whole region. For everybody: nothing personal."""

    id: str
    region: str  # "": everywhere
    title: str
    text: str
    at: datetime
    until: datetime | None = None
    outage: bool = False


@dataclass(frozen=True, slots=True)
class Bonus:
    """The bonus programme."""

    account: str
    program: str  # its name
    points: int
    burning: int = 0  # points that end on `burns`
    burns: date | None = None


@dataclass(frozen=True, slots=True)
class Funds:
    """What the watch knows of one account: the figure that a threshold is compared with, and the days on which
    something falls. Made from a position (`billing.position.funds`), so that an alert and a screen cannot differ.
    """

    account: str
    available: Money  # own money less what is overdue
    zone: str = "Europe/Moscow"  # the account's own: its days are counted there
    lasts_until: date | None = None  # the last day that own money covers; None: see `Position.lasts_until`
    fee_on: date | None = None  # the next day with a fee that own money does not cover
    due_on: date | None = None  # the soonest due day of what is issued and not paid
    overdue_since: date | None = None
    promised_until: date | None = None  # the last day to pay a promised payment back


class Sign(StrEnum):
    """What happened to an account that its owner may want to hear of. `Happening.about` names it."""

    BILL = "bill"  # issued: Bill.id
    PAID = "paid"  # credited: Payment.id
    BLOCKED = "blocked"  # a service stopped for debt: Service.id
    UNBLOCKED = "unblocked"  # it works again: Service.id
    CHARGE = "charge"  # an unusual charge (billing.unusual): Charge.id
    OPTION = "option"  # a paid option or subscription is new: Option.id
    OUTAGE = "outage"  # known trouble at the address, or planned work: Outage.id
    OUTAGE_OVER = "outage-over"  # the same, over: Outage.id


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the feed. What it says is of that moment: whoever tells it asks the billing again."""

    id: str  # lasting: the same event has the same id, however often it is told. At most 64 of A-Za-z0-9_:.-
    sign: Sign
    at: datetime
    about: str  # id of the bill, payment, service, charge, option or outage
    account: str = ""  # "": everybody's in `region`
    region: str = ""
    title: str = ""  # of the service, charge, option or outage; a payment's method
    amount: Money | None = None
    day: date | None = None  # a bill's due day
    service: str = ""  # Service.id of a charge or an option, where it is known


@dataclass(frozen=True, slots=True)
class Changes:
    funds: tuple[Funds, ...]
    cursor: str  # where to go on
    more: bool  # the feed has further rows now
    happened: tuple[Happening, ...] = ()  # since `cursor`, in the order in which it happened; none with cursor None
    as_of: datetime | None = None  # of what moment the feed speaks; None: of now


class Capability(StrEnum):
    BALANCE = "balance"
    BILLS = "bills"
    PAYMENTS = "payments"
    CHARGES = "charges"
    SERVICES = "services"
    CHANGES = "changes"
    OPENING = "opening"
    DETAILS = "details"
    USAGE = "usage"
    CALLS = "calls"
    REACHES = "reaches"
    DELIVERY = "delivery"
    PROMISES = "promises"
    OUTAGES = "outages"
    NOTICES = "notices"
    BONUS = "bonus"
    CREDIT = "credit"


# ── Billings of the operator's own, somewhere else ────────────────────────────────────────────────────────────────


@runtime_checkable
class Federated(Protocol):
    """A billing whose customers prove who they are at the operator's own sign-in page (OpenID Connect), not to us.

    Such a one knows no password: its `authenticate` raises Unsupported, and the linking page shows a button instead.
    """

    async def door(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in: an address of the operator's, with the code challenge of `verifier`.

        `back` is our own address that the browser returns to. Raises Unavailable.
        """

    async def enter(self, code: str, back: str, nonce: str, verifier: str) -> Subject | None:
        """Who came back with this code; None: it proves nobody. Raises Unavailable."""


@runtime_checkable
class Remote(Protocol):
    """A billing that is asked over the wire: what `saldo doctor` and `saldo billing show` look into."""

    def sources(self) -> tuple["Source", ...]:
        """Every address that it asks, in the order of the settings."""

    async def reach(self, source: str) -> str:
        """One cheap question to that source; what answered, in a line for the operator. Raises BillingError."""

    def wants(self, capability: "Capability") -> str:
        """The settings that would let it tell this; "": it never can."""


@dataclass(frozen=True, slots=True)
class Source:
    name: str  # "account": as its settings call it
    url: str  # without anything secret
    tells: frozenset["Capability"]


@runtime_checkable
class Hinted(Protocol):
    """A billing that says by itself that something changed, to an address of ours. What it says is only a hint to ask
    again: never a figure, perhaps lost, perhaps told twice, perhaps told by somebody else.
    """

    @property
    def path(self) -> str:
        """The secret part of that address, A-Za-z0-9_-; "": it is not to be told anything."""

    def hint(self, body: bytes) -> frozenset[str]:
        """The ids of the accounts to ask about again. Whatever cannot be read, or was told before, is nobody."""

    async def subscribe(self, callback: str) -> None:
        """Have changes told to that address of ours from now on; again and again, in place of what was asked for
        before. Raises BillingError.
        """


class Billing(Protocol):
    """The questions. Each raises BillingError; lists are newest first."""

    name: str
    can: frozenset[Capability]
    keeps_days: int | None  # how far back usage and calls can be asked for; None: as long as the contract

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

    async def opening(self, account: str, day: date) -> Money | None:
        """Own money as the account's day began; None: not known (before the contract, before the book)."""

    async def details(self, account: str, service: str) -> Details:
        """Of one service of the account. Raises Gone when the service is not the account's."""

    async def usage(self, account: str, service: str, period: Period) -> tuple[Usage, ...]:
        """By day and kind, newest first. A day without use has no row."""

    async def calls(self, account: str, service: str, period: Period) -> tuple[Call, ...]: ...

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        """Phones and addresses on record, the most trusted first."""

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:
        """One for each service whose documents can be delivered."""

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        """From now on the documents of the service come to `email`, or not by e-mail. Safe to repeat."""

    async def offer(self, account: str) -> Offer: ...

    async def promise(self, account: str, offer: str) -> Balance:
        """Take the promised payment of that offer, once however often it is asked; the balance after it.

        Raises Refused when it may not be taken (any more). After Unavailable nobody knows: read the balance.
        """

    async def outages(self, account: str) -> tuple[Outage, ...]:
        """What is wrong now, or will be within a week by plan, at the account's address."""

    async def notices(self, region: str) -> tuple[Notice, ...]:
        """What everybody in the region may know; "": what concerns all regions."""

    async def bonus(self, account: str) -> Bonus | None:
        """None: the customer takes no part."""

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        """Take in a payment that was made in a chat, once for a `key` however often it is asked."""

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        """What the watch must look at again since `cursor` (None: all accounts, and nothing that happened before).

        May repeat an account or an event; must not leave one out. An account is changed also when a bill falls
        overdue. `limit`: of accounts, and of events likewise. A process asks for one page at a time.
        """

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What a position is computed from. A part that the billing cannot tell is empty."""

    account: Account
    balance: Balance
    bills: tuple[Bill, ...]
    services: tuple[Service, ...]
    spending: Money | None = None  # what an average day takes beside the fees (billing.spending); None: not known


@runtime_checkable
class Snapshot(Protocol):
    """A billing that can tell all of it at once, as of one moment: no payment falls between two questions."""

    async def facts(self, account: str) -> Facts: ...


@runtime_checkable
class Remembering(Protocol):
    """A billing that remembers what it last told, for the hour in which it tells nothing.

    What is remembered is never given as an answer: it is asked for by name, and shown with its time
    (`Facts.balance.as_of`) as old.
    """

    def remember(self, facts: Facts) -> None:
        """These were told, whole: `facts_of` says so."""

    def known(self, account: str) -> Facts | None:
        """What was last told of the account; None: nothing, or too long ago."""


@runtime_checkable
class Kept(Protocol):
    """A billing whose book is kept here, so that nobody else does its day's work."""

    async def lapse(self) -> int:
        """Stop what an unpaid promised payment had let go on, once its last day has passed. Safe to repeat; how many
        services were stopped.
        """


async def facts_of(billing: Billing, account: str, known: Account | None = None) -> Facts:
    """The facts of an account, of one moment where the billing can tell them so. Raises BillingError.

    `known`: the account itself, when it has just been asked for.
    """
    if _tells_all(billing):
        facts = await billing.facts(account)
    else:
        facts = Facts(
            known or await billing.account(account),
            await billing.balance(account),
            await billing.bills(account) if Capability.BILLS in billing.can else (),
            await billing.services(account) if Capability.SERVICES in billing.can else (),
        )
    if _remembers(billing):
        billing.remember(facts)
    return facts


# By its type, which is asked once: asking an object whether it keeps a promise takes longer than a whole sentence.


def _tells_all(billing: Billing) -> TypeGuard[Snapshot]:
    return _keeps(type(billing), Snapshot)


def _remembers(billing: Billing) -> TypeGuard[Remembering]:
    return _keeps(type(billing), Remembering)


@cache
def _keeps(kind: type, promise: type) -> bool:
    return issubclass(kind, promise)


class BillingError(Exception):
    """The text is for the log: no figure, no account number, no name."""


class Unavailable(BillingError):
    """The billing did not answer in time, or not credibly. Asking again later may help."""


class Unusable(Unavailable):
    """It answered, and the answer is of no use: a refusal, or nothing that could be believed. It may be so of one
    account only, so whoever asks about another need not wait.
    """


class Unsupported(BillingError):
    """This billing cannot tell. Asking again will not help."""


class SignIn(BillingError):
    """The billing answers in a customer's own name only, and his sign-in is over: he must prove again who he is."""


class Refused(BillingError):
    """A promised payment may not be taken: `offer` says why and from when."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(f"refused: {offer.refusal}")
        self.offer = offer


class Gone(BillingError):
    """What was asked about is not there. Only said of the account itself it ends the link; a service may go alone."""
