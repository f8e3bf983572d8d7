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
from structlog.testing import capture_logs

from billing import guard as module
from billing import upstream
from billing.base import (
    LARGEST,
    Billing,
    Capability,
    Changes,
    Facts,
    Federated,
    Funds,
    Gone,
    Happening,
    Hinted,
    Money,
    Offer,
    Period,
    Refusal,
    Refused,
    Remembering,
    Remote,
    Sign,
    SignIn,
    Snapshot,
    Source,
    Subject,
    Unavailable,
    Unsupported,
    facts_of,
)
from billing.guard import Breaker, guard
from tests.billing.books import (
    NOW,
    TODAY,
    account,
    balance,
    bill,
    bonus,
    call,
    charge,
    delivery,
    details,
    notice,
    outage,
    payment,
    reach,
    rub,
    service,
    usage,
)

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
SECRET = "Иван Петров, л/с 652100412734, 350.00"


class Said:
    """A billing that says what the test puts in its mouth; an exception is raised, a callable is awaited."""

    def __init__(self, **answers: Any) -> None:
        self.name = "said"
        self.can = frozenset(Capability)
        self.keeps_days = None
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
    return guard(said, **{"limit_seconds": 5, "now": lambda: NOW, **more})  # type: ignore[arg-type]


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
        "opening": lambda: billing.opening("a", NOVEMBER.first),
        "details": lambda: billing.details("a", "s"),
        "usage": lambda: billing.usage("a", "s", NOVEMBER),
        "calls": lambda: billing.calls("a", "s", NOVEMBER),
        "reaches": lambda: billing.reaches("a"),
        "deliveries": lambda: billing.deliveries("a"),
        "deliver": lambda: billing.deliver("a", "s", None),
        "offer": lambda: billing.offer("a"),
        "promise": lambda: billing.promise("a", "1"),
        "outages": lambda: billing.outages("a"),
        "notices": lambda: billing.notices("r"),
        "bonus": lambda: billing.bonus("a"),
        "credit": lambda: billing.credit("a", rub(1), "m", NOW, "k"),
        "changes": lambda: billing.changes(None, 10),
    }


def offer(amount: float = 300, fee: float = 0, of: str = "a", refusal: Refusal | None = None) -> Offer:
    return Offer(of, "1", rub(amount), rub(fee), date(2026, 11, 27), refusal)


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
        "opening": rub(-5),
        "details": details(),
        "usage": (usage(date(2026, 11, 2)),),
        "calls": (call(NOW, "1"),),
        "reaches": (reach(),),
        "deliveries": (delivery(None), delivery()),
        "deliver": None,
        "offer": offer(),
        "promise": balance(5, promised=rub(1)),
        "outages": (outage(),),
        "notices": (notice("1", "r"), notice("2")),
        "bonus": bonus(),
        "credit": None,
        "changes": Changes((Funds("a", rub(5)),), "1", False),
    }
    assert sorted(good) == ALL
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


@pytest.mark.parametrize("error", [Gone("x"), Unsupported("x"), Unavailable("x"), SignIn("x")])
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


