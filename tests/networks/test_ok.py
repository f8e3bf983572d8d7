"""Odnoklassniki: what is its own. What every network must do is in tests/contract/."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from adapters import ok
from adapters.base import (
    Address,
    Blocked,
    Button,
    Document,
    Forged,
    Incoming,
    NetworkError,
    Picture,
    Post,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Tone,
    Unavailable,
    Unknown,
)
from sandbox.base import Fault
from sandbox.ok import DROPPED_AFTER, OK, Reading
from tests.contract.networks import Door, Inbox

PAYLOADS = Path(__file__).parent.parent / "fixtures" / "ok"
CHAT = "chat:C3ecb9d02a600"
KEYBOARD = ((Button("Баланс", action="bal:1"), Button("Сайт", url="https://example.org")),)


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def incoming(name: str, private: bool = True) -> Incoming | None:
    return ok.incoming(ok.read(payload(name)), private)


def understood(name: str) -> Incoming:
    event = incoming(name)
    assert event is not None
    return event


class Pauses(list[float]):
    """Sleep that only notes how long."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


async def soon(true: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if true():
            return
        await asyncio.sleep(0)
    raise AssertionError("not within 100 000 turns of the loop")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


Meet = Callable[..., Awaitable[tuple[OK, ok.Odnoklassniki, Pauses]]]


@pytest.fixture
async def meet() -> AsyncIterator[Meet]:
    """Makes a sandbox under one reading of the documentation, and the adapter with some settings changed."""
    made: list[tuple[OK, ok.Odnoklassniki]] = []

    async def make(
        reading: Reading | None = None, *, clock: Clock | None = None, **changed: str
    ) -> tuple[OK, ok.Odnoklassniki, Pauses]:
        group, pauses = OK(reading), Pauses()
        await group.start()
        options = ok.options({**group.settings(), "OK_TIMEOUT": "1", **changed})
        network = ok.Odnoklassniki(options, sleep=pauses, **({"clock": clock} if clock else {}))
        made.append((group, network))
        return group, network, pauses

    yield make
    for group, network in made:
        await network.close()
        await group.stop()


def to(group: OK, person: str = "7") -> Address:
    return Address("ok", group.chat_id(person))


# ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message() -> None:
    assert incoming("message") == Incoming(
        id="mid:C3ecb9d02a600.15cea67d78d2059",
        sender=Address("ok", CHAT),
        sent_at=datetime(2017, 6, 27, 16, 34, 52, 941000, UTC),
        text="баланс",
        message="mid:C3ecb9d02a600.15cea67d78d2059",
        name="Иван",
    )


def test_an_envelope_without_a_type_is_a_message() -> None:
    event = understood("message_2017")
    assert (event.text, event.attached) == ("text", True)


def test_a_picture_is_something_that_we_do_not_open() -> None:
    event = understood("picture")
    assert (event.text, event.attached) == ("", True)


@pytest.mark.parametrize("name", ["screenshot", "moderator"])
def test_what_is_not_the_customers_own_word_is_nothing(name: str) -> None:
    assert incoming(name) is None


def test_a_press() -> None:
    event = understood("callback")
    assert (event.id, event.action, event.press) == ("callback:f9LHodD0cOL5", "bal:1", "f9LHodD0cOL5")
    assert event.message == "mid:C3ecb9d02a600.15cea67d78d2059"


def test_a_press_without_an_id_is_known_by_message_payload_and_time() -> None:
    event = understood("callback_without_id")
    assert event.press is None
    assert event.id == understood("callback_without_id").id
    other = json.loads(payload("callback_without_id"))
    for field, value in (("payload", "bal:2"), ("timestamp", 1), ("mid", "mid:C1.2")):
        changed = ok.incoming(ok.read(json.dumps({**other, field: value}).encode()), True)
        assert changed is not None
        assert changed.id != event.id


def test_a_deep_link_hands_over_its_payload() -> None:
    assert understood("chat_started").start == "link-token"
    assert understood("chat_started_bare").start == ""


BROKEN: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"42",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"webhookType":"SOMETHING_NEW","recipient":{"chat_id":"chat:C1"},"timestamp":1}',
    b'{"webhookType":"CHAT_SYSTEM","type":"TITLE_CHANGED","recipient":{"chat_id":"chat:C1"},"timestamp":1}',
    b'{"webhookType":"MESSAGE_CALLBACK","recipient":{"chat_id":"chat:C1"},"timestamp":1,"payload":"x"}',
    b'{"recipient":{"chat_id":"chat:C1"},"timestamp":1}',
    b'{"recipient":{"chat_id":"../C1"},"timestamp":1,"message":{"mid":"mid:1"}}',
    b'{"recipient":{"chat_id":"chat:C1"},"timestamp":1e400,"message":{"mid":"mid:1"}}',
    b'{"recipient":{"chat_id":"chat:C1"},"timestamp":' + b"9" * 5000 + b',"message":{"mid":"mid:1"}}',
    b'{"recipient":{"chat_id":"chat:C1"},"timestamp":9223372036854775807,"message":{"mid":"mid:1"}}',
    b'{"recipient":{"chat_id":"chat:C1"},"timestamp":1,"message":{"mid":"mid:1","text":"\\ud800"}}',
    b'{"recipient":{"chat_id":"chat:C1"},"timestamp":1,"message":{"mid":"mid:1","text":[]}}',
]


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
async def test_authentic_nonsense_is_kept_aside_and_acknowledged(raw: bytes, meet: Meet) -> None:
    _, network, _ = await meet()
    inbox = Inbox()
    answer = await network.hook(Post({}, raw, "127.0.0.1"), inbox)
    assert answer.status == 200
    assert (inbox.events, inbox.unreadable) == ([], [raw])


