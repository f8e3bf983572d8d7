"""A statement by words and by buttons, as a PDF and for Excel: as dialogues, on every network."""

import re
from decimal import Decimal
from pathlib import Path

from billing.base import Capability
from sandbox.base import Shown
from sandbox.registry import NETWORKS
from tests.conversations.stage import Customer, stage
from tests.conversations.test_charges import HOSTILE, every_network, plain, presses_old


def newest_file(anna: Customer) -> Shown:
    return next(one for one in reversed(anna.screen) if one.document)


@every_network
async def test_the_screen_then_both_files(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        screen = plain(await anna.says("выписка за октябрь"))
        assert screen.startswith("Выписка за 1–31 октября\nБаланс на начало 1 октября: ")
        assert re.search(r"\nПоступило: .+\nНачислено: .+\nБаланс на конец 31 октября: ", screen)

        said = plain(await anna.presses("Прислать PDF"))
        assert re.match(r"Выписка за 1–31 октября, [\d,]+ КБ\n", said)
        assert screen.split("\n\n")[0] in said, "the same figures in the words"
        made = newest_file(anna)
        assert made.document
        assert made.document.startswith(b"%PDF-")
        assert made.document_name == "Выписка_2026-10_…2734.pdf"
        assert b"652100412734" not in made.document

        await anna.says("выписка в excel за октябрь")
        made = newest_file(anna)
        assert made.document
        assert made.document_name == "Выписка_2026-10_…2734.csv"
        assert "652100412734" not in made.document.decode("utf-8-sig")
        head, *rows = [line.split(";") for line in made.document.decode("utf-8-sig").strip().split("\r\n")]
        assert head == ["Дата", "Операция", "За что", "Услуга", "Поступило, ₽", "Начислено, ₽", "Баланс, ₽"]
        opening, *moves, closing = rows

        def number(text: str) -> Decimal:
            return Decimal(text.replace(",", ".") or "0")

        came, taken = sum(number(row[4]) for row in moves), sum(number(row[5]) for row in moves)
        assert number(opening[6]) + came - taken == number(closing[6]), "a balance that can be followed"


@every_network
async def test_by_typing_alone_and_in_three_languages(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("postpaid")
        await anna.says("выписка")
        await anna.says("за сентябрь")
        assert "за 1–30 сентября" in await anna.says("пдф")
        assert newest_file(anna).document_name == "Выписка_2026-09_…8820.pdf"
        await anna.says("1")
        assert newest_file(anna).document_name == "Выписка_2026-09_…8820.pdf"
        await anna.says("statement for 2025 as pdf")
        assert newest_file(anna).document_name.startswith("Statement_2025")
        await anna.says("extrato de outubro em excel")
        assert newest_file(anna).document_name == "Extrato_2026-10_…8820.csv"


@every_network
async def test_long_and_hostile_books(network: str, tmp_path: Path) -> None:
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("verbose")
        await anna.says("выписка за год pdf")
        assert newest_file(anna).document_name.endswith("…9999.pdf")
        for arguments in (*HOSTILE, ":pdf:x", ":csv:2030-01-01:2030-01-31", ":doc", ":pdf:csv"):
            assert await presses_old(s, anna, f"statement{arguments}", "000000652101999999"), arguments
            s.clock.advance(seconds=20)
        assert "Эта кнопка устарела" in await presses_old(s, anna, "statement:doc", "000000652101999999")


async def test_what_cannot_be_told_is_not_offered(tmp_path: Path) -> None:
    [network, *_] = NETWORKS
    async with stage(tmp_path, [network]) as s:
        anna = s.customer(network)
        await anna.links("demo")
        whole = s.app.billing.can
        s.app.billing.can = whole - {Capability.CHARGES}
        assert "Начисления: система оператора их не передаёт" in await anna.says("выписка за октябрь pdf")
        assert newest_file(anna).document
        s.app.billing.can = whole - {Capability.OPENING}
        assert "Баланс на начало" not in await anna.says("выписка за октябрь")
        s.app.billing.can = whole - {Capability.CHARGES, Capability.PAYMENTS}
        assert "Этих сведений у меня нет" in await anna.says("выписка")
