"""The tables of reference against the code: metrics, log events, errors of the API, what is to be probed."""

import ast
import json
import re
import shlex
from collections.abc import Iterator

import msgspec
import pytest

from bot import linking, registry
from bot.settings import table
from handlers.link import TRIES
from tests.docs.pages import PACKAGES, ROOT, blocks, page, rows, spans
from tests.docs.test_pages import settings

LEVELS = {"warning": "warning", "error": "error", "exception": "error", "critical": "critical"}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the code: the file, the name behind the last dot, the call."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    match node.func:
                        case ast.Name(name) | ast.Attribute(attr=name):
                            yield str(file.relative_to(ROOT)), name, node


def first_word(call: ast.Call) -> str | None:
    match call.args:
        case [ast.Constant(str(word)), *_]:
            return word
    return None


def test_every_metric_is_explained_and_none_that_is_not() -> None:
    found = set()
    for _, name, call in calls():
        word = first_word(call)
        if name in {"Counter", "Gauge", "Histogram"} and word:
            found.add(f"{word.removesuffix('_total')}_total" if name == "Counter" else word)
    told = {cells[0].strip("`") for cells in rows(page("docs/operations.md"), "Metric")}
    assert told == found


def is_log(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name("log")):
            return True
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="get_logger"))):
            return True
    return False


def test_every_log_event_that_wants_attention_is_explained_and_none_that_is_not() -> None:
    found, unnamed = set(), []
    for file, name, call in calls():
        if name in LEVELS and is_log(call):
            word = first_word(call)
            if word is None:
                unnamed.append(file)
            else:
                found.add((word, LEVELS[name]))
        # The one place that logs under a name it was given: Dispatch.report(error, ask, name).
        if name == "report" and file == "bot/dispatch.py":
            assert isinstance(call.args[-1], ast.Constant)
            found.add((str(call.args[-1].value), "error"))
    assert unnamed == ["bot/dispatch.py"]
    told = {(cells[0].strip("`"), cells[1]) for cells in rows(page("docs/operations.md"), "Event")}
    assert told == found


def test_every_event_and_metric_says_what_to_do() -> None:
    for first in ("Event", "Metric"):
        for cells in rows(page("docs/operations.md"), first):
            assert len(cells) == 3
            assert all(cells), cells


def test_every_error_of_the_api_is_explained_and_none_that_is_not() -> None:
    found = set()
    for file, name, call in calls():
        if file == "bot/linking.py" and name == "fault":
            status, word = (one.value for one in call.args[:2] if isinstance(one, ast.Constant))
            found.add((str(status), str(word)))
    told = {(cells[0], cells[1].strip("`")) for cells in rows(page("docs/linking.md"), "Status")}
    assert told == found


def test_the_example_call_is_one_that_the_api_understands() -> None:
    (command,) = (body for body in blocks(page("docs/linking.md"), "sh").values() if "curl" in body)
    words = shlex.split(command.replace("\\\n", " "))
    grant = msgspec.json.decode(words[words.index("-d") + 1], type=linking.Grant)
    assert grant.subject
    assert grant.accounts
    (answer,) = blocks(page("docs/linking.md"), "json").values()
    assert set(json.loads(answer)) == {"expires_at", "links"}


def test_the_limits_of_linking_are_those_of_the_code() -> None:
    kept = linking.PER_LOGIN[0] + linking.KEPT_PER_LOGIN[0]
    text = page("docs/linking.md")
    assert f"{linking.PER_CHAT[0]} wrong ones an hour for a chat" in text
    assert f"{linking.PER_CLIENT[0]} an hour for an address" in text
    assert f"{kept} a day for a login" in text
    assert f"{linking.IN_ALL[0]} an hour in all" in text
    assert (linking.LIFE_SECONDS, TRIES) == (600, 5)
    assert "ten minutes" in text
    assert "five tries" in text


# ── To probe ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("network", registry.NETWORKS)
def test_every_unverified_setting_is_on_the_list_of_things_to_probe(network: str) -> None:
    listed = {span.partition("=")[0] for span in spans(page("docs/probing.md"))}
    unverified = {one.name for one in table(network) if "unverified" in one.about}
    assert unverified, "a network that is known in full would be news"
    assert unverified <= listed


def test_presets_on_the_list_are_those_of_the_code() -> None:
    presets = settings()
    told = dict(re.findall(r"`([A-Z_]+)=([^`]*)`", page("docs/probing.md")))
    assert told
    assert told == {name: presets[name] for name in told}


def test_every_thing_to_probe_says_what_happens_until_then_and_how_to_find_out() -> None:
    for cells in rows(page("docs/probing.md"), "Unverified"):
        assert len(cells) in {3, 4}, cells
        assert all(cells), cells
