"""Demo customers: a town of made-up households, told relative to today. The password of each is its login.

    login       what it shows
    demo        an ordinary prepaid household: internet, home phone, TV; own money lasts to the end of the month
    postpaid    postpaid, the bill is issued and not yet due: no debt
    debtor      postpaid, two bills overdue and one issued
    saver       postpaid, all bills paid and own money left over
    minus       prepaid, below zero, services still on
    blocked     prepaid, below zero, services blocked for debt
    zero        prepaid, exactly nothing on the account, a fee ahead
    promise     prepaid, below zero, with a promised payment to be paid back
    family      three accounts under one login: prepaid, postpaid in debt, and one in another zone
    newcomer    prepaid, connected yesterday: not one payment
    regular     500 payments, small and often
    verbose     the longest names of services, tariffs and methods that a screen must bear
    closed      a closed account beside an open one
    kamchatka   Asia/Kamchatka: the day begins nine hours before Moscow's
    daily       a fee that is taken each day
    holiday     services suspended by the customer: nothing is taken

`demo(today)` is pure: the same day gives the same book. `load` takes it into a ledger that does not know it yet; what
the operator's side does later stays. Prepaid figures agree with their history: payments less charges are the balance.

The stored hashes are of reduced cost (`billing.passwords.DEMO_HASHER`): the passwords are printed above, and sixteen at
full strength would hold up the start for seconds. No other customer gets such a hash.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import cycle
from zoneinfo import ZoneInfo

from billing.base import Account, Balance, Bill, Charge, Kind, Money, Payment, Period, Scheme, Service, Status
from billing.ledger import Book, Customer, Ledger, Opened
from billing.passwords import DEMO_HASHER
from billing.position import daily_share, month_end

MOSCOW, YEKATERINBURG, KAMCHATKA = "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kamchatka"
CARD, SBP, AUTO, CASH, BANK = (
    "Банковская карта",
    "Система быстрых платежей",
    "Автоплатёж",
    "Терминал",
    "Сбербанк Онлайн",
)
MONTHS = 12
DUE_DAY, ISSUE_DAY = 25, 5  # of the month after the one the bill is for


# How a household comes to its history


@dataclass
class House:
    today: date
    login: str
    account: Account
    own: int
    promised: int | None = None
    promised_until: date | None = None
    services: list[Service] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    def opened(self) -> Opened:
        promised = None if self.promised is None else Money(self.promised)
        as_of = datetime.combine(self.today, time(), UTC)
        balance = Balance(self.account.id, Money(self.own), as_of, promised, self.promised_until)
        return Opened(self.account, self.login, balance)

    def service(
        self,
        kind: Kind,
        title: str,
        tariff: str,
        fee: int,
        *,
        status: Status = Status.ACTIVE,
        daily: bool = False,
    ) -> None:
        prepaid = self.account.scheme is Scheme.ADVANCE
        taken = prepaid and not daily and status in {Status.ACTIVE, Status.BLOCKED_DEBT}
        coming = month_end(self.today) + timedelta(days=1) if taken else None
        id = f"{self.account.id}-{len(self.services) + 1}"
        made = Service(self.account.id, id, kind, title, status, tariff, Money(fee), coming, daily)
        self.services.append(made)

    def year(self, own: int, methods: tuple[str, ...], unpaid: int = 0) -> None:
        """Twelve months of fees, a payment in each but the last `unpaid`; `own` is what it comes to."""
        fee = sum(s.fee.minor for s in self.services if s.fee)
        for n, method in zip(range(unpaid, MONTHS), cycle(methods), strict=False):
            first = months_before(self.today, n)
            day = first + timedelta(days=2 + (n * 7 + len(self.login)) % 20)
            if day < self.today:
                self.pay(day, fee, method)
        if not unpaid and not any(p.at.date() > self.today - timedelta(days=20) for p in self.payments):
            self.pay(self.today - timedelta(days=6), fee, methods[0])
        self.fees(own)

    def fees(self, own: int, last: date | None = None) -> None:
        """A year of fees up to `last` (else yesterday), and at its start what makes the sum come to `own`."""
        day, last = months_before(self.today, MONTHS - 1), last or self.today - timedelta(days=1)
        while day <= last:
            for service in self.services:
                fee = 0 if service.fee is None else service.fee.minor
                part = daily_share(fee, day) if service.daily else (fee if day.day == 1 else 0)
                if part:
                    self.charge(day, part, f"Абонентская плата: {service.title}", service.id)
            day += timedelta(days=1)
        before = own - sum(p.amount.minor for p in self.payments) + sum(c.amount.minor for c in self.charges)
        start = months_before(self.today, MONTHS)
        if before > 0:
            self.pay(start, before, CASH)
        elif before < 0:
            self.charge(start, -before, "Подключение и оборудование", None)
        self.own = own

    def billed(self, unpaid: int, partly: int = 0) -> None:
        """Bills of the past year, due before today; the newest `unpaid` are open, the oldest of these paid in part."""
        fee = sum(s.fee.minor for s in self.services if s.fee)
        past = [n for n in range(1, MONTHS + 2) if self._due(n) < self.today][:MONTHS]
        for place, n in enumerate(past):
            amount = fee + 115 * (n % 5)
            paid = amount if place >= unpaid else (partly if place == unpaid - 1 else 0)
            self._bill(n, amount, amount - paid)
            if paid:
                self.pay(min(self._due(n) - timedelta(days=n % 6), self.today - timedelta(days=1)), paid, BANK)
        if self.own:
            self.pay(self.today - timedelta(days=3), self.own, BANK)

    def bill_of_this_month(self, amount: int) -> None:
        """A bill that is out and not due yet, whatever day it is: past the 25th it is the next one, come early."""
        self._bill(1 if self._due(1) >= self.today else 0, amount, amount)

    def _due(self, months_ago: int) -> date:
        """When the bill of the month that began so many months ago is due: the 25th of the next one."""
        return months_before(self.today, months_ago - 1).replace(day=DUE_DAY)

    def _bill(self, months_ago: int, amount: int, remaining: int) -> None:
        first = months_before(self.today, months_ago)
        number = f"{first:%y%m}-{self.account.number[-6:]}"
        self.bills.append(
            Bill(
                account=self.account.id,
                id=f"{self.account.id}-{number}",
                number=number,
                period=Period(first, month_end(first)),
                amount=Money(amount),
                remaining=Money(remaining),
                issued=min(months_before(self.today, months_ago - 1).replace(day=ISSUE_DAY), self.today),
                due=self._due(months_ago),
            )
        )
        if month_end(first) < self.today:
            for service in self.services:
                if service.fee:
                    self.charge(month_end(first), service.fee.minor, f"Абонентская плата: {service.title}", service.id)
                    amount -= service.fee.minor
            if amount:
                self.charge(month_end(first), amount, "Междугородные и международные разговоры", None)

    def pay(self, day: date, amount: int, method: str) -> None:
        at, id = self._at(day, 9 + len(self.payments) % 11, len(self.payments) * 7 % 60), len(self.payments) + 1
        self.payments.append(Payment(self.account.id, f"{self.account.id}-p{id}", at, Money(amount), method))

    def charge(self, day: date, amount: int, title: str, service: str | None) -> None:
        at, id = self._at(day, 0, 10), len(self.charges) + 1
        self.charges.append(Charge(self.account.id, f"{self.account.id}-c{id}", at, Money(amount), title, service))

    def _at(self, day: date, hour: int, minute: int) -> datetime:
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.account.zone)).astimezone(UTC)


@dataclass
class Town:
    today: date
    houses: list[House] = field(default_factory=list)

    def prepaid(self, login: str, number: str, holder: str, *, zone: str = MOSCOW, open: bool = True) -> House:
        return self._house(login, Account(number, number, Scheme.ADVANCE, holder, zone=zone, open=open), 0)

    def postpaid(self, login: str, number: str, holder: str, *, own: int = 0) -> House:
        return self._house(login, Account(number, number, Scheme.CREDIT, holder), own)

    def _house(self, login: str, account: Account, own: int) -> House:
        house = House(self.today, login, account, own)
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
        )


def months_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months back."""
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)


