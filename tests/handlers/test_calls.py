"""Monday 16 November 2026. A customer who has proved who he is asks whom his phone called."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Call, Capability, Direction, Reach, Service, Way
from handlers.ask import NotMine, Turn
from handlers.calls import calls, masked
from handlers.span import Unclear
from handlers.subject import mark
from storage.base import Dialogue, Saw
from tests.handlers.money_asks import OPERATOR, Facts, actions, labels, reply, rubles, text
from tests.handlers.test_charges import INTERNET, PHONE, SECOND, within_limits
from tests.handlers.test_statement import FORBIDDEN, Studio

MOTHER, ABROAD, PIZZA = "+7 (345) 222-33-44", "8 10 49 30 1234567", "789000"
OCTOBER = f"calls:{mark(PHONE)}:2026-10-01:2026-10-31"


def call(
    day: int,
    number: str = MOTHER,
    seconds: int = 65,
    kopecks: int = 0,
    direction: Direction = Direction.LOCAL,
    of: Service = PHONE,
    **more: Any,
) -> Call:
    at = more.pop("at", datetime(2026, 10, day, 9, 5, tzinfo=UTC))
    return Call("a", of.id, f"{at}{number}", at, number, seconds, direction, rubles(kopecks), **more)


CALLED = (
    call(2),
    call(3, "8 345 222-33-44", 120),
    call(4, ABROAD, 600, 150_00, Direction.INTERNATIONAL),
    call(5, PIZZA, 30),
    call(6, MOTHER, 0),  # not answered
    call(7, MOTHER, 40, incoming=True),
)


def house(**more: Any) -> Facts:
    return Facts(**{"services_": (INTERNET, PHONE), "calls_": CALLED, **more})


async def asks(
    anna: Facts,
    words: str = "",
    action: str | None = None,
    *,
    verified: bool = True,
    after: Turn | None = None,
    studio: Studio | None = None,
) -> Turn:
    ask = anna.ask(words, action)
    until = anna.now + timedelta(minutes=5) if verified else None
    memory = replace(ask.memory, links=(replace(ask.memory.links[0], verified_until=until),))
    if after is not None:
        memory = replace(memory, dialogue=Dialogue(after.waits, after.data))
    try:
        return await calls(replace(ask, memory=memory, draw=(studio or Studio()).draw), anna.the_account)
    except Unclear as back:
        return back.turn


async def test_the_screen() -> None:
    turn = await asks(house(), "детализация за октябрь")
    assert text(turn) == (
        "4 исходящих звонка, 13 мин 35 с, 150,00 ₽ за 1–31 октября\n"
        "Телефон: Домашний телефон 3452 12-34-56\n"
        "Входящие: 1 звонок, 40 с\n\n"
        "Международная связь: 1 звонок, 10 мин, 150,00 ₽\n"
        "Местная связь: 3 звонка, 3 мин 35 с, 0,00 ₽\n\n"
        "Чаще всего звонили:\n"
        "+7 345 ··· ··-44: 2 звонка, 3 мин 5 с, 0,00 ₽\n"
        "+49 ··· ··-67: 1 звонок, 10 мин, 150,00 ₽\n"
        "··· ··-00: 1 звонок, 30 с, 0,00 ₽\n\n"
        "7 октября, 12:05: +7 345 ··· ··-44, 0:40, 0,00 ₽, входящий\n"
        "5 октября, 12:05: ··· ··-00, 0:30, 0,00 ₽\n"
        "4 октября, 12:05: +49 ··· ··-67, 10:00, 150,00 ₽\n"
        "3 октября, 12:05: +7 345 ··· ··-44, 2:00, 0,00 ₽\n"
        "2 октября, 12:05: +7 345 ··· ··-44, 1:05, 0,00 ₽\n\n"
        "Время указано по часовому поясу счёта: Москва (МСК). Звонки без ответа не считаются."
    )
    assert labels(turn) == [["Этот месяц", "Прошлый месяц"], ["3 месяца", "Год"], ["Прислать файлом"]]
    assert turn.effects == (Saw("a", "calls", {"count": 5, "cost": 150_00}),)
    assert "345" not in str(turn.effects)


async def test_first_a_code_and_then_what_was_asked_for() -> None:
    operator = replace(OPERATOR, ways=frozenset({Way.EMAIL}))
    anna = house(reaches_=(Reach("a", Way.EMAIL, "ivan@mail.ru"),), operator=operator)
    for words, action, then in (
        ("детализация за октябрь", None, OCTOBER),
        ("детализация за октябрь файлом", None, OCTOBER.replace(":2026", ":file:2026", 1)),
        ("", f"{OCTOBER}:3", f"{OCTOBER}:3"),
    ):
        turn = await asks(anna, words, action, verified=False)
        assert turn.data["then"] == then
        assert turn.effects == ()
        assert "₽" not in text(turn)
        assert "··· ··" not in text(turn)


async def test_a_proof_that_has_run_out_is_none() -> None:
    anna = house()
    ask = anna.ask("детализация за октябрь")
    old = replace(ask.memory.links[0], verified_until=anna.now)
    turn = await calls(replace(ask, memory=replace(ask.memory, links=(old,))), anna.the_account)
    assert "₽" not in text(turn)


@pytest.mark.parametrize("missing", [Capability.CALLS, Capability.SERVICES])
async def test_a_billing_that_cannot_tell_asks_for_no_code(missing: Capability) -> None:
    anna = house(can=frozenset(Capability) - {missing})
    assert "Этих сведений у меня нет" in text(await asks(anna, "детализация", verified=False))


async def test_no_phone_no_code() -> None:
    turn = await asks(house(services_=(INTERNET,)), "детализация", verified=False)
    assert text(turn) == "На этом счёте нет телефона, поэтому и звонков нет."


async def test_of_several_phones_one_is_chosen_before_any_code() -> None:
    anna = house(services_=(PHONE, SECOND), calls_=(*CALLED, call(9, of=SECOND)))
    turn = await asks(anna, "детализация за октябрь", verified=False)
    assert text(turn) == "Звонки с какого телефона показать?"
    assert actions(turn) == {one.title: f"calls:{mark(one)}:2026-10-01:2026-10-31" for one in (PHONE, SECOND)}
    chosen = await asks(anna, action=actions(turn)[SECOND.title])
    assert text(chosen).startswith("1 исходящий звонок, 1 мин 5 с, 0,00 ₽ за 1–31 октября")
    assert actions(chosen)["Другой телефон"] == "calls"
    named = await asks(anna, "детализация телефона 220891 за октябрь")
    assert text(named).startswith("1 исходящий звонок")
    month_before = await asks(anna, "а за сентябрь?", after=chosen)
    assert text(month_before).startswith(f"За 1–30 сентября звонков нет\nТелефон: {SECOND.title}")


@pytest.mark.parametrize("count", [6, 9, 30])
async def test_many_phones(count: int) -> None:
    phones = tuple(
        replace(PHONE, id=str(n), title=f"Телефон с длинным названием {'и номером ' * 9}{n}") for n in range(count)
    )
    within_limits(reply(await asks(house(services_=phones))))


async def test_nobodys_mark_shows_the_phone_there_is_and_says_so() -> None:
    turn = await asks(house(), action="calls:00000000:2026-10-01:2026-10-31")
    assert text(turn).startswith("Такого телефона на этом счёте нет. Показан тот, который есть:\n\n4 исходящих")
    assert text(await asks(house(), action=f"calls:{mark(INTERNET)}:last")).startswith("Такого телефона")


async def test_incoming_only_and_nothing() -> None:
    got = house(calls_=(call(7, incoming=True, kopecks=5_00),))
    assert text(await asks(got, action=OCTOBER)).startswith(
        "За 1–31 октября исходящих звонков нет\nТелефон: Домашний телефон 3452 12-34-56\n"
        "Входящие: 1 звонок, 1 мин 5 с, 5,00 ₽"
    )
    nothing = await asks(house(calls_=(call(6, seconds=0),)), action=OCTOBER)
    assert text(nothing) == "За 1–31 октября звонков нет\nТелефон: Домашний телефон 3452 12-34-56"
    assert labels(nothing) == [["Этот месяц", "Прошлый месяц"], ["3 месяца", "Год"]]


async def test_a_withheld_number() -> None:
    turn = await asks(house(calls_=(call(2, "Anonymous"), call(3, ""), call(4, ""))), action=OCTOBER)
    assert text(turn).count("номер не определён") == 3
    assert "Чаще всего" not in text(turn)


async def test_days_and_times_are_the_accounts_own() -> None:
    late = call(1, at=datetime(2026, 10, 31, 20, 30, tzinfo=UTC))
    anna = house(zone="Asia/Yekaterinburg", calls_=(late,))
    said = text(await asks(anna))
    assert "1 ноября, 01:30" in said
    assert "Екатеринбург, Пермь (МСК+2)" in said


async def test_what_is_not_kept_is_said() -> None:
    assert text(await asks(house(keeps_days=30), action=OCTOBER)).startswith(
        "Данные хранятся с 18 октября: показано с этого дня."
    )


# ── The file ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_file() -> None:
    anna = house()
    screen = await asks(anna, "детализация за октябрь")
    pressed = await asks(anna, action=actions(screen)["Прислать файлом"])
    for turn in (
        pressed,
        await asks(anna, "детализация за октябрь в excel"),
        await asks(anna, "файлом", after=screen),
        await asks(anna, action=f"calls:{mark(PHONE)}:file:last"),
    ):
        made = reply(turn).document
        assert made is not None
        assert made.name == "Звонки_2026-10_…1234.csv"
        assert not FORBIDDEN.search(made.name)
        assert made.data.decode("utf-8-sig").split("\r\n") == [
            "Дата и время, Москва (МСК);Вид;Номер;Направление;Длительность, с;Стоимость, ₽",
            "02.10.2026 12:05;Исходящие;7 345 ··· ··-44;Местная связь;65;0,00",
            "03.10.2026 12:05;Исходящие;7 345 ··· ··-44;Местная связь;120;0,00",
            "04.10.2026 12:05;Исходящие;49 ··· ··-67;Международная связь;600;150,00",
            "05.10.2026 12:05;Исходящие;··· ··-00;Местная связь;30;0,00",
            "07.10.2026 12:05;Входящие;7 345 ··· ··-44;Местная связь;40;0,00",
            "",
        ]
        assert "4 исходящих звонка, 13 мин 35 с, 150,00 ₽ за 1–31 октября" in text(turn)
        assert "показаны не целиком" in text(turn)
        assert turn.effects == (Saw("a", "calls", {"count": 5, "cost": 150_00}),)
    assert actions(pressed)["Показать в чате"] == f"calls:open:{mark(PHONE)}:2026-10-01:2026-10-31"


async def test_no_file_of_nothing_and_none_that_cannot_be_drawn() -> None:
    empty = await asks(house(calls_=()), action=OCTOBER.replace(":2026", ":file:2026", 1))
    assert reply(empty).document is None
    assert text(empty).startswith("За 1–31 октября звонков нет")

    class Broken(Studio):
        async def draw(self, drawing: Any) -> bytes | None:
            return None

    failed = await asks(house(), action=OCTOBER.replace(":2026", ":file:2026", 1), studio=Broken())
    assert "Файл сейчас составить не получилось" in text(failed)


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+73452223344", "+7 345 ··· ··-44"), ("83452223344", "+7 345 ··· ··-44"), ("3452223344", "+7 345 ··· ··-44"),
        ("8 (345) 222-33-44", "+7 345 ··· ··-44"), ("810 49 30 1234567", "+49 ··· ··-67"),
        ("+49301234567", "+49 ··· ··-67"), ("222-33-44", "··· ··-44"), ("112", "112"), ("0890", "0890"),
        ("12345", "··· ··-45"), ("", ""), ("sip:ivan@home", ""), ("٣٤٥٢٢٢٣٣٤٤", ""),
    ],
)  # fmt: skip
def test_masked(number: str, said: str) -> None:
    assert masked(number) == said


@given(st.text(max_size=30) | st.from_regex(r"\+?[0-9 ()-]{3,25}", fullmatch=True))
def test_a_mask_never_gives_the_number_away(number: str) -> None:
    """A code of at most four digits and the last two; of a number that is somebody's at least three are hidden."""
    digits, said = re.sub("[^0-9]", "", number), masked(number)
    left = re.sub("[^0-9]", "", said)
    assert set(said) <= set("+0123456789 ·-")
    assert len(left) <= 6
    if len(digits) > 4 and left != digits.removeprefix("810"):  # «810» and up to four digits is nobody's number
        assert said.endswith(f"··· ··-{digits[-2:]}")
        assert len(left) <= len(digits) - 3


