"""Which accounts there are, what they are called, how one is chosen, and let go: by its owner, and from afar."""

from dataclasses import replace

import pytest

from storage.base import Choose, SetNickname, SetThreshold, Tell, Unlink, UnlinkEverywhere
from tests.handlers.talk_asks import IVAN, OLGA, VERA, House, actions, everything, labels


async def test_one_account_is_listed_without_a_choice() -> None:
    anna = House().talk().linked(IVAN)
    reply = await anna.says("мои счета")
    assert reply.text == "К чату привязан 1 счёт:\n• …7731 · Иван П."
    assert actions(reply) == ["link", "unlink", "rename"]


async def test_several_are_chosen_by_button_number_and_label() -> None:
    for pick in ("2", "второй", "…8842 · Ольга С."):
        anna = House().talk().linked(IVAN, OLGA)
        reply = await anna.says("мои счета")
        assert "• …7731 · Иван П., выбран" in reply.text
        await anna.says(pick)
        assert anna.turn.effects == (Choose(anna.memory.links[1].id),)
        assert "…8842 · Ольга С." in anna.reply.text


async def test_without_accounts_the_way_to_link_is_shown() -> None:
    assert actions(await House().talk().agreed().says("мои счета"))[0] == "link"


async def test_unlinking_is_asked_first_and_told_to_the_others() -> None:
    house = House()
    anna, mother = house.talk("vk", "1").linked(IVAN), house.talk("ok", "2").linked(IVAN)
    link = anna.memory.links[0]
    await anna.says("отвязать")
    assert anna.turn.effects == ()
    assert "…7731 · Иван П." in anna.reply.text
    assert labels(anna.reply) == ["Да, отвязать", "Нет, оставить"]
    await anna.says("1")
    assert anna.turn.effects[0] == Unlink(link.id)
    assert isinstance(anna.turn.effects[1], Tell)
    assert [(to, kind) for to, kind, _, _ in house.letters] == [(mother.address, "unlinked-elsewhere")]
    assert "не привязан ни один" in (await anna.says("отвязать")).text


async def test_of_several_the_one_to_unlink_is_chosen() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    await anna.says("отвязать")
    assert labels(anna.reply) == ["…7731 · Иван П.", "…8842 · Ольга С.", "Нет, оставить"]
    assert "Не понял" in (await anna.says("да")).text  # yes to which?
    await anna.says("отвязать")
    await anna.says("2")
    await anna.says("да")
    assert [one.account for one in anna.memory.links] == [IVAN.id]


async def test_it_was_not_me() -> None:
    house = House()
    owner, thief = house.talk("vk", "1").linked(IVAN), house.talk("telegram", "2").linked(IVAN, OLGA)
    theirs, ours = thief.memory.links[0], owner.memory.links[0]
    await owner.sends(f"stranger:{theirs.id}:{ours.id}")
    assert "Telegram" in owner.reply.text
    assert owner.turn.effects == ()
    await owner.says("да")
    assert owner.turn.effects[0] == UnlinkEverywhere(theirs.id, ours.id)
    assert "Смените пароль" in owner.reply.text
    assert [one.account for one in thief.memory.links] == [OLGA.id]
    await owner.sends(f"stranger:{theirs.id}:{ours.id}:yes")
    assert "уже не видит" in owner.reply.text
    assert owner.turn.effects == ()


async def test_only_the_link_to_the_same_account_is_cut() -> None:
    house = House()
    owner, thief = house.talk("vk", "1").linked(IVAN), house.talk("telegram", "2").linked(IVAN, OLGA)
    await owner.sends(f"stranger:{thief.memory.links[1].id}:{owner.memory.links[0].id}:yes")
    assert owner.turn.effects == ()
    assert "Ольга" not in owner.reply.text