# The households


def ordinary(town: Town) -> None:
    house = town.prepaid("demo", "652100412734", "Анна С.")
    house.service(Kind.INTERNET, "Домашний интернет", "Технологии доступа. 200 Мбит/с", 65000)
    house.service(Kind.PHONE, "Домашний телефон 3452 12-34-56", "Безлимитный местный", 38000)
    house.service(Kind.TV, "Интерактивное ТВ", "Базовый, 180 каналов", 32000)
    house.year(own=35000, methods=(CARD, SBP, BANK))


def postpaid(town: Town) -> None:
    house = town.postpaid("postpaid", "652100518820", "Виктор К.")
    house.service(Kind.INTERNET, "Домашний интернет", "Игровой. 500 Мбит/с", 89000)
    house.service(Kind.PHONE, "Домашний телефон 3452 40-11-07", "Комбинированный", 29000)
    house.billed(unpaid=0)
    house.bill_of_this_month(124350)


def debtor(town: Town) -> None:
    house = town.postpaid("debtor", "652100733915", "Олег Д.")
    house.service(Kind.INTERNET, "Домашний интернет", "Для дома. 100 Мбит/с", 60000, status=Status.BLOCKED_DEBT)
    house.service(Kind.PHONE, "Домашний телефон 3452 75-60-60", "Повременный", 24500)
    house.billed(unpaid=2, partly=20000)
    house.bill_of_this_month(84500)


