"""docs/alerts.md: the table of topics is the rules' own, and what it says to type is understood."""

import re
from typing import Final

import pytest

from bot.reader import whole
from handlers.due import DATED, FARTHEST, LATEST, MOVED, NEAREST, STANDARD, STEPS, TERM, presets
from handlers.notices import KINDS
from handlers.routes import ROUTES
from handlers.understand import understand
from storage.base import Topic
from tests.docs.pages import page

TEXT: Final = page("docs/alerts.md")
ROWS: Final = re.findall(r"^\| (\w+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|[^|]*\|$", TEXT, re.MULTILINE)
TOLD: Final = {row[0]: row for row in ROWS if row[0] in set(Topic)}
SAID: Final = re.findall(r"^\| («[^|]*) \|[^|]*\|([^|]*)\|$", TEXT, re.MULTILINE)


def test_every_topic_with_its_letters_its_shape_and_its_preset() -> None:
    assert list(TOLD) == list(Topic)
    for topic, preset in presets(STANDARD).items():
        _, letters, sets, shown = TOLD[topic]
        assert set(re.findall("`([a-z-]+)`", letters)) == {name for name, kind in KINDS.items() if kind.topic is topic}
        assert shown.replace(",", "") == preset
        assert (sets == "days") == (topic in DATED)


def test_the_figures() -> None:
    assert f"from {NEAREST} to {FARTHEST}" in TEXT
    assert (STEPS, MOVED.days, TERM.days) == (5, 3, 3)
    assert LATEST > FARTHEST


@pytest.mark.parametrize(("phrases", "routes"), SAID)
def test_what_it_says_to_type_leads_where_it_says(phrases: str, routes: str) -> None:
    named = set(re.findall("`([a-z]+)`", routes)) or {"alerts", "stop"}
    assert named <= ROUTES.keys()
    for phrase in re.findall("«([^»]+)»", phrases):
        assert understand(phrase, whole()).question.split(":")[0] in named, phrase
