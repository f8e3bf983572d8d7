"""The promises of storage: what Saldo remembers, and the two queues between the networks and the answers.

    network ─▶ Inbox.put ─▶ [lane] ─▶ Inbox.claim ─▶ handler ─▶ Inbox.finish ─▶ [outbox] ─▶ Outbox.claim ─▶ network
                commit                                            commit                       Outbox.settle

A **lane** is one conversation's queue: one worker holds it at a time, by a lease with a fencing token, so a chat is
answered in order however many processes run. `finish` writes everything that one message changes (the replies, the
dialogue, the effects, "done") in one transaction; a worker whose lease was taken over writes nothing at all.

A **letter** is one message to one chat. Its outcome is written after the attempt; what happened to an attempt that
never reported is unknown, and `bot.delivery` decides by the letter's kind what that means.

An **effect** is a change that a handler asks for, as a value. Handlers stay pure; storage applies effects inside
`finish`. An effect that no longer fits (the code was used, the link is gone) raises Stale and undoes the whole turn;
the message is then answered again from fresh memory.

Times are aware and UTC. Keys of people are Address; nothing here is printed in a log.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any, Protocol, TypeVar

from adapters.base import Address, Incoming, Received, Reply
from billing.base import Changes, Funds, Happening

R = TypeVar("R")

# ── What is remembered ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation's settings. `id` 0: nothing is remembered yet."""

    address: Address
    id: int = 0
    language: str | None = None  # chosen by the customer; None: go by the client
    zone: str | None = None  # IANA name chosen by the customer; None: the account's
    consent: str | None = None  # version of the text agreed to
    consent_at: datetime | None = None
    alerts: bool = False  # messages that we start ourselves
    quiet_from: int = 22 * 60  # minutes after midnight in the customer's zone; equal ends: no quiet hours
    quiet_to: int = 9 * 60
    reachable: bool = True  # False: the person has blocked us
    current: int | None = None  # Link.id that answers are about
    region: str | None = None  # chosen by the customer; None: the account's
    wishes: Mapping[str, str] = field(default_factory=dict)  # Topic -> what the customer set; absent: the operator's
    remind_at: int = 10 * 60  # minutes after midnight: when notices of a day come