def saver(town: Town) -> None:
    house = town.postpaid("saver", "652100960148", "Нина П.", own=73215)
    house.service(Kind.PHONE, "Домашний телефон 3452 22-08-91", "Безлимитный местный", 38000)
    house.billed(unpaid=0)


def minus(town: Town) -> None:
    house = town.prepaid("minus", "652101104377", "Марат Г.")
    house.service(Kind.INTERNET, "Домашний интернет", "Для дома. 100 Мбит/с", 60000)
    house.year(own=-31975, methods=(SBP,), unpaid=1)


def blocked(town: Town) -> None:
    house = town.prepaid("blocked", "652101297660", "Лариса Ф.")
    house.service(Kind.INTERNET, "Домашний интернет", "Для дома. 100 Мбит/с", 60000, status=Status.BLOCKED_DEBT)
    house.service(Kind.TV, "Интерактивное ТВ", "Стартовый", 25000, status=Status.BLOCKED_DEBT)
    house.year(own=-145000, methods=(CASH,), unpaid=2)


def zero(town: Town) -> None:
    house = town.prepaid("zero", "652101330028", "Тимур А.")
    house.service(Kind.INTERNET, "Домашний интернет", "Дачный. 50 Мбит/с", 45000)
    house.year(own=0, methods=(AUTO,))


def promise(town: Town) -> None:
    house = town.prepaid("promise", "652101487752", "Елена В.")
    house.service(Kind.INTERNET, "Домашний интернет", "Технологии доступа. 200 Мбит/с", 65000)
    house.year(own=-21000, methods=(CARD,), unpaid=1)
    house.promised, house.promised_until = 65000, town.today + timedelta(days=3)


def family(town: Town) -> None:
    flat = town.prepaid("family", "652101500061", "Сергей Н.")
    flat.service(Kind.INTERNET, "Домашний интернет", "Семейный. 300 Мбит/с", 75000)
    flat.service(Kind.TV, "Интерактивное ТВ", "Детский", 19900)
    flat.year(own=121040, methods=(AUTO,))
    parents = town.postpaid("family", "652101500079", "Галина Н.")
    parents.service(Kind.PHONE, "Домашний телефон 3452 31-77-45", "Социальный", 21000)
    parents.billed(unpaid=1)
    cottage = town.prepaid("family", "007431500087", "Сергей Н.", zone=YEKATERINBURG)
    cottage.service(Kind.INTERNET, "Интернет на даче", "Сезонный. 30 Мбит/с", 40000, status=Status.SUSPENDED)
    cottage.year(own=5000, methods=(CARD,))


