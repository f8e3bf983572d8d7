"""Monday 16 November 2026, noon in Moscow. A customer asks for the balance."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing.base import Capability, Scheme, Status
from handlers.balance import balance
from storage.base import Saw
from tests.clock import NOON
from tests.handlers.money_asks import Facts, actions, bill, labels, reply, rubles, service, text


async def test_the_first_line_alone_is_the_answer() -> None:
    anna = Facts(own=1_000_00, services_=(service(), service("Телефон", 200_00, tariff="")))
    assert text(await anna.says(balance)) == (
        "Баланс 1 000,00 ₽, хватит до 31 декабря\n\n"
        "Свои деньги: 1 000,00 ₽\n"
        "Долг: нет\n"
        "Обещанный платёж: нет\n\n"
        "Услуги:\n"
        "Домашний интернет: работает, тариф «Старт 100», 650,00 ₽ в месяц, спишется 1 декабря\n"
        "Телефон: работает, 200,00 ₽ в месяц, спишется 1 декабря\n\n"
        "Данные на 12:00"
    )


async def test_a_debt_is_said_in_words_and_nothing_is_added_up() -> None:
    anna = Facts(own=-319_75, promised=500_00, promised_until=date(2026, 11, 25))
    assert text(await anna.says(balance)) == (
        "Баланс −319,75 ₽, то есть долг 319,75 ₽\n\n"
        "Свои деньги: −319,75 ₽\n"
        "Долг: 319,75 ₽\n"
        "Обещанный платёж: 500,00 ₽, вернуть до 25 ноября\n\n"
        "Данные на 12:00"
    )
    assert "180,25" not in text(await anna.says(balance))


async def test_a_bill_that_is_not_due_is_no_debt() -> None:
    anna = Facts(own=0, scheme=Scheme.CREDIT, bills_=(bill("1024", 10, 700_00, date(2026, 11, 25)),))
    assert text(await anna.says(balance)) == (
        "Баланс 0,00 ₽\n\n"
        "Свои деньги: 0,00 ₽\n"
        "Долг: нет\n"
        "Обещанный платёж: нет\n"
        "Выставлен счёт: 700,00 ₽, оплатить до 25 ноября. Это не долг: срок ещё не прошёл\n\n"
        "Данные на 12:00"
    )


async def test_under_credit_what_is_below_zero_will_be_billed() -> None:
    anna = Facts(own=-120_00, scheme=Scheme.CREDIT)
    assert text(await anna.says(balance)).splitlines()[0] == (
        "Баланс −120,00 ₽: это начислено и войдёт в следующий счёт"
    )


async def test_an_overdue_bill_is_named_beside_the_balance() -> None:
    anna = Facts(own=10_00, scheme=Scheme.CREDIT, bills_=(bill("1023", 9, 640_00, date(2026, 10, 25)),))
    turn = await anna.says(balance)
    assert text(turn).splitlines()[0] == "Баланс 10,00 ₽, долг 640,00 ₽"
    assert labels(turn)[0] == ["Сколько платить", "Долг"]


@pytest.mark.parametrize(
    ("own", "fee", "line"),
    [
        (350_00, None, "Баланс 350,00 ₽"),  # one unknown fee: no forecast
        (650_00, 650_00, "Баланс 650,00 ₽, хватит до 31 декабря"),
        (649_99, 650_00, "Баланс 649,99 ₽, хватит до 30 ноября"),
        (0, 650_00, "Баланс 0,00 ₽, хватит до 30 ноября"),
    ],
)
async def test_how_long_it_lasts(own: int, fee: int | None, line: str) -> None:
    assert text(await Facts(own=own, services_=(service(fee=fee),)).says(balance)).splitlines()[0] == line


async def test_enough_for_today_only() -> None:
    anna = Facts(own=5_00, services_=(service(fee=300_00, daily=True, next_fee=None),))
    assert text(await anna.says(balance)).splitlines()[0] == "Баланс 5,00 ₽, хватит только на сегодня"


async def test_each_status_in_words() -> None:
    anna = Facts(
        services_=(
            service("Интернет", 300_00, daily=True, next_fee=None),
            service("Телефон", status=Status.SUSPENDED),
            service("ТВ", status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1), tariff=""),
            service("Мобильная связь", status=Status.BLOCKED, balance=rubles(-50_00)),
            service("Видеонаблюдение", status=Status.OFF),
        )
    )
    assert text(await anna.says(balance)).split("Услуги:\n")[1].split("\n\n")[0] == (
        "Интернет: работает, тариф «Старт 100», 300,00 ₽ в месяц, списывается каждый день\n"
        "Телефон: приостановлено по заявлению, тариф «Старт 100»\n"
        "ТВ: приостановлено за долг, 650,00 ₽ в месяц\n"
        "Мобильная связь: остановлено оператором, причину подскажет поддержка, тариф «Старт 100», "
        "баланс услуги −50,00 ₽\n"
        "Видеонаблюдение: не подключено"
    )


async def test_a_title_cannot_pass_for_our_line() -> None:
    anna = Facts(services_=(service("ТВ\n\nДолг: 5 000,00 ₽" + "!" * 100),))
    lines = text(await anna.says(balance)).splitlines()
    assert not any(line.startswith("Долг: 5") for line in lines)
    assert max(map(len, lines)) < 200


async def test_the_time_of_old_figures_has_its_day() -> None:
    anna = Facts(as_of=NOON - timedelta(days=1))
    assert text(await anna.says(balance)).endswith("Данные на 15 ноября, 12:00")


async def test_refreshing_redraws_the_same_message() -> None:
    anna = Facts()
    asked = await anna.says(balance)
    assert reply(asked).replaces is None
    assert reply(await anna.presses(balance, "balance")).replaces is None
    assert reply(await anna.presses(balance, actions(asked)["Обновить"])).replaces == "m1"


async def test_buttons_are_offered_only_for_what_the_billing_can() -> None:
    anna = Facts(can=frozenset({Capability.BALANCE}))
    assert labels(await anna.says(balance)) == [["Сколько платить"], ["Обновить"]]
    assert labels(await Facts().says(balance)) == [
        ["Сколько платить"],
        ["История платежей", "Уведомления"],
        ["Обновить"],
    ]


async def test_the_audit_keeps_the_figures() -> None:
    turn = await Facts(own=-319_75, promised=500_00).says(balance)
    figures = {"own": -319_75, "overdue": 319_75, "to_pay": 319_75, "promised": 500_00}
    assert turn.effects == (Saw("a", "balance", figures),)


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        ("en", ["Balance −319.75 ₽, that is a debt of 319.75 ₽", "Own money: −319.75 ₽", "Debt: 319.75 ₽",
                "Promised payment: 500.00 ₽, to be paid back by 25 November", "Home: working", "Figures as of 12:00"]),
        ("pt", ["Saldo −319,75 ₽, ou seja, dívida de 319,75 ₽", "Dinheiro próprio: −319,75 ₽", "Dívida: 319,75 ₽",
                "Pagamento prometido: 500,00 ₽, a devolver até 25 de novembro", "Home: funcionando", "Dados de 12:00"]),
    ],
)  # fmt: skip
async def test_other_languages(language: str, facts: list[str]) -> None:
    anna = Facts(
        own=-319_75, promised=500_00, promised_until=date(2026, 11, 25), language=language, services_=(service("Home"),)
    )
    said = text(await anna.says(balance))
    assert said.splitlines()[0] == facts[0]
    assert all(any(line.startswith(fact) for line in said.splitlines()) for fact in facts)


async def test_the_day_is_the_accounts_own() -> None:
    at = datetime(2026, 11, 16, 23, 30, tzinfo=ZoneInfo("Europe/Moscow"))
    anna = Facts(now=at, as_of=at, zone="Asia/Vladivostok", services_=(service(next_fee=date(2026, 11, 17)),), own=0)
    assert text(await anna.says(balance)).splitlines()[0] == "Баланс 0,00 ₽"  # its fee is wanted today, the 17th
