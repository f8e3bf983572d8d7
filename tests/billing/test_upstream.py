"""Upstream against servers that misbehave: slow, cut, huge, of another house, with all wrong words; nothing leaks."""

import asyncio
import base64
import gzip
import ipaddress
import json
import ssl
import traceback
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from billing import upstream as upstream_file
from billing.base import Unavailable
from billing.upstream import Asked, ClientCredentials, Refusal, Unreadable, Upstream, journal
from tests.clock import HandClock

CANARY = "canary8472"


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.line.split()[1]


Answering = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Answers by script, one line of it a request; the last one goes on. Counts who is connected at once."""

    port: int = 0
    scheme: str = "http"
    script: list[Answering] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)  # the first request
    serving: set["asyncio.Task[None]"] = field(default_factory=set)
    open: int = 0
    widest: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        self.open += 1
        self.widest = max(self.widest, self.open)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {k.lower(): v for k, _, v in (one.partition(": ") for one in head[1:] if one)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                request = Request(head[0], headers, body)
                self.requests.append(request)
                self.came.set()
                await self.script[min(len(self.requests), len(self.script)) - 1](request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def url(self, path: str = "") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving(*script: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    made = Server(script=list(script), scheme="https" if tls else "http")
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()
        for _ in range(3):  # who was just accepted begins
            await asyncio.sleep(0)
        for task in made.serving:
            task.cancel()
        await asyncio.gather(*made.serving, return_exceptions=True)


@asynccontextmanager
async def asking(server: Server, **more: Any) -> AsyncIterator[Upstream]:
    more = {"now": HandClock().now, "timeout": 5.0, "pauses": (0.0, 0.0), **more}
    upstream = Upstream("source", server.url("/base/"), **more)
    try:
        yield upstream
    finally:
        await upstream.close()


def says(body: object = b"{}", status: str = "200 OK", **headers: str) -> Answering:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content)

    return answer


def raw(*parts: bytes, hold: bool = False) -> Answering:
    """Bytes as they are; then the connection ends, or is held for ever."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if hold:
            await asyncio.Event().wait()
        writer.close()

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


# ── What is asked, and how it is read ────────────────────────────────────────────────────────────────────────────


async def test_an_answer_is_exact_and_says_when_it_came() -> None:
    clock = HandClock()
    text = b'\xef\xbb\xbf{"a": 500.00, "b": 1119.7499999999999, "c": 12345678901234567890, "d": null, "e": "\xd1\x84"}'
    async with (
        serving(says(text, Content_Type="Application/JSON ; Charset=windows-1251")) as server,
        asking(server, now=clock.now) as upstream,
    ):
        answer = await upstream.get("a/1%2F2", {"date.gte": "2026-11-01T00:00:00+03:00"}, operation="GET a/{id}")
    assert answer.data == {
        "a": Decimal("500.00"), "b": Decimal("1119.7499999999999"), "c": 12345678901234567890, "d": None, "e": "ф",
    }  # fmt: skip
    assert str(answer.data["a"]) == "500.00"
    assert (answer.status, answer.at, answer.headers["content-type"]) == (
        200, clock.now(), "Application/JSON ; Charset=windows-1251",
    )  # fmt: skip
    assert server.requests[0].path == "/base/a/1%2F2?date.gte=2026-11-01T00:00:00%2B03:00"


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "206 Partial Content"])
async def test_every_kind_of_success_is_an_answer(status: str) -> None:
    async with serving(says([1], status, X_Total_Count="-4", Link='<"x?a?b>')) as server, asking(server) as upstream:
        answer = await upstream.get("a", operation="GET a")
    assert answer.data == [1]
    assert answer.headers["x-total-count"] == "-4"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>busy</html>", b'{"a": 1', b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"\xff\xfe{}",
        b"[" * 100_000, b'{"a":' * 50_000, b"[" + b"1" * 5_000 + b"]", b"[1e99999999999999999999]",
        b'{"a": 1} trailing', b"[" + b"x" * 300_000,
    ],
)  # fmt: skip
async def test_what_is_not_whole_json_is_unreadable_and_not_asked_again(body: bytes) -> None:
    async with serving(says(body)) as server, asking(server) as upstream:
        with pytest.raises(Unreadable, match=r"^GET a: not whole JSON$"):
            await upstream.get("a", operation="GET a")
    assert len(server.requests) == 1


