"""The two doors: what the outside reaches, and what only the operator does."""

import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict
from structlog.testing import capture_logs

from adapters.base import Hooked, Post, Prompt
from bot.web import inner_app, serve
from sandbox.registry import NETWORKS
from storage.base import Unwritable
from tests.bot.parts import rows
from tests.conversations.stage import Stage, stage
from tests.ports import free_port

every_network = pytest.mark.parametrize("network", list(NETWORKS))
SECRET_HEADER = "x-telegram-bot-api-secret-token"
HUGE = 2**70


@dataclass
class Door:
    """The hook of one network, as somebody who knows its address may use it."""

    stage: Stage
    network: str
    url: str
    good: Post  # a genuine request, as the network sent it
    browser: aiohttp.ClientSession
    folder: Path

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None, *, proof: bool = True) -> int:
        """Post; the status. `proof` False: without the secret header."""
        sent: CIMultiDict[str] = CIMultiDict({"content-type": "application/json", **(headers or {})})
        if proof and SECRET_HEADER in self.good.headers:
            sent[SECRET_HEADER] = self.good.headers[SECRET_HEADER]
        async with self.browser.post(self.url, data=BytesIO(body), headers=sent) as answer:
            return answer.status

    def variant(self, **changes: Any) -> bytes:
        """The genuine event as another one, with fields set by dotted path; None takes the field out."""
        return varied(self.good.body, self.network, changes)

    def stored(self) -> tuple[int, ...]:
        """How much there is of everything that a request may cause."""
        return rows(
            self.folder / "stage.db",
            "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM dead), (SELECT count(*) FROM lanes),"
            " (SELECT count(*) FROM chats), (SELECT count(*) FROM outbox)",
        )[0]


ID = {"vk": "object.message.conversation_message_id", "telegram": "update_id", "ok": "message.mid"}
TEXT = {"vk": "object.message.text", "telegram": "message.text", "ok": "message.text"}
CHAT = {"vk": "object.message.peer_id", "telegram": "message.chat.id", "ok": "recipient.chat_id"}
MESSAGE = {"vk": "object.message", "telegram": "message", "ok": "message"}
numbers = iter(range(10**9, 2 * 10**9))


def varied(body: bytes, network: str, changes: Mapping[str, Any]) -> bytes:
    event = json.loads(body)
    number = next(numbers)
    put(event, ID[network], f"mid:{number}" if network == "ok" else number)
    if network == "vk":
        put(event, "event_id", f"{number:040}")
    for path, value in changes.items():
        put(event, path, value)
    return json.dumps(event).encode()


