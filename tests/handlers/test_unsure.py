"""When it is not clear what was meant: what is asked back, in which order, what is kept of it; and the reader, whose
model may be slow, broken or away, while «стоп» and «оператор» are heard."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from adapters.base import Incoming, Reply
from bot import reader as reading
from bot.reader import SHORT, Reader, whole
from handlers import routes
from handlers.ask import Ask
from handlers.phrases import vocabulary
from handlers.text import Say
from handlers.understand import INTENTS, Meaning, keepable, understand
from nlu.letters import clean, fold
from nlu.misses import HOLES
from nlu.model import Decision, Model, ModelError
from storage.base import Missed, SetAlerts
from tests.clock import NOON
from tests.handlers.talk_asks import House, Talk, actions, labels

PHONE = "8 800 555-00-01"
# Each may mean several things. Which of them a model is unsure of is its own affair: see `vague`.
VAGUE = (
    "что с деньгами", "что-то со счётом", "как там мой номер", "что у меня с договором", "что происходит с услугой",
    "хочу разобраться со счётом", "меня интересуют мои деньги", "телефон и деньги", "проблема с балансом и связью",
    "сколько стоит подключить", "where is my money", "something about my account", "o que houve com a conta",
)  # fmt: skip
ELSEWHERE = {
    "ru": ("расскажи анекдот", "рецепт борща", "закажи мне пиццу", "погода в москве"),
    "en": ("what is the weather like tomorrow", "tell me a joke about cats", "who won the match on sunday"),
    "pt": ("previsão do tempo para amanhã", "quem ganhou o jogo de ontem", "me conta uma piada"),
}


def vague() -> list[str]:
    """Of the phrases those that the model offers three questions for."""
    found = [text for text in VAGUE if len([one for one in understand(text, whole()).likely if one != "operator"]) == 3]
    assert len(found) >= 3, "the model is sure of nearly everything: find other phrases"
    return found


def say(language: str, name: str) -> str:
    return Say.at(NOON, language, "UTC")(name)


FIRST = {say("ru", "not-understood"), say("ru", "perhaps-meant")}


# ── What is asked back ────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_unsure_asks_with_three_questions_and_the_operator() -> None:
    for text in vague():
        anna = House().talk().linked()
        reply = await anna.says(text)
        assert reply.text == say(anna.memory.dialogue.data["language"], "perhaps-meant")
        meant = understand(text, whole()).likely
        assert actions(reply) == [*meant, "operator"]
        assert anna.house.books.asked == 0, "nothing is answered on a guess"
        assert not [one for one in anna.turn.effects if not isinstance(one, Missed)]


async def test_pressing_one_or_typing_its_number_answers_it() -> None:
    text = vague()[0]
    meant = understand(text, whole()).likely
    for number, action in enumerate((*meant, "operator"), 1):
        pressed, typed, asked = (House().talk().linked() for _ in range(3))
        label = labels(await pressed.says(text))[number - 1]
        await typed.says(text)
        answer = await asked.sends(action)
        assert (await pressed.presses(label)).text == answer.text
        assert (await typed.says(str(number))).text == answer.text
        assert pressed.turn.misses == typed.turn.misses == 0


async def test_the_second_time_the_menu_the_third_time_the_phones() -> None:
    for first in (vague()[0], "абракадабра", ELSEWHERE["ru"][0]):
        anna = House().talk().linked()
        await anna.says(first)
        second = await anna.says("бубубу мямямя")
        assert second.text == say("ru", "not-understood-menu")
        assert second.menu is not None
        assert "operator" in actions(second)
        third = await anna.says("фыва олдж")
        assert third.text.startswith(say("ru", "not-understood-again"))
        assert PHONE in third.text
        assert actions(third)[0] == "operator"
        await anna.says("баланс")
        assert (await anna.says("бубубу мямямя")).text in FIRST, "it begins anew"


MISSES = (
    "абракадабра",
    "бубубу мямямя",
    "👍",
    "?!",
    "",
    "фыва олдж пролд",
    "рецепт борща",
    "qwrtp zxcvb",
    "\u200b",
    "1 OR 1=1",
)


@settings(max_examples=12)
@given(st.permutations([*MISSES, *vague()[:2]]))
def test_never_the_same_sentence_twice_in_a_row(texts: list[str]) -> None:
    async def said() -> list[str]:
        anna = House().talk().linked()
        await anna.says("привет")
        return [(await anna.says(text)).text for text in texts]

    assert all(one != other for one, other in pairwise(asyncio.run(said())))


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, said in ELSEWHERE.items() for text in said])
async def test_what_is_none_of_ours_gets_one_sentence_about_what_is(language: str, text: str) -> None:
    anna = House().talk(language=language).linked()
    reply = await anna.says(text)
    assert reply.text == say(language, "not-understood")
    assert "operator" in actions(reply)
    assert anna.house.books.asked == 0


async def test_a_day_does_not_make_payments_of_what_is_none_of_ours() -> None:
    for text in ("какая погода будет 5 марта", "кто выиграл матч вчера", "расскажи анекдот про понедельник"):
        anna = House().talk().linked()
        assert (await anna.says(text)).text in FIRST, text
        assert anna.house.books.asked == 0


@pytest.mark.parametrize("text", ["за март", "а за октябрь?", "октябрь 2025", "с 1 по 15 октября", "вчера", "03.04"])
async def test_a_bare_period_is_still_about_payments(text: str) -> None:
    reply = await House().talk().linked().says(text)
    assert "латежей нет" in reply.text


# ── What is kept of it ────────────────────────────────────────────────────────────────────────────────────────────

NAMES = (
    "Прасковья",
    "Кшиштоф",
    "Гваделупская",
    "McLoughlin",
    "Żółć",
    "Ngũgĩ",
    "Аддис-Абеба",
    "секретныйпароль",
    "ул.Ежевичная",
)
FIGURES = (
    "4111111111111111",
    "+7 912 345-67-89",
    "200000028842",
    "12.03.1985",
    "кв.17",
    "٣٤٥",
    "Ⅷ",
    "½",
    "qwerty12345",
)
LINKS = ("ivan@mail.example", "https://evil.example/?token=1234", "www.site.ru/ivan", "t.me/ivan77")
MASKED = {*FIGURES, *NAMES, *LINKS}


def known(word: str) -> bool:
    return fold(word) in keepable(whole().vocabulary)


@settings(max_examples=80)
@given(
    st.lists(
        st.sampled_from([*NAMES, *FIGURES, *LINKS]) | st.sampled_from(sorted(vocabulary())) | st.text(max_size=10),
        min_size=1,
        max_size=12,
    )
)
def test_of_what_was_missed_no_figure_and_no_unknown_word_is_kept(pieces: list[str]) -> None:
    said = kept_of(" ".join(pieces))
    for word in said.split():
        assert word in HOLES or known(word), (word, said)
        assert word == "0" or not word.isnumeric(), (word, said)
    assert not any(one.casefold() in said for one in MASKED)


def test_what_is_missed_is_kept_as_known_words_and_holes() -> None:
    said = kept_of("бубубу Прасковья интернет 4111111111111111 ivan@mail.example мямямя баланс")
    assert said in {"", "• • интернет 0 @ • баланс"}
    missed = missed_of("что-то про интернет абракадабра бубубу мямямя 12345")
    assert missed is not None
    assert missed.said.split()[-4:] == ["•", "•", "•", "0"]
    assert "интернет" in missed.said
    assert missed.language == "ru"
    assert set(missed.likely) <= set(INTENTS)


def missed_of(text: str) -> Missed | None:
    """What a chat keeps of a message, through all of the desk."""

    async def lived() -> Talk:
        anna = House().talk().linked()
        await anna.says("привет")
        await anna.says(text)
        return anna

    return next((one for one in asyncio.run(lived()).turn.effects if isinstance(one, Missed)), None)


def kept_of(text: str) -> str:
    missed = missed_of(text)
    return missed.said if missed is not None else ""


# ── The reader ────────────────────────────────────────────────────────────────────────────────────────────────────

QUESTION = "покажи пожалуйста куда списались мои деньги в прошлом месяце"
SECRET = "меня зовут Прасковья и мой пин 48151623"


@pytest.fixture
async def opened() -> AsyncIterator[Reader]:
    made = Reader()
    await made.open()
    yield made
    made.close()


def broken() -> Model:
    """The real model with its numbers lost: whatever it is asked, it stumbles."""
    words = whole().words
    return replace(whole(), words=replace(words, bias=words.bias[:-1], scale=words.scale[:3]))


def read_so_far() -> float:
    return REGISTRY.get_sample_value("saldo_reading_seconds_count") or 0


class Read(Talk):
    """A conversation whose words a reader reads, as in the running program."""

    reader: Reader
    meaning = Meaning()

    async def does(self, **what: object) -> Reply:
        self.meaning = await self.reader.read(str(what.get("text", "")))
        return await super().does(**what)

    def ask(self, incoming: Incoming) -> Ask:
        return replace(super().ask(incoming), meaning=self.meaning)


def talk(reader: Reader) -> Read:
    house = House()
    made = Read(house, house.talk().address)
    made.reader = reader
    house.talks[made.address] = made
    made.linked()
    return made


async def without_a_model(kind: str, folder: Path) -> Reader:
    file = folder / "my.npz"
    file.write_bytes(b"" if kind == "empty file" else b"no model at all")
    made = Reader(None if kind in {"broken", "not opened"} else file)
    if kind == "broken":
        made.model = broken()
    elif kind != "not opened":
        with pytest.raises(ModelError, match=r"my\.npz"):
            await made.open()
    return made


@pytest.mark.parametrize("kind", ["broken", "not opened", "empty file", "no model"])
async def test_stop_and_operator_need_no_model(kind: str, tmp_path: Path) -> None:
    reader = await without_a_model(kind, tmp_path)
    for text in ("стоп", "STOP", "pare", "отпишите меня", "cтoп", "не пишите мне"):
        anna = talk(reader)
        await anna.says(text)
        assert SetAlerts(on=False) in anna.turn.effects, text
    for text in (
        "оператор",
        "позовите оператора",
        "operator",
        "quero falar com atendente",
        "девушка, живого оператора!",
    ):
        assert PHONE in (await talk(reader).says(text)).text, text
    assert "357,31" in (await talk(reader).says("какой у меня баланс?")).text
    assert "латежей нет" in (await talk(reader).says("платежи за март")).text
    anna = talk(reader)
    assert [(await anna.says("бубубу мямямя")).text for _ in range(3)][-1].endswith(f"{PHONE}, круглосуточно")
    reader.close()


async def test_a_fault_is_logged_without_what_was_typed_and_the_chat_is_answered() -> None:
    reader = Reader()
    reader.model = broken()
    with capture_logs() as logs:
        meaning = await reader.read(SECRET)
    assert meaning == understand(SECRET)
    assert logs == [{"event": "not-read", "error": "ValueError", "log_level": "error"}]
    assert not reader.kept, "a fault is not remembered as a meaning"
    reader.model = whole()
    assert await reader.read(SECRET) == understand(SECRET, whole())
    reader.close()


async def test_a_known_phrase_does_not_wait_for_the_model(opened: Reader) -> None:
    before = read_so_far()
    assert (await opened.read("  БАЛАНС!!! ")).question == "balance"
    assert read_so_far() == before


async def test_what_was_read_before_is_remembered_however_it_is_spaced(opened: Reader) -> None:
    before = read_so_far()
    first = await opened.read(QUESTION)
    assert first == understand(QUESTION, whole())
    assert await opened.read(f"  {QUESTION.replace(' ', chr(0x200B) + '  ')}\n") is first
    assert read_so_far() == before + 1
    assert list(opened.kept) == [QUESTION]


async def test_what_is_long_is_not_remembered(opened: Reader) -> None:
    story = "расскажу по порядку что было у нас с деньгами и услугами " * 2
    assert len(clean(story)) > SHORT
    before = read_so_far()
    assert await opened.read(story) == await opened.read(story)
    assert read_so_far() == before + 2
    assert not opened.kept


async def test_what_is_asked_most_recently_stays_remembered(opened: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "KEPT", 3)
    for text in ("про деньги один", "про деньги два", "про деньги три", "про деньги один", "про деньги четыре"):
        await opened.read(text)
    assert list(opened.kept) == ["про деньги три", "про деньги один", "про деньги четыре"]


async def occupied(reader: Reader) -> threading.Event:
    """The reader's thread is busy until the event is set."""
    free, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        loop.call_soon_threadsafe(begun.set)
        free.wait(60)

    reader.thread.submit(wait)
    await begun.wait()
    return free