async def test_records_of_other_accounts_and_services_are_dropped() -> None:
    day, other = date(2026, 11, 2), details("s", "z")
    mixed = replace(details(), options=(*details().options, *other.options, *details("t").options))
    said = Said(
        details=mixed,
        usage=(usage(day), usage(day, of="z"), usage(day, service="t"), usage(date(2026, 10, 31))),
        calls=(call(NOW, "1"), call(NOW, "2", of="z"), call(NOW, "3", "t"), call(NOW - timedelta(days=60), "4")),
        reaches=(reach(), reach(of="z")),
        deliveries=(delivery(), delivery(of="z")),
        outages=(outage(), outage("2", "z")),
        notices=(notice("1", "r"), notice("2", "elsewhere"), notice("3")),
    )
    billing = guarded(said)
    assert await billing.details("a", "s") == details()
    assert await billing.usage("a", "s", NOVEMBER) == (usage(day),)
    assert [c.id for c in await billing.calls("a", "s", NOVEMBER)] == ["1"]
    assert await billing.reaches("a") == (reach(),)
    assert await billing.deliveries("a") == (delivery(),)
    assert await billing.outages("a") == (outage(),)
    assert [n.id for n in await billing.notices("r")] == ["1", "3"]


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("details", details("s", "z")),
        ("details", details("t")),
        ("offer", offer(of="z")),
        ("promise", balance(5, "z")),
        ("promise", Refused(offer(of="z", refusal=Refusal.DEBT))),
        ("bonus", bonus(of="z")),
    ],
)
async def test_what_is_told_of_another_account_or_service_is_not_shown(operation: str, answer: Any) -> None:
    with pytest.raises(Unavailable):
        await questions(guarded(Said(**{operation: answer})))[operation]()


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("opening", Money(LARGEST + 1)),
        ("opening", Money(0.5)),  # type: ignore[arg-type]
        ("usage", (usage(date(2026, 11, 2), -1),)),
        ("usage", (usage(date(2026, 11, 2), count=-1),)),
        ("usage", (usage(date(2026, 11, 2), 10**19),)),
        ("calls", (call(NOW, "1", seconds=-1),)),
        ("calls", (call(NOW.replace(tzinfo=None), "1"),)),
        ("offer", offer(-1)),
        ("offer", offer(0)),
        ("offer", offer(5, -1)),
        ("offer", replace(offer(), id="o" * 41)),
        ("offer", replace(offer(), id="o:1")),
        ("offer", offer(-1, refusal=Refusal.DEBT)),
        ("offer", replace(offer(), fee=Money(LARGEST + 1))),
        ("promise", Refused(offer(-1, refusal=Refusal.DEBT))),
        ("promise", balance(0, promised=Money(LARGEST + 1))),
        ("promise", balance(0, promised=rub(-1))),
        ("balance", balance(0, promised=rub(-1))),
        ("outages", (outage(since=NOW.replace(tzinfo=None)),)),
        ("bonus", bonus(-1)),
        ("bonus", bonus(10**30)),
    ],
)
async def test_what_cannot_be_true_is_not_shown(operation: str, answer: Any) -> None:
    with pytest.raises(Unavailable):
        await questions(guarded(Said(**{operation: answer})))[operation]()


async def test_a_sum_in_another_currency_is_not_shown() -> None:
    rubles = charge(5, NOW, "c1")
    said = Said(charges=(rubles, replace(rubles, amount=Money(5_00, "USD"))))
    asked = guarded(said)
    await asked.account("a")
    with pytest.raises(Unavailable, match="another currency"):
        await asked.charges("a", NOVEMBER)
    said.answers["charges"] = (rubles,)
    assert await asked.charges("a", NOVEMBER) == (rubles,)


async def test_one_mad_notice_does_not_hide_the_others() -> None:
    mad = notice("mad", "r", NOW.replace(tzinfo=None))
    assert await guarded(Said(notices=(mad, notice("1")))).notices("r") == (notice("1"),)


@pytest.mark.parametrize(
    "refusal", [offer(0, refusal=Refusal.NEEDLESS), offer(500, 10, refusal=Refusal.RECENT), offer(9)]
)
async def test_a_refusal_passes_as_it_is_and_is_no_failure(refusal: Offer) -> None:
    said = Said(promise=Refused(refusal), offer=refusal)
    billing = guarded(said, failures=1)
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            await billing.promise("a", "1")
        assert caught.value.offer == refusal
    assert await billing.offer("a") == refusal


# What is remembered


def telling(own: float, of: str = "a", **more: Any) -> Facts:
    return Facts(account(of, **more), balance(own, of), (), (service(of=of),))


def remembering(billing: Billing) -> Remembering:
    assert isinstance(billing, Remembering)
    return billing


@pytest.mark.parametrize(
    ("said", "comes"),
    [(rub(5), rub(5)), (rub(0), rub(0)), (None, None), (rub(-1), None), (Money(5, "USD"), None)]
    + [(Money(minor), None) for minor in (LARGEST + 1, 5.5, float("nan"))],  # type: ignore[arg-type,list-item]
)
async def test_an_incredible_spending_spoils_the_forecast_and_nothing_else(
    said: Money | None, comes: Money | None
) -> None:
    facts = Facts(account("a"), balance(5, "a"), (), (service(5, of="a"),), said)
    assert await facts_of(guarded(Said(facts=facts)), "a") == replace(facts, spending=comes)


