"""Demo customers: a town of made-up households, told relative to today. The password of each is its login.

    login       what it shows
    demo        an ordinary prepaid household: internet, home phone, TV; own money lasts to the end of the month;
                options, calls of all directions, accounts at two long-distance operators, films, bonus points
    postpaid    postpaid, the bill is issued and not yet due: no debt; last month dearer than the one before, for three
                reasons: a new option, calls abroad, a visit of the engineer
    debtor      postpaid, two bills overdue and one issued; each local minute costs
    saver       postpaid, all bills paid and own money left over; no international calls; reached by e-mail only
    minus       prepaid, below zero, services still on; reached by phone only
    blocked     prepaid, below zero, services blocked for debt
    paid        prepaid, below zero and blocked for debt; paid yesterday, and the payment is not credited yet
    waiting     prepaid, paid yesterday and credited, above zero; services still blocked for debt
    outage      prepaid, all is paid, and nothing works: a fault at the address since yesterday evening
    zero        prepaid, exactly nothing on the account, a fee ahead
    promise     prepaid, below zero, with a promised payment to be paid back
    family      three accounts under one login: prepaid, postpaid in debt, and one in another zone and region
    newcomer    prepaid, connected yesterday: not one payment
    regular     500 payments, small and often
    busy        more than 500 calls within a month, more pages than anybody reads
    verbose     the longest names of services, tariffs and methods that a screen must bear
    closed      a closed account beside an open one
    kamchatka   Asia/Kamchatka: the day begins nine hours before Moscow's; a fault in the whole region
    daily       a fee that is taken each day; work is planned at the address; in Moscow
    holiday     services suspended by the customer: nothing is taken; no phone and no e-mail on record

`demo(today)` is pure: the same day gives the same book. `load` takes it into a ledger that does not know it yet; what
the operator's side does later stays. Figures agree with their history: under ADVANCE credited payments less charges are
the balance, under CREDIT a month's charges are its bill; calls add up to the use by day, and what costs is charged.
How a history is made: `billing.demo_house`; how they surf, call and watch: `billing.demo_usage`.

The stored hashes are of reduced cost (`billing.passwords.DEMO_HASHER`): the passwords are printed above, and twenty at
full strength would hold up the start for seconds. No other customer gets such a hash.
"""

from datetime import date, time, timedelta
from functools import lru_cache
from itertools import cycle

from billing.base import Bonus, Carrier, Direction, Kind, Money, Notice, Period, Scheme, Status
from billing.demo_house import (
    AUTO,
    BANK,
    CARD,
    CASH,
    KAMCHATKA,
    KAMCHATKA_REGION,
    MOSCOW_REGION,
    SBP,
    SVERDLOVSK_REGION,
    YEKATERINBURG,
    Town,
    months_before,
)
from billing.demo_usage import Habit
from billing.ledger import Book, Ledger
from billing.position import month_end

INTERNET, TV = "Домашний интернет", "Интерактивное ТВ"
ANTIVIRUS, STATIC_IP, SPORT, PARENTS = (
    "Антивирус",
    "Постоянный IP-адрес",
    "Пакет «Спорт»",
    "Родительский контроль",
)
FAR, FARTHER = "Дальсвязь", "Межгород Плюс"  # long-distance operators
PROGRAM = "Рядом"  # the bonus programme
OUTSIDE = frozenset({Direction.INTERNATIONAL})


def carried(
    intercity: tuple[tuple[str, int], ...], abroad: tuple[tuple[str, int], ...] = ()
) -> dict[Direction, tuple[Carrier, ...]]:
    """Accounts at long-distance operators, in kopecks."""
    ways = {Direction.INTERCITY: intercity, Direction.INTERNATIONAL: abroad}
    return {way: tuple(Carrier(title, Money(own)) for title, own in rows) for way, rows in ways.items() if rows}


# The households


def ordinary(town: Town) -> None:
    house = town.house("demo", "652100412734", "Анна С.")
    internet = house.service(Kind.INTERNET, INTERNET, "Технологии доступа. 200 Мбит/с", 65000)
    phone = house.service(Kind.PHONE, "Домашний телефон 3452 12-34-56", "Безлимитный местный", 38000, paper=True)
    tv = house.service(Kind.TV, TV, "Базовый, 180 каналов", 32000)
    house.option(internet, ANTIVIRUS, 9900)
    house.option(internet, STATIC_IP, 15000, status=Status.OFF)
    house.option(tv, SPORT, 19900)
    house.option(tv, PARENTS, 0)
    house.combined(phone, carriers=carried(((FAR, 14620), (FARTHER, 0)), ((FAR, 5400), (FARTHER, 8315))))
    house.surf(internet, 9.5)
    house.talk(phone, Habit(a_month=42))
    house.watch(tv, films=3)
    house.bonus = Bonus(house.account.id, PROGRAM, 1240, 200, month_end(town.today))
    house.year(own=35000, methods=(CARD, SBP, BANK))


