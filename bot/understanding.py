"""`saldo understand` and `saldo train`: what the bot makes of phrases, without a network and without a database.

phrases, a line each ──▶ one JSON object a line
utterances           ──▶ a model's file, and its figures on phrases that it has not seen
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import locales
from handlers.slots import slots
from handlers.text import negotiate
from handlers.understand import Meaning, understand
from nlu import sentence
from nlu.measure import measure
from nlu.model import BEST, Guess, Model
from nlu.utterances import read

PHRASES: Final = Path(locales.__file__).with_name("utterances")  # to train from
UNSEEN: Final = Path(locales.__file__).with_name("unseen")  # to measure by; no training touches them


def described(text: str, model: Model, today: date, language: str) -> dict[str, Any]:
    """What is understood of a phrase. `language` is the customer's, where the words do not tell theirs."""
    meaning = understand(text, model)
    spoken = negotiate(meaning.language, language)
    said = slots(text, today, spoken)
    best = candidates(text, meaning, model)
    return {
        "text": text,
        "language": spoken,
        "intent": meaning.intent,
        "confidence": round(meaning.confidence, 4),
        "decision": meaning.decision.value,
        "candidates": [{"intent": one.question, "score": round(one.probability, 4)} for one in best],
        "period": {"from": said.period.first.isoformat(), "to": said.period.last.isoformat()} if said.period else None,
        "amount": said.amount,
        "account": said.account,
        "service": said.service.value if said.service else None,
    }


def candidates(text: str, meaning: Meaning, model: Model) -> tuple[Guess, ...]:
    """The best three. Beside what is certain the others are what the n-grams take for nearest, and count nothing."""
    if meaning.guesses:
        return meaning.guesses
    near = model.ranked(text, model.words.scores(text), None)
    others = [Guess(one.question, 0.0) for one in near if one.question != meaning.intent]
    return (Guess(meaning.intent, meaning.confidence), *others)[:BEST]


def lines(source: Iterable[str], model: Model, today: date, language: str) -> Iterator[str]:
    for line in source:
        yield json.dumps(described(line.rstrip("\r\n"), model, today, language), ensure_ascii=False)


def train(folder: Path, out: Path, test: Path | None, say: Callable[[str], None]) -> None:
    """Writes the model. Raises UtterancesError, and OSError where it cannot be written."""
    from nlu import train as training  # a second and 100 MiB, for who trains alone

    utterances = read(folder)
    beside = out.with_name(f"{out.name}.new")
    beside.open("wb").close()  # what cannot be written is said now, and not after minutes of training
    try:
        model = training.train(utterances, sentence.load(), say)
        model.save(beside)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    say(f"{out}: {out.stat().st_size / 2**20:.1f} MiB; answers from {model.limits.act:.0%} on")
    if test is not None:
        unseen = read(test)
        for language in ("", *model.languages):
            some = [one for one in unseen if language in {"", one.language}]
            if some:
                say(f"{language or 'all'}: {measure(model, some)}")
