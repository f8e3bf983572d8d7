"""The guard: whatever a billing does, only a timely and credible answer about the right account comes through.

    the billing …                                       the dialogue gets
    is slow, raises something unknown                   Unavailable, without a word of the billing's own
    failed N times running                              Unavailable at once, for a pause; then one call tries again
    answers for another account (a single value)        Unavailable
    lists records of another account, of other days     the list without them; they are counted
    names an absurd sum or count, a time without a zone Unavailable; in the feed the account is left out and counted
    names a day in the feed more than a year off        the account without that day; it is counted
    tells of what nobody can have: without an account,
    of an absurd sum, of after tomorrow, by an odd id   the feed without it; it is counted
    says an average day takes an absurd sum             the facts without it; it is counted
    names a sum in another currency than the account's  Unavailable: two currencies never stand on one screen
    names a promise below zero, or offers one of zero   Unavailable; also where the offer comes with a refusal
    sends the browser to what is no address             Unavailable
    names who signed in by what can be nobody's name    Unavailable
    hints at what is nobody's account                   the hint without it
    cannot (`can`)                                      Unsupported, unasked
    says Gone, Unsupported, Unavailable, Refused        that

What fails the privacy check never reaches a log: the counters say how often, by operation, and nothing else.

The guard remembers the last facts of an account that it let through (`billing.base.Remembering`): in memory, of the
accounts that were asked for last, for a day at most, and until the account is gone. It never answers with them by
itself.

Whatever other promises of `billing.base` a billing keeps, it keeps behind the guard. Its sign-in and each of its
addresses have a breaker of their own: an identity provider that is silent takes nobody's balance away.
"""

import asyncio
import re
import time
from collections import Counter as Tally
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter

from billing.base import (
    LARGEST,
    Account,
    Balance,
    Bill,
    Billing,
    BillingError,
    Bonus,
    Call,
    Capability,
    Changes,
    Charge,
    Delivery,
    Details,
    Facts,
    Federated,
    Funds,
    Gone,
    Happening,
    Hinted,
    Money,
    Notice,
    Offer,
    Outage,
    Payment,
    Period,
    Reach,
    Refused,
    Remembering,
    Remote,
    Service,
    Sign,
    Snapshot,
    Source,
    Subject,
    Unavailable,
    Unsupported,
    Unusable,
    Usage,
)

T = TypeVar("T")
log = structlog.get_logger()

CALLS = Counter("saldo_billing_calls", "Questions to the billing, by outcome", ["billing", "operation", "outcome"])
DROPPED = Counter("saldo_billing_dropped", "Records the billing should not have sent", ["billing", "operation", "why"])
MOST = 10**16  # bytes, seconds, points: ten petabytes a day is nobody's, and no picture can be drawn of much more
OFFER = re.compile("[A-Za-z0-9_-]{1,40}")  # as `billing.base.Offer` says
EVENT = re.compile("[A-Za-z0-9_:.-]{1,64}")  # as `billing.base.Happening` says
LONGEST = 200  # characters of an id, whosever it is
PERSON = 255  # characters of a person's id: OpenID Connect Core 1.0, 2
ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]{1,8000}")  # RFC 3986, but for the quote
EVERYBODYS = {Sign.OUTAGE, Sign.OUTAGE_OVER}  # what may be told of no account in particular
DAYS = ("lasts_until", "fee_on", "due_on", "overdue_since", "promised_until")  # of Funds
YEAR = timedelta(days=366)
AHEAD = timedelta(days=1)  # how far a billing's clock may be ahead of ours
KEPT = 10_000  # accounts whose zone, and whose last facts, are remembered
FEED_TIMES = 8  # as long as for a question: a page is a thousand accounts, and no customer waits for it
KEPT_SECONDS = 24 * 3600  # older facts help nobody


class Record(Protocol):
    @property
    def account(self) -> str: ...


class Timed(Record, Protocol):
    @property
    def at(self) -> datetime: ...


class Served(Record, Protocol):
    @property
    def service(self) -> str: ...


R = TypeVar("R", bound=Record)
V = TypeVar("V", bound=Served)
S = TypeVar("S", bound=Timed)


