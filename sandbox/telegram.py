"""Telegram on loopback: a Bot API server with its limits, its refusals and its ways of delivering.

    POST /bot<token>/<method>     form, multipart or JSON; method names without case; {"ok":true,"result":…} or an error
    updates                       posted to the webhook, one queue a chat for messages and one a person for presses,
                                  a failing head blocks its queue; or fetched with getUpdates; never both

Sources: "docs" = core.telegram.org/bots/api and /bots/faq; "server" = tdlib/telegram-bot-api. Where neither gives a
figure the constant says so. All rules of time are computed on one clock, which a test may bring along.
"""

import asyncio
import json
import math
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import web

from sandbox import screens
from sandbox.base import Fault, Key, Sandbox, Shown
from sandbox.screens import Keys, Screens, first_number, full_name, landscape

TOKEN = "4200000001:AAFsandbox_sandbox_sandbox_sandbox"  # noqa: S105 (opens nothing but a sandbox)
SECRET = "sandbox-secret-0123456789"  # noqa: S105 (as above)
PAYMENTS = "284685063:TEST:sandbox"  # the payment provider
USERNAME = "saldo_sandbox_bot"
BOT = {"id": 4200000001, "is_bot": True, "first_name": "Saldo", "username": USERNAME}
GROUP = "-1001234567890"  # the one group the bot is in, and the name of its screen
FIRST_CHAT = 5_000_000_000  # a person's chat id is this plus the person's number: longer than 32 bits, as in real life

TEXT = 4096  # docs; counted in UTF-16 units, the stricter reading
CAPTION = 1024  # docs
DATA = 64  # docs: bytes of callback_data
INLINE = (8, 100)  # in a row, in all; not in the docs: the caps of aiogram's builder
MENU = (10, 300)  # as above
PHOTO_BYTES, PHOTO_SIDES, PHOTO_RATIO = 10 * 2**20, 10_000, 20  # docs: sendPhoto
DOCUMENT_BYTES = 50 * 2**20  # docs
OVERALL = 30  # docs, FAQ: messages a second
CHAT_BURST = 10  # docs, FAQ: one a second in a chat, "short bursts" allowed; their length is not given
GROUP_MINUTE = 20  # docs, FAQ
MESSAGE_LIFE, PRESS_LIFE = 86_400.0, 150.0  # server
CHECKOUT_LIFE = 10.0  # docs: answerPreCheckoutQuery
INVOICE = {"title": 32, "description": 255}  # docs: sendInvoice, characters
PAYLOAD = 128  # docs: bytes
LEAST = 6_000  # kopecks. docs: "at least an equivalent of one dollar", by the day's rate; a cautious figure
PAY = "Заплатить"  # the button that clients draw under an invoice, with its sum
CHANGES_LIFE = 86_400.0
PORTS = (443, 80, 88, 8443)  # docs: setWebhook
TONES = {"primary": "main", "success": "good", "danger": "danger"}
ACTIONS = {"typing", "upload_photo", "upload_document", "choose_sticker", "find_location", "record_voice"}
ALL_UPDATES = {"message", "edited_message", "channel_post", "callback_query", "my_chat_member", "inline_query"}
ALL_UPDATES |= {"pre_checkout_query"}
SHOWING = {
    "sendmessage",
    "sendphoto",
    "senddocument",
    "sendinvoice",
    "editmessagetext",
    "editmessagecaption",
    "editmessagemedia",
}

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
HOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"

PREFIX = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 413: "Request Entity Too Large"}


class Refusal(Exception):
    """An answer with "ok": false. `limit`: a documented limit was broken, which is a violation."""

    def __init__(self, code: int, description: str, *, after: int | None = None, limit: bool = False) -> None:
        super().__init__(description)
        self.code, self.after, self.limit = code, after, limit
        prefix = PREFIX.get(code)
        self.description = f"{prefix}: {description}" if prefix else description

    def answer(self) -> web.Response:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.after is not None:
            body["parameters"] = {"retry_after": self.after}
        return web.json_response(body, status=self.code)


def bad(description: str, *, limit: bool = False) -> Refusal:
    return Refusal(400, description, limit=limit)


def too_fast(seconds: float, rule: str) -> Refusal:
    after = max(1, math.ceil(seconds))
    refusal = Refusal(429, f"Too Many Requests: retry after {after}", after=after, limit=True)
    refusal.args = (rule,)
    return refusal


@dataclass(slots=True)
class Waiting:
    """One update on its way to the bot."""

    update: dict[str, Any]
    queue: str
    expires: float
    again: bool = False  # handed out once more by `redeliver`: offsets do not confirm it

    @property
    def number(self) -> int:
        return int(self.update["update_id"])


