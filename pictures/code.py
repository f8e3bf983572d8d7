"""A payment order as a QR code by GOST R 56042-2014: any bank's app reads it and fills in the transfer.

    ST00012|Name=…|PersonalAcc=…|BankName=…|BIC=…|CorrespAcc=…|Sum=112000|Purpose=…|PayeeINN=…|KPP=…|PersAcc=…|TechCode=09

«ST», version 0001, 2 for UTF-8, then the separator and pairs; the first five in this order and 300 bytes at most.
The code holds these bytes as they are, in byte mode and without an ECI mark: banks go by the digit in the head.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pictures.base import Payee

HEAD: Final = "ST00012"
REQUIRED_BYTES: Final = 300  # the required block as a whole, in the order's own encoding
WIDE: Final = 960  # pixels that the picture has at most
MODULE: Final = 4  # pixels a module at least: cameras lose smaller ones
QUIET: Final = 4  # modules around the code (ISO/IEC 18004)

# What a key's value must look like; lengths in characters (GOST R 56042-2014, tables 2 to 4).
FIELDS: Final = {
    "Name": r".{1,160}",
    "PersonalAcc": r"[1-9]\d{4}[0-9ABCEHKMPTX]\d{14}",
    "BankName": r".{1,45}",
    "BIC": r"\d{9}",
    "CorrespAcc": r"\d{20}|0",
    "Sum": r"[1-9]\d{0,17}",
    "Purpose": r".{1,160}",  # readings differ, 160 or 210: the shorter one pleases both
    "PayeeINN": r"\d{10}|\d{12}",
    "KPP": r"\d{4}[0-9A-Z]{2}\d{3}",
    "PersAcc": r".{1,30}",
    "TechCode": r"\d{2}",
}
REQUIRED: Final = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
OPTIONAL: Final = frozenset({"PayeeINN", "KPP", "TechCode"})  # left out where the operator has not set them


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """`amount_minor`: kopecks. Drawing raises ValueError, naming the field, for an order that no bank would take."""

    payee: Payee
    amount_minor: int
    account_number: str  # the customer's, at the operator
    purpose: str  # «Оплата услуг связи, л/с 123456»

    def draw(self) -> bytes:
        import segno

        order = payment_order(self.payee, self.amount_minor, self.account_number, self.purpose)
        code = segno.make(order, mode="byte", error="m", eci=False, boost_error=False, micro=False)
        side = code.symbol_size(border=QUIET)[0]
        made = BytesIO()
        code.save(made, kind="png", scale=max(MODULE, WIDE // side), border=QUIET)
        return made.getvalue()


def payment_order(payee: Payee, amount_minor: int, account_number: str, purpose: str) -> bytes:
    """The order's text. Raises ValueError naming the field, and never its value."""
    fields = {
        "Name": payee.name,
        "PersonalAcc": payee.account,
        "BankName": payee.bank,
        "BIC": payee.bic,
        "CorrespAcc": payee.corr_account,
        "Sum": str(amount_minor),
        "Purpose": purpose,
        "PayeeINN": payee.inn,
        "KPP": payee.kpp,
        "PersAcc": account_number,
        "TechCode": payee.tech_code,
    }
    order = []
    for key, value in fields.items():
        value = plain(value)
        if not value and key in OPTIONAL:
            continue
        if not re.fullmatch(FIELDS[key], value, re.ASCII):
            raise ValueError(f"{key} must match {FIELDS[key]}")
        order.append(f"{key}={value}")
    if len("|".join(order[: len(REQUIRED)]).encode()) > REQUIRED_BYTES:
        raise ValueError(f"{', '.join(REQUIRED)} together must be at most {REQUIRED_BYTES} bytes: shorten Name")
    return "|".join([HEAD, *order]).encode()


def plain(value: str) -> str:
    """The value on one line, without the separator and what no bank's form takes."""
    text = "".join(c if c.isprintable() else " " for c in value.replace("|", "/"))
    return " ".join(text.split())


def read_order(order: bytes) -> dict[str, str]:
    """The pairs of an order, in their order. Raises ValueError when it is none."""
    text = order.decode("utf-8")
    if not re.fullmatch(rf"{HEAD}\|.+", text, re.DOTALL):
        raise ValueError("not an order in UTF-8")
    return dict(pairs(text[len(HEAD) + 1 :]))


def pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split("|"):
        key, equals, value = pair.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z]+", key):
            raise ValueError("not a pair of key and value")
        yield key, value
