"""An operator's identity provider on loopback: OpenID Connect by authorization code with PKCE, and TMF691 userinfo.

    GET  /.well-known/openid-configuration      GET  /authorize    the page that asks for login and password
    GET  /jwks                                  POST /authorize    ── 302 with a code ──▶ whoever sent the browser
    POST /token    code ──▶ ID token (RS256), access token         GET /userinfo    by access token

The people are the billing's: the page asks `source.authenticate`, userinfo names the accounts of `source.accounts`. It
is strict where a real one is: a code works once, for its client, its address and its verifier, for a minute; whoever
shows it again ends what it gave. `quirks` make it wrong in one way each; `violations` is what a client did wrong.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from html import escape
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode, urlsplit

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from billing.base import Account, Billing, Subject

Json = dict[str, Any]

LOOPBACK: Final = "127.0.0.1"
CLIENT: Final = "saldo"
CODE_LIFE: Final = timedelta(minutes=1)
TOKEN_LIFE: Final = timedelta(minutes=5)
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
# RFC 7636: 43 to 128 of these; of SHA-256 in base64url always 43.
UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Quirk(StrEnum):
    """How the provider is wrong. Each must end in nobody, or in the same person as ever."""

    ARRAY = "array"  # userinfo is an array, as TMF691 v4 describes it, and names somebody else as well
    CUSTOMER = "customer"  # userinfo names the person as a customer and no account
    NONCE = "nonce"  # the ID token is of another sign-in
    AUDIENCE = "audience"  # the ID token is for another client
    EXPIRED = "expired"
    FOREIGN = "foreign"  # userinfo is of another person than the ID token
    ISSUER = "issuer"  # the ID token is another provider's
    UNSIGNED = "unsigned"  # alg none
    FORGED = "forged"  # signed by a key that is not the provider's, under its name
    SHARED = "shared"  # signed by HMAC, the public key's text as the secret
    ROTATED = "rotated"  # signed by a key that was added just now: no fault, its keys have to be read again


@dataclass(slots=True)
class Asked:
    """One visit of a browser, from the page to the code."""

    client: str
    back: str
    state: str
    nonce: str
    challenge: str


@dataclass(slots=True)
class Code:
    asked: Asked
    subject: str
    until: datetime
    token: str = ""  # what it was exchanged for


@dataclass(slots=True)
class Token:
    subject: str
    until: datetime


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """One for each name in a process: making one takes longer than a whole sign-in."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OpenId:
    """The provider, from `start` to `stop`."""

    def __init__(self, source: Billing, *, now: Callable[[], datetime]) -> None:
        self.quirks: set[Quirk] = set()
        self.violations: list[str] = []
        self.calls: Counter[str] = Counter()
        self.secret = secrets.token_urlsafe(24)
        self._source, self._now = source, now
        self._asked: dict[str, Asked] = {}
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Token] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, port: int = 0) -> None:
        app = web.Application(middlewares=[self._count], client_max_size=2**16)
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/jwks", self._jwks)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/authorize", self._sign_in)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls[f"{request.method} {request.path}"] += 1
        response: web.StreamResponse = await handler(request)
        return response

    # ── What everybody may read ───────────────────────────────────────────────────────────────────────────────────

    async def _discovery(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid"],
            }
        )

    async def _jwks(self, request: web.Request) -> web.Response:
        names = ["main", *(["new"] if Quirk.ROTATED in self.quirks else [])]
        return web.json_response({"keys": [public(name) for name in names]})

    # ── The browser ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        if wrong := lawless(asked):
            # Never a redirect: the address may be anybody's.
            self.violations.append(f"authorize: {wrong}")
            return web.Response(status=400, text=f"invalid_request: {wrong}")
        visit = secrets.token_urlsafe(16)
        names = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
        self._asked[visit] = Asked(*(asked[name] for name in names))
        return page(visit)

    async def _sign_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = {name: str(form.get(name, "")) for name in ("visit", "login", "password", "verdict")}
        asked = self._asked.get(given["visit"])
        if asked is None:
            return web.Response(status=400, text="invalid_request: no such visit")
        if given["verdict"] == "deny":
            del self._asked[given["visit"]]
            return self._return(asked, {"error": "access_denied"})
        subject = await self._source.authenticate(given["login"], given["password"])
        if subject is None:
            return page(given["visit"], wrong=True)
        if self._asked.pop(given["visit"], None) is None:  # pressed twice
            return web.Response(status=400, text="invalid_request: no such visit")
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(asked, subject.id, self._now() + CODE_LIFE)
        return self._return(asked, {"code": code})

    def _return(self, asked: Asked, answer: Mapping[str, str]) -> web.Response:
        query = urlencode({**answer, "state": asked.state, "iss": self.url})  # RFC 9207
        joined = "&" if urlsplit(asked.back).query else "?"
        return web.Response(status=302, headers={"Location": f"{asked.back}{joined}{query}"})

    # ── The client ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        client, secret = credentials(request, form)
        if client != CLIENT or not hmac.compare_digest(secret.encode(), self.secret.encode()):
            return self._refused("invalid_client", "the client is not known", 401)
        if form.get("grant_type") != "authorization_code":
            return self._refused("unsupported_grant_type", "another grant than a code")
        kept = self._codes.get(form.get("code", ""))
        if kept is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        if kept.token:
            self._tokens.pop(kept.token, None)  # RFC 6749, 4.1.2
            return self._refused("invalid_grant", "a code was used twice")
        if kept.until < self._now():
            return web.json_response({"error": "invalid_grant"}, status=400)
        if form.get("redirect_uri") != kept.asked.back:
            return self._refused("invalid_grant", "another redirect_uri than the browser's")
        verifier = form.get("code_verifier", "")
        if not 43 <= len(verifier) <= 128 or not UNRESERVED.issuperset(verifier):
            return self._refused("invalid_grant", "code_verifier is malformed")
        if not hmac.compare_digest(challenge(verifier), kept.asked.challenge):
            return web.json_response({"error": "invalid_grant"}, status=400)
        kept.token = secrets.token_urlsafe(24)
        self._tokens[kept.token] = Token(kept.subject, self._now() + TOKEN_LIFE)
        return web.json_response(
            {
                "access_token": kept.token,
                "token_type": "Bearer",
                "expires_in": round(TOKEN_LIFE.total_seconds()),
                "scope": "openid",
                "id_token": self._id_token(kept, kept.token),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _refused(self, error: str, why: str, status: int = 400) -> web.Response:
        self.violations.append(f"token: {why}")
        return web.json_response({"error": error, "error_description": why}, status=status)

    def _id_token(self, kept: Code, access: str) -> str:
        now, is_ = round(self._now().timestamp()), self.quirks
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": "https://id.elsewhere.example" if Quirk.ISSUER in is_ else self.url,
            "sub": kept.subject,
            "aud": "another-client" if Quirk.AUDIENCE in is_ else CLIENT,
            "iat": now - 7200 if Quirk.EXPIRED in is_ else now,
            "exp": now - 3600 if Quirk.EXPIRED in is_ else now + 300,
            "auth_time": now,
            "nonce": "of-another-sign-in" if Quirk.NONCE in is_ else kept.asked.nonce,
            "at_hash": encoded(half),
        }
        name = "new" if Quirk.ROTATED in is_ else "main"
        if Quirk.UNSIGNED in is_ or Quirk.SHARED in is_:
            # PyJWT itself refuses to make such tokens, so they are put together by hand.
            algorithm = "HS256" if Quirk.SHARED in is_ else "none"
            head = {"alg": algorithm, "typ": "JWT", "kid": name}
            text = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
            mac = hmac.new(public("main")["n"].encode(), text.encode(), hashlib.sha256).digest()
            return f"{text}.{encoded(mac) if Quirk.SHARED in is_ else ''}"
        signer = key("forged" if Quirk.FORGED in is_ else name)
        return jwt.encode(claims, signer, algorithm="RS256", headers={"kid": name})

    async def _userinfo(self, request: web.Request) -> web.Response:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(shown)
        if scheme != "Bearer" or token is None or token.until < self._now():
            if not shown:
                self.violations.append("userinfo: without a token")
            return web.json_response(
                {"code": "40", "reason": "Unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"}
            )
        subject = token.subject
        told = userinfo(subject, await self._source.accounts(Subject(subject)), Quirk.CUSTOMER in self.quirks)
        other = {**told, "sub": "somebody-else", "name": "Somebody Else"}
        if Quirk.FOREIGN in self.quirks:
            told = other
        if Quirk.ARRAY in self.quirks:
            foreign = {"entityType": "account", "id": "of-somebody-else", "@type": "UserAsset"}
            return web.json_response([{**other, "userAssets": [foreign]}, told])
        return web.json_response(told)


def userinfo(subject: str, accounts: tuple[Account, ...], as_customer: bool = False) -> Json:
    """TMF691 v4. The accounts are named one by one, or all of them by the customer whose they are."""
    if as_customer:
        assets = [{"entityType": "customer", "id": subject, "role": "owner"}]
    else:
        assets = [{"entityType": "account", "id": one.id, "assetType": "billing", "role": "owner"} for one in accounts]
    name = next((one.holder for one in accounts if one.holder), "")
    zone = {"zoneinfo": accounts[0].zone} if accounts else {}
    # An asset of another kind stands beside them in every real answer.
    assets.append({"entityType": "product", "id": f"cabinet-{subject}", "role": "user"})
    return {"sub": subject, "name": name, "locale": "ru-RU", **zone, "userAssets": assets}


def lawless(asked: Mapping[str, str]) -> str:
    """What a strict provider finds wrong with what a browser brought; "" for nothing."""
    back = urlsplit(asked.get("redirect_uri", ""))
    if asked.get("response_type") != "code":
        return "response_type is not code"
    if asked.get("client_id") != CLIENT:
        return "client_id is not known"
    if back.scheme not in ("http", "https") or not back.netloc or back.fragment:
        return "redirect_uri is no address"
    if "openid" not in asked.get("scope", "").split():
        return "scope without openid"
    for name, least in (("state", 16), ("nonce", 16)):
        if len(asked.get(name, "")) < least:
            return f"{name} can be guessed"
    if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
        return "PKCE without S256"
    return ""


def credentials(request: web.Request, form: Mapping[str, str]) -> tuple[str, str]:
    """The client's name and secret, by HTTP Basic or from the form (RFC 6749, 2.3.1)."""
    scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def challenge(verifier: str) -> str:
    return encoded(hashlib.sha256(verifier.encode()).digest())


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def public(name: str) -> dict[str, str]:
    """A key of ours as a JWK."""
    numbers = key(name).public_key().public_numbers()
    n, e = (encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": name, "n": n, "e": e}


def page(visit: str, wrong: bool = False) -> web.Response:
    """The operator's sign-in page. It is the operator's, and so are its words."""
    remark = '<p role="alert">Неверный логин или пароль.</p>' if wrong else ""
    text = f"""<!doctype html>
<html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Вход — Демо-Телеком</title>
<style>body{{font:16px sans-serif;max-width:22rem;margin:3rem auto;padding:0 1rem}}
input,button{{display:block;width:100%;box-sizing:border-box;padding:.6rem;margin:.3rem 0 1rem;font:inherit}}</style>
<h1>Демо-Телеком</h1><p>Вход в личный кабинет</p>{remark}
<form method="post" action="/authorize"><input type="hidden" name="visit" value="{escape(visit)}">
<label>Логин<input name="login" autocomplete="username" autofocus></label>
<label>Пароль<input name="password" type="password" autocomplete="current-password"></label>
<button name="verdict" value="allow">Войти</button><button name="verdict" value="deny">Отмена</button></form></html>
"""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=401 if wrong else 200, text=text, content_type="text/html", headers=headers)
