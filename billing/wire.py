"""What came over the wire, read strictly: exact sums, moments with a zone, texts, objects.

Live servers send sums as numbers and as text, phones as numbers, dates of the year 0000, enumerations with trailing
blanks, `null` where an object belongs. Here each becomes a value that can be trusted, or nothing where nothing is a
harmless answer (a date), or Unreadable where it is not (a sum, an object). An error names the field, never the value.
"""

import re
from datetime import UTC, date, datetime, time, tzinfo
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from billing.base import LARGEST, Money
from billing.upstream import Unreadable

MOST: Final = Decimal(10**12)  # no sum of anybody's; servers do send -3.4e38 for "not set"
DECIMALS: Final = 18  # of a sum; a number that came out of somebody's float (5.68e-14) has more, and they mean nothing
KOPECK: Final = Decimal("0.01")
_WIDE: Final = Context(prec=100)  # the usual one has 28 digits, and rounds before it is told to
SUM: Final = re.compile(rf"[-+\u2212]?[0-9]{{1,13}}(?:[.,][0-9]{{1,{DECIMALS}}})?")
CURRENCY: Final = re.compile("[A-Z]{3}")
DIGITS: Final = 60  # of a number that is a text: ids and phones have fewer
YEARS: Final = range(1990, 2101)  # a billing knows nothing of other ones; servers do send 0000 and 1937
STAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?) ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
EPOCH: Final = re.compile(r"[0-9]{1,11}")
EDGES: Final = (time(0), time(23, 59, 59))  # of a day
UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")  # half a surrogate pair is no letter in any database


def amount(value: object, field: str) -> Decimal:
    """A sum or quantity, exact: from a JSON number that was read as `int` or Decimal, or from plain decimal text.

    Raises Unreadable for all else: nothing, true, a float, NaN, infinity, "1e9", text of more than 18 decimals, what
    is beyond ±10**12. A number of more than 18 decimals is rounded to them.
    """
    if isinstance(value, str) and SUM.fullmatch(value.strip()):
        value = Decimal(value.strip().replace(",", ".").replace("\u2212", "-"))
    if type(value) is int and abs(value) <= MOST:
        return Decimal(value)
    if not isinstance(value, Decimal):
        raise Unreadable(f"{field}: not a sum")
    if not value.is_finite():
        raise Unreadable(f"{field}: not a finite sum")
    if not value:
        return Decimal(0)
    if value.adjusted() > 12 or abs(value) > MOST:  # the exponent first: 1E+999999999 is never written out
        raise Unreadable(f"{field}: an absurd sum")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        return value.quantize(Decimal(1).scaleb(-DECIMALS), ROUND_HALF_EVEN, context=_WIDE)
    return value


def money(value: Decimal, currency: str) -> Money:
    """A sum that is already summed up, in whole minor units: half up, away from zero. Raises Unreadable."""
    code = currency.strip().upper()
    if not CURRENCY.fullmatch(code):
        raise Unreadable("currency: not three letters")
    if not value.is_finite() or (value and value.adjusted() > 13):
        raise Unreadable("an absurd sum")
    minor = int(value.quantize(KOPECK, ROUND_HALF_UP, context=_WIDE).scaleb(2, context=_WIDE))
    if abs(minor) > LARGEST:
        raise Unreadable("an absurd sum")
    return Money(minor, code)


def moment(value: object, zone: tzinfo, *, epoch: bool = False) -> datetime | None:
    """A moment in UTC, from ISO text or "YYYY-MM-DD HH:MM:SS"; without an offset it is in `zone`.

    With `epoch`, whole seconds since 1970 are read too. None: nothing, 0000-00-00, and what nobody can believe.
    """
    try:
        if epoch and EPOCH.fullmatch(text(value)):
            at = datetime.fromtimestamp(int(text(value)), UTC)
        else:
            at = _stamp(value, zone)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # no such day; no such moment
        return None
    return at if at.year in YEARS else None


def day(value: object, zone: tzinfo) -> date | None:
    """A day: as written, or of a moment with an offset the day in `zone`. None as of `moment`.

    The first and the last second of a day mean that day whichever offset stands behind them: a bill that is due on the
    25th is written 25T23:59:59Z also where that is the 26th.
    """
    try:
        at = _stamp(value, zone)
        found = at.date() if at.time().replace(microsecond=0) in EDGES else at.astimezone(zone).date()
    except (ValueError, OverflowError):
        return None
    return found if found.year in YEARS else None


def text(value: object) -> str:
    """A text without blanks around it; of a number its digits; of nothing, and of what is no text, "".

    What no database and no screen can hold (control characters, halves of surrogate pairs) becomes a blank.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 200 else ""
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > DIGITS or len(value.as_tuple().digits) > DIGITS:
            return ""
        whole = value == value.to_integral_value()
        return str(int(value)) if whole else format(value, "f")
    return UNPRINTABLE.sub(" ", value).strip() if isinstance(value, str) else ""


def word(value: object) -> str:
    """A member of an enumeration, in one spelling: "aborted " and "Aborted" are "aborted"."""
    return text(value).casefold()


def record(value: object, field: str) -> dict[str, Any]:
    """An object. Raises Unreadable for anything else."""
    if not isinstance(value, dict):
        raise Unreadable(f"{field}: not an object")
    return value


def records(value: object, field: str) -> list[dict[str, Any]]:
    """A list of objects; nothing is none, and one object is a list of one. Raises Unreadable for anything else."""
    if value is None:
        return []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise Unreadable(f"{field}: not a list")
    return [record(one, field) for one in value]


def _stamp(value: object, zone: tzinfo) -> datetime:
    """Raises ValueError. Years at the end of time cannot be moved to another zone: OverflowError, of whoever does."""
    found = STAMP.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("no time")
    on, time, offset = found.groups()
    at = datetime.fromisoformat(f"{on}T{time or '00:00'}{(offset or '').upper()}")
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
