"""The words of time in three languages, and what each of them is: from a text to tokens, each with a kind. Pure.

    M month    N number   O ordinal   Y year       D numeric date      K numeric month
    U unit     V amount   W weekday   F season     A today, yesterday  J New Year          X all time
    L last (rolling)      l last (rolling with a number, else previous)
    P previous            R the one before         T this   + next     B beginning of
    S since    b between  E until     & and        | or                G ago               H há
    f for      i in, on   o of        a article    c «числа»           h payments, history
    $ a measure: the number before it is no date   ! each, in (future) z end of       x anything else

Inflected forms are listed or made of stems; slips are forgiven in long words, and beside a word of time in short ones,
where only one meaning is near. A text is read as typed, on the other keyboard layout ("pf vfhn") or as Russian in Latin
letters ("za mart"), whichever way knows most of its words. What depends on the neighbours ("may", "2025", 15 before
"рублей", the flat behind a house) is decided by `settle`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Final

from rapidfuzz.distance import OSA

from nlu.letters import FROM_RUSSIAN, TO_RUSSIAN, latin_sound, one_alphabet, russian_sound

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
RELATING: Final = "ий ого ому им ом ая ой ую ое ие их ими"  # «мартовские», «октябрьского»
MONTHLY: Final = (
    "январск", "февральск", "мартовск", "апрельск", "майск", "июньск", "июльск", "августовск", "сентябрьск",
    "октябрьск", "ноябрьск", "декабрьск",
)  # fmt: skip
WEEKDAYS: Final = (
    "понедельник понедельника понедельнику понедельнике пн monday mon segundafeira segunda",
    "вторник вторника вторнику вторнике вт tuesday tue tues tercafeira terca",
    "среда среду среды среде ср wednesday wed quartafeira quarta",
    "четверг четверга четвергу четверге чт thursday thu thurs quintafeira quinta",
    "пятница пятницу пятницы пятнице пт friday fri sextafeira sexta",
    "суббота субботу субботы субботе сб saturday sat sabado",
    "воскресенье воскресенья воскресенью вс sunday sun domingo",
    "выходные выходных выходным выходными weekend weekends",
)
SEASONS: Final = (
    f"зима зимой зиму зимы зиме {forms('зимн', SOFT)} winter inverno",
    f"весна весной весну весны весне {forms('весенн', SOFT)} spring primavera",
    f"лето лета лету летом лете {forms('летн', SOFT)} summer verao",
    f"осень осенью осени {forms('осенн', SOFT)} autumn fall outono",
)  # fmt: skip
UNITS: Final = (
    "день дня дню дне дней дни дн сут сутки суток day days dia dias",
    "неделя недели неделе неделю недель нед неделька недельку week weeks wk wks semana semanas",
    "месяц месяца месяцу месяце месяцев месяцы мес месяцок month months mo mos mth mths mes meses",
    "квартал кв квартала квартале кварталу кварталов кварталы quarter quarters qtr trimestre trimestres trim tri",
    "полугодие полугодия полугодии полугодию половина половины половине половину half halves semestre semestres metade",
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
    70: "семьдесят семидесяти seventy setenta", 80: "восемьдесят восьмидесяти eighty oitenta",
    90: "девяносто девяноста ninety noventa", 100: "сто ста hundred cem cento",
}  # fmt: skip
ORDINALS: Final = {
    1: f"{forms('перв', HARD)} first primeiro primeira", 2: f"{forms('втор', HARD)} second segundo",
    3: "третий третьего третьему третьим третьем третья третьей третью третье третьи третьих third terceiro terceira",
    4: f"{forms('четверт', HARD)} fourth quarto", 5: f"{forms('пят', HARD)} fifth quinto",
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
    "L": f"{forms('последн', SOFT)} посл past ultimo ultima ultimos ultimas",
    "l": f"{forms('прошедш минувш', SOFT)} last",
    "P": f"{forms('прошл', HARD)} {forms('предыдущ', SOFT)} прошл пред prev previous prior "
    "passado passada passados anterior anteriores",
    "R": f"{forms('позапрошл', HARD)} retrasado retrasada",
    "+": f"{forms('следующ ближайш', SOFT)} next following coming upcoming proximo proxima proximos proximas",
    "T": f"этот эта эту этой этом этого это {forms('текущ', SOFT)} {forms('нынешн', SOFT)} this current este esta "
    "neste nesta deste desta atual corrente",
    "B": "начало начала начале началу start beginning inicio comeco",
    "z": "конец конца концу конце end final fim",
    "S": "с со from since desde после after starting начиная",
    "b": "между between entre",
    "E": "по до to till til until through thru before by к ate ao",
    "&": "и and e",
    "|": "или либо or ou",
    "G": "назад тому ago atras",
    "H": "ha faz",
    "f": "за for por durante during throughout over pelo pela pelos pelas about про о об sobre",
    "i": "в во на in on em no na nos nas at",
    "o": "of de do da dos das",
    "a": "a an the o os as um all календарных календарный calendar несколько few several alguns algumas весь всю "
    "все whole "
    "entire целый целую целое целого inteiro inteira",
    "c": "числа число числу числе",
    "h": f"{forms('платеж', '- а у е и ей ам ами ах')} {forms('оплат пополнени выписк', 'а ы у е и я й ам ами')} "
    f"{forms('списани начислени', 'е я ю ем и й ям ями ях')} {forms('квитанци', 'я и ю ей й')} "
    "история историю истории payment payments history paid statement statements pagamento pagamentos historico extrato "
    "счет счета счету счетом счетов charge charges bill bills invoice invoices usage fatura faturas boleto boletos "
    "cobranca cobrancas total spending spendings expense expenses cost costs расход расходы расхода траты трат "
    "gasto gastos "
    "consumo",
    "$": "р руб рубль рубля рублей рубли рублями рублях rub rubles roubles коп копеек копейки тыс тысяч тысячи тысяча "
    "млн к k мин минут минуты minute секунд секунды seconds час часа часов ч мбит мб гб gb mb mbps mbit reais real "
    "usd eur euro euros долларов "
    "dollars процентов процента percent раз раза times vezes am pm утра вечера hours hour hora horas h ггц мгц ghz mhz "
    "мегабит мегабита мегабайт мегабайта мега mega megas гиг гига гигов гигабайт гигабайта gigas gigabytes megabits "
    "смс sms штук штуки шт minutos minutes",
    "!": "через каждые каждый каждую каждое every each cada per within течение вперед наперед ahead adiantado "
    "adiantados",
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
    "half a year": ("V", 6), "пол года": ("V", 6), "meio ano": ("V", 6),
    "полтора года": ("V", 18), "year and a half": ("V", 18), "um ano e meio": ("V", 18), "ano e meio": ("V", 18),
    "up to": ("E", 0), "que vem": ("+", 0),
    "настоящее время": ("A", 0), "этот день": ("A", 0), "сей день": ("A", 0), "in advance": ("!", 0),
    "fim de semana": ("W", 7), "fins de semana": ("W", 7), "so far": ("x", 0),
    "добрый день": ("x", 0), "доброго дня": ("x", 0), "bom dia": ("x", 0), "good day": ("x", 0),
}  # fmt: skip
AMOUNTS: Final = {"полгода": 6, "полугода": 6, "полугоду": 6, "полгодика": 6}
AMOUNT_DAYS: Final = {"fortnight": 14, "quinzena": 15, "полмесяца": 15}
PARTS: Final = words(" ".join(PHRASES))
# What is said with other words.
ELSE: Final = (
    (re.compile(r"\b(?:year[ -]to[ -]date|ytd)\b"), "this year"),
    (re.compile(r"\b(?:month[ -]to[ -]date|mtd)\b"), "this month"),
    (re.compile(r"\bhalf[ -]?year(s?)\b"), r"semestre\1"),
    (re.compile(r"\b(?:onwards?|em diante|и далее)\b"), "till today"),
    (re.compile(r"\bpa?ra ca\b"), "ate hoje"),
    (re.compile(r"\bпрошлогодн[а-я]{2,3}\b"), "прошлый год"),
    (re.compile(r"\b(segunda|terca|quarta|quinta|sexta)[ -]?feira\b"), r"\1feira"),
    (
        re.compile(r"(?<=[0-9])-(?=[^\W\d_]{3,}-[0-9])|(?<=[^\W\d_]{3})-(?=(?:19|20)[0-9]{2}(?![0-9]))"),
        " ",
    ),  # 5-Oct-2026
)
# Also ordinary words: they name days only in the company of a preposition, a number or a year, or alone.
WEAK: Final = words(
    "may mar mai set out ago sat sun mon fri wed thu tue fall пн вт ср чт пт сб вс segunda terca quarta quinta sexta "
    "марта"  # «Марта зовут …»
)
PORTUGUESE: Final = frozenset({"set", "out", "ago"})
# As weak, and meant only with "na", "no", "desde" or another one: "seg a sex".
DAYS_PT: Final = {"seg": 0, "ter": 1, "qua": 2, "qui": 3, "sex": 4, "sab": 5, "dom": 6}
PRONOUNS: Final = words("i you we they he she it us eu voce")
NAMED: Final = words("am called named mr mrs ms miss зовут chamo chama")  # people: "I am April"
SHOW: Final = words("покажи показать весь show me mostra mostre mostrar whole all")
VERBS: Final = words("may march")
# One slip away from a word of time, and something else.
NOT_SLIPS: Final = words(
    "прошло прошли прошел прошла пришедший пришедшие пришедших выходом выходим десяток десятки начали марка марку "
    "марки марса марше второе вторая четверо четверть четверти четверка четверых завтрак нежели надели средне "
    "вероника минуту матом пшеница пшеницу пшеницы путаница очень maior mario marca match marsh marcos marcou "
    "quanto quantos junto juntos junta julgo abrir abriu abria adora amora seguida seguido seguindo seguidas "
    "quintal inferno interno inverso passando passamos passava passaro dominio dominar dormindo domino sabao "
    "safado sabido todas amanda apanha aranha mouths seventy precious quartel quarteis weakened charles seconds "
    "semanal semanais passara passadas entrei entrem entres entree entra severn macio junte slept swept сенат "
    "септо septo frida среди"
)
ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


@cache
def lexicon() -> dict[str, Token]:
    """Every known word. The first meaning stands."""
    known: dict[str, Token] = {}

    def learn(kind: str, value: int, words: str) -> None:
        for word in words.split():
            known.setdefault(word, Token(kind, value, word))

    for number, (stem, endings) in enumerate(MONTHS_RU, 1):
        learn("M", number, f"{forms(stem, endings)} {MONTHS_ELSE[number - 1]} {forms(MONTHLY[number - 1], RELATING)}")
    for kind, table in (("W", WEEKDAYS), ("F", SEASONS), ("U", UNITS)):
        for value, words in enumerate(table):
            learn(kind, value, words)
    for kind, numbers in (("A", TODAY), ("N", NUMBERS), ("O", ORDINALS)):
        for value, words in numbers.items():
            learn(kind, value, words)
    for kind, words in OTHERS.items():
        learn(kind, 0, words)
    return known


# The kinds that are mended anywhere, and from how many letters on; small words are near to everything.
SLIPPERY: Final = {
    "M": 5, "A": 5, "W": 5, "U": 6, "P": 6, "L": 6, "l": 6, "T": 6, "R": 6, "+": 6, "F": 7, "N": 7, "O": 7, "B": 7,
    "b": 6,
}  # fmt: skip
SHORTEST: Final = 3  # letters of a word that is mended beside a word of time


Index = Mapping[tuple[str, int], tuple[str, ...]]  # by first letter and length


@cache
def slippery() -> Index:
    """The words that are forgiven a slip anywhere. «майский» and «выходной» are too near to too much."""
    shortest = {"M": 4, "W": 6}
    words = (w for w, t in lexicon().items() if t.kind in SLIPPERY and len(w) >= shortest.get(t.kind, 5))
    return indexed(w for w in words if not w.startswith(("майск", "выходн")))


@cache
def names() -> Index:
    """The words that are forgiven two slips."""
    longest = {"M": 8, "W": 8, "A": 7}
    known = (w for w, t in lexicon().items() if len(w) >= longest.get(t.kind, 99))
    return indexed(w for w in known if not w.startswith((*MONTHLY, "выходн")))


@cache
def beside(kinds: str) -> Index:
    """The words of these kinds that are forgiven a slip beside a word of time."""
    return indexed(w for w, t in lexicon().items() if t.kind in kinds)


def indexed(known: Iterable[str]) -> Index:
    made: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for word in known:
        if len(word) > SHORTEST:
            made[word[0], len(word)].append(word)
    return {key: tuple(found) for key, found in made.items()}


def nearest(word: str, index: Index, slips: int = 1) -> Token | None:
    """The one meaning that is so many slips away."""
    likely = [w for length in range(-slips, slips + 1) for w in index.get((word[0], len(word) + length), ())]
    near = [w for w in likely if OSA.distance(w, word, score_cutoff=slips) <= slips]
    meanings = {(lexicon()[w].kind, lexicon()[w].value) for w in near}
    return replace(lexicon()[near[0]], word=word) if len(meanings) == 1 else None


def mended(word: str) -> Token | None:
    """The word of time that is one slip away: long words only, and only where one meaning is possible. Two slips are
    forgiven in the longest names of months and days: "wensday"."""
    if not 5 <= len(word) <= 14 or word in NOT_SLIPS:
        return None
    slip = nearest(word, slippery()) or (nearest(word, names(), slips=2) if len(word) >= 7 else None)
    return slip if slip is not None and len(word) >= SLIPPERY[slip.kind] else None


# ── Ways to read ──────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def spoken() -> Mapping[str, str]:
    """Rough sound -> Russian word of time."""
    several = (word for phrase in PHRASES for word in phrase.split())
    russian = [w for w in (*lexicon(), *AMOUNTS, *AMOUNT_DAYS, *several) if not w.isascii()]
    # "vykhodnye" sounds like «выходне». Of two words that sound alike the first stands.
    return {russian_sound(sound): word for word in reversed(russian) for sound in (word, word.replace("ые", "е"))}


TYPED_LATIN: Final = re.compile(r"[a-z\[\];',.`{}:\"<>~]*[a-z][a-z\[\];',.`{}:\"<>~]*")
TYPED_RUSSIAN: Final = re.compile("[а-я]+")
LATIN: Final = re.compile("[a-z]+")
TELLING: Final = frozenset(
    "MUWFAVLlPRTBJOch"
)  # a way to read must make sense of a word of these, not only of small ones


def on_russian_keys(match: re.Match[str]) -> str:
    """A comma may be «б» («c,» is «сб»), or a comma."""
    for typed in (match[0], match[0].rstrip(",.;:'\""), match[0].strip(",.;:'\"")):
        word = typed.translate(TO_RUSSIAN).translate(PLAIN)
        if known(word):
            return match[0].replace(typed, word)
    return match[0]


def on_latin_keys(match: re.Match[str]) -> str:
    word = match[0].translate(FROM_RUSSIAN)
    return word if known(word) else match[0]


def aloud(match: re.Match[str]) -> str:
    """A word that sounds like nothing Russian has no other meaning either: "for god" is not «за год»."""
    return spoken().get(latin_sound(match[0][:20]), f"x{match[0]}")


WAYS: Final = ((TYPED_LATIN, on_russian_keys), (LATIN, aloud), (TYPED_RUSSIAN, on_latin_keys))


def known(word: str) -> bool:
    return word in lexicon() or word in AMOUNTS or word in AMOUNT_DAYS or word in PARTS


def read(typed: str) -> tuple[str, bool]:
    """The text in the way in which most of its words are known, as typed when in doubt; and whether that is by ear."""
    best, most, heard = typed, sum(map(known, WORD.findall(typed))), False
    for pattern, way in WAYS:
        text = pattern.sub(way, typed)
        if text == typed:
            continue
        found = [word for word in WORD.findall(text) if known(word)]
        new = set(found).difference(WORD.findall(typed))
        kinds = {lexicon()[word].kind if word in lexicon() else "V" for word in new if len(word) > 2}
        small = {lexicon()[word].kind for word in new if word in lexicon()}
        dated = small >= {"S", "E"} or (small & set("Sfi") and YEAR.search(text))  # «с 01.10 по 15.10», «за 2025»
        if len(found) > most and (kinds & TELLING or dated):
            best, most, heard = text, len(found), way is aloud
    return best, heard


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────

LONGEST: Final = 4000  # characters, and
MOST: Final = 300  # words: whoever writes more tells a story, and it must not hold up everybody else
SLIPS: Final = 50  # unknown words that are looked at twice
UNSEEN: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
PLAIN: Final = str.maketrans("ёçãáâàäéêèíìóôõòúùü", "еcaaaaaeeeiioooouuu", UNSEEN)
MARKS: Final = dict.fromkeys(range(0x300, 0x370))
TOKEN: Final = re.compile(
    r"(?P<ordinal>[0-9]{1,2}|[0-9]{4})(?:-?(?:го|ое|ого|его|му|ому|ый|е|й|я|ая|st|nd|rd|th)|-м|[ºª°]|o)(?![^\W_])"
    r"|(?P<count>[0-9]{1,3})-?(?:х|ти|ми)(?![^\W_])"
    r"|(?<![^\W_])(?:q(?P<quarter>[1-4])|(?P<quarters>[1-4])q|h(?P<half>[12])(?=[ /'-]?(?:20)?[0-9]{2}))(?![^\W_])"
    r"|(?:['’]|(?<=[^\W\d_])/)(?P<short>[0-9]{2})(?![^\W_])"
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
YEAR: Final = re.compile(r"\b20[0-9]{2}\b")
WORD: Final = re.compile(r"[^\W\d_]+")
WINTER: Final = re.compile(r"(20[0-9]{2})[-–—/]([0-9]{2})")  # 2024/25
MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})|([0-9]{1,2})[-./]([0-9]{4})")
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
        return Token("Y" if len(text) == 4 and 1900 <= value <= 2099 else "N", value, text)
    return Token("x", 0, text)


def run(text: str) -> list[Token]:
    """A row of digits and marks: a number, a date, or two of them with a dash between; anything else is no date."""
    if len(text) > 24:
        return [Token("x", 0, text[:24])]
    if (found := WINTER.fullmatch(text)) is not None and 12 < int(found[2]) == int(found[1]) % 100 + 1:
        return [number(found[1]), Token("E", 1, "-"), Token("Y", int(found[1]) + 1, "")]
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
    plain = text[:LONGEST].lower().replace("и\u0306", "й").translate(MARKS).translate(PLAIN)
    plain, heard = read(plain)
    for pattern, said in ELSE:
        plain = pattern.sub(said, plain)
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
                new = [ordinal(int(match["ordinal"]), word)]
            case "count":
                new = [Token("N", int(match["count"]), word)]
            case "quarter" | "quarters" | "half" as unit:
                new = [Token("O", int(match[unit]), word), UNIT_Q if unit != "half" else UNIT_H]
            case "short":
                new = [Token("Y", 2000 + int(match["short"]), word)]
            case "run":
                new = run(word)
            case "dash":
                new = [Token("E", 1, "-")]
            case "comma":
                new = [Token("&", 1, ",")]
            case "money":
                new = [Token("$", 1, word)]
            case "word":
                word = word if word.isascii() else one_alphabet(word)
                new = [*worded(word)]
                if not new and slips:
                    slips -= 1
                    slip = mended(word)
                    new = [slip] if slip is not None else []
                new = new or [Token("x", 0, word)]
            case _ if word.isnumeric():  # digits of other scripts
                new = [Token("x", 0, word)]
            case _:  # quotes, brackets, apostrophes
                continue
        found += [replace(new[0], glued=glued), *new[1:]]
    return settle(phrases(short_slips(found)), language, heard=heard)


UNIT_Q: Final = Token("U", QUARTERS, "quarter")
UNIT_H: Final = Token("U", HALVES, "half")


def ordinal(value: int, word: str) -> Token:
    """«5-го», and «2025-го»."""
    if value < 100:
        return Token("O", value, word)
    return Token("Y" if 1990 <= value <= 2099 else "x", value, word)


def short_slips(found: list[Token]) -> list[Token]:
    """Short words are mended beside a word of time: "this wek", "lst month"."""
    for i, one in enumerate(found):
        if one.kind != "x" or not SHORTEST <= len(one.word) <= 5 or not one.word.isalpha():
            continue
        before, then = neighbour(found, i - 1), neighbour(found, i + 1)
        if before.kind in "LlPRT" or (before.kind in "Nf" and len(one.word) > SHORTEST and not one.glued):
            found[i] = nearest(one.word, beside("U")) or one
        elif then.kind == "U" and then.word:
            found[i] = nearest(one.word, beside("LlPT")) or one
        elif then.kind in "MDNY" and one.word not in NOT_SLIPS:  # "form March to May", "sinse 2025"
            found[i] = nearest(one.word, beside("Sb")) or one
    return found


def worded(word: str) -> Iterator[Token]:
    if word in AMOUNTS:
        yield Token("V", AMOUNTS[word], word)
    elif word in AMOUNT_DAYS:
        yield Token("N", AMOUNT_DAYS[word], word)
        yield Token("U", DAYS, "days")
    elif word in lexicon():
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
                break
        else:
            one, length = compound(found[i : i + 5])
            joined.append(one)
        i += length
    return joined


def compound(row: list[Token]) -> tuple[Token, int]:
    """«двадцать пять», "thirty-first", "vinte e cinco" as one number, «зима 2024-2025» as one winter, and the length;
    else the first as it is."""
    one = row[0]
    if one.kind == "F" and not one.value and len(row) > 3 and row[2].kind == "E":
        year, two = row[1], row[3]
        if year.kind == two.kind and two.value == year.value + 1 and (year.kind == "Y" or 20 <= year.value <= 98):
            return replace(one, numeric=(0, 0, year.value % 100 + 2000)), 4
    if one.kind == "N" and one.value >= 20 and one.value % 10 == 0 and one.word.isalpha() and len(row) > 1:
        at = 2 if row[1].word in {"-", "e", "and"} else 1
        low, length = compound(row[at:]) if at < len(row) else (one, 1)
        if low.kind in {"N", "O"} and low.word.isalpha() and 1 <= low.value < (100 if one.value == 100 else 10):
            return Token(low.kind, one.value + low.value, low.word), at + length
    return one, 1


# The number behind these is no day, sum of days or year, but a name.
ACCOUNTS: Final = words("счет счета счету account conta")
LABELS: Final = words(
    "лс заявка заявки обращение пин инн договор договора договору договоре номер номера номеру телефон телефона "
    "телефону тел тариф план пакет код ошибка канал карта карты карту картой версия вайфай скорость паспорт "
    "number phone contract tariff plan package code error channel card version wifi speed contrato numero "
    "protocolo pedido pin order ticket telefone plano pacote tarifa codigo erro canal cartao versao velocidade"
)
# What is sold under the name of a season or a month: "Tariff Summer".
GOODS: Final = words(
    "тариф тарифа тарифе план пакет акция tariff plan package offer plano pacote tarifa promocao oferta"
)
STREETS: Final = words(
    "ул улица улице улицы улицу проспект проспекте пр пер переулок бульвар шоссе площадь набережная rua avenida "
    "av praca travessa street road avenue ave район районе района city"
)
HOUSES: Final = words(
    "дом дома доме д корпус корп строение квартира квартире квартиры кв подъезд этаж офис apto apartamento casa "
    "bloco andar house flat apartment apt building floor комната room"
)


def settle(found: list[Token], language: str | None, *, heard: bool) -> list[Token]:
    """Decide what depends on the neighbours."""
    resolve(found, language, heard=heard)
    addresses(found)
    measure(found)
    return found


def neighbour(found: list[Token], i: int) -> Token:
    return found[i] if 0 <= i < len(found) else Token("-")


def resolve(found: list[Token], language: str | None, *, heard: bool) -> None:
    """Words of two meanings: "ago", "dez", "may", Roman numerals. `heard`: short words only sound like these."""
    alone = len(found) == 1 and not (heard and language == "pt")  # «mãe» is not «мае»
    for i, one in enumerate(found):
        before, then = neighbour(found, i - 1), neighbour(found, i + 1)
        # "jan a dez", "mon-wed"
        second = (before.kind in "E&" or before.word == "a") and neighbour(found, i - 2).kind in "MW"
        second |= (then.kind in "E&" or then.word == "a") and neighbour(found, i + 2).kind in "MW"
        if one.word == "ago" and before.kind in "UV":
            found[i] = Token("G", 0, "ago")
        elif one.word == "dez" and then.kind != "U" and then.kind != "$":
            over = then.kind in "-Yx" or (then.kind == "o" and neighbour(found, i + 2).kind == "Y")
            if before.word in {"em", "desde"} or (over and (second or before.kind in "oh")):
                found[i] = Token("M", 12, "dez")
        elif one.word == "segunda" and then.word in {"quinzena", "metade", "semana"}:
            found[i] = Token("O", 2, one.word)
        elif one.word == "sem" and before.kind == "O":
            found[i] = Token("U", HALVES, "semestre")
        elif one.word in DAYS_PT:
            if second or before.word in {"na", "no", "desde"} or (then.word == "a" and
                    neighbour(found, i + 2).word in DAYS_PT):  # fmt: skip
                found[i] = Token("W", DAYS_PT[one.word], one.word)
        elif one.kind == "W" and explained(found, i + 1):
            found[i] = Token("x", 0, one.word)
        elif one.word in ROMAN and then.kind == "U" and then.value in {QUARTERS, HALVES}:
            found[i] = Token("O", ROMAN[one.word], one.word)
        elif verb(one, before, then) or (one.kind in "MFW" and sold(found, i)):
            found[i] = Token("x", 0, one.word)
        elif one.word in WEAK or (heard and one.kind in "MFW" and len(one.word) < 6):
            second |= before.kind == one.kind == "M"  # "jan feb mar"
            company = before.kind in "NOSEfiTPlLRb&ohBzU" or (before.kind == "a" and len(before.word) > 2) or second
            company |= before.word in SHOW or then.kind in {"M": "NOYhPTRM", "F": "YhPTR", "W": "P"}[one.kind]
            foreign = one.word in PORTUGUESE and (language == "en" or before.word in {"to", "for", "in", "on", "of"})
            if foreign or not (alone or company) or then.word in {"via", "vez", "parcela", "fatura", "conta"}:
                found[i] = Token("x", 0, one.word)


def explained(found: list[Token], i: int) -> bool:
    """Whether a date stands behind a day of the week and says which: «в пятницу, 10 октября»."""
    i += neighbour(found, i).word == ","
    i += neighbour(found, i).kind == "a"
    one, two = neighbour(found, i), neighbour(found, i + 1)
    two = neighbour(found, i + 2) if two.kind == "o" else two
    return one.kind == "D" or (one.kind in "NO" and two.kind == "M") or (one.kind == "M" and two.kind in "NO")


def verb(one: Token, before: Token, then: Token) -> bool:
    """ "we march", "this may take long", "and may I ask", and somebody's name."""
    if one.kind == "M" and (before.word in NAMED or (before.word == "is" and one.word in {"april", "june", "may"})):
        return True
    if one.word == "may" and (
        (before.word == "this" and then.kind == "x") or (before.kind in "&|" and then.word in PRONOUNS)
    ):
        return then.word not in PRONOUNS or before.kind in "&|"
    return one.word in VERBS and (before.word in PRONOUNS or then.word in {"be", "not", "have"})


