from random import Random

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from nlu.slips import slip


@given(st.text(alphabet="абвгдежзиклмн opqrst", max_size=60), st.integers())
def test_a_slip_is_one_error_and_spares_the_first_letter(text: str, seed: int) -> None:
    made = slip(text, Random(seed))
    assert OSA.distance(text, made) <= 1
    letters = [c for c in text if c.isalpha()]
    if letters:
        assert next(c for c in made if c.isalpha()) == letters[0]
    if len(letters) < 4:
        assert made == text


@given(st.text(max_size=60))
def test_the_same_seed_makes_the_same_slip(text: str) -> None:
    assert slip(text, Random(text)) == slip(text, Random(text))
