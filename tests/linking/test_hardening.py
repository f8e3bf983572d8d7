"""The hard shell, over raw sockets where a client library would be too polite. Ids are of robustness.md."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client import generate_latest

from bot import hardening, logs
from bot.hardening import ARGUMENTS, HEADERS, client_address, hardened, runner
from tests.linking.desk import KEY, TELEGRAM, Browser, Desk

TOKEN = "tok-canary-9f3a2b7c1d"
PASSWORD = "pw-canary-51c7"


async def raw(url: str, *parts: bytes, wait: float = 5) -> bytes:
    """Send the parts as they are and read until the server closes."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for part in parts:
        writer.write(part)
    try:
        await writer.drain()
        return await asyncio.wait_for(reader.read(), wait)
    finally:
        writer.close()


def head(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    top, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = top.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


# ── B7, A11: the same headers on every answer ─────────────────────────────────────────────────────────────────────


async def test_b7_every_answer_has_the_headers(site: Desk, person: Browser) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    asked: list[tuple[int, str, str, dict[str, Any]]] = [
        (200, "GET", f"/link/{TOKEN}", {}),
        (404, "GET", "/link/unknown", {}),
        (404, "GET", "/", {}),
        (404, "GET", "/link/", {}),
        (405, "PUT", f"/link/{TOKEN}", {}),
        (405, "TRACE", f"/link/{TOKEN}", {}),
        (403, "POST", f"/link/{TOKEN}", {"data": b"a=1", "headers": form}),
        (413, "POST", f"/link/{TOKEN}", {"data": io.BytesIO(b"x" * (2**20 + 1)), "headers": form}),
        (415, "POST", f"/link/{TOKEN}", {"data": b"x", "headers": {**form, "Content-Encoding": "gzip"}}),
        (415, "POST", "/api/links", {"data": b"x", "headers": {"Authorization": f"Bearer {KEY}"}}),
        (401, "POST", "/api/links", {}),
        (500, "GET", "/broken", {}),
    ]
    for status, method, path, more in asked:
        page = await person.ask(method, path, **more)
        assert page.status == status, (method, path)
        for name, value in HEADERS.items():
            if name != "Content-Security-Policy":
                assert page.headers[name] == value, (path, name)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Server"] == "saldo"
        if status >= 400 and page.headers["Content-Type"].startswith("text/plain"):
            assert page.html == f"{status}: {web.Response(status=status).reason}"


@pytest.mark.parametrize(
    "lines",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /link/tok-canary-9f3a2b7c1d\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX tok-canary-9f3a2b7c1d\r\n\r\n",
    ],
)
async def test_a11_what_is_no_http_is_answered_in_our_looks(hasty: None, site: Desk, lines: bytes) -> None:
    status, headers, body = head(await raw(site.url, lines))
    assert status in {400, 505}
    assert headers["Server"] == "saldo"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert b"canary" not in body
    assert body.decode() == f"{status}: {web.Response(status=status).reason}"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server does not linger for what it will not read."""
    monkeypatch.setitem(ARGUMENTS, "lingering_time", 0.05)


# ── A9, A10: bodies and sockets ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "identity, gzip", "GZIP", "x"])
async def test_a9_compressed_bodies_are_refused_unread(hasty: None, site: Desk, encoding: str) -> None:
    request = f"POST /link/x HTTP/1.1\r\nHost: x\r\nContent-Encoding: {encoding}\r\nContent-Length: 1000000000\r\n\r\n"
    status, headers, _ = head(await raw(site.url, request.encode(), b"\x1f\x8b" * 1000))
    assert status == 415
    assert headers["Connection"] == "close"


@pytest.mark.parametrize("encoding", ["identity", "", "Identity"])
async def test_plain_bodies_are_read(site: Desk, person: Browser, encoding: str) -> None:
    page = await person.ask("POST", "/link/x", data=b"a=1", headers={"Content-Encoding": encoding})
    assert page.status == 404


async def test_a10_a_body_that_does_not_come_ends_the_connection(
    hasty: None, site: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardening, "BODY_SECONDS", 0.05)
    status, headers, _ = head(
        await raw(site.url, b"POST /link/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    )
    assert status == 408
    assert headers["Connection"] == "close"


async def test_a10_a_body_above_the_limit_ends_the_connection(hasty: None, site: Desk) -> None:
    body = b"x" * (2**20 + 1)
    start = f"POST /link/x HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    status, headers, _ = head(await raw(site.url, start, body))
    assert status == 413
    assert headers["Connection"] == "close"


async def test_a_broken_chunk_is_a_bad_request(site: Desk) -> None:
    status, _, _ = head(
        await raw(site.url, b"POST /link/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    )
    assert status == 400


async def test_a_server_without_bodies_takes_none() -> None:
    app = hardened(0)

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app.router.add_route("*", "/", echo)
    async with served(app) as url:
        assert head(await raw(url, b"GET / HTTP/1.0\r\n\r\n"))[0] == 200
        assert head(await raw(url, b"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab"))[0] == 413


class served:
    def __init__(self, app: web.Application) -> None:
        self.running = runner(app)

    async def __aenter__(self) -> str:
        await self.running.setup()
        await web.TCPSite(self.running, "127.0.0.1", 0).start()
        return "http://127.0.0.1:{1}".format(*self.running.addresses[0])

    async def __aexit__(self, *_: object) -> None:
        await self.running.cleanup()


async def test_a10_idle_half_and_silent_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARGUMENTS, "keepalive_timeout", 0.1)
    async with served(hardened(1000)) as url:
        for parts in ([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], [b"GET / HTTP/1.1\r\nHost"], []):
            await raw(url, *parts, wait=10)  # TimeoutError: still open


async def test_aiohttp_took_every_argument() -> None:
    running = runner(hardened(1000))
    await running.setup()
    try:
        assert running.server is not None
        made = running.server()
        assert made.keepalive_timeout == 10
        assert made._lingering_time == 2
        assert made.access_logger is None
        assert made.logger is hardening.wire
    finally:
        await running.cleanup()


def test_a_misspelt_argument_is_a_loud_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARGUMENTS, "keep_alive_timeout", 10)
    with pytest.raises(TypeError, match="keep_alive_timeout"):
        runner(hardened(1000))


# ── Who calls ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("198.51.100.7", [], [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.1"], [], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.1"], ["10.0.0.0/8"], "203.0.113.1"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.1"], ["10.0.0.0/8"], "203.0.113.1"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.1, 10.0.0.2"], ["10.0.0.0/8"], "203.0.113.1"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.1"], ["10.0.0.0/8"], "203.0.113.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], ["10.0.0.0/8"], "10.0.0.3"),
        ("10.0.0.1", ["6.6.6.6, nonsense"], ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", [""], ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", [], ["10.0.0.0/8"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["203.0.113.1"], ["10.0.0.0/8"], "203.0.113.1"),
        ("::1", ["2001:db8::5"], ["::1/128"], "2001:db8::5"),
        ("", ["203.0.113.1"], ["10.0.0.0/8"], ""),
    ],
)
def test_a3_only_our_own_proxies_say_who_calls(
    peer: str, forwarded: list[str], trusted: list[str], expected: str
) -> None:
    request = make_mocked_request("GET", "/", headers=[("X-Forwarded-For", one) for one in forwarded])  # type: ignore[arg-type]
    request = request.clone(remote=peer)
    assert client_address(request, [ip_network(one) for one in trusted]) == expected


# ── B8: logs ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Everything that the process says, at its most talkative, set up as in production."""
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    logs.set_up("json", logging.DEBUG)
    for name in (None, "aiohttp", *logs.QUIET):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield said.getvalue
    structlog.reset_defaults()
    root.handlers, root.level = before[0], before[1]
    for name, level in levels.items():  # SQLAlchemy has one of its own: without it, rows are logged
        logging.getLogger(name).setLevel(level)


