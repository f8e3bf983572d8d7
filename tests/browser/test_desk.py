"""The desk's HTTP, on sandboxes that no bot listens to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import base
from sandbox.base import Key, Sandbox, Shown
from sandbox.desk import LONGEST, OWN, add_desk
from sandbox.mailbox import File, Mail, Mailbox
from sandbox.registry import NETWORKS, sandbox
from sandbox.screens import Screens, full_name, landscape

ANNA = "1001"
OURS = {OWN: "1"}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def sandboxes() -> AsyncIterator[Mapping[str, Sandbox]]:
    made = {name: sandbox(name) for name in NETWORKS}
    for one in made.values():
        await one.start()
    yield made
    for one in made.values():
        await one.stop()


@pytest.fixture
async def client(sandboxes: Mapping[str, Sandbox]) -> AsyncIterator[Client]:
    app, ready = web.Application(), asyncio.Event()
    ready.set()
    add_desk(app, sandboxes, ANNA, ready)
    async with TestClient(TestServer(app)) as made:
        yield made


async def screens(client: Client, since: str = "") -> dict[str, Any]:
    async with client.get(f"/desk/screens{since}") as answer:
        assert answer.status == 200
        told: dict[str, Any] = await answer.json()
        return told


async def status(client: Client, path: str, **order: Any) -> int:
    async with client.post(path, **order) as answer:
        return answer.status


@pytest.mark.parametrize("network", NETWORKS)
async def test_what_is_said_is_shown(client: Client, network: str) -> None:
    assert await status(client, f"/desk/{network}/say", json={"text": " баланс "}, headers=OURS) == 200
    told = await screens(client)
    assert told["networks"] == list(NETWORKS)
    [message] = told["screens"][network]["messages"]
    assert (message["text"], message["mine"], message["keys"]) == ("баланс", True, [])
    assert told["screens"][network]["room"] == []
    assert await status(client, f"/desk/{network}/group", json={"text": "всем"}, headers=OURS) == 200
    told = await screens(client)
    assert [one["text"] for one in told["screens"][network]["room"]] == ["всем"]
    assert len(told["screens"][network]["messages"]) == 1


@pytest.mark.parametrize("network", NETWORKS)
async def test_whom_the_bot_may_write_to(client: Client, network: str) -> None:
    for verb, blocked in (("block", True), ("unblock", False), ("block", True), ("start", False)):
        before = (await screens(client))["screens"][network]["version"]
        if verb == "start" and network == "ok":
            assert await status(client, f"/desk/{network}/{verb}", json={}, headers=OURS) == 200
        elif verb == "start":
            assert await status(client, f"/desk/{network}/say", json={"text": "а"}, headers=OURS) == 200
        else:
            async with client.post(f"/desk/{network}/{verb}", json={}, headers=OURS) as answer:
                assert (await answer.json())["version"] > before
        assert (await screens(client))["screens"][network]["blocked"] is blocked


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_picture_is_one(client: Client, network: str) -> None:
    assert await status(client, f"/desk/{network}/attach", json={}, headers=OURS) == 200
    [message] = (await screens(client))["screens"][network]["messages"]
    assert message["picture"]
    async with client.get(f"/desk/{network}/file/{message['id']}") as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", landscape())
    async with client.get(f"/desk/{network}/file/0") as answer:
        assert answer.status == 404


async def test_a_document_comes_under_its_name(client: Client, sandboxes: Mapping[str, Sandbox]) -> None:
    name = 'Мои "данные";\r\n.json'
    kept: Any = sandboxes["ok"]
    kept._screens.append(ANNA, Shown("1", mine=False, text="", document=b"{}", document_name=name))
    async with client.get("/desk/ok/file/1") as answer:
        assert answer.content_disposition is not None
        assert answer.content_disposition.filename == name
        assert (answer.content_disposition.type, await answer.read()) == ("attachment", b"{}")


async def test_the_mailbox_is_a_screen_of_its_own(sandboxes: Mapping[str, Sandbox]) -> None:
    box = Mailbox()
    day, name = datetime(2026, 11, 20, tzinfo=UTC), 'Счёт "за" ноябрь;\r\n.pdf'
    bill = Mail("a2", day, "anna@mail.ru", "К оплате 650,00 ₽", "Счёт", files=(File(name, "application/pdf", b"%PDF"),))
    app, ready = web.Application(), asyncio.Event()
    ready.set()
    add_desk(app, sandboxes, ANNA, ready, box)
    async with TestClient(TestServer(app)) as client:
        told = await screens(client)
        assert (told["mailbox"], told["screens"]["mail"]) == (True, {"version": 0, "letters": []})
        since = {name: one["version"] for name, one in told["screens"].items()}
        waiting = asyncio.create_task(screens(client, f"?{urlencode(since)}"))
        box.recall(msgspec.json.encode([Mail("a1", day, "+79123456789", "Код 123456"), bill]))
        told = await waiting
        assert list(told["screens"]) == ["mail"]
        newest, older = told["screens"]["mail"]["letters"]
        assert (newest["subject"], newest["sms"], newest["files"]) == ("Счёт", False, [{"name": name, "bytes": 4}])
        assert (older["to"], older["sms"], older["text"]) == ("+79123456789", True, "Код 123456")
        async with client.get("/desk/mail/a2/0") as answer:
            assert answer.content_disposition is not None
            assert (answer.content_disposition.filename, await answer.read()) == (name, b"%PDF")
        for missing, expected in (("a2/1", 404), ("a2/-1", 404), ("a1/0", 404), ("zz/0", 404), ("a2/x", 400)):
            async with client.get(f"/desk/mail/{missing}") as answer:
                assert answer.status == expected


async def test_only_our_own_page_gives_orders(client: Client, sandboxes: Mapping[str, Sandbox]) -> None:
    for verb in ("say", "press", "start", "block", "unblock", "attach", "group", "nonsense"):
        assert await status(client, f"/desk/vk/{verb}", json={"text": "а"}) == 403
    form = {"Content-Type": "text/plain"}
    assert await status(client, "/desk/vk/say", data='{"text": "а"}', headers=form) == 403
    assert all(one.chat(ANNA) == () for one in sandboxes.values())


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("icq/say", b'{"text": "a"}', 404),
        ("vk/shout", b'{"text": "a"}', 404),
        ("vk/say", b"", 400),
        ("vk/say", b"{", 400),
        ("vk/say", b"\xff", 400),
        ("vk/say", b"[]", 400),
        ("vk/say", b'"a"', 400),
        ("vk/say", b'{"text": 1}', 400),
        ("vk/say", b'{"text": {"a": "b"}}', 400),
        ("vk/say", b'{"text": "\\ud800"}', 400),
        ("vk/say", b'{"text": " "}', 400),
        ("vk/say", b'{"text": "%s"}' % (b"a" * (LONGEST + 1)), 400),
        ("vk/say", b"[" * 100_000, 400),
        ("vk/press", b'{"message": "1", "label": "a"}', 409),
        ("telegram/press", b'{"message": "1", "label": "a"}', 409),
        ("telegram/press", b'{"message": "one", "label": "a"}', 409),
        ("telegram/press", b"{}", 409),
        ("ok/press", b'{"message": "1", "label": "a"}', 409),
    ],
)
async def test_bad_orders(
    client: Client, sandboxes: Mapping[str, Sandbox], path: str, body: bytes, expected: int
) -> None:
    assert await status(client, f"/desk/{path}", data=body, headers=OURS) == expected
    assert all(one.chat(ANNA) == () for one in sandboxes.values())


@pytest.mark.parametrize("since", ["junk", "", "--1", "1-", "１", "9" * 19, "1.5"])
async def test_a_version_is_a_number(client: Client, since: str) -> None:
    async with client.get("/desk/screens", params={"vk": since}) as answer:
        assert answer.status == 400


async def test_the_page_and_nothing_else_is_served(client: Client) -> None:
    for path, kind in (("/", "text/html"), ("/page/desk.js", "text/javascript"), ("/page/desk.css", "text/css")):
        async with client.get(path) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
    for path in ("/page/../base.py", "/page/%2e%2e%2fbase.py", "/page/nothing"):
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_news_come_at_once_and_only_of_what_is_new(client: Client) -> None:
    told = (await screens(client))["screens"]
    since = "?" + "&".join(f"{name}={screen['version']}" for name, screen in told.items())
    waiting = asyncio.create_task(screens(client, since))
    assert await status(client, "/desk/telegram/say", json={"text": "а"}, headers=OURS) == 200
    async with asyncio.timeout(5):
        assert list((await waiting)["screens"]) == ["telegram"]
    # Another start's count: whatever it is, ours is news.
    told = (await screens(client, "?vk=999&telegram=999&ok=999"))["screens"]
    assert list(told) == list(NETWORKS)


async def test_the_end_waits_for_nobody(sandboxes: Mapping[str, Sandbox]) -> None:
    app, ready = web.Application(), asyncio.Event()
    add_desk(app, sandboxes, ANNA, ready)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        early = asyncio.create_task(session.get(server.make_url("/desk/screens")))
        order = session.post(server.make_url("/desk/vk/say"), json={"text": "рано"}, headers=OURS)
        too_early = asyncio.create_task(order.__aenter__())
        done, _ = await asyncio.wait([early, too_early], timeout=0.3)
        assert not done, "the chats open when the networks know where to deliver"
        ready.set()
        assert (await too_early).status == 200
        told = (await (await early).json())["screens"]
        since = {name: str(one.version) for name, one in sandboxes.items()}
        assert told.keys() == since.keys()
        asleep = asyncio.create_task(session.get(server.make_url("/desk/screens").with_query(since)))
        await asyncio.wait([asleep], timeout=0.3)
        async with asyncio.timeout(3):
            await server.close()
            await asyncio.gather(asleep, return_exceptions=True)


# ── What outlives a restart ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_network_outlives_our_restart(network: str) -> None:
    before, after = sandbox(network), sandbox(network)
    for one in (before, after):
        await one.start()
    await before.say(ANNA, "баланс")
    await before.attach(ANNA)
    await before.say_in_group(ANNA, "всем")
    await before.block(ANNA)
    after.recall(before.keep())
    assert after.chat(ANNA) == before.chat(ANNA) != ()
    assert after.chat(after.room) == before.chat(before.room) != ()
    assert after.blocked(ANNA)
    known = {shown.id for shown in after.chat(ANNA)}
    assert await after.say(ANNA, "долг") not in known, "a message's number is never given twice"
    for one in (before, after):
        await one.stop()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
KEYS = st.lists(st.lists(st.builds(Key, TEXT, st.none() | TEXT, TEXT), max_size=2).map(tuple), max_size=2).map(tuple)
SHOWN = st.builds(
    Shown,
    TEXT,
    st.booleans(),
    TEXT,
    KEYS,
    st.none() | st.binary(max_size=9),
    st.none() | st.binary(max_size=9),
    TEXT,
    st.booleans(),
)


@given(messages=st.lists(SHOWN, max_size=4), menu=KEYS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_screens_are_kept_as_they_were(messages: list[base.Shown], menu: tuple[tuple[Key, ...], ...]) -> None:
    here: Any = sandbox("ok")
    for message in messages:
        here._screens.append(ANNA, message)
    here._screens.set_menu(ANNA, menu)
    there: Any = sandbox("ok")
    there.recall(here.keep())
    kept: Screens = there._screens
    assert kept.chat(ANNA) == tuple(messages)
    assert (kept.menu(ANNA) or ()) == menu


def test_a_person_has_one_name_everywhere() -> None:
    assert full_name(ANNA) == "Анна Смирнова"
    assert all(len(full_name(str(number)).split()) == 2 for number in range(1, 100))
