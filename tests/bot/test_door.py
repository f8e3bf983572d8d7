"""The door answers what aiohttp would answer, and leaves to it whatever is not plain."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Received
from bot import hardening
from bot.door import read
from bot.hooks import Hooks
from storage.base import Unwritable
from tests.bot.test_web import Door, door, every_network

Answer = tuple[bytes, dict[bytes, bytes], bytes]  # status line, headers but for the date, body


class Wire:
    """One connection to our port, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *pieces: bytes) -> None:
        """Each piece arrives in a read of its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            for _ in range(20):  # turns of the loop, which is the server's loop too
                await asyncio.sleep(0)

    async def answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in head[1:])}
        headers.pop(b"date", None)
        return head[0], headers, await self.reader.readexactly(int(headers[b"content-length"]))


@asynccontextmanager
async def wire(d: Door) -> AsyncIterator[Wire]:
    address = urlsplit(d.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def request(d: Door, body: bytes | None = None, *, url: str = "", **more: str) -> bytes:
    """A request in one piece; a header given as "" is left out."""
    body = d.variant() if body is None else body
    headers = {"Host": "x", "Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= {k: v for k, v in d.good.headers.items() if k.startswith("x-telegram")}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"POST {urlsplit(url or d.url).path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items() if v)]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The networks of the requests that the door took itself."""
    seen: list[str] = []
    usual: Callable[..., None] = Hooks.begin

    def begin(self: Hooks, name: str, *more: Any) -> None:
        seen.append(name)
        usual(self, name, *more)

    monkeypatch.setattr(Hooks, "begin", begin)
    return seen


def halves(whole: bytes) -> tuple[bytes, bytes]:
    return whole[:40], whole[40:]


@every_network
async def test_both_ways_answer_alike(network: str, tmp_path: Path, begun: list[str]) -> None:
    async with door(tmp_path, network) as d:
        secret = "x_telegram_bot_api_secret_token"
        cases: dict[str, dict[str, Any]] = {
            "good": {},
            "not JSON": {"body": b"hello"},
            "wrong secret": {secret: "wrong"},
            "wrong community": {"body": d.variant(group_id=1)},
            "confirmation": {"body": d.variant(type="confirmation")},
        }
        for name, case in cases.items():
            del begun[:]
            async with wire(d) as one:
                await one.send(request(d, **case))
                taken = await one.answer()
            assert begun == [network], name
            async with wire(d) as one:
                await one.send(*halves(request(d, **case)))
                assert await one.answer() == taken, name
            assert begun == [network], f"{name}: in pieces it is aiohttp's"


