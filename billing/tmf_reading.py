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
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from billing.base import (
    Account,
    Balance,
    Bill,
    Charge,
    Money,
    Payment,
    Period,
    Reach,
    Scheme,
    Way,
)
from billing.cells import masked
from billing.guard import DROPPED
from billing.tmf_settings import Part, Rules, key
from billing.upstream import Unreadable
from billing.wire import amount, day, moment, money, record, records, text, word

log = structlog.get_logger()

Json = Mapping[str, Any]

ZERO: Final = Decimal(0)
RUBLES: Final = {"RUR": "RUB", "РУБ": "RUB", "РУБ.": "RUB", "₽": "RUB"}  # what is met instead of ISO 4217
UNISSUED: Final = frozenset({"duplicate", "duplicatebill", "trial", "trialbill"})
CREDIT_NOTES: Final = frozenset({"creditnote", "credit"})
GOES_ON: Final = frozenset({"effective", "active"})  # of a payment plan; the description knows the first, and no list
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
    number = name if numbered(name) else id
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


def numbered(name: str) -> bool:
    """Whether an account is called by its number. "Home Account 2021" is none: people would pay to it."""
    digits = sum(one.isdigit() for one in name)
    return digits >= 4 and digits > sum(one.isalpha() for one in name)


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
        state = word(row.get("status")) or "active"  # the description requires none
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
        if rules.state("plan", text(plan.get("planType"))) != "promised" or word(plan.get("status")) not in GOES_ON:
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
        if sum_ := money(_paid(row, account), account.currency):
            method = next(iter(listed(row.get("paymentMethod"))), {})
            named_ = title(method.get("name")) or title(next(iter(listed(row.get("channel"))), {}).get("name"))
            found.append(
                Payment(
                    account.id, text(row.get("id")), at, sum_, named_ or title(row.get("name")), state == "credited"
                )
            )
    return tuple(sorted(found, key=lambda one: (one.at, one.id), reverse=True))


def _paid(row: Json, account: Account) -> Decimal:
    """Tax included; where only its parts are told, both of them."""
    if row.get("totalAmount") is not None:
        return total(row["totalAmount"], account.currency, "payment.totalAmount")
    paid = total(row.get("amount"), account.currency, "payment.amount")
    tax = row.get("taxAmount")
    return paid if tax is None else paid + total(tax, account.currency, "payment.taxAmount")


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


# ── Customers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def accounts_of(row: Json, rules: Rules) -> list[str]:
    """TMF629 customer: the ids of its accounts; of a closed one none. Some name accounts without an id: left out."""
    if rules.state("account", text(row.get("status"))) == "closed":
        return []
    told = listed(row.get("account"))
    found = [text(one.get("id")) for one in told if text(one.get("id"))]
    dropped("accounts", "no account", len(told) - len(found))
    return found