@dataclass(frozen=True, slots=True)
class Link:
    """One account that a chat may ask about."""

    id: int  # what buttons carry: never the account's own id
    account: str  # billing.Account.id
    number: str  # the customer's account number; shown by its last four digits
    holder: str  # masked, as the billing gave it
    linked_at: datetime
    threshold: int  # kopecks: warn below this
    nickname: str = ""  # given by the customer
    region: str = ""  # the account's, as the billing named it when it was linked
    verified_until: datetime | None = None  # a code proved that the owner is here: calls may be shown until then


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What was last asked in a chat, so that "да", "2" and a bare sum have a meaning."""

    question: str = ""  # the handler's name that waits for a typed answer; "" when none does
    data: Mapping[str, str] = field(default_factory=dict)
    options: tuple[tuple[str, str], ...] = ()  # (label, action) of the buttons last shown, in order
    asked_at: datetime | None = None
    misses: int = 0  # messages in a row that were not understood


class Origin(StrEnum):
    CHAT = "chat"  # the chat asked; a browser logs in; the code goes from the page into the chat
    ACCOUNT = "account"  # the operator's personal account asked; a deep link brings the token into the chat


@dataclass(frozen=True, slots=True)
class Claim:
    """An account that a signed-in person may link."""

    account: str
    number: str
    holder: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link in the making: one-time, ten minutes, bound to one chat (CHAT) or to one signed-in person (ACCOUNT)."""

    id: int
    origin: Origin
    expires_at: datetime
    address: Address | None = None  # CHAT: the only chat that may complete it
    name: str = ""  # CHAT: the chat's display name, for the page
    language: str = "ru"
    subject: str | None = None  # who signed in
    claims: tuple[Claim, ...] = ()  # what was chosen on the page, or granted by the operator
    code_hash: str | None = None  # argon2 of the code that the page shows; None until somebody signed in
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Challenge:
    """A code was sent by e-mail or SMS and waits to be typed. One for a chat; a new one ends the one before."""

    purpose: str  # the question that it is for
    link: int
    code_hash: str  # argon2
    expires_at: datetime
    tries: int = 0
    data: Mapping[str, str] = field(default_factory=dict)  # what the purpose will want to know


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything about a chat that a handler may need, read in one go."""

    chat: Chat
    links: tuple[Link, ...] = ()
    dialogue: Dialogue = Dialogue()
    invitation: Invitation | None = None  # the chat's own living invitation
    challenge: Challenge | None = None  # the chat's own living one


# ── What a turn changes ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SetLanguage:
    language: str


@dataclass(frozen=True, slots=True)
class GiveConsent:
    version: str


@dataclass(frozen=True, slots=True)
class Invite:
    """Make an invitation for this chat; earlier ones of the chat die."""

    token_hash: bytes
    expires_at: datetime
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Join:
    """Link the invitation's accounts to this chat and use the invitation up. Stale: used, expired, not this chat's.

    The first of them becomes the chat's current one: what was just linked is what the customer asks about next.
    """

    invitation: int
    threshold: int  # kopecks, for new links
    max_links: int  # accounts per chat
    code_hash: str | None = None  # CHAT: the code that was typed; a sign-in that came between has another: Stale


@dataclass(frozen=True, slots=True)
class MissCode:
    """A wrong code was typed: the invitation dies at `limit` tries."""

    invitation: int
    limit: int


@dataclass(frozen=True, slots=True)
class Discard:
    """The invitation is not wanted any more."""

    invitation: int


@dataclass(frozen=True, slots=True)
class Unlink:
    link: int


@dataclass(frozen=True, slots=True)
class UnlinkEverywhere:
    """«Это не я»: another chat's link to an account of this chat goes. `link` is the other chat's link id."""

    link: int
    because_of: int  # a link of this chat to the same account


@dataclass(frozen=True, slots=True)
class Choose:
    """The account that answers are about from now on."""

    link: int


@dataclass(frozen=True, slots=True)
class SetAlerts:
    on: bool


@dataclass(frozen=True, slots=True)
class SetWish:
    """How this chat wants to hear of a topic: "on", "off", days as "7 3 1", a weekday 1 to 7; None: as preset."""

    topic: "Topic"
    value: str | None


@dataclass(frozen=True, slots=True)
class SetHour:
    """When notices of a day come: minutes after midnight."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Prefer:
    """Alerts about this link's account come here from now on, and in no other chat."""

    link: int


@dataclass(frozen=True, slots=True)
class Remind:
    """«Напомнить завтра»: tell the same again at `at`, if it is still true."""

    link: int
    kind: str
    at: datetime
    expires_at: datetime
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetThreshold:
    link: int
    threshold: int


@dataclass(frozen=True, slots=True)
class SetQuiet:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SetZone:
    zone: str


@dataclass(frozen=True, slots=True)
class SetRegion:
    region: str | None  # None: the account's again


@dataclass(frozen=True, slots=True)
class SetNickname:
    link: int
    nickname: str  # "": none


@dataclass(frozen=True, slots=True)
class SetReachable:
    reachable: bool


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase everything about this chat, everywhere; only a record without identity remains.

    The letters of the same turn are the farewell: they go out and are erased as well.
    """


@dataclass(frozen=True, slots=True)
class Pose:
    """Remember a challenge; an earlier one of this chat ends."""

    challenge: Challenge


@dataclass(frozen=True, slots=True)
class MissAnswer:
    """A wrong code was typed: the challenge dies at `limit` tries."""

    limit: int


@dataclass(frozen=True, slots=True)
class Solve:
    """The challenge with this hash is used up, once. Stale: it is another, expired or gone."""

    code_hash: str


@dataclass(frozen=True, slots=True)
class Verify:
    """The owner of the link's account is here until `until`."""

    link: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A letter to another address: a mailbox or a phone. It goes out as a reply does, and not after `expires_at`."""

    to: Address
    reply: Reply
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """An order to pay in the chat. `token` is what the network gives back with the money."""

    token: str
    link: int
    amount: int  # minor units
    currency: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Pay:
    """The network has taken the money of an order. Kept once for a `charge`, also when nobody knows the order (then
    for the operator to look at): money that was taken is never forgotten."""

    token: str
    charge: str  # the network's id of the payment
    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Saw:
    """For the audit: this chat was shown this account's figures."""

    account: str
    question: str  # a route's name; of an alert "alert:" and its kind
    figures: Mapping[str, int]
    template: str = ""  # which version of the sentences was shown: Say.version


