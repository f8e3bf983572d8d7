"""What we say first: only what is still true, only to those who want it, never at night; and strangers at once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billing.base import Capability, Charge, Details, Kind, Option, Outage, Scheme, Sign, Status, Unavailable
from handlers.notices import KINDS, Drawn, Drop, Later
from handlers.text import LANGUAGES
from storage.base import Topic
from tests.clock import NOON
from tests.handlers.alert_asks import Desk, buttons, words
from tests.handlers.money_asks import OPERATOR, Facts, bill, paid, rubles, service

GOLDEN = Path(__file__).with_name("notices.txt")
DUE = date(2026, 11, 19)


@dataclass(frozen=True)
class Case:
    """A letter that is true, and facts under which it is true no longer."""

    facts: Facts
    data: Mapping[str, str] = field(default_factory=dict)
    past: Mapping[str, Any] = field(default_factory=dict)  # changes of the facts
    watch: Mapping[str, Any] = field(default_factory=dict)


def postpaid(**more: Any) -> Facts:
    return Facts(**{"scheme": Scheme.CREDIT, "own": 0, "services_": (service(next_fee=None),), **more})


def prepaid(own: int, **more: Any) -> Facts:
    return Facts(**{"own": own, "services_": (service(),), **more})


STOPPED = service(status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1))
CABLE = Outage("a", "o1", (Kind.INTERNET,), "обрыв кабеля", NOON - timedelta(hours=3), NOON + timedelta(hours=5))
TAKEN = Charge("a", "c1", NOON - timedelta(hours=1), rubles(1_900_00), "Международные звонки")
SPORT = Details("a", "s1", (Option("a", "s1", "opt1", "Пакет «Спорт»", Status.ACTIVE, rubles(299_00)),))
TV = (service(id="s1"),)

CASES: dict[str, Case] = {
    "low": Case(prepaid(45_00), past={"own": 100_00}),
    "restored": Case(prepaid(340_00), past={"own": 99_99}),
    "lasts": Case(
        prepaid(
            700_00, services_=(service(fee=300_00, next_fee=date(2026, 11, 18)), service("ТВ", 450_00, next_fee=DUE))
        ),
        {"day": "2026-11-18", "step": "3"},
        past={"own": 5_000_00},
    ),
    "fee": Case(
        prepaid(45_00, services_=(service(next_fee=DUE),)), {"day": "2026-11-19", "step": "3"}, past={"own": 650_00}
    ),
    "bill": Case(postpaid(bills_=(bill("17", 10, 650_00, DUE),)), {"about": "b17"}, past={"bills_": ()}),
    "due": Case(
        postpaid(bills_=(bill("17", 10, 650_00, DUE),)), {"day": "2026-11-19", "step": "3"}, past={"bills_": ()}
    ),
    "overdue": Case(
        postpaid(bills_=(bill("17", 10, 650_00, date(2026, 11, 13)),)),
        {"day": "2026-11-14", "step": "3"},
        past={"bills_": ()},
    ),
    "blocked": Case(prepaid(-45_00, services_=(STOPPED,)), {"about": STOPPED.id}, past={"services_": (service(),)}),
    "unblocked": Case(prepaid(700_00), {"about": service().id}, past={"services_": (STOPPED,)}),
    "paid": Case(
        prepaid(700_00, payments_=(paid(NOON, 500_00, id="p1"),)),
        {"about": "p1", "at": NOON.isoformat()},
        past={"payments_": ()},
    ),
    "promise": Case(
        prepaid(50_00, promised=300_00, promised_until=date(2026, 11, 17)),
        {"day": "2026-11-17", "step": "1"},
        past={"promised": None},
    ),
    "charge": Case(
        prepaid(800_00, charges_=(TAKEN,)), {"about": "c1", "at": TAKEN.at.isoformat()}, past={"charges_": ()}
    ),
    "option": Case(
        prepaid(800_00, services_=TV, details_=(SPORT,)), {"about": "opt1", "service": "s1"}, past={"details_": ()}
    ),
    "outage": Case(prepaid(800_00, outages_=(CABLE,)), {"about": "o1", "title": "авария"}, past={"outages_": ()}),
    "outage-over": Case(prepaid(800_00), {"about": "o1", "title": "обрыв кабеля"}, past={"outages_": (CABLE,)}),
    "digest": Case(prepaid(350_00)),
    "credited": Case(prepaid(-40_00), {"amount": "50000", "currency": "RUB"}),
    "linked": Case(prepaid(1), {"network": "telegram", "at": NOON.isoformat(), "link": "9"}),
    "unlinked-elsewhere": Case(prepaid(1), {"network": "telegram", "at": NOON.isoformat()}),
}
ALERTS = [kind for kind, one in KINDS.items() if one.topic is not None]


def desk(kind: str, **more: Any) -> Desk:
    case = CASES[kind]
    return Desk(replace(case.facts), **{**case.watch, **more})


async def written() -> str:
    parts = []
    for kind in KINDS:
        for language in LANGUAGES:
            at = desk(kind).chat(language=language)
            drawn = await at.shows(at.letter(kind, **CASES[kind].data))
            parts.append("\n".join([f"── {kind} {language}", words(drawn.reply), *buttons(drawn.reply)]))
    return "\n\n".join(parts) + "\n"


# ── The words ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_kind_in_every_language_word_for_word() -> None:
    """Written anew by `python -m tests.handlers.test_notices`, and then read by somebody."""
    assert await written() == GOLDEN.read_text(encoding="utf-8")


def test_every_kind_has_a_case() -> None:
    assert list(KINDS) == sorted(CASES, key=list(KINDS).index)
    assert {*Topic} == {one.topic for one in KINDS.values() if one.topic is not None}
    assert {*Sign} <= {*KINDS}


@pytest.mark.parametrize("kind", [kind for kind, case in CASES.items() if case.past])
async def test_what_is_no_longer_true_is_not_said(kind: str) -> None:
    case = CASES[kind]
    at = Desk(replace(case.facts, **case.past))
    assert await at.draws(at.letter(kind, **case.data)) == Drop("no longer true")


@pytest.mark.parametrize("kind", ALERTS)
async def test_a_letter_is_never_believed_about_a_sum(kind: str) -> None:
    """Nor does a letter without its data, or with garbage in it, break anything."""
    at = desk(kind)
    lies = {**CASES[kind].data, "amount": "987654", "currency": "RUB", "own": "987654"}
    assert "9 876" not in words((await at.shows(at.letter(kind, **lies))).reply)
    for data in (
        {},
        {"step": "-1", "day": "x", "at": "never", "about": "", "service": "?"},
        {"at": "2026-11-16T09:00:00"},
    ):
        assert await at.draws(at.letter(kind, **data))


@pytest.mark.parametrize(
    ("kind", "lacks", "shown"),
    [
        ("paid", Capability.PAYMENTS, "Платёж зачислен"),
        ("charge", Capability.CHARGES, "Необычное списание: Звонки"),
        ("option", Capability.DETAILS, "Новая платная опция: Звонки"),
        ("outage", Capability.OUTAGES, "По Вашему адресу авария или плановые работы: Звонки"),
        ("outage-over", Capability.OUTAGES, "По Вашему адресу всё снова должно работать. Причина была: Звонки"),
    ],
)
async def test_what_the_billing_cannot_show_is_told_without_its_sum(kind: str, lacks: Capability, shown: str) -> None:
    facts = replace(CASES[kind].facts, can=frozenset(Capability) - {lacks})
    at = Desk(facts)
    data = {**CASES[kind].data, "title": "Звонки", "amount": "190000", "currency": "RUB"}
    text = words((await at.shows(at.letter(kind, **data))).reply)
    assert text.splitlines()[0] == shown
    assert "1 900" not in text


@pytest.mark.parametrize("kind", ["charge", "option", "outage"])
async def test_an_event_without_a_name_that_nobody_can_show_is_not_told(kind: str) -> None:
    at = Desk(replace(CASES[kind].facts, can=frozenset()))
    assert await at.draws(at.letter(kind, about="x")) == Drop("no longer true")


async def first(kind: str, facts: Facts, **data: str) -> str:
    at = Desk(facts)
    return words((await at.shows(at.letter(kind, **data))).reply).splitlines()[0]


async def test_money_that_is_about_to_end() -> None:
    assert await first("low", prepaid(45_00, services_=())) == "Баланс 45,00 ₽, это меньше порога 100,00 ₽"
    today = (service(next_fee=date(2026, 11, 17)),)
    assert (
        await first("low", prepaid(45_00, services_=today))
        == "Деньги на счету кончаются: 45,00 ₽, хватит только на сегодня"
    )
    late = (service(next_fee=date(2026, 11, 16)),)
    assert (
        await first("lasts", prepaid(45_00, services_=late), step="1")
        == "На сегодняшнее списание денег не хватает: на счету 45,00 ₽"
    )
    assert (
        await first("fee", prepaid(45_00, services_=late), step="1")
        == "На сегодняшнее списание денег не хватает: на счету 45,00 ₽"
    )
    for kind in ("low", "lasts", "overdue"):
        assert await first(kind, prepaid(-45_00), step="7") == "Баланс −45,00 ₽, то есть долг 45,00 ₽"
    far = (service(fee=10_00, next_fee=date(2026, 12, 1)),)
    assert await first("low", prepaid(99_00, services_=far)) == "Баланс 99,00 ₽, это меньше порога 100,00 ₽"


async def test_one_two_and_five_days() -> None:
    for due, wanted in (
        (date(2026, 11, 16), "Счёт на 650,00 ₽ нужно оплатить сегодня, 16 ноября"),
        (date(2026, 11, 17), "Счёт на 650,00 ₽ нужно оплатить до 17 ноября: остался 1 день"),
        (date(2026, 11, 18), "Счёт на 650,00 ₽ нужно оплатить до 18 ноября: осталось 2 дня"),
        (date(2026, 11, 21), "Счёт на 650,00 ₽ нужно оплатить до 21 ноября: осталось 5 дней"),
    ):
        assert await first("due", postpaid(bills_=(bill("1", 10, 650_00, due),)), step="7") == wanted
    for due, wanted in (
        (date(2026, 11, 15), "Долг 650,00 ₽: срок оплаты прошёл 1 день назад"),
        (date(2026, 11, 9), "Долг 650,00 ₽: срок оплаты прошёл 7 дней назад"),
    ):
        assert await first("overdue", postpaid(bills_=(bill("1", 10, 650_00, due),)), step="1") == wanted


async def test_what_is_far_away_again_is_not_told_as_near() -> None:
    for kind, facts in (
        ("due", postpaid(bills_=(bill("1", 10, 650_00, date(2026, 11, 25)),))),
        ("fee", prepaid(45_00)),
        ("lasts", prepaid(45_00)),
        ("promise", prepaid(45_00, promised=300_00, promised_until=date(2026, 11, 30))),
    ):
        at = Desk(facts)
        assert await at.draws(at.letter(kind, step="3")) == Drop("no longer true"), kind


async def test_a_bill_that_own_money_covers_asks_for_nothing() -> None:
    facts = postpaid(own=700_00, bills_=(bill("17", 10, 650_00, DUE),))
    at = Desk(facts)
    assert await at.draws(at.letter("due", step="3")) == Drop("no longer true")
    told = words((await at.shows(at.letter("bill", about="b17"))).reply).splitlines()
    assert told[1] == "Денег на балансе хватает: платить ничего не нужно."
    assert "К оплате" not in "".join(told)


async def test_a_debt_that_own_money_covers_asks_for_nothing() -> None:
    at = Desk(postpaid(own=650_00, bills_=(bill("17", 10, 650_00, date(2026, 11, 13)),)))
    lines = words((await at.shows(at.letter("overdue", step="3"))).reply).splitlines()
    assert lines == [
        "Долг 650,00 ₽: срок оплаты прошёл 3 дня назад",
        "Денег на балансе хватает: платить ничего не нужно.",
        "Баланс 650,00 ₽",
    ]


async def test_a_bill_that_fell_due_meanwhile_is_told_as_it_is() -> None:
    assert await first("bill", postpaid(bills_=(bill("17", 10, 650_00, date(2026, 11, 10)),)), about="b17") == (
        "Счёт № 17 за 1–31 октября: не оплачено 650,00 ₽, срок был 10 ноября"
    )
    at = Desk(prepaid(0, bills_=(bill("17", 10, 650_00, DUE),)))
    assert await at.draws(at.letter("bill", about="b17")) == Drop("no longer true"), "paper only: prepaid"


async def test_a_payment_says_what_it_changes() -> None:
    back = prepaid(20_00, payments_=(paid(NOON, 500_00, "", id="p"),), services_=(service(status=Status.BLOCKED_DEBT),))
    at = Desk(back)
    assert words((await at.shows(at.letter("paid", about="p"))).reply).splitlines()[:3] == [
        "Платёж 500,00 ₽ зачислен",
        "Денег хватает: приостановленные услуги включатся сами в течение 60 минут.",
        "Баланс 20,00 ₽",
    ]
    at = Desk(replace(back, services_=(STOPPED,)))
    assert "осталось заплатить 630,00 ₽." in words((await at.shows(at.letter("paid", about="p"))).reply)
    waiting = replace(back, payments_=(paid(NOON, 500_00, id="p", credited=False),))
    assert "скоро будет зачислен. Платить ещё раз не нужно." in await first("paid", waiting, about="p")
    refund = replace(back, payments_=(paid(NOON, -500_00, id="p"),))
    assert await first("paid", refund, about="p") == "Возвращён платёж 500,00 ₽"
    before = replace(back, payments_=(paid(date(2026, 11, 15), 500_00, id="p"),))
    assert "500,00" in await first("paid", before, about="p", at=(NOON - timedelta(days=1)).isoformat())


async def test_own_money_debt_and_promise_are_three_figures() -> None:
    at = Desk(prepaid(-45_00, promised=100_00))
    text = words((await at.shows(at.letter("low"))).reply)
    assert text.splitlines()[0] == "Баланс −45,00 ₽, то есть долг 45,00 ₽"
    assert "Обещанный платёж 100,00 ₽ нужно вернуть" in text
    for sum_ in ("145", "55,00"):
        assert sum_ not in text


async def test_a_promise_of_another_day() -> None:
    for until, wanted in (
        (None, "Обещанный платёж 300,00 ₽ нужно вернуть"),
        (date(2026, 11, 16), "Обещанный платёж 300,00 ₽ нужно вернуть сегодня"),
        (date(2026, 11, 15), "Обещанный платёж 300,00 ₽ нужно было вернуть до 15 ноября"),
    ):
        assert await first("promise", prepaid(0, promised=300_00, promised_until=until), step="1") == wanted
    at = Desk(prepaid(0, promised=300_00, promised_until=date(2026, 11, 15)))
    late = words((await at.shows(at.letter("promise"))).reply)
    assert "Срок уже прошёл" in late
    assert "в срок" not in late, "of a day that has passed nobody says what happens if it is missed"


async def test_trouble_at_the_address() -> None:
    late = replace(CABLE, until=NOON - timedelta(hours=1))
    unknown = replace(CABLE, until=None)
    works = replace(CABLE, planned=True, since=NOON + timedelta(days=1), until=NOON + timedelta(days=1, hours=2))
    for one, end in (
        (late, "ремонт занимает дольше, чем обещали"),
        (unknown, "когда исправят, пока неизвестно"),
        (works, "Начало 17 ноября, 12:00, окончание 17 ноября, 14:00"),
        (replace(works, until=None), "когда закончат, пока неизвестно"),
        (replace(unknown, title="Обрыв кабеля. "), ": Обрыв кабеля. Началась 09:00, когда исправят, пока неизвестно"),
    ):
        assert (await first("outage", prepaid(1, outages_=(one,)), about="o1")).endswith(end)
    done = replace(works, since=NOON - timedelta(hours=2), until=NOON)
    at = Desk(prepaid(1, outages_=(done,)))
    assert await at.draws(at.letter("outage", about="o1")) == Drop("no longer true")
    assert "снова должно работать" in await first("outage-over", prepaid(1, outages_=(done,)), about="o1")


async def test_all_that_stopped_is_one_line() -> None:
    facts = prepaid(-45_00, services_=(STOPPED, replace(STOPPED, id="tv", title="ТВ")))
    at = Desk(facts)
    drawn = await at.shows(at.letter("blocked", about=STOPPED.id), at.letter("blocked", about="tv"))
    assert words(drawn.reply).count("приостановлены") == 1
    assert "Домашний интернет, ТВ" in words(drawn.reply)
    assert [one.question for one in drawn.saw] == ["alert:blocked"] * 2
    paid_up = prepaid(45_00, services_=(replace(STOPPED, next_fee=DUE),))
    assert (await first("blocked", paid_up)).startswith("Услуги ещё приостановлены, хотя денег уже хватает")


async def test_two_payments_of_one_sum_are_two() -> None:
    """Who has paid twice by mistake must see it."""
    once, twice = paid(NOON, 500_00, id="p1"), paid(NOON + timedelta(minutes=1), 500_00, id="p2")
    at = Desk(prepaid(1_700_00, payments_=(once, twice)))
    drawn = await at.shows(at.letter("paid", about="p1"), at.letter("paid", about="p2"), at.letter("restored"))
    assert words(drawn.reply).splitlines() == [
        "Платёж 500,00 ₽ зачислен, способ: Банковская карта",
        "Платёж 500,00 ₽ зачислен, способ: Банковская карта",
        "Баланс пополнен: 1 700,00 ₽",
        "Денег хватит до 31 января 2027 г.",
    ]


# ── To whom, and when ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ALERTS)
@pytest.mark.parametrize(
    ("chat", "watch", "verdict"),
    [
        ({"alerts": False}, {}, Drop("muted", elsewhere=True)),
        ({"reachable": False}, {}, Drop("blocked", elsewhere=True)),
        ({"consent": "0"}, {}, Drop("consent", elsewhere=True)),
        ({}, {"chosen": False}, Drop("another chat hears of it", elsewhere=True)),
        ({"wishes": dict.fromkeys(Topic, "off")}, {}, Drop("switched off")),
    ],
)
async def test_only_to_those_who_want_it(
    kind: str, chat: Mapping[str, Any], watch: Mapping[str, Any], verdict: Drop
) -> None:
    at = desk(kind, **watch).chat(**chat)
    assert await at.draws(at.letter(kind, **CASES[kind].data)) == verdict
    assert at.town.asked == [], "nobody is asked about what is not told"


async def test_what_is_not_known_and_what_is_gone() -> None:
    at = desk("low")
    assert await at.draws(at.letter("weather")) == Drop("unknown kind")
    assert await at.draws(at.letter("low", 7)) == Drop("unlinked", elsewhere=True)
    assert await at.draws(at.letter("low", expires_at=NOON)) == Drop("expired")
    at.town.gone = True
    assert await at.draws(at.letter("low")) == Drop("the account is gone")
    at.town.gone, at.town.away = False, True
    with pytest.raises(Unavailable):
        await at.draws(at.letter("low"))


async def test_tomorrow_and_the_step_of_that_day_are_one_notice() -> None:
    """Both come at the customer's hour, the step as soon as a scan finds it."""
    at = Desk(CASES["lasts"].facts, lately=frozenset({"alert:lasts"}))
    for again in (at.letter("lasts"), at.letter("lasts", step="3", day="2026-11-18")):
        assert await at.draws(again) == Drop("told lately")
    at = Desk(CASES["blocked"].facts, lately=frozenset({"alert:blocked"}))
    assert isinstance(await at.draws(at.letter("blocked", about=STOPPED.id)), Drawn), "another event"