anything = st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=200) | anything)
def test_reading_raises_nothing_but_unreadable(raw: bytes) -> None:
    with contextlib.suppress(ok.Unreadable):
        ok.incoming(ok.read(raw), True)


fields = st.sampled_from(
    ["webhookType", "sender", "recipient", "timestamp", "message", "callbackId", "payload", "mid", "type"]
)
values = st.none() | st.integers() | st.text(max_size=5) | st.just({}) | st.just([]) | st.floats(allow_nan=False)


@given(st.sampled_from(["message", "callback", "chat_started"]), st.dictionaries(fields, values, min_size=1))
def test_a_field_of_another_type_is_never_an_error(name: str, changes: dict[str, Any]) -> None:
    try:
        event = ok.incoming(ok.read(json.dumps({**json.loads(payload(name)), **changes}).encode()), True)
    except ok.Unreadable:
        return
    assert event is None or (event.id and event.sent_at.tzinfo is not None)


# ── Who may post ─────────────────────────────────────────────────────────────────────────────────────────────

DOCUMENTED = {"OK_TOKEN": "tkn1:2", "OK_HOOK_PATH": "x" * 22, "OK_CHAT_CHECK": "off"}


@pytest.mark.parametrize("remote", ["217.20.145.192", "217.20.151.175", "217.20.153.50", "::ffff:217.20.153.50"])
async def test_the_documented_networks_may_post(remote: str) -> None:
    inbox = Inbox()
    assert (await ok.connect(DOCUMENTED).hook(Post({}, payload("message"), remote), inbox)).status == 200
    assert len(inbox.events) == 1


@pytest.mark.parametrize(
    "remote", ["217.20.145.208", "127.0.0.1", "10.0.0.1", "::1", "", "unix:", "217.20.145.192, 1.1.1.1"]
)
async def test_nobody_else_may_and_learns_nothing(remote: str) -> None:
    inbox = Inbox()
    with pytest.raises(Forged) as forged:
        await ok.connect(DOCUMENTED).hook(Post({}, payload("message"), remote), inbox)
    assert forged.value.status == 404
    assert not inbox.batches


async def test_any_trusts_the_path_alone() -> None:
    inbox = Inbox()
    await ok.connect({**DOCUMENTED, "OK_SOURCES": "any"}).hook(Post({}, payload("message"), "8.8.8.8"), inbox)
    assert len(inbox.events) == 1


