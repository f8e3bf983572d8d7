"""Monday 16 November 2026, noon. "I paid and it does not work": where the money is, and what happens next."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Capability, Money, Offer, Payment, Refusal, Scheme, Service, Status
from handlers.trace import Stage, paid, trace
from storage.base import Saw
from tests.clock import NOON
from tests.handlers import money_asks
from tests.handlers.money_asks import OPERATOR, Facts, actions, bill, reply, rubles, service, text

HOUR = timedelta(hours=1)
OFFER = Offer("a", "o", rubles(300_00), rubles(0), date(2026, 11, 21))
NO_OFFER = replace(OFFER, refusal=Refusal.DEBT)


def payment(ago: timedelta, *, credited: bool = True, kopecks: int = 500_00, method: str = "СБП") -> Payment:
    return money_asks.paid(NOON - ago, kopecks, method, credited=credited)


NEW, OLD = payment(timedelta(minutes=20)), payment(timedelta(hours=5))
COMING = payment(timedelta(minutes=5), credited=False)
BACK = payment(timedelta(minutes=1), kopecks=-100_00)
ON, OFF = service(), service("ТВ", status=Status.OFF)
STOPPED, OWN = service(status=Status.BLOCKED_DEBT), service(status=Status.SUSPENDED)
BLOCKED = service(status=Status.BLOCKED)


@pytest.mark.parametrize(
    ("payments", "missing", "services", "stage", "about"),
    [
        # something is owed
        (None, 1, (STOPPED,), Stage.BLIND, None),
        ((), 1, (STOPPED,), Stage.UNSEEN, None),
        ((BACK,), 1, (STOPPED,), Stage.UNSEEN, None),
        ((COMING,), 1, (STOPPED,), Stage.SEEN, COMING),
        ((COMING, NEW), 1, (STOPPED,), Stage.SEEN, COMING),
        ((NEW, OLD), 1, (STOPPED,), Stage.SHORT, NEW),
        ((NEW,), 1, (ON,), Stage.SHORT, NEW),
        ((NEW,), 1, (), Stage.SHORT, NEW),
        # nothing is owed, and still blocked for debt
        (None, 0, (STOPPED,), Stage.BLIND, None),
        ((), 0, (STOPPED,), Stage.UNSEEN, None),
        ((COMING,), 0, (STOPPED,), Stage.SEEN, COMING),
        ((NEW,), 0, (STOPPED,), Stage.UNBLOCKING, NEW),
        ((OLD,), 0, (STOPPED, ON), Stage.STUCK, OLD),
        # off for another reason
        ((NEW,), 0, (OWN,), Stage.SUSPENDED, NEW),
        ((), 0, (OWN, ON), Stage.SUSPENDED, None),
        (None, 0, (OWN,), Stage.SUSPENDED, None),
        ((NEW,), 0, (BLOCKED,), Stage.BLOCKED, NEW),
        ((NEW,), 0, (OWN, BLOCKED), Stage.SUSPENDED, NEW),
        # on
        ((NEW,), 0, (ON, OFF), Stage.WORKING, NEW),
        ((), 0, (ON,), Stage.UNSEEN, None),
        ((COMING,), 0, (ON,), Stage.SEEN, COMING),
        ((COMING, OLD), 0, (ON,), Stage.WORKING, OLD),
        (None, 0, (ON,), Stage.BLIND, None),
        # how services stand is not told
        ((NEW,), 0, (), Stage.UNKNOWN, NEW),
        ((NEW,), 0, (OFF,), Stage.UNKNOWN, NEW),
    ],
)
def test_the_stage(
    payments: tuple[Payment, ...] | None,
    missing: int,
    services: tuple[Service, ...],
    stage: Stage,
    about: Payment | None,
) -> None:
    found = trace(payments, Money(missing), services, NOON, HOUR)
    assert (found.stage, found.payment) == (stage, about)


@pytest.mark.parametrize(("ago", "stage"), [(59, Stage.UNBLOCKING), (60, Stage.UNBLOCKING), (61, Stage.STUCK)])
def test_until_when_it_may_take(ago: int, stage: Stage) -> None:
    assert trace((payment(timedelta(minutes=ago)),), Money(0), (STOPPED,), NOON, HOUR).stage is stage


ANY_PAYMENTS = st.none() | st.lists(st.sampled_from([NEW, OLD, COMING, BACK]), max_size=3).map(tuple)
ANY_SERVICES = st.lists(st.sampled_from([ON, OFF, STOPPED, OWN, BLOCKED]), max_size=3).map(tuple)


@given(ANY_PAYMENTS, st.sampled_from([0, 1, 100_00]), ANY_SERVICES)
def test_what_is_never_said(payments: tuple[Payment, ...] | None, missing: int, services: tuple[Service, ...]) -> None:
    found = trace(payments, Money(missing), services, NOON, HOUR)
    states = {one.status for one in services}
    if found.stage is Stage.WORKING:
        assert not missing
        assert states <= {Status.ACTIVE, Status.OFF}, "on is never said of what is off"
    if found.stage in {Stage.UNBLOCKING, Stage.STUCK}:
        assert not missing
        assert Status.BLOCKED_DEBT in states
    if payments is None:
        assert found.payment is None
    if found.payment is not None:
        assert found.payment.amount.minor > 0, "money given back is no payment"
        assert found.payment.credited is (found.stage is not Stage.SEEN)


@dataclass
class Payer(Facts):
    own: int = 100_00
    offer_: Offer | None = NO_OFFER


async def test_no_payment_is_seen() -> None:
    turn = await Payer(own=-120_00, services_=(STOPPED,)).says(paid, "оплатил, а не работает")
    assert text(turn) == (
        "За последние 7 дней платежей не вижу\n\n"
        "Проверьте в чеке последние цифры счёта (…1234) и провёл ли банк платёж. Перевод по реквизитам идёт до 3"
        " дней.\n\n"
        "Если номер верный и срок прошёл, напишите оператору и приложите чек: по нему платёж найдут.\n\n"
        "Данные на 12:00"
    )
    assert list(actions(turn).values()) == ["pay", "trouble", "operator"]
    assert turn.effects == (Saw("a", "paid", {"own": -120_00, "overdue": 120_00, "to_pay": 770_00}),)


async def test_a_payment_of_long_ago_is_not_the_one_that_was_just_made() -> None:
    anna = Payer(own=-120_00, services_=(STOPPED,), payments_=(payment(timedelta(days=8)),))
    assert "не вижу" in text(await anna.says(paid))
    slow = replace(anna, operator=replace(OPERATOR, credit_days=5))
    assert "Платёж зачислен, но остался долг" in text(await slow.says(paid)), "transfers are slower here"


async def test_seen_and_not_credited() -> None:
    anna = Payer(own=-120_00, services_=(STOPPED,), payments_=(COMING,))
    turn = await anna.says(paid)
    assert text(turn).splitlines()[:4] == [
        "Платёж вижу, но на счёт он ещё не зачислен:",
        "16 ноября: 500,00 ₽, СБП",
        "",
        "Обычно такой платёж зачисляют до четверга, 19 ноября. Платить ещё раз не нужно.",
    ]
    late = replace(anna, payments_=(payment(timedelta(days=4), credited=False),))
    said = text(await late.says(paid))
    assert "Это дольше обычного." in said
    assert "Для оператора: счёт …1234, платёж 12 ноября, 12:00, сумма 500,00 ₽, способ «СБП»." in said


async def test_credited_and_still_a_debt() -> None:
    anna = Payer(own=-120_00, services_=(STOPPED,), payments_=(NEW,))
    turn = await anna.says(paid)
    assert text(turn).splitlines()[0] == "Платёж зачислен, но остался долг 120,00 ₽"
    assert "Зачислен платёж: 16 ноября: 500,00 ₽, СБП" in text(turn)
    assert "promised" not in actions(turn).values(), "it would be refused"
    given = replace(anna, offer_=OFFER)
    assert next(iter(actions(await given.says(paid)).values())) == "promised"


async def test_credited_and_not_enough_for_the_fee_that_stopped_it() -> None:
    waiting = service(status=Status.BLOCKED_DEBT, next_fee=date(2026, 11, 1))
    anna = Payer(own=100_00, services_=(waiting,), payments_=(NEW,))
    assert text(await anna.says(paid)).splitlines()[0] == "Платёж зачислен, но на списание не хватает 550,00 ₽"


async def test_a_bill_past_due() -> None:
    late = (bill("1023", 9, 640_00, date(2026, 10, 25)),)
    anna = Payer(own=0, scheme=Scheme.CREDIT, bills_=late, services_=(STOPPED,), payments_=(NEW,))
    assert text(await anna.says(paid)).splitlines()[0] == "Платёж зачислен, но остался долг 640,00 ₽"


async def test_a_debt_that_stops_nothing_is_not_the_reason() -> None:
    anna = Payer(own=-120_00, services_=(ON,), payments_=(NEW,))
    assert "За долг сейчас ничего не приостановлено: если что-то не работает, причина другая." in text(
        await anna.says(paid)
    )


async def test_it_comes_back_by_a_time() -> None:
    anna = Payer(services_=(STOPPED,), payments_=(NEW,))
    turn = await anna.says(paid)
    assert text(turn).splitlines()[0] == "Платёж зачислен, долга нет: услуги включатся до 12:40"
    assert "Пока приостановлено: Домашний интернет" in text(turn)


async def test_still_blocked_is_our_side_with_the_facts_spelled_out() -> None:
    turn = await Payer(services_=(STOPPED,), payments_=(OLD,)).says(paid)
    assert text(turn).splitlines()[0].endswith("это ошибка на нашей стороне")
    assert "Для оператора: счёт …1234, платёж 16 ноября, 07:00, сумма 500,00 ₽, способ «СБП»." in text(turn)
    assert next(iter(actions(turn).values())) == "operator"
    nameless = Payer(services_=(STOPPED,), payments_=(payment(timedelta(hours=5), method=""),))
    assert "сумма 500,00 ₽.\n" in text(await nameless.says(paid))


@pytest.mark.parametrize(
    ("stopped", "said"),
    [(OWN, "Приостановлено по Вашему заявлению: Домашний интернет"), (BLOCKED, "Остановлено оператором")],
)
async def test_off_for_another_reason(stopped: Service, said: str) -> None:
    turn = await Payer(services_=(stopped,), payments_=(NEW,)).says(paid)
    assert text(turn).startswith("Дело не в оплате")
    assert said in text(turn)


async def test_all_is_well_leads_on_to_what_else_it_may_be() -> None:
    turn = await Payer(services_=(ON,), payments_=(NEW,)).says(paid)
    assert "дело не в деньгах" in text(turn)
    assert next(iter(actions(turn).values())) == "trouble"


async def test_what_the_billing_cannot_tell_is_not_claimed() -> None:
    no_payments = Payer(own=-1_00, services_=(STOPPED,), can=frozenset(Capability) - {Capability.PAYMENTS})
    said = text(await no_payments.says(paid))
    assert "не показывает" in said
    assert "Долг 1,00 ₽" in said
    no_services = Payer(payments_=(NEW,), can=frozenset(Capability) - {Capability.SERVICES})
    said = text(await no_services.says(paid))
    assert "система оператора не сообщает" in said
    assert "услуги включены" not in said


@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_every_stage_has_its_words(language: str) -> None:
    payments_, services_ = ((), (COMING,), (NEW,), (OLD,)), ((), (ON,), (STOPPED,), (OWN,), (BLOCKED,))
    seen = set()
    for payments, services, own in product(payments_, services_, (-120_00, 100_00)):
        anna = Payer(own=own, services_=services, payments_=payments, language=language)
        seen.add(text(await anna.says(paid)).splitlines()[0])
        assert all(len(button.label) <= 32 for row in reply(await anna.says(paid)).keyboard for button in row)
    assert len(seen) >= 9


async def test_days_are_the_accounts_own() -> None:
    night = datetime(2026, 11, 16, 20, 30, tzinfo=UTC)  # already the 17th on Kamchatka
    anna = Payer(own=-1_00, services_=(STOPPED,), now=night, as_of=night, zone="Asia/Kamchatka")
    anna.payments_ = (money_asks.paid(night, 500_00, "СБП", credited=False),)
    assert "17 ноября: 500,00 ₽" in text(await anna.says(paid))