def postpaid(town: Town) -> None:
    house = town.house("postpaid", "652100518820", "Виктор К.", Scheme.CREDIT)
    last = months_before(town.today, 1)
    internet = house.service(Kind.INTERNET, INTERNET, "Игровой. 500 Мбит/с", 89000)
    phone = house.service(Kind.PHONE, "Домашний телефон 3452 40-11-07", "Комбинированный", 29000)
    house.option(internet, ANTIVIRUS, 9900)
    house.option(internet, STATIC_IP, 15000, since=last)
    house.once(internet, last + timedelta(days=16), 90000, "Выезд мастера")
    house.combined(phone, carriers=carried(((FAR, 2210),), ((FAR, 0), (FARTHER, -4730))))
    house.surf(internet, 21)
    house.talk(phone, Habit(a_month=40, abroad=Period(last + timedelta(days=5), last + timedelta(days=12))))
    house.bonus = Bonus(house.account.id, PROGRAM, 315)
    house.billed(issued=True)


def debtor(town: Town) -> None:
    house = town.house("debtor", "652100733915", "Олег Д.", Scheme.CREDIT)
    stopped = town.today - timedelta(days=8)
    internet = house.service(
        Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000, status=Status.BLOCKED_DEBT, last=stopped
    )
    phone = house.service(Kind.PHONE, "Домашний телефон 3452 75-60-60", "Повременный", 24500, paper=True)
    house.option(internet, ANTIVIRUS, 9900, status=Status.BLOCKED_DEBT)
    house.combined(phone, off=OUTSIDE, carriers=carried(((FARTHER, -18240),)))
    house.surf(internet, 5)
    house.talk(phone, Habit(a_month=24, minute={Direction.LOCAL: 60}, none=OUTSIDE))
    house.billed(unpaid=2, partly=20000, issued=True)


def saver(town: Town) -> None:
    house = town.house("saver", "652100960148", "Нина П.", Scheme.CREDIT, phone=False)
    house.own = 73215
    phone = house.service(Kind.PHONE, "Домашний телефон 3452 22-08-91", "Безлимитный местный", 38000)
    house.combined(phone, off=OUTSIDE, carriers=carried(((FAR, 0),)))
    house.talk(phone, Habit(a_month=30, none=OUTSIDE))
    house.bonus = Bonus(house.account.id, PROGRAM, 4080, 1500, town.today + timedelta(days=12))
    house.billed()


def minus(town: Town) -> None:
    house = town.house("minus", "652101104377", "Марат Г.", email=False)
    internet = house.service(Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000)
    house.surf(internet, 4)
    house.year(own=-31975, methods=(SBP,), unpaid=1)


def blocked(town: Town) -> None:
    house = town.house("blocked", "652101297660", "Лариса Ф.")
    stopped = town.today - timedelta(days=10)
    debt = Status.BLOCKED_DEBT
    internet = house.service(Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000, status=debt, last=stopped)
    tv = house.service(Kind.TV, TV, "Стартовый", 25000, status=debt, last=stopped, paper=True)
    house.option(tv, SPORT, 19900, status=debt)
    house.surf(internet, 6)
    house.watch(tv, films=1)
    house.year(own=-145000, methods=(CASH,), unpaid=2)


def paid(town: Town) -> None:
    house = town.house("paid", "652101297678", "Роман Ч.")
    stopped = town.today - timedelta(days=5)
    internet = house.service(
        Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000, status=Status.BLOCKED_DEBT, last=stopped
    )
    house.surf(internet, 7)
    house.pay(town.today - timedelta(days=1), 70000, BANK, credited=False)
    house.year(own=-60000, methods=(BANK, SBP), unpaid=1)


def waiting(town: Town) -> None:
    house = town.house("waiting", "652101297686", "Софья Ш.")
    stopped, debt = town.today - timedelta(days=4), Status.BLOCKED_DEBT
    internet = house.service(
        Kind.INTERNET, INTERNET, "Технологии доступа. 200 Мбит/с", 65000, status=debt, last=stopped
    )
    tv = house.service(Kind.TV, TV, "Стартовый", 25000, status=debt, last=stopped)
    house.surf(internet, 8)
    house.watch(tv, films=2)
    house.pay(town.today - timedelta(days=1), 150000, SBP)
    house.year(own=21500, methods=(SBP,), unpaid=2)


