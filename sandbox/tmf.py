"""TM Forum Open APIs on loopback, telling what another billing tells.

    the real adapter ──▶ POST /oauth/token                        client credentials, tokens that end
                     ──▶ /tmf-api/accountManagement/v4/…  TMF666   ◀─┐
                     ──▶ /tmf-api/customerBillManagement/v4/… 678    ├── source (billing.base.Billing)
                     ──▶ TMF676 654 637 635 677 629, and `hub`     ◀─┘
    the browser      ──▶ `openid`: the operator's identity provider (sandbox/openid.py)

`source` is the truth; here is only what TM Forum adds, and when an account has last changed: the source's own feed is
looked through before it is told. With `version=5` those APIs are v5 whose v5 descriptions are public; the others have
none and stay v4.

    lists     `offset` and `limit`, filters by path with .gt .gte .lt .lte, `fields`; X-Total-Count and X-Result-Count;
              206 while there is more
    refused   no token, PATCH, another path, a filter that no record has: each is a line of `violations`, for a strict
              server would not have taken it; a live one ignores the filter, and so does this

`quirks` (sandbox/tmf_quirks.py) are what a live server does on a bad day. Rows are made in sandbox/tmf_rows.py.
"""

import asyncio
import base64
import hmac
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, unquote_plus
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from aiohttp import web

from billing.base import Account, Billing, Capability, Gone, Money, Period, Scheme, Subject, Use, facts_of
from sandbox import tmf_rows as rows
from sandbox.openid import CLIENT as OPENID_CLIENT
from sandbox.openid import OpenId
from sandbox.tmf_quirks import Quirk, anonymous, bare, bend, noise

Json = dict[str, Any]

LOOPBACK: Final = "127.0.0.1"
CLIENT: Final = "saldo"
ZONE: Final = "Europe/Moscow"  # where the operator's own days are counted
PAGE, LARGEST_PAGE = 20, 1000
TOKEN_LIFE: Final = timedelta(hours=1)
HUGE: Final = 200 * 2**20
FEED_PAGE: Final = 1000
EVER: Final = Period(date(2000, 1, 1), date(2099, 12, 31))
EVENT_SECONDS: Final = 5.0  # within which a callback answers
RESERVED: Final = {"fields", "offset", "limit"}
SUFFIXES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


class Api(NamedTuple):
    v4: str
    v5: str | None  # None: there is no public description


