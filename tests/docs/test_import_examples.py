"""The examples of docs/import.md are imported as they stand."""

import re
from pathlib import Path

import pytest

from billing.export_files import FILES
from billing.exports import BadRow, Count, load
from storage.sql import open_storage
from tests.clock import HandClock
from tests.docs.pages import blocks, page, prose, section

TEXT = page("docs/import.md")
EXAMPLES = blocks(TEXT, "csv")
SECTIONS = {"payments": "payments and charges", "charges": "payments and charges"}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    written = {}
    for kind, text in EXAMPLES.items():
        written[kind] = tmp_path / f"{kind}.csv"
        written[kind].write_text(text, encoding="utf-8")
    return written


async def test_every_example_is_taken_and_again_changes_nothing(
    files: dict[str, Path], sqlite_url: str, clock: HandClock
) -> None:
    assert list(files) == list(FILES), "every kind of file has its example, in the order of reading"
    storage = open_storage(sqlite_url, clock)
    try:
        first = await load(storage.database, files, now=clock.now)
        again = await load(storage.database, files, now=clock.now)
    finally:
        await storage.close()
    counted = {kind: len(text.splitlines()) - 1 for kind, text in EXAMPLES.items()}
    assert first.counts == {kind: Count(new=rows) for kind, rows in counted.items()}
    assert again.counts == {kind: Count(same=rows) for kind, rows in counted.items()}
    assert not any(first.ignored.values())


async def test_the_sentence_about_a_bad_row_is_the_real_one(
    files: dict[str, Path], sqlite_url: str, clock: HandClock
) -> None:
    (sentence,) = re.findall(r"^saldo: (accounts\.csv, .*)$", TEXT, re.MULTILINE)
    files["accounts"].write_text(EXAMPLES["accounts"].replace("-150,00", "minus"), encoding="utf-8")
    storage = open_storage(sqlite_url, clock)
    try:
        with pytest.raises(BadRow) as caught:
            await load(storage.database, files, now=clock.now)
    finally:
        await storage.close()
    assert str(caught.value) == sentence


@pytest.mark.parametrize("kind", FILES)
def test_every_column_is_named_and_the_needed_ones_are_bold(kind: str) -> None:
    told = prose(section(TEXT, SECTIONS.get(kind, kind)))
    bold, spoken = set(re.findall(r"\*\*(\w+)\*\*", told)), set(re.findall(r"`([\w|]+)`", told))
    needed = {one.name for one in FILES[kind].headings if one.required}
    assert bold == needed
    # `password` and `password_hash` are explained once, with the customers.
    assert {one.name for one in FILES[kind].headings} - needed <= spoken
