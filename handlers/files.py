"""Files that a customer is sent: which kind is meant, and what the file is called.

«выписка за март pdf», «детализация в excel», and «файлом» after the screen: about the screen's period
«Выписка_2026-10_…1234.pdf»   the kind, the period, the last four digits, and nothing else of the account:
                              a whole month, a whole year («2026»), anything else with both its days
"""

import re
from enum import StrEnum
from typing import Final

from billing.base import Account, Period
from billing.position import month_end
from handlers import periods, span
from handlers.ask import Ask
from handlers.text import tail
from nlu.letters import fold


class Form(StrEnum):
    PDF = "pdf"
    CSV = "csv"  # what Excel opens


TYPES: Final = {Form.PDF: "application/pdf", Form.CSV: "text/csv"}
# Of folded words. "A file" without a kind is the one that every phone shows.
SPOKEN: Final = (
    (Form.CSV, re.compile(r"\b(excel|эксел|ексел|csv|xlsx?\b|таблиц|spreadsheet|planilha)")),
    (Form.PDF, re.compile(r"\b(pdf|пдф|фаил|file\b|arquivo)")),
)


def typed(ask: Ask, name: str) -> tuple[Form | None, tuple[str, ...]]:
    """The kind of file that typed words name, and the arguments of its period: those of the screen that waits, where
    the words name no period themselves (see `waiting`)."""
    words = fold(ask.text)
    form = next((form for form, said in SPOKEN if said.search(words)), None)
    dialogue = ask.memory.dialogue
    if form is None or dialogue.question != name or periods.parse(ask.text, ask.today) is not None:
        return form, ()
    before = dialogue.data.get("period", "")
    return form, tuple(before.split(":")) if before else ("month",)


def waiting(question: str, period: Period) -> dict[str, str]:
    """What a screen of a period leaves for the next words."""
    return {"about": question, "period": span.action("", period).removeprefix(":")}


def called(ask: Ask, kind: str, account: Account, period: Period, form: Form) -> str:
    """`kind` is the name of a sentence. Letters, digits, «-», «_», «…» and a point: no file system minds them."""
    words = re.sub(r"\W+", "_", ask.say(kind))
    number = re.sub(r"[\W_]", "", account.number)
    return f"{words}_{days(period)}_{tail(number)}.{form}"


def days(period: Period) -> str:
    first, last = period.first, period.last
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first:%Y}"
    if first.day == 1 and last == month_end(first):
        return f"{first:%Y-%m}"
    return first.isoformat() if first == last else f"{first.isoformat()}_{last.isoformat()}"
