"""The promised payment as dialogues on every network: taken once whatever is pressed, refused with reason and day."""

import re
from pathlib import Path

import pytest

from billing.base import Money
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
ACCOUNT = "652101104377"  # of "minus"


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


async def redelivered(s: Stage, anna: Customer) -> None:
    """The network delivers everything again; what is asked last is answered last."""
    before = len(anna.screen)
    anna.sandbox.redeliver()
    await anna.sandbox.say(anna.person, "спасибо")
    version = anna.sandbox.version
    while not any("Пожалуйста!" in shown.text for shown in anna.screen[before:]):
        version = await anna.sandbox.changed(version)
    await s.quiet()


@every_network
async def test_taken_once(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("minus")

        terms = plain(await anna.says("дайте в долг до зарплаты"))
        assert terms.startswith("Обещанный платёж 319,75 ₽ можно взять сейчас")
        assert "Вернуть до четверга, 26 ноября" in terms
        await anna.presses("Взять")
        assert (await s.ledger.balance(ACCOUNT)).promised is None, "nothing without a yes"
        question = anna.last
        await anna.says("нет")
        assert (await s.ledger.balance(ACCOUNT)).promised is None

        for _ in range(2):  # an older screen whose terms still hold, and a finger that taps twice
            await anna.sandbox.press(anna.person, question.id, "Да, взять")
        await redelivered(s, anna)
        taken = plain("\n".join(m.text for m in anna.screen))
        assert "Готово, обещанный платёж взят" in taken
        assert "Свои деньги: −319,75 ₽" in taken
        balance = await s.ledger.balance(ACCOUNT)
        assert balance.own == Money(-319_75), "never own money"
        assert balance.promised == Money(319_75), "once"

        again = plain(await anna.says("обещанный платёж"))
        assert again.startswith("Обещанный платёж уже взят")
        assert "Обещанный платёж: 319,75 ₽, вернуть до четверга, 26 ноября" in again

        await s.ledger.pay(ACCOUNT, Money(700_00), "СБП", s.clock.now())
        await s.ledger.charge(ACCOUNT, Money(500_00), "Разовая услуга", s.clock.now())
        recent = plain(await anna.says("обещанный платёж"))
        assert "прошлый был недавно" in recent
        assert "Взять его можно будет в понедельник, 21 декабря." in recent


@every_network
async def test_typed_from_the_question_to_the_yes(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("minus")
        await anna.says("доверительный платеж")
        assert "Взять обещанный платёж" in await anna.says("да")
        assert "обещанный платёж взят" in await anna.says("да")
        assert (await s.ledger.balance(ACCOUNT)).promised == Money(319_75)


@every_network
@pytest.mark.parametrize(
    ("login", "reason"),
    [("blocked", "долг 1 450,00 ₽ больше"), ("postpaid", "Вы платите по счёту"), ("demo", "не нужен")],
)
async def test_refused(network: str, login: str, reason: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links(login)
        assert reason in plain(await anna.says("обещанный платёж"))
        assert not any("зять" in key.label for key in anna.keys)
