"""TM Forum's records as facts. Pure: what came over the wire goes in, `billing.base` comes out, or Unreadable.

Read in v4 and in v5 wherever either stands; sums exact, added before they are rounded. What only adorns an answer (a
name, a region, a tariff) is left out when it cannot be read; what decides about money makes the answer Unreadable: a
sum, its currency, a bill's state and day, a product's state.

    own money    balances of known types that are valid now, `own` added and `debt` subtracted. A type that nobody has
                 explained is left out: the standard has loyalty points and disputed sums there, which are not money to
                 spend, and an operator's new type must not take all balances away. But it never stands for the whole:
                 where nothing known is left, nothing is told. Under CREDIT the bills tell the debt, each of them once.
    bills        issued and with something left; a credit note pays the oldest first
    records      that name another account, or none, are not of the list; they are counted, and never shown
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from billing.base import (
    Account,
    Balance,
    Bill,
    Call,
    Charge,
    Component,
    Details,
    Direction,
    Kind,
    Money,
    Option,
    Payment,
    Period,
    Reach,
    Scheme,
    Service,
    Status,
    Usage,
    Use,
    Way,
)
from billing.cells import masked
from billing.guard import DROPPED
from billing.position import month_days
from billing.tmf_settings import SIZES, Name, Part, Rules, key
from billing.upstream import Unreadable
from billing.wire import amount, day, moment, money, record, records, text, word

log = structlog.get_logger()

Json = Mapping[str, Any]

ZERO: Final = Decimal(0)
RUBLES: Final = {"RUR": "RUB", "РУБ": "RUB", "РУБ.": "RUB", "₽": "RUB"}  # what is met instead of ISO 4217
MONTHLY: Final = frozenset({"month", "monthly", "1month", "permonth"})
CONTAINS: Final = frozenset({"contains", "bundled", "bundles", "includes", "haspart"})
RATED: Final = frozenset({"rated", "rerated", "billed"})
UNISSUED: Final = frozenset({"duplicate", "duplicatebill", "trial", "trialbill"})
CREDIT_NOTES: Final = frozenset({"creditnote", "credit"})
GONE_BY: Final = timedelta(days=92)  # a product that ended longer ago is history
SHOWN: Final = 200  # characters of a title, a name, a method
_told: set[str] = set()  # what nobody has explained, said once in a process's life


# ── Small parts ───────────────────────────────────────────────────────────────────────────────────────────────────


def refs(row: Json, name: str) -> set[str]:
    """The ids that a reference names: one object, or a list of them."""
    return {text(one.get("id")) for one in listed(row.get(name))} - {""}


def listed(value: object) -> list[dict[str, Any]]:
    """The objects of what only adorns an answer."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def parties(row: Json) -> Iterator[tuple[str, Json]]:
    """Role and party; v5 has it one level deeper."""
    for one in listed(row.get("relatedParty")):
        deeper = one.get("partyOrPartyRole")
        yield word(one.get("role")), deeper if isinstance(deeper, dict) else one


def title(value: object) -> str:
    """What is shown. Servers that were set up and never filled say "string" in every field."""
    told = " ".join(text(value).split())[:SHOWN]
    return "" if told == "string" else told


def total(value: object, currency: str, field: str) -> Decimal:
    """A Money {unit, value} or a Quantity {units, amount} in the account's currency. No unit is that currency."""
    told = record(value, field)
    unit = (text(told.get("unit")) or text(told.get("units"))).upper()
    if unit and RUBLES.get(unit, unit) != currency:
        raise Unreadable(f"{field}: another currency than the account's")
    return amount(told["value"] if "value" in told else told.get("amount"), field)


def valid(row: Json, now: datetime, zone: tzinfo) -> bool:
    """Whether `validFor` holds now. Dates that nobody can believe bound nothing."""
    times = next(iter(listed(row.get("validFor"))), {})
    begins, ends = moment(times.get("startDateTime"), zone), moment(times.get("endDateTime"), zone)
    return (begins is None or begins <= now) and (ends is None or now <= ends)


def named(rows: object) -> dict[str, Any]:
    """Characteristics by name, as they compare."""
    return {key(text(one.get("name"))): one.get("value") for one in listed(rows)}


def meant(rows: object, rules: Rules) -> dict[str, Any]:
    """Characteristics by what they say."""
    return {rules.usage[name]: value for name, value in named(rows).items() if name in rules.usage}