def sold(found: list[Token], i: int) -> bool:
    """«тариф Летний», "plano de verão"."""
    near = {neighbour(found, i - 1).word, neighbour(found, i + 1).word}
    return bool(GOODS & near) or (neighbour(found, i - 1).kind == "o" and neighbour(found, i - 2).word in GOODS)


def addresses(found: list[Token]) -> None:
    """The numbers of a house and of a flat, and streets that are named after a day: «ул. 8 Марта, д. 10/2, кв. 7»."""
    home = 0  # so many tokens on an address may still go on
    for i, one in enumerate(found):
        then = neighbour(found, i + 1)
        if one.word in STREETS or (one.word in HOUSES and (home or one.word != "кв")):
            found[i] = Token("x", 0, one.word)
            home = 6
            if one.word in STREETS:
                end = next((n for n in range(i + 1, min(i + 4, len(found))) if found[n].kind not in "NOo"), i)
                if neighbour(found, end).kind == "M":
                    found[i + 1 : end + 1] = [Token("x", 0, t.word) for t in found[i + 1 : end + 1]]
                for n in range(max(i - 3, 0), i if one.word.isascii() else 0):  # "12/5 Baker street"
                    if found[n].kind in "ND" and not found[n].numeric[2]:
                        found[n] = Token("x", 0, found[n].word)
        elif home and one.kind in "ND" and not one.numeric[2] and not dated(found, i + 1):
            found[i] = Token("x", 0, one.word)
            home = 6
        elif one.kind in "MF" and then.word in STREETS:  # «Октябрьская улица»
            found[i] = Token("x", 0, one.word)
        else:
            home = home - 1 if home and one.kind in "x&ao" else 0


