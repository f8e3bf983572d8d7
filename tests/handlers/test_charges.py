"""Monday 16 November 2026. A customer asks what was taken from the account, by button and in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Reply
from billing.base import Capability, Charge, Kind, Money, Service
from handlers.ask import NotMine, Turn
from handlers.charges import charges, totals_by
from handlers.subject import mark, named
from storage.base import Dialogue, Saw
from tests.handlers.money_asks import Facts, actions, labels, reply, rubles, text
from tests.handlers.money_asks import service as internet

HINT = "Другой период можно написать словами: «за март», «с 1 по 15 октября»."


def service(title: str = "Домашний интернет", fee: int | None = 650_00, kind: Kind = Kind.INTERNET) -> Service:
    return replace(internet(title, fee), kind=kind)


INTERNET = service()
PHONE = service("Домашний телефон 3452 12-34-56", 380_00, kind=Kind.PHONE)
SECOND = service("Домашний телефон 3452 22-08-91", 380_00, kind=Kind.PHONE)
TV = service("Интерактивное ТВ", 320_00, kind=Kind.TV)
OCTOBER = "charges:2026-10-01:2026-10-31"


def taken(on: datetime | date, kopecks: int, title: str = "Абонентская плата", of: Service | None = None) -> Charge:
    at = on if isinstance(on, datetime) else datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    return Charge("a", f"{at}{title}{kopecks}", at, rubles(kopecks), title, of.id if of else None)


def many(count: int) -> tuple[Charge, ...]:
    """So many charges in October, one kopeck more each time."""
    start = datetime(2026, 10, 1, 9, tzinfo=UTC)
    return tuple(taken(start + timedelta(hours=n), 100_00 + n) for n in range(count))


def first(turn: Turn) -> str:
    return text(turn).splitlines()[0]


async def test_what_was_taken_and_given_back_are_two_totals_and_each_service_has_its_own() -> None:
    anna = Facts(
        own=120_00,
        opening_=500_00,
        services_=(INTERNET, PHONE),
        charges_=(
            taken(date(2026, 11, 1), 650_00, "Абонентская плата: Домашний интернет", INTERNET),
            taken(date(2026, 11, 1), 380_00, "Абонентская плата: Домашний телефон", PHONE),
            taken(date(2026, 11, 9), -100_00, "Перерасчёт", INTERNET),
            taken(date(2026, 11, 12), 50_00, "Выезд мастера"),
        ),
    )
    turn = await anna.says(charges)
    assert text(turn) == (
        "3 начисления на 1 080,00 ₽ за 1–16 ноября\n"
        "Возвращено: 100,00 ₽\n"
        "Итого за вычетом возврата: 980,00 ₽\n\n"
        "По услугам:\n"
        "Домашний интернет: 550,00 ₽\n"
        "Домашний телефон 3452 12-34-56: 380,00 ₽\n"
        "Без указания услуги: 50,00 ₽\n\n"
        "Баланс на начало 1 ноября: 500,00 ₽\n"
        "Баланс сейчас: 120,00 ₽\n\n"
        "12 ноября: 50,00 ₽, Выезд мастера\n"
        "9 ноября: возвращено 100,00 ₽, Перерасчёт\n"
        "1 ноября: 650,00 ₽, Абонентская плата: Домашний интернет\n"
        "1 ноября: 380,00 ₽, Абонентская плата: Домашний телефон\n\n" + HINT
    )
    assert labels(turn) == [
        ["Этот месяц", "Прошлый месяц"],
        ["3 месяца", "Год"],
        ["По одной услуге"],
        ["Почему так много?", "Выписка"],
    ]
    assert turn.effects == (Saw("a", "charges", {"count": 4, "total": 980_00, "opening": 500_00, "closing": 120_00}),)
    assert turn.waits == "charges"


async def test_both_edges_of_a_period_that_is_over() -> None:
    said = text(await Facts(opening_=77_00, charges_=many(1)).presses(charges, OCTOBER))
    assert "Баланс на начало 1 октября: 77,00 ₽\nБаланс на конец 31 октября: 77,00 ₽" in said


@pytest.mark.parametrize(
    ("facts", "unknown"),
    [
        (Facts(charges_=many(1)), "Баланс на"),  # the book does not reach so far
        (Facts(opening_=1, charges_=many(1), can=frozenset(Capability) - {Capability.OPENING}), "Баланс на"),
        (Facts(charges_=many(1), can=frozenset({Capability.CHARGES, Capability.OPENING})), "Баланс сейчас"),
    ],
)
async def test_an_edge_that_is_not_known_is_not_drawn(facts: Facts, unknown: str) -> None:
    for asked in (OCTOBER, "charges:2026-10-01:2026-11-16"):
        assert unknown not in text(await facts.presses(charges, asked))


async def test_only_money_given_back() -> None:
    anna = Facts(charges_=(taken(date(2026, 11, 3), -90_00, "Перерасчёт"),))
    assert first(await anna.says(charges)) == "За 1–16 ноября возвращено 90,00 ₽, начислений нет"


async def test_more_given_back_than_taken() -> None:
    anna = Facts(charges_=(taken(date(2026, 11, 3), -90_00), taken(date(2026, 11, 3), 40_00)))
    assert "Возвращено больше, чем начислено, на 50,00 ₽" in text(await anna.says(charges))


async def test_nothing_at_all() -> None:
    assert text(await Facts().says(charges)) == ("За 1–16 ноября начислений нет\n\nБаланс сейчас: 350,00 ₽\n\n" + HINT)


async def test_a_billing_that_cannot_tell() -> None:
    turn = await Facts(can=frozenset({Capability.BALANCE})).says(charges)
    assert "Этих сведений у меня нет" in text(turn)
    assert not turn.effects


# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────


def house(**more: Any) -> Facts:
    return Facts(
        services_=(INTERNET, PHONE, TV),
        charges_=(taken(date(2026, 10, 1), 650_00, "Интернет", INTERNET),
                  taken(date(2026, 10, 1), 380_00, "Телефон", PHONE),
                  taken(date(2026, 11, 1), 381_00, "Телефон", PHONE)),
        **more,
    )  # fmt: skip


async def test_a_service_by_its_mark() -> None:
    turn = await house().presses(charges, f"charges:{mark(PHONE)}:2026-10-01:2026-10-31")
    assert text(turn).splitlines()[:4] == [
        "1 начисление на 380,00 ₽ за 1–31 октября",
        "Только по услуге «Домашний телефон 3452 12-34-56»",
        "",
        "1 октября: 380,00 ₽, Телефон",
    ]
    assert reply(turn).replaces == "m1"
    assert actions(turn)["Прошлый месяц"] == f"charges:{mark(PHONE)}:last"
    assert actions(turn)["Все услуги"] == OCTOBER
    assert turn.data == {"about": f"charges:{mark(PHONE)}", "period": "2026-10-01:2026-10-31"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("начисления за телефон за октябрь", "1 начисление на 380,00 ₽ за 1–31 октября"),
        ("начисления за интернет в октябре", "1 начисление на 650,00 ₽ за 1–31 октября"),
        ("начисления за тв за год", "За 17 ноября 2025 г. – 16 ноября 2026 г. начислений нет"),
        ("начисления за октябрь", "2 начисления на 1 030,00 ₽ за 1–31 октября"),
    ],
)
async def test_a_service_named_in_words(words: str, said: str) -> None:
    assert first(await house().says(charges, words)) == said


async def test_the_next_period_is_about_the_same_service() -> None:
    anna = house()
    before = await anna.says(charges, "начисления за телефон")
    ask = anna.ask("а за октябрь?")
    memory = replace(ask.memory, dialogue=Dialogue(question=before.waits, data=before.data))
    turn = await charges(replace(ask, memory=memory), anna.the_account)
    assert first(turn) == "1 начисление на 380,00 ₽ за 1–31 октября"


async def test_of_several_phones_one_is_asked_for() -> None:
    anna = Facts(services_=(INTERNET, PHONE, SECOND), charges_=(taken(date(2026, 10, 2), 1_00, "Б", SECOND),))
    turn = await anna.says(charges, "начисления за телефон за октябрь")
    assert text(turn) == "Начисления по какой услуге показать?"
    assert labels(turn) == [["Домашний телефон 3452 12-34-56"], ["Домашний телефон 3452 22-08-91"], ["Все услуги"]]
    chosen = await anna.presses(charges, actions(turn)["Домашний телефон 3452 22-08-91"])
    assert first(chosen) == "1 начисление на 1,00 ₽ за 1–31 октября"
    by_number = await anna.says(charges, "начисления за телефон 220891 за октябрь")
    assert first(by_number) == "1 начисление на 1,00 ₽ за 1–31 октября"


@pytest.mark.parametrize("count", [2, 5, 6, 9, 40])
async def test_choosing_a_service_by_button_keeps_the_period(count: int) -> None:
    anna = Facts(services_=tuple(service(f"Услуга {n} {'с длинным названием ' * 6}") for n in range(count)))
    turn = await anna.presses(charges, "charges:which:2026-10-01:2026-10-31")
    within_limits(reply(turn))
    assert all(one.endswith(":2026-10-01:2026-10-31") for one in actions(turn).values())


@pytest.mark.parametrize("words", ["", "начисления за мобильный"])
async def test_nobodys_mark_and_a_service_that_is_not_there_show_all_and_say_so(words: str) -> None:
    anna = house()
    turn = await anna.says(charges, words) if words else await anna.presses(charges, "charges:00000000:month")
    assert first(turn) == "Такой услуги на этом счёте нет. Показаны начисления по всем услугам."


async def test_a_billing_without_services_lists_them_all() -> None:
    anna = house(can=frozenset({Capability.CHARGES}))
    assert first(await anna.says(charges, "начисления за октябрь")) == "2 начисления на 1 030,00 ₽ за 1–31 октября"
    assert "По услугам" not in text(await anna.says(charges, "начисления за октябрь"))


async def test_charges_of_a_service_that_is_gone_are_counted() -> None:
    anna = Facts(services_=(INTERNET,), charges_=(taken(date(2026, 11, 1), 5_00, "А", TV),
                                                  taken(date(2026, 11, 1), 7_00, "Б", INTERNET)))  # fmt: skip
    assert "Домашний интернет: 7,00 ₽\nБез указания услуги: 5,00 ₽" in text(await anna.says(charges))


async def test_thirty_services_are_six_lines_and_one() -> None:
    services = tuple(service(f"Услуга {n}") for n in range(30))
    found = tuple(taken(date(2026, 11, 1), 100 + n, "Плата", one) for n, one in enumerate(services))
    said = text(await Facts(services_=services, charges_=found).says(charges))
    assert "Услуга 29: 1,29 ₽" in said
    assert "Ещё 24 услуги: 26,76 ₽" in said


@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), st.sampled_from([None, INTERNET, PHONE, TV])), max_size=30))
def test_the_shares_are_the_whole(found: list[tuple[int, Service | None]]) -> None:
    made = tuple(taken(date(2026, 11, 1), kopecks, of=of) for kopecks, of in found)
    totals = totals_by((INTERNET, PHONE), made, "RUB")
    assert sum((total for _, total in totals), Money(0)) == sum((c.amount for c in made), Money(0))


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("за интернет", {Kind.INTERNET}), ("за домашний телефон", {Kind.PHONE}), ("ТВ", {Kind.TV}),
        ("за мобильный телефон", {Kind.MOBILE}), ("телевидение", {Kind.TV}), ("for my mobile phone", {Kind.MOBILE}),
        ("do telefone", {Kind.PHONE}), ("televisão", {Kind.TV}), ("celular", {Kind.MOBILE}),
    ],
)  # fmt: skip
def test_kinds_of_services_in_words(words: str, kinds: set[Kind]) -> None:
    everything = (INTERNET, PHONE, TV, service("Мобильная связь", kind=Kind.MOBILE))
    assert {one.kind for one in named(everything, words) or ()} == kinds


@pytest.mark.parametrize("words", ["начисления", "за март 2026", "", "отвёртка", "за ткань"])
def test_words_that_name_no_service(words: str) -> None:
    assert named((INTERNET, PHONE, TV), words) is None


# ── Periods and pages ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_pages_in_place() -> None:
    anna = Facts(charges_=many(34))
    turn = await anna.presses(charges, OCTOBER)
    seen = [text(turn)]
    assert "Показаны 1–8 из 34" in text(turn)
    for page in range(2, 6):
        turn = await anna.presses(charges, actions(turn)["Старее ›"])
        assert f"{page}/5" in labels(turn)[0]
        assert reply(turn).replaces == "m1"
        seen.append(text(turn))
    rows = [line for page in seen for line in page.splitlines() if "Абонентская плата" in line]
    assert len(rows) == len(set(rows)) == 34


async def test_below_another_answer_it_is_a_message_of_its_own() -> None:
    turn = await Facts(charges_=many(3)).presses(charges, "charges:open:2026-10-01:2026-10-31")
    assert reply(turn).replaces is None
    assert first(turn).endswith("за 1–31 октября")


@pytest.mark.parametrize("page", ["999999", "0", "x"])
async def test_a_page_that_is_not_there(page: str) -> None:
    within_limits(reply(await Facts(charges_=many(34)).presses(charges, f"{OCTOBER}:{page}")))


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("charges:2026-10-31:2026-10-01", "Конец периода раньше начала. Показан текущий месяц."),
        ("charges:2030-01-01:2030-01-31", "Этот период ещё не наступил. Показан текущий месяц."),
        ("charges:2026-02-30:2026-03-31", "Эта кнопка устарела. Показан текущий месяц."),
        ("charges:2024-01-01:2024-12-31", "Тогда договора ещё не было. Показан текущий месяц."),
        ("charges:2025-01-01:2025-12-31", "Договор действует с 14 марта 2025 г.: показано с этого дня."),
        ("charges:which", "За 1–16 ноября начислений нет"),
        ("charges:open", "За 1–16 ноября начислений нет"),
    ],
)
async def test_old_and_forged_buttons(action: str, sentence: str) -> None:
    assert first(await Facts().presses(charges, action)) == sentence


@pytest.mark.parametrize("words", ["баланс", "спасибо", "500", "платежи за март"])
async def test_other_words_are_left_to_others(words: str) -> None:
    with pytest.raises(NotMine):
        await Facts().says(charges, words, waiting="charges")


def within_limits(shown: Reply) -> None:
    buttons = [button for row in shown.keyboard for button in row]
    assert len(buttons) <= 10
    assert len(shown.keyboard) <= 6
    assert all(len(button.label) <= 32 for button in buttons)
    assert all(len((button.action or "").encode()) <= 64 for button in buttons)


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_long_titles_and_many_rows_fit(language: str) -> None:
    title = "<b>Широкополосный</b> доступ *в сеть*\n" * 4
    services = tuple(service(f"{title}{n}") for n in range(9))
    found = tuple(
        taken(datetime(2026, 10, 1 + n % 28, 9, tzinfo=UTC), 999_999_999_99 * (-1) ** n, title, services[n % 9])
        for n in range(500)
    )
    anna = Facts(charges_=found, services_=services, language=language, opening_=-999_999_999_99)
    for page in (1, 12, 63):
        turn = await anna.presses(charges, f"{OCTOBER}:{page}")
        within_limits(reply(turn))
        assert len(text(turn)) < 2500


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4), st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    anna = Facts(charges_=many(9), services_=(INTERNET, PHONE))
    within_limits(reply(await anna.presses(charges, ":".join(["charges", *arguments]))))
    within_limits(reply(await anna.says(charges, words)))
