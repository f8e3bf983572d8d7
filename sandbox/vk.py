"""VKontakte on loopback: a community's messages, with VK's API, limits, refusals and both ways of delivering.

    POST /method/<name>           form; always HTTP 200: {"response":…} or {"error":{error_code, request_params…}}
    GET  /poll?act=a_check        Bots Long Poll: a position in one log of events; failed 1, 2, 3
    POST /upload/<kind>/<number>  multipart; what photos.saveMessagesPhoto and docs.save then take
    callbacks                     posted to every confirmed server; again after 10 s, 3 min, 10 min, 30 min, 1 h

Sources: "schema" = VK's API schema 5.199, "docs" = dev.vk.com. Where two readings exist an option takes either. All
rules of time are computed on one clock, which a test may bring along.
"""

import asyncio
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import msgspec
from aiohttp import web

from sandbox import screens
from sandbox.base import Fault, Key, Shown
from sandbox.screens import Keys, Screens, full_name, landscape

TOKEN = "vk1.a.sandbox-token-sandbox-token"  # noqa: S105  (opens nothing but this sandbox)
SECRET = "sandbox-secret-of-the-callback"  # noqa: S105
CONFIRMATION = "c0nf1rm4"
GROUP = 123456  # the community
NAME = "Saldo"
ROOM = "2000000001"  # peer_id of the one group chat that the community is in, and the name of its screen
FIRST_PERSON = 500_000_000  # a person's user id is this plus the person's number

CALLS = 20  # docs: a second, for a community's token
TEXT = 4096  # UTF-16 units; the schema says 9000, clients were long said to take this (unverified): the stricter one
RECIPIENTS, ATTACHMENTS, PARTS = 100, 10, 25  # schema; unverified; docs (calls in one `execute`)
INLINE, CONVERSATION = (6, 5, 10), (10, 5, 40)  # docs: rows, in a row, in all
LABEL, PAYLOAD, SNACKBAR, EVENT_DATA = 40, 255, 90, 1000  # docs; docs; unverified; schema
COLOURS = {"primary": "main", "secondary": "plain", "positive": "good", "negative": "danger"}  # docs
PRESS_LIFE, EDIT_LIFE = 60.0, 86_400.0  # docs; unverified
REMEMBERED, REMEMBERED_MESSAGES = 3600.0, 100  # docs, the newer reading of random_id
RETRIES = (10.0, 180.0, 600.0, 1800.0, 3600.0)  # docs
RETRY_AFTER = 3 * 3600  # docs: what a server may ask for at most
ANSWER_WITHIN = 10.0  # commonly quoted (unverified)
SERVERS, TITLE, SECRET_KEY = 10, 14, 50  # docs; schema; schema
EVENTS = ("message_new", "message_reply", "message_edit", "message_event", "message_allow", "message_deny")
SHOWING = {"messages.send", "messages.edit"}

MENTION = re.compile(r"\[(?:id|club|public)\d+\|([^\]]+)\]|[*@](?:id|club|public)\d+ \(([^)]+)\)")
PINGED = re.compile(r"(?<!\w)[*@](?:all|everyone|online|все)\b")

Params = Mapping[str, str]


