"""The guard: what a slow, broken or lying billing may not do to a dialogue."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from billing.base import (
    LARGEST,
    Billing,
    Capability,
    Changes,
    Facts,
    Funds,
    Gone,
    Money,
    Period,
    Subject,
    Unavailable,
    Unsupported,
    facts_of,
)
from billing.guard import Breaker, guard
from tests.billing.books import NOW, account, balance, bill, charge, payment, rub, service

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
SECRET = "Иван Петров, л/с 652100412734, 350.00"


class Said:
    """A billing that says what the test puts in its mouth; an exception is raised, a callable is awaited."""

    def __init__(self, **answers: Any) -> None:
        self.name = "said"
        self.can = frozenset(Capability)
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {"account": account(), "close": None, **answers}

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        async def answer(*_: object) -> Any:
            self.asked.append(operation)
            said = self.answers[operation]
            if isinstance(said, BaseException):
                raise said
            return await said() if callable(said) else said

        return answer


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def guarded(said: Said, **more: Any) -> Billing:
    return guard(said, **{"limit_seconds": 5, **more})  # type: ignore[arg-type]


def dropped(operation: str, why: str) -> float:
    labels = {"billing": "said", "operation": operation, "why": why}
    return REGISTRY.get_sample_value("saldo_billing_dropped_total", labels) or 0


def questions(billing: Billing) -> dict[str, Callable[[], Awaitable[Any]]]:
    return {
        "authenticate": lambda: billing.authenticate("login", "password"),
        "accounts": lambda: billing.accounts(Subject("c")),
        "account": lambda: billing.account("a"),
        "balance": lambda: billing.balance("a"),
        "bills": lambda: billing.bills("a"),
        "payments": lambda: billing.payments("a", NOVEMBER),
        "last_payment": lambda: billing.last_payment("a"),
        "charges": lambda: billing.charges("a", NOVEMBER),
        "services": lambda: billing.services("a"),
        "changes": lambda: billing.changes(None, 10),
    }


ALL = sorted(questions(Said()))  # type: ignore[arg-type]


async def test_a_good_answer_passes_as_it_is() -> None:
    good: dict[str, Any] = {
        "authenticate": Subject("c"),
        "accounts": (account(),),
        "account": account(),
        "balance": balance(5, promised=rub(1)),
        "bills": (bill(5, date(2026, 11, 25)),),
        "payments": (payment(5, NOW, "p"),),
        "last_payment": payment(5, NOW, "p"),
        "charges": (charge(-5, NOW, "c"),),
        "services": (service(None), service(5, balance=rub(-3))),
        "changes": Changes((Funds("a", rub(5)),), "1", False),
    }
    for operation, ask in questions(guarded(Said(**good))).items():
        assert await ask() == good[operation]


async def test_nothing_is_an_answer_too() -> None:
    billing = guarded(Said(authenticate=None, accounts=(), bills=(), payments=(), last_payment=None, services=()))
    assert await billing.authenticate("login", "password") is None
    assert await billing.last_payment("a") is None
    assert await billing.payments("a", NOVEMBER) == ()


@pytest.mark.parametrize("operation", ALL)
async def test_a_slow_answer_is_unavailable(operation: str) -> None:
    said = Said(**{operation: asyncio.Event().wait})
    with pytest.raises(Unavailable):
        await questions(guarded(said, limit_seconds=0))[operation]()


@pytest.mark.parametrize("operation", ALL)
@pytest.mark.parametrize("error", [RuntimeError(SECRET), KeyError(SECRET), ValueError(SECRET), TimeoutError(SECRET)])
async def test_an_unknown_error_is_unavailable_without_a_word_of_it(operation: str, error: Exception) -> None:
    with pytest.raises(Unavailable) as caught:
        await questions(guarded(Said(**{operation: error})))[operation]()
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("error", [Gone("x"), Unsupported("x"), Unavailable("x")])
async def test_a_billings_own_word_is_kept(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await guarded(Said(balance=error)).balance("a")
    assert caught.value is error


async def test_what_it_cannot_do_is_not_asked() -> None:
    said = Said()
    said.can = frozenset()
    for operation, ask in questions(guarded(said)).items():
        if operation not in {"authenticate", "accounts", "account"}:
            with pytest.raises(Unsupported):
                await ask()
    assert said.asked == []


async def test_a_single_value_of_another_account_is_not_shown() -> None:
    said = Said(account=account("z"), balance=balance(5, "z"), last_payment=payment(5, NOW, "p", "z"))
    billing = guarded(said)
    for ask in (billing.account, billing.balance, billing.last_payment):
        with pytest.raises(Unavailable):
            await ask("a")


async def test_facts_of_another_account_are_not_shown_and_its_records_are_dropped() -> None:
    for mixed in (Facts(account("a"), balance(5, "z"), (), ()), Facts(account("z"), balance(5, "a"), (), ())):
        with pytest.raises(Unavailable):
            await facts_of(guarded(Said(facts=mixed)), "a")
    foreign = service(of="z")
    found = await facts_of(guarded(Said(facts=Facts(account("a"), balance(5, "a"), (), (foreign,)))), "a")
    assert found == Facts(account("a"), balance(5, "a"), (), ())


async def test_records_of_another_account_or_another_day_are_dropped_and_counted() -> None:
    midnight = datetime(2026, 10, 31, 21, tzinfo=UTC)  # in Moscow, where the account is
    tick = timedelta(microseconds=1)
    times = {"late": midnight + timedelta(days=30), "last": midnight + timedelta(days=30) - tick}
    times |= {"first": midnight, "early": midnight - tick}
    said = Said(
        payments=(*(payment(5, at, id) for id, at in times.items()), payment(5, NOW, "z", "z")),
        charges=(*(charge(5, at, id) for id, at in times.items()), charge(5, NOW, "z", "z")),
        bills=(bill(5, date(2026, 11, 25)), bill(5, date(2026, 11, 25), "z", "z")),
        services=(service(5, of="z"),),
    )
    before = {(o, w): dropped(o, w) for o in ALL for w in ("another account", "another day")}
    billing = guarded(said)
    assert [p.id for p in await billing.payments("a", NOVEMBER)] == ["last", "first"]
    assert [c.id for c in await billing.charges("a", NOVEMBER)] == ["last", "first"]
    assert [b.id for b in await billing.bills("a")] == ["b"]
    assert await billing.services("a") == ()
    counted = {key: dropped(*key) - count for key, count in before.items() if dropped(*key) > count}
    assert counted == {
        ("payments", "another account"): 1,
        ("payments", "another day"): 2,
        ("charges", "another account"): 1,
        ("charges", "another day"): 2,
        ("bills", "another account"): 1,
        ("services", "another account"): 1,
    }
    assert said.asked.count("account") == 1  # the zone is remembered


@pytest.mark.parametrize("minor", [LARGEST + 1, -LARGEST - 1, 10**32, 5.0, float("nan"), True, None])
async def test_absurd_money_is_not_shown(minor: Any) -> None:
    mad = Money(minor)
    said = Said(
        balance=balance(own=0, promised=mad),
        bills=(replace(bill(5, date(2026, 11, 25)), remaining=mad),),
        payments=(replace(payment(5, NOW, "p"), amount=mad),),
        last_payment=replace(payment(5, NOW, "p"), amount=mad),
        charges=(replace(charge(5, NOW, "p"), amount=mad),),
        services=(service(5, balance=mad),),
        changes=Changes((Funds("a", mad), Funds("b", rub(1))), "1", False),
    )
    asks = questions(guarded(said))
    for operation in ("balance", "bills", "payments", "last_payment", "charges", "services"):
        with pytest.raises(Unavailable):
            await asks[operation]()
    assert (await asks["changes"]()).funds == (Funds("b", rub(1)),)


async def test_a_time_without_a_zone_and_an_unknown_zone_are_not_credible() -> None:
    naive = NOW.replace(tzinfo=None)
    billing = guarded(Said(balance=balance(5, as_of=naive), accounts=(account(zone="Narnia"),)))
    with pytest.raises(Unavailable):
        await billing.balance("a")
    with pytest.raises(Unavailable):
        await billing.accounts(Subject("c"))


async def test_a_feed_that_stands_still_is_stopped() -> None:
    billing = guarded(Said(changes=Changes((), "7", True)))
    with pytest.raises(Unavailable):
        await billing.changes("7", 10)


# The breaker


async def test_after_failures_it_is_given_a_pause_and_then_one_trial() -> None:
    said, clock = Said(balance=RuntimeError()), Seconds()
    billing = guarded(said, failures=3, pause_seconds=30, clock=clock)

    async def ask() -> Any:
        with pytest.raises(Unavailable):
            await billing.balance("a")

    for _ in range(3):
        await ask()
    assert len(said.asked) == 3
    for _ in range(5):
        await ask()
    clock.now = 29.9
    await ask()
    assert len(said.asked) == 3  # paused: nobody was asked
    clock.now = 30
    await ask()
    await ask()
    assert len(said.asked) == 4  # one trial, and it failed: a new pause
    clock.now = 60
    said.answers["balance"] = balance(5)
    assert await billing.balance("a") == balance(5)
    assert await billing.balance("a") == balance(5)
    said.answers["balance"] = RuntimeError()
    await ask()
    await ask()
    assert len(said.asked) == 8  # closed again: counting starts anew


async def test_answers_between_failures_keep_it_closed() -> None:
    said = Said(balance=RuntimeError(), services=Gone())
    billing = guarded(said, failures=2, clock=Seconds())
    for _ in range(5):
        with pytest.raises(Unavailable):
            await billing.balance("a")
        with pytest.raises(Gone):
            await billing.services("a")
    assert len(said.asked) == 10


async def test_lies_about_one_customer_do_not_shut_out_the_others() -> None:
    said = Said(balance=balance(5, "z"))
    billing = guarded(said, failures=2, clock=Seconds())
    for _ in range(5):
        with pytest.raises(Unavailable):
            await billing.balance("a")
    assert len(said.asked) == 5


async def test_while_the_trial_is_out_nobody_else_asks_and_a_cancelled_one_frees_it() -> None:
    said, clock = Said(balance=RuntimeError()), Seconds()
    billing = guarded(said, failures=1, pause_seconds=30, clock=clock)
    with pytest.raises(Unavailable):
        await billing.balance("a")
    clock.now = 30
    said.answers["balance"] = asyncio.Event().wait
    trial = asyncio.create_task(billing.balance("a"))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await billing.balance("a")
    assert len(said.asked) == 2
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    said.answers["balance"] = balance(5)
    assert await billing.balance("a") == balance(5)


@given(st.lists(st.sampled_from(["good", "bad", "gone", "wait"]), max_size=40))
def test_the_breaker_lets_through_only_what_it_promises(steps: list[str]) -> None:
    clock = Seconds()
    breaker = Breaker(3, 10, clock)
    running, opened = 0, None
    for step in steps:
        clock.now += 4 if step == "wait" else 0
        may = opened is None or clock.now - opened >= 10
        try:
            trial = breaker.ask()
        except Unavailable:
            assert not may
            continue
        assert may
        assert trial == (opened is not None)
        if step == "bad":
            breaker.failed(trial)
            running += 1
            opened = clock.now if trial or running >= 3 else None
        elif step == "gone":
            breaker.abandoned(trial)
        else:
            breaker.answered(trial)
            running, opened = 0, None