# ── A dialog or a group ──────────────────────────────────────────────────────────────────────────────────────


async def first_event(network: ok.Odnoklassniki, inbox: Inbox, say: Awaitable[object]) -> Incoming:
    async with Door(network, inbox) as url:
        await network.prepare(Site(hook=url))
        await say
        return (await inbox.until(1))[0]


async def test_a_chat_is_asked_about_once(meet: Meet) -> None:
    group, network, _ = await meet()
    inbox = Inbox()
    async with Door(network, inbox) as url:
        await network.prepare(Site(hook=url))
        await group.say("7", "a")
        assert (await inbox.until(1))[-1].private
        group.fail(Fault.REVOKED)  # no call can succeed from here on
        await group.say("7", "b")
        assert (await inbox.until(2))[-1].private


async def test_doubt_means_a_group(meet: Meet) -> None:
    group, network, _ = await meet(Reading(chat=False))
    assert not (await first_event(network, Inbox(), group.say("7", "a"))).private


async def test_doubt_is_not_remembered(meet: Meet) -> None:
    clock = Clock()
    group, network, _ = await meet(clock=clock)
    inbox = Inbox()
    async with Door(network, inbox) as url:
        await network.prepare(Site(hook=url))
        group.fail(Fault.REVOKED)
        await group.say("7", "a")
        assert not (await inbox.until(1))[-1].private
        group.heal()
        clock.now += 10
        await group.say("7", "b")
        assert (await inbox.until(2))[-1].private


async def test_a_sender_who_is_not_in_the_dialog_gets_nothing_personal(meet: Meet) -> None:
    group, network, _ = await meet()
    body = json.loads(payload("message"))
    body["recipient"]["chat_id"] = group.chat_id("7")
    inbox = Inbox()
    await network.hook(Post({}, json.dumps(body).encode(), "127.0.0.1"), inbox)
    assert not inbox.events[0].private


async def test_the_question_can_be_switched_off(meet: Meet) -> None:
    group, network, _ = await meet(Reading(chat=False), OK_CHAT_CHECK="off")
    assert (await first_event(network, Inbox(), group.say("7", "a"))).private


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_tones_are_intents(meet: Meet) -> None:
    group, network, _ = await meet()
    keyboard = (tuple(Button(tone.value, action="x", tone=tone) for tone in (Tone.PLAIN, Tone.GOOD, Tone.DANGER)),)
    await network.send(to(group), Reply("Точно?", keyboard=keyboard), 1)
    assert [key.tone for key in group.chat("7")[-1].keys[0]] == ["plain", "good", "danger"]


async def test_a_menu_is_drawn_as_a_keyboard(meet: Meet) -> None:
    group, network, _ = await meet()
    await network.send(to(group), Reply("Меню", menu=KEYBOARD), 1)
    assert [key.label for key in group.chat("7")[-1].keys[0]] == ["Баланс", "Сайт"]


async def pressed(group: OK, network: ok.Odnoklassniki) -> tuple[str, str]:
    """A message with a keyboard, and the handle of a press on it."""
    shown = await network.send(to(group), Reply("Меню", keyboard=KEYBOARD), 1)
    inbox = Inbox()
    event = await first_event(network, inbox, group.press("7", shown, "Баланс"))
    assert event.press is not None
    return shown, event.press


@pytest.mark.parametrize(("answer", "screen"), [("replaces", ["350 ₽"]), ("adds", ["Меню", "350 ₽"])])
async def test_a_press_is_answered_with_the_message(answer: str, screen: list[str], meet: Meet) -> None:
    group, network, _ = await meet(Reading(answer=answer))
    _, press = await pressed(group, network)
    assert not group.settled("7")
    sent = await network.send(to(group), Reply("350 ₽", answers=press), 2)
    assert group.settled("7")
    assert [shown.text for shown in group.chat("7")] == screen
    assert sent == group.chat("7")[-1].id


