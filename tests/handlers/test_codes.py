"""Codes are easy to type and hard to guess."""

import re

from hypothesis import given
from hypothesis import strategies as st

from handlers.codes import ALPHABET, clean_code, hash_code, hash_token, new_code, new_token, verify_code

CYRILLIC = str.maketrans("ACEHKMPTX", "АСЕНКМРТХ")
codes = st.binary(min_size=16, max_size=32).map(new_code)


@given(codes)
def test_a_code_is_six_unambiguous_characters_of_both_kinds(code: str) -> None:
    assert re.fullmatch(f"[{ALPHABET}]{{6}}", code)
    assert re.search("[A-Z]", code)
    assert re.search("[0-9]", code)
    assert not set(ALPHABET) & set("0O1ILB3")


@given(codes, st.booleans(), st.booleans(), st.sampled_from(["", " ", "-", " - ", "\u00a0"]))
def test_a_code_is_understood_however_it_is_typed(code: str, russian: bool, small: bool, between: str) -> None:
    typed = code[:3] + between + code[3:]
    typed = typed.translate(CYRILLIC) if russian else typed
    assert clean_code(f" {typed.lower() if small else typed}.") == code


@given(st.text(max_size=12))
def test_any_text_gives_a_code_or_none(text: str) -> None:
    code = clean_code(text)
    assert code is None or re.fullmatch(f"[{ALPHABET}]{{6}}", code)


def test_foreign_digits_are_no_code() -> None:
    assert clean_code("K２M４P６") is None
    assert clean_code("K٢M٤P٦") is None


def test_the_same_seed_gives_the_same_code_and_no_seed_a_fresh_one() -> None:
    assert new_code(b"0123456789abcdef") == new_code(b"0123456789abcdef")
    assert len({new_code() for _ in range(50)}) > 45


def test_only_the_right_code_fits_its_hash() -> None:
    kept = hash_code("K2M4P6")
    assert "K2M4P6" not in kept
    assert verify_code(kept, "к2м-4р6")
    assert not verify_code(kept, "K2M4P7")
    assert not verify_code(kept, "")
    assert not verify_code("no hash at all", "K2M4P6")


def test_a_token_fits_every_deep_link() -> None:
    token = new_token()
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)  # Telegram's start payload: at most 64 of these
    assert len(hash_token(token)) == 32
    assert hash_token(token) != hash_token(token.swapcase())
