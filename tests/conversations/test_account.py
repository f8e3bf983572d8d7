"""The personal account as a checklist: every row of docs/account.md as a dialogue, on every network.

    STEPS      which rows a step of the long dialogue asks for; ROWS turns it round, with the tests that need more
    figures    computed from the demo's book (House) and never copied from an answer

Below it: a whole payment inside Telegram with all that comes between, and what may be said where others read.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from adapters.base import Address, Incoming, Received
from billing.base import Account, Call, Charge, Delivery, Details, Money, Payment, Period, Service, Status, Usage, Use
from billing.demo import demo
from billing.ledger import Ledger
from billing.ledger_tables import accounts as accounts_table
from billing.position import position
from bot.demo import CONTACTS, PAYEE
from bot.settings import Mode
from handlers.codes import ALPHABET
from handlers.routes import ROUTES, Kind
from sandbox.base import Shown
from sandbox.registry import NETWORKS
from tests.conversations.stage import TODAY, Customer, Stage, stage
from tests.conversations.test_promised import redelivered

every_network = pytest.mark.parametrize("network", list(NETWORKS))
DEMO, DEBTOR = "652100412734", "652100733915"
MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
PARTS = {"local": "Местная", "zone": "Внутризоновая", "intercity": "Междугородная", "international": "Международная"}
NOVEMBER, OCTOBER = Period(date(2026, 11, 1), date(2026, 11, 21)), Period(date(2026, 10, 1), date(2026, 10, 31))


# ── The figures, from the book ────────────────────────────────────────────────────────────────────────────────────


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


def rubles(sum_: Money) -> str:
    whole, kopecks = divmod(abs(sum_.minor), 100)
    return f"{'−' if sum_.minor < 0 else ''}{whole:,},{kopecks:02} ₽".replace(",", " ", f"{whole:,}".count(","))


def day(one: date) -> str:
    return f"{one.day} {MONTHS[one.month - 1]}"


def talked(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} мин {rest} с" if rest else f"{minutes} мин"


def total(sums: Iterable[Money]) -> Money:
    return sum(sums, Money(0))


class House:
    """What the book says of one account on the day of the stage."""

    def __init__(self, account: str) -> None:
        book = demo(TODAY.date())
        self.account: Account = next(one.account for one in book.accounts if one.account.id == account)
        self.zone, self.today = ZoneInfo(self.account.zone), TODAY.date()
        balance = next(one.balance for one in book.accounts if one.account.id == account)
        self.services: Sequence[Service] = [one for one in book.services if one.account == account]
        self.stand = position(
            self.account,
            balance,
            tuple(one for one in book.bills if one.account == account and one.remaining),
            tuple(self.services),
            self.today,
        )
        self._payments: Sequence[Payment] = [one for one in book.payments if one.account == account]
        self._charges: Sequence[Charge] = [one for one in book.charges if one.account == account]
        self._usages: Sequence[Usage] = [one for one in book.usages if one.account == account]
        self._calls: Sequence[Call] = [one for one in book.calls if one.account == account]
        self.deliveries: Sequence[Delivery] = [one for one in book.deliveries if one.account == account]
        self.details: Mapping[str, Details] = {one.service: one for one in book.details if one.account == account}
        self.bonus = next((one for one in book.bonuses if one.account == account), None)
        self.email = next(one.address for one in book.reaches if one.account == account and one.way == "email")

    def on(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def payments(self, period: Period) -> list[Payment]:
        """Newest first."""
        found = [one for one in self._payments if self.on(one.at) in period]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def charges(self, period: Period, service: str | None = None) -> list[Charge]:
        return [
            one for one in self._charges if self.on(one.at) in period and (service is None or one.service == service)
        ]

    def usage(self, service: str, period: Period, *uses: Use) -> list[Usage]:
        return [one for one in self._usages if one.service == service and one.day in period and one.use in uses]

    def calls(self, period: Period) -> list[Call]:
        """Outgoing and answered."""
        return [one for one in self._calls if not one.incoming and one.seconds and self.on(one.at) in period]

    def opening(self, period: Period) -> Money:
        """Under ADVANCE, of a period that lasts until now: what there is, without what came and what was taken."""
        came = total(one.amount for one in self.payments(period) if one.credited)
        return self.stand.own - came + total(one.amount for one in self.charges(period))


def masked(email: str) -> str:
    return f"{email[0]}***@{email.partition('@')[2]}"


# ── One long dialogue ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Scene:
    """A customer, who takes his time, and what the book says of him."""

    s: Stage
    anna: Customer
    house: House
    typed: list[str] = field(default_factory=list)

    async def says(self, text: str) -> str:
        self.s.rest()
        self.typed.append(text)
        return plain(await self.anna.says(text))

    async def presses(self, label: str) -> str:
        self.s.rest()
        return plain(await self.anna.presses(label))

    async def menu(self) -> None:
        """Where the network has no lasting menu, it is asked for."""
        if self.anna.sandbox.menu(self.anna.person) is None:
            await self.says("меню")

    async def both(self, text: str, *labels: str) -> Iterator[str]:
        """The answer to the words, and to the same question by buttons alone, from the menu."""
        typed = await self.says(text)
        await self.menu()
        for label in labels:
            pressed = await self.presses(label)
        return iter((typed, pressed))

    async def page(self) -> str:
        await self.says("мои услуги")
        return await self.presses(self.phone.title[:24])

    @property
    def labels(self) -> list[str]:
        return [key.label for key in self.anna.keys]

    @property
    def pictures(self) -> int:
        return sum(bool(shown.picture) for shown in self.anna.screen)

    @property
    def internet(self) -> Service:
        return self.house.services[0]

    @property
    def phone(self) -> Service:
        return self.house.services[1]


async def phones_for_everybody(it: Scene) -> None:
    """Before anything is linked, and without a billing."""
    said = await it.says("оператор")
    for contact in CONTACTS:
        assert (contact.phone in said) == (not contact.region), contact.title
    await it.says("сменить регион")
    assert "3452 75-60-60" not in await it.says("Атлантида")
    await it.says("сменить регион")
    said = await it.presses("Свердловская область")
    assert [one.phone in said for one in CONTACTS] == [one.region in {"", "Свердловская область"} for one in CONTACTS]
    await it.says("сменить регион")
    assert "3452 75-60-60" in await it.says("тюменская")


async def registered(it: Scene) -> None:
    """Accounts are made by the operator: who wants to register is led to his page, and links what there is."""
    assert "Согласие" in await it.says("регистрация")
    assert "Согласие" in await it.says("привязать счёт")
    assert "₽" not in await it.says("баланс")
    await it.says("привязать счёт")
    said = await it.presses("Согласен")
    assert "логином и паролем личного кабинета" in said
    url = next(key.url for key in it.anna.keys if key.url)
    assert url.startswith(f"{it.s.app.settings.public_url}/link/")
    code = await it.s.page(url, "demo", "demo")
    # A figure for a figure: what has letters alone is a word, and no code.
    other = (one for one in ALPHABET if one != code[0] and one.isdigit() == code[0].isdigit())
    wrong = next(other) + code[1:]
    assert "Осталось 4 попытки" in await it.says(wrong)
    assert "…2734 · Анна С." in await it.says(code)


async def abilities(it: Scene) -> None:
    """What the nine abilities have become: each has a button, and what stays with the operator says so."""
    offered: set[str] = set()
    await it.says("меню")
    offered.update(it.labels)
    await it.says("ещё")
    offered.update(it.labels)
    await it.presses("Дальше")
    offered.update(it.labels)
    assert offered > {
        "Баланс", "Сколько платить", "Пополнить", "Статистика", "Мои услуги", "Детализация звонков",
        "Тариф и абонплата", "Платные опции", "Счёт на почту", "Бонусы",
    }  # fmt: skip
    bonus = it.house.bonus
    assert bonus is not None
    assert bonus.burns is not None
    for said in (await it.presses("Бонусы"), await it.says("бонусы")):
        assert said.startswith(f"На бонусном счёте {bonus.points:,} баллов".replace(",", " "))
        assert f"{bonus.burning} баллов сгорят {day(bonus.burns)}" in said
    fees = total(one.fee for one in it.house.services if one.fee)
    said = await it.says("сменить тариф")
    assert "Сам я тариф не меняю" in said
    assert f"{rubles(fees)} в месяц за все услуги" in said
    said = await it.says("подключить опцию")
    assert "Сам я ничего не подключаю и не отключаю" in said
    paid = [o.fee for d in it.house.details.values() for o in d.options if o.status is Status.ACTIVE and o.fee]
    assert f"{len(paid)} платные опции, {rubles(total(paid))} в месяц" in said
    assert "не отвечаю" in await it.says("арендовать сервер")
    assert "Оператор" in it.labels


async def services(it: Scene) -> None:
    before = it.pictures
    for said in await it.both("мои услуги", "Мои услуги"):
        assert said.startswith(f"{len(it.house.services)} услуги, все работают\n")
        for one in it.house.services:
            assert one.fee is not None
            assert one.next_fee is not None
            about = f"Тариф «{one.tariff}», {rubles(one.fee)} в месяц, спишется {day(one.next_fee)}"
            assert f"{one.title}: работает\n{about}\n" in said
        assert f"Баланс всех услуг: {rubles(it.house.stand.own)}\nДолга нет\n" in said
    assert it.pictures > before, "a list with pictures"


async def debt_in_words(it: Scene) -> None:
    """Somebody else, who has bills past due."""
    oleg = Scene(it.s, it.s.customer(it.anna.network), House(DEBTOR))
    stand = oleg.house.stand
    await oleg.anna.links("debtor")
    said = await oleg.says("мои услуги")
    assert f"Баланс всех услуг: {rubles(stand.own)}\nДолг {rubles(stand.overdue)}\n" in said
    assert "приостановлено за долг" in said
    for said in (await oleg.presses("Сколько платить"), await oleg.says("сколько платить")):
        assert said.startswith(f"К оплате {rubles(stand.to_pay)} сегодня")
        for bill in stand.overdue_bills:
            assert f"Счёт № {bill.number}, срок был {day(bill.due)}: {rubles(bill.remaining)}" in said
        assert stand.to_pay == total(line.amount for line in stand.lines)


async def to_pay_and_top_up(it: Scene) -> None:
    stand = it.house.stand
    assert stand.pay_by is not None
    first = f"К оплате {rubles(stand.to_pay)} до вторника, {day(stand.pay_by)}"
    whole = f"{stand.to_pay.minor // 100:,} ₽".replace(",", " ")
    await it.says("мои услуги")
    assert (await it.presses("Сколько платить")).startswith(first)
    await it.says("мои услуги")
    assert (await it.presses("Пополнить")).startswith(first)
    assert f"на {rubles(stand.to_pay)}" in (await it.presses(whole)).splitlines()[0]
    assert (await it.says("пополнить")).startswith(first)
    assert "на 321,50 ₽" in (await it.says("321,50")).splitlines()[0]


async def what_and_when_paid(it: Scene) -> None:
    said = await it.says("сколько платить")
    for line in it.house.stand.lines:
        assert rubles(line.amount) in said
    march, november = Period(date(2026, 3, 1), date(2026, 3, 31)), it.house.payments(NOVEMBER)
    listed = await it.presses("История платежей")
    assert listed.startswith(f"{len(november)} платёж на {rubles(total(p.amount for p in november))} за 1–21 ноября")
    shown = it.house.payments(march)
    for said in (await it.says("платежи за март"), await it.says("3.2026")):
        assert f" на {rubles(total(p.amount for p in shown))} за 1–31 марта" in said
        for one in shown:
            assert f"{day(it.house.on(one.at))}: {rubles(one.amount)}, {one.method}" in said
    october = it.house.payments(OCTOBER)
    assert f" на {rubles(total(p.amount for p in october))} за 1–31 октября" in await it.presses("Прошлый месяц")
    for words, answer in (
        ("платежи за декабрь 2031", "ещё не наступил"),
        ("платежи с 31.10.2026 по 01.10.2026", "Конец периода раньше начала"),
        ("платежи за 1995 год", "договора ещё не было"),
        ("платежи за 31 апреля", "Такого дня нет"),
    ):
        said = await it.says(words)
        assert answer in said, words
        assert rubles(november[0].amount) in said, "and the present month"


async def statistics(it: Scene) -> None:
    before = it.pictures
    week = Period(date(2026, 11, 15), date(2026, 11, 21))
    used = sum(one.amount for one in it.house.usage(it.internet.id, week, Use.RECEIVED, Use.SENT))
    said = await it.says("статистика интернета за неделю")
    assert abs(gigabytes(said, "15–21 ноября") - used / 2**30) <= 0.05
    assert it.pictures == before + 1
    used = sum(one.amount for one in it.house.usage(it.internet.id, OCTOBER, Use.RECEIVED, Use.SENT))
    assert abs(gigabytes(await it.presses("Прошлый месяц"), "1–31 октября") - used / 2**30) <= 0.05
    await it.says("мои услуги")
    await it.presses("Интерактивное ТВ")
    films = it.house.usage(it.house.services[2].id, NOVEMBER, Use.PURCHASE)
    said = await it.presses("Статистика")
    assert f"сверх тарифа: {rubles(total(one.cost for one in films if one.cost))}" in said
    assert said.count("\n") > len(films) > 0
    for one in films:
        assert f"{day(one.day)}: {one.title}" in said


def gigabytes(said: str, period: str) -> float:
    found = re.match(rf"Домашний интернет: ([\d ,]+) ГБ за {period}\n", said)
    assert found, said
    return float(found[1].replace(" ", "").replace(",", "."))


async def call_detail(it: Scene) -> None:
    await it.page()
    asked = await it.presses("Детализация звонков")
    assert "код из шести цифр" in asked
    assert "₽" not in asked
    await it.presses("Почта: ")
    code = re.search(r"^\d{6}$", it.s.mailbox.last(it.house.email).text, re.MULTILINE)
    assert code
    assert_calls(it, NOVEMBER, "1–21 ноября", await it.says(code[0]))
    assert_calls(it, OCTOBER, "1–31 октября", await it.says("детализация звонков за октябрь"))


def assert_calls(it: Scene, period: Period, spoken: str, said: str) -> None:
    made = it.house.calls(period)
    length, cost = talked(sum(one.seconds for one in made)), rubles(total(one.cost for one in made))
    assert re.match(rf"{len(made)} исходящ\w+ звон\w+, {length}, {cost} за {spoken}\n", said), said
    assert not any(one.number.lstrip("+") in re.sub("[^0-9]", "", said) for one in made), "masked"


async def page_of_a_service(it: Scene) -> None:
    house, phone = it.house, it.phone
    paid, taken = house.payments(NOVEMBER), house.charges(NOVEMBER, phone.id)
    last = paid[0]
    assert phone.fee is not None
    await it.says("мои услуги")
    for said in (await it.presses("Домашний телефон"), await it.page(), await it.says("про телефон 3452 12-34-56")):
        lines = said.splitlines()
        assert lines[0] == f"{phone.title}: работает"
        assert f"{rubles(phone.fee)} в месяц, спишется 1 декабря" in lines
        assert f"Последний платёж {day(house.on(last.at))}: {rubles(last.amount)}, {last.method}" in lines
        assert f"Баланс на начало 1 ноября: {rubles(house.opening(NOVEMBER))}" in lines
        assert f"{len(paid)} платёж на {rubles(total(p.amount for p in paid))} за 1–21 ноября" in lines
        assert f"За эту услугу начислено {rubles(total(c.amount for c in taken))} за 1–21 ноября" in lines
    assert "Такой услуги на этом счёте нет" in await it.says("мобильная связь")


async def from_the_page(it: Scene) -> None:
    house, phone = it.house, it.phone
    paid, taken = house.payments(NOVEMBER), house.charges(NOVEMBER, phone.id)
    spoken = house.usage(phone.id, NOVEMBER, Use.CALLS)
    await it.page()
    said = await it.presses("Статистика")
    length, count = talked(sum(one.amount for one in spoken)), sum(one.count for one in spoken)
    assert re.match(rf"{phone.title}: {length}, {count} звон\w+ за 1–21 ноября\n", said)
    await it.page()
    assert_calls(it, NOVEMBER, "1–21 ноября", await it.presses("Детализация звонков"))
    await it.page()
    said = await it.presses("История платежей")
    assert f" на {rubles(total(p.amount for p in paid))} за 1–21 ноября" in said
    await it.page()
    said = await it.presses("История начислений")
    head = rf"{len(taken)} начислен\w+ на {rubles(total(c.amount for c in taken))} за 1–21 ноября\n"
    assert re.match(head, said)
    assert f"Только по услуге «{phone.title}»" in said
    october = house.charges(OCTOBER, phone.id)
    said = await it.says("начисления за телефон за октябрь")
    assert f"на {rubles(total(c.amount for c in october))} за 1–31 октября" in said
    assert "ещё не наступил" in await it.says("начисления за декабрь 2031")


async def components(it: Scene) -> None:
    said = await it.page()
    parts = it.house.details[it.phone.id].components
    assert len(parts) == 4
    for part in parts:
        (line,) = (line for line in said.splitlines() if line.startswith(f"{PARTS[part.direction]} связь"))
        assert line.endswith(": работает")
    carriers = [each for part in parts for each in part.carriers]
    shown = [line for line in said.splitlines() if line.startswith("•")]
    assert shown == [f"• оператор «{one.title}»: баланс {rubles(one.own)}" for one in carriers]


async def a_debt_at_a_long_distance_operator(it: Scene) -> None:
    oleg = Scene(it.s, it.s.customer(it.anna.network), House(DEBTOR))
    await oleg.anna.links("debtor")
    said = await oleg.says("домашний телефон")
    (part,) = (p for d in oleg.house.details.values() for p in d.components if p.carriers)
    (carrier,) = part.carriers
    assert carrier.own.minor < 0
    assert f"• оператор «{carrier.title}»: долг {rubles(-carrier.own)}" in said
    assert "Международная связь: не подключено" in said


async def documents(it: Scene) -> None:
    titles = {one.id: one.title for one in it.house.services}
    for one in it.house.deliveries[1:]:
        await it.says("мои услуги")
        said = await it.presses(titles[one.service][:24])
        last = f"на почту {masked(one.email)}" if one.email else "не по электронной почте"
        assert f"Доставка документов: {last}\n" in said
    said = await it.presses("Счёт на почту")
    for one in it.house.deliveries:
        where = f"на почту {masked(one.email)}" if one.email else "не по электронной почте"
        assert f"• {titles[one.service]}: {where}" in said
    assert f"отправлен на {masked(it.house.email)}" in await it.says("квитанция на почту")
    assert len(it.s.mailbox.last(it.house.email).files) == 1
    assert it.house.email not in plain(" ".join(shown.text for shown in it.anna.screen))


async def balance(it: Scene) -> None:
    """USSD and the voice informer: one word, or one press, also in the middle of the night."""
    stand = it.house.stand
    assert stand.lasts_until is not None
    first = f"Баланс {rubles(stand.own)}, хватит до {day(stand.lasts_until)}\n"
    for said in await it.both("баланс", "Баланс"):
        assert said.startswith(first)
    assert (await it.says("/balance")).startswith(first)
    it.s.clock.advance(hours=15)
    assert it.s.clock.now().astimezone(it.house.zone).hour == 3
    assert (await it.says("баланс")).startswith(first)


async def ussd(it: Scene) -> None:
    """Top up, own number, received payments; cards are not activated by third parties."""
    stand, paid = it.house.stand, it.house.payments(NOVEMBER)
    for said in await it.both("пополнить", "Пополнить"):
        assert said.startswith(f"К оплате {rubles(stand.to_pay)}")
    for said in await it.both("мои счета", "Ещё", "Мои счета"):
        assert f"…{it.house.account.number[-4:]} · {it.house.account.holder}" in said
        assert it.house.account.number not in said
    said = await it.says("дошёл ли платёж")
    assert f"{day(it.house.on(paid[0].at))}: {rubles(paid[0].amount)}" in said
    assert "не зачислен" not in said
    assert "не отвечаю" in await it.says("активировать карту")


async def phones_of_the_region(it: Scene) -> None:
    """Guessed from the account, once the choice made before is forgotten; changed by a tap."""
    await it.says("сменить регион")
    await it.presses("Москва")
    here = it.house.account.region
    await it.says("сменить регион")
    await it.presses(here)
    for said in await it.both("оператор", "Оператор"):
        assert f"Ваш регион: {here}" in said
        assert [one.phone in said for one in CONTACTS] == [one.region in {"", here} for one in CONTACTS]
        assert any(one.title.startswith("Автоинформатор") and one.phone in said for one in CONTACTS)


async def by_the_menu_alone(it: Scene) -> None:
    """What the mobile application had: by its five buttons."""
    stand, paid = it.house.stand, it.house.payments(NOVEMBER)
    for label, figure in (
        ("Мои услуги", f"Баланс всех услуг: {rubles(stand.own)}"),
        ("Пополнить", f"К оплате {rubles(stand.to_pay)}"),
        ("Баланс", f"Баланс {rubles(stand.own)}"),
        ("История платежей", f" на {rubles(total(p.amount for p in paid))} за "),
        ("Оператор", next(one.phone for one in CONTACTS if not one.region)),
    ):
        await it.menu()
        assert figure in await it.presses(label), label


Step = Callable[[Scene], Awaitable[None]]
STEPS: Final[tuple[tuple[str, Step], ...]] = (
    ("S17 S19", phones_for_everybody),
    ("S1 S21 S23", registered),
    ("S2", abilities),
    ("S3 S4 S24", services),
    ("S4 S5 S6", debt_in_words),
    ("S5", to_pay_and_top_up),
    ("S6", what_and_when_paid),
    ("S7", statistics),
    ("S8", call_detail),
    ("S9", page_of_a_service),
    ("S10", from_the_page),
    ("S11 S12", components),
    ("S12", a_debt_at_a_long_distance_operator),
    ("S13", documents),
    ("S15", ussd),
    ("S16 S17 S19", phones_of_the_region),
    ("S25", by_the_menu_alone),
    ("S14 S16 S18 S24", balance),
)


@every_network
async def test_the_whole_checklist(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network], **PAYEE) as s:
        it = Scene(s, s.customer(network), House(DEMO))
        for _, step in STEPS:
            await step(it)
        assert it.anna.sandbox.settled(it.anna.person), "every pressed button stops turning"
        assert asked() <= {*it.typed}, "every phrase that the checklist names was typed"


def asked() -> set[str]:
    """What docs/account.md says that one may say; its «buttons» are pressed above."""
    text = (Path(__file__).parents[2] / "docs" / "account.md").read_text(encoding="utf-8")
    cells = [line.split("|")[3] for line in text.splitlines() if re.match(r"\| S\d+ \|", line)]
    return {phrase for cell in cells if "button" not in cell for phrase in re.findall("«([^»]+)»", cell)}


# ── Linking, network by network ───────────────────────────────────────────────────────────────────────────────────

API_KEY = "0123456789abcdef0123456789abcdef"


async def test_each_network_is_linked_on_its_own(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        people = {name: s.customer(name) for name in NETWORKS}
        linked: list[Customer] = []
        for anna in people.values():
            for one in people.values():
                assert ("350,00" in plain(await one.says("баланс"))) == (one in linked)
                s.rest()
            await anna.links("demo")
            await s.quiet()
            linked.append(anna)
        for anna in people.values():
            assert "350,00" in plain(await anna.says("баланс"))


async def test_linked_from_the_operators_own_site(tmp_path: Path) -> None:
    links = {"OK_LINK_URL": "https://ok.example/chat?payload={token}"}
    async with stage(tmp_path, api_key=API_KEY, environ=links) as s:
        subject = await s.ledger.authenticate("demo", "demo")
        assert subject is not None
        async with aiohttp.ClientSession() as site:
            answer = await site.post(
                f"{s.app.settings.public_url}/api/links",
                data=json.dumps({"subject": subject.id, "accounts": [DEMO]}),
                headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"},
            )
            offered: dict[str, str] = (await answer.json())["links"]
        assert offered.keys() == NETWORKS.keys()
        for name, url in offered.items():
            anna = s.customer(name)
            token = url.rpartition("=")[2]
            await anna.starts(token)
            if "Согласен" in [key.label for key in anna.keys]:
                await anna.presses("Согласен")
            assert f"…{DEMO[-4:]} · Анна С." in anna.last.text
            assert "350,00" not in plain(await anna.says("баланс")), "nothing before a yes"
            await anna.starts(token)
            assert f"…{DEMO[-4:]}" in await anna.presses("Да, привязать")
            assert "350,00" in plain(await anna.says("баланс"))
            thief = s.customer(name)
            await thief.starts(token)
            if "Согласен" in [key.label for key in thief.keys]:
                await thief.presses("Согласен")
            assert DEMO[-4:] not in " ".join(m.text for m in thief.screen), "a link works once"


ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    f"S{n}": tuple(step.__name__ for rows, step in STEPS if f"S{n}" in rows.split())
    + tuple(
        test.__name__
        for row, test in (
            ("S20", test_linked_from_the_operators_own_site),
            ("S22", test_each_network_is_linked_on_its_own),
        )
        if row == f"S{n}"
    )
    for n in range(1, 26)
}


# ── A payment inside Telegram ─────────────────────────────────────────────────────────────────────────────────────


class Absent(Ledger):
    """A ledger that may be away when it is asked: every one at once, for the program makes its own."""

    away = False
    deaf = False  # it takes the money, and its answer is lost on the way

    async def account(self, account: str) -> Account:
        if Absent.away:
            raise ConnectionError("the billing is away")
        return await super().account(account)

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        if Absent.away:
            raise ConnectionError("the billing is away")
        await super().credit(account, amount, method, at, key)
        if Absent.deaf:
            raise TimeoutError("the answer is lost")


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("billing.ledger.Ledger", Absent)
    monkeypatch.setattr(Absent, "away", False)
    monkeypatch.setattr(Absent, "deaf", False)
    with capture_logs():
        yield


async def invoiced(anna: Customer, sum_: str = "500") -> None:
    await anna.says(f"пополнить на {sum_}")
    await anna.presses("Оплатить здесь")


async def pays(anna: Customer, taps: int = 1) -> None:
    """Press the key that Telegram draws under the newest invoice."""
    shown = next(
        m for m in reversed(anna.screen) if any(k.label.startswith("Заплатить") for row in m.keys for k in row)
    )
    label = shown.keys[0][0].label
    arrived, anna.stage.people = anna.stage.arrived, anna.stage.people + 1
    for _ in range(taps):
        await anna.sandbox.press(anna.person, shown.id, label)
    await anna.stage.answered(arrived)


async def seen(anna: Customer, words: str, times: int = 1) -> None:
    """Until the words stand on the screen: the yes goes out first, and only then the network takes the money."""
    version = anna.sandbox.version
    while count(anna, words) < times:
        version = await anna.sandbox.changed(version)
    await anna.stage.quiet()


def count(anna: Customer, words: str) -> int:
    return sum(words in plain(shown.text) for shown in anna.screen if not shown.mine)


async def credit(s: Stage) -> None:
    """What the schedule does every five seconds, from two processes at once."""
    await asyncio.gather(s.app.schedule.credit(), s.app.schedule.credit())
    await s.quiet()


async def credited(s: Stage, account: str = DEMO) -> list[Money]:
    """What the ledger has got from Telegram, whose clock is its own."""
    paid = await s.ledger.payments(account, Period(date(2020, 1, 1), date(2120, 1, 1)))
    return [one.amount for one in paid if one.method == "Telegram"]


async def test_paid_once_whatever_comes_twice(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna, own = s.customer("telegram"), House(DEMO).stand.own
        await anna.links("demo")
        await anna.says("пополнить")
        await anna.presses("1 000 ₽")
        await anna.presses("Оплатить здесь")
        bill = next(m for m in reversed(anna.screen) if m.text.startswith("Пополнение счёта"))
        assert plain(bill.text).splitlines()[0] == "Пополнение счёта …2734"
        assert DEMO not in bill.text
        assert [plain(key.label) for row in bill.keys for key in row] == ["Заплатить 1000,00 ₽"]
        await anna.presses("Оплатить здесь", next(m for m in reversed(anna.screen) if "Оплатить здесь" in labels(m)))

        await pays(anna, taps=2)
        await seen(anna, "Платёж 1 000,00 ₽ получен")
        assert count(anna, "зачислен\n") == len(await credited(s)), "told when the account has it, and not before"
        await credit(s)
        await seen(anna, "Платёж 1 000,00 ₽ зачислен\nБаланс 1 350,00 ₽")

        s.rest(60)  # everything once more at once is no flood of hers
        await redelivered(s, anna)
        for _ in range(2):
            s.clock.advance(minutes=2)
            await credit(s)
        assert await credited(s) == [Money(1_000_00)]
        assert (await s.ledger.balance(DEMO)).own == own + Money(1_000_00)
        assert count(anna, "получен,") == count(anna, "зачислен\n") == 1
        assert "1 350,00" in plain(await anna.says("баланс"))

        # The second invoice was a second wish: whoever pays it as well has that money on his account, too.
        await pays(anna)
        await seen(anna, "Платёж 1 000,00 ₽ получен", times=2)
        await credit(s)
        await seen(anna, "Платёж 1 000,00 ₽ зачислен\nБаланс 2 350,00 ₽")
        assert await credited(s) == [Money(1_000_00)] * 2


def labels(shown: Shown) -> list[str]:
    return [key.label for row in shown.keys for key in row]


async def test_an_old_invoice_takes_no_money_and_a_new_one_does(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await invoiced(anna)
        s.clock.advance(minutes=61)
        await pays(anna)
        await seen(anna, "Этот счёт на оплату уже не действует")
        await credit(s)
        assert await credited(s) == []
        assert count(anna, "получен,") == 0
        await invoiced(anna, "600")
        await pays(anna)
        await seen(anna, "Платёж 600,00 ₽ получен")
        s.clock.advance(minutes=90)  # taken within its hour, handed over after it
        await credit(s)
        await seen(anna, "Платёж 600,00 ₽ зачислен")
        assert await credited(s) == [Money(600_00)]


async def test_an_account_closed_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna, boris = s.customer("telegram"), s.customer("telegram")
        await anna.links("demo")
        await boris.links("postpaid")
        await invoiced(anna)
        await invoiced(boris)
        await s.app.storage.database.write(lambda connection: close(connection, DEMO))
        await pays(anna)
        await seen(anna, "Этот лицевой счёт закрыт")
        assert count(anna, "получен,") == 0

        # Closed after the network has taken the money: what was taken is not lost.
        await pays(boris)
        await seen(boris, "Платёж 500,00 ₽ получен")
        await s.app.storage.database.write(lambda connection: close(connection, "652100518820"))
        assert "закрыт" in await boris.says("баланс")
        for _ in range(3):
            await credit(s)
            s.clock.advance(minutes=2)
        assert await credited(s) == []
        assert await credited(s, "652100518820") == [Money(500_00)]


def close(connection: sa.Connection, account: str) -> None:
    connection.execute(accounts_table.update().where(accounts_table.c.id == account).values(open=False))


async def test_forgotten_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await invoiced(anna)
        await pays(anna)
        await seen(anna, "получен,")
        await anna.says("забудь меня")
        await anna.says("да")
        for _ in range(2):
            await credit(s)
        assert await credited(s) == [Money(500_00)], "whoever is forgotten, his money arrives"
        assert count(anna, "зачислен\n") <= 1


@pytest.mark.usefixtures("absent")
async def test_the_billing_is_away(tmp_path: Path) -> None:
    """Few failures in a row: after five of them the guard asks nothing for a while."""
    async with stage(tmp_path, ["telegram"]) as s:
        anna, own = s.customer("telegram"), House(DEMO).stand.own
        await anna.links("demo")
        await invoiced(anna)
        Absent.away = True
        await pays(anna)
        await seen(anna, "деньги не списаны")
        assert count(anna, "получен,") == 0, "no money is taken on a guess"

        Absent.away, Absent.deaf = False, True
        await pays(anna)
        await seen(anna, "Платёж 500,00 ₽ получен")
        s.clock.advance(minutes=5)
        await s.app.schedule.credit()
        assert await credited(s) == [Money(500_00)], "the ledger has it, and nobody heard so"
        Absent.away = True
        s.clock.advance(minutes=5)
        await s.app.schedule.credit()
        await s.quiet()
        assert count(anna, "зачислен\n") == 0, "nothing is told that is not known"

        Absent.away = Absent.deaf = False
        assert "850,00" in plain(await anna.says("баланс"))
        for _ in range(3):
            s.clock.advance(hours=1)
            await credit(s)
        assert await credited(s) == [Money(500_00)], "taken once, however often it is asked"
        assert (await s.ledger.balance(DEMO)).own == own + Money(500_00)
        assert count(anna, "Платёж 500,00 ₽ зачислен\nБаланс 850,00 ₽") == 1, "told once, when it is known"


@pytest.mark.usefixtures("absent")
async def test_away_before_it_has_taken_anything(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await invoiced(anna)
        await redelivered(s, anna)  # the press comes again, and no second invoice
        assert count(anna, "Пополнение счёта") == 1
        await pays(anna)
        Absent.away = True
        await seen(anna, "получен,")
        s.clock.advance(minutes=5)
        await s.app.schedule.credit()
        told = count(anna, "зачислен\n")
        assert told == len(await credited(s))
        Absent.away = False
        for _ in range(2):
            s.clock.advance(hours=1)
            await credit(s)
        assert await credited(s) == [Money(500_00)]
        assert count(anna, "зачислен\n") == 1


@pytest.mark.parametrize("network", [name for name in NETWORKS if name != "telegram"])
async def test_the_others_take_no_payments(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network], **PAYEE) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("пополнить на 500")
        for action in ("invoice:50000", "invoice", "invoice:-1", "invoice:999999999999"):
            assert not any("Оплатить здесь" in label for shown in anna.screen for label in labels(shown))
            said = plain(await pressed(anna, action))
            assert "получен" not in said
            assert "Счёт на" not in said
        assert (await s.app.storage.orders.uncredited()) == ()


async def pressed(one: Customer, action: str, *, private: bool = True) -> str:
    """A button that was never shown here: forged, or kept from another chat."""
    s = one.stage
    s.people += 1
    address = Address(one.network, one.sandbox.chat_id(one.person))
    event = Incoming(f"pressed-{s.people}", address, s.clock.now(), action=action, private=private)
    return await one.after(s.app.intake.receiver(one.network)(Received((event,))))


# ── Where others read ─────────────────────────────────────────────────────────────────────────────────────────────


def personal(house: House) -> set[str]:
    """Nothing of this may stand in an answer."""
    carriers = {each.title for d in house.details.values() for part in d.components for each in part.carriers}
    options = {one.title for d in house.details.values() for one in d.options}
    titles = {one.title for one in house.services} | {one.tariff for one in house.services} | carriers | options
    return titles | {"₽", house.account.number[-4:], house.account.holder, "@", "ГБ", "балл", "··"}


def first_words() -> Mapping[str, str]:
    """One typed way to ask each question of a linked account."""
    text = (Path(__file__).parents[2] / "locales" / "ru" / "words.ftl").read_text(encoding="utf-8")
    words = dict(re.findall(r"^words-([a-z-]+) = =?([^|\n]+?)(?: \||$)", text, re.MULTILINE))
    return {
        name: phrase
        for name, phrase in words.items()
        if name.split("-")[0] in ROUTES and ROUTES[name.split("-")[0]].kind is Kind.LINKED
    }


@every_network
async def test_nothing_personal_in_public_mode(network: str, tmp_path: Path) -> None:
    """Also for a chat that has linked an account, and has proved its owner, while that was possible."""
    async with stage(tmp_path, [network]) as s:
        anna, house = s.customer(network), House(DEMO)
        await anna.links("demo")
        s.app.dispatch.modes = {**s.app.dispatch.modes, network: Mode.PUBLIC}
        before = set(anna.screen)
        for phrase in first_words().values():
            s.rest()
            assert await anna.says(phrase), phrase
        for name, route in ROUTES.items():
            if route.kind is not Kind.PUBLIC:
                s.rest()
                assert await pressed(anna, name), name
        assert "8 800" in await anna.says("оператор"), "phones are for everybody"
        shown = [one for one in anna.screen if one not in before and not one.mine]
        text = plain(" ".join(one.text for one in shown))
        assert {secret for secret in personal(house) if secret in text} == set()
        assert not any(one.picture or one.document for one in shown)
        assert s.mailbox.mails == []


GROUP: Final = (  # what is new since the four questions; a group has room for twenty answers a minute
    "topup", "promised", "charges", "why", "statement", "mail", "mail-send", "calls", "bonus", "paid", "trouble",
    "services", "service", "tariff", "options", "usage",
)  # fmt: skip


@every_network
async def test_nothing_personal_in_a_group(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, house = s.customer(network), House(DEMO)
        await anna.links("demo")
        words = first_words()
        for name in GROUP:
            s.rest()
            arrived = s.arrived
            await anna.sandbox.say_in_group(anna.person, words[name])
            await s.answered(arrived)
        shown = [one for one in anna.sandbox.chat(anna.sandbox.room) if not one.mine]
        assert len(shown) == len(GROUP), "each is answered"
        (only,) = {one.text for one in shown}
        assert "личных сообщениях" in only, "and points to the private chat"
        assert not any(one.keys for one in shown)
        text = plain(" ".join(one.text for one in shown))
        assert {secret for secret in personal(house) if secret in text} == set()
        assert not any(one.picture or one.document for one in shown)
        assert s.mailbox.mails == []

        # A press that comes from where others read, though the chat itself has linked an account.
        for name in GROUP:
            s.rest()
            said = await pressed(anna, name.replace("-", ":"), private=False)
            assert said == only, name