def mine(rows: Iterable[Json], account: str, names: Sequence[str], operation: str) -> list[Json]:
    """The records that name this account and no other.

    Raises Unreadable where there are records and not one says whose it is: that is not to have none.
    """
    found, foreign, nobody = [], 0, 0
    for row in rows:
        whose = set().union(*(refs(row, name) for name in names))
        if whose == {account}:
            found.append(row)
        elif whose:
            foreign += 1
        else:
            nobody += 1
    dropped(operation, "another account", foreign)
    dropped(operation, "no account", nobody)
    if nobody and not found:
        raise Unreadable(f"{operation}: no record names its account")
    return found


def dropped(operation: str, why: str, count: int) -> None:
    if count:
        DROPPED.labels("tmf", operation, why).inc(count)
        log.error("billing.dropped", billing="tmf", operation=operation, why=why, count=count)


def unknown(what: str, setting: str) -> None:
    """Say once that a word of the operator's is not explained. Free texts may hold anything: the word is not said."""
    if what not in _told:
        _told.add(what)
        log.warning("tmf-unknown", what=what, setting=setting)


def shares(sums: Sequence[Decimal], currency: str) -> list[Money]:
    """Each sum in whole minor units, so that they add up to what the exact sums do: calls have six decimals."""
    made, exact, before = [], ZERO, 0
    for one in sums:
        exact += one
        upto = money(exact, currency).minor
        made.append(Money(upto - before, currency))
        before = upto
    return made


# ── Accounts and money ────────────────────────────────────────────────────────────────────────────────────────────


def account_of(row: Json, rules: Rules) -> Account:
    """TMF666 billingAccount."""
    id = text(row.get("id"))
    # A number of JSON has lost the zeros that lead an account's number.
    name = title(row.get("name")) if isinstance(row.get("name"), str) else ""
    number = name if sum(one.isdigit() for one in name) >= 4 else id
    region = next((title(one.get("stateOrProvince")) for one in media(row) if text(one.get("stateOrProvince"))), "")
    kinds = (key(text(row.get("ratingType"))), key(text(row.get("accountType"))))
    return Account(
        id,
        number,
        next((rules.schemes[one] for one in kinds if one in rules.schemes), rules.scheme),
        _holder(row),
        rules.currency,
        rules.zone_of(number, region),
        rules.state("account", row.get("state")) != "closed",
        region,
    )


def media(row: Json) -> Iterator[Json]:
    """Contacts of an account; v4 has what they say in `characteristic`, v5 beside it."""
    for contact in listed(row.get("contact")):
        for one in listed(contact.get("contactMedium")):
            inner = one.get("characteristic")
            yield {**one, **(inner if isinstance(inner, dict) else {})}


def reaches(row: Json, account: str, rules: Rules) -> tuple[Reach, ...]:
    found: list[tuple[bool, Reach]] = []
    for one in media(row):
        for way, name in ((Way.SMS, "phoneNumber"), (Way.EMAIL, "emailAddress")):
            address = text(one.get(name))
            if way in rules.ways and address and address != "string":
                found.append((one.get("preferred") is not True, Reach(account, way, address)))
    return tuple(reach for _, reach in sorted(dict.fromkeys(found), key=lambda one: one[0]))


def party_of(row: Json) -> str:
    """The party that usage is recorded for: the owner, else the first; "": nobody is named."""
    found = [(role, text(one.get("id"))) for role, one in parties(row)]
    owners = [id for role, id in found if role in {"owner", "customer", "account owner"} and id]
    return next(iter([*owners, *(id for _, id in found if id)]), "")


def _holder(row: Json) -> str:
    names = [title(one.get("name")) for role, one in parties(row) if role in {"owner", "customer"}]
    names += [title(one.get("contactName")) for one in listed(row.get("contact"))]
    return next((masked(name) for name in names if name), "")


def own_money(row: Json, account: Account, rules: Rules, now: datetime) -> Decimal | None:
    """What the account's balances come to; None: none of a known type is there."""
    zone = ZoneInfo(account.zone)
    found: Decimal | None = None
    for one in records(row.get("accountBalance"), "accountBalance"):
        kind = key(text(one.get("balanceType")))
        part = rules.balances.get(kind)
        if part is None:
            unknown("balanceType", "TMF_BALANCES")
        if part is None or part is Part.IGNORE or not valid(one, now, zone):
            continue
        value = total(one.get("amount"), account.currency, "accountBalance.amount")
        if part is Part.DEBT and account.scheme is Scheme.CREDIT:
            value = ZERO  # the bills say it
        found = (found or ZERO) + (value if part is Part.OWN else -value)
    return found


