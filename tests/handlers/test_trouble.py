"""Monday 16 November 2026, noon. Something does not work: what was checked, in which order, and what to do."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from billing.base import Capability, Kind, Offer, Outage, Refusal, Service, Status
from handlers.ask import Turn
from handlers.trouble import trouble
from storage.base import Saw
from tests.clock import NOON
from tests.handlers.money_asks import Facts, actions, reply, rubles, service, text

OFFER = Offer("a", "o", rubles(300_00), rubles(0), date(2026, 11, 21))
NEEDLESS = replace(OFFER, refusal=Refusal.NEEDLESS)
FAULT = Outage("a", "f", (Kind.INTERNET, Kind.TV), "обрыв кабеля", NOON - timedelta(hours=2), NOON + timedelta(hours=3))
WORK = replace(FAULT, id="w", kinds=(), title="замена оборудования", planned=True)


def tv(status: Status = Status.ACTIVE) -> Service:
    return service("Телевидение", 250_00, kind=Kind.TV, status=status)


def internet(status: Status = Status.ACTIVE) -> Service:
    return service(status=status)


@dataclass
class Home(Facts):
    own: int = 1_000_00
    services_: tuple[Service, ...] = (internet(), tv())
    offer_: Offer | None = NEEDLESS


def first(turn: Turn) -> str:
    return text(turn).splitlines()[0]


CLEAR = """Дело не в оплате и не в известной аварии

Что проверено:
• Долг: нет
• Приостановлено за долг: ничего
• Приостановлено по Вашему заявлению: ничего
• Остановлено оператором: ничего
• Аварии и работы по Вашему адресу: сейчас нет

Что попробовать:
1. Выключите роутер из розетки на полминуты и включите снова.
2. Проверьте, плотно ли вставлен кабель, и подождите пять минут.
3. Откройте сайт с другого устройства. Если не помогло, позовите оператора.

