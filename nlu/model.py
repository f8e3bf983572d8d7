"""Model: from a text to the questions it may mean, with how likely each is; and what is sure enough to be acted on.

    text ──ngrams──▶ weights of words and pieces ──┐
         ──sentence──▶ weights of the sense ───────┴─ mean ─▶ probability of every question ─▶ act | ask | unknown

Two linear models that know different things: n-grams know the words of the training phrases, in any ending and with
slips; the sentence model knows words that no phrase held. Their scores are mixed, and the sum is cooled down until
"0.9" is right nine times of ten (nlu.train). Without a sentence model the n-grams answer alone, with temperature and
limits of their own: less is acted on, more is asked.

A phrase that stands in the training set word for word is that question, for sure.

A file of a model is numpy's .npz without pickles: reading a stranger's file runs nothing.
"""

import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from nlu.letters import fold
from nlu.ngrams import BUCKETS, ngrams
from nlu.utterances import OUT_OF_SCOPE

VERSION: Final = 2
SHIPPED: Final = Path(__file__).with_name("model.npz")
SURE: Final = 0.995  # how likely a phrase is that stands in the training set
BEST: Final = 3

Floats = NDArray[np.float32]


class ModelError(Exception):
    """The file is no model that this version reads; the message says why."""


class Senses(Protocol):
    """A sentence model: a row of numbers for each text. See nlu.sentence."""

    @property
    def width(self) -> int: ...
    def vectors(self, texts: Sequence[str]) -> Floats: ...


class Decision(StrEnum):
    ACT = "act"  # sure: answer
    ASK = "ask"  # one of a few: offer them
    UNKNOWN = "unknown"  # none of ours, or nobody knows


@dataclass(frozen=True, slots=True)
class Guess:
    question: str
    probability: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one way to answer: with the sentence model, or by n-grams alone. Found by nlu.train on held-out phrases."""

    temperature: float  # the scores are divided by it
    sense: float  # the share of the sentence model in them; 0: it is not asked
    act: float  # from this probability on the question is answered
    ask: float  # below it not even a choice is offered


@dataclass(frozen=True, slots=True)
class Words:
    """A linear model over n-grams, a column for each question, then one for each language. In bytes: a column's
    weights are small numbers times its scale."""

    weights: NDArray[np.int8]  # BUCKETS x columns
    scale: Floats  # of each column
    bias: Floats
    rarity: NDArray[np.float16]  # of each bucket: what stands everywhere tells nothing

    def scores(self, text: str) -> Floats:
        numbers, amounts = ngrams(text)
        if not len(numbers):
            return self.bias
        amounts = amounts * self.rarity[numbers]
        amounts /= np.linalg.norm(amounts) or 1
        scores: Floats = (amounts @ self.weights[numbers].astype(np.float32)) * self.scale + self.bias
        return scores


@dataclass(frozen=True, slots=True)
class Sense:
    """A linear model over the sentence model's numbers, a column for each question."""

    weights: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Known:
    """The marks of training phrases in rising order, and the number of the question of each."""

    marks: NDArray[np.uint64]
    questions: NDArray[np.int16]

    def question(self, text: str) -> int | None:
        at = int(np.searchsorted(self.marks, mark(text)))
        return int(self.questions[at]) if at < len(self.marks) and self.marks[at] == mark(text) else None

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, int]]) -> "Known":
        """Phrases that mean one question only."""
        meant: dict[np.uint64, int] = {}
        for text, question in phrases:
            if fold(text):
                one = mark(text)
                meant[one] = question if meant.get(one, question) == question else -1
        clear = sorted((one, question) for one, question in meant.items() if question >= 0)
        return cls(np.array([one for one, _ in clear], np.uint64), np.array([q for _, q in clear], np.int16))


def mark(text: str) -> np.uint64:
    """The same for phrases that differ in capitals, accents and punctuation only."""
    return np.uint64(int.from_bytes(blake2b(fold(text).encode(), digest_size=8).digest()))


