"""What ABillS says, as facts. Pure: wire values in, facts out, no I/O and no clock.

ABillS (REST API 1.47) is careless with types, so everything goes through `billing.wire`. What is its own:

    text that looks numeric   is a number: logins, contracts, phones lose their leading zeros on the way
    0000-00-00, ""            no day
    date-times                local and without a zone: the zone is the operator's setting
    sums                      both payments and fees are above zero: the list that they are in says which way they went
    {"warningId": …}, {}, ""  nothing, where a list was asked for
    {"errno": …}              an error, sometimes under "error", whatever the HTTP status
    holdup                    may be an error object: nothing is read from it, the status says whether a service rests
    a call                    has a day and no time of it

Sums have up to six decimals. A list of them is rounded so that its rows add up to its rounded sum (`kopecks`).
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2s
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from billing.base import (
    Account,
    Balance,
    Bill,
    Call,
    Charge,
    Direction,
    Funds,
    Kind,
    Money,
    Payment,
    Period,
    Reach,
    Scheme,
    Service,
    Status,
    Way,
)
from billing.cells import masked
from billing.upstream import Unreadable
from billing.wire import amount, day, moment, money, record, records, text, word

# ── What the operator has set ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class House:
    """How this operator's ABillS is to be read."""

    zone: ZoneInfo
    currency: str
    scheme: Scheme
    number: str  # what customers know as their account number: "contract", "login" or "uid"
    digits: int  # leading zeros that numbers on the wire have lost are put back up to so many digits
    region: str  # the field of /user/pi/ that names the region
    titles: Mapping[str, str]  # what services of a module are called


# ── Shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def errno(data: Any) -> str:
    """The number of a business error, by whichever name it came; "": it is none."""
    if not isinstance(data, dict):
        return ""
    return text(data.get("errno")) or text(data.get("error"))


def whole(data: Any, field: str) -> dict[str, Any]:
    """An answer that is one object. Raises Unreadable."""
    if code := errno(data):
        raise Unreadable(f"{field}: errno {code[:12]}")
    return record(data, field)


def listed(data: Any, field: str) -> list[dict[str, Any]]:
    """An answer that is a list; a warning, or an empty object or text, instead of it is an empty one.

    Raises Unreadable.
    """
    if data in ({}, "") or (isinstance(data, dict) and not errno(data) and "warningId" in data):
        return []
    if code := errno(data):
        raise Unreadable(f"{field}: errno {code[:12]}")
    return records(data, field)


def own(rows: Iterable[dict[str, Any]], account: str) -> list[dict[str, Any]]:
    """The rows that do not name another account. One that names none is the session's."""
    return [row for row in rows if text(row.get("uid")) in {"", account}]


def sum_of(row: Mapping[str, Any], field: str) -> Decimal:
    """A sum that may be left out or empty: then nothing."""
    value = row.get(field)
    return Decimal(0) if value is None or value == "" else amount(value, field)


def number(id: str) -> int:
    return int(id) if id.isascii() and id.isdecimal() and len(id) < 20 else 0


# ── The account ───────────────────────────────────────────────────────────────────────────────────────────────────


class User(NamedTuple):
    """GET /user/."""

    login: str
    deposit: Decimal
    credit: Decimal  # a limit, not money; with a day until which it holds it is a promised payment
    credit_until: date | None
    since: date | None
    open: bool

    def promised(self, today: date) -> Decimal:
        """What was promised and is to be paid back."""
        return self.credit if self.credit > 0 and self.credit_until and self.credit_until >= today else Decimal(0)


def user(data: Any, account: str, house: House) -> User:
    row = whole(data, "user")
    if text(row.get("uid")) != account:
        raise Unreadable("user: another account")
    return User(
        login=text(row.get("login")),
        deposit=amount(row.get("deposit"), "deposit"),
        credit=sum_of(row, "credit"),
        credit_until=day(row.get("creditDate"), house.zone),
        since=day(row.get("registration"), house.zone),
        open=is_open(row),
    )