async def test_a_large_body_is_read_beside_the_loop_as_exactly() -> None:
    body = json.dumps([{"id": n, "sum": "S"} for n in range(20_000)]).replace('"S"', "0.10").encode()
    assert len(body) > 256 * 1024
    async with serving(says(body)) as server, asking(server) as upstream:
        data = (await upstream.get("a", operation="GET a")).data
    assert sum(one["sum"] for one in data) == Decimal("2000.00")


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code": 60, "reason": "Resource not found"}', "60"),
        (b'{"code": "ERR-60", "reason": "x"}', "ERR-60"),
        (b'{"errno": 1001014, "errstr": "x"}', "1001014"),
        (b'{"error": 4304, "errstr": "x"}', "4304"),
        (b'{"code": null, "error": "invalid_grant"}', "invalid_grant"),
        (b'{"code": "Ivan Petrov", "errno": 10}', ""),
        (b'{"error": {"code": 1}}', ""),
        (b'{"code": true}', ""),
        (b'{"code": 79261234567}', ""),
        (b"[1]", ""),
        (b"<html>Bad Request</html>", ""),
        (b"", ""),
    ],
)
async def test_a_refusal_tells_its_code_if_it_looks_like_one(body: bytes, code: str) -> None:
    async with serving(says(body, "400 Bad Request")) as server, asking(server) as upstream:
        with pytest.raises(Refusal) as caught:
            await upstream.get("a", operation="GET a")
    told = caught.value
    if code == "" and body.startswith(b'{"code": "Ivan'):
        code = "10"  # the next name is read instead
    assert (told.status, told.code, str(told)) == (400, code, f"GET a: HTTP 400 {code}".strip())
    assert len(server.requests) == 1


@pytest.mark.parametrize("path", ["a/..", "../admin", "a/%2e%2E/b", "./a"])
async def test_an_id_that_leads_elsewhere_is_nobodys(path: str) -> None:
    async with serving(says()) as server, asking(server) as upstream:
        with pytest.raises(Refusal, match="HTTP 404"):
            await upstream.get(path, operation="GET a/{id}")
    assert server.requests == []


async def test_a_redirect_is_not_followed_and_takes_no_credentials_along() -> None:
    async def ours(_: bool) -> dict[str, str]:
        return {"Authorization": f"Bearer {CANARY}"}

    async with serving(says()) as other:
        to = says(b"moved", "302 Found", Location=other.url(f"/{CANARY}"))
        async with serving(to) as server, asking(server, headers=ours) as upstream:
            with pytest.raises(Unavailable) as caught:
                await upstream.get("a", operation="GET a")
    assert str(caught.value) == "GET a: it redirects (HTTP 302), which is not followed"
    assert (len(server.requests), other.requests) == (1, [])


# ── Networks ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        raw(hold=True),
        raw(HEAD, b"X-Slow: ", hold=True),
        raw(HEAD + b"Content-Length: 20\r\n\r\n", *(b"[" for _ in range(9)), hold=True),
    ],
    ids=["silence", "half a head", "byte by byte"],
)
async def test_a_slow_server_is_given_up_in_time(answer: Answering) -> None:
    async with serving(answer) as server, asking(server, timeout=0.05) as upstream:
        with pytest.raises(Unavailable, match=r"^GET a: timeout$"):
            await upstream.get("a", operation="GET a")


