"""Alerts as a customer lives with them: one message for all that is due, and the way on from it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from billing.base import Money
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
DEMO = "652100412734"


def plain(text: str) -> str:
    """No-break spaces are for the eye."""
    return re.sub("[\u00a0\u202f]", " ", text)


def heard(anna: Customer) -> list[str]:
    return [plain(one.text) for one in anna.screen if not one.mine]


async def wanting(s: Stage, network: str, login: str = "demo") -> Customer:
    anna = s.customer(network)
    await anna.links(login)
    await s.scan()
    await anna.says("включи уведомления")
    return anna


async def later(s: Stage, **more: float) -> None:
    """Time goes by; what waited for it leaves."""
    s.clock.advance(**more)
    s.networks.extra += timedelta(**more).total_seconds()
    await s.app.storage.outbox.sweep()
    s.app.wake_deliveries()
    await s.quiet()


@every_network
async def test_one_message_for_all_that_is_due_and_the_way_on(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = await wanting(s, network)
        before = len(heard(anna))
        await s.ledger.charge(DEMO, Money(30_000), "Разовая услуга", s.clock.now())
        await s.scan()
        [alert] = heard(anna)[before:]
        lines = alert.splitlines()
        assert lines[0].startswith("Деньги на счету кончаются: 50,00 ₽, хватит до")
        assert len([line for line in lines if "50,00 ₽" in line]) == 1, "the money is named once"
        asked = next(line for line in lines if line.startswith("К оплате"))
        sum_ = re.search(r"[0-9 ]+,[0-9]{2} ₽", asked)
        assert sum_ is not None
        assert sum_.group().strip() in plain(await anna.presses("Оплатить")), "the same sum where it is paid"

        [id] = await s.app.storage.audit.accounts(DEMO)
        shown = await s.app.storage.audit.shown(id)
        alerts = [one for one in shown if one.question == "alert:low"]
        assert [one.figures["own"] for one in alerts] == [50_00]
        assert alerts[0].template.startswith("ru-")


async def test_a_payment_ends_what_waits_for_the_morning_and_is_told_itself(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = await wanting(s, "telegram")
        await anna.says("тихие часы с 0 до 23")
        before = len(heard(anna))
        await s.ledger.charge(DEMO, Money(30_000), "Разовая услуга", s.clock.now())
        await s.scan()
        assert len(heard(anna)) == before, "it is night for Anna"
        await s.ledger.pay(DEMO, Money(100_000), "Банковская карта", s.clock.now())
        await s.scan()
        assert len(heard(anna)) == before
        await later(s, hours=11)
        [told] = heard(anna)[before:]
        assert told.splitlines()[0] == "Платёж 1 000,00 ₽ зачислен, способ: Банковская карта"
        assert "кончаются" not in told


async def test_once_more_tomorrow(tmp_path: Path) -> None:
    async with stage(tmp_path, ["telegram"]) as s:
        anna = await wanting(s, "telegram")
        await s.ledger.charge(DEMO, Money(30_000), "Разовая услуга", s.clock.now())
        await s.scan()
        before = len(heard(anna))
        await anna.presses("Напомнить завтра")
        await later(s, hours=24)
        [again] = heard(anna)[before + 1 :]
        assert again.startswith("Деньги на счету кончаются: 50,00 ₽")


async def test_accounts_of_one_chat_share_a_message_and_no_figure(tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk"]) as s:
        anna = await wanting(s, "vk", "family")
        before = len(heard(anna))
        await s.scan()
        [alert] = heard(anna)[before:]
        parents, cottage = (block.splitlines() for block in alert.split("\n\n"))
        assert parents[:2] == ["Счёт …0079 · Галина Н.", "Долг 324,00 ₽: срок оплаты прошёл 27 дней назад"]
        assert cottage == ["Счёт …0087 · Сергей Н.", "Баланс 50,00 ₽, это меньше порога 100,00 ₽"]
        assert "653,70 ₽" in plain(await anna.presses("Оплатить …0079")), "of that account, and as the alert said"