def bucket_money(rows: Iterable[Json], account: Account, now: datetime) -> Decimal | None:
    """TMF654: what monetary buckets hold that may be spent now; None: there is none. Reserved money is spent."""
    found: Decimal | None = None
    for row in rows:
        if key(text(row.get("usageType"))) != "monetary" or row.get("isShared") is True:
            continue
        state = word(row.get("status"))
        if state not in {"active", "suspended", "expired"}:
            raise Unreadable("bucket.status: unknown")
        if state == "active" and valid(row, now, ZoneInfo(account.zone)):
            found = (found or ZERO) + total(row.get("remainingValue"), account.currency, "bucket.remainingValue")
            if row.get("reservedValue") is not None:
                found -= total(row.get("reservedValue"), account.currency, "bucket.reservedValue")
        else:
            found = found or ZERO
    return found


def accumulated_money(rows: Iterable[Json], account: Account) -> Decimal | None:
    """TMF654 accumulatedBalance: the totals that are of the account's currency, and so of money."""
    found: Decimal | None = None
    for row in rows:
        whole = record(row.get("totalBalance"), "accumulatedBalance.totalBalance")
        unit = text(whole.get("units")).upper()
        if RUBLES.get(unit, unit) == account.currency:
            found = (found or ZERO) + total(whole, account.currency, "accumulatedBalance.totalBalance")
    return found


def balance_of(row: Json, account: Account, own: Decimal, rules: Rules, at: datetime) -> Balance:
    """With the promised payment, where the account has a plan of one that goes on."""
    zone, promised, until = ZoneInfo(account.zone), None, None
    for plan in listed(row.get("paymentPlan")):
        if rules.state("plan", text(plan.get("planType"))) != "promised" or word(plan.get("status")) != "active":
            continue
        if not valid(plan, at, zone):
            continue
        left = money(total(plan.get("totalAmount"), account.currency, "paymentPlan.totalAmount"), account.currency)
        times = next(iter(listed(plan.get("validFor"))), {})
        promised = left if promised is None else promised + left
        until = min(filter(None, (until, day(times.get("endDateTime"), zone))), default=None)
    return Balance(account.id, money(own, account.currency), at, promised or None, until if promised else None)


# ── Bills, charges, payments ──────────────────────────────────────────────────────────────────────────────────────


def bills(rows: Iterable[Json], account: Account, rules: Rules, *, strict: bool = True) -> tuple[Bill, ...]:
    """TMF678 customerBill: those with anything left, newest first.

    Not `strict`: one that cannot be read is left out; under ADVANCE a bill is paper and adds nothing to a position.
    """
    found: list[tuple[Bill, Decimal]] = []
    credit, unread = ZERO, 0
    for row in rows:
        category = key(text(row.get("category")))
        if category in UNISSUED:
            continue
        try:
            state = rules.state("bill", row.get("state"))
            if state == "void":
                continue
            left = left_of(row, account)
            if not left:
                continue
            if state is None:
                raise Unreadable("customerBill.state: unknown, see TMF_STATUS")
            if category in CREDIT_NOTES or left < 0:
                credit += abs(left)
                continue
            found.append((_bill(row, account, left), left))
        except Unreadable:
            if strict:
                raise
            unread += 1
    dropped("bills", "unreadable", unread)
    made = []
    for bill, left in sorted(found, key=lambda one: (one[0].due, one[0].issued, one[0].id)):
        paid = min(credit, left)
        credit -= paid
        if rest := money(left - paid, account.currency):
            made.append(replace(bill, remaining=rest))
    return tuple(sorted(made, key=lambda one: (one.issued, one.due, one.id), reverse=True))


def left_of(row: Json, account: Account) -> Decimal:
    """What is unpaid: as the bill says, else what it asks for less what was applied to it."""
    if row.get("remainingAmount") is not None:
        return total(row["remainingAmount"], account.currency, "customerBill.remainingAmount")
    applied = records(row.get("appliedPayment"), "customerBill.appliedPayment")
    if not applied and "partial" in key(text(row.get("state"))):
        raise Unreadable("customerBill.remainingAmount: missing")
    asked = total(row.get("amountDue"), account.currency, "customerBill.amountDue")
    return asked - sum(
        (total(one.get("appliedAmount"), account.currency, "customerBill.appliedPayment") for one in applied), ZERO
    )


