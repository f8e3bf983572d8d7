"""The statement as whoever opens the file reads it."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pictures.lettering import ONE
from pictures.statement import Statement
from pictures.table import Table
from tests.pictures.pdf import read
from tests.pictures.sight import words

HEAD = ("Дата", "Способ", "Сумма")
PAYMENTS = Table(
    "Платежи",
    HEAD,
    (("03.10.2026", "Банковская карта", "1 950,00 ₽"), ("21.10.2026", "СБП", "650,00 ₽")),
    right=(2,),
    total=("Всего", "", "2 600,00 ₽"),
)
STATEMENT = Statement(
    "Выписка по лицевому счёту …4521",
    (("Период", "1–31 октября 2026"), ("Абонент", "Иван П.")),
    (PAYMENTS, Table("Обещанные платежи", ("Дата", "Сумма"), (), note="За этот период не было.")),
    "Сформировано 22 ноября 2026 в 14:05",
    "стр. {page} из {pages}",
)


def long(count: int) -> Statement:
    rows = tuple((f"{i}", f"Платёж № {i}", f"{i},00 ₽") for i in range(count))
    return dataclasses.replace(STATEMENT, tables=(dataclasses.replace(PAYMENTS, rows=rows),))


def test_everything_stands_on_it_in_its_order() -> None:
    (page,) = read(STATEMENT.draw()).pages
    assert [one.text for one in page] == [
        "Выписка по лицевому счёту …4521",
        *("Период", "1–31 октября 2026", "Абонент", "Иван П."),
        *("Платежи", *HEAD),
        *("03.10.2026", "Банковская карта", "1 950,00 ₽"),
        *("21.10.2026", "СБП", "650,00 ₽"),
        *("Всего", "2 600,00 ₽"),
        *("Обещанные платежи", "За этот период не было."),
        "Сформировано 22 ноября 2026 в 14:05",
        "стр. 1 из 1",
    ]
    assert {one.font.partition("+")[2] for one in page} == {"PTSans-Regular", "PTSans-Bold"}
    bold = {one.text for one in page if one.font.endswith("Bold")}
    assert {"Платежи", "Сумма", "Всего", "2 600,00 ₽"} <= bold
    assert "СБП" not in bold


def test_the_fonts_travel_with_it() -> None:
    embedded = read(STATEMENT.draw()).embedded
    assert len(embedded) == 2
    assert all(file.startswith(b"\0\1\0\0") for file in embedded)


def test_five_hundred_rows_repeat_their_head_and_are_all_there() -> None:
    found = read(long(500).draw())
    count = len(found.pages)
    assert count > 5
    shown: list[str] = []
    for number in range(count):
        texts = found.texts(number)
        assert texts[-1] == f"стр. {number + 1} из {count}"
        begin = texts.index("Дата")
        assert tuple(texts[begin : begin + 3]) == HEAD
        shown += [text for text in texts if text.startswith("Платёж №")]
    assert shown == [f"Платёж № {i}" for i in range(500)]


def test_sums_end_on_one_line_and_words_begin_on_one() -> None:
    from pictures.pages import SIZE, wide

    (page,) = read(STATEMENT.draw()).pages
    ends = {
        round(one.x + wide(one.text, bold=one.font.endswith("Bold")), 0)
        for one in page
        if one.text.endswith("00 ₽") or one.text == "Сумма"
    }
    assert SIZE > 9
    assert len(ends) <= 2, "one line for each table"
    assert len({one.x for one in page if one.text in {"Банковская карта", "СБП", "Способ"}}) == 1


@pytest.mark.parametrize(
    "text", ["<b>жирно</b> & <para>", "</para>", "&lt;", "(скобка", "\\", "%{page}", "<img src='http://x'/>"]
)
def test_texts_are_texts_and_never_markup(text: str) -> None:
    made = Statement(text, ((text, text),), (Table(text, (text,), ((text,),), total=(text,), note=text),), text, text)
    (page,) = read(made.draw()).pages
    assert [one.text for one in page] == [text] * 9 + [text.replace("{page}", "1")]


def test_nothing_personal_in_its_properties_and_the_same_bytes_again() -> None:
    data = STATEMENT.draw()
    assert data == dataclasses.replace(STATEMENT).draw()
    assert data != long(3).draw()
    about = read(data).properties
    assert {about[name] for name in ("Title", "Author", "Creator", "Producer")} == {"Saldo"}
    assert not about["Subject"] + about["Keywords"]
    assert "2026" not in "".join(about.values())


def test_a_very_long_cell_is_wrapped_and_then_cut() -> None:
    row = ("03.10.2026", "Платёж по поручению владельца счёта " * 30, "1 950,00 ₽")
    (page,) = read(dataclasses.replace(STATEMENT, tables=(dataclasses.replace(PAYMENTS, rows=(row,)),)).draw()).pages
    assert sum("поручению" in one.text for one in page) == 6
    assert any(one.text.endswith("…") for one in page)
    assert "1 950,00 ₽" in {one.text for one in page}


@pytest.mark.parametrize(
    ("head", "row", "right"), [(("a", "b"), ("1",), ()), ((), (), ()), (("a",), ("1",), (1,)), (("a",), ("1",), (-1,))]
)
def test_a_table_that_does_not_fit_together_is_refused(
    head: tuple[str, ...], row: tuple[str, ...], right: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError):
        Table("", head, (row,), right)


def test_a_table_without_end_is_not_set() -> None:
    with pytest.raises(ValueError, match="rows"):
        long(5_000).draw()


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 6))
    row = st.tuples(*[words] * width)
    right = draw(st.sets(st.integers(0, width - 1))) if draw(st.booleans()) else set()
    total = draw(st.one_of(st.just(()), row))
    return Table(
        draw(words), draw(row), tuple(draw(st.lists(row, max_size=8))), tuple(sorted(right)), total, draw(words)
    )


@settings(deadline=None, max_examples=40)
@given(words, st.lists(st.tuples(words, words), max_size=4), st.lists(tables(), max_size=3), words)
def test_any_texts_can_be_set(title: str, facts: list[tuple[str, str]], tables: list[Table], foot: str) -> None:
    data = Statement(title, tuple(facts), tuple(tables), foot, "{page}/{pages}").draw()
    assert len(data) < 2_000_000
    found = read(data)
    assert found.texts(-1)[-1] == f"{len(found.pages)}/{len(found.pages)}"
    assert all(ONE.match(char) for page in found.pages for one in page for char in one.text)