async def test_b8_no_token_password_code_or_key_in_any_log_or_metric(
    site: Desk, person: Browser, logged: Callable[[], str]
) -> None:
    site.links.invite(TELEGRAM, TOKEN)
    for _ in range(7):
        await person.sign_in(TOKEN, "login-canary-77", PASSWORD)
    await person.ask("POST", f"/link/{TOKEN}", data={"password": PASSWORD})
    await raw(site.url, f"GET /link/{TOKEN}\x01 HTTP/1.1\r\nX: {PASSWORD}\r\n\r\n".encode())
    await raw(site.url, f"GET /link/{TOKEN} HTTP/1.1\r\nX {PASSWORD}\r\n\r\n".encode())
    await person.get("/broken")
    await person.ask("POST", "/api/links", headers={"Authorization": "Bearer key-canary"})
    site.clock.advance(4000)
    site.links.invite(TELEGRAM, TOKEN)
    site.billing.down = True
    await person.sign_in(TOKEN, "login-canary-77", PASSWORD)
    site.billing.down = False
    code = (await person.link(TOKEN, "demo")).code
    text = logged()
    assert "linking-throttled" in text
    assert "linking-unavailable" in text
    assert "RuntimeError" in text, "the failure is in the log by its type"
    for line in text.splitlines():
        json.loads(line)
    for secret in ("canary", TOKEN, PASSWORD, code, KEY, "127.0.0.1"):
        assert secret not in text
        assert secret not in generate_latest().decode()
