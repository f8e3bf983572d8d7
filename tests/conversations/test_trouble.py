"""«Не работает» and «оплатил, а не работает» as dialogues on every network, over the households that have it."""

import re
from pathlib import Path

import pytest

from billing.base import Money
from sandbox.registry import NETWORKS
from tests.conversations.stage import stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


@every_network
async def test_where_the_payment_is(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        roman, sofia, anna = s.customer(network), s.customer(network), s.customer(network)
        await roman.links("paid")
        said = plain(await roman.says("заплатил, но не включили"))
        assert said.startswith("Платёж вижу, но на счёт он ещё не зачислен:\n20 ноября: 700,00 ₽")
        assert "Обычно такой платёж зачисляют до понедельника, 23 ноября. Платить ещё раз не нужно." in said

        await sofia.links("waiting")
        said = plain(await sofia.says("деньги списали, интернета нет"))
        assert said.startswith("Платёж зачислен, долга нет, но услуги до сих пор не включены")
        assert re.search(r"Для оператора: счёт …\d{4}, платёж 20 ноября, \d\d:\d\d, сумма 1 500,00 ₽", said)
        assert "8 800" in await sofia.presses("Оператор")

        await anna.links("minus")
        assert "платежей не вижу" in await anna.says("оплатил а не работает")
        await s.ledger.pay("652101104377", Money(100_00), "СБП", s.clock.now())
        said = plain(await anna.says("оплатил а не работает"))
        assert said.startswith("Платёж зачислен, но остался долг 219,75 ₽")
        await s.ledger.pay("652101104377", Money(300_00), "СБП", s.clock.now())
        assert "money is not the reason" in await anna.says("I paid but still no internet")


@every_network
async def test_what_was_checked_in_its_order(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        larisa, gleb, holiday = s.customer(network), s.customer(network), s.customer(network)
        await larisa.links("blocked")
        said = plain(await larisa.says("интернет не работает"))
        assert said.startswith("Услуги приостановлены за долг 1 450,00 ₽")
        assert "розетки" not in said
        assert not any("Обещанный" in key.label for key in larisa.keys), "it would be refused"
        assert "К оплате" in await larisa.presses("Сколько платить")

        await gleb.links("outage")
        said = plain(await gleb.says("нету интернета"))
        assert said.startswith("По Вашему адресу авария, её чинят")
        assert "Повреждён кабель на улице" in said
        assert "розетки" not in said
        assert "известной аварии" in await gleb.says("нет гудков"), "the fault is not the telephone's"

        await holiday.links("holiday")
        assert plain(await holiday.says("инет глючит")).startswith("Приостановлено по Вашему заявлению")
