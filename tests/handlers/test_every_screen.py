"""Every screen there is, drawn from hostile facts: a crawler asks each question, presses every button that it is shown,
and holds each answer to what must be true of all of them.

    no exception, and no sentence that could not be said
    one message on every network: text, rows, buttons, labels and actions within the limits of each
    nobody's account number, mailbox or phone in full, but where the customer must be able to copy it
    nothing personal where nothing personal may be said
    no button leads to "I cannot tell" or to a question that is not there
    an account is unlinked only when it is gone itself, never for a service of it
    whatever the billing fails to answer: an honest sentence, and nothing is changed

The facts come through the billing's guard, as they do in production.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from adapters import ok, telegram, vk
from adapters.base import Address, Incoming
from adapters.fit import fit, units
from billing.base import (
    LARGEST,
    Account,
    Balance,
    Bill,
    Billing,
    Bonus,
    Call,
    Capability,
    Carrier,
    Charge,
    Component,
    Delivery,
    Details,
    Direction,
    Gone,
    Kind,
    Money,
    Notice,
    Offer,
    Option,
    Outage,
    Payment,
    Period,
    Reach,
    Refusal,
    Refused,
    Scheme,
    Service,
    Status,
    Unavailable,
    Unsupported,
    Usage,
    Use,
    Way,
)
from billing.guard import guard
from handlers import routes
from handlers.ask import Ask, Contact
from handlers.text import Say
from pictures.base import Drawing, Payee
from storage.base import Choose, Join, Place, Post, Saw, SetReachable, Unlink, Verify
from tests.clock import NOON
from tests.handlers.talk_asks import OPERATOR, Books, House, Talk, actions, everything

NETWORKS = (vk.LIMITS, telegram.LIMITS, ok.LIMITS)
TELLER = replace(
    OPERATOR,
    pay_url="https://pay.example/?a={account}&s={sum}",
    payee=Payee("ООО «Телесеть»", "40702810900000000001", "ПАО Банк", "044525225", "30101810400000000225"),
    contacts=(*OPERATOR.contacts, Contact("Тюмень", "8 345 255-00-02", region="Тюменская область")),
    max_links=5,
)
IVAN = Account("acc-ivan", "710000017731", Scheme.ADVANCE, "Иван П.", region="Тюменская область")
OLGA = Account("acc-olga", "820000028842", Scheme.ADVANCE, "Ольга С.")
MAILBOX, PHONE, CALLED = "ivan.petrov@mail.example", "+79120004412", "+73452987654"
DAY = timedelta(days=1)

# What billings' own words have been seen to hold, and worse.
NASTY = (
    "<b>Интернет</b> & «Дом» {$x} {0} *_`[",
    "Дом\nБаланс 9 999,99 ₽\r\nДолга нет",
    "‮тенретнИ‏⁦ 1",
    "\x00Ноль\x07",
    "👩‍👩‍👧‍👦" * 60,
    "я" * 10_000,
    " ",
    "=cmd|'/c calc'!A1",
)


@dataclass
class World:
    """What one billing tells. Everything is empty until a test fills it."""

    account: Account = IVAN
    own: int = 357_31
    currency: str = "RUB"
    promised: int | None = None
    bills: tuple[Bill, ...] = ()
    services: tuple[Service, ...] = ()
    payments: tuple[Payment, ...] = ()
    charges: tuple[Charge, ...] = ()
    details: tuple[Details, ...] = ()
    usage: tuple[Usage, ...] = ()
    calls: tuple[Call, ...] = ()
    reaches: tuple[Reach, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    outages: tuple[Outage, ...] = ()
    notices: tuple[Notice, ...] = ()
    bonus: Bonus | None = None
    offer: Offer | None = None
    opening: int | None = None
    can: frozenset[Capability] = frozenset(Capability)
    keeps: int | None = None
    now: datetime = NOON

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


class Hostile(Books):
    """A billing that tells a World about every account that is asked for, and remembers what it was told to do."""

    def __init__(self, world: World, silent: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.world, self.silent, self.done = world, silent, list[tuple[str, ...]]()
        self.can = world.can
        self.keeps_days = world.keeps  # type: ignore[assignment]
        self.asked_for: list[str] = []

    def hears(self, operation: str) -> None:
        self.asked_for.append(operation)
        if operation in self.silent:
            raise Unavailable

    async def account(self, account: str) -> Account:
        self.hears("account")
        if account in self.closed or account not in {IVAN.id, OLGA.id}:
            raise Gone
        return replace(self.world.account, id=account, number=(IVAN if account == IVAN.id else OLGA).number)

    def of(self, account: str, operation: str, found: Iterable[Any]) -> tuple[Any, ...]:
        self.hears(operation)
        return tuple(replace(one, account=account) for one in found)

    def dated(self, account: str, operation: str, found: Iterable[Any], period: Period) -> tuple[Any, ...]:
        zone = Say.at(NOON, "ru", self.world.account.zone)
        return tuple(one for one in self.of(account, operation, found) if zone.date_of(one.at) in period)

    async def balance(self, account: str) -> Balance:
        self.hears("balance")
        promised = None if self.world.promised is None else self.world.money(self.world.promised)
        until = None if promised is None else self.world.now.date() + 3 * DAY
        return Balance(account, self.world.money(self.world.own), self.world.now, promised, until)

    async def bills(self, account: str) -> tuple[Bill, ...]:
        return self.of(account, "bills", self.world.bills)

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        return self.dated(account, "payments", self.world.payments, period)

    async def last_payment(self, account: str) -> Payment | None:
        return next(iter(self.of(account, "last_payment", self.world.payments)), None)

    async def charges(self, account: str, period: Period) -> tuple[Any, ...]:
        return self.dated(account, "charges", self.world.charges, period)

    async def services(self, account: str) -> tuple[Service, ...]:
        return self.of(account, "services", self.world.services)

    async def opening(self, account: str, day: date) -> Money | None:
        self.hears("opening")
        return None if self.world.opening is None else self.world.money(self.world.opening)

    def known(self, service: str) -> None:
        if all(one.id != service for one in self.world.services):
            raise Gone

    async def details(self, account: str, service: str) -> Details:
        self.hears("details")
        self.known(service)
        found = next((one for one in self.world.details if one.service == service), Details(account, service))
        options = tuple(replace(one, account=account) for one in found.options)
        components = tuple(replace(one, account=account) for one in found.components)
        return Details(account, service, options, components)

    async def usage(self, account: str, service: str, period: Period) -> tuple[Any, ...]:
        self.known(service)
        found = self.of(account, "usage", self.world.usage)
        return tuple(one for one in found if one.service == service and one.day in period)

    async def calls(self, account: str, service: str, period: Period) -> tuple[Any, ...]:
        self.known(service)
        return tuple(c for c in self.dated(account, "calls", self.world.calls, period) if c.service == service)

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        return self.of(account, "reaches", self.world.reaches)

    async def deliveries(self, account: str) -> tuple[Any, ...]:
        return self.of(account, "deliveries", self.world.deliveries)

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        self.hears("deliver")
        self.known(service)
        self.done.append(("deliver", account, service, email or ""))

    async def offer(self, account: str) -> Offer:
        self.hears("offer")
        made = self.world.offer or Offer(
            account, "o", self.world.money(0), self.world.money(0), NOON.date(), Refusal.NEEDLESS
        )
        return replace(made, account=account)

    async def promise(self, account: str, offer: str) -> Balance:
        self.hears("promise")
        current = await self.offer(account)
        if current.refusal is not None or offer != current.id:
            raise Refused(current)
        self.done.append(("promise", account, offer))
        return Balance(account, self.world.money(self.world.own), self.world.now, current.amount, current.until)

    async def outages(self, account: str) -> tuple[Any, ...]:
        return self.of(account, "outages", self.world.outages)

    async def notices(self, region: str) -> tuple[Notice, ...]:
        self.hears("notices")
        return tuple(one for one in self.world.notices if one.region in {"", region})

    async def bonus(self, account: str) -> Bonus | None:
        self.hears("bonus")
        return None if self.world.bonus is None else replace(self.world.bonus, account=account)


@dataclass
class Guest(Talk):
    """A chat whose billing is guarded, and where everything can be drawn."""

    drawn: set[Drawing] = field(default_factory=set)

    def ask(self, incoming: Incoming) -> Ask:
        async def draw(drawing: Drawing) -> bytes | None:
            self.drawn.add(drawing)  # hashes it, as the easel does
            return b"drawn"

        asked = super().ask(incoming)
        books = guard(cast("Billing", self.house.books), limit_seconds=5, failures=1_000)
        return replace(asked, billing=books, draw=draw, invoices=(100, 10_000_000))

    @property
    def hostile(self) -> Hostile:
        assert isinstance(self.house.books, Hostile)
        return self.house.books


def guest(world: World, accounts: int = 1, *, silent: Iterable[str] = (), language: str = "ru", **more: Any) -> Guest:
    house = House(TELLER)
    house.clock.set(world.now)
    house.books = Hostile(world, frozenset(silent))
    made = Guest(house, Address("vk", "1"), language, **more)
    house.talks[made.address] = made
    made.linked(*(IVAN, OLGA)[:accounts])
    if accounts:
        made.remember(
            links=tuple(
                replace(one, id=900_000_000 + one.id, holder=world.account.holder, region=world.account.region)
                for one in made.memory.links
            )
        )
    return made


# ── Worlds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def services(titles: Iterable[str], **more: Any) -> tuple[Service, ...]:
    made = []
    for n, title in enumerate(titles):
        facts: dict[str, Any] = {
            "kind": list(Kind)[n % len(Kind)],
            "status": list(Status)[n % len(Status)],
            "tariff": title,
            "fee": Money(650_00),
            "next_fee": date(2026, 12, 1),
            "daily": n % 3 == 1,
        }
        made.append(Service(IVAN.id, f"service-{n}", title=title, **(facts | more)))
    return tuple(made)


def ago(n: int) -> datetime:
    return NOON - n * timedelta(hours=7)


def home() -> World:
    """A household that has one of everything, and a debt."""
    of = services(("Интернет", "Телефон", "Телевидение", "Сотовый"))
    of = (*of[:1], *(replace(one, status=Status.ACTIVE) for one in of[1:3]), replace(of[3], status=Status.BLOCKED_DEBT))
    return World(
        own=-120_00,
        services=of,
        details=tuple(
            Details(IVAN.id, s.id, (Option(IVAN.id, s.id, "o", "Антивирус", Status.ACTIVE, Money(99_00)),)) for s in of
        ),
        payments=tuple(Payment(IVAN.id, f"p{n}", ago(n * 50), Money(100_00), "Карта") for n in range(20)),
        charges=tuple(
            Charge(IVAN.id, f"c{n}", ago(n * 50), Money(99_00 + n), "Плата", f"service-{n % 4}") for n in range(20)
        ),
        usage=tuple(
            Usage(IVAN.id, s.id, (NOON - n * DAY).date(), Use.CALLS, 60, 1, Money(5), Direction.LOCAL)
            for s in of
            for n in range(40)
        ),
        calls=tuple(
            Call(IVAN.id, "service-1", f"k{n}", ago(n * 5), CALLED, 61, Direction.LOCAL, Money(4_50)) for n in range(20)
        ),
        reaches=(Reach(IVAN.id, Way.SMS, PHONE),),
        deliveries=tuple(Delivery(IVAN.id, s.id, MAILBOX) for s in of[:3]),
        outages=(Outage(IVAN.id, "u", (Kind.TV,), "Авария", ago(1)),),
        notices=(Notice("n", "", "Новость", "Текст", ago(1)),),
        bonus=Bonus(IVAN.id, "Бонус", 5),
        offer=Offer(IVAN.id, "offer-1", Money(300_00), Money(5_00), date(2026, 11, 20)),
        opening=10_00,
    )


def world(name: str) -> World:
    """One of the worlds that the crawler walks through."""
    match name:
        case "empty":
            return World()
        case "home":
            return home()
        case "nasty":
            return nasty()
        case "plenty":
            return plenty()
        case "credit":
            return credit()
        case "dollars":
            return dollars()
        case "returned":
            return returned()
        case "kopeck":
            return kopeck()
        case _:
            return kamchatka()


WORLDS = ("empty", "home", "nasty", "plenty", "credit", "dollars", "returned", "kopeck", "kamchatka")


def nasty() -> World:
    """Words that no billing should have, in every place that has words."""
    of = services(NASTY)
    return World(
        account=replace(IVAN, holder="<i>Иван</i>\n‮Константинопольский-Преображенский " + "я" * 300),
        own=-120_00,
        services=of,
        details=tuple(
            Details(
                IVAN.id,
                s.id,
                tuple(Option(IVAN.id, s.id, f"o{n}", t, Status.ACTIVE, Money(99_00)) for n, t in enumerate(NASTY)),
                tuple(Component(IVAN.id, s.id, d, Status.ACTIVE, (Carrier(NASTY[0], Money(-5)),)) for d in Direction),
            )
            for s in of
        ),
        payments=tuple(Payment(IVAN.id, f"p{n}", ago(n), Money(100_00), t, n % 2 == 0) for n, t in enumerate(NASTY)),
        charges=tuple(
            Charge(
                IVAN.id, f"c{n}{m}", ago(n + m * 104), Money(100_00 + n), t, f"service-{n}" if n % 2 else f"gone-{n}"
            )
            for n, t in enumerate(NASTY)
            for m in (0, 1)
        ),
        usage=tuple(
            Usage(IVAN.id, s.id, (NOON - n * DAY).date(), use, 10**9, 3, Money(5), None, t)
            for s in of
            for n, t in enumerate(NASTY)
            for use in Use
        ),
        calls=tuple(
            Call(IVAN.id, s.id, f"k{n}", ago(n), number, 61, Direction.OTHER, Money(4_50), n % 2 == 1)
            for s in of
            for n, number in enumerate((CALLED, "112", "", "‮", "скрыт", "+1 (212) 555-01-23", "8 800 1\x00", "9" * 40))
        ),
        reaches=(Reach(IVAN.id, Way.EMAIL, MAILBOX), Reach(IVAN.id, Way.SMS, PHONE), Reach(IVAN.id, Way.EMAIL, "@")),
        deliveries=tuple(Delivery(IVAN.id, s.id, MAILBOX if n % 2 else None) for n, s in enumerate(of)),
        outages=(
            Outage(IVAN.id, "u1", (), NASTY[5], ago(1), None),
            Outage(IVAN.id, "u2", (Kind.TV,), NASTY[1], ago(-9)),
        ),
        notices=tuple(Notice(f"n{n}", "", t, t, ago(n), None, n % 2 == 0) for n, t in enumerate(NASTY)),
        bonus=Bonus(IVAN.id, NASTY[1], 5, 5, NOON.date()),
        offer=Offer(IVAN.id, "o", Money(0), Money(0), NOON.date(), Refusal.OTHER, None, NASTY[5]),
        opening=-1,
    )


def plenty() -> World:
    """More of everything than anybody has."""
    of = services(f"Услуга для дома и дачи № {n}" for n in range(60))
    return World(
        own=-1,
        services=of,
        details=tuple(
            Details(
                IVAN.id,
                s.id,
                tuple(
                    Option(IVAN.id, s.id, f"o{n}", f"Подписка на подборку фильмов {n}", Status.ACTIVE, Money(99_00))
                    for n in range(40)
                ),
            )
            for s in of
        ),
        payments=tuple(Payment(IVAN.id, f"p{n}", ago(n), Money(100_00), "Карта") for n in range(1_500)),
        charges=tuple(
            Charge(IVAN.id, f"c{n}", ago(n // 4), Money(1_23), f"Разговор {n}", f"service-{n % 70}")
            for n in range(5_000)
        ),
        usage=tuple(
            Usage(IVAN.id, s.id, (NOON - n * DAY).date(), use, 10**9, 3, Money(5), Direction.LOCAL, f"Фильм {n}")
            for s in of[:6]
            for n in range(60)
            for use in Use
        ),
        calls=tuple(
            Call(IVAN.id, "service-1", f"k{n}", ago(n // 9), f"+7345298{n:04}", 61, list(Direction)[n % 6], Money(4_50))
            for n in range(5_000)
        ),
        reaches=tuple(Reach(IVAN.id, Way.SMS, f"+7912000{n:04}") for n in range(50)),
        deliveries=tuple(Delivery(IVAN.id, s.id, f"box{n}.very.long@mail.example") for n, s in enumerate(of)),
        outages=tuple(Outage(IVAN.id, f"u{n}", (), f"Авария {n}", ago(n)) for n in range(50)),
        notices=tuple(Notice(f"n{n}", "", f"Новость {n}", "текст " * 100, ago(n)) for n in range(50)),
        bonus=Bonus(IVAN.id, "Бонус", 10**12, 10**12, date(2027, 1, 1)),
        offer=Offer(IVAN.id, "o" * 40, Money(100_00), Money(5_00), date(2026, 11, 20)),
        opening=1,
        promised=100_00,
    )


def credit() -> World:
    """Bills afterwards; fees that nobody can tell; a promise beside a debt."""
    bills = tuple(
        Bill(
            IVAN.id,
            f"b{n}",
            f"2026-{n:02}/{'7' * 60}",
            Period(date(2026, n, 1), date(2026, n, 28)),
            Money(500_00),
            Money(500_00),
            date(2026, n, 28),
            date(2026, n, 28) + 20 * DAY,
        )
        for n in range(8, 12)
    )
    return World(
        account=replace(IVAN, scheme=Scheme.CREDIT, since=date(2026, 11, 10)),
        own=-77_00,
        bills=bills,
        services=services(("Интернет", "Телефон", "ТВ"), fee=None, next_fee=None),
        payments=(Payment(IVAN.id, "p", ago(1), Money(500_00), "", credited=False),),
        charges=(Charge(IVAN.id, "c", ago(1), Money(77_00), "", None),),
        offer=Offer(IVAN.id, "o", Money(0), Money(0), NOON.date(), Refusal.SCHEME),
        promised=300_00,
        reaches=(Reach(IVAN.id, Way.SMS, PHONE),),
        keeps=30,
    )


def dollars() -> World:
    """Another currency, and sums as large as a billing may name."""
    big, low = Money(LARGEST, "USD"), Money(-LARGEST, "USD")
    return World(
        account=replace(IVAN, currency="USD"),
        own=-LARGEST,
        currency="USD",
        services=services(("Интернет", "Телефон"), fee=big, balance=low, status=Status.BLOCKED_DEBT),
        payments=(Payment(IVAN.id, "p", ago(1), big, "Карта"), Payment(IVAN.id, "q", ago(120), low, "Возврат")),
        charges=(
            Charge(IVAN.id, "c", ago(1), big, "Разговор", "service-1"),
            Charge(IVAN.id, "d", ago(2), low, "Возврат"),
        ),
        usage=(
            Usage(IVAN.id, "service-0", NOON.date(), Use.RECEIVED, 10**15),
            Usage(IVAN.id, "service-0", NOON.date() - DAY, Use.SENT, 10**15),
        ),
        calls=(Call(IVAN.id, "service-1", "k", ago(1), CALLED, 10**6, Direction.LOCAL, big),),
        reaches=(Reach(IVAN.id, Way.SMS, PHONE),),
        offer=Offer(IVAN.id, "o", big, Money(0, "USD"), NOON.date()),
        opening=LARGEST,
        promised=LARGEST,
    )


def returned() -> World:
    """Only refunds, and payments taken back."""
    return World(
        own=0,
        services=services(("Интернет", "Телефон"), fee=Money(0), status=Status.ACTIVE),
        payments=tuple(Payment(IVAN.id, f"p{n}", ago(n * 90), Money(-50_00), "Карта", n % 2 == 0) for n in range(12)),
        charges=tuple(
            Charge(IVAN.id, f"c{n}", ago(n * 40), Money(-10_00), "Перерасчёт", "service-0") for n in range(12)
        ),
        opening=0,
        offer=Offer(IVAN.id, "o", Money(0), Money(0), NOON.date(), Refusal.OUTSTANDING),
    )


def kopeck() -> World:
    return World(
        own=1,
        services=services(("Интернет",), fee=Money(1)),
        payments=(Payment(IVAN.id, "p", ago(1), Money(1), "Карта"), Payment(IVAN.id, "q", ago(1), Money(0), "")),
        charges=(
            Charge(IVAN.id, "c", ago(1), Money(1), "Плата", "service-0"),
            Charge(IVAN.id, "d", ago(1), Money(0), ""),
        ),
        offer=Offer(IVAN.id, "o", Money(1), Money(1), NOON.date()),
        promised=1,
    )


def kamchatka() -> World:
    """Tomorrow there already: the account's day, the network's and the customer's are three things."""
    now = datetime(2026, 10, 31, 13, 30, tzinfo=UTC)  # 1 November, 01:30 in Kamchatka
    return World(
        account=replace(IVAN, zone="Asia/Kamchatka", since=date(2026, 11, 1)),
        services=services(("Интернет", "Телефон", "ТВ"), next_fee=date(2026, 11, 1)),
        payments=(Payment(IVAN.id, "p", now - timedelta(minutes=5), Money(100_00), "Карта"),),
        charges=(Charge(IVAN.id, "c", now - timedelta(minutes=5), Money(100_00), "Плата", "service-0"),),
        reaches=(Reach(IVAN.id, Way.SMS, PHONE),),
        now=now,
    )


