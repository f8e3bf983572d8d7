"""What customers see while the billing is silent, on every network: what it told last, as old; else no figure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from billing.base import Account, Facts, Money
from billing.ledger import Ledger
from bot.settings import Mode
from sandbox.registry import NETWORKS
from tests.conversations.stage import stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
ACCOUNT = "652100412734"  # of the demo customer


class Moody(Ledger):
    """A ledger that can be told to fail: every Moody at once, for the program makes its own."""

    silent = False

    async def account(self, account: str) -> Account:
        self.speak()
        return await super().account(account)

    async def facts(self, account: str) -> Facts:
        self.speak()
        return await super().facts(account)

    def speak(self) -> None:
        if Moody.silent:
            raise ConnectionError("the billing's night")


@pytest.fixture(autouse=True)
def moody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("billing.ledger.Ledger", Moody)
    monkeypatch.setattr(Moody, "silent", False)
    with capture_logs():
        yield


@every_network
async def test_the_billing_falls_silent_after_one_good_answer(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, boris = s.customer(network), s.customer(network)
        await anna.links("demo")
        assert "350,00" in await anna.says("баланс")
        await boris.links("debtor")  # has not asked for anything: nothing is known of him

        Moody.silent = True
        silent = await anna.says("баланс")
        assert "сейчас не отвечает" in silent
        assert "известно на" in silent
        assert "350,00" in silent
        assert "Долг: нет" in silent
        assert "могли измениться" in silent
        assert "хватит" not in silent
        assert any(key.label.startswith("Повторить") for key in anna.keys)
        other = await boris.says("долг")
        assert "цифр не покажу" in other
        assert "₽" not in other
        assert "цифр не покажу" in await anna.says("платежи за октябрь")
        await anna.says("сколько платить")
        assert "350,00" in anna.last.text  # what was known, and no sum to pay
        assert "К оплате" not in anna.last.text

        await s.ledger.pay(ACCOUNT, Money(100_00), "Карта", s.clock.now())
        Moody.silent = False
        again = await anna.presses("Повторить")
        assert "не отвечает" not in again
        assert "450,00" in await anna.says("баланс")


@every_network
async def test_what_is_known_is_not_told_where_nothing_personal_may_be(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        assert "350,00" in await anna.says("баланс")
        Moody.silent = True
        s.app.dispatch.modes = {**s.app.dispatch.modes, network: Mode.PUBLIC}
        for words in ("баланс", "долг", "сколько платить"):
            assert "₽" not in await anna.says(words)


@every_network
async def test_an_account_that_was_unlinked_is_not_told_of(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, olga = s.customer(network), s.customer(network)
        await anna.links("demo")
        await olga.links("debtor")
        assert "350,00" in await anna.says("баланс")
        assert "₽" in await olga.says("долг")
        await anna.says("отвязать счёт")
        assert "отвязан" in await anna.says("да")
        Moody.silent = True
        assert "350,00" not in await anna.says("баланс")
        told = await olga.says("баланс")
        assert "известно на" in told
        assert "350,00" not in told
