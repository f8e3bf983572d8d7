"""A small set of questions of somebody else's: learned, asked, saved, read back; and files that are no models."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.measure import compare, measure
from nlu.model import Decision, Guess, Limits, Model, ModelError, load
from nlu.train import train
from nlu.utterances import OUT_OF_SCOPE, Utterance

SAID = {
    "table": "book a table | a table for two tonight | is there a table free | can we sit outside | reserve seats",
    "menu_card": "what do you serve | show me the dishes | is there soup today | any vegan food | what is for lunch",
    "opening": "when do you open | are you open on sunday | closing time | how late can we come | opening hours",
    OUT_OF_SCOPE: "who won the match | tell me a joke | what is the weather | buy cheap watches | asdf qwer",
}
UTTERANCES = tuple(Utterance("en", question, text) for question, said in SAID.items() for text in said.split(" | "))


@pytest.fixture(scope="module")
def model() -> Model:
    return train(UTTERANCES)


def test_it_answers_what_it_was_taught_and_what_is_put_a_little_otherwise(model: Model) -> None:
    assert model.guess("are you open on sundays?")[0].question == "opening"
    assert model.guess("a tabel for three")[0].question == "table"
    assert model.guess("Book a TABLE!")[0] == Guess("table", pytest.approx(0.995, abs=0.005))
    assert model.language("anything")[0] == "en"


def test_probabilities_are_of_all_questions_best_first_and_make_one(model: Model) -> None:
    guesses = model.guess("soup on sunday")
    assert {one.question for one in guesses} == set(SAID)
    assert sum(one.probability for one in guesses) == pytest.approx(1)
    assert [one.probability for one in guesses] == sorted((one.probability for one in guesses), reverse=True)


def test_many_at_once_are_guessed_as_one_by_one(model: Model) -> None:
    texts = ["soup", "when", "joke of the day", ""]
    assert model.guess_all(texts) == tuple(model.guess(text) for text in texts)


def test_the_same_phrases_make_the_same_file(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "one.npz")
    train(UTTERANCES).save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_model_read_back_answers_the_same(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    for text in ("soup please", "window seat", "weather", "Book a table"):
        assert again.guess(text) == model.guess(text)
        assert again.language(text) == model.language(text)
    assert again.limits == model.limits


def test_two_questions_and_one_phrase_each_are_enough() -> None:
    model = train((Utterance("en", "yes_please", "gladly"), Utterance("de", "no_thanks", "nein danke")))
    assert model.guess("gladly")[0].question == "yes_please"
    assert model.guess("nein")[0].question == "no_thanks"


@pytest.mark.parametrize(
    ("guesses", "decision"),
    [
        ((Guess("a", 0.9), Guess("b", 0.1)), Decision.ACT),
        ((Guess("a", 0.7), Guess("b", 0.3)), Decision.ASK),
        ((Guess("a", 0.05), Guess("b", 0.04)), Decision.UNKNOWN),
        ((Guess(OUT_OF_SCOPE, 0.9), Guess("b", 0.1)), Decision.UNKNOWN),
        ((Guess(OUT_OF_SCOPE, 0.6), Guess("b", 0.3)), Decision.ASK),
        ((Guess(OUT_OF_SCOPE, 0.6), Guess("b", 0.05)), Decision.UNKNOWN),
    ],
)
def test_what_is_sure_enough(model: Model, guesses: tuple[Guess, ...], decision: Decision) -> None:
    from dataclasses import replace

    limits = Limits(temperature=1.0, sense=0.0, act=0.8, ask=0.1)
    assert replace(model, alone=limits, together=limits).decide(guesses) is decision


def test_figures_and_changes_are_counted(model: Model) -> None:
    figures = measure(model, UTTERANCES)
    assert figures.first == 1
    assert figures.three == 1
    assert figures.right == 1
    assert figures.stray == 0
    other = train([one for one in UTTERANCES if one.question != "opening"])
    changed = compare(model, other, [one for one in UTTERANCES if one.question == "opening"])
    assert {one.expected for one in changed} <= {"opening"}
    assert all(one.verdict == -1 for one in changed if one.before == one.expected)


def test_what_is_no_model_is_refused_with_a_reason(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    model.save(file)
    whole = file.read_bytes()
    broken = {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "text": b"no model at all",
        "zip": zipped({"readme.txt": b"hello"}),
        "pickle": pickled(),
    }
    for data in broken.values():
        file.write_bytes(data)
        with pytest.raises(ModelError, match=r"model\.npz"):
            load(file)
    with pytest.raises(ModelError):
        load(tmp_path / "there-is-none.npz")


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def pickled() -> bytes:
    """An array of objects, which numpy would have to unpickle."""
    made = io.BytesIO()
    np.savez(made, about=np.array([{"version": 1}], dtype=object))
    return made.getvalue()


def test_parts_that_do_not_fit_together_are_refused(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "model.npz"
    model.save(file)
    with np.load(file) as found:
        arrays = dict(found)
    with file.open("wb") as opened:
        np.savez(opened, **{**arrays, "bias": arrays["bias"][:-1]})
    with pytest.raises(ModelError, match="fit together"):
        load(file)


@settings(max_examples=60)
@given(st.text(max_size=400))
def test_any_text_gets_probabilities(text: str) -> None:
    guesses = TAUGHT.guess(text)
    assert sum(one.probability for one in guesses) == pytest.approx(1, abs=1e-4)
    assert 0 <= TAUGHT.language(text)[1] <= 1


TAUGHT = train(UTTERANCES)