class Refusal(Exception):
    """An error of the API. `limit`: a documented limit was broken, which is a violation."""

    def __init__(self, code: int, message: str, *, limit: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.limit = code, message, limit


def invalid(what: str, *, limit: bool = False) -> Refusal:
    return Refusal(100, f"One of the parameters specified was missing or invalid: {what}", limit=limit)


@dataclass(slots=True)
class Written:
    """One message as VK keeps it."""

    wire: dict[str, Any]
    at: float  # clock
    rows: list[list[dict[str, Any]]] = field(default_factory=list)  # its inline keyboard


@dataclass(slots=True)
class Kept:
    first: int
    message_id: int
    people: dict[str, str]
    denied: set[str]
    written: dict[str, list[Written]]
    boards: dict[str, list[list[dict[str, Any]]]]
    screens: screens.Kept


@dataclass(slots=True)
class Press:
    user: str
    peer: str
    until: float


@dataclass(slots=True)
class Server:
    """One address that callbacks go to."""

    id: int
    url: str
    title: str
    secret: str
    status: str = "unconfigured"
    events: set[str] = field(default_factory=set)
    queue: "asyncio.Queue[tuple[dict[str, Any], int]]" = field(default_factory=asyncio.Queue)


class VK:
    """`clock` (seconds, monotonic) and `sleep` are what every limit, life and retry goes by.

    `memory`: what VK knows of an old random_id. "hour": those of the last hour and the last 100 messages of the dialog;
    "history": all that the community ever sent to anybody (the page of 2019).
    `manual`: the operator registers the callback server by hand (`register`) and gives Saldo the confirmation string.
    `confirms_with_secret`: whether the confirmation event carries the secret.
    `one_event_id`: whether an event has the same event_id in Callback and Long Poll.
    """

    name = "vk"
    room = ROOM

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        memory: Literal["hour", "history"] = "hour",
        manual: bool = False,
        confirms_with_secret: bool = False,
        one_event_id: bool = False,
    ) -> None:
        self.calls: list[str] = []  # every method that was called
        self.activities: list[tuple[str, str]] = []  # (person, "typing")
        self.pings: list[str] = []  # texts that rang everybody's bell
        self.removed: list[tuple[str, str]] = []  # (person, message) that the community took out of its own view
        self.deliveries: list[tuple[str, int, int]] = []  # (type, X-Retry-Counter, status) of every callback
        self._screens = Screens()
        self._clock, self._sleep = clock, sleep
        self._epoch = time.time() - clock()
        self._memory, self._manual = memory, manual
        self._confirms_with_secret, self._one_event_id = confirms_with_secret, one_event_id
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._url = ""
        # What was written. The key of a screen is the person, or ROOM.
        self._people: dict[str, str] = {ROOM: ROOM}  # peer_id -> person
        self._denied: set[str] = set()
        self._written: dict[str, list[Written]] = {}
        self._boards: dict[str, list[list[dict[str, Any]]]] = {}  # person -> the conversation keyboard
        self._first = int(time.time())  # numbers go on from an earlier start's, as VK never gives one twice
        self._message_id = self._first
        self._presses: dict[str, Press] = {}
        self._uploads: dict[str, bytes] = {}  # hash -> content
        self._files: dict[str, tuple[bytes, str]] = {}  # photo-1_2 -> (content, title)
        # What goes to the bot.
        self._history: list[dict[str, Any]] = []
        self._log: list[dict[str, Any]] = []  # what long poll hands out; a position is an index
        self._kept_from = 0
        self._arrival = asyncio.Event()
        self._polled: set[str] = set()  # events that long poll is set to
        self._poll_enabled = False
        self._poll_key = secrets.token_hex(20)
        self._servers: dict[int, Server] = {}
        self._server_number = 0
        self._sent: deque[float] = deque()  # when calls came
        self._methods: dict[str, Callable[[Params], Any]] = {
            "messages.send": self._send,
            "messages.edit": self._edit,
            "messages.delete": self._delete,
            "messages.setActivity": self._set_activity,
            "messages.markAsRead": lambda given: int(bool(self._person(given))),
            "messages.sendMessageEventAnswer": self._answer_event,
            "messages.isMessagesFromGroupAllowed": self._is_allowed,
            "messages.getHistory": self._get_history,
            "messages.getConversations": self._get_conversations,
            "users.get": self._users_get,
            "groups.getById": lambda _: {
                "groups": [{"id": GROUP, "name": NAME, "screen_name": "saldo"}],
                "profiles": [],
            },
            "groups.getLongPollServer": self._get_poll_server,
            "groups.setLongPollSettings": self._set_poll,
            "groups.getCallbackConfirmationCode": lambda _: {"code": CONFIRMATION},
            "groups.getCallbackServers": self._get_servers,
            "groups.addCallbackServer": self._add_server,
            "groups.deleteCallbackServer": self._delete_server,
            "groups.setCallbackSettings": self._set_callbacks,
            "photos.getMessagesUploadServer": lambda given: self._upload_server("photo", given),
            "photos.saveMessagesPhoto": self._save_photo,
            "docs.getMessagesUploadServer": lambda given: self._upload_server("doc", given),
            "docs.save": self._save_doc,
            "execute": self._execute,
        }

    # -----------------------------------------------------------------------------------------------------------------
    # The server.

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=256 * 2**20)
        app.router.add_post("/method/{method}", self._serve)
        app.router.add_get("/poll", self._poll)
        app.router.add_post("/upload/{kind}/{number}", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self) -> Mapping[str, str]:
        return {
            "VK_TOKEN": TOKEN,
            "VK_GROUP_ID": str(GROUP),
            "VK_SECRET": SECRET,
            "VK_CONFIRMATION": CONFIRMATION if self._manual else "",
            "VK_API_URL": self._url,
        }

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        self.calls.append(method)
        shows = method in SHOWING or (method == "execute" and any(name in given.get("code", "") for name in SHOWING))
        fault = None
        try:
            fault = self._screens.fault(shows)
            if fault is Fault.REVOKED or given.get("access_token") != TOKEN:
                raise Refusal(5, "User authorization failed: invalid access_token (4).")
            if not re.fullmatch(r"5\.\d+", given.get("v", "")):
                raise Refusal(8, "Invalid request: v (version) is required")
            self._count()
            if fault is Fault.THROTTLED:
                raise Refusal(6, "Too many requests per second")
            if fault is Fault.BROKEN:
                raise Refusal(10, "Internal server error: could not process your request now")
            if fault is Fault.REFUSED:
                raise Refusal(914, "Message is too long")
            answer = await self._do(method, given)
        except Refusal as refusal:
            if refusal.limit:
                self._screens.violate(f"{method}: {refusal.message}")
            error = {"error_code": refusal.code, "error_msg": refusal.message}
            params = [{"key": key, "value": value} for key, value in {"method": method, "oauth": "1", **given}.items()]
            return web.json_response({"error": {**error, "request_params": params}})
        if fault is Fault.CUT:
            assert request.transport is not None
            request.transport.abort()
        if fault is Fault.GARBAGE:
            return web.Response(body=b"<html>\xff", content_type="text/html")
        if fault is Fault.SILENT:
            await asyncio.Event().wait()
        return web.json_response(answer if method == "execute" else {"response": answer})

    async def _do(self, method: str, given: Params) -> Any:
        call = self._methods.get(method)
        if call is None:
            raise Refusal(3, "Unknown method passed")
        result = call(given)
        return await result if isinstance(result, Awaitable) else result

    def _count(self) -> None:
        now = self._clock()
        while self._sent and self._sent[0] <= now - 1.0:
            self._sent.popleft()
        if len(self._sent) >= CALLS:
            raise Refusal(6, "Too many requests per second", limit=True)
        self._sent.append(now)

    async def _execute(self, given: Params) -> dict[str, Any]:
        """VKScript, as far as bots write it: literal calls API.x.y({…}), whose results are returned in order."""
        results: list[Any] = []
        errors: list[dict[str, Any]] = []
        for at, (method, arguments) in enumerate(script(given.get("code", ""))):
            if at == PARTS:
                raise Refusal(13, "Runtime error occurred during code invocation: too many API calls", limit=True)
            try:
                results.append(await self._do(method, arguments))
            except Refusal as refusal:
                if refusal.limit:
                    self._screens.violate(f"{method}: {refusal.message}")
                results.append(False)
                errors.append({"method": method, "error_code": refusal.code, "error_msg": refusal.message})
        return {"response": results, **({"execute_errors": errors} if errors else {})}

    # -----------------------------------------------------------------------------------------------------------------
    # The customer's side.

    def chat_id(self, person: str) -> str:
        peer = person if person == ROOM else str(FIRST_PERSON + int(person))
        self._people.setdefault(peer, person)
        return peer

    async def say(self, person: str, text: str) -> str:
        return self._write(person, self.chat_id(person), text)

    async def say_in_group(self, person: str, text: str) -> None:
        self._write(person, ROOM, text)

    async def attach(self, person: str) -> None:
        photo = {
            "type": "photo",
            "photo": {"id": 1, "owner_id": int(self.chat_id(person)), "access_key": "k", "sizes": []},
        }
        self._write(person, self.chat_id(person), "", {"attachments": [photo]}, picture=landscape())

    async def quote(self, person: str, text: str, quoted: str) -> str:
        """The person answers an older message and forwards it too: both carry words that are not fresh."""
        old = {"id": 1, "date": 1, "from_id": -GROUP, "peer_id": int(self.chat_id(person)), "text": quoted}
        return self._write(person, self.chat_id(person), text, {"reply_message": old, "fwd_messages": [old]})

    async def start_chat(self, person: str, payload: str = "") -> None:
        """«Начать», perhaps after a link vk.me/club…?ref=…"""
        more = {"ref": payload, "ref_source": "link"} if payload else {}
        self._write(person, self.chat_id(person), "Начать", {"payload": json.dumps({"command": "start"}), **more})

    async def press(self, person: str, message: str, label: str) -> None:
        """Raises LookupError when there is no such button."""
        peer = self.chat_id(person)
        rows = self._find(person, message).rows if message else self._boards.get(person, [])
        buttons = [button["action"] for row in rows for button in row if button["action"]["label"] == label]
        if not buttons:
            raise LookupError(f"no button {label!r}")
        action = buttons[0]
        payload = action.get("payload") or "{}"
        if action["type"] == "text":
            self._write(person, peer, label, {"payload": payload})
        elif action["type"] == "callback":
            press = secrets.token_hex(6)
            self._presses[press] = Press(peer, peer, self._clock() + PRESS_LIFE)
            self._screens.spin(person, press)
            event = {"user_id": int(peer), "peer_id": int(peer), "event_id": press, "payload": json.loads(payload)}
            self.tell("message_event", event | {"conversation_message_id": int(message or 0)})

    async def block(self, person: str) -> None:
        peer = self.chat_id(person)
        if peer not in self._denied:
            self._denied.add(peer)
            self._screens.touch()
            self.tell("message_deny", {"user_id": int(peer)})

    async def unblock(self, person: str) -> None:
        if self.chat_id(person) in self._denied:
            await self.allow(person)

    def blocked(self, person: str) -> bool:
        return self.chat_id(person) in self._denied

    async def allow(self, person: str, key: str = "") -> None:
        """The person allows messages, as a widget with a `key` asks for it."""
        peer = self.chat_id(person)
        self._denied.discard(peer)
        self._screens.touch()
        self.tell("message_allow", {"user_id": int(peer), "key": key})

    def chat(self, person: str) -> tuple[Shown, ...]:
        return self._screens.chat(person)

    def menu(self, person: str) -> Keys | None:
        return self._screens.menu(person)

    def settled(self, person: str) -> bool:
        return self._screens.settled(person)

    def keep(self) -> bytes:
        people, written, boards = self._people, self._written, self._boards
        kept = Kept(self._first, self._message_id, people, self._denied, written, boards, self._screens.keep())
        return msgspec.json.encode(kept)

    def recall(self, kept: bytes) -> None:
        was = msgspec.json.decode(kept, type=Kept)
        self._first, self._message_id, self._people, self._denied = was.first, was.message_id, was.people, was.denied
        self._written, self._boards = was.written, was.boards
        self._screens.recall(was.screens)

    # For the tests.

    def fail(self, fault: Fault, times: int = 1) -> None:
        self._screens.fail(fault, times)

    def heal(self) -> None:
        self._screens.heal()

    def redeliver(self) -> None:
        for event in self._history:
            self._deliver(event, counter=1)

    @property
    def version(self) -> int:
        return self._screens.version

    async def changed(self, since: int, within: float = 10.0) -> int:
        return await self._screens.changed(since, within)

    @property
    def violations(self) -> tuple[str, ...]:
        return tuple(self._screens.violations)

    async def register(self, url: str) -> str:
        """What the operator does in the community's settings: give an address, all events; returns its status."""
        server = self._server(url, "manual", SECRET)
        server.events = set(EVENTS)
        await self._confirm(server)
        return server.status

    @property
    def servers(self) -> list[tuple[str, str]]:
        """(url, status) of every callback server."""
        return [(server.url, server.status) for server in self._servers.values()]

    def expire_key(self) -> None:
        """The long poll's key grows old: failed 2."""
        self._poll_key = secrets.token_hex(20)
        self._wake()

    def lose_history(self) -> None:
        """Events so far are no longer handed out: failed 1."""
        self._kept_from = len(self._log)

    def lose_everything(self) -> None:
        """VK forgets its queue and begins anew: failed 3."""
        self._log.clear()
        self._kept_from = 0
        self.expire_key()

    # -----------------------------------------------------------------------------------------------------------------
    # Events: one log for the long poll, one queue for each callback server.

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Something happened: hand it to the bot, in every way that is switched on."""
        event = {"group_id": GROUP, "type": kind, "event_id": secrets.token_hex(20), "v": "5.199", "object": body}
        self._history.append(event)
        self._deliver(event, counter=0)

    def _deliver(self, event: dict[str, Any], counter: int) -> None:
        kind = event["type"]
        if self._poll_enabled and kind in self._polled:
            self._log.append(event)
        for server in self._servers.values():
            if kind in server.events and server.status == "ok":
                server.queue.put_nowait((event, counter))
        self._wake()

    def _wake(self) -> None:
        self._arrival.set()
        self._arrival = asyncio.Event()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _courier(self, server: Server) -> None:
        """Events in their order; one that fails waits aside and lets the others pass."""
        while True:
            event, counter = await server.queue.get()
            after = await self._post(server, event, counter)
            if after is not None:
                self._spawn(self._again(server, event, counter, after))

    async def _again(self, server: Server, event: dict[str, Any], counter: int, after: float) -> None:
        for number, pause in enumerate(RETRIES[counter:], counter + 1):
            await self._sleep(max(pause, after))
            wanted = await self._post(server, event, number)
            if wanted is None or server.id not in self._servers:
                return
            after = wanted

    async def _post(self, server: Server, event: dict[str, Any], counter: int) -> float | None:
        """None when the server took it; otherwise the seconds it asked to be left alone, or 0."""
        assert self._client is not None
        envelope = {**event, **({"secret": server.secret} if server.secret else {})}
        headers = {"X-Retry-Counter": str(counter)} if counter else {}
        try:
            async with self._client.post(server.url, json=envelope, headers=headers, allow_redirects=False) as answer:
                taken = answer.status == 200 and await answer.read() == b"ok"
                status, wanted = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError):
            taken, status, wanted = False, 0, ""
        self.deliveries.append((event["type"], counter, status))
        self._wake()
        if taken:
            return None
        return float(min(int(wanted), RETRY_AFTER)) if status in {410, 429, 503} and wanted.isdecimal() else 0.0

    async def delivered(self, count: int, within: float = 10.0) -> None:
        """Wait until `count` callbacks were tried; raises TimeoutError."""
        async with asyncio.timeout(within):
            while len(self.deliveries) < count:
                await self._arrival.wait()

    def _server(self, url: str, title: str, secret: str) -> Server:
        self._server_number += 1
        server = Server(self._server_number, url, title, secret)
        self._servers[server.id] = server
        self._spawn(self._courier(server))
        return server

    async def _confirm(self, server: Server) -> None:
        assert self._client is not None
        question: dict[str, Any] = {"type": "confirmation", "group_id": GROUP}
        if self._confirms_with_secret and server.secret:
            question["secret"] = server.secret
        server.status = "wait"
        try:
            async with self._client.post(server.url, json=question, allow_redirects=False) as answer:
                right = answer.status == 200 and await answer.text() == CONFIRMATION
        except (aiohttp.ClientError, TimeoutError):
            right = False
        server.status = "ok" if right else "failed"

    async def _add_server(self, given: Params) -> dict[str, int]:
        url, title, secret = given.get("url", ""), given.get("title", ""), given.get("secret_key", "")
        if not re.match(r"https?://", url) or not title:
            raise invalid("url, title")
        if len(title) > TITLE or len(secret) > SECRET_KEY:
            raise invalid("title or secret_key is too long", limit=True)
        if len(self._servers) == SERVERS:
            raise Refusal(2000, "Cannot add more than 10 servers", limit=True)
        server = self._server(url, title, secret)
        await self._confirm(server)
        return {"server_id": server.id}

    def _get_servers(self, _: Params) -> dict[str, Any]:
        items = [
            {"id": s.id, "title": s.title, "creator_id": 1, "url": s.url, "secret_key": s.secret, "status": s.status}
            for s in self._servers.values()
        ]
        return {"count": len(items), "items": items}

    def _delete_server(self, given: Params) -> int:
        if self._servers.pop(number(given, "server_id"), None) is None:
            raise invalid("server_id")
        return 1

    def _set_callbacks(self, given: Params) -> int:
        server = self._servers.get(number(given, "server_id"))
        if server is None:
            raise invalid("server_id")
        for kind in EVENTS:
            if kind in given:
                (server.events.add if given[kind] == "1" else server.events.discard)(kind)
        return 1

    def _set_poll(self, given: Params) -> int:
        self._poll_enabled = given.get("enabled", "1") == "1"
        self._polled = {kind for kind in EVENTS if given.get(kind, "1" if kind in self._polled else "0") == "1"}
        return 1

    def _get_poll_server(self, _: Params) -> dict[str, Any]:
        if not self._poll_enabled:
            raise invalid("longpoll for this group is not enabled")
        return {"key": self._poll_key, "server": f"{self._url}/poll", "ts": str(len(self._log))}

    async def _poll(self, request: web.Request) -> web.Response:
        given = request.query
        if given.get("act") != "a_check" or not re.fullmatch(r"\d{1,18}", given.get("ts", "")):
            return web.json_response({"failed": 3})
        position = int(given["ts"])
        try:
            async with asyncio.timeout(min(float(given.get("wait", "25")), 90.0)):
                while given.get("key") == self._poll_key and position == len(self._log):
                    await self._arrival.wait()
        except TimeoutError:
            pass
        if position > len(self._log):
            return web.json_response({"failed": 3})
        if given.get("key") != self._poll_key:
            return web.json_response({"failed": 2})
        if position < self._kept_from:
            return web.json_response({"failed": 1, "ts": len(self._log)})  # a number here, a string below (vksdk)
        updates = self._log[position:]
        if not self._one_event_id:
            updates = [{**event, "event_id": event["event_id"][::-1]} for event in updates]
        return web.json_response({"ts": str(len(self._log)), "updates": updates})

    # -----------------------------------------------------------------------------------------------------------------
    # Messages.

    def _write(
        self, person: str, peer: str, text: str, more: Mapping[str, Any] | None = None, picture: bytes | None = None
    ) -> str:
        """A person writes; returns the message's number in the dialog."""
        author = self.chat_id(person)
        self._denied.discard(author)  # who writes to us lets us answer
        screen = self._people[peer]
        wire = self._keep(
            screen, {"peer_id": int(peer), "from_id": int(author), "text": text, "out": 0, **(more or {})}
        )
        cmid = str(wire["conversation_message_id"])
        self._screens.append(screen, Shown(cmid, mine=True, text=text, picture=picture))
        actions = ["text", "vkpay", "open_app", "location", "open_link", "open_photo", "callback"]
        client = {"button_actions": actions, "keyboard": True, "inline_keyboard": True, "carousel": True, "lang_id": 0}
        self.tell("message_new", {"message": wire, "client_info": client})
        return cmid

    def _keep(
        self, screen: str, wire: dict[str, Any], rows: list[list[dict[str, Any]]] | None = None
    ) -> dict[str, Any]:
        self._message_id += 1
        dialog = self._written.setdefault(screen, [])
        now = self._clock()
        full = {
            "date": int(self._epoch + now),
            "id": self._message_id,
            "version": self._message_id,
            "attachments": [],
            "conversation_message_id": self._first + len(dialog),
            "fwd_messages": [],
            "important": False,
            "is_hidden": False,
            "random_id": 0,
            **wire,
        }
        dialog.append(Written(full, now, rows or []))
        return full

    def _find(self, screen: str, number: str) -> Written:
        """Raises LookupError."""
        return {str(one.wire["conversation_message_id"]): one for one in self._written.get(screen, [])}[number]

    def _person(self, given: Params, name: str = "peer_id") -> str:
        """Whose dialog it is; only with those who let us."""
        peer = given.get(name, "")
        if not re.fullmatch(r"-?\d+", peer):
            raise invalid(f"{name} is not a number")
        if int(peer) > int(ROOM) and peer not in self._people:
            raise Refusal(917, "You don't have access to this chat")
        if FIRST_PERSON <= int(peer) < int(ROOM):  # wrote to us once, perhaps before this start
            self._people.setdefault(peer, str(int(peer) - FIRST_PERSON))
        if peer not in self._people or peer in self._denied:
            raise Refusal(901, "Can't send messages for users without permission")
        return self._people[peer]

    def _send(self, given: Params) -> Any:
        many = "peer_ids" in given
        peers = given["peer_ids"].split(",") if many else [given.get("peer_id") or given.get("user_id", "")]
        if len(peers) > RECIPIENTS:
            raise invalid("peer_ids: too many", limit=True)
        if not re.fullmatch(r"-?\d+", given.get("random_id", "")) or not -(2**31) <= int(given["random_id"]) < 2**31:
            raise invalid("random_id")
        content = self._content(given)
        sent: list[dict[str, Any]] = []
        for peer in peers:
            try:
                person = self._person({"peer_id": peer})
            except Refusal as refusal:
                if not many:
                    raise
                error = {"code": refusal.code, "description": refusal.message}
                sent.append({"peer_id": int(peer), "message_id": 0, "conversation_message_id": 0, "error": error})
                continue
            wire = self._remembered(person, int(given["random_id"])) or self._show(person, peer, given, *content)
            numbers = {"message_id": wire["id"], "conversation_message_id": wire["conversation_message_id"]}
            sent.append({"peer_id": int(peer), **numbers})
        return sent if many else sent[0]["message_id"]

    def _remembered(self, person: str, random_id: int) -> dict[str, Any] | None:
        if random_id == 0:
            return None
        if self._memory == "history":
            known = [one for dialog in self._written.values() for one in dialog]
        else:
            since = self._clock() - REMEMBERED
            known = [one for one in self._written.get(person, [])[-REMEMBERED_MESSAGES:] if one.at > since]
        return next((one.wire for one in known if one.wire["out"] and one.wire["random_id"] == random_id), None)

    def _show(
        self,
        person: str,
        peer: str,
        given: Params,
        text: str,
        board: "Board | None",
        files: list[tuple[bytes, str] | None],
    ) -> dict[str, Any]:
        inline = board.rows if board and board.inline else []
        head = {"peer_id": int(peer), "from_id": -GROUP, "text": text, "out": 1, "random_id": int(given["random_id"])}
        wire = self._keep(person, head, inline)
        if board and not board.inline:
            self._boards[person] = board.rows
            self._screens.set_menu(person, keys(board.rows) or None)
        if PINGED.search(text) and given.get("disable_mentions") != "1":
            self.pings.append(text)
        picture, document = files
        self._screens.append(
            person,
            Shown(
                str(wire["conversation_message_id"]),
                mine=False,
                text=seen(text),
                keys=keys(inline),
                picture=picture[0] if picture else None,
                document=document[0] if document else None,
                document_name=document[1] if document else "",
            ),
        )
        self.tell("message_reply", wire)
        return wire

    def _edit(self, given: Params) -> int:
        person = self._person(given)
        try:
            old = self._find(person, given.get("cmid", ""))
        except LookupError:
            raise invalid("message not found") from None
        if not old.wire["out"]:
            raise Refusal(15, "Access denied: not your message")
        if self._clock() - old.at > EDIT_LIFE:
            raise Refusal(909, "Can't edit this message, because it's too old")
        text, board, (picture, document) = self._content(given)
        if board and not board.inline:
            raise Refusal(911, "Keyboard format is invalid: only an inline keyboard can be edited", limit=True)
        old.wire["text"], old.rows = text, board.rows if board else []
        shown = self._screens.edit(
            person,
            given["cmid"],
            text=seen(text),
            keys=keys(old.rows),
            picture=picture[0] if picture else None,
            document=document[0] if document else None,
            document_name=document[1] if document else "",
        )
        if not shown:
            raise invalid("message not found")
        self.tell("message_edit", old.wire)
        return 1

    def _content(self, given: Params) -> tuple[str, "Board | None", list[tuple[bytes, str] | None]]:
        text = given.get("message", "")
        if len(text.encode("utf-16-le")) // 2 > TEXT:
            raise Refusal(914, "Message is too long", limit=True)
        names = given["attachment"].split(",") if given.get("attachment") else []
        if len(names) > ATTACHMENTS:
            raise invalid("attachment: too many", limit=True)
        if not text.strip() and not names:
            raise invalid("message is empty or invalid")
        found: dict[str, tuple[bytes, str]] = {}
        for name in names:
            match = re.fullmatch(r"(photo|doc)(-?\d+_\d+)(_\w+)?", name)
            if match is None or match[1] + match[2] not in self._files:
                raise invalid("attachment is unknown")
            found[match[1]] = self._files[match[1] + match[2]]
        board = Board.read(given["keyboard"]) if given.get("keyboard") else None
        return text, board, [found.get("photo"), found.get("doc")]

    def _delete(self, given: Params) -> list[dict[str, Any]]:
        person = self._person(given)
        done: list[dict[str, Any]] = []
        for number in given.get("cmids", "").split(","):
            try:
                old = self._find(person, number)
            except LookupError:
                raise invalid("cmids") from None
            if given.get("delete_for_all") == "1":
                if not old.wire["out"]:
                    raise Refusal(924, "Can't delete this message for everybody")
                self._screens.delete(person, number)
            self.removed.append((person, number))
            done.append({"peer_id": old.wire["peer_id"], "conversation_message_id": int(number), "response": 1})
        return done

    def _answer_event(self, given: Params) -> int:
        press = self._presses.get(given.get("event_id", ""))
        data = given.get("event_data", "")
        if len(data) > EVENT_DATA:
            raise invalid("event_data is too long", limit=True)
        if data:
            said = parsed(data)
            if said is None or said.get("type") not in {"show_snackbar", "open_link", "open_app"}:
                raise invalid("event_data")
            if len(str(said.get("text", ""))) > SNACKBAR:
                raise invalid("event_data: text is too long", limit=True)
        who = (given.get("user_id"), given.get("peer_id"))
        if press is None or press.until < self._clock() or who != (press.user, press.peer):
            raise invalid("event_id is unknown or too old")
        del self._presses[given["event_id"]]
        self._screens.settle(given["event_id"])
        return 1

    def _set_activity(self, given: Params) -> int:
        person = self._person(given)
        if given.get("type") not in {"typing", "audiomessage", "file", "photo", "video"}:
            raise invalid("type")
        self.activities.append((person, given["type"]))
        return 1

    def _is_allowed(self, given: Params) -> dict[str, int]:
        peer = given.get("user_id", "")
        return {"is_allowed": int(peer in self._people and peer not in self._denied)}

    def _get_history(self, given: Params) -> dict[str, Any]:
        dialog = self._written.get(self._people.get(given.get("peer_id", ""), ""), [])
        newest = [one.wire for one in reversed(dialog)]
        start, count = number(given, "offset"), min(number(given, "count", 20), 200)
        return {"count": len(newest), "items": newest[start : start + count]}

    def _get_conversations(self, given: Params) -> dict[str, Any]:
        last = [dialog[-1].wire for dialog in self._written.values()]
        if given.get("filter") == "unanswered":
            last = [wire for wire in last if not wire["out"]]
        items = [{"conversation": {"peer": {"id": wire["peer_id"]}}, "last_message": wire} for wire in last]
        return {"count": len(items), "items": items[: min(number(given, "count", 20), 200)]}

    def _users_get(self, given: Params) -> list[dict[str, Any]]:
        known = [user for user in given.get("user_ids", "").split(",") if user in self._people]
        names = {user: full_name(self._people[user]).split() for user in known}
        return [{"id": int(user), "first_name": first, "last_name": last} for user, (first, last) in names.items()]

    # -----------------------------------------------------------------------------------------------------------------
    # Files: an address, the bytes, and then the name under which a message takes them.

    def _upload_server(self, kind: str, given: Params) -> dict[str, Any]:
        self._person(given)
        return {"upload_url": f"{self._url}/upload/{kind}/{secrets.token_hex(8)}", "album_id": -64, "group_id": 0}

    async def _upload(self, request: web.Request) -> web.Response:
        files = [one for one in (await request.post()).values() if isinstance(one, web.FileField)]
        if not files:
            return web.json_response({"error": "no_file", "error_descr": "no file"})
        proof = secrets.token_hex(8)
        self._uploads[proof] = files[0].file.read()
        files[0].file.close()
        if request.match_info["kind"] == "photo":
            return web.json_response({"server": 7, "photo": json.dumps([{"photo": proof}]), "hash": proof})
        return web.json_response({"file": proof})

    def _saved(self, kind: str, proof: str, title: str = "") -> dict[str, Any]:
        if proof not in self._uploads:
            raise invalid(f"{kind} was not uploaded")
        number = len(self._files) + 1
        self._files[f"{kind}-{GROUP}_{number}"] = (self._uploads.pop(proof), title)
        return {"id": number, "owner_id": -GROUP, "access_key": secrets.token_hex(9)}

    def _save_photo(self, given: Params) -> list[dict[str, Any]]:
        return [self._saved("photo", given.get("hash", ""))]

    def _save_doc(self, given: Params) -> dict[str, Any]:
        return {"type": "doc", "doc": self._saved("doc", given.get("file", ""), given.get("title", "doc"))}