@pytest.mark.parametrize("data", [{}, {"amount": "x", "currency": "RUB"}, {"amount": "1"}])
async def test_a_payment_in_the_chat_without_its_sum_is_not_told(data: dict[str, str]) -> None:
    at = desk("credited")
    assert isinstance(await at.draws(at.letter("credited", **data)), Drop)


@pytest.mark.parametrize("kind", KINDS)
async def test_at_night_alerts_wait_and_what_somebody_waits_for_does_not(kind: str) -> None:
    at = desk(kind)
    at.clock.set(datetime(2026, 11, 16, 19, 0, tzinfo=UTC))  # 22:00 in Moscow
    drawn = await at.draws(at.letter(kind, **CASES[kind].data))
    if kind in ALERTS:
        assert drawn == Later(datetime(2026, 11, 17, 6, 0, tzinfo=UTC))
        at.chat(zone="Europe/Moscow").town.asked.clear()
        assert await at.draws(at.letter(kind, **CASES[kind].data)) == drawn
        assert at.town.asked == [], "whose clock is known is not asked about at night"
    else:
        assert isinstance(drawn, Drawn)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_days_limit_puts_off_what_can_wait(kind: str) -> None:
    at = desk(kind, heard=OPERATOR.alerts_a_day)
    drawn = await at.draws(at.letter(kind, **CASES[kind].data))
    if kind in ALERTS and kind not in {"blocked", "outage", "paid"}:
        assert drawn == Later(datetime(2026, 11, 17, 7, 0, tzinfo=UTC)), "10:00 in Moscow"
    else:
        assert isinstance(drawn, Drawn)
    at = desk(kind, heard=OPERATOR.alerts_a_day - 1)
    assert isinstance(await at.draws(at.letter(kind, **CASES[kind].data)), Drawn)


