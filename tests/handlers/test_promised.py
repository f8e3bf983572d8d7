"""Monday 16 November 2026. A customer asks for a promised payment."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from billing.base import Balance, Capability, Offer, Refusal, Scheme
from handlers.ask import NotMine, Turn
from handlers.balance import balance
from handlers.promised import offered, promised
from tests.handlers.money_asks import Facts, actions, bill, labels, rubles, service, text

UNTIL = date(2026, 11, 21)
OFFER = Offer("a", "offer-1", rubles(300_00), rubles(10_00), UNTIL)


def refusing(refusal: Refusal, **more: Any) -> Offer:
    return replace(OFFER, refusal=refusal, **more)


@dataclass
class Debtor(Facts):
    own: int = -120_00
    offer_: Offer | None = OFFER
    taken: int = 0

    async def promise(self, account: str, offer: str) -> Balance:
        """As billings promise it: each offer once, the same answer each time."""
        if self.promised is None or offer != OFFER.id:
            balance = await super().promise(account, offer)
            self.taken += 1
            self.offer_ = refusing(Refusal.OUTSTANDING)
            self.own -= OFFER.fee.minor
            return replace(balance, own=rubles(self.own))
        return await self.balance(account)

    async def types(self, words: str, turn: Turn) -> Turn:
        """Words typed after `turn`."""
        ask = self.ask(words, waiting=turn.waits)
        dialogue = replace(ask.memory.dialogue, data=turn.data)
        return await promised(replace(ask, memory=replace(ask.memory, dialogue=dialogue)), self.the_account)


async def test_terms_first() -> None:
    turn = await Debtor().says(promised, "обещанный платёж")
    assert text(turn) == (
        "Обещанный платёж 300,00 ₽ можно взять сейчас\n"
        "Плата за него: 10,00 ₽\n"
        "Вернуть до субботы, 21 ноября\n\n"
        "Это не Ваши деньги: их нужно вернуть, и к балансу они не прибавляются.\n"
        "Если не вернуть в срок, услуги могут снова приостановить."
    )
    assert actions(turn)["Взять"] == "promised:ask:offer-1"


async def test_a_free_one_says_so() -> None:
    free = Debtor(offer_=replace(OFFER, fee=rubles(0)))
    assert "Бесплатно" in text(await free.says(promised, "обещанный платёж"))


async def test_by_buttons_with_a_question_before_it() -> None:
    anna = Debtor()
    turn = await anna.presses(promised, "promised")
    turn = await anna.presses(promised, actions(turn)["Взять"])
    assert text(turn).splitlines() == [
        "Взять обещанный платёж 300,00 ₽?",
        "Плата за него: 10,00 ₽",
        "Вернуть до субботы, 21 ноября",
    ]
    assert labels(turn) == [["Да, взять", "Нет, не сейчас"]]
    assert anna.taken == 0
    turn = await anna.presses(promised, actions(turn)["Да, взять"])
    assert anna.taken == 1
    assert text(turn) == (
        "Готово, обещанный платёж взят\n"
        "Свои деньги: −130,00 ₽\n"
        "Обещанный платёж: 300,00 ₽, вернуть до субботы, 21 ноября\n\n"
        "Это не Ваши деньги: их нужно вернуть, и к балансу они не прибавляются.\n"
        "Если услуги приостановлены за долг, они включатся в течение 60 минут."
    )


async def test_by_typing_alone() -> None:
    anna = Debtor()
    turn = await anna.says(promised, "дайте в долг до зарплаты")
    turn = await anna.types("да", turn)
    assert text(turn).startswith("Взять обещанный платёж 300,00 ₽?")
    assert anna.taken == 0
    turn = await anna.types("да", turn)
    assert text(turn).startswith("Готово")
    assert anna.taken == 1


@pytest.mark.parametrize("words", ["нет", "баланс", "а сколько платить?", "500", "потом"])
async def test_what_is_no_yes_takes_nothing(words: str) -> None:
    anna = Debtor()
    turn = await anna.presses(promised, "promised:ask:offer-1")
    with pytest.raises(NotMine):
        await anna.types(words, turn)
    assert anna.taken == 0


async def test_a_double_tap_takes_it_once() -> None:
    anna = Debtor()
    first = await anna.presses(promised, "promised:yes:offer-1")
    second = await anna.presses(promised, "promised:yes:offer-1")
    assert anna.taken == 1
    assert text(first) == text(second)
    assert anna.own == -130_00, "one fee"


async def test_a_button_of_one_that_is_paid_back_does_not_say_taken() -> None:
    class Before(Facts):
        async def promise(self, account: str, offer: str) -> Balance:
            return await self.balance(account)  # of an offer that was taken, and is paid back

    said = text(await Before(offer_=replace(OFFER, id="offer-2")).presses(promised, "promised:yes:offer-1"))
    assert said.splitlines()[:2] == [
        "Условия изменились. Вот какие они теперь:",
        "Обещанный платёж 300,00 ₽ можно взять сейчас",
    ]


@pytest.mark.parametrize(("minutes", "taken"), [(59, 1), (61, 0)])
async def test_a_yes_that_nobody_waits_for_any_more_takes_nothing(minutes: int, taken: int) -> None:
    anna = Debtor()
    ask = anna.ask(action="promised:yes:offer-1")
    late = replace(ask.incoming, sent_at=ask.now - timedelta(minutes=minutes))
    await promised(replace(ask, incoming=late), anna.the_account)
    assert anna.taken == taken


async def test_never_one_figure_of_two() -> None:
    said = text(await Debtor(own=-120_00).presses(promised, "promised:yes:offer-1"))
    assert "170,00" not in said
    assert "180,00" not in said


async def test_terms_that_have_changed_are_shown_and_not_taken() -> None:
    anna = Debtor(offer_=replace(OFFER, id="offer-2", amount=rubles(200_00)))
    for step in ("ask", "yes"):
        turn = await anna.presses(promised, f"promised:{step}:offer-1")
        assert text(turn).startswith("Условия изменились. Вот какие они теперь:\nОбещанный платёж 200,00 ₽")
        assert actions(turn)["Взять"] == "promised:ask:offer-2"
    assert anna.taken == 0


@pytest.mark.parametrize(
    "action", ["promised:yes", "promised:yes:", "promised:x:offer-1", "promised:yes:a:b", "promised:yes:п", "promised:"]
)
async def test_a_forged_button_shows_the_terms(action: str) -> None:
    anna = Debtor()
    assert text(await anna.presses(promised, action)).startswith("Обещанный платёж 300,00 ₽ можно взять сейчас")
    assert anna.taken == 0


MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("offer", "first", "further"),
    [
        (refusing(Refusal.RECENT, possible=MONDAY), "прошлый был недавно", "можно будет в понедельник, 23 ноября."),
        (refusing(Refusal.RECENT), "прошлый был недавно", "С какого дня его можно будет взять"),
        (refusing(Refusal.NEWCOMER, possible=MONDAY), "договор заключён недавно", "в понедельник, 23 ноября."),
        (refusing(Refusal.DEBT), "долг 120,00 ₽ больше, чем он покрывает", "Поможет оплата: 770,00 ₽."),
        (refusing(Refusal.NEEDLESS), "не нужен", ""),
        (refusing(Refusal.OTHER, reason="Идёт перерасчёт\nсчёта"), "Идёт перерасчёт счёта", "С какого дня"),
        (refusing(Refusal.OTHER), "сейчас взять нельзя", "С какого дня"),
    ],
)
async def test_each_refusal_in_its_own_words(offer: Offer, first: str, further: str) -> None:
    turn = await Debtor(offer_=offer, services_=(service(),)).says(promised, "обещанный платёж")
    assert first in text(turn).splitlines()[0]
    assert further in text(turn)
    assert not any("promised" in action for action in actions(turn).values())


async def test_how_long_money_lasts_is_said_as_the_balance_says_it() -> None:
    anna = Debtor(own=100_00, offer_=refusing(Refusal.NEEDLESS), services_=(service(),))
    said = text(await anna.says(promised)).splitlines()
    assert said[0] == "Обещанный платёж пока не нужен: денег хватит до 30 ноября"
    assert said[0].rpartition(" хватит ")[2] == text(await anna.says(balance)).splitlines()[0].rpartition(" хватит ")[2]
    unknown = Debtor(own=100_00, offer_=refusing(Refusal.NEEDLESS), services_=())
    assert text(await unknown.says(promised)).startswith("Обещанный платёж пока не нужен: денег хватает\n")


async def test_a_day_that_has_passed_is_not_promised() -> None:
    said = text(await Debtor(offer_=refusing(Refusal.RECENT, possible=date(2026, 11, 16))).says(promised))
    assert "понедельник" not in said


async def test_an_outstanding_one_is_shown_with_its_day() -> None:
    anna = Debtor(own=-50_00, promised=300_00, promised_until=UNTIL, offer_=refusing(Refusal.OUTSTANDING))
    assert text(await anna.says(promised, "обещанный платёж")) == (
        "Обещанный платёж уже взят: новый можно будет взять, когда вернёте этот\n"
        "Свои деньги: −50,00 ₽\n"
        "Обещанный платёж: 300,00 ₽, вернуть до субботы, 21 ноября\n"
        "Возвращать отдельно не нужно: его закрывают обычные платежи."
    )


async def test_who_pays_by_bill_has_a_due_day_instead() -> None:
    bills = (bill("1024", 10, 700_00, date(2026, 11, 25)),)
    anna = Debtor(own=0, scheme=Scheme.CREDIT, bills_=bills, offer_=refusing(Refusal.SCHEME))
    assert text(await anna.says(promised)).splitlines()[1] == (
        "Выставлен счёт на 700,00 ₽, оплатить его можно до среды, 25 ноября. Это не долг."
    )
    late = replace(anna, bills_=(bill("1023", 9, 640_00, date(2026, 10, 25)),))
    assert "Поможет оплата: 640,00 ₽." in text(await late.says(promised))


async def test_offered_only_where_it_would_be_given() -> None:
    for anna, given in (
        (Debtor(), True),
        (Debtor(offer_=refusing(Refusal.DEBT)), False),
        (Debtor(can=frozenset(Capability) - {Capability.PROMISES}), False),
    ):
        assert await offered(anna.ask(), anna.the_account) is given


async def test_a_billing_that_knows_no_promises() -> None:
    anna = Debtor(can=frozenset(Capability) - {Capability.PROMISES}, offer_=None)
    turn = await anna.says(promised, "обещанный платёж")
    assert "нельзя" in text(turn)
    assert list(actions(turn).values()) == ["pay", "operator"]


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("en", "You can take a promised payment of 300.00 ₽ now"),
        ("pt", "Você pode ativar agora um pagamento prometido de 300,00 ₽"),
    ],
)
async def test_in_other_languages(language: str, first: str) -> None:
    anna = Debtor(language=language)
    assert text(await anna.says(promised)).splitlines()[0] == first
    for refusal in Refusal:
        await replace(anna, offer_=refusing(refusal, reason="x", possible=MONDAY)).says(promised)
