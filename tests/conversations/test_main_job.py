"""The main job as dialogues, on every network: link once, ask the four questions, be warned, leave."""

import re
from pathlib import Path

import aiohttp
import pytest

from billing.base import Money
from sandbox.registry import NETWORKS
from tests.conversations.stage import stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))


def plain(text: str) -> str:
    """No-break spaces are for the eye."""
    return re.sub("[\u00a0\u202f]", " ", text)


@every_network
async def test_link_once_and_ask_the_four_questions(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)

        greeting = await anna.starts()
        assert "бот" in greeting
        assert len(greeting.splitlines()) <= 2

        assert "привяз" in (await anna.says("баланс")).lower()

        linked = await anna.links("demo")
        assert "2734" in linked

        assert plain(await anna.says("баланс")).startswith("Баланс 350,00 ₽, хватит до 30 ноября")
        assert plain(await anna.says("долг")).startswith("Долга нет")
        assert plain(await anna.says("сколько платить")).startswith("К оплате 1 000,00 ₽ до")
        assert "7 ноября" in await anna.says("история платежей")
        assert "3 марта" in await anna.says("платежи за март")

        assert plain(await anna.says("what is my balance")).startswith("Balance 350.00 ₽")
        assert plain(await anna.says("qual é o meu saldo?")).startswith("Saldo 350,00 ₽")


@every_network
async def test_buttons_alone_are_enough(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.starts()
        await anna.presses("Привязать")
        await anna.presses("Согласен")
        url = next(key.url for key in anna.keys if key.url)
        await anna.says(await s.page(url, "demo", "demo"))

        await anna.says("меню")
        assert plain(await anna.presses("Баланс")).startswith("Баланс 350,00 ₽")
        assert plain(await anna.presses("Сколько платить")).startswith("К оплате")
        assert "платёж" in await anna.presses("История платежей")
        await anna.presses("Год")
        assert anna.sandbox.settled(anna.person), "every pressed button stops turning"


@every_network
async def test_numbers_alone_are_enough(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("баланс")
        labels = [key.label for key in anna.keys]
        answer = await anna.says(str(labels.index("История платежей") + 1))
        assert "платёж" in answer


@every_network
async def test_history_is_paged_in_place(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("regular")
        await anna.says("платежи за год")
        before = len(anna.screen)
        first = anna.last.text
        second = await anna.presses("Старее ›")
        assert second != first
        assert len(anna.screen) == before, "the page is the same message, edited"
        await anna.presses("‹ Новее")
        assert anna.last.text == first


@every_network
async def test_warned_once_and_told_when_it_is_well_again(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await s.scan()
        await anna.says("включи уведомления")

        await s.ledger.charge("652100412734", Money(30_000), "Разовая услуга", s.clock.now())
        assert await s.scan() == 2, "below the threshold, and by what is spent it will not last"
        assert plain(anna.last.text).startswith("Деньги на счету кончаются: 50,00 ₽")
        assert await s.scan() == 0, "once an episode"

        await s.ledger.charge("652100412734", Money(1_000), "Разовая услуга", s.clock.now())
        assert await s.scan() == 0, "lower is still the same episode"

        await s.ledger.pay("652100412734", Money(30_000), "Банковская карта", s.clock.now())
        assert await s.scan() == 2, "the payment, and the end of the episode"
        assert plain(anna.last.text).startswith("Платёж 300,00 ₽ зачислен")
        assert "Баланс пополнен: 340,00 ₽" in plain(anna.last.text)

        stopped = await anna.says("СТОП")
        assert "включить" in stopped
        await s.ledger.charge("652100412734", Money(30_000), "Разовая услуга", s.clock.now())
        assert await s.scan() == 0


@every_network
async def test_nothing_personal_in_a_group(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        arrived = s.arrived
        await anna.sandbox.say_in_group(anna.person, "баланс")
        await s.answered(arrived)
        shown = " ".join(m.text for m in anna.sandbox.chat(anna.sandbox.room) if not m.mine)
        assert shown, "a question in a group is answered, and points to the private chat"
        assert "350" not in plain(shown)


@every_network
async def test_a_double_tap_does_nothing_twice(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("баланс")
        before = anna.screen
        anna.sandbox.redeliver()
        await anna.sandbox.say(anna.person, "спасибо")
        version = anna.sandbox.version
        # The thanks are answered last: whatever a doubled event had caused would stand before that answer.
        while not (fresh := [m for m in anna.screen if not m.mine and m not in before]):
            version = await anna.sandbox.changed(version)
        await s.quiet()
        fresh = [m for m in anna.screen if not m.mine and m not in before]
        assert len(fresh) == 1, [m.text for m in fresh]


@every_network
async def test_a_password_in_the_chat_is_not_kept(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        warning = await anna.says("логин demo пароль Kanareika77")
        assert "парол" in warning
        for file in tmp_path.iterdir():
            assert b"Kanareika77" not in file.read_bytes()


@every_network
async def test_forget_me(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("мои данные")
        assert anna.last.document or any(m.document for m in anna.screen)
        await anna.says("забудь меня")
        await anna.says("да")
        chat = anna.sandbox.chat_id(anna.person)
        await s.app.storage.upkeep.purge()
        for file in tmp_path.iterdir():
            assert f"{network}:{chat}".encode() not in file.read_bytes(), file.name
        assert "привяз" in (await anna.says("баланс")).lower()


async def test_linked_elsewhere_and_it_was_not_me(tmp_path: Path) -> None:
    async with stage(tmp_path) as s:
        anna, thief = s.customer("vk"), s.customer("telegram")
        await anna.links("demo")
        await thief.links("demo")
        await s.quiet()
        assert "ещё один чат" in anna.last.text
        await anna.presses("Это не я")
        await anna.says("да")
        assert "привяз" in (await thief.says("баланс")).lower()


@every_network
async def test_public_mode_shows_nothing_personal(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network], environ={f"{network.upper()}_MODE": "public"}) as s:
        anna = s.customer(network)
        for words in ("баланс", "долг", "привязать счёт", "мои счета", "история платежей"):
            answer = await anna.says(words)
            assert "₽" not in answer
            assert not any(key.url and "/link/" in key.url for key in anna.keys)
        assert "8 800" in await anna.says("оператор")


@every_network
async def test_the_page_says_whose_chat_it_links(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.says("привязать счёт")
        await anna.presses("Согласен")
        url = next(key.url for key in anna.keys if key.url)
        async with aiohttp.ClientSession() as browser:
            page = await (await browser.get(url)).text()
        assert "без имени" not in page
