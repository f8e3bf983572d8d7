"""TM Forum's products and records of use as facts: services, what they consist of, use by day, calls. Pure.

    TMF637 product              services; its parts are options, or components where they have a direction
    TMF677 usageConsumption     what is left of packages, as options in the billing's own words
    TMF635 usage                by day and kind; calls one by one. Rated records count, by their latest rating

The rules are those of `tmf_reading`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from billing.base import (
    Account,
    Call,
    Component,
    Details,
    Direction,
    Kind,
    Money,
    Option,
    Period,
    Service,
    Status,
    Usage,
    Use,
)
from billing.position import month_days
from billing.tmf_reading import ZERO, Json, dropped, listed, meant, parties, refs, shares, title, total, valid
from billing.tmf_settings import SIZES, Name, Rules, key
from billing.upstream import Unreadable
from billing.wire import amount, day, moment, money, records, text, word

# The second is how the examples of v5 spell it.
RECURRING: Final = frozenset({"recurring", "reccurring", "recurringcharge"})
MONTHLY: Final = frozenset({"month", "monthly", "1month", "permonth"})
CONTAINS: Final = frozenset({"contains", "bundled", "bundles", "includes", "haspart"})
RATED: Final = frozenset({"rated", "rerated", "billed"})
GONE_BY: Final = timedelta(days=92)  # a product that ended longer ago is history


# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────


def services(
    rows: Sequence[Json], account: Account, rules: Rules, today: date, fee_day: date | None
) -> tuple[Service, ...]:
    """TMF637 product: what is no part of another. `fee_day`: when the account's fees fall, where it says so."""
    parts, by_id = parents(rows), {text(row.get("id")): row for row in rows}
    found = []
    for row in rows:
        id = text(row.get("id"))
        if id and id not in parts and _shown(row, account, today):
            found.append(_service(row, id, by_id, account, rules, fee_day))
    return tuple(found)


def _shown(row: Json, account: Account, today: date) -> bool:
    state = key(text(row.get("status")))
    ended = day(row.get("terminationDate"), ZoneInfo(account.zone))
    return not (
        row.get("isCustomerVisible") is False
        or state in {"aborted", "cancelled"}
        or (state == "terminated" and ended is not None and today - ended > GONE_BY)
    )


def _service(
    row: Json, id: str, by_id: Mapping[str, Json], account: Account, rules: Rules, fee_day: date | None
) -> Service:
    says = meant(row.get("productCharacteristic"), rules)
    spec, offering = (next(iter(listed(row.get(name))), {}) for name in ("productSpecification", "productOffering"))
    name = title(row.get("name")) or title(row.get("description")) or title(spec.get("name")) or id
    tariff = title(offering.get("name"))
    fee = _fee(row, account) if _recurring(row) else _fee_of_parts(row, by_id, account, rules)
    told = day(says.get(Name.NEXT_FEE), ZoneInfo(account.zone))
    return Service(
        account.id,
        id,
        kind_of((text(spec.get("name")), text(spec.get("id")), name, tariff), rules),
        name,
        status_of(row, says, rules),
        "" if tariff == name else tariff,
        fee,
        told or (fee_day if fee is not None else None),
        says.get(Name.DAILY) is True or word(says.get(Name.DAILY)) in {"true", "yes", "1"},
    )


def status_of(row: Json, says: Mapping[str, Any], rules: Rules) -> Status:
    """A suspended product says why in a characteristic, where the operator has one."""
    told = rules.state("product", text(row.get("status")))
    if told is None:
        raise Unreadable("product.status: unknown, see TMF_STATUS")
    why = rules.state("reason", text(says.get(Name.REASON))) if key(text(row.get("status"))) == "suspended" else None
    return Status(why or told)


def kind_of(names: Sequence[str], rules: Rules) -> Kind:
    """By the first of the names that has a word of the table, or is a kind itself."""
    for name in names:
        if (folded := name.casefold()) in set(Kind):
            return Kind(folded)
        words_ = "".join(one if one.isalnum() else " " for one in folded).split()
        for begins, kind in rules.kinds:
            # Two letters would begin too many other words.
            if any(one == begins or (len(begins) > 2 and one.startswith(begins)) for one in words_):
                return kind
    return Kind.OTHER