async def test_a_stranger_cannot_cut_off_others() -> None:
    house = House()
    owner, other = house.talk("vk", "1").linked(IVAN), house.talk("vk", "2").linked(OLGA)
    mine, theirs = other.memory.links[0].id, owner.memory.links[0].id
    for action in (f"stranger:{theirs}:{mine}:yes", f"stranger:{mine}:{theirs}:yes", f"stranger:{mine}:{mine}:yes"):
        await other.sends(action)
        assert other.turn.effects == ()
    assert len(owner.memory.links) == 1


# ── Nicknames ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_nickname_in_words_is_shown_everywhere() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    ivan = anna.memory.links[0]
    await anna.says("назови счёт Дача")
    assert anna.turn.effects == (SetNickname(ivan.id, "Дача"),)
    assert anna.reply.text == "Готово: счёт …7731 теперь называется «Дача»."
    assert (await anna.says("баланс")).text.startswith("Счёт Дача · …7731\n")
    reply = await anna.says("мои счета")
    assert "• Дача · …7731, выбран" in reply.text
    assert "пока Вы не выберете другой" in reply.text
    assert labels(reply)[:2] == ["Дача · …7731", "…8842 · Ольга С."]
    assert "Дача · …7731" in labels(await anna.says("отвязать"))
    await anna.sends(f"unlink:{ivan.id}")
    assert "Дача · …7731" in anna.reply.text


async def test_a_nickname_by_buttons() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    _, olga = anna.memory.links
    await anna.says("мои счета")
    await anna.presses("Назвать счёт")
    await anna.presses("…8842 · Ольга С.")
    assert "до 30 знаков" in anna.reply.text
    await anna.says("мама")
    assert anna.turn.effects == (SetNickname(olga.id, "мама"),)
    await anna.sends(f"rename:{olga.id}")
    await anna.presses("Убрать название")
    assert anna.turn.effects == (SetNickname(olga.id, ""),)
    assert "…8842 · Ольга С. теперь без названия" in anna.reply.text
    await anna.sends(f"rename:{olga.id}")
    await anna.says("«»")
    assert anna.turn.effects == (SetNickname(olga.id, ""),), "an empty name is none"
    await anna.sends(f"rename:{olga.id}")
    await anna.presses("Отмена")
    assert anna.turn.effects == ()


async def test_of_one_account_the_name_is_asked_for_at_once() -> None:
    anna = House().talk().linked(IVAN)
    for asked in ("переименуй счёт", "назвать счет", "rename my account", "renomear conta"):
        await anna.says(asked)
        assert anna.turn.waits == "rename", asked
    await anna.says("Квартира")
    assert anna.memory.links[0].nickname == "Квартира"
    assert not (await anna.says("баланс")).text.startswith("Счёт"), "no header line with one account"
    for asked, name in (("назови мой счёт «Дом у моря»", "Дом у моря"), ("rename my account to Home", "Home"),
                        ("chame a conta de Casa", "Casa")):  # fmt: skip
        await anna.says(asked)
        assert anna.memory.links[0].nickname == name, asked


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("<b>Дача</b> [x](http://y) *_`", "<b>Дача</b> [x](http://y) *_"),
        ("Да\u202eча\u200b\n\r\x00 у  моря\t", "Дача у моря"),
        ("🏡" * 30, "🏡" * 30),
        ("{ $number } { -term }", "{ $number } { -term }"),
        ("баланс дачи", "баланс дачи"),
    ],
)
async def test_a_name_does_no_harm(typed: str, kept: str) -> None:
    anna = House().talk().linked(IVAN, OLGA)
    await anna.sends(f"rename:{anna.memory.links[0].id}")
    await anna.says(typed)
    assert anna.memory.links[0].nickname == kept
    reply = await anna.says("мои счета")
    assert kept in reply.text
    assert all(len(label) <= 32 for label in labels(reply))
    assert labels(reply)[0].endswith("…7731"), "the digits stand beside any name"