@pytest.mark.parametrize(
    ("broken", "outcome"),
    [
        (raw(), "the connection broke"),
        (raw(HEAD + b"Content-Length: 20\r\n\r\n[1"), "the connection broke"),
        (raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1"), "the connection broke"),
        (raw(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone"), "the connection broke"),
        (raw(b"220 mail.example ESMTP\r\n\r\n"), "no HTTP"),
    ],
)
async def test_a_broken_answer_is_asked_again_a_few_times(broken: Answering, outcome: str) -> None:
    async with serving(broken, broken, says([1])) as server, asking(server) as upstream:
        assert (await upstream.get("a", operation="GET a")).data == [1]
    async with serving(broken) as server, asking(server) as upstream:
        with pytest.raises(Unavailable) as caught:
            await upstream.get("a", operation="GET a")
    assert str(caught.value) == f"GET a: {outcome}"
    # Where the connection ends without a word, aiohttp asks once more by itself.
    assert len(server.requests) in {3, 6}


@pytest.mark.parametrize("status", ["429 Too Many", "502 Bad Gateway", "503 Unavailable", "504 Timeout"])
async def test_whoever_is_busy_is_asked_again(status: str) -> None:
    busy = says(b"<html>", status)
    async with serving(busy, busy, says([1])) as server, asking(server) as upstream:
        assert (await upstream.get("a", operation="GET a")).data == [1]
    async with serving(busy) as server, asking(server) as upstream:
        with pytest.raises(Unavailable, match=f"^GET a: HTTP {status[:3]}$"):
            await upstream.get("a", operation="GET a")
    assert len(server.requests) == 3


async def test_other_faults_of_the_server_are_told_at_once() -> None:
    async with serving(says(b"{}", "500 Oops")) as server, asking(server) as upstream:
        with pytest.raises(Unavailable, match=r"^GET a: HTTP 500$"):
            await upstream.get("a", operation="GET a")
    assert len(server.requests) == 1


@pytest.mark.parametrize("told", ["3600", "Mon, 16 Nov 2026 10:00:00 GMT", "Mon, 16 Nov 2026 10:00:00 -0000"])
async def test_a_pause_beyond_the_time_limit_is_not_waited_for(told: str) -> None:
    async with serving(says(b"", "429 Slow down", Retry_After=told)) as server, asking(server) as upstream:
        async with asyncio.timeout(2):
            with pytest.raises(Unavailable, match=r"^GET a: HTTP 429$"):
                await upstream.get("a", operation="GET a")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "told", ["0.02", "0", "soon", "Mon, 16 Nov 2026 08:00:00 GMT", "nan", "-5", "Mon, 99 Nov 2026"]
)
async def test_a_pause_within_the_time_limit_is_kept(told: str) -> None:
    loop = asyncio.get_running_loop()
    async with serving(says(b"", "429 Slow down", Retry_After=told), says([1])) as server, asking(server) as upstream:
        began = loop.time()
        assert (await upstream.get("a", operation="GET a")).data == [1]
        assert loop.time() - began >= (0.02 if told == "0.02" else 0.0)


async def test_nobody_there_and_no_such_name() -> None:
    async with serving(says()) as server:
        gone = Upstream("source", server.url(), now=HandClock().now, pauses=(0.0,))
    with pytest.raises(Unavailable, match=r"^GET a: no connection$"):
        await gone.get("a", operation="GET a")
    await gone.close()
    for url in ("ftp://x", "x", "", "https://", f"https://user:{CANARY}@billing.example/"):
        with pytest.raises(ValueError, match=r"^the address of source is not an http or https URL") as caught:
            Upstream("source", url, now=HandClock().now)
        assert CANARY not in str(caught.value)


# ── Size ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def bomb() -> bytes:
    packed = gzip.compress(b"[" + b" " * 200_000_000 + b"]", 1)
    assert len(packed) < 2_000_000
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(3200):
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def announced(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 200000000\r\n\r\n")
    for _ in range(3200):
        writer.write(b" " * 0x10000)
        await writer.drain()


@pytest.mark.parametrize("kind", ["announced", "stream", "bomb"])
async def test_an_answer_of_200_megabytes_costs_no_memory(kind: str) -> None:
    answer = {"announced": announced, "stream": stream}.get(kind) or raw(bomb())
    async with serving(answer, answer, says([1])) as server, asking(server, largest=2**20) as upstream:
        with pytest.raises(Unreadable, match=r"^GET a: more than 1048576 bytes$"):
            await upstream.get("a", operation="GET a")  # loads what is loaded once
        tracemalloc.start()
        try:
            with pytest.raises(Unreadable, match=r"^GET a: more than 1048576 bytes$"):
                await upstream.get("a", operation="GET a")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (await upstream.get("a", operation="GET a")).data == [1]
    assert peak < 6 * 2**20
    assert len(server.requests) == 3


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class House:
    authority: str  # a PEM file
    server: ssl.SSLContext


def house(folder: Path, *, days: int, name: str = "127.0.0.1") -> House:
    """An authority, and a server with a certificate of it that ends in so many days."""
    today = datetime.now(UTC)  # OpenSSL knows no other clock than the machine's
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    by, of = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in ("authority", "billing"))

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, ends: int) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
        made = made.not_valid_before(today - timedelta(days=400)).not_valid_after(today + timedelta(days=ends))
        return made.serial_number(x509.random_serial_number())

    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    top = certificate(by, root, 4000).add_extension(x509.BasicConstraints(True, None), True)
    top = top.add_extension(usage, True)
    top = top.add_extension(x509.SubjectKeyIdentifier.from_public_key(root.public_key()), False)
    own = certificate(of, leaf, days)
    own = own.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), False)
    own = own.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(top.sign(root, hashes.SHA256()).public_bytes(pem))
    (folder / "own.pem").write_bytes(
        own.sign(root, hashes.SHA256()).public_bytes(pem)
        + leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return House(str(folder / "ca.pem"), context)


async def test_a_certificate_of_a_named_authority_is_good(tmp_path: Path) -> None:
    made = house(tmp_path, days=30)
    async with serving(says([1]), tls=made.server) as server, asking(server, authorities=made.authority) as upstream:
        assert (await upstream.get("a", operation="GET a")).data == [1]


@pytest.mark.parametrize(
    ("days", "name", "known", "what"),
    [
        (-1, "127.0.0.1", True, "has expired"),
        (30, "127.0.0.2", True, "is not to be trusted"),
        (30, "127.0.0.1", False, "is not to be trusted"),
    ],
    ids=["expired", "of another name", "of a stranger"],
)
async def test_a_bad_certificate_is_told_clearly_and_nothing_is_asked(
    tmp_path: Path, days: int, name: str, known: bool, what: str
) -> None:
    made = house(tmp_path, days=days, name=name)
    async with (
        serving(says([1]), tls=made.server) as server,
        asking(server, authorities=made.authority if known else "") as upstream,
    ):
        with pytest.raises(Unavailable) as caught:
            await upstream.get("a", operation="GET a")
    assert str(caught.value) == f"GET a: the certificate of the address {what}"
    assert server.requests == []


# ── Joining and keeping ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_thousand_equal_questions_make_one_call() -> None:
    gate = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await says([1])(request, writer)

    async with serving(answer) as server, asking(server) as upstream:
        all_of_them = [asyncio.create_task(upstream.get("a", {"x": 1}, operation="GET a")) for _ in range(1000)]
        await server.came.wait()
        for task in all_of_them[:10]:  # the first who asked among them
            task.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert {one.data[0] for one in await asyncio.gather(*all_of_them[10:])} == {1}
        assert all(task.cancelled() for task in all_of_them[:10])
    assert len(server.requests) == 1


async def test_who_asks_alone_and_leaves_ends_the_call() -> None:
    async with serving(raw(hold=True), says([1])) as server, asking(server, connections=1) as upstream:
        alone = asyncio.create_task(upstream.get("a", operation="GET a"))
        await server.came.wait()
        alone.cancel()
        await asyncio.sleep(0)
        # The next does not wait for that one, and the only connection is free again.
        assert (await upstream.get("a", operation="GET a")).data == [1]


async def test_different_customers_sessions_and_parameters_are_never_joined() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await says([request.path, request.headers.get("usersid", "")])(request, writer)

    async with serving(answer) as server, asking(server) as upstream:
        told = await asyncio.gather(
            upstream.get("a", operation="GET a", who="1", headers={"USERSID": "s1"}),
            upstream.get("a", operation="GET a", who="2", headers={"USERSID": "s2"}),
            upstream.get("a", operation="GET a", who="2", headers={"USERSID": "s3"}),
            upstream.get("a", {"x": 1}, operation="GET a", who="1", headers={"USERSID": "s1"}),
        )
    assert [one.data for one in told] == [
        ["/base/a", "s1"], ["/base/a", "s2"], ["/base/a", "s3"], ["/base/a?x=1", "s1"],
    ]  # fmt: skip


async def test_an_answer_is_kept_for_seconds_with_its_time_and_ended_by_a_change() -> None:
    clock = HandClock()
    async with (
        serving(*(says([n]) for n in range(1, 9))) as server,
        asking(server, now=clock.now, monotonic=clock.monotonic, fresh=3.0) as upstream,
    ):

        async def ask(who: str = "1", fresh: float | None = None) -> tuple[Any, float]:
            answer = await upstream.get("a", operation="GET a", who=who, fresh=fresh)
            return answer.data[0], (clock.now() - answer.at).total_seconds()

        assert await ask() == (1, 0)
        clock.advance(2)
        assert await ask() == (1, 2)
        assert await ask(fresh=1) == (2, 0)  # that one was too old for the question
        assert await ask(fresh=0) == (3, 0)
        clock.advance(2.5)
        assert await ask() == (2, 2.5)  # what is asked with 0 is not kept
        assert await ask("2") == (4, 0)
        await upstream.send("POST", "b", {"x": 1}, operation="POST b", who="1")
        assert await ask() == (6, 0)
        assert await ask("2") == (4, 0)
        upstream.forget("2")
        assert await ask("2") == (7, 0)
        clock.advance(3)
        assert await ask("2") == (8, 0)


async def test_what_was_asked_before_a_change_is_not_kept_after_it() -> None:
    gates = {"old": asyncio.Event(), "new": asyncio.Event()}

    def held(name: str) -> Answering:
        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            came[name].set()
            await gates[name].wait()
            await says([name])(request, writer)

        return answer

    came = {name: asyncio.Event() for name in gates}
    async with serving(held("old"), says(), held("new")) as server, asking(server) as upstream:
        before = asyncio.create_task(upstream.get("a", operation="GET a"))
        await came["old"].wait()
        await upstream.send("POST", "b", operation="POST b")
        after = asyncio.create_task(upstream.get("a", operation="GET a"))
        await came["new"].wait()
        gates["old"].set()
        assert (await before).data == ["old"]
        joining = asyncio.create_task(upstream.get("a", operation="GET a"))  # the new one, which is under way still
        await asyncio.sleep(0)
        gates["new"].set()
        assert [(await one).data for one in (after, joining)] == [["new"], ["new"]]
        assert (await upstream.get("a", operation="GET a")).data == ["new"]
    assert len(server.requests) == 3


async def test_failures_are_not_kept() -> None:
    async with serving(says(b"", "404 No"), says([1])) as server, asking(server) as upstream:
        with pytest.raises(Refusal):
            await upstream.get("a", operation="GET a")
        assert (await upstream.get("a", operation="GET a")).data == [1]


async def test_only_so_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_file, "KEPT", 10)
    async with serving(says([1])) as server, asking(server, fresh=1e6) as upstream:
        for n in range(13):
            await upstream.get(str(n), operation="GET a", who=str(n % 3))
        for n in range(3, 13):
            await upstream.get(str(n), operation="GET a", who=str(n % 3))
        assert len(server.requests) == 13
        await upstream.get("0", operation="GET a", who="0")
        assert len(server.requests) == 14


