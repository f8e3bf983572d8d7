"""What was not understood: how much of it may be kept, and which of it is one and the same.

    vocabulary    phrases ─▶ the words that may be kept
    mask          a message ─▶ its known words; all else is a hole: «•» a word, "0" a figure, "@" a link
    clusters      masked messages ─▶ groups that probably want the same, the most frequent first

Pure and deterministic.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import log2
from typing import Final, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nlu.letters import clean, fold, one_alphabet

LONGEST: Final = 200  # characters of a masked message
WORD, FIGURE, REFERENCE = "•", "0", "@"
HOLES: Final = frozenset({WORD, FIGURE, REFERENCE})

LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzàáâãçéêíóôõúüабвгдеёжзийклмнопрстуфхцчшщъыьэюя'’")

DOMAINS: Final = "app br by com gov info io kz me net org pt ru su ua рф"
# Possessive throughout: no text makes it go back and forth.
PIECE: Final = re.compile(
    rf"""(?P<reference> [^\s@]*+@\S*+
                      | [^\s:]*+://\S*+
                      | \bwww\.\S++
                      | (?:[\w-]++\.)+(?:{"|".join(DOMAINS.split())})\b (?:/\S*+)? )
       | (?P<figure> \d++(?![^\W_]) (?:[\s.,:/()+-]++\d++(?![^\W_]))*+ )  # a number with what stands between its groups
       | (?P<word> [^\W_]++ (?:['’][^\W_]++)*+ )""",
    re.VERBOSE,
)


OFTEN: Final = 3  # phrases that have a word, so that it is a word of the trade and no invented street
NAME: Final = re.compile(r"(?<=[\w,] )[^\W\d_a-zа-яё][a-zа-яёà-ÿ]+")  # a capital inside a sentence


def vocabulary(phrases: Iterable[str]) -> frozenset[str]:
    """The folded words of training phrases that may be kept of a message.

    Not those of fewer than OFTEN phrases, nor those that one of them writes as a name: «на улице Ленина», "I'm Maria".
    """
    holders: Counter[str] = Counter()
    names: set[str] = set()
    for phrase in phrases:
        holders.update(set(fold(phrase).split()))
        names.update(word for name in NAME.findall(clean(phrase)) for word in fold(name).split())
    return frozenset(word for word, count in holders.items() if count >= OFTEN and word not in names)


def mask(text: str, known: Container[str]) -> str:
    """What may be kept of a message: every word whose folded form is in `known`, in small letters, and holes.

    An e-mail address counts as a link. "" when there is neither word nor figure in it (a sticker, «?!»).
    """
    typed = unicodedata.normalize("NFC", clean(text).casefold())
    typed = "".join(c for c in typed if unicodedata.category(c) != "Mn")  # composes with no letter
    kept: list[str] = []
    left = LONGEST
    for piece in PIECE.finditer(typed):
        shown = hole(piece, known)
        left -= len(shown) + 1
        if left < -1:  # the last one needs no space behind it
            break
        kept.append(shown)
    return " ".join(kept)


def hole(piece: re.Match[str], known: Container[str]) -> str:
    """The piece itself if it is a known word, else what stands in its place."""
    match piece.lastgroup:
        case "reference":
            return REFERENCE
        case "figure":
            return FIGURE
    word = one_alphabet(piece[0])
    if (folded := fold(word)) not in known:
        return WORD
    return word if LETTERS.issuperset(word) else folded  # «й» and «ç» as they are read, and no fancy spelling


# ── One and the same ──────────────────────────────────────────────────────────────────────────────────────────────


class Miss(Protocol):
    """A masked message, as storage gives it back."""

    @property
    def said(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def likely(self) -> tuple[str, ...]: ...
    @property
    def times(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Messages of one language that probably want the same."""

    key: str  # short, of the leading phrase: the same as long as that phrase leads
    language: str
    misses: tuple[Miss, ...]  # the most frequent first; the first one leads
    count: int  # how often all of them were said
    likely: tuple[str, ...]  # the questions that they may have been, likeliest first; three at most


ALIKE: Final = 0.48  # cosine: two of three telling words in common, in whatever form
PIECES: Final = 3  # letters
WIDTH: Final = 512  # numbers of a message
FEW: Final = 1000  # messages: in a small table what is frequent is no filler yet, but what people want
TOGETHER: Final = 256  # messages in one go
LIKELY: Final = 3


def clusters(misses: Iterable[Miss]) -> tuple[Cluster, ...]:
    """Each message joins the group whose leader is most like it, or leads a new one; the frequent lead.

    Likeness is that of the pieces of the words, so that neither order nor endings matter; a piece weighs the more the
    fewer messages have it, so that «не» and «как» do not bring together what wants different things. 20 000 messages
    take some five seconds. Messages without a known word are one group for each language.
    """
    alike: defaultdict[tuple[str, bool], list[Miss]] = defaultdict(list)
    for one in sorted(misses, key=lambda one: (-one.times, one.said)):
        alike[one.language, bool(words(one.said))].append(one)
    made = [cluster(group) for (_, worded), rows in alike.items() for group in (groups(rows) if worded else [rows])]
    return tuple(sorted(made, key=lambda one: (-one.count, one.language, one.misses[0].said)))


def groups(rows: Sequence[Miss]) -> Iterable[list[Miss]]:
    vectors = weighed([pieces(one.said) for one in rows])
    lengths = np.sqrt(np.square(vectors).sum(1, dtype=np.float64)) + 1e-9
    leaders: list[int] = []
    led: defaultdict[int, list[Miss]] = defaultdict(list)
    for begin in range(0, len(rows), TOGETHER):
        ahead = range(begin, min(begin + TOGETHER, len(rows)))
        columns = [*leaders, *ahead]  # who leads already, and who may come to lead on the way
        leads = np.arange(len(columns)) < len(leaders)
        # Whole numbers below 2**24: the product is exact, whatever machine makes it.
        alike = (vectors[ahead] @ vectors[columns].T) / lengths[columns]
        for row, at in enumerate(ahead):
            scores = np.where(leads, alike[row], -1) / lengths[at]
            best = int(scores.argmax())
            if scores[best] < ALIKE:
                best = len(columns) - len(ahead) + row
                leads[best] = True
                leaders.append(at)
            led[columns[best]].append(rows[at])
    return led.values()


def words(said: str) -> list[str]:
    """The words of a masked message, without its holes."""
    return [word for word in said.split() if word not in HOLES]


def pieces(said: str) -> set[str]:
    """Pieces of the words of a masked message, which keep the borders of their word: " ин" begins one."""
    edged = [f" {word} " for word in words(said)]
    return {word[at : at + PIECES] for word in edged for at in range(len(word) - PIECES + 1)}


def weighed(found: Sequence[set[str]]) -> NDArray[np.float32]:
    """A row of whole numbers for each message. Pieces share places by a hash, with signs: chance cancels out."""
    holders = Counter(piece for one in found for piece in one)
    weights = {piece: 1 + round(2 * log2((len(found) + FEW) / count)) for piece, count in holders.items()}
    vectors = np.zeros((len(found), WIDTH), np.float32)
    for row, one in zip(vectors, found, strict=True):
        for piece in one:
            number = crc32(piece.encode())
            row[number % WIDTH] += weights[piece] if number >> 31 else -weights[piece]
    return vectors


def cluster(group: Sequence[Miss]) -> Cluster:
    leader = group[0]
    weights: Counter[str] = Counter()
    for one in group:
        for rank, question in enumerate(one.likely[:LIKELY], 1):
            weights[question] += one.times * 6 // rank
    return Cluster(
        # Forty bits: among 20 000 groups two share a key once in five thousand tables.
        key=sha256(f"{leader.language}\n{leader.said}".encode()).hexdigest()[:10],
        language=leader.language,
        misses=tuple(group),
        count=sum(one.times for one in group),
        likely=tuple(sorted(weights, key=lambda question: (-weights[question], question)))[:LIKELY],
    )
