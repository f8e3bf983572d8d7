"""Train: from utterances to a model. The same utterances give the same model.

    utterances ──┬─ n-grams ─────────────────────────────────▶ logistic regression ─┐
                 └─ sentence model, every second one ────────▶ logistic regression ─┴▶ temperature and limits ─▶ Model
                    also with a slip: it would not know it

Temperature and limits are found on phrases that were held out: each file is cut into FOLDS stretches (phrases that were
written together stand together), and each stretch is answered by a model that has not seen it.

    temperature   with the share of each model: those under which the right answers were likeliest
    act           the lowest probability from which on, of all that was answered, RIGHT was right and of what is out
                  of scope no more than STRAY was answered
    ask           below it the right question is hardly ever among the best three

Loaded only to train: scikit-learn takes a second and 100 MiB.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlu.misses import vocabulary
from nlu.model import Floats, Known, Limits, Model, Sense, Senses, Words, softmax
from nlu.ngrams import BUCKETS, ngrams
from nlu.slips import slip
from nlu.utterances import OUT_OF_SCOPE, Utterance, digest

FOLDS: Final = 4
RIGHT: Final = 0.975
STRAY: Final = 0.02
LEAST_ASK: Final = 0.08  # of 26 questions, a chance of one in twelve is three times that of a blind guess
WORDS_FIT: Final = 10.0  # inverse strength of regularisation, found on held-out stretches
SENSE_FIT: Final = 0.02
MANY: Final = 5000  # phrases; among so many, what stands in fewer than COMMON of them is mostly chance
COMMON: Final = 3

Numbers = NDArray[np.int64]
Say = Callable[[str], None]


def train(utterances: Sequence[Utterance], senses: Senses | None = None, say: Say = lambda _: None) -> Model:
    """A model of these utterances; with `senses`, one that knows more words than they hold. `say` hears how it goes."""
    threadpool_limits(limits=1, user_api="blas")  # sums in one order: the same model on every run
    questions = tuple(sorted({one.question for one in utterances}))
    languages = tuple(sorted({one.language for one in utterances}))
    asked = np.array([questions.index(one.question) for one in utterances])
    spoken = np.array([languages.index(one.language) for one in utterances])
    say(f"{len(utterances)} phrases of {len(questions)} questions in {len(languages)} languages")

    texts = [one.text for one in utterances]
    rows = counted(texts)
    # The rows for the sentence model: each phrase, then every second one with a slip; `of` is the phrase of a row.
    of = np.concatenate([np.arange(len(texts)), np.arange(1, len(texts), 2)])
    slips = [slip(text, Random(text)) for text in texts[1::2]]  # noqa: S311 — no secret is made
    meanings = senses.vectors([*texts, *slips]) if senses is not None else None
    say("read")

    held_out = folds(utterances)
    scores = np.zeros((2, len(utterances), len(questions)), np.float32)
    for n in range(FOLDS):
        inside, outside = np.flatnonzero(held_out != n), np.flatnonzero(held_out == n)
        if len(set(asked[inside].tolist())) < len(questions) or not len(outside):
            continue  # too few phrases to hold any out
        words = learn_words(rows, inside, asked, len(questions))
        scores[0, outside] = rated(words, rows[outside])
        if meanings is not None:
            seen = held_out[of] != n
            sense = learn_sense(meanings[seen], asked[of[seen]], len(questions))
            scores[1, outside] = meanings[outside] @ sense.weights + sense.bias
        say(f"tried on stretch {n + 1} of {FOLDS}")

    tried = np.flatnonzero(np.abs(scores[0]).sum(1) > 0)
    stray = questions.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in questions else -1
    words_, sense_, right = scores[0][tried], scores[1][tried], asked[tried]
    alone = limits(words_, words_, right, stray, shares=(0.0,))
    together = alone if meanings is None else limits(words_, sense_, right, stray, shares=SHARES)

    everything = np.arange(len(utterances))
    words = learn_words(rows, everything, asked, len(questions))
    tongues = learn_words(rows, everything, spoken, len(languages))
    say("learned")
    return Model(
        questions=questions,
        languages=languages,
        trained_from=digest(utterances),
        words=beside(words, tongues),
        sense=learn_sense(meanings, asked[of], len(questions)) if meanings is not None else None,
        alone=alone,
        together=together,
        vocabulary=vocabulary(texts),
        known=Known.of(zip(texts, asked.tolist(), strict=True)),
        senses=senses,
    )


def folds(utterances: Sequence[Utterance]) -> Numbers:
    """For each phrase the stretch of its file that it stands in."""
    files: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for n, one in enumerate(utterances):
        files[one.language, one.question].append(n)
    found = np.zeros(len(utterances), np.int64)
    for rows in files.values():
        found[rows] = np.arange(len(rows)) * FOLDS // len(rows)
    return found


# ── Two linear models ─────────────────────────────────────────────────────────────────────────────────────────────


def counted(texts: Sequence[str]) -> Any:
    """The n-grams of each text, a row each."""
    rows = [ngrams(text) for text in texts]
    ends = np.cumsum([0, *(len(numbers) for numbers, _ in rows)])
    columns = np.concatenate([numbers for numbers, _ in rows])
    amounts = np.concatenate([amounts for _, amounts in rows])
    return csr_matrix((amounts, columns, ends), shape=(len(texts), BUCKETS), dtype=np.float32)


def rarity(rows: Any) -> NDArray[np.float16]:
    """What hardly any phrase has tells much; what none has tells nothing."""
    having = np.bincount(rows.indices, minlength=BUCKETS)
    found = np.log((1 + rows.shape[0]) / (1 + having)) + 1
    return np.where(having > 0, found, 0).astype(np.float16)


def weighed(rows: Any, rare: NDArray[np.float16]) -> Any:
    """Each row by rarity, and of length one."""
    found = rows.multiply(rare.astype(np.float32)).tocsr()
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(1)).reshape(-1))
    lengths[lengths == 0] = 1
    found.data /= np.repeat(lengths, np.diff(found.indptr)).astype(np.float32)
    return found.astype(np.float32)


def learn_words(rows: Any, inside: Numbers, asked: Numbers, count: int) -> Words:
    rare = rarity(rows[inside])
    seen = weighed(rows[inside], rare)
    least = COMMON if len(inside) >= MANY else 1
    used = np.flatnonzero(np.bincount(seen.indices, minlength=BUCKETS) >= least)
    weights, bias = learn(seen[:, used], asked[inside], count, WORDS_FIT)
    scale = np.maximum(np.abs(weights).max(0), 1e-9) / 127
    whole = np.zeros((BUCKETS, count), np.int8)
    whole[used] = np.round(weights / scale).astype(np.int8)
    return Words(whole, scale.astype(np.float32), bias, rare)


def rated(words: Words, rows: Any) -> Floats:
    scores: Floats = (weighed(rows, words.rarity) @ words.weights.astype(np.float32)) * words.scale + words.bias
    return scores


def beside(one: Words, other: Words) -> Words:
    """The columns of both, over the same n-grams."""
    return Words(
        np.concatenate([one.weights, other.weights], axis=1),
        np.concatenate([one.scale, other.scale]),
        np.concatenate([one.bias, other.bias]),
        one.rarity,
    )


def learn_sense(rows: Floats, asked: Numbers, count: int) -> Sense:
    """The numbers are brought to one spread first; the weights hold that already."""
    middle, spread = rows.mean(0), np.maximum(rows.std(0), 1e-6)
    weights, bias = learn((rows - middle) / spread, asked, count, SENSE_FIT)
    weights /= spread[:, None]
    return Sense(weights.astype(np.float32), (bias - middle @ weights).astype(np.float32))


def learn(rows: Any, asked: Numbers, count: int, fit: float) -> tuple[Floats, Floats]:
    """(weights, bias), a column for each of `count` answers."""
    weights, bias = np.zeros((rows.shape[1], count), np.float32), np.full(count, -20, np.float32)
    answers = np.unique(asked)
    if len(answers) == 1:
        bias[answers] = 0
        return weights, bias
    found = LogisticRegression(C=fit, tol=TOLERANCE, max_iter=400).fit(rows, asked)
    if len(answers) == 2:  # one column tells both
        weights[:, answers[0]], weights[:, answers[1]] = -found.coef_[0] / 2, found.coef_[0] / 2
        bias[answers[0]], bias[answers[1]] = -found.intercept_[0] / 2, found.intercept_[0] / 2
    else:
        weights[:, answers], bias[answers] = found.coef_.T, found.intercept_
    return weights, bias


# ── How sure is sure ──────────────────────────────────────────────────────────────────────────────────────────────


def limits(words: Floats, sense: Floats, asked: Numbers, stray: int, *, shares: Sequence[float]) -> Limits:
    """From the scores of held-out phrases; `stray` is the number of what is out of scope, -1: there is none."""
    if not len(words):
        return Limits(temperature=1.0, sense=shares[len(shares) // 2], act=0.9, ask=LEAST_ASK)

    def cooled(share: float, temperature: float) -> Floats:
        mixed = (1 - share) * words + share * sense
        return softmax((mixed / temperature).astype(np.float32))

    choices = [(share, temperature) for share in shares for temperature in TEMPERATURES]
    share, temperature = min(choices, key=lambda choice: unlikelihood(cooled(*choice), asked))
    chances = cooled(share, temperature)
    best, likeliest = chances.argmax(1), chances.max(1)
    order = np.argsort(-likeliest, kind="stable")
    order = order[best[order] != stray]
    answered = np.arange(1, len(order) + 1)
    right = np.cumsum(best[order] == asked[order]) / answered
    strayed = np.cumsum(asked[order] == stray) / max((asked == stray).sum(), 1)
    good = np.flatnonzero((right >= RIGHT) & (strayed <= STRAY))
    act = float(likeliest[order[good[-1]]]) if len(good) else 0.95
    return Limits(temperature=temperature, sense=share, act=round(max(act, 0.5), 3), ask=LEAST_ASK)


def unlikelihood(chances: Floats, asked: Numbers) -> float:
    return float(-np.log(np.maximum(chances[np.arange(len(asked)), asked], 1e-9)).mean())


TEMPERATURES: Final = tuple(round(float(t), 3) for t in np.geomspace(0.3, 2.0, 16))
SHARES: Final = (0.1, 0.2, 0.3, 0.4, 0.5)
TOLERANCE: Final = 1e-3
