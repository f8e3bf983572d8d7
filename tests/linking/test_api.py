"""POST /api/links: the operator's own site asks for deep links."""

import json
from datetime import datetime
from typing import Any

import pytest

from handlers.codes import hash_token
from storage.base import Origin
from tests.linking.desk import KEY, Browser, Desk, Page, browser, desk

GOOD = {"subject": "person-demo", "accounts": ["demo-1", "demo-2"]}


async def post(person: Browser, body: Any, key: str | None = f"Bearer {KEY}", **headers: str) -> Page:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers, **({"Authorization": key} if key is not None else {})}
    return await person.ask("POST", "/api/links", data=data, headers=headers)


async def test_each_network_gets_a_link_with_its_own_token(site: Desk, person: Browser) -> None:
    page = await post(person, GOOD)
    assert page.status == 200
    answer = json.loads(page.body)
    assert set(answer["links"]) == {"vk", "telegram"}, "ok knows no deep links, and quiet may say nothing personal"
    expires = datetime.fromisoformat(answer["expires_at"])
    assert (expires - site.clock.now()).total_seconds() == 600
    tokens = {url.partition("=")[2] for url in answer["links"].values()}
    assert len(tokens) == 2
    for token in tokens:
        assert len(token) == 22
        invitation = await site.links.invitation(hash_token(token))
        assert invitation is not None
        assert invitation.origin is Origin.ACCOUNT
        assert [one.account for one in invitation.claims] == ["demo-1", "demo-2"]
        assert (await person.get(f"/link/{token}")).status == 404, "for another purpose"


@pytest.mark.parametrize(
    "key",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        KEY,
        f"Basic {KEY}",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        "Bearer ключ",
        "Bearer \udcff",
    ],
)
async def test_without_the_key_nothing_is_asked(site: Desk, person: Browser, key: str | None) -> None:
    page = await post(person, GOOD, key)
    assert page.status == 401
    assert json.loads(page.body) == {"error": "unauthorized"}
    assert site.links.written == 0


async def test_without_a_key_in_the_settings_there_is_no_api() -> None:
    async with desk(more={"api_key": None}) as site, browser(site.url) as person:
        assert (await post(person, GOOD)).status == 404
        assert (await post(person, GOOD, "Bearer ")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b"\xff",
        b"{",
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'{"a":' + b"[" * 60_000,
        b'{"subject": 1, "accounts": []}',
        {},
        {**GOOD, "accounts": []},
        {**GOOD, "accounts": "demo-1"},
        {**GOOD, "accounts": [1]},
        {**GOOD, "accounts": ["x\x00"]},
        {**GOOD, "subject": ""},
        {**GOOD, "subject": "x" * 201},
        {**GOOD, "accounts": [f"a{n}" for n in range(6)]},
        b'{"subject": "\\ud800", "accounts": ["demo-1"]}',
        b'{"subject": "x", "accounts": ["demo-1"], "n": ' + b"9" * 5000 + b"}",
    ],
)
async def test_nonsense_is_a_bad_request_or_finds_nothing(site: Desk, person: Browser, body: Any) -> None:
    page = await post(person, body)
    assert page.status in {400, 404}
    assert "error" in json.loads(page.body)
    assert site.links.written == 0


@pytest.mark.parametrize(
    ("subject", "accounts"),
    [
        ("person-demo", ["victim-1"]),
        ("person-demo", ["demo-1", "victim-1"]),
        ("person-demo", ["demo-closed"]),
        ("person-nobody", ["demo-1"]),
    ],
)
async def test_accounts_of_others_and_closed_ones_are_not_found(
    site: Desk, person: Browser, subject: str, accounts: list[str]
) -> None:
    page = await post(person, {"subject": subject, "accounts": accounts})
    assert (page.status, json.loads(page.body)) == (404, {"error": "no-such-accounts"})
    assert site.links.written == 0


async def test_a_silent_billing_is_try_later(site: Desk, person: Browser) -> None:
    site.billing.down = True
    page = await post(person, GOOD)
    assert (page.status, json.loads(page.body)) == (503, {"error": "unavailable"})


async def test_only_json_and_not_too_much(site: Desk, person: Browser) -> None:
    assert (await post(person, GOOD, **{"Content-Type": "text/plain"})).status == 415
    assert (await post(person, {**GOOD, "more": "x" * 70_000})).status == 413
    assert (await person.get("/api/links")).status == 405