def is_open(row: Mapping[str, Any]) -> bool:
    """Deleted and disabled users are closed accounts, where it is told. `disableDate` does not tell it: it is the day
    on which any of the statuses was set, of one who is frozen or has not paid too."""
    # 1 is "disabled"; the others (frozen, not paid …) are states of a customer
    return text(row.get("deleted")) in {"", "0"} and text(row.get("disable")) != "1"


class Profile(NamedTuple):
    """What is read of GET /user/pi/; the rest (passport, address, birthday) is dropped unread."""

    contract: str
    since: date | None
    holder: str  # masked
    names: tuple[str, ...]  # words that are not to be shown: the owner's own
    region: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]


def profile(data: Any, account: str, house: House) -> Profile:
    row = whole(data, "pi")
    if text(row.get("uid")) not in {"", account}:
        raise Unreadable("pi: another account")
    name = " ".join(" ".join(text(row.get(part)) for part in ("fio", "fio2", "fio3")).split())
    contract = text(row.get("contractId"))  # 0: there is none
    return Profile(
        contract="" if contract == "0" else contract + text(row.get("contractSufix")),
        since=day(row.get("contractDate"), house.zone),
        holder=masked(name) if name else "",
        names=tuple(part for part in re.split(r"[\s.,]+", name) if len(part) > 2),
        region=text(row.get(house.region)) if house.region else "",
        phones=tuple(filter(None, (phone(one) for field in ("cellPhone", "phone") for one in many(row.get(field))))),
        emails=tuple(filter(None, (text(one) for one in many(row.get("email"))))),
    )


def many(value: Any) -> list[Any]:
    """A list of plain values; one instead of a list is a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def phone(value: Any) -> str:
    """A phone in full, with its country where its length says it; "": none. They come as 8…, 7…, +7…, ten digits."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    digits = re.sub("[^0-9]", "", text(value))
    if len(digits) == 11 and digits[0] == "8":
        return f"+7{digits[1:]}"
    if len(digits) == 10:
        return f"+38{digits}" if digits[0] == "0" else f"+7{digits}"
    return f"+{digits}" if 11 <= len(digits) <= 15 else ""


def account_of(account: str, user: User, profile: Profile, house: House) -> Account:
    names = {"contract": profile.contract or user.login, "login": user.login, "uid": account}
    shown = names[house.number] or account
    return Account(
        id=account,
        number=shown.zfill(house.digits) if shown.isdecimal() else shown,
        scheme=house.scheme,
        holder=profile.holder,
        currency=house.currency,
        zone=house.zone.key,
        open=user.open,
        region=profile.region,
        since=profile.since or user.since,
    )


def balance(account: str, user: User, unpaid: Decimal, house: House, today: date, at: datetime) -> Balance:
    """`unpaid`: what bills still ask for. ABillS takes what was used from the deposit at once, bills are paper about
    the same rubles: under CREDIT own money is what no bill has taken yet."""
    promised = user.promised(today)
    deposit = user.deposit + (unpaid if house.scheme is Scheme.CREDIT else 0)
    return Balance(
        account=account,
        own=money(deposit, house.currency),
        as_of=at,
        promised=money(promised, house.currency) if promised else None,
        promised_until=user.credit_until if promised else None,
    )


def funds(row: Mapping[str, Any], house: House, today: date) -> Funds:
    """A line of /users/all. When fees fall it does not tell, and so neither how long money lasts."""
    credit, until = sum_of(row, "credit"), day(row.get("creditDate"), house.zone)
    return Funds(
        account=text(row.get("uid")),
        available=money(amount(row.get("deposit"), "deposit"), house.currency),
        zone=house.zone.key,
        promised_until=until if credit > 0 and until is not None and until >= today else None,
    )


# ── Money in and out ──────────────────────────────────────────────────────────────────────────────────────────────


class Entry(NamedTuple):
    """A payment or a fee."""

    at: datetime
    id: str
    amount: Decimal  # above zero
    text: str  # fit to be shown


def entries(rows: Iterable[Mapping[str, Any]], house: House, names: Sequence[str]) -> list[Entry]:
    """Newest first, each once. A row without a credible time is left out: nobody can say of what day it is; so is one
    of nothing, which is bookkeeping."""
    found: dict[str, Entry] = {}
    for row in rows:
        at, id = moment(row.get("datetime"), house.zone), text(row.get("id"))
        total = amount(row.get("sum"), "sum")
        if at is not None and id and total:
            found[id] = Entry(at, id, total, method(row) or plain(text(row.get("dsc")), names))
    return sorted(found.values(), key=lambda one: (one.at, number(one.id)), reverse=True)


