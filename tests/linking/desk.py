"""What the linking tests share: links in memory, a billing of three people, and a browser that reads pages."""

import hashlib
import socket
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from adapters.base import Address
from billing.base import Account, Scheme, Subject, Unavailable
from billing.openid import OpenId
from bot.hardening import hardened, runner
from bot.linking import linking
from handlers.ask import Operator
from handlers.codes import clean_code, hash_token, verify_code
from sandbox.openid import OpenId as Provider
from storage.base import Claim, Invitation, Origin
from tests.clock import HandClock

KEY = "k" * 40
SECRET = b"s" * 32
VK, TELEGRAM, OK = (Address(name, "7001") for name in ("vk", "telegram", "ok"))
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
DRAWN = {"rect", "path"}


# ── Storage in memory ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class MemoryLinks:
    clock: HandClock
    invitations: dict[bytes, Invitation] = field(default_factory=dict)
    linked: dict[str, set[str]] = field(default_factory=dict)  # chat -> accounts
    attempts: list[tuple[int, str, datetime]] = field(default_factory=list)
    written: int = 0  # how often anything was changed

    async def invitation(self, token_hash: bytes) -> Invitation | None:
        found = self.invitations.get(token_hash)
        return found if found and found.expires_at > self.clock.now() else None

    async def sign_in(self, token_hash: bytes, subject: str, claims: Sequence[Claim], code_hash: str) -> bool:
        found = await self.invitation(token_hash)
        if found is None:
            return False
        self.written += 1
        self.invitations[token_hash] = replace(found, subject=subject, claims=tuple(claims), code_hash=code_hash)
        return True

    async def grant(self, token_hash: bytes, subject: str, claims: Sequence[Claim], expires_at: datetime) -> None:
        self.written += 1
        self.invitations[token_hash] = Invitation(
            len(self.invitations) + 1, Origin.ACCOUNT, expires_at, subject=subject, claims=tuple(claims)
        )

    async def attempt(self, keys: Sequence[tuple[str, int, float]]) -> int | None:
        now = self.clock.now()
        for key, limit, seconds in keys:
            recent = [at for _, one, at in self.attempts if one == key and at > now - timedelta(seconds=seconds)]
            if len(recent) >= limit:
                return None
        self.written += 1
        receipt = self.written
        self.attempts += [(receipt, key, now) for key, _, _ in keys]
        return receipt

    async def forgive(self, receipt: int) -> None:
        self.attempts = [one for one in self.attempts if one[0] != receipt]

    # The chat's side, which effects do in the real storage.

    def invite(self, address: Address, token: str, name: str = "Анна Петрова", language: str = "ru") -> None:
        for key in [k for k, one in self.invitations.items() if one.address == address]:
            del self.invitations[key]
        self.invitations[hash_token(token)] = Invitation(
            len(self.invitations) + 1,
            Origin.CHAT,
            self.clock.now() + timedelta(seconds=600),
            address=address,
            name=name,
            language=language,
        )

    def type_code(self, address: Address, typed: str) -> bool:
        for key, one in list(self.invitations.items()):
            if one.address == address and one.expires_at > self.clock.now():
                if one.code_hash and one.claims and verify_code(one.code_hash, typed):
                    del self.invitations[key]
                    self.linked.setdefault(str(address), set()).update(claim.account for claim in one.claims)
                    return True
                return False
        return False


# ── A billing of three people ─────────────────────────────────────────────────────────────────────────────────────


def account(id_: str, holder: str = "Анна П.", *, is_open: bool = True) -> Account:
    number = str(int(hashlib.sha256(id_.encode()).hexdigest()[:10], 16) % 10**10).zfill(10)
    return Account(id_, number, Scheme.ADVANCE, holder, open=is_open)


@dataclass
class Books:
    """`demo`, `victim`, and `alone` who has nothing; password = login. `locked` is known and refused."""

    clock: HandClock
    takes: Mapping[str, float] = field(default_factory=dict)  # login -> seconds
    down: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    owned: dict[str, tuple[Account, ...]] = field(
        default_factory=lambda: {
            "demo": (account("demo-1"), account("demo-2", "Пётр С."), account("demo-closed", is_open=False)),
            "victim": (account("victim-1", "Вера В."),),
            "alone": (account("alone-closed", is_open=False),),
        }
    )

    async def authenticate(self, login: str, password: str) -> Subject | None:
        self.asked[login] += 1
        self.clock.advance(self.takes.get(login, 0.01))
        if self.down:
            raise Unavailable("test")
        return Subject(f"person-{login}") if login in self.owned and password == login else None

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        if self.down:
            raise Unavailable("test")
        return self.owned.get(subject.id.removeprefix("person-"), ())


class House(Books):
    """The same three, who prove who they are at the operator's own site: `provider`, a real one on loopback."""

    provider: Provider
    client: OpenId

    async def door(self, back: str, state: str, nonce: str, verifier: str) -> str:
        if self.down:
            raise Unavailable("test")
        return await self.client.door(back, state, nonce, verifier)

    async def enter(self, code: str, back: str, nonce: str, verifier: str) -> Subject | None:
        self.asked["enter"] += 1
        person = await self.client.enter(code, back, nonce, verifier)
        return None if person is None else Subject(person.subject)


class Line:
    """A network as far as linking knows it."""

    def __init__(self, url: str | None) -> None:
        self.url = url

    def deep_link(self, token: str) -> str | None:
        return self.url and self.url + token


# ── The site on loopback ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Desk:
    url: str
    app: web.Application
    links: Any
    billing: Books
    clock: HandClock
    pauses: list[float]