async def test_what_goes_along_makes_no_further_message() -> None:
    facts = prepaid(45_00, payments_=CASES["paid"].facts.payments_)
    at = Desk(facts, heard=9)
    drawn = await at.shows(at.letter("low"), at.letter("paid", **CASES["paid"].data))
    assert [one.question for one in drawn.saw] == ["alert:low", "alert:paid"]


async def test_tomorrows_hour_keeps_to_the_quiet_hours() -> None:
    at = desk("low", heard=9).chat(quiet_from=0, quiet_to=11 * 60)
    assert await at.draws(at.letter("low")) == Later(datetime(2026, 11, 17, 8, 0, tzinfo=UTC))


# ── Several at once ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_money_is_named_once_however_many_reasons_there_are() -> None:
    soon = (service(next_fee=date(2026, 11, 18)),)
    at = Desk(prepaid(45_00, services_=soon, promised=300_00, promised_until=date(2026, 11, 17), outages_=(CABLE,)))
    kinds = {
        "fee": {"step": "3"},
        "low": {},
        "outage": {"about": "o1"},
        "promise": {"step": "1"},
        "lasts": {"step": "3"},
    }
    drawn = await at.shows(*(at.letter(kind, **data) for kind, data in kinds.items()))
    assert words(drawn.reply).splitlines() == [
        "По Вашему адресу авария: обрыв кабеля. Началась 09:00, исправить обещают до 17:00",
        "С Вашей стороны делать ничего не нужно: услуги вернутся, когда работы закончат.",
        "Деньги на счету кончаются: 45,00 ₽, хватит до 17 ноября",
        "К оплате 605,00 ₽ до среды, 18 ноября",
        "Если не оплатить, в среду, 18 ноября, денег на списание не хватит и услуги могут приостановить.",
        "Обещанный платёж 300,00 ₽ нужно вернуть до вторника, 17 ноября: его закрывают обычные платежи. "
        "В сумму к оплате он не входит.",
    ]
    assert buttons(drawn.reply) == [
        "[Оплатить 605,00 ₽ → pay] [Баланс → balance]",
        "[Что-то не работает → trouble]",
        "[Напомнить завтра → remind:1:low.lasts.fee.promise]",
        "[Уведомления → alerts] [Выключить уведомления → alerts:off]",
    ]
    assert {one.question for one in drawn.saw} == {f"alert:{kind}" for kind in kinds}
    assert all(one.figures == {"own": 45_00, "to_pay": 605_00, "promised": 300_00} for one in drawn.saw)
    assert sorted(at.town.asked) == ["facts a1", "outages a1"], "the billing is asked once, and only what is needed"


