"""understand(text): from a customer's words to the question they ask. Pure, and linear in the length of the text.

    text ─▶ fold ─▶ readings ─▶ the whole message is a known phrase ─▶ known phrases stand inside it ─▶ not understood
                    as typed · other keyboard layout · Russian in Latin letters · with one slip mended

The phrases are the `words-…` messages of locales/<language>/words.ftl, of all three languages at once, because people
change language in the middle of a sentence. `words-alerts-off` belongs to the action `alerts:off`. Entries are
separated by « | »; one that begins with "=" counts only as the whole message.

A money question is never answered on a guess: a slip is mended only in words of five letters and more, and only where
one word is meant; what is merely similar is offered as a button.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from handlers.text import LANGUAGES, sentences
from nlu.letters import Tokens, fold, is_latin, is_russian, latin_sound, on_latin_keys, on_russian_keys, russian_sound

PHRASE: Final = 6  # tokens of the longest phrase
TALK: Final = 14  # tokens; a known word inside a longer story is a hint and no question
MENDED: Final = 5  # letters from which one slip is forgiven

# Questions that are never found inside another message: "назад", "стоп", "да" mean something only alone.
ALONE: Final = frozenset({"stop", "menu", "start", "yes", "no"}) | {str(n) for n in range(1, 10)}
POLITE: Final = frozenset({"greeting", "thanks"})  # said along with a question, they are not the question
MONEY: Final = frozenset(
    {
        "balance",
        "debt",
        "pay",
        "topup",
        "payments",
        "charges",
        "why",
        "services",
        "tariff",
        "options",
        "usage",
        "calls",
        "statement",
        "promised",
        "mail",
        "bonus",
    }
)
# When several are found, the first of these wins; among money questions the one said first.
BEFORE_MONEY: Final = (
    "operator",
    "forget",
    "paid",  # "заплатил, а интернет не работает" is about neither alone
    "trouble",
    "threshold",
    "quiet",
    "zone",
    "alerts:off",
    "alerts:on",
    "alerts",
    "unlink",
)


@dataclass(frozen=True, slots=True)
class Meaning:
    question: str = ""  # an action; "" when it is not clear
    also: str = ""  # a second question in the same message
    likely: tuple[str, ...] = ()  # when it is not clear: the questions whose words were found
    language: str | None = None  # the one language whose words were used
    whole: bool = False  # the message is nothing but this question


@dataclass(frozen=True, slots=True)
class Phrase:
    question: str
    languages: frozenset[str]
    inside: bool  # counts also inside a longer message
    size: int  # tokens


def understand(text: str) -> Meaning:
    words = fold(text)
    guess = "ru" if re.search("[а-я]{2}", words) else None
    for tokens, language in readings(text):
        for reading in (tokens, mend(tokens)):
            if found := phrases().get(reading) or phrases().get(bare(reading)):
                return Meaning(found.question, language=language or only(found.languages), whole=True)
    for tokens, language in readings(text):
        mended_ = mend(tokens)
        if found_inside := max(inside(mended_), inside(bare(mended_)), key=lambda found: sum(p.size for p in found)):
            return weigh(found_inside, len(tokens), language, guess)
    return Meaning(language=guess)


def weigh(found: list[Phrase], length: int, language: str | None, guess: str | None) -> Meaning:
    """One question out of the phrases found, in the order in which they were said."""
    language = language or only(frozenset.intersection(*(p.languages for p in found))) or guess
    asked = list(dict.fromkeys(p.question for p in found))
    asked = [q for q in asked if q not in POLITE] or asked
    first = next((q for q in BEFORE_MONEY if q in asked), asked[0])
    if first == "operator":
        return Meaning(first, language=language)
    clear = length <= TALK and (first in BEFORE_MONEY or len(asked) == 1 or MONEY.issuperset(asked))
    if not clear:
        return Meaning(likely=tuple(q for q in asked if q != "beyond")[:3], language=language)
    also = next((q for q in asked if q in MONEY and q != first), "")
    return Meaning(first, also=also if first in MONEY else "", language=language)


def inside(tokens: Tokens) -> list[Phrase]:
    """The phrases that stand in the message, longest first, none over another; in the order of the message."""
    tokens = tokens[:200]
    taken = [False] * len(tokens)
    found: list[tuple[int, Phrase]] = []
    for size in range(min(PHRASE, len(tokens)), 0, -1):
        for at in range(len(tokens) - size + 1):
            phrase = phrases().get(tokens[at : at + size])
            if phrase is not None and phrase.inside and not any(taken[at : at + size]):
                found.append((at, phrase))
                taken[at : at + size] = [True] * size
    return [phrase for _, phrase in sorted(found, key=lambda pair: pair[0])]


def similar(text: str) -> tuple[str, ...]:
    """The three questions whose phrases look most like a message that holds none of them, likeliest first."""
    words = fold(text)
    best: dict[str, float] = {}
    if words:
        for phrase, score, _ in process.extract(words[:80], joined(), scorer=fuzz.WRatio, limit=12, score_cutoff=70):
            question = joined_questions()[phrase]
            best[question] = max(best.get(question, 0.0), score)
    return tuple(sorted(best, key=lambda q: -best[q]))[:3]


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def readings(text: str) -> Iterator[tuple[Tokens, str | None]]:
    """The ways to read a message, each with its language where the way itself tells it."""
    words = fold(text)
    yield tuple(words.split()), None
    if is_latin(words):
        yield tuple(on_russian_keys(text).split()), "ru"
        yield tuple(spoken().get(latin_sound(token), token) for token in words.split()), "ru"
    elif is_russian(words):
        yield tuple(on_latin_keys(text).split()), None


def mend(tokens: Tokens) -> Tokens:
    """Words with one slip (a letter wrong, missing, extra or two swapped) as the one known word they can be."""
    return tuple(mended(token) if len(token) >= MENDED and at < 30 else token for at, token in enumerate(tokens))


def mended(token: str) -> str:
    if token in vocabulary() or len(token) > 40 or any(c.isdigit() for c in token):
        return token
    near = process.extract(token, long_words(), scorer=OSA.distance, score_cutoff=1, limit=2)
    # Two known words may be one slip away: either both mean the same, or nobody knows which is meant.
    if not near or (len(near) > 1 and questions_of(near[0][0]) != questions_of(near[1][0])):
        return token
    return str(near[0][0])


# ── The phrases, read once ────────────────────────────────────────────────────────────────────────────────────────


def entries() -> Iterator[tuple[str, str, Tokens, bool]]:
    """(language, question, tokens, whole only) of every phrase."""
    for language in LANGUAGES:
        for name, line in sentences(language).items():
            for entry in line.split("|"):
                tokens = tuple(fold(entry).split())
                if tokens and name != "fillers":
                    yield language, name.replace("-", ":"), tokens, entry.strip().startswith("=")


@cache
def phrases() -> Mapping[Tokens, Phrase]:
    made: dict[Tokens, Phrase] = {}
    for language, question, tokens, whole in entries():
        old = made.get(tokens)
        if old is None:
            made[tokens] = Phrase(question, frozenset({language}), not whole and question not in ALONE, len(tokens))
        elif old.question == question:
            made[tokens] = replace(old, languages=old.languages | {language})
    # The same phrases without the words that change nothing. A single word that remains of one is not that question:
    # «сколько можно» is a complaint, «сколько» is not.
    for tokens, phrase in list(made.items()):
        if len(short := bare(tokens)) > 1:
            made.setdefault(short, phrase)
    return made


def bare(tokens: Tokens) -> Tokens:
    return tuple(token for token in tokens if token not in fillers())


@cache
def fillers() -> frozenset[str]:
    """Words that change nothing: «пожалуйста», "please"."""
    return frozenset(t for lang in LANGUAGES for t in fold(sentences(lang)["fillers"].replace("|", " ")).split())


@cache
def vocabulary() -> frozenset[str]:
    return frozenset(token for tokens in phrases() for token in tokens) | fillers()


@cache
def long_words() -> tuple[str, ...]:
    return tuple(sorted(word for word in vocabulary() if len(word) >= MENDED))


@cache
def meanings() -> Mapping[str, frozenset[str]]:
    made: defaultdict[str, set[str]] = defaultdict(set)
    for tokens, phrase in phrases().items():
        for token in tokens:
            made[token].add(phrase.question)
    return {token: frozenset(found) for token, found in made.items()}


def questions_of(word: str) -> frozenset[str]:
    return meanings().get(word, frozenset())


@cache
def spoken() -> Mapping[str, str]:
    """Rough sound -> Russian word."""
    words = {t for language, _, tokens, _ in entries() if language == "ru" for t in tokens}
    words |= set(fold(sentences("ru")["fillers"].replace("|", " ")).split())
    return {russian_sound(word): word for word in sorted(words)}


@cache
def joined_questions() -> Mapping[str, str]:
    known = {" ".join(t): p.question for t, p in phrases().items() if len(" ".join(t)) >= 4}
    return {text: q for text, q in known.items() if q in MONEY or (q not in ALONE | POLITE and q != "beyond")}


@cache
def joined() -> tuple[str, ...]:
    return tuple(joined_questions())


def only(languages: frozenset[str]) -> str | None:
    return next(iter(languages)) if len(languages) == 1 else None
