"""Telegram: the adapter against the Bot API on loopback, and that Bot API against its documentation."""

import asyncio
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import (
    Address,
    Blocked,
    Button,
    Command,
    Document,
    Forged,
    Hooked,
    Incoming,
    NetworkError,
    Picture,
    Post,
    Received,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Tone,
    Unavailable,
    Unknown,
)
from adapters.fit import fit
from adapters.telegram import HEADER, LIMITS, SETTINGS, HookedTelegram, connect, foreign, parse, result
from sandbox.base import Fault, Key
from sandbox.screens import full_name, landscape
from sandbox.telegram import CHAT_BURST, GROUP, SECRET, TOKEN, Telegram

FIXTURES = Path(__file__).parent.parent / "fixtures" / "telegram"
NOW = datetime(2025, 11, 22, 10, 5, tzinfo=UTC)
SENT_AT = datetime(2025, 11, 22, 10, 0, tzinfo=UTC)
MARIA = Address("telegram", "5279001")
PIXEL = landscape(1, 1)
ROWS = (
    (Button("Баланс", "bal", tone=Tone.MAIN), Button("Платежи", "pay")),
    (Button("Сайт", url="https://saldo.example/"),),
)


class Time:
    """A clock that moves only when somebody sleeps on it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Inbox:
    """What is stored; the next `refuse` calls fail as a full disk does."""

    batches: list[Received] = field(default_factory=list)
    refuse: int = 0
    change: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, received: Received) -> None:
        if self.refuse:
            self.refuse -= 1
            raise OSError("disk full")
        self.batches.append(received)
        self.change.set()
        self.change = asyncio.Event()

    @property
    def events(self) -> list[Incoming]:
        return [event for batch in self.batches for event in batch.events]

    @property
    def unreadable(self) -> list[bytes]:
        return [raw for batch in self.batches for raw in batch.unreadable]

    async def until(self, done: Callable[["Inbox"], bool]) -> None:
        async with asyncio.timeout(10):
            while not done(self):
                await self.change.wait()

    async def first(self, count: int) -> list[Incoming]:
        await self.until(lambda inbox: len(inbox.events) >= count)
        return self.events


@dataclass
class Stage:
    sandbox: Telegram
    network: HookedTelegram
    inbox: Inbox
    time: Time

    def address(self, person: str = "1") -> Address:
        return Address("telegram", self.sandbox.chat_id(person))

    async def send(self, reply: Reply, person: str = "1", key: int = 1) -> str:
        return await self.network.send(self.address(person), reply, key)

    @asynccontextmanager
    async def polled(self, cursor: str | None = None) -> AsyncIterator[asyncio.Task[None]]:
        run = asyncio.create_task(self.network.run(self.inbox, cursor))
        try:
            yield run
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

    @asynccontextmanager
    async def hooked(self) -> AsyncIterator[TestServer]:
        async def hook(request: web.Request) -> web.Response:
            headers: dict[str, str] = {}
            for name, value in request.headers.items():
                name = name.lower()
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            try:
                answer = await self.network.hook(Post(headers, await request.read(), "127.0.0.1"), self.inbox)
            except Forged as forged:
                return web.Response(status=forged.status)
            except OSError:
                return web.Response(status=503)
            return web.Response(status=answer.status, body=answer.body, content_type=answer.media_type)

        app = web.Application(client_max_size=8 * 2**20)
        app.router.add_post(f"/{self.network.path}", hook)
        async with TestServer(app) as server:
            await self.network.prepare(Site(hook=str(server.make_url(f"/{self.network.path}"))))
            yield server

    def listening(self, way: str) -> Any:
        return self.hooked() if way == "hook" else self.polled()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    time = Time()
    sandbox = Telegram(clock=time, sleep=time.sleep)
    await sandbox.start()
    network = connect({**sandbox.settings(), "TELEGRAM_TIMEOUT": "5"})
    assert isinstance(network, HookedTelegram)
    network.sleep = time.sleep
    yield Stage(sandbox, network, Inbox(), time)
    await network.close()
    await sandbox.stop()


def body(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


# ---------------------------------------------------------------------------------------------------------------------
# Reading updates.


def message(id: str, **changes: Any) -> Incoming:
    usual = Incoming(id, MARIA, SENT_AT, message="1365", language="ru", name="Мария Орлова")
    return replace(usual, **changes)


HOME = Address("telegram", "-1001987654321")
MEANINGS = {
    "text": message("812345001", text="сколько я должна? 🙂"),
    "start": message("812345002", start=""),
    "start_payload": message("812345003", start="8ZQm2v-Kc_1xTq0RjW5nYA"),
    "command_in_group": message("812345004", sender=HOME, private=False, text="/balance@saldo_bot"),
    "photo_with_caption": message("812345005", attached=True),
    "voice": message("812345006", attached=True),
    "contact": message("812345007", attached=True),
    "forward": message("812345008", attached=True),
    "via_bot": message("812345009", attached=True),
    "reply_with_quote": message("812345010", text="а это?"),
    "edited": None,
    "other_bot": None,
    "joined": None,
    "write_access": message("812345014", permission=True),
    "channel_post": None,
    "press": message("812345016", sent_at=NOW, action="bal:1", message="1364", press="4382bfdwdsb323b2d9"),
    "press_inaccessible": message("812345017", sent_at=NOW, action="pay", message="7", press="4382bfdwdsb323b2da"),
    "press_inline_message": None,
    "blocked": message("812345019", message=None, permission=False),
    "unblocked": message("812345020", message=None, permission=True),
    "added_to_group": None,
    "unknown_kind": None,
}


def test_every_payload_has_its_meaning_here() -> None:
    assert {file.stem for file in FIXTURES.glob("*.json")} == set(MEANINGS)


@pytest.mark.parametrize("name", MEANINGS)
def test_what_an_update_means(name: str) -> None:
    meaning = MEANINGS[name]
    assert parse(body(name), NOW) == Received(events=(meaning,) if meaning else ())


@pytest.mark.parametrize(
    ("text", "start", "rest"),
    [
        ("/start@saldo_bot abc", "abc", ""),
        ("/start ", "", ""),
        ("/start " + "a" * 64, "a" * 64, ""),
        ("/start " + "a" * 65, "", ""),
        ("/start два слова", "", ""),
        ("/started", None, "/started"),
        ("start", None, "start"),
        ("нуль\0внутри", None, "нульвнутри"),
    ],
)
def test_the_start_command(text: str, start: str | None, rest: str) -> None:
    update = json.loads(body("text"))
    update["message"]["text"] = text
    (event,) = parse(json.dumps(update).encode(), NOW).events
    assert (event.start, event.text) == (start, rest)


@given(st.binary())
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    received = parse(raw, NOW)
    assert received.events == ()
    assert received.unreadable in ((), (raw,))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@given(st.data())
def test_no_mutation_of_a_real_update_breaks_the_parser_or_is_lost(data: st.DataObject) -> None:
    update = json.loads(body(data.draw(st.sampled_from(sorted(MEANINGS)))))
    path = data.draw(st.sampled_from(places(update)[1:]))
    place = update
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = data.draw(json_values)
    raw = json.dumps(update).encode()
    received = parse(raw, NOW)
    assert received.unreadable in ((), (raw,))
    for event in received.events:
        msgspec.json.encode(event)  # what is accepted can be stored as UTF-8
        assert "\0" not in event.text + event.name + (event.action or "") + (event.language or "")


# ---------------------------------------------------------------------------------------------------------------------
# The hook.

GOOD = body("text")
HOSTILE = {
    "empty": b"",
    "not json": b"hello=world",
    "array": b"[]",
    "number": b"42",
    "null": b"null",
    "string": b'"text"',
    "invalid utf-8": GOOD.replace("сколько".encode(), b"\xff\xfe\xfd"),
    "utf-16": GOOD.decode().encode("utf-16"),
    "100k brackets": b"[" * 100_000,
    "50k objects": b'{"a":' * 50_000,
    "nested inside": b'{"update_id":1,"message":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "5000 digits": b'{"update_id":' + b"9" * 5000 + b"}",
    "5000 digits deep": GOOD.replace(b'"text"', b'"dice":' + b"9" * 5000 + b',"text"'),
    "NaN": b'{"update_id":NaN}',
    "wrong type": b'{"update_id":"one"}',
    "missing chat": b'{"update_id":1,"message":{"message_id":1,"date":1,"text":"x"}}',
    "lone surrogate": GOOD.replace("сколько".encode(), b"\\ud800"),
    "chat 2^70": GOOD.replace(b'"id": 5279001', b'"id": 1180591620717411303424'),
    "date of another age": GOOD.replace(b"1763805600", b"9" * 18),
    "cut": GOOD[:-20],
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "2 MiB": b"x" * (2 * 2**20),
}
KNOWN = {  # readable: an event, or nothing to us
    "good": GOOD,
    "unknown kind": body("unknown_kind"),
    "doubled keys": b'{"update_id":1,"update_id":2}',
    "NUL": GOOD.replace("сколько".encode(), b"a\\u0000b"),
}


def post(raw: bytes, secret: str | None = SECRET, **headers: str) -> Post:
    return Post({**({HEADER: secret} if secret is not None else {}), **headers}, raw, "127.0.0.1")


@pytest.mark.parametrize("case", HOSTILE)
async def test_A8_authentic_nonsense_is_stored_aside_and_acknowledged(stage: Stage, case: str) -> None:
    answer = await stage.network.hook(post(HOSTILE[case]), stage.inbox)
    assert answer.status == 200
    assert stage.inbox.unreadable == [HOSTILE[case]]
    assert stage.inbox.events == []


@pytest.mark.parametrize("case", KNOWN)
async def test_A8_what_can_be_read_is_acknowledged(stage: Stage, case: str) -> None:
    kind = {"content-type": "application/json; charset=utf-7"}
    assert (await stage.network.hook(post(KNOWN[case], **kind), stage.inbox)).status == 200
    assert stage.inbox.unreadable == []
    assert len(stage.inbox.events) == (case in ("good", "NUL"))


WRONG = [None, "", "wrong", SECRET[:-1], SECRET + "0", SECRET.upper(), "секрет", "\udcff", "\ud800", "a" * 10_000]


@pytest.mark.parametrize("secret", WRONG)
@pytest.mark.parametrize("raw", [GOOD, HOSTILE["100k brackets"]])
async def test_A1_a_wrong_secret_stores_nothing(stage: Stage, secret: str | None, raw: bytes) -> None:
    with pytest.raises(Forged) as error:
        await stage.network.hook(post(raw, secret), stage.inbox)
    assert error.value.status in (401, 403)
    assert SECRET not in str(error.value)
    assert stage.inbox.batches == []


@pytest.fixture(scope="module")
def door() -> HookedTelegram:
    network = connect({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET})
    assert isinstance(network, HookedTelegram)
    return network


@given(st.text() | st.binary(max_size=64).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
async def test_A1_no_header_breaks_the_comparison(door: HookedTelegram, secret: str) -> None:
    with pytest.raises(Forged):
        await door.hook(post(GOOD, secret), Inbox())


async def test_A1_a_doubled_header_on_the_wire_is_refused(stage: Stage) -> None:
    async with stage.hooked() as server, aiohttp.ClientSession() as client:
        url = server.make_url(f"/{stage.network.path}")
        for headers, status in (([(HEADER, SECRET)], 200), ([(HEADER, SECRET)] * 2, 403), ([], 403)):
            async with client.post(url, data=GOOD, headers=headers) as answer:
                assert answer.status == status
    assert len(stage.inbox.events) == 1


async def test_nothing_is_acknowledged_that_was_not_stored(stage: Stage) -> None:
    stage.inbox.refuse = 1
    with pytest.raises(OSError, match="disk full"):
        await stage.network.hook(post(GOOD), stage.inbox)


# ---------------------------------------------------------------------------------------------------------------------
# Both ways in, over the wire.

WAYS = pytest.mark.parametrize("way", ["hook", "poll"])


@WAYS
async def test_everything_a_customer_does_arrives(stage: Stage, way: str) -> None:
    sandbox, inbox = stage.sandbox, stage.inbox
    async with stage.listening(way):
        await sandbox.start_chat("1")
        await sandbox.start_chat("1", "tok-en_1")
        written = await sandbox.say("1", "баланс")
        await sandbox.attach("1")
        await sandbox.say_in_group("1", "баланс")
        events = {event.id: event for event in await inbox.first(5)}
        assert [(e.start, e.text, e.attached, e.private) for e in sorted(events.values(), key=lambda e: e.id)] == [
            ("", "", False, True),
            ("tok-en_1", "", False, True),
            (None, "баланс", False, True),
            (None, "", True, True),
            (None, "баланс", False, False),
        ]
        spoken = next(e for e in inbox.events if e.text and e.private)
        assert (spoken.sender, spoken.message, spoken.language, spoken.name) == (
            stage.address(),
            written,
            "ru",
            full_name("1"),
        )
        shown = await stage.send(Reply("Что показать?", keyboard=ROWS))
        await sandbox.press("1", shown, "Баланс")
        press = (await inbox.first(6))[5]
        assert (press.action, press.message, press.sender) == ("bal", shown, stage.address())
        assert press.press
        assert not sandbox.settled("1")
        await sandbox.press("1", shown, "Сайт")  # a link opens a page, and tells nobody
        await stage.send(Reply("Меню", menu=((Button("Помощь", "help"),),)))
        await sandbox.press("1", "", "Помощь")
        assert (await inbox.first(7))[6].text == "Помощь"
        await sandbox.block("1")
        await sandbox.unblock("1")
        assert [e.permission for e in (await inbox.first(9))[7:]] == [False, True]
        assert len({e.id for e in inbox.events}) == 9
        assert inbox.unreadable == []
        assert sandbox.violations == ()


@WAYS
async def test_what_could_not_be_stored_comes_again(stage: Stage, way: str) -> None:
    stage.inbox.refuse = 3
    async with stage.listening(way):
        await stage.sandbox.say("1", "раз")
        await stage.sandbox.say("1", "два")
        assert [event.text for event in await stage.inbox.first(2)] == ["раз", "два"]


@WAYS
async def test_the_same_event_has_the_same_id_when_it_comes_again(stage: Stage, way: str) -> None:
    async with stage.listening(way):
        await stage.sandbox.say("1", "раз")
        shown = await stage.send(Reply("?", keyboard=ROWS))
        await stage.sandbox.press("1", shown, "Баланс")
        first = {event.id for event in await stage.inbox.first(2)}
        stage.sandbox.redeliver()
        assert {event.id for event in (await stage.inbox.first(4))[2:]} == first
        await stage.sandbox.say("1", "два")
        assert (await stage.inbox.first(5))[4].text == "два"


async def test_the_two_ways_give_the_same_id(stage: Stage) -> None:
    async with stage.hooked():
        await stage.sandbox.say("1", "раз")
        await stage.inbox.first(1)
    async with stage.polled():
        stage.sandbox.redeliver()
        first, second = await stage.inbox.first(2)
    assert first == second


# ---------------------------------------------------------------------------------------------------------------------
# The long poll.


async def test_the_cursor_is_the_next_number_and_goes_on_after_a_restart(stage: Stage) -> None:
    async with stage.polled():
        await stage.sandbox.say("1", "раз")
        await stage.inbox.first(1)
    (batch,) = stage.inbox.batches
    assert batch.cursor == str(int(batch.events[0].id) + 1)
    await stage.sandbox.say("1", "два")
    async with stage.polled(batch.cursor):
        assert [event.text for event in await stage.inbox.first(2)] == ["раз", "два"]


async def test_polling_takes_the_webhook_away_first(stage: Stage) -> None:
    async with stage.hooked():
        pass
    await stage.sandbox.say("1", "раз")
    async with stage.polled():
        assert (await stage.inbox.until(lambda inbox: bool(inbox.events))) is None
    assert "deletewebhook" in stage.sandbox.calls


async def test_another_poller_is_told_of_and_waited_out(stage: Stage) -> None:
    """409: a growing pause, and no end."""
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        stage.time.slept.append(seconds)
        if len(stage.time.slept) == 3:
            enough.set()
        await asyncio.sleep(0)

    stage.network.sleep = sleep
    async with aiohttp.ClientSession() as other, stage.polled() as run:
        with structlog.testing.capture_logs() as logs:
            url = f"{stage.sandbox.settings()['TELEGRAM_API_URL']}/bot{TOKEN}/getUpdates"
            while not enough.is_set():
                # The other one asks shortly, again and again, and so ends each long poll of ours.
                before = len(stage.sandbox.calls)
                await called(stage.sandbox, "getupdates", before)
                async with other.get(url) as answer:
                    assert answer.status == 200
        assert stage.time.slept[:3] == [1.0, 2.0, 4.0]
        assert {entry["error"] for entry in logs} == {"Contended"}
        await stage.sandbox.say("1", "раз")
        await stage.inbox.first(1)
        assert not run.done()


async def called(sandbox: Telegram, method: str, since: int) -> None:
    async with asyncio.timeout(10):
        while method not in sandbox.calls[since:]:  # noqa: ASYNC110 (a sandbox tells of screens, not of calls)
            await asyncio.sleep(0)


async def test_a_dead_token_ends_the_poll(stage: Stage) -> None:
    stage.sandbox.fail(Fault.REVOKED)
    with pytest.raises(Revoked):
        await stage.network.run(stage.inbox, None)


async def test_after_a_quiet_week_the_numbers_may_go_down(stage: Stage) -> None:
    async with stage.polled("900000000"):
        stage.sandbox.renumber(5000)
        await stage.sandbox.say("1", "раз")
        await stage.inbox.first(1)
        await stage.sandbox.say("1", "два")
        await stage.inbox.first(2)
    assert [event.text for event in stage.inbox.events] == ["раз", "два"]
    assert stage.inbox.batches[-1].cursor == "5002"


class Scripted:
    """A server that answers getUpdates with prepared bytes, one after the other, and then with nothing new."""

    def __init__(self, *answers: bytes | tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    async def serve(self, request: web.Request) -> web.Response:
        if request.path.endswith("deleteWebhook"):
            return web.Response(body=b'{"ok":true,"result":true}')
        fields = dict(await request.post())
        self.asked.append(fields)
        if not self.answers:
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        status, raw = answer if isinstance(answer, tuple) else (200, answer)
        return web.Response(status=status, body=raw)


@asynccontextmanager
async def scripted(script: Scripted) -> AsyncIterator[tuple[HookedTelegram, Inbox]]:
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", script.serve)
    async with TestServer(app, handler_cancellation=True, shutdown_timeout=0.1) as server:
        network = connect(
            {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET, "TELEGRAM_API_URL": str(server.make_url("/"))}
        )
        assert isinstance(network, HookedTelegram)
        network.sleep = Time().sleep
        inbox = Inbox()
        run = asyncio.create_task(network.run(inbox, "100"))
        yield network, inbox
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await network.close()


def update(number: int, text: str) -> bytes:
    return GOOD.replace(b"812345001", str(number).encode()).replace("сколько я должна? 🙂".encode(), text.encode())


def batch(*updates: bytes) -> bytes:
    return b'{"ok":true,"result":[' + b",".join(updates) + b"]}"


async def test_a_poisonous_update_is_stored_aside_with_its_neighbours_untouched() -> None:
    poison = b'{"update_id":101,"message":{"message_id":1}}'
    async with scripted(Scripted(batch(update(100, "раз"), poison, update(102, "два")))) as (_, inbox):
        await inbox.first(2)
    (received,) = inbox.batches
    assert [event.text for event in received.events] == ["раз", "два"]
    assert received.unreadable == (poison,)
    assert received.cursor == "103"


async def test_an_answer_that_cannot_be_read_at_all_is_taken_apart() -> None:
    bomb = b'{"update_id":100,"message":' + b"[" * 5000 + b"]" * 5000 + b"}"
    script = Scripted(batch(bomb, update(101, "раз")), batch(bomb), batch(update(101, "раз")))
    async with scripted(script) as (_, inbox):
        await inbox.first(1)
    assert [fields["limit"] for fields in script.asked[:3]] == ["100", "1", "100"]
    assert [fields["offset"] for fields in script.asked[:3]] == ["100", "100", "101"]
    assert inbox.unreadable == [batch(bomb)]
    assert [event.text for event in inbox.events] == ["раз"]


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"\xff\xfe",
        b"<html>captive</html>",
        b'{"ok":true}',
        b'{"ok":true,"result":{}}',
        b'{"ok":true,"result":[1,null]}',
        b'{"ok":true,"result":[{}]}',
        (200, b'{"ok":false}'),
        (429, b'{"ok":false,"parameters":{"retry_after":1e300}}'),
        (500, b""),
        (302, b""),
        (400, b'{"ok":false,"error_code":400,"description":"Bad Request"}'),
    ],
)
async def test_no_answer_stops_the_poll_or_moves_it(poison: bytes | tuple[int, bytes]) -> None:
    script = Scripted(poison, poison, batch(update(100, "раз")))
    async with scripted(script) as (_, inbox):
        await inbox.first(1)
    assert {fields["offset"] for fields in script.asked[:3]} == {"100"}
    assert inbox.unreadable == []


# ---------------------------------------------------------------------------------------------------------------------
# Showing replies.

TEXTS = pytest.mark.parametrize("text", ["Баланс", "<b>не разметка</b> & *тоже*", "🙂" * 2048])


@TEXTS
async def test_text_is_shown_as_it_is(stage: Stage, text: str) -> None:
    id = await stage.send(Reply(text))
    (shown,) = stage.sandbox.chat("1")
    assert (shown.id, shown.text, shown.mine, shown.keys) == (id, text, False, ())


async def test_a_keyboard_belongs_to_its_message(stage: Stage) -> None:
    await stage.send(Reply("Что показать?", keyboard=ROWS))
    (shown,) = stage.sandbox.chat("1")
    assert shown.keys == (
        (Key("Баланс", tone="main"), Key("Платежи")),
        (Key("Сайт", url="https://saldo.example/"),),
    )


async def test_a_menu_stays_until_it_is_taken_away(stage: Stage) -> None:
    await stage.send(
        Reply("Меню", menu=((Button("Помощь", "help", tone=Tone.GOOD), Button("Стоп", "x", tone=Tone.DANGER)),))
    )
    assert stage.sandbox.menu("1") == ((Key("Помощь", tone="good"), Key("Стоп", tone="danger")),)
    await stage.send(Reply("Другое"))
    assert stage.sandbox.menu("1") is not None
    await stage.send(Reply("Без меню", menu=()))
    assert stage.sandbox.menu("1") is None


async def test_a_picture_and_a_document(stage: Stage) -> None:
    await stage.send(Reply("QR", picture=Picture(PIXEL), keyboard=ROWS))
    await stage.send(Reply("Выписка", document=Document(b"%PDF", 'Выписка "за\nмарт".pdf', "application/pdf")))
    picture, document = stage.sandbox.chat("1")
    assert (picture.text, picture.picture, len(picture.keys)) == ("QR", PIXEL, 2)
    assert (document.text, document.document, document.document_name) == ("Выписка", b"%PDF", "Выписка _за_март_.pdf")


async def test_a_picture_with_a_document_makes_two_messages_and_one_picture_whatever_fails(stage: Stage) -> None:
    both = Reply("Счёт", picture=Picture(PIXEL), document=Document(b"%PDF", "bill.pdf"))
    for _ in range(CHAT_BURST - 1):
        await stage.send(Reply("раньше"))
    for wait in (0, 1):
        await stage.time.sleep(wait)
        with nullcontext() if wait else pytest.raises(Throttled):
            await stage.send(both, key=7)
    picture, document = stage.sandbox.chat("1")[CHAT_BURST - 1 :]
    assert (picture.text, picture.picture) == ("", PIXEL)
    assert (document.text, document.document) == ("Счёт", b"%PDF")


async def test_a_screen_is_redrawn_in_place(stage: Stage) -> None:
    id = await stage.send(Reply("Страница 1", keyboard=ROWS))
    assert await stage.send(Reply("Страница 2", replaces=id)) == id
    (shown,) = stage.sandbox.chat("1")
    assert (shown.text, shown.keys, shown.edited) == ("Страница 2", (), True)


async def test_redrawing_the_same_is_no_error(stage: Stage) -> None:
    id = await stage.send(Reply("Страница 1", keyboard=ROWS))
    assert await stage.send(Reply("Страница 1", keyboard=ROWS, replaces=id)) == id
    assert len(stage.sandbox.chat("1")) == 1


@pytest.mark.parametrize("gone", ["999", "abc", "", "-5"])
async def test_what_is_gone_is_shown_anew(stage: Stage, gone: str) -> None:
    id = await stage.send(Reply("Страница 2", replaces=gone))
    assert [shown.id for shown in stage.sandbox.chat("1")] == [id]


async def test_the_customers_own_message_is_never_deleted_for_a_redraw(stage: Stage) -> None:
    written = await stage.sandbox.say("1", "баланс")
    await stage.send(Reply("Ответ", replaces=written))
    assert [shown.text for shown in stage.sandbox.chat("1")] == ["баланс", "Ответ"]


async def test_text_becomes_a_picture_and_a_picture_text(stage: Stage) -> None:
    id = await stage.send(Reply("Текст"))
    assert await stage.send(Reply("График", picture=Picture(PIXEL), replaces=id)) == id
    (picture,) = stage.sandbox.chat("1")
    assert (picture.text, picture.picture) == ("График", PIXEL)
    new = await stage.send(Reply("Снова текст", replaces=id))
    (text,) = stage.sandbox.chat("1")
    assert new != id
    assert (text.id, text.text, text.picture) == (new, "Снова текст", None)


async def test_a_picture_is_redrawn_as_a_picture_and_as_a_document(stage: Stage) -> None:
    id = await stage.send(Reply("1", picture=Picture(PIXEL)))
    assert await stage.send(Reply("2", picture=Picture(PIXEL), replaces=id)) == id
    assert await stage.send(Reply("3", document=Document(b"x", "x.txt"), replaces=id)) == id
    (shown,) = stage.sandbox.chat("1")
    assert (shown.text, shown.picture, shown.document) == ("3", None, b"x")


async def test_older_servers_do_not_turn_text_into_a_picture(stage: Stage) -> None:
    stage.sandbox._media_into_text = False
    id = await stage.send(Reply("Текст"))
    new = await stage.send(Reply("График", picture=Picture(PIXEL), replaces=id))
    assert [shown.id for shown in stage.sandbox.chat("1")] == [new]


async def test_a_reply_with_a_menu_takes_the_old_screens_place(stage: Stage) -> None:
    id = await stage.send(Reply("Вопрос", keyboard=ROWS))
    new = await stage.send(Reply("Готово", menu=((Button("Меню", "m"),),), replaces=id))
    assert [shown.id for shown in stage.sandbox.chat("1")] == [new]
    assert stage.sandbox.menu("1")


async def test_a_typed_password_is_erased_and_a_press_is_settled(stage: Stage) -> None:
    shown = await stage.send(Reply("?", keyboard=ROWS))
    async with stage.polled():
        secret = await stage.sandbox.say("1", "hunter2")
        await stage.sandbox.press("1", shown, "Баланс")
        press = (await stage.inbox.first(2))[1]
    assert not stage.sandbox.settled("1")
    await stage.send(Reply("Пароли сюда не пишут", erases=secret, answers=press.press))
    assert [one.text for one in stage.sandbox.chat("1")] == ["?", "Пароли сюда не пишут"]
    assert stage.sandbox.settled("1")


async def test_settling_and_erasing_never_fail_the_letter(stage: Stage) -> None:
    await stage.send(Reply("Ответ", answers="4382bfdwdsb323b2d9", erases="31337"))
    await stage.send(Reply("Ещё", erases="не число"))
    assert [one.text for one in stage.sandbox.chat("1")] == ["Ответ", "Ещё"]


async def test_two_taps_two_answers(stage: Stage) -> None:
    shown = await stage.send(Reply("?", keyboard=ROWS))
    async with stage.polled():
        await stage.sandbox.press("1", shown, "Баланс")
        await stage.sandbox.press("1", shown, "Баланс")
        first, second = await stage.inbox.first(2)
    assert first.press != second.press
    await stage.network.busy(first)
    assert not stage.sandbox.settled("1")
    await stage.network.busy(second)
    assert stage.sandbox.settled("1")


async def test_busy_stops_the_spinner_once_and_types_for_a_text(stage: Stage) -> None:
    shown = await stage.send(Reply("?", keyboard=ROWS))
    async with stage.polled():
        await stage.sandbox.say("1", "баланс")
        await stage.sandbox.press("1", shown, "Баланс")
        text, press = await stage.inbox.first(2)
    await stage.network.busy(text)
    assert stage.sandbox.actions == [(stage.address().chat, "typing")]
    await stage.network.busy(press)
    assert stage.sandbox.settled("1")
    await stage.send(Reply("350 ₽", answers=press.press, replaces=shown))
    assert stage.sandbox.calls.count("answercallbackquery") == 1


async def test_busy_raises_nothing(stage: Stage) -> None:
    stage.sandbox.fail(Fault.REVOKED)
    event = parse(body("press"), NOW).events[0]
    await stage.network.busy(event)
    await stage.network.busy(replace(event, press=None))
    await stage.network.busy(replace(event, press=None, sender=Address("telegram", "x")))
    await stage.sandbox.stop()
    await stage.network.busy(event)


# ---------------------------------------------------------------------------------------------------------------------
# What goes wrong.

FAULTS: dict[Fault, tuple[type[NetworkError], bool]] = {
    Fault.THROTTLED: (Throttled, False),
    Fault.BROKEN: (Unknown, False),
    Fault.CUT: (Unknown, True),
    Fault.GARBAGE: (Unknown, True),
    Fault.SILENT: (Unknown, True),
    Fault.REVOKED: (Revoked, False),
    Fault.REFUSED: (Rejected, False),
}
REPLIES = {"text": Reply("x", keyboard=ROWS), "picture": Reply("x", picture=Picture(PIXEL)), "edit": Reply("y")}


@pytest.mark.parametrize("kind", REPLIES)
@pytest.mark.parametrize("fault", Fault)
async def test_every_fault_is_told_apart(stage: Stage, fault: Fault, kind: str) -> None:
    if fault is Fault.SILENT:
        stage.network.timeout = 0.3
    reply = REPLIES[kind]
    if kind == "edit":
        reply = replace(reply, replaces=await stage.send(Reply("x")))
    if kind == "edit" and fault is Fault.REFUSED:
        stage.sandbox.fail(fault)  # a refused edit is tried as a new message, which is refused as well
    before = stage.sandbox.version
    error, shown = FAULTS[fault]
    stage.sandbox.fail(fault)
    with pytest.raises(error) as caught:
        await stage.send(reply)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert (stage.sandbox.version > before) is shown
    if isinstance(caught.value, Throttled):
        assert caught.value.after == 1.0
        assert caught.value.everybody
    stage.sandbox.heal()
    stage.network.timeout = 5.0
    assert await stage.send(Reply("z"))


async def test_blocked_and_unknown_people(stage: Stage) -> None:
    await stage.sandbox.block("1")
    with pytest.raises(Blocked):
        await stage.send(Reply("x"))
    with pytest.raises(Blocked):
        await stage.network.send(Address("telegram", "12345"), Reply("x"), 1)
    with pytest.raises(Rejected):
        await stage.network.send(Address("telegram", "../getMe"), Reply("x"), 1)
    await stage.sandbox.unblock("1")
    await stage.send(Reply("x"))


async def test_a_server_that_is_not_there(stage: Stage) -> None:
    await stage.sandbox.stop()
    with pytest.raises(Unavailable):
        await stage.send(Reply("x"))


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_no_tls_and_no_such_host(stage: Stage, scheme: str) -> None:
    here = stage.sandbox.settings()["TELEGRAM_API_URL"]
    url = here.replace("http://", "https://") if scheme == "https" else "http://no-such-host.invalid"
    network = connect({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": url})
    with pytest.raises(Unavailable) as caught:
        await network.send(MARIA, Reply("x"), 1)
    await network.close()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_a_connection_that_does_not_come_about_has_sent_nothing() -> None:
    """A server that accepts and then keeps silent about TLS: slow, and yet certainly not sent."""
    quiet = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await quiet.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    values = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": f"https://127.0.0.1:{port}", "TELEGRAM_TIMEOUT": "0.4"}
    network = connect(values)
    with pytest.raises(Unavailable):
        await network.send(MARIA, Reply("x"), 1)
    await network.close()
    quiet.set()
    server.close()
    await server.wait_closed()


async def test_a_redirect_is_not_followed() -> None:
    async def away(request: web.Request) -> web.Response:
        seen.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    seen: list[str] = []
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", away)
    async with TestServer(app) as server:
        network = connect({"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": str(server.make_url("/"))})
        with pytest.raises(Unavailable):
            await network.send(MARIA, Reply("x"), 1)
        await network.close()
    assert seen == [f"/bot{TOKEN}/sendMessage"]


def answer(code: int, description: str, **parameters: Any) -> bytes:
    return json.dumps(
        {"ok": False, "error_code": code, "description": description, "parameters": parameters}, ensure_ascii=False
    ).encode()


@pytest.mark.parametrize(
    ("status", "raw", "error"),
    [
        (429, answer(429, "Too Many Requests: retry after 7", retry_after=7), Throttled),
        (400, answer(400, "Bad Request: flood", retry_after=7), Throttled),
        (429, answer(429, "Too Many Requests"), Throttled),
        (429, b"<html>", Throttled),
        (403, answer(403, "Forbidden: bot was blocked by the user"), Blocked),
        (403, answer(403, "Forbidden: user is deactivated"), Blocked),
        (403, answer(403, "Forbidden: bot can't initiate conversation with a user"), Blocked),
        (403, answer(403, "Forbidden: something new"), Blocked),
        (400, answer(400, "Bad Request: chat not found"), Blocked),
        (400, answer(400, "Bad Request: PEER_ID_INVALID"), Blocked),
        (400, answer(400, "Bad Request: private chat not found"), Blocked),
        (400, answer(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1), Blocked),
        (400, answer(400, "Bad Request: message is too long"), Rejected),
        (400, answer(400, "Bad Request: BUTTON_DATA_INVALID"), Rejected),
        (400, answer(400, "Bad Request"), Rejected),
        (413, answer(413, "Request Entity Too Large"), Rejected),
        (413, b"<html>", Rejected),
        (401, answer(401, "Unauthorized"), Revoked),
        (404, answer(404, "Not Found"), Revoked),
        (404, b"<html>", Unavailable),
        (302, b"", Unavailable),
        (409, answer(409, "Conflict: terminated by other getUpdates request"), Unavailable),
        (500, answer(500, "Internal Server Error: restart"), Unknown),
        (502, b"<html>bad gateway</html>", Unknown),
        (500, b'{"ok":true,"result":{}}', Unknown),
        (200, b"", Unknown),
        (200, b'{"ok":"yes"}', Unknown),
        (200, b"[" * 100_000, Unknown),
    ],
)
def test_the_table_of_errors(status: int, raw: bytes, error: type[NetworkError]) -> None:
    with pytest.raises(error):
        result(status, raw)


@given(st.integers(200, 599), st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_a_result_or_an_error_of_the_tree(status: int, raw: bytes) -> None:
    with suppress(NetworkError):
        result(status, raw)
    assert isinstance(foreign(status), NetworkError)


@pytest.mark.parametrize("after", [-5, 0, 1e300, 7.5])
def test_a_pause_is_never_absurd(after: float) -> None:
    with pytest.raises(Throttled) as caught:
        result(429, answer(429, "Too Many Requests", retry_after=after))
    assert 0.5 <= caught.value.after <= 3600


def test_descriptions_do_not_carry_anybodys_data_into_the_log() -> None:
    said = 'Bad Request: inline keyboard button URL "https://saldo.example/l/SECRETTOKEN" is invalid'
    with pytest.raises(Rejected, match=r"^400 inline keyboard button URL$"):
        result(400, answer(400, said))
    with pytest.raises(Rejected) as caught:
        result(400, answer(400, f"Bad Request: {TOKEN}"))
    assert str(caught.value) == "400"


async def test_G12_the_token_is_nowhere(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Everything that can fail fails, with every logger wide open."""
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: stage.send(Reply("x")),
        lambda: stage.send(Reply("x", picture=Picture(PIXEL), answers="1", erases="2")),
        stage.network.identity,
        lambda: stage.network.prepare(Site(hook=f"http://127.0.0.1:1/{stage.network.path}")),
    ]
    with structlog.testing.capture_logs() as logs:
        for fault in (Fault.REVOKED, Fault.CUT, Fault.GARBAGE, Fault.BROKEN, None):
            if fault is not None:
                stage.sandbox.fail(fault, 5)
            else:
                await stage.sandbox.stop()
            for call in calls:
                try:
                    await call()
                except NetworkError as error:
                    seen: BaseException | None = error
                    while seen is not None:  # also what is merely chained, and not printed
                        texts += [str(seen), repr(seen)]
                        seen = seen.__cause__ or seen.__context__
                    texts += traceback.format_exception(error)
            stage.sandbox.heal()
    texts += [repr(stage.network), str(logs), caplog.text]
    assert len(texts) > 30
    assert not [text for text in texts if TOKEN in text or TOKEN.partition(":")[2] in text or SECRET in text]