# ── The crawler ───────────────────────────────────────────────────────────────────────────────────────────────────────

SKIPPED = {"forget"}  # ends the walk; it has tests of its own
TYPED = (
    "баланс", "сколько платить", "положи 500", "платежи за март", "платежи по месяцам", "начисления за прошлый месяц",
    "почему так много за сентябрь", "выписка за 2026 pdf", "детализация", "статистика интернета", "мои услуги",
    "телефон", "обещанный платёж", "доставка документов", "ничего не работает", "оплатил а не работает", "новости",
    "бонусы", "прочие подписки", "тариф", "порог 1 000 000 000", "2468", "абракадабра", "🙈", "0", "-5", "1,005",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Screen:
    """One answer, and how the crawler came to it."""

    way: tuple[str, ...]
    before: Guest  # as the chat was when it asked
    action: str  # or else
    text: str
    talk: Guest  # as it is after the answer

    @property
    def shown(self) -> str:
        """All that can be read, but for a file."""
        reply = self.talk.reply
        return everything(replace(self.talk.turn, reply=replace(reply, document=None)))


async def ask_again(screen: Screen, talk: Guest) -> None:
    """The same question put to another state of things. Raises Unavailable as dispatch would catch it."""
    try:
        await (
            talk.live(action=screen.action, message="m", press="p") if screen.action else talk.live(text=screen.text)
        )
    except Unsupported:
        talk.turn = routes.unsupported(talk.ask(asked(screen, talk)))


def asked(screen: Screen, talk: Guest) -> Incoming:
    return Incoming("e", talk.address, talk.house.clock.now(), text=screen.text, action=screen.action or None)


async def walk(start: Guest, most: int = 250, *, alike: bool = False) -> list[Screen]:
    """Every question asked afresh, every typed phrase, and then every button of every answer, once each; each press
    from the very state in which it was shown. An answer that raises names the way to it. `alike`: buttons that differ
    in their dates and pages only are one."""

    def key(action: str) -> str:
        return (
            re.sub(r":(?:[0-9]{4}-[0-9-]{5}|month|last|three|year|[0-9]{1,2})(?=:|$)", "", action) if alike else action
        )

    await start.says("привет")
    todo: list[tuple[tuple[str, ...], Guest, str, str]] = [((), start, name, "") for name in routes.ROUTES]
    todo += [((), start, "", text) for text in TYPED]
    seen, screens = set(routes.ROUTES), list[Screen]()
    while todo and len(screens) < most:
        way, before, action, text = todo.pop(0)
        if action.split(":")[0] in SKIPPED:
            continue
        talk = copy(before)
        talk.effects, way = [], (*way, action or f"«{text}»")
        screen = Screen(way, before, action, text, talk)
        try:
            await ask_again(screen, talk)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} after {way}: {error}") from error
        if talk.turn.reply is None:
            continue
        screens.append(screen)
        for next_ in actions(talk.turn.reply):
            if next_ != "page" and key(next_) not in seen:
                seen.add(key(next_))
                todo.append((way, talk, next_, ""))
    return screens


