"""Telegram: the Bot API over HTTPS, by webhook or by long poll.

    POST our hook ──┐                                      ┌── sendMessage, sendPhoto, sendDocument
    getUpdates ─────┴─ parse (msgspec, pure) ─▶ Incoming    Reply ─▶ aiogram's methods ─▶ form ─▶ answer ─▶ id or error

Two decisions carry this file. Updates are read by a few small structs and not by aiogram's models: a stranger's bytes
meet little code, and one update costs microseconds. And aiogram writes the requests (its methods, types and form
encoding) while the socket is ours: only so can a failure before the write be told from one after it, a read be given
its own time, a redirect be refused, an update be kept as the bytes that came, and an error be raised that has never
held the URL, which contains the token.

    the server says                                     we raise
    429, or retry_after with any status                 Throttled, for everybody: the answer does not say whose limit
    401, 404                                            Revoked
    403; 400 about a chat or person that is not there   Blocked
    other 4xx                                           Rejected
    5xx, an answer that nobody can read                 Unknown
    nothing: refused, no such host, TLS, slow connect   Unavailable
    nothing after the request went out                  Unknown

Sources: "docs" = core.telegram.org/bots/api and /bots/faq; "server" = tdlib/telegram-bot-api; "aiogram" = 3.31.
"""

import asyncio
import gc
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import structlog

from adapters.base import (
    Address,
    Answer,
    Blocked,
    Button,
    Checkout,
    Command,
    Forged,
    Grid,
    Hooked,
    Incoming,
    Invoice,
    Keyboard,
    Limits,
    Network,
    NetworkError,
    Pace,
    Post,
    Receipt,
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
from adapters.turns import within
from given import Given, Setting

if TYPE_CHECKING:
    import aiohttp
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.methods import TelegramMethod
    from aiogram.types import InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove

log = structlog.get_logger()

NAME = "telegram"

SETTINGS = (
    Setting(
        "TELEGRAM_TOKEN",
        "The bot's token from @BotFather, <digits>:<letters>. Without it Telegram is off.",
        secret=True,
    ),
    Setting(
        "TELEGRAM_SECRET",
        "What Telegram repeats in a header with every update: 1-256 of A-Z a-z 0-9 _ -. A webhook needs it.",
        secret=True,
    ),
    Setting(
        "TELEGRAM_API_URL",
        "Where the Bot API is: Telegram's own, or a server you run yourself.",
        default="https://api.telegram.org",
    ),
    Setting(
        "TELEGRAM_PAYMENT_TOKEN",
        "Token of a payment provider from @BotFather; empty: nobody pays inside Telegram. Not tried with a real one.",
        secret=True,
    ),
    Setting(
        "TELEGRAM_PAYMENT_SUMS",
        "Least and largest sum of one payment inside Telegram, in rubles. Telegram's own bounds follow the dollar.",
        default="100-500000",
    ),
    Setting("TELEGRAM_TIMEOUT", "Seconds to wait for the answer to one call.", default="15"),
    Setting(
        "TELEGRAM_PER_SECOND",
        "Letters a second for the whole bot. Telegram's FAQ says about 30; more needs paid broadcasts (unverified).",
        default="25",
    ),
    Setting(
        "TELEGRAM_PER_CHAT",
        "Seconds between two letters to one chat. Telegram's FAQ says 1; how long a burst it allows is unverified.",
        default="1",
    ),
)

LIMITS = Limits(
    text=4096,  # docs: sendMessage
    caption=1024,  # docs: sendPhoto, sendDocument
    keyboard=Grid(rows=100, columns=8, buttons=100),  # not in the docs; the caps of aiogram's keyboard builder
    menu=Grid(rows=300, columns=10, buttons=300),  # as above
    label=64,  # no limit is known; clients cut longer labels off, so this one is about reading
    action=64,  # docs: InlineKeyboardButton.callback_data, bytes
    # docs, FAQ: about 30 a second overall, one a second in a chat; `within` keeps any one second at or below 30. The 20
    # a minute in a group need no count of their own: a group only ever gets the hint to write in private.
    pace=Pace(per_second=25, burst=5, per_chat=1.0, most=30),
    picture_bytes=10 * 10**6,  # docs: "10 MB"; the smaller reading of MB
    document_bytes=50 * 10**6,  # docs: "50 MB"
    press_life=150.0,  # server: a callback query expires after 150 seconds
    resend_window=0.0,  # server, issues 126 and 482: there is no idempotency key
)

OVERALL = 30  # docs, FAQ: messages a second, free of charge
HEADER = "x-telegram-bot-api-secret-token"
WANTED = ["message", "callback_query", "my_chat_member", "pre_checkout_query"]
CONNECTIONS = 40  # docs: setWebhook's default; how many updates Telegram posts to us at once
POLL = 25  # seconds that a long poll may stay open; the server allows 50
BATCH = 100  # docs: getUpdates' largest limit
CONNECT = 5.0  # seconds to reach the server
PATIENCE = 5.0  # seconds for a call that may fail: nobody's answer waits longer for a spinner
SLOWEST = 100_000  # bytes a second at which a file may leave
STYLES = {Tone.MAIN: "primary", Tone.GOOD: "success", Tone.DANGER: "danger"}  # docs, 2026; older clients ignore it
REMEMBERED = 4096
INVOICE_TITLE, INVOICE_ABOUT, INVOICE_PAYLOAD = 32, 255, 128  # docs: sendInvoice; characters, characters, bytes
ERROR_MESSAGE = 255  # not in the docs; a verdict is one sentence

# ---------------------------------------------------------------------------------------------------------------------
# Bytes -> values. Only the fields that are used exist here; a type that does not fit makes the update unreadable.

Id = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]  # docs: at most 52 significant bits
Date = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]  # up to the year 9999