async def test_a_press_that_is_too_old_gets_an_ordinary_message(meet: Meet) -> None:
    group, network, _ = await meet(Reading(press_life=-1))
    _, press = await pressed(group, network)
    await network.send(to(group), Reply("350 ₽", answers=press), 2)
    assert [shown.text for shown in group.chat("7")] == ["Меню", "350 ₽"]


async def test_a_press_can_be_answered_by_an_ordinary_message(meet: Meet) -> None:
    group, network, _ = await meet(OK_ANSWERS="message")
    shown, press = await pressed(group, network)
    await network.send(to(group), Reply("350 ₽", answers=press, replaces=shown), 2)
    assert [(one.text, one.edited) for one in group.chat("7")] == [("350 ₽", True)]
    assert not group.settled("7")


async def test_an_answer_whose_outcome_is_unknown_is_not_followed_by_another_message(meet: Meet) -> None:
    group, network, _ = await meet()
    _, press = await pressed(group, network)
    group.fail(Fault.GARBAGE)
    with pytest.raises(Unknown):
        await network.send(to(group), Reply("350 ₽", answers=press), 2)
    assert len(group.chat("7")) == 1


async def test_where_nothing_can_be_redrawn_a_new_message_is_sent(meet: Meet) -> None:
    for reading, changed in (
        (Reading(edits=False), {}),
        (None, {"OK_EDITS": "off"}),
        (None, {"OK_EDIT_PATH": "x/{message}"}),
    ):
        group, network, _ = await meet(reading, **changed)
        first = await network.send(to(group), Reply("1"), 1)
        second = await network.send(to(group), Reply("2", replaces=first), 2)
        assert first != second
        assert [shown.text for shown in group.chat("7")] == ["1", "2"]


@pytest.mark.parametrize("how", ["body", "multipart"])
async def test_picture_document_and_keyboard_come_in_one_message(how: str, meet: Meet) -> None:
    group, network, _ = await meet(OK_UPLOAD=how)
    reply = Reply(
        "Счёт", keyboard=KEYBOARD, picture=Picture(b"\x89PNG"), document=Document(b"%PDF", "счёт за март.pdf")
    )
    await network.send(to(group), reply, 1)
    shown = group.chat("7")[-1]
    assert (shown.picture, shown.document, shown.document_name) == (b"\x89PNG", b"%PDF", "счёт за март.pdf")
    assert shown.keys
    assert not group.violations


async def test_a_fresh_upload_is_waited_for(meet: Meet) -> None:
    group, network, pauses = await meet(Reading(unready=3))
    await network.send(to(group), Reply("Счёт", document=Document(b"%PDF", "a.pdf")), 1)
    assert pauses == [1.0, 2.0, 4.0]
    assert group.chat("7")[-1].document == b"%PDF"


async def test_an_upload_that_never_gets_ready_is_refused(meet: Meet) -> None:
    group, network, _ = await meet(Reading(unready=4))
    with pytest.raises(Rejected):
        await network.send(to(group), Reply("Счёт", document=Document(b"%PDF", "a.pdf")), 1)


async def test_an_identifier_cannot_leave_its_place_in_the_path(meet: Meet) -> None:
    _, network, _ = await meet()
    for chat in ("..", "me/subscribe", ""):
        with pytest.raises(Rejected):
            await network.send(Address("ok", chat), Reply("a"), 1)
    assert ok.segment("chat:C1/../../me?x#y", "chat:") == "chat:C1%2F..%2F..%2Fme%3Fx%23y"


async def test_busy_shows_seen_and_typing_and_leaves_room_for_letters(meet: Meet) -> None:
    clock = Clock()
    group, network, _ = await meet(clock=clock)
    event = Incoming("1", to(group), datetime.now(UTC))
    await network.busy(event)
    assert group.actions == [("7", "mark_seen"), ("7", "typing_on")]
    for _ in range(10):
        await network.busy(event)
    assert len(group.actions) == 5  # OK_RATE
    clock.now += 1
    await network.busy(event)
    assert len(group.actions) == 7


