"""VK's adapter against VK's sandbox over real loopback HTTP, and its parser against payloads in VK's own words."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import requests
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters import vk
from adapters.base import (
    Address,
    Answer,
    Batched,
    Blocked,
    Button,
    Document,
    Forged,
    Hooked,
    Incoming,
    NetworkError,
    Pace,
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
from sandbox import vk as sandbox_vk
from sandbox.base import Fault, Key
from sandbox.vk import VK

FIXTURES = Path(__file__).parent.parent / "fixtures" / "vk"
NOW = datetime(2025, 11, 22, 12, 0, tzinfo=UTC)
ANN = "42"
ANN_ADDRESS = Address("vk", "500000042")


def fixture(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))  # type: ignore[no-any-return]


def post(body: bytes | dict[str, Any]) -> Post:
    return Post({}, body if isinstance(body, bytes) else json.dumps(body).encode(), "127.0.0.1")


@dataclass
class Inbox:
    """What the bot stored; `refuse` is the number of times the disk is full."""

    received: list[Received] = field(default_factory=list)
    refuse: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, received: Received) -> None:
        if self.refuse:
            self.refuse -= 1
            raise OSError("disk full")
        self.received.append(received)
        self.news.set()

    @property
    def events(self) -> list[Incoming]:
        return [event for one in self.received for event in one.events]

    @property
    def unreadable(self) -> list[bytes]:
        return [raw for one in self.received for raw in one.unreadable]

    @property
    def cursor(self) -> str | None:
        return next((one.cursor for one in reversed(self.received) if one.cursor is not None), None)

    async def until(self, done: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not done():
                self.news.clear()
                await self.news.wait()

    async def first(self, count: int) -> list[Incoming]:
        await self.until(lambda: len(self.events) >= count)
        return self.events


class World:
    """The sandbox, the real adapter, and our hook."""

    def __init__(self, sandbox: VK, network: vk.Vk) -> None:
        self.sandbox, self.network, self.inbox, self.key = sandbox, network, Inbox(), 0

    async def send(self, reply: Reply, key: int | None = None, person: str = ANN) -> str:
        self.key += 1
        return await self.network.send(Address("vk", self.sandbox.chat_id(person)), reply, key or self.key)

    @asynccontextmanager
    async def hooked(self, *, prepare: bool = True) -> AsyncIterator[str]:
        async def answer(request: web.Request) -> web.Response:
            try:
                told = await self.network.hook(Post({}, await request.read(), "127.0.0.1"), self.inbox)
            except Forged as forged:
                return web.Response(status=forged.status)
            except OSError:
                return web.Response(status=500)
            return web.Response(status=told.status, body=told.body, content_type=told.media_type)

        app = web.Application()
        app.router.add_post(f"/hook/vk/{self.network.path}", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook/vk/{self.network.path}"
        try:
            if prepare:
                await self.network.prepare(Site(hook=url))
            yield url
        finally:
            await runner.cleanup()

    @asynccontextmanager
    async def polled(self, cursor: str | None = None) -> AsyncIterator[None]:
        await self.network.prepare(Site())
        run = asyncio.create_task(self.network.run(self.inbox, cursor))
        try:
            if cursor is None:
                await self.inbox.until(lambda: self.inbox.cursor)
            yield
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)


@asynccontextmanager
async def world(sandbox: VK | None = None, **changes: str) -> AsyncIterator[World]:
    sandbox = sandbox or VK()
    await sandbox.start()
    network = vk.connect({**sandbox.settings(), "VK_TIMEOUT": "0.6", **changes})
    assert isinstance(network, vk.Vk)
    try:
        yield World(sandbox, network)
    finally:
        await network.close()
        await sandbox.stop()


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made
        assert made.sandbox.violations == ()


# Parsing: VK's words -> Incoming.

SENT_AT = datetime(2025, 11, 22, 8, 26, 40, tzinfo=UTC)
MESSAGE = Incoming(
    id="message:500000042:17", sender=ANN_ADDRESS, sent_at=SENT_AT, text="Баланс", message="17", language="ru"
)
PRESS = Incoming(
    id="press:f81d4fae7dec",
    sender=ANN_ADDRESS,
    sent_at=NOW,
    action="history:2",
    message="18",
    press="500000042:500000042:f81d4fae7dec",
)


def like(event: Incoming, **changes: Any) -> Incoming:
    return Incoming(**{**{name: getattr(event, name) for name in event.__slots__}, **changes})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("message_new", MESSAGE),
        ("message_new_english", like(MESSAGE, text="balance", language="en")),
        ("message_new_start", like(MESSAGE, text="", start="")),
        ("message_new_ref", like(MESSAGE, text="Привет", start="Zk3_9-token")),
        ("message_new_start_ref", like(MESSAGE, text="", start="Zk3_9-token")),
        ("message_new_button", like(MESSAGE, text="", action="pay")),
        ("message_new_foreign_payload", MESSAGE),
        ("message_new_broken_payload", MESSAGE),
        ("message_new_quotes", like(MESSAGE, text="а это что?")),
        ("message_new_photo", like(MESSAGE, text="", attached=True)),
        ("message_new_geo", like(MESSAGE, text="", attached=True)),
        (
            "message_new_group",
            like(
                MESSAGE,
                id="message:2000000001:17",
                sender=Address("vk", "2000000001"),
                text="[club123456|@saldo] баланс",
                private=False,
            ),
        ),
        ("message_new_invited", None),
        ("message_new_out", None),
        ("message_event", PRESS),
        ("message_event_text", PRESS),
        ("message_allow", Incoming("event:0a1b2c3d4e5f", ANN_ADDRESS, NOW, permission=True)),
        ("message_allow_key", Incoming("event:0a1b2c3d4e5f", ANN_ADDRESS, NOW, permission=True, start="Zk3_9-token")),
        ("message_deny", Incoming("event:0a1b2c3d4e5f", ANN_ADDRESS, NOW, permission=False)),
        ("message_reply", None),
        ("message_edit", None),
        ("message_typing_state", None),
        ("group_join", None),
    ],
)
def test_every_event_of_vk_becomes_what_the_customer_did(name: str, expected: Incoming | None) -> None:
    event = msgspec.json.decode(json.dumps(fixture(name)), type=vk.Envelope)
    assert vk.parse(event, NOW) == expected


def test_every_fixture_is_in_the_table() -> None:
    table = test_every_event_of_vk_becomes_what_the_customer_did.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {name for name, _ in table} == {path.stem for path in FIXTURES.glob("*.json")}


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "null",
        "[]",
        "7",
        '{"a":null}',
        '{"a":7}',
        '{"a":""}',
        '{"a":["x"]}',
        '{"a":"' + "x" * 121 + '"}',
        "[" * 9000,
    ],
)
def test_a_forged_payload_is_no_action(payload: str) -> None:
    new = fixture("message_new")
    new["object"]["message"]["payload"] = payload
    event = vk.parse(msgspec.json.decode(json.dumps(new), type=vk.Envelope), NOW)
    assert event == MESSAGE


# Rendering.


@given(st.text(alphabet=st.sampled_from("[]|@*idclub123 \nallпривет_-.()"), max_size=200))
def test_text_from_data_is_drawn_as_it_is_written(text: str) -> None:
    drawn = vk.plain(text)
    assert sandbox_vk.seen(drawn) == text
    assert not sandbox_vk.PINGED.search(drawn)
    assert not sandbox_vk.MENTION.search(drawn)


@pytest.mark.parametrize("text", ["a@b.ru", "2*3", "[1] [x]", "ул. Мира, 5"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert vk.plain(text) == text or text == "2*3"
    assert "\u200b" not in vk.plain(text)


@given(st.integers(1, 2**63), st.integers(1, 2**31 - 2))
def test_random_id_is_never_zero_and_never_that_of_a_near_letter(key: int, distance: int) -> None:
    assert 1 <= vk.random_id(key) < 2**31
    assert vk.random_id(key) != vk.random_id(key + distance)


def test_random_id_is_the_key_itself_as_long_as_it_fits() -> None:
    assert [vk.random_id(key) for key in (1, 2, 2**31 - 1, 2**31)] == [1, 2, 2**31 - 1, 1]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_any_action_that_fits_the_limit_comes_back_unchanged(action: str) -> None:
    if len(action.encode()) > vk.LIMITS.action:
        return
    payload = vk.drawn(Button("x", action), "text")["action"]["payload"]
    assert len(payload) <= vk.PAYLOAD
    assert vk.acted(vk.opened(payload)) == action


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *[(code, Throttled) for code in (6, 9, 14, 29, 984, 3300)],
        *[(code, Unknown) for code in (1, 10, 36)],
        *[(code, Revoked) for code in (5, 7, 15, 17, 24, 25, 27, 28)],
        *[(code, Blocked) for code in (18, 37, 900, 901, 902, 917, 922, 927, 936, 945, 946, 950, 985, 987, 988, 1021)],
        *[(code, Rejected) for code in (8, 100, 911, 912, 913, 914, 910, 943, 944, 123456)],
    ],
)
def test_every_error_code_has_its_class(code: int, kind: type[NetworkError]) -> None:
    assert type(vk.refusal(code, "messages.send")) is kind


def test_an_error_beside_one_recipient_says_nothing_about_the_token() -> None:
    assert isinstance(vk.refusal(7, "messages.send", personal=True), Blocked)
    assert isinstance(vk.refusal(15, "messages.send", personal=True), Blocked)


def test_pauses_are_for_one_or_for_everybody() -> None:
    flood, quota = vk.refusal(9, "m"), vk.refusal(29, "m")
    assert isinstance(flood, Throttled)
    assert isinstance(quota, Throttled)
    assert (flood.after, flood.everybody, quota.after, quota.everybody) == (300, False, 3600, True)


# Inbound, over the wire.


async def check_deeds(here: World) -> None:
    """Everything a customer can do, once, and the Incoming of each."""
    sandbox, inbox = here.sandbox, here.inbox
    before = len(inbox.events)
    message = await here.send(Reply("Что показать?", keyboard=((Button("Долг", "debt"),),)))
    await here.send(Reply("Меню", menu=((Button("Баланс", "balance"),),)))
    steps: list[Callable[[], Awaitable[Any]]] = [
        lambda: sandbox.start_chat(ANN, "token-1"),
        lambda: sandbox.say(ANN, "Баланс"),
        lambda: sandbox.press(ANN, "", "Баланс"),
        lambda: sandbox.press(ANN, message, "Долг"),
        lambda: sandbox.attach(ANN),
        lambda: sandbox.quote(ANN, "а это?", "старое"),
        lambda: sandbox.block(ANN),
        lambda: sandbox.allow(ANN, "token-2"),
        lambda: sandbox.say_in_group(ANN, "долг"),
    ]
    for number, step in enumerate(steps, before + 1):
        await step()
        await inbox.first(number)
    events = inbox.events[before:]
    start, text, menu, press, photo, quote, deny, allow, group = events
    assert (start.start, start.text) == ("token-1", "")
    assert (text.text, text.action, text.private, text.language) == ("Баланс", None, True, "ru")
    assert abs((datetime.now(UTC) - text.sent_at).total_seconds()) < 60
    assert (menu.action, menu.text, menu.press) == ("balance", "", None)
    assert (press.action, press.message) == ("debt", message)
    assert press.press
    assert (photo.attached, photo.text) == (True, "")
    assert (quote.text, quote.attached) == ("а это?", False)
    assert (deny.permission, allow.permission, allow.start) == (False, True, "token-2")
    assert (group.private, group.sender.chat) == (False, sandbox_vk.ROOM)
    assert {event.sender for event in events[:-1]} == {ANN_ADDRESS}


async def test_everything_arrives_by_callback(here: World) -> None:
    async with here.hooked():
        await check_deeds(here)
        assert {status for _, _, status in here.sandbox.deliveries} == {200}


async def test_everything_arrives_by_long_poll(here: World) -> None:
    async with here.polled():
        await check_deeds(here)


async def test_both_channels_name_a_deed_with_one_id(here: World) -> None:
    """VK may give the two copies different envelope ids (the sandbox does); ours must not differ."""
    async with here.hooked(), here.polled():
        message = await here.send(Reply("?", keyboard=((Button("Долг", "debt"),),)))
        await here.sandbox.say(ANN, "раз")
        await here.sandbox.press(ANN, message, "Долг")
        events = await here.inbox.first(4)
        assert len(events) == 4
        assert len({event.id for event in events}) == 2


async def test_redelivered_events_keep_their_ids(here: World) -> None:
    async with here.hooked():
        await here.sandbox.say(ANN, "раз")
        await here.sandbox.block(ANN)
        await here.inbox.first(2)
        here.sandbox.redeliver()
        first, second, *again = await here.inbox.first(4)
        assert {event.id for event in again} == {first.id, second.id}


async def test_a_server_that_failed_gets_the_event_again_on_vks_schedule() -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async with world(VK(sleep=sleep)) as here, here.hooked():
        here.inbox.refuse = 3
        await here.sandbox.say(ANN, "раз")
        await here.inbox.first(1)
        await here.sandbox.delivered(4)
        assert pauses == [10, 180, 600]
        assert here.sandbox.deliveries == [("message_new", n, 500) for n in range(3)] + [("message_new", 3, 200)]


# Registration.


async def test_prepare_registers_the_hook_once_and_confirms_it(here: World) -> None:
    async with here.hooked() as url:
        assert here.sandbox.servers == [(url, "ok")]
        here.sandbox.calls.clear()
        await here.network.prepare(Site(hook=url))
        assert here.sandbox.calls == ["groups.getCallbackServers"]


async def test_a_restart_finds_its_hook_and_can_confirm_it_again(here: World) -> None:
    async with here.hooked() as url:
        other = vk.connect(here.sandbox.settings())
        assert isinstance(other, Hooked)
        await other.prepare(Site(hook=url))
        assert here.sandbox.servers == [(url, "ok")]
        asked = post({"type": "confirmation", "group_id": sandbox_vk.GROUP})
        assert (await other.hook(asked, here.inbox)).body == sandbox_vk.CONFIRMATION.encode()
        await other.close()


async def test_a_failed_registration_is_made_anew(here: World) -> None:
    async with here.hooked(prepare=False) as url:
        await ask(here, "groups.addCallbackServer", url=url, title="x", secret_key=sandbox_vk.SECRET)
        assert here.sandbox.servers == [(url, "failed")]  # asked before we knew the confirmation
        await here.network.prepare(Site(hook=url))
        assert here.sandbox.servers == [(url, "ok")]
        await here.sandbox.say(ANN, "раз")
        await here.inbox.first(1)


async def test_a_hook_with_another_secret_is_registered_anew(here: World) -> None:
    async with here.hooked() as url:
        changed = vk.connect({**here.sandbox.settings(), "VK_SECRET": sandbox_vk.SECRET, "VK_TIMEOUT": "1"})
        await changed.prepare(Site(hook=url))
        assert here.sandbox.calls.count("groups.addCallbackServer") == 1
        here.sandbox._servers[1].secret = "of last year"
        await changed.close()
        again = vk.connect({**here.sandbox.settings(), "VK_TIMEOUT": "1"})
        await again.prepare(Site(hook=url))
        assert here.sandbox.servers == [(url, "ok")]
        assert here.sandbox.calls.count("groups.addCallbackServer") == 2
        await again.close()


@pytest.mark.parametrize("signed", [False, True])
async def test_a_hook_registered_by_hand(signed: bool) -> None:
    async with world(VK(manual=True, confirms_with_secret=signed)) as here, here.hooked() as url:
        assert here.sandbox.calls == []
        assert await here.sandbox.register(url) == "ok"
        await here.sandbox.say(ANN, "раз")
        assert (await here.inbox.first(1))[0].text == "раз"


async def test_confirmation_before_it_is_known_is_put_off(here: World) -> None:
    asked = post({"type": "confirmation", "group_id": sandbox_vk.GROUP})
    assert (await here.network.hook(asked, here.inbox)).status == 503


# Hostile requests.

GOOD = fixture("message_new")
ENVELOPE = {"type": "message_new", "group_id": sandbox_vk.GROUP, "event_id": "e", "secret": sandbox_vk.SECRET}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b"7", 400),
        (b"null", 400),
        (b'"x"', 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b'{"type":"message_new","object":' + b"[" * 100_000 + b"]" * 100_000 + b',"group_id":123456}', 400),
        (b'{"type":"message_new","group_id":' + b"9" * 5000 + b"}", 400),
        (b'{"type":"message_new","group_id":NaN}', 400),
        (b'{"type":"\\ud800","group_id":123456}', 400),
        (b'{"group_id":123456}', 400),
        (b'{"type":7,"group_id":123456}', 400),
        (json.dumps({**GOOD, "group_id": 1}).encode(), 403),
        (json.dumps({**GOOD, "group_id": 2**70}).encode(), 403),
        (json.dumps({**GOOD, "secret": "wrong"}).encode(), 403),
        (json.dumps({**GOOD, "secret": ""}).encode(), 403),
        (json.dumps({**GOOD, "secret": None}).encode(), 403),
        (json.dumps({**GOOD, "secret": 7}).encode(), 403),
        (json.dumps({**GOOD, "secret": "секрет"}).encode(), 403),
        (json.dumps({**GOOD, "secret": "\ud800"}).encode(), 400),
        (json.dumps({name: value for name, value in GOOD.items() if name != "secret"}).encode(), 403),
        (json.dumps({**GOOD, "secret": sandbox_vk.SECRET + " "}).encode(), 403),
        (json.dumps({**GOOD, "pad": "x" * vk.BODY}).encode(), 413),
        (b'{"secret":"wrong","object":' + b"[" * 100_000, 400),
        (b'{"secret":"\\ud800","object":' + b"[" * 100_000, 400),
        (b'{"type":"confirmation","group_id":1}', 403),
        (b'{"type":"confirmation","group_id":123456,"secret":"wrong"}', 403),
    ],
)
async def test_what_does_not_prove_where_it_comes_from_is_refused(here: World, body: bytes, status: int) -> None:
    with pytest.raises(Forged) as forged:
        await here.network.hook(post(body), here.inbox)
    assert forged.value.status == status
    assert here.inbox.received == []


@pytest.mark.parametrize(
    "inside",
    [
        b"null",
        b"[]",
        b"{}",
        b'{"message":{}}',
        b'{"message":{"peer_id":"x","from_id":1,"date":1}}',
        b'{"message":{"peer_id":1,"from_id":1,"date":99999999999999}}',
        b'{"message":{"peer_id":1,"from_id":1,"date":NaN}}',
        b'{"message":{"peer_id":1180591620717411303424,"from_id":1,"date":1,"conversation_message_id":1}}',
        b'{"message":{"peer_id":1,"from_id":1,"date":1,"conversation_message_id":' + b"9" * 5000 + b"}}",
        b'{"message":{"peer_id":1,"from_id":1,"date":1}}',
        b"[" * 100_000,
    ],
)
async def test_authentic_nonsense_is_stored_aside_without_the_secret_and_acknowledged(
    here: World, inside: bytes
) -> None:
    body = json.dumps(ENVELOPE).encode()[:-1] + b', "object": ' + inside + b"}"
    assert await here.network.hook(post(body), here.inbox) == Answer(200, b"ok")
    assert here.inbox.events == []
    (raw,) = here.inbox.unreadable
    assert inside in raw
    assert sandbox_vk.SECRET.encode() not in raw


@pytest.mark.parametrize("kind", ["message_reply", "group_join", "something_of_next_year"])
async def test_events_that_do_not_concern_us_are_acknowledged(here: World, kind: str) -> None:
    body = {**ENVELOPE, "type": kind, "object": {"any": [1, 2]}}
    assert await here.network.hook(post(body), here.inbox) == Answer(200, b"ok")
    assert here.inbox.received == []


WORDS = st.sampled_from(
    ["message", "peer_id", "from_id", "date", "text", "payload", "client_info", "lang_id", "user_id", "event_id"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
    max_leaves=20,
)


@given(ANYTHING, st.sampled_from(vk.EVENTS))
def test_parsing_anything_gives_an_event_or_unreadable(inside: Any, kind: str) -> None:
    event = vk.Envelope(type=kind, group_id=1, event_id="e", object=msgspec.Raw(json.dumps(inside).encode()))
    try:
        parsed = vk.parse(event, NOW)
    except vk.UNREADABLE:
        return
    assert parsed is None or parsed.sender.network == "vk"


async def test_half_an_emoji_costs_a_question_mark_and_not_the_message(here: World) -> None:
    text = GOOD["object"]["message"]["text"]
    body = json.dumps(GOOD, ensure_ascii=False).replace(text, text + "\\ud83d").encode()
    assert await here.network.hook(post(body), here.inbox) == Answer(200, b"ok")
    assert [event.text for event in here.inbox.events] == [text + "?"]


async def test_half_an_emoji_does_not_hold_back_a_long_poll(here: World) -> None:
    async with here.polled():
        await here.sandbox.say(ANN, "раз \ud83d")
        await here.sandbox.say(ANN, "два")
        assert [event.text for event in await here.inbox.first(2)] == ["раз ?", "два"]


async def test_an_unreadable_event_of_a_long_poll_is_stored_aside(here: World) -> None:
    async with here.polled():
        here.sandbox.tell("message_new", {"message": "?"})
        await here.sandbox.say(ANN, "два")
        assert [event.text for event in await here.inbox.first(1)] == ["два"]
        assert len(here.inbox.unreadable) == 1


async def test_what_could_not_be_stored_is_not_acknowledged(here: World) -> None:
    here.inbox.refuse = 1
    with pytest.raises(OSError, match="disk full"):
        await here.network.hook(post({**GOOD}), here.inbox)


async def test_without_a_secret_the_path_comes_from_the_token_and_the_group_is_still_checked(here: World) -> None:
    bare = vk.connect({**here.sandbox.settings(), "VK_SECRET": ""})
    assert isinstance(bare, Hooked)
    assert bare.path != here.network.path
    assert len(bare.path) >= 32
    unsigned = {name: value for name, value in GOOD.items() if name != "secret"}
    assert (await bare.hook(post(unsigned), here.inbox)).body == b"ok"
    with pytest.raises(Forged):
        await bare.hook(post({**unsigned, "group_id": 2}), here.inbox)
    await bare.close()


# Long poll.


async def test_events_of_a_downtime_arrive_after_the_restart(here: World) -> None:
    async with here.polled():
        await here.sandbox.say(ANN, "раз")
        await here.inbox.first(1)
    await here.sandbox.say(ANN, "два")
    async with here.polled(cursor=here.inbox.cursor):
        assert [event.text for event in await here.inbox.first(2)] == ["раз", "два"]


async def test_the_position_stays_until_the_events_are_stored(here: World) -> None:
    async with here.polled():
        here.inbox.refuse = 1
        await here.sandbox.say(ANN, "раз")
        assert [event.text for event in await here.inbox.first(1)] == ["раз"]


async def test_an_old_key_is_renewed_and_nothing_is_lost(here: World) -> None:
    async with here.polled():
        here.sandbox.expire_key()
        await here.sandbox.say(ANN, "раз")
        assert [event.text for event in await here.inbox.first(1)] == ["раз"]


async def test_lost_history_moves_the_position_on(here: World) -> None:
    async with here.polled():
        await here.sandbox.say(ANN, "раз")
        await here.inbox.first(1)
    await here.sandbox.say(ANN, "потеряно")
    here.sandbox.lose_history()
    old = here.inbox.cursor
    async with here.polled(cursor=old):
        await here.inbox.until(lambda: here.inbox.cursor != old)
        await here.sandbox.say(ANN, "два")
        assert [event.text for event in await here.inbox.first(2)] == ["раз", "два"]


async def test_a_forgotten_queue_begins_anew_and_the_new_position_is_stored_at_once(here: World) -> None:
    async with here.polled():
        await here.sandbox.say(ANN, "раз")
        await here.inbox.first(1)
        before = len(here.inbox.received)
        here.sandbox.lose_everything()
        await here.inbox.until(lambda: len(here.inbox.received) > before)
        assert here.inbox.cursor == "0"
        await here.sandbox.say(ANN, "два")
        assert [event.text for event in await here.inbox.first(2)] == ["раз", "два"]


async def test_the_long_poll_never_holds_up_a_letter(here: World) -> None:
    async with here.polled():
        began = time.monotonic()
        await here.send(Reply("раз"))
        assert time.monotonic() - began < 1


async def test_the_poll_outlives_an_absent_network_and_ends_with_a_dead_token(here: World) -> None:
    nowhere = vk.connect({**here.sandbox.settings(), "VK_API_URL": "http://127.0.0.1:1"})
    with capture_logs() as logs:
        run = asyncio.create_task(nowhere.run(here.inbox, None))
        await asyncio.sleep(0.3)
        assert not run.done()
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert any(entry["event"] == "vk.poll.trouble" for entry in logs)
    await nowhere.close()
    here.sandbox.fail(Fault.REVOKED)
    with pytest.raises(Revoked):
        await here.network.run(here.inbox, None)


# Outbound.


async def test_a_text_with_buttons_of_every_kind(here: World) -> None:
    tones = [Button(tone.value, f"do:{tone}", tone=tone) for tone in Tone]
    number = await here.send(
        Reply("Выберите", keyboard=(tuple(tones), (Button("Сайт", url="https://example.org/pay"),)))
    )
    (shown,) = here.sandbox.chat(ANN)
    assert (shown.id, shown.text, shown.mine) == (number, "Выберите", False)
    assert shown.keys == (
        tuple(Key(tone.value, tone=tone.value) for tone in Tone),
        (Key("Сайт", url="https://example.org/pay"),),
    )


async def test_text_buttons_for_clients_without_callback() -> None:
    async with world(VK_BUTTONS="text") as here, here.hooked():
        message = await here.send(Reply("?", keyboard=((Button("Долг", "debt"),),)))
        await here.sandbox.press(ANN, message, "Долг")
        (event,) = await here.inbox.first(1)
        assert (event.action, event.press) == ("debt", None)


async def test_the_menu_is_set_replaced_and_cleared(here: World) -> None:
    await here.send(Reply("раз", menu=((Button("Баланс", "balance"),),)))
    assert here.sandbox.menu(ANN) == ((Key("Баланс"),),)
    await here.send(Reply("два"))
    assert here.sandbox.menu(ANN) == ((Key("Баланс"),),)
    await here.send(Reply("три", menu=()))
    assert here.sandbox.menu(ANN) is None


async def test_a_picture_and_a_document(here: World) -> None:
    picture, document = b"\x89PNG picture", b"%PDF document"
    await here.send(Reply("Счёт", picture=Picture(picture), document=Document(document, "Счёт за март.pdf")))
    (shown,) = here.sandbox.chat(ANN)
    assert (shown.text, shown.picture, shown.document, shown.document_name) == (
        "Счёт",
        picture,
        document,
        "Счёт за март.pdf",
    )


async def test_redrawing_in_place(here: World) -> None:
    number = await here.send(Reply("раз", keyboard=((Button("Далее", "next"),),)))
    assert await here.send(Reply("два", replaces=number)) == number
    (shown,) = here.sandbox.chat(ANN)
    assert (shown.text, shown.keys, shown.edited) == ("два", (), True)


@pytest.mark.parametrize("replaces", ["99", "", "nonsense", "mine"])
async def test_what_cannot_be_redrawn_is_sent_anew(here: World, replaces: str) -> None:
    mine = await here.sandbox.say(ANN, "?")
    await here.send(Reply("два", replaces=mine if replaces == "mine" else replaces))
    assert [shown.text for shown in here.sandbox.chat(ANN)] == ["?", "два"]


async def test_a_message_too_old_to_redraw_is_sent_anew() -> None:
    now = 0.0
    async with world(VK(clock=lambda: now)) as here:
        number = await here.send(Reply("раз"))
        now = 100_000.0
        assert await here.send(Reply("два", replaces=number)) != number
        assert [shown.text for shown in here.sandbox.chat(ANN)] == ["раз", "два"]


async def test_a_menu_cannot_be_set_by_redrawing_so_it_comes_with_a_new_message(here: World) -> None:
    number = await here.send(Reply("раз"))
    assert await here.send(Reply("два", menu=((Button("Баланс", "balance"),),), replaces=number)) != number
    assert here.sandbox.menu(ANN) == ((Key("Баланс"),),)


async def test_a_press_is_settled_once_by_busy_or_by_the_answer(here: World) -> None:
    async with here.hooked():
        message = await here.send(Reply("?", keyboard=((Button("Долг", "debt"),),)))
        await here.sandbox.press(ANN, message, "Долг")
        (first,) = await here.inbox.first(1)
        assert not here.sandbox.settled(ANN)
        await here.network.busy(first)
        assert here.sandbox.settled(ANN)
        here.sandbox.calls.clear()
        await here.send(Reply("долга нет", answers=first.press, replaces=first.message))
        assert here.sandbox.calls == ["messages.edit"]
        await here.send(Reply("?", keyboard=((Button("Долг", "debt"),),), replaces=message))
        await here.sandbox.press(ANN, message, "Долг")
        second = (await here.inbox.first(2))[1]
        await here.send(Reply("долга нет", answers=second.press, replaces=second.message))
        assert here.sandbox.settled(ANN)


@pytest.mark.parametrize("press", ["", "x", "1:2", "500000042:500000042:never", "a:b:c"])
async def test_a_press_that_cannot_be_settled_does_not_hold_up_the_letter(here: World, press: str) -> None:
    await here.send(Reply("раз", answers=press))
    assert [shown.text for shown in here.sandbox.chat(ANN)] == ["раз"]


async def test_typing_is_shown_while_a_message_is_answered(here: World) -> None:
    await here.sandbox.say(ANN, "баланс")
    await here.network.busy(MESSAGE)
    assert here.sandbox.activities == [(ANN, "typing")]


async def test_busy_raises_nothing(here: World) -> None:
    here.sandbox.fail(Fault.REVOKED)
    await here.network.busy(MESSAGE)
    await here.network.busy(PRESS)


async def test_a_customers_message_leaves_the_communitys_view(here: World) -> None:
    password = await here.sandbox.say(ANN, "пароль 12345")
    await here.send(Reply("Пароль в чат не пишите", erases=password))
    assert here.sandbox.removed == [(ANN, password)]


async def test_the_same_key_shows_one_copy() -> None:
    for memory in ("hour", "history"):
        async with world(VK(memory=memory)) as here:
            numbers = {await here.send(Reply("раз"), key=7) for _ in range(3)}
            await here.send(Reply("два"), key=8)
            assert len(numbers) == 1
            assert [shown.text for shown in here.sandbox.chat(ANN)] == ["раз", "два"]


async def test_names_in_data_ring_nobodys_bell(here: World) -> None:
    text = "Тариф [id1|Дуров] @all *online [club1|x], mail@example.org"
    await here.send(Reply(text))
    (shown,) = here.sandbox.chat(ANN)
    assert shown.text == text
    assert here.sandbox.pings == []


def test_every_letter_switches_mentions_and_previews_off() -> None:
    network = vk.connect({"VK_TOKEN": "x", "VK_GROUP_ID": "1"})
    assert isinstance(network, vk.Vk)
    letter = network._letter("1", Reply("раз"))
    assert (letter["disable_mentions"], letter["dont_parse_links"]) == (1, 1)


async def test_the_longest_letter_with_the_largest_keyboards_is_taken(here: World) -> None:
    wide = "Щ" * 60
    keyboard = tuple(tuple(Button(wide, "x" * 120) for _ in range(5)) for _ in range(9))
    for part in fit(Reply("я" * 9000, keyboard=keyboard), here.network.limits):
        await here.send(part)
    for part in fit(Reply("меню", menu=keyboard), here.network.limits):
        await here.send(part)
    assert sum(len(row) for shown in here.sandbox.chat(ANN) for row in shown.keys) == 45 + 5
    assert sum(len(shown.text) for shown in here.sandbox.chat(ANN)) > 9000


# Many letters in one call.

PEOPLE = [str(n) for n in range(1, 26)]


async def many(here: World, *texts: str, people: list[str] = PEOPLE) -> list[tuple[Address, Reply, int]]:
    """A batch for these people, keys from 1 on; each has written before."""
    to = [Address("vk", here.sandbox.chat_id(person)) for person in people]
    texts = texts or tuple(people)
    return [(one, Reply(text), n) for n, (one, text) in enumerate(zip(to, texts, strict=True), 1)]


async def test_twenty_five_letters_leave_in_one_call_each_with_its_own_number(here: World) -> None:
    keyboard = (
        (Button('Что "это" } );\u2028 такое?', "a}b)", tone=Tone.GOOD), Button("Сайт", url="https://x.example/a")),
    )
    letters = await many(here, *(f'№ {n} "}})]; \\ \n' for n in PEOPLE))
    letters[3] = (letters[3][0], replace(letters[3][1], keyboard=keyboard), 4)
    numbers = await here.network.send_many(letters)
    assert here.sandbox.calls == ["execute"]
    for person, number, (_, reply, _) in zip(PEOPLE, numbers, letters, strict=True):
        (shown,) = here.sandbox.chat(person)
        assert (shown.id, shown.text) == (number, reply.text)
    assert [key.label for row in here.sandbox.chat("4")[0].keys for key in row] == [keyboard[0][0].label, "Сайт"]


async def test_each_letter_of_a_batch_has_its_own_outcome(here: World) -> None:
    letters = await many(here, *"абв деж", people=PEOPLE[:7])
    letters[2] = (Address("vk", "nobody"), letters[2][1], 3)
    letters[4] = (letters[4][0], Reply("д", keyboard=((Button("х", '"' * 130),),)), 5)  # too long for VK
    await here.sandbox.block("2")
    told = await here.network.send_many(letters)
    kinds = [type(one) for one in told]
    assert kinds == [str, Blocked, Rejected, Rejected, Rejected, str, str]
    assert str(told[3]).endswith("100"), "an empty text is refused by VK, in its place"
    assert [len(here.sandbox.chat(person)) for person in PEOPLE[:7]] == [1, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("fault", "kind", "copies"),
    [
        (Fault.THROTTLED, Throttled, 0),
        (Fault.BROKEN, Unknown, 0),
        (Fault.CUT, Unknown, 1),
        (Fault.GARBAGE, Unknown, 1),
        (Fault.SILENT, Unknown, 1),
        (Fault.REVOKED, Revoked, 0),
    ],
)
async def test_a_batch_that_fails_as_a_whole_is_repeated_with_the_same_keys(
    here: World, fault: Fault, kind: type[NetworkError], copies: int
) -> None:
    letters = await many(here)
    here.sandbox.fail(fault)
    assert {type(one) for one in await here.network.send_many(letters)} == {kind}
    assert {len(here.sandbox.chat(person)) for person in PEOPLE} == {copies}
    here.sandbox.heal()
    assert all(isinstance(one, str) for one in await here.network.send_many(letters))
    assert [[shown.text for shown in here.sandbox.chat(person)] for person in PEOPLE] == [[text] for text in PEOPLE]


async def test_long_letters_leave_in_more_calls(here: World) -> None:
    letters = await many(here, *("Щ" * 4000 for _ in PEOPLE))
    assert all(isinstance(one, str) for one in await here.network.send_many(letters))
    assert here.sandbox.calls == ["execute", "execute"]
    assert {len(here.sandbox.chat(person)) for person in PEOPLE} == {1}


async def test_where_execute_is_not_understood_each_letter_goes_by_itself(here: World) -> None:
    del here.sandbox._methods["execute"]
    letters = await many(here, people=PEOPLE[:4])
    await here.sandbox.block("3")
    told = await here.network.send_many(letters)
    assert [type(one) for one in told] == [str, str, Blocked, str]
    assert here.sandbox.calls == ["execute", *["messages.send"] * 4]


SENT = '{"peer_id":1,"message_id":5,"conversation_message_id":9}'


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        (f'{{"response":[[{SENT}],false],"execute_errors":[{{"method":"messages.send","error_code":901}}]}}', "sB"),
        (  # an error of execute itself stands behind those inside
            f'{{"response":[false,[{SENT}]],"execute_errors":[{{"method":"messages.send","error_code":914}},'
            '{"method":"execute","error_code":914}]}',
            "Rs",
        ),
        (f'{{"response":[false,[{SENT}]],"execute_errors":[]}}', "Us"),
        (f'{{"response":[false,[{SENT}]]}}', "Us"),
        ('{"response":[false,false],"execute_errors":[{"method":"messages.send","error_code":6}]}', "UU"),
        (f'{{"response":[[{SENT}]]}}', "UU"),
        ('{"response":false,"execute_errors":[{"method":"messages.send","error_code":6}]}', "UU"),
        ('{"response":[{},7],"execute_errors":7}', "UU"),
        ('{"response":["x",null]}', "UU"),
        ('{"error":{"error_code":13,"error_msg":"x"}}', "UU"),
        ('{"error":{"error_code":29,"error_msg":"x"}}', "TT"),
        ("[", "UU"),
    ],
)
async def test_strange_answers_to_a_batch(answer: str, kinds: str) -> None:
    named = {"s": str, "B": Blocked, "R": Rejected, "U": Unknown, "T": Throttled}
    async with impostor(200, answer.encode()) as url:
        network = vk.connect({"VK_TOKEN": "x", "VK_GROUP_ID": "1", "VK_API_URL": url})
        assert isinstance(network, Batched)
        letters = [(Address("vk", str(n)), Reply("раз"), n) for n in (1, 2)]
        assert [type(one) for one in await network.send_many(letters)] == [named[kind] for kind in kinds]
        await network.close()


async def test_a_call_that_somebody_waits_for_goes_before_a_batch() -> None:
    turns, order = vk.Turns(Pace(50, 1)), []

    async def take(name: str, patient: bool) -> None:
        await turns.take(patient=patient)
        order.append(name)

    await turns.take()
    batch = asyncio.create_task(take("batch", True))
    await asyncio.sleep(0)
    await take("reply", False)
    assert order == ["reply"]
    batch.cancel()
    await asyncio.gather(batch, return_exceptions=True)


async def test_calls_keep_to_vks_pace_even_when_many_are_made_at_once(here: World) -> None:
    await asyncio.gather(*(here.send(Reply(str(n)), person=str(n)) for n in range(30)))
    assert {shown.text for n in range(30) for shown in here.sandbox.chat(str(n))} == {str(n) for n in range(30)}


async def test_identity_and_deep_link(here: World) -> None:
    assert await here.network.identity() == sandbox_vk.NAME
    assert here.network.deep_link("aB-_9") == "https://vk.me/club123456?ref=aB-_9"


# What goes wrong.


@pytest.mark.parametrize(
    ("fault", "kind", "copies"),
    [
        (Fault.THROTTLED, Throttled, 0),
        (Fault.BROKEN, Unknown, 0),
        (Fault.CUT, Unknown, 1),
        (Fault.GARBAGE, Unknown, 1),
        (Fault.SILENT, Unknown, 1),
        (Fault.REVOKED, Revoked, 0),
        (Fault.REFUSED, Rejected, 0),
    ],
)
async def test_every_fault_has_its_class_and_a_repeat_shows_one_copy(
    here: World, fault: Fault, kind: type[NetworkError], copies: int
) -> None:
    here.sandbox.fail(fault)
    with pytest.raises(NetworkError) as error:
        await here.send(Reply("раз"), key=7)
    assert type(error.value) is kind
    assert len(here.sandbox.chat(ANN)) == copies
    if isinstance(error.value, Throttled):
        assert (error.value.after, error.value.everybody) == (1, True)
    here.sandbox.heal()
    await here.send(Reply("раз"), key=7)
    assert [shown.text for shown in here.sandbox.chat(ANN)] == ["раз"]


async def test_a_person_who_forbade_messages_is_blocked_until_they_allow_them(here: World) -> None:
    await here.sandbox.block(ANN)
    with pytest.raises(Blocked):
        await here.send(Reply("раз"))
    with pytest.raises(Blocked):
        await here.send(Reply("раз", picture=Picture(b"\x89PNG")))
    with pytest.raises(Blocked):
        await here.network.send(Address("vk", "777"), Reply("чужой"), 9)
    await here.sandbox.unblock(ANN)
    await here.send(Reply("два"))
    assert [shown.text for shown in here.sandbox.chat(ANN)] == ["два"]


@pytest.mark.parametrize("chat", ["", "0", "-5", "x", "1,2", "9" * 30])
async def test_an_address_that_is_none_is_rejected(here: World, chat: str) -> None:
    with pytest.raises(Rejected):
        await here.network.send(Address("vk", chat), Reply("раз"), 1)


async def test_no_connection_is_unavailable() -> None:
    async with world(VK_API_URL="http://127.0.0.1:1") as here:
        with pytest.raises(Unavailable):
            await here.send(Reply("раз"))
        with pytest.raises(Unavailable):
            await here.send(Reply("раз", document=Document(b"x", "x.pdf")))
    async with world(VK_API_URL="http://name.invalid") as here:
        with pytest.raises(Unavailable):
            await here.send(Reply("раз"))


@asynccontextmanager
async def impostor(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> AsyncIterator[str]:
    """A server that answers everything in one way."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"", Unknown),
        (502, b"<html>", Unknown),
        (429, b"", Throttled),
        (403, b"", Unavailable),
        (302, b"", Unknown),
        (200, b"", Unknown),
        (200, b"[]", Unknown),
        (200, b"7", Unknown),
        (200, b"{}", Unknown),
        (200, b"[" * 100_000, Unknown),
        (200, b'{"response":' + b"9" * 5000 + b"}", Unknown),
        (200, b'{"response":"x"}', Unknown),
        (200, b'{"response":[]}', Unknown),
        (200, b'{"error":{}}', Unknown),
        (200, b'{"error":{"error_code":"x","error_msg":"x"}}', Unknown),
        (200, b'{"error":{"error_code":14,"error_msg":"x","captcha_sid":1,"captcha_img":"x"}}', Throttled),
        (200, b'{"error":{"error_code":17,"error_msg":"x","redirect_uri":"x"}}', Revoked),
        (200, b'{"response":[{"peer_id":1,"message_id":0,"error":{"code":902,"description":"x"}}]}', Blocked),
        (200, b'{"response":[{"peer_id":1,"message_id":0,"error":{"code":9,"description":"x"}}]}', Throttled),
        (200, b'{"response":[{"peer_id":1,"message_id":0,"error":{"code":7,"description":"x"}}]}', Blocked),
        (200, b'{"error":{"error_code":7,"error_msg":"x"}}', Revoked),
    ],
)
async def test_strange_answers_have_their_class(status: int, body: bytes, kind: type[NetworkError]) -> None:
    async with impostor(status, body, {"Location": "http://127.0.0.1:1/"}) as url, world(VK_API_URL=url) as here:
        with pytest.raises(NetworkError) as error:
            await here.send(Reply("раз"))
        assert type(error.value) is kind


