"""N-grams: a text as a few hundred numbered features: its pieces of two to five letters, its words, its pairs of words.

Pieces of words forgive slips, endings and new compounds: what the whole word does not know its parts still do. They
are numbered by a hash, so there is no vocabulary to keep; numbers are all the same number, because
the sum does not tell the question.
"""

import re
from collections import Counter
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from nlu.letters import fold

BUCKETS: Final = 2**18
LEAST: Final = 2  # letters of a piece
MOST: Final = 5
LOOKED_AT: Final = 300  # characters: of a longer text the beginning and the end
FIGURE: Final = re.compile(r"\d+")


def short(text: str) -> str:
    """The beginning and the end of a long text: that is where people ask."""
    return text if len(text) <= LOOKED_AT else f"{text[: LOOKED_AT // 2]} {text[-(LOOKED_AT // 2) :]}"


def pieces(text: str) -> list[str]:
    """The features in words. Pieces keep the borders of their word: " ин" begins one."""
    words = FIGURE.sub("0", fold(short(text))).split()
    found = [f"w{word}" for word in words]
    found += [f"p{one} {two}" for one, two in zip(["", *words], [*words, ""], strict=True)]
    for word in words:
        edged = f" {word} "
        for size in range(LEAST, min(MOST, len(edged)) + 1):
            found += [edged[at : at + size] for at in range(len(edged) - size + 1)]
    return found


def ngrams(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(numbers of the features, how much each weighs: more often weighs more, but not as much more)."""
    counts = Counter(crc32(piece.encode()) % BUCKETS for piece in pieces(text))
    numbers = np.fromiter(counts, np.int64, len(counts))
    weights = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
    return numbers, weights.astype(np.float32)
