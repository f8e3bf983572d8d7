"""Slots: what a sentence says beside its question. Pure.

    «положи 500 на лс 40817 за интернет»     500 rubles, account 40817, internet
    «с 1 по 15 марта по договору …4821»      a period, account 4821
    «перезвоните на 8-912-345-67-89»         a phone; in "balance for number 4951234567" it is an account

Each reader takes its part out of the text before the next one looks, so that no digit counts twice:

    text ─▶ e-mail ─▶ phones and accounts ─▶ sum ─▶ period          the service is named by words alone

An account is a row of four digits and more that a word makes one («лс», «договор», "ending in"), or a bare row that is
too long for a sum. Four digits alone are neither an account nor a sum: only the dialogue knows.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from adapters.addresses import dialable, plausible
from billing.base import Kind, Period
from handlers import periods
from handlers.amounts import (
    ACCOUNT,
    CURRENCY,
    ENDING,
    LED,
    STATE,
    THOUSAND,
    UNIT,
    Piece,
    beyond,
    is_label,
    named,
    near,
    ordered,
    pieces,
    plain,
    stems,
    sums_in,
    verb,
    words_of,
)  # fmt: skip
from handlers.kinds import kind
from nlu.letters import clean

T = TypeVar("T")

REGIONS: Final = {"pt": "BR"}  # ISO 3166: of phones without "+", by the language; else Russia
MAILBOX: Final = re.compile(r"[^\s<>,;:()\"'«»@]{1,64}@[^\s<>,;:()\"'«»@]{1,255}")
SHORTEST: Final = 4  # digits of an account
LONGEST: Final = 20
ENDED: Final = 2  # digits that are enough behind «кончается на»
BARE: Final = 7  # digits from which a row is an account without a word beside it
LED_TO: Final = 5  # and with a preposition before it
MOST: Final = 60  # numbers that are looked at: whoever writes more tells a story
GROUPS: Final = 6  # of digits in one phone
BEFORE: Final = 5  # words before a number that may say what it is
# Somebody can be reached there; «телефон» says so only where it is «мой»: it may be the service.
CALL: Final = stems(
    "перезвон позвон созвон звони набер набир связ свяж контакт вотсап ватсап whatsapp contact reach ligue ligar "
    "contato",
    whole="call ring text liga zap",
)
PHONE: Final = stems("телефон phone mobile telefone celular", whole="тел моб tel cell")
MINE: Final = words_of("мой моего моему моем my meu")
NUMBER: Final = words_of("номер номера номеру номере number numero")
YEAR: Final = words_of("год года году годом г year ano")
LEADS: Final = LED | words_of("по за для у for of da do na no")
BEHIND: Final = words_of("в на это эти последние последних at the in are is sao os as , - ( em no")
TO: Final = words_of("на on to na no da")
SENTENCE: Final = 40  # words of a sentence
CUT: Final = re.compile(r"(?:\.{2,}|\*+) ?$")  # «…4821», "**4821"
GROUPED: Final = re.compile("[0-9]+(?:[- ][0-9]+)*")
HIDDEN: Final = "ъ"  # stands where digits were taken out: a word that nobody knows


@dataclass(frozen=True, slots=True)
class Slots:
    period: Period | None = None
    amount: int | None = None  # kopecks, above zero
    account: str | None = None  # the digits that were said: a whole number, or its end
    service: Kind | None = None
    phone: str | None = None  # E.164
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Digits:
    """A phone or an account, and where it stands. `start` of a phone is where the words that lead to it begin."""

    value: str
    start: int
    end: int
    phone: bool
    words: int = -1  # where the words that say «телефон» begin


def slots(text: str, today: date, language: str | None = None) -> Slots:
    """What is said clearly; None for what is not said, or said twice and differently. Never raises.

    `today` is the customer's day, `language` his own: it tells how dates and phones without a country are meant.
    """
    text, mailboxes = without_mailboxes(clean(text.replace("№", "#")))
    text = plain(text)
    found = list(digits(text, REGIONS.get(language or "", "RU")))
    named_text = hidden(text, ((min(one.start, one.words) if one.words >= 0 else one.start, one.end) for one in found))
    text = hidden(text, ((one.start, one.end) for one in found))
    sums = sums_in(text)
    text = hidden(text, ((one.start, one.end) for one in sums))
    days = periods.parse(text, today, language)
    return Slots(
        period=days.period if isinstance(days, periods.Found) else None,
        amount=only(one.kopecks for one in sums),
        account=only(one.value for one in found if not one.phone),
        service=kind(named_text),
        phone=only(one.value for one in found if one.phone),
        email=only(mailboxes),
    )


def only(values: Iterable[T]) -> T | None:
    """The one value; None where there is none, or several."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def hidden(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with another word in place of each span, of the same length."""
    for start, end in spans:
        text = text[:start] + HIDDEN.ljust(end - start) + text[end:]
    return text


