"""The main job once more with PostgreSQL below it: the same words, whatever remembers them."""

import re
from pathlib import Path

from billing.base import Money
from tests.conversations.stage import stage


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


def asynchronous(url: str) -> str:
    """As an operator writes it in DATABASE_URL."""
    return url.replace("postgresql://", "postgresql+asyncpg://")


async def test_link_ask_and_leave(postgres_url: str, tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk"], url=asynchronous(postgres_url)) as s:
        anna = s.customer("vk")
        assert "привяз" in (await anna.says("баланс")).lower()
        assert "2734" in await anna.links("demo")
        assert plain(await anna.says("баланс")).startswith("Баланс 350,00 ₽")
        assert plain(await anna.says("долг")).startswith("Долга нет")
        assert plain(await anna.says("сколько платить")).startswith("К оплате 1 000,00 ₽")
        assert "3 марта" in await anna.says("платежи за март")
        await anna.says("забудь меня")
        await anna.says("да")
        assert "привяз" in (await anna.says("баланс")).lower()


async def test_warned_once_an_episode(postgres_url: str, tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"], url=asynchronous(postgres_url)) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await s.scan()
        await anna.says("включи уведомления")
        await s.ledger.charge("652100412734", Money(30_000), "Разовая услуга", s.clock.now())
        assert await s.scan() == 2, "below the threshold, and by what is spent it will not last"
        assert plain(anna.last.text).startswith("Деньги на счету кончаются: 50,00 ₽")
        assert await s.scan() == 0
        await s.ledger.pay("652100412734", Money(30_000), "Банковская карта", s.clock.now())
        assert await s.scan() == 2, "the payment, and the end of the episode"
        assert "Баланс пополнен: 350,00 ₽" in plain(anna.last.text)


async def test_linked_elsewhere_and_it_was_not_me(postgres_url: str, tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk", "ok"], url=asynchronous(postgres_url)) as s:
        anna, thief = s.customer("vk"), s.customer("ok")
        await anna.links("demo")
        await thief.links("demo")
        await s.quiet()
        assert "ещё один чат" in anna.last.text
        await anna.presses("Это не я")
        await anna.says("да")
        assert "привяз" in (await thief.says("баланс")).lower()