def _bill(row: Json, account: Account, left: Decimal) -> Bill:
    zone = ZoneInfo(account.zone)
    issued, due = day(row.get("billDate"), zone), day(row.get("paymentDueDate"), zone)
    if due is None:
        raise Unreadable("customerBill.paymentDueDate: missing")
    issued = issued or due
    whole = row.get("taxIncludedAmount") if row.get("taxIncludedAmount") is not None else row.get("amountDue")
    asked = left if whole is None else total(whole, account.currency, "customerBill.taxIncludedAmount")
    id = text(row.get("id"))
    times = next(iter(listed(row.get("billingPeriod"))), {})
    return Bill(
        account.id,
        id,
        title(row.get("billNo")) or id,
        _period(times, zone) or Period(issued, issued),
        money(asked, account.currency),
        money(left, account.currency),
        issued,
        due,
    )


def _period(times: Json, zone: tzinfo) -> Period | None:
    first, last = day(times.get("startDateTime"), zone), day(times.get("endDateTime"), zone)
    if first is None or last is None or last < first:
        return None
    end = moment(times.get("endDateTime"), zone)
    # A period that ends at midnight ends with the day before.
    if end is not None and last > first and "T" in text(times.get("endDateTime")):
        local = end.astimezone(zone)
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            last -= timedelta(days=1)
    return Period(first, last)


def charges(rows: Iterable[Json], account: Account, rules: Rules, period: Period) -> tuple[Charge, ...]:
    """TMF678 appliedCustomerBillingRate of these days, newest first. What comes to nothing is not shown."""
    zone, found = ZoneInfo(account.zone), list[tuple[datetime, str, Decimal, Json]]()
    for row in rows:
        at = moment(row.get("date"), zone) or moment(_covered(row), zone)
        if at is None:
            raise Unreadable("appliedCustomerBillingRate.date: missing")
        if at.astimezone(zone).date() in period and (taken := _charged(row, account, rules)):
            found.append((at, text(row.get("id")), taken, row))
    found.sort(key=lambda one: one[:2])
    sums = shares([taken for _, _, taken, _ in found], account.currency)
    made = [
        Charge(
            account.id,
            id,
            at,
            whole,
            title(row.get("name")) or title(row.get("description")),
            min(refs(row, "product"), default=None),
        )
        for (at, id, _, row), whole in zip(found, sums, strict=True)
        if whole
    ]
    return tuple(reversed(made))


def _covered(row: Json) -> object:
    return next(iter(listed(row.get("periodCoverage"))), {}).get("startDateTime")


def _charged(row: Json, account: Account, rules: Rules) -> Decimal:
    """Tax included; of a credit below zero, whichever sign it came with."""
    field = "appliedCustomerBillingRate.taxIncludedAmount"
    if row.get("taxIncludedAmount") is not None:
        taken = total(row["taxIncludedAmount"], account.currency, field)
    else:
        taxes = records(row.get("appliedTax"), "appliedCustomerBillingRate.appliedTax")
        if not taxes:
            raise Unreadable(f"{field}: missing")
        taken = total(row.get("taxExcludedAmount"), account.currency, field)
        taken += sum((total(one.get("taxAmount"), account.currency, field) for one in taxes), ZERO)
    kind = text(row.get("type")) or text(row.get("appliedBillingRateType"))
    which = rules.state("charge", kind) if kind else "taken"
    if which is None:  # v4 tells taken and given back apart by nothing else
        raise Unreadable("appliedCustomerBillingRate.type: unknown, see TMF_STATUS")
    return -abs(taken) if which == "given" else taken


def payments(rows: Iterable[Json], account: Account, rules: Rules, period: Period | None) -> tuple[Payment, ...]:
    """TMF676 payment of these days, newest first; None: of all."""
    zone, found = ZoneInfo(account.zone), list[Payment]()
    for row in rows:
        state = rules.state("payment", row.get("status"))
        if state == "void":
            continue
        if state is None:
            unknown("payment.status", "TMF_STATUS")  # on its way, as far as anybody can tell
        at = moment(row.get("paymentDate"), zone) or moment(row.get("statusDate"), zone)
        if at is None:
            raise Unreadable("payment.paymentDate: missing")
        if period is not None and at.astimezone(zone).date() not in period:
            continue
        paid = row.get("totalAmount") if row.get("totalAmount") is not None else row.get("amount")
        sum_ = money(total(paid, account.currency, "payment.totalAmount"), account.currency)
        if sum_:
            method = next(iter(listed(row.get("paymentMethod"))), {})
            named_ = title(method.get("name")) or title(next(iter(listed(row.get("channel"))), {}).get("name"))
            found.append(
                Payment(
                    account.id, text(row.get("id")), at, sum_, named_ or title(row.get("name")), state == "credited"
                )
            )
    return tuple(sorted(found, key=lambda one: (one.at, one.id), reverse=True))