@dataclass(frozen=True, slots=True)
class Board:
    """A keyboard that VK takes."""

    rows: list[list[dict[str, Any]]]
    inline: bool

    @classmethod
    def read(cls, text: str) -> "Board":
        """Raises Refusal 911."""
        board = parsed(text)
        rows = board.get("buttons") if board else None
        if board is None or not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
            raise wrong("not rows of buttons")
        inline = board.get("inline", False)
        if not isinstance(inline, bool) or not isinstance(board.get("one_time", False), bool):
            raise wrong("inline and one_time are true or false")
        if inline and (board.get("one_time") or not rows):
            raise wrong("an inline keyboard has buttons and no one_time")
        most_rows, most_columns, most = INLINE if inline else CONVERSATION
        if len(rows) > most_rows or sum(map(len, rows)) > most or any(len(row) > most_columns for row in rows):
            raise wrong("too many buttons")
        for row in rows:
            for button in row:
                check(button)
        return cls(rows, inline)


def check(button: Any) -> None:
    action = button.get("action") if isinstance(button, dict) else None
    if not isinstance(action, dict) or action.get("type") not in {"text", "callback", "open_link"}:
        raise wrong("unknown action")
    label, payload = action.get("label"), action.get("payload")
    if not isinstance(label, str) or not 1 <= len(label) <= LABEL:
        raise wrong("label is empty or too long")
    if payload is not None and (not isinstance(payload, str) or len(payload) > PAYLOAD or parsed(payload) is None):
        raise wrong("payload is no JSON object or too long")
    if action["type"] == "open_link":
        if not re.match(r"https?://\S", str(action.get("link"))) or "color" in button:
            raise wrong("a link has an address and no color")
    elif button.get("color", "secondary") not in COLOURS:
        raise wrong("unknown color")


def wrong(what: str) -> Refusal:
    return Refusal(911, f"Keyboard format is invalid: {what}", limit=True)


def number(given: Params, name: str, default: int = 0) -> int:
    value = given.get(name, str(default))
    if not re.fullmatch(r"\d{1,18}", value):
        raise invalid(f"{name} is not a number")
    return int(value)


def parsed(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def keys(rows: list[list[dict[str, Any]]]) -> Keys:
    return tuple(
        tuple(
            Key(button["action"]["label"], button["action"].get("link"), COLOURS[button.get("color", "secondary")])
            for button in row
        )
        for row in rows
    )


def seen(text: str) -> str:
    """What a client draws: mentions become names, a zero-width space nothing."""
    return MENTION.sub(lambda found: found[1] or found[2], text).replace("\u200b", "")


def script(code: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The calls API.x.y({…}) of a VKScript, in order. Raises Refusal 12 for what is none."""
    decoder = json.JSONDecoder()
    for call in re.finditer(r"API\.(\w+\.\w+)\(", code):
        try:
            arguments, _ = decoder.raw_decode(code, call.end())
        except ValueError:
            raise Refusal(12, "Unable to compile code") from None
        yield (
            call[1],
            {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()},
        )