@pytest.mark.parametrize(
    "body",
    [
        b'{"response":[{"peer_id":1,"message_id":5}]}',
        b'{"response":[{"peer_id":1,"message_id":0,"conversation_message_id":0}]}',
        b'{"response":5}',
    ],
)
async def test_a_success_without_a_number_is_a_success(body: bytes) -> None:
    async with impostor(200, body) as url, world(VK_API_URL=url) as here:
        assert await here.send(Reply("раз")) == ""


async def test_a_hung_server_holds_up_nobody_longer_than_the_time_limit() -> None:
    async with world(VK_CONNECTIONS="2", VK_TIMEOUT="0.5") as here:
        here.sandbox.fail(Fault.SILENT, times=2)
        began = time.monotonic()
        results = await asyncio.gather(
            *(here.send(Reply(str(n)), person=str(n)) for n in range(4)), return_exceptions=True
        )
        assert time.monotonic() - began < 2.5
        assert [type(result) for result in results[:2]] == [Unknown, Unknown]
        assert all(isinstance(result, str | Unavailable) for result in results[2:])


async def test_a_hung_call_gives_its_thread_back() -> None:
    async with world(VK_CONNECTIONS="1", VK_TIMEOUT="0.3") as here:
        here.sandbox.fail(Fault.SILENT)
        with pytest.raises(Unknown):
            await here.send(Reply("раз"))
        await here.send(Reply("два"), person="2")
        assert [shown.text for shown in here.sandbox.chat("2")] == ["два"]


