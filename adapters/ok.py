"""Odnoklassniki: the Graph "Bot API" of a group, on plain aiohttp (no SDK is kept up to date).

    OK ──POST <hook>/<path>──▶ hook ─┐
    OK ◀──GET me/updates────── run ──┴▶ read(bytes) ─▶ Event ─▶ incoming(event, private) ─▶ Incoming
    Reply ─▶ message(reply) ─▶ POST chat:ID/answer │ mid:ID/edit │ me/messages/chat:ID

OK's documentation is thin. What no page of it says is a setting marked "unverified" with a cautious default; read
`SETTINGS` as the list of things to probe on a real group.

**Who is asking.** There is no signature: a request is OK's when it knows our unguessable path and comes from OK's
networks. Whether a chat is a dialog or a group is not said in the event, so it is asked once for each chat
(GET me/chat) and kept in memory. The question is bounded by `PATIENCE`, well below the 5 s within which OK wants
its 200, and any doubt (no answer, a group, a sender who is not a participant) means `private=False`: nothing
personal is said, and the next message asks again.

**Presses.** chat.answer must carry a message, so a press is settled by the reply itself. Whether it replaces the
pressed message or adds one is not documented; both end with the reply on the screen.

**The token is in the query of every URL.** So no URL is logged and no exception of aiohttp leaves this file, not
even as the context of ours.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import re
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote

import msgspec
import structlog

from adapters.base import (
    Address,
    Answer,
    Blocked,
    Forged,
    Grid,
    Incoming,
    Keyboard,
    Limits,
    NetworkError,
    NotSent,
    Pace,
    Post,
    Receive,
    Received,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Tone,
    Unavailable,
    Unknown,
)
from given import Given, Setting

if TYPE_CHECKING:  # loading aiohttp costs a quarter of a second, and the settings are read without it
    import aiohttp

log = structlog.get_logger()

NAME = "ok"
SOURCES = "217.20.145.192/28,217.20.151.160/28,217.20.153.48/28"  # OK docs; whether current: unverified

SETTINGS = (
    Setting("OK_TOKEN", "the group's access key: group settings, Messages; a new key ends the old one", secret=True),
    Setting(
        "OK_HOOK_PATH",
        "unguessable last part of our hook's URL, 22 or more of A-Za-z0-9_-; empty: derived from the token",
        secret=True,
    ),
    Setting("OK_API_URL", "where the Graph API is", "https://api.ok.ru"),
    Setting(
        "OK_SOURCES",
        'networks that may call the hook, by comma (OK docs; unverified whether current); "any" trusts everybody'
        " who knows the path: only behind a proxy that filters addresses itself",
        SOURCES,
    ),
    Setting("OK_LINK_URL", "link that opens the chat and hands us {token} (unverified; empty: none is offered)"),
    Setting(
        "OK_CHAT_CHECK",
        "on: ask OK once for each chat whether it is a dialog, and take doubt for a group; off: take every chat for a"
        " dialog, only when the group bot cannot be added to group chats",
        "on",
    ),
    Setting("OK_ANSWERS", "callback: a press is answered by chat.answer; message: by an ordinary message", "callback"),
    Setting("OK_EDITS", "on: messages are redrawn in place; off: a new message instead", "on"),
    Setting("OK_EDIT_PATH", "path of message.edit under /graph/ (unverified)", "{message}/edit"),
    Setting("OK_UPLOAD", "body: a file is the body of its request (OK docs); multipart: its field `data`", "body"),
    Setting("OK_BUSY", "what shows that we are at work, by comma; off: nothing", "mark_seen,typing_on"),
    Setting(
        "OK_BLOCKED",
        "error codes which say that one person cannot be written to (unverified which of them the bot API uses)",
        "10,22,110,200,300,455,456,457,458,511,705,1102,1103",
    ),
    Setting("OK_PAUSE", "seconds of silence after FLOOD_BLOCKED (unverified: OK names no pause)", "60"),
    Setting("OK_POLL_PAUSE", "seconds between two polls that are answered at once (unverified)", "3"),
    Setting("OK_TIMEOUT", "seconds until a call is given up", "20"),
    Setting("OK_TEXT_LIMIT", "UTF-16 units in one message (unverified)", "3500"),
    Setting("OK_ROWS", "rows of a keyboard (unverified)", "8"),
    Setting("OK_COLUMNS", "buttons in a row (unverified)", "3"),
    Setting("OK_LABEL", "characters on a button (unverified)", "32"),
    Setting("OK_ACTION", "bytes of a button's payload (unverified)", "255"),
    Setting("OK_RATE", "messages a second, in all (unverified)", "5"),
    Setting("OK_BURST", "messages at once (unverified)", "5"),
    Setting("OK_CHAT_PAUSE", "seconds between two messages to one chat (unverified)", "1"),
    Setting("OK_PRESS_LIFE", "seconds within which a press can be answered (unverified)", "60"),
)

# Not one of these figures is published (OK: unverified): each has a setting above.
LIMITS = Limits(
    text=3500,
    keyboard=Grid(rows=8, columns=3, buttons=24),
    label=32,
    action=255,
    pace=Pace(per_second=5.0, burst=5, per_chat=1.0),
    menu=None,  # inline keyboards only (OK docs)
    picture_bytes=10 * 2**20,
    document_bytes=20 * 2**20,
    press_life=60.0,
    resend_window=0.0,  # no idempotency key is documented
)

TYPES = ("MESSAGE_CREATED", "MESSAGE_CALLBACK", "CHAT_SYSTEM")  # the default set is unverified: always name all
INTENTS = {Tone.PLAIN: "DEFAULT", Tone.MAIN: "POSITIVE", Tone.GOOD: "POSITIVE", Tone.DANGER: "NEGATIVE"}
PATIENCE = 2.0  # seconds for asking what a chat is, while OK waits for its 200 (5 s, OK docs)
HEARTBEAT = 12 * 3600.0  # a token lives 30 days after its last call (OK docs)
READY_AFTER = (1.0, 2.0, 4.0)  # a fresh upload is not usable at once (OK docs: "a couple of seconds")
POLL_HOLD = 90.0  # seconds that a poll may be held open (unverified)
IDLE_SOCKET = 10.0  # an older connection may be dying just as we write to it, which would look like Unknown
ANSWER_BYTES = 8 * 2**20  # nothing we ask for is longer
KNOWN_CHATS = 50_000  # remembered kinds of chats; some 30 MB at most

# What an error code means; OK_BLOCKED comes before this table. Source: a public client's enum that mirrors OK's page.
TEMPORARY = {1, 2, 704, 5000, 9999}  # UNKNOWN, SERVICE, TIMEOUT_EXCEEDED, INVALID_RESPONSE, SYSTEM
DEAD_TOKEN = {101, 102, 103, 453}  # PARAM_API_KEY, PARAM_SESSION_EXPIRED, PARAM_SESSION_KEY, SESSION_REQUIRED
NO_RIGHTS = {10, 50, 200, 210}  # PERMISSION_DENIED, NOT_ADMIN, PARAM_PERMISSION, PARAM_APPLICATION_DISABLED
PAUSES = {7: 600.0, 9: 3600.0, 11: 3600.0, 26: 3600.0}  # ACTION_BLOCKED, IP_BLOCKED, LIMIT_, TOTAL_LIMIT_REACHED
FLOOD = 8  # FLOOD_BLOCKED: OK_PAUSE
NOT_SUBSCRIBED = 5000  # as me/updates uses it
UNWRITABLE = re.compile(r"errors\.(send-message|user-blocked)")  # texts of codes 4 and 1200 (library source)


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, repr=False)
class Options:
    token: str
    path: str
    api: str
    sources: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] | None  # None: anywhere
    link: str
    chat_check: bool
    answers: bool  # a press goes through chat.answer
    edits: bool
    edit_path: str
    multipart: bool
    busy: tuple[str, ...]
    blocked: frozenset[int]
    pause: float
    poll_pause: float
    timeout: float
    limits: Limits


def connect(values: Mapping[str, str]) -> "Odnoklassniki":
    """The network as set by `values`. Raises ValueError that names the setting, never its value."""
    return Odnoklassniki(options(values))


def options(values: Mapping[str, str]) -> Options:
    given = Given(values, SETTINGS)
    text, word = given.text, given.word

    def number(name: str, least: float = 0.0) -> float:
        return given.number(name, least, 1e6)

    token = text("OK_TOKEN")
    if not token:
        raise ValueError("OK_TOKEN is missing")
    path = text("OK_HOOK_PATH") or derived_path(token)
    if not re.fullmatch(r"[A-Za-z0-9_-]{22,}", path):
        raise ValueError("OK_HOOK_PATH is not 22 or more of A-Za-z0-9_-")
    api = text("OK_API_URL").rstrip("/")
    if not re.match(r"https?://[^/?#\s]+", api):
        raise ValueError("OK_API_URL is not an http or https URL")
    link = text("OK_LINK_URL")
    if link and not (link.startswith("https://") and "{token}" in link):
        raise ValueError("OK_LINK_URL is not an https URL with {token} in it")
    edit_path = text("OK_EDIT_PATH")
    if "{message}" not in edit_path:
        raise ValueError("OK_EDIT_PATH has no {message}")
    try:
        networks = [ipaddress.ip_network(part.strip()) for part in text("OK_SOURCES").split(",")]
    except ValueError:
        networks = []
    if not networks and text("OK_SOURCES") != "any":
        raise ValueError('OK_SOURCES is neither a comma list of networks nor "any"')
    codes = [code.strip() for code in text("OK_BLOCKED").split(",") if code.strip()]
    if not all(code.isascii() and code.isdigit() for code in codes):
        raise ValueError("OK_BLOCKED is not a comma list of error codes")

    rows, columns = int(number("OK_ROWS", 1)), int(number("OK_COLUMNS", 1))
    return Options(
        token=token,
        path=path,
        api=api,
        sources=tuple(networks) or None,
        link=link,
        chat_check=word("OK_CHAT_CHECK", "on", "off") == "on",
        answers=word("OK_ANSWERS", "callback", "message") == "callback",
        edits=word("OK_EDITS", "on", "off") == "on",
        edit_path=edit_path,
        multipart=word("OK_UPLOAD", "body", "multipart") == "multipart",
        busy=tuple(action.strip() for action in text("OK_BUSY").removesuffix("off").split(",") if action.strip()),
        blocked=frozenset(int(code) for code in codes),
        pause=number("OK_PAUSE"),
        poll_pause=number("OK_POLL_PAUSE"),
        timeout=number("OK_TIMEOUT", 0.1),
        limits=replace(
            LIMITS,
            text=int(number("OK_TEXT_LIMIT", 100)),
            keyboard=Grid(rows, columns, rows * columns),
            label=int(number("OK_LABEL", 2)),
            action=int(number("OK_ACTION", 16)),
            pace=Pace(number("OK_RATE", 0.01), int(number("OK_BURST", 1)), number("OK_CHAT_PAUSE")),
            press_life=number("OK_PRESS_LIFE"),
        ),
    )


def derived_path(token: str) -> str:
    """A path that only the token's holder can compute: the same in every process, and renewed with the token."""
    return urlsafe_b64encode(hmac.digest(token.encode(), b"saldo hook path", "sha256"))[:32].decode()