@dataclass(frozen=True, slots=True)
class Missed:
    """Nobody understood this. Kept without the chat; see Upkeep.misses."""

    said: str  # masked already (nlu.misses.mask): nothing that leads to a person. "": not kept
    language: str
    likely: tuple[str, ...]  # the questions that it may have been, likeliest first


@dataclass(frozen=True, slots=True)
class Tell:
    """A notice to every other chat of the account, drawn when it is sent. Stays silent when there is none.

    Each letter's `link` is its own chat's link to the account. To `data` storage adds "link": the id of this chat's
    link to it, where there is one after the effects before this one (no handler knows the id of what Join makes).
    """

    account: str
    kind: str
    data: Mapping[str, str] = field(default_factory=dict)


Effect = (
    SetLanguage
    | GiveConsent
    | Invite
    | Join
    | MissCode
    | Discard
    | Unlink
    | UnlinkEverywhere
    | Choose
    | SetAlerts
    | SetWish
    | SetHour
    | Prefer
    | Remind
    | SetThreshold
    | SetQuiet
    | SetZone
    | SetRegion
    | SetNickname
    | SetReachable
    | Pose
    | MissAnswer
    | Solve
    | Verify
    | Post
    | Place
    | Pay
    | Forget
    | Saw
    | Missed
    | Tell
)


# ── Inbox ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Event:
    id: int  # lasting, never reused: a reply's dedupe key is made of it
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Lane:
    """A claimed conversation: at most ten events, in the order in which they were committed."""

    address: Address
    token: int  # fencing: every write names it
    attempts: int  # how often these events were begun before and not finished
    events: tuple[Event, ...]
    memory: Memory


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply to be sent: already fitted to the network."""

    reply: Reply
    personal: bool  # holds figures, a name or a number: held back in mode `public`
    answer_to: datetime | None = None  # when the press or message came in: late acknowledgements are left out


@dataclass(frozen=True, slots=True)
class Finished:
    """What one handled event changes."""

    address: Address
    token: int
    event: int
    drafts: tuple[Draft, ...] = ()
    effects: tuple[Effect, ...] = ()
    dialogue: Dialogue | None = None  # None: unchanged
    release: bool = True  # False: further events of this lane follow under the same lease


class Inbox(Protocol):
    async def put(self, network: str, received: Received) -> int:
        """Store the events, the unreadable bodies and the cursor in one durable transaction; how many were new.

        Micro-batched: calls that wait for the same commit share it. Events older than the dedupe retention are
        stored as done.
        """

    def accept(self, network: str, received: Received, tell: Callable[[BaseException | None], None]) -> None:
        """`put` for whoever does not await: `tell` hears None after the commit, or the error, in the loop's thread.

        Raises Unwritable when the database is closed; then `tell` hears nothing.
        """

    async def claim(self, limit: int, only: Sequence[Address] | None = None) -> Sequence[Lane]:
        """Take up to `limit` conversations that have something to do, longest waiting first."""

    async def recall(self, address: Address) -> Memory: ...

    async def finish(self, turn: Finished) -> bool:
        """Write one event's turn. False: the lease was taken over, and nothing was written. Raises Stale."""

    async def postpone(self, lane: Lane, until: datetime) -> None:
        """Give the lane back unfinished: it is claimed again from `until` on, and the attempt counts."""

    async def release(self, lane: Lane) -> None:
        """Give the lane back unfinished without counting the attempt (a clean stop)."""

    async def bury(self, lane: Lane, event: Event, reason: str, drafts: tuple[Draft, ...] = ()) -> bool:
        """Move an event that cannot be handled to the dead letters, with an apology, so that the lane goes on.

        Money that came with it is kept all the same, as by the effect Pay.
        """

    async def interject(self, address: Address, token: int, event: int, draft: Draft) -> None:
        """Queue a note ahead of the answer ("one moment…"), under the lease, once for an event."""

    async def cursor(self, network: str) -> str | None: ...


