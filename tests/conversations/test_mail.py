"""Bill by e-mail in every chat: typed, pressed, proved by codes that are read where customers read them."""

import re
from pathlib import Path

import pytest

from billing.base import Way
from sandbox.mailbox import Fault
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage

EACH = pytest.mark.parametrize("network", NETWORKS)
NEW = "new.box@demo.example"
BAD = ("anna", "анна@mail.ru", "anna@mail", "anna@mail.ru, boris@mail.ru", "💰")


async def on_record(s: Stage, login: str = "demo") -> tuple[str, str]:
    """(the account, the mailbox that the operator has)."""
    subject = await s.ledger.authenticate(login, login)
    assert subject is not None
    (account,) = await s.ledger.accounts(subject)
    return account.id, next(one.address for one in await s.ledger.reaches(account.id) if one.way is Way.EMAIL)


async def emails(s: Stage, account: str) -> set[str | None]:
    return {one.email for one in await s.ledger.deliveries(account)}


def code(s: Stage, to: str) -> str:
    shown = s.mailbox.last(to)
    found = re.search(r"\b\d{6}\b", f"{shown.subject}\n{shown.text}")
    assert found, shown
    return found[0]


async def proved(s: Stage, who: Customer, mailbox: str) -> str:
    """Ask for another address for all services, and prove to be the owner."""
    await who.says("сменить почту")
    await who.presses("Для всех")
    await who.presses("Почта: ")
    return await who.says(code(s, mailbox))


@EACH
async def test_another_address_and_the_bill_to_it(tmp_path: Path, network: str) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        account, mailbox = await on_record(s)
        shown = await anna.says("куда приходят счета?")
        assert "***@" in shown
        assert mailbox not in shown
        assert "Напишите новый адрес" in await proved(s, anna, mailbox)
        for bad in BAD:
            assert "Это не похоже на адрес" in await anna.says(bad), bad
        assert NEW in await anna.says(NEW)
        assert "n***@demo.example" in await anna.presses("Всё верно")
        done = await anna.says(code(s, NEW))
        assert "будут приходить на n***@demo.example" in done
        assert await emails(s, account) == {NEW}

        answer = await anna.says("пришлите счёт на почту за октябрь")
        assert "октября отправлен на n***@demo.example" in answer
        bill = s.mailbox.last(NEW)
        (file,) = bill.files
        assert bill.subject.startswith("«Демо-Телеком»: счёт за ")
        assert re.fullmatch(r"Выписка_2026-10_…2734\.pdf", file.name)
        assert file.data.startswith(b"%PDF")
        assert "652100412734" not in bill.text + bill.subject
        for _ in range(2):
            await anna.says("квитанцию на почту")
        assert "три раза" in await anna.says("квитанцию на почту")
        assert len([one for one in s.mailbox.of(NEW) if one.files]) == 3


@EACH
async def test_wrong_codes_a_closed_account_and_somebody_elses_buttons(tmp_path: Path, network: str) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, boris = s.customer(network), s.customer(network)
        await anna.links("demo")
        account, mailbox = await on_record(s)
        before = await emails(s, account)
        await proved(s, anna, mailbox)
        await anna.says(NEW)
        await anna.presses("Всё верно")
        right = code(s, NEW)
        wrong = f"{(int(right) + 1) % 1_000_000:06}"
        for _ in range(4):
            assert "Код не подошёл. Остал" in await anna.says(wrong)
        assert "пять раз" in await anna.says(wrong)
        await anna.says(right)
        assert await emails(s, account) == before

        # Who has linked nothing gets nothing, whatever he types.
        for text in ("почта", "сменить почту", NEW, right):
            answer = await boris.says(text)
            assert "@" not in answer
        letters = len(s.mailbox.mails)

        await anna.says("не присылайте счета на почту")
        assert "Больше не присылать" in await anna.presses("Для всех")
        await anna.presses("Да, не присылать")
        assert await emails(s, account) == {None}
        assert "больше не приходят на этот адрес" in s.mailbox.last(mailbox).subject
        assert "адрес не указан" in await anna.says("не пришла квитанция")
        assert all(not one.files for one in s.mailbox.mails[letters:])


async def test_a_relay_that_is_busy_gets_the_letter_a_little_later(tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk"]) as s:
        anna = s.customer("vk")
        await anna.links("demo")
        s.mailbox.faults.extend([Fault.BUSY, Fault.LATER])
        answer = await anna.says("квитанцию на почту")
        assert "может идти несколько минут" in answer
        assert s.mailbox.mails == []
        for _ in range(3):
            s.clock.advance(minutes=2)
            await s.app.storage.outbox.sweep()
            s.app.wake_delivery("email")
            await s.quiet()
        assert len(s.mailbox.mails) == 1
        assert s.mailbox.faults == type(s.mailbox.faults)()


async def test_without_a_relay_it_is_only_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, ["vk"], environ={"SMTP_URL": ""}) as s:
        anna = s.customer("vk")
        await anna.links("demo")
        assert "***@" in await anna.says("почта")
        labels = " ".join(key.label for key in anna.keys)
        assert "почт" not in labels.casefold()
        await anna.says("сменить почту")
        await anna.says("квитанцию на почту")
        assert s.mailbox.mails == []
