"""`saldo misses`: what was not understood is listed and taught, and nothing is touched before the yes."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot import teaching
from bot.cli import cli
from nlu import sentence
from nlu.measure import Change
from nlu.misses import clusters
from nlu.model import load
from storage.base import Miss, Missed
from storage.sql import open_storage
from tests.clock import HandClock
from tests.storage.acts import turn

PHRASES = {
    "ru/balance": "какой у меня баланс\nсколько денег на счете\nпокажи остаток\nбаланс\nсколько осталось на счете",
    "ru/trouble": "не работает интернет\nпропал сигнал\nнет связи\nинтернет медленный\nне могу выйти в сеть",
    "ru/moving": "# кто переезжает\nпереезжаю на другой адрес\nсмена адреса\nперенести точку подключения",
    "en/balance": "what is my balance\nhow much money is left\nshow my balance",
    "en/trouble": "the internet is down\nno signal\nmy connection is slow",
}
UNSEEN = {
    "ru/balance": "какой остаток на счете\nбаланс покажи",
    "ru/trouble": "интернет пропал",
    "ru/moving": "как переоформить договор\nможно переоформить договор на брата",
    "en/balance": "my balance please",
}
MISSED = (
    ("хочу переоформить договор", "ru", 4),
    ("переоформить договор", "ru", 2),
    ("переоформить договор на •", "ru", 1),
    ("как переоформить договор", "ru", 1),
    ("телевизор", "ru", 1),
    ("анекдот расскажи", "ru", 2),
    ("• 0", "ru", 9),
)


@dataclass(frozen=True)
class School:
    """A folder of phrases, one to measure by, a model's file and a table of what was missed."""

    folder: Path
    test: Path
    out: Path
    url: str

    def run(self, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(cli, ["misses", *arguments], input=answer, env={"DATABASE_URL": self.url})

    def teach(self, key: str, question: str, *more: str, answer: str = "") -> Result:
        where = ("--folder", str(self.folder), "--test", str(self.test), "--out", str(self.out))
        return self.run("--teach", key, "--as", question, *where, *more, answer=answer)

    def listed(self) -> dict[str, str]:
        """The keys of the clusters, by their leading phrases."""
        done = self.run("--json")
        assert done.exit_code == 0, done.output
        return {one["phrases"][0]["said"]: one["key"] for one in json.loads(done.stdout)}

    def state(self) -> tuple[object, ...]:
        """Everything that teaching may change."""
        files = {file: file.read_bytes() for file in sorted(self.folder.parent.rglob("*")) if file.is_file()}
        return {file: data for file, data in files.items() if ".db" not in file.name}, self.listed()


@pytest.fixture
def school(sqlite_url: str, tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> School:
    monkeypatch.setattr(sentence, "load", lambda: None)  # as where there is no wheel of it: seconds less a test
    for top, files in (("phrases", PHRASES), ("unseen", UNSEEN)):
        for name, text in files.items():
            file = tmp_path / "school" / top / f"{name}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")  # without an end of the last line
    asyncio.run(miss(sqlite_url, clock))
    home = tmp_path / "school"
    return School(home / "phrases", home / "unseen", home / "model.npz", sqlite_url)


async def miss(url: str, clock: HandClock) -> None:
    storage = open_storage(url, clock)
    effects = [Missed(said, language, ("moving", "pay")) for said, language, times in MISSED for _ in range(times)]
    await turn(storage, clock, *effects)
    await storage.close()


def plain(text: str) -> str:
    """Words and figures of what was shown, without the lines of tables."""
    return re.sub(r"[ \n]+", " ", re.sub(r"[│┃┏┓┗┛━─┡┩┳╇┴└┘┬├┤╭╮╰╯]+", " ", text))


CONTRACT = "хочу переоформить договор"

# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_shows_how_often_what_it_may_be_and_samples(school: School) -> None:
    done = school.run()
    assert done.exit_code == 0
    shown = plain(done.stdout)
    key = school.listed()[CONTRACT]
    assert f"{key} 8 ru moving, pay хочу переоформить договор" in shown
    assert "… and 1 more" in shown
    assert shown.index("• 0") < shown.index(CONTRACT) < shown.index("анекдот"), "the most frequent first"
    [contract] = [one for one in json.loads(school.run("--json").stdout) if one["key"] == key]
    assert contract["count"] == 8
    assert contract["likely"] == ["moving", "pay"]
    assert contract["phrases"][0] == {"said": CONTRACT, "times": 4}
    assert {one["said"] for one in contract["phrases"]} == {said for said, _, _ in MISSED[:4]}


def test_the_list_is_shown_while_the_bot_runs(school: School, clock: HandClock) -> None:
    running = open_storage(school.url, clock)
    try:
        assert CONTRACT in school.listed()
    finally:
        asyncio.run(running.close())


def test_without_misses_it_says_so(sqlite_url: str) -> None:
    done = CliRunner().invoke(cli, ["misses"], env={"DATABASE_URL": sqlite_url})
    assert (done.exit_code, done.stdout[:8]) == (0, "Nothing:")


def test_without_a_database_it_names_the_command_that_mends_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["misses"], env={"DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}"})
    assert done.exit_code == 2
    assert "saldo migrate" in done.stderr
    assert list(tmp_path.iterdir()) == []


