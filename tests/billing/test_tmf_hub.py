"""The hub: who is to be asked about by what an event says, and subscriptions that neither lapse nor pile up."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from billing.base import Unavailable
from billing.keyring import Keyring
from billing.tmf_hub import MOST, SEEN, TWICE, Hub, named_in
from billing.upstream import Upstream
from storage.sql import open_storage
from tests.clock import HandClock

SECRET = "s" * 40
CALLBACK = "https://saldo.example/hint/5ecre7"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def keyring(sqlite_url: str, clock: HandClock) -> AsyncIterator[Keyring]:
    storage = open_storage(sqlite_url, clock)
    yield Keyring(storage.database, SECRET, clock.now)
    await storage.close()


class Server:
    """The hubs of an operator's APIs: `registered` by API, with what was asked for; `refuse` answers instead."""

    def __init__(self) -> None:
        self.url = ""
        self.registered: dict[str, dict[str, Any]] = {}
        self.refuse: dict[str, int] = {}  # "POST account" -> status
        self.nameless = False  # no id in the answer
        self.same = False  # one address is one registration
        self.history: list[str] = []
        self._ids = count(1)

    async def answer(self, request: web.Request) -> web.Response:
        api = request.match_info["api"]
        asked = f"{request.method} {api}"
        self.history.append(asked)
        if asked in self.refuse:
            return web.json_response({"code": 1, "reason": "no"}, status=self.refuse[asked])
        if request.method == "DELETE":
            found = self.registered.pop(f"{api}/{request.match_info['id']}", None)
            return web.Response(status=204 if found else 404)
        body = await request.json()
        id = "one/and only" if self.same else f"{next(self._ids)}"
        self.registered[f"{api}/{id}"] = body
        return web.json_response({} if self.nameless else {"id": id, **body}, status=201)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_post("/{api}/hub", made.answer)
    app.router.add_delete("/{api}/hub/{id}", made.answer)
    running = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await running.setup()
    await web.TCPSite(running, "127.0.0.1", 0).start()
    host, port = running.addresses[0][:2]
    made.url = f"http://{host}:{port}"
    yield made
    await running.cleanup()


@asynccontextmanager
async def hub_of(server: Server, keyring: Keyring, clock: HandClock, **apis: int) -> AsyncIterator[Hub]:
    wires = {name: Upstream(name, f"{server.url}/{name}", now=clock.now) for name in apis or {"account": 4}}
    try:
        yield Hub({n: (wire, apis.get(n, 4)) for n, wire in wires.items()}, keyring, SECRET, clock.now)
    finally:
        for wire in wires.values():
            await wire.close()


def deaf(clock: HandClock) -> Hub:
    """A hub that is only told."""
    unused: Any = None
    return Hub({"account": (unused, 4)}, unused, SECRET, clock.now)


def event(payload: Any, key: str = "event", id: Any = None) -> bytes:
    return json.dumps({"eventType": "xCreationNotification", "eventId": id, key: payload}).encode()


# ── Who is named ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"billingAccount": {"id": "7", "name": "x", "relatedParty": [{"id": "c-1"}]}}, {"7"}),
        ({"payment": {"id": "p-1", "account": {"id": "7", "@type": "AccountRef"}}}, {"7"}),
        ({"customerBill": {"id": "b-1", "billingAccount": {"id": "7"}}}, {"7"}),
        ({"topupBalance": {"bucket": {"id": "b"}, "partyAccount": {"id": " 7 "}}}, {"7"}),
        ({"product": {"id": "s-1", "billingAccount": {"id": 7}}}, {"7"}),
        ({"customer": {"id": "c-1", "account": [{"id": "7"}, {"id": "8"}, {"name": "nine"}]}}, {"7", "8"}),
        ({"BillingAccount": {"id": "7"}}, {"7"}),
        ({"billingAccount": "7"}, set()),
        ({"billingAccount": {"id": True}}, set()),
        ({"billingAccount": {"id": {"id": "7"}}}, set()),
        ({"payment": {"id": "p-1"}}, set()),
        (None, set()),
        ([], set()),
        ("string", set()),
    ],
)
@pytest.mark.parametrize("key", ["event", "payload"])
def test_an_event_names_accounts(clock: HandClock, payload: Any, named: set[str], key: str) -> None:
    assert deaf(clock).hint(event(payload, key)) == named


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"7", b"null", b"[" * 100_000, b'{"event":'])
def test_what_is_no_event_names_nobody(clock: HandClock, body: bytes) -> None:
    assert deaf(clock).hint(body) == frozenset()