# What may be longer than one message: lists of every service that an account has, where it has dozens.
WHOLE_LISTS = frozenset({"balance", "mail", "tariff"})


def faults(screen: Screen) -> Iterator[str]:
    """What is wrong with an answer, whatever it is about."""
    turn, reply = screen.talk.turn, screen.talk.reply
    for rows in (reply.keyboard, reply.menu or ()):
        buttons = [button for row in rows for button in row]
        if len(rows) > 6 or len(buttons) > 10 or any(len(row) > 3 or not row for row in rows):
            yield f"{len(rows)} rows, {len(buttons)} buttons"
        for button in buttons:
            if len(button.label) > 32 or not button.label.strip():
                yield f"label {button.label!r}"
            if button.action is not None and (not button.action.isascii() or len(button.action) > 64):
                yield f"action {button.action!r}"
            if button.action is not None and button.action.split(":")[0] not in routes.ROUTES:
                yield f"no such question: {button.action!r}"
        labels = [" ".join(button.label.split()) for button in buttons]
        if len(set(labels)) < len(labels):
            yield f"two buttons of one name: {labels}"
    if not reply.text.strip():
        yield "no words"
    if re.search(r"\bNone\b|Money\(|datetime|\bnan\b|\{ \$|<bound", reply.text):
        yield "a value of ours in the words"
    questions = {one.question for one in turn.effects if isinstance(one, Saw)}
    for limits in NETWORKS:
        most = 2 if questions & WHOLE_LISTS else 1
        parts = fit(replace(reply, picture=None, document=None), limits)
        if len(parts) > most:
            yield f"{len(parts)} messages of {units(reply.text)} units"
    yield from leaks(screen)
    if any(isinstance(effect, Unlink) for effect in turn.effects) and not screen.action.startswith("unlink:"):
        yield "the account was let go"
    if "Этих сведений у меня нет" in reply.text:
        yield "a question that nobody can answer was offered"


