"""My data and forget me."""

import json

import pytest

from storage.base import Forget
from tests.handlers.talk_asks import IVAN, OLGA, House, labels


async def test_the_export_is_a_file_with_a_human_name_and_a_summary() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    reply = await anna.says("мои данные")
    assert reply.document is not None
    assert reply.document.name == "Мои_данные_2026-11-16.json"
    assert json.loads(reply.document.data)["links"] == [IVAN.number, OLGA.number]
    assert "Привязано 2 счёта." in reply.text
    assert "Согласие, редакция 1, дано 12:00." in reply.text
    assert IVAN.number not in reply.text


async def test_one_may_see_ones_data_without_agreeing_to_anything() -> None:
    reply = await House().talk().says("мои данные")
    assert "Согласия на обработку данных нет." in reply.text
    assert reply.document is not None


@pytest.mark.parametrize("public", [False, True])
async def test_forgetting_is_asked_first_and_is_the_last_word(public: bool) -> None:
    anna = House().talk(public=public).linked()
    await anna.says("забудь меня")
    assert anna.turn.effects == ()
    assert labels(anna.reply) == ["Да, стереть всё", "Нет, оставить"]
    await anna.says("да")
    assert anna.turn.effects == (Forget(),)
    assert anna.reply.menu == ()  # the menu below the chat goes as well
    assert anna.memory.links == ()
    assert "редакция" in (await anna.says("баланс")).text or public


async def test_no_forgets_nothing() -> None:
    anna = House().talk().linked()
    await anna.says("забудь меня")
    await anna.says("нет")
    assert len(anna.memory.links) == 1