Данные на 12:00"""


async def test_nothing_is_found_and_what_to_try() -> None:
    turn = await Home().says(trouble, "не работает интернет")
    assert text(turn) == CLEAR
    assert list(actions(turn).values()) == ["paid", "operator"]
    assert turn.effects == (Saw("a", "trouble", {"own": 1_000_00, "overdue": 0, "to_pay": 0}),)


async def test_a_block_for_debt_comes_first() -> None:
    off = (internet(Status.BLOCKED_DEBT), tv(Status.SUSPENDED))
    turn = await Home(own=-120_00, services_=off, outages_=(FAULT,), offer_=OFFER).says(trouble, "ничего не работает")
    assert first(turn) == "Услуги приостановлены за долг 120,00 ₽"
    said = text(turn)
    order = ["Долг: 120,00 ₽", "за долг: Домашний интернет", "заявлению: Телевидение", "оператором: ничего", "Авария"]
    assert sorted(order, key=said.index) == order, "each result is said, in this order"
    assert "После оплаты услуги включатся сами в течение 60 минут." in said
    assert "роутер" not in said
    assert list(actions(turn).values()) == ["pay", "promised", "paid", "operator"]


async def test_a_promised_payment_only_where_it_would_be_given() -> None:
    refused = Home(own=-120_00, services_=(internet(Status.BLOCKED_DEBT),), offer_=replace(OFFER, refusal=Refusal.DEBT))
    assert "promised" not in actions(await refused.says(trouble)).values()
    cannot = replace(refused, offer_=None, can=frozenset(Capability) - {Capability.PROMISES})
    assert "promised" not in actions(await cannot.says(trouble)).values()


async def test_not_enough_for_the_fee() -> None:
    stopped = service(status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1))
    turn = await Home(own=100_00, services_=(stopped,)).says(trouble)
    assert first(turn) == "Услуги приостановлены: на списание не хватает 550,00 ₽"


async def test_paid_and_not_back_yet() -> None:
    turn = await Home(services_=(internet(Status.BLOCKED_DEBT),)).says(trouble)
    assert first(turn).endswith("хотя долга уже нет")
    assert "Оплатил, но не работает" in actions(turn)


async def test_the_customers_own_stop_comes_second() -> None:
    turn = await Home(services_=(internet(Status.SUSPENDED), tv(Status.BLOCKED)), outages_=(FAULT,)).says(trouble)
    assert first(turn) == "Приостановлено по Вашему заявлению"
    assert "розетки" not in text(turn)


async def test_the_operators_stop_comes_third() -> None:
    turn = await Home(services_=(internet(Status.BLOCKED),), outages_=(FAULT,)).says(trouble)
    assert first(turn) == "Остановлено оператором"


async def test_a_fault_at_the_address_and_no_advice_to_restart() -> None:
    turn = await Home(outages_=(FAULT,)).says(trouble, "интернет не работает")
    assert first(turn) == "По Вашему адресу авария, её чинят"
    assert "• Авария: обрыв кабеля. Началась 10:00, исправить обещают до 15:00" in text(turn)
    assert "розетки" not in text(turn)
    assert list(actions(turn).values()) == ["trouble", "operator"]


@pytest.mark.parametrize(
    ("outage", "said"),
    [
        (replace(FAULT, until=None), "пока неизвестно"),
        (replace(FAULT, until=NOON - timedelta(hours=1)), "ремонт занимает дольше, чем обещали"),
        (WORK, "• Плановые работы: замена оборудования. Начало 10:00, окончание 15:00"),
        (replace(WORK, until=None), "замена оборудования. Начало 10:00, когда закончат, пока неизвестно"),
    ],
)
async def test_since_when_and_until_when(outage: Outage, said: str) -> None:
    turn = await Home(outages_=(outage,)).says(trouble)
    assert said in text(turn)
    assert "розетки" not in text(turn)


async def test_work_that_is_over_or_ahead_is_no_reason_now() -> None:
    over = replace(WORK, until=NOON - timedelta(minutes=1))
    ahead = replace(WORK, since=NOON + timedelta(days=1), until=NOON + timedelta(days=1, hours=2))
    said = text(await Home(outages_=(over, ahead)).says(trouble))
    assert "сейчас нет\n• Плановые работы: замена оборудования. Начало 17 ноября, 12:00" in said
    assert "розетки" in said


async def test_a_fault_is_named_before_planned_work() -> None:
    assert first(await Home(outages_=(WORK, FAULT)).says(trouble)) == "По Вашему адресу авария, её чинят"


@pytest.mark.parametrize(
    ("words", "device"),
    [
        ("не работает интернет", "роутер"), ("инет глючит", "роутер"), ("вайфай не работает", "роутер"),
        ("Wi-Fi не работает", "роутер"), ("скорость упала", "роутер"), ("не работает тв", "приставку"),
        ("приставка не работает", "приставку"), ("каналы не показывают", "приставку"), ("нет гудков", "трубка"),
        ("телефон не работает", "трубка"), ("мобильный интернет не работает", "режим полёта"),
        ("не работает", "оборудование"),
    ],
)  # fmt: skip
async def test_advice_for_what_was_named(words: str, device: str) -> None:
    assert device in text(await Home().says(trouble, words))


async def test_only_the_named_kind_is_looked_at() -> None:
    home = Home(services_=(internet(), tv(Status.SUSPENDED)))
    assert first(await home.says(trouble, "не работает интернет")).startswith("Дело не в оплате")
    assert first(await home.says(trouble, "не работает тв")) == "Приостановлено по Вашему заявлению"
    assert first(await home.presses(trouble, "trouble:tv")) == "Приостановлено по Вашему заявлению"
    assert first(await home.presses(trouble, "trouble:x")) == "Приостановлено по Вашему заявлению", "forged: all kinds"
    phone_only = replace(FAULT, kinds=(Kind.PHONE,))
    assert first(await replace(home, outages_=(phone_only,)).says(trouble, "не работает интернет")).startswith(
        "Дело не"
    )


async def test_a_kind_that_the_account_has_not_means_all() -> None:
    home = Home(services_=(internet(Status.BLOCKED),))
    assert first(await home.says(trouble, "не работает тв")) == "Остановлено оператором"


@pytest.mark.parametrize("missing", [Capability.SERVICES, Capability.OUTAGES])
async def test_what_cannot_be_told_is_not_all_right(missing: Capability) -> None:
    home = Home(can=frozenset(Capability) - {missing})
    said = text(await home.says(trouble, "не работает интернет"))
    assert said.startswith("По тем данным, что у меня есть, причины не видно")
    assert "система оператора не сообщает" in said
    untold = "Приостановлено" if missing is Capability.SERVICES else "сейчас нет"
    assert untold not in said.replace("Приостановлены ли", "")


@pytest.mark.parametrize(
    "words", ["инет не работает, а вчера заплатила", "no internet and I paid yesterday", "paguei e estou sem net"]
)
async def test_what_was_paid_is_traced(words: str) -> None:
    assert (await Home().says(trouble, words)).then == "paid"


async def test_words_of_others_stay_on_their_line() -> None:
    title = "обрыв\n• Долг: нет" + "х" * 300
    said = text(await Home(outages_=(replace(FAULT, title=title),)).says(trouble))
    assert said.count("\n• Долг: нет") == 1
    assert max(map(len, said.splitlines())) < 250


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_every_result_has_its_words(language: str) -> None:
    seen = set()
    for status in Status:
        for outages in ((), (FAULT,), (WORK,)):
            for kind in (None, *Kind):
                home = Home(services_=(internet(status), tv()), outages_=outages, language=language)
                turn = await home.presses(trouble, f"trouble:{kind}" if kind else "trouble")
                seen.add(first(turn))
                assert len(reply(turn).text) < 1000
    assert len(seen) == 6