async def test_the_last_whole_facts_are_remembered_for_a_day() -> None:
    said, clock = Said(facts=telling(5)), Seconds()
    billing = guarded(said, clock=clock)
    assert remembering(billing).known("a") is None
    for own in (5, 7):
        said.answers["facts"] = telling(own)
        await facts_of(billing, "a")
        clock.now += 100
    for silence in (RuntimeError(), Unavailable()):
        said.answers["facts"] = silence
        with pytest.raises(Unavailable):
            await facts_of(billing, "a")
        assert remembering(billing).known("a") == telling(7)
    assert remembering(billing).known("z") is None
    clock.now = 100 + module.KEPT_SECONDS
    assert remembering(billing).known("a") == telling(7)
    clock.now += 1
    assert remembering(billing).known("a") is None


class Parts(Said):
    """A billing without a snapshot: the facts are four answers."""

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        if operation == "facts":
            raise AttributeError(operation)
        return super().__getattr__(operation)


async def test_facts_in_parts_are_remembered_only_whole() -> None:
    said = Parts(balance=balance(5), bills=(), services=RuntimeError())
    billing = guarded(said)
    with pytest.raises(Unavailable):
        await facts_of(billing, "a", account())
    assert await billing.balance("a") == balance(5)
    assert remembering(billing).known("a") is None
    said.answers["services"] = (service(of="z"), service())
    found = await facts_of(billing, "a", account())
    assert found.services == (service(),)
    assert remembering(billing).known("a") == found


async def test_what_is_not_credible_is_not_remembered() -> None:
    said = Said(facts=telling(5))
    billing = guarded(said)
    await facts_of(billing, "a")
    for lie in (telling(6, "z"), replace(telling(6), balance=balance(6, "z")), telling(1e12)):
        said.answers["facts"] = lie
        with pytest.raises(Unavailable):
            await facts_of(billing, "a")
    assert remembering(billing).known("a") == telling(5)
    assert remembering(billing).known("z") is None


@pytest.mark.parametrize("question", ["account", "facts"])
async def test_an_account_that_is_gone_is_forgotten(question: str) -> None:
    said = Said(facts=telling(5))
    billing = guarded(said)
    await facts_of(billing, "a")
    said.answers[question] = Gone()
    with pytest.raises(Gone):
        await (billing.account("a") if question == "account" else facts_of(billing, "a"))
    assert remembering(billing).known("a") is None


async def test_only_the_newest_accounts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    said = Said()
    billing = guarded(said)
    for id in ("a", "b", "a", "c"):
        said.answers["facts"] = telling(1, id)
        await facts_of(billing, id)
    assert [remembering(billing).known(id) is not None for id in "abc"] == [True, False, True]


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


async def test_what_the_feed_tells_comes_through_whole() -> None:
    told = Changes(
        (
            Funds(
                "a", rub(5), "Asia/Omsk", TODAY, TODAY, TODAY, TODAY - timedelta(days=366), TODAY + timedelta(days=366)
            ),
        ),
        "7",
        True,
        (
            Happening("bill:1", Sign.BILL, NOW, "1", "a", amount=rub(5), day=TODAY),
            Happening("outage:1", Sign.OUTAGE, NOW + timedelta(hours=23), "1", region="Омская область"),
        ),
        NOW,
    )
    assert await guarded(Said(changes=told)).changes(None, 10) == told


async def test_a_day_more_than_a_year_off_is_not_believed_and_the_rest_is() -> None:
    was = dropped("changes", "a day far off")
    mad = (TODAY + timedelta(days=367), TODAY - timedelta(days=367), date.max, date.min, NOW)
    funds = Funds("a", rub(5), "Asia/Omsk", *mad)
    bill_ = Happening("bill:1", Sign.BILL, NOW, "1", "a", day=date.max)
    page = await guarded(Said(changes=Changes((funds,), "7", False, (bill_,)))).changes(None, 10)
    assert page.funds == (Funds("a", rub(5), "Asia/Omsk"),)
    assert page.happened == (replace(bill_, day=None),)
    assert dropped("changes", "a day far off") - was == 6


