"""Bars: lengths that tell the truth, values beside them, and nothing on top of anything else."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictures.bars import HIGH, LYING, MOST, Bar, Bars
from pictures.canvas import Box, Canvas, Ink
from tests.pictures.sight import boxes, is_png, letters, texts, well_made, words


def money(minor: int) -> str:
    return f"{'−' if minor < 0 else ''}{abs(minor) // 100},{abs(minor) % 100:02d} ₽"


def one(*values: int, label: str = "{} окт.") -> Bars:
    bars = tuple(Bar(label.format(i), (value,), (money(value),)) for i, value in enumerate(values, 1))
    return Bars("Больше всего — 17 октября", "Домашний интернет", bars)


def two(*values: tuple[int, int], stacked: bool = False) -> Bars:
    bars = tuple(Bar(str(i), pair, (money(pair[0]), money(pair[1]))) for i, pair in enumerate(values, 1))
    return Bars("Заголовок", "", bars, ("Получено", "Отправлено"), stacked)


def drawn(paper: Canvas, ink: Ink = Ink.BLUE) -> list[Box]:
    return [box for box in boxes(paper) if box.ink is ink and (box.wide, box.high) != (28, 28)]


@pytest.mark.parametrize("count", [1, 7, LYING])
def test_few_bars_lie_and_every_value_is_written(count: int) -> None:
    values = [100 * (i + 1) for i in range(count)]
    paper = one(*values).canvas()
    well_made(paper)
    assert [box.high for box in drawn(paper)] == [40] * count
    longest = drawn(paper)[-1].wide
    assert [box.wide for box in drawn(paper)] == pytest.approx([longest * v / values[-1] for v in values], abs=1)
    assert all(money(value) in texts(paper) for value in values)
    assert longest > 500
    is_png(one(*values).draw())


@pytest.mark.parametrize("count", [LYING + 1, MOST])
def test_many_bars_stand_and_the_largest_value_is_written(count: int) -> None:
    values = [100 * (i + 1) for i in range(count)]
    paper = one(*values).canvas()
    well_made(paper)
    assert [box.high for box in drawn(paper)] == pytest.approx([HIGH * v / values[-1] for v in values], abs=1)
    assert len({box.y + box.high for box in drawn(paper)}) == 1, "they stand on one line"
    assert money(values[-1]) in texts(paper)
    is_png(one(*values).draw())


def test_labels_are_thinned_and_keep_their_distance() -> None:
    short, long = one(*[1] * 31, label="{}").canvas(), one(*[1] * 31, label="{} октября 2026").canvas()
    assert [t for t in texts(short) if t.isdigit()] == [str(i) for i in range(1, 32, 2)]
    shown = [text for text in letters(long) if "октября 2026" in text.line.text]
    assert 2 < len(shown) < 8
    assert all(a.x + a.line.wide < b.x for a, b in pairwise(shown))


@pytest.mark.parametrize("count", [5, 31])
def test_nothing_is_drawn_for_nothing(count: int) -> None:
    paper = one(*[0] * count).canvas()
    assert drawn(paper) == []
    well_made(paper)
    is_png(one(*[0] * count).draw())
    assert len(drawn(one(*[0] * (count - 1), 5).canvas())) == 1


@pytest.mark.parametrize("count", [5, 31])
def test_one_giant_leaves_the_others_visible(count: int) -> None:
    paper = one(*[1] * (count - 1), 10**12).canvas()
    well_made(paper)
    assert len(drawn(paper)) == count
    assert min(min(box.wide, box.high) for box in drawn(paper)) >= 3
    line = drawn(paper)[-1]
    assert all(box.y + box.high == line.y + line.high for box in drawn(paper)) or count < 14
    assert money(10**12) in texts(paper)


@pytest.mark.parametrize("count", [4, 20])
def test_what_was_given_back_lies_on_the_other_side(count: int) -> None:
    paper = one(*[1000] * (count - 1), -500).canvas()
    well_made(paper)
    *paid, back = drawn(paper)
    if count > LYING:
        assert all(box.y + box.high == back.y for box in paid)
        assert back.high == pytest.approx(paid[0].high / 2, abs=1)
    else:
        assert all(back.x + back.wide == box.x for box in paid)
        assert back.wide == pytest.approx(paid[0].wide / 2, abs=1)
    assert money(-500) in texts(paper)
    well_made(one(*[-100] * count).canvas())


@pytest.mark.parametrize("count", [3, 31])
def test_two_series_are_told_apart_without_their_colour(count: int) -> None:
    made = two(*[(1000, 400)] * count)
    paper = made.canvas()
    well_made(paper)
    assert {box.hatched for box in boxes(paper) if box.ink is Ink.BLUE} == {False}
    assert {box.hatched for box in boxes(paper) if box.ink is Ink.AMBER} == {True}
    assert len(drawn(paper)) == len(drawn(paper, Ink.AMBER)) == count
    assert {"Получено", "Отправлено"} <= set(texts(paper))
    is_png(made.draw())


@pytest.mark.parametrize("count", [3, 31])
def test_stacked_series_begin_where_the_first_ends(count: int) -> None:
    made = two(*[(1000, 500)] * count, stacked=True)
    paper = made.canvas()
    well_made(paper)
    for first, second in zip(drawn(paper), drawn(paper, Ink.AMBER), strict=True):
        if count > LYING:
            assert second.y + second.high == first.y
        else:
            assert second.x == first.x + first.wide
    assert "10,00 ₽ + 5,00 ₽" in texts(paper)
    is_png(made.draw())


@pytest.mark.parametrize(
    ("bars", "legend", "wrong"),
    [
        ((), (), "1 to 31"),
        ((Bar("", (1,), ("1",)),) * 32, (), "1 to 31"),
        ((Bar("", (), ()),), (), "one or two"),
        ((Bar("", (1, 2, 3), ("1", "2", "3")),), (), "one or two"),
        ((Bar("", (1,), ("1",)), Bar("", (1, 2), ("1", "2"))), (), "as many"),
        ((Bar("", (1,), ()),), (), "as many"),
        ((Bar("", (1, 2), ("1", "2")),), (), "legend"),
        ((Bar("", (1,), ("1",)),), ("a", "b"), "legend"),
        ((Bar("", (10**19,), ("1",)),), (), "too large"),
    ],
)
def test_what_does_not_fit_together_is_refused(bars: tuple[Bar, ...], legend: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Bars("", "", bars, legend)


numbers = st.one_of(st.integers(-(10**18), 10**18), st.integers(-3, 3), st.sampled_from([0, 1, 10**18]))


@st.composite
def charts(draw: st.DrawFn) -> Bars:
    series = draw(st.integers(1, 2))
    bar = st.builds(
        Bar,
        words,
        st.tuples(*[numbers] * series),
        st.tuples(*[st.one_of(words, st.just("1 234,56 ₽"))] * series),
    )
    legend = draw(st.tuples(words, words)) if series == 2 else draw(st.one_of(st.just(()), st.tuples(words)))
    bars = draw(st.lists(bar, min_size=1, max_size=MOST))
    return Bars(draw(words), draw(words), tuple(bars), legend, draw(st.booleans()))


@settings(deadline=None, max_examples=150)
@given(charts())
def test_any_values_and_texts_make_a_well_made_picture(made: Bars) -> None:
    well_made(made.canvas())


@settings(deadline=None, max_examples=10)
@given(charts())
def test_any_values_and_texts_can_be_drawn(made: Bars) -> None:
    is_png(made.draw())
