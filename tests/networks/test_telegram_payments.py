"""Paying inside Telegram: an invoice, the question before money moves, the verdict in time, the receipt."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.base import Address, Invoice, Receipt, Rejected, Reply
from adapters.telegram import HookedTelegram, connect, parse
from sandbox.base import Fault
from sandbox.telegram import Telegram
from tests.clock import NOON
from tests.networks.test_telegram import Inbox, Stage, Time

INVOICE = Invoice("Услуги связи", "Лицевой счёт …1234", "К оплате", "t" * 22, 112_000, "RUB")
SHOWN = Reply("Счёт на 1 120,00 ₽ действует час", invoice=INVOICE)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    time = Time()
    sandbox = Telegram(clock=time, sleep=time.sleep)
    await sandbox.start()
    network = connect({**sandbox.settings(), "TELEGRAM_TIMEOUT": "5"})
    assert isinstance(network, HookedTelegram)
    network.sleep = time.sleep
    sandbox.chat_id("1")
    yield Stage(sandbox, network, Inbox(), time)
    await network.close()
    await sandbox.stop()
    assert sandbox.violations == ()


async def pays(stage: Stage) -> None:
    message = stage.sandbox.chat("1")[-1]
    await stage.sandbox.press("1", message.id, message.keys[0][0].label)


async def test_from_the_invoice_to_the_receipt(stage: Stage) -> None:
    assert stage.network.limits.invoices == (10_000, 50_000_000)
    async with stage.polled():
        await stage.send(SHOWN)
        words, invoice = stage.sandbox.chat("1")
        assert words.text == SHOWN.text
        assert invoice.text.splitlines() == ["Услуги связи", "Лицевой счёт …1234", "1120,00 ₽"]
        await pays(stage)
        (asked,) = await stage.inbox.first(1)
        checkout = asked.checkout
        assert checkout is not None
        assert (checkout.payload, checkout.amount, checkout.currency) == (INVOICE.payload, 112_000, "RUB")
        assert (asked.sender, asked.private, asked.press) == (stage.address(), True, checkout.id)
        assert stage.sandbox.paid == []
        await stage.send(Reply("да", answers=checkout.id, approves=True), key=2)
        (_, told) = await stage.inbox.first(2)
        assert told.receipt is not None
        assert replace(told.receipt, charge="") == Receipt("", INVOICE.payload, 112_000, "RUB")
        assert told.receipt.charge.startswith("telegram:tg-")
        assert stage.sandbox.paid == [(INVOICE.payload, 112_000)]
        assert stage.sandbox.settled("1")


async def test_no_is_said_with_its_reason_and_no_money_moves(stage: Stage) -> None:
    async with stage.polled():
        await stage.send(SHOWN)
        await pays(stage)
        (asked,) = await stage.inbox.first(1)
        await stage.send(Reply("Этот счёт уже недействителен", answers=asked.press, approves=False), key=2)
    assert stage.sandbox.chat("1")[-1].text == "Этот счёт уже недействителен"
    assert stage.sandbox.paid == []


async def test_a_verdict_that_comes_too_late_is_no_failure(stage: Stage) -> None:
    async with stage.polled():
        await stage.send(SHOWN)
        await pays(stage)
        (asked,) = await stage.inbox.first(1)
        stage.time.now += 11
        assert await stage.send(Reply("да", answers=asked.press, approves=True), key=2) == ""
        assert await stage.send(Reply("да", approves=True), key=3) == ""  # delivery has taken the handle away
    assert stage.sandbox.paid == []


async def test_an_invoice_that_failed_does_not_repeat_its_words(stage: Stage) -> None:
    await stage.send(Reply("до этого"), key=1)
    stage.sandbox.fail(Fault.THROTTLED)
    with pytest.raises(Exception, match="429"):
        await stage.send(SHOWN, key=2)
    await stage.send(SHOWN, key=2)
    assert [m.text.splitlines()[0] for m in stage.sandbox.chat("1")] == ["до этого", SHOWN.text, "Услуги связи"]


async def test_money_of_one_invoice_moves_once(stage: Stage) -> None:
    async with stage.polled():
        await stage.send(SHOWN)
        await pays(stage)
        await pays(stage)
        first, second = await stage.inbox.first(2)
        for number, asked in enumerate((first, second)):
            await stage.send(Reply("да", answers=asked.press, approves=True), key=10 + number)
    assert stage.sandbox.paid == [(INVOICE.payload, 112_000)]


@pytest.mark.parametrize("invoice", [replace(INVOICE, payload="т" * 65), replace(INVOICE, amount=100)])
async def test_what_no_network_takes(stage: Stage, invoice: Invoice) -> None:
    with pytest.raises((ValueError, Rejected)):
        await stage.send(Reply("счёт", invoice=invoice))
    stage.sandbox._screens.violations.clear()


async def test_long_titles_are_cut_to_what_is_shown(stage: Stage) -> None:
    await stage.send(Reply("счёт", invoice=replace(INVOICE, title="т" * 100, about="о" * 999)))
    assert [len(line) for line in stage.sandbox.chat("1")[-1].text.splitlines()[:2]] == [32, 255]


@pytest.mark.parametrize(
    "body",
    [
        b'{"update_id": 1, "pre_checkout_query": {"id": "1", "from": {"id": 5}, "currency": "RUB"}}',
        b'{"update_id": 1, "pre_checkout_query": {"id": "1", "from": {"id": 5}, "currency": "RUB",'
        b' "total_amount": -5, "invoice_payload": "x"}}',
        b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": 5, "type": "private"}, "date": 1,'
        b' "from": {"id": 5}, "successful_payment": {"currency": "RUB"}}}',
    ],
)
def test_a_payment_that_cannot_be_read_is_kept_aside(body: bytes) -> None:
    assert parse(body, NOON).unreadable == (body,)


@pytest.mark.parametrize("sums", ["", "100", "0-5", "500-100", "a-b", "1-99999999"])
def test_sums_are_checked(sums: str) -> None:
    values: dict[str, Any] = {"TELEGRAM_TOKEN": "1:a", "TELEGRAM_PAYMENT_TOKEN": "p", "TELEGRAM_PAYMENT_SUMS": sums}
    if sums:
        with pytest.raises(ValueError, match="TELEGRAM_PAYMENT_SUMS"):
            connect(values)
    else:
        assert connect(values).limits.invoices == (10_000, 50_000_000)


def test_without_a_provider_nobody_pays_here() -> None:
    assert connect({"TELEGRAM_TOKEN": "1:a"}).limits.invoices is None


def test_the_address_of_a_checkout_is_the_persons_own_chat() -> None:
    body = (
        b'{"update_id": 7, "pre_checkout_query": {"id": "q", "from": {"id": 55, "first_name": "A"}, "currency": "RUB",'
        b' "total_amount": 500, "invoice_payload": "x"}}'
    )
    (event,) = parse(body, NOON).events
    assert event.sender == Address("telegram", "55")
