"""The model that is shipped: made of the phrases that are shipped, and as good as promised on phrases it has not seen.

The figures of the whole way, known phrases included, are in benchmarks/results.md; here is the floor below which the
build fails.
"""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from bot.reader import whole
from bot.understanding import PHRASES, UNSEEN
from handlers.understand import INTENTS
from nlu.measure import measure
from nlu.model import Model, load, mark
from nlu.utterances import OUT_OF_SCOPE, digest, read

LEAST = {"ru": 60, "en": 25, "pt": 25}  # phrases of each question
SAID = Random(1).sample(read(UNSEEN), 500)


@pytest.fixture(scope="module")
def model() -> Model:
    return whole()


def test_it_was_trained_from_the_phrases_that_are_shipped(model: Model) -> None:
    assert model.trained_from == digest(read(PHRASES)), "the phrases were changed: run `saldo train`"


def test_every_question_is_known_in_every_language(model: Model) -> None:
    assert set(model.questions) == set(INTENTS)
    assert set(model.languages) == set(LEAST)
    counted = Counter((one.language, one.question) for one in read(PHRASES))
    few = {key: n for key in ((la, q) for la in LEAST for q in INTENTS) if (n := counted[key]) < LEAST[key[0]]}
    assert few == {}
    assert all(counted[language, OUT_OF_SCOPE] >= 300 for language in LEAST)


def test_no_phrase_of_the_test_set_was_trained() -> None:
    trained = {mark(one.text) for one in read(PHRASES)}
    assert [one for one in read(UNSEEN) if mark(one.text) in trained] == []


def test_no_phrase_means_two_questions() -> None:
    meant: dict[int, set[str]] = {}
    for one in read(PHRASES):
        meant.setdefault(int(mark(one.text)), set()).add(one.question)
    # What has no letters at all, such as "?!", has one mark for all of it.
    assert {key for key, questions in meant.items() if len(questions) > 1} <= {int(mark(""))}


@pytest.mark.parametrize("how", ["with the sentence model", "without it"])
def test_it_is_as_good_as_promised_on_phrases_that_it_has_not_seen(model: Model, how: str) -> None:
    if how == "without it":
        model = replace(model, senses=None)
    elif model.senses is None:
        pytest.skip("there is no wheel of the sentence model for this machine")
    figures = measure(model, SAID)
    assert figures.first >= 0.88, figures
    assert figures.three >= 0.96, figures
    assert figures.slipped >= 0.82, figures
    assert figures.answered >= 0.5, figures
    assert figures.right >= 0.98, figures
    assert figures.stray <= 0.02, figures


def test_each_language_is_understood(model: Model) -> None:
    for language in LEAST:
        some = [one for one in SAID if one.language == language]
        figures = measure(model, some)
        assert figures.first >= 0.86, (language, figures)
        assert figures.three >= 0.95, (language, figures)


def test_a_language_is_told_by_its_words(model: Model) -> None:
    said = [one for one in SAID if one.question != OUT_OF_SCOPE and len(one.text.split()) > 3]
    right = [one for one in said if model.language(one.text)[0] == one.language]
    assert len(right) / len(said) >= 0.95, [one for one in said if one not in right]


def test_the_file_is_read_without_the_wheel() -> None:
    model = load()
    assert model.both is None
    assert model.guess("сколько денег на счёте")[0].question == "balance"
    assert model.guess_all(["баланс"]) == (model.guess("баланс"),)
