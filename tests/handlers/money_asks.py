"""Facts about one account, kept as a billing promises them, and an Ask about it: no network, no database.

anna = Facts(own=350_00, services=(internet(),))
await anna.says(balance)                                    -> Turn
await anna.says(payments, "за март", waiting=True)          typed, after a period was asked for
await anna.presses(payments, "payments:2026-10-01:…")       a button of message "m1"
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from adapters.base import Address, Incoming, Reply
from billing.base import (
    Account,
    Balance,
    Bill,
    Billing,
    Bonus,
    Call,
    Capability,
    Charge,
    Delivery,
    Details,
    Kind,
    Money,
    Notice,
    Offer,
    Outage,
    Payment,
    Period,
    Reach,
    Refused,
    Scheme,
    Service,
    Status,
    Usage,
)
from bot.reader import whole
from handlers.ask import Ask, Linked, Operator, Turn
from handlers.span import Unclear
from handlers.text import Say
from handlers.understand import understand
from storage.base import Chat, Dialogue, Link, Memory, Storage
from tests.clock import NOON

CHAT = Address("telegram", "77")
OPERATOR = Operator(name="Телесеть", url="https://saldo.example")


def rubles(kopecks: int) -> Money:
    return Money(kopecks)


def bill(number: str, month: int, remaining: int, due: date, amount: int | None = None, year: int = 2026) -> Bill:
    """The bill of a calendar month, issued on the 5th of the next."""
    first = date(year, month, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    issued = last + timedelta(days=5)
    whole = rubles(remaining if amount is None else amount)
    return Bill("a", f"b{number}", number, Period(first, last), whole, rubles(remaining), issued, due)


def paid(
    on: datetime | date, kopecks: int, method: str = "Банковская карта", *, credited: bool = True, id: str = ""
) -> Payment:
    at = on if isinstance(on, datetime) else datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    return Payment("a", id or f"p{at.isoformat()}", at, rubles(kopecks), method, credited)


def service(title: str = "Домашний интернет", fee: int | None = 650_00, **more: Any) -> Service:
    facts: dict[str, Any] = {"id": title, "kind": Kind.INTERNET, "title": title, "tariff": "Старт 100"}
    facts |= {"status": Status.ACTIVE, "next_fee": date(2026, 12, 1)}
    money = rubles(fee) if fee is not None else None
    return Service("a", fee=money, **(facts | more))


@dataclass
class Facts:
    own: int = 350_00
    scheme: Scheme = Scheme.ADVANCE
    bills_: Sequence[Bill] = ()
    services_: Sequence[Service] = ()
    payments_: Sequence[Payment] = ()
    charges_: Sequence[Charge] = ()
    details_: Sequence[Details] = ()
    usage_: Sequence[Usage] = ()
    calls_: Sequence[Call] = ()
    reaches_: Sequence[Reach] = ()
    deliveries_: Sequence[Delivery] = ()
    outages_: Sequence[Outage] = ()
    notices_: Sequence[Notice] = ()
    bonus_: Bonus | None = None
    offer_: Offer | None = None
    opening_: int | None = None
    promised: int | None = None
    promised_until: date | None = None
    since: date | None = date(2025, 3, 14)
    region: str = ""
    keeps_days: int | None = None
    as_of: datetime = NOON
    now: datetime = NOON
    language: str = "ru"
    zone: str = "Europe/Moscow"
    operator: Operator = OPERATOR
    can: frozenset[Capability] = frozenset(Capability)
    name: str = "facts"

    # The promise of a billing

    @property
    def the_account(self) -> Account:
        return Account(
            "a", "100000001234", self.scheme, "Анна К.", zone=self.zone, region=self.region, since=self.since
        )

    async def account(self, account: str) -> Account:
        return self.the_account

    async def balance(self, account: str) -> Balance:
        promised = rubles(self.promised) if self.promised is not None else None
        return Balance(account, rubles(self.own), self.as_of, promised, self.promised_until)

    async def bills(self, account: str) -> tuple[Bill, ...]:
        assert Capability.BILLS in self.can
        return tuple(sorted(self.bills_, key=lambda b: b.issued, reverse=True))

    async def services(self, account: str) -> tuple[Service, ...]:
        assert Capability.SERVICES in self.can
        return tuple(self.services_)

    def newest_first(self) -> list[Payment]:
        return sorted(self.payments_, key=lambda p: p.at, reverse=True)

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        zone = ZoneInfo(self.zone)
        return tuple(p for p in self.newest_first() if p.at.astimezone(zone).date() in period)

    async def last_payment(self, account: str) -> Payment | None:
        return next(iter(self.newest_first()), None)

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        zone = ZoneInfo(self.zone)
        found = [c for c in self.charges_ if c.at.astimezone(zone).date() in period]
        return tuple(sorted(found, key=lambda c: c.at, reverse=True))

    async def opening(self, account: str, day: date) -> Money | None:
        return None if self.opening_ is None else rubles(self.opening_)

    async def details(self, account: str, service: str) -> Details:
        return next((one for one in self.details_ if one.service == service), Details(account, service))

    async def usage(self, account: str, service: str, period: Period) -> tuple[Usage, ...]:
        found = [u for u in self.usage_ if u.service == service and u.day in period]
        return tuple(sorted(found, key=lambda u: u.day, reverse=True))

    async def calls(self, account: str, service: str, period: Period) -> tuple[Call, ...]:
        zone = ZoneInfo(self.zone)
        found = [c for c in self.calls_ if c.service == service and c.at.astimezone(zone).date() in period]
        return tuple(sorted(found, key=lambda c: c.at, reverse=True))

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        return tuple(self.reaches_)

    async def deliveries(self, account: str) -> tuple[Delivery, ...]:
        return tuple(self.deliveries_)

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        kept = [one for one in self.deliveries_ if one.service != service]
        self.deliveries_ = (*kept, Delivery(account, service, email))

    async def offer(self, account: str) -> Offer:
        assert self.offer_ is not None
        return self.offer_

    async def promise(self, account: str, offer: str) -> Balance:
        assert self.offer_ is not None
        if self.offer_.refusal is not None or self.offer_.id != offer:
            raise Refused(self.offer_)
        self.promised, self.promised_until = self.offer_.amount.minor, self.offer_.until
        return await self.balance(account)

    async def outages(self, account: str) -> tuple[Outage, ...]:
        return tuple(self.outages_)

    async def notices(self, region: str) -> tuple[Notice, ...]:
        return tuple(one for one in self.notices_ if one.region in {"", region})

    async def bonus(self, account: str) -> Bonus | None:
        return self.bonus_

    # Asking

    def ask(self, text: str = "", action: str | None = None, *, waiting: str = "") -> Ask:
        incoming = Incoming("e1", CHAT, self.now, text=text, action=action, message="m1")
        link = Link(1, "a", "100000001234", "Анна К.", NOON, 100_00)
        return Ask(
            incoming=incoming,
            memory=Memory(Chat(CHAT, 1, current=1), (link,), Dialogue(question=waiting)),
            billing=cast("Billing", self),
            storage=cast("Storage", None),
            operator=self.operator,
            now=self.now,
            say=replace(Say.at(self.now, self.language, self.zone), strict=True),
            token=lambda: "t",
            arguments=tuple(action.split(":")[1:]) if action else (),
            text=text,
            meaning=understand(text, whole()),
        )

    async def says(self, handler: Linked, text: str = "", *, waiting: str = "") -> Turn:
        try:
            return await handler(self.ask(text, waiting=waiting), self.the_account)
        except Unclear as back:
            return back.turn

    async def presses(self, handler: Linked, action: str) -> Turn:
        return await handler(self.ask(action=action), self.the_account)


def reply(turn: Turn) -> Reply:
    assert turn.reply is not None
    return turn.reply


def text(turn: Turn) -> str:
    """What the customer reads, with ordinary spaces."""
    return reply(turn).text.replace("\u00a0", " ")


def labels(turn: Turn) -> list[list[str]]:
    return [[b.label.replace("\u00a0", " ") for b in row] for row in reply(turn).keyboard]


def actions(turn: Turn) -> dict[str, str]:
    return {b.label.replace("\u00a0", " "): b.action or b.url or "" for row in reply(turn).keyboard for b in row}
