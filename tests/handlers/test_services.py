"""Monday 16 November 2026. «Мои услуги»: every service with status, tariff, fee; two sums; tariffs; paid options."""

from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Reply
from adapters.fit import fit, units
from adapters.telegram import LIMITS as TELEGRAM
from billing.base import Capability, Details, Kind, Option, Scheme, Service, Status
from handlers.ask import Linked, Turn
from handlers.kinds import direction, kinds
from handlers.options import options
from handlers.pay import pay
from handlers.services import services
from handlers.subject import mark, named
from handlers.tariff import tariff
from pictures.base import Drawing
from pictures.services import Mood, ServiceList
from storage.base import Saw
from tests.handlers.money_asks import OPERATOR, Facts, actions, bill, labels, reply, rubles, service, text

INTERNET = service()
PHONE = service("Домашний телефон 3452 12-34-56", 200_00, kind=Kind.PHONE, tariff="Безлимитный")
TV = service("Телевидение", 250_00, kind=Kind.TV, tariff="Базовый")
HOUSE = (INTERNET, PHONE, TV)


def within_limits(shown: Reply) -> None:
    buttons = [button for row in shown.keyboard for button in row]
    assert len(buttons) <= 10
    assert len({button.label for button in buttons}) == len(buttons)
    assert all(len(button.label) <= 32 for button in buttons)
    assert all(len((button.action or "").encode()) <= 64 for button in buttons)
    assert len(shown.keyboard) <= 6


async def drawn(anna: Facts, handler: Linked, words: str = "") -> tuple[Turn, list[Drawing]]:
    """The turn where pictures can be drawn, and what was drawn."""
    seen: list[Drawing] = []

    async def draw(one: Drawing) -> bytes:
        seen.append(one)
        return b"png"

    return await handler(replace(anna.ask(words), draw=draw), anna.the_account), seen


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_service_then_the_two_sums() -> None:
    turn = await Facts(services_=HOUSE).says(services)
    assert text(turn) == (
        "3 услуги, все работают\n\n"
        "Домашний интернет: работает\nТариф «Старт 100», 650,00 ₽ в месяц, спишется 1 декабря\n\n"
        "Домашний телефон 3452 12-34-56: работает\nТариф «Безлимитный», 200,00 ₽ в месяц, спишется 1 декабря\n\n"
        "Телевидение: работает\nТариф «Базовый», 250,00 ₽ в месяц, спишется 1 декабря\n\n"
        "Баланс всех услуг: 350,00 ₽\nДолга нет\n\n"
        "Данные на 12:00"
    )
    assert labels(turn) == [
        ["Домашний интернет"],
        ["Домашний телефон 3452 12-34-56"],
        ["Телевидение"],
        ["Сколько платить", "Пополнить"],
    ]
    assert actions(turn)["Телевидение"] == f"service:{mark(TV)}"
    assert actions(turn)["Пополнить"] == "topup"
    assert turn.effects == (Saw("a", "services", {"own": 350_00, "overdue": 0, "to_pay": 750_00}),)


async def test_every_state_has_its_words_and_what_to_do() -> None:
    anna = Facts(
        own=-319_75,
        services_=(
            replace(INTERNET, status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1)),
            replace(PHONE, status=Status.SUSPENDED),
            replace(TV, status=Status.BLOCKED),
            service("Мобильная связь", 300_00, kind=Kind.MOBILE, balance=rubles(-12_00)),
            service("Видеонаблюдение", 400_00, kind=Kind.OTHER, status=Status.OFF),
        ),
    )
    said = text(await anna.says(services))
    assert said.split("\n\n") == [
        "Работает 1 из 4 услуг",
        "Домашний интернет: приостановлено за долг, заработает после оплаты 969,75 ₽\n"
        "Тариф «Старт 100», 650,00 ₽ в месяц",
        "Домашний телефон 3452 12-34-56: приостановлено по заявлению, включить снова поможет оператор\n"
        "Тариф «Безлимитный»",
        "Телевидение: остановлено оператором, причину подскажет поддержка\nТариф «Базовый»",
        "Мобильная связь: работает\nТариф «Старт 100», 300,00 ₽ в месяц, спишется 1 декабря, баланс услуги −12,00 ₽",
        "Видеонаблюдение: не подключено, подключить поможет оператор",
        "Баланс всех услуг: −319,75 ₽\nДолг 319,75 ₽",
        "Данные на 12:00",
    ]


