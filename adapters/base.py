"""The promise of a network, and the values that cross it.

A network file turns what its network posts into `Incoming` and shows a `Reply` there. Values go in, values come
out: no web framework, no database, no sentence and no decision about money is behind this seam. A handler never
learns which network it talks to; a network never learns what a button means.

    network's wire ──parse──▶ Incoming ──(bot, handlers)──▶ Reply ──fit──▶ Reply ──send──▶ network's wire

Errors are a tree, and each leaf says what the one place that sends (bot/delivery.py) does about it:

    NetworkError
    ├── NotSent            certainly not shown: sending again makes no second copy
    │   ├── Throttled      the network asks for a pause: `after` seconds, for one chat or for everybody
    │   ├── Unavailable    no connection, refused, TLS, circuit open: try again later
    │   ├── Rejected       the network will never take this letter: our mistake, kept aside
    │   ├── Blocked        this person does not let us write: stop until they write again
    │   └── Revoked        the token is dead: the whole network waits for a new one
    ├── Unknown            perhaps shown, perhaps not: time-out after the write, 5xx, unreadable answer
    └── Forged             an incoming request that does not prove where it comes from; nothing is stored
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Address:
    """One private conversation: the key under which everything about a customer's chat is kept."""

    network: str
    chat: str  # the network's own id of the dialog, as text: VK peer_id, Telegram chat.id, OK chat_id

    def __str__(self) -> str:
        return f"{self.network}:{self.chat}"


@dataclass(frozen=True, slots=True)
class Checkout:
    """The network asks, before it takes the money of an invoice, whether it may. It waits some seconds only."""

    id: str  # what `Reply.answers` names
    payload: str  # `Invoice.payload`
    amount: int  # minor units
    currency: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network has taken the money of an invoice."""

    charge: str  # its id of the payment: the same when the event is delivered again
    payload: str
    amount: int  # minor units
    currency: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a customer did: wrote, pressed a button, opened a deep link, allowed or forbade our messages.

    `id` is the network's own event id and the only key of "have we seen this": it must be the same when the network
    delivers the event again, also through its other channel. Text is the customer's own fresh text: captions,
    forwarded and quoted words, edits and other bots' messages arrive as `text=""` or not at all.
    """

    id: str
    sender: Address
    sent_at: datetime  # aware, UTC; the network's time of the event
    text: str = ""
    action: str | None = None  # the pressed button's `Button.action`
    start: str | None = None  # the payload of the deep link that opened the chat; "" when it was opened without one
    message: str | None = None  # the message that was written, or the one whose button was pressed
    press: str | None = None  # the network's handle for settling a press (stops the spinner)
    language: str | None = None  # what the client says: "ru", "pt-br"
    name: str = ""  # the person's name as the network shows it; only the linking page prints it
    private: bool = True  # False: a group, where nothing personal is ever said
    permission: bool | None = None  # True: we may write again; False: the person has blocked us
    checkout: Checkout | None = None
    receipt: Receipt | None = None
    attached: bool = False  # something came with it that we do not open (picture, voice, file, sticker)


class Tone(StrEnum):
    """How a button is meant. Networks colour it where they can; no meaning rests on the colour alone."""

    PLAIN = "plain"
    MAIN = "main"
    GOOD = "good"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """Either an action, which comes back as `Incoming.action`, or a link that the client opens."""

    label: str
    action: str | None = None
    url: str | None = None
    tone: Tone = Tone.PLAIN

    def __post_init__(self) -> None:
        if (self.action is None) == (self.url is None):
            raise ValueError("a button has an action or a url, and not both")


Keyboard = tuple[tuple[Button, ...], ...]  # rows of buttons


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes  # PNG
    name: str = "picture.png"


