"""Linking as it is lived: the customer, the page, the deep link, and those who would like to be linked as well."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Button
from handlers.codes import hash_token
from storage.base import Discard, Invite, Join, MissCode, Saw, SetLanguage, Tell
from tests.handlers.talk_asks import IVAN, OLGA, OPERATOR, VERA, House, Talk, actions, everything, labels

CODE = "KM45TX"


def link_button(talk: Talk) -> Button:
    return talk.reply.keyboard[0][0]


async def at_the_page(house: House | None = None, **more: object) -> Talk:
    anna = (house or House()).talk(**more).agreed()  # type: ignore[arg-type]
    await anna.says("привязать")
    return anna


async def test_from_the_first_word_to_the_balance() -> None:
    house = House()
    anna = house.talk()
    await anna.says("баланс")
    await anna.presses("Согласен")
    await anna.presses("Привязать счёт")
    button = link_button(anna)
    assert button.url == f"https://saldo.example/link/{anna.tokens[-1]}"
    assert "saldo.example" in anna.reply.text
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    await anna.says("km45 tx")
    assert "Готово" in anna.reply.text
    assert "…7731 · Иван П." in anna.reply.text
    assert actions(anna.reply) == ["balance", "alerts:on", "menu"]
    assert anna.reply.keyboard[0][0].label == "Баланс"
    assert "357,31" in (await anna.presses("Баланс")).text


async def test_what_was_asked_before_linking_is_offered_first_afterwards() -> None:
    house = House()
    anna = house.talk().agreed()
    await anna.says("сколько я должен")
    await anna.presses("Привязать счёт")
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    await anna.says("не тот")
    await anna.says(CODE)
    assert actions(anna.reply)[0] in {"debt", "balance"}


async def test_linking_changes_what_it_says_and_nothing_else() -> None:
    house = House()
    anna = await at_the_page(house)
    invite = anna.turn.effects[0]
    assert invite == Invite(hash_token(anna.tokens[-1]), house.clock.now() + timedelta(minutes=10), "Анна", "ru")
    assert anna.tokens[-1] not in repr(invite)
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    await anna.says(CODE)
    kinds = [type(effect) for effect in anna.turn.effects]
    assert kinds == [Join, Tell, Saw]


async def test_a_foreign_speaker_is_remembered_for_the_notices_to_come() -> None:
    house = House()
    anna = house.talk(language="pt-BR").agreed()
    await anna.says("vincular conta")
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    await anna.says(CODE)
    assert SetLanguage("pt") in anna.turn.effects


@pytest.mark.parametrize(
    "typed", ["KM45TX", "km45tx", " KM45TX ", "КМ45ТХ", "км45тх", "KM4-5TX", "K M 4 5 T X", "km45 tx."]
)
async def test_the_code_as_people_type_it(typed: str) -> None:
    house = House()
    anna = await at_the_page(house)
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    assert "Готово" in (await anna.says(typed)).text


@pytest.mark.parametrize("typed", ["KM٤5TX", "ＫＭ45ＴＸ", "KM45T", "KM45TXX"])
async def test_what_is_no_code_costs_no_try(typed: str) -> None:
    house = House()
    anna = await at_the_page(house)
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    await anna.says(typed)
    assert anna.turn.effects == ()
    assert "Готово" in (await anna.says(CODE)).text


@pytest.mark.parametrize("typed", ["KM45TB", "км45тб", "KM45T", "KM45TXX", "KM450X", " KM4STX7 "])
async def test_a_slip_of_the_finger_is_called_one_and_costs_no_try(typed: str) -> None:
    anna = await at_the_page()
    assert "опечатка" not in (await anna.says(typed)).text, "before the page shows a code"
    anna.house.sign_in(anna.tokens[-1], CODE, IVAN)
    assert "опечатка" in (await anna.says(typed)).text
    assert not any(isinstance(one, MissCode) for one in anna.turn.effects)
    assert "Готово" in (await anna.says(CODE)).text


async def test_five_wrong_codes_and_the_right_one_is_dead() -> None:
    house = House()
    anna = await at_the_page(house)
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    told = []
    for n in range(5):
        await anna.says(f"AC246{n + 5}".replace("10", "2"))
        assert [type(e) for e in anna.turn.effects] == [MissCode]
        told.append(anna.reply.text)
    assert "Осталось 4 попытки" in told[0]
    assert "Осталась 1 попытка" in told[3]
    assert "пять раз" in told[4]
    await anna.says(CODE)
    assert "больше не действует" in anna.reply.text
    assert anna.memory.links == ()


async def test_a_code_before_the_page_was_opened() -> None:
    anna = await at_the_page()
    assert "Сначала откройте страницу" in (await anna.says(CODE)).text
    assert anna.turn.effects == ()


async def test_a_code_after_ten_minutes() -> None:
    house = House()
    anna = await at_the_page(house)
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    house.clock.advance(minutes=10, seconds=1)
    assert "больше не действует" in (await anna.says(CODE)).text
    assert anna.memory.links == ()


async def test_a_code_typed_later_than_a_question_lives_still_links() -> None:
    house = House()
    anna = await at_the_page(house)
    house.sign_in(anna.tokens[-1], CODE, IVAN)
    await anna.says("это безопасно?")
    assert "Готово" in (await anna.says(CODE)).text


async def test_only_the_chat_that_asked_may_type_the_code() -> None:
    """B1: A sends the page to V, who signs in. Only V sees the code, and V's chat has asked for nothing."""
    house = House()
    attacker, victim = await at_the_page(house, chat="1"), house.talk(chat="2").agreed()
    house.sign_in(attacker.tokens[-1], CODE, OLGA)
    await victim.says(CODE)
    assert victim.memory.links == ()
    assert attacker.memory.links == ()