async def test_so_much_is_kept_and_pages_of_a_scan_are_not() -> None:
    async with serving(says(b'"' + b"x" * 250_000 + b'"')) as server, asking(server, fresh=1e6) as upstream:
        for n in range(70):  # 17.5 MB
            await upstream.get(str(n), operation="GET a")
        await upstream.get("69", operation="GET a")
        assert len(server.requests) == 70
        await upstream.get("0", operation="GET a")
        assert len(server.requests) == 71
    async with serving(says(b'"' + b"x" * 300_000 + b'"')) as server, asking(server, fresh=1e6) as upstream:
        for _ in range(2):
            await upstream.get("a", operation="GET a")
        assert len(server.requests) == 2


async def test_there_are_never_more_connections_than_set_and_the_wait_for_one_counts() -> None:
    waiting = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if waiting.is_set():
            await asyncio.Event().wait()
        await says([1])(request, writer)

    async with serving(answer) as server, asking(server, connections=4, timeout=2.0) as upstream:
        await asyncio.gather(*(upstream.get(str(n), operation="GET a") for n in range(100)))
        assert (server.widest, len(server.requests)) == (4, 100)
    waiting.set()
    async with serving(answer) as server, asking(server, connections=4, timeout=0.05) as upstream:
        asked = [upstream.get(str(n), operation="GET a") for n in range(20)]
        told = await asyncio.gather(*asked, return_exceptions=True)
    assert {str(one) for one in told} == {"GET a: timeout"}
    assert len(server.requests) < 20  # those who waited for a connection only


