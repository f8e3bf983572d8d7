"""Facts of a billing as TM Forum writes them: one function for each resource, in v4; `modern` makes v5 of it.

What an operator chooses freely is chosen here once, as a plausible operator would, and stands in the tables below:
balance types, names of characteristics, what a usage record is called. Money is written as the descriptions want it:
positive in v4, where a debt is a balance of its own, and signed in v5.

    service            product; its options and components are products inside it
    a day's use        as many usage records as there were sessions, their parts adding up
    a call             one usage record
    promised payment   a payment plan of one payment, with its end

Moments carry the offset of the account's zone. Nothing here knows what asks for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from billing.base import (
    Account,
    Balance,
    Bill,
    Bonus,
    Call,
    Charge,
    Component,
    Delivery,
    Details,
    Kind,
    Money,
    Option,
    Payment,
    Reach,
    Scheme,
    Service,
    Status,
    Usage,
    Use,
    Way,
)

Json = dict[str, Any]

FIRST_DAY: Final = date(2000, 1, 1)  # of what is valid for as long as anybody remembers
DEPOSIT, RECEIVABLE, LOYALTY = "deposit balance", "receivable balance", "loyalty balance"
PROMISED: Final = "promisedPayment"  # the type of a payment plan
STATES: Final[Mapping[Status, str]] = {
    Status.ACTIVE: "active",
    Status.SUSPENDED: "suspended",
    Status.BLOCKED_DEBT: "suspended",
    Status.BLOCKED: "suspended",
    Status.OFF: "terminated",
}
# Why a product is suspended: the list of states has one word for all of them, so operators add a characteristic.
REASONS: Final[Mapping[Status, str]] = {
    Status.SUSPENDED: "customer",
    Status.BLOCKED_DEBT: "debt",
    Status.BLOCKED: "operator",
}
USAGE_TYPES: Final[Mapping[Use, str]] = {Use.RECEIVED: "data", Use.SENT: "data", Use.PURCHASE: "purchase"}
BUCKETS: Final[Mapping[Kind, str]] = {Kind.PHONE: "voice", Kind.MOBILE: "voice", Kind.INTERNET: "data"}


# ── Small parts ───────────────────────────────────────────────────────────────────────────────────────────────────


def decimal(money: Money) -> Decimal:
    return Decimal(money.minor).scaleb(-2)


def amount(money: Money) -> Json:
    return {"unit": money.currency, "value": decimal(money)}


def quantity(value: Decimal | int, units: str) -> Json:
    return {"amount": Decimal(value), "units": units}


def moment(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat()


def opening(day: date, zone: str) -> str:
    return datetime.combine(day, time.min, ZoneInfo(zone)).isoformat()


def closing(day: date, zone: str) -> str:
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).isoformat()


def valid(account: Account, last: date | None = None) -> Json:
    since = {"startDateTime": opening(account.since or FIRST_DAY, account.zone)}
    return since if last is None else {**since, "endDateTime": closing(last, account.zone)}


def party(account: str) -> str:
    """The party whose account it is. A billing that is asked by account cannot say who has two of them."""
    return f"party-{account}"


def owner(account: Account) -> Json:
    return {"id": party(account.id), "name": account.holder, "role": "owner", "@referredType": "Individual"}


def ref(id: str, kind: str, name: str = "") -> Json:
    return {"id": id, **({"name": name} if name else {}), "@referredType": kind}


def characteristic(name: str, value: str | int | bool) -> Json:
    kind = {bool: "boolean", int: "integer", str: "string"}[type(value)]
    return {"name": name, "valueType": kind, "value": value}


def split(whole: int, parts: int) -> list[int]:
    """The parts of a sum, as even as whole numbers are."""
    return [whole * (n + 1) // parts - whole * n // parts for n in range(parts)]


# ── TMF666 ────────────────────────────────────────────────────────────────────────────────────────────────────────


def billing_account(
    account: Account,
    balance: Balance,
    changed: datetime,
    *,
    services: Sequence[Service] = (),
    bonus: Bonus | None = None,
    reaches: Sequence[Reach] = (),
    deliveries: Sequence[Delivery] = (),
    signed: bool = False,
) -> Json:
    """`signed`: a debt is a balance below zero, as v5 has it; otherwise a balance of its own."""
    debt = balance.own.minor < 0 and not signed
    balances = [_balance(RECEIVABLE if debt else DEPOSIT, amount(-balance.own if debt else balance.own), account)]
    if bonus is not None:
        balances.append(_balance(LOYALTY, {"unit": "points", "value": Decimal(bonus.points)}, account))
    row: Json = {
        "id": account.id,
        "@type": "BillingAccount",
        "name": account.number,
        "accountType": "prepaid" if account.scheme is Scheme.ADVANCE else "postpaid",
        "state": "active" if account.open else "closed",
        "paymentStatus": "due" if balance.own.minor < 0 else "paid",
        "lastModified": moment(changed, account.zone),
        "accountBalance": balances,
        "billStructure": {"cycleSpecification": _cycle(services)},
        "contact": _contacts(account, reaches),
        "relatedParty": [owner(account)],
    }
    if any(delivery.email for delivery in deliveries):
        row["billStructure"]["presentationMedia"] = [{"id": "email", "name": "e-mail", "isRef": False}]
    if balance.promised is not None:
        row["paymentPlan"] = [
            {
                "planType": PROMISED,
                "status": "effective",
                "numberOfPayments": 1,
                "priority": 1,
                "totalAmount": amount(balance.promised),
                "validFor": valid(account, balance.promised_until),
            }
        ]
    return row


def _balance(kind: str, value: Json, account: Account) -> Json:
    return {"balanceType": kind, "amount": value, "validFor": valid(account)}


def _cycle(services: Iterable[Service]) -> Json:
    """Calendar months. How many days after their start fees fall is only said where it is so of all that cost."""
    days = {None if one.next_fee is None else one.next_fee.day for one in services if one.fee is not None}
    cycle = {
        "id": "monthly",
        "name": "monthly",
        "isRef": False,
        "frequency": "monthly",
        "billingPeriod": "month",
        "billingDateShift": 0,
    }
    day = days.pop() if len(days) == 1 else None
    return cycle if day is None else {**cycle, "chargeDateOffset": day - 1}


def _contacts(account: Account, reaches: Sequence[Reach]) -> list[Json]:
    media: list[Json] = []
    for place, reach in enumerate(reaches):
        if reach.way is Way.SMS:
            kind, where = "phone", {"phoneNumber": reach.address}
        else:
            kind, where = "email", {"emailAddress": reach.address}
        media.append({"mediumType": kind, "preferred": place == 0, "characteristic": where})
    if account.region:
        media.append({"mediumType": "postalAddress", "characteristic": {"stateOrProvince": account.region}})
    contact: Json = {"contactType": "primary", "validFor": valid(account), "contactMedium": media}
    return [contact | ({"contactName": account.holder} if account.holder else {})]


# ── TMF654 ────────────────────────────────────────────────────────────────────────────────────────────────────────


def bucket(account: Account, balance: Balance) -> Json:
    return {
        "id": f"money-{account.id}",
        "@type": "Bucket",
        "name": "money",
        "usageType": "monetary",
        "status": "active",
        "isShared": False,
        "remainingValue": quantity(decimal(balance.own), balance.own.currency),
        "reservedValue": quantity(0, balance.own.currency),
        "validFor": valid(account),
        "partyAccount": ref(account.id, "BillingAccount", account.number),
        "relatedParty": [owner(account)],
    }


def accumulated_balance(account: Account, balance: Balance) -> Json:
    return {
        "id": f"total-{account.id}",
        "@type": "AccumulatedBalance",
        "name": "money",
        "totalBalance": quantity(decimal(balance.own), balance.own.currency),
        "bucket": [{"id": f"money-{account.id}"}],
        "partyAccount": ref(account.id, "BillingAccount", account.number),
        "relatedParty": [owner(account)],
    }


def topup(account: Account, paid: Payment) -> Json:
    at = moment(paid.at, account.zone)
    return {
        "id": f"topup-{paid.id}",
        "@type": "TopupBalance",
        "status": "completed" if paid.credited else "created",
        "usageType": "monetary",
        "amount": quantity(decimal(paid.amount), paid.amount.currency),
        "requestedDate": at,
        "confirmationDate": at,
        "partyAccount": ref(account.id, "BillingAccount", account.number),
        "paymentMethod": {"id": "method", "name": paid.method},
    }


# ── TMF678 and TMF676 ─────────────────────────────────────────────────────────────────────────────────────────────


def customer_bill(account: Account, bill: Bill, changed: datetime) -> Json:
    zone = account.zone
    return {
        "id": bill.id,
        "@type": "CustomerBill",
        "billNo": bill.number,
        "category": "normal",
        "runType": "onCycle",
        "state": "sent" if bill.remaining == bill.amount else "partiallyPaid" if bill.remaining else "settled",
        "billDate": opening(bill.issued, zone),
        "lastUpdate": moment(changed, zone),
        "paymentDueDate": opening(bill.due, zone),
        "billingPeriod": {
            "startDateTime": opening(bill.period.first, zone),
            "endDateTime": closing(bill.period.last, zone),
        },
        "amountDue": amount(bill.amount),
        "taxIncludedAmount": amount(bill.amount),
        "remainingAmount": amount(bill.remaining),
        "billingAccount": ref(account.id, "BillingAccount", account.number),
        "relatedParty": [owner(account)],
    }


def rate(account: Account, charge: Charge, *, signed: bool = False) -> Json:
    back = charge.amount.minor < 0
    row = {
        "id": charge.id,
        "@type": "AppliedCustomerBillingRate",
        "date": moment(charge.at, account.zone),
        "name": charge.title,
        "type": "appliedBillingCredit" if back else "appliedBillingCharge",
        "isBilled": False,
        "taxIncludedAmount": amount(-charge.amount if back and not signed else charge.amount),
        "billingAccount": ref(account.id, "BillingAccount", account.number),
    }
    return row if charge.service is None else {**row, "product": ref(charge.service, "Product")}


def payment(account: Account, paid: Payment) -> Json:
    at = moment(paid.at, account.zone)
    return {
        "id": paid.id,
        "@type": "Payment",
        "paymentDate": at,
        "status": "completed" if paid.credited else "pending",
        "statusDate": at,
        "amount": amount(paid.amount),
        "totalAmount": amount(paid.amount),
        "account": ref(account.id, "BillingAccount", account.number),
        "paymentMethod": {"@type": "PaymentMethod", "name": paid.method},
        "payer": owner(account),
    }


# ── TMF637 ────────────────────────────────────────────────────────────────────────────────────────────────────────


def product(account: Account, service: Service, details: Details | None) -> Json:
    row: Json = {
        "id": service.id,
        "@type": "Product",
        "name": service.title,
        "status": STATES[service.status],
        "isCustomerVisible": True,
        "isBundle": False,
        "productSpecification": ref(service.kind.value, "ProductSpecification", service.kind.value),
        "billingAccount": ref(account.id, "BillingAccount", account.number),
        "relatedParty": [owner(account)],
    }
    if service.tariff:
        row["productOffering"] = ref(f"offering-{service.tariff}", "ProductOffering", service.tariff)
    facts = [characteristic("statusReason", REASONS[service.status])] if service.status in REASONS else []
    if service.next_fee is not None:
        facts.append(characteristic("nextChargeDate", service.next_fee.isoformat()))
    if service.daily:
        facts.append(characteristic("chargedDaily", True))
    if facts:
        row["productCharacteristic"] = facts
    if service.fee is not None:
        row["productPrice"] = [_price(service.fee)]
    if details is not None and (details.options or details.components):
        row["isBundle"] = True
        row["product"] = [_option(option) for option in details.options]
        row["product"] += [_component(service, component) for component in details.components]
    return row


def _price(fee: Money) -> Json:
    return {
        "name": "recurring",
        "priceType": "recurring",
        "recurringChargePeriod": "month",
        "price": {"taxIncludedAmount": amount(fee)},
    }


def _option(option: Option) -> Json:
    row: Json = {
        "id": option.id,
        "@type": "Product",
        "name": option.title,
        "status": STATES[option.status],
        "productSpecification": ref("option", "ProductSpecification", "option"),
    }
    if option.status in REASONS:
        row["productCharacteristic"] = [characteristic("statusReason", REASONS[option.status])]
    return row if option.fee is None else {**row, "productPrice": [_price(option.fee)]}


def _component(service: Service, component: Component) -> Json:
    """Without what is owed to the operators behind it: a product says nothing of money that was not paid."""
    facts = [characteristic("callDirection", component.direction.value)]
    if component.status in REASONS:
        facts.append(characteristic("statusReason", REASONS[component.status]))
    return {
        "id": f"{service.id}-{component.direction}",
        "@type": "Product",
        "name": component.direction.value,
        "status": STATES[component.status],
        "productSpecification": ref("component", "ProductSpecification", "component"),
        "productCharacteristic": facts,
    }


# ── TMF635 and TMF677 ─────────────────────────────────────────────────────────────────────────────────────────────


def usages(account: Account, used: Usage) -> list[Json]:
    """The sessions of a day. Calls are told one by one (`call`), not here."""
    name = "quantity" if used.use is Use.PURCHASE else "volume"
    facts = [("trafficDirection", used.use.value)] if used.use is not Use.PURCHASE else [("title", used.title)]
    costs = [None] * used.count if used.cost is None else [*split(used.cost.minor, used.count)]
    noon = datetime.combine(used.day, time(12), ZoneInfo(account.zone)).isoformat()
    return [
        {
            **_usage(account, used.service, f"{used.service}-{used.day}-{used.use}-{n}", noon, USAGE_TYPES[used.use]),
            "usageCharacteristic": [characteristic(name, part), *(characteristic(*fact) for fact in facts)],
            "ratedProductUsage": [_rated(account, used.service, noon, cost)],
        }
        for n, (part, cost) in enumerate(zip(split(used.amount, used.count), costs, strict=True))
    ]


def call(account: Account, made: Call) -> Json:
    at, own = moment(made.at, account.zone), account.number
    numbers = (made.number, own) if made.incoming else (own, made.number)
    return {
        **_usage(account, made.service, made.id, at, "voice"),
        "usageCharacteristic": [
            characteristic("callingNumber", numbers[0]),
            characteristic("calledNumber", numbers[1]),
            characteristic("duration", made.seconds),
            characteristic("incoming", made.incoming),
            characteristic("callDirection", made.direction.value),
        ],
        "ratedProductUsage": [_rated(account, made.service, at, made.cost.minor)],
    }


def _usage(account: Account, service: str, id: str, at: str, kind: str) -> Json:
    """No field of this resource names an account: parties, and the product that was rated."""
    return {
        "id": id,
        "@type": "Usage",
        "usageDate": at,
        "usageType": kind,
        "status": "rated",
        "relatedParty": [owner(account), {"id": account.id, "role": "account", "@referredType": "BillingAccount"}],
    }


def _rated(account: Account, service: str, at: str, cost: int | None) -> Json:
    """None: inside the tariff."""
    return {
        "isBilled": False,
        "ratingDate": at,
        "usageRatingTag": "included usage" if cost is None else "usage",
        "taxIncludedRatingAmount": amount(Money(cost or 0, account.currency)),
        "productRef": ref(service, "Product"),
    }


def consumption(account: Account, id: str, at: datetime, used: Mapping[str, Sequence[Usage]], kinds: Json) -> Json:
    """What was used in the month up to now, service by service (`kinds`: of each service)."""
    period = {
        "startDateTime": opening(at.astimezone(ZoneInfo(account.zone)).date().replace(day=1), account.zone),
        "endDateTime": moment(at, account.zone),
    }
    buckets = [
        {
            "id": f"used-{service}",
            "name": service,
            "usageType": BUCKETS.get(kinds[service], "other"),
            "status": "active",
            "isShared": False,
            "validFor": period,
            "product": [ref(service, "Product")],
            "bucketCounter": [
                {
                    "counterType": "used",
                    "level": "global",
                    "value": quantity(sum(u.amount for u in rows if u.use is use), use.value),
                    "consumptionPeriod": period,
                }
                for use in Use
                if any(u.use is use for u in rows)
            ],
        }
        for service, rows in used.items()
        if rows
    ]
    who = [ref(account.id, "BillingAccount", account.number)]
    return {
        "id": id,
        "@type": "QueryUsageConsumption",
        "queryUsageConsumptionDate": moment(at, account.zone),
        "partyAccount": who,
        "usageConsumption": [
            {
                "id": f"{id}-1",
                "state": "done",
                "creationDate": moment(at, account.zone),
                "partyAccount": who,
                "validPeriod": period,
                "bucketRefOrValue": buckets,
            }
        ],
    }


# ── TMF629 ────────────────────────────────────────────────────────────────────────────────────────────────────────


def customer(id: str, accounts: Sequence[Account]) -> Json:
    first = accounts[0]
    going_on = any(account.open for account in accounts)
    return {
        "id": id,
        "@type": "Customer",
        "name": first.holder,
        "status": "active" if going_on else "closed",
        "engagedParty": {"id": id, "name": first.holder, "@referredType": "Individual"},
        "relatedParty": [{"id": id, "name": first.holder, "role": "owner", "@referredType": "Individual"}],
        "account": [ref(account.id, "BillingAccount", account.number) for account in accounts],
        "validFor": valid(first),
    }


# ── v5 ────────────────────────────────────────────────────────────────────────────────────────────────────────────

# What v5 calls the object under a key; objects under other keys are left as they are (Money, Quantity, TimePeriod).
TYPES: Final[Mapping[str, str]] = {
    "accountBalance": "AccountBalance",
    "billStructure": "BillStructure",
    "cycleSpecification": "BillingCycleSpecification",
    "presentationMedia": "BillPresentationMedia",
    "contact": "Contact",
    "paymentPlan": "PaymentPlan",
    "billingAccount": "BillingAccountRef",
    "partyAccount": "PartyAccountRef",
    "account": "AccountRef",
    "engagedParty": "PartyRef",
    "productSpecification": "ProductSpecificationRef",
    "productOffering": "ProductOfferingRef",
    "productPrice": "ProductPrice",
    "price": "Price",
    "bucketCounter": "BucketCounter",
    "bucket": "Bucket",
    "usageConsumption": "UsageConsumptionReport",
}
CHARACTERISTICS: Final = {
    "string": "StringCharacteristic",
    "integer": "IntegerCharacteristic",
    "boolean": "BooleanCharacteristic",
}
MEDIA: Final = {
    "phone": "PhoneContactMedium",
    "email": "EmailContactMedium",
    "postalAddress": "GeographicAddressContactMedium",
}
RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "BillingAccount": {"lastModified": "lastUpdate", "accountType": "ratingType"},
    "AppliedCustomerBillingRate": {"type": "appliedBillingRateType"},
    "QueryUsageConsumption": {"queryUsageConsumptionDate": "creationDate"},
    "usageConsumption": {"bucketRefOrValue": "bucket"},
}


def modern(row: Json) -> Json:
    """A row of v4 as v5 has it: other names, `@type` in every object, parties one level deeper."""
    renamed = RENAMED.get(row["@type"], {})
    made = {renamed.get(key, key): _modern(key, value, row["@type"]) for key, value in row.items()}
    if row["@type"] == "QueryUsageConsumption":
        made["state"] = "done"
    return made


def _modern(key: str, value: Any, inside: str) -> Any:
    if isinstance(value, list):
        return [_modern(key, one, inside) for one in value]
    if not isinstance(value, dict):
        return value
    match key:
        case "relatedParty":
            kind = "RelatedPartyOrPartyRole" if inside in ("Product", "Customer") else "RelatedPartyRefOrPartyRoleRef"
            who = {name: one for name, one in value.items() if name != "role"}
            return {"@type": kind, "role": value["role"], "partyOrPartyRole": {"@type": "PartyRef", **who}}
        case "productCharacteristic":
            return {"@type": CHARACTERISTICS[value["valueType"]], **value}
        case "contactMedium":
            where = value["characteristic"]
            given = {"preferred": value["preferred"]} if "preferred" in value else {}
            return {"@type": MEDIA[value["mediumType"]], "contactType": value["mediumType"], **given, **where}
        case "product" if inside in ("Product", "product") and "status" in value:
            return modern(value)
        case "product" if inside != "Product":
            return {"@type": "ProductRef", **value}
    renamed = RENAMED.get(key, {})
    made = {renamed.get(name, name): _modern(renamed.get(name, name), one, key) for name, one in value.items()}
    made.pop("isRef", None)
    if key == "usageConsumption":
        made.pop("state", None)  # the task has it, not its report
    return {"@type": TYPES[key], **made} if key in TYPES else made
