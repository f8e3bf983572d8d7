"""Known phrases: what is certain without any model. Pure, and linear in the length of the text.

    text ─▶ readings ─▶ the whole message is a known phrase
            as typed · other keyboard layout · Russian in Latin letters · each with one slip mended

The phrases are the `words-…` messages of locales/<language>/words.ftl, of all three languages at once, because people
change language in the middle of a sentence. `words-alerts-off` belongs to the action `alerts:off`. Entries are
separated by « | »; one that begins with "=" counts only as the whole message.

A slip is mended only in words of five letters and more, and only where one word is meant.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from handlers.text import LANGUAGES, sentences
from nlu.letters import Tokens, fold, is_latin, is_russian, latin_sound, on_latin_keys, on_russian_keys, russian_sound

PHRASE: Final = 6  # tokens of the longest phrase
LONGEST: Final = 12  # tokens of a message that may be nothing but a phrase and words that change nothing
TALK: Final = 60  # tokens that are looked through for phrases
MENDED: Final = 5  # letters from which one slip is forgiven

# Questions that are never found inside another message: "назад", "стоп", "да" mean something only alone.
ALONE: Final = frozenset({"stop", "menu", "start", "yes", "no"}) | {str(n) for n in range(1, 10)}


@dataclass(frozen=True, slots=True)
class Phrase:
    question: str
    languages: frozenset[str]
    inside: bool  # counts also inside a longer message
    size: int  # tokens


@dataclass(frozen=True, slots=True)
class Known:
    """A phrase that is the whole message, and the one language whose words were used."""

    question: str
    language: str | None


def known(text: str) -> Known | None:
    for tokens, language in readings(text):
        if len(tokens) > LONGEST:
            return None
        for reading in (tokens, mend(tokens)):
            if found := phrases().get(reading) or phrases().get(bare(reading)):
                return Known(found.question, language or only(found.languages))
    return None


def inside(tokens: Tokens) -> list[Phrase]:
    """The phrases that stand in the message, longest first, none over another; in the order of the message."""
    tokens = tokens[:TALK]
    taken = [False] * len(tokens)
    found: list[tuple[int, Phrase]] = []
    for size in range(min(PHRASE, len(tokens)), 0, -1):
        for at in range(len(tokens) - size + 1):
            phrase = phrases().get(tokens[at : at + size])
            if phrase is not None and phrase.inside and not any(taken[at : at + size]):
                found.append((at, phrase))
                taken[at : at + size] = [True] * size
    return [phrase for _, phrase in sorted(found, key=lambda pair: pair[0])]


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


def only(languages: frozenset[str]) -> str | None:
    return next(iter(languages)) if len(languages) == 1 else None
