"""Letters: a message as typed to plain words, and the other ways to read it. Pure, linear in the length of the text.

text ──clean──▶ what was typed without what cannot be seen
     ──fold───▶ small letters without accents, lookalikes in the word's own alphabet, one space between words
         ──on_russian_keys, on_latin_keys──▶ as it was meant on the other keyboard layout
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

Tokens = tuple[str, ...]

LONGEST: Final = 2000  # characters that are looked at
SHORT: Final = 60  # of a text that is remembered as it was cleaned


def clean(text: str) -> str:
    """What was typed without what cannot be seen; figures and letters in their plain form."""
    return cleaned(text) if len(text) <= SHORT else seen(text)


def seen(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:LONGEST])
    text = "".join(visible(c) for c in text[:LONGEST])
    return " ".join(text.split())


cleaned = lru_cache(2048)(seen)  # buttons' labels are read with every message


def visible(c: str) -> str:
    kind = unicodedata.category(c)
    return " " if kind in {"Cc", "Zl", "Zp"} else "" if kind in {"Cf", "Cs"} else c


def fold(text: str) -> str:
    """Small letters without accents (so «ё» is «е» and «й» is «и»), lookalikes in the word's own alphabet, one space
    between words, nothing else."""
    return folded(text[:LONGEST])


@lru_cache(256)  # one message is folded by everybody who looks at it
def folded(text: str) -> str:
    text = unicodedata.normalize("NFD", clean(text).casefold())
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    return " ".join(one_alphabet(token) for token in WORD.findall(text.replace("'", "").replace("’", "")))


WORD: Final = re.compile(r"[^\W_]+")
LATIN: Final = "aceopxykmthb"
CYRILLIC: Final = "асеорхукмтнв"
TO_CYRILLIC: Final = str.maketrans(LATIN, CYRILLIC)
TO_LATIN: Final = str.maketrans(CYRILLIC, LATIN)
# Greek letters as they look inside a word of ours, small or capital.
GREEK_IN_RUSSIAN: Final = str.maketrans("αβγεηκλμνοπρσςτυφχ", "авгенклмнопрсстуфх")
GREEK_IN_LATIN: Final = str.maketrans("αβεηικμνορσςτυχ", "abehikmnopcctyx")
# Cyrillic letters that no language around us has; and those that look Latin beside Latin ones.
STRANGE: Final = str.maketrans("ѕԁԛԝ", "sdqw")
BESIDE_LATIN: Final = str.maketrans("іјһ", "ijh")


def one_alphabet(token: str) -> str:
    """«бaланс» with a Latin "a" is meant in Russian; a Greek or a Ukrainian word stays what it is."""
    if token.isascii():
        return token
    token = token.translate(STRANGE)
    if re.search("[а-я]", token):
        token = token.translate(GREEK_IN_RUSSIAN)
    elif re.search("[a-z]", token):
        token = token.translate(GREEK_IN_LATIN)
    if re.search("[a-z]", token):
        token = token.translate(BESIDE_LATIN)
    latin = {c for c in token if "a" <= c <= "z"}
    cyrillic = {c for c in token if "а" <= c <= "я"}
    if latin and cyrillic:
        if latin <= set(LATIN):
            return token.translate(TO_CYRILLIC)
        if cyrillic <= set(CYRILLIC):
            return token.translate(TO_LATIN)
    return token


# ── Other ways to read it ─────────────────────────────────────────────────────────────────────────────────────────

QWERTY: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + '{}:"<>~'
ЙЦУКЕН: Final = "йцукенгшщзхъфывапролджэячсмитьбюё" + "хъжэбюё"
TO_RUSSIAN: Final = str.maketrans(QWERTY, ЙЦУКЕН)
FROM_RUSSIAN: Final = str.maketrans(ЙЦУКЕН[:33], QWERTY[:33])


def on_russian_keys(text: str) -> str:
    """`<fkfyc` as it was meant: «баланс»."""
    return fold(clean(text).casefold().translate(TO_RUSSIAN))


def on_latin_keys(text: str) -> str:
    """«ифдфтсу» as it was meant: "balance"."""
    return fold(clean(text).casefold().translate(FROM_RUSSIAN))


# A Russian word as people spell it in Latin letters; both sides are brought to the same rough sound.
LETTERS: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
HEARD: Final = "a b v g d e zh z i i k l m n o p r s t u f h c ch sh sh  i  e u a"
SOUNDS: Final = dict(zip(LETTERS, HEARD.split(" "), strict=True))
WRITTEN: Final = "shch sch kh x ts tz yu ju iu ya ja ia yo jo ye je j y w ii"
SPOKEN: Final = "sh sh h h c c u u u a a a e e e e zh i v i"
SPELLINGS: Final = tuple(zip(WRITTEN.split(), SPOKEN.split(), strict=True))


def latin_sound(token: str) -> str:
    for spelling, sound in SPELLINGS:
        token = token.replace(spelling, sound)
    return token


def russian_sound(token: str) -> str:
    return latin_sound("".join(SOUNDS.get(c, c) for c in token))


def is_latin(words: str) -> bool:
    return bool(re.search("[a-z]", words)) and not re.search("[а-я]", words)


def is_russian(words: str) -> bool:
    return bool(re.search("[а-я]", words)) and not re.search("[a-z]", words)
