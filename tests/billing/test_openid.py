"""OpenID Connect against two providers on loopback: the sandbox's, which is strict, and one that says what it is told
to say. Whatever is wrong proves nobody, and nothing of anybody is ever said about it.
"""

import base64
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from billing.base import Account, BillingError, Scheme, Subject, Unavailable
from billing.openid import ALGORITHMS, KEPT, NobodyError, OpenId, Person, person_of
from billing.upstream import Refusal, Unreadable
from sandbox.openid import OpenId as Provider
from sandbox.openid import Quirk, key, public
from tests.clock import HandClock

CLIENT, SECRET = "saldo", "pässword: of / the+client"
BACK = "https://saldo.example/link/back"
STATE, NONCE, VERIFIER = "state-" + "s" * 30, "nonce-canary-" + "n" * 30, "verifier-canary-" + "v" * 30
SUBJECT, CODE, ACCESS = "person-canary-7f31", "code-canary-51c7", "access-canary-9a2b"
CANARIES = (SUBJECT, CODE, ACCESS, NONCE, VERIFIER, SECRET, "Иван", "65210041")
PERSON = Person(SUBJECT, ("65210041",), ("c-1",))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(autouse=True)
def _silence(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:  # type: ignore[misc]
    """No test of this file leaves a word of a person, a code or a token in a log."""
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        yield
    told = str(logs) + caplog.text
    assert not [one for one in CANARIES if one in told]


# ── A provider that says what it is told to say ───────────────────────────────────────────────────────────────────


@cache
def curve(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(name: str = "main", **more: Any) -> dict[str, Any]:
    made = jwt.algorithms.ECAlgorithm.to_jwk(curve(name).public_key(), as_dict=True)
    return {**made, "kid": name, "use": "sig", **more}


@dataclass
class Said:
    """Each answer is a pair of status and body: a value goes as JSON, bytes as they are."""

    clock: HandClock
    url: str = ""
    discovery: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [jwk()])
    signer: Any = None
    algorithm: str = "ES256"
    userinfo: Any = None
    instead: dict[str, tuple[int, Any]] = field(default_factory=dict)  # path -> answer
    asked: list[web.Request] = field(default_factory=list)
    forms: list[Mapping[str, str]] = field(default_factory=list)

    def times(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if request.method == "POST":
            self.forms.append(dict(parse_qsl(await request.text(), keep_blank_values=True, strict_parsing=True)))
        status, body = self.instead.get(request.path) or (200, self.usual(request.path))
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(status=status, body=raw, content_type="application/json")

    def usual(self, path: str) -> Any:
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
            names |= {"userinfo_endpoint": "userinfo", "jwks_uri": "jwks"}
            ends = {name: f"{self.url}/{end}" for name, end in names.items()}
            return changed({"issuer": self.url, **ends}, self.discovery)
        if path == "/jwks":
            return {"keys": self.keys}
        if path == "/token":
            told = {"access_token": ACCESS, "token_type": "Bearer", "id_token": self.signed()}
            return changed(told, self.token)
        if self.userinfo is not None:
            return self.userinfo
        return person_told()

    def signed(self) -> str:
        now = round(self.clock.now().timestamp())
        usual = {"iss": self.url, "sub": SUBJECT, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": NONCE}
        header = changed({"kid": "main"}, self.header)
        signer = self.signer if self.signer is not None else curve("main")
        return jwt.encode(changed(usual, self.claims), signer, algorithm=self.algorithm, headers=header)


def person_told(**more: Any) -> dict[str, Any]:
    assets = [
        {"entityType": " Account ", "id": "65210041", "@type": "UserAsset"},
        {"entityType": "CUSTOMER", "id": " c-1 "},
        {"entityType": "product", "id": "p-1"},
        {"entityType": "account", "id": "65210041"},
        {"entityType": "account", "id": ""},
        {"entityType": "account", "id": None},
        {"id": "x"},
    ]
    return {"sub": SUBJECT, "name": "Иван Петров", "userAssets": assets, **more}


def changed(usual: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """None takes a field away; a callable makes one of the usual."""
    made = {**usual, **{name: one(usual[name]) if callable(one) else one for name, one in changes.items()}}
    return {name: one for name, one in made.items() if one is not None}


@pytest.fixture
async def said(clock: HandClock) -> AsyncIterator[Said]:
    made = Said(clock)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    running = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await running.setup()
    try:
        await web.TCPSite(running, "127.0.0.1", 0).start()
        host, port = running.addresses[0][:2]
        made.url = f"http://{host}:{port}"
        yield made
    finally:
        await running.cleanup()


@asynccontextmanager
async def client(url: str, clock: HandClock, secret: str = SECRET, **more: Any) -> AsyncIterator[OpenId]:
    wires = {"monotonic": clock.monotonic, "pauses": ()}
    made = OpenId(url, CLIENT, secret, **{"now": clock.now, "more": wires, **more})
    try:
        yield made
    finally:
        await made.close()


async def enter(said: Said, **more: Any) -> Person | None:
    async with client(said.url, said.clock, **more) as openid:
        return await openid.enter(CODE, BACK, NONCE, VERIFIER)


# ── The way ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_door_holds_what_the_standard_wants(said: Said, clock: HandClock) -> None:
    async with client(said.url, clock, scope="openid phone") as openid:
        door = urlsplit(await openid.door(BACK, STATE, NONCE, VERIFIER))
    asked = parse_qs(door.query, strict_parsing=True)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    assert asked == {
        "response_type": ["code"],
        "client_id": [CLIENT],
        "redirect_uri": [BACK],
        "scope": ["openid phone"],
        "state": [STATE],
        "nonce": [NONCE],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
        "prompt": ["login"],
    }
    assert f"{door.scheme}://{door.netloc}{door.path}" == f"{said.url}/authorize"


async def test_an_address_with_a_query_keeps_it(said: Said, clock: HandClock) -> None:
    said.discovery = {
        "authorization_endpoint": f"{said.url}/authorize?policy=b2c",
        "token_endpoint": f"{said.url}/token?policy=b2c",
    }
    async with client(said.url, clock, prompt="") as openid:
        door = urlsplit(await openid.door(BACK, STATE, NONCE, VERIFIER))
        assert await openid.enter(CODE, BACK, NONCE, VERIFIER) == PERSON
    assert parse_qs(door.query)["policy"] == ["b2c"]
    assert "prompt" not in parse_qs(door.query)
    assert [one.query_string for one in said.asked if one.path == "/token"] == ["policy=b2c"]


async def test_who_came_back(said: Said) -> None:
    assert await enter(said) == PERSON
    [form] = said.forms
    assert form == {"grant_type": "authorization_code", "code": CODE, "redirect_uri": BACK, "code_verifier": VERIFIER}
    token = next(one for one in said.asked if one.path == "/token")
    assert aiohttp.BasicAuth.decode(token.headers["Authorization"]).login == CLIENT
    assert SECRET not in str(token.headers)
    userinfo = next(one for one in said.asked if one.path == "/userinfo")
    assert userinfo.headers["Authorization"] == f"Bearer {ACCESS}"


@pytest.mark.parametrize(
    ("secret", "methods", "told"),
    [
        (SECRET, ["client_secret_post"], {"client_id": CLIENT, "client_secret": SECRET}),
        (SECRET, ["private_key_jwt", "client_secret_post", "client_secret_basic"], {}),
        (SECRET, ["private_key_jwt"], {}),
        (SECRET, "nonsense", {}),
        ("", ["client_secret_basic"], {"client_id": CLIENT}),
    ],
)
async def test_who_we_are(said: Said, secret: str, methods: Any, told: dict[str, str]) -> None:
    said.discovery = {"token_endpoint_auth_methods_supported": methods}
    assert await enter(said, secret=secret) == PERSON
    [form] = said.forms
    assert {name: one for name, one in form.items() if name.startswith("client_")} == told
    token = next(one for one in said.asked if one.path == "/token")
    assert ("Authorization" in token.headers) == (not told)


async def test_userinfo_may_be_the_operators_own(said: Said) -> None:
    said.discovery = {"userinfo_endpoint": None}
    assert await enter(said, userinfo=f"{said.url}/tmf-api/federatedIdentity/v4/userinfo") == PERSON
    assert said.times("/tmf-api/federatedIdentity/v4/userinfo") == 1


# ── What proves a person, and what does not ───────────────────────────────────────────────────────────────────────


def ago(seconds: float) -> Any:
    return lambda usual: usual + seconds


UNNAMED = {name: one for name, one in public("main").items() if name != "alg"}
GOOD: dict[str, dict[str, Any]] = {
    "several audiences, and we are the authorized party": {"claims": {"aud": ["other", CLIENT], "azp": CLIENT}},
    "an audience in a list": {"claims": {"aud": [CLIENT]}},
    "a clock that is a little ahead": {"claims": {"iat": ago(50), "exp": ago(50)}},
    "a clock that is a little behind": {"claims": {"iat": ago(-50), "exp": ago(-350)}},
    "times with fractions": {"claims": {"iat": ago(-0.5), "exp": ago(0.25)}},
    "claims that nobody asked for": {"claims": {"acr": "1", "amr": ["pwd"], "name": "Иван"}},
    "no kid and one key": {"header": {"kid": None}},
    "no kid and one key of that kind": {"header": {"kid": None}, "keys": [jwk(), UNNAMED]},
    "keys of other uses": {"keys": [jwk(use="enc"), jwk(), jwk("another"), {"kty": "oct", "k": "AA", "kid": "main"}]},
    "a key without use": {"keys": [{k: v for k, v in jwk().items() if k != "use"}]},
    "a token type in other letters": {"token": {"token_type": "bearer"}},
    "a type of token that goes without saying": {"token": {"token_type": None}},
    "an array": {"userinfo": [person_told(sub="other"), person_told()]},
    "an array with one entry": {"userinfo": [person_told()]},
}


@pytest.mark.parametrize("told", GOOD.values(), ids=GOOD)
async def test_what_proves_a_person(said: Said, told: dict[str, Any]) -> None:
    for name, value in told.items():
        setattr(said, name, value)
    assert await enter(said) == PERSON


BAD: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://id.elsewhere.example"}},
    "no issuer": {"claims": {"iss": None}},
    "another audience": {"claims": {"aud": "other"}},
    "an audience of none": {"claims": {"aud": []}},
    "several audiences and no authorized party": {"claims": {"aud": [CLIENT, "other"]}},
    "another authorized party": {"claims": {"azp": "other"}},
    "another authorized party among several": {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
    "an authorized party without us": {"claims": {"aud": "other", "azp": CLIENT}},
    "expired": {"claims": {"exp": ago(-361)}},
    "never expires": {"claims": {"exp": None}},
    "expires in words": {"claims": {"exp": "2099-01-01"}},
    "expires by the truth": {"claims": {"exp": True}},
    "made in the future": {"claims": {"iat": ago(61)}},
    "made long ago": {"claims": {"iat": ago(-700)}},
    "made never": {"claims": {"iat": None}},
    "another sign-in": {"claims": {"nonce": "n" * 43}},
    "no sign-in": {"claims": {"nonce": None}},
    "a nonce that is no text": {"claims": {"nonce": [NONCE]}},
    "no subject": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is no text": {"claims": {"sub": 7}},
    "a subject without end": {"claims": {"sub": "s" * 256}},
    "a subject with a line break": {"claims": {"sub": f"{SUBJECT}\n"}},
    "another key under its name": {"signer": curve("forger")},
    "an unknown kid": {"header": {"kid": "unknown"}},
    "two keys under one name": {"keys": [jwk(), {**jwk("another"), "kid": "main"}]},
    "no kid and two keys": {"header": {"kid": None}, "keys": [jwk(), jwk("another")]},
    "a key for another algorithm": {"keys": [jwk(alg="ES384")]},
    "a key to encrypt with": {"keys": [jwk(use="enc")]},
    "no keys": {"keys": []},
    "a key that is none": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "main", "x": "AA", "y": "AA"}]},
    "a key of letters": {"keys": [{"kty": "EC", "crv": 7, "kid": "main", "x": [], "y": {}}]},
    "a critical header that we do not know": {"header": {"crit": ["exp"], "exp": 1}},
    "no signature": {"algorithm": "none", "signer": "", "header": {"kid": "main"}},
    "a shared secret": {"algorithm": "HS256", "signer": SECRET * 2},
    "userinfo of another person": {"userinfo": person_told(sub="other")},
    "userinfo of nobody": {"userinfo": {"name": "Иван"}},
    "an array without the person": {"userinfo": [person_told(sub="other"), person_told(sub=None)]},
    "an empty array": {"userinfo": []},
    "a person in other letters": {"userinfo": person_told(sub=SUBJECT.upper())},
    "userinfo knows nobody of the kind": {"instead": {"/userinfo": (404, {"code": 60, "reason": "Иван"})}},
    "userinfo lets nobody in": {"instead": {"/userinfo": (403, {})}},
    "a code that is not taken": {"instead": {"/token": (400, {"error": "invalid_grant", "error_description": CODE})}},
    "an ID token of two parts": {"token": {"id_token": "a.b"}},
    "an ID token of other letters": {"token": {"id_token": "!.?.!"}},
}


@pytest.mark.parametrize("told", BAD.values(), ids=BAD)
async def test_what_proves_nobody(said: Said, told: dict[str, Any]) -> None:
    for name, value in told.items():
        setattr(said, name, value)
    assert await enter(said) is None


SILENT: dict[str, dict[str, Any]] = {
    "no discovery": {"instead": {"/.well-known/openid-configuration": (404, {})}},
    "a discovery of words": {"instead": {"/.well-known/openid-configuration": (200, b"<html>")}},
    "a discovery of nothing": {"instead": {"/.well-known/openid-configuration": (200, None)}},
    "another provider's discovery": {"discovery": {"issuer": "https://id.elsewhere.example"}},
    "no token address": {"discovery": {"token_endpoint": None}},
    "a token address that is none": {"discovery": {"token_endpoint": "javascript:alert(1)"}},
    "an address with blanks": {"discovery": {"jwks_uri": "http://127.0.0.1/a b"}},
    "a client that is not known": {"instead": {"/token": (401, {"error": "invalid_client", "x": CODE})}},
    "a request that is not understood": {"instead": {"/token": (400, {"error": "invalid_request"})}},
    "an error in no words": {"instead": {"/token": (400, b"<html>Bad Request")}},
    "a fault": {"instead": {"/token": (500, {"error": ACCESS})}},
    "a redirect elsewhere": {"instead": {"/token": (302, {})}},
    "no ID token": {"token": {"id_token": None}},
    "an ID token of no text": {"token": {"id_token": {"a": 1}}},
    "an ID token without end": {"token": {"id_token": "a" * 20_000}},
    "no access token": {"token": {"access_token": None}},
    "an access token with a line break": {"token": {"access_token": "a\r\nX-Admin: 1"}},
    "another type of token": {"token": {"token_type": "mac"}},
    "keys that are no list": {"keys": "none"},
    "keys that are no objects": {"keys": [1]},
    "keys that do not come": {"instead": {"/jwks": (500, {})}},
    "userinfo that is no object": {"userinfo": "Иван"},
    "userinfo of two kinds": {"userinfo": [person_told(), 7]},
    "userinfo that does not take the token": {"instead": {"/userinfo": (401, {})}},
    "assets that are no list": {"userinfo": person_told(userAssets="all")},
    "assets without end": {
        "userinfo": person_told(userAssets=[{"entityType": "account", "id": n} for n in range(1001)])
    },
    "a fault of userinfo": {"instead": {"/userinfo": (500, {"message": "Иван"})}},
}


@pytest.mark.parametrize("told", SILENT.values(), ids=SILENT)
async def test_what_cannot_be_understood_is_no_verdict(said: Said, told: dict[str, Any]) -> None:
    for name, value in told.items():
        setattr(said, name, value)
    with pytest.raises(Unavailable) as caught:
        await enter(said)
    assert not [one for one in CANARIES if one in f"{caught.value!r} {caught.value}"]


async def test_a_provider_that_is_not_there(clock: HandClock) -> None:
    async with client("http://127.0.0.1:1", clock) as openid:
        with pytest.raises(Unavailable):
            await openid.door(BACK, STATE, NONCE, VERIFIER)


@pytest.mark.parametrize("algorithm", [one for one, kind in ALGORITHMS.items() if kind == "RSA"])
async def test_the_rsa_family(said: Said, algorithm: str) -> None:
    said.algorithm, said.signer = algorithm, key("main")
    said.keys = [{**public("main"), "alg": algorithm}]
    assert await enter(said) == PERSON


async def test_a_key_that_can_be_broken_proves_nobody(said: Said) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    told = jwt.algorithms.RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True)
    said.algorithm, said.signer, said.keys = "RS256", weak, [{**told, "kid": "main"}]
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):  # it is the provider of this test that is warned
        assert await enter(said) is None


