"""What gives short messages their meaning, and that no follow-up ever changes anything."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import Address, Incoming, Reply
from billing.base import Capability, Period
from handlers import routes
from handlers.ask import Turn
from handlers.followup import ASKED, FRESH, KEY, PAGED, RULES, Last, kept, meant, preceding, read, recalled
from handlers.menu import offered
from handlers.routes import ROUTES
from handlers.text import LANGUAGES, sentences
from handlers.understand import Meaning, understand
from storage.base import Choose, Dialogue, Saw, SetLanguage, SetReachable
from tests.clock import NOON
from tests.handlers.talk_asks import IVAN, OLGA, VERA, House, Talk, actions

TODAY = NOON.date()
SETTINGS = {
    "alerts",
    "threshold",
    "topics",
    "here",
    "hour",
    "quiet",
    "zone",
    "region",
    "accounts",
    "mail",
    "promised",
    "topup",
}
PHRASES = [
    (name.replace("-", ":"), entry.strip(" ="))
    for language in LANGUAGES
    for name, line in sentences(language).items()
    if name.startswith("followup")
    for entry in line.split("|")
]


def last_of(talk: Talk) -> Last | None:
    return read(talk.memory.dialogue.data.get(KEY, ""))


def period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


# ── The tables ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_question_of_the_table_is_there_and_so_are_its_details() -> None:
    for name, topic in ASKED.items():
        assert {name, *topic.details} <= ROUTES.keys()
        assert set(topic.details) <= ASKED.keys()


def test_details_never_lead_back_and_forth() -> None:
    leads = {(name, further) for name, topic in ASKED.items() for further in topic.details}
    assert [pair for pair in leads if pair[::-1] in leads] == []


def test_every_list_of_words_has_a_rule() -> None:
    said = {name.replace("-", ":") for name in sentences("ru") if name.startswith("followup")}
    assert said == {name for name in RULES if name.startswith("followup")}
    for question, phrase in PHRASES:
        assert understand(phrase).question == question, phrase


@pytest.mark.parametrize(
    ("shown", "count", "before"),
    [
        (("2026-11-01", "2026-11-16"), 1, ("2026-10-01", "2026-10-31")),  # this month, up to today
        (("2026-10-01", "2026-10-31"), 1, ("2026-09-01", "2026-09-30")),
        (("2026-11-01", "2026-11-16"), 2, ("2026-09-01", "2026-09-30")),
        (("2026-10-01", "2026-10-31"), 2, ("2026-09-01", "2026-09-30")),  # «а за позапрошлый?» after the last one
        (("2026-03-01", "2026-03-31"), 2, ("2026-01-01", "2026-01-31")),
        (("2026-01-01", "2026-11-16"), 1, ("2025-01-01", "2025-12-31")),
        (("2025-01-01", "2025-12-31"), 1, ("2024-01-01", "2024-12-31")),
        (("2026-07-01", "2026-09-30"), 1, ("2026-04-01", "2026-06-30")),
        (("2026-11-09", "2026-11-15"), 1, ("2026-11-02", "2026-11-08")),  # a week
        (("2026-11-14", "2026-11-14"), 1, ("2026-11-13", "2026-11-13")),
        (("2026-11-17", "2026-11-17"), 2, ("2026-11-15", "2026-11-15")),
        (("2025-11-17", "2026-11-16"), 1, ("2024-11-17", "2025-11-16")),  # the last twelve months
        (("2026-11-03", "2026-11-07"), 2, ("2026-10-24", "2026-10-28")),
        (("2026-02-01", "2026-05-31"), 1, ("2025-10-01", "2026-01-31")),
        (("2026-02-01", "2026-05-31"), 2, ("2025-06-01", "2025-09-30")),
        (("1990-01-01", "1990-12-31"), 1, ("1990-01-01", "1990-01-01")),
    ],
)
def test_the_time_before_what_was_shown(shown: tuple[str, str], count: int, before: tuple[str, str]) -> None:
    assert preceding(period(*shown), TODAY, count) == period(*before)


# ── What the dialogue remembers ───────────────────────────────────────────────────────────────────────────────────

DAYS = st.dates(date(1990, 1, 1), TODAY)
PERIODS = st.none() | st.tuples(DAYS, DAYS).map(lambda ends: Period(min(ends), max(ends)))
LASTS = st.builds(
    lambda at, name, what, span, *rest: Last(
        at, name, what if ASKED[name].listed or ASKED[name].served else "", span if ASKED[name].listed else None, *rest
    ),
    st.integers(0, 10**12 - 1),
    st.sampled_from(sorted(ASKED)),
    st.sampled_from(["", "bars", "12345678", "0a1b2c3d"]),
    PERIODS,
    st.just(1),
    st.lists(st.sampled_from(["pay", "debt", "news"]), max_size=3).map(tuple),
)


@given(LASTS, st.integers(1, 999_999))
def test_what_is_remembered_is_read_as_it_was_written(last: Last, page: int) -> None:
    last = replace(last, page=page if last.name in PAGED else 1)
    assert read(last.written()) == last


@pytest.mark.parametrize(
    "text",
    [
        "", "balance", "1 unlink 1 ", "1 balance:2026-10-01:2026-10-31 1 ", "1 threshold:12345678 1 ",
        "1 alerts:bars 1 ", "1 payments:on 1 ", "1 payments 1 pay debt", "-1 balance 1 ", "1 balance 1 pay:1",
        "1 balance 1 \n",
    ],
)  # fmt: skip
def test_anything_else_is_nothing(text: str) -> None:
    assert read(text) is None


def test_a_figure_behind_a_setting_is_no_page() -> None:
    last = read("1 threshold 300 ")
    assert last is not None
    assert last.page == 1


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("/payments за октябрь", "payments:2026-10-01:2026-10-31"),
        ("payments:open:2026-10-01:2026-10-31:2", "payments:2026-10-01:2026-10-31"),
        ("payments:last", "payments:2026-10-01:2026-10-31"),
        ("/statement за октябрь", "statement:2026-10-01:2026-10-31"),
        ("/charges", "charges:2026-11-01:2026-11-16"),
        ("balance:again", "balance"),
        ("again:debt", "debt"),
        ("сколько платить", "pay"),
        ("мои услуги", "services"),
        ("alerts", "alerts"),
        ("threshold:20000", "threshold"),
    ],
)
async def test_the_question_is_remembered_typed_or_pressed_without_page_or_press(said: str, about: str) -> None:
    anna = House().talk().linked()
    await (anna.sends(said) if said.isascii() and said[0] != "/" else anna.says(said))
    last = last_of(anna)
    assert last is not None
    assert last.action == about
    assert last.at == int(NOON.timestamp())


async def test_small_talk_does_not_hide_the_question_and_does_not_renew_it() -> None:
    anna = House().talk().linked()
    await anna.says("/payments за октябрь")
    anna.house.clock.advance(minutes=6)
    await anna.says("спасибо")
    last = last_of(anna)
    assert last is not None
    assert last.action == "payments:2026-10-01:2026-10-31"
    assert "1–30 сентября" in (await anna.says("а за прошлый?")).text
    anna.house.clock.advance(minutes=6)
    await anna.says("спасибо")
    anna.house.clock.advance(minutes=6)
    await anna.says("спасибо")
    assert KEY not in anna.memory.dialogue.data
    assert "Не понял" in (await anna.says("а за прошлый?")).text


async def test_ten_minutes_and_no_more() -> None:
    anna = House().talk().linked()
    await anna.says("баланс")
    anna.house.clock.advance(seconds=FRESH.total_seconds())
    assert "Баланс 357,31" in (await anna.says("повтори")).text
    anna.house.clock.advance(seconds=FRESH.total_seconds() + 1)
    assert "Не понял" in (await anna.says("повтори")).text


async def test_one_chat_s_question_is_not_another_s() -> None:
    house = House()
    anna, other = house.talk().linked(), house.talk(chat="2").linked(OLGA)
    await anna.says("/payments за октябрь")
    await other.says("привет")
    assert last_of(other) is None
    assert "Не понял" in (await other.says("повтори")).text


# ── What follows what ─────────────────────────────────────────────────────────────────────────────────────────────


async def led(talk: Talk, *said: str) -> str:
    """The question that the last of the messages comes to."""
    for text in said:
        await talk.says(text)
    last = last_of(talk)
    assert last is not None
    return last.action


@pytest.mark.parametrize(
    ("said", "comes_to"),
    [
        (("баланс", "подробнее"), "charges:2026-11-01:2026-11-16"),
        (("долг", "подробнее"), "pay"),
        (("/payments за март", "детали"), "statement:2026-03-01:2026-03-31"),
        (("/charges за март", "more details"), "why:2026-03-01:2026-03-31"),
        (("/why за март", "mais detalhes"), "statement:2026-03-01:2026-03-31"),
        (("тариф", "расшифруй"), "options"),
        (("мои услуги", "подробнее"), "service"),
        (("/payments за март", "а за прошлый?"), "payments:2026-02-01:2026-02-28"),
        (("/statement за 2025 год", "а за прошлый?"), "statement:2024-01-01:2024-12-31"),
        (("/charges", "а за прошлый?", "а до этого?"), "charges:2026-09-01:2026-09-30"),
        (("/charges", "and before that?"), "charges:2026-10-01:2026-10-31"),
        (("/charges", "e o anterior?"), "charges:2026-10-01:2026-10-31"),
        (("платежи", "а за позапрошлый?"), "payments:2026-09-01:2026-09-30"),
        (("/charges", "спасибо", "а за март?"), "charges:2026-03-01:2026-03-31"),
        (("/charges", "спасибо", "and last month?"), "charges:2026-10-01:2026-10-31"),
        (("/charges", "спасибо", "e no mês passado?"), "charges:2026-10-01:2026-10-31"),
        (("/payments по месяцам за 2026", "спасибо", "за 2025"), "payments:2025-01-01:2025-12-31"),
        (("баланс", "а за март?"), "payments:2026-03-01:2026-03-31"),
        (("баланс", "а за прошлый?"), "payments:2026-10-01:2026-10-31"),
        (("тариф", "а за интернет?"), "tariff"),
        (("баланс", "а за интернет?"), "service"),
        (("/charges за март", "а интернет?"), "charges:2026-03-01:2026-03-31"),
        (("баланс", "спасибо", "повтори"), "balance"),
        (("/payments за март", "спасибо", "ещё раз"), "payments:2026-03-01:2026-03-31"),
        (("долг", "again"), "debt"),
        (("долг", "de novo"), "debt"),
        (("новости", "повтори"), "news"),
        (("долг", "а если не заплачу?"), "pay"),
        (("долг", "и куда платить?"), "topup"),
        (("/payments за март", "in English"), "payments:2026-03-01:2026-03-31"),
    ],
)
async def test_what_it_comes_to(said: tuple[str, ...], comes_to: str) -> None:
    assert await led(House().talk().linked(), *said) == comes_to


@pytest.mark.parametrize(
    "said",
    [
        "баланс", "долг за март", "сколько платить за интернет", "интернет не работает", "интернет", "мой тариф",
        "помощь", "платежи за март", "а почему за интернет так много?", "а пополнить за март",
        "за март было дешевле, и интернет работал, и вообще всё было лучше, чем теперь, не так ли",
    ],
)  # fmt: skip
async def test_a_question_that_says_all_is_no_follow_up(said: str) -> None:
    assert follows(said, f"{LIST} 1") == ""


@pytest.mark.parametrize(
    ("said", "comes_to"),
    [
        ("а за март?", "charges:12345678"), ("март", "charges:12345678"), ("а с 1 по 5 марта", "charges:12345678"),
        ("and in March?", "charges:12345678"), ("e em março?", "charges:12345678"), ("за 2025", "charges:12345678"),
        ("а за телефон?", "charges"), ("а по интернету за март?", "charges"), ("what about the internet?", "charges"),
        ("e a internet?", "charges"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("guessed", ["", "payments", "services", "beyond"])
def test_what_a_model_guesses_of_such_words_does_not_count(said: str, comes_to: str, guessed: str) -> None:
    assert follows(said, f"{LIST} 1", meaning=Meaning(guessed)) == comes_to


async def test_details_only_where_the_billing_knows_them() -> None:
    for missing in Capability:
        for name, topic in ASKED.items():
            anna = House().talk().linked()
            anna.house.books.can = frozenset(Capability) - {missing}
            await anna.sends(name)
            reply = await anna.says("подробнее")
            last = last_of(anna)
            assert last is not None
            names = offered(anna.house.books.can, topic.details)
            assert last.name == (names[0] if names else name)
            assert names or "operator" in actions(reply)


async def test_another_account_is_asked_the_same() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    await anna.says("баланс")
    assert "912.67" in (await anna.says("and the other one?")).text
    assert "357,31" in (await anna.says("e a outra?")).text
    assert "912,67" in (await anna.says("а на втором?")).text
    assert "357,31" in (await anna.says("а 7731?")).text
    assert "912,67" not in (await anna.says("8842")).text, "digits alone only change the account"
    await anna.says("назови счёт Дача")
    await anna.says("7731")
    await anna.says("баланс")
    assert "912,67" in (await anna.says("а по даче?")).text


async def test_of_three_accounts_it_is_asked_which() -> None:
    anna = House().talk().linked(IVAN, OLGA, VERA)
    await anna.says("долг")
    await anna.says("а на другом?")
    assert actions(anna.reply) == ["choose:2:debt", "choose:3:debt"]
    await anna.says("второй")
    assert "…9953" in anna.reply.text
    assert await led(anna, "а на первом?") == "debt"
    assert "…7731" in anna.reply.text


async def test_with_one_account_there_is_no_other() -> None:
    anna = House().talk().linked()
    await anna.says("баланс")
    assert "Не понял" in (await anna.says("а на другом?")).text


async def test_the_next_page_and_the_page_before() -> None:
    anna = House().talk().linked()
    await anna.says("ещё")
    assert "more:1" in actions(await anna.says("дальше"))
    assert "more:2" in actions(await anna.says("назад"))
    assert "Главное меню" in (await anna.says("назад")).text


def follows(said: str, last: str, *options: str, several: bool = False, meaning: Meaning | None = None) -> str:
    """The action that a message comes to, after the answer to `last` with these buttons."""
    anna = House().talk().linked(*((IVAN, OLGA) if several else (IVAN,)))
    shown = tuple((f"{number}.", action) for number, action in enumerate(options, 1))
    anna.remember(dialogue=Dialogue(data={KEY: f"{int(NOON.timestamp())} {last} "}, options=shown, asked_at=NOON))
    found = meant(anna.ask(incoming(said)), said, meaning or understand(said))
    return found[0] if found else ""


LIST = "charges:12345678:2026-10-01:2026-10-31"


@pytest.mark.parametrize(
    ("said", "last", "options", "comes_to"),
    [
        ("ещё", f"{LIST} 1", [LIST, f"{LIST}:2", "charges:month"], f"{LIST}:2"),
        ("next page", f"{LIST} 2", [LIST, f"{LIST}:2", f"{LIST}:3"], f"{LIST}:3"),
        ("дальше", f"{LIST} 3", [f"{LIST}:2", f"{LIST}:3", "charges:month"], ""),  # the menu's «Ещё», as ever
        ("mais", "services 1", ["service:12345678", "services:2"], "services:2"),
        ("ещё", "services 2", ["service:12345678", "services:1"], ""),
        ("назад", f"{LIST} 3", [f"{LIST}:2", f"{LIST}:3"], f"{LIST}:2"),
        ("back", f"{LIST} 2", [LIST, f"{LIST}:2"], LIST),
        ("voltar", "services 2", ["services:1"], "services"),
        ("назад", f"{LIST} 1", [LIST, f"{LIST}:2"], ""),  # the menu
        ("повтори", f"{LIST} 2", [], f"{LIST}:2"),
        ("а за прошлый?", f"{LIST} 2", [], "charges:12345678:2026-09-01:2026-09-30"),
        ("подробнее", f"{LIST} 2", [], "why:2026-10-01:2026-10-31"),
        ("подробнее", "usage:12345678:2026-10-01:2026-10-31 1", [], LIST),
        ("подробнее", "services 1", ["service:12345678", "pay"], "service:12345678"),
        ("подробнее", "services 1", ["service:12345678", "service:12345679"], "service"),
        ("подробнее", "service:12345678 1", [], "charges:12345678"),
        ("последний", "balance 1", ["pay", "payments"], "payments"),
        ("the last one", "balance 1", [], ""),
        ("последний", "balance 1", ["no:unlink", "unlink:1:yes"], ""),
        ("последний", "promised 1", ["promised:yes:o"], ""),
    ],
)
def test_what_it_comes_to_beside_these_buttons(said: str, last: str, options: list[str], comes_to: str) -> None:
    assert follows(said, last, *options) == comes_to


@pytest.mark.parametrize(
    ("last", "asked"),
    [
        (f"{LIST} 2", "charges:2026-10-01:2026-10-31"),
        ("service:12345678 1", "services"),
        ("payments:bars:2026-10-01:2026-10-31 1", "payments:bars:2026-10-01:2026-10-31"),
    ],
)
def test_another_account_has_services_of_its_own(last: str, asked: str) -> None:
    assert follows("а на другом?", last, several=True) == f"choose:2:{asked}"


async def test_under_small_talk_there_is_no_page() -> None:
    anna = House().talk().linked()
    await anna.sends("payments:2026-10-01:2026-10-31:2")
    last = last_of(anna)
    assert last is not None
    assert last.page == 2
    await anna.says("спасибо")
    assert last_of(anna) == replace(last, page=1)
    assert "Главное меню" in (await anna.says("назад")).text


def test_what_waits_for_a_proof_is_not_answered() -> None:
    ask = House().talk().linked().ask(incoming("детализация"))
    assert KEY in kept(ask, "calls", Turn(Reply("."), waits="calls")).data
    assert KEY not in kept(ask, "calls", Turn(Reply("."), waits="solve")).data
    assert KEY not in kept(ask, "unlink", Turn(Reply("."))).data


async def test_the_last_button() -> None:
    anna = House().talk().linked()
    await anna.sends("stop")  # [Включить уведомления] [Меню]
    assert "Главное меню" in (await anna.says("последний")).text
    await anna.sends("alerts")
    final = actions(anna.reply)[-1]
    await anna.says("o último")
    assert anna.turn.waits == final or final.split(":")[0] in ROUTES


async def test_a_yes_to_nothing_gets_a_friendly_word_and_a_yes_to_something_does_it() -> None:
    anna = House().talk().linked()
    for yes in ("да", "yes", "sim"):
        await anna.says("баланс")
        reply = await anna.says(yes)
        assert reply.menu is not None
        assert anna.turn.effects == ()
        assert anna.turn.misses == 0
    await anna.says("платежи")
    assert "Хорошо" in (await anna.says("да")).text
    await anna.says("отвязать")
    await anna.says("да")
    assert anna.memory.links == ()


async def test_a_yes_where_a_figure_is_waited_for_is_not_taken_for_granted() -> None:
    anna = House().talk().linked()
    await anna.says("порог")
    assert "Хорошо" not in (await anna.says("да")).text


async def test_not_that_offers_what_else_was_likely_and_never_says_the_same_twice() -> None:
    anna = House().talk().linked()
    await anna.says("/pay")
    written = f"{int(NOON.timestamp())} pay 1 debt"  # a second question was offered with the answer
    anna.remember(dialogue=replace(anna.memory.dialogue, data={KEY: written}))
    reply = await anna.says("не то")
    assert reply.text == "Что Вы имели в виду?"
    assert actions(reply) == ["debt", "menu"]
    texts = [
        reply.text,
        *[(await anna.says(said)).text for said in ("not that", "não é isso", "я не про это", "не то")],
    ]
    assert all(one != other for one, other in pairwise(texts))
    await anna.says("баланс")
    assert (await anna.says("не то")).menu is not None


async def test_not_that_after_a_guess_offers_the_other_guesses() -> None:
    anna = House().talk().linked()
    guesses = actions(await anna.sends("lost:debt:tariff:news"))
    await anna.says("2")
    assert set(actions(await anna.says("не это"))) == {*guesses, "menu"} - {guesses[1], "operator"}


async def test_not_that_refuses_nothing_and_confirms_nothing() -> None:
    anna = House().talk().linked()
    await anna.says("отвязать")
    await anna.says("не то")
    assert len(anna.memory.links) == 1
    await anna.says("да")
    assert len(anna.memory.links) == 1


async def test_again_after_a_failure_asks_what_failed() -> None:
    anna = House().talk().linked()
    await anna.says("баланс")
    anna.apply(routes.unavailable(anna.ask(incoming("/payments за октябрь")), "A1B2C3"))
    assert "1–31 октября" in (await anna.says("повтори")).text


async def test_another_language_says_the_last_answer_again() -> None:
    anna = House().talk().linked()
    await anna.says("баланс")
    assert "Balance" in (await anna.says("and in English?")).text
    assert "Saldo" in (await anna.says("e em português?")).text
    assert "Баланс" in (await anna.says("а по-русски?")).text
    assert SetLanguage("ru") in anna.turn.effects
    anna.house.clock.advance(minutes=11)
    assert (await anna.says("in English")).menu is not None


async def test_a_pressed_language_lays_the_menu_anew() -> None:
    anna = House().talk().linked()
    await anna.says("баланс")
    assert (await anna.sends("language:en")).menu is not None


async def test_what_waits_for_a_sum_or_a_name_hears_it_first() -> None:
    anna = House().talk().linked()
    await anna.says("платежи")
    await anna.says("назови счёт")
    await anna.says("Март")
    assert anna.memory.links[0].nickname == "Март"


@pytest.mark.parametrize("text", ["подробнее", "дальше", "ещё", "next", "назад", "voltar", "again", "не то", "да"])
async def test_in_a_group_nothing_is_followed_up(text: str) -> None:
    anna = House().talk(private=False).linked()
    assert (await anna.live(text=text)).reply is None


async def test_where_nothing_personal_may_be_said_nothing_is_followed_up_either() -> None:
    anna = House().talk(public=True).linked()
    await anna.says("новости")
    for _, phrase in PHRASES[::5]:
        await anna.says(phrase)
        assert not anna.turn.personal
        assert anna.house.books.asked == 0


# ── Nothing is changed ────────────────────────────────────────────────────────────────────────────────────────────

CHANGING = [
    "alerts:on", "alerts:off", "threshold:20000", "unlink:1:yes", "forget:yes", "promised:yes:o", "join:x:yes", "stop",
    "stranger:9:1:yes", "rename:1:none", "zone:Asia/Omsk", "quiet:0:0", "mail:yes", "region:x",
]  # fmt: skip
ACTIONS = st.sampled_from([*ROUTES, *CHANGING, "more:1", "more:2", "service:12345678", "no:unlink", "again:balance"])
WORDS = st.sampled_from(
    [phrase for _, phrase in PHRASES]
    + [
        "а за март?",
        "а интернет?",
        "и",
        "а",
        "да",
        "ещё",
        "назад",
        "7731",
        "а 8842?",
        "за 2025",
        "2",
        "включи",
        "unlink",
    ]
)
TEXTS = st.text(max_size=80) | WORDS | st.lists(WORDS, max_size=4).map(" ".join)
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
SHOWS = re.compile(
    rf"(?:(?:choose|which):[0-9.]+:)?([a-z]+)(:(?:[0-9a-f]{{8}}|bars))?(:{DATE}:{DATE})?(:[0-9]+)?"
    r"|followup:(?:yes|details|wrong)|more:[12]|again:.*|menu"
)


def incoming(text: str) -> Incoming:
    return Incoming("e", Address("vk", "1"), NOON, text=text, language="ru")


def only_shows(action: str) -> bool:
    found = SHOWS.fullmatch(action)
    if found is None or found[1] is None:
        return found is not None
    return found[1] in ASKED and not (found[1] in SETTINGS and (found[2] or found[3] or found[4]))


@settings(max_examples=200, deadline=None)
@given(
    text=TEXTS,
    waiting=st.sampled_from(["", *ROUTES, "nothing"]),
    written=LASTS.map(lambda last: replace(last, at=int(NOON.timestamp()), page=7).written()) | st.text(max_size=60),
    options=st.lists(st.tuples(st.sampled_from(["А", "2", "да"]), ACTIONS), max_size=6),
    several=st.booleans(),
    misses=st.integers(0, 3),
)
def test_any_text_in_any_state_raises_nothing_and_only_shows(
    text: str, waiting: str, written: str, options: list[tuple[str, str]], several: bool, misses: int
) -> None:
    anna = House().talk().linked(*((IVAN, OLGA, VERA) if several else (IVAN,)))
    dialogue = Dialogue(waiting, {KEY: written}, tuple(options), NOON, misses)
    anna.remember(dialogue=dialogue)
    ask = anna.ask(incoming(text))
    turned = routes.switched(ask, text, fresh=True)
    found = meant(ask, text, understand(text), turned.action if turned is not None else "")
    assert list(routes.steps(ask))
    if found is None:
        return
    action = found[0]
    picked = understand(text).question == "followup:final" and options and action == options[-1][1]
    assert only_shows(action) or (picked and "yes" not in action.split(":")), action
    if recalled(ask) is None:
        assert action.split(":")[0] in {"followup", "more", "again"} or picked


@pytest.mark.parametrize(
    "state", ["balance", "payments", "alerts", "promised", "threshold", "unlink", "forget", "services"]
)
async def test_no_phrase_changes_anything_after_any_answer(state: str) -> None:
    harmless = {Saw, Choose, SetReachable}
    for _, phrase in PHRASES:
        anna = House().talk().linked(IVAN, OLGA)
        await anna.sends(state)
        await anna.says(phrase)
        assert {type(effect) for effect in anna.turn.effects} <= harmless, phrase
        assert len(anna.memory.links) == 2


@pytest.mark.parametrize(
    ("first", "then"), [*product(["balance", "payments", "charges"], [p for _, p in PHRASES[::9]])]
)
async def test_a_follow_up_can_be_followed_up(first: str, then: str) -> None:
    anna = House().talk().linked()
    await anna.sends(first)
    for _ in range(3):
        assert (await anna.says(then)).text