# ── Teaching ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_taught_is_known_written_and_gone_from_the_table(school: School) -> None:
    listed = school.listed()
    done = school.teach(listed[CONTRACT], "moving", answer="y\n")
    assert done.exit_code == 0, done.output
    assert "taught 2 phrases as moving; 4 texts left the table" in done.stdout
    assert (school.folder / "ru" / "moving.txt").read_text(encoding="utf-8") == (
        PHRASES["ru/moving"] + "\nхочу переоформить договор\nпереоформить договор\n"
    )
    assert load(school.out).guess("переоформить договор")[0].question == "moving"
    assert school.listed().keys() == listed.keys() - {CONTRACT}
    assert not list(school.folder.parent.glob("*.new"))
    again = school.teach(listed[CONTRACT], "moving", "--yes")
    assert again.exit_code == 1
    assert f"there is no cluster {listed[CONTRACT]}" in again.stderr


def test_before_the_yes_it_shows_what_would_change(school: School) -> None:
    done = school.teach(school.listed()[CONTRACT], "moving", answer="n\n")
    shown = plain(done.stdout)
    assert "To be taught as moving: хочу переоформить договор переоформить договор Left out:" in shown
    assert "переоформить договор на •: has a hole (•)" in shown
    assert "как переоформить договор: stands in the test set" in shown
    first = re.search(r" first ([\d.]+)% ([\d.]+)% ", shown)
    assert first, shown
    assert float(first[1]) < float(first[2])
    assert "phrases 6 6" in shown
    assert re.search(r"Better: \d+ ", shown)
    assert "можно переоформить договор на брата: ? -> moving, expected moving" in shown


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_whoever_does_not_say_yes_changes_nothing(school: School, answer: str) -> None:
    before = school.state()
    done = school.teach(before[1][CONTRACT], "moving", answer=answer)  # type: ignore[index]
    assert done.exit_code == 1
    assert school.state() == before


@pytest.mark.parametrize(
    ("key", "question", "why"),
    [
        (lambda _: "0123456789", "moving", "there is no cluster 0123456789"),
        (lambda keys: keys[CONTRACT], "nothing", "has no question nothing. There are: balance, moving, trouble"),
        (lambda keys: keys["• 0"], "moving", "• 0: has a hole (•)"),
        (lambda keys: keys["телевизор"], "moving", "телевизор: too few words"),
        (lambda keys: keys[CONTRACT], "", "belong together"),
        (lambda _: "", "moving", "belong together"),
    ],
)
def test_what_cannot_be_taught_is_a_sentence_and_changes_nothing(
    school: School, key: Callable[[dict[str, str]], str], question: str, why: str
) -> None:
    before = school.state()
    done = school.teach(key(school.listed()), question, "--yes")
    assert done.exit_code in {1, 2}
    assert why in done.stderr
    assert school.state() == before


@pytest.mark.parametrize("broken", ["phrases", "model"])
def test_what_cannot_be_read_is_a_sentence_and_changes_nothing(school: School, broken: str) -> None:
    if broken == "phrases":
        (school.folder / "ru" / "trouble.txt").write_bytes(b"\xff\n")
    else:
        school.out.write_bytes(b"no model")
    before = school.state()
    done = school.teach(school.listed()[CONTRACT], "moving", "--yes")
    assert done.exit_code == 1
    assert ("trouble.txt:1: not UTF-8" if broken == "phrases" else "model.npz: no model") in done.stderr
    assert school.state() == before


def test_when_the_table_could_not_be_cleared_doing_it_again_ends_well(school: School) -> None:
    listed = school.listed()
    kept = {file: file.read_bytes() for file in school.folder.parent.parent.glob("saldo.db*")}
    assert school.teach(listed[CONTRACT], "moving", "--yes").exit_code == 0
    taught = (school.folder / "ru" / "moving.txt").read_bytes()
    for file, data in kept.items():
        file.write_bytes(data)
    assert school.listed() == listed
    done = school.teach(listed[CONTRACT], "moving", "--yes")
    assert done.exit_code == 0, done.output
    assert "To be taught: nothing new." in done.stdout
    assert "No test phrase is answered otherwise." in done.stdout
    assert (school.folder / "ru" / "moving.txt").read_bytes() == taught
    assert CONTRACT not in school.listed()


def test_a_phrase_of_a_language_without_the_file_makes_it(tmp_path: Path) -> None:
    file = tmp_path / "pt" / "moving.txt"
    teaching.append(file, "quero mudar")
    teaching.append(file, "vou mudar")
    assert file.read_text(encoding="utf-8") == "quero mudar\nvou mudar\n"


def test_a_phrase_that_another_question_has_is_left_out() -> None:
    day = HandClock().now().date()
    [cluster] = clusters([Miss("сколько денег на счёте", "ru", (), 1, day, day)])
    present = [teaching.Utterance(language="ru", question="balance", text="Сколько денег на счете?")]
    assert teaching.worth(cluster, "moving", present, []) == (
        (),
        (("сколько денег на счёте", "is known already: balance"),),
    )


@pytest.mark.parametrize(
    ("expected", "before", "after", "verdict"),
    [
        ("pay", "?", "pay", 1),
        ("pay", "debt", "pay", 1),
        ("pay", "pay", "?", -1),
        ("pay", "debt", "?", 0),
        ("out_of_scope", "pay", "?", 1),
        ("out_of_scope", "?", "pay", -1),
    ],
)
def test_better_is_what_is_right_now(expected: str, before: str, after: str, verdict: int) -> None:
    assert Change("…", expected, before, after).verdict == verdict