# ── Outbox ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Priority(IntEnum):
    REPLY = 0
    NOTICE = 1  # "another chat was linked": not asked for, and urgent
    URGENT = 5  # from here on alerts: services stop or have stopped, an outage
    ALERT = 6
    NEWS = 7  # a digest, a bill: nothing that is late tomorrow


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed message. `kind` "reply": `reply` is ready. Any other kind is drawn at the moment of sending."""

    id: int  # lasting, never reused: VK's random_id is made of it
    address: Address
    kind: str
    priority: Priority
    token: int
    created_at: datetime
    attempts: int  # this one included
    unknowns: int  # earlier attempts whose outcome nobody knows
    personal: bool
    first_sent_at: datetime | None  # when the first attempt that may have arrived began
    expires_at: datetime | None
    reply: Reply | None = None
    answer_to: datetime | None = None
    link: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    also: tuple["Letter", ...] = ()  # further alerts of the same chat, claimed with this one: shown as one message
    led_by: int | None = None  # the letter under whose number this one may have been shown before

    @property
    def key(self) -> int:
        """What the network knows the message by: the same on every attempt that may have shown it."""
        return self.id if self.led_by is None else self.led_by


@dataclass(frozen=True, slots=True)
class Sent:
    message: str
    rest: tuple[Reply, ...] = ()  # further parts of a notice that was drawn at send time: queued right behind
    saw: tuple[Saw, ...] = ()  # for the audit: what an alert has shown


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at `at`. `counted` False: the network never saw it (throttled), so the attempt is given back."""

    at: datetime
    counted: bool = True
    unknown: bool = False  # the attempt may have arrived


@dataclass(frozen=True, slots=True)
class Refused:
    """Never to be sent: blocked, forgotten, mode, muted, no longer true, expired."""

    reason: str
    unreachable: bool = False  # the person has blocked us: stop alerts to this chat until they write
    elsewhere: bool = False  # an alert goes on to the account's next chat that wants it, if it surely was not shown


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may have arrived, and sending it again is not worth a second copy."""

    reason: str
    saw: tuple[Saw, ...] = ()  # for the audit: what an alert may have shown


@dataclass(frozen=True, slots=True)
class Dead:
    """Our mistake: kept aside for the operator."""

    reason: str


Outcome = Sent | Again | Refused | Uncertain | Dead


class Outbox(Protocol):
    async def claim(self, network: str, limit: int, bulk: bool = False) -> tuple[Sequence[Letter], datetime | None]:
        """Take letters that may leave now, within the network's pace; and, if no more may now, when to look again.

        `bulk` False: replies and notices, at most one letter of a chat in flight; True: alerts, which may take only
        half of the burst, and none while the valve is shut. All alerts of a chat that may leave come as one letter
        (`Letter.also`); after an attempt whose outcome is unknown the same ones come together again, and no others.
        The attempt is committed before this returns.
        """

    async def settle(self, letter: Letter, outcome: Outcome, also: Sequence[tuple[Letter, Outcome]] = ()) -> None:
        """Write what became of an attempt, and of the letters that went with it, in one transaction.

        A letter whose lease was taken over only turns to sent. An alert that was refused `elsewhere`, and surely was
        not shown, waits again for the chat that hears of the account from now on.
        """

    async def pause(self, network: str, until: datetime) -> None:
        """Nothing leaves on this network, from any process, before `until`."""

    async def pace(self, network: str, per_second: float, burst: int, per_chat: float, together: int = 1) -> None:
        """Set the network's shared pace (from its limits, at the start); `together`: letters that one call shows."""

    async def sweep(self) -> int:
        """Each second: parked letters that are due wait again, leases that ran out are taken back, expired ones end."""

    async def waiting(self, network: str) -> int:
        """How many letters wait, for the metrics."""


# ── Links and watches ─────────────────────────────────────────────────────────────────────────────────────────────


