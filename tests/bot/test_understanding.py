"""`saldo understand`: a line in, an object out, whatever the line. `saldo train`: a folder in, a model out."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from billing.base import Kind
from bot.cli import cli
from bot.reader import whole
from bot.understanding import lines
from handlers.text import LANGUAGES
from nlu.model import SHIPPED, ModelError, load

TODAY = date(2026, 11, 22)
KEYS = (
    *("text", "language", "intent", "confidence", "decision", "candidates", "period", "amount", "account", "service"),
)
OWN = {
    "en/table": "book a table | a table for two tonight | is there a table free | can we sit outside | reserve seats",
    "en/opening": "when do you open | are you open on sunday | closing time | how late can we come | opening hours",
    "en/dishes": "what do you serve | show me the dishes | is there soup today | any vegan food | what is for lunch",
    "ru/table": "забронировать столик | столик на двоих | есть свободный стол | займите нам стол | сесть у окна",
    "ru/opening": "когда вы открываетесь | работаете в воскресенье | часы работы | до скольки можно прийти",
    "ru/dishes": "что у вас есть поесть | покажите блюда | есть ли суп | какой сегодня обед | веганская еда",
}


def run(*arguments: str, said: str | bytes = b"") -> Result:
    result = CliRunner().invoke(cli, arguments, input=said)
    assert "Traceback" not in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def understood(said: str | bytes, *options: str) -> list[dict[str, Any]]:
    result = run("understand", "--today", TODAY.isoformat(), *options, said=said)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.split("\n")[:-1]]


def refused(*arguments: str, said: str = "баланс\n") -> str:
    """What is said when it ends with 2 and prints nothing."""
    result = run(*arguments, said=said)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return " ".join(result.stderr.replace("│", " ").split())


def check(found: dict[str, Any], questions: tuple[str, ...], today: date = TODAY) -> None:
    """That an object is one that another program can rely on."""
    assert tuple(found) == KEYS
    assert isinstance(found["text"], str)
    assert found["language"] in LANGUAGES
    assert found["intent"] in questions
    assert isinstance(found["confidence"], float)
    assert 0 <= found["confidence"] <= 1
    assert found["decision"] in {"act", "ask", "unknown"}
    candidates = found["candidates"]
    assert 1 <= len(candidates) <= 3
    assert all(set(one) == {"intent", "score"} and one["intent"] in questions for one in candidates)
    scores = [one["score"] for one in candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(isinstance(one, float) and 0 <= one <= 1 for one in scores)
    if found["period"] is not None:
        assert set(found["period"]) == {"from", "to"}
        assert date.fromisoformat(found["period"]["from"]) <= date.fromisoformat(found["period"]["to"]) <= today
    assert found["amount"] is None or (type(found["amount"]) is int and found["amount"] > 0)
    assert found["account"] is None or (found["account"].isascii() and found["account"].isdecimal())
    assert found["service"] in {None, *(one.value for one in Kind)}


def written(folder: Path, files: dict[str, str | bytes]) -> Path:
    """`files` by "<language>/<question>"; phrases stand between « | »."""
    for name, said in files.items():
        file = folder / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(said if isinstance(said, bytes) else said.replace(" | ", "\n").encode())
    return folder


# ── understand ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_paid_for_the_internet_in_march() -> None:
    (found,) = understood("сколько я заплатил за интернет в марте\n")
    check(found, whole().questions)
    assert found["text"] == "сколько я заплатил за интернет в марте"
    assert (found["language"], found["intent"], found["decision"]) == ("ru", "payments", "act")
    assert found["candidates"][0]["intent"] == "payments"
    assert found["confidence"] == found["candidates"][0]["score"]
    assert found["period"] == {"from": "2026-03-01", "to": "2026-03-31"}
    assert found["service"] == "internet"
    assert (found["amount"], found["account"]) == (None, None)


def test_a_known_phrase_is_certain_and_an_unknown_one_is_not() -> None:
    known, sum_, strange = understood("баланс\nположи 500 рублей на лс 40817810\nпогода в москве\n")
    assert (known["intent"], known["confidence"], known["decision"]) == ("balance", 1, "act")
    assert known["candidates"][0] == {"intent": "balance", "score": 1}
    assert [one["score"] for one in known["candidates"]] == [1, 0, 0]
    assert (sum_["amount"], sum_["account"]) == (50_000, "40817810")
    assert strange["decision"] == "unknown"
    assert strange["intent"] == "out_of_scope"


@pytest.mark.parametrize(
    ("said", "language", "day"),
    [
        ("payments on 03/04", "en", None),  # March or April: in English nobody can know
        ("payments on 13/04", "en", "2026-04-13"),
        ("платежи 03.04", "ru", "2026-04-03"),
        ("платежи 03.04", "en", "2026-04-03"),  # the words tell the language
        ("03/04", "en", None),
        ("03/04", "ru", "2026-04-03"),  # no word tells it: the customer's counts
        ("03/04", "pt", "2026-04-03"),
    ],
)
def test_a_date_is_read_as_in_its_language(said: str, language: str, day: str | None) -> None:
    (found,) = understood(f"{said}\n", "--language", language)
    assert found["period"] == (day and {"from": day, "to": day})


@pytest.mark.parametrize(("today", "day"), [("2026-11-22", "2026-11-21"), ("2024-03-01", "2024-02-29")])
def test_days_are_counted_from_the_given_one(today: str, day: str) -> None:
    (found,) = understood("платежи за вчера\n", "--today", today)
    assert found["period"] == {"from": day, "to": day}


LINES = (
    b"", b" ", b"\t", b"\r", b"\xff\xfe \xd0", b"\xed\xa0\x80", b"a\x00b", b"\x00" * 100, b"\xef\xbb\xbfbalance",
    "а".encode() * 100_000, b"x " * 50_000, b"1" * 100_000, b"\x0b\x0c\x1c\x85", "\u2028\u2029".encode(),
    "баланс\rдолг".encode(), "платежи за март\r".encode(), b'{"text": "', "👍".encode() * 1000, b"NaN", b"null",
)  # fmt: skip


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_each_line_is_one_object_whatever_stands_in_it(end: bytes) -> None:
    found = understood(b"\n".join([*LINES, "баланс".encode()]) + end)
    assert len(found) == len(LINES) + 1
    for one in found:
        check(one, whole().questions)
    assert found[-1]["intent"] == "balance"
    assert [len(one["text"]) for one in found].count(100_000) == 3
    assert found[LINES.index("платежи за март\r".encode())]["text"] == "платежи за март"
    assert found[LINES.index(b"a\x00b")]["text"] == "a\x00b"
    assert found[LINES.index(b"\xff\xfe \xd0")]["text"] == "\ufffd\ufffd \ufffd"
    assert {one["decision"] for one in found[:4]} == {"unknown"}


@settings(max_examples=40)
@given(st.text(max_size=200), st.sampled_from(LANGUAGES), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_text_is_one_object(text: str, language: str, today: date) -> None:
    (line,) = lines([text], whole(), today, language)
    found = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    check(found, whole().questions, today)
    assert found["text"] == text.rstrip("\r\n")


def test_nothing_in_nothing_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert understood(b"") == []
    monkeypatch.setattr(sys, "stdin", None)  # what Python makes of a closed one
    cli(["understand"], standalone_mode=False)
    assert capsys.readouterr() == ("", "")


def environ() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


def test_in_a_pipe_it_answers_line_by_line_in_utf_8_and_ends_when_nobody_listens(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "understand", "--today", "2026-11-22"],
        cwd=tmp_path,
        env=environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        for said, intent in (("сколько я заплатил в марте", "payments"), ("qual é o meu saldo?", "balance")):
            process.stdin.write(f"{said}\r\n".encode())
            process.stdin.flush()  # the answer comes before the next line is written
            found = json.loads(process.stdout.readline().decode("utf-8"))
            check(found, whole().questions)
            assert (found["text"], found["intent"]) == (said, intent)
        process.stdout.close()
        process.stdin.write("баланс\n".encode() * 3)
        process.stdin.close()
        assert process.stderr.read() == b""
        process.wait(60)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three questions in two languages, and the model that was made of it."""
    folder = tmp_path_factory.mktemp("own")
    written(folder / "said", dict(OWN))
    result = run("train", str(folder / "said"), "--out", str(folder / "own.npz"), "--test", str(folder / "said"))
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    assert "3 questions in 2 languages" in result.stderr
    assert "ru: 14 phrases, first answer right 100.0%" in result.stderr
    return folder


