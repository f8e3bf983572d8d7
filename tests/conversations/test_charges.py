"""What was taken, why it is more than before, and payments by month: as dialogues, on every network."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.base import Incoming, Received
from billing.base import Capability, Money
from billing.ledger_tables import accounts
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
DEMO = "652100412734"
HOSTILE = (
    ":2026-10-31:2026-10-01", ":2030-01-01:2030-01-31", ":2019-01-01:2019-12-31", ":2026-10-01:2026-10-31:999999",
    ":00000000:month", ":which:x", ":open", ":'; DROP TABLE", ":٢٠٢٦",
)  # fmt: skip


def plain(text: str) -> str:
    """No-break spaces are for the eye."""
    return re.sub("[\u00a0\u202f]", " ", text)


async def presses_old(s: Stage, anna: Customer, action: str, account: str = DEMO) -> str:
    """A button of an earlier day, or one that somebody made up: its action comes in as the network brings it."""
    [address] = await s.app.storage.links.chats(account)
    s.people += 1
    event = Incoming(f"pressed-{s.people}", address, s.clock.now(), action=action, message="1")
    return await anna.after(s.app.intake.receiver(anna.network)(Received((event,))))


@every_network
async def test_charges_by_words_and_by_buttons(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        asked = plain(await anna.says("начисления за октябрь"))
        assert re.match(r"\d+ начислен\w+ на [\d ]+,\d\d ₽ за 1–31 октября\n", asked)
        assert "По услугам:\n" in asked
        assert "Домашний интернет: 749,00 ₽" in asked
        day = plain(await anna.says("начисления за 1 октября"))
        assert "1 октября: 650,00 ₽, Абонентская плата: Домашний интернет" in day
        phone = plain(await anna.says("начисления за телефон за октябрь"))
        assert "Только по услуге «Домашний телефон 3452 12-34-56»" in phone
        assert "за 1–30 сентября" in plain(await anna.says("а за сентябрь?"))
        assert "Только по услуге «Домашний телефон" in plain(anna.last.text)
        await anna.presses("Все услуги")
        await anna.presses("По одной услуге")
        assert "«Интерактивное ТВ»" in await anna.presses("Интерактивное ТВ")
        assert anna.sandbox.settled(anna.person)

        before = len(anna.screen)
        await anna.presses("Год")
        first = anna.last.text
        await anna.presses("Старее ›")
        assert anna.last.text != first
        await anna.presses("‹ Новее")
        assert anna.last.text == first
        assert len(anna.screen) == before, "paged in place"


@every_network
async def test_why_so_much(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("postpaid")
        said = plain(await anna.says("почему так много?"))
        sum_ = r"([\d ]+,\d\d) ₽"
        first = f"Начислено {sum_} за 1–31 октября: это на {sum_} больше, чем за 1–30 сентября \\({sum_}\\)"
        found = re.match(first, said)
        assert found, said
        now, more, was = (int(re.sub(r"\D", "", one)) for one in found.groups())
        assert more == now - was
        named = re.findall(f"• .+?: на {sum_} (больше|меньше)", said)
        assert sum(int(re.sub(r"\D", "", one)) * (1 if way == "больше" else -1) for one, way in named) == more
        assert re.search("• Международные разговоры: .*Время разговоров: было 0 с, стало", said)
        assert "• Выезд мастера: на 900,00 ₽ больше. Разовое начисление" in said
        assert "Новая опция" in said
        before = len(anna.screen)
        assert "за 1–31 октября" in await anna.presses("Показать все начисления")
        # Odnoklassniki shows the answer to a press in place of the message that was pressed.
        assert len(anna.screen) == before + (network != "ok"), "the explanation stays on the screen"
        march = plain(await anna.says("почему так много за март"))
        assert re.match(r"Начислено .* за 1–31 марта: .*, чем за 1–28 февраля", march)
        assert "charged for 1–31 October" in plain(await anna.says("why is my bill so high"))


@every_network
async def test_payments_by_month_as_a_picture(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("платежи за год")
        said = plain(await anna.presses("По месяцам, картинкой"))
        assert anna.last.picture or any(m.picture for m in anna.screen)
        months = [int(re.sub(r"\D", "", sum_)) for sum_ in re.findall(r"20\d\d: ([\d ]+,\d\d) ₽", said)]
        total = re.search(r"на ([\d ]+,\d\d) ₽ за", said)
        assert total
        assert sum(months) == int(re.sub(r"\D", "", total[1]))
        assert "Показаны" in await anna.presses("Списком")
        pictures = sum(bool(m.picture) for m in anna.screen)
        await anna.says("график платежей за 3 месяца")
        assert sum(bool(m.picture) for m in anna.screen) == pictures + 1


@every_network
async def test_hostile_buttons_and_a_billing_that_cannot_tell(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        forged = [f"charges{arguments}" for arguments in HOSTILE]
        for action in (*forged, "why:x", "why:2019-01-01:2019-12-31", "payments:bars:x", "payments:bars:bars"):
            assert await presses_old(s, anna, action), action
            s.clock.advance(seconds=20)  # who writes so much at once is asked to wait
        assert "Конец периода раньше начала" in await presses_old(s, anna, f"charges{HOSTILE[0]}")
        assert "Такой услуги на этом счёте нет" in await presses_old(s, anna, f"charges{HOSTILE[4]}")
        s.app.billing.can = s.app.billing.can - {Capability.CHARGES}
        for words in ("начисления", "почему так много"):
            assert "Этих сведений у меня нет" in await anna.says(words)


@every_network
async def test_a_new_charge_is_seen_and_an_account_closed_meanwhile(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await s.ledger.charge(DEMO, Money(12_34), "Разовая <b>услуга</b> *раз*", s.clock.now())
        assert "21 ноября: 12,34 ₽, Разовая <b>услуга</b> *раз*" in plain(await anna.says("начисления"))
        assert "Баланс сейчас: 337,66 ₽" in plain(anna.last.text)
        await s.app.storage.database.write(close)
        for words in ("выписка за октябрь pdf", "начисления"):
            assert "Баланс" not in await anna.says(words)


def close(connection: sa.Connection) -> None:
    connection.execute(accounts.update().where(accounts.c.id == DEMO).values(open=False))
