"""What every network promises, against its sandbox over loopback. No network's name is compared here.

A new network is found by its file; `test_the_network_is_complete` names what it still lacks.
"""

import base64
import json
import logging
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import structlog
from hypothesis import given

from adapters.base import (
    Blocked,
    Button,
    Command,
    Document,
    Forged,
    Incoming,
    NetworkError,
    NotSent,
    Picture,
    Post,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from adapters.fit import fit, shorten
from sandbox.base import Fault
from tests.adapters.test_fit import broken, dense, replies
from tests.contract.networks import Inbox, Stage, missing, names, staged

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
COMPLETE = [name for name in names() if not missing(name)]
ANNA, BORIS = "7", "8"
YES_NO = ((Button("Да", action="yes:1"), Button("Нет", action="no:1")),)


@pytest.mark.parametrize("name", names())
def test_the_network_is_complete(name: str) -> None:
    lacks = missing(name)
    assert not lacks, "\n".join(["", *lacks])


@pytest.fixture(params=COMPLETE)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(request.param) as stage:
        yield stage


both_ways = pytest.mark.parametrize("way", ["hook", "poll"])


# ── Coming in ────────────────────────────────────────────────────────────────────────────────────────────────


@both_ways
async def test_a_message_arrives_whole(stage: Stage, way: str) -> None:
    async with stage.listening(way):
        number = await stage.sandbox.say(ANNA, "сколько на счету? 💰")
        [event] = await stage.inbox.until(1)
    assert event.sender == stage.address(ANNA)
    assert event.text == "сколько на счету? 💰"
    assert event.message == number
    assert event.sent_at.tzinfo is not None
    assert event.sent_at.utcoffset() == timedelta(0)
    assert abs(event.sent_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert (event.private, event.attached) == (True, False)
    assert (event.action, event.start, event.press, event.permission) == (None, None, None, None)
    assert not stage.sandbox.violations


@both_ways
async def test_an_event_that_comes_again_has_the_same_id(stage: Stage, way: str) -> None:
    async with stage.listening(way):
        await stage.sandbox.say(ANNA, "раз")
        await stage.sandbox.say(ANNA, "раз")
        first, second = await stage.inbox.until(2)
        assert first.id != second.id
        stage.sandbox.redeliver()
        again = (await stage.inbox.until(4))[2:]
    assert {event.id for event in again} == {first.id, second.id}


async def test_an_event_has_the_same_id_through_the_other_channel(stage: Stage) -> None:
    async with stage.polled():
        await stage.sandbox.say(ANNA, "раз")
        [polled] = await stage.inbox.until(1)
    async with stage.hooked():
        stage.sandbox.redeliver()
        hooked = (await stage.inbox.until(2))[-1]
    assert hooked.id == polled.id


async def test_nothing_is_lost_or_doubled_while_nobody_polls(stage: Stage) -> None:
    async with stage.polled():
        await stage.sandbox.say(ANNA, "раз")
        await stage.inbox.until(1)
    await stage.sandbox.say(ANNA, "два")
    await stage.sandbox.say(BORIS, "три")
    async with stage.polled(stage.inbox.cursor):
        await stage.sandbox.say(ANNA, "четыре")
        await stage.inbox.until(4)
    texts = {event.id: event.text for event in stage.inbox.events}
    assert sorted(texts.values()) == sorted(["раз", "два", "три", "четыре"])


async def test_what_could_not_be_stored_is_polled_again(stage: Stage) -> None:
    async with stage.polled():
        stage.inbox.refuse = 1
        await stage.sandbox.say(ANNA, "раз")
        [event] = await stage.inbox.until(1)
    assert event.text == "раз"
    assert stage.inbox.refuse == 0


async def test_what_could_not_be_stored_is_not_acknowledged(stage: Stage) -> None:
    async with stage.hooked():
        await stage.sandbox.say(ANNA, "раз")
        await stage.inbox.until(1)
        assert stage.door is not None
        with pytest.raises(OSError, match="disk full"):
            await stage.network.hook(stage.door.posts[-1], Inbox(refuse=1))  # type: ignore[attr-defined]


@both_ways
async def test_a_press_brings_its_action_and_is_settled_by_the_reply(stage: Stage, way: str) -> None:
    await stage.send(ANNA, Reply("Точно?", keyboard=YES_NO))
    [question] = stage.bot_said(ANNA)
    async with stage.listening(way):
        await stage.sandbox.press(ANNA, question.id, "Нет")
        [event] = await stage.inbox.until(1)
        assert (event.action, event.sender, event.private) == ("no:1", stage.address(ANNA), True)
        assert event.message in {question.id, None}
        stage.sandbox.redeliver()
        assert (await stage.inbox.until(2))[-1].id == event.id
    await stage.send(ANNA, Reply("Хорошо", answers=event.press, replaces=event.message))
    assert stage.sandbox.settled(ANNA)
    assert [shown.text for shown in stage.bot_said(ANNA)][-1] == "Хорошо"
    assert not stage.sandbox.violations


async def test_an_old_press_does_not_stop_the_letter(stage: Stage) -> None:
    await stage.send(ANNA, Reply("Хорошо", answers="long-gone"))
    assert [shown.text for shown in stage.bot_said(ANNA)] == ["Хорошо"]


@both_ways
async def test_a_deep_link_hands_over_its_payload(stage: Stage, way: str) -> None:
    async with stage.listening(way):
        await stage.sandbox.start_chat(ANNA, "t0-ken_1")
        [event] = await stage.inbox.until(1)
        assert (event.start, event.private) == ("t0-ken_1", True)
        await stage.sandbox.start_chat(BORIS)
        assert (await stage.inbox.until(2))[-1].start == ""


async def test_a_deep_link_carries_its_token(stage: Stage) -> None:
    await stage.network.prepare(Site())
    link = stage.network.deep_link("t0-ken_1")
    assert link is None or "t0-ken_1" in link


@both_ways
async def test_a_picture_is_something_that_we_do_not_open(stage: Stage, way: str) -> None:
    async with stage.listening(way):
        await stage.sandbox.attach(ANNA)
        [event] = await stage.inbox.until(1)
    assert (event.text, event.attached) == ("", True)


@both_ways
async def test_a_group_is_not_private(stage: Stage, way: str) -> None:
    async with stage.listening(way):
        await stage.sandbox.say_in_group(ANNA, "баланс")
        [event] = await stage.inbox.until(1)
    assert not event.private
    assert event.sender != stage.address(ANNA)


async def test_who_blocks_us_is_told_apart_and_can_come_back(stage: Stage) -> None:
    async with stage.hooked():
        await stage.sandbox.say(ANNA, "раз")
        await stage.inbox.until(1)
        await stage.sandbox.block(ANNA)
        with pytest.raises(Blocked):
            await stage.send(ANNA, Reply("?"))
        await stage.send(BORIS, Reply("Добрый день"))
        await stage.sandbox.unblock(ANNA)
        await stage.sandbox.say(ANNA, "два")
        while [event.text for event in stage.inbox.events if event.text] != ["раз", "два"]:
            await stage.inbox.until(len(stage.inbox.events) + 1)
        await stage.send(ANNA, Reply("С возвращением"))
    permissions = [event.permission for event in stage.inbox.events if event.permission is not None]
    assert permissions in ([], [False, True])
    assert [shown.text for shown in stage.bot_said(ANNA)] == ["С возвращением"]


# ── Who may post ─────────────────────────────────────────────────────────────────────────────────────────────

SMALL = [b"", b"{}", b"[]", b"null", b"42", b'"text"', b"\xff\xfe\x00", b'{"type":"message_new"}']
NONSENSE = [*SMALL, b"[" * 100_000, b'{"a":' * 50_000]


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
async def test_a_stranger_is_turned_away_and_nothing_is_kept(stage: Stage, body: bytes) -> None:
    inbox = Inbox()
    for headers in ({}, {"content-type": "application/json"}, {"x-forwarded-for": "127.0.0.1"}):
        with pytest.raises(Forged) as forged:
            await stage.network.hook(Post(headers, body, "203.0.113.9"), inbox)  # type: ignore[attr-defined]
        assert 400 <= forged.value.status < 500
    assert not inbox.batches


async def authentic(stage: Stage) -> Post:
    async with stage.hooked():
        await stage.sandbox.say(ANNA, "раз")
        await stage.inbox.until(1)
    assert stage.door is not None
    return stage.door.posts[-1]


async def test_authentic_nonsense_is_kept_aside_and_acknowledged(stage: Stage) -> None:
    post = await authentic(stage)
    body = {key: 42 if isinstance(value, dict | list) else value for key, value in json.loads(post.body).items()}
    inbox, raw = Inbox(), json.dumps(body).encode()
    answer = await stage.network.hook(Post(post.headers, raw, post.remote), inbox)  # type: ignore[attr-defined]
    assert answer.status == 200
    assert inbox.events == []
    [kept] = inbox.unreadable  # perhaps without the secret that proved it
    assert b"42" in kept


@pytest.mark.parametrize("name", COMPLETE)
async def test_no_field_of_another_type_is_an_error(name: str) -> None:
    """Every value of a real request, replaced by anything, one after the other."""
    strange: list[Any] = [None, True, -1, 2**70, 1e300, "", "\u0000", {}, [], [[]]]

    def bent(value: Any, at: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
        found = [(at, other) for other in strange] if at else []
        for key, below in value.items() if isinstance(value, dict) else ():
            found += bent(below, (*at, key))
        return found

    async with staged(name) as stage:
        post = await authentic(stage)
        for path, other in bent(json.loads(post.body)):
            body = json.loads(post.body)
            spot = body
            for key in path[:-1]:
                spot = spot[key]
            spot[path[-1]] = other
            try:
                answer = await stage.network.hook(  # type: ignore[attr-defined]
                    Post(post.headers, json.dumps(body).encode(), post.remote), stage.inbox
                )
            except Forged:
                continue  # the value was the proof itself
            assert answer.status == 200, path


# ── Going out ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_network_knows_us_and_can_be_prepared_again_and_again(stage: Stage) -> None:
    async with stage.hooked():
        assert stage.door is not None
        assert await stage.network.identity()
        commands = {"ru": [Command("start", "Начать")], "en": [Command("start", "Start")]}
        for _ in range(3):  # the same hook once more must not deliver everything twice
            await stage.network.prepare(Site(hook=stage.url, commands=commands))
        await stage.sandbox.say(ANNA, "раз")
        await stage.sandbox.say(ANNA, "два")
        await stage.inbox.until(2)
    assert [event.text for event in stage.inbox.events] == ["раз", "два"]
    assert not stage.sandbox.violations


async def test_a_long_text_is_shown_in_parts_without_loss(stage: Stage) -> None:
    text = " ".join(f"строка {number} 👍🏽 1 234,56 ₽." for number in range(stage.network.limits.text // 12))
    shown = await stage.show(ANNA, Reply(text))
    assert len(shown) > 1
    assert dense("".join(one.text for one in shown)) == dense(text)
    assert not stage.sandbox.violations


async def test_the_widest_keyboard_is_shown_whole(stage: Stage) -> None:
    limits = stage.network.limits
    count = limits.keyboard.buttons + 3
    buttons = [Button(f"{number} {'Ш' * 100}", action=f"{number}".ljust(limits.action, "x")) for number in range(count)]
    rows = tuple(tuple(buttons[at : at + 4]) for at in range(0, count, 4))
    shown = await stage.show(ANNA, Reply("Выберите", keyboard=rows))
    labels = [key.label for one in shown for row in one.keys for key in row]
    assert labels == [shorten(button.label, limits.label) for button in buttons]
    async with stage.hooked():
        await stage.sandbox.press(ANNA, shown[-1].id, labels[-1])
        [event] = await stage.inbox.until(1)
    assert event.action == buttons[-1].action
    assert not stage.sandbox.violations


async def test_a_menu_is_shown_and_brings_its_actions(stage: Stage) -> None:
    menu = ((Button("Баланс", action="balance"), Button("Долг", action="debt")), (Button("Помощь", action="help"),))
    [shown] = await stage.show(ANNA, Reply("Что показать?", menu=menu))
    lasting = stage.sandbox.menu(ANNA)
    rows = lasting if lasting is not None else shown.keys
    assert [key.label for row in rows for key in row] == ["Баланс", "Долг", "Помощь"]
    async with stage.hooked():
        await stage.sandbox.press(ANNA, "" if lasting is not None else shown.id, "Долг")
        [event] = await stage.inbox.until(1)
    assert event.action == "debt" or event.text == "Долг"


async def test_a_link_button_opens_its_page(stage: Stage) -> None:
    [shown] = await stage.show(ANNA, Reply("Оплата", keyboard=((Button("Оплатить", url="https://example.org/pay"),),)))
    assert [key.url for row in shown.keys for key in row] == ["https://example.org/pay"]


async def test_a_message_is_redrawn_in_place(stage: Stage) -> None:
    first = await stage.send(ANNA, Reply("Страница 1", keyboard=YES_NO))
    await stage.send(ANNA, Reply("Страница 2", keyboard=((Button("Ещё", action="more"),),), replaces=first))
    [shown] = stage.bot_said(ANNA)
    assert (shown.text, shown.edited) == ("Страница 2", True)
    assert [key.label for row in shown.keys for key in row] == ["Ещё"]
    await stage.send(ANNA, Reply("Страница 3", replaces=first))
    [shown] = stage.bot_said(ANNA)
    assert (shown.text, shown.keys) == ("Страница 3", ())


async def test_redrawing_the_same_is_no_error(stage: Stage) -> None:
    first = await stage.send(ANNA, Reply("Страница 1", keyboard=YES_NO))
    await stage.send(ANNA, Reply("Страница 1", keyboard=YES_NO, replaces=first))
    assert [shown.text for shown in stage.bot_said(ANNA)] == ["Страница 1"]


async def test_what_cannot_be_redrawn_is_sent_anew(stage: Stage) -> None:
    theirs = await stage.sandbox.say(ANNA, "раз")
    await stage.send(ANNA, Reply("два", replaces=theirs))
    assert [shown.text for shown in stage.sandbox.chat(ANNA)] == ["раз", "два"]


async def test_a_typed_secret_is_erased_or_the_letter_goes_anyway(stage: Stage) -> None:
    theirs = await stage.sandbox.say(ANNA, "пароль")
    await stage.send(ANNA, Reply("Не пишите пароль", erases=theirs))
    assert [shown.text for shown in stage.sandbox.chat(ANNA)][-1] == "Не пишите пароль"


@pytest.mark.parametrize("keyboard", [(), YES_NO], ids=["alone", "with buttons"])
async def test_a_picture_is_shown(stage: Stage, keyboard: Any) -> None:
    [shown] = await stage.show(ANNA, Reply("Расходы за март", picture=Picture(PIXEL), keyboard=keyboard))
    assert (shown.picture, shown.text) == (PIXEL, "Расходы за март")
    assert bool(shown.keys) == bool(keyboard)
    assert not stage.sandbox.violations


async def test_a_document_is_shown_under_its_name(stage: Stage) -> None:
    document = Document(b"%PDF-1.7 " + bytes(range(256)), "Счёт за март.pdf", "application/pdf")
    [shown] = await stage.show(ANNA, Reply("Ваш счёт", document=document))
    assert (shown.document, shown.document_name) == (document.data, document.name)
    assert not stage.sandbox.violations


async def test_a_picture_with_a_long_text_loses_nothing(stage: Stage) -> None:
    text = " ".join(f"строка {number}" for number in range(400))
    shown = await stage.show(ANNA, Reply(text, picture=Picture(PIXEL)))
    assert dense("".join(one.text for one in shown)) == dense(text)
    assert [one.picture for one in shown if one.picture] == [PIXEL]
    assert not stage.sandbox.violations


@given(reply=replies())
@pytest.mark.parametrize("name", COMPLETE)
def test_whatever_is_fitted_keeps_to_the_limits(name: str, reply: Reply) -> None:
    limits = import_module(f"adapters.{name}").LIMITS
    assert [broken(part, limits) for part in fit(reply, limits)] == [[]] * len(fit(reply, limits))


# ── What goes wrong ──────────────────────────────────────────────────────────────────────────────────────────

CLASSES: dict[Fault, type[NetworkError] | tuple[type[NetworkError], ...]] = {
    Fault.THROTTLED: Throttled,
    Fault.BROKEN: (Unknown, Unavailable),
    Fault.CUT: Unknown,
    Fault.GARBAGE: Unknown,
    Fault.SILENT: Unknown,
    Fault.REVOKED: Revoked,
    Fault.REFUSED: Rejected,
}
SHOWN_NEVERTHELESS = {Fault.CUT, Fault.GARBAGE, Fault.SILENT}


@pytest.mark.parametrize("fault", list(Fault))
async def test_every_fault_is_told_as_what_it_is(stage: Stage, fault: Fault) -> None:
    stage.sandbox.fail(fault, times=3)  # an adapter may try again by itself where that is safe
    with pytest.raises(CLASSES[fault]) as raised:
        await stage.send(ANNA, Reply("350 ₽"), key=77)
    if isinstance(raised.value, Throttled):
        assert 0.5 <= raised.value.after <= 2.0  # the sandbox asks for one second
    if isinstance(raised.value, NotSent):
        assert stage.bot_said(ANNA) == []
    stage.sandbox.heal()
    await stage.send(ANNA, Reply("350 ₽"), key=77)
    copies = len(stage.bot_said(ANNA))
    if stage.network.limits.resend_window or fault not in SHOWN_NEVERTHELESS:
        assert copies == 1
    else:
        assert copies == 2  # no network without such a promise has shown that it knows the copy


async def test_where_nobody_is_nothing_was_sent(stage: Stage) -> None:
    to = stage.address(ANNA)
    await stage.sandbox.stop()
    with pytest.raises(Unavailable):
        await stage.network.send(to, Reply("350 ₽"), 1)


async def test_being_busy_never_fails(stage: Stage) -> None:
    await stage.send(ANNA, Reply("Точно?", keyboard=YES_NO))
    async with stage.hooked():
        await stage.sandbox.say(ANNA, "раз")
        await stage.sandbox.press(ANNA, stage.bot_said(ANNA)[-1].id, "Да")
        events = await stage.inbox.until(2)
    for event in events:
        await stage.network.busy(event)
    stage.sandbox.fail(Fault.REVOKED)
    for event in events:
        await stage.network.busy(event)
    await stage.sandbox.stop()
    for event in (*events, Incoming("1", stage.address(ANNA), datetime.now(UTC), press="long-gone")):
        await stage.network.busy(event)


def everything_told(error: BaseException | None) -> str:
    """The texts of an error and of all that led to it, as a careless log would print them."""
    told = []
    seen: set[int] = set()
    queue = [error]
    while queue:
        one = queue.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told += [str(one), repr(one), repr(one.args), repr(vars(one)) if hasattr(one, "__dict__") else ""]
        told += traceback.format_exception(one)
        queue += [one.__cause__, one.__context__]
    return "\n".join(told)


async def test_no_error_and_no_log_tells_a_secret(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    settings = import_module(f"adapters.{stage.name}").SETTINGS
    secrets = [stage.values[one.name] for one in settings if one.secret and stage.values.get(one.name)]
    assert secrets
    caplog.set_level(logging.DEBUG)
    told = []
    with structlog.testing.capture_logs() as logs:
        async with stage.hooked():
            await stage.sandbox.say(ANNA, "раз")
            [event] = await stage.inbox.until(1)
        for fault in Fault:
            stage.sandbox.fail(fault)
            for person, reply in ((ANNA, Reply("350 ₽")), (BORIS, Reply("QR", picture=Picture(PIXEL)))):
                try:
                    await stage.send(person, reply)
                except NetworkError as error:
                    told.append(everything_told(error))
            try:
                await stage.network.identity()
                await stage.network.prepare(Site())
            except NetworkError as error:
                told.append(everything_told(error))
            await stage.network.busy(event)
            stage.sandbox.heal()
        await stage.sandbox.stop()
        with pytest.raises((Unavailable, Unknown)) as nobody:  # Unknown: the reset of a connection that was kept
            await stage.network.send(stage.address(ANNA), Reply("350 ₽"), 1)
        told.append(everything_told(nobody.value))
    everything = "\n".join([*told, repr(logs), caplog.text, repr(stage.network)])
    for secret in secrets:
        for form in (secret, secret.replace(":", "%3A"), base64.b64encode(secret.encode()).decode()):
            assert form not in everything


async def test_sending_and_failing_stays_within_the_networks_rules(stage: Stage) -> None:
    await stage.show(ANNA, Reply("Меню", menu=YES_NO))
    await stage.show(ANNA, Reply("Счёт", picture=Picture(PIXEL), keyboard=YES_NO))
    await stage.sandbox.block(BORIS)
    with pytest.raises(Blocked):
        await stage.send(BORIS, Reply("?"))
    assert not stage.sandbox.violations
