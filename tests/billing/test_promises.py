"""What may be promised, and why not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Offer, Refusal, Scheme, Status
from billing.position import Position, position
from billing.promises import FREE, Rule, offer
from tests.billing.books import TODAY, account, balance, bill, rub, service

RULE = Rule(largest=500_00, fee=0, days=5, every=30, tenure=60)
OLD = date(2020, 1, 1)
SOON, LATER = TODAY + timedelta(days=5), TODAY + timedelta(days=6)


def stand(own: float, *services: Any, scheme: Scheme = Scheme.ADVANCE, **more: Any) -> Position:
    promised = more.pop("promised", None)
    owner = account(scheme=scheme, **({"since": OLD} | more))
    bills = (bill(300, TODAY - timedelta(days=9)),) if scheme is Scheme.CREDIT else ()
    return position(owner, balance(own, promised=promised), bills, services, TODAY)


def asked(where: Position, last: datetime | None = None, **terms: int) -> Offer:
    return offer(replace(RULE, **terms), where, last, TODAY)


@pytest.mark.parametrize(
    ("where", "amount"),
    [
        (stand(-319.75), 319.75),  # the debt, to the kopeck
        (stand(-500), 500),
        (stand(-300, service(100, LATER)), 300),  # a fee after the promise's end is not its business
        (stand(-300, service(100, SOON)), 400),
        (stand(-300, service(100, SOON, status=Status.SUSPENDED)), 300),
        (stand(-300, service(900, SOON)), 500),  # not more than may be promised
        (stand(20, service(100, SOON)), 80),
        (stand(0, service(100, TODAY)), 100),
        (stand(10, service(300, daily=True)), 40),  # ten a day, five days
    ],
)
def test_what_is_missing_is_promised(where: Position, amount: float) -> None:
    made = asked(where)
    assert (made.refusal, made.possible) == (None, None)
    assert (made.amount, made.fee, made.until) == (rub(amount), rub(0), SOON)
    assert made.account == "a"


def test_the_fee_is_promised_too() -> None:
    made = asked(stand(-300), fee=1_000)
    assert (made.amount, made.fee) == (rub(310), rub(10))
    assert asked(stand(-490.01), fee=1_000).refusal is Refusal.DEBT
    assert asked(stand(-490), fee=1_000).refusal is None


@pytest.mark.parametrize(
    ("where", "refusal"),
    [
        (stand(0, scheme=Scheme.CREDIT), Refusal.SCHEME),
        (stand(-300, promised=rub(1)), Refusal.OUTSTANDING),
        (stand(-900, promised=rub(1)), Refusal.OUTSTANDING),
        (stand(0), Refusal.NEEDLESS),
        (stand(100, service(100, SOON)), Refusal.NEEDLESS),
        (stand(0, service(100, LATER)), Refusal.NEEDLESS),
        (stand(0, service(None)), Refusal.NEEDLESS),
        (stand(0, since=TODAY), Refusal.NEEDLESS),
        (stand(-500.01), Refusal.DEBT),
        (stand(-500.01, since=TODAY), Refusal.DEBT),  # no day is named while the debt stands in the way
    ],
)
def test_a_refusal_that_no_day_helps(where: Position, refusal: Refusal) -> None:
    made = asked(where, datetime(2026, 11, 21, tzinfo=UTC))
    assert (made.refusal, made.possible) == (refusal, None)


def days(ago: int) -> date:
    return TODAY - timedelta(days=ago)


@pytest.mark.parametrize(
    ("since", "taken", "refusal", "possible"),
    [
        (days(60), None, None, None),
        (days(59), None, Refusal.NEWCOMER, TODAY + timedelta(days=1)),
        (TODAY, None, Refusal.NEWCOMER, TODAY + timedelta(days=60)),
        (None, None, None, None),  # nobody knows how old: old enough
        (OLD, days(30), None, None),
        (OLD, days(29), Refusal.RECENT, TODAY + timedelta(days=1)),
        (None, TODAY, Refusal.RECENT, TODAY + timedelta(days=30)),
        (days(50), days(10), Refusal.RECENT, TODAY + timedelta(days=20)),  # of two days the later one
        (days(10), days(9), Refusal.NEWCOMER, TODAY + timedelta(days=50)),
    ],
)
def test_a_refusal_that_time_helps(
    since: date | None, taken: date | None, refusal: Refusal | None, possible: date | None
) -> None:
    last = None if taken is None else datetime(taken.year, taken.month, taken.day, 9, tzinfo=UTC)
    made = asked(stand(-300, since=since), last)
    assert (made.refusal, made.possible) == (refusal, possible)
    if possible is not None and last is not None:
        then = stand(-300, since=since)
        assert offer(RULE, then, last, possible).refusal is None
        assert offer(RULE, then, last, possible - timedelta(days=1)).refusal is not None


def test_the_day_of_a_promise_is_the_accounts_own() -> None:
    taken = datetime(2026, 10, 23, 12, 30, tzinfo=UTC)  # the 24th on Kamchatka
    assert asked(stand(-300), taken).refusal is None
    assert asked(stand(-300, zone="Asia/Kamchatka"), taken).refusal is Refusal.RECENT


def test_an_id_names_the_occasion_and_its_terms() -> None:
    taken = datetime(2026, 1, 1, tzinfo=UTC)
    made = asked(stand(-300))
    assert made == asked(stand(-300))
    others = [
        asked(stand(-301)),
        asked(stand(-300), fee=1),
        asked(stand(-300), days=4),
        asked(stand(-300), taken),
        asked(stand(-300), taken + timedelta(microseconds=1)),
        asked(stand(-300, id="b")),
    ]
    assert len({made.id, *(other.id for other in others)}) == 7
    assert len(made.id) <= 40
    assert made.id.isascii()


@pytest.mark.parametrize("terms", [{"days": -1}, {"fee": -1}, {"fee": 500_00}, {"largest": 0}, {"every": -1}])
def test_terms_that_make_no_sense(terms: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        replace(RULE, **terms)


sums = st.integers(-2_000_00, 2_000_00)
offsets = st.integers(-40, 40)


@given(
    sums,
    st.lists(st.tuples(st.integers(0, 900_00), offsets, st.sampled_from(Status), st.booleans()), max_size=3),
    st.integers(0, 50_00),
    st.integers(0, 40),
)
def test_an_offer_covers_the_debt_and_paying_what_is_asked_pays_it_back(
    own: int, fees: list[tuple[int, int, Status, bool]], fee: int, term: int
) -> None:
    bought = tuple(
        service(sum_ / 100, TODAY + timedelta(days=day), str(n), status=status, daily=daily)
        for n, (sum_, day, status, daily) in enumerate(fees)
    )
    where = stand(own / 100, *bought)
    made = offer(replace(RULE, fee=fee, days=term), where, None, TODAY)
    assert 0 <= made.amount.minor <= RULE.largest
    if made.refusal is None:
        assert made.amount.minor > fee
        assert made.amount >= where.overdue + made.fee
        after = position(where.account, replace(balance(), own=where.own - made.fee), (), bought, TODAY)
        assert after.to_pay >= made.amount
    else:
        assert made.refusal in {Refusal.NEEDLESS, Refusal.DEBT}
        assert (made.refusal is Refusal.DEBT) == (where.overdue.minor + fee > RULE.largest)


def test_an_operator_who_sets_no_terms_charges_nothing() -> None:
    assert FREE.fee == 0
