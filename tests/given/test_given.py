"""One way to read what an operator wrote."""

import pytest

from given import Given, Setting

SETTINGS = (Setting("A", "a number", default="5"), Setting("B", "a word", default="on"), Setting("C", "anything"))


def test_empty_and_missing_are_the_preset_and_blanks_do_not_count() -> None:
    given = Given({"A": "", "C": "  x y  "}, SETTINGS)
    assert (given.number("A", 1, 9), given.word("B", "on", "off"), given.text("C")) == (5.0, "on", "x y")
    assert Given({"B": "  "}, SETTINGS).word("B", "on", "off") == "on"


@pytest.mark.parametrize("value", ["CANARY", "0.9", "9.1", "nan", "inf", "-inf", "1e400", "1,5", "٣x"])
def test_a_number_is_finite_and_within_its_bounds(value: str) -> None:
    with pytest.raises(ValueError, match="A is not a number from 1 to 9") as caught:
        Given({"A": value}, SETTINGS).number("A", 1, 9)
    assert value not in str(caught.value)


@pytest.mark.parametrize("value", ["1", "9", "1e0", " 9 "])
def test_the_bounds_are_included(value: str) -> None:
    assert 1 <= Given({"A": value}, SETTINGS).number("A", 1, 9) <= 9


def test_a_word_is_one_of_those_allowed() -> None:
    with pytest.raises(ValueError, match="B is not one of: on, off"):
        Given({"B": "CANARY"}, SETTINGS).word("B", "on", "off")