def within(found: Iterable[Entry], house: House, period: Period) -> list[Entry]:
    return [one for one in found if one.at.astimezone(house.zone).date() in period]


def kopecks(amounts: Sequence[Decimal], currency: str) -> list[Money]:
    """Each rounded so that together they are the rounded sum: parts of a kopeck are carried from row to row.

    A row of whole kopecks stays what it is.
    """
    told, exact, rounded = [], Decimal(0), Money(0, currency)
    for one in amounts:
        exact += one
        until = money(exact, currency)
        told.append(until - rounded)
        rounded = until
    return told


def payments(account: str, found: Sequence[Entry], house: House) -> tuple[Payment, ...]:
    sums = reversed(kopecks([one.amount for one in reversed(found)], house.currency))
    return tuple(Payment(account, one.id, one.at, total, one.text) for one, total in zip(found, sums, strict=True))


def charges(account: str, found: Sequence[Entry], house: House) -> tuple[Charge, ...]:
    sums = reversed(kopecks([one.amount for one in reversed(found)], house.currency))
    return tuple(Charge(account, one.id, one.at, total, one.text) for one, total in zip(found, sums, strict=True))


# A description may hold anybody's name, login and phone. What begins with one of these words goes, to the end.
PERSONAL: Final = re.compile(
    r"\W*\b(ФИО|ПІБ|П\.І\.Б|Ф\.И\.О|Логин|Логін|Login|Абонент|Плательщик|Платник|Payer|Name|UID|Тел|Phone)\b.*",
    re.IGNORECASE | re.DOTALL,
)
MAILBOX: Final = re.compile(r"\S+@\S+")
DIGITS: Final = re.compile(r"\+?\(?\d(?:[ ().-]{0,2}\d){6,}")  # a phone, a card, a number of somebody's
DAYS: Final = re.compile(r"\d{4}-\d\d-\d\d")
LONGEST: Final = 120


def plain(description: str, names: Sequence[str]) -> str:
    """A description without people: no names of the owner, no logins, phones, mailboxes. Days stay."""
    said = PERSONAL.sub("", description)
    said = MAILBOX.sub("", said)
    said = DIGITS.sub(lambda found: found[0] if DAYS.search(found[0]) else "···", said)
    for name in names:
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", said, flags=re.IGNORECASE)
    return " ".join(said.split()).strip(" #,;:-")[:LONGEST]


def method(row: Mapping[str, Any]) -> str:
    """The pay system, where no description names the way; "": it is not told."""
    if text(row.get("dsc")):
        return ""
    system, colon, _ = text(row.get("extId")).partition(":")
    return system[:40] if colon and re.fullmatch(r"[^\W\d][\w .-]*", system) else ""


# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────

MODULES: Final = {
    "internet": Kind.INTERNET,
    "voip": Kind.PHONE,
    "iptv": Kind.TV,
    "mobile": Kind.MOBILE,
    "cams": Kind.OTHER,
    "abon": Kind.OTHER,
}
STATUSES: Final = {
    "0": Status.ACTIVE,
    "1": Status.OFF,  # disabled
    "2": Status.OFF,  # not active
    "3": Status.SUSPENDED,  # on hold
    "4": Status.BLOCKED_DEBT,  # disabled for non-payment
    "5": Status.BLOCKED_DEBT,  # the deposit is too small
    "6": Status.BLOCKED,  # a virus
    "7": Status.BLOCKED,  # repair
    "10": Status.BLOCKED,  # the limit of traffic
}
BY_DAY: Final = ".day"  # behind the id of the second of two: what a service takes by the day beside the month's fee
ON: Final = ("enable", "active", "включ", "актив", "увімк")  # how the name of a service that works begins
SMALL: Final = re.compile("deposit|депозит")
# What the name says of one that does not, where no id is told (iptv). The names are the operator's to change.
NAMED: Final = (
    (SMALL, Status.BLOCKED_DEBT),
    (re.compile("non.?pay|неуплат|несплат"), Status.BLOCKED_DEBT),
    (re.compile("hold|приостан|призупин"), Status.SUSPENDED),
    (re.compile("not active|inactive|не ?актив"), Status.OFF),
)
NO_PHONE: Final = {"30011", "30012"}  # no telephony on this account