async def test_closing_answers_whoever_waits() -> None:
    async with serving(raw(hold=True)) as server, asking(server) as upstream:
        waiting = asyncio.create_task(upstream.get("a", operation="GET a"))
        await server.came.wait()
        await upstream.close()
        with pytest.raises(Unavailable, match="asking was ended"):
            await waiting


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_bodies_are_json_with_exact_sums_or_forms() -> None:
    async with (
        serving(says(b"", "201 Created"), says(b"", "204 No Content"), says()) as server,
        asking(server) as upstream,
    ):
        first = await upstream.send("POST", "a", {"sum": Decimal("10.50")}, operation="POST a")
        second = await upstream.send("DELETE", "a", operation="DELETE a")
        await upstream.send("POST", "a", None, form={"a b": "ы&="}, operation="POST a")
    assert (first.status, first.data, second.status, second.data) == (201, None, 204, None)
    assert server.requests[0].body == b'{"sum":10.50}'
    assert server.requests[2].body == b"a+b=%D1%8B%26%3D"
    assert server.requests[2].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("answer", [raw(), says(b"", "503 Busy"), says(b"", "429 Slow")])
async def test_a_change_is_sent_once_unless_it_may_be_repeated(answer: Answering) -> None:
    async with serving(answer, says([1])) as server, asking(server) as upstream:
        with pytest.raises(Unavailable):
            await upstream.send("POST", "a", {}, operation="POST a")
        assert len(server.requests) == 1
    async with serving(answer, says([1])) as server, asking(server) as upstream:
        assert (await upstream.send("POST", "a", {}, operation="POST a", repeatable=True)).data == [1]
        assert len(server.requests) == 2