class Links(Protocol):
    """What the linking page and the operator's API do; the chat's side is done by effects."""

    async def invitation(self, token_hash: bytes) -> Invitation | None:
        """The living invitation, or None: unknown, used, expired and void are one answer. Changes nothing."""

    async def sign_in(self, token_hash: bytes, subject: str, claims: Sequence[Claim], code_hash: str) -> bool:
        """Bind a signed-in person and a fresh code to a CHAT invitation; an earlier code dies. False: not living."""

    async def grant(self, token_hash: bytes, subject: str, claims: Sequence[Claim], expires_at: datetime) -> None:
        """Make an ACCOUNT invitation, whose token travels in a deep link."""

    async def attempt(self, keys: Sequence[tuple[str, int, float]]) -> int | None:
        """Count one password attempt against each (key, how many, within seconds); None: one of them is used up.

        Counted before the billing is asked, in the database, for all processes. Returns a receipt for `forgive`.
        """

    async def forgive(self, receipt: int) -> None:
        """The password was right, or the billing did not answer: the attempt does not count."""

    async def links(self, address: Address) -> Sequence[Link]: ...

    async def chats(self, account: str) -> Sequence[Address]:
        """Every chat that may ask about the account."""

    async def gone(self, account: str) -> int:
        """The billing closed the account: its links end. Returns how many did."""

    async def export(self, address: Address) -> Mapping[str, Any]:
        """Everything kept about a chat, as plain values, without secrets."""


class Topic(StrEnum):
    """What a customer can wish to hear of. docs/alerts.md has a table of them."""

    LOW = "low"  # funds below the threshold, and back above it
    LASTS = "lasts"  # money lasts so many days more
    FEE = "fee"  # a fee ahead that own money does not cover
    BILL = "bill"  # a bill was issued
    DUE = "due"  # a bill is due soon
    OVERDUE = "overdue"  # it is overdue: services may stop
    SERVICE = "service"  # a service stopped for debt, or works again
    PAID = "paid"  # a payment arrived
    PROMISE = "promise"  # a promised payment is to be paid back
    CHARGE = "charge"  # an unusual charge, a new paid option
    OUTAGE = "outage"  # trouble at the address, and its end
    DIGEST = "digest"  # the balance, each week


@dataclass(frozen=True, slots=True)
class Alert:
    """A letter to be queued about one account; drawn when it is sent. (kind, about) is told once for an account."""

    kind: str
    about: str  # what it is about: a day, an event's id. No id of a person
    expires_at: datetime  # not sent after it: no news any more
    data: Mapping[str, str] = field(default_factory=dict)
    priority: Priority = Priority.ALERT
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched account with the chat that hears of it, as the rules need it."""

    link: Link
    chat: Chat
    episode: int = 0  # counts the times that funds fell below the threshold
    low: bool = False
    others: int = 0  # further links of the same chat: with any, an answer names its account
    chosen: bool = True  # this link's chat is the one that hears of the account
    heard: int = 0  # messages with alerts that were shown to the chat within a day
    lately: frozenset[str] = frozenset()  # what of the account they told within some hours, as `Saw.question` names it
    told: Mapping[str, str] = field(default_factory=dict)  # kind -> what dated notices were last told about


@dataclass(frozen=True, slots=True)
class Due:
    """A judgement over one account's days: what is to be told now, and when to look again without any news of it."""

    alerts: tuple[Alert, ...] = ()
    next_at: datetime | None = None  # None: not before the feed tells something new
    told: Mapping[str, str] = field(default_factory=dict)  # replaces Watch.told


# Pure rules, run inside a transaction, perhaps twice.
Judge = Callable[[Watch, Funds, datetime], Due]  # over the days that the feed told
Heed = Callable[[Watch, Happening, datetime], Alert | None]  # over an event; None: not wished for, or too old


@dataclass(frozen=True, slots=True)
class Tally:
    """What the gate and the preview go by."""

    watched: int  # accounts that somebody wants to hear of
    low: int  # of these: newly low, and not told
    restored: int
    dated: int  # whose days are to be judged now
    zero: int  # watched accounts whose funds are exactly zero and low, not told
    by_network: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # network -> "low", "restored" -> count


