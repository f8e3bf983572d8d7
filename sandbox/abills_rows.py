"""What a billing tells, in the words of ABillS' REST API: one method for each kind of record. No I/O.

ABillS is careless with types, and this is as careless: text that looks numeric becomes a number (leading zeros are
lost, phones too), money is a bare number with uneven digits or, on bills, text; times are local and without a zone;
"0000-00-00" is no day. A record says whose it is by `uid`.

ABillS settles one way: what was used is taken from the deposit at once, and invoices are paper about the same rubles.
So an account that pays bills afterwards (Scheme.CREDIT) has here what is unpaid on them below its own money.
"""

from collections.abc import Container, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2s
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from billing.base import (
    Account,
    Bill,
    Call,
    Direction,
    Facts,
    Kind,
    Money,
    Offer,
    Reach,
    Scheme,
    Service,
    Status,
    Usage,
    Use,
    Way,
)

Json = dict[str, Any]

NEVER: Final = "0000-00-00"
# The ids are ABillS' own; the names are an operator's.
STATUSES: Final = {
    Status.ACTIVE: (0, "Включено"),
    Status.OFF: (2, "Не активно"),
    Status.SUSPENDED: (3, "Приостановлено"),
    Status.BLOCKED_DEBT: (4, "Отключено: неуплата"),
    Status.BLOCKED: (7, "Ремонт"),
}
MODULES: Final = {
    Kind.INTERNET: "internet",
    Kind.PHONE: "voip",
    Kind.TV: "iptv",
    Kind.MOBILE: "mobile",
    Kind.OTHER: "abon",
}
ROUTES: Final = {
    Direction.LOCAL: ("73452", "Местные"),
    Direction.ZONE: ("734", "Внутризоновые"),
    Direction.INTERCITY: ("7", "Междугородные"),
    Direction.INTERNATIONAL: ("810", "Международные"),
    Direction.MOBILE: ("79", "Мобильные"),
    Direction.OTHER: ("", "Прочие"),
}


class Quirk(StrEnum):
    """What a live server does on a bad day; switched at any time."""

    ERROR_NAMES = "error-names"  # {"error", "errmsg"} with the code as text, where {"errno", "errstr"} is usual
    LICENCE = "licence"  # errno 699 to GET /user/
    HTML = "html"  # a page of HTML with status 500
    SLOW = "slow"  # no answer before `heal`
    BROKEN = "broken"  # JSON that ends in its middle
    REDIRECT = "redirect"  # to another origin
    HUGE = "huge"  # 200 MB
    UNFILTERED = "unfiltered"  # filters and pages are ignored: everybody's records, all at once
    STRANGER = "stranger"  # a record of another account among one's own
    SINGLE = "single"  # a list of one record is that record
    WRAPPED = "wrapped"  # an object is a list of itself
    TEXT = "text"  # sums and status ids are text, the one with a comma, the other with spaces
    ABSURD = "absurd"  # a deposit of -3.4e38, and days in 1937
    NAMES = "names"  # descriptions that name people, logins and phones
    PASSWORD = "password"  # noqa: S105 — the answer to a login repeats the password


class Entry(NamedTuple):
    """A payment or a fee, with the number that ABillS gave it."""

    id: int
    account: str
    at: datetime
    amount: Money
    text: str


def numbered(text: str) -> int:
    """A lasting number for a lasting id: uid, service, invoice."""
    return int.from_bytes(blake2s(text.encode(), digest_size=4).digest(), "big") >> 1


def loose(text: str) -> str | int:
    """As Perl writes it into JSON: what looks numeric is a number."""
    return int(text) if text.isascii() and text.isdecimal() else text


def deposit(facts: Facts) -> Money:
    unpaid = facts.bills if facts.account.scheme is Scheme.CREDIT else ()
    return sum((-bill.remaining for bill in unpaid), facts.balance.own)


