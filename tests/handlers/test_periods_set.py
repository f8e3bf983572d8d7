"""Phrases written by somebody who did not know the parser, with the days they mean: `periods.jsonl`.

One phrase a line: `today`, `language`, `text`, `from` and `to`. Both are null where no interval may be found: the words
name none, more than one, one that cannot be, or one to come (`why`: none, unclear, impossible, future).
"""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from handlers.periods import Found, Result, parse
from handlers.text import LANGUAGES

PHRASES: Final = [json.loads(line) for line in Path(__file__).with_name("periods.jsonl").read_text().splitlines()]
ENOUGH: Final = 0.97  # of the phrases of a language


def said(result: Result) -> tuple[str, str] | None:
    match result:
        case Found(period):
            return period.first.isoformat(), period.last.isoformat()
        case _:
            return None


def meant(phrase: dict[str, Any]) -> tuple[str, str] | None:
    return (phrase["from"], phrase["to"]) if phrase["from"] is not None else None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_set_is_understood(language: str) -> None:
    phrases = [phrase for phrase in PHRASES if phrase["language"] == language]
    assert len(phrases) > 200
    missed = [
        f"on {phrase['today']} «{phrase['text']}» means {meant(phrase) or phrase['why']}, got {got}"
        for phrase in phrases
        for got in [parse(phrase["text"], date.fromisoformat(phrase["today"]), language)]
        if said(got) != meant(phrase)
    ]
    assert len(missed) <= (1 - ENOUGH) * len(phrases), "\n".join(missed)