@dataclass(slots=True)
class Posted:
    """One message as the server keeps it."""

    id: int
    chat: str
    by_bot: bool
    date: int
    kind: str = "text"  # text | photo | document | invoice
    text: str = ""
    file: bytes = b""
    file_name: str = ""
    rows: list[list[dict[str, Any]]] = field(default_factory=list)  # the inline keyboard
    payload: str = ""  # of an invoice
    amount: int = 0
    paid: bool = False

    def content(self) -> tuple[object, ...]:
        return self.kind, self.text, self.file, self.rows


@dataclass(frozen=True, slots=True)
class Kept:
    people: dict[str, str]
    blocked: set[str]
    posts: list[Posted]
    message_number: int
    screens: screens.Kept


@dataclass(slots=True)
class Till:
    """One attempt to pay an invoice."""

    person: str
    post: Posted
    expires: float


@dataclass(frozen=True, slots=True)
class Upload:
    data: bytes
    name: str


@dataclass(slots=True)
class Hook:
    url: str
    secret: str
    connections: int
    slots: asyncio.Semaphore


class Telegram(Sandbox):
    """`clock` (seconds, monotonic) and `sleep` are what every limit, life and retry goes by.

    `media_into_text`: whether editMessageMedia may turn a text message into one with a picture (docs since 2026: yes;
    older servers: no).
    """

    name = "telegram"
    room = GROUP

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        media_into_text: bool = True,
    ) -> None:
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}  # (scope, language) -> the "/" menu
        self.actions: list[tuple[str, str]] = []  # (chat, "typing")
        self.calls: list[str] = []  # every method that was called
        self._screens = Screens()
        self._clock, self._sleep = clock, sleep
        self._epoch = time.time() - clock()
        self._media_into_text = media_into_text
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self._url = ""
        # What was written. The key of a screen is the person, or the group's id.
        self._people: dict[str, str] = {}  # chat id -> person
        self._blocked: set[str] = set()
        self._posts: dict[tuple[str, int], Posted] = {}
        self._message_number = 1000
        self._presses: dict[str, float] = {}  # callback query -> when it expires
        self._press_number = 0
        self._tills: dict[str, Till] = {}  # pre-checkout query -> what is being paid
        self.paid: list[tuple[str, int]] = []  # (payload, sum) of every payment whose money has moved
        # What goes to the bot.
        self._update_number = first_number()
        self._waiting: list[Waiting] = []
        self._history: list[Waiting] = []
        self._arrival = asyncio.Event()
        self._polls = 0
        self._allowed = ALL_UPDATES
        self._hook: Hook | None = None
        self._hook_set_at = -math.inf
        self._hook_error: tuple[int, str] | None = None
        self._queues: dict[str, asyncio.Task[None]] = {}
        # How fast the bot sends.
        self._sent: deque[float] = deque()
        self._group_sent: deque[float] = deque()
        self._buckets: dict[str, tuple[float, float]] = {}  # chat -> (letters left, at)
        self._methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "getme": lambda _: BOT | {"can_join_groups": True, "can_read_all_group_messages": False},
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "setmycommands": self._set_my_commands,
            "getmycommands": lambda fields: self.commands.get(command_list(fields), []),
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "senddocument": self._send_document,
            "sendinvoice": self._send_invoice,
            "answerprecheckoutquery": self._answer_pre_checkout_query,
            "sendchataction": self._send_chat_action,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_markup,
            "editmessagemedia": self._edit_media,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_callback_query,
        }

    # -----------------------------------------------------------------------------------------------------------------
    # Serving.

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=DOCUMENT_BYTES + 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        # Answers that never come must not hold up the end.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        self._hook = None
        tasks = list(self._queues.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._queues.clear()
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self) -> Mapping[str, str]:
        return {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_SECRET": SECRET,
            "TELEGRAM_API_URL": self._url,
            "TELEGRAM_PAYMENT_TOKEN": PAYMENTS,
        }

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"].lower()
        self.calls.append(method)
        fault = None
        try:
            if not re.fullmatch(r"\d+:.+", token):
                raise Refusal(404, "Not Found")
            fault = self._screens.fault(method in SHOWING)
            if token != TOKEN or fault is Fault.REVOKED:
                raise Refusal(401, "Unauthorized")
            if fault is Fault.THROTTLED:
                raise Refusal(429, "Too Many Requests: retry after 1", after=1)
            if fault is Fault.BROKEN:
                raise Refusal(500, "Internal Server Error")
            if fault is Fault.REFUSED:
                raise bad("can't parse entities: unexpected end of tag")
            call = self._methods.get(method)
            if call is None:
                raise Refusal(404, "method not found")
            result = call(await fields_of(request))
            if isinstance(result, Awaitable):
                result = await result
        except Refusal as refusal:
            if refusal.limit:
                self._screens.violate(f"{method}: {refusal.args[0]}")
            return refusal.answer()
        if fault is Fault.CUT:
            assert request.transport is not None
            request.transport.abort()
        if fault is Fault.GARBAGE:
            return web.Response(body=b"\xff<html>", content_type="application/json")
        if fault is Fault.SILENT:
            await asyncio.Event().wait()
        return web.json_response({"ok": True, "result": result})

    # -----------------------------------------------------------------------------------------------------------------
    # The customer's side.

    def chat_id(self, person: str) -> str:
        chat = str(FIRST_CHAT + int(person))
        self._people.setdefault(chat, person)
        return chat

    async def say(self, person: str, text: str) -> str:
        await self.unblock(person)
        command = re.match(r"/\w+", text)
        entities = [{"type": "bot_command", "offset": 0, "length": command.end()}] if command else None
        return self._write(self.chat_id(person), person, text, {"text": text, "entities": entities})

    async def say_in_group(self, person: str, text: str) -> None:
        self._write(GROUP, person, text, {"text": text})

    async def start_chat(self, person: str, payload: str = "") -> None:
        await self.say(person, f"/start {payload}".strip())

    async def attach(self, person: str) -> None:
        await self.unblock(person)
        sky = landscape()
        size = {"file_id": "AgACAgIAAx", "file_unique_id": "AQADx", "file_size": len(sky), "width": 96, "height": 64}
        self._write(self.chat_id(person), person, "", {"photo": [size]}, picture=sky)

    async def press(self, person: str, message: str, label: str) -> None:
        if not message:
            if label not in {key.label for row in self.menu(person) or () for key in row}:
                raise LookupError(f"no key {label!r} in the menu")
            await self.say(person, label)
            return
        chat = self.chat_id(person)
        post = self._posts.get((chat, int(message)))
        keys = [key for row in post.rows for key in row if key["text"] == label] if post else []
        if post is None or not keys:
            raise LookupError(f"no button {label!r} under message {message}")
        if keys[0].get("pay"):
            self._check_out(person, post)
            return
        if "callback_data" not in keys[0]:
            return
        self._press_number += 1
        press = f"{FIRST_CHAT + int(person)}{self._press_number:06d}"
        self._presses[press] = self._clock() + PRESS_LIFE
        self._screens.spin(person, press)
        query = {
            "id": press,
            "from": user(person),
            "message": self._wire(post),
            "chat_instance": chat,
            "data": keys[0]["callback_data"],
        }
        self.hand("callback_query", query, f"presses of {person}", PRESS_LIFE)

    def _check_out(self, person: str, post: Posted) -> None:
        """The customer confirms in the payment form: the bot is asked before money moves."""
        self._press_number += 1
        query = f"{FIRST_CHAT + int(person)}{self._press_number:06d}"
        self._tills[query] = Till(person, post, self._clock() + CHECKOUT_LIFE)
        self._screens.spin(person, query)
        body = {
            "id": query,
            "from": user(person),
            "currency": "RUB",
            "total_amount": post.amount,
            "invoice_payload": post.payload,
        }
        self.hand("pre_checkout_query", body, f"checkouts of {person}", CHECKOUT_LIFE)

    def _take(self, query: str, till: Till) -> None:
        """The provider has the money."""
        post = till.post
        post.paid, post.rows = True, []
        self.paid.append((post.payload, post.amount))
        self._screens.edit(till.person, str(post.id), keys=())
        service = self._keep(post.chat, by_bot=False)
        payment = {
            "currency": "RUB",
            "total_amount": post.amount,
            "invoice_payload": post.payload,
            "telegram_payment_charge_id": f"tg-{query}",
            "provider_payment_charge_id": f"provider-{query}",
        }
        body = self._heading(service) | {"from": user(till.person), "successful_payment": payment}
        told = f"Вы оплатили {rubles(post.amount)}"
        self._screens.append(till.person, Shown(id=str(service.id), mine=True, text=told))
        self.hand("message", body, f"messages of {post.chat}")

    async def block(self, person: str) -> None:
        if person not in self._blocked:
            self._blocked.add(person)
            self._permit(person, "member", "kicked")

    async def unblock(self, person: str) -> None:
        if person in self._blocked:
            self._blocked.discard(person)
            self._permit(person, "kicked", "member")

    def blocked(self, person: str) -> bool:
        return person in self._blocked

    def chat(self, person: str) -> tuple[Shown, ...]:
        return self._screens.chat(person)

    def menu(self, person: str) -> Keys | None:
        return self._screens.menu(person)

    def settled(self, person: str) -> bool:
        return self._screens.settled(person)

    def keep(self) -> bytes:
        posts = list(self._posts.values())
        return msgspec.json.encode(Kept(self._people, self._blocked, posts, self._message_number, self._screens.keep()))

    def recall(self, kept: bytes) -> None:
        was = msgspec.json.decode(kept, type=Kept)
        self._people, self._blocked, self._message_number = was.people, was.blocked, was.message_number
        self._posts = {(post.chat, post.id): post for post in was.posts}
        self._screens.recall(was.screens)

    def hand(self, kind: str, body: Mapping[str, Any], queue: str, life: float = MESSAGE_LIFE) -> None:
        """Put one update, of whatever shape, on its way to the bot."""
        if kind not in self._allowed:
            return
        self._update_number += 1
        update = {"update_id": self._update_number, kind: dict(body)}
        waiting = Waiting(update, queue, self._clock() + life)
        self._waiting.append(waiting)
        self._history.append(waiting)
        self._wake()

    def renumber(self, number: int) -> None:
        """A week has passed without updates: the next one has this number (docs: "chosen randomly")."""
        self._update_number = number - 1

    def _write(self, chat: str, person: str, text: str, content: dict[str, Any], picture: bytes | None = None) -> str:
        post = self._keep(chat, by_bot=False, text=text, kind="photo" if picture else "text", file=picture or b"")
        body = self._heading(post) | {"from": user(person)} | {k: v for k, v in content.items() if v is not None}
        self._screens.append(self._screen(chat), Shown(id=str(post.id), mine=True, text=text, picture=picture))
        self.hand("message", body, f"messages of {chat}")
        return str(post.id)

    def _permit(self, person: str, old: str, new: str) -> None:
        self._screens.touch()
        chat = self.chat_id(person)
        body = {
            "chat": self._chat(chat),
            "from": user(person),
            "date": self._now(),
            "old_chat_member": {"user": BOT, "status": old},
            "new_chat_member": {"user": BOT, "status": new, **({"until_date": 0} if new == "kicked" else {})},
        }
        self.hand("my_chat_member", body, f"messages of {chat}", CHANGES_LIFE)

    # -----------------------------------------------------------------------------------------------------------------
    # Updates: getUpdates and the webhook.

    def redeliver(self) -> None:
        once_more = [Waiting(old.update, old.queue, self._clock() + MESSAGE_LIFE, again=True) for old in self._history]
        self._waiting[:0] = once_more
        self._wake()

    def _wake(self) -> None:
        self._arrival.set()
        self._arrival = asyncio.Event()
        if self._hook is not None:
            for queue in {waiting.queue for waiting in self._waiting} - self._queues.keys():
                self._queues[queue] = asyncio.get_running_loop().create_task(self._deliver(queue))

    async def _get_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        offset, limit = int(fields.get("offset", 0)), min(max(int(fields.get("limit", 100)), 1), 100)
        patience = min(max(int(fields.get("timeout", 0)), 0), 50)
        if self._hook is not None:
            raise Refusal(409, HOOK_ACTIVE)
        self._allow(fields)
        self._polls += 1
        mine = self._polls
        self._wake()  # whoever polls already is told to go
        if offset < 0:
            self._waiting = self._waiting[offset:]
        elif offset <= self._update_number + 10:  # server: a number far in the future is as good as none
            self._waiting = [w for w in self._waiting if w.again or w.number >= offset]
        end = asyncio.get_running_loop().time() + patience
        while not self._live():
            arrival = self._arrival
            try:
                async with asyncio.timeout_at(end):
                    await arrival.wait()
            except TimeoutError:
                break
            if mine != self._polls:
                raise Refusal(409, OTHER_POLLER)
            if self._hook is not None:
                raise Refusal(409, "terminated by setWebhook request")
        ready = self._live()[:limit]
        self._waiting = [w for w in self._waiting if not (w.again and w in ready)]
        return [w.update for w in ready]

    def _live(self) -> list[Waiting]:
        now = self._clock()
        self._waiting = [w for w in self._waiting if w.expires > now]
        return self._waiting

    def _allow(self, fields: dict[str, Any]) -> None:
        if "allowed_updates" in fields:
            self._allowed = set(decoded(fields["allowed_updates"])) or ALL_UPDATES

    def _set_webhook(self, fields: dict[str, Any]) -> bool:
        url, secret = fields.get("url", ""), fields.get("secret_token", "")
        connections = int(fields.get("max_connections", 40))
        if not url:
            return self._delete_webhook(fields)
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if len(secret) > 256:
            raise bad("secret token is too long", limit=True)
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad("secret token contains unallowed characters", limit=True)
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook", limit=True)
        if not local and (parts.port or 443) not in PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443", limit=True)
        if not 1 <= connections <= 100:
            raise bad("max_connections must be between 1 and 100", limit=True)
        if self._clock() - self._hook_set_at < 1:
            raise too_fast(1, "webhook set twice within a second")
        self._hook_set_at = self._clock()
        self._allow(fields)
        self._forget_if_asked(fields)
        self._hook = Hook(url, secret, connections, asyncio.Semaphore(connections))
        self._wake()
        return True

    def _delete_webhook(self, fields: dict[str, Any]) -> bool:
        self._hook = None
        self._forget_if_asked(fields)
        return True

    def _forget_if_asked(self, fields: dict[str, Any]) -> None:
        if fields.get("drop_pending_updates") in ("true", "True", "1", True):
            self._waiting.clear()

    def _get_webhook_info(self, _: dict[str, Any]) -> dict[str, Any]:
        info: dict[str, Any] = {
            "url": self._hook.url if self._hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._live()),
        }
        if self._hook is not None:
            info |= {"max_connections": self._hook.connections, "ip_address": "127.0.0.1"}
        if self._hook_error is not None:
            info |= {"last_error_date": self._hook_error[0], "last_error_message": self._hook_error[1]}
        if self._allowed is not ALL_UPDATES:
            info["allowed_updates"] = sorted(self._allowed)
        return info

    async def _deliver(self, queue: str) -> None:
        """Post one queue in order until it is empty or the webhook is gone."""
        attempt = 0
        while self._hook is not None:
            head = next((w for w in self._live() if w.queue == queue), None)
            if head is None:
                break
            pause = await self._post(self._hook, head.update)
            if pause is None:
                self._waiting = [w for w in self._waiting if w is not head]
                attempt = 0
                continue
            # server: the first time at once, then after 2, 4, 8 … seconds, unless the hook names a time itself
            pause = pause or (0.0 if attempt == 0 else min(2.0**attempt, 60.0))
            attempt += 1
            if self._clock() + pause >= head.expires:
                self._waiting = [w for w in self._waiting if w is not head]
                attempt = 0
            await self._sleep(pause)
        del self._queues[queue]

    async def _post(self, hook: Hook, update: dict[str, Any]) -> float | None:
        """None: accepted. Otherwise the pause that the hook asked for, 0 for none."""
        assert self._client is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            async with (
                hook.slots,
                self._client.post(hook.url, json=update, headers=headers, allow_redirects=False) as answer,
            ):
                if 200 <= answer.status < 300:
                    return None
                self._hook_error = (self._now(), f"Wrong response from the webhook: {answer.status} {answer.reason}")
                asked = answer.headers.get("Retry-After", "")
                return min(float(asked), 3600.0) if asked.isdigit() else 0.0
        except (aiohttp.ClientError, OSError) as error:
            self._hook_error = (self._now(), f"Connection failed: {type(error).__name__}")
            return 0.0

    # -----------------------------------------------------------------------------------------------------------------
    # What the bot may call.

    def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        text = str(fields.get("text", "")).strip()
        if not text:
            raise bad("message text is empty")
        if units(text) > TEXT:
            raise bad("message is too long", limit=True)
        return self._show(fields, kind="text", text=text)

    def _send_photo(self, fields: dict[str, Any]) -> dict[str, Any]:
        data, name = attachment(fields, fields.get("photo"))
        check_photo(data)
        return self._show(fields, kind="photo", text=caption(fields), file=data, file_name=name)

    def _send_document(self, fields: dict[str, Any]) -> dict[str, Any]:
        data, name = attachment(fields, fields.get("document"))
        check_document(data)
        return self._show(fields, kind="document", text=caption(fields), file=data, file_name=name)

    def _send_invoice(self, fields: dict[str, Any]) -> dict[str, Any]:
        for name, most in INVOICE.items():
            if not 1 <= len(str(fields.get(name, ""))) <= most:
                raise bad(f"INVOICE_{name.upper()}_INVALID", limit=True)
        payload = str(fields.get("payload", ""))
        if not 1 <= len(payload.encode()) <= PAYLOAD:
            raise bad("INVOICE_PAYLOAD_INVALID", limit=True)
        if fields.get("provider_token") != PAYMENTS:
            raise bad("PAYMENT_PROVIDER_INVALID")
        prices = decoded(fields.get("prices", "[]"))
        amount = sum(int(price["amount"]) for price in prices)
        if fields.get("currency") != "RUB" or not prices or not all(price["label"] for price in prices):
            raise bad("CURRENCY_TOTAL_AMOUNT_INVALID")
        if amount < LEAST:
            raise bad("CURRENCY_TOTAL_AMOUNT_INVALID", limit=True)
        shown_ = self._show(
            {"chat_id": fields.get("chat_id")},
            kind="invoice",
            text=f"{fields['title']}\n{fields['description']}\n{rubles(amount)}",
            payload=payload,
            amount=amount,
        )
        post = self._posts[str(shown_["chat"]["id"]), shown_["message_id"]]
        post.rows = [[{"text": f"{PAY} {rubles(amount)}", "pay": True}]]
        self._screens.edit(self._screen(post.chat), str(post.id), keys=keys(post.rows))
        return shown_

    def _answer_pre_checkout_query(self, fields: dict[str, Any]) -> bool:
        query = str(fields.get("pre_checkout_query_id", ""))
        till = self._tills.pop(query, None)
        if till is None or till.expires <= self._clock():
            raise bad(TOO_OLD)
        self._screens.settle(query)
        if str(fields.get("ok")).lower() == "true":
            if not till.post.paid:
                self._take(query, till)
            return True
        reason = str(fields.get("error_message") or "")
        if not reason:
            raise bad("ERROR_MESSAGE_EMPTY")
        # The client shows it above the payment form; it is no message of the chat.
        self._screens.append(till.person, Shown(id=f"n{query}", mine=False, text=reason))
        return True

    def _show(self, fields: dict[str, Any], **content: Any) -> dict[str, Any]:
        chat = self._reachable(fields)
        kind, rows = markup(fields.get("reply_markup"))
        self._pace(chat)
        post = self._keep(chat, by_bot=True, **content, rows=rows if kind == "inline" else [])
        if kind == "menu":
            self._screens.set_menu(self._screen(chat), keys(rows))
        elif kind == "remove":
            self._screens.set_menu(self._screen(chat), None)
        self._screens.append(self._screen(chat), shown(post))
        return self._wire(post)

    def _edit_text(self, fields: dict[str, Any]) -> dict[str, Any]:
        post, text = self._ours(fields), str(fields.get("text", "")).strip()
        if not text:
            raise bad("message text is empty")
        if units(text) > TEXT:
            raise bad("message is too long", limit=True)
        if post.kind != "text":
            raise bad("there is no text in the message to edit")
        return self._change(post, fields, text=text)

    def _edit_caption(self, fields: dict[str, Any]) -> dict[str, Any]:
        post = self._ours(fields)
        if post.kind == "text":
            raise bad("there is no caption in the message to edit")
        return self._change(post, fields, text=caption(fields))

    def _edit_markup(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._change(self._ours(fields), fields)

    def _edit_media(self, fields: dict[str, Any]) -> dict[str, Any]:
        post, media = self._ours(fields), decoded(fields.get("media", "{}"))
        if post.kind == "text" and not self._media_into_text:
            raise bad("there is no media in the message to edit")
        data, name = attachment(fields, media.get("media"))
        kind = media.get("type")
        if kind == "photo":
            check_photo(data)
        elif kind == "document":
            check_document(data)
        else:
            raise bad("wrong type of the media")
        return self._change(post, fields, kind=kind, text=caption(media), file=data, file_name=name)

    def _change(self, post: Posted, fields: dict[str, Any], **content: Any) -> dict[str, Any]:
        kind, rows = markup(fields.get("reply_markup"))
        if kind not in ("none", "inline"):
            raise bad("inline keyboard expected")
        before = post.content()
        for name, value in (content | {"rows": rows}).items():
            setattr(post, name, value)
        if post.content() == before:
            raise bad(NOT_MODIFIED)
        new = shown(post)
        self._screens.edit(
            self._screen(post.chat),
            new.id,
            text=new.text,
            keys=new.keys,
            picture=new.picture,
            document=new.document,
            document_name=new.document_name,
        )
        return self._wire(post)

    def _delete_message(self, fields: dict[str, Any]) -> bool:
        chat = self._reachable(fields)
        post = self._posts.get((chat, int(fields.get("message_id", 0))))
        if post is None:
            raise bad("message to delete not found")
        # docs: its own messages and, in a private chat, the person's; 48 hours long.
        if self._now() - post.date > 48 * 3600 or (chat == GROUP and not post.by_bot):
            raise bad("message can't be deleted for everyone")
        del self._posts[chat, post.id]
        self._screens.delete(self._screen(chat), str(post.id))
        return True

    def _answer_callback_query(self, fields: dict[str, Any]) -> bool:
        if units(str(fields.get("text", ""))) > 200:
            raise bad("MESSAGE_TOO_LONG", limit=True)
        press = str(fields.get("callback_query_id", ""))
        if self._presses.pop(press, -math.inf) <= self._clock():
            raise bad(TOO_OLD)
        self._screens.settle(press)
        return True

    def _send_chat_action(self, fields: dict[str, Any]) -> bool:
        chat = self._reachable(fields)
        if fields.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        self.actions.append((chat, fields["action"]))
        return True

    def _set_my_commands(self, fields: dict[str, Any]) -> bool:
        commands = decoded(fields.get("commands", "[]"))
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH", limit=True)
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID", limit=True)
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID", limit=True)
        self.commands[command_list(fields)] = commands
        return True

    # -----------------------------------------------------------------------------------------------------------------
    # What the calls have in common.

    def _reachable(self, fields: dict[str, Any]) -> str:
        chat = str(fields.get("chat_id", ""))
        if not chat:
            raise bad("chat_id is empty")
        if chat != GROUP and chat not in self._people:
            raise bad("chat not found")
        if self._people.get(chat) in self._blocked:
            raise Refusal(403, "bot was blocked by the user")
        return chat

    def _ours(self, fields: dict[str, Any]) -> Posted:
        post = self._posts.get((self._reachable(fields), int(fields.get("message_id", 0))))
        if post is None:
            raise bad("message to edit not found")
        if not post.by_bot:
            raise bad("message can't be edited")
        return post

    def _pace(self, chat: str) -> None:
        now = self._clock()
        while self._sent and self._sent[0] <= now - 1:
            self._sent.popleft()
        while self._group_sent and self._group_sent[0] <= now - 60:
            self._group_sent.popleft()
        if len(self._sent) >= OVERALL:
            raise too_fast(self._sent[0] + 1 - now, f"more than {OVERALL} messages in a second")
        if chat == GROUP and len(self._group_sent) >= GROUP_MINUTE:
            raise too_fast(self._group_sent[0] + 60 - now, f"more than {GROUP_MINUTE} messages in a minute in a group")
        left, at = self._buckets.get(chat, (float(CHAT_BURST), now))
        left = min(float(CHAT_BURST), left + now - at)
        if left < 1:
            raise too_fast(1 - left, "more than one message a second in a chat")
        self._buckets[chat] = (left - 1, now)
        self._sent.append(now)
        if chat == GROUP:
            self._group_sent.append(now)

    def _keep(self, chat: str, **content: Any) -> Posted:
        self._message_number += 1
        post = Posted(id=self._message_number, chat=chat, date=self._now(), **content)
        self._posts[chat, post.id] = post
        return post

    def _now(self) -> int:
        return int(self._epoch + self._clock())

    def _screen(self, chat: str) -> str:
        return self._people.get(chat, chat)

    def _chat(self, chat: str) -> dict[str, Any]:
        if chat == GROUP:
            return {"id": int(GROUP), "type": "supergroup", "title": "Дом 5"}
        return {"id": int(chat), "type": "private", **named(self._people[chat])}

    def _heading(self, post: Posted) -> dict[str, Any]:
        return {"message_id": post.id, "chat": self._chat(post.chat), "date": post.date}

    def _wire(self, post: Posted) -> dict[str, Any]:
        body = self._heading(post) | {"from": BOT}
        if post.kind == "invoice":
            title, about, *_ = post.text.split("\n")
            price = {"title": title, "description": about, "currency": "RUB", "total_amount": post.amount}
            return body | {"invoice": price | {"start_parameter": ""}}
        if post.kind == "text":
            body["text"] = post.text
        elif post.text:
            body["caption"] = post.text
        file = {"file_id": f"F{post.id}", "file_unique_id": f"U{post.id}", "file_size": len(post.file)}
        if post.kind == "photo":
            body["photo"] = [file | {"width": 1, "height": 1}]
        elif post.kind == "document":
            body["document"] = file | {"file_name": post.file_name}
        if post.rows:
            body["reply_markup"] = {"inline_keyboard": post.rows}
        return body

    # -----------------------------------------------------------------------------------------------------------------
    # For the tests.

    def fail(self, fault: Fault, times: int = 1) -> None:
        self._screens.fail(fault, times)

    def heal(self) -> None:
        self._screens.heal()

    @property
    def version(self) -> int:
        return self._screens.version

    async def changed(self, since: int, within: float = 10.0) -> int:
        return await self._screens.changed(since, within)

    @property
    def violations(self) -> tuple[str, ...]:
        return tuple(self._screens.violations)


# ---------------------------------------------------------------------------------------------------------------------
# Reading calls.


async def fields_of(request: web.Request) -> dict[str, Any]:
    """The parameters of a call; an uploaded file becomes an `Upload`."""
    if request.content_type == "application/json":
        return dict(await request.json())
    fields: dict[str, Any] = dict(request.query)
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            with value.file as file:
                fields[name] = Upload(file.read(), value.filename)
        else:
            fields[name] = value
    return fields


def decoded(value: Any) -> Any:
    """A nested object: text in a form, itself in JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise bad("can't parse JSON object") from None


def attachment(fields: dict[str, Any], given: Any) -> tuple[bytes, str]:
    """The uploaded file, sent as the field itself or as attach://<another part>."""
    if isinstance(given, str) and given.startswith("attach://"):
        given = fields.get(given.removeprefix("attach://"))
    if not isinstance(given, Upload):
        raise bad("there is no file in the request")
    return given.data, given.name


def check_photo(data: bytes) -> None:
    if len(data) > PHOTO_BYTES:
        raise Refusal(413, "Request Entity Too Large", limit=True)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        wide, high = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
        if wide + high > PHOTO_SIDES or max(wide, high) > PHOTO_RATIO * min(wide, high):
            raise bad("PHOTO_INVALID_DIMENSIONS", limit=True)
    elif not data.startswith(b"\xff\xd8\xff"):
        raise bad("IMAGE_PROCESS_FAILED")


def check_document(data: bytes) -> None:
    if not data:
        raise bad("file must be non-empty")
    if len(data) > DOCUMENT_BYTES:
        raise Refusal(413, "Request Entity Too Large", limit=True)


def caption(fields: dict[str, Any]) -> str:
    text = str(fields.get("caption") or "").strip()
    if units(text) > CAPTION:
        raise bad("message caption is too long", limit=True)
    return text


def markup(given: Any) -> tuple[str, list[list[dict[str, Any]]]]:
    """A reply_markup: its kind (none, inline, menu, remove) and its rows."""
    if not given:
        return "none", []
    value = decoded(given)
    if "inline_keyboard" in value:
        return "inline", inline(value["inline_keyboard"])
    if "keyboard" in value:
        rows = [[{"text": key} if isinstance(key, str) else key for key in row] for row in value["keyboard"]]
        check_size(rows, *MENU)
        return "menu", rows
    if value.get("remove_keyboard"):
        return "remove", []
    raise bad("object expected as reply markup")


def inline(rows: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    check_size(rows, *INLINE)
    clean = []
    for row in rows:
        for key in row:
            if not key.get("text"):
                raise bad("can't parse inline keyboard button: Can't find field \"text\"")
            if (key.get("url") is None) == (key.get("callback_data") is None):
                raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
            if key.get("url") is not None and not re.match(r"(https?|tg)://[^\s/]+", key["url"]):
                raise bad("inline keyboard button URL is invalid: Wrong HTTP URL")
            if key.get("callback_data") is not None and not 1 <= len(key["callback_data"].encode()) <= DATA:
                raise bad("BUTTON_DATA_INVALID", limit=True)
            if key.get("style") is not None and key["style"] not in TONES:
                raise bad("can't parse inline keyboard button: invalid button style specified")
        clean.append([{name: value for name, value in key.items() if value is not None} for key in row])
    return [row for row in clean if row]


def check_size(rows: list[list[dict[str, Any]]], columns: int, total: int) -> None:
    if any(len(row) > columns for row in rows) or sum(map(len, rows)) > total:
        raise bad("reply markup is too long", limit=True)


def command_list(fields: dict[str, Any]) -> tuple[str, str]:
    scope = decoded(fields.get("scope", '{"type":"default"}'))
    return str(scope["type"]), str(fields.get("language_code", ""))


# Drawing screens.


def keys(rows: list[list[dict[str, Any]]]) -> Keys:
    return tuple(
        tuple(Key(key["text"], key.get("url"), TONES.get(key.get("style", ""), "plain")) for key in row) for row in rows
    )


def shown(post: Posted) -> Shown:
    return Shown(
        id=str(post.id),
        mine=not post.by_bot,
        text=post.text,
        keys=keys(post.rows),
        picture=post.file if post.kind == "photo" else None,
        document=post.file if post.kind == "document" else None,
        document_name=post.file_name if post.kind == "document" else "",
    )


def rubles(amount: int) -> str:
    return f"{amount // 100},{amount % 100:02} ₽"


def user(person: str) -> dict[str, Any]:
    return {
        "id": FIRST_CHAT + int(person),
        "is_bot": False,
        **named(person),
        "language_code": "ru",
    }


def named(person: str) -> dict[str, str]:
    return dict(zip(("first_name", "last_name"), full_name(person).split(), strict=True))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
