"""ABillS on loopback: the customer's REST API and the staff's, telling what another billing tells.

    the real adapter ──▶ /api.cgi/user/…     USERSID: the session of one customer
                     ──▶ /api.cgi/…          KEY: the staff's, which sees everybody
                              │
                              └──▶ source (billing.base.Billing)

`source` is the truth; here is only what ABillS adds: numbers of its own for accounts and for payments and fees,
sessions, and its manners. A number of a payment or a fee is given when it is first seen, in the order of time, so that
`id=>N` tells what is newer; a payment that is not credited has none. What ABillS does not know (outages, bonus points,
options, payments on their way) is not told.

    login                 of the source; an account beyond the person's first has ".2", ".3" behind it: ABillS knows
                          one account by one login
    a trailing slash      may be there or not
    pg, desc              count for nothing in /user/payments and /user/fees, where pageRows presets to 10000
    pageRows              presets to 25 everywhere else; pg is the record to begin with

What a strict server would not have taken is in `violations`; `quirks` are what a live one does on a bad day.
"""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

from billing.base import (
    Billing,
    BillingError,
    Capability,
    Facts,
    Gone,
    Kind,
    Offer,
    Period,
    Refusal,
    Refused,
    Service,
    Unsupported,
    facts_of,
)
from sandbox.abills_book import FEES, PAYMENTS, Book, Numbers
from sandbox.abills_rows import MODULES, ROUTES, Json, Quirk, Rows, deposit, loose, numbered

LOOPBACK: Final = "127.0.0.1"
ZONE: Final = "Europe/Moscow"
PAGE, WHOLE = 25, 10_000
SESSION_DAYS: Final = 31  # back in which internet sessions are told
HUGE: Final = 200 * 2**20
SHOWN: Final = ("_SHOW", "true", "*", "")  # values that ask for a column; any other is a condition on it
# Why there is no promised payment, in ABillS' numbers.
NO_CREDIT: Final = {
    Refusal.SCHEME: 4303,
    Refusal.NEWCOMER: 4303,
    Refusal.RECENT: 4304,
    Refusal.OUTSTANDING: 4305,
    Refusal.NEEDLESS: 4305,
    Refusal.DEBT: 4305,
    Refusal.OTHER: 4302,
}


class Kept(msgspec.Struct):
    numbers: Numbers
    logins: dict[str, str]


class Trouble(Exception):
    """What ABillS says instead of an answer."""

    def __init__(self, status: int, errno: int, text: str, **more: Any) -> None:
        super().__init__(text)
        self.status, self.errno, self.text, self.more = status, errno, text, more


class Asked(NamedTuple):
    """One call that was let in."""

    account: str  # whose session; "" for the staff
    query: Mapping[str, str]
    body: Mapping[str, Any]
    sid: str
    n: int = 0  # the number in the path


Answering = Callable[[Asked], Awaitable[Any]]
Table = dict[str, Answering]


class Route(NamedTuple):
    method: str
    template: str  # "user/{id}/holdup"
    pattern: re.Pattern[str]
    staff: bool
    answer: Answering