async def test_a_cancelled_call_that_has_not_begun_never_begins() -> None:
    async with world(VK_CONNECTIONS="1", VK_TIMEOUT="0.3") as here:
        here.sandbox.fail(Fault.SILENT)
        version = here.sandbox.version
        first = asyncio.create_task(here.send(Reply("раз")))
        await here.sandbox.changed(version)  # the only thread is taken
        second = asyncio.create_task(here.send(Reply("два"), person="2"))
        for _ in range(5):  # as far as the queue of the thread
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        await here.send(Reply("три"), person="3")
        assert here.sandbox.chat("2") == ()


async def test_a_server_that_trickles_is_given_up_too() -> None:
    """requests counts its time from the last byte; the whole call has a limit of its own."""

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(15):
            await response.write(b" ")
            await asyncio.sleep(0.1)
        return response

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", trickle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with world(VK_API_URL=url, VK_TIMEOUT="0.3", VK_CONNECTIONS="1") as here:
        began = time.monotonic()
        first, second = await asyncio.gather(
            here.send(Reply("1")), here.send(Reply("2"), person="2"), return_exceptions=True
        )
        assert time.monotonic() - began < 1.4
        assert (type(first), type(second)) == (Unknown, Unavailable)  # the second call never began
    await runner.cleanup()