def topups(rows: Iterable[Json], account: Account, period: Period | None) -> tuple[Payment, ...]:
    """TMF654 topupBalance, monetary, newest first: only what is completed is money."""
    zone, found = ZoneInfo(account.zone), list[Payment]()
    for row in rows:
        state = word(row.get("status"))
        if state in {"failed", "cancelled"} or key(text(row.get("usageType"))) not in {"monetary", ""}:
            continue
        at = moment(row.get("confirmationDate"), zone) or moment(row.get("requestedDate"), zone)
        if at is None:
            raise Unreadable("topupBalance.confirmationDate: missing")
        if period is not None and at.astimezone(zone).date() not in period:
            continue
        paid = money(total(row.get("amount"), account.currency, "topupBalance.amount"), account.currency)
        method = next(iter(listed(row.get("paymentMethod"))), {}) or next(iter(listed(row.get("channel"))), {})
        if paid:
            found.append(
                Payment(account.id, text(row.get("id")), at, paid, title(method.get("name")), state == "completed")
            )
    return tuple(sorted(found, key=lambda one: (one.at, one.id), reverse=True))


# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────


def services(
    rows: Sequence[Json], account: Account, rules: Rules, today: date, fee_day: date | None
) -> tuple[Service, ...]:
    """TMF637 product: what is no part of another. `fee_day`: when the account's fees fall, where it says so."""
    parts = parents(rows)
    found = []
    for row in rows:
        id = text(row.get("id"))
        if id and id not in parts and _shown(row, account, today):
            found.append(_service(row, id, account, rules, fee_day))
    return tuple(found)


def _shown(row: Json, account: Account, today: date) -> bool:
    state = key(text(row.get("status")))
    ended = day(row.get("terminationDate"), ZoneInfo(account.zone))
    return not (
        row.get("isCustomerVisible") is False
        or state in {"aborted", "cancelled"}
        or (state == "terminated" and ended is not None and today - ended > GONE_BY)
    )


def _service(row: Json, id: str, account: Account, rules: Rules, fee_day: date | None) -> Service:
    says = meant(row.get("productCharacteristic"), rules)
    spec, offering = (next(iter(listed(row.get(name))), {}) for name in ("productSpecification", "productOffering"))
    name = title(row.get("name")) or title(row.get("description")) or title(spec.get("name")) or id
    tariff = title(offering.get("name"))
    fee = _fee(row, account)
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
    for one in records(row.get("productPrice"), "productPrice"):
        if key(text(one.get("priceType"))) != "recurring":
            continue
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
        shift = amount(cycle.get("billingDateShift") or 0, "billingDateShift")
        number = int(shift + amount(cycle["chargeDateOffset"], "chargeDateOffset")) + 1
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
            found |= {text(one.get("id")): one for one in listed(relation.get("product")) if text(one.get("id"))}
    found.pop("", None)
    return found


def packages(rows: Iterable[Json], account: Account, service: str, now: datetime) -> list[Option]:
    """TMF677: what is left of packages, in the billing's own words (`remainingValueName`)."""
    found = []
    for answer in rows:
        for used in listed(answer.get("usageConsumption")):
            for one in listed(used.get("bucketRefOrValue")) + listed(used.get("bucket")):
                left, of = title(one.get("remainingValueName")), refs(one, "product")
                whose = refs(one, "partyAccount") or {account.id}
                if not left or service not in of or whose != {account.id} or word(one.get("status")) != "active":
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
    field = "ratedProductUsage.taxIncludedRatingAmount"
    cost: Decimal | None = None
    for at, one in ratings:
        if at != latest or one.get("taxIncludedRatingAmount") is None:
            continue
        value = total(one["taxIncludedRatingAmount"], account.currency, field)
        if value or key(text(one.get("usageRatingTag"))) != "includedusage":
            cost = (cost or ZERO) + value
    return cost


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


# ── Customers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def accounts_of(row: Json, rules: Rules) -> list[str]:
    """TMF629 customer: the ids of its accounts; of a closed one none. Some name accounts without an id: left out."""
    if rules.state("account", text(row.get("status"))) == "closed":
        return []
    told = listed(row.get("account"))
    found = [text(one.get("id")) for one in told if text(one.get("id"))]
    dropped("accounts", "no account", len(told) - len(found))
    return found