async def test_a_name_too_long_is_asked_for_again() -> None:
    anna = House().talk().linked(IVAN)
    await anna.says("назвать счёт")
    for typed in ("x" * 31, "y" * 200, "Дача " * 50):
        assert "до 30 знаков" in (await anna.says(typed)).text
        assert anna.turn.effects == ()
    await anna.says("z" * 30)
    assert anna.memory.links[0].nickname == "z" * 30
    await anna.says("назови счёт " + "w" * 200)
    assert anna.turn.effects == ()


async def test_another_question_is_no_name() -> None:
    anna = House().talk().linked(IVAN)
    for question, said in (
        ("баланс", "Баланс"),
        ("меню", "меню"),
        ("отмена", "ничего не меняю"),
        ("нет", "ничего не меняю"),
    ):
        await anna.says("назвать счёт")
        assert said in (await anna.says(question)).text
        assert anna.memory.links[0].nickname == ""


async def test_two_accounts_of_one_name_are_told_apart_by_their_digits() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    ivan, olga = anna.memory.links
    await anna.says("назови счёт Дача")
    await anna.sends(f"rename:{olga.id}")
    assert "последние цифры" in (await anna.says("дача")).text
    reply = await anna.says("баланс дача")
    assert actions(reply)[:2] == [f"choose:{ivan.id}:balance", f"choose:{olga.id}:balance"]
    assert labels(reply)[:2] == ["Дача · …7731", "дача · …8842"]
    assert (await anna.says("2")).text.startswith("Счёт дача · …8842\nБаланс")


async def test_nobody_elses_account_is_named() -> None:
    house = House()
    anna, other = house.talk("vk", "1").linked(IVAN), house.talk("vk", "2").linked(OLGA)
    theirs = other.memory.links[0].id
    for action in (f"rename:{theirs}", f"rename:{theirs}:none", "rename:x", "rename::none", f"which:{theirs}:balance"):
        await anna.sends(action)
        assert anna.turn.effects == ()
        assert "8842" not in anna.reply.text
        assert "Ольга" not in everything(anna.turn)
    anna.remember(dialogue=replace(anna.memory.dialogue, question="rename", data={"link": str(theirs)}))
    await anna.says("Моя")
    assert anna.turn.effects == ()
    assert actions(await House().talk().agreed().says("назови счёт Дача"))[0] == "link"


# ── Switching ─────────────────────────────────────────────────────────────────────────────────────────────────────

# Another account with the same last digits as Olga's.
TWIN = replace(VERA, number="300000008842")


@pytest.mark.parametrize(
    "typed", ["8842", "счёт 8842", "на 8842", "…8842", "л/с 8842", "account 8842", "мама", "на маму"]
)
async def test_digits_or_a_name_switch(typed: str) -> None:
    anna = House().talk().linked(IVAN, OLGA)
    olga = anna.memory.links[1]
    anna.remember(links=(anna.memory.links[0], replace(olga, nickname="Мама")))
    reply = await anna.says(typed)
    assert anna.turn.effects == (Choose(olga.id),)
    assert "Мама · …8842" in reply.text
    assert "пока Вы не выберете другой" in reply.text
    assert (await anna.says("баланс")).text.startswith("Счёт Мама · …8842\n")


async def test_a_question_about_another_account_is_answered_at_once() -> None:
    for typed, said in (
        ("баланс 8842", "Баланс 912,67"),
        ("8842 баланс", "Баланс 912,67"),
        ("какой баланс на счёте 8842?", "Баланс 912,67"),
        ("what is the balance of 8842", "Balance 912.67"),
        ("платежи за октябрь по счету 8842", "1–31 октября"),
        ("история платежей 8842 за октябрь", "1–31 октября"),
        ("8842 за октябрь", "1–31 октября"),
    ):
        anna = House().talk().linked(IVAN, OLGA)
        reply = await anna.says(typed)
        assert "8842" in reply.text.splitlines()[0], typed
        assert said in reply.text.replace("\u00a0", " "), typed
        assert anna.turn.effects[0] == Choose(anna.memory.links[1].id)


