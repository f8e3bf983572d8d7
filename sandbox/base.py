"""The promise of a sandbox: one network on loopback, with its documented protocol, limits and refusals.

A sandbox is what the tests and the demo page talk to from the customer's side, and what the real adapter talks to
from ours. It is the oracle: what `chat` shows is what a customer would see. It refuses what the real network would
refuse, with the real network's error bodies, and where the documentation leaves two readings it takes either by
option. It knows nothing of Saldo.

    customer ──say, press──▶ sandbox ──webhook or long poll──▶ the real adapter
    customer ◀──chat, menu── sandbox ◀──the network's own API── the real adapter
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Key:
    """One button as the customer sees it."""

    label: str
    url: str | None = None  # opens a page; otherwise pressing it comes back to the bot
    tone: str = "plain"  # plain | main | good | danger, translated back from the network's own word


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on the customer's screen."""

    id: str  # the network's own message id
    mine: bool  # written by the customer
    text: str
    keys: tuple[tuple[Key, ...], ...] = ()
    picture: bytes | None = None
    document: bytes | None = None
    document_name: str = ""
    edited: bool = False


class Fault(StrEnum):
    """What goes wrong with the next call that shows a message."""

    THROTTLED = "throttled"  # the network's own "too fast", with its pause of one second
    BROKEN = "broken"  # an internal error; nothing shown
    CUT = "cut"  # shown, and then the connection drops before the answer
    GARBAGE = "garbage"  # shown, and the answer is unreadable
    SILENT = "silent"  # accepted and never answered
    REVOKED = "revoked"  # the token is refused, for every call, until `heal`
    REFUSED = "refused"  # the network says that the content is bad


class StandIn(Protocol):
    """An operator's billing on loopback: it tells over the wire what another billing tells, `source`."""

    name: str  # as BILLING names it
    unheard: frozenset[str]  # deeds of the demo's operator that such a billing tells nobody of, whatever it can

    async def start(self) -> None:
        """Serve on a free port of 127.0.0.1."""

    async def stop(self) -> None: ...

    def settings(self) -> Mapping[str, str]:
        """The environment with which the real adapter talks to this, once started."""

    def known_as(self, account: str) -> str:
        """The id under which the adapter knows the source's account."""

    def login(self, person: str, n: int) -> str:
        """By which login the source's person `person` signs in to his n-th account, from 0."""


class Sandbox(Protocol):
    name: str
    room: str  # the screen, for `chat`, of the one group chat that the bot is in

    async def start(self, port: int = 0) -> None:
        """Serve on 127.0.0.1; port 0 takes a free one."""

    async def stop(self) -> None: ...

    def settings(self) -> Mapping[str, str]:
        """The environment with which the real adapter talks to this sandbox, once started."""

    # The customer's side. `person` is any number as text; a person's chat appears when it is first used.
    def chat_id(self, person: str) -> str:
        """`Address.chat` under which the adapter knows this person's private dialog."""

    async def say(self, person: str, text: str) -> str:
        """The person writes; returns the network's message id. Delivery to the bot goes on in the background."""

    async def press(self, person: str, message: str, label: str) -> None:
        """The person presses a button of a message, or, with message "", of the persistent menu."""

    async def start_chat(self, person: str, payload: str = "") -> None:
        """The person opens the chat (/start, «Начать», CHAT_STARTED), perhaps by a deep link with a payload."""

    async def attach(self, person: str) -> None:
        """The person sends a picture and nothing else."""

    async def say_in_group(self, person: str, text: str) -> None:
        """The person writes in a group chat that the bot is in."""

    async def block(self, person: str) -> None:
        """The person forbids our messages: sends are refused, and the network tells so where it has such an event."""

    async def unblock(self, person: str) -> None: ...

    def blocked(self, person: str) -> bool:
        """Whether the person forbids our messages now."""

    def chat(self, person: str) -> tuple[Shown, ...]:
        """The person's screen, oldest first."""

    def menu(self, person: str) -> tuple[tuple[Key, ...], ...] | None:
        """The persistent keyboard; None where the network has none or none was set."""

    def settled(self, person: str) -> bool:
        """Whether every button the person pressed has been answered (no spinner is left turning)."""

    # A network outlives our restarts.
    def keep(self) -> bytes:
        """All that people have written and see, as JSON."""

    def recall(self, kept: bytes) -> None:
        """Go on from what an earlier `keep` gave, before anything else happens. Raises msgspec.DecodeError: no such."""

    # For the tests.
    def fail(self, fault: Fault, times: int = 1) -> None:
        """The next `times` message-showing calls go wrong in this way."""

    def heal(self) -> None: ...

    def redeliver(self) -> None:
        """Hand every event so far to the bot once more, as networks do."""

    @property
    def version(self) -> int:
        """Grows with every change on any screen."""

    async def changed(self, since: int, within: float = 10.0) -> int:
        """Wait until `version` exceeds `since`; raises TimeoutError after `within` seconds."""

    @property
    def violations(self) -> tuple[str, ...]:
        """Every call that broke a documented limit (too fast, too long, too many buttons): must stay empty."""