# ── Credentials ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_refused_header_is_made_anew_once() -> None:
    made: list[bool] = []

    async def ours(renew: bool) -> dict[str, str]:
        made.append(renew)
        return {"Authorization": f"Bearer {sum(made)}"}

    async with serving(says(b"", "401 No"), says([1])) as server, asking(server, headers=ours) as upstream:
        assert (await upstream.get("a", operation="GET a")).data == [1]
    assert [one.headers["authorization"] for one in server.requests] == ["Bearer 0", "Bearer 1"]
    async with serving(says(b"", "401 No")) as server, asking(server, headers=ours) as upstream:
        with pytest.raises(Refusal, match="HTTP 401"):
            await upstream.get("a", operation="GET a")
    assert len(server.requests) == 2
    async with serving(says(b"", "401 No")) as server, asking(server) as upstream:
        with pytest.raises(Refusal, match="HTTP 401"):
            await upstream.get("a", operation="GET a")
    assert len(server.requests) == 1


def token(name: str, **more: object) -> Answering:
    return says({"access_token": name, "token_type": "Bearer", **more})


@asynccontextmanager
async def credentials(server: Server, clock: HandClock, scope: str = "") -> AsyncIterator[ClientCredentials]:
    more = {"pauses": (0.0,)}
    made = ClientCredentials(server.url("/token"), "bot id", f"{CANARY}:ы", scope, clock.now, more)
    try:
        yield made
    finally:
        await made.close()


async def test_a_token_is_fetched_once_for_all_kept_and_renewed_before_its_end() -> None:
    clock = HandClock()
    async with (
        serving(token("t1", expires_in=3600), token("t2", expires_in="100"), token("t3")) as server,
        credentials(server, clock, "read write") as ours,
    ):
        told = await asyncio.gather(*(ours(n % 2 == 1) for n in range(50)))
        assert {one["Authorization"] for one in told} == {"Bearer t1"}
        clock.advance(3539)
        assert (await ours(False))["Authorization"] == "Bearer t1"
        clock.advance(2)
        assert (await ours(False))["Authorization"] == "Bearer t2"
        clock.advance(91)
        assert (await ours(False))["Authorization"] == "Bearer t3"  # without expires_in: for minutes
        clock.advance(200)
        assert (await ours(False))["Authorization"] == "Bearer t3"
        assert len(server.requests) == 3
        await ours(True)
        assert len(server.requests) == 4
    request = server.requests[0]
    assert (request.line, parse_qs(request.body.decode())) == (
        "POST /token HTTP/1.1", {"grant_type": ["client_credentials"], "scope": ["read write"]},
    )  # fmt: skip
    pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == f"bot+id:{CANARY}%3A%D1%8B"


@pytest.mark.parametrize(
    "refused", [says(b"", "401 No"), says({"error": "invalid_client"}, "400 Bad Request")], ids=["401", "400"]
)
async def test_a_server_without_basic_gets_the_secret_in_the_form(refused: Answering) -> None:
    async with serving(refused, token("t1"), token("t2")) as server, credentials(server, HandClock()) as ours:
        assert (await ours(False))["Authorization"] == "Bearer t1"
        assert (await ours(True))["Authorization"] == "Bearer t2"
    assert parse_qs(server.requests[1].body.decode())["client_secret"] == [f"{CANARY}:ы"]
    assert ["authorization" in one.headers for one in server.requests] == [True, False, False]


