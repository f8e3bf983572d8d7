"""Monday 16 November 2026. A customer wants to pay: a sum, then every way there is."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Checkout, Receipt
from billing.base import Account, Gone, Scheme, Status
from handlers import invoice, routes, topup
from handlers.ask import Contact, NotMine, Operator, Turn
from pictures.base import Drawing, Payee
from pictures.code import PaymentCode, payment_order, read_order
from storage.base import Order, Pay, Place, Saw
from tests.clock import NOON
from tests.handlers.money_asks import OPERATOR, Facts, actions, bill, labels, reply, service, text

PAYEE = Payee(
    name="АО «Телесеть»",
    account="40702810000000000001",
    bank="ПАО «Банк»",
    bic="044525000",
    corr_account="30101810400000000000",
    inn="7700000000",
    kpp="770001001",
)
BY_CODE = replace(OPERATOR, payee=PAYEE)
BY_PAGE = replace(OPERATOR, pay_url="https://pay.example/?ls={account}&sum={sum}")
EVERYTHING = replace(BY_CODE, pay_url=BY_PAGE.pay_url)
HERE = (100_00, 500_000_00)


@dataclass
class Payer(Facts):
    """Somebody who can pay by a code, unless said otherwise, on a network that takes payments `here`."""

    operator: Operator = BY_CODE
    here: tuple[int, int] | None = None
    drawn: list[Drawing] = field(default_factory=list)

    async def draw(self, drawing: Drawing) -> bytes:
        self.drawn.append(drawing)
        return b"PNG"

    async def pays(self, words: str = "", action: str | None = None, *, waiting: bool = False) -> Turn:
        ask = self.ask(words, action, waiting="topup" if waiting else "")
        ask = replace(ask, draw=self.draw, invoices=self.here)
        handler = invoice.invoice if (action or "").startswith("invoice") else topup.topup
        return await handler(ask, self.the_account)


# ── Which sum ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_debt_alone_is_proposed_where_it_switches_services_on() -> None:
    off = service(status=Status.BLOCKED_DEBT)
    turn = await Payer(own=-145_000, services_=(off,)).pays("пополнить")
    assert text(turn).splitlines()[1] == "Из них долг 1 450,00 ₽: после его оплаты приостановленные услуги включатся"
    assert labels(turn)[0] == ["2 100 ₽", "1 450 ₽"]
    assert actions(turn)["1 450 ₽"] == "topup:145000"
    for anna in (Payer(own=-145_000, services_=(service(),)), Payer(own=10_00, services_=(off,))):
        assert "долг" not in text(await anna.pays("пополнить")).lower()


async def test_what_is_to_be_paid_is_proposed_first() -> None:
    turn = await Payer(own=300_00, services_=(service(),)).pays("пополнить")
    assert text(turn) == (
        "К оплате 350,00 ₽ до вторника, 1 декабря\nВыберите сумму или напишите другую, например «500»."
    )
    assert labels(turn) == [["350 ₽", "500 ₽"], ["1 000 ₽", "2 000 ₽"], ["Сколько платить"]]
    assert actions(turn)["350 ₽"] == "topup:35000"
    assert turn.waits == "topup"
    assert turn.effects == (Saw("a", "topup", {"own": 300_00, "overdue": 0, "to_pay": 350_00}),)


async def test_with_nothing_to_pay_it_is_offered_and_not_urged() -> None:
    turn = await Payer(own=1_000_00, services_=(service(),)).pays("пополнить")
    assert text(turn).splitlines() == [
        "Сейчас платить ничего не нужно",
        "Если хотите пополнить впрок, выберите сумму или напишите её, например «500».",
    ]
    assert labels(turn)[0][0] == "650 ₽", "the next fee"
    assert all(button.tone == "plain" for row in reply(turn).keyboard for button in row)


async def test_with_no_fee_known_round_sums() -> None:
    assert labels(await Payer(own=10_00).pays())[:2] == [["300 ₽", "500 ₽"], ["1 000 ₽", "2 000 ₽"]]


async def test_more_than_one_payment_may_be() -> None:
    late = (bill("1", 9, 20_000_00, date(2026, 10, 25)),)
    turn = await Payer(own=0, scheme=Scheme.CREDIT, bills_=late).pays()
    assert "За один раз можно внести до 15 000,00 ₽" in text(turn)
    assert labels(turn) == [["15 000 ₽"], ["Сколько платить"]]


async def test_less_than_one_payment_may_be() -> None:
    turn = await Payer(own=-50).pays()
    assert text(turn).startswith("К оплате 0,50 ₽ сегодня")
    assert labels(turn)[0][0] == "1 ₽"


@pytest.mark.parametrize(
    ("words", "kopecks"),
    [
        ("пополнить на 500", 500_00),
        ("пополнить счёт на 1,5 тыс", 1_500_00),
        ("положи 1 234,56 ₽ на интернет", 1_234_56),
        ("пополнить на пятьсот рублей", 500_00),
        ("хочу оплатить 99.90", 99_90),
        ("закинь 2к", 2_000_00),
        ("top up by 750", 750_00),
        ("quero pagar R$ 50,75", 50_75),
        ("положить на счёт 1 500 рублей пожалуйста", 1_500_00),
        ("пополнить счёт 4081700011 на 700", 700_00),
        ("положи полторы тысячи за 3 месяца", 1_500_00),
    ],
)
async def test_a_sum_in_the_question(words: str, kopecks: int) -> None:
    anna = Payer()
    await anna.pays(words)
    (code,) = anna.drawn
    assert isinstance(code, PaymentCode)
    assert code.amount_minor == kopecks


@pytest.mark.parametrize(
    ("words", "kopecks"), [("500", 500_00), ("1,5 тыс", 1_500_00), ("пятьсот", 500_00), ("15 000", 15_000_00)]
)
async def test_a_bare_sum_answers_the_screen(words: str, kopecks: int) -> None:
    anna = Payer()
    await anna.pays(words, waiting=True)
    assert [code.amount_minor for code in anna.drawn if isinstance(code, PaymentCode)] == [kopecks]


RANGE = "За один раз можно внести от 1,00 ₽ до 15 000,00 ₽. Напишите другую сумму."
KOPECKS = "После запятой в сумме только копейки, две цифры. Напишите сумму ещё раз, например «500» или «500,50»."
NO_SUM = "Не получилось прочитать сумму. Напишите её цифрами, например «500» или «1,5 тыс»."


@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("пополнить на 0", RANGE), ("пополнить на 0,00 руб", RANGE), ("пополнить на -500", RANGE),
        ("пополнить на −500", RANGE), ("пополнить на минус 500", RANGE), ("пополнить на 15000,01", RANGE),
        ("пополнить на 0,50", RANGE), ("пополнить на 99999999999999999999", RANGE),
        ("пополнить счёт 652100412734", RANGE), ("пополнить на 500,123", KOPECKS), ("пополнить на 1.2345", KOPECKS),
        ("пополнить на 5 10", NO_SUM), ("пополнить на 500 или 600", NO_SUM), ("пополнить на 1/2", NO_SUM),
    ],
)  # fmt: skip
async def test_sums_that_cannot_be(words: str, said: str, waiting: bool) -> None:
    anna = Payer()
    turn = await anna.pays(words.removeprefix("пополнить на ") if waiting else words, waiting=waiting)
    assert text(turn) == said
    assert turn.waits == "topup", "the question goes on waiting"
    assert not anna.drawn


@pytest.mark.parametrize("words", ["много", "сколько не жалко", "э", "да", "рублей", "не один раз"])
async def test_words_that_are_no_sum(words: str) -> None:
    turn = await Payer().pays(words, waiting=True)
    assert text(turn) == NO_SUM
    assert turn.waits == "topup"


@pytest.mark.parametrize(
    "words", ["баланс", "какой долг", "оператор", "нет", "меню", "за март", "с 1 по 15 октября", "спасибо"]
)
async def test_another_question_is_left_to_others(words: str) -> None:
    with pytest.raises(NotMine):
        await Payer().pays(words, waiting=True)


async def test_the_same_question_again_is_no_bad_sum() -> None:
    assert labels(await Payer().pays("пополнить", waiting=True))[0] == ["300 ₽", "500 ₽"]
    assert labels(await Payer().pays("пополнить ещё один раз"))[0] == ["300 ₽", "500 ₽"]


@pytest.mark.parametrize("argument", ["0", "-5", "99", "1500001", "9" * 12, "9" * 30, "x", "", "5.0", "٣٠٠"])
async def test_a_forged_button(argument: str) -> None:
    for name in ("topup", "invoice"):
        turn = await Payer(here=HERE).pays(action=f"{name}:{argument}")
        assert text(turn) in {RANGE, NO_SUM}
        assert not any(isinstance(effect, Place) for effect in turn.effects)


@given(st.text(max_size=60))
def test_any_text_is_survived(words: str) -> None:
    found = topup.sum_in(words)
    assert found is None or isinstance(found, str) or found > 0


@given(st.integers(1, 15_000_00), st.sampled_from(["пополнить на {}", "{} рублей", "положи {} ₽ на счёт", "{}р."]))
def test_a_written_sum_is_read_as_it_was_written(kopecks: int, words: str) -> None:
    assert topup.sum_in(words.format(f"{kopecks // 100},{kopecks % 100:02}")) == kopecks


# ── The ways to pay it ────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_screen_with_code_and_requisites() -> None:
    anna = Payer()
    turn = await anna.pays(action="topup:50000")
    assert text(turn) == (
        "Пополнить счёт …1234 на 500,00 ₽\n\n"
        "По QR-коду: в приложении банка выберите оплату по QR и наведите камеру на картинку или откройте её из"
        " галереи.\n\n"
        "По реквизитам, каждый в своей строке:\n"
        "Получатель: АО «Телесеть»\n"
        "ИНН: 7700000000\n"
        "КПП: 770001001\n"
        "Расчётный счёт: 40702810000000000001\n"
        "Банк: ПАО «Банк»\n"
        "БИК: 044525000\n"
        "Корреспондентский счёт: 30101810400000000000\n"
        "Назначение: Оплата услуг связи, л/с 100000001234\n"
        "Сумма: 500.00\n\n"
        "Такой перевод идёт до 3 дней.\n\n"
        "Нужна другая сумма? Просто напишите её."
    )
    assert reply(turn).picture is not None
    assert labels(turn) == [["Другая сумма", "Баланс"]]
    assert turn.waits == "topup"


async def test_the_picture_and_the_words_are_the_same_order() -> None:
    """What a bank reads from the code is what stands in the lines; the account number copies without odd spaces."""
    anna = Payer()
    turn = await anna.pays(action="topup:123456")
    (code,) = anna.drawn
    assert isinstance(code, PaymentCode)
    order = read_order(payment_order(code.payee, code.amount_minor, code.account_number, code.purpose))
    assert order["Sum"] == "123456"
    assert order["PersAcc"] == "100000001234"
    lines = dict(line.split(": ", 1) for line in text(turn).splitlines() if ": " in line)
    said = {
        "Name": "Получатель",
        "PersonalAcc": "Расчётный счёт",
        "BankName": "Банк",
        "BIC": "БИК",
        "CorrespAcc": "Корреспондентский счёт",
        "PayeeINN": "ИНН",
        "KPP": "КПП",
        "Purpose": "Назначение",
    }
    assert {key: lines[word] for key, word in said.items()} == {key: order[key] for key in said}
    assert lines["Сумма"] == "1234.56", "as it is copied into a form"
    assert re.search(r"л/с 100000001234$", lines["Назначение"])


async def test_nothing_is_said_of_a_picture_that_could_not_be_drawn() -> None:
    turn = await Facts(operator=BY_CODE).presses(topup.topup, "topup:50000")
    assert reply(turn).picture is None
    assert "QR" not in text(turn)
    assert "БИК: 044525000" in text(turn)


async def test_the_operators_own_purpose_and_a_bank_without_correspondent_account() -> None:
    bare = replace(PAYEE, corr_account="0", inn="", kpp="")
    anna = Payer(operator=replace(BY_CODE, payee=bare, purpose="Договор {account}"))
    said = text(await anna.pays(action="topup:50000"))
    assert "Назначение: Договор 100000001234" in said
    assert not re.search("ИНН|КПП|Корреспондентский", said)


async def test_everything_at_once() -> None:
    turn = await Payer(operator=EVERYTHING, here=HERE).pays(action="topup:50000")
    assert actions(turn) == {
        "Оплатить 500,00 ₽": "https://pay.example/?ls=100000001234&sum=500.00",
        "Оплатить здесь": "invoice:50000",
        "Другая сумма": "topup",
        "Баланс": "balance",
    }


async def test_a_page_alone() -> None:
    turn = await Payer(operator=BY_PAGE).pays(action="topup:50000")
    assert text(turn).splitlines()[0] == "Пополнить счёт …1234 на 500,00 ₽"
    assert "БИК" not in text(turn)
    assert "1000" not in text(turn), "the whole account number stands only where it must be typed into a bank's form"


async def test_no_button_for_a_sum_that_the_network_does_not_take() -> None:
    turn = await Payer(here=HERE).pays(action="topup:5000")
    assert "Оплатить здесь" not in actions(turn)
    assert "здесь" not in text(turn)


async def test_an_order_is_in_rubles_only() -> None:
    anna = Payer(operator=EVERYTHING)
    ask = replace(anna.ask(action="topup:50000"), draw=anna.draw)
    turn = await topup.topup(ask, replace(anna.the_account, currency="KZT"))
    assert not anna.drawn
    assert "БИК" not in text(turn)


async def test_no_way_at_all_is_said_with_the_phones() -> None:
    said = text(await Facts(own=-5_00, operator=OPERATOR).says(topup.topup, "пополнить на 500"))
    assert said.splitlines()[0].startswith("К оплате 5,00 ₽ сегодня")
    assert "телефон есть в Вашем договоре" in said
    phones = replace(OPERATOR, contacts=(Contact("Техподдержка", "8 800 100-00-00"),))
    assert "Техподдержка: 8 800 100-00-00" in text(await Facts(operator=phones).says(topup.topup, "пополнить"))


@pytest.mark.parametrize(
    ("language", "first", "purpose"),
    [
        ("en", "Top up account …1234 by 500.00 ₽", "Purpose: "),
        ("pt", "Recarregar 500,00 ₽ na conta …1234", "Finalidade: "),
    ],
)
async def test_in_other_languages_the_order_stays_the_banks(language: str, first: str, purpose: str) -> None:
    said = text(await Payer(language=language).pays(action="topup:50000"))
    assert said.splitlines()[0] == first
    assert f"{purpose}Оплата услуг связи, л/с 100000001234" in said


# ── In the chat itself ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_invoice_is_an_order_for_an_hour() -> None:
    turn = await Payer(here=HERE).pays(action="invoice:50000")
    made = reply(turn).invoice
    assert made is not None
    assert (made.payload, made.amount, made.currency) == ("t", 500_00, "RUB")
    assert made.title == "Пополнение счёта …1234"
    assert len(made.title) <= 32
    placed = Place("t", 1, 500_00, "RUB", NOON + timedelta(hours=1))
    assert turn.effects == (placed, Saw("a", "invoice", {"amount": 500_00}))


async def test_no_invoice_where_the_network_takes_no_payments() -> None:
    turn = await Payer().pays(action="invoice:50000")
    assert reply(turn).invoice is None
    assert not any(isinstance(effect, Place) for effect in turn.effects)
    assert text(turn).startswith("Пополнить счёт …1234 на 500,00 ₽")


class Kept:
    """The orders that storage knows."""

    def __init__(self, *orders: Order) -> None:
        self.orders = self
        self._kept = {order.token: order for order in orders}

    async def order(self, token: str) -> Order | None:
        return self._kept.get(token)


ORDER = Order(1, "t", "a", 500_00, "RUB", NOON + timedelta(minutes=30))


async def asked(asked_: Checkout, order: Order | None = ORDER, now: datetime = NOON, **facts: Any) -> Turn:
    anna = Payer(now=now, **facts)
    ask = anna.ask()
    incoming = replace(ask.incoming, checkout=asked_, press=asked_.id)
    return await routes.answer(replace(ask, incoming=incoming, storage=cast("Any", Kept(*([order] if order else [])))))


async def test_an_order_may_be_paid() -> None:
    answer = reply(await asked(Checkout("c1", "t", 500_00, "RUB")))
    assert (answer.approves, answer.answers) == (True, "c1")


@pytest.mark.parametrize(
    ("checkout", "order", "now", "why"),
    [
        (Checkout("c", "other", 500_00, "RUB"), ORDER, NOON, "не найден"),
        (Checkout("c", "t", 500_00, "RUB"), None, NOON, "не найден"),
        (Checkout("c", "t", 500_00, "RUB"), replace(ORDER, account=""), NOON, "не найден"),
        (Checkout("c", "t", 500_00, "RUB"), ORDER, NOON + timedelta(minutes=30), "уже не действует"),
        (Checkout("c", "t", 500_00, "RUB"), replace(ORDER, charge="x", paid_at=NOON), NOON, "уже оплачен"),
        (Checkout("c", "t", 499_99, "RUB"), ORDER, NOON, "не сходится"),
        (Checkout("c", "t", 500_00, "USD"), ORDER, NOON, "не сходится"),
    ],
)
async def test_an_order_that_may_not(checkout: Checkout, order: Order | None, now: datetime, why: str) -> None:
    turn = await asked(checkout, order, now)
    assert reply(turn).approves is False
    assert reply(turn).answers == "c"
    assert why in text(turn)
    assert not turn.effects


class Closed(Payer):
    async def account(self, account: str) -> Account:
        return replace(self.the_account, open=False)


class Vanished(Payer):
    async def account(self, account: str) -> Account:
        raise Gone


@pytest.mark.parametrize("house", [Closed, Vanished])
async def test_nobody_pays_into_a_closed_account(house: type[Payer]) -> None:
    ask = house().ask()
    checkout = Checkout("c", "t", 500_00, "RUB")
    incoming = replace(ask.incoming, checkout=checkout, press="c")
    turn = await routes.answer(replace(ask, incoming=incoming, storage=cast("Any", Kept(ORDER))))
    assert reply(turn).approves is False
    assert "закрыт" in text(turn)


@pytest.mark.parametrize("failing", ["unavailable", "broken", "unsupported"])
async def test_whatever_fails_the_network_hears_no(failing: str) -> None:
    ask = Payer().ask()
    ask = replace(ask, incoming=replace(ask.incoming, checkout=Checkout("c", "t", 1, "RUB"), press="c"))
    turn = routes.unsupported(ask) if failing == "unsupported" else getattr(routes, failing)(ask, "ABC123")
    assert (reply(turn).approves, reply(turn).answers) == (False, "c")
    assert "деньги не списаны" in text(turn)


async def test_money_that_was_taken_is_kept_and_not_credited_here() -> None:
    ask = Payer().ask()
    receipt = Receipt("telegram:ch1", "t", 500_00, "RUB")
    turn = await routes.answer(replace(ask, incoming=replace(ask.incoming, receipt=receipt, sent_at=NOON)))
    assert Pay("t", "telegram:ch1", 500_00, "RUB", NOON) in turn.effects
    assert text(turn) == ("Платёж 500,00 ₽ получен, зачисляем его на счёт. Как только деньги поступят, я напишу.")