def put(event: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        event = event[parent]
    if value is None:
        del event[last]
    else:
        event[last] = value


@asynccontextmanager
async def door(folder: Path, network: str, **fixed: Any) -> AsyncIterator[Door]:
    with capture_logs():
        async with stage(folder, [network], **fixed) as s, aiohttp.ClientSession() as browser:
            hooked = s.app.lines[network].network
            assert isinstance(hooked, Hooked)
            seen: list[Post] = []
            verb = "read" if isinstance(hooked, Prompt) else "hook"
            usual = getattr(hooked, verb)

            def watched(post: Post, *more: Any) -> Any:
                seen.append(post)
                return usual(post, *more)

            setattr(hooked, verb, watched)
            await s.customer(network).says("оператор")
            setattr(hooked, verb, usual)
            url = f"{s.app.settings.public_url}/hook/{network}/{hooked.path}"
            yield Door(s, network, url, seen[-1], browser, folder)


# ── A8, A9: the 27 hostile bodies ─────────────────────────────────────────────────────────────────────────────────


def hostile(d: Door) -> dict[str, tuple[bytes, dict[str, str], bool]]:
    """name: (body, headers, whether it stays authentic)."""
    text, chat, own, message = TEXT[d.network], CHAT[d.network], ID[d.network], MESSAGE[d.network]
    genuine = d.variant()
    # VK proves itself in the body, so what is no JSON proves nothing; the others prove themselves beside it.
    beside = d.network != "vk"
    kind: dict[str, dict[str, Any]] = {
        "vk": {"type": "no_such_type"},
        "telegram": {message: None, "no_such": {}},
        "ok": {"webhookType": "NEW"},
    }

    def marked(old: bytes, new: bytes) -> bytes:
        return d.variant(**{text: "MARK"}).replace(old, new)

    return {
        "good": (genuine, {}, True),
        "empty": (b"", {}, beside),
        "not JSON": (b"hello", {}, beside),
        "array": (b"[]", {}, beside),
        "number": (b"7", {}, beside),
        "null": (b"null", {}, beside),
        "string": (b'"hello"', {}, beside),
        "invalid UTF-8": (marked(b"MARK", b"\xff\xfe"), {}, True),
        "UTF-16": (b"\xff\xfe" + genuine.decode().encode("utf-16-le"), {}, beside),
        "deep array": (b"[" * 100_000, {}, beside),
        "deep object": (b'{"a":' * 50_000, {}, beside),
        "5000 digits": (marked(b'"MARK"', b"9" * 5000), {}, True),
        "NaN": (marked(b'"MARK"', b"NaN"), {}, True),
        "wrong type": (d.variant(**{message: [1]}), {}, True),
        "missing chat": (d.variant(**{chat: None}), {}, True),
        "unknown kind": (d.variant(**kind[d.network]), {}, True),
        "lone surrogate": (marked(b"MARK", b"\\ud83d"), {}, True),
        "NUL": (marked(b"MARK", b"a\\u0000b"), {}, True),
        "chat 2^70": (d.variant(**{chat: HUGE if d.network != "ok" else f"chat:{HUGE}"}), {}, True),
        "id 2^70": (d.variant(**{own: HUGE}), {}, True),
        "doubled keys": (d.variant()[:-1] + b',"no_such":1,"no_such":2}', {}, True),
        "charset nonsense": (d.variant(), {"content-type": "application/json; charset=nonsense"}, True),
        "charset utf-7": (d.variant(), {"content-type": "application/json; charset=utf-7"}, True),
    }


@every_network
async def test_a8_hostile_bodies(network: str, tmp_path: Path) -> None:
    async with door(tmp_path, network) as d:
        bad: dict[str, Any] = {}
        for name, (body, headers, authentic) in hostile(d).items():
            before = d.stored()
            status = await d.post(body, headers)
            await d.stage.quiet()
            after = d.stored()
            if authentic and status != 200:
                bad[name] = ("authentic, and not acknowledged", status)
            if not authentic and (not 400 <= status < 500 or before != after):
                bad[name] = ("not authentic", status, before, after)
            if authentic and name != "unknown kind" and after[0] + after[1] == before[0] + before[1] and name != "good":
                bad[name] = ("acknowledged, and not kept", before, after)
        assert not bad, bad
        assert "8 800" in await d.stage.customer(network).says("оператор"), "and it still answers"


@every_network
async def test_a8_unproven_bodies_write_nothing(network: str, tmp_path: Path) -> None:
    async with door(tmp_path, network) as d:
        before = d.stored()
        secret = json.loads(d.good.body).get("secret")
        if network == "ok":
            d.url = d.url.rsplit("/", 1)[0] + "/wrong"  # what OK proves is the path
        for body, headers, _ in hostile(d).values():
            forged = body.replace(json.dumps(secret).encode(), b'"wrong"') if secret else body
            assert 400 <= await d.post(forged, headers, proof=False) < 500
        await d.stage.quiet()
        assert d.stored() == before


@every_network
async def test_a8_size_a9_compression(network: str, tmp_path: Path) -> None:
    async with door(tmp_path, network) as d:
        before = d.stored()
        assert await d.post(d.variant(**{TEXT[network]: "x" * 2**21})) == 413
        assert await d.post(gzip.compress(b"0" * 10**7), {"content-encoding": "gzip"}) == 415
        assert await d.post(b"no gzip at all", {"content-encoding": "gzip"}) == 415
        assert await d.post(b"x", {"content-encoding": "br"}) == 415
        assert d.stored() == before


# ── A1, A2, A3: who may post ──────────────────────────────────────────────────────────────────────────────────────


async def test_a1_telegram_secret(tmp_path: Path) -> None:
    async with door(tmp_path, "telegram") as d:
        before = d.stored()
        right = d.good.headers[SECRET_HEADER]
        wrong = ["", "wrong", right[:-1], right + "x", right.upper(), "пароль", "x" * 5000]
        for secret in wrong:
            body = d.variant()
            raw: CIMultiDict[str] = CIMultiDict({SECRET_HEADER: secret})
            async with d.browser.post(d.url, data=body, headers=raw) as answer:
                assert answer.status == 403, secret[:20]
        doubled: CIMultiDict[str] = CIMultiDict([(SECRET_HEADER, right), (SECRET_HEADER, right)])
        async with d.browser.post(d.url, data=d.variant(), headers=doubled) as answer:
            assert answer.status == 403
        assert await d.post(d.variant(), proof=False) == 403
        assert d.stored() == before
        assert await d.post(d.variant()) == 200
        assert d.stored() != before


async def test_a2_vk_secret_and_community(tmp_path: Path) -> None:
    async with door(tmp_path, "vk") as d:
        before = d.stored()
        for changes in (
            {"secret": "wrong"},
            {"secret": None},
            {"secret": ""},
            {"secret": 7},
            {"secret": ["x"]},
            {"group_id": 1},
            {"type": "confirmation", "group_id": 1},
            {"type": "confirmation", "secret": "wrong"},
        ):
            assert await d.post(d.variant(**changes)) == 403, changes
        assert d.stored() == before


@dataclass
class Seen:
    status: int
    headers: dict[str, str]
    body: bytes


async def seen(browser: aiohttp.ClientSession, url: str, **more: Any) -> Seen:
    async with browser.post(url, data=b"{}", **more) as answer:
        headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() != "date"}
        return Seen(answer.status, headers, await answer.read())