def leaks(screen: Screen) -> Iterator[str]:
    shown = screen.shown
    payee = TELLER.payee.account if TELLER.payee is not None else ""
    # The payment order and the operator's page hold the whole number, because money goes astray without it.
    if not (payee in shown or "https://pay.example" in shown) and any(one.number in shown for one in (IVAN, OLGA)):
        yield "a whole account number"
    if any(secret in shown for secret in SECRETS):
        yield "somebody's mailbox or phone"


SECRETS = (MAILBOX, "ivan.petrov", PHONE, PHONE[-6:], CALLED, CALLED[-6:], "box1.very")


def wrong(screens: Iterable[Screen], judge: Callable[[Screen], Iterator[str]] = faults) -> list[str]:
    return [f"{' → '.join(s.way)}: {fault}" for s in screens for fault in dict.fromkeys(judge(s))]


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize("name", WORLDS)
async def test_every_screen_of_every_world(name: str, accounts: int) -> None:
    screens = await walk(guest(world(name), accounts), 150)
    assert len(screens) > 100
    assert wrong(screens) == []


@pytest.mark.parametrize("language", ["en", "pt"])
async def test_every_screen_can_be_said_in_every_language(language: str) -> None:
    start = guest(home(), 2, language=language)
    start.remember(chat=replace(start.memory.chat, language=language))
    screens = await walk(start, alike=True)
    assert wrong(screens) == []
    russian = [s for s in screens if re.search("[а-яё]{3}", strange(s)) and s.way[-1] != "language:ru"]
    assert [" → ".join(s.way) for s in russian] == []


