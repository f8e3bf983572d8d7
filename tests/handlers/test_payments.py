"""Monday 16 November 2026. A customer asks for the history of payments, by button and in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Picture, Reply
from billing.base import Charge, Kind, Payment
from handlers.ask import NotMine, Turn
from handlers.payments import payments
from handlers.subject import mark
from pictures.bars import Bars
from pictures.base import Drawing
from storage.base import Dialogue, Saw
from tests.clock import NOON
from tests.handlers.money_asks import Facts, actions, labels, paid, reply, rubles, service, text

HINT = "Другой период можно написать словами: «за март», «с 1 по 15 октября»."
PERIODS = [["Этот месяц", "Прошлый месяц"], ["3 месяца", "Год"], ["Баланс"]]
OCTOBER = "payments:2026-10-01:2026-10-31"


def many(count: int) -> tuple[Payment, ...]:
    """So many payments in October, one kopeck more each time."""
    start = datetime(2026, 10, 1, 9, tzinfo=UTC)
    return tuple(paid(start + timedelta(hours=n), 100_00 + n, id=f"p{n}") for n in range(count))


def first(turn: Turn) -> str:
    return text(turn).splitlines()[0]


async def test_this_month_newest_first() -> None:
    anna = Facts(payments_=(paid(date(2026, 11, 2), 650_00), paid(date(2026, 11, 15), 1_000_50, "СБП")))
    turn = await anna.says(payments)
    assert text(turn) == (
        "2 платежа на 1 650,50 ₽ за 1–16 ноября\n\n"
        "15 ноября: 1 000,50 ₽, СБП\n"
        "2 ноября: 650,00 ₽, Банковская карта\n\n" + HINT
    )
    assert labels(turn) == PERIODS
    assert turn.waits == "payments"
    assert turn.effects == (Saw("a", "payments", {"count": 2, "total": 1_650_50}),)


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 платёж на 100,00 ₽"), (2, "2 платежа на"), (5, "5 платежей на"), (11, "11 платежей на"),
     (21, "21 платёж на"), (22, "22 платежа на"), (101, "101 платёж на")],
)  # fmt: skip
async def test_real_plurals(count: int, said: str) -> None:
    assert first(await Facts(payments_=many(count)).presses(payments, OCTOBER)).startswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("история платежей за октябрь", "1–31 октября"),
        ("платежи с 1 по 15 октября", "1–15 октября"),
        ("платежи за последние 3 месяца", "17 августа – 16 ноября"),
        ("а за прошлый?", "1–16 ноября"),  # no period in it: the plain screen
        ("история платежей", "1–16 ноября"),
    ],
)
async def test_the_period_is_read_out_of_the_question_and_said_back(words: str, said: str) -> None:
    assert said in first(await Facts(payments_=many(3)).says(payments, words))


async def test_a_bare_period_answers_the_screen() -> None:
    anna = Facts(payments_=many(3))
    assert first(await anna.says(payments, "за октябрь", waiting="payments")) == (
        "3 платежа на 300,03 ₽ за 1–31 октября"
    )
    assert first(await anna.says(payments, "с 1 по 15 октября", waiting="payments")).endswith("за 1–15 октября")


@pytest.mark.parametrize("words", ["баланс", "спасибо", "500", "2", "долг за март", "сколько платить за ноябрь"])
async def test_other_words_are_left_to_others(words: str) -> None:
    with pytest.raises(NotMine):
        await Facts().says(payments, words, waiting="payments")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Этот месяц", "1–16 ноября"),
        ("Прошлый месяц", "1–31 октября"),
        ("3 месяца", "17 августа – 16 ноября"),
        ("Год", "17 ноября 2025 г. – 16 ноября 2026 г."),
    ],
)
async def test_the_period_buttons(label: str, said: str) -> None:
    anna = Facts()
    turn = await anna.presses(payments, actions(await anna.says(payments))[label])
    assert first(turn) == f"За {said} платежей нет"
    assert reply(turn).replaces == "m1"


async def test_an_empty_period_shows_the_last_payment() -> None:
    anna = Facts(payments_=(paid(date(2026, 9, 5), 650_00),))
    assert text(await anna.says(payments)) == (
        "За 1–16 ноября платежей нет\n\nПоследний платёж 5 сентября: 650,00 ₽, Банковская карта\n\n" + HINT
    )


async def test_no_payment_ever() -> None:
    assert text(await Facts().says(payments)) == "За 1–16 ноября платежей нет\n\nПлатежей пока не было\n\n" + HINT


async def test_what_is_not_credited_is_said() -> None:
    anna = Facts(payments_=(paid(date(2026, 11, 2), 650_00), paid(date(2026, 11, 16), 300_00, "СБП", credited=False)))
    said = text(await anna.says(payments))
    assert said.splitlines()[:4] == [
        "2 платежа на 950,00 ₽ за 1–16 ноября",
        "Из них ещё не зачислено: 300,00 ₽",
        "",
        "16 ноября: 300,00 ₽, СБП, ещё не зачислен",
    ]


async def test_money_given_back_has_a_sign_and_a_word() -> None:
    anna = Facts(payments_=(paid(date(2026, 11, 2), 650_00), paid(date(2026, 11, 3), -100_00, "")))
    said = text(await anna.says(payments))
    assert "3 ноября: −100,00 ₽, возврат" in said
    assert said.startswith("2 платежа на 550,00 ₽")


async def test_five_pages_forward_and_back_in_one_message() -> None:
    anna = Facts(payments_=many(34))
    turn = await anna.presses(payments, OCTOBER)
    seen = [text(turn)]
    assert labels(turn)[0] == ["1/5", "Старее ›"]
    assert "Показаны 1–8 из 34" in text(turn)
    for page in range(2, 6):
        turn = await anna.presses(payments, actions(turn)["Старее ›"])
        assert f"{page}/5" in labels(turn)[0]
        assert reply(turn).replaces == "m1"
        seen.append(text(turn))
    assert labels(turn)[0] == ["‹ Новее", "5/5"]
    assert "Показаны 33–34 из 34" in text(turn)
    rows = [line for page in seen for line in page.splitlines() if "Банковская карта" in line]
    assert len(rows) == len(set(rows)) == 34
    for page in range(4, 0, -1):
        turn = await anna.presses(payments, actions(turn)["‹ Новее"])
        assert text(turn) == seen[page - 1]


async def test_the_middle_button_draws_the_same_page() -> None:
    anna = Facts(payments_=many(34))
    third = await anna.presses(payments, f"{OCTOBER}:3")
    assert labels(third)[0] == ["‹ Новее", "3/5", "Старее ›"]
    assert text(await anna.presses(payments, actions(third)["3/5"])) == text(third)


@pytest.mark.parametrize(("page", "shown"), [("99", "5/5"), ("0", "1/5"), ("5", "5/5"), ("x", "1/5"), ("٣", "1/5")])
async def test_a_page_beyond_the_end_is_the_last(page: str, shown: str) -> None:
    assert shown in labels(await Facts(payments_=many(34)).presses(payments, f"{OCTOBER}:{page}"))[0]


async def test_eight_fit_on_one_page() -> None:
    turn = await Facts(payments_=many(8)).presses(payments, OCTOBER)
    assert labels(turn) == PERIODS
    assert "Показаны" not in text(turn)


async def test_a_period_that_goes_on_is_cut_to_today() -> None:
    assert "за 1–16 ноября" in first(await Facts().presses(payments, "payments:2026-11-01:2026-11-30")).lower()


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("payments:2026-13-01:2026-13-31", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:2026-02-30:2026-03-31", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:yesterday", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:2026-10-01", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:2026-10-01:2026-10-31:1:2", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:20261001:20261031", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:0001-01-01:9999-12-31", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:month:2", "Эта кнопка устарела. Показан текущий месяц."),
        ("payments:2026-10-31:2026-10-01", "Конец периода раньше начала. Показан текущий месяц."),
        ("payments:2030-01-01:2030-01-31", "Этот период ещё не наступил. Показан текущий месяц."),
    ],
)
async def test_old_and_forged_buttons_get_a_sentence_and_the_fresh_screen(action: str, sentence: str) -> None:
    turn = await Facts().presses(payments, action)
    assert text(turn).startswith(f"{sentence}\n\nЗа 1–16 ноября платежей нет")
    assert labels(turn) == PERIODS


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("платежи за март 2030", "Этот период ещё не наступил."),
        ("с 1 по 31 сентября", "Такого дня нет в календаре."),
        ("с 01.10.2026 по 01.09.2026", "Конец периода раньше начала."),
    ],
)
async def test_periods_that_cannot_be(words: str, sentence: str) -> None:
    assert text(await Facts().says(payments, words)).startswith(sentence)


async def test_two_readings_are_two_buttons() -> None:
    anna = Facts(language="en", payments_=many(3))
    turn = await anna.says(payments, "payments on 10/03")
    assert text(turn) == "Which period shall I show?"
    assert labels(turn)[:2] == [["10 March"], ["3 October"]]
    assert turn.waits == "payments"
    chosen = await anna.presses(payments, actions(turn)["3 October"])
    assert first(chosen) == "No payments for 3 October"


async def test_the_day_of_a_payment_is_the_accounts_own() -> None:
    late = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)  # already November in Moscow
    anna = Facts(payments_=(paid(late, 650_00),))
    assert "1 ноября: 650,00 ₽" in text(await anna.says(payments))
    assert first(await anna.says(payments, "за октябрь")) == "За 1–31 октября платежей нет"


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["2 payments, 950.00 ₽, for 1–16 November", "Of this, not credited yet: 300.00 ₽",
                "16 November: 300.00 ₽, SBP, not credited yet"]),
        ("pt", ["2 pagamentos, 950,00 ₽, período: 1–16 de novembro", "Desse valor, ainda não creditado: 300,00 ₽",
                "16 de novembro: 300,00 ₽, SBP, ainda não creditado"]),
    ],
)  # fmt: skip
async def test_other_languages(language: str, lines: list[str]) -> None:
    both = (paid(date(2026, 11, 2), 650_00), paid(date(2026, 11, 16), 300_00, "SBP", credited=False))
    said = text(await Facts(payments_=both, language=language).says(payments))
    assert [line for line in said.splitlines() if line][:3] == lines


# ── By month, as a picture ────────────────────────────────────────────────────────────────────────────────────────


class Easel:
    """Remembers what was drawn."""

    def __init__(self, data: bytes | None = b"PNG") -> None:
        self.data = data
        self.drawn: list[Bars] = []

    async def draw(self, drawing: Drawing) -> bytes | None:
        assert isinstance(drawing, Bars)
        hash(drawing)
        self.drawn.append(drawing)
        return self.data


async def draws(
    anna: Facts, easel: Easel, words: str = "", action: str | None = None, after: Turn | None = None
) -> Turn:
    ask = anna.ask(words, action)
    if after is not None:
        ask = replace(ask, memory=replace(ask.memory, dialogue=Dialogue(after.waits, after.data)))
    return await payments(replace(ask, draw=easel.draw), anna.the_account)


THREE = (
    paid(date(2026, 8, 20), 500_00),
    paid(date(2026, 10, 5), 650_00),
    paid(date(2026, 10, 7), 100_00),
    paid(datetime(2026, 10, 31, 22, 30, tzinfo=UTC), 1_00),  # already November in Moscow
)


async def test_by_month_the_picture_and_the_words_say_the_same() -> None:
    anna, easel = Facts(payments_=THREE), Easel()
    listed = await draws(anna, easel, action="payments:three")
    assert labels(listed)[-1] == ["По месяцам, картинкой", "Баланс"]
    assert easel.drawn == []
    turn = await draws(anna, easel, action=actions(listed)["По месяцам, картинкой"])
    assert text(turn) == (
        "4 платежа на 1 251,00 ₽ за 17 августа – 16 ноября\n\n"
        "август 2026: 500,00 ₽, 1 платёж\n"
        "сентябрь 2026: платежей нет\n"
        "октябрь 2026: 750,00 ₽, 2 платежа\n"
        "ноябрь 2026: 1,00 ₽, 1 платёж"
    )
    assert reply(turn).picture == Picture(b"PNG")
    assert reply(turn).replaces is None, "the list stays and can be paged"
    [bars] = easel.drawn
    assert [bar.values for bar in bars.bars] == [(500_00,), (0,), (750_00,), (1_00,)]
    said = [line.split(": ")[0] for line in text(turn).splitlines()[2:]]
    assert [bar.label for bar in bars.bars] == said
    assert all(bar.text[0] in reply(turn).text for bar in bars.bars if bar.values[0])
    back = await draws(anna, easel, action=actions(turn)["Списком"])
    assert reply(back).replaces is None
    assert "5 октября: 650,00 ₽" in text(back)


async def test_without_a_picture_the_words_are_enough() -> None:
    turn = await draws(Facts(payments_=THREE), Easel(None), action="payments:bars:three")
    assert reply(turn).picture is None
    assert "октябрь 2026: 750,00 ₽" in text(turn)


@pytest.mark.parametrize(
    "words", ["платежи по месяцам", "график платежей за год", "платежи картинкой", "payments by month"]
)
async def test_asked_for_in_words(words: str) -> None:
    easel = Easel()
    turn = await draws(Facts(payments_=THREE), easel, words)
    assert len(easel.drawn) == 1
    await draws(Facts(payments_=THREE), easel, "а за последние 3 месяца?", after=turn)
    assert len(easel.drawn) == 2, "what follows is a picture again"


@pytest.mark.parametrize("action", ["payments:bars:month", "payments:bars:last", "payments:bars:x", "payments:bars"])
async def test_one_month_is_a_list(action: str) -> None:
    easel = Easel()
    turn = await draws(Facts(payments_=THREE), easel, action=action)
    assert easel.drawn == []
    assert "По месяцам, картинкой" not in actions(turn)


async def test_many_years_have_a_bar_each() -> None:
    anna = Facts(payments_=(*THREE, paid(date(2010, 5, 5), 7_00)), since=None)
    easel = Easel()
    turn = await draws(anna, easel, action="payments:bars:1990-01-01:2026-11-16")
    assert len(easel.drawn[0].bars) == 17
    assert "2010: 7,00 ₽, 1 платёж\n2011: платежей нет" in text(turn)
    old = replace_payments(anna, paid(date(1991, 5, 5), 7_00))
    assert reply(await draws(old, easel, action="payments:bars:1990-01-01:2026-11-16")).picture is None
    assert len(easel.drawn) == 1, "more bars than a picture holds are a list"


def replace_payments(anna: Facts, *more: Payment) -> Facts:
    return replace(anna, payments_=(*anna.payments_, *more))


@given(
    st.dates(date(2020, 1, 1), date(2026, 11, 16)), st.integers(0, 3000), st.lists(st.integers(0, 2500), max_size=20)
)
async def test_the_bars_add_up_to_the_total(first: date, days: int, ago: list[int]) -> None:
    found = tuple(paid(NOON - timedelta(days=n), 100 + at, id=f"p{at}") for at, n in enumerate(ago))
    anna, easel = Facts(payments_=found, since=None), Easel()
    last = min(first + timedelta(days=days), date(2026, 11, 16))
    turn = await draws(anna, easel, action=f"payments:bars:{first}:{last}")
    [saw] = turn.effects
    assert isinstance(saw, Saw)
    if easel.drawn:
        assert sum(bar.values[0] for bar in easel.drawn[0].bars) == saw.figures["total"]
        assert all(bar.text[0] in reply(turn).text for bar in easel.drawn[0].bars if bar.values[0])
        assert len(text(turn)) < 1000  # the words under a picture: Telegram takes 1024


def within_limits(shown: Reply) -> None:
    buttons = [button for row in shown.keyboard for button in row]
    assert len(buttons) <= 10
    assert all(len(button.label) <= 32 for button in buttons)
    assert all(len((button.action or "").encode()) <= 64 for button in buttons)
    assert len(shown.keyboard) <= 6


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_nothing_is_cut_by_any_network(language: str) -> None:
    anna = Facts(payments_=many(200), language=language)
    turn = await anna.presses(payments, f"{OCTOBER}:12")
    within_limits(reply(turn))
    assert len(text(turn)) < 1000


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    anna = Facts(payments_=many(9))
    within_limits(reply(await anna.presses(payments, ":".join(["payments", *arguments]))))
    within_limits(reply(await anna.says(payments, words)))


async def test_payments_for_a_service_say_what_the_service_took() -> None:
    """Payments are the whole account's: who asks what he paid for the internet wants to know what it cost."""
    inet, tv = service(), service("Телевидение", kind=Kind.TV, id="tv")
    taken = [(inet.id, 650_00), (tv.id, 300_00)]
    charges = tuple(Charge("a", of, NOON, rubles(sum_), "Абонентская плата", of) for of, sum_ in taken)
    anna = Facts(services_=(inet, tv), charges_=charges, payments_=(paid(date(2026, 11, 2), 1_000_00),))
    turn = await anna.says(payments, "сколько я заплатил за интернет в ноябре")
    assert "Списано за «Домашний интернет» за 1–16 ноября: 650,00 ₽." in text(turn)
    assert f"charges:open:{mark(inet)}:2026-11-01:2026-11-16" in actions(turn).values()
    for said in ("платежи за ноябрь", "сколько я заплатил за интернет и телевидение"):
        assert "Списано" not in text(await anna.says(payments, said))
