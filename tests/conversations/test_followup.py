"""Short messages that mean something only after an answer, as dialogues."""

import re
from pathlib import Path

import pytest

from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


async def talks(s: Stage, anna: Customer, *lines: tuple[str, str]) -> None:
    """What is said, and how the answer goes on."""
    for said, answer in lines:
        s.rest(5)
        got = plain(await anna.says(said))
        assert answer in got, f"{said}: {got}"


@every_network
async def test_periods_services_and_details(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await talks(
            s,
            anna,
            ("баланс", "Баланс 350,00 ₽"),
            ("подробнее", "за 1–21 ноября\n"),
            ("а за прошлый?", "за 1–31 октября\n"),
            ("а за телефон?", "Только по услуге «Домашний телефон"),
            ("а до этого?", "за 1–30 сентября\nТолько по услуге «Домашний телефон"),
            ("а интернет?", "за 1–30 сентября\nТолько по услуге «Домашний интернет"),
            ("спасибо", "Пожалуйста"),
            ("а за май", "за 1–31 мая\nТолько по услуге «Домашний интернет"),
            ("/usage интернета за октябрь", "Домашний интернет: "),
            ("спасибо", "Пожалуйста"),
            ("а по телефону?", "Домашний телефон 3452 12-34-56: 88 мин"),
            ("а за прошлый?", "за 1–30 сентября"),
            ("тариф", "1 350,00 ₽ в месяц за все услуги"),
            ("а за телефон?", "380,00 ₽ в месяц\n"),
            ("мои услуги", "3 услуги"),
            ("подробнее", "Какую услугу показать?"),
            ("второй", "Домашний телефон 3452 12-34-56: работает"),
            ("подробнее", "Только по услуге «Домашний телефон"),
            ("сколько платить", "К оплате 1 000,00 ₽"),
            ("а если не заплачу?", "Если не оплатить, "),
            ("и куда платить?", "К оплате 1 000,00 ₽"),
            ("/payments за год", "за 22 ноября 2025 г. – 21 ноября 2026 г."),
        )
        first = anna.last.text
        await talks(s, anna, ("ещё", "9–12 из 12"), ("назад", "1–8 из 12"))
        assert anna.last.text == first
        await talks(s, anna, ("назад", "Главное меню"), ("повтори", "12 платежей"))


async def test_in_three_languages_and_only_for_some_minutes(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await talks(
            s,
            anna,
            ("my charges", "1–21 November"),
            ("and for October?", "1–31 October"),
            ("and the phone?", "1–31 October\nOnly for “Домашний телефон"),
            ("and before that?", "1–30 September"),
            ("minhas cobranças", "1–21 de novembro"),
            ("e no mês passado?", "1–31 de outubro"),
            ("e o telefone?", "Домашний телефон"),
            ("mais detalhes", "1–31 de outubro"),
            ("de novo", "1–31 de outubro"),
            ("а по-русски?", "1–31 октября"),
            ("повтори", "1–31 октября"),
            ("баланс", "Баланс 350,00 ₽"),
            ("да", "Хорошо. Что показать?"),
            ("не то", "Что Вы имели в виду?"),
        )
        assert "Что Вы имели" not in await anna.says("не то")
        s.clock.advance(minutes=11)
        await talks(s, anna, ("подробнее", "Я понимаю вопросы"), ("а за март?", "за 1–31 марта"))


async def test_the_other_account_is_asked_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk"]) as s:
        anna = s.customer("vk")
        await anna.links("family")
        await talks(
            s,
            anna,
            ("0061", "Теперь отвечаю про счёт …0061"),
            ("назови счёт Дача", "«Дача»"),
            ("0079", "Теперь отвечаю про счёт …0079"),
            ("/charges за октябрь", "за 1–31 октября"),
            ("а по даче?", "Счёт Дача · …0061\n10 начислений на 2 141,00 ₽ за 1–31 октября"),
            ("а на другом?", "Подходит не один счёт"),
        )
        assert "за 1–31 октября" in plain(await anna.presses("…0079"))
        assert anna.last.text.startswith("Счёт …0079")