# ── What is kept ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_discovery_and_keys_are_read_once_in_minutes(said: Said, clock: HandClock) -> None:
    async with client(said.url, clock) as openid:
        for _ in range(3):
            await openid.door(BACK, STATE, NONCE, VERIFIER)
            assert await openid.enter(CODE, BACK, NONCE, VERIFIER) == PERSON
        assert (said.times("/.well-known/openid-configuration"), said.times("/jwks")) == (1, 1)
        assert (said.times("/token"), said.times("/userinfo")) == (3, 3)
        clock.advance(KEPT + 1)
        assert await openid.enter(CODE, BACK, NONCE, VERIFIER) == PERSON
        assert (said.times("/.well-known/openid-configuration"), said.times("/jwks")) == (2, 2)


async def test_a_new_key_is_found_at_once_and_an_unknown_one_is_no_lever(said: Said, clock: HandClock) -> None:
    async with client(said.url, clock) as openid:
        assert await openid.enter(CODE, BACK, NONCE, VERIFIER) == PERSON
        said.keys = [jwk("new")]
        said.header, said.signer = {"kid": "new"}, curve("new")
        assert await openid.enter(CODE, BACK, NONCE, VERIFIER) == PERSON
        assert said.times("/jwks") == 2
        said.header = {"kid": "unknown"}
        for _ in range(5):
            assert await openid.enter(CODE, BACK, NONCE, VERIFIER) is None
        assert said.times("/jwks") == 2
        clock.advance(31)
        assert await openid.enter(CODE, BACK, NONCE, VERIFIER) is None
        assert said.times("/jwks") == 3


