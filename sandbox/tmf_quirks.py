"""What live servers get wrong, one quirk each: how a row, a list or a whole answer is bent. Any may be combined.

A client that meets one of them tells what is true, or that it does not know. It never tells a wrong sum.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

Json = dict[str, Any]


class Quirk(StrEnum):
    # Lists
    FILTERS_IGNORED = "filters ignored"  # everybody's records, whatever was asked for
    LITERAL = "literal"  # "a,b" is one value, which nothing has
    STILL = "still"  # no account is said to have changed
    MIXED = "mixed"  # a record of another account among those asked for
    ANONYMOUS = "anonymous"  # records that name no account
    CAPPED = "capped"  # pages of two, whatever `limit` asks for, with status 200
    REPEATED = "repeated"  # each page begins with the last record of the page before
    TOTALS_LOW = "totals low"  # X-Total-Count says 1
    TOTALS_NEGATIVE = "totals negative"
    TOTALS_HIGH = "totals high"  # as though nothing had been filtered
    LINK = "malformed Link"
    ENDLESS = "endless"  # the first page again, for every offset
    BARE = "bare"  # one object where a list of one belongs
    # Records
    FOREIGN = "foreign"  # by id, the record of another account
    NOISE = "noise"  # expired buckets, drafts, duplicates, failed payments, hidden products beside what counts
    SPACES = "spaces"  # words of enumerations with spaces around them
    CAPITALS = "capitals"  # and in capitals
    UNKNOWN_WORDS = "unknown words"  # a status, a type and a balance type that no description has
    NUMBERS = "numbers"  # ids and phone numbers as JSON numbers, where they are made of digits
    NULLS = "nulls"  # null for every object inside
    STRINGS = "strings"  # "string" for every text that is not an id
    DATES = "dates"  # 0000-00-00 and 1937 for every date
    UNDATED = "undated"  # dates without an offset
    OTHER_VERSION = "other version"  # v5 shapes in v4
    # Money
    FLOATS = "floats"  # 1119.7499999
    DECIMALS = "decimals"  # eighteen of them
    TEXTS = "texts"  # "1119,75"
    ABSURD = "absurd"  # -3.402823669209385e+38
    NAN = "nan"
    EXPONENT = "exponent"  # "1e9"
    CURRENCY = "currency"  # another than the account's
    # Answers
    INTEGER_CODES = "integer codes"
    STRING_CODES = "string codes"
    HTML = "html"  # status 400 and a page
    HTML_OK = "html ok"  # status 200 and a page
    HALF = "half"  # JSON that ends in its middle
    LATIN = "latin"  # bytes that are no UTF-8
    UNAVAILABLE = "unavailable"  # 503
    BUSY = "busy"  # 429 with Retry-After
    FLAKY = "flaky"  # every other answer is 503
    REDIRECT = "redirect"  # elsewhere
    HUGE = "huge"  # 200 MB
    SLOW = "slow"  # nothing comes until `heal`
    CUT = "cut"  # the connection ends in the headers
    DENIED = "denied"  # 401 for every token


ABSURD: Final = Decimal("-3.402823669209385e+38")

# Quirks that change single values: (key, value) ▶ value. Money is {"unit", "value"}, a quantity {"amount", "units"}.
SUMS: Final[Mapping[Quirk, Callable[[Decimal], Any]]] = {
    Quirk.FLOATS: lambda v: v - Decimal("0.0000001") if v else v,
    Quirk.DECIMALS: lambda v: v + Decimal("0.000000000000000001") if v else v,
    Quirk.TEXTS: lambda v: f"{v}".replace(".", ","),
    Quirk.ABSURD: lambda v: ABSURD,
    Quirk.NAN: lambda v: msgspec.Raw(b"NaN"),
    Quirk.EXPONENT: lambda v: "1e9",
}
WORDS: Final = frozenset({"status", "state", "usageType", "priceType", "category", "type", "balanceType", "planType"})
IDS: Final = frozenset({"id", "href", "@type", "@referredType"})


def bend(row: Json, quirks: set[Quirk]) -> Json:
    """The row as a server with these quirks would write it."""
    made = row
    for quirk in Quirk:  # in one order, whatever a set's is
        if quirk in quirks and quirk in BENT:
            made = _walk(made, BENT[quirk])
    return made


def _walk(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(value, dict):
        made = {name: _walk(one, change, name) for name, one in value.items()}
        return change(key, made) if key else made
    if isinstance(value, list):
        return [_walk(one, change, key) for one in value]
    return change(key, value)


def _sum(change: Callable[[Decimal], Any]) -> Callable[[str, Any], Any]:
    return lambda key, value: change(value) if isinstance(value, Decimal) else value


def _currency(key: str, value: Any) -> Any:
    return "USD" if key in ("unit", "units") and value == "RUB" else value


def _spaces(key: str, value: Any) -> Any:
    return f" {value} " if key in WORDS and isinstance(value, str) else value


def _capitals(key: str, value: Any) -> Any:
    return value.upper() if key in WORDS and isinstance(value, str) else value


def _unknown(key: str, value: Any) -> Any:
    return "somethingNew" if key in WORDS and isinstance(value, str) else value


def _numbers(key: str, value: Any) -> Any:
    digits = isinstance(value, str) and value.isdecimal() and key not in ("value", "unit")
    return int(value) if digits else value


def _nulls(key: str, value: Any) -> Any:
    return None if isinstance(value, dict) else value


def _strings(key: str, value: Any) -> Any:
    return "string" if isinstance(value, str) and key not in IDS else value


def _dates(key: str, value: Any) -> Any:
    if not _is_date(value):
        return value
    return "0000-00-00" if "D" in key else "1937-01-01T00:00:00.000Z"


def _undated(key: str, value: Any) -> Any:
    return value[:19].replace("T", " ") if _is_date(value) else value


def _other(key: str, value: Any) -> Any:
    if key == "relatedParty" and isinstance(value, dict) and "id" in value:
        who = {name: one for name, one in value.items() if name != "role"}
        return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": value.get("role"), "partyOrPartyRole": who}
    return value


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and value[4:5] == "-" and value[10:11] == "T"


BENT: Final[Mapping[Quirk, Callable[[str, Any], Any]]] = {
    **{quirk: _sum(change) for quirk, change in SUMS.items()},
    Quirk.CURRENCY: _currency,
    Quirk.SPACES: _spaces,
    Quirk.CAPITALS: _capitals,
    Quirk.UNKNOWN_WORDS: _unknown,
    Quirk.NUMBERS: _numbers,
    Quirk.NULLS: _nulls,
    Quirk.STRINGS: _strings,
    Quirk.DATES: _dates,
    Quirk.UNDATED: _undated,
    Quirk.OTHER_VERSION: _other,
}

NAMING: Final = ("billingAccount", "account", "partyAccount", "relatedParty", "payer")  # who a record is about


def anonymous(row: Json) -> Json:
    return {name: one for name, one in row.items() if name not in NAMING}


def bare(value: Any) -> Any:
    """Every list of one, however deep, is its one."""
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items()}
    if isinstance(value, list):
        return bare(value[0]) if len(value) == 1 else [bare(one) for one in value]
    return value


# What stands in real lists beside what counts, made of what is there: (resource, row) ▶ another row.
NOISE: Final[Mapping[str, tuple[Json, ...]]] = {
    "customerBill": (
        {"id": "draft", "state": "new"},
        {"id": "held", "state": "onHold"},
        {"id": "copy", "category": "duplicate"},
        {"id": "trial", "category": "trial"},
    ),
    "payment": ({"id": "failed", "status": "failed"}, {"id": "cancelled", "status": "cancelled"}),
    "product": (
        {"id": "hidden", "isCustomerVisible": False, "product": []},
        {"id": "aborted", "status": "aborted ", "product": []},
    ),
    "usage": ({"id": "rejected", "status": "rejected"}, {"id": "recycled", "status": "recycled"}),
    "bucket": ({"id": "expired", "status": "expired"}, {"id": "gigabytes", "usageType": "data"}),
}


def noise(resource: str, rows: list[Json]) -> list[Json]:
    """The rows, and after the first of each account what does not count."""
    made: list[Json] = []
    seen: set[str] = set()
    for row in rows:
        made.append(row)
        whose = repr([row.get(name) for name in NAMING])
        if whose not in seen:
            made += [{**row, **other, "id": f"{other['id']}-{row['id']}"} for other in NOISE.get(resource, ())]
        seen.add(whose)
    return made