# ── What is no model ──────────────────────────────────────────────────────────────────────────────────────────────


def altered(file: Path, model: Path, **parts: Any) -> Path:
    """The model with other parts."""
    with np.load(model) as found:
        arrays = dict(found)
    with file.open("wb") as opened:
        np.savez(opened, **{**arrays, **{name: change(arrays[name]) for name, change in parts.items()}})
    return file


def about(**changes: Any) -> Any:
    def change(found: Any) -> Any:
        return np.frombuffer(json.dumps({**json.loads(found.tobytes()), **changes}).encode(), np.uint8)

    return change


WRONG: dict[str, dict[str, Any]] = {
    "a number too few": {"bias": lambda found: found[:-1]},
    "scales of another": {"scale": lambda found: found[:2]},
    "fewer n-grams": {"rarity": lambda found: found[:10]},
    "another sense": {"sense_bias": lambda found: found[:2]},
    "phrases of no question": {"known_as": lambda found: found + 100},
    "no number": {"scale": lambda found: found * np.nan},
    "no temperature": {"about": about(alone={"temperature": 0, "sense": 0.5, "act": 0.9, "ask": 0.1})},
    "limits in words": {"about": about(together={"temperature": "1", "sense": None, "act": [], "ask": {}})},
    "no questions": {"about": about(questions=[], languages=[])},
    "a version to come": {"about": about(version=99)},
    "another program's": {"about": lambda _: np.frombuffer(b"[1, 2]", np.uint8)},
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_model_whose_parts_do_not_fit_is_refused_before_any_text_comes(fault: str, own: Path, tmp_path: Path) -> None:
    model = SHIPPED if "sense_bias" in WRONG[fault] else own / "own.npz"  # the small one is quicker, and may have none
    with pytest.raises(ModelError, match=r"strange\.npz: "):
        load(altered(tmp_path / "strange.npz", model, **WRONG[fault]))


def test_what_is_no_model_is_a_sentence(own: Path, tmp_path: Path) -> None:
    whole_file = (own / "own.npz").read_bytes()
    for data in (b"", b"no model at all", b"\x93NUMPY\x01\x00", b"\x80\x04N.", whole_file[:-1000]):
        file = tmp_path / "strange.npz"
        file.write_bytes(data)
        with pytest.raises(ModelError, match=r"strange\.npz: no model") as said:
            load(file)
        assert "pickle" not in str(said.value)  # nobody is advised to run what a stranger's file holds
    assert "strange.npz: no model" in refused("understand", "--model", str(file))


def test_a_model_that_is_not_there_or_a_folder_is_a_sentence(tmp_path: Path) -> None:
    assert "does not exist" in refused("understand", "--model", str(tmp_path / "nowhere.npz"))
    assert "is a directory" in refused("understand", "--model", str(tmp_path))


def test_a_day_that_is_none_is_a_sentence() -> None:
    assert "'--today'" in refused("understand", "--today", "22.11.2026")


# ── train ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_set_of_questions_is_answered_by_its_own_model(own: Path) -> None:
    said = {
        "book a table": "table", "Book a TABLE for three!": "table", "забронировать столик на двоих": "table",
        "opening hours": "opening", "когда вы открываетесь": "opening", "есть ли сегодня суп": "dishes",
    }  # fmt: skip
    found = understood("\n".join(said), "--model", str(own / "own.npz"))
    for one, intent in zip(found, said.values(), strict=True):
        check(one, ("table", "opening", "dishes"))
        assert one["intent"] == one["candidates"][0]["intent"] == intent, one
        assert one["confidence"] == one["candidates"][0]["score"]
    assert found[0]["decision"] == found[3]["decision"] == "act"
    assert [one["language"] for one in found] == ["en", "en", "ru", "en", "ru", "ru"]


def test_no_phrase_of_ours_talks_over_another_set(own: Path) -> None:
    ours = (
        "баланс", "стоп", "оператор", "сколько я должен", "сколько платить и какой долг", "платежи за март", "меню",
        "is it safe", "my personal data", "отзываю согласие", "in english", "привет", "zadolzhennost", "<fkfyc",
    )  # fmt: skip
    for one in understood("\n".join(ours), "--model", str(own / "own.npz")):
        check(one, ("table", "opening", "dishes"))
        assert one["intent"] == one["candidates"][0]["intent"], one


def test_a_question_that_is_called_like_an_answer_of_ours_is_another(own: Path, tmp_path: Path) -> None:
    """«pay» and «why» are names of ours as well, of what we do: they are not mixed up."""
    written(
        tmp_path / "said",
        {
            "ru/pay": "расплатиться | счёт пожалуйста | принесите счёт",
            "ru/debt": "записать в долг | запишите на меня | в долг",
        },
    )
    written(tmp_path / "said", {"ru/balance": "равновесие | держать равновесие | не упасть"})
    assert run("train", str(tmp_path / "said"), "--out", str(tmp_path / "m.npz")).exit_code == 0
    found = understood("принесите счёт\nкакой долг, какой баланс, принесите счёт\n", "--model", str(tmp_path / "m.npz"))
    for one in found:
        check(one, ("pay", "debt", "balance"))
    assert found[0]["intent"] == "pay"


def test_the_same_folder_makes_the_same_bytes_and_leaves_nothing_beside(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.npz"
    out.write_bytes(b"an older one")
    assert run("train", str(own / "said"), "--out", str(out)).exit_code == 0
    assert out.read_bytes() == (own / "own.npz").read_bytes()
    assert [one.name for one in tmp_path.iterdir()] == ["again.npz"]
    assert set(load(out).questions) == {"table", "opening", "dishes"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there is no <language>/<question>.txt"),
        ({"ru/one": "раз"}, "phrases of two questions at least are needed"),
        ({"ru/one": "раз", "ru/two": "два | " + "три" * 400}, "ru/two.txt:2: longer than 1000 characters"),
        ({"ru/one": "раз", "ru/two": "два\nтри\n".encode() + b"\xff\xfe"}, "ru/two.txt:3: not UTF-8"),
        ({"ru/one": "раз", "ru/two words": "два"}, "ru/two words.txt: the name is no question: two words"),
        ({"ru/one": "раз", "Russian/two": "два"}, "Russian/two.txt: the folder is no language: Russian"),
    ],
)
def test_a_folder_that_cannot_be_learned_from_is_a_sentence(
    files: dict[str, str | bytes], said: str, tmp_path: Path
) -> None:
    folder = tmp_path / "said"
    folder.mkdir()
    out = tmp_path / "out.npz"
    assert said.replace(" ", "") in refused("train", str(written(folder, files)), "--out", str(out)).replace(" ", "")
    assert not out.exists()
    assert [one.name for one in tmp_path.iterdir()] == ["said"]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    assert "does not exist" in refused("train", str(tmp_path / "nowhere"))


def test_what_cannot_be_written_is_said_before_any_training(own: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("none of ours")
    for out in (tmp_path / "nowhere" / "own.npz", tmp_path / "file" / "own.npz"):
        result = run("train", str(own / "said"), "--out", str(out))
        assert result.exit_code == 1
        assert result.stderr.startswith(f"saldo: {out}")
        assert len(result.stderr.splitlines()) == 1, "it was told how the training went"
    assert "is a directory" in refused("train", str(own / "said"), "--out", str(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