def services(data: Any, account: str, house: House, today: date) -> tuple[Service, ...]:
    """Of all modules of GET /user/services/, in the order of MODULES; a module that is off is not there."""
    told = whole(data, "services")
    return tuple(
        one
        for module in MODULES
        for row in own(rows(told, module), account)
        for one in service(row, module, account, house, today)
    )


def rows(told: Mapping[str, Any], module: str) -> list[dict[str, Any]]:
    """The services of a module of GET /user/services/ as they come. Raises Unreadable."""
    data = told.get(module)
    return [] if module == "voip" and errno(data) in NO_PHONE else listed(data, module)


def service(row: Mapping[str, Any], module: str, account: str, house: House, today: date) -> list[Service]:
    """One, or two where a fee by the month and another by the day are taken for it."""
    status, name = status_of(row, module, house, today), text(row.get("statusName"))
    title, tariff = titled(row, module, house)
    if status is Status.BLOCKED and name and not word(name).startswith(ON):
        tariff = f"{tariff} ({name})" if tariff else name
    monthly, daily, coming = fees(row, today)
    next_fee = day(coming.get("abonDate"), house.zone)
    if next_fee is None and status is Status.BLOCKED_DEBT and waits(row, module) and house.scheme is Scheme.ADVANCE:
        next_fee = today  # it is taken as soon as there is money for it, and until then it need not be announced
    by_day = text(row.get("abonDistribution")) not in {"", "0"}
    made = [(monthly, by_day)] if monthly or not daily else []
    made += [(daily, True)] if daily else []
    return [
        Service(
            account=account,
            id=f"{module}.{text(row.get('id'))}" + (BY_DAY if n else ""),
            kind=MODULES[module],
            title=title,
            status=status,
            tariff=tariff,
            fee=None if fee is None else money(fee, house.currency),
            next_fee=None if spread else next_fee,
            daily=spread,
        )
        for n, (fee, spread) in enumerate(made)
    ]


def fees(row: Mapping[str, Any], today: date) -> tuple[Decimal | None, Decimal, Mapping[str, Any]]:
    """(by the month, None: not told; by the day as a month's; the next one as the billing announces it)."""
    announced = row.get("nextAbon")
    coming: Mapping[str, Any] = announced if isinstance(announced, dict) and not errno(announced) else {}
    told = [amount(row[name], name) for name in ("monthFee", "price") if row.get(name) not in (None, "")]
    monthly = max(told, default=None)
    if monthly is not None:
        monthly += sum_of(row, "extraNumbersMonthFee")
    spread = text(row.get("abonDistribution")) not in {"", "0"}
    if not spread and (next_sum := sum_of(coming, "sum")) > 0:
        monthly = next_sum  # with discounts, and with the tariff that is planned
    by_day = sum_of(row, "dayFee") + sum_of(row, "extraNumbersDayFee")
    match word(row.get("period")):  # of a subscription (abon)
        case "" | "month":
            pass
        case "day":
            monthly, by_day = None, by_day + (monthly or 0)
        case _ if text(row.get("periodId")) != "1":  # the year, the quarter: that is no month's fee
            monthly = None
    return monthly, by_day * monthrange(today.year, today.month)[1], coming


def status_of(row: Mapping[str, Any], module: str, house: House, today: date) -> Status:
    """What is not known for certain to work does not work: nor does it behind a user who is off, or past its end."""
    status = own_status(row, module)
    if status is Status.ACTIVE and (behind := text(row.get("loginStatus"))) not in {"", "0"}:
        return STATUSES.get(behind, Status.BLOCKED)
    ended = day(row.get(f"{module}Expire"), house.zone)
    return Status.OFF if status is Status.ACTIVE and ended is not None and ended < today else status