async def test_several_accounts_have_a_block_each() -> None:
    at = Desk(prepaid(700_00), prepaid(45_00), postpaid(bills_=(bill("17", 10, 650_00, DUE),)))
    at.watches_[2] = replace(at.watches_[2], link=replace(at.watches_[2].link, nickname="Дача"))
    drawn = await at.shows(at.letter("restored"), at.letter("low", 2), at.letter("due", 3, step="3"))
    blocks = words(drawn.reply).split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [
        "Счёт …0003 · Анна К.",
        "Счёт Дача · …0002",
        "Счёт …0001 · Анна К.",
    ]
    assert buttons(drawn.reply) == [
        "[Оплатить …0003 → choose:3:pay] [Напомнить завтра …0003 → remind:3:due]",
        "[Оплатить …0002 → choose:2:pay] [Напомнить завтра …0002 → remind:2:low]",
        "[Баланс …0001 → choose:1:balance]",
        "[Уведомления → alerts] [Выключить уведомления → alerts:off]",
    ]
    assert [one.account for one in drawn.saw] == ["a3", "a2", "a1"]


async def test_buttons_are_as_many_as_every_keyboard_takes() -> None:
    at = Desk(*[prepaid(45_00)] * 8)
    drawn = await at.shows(*(at.letter("low", n) for n in range(1, 9)))
    assert words(drawn.reply).count("Деньги на счету кончаются") == 8
    rows = drawn.reply.keyboard
    assert (len(rows), sum(len(row) for row in rows)) == (5, 10)
    assert [one.action for one in rows[-1]] == ["topic:low:off", "alerts"]


