"""TM Forum Open APIs as a billing. Speaks v4, reads v5 too; each API has its own address, version and credentials.

    TMF666  billingAccount                 the account, its money, a promised payment
    TMF678  customerBill                   bills with anything left; of postpaid accounts they are the debt
            appliedCustomerBillingRate     charges
    TMF676  payment                        payments
    TMF654  bucket, accumulatedBalance     money where TMF666 names none; topupBalance: payments of whom TMF676 has none
    TMF637  product                        services, tariffs, fees, options
    TMF635  usage                          use by day, calls
    TMF677  queryUsageConsumption          what is left of packages, beside the options
    TMF629  customer                       the accounts of who signed in as a customer

It only reads, but for `hub` and POST queryUsageConsumption, which is a question.

What it costs, answers of the last minutes being here: a balance is one question (two where money is in buckets), a
position two (three); services and names are kept a hundred times as long as sums. Nothing is told of a position where
one of its questions failed: without the services, what is to be paid would be too little.

Not told, because the standard does not know it: what own money was on a day before, promised payments' terms, outages,
news, bonus points, where documents go. Addresses for a code (`reaches`) only where the operator has said which are
verified.

Files: `tmf_settings` what the operator's words mean, `tmf_pages` lists, `tmf_reading` and `tmf_services` records as
facts, `tmf_feed` the feed of changes, `tmf_hub` what the APIs tell by themselves.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from billing import tmf_reading as reading
from billing import tmf_services
from billing.base import (
    Account,
    Balance,
    Bill,
    Billing,
    Bonus,
    Call,
    Capability,
    Changes,
    Charge,
    Delivery,
    Details,
    Facts,
    Federated,
    Gone,
    Hinted,
    Money,
    Notice,
    Offer,
    Outage,
    Payment,
    Period,
    Reach,
    Remote,
    Scheme,
    Service,
    Snapshot,
    Source,
    Subject,
    Unavailable,
    Unsupported,
    Usage,
)
from billing.keyring import Database, Keyring
from billing.openid import OpenId
from billing.promises import Rule
from billing.tmf_feed import Feed
from billing.tmf_hub import Hub
from billing.tmf_pages import BULK, PAGE, page, stamp, together, whole
from billing.tmf_reading import Json
from billing.tmf_settings import SETTINGS, Credentials, Setup, key, setup
from billing.upstream import ClientCredentials, Headers, Refusal, Unreadable, Upstream
from billing.wire import day, records, text

T = TypeVar("T")

__all__ = ["SETTINGS", "Tmf", "connect"]

SLOWLY: Final = 100  # times as long as sums, what seldom moves is kept
SCHEMES: Final = 10_000  # accounts whose scheme is remembered, to know what of them moves
LONGEST: Final = 200  # characters of an id
YEARS: Final = (date(1990, 1, 1), date(2100, 1, 1))
BEHIND: Final = timedelta(days=62)  # a bill is out so long after what it charges, at most
QUARTER: Final = timedelta(days=92)
OWNED: Final = 100  # accounts of one person
POLLS: Final = (0.2, 0.4, 0.8)  # seconds before a question that takes its time is asked about
LOGIN: Final = "login"  # the source that is the identity provider
CUSTOMER: Final = "customer:"  # begins a subject that the operator's own site names: a customer of TMF629
RESOURCES: Final = {
    "account": "billingAccount",
    "bill": "customerBill",
    "payment": "payment",
    "prepay": "bucket",
    "product": "product",
    "usage": "usage",
    "consumption": "queryUsageConsumption",
    "customer": "customer",
}
HEARD: Final = frozenset({"account", "bill", "payment", "prepay", "product"})  # APIs that are asked to tell of changes
# What each API gives, and what the setting is that would give it.
TELLS: Final[Mapping[str, frozenset[Capability]]] = {
    "account": frozenset({Capability.BALANCE, Capability.CHANGES}),
    "bill": frozenset({Capability.BILLS, Capability.CHARGES}),
    "payment": frozenset({Capability.PAYMENTS}),
    "prepay": frozenset({Capability.PAYMENTS}),
    "product": frozenset({Capability.SERVICES, Capability.DETAILS}),
    "usage": frozenset({Capability.USAGE, Capability.CALLS}),
    "consumption": frozenset({Capability.DETAILS}),
    "customer": frozenset(),
}
WANTS: Final[Mapping[Capability, str]] = {
    Capability.BALANCE: "TMF_ACCOUNT_URL",
    Capability.CHANGES: "TMF_ACCOUNT_URL",
    Capability.BILLS: "TMF_BILL_URL",
    Capability.CHARGES: "TMF_BILL_URL",
    Capability.PAYMENTS: "TMF_PAYMENT_URL",
    Capability.SERVICES: "TMF_PRODUCT_URL",
    Capability.DETAILS: "TMF_PRODUCT_URL",
    Capability.USAGE: "TMF_USAGE_URL, TMF_PRODUCT_URL",
    Capability.CALLS: "TMF_USAGE_URL, TMF_PRODUCT_URL",
    Capability.REACHES: "TMF_REACHES",
}


def connect(
    values: Mapping[str, str], *, database: Database, now: Callable[[], datetime], rule: Rule, secret: str
) -> "Tmf":
    """The terms of promised payments (`rule`) are nothing that TM Forum knows. Raises ValueError, as `setup` does."""
    read = setup(values)
    login, more = read.login, {"timeout": read.timeout, "connections": read.connections}
    tokens: dict[Credentials, Headers | None] = {}

    def headers(api: str) -> Headers | None:
        """APIs with one client share its token."""
        mine = read.credentials[api]
        if mine not in tokens:
            tokens[mine] = _headers(mine, now, more)
        return tokens[mine]

    upstreams = {
        api: Upstream(api, url, now=now, fresh=read.fresh, headers=headers(api), **more)  # type: ignore[arg-type]
        for api, url in read.urls.items()
    }
    openid = None
    if login is not None:
        about = {"scope": login.scope, "userinfo": login.userinfo}
        openid = OpenId(login.issuer, login.client, login.secret, now=now, more=more, **about)
    return Tmf(read, upstreams, Keyring(database, secret, now), openid, now, secret)


def _headers(mine: Credentials, now: Callable[[], datetime], more: Mapping[str, Any]) -> Headers | None:
    if mine.token_url:
        return ClientCredentials(mine.token_url, mine.client_id, mine.client_secret, mine.scope, now, more)
    if not mine.authorization:
        return None

    async def fixed(_: bool) -> Mapping[str, str]:
        return {"Authorization": mine.authorization}

    return fixed


class Tmf:
    """`billing.base.Billing` over TM Forum Open APIs; also Snapshot, Federated, Remote, Hinted."""

    def __init__(
        self,
        read: Setup,
        upstreams: Mapping[str, Upstream],
        keyring: Keyring,
        openid: OpenId | None,
        now: Callable[[], datetime],
        secret: str,
    ) -> None:
        self.name = "tmf"
        told = frozenset[Capability]().union(*(TELLS[api] for api in upstreams))
        self.can = told | ({Capability.REACHES} if read.rules.ways else frozenset())
        self.keeps_days: int | None = None
        self._setup, self._rules, self._upstreams, self._now = read, read.rules, upstreams, now
        self._keyring, self._openid = keyring, openid
        self._slow = read.fresh * SLOWLY
        self._schemes: OrderedDict[str, Scheme] = OrderedDict()
        self._feed = Feed(read, upstreams, now)
        telling = {api: (one, self._version(api)) for api, one in upstreams.items() if api in HEARD}
        self._hub = Hub(telling, keyring, secret, now)

    # ── Who asks ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def authenticate(self, login: str, password: str) -> Subject | None:
        raise Unsupported("customers sign in at the operator's own page")

    async def door(self, back: str, state: str, nonce: str, verifier: str) -> str:
        return await self._house().door(back, state, nonce, verifier)

    async def enter(self, code: str, back: str, nonce: str, verifier: str) -> Subject | None:
        person = await self._house().enter(code, back, nonce, verifier)
        if person is None or person.subject.startswith(CUSTOMER):
            return None
        named = {"accounts": person.accounts, "customers": person.customers}
        await self._keyring.keep(_person(person.subject), json.dumps(named).encode())
        return Subject(person.subject)

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        """Of who signed in within the last hour; or, as the operator's own site says, of "customer:<id>".

        A customer who has left has no accounts here. Raises Gone for somebody who is not known (any more).
        """
        if subject.id.startswith(CUSTOMER):
            ids, customers = [], [subject.id.removeprefix(CUSTOMER)]
        else:
            kept = await self._keyring.key(_person(subject.id))
            if kept is None:
                raise Gone("nobody signed in by that name lately")
            told = json.loads(kept)
            ids, customers = told["accounts"], told["customers"]
        if "customer" in self._upstreams:
            for found in await together([self._owned(one) for one in customers[:OWNED]]):
                ids = [*ids, *found]
        wanted = [one for one in dict.fromkeys(ids) if askable(one)][:OWNED]
        made = await together([self._maybe(one) for one in wanted])
        return tuple(one for one in made if one is not None)

    async def _owned(self, customer: str) -> list[str]:
        if not askable(customer):
            return []
        try:
            row, _ = await self._one("customer", customer, self._slow)
        except Gone:
            return []
        return reading.accounts_of(row, self._rules)

    async def _maybe(self, account: str) -> Account | None:
        try:
            return await self.account(account)
        except Gone:
            return None

    def _house(self) -> OpenId:
        if self._openid is None:
            raise Unsupported("TMF_ISSUER is empty: nobody can sign in")
        return self._openid

    # ── The customer's questions ──────────────────────────────────────────────────────────────────────────────────

    async def account(self, account: str) -> Account:
        return (await self._account(account))[1]

    async def balance(self, account: str) -> Balance:
        row, mine, at = await self._account(account, None)
        return reading.balance_of(row, mine, await self._own(row, mine), self._rules, at)

    async def bills(self, account: str) -> tuple[Bill, ...]:
        self._able(Capability.BILLS)
        found, (_, mine, _) = await together([self._bills(account), self._account(account)])
        return reading.bills(found, mine, self._rules)

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        self._able(Capability.PAYMENTS)
        mine = await self.account(account)
        return await self._paid(mine, period)

    async def last_payment(self, account: str) -> Payment | None:
        self._able(Capability.PAYMENTS)
        mine = await self.account(account)
        today = self._today(mine)
        lately = await self._paid(mine, Period(today - QUARTER, today))
        return next(iter(lately or await self._paid(mine, None)), None)

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        """A line that is billed may name its bill and not the account: those are asked for by bill."""
        self._able(Capability.CHARGES)
        mine = await self.account(account)
        asked = {"billingAccount.id": account, **between("date", period, mine.zone)}
        found, billed = await together([self._rates(account, asked), self._bills(account, self._slow)])
        rows: dict[str, Json] = {
            text(row.get("id")): row for row in reading.mine(found, account, ["billingAccount"], "charges")
        }
        if not any(row.get("isBilled") is True for row in rows.values()):
            ids = [text(row.get("id")) for row in billed if _near(row, period, mine)]
            for lines in await together([self._lines(account, id) for id in ids]):
                rows = {text(row.get("id")): row for row in lines} | rows
        return reading.charges(rows.values(), mine, self._rules, period)

    async def services(self, account: str) -> tuple[Service, ...]:
        self._able(Capability.SERVICES)
        rows, (row, mine, _) = await together([self._products(account), self._account(account)])
        return self._services(rows, row, mine)

    async def details(self, account: str, service: str) -> Details:
        self._able(Capability.DETAILS)
        if "product" not in self._upstreams:
            raise Unsupported("TMF_PRODUCT_URL is empty")
        rows, (row, mine, _) = await together([self._products(account), self._account(account)])
        if service not in {one.id for one in self._services(rows, row, mine)}:
            raise Gone("unknown service")
        made = tmf_services.details(rows, service, mine, self._rules)
        if "consumption" not in self._upstreams:
            return made
        parents = tmf_services.parents(rows)
        left = tmf_services.packages(await self._consumption(account), mine, service, parents, self._now())
        return Details(account, service, (*made.options, *left), made.components)

    async def usage(self, account: str, service: str, period: Period) -> tuple[Usage, ...]:
        self._able(Capability.USAGE)
        mine, found = await self._used(account, service, period)
        return tmf_services.usage(found, mine, service)

    async def calls(self, account: str, service: str, period: Period) -> tuple[Call, ...]:
        self._able(Capability.CALLS)
        mine, found = await self._used(account, service, period)
        return tmf_services.calls(found, mine, service)

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        self._able(Capability.REACHES)
        row, _, _ = await self._account(account)
        return reading.reaches(row, account, self._rules)

    async def facts(self, account: str) -> Facts:
        """All of it, asked at once. One question that fails is a position that is not told."""
        (row, mine, at), bills, products = await together(
            [
                self._account(account, None),
                self._bills(account) if "bill" in self._upstreams else nothing(),
                self._products(account) if "product" in self._upstreams else nothing(),
            ]
        )
        balance = reading.balance_of(row, mine, await self._own(row, mine), self._rules, at)
        unpaid = reading.bills(bills, mine, self._rules, strict=mine.scheme is Scheme.CREDIT)
        return Facts(mine, balance, unpaid, self._services(products, row, mine))

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        self._able(Capability.CHANGES)
        found = await self._feed.changes(cursor, max(1, limit))
        for one in found.funds:  # an alert is drawn by what is asked from now on
            self._forget(one.account)
        return found

    async def close(self) -> None:
        for one in self._upstreams.values():
            await one.close()
        if self._openid is not None:
            await self._openid.close()

    # ── What it cannot tell ───────────────────────────────────────────────────────────────────────────────────────

    async def opening(self, account: str, day: date) -> Money | None:
        raise Unsupported("TM Forum does not tell what was on a day")

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:
        raise Unsupported("where documents go is not told by service")

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        raise Unsupported("nothing is changed here")

    async def offer(self, account: str) -> Offer:
        raise Unsupported("TM Forum knows no terms of promised payments")

    async def promise(self, account: str, offer: str) -> Balance:
        raise Unsupported("TM Forum knows no promised payments to take")

    async def outages(self, account: str) -> tuple[Outage, ...]:
        raise Unsupported("none of these APIs tells of outages")

    async def notices(self, region: str) -> tuple[Notice, ...]:
        raise Unsupported("none of these APIs tells news")

    async def bonus(self, account: str) -> Bonus | None:
        raise Unsupported("loyalty is another API")

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        raise Unsupported("payments come in by the operator's own ways")

    # ── Addresses (billing.base.Remote) and hints (billing.base.Hinted) ───────────────────────────────────────────

    def sources(self) -> tuple[Source, ...]:
        told = [Source(api, one.url, TELLS[api] & self.can) for api, one in self._upstreams.items()]
        if self._openid is not None:
            told.append(Source(LOGIN, self._openid.issuer, frozenset()))
        return tuple(told)

    async def reach(self, source: str) -> str:
        """One record of that API's first resource; no content of it is told. Of the identity provider what it says of
        itself, and the keys that it signs with."""
        if source == LOGIN:
            return await self._house().reach()
        if source not in self._upstreams:
            raise Unsupported("no such source")
        resource, before = RESOURCES[source], self._now()
        found = await page(self._upstreams[source], resource, {}, operation=f"GET {resource}", limit=1, fresh=0)
        took = round((self._now() - before).total_seconds() * 1000)
        told = "a record" if found.rows else "no record"
        return f"{resource}: {told}, v{self._version(source)}, {took} ms"

    def wants(self, capability: Capability) -> str:
        return "" if capability in self.can else WANTS.get(capability, "")

    @property
    def path(self) -> str:
        return self._hub.path

    def hint(self, body: bytes) -> frozenset[str]:
        found = self._hub.hint(body)
        for account in found:
            self._forget(account)
        return found

    async def subscribe(self, callback: str) -> None:
        await self._hub.subscribe(callback)

    # ── Parts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _account(self, account: str, fresh: float | None = -1) -> tuple[Json, Account, datetime]:
        """The record, what it says, and when it came. `fresh` None: as sums are kept; else as names are."""
        row, at = await self._one("account", account, self._slow if fresh == -1 else fresh)
        made = reading.account_of(row, self._rules)
        self._schemes[account] = made.scheme
        self._schemes.move_to_end(account)
        if len(self._schemes) > SCHEMES:
            self._schemes.popitem(last=False)
        return row, made, at

    async def _one(self, api: str, id: str, fresh: float | None) -> tuple[Json, datetime]:
        """A record by its id; raises Gone, and Unreadable for the record of somebody else."""
        resource = RESOURCES[api]
        if not askable(id):
            raise Gone(f"unknown {resource}")
        path, operation = f"{resource}/{quote(id, safe='')}", f"GET {resource}/{{id}}"
        try:
            answer = await self._upstreams[api].get(path, operation=operation, who=id, fresh=fresh)
        except Refusal as refusal:
            if refusal.status in {404, 410}:
                raise Gone(f"unknown {resource}") from None
            raise
        rows = records(answer.data, operation)
        if len(rows) != 1 or text(rows[0].get("id")) != id:
            reading.dropped(resource, "another account", len(rows))
            raise Unreadable(f"{operation}: another {resource}")
        return rows[0], answer.at

    async def _list(
        self,
        api: str,
        resource: str,
        account: str,
        params: Mapping[str, object],
        fresh: float | None = None,
        limit: int = PAGE,
    ) -> list[dict[str, Any]]:
        if not askable(account):
            raise Gone("unknown account")
        return await whole(
            self._upstreams[api], resource, params, operation=f"GET {resource}", limit=limit, who=account, fresh=fresh
        )

    async def _own(self, row: Json, account: Account) -> Decimal:
        """Own money: as the account says, else as its buckets do. Raises Unavailable where neither does."""
        own = reading.own_money(row, account, self._rules, self._now())
        if own is None and "prepay" in self._upstreams:
            own = await self._bucket_money(account)
        if own is None:
            raise Unreadable("accountBalance: nothing of a known type, see TMF_BALANCES")
        return own

    async def _bucket_money(self, account: Account) -> Decimal | None:
        asked = {"partyAccount.id": account.id}
        rows = await self._list("prepay", "bucket", account.id, asked)
        own = reading.bucket_money(reading.mine(rows, account.id, ["partyAccount"], "balance"), account, self._now())
        if own is not None:
            return own
        rows = await self._list("prepay", "accumulatedBalance", account.id, asked)
        return reading.accumulated_money(reading.mine(rows, account.id, ["partyAccount"], "balance"), account)

    async def _bills(self, account: str, fresh: float | None = None) -> list[Json]:
        """Under ADVANCE bills are paper, and may be older."""
        if fresh is None and self._schemes.get(account) is Scheme.ADVANCE:
            fresh = self._slow
        rows = await self._list("bill", "customerBill", account, {"billingAccount.id": account}, fresh)
        return reading.mine(rows, account, ["billingAccount"], "bills")

    async def _rates(self, account: str, asked: Mapping[str, object]) -> list[Json]:
        return [*await self._list("bill", "appliedCustomerBillingRate", account, asked)]

    async def _lines(self, account: str, bill: str) -> list[Json]:
        """Of a bill that is the account's own: what names that bill, and no other account. Where the server ignores
        the filter, lines that are on no bill yet come too."""
        rows = await self._rates(account, {"bill.id": bill})
        return [
            row
            for row in rows
            if reading.refs(row, "bill") == {bill} and reading.refs(row, "billingAccount") <= {account}
        ]

    async def _paid(self, account: Account, period: Period | None) -> tuple[Payment, ...]:
        if "payment" in self._upstreams:
            asked = {"account.id": account.id, **between("paymentDate", period, account.zone)}
            rows = await self._list("payment", "payment", account.id, asked)
            mine = reading.mine(rows, account.id, ["account"], "payments")
            found = reading.payments(mine, account, self._rules, period)
            if found or account.scheme is not Scheme.ADVANCE or "prepay" not in self._upstreams:
                return found
            # Where both kinds of customers are, TMF676 often knows the bills of the one, and the other tops up.
            try:
                return await self._topped_up(account, period)
            except Refusal:  # a server with buckets only
                return found
        return await self._topped_up(account, period)

    async def _topped_up(self, account: Account, period: Period | None) -> tuple[Payment, ...]:
        rows = await self._list("prepay", "topupBalance", account.id, {"partyAccount.id": account.id})
        return reading.topups(reading.mine(rows, account.id, ["partyAccount"], "payments"), account, period)

    async def _products(self, account: str) -> list[Json]:
        rows = await self._list("product", "product", account, {"billingAccount.id": account}, self._slow)
        return reading.mine(rows, account, ["billingAccount"], "services")

    def _services(self, rows: Sequence[Json], row: Json, account: Account) -> tuple[Service, ...]:
        today = self._today(account)
        return tmf_services.services(rows, account, self._rules, today, tmf_services.fee_day(row, today))

    async def _used(self, account: str, service: str, period: Period) -> tuple[Account, list[tmf_services.Record]]:
        row, mine, _ = await self._account(account)
        party = "relatedParty.partyOrPartyRole.id" if self._version("usage") == 5 else "relatedParty.id"
        asked = {party: reading.party_of(row) or account, **between("usageDate", period, mine.zone)}
        rows, products = await together(
            [self._list("usage", "usage", account, asked, limit=BULK), self._products(account)]
        )
        own = self._services(products, row, mine)
        if service not in {one.id for one in own}:
            raise Gone("unknown service")
        return mine, tmf_services.used(rows, mine, service, own, tmf_services.parents(products), self._rules, period)

    async def _consumption(self, account: str) -> list[Json]:
        """TMF677: a question that is posted. A server that needs time for it is asked again a few times."""
        upstream = self._upstreams["consumption"]
        who: list[dict[str, Any]] = [{"id": account}]
        body: dict[str, Any] = {"partyAccount": who, "searchCriteria": {"partyAccount": who}}
        if self._version("consumption") == 5:  # each object says its type there: the schema of v5 requires it
            who = [{"@type": "PartyAccountRef", **who[0]}]
            asked = {"@type": "UsageConsumptionReport", "partyAccount": who}
            body = {"@type": "QueryUsageConsumption", "partyAccount": who, "searchCriteria": asked}
        path = operation = "queryUsageConsumption"
        answer = await upstream.send("POST", path, body, operation=f"POST {path}", who=account, repeatable=True)
        for pause in (*POLLS, None):
            row = next(iter(records(answer.data, operation)), {})
            states = {key(text(one.get("state"))) for one in (row, *reading.listed(row.get("usageConsumption")))}
            if states & {"rejected", "cancelled", "terminatedwitherror"}:
                raise Unavailable("queryUsageConsumption: it failed")
            if not states & {"accepted", "acknowledged", "inprogress"}:
                return reading.mine([row], account, ["partyAccount"], "packages")
            if pause is None or not (id := text(row.get("id"))):
                break
            await asyncio.sleep(pause)
            answer = await upstream.get(
                f"{path}/{quote(id, safe='')}", operation=f"GET {path}/{{id}}", who=account, fresh=0
            )
        raise Unavailable("queryUsageConsumption: it takes too long")

    def _forget(self, account: str) -> None:
        for one in self._upstreams.values():
            one.forget(account)

    def _today(self, account: Account) -> date:
        return self._now().astimezone(ZoneInfo(account.zone)).date()

    def _version(self, api: str) -> int:
        return 5 if api in self._setup.modern else 4

    def _able(self, capability: Capability) -> None:
        if capability not in self.can:
            raise Unsupported(f"not told: {self.wants(capability) or capability.value}")


# ── Small parts ───────────────────────────────────────────────────────────────────────────────────────────────────


def askable(id: object) -> bool:
    """Whether there can be such an id. Blanks around one would be another's on a lenient server."""
    return isinstance(id, str) and 0 < len(id) <= LONGEST and id == id.strip() and id.isprintable()


def between(name: str, period: Period | None, zone: str) -> dict[str, str]:
    """The filter for the days of a period, as moments in UTC. Servers may ignore it."""
    if period is None:
        return {}
    first, end = max(period.first, YEARS[0]), min(period.last, YEARS[1]) + timedelta(days=1)
    where = ZoneInfo(zone)
    return {
        f"{name}.gte": stamp(datetime.combine(first, time.min, where)),
        f"{name}.lt": stamp(datetime.combine(end, time.min, where)),
    }


def _near(row: Json, period: Period, account: Account) -> bool:
    """Whether a bill can have lines of these days."""
    issued = day(row.get("billDate"), ZoneInfo(account.zone))
    return issued is None or period.first <= issued <= period.last + BEHIND


def _person(subject: str) -> str:
    return f"person:{subject}"


async def nothing() -> list[Json]:
    return []


_: tuple[type[Billing], type[Snapshot], type[Federated], type[Remote], type[Hinted]] = (Tmf, Tmf, Tmf, Tmf, Tmf)