# ── What OK posts ────────────────────────────────────────────────────────────────────────────────────────────

Id = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,200}\Z")]
PressId = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,1000}\Z")]
ChatId = Annotated[str, msgspec.Meta(pattern=r"\Achat:[!-~]{1,200}\Z")]


class Person(msgspec.Struct):
    user_id: str | None = None
    name: str | None = None


class Recipient(msgspec.Struct):
    chat_id: ChatId


class Attachment(msgspec.Struct):
    type: str | None = None


class Written(msgspec.Struct):
    mid: Id
    text: str | None = None
    seq: int | None = None  # 64 bits, about 1e17: a float would lose its end
    attachments: list[Attachment] | None = None
    privacy_warning: str | None = msgspec.field(default=None, name="privacyWarning")  # SCREENSHOT, SCREENCAST


class Event(msgspec.Struct):
    recipient: Recipient
    timestamp: int  # milliseconds
    sender: Person | None = None
    kind: str = msgspec.field(default="MESSAGE_CREATED", name="webhookType")  # absent in the docs of 2017
    message: Written | None = None
    callback: PressId | None = msgspec.field(default=None, name="callbackId")
    payload: str | None = None
    mid: Id | None = None
    type: str | None = None


class Unreadable(Exception):
    """Authentic, and not understood."""