async def test_the_sum_that_switches_on_is_the_debt_by_its_name_or_with_todays_fee_the_sum_to_pay() -> None:
    off = (replace(INTERNET, status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1)),)
    late, coming = bill("2610-1", 10, 700_00, date(2026, 11, 10)), bill("2611-1", 11, 650_00, date(2026, 12, 25))
    prepaid, postpaid = (
        Facts(own=-50_00, services_=off),
        Facts(own=0, scheme=Scheme.CREDIT, services_=off, bills_=(late, coming)),
    )
    assert "заработает после оплаты 700,00 ₽" in text(await prepaid.says(services))
    assert text(await prepaid.says(pay)).startswith("К оплате 700,00 ₽")
    assert "заработает после оплаты долга 700,00 ₽" in text(await postpaid.says(services))
    said = text(await postpaid.says(services))
    assert "Долг 700,00 ₽\nВыставлен счёт: 650,00 ₽, оплатить до 25 декабря" in said


async def test_paid_and_not_yet_on() -> None:
    anna = Facts(own=5_000_00, services_=(replace(INTERNET, status=Status.BLOCKED_DEBT),))
    said = text(await anna.says(services))
    assert "приостановлено за долг, долга уже нет, обычно включается в течение 60 минут" in said
    assert said.startswith("1 услуга, сейчас не работает")


async def test_a_promised_payment_is_never_part_of_the_balance() -> None:
    anna = Facts(own=-100_00, promised=300_00, promised_until=date(2026, 11, 20), services_=HOUSE)
    assert "Баланс всех услуг: −100,00 ₽\nДолг 100,00 ₽\nОбещанный платёж: 300,00 ₽, вернуть до 20 ноября" in text(
        await anna.says(services)
    )


@pytest.mark.parametrize(
    ("on", "off", "said"),
    [(1, 0, "1 услуга, работает"), (2, 0, "2 услуги, все работают"), (5, 0, "5 услуг, все работают"),
     (21, 0, "21 услуга, все работают"), (4, 1, "Работают 4 из 5 услуг"),
     (1, 20, "Работает 1 из 21 услуги"), (0, 2, "2 услуги, сейчас ни одна не работает"),
     (0, 0, "Подключённых услуг на этом счёте нет")],
)  # fmt: skip
async def test_how_many(on: int, off: int, said: str) -> None:
    house = [service(f"Услуга {n}", status=Status.ACTIVE if n < on else Status.SUSPENDED) for n in range(on + off)]
    assert text(await Facts(services_=tuple(house)).says(services)).splitlines()[0] == said


def many(count: int, title: str = "Услуга {n}") -> tuple[Service, ...]:
    return tuple(service(title.format(n=n), 100_00 + n, tariff="Т" * 130, id=f"s{n}") for n in range(1, count + 1))


async def test_twelve_services_are_two_pages_that_go_round() -> None:
    anna = Facts(services_=many(14))
    turn = await anna.says(services)
    seen = []
    for _ in range(3):
        within_limits(reply(turn))
        seen += [label for row in labels(turn) for label in row if label.startswith("Услуга")]
        more = next(label for row in labels(turn) for label in row if label.startswith("Ещё"))
        assert "из 14" in text(turn)
        turn = await anna.presses(services, actions(turn)[more])
        assert reply(turn).replaces == "m1"
    assert seen == [f"Услуга {n}" for n in range(1, 15)]
    assert "Показаны 1–6 из 14" in text(turn), "after the last page the first"


@pytest.mark.parametrize(
    "given", ["services:99", "services:0", "services:x", "services:٣", "services::", "services:1:2"]
)
async def test_a_page_that_is_not_there(given: str) -> None:
    within_limits(reply(await Facts(services_=many(14)).presses(services, given)))


async def test_the_longest_names_stay_apart_and_readable() -> None:
    anna = Facts(services_=many(7, "Комплексная услуга связи с очень длинным названием " + "и" * 80 + " {n}"))
    turn = await anna.says(services)
    within_limits(reply(turn))
    assert next(row[0] for row in labels(turn)) == "1. Комплексная услуга связи с о…"
    assert all(len(line) < 200 for line in text(turn).splitlines())
    assert units(text(turn)) < TELEGRAM.text