async def test_a3_nobody_learns_which_part_of_the_address_was_wrong(tmp_path: Path) -> None:
    environ = {"TELEGRAM_INTAKE": "poll", "VK_MODE": "off", "OK_SOURCES": "217.20.145.192/28"}
    async with stage(tmp_path, environ=environ) as s, aiohttp.ClientSession() as browser:
        base = f"{s.app.settings.public_url}/hook"
        paths = {name: line.network.path for name, line in s.app.lines.items() if isinstance(line.network, Hooked)}
        unknown = await seen(browser, f"{base}/nobody/{paths['ok']}")
        assert unknown.status == 404
        for path in (
            "ok/wrong",
            f"ok/{paths['ok']}",  # right, from another address
            f"ok/{paths['ok']}x",
            f"ok/{paths['ok'].upper()}",
            f"telegram/{paths['telegram']}",  # right, and polled
            "vk/anything",  # off
            "OK/wrong",
            "ok/%00",
            "ok/%ff%fe",
            "ok/%ed%a0%80",
            "ok/%D0%BF",
            "ok/" + "x" * 5000,
        ):
            assert await seen(browser, f"{base}/{path}") == unknown, path
        forwarded = {"X-Forwarded-For": "217.20.145.193"}  # nobody of ours wrote it
        assert await seen(browser, f"{base}/ok/{paths['ok']}", headers=forwarded) == unknown


async def test_a3_behind_our_own_proxy_its_word_counts(tmp_path: Path) -> None:
    environ = {"OK_SOURCES": "217.20.145.192/28"}
    async with door_behind_proxy(tmp_path, environ) as (url, browser):
        for chain, status in (
            ("217.20.145.193", 200),
            ("1.2.3.4, 217.20.145.193", 200),
            ("217.20.145.193, 1.2.3.4", 404),
            ("", 404),
            ("nonsense", 404),
        ):
            headers = {"X-Forwarded-For": chain} if chain else {}
            assert (await seen(browser, url, headers=headers)).status == status, chain


@asynccontextmanager
async def door_behind_proxy(
    folder: Path, environ: Mapping[str, str]
) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    with capture_logs():
        async with (
            stage(folder, ["ok"], environ=environ, trusted_proxies="127.0.0.1/32") as s,
            aiohttp.ClientSession() as browser,
        ):
            hooked = s.app.lines["ok"].network
            assert isinstance(hooked, Hooked)
            yield f"{s.app.settings.public_url}/hook/ok/{hooked.path}", browser


@every_network
async def test_a11_only_post(network: str, tmp_path: Path) -> None:
    async with door(tmp_path, network) as d:
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            async with d.browser.request(method, d.url) as answer:
                assert answer.status == 405, method
                assert "aiohttp" not in str(answer.headers).lower()


# ── Nothing is accepted that is not stored ────────────────────────────────────────────────────────────────────────


@every_network
async def test_503_while_nothing_can_be_stored(network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with door(tmp_path, network) as d:

        async def full(*_: object) -> int:
            raise Unwritable("disk full")

        def full_too(*_: object) -> None:
            raise Unwritable("disk full")

        before = d.stored()
        body = d.variant()
        monkeypatch.setattr(d.stage.app.storage.inbox, "put", full)
        monkeypatch.setattr(d.stage.app.storage.inbox, "accept", full_too)
        assert await d.post(body) == 503
        assert d.stored() == before
        monkeypatch.undo()
        assert await d.post(body) == 200
        assert d.stored() != before


# ── The inner door ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_health_and_metrics_are_behind_the_inner_door_only(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s, aiohttp.ClientSession() as browser:
        port = free_port()
        outer, inner = s.app.settings.public_url, f"http://127.0.0.1:{port}"
        async with serve(inner_app(s.app.missing), "127.0.0.1", port):
            for path in ("/healthz", "/readyz", "/metrics"):
                async with browser.get(outer + path) as answer:
                    assert answer.status == 404
                async with browser.get(inner + path) as answer:
                    assert answer.status == 200
            async with browser.get(f"{inner}/metrics") as answer:
                assert "saldo_answers_total" in await answer.text()
            async with browser.post(f"{inner}/hook/telegram/x") as answer:
                assert answer.status == 404


async def test_readyz_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path, []) as s, aiohttp.ClientSession() as browser:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        async with serve(inner_app(s.app.missing), "127.0.0.1", port):

            async def missing() -> tuple[int, list[str]]:
                async with browser.get(f"{url}/readyz") as answer:
                    return answer.status, (await answer.text()).splitlines()

            assert await missing() == (503, ["no network is on"])

            async def away() -> None:
                raise Unwritable("no connection")

            monkeypatch.setattr(s.app.storage.upkeep, "version", away)
            monkeypatch.setattr(s.app, "ready", False)
            assert await missing() == (503, ["not started", "database", "no network is on"])
            async with browser.get(f"{url}/healthz") as answer:  # the loop turns: a restart would not help
                assert answer.status == 200