def _fee(row: Json, account: Account) -> Money | None:
    """What a month takes, less its discounts; None: not known, or not by the month."""
    found: Decimal | None = None
    for one in _recurring(row):
        price = _price(one.get("price"), account) if key(text(one.get("recurringChargePeriod"))) in MONTHLY else None
        if price is None:
            return None
        for lessens in listed(one.get("productPriceAlteration")) + listed(one.get("priceAlteration")):
            inner = next(iter(listed(lessens.get("price"))), {})
            if inner.get("percentage") is not None:
                price -= price * abs(amount(inner["percentage"], "productPriceAlteration.percentage")) / 100
            elif (less := _price(inner, account)) is not None:
                price -= abs(less)
        found = (found or ZERO) + max(price, ZERO)
    return None if found is None else money(found, account.currency)


def _recurring(row: Json) -> list[dict[str, Any]]:
    prices = records(row.get("productPrice"), "productPrice")
    return [one for one in prices if key(text(one.get("priceType"))) in RECURRING]


def _fee_of_parts(row: Json, by_id: Mapping[str, Json], account: Account, rules: Rules) -> Money | None:
    """What a month takes for a bundle without a price of its own: for its parts that work, or stopped with it."""
    states, found = {Status.ACTIVE, rules.state("product", text(row.get("status")))}, None
    for id, told in _parts_of(row).items():
        part = told if "status" in told else by_id.get(id, told)
        if not _recurring(part) or rules.state("product", text(part.get("status"))) not in states:
            continue
        fee = _fee(part, account)
        if fee is None:
            return None
        found = fee if found is None else found + fee
    return found


def _price(value: object, account: Account) -> Decimal | None:
    """Tax included; None: it cannot be said."""
    price = next(iter(listed(value)), {})
    if price.get("taxIncludedAmount") is not None:
        return total(price["taxIncludedAmount"], account.currency, "productPrice.taxIncludedAmount")
    if price.get("dutyFreeAmount") is not None and price.get("taxRate") is not None:
        net = total(price["dutyFreeAmount"], account.currency, "productPrice.dutyFreeAmount")
        return net * (1 + amount(price["taxRate"], "productPrice.taxRate") / 100)
    return None


def fee_day(row: Json, today: date) -> date | None:
    """When the account's monthly fees fall next, by its billing cycle (TMF666 billStructure)."""
    structure = next(iter(listed(row.get("billStructure"))), {})
    cycle = next(iter(listed(structure.get("cycleSpecification"))), {})
    if key(text(cycle.get("frequency"))) not in MONTHLY or cycle.get("chargeDateOffset") is None:
        return None
    try:
        # Days from the start of the period, as billingDateShift is: the two are never added up.
        number = int(amount(cycle["chargeDateOffset"], "chargeDateOffset")) + 1
    except Unreadable:
        return None
    if not 1 <= number <= 31:
        return None
    month = today.replace(day=1)
    this = month.replace(day=min(number, month_days(month)))
    if this >= today:
        return this
    month += timedelta(days=month_days(month))
    return month.replace(day=min(number, month_days(month)))


def details(rows: Sequence[Json], service: str, account: Account, rules: Rules) -> Details:
    """What a product contains: by value, or by id among the account's other products."""
    by_id = {text(row.get("id")): row for row in rows}
    options, components = list[Option](), list[Component]()
    for id, part in _parts_of(by_id[service]).items():
        row = part if "status" in part else by_id.get(id, part)
        if "status" not in row or row.get("isCustomerVisible") is False:
            continue
        if key(text(row.get("status"))) in {"aborted", "cancelled"}:
            continue
        says = meant(row.get("productCharacteristic"), rules)
        status = status_of(row, says, rules)
        if Name.DIRECTION in says:
            components.append(Component(account.id, service, direction_of(says.get(Name.DIRECTION), rules), status))
        else:
            options.append(Option(account.id, service, id, title(row.get("name")) or id, status, _fee(row, account)))
    components.sort(key=lambda one: tuple(Direction).index(one.direction))
    return Details(account.id, service, tuple(options), tuple(components))


def parents(rows: Iterable[Json]) -> dict[str, str]:
    """Products that are part of another: part ▶ whole."""
    return {part: text(row.get("id")) for row in rows for part in _parts_of(row)}


def _parts_of(row: Json) -> dict[str, Json]:
    found: dict[str, Json] = {text(one.get("id")): one for one in listed(row.get("product"))}
    for relation in listed(row.get("productRelationship")):
        if key(text(relation.get("relationshipType"))) in CONTAINS:
            named = listed(relation.get("product")) or [relation]  # v5 has the id beside the type
            found |= {text(one.get("id")): one for one in named if text(one.get("id"))}
    found.pop("", None)
    return found


