"""Importing an operator's export: whatever way it is written, all of it or none of it."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import (
    LARGEST,
    Bill,
    Bonus,
    Call,
    Carrier,
    Delivery,
    Details,
    Direction,
    Gone,
    Kind,
    Option,
    Period,
    Reach,
    Scheme,
    Status,
    Subject,
    Usage,
    Use,
    Way,
)
from billing.cells import duration, kopecks, masked, moment, number, whole
from billing.export_files import FILES
from billing.exports import BadRow, Count, Report, load
from billing.ledger import Database, Ledger
from billing.passwords import DEMO_HASHER
from tests.billing.books import NOW, account, book, charge, payment, rub
from tests.billing.conftest import Clock, everything

EXPORTED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
Write = Callable[..., dict[str, Path]]

HASH = DEMO_HASHER.hash("ivan")
GOOD: dict[str, list[list[str]]] = {
    "accounts": [
        [
            "number",
            "scheme",
            "balance",
            "login",
            "password_hash",
            "holder",
            "zone",
            "promised",
            "promised_until",
            "region",
            "since",
        ],
        ["0065210041", "advance", "1 234,56", "Ivan", HASH, "Петров Иван Сергеевич", "", "300", "25.11.2026", "", ""],
        [
            "0065210042",
            "кредит",
            "0",
            "ivan",
            "",
            "ООО «Ромашка»",
            "Asia/Kamchatka",
            "",
            "",
            "Камчатский край",
            "03.04.2019",
        ],
    ],
    "services": [
        ["id", "account", "title", "status", "kind", "tariff", "fee", "next_fee", "daily"],
        ["s1", "0065210041", "Домашний интернет", "Активна", "Интернет", "Сотка", "650", "2026-12-01", "нет"],
        ["s2", "0065210042", "Домашний телефон", "за неуплату", "phone", "", "", "", ""],
    ],
    "bills": [
        ["id", "account", "amount", "remaining", "issued", "due"],
        ["b1", "0065210042", "500,00", "120,50", "05.11.2026", "25.11.2026"],
    ],
    "payments": [
        ["id", "account", "at", "amount", "method"],
        ["p1", "0065210041", "01.11.2026 14:05", "1 000,00", "Банковская карта"],
        ["p2", "0065210042", "2026-11-02T00:30:00", "-15.5", "Возврат, ошибочный"],
        ["p3", "0065210042", "2026-11-02T00:30:00+03:00", "15.5", ""],
    ],
    "charges": [
        ["id", "account", "at", "amount", "title", "service"],
        ["c1", "0065210041", "01.11.2026", "650,00", "Абонентская плата", "s1"],
    ],
    "options": [
        ["id", "service", "title", "status", "fee"],
        ["o1", "s1", "Антивирус", "Активна", "99,00"],
        ["o2", "s2", "Голосовая почта", "отключена", ""],
    ],
    "components": [
        ["service", "direction", "status", "carrier", "balance"],
        ["s2", "Местная", "active", "", ""],
        ["s2", "Междугородная", "active", "Дальсвязь", "146,20"],
        ["s2", "Междугородная", "active", "Межгород Плюс", "-35,40"],
        ["s2", "international", "off", "", ""],
    ],
    "usage": [
        ["service", "day", "use", "amount", "count", "cost", "direction", "title"],
        ["s1", "20.11.2026", "Получено", "12 345 678 901", "", "", "", ""],
        ["s1", "20.11.2026", "sent", "987654321", "3", "", "", ""],
        ["s2", "2026-11-20", "Звонки", "125", "2", "6,80", "Межгород", ""],
        ["s2", "2026-11-20", "Звонки", "40", "1", "0", "Местные", ""],
        ["s1", "2026-11-19", "purchase", "1", "1", "199", "", "«Карта ветров»"],
    ],
    "calls": [
        ["id", "service", "at", "seconds", "direction", "number", "cost", "incoming"],
        ["k1", "s2", "20.11.2026 10:00:05", "1:35", "Межгород", "8 (495) 000-00-11", "6,80", "нет"],
        ["k2", "s2", "20.11.2026 11:00", "0", "local", "75-60-60", "", ""],
        ["k3", "s2", "2026-11-20T12:00:00Z", "0:10:30", "Мобильный", "", "", "да"],
    ],
    "reaches": [
        ["account", "way", "address"],
        ["0065210041", "Телефон", "8 (900) 000-00-11"],
        ["0065210041", "e-mail", "ivan@demo.example"],
        ["0065210042", "", ""],
    ],
    "deliveries": [
        ["service", "email"],
        ["s1", "ivan@demo.example"],
        ["s2", ""],
    ],
    "outages": [
        ["id", "title", "since", "until", "account", "region", "kinds", "planned", "text"],
        ["x1", "Повреждён кабель", "22.11.2026 08:00", "23.11.2026 20:00", "0065210042", "", "Интернет, ТВ", "", ""],
        ["x2", "Работы на узле", "22.11.2026 10:00", "", "", "Камчатский край", "все", "да", "До вечера"],
    ],
    "notices": [
        ["id", "title", "text", "at", "region", "until"],
        ["n1", "Новый офис", "Открыт на Речной", "21.11.2026 10:00", "", ""],
    ],
    "bonuses": [
        ["account", "program", "points", "burning", "burns"],
        ["0065210041", "Рядом", "1 240", "200", "30.11.2026"],
    ],
}
RUSSIAN = {
    "accounts": ["Лицевой счёт", "Схема", "Баланс", "Логин", "Хеш пароля", "ФИО", "Часовой пояс", "Обещанный платёж"],
    "services": ["Код", "Л/с", "Услуга", "Статус", "Вид", "Тариф", "Абонплата", "Следующее списание", "Посуточно"],
    "bills": ["Код", "Лицевой счет", "Сумма", "К оплате", "Выставлен", "Оплатить до"],
    "payments": ["Номер платежа", "ЛС", "Дата", "Сумма", "Способ оплаты"],
    "charges": ["ИД", "Счет", "Дата", "Сумма", "Назначение", "Код услуги"],
    "options": ["Код опции", "Услуга", "Опция", "Состояние", "Абонплата"],
    "components": ["Код услуги", "Составляющая", "Статус", "Оператор", "Баланс"],
    "usage": ["Услуга", "День", "Вид", "Объём", "Число", "Стоимость", "Направление", "Название"],
    "calls": ["Код", "Услуга", "Дата и время", "Длительность", "Направление", "Номер", "Стоимость", "Входящий"],
    "reaches": ["Лицевой счёт", "Способ", "Адрес"],
    "deliveries": ["Код услуги", "Электронная почта"],
    "outages": ["Код", "Причина", "Начало", "Конец", "Л/с", "Регион", "Услуги", "Плановая", "Текст"],
    "notices": ["Код", "Заголовок", "Текст", "Дата", "Регион", "До"],
    "bonuses": ["Лицевой счёт", "Программа", "Баллы", "Сгорает", "Дата сгорания"],
}
ROWS = {kind: len(rows) - 1 for kind, rows in GOOD.items()} | {"customers": 1, "reaches": 2}


RUSSIAN["accounts"] += ["Обещанный до", "Регион", "Дата договора"]


def table(rows: Iterable[Iterable[str]], delimiter: str) -> str:
    def cell(text: str) -> str:
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if any(c in text for c in f'{delimiter}"\n') else text

    return "".join(delimiter.join(map(cell, row)) + "\r\n" for row in rows)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(
        tables: dict[str, list[list[str]]] = GOOD, delimiter: str = ";", encoding: str = "utf-8"
    ) -> dict[str, Path]:
        files = {}
        for kind, rows in tables.items():
            files[kind] = tmp_path / f"{kind}.csv"
            files[kind].write_bytes(table(rows, delimiter).encode(encoding))
            os.utime(files[kind], (EXPORTED.timestamp(),) * 2)
        return files

    return write


def now() -> datetime:
    return NOW


def edited(kind: str, column: str, value: str, row: int = 1) -> dict[str, list[list[str]]]:
    """The good tables with one cell changed; the column is added when it is not there."""
    rows = [list(r) for r in GOOD[kind]]
    if column not in rows[0]:
        rows = [[*r, column if n == 0 else ""] for n, r in enumerate(rows)]
    rows[row][rows[0].index(column)] = value
    return {**GOOD, kind: rows}


async def check(ledger: Ledger) -> None:
    """That the ledger holds what GOOD says."""
    assert await ledger.authenticate("IVAN", "ivan") == Subject("ivan")
    first, second = await ledger.accounts(Subject("ivan"))
    assert (first.number, first.holder, first.scheme, first.zone) == (
        "0065210041",
        "Иван П.",
        Scheme.ADVANCE,
        "Europe/Moscow",
    )
    assert (second.holder, second.scheme, second.zone) == ("ООО «Ромашка»", Scheme.CREDIT, "Asia/Kamchatka")
    balance = await ledger.balance(first.id)
    assert (balance.own, balance.as_of) == (rub(1234.56), EXPORTED)
    assert (balance.promised, balance.promised_until) == (rub(300), date(2026, 11, 25))
    assert [(s.title, s.status, s.fee, s.next_fee) for s in await ledger.services(first.id)] == [
        ("Домашний интернет", Status.ACTIVE, rub(650), date(2026, 12, 1))
    ]
    assert [(s.status, s.fee, s.next_fee) for s in await ledger.services(second.id)] == [
        (Status.BLOCKED_DEBT, None, None)
    ]
    whole = Period(date(2026, 10, 1), date(2026, 10, 31))
    assert await ledger.bills(second.id) == (
        Bill(second.id, "b1", "b1", whole, rub(500), rub(120.5), date(2026, 11, 5), date(2026, 11, 25)),
    )
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    assert [(p.id, p.at, p.amount, p.method) for p in await ledger.payments(first.id, november)] == [
        ("p1", datetime(2026, 11, 1, 11, 5, tzinfo=UTC), rub(1000), "Банковская карта")
    ]
    assert [(p.id, p.at, p.amount, p.method) for p in await ledger.payments(second.id, november)] == [
        ("p3", datetime(2026, 11, 1, 21, 30, tzinfo=UTC), rub(15.5), ""),
        ("p2", datetime(2026, 11, 1, 12, 30, tzinfo=UTC), rub(-15.5), "Возврат, ошибочный"),
    ]
    assert [(c.title, c.amount, c.service) for c in await ledger.charges(first.id, november)] == [
        ("Абонентская плата", rub(650), "s1")
    ]
    assert (first.region, first.since) == ("", None)
    assert (second.region, second.since) == ("Камчатский край", date(2019, 4, 3))
    await check_services(ledger, first.id, second.id)
    assert await ledger.reaches(first.id) == (
        Reach(first.id, Way.SMS, "+79000000011"),
        Reach(first.id, Way.EMAIL, "ivan@demo.example"),
    )
    assert await ledger.reaches(second.id) == ()
    assert await ledger.deliveries(first.id) == (Delivery(first.id, "s1", "ivan@demo.example"),)
    assert await ledger.deliveries(second.id) == (Delivery(second.id, "s2", None),)
    fault = next(o for o in await ledger.outages(second.id) if not o.planned)
    assert (fault.id, fault.kinds) == ("x1", (Kind.INTERNET, Kind.TV))
    assert (fault.since, fault.until) == (
        datetime(2026, 11, 21, 20, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    )
    told = {n.id: (n.outage, n.title, n.text, n.at) for n in await ledger.notices("Камчатский край")}
    assert told == {
        "x2": (True, "Работы на узле", "До вечера", datetime(2026, 11, 22, 7, 0, tzinfo=UTC)),
        "n1": (False, "Новый офис", "Открыт на Речной", datetime(2026, 11, 21, 7, 0, tzinfo=UTC)),
    }
    assert await ledger.bonus(first.id) == Bonus(first.id, "Рядом", 1240, 200, date(2026, 11, 30))
    assert await ledger.bonus(second.id) is None


async def check_services(ledger: Ledger, first: str, second: str) -> None:
    internet, phone = await ledger.details(first, "s1"), await ledger.details(second, "s2")
    assert internet == Details(first, "s1", (Option(first, "s1", "o1", "Антивирус", Status.ACTIVE, rub(99)),))
    assert [(o.id, o.status, o.fee) for o in phone.options] == [("o2", Status.OFF, None)]
    assert [(c.direction, c.status, c.carriers) for c in phone.components] == [
        (Direction.LOCAL, Status.ACTIVE, ()),
        (
            Direction.INTERCITY,
            Status.ACTIVE,
            (Carrier("Дальсвязь", rub(146.2)), Carrier("Межгород Плюс", rub(-35.4))),
        ),
        (Direction.INTERNATIONAL, Status.OFF, ()),
    ]
    november, day = Period(date(2026, 11, 1), date(2026, 11, 30)), date(2026, 11, 20)
    assert set(await ledger.usage(first, "s1", november)) == {
        Usage(first, "s1", day, Use.RECEIVED, 12_345_678_901),
        Usage(first, "s1", day, Use.SENT, 987_654_321, 3),
        Usage(first, "s1", date(2026, 11, 19), Use.PURCHASE, 1, 1, rub(199), title="«Карта ветров»"),
    }
    assert set(await ledger.usage(second, "s2", november)) == {
        Usage(second, "s2", day, Use.CALLS, 125, 2, rub(6.8), Direction.INTERCITY),
        Usage(second, "s2", day, Use.CALLS, 40, 1, rub(0), Direction.LOCAL),
    }
    kamchatka = timedelta(hours=12)
    assert await ledger.calls(second, "s2", november) == (
        Call(second, "s2", "k3", datetime(2026, 11, 20, 12, 0, tzinfo=UTC), "", 630, Direction.MOBILE, rub(0), True),
        Call(
            second,
            "s2",
            "k2",
            datetime(2026, 11, 20, 11, 0, tzinfo=UTC) - kamchatka,
            "756060",
            0,
            Direction.LOCAL,
            rub(0),
        ),
        Call(
            second,
            "s2",
            "k1",
            datetime(2026, 11, 20, 10, 0, 5, tzinfo=UTC) - kamchatka,
            "+74950000011",
            95,
            Direction.INTERCITY,
            rub(6.8),
        ),
    )


async def test_every_way_of_writing_it_is_read_as_the_same(database: Database, ledger: Ledger, write: Write) -> None:
    report = await load(database, write(), now=now)
    await check(ledger)
    assert report.counts == {kind: Count(new=n) for kind, n in ROWS.items()}
    before = await everything(database)
    in_russian = {kind: [RUSSIAN[kind], *rows[1:]] for kind, rows in GOOD.items()}
    for way in product((GOOD, in_russian), ",;\t", ("utf-8", "utf-8-sig", "cp1251")):
        report = await load(database, write(*way), now=now)
        assert (way, report.counts) == (way, {kind: Count(same=n) for kind, n in ROWS.items()})
    assert await everything(database) == before


async def test_the_same_files_twice_change_nothing(database: Database, ledger: Ledger, write: Write) -> None:
    files = write()
    await load(database, files, now=now)
    before = await everything(database)
    report = await load(database, files, now=now)
    assert await everything(database) == before
    assert all((count.new, count.changed) == (0, 0) for count in report.counts.values())
    assert report.counts["payments"].same == 3


async def test_a_dry_run_does_everything_but_commit(database: Database, ledger: Ledger, write: Write) -> None:
    before = await everything(database)
    report = await load(database, write(), now=now, dry_run=True)
    assert report.counts["payments"] == Count(new=3)
    assert await everything(database) == before
    with pytest.raises(BadRow):
        await load(database, write(edited("payments", "amount", "x")), now=now, dry_run=True)
    await load(database, write(), now=now)
    await check(ledger)


async def test_a_changed_row_is_changed_in_the_columns_that_the_file_has(
    database: Database, ledger: Ledger, write: Write
) -> None:
    await load(database, write(), now=now)
    cursor = (await ledger.changes(None, 10)).cursor
    rows = [["number", "scheme", "balance"], ["0065210041", "advance", "-5"], ["0065210042", "credit", "0"]]
    report = await load(database, write({"accounts": rows}), now=now)
    assert report.counts["accounts"] == Count(changed=1, same=1)
    assert (await ledger.balance("0065210041")).own == rub(-5)
    assert (await ledger.balance("0065210041")).promised == rub(300)
    assert (await ledger.account("0065210041")).holder == "Иван П."
    assert len(await ledger.accounts(Subject("ivan"))) == 2
    assert [f.account for f in (await ledger.changes(cursor, 10)).funds] == ["0065210041"]


async def test_payments_and_charges_never_move_the_balance(database: Database, ledger: Ledger, write: Write) -> None:
    await load(database, write(), now=now)
    later = {kind: [GOOD[kind][0], ["new", *GOOD[kind][1][1:]]] for kind in ("payments", "charges")}
    report = await load(database, write(later), now=now)
    assert report.counts == {"payments": Count(new=1), "charges": Count(new=1)}
    assert (await ledger.balance("0065210041")).own == rub(1234.56)


async def test_an_unchanged_balance_in_a_newer_file_is_of_the_newer_time(
    database: Database, ledger: Ledger, write: Write
) -> None:
    await load(database, write(), now=now)
    files = write()
    os.utime(files["accounts"], (NOW.timestamp() - 60,) * 2)
    report = await load(database, files, now=now)
    assert report.counts["accounts"] == Count(same=2)
    assert (await ledger.balance("0065210041")).as_of == datetime(2026, 11, 22, 8, 59, tzinfo=UTC)
    await load(database, write(edited("accounts", "as_of", "21.11.2026 23:00")), now=now)
    assert (await ledger.balance("0065210041")).as_of == datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


async def test_a_bill_moves_with_its_accounts_zone(
    database: Database, ledger: Ledger, write: Write, clock: Clock
) -> None:
    await load(database, write(), now=now)
    cursor = (await ledger.changes(None, 10)).cursor
    await load(database, write({"accounts": edited("accounts", "zone", "Europe/Moscow", 2)["accounts"]}), now=now)
    cursor = (await ledger.changes(cursor, 10)).cursor
    clock.now = datetime(2026, 11, 25, 20, 59, tzinfo=UTC)
    assert (await ledger.changes(cursor, 10)).funds == ()
    clock.advance(minutes=1)
    assert [f.available for f in (await ledger.changes(cursor, 10)).funds] == [rub(-120.5)]


async def test_plain_passwords_are_hashed_and_kept_when_they_still_fit(
    database: Database, ledger: Ledger, write: Write
) -> None:
    people = [["login", "password"], ["anna", "кот и пёс"], ["boris", ""]]
    report = await load(database, write({"customers": people}), now=now)
    assert report.counts["customers"] == Count(new=2)
    assert await ledger.authenticate("anna", "кот и пёс") == Subject("anna")
    assert await ledger.authenticate("boris", "") is None
    assert "кот" not in repr(await everything(database))
    assert (await load(database, write({"customers": people}), now=now)).counts["customers"] == Count(same=2)
    people[1][1] = "другой"
    assert (await load(database, write({"customers": people}), now=now)).counts["customers"] == Count(changed=1, same=1)
    assert await ledger.authenticate("anna", "кот и пёс") is None


async def test_customers_may_have_ids_of_their_own(database: Database, ledger: Ledger, write: Write) -> None:
    people = [["id", "login", "password_hash"], ["77", "ivan", HASH]]
    await load(database, write({"customers": people, **edited("accounts", "password_hash", "")}), now=now)
    assert await ledger.authenticate("ivan", "ivan") == Subject("77")
    assert len(await ledger.accounts(Subject("77"))) == 2


async def test_unknown_columns_are_left_alone_and_named(database: Database, ledger: Ledger, write: Write) -> None:
    rows = [[*row, "x" if n else " Телефон "] for n, row in enumerate(GOOD["accounts"])]
    report = await load(database, write({**GOOD, "accounts": rows}), now=now)
    assert report.ignored["accounts"] == ("Телефон",)
    await check(ledger)


async def test_blank_lines_are_nothing(database: Database, ledger: Ledger, write: Write) -> None:
    files = write()
    text = files["payments"].read_text().replace("\n\np1", "\n\n\n;;;;\np1")
    files["payments"].write_text(text + "\n\n;;;;\n")
    await load(database, files, now=now)
    await check(ledger)


# What is refused

BAD: list[tuple[str, str, str, str]] = [
    # kind, column, cell, what the reason says
    ("payments", "amount", "=1+1", "not a sum"),
    ("payments", "amount", "1e30", "not a sum"),
    ("payments", "amount", "NaN", "not a sum"),
    ("payments", "amount", "inf", "not a sum"),
    ("payments", "amount", "--5", "not a sum"),
    ("payments", "amount", "5-", "not a sum"),
    ("payments", "amount", "-", "not a sum"),
    ("payments", "amount", "1,234.50", "not a sum"),
    ("payments", "amount", "1.500", "not a sum"),
    ("payments", "amount", "12 34", "not a sum"),
    ("payments", "amount", "0,001", "not a sum"),
    ("payments", "amount", "١٢٣", "not a sum"),
    ("payments", "amount", "0x10", "not a sum"),
    ("payments", "amount", "100000000000,01", "too large"),
    ("payments", "amount", "9" * 20, "too large"),
    ("payments", "amount", "", "empty"),
    ("payments", "amount", "5\0", "invisible"),
    ("payments", "at", "", "empty"),
    ("payments", "at", "0000-00-00", "calendar"),
    ("payments", "at", "31.02.2026", "calendar"),
    ("payments", "at", "11/22/2026", "not a time"),
    ("payments", "at", "1937-01-01", "out of reason"),
    ("payments", "at", "2026-11-01 25:00", "no time of day"),
    ("payments", "at", "2026-11-01 12:00+99:00", "no time of day"),
    ("payments", "at", "2026-11-01 noon", "not a time"),
    ("payments", "at", "2027-01-01", "future"),
    ("payments", "account", "404", "no such account"),
    ("payments", "account", "6,52E+11", "spreadsheet"),
    ("payments", "id", "p2", "same id"),
    ("payments", "id", "", "empty"),
    ("payments", "id", "x" * 201, "too long"),
    ("payments", "method", "=HYPERLINK(1)", "formula"),
    ("payments", "method", "@SUM(A1)", "formula"),
    ("payments", "method", "+cmd|' /C calc'!A0", "formula"),
    ("payments", "method", "-2+3+cmd|' /C calc'!A0", "formula"),
    ("payments", "method", "Карта\u202eтенг", "invisible"),
    ("payments", "method", "Кар\0та", "invisible"),
    ("payments", "method", "ы" * 1001, "longer"),
    ("payments", "credited", "maybe", "none of"),
    ("accounts", "number", "0065210042", "same"),
    ("accounts", "scheme", "free", "none of"),
    ("accounts", "balance", "", "empty"),
    ("accounts", "balance", "−100000000000,01", "too large"),
    ("accounts", "currency", "рубли", "currency"),
    ("accounts", "zone", "Europe/Narnia", "time zone"),
    ("accounts", "zone", "../../etc/passwd", "time zone"),
    ("accounts", "promised", "-1", "below zero"),
    ("accounts", "promised", "", "empty"),
    ("accounts", "login", "", "empty"),
    ("accounts", "password_hash", "md5", "argon2"),
    ("accounts", "password", "both", "which one"),
    ("accounts", "as_of", "2027-01-01", "future"),
    ("services", "status", "?", "none of"),
    ("services", "kind", "fax", "none of"),
    ("services", "fee", "-650", "below zero"),
    ("services", "next_fee", "завтра", "not a day"),
    ("services", "account", "404", "no such account"),
    ("bills", "remaining", "500,01", "more than"),
    ("bills", "remaining", "-1", "below zero"),
    ("bills", "due", "01.11.2026", "before"),
    ("bills", "last", "01.01.2026", "before"),
    ("charges", "amount", "1e-3", "not a sum"),
    ("charges", "account", "404", "no such account"),
    ("accounts", "region", "=A1", "formula"),
    ("accounts", "since", "давно", "not a day"),
    ("options", "service", "404", "no such service"),
    ("options", "service", "", "empty"),
    ("options", "id", "o2", "same id"),
    ("options", "status", "может быть", "none of"),
    ("options", "fee", "-1", "below zero"),
    ("components", "service", "404", "no such service"),
    ("components", "direction", "на Луну", "none of"),
    ("components", "status", "", "empty"),
    ("components", "balance", "5", "empty"),
    ("components", "carrier", "Дальсвязь", "empty"),
    ("usage", "service", "404", "no such service"),
    ("usage", "day", "2026-11-24", "future"),
    ("usage", "day", "31.02.2026", "calendar"),
    ("usage", "use", "sent", "same service, day"),
    ("usage", "use", "fax", "none of"),
    ("usage", "use", "calls", "empty where calls"),
    ("usage", "direction", "local", "calls alone"),
    ("usage", "amount", "-1", "whole number"),
    ("usage", "amount", "1,5", "whole number"),
    ("usage", "amount", "", "empty"),
    ("usage", "amount", "1" + "0" * 15 + "1", "too large"),
    ("usage", "count", "два", "whole number"),
    ("usage", "cost", "-0,01", "below zero"),
    ("usage", "title", "=A1", "formula"),
    ("calls", "service", "404", "no such service"),
    ("calls", "id", "k2", "same id"),
    ("calls", "at", "2026-12-01", "future"),
    ("calls", "seconds", "1:60", "length of time"),
    ("calls", "seconds", "1:99:00", "length of time"),
    ("calls", "seconds", "-5", "length of time"),
    ("calls", "seconds", "700000", "length of time"),
    ("calls", "direction", "", "empty"),
    ("calls", "number", "Пётр", "telephone number"),
    ("calls", "number", "+7 900 000-00-11; 12", "telephone number"),
    ("calls", "cost", "-1", "below zero"),
    ("calls", "incoming", "иногда", "none of"),
    ("reaches", "account", "404", "no such account"),
    ("reaches", "way", "голубь", "none of"),
    ("reaches", "way", "", "empty"),
    ("reaches", "way", "email", "e-mail address"),
    ("reaches", "address", "", "empty"),
    ("reaches", "address", "75-60-60", "with its country"),
    ("reaches", "address", "ivan@demo.example", "telephone number"),
    ("deliveries", "service", "404", "no such service"),
    ("deliveries", "service", "s2", "same service"),
    ("deliveries", "email", "ivan", "e-mail address"),
    ("deliveries", "email", "ivan@demo.example, anna@demo.example", "e-mail address"),
    ("outages", "account", "404", "no such account"),
    ("outages", "region", "Камчатский край", "which of them"),
    ("outages", "kinds", "интернет, факс", "none of"),
    ("outages", "since", "", "empty"),
    ("outages", "until", "21.11.2026", "before it begins"),
    ("outages", "planned", "как получится", "none of"),
    ("outages", "id", "x2", "same id"),
    ("notices", "title", "", "empty"),
    ("notices", "text", "@SUM(A1)", "formula"),
    ("notices", "at", "вчера", "not a time"),
    ("notices", "until", "20.11.2026", "before it begins"),
    ("bonuses", "account", "404", "no such account"),
    ("bonuses", "points", "100", "more than there are points"),
    ("bonuses", "points", "много", "whole number"),
    ("bonuses", "burns", "", "one without the other"),
]


TOLD_AT = {  # the cell that is wrong, where it is not the one that was changed
    ("components", "balance", "5"): "carrier",
    ("components", "carrier", "Дальсвязь"): "balance",
    ("usage", "use", "sent"): "service",
    ("usage", "use", "calls"): "direction",
    ("reaches", "way", "email"): "address",
    ("bonuses", "points", "100"): "burning",
}


@pytest.mark.parametrize("kind", GOOD)
async def test_a_bad_cell_is_named_and_nothing_is_changed(database: Database, write: Write, kind: str) -> None:
    before = await everything(database)
    for column, cell, reason in (bad[1:] for bad in BAD if bad[0] == kind):
        with pytest.raises(BadRow) as caught:
            await load(database, write(edited(kind, column, cell)), now=now)
        fault = caught.value
        line = 3 if "same" in reason else 2  # a double is told where it stands the second time
        assert (cell, fault.file, fault.line) == (cell, f"{kind}.csv", line)
        assert fault.column == TOLD_AT.get((kind, column, cell), column)
        assert reason in fault.reason
    assert await everything(database) == before


async def test_a_fault_says_nothing_of_what_the_cell_holds(database: Database, write: Write) -> None:
    for column in ("login", "holder", "number", "balance", "password_hash"):
        with pytest.raises(BadRow) as caught:
            await load(database, write(edited("accounts", column, "=Секрет")), now=now)
        assert "Секрет" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"


async def test_an_id_of_another_account_is_refused(database: Database, write: Write) -> None:
    await load(database, write(), now=now)
    before = await everything(database)
    with pytest.raises(BadRow, match=r"payments\.csv, line 2, column id: belongs to another account"):
        await load(database, write(edited("payments", "account", "0065210042")), now=now)
    assert await everything(database) == before


async def test_an_option_or_a_call_of_another_service_is_refused(database: Database, write: Write) -> None:
    await load(database, write(), now=now)
    before = await everything(database)
    for kind, service in (("options", "s2"), ("calls", "s1")):
        with pytest.raises(BadRow, match=rf"{kind}\.csv, line 2, column id: belongs to another service"):
            await load(database, write(edited(kind, "service", service)), now=now)
    assert await everything(database) == before


async def test_what_a_file_says_of_reaches_is_all_there_is(database: Database, ledger: Ledger, write: Write) -> None:
    await load(database, write(), now=now)
    rows = [
        GOOD["reaches"][0],
        ["0065210041", "email", "ivan@demo.example"],
        ["0065210041", "email", "other@demo.example"],
    ]
    report = await load(database, write({"reaches": rows}), now=now)
    assert report.counts == {"reaches": Count(new=1, changed=2)}, "a phone is gone, an address has come to the fore"
    assert [r.address for r in await ledger.reaches("0065210041")] == ["ivan@demo.example", "other@demo.example"]
    other = [GOOD["reaches"][0], ["0065210042", "sms", "+7 900 000-00-12"]]
    assert (await load(database, write({"reaches": other}), now=now)).counts == {"reaches": Count(new=1)}
    assert len(await ledger.reaches("0065210041")) == 2, "accounts that the file does not name are left alone"
    none = [GOOD["reaches"][0], ["0065210041", "", ""]]
    assert (await load(database, write({"reaches": none}), now=now)).counts == {"reaches": Count(changed=2)}
    assert await ledger.reaches("0065210041") == ()


async def test_a_component_stands_in_as_many_rows_as_it_has_carriers(
    database: Database, ledger: Ledger, write: Write
) -> None:
    await load(database, write(), now=now)
    rows = [
        ["service", "direction", "status", "carrier", "balance"],
        ["s2", "intercity", "blocked", "Дальсвязь", "0"],
        ["s2", "intercity", "blocked", "Межгород Плюс", "-35.40"],
        ["s2", "international", "off", "Дальсвязь", "0"],
    ]
    report = await load(database, write({"components": rows}), now=now)
    assert report.counts == {"components": Count(new=1, changed=1, same=1)}
    parts = {part.direction: part for part in (await ledger.details("0065210042", "s2")).components}
    assert parts[Direction.INTERCITY].status is Status.BLOCKED
    assert parts[Direction.INTERCITY].carriers[0] == Carrier("Дальсвязь", rub(0))
    assert parts[Direction.INTERNATIONAL].carriers == (Carrier("Дальсвязь", rub(0)),)
    rows[2][2] = "active"
    with pytest.raises(BadRow, match=r"line 3, column status: is another than on line 2"):
        await load(database, write({"components": rows}), now=now)
    rows[2] = rows[1]
    with pytest.raises(BadRow, match=r"line 3, column service: the same service, direction, carrier stands on line 2"):
        await load(database, write({"components": rows}), now=now)


async def test_a_fault_is_over_when_the_next_file_says_so(database: Database, ledger: Ledger, write: Write) -> None:
    await load(database, write(), now=now)
    rows = [["id", "title", "since", "until"], ["x1", "Повреждён кабель", "22.11.2026 08:00+12:00", "22.11.2026 11:00"]]
    report = await load(database, write({"outages": rows}), now=now)
    assert report.counts == {"outages": Count(changed=1)}
    assert [outage.id for outage in await ledger.outages("0065210042")] == ["x2"], "its region's goes on"


async def test_a_login_is_not_taken_over(database: Database, write: Write) -> None:
    await load(database, write({"customers": [["id", "login"], ["5", "anna"]]}), now=now)
    for login, id in (("5", ""), ("anna", "6")):
        if id:
            files = write({"customers": [["id", "login"], [id, login]]})
        else:
            files = write({"accounts": [["number", "scheme", "balance", "login"], ["1", "advance", "0", login]]})
        with pytest.raises(BadRow, match="line 2, column login: belongs to another customer"):
            await load(database, files, now=now)


NO_TABLES: list[tuple[bytes, int, str, str]] = [
    (b"", 1, "id", "no such column"),
    (b"id,account,at\n", 1, "amount", "no such column"),
    (b"id,account,at,amount,amount\n", 1, "amount", "two such"),
    ("id,account,at,amount,сумма\n".encode(), 1, "amount", "two such"),
    (b"id,account,at,amount\np1,a,2026-11-01,1,5\n", 2, "", "5 cells under 4"),
    (b"id,account,at,amount\np1,a,2026-11-01\n", 2, "", "3 cells under 4"),
    (b'id,account,at,amount\np1,a,2026-11-01,"1\n', 2, "", "well-formed"),
    (b'id,account,at,amount\np1,a,2026-11-01,"1"2\n', 2, "", "well-formed"),
    (b'id,account,at,amount\np1,a,2026-11-01,1\np2,a,2026-11-01,"' + b"x" * 200_000, 3, "", "well-formed"),
    (b"sep=;\nid;account;at\n", 2, "amount", "no such column"),
    (b"sep=,\r\nid,account,at,amount\r\np1,a,2026-11-01\r\n", 3, "", "3 cells under 4"),
    ("id,account,at,amount\n".encode("utf-16"), 1, "", "UTF-16"),
    (b"id,account,at,amount\np1,\x98\xff,2026-11-01,1\n", 2, "", "neither"),
    (b"id,account,at,amount,method\np1,a,2026-11-01,1," + "Карта".encode()[:-1] + b"\n", 2, "", "broken"),
    ("id,account,at,amount,method\np1,a,2026-11-01,1,К\ufffdрта\n".encode(), 2, "method", "broken"),
]


async def test_a_file_that_is_no_table_is_refused(database: Database, ledger: Ledger, tmp_path: Path) -> None:
    await ledger.load(book((account(), 0)))
    path = tmp_path / "payments.csv"
    for text, line, column, reason in NO_TABLES:
        path.write_bytes(text)
        with pytest.raises(BadRow) as caught:
            await load(database, {"payments": path}, now=now)
        assert (text[:80], caught.value.line, caught.value.column) == (text[:80], line, column)
        assert reason in caught.value.reason


async def test_a_line_is_counted_by_the_file_and_not_by_the_row(database: Database, write: Write) -> None:
    rows = [
        *GOOD["payments"][:2],
        ["p2", "0065210041", "2026-11-01", "1", "в две\nстроки"],
        ["p9", "0065210041", "2026-11-01", "bad", ""],
    ]
    with pytest.raises(BadRow) as caught:
        await load(database, write({**GOOD, "payments": rows}), now=now)
    assert caught.value.line == 5


async def test_a_missing_file_and_an_unknown_kind_say_so(database: Database, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await load(database, {"payments": tmp_path / "nowhere.csv"}, now=now)
    with pytest.raises(ValueError, match="invoices"):
        await load(database, {"invoices": tmp_path}, now=now)


# Size


async def test_many_rows_take_few_statements_and_report_progress(
    database: Database, ledger: Ledger, write: Write, statements: list[str]
) -> None:
    people = [["number", "scheme", "balance", "login"]]
    people += [[str(n), "advance", f"{n},05", f"u{n}"] for n in range(2000)]
    paid = [["id", "account", "at", "amount"]]
    paid += [[str(n), str(n % 2000), "2026-11-01 10:00", "1 000,00"] for n in range(20_000)]
    files = write({"accounts": people, "payments": paid})
    told: list[tuple[str, int, int, int]] = []
    statements.clear()
    report: Report = await load(database, files, now=now, progress=lambda *step: told.append(step))
    assert report.counts["payments"] == Count(new=20_000)
    assert len(statements) < 100
    for kind, rows in (("accounts", 2000), ("payments", 20_000)):
        size = files[kind].stat().st_size
        steps = [step[1:] for step in told if step[0] == kind]
        assert steps == sorted(steps)
        assert steps[-1] == (rows, size, size)
    assert (await ledger.balance("1999")).own == rub(1999.05)


async def test_a_year_of_use_takes_few_statements_and_is_told_apart_by_day_and_kind(
    database: Database, ledger: Ledger, write: Write, statements: list[str]
) -> None:
    await load(database, write(), now=now)
    days = [date(2025, 12, 1) + timedelta(days=n) for n in range(350)]
    rows = [["service", "day", "use", "amount"]]
    rows += [[id, str(day), use, "1000"] for day in days for id in ("s1", "s2") for use in ("received", "sent")]
    statements.clear()
    assert (await load(database, write({"usage": rows}), now=now)).counts == {"usage": Count(new=1400)}
    assert len(statements) < 20
    rows[-1][-1] = "1001"
    report = await load(database, write({"usage": rows}), now=now)
    assert report.counts == {"usage": Count(changed=1, same=1399)}


async def test_a_bad_row_at_the_end_undoes_everything(database: Database, ledger: Ledger, write: Write) -> None:
    paid = [["id", "account", "at", "amount"], *([str(n), "a", "2026-11-01", "1"] for n in range(3000))]
    paid[-1][3] = "1e30"
    await ledger.load(book((account(), 0), payments=(payment(1, NOW, "x"),), charges=(charge(1, NOW, "y"),)))
    before = await everything(database)
    with pytest.raises(BadRow, match=r"payments\.csv, line 3001, column amount"):
        await load(database, write({"payments": paid}), now=now)
    assert await everything(database) == before
    with pytest.raises(Gone):
        await ledger.balance("b")


# Cells


def written(value: int, point: str, group: str) -> str:
    whole, part = divmod(abs(value), 100)
    text = f"{whole:,}".replace(",", group) + f"{point}{part:02}"
    return ("-" if value < 0 else "") + text


@given(
    st.integers(-LARGEST, LARGEST),
    st.sampled_from(".,"),
    st.sampled_from(["", " ", "\u00a0", "\u202f"]),
)
def test_a_sum_comes_back_to_the_kopeck(value: int, point: str, group: str) -> None:
    assert kopecks(written(value, point, group)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_sum_that_decimal_agrees_with_or_is_refused(text: str) -> None:
    try:
        value = kopecks(text)
    except ValueError:
        return
    plain = text.replace("\u2212", "-").replace(",", ".")
    assert Decimal("".join(plain.split())) * 100 == value


@given(st.from_regex(r"[-+−]?[0-9 ]{1,8}([.,][0-9]{0,5})?", fullmatch=True))
def test_what_looks_like_a_sum_is_read_exactly_or_refused(text: str) -> None:
    test_any_text_is_a_sum_that_decimal_agrees_with_or_is_refused.hypothesis.inner_test(text)  # type: ignore[attr-defined]


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - local times are what is tested
    st.sampled_from(["%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "%d.%m.%Y %H:%M:%S.%f"]),
)
def test_a_time_comes_back(at: datetime, form: str) -> None:
    assert moment(at.strftime(form)) == at


@pytest.mark.parametrize(
    ("holder", "shown"),
    [
        ("Петров Иван Сергеевич", "Иван П."),
        ("Петров Иван", "Иван П."),
        ("Мамин-Сибиряк Дмитрий Наркисович", "Дмитрий М."),
        ("Иван П.", "Иван П."),
        ("Петров", "П."),
        ("ИП Петров Иван Сергеевич", "Иван П."),
        ("Петров Иван Сергеевич оглы (договор)", "Иван П."),
        ("ООО «Ромашка»", "ООО «Ромашка»"),
        ("МБОУ СОШ 17", "МБОУ СОШ 17"),
    ],
)
def test_a_holder_is_masked(holder: str, shown: str) -> None:
    assert masked(holder) == shown


@pytest.mark.parametrize(
    ("text", "dialled"),
    [
        ("8 (900) 000-00-11", "+79000000011"),
        ("+7 900 000 00 11", "+79000000011"),
        ("9000000011", "+79000000011"),
        ("3452 12-34-56", "+73452123456"),
        ("810 375 17 000-00-11", "81037517000001" + "1"),
        ("+375170000011", "+375170000011"),
        ("75-60-60", "756060"),
        ("112", "112"),
    ],
)
def test_a_telephone_number_has_one_form(text: str, dialled: str) -> None:
    assert number(text) == dialled
    assert number(dialled) == dialled


@given(st.integers(0, 7 * 24 * 3600))
def test_a_length_of_time_comes_back(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    assert duration(str(seconds)) == duration(f"{minutes // 60}:{minutes % 60:02}:{rest:02}") == seconds
    assert minutes > 999 or duration(f"{minutes}:{rest:02}") == seconds


@given(st.text(max_size=20))
def test_any_text_is_a_whole_number_or_is_refused(text: str) -> None:
    for parse in (whole, duration):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert value >= 0


def test_no_heading_means_two_columns() -> None:
    for file in FILES.values():
        names: list[Any] = [n for h in file.headings for n in {h.name, *h.also.split("|")} if n]
        assert len(names) == len(set(names))