@pytest.mark.parametrize(
    ("name", "said"),
    [("«Игровой»", "Тариф «Игровой»"), ("Акция «Лето»", "Тариф «Акция „Лето“»"), ("«А» и «Б»", "Тариф «„А“ и „Б“»"),
     ("«" + "я" * 80 + "»", "Тариф «" + "я" * 58 + "…»")],
)  # fmt: skip
async def test_marks_within_marks(name: str, said: str) -> None:
    assert f"\n{said}," in text(await Facts(services_=(service(tariff=name),)).says(services))


# ── The picture ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_picture_says_what_the_words_say() -> None:
    anna = Facts(own=-319_75, services_=(*HOUSE[:2], replace(TV, status=Status.BLOCKED)))
    turn, (picture,) = await drawn(anna, services)
    assert reply(turn).picture is not None
    assert isinstance(picture, ServiceList)
    words = text(turn)
    for row in picture.rows:
        assert row.title in words
        assert row.status in words
        assert row.fee.replace("\u00a0", " ") in words
        assert f"«{row.tariff}»" in words
    assert [row.state for row in picture.rows] == [Mood.GOOD, Mood.GOOD, Mood.BAD]
    assert [s.value.replace("\u00a0", " ") for s in picture.sums] == ["−319,75 ₽", "319,75 ₽"]
    assert "Баланс всех услуг: −319,75 ₽\nДолг 319,75 ₽" in words


async def test_no_debt_is_a_word_in_the_picture() -> None:
    _, (picture,) = await drawn(Facts(services_=HOUSE), services)
    assert cast("ServiceList", picture).sums[1].value == "нет"


async def test_a_page_is_drawn_and_the_rest_is_counted() -> None:
    _, (picture,) = await drawn(Facts(services_=many(14)), services)
    assert len(cast("ServiceList", picture).rows) == 6
    assert cast("ServiceList", picture).note == "и ещё 8 услуг"


async def test_without_services_nothing_is_drawn() -> None:
    turn, seen = await drawn(Facts(), services)
    assert not seen
    assert reply(turn).picture is None


async def test_a_long_text_leaves_a_network_with_captions_whole() -> None:
    turn, _ = await drawn(Facts(services_=many(14)), services)
    parts = fit(reply(turn), TELEGRAM)
    assert parts[0].picture is not None
    assert units(parts[0].text) <= (TELEGRAM.caption or 0)
    assert parts[-1].keyboard == reply(turn).keyboard
    assert " ".join(" ".join(part.text for part in parts).split()) == " ".join(reply(turn).text.split())


# ── A service named in the words ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("услуги телефон", "Домашний телефон 3452 12-34-56"),
        ("услуга домашний интернет", "Домашний интернет"),
        ("my landline", "Домашний телефон 3452 12-34-56"),
        ("minha televisão", "Телевидение"),
        ("услуги по номеру 12-34-56 телефон", "Домашний телефон 3452 12-34-56"),
        ("гигабайты", "Домашний интернет"),
        ("минуты", "Домашний телефон 3452 12-34-56"),  # no mobile here: the second choice
    ],
)
def test_words_that_name_one(words: str, title: str) -> None:
    assert [s.title for s in named(HOUSE, words) or ()] == [title]


def test_of_two_phones_the_number_chooses() -> None:
    other = replace(PHONE, title="Домашний телефон 3452 65-43-21", id="other")
    both = (PHONE, other)
    assert named(both, "статистика телефона") == both
    assert named(both, "статистика телефона 65-43-21") == (other,)


def test_words_that_name_none_or_one_that_is_not_there() -> None:
    assert named(HOUSE, "мои услуги за март") is None
    assert named((INTERNET,), "услуги тв") == ()


@pytest.mark.parametrize("words", ["мобильный интернет", "мобильный телефон", "остаток смс", "celular"])
def test_the_adjective_decides(words: str) -> None:
    assert kinds(words) == ((Kind.MOBILE,),)