def own_status(row: Mapping[str, Any], module: str) -> Status:
    if module == "abon" and (active := text(row.get("active"))) in {"true", "1", "false", "0"}:
        return Status.ACTIVE if active in {"true", "1"} else Status.OFF
    if id := status_id(row, module):
        return STATUSES.get(id, Status.BLOCKED)
    name = word(row.get("statusName"))
    if name.startswith(ON):
        return Status.ACTIVE
    return next((status for said, status in NAMED if said.search(name)), Status.BLOCKED)


def status_id(row: Mapping[str, Any], module: str) -> str:
    return next(filter(None, (text(row.get(name)) for name in (f"{module}Status", "serviceStatus", "status"))), "")


def waits(row: Mapping[str, Any], module: str) -> bool:
    """Whether the deposit was too small for its fee. Of what is off for a debt (4) the fee may be that very debt."""
    said = status_id(row, module) or ("5" if SMALL.search(word(row.get("statusName"))) else "")
    return "5" in {said, text(row.get("loginStatus"))}


def titled(row: Mapping[str, Any], module: str, house: House) -> tuple[str, str]:
    """(title, tariff): one of the two where both are called alike."""
    tariff = text(row.get("tpName"))
    title = text(row.get("tvServiceName")) or house.titles.get(module, "")
    tariff = "" if tariff == title else tariff
    if module == "voip":
        title = " ".join(filter(None, (title, phone(row.get("number")) or text(row.get("number")))))
    return (title, tariff) if title else (tariff, "")


# ── Bills ─────────────────────────────────────────────────────────────────────────────────────────────────────────

COVERED: Final = re.compile(r"(\d{4}-\d\d-\d\d)\s*[-–]\s*(\d{4}-\d\d-\d\d)")


class Invoice(NamedTuple):
    """A line of GET /user/docs/invoices/: it tells no day to pay by."""

    id: str
    number: str
    issued: date
    amount: Decimal
    remaining: Decimal


def invoices(data: Any, account: str, house: House) -> list[Invoice]:
    """Those with anything left to pay, newest first."""
    told = whole(data, "invoices") if isinstance(data, dict) and "list" in data else None
    rows = own(listed(data if told is None else told["list"], "invoices"), account)
    found: dict[str, Invoice] = {}
    for row in rows:
        total, paid = amount(row.get("totalSum"), "totalSum"), sum_of(row, "paymentSum")
        issued, id = day(row.get("date"), house.zone) or day(row.get("created"), house.zone), text(row.get("id"))
        if total > paid and id:
            if issued is None:
                raise Unreadable("invoices: a bill without a day")
            found[id] = Invoice(id, text(row.get("invoiceNum")) or id, issued, total, total - paid)
    return sorted(found.values(), key=lambda one: (one.issued, number(one.id)), reverse=True)


def due(data: Any, account: str, house: House) -> tuple[date, Period | None]:
    """(the day to pay by, what it covers) of GET /user/docs/invoices/{id}."""
    row = whole(data, "invoice")
    if text(row.get("uid")) not in {"", account}:
        raise Unreadable("invoice: another account")
    until = day(row.get("expireDate"), house.zone)
    if until is None:
        raise Unreadable("invoice: no expireDate")
    spans = [COVERED.search(text(order.get("orders"))) for order in listed(row.get("orders"), "orders")]
    days = [(day(one[1], house.zone), day(one[2], house.zone)) for one in spans if one]
    covered = [(first, last) for first, last in days if first is not None and last is not None and first <= last]
    if not covered:
        return until, None
    return until, Period(min(first for first, _ in covered), max(last for _, last in covered))


def bill(account: str, one: Invoice, until: date, covered: Period | None, house: House) -> Bill:
    return Bill(
        account=account,
        id=one.id,
        number=one.number,
        period=covered or Period(one.issued, one.issued),
        amount=money(one.amount, house.currency),
        remaining=money(one.remaining, house.currency),
        issued=one.issued,
        due=until,
    )


# ── Calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DURATION: Final = re.compile(r"(\d{1,5}):([0-5]?\d):([0-5]?\d)(?:\.\d+)?", re.ASCII)


class Talk(NamedTuple):
    day: datetime  # its beginning
    calling: str
    called: str
    seconds: int
    cost: Decimal


