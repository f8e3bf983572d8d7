"""Which accounts there are, whose they are, and how one is let go: by its owner, and from afar."""

from storage.base import Choose, Tell, Unlink, UnlinkEverywhere
from tests.handlers.talk_asks import IVAN, OLGA, House, actions, labels


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