@pytest.mark.parametrize(
    ("words", "said"),
    [("сколько я наговорил по межгороду", "intercity"), ("звонки за границу", None),
     ("international calls", "international"),
     ("местные звонки", "local"), ("статистика за март", None), ("chamadas interurbanas", "intercity")],
)  # fmt: skip
def test_a_direction(words: str, said: str | None) -> None:
    assert direction(words) == said


async def test_a_named_service_is_shown_itself() -> None:
    turn = await Facts(services_=HOUSE).says(services, "услуги телефон")
    assert text(turn).startswith("Домашний телефон 3452 12-34-56: работает")


async def test_a_kind_that_is_not_there_is_said_and_the_list_follows() -> None:
    turn = await Facts(services_=(INTERNET,)).says(services, "услуги тв")
    assert text(turn).startswith("Такой услуги на этом счёте нет. Выберите из тех, что есть:\n\n1 услуга, работает")


# ── Tariff ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_all_costs_a_month() -> None:
    turn = await Facts(services_=HOUSE).says(tariff)
    assert text(turn).splitlines() == [
        "1 100,00 ₽ в месяц за все услуги",
        "",
        "Домашний интернет: работает, тариф «Старт 100», 650,00 ₽ в месяц, спишется 1 декабря",
        "Домашний телефон 3452 12-34-56: работает, тариф «Безлимитный», 200,00 ₽ в месяц, спишется 1 декабря",
        "Телевидение: работает, тариф «Базовый», 250,00 ₽ в месяц, спишется 1 декабря",
        "",
        "Плата за опции сюда не входит: спросите «платные опции».",
        "",
        "Сменить тариф можно у оператора по телефону. Сам я тариф не меняю.",
        "",
        "Данные на 12:00",
    ]
    within_limits(reply(turn))


async def test_one_unknown_fee_and_there_is_no_total() -> None:
    said = text(await Facts(services_=(INTERNET, replace(TV, fee=None))).says(tariff))
    assert said.startswith("Плата в месяц известна не для всех услуг, поэтому общей суммы не назову")


async def test_what_is_off_is_not_in_the_total_and_said_so() -> None:
    said = text(await Facts(services_=(INTERNET, replace(TV, status=Status.SUSPENDED))).says(tariff))
    assert said.startswith("650,00 ₽ в месяц за все услуги")
    assert "Приостановленные и отключённые услуги в сумму не входят." in said
    nothing = text(await Facts(services_=(replace(TV, status=Status.SUSPENDED),)).says(tariff))
    assert nothing.startswith("Сейчас плата не списывается: ни одна услуга не работает")
    assert "не входит" not in nothing
    assert "не входят" not in nothing


async def test_one_tariff_by_its_name() -> None:
    said = text(await Facts(services_=HOUSE).says(tariff, "какой тариф на интернет"))
    assert said.startswith("650,00 ₽ в месяц\n\nДомашний интернет: работает, тариф «Старт 100»")
    assert "Телевидение" not in said


async def test_to_change_a_tariff_one_is_told_where() -> None:
    site = replace(OPERATOR, account_url="https://lk.example")
    turn = await Facts(services_=HOUSE, operator=site).presses(tariff, "tariff:change")
    assert text(turn).startswith("Сменить тариф можно в личном кабинете или у оператора по телефону.")
    assert actions(turn)["Личный кабинет"] == "https://lk.example"
    assert text(turn).count("Сменить тариф") == 1


async def test_the_speed_is_not_made_up() -> None:
    assert text(await Facts(services_=HOUSE).presses(tariff, "tariff:speed")).startswith("Скорость здесь не видна")


# ── Paid options ──────────────────────────────────────────────────────────────────────────────────────────────────


def option(title: str, fee: int | None, of: Service = INTERNET, status: Status = Status.ACTIVE) -> Option:
    return Option("a", of.id, title, title, status, rubles(fee) if fee is not None else None)


def details(*found: Option) -> tuple[Details, ...]:
    by: dict[str, list[Option]] = {}
    for one in found:
        by.setdefault(one.service, []).append(one)
    return tuple(Details("a", id, tuple(of)) for id, of in by.items())