def outage(town: Town) -> None:
    house = town.house("outage", "652101297694", "Глеб И.")
    internet = house.service(Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000)
    tv = house.service(Kind.TV, TV, "Стартовый", 25000)
    house.surf(internet, 6)
    house.watch(tv, films=1)
    house.outage(
        "Повреждён кабель на улице, бригада работает",
        (Kind.INTERNET, Kind.TV),
        house.at(house.yesterday, time(19, 40)),
        house.at(town.today + timedelta(days=1), time(18)),
        planned=False,
    )
    house.year(own=94300, methods=(AUTO,))


def zero(town: Town) -> None:
    house = town.house("zero", "652101330028", "Тимур А.")
    internet = house.service(Kind.INTERNET, INTERNET, "Дачный. 50 Мбит/с", 45000)
    house.surf(internet, 2)
    house.year(own=0, methods=(AUTO,))


def promise(town: Town) -> None:
    house = town.house("promise", "652101487752", "Елена В.")
    internet = house.service(Kind.INTERNET, INTERNET, "Технологии доступа. 200 Мбит/с", 65000)
    house.surf(internet, 11)
    house.year(own=-21000, methods=(CARD,), unpaid=1)
    house.promised, house.promised_until = 65000, town.today + timedelta(days=3)


def family(town: Town) -> None:
    flat = town.house("family", "652101500061", "Сергей Н.")
    internet = flat.service(Kind.INTERNET, INTERNET, "Семейный. 300 Мбит/с", 75000)
    tv = flat.service(Kind.TV, TV, "Детский", 19900)
    flat.option(internet, PARENTS, 4900)
    flat.surf(internet, 14)
    flat.watch(tv, films=5)
    flat.bonus = Bonus(flat.account.id, PROGRAM, 690)
    flat.year(own=121040, methods=(AUTO,))

    parents = town.house("family", "652101500079", "Галина Н.", Scheme.CREDIT)
    phone = parents.service(Kind.PHONE, "Домашний телефон 3452 31-77-45", "Социальный", 21000, paper=True)
    parents.combined(phone, off=OUTSIDE, carriers=carried(((FARTHER, 3050),)))
    parents.talk(phone, Habit(a_month=26, none=OUTSIDE))
    parents.billed(unpaid=1)

    cottage = town.house("family", "007431500087", "Сергей Н.", zone=YEKATERINBURG, region=SVERDLOVSK_REGION)
    away = town.today - timedelta(days=25)
    seasonal = cottage.service(
        Kind.INTERNET, "Интернет на даче", "Сезонный. 30 Мбит/с", 40000, status=Status.SUSPENDED, last=away
    )
    cottage.surf(seasonal, 3)
    cottage.year(own=5000, methods=(CARD,))


def newcomer(town: Town) -> None:
    house = town.house("newcomer", "652101688893", "Дарья Ю.", since=town.today - timedelta(days=1))
    internet = house.service(Kind.INTERNET, INTERNET, "Для новых клиентов. 500 Мбит/с", 55000)
    house.surf(internet, 3)


def regular(town: Town) -> None:
    house = town.house("regular", "652101712345", "Пётр Р.", since=months_before(town.today, 17))
    house.months = 17
    internet = house.service(Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000)
    house.option(internet, ANTIVIRUS, 9900)
    house.surf(internet, 7)
    for n, method in zip(range(500), cycle((SBP, CARD, AUTO, BANK)), strict=False):
        house.pay(town.today - timedelta(days=1 + n), 2000 + 37 * (n % 40), method)
    house.fees(own=44400)


def busy(town: Town) -> None:
    house = town.house("busy", "652101790016", "Вера Л.")
    phone = house.service(
        Kind.PHONE,
        "Домашний телефон 3452 60-60-16, многоканальный, с переадресацией и голосовой почтой",
        "Безлимитный местный «Всегда на связи»",
        52000,
    )
    house.option(phone, "Переадресация", 4500)
    house.option(phone, "Голосовая почта", 3000)
    house.combined(phone, carriers=carried(((FAR, 31200), (FARTHER, 15990)), ((FARTHER, 20700),)))
    rush = Period(months_before(town.today, 1), town.today - timedelta(days=1))
    house.talk(phone, Habit(a_month=45, rush=rush, rush_a_day=24))
    house.year(own=98000, methods=(AUTO, CARD))


