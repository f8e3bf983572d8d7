"""The words of time in three languages, and what each of them is: from a text to tokens, each with a kind. Pure.

    M month    N number   O ordinal   Y year       D numeric date      K numeric month     C "Q1"
    U unit     V amount   W weekday   F season     A today, yesterday  J New Year          X all time
    L last (rolling)      l last (rolling with a number, else previous)
    P previous            R the one before         T this   + next     B beginning of
    S since    b between  E until     & and        | or                G ago               H há
    f for      i in, on   o of        a article    c «числа»           h payments, history
    $ a measure: the number before it is no date   ! each, in (future) x anything else

Inflected forms are listed or made of stems; one slip is forgiven in long words where only one meaning is near. What
depends on the neighbours ("may", "2025", 15 before "рублей") is decided by `settle`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Final

from rapidfuzz.distance import OSA

DAYS, WEEKS, MONTHS, QUARTERS, HALVES, YEARS = range(6)  # what a unit's token holds


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    value: int = 0
    word: str = ""
    glued: bool = False  # no space before it
    numeric: tuple[int, int, int] = (0, 0, 0)  # D: first, second, year or 0;  K: 0, month, year
    slash: bool = False  # D: written with slashes or hyphens, so an English reader may mean month first


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def forms(stems: str, endings: str) -> str:
    return " ".join(stem + ending.replace("-", "") for stem in stems.split() for ending in endings.split())


HARD: Final = "ый ого ому ым ом ая ой ую ое ые ых ыми"
SOFT: Final = "ий его ему им ем яя ей юю ее ие их ими ая ую"
MONTHS_RU: Final = (
    ("январ", "ь я е ю ем"), ("феврал", "ь я е ю ем"), ("март", "- а е у ом"), ("апрел", "ь я е ю ем"),
    ("ма", "й я е ю ем"), ("июн", "ь я е ю ем"), ("июл", "ь я е ю ем"), ("август", "- а е у ом"),
    ("сентябр", "ь я е ю ем"), ("октябр", "ь я е ю ем"), ("ноябр", "ь я е ю ем"), ("декабр", "ь я е ю ем"),
)  # fmt: skip
MONTHS_ELSE: Final = (
    "янв january jan janeiro", "фев февр february feb fevereiro fev", "мар march mar marco", "апр april apr abril abr",
    "may maio mai", "июн june jun junho", "июл july jul julho", "авг august aug agosto ago",
    "сен сент september sep sept setembro set", "окт october oct outubro out", "ноя нояб november nov novembro",
    "дек december dec dezembro",
)  # fmt: skip
WEEKDAYS: Final = (
    "понедельник понедельника понедельнику понедельнике пн monday mon segundafeira segunda",
    "вторник вторника вторнику вторнике вт tuesday tue tues tercafeira terca",
    "среда среду среды среде ср wednesday wed quartafeira quarta",
    "четверг четверга четвергу четверге чт thursday thu thurs quintafeira quinta",
    "пятница пятницу пятницы пятнице пт friday fri sextafeira sexta",
    "суббота субботу субботы субботе сб saturday sat sabado",
    "воскресенье воскресенья воскресенью вс sunday sun domingo",
)
SEASONS: Final = (
    "зима зимой зиму зимы зиме winter inverno", "весна весной весну весны весне spring primavera",
    "лето летом лете summer verao", "осень осенью осени autumn fall outono",
)  # fmt: skip
UNITS: Final = (
    "день дня дню дне дней дни дн сут сутки суток day days dia dias",
    "неделя недели неделе неделю недель нед неделька недельку week weeks wk wks semana semanas",
    "месяц месяца месяцу месяце месяцев месяцы мес месяцок month months mes meses",
    "квартал кв квартала квартале кварталу кварталов кварталы quarter quarters trimestre trimestres",
    "полугодие полугодия полугодии полугодию half semestre semestres",
    "год года году годе лет годы годов г гг годик year years yr yrs ano anos",
)
PLURAL: Final = words(
    "дни дней недели недель месяцы месяцев кварталы кварталов годы лет "
    "days weeks months quarters years dias semanas meses anos"
)
NUMBERS: Final = {
    1: "один одна одно одну одного одной one um uma", 2: "два две двух двум пару пара парочку two couple dois duas",
    3: "три трех трем three tres", 4: "четыре четырех четырем four quatro", 5: "пять пяти five cinco",
    6: "шесть шести six seis", 7: "семь семи seven sete", 8: "восемь восьми eight oito", 9: "девять девяти nine nove",
    10: "десять десяти ten dez", 11: "одиннадцать одиннадцати eleven onze", 12: "двенадцать двенадцати twelve doze",
    13: "тринадцать тринадцати thirteen treze", 14: "четырнадцать четырнадцати fourteen quatorze catorze",
    15: "пятнадцать пятнадцати fifteen quinze", 16: "шестнадцать шестнадцати sixteen dezesseis",
    17: "семнадцать семнадцати seventeen dezessete", 18: "восемнадцать восемнадцати eighteen dezoito",
    19: "девятнадцать девятнадцати nineteen dezenove", 20: "двадцать двадцати twenty vinte",
    30: "тридцать тридцати thirty trinta", 40: "сорок сорока forty quarenta",
    50: "пятьдесят пятидесяти fifty cinquenta", 60: "шестьдесят шестидесяти sixty sessenta",
    90: "девяносто девяноста ninety noventa", 100: "сто ста hundred cem",
}  # fmt: skip
ORDINALS: Final = {
    1: f"{forms('перв', HARD)} first primeiro primeira", 2: f"{forms('втор', HARD)} second segundo",
    3: "третий третьего третьему третьим третьем третья третьей третью третье third terceiro terceira",
    4: f"{forms('четверт', HARD)} fourth quarto", 5: f"{forms('пят', HARD)} fifth",
    6: f"{forms('шест', HARD)} sixth", 7: f"{forms('седьм', HARD)} seventh", 8: f"{forms('восьм', HARD)} eighth",
    9: f"{forms('девят', HARD)} ninth", 10: f"{forms('десят', HARD)} tenth",
    11: f"{forms('одиннадцат', HARD)} eleventh", 12: f"{forms('двенадцат', HARD)} twelfth",
    13: f"{forms('тринадцат', HARD)} thirteenth", 14: f"{forms('четырнадцат', HARD)} fourteenth",
    15: f"{forms('пятнадцат', HARD)} fifteenth", 16: f"{forms('шестнадцат', HARD)} sixteenth",
    17: f"{forms('семнадцат', HARD)} seventeenth", 18: f"{forms('восемнадцат', HARD)} eighteenth",
    19: f"{forms('девятнадцат', HARD)} nineteenth", 20: f"{forms('двадцат', HARD)} twentieth",
    30: f"{forms('тридцат', HARD)} thirtieth",
}  # fmt: skip
OTHERS: Final = {
    "L": f"{forms('последн', SOFT)} past ultimo ultima ultimos ultimas",
    "l": f"{forms('прошедш минувш', SOFT)} last",
    "P": f"{forms('прошл', HARD)} {forms('предыдущ', SOFT)} previous prior "
    "passado passada passados anterior anteriores",
    "R": f"{forms('позапрошл', HARD)} retrasado retrasada",
    "+": f"{forms('следующ', SOFT)} next proximo proxima",
    "T": f"этот эта эту этой этом этого это {forms('текущ', SOFT)} {forms('нынешн', SOFT)} this current este esta "
    "neste nesta deste desta atual corrente",
    "B": "начало начала начале началу start beginning inicio comeco",
    "S": "с со from since desde после after starting начиная",
    "b": "между between entre",
    "E": "по до to till til until through thru ate ao",
    "&": "и and e",
    "|": "или либо or ou",
    "G": "назад тому ago atras",
    "H": "ha faz",
    "f": "за for por durante during over within pelo pela pelos pelas",
    "i": "в во на in on em no na nos nas at к",
    "o": "of de do da dos das",
    "a": "a an the o os as um календарных календарный calendar несколько few several alguns algumas весь всю все whole",
    "c": "числа число числу числе",
    "h": f"{forms('платеж', '- а у е и ей ам ами ах')} {forms('оплат пополнени выписк', 'а ы у е и я й ам ами')} "
    "история историю истории payment payments history paid statement pagamento pagamentos historico extrato",
    "$": "р руб рубль рубля рублей рубли рублями rub rubles roubles коп копеек копейки тыс тысяч тысячи тысяча к k "
    "мин минут минуты час часа часов ч мбит мб гб gb mb mbps reais real usd eur euro euros долларов dollars "
    "процентов percent раз раза times vezes am pm утра вечера hours hour hora horas h",
    "!": "через каждые каждый каждую каждое every each cada",
}
TODAY: Final = {
    0: f"сегодня {forms('сегодняшн', SOFT)} today hoje сейчас now agora",
    1: "завтра tomorrow amanha",
    2: "послезавтра",
    -1: f"вчера {forms('вчерашн', SOFT)} yesterday ontem",
    -2: f"позавчера {forms('позавчерашн', SOFT)} anteontem",
}
PHRASES: Final = {
    "all time": ("X", 0), "all the time": ("X", 0), "whole period": ("X", 0), "entire period": ("X", 0),
    "все время": ("X", 0), "весь период": ("X", 0), "весь срок": ("X", 0), "все периоды": ("X", 0),
    "todo o periodo": ("X", 0), "todo periodo": ("X", 0), "todo o tempo": ("X", 0),
    "before last": ("R", 0), "day before yesterday": ("A", -2), "antes de ontem": ("A", -2),
    "new year": ("J", 0), "new years": ("J", 0), "нового года": ("J", 0), "новый год": ("J", 0), "ano novo": ("J", 0),
    "a partir de": ("S", 0), "a partir do": ("S", 0), "a partir da": ("S", 0), "начиная с": ("S", 0),
    "начиная со": ("S", 0), "starting from": ("S", 0), "as of": ("S", 0), "from the": ("S", 0),
    "half a year": ("V", 6), "half year": ("V", 6), "пол года": ("V", 6), "meio ano": ("V", 6),
    "полтора года": ("V", 18), "year and a half": ("V", 18), "um ano e meio": ("V", 18), "ano e meio": ("V", 18),
    "up to": ("E", 0), "year to date": ("T", YEARS), "month to date": ("T", MONTHS), "que vem": ("+", 0),
    "настоящее время": ("A", 0), "этот день": ("A", 0), "сей день": ("A", 0),
}  # fmt: skip
AMOUNTS: Final = {"полгода": 6, "полугода": 6, "полугоду": 6, "полгодика": 6}
AMOUNT_DAYS: Final = {"fortnight": 14, "quinzena": 15, "полмесяца": 15}
# Also ordinary words: they name days only in the company of a preposition, a number or a year, or alone.
WEAK: Final = words(
    "may mar mai set out ago sat sun mon fri wed thu tue fall пн вт ср чт пт сб вс segunda terca quarta quinta sexta"
)
PORTUGUESE: Final = frozenset({"set", "out", "ago"})
# One slip away from a word of time, and something else.
NOT_SLIPS: Final = words("прошло прошли начали марка второе вторая maior mario marca match")
ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


@cache
def lexicon() -> dict[str, Token]:
    """Every known word. The first meaning stands."""
    known: dict[str, Token] = {}

    def learn(kind: str, value: int, words: str) -> None:
        for word in words.split():
            known.setdefault(word, Token(kind, value, word))

    for number, (stem, endings) in enumerate(MONTHS_RU, 1):
        learn("M", number, f"{forms(stem, endings)} {MONTHS_ELSE[number - 1]}")
    for kind, table in (("W", WEEKDAYS), ("F", SEASONS), ("U", UNITS)):
        for value, words in enumerate(table):
            learn(kind, value, words)
    for kind, numbers in (("A", TODAY), ("N", NUMBERS), ("O", ORDINALS)):
        for value, words in numbers.items():
            learn(kind, value, words)
    for kind, words in OTHERS.items():
        learn(kind, 0, words)
    return known


@cache
def long_words() -> tuple[str, ...]:
    return tuple(word for word in lexicon() if len(word) >= 6)


def mended(word: str) -> Token | None:
    """The word of time that is one slip away: long words only, and only where one meaning is possible."""
    if not 5 <= len(word) <= 14 or word in NOT_SLIPS:
        return None
    near = [w for w in long_words() if w[0] == word[0] and OSA.distance(w, word, score_cutoff=1) <= 1]
    meanings = {(lexicon()[w].kind, lexicon()[w].value) for w in near}
    return lexicon()[near[0]] if len(meanings) == 1 else None


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────

MOST: Final = 300  # words: whoever writes more tells a story, and it must not hold up everybody else
SLIPS: Final = 50  # unknown words that are looked at twice
PLAIN: Final = str.maketrans("ёçãáâàäéêèíìóôõòúùü", "еcaaaaaeeeiioooouuu")
MARKS: Final = dict.fromkeys(range(0x300, 0x370))
TOKEN: Final = re.compile(
    r"(?P<ordinal>[0-9]{1,2})(?:-?(?:го|ое|ого|му|ому|ый|е|й|я|ая|st|nd|rd|th)|[ºª°]|o)(?![^\W_])"
    r"|(?P<count>[0-9]{1,3})-?(?:х|ти|ми)(?![^\W_])"
    r"|(?P<quarter>(?<![^\W_])q[1-4](?![^\W_]))"
    r"|(?P<run>[0-9]+(?:[./:,–—-][0-9]+)*)"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<dash>[-–—−‑])"
    r"|(?P<comma>[,;])"
    r"|(?P<money>[₽$€£%№#+*])"
    r"|(?P<other>[^\s.])"
)
FULL: Final = re.compile(
    r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})|([0-9]{1,2})([-./])([0-9]{1,2})\6([0-9]{4}|[0-9]{2})"
)
SHORT: Final = re.compile(r"([0-9]{1,2})([./])([0-9]{1,2})")
MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})|([0-9]{1,2})[./]([0-9]{4})")
DASHES: Final = re.compile(r"[–—]")


def century(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


def dayish(a: int, b: int, *, slash: bool) -> bool:
    """12.50 is a sum, not a day."""
    return (1 <= a <= 31 and 1 <= b <= 12) or (slash and 1 <= a <= 12 and 1 <= b <= 31)


def number(text: str) -> Token:
    """One numeric word without a range in it."""
    if (found := FULL.fullmatch(text)) is not None:
        y, _, m, d, a, mark, b, year = found.groups()
        if y is not None:
            return Token("D", 1, text, numeric=(int(d), int(m), int(y)))  # ISO: its order is not in doubt
        return Token("D", 0, text, numeric=(int(a), int(b), century(year)), slash=mark != ".")
    if (found := SHORT.fullmatch(text)) is not None and dayish(int(found[1]), int(found[3]), slash=found[2] == "/"):
        return Token("D", 0, text, numeric=(int(found[1]), int(found[3]), 0), slash=found[2] == "/")
    if (found := MONTH.fullmatch(text)) is not None:
        year, month = (found[1], found[2]) if found[1] is not None else (found[4], found[3])
        return Token("K", 0, text, numeric=(0, int(month), int(year)))
    if text.isdecimal() and len(text) <= 4:
        value = int(text)
        return Token("Y" if len(text) == 4 and 1990 <= value <= 2099 else "N", value, text)
    return Token("x", 0, text)


def run(text: str) -> list[Token]:
    """A row of digits and marks: a number, a date, or two of them with a dash between; anything else is no date."""
    if len(text) > 24:
        return [Token("x", 0, text[:24])]
    one = number(DASHES.sub("-", text))
    if one.kind != "x":
        return [one]
    for at, character in enumerate(text):
        if character in "-–—/":
            left, right = number(text[:at]), number(text[at + 1 :])
            pairs = {"N": "NDYK", "D": "DN", "Y": "Y", "K": "K"}
            if right.kind in pairs.get(left.kind, "") and (left.kind, right.kind) not in {("N", "Y"), ("N", "K")}:
                return [left, Token("E", 1, "-"), right]
    return [Token("x", 0, text)]


def tokens(text: str, language: str | None) -> list[Token]:
    plain = text.lower().replace("и\u0306", "й").translate(MARKS).translate(PLAIN)
    plain = re.sub(r"\b(segunda|terca|quarta|quinta|sexta)[ -]?feira\b", r"\1feira", plain)
    found: list[Token] = []
    slips = SLIPS
    end = 0
    for match in islice(TOKEN.finditer(plain), MOST):
        glued = match.start() == end and bool(found)
        end = match.end()
        word = match[0]
        new: list[Token]
        match match.lastgroup:
            case "ordinal":
                new = [Token("O", int(match["ordinal"]), word)]
            case "count":
                new = [Token("N", int(match["count"]), word)]
            case "quarter":
                new = [Token("C", int(word[1]), word)]
            case "run":
                new = run(word)
            case "dash":
                new = [Token("E", 1, "-")]
            case "comma":
                new = [Token("&", 1, ",")]
            case "money":
                new = [Token("$", 1, word)]
            case "word":
                new = [*worded(word)] if word in lexicon() or word in AMOUNTS or word in AMOUNT_DAYS else []
                if not new and slips:
                    slips -= 1
                    slip = mended(word)
                    new = [replace(slip, word=word)] if slip is not None else []
                new = new or [Token("x", 0, word)]
            case _ if word.isnumeric():  # digits of other scripts
                new = [Token("x", 0, word)]
            case _:  # quotes, brackets, apostrophes
                continue
        found += [replace(new[0], glued=glued), *new[1:]]
    return settle(phrases(found), language)


def worded(word: str) -> Iterator[Token]:
    if word in AMOUNTS:
        yield Token("V", AMOUNTS[word], word)
    elif word in AMOUNT_DAYS:
        yield Token("N", AMOUNT_DAYS[word], word)
        yield Token("U", DAYS, "days")
    else:
        yield lexicon()[word]


def phrases(found: list[Token]) -> list[Token]:
    """Join what is said in several words: "начиная с", "half a year", «двадцать пятого», "vinte e cinco"."""
    joined: list[Token] = []
    i = 0
    while i < len(found):
        for length in (4, 3, 2):
            key = " ".join(t.word for t in found[i : i + length])
            if i + length <= len(found) and key in PHRASES:
                kind, value = PHRASES[key]
                joined.append(Token(kind, value, key))
                if kind == "T":  # "year to date" is this year
                    joined.append(Token("U", value, ""))
                break
        else:
            one, length = compound(found[i : i + 3])
            joined.append(one)
        i += length
    return joined


def compound(row: list[Token]) -> tuple[Token, int]:
    """«двадцать пять», "thirty-first", "vinte e cinco" as one number and its length; else the first as it is."""
    one = row[0]
    if one.kind == "N" and one.value in {20, 30} and one.word.isalpha() and len(row) > 1:
        at = 2 if row[1].word in {"-", "e"} else 1
        low = row[at] if at < len(row) else one
        if low.kind in {"N", "O"} and 1 <= low.value <= 9 and low.word.isalpha():
            return Token(low.kind, one.value + low.value, low.word), at + 1
    return one, 1


ACCOUNTS: Final = words(
    "счет счета счету лс договор договора договору номер номера номеру телефон телефона телефону тел дом квартира "
    "account number phone conta contrato numero telefone"
)


def settle(found: list[Token], language: str | None) -> list[Token]:
    """Decide what depends on the neighbours."""
    resolve(found, language)
    measure(found)
    return found


def neighbour(found: list[Token], i: int) -> Token:
    return found[i] if 0 <= i < len(found) else Token("-")


def resolve(found: list[Token], language: str | None) -> None:
    """Words of two meanings: "ago", "dez", "may", Roman numerals."""
    alone = len(found) == 1
    for i, one in enumerate(found):
        before, then = neighbour(found, i - 1), neighbour(found, i + 1)
        if one.word == "ago" and before.kind in "UV":
            found[i] = Token("G", 0, "ago")
        elif one.word == "dez" and before.word in {"em", "desde"} and then.kind != "U":
            found[i] = Token("M", 12, "dez")
        elif one.word in ROMAN and then.kind == "U" and then.value in {QUARTERS, HALVES}:
            found[i] = Token("O", ROMAN[one.word], one.word)
        elif one.word in WEAK:
            company = before.kind in "NOSEfiTPLlRb&o" or (then.kind in "NOY" and one.kind == "M")
            foreign = one.word in PORTUGUESE and (language == "en" or before.word in {"to", "for", "in", "on", "of"})
            if foreign or not (alone or company) or then.word in {"via", "vez", "parcela", "fatura", "conta"}:
                found[i] = Token("x", 0, one.word)


def measure(found: list[Token]) -> None:
    """Numbers that are sums, phones or accounts are no days."""

    def at(i: int) -> Token:
        return neighbour(found, i)

    i = 0
    while i < len(found):
        if found[i].kind not in "NY":
            i += 1
            continue
        end = i
        while at(end).kind in "NY":
            end += 1
        row = found[i:end]
        before, after = at(i - 1), at(end)
        of_month = "M" in (after.kind, at(end + 1).kind if after.kind in {"o", "c"} else "")
        kill = (
            len(row) > 2  # a phone
            or (len(row) == 2 and len(row[1].word) == 3)  # 1 500
            or after.kind == "$"
            or (after.kind == "h" and row[-1].kind == "N")
            or (after.glued and after.kind not in {"U", "M", "c", "E", "&"})
            or (before.kind == "$" and before.value == 1)
            or (before.kind == "x" and row[0].glued)
            or (before.word in ACCOUNTS and not of_month)
        )
        if len(row) == 3 and spelled(row):
            day, month, year = row
            found[i:end] = [Token("D", 0, "", numeric=(day.value, month.value, year.value))]
            end = i + 1
        elif kill:
            found[i:end] = [Token("x", 0, t.word) for t in row]
            # «от 100 до 300 рублей»: the other end measures as well.
            if before.kind == "E" and at(i - 2).kind == "N" and after.kind == "$":
                found[i - 2] = Token("x", 0, at(i - 2).word)
        i = end


def spelled(row: list[Token]) -> bool:
    """«01 10 2026»."""
    day, month, year = row
    return len(day.word) == len(month.word) == 2 and year.kind == "Y" and day.value <= 31 and month.value <= 12
