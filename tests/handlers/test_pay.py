"""Monday 16 November 2026. A customer asks how much to pay."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Capability, Scheme, Status
from handlers.pay import pay
from storage.base import Saw
from tests.handlers.money_asks import OPERATOR, Facts, actions, bill, labels, reply, rubles, service, text

WITH_PAGE = replace(OPERATOR, pay_url="https://pay.example/?ls={account}&sum={sum}", account_url="https://lk.example")


async def test_what_is_missing_for_the_next_fees() -> None:
    anna = Facts(own=300_00, services_=(service(), service("Телефон", 200_00)))
    assert text(await anna.says(pay)) == (
        "К оплате 550,00 ₽ до вторника, 1 декабря\n\n"
        "Из чего складывается:\n"
        "Домашний интернет, спишется 1 декабря: 650,00 ₽\n"
        "Телефон, спишется 1 декабря: 200,00 ₽\n"
        "Уже на балансе: −300,00 ₽\n\n"
        "Если не оплатить, во вторник, 1 декабря, денег на списание не хватит и услуги могут приостановить.\n\n"
        "Данные на 12:00"
    )


async def test_a_debt_is_asked_for_today() -> None:
    anna = Facts(own=-319_75, services_=(service(),))
    assert text(await anna.says(pay)) == (
        "К оплате 969,75 ₽ сегодня, в понедельник, 16 ноября\n\n"
        "Из чего складывается:\n"
        "Долг, баланс ниже нуля: 319,75 ₽\n"
        "Домашний интернет, спишется 1 декабря: 650,00 ₽\n\n"
        "Баланс ниже нуля: услуги могут приостановить в любой день.\n\n"
        "Данные на 12:00"
    )


async def test_what_is_stopped_already_is_named() -> None:
    anna = Facts(own=-319_75, services_=(service(status=Status.BLOCKED_DEBT), service("Телефон", 200_00)))
    assert "Из-за долга приостановлено: Домашний интернет." in text(await anna.says(pay))


async def test_bills_past_due_and_coming() -> None:
    bills = (bill("1023", 9, 640_00, date(2026, 10, 25)), bill("1024", 10, 700_00, date(2026, 11, 25)))
    anna = Facts(own=40_00, scheme=Scheme.CREDIT, bills_=bills)
    assert text(await anna.says(pay)) == (
        "К оплате 1 300,00 ₽ сегодня, в понедельник, 16 ноября\n\n"
        "Из чего складывается:\n"
        "Счёт № 1023, срок был 25 октября: 640,00 ₽\n"
        "Счёт № 1024, срок до 25 ноября: 700,00 ₽\n"
        "Уже на балансе: −40,00 ₽\n\n"
        "Срок уже прошёл: услуги могут приостановить в любой день.\n\n"
        "Данные на 12:00"
    )


async def test_an_issued_bill_has_a_day_and_the_day_after() -> None:
    anna = Facts(own=0, scheme=Scheme.CREDIT, bills_=(bill("1024", 10, 700_00, date(2026, 11, 25)),))
    said = text(await anna.says(pay))
    assert said.splitlines()[0] == "К оплате 700,00 ₽ до среды, 25 ноября"
    assert "Если не оплатить, в четверг, 26 ноября, счёт станет просроченным." in said


async def test_nothing_to_pay_and_when_the_next_fee_comes() -> None:
    anna = Facts(own=1_000_00, services_=(service(),))
    turn = await anna.says(pay)
    assert text(turn) == (
        "Сейчас платить ничего не нужно\n\n"
        "До вторника, 1 декабря, спишется 650,00 ₽: эти деньги уже есть на балансе.\n"
        "Денег хватит до 31 декабря.\n\n"
        "Данные на 12:00"
    )
    assert labels(turn) == [["Баланс"], ["История платежей"]]


async def test_nothing_to_pay_under_credit() -> None:
    anna = Facts(own=-120_00, scheme=Scheme.CREDIT, services_=(service(),))
    assert text(await anna.says(pay)) == (
        "Сейчас платить ничего не нужно\n\n"
        "Уже начислено 120,00 ₽: это войдёт в следующий счёт.\n"
        "До вторника, 1 декабря, начислится 650,00 ₽: это войдёт в следующий счёт.\n\n"
        "Данные на 12:00"
    )


async def test_nothing_to_pay_and_nothing_known() -> None:
    assert text(await Facts(own=0).says(pay)) == "Сейчас платить ничего не нужно\n\nДанные на 12:00"


async def test_a_fee_whose_day_nobody_has_told_is_said_and_stands_in_no_sum() -> None:
    undated = service(next_fee=None)
    assert text(await Facts(own=319_75, services_=(undated,)).says(pay)) == (
        "Долга нет, но на абонентскую плату не хватает 330,25 ₽\n\n"
        "Домашний интернет: 650,00 ₽ в месяц. День списания мне неизвестен, "
        "поэтому в сумму к оплате эта плата не входит.\n\n"
        "Данные на 12:00"
    )
    assert text(await Facts(own=650_00, services_=(undated,)).says(pay)).startswith("Сейчас платить ничего не нужно\n")
    also_dated = Facts(own=100_00, services_=(undated, service("Телефон", 200_00)))
    assert text(await also_dated.says(pay)).startswith("К оплате 100,00 ₽ до вторника, 1 декабря\n")
    assert "650,00 ₽ в месяц. День списания мне неизвестен" in text(await also_dated.says(pay))


async def test_a_daily_fee_is_said_to_be_daily() -> None:
    anna = Facts(own=10_00, services_=(service(fee=300_00, daily=True, next_fee=None),))
    said = text(await anna.says(pay))
    assert "Домашний интернет, списывается каждый день по 30 ноября: 140,00 ₽" in said
    assert said.splitlines()[0] == "К оплате 130,00 ₽ до среды, 18 ноября"


async def test_a_fee_of_today() -> None:
    anna = Facts(own=0, services_=(service(next_fee=date(2026, 11, 16)),))
    assert "Если не оплатить, сегодня денег на списание не хватит" in text(await anna.says(pay))


async def test_a_promised_payment_is_apart() -> None:
    anna = Facts(own=-100_00, promised=200_00, promised_until=date(2026, 11, 25))
    said = text(await anna.says(pay))
    assert said.splitlines()[0] == "К оплате 100,00 ₽ сегодня, в понедельник, 16 ноября"
    assert (
        "Обещанный платёж 200,00 ₽ нужно вернуть до среды, 25 ноября: его закрывают обычные платежи. "
        "В сумму к оплате он не входит."
    ) in said


async def test_the_page_gets_the_same_sum() -> None:
    anna = Facts(own=-1_234_56, operator=WITH_PAGE)
    turn = await anna.says(pay)
    assert actions(turn)["Оплатить 1 234,56 ₽"] == "https://pay.example/?ls=100000001234&sum=1234.56"
    assert turn.effects == (Saw("a", "pay", {"own": -1_234_56, "overdue": 1_234_56, "to_pay": 1_234_56}),)


async def test_without_a_page_the_personal_account_is_offered() -> None:
    anna = Facts(own=-5, operator=replace(WITH_PAGE, pay_url=""))
    assert actions(await anna.says(pay))["Личный кабинет"] == "https://lk.example"


async def test_with_nothing_to_pay_no_page_is_offered() -> None:
    turn = await Facts(own=0, operator=WITH_PAGE).says(pay)
    assert all(button.url is None for row in reply(turn).keyboard for button in row)


async def test_no_button_for_what_the_billing_cannot() -> None:
    anna = Facts(own=-5, can=frozenset({Capability.BALANCE}))
    assert labels(await anna.says(pay)) == [["Баланс", "Долг"]]


@pytest.mark.parametrize(
    ("language", "first", "after"),
    [
        ("en", "To pay: 550.00 ₽ by Tuesday, 1 December",
         "If it is not paid, the money will not cover the charge on Tuesday, 1 December, "
         "and services may be suspended."),
        ("pt", "A pagar: 550,00 ₽ até terça-feira, 1 de dezembro",
         "Sem o pagamento, o dinheiro não cobre o desconto na terça-feira, 1 de dezembro, e os serviços podem ser "
         "suspensos."),
    ],
)  # fmt: skip
async def test_other_languages(language: str, first: str, after: str) -> None:
    anna = Facts(own=300_00, services_=(service(), service("Телефон", 200_00)), language=language)
    said = text(await anna.says(pay))
    assert said.splitlines()[0] == first
    assert after in said.splitlines()


@given(st.integers(-(10**7), 10**7), st.sampled_from(Scheme), st.lists(st.integers(1, 10**6), max_size=3))
async def test_the_printed_lines_add_up_to_the_printed_sum(own: int, scheme: Scheme, left: list[int]) -> None:
    bills = tuple(bill(str(n), 8 + n % 3, r, date(2026, 10 + n % 2, 25)) for n, r in enumerate(left))
    anna = Facts(own=own, scheme=scheme, bills_=bills, services_=(service(),))
    said = text(await anna.says(pay))
    if not said.startswith("К оплате"):
        return
    blocks = said.split("\n\n")
    printed = [line.rsplit(": ", 1)[1] for line in blocks[1].splitlines()[1:]]
    assert sum(map(kopecks, printed)) == kopecks(blocks[0].removeprefix("К оплате ").split(" ₽")[0])


def kopecks(printed: str) -> int:
    return int(printed.replace("−", "-").replace(" ", "").replace(",", "").removesuffix("₽"))


def test_the_helper_reads_sums() -> None:
    assert kopecks("−1 234,56 ₽") == -rubles(123456).minor
