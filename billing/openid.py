"""OpenID Connect: who signed in at the operator's own identity provider, and which accounts it names for him.

    door    the provider's page for the browser: authorization code flow with PKCE
    enter   code ──▶ token ──▶ ID token proved ──▶ userinfo (TMF691) ──▶ Person

What is believed, and why
    issuer      the discovery document must name the issuer that the settings name (Discovery 1.0, 4.3)
    signature   by a key of the provider's set, found by `kid`, with an algorithm of ALGORITHMS; never a shared secret
    claims      iss, aud with azp, exp, iat, nonce (Core 1.0, 3.1.3.7), by the clock that was handed in
    userinfo    one object, or an array as TMF691 v4 describes it: only what has the ID token's own `sub` (Core, 5.3.2)

Discovery and keys are kept for minutes; a `kid` that is not among the keys makes them be read again, at most twice a
minute. Nothing of a person, no code and no token is ever part of an error or a line of the log.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec
import structlog

from billing.upstream import Refusal, Unreadable, Upstream
from billing.wire import record, records, text, word

log = structlog.get_logger()

WELL_KNOWN: Final = "/.well-known/openid-configuration"
KEPT: Final = 600.0  # seconds: discovery and keys
RENEWED: Final = 30.0  # seconds: the keys are not read again sooner, whatever `kid` somebody shows
SKEW: Final = 60  # seconds that the provider's clock may differ from ours
OLDEST: Final = 600  # seconds since an ID token was made: it answers a code that was used just now
LONGEST: Final = 16 * 1024  # characters of a token
SUBJECT: Final = 255  # characters of `sub` (Core 1.0, 2)
MOST: Final = 1000  # accounts and customers of one person

# What may sign an ID token, and the kind of key that it needs. RFC 8725, 3.1: the list is ours, not the token's.
ALGORITHMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
BEARER: Final = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")
ADDRESS: Final = re.compile(r"https?://[\x21-\x7e]{1,2000}")


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in; nothing of it shows in a `repr`."""

    subject: str = field(repr=False)
    accounts: tuple[str, ...] = field(repr=False)  # ids that userinfo names as `account`
    customers: tuple[str, ...] = field(repr=False)  # and as `customer`


@dataclass(frozen=True, slots=True)
class Provider:
    """What the discovery document says, as far as we need it."""

    issuer: str
    authorize: str
    token: str
    keys: str
    userinfo: str
    basic: bool  # the client's secret goes by HTTP Basic, as is the rule; False: in the form


