"""Differences: why one period's charges are more than another's, line by line, told from the facts alone. Pure.

Charges of both periods are gathered by what they are for: the service and the title without its dates («Абонентская
плата за октябрь» and «… за ноябрь» are one thing). Money given back is gathered apart. What is not the same is a
difference, and says why:

    NEW_SERVICE   a service that was not charged at all before       all its charges together
    GONE_SERVICE  one that is not charged any more
    NEW_OPTION    a title that names an option of the service
    TARIFF        the service's monthly payment goes by another title
    PRICE         the same title, once each, and the new sum is what the service or option costs now
    TIMES         the same price, another number of times
    CALLS         what was paid for talking
    ONCE          once now, not before, and not a monthly payment
    ADDED         not before
    GONE          not any more
    SUM           another sum, nobody can tell why
    REFUND        given back now, not before
    NO_REFUND     given back before, not now
    REFUNDS       given back in both, another sum

All differences together are exactly the difference of the two totals; so are the few that are named and the rest.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from billing.base import Charge, Direction, Kind, Money, Option, Period, Service, Usage, Use
from billing.position import month_end
from handlers.period_words import tokens
from handlers.periods import months_from
from nlu.letters import fold

NAMED: Final = 3
# Of folded titles: small letters, «й» as «и».
MONTHLY: Final = re.compile(r"абонент|абонплат|ежемесяч|подписк|\bплата\b|\bmonth|\bfee\b|subscri|mensal|assinatura")
TALK: Final = re.compile(
    r"разговор|звонк|соединени|\bвызов|междугород|международ|внутризон|\bминут|роуминг|\bcalls?\b|minute|chamada|ligac"
)

# What a charge for talking may name; of one that names none, any direction may be the reason.
NAMES: Final = {
    Direction.LOCAL: re.compile(r"\bместн|\bloca(?:l|is)\b"),
    Direction.ZONE: re.compile(r"внутризон|зонов|\bzon[ae]"),
    Direction.INTERCITY: re.compile(r"междугород|межгород|long distance|interurban|\bddd\b"),
    Direction.INTERNATIONAL: re.compile(r"международ|\binterna(?:tional|cional|cionais)|\bddi\b"),
    Direction.MOBILE: re.compile(r"мобил|сотов|\bmobile|\bcelular"),
}


class Reason(StrEnum):
    NEW_SERVICE = "new-service"
    GONE_SERVICE = "gone-service"
    NEW_OPTION = "new-option"
    TARIFF = "tariff"
    PRICE = "price"
    TIMES = "times"
    CALLS = "calls"
    ONCE = "once"
    ADDED = "added"
    GONE = "gone"
    SUM = "sum"
    REFUND = "refund"
    NO_REFUND = "no-refund"
    REFUNDS = "refunds"


@dataclass(frozen=True, slots=True)
class Difference:
    reason: Reason
    title: str  # the billing's words: what was charged, or the service's name
    before: Money
    now: Money
    service: str | None = None  # Service.id
    times: tuple[int, int] = (0, 0)  # charges before and now
    was: str = ""  # TARIFF: the title before

    @property
    def amount(self) -> Money:
        """Above zero: more than before."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Money  # total of the charges, less what was given back
    now: Money
    all: tuple[Difference, ...]  # largest first, whichever way; none is zero

    @property
    def amount(self) -> Money:
        """Above zero: more than before."""
        return self.now - self.before

    @property
    def named(self) -> tuple[Difference, ...]:
        return self.all[:NAMED]

    @property
    def rest(self) -> Money:
        """What the differences that are not named come to."""
        return sum((-one.amount for one in self.named), self.amount)


@dataclass(frozen=True, slots=True)
class Heap:
    """The charges of one period that are for one thing."""

    charges: tuple[Charge, ...] = ()

    def sum(self, zero: Money) -> Money:
        return sum((c.amount for c in self.charges), zero)

    @property
    def price(self) -> Money | None:
        """What each of them is; None: not one price."""
        prices = {c.amount for c in self.charges}
        return prices.pop() if len(prices) == 1 else None


Thing = tuple[str | None, tuple[str, ...], bool]  # service, words of the title, given back


def compare(
    before: Sequence[Charge],
    now: Sequence[Charge],
    services: Iterable[Service] = (),
    options: Iterable[Option] = (),
    currency: str = "RUB",
) -> Comparison:
    """`services` and `options` may be empty: then fewer reasons are known. All sums in `currency`, else ValueError."""
    zero = Money(0, currency)
    known = {s.id: s for s in services}
    offered = tuple(options)
    heaps = [gathered(before), gathered(now)]
    titles = dict.fromkeys((*heaps[1], *heaps[0]))
    found = [
        difference(thing, heaps[0].get(thing, Heap()), heaps[1].get(thing, Heap()), known, offered, zero)
        for thing in titles
    ]
    found = whole_services(found, charged(before), charged(now), known, zero)
    found = tariffs([one for one in found if one.amount])
    found.sort(key=lambda one: (-abs(one.amount.minor), one.title, one.reason))
    return Comparison(
        sum((c.amount for c in before), zero), sum((c.amount for c in now), zero), tuple(one for one in found)
    )


def gathered(charges: Iterable[Charge]) -> dict[Thing, Heap]:
    heaps: defaultdict[Thing, list[Charge]] = defaultdict(list)
    words: dict[str, tuple[str, ...]] = {}
    for charge in charges:
        if charge.title not in words:
            words[charge.title] = undated(charge.title)
        heaps[charge.service, words[charge.title], charge.amount.minor < 0].append(charge)
    return {thing: Heap(tuple(heap)) for thing, heap in heaps.items()}


