"""The identity provider lets in whom the source knows, once for each code, and is wrong in one way on demand."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
import pytest

from sandbox.openid import CLIENT, OpenId, Quirk
from tests.clock import HandClock
from tests.contract.billings import ledger, visited

BACK, STATE, NONCE, VERIFIER = "https://saldo.example/back", "s" * 32, "n" * 32, "v" * 64


class Visitor:
    def __init__(self, provider: OpenId, http: aiohttp.ClientSession, clock: HandClock) -> None:
        self.provider, self.http, self.clock = provider, http, clock

    def door(self, **other: str) -> str:
        query = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": BACK,
            "scope": "openid",
            "state": STATE,
            "nonce": NONCE,
            "code_challenge": encoded(hashlib.sha256(VERIFIER.encode()).digest()),
            "code_challenge_method": "S256",
        }
        return f"{self.provider.url}/authorize?{urlencode({**query, **other})}"

    async def code(self, login: str = "anna") -> str:
        code = await visited(self.door(), STATE, login, f"{login}-secret")
        assert code is not None
        return code

    async def exchange(self, code: str, **other: str) -> tuple[int, Mapping[str, Any]]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
            "client_id": CLIENT,
            "client_secret": self.provider.secret,
        }
        async with self.http.post(f"{self.provider.url}/token", data={**form, **other}) as answer:
            return answer.status, await answer.json()

    async def userinfo(self, token: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.get(f"{self.provider.url}/userinfo", headers=headers) as answer:
            return answer.status, await answer.json()

    async def keys(self) -> jwt.PyJWKSet:
        async with self.http.get(f"{self.provider.url}/jwks") as answer:
            return jwt.PyJWKSet.from_dict(await answer.json())

    async def claims(self, signed: str) -> Mapping[str, Any]:
        """What a careful client reads. Raises jwt.PyJWTError."""
        key = (await self.keys())[jwt.get_unverified_header(signed)["kid"]]
        # The test's clock stands still somewhere else than the machine's.
        options = {"verify_exp": False, "verify_iat": False}
        url = self.provider.url
        return jwt.decode(signed, key, ["RS256"], options, audience=CLIENT, issuer=url)  # type: ignore[arg-type]


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@asynccontextmanager
async def opened(url: str, clock: HandClock) -> AsyncIterator[Visitor]:
    async with ledger(url) as furnished, aiohttp.ClientSession() as http:
        provider = OpenId(furnished.billing, now=clock.now)
        await provider.start()
        yield Visitor(provider, http, clock)
        await provider.stop()


@pytest.fixture
async def visitor(sqlite_url: str, clock: HandClock) -> AsyncIterator[Visitor]:
    async with opened(sqlite_url, clock) as visitor:
        yield visitor


async def test_who_signs_in_is_proved_and_named_with_his_accounts(visitor: Visitor) -> None:
    status, told = await visitor.exchange(await visitor.code())
    assert (status, told["token_type"]) == (200, "Bearer")
    claims = await visitor.claims(told["id_token"])
    assert (claims["sub"], claims["nonce"]) == ("anna", NONCE)
    assert claims["exp"] - claims["iat"] == 300
    status, person = await visitor.userinfo(told["access_token"])
    assert (status, person["sub"]) == (200, "anna")
    assert {one["id"] for one in person["userAssets"] if one["entityType"] == "account"} == {"A1", "A2"}
    assert visitor.provider.violations == []


async def test_a_wrong_password_stays_on_the_page(visitor: Visitor) -> None:
    assert await visited(visitor.door(), STATE, "anna", "boris-secret") is None
    assert await visited(visitor.door(), STATE, "nobody", "") is None


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"code_challenge_method": "plain"}, "PKCE without S256"),
        ({"code_challenge": ""}, "PKCE without S256"),
        ({"nonce": ""}, "nonce can be guessed"),
        ({"state": "1"}, "state can be guessed"),
        ({"scope": "profile"}, "scope without openid"),
        ({"client_id": "else"}, "client_id is not known"),
        ({"redirect_uri": "/back"}, "redirect_uri is no address"),
        ({"response_type": "token"}, "response_type is not code"),
    ],
)
async def test_a_door_that_is_none(visitor: Visitor, wrong: dict[str, str], why: str) -> None:
    async with visitor.http.get(visitor.door(**wrong), allow_redirects=False) as answer:
        assert answer.status == 400
    assert visitor.provider.violations == [f"authorize: {why}"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"redirect_uri": "https://saldo.example/else"}, "invalid_grant"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_only_its_clients(visitor: Visitor, wrong: dict[str, str], error: str) -> None:
    _, told = await visitor.exchange(await visitor.code(), **wrong)
    assert told["error"] == error


async def test_a_code_works_once_and_who_shows_it_again_ends_what_it_gave(visitor: Visitor) -> None:
    code = await visitor.code()
    _, told = await visitor.exchange(code)
    assert (await visitor.userinfo(told["access_token"]))[0] == 200
    assert (await visitor.exchange(code))[1]["error"] == "invalid_grant"
    assert (await visitor.userinfo(told["access_token"]))[0] == 401
    assert visitor.provider.violations == ["token: a code was used twice"]


async def test_codes_and_tokens_end(visitor: Visitor) -> None:
    code = await visitor.code()
    visitor.clock.advance(61)
    assert (await visitor.exchange(code))[1]["error"] == "invalid_grant"
    _, told = await visitor.exchange(await visitor.code())
    visitor.clock.advance(301)
    assert (await visitor.userinfo(told["access_token"]))[0] == 401
    assert (await visitor.userinfo(""))[0] == 401
    assert visitor.provider.violations == ["userinfo: without a token"]


@pytest.mark.parametrize("quirk", Quirk)
async def test_every_quirk_is_wrong_in_its_way(visitor: Visitor, quirk: Quirk) -> None:
    visitor.provider.quirks = {quirk}
    _, told = await visitor.exchange(await visitor.code())
    signed = told["id_token"]
    claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
    _, person = await visitor.userinfo(told["access_token"])
    match quirk:
        case Quirk.UNSIGNED:
            assert jwt.get_unverified_header(signed)["alg"] == "none"
        case Quirk.SHARED:
            assert jwt.get_unverified_header(signed)["alg"] == "HS256"
        case Quirk.FORGED | Quirk.AUDIENCE | Quirk.ISSUER:
            with pytest.raises(jwt.PyJWTError):
                await visitor.claims(signed)
        case Quirk.ROTATED:
            assert (await visitor.claims(signed))["sub"] == "anna"
            assert len((await visitor.keys()).keys) == 2
        case Quirk.NONCE:
            assert claims["nonce"] != NONCE
        case Quirk.EXPIRED:
            assert claims["exp"] < visitor.clock.now().timestamp()
        case Quirk.FOREIGN:
            assert person["sub"] != claims["sub"]
        case Quirk.ARRAY:
            assert [one["sub"] for one in person] == ["somebody-else", "anna"]
        case Quirk.CUSTOMER:
            assert [one["id"] for one in person["userAssets"] if one["entityType"] == "customer"] == ["anna"]