# ── Periods and pages ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_more_than_500_calls_page_quickly() -> None:
    start = datetime(2026, 10, 1, 6, tzinfo=UTC)
    many = tuple(
        call(1, f"+7345222{n % 97:04}", 1 + n % 900, n, list(Direction)[n % 6], at=start + timedelta(minutes=70 * n))
        for n in range(600)
    )
    anna = house(calls_=many)
    began = time.perf_counter()
    turn = await asks(anna, action=OCTOBER)
    seen = [text(turn)]
    while "Старее ›" in actions(turn):
        turn = await asks(anna, action=actions(turn)["Старее ›"])
        assert reply(turn).replaces == "m1"
        seen.append(text(turn))
        within_limits(reply(turn))
    assert len(seen) == 75
    assert "75/75" in labels(turn)[0]
    assert time.perf_counter() - began < 15, "0.2 s a page would be felt"
    rows = [line for page in seen for line in page.splitlines() if re.match(r"\d+ октября, \d\d:\d\d: ", line)]
    assert len(rows) == 600
    assert seen[0].count("+7 345 ··· ··-") == 5 + 8
    assert len(seen[0]) < 2000


async def test_below_another_answer_it_is_a_message_of_its_own() -> None:
    assert reply(await asks(house(), action=OCTOBER)).replaces == "m1"
    assert reply(await asks(house(), action=OCTOBER.replace("calls:", "calls:open:"))).replaces is None
    assert reply(await asks(house(), action=f"calls:{mark(PHONE)}")).replaces is None


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (f"calls:{mark(PHONE)}:2026-10-31:2026-10-01", "Конец периода раньше начала."),
        (f"calls:{mark(PHONE)}:2030-01-01:2030-01-31", "Этот период ещё не наступил."),
        (f"calls:{mark(PHONE)}:2019-01-01:2019-12-31", "Тогда договора ещё не было."),
        ("calls:x", "Эта кнопка устарела."),
        (f"calls:{mark(PHONE)}:file:x", "Эта кнопка устарела."),
        (f"{OCTOBER}:999999", "4 исходящих звонка"),
    ],
)
async def test_old_and_forged_buttons(action: str, sentence: str) -> None:
    assert text(await asks(house(), action=action)).startswith(sentence)


