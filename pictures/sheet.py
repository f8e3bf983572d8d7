"""Rows as a CSV file that a Russian Excel opens right with a double click.

encoding     UTF-8 with BOM: without it Excel takes windows-1251
separators   «;» between cells, because the comma is the decimal one; CRLF between rows
int, Decimal plain and unquoted with a decimal comma: Excel adds them up
date         25.11.2026; with a time 25.11.2026 14:05, as the instant's own zone has it
str          as it is; one that a spreadsheet would run as a formula gets a leading ' (OWASP, «CSV injection»)
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | Decimal | date
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "−", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Sheet:
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def draw(self) -> bytes:
        made = io.StringIO(newline="")
        writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
        for row in (self.header, *self.rows):
            writer.writerow([written(cell) for cell in row])
        # A lone surrogate cannot be written, and must not cost the customer the file.
        return made.getvalue().encode("utf-8-sig", "replace")


def written(cell: Cell) -> str:
    match cell:
        case str():
            text = cell.replace("\0", "")
            return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text
        case datetime():
            return f"{cell:%d.%m.%Y %H:%M}"
        case date():
            return f"{cell:%d.%m.%Y}"
        case Decimal():
            return f"{cell:f}".replace(".", ",")
        case int():
            return str(cell)
