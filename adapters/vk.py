"""VKontakte: a community's private dialogs, by Callback API or by Bots Long Poll, API 5.199.

    Callback API ──hook──┐                                    ┌─ messages.send (random_id = the letter's key)
                         ├─▶ Envelope ─parse─▶ Incoming       ├─ messages.edit (by conversation_message_id)
    Bots Long Poll ─run──┘                       Reply ─send──┼─ photos.*, docs.* uploads (vk_api's VkUpload)
                                                              └─ execute: 25 times messages.send, each with its own key

Three ideas carry this file:

*One id for one deed.* VK may deliver an event several times, also through both channels at once, and nobody promises
that the envelope's `event_id` is the same in both. So a message is known by (peer_id, conversation_message_id), which
is VK's own key of a message, and a press by the press's own `event_id`. Only events that have neither (allow, deny)
use the envelope's; taking those twice does no harm, for they state a fact.

*One copy of one letter.* `random_id` is the letter's lasting key, never drawn, never 0 (0 switches VK's check off).
VK remembers it for an hour at least, so a send whose outcome is unknown may be repeated for 55 minutes.

*vk_api stays on its own threads.* It is synchronous, waits without a time limit, sleeps and repeats by itself on error
6, and its errors carry the token. Here it gets sessions with time limits, no error handlers, a pace set from outside,
and its errors leave their thread as plain numbers.

Sources: "schema" is VK's published API schema 5.199; "docs" is dev.vk.com; "unverified" has no source and is therefore
a setting or a cautious constant.
"""

import asyncio
import hashlib
import hmac
import io
import json
import random
import re
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import LifoQueue
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import msgspec
import structlog

from adapters.base import (
    Address,
    Answer,
    Blocked,
    Button,
    Document,
    Forged,
    Grid,
    Incoming,
    Keyboard,
    Limits,
    Network,
    NetworkError,
    Pace,
    Picture,
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
from adapters.turns import Turns, within
from given import Given, Setting

if TYPE_CHECKING:
    import aiohttp

NAME = "vk"
log = structlog.get_logger()

SETTINGS = (
    Setting("VK_TOKEN", "community token with the rights `messages`, `photos`, `docs`, `manage`", secret=True),
    Setting("VK_GROUP_ID", "the community's number, without a minus"),
    Setting("VK_SECRET", "Callback API secret key, at most 50 characters (schema); make it a random one", secret=True),
    Setting(
        "VK_CONFIRMATION",
        "Callback API confirmation string, if the server is registered by hand; empty: Saldo registers it",
        secret=True,
    ),
    Setting("VK_API_URL", "where the API is", "https://api.vk.ru"),
    Setting("VK_API_VERSION", "version of the API and of its events", "5.199"),
    Setting("VK_RATE", "API calls a second, of which one may show 25 letters; a community may make 20 (docs)", "15"),
    Setting("VK_CONNECTIONS", "API calls at the same time", "16"),
    Setting("VK_TIMEOUT", "seconds to wait for an answer of the API", "15"),
    Setting("VK_UPLOAD_TIMEOUT", "seconds for a whole upload of a picture or a document", "60"),
    Setting("VK_POLL_WAIT", "seconds that a long poll may last; 25 recommended, 90 at most (docs)", "25"),
    Setting("VK_BUTTONS", "buttons under a message: callback, or text for clients that lack callback", "callback"),
    Setting("VK_INTENT", "`intent` of our messages; unverified when VK wants one, so normally empty"),
)

LIMITS = Limits(
    text=4000,  # schema: 9000; 4096 is what clients were long said to take (unverified)
    keyboard=Grid(rows=6, columns=5, buttons=10),  # docs, inline keyboard
    menu=Grid(rows=10, columns=5, buttons=40),  # docs, conversation keyboard
    label=40,  # docs
    action=120,  # docs: payload of 255 characters; {"a":"…"} with every character escaped still fits
    # docs: 20 calls a second, and an undisclosed number of messages, so begin below (docs).
    pace=Pace(per_second=15, burst=4, most=20),
    picture_bytes=20 * 2**20,  # 50 MB (unverified)
    document_bytes=50 * 2**20,  # 200 MB (unverified)
    press_life=60.0,  # docs: event_id lives about a minute
    resend_window=55 * 60,  # docs: random_id is remembered for an hour at least
    together=25,  # docs: calls in one `execute`
)
CALLS = 20  # docs: a second, for a community's token
SCRIPT = 60_000  # characters of one `execute`: our own bound, none is documented
PATIENCE = 10.0  # seconds that a batch lets other calls go first
PAYLOAD = 255  # docs: characters of a button's payload
BODY = 2**20  # bytes of one callback: our own bound
EVENTS = ("message_new", "message_event", "message_allow", "message_deny")  # what we ask VK for
GROUP_CHATS = 2_000_000_000  # schema: peer_id of a chat is this plus its number

# client_info.lang_id: numbers of VK's languages (VK ID SDK; kotlin-vk-api's table). Others are left unsaid.
LANGUAGES = {
    0: "ru", 1: "uk", 2: "be", 3: "en", 4: "es", 6: "de", 12: "pt", 15: "pl", 16: "fr", 65: "uz", 73: "pt-br",
    82: "tr", 97: "kk", 100: "ru", 777: "ru",
}  # fmt: skip

# What VK's error codes mean for a letter (schema; 984 and 1021 docs). What is not listed is Rejected: our mistake.
PAUSES = {  # code: (seconds, everybody)
    6: (1, True),  # too many calls a second
    9: (300, False),  # flood control: similar messages to one person
    14: (3600, True),  # captcha: nobody here can solve it
    29: (3600, True),  # quantitative limit of the method
    984: (3600, True),  # the community is held for spam
    3300: (3600, True),  # captcha again
}
UNCERTAIN = frozenset({1, 10, 36})  # unknown, internal, time-out inside the method
NO_ENTRY = frozenset({7, 15})  # of one recipient: not ours to write to; of the whole call: the token lacks a right
NO_TOKEN = frozenset({5, 17, 24, 25, 27, 28})
NO_PERSON = frozenset({18, 37, 900, 901, 902, 917, 922, 927, 936, 945, 946, 950, 985, 987, 988, 1021, 3610})
NOT_RUN = frozenset({3, 8, 12, 100})  # `execute` itself was not understood, and nothing of it was done
NOT_REDRAWN = frozenset({7, 15, 100, 909, 920, 924})  # too old, gone, of another kind: a new message instead


def refusal(code: int, method: str, *, personal: bool = False) -> NetworkError:
    """The error for VK's `code`. `personal`: it stood beside one recipient, and so says nothing about the token."""
    reason = f"{method}: VK error {code}"
    if code in PAUSES:
        after, everybody = PAUSES[code]
        return Throttled(reason, after=after, everybody=everybody)
    if code in UNCERTAIN:
        return Unknown(reason)
    if code in NO_PERSON or (personal and code in NO_ENTRY):
        return Blocked(reason)
    if code in NO_TOKEN or code in NO_ENTRY:
        return Revoked(reason)
    return Rejected(reason)


# Inbound: bytes -> Envelope -> Incoming. Only the fields that we use are named; all else is skipped unread.

Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**35)]
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
RAW_SECRET = re.compile(rb'"secret"\s{0,9}:\s{0,9}("[^"\\]{1,50}")')  # inside a text the quotes would be escaped