class Abills:
    """One ABillS. `delay` is what every answer takes, in seconds."""

    name = "abills"
    unheard = frozenset({"seen"})  # there are no payments on their way

    def __init__(self, source: Billing, *, now: Callable[[], datetime], zone: str = ZONE) -> None:
        self.source, self.zone = source, zone
        self.key = secrets.token_hex(16)  # the staff's
        self.quirks: set[Quirk] = set()
        self.violations: list[str] = []
        self.calls: Counter[str] = Counter()  # by method and path, without numbers
        self.delay = 0.0
        self.widest = 0  # most calls at once
        self._now, self._rows = now, Rows(zone, self.quirks)
        self._at_once = 0
        self._sessions: dict[str, str] = {}  # sid: account
        self._logins: dict[str, str] = {}  # account: by which it signed in last
        self._book = Book(source, lambda: self._rows.today(now()))
        self._hanging = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._url = ""
        self._routes = self._table()

    async def start(self) -> None:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/api.cgi/{path:.*}", self._serve)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self._url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}/api.cgi"

    async def stop(self) -> None:
        self.heal()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self) -> Mapping[str, str]:
        """The environment with which the real adapter talks to this, once started."""
        return {"ABILLS_URL": self._url, "ABILLS_KEY": self.key, "ABILLS_ZONE": self.zone}

    def known_as(self, account: str) -> str:
        return str(numbered(account))

    def login(self, person: str, n: int) -> str:
        """ABillS knows one account by one login: further ones have a number behind it."""
        return person if n == 0 else f"{person}.{n + 1}"

    # For the tests

    def uid(self, account: str) -> int:
        """The number of the source's account here."""
        return numbered(account)

    def end_sessions(self) -> None:
        """Whoever signed in must sign in again."""
        self._sessions.clear()

    def heal(self) -> None:
        """No quirks any more; who was kept waiting is answered."""
        self.quirks.clear()
        self._hanging.set()
        self._hanging = asyncio.Event()

    # What the next start finds

    def keep(self) -> bytes:
        return msgspec.json.encode(Kept(self._book.numbers, self._logins))

    def recall(self, kept: bytes) -> None:
        """Raises msgspec.DecodeError and changes nothing when it cannot be read."""
        was = msgspec.json.decode(kept, type=Kept)
        self._book.numbers |= was.numbers
        self._logins = was.logins

    # ── One call ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _table(self) -> list[Route]:
        """Every path, and who answers."""
        user: Table = {
            "user": self._user,
            "user/pi": self._person,
            "user/payments": self._payments,
            "user/fees": self._fees,
            "user/services": self._services,
            "user/internet": lambda asked: self._module(asked, Kind.INTERNET),
            "user/iptv": lambda asked: self._module(asked, Kind.TV),
            "user/abon": lambda asked: self._module(asked, Kind.OTHER),
            "user/voip": self._phones,
            "user/voip/sessions": self._talks,
            "user/voip/routes": self._voip_routes,
            "user/voip/tariffs": self._voip_tariffs,
            "user/internet/sessions": self._sessions_of,
            "user/internet/session/active": self._active_sessions,
            "user/internet/{id}/warnings": self._warnings,
            "user/recommendedPay": self._recommended,
            "user/credit": self._credit,
            "user/docs/invoices": self._invoices,
            "user/docs/invoices/period": self._coming_invoice,
            "user/docs/invoices/{id}": self._invoice,
            "user/{id}/holdup": self._holdup,
        }
        staff: Table = {
            "users/all": self._everybody,
            "users/{id}": self._somebody,
            "users/{id}/pi": self._somebodys_person,
            "users/{id}/internet": lambda asked: self._somebodys(asked, Kind.INTERNET),
            "users/{id}/iptv": lambda asked: self._somebodys(asked, Kind.TV),
            "users/{id}/abon": lambda asked: self._somebodys(asked, Kind.OTHER),
            "voip/{id}": lambda asked: self._somebodys(asked, Kind.PHONE),
            "payments": lambda asked: self._ledger(asked, PAYMENTS),
            "fees": lambda asked: self._ledger(asked, FEES),
            "version": self._version,
        }
        changing: Table = {
            "POST user/login": self._sign_in,
            "POST users/login": self._sign_in,
            "DELETE user/logout": self._logout,
            "POST user/credit": self._take_credit,
            "POST user/{id}/holdup": self._holdup,
            "DELETE user/{id}/holdup": self._holdup,
        }

        def route(name: str, staff: bool, answer: Answering) -> Route:
            method, _, template = name.partition(" ")
            return Route(method, template, re.compile(template.replace("{id}", "([0-9]+)")), staff, answer)

        return [
            *(route(name, False, answer) for name, answer in changing.items()),
            *(route(f"GET {name}", False, answer) for name, answer in user.items()),
            *(route(f"GET {name}", True, answer) for name, answer in staff.items()),
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self._at_once += 1
        self.widest = max(self.widest, self._at_once)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            if Quirk.SLOW in self.quirks:
                await self._hanging.wait()
            return await self._answer(request)
        finally:
            self._at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"].strip("/")
        route, n = self._route(request.method, path)
        if route is None:
            self.violations.append(f"{request.method} of a path that is not there")
            return self._told(404, self._refusal(Trouble(404, 2, "No such route")))
        self.calls[f"{route.method} /{route.template}/"] += 1
        if (ill := await self._ill(request)) is not None:
            return ill
        try:
            asked = await self._let_in(request, route.staff, path.endswith("login"))
            told = await route.answer(asked._replace(n=n))
        except Trouble as trouble:
            return self._told(trouble.status, self._refusal(trouble))
        except Unsupported:
            return self._told(404, self._refusal(Trouble(404, 2, "Module is off")))
        except Gone:
            return self._told(400, self._refusal(Trouble(400, 15, "User not found")))
        except BillingError:
            return self._told(503, self._refusal(Trouble(503, 1, "Database is away")))
        if Quirk.WRAPPED in self.quirks and isinstance(told, dict):
            told = [told]
        return self._told(200, told)

    def _route(self, method: str, path: str) -> tuple[Route | None, int]:
        """The first that fits, and the number in the path."""
        for route in self._routes:
            if route.method == method and (found := route.pattern.fullmatch(path)):
                return route, int(found[1]) if found.groups() else 0
        return None, 0

    async def _ill(self, request: web.Request) -> web.StreamResponse | None:
        """What a server answers that is out of order; None: it is in order."""
        if Quirk.HTML in self.quirks:
            return web.Response(status=500, text="<html><body>Software error</body></html>", content_type="text/html")
        if Quirk.REDIRECT in self.quirks:
            assert self._runner is not None
            port = self._runner.addresses[0][1]
            return web.Response(status=302, headers={"Location": f"http://localhost:{port}/elsewhere"})
        if Quirk.HUGE in self.quirks:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            block = b" " * 2**16
            for _ in range(HUGE // len(block)):
                await response.write(block)
            await response.write(b"{}")
            return response
        return None

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.violations.append("a redirect was followed to another origin")
        if {"KEY", "USERSID"} & {name.upper() for name in request.headers}:
            self.violations.append("a secret was carried to another origin")
        return web.json_response({})

    def _told(self, status: int, data: Any) -> web.Response:
        body = msgspec.json.encode(data)
        if Quirk.BROKEN in self.quirks:
            body = body[: len(body) // 2]
        return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")

    def _refusal(self, trouble: Trouble) -> Json:
        if Quirk.ERROR_NAMES in self.quirks:
            return {"error": str(trouble.errno), "errstr": trouble.text, "errmsg": trouble.text, **trouble.more}
        return {"errno": trouble.errno, "errstr": trouble.text, **trouble.more}

    async def _let_in(self, request: web.Request, staff: bool, login: bool) -> Asked:
        """Whose call it is. Raises Trouble: nobody's."""
        key, sid = request.headers.get("KEY"), request.headers.get("USERSID", "")
        if key is not None and not staff:
            self.violations.append("the customer's API was asked with the staff's key")
        if sid and staff:
            self.violations.append("the staff's API was asked with a customer's session")
        if {"password", "showPassword"} & request.query.keys():
            self.violations.append("passwords were asked for")
        body = await self._body(request)
        query = dict(request.query)
        if login:
            return Asked("", query, body, "")
        if staff:
            if key != self.key:
                raise Trouble(401, 10, "Access denied")
            return Asked("", query, body, "")
        if sid not in self._sessions:
            raise Trouble(401, 10, "Access denied")
        return Asked(self._sessions[sid], query, body, sid)

    async def _body(self, request: web.Request) -> Mapping[str, Any]:
        raw = await request.read()
        if not raw:
            return {}
        try:
            body = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            body = None
        if request.content_type != "application/json" or not isinstance(body, dict):
            self.violations.append("a body that is no JSON object, or does not say so")
            raise Trouble(400, 1, "Unreadable body")
        return body

    # ── Signing in ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _sign_in(self, asked: Asked) -> Json:
        login, password = str(asked.body.get("login", "")), str(asked.body.get("password", ""))
        account = await self._whose(login, password)
        if account is None:
            raise Trouble(400, 1_001_014, "Wrong login or password")
        sid = secrets.token_hex(8)
        self._sessions[sid], self._logins[account] = account, login
        told = {"uid": numbered(account), "sid": sid, "login": login}
        return {**told, "password": password} if Quirk.PASSWORD in self.quirks else told

    async def _whose(self, login: str, password: str) -> str | None:
        person, _, nth = login.rpartition(".")
        tries = [(login, 0)]
        if person and nth.isdecimal() and nth.isascii() and 1 < int(nth[:4]) < 1000:
            tries.insert(0, (person, int(nth) - 1))
        for name, n in tries:
            subject = await self.source.authenticate(name, password)
            if subject is not None:
                mine = await self.source.accounts(subject)
                return mine[n].id if n < len(mine) else None
        return None

    async def _logout(self, asked: Asked) -> Json:
        del self._sessions[asked.sid]
        return {"result": "OK"}

    # ── The customer's own ───────────────────────────────────────────────────────────────────────────────────────

    async def _user(self, asked: Asked) -> Json:
        if Quirk.LICENCE in self.quirks:
            raise Trouble(400, 699, "License scope")
        return self._rows.user(await facts_of(self.source, asked.account), self._login_of(asked.account))

    def _login_of(self, account: str) -> str:
        return self._logins.get(account, f"u{numbered(account)}")

    async def _person(self, asked: Asked) -> Json:
        return await self._person_of(asked.account)

    async def _person_of(self, account: str) -> Json:
        reaches = await self.source.reaches(account) if Capability.REACHES in self.source.can else ()
        return self._rows.person(await self.source.account(account), reaches)

    async def _payments(self, asked: Asked) -> Any:
        return await self._own(asked, PAYMENTS)

    async def _fees(self, asked: Asked) -> Any:
        return await self._own(asked, FEES)

    async def _own(self, asked: Asked, kind: str) -> Any:
        await self._book.read({asked.account})
        mine = [one for one in self._book.in_order(kind) if one.account == asked.account]
        rows = [self._rows.entry(one, payment=kind == PAYMENTS) for one in mine]
        return self._listed(rows[: number(asked.query, "pageRows", WHOLE)])

    async def _services(self, asked: Asked) -> Json:
        rows = await self._by_module(asked.account)
        return {module: self._listed(rows[module]) for module in (*MODULES.values(), "cams")}

    async def _by_module(self, account: str) -> dict[str, list[Json]]:
        today = self._rows.today(self._now())
        rows: dict[str, list[Json]] = {module: [] for module in (*MODULES.values(), "cams")}
        for one in await self.source.services(account):
            rows[MODULES[one.kind]].append(self._rows.service(one, today))
        return rows

    async def _module(self, asked: Asked, kind: Kind) -> Any:
        return self._listed((await self._by_module(asked.account))[MODULES[kind]])

    async def _of_kind(self, account: str, kind: Kind) -> list[Service]:
        return [one for one in await self.source.services(account) if one.kind is kind]

    async def _phones(self, asked: Asked) -> Any:
        if not await self._of_kind(asked.account, Kind.PHONE):
            raise Trouble(400, 30_011, "Not active voip service")
        return await self._module(asked, Kind.PHONE)

    async def _talks(self, asked: Asked) -> Json:
        phones = await self._of_kind(asked.account, Kind.PHONE)
        if not phones:
            raise Trouble(400, 30_011, "Not active voip service")
        today = self._rows.today(self._now())
        first, last = (day_of(asked.query.get(name, "")) for name in ("fromDate", "toDate"))
        if Quirk.UNFILTERED in self.quirks:
            first = last = None
        first, last = first or date(2000, 1, 1), last or today
        # A day wider on both sides: the account's days need not be ours.
        wide = Period(first - timedelta(days=1), max(first, last) + timedelta(days=1))
        found = [
            (one, phone)
            for phone in phones
            for one in await self.source.calls(asked.account, phone.id, wide)
            if first <= self._rows.today(one.at) <= last
        ]
        if not found:
            return {"result": "OK", "warningId": 30_101, "warnings": "No sessions"}
        found.sort(key=lambda pair: (pair[0].at, pair[0].id), reverse=True)
        calls = [one for one, _ in found]
        spans = {"today": 0, "yesterday": 1, "week": 7, "month": 31}
        return {
            "sessions": {
                "list": self._listed([self._rows.call(*pair) for pair in self._page(asked, found)]),
                "total": self._rows.talked(calls),
            },
            "periods": {
                **{
                    name: self._rows.talked([one for one in calls if self._rows.today(one.at) >= today - days(back)])
                    for name, back in spans.items()
                },
                "allSessions": self._rows.talked(calls),
                "stats": {"avg": {"duration": "00:01:17.4393", "sum": 0}},
            },
        }

    async def _voip_routes(self, asked: Asked) -> list[Json]:
        if not await self._of_kind(asked.account, Kind.PHONE):
            raise Trouble(400, 30_012, "Not active voip service")
        return [{"prefix": prefix, "name": name, "price": 0, "status": 0} for prefix, name in ROUTES.values()]

    async def _voip_tariffs(self, asked: Asked) -> list[Json]:
        return [{"name": one.tariff, "status": 0} for one in await self._of_kind(asked.account, Kind.PHONE)]

    async def _sessions_of(self, asked: Asked) -> Any:
        today = self._rows.today(self._now())
        recent, rows = Period(today - days(SESSION_DAYS), today), []
        for service in await self._of_kind(asked.account, Kind.INTERNET):
            used = await self.source.usage(asked.account, service.id, recent)
            for _, of_a_day in groupby(used, key=lambda one: one.day):
                rows.append(self._rows.session(service, list(of_a_day)))
        return self._listed(rows[: number(asked.query, "pageRows", PAGE)])

    async def _active_sessions(self, asked: Asked) -> list[Json]:
        return []

    async def _warnings(self, asked: Asked) -> Json:
        for one in await self._of_kind(asked.account, Kind.INTERNET):
            if numbered(one.id) == asked.n:
                coming = self._rows.service(one, self._rows.today(self._now())).get("nextAbon", {})
                told = {name: coming[name] for name in ("daysToFee", "sum", "abonDate") if name in coming}
                return {"messageType": "success", **told}
        raise Trouble(400, 30_013, "No such service")

    async def _recommended(self, asked: Asked) -> Json:
        return self._rows.recommended(await facts_of(self.source, asked.account))

    async def _offer(self, account: str) -> Offer:
        try:
            return await self.source.offer(account)
        except (Unsupported, Gone):
            raise Trouble(400, 4302, "Credit is off") from None

    async def _credit(self, asked: Asked) -> Json:
        offer = await self._offer(asked.account)
        if offer.refusal is not None:
            raise Trouble(400, NO_CREDIT[offer.refusal], "Credit is not available")
        return self._rows.terms(offer, self._rows.today(self._now()))

    async def _take_credit(self, asked: Asked) -> Json:
        """Not safe to repeat: a second one is refused, as it is a second one."""
        terms = await self._credit(asked)
        try:
            await self.source.promise(asked.account, (await self._offer(asked.account)).id)
        except Refused as refused:
            raise Trouble(400, NO_CREDIT[refused.offer.refusal or Refusal.OTHER], "Credit is not available") from None
        price = terms.pop("creditChgPrice")  # another name here than in the terms
        return {**terms, "creditChangePrice": loose(price), "uid": numbered(asked.account)}

    async def _invoices(self, asked: Asked) -> Json:
        """What is unpaid: of the others `source` does not tell."""
        facts = await facts_of(self.source, asked.account)
        bills = await self.source.bills(asked.account)
        return {"list": self._listed([self._rows.invoice(one, facts) for one in bills]), "total": len(bills)}

    async def _invoice(self, asked: Asked) -> Json:
        for one in await self.source.bills(asked.account):
            if numbered(one.id) == asked.n:
                return self._rows.whole_invoice(one, await facts_of(self.source, asked.account))
        raise Trouble(400, 2, "No such invoice")

    async def _coming_invoice(self, asked: Asked) -> Json:
        orders: dict[str, dict[str, Json]] = {}
        for n, one in enumerate(await self.source.services(asked.account), 1):
            if one.fee is not None and one.next_fee is not None:
                row = {
                    "order": one.title,
                    "date": self._rows.day(one.next_fee),
                    "resultSum": self._rows.amount(one.fee),
                }
                orders.setdefault(MODULES[one.kind], {})[str(n)] = {**row, "num": n, "taxSum": 0}
        return {"serviceOrders": orders, "total": sum(map(len, orders.values()))}

    async def _holdup(self, asked: Asked) -> Json:
        raise Trouble(400, 4401, "ERR_HOLDUP_OFF")

    # ── The staff's ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _version(self, asked: Asked) -> Json:
        return {"billing": "sandbox", "version": "1.47", "apiVersion": msgspec.Raw(b"1.47")}

    async def _everybody(self, asked: Asked) -> Any:
        """Columns are told when they are asked for; a condition is asked for inside the value."""
        await self._book.look()
        rows = []
        for uid in sorted(self._book.accounts):
            facts = await facts_of(self.source, self._book.accounts[uid])
            if not (self._met(asked, "deposit", deposit(facts).minor, 100) and self._met(asked, "uid", uid)):
                continue
            whole = self._rows.staff_user(facts, self._login_of(facts.account.id))
            columns = {**whole, **await self._of_person(facts, asked), "loginStatus": whole["disable"]}
            rows.append({name: columns[name] for name in ("login", "uid", *columns) if self._wanted(asked, name)})
        return self._listed(self._page(asked, rows))

    async def _of_person(self, facts: Facts, asked: Asked) -> Json:
        if {"fio", "contractId", "contractDate", "phone", "email"} & asked.query.keys():
            return await self._person_of(facts.account.id)
        return {}

    def _wanted(self, asked: Asked, column: str) -> bool:
        return column in {"login", "uid"} or column in asked.query

    async def _known(self, uid: int) -> str:
        await self._book.look()
        if uid not in self._book.accounts:
            raise Trouble(400, 15, "User not found", uid=uid)
        return self._book.accounts[uid]

    async def _somebody(self, asked: Asked) -> Json:
        account = await self._known(asked.n)
        return self._rows.staff_user(await facts_of(self.source, account), self._login_of(account))

    async def _somebodys_person(self, asked: Asked) -> Json:
        return await self._person_of(await self._known(asked.n))

    async def _somebodys(self, asked: Asked, kind: Kind) -> Any:
        return self._listed((await self._by_module(await self._known(asked.n)))[MODULES[kind]])

    async def _ledger(self, asked: Asked, kind: str) -> Any:
        """Everybody's payments or fees; `id=>N` is a place in them."""
        await self._book.look()
        first, last = (day_of(asked.query.get(name, "")) for name in ("fromDate", "toDate"))
        entries = [
            one
            for one in self._book.in_order(kind)
            if self._met(asked, "id", one.id)
            and self._met(asked, "uid", numbered(one.account))
            and (
                Quirk.UNFILTERED in self.quirks or (first or date.min) <= self._rows.today(one.at) <= (last or date.max)
            )
        ]
        if asked.query.get("desc") == "DESC":
            entries.reverse()
        also = asked.query.keys()
        rows = [self._rows.staff_entry(one, payment=kind == PAYMENTS, also=also) for one in self._page(asked, entries)]
        if "login" in also:
            rows = [{**row, "login": self._login_of(self._book.accounts[row["uid"]])} for row in rows]
        return self._listed(rows, mixed=False)

    # ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _met(self, asked: Asked, column: str, value: int, scale: int = 1) -> bool:
        """Whether the value meets what is asked of it: "<0", ">3187", "7", "1,2". `scale`: kopecks of a ruble."""
        condition = asked.query.get(column, "")
        if condition in SHOWN or Quirk.UNFILTERED in self.quirks:
            return True
        sign, limit = re.match(r"(<=|>=|<|>|)(.*)", condition, re.DOTALL).groups()  # type: ignore[union-attr]
        try:
            limits = [Decimal(one) * scale for one in re.split("[,;]", limit)]
        except InvalidOperation:
            self.violations.append(f"a condition on {column} that is none")
            return False
        match sign:
            case "<":
                return value < limits[0]
            case ">":
                return value > limits[0]
            case "<=":
                return value <= limits[0]
            case ">=":
                return value >= limits[0]
            case _:
                return value in limits

    def _page(self, asked: Asked, rows: Sequence[Any]) -> Sequence[Any]:
        if Quirk.UNFILTERED in self.quirks:
            return rows
        begin = number(asked.query, "pg", 0)
        return rows[begin : begin + number(asked.query, "pageRows", PAGE)]

    def _listed(self, rows: Sequence[Json], *, mixed: bool = True) -> Any:
        """A list as it comes."""
        found = list(rows)
        if Quirk.STRANGER in self.quirks and mixed and found and "uid" in found[0]:
            found.insert(0, {**found[0], "uid": found[0]["uid"] + 1, **({"id": 1} if "id" in found[0] else {})})
        return found[0] if Quirk.SINGLE in self.quirks and len(found) == 1 else found


def number(query: Mapping[str, str], name: str, preset: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() else preset


def days(count: int) -> timedelta:
    return timedelta(days=count)


def day_of(text: str) -> date | None:
    """None for none, "0000-00-00" and what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