async def test_other_words_are_left_to_others() -> None:
    screen = await asks(house(), "детализация")
    for words in ("баланс", "спасибо", "500"):
        with pytest.raises(NotMine):
            await asks(house(), words, after=screen)


@pytest.mark.parametrize("language", ["en", "pt"])
async def test_other_languages(language: str) -> None:
    turn = await asks(house(language=language), action=OCTOBER)
    assert not re.search("[а-яё]", text(turn).replace(PHONE.title, "").replace("Москва (МСК)", ""), re.IGNORECASE)
    made = reply(await asks(house(language=language), action=OCTOBER.replace(":2026", ":file:2026", 1))).document
    assert made is not None
    assert made.name == {"en": "Calls_2026-10_…1234.csv", "pt": "Chamadas_2026-10_…1234.csv"}[language]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    within_limits(reply(await asks(house(), action=":".join(["calls", *arguments]))))
    within_limits(reply(await asks(house(), words)))


async def test_where_only_the_day_is_known_no_time_is_said() -> None:
    untimed = tuple(replace(one, timed=False) for one in CALLED)
    shown = text(await asks(house(calls_=untimed), "детализация за октябрь"))
    assert "12:05" not in shown
    assert "7 октября: +7 345 ··· ··-44, 0:40, 0,00 ₽, входящий\n" in shown
    assert shown.endswith("известен только день. Звонки без ответа не считаются.")
    sheet = studio_sheet(await asks(house(calls_=untimed), action=f"calls:{mark(PHONE)}:file:2026-10-01:2026-10-31"))
    assert "02.10.2026;" in sheet
    assert "12:05" not in sheet


def studio_sheet(turn: Turn) -> str:
    document = reply(turn).document
    assert document is not None
    return document.data.decode("utf-8-sig")
