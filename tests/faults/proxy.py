"""A proxy of plain TCP between an adapter and its network, that spoils one call.

    adapter ──▶ proxy ──▶ sandbox        the call is done there, then its answer goes wrong
                  └──▶ no sandbox        or it never arrives, and the proxy answers in the network's place

It reads just enough HTTP to know which call a request is and where an answer ends. What goes wrong is a `Fault`; where
exactly (after how many bytes) comes from a seed.
"""

import asyncio
import random
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

DRIP: Final = 4.0  # seconds that a slow answer goes on, byte by byte: longer than anybody waits here


class Fault(StrEnum):
    # The network never hears of the call.
    REFUSED = "refused"  # nobody listens
    RESET_AT_ONCE = "reset at once"  # taken, and reset before anything is read
    THROTTLED = "429"
    THROTTLED_AFTER = "429 with Retry-After"
    BROKEN = "500"
    BAD_GATEWAY = "502 with a page"
    AWAY = "503"
    LATE = "504"
    REDIRECTED = "302"
    # The call is done, and its answer does not come as it should.
    STALLED = "stalled"
    NO_ANSWER = "closed without an answer"
    CUT_STATUS = "cut in the first line"
    CUT_HEAD = "cut in the head"
    CUT_BODY = "cut in the body"
    RESET = "reset without an answer"
    RESET_BODY = "reset in the body"
    HALF_CLOSED = "half-closed without an answer"
    GARBAGE = "bytes that are no HTTP"
    EMPTY = "an empty 200"
    PAGE = "a page with 200"
    CUT_JSON = "half the JSON, with a head that says it is all"
    OTHER_JSON = "JSON of another kind"
    SLOW = "byte by byte, for too long"
    # Strange, and nothing is wrong.
    TRICKLED = "in small pieces"
    DOUBLED = "the answer twice"


PAGE: Final = b"<html><body>Something went wrong</body></html>"
INSTEAD: Final = {
    Fault.THROTTLED: (429, b"", PAGE),
    Fault.THROTTLED_AFTER: (429, b"Retry-After: 3\r\n", b""),
    Fault.BROKEN: (500, b"", b""),
    Fault.BAD_GATEWAY: (502, b"", PAGE),
    Fault.AWAY: (503, b"Retry-After: 3\r\n", PAGE),
    Fault.LATE: (504, b"", PAGE),
    Fault.REDIRECTED: (302, b"Location: http://127.0.0.1:9/\r\n", PAGE),
}
AFTERWARDS: Final = {Fault.EMPTY: b"", Fault.PAGE: PAGE, Fault.OTHER_JSON: b'["", {}]'}


def answer(status: int, head: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), head, body)


@dataclass
class Proxy:
    """`call`: a pattern of the request's target. The next call of that kind meets `fault`; all others pass."""

    target: int  # the sandbox's port
    dice: random.Random
    port: int = 0
    call: str = ""
    fault: Fault | None = None
    met: asyncio.Event = field(default_factory=asyncio.Event)  # the fault was met
    _server: asyncio.Server | None = None
    _kept: socket.socket | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def arm(self, call: str, fault: Fault) -> None:
        self.call, self.fault = call, fault
        self.met.clear()
        if fault is Fault.REFUSED:
            self.met.set()
            self.shut()
            # Ours, and nobody listens there: or somebody else on this machine might.
            self._kept = socket.socket()
            self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._kept.bind(("127.0.0.1", self.port))
            await asyncio.sleep(0.02)  # until the other side knows that its kept connections are gone

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._let_in, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def heal(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
            await self.listen()
        self.fault = None

    async def stop(self) -> None:
        self.shut()
        await asyncio.sleep(0.01)  # who was just being let in
        self.shut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # until the last of them is gone
        if self._kept is not None:
            self._kept.close()

    def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Known from the first moment: a task that is cancelled before it begins closes nothing."""
        self._open.add(writer)
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._request(reader, writer):
                    pass
        finally:
            self._open.discard(writer)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays."""
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ", 2)[1].decode()
        fault = self.fault if self.fault and re.search(self.call, target) else None
        if fault is Fault.RESET_AT_ONCE:
            self._spent()
            return reset(writer)
        body = await whole(reader, head)
        if fault in INSTEAD:
            self._spent()
            writer.write(answer(*INSTEAD[fault]))
            await writer.drain()
            return True
        said = await self._forwarded(head, body)
        if fault is None:
            writer.write(said)
            await writer.drain()
            return True
        self._spent()
        return await self._spoil(fault, said, reader, writer)

    def _spent(self) -> None:
        self.met.set()
        self.fault = None

    async def _forwarded(self, head: bytes, body: bytes) -> bytes:
        """The whole answer of the network."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._open.add(writer)
        try:
            writer.write(head + body)
            said = await reader.readuntil(b"\r\n\r\n")
            return said + await whole(reader, said)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _spoil(
        self, fault: Fault, said: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        line, head = said.index(b"\r\n"), said.index(b"\r\n\r\n") + 4
        within = self.dice.randrange
        match fault:
            case Fault.STALLED:
                await reader.read()  # until the other side has had enough
            case Fault.NO_ANSWER:
                pass
            case Fault.CUT_STATUS:
                writer.write(said[: within(1, line)])
            case Fault.CUT_HEAD:
                writer.write(said[: within(line + 2, head - 2)])
            case Fault.CUT_BODY:
                writer.write(said[: within(head, len(said))])
            case Fault.RESET:
                return reset(writer)
            case Fault.RESET_BODY:
                writer.write(said[: within(head, len(said))])
                await writer.drain()
                return reset(writer)
            case Fault.HALF_CLOSED:
                writer.write_eof()
                await reader.read()
            case Fault.GARBAGE:
                writer.write(self.dice.randbytes(200) + b"\r\n\r\n")
            case Fault.CUT_JSON | Fault.EMPTY | Fault.PAGE | Fault.OTHER_JSON:
                body = AFTERWARDS.get(fault, said[head : (head + len(said)) // 2])
                writer.write(answer(200, b"Content-Type: application/json\r\n", body))
                await writer.drain()
                return True
            case Fault.SLOW:
                for n in range(len(said) - 1):
                    writer.write(said[n : n + 1])
                    await writer.drain()
                    await asyncio.sleep(DRIP / len(said))
            case Fault.TRICKLED:
                for n in range(0, len(said), 1 + len(said) // 12):
                    writer.write(said[n : n + 1 + len(said) // 12])
                    await writer.drain()
                    await asyncio.sleep(0.005)
                return True
            case Fault.DOUBLED:
                writer.write(said + said)
                await writer.drain()
                return True
        await writer.drain()
        return False


def reset(writer: asyncio.StreamWriter) -> bool:
    """Close with RST instead of FIN."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def whole(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """The body that belongs to a head, as it stands on the wire."""
    if length := re.search(rb"(?i)\r\ncontent-length: *(\d+)", head):
        return await reader.readexactly(int(length[1]))
    if not re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
        return b""
    body, size = b"", b"1"
    while int(size, 16):
        size = await reader.readuntil(b"\r\n")
        body += size + await reader.readexactly(int(size, 16) + 2)
    return body


@asynccontextmanager
async def proxied(target: int, seed: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target, random.Random(seed))
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.stop()