def newcomer(town: Town) -> None:
    house = town.prepaid("newcomer", "652101688893", "Дарья Ю.")
    house.service(Kind.INTERNET, "Домашний интернет", "Для новых клиентов. 500 Мбит/с", 55000)


def regular(town: Town) -> None:
    house = town.prepaid("regular", "652101712345", "Пётр Р.")
    house.service(Kind.INTERNET, "Домашний интернет", "Для дома. 100 Мбит/с", 60000)
    for n, method in zip(range(500), cycle((SBP, CARD, AUTO, BANK)), strict=False):
        house.pay(town.today - timedelta(days=1 + n), 2000 + 37 * (n % 40), method)
    house.fees(own=44400)


def verbose(town: Town) -> None:
    house = town.prepaid("verbose", "000000652101999999", "Константин-Эммануил Ж.")
    house.service(
        Kind.INTERNET,
        "Широкополосный доступ в сеть Интернет по волоконно-оптической линии связи с предоставлением оборудования "
        "абонентского доступа во временное пользование «Всё включено. Максимальный»",
        "«Технологии развития. Максимальный. Акция для абонентов, подключённых с 1 января по 31 декабря» — до 1 Гбит/с",
        149900,
    )
    house.service(
        Kind.PHONE,
        "Местная, внутризоновая, междугородная и международная телефонная связь по номеру 3452 99-99-99",
        "Комбинированный план с повременным учётом местных соединений сверх включённого пакета минут",
        68000,
    )
    house.service(
        Kind.OTHER, "Подписка <b>«Антивирус & Родительский контроль»</b> *на три устройства*", "1 месяц", 19900
    )
    house.year(
        own=250000,
        methods=(
            "Перевод через отделение почтовой связи по извещению с дополнительным сообщением плательщика",
            "Банковская карта платёжной системы «Мир», привязанная в личном кабинете",
        ),
    )


def closed(town: Town) -> None:
    old = town.prepaid("closed", "652100000035", "Юлия М.", open=False)
    old.service(Kind.INTERNET, "Домашний интернет", "Архивный. 10 Мбит/с", 30000, status=Status.OFF)
    old.pay(town.today - timedelta(days=200), 30000, CASH)
    old.fees(own=0, last=town.today - timedelta(days=170))
    new = town.prepaid("closed", "652101840411", "Юлия М.")
    new.service(Kind.INTERNET, "Домашний интернет", "Для дома. 100 Мбит/с", 60000)
    new.year(own=66050, methods=(SBP,))


def kamchatka(town: Town) -> None:
    house = town.prepaid("kamchatka", "410000123406", "Игорь Б.", zone=KAMCHATKA)
    house.service(Kind.INTERNET, "Домашний интернет", "Океан. 50 Мбит/с", 99000)
    house.year(own=101500, methods=(CARD, AUTO))


def daily(town: Town) -> None:
    house = town.prepaid("daily", "652101921177", "Зоя Е.")
    house.service(Kind.INTERNET, "Домашний интернет", "Посуточный. 100 Мбит/с", 60000, daily=True)
    house.year(own=24000, methods=(SBP, CASH))


def holiday(town: Town) -> None:
    house = town.prepaid("holiday", "652102003300", "Фёдор Х.")
    house.service(Kind.INTERNET, "Домашний интернет", "Для дома. 100 Мбит/с", 60000, status=Status.SUSPENDED)
    house.service(Kind.TV, "Интерактивное ТВ", "Стартовый", 25000, status=Status.SUSPENDED)
    house.year(own=18700, methods=(CARD,))


# The town


async def load(ledger: Ledger, today: date) -> bool:
    """Take the demo book in; false when the ledger has it already, from whatever day."""
    return await ledger.load(demo(today))


def demo(today: date) -> Book:
    """The whole town as it stands on `today`, a day in Moscow. Everything that has happened did so before that day."""
    town = Town(today)
    for household in (
        ordinary,
        postpaid,
        debtor,
        saver,
        minus,
        blocked,
        zero,
        promise,
        family,
        newcomer,
        regular,
        verbose,
        closed,
        kamchatka,
        daily,
        holiday,
    ):
        household(town)
    return town.book()
