"""Call detail: first a code, then by direction, call by call, and as a file. As dialogues, on every network."""

import re
from pathlib import Path

from billing.base import Capability
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, Stage, stage
from tests.conversations.test_charges import HOSTILE, every_network, plain, presses_old
from tests.conversations.test_statement import newest_file

WHOLE = re.compile(r"\+?[78][ (-]*\d{3}[ )-]*\d{3}[ -]*\d{2}[ -]*\d{2}")


async def proves(s: Stage, anna: Customer) -> str:
    """Let the code come to the first address on record, and type it."""
    await anna.says("1")
    return await anna.says(re.search(r"\b\d{6}\b", s.mailbox.mails[-1].text)[0])  # type: ignore[index]


@every_network
async def test_first_a_code_then_the_calls(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        asked = await anna.says("детализация за октябрь")
        assert "··-" not in asked.replace("··· ··-01", "")
        assert "код" in asked.lower()
        said = plain(await proves(s, anna))
        assert re.match(r"\d+ исходящ\w+ звонк\w+, .+ мин.*, [\d ]+,\d\d ₽ за 1–31 октября\n", said)
        assert "Международная связь: " in said
        assert "Чаще всего звонили:\n+7 " in said
        assert "Москва (МСК)" in said

        before = len(anna.screen)
        first = anna.last.text
        await anna.presses("Старее ›")
        assert "Показаны 9–16 из" in anna.last.text
        await anna.presses("‹ Новее")
        assert anna.last.text == first
        assert len(anna.screen) == before, "paged in place, and no second code"

        await anna.presses("Прислать файлом")
        made = newest_file(anna)
        assert made.document
        assert made.document_name == "Звонки_2026-10_…2734.csv"
        rows = made.document.decode("utf-8-sig").strip().split("\r\n")[1:]
        counted = plain(first).split("Показаны 1–8 из ")[1].split("\n")[0]
        assert len(rows) == int(counted.replace(" ", ""))
        everything = "\n".join(m.text for m in anna.screen) + made.document.decode("utf-8-sig")
        assert not WHOLE.search(everything), "a number is never shown whole"
        assert "за 1–30 сентября" in plain(await anna.says("а за сентябрь?"))

        s.clock.advance(minutes=16)
        assert "··· ··-" not in (await anna.says("детализация")).replace("··· ··-01", ""), "the proof has run out"


@every_network
async def test_no_code_no_calls_whatever_is_pressed(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        for action in ("calls", "calls:file:month", *(f"calls{arguments}" for arguments in HOSTILE)):
            said = await presses_old(s, anna, action)
            assert said, action
            assert "₽" not in said, action
            s.clock.advance(seconds=20)
        await anna.says("детализация")
        assert "₽" not in await anna.says("123456")
        await anna.sandbox.say_in_group(anna.person, "детализация")
        await s.quiet()
        shown = " ".join(m.text for m in anna.sandbox.chat(anna.sandbox.room) if not m.mine)
        assert "₽" not in shown


@every_network
async def test_500_calls_and_hostile_buttons(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("busy")
        await anna.says("детализация за последние 3 месяца")
        said = plain(await proves(s, anna))
        count = re.search(r"Показаны 1–8 из ([\d ]+)", said)
        assert count
        assert int(count[1].replace(" ", "")) > 500
        for arguments in HOSTILE:
            assert await presses_old(s, anna, f"calls{arguments}", "652101790016"), arguments
            s.clock.advance(seconds=20)


async def test_where_calls_cannot_be_told_or_there_is_no_phone(tmp_path: Path) -> None:
    [network, *_] = NETWORKS
    async with stage(tmp_path, [network]) as s:
        anna, marat = s.customer(network), s.customer(network)
        await anna.links("demo")
        s.app.billing.can = s.app.billing.can - {Capability.CALLS}
        assert "Этих сведений у меня нет" in await anna.says("детализация")
        s.app.billing.can = s.app.billing.can | {Capability.CALLS}
        await marat.links("minus")
        assert "нет телефона" in await marat.says("детализация")
        assert s.mailbox.mails == []