@dataclass(frozen=True, slots=True)
class Document:
    data: bytes
    name: str  # shown to the customer: named for humans
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Invoice:
    """A payment that the network itself takes. Only where `Limits.invoices` says that it can."""

    title: str
    about: str
    label: str  # the line of the sum
    payload: str  # comes back with the checkout and the receipt
    amount: int  # minor units
    currency: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the customer shall see. A screen is described once; `adapters.fit` cuts it to a network's limits."""

    text: str
    keyboard: Keyboard = ()  # belongs to this message
    menu: Keyboard | None = None  # stays below the chat until replaced; networks without one show it as `keyboard`
    picture: Picture | None = None
    document: Document | None = None
    replaces: str | None = None  # redraw this message of ours in place; too old or gone: a new message instead
    answers: str | None = None  # `Incoming.press` that this reply settles, best effort, within the press's life
    erases: str | None = None  # the customer's own message to delete where the network can (a typed password)
    invoice: Invoice | None = None  # shown as a message of its own, after the text
    approves: bool | None = (
        None  # the verdict on the checkout `answers`; no: `text` says why, and nothing else is shown
    )

    def __post_init__(self) -> None:
        if self.keyboard and self.menu is not None:
            raise ValueError("a message carries a keyboard or sets the menu, and not both")


@dataclass(frozen=True, slots=True)
class Grid:
    """How large a keyboard may be."""

    rows: int
    columns: int
    buttons: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a network lets us call it: GCRA with `burst` calls at once and `per_second` on average.

    A call shows one letter, or many where the network is Batched. `adapters.turns.within` keeps a second's limit.
    """

    per_second: float
    burst: int
    per_chat: float = 0.0  # seconds between two letters to one chat; 0 = no limit known
    most: int = 0  # calls within any one second, where the network counts so; 0: only the average is known


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network can show: data, with the source of each figure beside it in the network's file."""

    text: int  # UTF-16 code units in one message
    keyboard: Grid
    label: int  # characters on a button
    action: int  # bytes of `Button.action`
    pace: Pace
    menu: Grid | None = None  # None: no persistent keyboard; a menu is drawn as a keyboard
    caption: int | None = None  # UTF-16 units under a picture; None: same as text
    picture_bytes: int = 10 * 2**20
    document_bytes: int = 50 * 2**20
    press_life: float = 60.0  # seconds within which a press can be settled
    invoices: tuple[int, int] | None = None  # the network takes payments for us, of these sums in minor units
    resend_window: float = 0.0  # seconds during which `send` with the same key shows one copy; 0: no such promise
    together: int = 1  # letters in one call, where the network is Batched


@dataclass(frozen=True, slots=True)
class Received:
    """What one request or one long-poll answer brought. The cursor is stored with the events, in one transaction."""

    events: tuple[Incoming, ...] = ()
    unreadable: tuple[bytes, ...] = ()  # authentic, and not understood: stored aside, acknowledged
    cursor: str | None = None


