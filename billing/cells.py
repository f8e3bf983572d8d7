"""One cell of an operator's export: text in, value out.

Each parser takes the cleaned, non-empty text of a cell and gives the value to store. ValueError says in a few words
what is wrong, as the end of a sentence ("column amount: is below zero"), and never repeats the cell.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from billing.base import LARGEST
from billing.ledger import folded
from billing.passwords import check_hash

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)  # what lies outside is somebody's "no date"
LONGEST_TEXT = 1000
MOST = 10**15  # bytes, points: what is more is a fault of the data
LONGEST_CALL = 7 * 24 * 3600  # seconds

INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
SPACES = " \u00a0\u202f\u2009"
SUM = re.compile(
    rf"([-+\u2212]?)(\d{{1,20}}|\d{{1,3}}(?:[{SPACES}]\d{{3}}){{1,6}})(?:[.,](\d{{1,2}}|\d\d00+))?", re.ASCII
)
DAY = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)|(\d\d)\.(\d\d)\.(\d{4}))", re.ASCII)
CLOCK = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def clean(cell: str) -> str:
    """A cell without the space around it. ValueError: NUL and other invisible characters, or too long."""
    text = re.sub(r"[\t\r\n]+", " ", cell).strip(SPACES)
    if "\ufffd" in text:
        raise ValueError("has a character that was broken before it came here")
    if INVISIBLE.search(text):
        raise ValueError("has an invisible control character (NUL, a direction mark …)")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"is longer than {LONGEST_TEXT} characters")
    return text


def words(text: str) -> str:
    """Text to be shown to people: not what a spreadsheet would compute when somebody opens our own export of it."""
    if text[0] in "=@" or (text[0] in "+-" and (re.match(r"[+-][^\d\s]", text) or re.search("[|!=]", text))):
        raise ValueError("looks like a spreadsheet formula")
    return text


def identity(text: str) -> str:
    if text[0] in "=@+-":
        raise ValueError("looks like a spreadsheet formula")
    if len(text) > 200:
        raise ValueError("is too long for an id")
    if re.fullmatch(r"\d([.,]\d+)?E\+\d+", text, re.ASCII | re.IGNORECASE):
        raise ValueError("was made a rounded number by a spreadsheet: export the column as text")
    return text


def kopecks(text: str) -> int:
    """A sum in whole kopecks. Only digits, a sign, groups of three and two decimals; so no 1e30, NaN or 1,234.50.

    Three decimals are refused even when they are zeros: 1.500 may be one and a half, or fifteen hundred.
    """
    found = SUM.fullmatch(text)
    if found is None:
        raise ValueError("is not a sum (1234.56 or 1 234,56, at most two decimals)")
    sign, whole, part = found.groups()
    value = int(re.sub(rf"[{SPACES}]", "", whole)) * 100 + int((part or "")[:2].ljust(2, "0"))
    if value > LARGEST:
        raise ValueError("is too large a sum")
    return -value if sign in ("-", "\u2212") else value


def price(text: str) -> int:
    value = kopecks(text)
    if value < 0:
        raise ValueError("is below zero")
    return value


def whole(text: str) -> int:
    """A number of bytes, calls, points: whole, not below zero; groups of three may stand apart."""
    found = re.fullmatch(rf"\d{{1,20}}|\d{{1,3}}(?:[{SPACES}]\d{{3}}){{1,5}}", text, re.ASCII)
    if found is None:
        raise ValueError("is not a whole number, zero or more")
    value = int(re.sub(rf"[{SPACES}]", "", text))
    if value > MOST:
        raise ValueError("is too large a number")
    return value


def duration(text: str) -> int:
    """Seconds: 95, 1:35 or 0:01:35."""
    found = re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)", text, re.ASCII)
    if found is None:
        value = whole(text) if text.isdigit() else -1
    else:
        hours, minutes, seconds = found.groups()
        if hours and int(minutes) > 59:
            raise ValueError("is not a length of time (95, 1:35 or 0:01:35)")
        value = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    if not 0 <= value <= LONGEST_CALL:
        raise ValueError("is not a length of time (95, 1:35 or 0:01:35)")
    return value


def number(text: str) -> str:
    """A telephone number in one form: +79123456789 of whatever stands for it, and a short one (112) as it is."""
    digits = re.sub(r"[\s()./-]", "", text)
    if re.fullmatch(r"\+?\d{2,18}", digits, re.ASCII) is None:
        raise ValueError("is not a telephone number")
    if re.fullmatch(r"[78]\d{10}", digits):
        return f"+7{digits[1:]}"
    return f"+7{digits}" if re.fullmatch(r"[3489]\d{9}", digits) else digits


def phone(text: str) -> str:
    """A number that messages can be sent to: with its country."""
    value = number(text)
    if re.fullmatch(r"\+\d{10,15}", value) is None:
        raise ValueError("is not a telephone number with its country or code (+7 912 345-67-89)")
    return value


def email(text: str) -> str:
    """Whether it is one address; whether somebody reads there is found out only by writing."""
    if re.fullmatch(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}", identity(text)) is None:
        raise ValueError("is not one e-mail address")
    return text


def day(text: str) -> date:
    found = DAY.fullmatch(text)
    if found is None:
        raise ValueError("is not a day (2026-11-22 or 22.11.2026)")
    return _date(found)


def moment(text: str) -> datetime:
    """A time with the offset it names, or without one: then it is the account's local time."""
    parts = re.split(r"[ T]", text, maxsplit=1)
    found = DAY.fullmatch(parts[0])
    clock = CLOCK.fullmatch(parts[1].strip()) if len(parts) == 2 else None
    if found is None or (len(parts) == 2 and clock is None):
        raise ValueError("is not a time (2026-11-22 14:05 or 22.11.2026 14:05:09)")
    value = datetime.combine(_date(found), time())
    if clock is None:
        return value
    hour, minute, second, fraction, offset = clock.groups()
    try:
        value = value.replace(hour=int(hour), minute=int(minute), second=int(second or 0))
        value = value.replace(microsecond=int((fraction or "").ljust(6, "0")))
        return value if offset is None else datetime.fromisoformat(value.isoformat() + offset)
    except ValueError:
        raise ValueError("is no time of day") from None