PAID = Happening("paid:1", Sign.PAID, NOW, "1", "a", amount=rub(5))


@pytest.mark.parametrize(
    ("strange", "why"),
    [
        (replace(PAID, id=""), "a strange id"),
        (replace(PAID, id="x" * 65), "a strange id"),
        (replace(PAID, id="счёт"), "a strange id"),
        (replace(PAID, about="x" * 201), "a strange id"),
        (replace(PAID, service="x" * 201), "a strange id"),
        (replace(PAID, account="x" * 201), "absurd"),
        (replace(PAID, amount=Money(LARGEST + 1)), "absurd"),
        (replace(PAID, amount=Money(5.5)), "absurd"),  # type: ignore[arg-type]
        (replace(PAID, amount=Money(float("nan"))), "absurd"),  # type: ignore[arg-type]
        (replace(PAID, amount=rub(0)), "absurd"),
        (replace(PAID, amount=rub(-5)), "absurd"),
        (replace(PAID, amount=None), "absurd"),
        (replace(PAID, at=NOW + timedelta(days=1, seconds=1)), "absurd"),
        (replace(PAID, at=NOW.replace(tzinfo=None)), "absurd"),
        (replace(PAID, account=""), "nobody's"),  # it would be everybody's
        (replace(PAID, amount=Money(500, "USD")), "another currency"),
    ],
)
async def test_what_cannot_have_happened_is_left_out_and_counted(strange: Happening, why: str) -> None:
    billing = guarded(Said(accounts=(account(),), changes=Changes((), "7", False, (strange, PAID))))
    await billing.account("a")
    was = dropped("changes", why)
    assert (await billing.changes(None, 10)).happened == (PAID,)
    assert dropped("changes", why) - was == 1


async def test_funds_in_another_currency_than_the_accounts_are_left_out() -> None:
    told = Changes((Funds("a", Money(5, "USD")), Funds("b", Money(5, "USD"))), "7", False)
    billing = guarded(Said(accounts=(account(),), changes=told))
    await billing.account("a")
    assert [f.account for f in (await billing.changes(None, 10)).funds] == ["b"]


async def test_a_feed_of_no_known_time_is_not_believed() -> None:
    with pytest.raises(Unavailable):
        await guarded(Said(changes=Changes((), "7", False, (), NOW.replace(tzinfo=None)))).changes(None, 10)


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


@pytest.mark.parametrize(
    "answer", [balance(5, "z"), upstream.Unreadable("no sum"), upstream.Refusal("GET balance", 400, "23")]
)
async def test_lies_about_one_customer_do_not_shut_out_the_others(answer: Any) -> None:
    said = Said(balance=answer)
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


# ── What else a billing promises ──────────────────────────────────────────────────────────────────────────────────

DOOR = "https://id.example/authorize?client_id=saldo&state=a%20b"


class Far:
    """A billing elsewhere, that says what the test puts in its mouth."""

    def __init__(self, **answers: Any) -> None:
        self.name, self.can, self.keeps_days = "far", frozenset(Capability), None
        self.said = {"door": DOOR, "enter": Subject("p"), "reach": "200 in 12 ms", "hint": frozenset({"a"}), **answers}

    def tell(self, what: str) -> Any:
        answer = self.said.get(what)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def balance(self, account: str) -> Any:
        return self.tell("balance") or balance()

    path = "5ecre7"

    async def door(self, *_: str) -> Any:
        return self.tell("door")

    async def enter(self, *_: str) -> Any:
        return self.tell("enter")

    def sources(self) -> tuple[Source, ...]:
        return (Source("account", "https://key:secret@api.example/tmf?token=secret#secret", frozenset()),)

    async def reach(self, source: str) -> Any:
        return self.tell(f"reach {source}") or self.tell("reach")

    def wants(self, capability: Capability) -> str:
        return f"TMF_{capability.value}"

    def hint(self, body: bytes) -> Any:
        return self.tell("hint")

    async def subscribe(self, callback: str) -> Any:
        return self.tell("subscribe")


