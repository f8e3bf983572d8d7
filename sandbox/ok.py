"""Odnoklassniki on loopback: the Graph "Bot API" of one group.

    GET  /graph/me/info│subscriptions│updates│chats│chat│fileUploadUrl      GET  /graph/chat:ID/messages
    POST /graph/me/subscribe│unsubscribe                                    POST /graph/chat:ID/answer
    POST /graph/me/messages, me/messages/chat:ID, chat:ID/messages          POST /graph/mid:ID/edit
    POST /upload/<token>

An error is HTTP 200 with `{"error_code", "error_msg"}` and the header `invocation-error`. An event goes to every
webhook until it answers 200 within 5 s; a webhook that fails for 8 h is dropped; the long poll gets every event too.
What OK does not document is a field of `Reading`; a test may run under each of them.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from sandbox import screens
from sandbox.base import Fault, Key, Shown
from sandbox.screens import Keys, Screens, first_number, full_name, landscape

ACKNOWLEDGE_WITHIN = 5.0  # seconds (OK docs)
DROPPED_AFTER = 8 * 3600.0  # seconds of failures (OK docs)
ATTACHMENTS = 5  # OK docs
TYPES = ("MESSAGE_CREATED", "MESSAGE_CALLBACK", "CHAT_SYSTEM")
TONES = {"DEFAULT": "plain", "POSITIVE": "good", "NEGATIVE": "danger"}
ACTIONS = {"mark_seen", "typing_on", "sending_photo", "sending_video", "sending_audio"}
GROUP = "chat:Cgroup"  # the one group chat that the bot is in

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the undocumented is read. Limits that are broken are refused and noted as violations."""

    answer: str = "replaces"  # what chat.answer does to the pressed message: replaces | adds
    updates: str = "marker"  # marker: a poll without the newest marker gets it again | commit: reading is receiving
    hold: float = 10.0  # seconds that a poll without news is held open
    edits: bool = True  # whether mid:ID/edit is the path of message.edit
    chat: bool = True  # whether a group's token may ask what a chat is
    webhook_type: bool = True  # whether events name their webhookType
    blocked: int = 458  # the code for a person who does not let us write
    unready: int = 0  # sends that are refused before an upload has been processed
    press_life: float | None = None  # seconds within which a press can be answered
    resend: float = 1.0  # seconds until an event that was not acknowledged comes again
    text: int = 4000  # UTF-16 units
    rows: int = 8
    columns: int = 3
    label: int = 32
    payload: int = 255  # bytes
    per_second: float | None = None  # messages in all; None: OK publishes no rate
    per_chat: float | None = None  # messages a second to one chat


class Refused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True)
class Kept:
    people: dict[str, str]
    blocked: set[str]
    payloads: dict[str, list[tuple[str, str]]]
    owners: dict[str, str]
    times: dict[str, int]
    number: int
    screens: screens.Kept


@dataclass(slots=True)
class Press:
    person: str
    message: str
    at: float


@dataclass(slots=True)
class Upload:
    kind: str
    data: bytes = b""
    name: str = ""
    unready: int = 0


@dataclass(slots=True)
class Webhook:
    url: str
    types: tuple[str, ...]
    events: "asyncio.Queue[Json]" = field(default_factory=asyncio.Queue)
    failing_since: float | None = None
    task: "asyncio.Task[None] | None" = None