class Rows:
    def __init__(self, zone: str, quirks: Container[Quirk]) -> None:
        self._zone, self._quirks = ZoneInfo(zone), quirks

    # Values

    def amount(self, money: Money) -> msgspec.Raw:
        """A number whose digits follow no rule but keep its value."""
        exact = Decimal(money.minor).scaleb(-2)
        short = f"{exact.normalize():f}"
        if Quirk.TEXT in self._quirks:
            return msgspec.Raw(f'"{exact}"'.replace(".", ",").encode())
        shapes = (str(exact), short, short if "." in short else f"{short}.0", f"{exact}00")
        return msgspec.Raw(shapes[money.minor // 100 % len(shapes)].encode())

    def local(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def day(self, day: date | None) -> str:
        if Quirk.ABSURD in self._quirks:
            return "1937-01-01"
        return NEVER if day is None else day.isoformat()

    def today(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    # The customer

    def user(self, facts: Facts, login: str) -> Json:
        account, balance, uid = facts.account, facts.balance, numbered(facts.account.id)
        absurd = msgspec.Raw(b"-3.402823669209385e+38")
        return {
            "uid": uid,
            "login": loose(login),
            "deposit": absurd if Quirk.ABSURD in self._quirks else self.amount(deposit(facts)),
            "credit": self.amount(balance.promised or Money(0)),
            "creditDate": self.day(balance.promised_until),
            "billId": uid + 1,
            "extBillId": 0,
            "billOwner": 0,
            "activate": NEVER,
            "expire": NEVER,
            "disable": 0 if account.open else 1,  # not in the description, where nothing tells a customer this
            "disableDate": self.day(account.since),  # since when the status is what it is, whichever it is
            "registration": self.day(account.since),
            "domainId": 0,
        }

    def staff_user(self, facts: Facts, login: str) -> Json:
        return {
            **self.user(facts, login),
            "deleted": 0,
            "gid": 0,
            "companyId": 0,
            "reduction": msgspec.Raw(b"0.00"),
            "reductionDate": NEVER,
        }

    def person(self, account: Account, reaches: Sequence[Reach]) -> Json:
        return {
            "uid": numbered(account.id),
            "fio": account.holder,
            "fio2": "",
            "fio3": "",
            "contractId": loose(account.number),
            "contractDate": self.day(account.since),
            "contractSufix": "",
            "phone": [loose(one.address.removeprefix("+")) for one in reaches if one.way is Way.SMS],
            "cellPhone": [],
            "email": [one.address for one in reaches if one.way is Way.EMAIL],
            "telegram": [],
            "viber": [],
            "addressFull": account.region,
            "addressDistrict": account.region,
            # What nobody here has asked for, as on a live server.
            "birthDate": "1980-02-03",
            "pasportNum": "PASSPORT-OF-A-PERSON",
            "pasportDate": "2000-02-03",
            "pasportGrant": "PASSPORT-OFFICE",
        }

    # Money in and out

    def entry(self, one: Entry, *, payment: bool) -> Json:
        """As the customer sees it."""
        told = {
            "id": one.id,
            "datetime": self.local(one.at),
            "dsc": self._described(one),
            "sum": self.amount(one.amount),
            "uid": numbered(one.account),
        }
        return {**told, "extId": f"Demo:{one.id}"} if payment else told

    def staff_entry(self, one: Entry, *, payment: bool, also: Container[str]) -> Json:
        """As the staff sees it; `also`: the further columns that were asked for."""
        told = self.entry(one, payment=payment)
        wide = {"datetime", "dsc", "extId"}
        return {
            **{name: value for name, value in told.items() if name not in wide or name in also},
            "regDate": self.local(one.at),
            "method": 0,
            "innerDescribe": "STAFF-ONLY",
        }

    def _described(self, one: Entry) -> str:
        if Quirk.NAMES not in self._quirks:
            return one.text
        return f"{one.text} ФИО - Иванова Мария Петровна Логин - ivanova # 79120001122"

    # Services

    def service(self, one: Service, today: date) -> Json:
        status, name = STATUSES[one.status]
        module = MODULES[one.kind]
        row: Json = {
            "id": numbered(one.id),
            "uid": numbered(one.account),
            "tpId": numbered(one.tariff) % 1000,
            "tpName": one.tariff or one.title,
            "statusName": name,
            "holdup": {"errno": 4401, "errstr": "ERR_HOLDUP_OFF"},
        }
        if one.fee is not None:
            row |= {"monthFee": self.amount(one.fee), "dayFee": 0, "abonDistribution": int(one.daily)}
            if one.next_fee is not None:
                row["nextAbon"] = {
                    "abonDate": self.day(one.next_fee),
                    "activateDate": NEVER,
                    "daysToFee": (one.next_fee - today).days,
                    "sum": self.amount(one.fee),
                }
        match module:
            case "internet":
                row |= {
                    "internetStatus": self._status(status),
                    "loginStatus": 0,
                    "inSpeed": 0,
                    "outSpeed": 0,
                    "ip": "10.0.0.1",
                    "cid": "",
                    "internetExpire": NEVER,
                }
            case "voip":
                row |= {
                    "voipStatus": self._status(status),
                    "number": loose(phone_of(one)),
                    "phoneAliases": [],
                    "voipExpire": NEVER,
                }
            case "iptv":  # its status has a name only
                row |= {"tvServiceName": one.title, "iptvExpire": NEVER}
            case "mobile":
                row |= {"serviceStatus": self._status(status)}
            case "abon":
                row |= {"serviceStatus": self._status(status)}
                price = row.get("monthFee", 0)
                row |= {"tpName": one.title, "description": one.tariff, "price": price, "originalPrice": price}
                row |= {"discount": 0, "period": "month", "periodId": 1}
        return row

    def _status(self, status: int) -> int | str:
        return f"{status} " if Quirk.TEXT in self._quirks else status

    # Bills: numbers and text as it comes

    def invoice(self, bill: Bill, facts: Facts) -> Json:
        return {
            "id": numbered(bill.id),
            "uid": numbered(bill.account),
            "invoiceNum": loose(bill.number),
            "date": self.day(bill.issued),
            "created": f"{self.day(bill.issued)} 00:00:00",
            "customer": facts.account.holder,
            "totalSum": self.amount(bill.amount),
            "paymentSum": written(bill.amount - bill.remaining) if bill.amount != bill.remaining else "",
            "docsDeposit": self.amount(deposit(facts)),
            "currency": 0,
        }

    def whole_invoice(self, bill: Bill, facts: Facts) -> Json:
        return {
            **self.invoice(bill, facts),
            "docId": numbered(bill.id),
            "expireDate": self.day(bill.due),
            "deliveryStatus": 0,
            "amountForPay": written(bill.amount - deposit(facts)),
            "orders": [
                {
                    "orders": f"Услуги связи ({bill.period.first}-{bill.period.last})",
                    "price": self.amount(bill.amount),
                    "counts": 1,
                    "feesType": 0,
                    "unit": 0,
                }
            ],
        }

    # Use

    def call(self, one: Call, service: Service) -> Json:
        ours, theirs = phone_of(service), one.number.removeprefix("+")
        begin = datetime.combine(self.today(one.at), time(), self._zone)
        return {
            "uid": numbered(one.account),
            "callingStationId": loose(theirs if one.incoming else ours),
            "calledStationId": loose(ours if one.incoming else theirs),
            "duration": clock(one.seconds),
            "sum": self.amount(one.cost),
            "dayBegin": int(begin.timestamp()),
            "dayOfWeek": begin.isoweekday() % 7 + 1,
            "dayOfYear": begin.timetuple().tm_yday,
            "routeId": numbered(one.direction) % 1000,
            "tpId": numbered(service.tariff) % 1000,
        }

    def talked(self, calls: Sequence[Call]) -> Json:
        none = Money(0)
        return {
            "duration": clock(sum(one.seconds for one in calls)),
            "sum": self.amount(sum((one.cost for one in calls), none)),
        }

    def session(self, service: Service, of_a_day: Sequence[Usage]) -> Json:
        """What was received and sent in a day; ABillS does not say of which."""
        used = {use: sum(one.amount for one in of_a_day if one.use is use) for use in (Use.RECEIVED, Use.SENT)}
        return {
            "duration": 3600 * max(one.count for one in of_a_day),
            "input": used[Use.RECEIVED],
            "output": used[Use.SENT],
            "ip": "10.0.0.1",
            "tpId": numbered(service.tariff) % 1000,
            "tpName": service.tariff or service.title,
        }

    # What to pay

    def recommended(self, facts: Facts) -> Json:
        """ABillS' own formula: fees of a period and what is missing, a fraction up to the next whole unit."""
        paying = [one for one in facts.services if one.status in {Status.ACTIVE, Status.BLOCKED_DEBT} and one.fee]
        need, own = sum(one.fee.minor for one in paying if one.fee), deposit(facts).minor
        missing = max(0, need - own)
        return {
            "sum": -(-missing // 100),
            "allServicesSum": self.amount(Money(need)),
            "minSum": 0,
            "maxSum": 0,
        }

    def terms(self, offer: Offer, today: date) -> Json:
        """Texts, as on a live server."""
        return {
            "creditSum": written(offer.amount),
            "creditDays": str((offer.until - today).days),
            "creditChgPrice": written(offer.fee),
            "creditMonthChanges": "1",
        }


def written(money: Money) -> str:
    """As on bills: text, without zeros that say nothing."""
    return f"{Decimal(money.minor).scaleb(-2).normalize():f}"


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def phone_of(service: Service) -> str:
    """The digits in a phone's title, else something that looks like a number."""
    digits = "".join(letter for letter in service.title if letter in "0123456789")
    return digits if len(digits) >= 5 else str(numbered(service.id))
