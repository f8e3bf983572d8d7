"""Services as dialogues, on every network: the list, one of them, its statistics; tariffs and paid options."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.base import Address, Incoming, Received
from billing.base import Capability, Status
from billing.ledger_tables import accounts
from handlers.subject import mark
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, stage

DEMO = "652100412734"
every_network = pytest.mark.parametrize("network", list(NETWORKS))


def plain(text: str) -> str:
    """No-break spaces are for the eye."""
    return re.sub("[\u00a0\u202f]", " ", text)


def labels(anna: Customer) -> list[str]:
    return [key.label for key in anna.keys]


@every_network
async def test_from_the_list_to_a_service_and_its_statistics(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")

        said = plain(await anna.says("мои услуги"))
        assert said.startswith("3 услуги, все работают\n\nДомашний интернет: работает\n")
        assert "Баланс всех услуг: 350,00 ₽\nДолга нет" in said
        assert any(m.picture for m in anna.screen)

        said = plain(await anna.presses("Домашний телефон"))
        assert said.startswith("Домашний телефон 3452 12-34-56: работает\n")
        assert "Последний платёж " in said
        assert "Баланс на начало 1 ноября: " in said
        assert "Междугородная связь: " in said
        assert "• оператор «" in said
        assert "Доставка документов: не по электронной почте" in said
        assert "Доставка документов: на почту d***@" in plain(await anna.says("домашний интернет"))
        await anna.says("домашний телефон")

        said = plain(await anna.presses("Статистика"))
        assert said.startswith("Домашний телефон 3452 12-34-56: ")
        assert "По направлениям:\n" in said
        before = len(anna.screen)
        said = plain(await anna.presses("Прошлый месяц"))
        assert "за 1–31 октября" in said
        assert len(anna.screen) == before, "the same message, drawn anew"
        assert plain(await anna.says("а за сентябрь?")).splitlines()[0].endswith("за 1–30 сентября")
        assert "Домашний интернет: " in plain(await anna.says("а по интернету?")).splitlines()[0]
        assert anna.sandbox.settled(anna.person), "every pressed button stops turning"


@every_network
async def test_typed_words_alone_are_enough(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")

        said = plain(await anna.says("статистика за март"))
        assert said == "Статистику какой услуги показать за 1–31 марта?"
        assert "за 1–31 марта" in plain(await anna.says("3"))
        assert "Домашний интернет: " in plain(await anna.says("интернет")).splitlines()[0]
        said = plain(await anna.says("сколько интернета потратил за неделю"))
        assert re.match(r"Домашний интернет: [0-9,]+ ГБ за 15–21 ноября\nПолучено ", said)
        said = plain(await anna.says("сколько я наговорил по межгороду в октябре"))
        assert re.match(r"Междугородная связь: [0-9]+ звон[а-я]+, [0-9]+ мин", said)
        assert plain(await anna.says("остаток минут")).startswith("Сколько осталось в пакете, мне не видно")
        assert plain(await anna.says("услуги телефон")).startswith("Домашний телефон 3452 12-34-56: работает")
        assert plain(await anna.says("какой у меня тариф?")).startswith("1 350,00 ₽ в месяц за все услуги")
        assert plain(await anna.says("поменять тариф")).startswith("Сменить тариф можно")
        assert "платных опций" in plain(await anna.says("подписки")) or "платные опции" in anna.last.text

        assert plain(await anna.says("what services do i have")).startswith("3 services, all working")
        assert " GB for 1–31 October" in plain(await anna.says("my internet usage last month"))
        assert plain(await anna.says("meus serviços")).startswith("3 serviços, todos funcionando")
        assert "por mês, todos os serviços" in plain(await anna.says("qual é o meu plano?"))


@every_network
async def test_states_in_words_and_what_to_do(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, ivan, rita = (s.customer(network) for _ in range(3))
        await anna.links("blocked")
        said = plain(await anna.says("мои услуги"))
        owed = re.search(r"приостановлено за долг, заработает после оплаты долга ([0-9 ,]+ ₽)", said)
        assert owed
        assert f"Баланс всех услуг: −{owed[1]}\nДолг {owed[1]}" in said
        assert owed[1] in plain(await anna.presses("Сколько платить")), "one debt on both screens"

        await ivan.links("holiday")
        assert "приостановлено по заявлению, включить снова поможет оператор" in plain(await ivan.says("мои услуги"))
        await rita.links("verbose")
        await rita.says("мои услуги")
        assert all(len(label) <= 32 for label in labels(rita))


@every_network
async def test_bad_periods_old_buttons_and_somebody_elses(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        services = await s.ledger.services(DEMO)
        own = mark(services[0])
        for words, said in (
            ("статистика интернета за декабрь 2031", "Этот период ещё не наступил"),
            ("статистика интернета с 31.10.2026 по 01.10.2026", "Конец периода раньше начала"),
            ("статистика интернета за 1995 год", "не было"),
            ("статистика интернета за 31 апреля", "Такого дня нет"),
        ):
            assert said in plain(await anna.says(words)), words
        for action, said in (
            ("service:deadbeef", "Такой услуги на этом счёте нет"),
            ("usage:deadbeef:month", "Такой услуги на этом счёте нет"),
            (f"usage:{own}:2026-02-30:2026-03-01", "Эта кнопка устарела"),
            (f"usage:{own}:2026-10-31:2026-10-01", "Конец периода раньше начала"),
            (f"service:{own}' OR 1=1", "Какую услугу показать?"),
            ("services:-7", "3 услуги, все работают"),
            ("options:999999", "платн"),
        ):
            assert said in plain(await pressed(anna, action)), action

        stranger = s.customer(network)
        await stranger.links("postpaid")
        answer = plain(await pressed(stranger, f"service:{own}"))
        assert "Такой услуги на этом счёте нет" in answer
        assert "3452" not in answer


async def pressed(one: Customer, action: str) -> str:
    """A button that was never shown: forged, or kept from another chat."""
    s = one.stage
    s.people += 1
    address = Address(one.network, one.sandbox.chat_id(one.person))
    event = Incoming(f"pressed-{s.people}", address, s.clock.now(), action=action)
    return await one.after(s.app.intake.receiver(one.network)(Received((event,))))


@every_network
async def test_what_the_billing_cannot_tell_is_not_offered(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        unknown = {Capability.USAGE, Capability.CALLS, Capability.DETAILS, Capability.OPENING, Capability.DELIVERY}
        s.app.billing.can -= unknown
        await anna.says("мои услуги")
        said = plain(await anna.presses("Домашний телефон"))
        assert "работает" in said
        for trace in ("на начало", "Местная связь", "Платные опции", "Доставка"):
            assert trace not in said
        assert labels(anna) == ["История платежей", "История начислений", "Мои услуги"]
        for words in ("статистика интернета", "подписки", "остаток минут"):
            said = plain(await anna.says(words))
            assert "не сообщает" in said or "не может" in said or "не передаёт" in said, said
            assert "₽" not in said


@every_network
async def test_gone_meanwhile(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("мои услуги")
        tv = (await s.ledger.services(DEMO))[2]
        await s.ledger.set_status(tv.id, Status.OFF)
        said = plain(await anna.presses("Интерактивное ТВ"))
        assert said.startswith("Интерактивное ТВ: не подключено, подключить поможет оператор")
        assert "Статистика" not in labels(anna)
        assert "Такой услуги на этом счёте нет" in plain(await pressed(anna, f"usage:{mark(tv)}:month"))

        await s.app.storage.database.write(close)
        assert "закрыт" in await pressed(anna, f"service:{mark(tv)}")
        assert "привяз" in (await anna.says("мои услуги")).lower()


def close(connection: sa.Connection) -> None:
    connection.execute(accounts.update().where(accounts.c.id == DEMO).values(open=False))