# ---------------------------------------------------------------------------------------------------------------------
# Limits.


async def test_everything_fitted_is_accepted(stage: Stage) -> None:
    many = tuple((Button("Кнопка " * 20, f"{row}:{'x' * 50}"),) for row in range(250))
    replies = [
        Reply("Длинно. " * 2000, keyboard=many),
        Reply("Длинно. " * 200, picture=Picture(PIXEL)),
        Reply("Меню", menu=tuple(tuple(Button(f"{i}", "a") for i in range(25)) for _ in range(30))),
        Reply(""),
    ]
    for number, reply in enumerate(replies):
        for part in fit(reply, stage.network.limits):
            await stage.send(part, str(number))
            await stage.time.sleep(1)
    assert stage.sandbox.violations == ()


@pytest.mark.parametrize(
    "reply",
    [
        Reply("x" * 4097),
        Reply("x" * 1025, picture=Picture(PIXEL)),
        Reply("x", picture=Picture(PIXEL[:16] + (9000).to_bytes(4, "big") * 2 + PIXEL[24:])),
        Reply("x", keyboard=((Button("a", "x" * 65),),)),
        Reply("x", keyboard=(tuple(Button("a", "a") for _ in range(9)),)),
        Reply("x", keyboard=tuple((Button("a", "a"),) for _ in range(101))),
        Reply("x", menu=(tuple(Button("a", "a") for _ in range(11)),)),
    ],
)
async def test_what_is_too_much_is_refused_and_noted(stage: Stage, reply: Reply) -> None:
    with pytest.raises(Rejected):
        await stage.send(reply)
    assert len(stage.sandbox.violations) == 1
    assert stage.sandbox.chat("1") == ()