@dataclass(frozen=True, slots=True)
class Model:
    questions: tuple[str, ...]
    languages: tuple[str, ...]
    trained_from: str  # the digest of its utterances
    words: Words
    sense: Sense | None  # None: trained without a sentence model
    alone: Limits
    together: Limits
    known: Known  # the training phrases
    vocabulary: frozenset[str]  # the words that may be kept of a message (nlu.misses)
    senses: Senses | None = None  # what is installed here

    def guess(self, text: str) -> tuple[Guess, ...]:
        """Every question with its probability, likeliest first; the sum is 1. Takes up to 20 ms: not on the loop."""
        sense = None if self.both is None else self.senses_of([text])[0]
        return self.ranked(text, self.words.scores(text), sense)

    def guess_all(self, texts: Sequence[str]) -> tuple[tuple[Guess, ...], ...]:
        """The same for many texts at once, which is quicker."""
        senses = self.senses_of(texts) if self.both is not None else [None] * len(texts)
        return tuple(
            self.ranked(text, self.words.scores(text), sense) for text, sense in zip(texts, senses, strict=True)
        )

    @property
    def both(self) -> Sense | None:
        """The second model, where it was trained and what it needs is installed."""
        return self.sense if self.senses is not None else None

    @property
    def limits(self) -> Limits:
        return self.together if self.both is not None else self.alone

    def senses_of(self, texts: Sequence[str]) -> Floats:
        assert self.senses is not None
        assert self.sense is not None
        scores: Floats = self.senses.vectors(texts) @ self.sense.weights + self.sense.bias
        return scores

    def ranked(self, text: str, words: Floats, sense: Floats | None) -> tuple[Guess, ...]:
        scores = words[: len(self.questions)]
        if sense is not None:
            share = np.float32(self.limits.sense)
            scores = (1 - share) * scores + share * sense
        chances = softmax(scores / np.float32(self.limits.temperature))
        known = self.known.question(text)
        if known is not None:
            rest = 1 - chances[known]
            chances = chances * (1 - SURE) / rest if rest > 1 - SURE else chances
            chances[known] = max(chances[known], SURE)
        order = np.argsort(-chances, kind="stable")
        return tuple(Guess(self.questions[n], float(chances[n])) for n in order)

    def decide(self, guesses: Sequence[Guess]) -> Decision:
        """What to do about them. What is none of ours is unknown, and never acted on."""
        best = guesses[0]
        if best.question == OUT_OF_SCOPE:
            others = [one.probability for one in guesses[1:]]
            near = bool(others) and best.probability < self.limits.act and others[0] >= self.limits.ask
            return Decision.ASK if near else Decision.UNKNOWN
        if best.probability >= self.limits.act:
            return Decision.ACT
        return Decision.ASK if best.probability >= self.limits.ask else Decision.UNKNOWN

    def language(self, text: str) -> tuple[str, float]:
        """The language of the text and how likely it is."""
        chances = softmax(self.words.scores(text)[len(self.questions) :])
        best = int(np.argmax(chances))
        return self.languages[best], float(chances[best])

    # ── Its file ──────────────────────────────────────────────────────────────────────────────────────────────────

    def save(self, file: Path) -> None:
        """The same model gives the same bytes."""
        about = {
            "version": VERSION,
            "questions": self.questions,
            "languages": self.languages,
            "trained_from": self.trained_from,
            "alone": asdict(self.alone),
            "together": asdict(self.together),
        }
        arrays: dict[str, NDArray[Any]] = {
            "about": np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8),
            "words": self.words.weights,
            "scale": self.words.scale,
            "bias": self.words.bias,
            "rarity": self.words.rarity,
            "known": self.known.marks,
            "vocabulary": np.frombuffer("\n".join(sorted(self.vocabulary)).encode(), np.uint8),
            "known_as": self.known.questions,
        }
        if self.sense is not None:
            arrays |= {"sense": self.sense.weights, "sense_bias": self.sense.bias}
        with file.open("wb") as opened:
            np.savez_compressed(opened, allow_pickle=False, **arrays)


def load(file: Path = SHIPPED, senses: Senses | None = None) -> Model:
    """Raises ModelError."""
    try:
        with file.open("rb") as opened:
            if not zipfile.is_zipfile(opened):
                raise ModelError(f"{file}: no model: what `saldo train` writes is a zip file, and this is none")
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            about = json.loads(found["about"].tobytes())
            if about["version"] != VERSION:
                raise ModelError(f"{file}: version {about['version']}, this program reads {VERSION}: train it anew")
            sense = Sense(found["sense"], found["sense_bias"]) if "sense" in found else None
            model = Model(
                questions=tuple(about["questions"]),
                languages=tuple(about["languages"]),
                trained_from=about["trained_from"],
                words=Words(found["words"], found["scale"], found["bias"], found["rarity"]),
                sense=sense,
                alone=Limits(**about["alone"]),
                together=Limits(**about["together"]),
                known=Known(found["known"], found["known_as"]),
                vocabulary=frozenset(found["vocabulary"].tobytes().decode().split("\n")) - {""},
                senses=senses,
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{file}: no model ({error})") from error
    if not fits(model):
        raise ModelError(f"{file}: its parts do not fit together")
    return model


def fits(model: Model) -> bool:
    """Whether the parts are of one model, so that no text makes it stumble later."""
    words, sense, count = model.words, model.sense, len(model.questions)
    columns = count + len(model.languages)
    parts: list[tuple[NDArray[Any], tuple[int, ...]]] = [
        (words.weights, (BUCKETS, columns)),
        (words.scale, (columns,)),
        (words.bias, (columns,)),
        (words.rarity, (BUCKETS,)),
    ]
    if sense is not None:
        width = model.senses.width if model.senses is not None else len(sense.weights)
        parts += [(sense.weights, (width, count)), (sense.bias, (count,))]
    figures = [one for limits in (model.alone, model.together) for one in asdict(limits).values()]
    return (
        columns > count > 0
        and all(part.shape == shape and part.dtype.kind in "if" and np.isfinite(part).all() for part, shape in parts)
        and all(isinstance(one, int | float) and 0 <= one < np.inf for one in figures)
        and min(model.alone.temperature, model.together.temperature) > 0
        and model.known.marks.shape == model.known.questions.shape
        and model.known.marks.dtype == np.uint64
        and bool(np.all((model.known.questions >= 0) & (model.known.questions < count)))
    )


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    chances: Floats = powers / powers.sum(-1, keepdims=True)
    return chances