class Watches(Protocol):
    """Accounts that somebody has linked, one row each, and the one link whose chat hears of the account.

    **One chat.** Of the links whose chats want alerts and can be reached the one that was last preferred hears of the
    account; with none of them nobody does. Effects and outcomes keep that choice true.
    **Low.** An episode begins when funds fall below that link's threshold and ends a tenth above it.
    **Days and events** are judged by rules that are handed in.
    """

    async def observe(self, page: Changes, heed: Heed, *, held: bool = False) -> tuple[int, int]:
        """Write a page of the feed: figures and days of watched accounts, alerts of what happened, and the cursor, in
        one transaction. An event of a region is kept, for `spread`.

        Returns how many watched accounts it changed, and how many letters it queued. `held`, here and below: they wait
        for the valve, as part of the living wave.
        """

    async def renew(self, told: Sequence[Funds]) -> int:
        """Write figures and days of accounts that were asked about beside the feed; the cursor stays, and nothing is
        queued. How many watched accounts that changed.
        """

    async def spread(self, heed: Heed, limit: int = 1000, *, held: bool = False) -> tuple[int, int]:
        """Queue alerts of a region's event for the next `limit` accounts there; how many were looked at (0: there is
        nothing left to do), and how many letters were queued.
        """

    async def due(self, limit: int = 5000, *, held: bool = False) -> int:
        """Queue letters "low" and "restored" for episodes that were not told yet; how many were queued.

        One letter for an episode, by a unique key, whoever else does the same at the same time.
        """

    async def untold(self, limit: int = 100) -> Sequence[str]:
        """Accounts that somebody hears of and the feed has told nothing of: linked since it last went round. Each is
        named again an hour after `judge` has come by it.
        """

    async def judge(self, rule: Judge, limit: int = 1000, *, held: bool = False) -> tuple[int, int]:
        """Judge the next accounts whose days are to be looked at; how many were judged, and how many letters queued."""

    async def tally(self, *, networks: bool = False) -> Tally:
        """What is due now; nothing is changed. `watched` is counted only where funds are low, or with `networks`:
        counting everybody takes a while.
        """

    async def samples(self, kind: str, count: int = 5) -> Sequence[int]:
        """Links whose accounts would be told "low" or "restored" now, or judged ("dated"); nothing is changed."""

    async def rehearse(self, rule: Judge, limit: int = 1000) -> Sequence[tuple[str, int, Alert]]:
        """What `judge` would queue: network, link, alert. Nothing is changed."""

    async def watch(self, link: int) -> Watch | None: ...

    async def hears(self, account: str) -> Address | None:
        """The chat that hears of the account; None: none."""

    async def cursor(self) -> str | None: ...

    async def read_at(self) -> datetime | None:
        """When the feed was last read; None: never."""


# ── The valve ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Wave:
    """Many alerts at once, let out in shares: 1 %, 10 %, all."""

    id: int
    began_at: datetime
    letters: int  # how many were queued, held
    share: int  # per cent that may leave: 0, 1, 10, 100
    share_at: datetime  # since when
    shown: int = 0  # letters of it that were sent, or perhaps
    refused: int = 0  # that people refused: blocked
    complaints: int = 0  # chats that switched alerts off within a day after one, since the wave began
    waiting: int = 0  # released and not settled
    stopped: str = ""  # why it goes no further; "": it does


@dataclass(frozen=True, slots=True)
class Hold:
    """Why no alert leaves."""

    reason: str  # operator · gate: … · refusals · complaints
    since: datetime
    by: str  # who shut it


class Valve(Protocol):
    """What lets alerts out. Shut, no alert of any network leaves, from any process, within a second; replies do."""

    async def hold(self) -> Hold | None:
        """Why it is shut; None: open."""

    async def shut(self, reason: str, by: str, alarm: tuple[Address, Reply] | None = None) -> bool:
        """False: it was shut already, and stays so for its first reason. `alarm` is sent once, with the shutting."""

    async def open(self, by: str, *, trust: bool = False) -> bool:
        """Let alerts out again. False: it was open. What expired meanwhile is not sent. `trust`: a person has looked
        at the figures, see `trusted`.
        """

    async def trusted(self) -> datetime | None:
        """When a person last said that the figures are right; None: never."""

    async def begin(self) -> int:
        """A new wave: letters queued with `held` from now on belong to it. Returns its id."""

    async def wave(self) -> Wave | None:
        """The living wave with its figures; None: there is none."""

    async def widen(self, wave: int, share: int) -> int:
        """Let `share` per cent of the wave leave (100 ends it); how many letters that released. In chunks. The same
        share again releases what has joined the wave since.
        """

    async def stop(self, wave: int, why: str, alarm: tuple[Address, Reply] | None = None) -> bool:
        """The wave goes no further until it is widened by hand. False: it was stopped already; no second alarm."""

    async def drop(self, wave: int) -> int:
        """Refuse what the wave still holds; how many letters."""