@pytest.mark.parametrize(
    "reply", [Reply(" "), Reply("x", picture=Picture(b"no image")), Reply("x", document=Document(b"", "x"))]
)
async def test_what_is_nothing_is_refused(stage: Stage, reply: Reply) -> None:
    with pytest.raises(Rejected):
        await stage.send(reply)
    assert stage.sandbox.chat("1") == ()


async def test_too_fast_for_a_chat_for_a_group_and_for_everybody(stage: Stage) -> None:
    async def until_throttled(people: Iterable[str], between: float) -> float:
        for person in people:
            try:
                await stage.network.send(Address("telegram", person), Reply("x"), 1)
            except Throttled as error:
                return error.after
            await stage.time.sleep(between)
        raise AssertionError("never too fast")

    one, many = stage.address().chat, [stage.address(str(number)).chat for number in range(100, 140)]
    assert await until_throttled([one] * 100, 0.01) == 1.0
    assert len(stage.sandbox.chat("1")) == CHAT_BURST
    await stage.time.sleep(1)
    await stage.send(Reply("x"))
    assert await until_throttled(many, 0.001) == 1.0
    await stage.time.sleep(1)
    assert await until_throttled([GROUP] * 40, 2) == 20.0
    assert len(stage.sandbox.chat(GROUP)) == 20
    assert len(stage.sandbox.violations) == 3