class Envelope(msgspec.Struct, omit_defaults=True):
    type: str
    group_id: int
    event_id: str = ""
    secret: msgspec.Raw = msgspec.Raw()
    object: msgspec.Raw = msgspec.Raw()


class Message(msgspec.Struct):
    peer_id: Int
    from_id: Int
    date: Seconds
    text: str = ""
    conversation_message_id: Int = 0
    out: Int = 0
    payload: str | None = None
    ref: str | None = None
    attachments: list[msgspec.Raw] | None = None
    geo: msgspec.Raw = msgspec.Raw()
    action: msgspec.Raw = msgspec.Raw()  # "invited", "pinned" and the like: nobody wrote anything


class Client(msgspec.Struct):
    lang_id: Int | None = None


class MessageNew(msgspec.Struct):
    message: Message
    client_info: Client = msgspec.field(default_factory=Client)


class MessageEvent(msgspec.Struct):
    user_id: Positive
    peer_id: Positive
    event_id: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    payload: msgspec.Raw = msgspec.Raw()
    conversation_message_id: Int | None = None


class Permission(msgspec.Struct):
    user_id: Positive
    key: str | None = None


def mended(body: bytes) -> bytes:
    """JSON in which half an emoji stands, with a question mark in its place. Raises one of UNREADABLE."""
    return json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace")


def parse(event: Envelope, now: datetime) -> Incoming | None:
    """What the customer did; None for what does not concern us. Raises one of UNREADABLE.

    `now` stands in where VK gives no time: for everything but messages.
    """
    match event.type:
        case "message_new":
            return written(msgspec.json.decode(event.object, type=MessageNew))
        case "message_event":
            return pressed(msgspec.json.decode(event.object, type=MessageEvent), now)
        case "message_allow" | "message_deny":
            given = msgspec.json.decode(event.object, type=Permission)
            if not event.event_id:
                raise ValueError("an event without an id")
            return Incoming(
                id=f"event:{event.event_id}",
                sender=Address(NAME, str(given.user_id)),
                sent_at=now,
                permission=event.type == "message_allow",
                start=token(given.key) if event.type == "message_allow" else None,
            )
        case _:
            return None


