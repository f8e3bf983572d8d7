"""Letters: the fonts as they are shipped, what of a text is shown, and where it is cut."""

import hashlib
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

from pictures.canvas import Ink
from pictures.lettering import ELLIPSIS, NBSP, ONE, clean, cut, path, width, wrap
from tests.pictures.sight import words

# Debian's fonts-paratype 20181108: the licence allows other bytes only under another name.
SUMS = {
    False: "3bbff9ab698453a4c705ec9ab9d8f528d21562a684bb6816f157163637eac914",
    True: "576b59732fff967895eba1eed0fc5f8cdb069ea31fde878c0cdc36aa2d4615ef",
}


@pytest.mark.parametrize("bold", [False, True])
def test_the_fonts_are_unmodified_and_their_licence_lies_beside_them(bold: bool) -> None:
    with open(path(bold), "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == SUMS[bold]
    licence = (files("pictures") / "fonts" / "LICENCE.txt").read_text()
    assert "Copyright (c) 2009, ParaType Ltd. All Rights Reserved." in licence
    assert path(bold).rpartition("/")[2] in licence


@pytest.mark.parametrize("bold", [False, True])
def test_the_fonts_have_every_letter_that_may_be_shown(bold: bool) -> None:
    has = TTFont("any", path(bold)).face.charToGlyph
    shown = [chr(code) for code in range(0x3000) if ONE.match(chr(code))]
    assert len(shown) > 400
    assert [char for char in shown if ord(char) not in has] == []
    assert [char for char in shown if not char.isprintable() and char != NBSP] == []
    assert [char for char in shown if unicodedata.normalize("NFC", char) != char] == []


@pytest.mark.parametrize(
    "text", ["₽ Я ã ç № « » − ‹ ›", "Ёжик, жёлтый — «Ґ» ї", "Ação, não, É", "Ҡазан Әлфия", "1 234,56 ₽"]
)
def test_what_sentences_are_made_of_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1\u202f234\u2009₽", f"1{NBSP}234{NBSP}₽"),
        ("Интернет 🎉 дома", "Интернет дома"),
        ("👨‍👩‍👧", ""),
        ("✓ готово →", "готово"),
        ("и\u0306ва", "йва"),
        ("я\u0301", "я"),
        ("две\nстроки\tи\r\nтретья", "две строки и третья"),
        ("\u202eоборот\u202c\u200b\ufeff\xad\0\x1b", "оборот"),
        ("电视 TV", "·· TV"),
        ("a\ud83d", "a"),
        ("  края  ", "края"),
        ("</text>", "</text>"),
    ],
)
def test_what_the_fonts_lack_is_replaced_or_goes(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_of_a_text_without_end_the_beginning_is_shown_and_says_that_it_goes_on() -> None:
    assert clean("ж" * 10**6) == "ж" * 400 + ELLIPSIS


@given(words)
def test_a_cleaned_text_is_clean(text: str) -> None:
    made = clean(text)
    assert all(ONE.match(char) for char in made)
    assert clean(made) == made
    assert "  " not in made


@given(words, st.integers(28, 60), st.integers(120, 1000), st.booleans())
def test_a_cut_text_fits(text: str, size: int, room: int, bold: bool) -> None:
    made = cut(text, size, room, bold=bold)
    assert width(made, size, bold=bold) <= room
    assert made == clean(text) or made.endswith(ELLIPSIS)
    assert clean(text).startswith(made.removesuffix(ELLIPSIS))


@given(words, st.integers(28, 60), st.integers(120, 1000), st.integers(1, 5))
def test_wrapped_lines_fit_and_lose_nothing_but_the_end(text: str, size: int, room: int, most: int) -> None:
    lines = wrap(text, size, room, lines=most)
    assert len(lines) <= most
    assert all(lines)
    assert all(width(line, size) <= room for line in lines)
    whole = clean(text).replace(" ", "")
    shown = "".join(lines).replace(" ", "")
    assert shown == whole or whole.startswith(shown.removesuffix(ELLIPSIS))


def test_lines_are_broken_at_spaces_and_never_between_a_sum_and_its_sign() -> None:
    assert wrap(f"Домашний интернет за 1{NBSP}234,56{NBSP}₽", 30, 300, lines=3) == [
        "Домашний интернет",
        f"за 1{NBSP}234,56{NBSP}₽",
    ]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2."""

    def light(ink: str) -> float:
        parts = [int(ink[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ink", [Ink.TEXT, Ink.SOFT, Ink.BLUE, Ink.AMBER, Ink.GREEN, Ink.RED])
def test_every_ink_can_be_read_on_every_ground(ink: Ink) -> None:
    assert contrast(ink, Ink.PAPER) >= 4.5
    assert contrast(ink, Ink.TINT) >= 4.5