async def test_the_adapters_own_pace_is_within_the_limits(stage: Stage) -> None:
    """GCRA as `Pace` describes it, at its fastest, for five seconds."""
    pace, start, ready = stage.network.limits.pace, stage.time.now, stage.time.now
    for number in range(int(pace.per_second * 5)):
        ready = max(ready, stage.time.now) + 1 / pace.per_second
        stage.time.now = max(stage.time.now, ready - pace.burst / pace.per_second)
        await stage.send(Reply("x"), str(number))
    assert stage.time.now - start < 5.1
    assert stage.sandbox.violations == ()


# ---------------------------------------------------------------------------------------------------------------------
# Getting ready.


async def test_the_webhook_is_set_once_and_again_when_it_differs(stage: Stage) -> None:
    site = Site(hook=f"http://127.0.0.1:1/{stage.network.path}")
    for _ in range(3):
        await stage.network.prepare(site)
    assert stage.sandbox.calls.count("setwebhook") == 1
    await stage.time.sleep(1)
    await stage.network.prepare(Site(hook=f"http://127.0.0.1:2/{stage.network.path}"))
    assert stage.sandbox.calls.count("setwebhook") == 2
    await stage.network.prepare(Site())
    assert "deletewebhook" not in stage.sandbox.calls


async def test_commands_are_set_for_each_language_and_only_when_they_change(stage: Stage) -> None:
    russian, english = (Command("balance", "Баланс"),), (Command("balance", "Balance"),)
    for _ in range(2):
        await stage.network.prepare(Site(commands={"ru": russian, "en": english}))
    private = "all_private_chats"
    assert stage.sandbox.commands == {
        (private, ""): [{"command": "balance", "description": "Баланс"}],
        (private, "ru"): [{"command": "balance", "description": "Баланс"}],
        (private, "en"): [{"command": "balance", "description": "Balance"}],
    }
    assert stage.sandbox.calls.count("setmycommands") == 3
    await stage.network.prepare(Site(commands={"ru": russian, "en": russian}))
    assert stage.sandbox.calls.count("setmycommands") == 4


