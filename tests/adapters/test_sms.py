"""SMS: what a gateway is asked, whatever template it wants, and what it answers as gateways do: badly."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from adapters import sms
from adapters.base import (
    Address,
    Blocked,
    NetworkError,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from adapters.fit import units

ANNA = Address("sms", "8 (912) 345-67-89")
CANARY = "canary-8472"
NASTY = 'Код A2B4C6 & "50%" {phone} {text}\\ #1+1=2?'
GOOD = {"SMS_URL": f"https://gate.example/send?key={CANARY}&to={{phone}}&text={{text}}"}


@dataclass
class Gateway:
    """What was asked of a gateway, and what it does next."""

    port: int = 0
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        return await self.answer(request) if self.answer else web.Response(text='{"id": "1"}')

    def sms(self, path: str = "/send?key=k&to={phone}&text={text}", **more: str) -> sms.Sms:
        return sms.connect({"SMS_URL": f"http://127.0.0.1:{self.port}{path}", "SMS_TIMEOUT": "2", **more})


@pytest.fixture
async def gate() -> AsyncIterator[Gateway]:
    made = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@asynccontextmanager
async def closing(network: sms.Sms) -> AsyncIterator[sms.Sms]:
    try:
        yield network
    finally:
        await network.close()


async def send(network: sms.Sms, text: str = "Код A2B4C6", to: Address = ANNA) -> str:
    async with closing(network):
        return await network.send(to, Reply(text), 7)


# ── What it is asked ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_get_carries_everything_escaped(gate: Gateway) -> None:
    await send(gate.sms(), NASTY)
    method, path, _, body = gate.requests[0]
    assert (method, body) == ("GET", b"")
    assert re.fullmatch(r"[!-~]+", path)
    assert parse_qs(path.partition("?")[2], strict_parsing=True) == {
        "key": ["k"],
        "to": ["+79123456789"],
        "text": [NASTY],
    }


async def test_a_json_template_is_posted_as_json(gate: Gateway) -> None:
    template = {"messages": [{"to": "{digits}", "body": "Saldo: {text}", "n": 1, "flash": False, "{text}": None}]}
    await send(gate.sms("/v1", SMS_BODY=json.dumps(template), SMS_HEADERS='{"Authorization": "Bearer k"}'), NASTY)
    method, path, headers, body = gate.requests[0]
    assert (method, path, headers["Authorization"]) == ("POST", "/v1", "Bearer k")
    assert headers["Content-Type"].startswith("application/json")
    want = {"to": "79123456789", "body": f"Saldo: {NASTY}", "n": 1, "flash": False, "{text}": None}
    assert json.loads(body) == {"messages": [want]}


async def test_a_form_template_is_posted_as_a_form(gate: Gateway) -> None:
    await send(gate.sms("/v1", SMS_BODY="to={digits}&msg={text}"), NASTY)
    method, _, headers, body = gate.requests[0]
    assert (method, headers["Content-Type"]) == ("POST", "application/x-www-form-urlencoded")
    assert parse_qs(body.decode(), strict_parsing=True) == {"to": ["79123456789"], "msg": [NASTY]}


async def test_a_phone_that_cannot_be_dialled_costs_nothing(gate: Gateway) -> None:
    for phone in ("", "112", "нет", "8 912"):
        with pytest.raises(Blocked):
            await send(gate.sms(), to=Address("sms", phone))
    assert gate.requests == []


# ── Two segments ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("a" * 306, True),
        ("a" * 307, False),
        ("[" * 153, True),
        ("[" * 154, False),
        ("ж" * 134, True),
        ("ж" * 135, False),
        ("a" * 133 + "ж", True),
        ("a" * 134 + "ж", False),
        ("💰" * 67, True),
        ("💰" * 68, False),
    ],
)
def test_two_segments_hold_what_the_standard_says(text: str, whole: bool) -> None:
    assert (sms.cut(text) == text) is whole


def test_a_cut_falls_between_words() -> None:
    said = sms.cut("Сумма к оплате шестьсот пятьдесят рублей. " * 10)
    assert said.endswith("...")
    assert said.removesuffix("...").split()[-1] in {"Сумма", "к", "оплате", "шестьсот", "пятьдесят", "рублей."}


@given(st.text(max_size=500) | st.text("abж💰[ \n", min_size=100, max_size=400))
def test_whatever_is_said_fits(text: str) -> None:
    said = sms.cut(text)
    assert sms.fits(said)
    assert units(said) <= 306
    assert said == text or text.startswith(said.removesuffix("..."))


# ── What it answers ──────────────────────────────────────────────────────────────────────────────────────────


def answering(status: int, text: str = "", **headers: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


@pytest.mark.parametrize(
    ("status", "text", "headers", "error"),
    [
        (200, "ERROR = 3 (no money) 79123456789", {}, Rejected),  # the commonest sin: an error with status 200
        (200, "", {}, Rejected),
        (200, "<html>Bad gateway</html>", {}, Rejected),
        (401, "", {}, Revoked),
        (402, "", {}, Revoked),
        (403, '"id"', {}, Revoked),
        (429, "", {}, Throttled),
        (429, "", {"Retry_After": "soon"}, Throttled),
        (503, "", {"Retry_After": "5"}, Throttled),
        (400, '{"id": 1}', {}, Rejected),
        (404, "", {}, Rejected),
        (302, "", {"Location": "https://elsewhere.example/"}, Rejected),
        (500, '{"id": 1}', {}, Unknown),
        (502, "", {}, Unknown),
        (503, "", {}, Unknown),
    ],
)
async def test_every_answer_has_a_meaning(
    gate: Gateway, status: int, text: str, headers: dict[str, str], error: type[NetworkError]
) -> None:
    gate.answer = answering(status, text, **headers)
    with pytest.raises(error) as caught:
        await send(gate.sms(SMS_OK=r'"id": *\d'))
    assert type(caught.value) is error
    assert "79123456789" not in str(caught.value)
    assert len(gate.requests) == 1


async def test_a_pause_is_as_long_as_the_gateway_says(gate: Gateway) -> None:
    gate.answer = answering(429, Retry_After="7")
    with pytest.raises(Throttled) as caught:
        await send(gate.sms())
    assert (caught.value.after, caught.value.everybody) == (7.0, True)


async def test_without_a_pattern_any_success_is_one(gate: Gateway) -> None:
    gate.answer = answering(204)
    assert await send(gate.sms()) == "7"


@pytest.mark.parametrize("way", ["GET", "POST"])
async def test_a_connection_lost_after_the_question_is_unknown_and_asked_once(gate: Gateway, way: str) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    gate.answer = hang_up
    more = {"SMS_BODY": "to={phone}&text={text}"} if way == "POST" else {}
    with pytest.raises(Unknown) as caught:
        await send(gate.sms(**more))
    assert [one[0] for one in gate.requests] == [way]  # HTTP libraries repeat a GET by themselves: a second SMS
    assert caught.value.__context__ is None  # aiohttp's error knows the URL


async def test_half_an_answer_is_unknown(gate: Gateway) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.abort()
        return response

    gate.answer = half
    with pytest.raises(Unknown):
        await send(gate.sms(SMS_OK="id"))


async def test_an_endless_answer_is_read_no_further_than_needed(gate: Gateway) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        except ConnectionError:
            return response

    gate.answer = endless
    with pytest.raises(Rejected):
        await send(gate.sms(SMS_OK="id"))


async def test_silence_is_unknown_within_its_time(gate: Gateway) -> None:
    waking = asyncio.Event()

    async def silent(_: web.Request) -> web.StreamResponse:
        await waking.wait()
        return web.Response()

    gate.answer = silent
    with pytest.raises(Unknown):
        await send(gate.sms(SMS_TIMEOUT="0.2"))
    waking.set()


async def test_nobody_there_is_unavailable() -> None:
    network = sms.connect({**GOOD, "SMS_URL": "http://127.0.0.1:9/?to={phone}&text={text}"})
    with pytest.raises(Unavailable):
        await network.identity()
    with pytest.raises(Unavailable) as caught:
        await send(network)
    assert caught.value.__context__ is None


async def test_an_answer_that_is_no_http_is_unknown() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"OK 1\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unknown):
        await send(sms.connect({"SMS_URL": f"http://127.0.0.1:{port}/?to={{phone}}&text={{text}}"}))
    server.close()


async def test_nothing_of_it_is_logged(gate: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await send(gate.sms(f"/send?key={CANARY}&to={{phone}}&text={{text}}"))
    logged = "\n".join(one.getMessage() for one in caplog.records)
    for secret in (CANARY, "79123456789", "A2B4C6"):
        assert secret not in logged


# ── Settings, and the rest of a network ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMS_URL", f"http://gate.example/{CANARY}?to={{phone}}&text={{text}}"),
        ("SMS_URL", f"https://{{phone}}.example/{CANARY}?text={{text}}"),
        ("SMS_URL", f"https:///{CANARY}?to={{phone}}&text={{text}}"),
        ("SMS_URL", f"https://gate.example:{CANARY}/?to={{phone}}&text={{text}}"),
        ("SMS_URL", f"https://gate.example/{CANARY}?to={{phone}}"),
        ("SMS_URL", f"https://gate.example/{CANARY}?text={{text}}"),
        ("SMS_URL", f"https://gate.example/{CANARY}?to={{phone}}&text={{text}}&id={{id}}"),
        ("SMS_URL", f"https://gate.example/{CANARY} ?to={{phone}}&text={{text}}"),
        ("SMS_BODY", f'{{"key": "{CANARY}"'),
        ("SMS_HEADERS", CANARY),
        ("SMS_HEADERS", f'{{"X-Key": ["{CANARY}"]}}'),
        ("SMS_HEADERS", f'{{"X-Key": "{CANARY}\\r\\nX: y"}}'),
        ("SMS_HEADERS", f'{{"X Key": "{CANARY}"}}'),
        ("SMS_OK", f"({CANARY}"),
        ("SMS_REGION", CANARY),
        ("SMS_TIMEOUT", CANARY),
        ("SMS_RATE", "0"),
    ],
)
def test_a_bad_setting_is_named_and_never_printed(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        sms.connect({**GOOD, name: value})
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_template_stands_in_no_repr() -> None:
    options = sms.options({**GOOD, "SMS_HEADERS": f'{{"X-Key": "{CANARY}"}}'})
    assert CANARY not in f"{options!r} {sms.Sms(options)!r}"


async def test_nothing_comes_in(gate: Gateway) -> None:
    async with closing(gate.sms()) as network:
        await network.prepare(Site())
        listening = asyncio.create_task(network.run(lambda _: pytest.fail("nobody writes here"), None))  # type: ignore[arg-type,return-value]
        await asyncio.sleep(0)
        assert not listening.done()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        assert network.deep_link("t") is None
        assert await network.identity() == f"127.0.0.1:{gate.port}"
    assert gate.requests == []
