"""docs/account.md: every row of the checklist is answered for, what it says to type is understood, and its buttons are
real. That the answers are right is walked through in tests/conversations/test_account.py."""

import re
from typing import Final

import pytest

from bot.reader import whole
from handlers.understand import understand
from tests.conversations.test_account import ROWS
from tests.docs.pages import ROOT, page

CHECKLIST: Final = {
    number: (told.strip(), say.strip(), verdict.strip())
    for number, told, say, verdict in re.findall(
        r"^\| (S\d+) \|([^|]*)\|([^|]*)\|([^|]*)\|$", page("docs/account.md"), re.MULTILINE
    )
}
REASON: Final = re.compile(r"(?:Not ours|done differently): (?:\S+ ){5,}")  # at least a short sentence
QUOTED: Final = re.compile("«([^»]+)»")


def test_all_rows_are_there_in_their_order() -> None:
    assert list(CHECKLIST) == [f"S{n}" for n in range(1, 26)] == list(ROWS)


@pytest.mark.parametrize("row", CHECKLIST)
def test_each_row_is_done_and_walked_through_or_says_why_not(row: str) -> None:
    told, _, verdict = CHECKLIST[row]
    assert told
    assert verdict.startswith("done") or REASON.match(verdict), verdict
    for word in ("Not ours", "differently"):
        assert word not in verdict or REASON.search(verdict), verdict
    if verdict.startswith("done"):
        assert ROWS[row], "no dialogue asks for it"


@pytest.mark.parametrize("row", CHECKLIST)
def test_what_it_says_to_type_is_understood_and_its_buttons_exist(row: str) -> None:
    _, say, _ = CHECKLIST[row]
    labels = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "locales" / "ru").glob("*.ftl")))
    for phrase in QUOTED.findall(say):
        if "button" in say:
            assert re.search(rf"^button-[\w-]+ = {re.escape(phrase)}$", labels, re.MULTILINE), phrase
        else:
            assert understand(phrase, whole()).question, phrase