# ── The sandbox's provider ────────────────────────────────────────────────────────────────────────────────────────


class House:
    """Whom the provider knows: one person, who is his own login and password."""

    async def authenticate(self, login: str, password: str) -> Subject | None:
        return Subject(SUBJECT) if login == password == SUBJECT else None

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        return (Account("65210041", "652100412734", Scheme.ADVANCE, "Иван П."),)


@pytest.fixture
async def provider(clock: HandClock) -> AsyncIterator[Provider]:
    made = Provider(House(), now=clock.now)  # type: ignore[arg-type]
    await made.start()
    yield made
    await made.stop()


async def code_of(openid: OpenId) -> str:
    """What a browser brings back."""
    async with aiohttp.ClientSession() as browser:
        async with browser.get(await openid.door(BACK, STATE, NONCE, VERIFIER)) as page:
            visit = (await page.text()).partition('name="visit" value="')[2].partition('"')[0]
        form = {"visit": visit, "login": SUBJECT, "password": SUBJECT, "verdict": "allow"}
        async with browser.post(f"{openid.issuer}/authorize", data=form, allow_redirects=False) as back:
            return parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]


@pytest.mark.parametrize("quirk", [None, *Quirk])
async def test_a_strict_provider_and_its_bad_days(provider: Provider, clock: HandClock, quirk: Quirk | None) -> None:
    async with client(provider.url, clock, provider.secret) as openid:
        if quirk is Quirk.ROTATED:
            assert await openid.enter(await code_of(openid), BACK, NONCE, VERIFIER) is not None
        provider.quirks = {quirk} if quirk else set()
        person = await openid.enter(await code_of(openid), BACK, NONCE, VERIFIER)
    assert provider.violations == []
    match quirk:
        case None | Quirk.ARRAY | Quirk.ROTATED:
            assert person == Person(SUBJECT, ("65210041",), ())
        case Quirk.CUSTOMER:
            assert person == Person(SUBJECT, (), (SUBJECT,))
        case _:
            assert person is None


