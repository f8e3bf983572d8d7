"""The sentence model, where its wheel is installed; and that nobody misses it where it is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu import sentence
from nlu.sentence import TOKENS, Sentence

loaded = sentence.load()
pytestmark = pytest.mark.skipif(loaded is None, reason="there is no wheel of the sentence model for this machine")


@pytest.fixture
def senses() -> Sentence:
    assert loaded is not None
    return loaded


def test_what_means_the_same_is_near_also_in_another_language(senses: Sentence) -> None:
    one, same, other = senses.vectors(["сколько денег на счету", "how much money is on the account", "какая погода"])
    assert one @ same > one @ other


def test_texts_together_are_read_as_alone(senses: Sentence) -> None:
    texts = ["баланс", "where did the money go, I topped up yesterday", "", "quanto devo?", "а" * 500]
    together = senses.vectors(texts)
    for text, row in zip(texts, together, strict=True):
        assert np.allclose(senses.vectors([text])[0], row, atol=1e-4)


def test_of_a_long_text_the_beginning_and_the_end_are_read(senses: Sentence) -> None:
    assert len(senses.tokens("слово " * 20_000)) == TOKENS + 2
    story = "интернет не работает " + "и вот я сижу и жду " * 300 + "верните деньги"
    assert senses.tokens(story)[1] == senses.tokens("интернет не работает")[1]
    assert senses.tokens(story)[-2] == senses.tokens("верните деньги")[-2]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_a_finite_row(text: str) -> None:
    assert loaded is not None
    row = loaded.vectors([text])[0]
    assert row.shape == (Sentence.width,)
    assert np.isfinite(row).all()


def test_without_its_wheel_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence, "PACKAGE", "there_is_no_such_package")
    assert sentence.load() is None


def test_another_version_of_its_file_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence, "BYTES", sentence.BYTES + 1)
    assert sentence.load() is None
