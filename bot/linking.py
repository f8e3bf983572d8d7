"""The linking page and the operator's API: where a person proves to be the customer.

    chat ──token──▶ page:  /link/T            login, password ─▶ Далее
                           /link/T/accounts   which accounts  ─▶ the code
                           /link/T/code       six characters  ──typed by a person──▶ the same chat: linked

Where customers prove who they are at the operator's own site (`billing.base.Federated`), step one is a button:

    page:  /link/T           «Войти на сайте …» ── POST /link/T/sign-in ─▶ the operator's site: login, password
           /link/back        state, code ◀── the browser comes back ──┘     then /link/T/accounts, as above

The code goes from the page into the chat and never the other way. Somebody who sends his own link to a victim gets
nothing by it: the code is shown in the victim's browser, and only the chat that asked for the link can use it.

What is kept where between the steps
    database   the invitation: who signed in, what was chosen, the argon2 hash of the one code that is alive
    browser    a signed cookie for this token: a number of the browser, a number of the sign-in, the login for "Back";
               on the way to the operator's site also a number of that journey, and the token, which /link/back lacks
    nowhere    the password

The code follows from the sign-in's number and our secret, so every page can be loaded again and a form sent twice does
no harm; whether a sign-in still counts is asked by comparing its code with the hash. A later sign-in writes another
hash: the earlier browser is back at step one, and its code is dead.

What the operator's site is told of a journey (state, nonce, verifier) follows from its number and our secret. It counts
once, in the browser that set out, for the chat it set out for; whatever else comes to /link/back gets one page. Of the
token that page's address says nothing: `state` names the cookie, and the cookie the token.

GET changes nothing (previews and virus scanners open links); /link/back does, but only for a browser on its journey. A
POST counts only with the form's number that belongs to the browser's cookie, and from our own page. Unknown, used,
expired and foreign tokens give one page, byte for byte. An attempt is counted before the billing is asked, and the
answer to a password takes a whole number of `floor` seconds.
"""

import asyncio
import base64
import hashlib
import hmac
import math
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import structlog
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from prometheus_client import Counter

from adapters.base import Network
from billing.base import Account, Billing, BillingError, Federated, Gone, Subject, Unsupported
from bot.hardening import HEADERS, SECURE, client_address
from handlers.ask import Operator
from handlers.codes import hash_code, hash_token, new_code, new_token, verify_code
from handlers.text import NATIVE, Say, negotiate, tail
from storage.base import Claim, Invitation, Links, Origin, StorageError
from storage.clock import Clock

LIFE_SECONDS: Final = 600  # of a token that the operator's site asks for (ASVS 5.0 V6.5.5: at most ten minutes)
FORM_BYTES: Final = 16 * 1024
API_BYTES: Final = 64 * 1024
ANSWER_CHARACTERS: Final = 4096  # of a code that the operator's site gives to the browser
NAMED: Final = 10  # characters of a cookie's name that belong to its token
FIELD_CHARACTERS: Final = 200  # a longer login or password is nobody's, and no billing is asked about it
NAME_CHARACTERS: Final = 120

# How many wrong passwords, within how many seconds. In all: a botnet that knows many logins and opens many chats.
PER_CHAT: Final = (5, 3600.0)
# NIST SP 800-63B: at most 100 failures for an account. A part is kept for chats that have not drawn on it today, so
# that strangers who use up the rest, from however many tries of a few chats, do not keep the owner out.
PER_LOGIN: Final = (80, 86400.0)
KEPT_PER_LOGIN: Final = (20, 86400.0)
KEPT_PER_CHAT: Final = (1, 86400.0)
PER_CLIENT: Final = (30, 3600.0)
IN_ALL: Final = (5000, 3600.0)

# What the operator's site may say instead of a code: RFC 6749, 4.1.2.1, and OpenID Connect Core 1.0, 3.1.2.6.
ERRORS: Final = frozenset({
    "access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope",
    "server_error", "temporarily_unavailable", "interaction_required", "login_required", "account_selection_required",
    "consent_required", "invalid_request_uri", "invalid_request_object", "request_not_supported",
    "request_uri_not_supported", "registration_not_supported",
})  # fmt: skip

TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
UNSEEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # Unicode categories; Cf holds the bidi overrides
CONTROL: Final = {"Cc", "Cs"}

log = structlog.get_logger()
refused = Counter("saldo_linking_refused_total", "What the linking page and API turned down", ["reason"])
steps = Counter("saldo_linking_steps_total", "Steps of linking that were taken", ["step"])

STYLE: Final = (files("bot") / "pages" / "style.css").read_text(encoding="utf-8")
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
TEMPLATES: Final = Environment(
    loader=PackageLoader("bot", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# CSS is ours and holds no "<": it goes in unescaped, byte for byte as it was hashed.
TEMPLATES.globals.update(style=Markup(STYLE), natives=NATIVE)  # noqa: S704


class Visit(msgspec.Struct, frozen=True):
    """What one browser brings back for one token."""

    browser: str  # ties a form to the browser that was given it
    sign_in: str = ""  # the number of the sign-in that succeeded here
    login: str = ""
    journey: str = ""  # the number of a way to the operator's site that nobody has come back from yet
    token: str = ""  # of the link that it began at
    lang: str = ""  # that was chosen on the page before


class Grant(msgspec.Struct, frozen=True):
    """The body of POST /api/links."""

    subject: str  # billing.Subject.id of the person who is signed in at the operator's site
    accounts: list[str]  # billing.Account.id of those to link


@dataclass(frozen=True, slots=True)
class Row:
    """An account on the page."""

    number: str
    holder: str
    key: str = ""  # stands for the account's id, which is never shown
    open: bool = True
    checked: bool = False


# ── The routes ────────────────────────────────────────────────────────────────────────────────────────────────────


def linking(
    app: web.Application,
    *,
    links: Links,
    billing: Billing,
    networks: Mapping[str, Network],
    operator: Operator,
    clock: Clock,
    secret: bytes,
    api_key: str | None = None,
    trusted_proxies: Iterable[IPv4Network | IPv6Network] = (),
    floor: float = 0.4,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Add the page and the API to `app`, which `bot.hardening.hardened` made.

    `secret` signs cookies and makes codes: the same in all processes. `api_key` None: the API does not exist.
    `floor`: the answer to a password takes this many seconds, or a multiple of them.
    """
    site = Site(links, billing, networks, operator, clock, secret, api_key, tuple(trusted_proxies), floor, pause)
    app[SECURE] = site.secure

    def step(
        act: Callable[["Visitor"], Awaitable[web.Response]], lost: str = "old"
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """`lost`: the page for whoever asks for no living invitation."""

        async def handle(request: web.Request) -> web.Response:
            visitor = Visitor(site, request)
            try:
                return await visitor.enter(lost) or await act(visitor)
            except (BillingError, StorageError) as error:
                log.warning("linking-unavailable", error=type(error).__name__)
                return visitor.notice("later", 503, "page-retry", {"Retry-After": "60"})

        return handle

    if site.house is None:
        app.router.add_post("/link/{token}", step(Visitor.take_login))
    else:
        app.router.add_post("/link/{token}/sign-in", step(Visitor.set_out))
        app.router.add_get("/link/{token}/sign-in", step(Visitor.start_over))
        app.router.add_get("/link/back", step(Visitor.come_back, "astray"), allow_head=False)
    app.router.add_get("/link/{token}", step(Visitor.show_login))
    app.router.add_get("/link/{token}/accounts", step(Visitor.show_accounts))
    app.router.add_post("/link/{token}/accounts", step(Visitor.take_accounts))
    app.router.add_get("/link/{token}/code", step(Visitor.show_code))
    if api_key is not None:
        app.router.add_post("/api/links", site.grant)


@dataclass(frozen=True)
class Site:
    """What all visitors share."""

    links: Links
    billing: Billing
    networks: Mapping[str, Network]
    operator: Operator
    clock: Clock
    secret: bytes
    api_key: str | None
    trusted_proxies: Sequence[IPv4Network | IPv6Network]
    floor: float
    pause: Callable[[float], Awaitable[None]]

    @cached_property
    def secure(self) -> bool:
        return self.operator.url.startswith("https://")

    @cached_property
    def origin(self) -> str:
        parts = urlsplit(self.operator.url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @cached_property
    def house(self) -> Federated | None:
        """The operator's own sign-in, where there is one: it is the only one then."""
        return self.billing if isinstance(self.billing, Federated) else None

    @cached_property
    def back(self) -> str:
        """Where the browser comes back to. The operator's site knows this address by heart."""
        return f"{self.operator.url}/link/back"

    def cookie(self, name: str) -> str:
        return f"{'__Host-' if self.secure else ''}link-{name}"

    def mac(self, purpose: str, *parts: str) -> str:
        """A keyed hash as url-safe text. Parts are framed by their length, so that they cannot flow together."""
        framed = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
        return text_of(hmac.digest(self.secret, framed.encode(), "sha256"))

    async def grant(self, request: web.Request) -> web.Response:
        """Deep links by which a person who is signed in at the operator's site links a chat.

        In: `Authorization: Bearer <key>` and {"subject": …, "accounts": [id, …]}. Out: {"expires_at": …, "links": {…}}
        with one URL for each network that may say something personal and knows deep links. Errors: {"error": word}.
        """
        assert self.api_key is not None
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        # Bytes: compare_digest raises on text that is not ASCII.
        right = hmac.compare_digest(key.strip().encode("utf-8", "surrogateescape"), self.api_key.encode())
        if scheme.lower() != "bearer" or not right:
            return fault(401, "unauthorized", {"WWW-Authenticate": "Bearer"})
        if request.content_type != "application/json":
            return fault(415, "not-json")
        body = await request.read()
        if len(body) > API_BYTES:
            return fault(413, "too-large")
        try:
            asked = msgspec.json.decode(body, type=Grant)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return fault(400, "not-understood")
        wanted = dict.fromkeys(asked.accounts)
        if not wanted or not all(askable(one) for one in (asked.subject, *wanted)):
            return fault(400, "not-understood")
        if len(wanted) > self.operator.max_links:
            return fault(400, "too-many-accounts")
        try:
            found = {one.id: one for one in await self.billing.accounts(Subject(asked.subject)) if one.open}
            if not wanted.keys() <= found.keys():
                return fault(404, "no-such-accounts")
            made: dict[str, str] = {}
            expires_at = self.clock.now() + timedelta(seconds=LIFE_SECONDS)
            for name, network in self.networks.items():
                token = new_token()
                url = network.deep_link(token) if self.operator.networks.get(name) == "full" else None
                if url is not None:
                    claims = [claim(found[one]) for one in wanted]
                    await self.links.grant(hash_token(token), asked.subject, claims, expires_at)
                    made[name] = url
        except Gone:
            return fault(404, "no-such-accounts")
        except (BillingError, StorageError) as error:
            log.warning("linking-unavailable", error=type(error).__name__)
            return fault(503, "unavailable", {"Retry-After": "60"})
        steps.labels("deep-links").inc()
        return web.json_response({"expires_at": expires_at.isoformat(timespec="seconds"), "links": made})


def fault(status: int, error: str, headers: Mapping[str, str] | None = None) -> web.Response:
    refused.labels(error).inc()
    return web.json_response({"error": error}, status=status, headers=headers)


# ── One request to the page ───────────────────────────────────────────────────────────────────────────────────────


class Visitor:
    """One request: who asks, for which invitation, with which cookie and form."""

    def __init__(self, site: Site, request: web.Request) -> None:
        self.site, self.request = site, request
        self.token = request.match_info.get("token") or self.remembered()
        self.name = site.mac("cookie-name", self.token)[:NAMED]
        self.cookie = site.cookie(self.name)
        self.form: dict[str, list[str]] = {}
        self.invitation: Invitation | None = None
        self.visit = self.read_cookie()

    def remembered(self) -> str:
        """The token that a returning browser's cookie holds, to be proved like one in an address."""
        payload = self.request.cookies.get(self.site.cookie(self.request.query.get("state", "")[:NAMED]), "")
        try:
            return visit_of(payload.partition(".")[0]).token
        except (ValueError, msgspec.MsgspecError):
            return ""

    async def enter(self, lost: str) -> web.Response | None:
        """Find the living invitation and check the form; a page when the visit ends here."""
        if TOKEN.fullmatch(self.token):
            found = await self.site.links.invitation(hash_token(self.token))
            if found is not None and found.origin is Origin.CHAT and found.address is not None:
                self.invitation = found
        if self.invitation is None:
            refused.labels(lost).inc()
            return self.notice(lost, 404)
        if self.request.method == "POST":
            await self.read_form()
            if not self.is_ours():
                refused.labels("forged").inc()
                log.warning("linking-forged")
                return self.notice("forged", 403, "page-again")
        return None

    # Step 1: who are you?

    async def show_login(self) -> web.Response:
        return self.login_page()

    async def take_login(self) -> web.Response:
        """Count, ask the billing, bind. All that is wrong about a login or a password is one answer."""
        site = self.site
        login, password = self.field("login").strip(), self.field("password")
        wrong = {}
        if not login:
            wrong["login"] = "page-login-empty"
        if not password:
            wrong["password"] = "page-password-empty"  # noqa: S105 — a sentence's name
        self.visit = msgspec.structs.replace(self.visit, login=login[:FIELD_CHARACTERS])
        if wrong:
            return self.login_page(wrong)

        began = site.clock.monotonic()
        receipt = await site.links.attempt(self.buckets(login))
        if receipt is None:
            receipt = await site.links.attempt(self.buckets(login, kept=True))
        if receipt is None:
            return self.throttled()
        subject = None
        try:
            if askable(login) and askable(password):
                subject = await site.billing.authenticate(login, password)
        except BillingError:
            await site.links.forgive(receipt)
            await self.even_out(began)
            raise
        if subject is None:
            refused.labels("password").inc()
            await self.even_out(began)
            return self.login_page({"login": "page-login-wrong"})

        await site.links.forgive(receipt)
        bound = await self.bind(subject)
        await self.even_out(began)
        return bound

    async def bind(self, subject: Subject) -> web.Response:
        """This person has signed in, in this browser, for this chat."""
        self.visit = msgspec.structs.replace(self.visit, sign_in=secrets.token_urlsafe(16))
        # Nothing is chosen yet: whoever guessed the code now would link nothing.
        code_hash = await asyncio.to_thread(hash_code, self.code)
        if not await self.site.links.sign_in(hash_token(self.token), subject.id, (), code_hash):
            return self.notice("old", 404)
        steps.labels("sign-in").inc()
        return self.onward(f"{self.token}/accounts")

    def throttled(self) -> web.Response:
        refused.labels("throttled").inc()
        log.warning("linking-throttled")
        return self.notice("throttled", 429, headers={"Retry-After": "3600"})

    def buckets(self, login: str | None, *, kept: bool = False) -> list[tuple[str, int, float]]:
        """What one attempt draws on; `kept`: the part that is kept. Plain hashes: no restart may empty the buckets.

        `login` None: it was typed at the operator's, who counts by it himself.
        """
        chat, client = str(self.living.address), client_address(self.request, self.site.trusted_proxies)
        same = unicodedata.normalize("NFKC", login or "").casefold()
        keys = [(bucket("chat", chat), *PER_CHAT), (bucket("all", ""), *IN_ALL)]
        if login is None:
            pass
        elif kept:
            keys += [(bucket("kept login", same), *KEPT_PER_LOGIN), (bucket("kept chat", chat), *KEPT_PER_CHAT)]
        else:
            keys.append((bucket("login", same), *PER_LOGIN))
        return [*keys, (bucket("client", subnet(client)), *PER_CLIENT)] if client else keys

    async def even_out(self, began: float) -> None:
        floor = self.site.floor
        if floor > 0:
            spent = self.site.clock.monotonic() - began
            await self.site.pause(max(1, math.ceil(spent / floor)) * floor - spent)

    # Step 1, where the operator's own site asks who it is

    async def set_out(self) -> web.Response:
        """A page that leads on to the operator's site, by itself or by its button.

        No redirect: browsers hold every redirect after a form to the page's form-action (CSP 3, 6.4.1), and an
        operator's site may redirect to others that we do not know.
        """
        assert self.site.house is not None
        journey, lang = secrets.token_urlsafe(16), self.request.query.get("lang", "")
        self.visit = msgspec.structs.replace(
            self.visit, journey=journey, token=self.token, lang=lang if lang in NATIVE else ""
        )
        try:
            door = await self.site.house.door(self.site.back, self.state, self.told("nonce"), self.told("verifier"))
        except Unsupported:  # no provider is set: chats are linked from the personal account only (POST /api/links)
            return self.notice("elsewhere", 404)
        steps.labels("set-out").inc()
        return self.page("leave.html", door=door)

    async def start_over(self) -> web.Response:
        """The page that leads on was loaded again, or its language was changed."""
        return self.onward(self.home)

    async def come_back(self) -> web.Response:
        """Judge what the operator's site has sent the browser back with; whatever is wrong about it is one page."""
        site, house = self.site, self.site.house
        assert house is not None
        given = [self.request.query.getall(name, [""]) for name in ("state", "code", "error")]
        state, code, error = (one[0] for one in given)
        known = bool(self.visit.journey) and hmac.compare_digest(state.encode(), self.state.encode())
        readable = all(len(one) == 1 for one in given) and askable(code or error, ANSWER_CHARACTERS)
        if not known or not readable or (code and error):
            refused.labels("astray").inc()
            return self.notice("astray", 404)
        nonce, verifier = self.told("nonce"), self.told("verifier")
        self.visit = msgspec.structs.replace(self.visit, journey="")  # it is over, however it ends
        if error:
            refused.labels("declined").inc()
            log.info("linking-declined", reason=error if error in ERRORS else "other")
            # Only "access_denied" is the customer's own word; all others say that the two sites do not understand
            # each other, or not now.
            if error == "access_denied":
                return self.notice("declined", 200, "page-retry")
            return self.notice("later", 503, "page-retry", {"Retry-After": "60"})
        receipt = await site.links.attempt(self.buckets(None))
        if receipt is None:
            return self.throttled()
        try:
            subject = await house.enter(code, site.back, nonce, verifier)
        except BillingError:
            await site.links.forgive(receipt)
            raise
        if subject is None:
            refused.labels("unproven").inc()
            return self.notice("unproven", 403, "page-retry")
        await site.links.forgive(receipt)
        return await self.bind(subject)

    def told(self, what: str) -> str:
        """What the operator's site is told of this journey: 43 characters, as RFC 7636 wants of a verifier."""
        return self.site.mac(what, self.token, self.visit.browser, self.visit.journey)

    @property
    def state(self) -> str:
        return self.name + self.told("state")

    # Step 2: which accounts?

    async def show_accounts(self) -> web.Response:
        return await self.accounts_page() if await self.signed_in() else self.onward(self.home)

    async def take_accounts(self) -> web.Response:
        """What was ticked counts only as far as the billing says now that it is this person's, and open."""
        if not await self.signed_in():
            return self.onward(self.home)
        site, invitation = self.site, self.living
        assert invitation.subject is not None
        assert invitation.code_hash is not None
        ticked = set(self.form.get("account", ()))
        chosen = [one for one in await self.accounts() if one.open and self.key(one) in ticked]
        if not ticked:
            return await self.accounts_page("page-accounts-empty", ticked)
        if len(chosen) != len(ticked):
            return await self.accounts_page("page-accounts-changed", ticked)
        if len(chosen) > site.operator.max_links:
            return await self.accounts_page("page-accounts-many", ticked)
        claims = [claim(one) for one in chosen]
        if not await site.links.sign_in(hash_token(self.token), invitation.subject, claims, invitation.code_hash):
            return self.notice("old", 404)
        steps.labels("choice").inc()
        return self.onward("code")

    async def accounts_page(self, problem: str | None = None, ticked: set[str] | None = None) -> web.Response:
        accounts = sorted(await self.accounts(), key=lambda one: not one.open)
        limit = self.site.operator.max_links
        if not any(one.open for one in accounts):
            return self.notice("none", 200, "page-other-login")
        if ticked is None:
            # Everything, or what was chosen before when somebody comes back.
            before = {one.account for one in self.living.claims}
            likely = [one for one in accounts if one.open and (not before or one.id in before)]
            ticked = {self.key(one) for one in likely[:limit]}
        rows = [
            Row(tail(one.number), visible(one.holder), self.key(one), one.open, self.key(one) in ticked)
            for one in accounts
        ]
        shown = [("accounts", self.say(problem, limit=limit))] if problem else []
        return self.page("accounts.html", 422 if problem else 200, accounts=rows, problem=shown)

    async def accounts(self) -> tuple[Account, ...]:
        assert self.living.subject is not None
        try:
            return await self.site.billing.accounts(Subject(self.living.subject))
        except Gone:
            return ()

    def key(self, account: Account) -> str:
        return self.site.mac("account", self.token, account.id)[:16]

    async def signed_in(self) -> bool:
        """Whether the sign-in that counts was made in this browser: a later one has another code."""
        kept, subject = self.living.code_hash, self.living.subject
        if not self.visit.sign_in or kept is None or subject is None:
            return False
        return await asyncio.to_thread(verify_code, kept, self.code)

    @property
    def code(self) -> str:
        return new_code(self.site.mac("code", self.token, self.visit.sign_in).encode())

    # Step 3: the code

    async def show_code(self) -> web.Response:
        if not await self.signed_in():
            return self.onward(self.home)
        if not self.living.claims:
            return self.onward("accounts")
        left = self.seconds_left // 60
        claims = [Row(tail(one.number), visible(one.holder)) for one in self.living.claims]
        return self.page("code.html", code=self.code, claims=claims, minutes=max(1, left))

    # What came in

    @property
    def living(self) -> Invitation:
        assert self.invitation is not None
        return self.invitation

    @property
    def seconds_left(self) -> int:
        return int((self.living.expires_at - self.site.clock.now()).total_seconds())

    async def read_form(self) -> None:
        if self.request.content_type != "application/x-www-form-urlencoded":
            raise web.HTTPUnsupportedMediaType
        body = await self.request.read()
        if len(body) > FORM_BYTES:
            raise web.HTTPRequestEntityTooLarge(FORM_BYTES, len(body))
        try:
            self.form = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=200)
        except ValueError:
            raise web.HTTPBadRequest from None

    def field(self, name: str) -> str:
        return self.form.get(name, [""])[0]

    def is_ours(self) -> bool:
        """Whether the form was made for this browser and sent from our page.

        Browsers write "null" as the Origin of our own forms, because of Referrer-Policy: no-referrer (Fetch, "append a
        request Origin header"); those that send Sec-Fetch-Site say there that the page was ours.
        """
        headers = self.request.headers
        if headers.get("Origin", "").lower() not in {self.site.origin, "null"}:
            return False
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        return hmac.compare_digest(self.field("csrf").encode(), self.csrf.encode())

    @property
    def csrf(self) -> str:
        return self.site.mac("form", self.token, self.visit.browser)

    def read_cookie(self) -> Visit:
        payload, _, mac = self.request.cookies.get(self.cookie, "").partition(".")
        if hmac.compare_digest(mac.encode(), self.site.mac("cookie", self.token, payload).encode()):
            return visit_of(payload)
        return Visit(browser=secrets.token_urlsafe(16))

    # What goes out

    @cached_property
    def say(self) -> Say:
        """In the language that was chosen on the page, else the chat's, else the browser's."""
        zone = self.site.operator.default_zone
        wished = accepted(self.request.headers.get("Accept-Language", ""))
        own = self.invitation.language if self.invitation else None
        language = negotiate(self.chosen, own, *wished)
        return Say(language, self.site.clock.now().astimezone(ZoneInfo(zone)).date(), zone)

    @property
    def chosen(self) -> str | None:
        """The language that was chosen on the page; who comes back from the operator's site chose it before."""
        return self.request.query.get("lang") or self.visit.lang or None

    @property
    def query(self) -> str:
        """Keeps a language that was chosen on the page."""
        return f"?lang={self.chosen}" if self.chosen in NATIVE else ""

    @property
    def home(self) -> str:
        """Step 1, seen from this page: relative, because a proxy may serve us below a path."""
        steps_in = self.request.path.count("/") - 2  # /link/T and /link/back are neighbours
        return f"{'../' * steps_in}{self.token}"

    def login_page(self, wrong: Mapping[str, str] = MappingProxyType({})) -> web.Response:
        if self.site.house is not None:
            return self.page("enter.html")
        problem = [(field, self.say(sentence)) for field, sentence in wrong.items()]
        return self.page("login.html", 422 if wrong else 200, login=self.visit.login, wrong=wrong, problem=problem)

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """A step of the way: with the form's number, and the chat that it is about."""
        address, name = self.living.address, visible(self.living.name)
        assert address is not None
        network = f"page-network-{address.network}"
        values |= {
            "csrf": self.csrf,
            "token": self.token,
            "query": self.query,
            "network": self.say(network) if self.say.knows(network) else address.network,
            "name": name or self.say("page-nameless"),
        }
        return self.with_cookie(self.drawn(template, status, **values))

    def notice(
        self, notice: str, status: int, onward: str | None = None, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        """A page that says what is the matter; `onward`: the button that leads to step 1."""
        link = (self.home + self.query, onward) if onward else None
        # A page at /link/back is shown once: it has no other languages but those of step 1.
        here = self.home if onward and self.request.path == "/link/back" else ""
        response = self.drawn("notice.html", status, notice=notice, onward=link, here=here)
        response.headers.update(headers or {})
        return self.with_cookie(response)

    def drawn(self, template: str, status: int, **values: Any) -> web.Response:
        text = TEMPLATES.get_template(template).render(
            say=self.say, lang=self.say.language, operator=self.site.operator.name, **{"here": "", **values}
        )
        return web.Response(status=status, text=text, content_type="text/html", headers=PAGE_HEADERS)

    def onward(self, path: str) -> web.Response:
        return self.with_cookie(web.Response(status=303, headers={"Location": path + self.query}))

    def with_cookie(self, response: web.Response) -> web.Response:
        if self.invitation is not None:
            payload = text_of(msgspec.json.encode(self.visit))
            response.set_cookie(
                self.cookie,
                f"{payload}.{self.site.mac('cookie', self.token, payload)}",
                max_age=max(1, self.seconds_left),
                path="/",
                secure=self.site.secure,
                httponly=True,
                samesite="Lax",  # Strict would lose it on the way from the chat's app
            )
        return response


# ── Small things ──────────────────────────────────────────────────────────────────────────────────────────────────


def claim(account: Account) -> Claim:
    return Claim(account.id, account.number, account.holder, account.region)


def text_of(data: bytes) -> str:
    """Bytes as url-safe text, which a cookie holds without quotes."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def bucket(kind: str, whose: str) -> str:
    return f"{kind}:{hashlib.sha256(whose.encode()).hexdigest()}"


def subnet(address: str) -> str:
    """IPv6 callers own at least a /64 and change addresses inside it."""
    return str(ip_network((address, 64), strict=False)) if ip_address(address).version == 6 else address


def visit_of(payload: str) -> Visit:
    """What a cookie holds. Raises ValueError or MsgspecError for what we have not written."""
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=="), type=Visit)


def askable(text: str, longest: int = FIELD_CHARACTERS) -> bool:
    """Whether a billing can be asked about it: a text of some length, without control characters."""
    return 0 < len(text) <= longest and not any(unicodedata.category(one) in CONTROL for one in text)


def visible(text: str) -> str:
    """A name from outside without what cannot be seen, so that it cannot turn the line around."""
    return "".join(one for one in text if unicodedata.category(one) not in UNSEEN).strip()[:NAME_CHARACTERS]


def accepted(header: str) -> list[str]:
    """The languages of Accept-Language, most wanted first."""
    wishes: list[tuple[float, str]] = []
    for part in header[:200].split(","):
        language, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), language.strip()))
        except ValueError:
            continue
    return [language for weight, language in sorted(wishes, key=lambda wish: wish[0]) if weight < 0]