def read(raw: bytes) -> Event:
    """One event as OK posts it. Raises Unreadable."""
    try:
        event = msgspec.json.decode(raw, type=Event)
        sent_at(event)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        raise Unreadable from None
    known = {
        "MESSAGE_CREATED": event.message is not None,
        "MESSAGE_CALLBACK": event.callback is not None or event.mid is not None,
        "CHAT_SYSTEM": event.type == "CHAT_STARTED",  # no other value is documented
    }
    if not known.get(event.kind, False):
        raise Unreadable
    return event


def incoming(event: Event, private: bool) -> Incoming | None:
    """What the customer did; None when it was not the customer, or nothing that wants an answer."""
    sender = event.sender or Person()
    if (sender.user_id or "").startswith("group:"):
        return None  # a moderator's own words
    chat = event.recipient.chat_id
    happened = Incoming(
        id="",
        sender=Address(NAME, chat),
        sent_at=sent_at(event),
        name=sender.name or "",
        private=private,
    )
    if event.kind == "MESSAGE_CALLBACK":
        digest = hashlib.sha256((event.payload or "").encode()).hexdigest()[:16]
        return replace(
            happened,
            id=f"callback:{event.callback or f'{event.mid}:{event.timestamp}:{digest}'}",
            action=event.payload or "",
            message=event.mid,
            press=event.callback,
        )
    if event.kind == "CHAT_SYSTEM":
        return replace(happened, id=f"{event.type}:{chat}:{event.timestamp}", start=event.payload or "")
    written = event.message
    if written is None or written.privacy_warning is not None:
        return None
    return replace(
        happened,
        id=written.mid,
        text=written.text or "",
        message=written.mid,
        attached=any(one.type != "INLINE_KEYBOARD" for one in written.attachments or ()),
    )