async def test_what_comes_too_late_is_answered_by_known_phrases(opened: Reader) -> None:
    opened.within = 0.01
    free = await occupied(opened)
    with capture_logs() as logs:
        meaning = await opened.read(SECRET)
    free.set()
    assert meaning == understand(SECRET)
    assert logs == [{"event": "not-read", "error": "TimeoutError", "log_level": "error"}]
    assert not opened.kept
    opened.within = 60
    assert await opened.read(QUESTION) == understand(QUESTION, whole()), "the next one is read"


async def test_who_was_waiting_when_it_closed_is_read_still(opened: Reader) -> None:
    free = await occupied(opened)
    opened.within = 60
    texts = (QUESTION, "про деньги и услуги что-нибудь", "рецепт борща")
    waiting = [asyncio.create_task(opened.read(text)) for text in texts]
    await asyncio.sleep(0)  # each of them stands in the queue now
    opened.close()
    free.set()
    assert await asyncio.gather(*waiting) == [understand(text, whole()) for text in texts]


async def test_after_it_closed_known_phrases_are_understood() -> None:
    reader = Reader()
    await reader.open()
    reader.close()
    assert (await reader.read("стоп")).question == "stop"
    with capture_logs() as logs:
        assert await reader.read(SECRET) == understand(SECRET)
    assert [(one["event"], one["error"]) for one in logs] == [("not-read", "RuntimeError")]
    reader.close()


async def test_what_was_made_of_messages_is_counted(opened: Reader) -> None:
    def count(decision: Decision) -> float:
        return REGISTRY.get_sample_value("saldo_understood_total", {"decision": decision.value}) or 0

    before = {one: count(one) for one in Decision}
    for text in ("баланс", vague()[0], "абвгд жзик лмноп"):
        await opened.read(text)
    assert [count(one) - before[one] for one in (Decision.ACT, Decision.ASK)] >= [1, 1]
    assert sum(count(one) - before[one] for one in Decision) == 3


def test_numbers_of_a_broken_model_are_really_lost() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        broken().guess("баланс")
    assert np.isfinite(whole().words.bias).all()
    assert routes.ROUTES.keys() >= {"stop", "operator"}