def guard(
    billing: Billing,
    *,
    limit_seconds: float,
    failures: int = 5,
    pause_seconds: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Billing:
    """The same billing behind the guard.

    `limit_seconds` is the time for one question; a page of the feed has FEED_TIMES as long. After `failures`
    unanswered ones running, nothing is asked for `pause_seconds` of `clock`, then one question is let through as a
    trial. What is remembered ages by `clock` too. The feed's days and moments are measured against `now`.
    """
    promises = tuple(guarded for promise, guarded in PROMISES.items() if isinstance(billing, promise))
    return _keeper(promises)(billing, limit_seconds, partial(Breaker, failures, pause_seconds, clock), clock, now)


class Breaker:
    """A circuit breaker. Closed: all may ask. Open: nobody. Half open, after the pause: one may try.

    `ask` says whether the question is the trial; its outcome must be told with the same word. While a trial is out,
    the fate of questions from before does not matter.
    """

    def __init__(self, failures: int, pause_seconds: float, clock: Callable[[], float]) -> None:
        self._most, self._pause, self._clock = failures, pause_seconds, clock
        self._failures = 0
        self._opened: float | None = None
        self._trying = False

    @property
    def open(self) -> bool:
        return self._opened is not None

    def ask(self) -> bool:
        """May a question go out? Raises Unavailable when not."""
        if self._opened is None:
            return False
        if self._trying or self._clock() - self._opened < self._pause:
            raise Unavailable("the billing is given a pause")
        self._trying = True
        return True

    def answered(self, trial: bool) -> None:
        if trial or self._opened is None:
            self._failures, self._opened = 0, None
        self._trying = self._trying and not trial

    def failed(self, trial: bool) -> None:
        self._failures += 1
        if trial or (self._opened is None and self._failures >= self._most):
            self._opened = self._clock()
        self._trying = self._trying and not trial

    def abandoned(self, trial: bool) -> None:
        """The asker went away: nothing is known, and the trial is free again."""
        self._trying = self._trying and not trial


class Guarded:
    """`Billing` again; made by `guard`."""

    def __init__(
        self,
        billing: Billing,
        limit_seconds: float,
        breaker: Callable[[], Breaker],
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self.name = billing.name
        self.can = billing.can
        self.keeps_days = billing.keeps_days
        self._billing = billing
        self._limit = limit_seconds
        self._breakers: defaultdict[str, Breaker] = defaultdict(breaker)  # by whom of the billing's is asked
        self._clock = clock
        self._now = now
        # A period is days of the account's own zone; it does not change in a process's life. Nor does the currency.
        self._places: OrderedDict[str, tuple[ZoneInfo, str]] = OrderedDict()
        self._told: OrderedDict[str, tuple[float, Facts]] = OrderedDict()  # when, and what

    async def authenticate(self, login: str, password: str) -> Subject | None:
        return await self._ask("authenticate", lambda: self._billing.authenticate(login, password))

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        found = await self._ask("accounts", lambda: self._billing.accounts(subject))
        for account in found:
            self._place(account)
        return found

    async def account(self, account: str) -> Account:
        found = await self._of(account, "account", lambda: self._billing.account(account))
        self._own("account", account, found.id)
        self._place(found)
        return found

    async def balance(self, account: str) -> Balance:
        self._able(Capability.BALANCE)
        found = await self._ask("balance", lambda: self._billing.balance(account))
        self._stands("balance", account, found)
        return found

    async def bills(self, account: str) -> tuple[Bill, ...]:
        self._able(Capability.BILLS)
        return self._mine("bills", account, await self._ask("bills", lambda: self._billing.bills(account)))

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        self._able(Capability.PAYMENTS)
        found = await self._ask("payments", lambda: self._billing.payments(account, period))
        return await self._timely("payments", account, period, found)

    async def last_payment(self, account: str) -> Payment | None:
        self._able(Capability.PAYMENTS)
        found = await self._ask("last_payment", lambda: self._billing.last_payment(account))
        if found is not None:
            self._own("last_payment", account, found.account)
            self._credible("last_payment", found)
        return found

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        self._able(Capability.CHARGES)
        found = await self._ask("charges", lambda: self._billing.charges(account, period))
        return await self._timely("charges", account, period, found)

    async def services(self, account: str) -> tuple[Service, ...]:
        self._able(Capability.SERVICES)
        return self._mine("services", account, await self._ask("services", lambda: self._billing.services(account)))

    async def opening(self, account: str, day: date) -> Money | None:
        self._able(Capability.OPENING)
        found = await self._ask("opening", lambda: self._billing.opening(account, day))
        if not _reasonable(found):
            raise self._refused("opening", "absurd")
        return found

    async def details(self, account: str, service: str) -> Details:
        self._able(Capability.DETAILS)
        found = await self._ask("details", lambda: self._billing.details(account, service))
        self._own("details", account, found.account)
        self._own("details", service, found.service)
        options = self._served("options", account, service, found.options)
        components = self._served("components", account, service, found.components)
        for carrier in (carrier for component in components for carrier in component.carriers):
            self._credible("components", carrier)
        return Details(account, service, options, components)

    async def usage(self, account: str, service: str, period: Period) -> tuple[Usage, ...]:
        self._able(Capability.USAGE)
        found = await self._ask("usage", lambda: self._billing.usage(account, service, period))
        mine = self._served("usage", account, service, found)
        if not all(_countable(u.amount) and _countable(u.count) for u in mine):
            raise self._refused("usage", "absurd")
        timely = tuple(u for u in mine if u.day in period)
        self._dropped("usage", "another day", len(mine) - len(timely))
        return timely

    async def calls(self, account: str, service: str, period: Period) -> tuple[Call, ...]:
        self._able(Capability.CALLS)
        found = await self._ask("calls", lambda: self._billing.calls(account, service, period))
        if not all(_countable(call.seconds) for call in found):
            raise self._refused("calls", "absurd")
        return await self._timely("calls", account, period, self._served("calls", account, service, found))

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        self._able(Capability.REACHES)
        return self._mine("reaches", account, await self._ask("reaches", lambda: self._billing.reaches(account)))

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:
        self._able(Capability.DELIVERY)
        found = await self._ask("deliveries", lambda: self._billing.deliveries(account))
        return self._mine("deliveries", account, found)

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        self._able(Capability.DELIVERY)
        await self._ask("deliver", lambda: self._billing.deliver(account, service, email))

    async def offer(self, account: str) -> Offer:
        self._able(Capability.PROMISES)
        found = await self._ask("offer", lambda: self._billing.offer(account))
        self._offered("offer", account, found)
        return found

    async def promise(self, account: str, offer: str) -> Balance:
        self._able(Capability.PROMISES)
        try:
            found = await self._ask("promise", lambda: self._billing.promise(account, offer))
        except Refused as refused:
            self._offered("promise", account, refused.offer)
            raise
        self._stands("promise", account, found)
        return found

    async def outages(self, account: str) -> tuple[Outage, ...]:
        self._able(Capability.OUTAGES)
        return self._mine("outages", account, await self._ask("outages", lambda: self._billing.outages(account)))

    async def notices(self, region: str) -> tuple[Notice, ...]:
        self._able(Capability.NOTICES)
        found = await self._ask("notices", lambda: self._billing.notices(region))
        here = tuple(notice for notice in found if notice.region in {"", region})
        self._dropped("notices", "another region", len(found) - len(here))
        told = tuple(notice for notice in here if credible(notice))
        self._dropped("notices", "absurd", len(here) - len(told))  # one mad line must not hide the news from all
        return told

    async def bonus(self, account: str) -> Bonus | None:
        self._able(Capability.BONUS)
        found = await self._ask("bonus", lambda: self._billing.bonus(account))
        if found is not None:
            self._own("bonus", account, found.account)
            if not (_countable(found.points) and _countable(found.burning)):
                raise self._refused("bonus", "absurd")
        return found

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        self._able(Capability.CREDIT)
        await self._ask("credit", lambda: self._billing.credit(account, amount, method, at, key))

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        self._able(Capability.CHANGES)
        found = await self._ask("changes", lambda: self._billing.changes(cursor, limit), times=FEED_TIMES)
        if found.more and found.cursor == cursor:
            raise self._refused("changes", "stuck")
        if not _reasonable(found.as_of):
            raise self._refused("changes", "absurd")
        now, wrong = self._now(), Tally[str]()
        # One mad figure must not stop the watch for all.
        funds = tuple(f for f in found.funds if not self._wrong(f, wrong))
        funds = tuple(_with_near_days(f, now.date(), wrong) for f in funds)
        happened = tuple(h for h in found.happened if not self._wrong(h, wrong) and not _unheard(h, now, wrong))
        happened = tuple(_with_near_day(h, now.date(), wrong) for h in happened)
        for why, count in wrong.items():
            self._dropped("changes", why, count)
        return Changes(funds, found.cursor, found.more, happened, found.as_of)

    async def close(self) -> None:
        await self._billing.close()

    def remember(self, facts: Facts) -> None:
        self._told[facts.account.id] = (self._clock(), facts)
        newest(self._told, facts.account.id)

    def known(self, account: str) -> Facts | None:
        at, facts = self._told.get(account, (0.0, None))
        if facts is not None and self._clock() - at > KEPT_SECONDS:
            del self._told[account]
            return None
        return facts

    async def _of(self, account: str, operation: str, question: Callable[[], Awaitable[T]]) -> T:
        """Put a question that only an account which is not there is refused."""
        try:
            return await self._ask(operation, question)
        except Gone:
            self._told.pop(account, None)
            raise

    async def _ask(
        self,
        operation: str,
        question: Callable[[], Awaitable[T]],
        whom: str = "billing",
        times: int = 1,
    ) -> T:
        """Put one question: in time, and through the breaker of whom it is put to."""
        breaker = self._breakers[whom]
        try:
            trial = breaker.ask()
        except Unavailable:
            self._count(operation, "paused")
            raise
        try:
            async with asyncio.timeout(self._limit * times):
                answer = await question()
        except asyncio.CancelledError:
            breaker.abandoned(trial)
            raise
        except Unusable:  # one customer's broken record must not silence the billing for all
            breaker.answered(trial)
            self._count(operation, "unusable")
            raise
        except Unavailable:
            self._failed(breaker, operation, trial, "unavailable")
            raise
        except BillingError:  # Gone, Unsupported: it answered
            breaker.answered(trial)
            self._count(operation, "refused")
            raise
        except TimeoutError:
            self._failed(breaker, operation, trial, "timeout")
            raise Unavailable("the billing did not answer in time") from None
        except Exception as error:
            # Only the kind of the error is told: its text may hold a name, a number or a sum.
            self._failed(breaker, operation, trial, "error")
            log.error("billing.error", billing=self.name, operation=operation, error=type(error).__name__)
            raise Unavailable(f"the billing failed with {type(error).__name__}") from None
        breaker.answered(trial)
        self._count(operation, "answered")
        return answer

    def _failed(self, breaker: Breaker, operation: str, trial: bool, outcome: str) -> None:
        was = breaker.open
        breaker.failed(trial)
        self._count(operation, outcome)
        if breaker.open and not was:
            log.warning("billing.paused", billing=self.name, operation=operation)

    def _able(self, capability: Capability) -> None:
        if capability not in self.can:
            raise Unsupported(f"this billing has no {capability.value}")

    def _own(self, operation: str, asked: str, answered: str) -> None:
        if asked != answered:
            raise self._refused(operation, "another account")

    def _credible(self, operation: str, fact: object) -> None:
        if not credible(fact):
            raise self._refused(operation, "absurd")
        place = self._places.get(getattr(fact, "account", ""))
        if place is not None and any(money.currency != place[1] for money in sums(fact)):
            raise self._refused(operation, "another currency")

    def _wrong(self, told: Funds | Happening, wrong: Tally[str]) -> bool:
        """Whether a line of the feed is not to be believed."""
        place = self._places.get(told.account)
        if not credible(told) or len(told.account) > LONGEST:
            wrong["absurd"] += 1
        elif place is not None and any(money.currency != place[1] for money in sums(told)):
            wrong["another currency"] += 1
        else:
            return False
        return True

    def _mine(self, operation: str, account: str, found: Iterable[R]) -> tuple[R, ...]:
        records = tuple(found)
        mine = tuple(r for r in records if r.account == account)
        self._dropped(operation, "another account", len(records) - len(mine))
        for record in mine:
            self._credible(operation, record)
        return mine

    def _served(self, operation: str, account: str, service: str, found: Iterable[V]) -> tuple[V, ...]:
        mine = self._mine(operation, account, found)
        own = tuple(r for r in mine if r.service == service)
        self._dropped(operation, "another service", len(mine) - len(own))
        return own

    async def _timely(self, operation: str, account: str, period: Period, found: Iterable[S]) -> tuple[S, ...]:
        mine = self._mine(operation, account, found)
        if not mine:
            return mine
        if account not in self._places:
            await self.account(account)
        zone, _ = self._places[account]
        timely = tuple(r for r in mine if r.at.astimezone(zone).date() in period)
        self._dropped(operation, "another day", len(mine) - len(timely))
        return timely

    def _stands(self, operation: str, account: str, balance: Balance) -> None:
        self._own(operation, account, balance.account)
        self._credible(operation, balance)
        if balance.promised is not None and balance.promised.minor < 0:
            raise self._refused(operation, "absurd")

    def _offered(self, operation: str, account: str, offer: Offer) -> None:
        self._own(operation, account, offer.account)
        self._credible(operation, offer)
        taken = offer.refusal is None  # may be
        if min(offer.amount.minor, offer.fee.minor) < 0 or (taken and not offer.amount):
            raise self._refused(operation, "absurd")
        if taken and not OFFER.fullmatch(offer.id):  # no button could carry it
            raise self._refused(operation, "absurd")

    def _place(self, account: Account) -> None:
        try:
            zone = ZoneInfo(account.zone)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            raise self._refused("account", "unknown zone") from None
        self._places[account.id] = zone, account.currency
        newest(self._places, account.id)

    def _refused(self, operation: str, why: str) -> Unavailable:
        self._dropped(operation, why, 1)
        return Unavailable(f"the billing's answer is not credible: {why}")

    def _dropped(self, operation: str, why: str, count: int) -> None:
        if count:
            DROPPED.labels(self.name, operation, why).inc(count)
            log.error("billing.dropped", billing=self.name, operation=operation, why=why, count=count)

    def _count(self, operation: str, outcome: str) -> None:
        _calls(self.name, operation, outcome).inc()


_calls = cache(CALLS.labels)  # a label's counter is looked for once


def newest(kept: OrderedDict[str, Any], account: str) -> None:
    """The account is the newest of those that are kept; the oldest makes room."""
    kept.move_to_end(account)
    if len(kept) > KEPT:
        kept.popitem(last=False)


def _unheard(told: Happening, now: datetime, wrong: Tally[str]) -> bool:
    """Whether it cannot have happened so."""
    paid = told.sign is Sign.PAID and (told.amount is None or told.amount.minor <= 0)
    if not EVENT.fullmatch(told.id) or max(len(told.about), len(told.service)) > LONGEST:
        wrong["a strange id"] += 1
    elif paid or told.at > now + AHEAD:
        wrong["absurd"] += 1
    elif not told.account and told.sign not in EVERYBODYS:
        wrong["nobody's"] += 1
    else:
        return False
    return True


def _with_near_days(funds: Funds, today: date, wrong: Tally[str]) -> Funds:
    far = [name for name in DAYS if (day := getattr(funds, name)) is not None and not _near(day, today)]
    if not far:
        return funds
    wrong["a day far off"] += len(far)
    nothing: dict[str, Any] = dict.fromkeys(far)
    return replace(funds, **nothing)


def _with_near_day(told: Happening, today: date, wrong: Tally[str]) -> Happening:
    if told.day is None or _near(told.day, today):
        return told
    wrong["a day far off"] += 1
    return replace(told, day=None)


def _near(day: object, today: date) -> bool:
    return type(day) is date and abs(day - today) <= YEAR


def credible(fact: object) -> bool:
    """Whether every sum of a fact is a whole number within reason and every time of it has a zone."""
    return all(map(_reasonable, _values(fact)))


def sums(fact: object) -> Iterable[Money]:
    return (value for value in _values(fact) if isinstance(value, Money))


def _values(fact: Any) -> tuple[object, ...]:
    """What a fact holds; each has two fields at least."""
    read = _READERS.get(type(fact))
    if read is None:
        read = _READERS[type(fact)] = attrgetter(*(field.name for field in fields(fact)))
    return read(fact)


_READERS: dict[type, Callable[[Any], tuple[object, ...]]] = {}


def _reasonable(value: object) -> bool:
    if isinstance(value, Money):
        # A billing's file may have let a float or a Decimal through: it would print, and be wrong.
        return type(value.minor) is int and abs(value.minor) <= LARGEST
    return not isinstance(value, datetime) or value.utcoffset() is not None


def _countable(value: int) -> bool:
    return type(value) is int and 0 <= value <= MOST


_: tuple[type[Billing], type[Remembering]] = (Guarded, Guarded)  # the type checker's word: the promises are kept


# ── What else it keeps ────────────────────────────────────────────────────────────────────────────────────────────


class GuardedSnapshot(Guarded):
    """A guarded billing that tells all facts of one moment; each is held to what its own question is held to."""

    async def facts(self, account: str) -> Facts:
        found = await self._of(account, "facts", lambda: cast("Snapshot", self._billing).facts(account))
        self._own("facts", account, found.account.id)
        self._stands("facts", account, found.balance)
        self._place(found.account)
        bills, services = self._mine("bills", account, found.bills), self._mine("services", account, found.services)
        spending = found.spending
        if spending is not None:
            foreign = spending.currency != found.account.currency
            if foreign or not _reasonable(spending) or spending.minor < 0:
                self._dropped("facts", "absurd", 1)
                spending = None
        return Facts(found.account, found.balance, bills, services, spending)


class GuardedFederated(Guarded):
    """A guarded billing whose customers sign in at the operator's own page."""

    async def door(self, back: str, state: str, nonce: str, verifier: str) -> str:
        house = cast("Federated", self._billing)
        found = await self._ask("door", lambda: house.door(back, state, nonce, verifier), "sign-in")
        if not ADDRESS.fullmatch(found):
            raise self._refused("door", "absurd")
        return found

    async def enter(self, code: str, back: str, nonce: str, verifier: str) -> Subject | None:
        house = cast("Federated", self._billing)
        found = await self._ask("enter", lambda: house.enter(code, back, nonce, verifier), "sign-in")
        if found is not None and not (0 < len(found.id) <= PERSON and found.id.isprintable()):
            raise self._refused("enter", "absurd")
        return found


class GuardedRemote(Guarded):
    """A guarded billing that is asked over the wire."""

    def sources(self) -> tuple[Source, ...]:
        return tuple(replace(one, url=_bare(one.url)) for one in cast("Remote", self._billing).sources())

    async def reach(self, source: str) -> str:
        house = cast("Remote", self._billing)
        said = await self._ask("reach", lambda: house.reach(source), f"source {source}")
        return " ".join("".join(one if one.isprintable() else " " for one in said).split())[:LONGEST]

    def wants(self, capability: Capability) -> str:
        return cast("Remote", self._billing).wants(capability)


class GuardedHinted(Guarded):
    """A guarded billing that says by itself that something changed."""

    @property
    def path(self) -> str:
        return cast("Hinted", self._billing).path

    def hint(self, body: bytes) -> frozenset[str]:
        try:
            found = cast("Hinted", self._billing).hint(body)
        except Exception as error:  # whatever was sent, and by whomever: it may hurt nobody
            self._count("hint", "error")
            log.error("billing.error", billing=self.name, operation="hint", error=type(error).__name__)
            return frozenset()
        self._count("hint", "answered")
        mine = frozenset(one for one in found if 0 < len(one) <= LONGEST)
        self._dropped("hint", "absurd", len(found) - len(mine))
        return mine

    async def subscribe(self, callback: str) -> None:
        house = cast("Hinted", self._billing)
        await self._ask("subscribe", lambda: house.subscribe(callback), "hints")


def _bare(url: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


PROMISES: Final[dict[Any, type[Guarded]]] = {
    Snapshot: GuardedSnapshot,
    Federated: GuardedFederated,
    Remote: GuardedRemote,
    Hinted: GuardedHinted,
}


@cache
def _keeper(promises: tuple[type[Guarded], ...]) -> type[Guarded]:
    """The guarded billing that keeps all of these."""
    return type("Guarded", promises, {}) if promises else Guarded