def packages(
    rows: Iterable[Json], account: Account, service: str, parents: Mapping[str, str], now: datetime
) -> list[Option]:
    """TMF677: what is left of packages, in the billing's own words (`remainingValueName`).

    A package is of the product that its bucket names, else of those that the report names; a part stands for its whole.
    """
    found = []
    for answer in rows:
        for used in listed(answer.get("usageConsumption")):
            for one in listed(used.get("bucketRefOrValue")) + listed(used.get("bucket")):
                left, products = title(one.get("remainingValueName")), refs(one, "product") or refs(used, "product")
                whose, state = refs(one, "partyAccount") or {account.id}, word(one.get("status")) or "active"
                of = {parents.get(product, product) for product in products}
                if not left or service not in of or whose != {account.id} or state != "active":
                    continue
                if valid(one, now, ZoneInfo(account.zone)):
                    name = f"{title(one.get('name'))}: {left}".removeprefix(": ")
                    found.append(Option(account.id, service, text(one.get("id")) or name, name, Status.ACTIVE))
    return found


# ── Use and calls ─────────────────────────────────────────────────────────────────────────────────────────────────


def direction_of(value: object, rules: Rules) -> Direction:
    told = rules.usage.get(key(text(value)))
    return Direction(told) if told in set(Direction) else Direction.OTHER


class Record:
    """One record of TMF635 that counts: rated, of this account and this service, of a day that is asked for."""

    def __init__(self, row: Json, at: datetime, account: Account, rules: Rules) -> None:
        self.row, self.at, self.rules = row, at, rules
        self.says = meant(row.get("usageCharacteristic"), rules)
        self.kind = key(text(row.get("usageType")))
        self.cost = _rated(row, account)

    @property
    def seconds(self) -> int | None:
        """None: it is no call."""
        for name, unit in ((Name.SECONDS, 1), (Name.MINUTES, 60)):
            if name in self.says:
                return int((amount(self.says[name], f"usage {name}") * unit).to_integral_value(ROUND_HALF_UP))
        return None

    @property
    def bytes(self) -> Decimal | None:
        for name, unit in SIZES.items():
            if name in self.says:
                return amount(self.says[name], f"usage {name}") * unit
        return None

    @property
    def incoming(self) -> bool:
        told = self.says.get(Name.INCOMING)
        if isinstance(told, bool):
            return told
        if told is None:  # some have it in the direction
            told = self.says.get(Name.DIRECTION)
        return word(told) == "true" or self.rules.usage.get(key(text(told))) == Name.INCOMING

    @property
    def direction(self) -> Direction:
        return direction_of(self.says.get(Name.DIRECTION), self.rules)

    @property
    def number(self) -> str:
        """The other party's."""
        other = self.says.get(Name.CALLER if self.incoming else Name.CALLED)
        return text(self.says.get(Name.NUMBER)) or text(other)


def used(
    rows: Iterable[Json],
    account: Account,
    service: str,
    own: Sequence[Service],
    parents: Mapping[str, str],
    rules: Rules,
    period: Period,
) -> list[Record]:
    """Records of that service, oldest first.

    None names an account in v4. It is known by a party that is the account, by a characteristic, or by the product
    that was rated. A record that names the account and no product is of the one service that can have it.
    """
    zone, ids = ZoneInfo(account.zone), {one.id for one in own}
    found, foreign, nobody = list[tuple[datetime, str, Record]](), 0, 0
    for row in rows:
        if word(row.get("status")) not in RATED:
            continue
        rated = set().union(*(refs(one, "productRef") for one in listed(row.get("ratedProductUsage"))))
        products = {parents.get(one, one) for one in rated}
        names = _names(row, account, rules)
        if names is None and not products:
            nobody += 1
            continue
        if names is False or products - ids or not (names or products):
            foreign += 1
            continue
        if service not in (products or {_only(row, own, rules)}):
            continue
        at = moment(row.get("usageDate"), zone)
        if at is None:
            raise Unreadable("usage.usageDate: missing")
        if at.astimezone(zone).date() in period:
            found.append((at, text(row.get("id")), Record(row, at, account, rules)))
    dropped("usage", "another account", foreign)
    dropped("usage", "no account", nobody)
    if nobody and not found:
        raise Unreadable("usage: no record names its account")
    found.sort(key=lambda one: one[:2])
    return [one for _, _, one in found]


def _names(row: Json, account: Account, rules: Rules) -> bool | None:
    """Whether the record names the account; None: it names none."""
    told = meant(row.get("usageCharacteristic"), rules).get(Name.ACCOUNT)
    if told is not None:
        return text(told) in {account.id, account.number}
    named_ = {text(one.get("id")) for _, one in parties(row) if "account" in key(text(one.get("@referredType")))}
    return account.id in named_ if named_ else None