# The bases of the descriptions; each is an API of its own to whoever connects one.
APIS: Final[Mapping[str, Api]] = {
    "customer": Api("/tmf-api/customerManagement/v4", "/tmf-api/customer/v5"),
    "usage": Api("/tmf-api/usageManagement/v4", None),
    "product": Api("/tmf-api/productInventory/v4", "/tmf-api/productInventory/v5"),
    "prepay": Api("/tmf-api/prepayBalanceManagement/v4", None),
    "account": Api("/tmf-api/accountManagement/v4", "/tmf-api/accountManagement/v5"),
    "payment": Api("/payment/v4", None),
    "consumption": Api("/tmf-api/usageConsumption/v4", "/tmf-api/usageConsumption/v5"),
    "bill": Api("/tmf-api/customerBillManagement/v4", "/tmf-api/customerBillManagement/v5"),
}
# What records of a resource can be asked for by. Dates also with a suffix.
RESOURCES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "billingAccount": ("account", ("id", "relatedParty.id", "lastModified", "lastUpdate", "state", "name")),
    "bucket": ("prepay", ("partyAccount.id", "relatedParty.id", "usageType", "status")),
    "accumulatedBalance": ("prepay", ("partyAccount.id", "relatedParty.id")),
    "topupBalance": ("prepay", ("partyAccount.id", "confirmationDate", "status")),
    "customerBill": ("bill", ("billingAccount.id", "relatedParty.id", "state", "billDate", "lastUpdate")),
    "appliedCustomerBillingRate": ("bill", ("billingAccount.id", "date", "isBilled", "bill.id")),
    "payment": ("payment", ("account.id", "paymentDate", "status", "payer.id")),
    "product": ("product", ("billingAccount.id", "relatedParty.id", "status")),
    "usage": ("usage", ("relatedParty.id", "usageDate", "usageType", "status")),
    "queryUsageConsumption": ("consumption", ("partyAccount.id",)),
    "customer": ("customer", ("id", "relatedParty.id", "account.id")),
}
# By these a record is one account's: then the others need not be looked at.
BY_ACCOUNT: Final = {"billingAccount.id", "account.id", "partyAccount.id", "relatedParty.id", "payer.id"}
# What can be announced ▶ the API that does, the event, and the resource it holds.
EVENTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "account": ("account", "BillingAccountAttributeValueChangeEvent", "billingAccount"),
    "state": ("account", "BillingAccountStateChangeEvent", "billingAccount"),
    "payment": ("payment", "PaymentCreateEvent", "payment"),
    "bill": ("bill", "CustomerBillCreateEvent", "customerBill"),
    "product": ("product", "ProductStateChangeEvent", "product"),
    "topup": ("prepay", "TopupBalanceCreateEvent", "topupBalance"),
    "usage": ("usage", "UsageCreateEvent", "usage"),
}
encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Trouble(Exception):
    """What is said instead of an answer: TM Forum's Error."""

    def __init__(self, status: int, code: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason


@dataclass(frozen=True, slots=True)
class Listener:
    api: str
    callback: str
    query: str


class Tmf:
    """The eight APIs and the identity provider, from `start` to `stop`. `delay` is what every answer takes, in seconds.

    `now` tells when an account changed, and when a token ends.
    """

    name = "tmf"
    unheard: frozenset[str] = frozenset()

    def __init__(self, source: Billing, *, version: int = 4, now: Callable[[], datetime]) -> None:
        self.source, self.version = source, version
        self.quirks: set[Quirk] = set()
        self.violations: list[str] = []
        self.calls: Counter[str] = Counter()  # by method and path, without ids
        self.delay = 0.0
        self.widest = 0  # most requests at once
        self.widest_of: dict[str, int] = dict.fromkeys(APIS, 0)  # the same, by API
        self.secret = secrets.token_urlsafe(24)
        self.openid = OpenId(source, now=now)
        self.listeners: dict[str, Listener] = {}
        self.url = ""
        self._now = now
        self._busy: Counter[str] = Counter()
        self._odd = False
        self._tokens: dict[str, datetime] = {}
        self._changed: dict[str, datetime] = {}  # accounts, in the order in which they were first seen
        self._zones: dict[str, str] = {}  # by region, or by account number where an account has none
        self._billed: dict[str, tuple[Money, datetime]] = {}  # what was left of a bill, and since when
        self._cursor: str | None = None
        self._asked_to_look, self._looked = 0, 0
        self._looking = asyncio.Lock()
        self._hanging = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self._makers: Mapping[str, Callable[[Account, Mapping[str, str]], Awaitable[list[Json]]]] = {
            "billingAccount": self._billing_accounts,
            "bucket": self._buckets,
            "accumulatedBalance": self._buckets_of_all,
            "topupBalance": self._topups,
            "customerBill": self._bills,
            "appliedCustomerBillingRate": self._rates,
            "payment": self._payments,
            "product": self._products,
            "usage": self._usages,
            "queryUsageConsumption": self._consumptions,
            "customer": self._customers,
        }

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=2**16)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=EVENT_SECONDS))
        await self.openid.start()
        await self.look()
        for id in self._changed:
            facts = await facts_of(self.source, id)
            zone = ZoneInfo(facts.account.zone)
            self._billed |= {
                one.id: (one.remaining, datetime.combine(one.issued, time.min, zone)) for one in facts.bills
            }
            # No field of an account names its zone: who connects this is told where the others are.
            if facts.account.zone != ZONE:
                self._zones[facts.account.region or f"{facts.account.number}*"] = facts.account.zone

    async def stop(self) -> None:
        self._hanging.set()
        await self.openid.stop()
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def base(self, api: str) -> str:
        return f"{self.url}{APIS[api].v5 if self.speaks(api) == 5 else APIS[api].v4}"

    def speaks(self, api: str) -> int:
        """The version of this API."""
        return 5 if self.version == 5 and APIS[api].v5 else 4

    def known_as(self, account: str) -> str:
        return account

    def login(self, person: str, n: int) -> str:
        return person

    # ── For the tests ─────────────────────────────────────────────────────────────────────────────────────────────

    def heal(self) -> None:
        self.quirks.clear()
        self._hanging.set()
        self._hanging = asyncio.Event()

    def revoke(self) -> None:
        """No token that was given counts any more."""
        self._tokens.clear()

    async def announce(self, account: str, kind: str = "account", times: int = 1) -> list[int]:
        """Tell everybody who listens to that API that something of the account has changed, each `times` times with
        the same event id; the statuses of their answers, 0 for none. Raises KeyError for a kind that there is not."""
        api, event_type, resource = EVENTS[kind]
        key = {"customerBill": "billingAccount", "topupBalance": "partyAccount"}.get(resource, "account")
        about: Json = {"id": account} if resource == "billingAccount" else {"id": secrets.token_hex(8)}
        if resource in ("product", "customerBill"):
            key = "billingAccount"
        if resource != "billingAccount":
            about[key] = {"id": account}
        new = self.speaks(api) == 5
        at = self._now().isoformat()
        body: Json = {
            "eventId": secrets.token_hex(16),
            "eventType": event_type,
            "eventTime": at,
            "timeOccurred" if new else "timeOcurred": at,
            "domain": api,
        }
        if api == "account" and not new:
            body |= {"fieldPath": resource, "payload": {resource: about}}
        else:
            body |= {"event": {resource: about}}
        if new:
            body["@type"] = event_type
        return [
            await self._tell(one, body) for one in list(self.listeners.values()) if one.api == api for _ in range(times)
        ]

    async def _tell(self, listener: Listener, body: Json) -> int:
        assert self._client is not None
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self._client.post(listener.callback, json=body, allow_redirects=False) as answer:
                return answer.status
        return 0

    # ── What has changed ──────────────────────────────────────────────────────────────────────────────────────────

    async def look(self) -> None:
        """Take in what the source's feed has told since. Whoever asks while somebody looks shares the next look."""
        self._asked_to_look += 1
        mine = self._asked_to_look
        async with self._looking:
            if self._looked >= mine:
                return
            upto = self._asked_to_look
            more = True
            while more:
                page = await self.source.changes(self._cursor, FEED_PAGE)
                at = self._now()
                self._changed |= {funds.account: at for funds in page.funds}
                self._cursor, more = page.cursor, page.more
            self._looked = upto

    # ── One request ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        api = next((one for one in APIS if f"{self.url}{request.path}".startswith(f"{self.base(one)}/")), "")
        self._busy[api] += 1
        self.widest = max(self.widest, self._busy.total())
        if api:
            self.widest_of[api] = max(self.widest_of[api], self._busy[api])
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            return await self._route(request)
        except Trouble as trouble:
            return self._refuse(trouble)
        finally:
            self._busy[api] -= 1

    async def _route(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/oauth/token":
            self.calls[f"{request.method} token"] += 1
            return await self._token(request)
        if request.path == "/elsewhere":
            self.violate("followed a redirect elsewhere")
        api, place = self._place(request.rel_url.raw_path)
        self.calls[f"{request.method} {place[0]}{'/{id}' if len(place) > 1 else ''}"] += 1
        self._admit(request)
        if (broken := await self._broken(request)) is not None:
            return broken
        match request.method, place:
            case "POST", ["hub"]:
                return await self._listen(request, api)
            case "DELETE", ["hub", id]:
                if self.listeners.pop(id, None) is None:
                    raise Trouble(404, 60, "Resource not found")
                return web.Response(status=204)
            case "POST", ["queryUsageConsumption"]:
                return await self._query(request)
            case "GET", [resource]:
                return await self._list(request, resource)
            case "GET", [resource, id]:
                return await self._one(request, resource, unquote(id))
            case _:
                self.violate(f"{request.method} {place[0]}")
                raise Trouble(405, 61, "Method not allowed")

    def violate(self, what: str) -> None:
        self.violations.append(what)

    def _place(self, path: str) -> tuple[str, list[str]]:
        """The API, and the resource with perhaps an id. An id may hold any character, as %XX."""
        for api in APIS:
            base = self.base(api).removeprefix(self.url) + "/"
            if path.startswith(base):
                place = path.removeprefix(base).split("/")
                known = {"hub", *(name for name, (of, _) in RESOURCES.items() if of == api)}
                if place[0] in known and len(place) <= 2 and place[-1]:
                    return api, place
        self.violate("unknown path")
        raise Trouble(404, 60, "Resource not found")

    def _admit(self, request: web.Request) -> None:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not shown:
            self.violate("without a bearer token")
        until = self._tokens.get(shown)
        if scheme != "Bearer" or until is None or until <= self._now() or Quirk.DENIED in self.quirks:
            raise Trouble(401, 40, "Unauthorized")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if scheme.lower() == "basic":
            with suppress(ValueError):
                name, _, word = base64.b64decode(pair, validate=True).decode().partition(":")
                client, secret = unquote_plus(name), unquote_plus(word)
        if client != CLIENT or not hmac.compare_digest(secret.encode(), self.secret.encode()):
            self.violate("token: the client is not known")
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("grant_type") != "client_credentials":
            self.violate("token: another grant than client_credentials")
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self._now() + TOKEN_LIFE
        life = round(TOKEN_LIFE.total_seconds())
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": life})

    async def _broken(self, request: web.Request) -> web.StreamResponse | None:
        """The answer of a server that does not even look at the question; None: it does."""
        for quirk in Quirk:
            if quirk in self.quirks:
                match quirk:
                    case Quirk.HTML | Quirk.HTML_OK:
                        page = "<!DOCTYPE html><html><body><h1>Bad Request</h1></body></html>"
                        return web.Response(
                            status=400 if quirk is Quirk.HTML else 200, text=page, content_type="text/html"
                        )
                    case Quirk.UNAVAILABLE:
                        raise Trouble(503, 5, "Service unavailable")
                    case Quirk.BUSY:
                        return web.Response(status=429, headers={"Retry-After": "1"})
                    case Quirk.FLAKY:
                        self._odd = not self._odd
                        if self._odd:
                            raise Trouble(503, 5, "Service unavailable")
                    case Quirk.REDIRECT:
                        return web.Response(status=302, headers={"Location": f"{self.url}/elsewhere"})
                    case Quirk.HUGE:
                        return await huge(request)
                    case Quirk.SLOW:
                        await self._hanging.wait()
                    case Quirk.CUT if request.transport is not None:
                        request.transport.close()
        return None

    def _send(self, data: Any, api: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        body = encode(data)
        if Quirk.HALF in self.quirks:
            body = body[: len(body) // 2]
        if Quirk.LATIN in self.quirks:
            body = body.replace(b'"id"', b'"\xe9\xff"')
        # v4 declares its charset, v5 does not.
        kind = "application/json" if self.speaks(api) == 5 else "application/json;charset=utf-8"
        return web.Response(status=status, body=body, headers={**(headers or {}), "Content-Type": kind})

    def _refuse(self, trouble: Trouble) -> web.Response:
        code: int | str = str(trouble.code)
        if Quirk.INTEGER_CODES in self.quirks:
            code = trouble.code
        if Quirk.STRING_CODES in self.quirks:
            code = trouble.reason.upper().replace(" ", "_")
        error = {"code": code, "reason": trouble.reason, "status": str(trouble.status), "@type": "Error"}
        return self._send(error, "account", trouble.status)

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _list(self, request: web.Request, resource: str) -> web.Response:
        api, allowed = RESOURCES[resource]
        query = {name: value for name, value in request.query.items() if name not in RESERVED}
        offset, limit = number(request, "offset", 0), number(request, "limit", PAGE)
        if limit < 1 or offset < 0:
            self.violate("offset or limit below its least")
            raise Trouble(400, 27, "Invalid query-string parameter")
        for name in list(query):
            path, _, suffix = name.rpartition(".")
            if name not in allowed and not (suffix in SUFFIXES and path in allowed):
                self.violate(f"{resource} cannot be asked for by {name}")
                del query[name]
        everything = Quirk.FILTERS_IGNORED in self.quirks
        await self.look()
        narrow = {} if everything else query
        ids = self._narrow(narrow)
        sliced = resource == "billingAccount" and set(narrow) <= {"id", *BY_CHANGE}
        total = len(ids)
        start = max(0, offset - 1) if Quirk.REPEATED in self.quirks else 0 if Quirk.ENDLESS in self.quirks else offset
        page = slice(start, start + min(limit, 2 if Quirk.CAPPED in self.quirks else LARGEST_PAGE))
        if sliced:  # one record for each account: only those of the page are made
            ids = ids[page]
        found = [row for id in ids for row in await self._made(resource, id, narrow)]
        if not everything:
            found = [row for row in found if all(matches(row, name, value) for name, value in query.items())]
        if not sliced:
            total = len(found)
        if Quirk.MIXED in self.quirks:
            mixed = [row for id in self._others(ids) for row in await self._made(resource, id, {})]
            found, total = found + mixed[:1], total + len(mixed[:1])
        if Quirk.NOISE in self.quirks:
            noisy = noise(resource, found)
            found, total = noisy, total + len(noisy) - len(found)
        shown = found if sliced else found[page]
        headers = self._totals(len(shown), total)
        if Quirk.LINK in self.quirks:
            headers["Link"] = f'<{self.url}{request.path}?offset={offset + limit}?limit={limit}">; rel="next'
        data: Any = [self._shown(request, row) for row in shown]
        if Quirk.BARE in self.quirks:
            data = bare(data)
        more = offset + len(shown) < total and Quirk.CAPPED not in self.quirks
        return self._send(data, api, 206 if more else 200, headers)

    def _totals(self, shown: int, total: int) -> dict[str, str]:
        told = {Quirk.TOTALS_LOW: 1, Quirk.TOTALS_NEGATIVE: -1, Quirk.TOTALS_HIGH: total + 1000}
        said = next((count for quirk, count in told.items() if quirk in self.quirks), total)
        return {"X-Total-Count": str(said), "X-Result-Count": str(shown)}

    async def _one(self, request: web.Request, resource: str, id: str) -> web.Response:
        await self.look()
        if resource == "hub":
            one = self.listeners.get(id)
            if one is None or self.speaks(one.api) == 4:
                raise Trouble(404, 60, "Resource not found")
            return self._send({"id": id, "callback": one.callback, "@type": "Hub"}, one.api)
        api, _ = RESOURCES[resource]
        if resource == "billingAccount":
            ids = [id] if id in self._changed else []
        elif resource == "customer":
            ids = [id]
        else:
            ids = list(self._changed)
        if Quirk.FOREIGN in self.quirks:
            ids = self._others(ids)[:1]
            found = [row for one in ids for row in await self._made(resource, one, {})]
        else:
            found = [row for one in ids for row in await self._made(resource, one, {}) if row["id"] == id]
        if not found:
            raise Trouble(404, 60, "Resource not found")
        data = self._shown(request, found[0])
        return self._send(bare(data) if Quirk.BARE in self.quirks else data, api)

    def _shown(self, request: web.Request, row: Json) -> Json:
        names = request.query.get("fields")
        if names:
            kept = {"id", "href", "@type", *names.split(",")}
            row = {name: value for name, value in row.items() if name in kept}
        if Quirk.ANONYMOUS in self.quirks:
            row = anonymous(row)
        return bend(row, self.quirks)

    def _narrow(self, query: Mapping[str, str]) -> list[str]:
        """The accounts that can have what is asked for."""
        found = list(self._changed)
        for name, value in query.items():
            values = [value] if Quirk.LITERAL in self.quirks else value.split(",")
            if name in BY_ACCOUNT:
                wanted = {*values, *(one.removeprefix("party-") for one in values)}
                found = [id for id in found if id in wanted]
            path, _, suffix = name.rpartition(".")
            if name == "id":
                found = [id for id in found if id in values]
            elif path == "lastModified" and Quirk.STILL in self.quirks:
                found = []
            elif path in BY_CHANGE_PATHS and (since := instant(value)) is not None:
                found = [id for id in found if SUFFIXES[suffix](self._changed[id], since)]
        return found

    def _others(self, ids: Sequence[str]) -> list[str]:
        return [id for id in self._changed if id not in ids]

    async def _made(self, resource: str, account: str, query: Mapping[str, str]) -> list[Json]:
        """The records of one account. A customer may also be a person who signed in."""
        if resource == "customer" and account not in self._changed:
            owned = account.removeprefix("party-")
            if owned == account or owned not in self._changed:
                return await self._person(account)
            account = owned
        try:
            made = await self._makers[resource](await self.source.account(account), query)
        except Gone:  # it ended a moment ago
            return []
        api, _ = RESOURCES[resource]
        base = self.base(api)
        for row in made:
            row["href"] = f"{base}/{resource}/{row['id']}"
        return [rows.modern(row) for row in made] if self.speaks(api) == 5 else made

    # ── The resources ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _billing_accounts(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        of, can = account.id, self.source.can
        facts = await facts_of(self.source, of, account)
        made = rows.billing_account(
            facts.account,
            facts.balance,
            self._changed[of],
            services=facts.services,
            bonus=await self.source.bonus(of) if Capability.BONUS in can else None,
            reaches=await self.source.reaches(of) if Capability.REACHES in can else (),
            deliveries=await self.source.deliveries(of) if Capability.DELIVERY in can else (),
            signed=self.speaks("account") == 5,
        )
        return [made]

    async def _buckets(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        if account.scheme is not Scheme.ADVANCE:
            return []
        return [rows.bucket(account, await self.source.balance(account.id))]

    async def _buckets_of_all(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        if account.scheme is not Scheme.ADVANCE:
            return []
        return [rows.accumulated_balance(account, await self.source.balance(account.id))]

    async def _bills(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        if Capability.BILLS not in self.source.can:
            return []
        found = await self.source.bills(account.id)
        for bill in found:
            before = self._billed.get(bill.id)
            if before is None or before[0] != bill.remaining:  # it is new, or something was paid on it
                self._billed[bill.id] = (bill.remaining, self._changed[account.id])
        return [rows.customer_bill(account, bill, self._billed[bill.id][1]) for bill in found]

    async def _rates(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        found = await self.source.charges(account.id, period_of(query, "date"))
        return [rows.rate(account, one, signed=self.speaks("bill") == 5) for one in found]

    async def _payments(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        return [
            rows.payment(account, one)
            for one in await self.source.payments(account.id, period_of(query, "paymentDate"))
        ]

    async def _topups(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        """The same money once more: of who pays first, each payment is a top-up too."""
        if account.scheme is not Scheme.ADVANCE:
            return []
        paid = await self.source.payments(account.id, period_of(query, "confirmationDate"))
        return [rows.topup(account, one) for one in paid]

    async def _products(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        told = Capability.DETAILS in self.source.can
        return [
            rows.product(account, one, await self.source.details(account.id, one.id) if told else None)
            for one in await self.source.services(account.id)
        ]

    async def _usages(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        period, made = period_of(query, "usageDate"), list[Json]()
        for service in await self.source.services(account.id):
            if Capability.USAGE in self.source.can:
                for used in await self.source.usage(account.id, service.id, period):
                    made += rows.usages(account, used) if used.use is not Use.CALLS else []
            if Capability.CALLS in self.source.can:
                made += [rows.call(account, one) for one in await self.source.calls(account.id, service.id, period)]
        return made

    async def _consumptions(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        now = self._now()
        today = now.astimezone(ZoneInfo(account.zone)).date()
        month = Period(today.replace(day=1), today)
        services = await self.source.services(account.id)
        told = services if Capability.USAGE in self.source.can else ()
        used = {one.id: await self.source.usage(account.id, one.id, month) for one in told}
        return [rows.consumption(account, f"use-{account.id}", now, used, {one.id: one.kind for one in services})]

    async def _customers(self, account: Account, query: Mapping[str, str]) -> list[Json]:
        return [rows.customer(rows.party(account.id), [account])]

    async def _person(self, subject: str) -> list[Json]:
        owned = await self.source.accounts(Subject(subject))
        made = [rows.customer(subject, owned)] if owned else []
        return [rows.modern(row) for row in made] if self.speaks("customer") == 5 else made

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _listen(self, request: web.Request, api: str) -> web.Response:
        body = await read(request)
        callback, query = body.get("callback"), body.get("query", "")
        if (
            not isinstance(callback, str)
            or not callback.startswith(("http://", "https://"))
            or not isinstance(query, str)
        ):
            self.violate("hub without an address")
            raise Trouble(400, 22, "Invalid body")
        if self.speaks(api) == 5 and not body.get("@type"):
            self.violate("hub without @type")
            raise Trouble(400, 22, "Invalid body")
        id = secrets.token_hex(8)
        self.listeners[id] = Listener(api, str(callback), query)
        made = {"id": id, "callback": callback, "query": query}
        return self._send(made | ({"@type": "Hub"} if self.speaks(api) == 5 else {}), api, 201)

    async def _query(self, request: web.Request) -> web.Response:
        body = await read(request)
        named = body.get("partyAccount") or (body.get("searchCriteria") or {}).get("partyAccount")
        if "searchCriteria" not in body or (self.speaks("consumption") == 5 and not typed(body)):
            self.violate("queryUsageConsumption without what it needs")
            raise Trouble(400, 22, "Invalid body")
        ids = [str(one.get("id", "")) for one in named or [] if isinstance(one, dict)]
        await self.look()
        found = [row for id in ids if id in self._changed for row in await self._made("queryUsageConsumption", id, {})]
        if len(found) != 1:
            raise Trouble(404, 60, "Resource not found")
        return self._send(self._shown(request, found[0]), "consumption", 201)

    def settings(self) -> Mapping[str, str]:
        """The environment with which the real adapter talks to this, once started."""
        return {
            **{f"TMF_{api.upper()}_URL": self.base(api) for api in APIS},
            "TMF_V5": ",".join(api for api in APIS if self.speaks(api) == 5),
            "TMF_TOKEN_URL": f"{self.url}/oauth/token",
            "TMF_CLIENT_ID": CLIENT,
            "TMF_CLIENT_SECRET": self.secret,
            "TMF_ISSUER": self.openid.url,
            "TMF_LOGIN_CLIENT_ID": OPENID_CLIENT,
            "TMF_LOGIN_CLIENT_SECRET": self.openid.secret,
            "TMF_ZONE": ", ".join([ZONE, *(f"{where}={zone}" for where, zone in self._zones.items())]),
            "TMF_REACHES": "phone, email",
        }


BY_CHANGE_PATHS: Final = ("lastModified", "lastUpdate")
BY_CHANGE: Final = {f"{path}.{suffix}" for path in BY_CHANGE_PATHS for suffix in SUFFIXES}


def number(request: web.Request, name: str, preset: int) -> int:
    try:
        return int(request.query.get(name, preset))
    except ValueError:
        return -1


def typed(value: Any) -> bool:
    """Whether each object in it says its type, as v5 requires of what is asked here."""
    if isinstance(value, list):
        return all(map(typed, value))
    return not isinstance(value, dict) or ("@type" in value and all(map(typed, value.values())))


async def read(request: web.Request) -> Json:
    try:
        body = msgspec.json.decode(await request.read())
    except (msgspec.MsgspecError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise Trouble(400, 22, "Invalid body")
    return body


def instant(value: Any) -> datetime | None:
    """A moment with its offset; without one it is UTC."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def period_of(query: Mapping[str, str], path: str) -> Period:
    """The days that can have what is asked for; a day more at either end, for zones differ."""
    first, last = EVER.first, EVER.last
    for name, value in query.items():
        if name.rpartition(".")[0] == path and (at := instant(value)) is not None:
            if name.endswith((".gt", ".gte")):
                first = max(first, (at - timedelta(days=1)).date())
            else:
                last = min(last, (at + timedelta(days=1)).date())
    return Period(first, max(first, last))


def matches(row: Json, name: str, value: str) -> bool:
    """Whether the record has at that path what the filter asks for; several values are parted by commas."""
    path, _, suffix = name.rpartition(".")
    if suffix not in SUFFIXES:
        wanted = value.split(",")
        return any(text(one) in wanted for one in values(row, name.split(".")))
    bound = instant(value)
    moments = [at for one in values(row, path.split(".")) if (at := instant(one)) is not None]
    return bound is None or any(SUFFIXES[suffix](at, bound) for at in moments)


def values(value: Any, path: Sequence[str]) -> list[Any]:
    if isinstance(value, list):
        return [found for one in value for found in values(one, path)]
    if not path:
        return [value]
    return values(value.get(path[0]), path[1:]) if isinstance(value, dict) else []


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def huge(request: web.Request) -> web.StreamResponse:
    """Begins like an answer and goes on until the client has had enough."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    block = b'{"id":"1"},' * 2**14
    await response.write(b"[")
    for _ in range(HUGE // len(block)):
        await response.write(block)
    return response