def far(**answers: Any) -> Any:
    return guard(Far(**answers), limit_seconds=5, now=lambda: NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("promise", [Federated, Remote, Hinted, Snapshot])
def test_a_guarded_billing_promises_what_the_bare_one_does(promise: Any) -> None:
    class Plain:
        name, can, keeps_days = "plain", frozenset[Capability](), None

    assert isinstance(far(), promise) == isinstance(Far(), promise)
    assert not isinstance(guard(Plain(), limit_seconds=5), promise)  # type: ignore[arg-type]


async def test_what_is_credible_of_them_comes_through() -> None:
    billing = far()
    assert await billing.door("b", "s", "n", "v") == DOOR
    assert await billing.enter("c", "b", "n", "v") == Subject("p")
    assert await far(enter=None).enter("c", "b", "n", "v") is None
    assert await billing.reach("account") == "200 in 12 ms"
    assert [one.url for one in billing.sources()] == ["https://api.example/tmf"], "nothing secret is in an address"
    assert billing.wants(Capability.BILLS) == "TMF_bills"
    assert billing.path == "5ecre7"
    assert billing.hint(b"") == {"a"}
    await billing.subscribe("https://saldo.example/hint/5ecre7")


@pytest.mark.parametrize(
    "door",
    ["", "javascript:alert(1)", "//id.example/", "https://", "https://id.example/ x", "https://id.example/\r\nX: 1",
     "https://id.example/'\"<b>", "https://id.example/" + "x" * 9000, "ftp://id.example/"],
)  # fmt: skip
async def test_a_browser_is_sent_to_addresses_only(door: str) -> None:
    with pytest.raises(Unavailable):
        await far(door=door).door("b", "s", "n", "v")


@pytest.mark.parametrize("name", ["", "s" * 256, "a\nb", "a\x00"])
async def test_who_signed_in_has_a_name_that_can_be_one(name: str) -> None:
    with pytest.raises(Unavailable):
        await far(enter=Subject(name)).enter("c", "b", "n", "v")
    assert await far(enter=Subject("s" * 255)).enter("c", "b", "n", "v") is not None


async def test_a_silent_sign_in_takes_nobodys_balance_away() -> None:
    said = Far(door=Unavailable("test"))
    billing: Any = guard(said, limit_seconds=5, failures=2, clock=Seconds(), now=lambda: NOW)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(Unavailable):
            await billing.door("b", "s", "n", "v")
    said.said["door"] = DOOR
    with pytest.raises(Unavailable, match="pause"):
        await billing.door("b", "s", "n", "v")
    with pytest.raises(Unavailable, match="pause"):
        await billing.enter("c", "b", "n", "v")
    assert await billing.balance("a") == balance()
    said.said["balance"] = Unavailable("test")
    for _ in range(2):
        with pytest.raises(Unavailable, match="test"):
            await billing.balance("a")
    with pytest.raises(Unavailable, match="pause"):
        await billing.balance("a")
    said.said["reach bill"] = Unavailable("test")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await billing.reach("bill")
    assert await billing.reach("account") == "200 in 12 ms", "each address by itself"


@pytest.mark.parametrize("what", ["door", "enter", "reach", "subscribe"])
async def test_their_faults_say_nothing(what: str) -> None:
    billing = far(**{what: RuntimeError(SECRET)})
    ask = {
        "door": lambda: billing.door("b", "s", "n", "v"),
        "enter": lambda: billing.enter("c", "b", "n", "v"),
        "reach": lambda: billing.reach("account"),
        "subscribe": lambda: billing.subscribe("u"),
    }[what]
    with capture_logs() as logs, pytest.raises(Unavailable) as caught:
        await ask()
    assert "Петров" not in str(logs) + str(caught.value)


async def test_what_answered_is_one_line() -> None:
    assert await far(reach=" 200\n\n<html>\x00" + "x" * 999).reach("account") == ("200 <html> " + "x" * 999)[:200]


@pytest.mark.parametrize("hint", [RuntimeError(SECRET), frozenset({"", "a" * 201}), Unavailable("test")])
def test_a_hint_hurts_nobody(hint: Any) -> None:
    with capture_logs() as logs:
        assert far(hint=hint).hint(b"x") == frozenset()
    assert "Петров" not in str(logs)