def _only(row: Json, own: Sequence[Service], rules: Rules) -> str:
    """The one service that such a record can be of; "": several can, or none."""
    says = meant(row.get("usageCharacteristic"), rules)
    call = Name.SECONDS in says or Name.MINUTES in says
    fit = {Kind.PHONE, Kind.MOBILE} if call else {Kind.INTERNET, Kind.MOBILE}
    able = [one.id for one in own if one.kind in fit]
    return able[0] if len(able) == 1 else ""


def _rated(row: Json, account: Account) -> Decimal | None:
    """Tax included, of the latest rating; None: inside the tariff."""
    zone = ZoneInfo(account.zone)
    ratings = [(moment(one.get("ratingDate"), zone), one) for one in records(row.get("ratedProductUsage"), "rated")]
    latest = max((at for at, _ in ratings if at is not None), default=None)
    cost: Decimal | None = None
    for at, one in ratings:
        value = _rating(one, account) if at == latest else None
        if value is None:
            continue
        if value or key(text(one.get("usageRatingTag"))) != "includedusage":
            cost = (cost or ZERO) + value
    return cost


def _rating(one: Json, account: Account) -> Decimal | None:
    """Tax included; None: no sum is told. Raises Unreadable where the tax of one is not: a call was not free."""
    field = "ratedProductUsage.taxIncludedRatingAmount"
    if one.get("taxIncludedRatingAmount") is not None:
        return total(one["taxIncludedRatingAmount"], account.currency, field)
    if one.get("taxExcludedRatingAmount") is None:
        return None
    net = total(one["taxExcludedRatingAmount"], account.currency, "ratedProductUsage.taxExcludedRatingAmount")
    if not net or one.get("isTaxExempt") is True:
        return net
    if one.get("taxRate") is None:
        raise Unreadable(f"{field}: missing")
    return net * (1 + amount(one["taxRate"], "ratedProductUsage.taxRate") / 100)


def calls(found: Sequence[Record], account: Account, service: str) -> tuple[Call, ...]:
    """Newest first."""
    told = [(one, seconds) for one in found if (seconds := one.seconds) is not None]
    costs = shares([one.cost or ZERO for one, _ in told], account.currency)
    return tuple(
        Call(
            account.id, service, text(one.row.get("id")), one.at, one.number, seconds, one.direction, cost, one.incoming
        )
        for (one, seconds), cost in reversed(list(zip(told, costs, strict=True)))
    )


def usage(found: Sequence[Record], account: Account, service: str) -> tuple[Usage, ...]:
    """By day and kind, newest first: answered outgoing calls, bytes by way, and what was bought."""
    zone = ZoneInfo(account.zone)
    sums: dict[tuple[date, Use, Direction | None, str], list[tuple[Decimal, Decimal | None]]] = {}
    for one in found:
        about = _use(one)
        if about is not None:
            use, direction, named_, value = about
            sums.setdefault((one.at.astimezone(zone).date(), use, direction, named_), []).append((value, one.cost))
    rows = [
        Usage(
            account.id,
            service,
            on,
            use,
            int(sum((value for value, _ in parts), ZERO).to_integral_value(ROUND_HALF_UP)),
            len(parts),
            _cost([cost for _, cost in parts], account.currency),
            direction,
            named_,
        )
        for (on, use, direction, named_), parts in sums.items()
    ]
    return tuple(sorted(rows, key=lambda one: (-one.day.toordinal(), one.use, one.direction or "", one.title)))


def _use(one: Record) -> tuple[Use, Direction | None, str, Decimal] | None:
    """What a record counts as; None: nothing that is shown (an incoming call, one that nobody answered)."""
    seconds, size = one.seconds, one.bytes
    if size is not None:
        sent = one.rules.usage.get(key(text(one.says.get(Name.TRAFFIC)))) == Use.SENT
        return Use.SENT if sent else Use.RECEIVED, None, "", size
    if seconds is not None:
        return None if one.incoming or not seconds else (Use.CALLS, one.direction, "", Decimal(seconds))
    if Name.PIECES in one.says or one.kind == "purchase":
        pieces = amount(one.says.get(Name.PIECES, 1), "usage pieces")
        return Use.PURCHASE, None, title(one.says.get(Name.TITLE)) or title(one.row.get("description")), pieces
    return None


def _cost(costs: Sequence[Decimal | None], currency: str) -> Money | None:
    told = [one for one in costs if one is not None]
    return money(sum(told, ZERO), currency) if told else None
