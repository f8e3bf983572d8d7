"""The door: hooks are answered straight from the socket, and everything else goes on to aiohttp.

    bytes ──▶ one whole and plain POST to a hook of ours? ──yes──▶ bot.hooks ──▶ answer
                             │ no
                             ▼
              aiohttp with all of bot.hardening, from now on and for the rest of this connection

A request through aiohttp's server, its tasks, router, middlewares and objects, costs three times what is done about it;
a network posts the same few headers all day. This file may only ever say yes: whatever is split, pipelined, chunked,
compressed, doubled, unusual, too long, or not proven to know a secret path, is not judged here at all. And the answers
are the same to the byte, but for the order of headers (tests/bot/test_door.py holds them together).

What aiohttp keeps on a connection holds here too: the idle clock, the answer that a shutdown waits for.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, NamedTuple

from aiohttp.helpers import rfc822_formatted_time
from aiohttp.web_protocol import RequestHandler

from adapters.base import Post
from bot.hardening import BODY_BYTES, address_behind, every_header
from bot.hooks import Hooks, Told

LONGEST: Final = 4096  # bytes of a head that is read here
PATIENCE: Final = 60.0  # seconds: no answer takes longer, because the database gives up before
READ: Final = 64 * 1024  # asyncio makes room for this much at each read; above 128 KiB that is a system call, or three

PLAIN: Final = re.compile(
    rb"POST /hook/([a-z0-9_]{1,32})/([A-Za-z0-9_-]{1,256}) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9_-]+:[ \t]*[\x20-\x7e\t]*\r\n)+)\r\n"
)
LENGTH: Final = re.compile("[0-9]{1,7}")
# What changes how a body is framed, packed or answered.
FOREIGN: Final = frozenset({"transfer-encoding", "content-encoding", "expect", "upgrade", "te", "trailer"})


class Head(NamedTuple):
    network: str
    path: str
    headers: Mapping[str, str]
    length: int


@lru_cache(512)
def read(head: bytes) -> Head | None:
    """A head that has nothing unusual in it; None otherwise. Kept, because networks repeat theirs."""
    if not (found := PLAIN.fullmatch(head)):
        return None
    headers: dict[str, str] = {}
    for line in found[3].decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name in headers or name in FOREIGN:
            return None
        headers[name] = value.strip(" \t")
    if headers.get("connection", "keep-alive").lower() != "keep-alive" or "host" not in headers:
        return None
    length = headers.get("content-length", "")
    if not LENGTH.fullmatch(length) or int(length) > BODY_BYTES:
        return None
    return Head(found[1].decode(), found[2].decode(), headers, int(length))


@lru_cache(64)
def start(told: Told, secure: bool, date: str) -> bytes:
    """The answer's bytes."""
    lines = {
        "Content-Type": told.media_type,
        "Content-Length": str(len(told.body)),
        "Date": date,
        **every_header(secure=secure),
        **dict(told.headers),
    }
    head = f"HTTP/1.1 {told.status} {HTTPStatus(told.status).phrase}\r\n"
    return (head + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode() + told.body


class Door(RequestHandler):
    """One connection."""

    __slots__ = ("_hooks", "_later", "_mine", "_secure", "_trusted", "_waits")

    def __init__(
        self, *args: Any, hooks: Hooks, secure: bool, trusted: tuple[IPv4Network | IPv6Network, ...], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._hooks, self._secure, self._trusted = hooks, secure, trusted
        self._mine = True  # aiohttp has seen nothing of this connection yet
        self._waits = False  # a request is being taken
        self._later = b""  # came while it was

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if hasattr(transport, "max_size"):
            transport.max_size = READ

    def data_received(self, data: bytes) -> None:
        if not self._mine:
            super().data_received(data)
        elif self._waits:
            self._later += data
            if len(self._later) == len(data) and self.transport is not None:
                self.transport.pause_reading()
        elif not (self._force_close or self._close or self._take(data)):
            self._mine = False
            super().data_received(data)

    def _take(self, data: bytes) -> bool:
        """Whether these bytes are a request that is taken here."""
        end = data.find(b"\r\n\r\n", 0, LONGEST) + 4
        if end == 3 or (head := read(data[:end])) is None or len(data) - end != head.length:
            return False
        network = self._hooks.find(head.network, head.path)
        if network is None:
            return False
        remote = address_behind(self.peer(), head.headers.get("x-forwarded-for", ""), self._trusted)
        post = Post(head.headers, data[end:], remote)
        self._waits = self._request_in_progress = True
        self._next_keepalive_close_time = self._loop.time() + PATIENCE
        self._hooks.begin(head.network, network, post, self._answer)
        return True

    def _answer(self, told: Told) -> None:
        self._waits = self._request_in_progress = False
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)  # a shutdown waited for us
        if self.transport is None:
            return  # the network did not wait; it will bring the event again, and we shall know it
        self.transport.write(start(told, self._secure, rfc822_formatted_time()))
        close = self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        timer = self._keepalive_handle
        if not isinstance(timer, asyncio.TimerHandle) or timer.when() > close:  # the clock came round meanwhile
            if timer is not None:
                timer.cancel()
            self._keepalive_handle = self._loop.call_at(close, self._process_keepalive)
        if self._later:
            self._mine, later, self._later = False, self._later, b""
            self.transport.resume_reading()
            super().data_received(later)

    def peer(self) -> str:
        name = self.peername
        return str(name[0]) if isinstance(name, tuple) else ""