def strange(screen: Screen) -> str:
    """The words that are ours: without the billing's, the operator's and the other languages' names."""
    words = screen.talk.reply.text.casefold()
    for theirs in sorted(BILLINGS, key=len, reverse=True):
        words = words.replace(theirs.casefold(), "")
    return words


BILLINGS = (
    "Интернет", "Телефон", "Телевидение", "Сотовый", "Антивирус", "Карта", "Плата", "Авария", "Новость", "Текст",
    "Бонус", "Иван П.", "ООО «Телесеть»", "Телесеть", "Тюменская область", "Техподдержка", "круглосуточно", "Тюмень",
    "ПАО Банк", "Оплата услуг связи, л/с", "Русский", "Анна",
)  # fmt: skip


@pytest.mark.parametrize("without", sorted(set(Capability) - {Capability.BALANCE}))
async def test_no_button_leads_to_what_the_billing_cannot_tell(without: Capability) -> None:
    start = guest(replace(home(), can=frozenset(Capability) - {without}), 2)
    await start.says("меню")
    screens = await walk(start, alike=True)
    # Who types such a question, or presses a button of yesterday, is told that it cannot be answered; a button that is
    # shown today leads to an answer.
    shown = {action for s in screens for action in actions(s.talk.reply)}
    offered = [s for s in screens if s.action in shown]
    assert len(offered) > 40
    assert wrong(offered) == []