async def test_the_deep_link_is_known_with_the_name(stage: Stage) -> None:
    assert stage.network.deep_link("abc") is None
    assert await stage.network.identity() == "@saldo_sandbox_bot"
    assert stage.network.deep_link("a-B_9") == "https://t.me/saldo_sandbox_bot?start=a-B_9"
    with pytest.raises(ValueError):
        stage.network.deep_link("a b")
    await stage.network.prepare(Site())
    assert stage.sandbox.calls.count("getme") == 1


async def test_trouble_with_the_hook_is_logged_once(stage: Stage) -> None:
    stage.inbox.refuse = 1
    async with stage.hooked() as server:
        await stage.sandbox.say("1", "раз")
        await stage.inbox.first(1)
        with structlog.testing.capture_logs() as logs:
            for _ in range(2):
                await stage.network.prepare(Site(hook=str(server.make_url(f"/{stage.network.path}"))))
    assert [entry["event"] for entry in logs] == ["telegram.hook_trouble"]


def test_settings_are_checked_and_never_repeated() -> None:
    good = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET}
    for name, value in [
        ("TELEGRAM_TOKEN", ""),
        ("TELEGRAM_TOKEN", "CANARY"),
        ("TELEGRAM_TOKEN", "42:CANARY/../x"),
        ("TELEGRAM_SECRET", "CANARY with spaces"),
        ("TELEGRAM_SECRET", "CANARY" * 50),
        ("TELEGRAM_API_URL", "CANARY"),
        ("TELEGRAM_API_URL", "https://CANARY/{token}"),
        ("TELEGRAM_TIMEOUT", "CANARY"),
        ("TELEGRAM_TIMEOUT", "0"),
        ("TELEGRAM_TIMEOUT", "inf"),
        ("TELEGRAM_PER_SECOND", "nan"),
        ("TELEGRAM_PER_CHAT", "-1"),
    ]:
        with pytest.raises(ValueError, match=name) as caught:
            connect({**good, name: value})
        assert "CANARY" not in "".join(traceback.format_exception(caught.value))
    network = connect({**good, "TELEGRAM_PER_SECOND": "10", "TELEGRAM_PER_CHAT": "2"})
    assert (network.limits.pace.per_second, network.limits.pace.per_chat) == (10, 2)
    assert connect(good).limits == LIMITS
    assert all(setting.about and "\n" not in setting.about for setting in SETTINGS)


