"""The promise of a picture: values in, bytes out; pure, and the same bytes for the same values.

A drawing is a frozen value that holds every word and figure it shows, already said in the customer's language. So it
is its own key in a cache, can be drawn on any thread or in any process, and knows no sentence and no billing.

    services.py    ServiceList   the list of services with their states, closed by two sums     PNG
    bars.py        Bars          bars by day or by month                                        PNG
    code.py        PaymentCode   a payment order as a QR code by GOST R 56042-2014              PNG
    statement.py   Statement     an account's statement                                         PDF
    sheet.py       Sheet         rows that open right in a Russian Excel                        CSV

    lettering.py  fonts, and what of a text is shown          canvas.py  paper, colours, shapes, PNG by Pillow
    table.py      a table's values                            pages.py   facts and tables set in type by reportlab

The same figures always stand in the words beside a picture: no network shows an alternative text.
"""

from dataclasses import dataclass
from typing import Protocol


class Drawing(Protocol):
    """A frozen, hashable value that can be drawn."""

    def draw(self) -> bytes:
        """The file. Takes some milliseconds of a core: never called on the event loop."""


@dataclass(frozen=True, slots=True)
class Payee:
    """The operator's account for a payment order (GOST R 56042-2014, the required block and its tax numbers)."""

    name: str  # up to 160 characters
    account: str  # 20 characters
    bank: str  # up to 45 characters
    bic: str  # 9 digits
    corr_account: str  # 20 digits, or "0" where the bank has none
    inn: str = ""
    kpp: str = ""
    tech_code: str = "09"  # internet and TV; 01 is telephony