@asynccontextmanager
async def desk(
    *,
    clock: HandClock | None = None,
    links: Any = None,
    public: str = "",
    operator: str = "Связь Плюс",
    max_links: int = 5,
    more: Mapping[str, Any] | None = None,
    billing: Books | None = None,
) -> AsyncIterator[Desk]:
    """`public`: our address as browsers write it; {port} is filled in."""
    clock = clock or HandClock()
    links = links or MemoryLinks(clock)
    billing, pauses = billing or Books(clock), list[float]()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        url = public.format(port=port) if "{port}" in public else f"http://127.0.0.1:{port}"
        app = hardened(2**20)
        linking(
            app,
            links=links,
            billing=billing,  # type: ignore[arg-type]
            networks={
                "vk": Line("https://vk.me/x?ref="),
                "telegram": Line("https://t.me/x?start="),
                "ok": Line(None),
                "quiet": Line("https://quiet.example/"),
            },  # type: ignore[dict-item]
            operator=Operator(
                operator,
                public.format(port=port) or url,
                max_links=max_links,
                networks={"vk": "full", "telegram": "full", "ok": "full", "quiet": "public"},
            ),
            clock=clock,
            pause=pause,
            **{"secret": SECRET, "api_key": KEY, **(more or {})},
        )

        async def broken(_: web.Request) -> web.Response:
            raise RuntimeError("a failure that names tok-canary-9f3a")

        app.router.add_get("/broken", broken)
        running = runner(app)
        await running.setup()
        try:
            await web.SockSite(running, listening).start()
            yield Desk(url, app, links, billing, clock, pauses)
        finally:
            await running.cleanup()


@asynccontextmanager
async def federated(**more: Any) -> AsyncIterator[tuple[Desk, Provider]]:
    """A site whose customers sign in at the operator's."""
    clock = HandClock()
    house = House(clock)
    house.provider = provider = Provider(house, now=clock.now)  # type: ignore[arg-type]
    await provider.start()
    house.client = OpenId(provider.url, "saldo", provider.secret, now=clock.now)
    try:
        async with desk(clock=clock, billing=house, **more) as made:
            yield made, provider
    finally:
        await house.client.close()
        await provider.stop()


# ── A browser without JavaScript ──────────────────────────────────────────────────────────────────────────────────


class Reader(HTMLParser):
    """Reads a page strictly: what is open must be closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.stack: list[str] = []
        self.feed(text)
        self.close()
        assert not self.stack, f"never closed: {self.stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"doubled attribute in {tag}"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | DRAWN
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack[-1:] == [tag], f"</{tag}> closes another element"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1] not in {"style", "title"}:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


@dataclass(frozen=True)
class Page:
    status: int
    body: bytes
    headers: Mapping[str, str]
    path: str

    @property
    def html(self) -> str:
        return self.body.decode()

    @property
    def reader(self) -> Reader:
        return Reader(self.html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.reader.words).split())

    @property
    def csrf(self) -> str:
        return next(one["value"] for one in self.reader.all("input") if one.get("name") == "csrf")

    @property
    def keys(self) -> list[str]:
        return [one["value"] for one in self.reader.all("input") if one.get("name") == "account"]

    @property
    def door(self) -> str:
        """Where a page leads on to, by itself and by its button."""
        by_itself = next(one["content"] for one in self.reader.all("meta") if one.get("http-equiv") == "refresh")
        button = next(one["href"] for one in self.reader.all("a") if one.get("class") == "button")
        assert by_itself == f"0; url={button}"
        return button

    @property
    def code(self) -> str:
        found = clean_code(self.html.partition('id="code"')[2].partition(">")[2].partition("<")[0])
        assert found is not None
        return found


class Browser:
    """One person's browser: keeps cookies, follows our own redirects, sends what browsers send."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def get(self, path: str, **headers: str) -> Page:
        return await self.ask("GET", path, headers=headers)

    async def ask(self, method: str, path: str, **more: Any) -> Page:
        async with self.session.request(method, self.url + path, **more) as response:
            body = await response.read()
            return Page(response.status, body, response.headers.copy(), response.url.path)

    async def send(self, page: Page, form: Any, **more: Any) -> Page:
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        return await self.ask("POST", page.path, data=[("csrf", page.csrf), *form], headers=headers, **more)

    async def sign_in(self, token: str, login: str, password: str | None = None) -> Page:
        page = await self.get(f"/link/{token}")
        return await self.send(page, [("login", login), ("password", login if password is None else password)])

    async def set_out(self, token: str, query: str = "") -> Page:
        """To the page that leads on to the operator's site."""
        page = await self.get(f"/link/{token}{query}")
        form = page.reader.all("form")[0]
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        data = {"csrf": page.csrf}
        return await self.ask("POST", f"/link/{form['action']}", data=data, headers=headers)

    async def visit(self, door: str, login: str, password: str | None = None, *, verdict: str = "allow") -> str:
        """Sign in at the operator's site; the address that it sends the browser back to."""
        async with self.session.get(door) as response:
            assert response.status == 200, await response.text()
            visit = next(one["value"] for one in Reader(await response.text()).all("input"))
        data = {"visit": visit, "login": login, "password": password or login, "verdict": verdict}
        where = door.partition("?")[0]
        async with self.session.post(where, data=data, allow_redirects=False) as response:
            assert response.status == 302, await response.text()
            return response.headers["Location"].removeprefix(self.url)

    async def link(self, token: str, login: str) -> Page:
        """All steps: the page with the code."""
        page = await self.sign_in(token, login)
        assert urlsplit(page.path).path.endswith("/accounts"), page.text
        return await self.send(page, [("account", key) for key in page.keys])


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(session, url)
