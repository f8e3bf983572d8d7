"""fit() loses nothing and keeps to the limits, whatever the reply and whatever the network."""

import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Button, Document, Grid, Limits, Pace, Picture, Reply
from adapters.fit import CONTINUED, clean, fit, joined, shorten, split, units

SMALL = Limits(text=40, keyboard=Grid(3, 2, 5), label=10, action=32, pace=Pace(1, 1), menu=None, caption=16)

# Letters, digits, spaces and everything that is drawn together with its neighbour.
drawn_together = ["e\u0301", "👍🏽", "👩\u200d👩\u200d👧", "🇷🇺", "1\ufe0f\u20e3", "\u200d"]
pieces = st.sampled_from(["а", "z", "7", "1234567", " ", "\n", "\n\n", ". ", "₽", "👍", "\t", *drawn_together])
texts = st.lists(pieces, max_size=60).map("".join) | st.text(max_size=60)
labels = st.lists(pieces, max_size=8).map("".join)
buttons = st.builds(Button, label=labels, action=st.sampled_from(["", "menu", "pay:12345678901234567890"]))
rows = st.lists(st.lists(buttons, min_size=1, max_size=5).map(tuple), max_size=6).map(tuple)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    keys = draw(rows)
    menu = draw(st.booleans())
    return Reply(
        draw(texts),
        keyboard=() if menu else keys,
        menu=keys if menu else None,
        picture=draw(st.none() | st.just(Picture(b"png"))),
        document=draw(st.none() | st.just(Document(b"pdf", "a.pdf"))),
        replaces=draw(st.none() | st.just("1")),
        answers=draw(st.none() | st.just("2")),
        erases=draw(st.none() | st.just("3")),
    )


grids = st.builds(lambda rows, columns: Grid(rows, columns, rows * columns), st.integers(1, 8), st.integers(1, 5))
limits = st.builds(
    lambda text, grid, label, menu, caption: Limits(text, grid, label, 32, Pace(1, 1), menu, caption),
    st.integers(8, 60),
    grids,
    st.integers(2, 20),
    st.none() | grids,
    st.none() | st.integers(8, 30),
)


def broken(part: Reply, limits: Limits) -> list[str]:
    """The limits that one fitted reply breaks."""
    media = part.picture is not None or part.document is not None
    room = limits.text if not media or limits.caption is None else limits.caption
    keys, grid = part.keyboard, limits.keyboard
    if part.menu is not None and limits.menu is not None:
        keys, grid = part.menu, limits.menu
    every = [button for row in keys for button in row]
    wrong = {
        "text": units(part.text) > room,
        "empty": not part.text.strip(),
        "menu": part.menu is not None and limits.menu is None,
        "rows": len(keys) > grid.rows,
        "columns": any(len(row) > grid.columns for row in keys),
        "hollow row": any(not row for row in keys),
        "buttons": len(every) > grid.buttons,
        "label": any(not 0 < len(button.label) <= limits.label for button in every),
        "action": any(len((button.action or "").encode()) > limits.action for button in every),
    }
    return [limit for limit, exceeded in wrong.items() if exceeded]


def dense(text: str) -> str:
    return "".join(text.split())


@given(replies(), limits)
def test_every_part_keeps_to_the_limits(reply: Reply, limits: Limits) -> None:
    assert [broken(part, limits) for part in fit(reply, limits)] == [[]] * len(fit(reply, limits))


@given(replies(), limits)
def test_no_character_is_lost(reply: Reply, limits: Limits) -> None:
    words = [part.text for part in fit(reply, limits)]
    shown = dense("".join(word for word in words if word != CONTINUED))
    assert shown == dense(clean(reply.text)).replace(CONTINUED, "") or shown == dense(clean(reply.text))


@given(replies(), limits)
def test_every_button_is_there_in_order(reply: Reply, limits: Limits) -> None:
    given_keys = reply.menu if reply.menu is not None else reply.keyboard
    wanted = [(shorten(button.label, limits.label), button.action) for row in given_keys for button in row]
    parts = fit(reply, limits)
    shown = [(b.label, b.action) for part in parts for row in part.menu or part.keyboard for b in row]
    assert shown == wanted


