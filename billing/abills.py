"""ABillS: a billing of small and middle providers, asked over its REST API (1.47). Facts about it: docs of its vendor.

    a customer's questions   in his own name, by his session (`abills_sessions`); one login is one account
    the watch's feed         in a staff's name, by ABILLS_KEY (`abills_feed`); nothing else ever uses the key

One GET /user/ answers how an account stands. The rest of what a screen shows (services, bills, whose account it is) is
kept for minutes, and what money can change is dropped as soon as the deposit or the credit is another one.

Own money is the deposit. A credit is a limit and no money; with a day until which it holds it is the promised payment.
The billing's own recommended payment (/user/recommendedPay/) is not shown: `billing.position` is the one formula, and
two would differ by a ruble on two screens.

Not told, because ABillS does not say it: of what day an internet session was (so no USAGE), what a call's time of day
was (so its calls have a day only), where a number lies, what options a service has, outages, the bonus programme, how
bills are delivered; and money of the past, which is shown to the staff only.

Files: `abills_reading` wire to facts, `abills_sessions` signing in, `abills_promises` the promised payment,
`abills_feed` changes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import structlog

from billing import abills_reading as reading
from billing.abills_feed import Feed
from billing.abills_promises import Promises
from billing.abills_reading import House, Profile, User
from billing.abills_sessions import Sessions, translated
from billing.base import (
    Account,
    Balance,
    Bill,
    Bonus,
    Call,
    Capability,
    Changes,
    Charge,
    Delivery,
    Details,
    Facts,
    Gone,
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
from billing.guard import DROPPED
from billing.keyring import Database, Keyring
from billing.promises import Rule
from billing.upstream import Answer, Refusal, Unreadable, Upstream
from billing.wire import text
from given import Given, Setting

T = TypeVar("T")
log = structlog.get_logger()

TITLES: Final = "internet=Интернет, voip=Телефон, iptv=Телевидение, mobile=Мобильная связь, cams=Видеонаблюдение"
SETTINGS: Final = (
    Setting("ABILLS_URL", "ABillS' API with its path: https://billing.example:9443/api.cgi"),
    Setting(
        "ABILLS_KEY",
        "key of a staff account with the narrowest rights (list users, payments, fees), for alerts only: it sees "
        "everybody; empty: nobody is warned of low funds",
        secret=True,
    ),
    Setting("ABILLS_ZONE", "zone of its local times, by IANA name", "Europe/Moscow"),
    Setting("ABILLS_CURRENCY", "its currency, three letters", "RUB"),
    Setting("ABILLS_SCHEME", "advance: debt is a deposit below zero; credit: invoices are paid afterwards", "advance"),
    Setting(
        "ABILLS_MODULES",
        "what is on beside the services, by comma: credit (promised payments), docs (invoices), voip (calls)",
        "credit",
    ),
    Setting("ABILLS_NUMBER", "what customers know as their account number: contract, login or uid", "contract"),
    Setting("ABILLS_DIGITS", "digits of that number where zeros lead it, which ABillS drops; 0: as it comes", "0"),
    Setting("ABILLS_REGION", "field of /user/pi/ that names the region; - for none", "addressDistrict"),
    Setting("ABILLS_TITLES", "what customers call the services of a module; else the tariff's name", TITLES),
    Setting(
        "ABILLS_KEEP",
        "password: login and password are kept, sealed by SECRET_KEY, and dead sessions renewed; session: the session "
        "only, and the customer signs in again when it ends",
        "password",
    ),
    Setting("ABILLS_CONNECTIONS", "questions at once: two cores answer about seven a second", "4"),
    Setting("ABILLS_TIMEOUT", "seconds that one question may take", "5"),
    Setting("ABILLS_FRESH", "seconds for which an answer about money is not asked for again", "3"),
    Setting(
        "ABILLS_COLUMN",
        "what asks a list of the staff's for one more column; true where a server keeps to its description to the "
        "letter (unverified)",
        "_SHOW",
    ),
)

KEPT: Final = 300.0  # seconds: services and bills, unless money moved
LONG: Final = 3600.0  # seconds: whose account it is, by when a bill is to be paid
SEEN: Final = 10_000  # accounts whose deposit is remembered
PAGE: Final = 5000  # calls
PAGES: Final = 20
ROWS: Final = "10000"  # ABillS' own most for payments and fees; it knows no second page of them
AT_ONCE: Final = 3  # bills whose day to pay by is asked for at a time
SERVICES: Final = "user/services/"
STAFF: Final = "staff"
CUSTOMER: Final = "customer"


def connect(
    values: Mapping[str, str], *, database: Database, now: Callable[[], datetime], rule: Rule, secret: str
) -> "Abills":
    """`rule` is not for this billing: it promises payments by its own terms."""
    given = Given(values, SETTINGS)
    url = given.text("ABILLS_URL")
    if not url.startswith(("https://", "http://")):
        raise ValueError("ABILLS_URL is not an address: https://…/api.cgi")
    modules = words(given.text("ABILLS_MODULES"))
    if not modules <= {"credit", "docs", "voip"}:
        raise ValueError("ABILLS_MODULES is not a list of: credit, docs, voip")
    scheme = Scheme(given.word("ABILLS_SCHEME", *Scheme))
    if scheme is Scheme.CREDIT and "docs" not in modules:
        raise ValueError("ABILLS_SCHEME=credit needs docs in ABILLS_MODULES: invoices say what is owed")
    currency = given.text("ABILLS_CURRENCY")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise ValueError("ABILLS_CURRENCY is not a currency by its three letters (RUB)")
    region = given.text("ABILLS_REGION")
    house = House(
        zone=zone(given.text("ABILLS_ZONE")),
        currency=currency,
        scheme=scheme,
        number=given.word("ABILLS_NUMBER", "contract", "login", "uid"),
        digits=int(given.number("ABILLS_DIGITS", 0, 20)),
        region="" if region == "-" else region,
        titles=titles(given.text("ABILLS_TITLES")),
    )
    upstream = Upstream(
        "abills",
        url,
        now=now,
        connections=int(given.number("ABILLS_CONNECTIONS", 1, 64)),
        timeout=given.number("ABILLS_TIMEOUT", 0.1, 60),
        fresh=given.number("ABILLS_FRESH", 0, 60),
    )
    return Abills(
        upstream,
        Keyring(database, secret, now),
        house,
        now=now,
        url=url,
        modules=modules,
        key=given.text("ABILLS_KEY"),
        passwords=given.word("ABILLS_KEEP", "password", "session") == "password",
        column=given.text("ABILLS_COLUMN"),
    )


class Abills:
    """`billing.base.Billing`, Snapshot and Remote over ABillS' REST API."""

    def __init__(
        self,
        upstream: Upstream,
        keyring: Keyring,
        house: House,
        *,
        now: Callable[[], datetime],
        url: str,
        modules: frozenset[str] = frozenset(),
        key: str = "",
        passwords: bool = True,
        column: str = "_SHOW",
    ) -> None:
        self.name = "abills"
        self.keeps_days: int | None = None
        self._upstream, self._house, self._now, self._url, self._key = upstream, house, now, url, key
        self._sessions = Sessions(upstream, keyring, passwords=passwords)
        self._promises = Promises(self._sessions, upstream, house, now)
        self._feed = Feed(self._staff, house, now, column)
        self._moved: OrderedDict[str, tuple[Decimal, Decimal, date | None]] = OrderedDict()  # as each last stood
        self.can = OWN | {extra for extra, (needs, _) in EXTRA.items() if needs(modules, key, house)}

    # ── The customer's questions ──────────────────────────────────────────────────────────────────────────────────

    async def authenticate(self, login: str, password: str) -> Subject | None:
        account = await self._sessions.open(login, password)
        return None if account is None else Subject(account)

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        return (await self.account(subject.id),)

    async def account(self, account: str) -> Account:
        (user, _), profile = await asyncio.gather(self._user(account), self._profile(account))
        return reading.account_of(account, user, profile, self._house)

    async def balance(self, account: str) -> Balance:
        user, at = await self._user(account)
        unpaid = await self._invoices(account) if self._house.scheme is Scheme.CREDIT else []
        return self._balance(account, user, unpaid, at)

    async def bills(self, account: str) -> tuple[Bill, ...]:
        self._able(Capability.BILLS)
        await self._user(account)  # whether money moved
        return await self._bills(account, await self._invoices(account))

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        found = reading.within(await self._entries(account, "payments"), self._house, period)
        return reading.payments(account, found, self._house)

    async def last_payment(self, account: str) -> Payment | None:
        found = await self._entries(account, "payments")
        return next(iter(reading.payments(account, found[:1], self._house)), None)

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        found = reading.within(await self._entries(account, "fees"), self._house, period)
        return reading.charges(account, found, self._house)

    async def services(self, account: str) -> tuple[Service, ...]:
        await self._user(account)  # whether money moved
        return await self._services(account)

    async def calls(self, account: str, service: str, period: Period) -> tuple[Call, ...]:
        self._able(Capability.CALLS)
        rows = await self._service_rows(account)
        if service.removesuffix(reading.BY_DAY) not in rows:
            raise Gone("unknown service")
        phones = {id: reading.numbers(row) for id, row in rows.items() if id.startswith("voip.")}
        if service not in phones:
            return ()
        mine = phones[service]
        others = frozenset[str]().union(*phones.values()) - mine
        days = {"fromDate": period.first.isoformat(), "toDate": period.last.isoformat()}
        found: list[reading.Talk] = []
        for page in range(PAGES):
            told, count = await self._talks(account, {**days, "pageRows": str(PAGE), "pg": str(page * PAGE)})
            found += told
            if count != PAGE:
                found.sort(key=lambda one: one.day, reverse=True)
                talks = [one for one in found if one.day.date() in period]
                return reading.calls(account, service, reading.of_phone(talks, mine, others), mine, self._house)
        raise Unavailable("more calls than can be read")

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        return reading.reaches(account, await self._profile(account))

    async def offer(self, account: str) -> Offer:
        self._able(Capability.PROMISES)
        user, _ = await self._user(account)
        return await self._promises.offer(account, user)

    async def promise(self, account: str, offer: str) -> Balance:
        self._able(Capability.PROMISES)

        async def standing() -> tuple[User, datetime]:
            self._upstream.forget(account)
            return await self._user(account)

        user, at = await self._promises.take(account, offer, standing)
        self._feed.touched(account)
        return self._balance(account, user, [], at)  # nobody is promised anything where bills are paid afterwards

    async def facts(self, account: str) -> Facts:
        user, at = await self._user(account)
        profile, services, unpaid = await asyncio.gather(
            self._profile(account),
            self._services(account),
            self._invoices(account) if Capability.BILLS in self.can else nothing(),
        )
        return Facts(
            reading.account_of(account, user, profile, self._house),
            self._balance(account, user, unpaid, at),
            await self._bills(account, unpaid),
            services,
        )

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        self._able(Capability.CHANGES)
        found = await self._feed.changes(cursor, max(1, limit))
        for one in found.funds:  # what was kept of them is of before: an alert is drawn by what is asked now
            if one.account in self._moved:
                self._upstream.forget(one.account)
        return found

    async def close(self) -> None:
        await self._sessions.close()
        await self._upstream.close()

    # ── What it cannot tell ───────────────────────────────────────────────────────────────────────────────────────

    async def opening(self, account: str, day: date) -> Money | None:
        raise Unsupported("what was before a payment is shown to the staff only")

    async def details(self, account: str, service: str) -> Details:
        raise Unsupported("options are services of their own here")

    async def usage(self, account: str, service: str, period: Period) -> tuple[Usage, ...]:
        raise Unsupported("sessions have no day")

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:
        raise Unsupported("how documents come is not told")

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        raise Unsupported("how documents come is not set here")

    async def outages(self, account: str) -> tuple[Outage, ...]:
        raise Unsupported("faults are not told")

    async def notices(self, region: str) -> tuple[Notice, ...]:
        raise Unsupported("news are not told by region")

    async def bonus(self, account: str) -> Bonus | None:
        raise Unsupported("the bonus programme is not told")

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        raise Unsupported("payments come in by the operator's pay systems")

    # ── Remote ────────────────────────────────────────────────────────────────────────────────────────────────────

    def sources(self) -> tuple[Source, ...]:
        mine = Source(CUSTOMER, self._url, self.can - {Capability.CHANGES})
        staff = Source(STAFF, self._url, frozenset({Capability.CHANGES}) & self.can)
        return (mine, staff) if self._key else (mine,)

    async def reach(self, source: str) -> str:
        if source == STAFF:
            answer = await self._staff("users/all/", {"pageRows": "1", "pg": "0"})
            told = len(reading.listed(answer.data, "users"))
            return "the key is taken" + ("" if told else "; it sees nobody")
        try:
            answer = await self._upstream.get("user/", operation="GET user", who="nobody", fresh=0)
        except Refusal as refusal:
            if refusal.status == 401:
                plain = "" if self._url.startswith("https://") else "; not over https: passwords travel as they are"
                return f"ABillS answers, and asks who is there{plain}"
            raise translated(refusal) from None
        raise Unavailable(f"HTTP {answer.status} to a question without a session: is this ABillS?")

    def wants(self, capability: Capability) -> str:
        return EXTRA[capability][1] if capability in EXTRA and capability not in self.can else ""

    # ── Asking ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _user(self, account: str) -> tuple[User, datetime]:
        """How the account stands, and when it was told. Where it is not as before, what depends on it is dropped."""
        house = self._house
        user, at = await self._read(
            account, "user/", "GET user", account, lambda data: reading.user(data, account, house)
        )
        stands = user.deposit, user.credit, user.credit_until
        if self._moved.get(account, stands) != stands:
            self._upstream.forget(kept(account))
        self._moved[account] = stands
        self._moved.move_to_end(account)
        if len(self._moved) > SEEN:
            self._moved.popitem(last=False)
        return user, at

    async def _profile(self, account: str) -> Profile:
        house = self._house
        profile, _ = await self._read(
            account,
            "user/pi/",
            "GET user/pi",
            lasting(account),
            lambda data: reading.profile(data, account, house),
            fresh=LONG,
        )
        return profile

    async def _services(self, account: str) -> tuple[Service, ...]:
        def read(data: Any) -> tuple[Service, ...]:
            told = reading.whole(data, "services")
            for module in reading.MODULES:
                self._report("services", reading.rows(told, module), account)
            return reading.services(told, account, self._house, self._today())

        services, _ = await self._read(account, SERVICES, "GET user/services", kept(account), read, fresh=KEPT)
        return services

    async def _service_rows(self, account: str) -> Mapping[str, Mapping[str, Any]]:
        """The services as they come, by the ids that they have here."""

        def read(data: Any) -> Mapping[str, Mapping[str, Any]]:
            told = reading.whole(data, "services")
            return {
                f"{module}.{text(row.get('id'))}": row
                for module in reading.MODULES
                for row in reading.own(reading.rows(told, module), account)
            }

        found, _ = await self._read(account, SERVICES, "GET user/services", kept(account), read, fresh=KEPT)
        return found

    async def _talks(self, account: str, query: Mapping[str, str]) -> tuple[list[reading.Talk], int]:
        """The calls of a page, and how many rows it had."""

        def read(data: Any) -> tuple[list[reading.Talk], int]:
            rows = reading.talk_rows(data)
            self._report("calls", rows, account)
            return reading.talks(reading.own(rows, account), self._house), len(rows)

        path, operation = "user/voip/sessions/", "GET user/voip/sessions"
        try:
            found, _ = await self._read(account, path, operation, account, read, query)
        except Refusal as refusal:
            if reading.errno(refusal.data) in reading.NO_PHONE:
                return [], 0
            raise
        return found

    async def _entries(self, account: str, ledger: str) -> list[reading.Entry]:
        """Of all times, newest first: it knows no period and no pages."""
        profile = await self._profile(account)

        def read(data: Any) -> list[reading.Entry]:
            rows = reading.listed(data, ledger)
            self._report(ledger, rows, account)
            return reading.entries(reading.own(rows, account), self._house, profile.names)

        path, operation = f"user/{ledger}/", f"GET user/{ledger}"
        found, _ = await self._read(account, path, operation, account, read, {"pageRows": ROWS})
        return found

    async def _invoices(self, account: str) -> list[reading.Invoice]:
        """Those with anything left to pay."""

        def read(data: Any) -> list[reading.Invoice]:
            rows = data.get("list") if isinstance(data, dict) and "list" in data else data
            self._report("bills", reading.listed(rows, "invoices"), account)
            return reading.invoices(data, account, self._house)

        path, operation = "user/docs/invoices/", "GET user/docs/invoices"
        found, _ = await self._read(account, path, operation, kept(account), read, {"pageRows": ROWS}, KEPT)
        return found

    async def _bills(self, account: str, unpaid: Sequence[reading.Invoice]) -> tuple[Bill, ...]:
        """The list tells no day to pay by: each bill is asked for it, once in a long while."""
        gate, house = asyncio.Semaphore(AT_ONCE), self._house

        async def one(invoice: reading.Invoice) -> Bill:
            path, operation = f"user/docs/invoices/{invoice.id}/", "GET user/docs/invoices/{id}"
            async with gate:
                (until, covered), _ = await self._read(
                    account,
                    path,
                    operation,
                    lasting(account),
                    lambda data: reading.due(data, account, house),
                    fresh=LONG,
                )
            return reading.bill(account, invoice, until, covered, house)

        return tuple(await asyncio.gather(*map(one, unpaid)))

    async def _read(
        self,
        account: str,
        path: str,
        operation: str,
        who: str,
        read: Callable[[Any], T],
        query: Mapping[str, str] | None = None,
        fresh: float | None = None,
    ) -> tuple[T, datetime]:
        """What is read of the answer, and when that came. What cannot be believed is not kept."""

        async def question(headers: Mapping[str, str]) -> Answer:
            return await self._upstream.get(path, query, operation=operation, who=who, fresh=fresh, headers=headers)

        answer = await self._sessions.ask(account, question)
        try:
            return read(answer.data), answer.at
        except Unreadable:
            self._upstream.forget(who)
            raise

    async def _staff(self, path: str, query: Mapping[str, str]) -> Answer:
        try:
            operation = f"GET {path.strip('/')} (staff)"
            return await self._upstream.get(
                path, query, operation=operation, who=STAFF, fresh=0, headers={"KEY": self._key}
            )
        except Refusal as refusal:
            if refusal.status in {401, 403}:
                raise Unavailable("ABILLS_KEY is refused: is the staff account there, may it list users?") from None
            raise translated(refusal) from None

    def _balance(self, account: str, user: User, unpaid: Sequence[reading.Invoice], at: datetime) -> Balance:
        left = sum((one.remaining for one in unpaid), Decimal(0))
        return reading.balance(account, user, left, self._house, self._today(), at)

    def _report(self, operation: str, rows: Sequence[Mapping[str, Any]], account: str) -> None:
        """Rows of another account are never read; that they came is counted and logged, without whose they are."""
        if count := sum(text(row.get("uid")) not in {"", account} for row in rows):
            DROPPED.labels(self.name, operation, "another account").inc(count)
            log.error("billing.dropped", billing=self.name, operation=operation, why="another account", count=count)

    def _able(self, capability: Capability) -> None:
        if capability not in self.can:
            raise Unsupported(f"not set up: {self.wants(capability)}")

    def _today(self) -> date:
        return self._now().astimezone(self._house.zone).date()


