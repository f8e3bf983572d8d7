"""Several accounts in one chat, on every network: named, chosen by a few digits or by name, and always said which."""

import re
from pathlib import Path

import pytest

from adapters.base import Incoming, Received
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage

every_network = pytest.mark.parametrize("network", list(NETWORKS))
FLAT, PARENTS, COTTAGE = "0061", "0079", "0087"

DEMO = "652100412734"


async def presses_old(s: Stage, anna: Customer, action: str, account: str = DEMO) -> str:
    """A button of an earlier day, or one that somebody made up: its action comes in as the network brings it."""
    [address] = await s.app.storage.links.chats(account)
    s.people += 1
    event = Incoming(f"pressed-{s.people}", address, s.clock.now(), action=action, message="1")
    return await anna.after(s.app.intake.receiver(anna.network)(Received((event,))))


def plain(text: str) -> str:
    return re.sub("[\u00a0\u202f]", " ", text)


@every_network
async def test_named_switched_and_said_which(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("family")
        await anna.says(FLAT)

        for question in ("баланс", "долг", "сколько платить", "платежи за октябрь", "уведомления", "порог"):
            assert (await anna.says(question)).startswith(f"Счёт …{FLAT} · Сергей Н.\n"), question
        assert (await anna.says("300")).startswith(f"Счёт …{FLAT}"), "a sum that is waited for"

        assert (await anna.says(COTTAGE)).startswith(f"Теперь отвечаю про счёт …{COTTAGE}")
        assert (await anna.says("баланс")).startswith(f"Счёт …{COTTAGE} · Сергей Н.\n")

        assert "«Дача»" in await anna.says("назови счёт «Дача»")
        assert (await anna.says("долг")).startswith(f"Счёт Дача · …{COTTAGE}\n")

        assert (await anna.says(f"баланс {PARENTS}")).startswith(f"Счёт …{PARENTS} · Галина Н.\n")
        assert (await anna.says("платежи за октябрь по даче")).startswith(f"Счёт Дача · …{COTTAGE}\n")
        assert (await anna.says(f"на {FLAT}")).startswith(f"Теперь отвечаю про счёт …{FLAT}")
        assert "нет" in (await anna.says("счёт 9999")).lower()

        s.clock.advance(minutes=1)  # who writes so much at once is asked to wait
        listed = await anna.says("мои счета")
        assert f"• Дача · …{COTTAGE}" in listed
        assert f"…{FLAT} · Сергей Н., выбран" in listed
        await anna.presses(f"Дача · …{COTTAGE}")
        assert (await anna.says("баланс")).startswith(f"Счёт Дача · …{COTTAGE}\n")


@every_network
async def test_names_by_buttons_and_odd_names(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("family")
        await anna.says("мои счета")
        await anna.presses("Назвать счёт")
        await anna.presses(f"…{PARENTS}")
        assert "до 30 знаков" in await anna.says("м" * 200)
        odd = "<b>*Мама_&amp;</b> [я](y)"
        assert odd in await anna.says(f" {odd}\n\n")
        await anna.says("мои счета")
        await anna.presses("<b>*Мама_&amp;</b> [я]")
        assert (await anna.says("долг")).startswith(f"Счёт {odd} · …{PARENTS}\n"), (
            "shown as it was written, on every network"
        )
        await anna.says("переименовать")
        await anna.presses("<b>*Мама_&amp;</b> [я]")
        await anna.presses("Убрать название")
        assert (await anna.says("долг")).startswith(f"Счёт …{PARENTS} · Галина Н.\n")


@every_network
async def test_one_name_for_two_accounts(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("family")
        await anna.says("назвать счёт")
        await anna.presses(f"…{FLAT}")
        await anna.says("Дом")
        await anna.says("назвать счёт")
        await anna.presses(f"…{COTTAGE}")
        assert "последние цифры" in await anna.says("дом")
        assert "не один" in await anna.says("баланс дом")
        assert (await anna.presses(f"дом · …{COTTAGE}")).startswith(f"Счёт дом · …{COTTAGE}\nБаланс")


@every_network
async def test_no_header_with_one_account(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        await anna.says("назови счёт Квартира")
        for question in ("баланс", "долг", "сколько платить", "платежи", "баланс 2734", "порог"):
            assert not (await anna.says(question)).startswith("Счёт "), question
        assert "Квартира · …2734" in await anna.says("мои счета")


@every_network
async def test_a_code_to_the_mailbox_on_record_and_nothing_else_proves_who_asks(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, other = s.customer(network), s.customer(network)
        await anna.links("demo")
        await other.links("family")
        box = (await s.ledger.reaches(DEMO))[0].address

        sent = await presses_old(s, anna, "verify:1:balance")
        assert "почту" in sent
        assert box not in sent
        letter = s.mailbox.last(box)
        assert "Демо-Телеком" in letter.subject
        code = re.search(r"^[0-9]{6}$", letter.text, re.MULTILINE)
        assert code is not None
        assert code[0] not in sent + letter.subject

        assert "больше не действует" in await other.says(code[0]), "another chat's code"
        wrong = f"{(int(code[0]) + 1) % 1_000_000:06}"
        assert "4 попытки" in await anna.says(wrong)
        assert "шесть цифр" in await anna.says(code[0][:5])
        assert plain(await anna.says(f"{code[0][:3]} {code[0][3:]}")).startswith("Баланс 350,00"), "and it goes on"
        [link] = await s.app.storage.links.links((await s.app.storage.links.chats(DEMO))[0])
        assert link.verified_until is not None
        assert "больше не действует" in await anna.says(code[0]), "once"

        s.clock.advance(minutes=16)
        await presses_old(s, anna, "verify:1:balance")
        for _ in range(4):
            await anna.says(wrong)
        assert "пять раз" in await anna.says(wrong)
        for _ in range(2):
            await presses_old(s, anna, "verify:1:balance")
        before = s.mailbox.last(box)
        assert "15 минут" in await presses_old(s, anna, "verify:1:balance")
        assert s.mailbox.last(box) == before

        group = s.arrived
        await anna.sandbox.say_in_group(anna.person, "детализация звонков")
        await s.answered(group)
        shown = " ".join(m.text for m in anna.sandbox.chat(anna.sandbox.room) if not m.mine)
        assert "код" not in shown.lower()


@every_network
async def test_strangers_links_are_named_and_chosen_by_nobody(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna, other = s.customer(network), s.customer(network)
        await anna.links("family")
        await other.links("demo")
        [owner] = await s.app.storage.links.chats(DEMO)
        [theirs] = await s.app.storage.links.links(owner)
        for action in (f"rename:{theirs.id}:none", f"rename:{theirs.id}", f"choose:{theirs.id}", f"which:{theirs.id}"):
            assert "2734" not in await presses_old(s, anna, action, account=f"65210150{FLAT}")
        await anna.says("Моя")
        assert [one.nickname for one in await s.app.storage.links.links(owner)] == [""]