def talk_rows(data: Any) -> list[dict[str, Any]]:
    """The calls of GET /user/voip/sessions/ as they come."""
    if isinstance(data, dict) and not errno(data) and "warningId" in data:
        return []
    return listed(record(whole(data, "sessions").get("sessions"), "sessions").get("list"), "sessions")


def talks(rows: Iterable[Mapping[str, Any]], house: House) -> list[Talk]:
    """In the order in which they come. A call without a credible day is left out."""
    found = []
    for row in rows:
        begun = day_begin(row.get("dayBegin"), house)
        if begun is not None:
            called, calling = text(row.get("calledStationId")), text(row.get("callingStationId"))
            found.append(Talk(begun, calling, called, seconds(row.get("duration")), sum_of(row, "sum")))
    return found


def day_begin(value: Any, house: House) -> datetime | None:
    """Epoch seconds of the beginning of a day, as the day's own midnight in the operator's zone."""
    digits = text(value)
    if not (digits.isascii() and digits.isdecimal()) or not 631_152_000 < int(digits) < 4_102_444_800:
        return None
    at = datetime.fromtimestamp(int(digits), house.zone)
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def seconds(value: Any) -> int:
    """«00:04:17.4393»: whole seconds."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = DURATION.fullmatch(text(value))
    if found is None:
        raise Unreadable("sessions: duration")
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def numbers(row: Mapping[str, Any]) -> frozenset[str]:
    """The numbers of a phone of /user/services/, as `tail` has them."""
    aliases = row.get("phoneAliases")
    told = [row.get("number"), row.get("extraNumber"), *(aliases if isinstance(aliases, list) else [])]
    plain = [one.get("number") if isinstance(one, dict) else one for one in told]
    return frozenset(filter(None, (tail(text(one)) for one in plain)))


def of_phone(found: Iterable[Talk], mine: frozenset[str], others: frozenset[str]) -> list[Talk]:
    """The calls that are not those of the account's other phones."""
    return [
        one
        for one in found
        if {tail(one.calling), tail(one.called)} & mine or not {tail(one.calling), tail(one.called)} & others
    ]


def calls(account: str, service: str, found: Sequence[Talk], mine: frozenset[str], house: House) -> tuple[Call, ...]:
    """`mine`: the service's own `numbers`. A call has no id: it is named by what it was."""
    costs = reversed(kopecks([one.cost for one in reversed(found)], house.currency))
    told, seen = [], dict[Talk, int]()
    for one, cost in zip(found, costs, strict=True):
        seen[one] = seen.get(one, 0) + 1
        named = (one.day.timestamp(), one.calling, one.called, one.seconds, str(one.cost), seen[one])
        incoming = tail(one.called) in mine and tail(one.calling) not in mine
        told.append(
            Call(
                account=account,
                service=service,
                id=blake2s(repr(named).encode(), digest_size=10).hexdigest(),
                at=one.day.astimezone(UTC),
                number=one.calling if incoming else one.called,
                seconds=one.seconds,
                direction=Direction.OTHER,  # where a number lies is told by nobody
                cost=cost,
                incoming=incoming,
                timed=False,
            )
        )
    return tuple(told)


def tail(number: str) -> str:
    """What two ways of writing one phone have in common."""
    return re.sub("[^0-9]", "", number)[-10:]


# ── Reaches and the promised payment ──────────────────────────────────────────────────────────────────────────────


def reaches(account: str, profile: Profile) -> tuple[Reach, ...]:
    ways = [(Way.SMS, one) for one in profile.phones] + [(Way.EMAIL, one) for one in profile.emails]
    return tuple(Reach(account, way, address) for way, address in dict.fromkeys(ways))


class Terms(NamedTuple):
    """GET /user/credit/."""

    amount: Decimal
    price: Decimal
    days: int


def terms(data: Any) -> Terms:
    row = whole(data, "credit")
    days = number(text(row.get("creditDays")))
    if days > 366:
        raise Unreadable("credit: creditDays")
    # The answer to taking it calls the price otherwise.
    price = max(sum_of(row, "creditChgPrice"), sum_of(row, "creditChangePrice"))
    return Terms(sum_of(row, "creditSum"), price, days)