# Returns after everything is durably stored; raises when it could not be, and then nothing may be acknowledged.
Receive = Callable[[Received], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request to our hook. Header names are lower-case; `remote` is the last hop that is trusted."""

    headers: Mapping[str, str]
    body: bytes
    remote: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Command:
    """One entry of a network's command list (Telegram's "/" menu)."""

    name: str  # latin, lower-case
    title: str


@dataclass(frozen=True, slots=True)
class Site:
    """What `prepare` may register at the network."""

    hook: str | None = None  # full URL of our hook; None: this network is polled
    commands: Mapping[str, Sequence[Command]] = field(default_factory=dict)  # by language


# A network's file has: NAME, SETTINGS (its `<NAME>_TOKEN` switches it on), LIMITS, and
#     def connect(values: Mapping[str, str]) -> Network
# which may load the network's library; importing the file itself must not (aiogram alone costs seconds).


class Network(Protocol):
    """A place where customers write. One object a network, made once, used from one event loop."""

    name: str
    limits: Limits

    async def prepare(self, site: Site) -> None:
        """Make the network deliver to us. Called at the start and every few minutes; cheap when nothing changed.

        Renews what expires (OK's subscription and token), sets the webhook and the command list. Raises NetworkError.
        """

    async def run(self, receive: Receive, cursor: str | None) -> None:
        """Long poll until cancelled, from `cursor` (None: from now). The position moves only after `receive` returned.

        Survives network errors by itself, with a growing pause; raises Revoked only.
        """

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        """Show one fitted reply; returns the message's id, which `Reply.replaces` takes later.

        `key` is the letter's lasting number, the same on every attempt (VK's random_id). Settling the press and
        erasing a message are done first and never fail the letter. Raises NetworkError.
        """

    async def busy(self, event: Incoming) -> None:
        """Show at once that the message was taken ("typing", spinner off). Best effort: raises nothing."""

    async def identity(self) -> str:
        """The name under which the network knows us, for `saldo doctor`. Raises NetworkError."""

    def deep_link(self, token: str) -> str | None:
        """A URL that opens the chat and hands us `token` as `Incoming.start`; None where none is known."""

    async def close(self) -> None:
        """Give back sockets and threads. Called once, last."""


@runtime_checkable
class Hooked(Protocol):
    """A network that posts to us. An ability is one more verb, never a flag."""

    path: str  # the unguessable last part of our hook's URL: at least 128 bits

    async def hook(self, post: Post, receive: Receive) -> Answer:
        """Verify, parse, hand over, and answer as the network wants it. Raises Forged before anything is read further.

        Authentic but unreadable input goes to `receive` as `Received.unreadable` and is acknowledged: a network that
        gets an error sends it again and holds back everything behind it.
        """


@runtime_checkable
class Prompt(Protocol):
    """A hooked network that reads a request without asking anybody, so that nothing waits but the store."""

    def read(self, post: Post) -> tuple[Received, Answer]:
        """`hook` without the handing over: what to store, and what to answer once it is. Raises Forged."""


@runtime_checkable
class Batched(Protocol):
    """A network that shows many letters in one call. Only plain ones: no picture, document, invoice, edit or press."""

    async def send_many(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence["str | NetworkError"]:
        """For each letter what `send` would return or raise. Raises NetworkError for the call as a whole.

        A letter may be sent twice with the same key only where `Limits.resend_window` says that repeats are dropped.
        """


def alone(reply: Reply) -> bool:
    """Whether a reply is more than words and buttons, so that it is shown by `send` and never by `send_many`."""
    return any(
        part is not None
        for part in (
            reply.picture, reply.document, reply.invoice, reply.replaces, reply.answers, reply.erases, reply.approves
        )
    )  # fmt: skip


@runtime_checkable
class Named(Protocol):
    """A network whose events do not say who writes, but which can be asked."""

    async def person(self, who: Address) -> str:
        """The person's name as the network shows it; the linking page prints it. Raises NetworkError."""


class NetworkError(Exception):
    """Anything a network did not do. The text is for the log: it holds no token, no message and no person."""


class NotSent(NetworkError):
    """Certainly not shown."""


class Throttled(NotSent):
    """The network asks for a pause of `after` seconds: of one chat, or of everything."""

    def __init__(self, reason: str, *, after: float, everybody: bool = True) -> None:
        super().__init__(reason)
        # A network's own figure may be absurd (negative, NaN, a week): never wait longer than an hour, nor not at all.
        self.after = min(max(after, 0.5), 3600.0) if after == after else 1.0
        self.everybody = everybody


class Unavailable(NotSent):
    """The network cannot be reached."""


class Rejected(NotSent):
    """The network will never take this letter."""


class Blocked(NotSent):
    """This person does not let us write."""


class Revoked(NotSent):
    """The token is dead or lacks rights: nothing can be sent on this network until it is replaced."""


class Unknown(NetworkError):
    """Perhaps shown, perhaps not."""


class Forged(NetworkError):
    """The request does not prove that it comes from the network. `status` is what to answer."""

    def __init__(self, reason: str, *, status: int = 403) -> None:
        super().__init__(reason)
        self.status = status