class Claims(msgspec.Struct, frozen=True):
    """An ID token's, with their types."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    iat: float
    nonce: str = ""
    azp: str | None = None


class NobodyError(Exception):
    """What came proves nobody; the text is a word for the log, ours and never theirs."""


class OpenId:
    """One client at one identity provider.

    `issuer`: its address, exactly as it calls itself. `secret` "": a public client. `scope` must hold "openid".
    `userinfo` "": the address that discovery names; else that of the operator's TMF691. `prompt`: "login" has the
    password typed each time, as every provider must support (Core 1.0, 15.1), so that nobody links what whoever used
    the browser before may see; "": the provider decides. `more` goes to each Upstream (limits, clocks).
    """

    def __init__(
        self,
        issuer: str,
        client: str,
        secret: str = "",
        *,
        now: Callable[[], datetime],
        scope: str = "openid",
        userinfo: str = "",
        prompt: str = "login",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.issuer = issuer.rstrip("/")
        self._client, self._secret, self._scope = client, secret, scope
        self._userinfo, self._prompt = userinfo, prompt
        self._now, self._more = now, more or {}
        self._origins: dict[str, Upstream] = {}
        self._renewed: datetime | None = None  # when the keys were last read again for a `kid`

    async def door(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """The provider's page for a browser that comes back to `back`. Raises Unavailable."""
        provider = await self.provider()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": back,
            "scope": self._scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **({"prompt": self._prompt} if self._prompt else {}),
        }
        return f"{provider.authorize}{'&' if '?' in provider.authorize else '?'}{urlencode(query)}"

    async def enter(self, code: str, back: str, nonce: str, verifier: str) -> Person | None:
        """Who came back with the code; None: it proves nobody. Raises Unavailable."""
        try:
            provider = await self.provider()
            signed, access = await self._exchange(provider, code, back, verifier)
            claims = await self._claims(provider, signed)
            if why := self._doubt(provider, claims, nonce):
                raise NobodyError(why)
            return await self._person(provider, access, claims.sub)
        except NobodyError as why:
            log.warning("openid.nobody", reason=str(why))
            return None

    async def reach(self) -> str:
        """What the provider says of itself, and how many of its keys may sign, in a line. Raises Unavailable."""
        for upstream in self._origins.values():  # as it is now
            upstream.forget("openid-configuration")
            upstream.forget("jwks")
        provider = await self.provider()
        keys = [one for one in await self._keys(provider) if text(one.get("kty")) in ALGORITHMS.values()]
        if not keys:
            raise Unreadable("jwks: no key that may sign")
        return f"openid-configuration: keys to sign with: {len(keys)}; <PUBLIC_URL>/link/back is to be registered there"

    async def provider(self) -> Provider:
        """What the provider says of itself, of the last minutes. Raises Unavailable."""
        data = record(await self._read(self.issuer + WELL_KNOWN, "openid-configuration"), "openid-configuration")
        issuer = text(data.get("issuer"))
        if issuer.rstrip("/") != self.issuer:
            raise Unreadable("openid-configuration: issuer is another one than the settings name")
        methods = data.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Provider(
            issuer,
            self._address(data, "authorization_endpoint"),
            self._address(data, "token_endpoint"),
            self._address(data, "jwks_uri"),
            self._userinfo or self._address(data, "userinfo_endpoint"),
            not isinstance(methods, list) or "client_secret_basic" in methods or "client_secret_post" not in methods,
        )

    async def close(self) -> None:
        for upstream in self._origins.values():
            await upstream.close()

    # ── The steps ──

    async def _exchange(self, provider: Provider, code: str, back: str, verifier: str) -> tuple[str, str]:
        """The ID token and the access token for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        if self._secret and provider.basic:
            # RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
            pair = f"{quote_plus(self._client)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = self._client
            if self._secret:
                form["client_secret"] = self._secret
        upstream, path = self._at(provider.token)
        try:
            answer = await upstream.send("POST", path, form=form, headers=headers, operation="POST token", who="token")
        except Refusal as refusal:
            if _error(refusal.data) == "invalid_grant":
                raise NobodyError("code") from None
            raise
        data = record(answer.data, "token")
        signed, access = data.get("id_token"), data.get("access_token")
        if word(data.get("token_type", "bearer")) != "bearer":
            raise Unreadable("token: token_type is not bearer")
        for name, one in ("id_token", signed), ("access_token", access):
            if not isinstance(one, str) or not BEARER.fullmatch(one):
                raise Unreadable(f"token: {name} is missing or malformed")
        assert isinstance(signed, str)
        assert isinstance(access, str)
        return signed, access

    async def _claims(self, provider: Provider, signed: str) -> Claims:
        """What the ID token says, when a key of the provider's has signed it."""
        import jwt  # with its cryptography; whoever only lists the settings needs neither

        try:
            header = jwt.get_unverified_header(signed)
            kid, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
                raise NobodyError("algorithm")
            keys = _suitable(await self._keys(provider), kid, algorithm)
            if not keys and kid is not None and self._may_renew():
                self._at(provider.keys)[0].forget("jwks")
                keys = _suitable(await self._keys(provider), kid, algorithm)
            if len(keys) != 1:  # without a `kid` there must be one key only; two under one name prove nothing either
                raise NobodyError("key")
            jws = jwt.PyJWS(options={"enforce_minimum_key_length": True})
            payload = jws.decode(signed, jwt.PyJWK(keys[0], algorithm), algorithms=[algorithm])
            return msgspec.json.decode(payload, type=Claims)
        except jwt.PyJWTError:
            raise NobodyError("signature") from None
        except (ValueError, TypeError, KeyError, msgspec.MsgspecError):  # a key or claims of another shape
            raise NobodyError("malformed") from None

    def _doubt(self, provider: Provider, claims: Claims, nonce: str) -> str:
        """What keeps the claims from proving a person; "": nothing."""
        now = self._now().timestamp()
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        alone = claims.azp is None and len(audience) == 1
        if claims.iss != provider.issuer:
            return "issuer"
        if self._client not in audience or not (alone or claims.azp == self._client):
            return "audience"
        if not now - SKEW < claims.exp:
            return "expired"
        if not now - OLDEST - SKEW <= claims.iat <= now + SKEW:
            return "time"
        if not hmac.compare_digest(claims.nonce.encode(), nonce.encode()):
            return "nonce"
        return "" if 0 < len(claims.sub) <= SUBJECT and claims.sub.isprintable() else "subject"

    async def _person(self, provider: Provider, access: str, subject: str) -> Person:
        """What userinfo names for the subject."""
        upstream, path = self._at(provider.userinfo)
        who = hashlib.sha256(access.encode()).hexdigest()  # answers to two people never mix
        headers = {"Authorization": f"Bearer {access}"}
        try:
            answer = await upstream.get(path, operation="GET userinfo", who=who, fresh=0, headers=headers)
        except Refusal as refusal:
            if refusal.status in {403, 404}:  # the identity provider knows him, the operator does not
                raise NobodyError("unknown to userinfo") from None
            raise
        finally:
            upstream.forget(who)
        return person_of(answer.data, subject)

    # ── The wire ──

    async def _keys(self, provider: Provider) -> list[dict[str, Any]]:
        data = record(await self._read(provider.keys, "jwks"), "jwks")
        return records(data.get("keys"), "jwks: keys")

    def _may_renew(self) -> bool:
        now, before = self._now(), self._renewed
        if before is not None and (now - before).total_seconds() < RENEWED:
            return False
        self._renewed = now
        return True

    async def _read(self, url: str, what: str) -> Any:
        """What the provider tells everybody, of the last minutes, or since `what` was forgotten."""
        upstream, path = self._at(url)
        return (await upstream.get(path, operation=f"GET {what}", who=what, fresh=KEPT)).data

    def _address(self, data: Mapping[str, Any], name: str) -> str:
        """An address of the discovery document. Only a provider that is itself asked without TLS may name such ones."""
        address = data.get(name)
        if not isinstance(address, str) or not ADDRESS.fullmatch(address) or "#" in address:
            raise Unreadable(f"openid-configuration: {name} is missing or no address")
        if self.issuer.startswith("https:") and not address.startswith("https:"):
            raise Unreadable(f"openid-configuration: {name} is without TLS")
        return address

    def _at(self, url: str) -> tuple[Upstream, str]:
        """The origin, and what is asked of it."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._origins:
            self._origins[origin] = Upstream("openid", origin, now=self._now, **self._more)
        return self._origins[origin], parts.path + (f"?{parts.query}" if parts.query else "")


def person_of(userinfo: Any, subject: str) -> Person:
    """What userinfo names for the subject: an object, or in an array the entry of that subject.

    Raises NobodyError when it speaks of others only, Unreadable.
    """
    told = [one for one in records(userinfo, "userinfo") if text(one.get("sub")) == subject]
    if not told:
        raise NobodyError("another subject")
    assets = records(told[0].get("userAssets"), "userAssets")
    named = [(word(one.get("entityType")), text(one.get("id"))) for one in assets]
    accounts, customers = (
        tuple(dict.fromkeys(key for kind, key in named if kind == wanted and key)) for wanted in ("account", "customer")
    )
    if len(accounts) + len(customers) > MOST:
        raise Unreadable("userinfo: userAssets names more than anybody has")
    return Person(subject, accounts, customers)


def _suitable(keys: list[dict[str, Any]], kid: str | None, algorithm: str) -> list[dict[str, Any]]:
    """The keys that may have signed it."""
    return [
        key
        for key in keys
        if key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]


def _error(data: Any) -> str:
    """The word of RFC 6749, 5.2."""
    return word(data.get("error")) if isinstance(data, dict) else ""
