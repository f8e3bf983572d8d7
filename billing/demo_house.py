"""How a demo household comes to its history: services first, then their use, and last the money that follows from both.

    what happened                 ADVANCE: a charge                     CREDIT: a charge
    a month's fee                 on the 1st                            at the end of the month
    a daily fee                   each day                              -
    an option                     on the 10th                           at the end of the month
    paid calls, films, one-offs   on the day, late in the evening       at the end of the month, a line for each kind

Under ADVANCE the balance is what was paid and credited less what was charged; what the year does not explain was there
at its beginning. Under CREDIT a month's charges are its bill, out on the 5th and due on the 25th of the next month.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import cycle
from zoneinfo import ZoneInfo

from billing.base import (
    Account,
    Balance,
    Bill,
    Bonus,
    Call,
    Carrier,
    Charge,
    Component,
    Delivery,
    Details,
    Direction,
    Kind,
    Money,
    Notice,
    Option,
    Outage,
    Payment,
    Period,
    Reach,
    Scheme,
    Service,
    Status,
    Usage,
    Way,
)
from billing.demo_usage import Habit, calls, days, purchases, talked, traffic
from billing.ledger import Book, Customer, Opened
from billing.passwords import DEMO_HASHER
from billing.position import daily_share, month_end

MOSCOW, YEKATERINBURG, KAMCHATKA = "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kamchatka"
TYUMEN_REGION, SVERDLOVSK_REGION, KAMCHATKA_REGION, MOSCOW_REGION = (
    "Тюменская область",
    "Свердловская область",
    "Камчатский край",
    "Москва",
)
CARD, SBP, AUTO, CASH, BANK = (
    "Банковская карта",
    "Система быстрых платежей",
    "Автоплатёж",
    "Терминал",
    "Сбербанк Онлайн",
)
MONTHS = 12  # full ones; the book begins with the first day of the oldest
DUE_DAY, ISSUE_DAY, OPTION_DAY = 25, 5, 10
MORNING, EVENING = time(0, 10), time(23, 50)  # when charges are taken
TALKS = {
    Direction.LOCAL: "Местные разговоры",
    Direction.ZONE: "Внутризоновые разговоры",
    Direction.INTERCITY: "Междугородные разговоры",
    Direction.INTERNATIONAL: "Международные разговоры",
    Direction.MOBILE: "Разговоры с мобильными номерами",
}


@dataclass
class House:
    today: date
    login: str
    account: Account
    email: str | None
    phone: str | None
    own: int = 0
    months: int = MONTHS
    promised: int | None = None
    promised_until: date | None = None
    bonus: Bonus | None = None
    services: list[Service] = field(default_factory=list)
    last_days: dict[str, date] = field(default_factory=dict)  # of services that are not used any more
    papers: set[str] = field(default_factory=set)  # services whose documents come on paper
    options: list[Option] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    extras: list[tuple[date, int, str, str]] = field(default_factory=list)  # beside the fees: day, sum, title, service

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    # What there is

    def service(
        self,
        kind: Kind,
        title: str,
        tariff: str,
        fee: int,
        *,
        status: Status = Status.ACTIVE,
        daily: bool = False,
        last: date | None = None,
        paper: bool = False,
    ) -> str:
        """A new service; its id. `last`: the last day on which it worked."""
        prepaid = self.account.scheme is Scheme.ADVANCE
        taken = prepaid and not daily and status in {Status.ACTIVE, Status.BLOCKED_DEBT}
        coming = month_end(self.today) + timedelta(days=1) if taken else None
        id = f"{self.account.id}-{len(self.services) + 1}"
        self.services.append(Service(self.account.id, id, kind, title, status, tariff, Money(fee), coming, daily))
        if last:
            self.last_days[id] = last
        if paper:
            self.papers.add(id)
        return id

    def option(
        self, service: str, title: str, fee: int, *, status: Status = Status.ACTIVE, since: date | None = None
    ) -> None:
        """A paid option; taken while its service worked. `since`: connected on that day, else long ago."""
        id = f"{service}-o{1 + sum(o.service == service for o in self.options)}"
        self.options.append(Option(self.account.id, service, id, title, status, Money(fee)))
        if status is Status.OFF or not fee:
            return
        first, last = since or self._begin, self.last_days.get(service, self.yesterday)
        for n in range(self.months + 1):
            day = months_before(self.today, n).replace(day=OPTION_DAY)
            if first <= day <= last:
                self.once(service, day, fee, title)

    def combined(
        self, service: str, *, off: frozenset[Direction] = frozenset(), carriers: dict[Direction, tuple[Carrier, ...]]
    ) -> None:
        """The parts of a home phone."""
        for way in (Direction.LOCAL, Direction.ZONE, Direction.INTERCITY, Direction.INTERNATIONAL):
            status = Status.OFF if way in off else next(s.status for s in self.services if s.id == service)
            self.components.append(Component(self.account.id, service, way, status, carriers.get(way, ())))

    def outage(self, title: str, kinds: tuple[Kind, ...], since: datetime, until: datetime, planned: bool) -> None:
        id = f"{self.account.id}-x{len(self.outages) + 1}"
        self.outages.append(Outage(self.account.id, id, kinds, title, since, until, planned))

    # What is used

    def surf(self, service: str, gigabytes: float) -> None:
        period = self._working(service)
        if period:
            self.usages += traffic(self.account.id, service, period, self.today, gigabytes)

    def watch(self, service: str, films: float) -> None:
        period = self._working(service)
        if period:
            bought = purchases(self.account.id, service, period, self.today, films)
            self.usages += bought
            for one in bought:
                if one.cost:
                    self.once(service, one.day, one.cost.minor, f"Фильм {one.title}")

    def talk(self, service: str, habit: Habit) -> None:
        period = self._working(service)
        if period:
            made = calls(self.account.id, service, period, self.today, self.account.zone, habit)
            self.calls += made
            sums = talked(made, self.account.zone)
            self.usages += sums
            for one in sums:
                if one.cost and one.direction:
                    self.once(service, one.day, one.cost.minor, TALKS[one.direction])

    def once(self, service: str, day: date, amount: int, title: str) -> None:
        self.extras.append((day, amount, title, service))

    # What is paid

    def year(self, own: int, methods: tuple[str, ...], unpaid: int = 0) -> None:
        """A payment in each of the months but the last `unpaid`, and what was to be paid; `own` is what it comes to."""
        fee = sum(s.fee.minor for s in self.services if s.fee)
        spent = [self._spent(n + 1) for n in range(self.months)]
        for n, method in zip(range(unpaid, self.months), cycle(methods), strict=False):
            day = months_before(self.today, n) + timedelta(days=2 + (n * 7 + len(self.login)) % 20)
            if day < self.today:
                self.pay(day, fee + spent[n], method)
        if not unpaid and not any(p.at.date() > self.today - timedelta(days=20) for p in self.payments):
            self.pay(self.today - timedelta(days=6), fee + spent[0], methods[0])
        self.fees(own)

    def fees(self, own: int, last: date | None = None) -> None:
        """All charges up to `last` (else yesterday), and at the beginning what makes the sum come to `own`."""
        for day in days(Period(self._begin, last or self.yesterday)):
            for service in self.services:
                fee = 0 if service.fee is None else service.fee.minor
                part = daily_share(fee, day) if service.daily else (fee if day.day == 1 else 0)
                if part and day <= self.last_days.get(service.id, day):
                    self._charge(day, MORNING, part, f"Абонентская плата: {service.title}", service.id)
        for day, amount, title, id in self.extras:
            self._charge(day, EVENING, amount, title, id)
        before = (
            own - sum(p.amount.minor for p in self.payments if p.credited) + sum(c.amount.minor for c in self.charges)
        )
        if before > 0:
            self.pay(self._begin, before, CASH)
        elif before < 0:
            self._charge(self._begin, MORNING, -before, "Оборудование и настройка", self.services[0].id)
        self.own = own

    def billed(self, *, unpaid: int = 0, partly: int = 0, issued: bool = False) -> None:
        """A year of bills, paid but for the newest `unpaid` past due; of the oldest of these `partly` is paid.

        `issued`: last month's is out and not due yet, whatever day it is.
        """
        out = [n for n in range(1, self.months + 1) if n > 1 or issued or self.today.day > ISSUE_DAY]
        late = [n for n in out if self._due(n, issued) < self.today][:unpaid]
        for n in reversed(out):
            amount, first = self._month(n), months_before(self.today, n)
            due, day = self._due(n, issued), months_before(self.today, n - 1).replace(day=ISSUE_DAY)
            is_open = n in late or (due >= self.today and (issued or unpaid))
            paid = (partly if late and n == late[-1] else 0) if is_open else amount
            number = f"{first:%y%m}-{self.account.number[-6:]}"
            self.bills.append(
                Bill(
                    account=self.account.id,
                    id=f"{self.account.id}-{number}",
                    number=number,
                    period=Period(first, month_end(first)),
                    amount=Money(amount),
                    remaining=Money(amount - paid),
                    issued=min(day, self.today),
                    due=due,
                )
            )
            if paid:
                self.pay(min(due - timedelta(days=n % 6), self.yesterday), paid, BANK)
        if 1 not in out:
            self._month(1)  # it is over, and its bill not out yet
        if self.own:
            self.pay(self.today - timedelta(days=3), self.own, BANK)

    def pay(self, day: date, amount: int, method: str, *, credited: bool = True) -> None:
        at, id = time(9 + len(self.payments) % 11, len(self.payments) * 7 % 60), len(self.payments) + 1
        payment = Payment(
            self.account.id, f"{self.account.id}-p{id}", self.at(day, at), Money(amount), method, credited
        )
        self.payments.append(payment)

    def at(self, day: date, clock: time) -> datetime:
        """That time of the household's own day, as UTC."""
        return datetime.combine(day, clock, ZoneInfo(self.account.zone)).astimezone(UTC)

    # Its facts

    def opened(self) -> Opened:
        promised = None if self.promised is None else Money(self.promised)
        as_of = datetime.combine(self.today, time(), UTC)
        balance = Balance(self.account.id, Money(self.own), as_of, promised, self.promised_until)
        return Opened(self.account, self.login, balance)

    def details(self) -> list[Details]:
        return [
            Details(
                self.account.id,
                service.id,
                tuple(o for o in self.options if o.service == service.id),
                tuple(c for c in self.components if c.service == service.id),
            )
            for service in self.services
        ]

    def deliveries(self) -> list[Delivery]:
        return [
            Delivery(self.account.id, service.id, None if service.id in self.papers else self.email)
            for service in self.services
        ]

    def reaches(self) -> list[Reach]:
        ways = ((Way.EMAIL, self.email), (Way.SMS, self.phone))
        return [Reach(self.account.id, way, address) for way, address in ways if address]

    # Small change

    @property
    def _begin(self) -> date:
        """The first day of the book: nothing before the contract."""
        begin = months_before(self.today, self.months)
        return max(begin, self.account.since) if self.account.since else begin

    def _working(self, service: str) -> Period | None:
        last = min(self.last_days.get(service, self.yesterday), self.yesterday)
        return Period(self._begin, last) if self._begin <= last else None

    def _extras(self, months_ago: int) -> list[tuple[date, int, str, str]]:
        first = months_before(self.today, months_ago)
        last = month_end(first)
        return [extra for extra in self.extras if first <= extra[0] <= last]

    def _spent(self, months_ago: int) -> int:
        """What that month cost beside the fees, up to the next fifty rubles: people pay round sums."""
        cost = sum(amount for _, amount, _, _ in self._extras(months_ago))
        return -(-cost // 5000) * 5000

    def _month(self, months_ago: int) -> int:
        """Charge a month that is over, under CREDIT; what it comes to."""
        first = months_before(self.today, months_ago)
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for service in self.services:
            if service.fee:
                sums[f"Абонентская плата: {service.title}", service.id] += service.fee.minor
        for _, amount, title, id in self._extras(months_ago):
            sums[title, id] += amount
        for (title, id), amount in sums.items():
            self._charge(month_end(first), EVENING, amount, title, id)
        return sum(sums.values())

    def _due(self, months_ago: int, issued: bool) -> date:
        """When the bill of the month that began so many months ago is due: the 25th of the next one, or put off."""
        due = months_before(self.today, months_ago - 1).replace(day=DUE_DAY)
        return max(due, self.today + timedelta(days=4)) if issued and months_ago == 1 else due

    def _charge(self, day: date, clock: time, amount: int, title: str, service: str) -> None:
        id = f"{self.account.id}-c{len(self.charges) + 1}"
        self.charges.append(Charge(self.account.id, id, self.at(day, clock), Money(amount), title, service))


@dataclass
class Town:
    today: date
    houses: list[House] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def house(
        self,
        login: str,
        number: str,
        holder: str,
        scheme: Scheme = Scheme.ADVANCE,
        *,
        zone: str = MOSCOW,
        region: str = TYUMEN_REGION,
        since: date | None = None,
        open: bool = True,
        email: bool = True,
        phone: bool = True,
    ) -> House:
        """A new household. `since`: the day of its contract, else one of long ago."""
        many = int(number[-5:])
        began = since or date(2008 + many % 15, 1 + many % 12, 1 + many % 28)
        account = Account(number, number, scheme, holder, zone=zone, open=open, region=region, since=began)
        people = list(dict.fromkeys([house.login for house in self.houses] + [login]))
        sms = f"+790000000{people.index(login) + 1:02}"
        house = House(self.today, login, account, f"{login}@demo.example" if email else None, sms if phone else None)
        self.houses.append(house)
        return house

    def book(self) -> Book:
        logins = dict.fromkeys(house.login for house in self.houses)
        return Book(
            customers=tuple(
                Customer(login, login, DEMO_HASHER.hash(login, salt=sha256(login.encode()).digest()[:16]))
                for login in logins
            ),
            accounts=tuple(house.opened() for house in self.houses),
            services=tuple(s for house in self.houses for s in house.services),
            bills=tuple(b for house in self.houses for b in house.bills),
            payments=tuple(p for house in self.houses for p in house.payments),
            charges=tuple(c for house in self.houses for c in house.charges),
            details=tuple(d for house in self.houses for d in house.details()),
            usages=tuple(u for house in self.houses for u in house.usages),
            calls=tuple(c for house in self.houses for c in house.calls),
            reaches=tuple(r for house in self.houses for r in house.reaches()),
            deliveries=tuple(d for house in self.houses for d in house.deliveries()),
            outages=tuple(o for house in self.houses for o in house.outages),
            notices=tuple(self.notices),
            bonuses=tuple(house.bonus for house in self.houses if house.bonus),
        )


def months_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months back."""
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)