async def test_A1_without_a_secret_there_is_no_hook() -> None:
    network = connect({"TELEGRAM_TOKEN": TOKEN})
    assert not isinstance(network, Hooked)
    with pytest.raises(ValueError, match="TELEGRAM_SECRET"):
        await network._deliver_to("https://saldo.example/hook")  # type: ignore[attr-defined]


def test_the_path_cannot_be_guessed_and_changes_with_the_secret() -> None:
    paths = set()
    for token, secret in [(TOKEN, "a"), (TOKEN, "b"), ("1:x", "a")]:
        network = connect({"TELEGRAM_TOKEN": token, "TELEGRAM_SECRET": secret})
        assert isinstance(network, Hooked)
        assert len(bytes.fromhex(network.path)) >= 16
        paths.add(network.path)
    assert len(paths) == 3


def test_importing_the_file_loads_no_network_library() -> None:
    code = "import sys, adapters.telegram; print([m for m in ('aiogram', 'pydantic', 'aiohttp') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------------------------------------------------------------
# The sandbox itself: what the tests above rest on.


@asynccontextmanager
async def bot_api(sandbox: Telegram) -> AsyncIterator[Callable[..., Awaitable[dict[str, Any]]]]:
    async with aiohttp.ClientSession() as client:

        async def call(method: str, token: str = TOKEN, **fields: Any) -> dict[str, Any]:
            url = f"{sandbox.settings()['TELEGRAM_API_URL']}/bot{token}/{method}"
            async with client.post(url, json=fields) as answered:
                content: dict[str, Any] = await answered.json()
                assert content.get("error_code", 200) == answered.status
                return content

        yield call


