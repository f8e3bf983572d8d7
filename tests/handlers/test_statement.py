"""Monday 16 November 2026. A customer wants it in writing: on the screen, as a PDF, and for Excel."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Account, Capability, Period, Scheme
from handlers.ask import NotMine, Turn
from handlers.files import Form, called, days
from handlers.statement import document, statement
from pictures.base import Drawing
from pictures.sheet import Sheet
from pictures.statement import Statement
from storage.base import Dialogue, Saw
from tests.handlers.money_asks import Facts, actions, bill, labels, paid, reply, text
from tests.handlers.test_charges import INTERNET, PHONE, taken, within_limits

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # what Windows refuses in a name; the others refuse less


@dataclass
class Studio:
    """Draws, and remembers what was drawn."""

    drawings: list[Drawing] = field(default_factory=list)
    works: bool = True

    async def draw(self, drawing: Drawing) -> bytes | None:
        hash(drawing)  # it is its own key in a cache
        self.drawings.append(drawing)
        return drawing.draw() if isinstance(drawing, Sheet) else b"%PDF" if self.works else None

    @property
    def pdf(self) -> Statement:
        found = self.drawings[-1]
        assert isinstance(found, Statement)
        return found


def house(**more: Any) -> Facts:
    return Facts(
        **{
            "opening_": 500_00,
            "services_": (INTERNET, PHONE),
            "payments_": (
                paid(date(2026, 10, 7), 1_000_50, "СБП"),
                paid(date(2026, 10, 8), 100_00, "Карта", credited=False),
            ),
            "charges_": (
                taken(date(2026, 10, 1), 650_00, "Абонентская плата: Домашний интернет", INTERNET),
                taken(date(2026, 10, 1), 380_00, "=HYPERLINK(1)", PHONE),
                taken(date(2026, 10, 9), -100_00, "Перерасчёт", INTERNET),
            ),
            **more,
        }
    )


async def asks(
    anna: Facts, words: str = "", action: str | None = None, studio: Studio | None = None, after: Turn | None = None
) -> Turn:
    ask = anna.ask(words, action)
    if after is not None:
        ask = replace(ask, memory=replace(ask.memory, dialogue=Dialogue(after.waits, after.data)))
    return await statement(replace(ask, draw=(studio or Studio()).draw), anna.the_account)


async def test_the_screen() -> None:
    turn = await asks(house(), "выписка за октябрь")
    assert text(turn) == (
        "Выписка за 1–31 октября\n"
        "Баланс на начало 1 октября: 500,00 ₽\n"
        "Поступило: 1 100,50 ₽, 2 платежа\n"
        "Из них ещё не зачислено: 100,00 ₽\n"
        "Начислено: 1 030,00 ₽, 2 начисления\n"
        "Возвращено: 100,00 ₽\n"
        "Итого за вычетом возврата: 930,00 ₽\n"
        "Баланс на конец 31 октября: 500,00 ₽\n\n"
        "В каком виде прислать? Другой период можно написать словами: «за март»."
    )
    assert labels(turn) == [
        ["Прислать PDF", "Прислать для Excel"],
        ["Этот месяц", "Прошлый месяц"],
        ["3 месяца", "Год"],
        ["Баланс"],
    ]
    figures = {"opening": 500_00, "closing": 500_00, "payments": 1_100_50, "charges": 930_00}
    assert turn.effects == (Saw("a", "statement", figures),)
    assert reply(turn).document is None


async def test_a_month_that_goes_on_ends_with_the_balance_now() -> None:
    said = text(await asks(house(own=77_00)))
    assert "Поступило: ничего\nНачислено: ничего\nБаланс сейчас: 77,00 ₽" in said


async def test_pdf_by_button_and_in_words() -> None:
    anna, studio = house(), Studio()
    screen = await asks(anna, "выписка за октябрь")
    pressed = await asks(anna, action=actions(screen)["Прислать PDF"], studio=studio)
    typed = await asks(anna, "выписка за октябрь pdf", studio=studio)
    for turn in (pressed, typed, await asks(anna, "пдф", studio=studio, after=screen)):
        made = reply(turn).document
        assert made is not None
        assert (made.name, made.media_type) == ("Выписка_2026-10_…1234.pdf", "application/pdf")
        assert text(turn).startswith("Выписка за 1–31 октября, 4 Б\n\nВ файле PDF: каждый платёж")
        assert "Начислено: 1 030,00 ₽" in text(turn)
        assert reply(turn).replaces is None
    assert studio.drawings[0] == studio.drawings[1] == studio.drawings[2]


async def test_what_the_pdf_says() -> None:
    studio = Studio()
    await asks(house(own=-77_00), action="statement:pdf:2026-10-01:2026-10-31", studio=studio)
    one = studio.pdf
    assert one.title == "Выписка по лицевому счёту …1234"
    facts = {name: value.replace("\u00a0", " ") for name, value in one.facts}
    assert facts["Владелец"] == "Анна К."
    assert facts["Период"] == "1–31 октября"
    assert facts["Баланс на начало 1 октября"] == "500,00 ₽"
    assert facts["Начислено"] == "1 030,00 ₽, 2 начисления"
    assert facts["Свои деньги"] == "−77,00 ₽"
    assert facts["Долг"] == "77,00 ₽"
    payments, services, charges = one.tables
    plain = [[cell.replace("\u00a0", " ") for cell in row] for row in (*payments.rows, payments.total)]
    assert plain == [
        ["08.10.2026", "Карта, ещё не зачислен", "100,00 ₽"],
        ["07.10.2026", "СБП", "1 000,50 ₽"],
        ["Итого", "", "1 100,50 ₽"],
    ]
    assert [row[0] for row in services.rows] == ["Домашний интернет", "Домашний телефон 3452 12-34-56"]
    assert charges.rows[0][1:3] == ("Возврат: Перерасчёт", "Домашний интернет")
    assert charges.total[-1] == services.total[-1] == "930,00\u00a0₽"
    assert "{page}" in one.pages
    assert "{pages}" in one.pages


async def test_what_the_csv_says() -> None:
    turn = await asks(house(), "выписка в excel за октябрь")
    made = reply(turn).document
    assert made is not None
    assert (made.name, made.media_type) == ("Выписка_2026-10_…1234.csv", "text/csv")
    assert made.data.decode("utf-8-sig").split("\r\n") == [
        "Дата;Операция;За что;Услуга;Поступило, ₽;Начислено, ₽;Баланс, ₽",
        "01.10.2026;Баланс на начало дня;;;;;500,00",
        "01.10.2026;Начисление;Абонентская плата: Домашний интернет;Домашний интернет;;650,00;",
        "01.10.2026;Начисление;'=HYPERLINK(1);Домашний телефон 3452 12-34-56;;380,00;",
        "07.10.2026;Платёж;СБП;;1000,50;;",
        "08.10.2026;Платёж;Карта, ещё не зачислен;;100,00;;",
        "09.10.2026;Начисление;Возврат: Перерасчёт;Домашний интернет;;-100,00;",
        "31.10.2026;Баланс на конец дня;;;;;500,00",
        "",
    ]


async def test_a_file_that_cannot_be_drawn_leaves_the_words() -> None:
    turn = await asks(house(), "выписка за октябрь pdf", studio=Studio(works=False))
    assert reply(turn).document is None
    assert text(turn).startswith("Файл сейчас составить не получилось, попробуйте через несколько минут. Вот итоги:")
    assert "Начислено: 1 030,00 ₽" in text(turn)


async def test_the_file_for_a_letter() -> None:
    anna = house(language="pt")
    ask = replace(anna.ask(), draw=Studio().draw)
    made = await document(ask, anna.the_account, OCTOBER, Form.PDF)
    assert made is not None
    assert made.name == "Extrato_2026-10_…1234.pdf"
    assert await document(anna.ask(), anna.the_account, OCTOBER, Form.PDF) is None


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (Capability.PAYMENTS, "Платежи: система оператора их не передаёт"),
        (Capability.CHARGES, "Начисления: система оператора их не передаёт"),
    ],
)
async def test_what_the_billing_cannot_tell_is_named(missing: Capability, said: str) -> None:
    anna, studio = house(can=frozenset(Capability) - {missing}), Studio()
    assert said in text(await asks(anna, "выписка за октябрь"))
    await asks(anna, "выписка за октябрь pdf", studio=studio)
    assert len(studio.pdf.tables) == (2 if missing is Capability.PAYMENTS else 1)


@pytest.mark.parametrize(
    "can", [{Capability.BALANCE}, {Capability.PAYMENTS}, {Capability.CHARGES}, {Capability.CHARGES, Capability.OPENING}]
)
@pytest.mark.parametrize("form", ["pdf", "csv"])
async def test_little_is_enough_and_nothing_is_said_so(can: set[Capability], form: str) -> None:
    turn = await asks(house(can=frozenset(can)), action=f"statement:{form}:2026-10-01:2026-10-31")
    if can == {Capability.BALANCE}:
        assert "Этих сведений у меня нет" in text(turn)
    else:
        assert reply(turn).document is not None


async def test_no_full_account_number_and_debt_of_a_bill_is_on_it() -> None:
    studio = Studio()
    anna = house(scheme=Scheme.CREDIT, bills_=(bill("7", 9, 300_00, date(2026, 10, 25)),))
    turn = await asks(anna, "выписка pdf", studio=studio)
    assert "100000001234" not in f"{turn} {studio.drawings}".replace("Incoming", "")
    assert ("Долг", "300,00\u00a0₽") in studio.pdf.facts


async def test_below_another_answer_it_is_a_message_of_its_own() -> None:
    assert reply(await asks(house(), action="statement:open:2026-10-01:2026-10-31")).replaces is None
    assert reply(await asks(house(), action="statement:last")).replaces == "m1"


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("statement:2026-10-31:2026-10-01", "Конец периода раньше начала."),
        ("statement:pdf:2030-01-01:2030-01-31", "Этот период ещё не наступил."),
        ("statement:csv:x", "Эта кнопка устарела."),
        ("statement:doc", "Эта кнопка устарела."),
        ("statement:csv:2019-01-01:2019-12-31", "Тогда договора ещё не было."),
        ("statement:2025-01-01:2026-10-31", "Договор действует с 14 марта 2025 г.: показано с этого дня."),
        ("statement:pdf", "Выписка за 1–16 ноября, 4 Б"),
    ],
)
async def test_old_and_forged_buttons(action: str, sentence: str) -> None:
    assert text(await asks(house(), action=action)).startswith(sentence)


@pytest.mark.parametrize("words", ["баланс", "спасибо", "500"])
async def test_other_words_are_left_to_others(words: str) -> None:
    screen = await asks(house(), "выписка")
    with pytest.raises(NotMine):
        await asks(house(), words, after=screen)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ((2026, 10, 1), (2026, 10, 31), "2026-10"),
        ((2025, 1, 1), (2025, 12, 31), "2025"),
        ((2026, 10, 1), (2026, 10, 15), "2026-10-01_2026-10-15"),
        ((2026, 10, 5), (2026, 10, 5), "2026-10-05"),
        ((2024, 2, 1), (2024, 2, 29), "2024-02"),
    ],
)
def test_the_period_in_a_name(first: tuple[int, int, int], last: tuple[int, int, int], name: str) -> None:
    assert days(Period(date(*first), date(*last))) == name


@given(st.text(min_size=1, max_size=20))
def test_a_name_that_no_file_system_refuses(number: str) -> None:
    """U15: kind, period and the last four digits, and nothing else of the account."""
    account = Account("a", number, Scheme.ADVANCE)
    name = called(Facts().ask(), "statement-file", account, OCTOBER, Form.PDF)
    assert not FORBIDDEN.search(name)
    assert len(name) <= len("Выписка_2026-10_…1234.pdf")
    assert name.startswith("Выписка_2026-10_…")


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_hundreds_of_rows_and_long_titles(language: str) -> None:
    title = "<b>Широкополосный</b> доступ *в сеть*\n" * 4
    anna = house(
        language=language,
        charges_=tuple(taken(datetime(2026, 10, 1 + n % 28, 9, tzinfo=UTC), n * 7919, title) for n in range(500)),
        payments_=tuple(paid(datetime(2026, 10, 1 + n % 28, 9, n % 60, tzinfo=UTC), 1, title) for n in range(500)),
    )
    for form in ("pdf", "csv"):
        turn = await asks(anna, action=f"statement:{form}:2026-10-01:2026-10-31")
        within_limits(reply(turn))
        assert len(text(turn)) < 1000  # the words under a file: Telegram takes 1024


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    within_limits(reply(await asks(house(), action=":".join(["statement", *arguments]))))
    within_limits(reply(await asks(house(), words)))