async def test_no_secret_in_errors_logs_or_reprs(here: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    private = "".join(["личные", " слова"])  # so that no traceback quotes it from this line
    secrets = [sandbox_vk.TOKEN, sandbox_vk.SECRET, private]
    told: list[str] = [repr(here.network), repr(here.network._options), str(vars(here.network))]
    with capture_logs() as logs:
        async with here.hooked():
            for fault in Fault:
                here.sandbox.fail(fault)
                with pytest.raises(NetworkError) as error:
                    await here.send(Reply(private))
                chain: BaseException | None = error.value
                while chain is not None:  # not only what is printed: nothing that holds the token hangs on the error
                    told += [repr(chain), str(vars(chain))]
                    chain = chain.__context__
                assert error.value.__context__ is None  # a network library's error would carry the whole request
                told += traceback.format_exception(error.value)
                here.sandbox.heal()
            with pytest.raises(Forged) as forged:
                await here.network.hook(post({**GOOD, "secret": "x"}), here.inbox)
            told += traceback.format_exception(forged.value)
    told += [str(logs), caplog.text]
    for secret in secrets:
        assert not [text for text in told if secret in text]


@pytest.mark.parametrize(
    "changes",
    [
        {"VK_TOKEN": ""},
        {"VK_GROUP_ID": "club1"},
        {"VK_GROUP_ID": "-5"},
        {"VK_SECRET": "canary" * 10},
        {"VK_RATE": "0"},
        {"VK_RATE": "nan"},
        {"VK_TIMEOUT": "canary"},
        {"VK_BUTTONS": "canary"},
    ],
)
def test_a_bad_setting_is_named_and_not_shown(changes: dict[str, str]) -> None:
    good = {"VK_TOKEN": "canary", "VK_GROUP_ID": "1"}
    with pytest.raises(ValueError, match=next(iter(changes))) as error:
        vk.connect(good | changes)
    assert "canary" not in str(error.value)


def test_importing_the_file_loads_no_network_library() -> None:
    code = "import sys, adapters.vk; print([m for m in ('vk_api', 'requests', 'aiohttp') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The sandbox itself: it must refuse what VK refuses, or the tests above would prove nothing.


async def ask(here: World, method: str, **given: Any) -> Any:
    answer, code = await here.network._try(method, **given)
    return code or answer


@pytest.mark.parametrize(
    "keyboard",
    [
        "nonsense",
        "[]",
        json.dumps({"inline": True, "buttons": [[{"action": {"type": "text", "label": "x"}}] * 6]}),
        json.dumps({"inline": True, "buttons": [[{"action": {"type": "text", "label": "x"}}]] * 7}),
        json.dumps({"inline": True, "buttons": [[{"action": {"type": "text", "label": "x"}}] * 4] * 3}),
        json.dumps({"buttons": [[{"action": {"type": "text", "label": "x"}}] * 5] * 9}),
        json.dumps({"buttons": [[{"action": {"type": "text", "label": "x" * 41}}]]}),
        json.dumps({"buttons": [[{"action": {"type": "text", "label": "x", "payload": "[]"}}]]}),
        json.dumps({"buttons": [[{"action": {"type": "text", "label": "x", "payload": '{"a":"' + "x" * 250 + '"}'}}]]}),
        json.dumps({"buttons": [[{"action": {"type": "text", "label": "x"}, "color": "blue"}]]}),
        json.dumps({"inline": True, "one_time": True, "buttons": [[{"action": {"type": "text", "label": "x"}}]]}),
    ],
)
async def test_sandbox_refuses_bad_keyboards(keyboard: str) -> None:
    async with world() as here:
        peer = here.sandbox.chat_id(ANN)
        assert await ask(here, "messages.send", peer_ids=peer, random_id=1, message="x", keyboard=keyboard) == 911
        assert len(here.sandbox.violations) == 1
        assert here.sandbox.chat(ANN) == ()


async def test_sandbox_refuses_more_than_twenty_calls_a_second() -> None:
    now = 0.0
    async with world(VK(clock=lambda: now)) as here:
        here.network._turns = vk.Turns(Pace(1000, 1000))
        codes = [await ask(here, "users.get", user_ids="1") for _ in range(21)]
        assert codes == [[]] * 20 + [6]
        assert len(here.sandbox.violations) == 1
        now = 1.0
        assert await ask(here, "users.get", user_ids="1") == []


async def test_sandbox_remembers_random_ids_in_either_reading() -> None:
    for memory, again in (("hour", 2), ("history", 1)):
        now = 0.0
        async with world(VK(clock=lambda: now, memory=memory)) as here:  # type: ignore[arg-type]  # noqa: B023
            await here.send(Reply("раз"), key=7)
            now = 3601.0
            await here.send(Reply("раз"), key=7)
            assert len(here.sandbox.chat(ANN)) == again
            peer = here.sandbox.chat_id(ANN)
            for _ in range(2):
                await ask(here, "messages.send", peer_ids=peer, random_id=0, message="0")
            assert len(here.sandbox.chat(ANN)) == again + 2


async def test_sandbox_takes_a_press_answer_once_and_for_a_minute() -> None:
    now = 0.0
    async with world(VK(clock=lambda: now)) as here, here.hooked():
        message = await here.send(Reply("?", keyboard=((Button("Долг", "debt"),),)))
        await here.sandbox.press(ANN, message, "Долг")
        (event,) = await here.inbox.first(1)
        now = 61.0
        await here.send(Reply("поздно", answers=event.press))
        assert not here.sandbox.settled(ANN)


async def test_sandbox_runs_a_script_of_calls(here: World) -> None:
    peer = here.sandbox.chat_id(ANN)
    calls = [
        f"API.messages.send({json.dumps({'peer_ids': peer, 'random_id': n, 'message': 'Скобки ) } ' + str(n)})})"
        for n in (1, 2)
    ]
    code = f"return [{', '.join([*calls, 'API.messages.send({})'])}];"
    first, second, third = await ask(here, "execute", code=code)
    assert second[0]["conversation_message_id"] == first[0]["conversation_message_id"] + 1
    assert third is False
    assert [shown.text for shown in here.sandbox.chat(ANN)] == ["Скобки ) } 1", "Скобки ) } 2"]


async def test_sandbox_reads_back_what_was_said(here: World) -> None:
    await here.sandbox.say(ANN, "раз")
    await here.sandbox.say("7", "семь")
    await here.send(Reply("два"))
    peer = here.sandbox.chat_id(ANN)
    history = await ask(here, "messages.getHistory", peer_id=peer, count=10)
    assert [item["text"] for item in history["items"]] == ["два", "раз"]
    unanswered = await ask(here, "messages.getConversations", filter="unanswered")
    assert [item["last_message"]["text"] for item in unanswered["items"]] == ["семь"]
    assert await ask(here, "messages.isMessagesFromGroupAllowed", user_id=peer) == {"is_allowed": 1}


async def test_sandbox_knows_its_methods_and_its_token(here: World) -> None:
    assert await ask(here, "messages.unknown") == 3
    assert await ask(here, "messages.send", peer_ids="1", message="x") == 100
    assert await ask(here, "users.get", access_token="other") == 5
    assert await ask(here, "users.get", v="") == 8


async def test_a_call_that_is_under_way_when_it_is_closed_leaves_no_connection() -> None:
    """It may open another one: a session of `requests` works on when it was closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    begun, go_on = threading.Event(), threading.Event()
    session = requests.Session()
    line = vk.Line([SimpleNamespace(http=session)])

    def ask(one: Any) -> int:
        begun.set()
        go_on.wait(10)
        return int(one.http.get(url, timeout=10).status_code)

    asked = asyncio.create_task(line.call(ask, within=10))
    await asyncio.to_thread(begun.wait, 10)
    line.close()
    go_on.set()
    assert await asked == (204, 0)
    await asyncio.to_thread(line._threads.shutdown)
    assert len(session.get_adapter(url).poolmanager.pools) == 0  # type: ignore[attr-defined]
    server.close()
    await server.wait_closed()
