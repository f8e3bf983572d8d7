"""What a handler is given and what it gives back.

    Ask ──handler──▶ Turn        values in, a value out

A handler never sends, never asks which network it is on, never catches a network's, a billing's or a database's
exception, and never checks whether an account is linked: its type says who may ask.

    Open     anybody, also before linking
    Linked   only a chat that has agreed to the processing of personal data and has linked an account; the router
             shows consent or the way to link instead, and passes the account that the chat is about
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeAlias

from adapters.base import Button, Incoming, Reply, Tone
from billing.base import Account, Billing, Capability, Way, facts_of
from billing.position import Position, position
from handlers.due import STANDARD, presets
from handlers.text import Say
from handlers.understand import Meaning, understand
from pictures.base import Drawing, Payee
from storage.base import Effect, Link, Memory, Storage, Topic


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the operator's reference: «Техподдержка», phone, hours."""

    title: str
    phone: str
    hours: str = ""
    region: str = ""  # "": for everybody


@dataclass(frozen=True, slots=True)
class Operator:
    """What the operator sets once for all customers."""

    name: str
    url: str  # https://saldo.example: our own public site, without a trailing slash
    account_url: str = ""  # the operator's personal account on the web
    pay_url: str = ""  # payment page; {account} and {sum} are filled in
    contacts: tuple[Contact, ...] = ()
    networks: Mapping[str, str] = field(default_factory=dict)  # name -> mode of every network that is on
    consent_version: str = "1"
    threshold: int = 10_000  # kopecks: warn below this unless the customer says otherwise
    max_links: int = 5  # accounts per chat
    default_zone: str = "Europe/Moscow"
    quiet: tuple[int, int] = (22 * 60, 9 * 60)  # no alerts between these minutes after midnight, unless set otherwise
    payee: Payee | None = None  # whom a payment order by QR goes to
    purpose: str = "Оплата услуг связи, л/с {account}"  # of a payment order; {account} is filled in
    ways: frozenset[Way] = frozenset()  # by which a code can be sent
    sum_between: tuple[int, int] = (100, 1_500_000)  # kopecks: what one payment may be
    unblock_minutes: int = 60  # how long it takes, after the debt is paid, until services work again
    credit_days: int = 3  # how long a transfer to the operator's account takes
    presets: Mapping[Topic, str] = field(default_factory=lambda: presets(STANDARD))  # what is told unless set otherwise
    alerts_a_day: int = 4  # messages with alerts that one chat gets, but for what cannot wait


# What a message means, read off the event loop.
Read: TypeAlias = Callable[[str], Awaitable[Meaning]]


async def by_phrases(text: str) -> Meaning:
    """Without a model."""
    return understand(text)


# Draws off the event loop, and the same drawing once only. None: it could not be drawn; the words say it all anyway.
Draw: TypeAlias = Callable[[Drawing], Awaitable[bytes | None]]


async def undrawn(_: Drawing) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, with everything that an answer may need."""

    incoming: Incoming
    memory: Memory
    billing: Billing
    storage: Storage  # only for what is asked of it by name: the export, an invitation
    operator: Operator
    now: datetime
    say: Say
    token: Callable[[], str]  # a fresh one-time token, 128 random bits as 22 url-safe characters
    meaning: Meaning = field(default_factory=Meaning)  # of the words that were typed
    arguments: tuple[str, ...] = ()  # of the action: "payments:2026-10-01:2026-10-31" gives two
    text: str = ""  # what was typed, cleaned; "" for a press
    draw: Draw = undrawn
    invoices: tuple[int, int] | None = None  # the network takes payments itself, of these sums in minor units
    public: bool = False  # this network may show nothing personal
    # The proof that was given in this very turn (handlers.verify): no button can forge it. Nothing else is a proof.
    solved: str = ""  # the purpose of the challenge that was solved
    proof: Mapping[str, str] = field(default_factory=dict)  # its data: among others the "address" the code went to

    @property
    def today(self) -> date:
        """The customer's day."""
        return self.say.today

    @property
    def link(self) -> Link | None:
        """The link that answers are about: the chosen one, else the only or the first one."""
        links = self.memory.links
        return next((one for one in links if one.id == self.memory.chat.current), links[0] if links else None)

    def can(self, capability: Capability) -> bool:
        return capability in self.billing.can

    async def position(self, account: Account) -> Position:
        """Where the account stands: asked of the billing now, computed by the one function."""
        facts = await facts_of(self.billing, account.id, account)
        return position(account, facts.balance, facts.bills, facts.services, self.today, facts.spending)

    def button(self, sentence: str, action: str, tone: Tone = Tone.PLAIN) -> Button:
        """A button whose label is the sentence `sentence`."""
        return Button(self.say(sentence), action=action, tone=tone)


class Speaker(Protocol):
    """Who says how an account stands: an Ask, or an alert (handlers.notice.View)."""

    @property
    def say(self) -> Say: ...

    @property
    def today(self) -> date:
        """The account's own day."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one question shows and changes. Without a reply nothing is said."""

    reply: Reply | None = None
    effects: tuple[Effect, ...] = ()
    waits: str = ""  # the route that takes the next typed text, for some minutes
    data: Mapping[str, str] = field(default_factory=dict)  # what that route will want to know
    personal: bool = True  # holds figures, a name or a number: such a reply is held back in mode `public`
    misses: int = 0  # messages in a row that were not understood, this one included
    then: str = ""  # an action to go on with once the effects hold: after consent, what was asked before it


Open: TypeAlias = Callable[[Ask], Awaitable[Turn]]
Linked: TypeAlias = Callable[[Ask, Account], Awaitable[Turn]]


class NotMine(Exception):
    """The typed text is not an answer to what this route waits for: the router takes it as an ordinary message."""
