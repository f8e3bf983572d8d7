"""Paying, as dialogues on every network: a sum, a code that a bank reads, and in Telegram the payment itself."""

import re
from pathlib import Path

import pytest

from billing.base import Money
from bot.crediting import credit
from bot.demo import PAYEE
from pictures.code import read_order
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, stage
from tests.conversations.test_promised import redelivered
from tests.pictures.qr import read

every_network = pytest.mark.parametrize("network", list(NETWORKS))
ACCOUNT = "652100412734"  # of the demo customer
PAGE = "https://pay.example/?account={account}&sum={sum}"


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


def order(anna: Customer) -> dict[str, str]:
    """What a bank's app reads from the newest picture."""
    picture = next(shown.picture for shown in reversed(anna.screen) if shown.picture is not None)
    return read_order(read(picture))


@every_network
async def test_pay_by_a_code(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network], pay_url=PAGE, **PAYEE) as s:
        anna = s.customer(network)
        await anna.links("demo")

        assert plain(await anna.says("пополнить")).startswith("К оплате 1 000,00 ₽ до вторника, 1 декабря")
        for words, said in (
            ("0", "от 1,00 ₽ до 15 000,00 ₽"),
            ("-500", "от 1,00 ₽ до 15 000,00 ₽"),
            ("20000", "от 1,00 ₽ до 15 000,00 ₽"),
            ("500,123", "две цифры"),
            ("побольше", "Не получилось прочитать сумму"),
        ):
            assert said in plain(await anna.says(words)), words

        shown = plain(await anna.says("1,5 тыс"))
        assert shown.startswith("Пополнить счёт …2734 на 1 500,00 ₽")
        assert f"Назначение: Оплата услуг связи, л/с {ACCOUNT}" in shown
        code = order(anna)
        assert (code["Sum"], code["PersAcc"], code["PersonalAcc"]) == ("150000", ACCOUNT, PAYEE["payee_account"])
        assert all(value in shown for key, value in code.items() if key not in {"Sum", "PersAcc", "TechCode"})
        assert any(key.url == f"https://pay.example/?account={ACCOUNT}&sum=1500.00" for key in anna.keys)

        await anna.presses("Другая сумма")
        await anna.presses("1 000")
        assert order(anna)["Sum"] == "100000"
        assert plain(await anna.says("пополнить на 300 рублей")).startswith("Пополнить счёт …2734 на 300,00 ₽")
        assert plain(await anna.says("баланс")).startswith("Баланс 350,00 ₽"), "asking changes nothing"


@every_network
async def test_from_what_is_to_be_paid_by_buttons_alone(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network], **PAYEE) as s:
        anna = s.customer(network)
        await anna.links("minus")
        assert plain(await anna.says("сколько платить")).startswith("К оплате 919,75 ₽ сегодня")
        await anna.presses("QR-код")
        assert order(anna)["Sum"] == "91975"


@every_network
async def test_no_way_to_pay_is_said_with_the_phones(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network], environ={"TELEGRAM_PAYMENT_TOKEN": ""}) as s:
        anna = s.customer(network)
        await anna.links("demo")
        said = await anna.says("хочу оплатить")
        assert "Оплатить прямо отсюда пока нельзя" in said
        assert "8 800 100-00-00" in said


async def till(anna: Customer) -> str:
    """Press the invoice's own button, which the network draws."""
    shown = next(m for m in reversed(anna.screen) if any(k.label.startswith("Заплатить") for r in m.keys for k in r))
    return await anna.presses("Заплатить", shown)


async def test_pay_inside_telegram(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await anna.says("пополнить на 500")
        await anna.presses("Оплатить здесь")
        await till(anna)
        version = anna.sandbox.version  # the yes goes out first, and only then the money's receipt comes in
        while not any("Платёж 500,00 ₽ получен" in plain(shown.text) for shown in anna.screen):
            version = await anna.sandbox.changed(version)
        assert (await s.ledger.balance(ACCOUNT)).own == Money(350_00), "the chat credits nothing"

        await redelivered(s, anna)
        for _ in range(2):
            await credit(s.app.storage, s.app.billing, s.app.clock)
        assert (await s.ledger.balance(ACCOUNT)).own == Money(850_00), "once"


async def test_an_old_invoice_is_refused_before_money_moves(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = s.customer("telegram")
        await anna.links("demo")
        await anna.says("пополнить на 500")
        await anna.presses("Оплатить здесь")
        s.clock.advance(minutes=61)
        await till(anna)
        await s.quiet()
        assert not any("получен" in m.text for m in anna.screen)
        assert (await s.ledger.balance(ACCOUNT)).own == Money(350_00)