def sent_at(event: Event) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=event.timestamp)


# ── What OK answers ──────────────────────────────────────────────────────────────────────────────────────────


class Envelope(msgspec.Struct):
    error_code: int | None = None
    error_msg: str | None = None


class Done(msgspec.Struct):
    success: bool | None = None
    message_id: str | None = None


class Info(msgspec.Struct):
    name: str | None = None


class Subscription(msgspec.Struct):
    url: str | None = None
    types: list[str] | None = None  # whether they are told is unverified


class Subscriptions(msgspec.Struct):
    subscriptions: list[Subscription] = []


class Chat(msgspec.Struct):
    type: str
    participants: dict[str, Any] | None = None  # user: when last seen


class Updates(msgspec.Struct):
    updates: list[msgspec.Raw] = []
    marker: str | int | None = None


class UploadUrl(msgspec.Struct):
    url: str
    token: str | None = None


class Photo(msgspec.Struct):
    token: str


class Photos(msgspec.Struct):
    photos: dict[str, Photo]


Shape = TypeVar("Shape", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """One HTTP answer. OK tells an error in the body or in the header, mostly with status 200."""

    status: int
    header: str | None  # invocation-error
    retry_after: str | None
    body: bytes

    def error(self) -> tuple[int, str] | None:
        try:
            told = msgspec.json.decode(self.body, type=Envelope, strict=False)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            told = Envelope()
        if told.error_code is not None:
            return told.error_code, told.error_msg or ""
        if self.header is not None and self.header.isascii() and self.header.strip().isdigit():
            return int(self.header), told.error_msg or ""
        return None


def refusal(code: int, text: str, options: Options, *, personal: bool) -> NetworkError:
    """What an error code means for a letter. `personal`: the call was about one person's chat."""
    symbol = re.match(r"[A-Z_]{0,40}", text)
    reason = f"OK said {code} {symbol.group() if symbol else ''}".rstrip()
    log.warning("ok.refused", code=code, reason=reason, detail=re.findall(r"errors?\.[a-z.-]{1,60}", text)[:3])
    if code in DEAD_TOKEN:
        return Revoked(reason)
    if personal and (code in options.blocked or (code in {4, 1200} and UNWRITABLE.search(text))):
        return Blocked(reason)
    if code in NO_RIGHTS:
        return Revoked(reason)
    if code == FLOOD:
        return Throttled(reason, after=options.pause)
    if code in PAUSES:
        return Throttled(reason, after=PAUSES[code])
    if code in TEMPORARY:
        return Unknown(reason)
    return Rejected(reason)


def failure(said: Said, options: Options) -> NetworkError:
    """An answer without OK's own error: a gateway's page, or nothing we can read."""
    reason = f"OK answered with status {said.status} and nothing readable"
    if said.status == 429:
        seconds = re.fullmatch(r"[0-9]{1,6}", said.retry_after or "")
        return Throttled(reason, after=float(seconds.group()) if seconds else options.pause)
    if said.status == 401:
        return Revoked(reason)
    if said.status == 413:
        return Rejected(reason)
    if 300 <= said.status < 500:
        return Unavailable(reason)
    return Unknown(reason)


# ── What we show ─────────────────────────────────────────────────────────────────────────────────────────────


def message(reply: Reply, files: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """OK's message object: plain text, at most five attachments, a keyboard being one of them."""
    attachments = list(files)
    rows = reply.keyboard or reply.menu or ()
    if rows:
        attachments.append({"type": "INLINE_KEYBOARD", "payload": {"keyboard": {"buttons": buttons(rows)}}})
    return {"text": reply.text, **({"attachments": attachments} if attachments else {})}


def buttons(rows: Keyboard) -> list[list[dict[str, str]]]:
    return [
        [
            {"type": "LINK", "text": button.label, "intent": INTENTS[button.tone], "url": button.url}
            if button.url is not None
            else {
                "type": "CALLBACK",
                "text": button.label,
                "intent": INTENTS[button.tone],
                "payload": button.action or "",
            }
            for button in row
        ]
        for row in rows
    ]


def segment(identifier: str, prefix: str) -> str:
    """An id as one part of a path: neither `..` nor a slash gets through."""
    if not identifier.startswith(prefix):
        raise Rejected(f"OK: not an id of kind {prefix}")
    return quote(identifier, safe=":")


# ── The network ──────────────────────────────────────────────────────────────────────────────────────────────


class Odnoklassniki:
    """A group on OK. The session is opened by the first call and belongs to that event loop."""

    name = NAME

    def __init__(
        self,
        options: Options,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = options.limits
        self.path = options.path
        self._options = options
        self._sleep = sleep
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._chats: dict[str, Chat] = {}
        self._blind_until = 0.0  # no asking about chats before: OK did not answer the last question
        self._greeted: float | None = None  # when me/info was last called
        self._polling = False  # the long-poll subscription was made by this process
        self._recent: deque[float] = deque()  # calls of the last second

    # Coming in

    async def hook(self, post: Post, receive: Receive) -> Answer:
        """OK wants 200 within 5 s; anything else comes again, and after 8 h of it our subscription is dropped."""
        if not self._from_ok(post.remote):
            # The same answer as for any unknown path: a stranger does not learn that the path is right.
            raise Forged("OK: the caller is not in OK_SOURCES", status=404)
        await receive(await self._received([post.body], patience=PATIENCE))
        return Answer()

    def _from_ok(self, remote: str) -> bool:
        if self._options.sources is None:
            return True
        try:
            address = ipaddress.ip_address(remote)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._options.sources)

    async def run(self, receive: Receive, cursor: str | None) -> None:
        """Long poll. A marker is used where OK gives one; without it OK takes an answered poll for received.

        So a batch that could not be stored is kept and offered again, and nothing is polled meanwhile.
        """
        failures = 0
        while True:
            began = self._clock()
            try:
                batch = await self._poll(cursor)
            except Revoked:
                raise
            except NetworkError as error:
                failures += 1
                log.warning("ok.poll_failed", reason=str(error), failures=failures)
                await self._sleep(error.after if isinstance(error, Throttled) else growing(failures))
                continue
            if batch.events or batch.unreadable or batch.cursor != cursor:
                await self._store(receive, batch)
            cursor, failures = batch.cursor, 0
            # A poll that was held open has waited already.
            await self._sleep(max(0.0, self._options.poll_pause - (self._clock() - began)))

    async def _poll(self, cursor: str | None) -> Received:
        params = {} if cursor is None else {"marker": cursor}
        said = await self._exchange("GET", "me/updates", params=params, patience=POLL_HOLD + self._options.timeout)
        error = said.error()
        if error is not None and error[0] == NOT_SUBSCRIBED:
            await self._subscribe(None)
            raise Unavailable("OK: the long-poll subscription was gone; made again")
        updates = self._understood(said, Updates, personal=False)
        batch = await self._received([bytes(raw) for raw in updates.updates])
        return replace(batch, cursor=cursor if updates.marker is None else str(updates.marker))

    async def _store(self, receive: Receive, batch: Received) -> None:
        failures = 0
        while True:
            try:
                await receive(batch)
            except Exception as error:  # whatever the store raises: the batch exists nowhere else
                failures += 1
                log.warning("ok.not_stored", error=type(error).__name__, failures=failures)
                await self._sleep(growing(failures))
            else:
                return

    async def _received(self, raws: Iterable[bytes], patience: float | None = None) -> Received:
        events: list[Event] = []
        unreadable: list[bytes] = []
        for raw in raws:
            try:
                events.append(read(raw))
            except Unreadable:
                unreadable.append(raw)
        # OK promises no order; within one answer the network's own numbers restore it.
        events.sort(key=lambda event: (event.timestamp, (event.message and event.message.seq) or 0))
        happened = [incoming(event, await self._is_dialog(event, patience)) for event in events]
        return Received(tuple(one for one in happened if one is not None), tuple(unreadable))

    async def _is_dialog(self, event: Event, patience: float | None) -> bool:
        """Whether the event's chat is a dialog with its sender: from memory, else asked; in doubt False."""
        if not self._options.chat_check:
            return True
        identifier = event.recipient.chat_id
        chat = self._chats.get(identifier)
        if chat is None:
            if self._clock() < self._blind_until:
                return False
            try:
                params = {"chat_id": identifier}
                chat = await self._call("GET", "me/chat", Chat, params=params, patience=patience)
            except NetworkError as error:
                if not isinstance(error, Rejected | Blocked):
                    self._blind_until = self._clock() + 5.0  # not every event waits for a silent network
                log.warning("ok.chat_unknown", reason=str(error))
                return False
            while len(self._chats) >= KNOWN_CHATS:
                del self._chats[next(iter(self._chats))]
            self._chats[identifier] = chat
        sender = event.sender.user_id if event.sender else ""
        return chat.type == "DIALOG" and (not chat.participants or not sender or sender in chat.participants)

    # Going out

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        """`key` has no use here: OK documents no idempotency. Nor can a customer's message be erased."""
        chat = segment(to.chat, "chat:")
        body: dict[str, Any] = {"message": message(reply, await self._files(reply))}
        if reply.answers is not None and self._options.answers:
            try:
                shown = await self._show(f"{chat}/answer", body, reply, params={"callbackId": reply.answers})
            except (Throttled, Revoked):
                raise
            except NotSent as error:
                log.info("ok.answer_failed", reason=str(error))  # the press is too old: an ordinary message instead
            else:
                return shown or reply.replaces or ""
        elif reply.replaces is not None and self._options.edits and reply.replaces.startswith("mid:"):
            path = self._options.edit_path.format(message=segment(reply.replaces, "mid:"))
            try:
                await self._show(path, body, reply)
            except (Throttled, Revoked):
                raise
            except NotSent as error:
                log.info("ok.edit_failed", reason=str(error))
            else:
                return reply.replaces
        return await self._show(f"me/messages/{chat}", {"recipient": {"chat_id": to.chat}, **body}, reply)

    async def _show(self, path: str, body: Mapping[str, Any], reply: Reply, params: Mapping[str, str] = {}) -> str:
        """Post one message; the id that OK gave it, "" when it gave none."""
        # Which code says "the upload is not ready yet" is unverified, so any refusal of a fresh upload is tried again.
        pauses = READY_AFTER if reply.picture or reply.document else ()
        for pause in pauses:
            try:
                return await self._post(path, body, params)
            except Rejected:
                await self._sleep(pause)
        return await self._post(path, body, params)

    async def _post(self, path: str, body: Mapping[str, Any], params: Mapping[str, str]) -> str:
        done = await self._call("POST", path, Done, params=params, body=body, personal=True)
        if done.message_id:
            return done.message_id
        if done.success is None:
            raise Unknown("OK: neither success nor message_id in the answer")
        if not done.success:
            raise Blocked("OK: success is false")  # documented for "no permission", and for nothing else
        return ""

    async def _files(self, reply: Reply) -> list[dict[str, Any]]:
        files = []
        if reply.picture is not None:
            token = await self._upload("IMAGE", reply.picture.data, reply.picture.name, "image/png")
            files.append({"type": "IMAGE", "payload": {"token": token}})
        if reply.document is not None:
            document = reply.document
            token = await self._upload("FILE", document.data, document.name, document.media_type)
            files.append({"type": "FILE", "payload": {"token": token}})
        return files

    async def _upload(self, kind: str, data: bytes, name: str, media_type: str) -> str:
        """The token under which a message may show the file. Nothing is shown yet, so nothing is Unknown."""
        import aiohttp

        failed: Unknown | None = None
        try:
            place = await self._call("GET", "me/fileUploadUrl", UploadUrl, params={"type": kind})
            content: bytes | aiohttp.FormData = data
            headers = {"Content-Type": media_type, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
            if self._options.multipart:
                content, headers = aiohttp.FormData(quote_fields=False), {}
                content.add_field("data", data, filename=name, content_type=media_type)
            patience = self._options.timeout + len(data) / 2**17  # a line of 1 Mbit/s is enough
            said = await self._exchange("POST", place.url, data=content, headers=headers, patience=patience)
            if kind == "IMAGE":
                for photo in self._understood(said, Photos, personal=False).photos.values():
                    return photo.token
            elif said.error() is None and said.status < 300 and place.token:
                return place.token
            failed = Unknown("OK: no token for an upload")
        except Unknown as error:
            failed = error
        raise Unavailable(str(failed))

    async def busy(self, event: Incoming) -> None:
        """Seen and typing: two calls beside the letters, left out when the second is full."""
        for action in self._options.busy:
            if self._calls_of_last_second() >= self.limits.pace.per_second:
                return
            body = {"recipient": {"chat_id": event.sender.chat}, "sender_action": action}
            try:
                path = f"me/messages/{segment(event.sender.chat, 'chat:')}"
                await self._call("POST", path, Done, body=body, personal=True, patience=min(5.0, self._options.timeout))
            except NetworkError as error:
                log.debug("ok.busy_failed", reason=str(error))
                return

    # Keeping house

    async def prepare(self, site: Site) -> None:
        """Subscribe where it is missing, unsubscribe our own old URLs, and keep the token alive.

        Several subscriptions may exist and each gets everything: those of others are left alone.
        """
        now = self._clock()
        if self._greeted is None or now - self._greeted >= HEARTBEAT:
            await self.identity()
            self._greeted = now
        if site.hook is None:
            if (
                not self._polling
            ):  # how a long-poll subscription is listed is unverified; if it goes, me/updates says so
                await self._subscribe(None)
            return
        known = (await self._call("GET", "me/subscriptions", Subscriptions)).subscriptions
        ours = [one for one in known if one.url == site.hook]
        if not ours or any(one.types is not None and not set(TYPES) <= set(one.types) for one in ours):
            await self._subscribe(site.hook)
            log.info("ok.subscribed")
        stem = site.hook.removesuffix(self.path)
        for one in known:
            if one.url and stem != site.hook and one.url != site.hook and one.url.rpartition("/")[0] + "/" == stem:
                await self._call("POST", "me/unsubscribe", Done, body={"url": one.url})
                log.info("ok.unsubscribed_old")

    async def _subscribe(self, hook: str | None) -> None:
        body: dict[str, Any] = {"types": TYPES, **({"longPolling": True} if hook is None else {"url": hook})}
        await self._call("POST", "me/subscribe", Done, body=body)
        self._polling = self._polling or hook is None

    async def identity(self) -> str:
        return (await self._call("GET", "me/info", Info)).name or ""

    def deep_link(self, token: str) -> str | None:
        return self._options.link.replace("{token}", quote(token, safe="")) or None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    # The wire

    async def _call(
        self,
        method: str,
        path: str,
        shape: type[Shape],
        *,
        params: Mapping[str, str] = {},
        body: Mapping[str, Any] | None = None,
        personal: bool = False,
        patience: float | None = None,
    ) -> Shape:
        """One call of the Graph API. Raises NetworkError."""
        data = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json;charset=utf-8"}
        said = await self._exchange(method, path, params=params, data=data, headers=headers, patience=patience)
        return self._understood(said, shape, personal=personal)

    def _understood(self, said: Said, shape: type[Shape], *, personal: bool) -> Shape:
        error = said.error()
        if error is not None:
            raise refusal(*error, self._options, personal=personal)
        answer = None
        if said.status < 300:
            try:
                answer = msgspec.json.decode(said.body, type=shape, strict=False)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                answer = None  # raised below: msgspec's error must not carry the body along
        if answer is None:
            raise failure(said, self._options)
        return answer

    async def _exchange(
        self,
        method: str,
        place: str,
        *,
        params: Mapping[str, str] = {},
        data: "bytes | aiohttp.FormData | None" = None,
        headers: Mapping[str, str] = {},
        patience: float | None = None,
    ) -> Said:
        """One HTTP exchange with a Graph path, which gets the token, or with a full URL, which does not."""
        import aiohttp

        url = place
        if "://" not in place:
            url, params = f"{self._options.api}/graph/{place}", {"access_token": self._options.token, **params}
            self._calls_of_last_second()
            self._recent.append(self._clock())
        total = patience or self._options.timeout
        timeout = aiohttp.ClientTimeout(total=total, connect=min(5.0, self._options.timeout))
        # Raised after the except clauses: aiohttp's errors know the URL, and the URL knows the token.
        error: NetworkError
        try:
            async with self._opened().request(
                method, url, params=params, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(2**16):
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        raise aiohttp.ClientPayloadError
                told = response.headers
                return Said(response.status, told.get("invocation-error"), told.get("Retry-After"), bytes(body))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as why:
            error = Unavailable(f"OK: no connection ({type(why).__name__})")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as why:
            error = Unknown(f"OK: no whole answer ({type(why).__name__})")
        raise error

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=IDLE_SOCKET),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _calls_of_last_second(self) -> int:
        now = self._clock()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        return len(self._recent)


def growing(failures: int) -> float:
    """1, 2, 4 … 60 seconds."""
    return min(60.0, 2.0 ** min(failures - 1, 6))