def undated(title: str) -> tuple[str, ...]:
    """The words of a title but for months, years and days."""
    return tuple(fold(" ".join(t.word for t in tokens(title[:300], None) if t.kind not in "MYDK")).split())


def charged(charges: Iterable[Charge]) -> frozenset[str]:
    """The services that something was taken for."""
    return frozenset(c.service for c in charges if c.service is not None and c.amount.minor > 0)


def difference(
    thing: Thing, before: Heap, now: Heap, services: dict[str, Service], options: Sequence[Option], zero: Money
) -> Difference:
    service, _, back = thing
    newest = (now.charges or before.charges)[0]
    had, has = bool(before.charges), bool(now.charges)
    of = services.get(service) if service is not None else None
    words = fold(newest.title)
    option = next((o for o in options if o.service == service and (name := fold(o.title)) and name in words), None)
    fees = {one.fee for one in (of, option) if one is not None and one.fee is not None}
    reason = Reason.SUM
    if back:
        reason = Reason.REFUNDS if had and has else Reason.REFUND if has else Reason.NO_REFUND
    elif TALK.search(words) and not MONTHLY.search(words) and (of is None or of.kind in {Kind.PHONE, Kind.MOBILE}):
        reason = Reason.CALLS
    elif had and has:
        if before.price is not None and before.price == now.price:
            reason = Reason.TIMES
        elif len(before.charges) == len(now.charges) == 1 and now.price in fees:
            reason = Reason.PRICE
    elif had:
        reason = Reason.GONE
    elif option is not None:
        reason = Reason.NEW_OPTION
    else:
        once = len(now.charges) == 1 and now.price not in fees and not MONTHLY.search(words)
        reason = Reason.ONCE if once else Reason.ADDED
    times = len(before.charges), len(now.charges)
    return Difference(reason, newest.title, before.sum(zero), now.sum(zero), service, times)


def whole_services(
    found: list[Difference],
    before: frozenset[str],
    now: frozenset[str],
    services: dict[str, Service],
    zero: Money,
) -> list[Difference]:
    """A service that came or went is one difference: its monthly payment and its connection are not two riddles."""
    made = []
    for id, service in services.items():
        mine = [
            one
            for one in found
            if one.service == id and one.reason not in {Reason.REFUND, Reason.NO_REFUND, Reason.REFUNDS, Reason.CALLS}
        ]
        if mine and (id in before) != (id in now):
            found = [one for one in found if one not in mine]
            reason = Reason.NEW_SERVICE if id in now else Reason.GONE_SERVICE
            sums = sum((one.before for one in mine), zero), sum((one.now for one in mine), zero)
            made.append(Difference(reason, service.title, *sums, id))
    return found + made


def tariffs(found: list[Difference]) -> list[Difference]:
    """One monthly payment of a service went and one came: it goes by another title now."""
    for id in {one.service for one in found} - {None}:
        monthly = [one for one in found if one.service == id and MONTHLY.search(fold(one.title))]
        gone = [one for one in monthly if one.reason is Reason.GONE]
        come = [one for one in monthly if one.reason is Reason.ADDED]
        if len(gone) == len(come) == 1:
            both = replace(come[0], reason=Reason.TARIFF, before=gone[0].before, was=gone[0].title)
            found = [one for one in found if one not in (*gone, *come)] + ([both] if both.amount else [])
    return found


# ── Talking ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Talk:
    """The direction of calls that changed most."""

    direction: Direction
    before: int  # seconds
    now: int


def directions(title: str) -> frozenset[Direction]:
    """Those that the title of a charge names."""
    words = fold(title)
    return frozenset(direction for direction, name in NAMES.items() if name.search(words))


def talk(
    before: Iterable[Usage], now: Iterable[Usage], *, more: bool, among: frozenset[Direction] = frozenset()
) -> Talk | None:
    """Whose cost grew most (`more`) or fell most, of all or `among` some; None: usage does not explain it."""
    seconds: defaultdict[Direction, list[int]] = defaultdict(lambda: [0, 0])
    costs: defaultdict[Direction, list[int]] = defaultdict(lambda: [0, 0])
    for at, usages in enumerate((before, now)):
        for one in usages:
            if one.use is Use.CALLS and one.direction is not None and (not among or one.direction in among):
                seconds[one.direction][at] += one.amount
                costs[one.direction][at] += one.cost.minor if one.cost is not None else 0
    sign = 1 if more else -1
    grown = {d: sign * (costs[d][1] - costs[d][0]) for d in seconds}
    likely = max(sorted(grown), key=lambda d: grown[d], default=None)
    if likely is None or grown[likely] <= 0 or sign * (seconds[likely][1] - seconds[likely][0]) <= 0:
        return None
    return Talk(likely, *seconds[likely])


# ── Which two periods ─────────────────────────────────────────────────────────────────────────────────────────────


def preceding(period: Period) -> Period:
    """What a period is fairly compared with: of one that begins with a month, the same days so many months before (a
    whole month with a whole month); of any other, as many days just before it."""
    first, last = period.first, period.last
    if first.day != 1:
        return Period(first - timedelta(days=period.days), first - timedelta(days=1))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    whole = last == month_end(last)
    return Period(months_from(first, -months), first - timedelta(days=1) if whole else shifted(last, -months))


def shifted(day: date, months: int) -> date:
    return months_from(day, months)