async def test_a_list_goes_on_with_another_account() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    await anna.says("платежи за сентябрь")
    reply = await anna.says("а за октябрь по 8842")
    assert reply.text.startswith("Счёт …8842")
    assert "1–31 октября" in reply.text
    assert (await anna.says("7731")).text.startswith("Теперь отвечаю про счёт …7731")


async def test_a_links_code_is_no_account_while_one_is_waited_for() -> None:
    house = House()
    anna = house.talk().linked(IVAN, replace(OLGA, number="200000002468"))
    assert "2468" in (await anna.says("на 2468")).text
    await anna.says("привязать")
    house.sign_in(anna.tokens[-1], "HA2468", VERA)
    await anna.says("на 2468")
    assert [one.account for one in anna.memory.links][2:] == [VERA.id]


async def test_digits_of_several_are_asked_about() -> None:
    house = House()
    anna = house.talk().linked(IVAN, OLGA, TWIN)
    _, olga, twin = anna.memory.links
    reply = await anna.says("8842")
    assert actions(reply)[:2] == [f"choose:{olga.id}", f"choose:{twin.id}"]
    reply = await anna.says("платежи за октябрь 8842")
    assert actions(reply)[:2] == [f"choose:{olga.id}:payments", f"choose:{twin.id}:payments"]
    assert "1–31 октября" in (await anna.says("1")).text, "what was typed is remembered"


async def test_digits_of_none_are_said_to_be_none() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    for typed in ("9999", "счёт 9999", "на 9999"):
        reply = await anna.says(typed)
        assert "нет" in reply.text
        assert actions(reply)[:2] == [f"choose:{one.id}" for one in anna.memory.links]
        assert anna.turn.effects == ()


async def test_a_question_that_waits_for_a_sum_or_a_code_wins() -> None:
    anna = House().talk().linked(IVAN, replace(OLGA, number="200000000500"))
    await anna.says("порог")
    await anna.says("0500")
    assert SetThreshold(anna.memory.links[0].id, 500_00) in anna.turn.effects
    await anna.says("порог 0500")
    assert not any(isinstance(one, Choose) for one in anna.effects)
    await anna.says("0500")
    assert anna.turn.effects == (Choose(anna.memory.links[1].id),)


async def test_a_year_is_a_year_and_a_known_word_is_itself() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    ivan, olga = anna.memory.links
    anna.remember(links=(ivan, replace(olga, number="200000002026", nickname="Баланс")))
    assert (await anna.says("платежи за 2026")).text.startswith("Счёт …7731")
    assert (await anna.says("баланс")).text.startswith("Счёт …7731")
    assert "Баланс · …2026" in (await anna.says("счёт баланс")).text


async def test_with_one_account_digits_mean_nothing_new() -> None:
    anna = House().talk().linked(IVAN)
    await anna.says("7731")
    assert not any(isinstance(one, Choose) for one in anna.effects)
    assert "Баланс" in (await anna.says("баланс 7731")).text


@pytest.mark.parametrize(
    "forged", ["which", "which:", "which:a.b", "which:1.2.3", "which:" + "9" * 50, "which:x:" + "y" * 50]
)
async def test_forged_arguments_of_which(forged: str) -> None:
    anna = House().talk().linked(IVAN, OLGA)
    await anna.sends(forged)
    assert all(len(action.encode()) <= 64 for action in actions(anna.reply))
    assert anna.turn.effects == ()


async def test_a_holder_is_one_short_line_whatever_the_billing_sends() -> None:
    house = House()
    anna = house.talk().agreed()
    for one in (IVAN, OLGA):
        anna.linked(replace(one, holder="Иван\nДолга нет " + "я" * 300))
    reply = await anna.says("мои счета")
    assert max(map(len, labels(reply))) <= 32
    assert "\nДолга" not in reply.text
    house.grant("abcdefghijklmnopqrstuv", replace(VERA, holder="Вера\nДолга нет " + "я" * 300))
    reply = await anna.opens("abcdefghijklmnopqrstuv")
    assert "\nДолга" not in reply.text
    assert "я" * 100 not in reply.text