def _date(found: re.Match[str]) -> date:
    y, m, d, dd, mm, yyyy = found.groups()
    try:
        value = date(int(y or yyyy), int(m or mm), int(d or dd))
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    if not EARLIEST <= value < LATEST:
        raise ValueError("is a day out of reason")
    return value


def word(**meanings: str) -> Callable[[str], str]:
    """One of the values, by itself or by what an operator calls it."""
    known = {name.casefold(): value for value, names in meanings.items() for name in (value, *names.split("|"))}

    def parse(text: str) -> str:
        value = known.get(text.casefold().replace("ё", "е"))
        if value is None:
            raise ValueError(f"is none of {', '.join(meanings).replace('_', '-')}")
        return value.replace("_", "-")

    return parse


scheme = word(
    advance="prepaid|аванс|авансовая|авансовый|предоплата|предоплатная",
    credit="postpaid|кредит|кредитная|кредитный|постоплата|постоплатная",
)
status = word(
    active="on|активна|активен|активно|активный|подключена|подключен|подключено|включена|работает",
    suspended="hold|приостановлена|приостановлен|приостановлено|заморожена|добровольная блокировка",
    blocked_debt="debt|blocked-debt|за неуплату|заблокирована за неуплату|отключена за неуплату|неуплата",
    blocked="заблокирована|заблокирован|заблокировано|блокировка",
    off="отключена|отключен|отключено|не подключена|неактивна|закрыта",
)
kind = word(
    internet="интернет|домашний интернет|шпд",
    phone="телефон|домашний телефон|телефония",
    tv="тв|телевидение|интерактивное тв|iptv",
    mobile="мобильная связь|мобильный|сотовая связь",
    other="прочее|другое",
)
direction = word(
    local="местная|местный|местные|местная связь|городская",
    zone="внутризоновая|внутризоновый|внутризоновые|внутризоновая связь|зоновая",
    intercity="междугородная|междугородняя|междугородный|междугородний|междугородные|междугородная связь|межгород|мг",
    international="международная|международный|международные|международная связь|мн",
    mobile="мобильная|мобильный|мобильные|на мобильные|мобильная связь|сотовая",
    other="прочее|другое|прочие",
)
use = word(
    received="in|download|входящий трафик|получено|принято|скачано",
    sent="out|upload|исходящий трафик|отправлено|передано",
    calls="звонки|вызовы|разговоры",
    purchase="покупка|покупки|фильм|фильмы|заказ",
)
way = word(email="e-mail|mail|почта|электронная почта|эл. почта", sms="смс|телефон|phone|мобильный|мобильный телефон")
truth = word(yes="1|true|y|да|истина", no="0|false|n|нет|ложь")


def kinds(text: str) -> str:
    """Several kinds as the ledger keeps them, «интернет, тв»: "internet tv"; «все»: ""."""
    if text.casefold() in {"все", "all"}:
        return ""
    found = dict.fromkeys(kind(part.strip()) for part in re.split(r"[,;+]", text) if part.strip())
    return " ".join(found)


def yes(text: str) -> bool:
    return truth(text) == "yes"


def zone(text: str) -> str:
    try:
        place(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone by its IANA name (Europe/Moscow)") from None
    return text


place = lru_cache(maxsize=1000)(ZoneInfo)


def currency(text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text) is None:
        raise ValueError("is not a currency by its three letters (RUB)")
    return text


ORGANISATION = re.compile(
    r'[«»"\d]|^(ООО|П?АО|ОАО|ЗАО|ТСЖ|ТСН|СНТ|НКО|[ФГМ]*УП|[ФМГ]*[БКА]?ОУ|LLC|Ltd|Inc)\b', re.IGNORECASE
)
MASKED = re.compile(r"[^\W\d_]+(-[^\W\d_]+)* [^\W\d_]\.")


def masked(text: str) -> str:
    """«Петров Иван Сергеевич» -> «Иван П.», surname first as exports have it. Organisations are named in full."""
    if ORGANISATION.search(words(text)) or MASKED.fullmatch(text):
        return text
    parts = [part for part in text.split() if part.upper() != "ИП"] or [text]
    return f"{parts[1]} {parts[0][0]}." if len(parts) > 1 else f"{parts[0][0]}."


def login(text: str) -> str:
    return folded(identity(text))


def argon2(text: str) -> str:
    check_hash(text)
    return text