def dated(found: list[Token], i: int) -> bool:
    """Whether a number before the tokens from `i` on is a day or an amount of time."""
    one, two = neighbour(found, i), neighbour(found, i + 1)
    return one.kind in "Mc" or (one.kind == "U" and one.word != "кв") or (one.kind == "o" and two.kind == "M")


def measure(found: list[Token]) -> None:
    """Numbers that are sums, phones or accounts are no days."""

    def at(i: int) -> Token:
        return neighbour(found, i)

    for i, one in enumerate(found):
        half = HALF.fullmatch(one.word) if one.kind in "Dx" else None
        if half is not None and at(i + 1).kind == "U":  # «1,5 года»; of a month and a half nobody knows the days
            years = at(i + 1).value == YEARS
            found[i : i + 2] = [Token("V", int(half[1]) * 12 + 6) if years else Token("x"), Token("x")]
        elif one.kind in "DK" and not (one.kind == "D" and one.numeric[2]):
            label = at(i - 1).word in LABELS or at(i - 1).word in {"$", "№", "#"}
            if label or one.word == "24/7" or (one.kind == "D" and at(i + 1).kind == "$"):
                found[i] = Token("x", 0, one.word)

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
            or (after.kind == "h" and row[-1].kind == "N" and before.kind not in "ME")
            or (after.glued and after.kind not in {"U", "M", "c", "E", "&"})
            or (before.kind == "$" and before.value == 1)
            or (before.kind == "x" and row[0].glued)
            or (before.word in ACCOUNTS | LABELS and not of_month)
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


HALF: Final = re.compile("([0-9]{1,2})[.,]5")


def spelled(row: list[Token]) -> bool:
    """«01 10 2026»."""
    day, month, year = row
    return len(day.word) == len(month.word) == 2 and year.kind == "Y" and day.value <= 31 and month.value <= 12
