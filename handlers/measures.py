"""Traffic and talking time as customers read them: whole bytes and seconds in, «12,4 ГБ» and «83 мин 20 с» out.

    1 КБ = 1024 Б, 1 МБ = 1024 КБ …   as bills in Russia count (decree No. 879 of 31.10.2009 on units, annex 3)
    one digit behind the comma        rounded once, from whole bytes; 1023,95 МБ is 1 ГБ and never "1024 МБ"
    minutes, not hours                packages and prices are in minutes

No float is in it: a sum of days and the days themselves are rounded each from their own whole number.
"""

from decimal import Decimal
from typing import Final

from babel.numbers import format_decimal

from handlers.text import LOCALES, Say, spaced

STEP: Final = 1024
UNITS: Final = ("size-b", "size-kb", "size-mb", "size-gb", "size-tb")


def size(say: Say, count: int) -> str:
    """So many bytes in the unit that reads best: «0 Б», «512 КБ», «12,4 ГБ»."""
    tenths, unit = scaled(count)
    return say(UNITS[unit], n=decimal(say, Decimal(tenths).scaleb(-1)))


def scaled(count: int) -> tuple[int, int]:
    """(tenths of a unit, rounded half up; which unit): the smallest unit in which there are fewer than 1024."""
    tenths = count * 10
    for unit in range(len(UNITS)):
        tenths = count * 10 if unit == 0 else (2 * count * 10 + STEP**unit) // (2 * STEP**unit)
        if tenths < STEP * 10:
            return tenths, unit
    return tenths, len(UNITS) - 1


def talk(say: Say, seconds: int) -> str:
    """«45 с», «12 мин», «1 240 мин 5 с»."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return say("talk-seconds", seconds=rest)
    whole = decimal(say, Decimal(minutes))
    return say("talk-both", minutes=whole, seconds=rest) if rest else say("talk-minutes", minutes=whole)


def decimal(say: Say, number: Decimal) -> str:
    """«1 234,5» with no-break spaces, the reader's comma or point, no zero behind it."""
    return spaced(format_decimal(number, format="#,##0.#", locale=LOCALES[say.language]))