# ── A billing that fails ──────────────────────────────────────────────────────────────────────────────────────────────

OPERATIONS = (
    "account", "balance", "bills", "services", "payments", "last_payment", "charges", "opening", "details", "usage",
    "calls", "reaches", "deliveries", "deliver", "offer", "promise", "outages", "notices", "bonus",
)  # fmt: skip
HARMLESS = (Saw, SetReachable)


async def test_a_silent_billing_changes_nothing_and_is_said_to_be_silent() -> None:
    start, proved, until = guest(home()), guest(home()), NOON + timedelta(minutes=15)
    proved.remember(links=tuple(replace(one, verified_until=until) for one in proved.memory.links))
    screens = [*await walk(start, 70, alike=True), *await walk(proved, alike=True)]
    failed = dict.fromkeys(OPERATIONS, 0)
    for screen in screens:
        for operation in OPERATIONS:
            talk = copy(screen.before)
            talk.effects, talk.house = [], copy(talk.house)
            talk.house.books = Hostile(home(), frozenset({operation}))
            try:
                await ask_again(screen, talk)
            except Unavailable:
                failed[operation] += 1
                turn = routes.unavailable(talk.ask(asked(screen, talk)), "C0DE")
                assert turn.reply is not None
                assert "C0DE" in turn.reply.text
                assert not [one for one in turn.effects if not isinstance(one, HARMLESS)]
                assert talk.hostile.done == [], f"{screen.way}: changed, and then {operation} was silent"
                again = [action for action in actions(turn.reply) if action.startswith("again:")]
                assert again, screen.way
    assert [operation for operation, times in failed.items() if not times] == []


# ── Where nothing personal may be said ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", [{"public": True}, {"private": False}])
async def test_nothing_personal_is_said_in_public(where: dict[str, Any]) -> None:
    lives = replace(home(), account=replace(IVAN, region="Курганская область"))
    every = await walk(guest(lives, 2), alike=True)
    start = guest(lives, 2, **where)
    answered = 0
    for screen in every:
        talk = copy(start)
        talk.effects = []
        talk.remember(dialogue=screen.before.memory.dialogue)
        await ask_again(screen, talk)
        if talk.turn.reply is None:
            continue
        answered += 1
        shown = everything(talk.turn)
        traces = [IVAN.number[-4:], OLGA.number[-4:], "Иван П.", "Курган", "−120", "120,00", *SECRETS]
        found = [trace for trace in traces if trace in shown.replace("\u00a0", " ")]
        assert not found, f"{screen.way}: {found}"
        assert not talk.turn.personal, f"{screen.way}: would be held back"
        assert talk.hostile.done == []
        assert not [e for e in talk.turn.effects if isinstance(e, Post | Place | Join | Verify | Unlink | Choose)]
    assert answered > 40