class User(msgspec.Struct):
    id: Id = 0
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    language_code: str | None = None


class Chat(msgspec.Struct):
    id: Id
    type: str


class Paid(msgspec.Struct):
    """docs: SuccessfulPayment."""

    currency: str
    total_amount: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    invoice_payload: str
    telegram_payment_charge_id: str


class Message(msgspec.Struct):
    message_id: Id
    chat: Chat
    date: Date
    sender: User | None = msgspec.field(default=None, name="from")
    text: str | None = None
    # Whose words these are: a forward, or a text that another bot wrote for the person, is not a question to us.
    forward_origin: Any = None
    via_bot: Any = None
    write_access_allowed: Any = None
    successful_payment: Paid | None = None
    # What we do not open.
    animation: Any = None
    audio: Any = None
    checklist: Any = None
    contact: Any = None
    dice: Any = None
    document: Any = None
    game: Any = None
    live_photo: Any = None
    location: Any = None
    paid_media: Any = None
    photo: Any = None
    poll: Any = None
    rich_message: Any = None
    sticker: Any = None
    story: Any = None
    venue: Any = None
    video: Any = None
    video_note: Any = None
    voice: Any = None


SEALED = tuple(Message.__struct_fields__[Message.__struct_fields__.index("animation") :])
sealed, OPEN = attrgetter(*SEALED), (None,) * len(SEALED)


class Origin(msgspec.Struct):
    """The message under a pressed button; when it has become inaccessible its date is 0."""

    message_id: Id
    chat: Chat


class Press(msgspec.Struct):
    id: str
    sender: User = msgspec.field(name="from")
    message: Origin | None = None
    data: str | None = None


class Membership(msgspec.Struct):
    status: str


class Change(msgspec.Struct):
    chat: Chat
    date: Date
    new_chat_member: Membership
    sender: User = msgspec.field(name="from")


class PreCheckout(msgspec.Struct):
    id: str
    sender: User = msgspec.field(name="from")
    currency: str
    total_amount: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    invoice_payload: str


class Update(msgspec.Struct):
    update_id: Id
    message: Message | None = None
    callback_query: Press | None = None
    my_chat_member: Change | None = None
    pre_checkout_query: PreCheckout | None = None


class Numbered(msgspec.Struct):
    update_id: Id


class Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class Envelope(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: Parameters = msgspec.field(default_factory=Parameters)


class Sent(msgspec.Struct):
    message_id: Id


class Me(msgspec.Struct):
    username: str


class WebhookInfo(msgspec.Struct):
    url: str
    max_connections: int = CONNECTIONS
    allowed_updates: list[str] = []
    pending_update_count: int = 0
    last_error_date: int = 0
    last_error_message: str = ""


UPDATE = msgspec.json.Decoder(Update)
ACCEPTED = Answer(200)

# RecursionError: nesting deeper than the decoder goes. UnicodeDecodeError is a ValueError, and so is DecodeError.
UNREADABLE = (ValueError, RecursionError)
START = re.compile(r"/start(?:@\w+)?(?:\s+(?P<payload>.*))?\s*", re.DOTALL)
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")  # docs: deep linking
# The beginning of an answer with one update, as the server writes it. Inside a text the quotes would be escaped.
ALONE = re.compile(rb'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\[\s*\{\s*"update_id"\s*:\s*(\d{1,18})\s*[,}]')


def parse(body: bytes, now: datetime) -> Received:
    """One update as the network wrote it -> what it means to us: at most one event, or the body as unreadable.

    `now` dates a press, because Telegram sends no time with it and drops it after 150 seconds.
    """
    try:
        update = UPDATE.decode(body)
    except UNREADABLE:
        return Received(unreadable=(bytes(body),))
    event = None
    if update.message is not None:
        event = written(str(update.update_id), update.message)
    elif update.callback_query is not None:
        event = pressed(str(update.update_id), update.callback_query, now)
    elif update.my_chat_member is not None:
        event = allowed(str(update.update_id), update.my_chat_member)
    elif update.pre_checkout_query is not None:
        event = asked(str(update.update_id), update.pre_checkout_query, now)
    return Received(events=() if event is None else (event,))


def written(id: str, message: Message) -> Incoming | None:
    sender = message.sender
    if sender is None or sender.is_bot:  # a channel, an anonymous administrator, another bot
        return None
    private = message.chat.type == "private"
    borrowed = message.forward_origin is not None or message.via_bot is not None
    attached = borrowed or sealed(message) != OPEN
    text = "" if attached else plain(message.text or "")
    # docs: this service message says that the person lets us write first.
    permission = True if private and message.write_access_allowed is not None else None
    receipt = None if message.successful_payment is None else paid(message.successful_payment)
    if not (text or attached or permission or receipt):
        return None  # a service message: somebody joined, a pin
    start = None
    if private and (opened := START.fullmatch(text)):
        payload = opened["payload"] or ""
        start, text = (payload if PAYLOAD.fullmatch(payload) else ""), ""
    return Incoming(
        id=id,
        sender=Address(NAME, str(message.chat.id)),
        sent_at=datetime.fromtimestamp(message.date, UTC),
        text=text,
        start=start,
        message=str(message.message_id),
        language=language(sender),
        name=full_name(sender),
        private=private,
        permission=permission,
        receipt=receipt,
        attached=attached,
    )


def paid(payment: Paid) -> Receipt:
    return Receipt(
        charge=f"telegram:{plain(payment.telegram_payment_charge_id)}",
        payload=plain(payment.invoice_payload),
        amount=payment.total_amount,
        currency=plain(payment.currency),
    )


def asked(id: str, query: PreCheckout, now: datetime) -> Incoming:
    """An invoice is only ever sent to a private chat, whose id is the person's (docs)."""
    checkout = Checkout(plain(query.id), plain(query.invoice_payload), query.total_amount, plain(query.currency))
    return Incoming(
        id=id,
        sender=Address(NAME, str(query.sender.id)),
        sent_at=now,
        press=checkout.id,
        language=language(query.sender),
        name=full_name(query.sender),
        checkout=checkout,
    )


def pressed(id: str, press: Press, now: datetime) -> Incoming | None:
    if press.message is None or press.data is None:  # a game, or a message that was sent through an inline query
        return None
    return Incoming(
        id=id,
        sender=Address(NAME, str(press.message.chat.id)),
        sent_at=now,
        action=plain(press.data),
        message=str(press.message.message_id),
        press=plain(press.id),
        language=language(press.sender),
        name=full_name(press.sender),
        private=press.message.chat.type == "private",
    )


def allowed(id: str, change: Change) -> Incoming | None:
    # docs: in a private chat this comes only when the person blocks or unblocks the bot.
    permission = {"kicked": False, "member": True}.get(change.new_chat_member.status)
    if permission is None or change.chat.type != "private":
        return None
    return Incoming(
        id=id,
        sender=Address(NAME, str(change.chat.id)),
        sent_at=datetime.fromtimestamp(change.date, UTC),
        language=language(change.sender),
        name=full_name(change.sender),
        permission=permission,
    )


def plain(text: str) -> str:
    return text.replace("\0", "")  # PostgreSQL's text cannot hold it


def language(user: User) -> str | None:
    return plain(user.language_code).lower() if user.language_code else None


def full_name(user: User) -> str:
    return plain(f"{user.first_name} {user.last_name}").strip()


# ---------------------------------------------------------------------------------------------------------------------
# Values -> aiogram's requests.


def inline(keyboard: Keyboard) -> "InlineKeyboardMarkup | None":
    """A keyboard under a message; None for an empty one, which takes the buttons off an edited message."""
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

    def key(button: Button) -> InlineKeyboardButton:
        return InlineKeyboardButton(
            text=button.label, url=button.url, callback_data=button.action, style=STYLES.get(button.tone)
        )

    return InlineKeyboardMarkup(inline_keyboard=[[key(b) for b in row] for row in keyboard]) if keyboard else None


def menu(rows: Keyboard) -> "ReplyKeyboardMarkup | ReplyKeyboardRemove":
    """The keyboard below the chat. Its buttons send their label as text: Telegram gives them no action."""
    from aiogram.types import KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove

    if not rows:
        return ReplyKeyboardRemove(remove_keyboard=True)
    keys = [[KeyboardButton(text=b.label, style=STYLES.get(b.tone)) for b in row] for row in rows]
    return ReplyKeyboardMarkup(keyboard=keys, resize_keyboard=True, is_persistent=True)


def fresh(chat: int, reply: Reply) -> "TelegramMethod[Any]":
    """The call that shows this reply as a new message. Of a picture and a document it carries the document."""
    from aiogram import methods
    from aiogram.types import BufferedInputFile, LinkPreviewOptions

    markup = menu(reply.menu) if reply.menu is not None else inline(reply.keyboard)
    if reply.document is not None:
        file = BufferedInputFile(reply.document.data, file_name(reply.document.name))
        # Without this a GIF or a WAV would not arrive as the file that it is.
        return methods.SendDocument(
            chat_id=chat, document=file, caption=reply.text, reply_markup=markup, disable_content_type_detection=True
        )
    if reply.picture is not None:
        file = BufferedInputFile(reply.picture.data, file_name(reply.picture.name))
        return methods.SendPhoto(chat_id=chat, photo=file, caption=reply.text, reply_markup=markup)
    return methods.SendMessage(
        chat_id=chat,
        text=reply.text,
        reply_markup=markup,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )


def priced(chat: int, invoice: Invoice, provider: str) -> "TelegramMethod[Any]":
    """The call that shows an invoice with its button «Pay»."""
    from aiogram.methods import SendInvoice
    from aiogram.types import LabeledPrice

    if len(invoice.payload.encode()) > INVOICE_PAYLOAD:
        raise ValueError(f"an invoice's payload is longer than {INVOICE_PAYLOAD} bytes")
    return SendInvoice(
        chat_id=chat,
        title=invoice.title[:INVOICE_TITLE],
        description=invoice.about[:INVOICE_ABOUT],
        payload=invoice.payload,
        provider_token=provider,
        currency=invoice.currency,
        prices=[LabeledPrice(label=invoice.label, amount=invoice.amount)],
        # docs: without it a forwarded copy could be paid by anybody, any number of times; with it, only the original
        start_parameter="pay",
    )


def redrawn(chat: int, message: int, reply: Reply) -> "TelegramMethod[Any]":
    """The call that turns a message of ours into this reply."""
    from aiogram import methods
    from aiogram.types import BufferedInputFile, InputMediaDocument, InputMediaPhoto, LinkPreviewOptions

    markup = inline(reply.keyboard)
    media: InputMediaDocument | InputMediaPhoto
    if reply.document is not None:
        file = BufferedInputFile(reply.document.data, file_name(reply.document.name))
        media = InputMediaDocument(media=file, caption=reply.text, disable_content_type_detection=True)
    elif reply.picture is not None:
        media = InputMediaPhoto(
            media=BufferedInputFile(reply.picture.data, file_name(reply.picture.name)), caption=reply.text
        )
    else:
        return methods.EditMessageText(
            chat_id=chat,
            message_id=message,
            text=reply.text,
            reply_markup=markup,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
    return methods.EditMessageMedia(chat_id=chat, message_id=message, media=media, reply_markup=markup)


def file_name(name: str) -> str:
    return re.sub(r'[\x00-\x1f\x7f"\\/]', "_", name) or "file"  # it stands between quotes in a header


# ---------------------------------------------------------------------------------------------------------------------
# Answers -> results or errors.

# server: these arrive as 403 or as 400; matched by their beginning, without case.
NOBODY = (
    "chat not found",
    "private chat not found",
    "user not found",
    "user is deactivated",
    "peer_id_invalid",
    "input_user_deactivated",
    "user_is_blocked",
    "bot was blocked",
    "bot was kicked",
    "bot is not a member",
    "bot can't initiate conversation",
    "group chat was deactivated",
    "group chat was upgraded",
    "have no rights to send",
    "not enough rights to send",
    "chat_write_forbidden",
)
SAME = "message is not modified"
TOO_LATE = "query is too old"
OTHER_KIND = "there is no "  # "… text in the message to edit": it is a picture, and text cannot be drawn over it
# The words of a description up to the first quoted, numbered or otherwise foreign part: that could be anybody's data.
WORDS = re.compile(r"(?:[A-Za-z_ ]|n't)+")


class Refused(Rejected):
    """The server's 400. `said` is its description without the prefix, in lower case, for comparing and not for logs."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(reason)
        self.said = said


class Contended(Unavailable):
    """409: somebody else takes the updates. `webhook`: it is a webhook, and not another long poll."""

    def __init__(self, *, webhook: bool) -> None:
        super().__init__("a webhook is set" if webhook else "another process polls with this token")
        self.webhook = webhook


class Garbled(Unknown):
    """200, and not what the Bot API answers."""


def result(status: int, body: bytes) -> msgspec.Raw:
    """The `result` of an answer, or the error that it stands for."""
    try:
        answer = msgspec.json.decode(body, type=Envelope)
    except UNREADABLE:
        raise foreign(status) from None
    if answer.ok:
        if status >= 300:
            raise Unknown(f"a result with status {status}")
        return answer.result
    raise judge(answer.error_code or status, answer.description, answer.parameters)


def foreign(status: int) -> NetworkError:
    """An answer without Telegram's envelope comes from something in between: a proxy, a gateway, a captive page."""
    if status == 429:
        return Throttled("429 without an envelope", after=1.0)
    if status == 413:
        return Rejected("413 without an envelope")
    if 300 <= status < 500:
        return Unavailable(f"{status} without an envelope: is TELEGRAM_API_URL a Bot API server?")
    return Garbled("unreadable answer") if status < 300 else Unknown(f"{status} without an envelope")


def judge(code: int, description: str, parameters: Parameters) -> NetworkError:
    said = description.partition(": ")[2] or description
    words = WORDS.match(said)
    reason = f"{code} {words[0].strip()[:80] if words else ''}".strip()
    said = said.lower()
    if code == 429 or parameters.retry_after is not None:
        return Throttled(reason, after=parameters.retry_after or 1.0)
    if code in (401, 404):
        return Revoked(reason)
    # A group that became a supergroup has a new id; when somebody writes there, it comes with that id.
    if code == 403 or parameters.migrate_to_chat_id is not None or said.startswith(NOBODY):
        return Blocked(reason)
    if code == 409:
        return Contended(webhook="webhook" in said)
    if 400 <= code < 500:
        return Refused(reason, said)
    return Unknown(reason)


T = TypeVar("T")


def read(raw: msgspec.Raw, type: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=type)
    except UNREADABLE:
        raise Garbled("unreadable result") from None


# ---------------------------------------------------------------------------------------------------------------------
# The network.


def connect(values: Mapping[str, str]) -> Network:
    """The bot of TELEGRAM_TOKEN; with a TELEGRAM_SECRET it can be posted to (`Hooked`), without one it is polled.

    Opens no socket. Raises ValueError, which names the setting and not its value.
    """
    given = Given(values, SETTINGS)
    url, secret = given.text("TELEGRAM_API_URL"), given.text("TELEGRAM_SECRET")
    if not re.fullmatch(r"\d{1,20}:[A-Za-z0-9_-]{1,200}", given.text("TELEGRAM_TOKEN")):  # it becomes a part of a URL
        raise ValueError("TELEGRAM_TOKEN is not of the form <digits>:<letters>")
    if not re.fullmatch(r"https?://[^\s{}?#]+", url):
        raise ValueError("TELEGRAM_API_URL is not an http address")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise ValueError("TELEGRAM_SECRET must be 1-256 of A-Z a-z 0-9 _ -")
    rate, apart = given.number("TELEGRAM_PER_SECOND", 0.1, 10_000), given.number("TELEGRAM_PER_CHAT", 0, 3600)
    pace = within(max(OVERALL, rate), rate, LIMITS.pace.burst, apart)
    token = given.text("TELEGRAM_TOKEN")
    network = HookedTelegram(token, url, secret) if secret else Telegram(token, url)
    sums = re.fullmatch(r"(\d{1,7})-(\d{1,7})", given.text("TELEGRAM_PAYMENT_SUMS"))
    if sums is None or not 0 < int(sums[1]) <= int(sums[2]):
        raise ValueError("TELEGRAM_PAYMENT_SUMS is not of the form <rubles>-<rubles>")
    network.provider = given.text("TELEGRAM_PAYMENT_TOKEN")
    between = (int(sums[1]) * 100, int(sums[2]) * 100) if network.provider else None
    network.limits = replace(LIMITS, pace=pace, invoices=between)
    network.timeout = given.number("TELEGRAM_TIMEOUT", 0.1, 600)
    return network


loaded = False


async def library() -> None:
    """Whoever needs aiogram waits here first: it takes seconds to load, and hooks are answered meanwhile."""
    global loaded
    if not loaded:
        await asyncio.to_thread(import_module, "aiogram")
        gc.freeze()  # it is large and stays: the collector need not walk it (bot/app.py)
        loaded = True


class Telegram:
    """One bot, polled."""

    name = NAME
    limits = LIMITS
    timeout = 15.0
    provider = ""  # the payment provider's token

    def __init__(self, token: str, url: str) -> None:
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._token, self._url = token, url
        self._sockets: aiohttp.ClientSession | None = None
        self._username: str | None = None
        self._announced: dict[str | None, Sequence[Command]] = {}
        self._settled: dict[str, None] = {}  # presses that were answered already
        self._pictured: dict[int, None] = {}  # letters whose first part is shown and whose second is not yet

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @cached_property
    def _encoder(self) -> "AiohttpSession":
        from aiogram.client.session.aiohttp import AiohttpSession
        from aiogram.client.telegram import TelegramAPIServer

        return AiohttpSession(api=TelegramAPIServer.from_base(self._url))

    @cached_property
    def _bot(self) -> "Bot":
        from aiogram import Bot

        return Bot(self._token, session=self._encoder)

    # At the start, and every few minutes.
    async def prepare(self, site: Site) -> None:
        await self.identity()
        await self._deliver_to(site.hook)
        await self._announce(site.commands)

    async def _deliver_to(self, hook: str | None) -> None:
        if hook is not None:
            raise ValueError("a hook for Telegram needs TELEGRAM_SECRET")

    async def _announce(self, commands: Mapping[str, Sequence[Command]]) -> None:
        from aiogram.methods import SetMyCommands
        from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats

        lists: dict[str | None, Sequence[Command]] = {}
        for language, entries in commands.items():
            lists.setdefault(None, entries)  # the first language is for everybody who has none of the others
            lists.setdefault(language[:2].lower(), entries)  # docs: a two-letter code
        for code, entries in lists.items():
            if self._announced.get(code) != entries:
                shown = [BotCommand(command=entry.name, description=entry.title) for entry in entries]
                scope = BotCommandScopeAllPrivateChats()
                await self._call(SetMyCommands(commands=shown, scope=scope, language_code=code))
                self._announced[code] = entries

    async def identity(self) -> str:
        await library()
        from aiogram.methods import GetMe

        if self._username is None:
            self._username = read(await self._call(GetMe()), Me).username
        return f"@{self._username}"

    def deep_link(self, token: str) -> str | None:
        if not PAYLOAD.fullmatch(token):
            raise ValueError("a deep link carries 1-64 of A-Z a-z 0-9 _ -")
        return f"https://t.me/{self._username}?start={token}" if self._username else None

    # In, by long poll.
    async def run(self, receive: Receive, cursor: str | None) -> None:
        """`cursor` is the number of the next update. Without one the first answer brings what waits (24 hours at
        most): "from now" would forget what customers wrote while nobody polled."""
        await library()
        from aiogram.methods import DeleteWebhook

        offset = int(cursor) if cursor is not None and re.fullmatch(r"-?\d{1,18}", cursor) else None
        hooked, limit, failures = True, BATCH, 0
        problem: Exception
        while True:
            try:
                if hooked:
                    await self._call(DeleteWebhook())
                    hooked = False
                received = await self._poll(offset, limit)
                if received.cursor is not None:
                    try:
                        await receive(received)
                    except Exception as error:  # whatever it was, it is not stored, and so the offset stays
                        raise NotStored(type(error).__name__) from None
                    offset = int(received.cursor)
                limit, failures = BATCH, 0
                continue
            except Revoked:
                raise
            except Garbled as error:
                limit, problem = 1, error  # one update at a time finds the one that cannot be read
            except Contended as error:
                hooked, problem = error.webhook, error
            except (NetworkError, NotStored) as error:
                problem = error
            failures += 1
            pause = problem.after if isinstance(problem, Throttled) else min(2.0 ** (failures - 1), 60.0)
            log.warning("telegram.poll_failed", error=type(problem).__name__, reason=str(problem), pause=pause)
            await self.sleep(pause)

    async def _poll(self, offset: int | None, limit: int) -> Received:
        """The next updates. `cursor` follows the last one, also downwards: after a quiet week Telegram chooses new
        numbers (docs), and an offset that only grows would then get the same updates for ever."""
        from aiogram.methods import GetUpdates

        call = GetUpdates(offset=offset, limit=limit, timeout=POLL, allowed_updates=WANTED)
        status, body = await self._post(call, POLL + self.timeout)
        try:
            updates = read(result(status, body), list[msgspec.Raw])
        except Garbled:
            alone = ALONE.match(body) if limit == 1 else None
            if alone is None:
                raise
            return Received(unreadable=(body,), cursor=str(int(alone[1]) + 1))
        now = self.now()
        parts = [parse(bytes(update), now) for update in updates]
        return Received(
            events=tuple(event for part in parts for event in part.events),
            unreadable=tuple(raw for part in parts for raw in part.unreadable),
            cursor=following(updates),
        )

    # Out.
    async def send(self, to: Address, reply: Reply, key: int) -> str:
        chat = whole(to.chat)
        if chat is None:
            raise Rejected("the chat's id is not a number")
        await library()
        if reply.approves is not None:
            return await self._judge(reply)
        await self._settle_and_erase(chat, reply)
        bytes_to_go = sum(len(file.data) for file in (reply.picture, reply.document) if file is not None)
        patience = self.timeout + bytes_to_go / SLOWEST
        old = whole(reply.replaces) if reply.replaces is not None else None
        # A message cannot be edited into one that sets the menu, nor into two.
        both = reply.picture is not None and reply.document is not None
        remove_old = reply.menu is not None or both
        if old is not None and not remove_old:
            try:
                await self._call(redrawn(chat, old, reply), patience)
                return str(old)
            except Refused as refusal:
                if refusal.said.startswith(SAME):
                    return str(old)
                # Gone, too old, of another kind: shown anew. If it is the content, that is refused again below.
                remove_old = refusal.said.startswith(OTHER_KIND)
        if both and key not in self._pictured:
            await self._call(fresh(chat, Reply(text="", picture=reply.picture)), patience)
            remember(self._pictured, key)
        if reply.invoice is None or key not in self._pictured:
            sent = read(await self._call(fresh(chat, reply), patience), Sent)
        if reply.invoice is not None:
            remember(self._pictured, key)
            sent = read(await self._call(priced(chat, reply.invoice, self.provider)), Sent)
        if old is not None and remove_old:
            await self._erase(chat, old)
        return str(sent.message_id)

    async def _judge(self, reply: Reply) -> str:
        """Say whether an invoice may be paid. docs: within 10 seconds; later it is void, and no money has moved."""
        from aiogram.methods import AnswerPreCheckoutQuery

        if reply.answers is None:
            return ""  # too late by our own clock
        verdict = AnswerPreCheckoutQuery(
            pre_checkout_query_id=reply.answers,
            ok=bool(reply.approves),
            error_message=None if reply.approves else reply.text[:ERROR_MESSAGE],
        )
        try:
            await self._call(verdict, PATIENCE)
        except Refused as refusal:
            if not refusal.said.startswith(TOO_LATE):
                raise
            log.warning("telegram.checkout_too_late")
        return ""

    async def busy(self, event: Incoming) -> None:
        await library()
        from aiogram.methods import SendChatAction

        chat = whole(event.sender.chat)
        if event.checkout is not None:
            return  # nobody sees a "typing" there
        if event.press is not None:
            # No "typing": the answer to a press mostly redraws a message, and that would leave it on for 5 seconds.
            await self._settle(event.press)
        elif chat is not None and event.private:
            await self._try(SendChatAction(chat_id=chat, action="typing"))

    async def _settle_and_erase(self, chat: int, reply: Reply) -> None:
        erased = whole(reply.erases) if reply.erases is not None else None
        if reply.answers is not None and erased is not None:
            await asyncio.gather(self._settle(reply.answers), self._erase(chat, erased))
        elif reply.answers is not None:
            await self._settle(reply.answers)
        elif erased is not None:
            await self._erase(chat, erased)

    async def _settle(self, press: str) -> None:
        from aiogram.methods import AnswerCallbackQuery

        if press not in self._settled and await self._try(AnswerCallbackQuery(callback_query_id=press)):
            remember(self._settled, press)

    async def _erase(self, chat: int, message: int) -> None:
        from aiogram.methods import DeleteMessage

        await self._try(DeleteMessage(chat_id=chat, message_id=message))

    async def _try(self, method: "TelegramMethod[Any]") -> bool:
        """A call whose failure changes nothing for the customer."""
        try:
            await self._call(method, min(self.timeout, PATIENCE))
        except NetworkError as error:
            log.debug("telegram.not_done", method=method.__api_method__, reason=str(error))
            return False
        return True

    # The wire.
    async def _call(self, method: "TelegramMethod[Any]", patience: float | None = None) -> msgspec.Raw:
        return result(*await self._post(method, patience or self.timeout))

    async def _post(self, method: "TelegramMethod[Any]", patience: float) -> tuple[int, bytes]:
        """One request: status and body. Raises Unavailable when it did not leave, Unknown when no answer came."""
        import aiohttp

        if self._sockets is None:
            self._sockets = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
        form = self._encoder.build_form_data(self._bot, method)
        url = self._encoder.api.api_url(token=self._token, method=method.__api_method__)
        # The connection gives up before the whole does: only then is it certain that nothing was sent.
        timeout = aiohttp.ClientTimeout(total=patience, connect=min(CONNECT, patience / 2))
        failure: NetworkError
        try:
            # The API never redirects (docs), and what does would get the token.
            async with self._sockets.post(url, data=form, timeout=timeout, allow_redirects=False) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            failure = Unavailable(f"{method.__api_method__}: {type(error).__name__}")
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            failure = Unknown(f"{method.__api_method__}: {type(error).__name__}")
        # Outside of the handler: aiohttp's errors print the URL, and so they are not chained to ours.
        raise failure

    async def close(self) -> None:
        sockets, self._sockets = self._sockets, None
        if sockets is not None:
            await sockets.close()


class HookedTelegram(Telegram):
    """One bot to which Telegram posts; it can be polled as well, which ends the webhook."""

    def __init__(self, token: str, url: str, secret: str) -> None:
        super().__init__(token, url)
        self._secret = secret.encode()
        # The token is mixed in because a secret of one letter is allowed, and the path must not be guessed.
        self.path = hashlib.sha256(b"\0".join((b"telegram hook", token.encode(), self._secret))).hexdigest()
        self._last_trouble = 0

    async def hook(self, post: Post, receive: Receive) -> Answer:
        received, answer = self.read(post)
        if received.events or received.unreadable:
            await receive(received)
        return answer

    def read(self, post: Post) -> tuple[Received, Answer]:
        given = post.headers.get(HEADER, "")
        if len(given) > 256:
            raise Forged("the secret is too long")
        # Bytes, because comparing text raises for anything outside ASCII.
        if not hmac.compare_digest(given.encode(errors="backslashreplace"), self._secret):
            raise Forged("wrong secret")
        return parse(post.body, self.now()), ACCEPTED

    async def _deliver_to(self, hook: str | None) -> None:
        """The path changes with the secret, so that an unchanged URL means an unchanged secret."""
        from aiogram.methods import GetWebhookInfo, SetWebhook

        if hook is None:
            return
        info = read(await self._call(GetWebhookInfo()), WebhookInfo)
        if info.last_error_date > self._last_trouble:
            self._last_trouble = info.last_error_date
            words = WORDS.match(info.last_error_message)
            log.warning("telegram.hook_trouble", waiting=info.pending_update_count, reason=words[0] if words else "")
        if info.url == hook and info.max_connections == CONNECTIONS and set(info.allowed_updates) == set(WANTED):
            return
        await self._call(
            SetWebhook(
                url=hook,
                secret_token=self._secret.decode(),
                allowed_updates=WANTED,
                max_connections=CONNECTIONS,
            )
        )
        log.info("telegram.hook_set")


class NotStored(Exception):
    """`receive` failed: the updates stay with Telegram."""


def following(updates: Sequence[msgspec.Raw]) -> str | None:
    """The number after the last update that has one; None when there are no updates. Raises Garbled: none has."""
    for update in reversed(updates):
        try:
            return str(msgspec.json.decode(update, type=Numbered).update_id + 1)
        except UNREADABLE:
            continue
    if updates:
        raise Garbled("updates without a number")
    return None


def whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def remember(recent: dict[Any, None], item: object) -> None:
    """A set that forgets its oldest: what falls out of it costs one more call, and nothing else."""
    recent[item] = None
    if len(recent) > REMEMBERED:
        del recent[next(iter(recent))]


_: type[Hooked] = HookedTelegram  # mypy: the ability is complete