async def test_all_options_of_all_services_with_their_total() -> None:
    found = details(
        option("Антивирус", 99_00), option("Статический адрес", 150_50), option("Кино", 199_00, TV, Status.SUSPENDED)
    )
    turn = await Facts(services_=HOUSE, details_=found).says(options)
    assert text(turn) == (
        "2 платные опции, 249,50 ₽ в месяц\n\n"
        "Домашний интернет:\n• Антивирус: работает, 99,00 ₽ в месяц\n"
        "• Статический адрес: работает, 150,50 ₽ в месяц\n\n"
        "Телевидение:\n• Кино: приостановлено по заявлению, 199,00 ₽ в месяц\n\n"
        "Отключить или подключить опцию можно у оператора по телефону. Сам я ничего не подключаю и не отключаю."
    )
    within_limits(reply(turn))


async def test_a_free_one_is_not_counted_as_paid() -> None:
    found = details(
        option("Антивирус", 99_00), option("Родительский контроль", 0), option("Адрес", 50_00, INTERNET, Status.OFF)
    )
    said = text(await Facts(services_=HOUSE, details_=found).says(options))
    assert said.startswith("1 платная опция, 99,00 ₽ в месяц")
    assert "• Родительский контроль: работает, бесплатно\n• Адрес: не подключено" in said


async def test_an_unknown_fee_makes_the_total_unknown() -> None:
    found = details(option("Антивирус", 99_00), option("Кино", None, TV))
    said = text(await Facts(services_=HOUSE, details_=found).says(options))
    assert said.startswith("2 платные опции, общая сумма здесь не видна")
    assert "Кино: работает\n" in said


async def test_none_at_all_is_said() -> None:
    turn = await Facts(services_=HOUSE).says(options)
    assert text(turn) == "Платных опций и подписок нет"
    assert text(await Facts(services_=HOUSE).says(options, "подписки на тв")).startswith("По этой услуге платных опций")


async def test_only_idle_ones() -> None:
    found = details(option("Кино", 199_00, TV, Status.SUSPENDED))
    said = text(await Facts(services_=HOUSE, details_=found).says(options))
    assert said.startswith("Сейчас плата за опции не списывается: ни одна не работает\n\nТелевидение:\n• Кино")


async def test_many_options_are_paged() -> None:
    found = details(*(option(f"Опция {n}", 10_00) for n in range(25)))
    anna = Facts(services_=HOUSE, details_=found)
    turn = await anna.says(options)
    seen = []
    for _ in range(3):
        within_limits(reply(turn))
        seen += [line for line in text(turn).splitlines() if line.startswith("• ")]
        more = next(label for row in labels(turn) for label in row if label.startswith("Ещё"))
        turn = await anna.presses(options, actions(turn)[more])
    assert len(seen) == len(set(seen)) == 25


# ── What the billing cannot tell; what comes from outside ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("handler", [services, tariff, options])
async def test_a_billing_that_knows_no_services(handler: Linked) -> None:
    anna = Facts(can=frozenset(Capability) - {Capability.SERVICES})
    assert "₽" not in text(await anna.says(handler))


async def test_a_billing_that_knows_no_options() -> None:
    anna = Facts(services_=HOUSE, can=frozenset(Capability) - {Capability.DETAILS})
    assert "подпис" not in text(await anna.says(options)).lower()
    turn = await anna.says(tariff)
    assert "options" not in actions(turn).values()
    assert "подписки" not in text(turn)


HANDLERS = {"services": services, "tariff": tariff, "options": options}


@pytest.mark.parametrize("name", list(HANDLERS))
@given(arguments=st.lists(st.text(max_size=9), max_size=3), words=st.text(max_size=40))
async def test_whatever_comes_is_answered(name: str, arguments: list[str], words: str) -> None:
    anna = Facts(services_=(*HOUSE, *many(9)), details_=details(option("Антивирус", 99_00)))
    within_limits(reply(await anna.presses(HANDLERS[name], ":".join([name, *arguments]))))
    within_limits(reply(await anna.says(HANDLERS[name], words)))


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_all_languages(language: str) -> None:
    anna = Facts(
        language=language,
        own=-1_00,
        services_=tuple(replace(INTERNET, status=status, id=status, title=status) for status in Status),
        details_=details(option("A", 1_00)),
    )
    for name, handler in HANDLERS.items():
        turn, _ = await drawn(anna, handler)
        within_limits(reply(turn))
        assert text(turn), name
    for topic in ("change", "speed"):
        assert text(await anna.presses(tariff, f"tariff:{topic}"))