def without_mailboxes(text: str) -> tuple[str, list[str]]:
    found = [(one.span(), box) for one in MAILBOX.finditer(text) if (box := plausible(one[0])) is not None]
    return hidden(text, (span for span, _ in found)), [box for _, box in found]


# ── Phones and accounts ───────────────────────────────────────────────────────────────────────────────────────────


def digits(text: str, region: str) -> Iterator[Digits]:
    row = pieces(text)
    numbers = [at for at, one in enumerate(row) if one.number][:MOST]
    end = 0
    for at in numbers:
        if row[at].start < end:
            continue
        found = phone(text, row, at, region) or account(text, row, at)
        if found is not None:
            end = found.end
            yield found
        elif named(row, at) in {"other", "card"}:
            end = row[at + grouped(row, at) - 1].end


def phone(text: str, row: list[Piece], at: int, region: str) -> Digits | None:
    """The phone that begins with row[at], as an account where a word makes it one."""
    first = row[at]
    plus = text[max(first.start - 1, 0) : first.start] == "+"
    start = first.start - plus
    run = [first]
    for one in row[at + 1 :]:
        if len(run) == GROUPS or text[run[-1].end : one.start].strip(" ") or not (one.number or one.word in "()-"):
            break
        run.append(one)
    for size in range(len(run), 0, -1):
        if not run[size - 1].number:
            continue
        said = text[start : run[size - 1].end]
        bare = re.sub("[^0-9]", "", said)
        if not 10 <= len(bare) <= 15 or (value := dialable(said, region)) is None:
            continue
        words = contact(row, at)
        if words < 0 and named(row, at) in {"account", "end"}:
            return Digits(bare, start, run[size - 1].end, phone=False)
        # Ten plain digits that nobody called a phone are an account's: those are typed in one piece.
        if words < 0 and said.isdecimal() and len(bare) != 11:
            return None
        return Digits(value, start, run[size - 1].end, phone=True, words=words)
    return None


def contact(row: list[Piece], at: int) -> int:
    """Where the word begins that says that somebody can be reached at row[at]; -1: none does."""
    for back in range(at - 1, max(at - 1 - BEFORE, -1), -1):
        word = row[back].word
        mine = any(near(row, back - n).word in MINE for n in (1, 2))
        if CALL.fullmatch(word) or (mine and (word in NUMBER or PHONE.fullmatch(word))):
            return row[back].start
        if row[back].number:
            break
    return -1


def account(text: str, row: list[Piece], at: int) -> Digits | None:
    one = row[at]
    if not GROUPED.fullmatch(one.word):
        return None
    size = grouped(row, at)
    end = row[at + size - 1].end
    value = re.sub("[^0-9]", "", text[one.start : end])
    then = near(row, beyond(row, at + size)).word
    if len(value) > LONGEST or then in CURRENCY | THOUSAND or (len(value) == SHORTEST and then in YEAR):
        return None
    return Digits(value, one.start, end, phone=False) if is_account(text, row, at, size, value) else None


def grouped(row: list[Piece], at: int) -> int:
    """How many pieces belong to the number that begins with row[at]: «1234 5678»."""
    size = 1
    while near(row, at + size).number and row[at].word.isdecimal():
        more = near(row, at + size).word
        same = len(more) == len(row[at].word) <= SHORTEST
        if not same and not re.match("0[0-9]", more) and not (size > 1 and len(more) < len(row[at].word) < BARE):
            break
        size += 1
    return size - (size > 1 and near(row, beyond(row, at + size)).word in CURRENCY | THOUSAND)


def is_account(text: str, row: list[Piece], at: int, size: int, value: str) -> bool:
    kind_ = named(row, at)
    then = near(row, at + size)
    if kind_ == "end" and len(value) >= ENDED:
        return not UNIT.fullmatch(then.word)
    if len(value) < SHORTEST or kind_ in {"other", "card"}:
        return False
    behind = at + size
    while behind < at + size + 3 and near(row, behind).word in BEHIND:
        behind += 1
    ends = ENDING.fullmatch(near(row, behind).word) is not None
    ends = ends or (ACCOUNT.fullmatch(then.word) is not None and is_label(value) and then.word not in NUMBER)
    if CUT.search(text, max(row[at].start - 4, 0), row[at].start) or ends:
        return True
    if kind_ == "account":
        return not ordered(row, at)
    if verb(row, at, 1) or not row[at].word.isdecimal():
        return False
    before = near(row, at - 1).word
    # «500 на 4821», «сколько на 4821»
    paid = any(verb(row, n, 1) for n in range(1, min(len(row), SENTENCE) + 1))
    beside = near(row, at - 2).number or near(row, at - 2).word in CURRENCY
    if len(value) == SHORTEST and before in TO and is_label(value) and value[:2] != "20" and (beside or not paid):
        return True
    led = before in LEADS or STATE.fullmatch(before) is not None
    return len(value) >= BARE or (led and len(value) >= LED_TO and not value.endswith("00"))
