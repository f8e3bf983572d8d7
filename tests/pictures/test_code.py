"""The payment order: what a bank's app reads out of our picture, byte for byte, and what we refuse to draw."""

from dataclasses import fields, replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pictures.base import Payee
from pictures.code import FIELDS, HEAD, REQUIRED, REQUIRED_BYTES, PaymentCode, payment_order, read_order
from tests.pictures.qr import modules, read

PAYEE = Payee(
    name="ПАО «Связь»",
    account="40702810100000000001",
    bank="ПАО Сбербанк",
    bic="044525225",
    corr_account="30101810400000000225",
    inn="7707049388",
    kpp="771032001",
)
CODE = PaymentCode(PAYEE, 112_000, "720012345", "Оплата услуг связи, л/с 720012345")


def order(code: PaymentCode) -> bytes:
    return payment_order(code.payee, code.amount_minor, code.account_number, code.purpose)


def tried(code: PaymentCode) -> bytes | str:
    """The order, or what is wrong with it."""
    try:
        return order(code)
    except ValueError as error:
        return str(error)


def test_the_order_is_written_as_the_standard_wants_it() -> None:
    assert order(CODE).decode() == (
        "ST00012|Name=ПАО «Связь»|PersonalAcc=40702810100000000001|BankName=ПАО Сбербанк|BIC=044525225"
        "|CorrespAcc=30101810400000000225|Sum=112000|Purpose=Оплата услуг связи, л/с 720012345"
        "|PayeeINN=7707049388|KPP=771032001|PersAcc=720012345|TechCode=09"
    )


def test_what_the_operator_has_not_set_is_left_out() -> None:
    bare = replace(PAYEE, inn="", kpp="", tech_code="")
    assert list(read_order(payment_order(bare, 1, "1", "л/с 1"))) == [*REQUIRED, "Sum", "Purpose", "PersAcc"]


def test_the_picture_holds_these_very_bytes() -> None:
    png = CODE.draw()
    assert read(png) == order(CODE)
    _, pixels, quiet = modules(png)
    assert pixels >= 4
    assert quiet == 4
    assert len(png) < 10_000


def test_the_reader_notices_damage() -> None:
    image = Image.open(BytesIO(CODE.draw())).convert("L")
    _, pixels, quiet = modules(CODE.draw())
    at = (quiet + 20) * pixels
    inverted = 255 - image.crop((at, at, at + 1, at + 1)).tobytes()[0]
    image.paste(inverted, (at, at, at + pixels, at + pixels))
    made = BytesIO()
    image.save(made, "PNG")
    with pytest.raises(AssertionError, match="damaged"):
        read(made.getvalue())


# Letters of one to four bytes, the separator, the sign between key and value, line breaks, marks of direction, halves.
words = st.text(st.one_of(st.characters(), st.sampled_from("|=«»№ йЁ\n\r\t\u202e\ud83d")), max_size=200)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 10**13), st.text(st.sampled_from("0123456789"), min_size=1, max_size=30), words)
def test_whatever_is_drawn_reads_back(amount: int, account: str, purpose: str) -> None:
    code = PaymentCode(PAYEE, amount, account, purpose)
    written = tried(code)
    if isinstance(written, str):
        assert written.startswith("Purpose ")
        return
    assert read(code.draw()) == written
    found = read_order(written)
    assert (found["Sum"], found["PersAcc"]) == (str(amount), account)


@settings(max_examples=300)
@given(words, words, words, words)
def test_an_order_keeps_the_rules_or_names_the_field(name: str, bank: str, purpose: str, account: str) -> None:
    written = tried(PaymentCode(replace(PAYEE, name=name, bank=bank), 100, account, purpose))
    if isinstance(written, str):
        assert written.split()[0].rstrip(",") in FIELDS
        return
    found = read_order(written)
    assert list(found) == list(FIELDS)
    assert all("\n" not in value for value in found.values())
    assert len(written.partition(b"|Sum=")[0]) - len(f"{HEAD}|") <= REQUIRED_BYTES


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("name", "", "Name"),
        ("name", "Я" * 161, "Name"),
        ("account", "4070281010000000000", "PersonalAcc"),
        ("account", "00702810100000000001", "PersonalAcc"),
        ("account", "40702810100000000001 ", ""),
        ("account", "٤0702810100000000001", "PersonalAcc"),
        ("bank", "Б" * 46, "BankName"),
        ("bic", "4452522", "BIC"),
        ("corr_account", "", "CorrespAcc"),
        ("corr_account", "0", ""),
        ("inn", "77070493", "PayeeINN"),
        ("kpp", "7710320", "KPP"),
        ("tech_code", "internet", "TechCode"),
    ],
)
def test_a_payee_is_checked_field_by_field(field: str, value: str, named: str) -> None:
    assert field in {one.name for one in fields(Payee)}
    payee = replace(PAYEE, **{field: value})
    if not named:
        payment_order(payee, 100, "1", "л/с 1")
        return
    with pytest.raises(ValueError, match=rf"^{named} ") as found:
        payment_order(payee, 100, "1", "л/с 1")
    assert not value or value not in str(found.value)


@pytest.mark.parametrize("amount", [0, -1, 10**18])
def test_a_sum_that_no_bank_takes(amount: int) -> None:
    with pytest.raises(ValueError, match=r"^Sum "):
        payment_order(PAYEE, amount, "1", "л/с 1")


def test_the_required_block_has_its_size() -> None:
    with pytest.raises(ValueError, match="300 bytes"):
        payment_order(replace(PAYEE, name="Я" * 100), 100, "1", "л/с 1")
    payment_order(replace(PAYEE, name="Z" * 160), 100, "1", "л/с 1")


@pytest.mark.parametrize(
    "text", ["", "ST00012", "ST00012|", "ST00011|Name=a", "ST00012|Name", "ST00012|=a", "ST00012|Nаme=a", "\n"]
)
def test_what_is_no_order_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        read_order(text.encode())
    with pytest.raises(ValueError):
        read_order(b"\xff" + text.encode())
