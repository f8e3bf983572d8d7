"""Whom a payment order goes to: set wholly and rightly, or the program names what is wrong and does not start."""

from collections.abc import Mapping

import pytest

from bot.settings import SettingsError, load
from pictures.base import Payee

WHOLE: Mapping[str, str] = {
    "PAYEE_NAME": "АО «Демо-Телеком»",
    "PAYEE_ACCOUNT": "40702810000000000001",
    "PAYEE_BANK": "ПАО «Демобанк»",
    "PAYEE_BIC": "044525000",
    "PAYEE_CORR_ACCOUNT": "30101810400000000000",
    "PAYEE_INN": "7700000000",
    "PAYEE_KPP": "770001001",
}


def test_nobody_unless_set() -> None:
    assert load({}).payee is None


def test_a_whole_payee() -> None:
    assert load({**WHOLE, "PAYEE_TECH_CODE": "01"}).payee == Payee(
        "АО «Демо-Телеком»",
        "40702810000000000001",
        "ПАО «Демобанк»",
        "044525000",
        "30101810400000000000",
        "7700000000",
        "770001001",
        "01",
    )


def test_tax_numbers_may_be_left_out() -> None:
    payee = load({**WHOLE, "PAYEE_INN": "", "PAYEE_KPP": ""}).payee
    assert payee is not None
    assert (payee.inn, payee.kpp) == ("", "")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"PAYEE_BIC": "04452500"}, "PAYEE_BIC"),
        ({"PAYEE_BIC": ""}, "PAYEE_BIC"),
        ({"PAYEE_ACCOUNT": "4070281000000000000x"}, "PAYEE_ACCOUNT"),
        ({"PAYEE_CORR_ACCOUNT": ""}, "PAYEE_CORR_ACCOUNT"),
        ({"PAYEE_BANK": "Б" * 46}, "PAYEE_BANK"),
        ({"PAYEE_NAME": ""}, "PAYEE_NAME is missing"),
        ({"PAYEE_NAME": "Я" * 160}, "shorten Name"),
        ({"PAYEE_INN": "٣٣٣٣٣٣٣٣٣٣"}, "PAYEE_INN"),
        ({"PAYEE_TECH_CODE": "internet"}, "PAYEE_TECH_CODE"),
        ({"PAYEE_PURPOSE": "Оплата услуг связи"}, "PAYEE_PURPOSE"),
        ({"PAYEE_PURPOSE": "Оплата {account} " * 20}, "PAYEE_PURPOSE"),
        ({"PAY_LEAST": "100", "PAY_LARGEST": "99"}, "PAY_LARGEST"),
        ({"PAY_LEAST": "0"}, "PAY_LEAST"),
        ({"TRANSFER_DAYS": "-1"}, "TRANSFER_DAYS"),
        ({"UNBLOCK_MINUTES": "час"}, "UNBLOCK_MINUTES"),
    ],
)
def test_what_is_wrong_is_named_and_never_printed(wrong: Mapping[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as fault:
        load({**WHOLE, **wrong})
    assert named in str(fault.value)
    assert not any(len(value) > 5 and value in str(fault.value) for value in {**WHOLE, **wrong}.values())