@every_network
async def test_both_ways_say_503_when_nothing_can_be_stored(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Unwritable("disk full")

    async with door(tmp_path, network) as d:
        inbox = d.stage.app.storage.inbox
        monkeypatch.setattr(inbox, "put", full)
        monkeypatch.setattr(inbox, "accept", full)
        async with wire(d) as one, wire(d) as other:
            await one.send(request(d))
            await other.send(*halves(request(d)))
            status, headers, body = await one.answer()
            assert (status, headers[b"retry-after"]) == (b"HTTP/1.1 503 Service Unavailable", b"5")
            assert (status, headers, body) == await other.answer()


@every_network
async def test_a_connection_serves_one_request_after_another(network: str, tmp_path: Path, begun: list[str]) -> None:
    async with door(tmp_path, network) as d, wire(d) as one:
        del begun[:]
        before = d.stored()
        for _ in range(5):
            await one.send(request(d))
            assert (await one.answer())[0] == b"HTTP/1.1 200 OK"
        assert begun == [network] * 5
        assert d.stored()[0] == before[0] + 5
        await one.send(*halves(request(d)))
        assert (await one.answer())[0] == b"HTTP/1.1 200 OK"
        await one.send(request(d))
        assert (await one.answer())[0] == b"HTTP/1.1 200 OK"
        assert begun == [network] * 5, "a connection that was handed over stays with aiohttp"
        assert d.stored()[0] == before[0] + 7


@every_network
async def test_requests_in_a_row_are_all_answered(network: str, tmp_path: Path) -> None:
    """Pipelined in one piece, and while the first is being stored."""
    async with door(tmp_path, network) as d:
        before = d.stored()
        async with wire(d) as one:
            await one.send(request(d) + request(d) + request(d))
            assert [(await one.answer())[0] for _ in range(3)] == [b"HTTP/1.1 200 OK"] * 3
        async with wire(d) as one:
            for piece in (request(d), request(d), *halves(request(d))):
                one.writer.write(piece)
                await asyncio.sleep(0)
            assert [(await one.answer())[0] for _ in range(3)] == [b"HTTP/1.1 200 OK"] * 3
        assert d.stored()[0] == before[0] + 6


async def test_what_is_not_plain_is_not_judged_here(tmp_path: Path, begun: list[str]) -> None:
    async with door(tmp_path, "telegram") as d:
        del begun[:]
        good = request(d)
        for name, bytes_, status in (
            ("a stranger's path", request(d, url=d.url + "x"), b"404"),
            ("nobody's network", good.replace(b"/hook/telegram/", b"/hook/nobody/"), b"404"),
            ("another method", good.replace(b"POST", b"PUT", 1), b"405"),
            ("doubled header", good.replace(b"Host: x", b"Host: x\r\nX-A: 1\r\nX-A: 1"), b"200"),
            ("unpacked by nobody", request(d, content_encoding="gzip"), b"415"),
            ("two lengths", good.replace(b"Host: x", b"Host: x\r\nContent-Length: 1"), b"400"),
            ("a length with a sign", request(d, Content_Length="+5"), b"400"),
            ("length and chunks", request(d, transfer_encoding="chunked"), b"400"),
            ("HTTP/1.0", good.replace(b"HTTP/1.1", b"HTTP/1.0", 1), b"200"),
            ("to be closed", request(d, connection="close"), b"200"),
            ("a folded header", good.replace(b"Host: x", b"Host: x\r\n y"), b"400"),
            ("a head without end", request(d, x_long="x" * 5000), b"200"),
            ("no HTTP", b"hello\r\n\r\n", b"400"),
        ):
            async with wire(d) as one:
                await one.send(bytes_)
                line, headers, _ = await one.answer()
                assert line.split()[1] == status, name
                assert headers[b"server"] == b"saldo", name
        assert not begun


def test_only_plain_heads_are_read() -> None:
    plain = b"POST /hook/vk/abc HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
    found = read(plain)
    assert found is not None
    assert (found.network, found.path, found.headers, found.length) == (
        "vk",
        "abc",
        {"host": "a", "content-length": "2"},
        2,
    )


@given(st.binary(max_size=40), st.integers(0, 60), st.integers(0, 20))
def test_a_damaged_head_is_left_alone_or_means_what_it_says(damage: bytes, at: int, less: int) -> None:
    plain = b"POST /hook/vk/abc HTTP/1.1\r\nHost: a\r\nX-Secret: s\r\nContent-Length: 2\r\n\r\n"
    head = plain[:at] + damage + plain[at + less :]
    if (found := read(head)) is not None:
        lines = head.decode("ascii").split("\r\n")
        assert lines[0] == f"POST /hook/{found.network}/{found.path} HTTP/1.1"
        assert len(lines) == len(found.headers) + 3, "every line is a header, and no header came twice"
        assert not found.headers.keys() & {"transfer-encoding", "content-encoding", "expect", "upgrade"}
        assert found.headers["content-length"] == str(found.length).zfill(len(found.headers["content-length"]))


async def test_a_stop_waits_for_what_is_being_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Callable[[BaseException | None], None]] = []

    def slow(network: str, received: Received, tell: Callable[[BaseException | None], None]) -> None:
        told.append(tell)

    async with AsyncExitStack() as running:
        d = await running.enter_async_context(door(tmp_path, "vk"))
        monkeypatch.setattr(d.stage.app.storage.inbox, "accept", slow)
        async with wire(d) as one:
            await one.send(request(d))
            stopping = asyncio.create_task(running.aclose())
            while d.stage.app.ready:  # noqa: ASYNC110  # it is the program that says so, by no event
                await asyncio.sleep(0)
            for _ in range(200):
                await asyncio.sleep(0)
            assert not stopping.done()
            told[0](None)
            assert (await one.answer())[0] == b"HTTP/1.1 200 OK"
            await stopping


async def test_who_leaves_before_the_answer_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Callable[[BaseException | None], None]] = []

    def slow(network: str, received: Received, tell: Callable[[BaseException | None], None]) -> None:
        told.append(tell)

    async with door(tmp_path, "vk") as d:
        with monkeypatch.context() as patch:
            patch.setattr(d.stage.app.storage.inbox, "accept", slow)
            async with wire(d) as one:
                await one.send(request(d))
            for _ in range(50):
                await asyncio.sleep(0)
            told[0](None)
        async with wire(d) as one:
            await one.send(request(d))
            assert (await one.answer())[0] == b"HTTP/1.1 200 OK"


async def test_the_idle_clock_ends_who_is_silent_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Callable[[BaseException | None], None]] = []

    def slow(network: str, received: Received, tell: Callable[[BaseException | None], None]) -> None:
        told.append(tell)

    monkeypatch.setitem(hardening.ARGUMENTS, "keepalive_timeout", 0.2)
    async with door(tmp_path, "vk") as d:
        monkeypatch.setattr(d.stage.app.storage.inbox, "accept", slow)
        async with wire(d) as waits, wire(d) as silent:
            await waits.send(request(d))
            assert await silent.reader.read() == b"", "said nothing, and is ended"
            told[0](None)
            assert (await waits.answer())[0] == b"HTTP/1.1 200 OK", "the same time later, but something is being stored"
            assert await waits.reader.read() == b"", "and now it is idle"
