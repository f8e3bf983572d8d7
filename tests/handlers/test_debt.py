"""Monday 16 November 2026. A customer asks what is owed."""

from datetime import date, timedelta

import pytest

from billing.base import Scheme
from handlers.debt import debt
from tests.clock import NOON
from tests.handlers.money_asks import Facts, bill, labels, text

LATE = bill("1022", 8, 300_00, date(2026, 9, 25), amount=650_00)
LATER = bill("1023", 9, 650_00, date(2026, 10, 25))
COMING = bill("1024", 10, 700_00, date(2026, 11, 25))


async def test_no_debt_is_said_plainly() -> None:
    assert text(await Facts().says(debt)) == "Долга нет\n\nДанные на 12:00"


async def test_no_debt_is_said_only_of_the_time_the_figures_are_of() -> None:
    anna = Facts(as_of=NOON - timedelta(days=2))
    assert text(await anna.says(debt)).splitlines()[0] == "По данным на 14 ноября, 12:00 долга нет"


async def test_advance_debt_is_what_is_below_zero() -> None:
    anna = Facts(own=-319_75)
    assert text(await anna.says(debt)) == (
        "Долг 319,75 ₽\n\nБаланс −319,75 ₽: долг — это всё, что ниже нуля.\n\nДанные на 12:00"
    )


async def test_credit_debt_bill_by_bill_and_the_coming_one_apart() -> None:
    anna = Facts(own=0, scheme=Scheme.CREDIT, bills_=(LATE, LATER, COMING))
    turn = await anna.says(debt)
    assert text(turn) == (
        "Долг 950,00 ₽\n\n"
        "Просрочено с 26 сентября:\n"
        "Счёт № 1022 за 1–31 августа: не оплачено 300,00 ₽ из 650,00 ₽, срок был 25 сентября\n"
        "Счёт № 1023 за 1–30 сентября: не оплачено 650,00 ₽, срок был 25 октября\n\n"
        "Выставлено, срок ещё не прошёл, это не долг:\n"
        "Счёт № 1024 за 1–31 октября: 700,00 ₽, оплатить до 25 ноября\n\n"
        "Данные на 12:00"
    )
    assert labels(turn) == [["Сколько платить"], ["Баланс", "История платежей"]]


async def test_issued_and_not_due_is_no_debt() -> None:
    anna = Facts(own=0, scheme=Scheme.CREDIT, bills_=(COMING,))
    assert text(await anna.says(debt)).splitlines()[0] == "Долга нет"
    assert "Счёт № 1024 за 1–31 октября: 700,00 ₽, оплатить до 25 ноября" in text(await anna.says(debt))


async def test_the_due_day_itself_is_not_late() -> None:
    anna = Facts(own=0, scheme=Scheme.CREDIT, bills_=(bill("1", 10, 700_00, date(2026, 11, 16)),))
    assert text(await anna.says(debt)).splitlines()[0] == "Долга нет"
    tomorrow = Facts(**{**vars(anna), "now": NOON + timedelta(days=1), "as_of": NOON + timedelta(days=1)})
    assert text(await tomorrow.says(debt)).splitlines()[0] == "Долг 700,00 ₽"


async def test_a_promised_payment_is_told_and_not_added() -> None:
    anna = Facts(own=-100_00, promised=200_00, promised_until=date(2026, 11, 25))
    said = text(await anna.says(debt))
    assert said.splitlines()[0] == "Долг 100,00 ₽"
    assert "Обещанный платёж: 200,00 ₽, вернуть до 25 ноября" in said


async def test_under_advance_bills_play_no_part() -> None:
    assert text(await Facts(own=0, bills_=(LATE, COMING)).says(debt)) == "Долга нет\n\nДанные на 12:00"


@pytest.mark.parametrize(
    ("language", "first", "line"),
    [
        ("en", "Debt 950.00 ₽", "Bill No. 1022 for 1–31 August: 300.00 ₽ of 650.00 ₽ unpaid, was due on 25 September"),
        ("pt", "Dívida 950,00 ₽", "Fatura n.º 1022 de 1–31 de agosto: faltam 300,00 ₽ de 650,00 ₽, "
                                  "venceu em 25 de setembro"),
    ],
)  # fmt: skip
async def test_other_languages(language: str, first: str, line: str) -> None:
    said = text(await Facts(own=0, scheme=Scheme.CREDIT, bills_=(LATE, LATER, COMING), language=language).says(debt))
    assert said.splitlines()[0] == first
    assert line in said.splitlines()