# ── The audit ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the audit: who was shown which figures of an account, when, in which words."""

    at: datetime
    address: Address | None  # None: the chat was forgotten
    account: str
    question: str
    figures: Mapping[str, int]
    template: str
    letter: int | None = None  # of an alert: the letter that showed it


class Audit(Protocol):
    async def shown(
        self, account: str, since: datetime | None = None, until: datetime | None = None, limit: int = 1000
    ) -> Sequence[Shown]:
        """Who was shown the account's figures, newest first."""

    async def accounts(self, number: str) -> Sequence[str]:
        """The billing's ids of accounts with this number, as far as they are or were linked."""


# ── Orders ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Order:
    """A payment in a chat: asked for, perhaps paid, perhaps credited by the billing."""

    id: int
    token: str
    account: str  # "": money came for an order that nobody knows
    amount: int
    currency: str
    expires_at: datetime
    charge: str | None = None
    paid_at: datetime | None = None
    credited_at: datetime | None = None
    attempts: int = 0  # to credit it


class Orders(Protocol):
    async def order(self, token: str) -> Order | None: ...

    async def uncredited(self, limit: int = 100) -> Sequence[Order]:
        """Paid orders whose money the billing has not confirmed yet and that are due to be tried, oldest first.

        Without those that nobody knows: there is no account to credit.
        """

    async def credited(self, order: int) -> None:
        """The billing has the money. The chat that paid is told, once, by a letter "credited" about its link, with
        `data` amount (minor units) and currency; nobody is told when the link is gone or the chat cannot be reached.
        """

    async def later(self, order: int, at: datetime) -> None:
        """It could not be credited now: try again at `at`."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A masked text that was not understood, with how often it came. Days, not times: it leads to no conversation."""

    said: str
    language: str
    likely: tuple[str, ...]  # as of the last time
    times: int
    first_on: date
    last_on: date


class Upkeep(Protocol):
    async def once(self, key: str) -> bool:
        """True for exactly one caller of all processes."""

    async def purge(self) -> int:
        """Delete what its term allows to be deleted, in chunks: done events, settled letters, old attempts, runs."""

    async def backlog(self) -> tuple[int, int]:
        """Events that are not done, and letters that wait or are in flight (parked ones are not counted)."""

    async def owed(self, most: int) -> Mapping[str, int]:
        """For each network with a pace: events that are not done, and replies that wait or are in flight. Each of the
        three is counted up to `most`, so that it costs little however much it is."""

    async def version(self) -> str | None:
        """The schema's revision, or None for an empty database."""

    async def misses(self) -> tuple[Miss, ...]:
        """What was not understood, the most frequent first: at most 20 000 texts, none unheard for 90 days."""

    async def forget_misses(self, gone: Sequence[tuple[str, str]]) -> int:
        """Delete these (said, language); how many were there."""


class Database(Protocol):
    """One way to the tables, the same for SQLite and PostgreSQL.

    A unit is a plain function of a synchronous SQLAlchemy connection: on SQLite it runs on the one writer's or a
    reader's thread, on PostgreSQL under asyncpg. It may be run again, so it has no effect but on the database.
    """

    async def read(self, unit: Callable[[Any], R]) -> R: ...

    async def glance(self, unit: Callable[[Any], R]) -> R:
        """`read` for a unit of one statement: cheaper where a transaction round it is not."""

    async def write(self, unit: Callable[[Any], R]) -> R:
        """One transaction, durable when this returns."""

    async def close(self) -> None: ...


class Storage(Protocol):
    """All promises, kept on one database."""

    inbox: Inbox
    outbox: Outbox
    links: Links
    watches: Watches
    valve: Valve
    audit: Audit
    orders: Orders
    upkeep: Upkeep
    database: Database

    async def close(self) -> None: ...


class StorageError(Exception):
    """The text is for the log and holds no data of people."""


class Stale(StorageError):
    """The turn does not fit what is stored any more: answer again from fresh memory."""


class TooMany(Stale):
    """Join: the chat would have more accounts than it may."""


class Unwritable(StorageError):
    """Nothing can be stored now (disk full, database down, locked): nothing may be acknowledged."""