async def test_the_sandbox_speaks_json_and_does_not_mind_case(stage: Stage) -> None:
    async with bot_api(stage.sandbox) as call:
        assert (await call("GETME"))["result"]["username"] == "saldo_sandbox_bot"
        assert (await call("getMe", token="42:wrong"))["error_code"] == 401
        assert (await call("getMe", token="x"))["error_code"] == 404
        assert (await call("getYou"))["error_code"] == 404
        sent = await call("sendMessage", chat_id=int(stage.sandbox.chat_id("1")), text="x")
        assert sent["result"]["chat"]["type"] == "private"


async def test_the_sandboxes_offset_confirms(stage: Stage) -> None:
    for text in "абв":
        await stage.sandbox.say("1", text)
    async with bot_api(stage.sandbox) as call:

        async def texts(**fields: Any) -> list[str]:
            return [update["message"]["text"] for update in (await call("getUpdates", **fields))["result"]]

        assert await texts(limit=2) == ["а", "б"]
        assert await texts() == ["а", "б", "в"]
        first = (await call("getUpdates"))["result"][0]["update_id"]
        assert await texts(offset=first + 1) == ["б", "в"]
        assert await texts(offset=-1) == ["в"]
        assert await texts() == ["в"]
        stage.time.now += 86_401
        assert await texts() == []


