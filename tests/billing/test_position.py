"""Position: one computation for every screen. The figures by example, then what must hold for any."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Bill, Funds, Kind, Money, Period, Scheme, Service, Status
from billing.position import (
    After,
    Because,
    Position,
    charged,
    daily_share,
    falls,
    fee_day,
    funds,
    lasts_until,
    month_end,
    next_fee_day,
    position,
    taken,
)
from tests.billing.books import TODAY, account, balance, bill, rub, service

FIRST = date(2026, 12, 1)
ADVANCE = account()
CREDIT = account(scheme=Scheme.CREDIT)


def advance(own: float, *services: Service, today: date = TODAY) -> Position:
    return position(ADVANCE, balance(own), (), services, today)


def credit(own: float, *bills: Bill, today: date = TODAY) -> Position:
    return position(CREDIT, balance(own), bills, (), today)


def lines(p: Position) -> list[tuple[Because, int]]:
    return [(line.because, line.amount.minor) for line in p.lines]


# Advance


def test_what_is_missing_for_the_next_fees_is_to_be_paid_by_their_day() -> None:
    p = advance(350, service(500, FIRST), service(290, FIRST, "tv"), service(99, FIRST + timedelta(days=9), "later"))
    assert (p.to_pay, p.pay_by, p.after) == (rub(440), FIRST, After.SUSPENDED)
    assert lines(p) == [(Because.FEE, 50000), (Because.FEE, 29000), (Because.OWN, -35000)]
    assert (p.overdue, p.lasts_until, p.available) == (rub(0), date(2026, 11, 30), rub(350))


def test_debt_is_counted_once() -> None:
    p = advance(-319.75, service(800, FIRST))
    assert (p.overdue, p.to_pay, p.pay_by, p.after) == (rub(319.75), rub(1119.75), TODAY, After.BLOCKED)
    assert p.lasts_until is None


def test_a_fee_of_today_is_still_to_be_taken() -> None:
    p = advance(350, service(500, TODAY))
    assert (p.to_pay, p.pay_by, p.lasts_until) == (rub(150), TODAY, None)
    p = advance(700, service(500, TODAY))
    assert (p.to_pay, p.pay_by, p.lasts_until) == (rub(0), None, date(2026, 12, 21))


def test_a_fee_whose_day_passed_was_not_taken_and_is_wanted_today() -> None:
    blocked = service(500, date(2026, 8, 1), status=Status.BLOCKED_DEBT)
    p = advance(200, blocked)
    assert (p.to_pay, p.pay_by) == (rub(300), TODAY)
    assert advance(600, blocked).lasts_until == date(2026, 11, 30)


def test_a_day_long_gone_or_far_ahead_is_unknown() -> None:
    for day in (date(2019, 8, 24), date(2937, 1, 1), None):
        p = advance(0, service(500, day))
        assert (p.to_pay, p.pay_by, p.lasts_until) == (rub(0), None, None)


def test_a_daily_fee_is_asked_for_to_the_end_of_the_month() -> None:
    p = advance(100, service(600, daily=True))
    assert (p.to_pay, p.pay_by, p.lasts_until) == (rub(60), date(2026, 11, 28), date(2026, 11, 27))
    assert p.lines[0].day == date(2026, 11, 30)
    assert advance(0, service(310, daily=True), today=date(2026, 11, 30)).to_pay == rub(310)


def test_a_daily_fee_beside_a_monthly_one_goes_up_to_its_day() -> None:
    p = advance(0, service(600, daily=True), service(500, date(2026, 11, 25), "m"))
    assert lines(p) == [(Because.FEE, 6000), (Because.FEE, 50000)]
    assert p.pay_by == date(2026, 11, 23)


def test_services_that_are_off_cost_nothing() -> None:
    off = [service(500, FIRST, s.value, status=s) for s in (Status.OFF, Status.SUSPENDED, Status.BLOCKED)]
    p = advance(10, *off)
    assert (p.to_pay, p.lasts_until, p.services) == (rub(0), None, tuple(off))


def test_an_unknown_fee_makes_the_forecast_unknown_but_not_the_sum() -> None:
    p = advance(350, service(500, FIRST), service(None, FIRST, "x"))
    assert (p.to_pay, p.lasts_until) == (rub(150), None)


def test_a_free_service_without_a_day_does_not_spoil_the_forecast() -> None:
    assert advance(350, service(500, FIRST), service(0, None, "x")).lasts_until == date(2026, 11, 30)


def test_bills_under_advance_are_paper_about_the_same_rubles() -> None:
    p = position(ADVANCE, balance(-100), (bill(100, date(2026, 11, 1)),), (), TODAY)
    assert (p.to_pay, p.overdue, p.issued, p.overdue_bills) == (rub(100), rub(100), rub(0), ())


# Credit


def test_overdue_and_issued_are_two_figures() -> None:
    p = credit(0, bill(700, date(2026, 11, 25), "new"), bill(300, date(2026, 10, 25), "old"))
    assert (p.overdue, p.overdue_since, p.issued, p.issued_due) == (
        rub(300),
        date(2026, 10, 26),
        rub(700),
        date(2026, 11, 25),
    )
    assert (p.to_pay, p.pay_by, p.after, p.available) == (rub(1000), TODAY, After.BLOCKED, rub(-300))
    assert [b.id for b in p.overdue_bills + p.issued_bills] == ["old", "new"]


def test_a_bill_is_not_debt_on_its_due_day_and_is_the_day_after() -> None:
    due = date(2026, 11, 25)
    on_the_day, after_it = credit(0, bill(700, due), today=due), credit(0, bill(700, due), today=due + timedelta(1))
    assert (on_the_day.overdue, on_the_day.pay_by, on_the_day.after) == (rub(0), due, After.OVERDUE)
    assert (after_it.overdue, after_it.pay_by) == (rub(700), due + timedelta(1))


def test_own_money_lowers_the_sum_and_not_the_debt() -> None:
    p = credit(200, bill(700, date(2026, 10, 25)))
    assert (p.to_pay, p.overdue, p.own) == (rub(500), rub(700), rub(200))
    p = credit(900, bill(700, date(2026, 10, 25)))
    assert (p.to_pay, p.pay_by, p.after) == (rub(0), None, After.NOTHING)


def test_own_money_without_bills_is_nothing_to_pay() -> None:
    for own in (500, 0, -500):
        p = credit(own)
        assert (p.to_pay, p.overdue, p.lines, p.pay_by, p.lasts_until) == (rub(0), rub(0), (), None, None)


def test_what_no_bill_names_yet_is_not_asked_for_twice() -> None:
    p = credit(-700, bill(700, date(2026, 11, 25)))
    assert (p.to_pay, lines(p)) == (rub(700), [(Because.ISSUED, 70000)])


# Any


def test_the_promised_payment_is_its_own_figure() -> None:
    until = date(2026, 11, 25)
    with_it = position(ADVANCE, balance(-100, promised=rub(300), promised_until=until), (), (), TODAY)
    without = position(ADVANCE, balance(-100), (), (), TODAY)
    assert (with_it.promised, with_it.promised_until) == (rub(300), until)
    assert replace(with_it, promised=None, promised_until=None) == without


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError):
        advance(0, replace(service(500, FIRST), fee=Money(100, "USD")))
    with pytest.raises(ValueError):
        position(account(currency="USD"), balance(5), (), (), TODAY)


days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
kopecks = st.integers(-200_000, 200_000)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date]:
    today = draw(days)
    near = st.integers(-70, 70).map(lambda n: today + timedelta(days=n))
    bills = tuple(
        Bill("a", str(n), str(n), Period(due, due), Money(left), Money(left), due, due)
        for n, (due, left) in enumerate(draw(st.lists(st.tuples(near, st.integers(0, 90_000)), max_size=4)))
    )
    services = tuple(
        Service("a", str(n), Kind.OTHER, "s", status, "", fee, day, daily)
        for n, (status, fee, day, daily) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(Status),
                        st.one_of(st.none(), st.integers(0, 90_000).map(Money)),
                        st.one_of(st.none(), near),
                        st.booleans(),
                    ),
                    max_size=4,
                )
            )
        )
    )
    return draw(st.sampled_from(Scheme)), draw(kopecks), bills, services, today


def at(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date],
    own: int | None = None,
    spending: int | None = None,
) -> Position:
    scheme, money, bills, services, today = world
    had = replace(balance(), own=Money(money if own is None else own))
    return position(account(scheme=scheme), had, bills, services, today, None if spending is None else Money(spending))


@given(worlds())
def test_the_lines_make_the_sum(world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date]) -> None:
    p = at(world)
    total = sum(line.amount.minor for line in p.lines)
    assert p.to_pay.minor == max(0, total)
    assert all(line.amount.minor > 0 or line.because is Because.OWN for line in p.lines)
    assert (p.pay_by is not None) == bool(p.to_pay) == (p.after is not After.NOTHING)
    assert p.pay_by is None or p.pay_by >= world[-1]


@given(worlds())
def test_paying_the_sum_leaves_no_debt(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date],
) -> None:
    scheme, own, bills, services, today = world
    p = at(world)
    if scheme is Scheme.ADVANCE:
        after = at(world, own + p.to_pay.minor)
        assert (after.to_pay.minor, after.overdue.minor) == (0, 0)
        fees = [line for line in p.lines if line.because is Because.FEE]
        assert after.lasts_until is None or not fees or after.lasts_until >= max(f.day for f in fees if f.day)
        return
    money, left = max(own, 0) + p.to_pay.minor, []
    for b in sorted(bills, key=lambda b: b.due):
        part = min(money, b.remaining.minor)
        money -= part
        left.append(replace(b, remaining=Money(b.remaining.minor - part)))
    settled = position(account(scheme=scheme), replace(balance(), own=Money(money)), tuple(left), services, today)
    assert (settled.overdue.minor, settled.issued.minor, settled.to_pay.minor) == (0, 0, 0)


@given(worlds(), st.integers(0, 100_000))
def test_more_money_never_raises_the_sum(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date], more: int
) -> None:
    poor, rich = at(world), at(world, world[1] + more)
    assert rich.to_pay <= poor.to_pay
    assert rich.overdue <= poor.overdue
    if poor.lasts_until and rich.lasts_until:
        assert rich.lasts_until >= poor.lasts_until


@given(worlds())
def test_lasts_until_is_today_or_later_and_within_a_year(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date],
) -> None:
    p = at(world)
    if p.lasts_until is not None:
        assert world[-1] <= p.lasts_until <= world[-1] + timedelta(days=366)
        if p.pay_by is not None:
            assert p.pay_by == p.lasts_until + timedelta(days=1)


def day_by_day(
    scheme: Scheme, own: int, services: tuple[Service, ...], today: date, spending: int = 0
) -> tuple[date | None, date | None]:
    """The first day that own money does not cover and the last one that it does, by looking at every single day."""
    left, paying = own, charged(services)
    covered: date | None = None
    for n in range(367):
        day = today + timedelta(days=n)
        left -= sum(taken(s, day, today) for s in paying) + (spending if n else 0)
        if left < 0:
            return day, covered
        covered = day
    return None, None


@given(worlds(), st.integers(0, 2_000_000))
def test_a_forecast_leaves_out_no_day(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date], own: int
) -> None:
    scheme, _, _, services, today = world
    short, covered = day_by_day(scheme, own, services, today)
    p = at(world, own)
    if scheme is Scheme.ADVANCE:
        last = next_fee_day(services, today)
        assert p.pay_by == (short if last is not None and short is not None and short <= last else None)
        known = all(s.fee is not None and (not s.fee or s.daily or fee_day(s, today)) for s in charged(services))
        assert p.lasts_until == (covered if known else None)


@given(worlds(), st.integers(0, 2_000_000), st.integers(0, 20_000))
def test_a_forecast_takes_the_spending_of_each_day_to_come(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date], own: int, spending: int
) -> None:
    _, _, _, services, today = world
    with_it = at((Scheme.ADVANCE, *world[1:]), own, spending)
    without = at((Scheme.ADVANCE, *world[1:]), own)
    assert replace(with_it, lasts_until=without.lasts_until) == without, "the forecast asks for nothing"
    if all(s.fee is not None and (not s.fee or s.daily or fee_day(s, today)) for s in charged(services)):
        works = any(s.status is Status.ACTIVE for s in services)
        _, covered = day_by_day(Scheme.ADVANCE, own, services, today, spending if works else 0)
        assert with_it.lasts_until == covered
    else:
        assert with_it.lasts_until is None


def test_what_an_average_day_takes_shortens_the_forecast_and_nothing_else() -> None:
    def stand(spending: Money | None, *services: Service) -> Position:
        return position(ADVANCE, balance(100), (), services, TODAY, spending)

    monthly = service(90, FIRST)
    assert stand(None, monthly).lasts_until == stand(rub(0), monthly).lasts_until == date(2026, 12, 31)
    assert stand(rub(0.5), monthly).lasts_until == date(2026, 12, 12)  # 9 days, the fee, 11 days
    for a_day, last in ((1.05, FIRST), (1.11, FIRST), (1.12, date(2026, 11, 30))):  # the day of the fee itself
        assert stand(rub(a_day), monthly).lasts_until == last
    assert stand(rub(50), monthly).lasts_until == date(2026, 11, 24)
    assert stand(rub(101), monthly).lasts_until == TODAY
    assert stand(rub(25), service(0, None)).lasts_until == date(2026, 11, 26)  # no fee at all
    assert stand(rub(25)).lasts_until is None  # no service, no spending
    assert stand(rub(25), replace(monthly, status=Status.BLOCKED_DEBT)).lasts_until == date(2026, 12, 31)
    assert stand(rub(-25), monthly).lasts_until == date(2026, 12, 31)
    with pytest.raises(ValueError):
        stand(Money(1, "USD"), monthly)


@pytest.mark.parametrize(
    ("own", "services", "day"),
    [
        (500, (service(500, FIRST),), None),  # covered
        (499, (service(500, FIRST),), FIRST),
        (499, (service(300, FIRST), service(200, FIRST, "b")), FIRST),
        (0, (service(500, FIRST), service(0, TODAY, "free")), FIRST),
        (100, (service(600, daily=True),), date(2026, 11, 28)),
        (-1, (service(500, FIRST),), FIRST),  # in debt: warned like everybody
        (-1, (service(500, date(2026, 11, 10)),), date(2026, 12, 10)),  # late: its next own day, not each day anew
        (-1, (service(500, date(2026, 10, 31)),), date(2026, 11, 30)),
        (-1, (service(600, daily=True),), None),
        (-1, (service(500, FIRST, status=Status.BLOCKED_DEBT),), None),  # it stands still already
        (0, (service(500, date(2026, 11, 1), status=Status.BLOCKED_DEBT),), None),
        (-1, (service(None, FIRST), service(500, None, "b"), service(500, date(2019, 1, 1), "c")), None),
        (0, (), None),
    ],
)
def test_the_next_fee_that_is_not_covered(own: float, services: tuple[Service, ...], day: date | None) -> None:
    assert advance(own, *services).fee_on == day
    assert position(CREDIT, balance(own), (), services, TODAY).fee_on is None


@given(worlds(), st.integers(1, 20))
def test_while_nothing_is_paid_the_day_of_the_fee_stands_still(
    world: tuple[Scheme, int, tuple[Bill, ...], tuple[Service, ...], date], later: int
) -> None:
    _, _, bills, services, today = world
    ahead = tuple(s for s in services if s.next_fee and s.next_fee >= today)
    before = at((Scheme.ADVANCE, -1, bills, ahead, today)).fee_on
    then = today + timedelta(days=later)
    if before is not None and then <= before:
        assert at((Scheme.ADVANCE, -1, bills, ahead, then)).fee_on == before


def test_the_watch_knows_what_the_screen_says() -> None:
    p = position(
        CREDIT,
        balance(10, promised=rub(300), promised_until=FIRST),
        (bill(700, date(2026, 11, 25), "new"), bill(300, date(2026, 10, 25), "old")),
        (service(500, FIRST),),
        TODAY,
    )
    assert funds(p) == Funds("a", rub(-290), "Europe/Moscow", None, None, date(2026, 11, 25), date(2026, 10, 26), FIRST)
    p = position(replace(ADVANCE, zone="Asia/Omsk"), balance(10), (), (service(310, FIRST),), TODAY)
    assert funds(p) == Funds("a", rub(10), "Asia/Omsk", date(2026, 11, 30), FIRST)


@pytest.mark.parametrize("own", [0, 1, 45_000, 14 * 45_000 - 1, 14 * 45_000, 10**9])
@pytest.mark.parametrize("daily", [False, True])
@pytest.mark.parametrize("ahead", [-20, 0, 1, 30, 366, 367])
def test_a_forecast_ends_after_a_year(own: int, daily: bool, ahead: int) -> None:
    one = replace(service(450, date(2027, 12, 31) + timedelta(days=ahead)), daily=daily)
    today = date(2027, 12, 31)
    _, covered = day_by_day(Scheme.ADVANCE, own, (one,), today)
    known = daily or fee_day(one, today)
    assert lasts_until(ADVANCE, Money(own), (one,), today) == (covered if known else None)


@given(st.integers(0, 10**9), days)
def test_the_days_of_a_month_add_up_to_the_fee(fee: int, day: date) -> None:
    month = [day.replace(day=n) for n in range(1, month_end(day).day + 1)]
    shares = [daily_share(fee, d) for d in month]
    assert sum(shares) == fee
    assert max(shares) - min(shares) <= 1


@given(days, st.integers(0, 800))
def test_a_monthly_fee_falls_once_a_month(first: date, ahead: int) -> None:
    month = month_end(first + timedelta(days=ahead)) + timedelta(days=1)
    assert sum(falls(first, month.replace(day=n)) for n in range(1, month_end(month).day + 1)) == 1


def test_a_fee_of_the_31st_falls_on_a_short_months_last_day() -> None:
    assert falls(date(2027, 1, 31), date(2027, 2, 28))
    assert falls(date(2028, 1, 31), date(2028, 2, 29))
    assert not falls(date(2027, 1, 31), date(2027, 3, 30))
    money = rub(1000)
    assert lasts_until(ADVANCE, money, (service(500, date(2027, 1, 31)),), date(2027, 1, 30)) == date(2027, 3, 30)