def written(new: MessageNew) -> Incoming | None:
    message = new.message
    if message.out or message.peer_id <= 0 or message.from_id <= 0 or present(message.action):
        return None  # our own words, other communities, and the notices of group chats
    if message.conversation_message_id <= 0:
        raise ValueError("a message without a number")
    payload = opened(message.payload)
    action = acted(payload)
    started = payload.get("command") == "start"  # docs: the «Начать» button of an empty dialog
    start = token(message.ref) or ("" if started else None)
    return Incoming(
        id=f"message:{message.peer_id}:{message.conversation_message_id}",
        sender=Address(NAME, str(message.peer_id)),
        sent_at=datetime.fromtimestamp(message.date, UTC),
        # The label of a pressed button arrives as text, but nobody wrote it.
        text="" if started or action is not None else message.text,
        action=action,
        start=start,
        message=str(message.conversation_message_id),
        language=LANGUAGES.get(new.client_info.lang_id) if new.client_info.lang_id is not None else None,
        private=message.peer_id < GROUP_CHATS and message.peer_id == message.from_id,
        attached=bool(message.attachments) or present(message.geo),
    )


def present(value: msgspec.Raw) -> bool:
    return bytes(value) not in {b"", b"null"}


def pressed(event: MessageEvent, now: datetime) -> Incoming:
    payload = bytes(event.payload)
    if payload[:1] == b'"':  # the schema says a JSON string, in practice it is the object itself
        payload = msgspec.json.decode(payload, type=str).encode()
    return Incoming(
        id=f"press:{event.event_id}",
        sender=Address(NAME, str(event.peer_id)),
        sent_at=now,
        action=acted(opened(payload)),
        message=str(event.conversation_message_id) if event.conversation_message_id else None,
        press=f"{event.peer_id}:{event.user_id}:{event.event_id}",
        private=event.peer_id < GROUP_CHATS and event.peer_id == event.user_id,
    )


def opened(payload: str | bytes | None) -> dict[str, Any]:
    """A button's payload; {} for anything that we cannot have made: clients may send what they like."""
    try:
        value = msgspec.json.decode(payload) if payload else {}
    except UNREADABLE:
        return {}
    return value if isinstance(value, dict) else {}


def acted(payload: Mapping[str, Any]) -> str | None:
    action = payload.get("a")
    return action if isinstance(action, str) and 0 < len(action.encode()) <= LIMITS.action else None


def token(ref: str | None) -> str | None:
    """The payload of a deep link, when it can be one of ours (unverified at VK: we keep to 64 safe characters)."""
    return ref if ref is not None and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ref) else None


# Outbound: Reply -> the parameters of messages.send and messages.edit.

COLOURS = {Tone.PLAIN: "secondary", Tone.MAIN: "primary", Tone.GOOD: "positive", Tone.DANGER: "negative"}  # docs
# [id1|Name], @all and *durov become links or calls. A zero-width space keeps the text as it looks, and only text.
MENTION = re.compile(r"\[(?=[^\[\]|\n]{1,256}\|)|(?<!\w)[@*](?=\w)")


def plain(text: str) -> str:
    return MENTION.sub(lambda found: found[0] + "\u200b", text)


def board(rows: Keyboard, *, inline: bool, callback: bool) -> str:
    """A keyboard as VK's JSON; no rows: the one that takes a menu away. (VkKeyboard writes `"payload": null`.)"""
    buttons = [[drawn(button, "callback" if inline and callback else "text") for button in row] for row in rows]
    return msgspec.json.encode({"one_time": False, "inline": inline, "buttons": buttons}).decode()


def drawn(button: Button, kind: str) -> dict[str, Any]:
    if button.url is not None:
        return {"action": {"type": "open_link", "link": button.url, "label": button.label}}
    payload = msgspec.json.encode({"a": button.action}).decode()
    if len(payload) > PAYLOAD:
        raise Rejected(f"a button's payload is longer than {PAYLOAD} characters")
    return {"action": {"type": kind, "label": button.label, "payload": payload}, "color": COLOURS[button.tone]}


def random_id(key: int) -> int:
    """1 … 2^31-1, equal to the key for the first two billion letters and never 0."""
    return (key - 1) % (2**31 - 1) + 1


def call(letter: Mapping[str, Any]) -> str:
    """One messages.send in VKScript. JSON is a literal there (vk_api writes it so); two line ends of JSON are none."""
    arguments = msgspec.json.encode(letter).decode().translate({0x2028: "\\u2028", 0x2029: "\\u2029"})
    return f"API.messages.send({arguments})"


def fitting(script: Sequence[str]) -> int:
    """How many of these calls go into one `execute`: at least one."""
    size = 0
    for count, code in enumerate(script[: LIMITS.together]):
        size += len(code)
        if count and size > SCRIPT:
            return count
    return min(len(script), LIMITS.together)


# The wire: vk_api on threads of its own.


@dataclass(frozen=True, slots=True)
class Options:
    token: str = field(repr=False)
    group: int
    secret: str = field(repr=False)
    confirmation: str = field(repr=False)
    api_url: str
    api_version: str
    rate: float
    connections: int
    timeout: float
    upload_timeout: float
    poll_wait: int
    callback: bool
    intent: str


