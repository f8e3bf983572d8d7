"""Monday 16 November 2026. The page of one service: how it stands, its money this month, its parts, its documents."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Reply
from billing.base import (
    Capability,
    Carrier,
    Charge,
    Component,
    Delivery,
    Details,
    Direction,
    Kind,
    Option,
    Service,
    Status,
)
from handlers.service import service
from handlers.subject import about, mark, marked
from tests.handlers.money_asks import Facts, actions, labels, paid, reply, rubles, text
from tests.handlers.money_asks import service as made

PHONE = made("Домашний телефон 3452 12-34-56", 500_00, kind=Kind.PHONE, tariff="Безлимитный")
INTERNET = made()
CAMERA = made("Видеонаблюдение", kind=Kind.OTHER, status=Status.OFF)
PAGE = f"service:{mark(PHONE)}"


def charge(service: Service | None, kopecks: int, day: int = 1, month: int = 11) -> Charge:
    at = datetime(2026, month, day, 9, tzinfo=UTC)
    return Charge("a", f"{month}-{day}-{kopecks}", at, rubles(kopecks), "Плата", service.id if service else None)


DETAILS = Details(
    "a",
    PHONE.id,
    options=(
        Option("a", PHONE.id, "o1", "Определитель номера", Status.ACTIVE, rubles(65_00)),
        Option("a", PHONE.id, "o2", "Автоответчик", Status.SUSPENDED),
    ),
    components=(
        Component("a", PHONE.id, Direction.LOCAL, Status.ACTIVE),
        Component("a", PHONE.id, Direction.ZONE, Status.ACTIVE),
        Component(
            "a",
            PHONE.id,
            Direction.INTERCITY,
            Status.ACTIVE,
            (Carrier("Дальсвязь", rubles(12_00)), Carrier("Трансконтакт", rubles(-30_50))),
        ),
        Component("a", PHONE.id, Direction.INTERNATIONAL, Status.OFF),
    ),
)


def house(**more: Any) -> Facts:
    facts: dict[str, Any] = {
        "services_": (PHONE, INTERNET, CAMERA),
        "details_": (DETAILS,),
        "opening_": 120_00,
        "payments_": (paid(date(2026, 11, 2), 650_00), paid(date(2026, 11, 15), 100_00, "СБП", credited=False)),
        "charges_": (charge(PHONE, 500_00), charge(PHONE, 45_60, 9), charge(INTERNET, 650_00), charge(None, 5_00)),
        "deliveries_": (Delivery("a", PHONE.id, "ivan.petrov@mail.ru"), Delivery("a", INTERNET.id, None)),
    }
    return Facts(**(facts | more))


def within_limits(shown: Reply) -> None:
    buttons = [button for row in shown.keyboard for button in row]
    assert len(buttons) <= 9, "there is room for the button of the accounts"
    assert all(len(button.label) <= 32 for button in buttons)
    assert all(len((button.action or "").encode()) <= 64 for button in buttons)
    assert len(shown.keyboard) <= 5


async def test_everything_that_the_operators_own_page_says() -> None:
    turn = await house().presses(service, PAGE)
    assert text(turn) == (
        "Домашний телефон 3452 12-34-56: работает\n"
        "Тариф «Безлимитный»\n"
        "500,00 ₽ в месяц, спишется 1 декабря\n\n"
        "Последний платёж 15 ноября: 100,00 ₽, СБП, ещё не зачислен\n"
        "Баланс на начало 1 ноября: 120,00 ₽\n"
        "2 платежа на 750,00 ₽ за 1–16 ноября\n"
        "Из них ещё не зачислено: 100,00 ₽\n"
        "За эту услугу начислено 545,60 ₽ за 1–16 ноября\n\n"
        "Платные опции:\n"
        "Определитель номера: работает, 65,00 ₽ в месяц\n"
        "Автоответчик: приостановлено по заявлению\n\n"
        "Из чего состоит услуга:\n"
        "Местная связь: работает\n"
        "Внутризоновая связь (по своей области): работает\n"
        "Междугородная связь: работает\n"
        "• оператор «Дальсвязь»: баланс 12,00 ₽\n"
        "• оператор «Трансконтакт»: долг 30,50 ₽\n"
        "Международная связь: не подключено\n\n"
        "Доставка документов: на почту i***@mail.ru\n\n"
        "Данные на 12:00"
    )
    assert "petrov" not in text(turn)
    assert labels(turn) == [
        ["Статистика", "Детализация звонков"],
        ["История платежей", "История начислений"],
        ["Счёт на почту", "Мои услуги"],
    ]
    own = mark(PHONE)
    assert [actions(turn)[label] for label in ("Статистика", "Детализация звонков", "История начислений")] == [
        f"usage:{own}",
        f"calls:open:{own}",
        f"charges:open:{own}",
    ]
    within_limits(reply(turn))


async def test_a_plain_service_has_a_short_page() -> None:
    said = text(await house(opening_=None, payments_=(), charges_=()).presses(service, f"service:{mark(INTERNET)}"))
    assert said == (
        "Домашний интернет: работает\nТариф «Старт 100»\n650,00 ₽ в месяц, спишется 1 декабря\n\n"
        "Платежей пока не было\nЗа 1–16 ноября платежей нет\nЗа эту услугу за 1–16 ноября ничего не начислено\n\n"
        "Доставка документов: не по электронной почте\n\n"
        "Данные на 12:00"
    )


async def test_more_given_back_than_taken() -> None:
    said = text(await house(charges_=(charge(PHONE, 10_00), charge(PHONE, -60_00, 3))).presses(service, PAGE))
    assert "За эту услугу возвращено 50,00 ₽ за 1–16 ноября" in said


async def test_other_months_and_other_services_are_not_in_it() -> None:
    said = text(await house(charges_=(charge(PHONE, 500_00, month=10), charge(INTERNET, 1_00))).presses(service, PAGE))
    assert "За эту услугу за 1–16 ноября ничего не начислено" in said


async def test_blocked_for_debt_it_says_what_to_pay_and_offers_it_first() -> None:
    off = replace(PHONE, status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1))
    turn = await house(own=-319_75, services_=(off,)).presses(service, PAGE)
    assert text(turn).startswith(
        "Домашний телефон 3452 12-34-56: приостановлено за долг, заработает после оплаты 819,75 ₽\n"
    )
    assert labels(turn)[0] == ["Сколько платить"]
    within_limits(reply(turn))


async def test_what_is_not_connected_has_no_statistics() -> None:
    turn = await house().presses(service, f"service:{mark(CAMERA)}")
    assert text(turn).startswith("Видеонаблюдение: не подключено, подключить поможет оператор\n\n")
    assert not [action for action in actions(turn).values() if action.startswith(("usage", "calls"))]


@pytest.mark.parametrize(
    ("without", "traces", "offered"),
    [
        (Capability.OPENING, ["на начало"], []),
        (Capability.DETAILS, ["Платные опции", "Местная связь", "Дальсвязь"], []),
        (Capability.PAYMENTS, ["латеж", "латёж"], ["payments"]),
        (Capability.CHARGES, ["начислено"], ["charges"]),
        (Capability.DELIVERY, ["Доставка"], ["mail"]),
        (Capability.USAGE, [], ["usage"]),
        (Capability.CALLS, [], ["calls"]),
    ],
)
async def test_what_the_billing_cannot_tell_is_neither_shown_nor_offered(
    without: Capability, traces: list[str], offered: list[str]
) -> None:
    whole, part = house(), house(can=frozenset(Capability) - {without})
    before, after = await whole.presses(service, PAGE), await part.presses(service, PAGE)
    assert all(trace in text(before) and trace not in text(after) for trace in traces)
    names = {action.split(":")[0] for action in actions(after).values()}
    assert {action.split(":")[0] for action in actions(before).values()} - names == set(offered)


async def test_the_typed_service() -> None:
    assert text(await house().says(service, "домашний телефон")).startswith("Домашний телефон 3452 12-34-56: работает")


async def test_of_two_it_is_asked_which() -> None:
    other = replace(PHONE, id="p2", title="Домашний телефон 3452 65-43-21")
    anna = house(services_=(PHONE, other, INTERNET))
    turn = await anna.says(service, "телефон")
    assert text(turn) == "Какую услугу показать?"
    assert [label for row in labels(turn) for label in row] == [PHONE.title, other.title, "Мои услуги"]
    assert text(await anna.presses(service, actions(turn)[other.title])).startswith(other.title)


@pytest.mark.parametrize("given", ["service:deadbeef", "service:x", "service:", "service:deadbeef:2026-01-01"])
async def test_a_mark_of_nobody(given: str) -> None:
    turn = await house().presses(service, given)
    assert "Домашний интернет" in actions(turn), "the account's own are offered"
    assert "₽" not in text(turn)


async def test_a_service_that_is_gone_meanwhile() -> None:
    turn = await house(services_=(INTERNET,)).presses(service, PAGE)
    assert text(turn) == "Такой услуги на этом счёте нет. Выберите из тех, что есть:"
    assert actions(turn)["Домашний интернет"] == f"service:{mark(INTERNET)}"


@given(st.lists(st.text(max_size=10), max_size=3), st.text(max_size=40))
async def test_whatever_comes_is_answered(arguments: list[str], words: str) -> None:
    within_limits(reply(await house().presses(service, ":".join(["service", *arguments]))))
    within_limits(reply(await house().says(service, words)))


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_all_languages(language: str) -> None:
    anna = house(language=language)
    for one in anna.services_:
        turn = await anna.presses(service, f"service:{mark(one)}")
        within_limits(reply(turn))
        assert text(turn)


# ── Marks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text())
def test_a_mark_is_short_and_finds_its_service_only(id: str) -> None:
    own = replace(PHONE, id=id)
    assert len(mark(own)) == 8
    assert mark(own).isascii()
    assert marked((own,), mark(own)) is own
    assert marked((own,), mark(own)[:-1]) is None


@given(st.lists(st.text(max_size=10), max_size=4))
def test_arguments_are_believed_by_nobody(arguments: list[str]) -> None:
    ask = replace(house().ask(), arguments=tuple(arguments))
    found = about(ask, "charges", (PHONE, INTERNET))
    assert found.service is None or mark(found.service) in arguments
