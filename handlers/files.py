"""What a file that a customer is sent is called: the kind, the period, the last four digits, and nothing else.

«Выписка_2026-10_…1234.pdf»      a whole month; a whole year is «2026», anything else has both its days
"""

import re

from billing.base import Account, Period
from billing.position import month_end
from handlers.ask import Ask
from handlers.text import tail


def called(ask: Ask, kind: str, account: Account, period: Period, ending: str) -> str:
    """`kind` is the name of a sentence. Letters, digits, «-», «_», «…» and a point: no file system minds them."""
    words = re.sub(r"\W+", "_", ask.say(kind))
    number = re.sub(r"[\W_]", "", account.number)
    return f"{words}_{days(period)}_{tail(number)}.{ending}"


def days(period: Period) -> str:
    first, last = period.first, period.last
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first:%Y}"
    if first.day == 1 and last == month_end(first):
        return f"{first:%Y-%m}"
    return first.isoformat() if first == last else f"{first.isoformat()}_{last.isoformat()}"