def client(options: Options) -> Any:
    """A VkApiGroup that waits for nothing without a limit, follows nobody elsewhere, and repeats nothing by itself."""
    import requests
    import vk_api

    origin = "https://api.vk.ru/"  # a literal inside vk_api

    class Http(requests.Session):
        def request(self, method: str | bytes, url: str | bytes, *args: Any, **given: Any) -> requests.Response:
            if isinstance(url, str) and url.startswith(origin):
                url = f"{options.api_url}/{url.removeprefix(origin)}"
            given |= {"timeout": (min(3.05, options.timeout), options.timeout), "allow_redirects": False}
            return super().request(method, url, *args, **given)

    http = Http()
    http.trust_env = False  # no .netrc, no proxy that we were not told about
    http.headers["User-Agent"] = "Saldo"
    made = vk_api.VkApiGroup(
        token=options.token,
        api_version=options.api_version,
        session=http,
        config=vk_api.vk_api.jconfig.MemoryConfig,  # otherwise it writes a file into the working directory
    )
    made.RPS_DELAY = 0  # Turns keep the pace of all clients together, without sleeping inside a lock
    made.error_handlers.clear()  # every code comes back to us as ApiError
    return made


def attempt(work: Callable[[], Any]) -> tuple[Any, int]:
    """What `work` gives and 0, or None and VK's error code. Raises NetworkError.

    What vk_api and requests raise holds the token, so it ends here and is no context of what we raise.
    """
    import requests
    import vk_api

    failure: NetworkError
    try:
        return work(), 0
    except vk_api.exceptions.ApiError as error:
        if isinstance(error.code, int):
            return None, error.code
        failure = Unknown("VK answered with an error that has no number")
    except vk_api.exceptions.ApiHttpError as error:
        failure = status_error(error.response.status_code)
    except requests.ConnectionError as error:
        name = type(error).__name__
        failure = Unavailable(f"no connection: {name}") if unwritten(error) else Unknown(f"connection lost: {name}")
    except requests.RequestException as error:
        failure = Unknown(f"no readable answer: {type(error).__name__}")
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        failure = Unknown(f"unreadable answer: {type(error).__name__}")
    raise failure


def status_error(status: int) -> NetworkError:
    """VK answers with 200 even when it refuses; anything else comes from a server in front of it."""
    if status == 429:
        return Throttled("HTTP 429", after=1)
    return Unavailable(f"HTTP {status}") if 400 <= status < 500 else Unknown(f"HTTP {status}")


def unwritten(error: Exception) -> bool:
    """Whether the connection failed before a byte of the request was written."""
    import requests
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    reason = getattr(error.args[0] if error.args else None, "reason", None)
    untrusted = isinstance(reason, Exception) and any(isinstance(a, ssl.SSLCertVerificationError) for a in reason.args)
    known = isinstance(reason, NewConnectionError | ConnectTimeoutError)
    return isinstance(error, requests.ConnectTimeout) or known or untrusted


class Line:
    """As many threads as clients, each call on a free one, and nobody waits longer than he said."""

    def __init__(self, clients: list[Any]) -> None:
        self._clients = clients
        self._free: LifoQueue[Any] = LifoQueue()  # the last one used: its connection is open
        for one in clients:
            self._free.put(one)
        self._threads = ThreadPoolExecutor(len(clients), thread_name_prefix="vk")
        self._closed = False

    async def call(self, work: Callable[[Any], Any], within: float) -> tuple[Any, int]:
        running = self._threads.submit(self._work, work)
        waiting = asyncio.wrap_future(running)
        try:
            await asyncio.wait({waiting}, timeout=within)
            if waiting.done():
                return waiting.result()
            if running.cancel():
                raise Unavailable("every connection is busy")
            raise Unknown(f"no answer within {within:g} s")
        finally:
            waiting.cancel()  # also when we are cancelled: a call that has not begun shall not begin

    def _work(self, work: Callable[[Any], Any]) -> tuple[Any, int]:
        one = self._free.get()
        try:
            return attempt(lambda: work(one))
        finally:
            if self._closed:  # a session that was closed meanwhile has opened another connection all the same
                one.http.close()
            self._free.put(one)

    def close(self) -> None:
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for one in self._clients:
            one.http.close()


