"""Measure: how well a model answers phrases that it was not trained on, and what another model would answer instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from nlu.model import BEST, Decision, Model
from nlu.slips import slip
from nlu.utterances import OUT_OF_SCOPE, Utterance

NOTHING: Final = "?"  # what is asked back, or not understood


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares between 0 and 1; of nothing, 1."""

    phrases: int
    first: float  # the likeliest question is the right one
    three: float  # it is among the best three
    slipped: float  # as `first`, each phrase with one typing error
    answered: float  # of what is in scope, so much was acted on
    right: float  # of what was acted on, so much was right
    stray: float  # of what is out of scope, so much was acted on

    def __str__(self) -> str:
        shares = {
            "first answer right": self.first,
            "in the first three": self.three,
            "with one slip": self.slipped,
            "acted on": self.answered,
            "right of these": self.right,
            "out of scope acted on": self.stray,
        }
        return ", ".join([f"{self.phrases} phrases", *(f"{name} {share:.1%}" for name, share in shares.items())])


@dataclass(frozen=True, slots=True)
class Change:
    """A phrase that two models answer differently."""

    text: str
    expected: str
    before: str
    after: str

    @property
    def verdict(self) -> int:
        """1 better, -1 worse, 0 wrong before and after. Where nothing of ours was asked, no answer is the right one."""
        right = NOTHING if self.expected == OUT_OF_SCOPE else self.expected
        return (self.after == right) - (self.before == right)


def measure(model: Model, utterances: Sequence[Utterance]) -> Figures:
    texts = [one.text for one in utterances]
    expected = [one.question for one in utterances]
    guesses = model.guess_all(texts)
    slips = model.guess_all([slip(text, Random(text)) for text in texts])  # noqa: S311 — no secret is made
    acted = [n for n, found in enumerate(guesses) if model.decide(found) is Decision.ACT]
    stray = [n for n, question in enumerate(expected) if question == OUT_OF_SCOPE]
    firsts = [found[0].question for found in guesses]
    return Figures(
        phrases=len(texts),
        first=share(firsts[n] == expected[n] for n in range(len(texts))),
        three=share(expected[n] in {one.question for one in guesses[n][:BEST]} for n in range(len(texts))),
        slipped=share(slips[n][0].question == expected[n] for n in range(len(texts))),
        answered=share(n in set(acted) for n in range(len(texts)) if expected[n] != OUT_OF_SCOPE),
        right=share(firsts[n] == expected[n] for n in acted),
        stray=share(n in set(acted) for n in stray) if stray else 0.0,
    )


def compare(before: Model, after: Model, utterances: Sequence[Utterance]) -> tuple[Change, ...]:
    """The phrases whose answer changes: the question that is acted on, or "?" where it is asked or not understood."""
    texts = [one.text for one in utterances]
    answers = zip(utterances, said(before, texts), said(after, texts), strict=True)
    return tuple(Change(one.text, one.question, old, new) for one, old, new in answers if old != new)


def said(model: Model, texts: Sequence[str]) -> Iterator[str]:
    for guesses in model.guess_all(texts):
        yield guesses[0].question if model.decide(guesses) is Decision.ACT else NOTHING


def share(found: Iterator[bool]) -> float:
    flags = list(found)
    return sum(flags) / len(flags) if flags else 1.0
