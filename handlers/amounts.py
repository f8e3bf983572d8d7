"""amount(text): a sum of rubles as people type it, in kopecks. Pure.

    300 · 300р · 1 500 рублей · 1,5 тыс · 2к · R$ 50,75 · 1 234,56 ₽ · пятьсот · две тысячи пятьсот · two hundred

A sum is given only where the text is nothing but a sum, perhaps with words around it that mean nothing ("на", "below").
A mark that may be a decimal point or a thousands separator is read by what stands behind it: one or two digits are
kopecks, groups of three are thousands.
"""

import re
from decimal import Decimal
from functools import cache
from typing import Final


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


LARGEST: Final = 100_000_000_00  # kopecks: nobody means more
THOUSAND: Final = words_of("тыс тысяч тысячи тысяча тысячу т к k thousand mil тыщ тыща тыщу")
MILLION: Final = words_of("млн миллион миллиона million milhao")
CURRENCY: Final = words_of(
    "р руб рубль рубля рублей рубли рублях рублями rub ruble rubles rouble roubles r$ ₽ $ rs reais real rublos"
)
KOPECKS: Final = words_of("коп копеек копейки копейка kopecks kopeck centavos cents к")
# Said around a sum without changing it.
SMALL: Final = words_of(
    "на до от при ниже меньше менее порог сумма сумму будет равно по если пусть поставь хочу давай предупреждай "
    "примерно "
    "below under at to is the a of set threshold limit less than when about "
    "abaixo de do menos em para por limite o a valor quando"
)
WORDS: Final = {
    0: "ноль zero", 1: "один одна одну one um uma", 2: "два две two dois duas", 3: "три three tres",
    4: "четыре four quatro", 5: "пять five cinco", 6: "шесть six seis", 7: "семь seven sete", 8: "восемь eight oito",
    9: "девять nine nove", 10: "десять ten dez", 11: "одиннадцать eleven onze", 12: "двенадцать twelve doze",
    13: "тринадцать thirteen treze", 14: "четырнадцать fourteen quatorze catorze", 15: "пятнадцать fifteen quinze",
    16: "шестнадцать sixteen dezesseis", 17: "семнадцать seventeen dezessete", 18: "восемнадцать eighteen dezoito",
    19: "девятнадцать nineteen dezenove", 20: "двадцать twenty vinte", 30: "тридцать thirty trinta",
    40: "сорок forty quarenta", 50: "пятьдесят fifty cinquenta", 60: "шестьдесят sixty sessenta",
    70: "семьдесят seventy setenta", 80: "восемьдесят eighty oitenta", 90: "девяносто ninety noventa",
    100: "сто сотня сотню сотка сотку hundred cem cento", 200: "двести duzentos", 300: "триста trezentos",
    400: "четыреста quatrocentos", 500: "пятьсот quinhentos", 600: "шестьсот seiscentos", 700: "семьсот setecentos",
    800: "восемьсот oitocentos", 900: "девятьсот novecentos",
}  # fmt: skip
JOINERS: Final = frozenset({"и", "and", "e"})

LONGEST: Final = 100  # characters: a sum with words around it is never longer
# Digits in groups, or plainly; then perhaps a fraction. ASCII digits only.
FIGURE: Final = re.compile(r"([0-9]{1,3}(?:([ .,'])[0-9]{3})(?:\2[0-9]{3})*|[0-9]{1,12})(?:([.,])([0-9]{1,9}))?")
TOKEN: Final = re.compile(r"[0-9]+(?:[ .,'](?=[0-9])[0-9]+)*|r\$|[^\W\d_]+|[^\s.,!?:()\"«»]")
ACCENTS: Final = str.maketrans("ёçãáâàéêíóôõú\u00a0\u202f\u2009−–—", "еcaaaaeeiooou   ---")


@cache
def numbers() -> dict[str, int]:
    return {word: value for value, words in WORDS.items() for word in words.split()}


def amount(text: str) -> int | None:
    """Kopecks, above zero; None where the text is not one clear sum."""
    if len(text) > LONGEST:
        return None
    tokens = TOKEN.findall(text.lower().translate(ACCENTS))
    words = [t for t in tokens if t not in SMALL and t not in CURRENCY]
    if len([t for t in tokens if t in CURRENCY]) > 2 or not words:
        return None
    kopecks = figures(words) if words[0][0].isdecimal() else spoken(words)
    return kopecks if kopecks is not None and 0 < kopecks <= LARGEST else None


def figures(words: list[str]) -> int | None:
    """«1 500», «1,5 тыс», «50 рублей 75 копеек»."""
    value = figure(words[0])
    if value is None:
        return None
    rest = words[1:]
    if rest and rest[0] in THOUSAND | MILLION:
        value *= 1000 if rest[0] in THOUSAND else 1_000_000
        rest = rest[1:]
    kopecks = value * 100
    if len(rest) == 2 and rest[1] in KOPECKS and re.fullmatch("[0-9]{1,2}", rest[0]) and value == int(value):
        kopecks += int(rest[0])
        rest = []
    # Less than a kopeck is not money, and whatever else stands there makes the sum unclear.
    return int(kopecks) if not rest and kopecks == int(kopecks) else None


def figure(text: str) -> Decimal | None:
    found = FIGURE.fullmatch(text)
    if found is None:
        return None
    whole, group, mark, fraction = found.groups()
    if fraction is not None and (len(fraction) > 2 or mark == group):
        return None
    # "5.123" may be thousands or a slip: only round thousands are believed, and "0.500" never.
    if group in {".", ","} and fraction is None and whole.count(group) == 1 and not whole.endswith("0"):
        return None
    if group and whole.startswith("0"):
        return None
    digits = re.sub("[^0-9]", "", whole)
    return Decimal(f"{digits}.{fraction or 0}")


def spoken(words: list[str]) -> int | None:
    """«две тысячи пятьсот», "two hundred", "quinhentos"."""
    total = part = 0
    for word in words:
        if word in THOUSAND and word not in {"т", "к", "k"}:
            total, part = total + (part or 1) * 1000, 0
        elif word == "hundred" and 0 < part < 10:
            part *= 100
        elif (value := numbers().get(word)) is not None:
            # «сто пятьдесят» goes down; «пять сто» is not a number.
            if part and (value >= part or (part % 100 and value >= 10)):
                return None
            part += value
        elif word not in JOINERS:
            return None
    return (total + part) * 100 or None