def verbose(town: Town) -> None:
    house = town.house("verbose", "000000652101999999", "Константин-Эммануил Ж.")
    internet = house.service(
        Kind.INTERNET,
        "Широкополосный доступ в сеть Интернет по волоконно-оптической линии связи с предоставлением оборудования "
        "абонентского доступа во временное пользование «Всё включено. Максимальный»",
        "«Технологии развития. Максимальный. Акция для абонентов, подключённых с 1 января по 31 декабря» — до 1 Гбит/с",
        149900,
    )
    phone = house.service(
        Kind.PHONE,
        "Местная, внутризоновая, междугородная и международная телефонная связь по номеру 3452 99-99-99",
        "Комбинированный план с повременным учётом местных соединений сверх включённого пакета минут",
        68000,
    )
    house.service(
        Kind.OTHER, "Подписка <b>«Антивирус & Родительский контроль»</b> *на три устройства*", "1 месяц", 19900
    )
    house.option(
        internet,
        "Предоставление во временное пользование второго беспроводного маршрутизатора с *бесшовным* <роумингом>",
        19900,
    )
    house.combined(
        phone,
        carriers=carried(
            (("Закрытое акционерное общество «Межрегиональная дальняя связь & партнёры»", 123456), (FARTHER, -99)),
        ),
    )
    house.surf(internet, 30)
    house.talk(phone, Habit(a_month=30))
    house.year(
        own=250000,
        methods=(
            "Перевод через отделение почтовой связи по извещению с дополнительным сообщением плательщика",
            "Банковская карта платёжной системы «Мир», привязанная в личном кабинете",
        ),
    )


def closed(town: Town) -> None:
    old = town.house("closed", "652100000035", "Юлия М.", open=False)
    ended = town.today - timedelta(days=170)
    internet = old.service(Kind.INTERNET, INTERNET, "Архивный. 10 Мбит/с", 30000, status=Status.OFF, last=ended)
    old.surf(internet, 1.5)
    old.pay(town.today - timedelta(days=200), 30000, CASH)
    old.fees(own=0, last=ended)
    new = town.house("closed", "652101840411", "Юлия М.")
    internet = new.service(Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000)
    new.surf(internet, 5)
    new.year(own=66050, methods=(SBP,))


def kamchatka(town: Town) -> None:
    house = town.house("kamchatka", "410000123406", "Игорь Б.", zone=KAMCHATKA, region=KAMCHATKA_REGION)
    internet = house.service(Kind.INTERNET, INTERNET, "Океан. 50 Мбит/с", 99000)
    house.option(internet, STATIC_IP, 15000)
    house.surf(internet, 4)
    house.year(own=101500, methods=(CARD, AUTO))


def daily(town: Town) -> None:
    house = town.house("daily", "652101921177", "Зоя Е.", region=MOSCOW_REGION)
    internet = house.service(Kind.INTERNET, INTERNET, "Посуточный. 100 Мбит/с", 60000, daily=True)
    house.surf(internet, 6)
    house.outage(
        "Замена оборудования на узле связи",
        (Kind.INTERNET,),
        house.at(town.today + timedelta(days=2), time(1)),
        house.at(town.today + timedelta(days=2), time(5)),
        planned=True,
    )
    house.year(own=24000, methods=(SBP, CASH))


def holiday(town: Town) -> None:
    house = town.house("holiday", "652102003300", "Фёдор Х.", email=False, phone=False)
    left, pause = town.today - timedelta(days=12), Status.SUSPENDED
    internet = house.service(Kind.INTERNET, INTERNET, "Для дома. 100 Мбит/с", 60000, status=pause, last=left)
    tv = house.service(Kind.TV, TV, "Стартовый", 25000, status=pause, last=left)
    house.option(internet, ANTIVIRUS, 9900, status=pause)
    house.surf(internet, 6)
    house.watch(tv, films=2)
    house.year(own=18700, methods=(CARD,))


def news(town: Town) -> None:
    """What everybody may know; nothing of it is about a household."""
    today, day, clock = town.today, timedelta(days=1), town.houses[0]
    town.notices += [
        Notice(
            "n-films",
            "",
            "Фильмы недели за полцены",
            "До конца месяца фильмы напрокат по выходным стоят вдвое меньше. Цена видна до покупки.",
            clock.at(today - 3 * day, time(10)),
            clock.at(month_end(today) + day, time()),
        ),
        Notice(
            "n-office",
            "Тюменская область",
            "Новый офис обслуживания",
            "В Тюмени открыт офис на Речной улице: каждый день с 9 до 20 часов.",
            clock.at(today - 8 * day, time(9)),
        ),
        Notice(
            "n-sea",
            KAMCHATKA_REGION,
            "Медленный интернет по всему краю",
            "Повреждён подводный кабель, работает запасной канал. Ремонтное судно в пути.",
            clock.at(today - day, time(4, 15)),
            clock.at(today + 3 * day, time(21)),
            outage=True,
        ),
    ]


# The town


async def load(ledger: Ledger, today: date) -> bool:
    """Take the demo book in; false when the ledger has it already, from whatever day."""
    return await ledger.load(demo(today))


@lru_cache(maxsize=1)  # a year of a town takes a while, and is asked for again
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
        paid,
        waiting,
        outage,
        zero,
        promise,
        family,
        newcomer,
        regular,
        busy,
        verbose,
        closed,
        kamchatka,
        daily,
        holiday,
    ):
        household(town)
    news(town)
    return town.book()