async def test_a_code_is_worth_something_once_and_to_whom_it_was_given(provider: Provider, clock: HandClock) -> None:
    async with client(provider.url, clock, provider.secret) as openid:
        code = await code_of(openid)
        assert await openid.enter(code, BACK, NONCE, VERIFIER[:-1] + "w") is None
        code = await code_of(openid)
        assert await openid.enter(code, BACK, NONCE[:-1] + "m", VERIFIER) is None
        code = await code_of(openid)
        assert await openid.enter(code, BACK, NONCE, VERIFIER) is not None
        assert await openid.enter(code, BACK, NONCE, VERIFIER) is None
    async with client(provider.url, clock, "wrong") as openid:
        with pytest.raises(Refusal):
            await openid.enter(await code_of(openid), BACK, NONCE, VERIFIER)


# ── Whatever userinfo says ────────────────────────────────────────────────────────────────────────────────────────

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8) | st.just(SUBJECT),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["sub", "userAssets", "entityType", "id", "name"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(anything)
def test_userinfo_of_any_shape_names_the_subject_or_nobody(told: Any) -> None:
    try:
        person = person_of(told, SUBJECT)
    except (NobodyError, Unreadable):
        return
    entries = told if isinstance(told, list) else [told]
    assert any(one.get("sub") == SUBJECT or str(one.get("sub")).strip() == SUBJECT for one in entries)
    assert person.subject == SUBJECT
    assert all(isinstance(one, str) and one for one in (*person.accounts, *person.customers))


def test_a_person_shows_nothing() -> None:
    assert not [one for one in CANARIES if one in repr(PERSON)]
    assert issubclass(Unreadable, BillingError)