class File(io.BytesIO):
    """What VkUpload takes: it names the upload after `name`."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


# Answers of the API, as far as we read them.


class Poll(msgspec.Struct):
    ts: str | Int | None = None
    updates: list[msgspec.Raw] = []
    failed: int | None = None


class LongPollServer(msgspec.Struct):
    key: str
    server: str
    ts: str | Int


class Failure(msgspec.Struct):
    method: str
    error_code: Int


class Executed(msgspec.Struct):
    response: list[Any]
    execute_errors: list[Failure] = []


class CallbackServer(msgspec.Struct):
    id: int
    url: str
    status: str = ""
    secret_key: str | None = None


ACCEPTED = Answer(200, b"ok")  # exactly this (docs), for events that we do not know, too


class Vk:
    """The VK network; the promises are Network, Hooked, Batched and Named of `adapters.base`."""

    name = NAME
    BRIEFLY = 5.0  # seconds for what must never hold up a letter

    def __init__(self, options: Options) -> None:
        self.limits = replace(LIMITS, pace=within(CALLS, options.rate, LIMITS.pace.burst))
        # Without a secret key the path is all that proves a callback, so then it comes from the token.
        seed = options.secret or options.token
        self.path = hashlib.sha256(b"saldo vk hook " + seed.encode()).hexdigest()[:40]
        self._options = options
        self._confirmation = options.confirmation
        self._registered: str | None = None  # where events were sent by `prepare`: a hook's URL, "" for the long poll
        self._turns = Turns(self.limits.pace)  # of all calls, for VK counts every method
        self._calls = Line([client(options) for _ in range(options.connections)])
        self._uploads = Line([client(options)])  # of its own: a slow file must not hold up words
        self._settled: deque[str] = deque(maxlen=1000)

    # Hooked.

    async def hook(self, post: Post, receive: Receive) -> Answer:
        received, answer = self.read(post)
        if received.events or received.unreadable:
            await receive(received)
        return answer

    def read(self, post: Post) -> tuple[Received, Answer]:
        event = self._authentic(post.body)
        if event is None:
            received = Received(unreadable=(post.body.replace(self._options.secret.encode(), b""),))
        elif event.type == "confirmation":
            # None yet: another process registers just now. VK takes 503 for "again, please" (docs).
            return Received(), Answer(200, self._confirmation.encode()) if self._confirmation else Answer(503)
        else:
            received = self._received([event])
        return received, ACCEPTED

    def _authentic(self, body: bytes) -> Envelope | None:
        """The envelope, not looked into before the secret is seen to be right; None: right, but no JSON. Raises Forged.

        A text with half an emoji makes the whole body unreadable, and VK would send it for hours. Then the secret is
        looked for in the raw bytes, and only if it is there more work is done.
        """
        if len(body) > BODY:
            raise Forged("too large", status=413)
        try:
            event = msgspec.json.decode(body, type=Envelope)
        except UNREADABLE as error:
            if not self._options.secret or not any(map(self._right, RAW_SECRET.findall(body)[:4])):
                raise Forged(f"not an event: {type(error).__name__}", status=400) from None
            try:
                event = msgspec.json.decode(mended(body), type=Envelope)
            except UNREADABLE:
                return None
        if event.group_id != self._options.group:
            raise Forged("an event of another community")
        # Unverified: whether `confirmation` carries the secret. So it may be missing there, and may not be wrong.
        unsigned = event.type == "confirmation" and not bytes(event.secret)
        if self._options.secret and not unsigned and not self._right(event.secret):
            raise Forged("the secret is wrong or missing")
        return event

    def _right(self, secret: msgspec.Raw | bytes) -> bool:
        try:
            given = msgspec.json.decode(secret, type=str)
        except UNREADABLE:
            return False
        return hmac.compare_digest(given.encode(), self._options.secret.encode())

    def _received(self, events: list[Envelope], cursor: str | None = None) -> Received:
        now = datetime.now(UTC)
        read: list[Incoming] = []
        unreadable: list[bytes] = []
        for event in events:
            try:
                incoming = parse(event, now)
            except UNREADABLE as error:
                log.warning("vk.unreadable", type=event.type[:40], error=type(error).__name__)
                event.secret = msgspec.Raw()  # what is stored aside holds no secret
                unreadable.append(msgspec.json.encode(event))
            else:
                read += [incoming] if incoming else []
        return Received(tuple(read), tuple(unreadable), cursor)

    # Network.

    async def prepare(self, site: Site) -> None:
        wanted = site.hook or ""
        if wanted and not self._options.confirmation:
            await self._register(wanted)
        elif not wanted and self._registered != wanted:
            await self._ask("groups.setLongPollSettings", group_id=self._options.group, enabled=1, **self._events)
        self._registered = wanted

    @property
    def _events(self) -> dict[str, Any]:
        return {"api_version": self._options.api_version, **dict.fromkeys(EVENTS, 1)}

    async def _register(self, hook: str) -> None:
        """Make VK post to `hook`. One call when it already does; a failed registration is made anew."""
        group = self._options.group
        new = self._registered != hook
        if new:  # VK asks for the confirmation while we add the server, so it must be known before
            code = await self._ask("groups.getCallbackConfirmationCode", group_id=group)
            self._confirmation = str(self._read(dict[str, str], code, "groups.getCallbackConfirmationCode").get("code"))
        answer = await self._ask("groups.getCallbackServers", group_id=group)
        servers = self._read(dict[str, Any], answer, "groups.getCallbackServers").get("items")
        ours = [s for s in self._read(list[CallbackServer], servers, "groups.getCallbackServers") if s.url == hook]
        # The key is compared once a start only: should VK show another form of it, we would register for ever.
        good = [
            server
            for server in ours
            if server.status in {"ok", "wait"} and not (new and server.secret_key not in {None, self._options.secret})
        ]
        if good and not new:
            return
        if good:
            number = good[0].id
        else:
            for server in ours:
                await self._ask("groups.deleteCallbackServer", group_id=group, server_id=server.id)
            secret = {"secret_key": self._options.secret} if self._options.secret else {}
            added = await self._ask("groups.addCallbackServer", group_id=group, url=hook, title="Saldo", **secret)
            number = self._read(dict[str, int], added, "groups.addCallbackServer").get("server_id", 0)
        await self._ask("groups.setCallbackSettings", group_id=group, server_id=number, **self._events)
        log.info("vk.registered", server=number)

    async def run(self, receive: Receive, cursor: str | None) -> None:
        import aiohttp

        server: LongPollServer | None = None
        troubles = 0
        timeout = aiohttp.ClientTimeout(total=self._options.poll_wait + 10, connect=10)
        async with aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "Saldo"}) as http:
            while True:
                try:
                    if server is None:
                        server = await self._long_poll_server()
                    if cursor is None:  # stored at once, or what comes before the first event would be lost by a crash
                        await receive(Received(cursor=str(server.ts)))
                        cursor = str(server.ts)
                    answer = await self._poll(http, server, cursor)
                    match answer.failed:
                        case None:
                            if answer.updates or str(answer.ts) != cursor:
                                await receive(self._polled(answer))
                            cursor = str(answer.ts)
                            troubles = 0
                            continue
                        case 1 if answer.ts is not None:
                            log.warning("vk.poll.history_lost")
                            await receive(Received(cursor=str(answer.ts)))
                            cursor = str(answer.ts)
                        case 2:
                            server = None
                        case _:  # 3, or a number that nobody has described
                            log.warning("vk.poll.events_lost")
                            server = cursor = None
                    troubles += 1
                    pause = 0.0 if troubles == 1 else 1.0
                except Revoked:
                    raise
                except Exception as error:  # whatever it is, the events wait at VK: the poll goes on from its position
                    troubles += 1
                    pause = min(2.0 ** (troubles - 1), 60.0) * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)
                    log.warning("vk.poll.trouble", error=type(error).__name__, pause=round(pause, 1))
                await asyncio.sleep(pause)

    async def _long_poll_server(self) -> LongPollServer:
        answer = await self._ask("groups.getLongPollServer", group_id=self._options.group)
        server: LongPollServer = self._read(LongPollServer, answer, "groups.getLongPollServer")
        return server

    async def _poll(self, http: "aiohttp.ClientSession", server: LongPollServer, cursor: str) -> Poll:
        url = server.server if "://" in server.server else f"https://{server.server}"
        ask = {"act": "a_check", "key": server.key, "ts": cursor, "wait": str(self._options.poll_wait)}
        async with http.get(url, params=ask, allow_redirects=False) as response:
            if response.status != 200:
                raise status_error(response.status)
            body = await response.read()
        try:
            answer = msgspec.json.decode(body, type=Poll)
        except UNREADABLE:  # or one message would hold back all that come after it
            answer = msgspec.json.decode(mended(body), type=Poll)
        if answer.failed is None and answer.ts is None:
            raise Unknown("a long poll without a position")
        return answer

    def _polled(self, answer: Poll) -> Received:
        events, unreadable = [], []
        for update in answer.updates:
            try:
                event = msgspec.json.decode(update, type=Envelope)
            except UNREADABLE:
                unreadable.append(bytes(update))
                continue
            if event.group_id == self._options.group:
                events.append(event)
        received = self._received(events, str(answer.ts))
        return replace(received, unreadable=(*unreadable, *received.unreadable))

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        peer = to.chat
        letter = self._letter(peer, reply)  # before anything is called: it may be Rejected
        await self._settle(reply.answers)
        await self._erase(peer, reply.erases)
        attached = [
            *([await self._picture(peer, reply.picture)] if reply.picture else []),
            *([await self._document(peer, reply.document)] if reply.document else []),
        ]
        if attached:
            letter["attachment"] = ",".join(attached)
        # An edit cannot set the menu (docs), so a reply with a menu is always a new message. An edit without
        # `keyboard` or `attachment` takes the old ones away (unverified).
        if reply.replaces and reply.replaces.isdecimal() and reply.menu is None:
            done, code = await self._try("messages.edit", peer_id=peer, cmid=reply.replaces, **letter)
            if done == 1:
                return reply.replaces
            if code and code not in NOT_REDRAWN:
                raise self._refused(code, "messages.edit")
        return self._shown(await self._ask("messages.send", **self._new(peer, key), **letter))

    async def send_many(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence[str | NetworkError]:
        """In one call, or in a few when the letters are long. A batch lets calls go first that somebody waits for."""
        answers: list[str | NetworkError] = []
        made: list[tuple[int, dict[str, Any]]] = []  # place, parameters
        for to, reply, key in letters:
            try:
                made.append((len(answers), self._new(to.chat, key) | self._letter(to.chat, reply)))
                answers.append("")
            except Rejected as error:
                answers.append(error)
        while made:
            script = [call(letter) for _, letter in made]
            some = made[: fitting(script)]
            del made[: len(some)]
            told = await self._execute([letter for _, letter in some], script[: len(some)])
            for (at, _), answer in zip(some, told, strict=True):
                answers[at] = answer
        return answers

    async def _execute(self, letters: Sequence[dict[str, Any]], script: Sequence[str]) -> Sequence[str | NetworkError]:
        """What became of each letter.

        An error inside leaves `false` in its place, and stands in `execute_errors` in the order of those places
        (vk_api's request pool reads it so); one of `execute` itself may stand there, too (voronind/vk issue 42).
        """
        try:
            given = {"code": f"return [{','.join(script)}];"}
            said, fault = await self._call("execute", given, self._options.timeout + 0.5, patient=True, raw=True)
        except NetworkError as error:
            return [error] * len(letters)
        if fault in NOT_RUN:  # which of them was not understood nobody says: each by itself
            log.error("vk.not_executed", code=fault)
            return await asyncio.gather(*(self._singly(letter) for letter in letters))
        if fault:
            # 13: it broke off in the middle, behind letters that were shown.
            fails = Unknown("execute: VK error 13") if fault == 13 else self._refused(fault, "execute")
            return [fails] * len(letters)
        try:
            done: Executed = self._read(Executed, said, "execute")
        except Unknown as error:
            return [error] * len(letters)
        if len(done.response) != len(letters):
            return [Unknown("execute: not as many answers as letters")] * len(letters)
        codes = [one.error_code for one in done.execute_errors if one.method == "messages.send"]
        if sum(result is False for result in done.response) != len(codes):
            codes = [1] * len(letters)  # which error is whose nobody can say: unknown, and repeated with the same key
        left = iter(codes)
        return [self._told(result, next(left) if result is False else 0) for result in done.response]

    async def _singly(self, letter: dict[str, Any]) -> str | NetworkError:
        try:
            return self._told(*await self._try("messages.send", **letter))
        except NetworkError as error:
            return error

    def _told(self, result: Any, code: int) -> str | NetworkError:
        try:
            if code:
                # The token may send messages, or `execute` would have failed: a missing right is the recipient's.
                return self._refused(code, "messages.send", personal=True)
            return self._shown(result)
        except NetworkError as error:
            return error

    def _new(self, peer: str, key: int) -> dict[str, Any]:
        """What a new message has beside its content. `peer_ids`, also for one: only so VK tells its number."""
        intent = {"intent": self._options.intent} if self._options.intent else {}
        return {"peer_ids": peer, "random_id": random_id(key), **intent}

    def _shown(self, answer: Any) -> str:
        match answer:
            case [{"error": {"code": int(code)}}, *_]:
                raise self._refused(code, "messages.send", personal=True)
            case [{"conversation_message_id": int(number)}, *_] if number > 0:
                return str(number)
            case [{"message_id": int()}, *_] | int():
                return ""  # shown, perhaps by an earlier attempt (what VK answers then is unverified); not redrawable
            case _:
                raise Unknown("messages.send: unreadable answer")

    def _letter(self, peer: str, reply: Reply) -> dict[str, Any]:
        if not re.fullmatch(r"[1-9][0-9]{0,18}", peer):
            raise Rejected("not a VK dialog")
        letter: dict[str, Any] = {"message": plain(reply.text), "disable_mentions": 1, "dont_parse_links": 1}
        if reply.menu is not None:
            letter["keyboard"] = board(reply.menu, inline=False, callback=False)
        elif reply.keyboard:
            letter["keyboard"] = board(reply.keyboard, inline=True, callback=self._options.callback)
        return letter

    async def _picture(self, peer: str, picture: Picture) -> str:
        from vk_api.upload import VkUpload

        def work(one: Any) -> Any:
            upload = VkUpload(one)
            upload.http = one.http  # its own has no time limits
            (saved,) = upload.photo_messages(File(picture.data, picture.name), peer_id=peer)
            return attachment("photo", saved)

        return await self._upload(work)

    async def _document(self, peer: str, document: Document) -> str:
        from vk_api.upload import VkUpload

        def work(one: Any) -> Any:
            upload = VkUpload(one)
            upload.http = one.http
            saved = upload.document_message(File(document.data, document.name), title=document.name, peer_id=peer)
            return attachment("doc", saved["doc"])

        return await self._upload(work)

    async def _upload(self, work: Callable[[Any], Any]) -> str:
        for _ in range(2):  # where to, and what came of it: two calls of the API
            await self._turns.take()
        try:
            name, code = await self._uploads.call(work, self._options.upload_timeout)
        except Unknown as error:
            raise Unavailable(f"upload: {error}") from None  # a file may lie there, but nobody has been shown it
        if code in UNCERTAIN:
            raise Unavailable(f"upload: VK error {code}")
        if code:
            raise self._refused(code, "upload")
        return str(name)

    async def _settle(self, press: str | None) -> None:
        """Stop the spinner of a press, once; later than a minute VK refuses it, and nothing is lost."""
        peer, _, rest = (press or "").partition(":")
        user, _, event = rest.partition(":")
        if not event or press in self._settled:
            return
        if await self._gently("messages.sendMessageEventAnswer", event_id=event, user_id=user, peer_id=peer):
            self._settled.append(str(press))

    async def _erase(self, peer: str, message: str | None) -> None:
        """Delete a message for everybody, or, where VK forbids that, at least from the community's own dialog."""
        if message and message.isdecimal():
            where = {"peer_id": peer, "cmids": message}
            if not await self._gently("messages.delete", **where, delete_for_all=1):
                await self._gently("messages.delete", **where)

    async def busy(self, event: Incoming) -> None:
        if event.press:
            await self._settle(event.press)
        elif not self._turns.wait:  # with letters waiting, "typing" would only make them later
            await self._gently("messages.setActivity", peer_id=event.sender.chat, type="typing")

    async def identity(self) -> str:
        answer = await self._ask("groups.getById", group_id=self._options.group)
        groups = answer.get("groups") if isinstance(answer, dict) else answer  # a list before 5.139
        match groups:
            case [{"name": str(name)}, *_]:
                return name
            case _:
                raise Unknown("groups.getById: unreadable answer")

    async def person(self, who: Address) -> str:
        match await self._ask("users.get", user_ids=who.chat):
            case [{"first_name": str(first), "last_name": str(last)}, *_]:
                return f"{first} {last}".strip()
            case _:
                raise Unknown("users.get: unreadable answer")

    def deep_link(self, token: str) -> str | None:
        return f"https://vk.me/club{self._options.group}?ref={quote(token, safe='')}"  # the form is unverified

    async def close(self) -> None:
        self._calls.close()
        self._uploads.close()

    # Calls.

    async def _ask(self, method: str, **parameters: Any) -> Any:
        """The API's answer. Raises NetworkError."""
        answer, code = await self._try(method, **parameters)
        if code:
            raise self._refused(code, method)
        return answer

    async def _try(self, method: str, within: float | None = None, **parameters: Any) -> tuple[Any, int]:
        """The API's answer and 0, or None and VK's error code. Raises NetworkError when VK did not answer."""
        return await self._call(method, parameters, within or self._options.timeout + 0.5)

    async def _call(
        self, method: str, parameters: Mapping[str, Any], within: float, *, patient: bool = False, raw: bool = False
    ) -> tuple[Any, int]:
        """As `_try`. `patient`: calls that somebody waits for go first; `raw`: with what stands beside "response"."""
        try:
            async with asyncio.timeout(PATIENCE if patient else None):
                await self._turns.take(patient=patient)
        except TimeoutError:
            raise Throttled("every second is full", after=1, everybody=False) from None
        return await self._calls.call(lambda one: one.method(method, parameters, raw=raw), within)

    async def _gently(self, method: str, **parameters: Any) -> bool:
        """Whether a call that nobody depends on was taken."""
        try:
            _, code = await self._try(method, self.BRIEFLY, **parameters)
        except NetworkError as error:
            log.info("vk.skipped", method=method, error=type(error).__name__)
            return False
        return code == 0

    def _refused(self, code: int, method: str, *, personal: bool = False) -> NetworkError:
        error = refusal(code, method, personal=personal)
        if code == 6:
            self._turns.rest(1.0)
        return error

    def _read(self, kind: Any, answer: Any, method: str) -> Any:
        try:
            return msgspec.convert(answer, kind)
        except msgspec.ValidationError:
            raise Unknown(f"{method}: unreadable answer") from None


def attachment(kind: str, saved: Mapping[str, Any]) -> str:
    name = f"{kind}{int(saved['owner_id'])}_{int(saved['id'])}"
    return f"{name}_{saved['access_key']}" if saved.get("access_key") else name


def connect(values: Mapping[str, str]) -> Network:
    """The network for these settings; loads vk_api. Raises ValueError that names a setting and shows no value."""
    given = Given(values, SETTINGS)
    if not given.text("VK_TOKEN"):
        raise ValueError("VK_TOKEN is missing")
    if not re.fullmatch(r"[1-9][0-9]{0,18}", given.text("VK_GROUP_ID")):
        raise ValueError("VK_GROUP_ID must be the community's number, without a minus")
    if not re.match(r"https?://[^/?#\s]+", given.text("VK_API_URL")):
        raise ValueError("VK_API_URL is not an http or https URL")
    if len(given.text("VK_SECRET")) > 50:
        raise ValueError("VK_SECRET is longer than 50 characters, which VK does not take")
    return Vk(
        Options(
            token=given.text("VK_TOKEN"),
            group=int(given.text("VK_GROUP_ID")),
            secret=given.text("VK_SECRET"),
            confirmation=given.text("VK_CONFIRMATION"),
            api_url=given.text("VK_API_URL").rstrip("/"),
            api_version=given.text("VK_API_VERSION"),
            rate=given.number("VK_RATE", 0.01, CALLS),
            connections=int(given.number("VK_CONNECTIONS", 1, 32)),
            timeout=given.number("VK_TIMEOUT", 0.01, 120),
            upload_timeout=given.number("VK_UPLOAD_TIMEOUT", 0.01, 600),
            poll_wait=int(given.number("VK_POLL_WAIT", 1, 90)),
            callback=given.word("VK_BUTTONS", "callback", "text") == "callback",
            intent=given.text("VK_INTENT"),
        )
    )