async def test_some_are_shown_and_the_others_are_named() -> None:
    at = Desk(prepaid(45_00), prepaid(45_00))
    at.watches_[2] = replace(at.watches_[2], chosen=False)
    shown, untrue, elsewhere = at.letter("low"), at.letter("restored"), at.letter("low", 2)
    drawn = await at.shows(untrue, elsewhere, shown)
    assert {one.id: verdict for one, verdict in drawn.without} == {
        untrue.id: Drop("no longer true"),
        elsewhere.id: Drop("another chat hears of it", elsewhere=True),
    }
    assert [one.account for one in drawn.saw] == ["a1"]


async def test_nothing_is_shown_and_nothing_is_lost() -> None:
    at = Desk(prepaid(45_00), prepaid(45_00))
    assert await at.draws(at.letter("restored"), at.letter("paid", about="x")) == Drop("no longer true")
    at.watches_[2] = replace(at.watches_[2], chosen=False)
    drawn = await at.draws(at.letter("restored"), at.letter("low", 2))
    assert isinstance(drawn, Drop)
    assert drawn.elsewhere, "the other account's next chat hears of it"
    at.clock.set(datetime(2026, 11, 16, 20, 0, tzinfo=UTC))
    assert isinstance(await at.draws(at.letter("restored", expires_at=NOON), at.letter("low")), Later)


if __name__ == "__main__":
    GOLDEN.write_text(asyncio.run(written()), encoding="utf-8")
