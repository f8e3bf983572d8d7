"""Phones and news by region, known faults, the bonus programme."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from billing.base import Account, Bonus, Capability, Notice
from handlers.ask import Contact
from handlers.bonus import bonus
from handlers.region import named
from storage.base import SetRegion
from tests.clock import NOON
from tests.handlers.money_asks import Facts, text
from tests.handlers.talk_asks import OPERATOR, House, Talk, actions

TYUMEN, MOSCOW = "Тюменская область", "Москва"
CONTACTS = (
    Contact("Техподдержка", "8 800 100-00-00"),
    Contact("Справочная Тюмени", "3452 75-60-60", "8:00–20:00", TYUMEN),
    Contact("Автоинформатор Москвы", "495 000-00-11", "", MOSCOW),
)


def house(**more: Any) -> House:
    return House(replace(OPERATOR, contacts=CONTACTS, **more))


def linked(at: House, region: str = TYUMEN, **more: Any) -> Talk:
    anna = at.talk(**more).linked()
    anna.memory = replace(anna.memory, links=tuple(replace(one, region=region) for one in anna.memory.links))
    return anna


def told(at: House, *notices: Notice) -> None:
    async def found(region: str) -> tuple[Notice, ...]:
        return tuple(n for n in notices if n.region in {"", region})

    at.books.notices = found  # type: ignore[method-assign]


def fault(id: str = "f", region: str = TYUMEN, hours: int = 2, **more: Any) -> Notice:
    facts = {"title": "Обрыв кабеля", "text": "Бригада на месте."} | more
    return Notice(id, region, at=NOON - timedelta(hours=hours), outage=True, **facts)


def item(id: str = "n", days: int = 1, **more: Any) -> Notice:
    facts: dict[str, Any] = {"region": "", "title": "Новый тариф", "text": "Подробности на сайте."} | more
    return Notice(id, at=NOON - timedelta(days=days), **facts)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


# ── Phones ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_accounts_region_first_then_everybodys() -> None:
    reply = await linked(house()).says("оператор")
    lines = reply.text.splitlines()
    assert lines[1:] == [
        "Ваш регион: Тюменская область",
        "Справочная Тюмени: 3452 75-60-60, 8:00–20:00",
        "Техподдержка: 8 800 100-00-00",
    ]
    assert "region" in actions(reply)


async def test_before_linking_the_region_is_not_known_and_is_one_tap_away() -> None:
    anna = house().talk()
    reply = await anna.says("оператор")
    assert "Регион пока не указан." in reply.text
    assert "Тюмени" not in reply.text
    await anna.presses("Другой регион")
    reply = await anna.presses("Москва")
    assert "Автоинформатор Москвы: 495 000-00-11" in reply.text
    assert anna.turn.effects[-1] == SetRegion(MOSCOW)
    assert "Автоинформатор Москвы" in (await anna.says("оператор")).text  # it is remembered


async def test_an_operator_of_one_region_is_not_asked_about() -> None:
    reply = await House().talk().says("оператор")
    assert "region" not in actions(reply)
    assert "одинаковы" in (await House().talk().says("сменить регион")).text


@pytest.mark.parametrize("typed", ["Тюменская область", "тюменская", "ТЮМЕНСКАЯ ОБЛ", "тюменскя область"])
async def test_a_typed_name(typed: str) -> None:
    anna = house().talk()
    await anna.says("другой регион")
    assert "Справочная Тюмени" in (await anna.says(typed)).text


def test_words_that_fit_two_regions_are_none() -> None:
    assert named("область", ("Томская область", TYUMEN)) is None
    assert named("томская область", ("Томская область", TYUMEN)) == "Томская область"


@pytest.mark.parametrize("typed", ["баланс", "Атлантида", "1234567890" * 30])
async def test_a_typed_word_that_is_no_region_is_an_ordinary_message(typed: str) -> None:
    anna = house().talk()
    await anna.says("другой регион")
    await anna.says(typed)
    assert not [e for e in anna.turn.effects if isinstance(e, SetRegion)]


@pytest.mark.parametrize("action", ["region:ffffffff", "region:", "region:a:b:c", "region:../../x"])
async def test_a_forged_button_shows_the_regions(action: str) -> None:
    anna = house().talk()
    reply = await anna.sends(action)
    assert "Выберите регион" in reply.text
    assert not [e for e in anna.turn.effects if isinstance(e, SetRegion)]


async def test_the_accounts_own_region_again() -> None:
    anna = linked(house())
    await anna.says("другой регион")
    await anna.presses("Москва")
    assert "Автоинформатор" in (await anna.says("оператор")).text
    assert "Справочная Тюмени" in (await anna.sends("region:mine")).text


# ── News and faults ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_faults_stand_before_news() -> None:
    at = house()
    told(at, item(), fault(until=NOON + timedelta(hours=3)), fault("m", MOSCOW, title="Чужая авария"))
    said = (await linked(at).says("новости")).text.replace("\u00a0", " ")
    assert said.index("Авария: Обрыв кабеля") < said.index("Новый тариф")
    assert "исправить обещают до" in said
    assert "Чужая" not in said


async def test_a_fault_has_the_same_times_as_at_the_customers_own_address() -> None:
    at = house()
    told(at, fault(until=NOON + timedelta(hours=3)))
    anna = linked(at)
    there = replace(await at.books.account(anna.memory.links[0].account), zone="Asia/Kamchatka")

    async def account(_: str) -> Account:
        return there

    at.books.account = account  # type: ignore[method-assign, assignment]
    assert "Началась 19:00, исправить обещают до 17 ноября, 00:00" in plain((await anna.says("новости")).text)
    anna.memory = replace(anna.memory, chat=replace(anna.memory.chat, zone="Europe/Moscow"))
    assert "Началась 10:00, исправить обещают до 15:00" in plain((await anna.says("новости")).text)
    stranger = at.talk(chat="2", public=True)
    told(at, fault(region=""))
    assert "Началась 10:00" in plain((await stranger.says("новости")).text)


async def test_a_closed_account_costs_nobody_the_news() -> None:
    at = house()
    told(at, fault())
    anna = linked(at)
    at.books.closed.add(anna.memory.links[0].account)
    assert "Началась 10:00" in plain((await anna.says("новости")).text)


async def test_the_phones_of_last_resort_are_the_regions_own() -> None:
    anna = linked(house())
    for _ in range(3):
        reply = await anna.says("бдзыщ")
    assert "Справочная Тюмени: 3452 75-60-60, 8:00–20:00\nТехподдержка" in reply.text
    assert "Москвы" not in reply.text


async def test_only_faults_when_asked_for_them() -> None:
    at = house()
    told(at, item(), fault())
    said = (await linked(at).says("есть авария?")).text
    assert "Обрыв кабеля" in said
    assert "когда исправят, пока неизвестно" in said
    assert "Новый тариф" not in said


async def test_what_is_over_or_old_is_no_news() -> None:
    at = house()
    told(at, item(days=61), item("u", until=NOON - timedelta(minutes=1)), fault(hours=24 * 70), fault("o", until=NOON))
    said = (await linked(at).says("новости")).text
    assert said.count("Авария") == 1  # a fault that has no end is one however old
    assert "Новый тариф" not in said


async def test_many_are_counted_and_not_cut_in_silence() -> None:
    at = house()
    told(at, *(item(f"n{n}", days=n + 1) for n in range(8)))
    said = (await at.talk().says("новости")).text
    assert said.count("Новый тариф") == 5
    assert "И ещё 3 сообщения постарше." in said


async def test_nothing_is_told_apart_from_untold() -> None:
    at = house()
    assert "Новостей и аварий сейчас нет" in (await at.talk().says("новости")).text
    assert "авариях в Вашем регионе сейчас нет" in (await at.talk().says("аварии")).text
    at.books.can = frozenset(Capability) - {Capability.NOTICES}
    assert "публикует" in (await at.talk(chat="2").says("новости")).text


async def test_somebody_elses_words_stay_one_line_each() -> None:
    at = house()
    told(at, item(title="Строка\nвторая\n" + "ы" * 300, text="а\n\n" * 400))
    said = (await at.talk().says("новости")).text
    assert len(said) < 800
    assert len(said.splitlines()) <= 4


# ── Bonus ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("points", "said"),
    [(0, "0 баллов"), (1, "1 балл"), (22, "22 балла"), (25, "25 баллов"), (111, "111 баллов")],
)
async def test_bonus_points(points: int, said: str) -> None:
    found = text(await Facts(bonus_=Bonus("a", "Бонус", points)).says(bonus)).splitlines()
    assert found == [f"На бонусном счёте {said}", "Программа «Бонус»"]


@pytest.mark.parametrize(
    ("burning", "burns", "shown"),
    [
        (40, date(2026, 12, 31), True),
        (40, date(2026, 11, 15), False),
        (0, date(2026, 12, 31), False),
        (40, None, False),
    ],
)
async def test_points_that_end_soon(burning: int, burns: date | None, shown: bool) -> None:
    said = text(await Facts(bonus_=Bonus("a", "Бонус", 100, burning, burns)).says(bonus))
    assert ("40 баллов сгорят 31 декабря" in said) == shown


async def test_no_member() -> None:
    assert "не участвуете" in text(await Facts().says(bonus))