class OK:
    """One group and the people who write to it."""

    name = "ok"
    room = GROUP

    def __init__(
        self,
        reading: Reading | None = None,
        *,
        now: Callable[[], float] = time.time,  # unix seconds, for the events
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.reading = reading or Reading()
        self.token = f"tkn{secrets.token_hex(16)}:{secrets.token_hex(8)}"
        self.path = secrets.token_urlsafe(24)
        self.actions: list[tuple[str, str]] = []  # (person, sender_action), for the tests
        self.polled = False  # whether a long-poll subscription exists
        self.webhooks: dict[str, Webhook] = {}
        self._now, self._clock, self._sleep = now, clock, sleep
        self._screens = Screens()
        self._people: dict[str, str] = {}  # chat id: person
        self._members: set[str] = set()  # of the group chat
        self._blocked: set[str] = set()
        self._payloads: dict[str, list[tuple[str, str]]] = {}  # message: (label, payload) of its buttons
        self._owners: dict[str, str] = {}  # message of the bot: person
        self._times: dict[str, int] = {}  # message: milliseconds
        self._presses: dict[str, Press] = {}
        self._uploads: dict[str, Upload] = {}
        self._events: list[Json] = []
        self._queue: list[Json] = []  # what the long poll delivers; its markers are positions in it
        self._read = 0
        self._news = asyncio.Event()
        self._sent: list[tuple[float, str]] = []
        self._number = first_number()
        self._waiting: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self._url = ""

    async def start(self, port: int = 0) -> None:
        app = web.Application(middlewares=[self._envelope], client_max_size=64 * 2**20)
        app.router.add_get("/graph/me/info", self._info)
        app.router.add_get("/graph/me/subscriptions", self._subscriptions)
        app.router.add_post("/graph/me/subscribe", self._subscribe)
        app.router.add_post("/graph/me/unsubscribe", self._unsubscribe)
        app.router.add_get("/graph/me/updates", self._updates)
        app.router.add_get("/graph/me/chats", self._chats)
        app.router.add_get("/graph/me/chat", self._chat)
        app.router.add_get("/graph/me/fileUploadUrl", self._upload_url)
        app.router.add_post("/graph/me/messages", self._send)
        app.router.add_post("/graph/me/messages/{chat}", self._send)
        app.router.add_post("/graph/{chat:chat:[^/]+}/messages", self._send)
        app.router.add_get("/graph/{chat:chat:[^/]+}/messages", self._history)
        app.router.add_post("/graph/{chat:chat:[^/]+}/answer", self._answer)
        app.router.add_post("/graph/{message:mid:[^/]+}/edit", self._edit)
        app.router.add_post("/upload/{token}", self._upload)
        # A poller that hangs up must not be given the events that come afterwards: its handler ends with it.
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0][:2]
        self._url = f"http://{host}:{port}"
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ACKNOWLEDGE_WITHIN))

    async def stop(self) -> None:
        tasks = [*self._waiting, *(hook.task for hook in self.webhooks.values() if hook.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self) -> Mapping[str, str]:
        return {
            "OK_TOKEN": self.token,
            "OK_HOOK_PATH": self.path,
            "OK_API_URL": self._url,
            "OK_SOURCES": "127.0.0.0/8",
            "OK_PAUSE": "1",
            "OK_POLL_PAUSE": "0.02",  # a poll is held open here
        }

    # ── The customer's side ──────────────────────────────────────────────────────────────────────────────────

    def chat_id(self, person: str) -> str:
        chat = GROUP if person == GROUP else f"chat:C{int(person) + 0x3EC000000000:x}"
        self._people[chat] = person
        return chat

    async def say(self, person: str, text: str) -> str:
        return self._write(person, self.chat_id(person), {"text": text}, Shown("", mine=True, text=text))

    async def attach(self, person: str) -> None:
        payload = {"id": "1", "token": "t", "url": "https://i.mycdn.me/image?id=1"}
        content = {"attachments": [{"type": "IMAGE", "payload": payload}]}
        self._write(person, self.chat_id(person), content, Shown("", mine=True, text="", picture=landscape()))

    async def say_in_group(self, person: str, text: str) -> None:
        self._members.add(person)
        self._write(person, self.chat_id(GROUP), {"text": text}, Shown("", mine=True, text=text))

    async def start_chat(self, person: str, payload: str = "") -> None:
        self._blocked.discard(person)
        given = {"payload": payload} if payload else {}
        self._tell("CHAT_SYSTEM", person, self.chat_id(person), {"type": "CHAT_STARTED", **given})

    async def press(self, person: str, message: str, label: str) -> None:
        """Raises LookupError when there is no such button on the person's screen."""
        if self._screens.find(person, message) is None:
            raise LookupError(f"no message {message!r} on this screen")
        payload = dict(self._payloads.get(message, ()))[label]
        self._number += 1
        callback = f"cb{self._number}-{secrets.token_hex(8)}"
        self._presses[callback] = Press(person, message, self._clock())
        self._screens.spin(person, callback)
        told = {"callbackId": callback, "payload": payload, "mid": message}
        self._tell("MESSAGE_CALLBACK", person, self.chat_id(person), told)

    async def block(self, person: str) -> None:
        self._blocked.add(person)  # OK has no event for it
        self._screens.touch()

    async def unblock(self, person: str) -> None:
        self._blocked.discard(person)
        self._screens.touch()

    def blocked(self, person: str) -> bool:
        return person in self._blocked

    def chat(self, person: str) -> tuple[Shown, ...]:
        return self._screens.chat(person)

    def menu(self, person: str) -> Keys | None:
        return None  # inline keyboards only

    def settled(self, person: str) -> bool:
        return self._screens.settled(person)

    def keep(self) -> bytes:
        people, payloads, owners, times = self._people, self._payloads, self._owners, self._times
        kept = Kept(people, self._blocked, payloads, owners, times, self._number, self._screens.keep())
        return msgspec.json.encode(kept)

    def recall(self, kept: bytes) -> None:
        was = msgspec.json.decode(kept, type=Kept)
        self._people, self._blocked, self._payloads = was.people, was.blocked, was.payloads
        self._owners, self._times, self._number = was.owners, was.times, max(self._number, was.number)
        self._screens.recall(was.screens)

    # ── For the tests ────────────────────────────────────────────────────────────────────────────────────────

    def fail(self, fault: Fault, times: int = 1) -> None:
        self._screens.fail(fault, times)

    def heal(self) -> None:
        self._screens.heal()

    def redeliver(self) -> None:
        for event in tuple(self._events):
            self._deliver(event)

    @property
    def version(self) -> int:
        return self._screens.version

    async def changed(self, since: int, within: float = 10.0) -> int:
        return await self._screens.changed(since, within)

    @property
    def violations(self) -> tuple[str, ...]:
        return tuple(self._screens.violations)

    # ── Events ───────────────────────────────────────────────────────────────────────────────────────────────

    def _write(self, person: str, chat: str, content: Json, shown: Shown) -> str:
        self._blocked.discard(person)  # who writes may be answered
        mid = self._mid(chat)
        screen = self._people[chat]
        self._screens.append(screen, Shown(mid, mine=True, text=shown.text, picture=shown.picture))
        message = {**content, "mid": mid, "seq": 98_211_023_614_189_660 + self._number}
        self._tell("MESSAGE_CREATED", person, chat, {"message": message})
        return mid

    def _mid(self, chat: str) -> str:
        self._number += 1
        mid = f"mid:{chat.removeprefix('chat:')}.{0x15CEA67D78D2059 + self._number:x}"
        self._times[mid] = int(self._now() * 1000)
        return mid

    def _tell(self, kind: str, person: str, chat: str, content: Json) -> None:
        event = {
            "sender": {"user_id": f"user:{person}", "name": full_name(person)},
            "recipient": {"chat_id": chat},
            "timestamp": int(self._now() * 1000),
            **content,
        }
        if self.reading.webhook_type or kind != "MESSAGE_CREATED":
            event["webhookType"] = kind
        self._events.append(event)
        self._deliver(event)

    def _deliver(self, event: Json) -> None:
        kind = event.get("webhookType", "MESSAGE_CREATED")
        if self.polled:
            self._queue.append({**event, "webhookType": kind})
            self._news.set()
            self._news = asyncio.Event()
        for hook in self.webhooks.values():
            if kind in hook.types:
                hook.events.put_nowait(event)

    async def _serve(self, hook: Webhook) -> None:
        """Hand a webhook its events in order; one that was not acknowledged waits aside and holds up no other."""
        while True:
            event = await hook.events.get()
            if await self._acknowledged(hook.url, event):
                hook.failing_since = None
                continue
            hook.failing_since = self._clock() if hook.failing_since is None else hook.failing_since
            if self._clock() - hook.failing_since >= DROPPED_AFTER:
                self.webhooks.pop(hook.url, None)
                return
            again = asyncio.create_task(self._later(hook, event))
            self._waiting.add(again)
            again.add_done_callback(self._waiting.discard)

    async def _later(self, hook: Webhook, event: Json) -> None:
        await self._sleep(self.reading.resend)
        hook.events.put_nowait(event)

    async def _acknowledged(self, url: str, event: Json) -> bool:
        assert self._client is not None
        headers = {"Content-Type": "application/json;charset=utf-8"}
        try:
            async with self._client.post(url, data=msgspec.json.encode(event), headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    # ── The Graph API ────────────────────────────────────────────────────────────────────────────────────────

    @web.middleware
    async def _envelope(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if request.path.startswith("/graph/"):
                revoked = self._screens.fault(shows=False) is Fault.REVOKED
                if revoked or request.query.get("access_token") != self.token:
                    raise Refused(102, "PARAM_SESSION_EXPIRED : Session expired")
            return await handler(request)
        except Refused as refused:
            body = {"error_code": refused.code, "error_msg": str(refused), "error_data": None}
            return web.json_response(body, headers={"invocation-error": str(refused.code)})
        except web.HTTPNotFound:
            body = {"error_code": 3, "error_msg": "METHOD : Unknown method", "error_data": None}
            return web.json_response(body, headers={"invocation-error": "3"})

    async def _json(self, request: web.Request) -> Json:
        if request.content_type != "application/json":
            self._screens.violate("a POST without Content-Type application/json")
            raise Refused(4, "REQUEST : Unsupported content type")
        try:
            body = msgspec.json.decode(await request.read())
        except msgspec.DecodeError:
            body = None
        if not isinstance(body, dict):
            raise Refused(2001, "GRAPH_PARAM_REQUEST : Unreadable body")
        return body

    async def _info(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"name": "Телеком", "group_id": "group:53396058603765"})

    async def _subscriptions(self, request: web.Request) -> web.StreamResponse:
        hooks: list[Json] = [{"url": hook.url, "types": list(hook.types)} for hook in self.webhooks.values()]
        polls = [{"types": list(TYPES), "longPolling": True}] if self.polled else []
        return web.json_response({"subscriptions": hooks + polls})

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        body = await self._json(request)
        types = tuple(body.get("types", TYPES))
        if not set(types) <= set(TYPES):
            raise Refused(100, "PARAM : Unknown type")
        if body.get("longPolling"):
            self.polled = True
        elif isinstance(url := body.get("url"), str) and url.startswith(("http://", "https://")):
            self._drop(url)
            hook = self.webhooks[url] = Webhook(url, types)
            hook.task = asyncio.create_task(self._serve(hook))
        else:
            raise Refused(100, "PARAM : url is missing")
        return web.json_response({"success": True})

    async def _unsubscribe(self, request: web.Request) -> web.StreamResponse:
        self._drop(str((await self._json(request)).get("url")))
        return web.json_response({"success": True})

    def _drop(self, url: str) -> None:
        hook = self.webhooks.pop(url, None)
        if hook is not None and hook.task is not None:
            hook.task.cancel()

    async def _updates(self, request: web.Request) -> web.StreamResponse:
        if not self.polled:
            raise Refused(5000, "INVALID_RESPONSE : No long polling subscription")
        marked = self.reading.updates == "marker"
        if marked and "marker" in request.query:
            try:
                self._read = int(request.query["marker"])
            except ValueError:
                raise Refused(100, "PARAM : marker") from None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.reading.hold):
                while len(self._queue) <= self._read:
                    await self._news.wait()
        updates = self._queue[self._read :]
        if not marked:
            self._read += len(updates)
            return web.json_response({"updates": updates})
        return web.json_response({"updates": updates, "marker": str(self._read + len(updates))})

    async def _chats(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"chats": [self._described(chat) for chat in self._people]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if not self.reading.chat:
            raise Refused(10, "PERMISSION_DENIED : No access to this method")
        chat = request.query.get("chat_id", "")
        if chat not in self._people:
            raise Refused(705, "CHAT_NOT_FOUND : No such chat")
        return web.json_response(self._described(chat))

    def _described(self, chat: str) -> Json:
        people = self._members if chat == GROUP else [self._people[chat]]
        return {
            "chat_id": chat,
            "type": "CHAT" if chat == GROUP else "DIALOG",
            "title": "",
            "participants": {f"user:{person}": int(self._now() * 1000) for person in people},
        }

    async def _history(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        newest, oldest = int(query.get("from", 2**63 - 1)), int(query.get("to", 0))
        shown = self._screens.chat(self._person(request.match_info["chat"]))
        messages = [
            {"mid": one.id, "text": one.text, "timestamp": self._times[one.id]}
            for one in reversed(shown)
            if oldest <= self._times[one.id] <= newest
        ]
        return web.json_response({"messages": messages[: int(query.get("count", 50))]})

    # Messages.

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await self._json(request)
        recipient = body.get("recipient")
        chat = request.match_info.get("chat")
        if chat is None and isinstance(recipient, dict):
            user = str(recipient.get("user_id", "")).removeprefix("user:")
            chat = recipient.get("chat_id") or (self.chat_id(user) if user.isdigit() else "")
        person = self._person(str(chat))
        if "sender_action" in body:
            if body["sender_action"] not in ACTIONS:
                raise Refused(100, "PARAM : sender_action")
            self.actions.append((person, body["sender_action"]))
            return web.json_response({"success": True})

        def show() -> Json:
            mid = self._append(str(chat), person, body)
            return {"success": True, "message_id": mid}

        return await self._showing(request, person, body, show)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await self._json(request)
        person = self._person(request.match_info["chat"])
        callback = request.query.get("callbackId", "")

        def show() -> Json:
            press = self._presses.get(callback)
            life = self.reading.press_life
            if press is None or press.person != person or (life is not None and self._clock() - press.at > life):
                raise Refused(300, "NOT_FOUND : No such callback")
            del self._presses[callback]
            mid = press.message
            if self.reading.answer == "replaces":
                self._replace(person, mid, body)
            else:
                mid = self._append(request.match_info["chat"], person, body)
            self._screens.settle(callback)
            return {"success": True, "message_id": mid}

        return await self._showing(request, person, body, show)

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        if not self.reading.edits:
            raise Refused(3, "METHOD : Unknown method")
        body = await self._json(request)
        mid = request.match_info["message"]
        person = self._owners.get(mid, "")

        def show() -> Json:
            if not self._replace(person, mid, body):
                raise Refused(706, "MESSAGE_NOT_ACTIVE : Message cannot be edited")
            return {"success": True}

        return await self._showing(request, person, body, show)

    def _append(self, chat: str, person: str, body: Json) -> str:
        mid = self._mid(chat)
        self._owners[mid] = person
        shown, self._payloads[mid] = self._drawn(body["message"])
        self._screens.append(person, Shown(mid, mine=False, **shown))
        return mid

    def _replace(self, person: str, mid: str, body: Json) -> bool:
        shown, payloads = self._drawn(body["message"])
        if not self._screens.edit(person, mid, **shown):
            return False
        self._payloads[mid] = payloads
        return True

    def _drawn(self, message: Json) -> tuple[Json, list[tuple[str, str]]]:
        """What a checked message looks like, and what its buttons carry."""
        shown: Json = {"text": message.get("text", ""), "keys": (), "picture": None, "document": None}
        payloads: list[tuple[str, str]] = []
        for attachment in attachments(message):
            payload = attachment["payload"]
            if attachment["type"] == "INLINE_KEYBOARD":
                rows = payload["keyboard"]["buttons"]
                shown["keys"] = tuple(tuple(key(button) for button in row) for row in rows)
                payloads = [(b["text"], b.get("payload", "")) for row in rows for b in row if b["type"] == "CALLBACK"]
            else:
                upload = self._uploads[payload["token"]]
                if upload.kind == "IMAGE":
                    shown["picture"] = upload.data
                else:
                    shown.update(document=upload.data, document_name=upload.name)
        return shown, payloads

    async def _showing(
        self, request: web.Request, person: str, body: Json, show: Callable[[], Json]
    ) -> web.StreamResponse:
        """One call that shows a message: checked, perhaps with an ordered fault, then shown."""
        self._pace(person)
        if person in self._blocked:
            raise Refused(self.reading.blocked, "PRIVACY_RESTRICTION : errors.send-message.privacy")
        fault = self._screens.fault(shows=True)
        if fault is Fault.THROTTLED:
            raise Refused(8, "FLOOD_BLOCKED : Flood blocked")
        if fault is Fault.BROKEN:
            raise Refused(2, "SERVICE : Service temporary unavailable")
        if fault is Fault.REFUSED:
            raise Refused(454, "CENSOR_MATCH : Text is blocked")
        self._check(body.get("message"))
        done = show()
        if fault is Fault.CUT:
            assert request.transport is not None
            request.transport.abort()
        if fault is Fault.SILENT:
            await asyncio.Event().wait()
        if fault is Fault.GARBAGE:
            return web.Response(text="<html>504</html>", content_type="text/html")
        return web.json_response(done)

    def _person(self, chat: str) -> str:
        if chat not in self._people:
            raise Refused(705, "CHAT_NOT_FOUND : No such chat")
        return self._people[chat]

    def _pace(self, person: str) -> None:
        now = self._clock()
        self._sent = [(at, whom) for at, whom in self._sent if now - at < 1.0]
        self._sent.append((now, person))
        mine = sum(whom == person for _, whom in self._sent)
        for limit, count in ((self.reading.per_second, len(self._sent)), (self.reading.per_chat, mine)):
            if limit is not None and count > limit:
                self._screens.violate(f"more than {limit:g} messages in a second")
                raise Refused(8, "FLOOD_BLOCKED : Flood blocked")

    def _check(self, message: Any) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("text", ""), str):
            raise Refused(2001, "GRAPH_PARAM_REQUEST : message is missing")
        text, parts = message.get("text", ""), attachments(message)
        if not text and not parts:
            raise Refused(100, "PARAM : message is empty")
        self._limit("text", len(text.encode("utf-16-le", "surrogatepass")) // 2, self.reading.text)
        self._limit("attachments", len(parts), ATTACHMENTS)
        for part in parts:
            kind, payload = part.get("type"), part.get("payload")
            if not isinstance(payload, dict):
                raise Refused(2001, "GRAPH_PARAM_REQUEST : attachment without payload")
            if kind == "INLINE_KEYBOARD":
                if not text:
                    self._broken("a keyboard without text")
                self._check_keyboard(payload)
            elif kind in {"IMAGE", "FILE"}:
                upload = self._uploads.get(str(payload.get("token")))
                if upload is None or upload.kind != kind or not upload.data:
                    raise Refused(100, "PARAM : attachment token")
                if upload.unready:
                    upload.unready -= 1
                    raise Refused(100, "PARAM : errors.attachment.not-ready")
            else:
                raise Refused(100, "PARAM : attachment type")

    def _check_keyboard(self, payload: Json) -> None:
        rows = payload.get("keyboard", {}).get("buttons") if isinstance(payload.get("keyboard"), dict) else None
        if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
            raise Refused(2001, "GRAPH_PARAM_REQUEST : keyboard")
        self._limit("rows", len(rows), self.reading.rows)
        for button in (button for row in rows for button in row):
            if button.get("type") not in {"CALLBACK", "LINK"} or button.get("intent", "DEFAULT") not in TONES:
                raise Refused(100, "PARAM : button")
            if button["type"] == "LINK" and not str(button.get("url")).startswith(("http://", "https://")):
                raise Refused(100, "PARAM : url")
            self._limit("label", len(button["text"]), self.reading.label)
            self._limit("payload", len(str(button.get("payload", "")).encode()), self.reading.payload)
        self._limit("columns", max(len(row) for row in rows), self.reading.columns)

    def _limit(self, what: str, size: int, limit: int) -> None:
        if size > limit:
            self._broken(f"{what} is too long: {size} > {limit}")

    def _broken(self, rule: str) -> None:
        self._screens.violate(rule)
        raise Refused(100, f"PARAM : {rule}")

    # Files.

    async def _upload_url(self, request: web.Request) -> web.StreamResponse:
        kind = request.query.get("type", "FILE")
        self._number += 1
        token = f"up{self._number}{secrets.token_hex(8)}"
        self._uploads[token] = Upload(kind, unready=self.reading.unready)
        told = {"file_id": str(self._number)} if kind == "IMAGE" else {"token": token}
        return web.json_response({"url": f"{self._url}/upload/{token}", **told})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        upload = self._uploads.get(token)
        if upload is None:
            raise Refused(300, "NOT_FOUND : No such upload")
        media_type = request.content_type
        if media_type == "multipart/form-data":
            part = (await request.post()).get("data")
            if not isinstance(part, web.FileField):
                raise Refused(100, "PARAM : data")
            upload.data, upload.name, media_type = part.file.read(), part.filename, part.content_type
            part.file.close()
        else:
            upload.data = await request.read()
            _, told = aiohttp.multipart.parse_content_disposition(request.headers.get("Content-Disposition"))
            upload.name = aiohttp.multipart.content_disposition_filename(told) or ""
        if upload.kind == "IMAGE":
            if not media_type.startswith("image/"):
                self._broken("an image without its media type")
            return web.json_response({"photos": {token: {"token": token}}})
        return web.Response(text="<retval>1</retval>", content_type="text/xml")


def attachments(message: Json) -> list[Json]:
    one, many = message.get("attachment"), message.get("attachments")
    return ([one] if isinstance(one, dict) else []) + [part for part in many or () if isinstance(part, dict)]


def key(button: Json) -> Key:
    return Key(button["text"], url=button.get("url"), tone=TONES[button.get("intent", "DEFAULT")])