@pytest.mark.parametrize("nothing", ["off", " off "])
async def test_being_busy_may_stay_hidden(nothing: str, meet: Meet) -> None:
    group, network, _ = await meet(OK_BUSY=nothing)
    await network.busy(Incoming("1", to(group), datetime.now(UTC)))
    assert group.actions == []


# ── What OK refuses ──────────────────────────────────────────────────────────────────────────────────────────

CODES: dict[type[NetworkError], list[int]] = {
    Unknown: [1, 2, 704, 5000, 9999],
    Rejected: [3, 4, 100, 106, 140, 454, 706, 707, 2001, 1200, 31337],
    Throttled: [7, 8, 9, 11, 26],
    Revoked: [50, 101, 102, 103, 210, 453],
    Blocked: [10, 22, 110, 200, 300, 455, 456, 457, 458, 511, 705, 1102, 1103],
}


class Answering:
    """A server that gives one and the same answer to everything."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status, self.body, self.headers, self.asked = status, body, headers, 0

    async def __aenter__(self) -> ok.Odnoklassniki:
        async def answer(request: web.Request) -> web.Response:
            self.asked += 1
            return web.Response(status=self.status, body=self.body, headers=self.headers)

        self._runner = web.ServerRunner(web.Server(answer, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.network = ok.connect({"OK_TOKEN": "tkn1:2", "OK_API_URL": f"http://127.0.0.1:{port}", "OK_TIMEOUT": "1"})
        return self.network

    async def __aexit__(self, *_: object) -> None:
        await self.network.close()
        await self._runner.cleanup()


async def outcome(status: int, body: bytes, **headers: str) -> NetworkError:
    async with Answering(status, body, {name.replace("_", "-"): value for name, value in headers.items()}) as network:
        with pytest.raises(NetworkError) as raised:
            await network.send(Address("ok", CHAT), Reply("a"), 1)
    return raised.value


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes])
async def test_error_codes(kind: type[NetworkError], code: int) -> None:
    in_body = await outcome(
        200, json.dumps({"error_code": code, "error_msg": "SYMBOL : 8 рублей", "error_data": None}).encode()
    )
    in_header = await outcome(200, b"", invocation_error=str(code))
    assert (type(in_body), type(in_header)) == (kind, kind)
    assert str(in_body) == f"OK said {code} SYMBOL"  # what OK says beyond the symbol may quote the customer


@pytest.mark.parametrize("code", [4, 1200])
@pytest.mark.parametrize("text", ["REQUEST : errors.send-message.restricted", "errors.user-blocked"])
async def test_a_blocking_person_may_be_told_in_words(code: int, text: str) -> None:
    assert type(await outcome(200, json.dumps({"error_code": code, "error_msg": text}).encode())) is Blocked


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", Unknown),
        (200, b"<html>", Unknown),
        (200, b'{"message_id": "mid', Unknown),
        (200, b"[]", Unknown),
        (200, b"{}", Unknown),
        (200, b'{"success": false}', Blocked),
        (200, b"[" * 100_000, Unknown),
        (301, b"", Unavailable),
        (403, b"<html>", Unavailable),
        (404, b"<html>", Unavailable),
        (413, b"<html>", Rejected),
        (401, b"", Revoked),
        (429, b"", Throttled),
        (500, b"<html>", Unknown),
        (502, b"", Unknown),
        (500, b'{"error_code": 102, "error_msg": "PARAM_SESSION_EXPIRED"}', Revoked),
    ],
)
async def test_answers_without_an_error_of_oks_own(status: int, body: bytes, kind: type[NetworkError]) -> None:
    assert type(await outcome(status, body)) is kind


async def test_a_pause_that_is_named_is_kept() -> None:
    named, unnamed = await outcome(429, b"", Retry_After="7"), await outcome(429, b"", Retry_After="soon")
    assert isinstance(named, Throttled)
    assert isinstance(unnamed, Throttled)
    assert (named.after, unnamed.after) == (7.0, 60.0)


@pytest.mark.parametrize("body", [b'{"success": true}', b'{"message_id": "mid:C1.2"}'])
async def test_either_sign_of_success_will_do(body: bytes) -> None:
    async with Answering(200, body, {}) as network:
        assert await network.send(Address("ok", CHAT), Reply("a"), 1) in {"", "mid:C1.2"}


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    assert type(await outcome(200, b'{"success": true}' + b" " * ok.ANSWER_BYTES)) is Unknown


async def test_a_redirection_is_not_followed() -> None:
    server = Answering(302, b"", {"Location": "/graph/elsewhere"})
    async with server as network:
        with pytest.raises(Unavailable):
            await network.send(Address("ok", CHAT), Reply("a"), 1)
    assert server.asked == 1


async def test_nobody_there_means_certainly_not_sent() -> None:
    async with Answering(200, b"", {}) as network:
        pass
    with pytest.raises(Unavailable):
        await network.send(Address("ok", CHAT), Reply("a"), 1)
    await network.close()


async def test_a_failed_upload_is_never_unknown(meet: Meet) -> None:
    for body in (
        b"<html>",
        b'{"url": "http://127.0.0.1:9/", "token": "t"}',
        b'{"url": "gopher://x/"}',
        b'{"url": "/x"}',
    ):
        async with Answering(200, body, {}) as network:
            with pytest.raises(Unavailable):
                await network.send(Address("ok", CHAT), Reply("a", picture=Picture(b"\x89PNG")), 1)


# ── The subscription and the token ───────────────────────────────────────────────────────────────────────────


async def test_our_hook_is_subscribed_once_for_all_types_and_older_ones_are_ended(meet: Meet) -> None:
    group, network, _ = await meet()
    async with Door(network, Inbox()) as url:
        stem = url.removesuffix(network.path)
        for other in (f"{stem}an-older-path-of-our-own", "http://127.0.0.1:9/somebody/else"):
            await network._subscribe(other)
        for _ in range(3):
            await network.prepare(Site(hook=url))
        assert set(group.webhooks) == {url, "http://127.0.0.1:9/somebody/else"}
        assert group.webhooks[url].types == ("MESSAGE_CREATED", "MESSAGE_CALLBACK", "CHAT_SYSTEM")
        first = group.webhooks[url]
        await network.prepare(Site(hook=url))
        assert group.webhooks[url] is first


async def test_a_subscription_with_too_few_types_is_made_anew(meet: Meet) -> None:
    group, network, _ = await meet()
    async with Door(network, Inbox()) as url:
        await network.prepare(Site(hook=url))
        group.webhooks[url].types = ("MESSAGE_CREATED",)
        await network.prepare(Site(hook=url))
        assert len(group.webhooks[url].types) == 3


async def test_a_webhook_that_fails_for_eight_hours_is_dropped_and_renewed(meet: Meet) -> None:
    clock, pauses = Clock(), Pauses()
    group = OK(Reading(resend=60.0), clock=clock, sleep=pauses)
    await group.start()
    network = ok.connect({**group.settings(), "OK_TIMEOUT": "1"})
    inbox = Inbox(refuse=10**9)
    async with Door(network, inbox) as url:
        await network.prepare(Site(hook=url))
        hook = group.webhooks[url]
        assert hook.task is not None
        await group.say("7", "a")
        await soon(lambda: hook.failing_since is not None)
        clock.now += DROPPED_AFTER
        await hook.task
        assert not group.webhooks
        inbox.refuse = 0
        await network.prepare(Site(hook=url))
        group.redeliver()
        assert [event.text for event in await inbox.until(1)] == ["a"]
    await network.close()
    await group.stop()


async def test_the_token_is_used_at_least_daily(meet: Meet) -> None:
    clock = Clock()
    group, network, _ = await meet(clock=clock)
    await network.prepare(Site())
    greeted = network._greeted
    clock.now += 3600
    await network.prepare(Site())
    assert network._greeted == greeted
    clock.now += 86400
    await network.prepare(Site())
    assert network._greeted == clock.now
    assert await network.identity() == "Телеком"
    assert group.polled


async def test_a_dead_token_is_told_by_prepare(meet: Meet) -> None:
    group, network, _ = await meet()
    group.fail(Fault.REVOKED)
    with pytest.raises(Revoked):
        await network.prepare(Site())


# ── Long poll ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("updates", ["marker", "commit"])
async def test_polling_under_both_readings(updates: str, meet: Meet) -> None:
    group, network, _ = await meet(Reading(updates=updates, hold=0.2))
    inbox = Inbox()
    await network.prepare(Site())
    await group.say("7", "a")
    run = asyncio.create_task(network.run(inbox, None))
    await inbox.until(1)
    await group.say("7", "b")
    await inbox.until(2)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await group.say("7", "c")
    run = asyncio.create_task(network.run(inbox, inbox.cursor))
    assert [event.text for event in await inbox.until(3)] == ["a", "b", "c"]
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


@pytest.mark.parametrize("updates", ["marker", "commit"])
async def test_a_batch_that_could_not_be_stored_is_offered_again(updates: str, meet: Meet) -> None:
    group, network, pauses = await meet(Reading(updates=updates, hold=0.2))
    inbox = Inbox(refuse=3)
    await network.prepare(Site())
    await group.say("7", "a")
    run = asyncio.create_task(network.run(inbox, None))
    assert [event.text for event in await inbox.until(1)] == ["a"]
    assert pauses[:3] == [1.0, 2.0, 4.0]
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_a_lost_subscription_is_made_again(meet: Meet) -> None:
    group, network, _ = await meet(Reading(hold=0.2))
    inbox = Inbox()
    run = asyncio.create_task(network.run(inbox, None))  # nobody has prepared anything
    await soon(lambda: group.polled)
    await group.say("7", "a")
    await inbox.until(1)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_polling_goes_on_after_errors_and_ends_with_a_dead_token(meet: Meet) -> None:
    async with Answering(500, b"<html>", {}) as network:
        pauses = Pauses()
        network._sleep = pauses
        run = asyncio.create_task(network.run(Inbox(), None))
        await soon(lambda: len(pauses) >= 9)
        assert pauses[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    group, network, _ = await meet()
    group.fail(Fault.REVOKED)
    with pytest.raises(Revoked):
        await network.run(Inbox(), None)


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OK_TOKEN", ""),
        ("OK_HOOK_PATH", "short"),
        ("OK_HOOK_PATH", "x" * 21 + "/"),
        ("OK_API_URL", "api.ok.ru"),
        ("OK_SOURCES", "217.20.145.192/28;1.1.1.1"),
        ("OK_LINK_URL", "https://ok.ru/group/1/messages"),
        ("OK_EDIT_PATH", "edit"),
        ("OK_CHAT_CHECK", "yes"),
        ("OK_ANSWERS", "maybe"),
        ("OK_BLOCKED", "10,x"),
        ("OK_TEXT_LIMIT", "0"),
        ("OK_ROWS", "nan"),
        ("OK_RATE", "-1"),
        ("OK_TIMEOUT", "soon"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name) as raised:
        ok.connect({"OK_TOKEN": "tkn1:2", name: value})
    assert not value or value not in str(raised.value).split()


def test_the_hooks_path_needs_no_setting() -> None:
    one, same, other = (ok.connect({"OK_TOKEN": token}).path for token in ("tkn1:2", "tkn1:2", "tkn1:3"))
    assert one == same != other
    assert len(one) == 32


def test_a_deep_link_follows_the_template() -> None:
    assert ok.connect({"OK_TOKEN": "t"}).deep_link("abc") is None
    link = ok.connect({"OK_TOKEN": "t", "OK_LINK_URL": "https://ok.ru/group/1/messages?p={token}"}).deep_link("a b")
    assert link == "https://ok.ru/group/1/messages?p=a%20b"


def test_limits_are_settings() -> None:
    limits = ok.connect({"OK_TOKEN": "t", "OK_TEXT_LIMIT": "1000", "OK_ROWS": "2", "OK_COLUMNS": "2"}).limits
    assert (limits.text, limits.keyboard.buttons) == (1000, 4)
    assert ok.connect({"OK_TOKEN": "t"}).limits == ok.LIMITS