async def test_cancel_throws_the_invitation_away() -> None:
    house = House()
    anna = await at_the_page(house)
    invitation = anna.invitation
    assert invitation is not None
    await anna.says("нет")
    assert anna.turn.effects == (Discard(invitation.id),)


async def test_a_chat_has_only_so_many_accounts() -> None:
    house = House(replace(OPERATOR, max_links=2))
    anna = house.talk().linked(IVAN)
    await anna.says("привязать ещё")
    house.sign_in(anna.tokens[-1], CODE, OLGA, VERA)
    await anna.says(CODE)
    assert "не больше 2 счетов" in anna.reply.text
    assert [one.account for one in anna.memory.links] == [IVAN.id]
    anna.linked(OLGA)
    await anna.says("привязать ещё")
    assert anna.turn.effects == ()


async def test_several_accounts_at_once() -> None:
    house = House()
    anna = await at_the_page(house)
    house.sign_in(anna.tokens[-1], CODE, IVAN, OLGA)
    await anna.says(CODE)
    assert "…7731" in anna.reply.text
    assert "…8842" in anna.reply.text
    assert (await anna.says("баланс")).text.startswith("Счёт …7731")


# ── From the personal account ─────────────────────────────────────────────────────────────────────────────────────

TOKEN = "abcdefghijklmnopqrst_2"


async def test_a_deep_link_asks_for_consent_then_shows_the_account_then_links() -> None:
    house = House()
    house.grant(TOKEN, IVAN)
    anna = house.talk()
    await anna.opens(TOKEN)
    assert "редакция 1" in anna.reply.text
    assert "7731" not in everything(anna.turn)
    await anna.says("да")
    assert "…7731 · Иван П." in anna.reply.text
    assert labels(anna.reply) == ["Да, привязать", "Отмена"]
    assert anna.memory.links == ()
    await anna.says("да")
    assert [one.account for one in anna.memory.links] == [IVAN.id]
    await anna.opens(TOKEN)
    assert "устарела или уже использована" in anna.reply.text


async def test_unknown_expired_and_used_links_are_one_answer() -> None:
    house = House()
    house.grant(TOKEN, IVAN)
    anna = house.talk().agreed()
    unknown = await anna.opens("zzzzzzzzzzzzzzzzzzzzzz")
    house.clock.advance(minutes=11)
    assert await anna.opens(TOKEN) == unknown


async def test_the_token_of_a_page_is_no_deep_link() -> None:
    house = House()
    attacker = await at_the_page(house, chat="1")
    house.sign_in(attacker.tokens[-1], CODE, OLGA)
    thief = house.talk(chat="2").agreed()
    await thief.opens(attacker.tokens[-1])
    assert "браузере" in thief.reply.text
    await thief.sends(f"join:{attacker.tokens[-1]}:yes")
    assert thief.memory.links == ()


@pytest.mark.parametrize("start", ["", "promo", "ref=vk-ads", "a" * 200, "../../x"])
async def test_any_other_payload_only_opens_the_chat(start: str) -> None:
    assert "Я бот" in (await House().talk().opens(start)).text


async def test_in_public_mode_a_deep_link_points_elsewhere() -> None:
    house = House()
    house.grant(TOKEN, IVAN)
    anna = house.talk("telegram", public=True)
    assert "ВКонтакте" in (await anna.opens(TOKEN)).text
    assert "7731" not in everything(anna.turn)