@pytest.mark.parametrize(
    "answer",
    [
        says({"error": "invalid_scope"}, "400 Bad Request"), says(b"", "404 Not Found"), says(b"", "500 Oops"),
        says(b"<html>"), says([1]), says({"access_token": ""}), says({"access_token": "a\r\nX: y"}),
        says({"access_token": None}), says({"access_token": 5}),
    ],
)  # fmt: skip
async def test_a_token_that_cannot_be_had_is_no_word_about_the_customer(answer: Answering) -> None:
    async with (
        serving(answer) as refusing,
        serving(says([1])) as server,
        credentials(refusing, HandClock()) as ours,
        asking(server, headers=ours) as upstream,
    ):
        with pytest.raises(Unavailable) as caught:
            await upstream.get("a", operation="GET a")
    assert not isinstance(caught.value, Refusal)
    assert server.requests == []


async def test_calls_that_were_refused_together_renew_the_token_once() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        good = request.headers["authorization"] == "Bearer t2"
        await (says([1]) if good else says(b"", "401 No"))(request, writer)

    async with (
        serving(token("t1"), token("t2"), token("t3")) as tokens,
        serving(answer) as server,
        credentials(tokens, HandClock()) as ours,
        asking(server, headers=ours, connections=2) as upstream,
    ):
        await asyncio.gather(*(upstream.get(str(n), operation="GET a") for n in range(20)))
    assert len(tokens.requests) == 2


# ── What is told ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_journal_has_every_call_and_names_nobody() -> None:
    told: list[Asked] = []
    async with (
        serving(says(b"", "503 Busy"), says([1]), says(b"<html>", "400 Bad")) as server,
        asking(server) as upstream,
    ):
        word = journal.set(told)
        try:
            operation = "GET a/{id}"
            await asyncio.gather(*(upstream.get(f"a/{CANARY}", operation=operation) for _ in range(2)))
            await upstream.get(f"a/{CANARY}", operation=operation)
            with pytest.raises(Refusal):
                await upstream.send("POST", "b", {"x": CANARY}, operation="POST b")
        finally:
            journal.reset(word)
    assert sorted((one.operation, one.outcome, one.size) for one in told) == [
        ("GET a/{id}", "200", 3), ("GET a/{id}", "503", 0), ("GET a/{id}", "joined", 0), ("GET a/{id}", "kept", 3),
        ("POST b", "400", 6),
    ]  # fmt: skip
    assert all(one.source == "source" and one.milliseconds >= 0 for one in told)
    assert CANARY not in repr(told)


async def test_no_secret_and_no_customer_in_errors_values_and_lines() -> None:
    async def ours(_: bool) -> dict[str, str]:
        return {"Authorization": CANARY}

    body = {"code": 5, "message": CANARY, "a": CANARY}
    answers = [
        says(body, "400 Bad", X_Id=CANARY), says(body, "500 Oops"), says(b'{"' + CANARY.encode()), raw(),
        says(body, "302 Found", Location=f"http://{CANARY}.example/"), raw(b"HTTP/1.1 canary8472\r\n\r\n"),
        raw(hold=True), says(body, "403 Forbidden"),
    ]  # fmt: skip
    with structlog.testing.capture_logs() as lines:
        for answer in answers:
            async with serving(answer) as server, asking(server, headers=ours, timeout=0.2) as upstream:
                with pytest.raises(Unavailable) as caught:
                    await upstream.get(f"a/{CANARY}", {"q": CANARY}, operation="GET a/{id}", who=CANARY)
                error: BaseException | None = caught.value
                while error is not None:
                    assert CANARY not in str(error)
                    assert "127.0.0.1" not in str(error)
                    error = error.__cause__ or error.__context__
                shown = "".join(traceback.format_exception(caught.value)[-1:])
                assert CANARY not in shown + repr(upstream)
        async with serving(says(body)) as server, asking(server, headers=ours) as upstream:
            assert CANARY not in repr(await upstream.get("a", operation="GET a"))
        async with serving(says()) as server, asking(server, timeout=0.2) as upstream:
            with pytest.raises(Unavailable):
                await upstream.get("a", operation="GET a", headers={"X": f"{CANARY}\r\nY: z"})
    assert CANARY not in repr(lines)
    assert len(lines) == 8  # one for each failure; the customer's 400 is none
    assert {frozenset(line) for line in lines} == {frozenset({"source", "operation", "outcome", "event", "log_level"})}