@given(replies(), limits)
def test_only_the_first_part_settles_erases_redraws_and_carries_files(reply: Reply, limits: Limits) -> None:
    first, *others = fit(reply, limits)
    assert (first.answers, first.replaces, first.erases) == (reply.answers, reply.replaces, reply.erases)
    assert (first.picture, first.document) == (reply.picture, reply.document)
    for part in others:
        assert part == Reply(part.text, keyboard=part.keyboard, menu=part.menu)


@given(texts.map(clean), st.integers(40, 80), st.integers(40, 80))
def test_no_cut_goes_through_a_number_or_a_character(text: str, first: int, rest: int) -> None:
    at, pieces = 0, split(text, first, rest)
    for piece in pieces[:-1]:
        at = text.index(piece, at) + len(piece)
        # Where white space was taken away there is no cut to speak of. A run too long for a message has to be cut.
        if not text[at].isspace() and not text[at - 1].isspace():
            run = piece[-min(len(piece), 32) :]
            assert not joined(text[at - 1], text[at]) or all(joined(a, b) for a, b in pairwise(run))


@given(texts)
def test_what_fits_stays_as_it_is(text: str) -> None:
    assert fit(Reply(text), replace(SMALL, text=100_000)) == (Reply(clean(text)),)


@given(st.text())
def test_cleaning_leaves_nothing_that_turns_or_hides_text(text: str) -> None:
    cleaned = clean(text)
    assert cleaned
    assert not [c for c in cleaned if c not in "\n\t" and unicodedata.category(c) in {"Cc", "Cs"}]
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def test_an_empty_menu_is_taken_away() -> None:
    with_menu = replace(SMALL, menu=Grid(2, 2, 4))
    assert fit(Reply("Пока", menu=()), with_menu) == (Reply("Пока", menu=()),)
    assert fit(Reply("Пока", menu=()), SMALL) == (Reply("Пока"),)


def test_cuts_prefer_paragraphs_lines_sentences_and_words() -> None:
    assert split("один два\n\nтри четыре пять", 20, 20) == ["один два", "три четыре пять"]
    assert split("один два\nтри четыре пять", 20, 20) == ["один два", "три четыре пять"]
    assert split("Один два. Три четыре пять", 20, 20) == ["Один два.", "Три четыре пять"]
    assert split("один два три четыре пять", 20, 20) == ["один два три четыре", "пять"]


def test_a_sum_is_never_cut() -> None:
    assert split("x" * 15 + "1234567", 20, 20) == ["x" * 15, "1234567"]


def test_a_family_stays_together() -> None:
    family = "👩‍👩‍👧"
    assert split("x" * 15 + family, 20, 20) == ["x" * 15, family]


def test_hostile_text_costs_no_more_than_its_length() -> None:
    text = "e" + "\u0301" * 100_000
    assert "".join(split(text, 4096, 4096)) == text


def test_an_action_that_is_too_long_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        fit(Reply("a", keyboard=((Button("b", action="x" * 33),),)), SMALL)


def test_a_label_holds_nothing_that_a_network_refuses_or_that_turns_it_around() -> None:
    assert shorten("\u202eдом\x00\u2069 1", 10) == "дом 1"
    assert shorten("\x00\u200f", 10) == CONTINUED


@given(st.text(st.sampled_from("aя \n\r\t\x00\x85\u200e\u200f\u202a\u202e\u2066\u2069\u061c\ud800😀")))
def test_a_text_without_strange_characters_is_looked_at_no_further(text: str) -> None:
    assert clean(text) == clean(f"{text}\u200e")  # with one it takes the long way


def test_a_label_is_remembered_for_its_limit() -> None:
    assert [shorten("Домашний интернет", limit) for limit in (40, 10, 40, 10)] == [
        "Домашний интернет", "Домашний…", "Домашний интернет", "Домашний…"
    ]  # fmt: skip