async def test_the_sandbox_has_one_way_in_at_a_time(stage: Stage) -> None:
    async with bot_api(stage.sandbox) as call:
        first = asyncio.create_task(call("getUpdates", timeout=50))
        await called(stage.sandbox, "getupdates", 0)
        await call("getUpdates")
        assert (await first)["description"].startswith("Conflict: terminated by other getUpdates request")
        assert (await call("setWebhook", url="http://127.0.0.1:1/x"))["ok"]
        assert "webhook is active" in (await call("getUpdates"))["description"]


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"url": "http://example.org/x"}, "HTTPS"),
        ({"url": "https://example.org:8080/x"}, "ports"),
        ({"url": "https://example.org/x", "secret_token": "a b"}, "unallowed"),
        ({"url": "https://example.org/x", "secret_token": "a" * 257}, "too long"),
        ({"url": "https://example.org/x", "max_connections": 101}, "max_connections"),
    ],
)
async def test_the_sandboxes_rules_for_webhooks(stage: Stage, fields: dict[str, Any], description: str) -> None:
    async with bot_api(stage.sandbox) as call:
        answered = await call("setWebhook", **fields)
        assert answered["error_code"] == 400
        assert description in answered["description"]
        assert (await call("setWebhook", url="https://example.org/x"))["ok"]
        again = await call("setWebhook", url="https://example.org/y")
        assert (again["error_code"], again["parameters"]) == (429, {"retry_after": 1})


async def test_a_failing_head_blocks_its_own_queue_only_and_is_retried_at_2_4_8_seconds(stage: Stage) -> None:
    seen: list[str] = []
    done = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        text = (await request.json())["message"]["text"]
        seen.append(text)
        if text == "раз" and seen.count(text) < 6:
            return web.Response(status=500)
        if {"два", "сосед"} <= set(seen):
            done.set()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hook)
    async with TestServer(app) as server, bot_api(stage.sandbox) as call:
        await call("setWebhook", url=str(server.make_url("/")))
        await stage.sandbox.say("1", "раз")
        await stage.sandbox.say("1", "два")
        await stage.sandbox.say("2", "сосед")
        async with asyncio.timeout(10):
            await done.wait()
        assert [text for text in seen if text != "сосед"] == ["раз"] * 6 + ["два"]
        assert seen.index("сосед") < 3
        assert stage.time.slept == [0, 2, 4, 8, 16]


async def test_a_press_that_nobody_takes_is_dropped_after_150_seconds(stage: Stage) -> None:
    shown = await stage.send(Reply("?", keyboard=ROWS))
    await stage.sandbox.press("1", shown, "Баланс")
    async with bot_api(stage.sandbox) as call:
        (update,) = (await call("getUpdates"))["result"]
        stage.time.now += 151
        assert (await call("getUpdates"))["result"] == []
        late = await call("answerCallbackQuery", callback_query_id=update["callback_query"]["id"])
        assert late["description"].startswith("Bad Request: query is too old")
        assert not stage.sandbox.settled("1")


async def test_the_sandbox_tells_of_changes(stage: Stage) -> None:
    before = stage.sandbox.version
    waiting = asyncio.create_task(stage.sandbox.changed(before))
    await stage.send(Reply("x"))
    assert await waiting > before
    with pytest.raises(TimeoutError):
        await stage.sandbox.changed(stage.sandbox.version, within=0.01)
    with pytest.raises(LookupError):
        await stage.sandbox.press("1", "", "нет такой")