_: tuple[type[Snapshot], type[Remote]] = (Abills, Abills)  # the type checker's word: the promises are kept

OWN: Final = frozenset(
    {Capability.BALANCE, Capability.PAYMENTS, Capability.CHARGES, Capability.SERVICES, Capability.REACHES}
)
Needs = Callable[[frozenset[str], str, House], bool]
# What it can besides, by the operator's settings; and which they are.
EXTRA: Final[Mapping[Capability, tuple[Needs, str]]] = {
    Capability.BILLS: (lambda modules, _, __: "docs" in modules, "docs in ABILLS_MODULES"),
    Capability.CALLS: (lambda modules, _, __: "voip" in modules, "voip in ABILLS_MODULES"),
    Capability.PROMISES: (lambda modules, _, __: "credit" in modules, "credit in ABILLS_MODULES"),
    # Whose bills are paid afterwards has no figure in the staff's lists: they do not say what is overdue.
    Capability.CHANGES: (
        lambda _, key, house: bool(key) and house.scheme is Scheme.ADVANCE,
        "ABILLS_KEY, with ABILLS_SCHEME=advance",
    ),
}


# Whose answers are kept together: as the account stands, what money changes, what lasts.


def kept(account: str) -> str:
    return f"{account} services"


def lasting(account: str) -> str:
    return f"{account} papers"


async def nothing() -> list[reading.Invoice]:
    return []


def words(value: str) -> frozenset[str]:
    return frozenset(value.replace(",", " ").split())


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("ABILLS_ZONE is not a time zone by its IANA name (Europe/Moscow)") from None


def titles(value: str) -> Mapping[str, str]:
    pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
    if not all(equals and module.strip() in reading.MODULES for module, equals, _ in pairs):
        raise ValueError(f"ABILLS_TITLES is not a list of module=title; modules: {', '.join(reading.MODULES)}")
    return {module.strip(): title.strip() for module, _, title in pairs}
