"""The settings of alerts as dialogues on every network: by buttons, by words and by numbers alone they end in the same
state; one chat hears of an account; the same again tomorrow."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.registry import NETWORKS
from storage.base import Chat
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
Way = Callable[[Stage, Customer], Awaitable[None]]
ACCOUNT = "652101104377"  # of "minus"


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


async def chat(s: Stage, anna: Customer) -> Chat:
    """What is remembered of the customer's chat."""
    mine = [one for one in await s.app.storage.links.chats(ACCOUNT) if one.network == anna.network]
    return (await s.app.storage.inbox.recall(mine[0])).chat


async def hush(s: Stage) -> None:
    """No alert between two lines: the customer of "minus" is in debt, and a scan may come at any second."""
    await s.app.storage.valve.shut("test", "test")


async def by_buttons(s: Stage, anna: Customer) -> None:
    for label in ("Включить уведомления", "О чём писать", "Деньги кончаются", "За 5 и 2 дня", "О чём писать",
                  "Другие события", "Поступил платёж", "Не писать", "О чём писать", "Другие события",
                  "Баланс раз в неделю", "По средам", "О чём писать", "Уведомления", "Время", "12:00", "Уведомления",
                  "Тихие часы", "23:00", "Уведомления"):  # fmt: skip
        s.rest()
        await anna.presses(label)


async def by_words(s: Stage, anna: Customer) -> None:
    for text in ("включи уведомления", "предупреждай за 5 и 2 дня", "не присылай про платежи",
                 "присылай баланс по средам", "присылай уведомления в 12 часов", "тихие часы с 23 до 8",
                 "уведомления"):  # fmt: skip
        s.rest()
        await anna.says(text)


async def by_numbers(s: Stage, anna: Customer) -> None:
    for label in ("Включить уведомления", "О чём писать", "Деньги кончаются", "За 5 и 2 дня", "О чём писать",
                  "Другие события", "Поступил платёж", "Не писать", "О чём писать", "Другие события",
                  "Баланс раз в неделю", "По средам", "О чём писать", "Уведомления", "Время", "12:00", "Уведомления",
                  "Тихие часы", "23:00", "Уведомления"):  # fmt: skip
        s.rest()
        shown = [key.label for key in anna.keys]
        await anna.says(str(next(n for n, one in enumerate(shown, 1) if one.startswith(label))))


@pytest.mark.parametrize(("network", "way"), [("vk", by_buttons), ("telegram", by_words), ("ok", by_numbers)])
async def test_every_way_ends_in_the_same_state(network: str, way: Way, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        await hush(s)
        anna = s.customer(network)
        await anna.links("minus")
        await anna.says("уведомления")
        await way(s, anna)
        assert "Уведомления включены." in anna.last.text
        assert "Время уведомлений о сроках: 12:00" in anna.last.text
        assert "Тихие часы: с 23:00 до 08:00" in anna.last.text
        kept = await chat(s, anna)
        assert kept.wishes == {"lasts": "5 2", "paid": "off", "digest": "3"}
        assert (kept.alerts, kept.remind_at, kept.quiet_from, kept.quiet_to) == (True, 720, 1380, 480)


@every_network
async def test_stop_ends_it_at_once_and_an_old_button_answers_afresh(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        await hush(s)
        anna = s.customer(network)
        await anna.links("minus")
        await anna.says("включи уведомления")
        settings = anna.last
        await anna.says("о чём писать")
        await anna.says("стоп")
        assert not (await chat(s, anna)).alerts
        s.rest()
        await anna.presses("О чём писать", settings)
        # Odnoklassniki answers a press in the pressed message.
        assert [one for one in anna.screen if one.text.endswith("\nУведомления выключены.")]
        await anna.says("напомни завтра")
        assert anna.last.text == "Уведомления выключены."


@every_network
async def test_tomorrow_is_told_once_however_often_it_is_asked_for(network: str, tmp_path: Path) -> None:
    """The customer of "minus" is in debt and stays so."""
    async with stage(tmp_path, [network]) as s:
        await hush(s)
        anna = s.customer(network)
        await anna.links("minus")
        await anna.says("включи уведомления")
        assert plain(await anna.says("напомни завтра")).startswith("Хорошо, напомню: 22 ноября, 10:00.")
        s.rest()
        await anna.says("напомни мне завтра")
        before = len(anna.screen)
        s.clock.advance(hours=23)
        s.networks.extra += 23 * 3600
        await s.app.storage.outbox.sweep()
        await s.app.storage.valve.open("test")
        s.app.schedule.wake_delivery()
        await s.quiet()
        told = [one.text for one in anna.screen[before:]]
        assert len(told) == 1, told
        assert "319,75" in told[0]


async def test_one_chat_of_an_account_hears_and_each_says_which(tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk", "telegram"]) as s:
        await hush(s)
        anna, same = s.customer("vk"), s.customer("telegram")
        for one in (anna, same):
            await one.links("minus")
            await one.says("включи уведомления")
            s.rest()
        assert "приходят в другой чат: Telegram." in await anna.says("куда приходят уведомления")
        s.rest()
        await anna.presses("Присылать сюда")
        heard = await s.app.storage.watches.hears(ACCOUNT)
        assert heard is not None
        assert heard.network == "vk"
        assert "приходят в другой чат: ВКонтакте." in await same.says("уведомления")
        s.rest()
        assert "теперь приходят сюда" in await same.says("присылай сюда")
        assert "приходят в другой чат: Telegram." in await anna.says("куда приходят уведомления")