def test_an_event_that_comes_again_names_nobody(clock: HandClock) -> None:
    hub, body = deaf(clock), event({"billingAccount": {"id": "7"}}, id="e-1")
    assert hub.hint(body) == {"7"}
    assert hub.hint(body) == frozenset()
    assert hub.hint(event({"billingAccount": {"id": "7"}}, id="e-2")) == {"7"}
    assert hub.hint(event({"billingAccount": {"id": "8"}}, id="e-1")) == {"8"}, "an id that is every event's"
    clock.advance(TWICE.total_seconds())
    assert hub.hint(body) == {"7"}
    for nameless in (None, "", 7):
        told = event({"billingAccount": {"id": "7"}}, id=nameless)
        assert hub.hint(told) == hub.hint(told) == {"7"}


def test_what_is_remembered_has_an_end(clock: HandClock) -> None:
    hub = deaf(clock)
    for n in range(SEEN + 5):
        hub.hint(event({"billingAccount": {"id": "7"}}, id=f"e-{n}"))
    assert hub.hint(event({"billingAccount": {"id": "7"}}, id="e-0")) == {"7"}
    assert hub.hint(event({"billingAccount": {"id": "7"}}, id=f"e-{SEEN + 4}")) == frozenset()


def test_one_event_is_not_about_everybody() -> None:
    many = {"account": [{"id": str(n)} for n in range(10 * MOST)]}
    assert 0 < len(named_in([many])) <= MOST


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["event", "payload", "account", "billingAccount", "id"]), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(json_values)
def test_whatever_it_says(told: Any) -> None:
    named = deaf(HandClock()).hint(json.dumps(told).encode())
    assert all(isinstance(one, str) and one == one.strip() and one for one in named)


def test_the_path_is_secret_lasting_and_only_where_somebody_tells(clock: HandClock) -> None:
    unused: Any = None
    first, other = deaf(clock).path, Hub({"a": (unused, 4)}, unused, "t" * 40, clock.now).path
    assert first == deaf(clock).path != other
    assert len(first) == 40
    assert first.isalnum()
    assert Hub({}, unused, SECRET, clock.now).path == ""


# ── Subscriptions ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_renewal_replaces_what_was_before(server: Server, keyring: Keyring, clock: HandClock) -> None:
    for _ in range(3):  # each time another process
        async with hub_of(server, keyring, clock, account=4, bill=5) as hub:
            await hub.subscribe(CALLBACK)
            assert sorted(server.registered.values(), key=len) == [
                {"callback": CALLBACK},
                {"callback": CALLBACK, "@type": "Hub"},
            ]
    for api in ("account", "bill"):
        renewed = [f"POST {api}", f"DELETE {api}"]
        assert [one for one in server.history if api in one] == [f"POST {api}", *renewed, *renewed]


async def test_what_a_server_has_forgotten_need_not_be_ended(
    server: Server, keyring: Keyring, clock: HandClock
) -> None:
    async with hub_of(server, keyring, clock) as hub:
        await hub.subscribe(CALLBACK)
        server.registered.clear()
        await hub.subscribe(CALLBACK)
        assert len(server.registered) == 1


async def test_a_server_that_knows_the_address_keeps_it(server: Server, keyring: Keyring, clock: HandClock) -> None:
    server.same = True
    async with hub_of(server, keyring, clock) as hub:
        for _ in range(3):
            await hub.subscribe(CALLBACK)
        assert len(server.registered) == 1, "the new one is the old one, and is not ended"
        server.refuse = {"POST account": 409}
        await hub.subscribe(CALLBACK)
        assert len(server.registered) == 1
        assert server.history.count("DELETE account") == 0
        server.refuse = {}
        server.same = False
        await hub.subscribe(CALLBACK)
        assert list(server.registered) == ["account/1"], "what was kept through the conflict is ended now"


async def test_a_server_that_names_nothing(server: Server, keyring: Keyring, clock: HandClock) -> None:
    server.nameless = True
    async with hub_of(server, keyring, clock) as hub:
        await hub.subscribe(CALLBACK)
        await hub.subscribe(CALLBACK)
    assert server.history == ["POST account"] * 2


async def test_one_that_refuses_does_not_keep_the_others(server: Server, keyring: Keyring, clock: HandClock) -> None:
    server.refuse = {"POST account": 404}
    async with hub_of(server, keyring, clock, account=4, payment=4) as hub:
        with capture_logs() as logs, pytest.raises(Unavailable):
            await hub.subscribe(CALLBACK)
    assert list(server.registered) == ["payment/1"]
    assert [one["api"] for one in logs if one["event"] == "hub.refused"] == ["account"]
    assert CALLBACK not in str(logs)
