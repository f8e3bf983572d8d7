"""What happened, in the feed: every deed of the operator's side that a customer may want to hear of, once."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from billing.base import Gone, Happening, Money, Notice, Option, Outage, Period, Scheme, Sign, Status
from billing.ledger import Database, Ledger
from billing.ledger_events import KEPT, event_row
from billing.ledger_tables import events, promises
from tests.billing.books import NOW, TODAY, account, balance, bill, book, rub, service
from tests.billing.conftest import Clock

FIRST = date(2026, 12, 1)
OMSK = "Омская область"
EVER = Period(date(2000, 1, 1), date(2099, 12, 31))


async def follow(ledger: Ledger, cursor: str | None, limit: int = 2) -> tuple[list[Happening], str]:
    """All that happened since the cursor, page by page."""
    found: list[Happening] = []
    while True:
        page = await ledger.changes(cursor, limit)
        assert len(page.happened) <= limit
        found += page.happened
        cursor = page.cursor
        if not page.more:
            return found, cursor


async def house(ledger: Ledger) -> str:
    """An account in debt with a stopped service, one that is billed, and one with a history; the feed's end."""
    old = replace(account("c"), since=date(2020, 1, 1), region=OMSK)
    await ledger.load(
        book(
            (account(), -100),
            (account("b", Scheme.CREDIT), 0),
            (old, 1000),
            services=(
                service(500, FIRST, status=Status.BLOCKED_DEBT),
                service(300, FIRST, "t", status=Status.BLOCKED_DEBT),
                service(500, FIRST, "u", "c"),
            ),
        )
    )
    for n in (5, 35, 65):
        await ledger.charge("c", rub(500), "Абонентская плата", NOW - timedelta(days=n))
    happened, cursor = await follow(ledger, None)
    assert happened == []
    return cursor


A_BILL = bill(700, date(2026, 12, 20), "no/7", "b")
FAULT = Outage("a", "x1", (), "Авария", NOW - timedelta(hours=5))
DARK = Notice("r1", OMSK, "Нет света", "Чиним.", NOW, outage=True)
SPORT = Option("c", "u", "o1", "Пакет «Спорт»", Status.ACTIVE, rub(199))

Deed = Callable[[Ledger, str], Awaitable[object]]
TOLD: dict[str, tuple[Deed, list[tuple[Sign, str, str, str, Money | None]]]] = {
    "pay": (lambda k, key: k.pay("a", rub(40), "Карта", NOW, key=key), [(Sign.PAID, "a", "", "Карта", rub(40))]),
    "seen only": (lambda k, key: k.pay("a", rub(40), "Карта", NOW, credited=False, key=key), []),
    "charge": (lambda k, key: k.charge("c", rub(30), "Звонки", NOW, key=key), []),
    "unusual": (
        lambda k, key: k.charge("c", rub(900), "Роуминг", NOW, key=key, service="u"),
        [(Sign.CHARGE, "c", "", "Роуминг", rub(900))],
    ),
    "issue": (lambda k, key: k.issue(A_BILL, key=key), [(Sign.BILL, "b", "", "", rub(700))]),
    "unblock": (
        lambda k, key: k.unblock("a", key=key),
        [(Sign.UNBLOCKED, "a", "", "Интернет s", None), (Sign.UNBLOCKED, "a", "", "Интернет t", None)],
    ),
    "on": (
        lambda k, key: k.set_status("t", Status.ACTIVE, key=key),
        [(Sign.UNBLOCKED, "a", "", "Интернет t", None)],
    ),
    "stop": (
        lambda k, key: k.set_status("u", Status.BLOCKED_DEBT, key=key),
        [(Sign.BLOCKED, "c", "", "Интернет u", None)],
    ),
    "stopped already": (lambda k, key: k.set_status("t", Status.BLOCKED_DEBT, key=key), []),
    "pause": (lambda k, key: k.set_status("u", Status.SUSPENDED, key=key), []),  # the customer's own wish
    "off": (lambda k, key: k.set_status("t", Status.OFF, key=key), []),
    "option": (lambda k, key: k.connect(SPORT, key=key), [(Sign.OPTION, "c", "", "Пакет «Спорт»", rub(199))]),
    "an option whose fee nobody says": (
        lambda k, key: k.connect(replace(SPORT, fee=None), key=key),
        [(Sign.OPTION, "c", "", "Пакет «Спорт»", None)],
    ),
    "a free option": (lambda k, key: k.connect(replace(SPORT, fee=rub(0)), key=key), []),
    "an option that is off": (lambda k, key: k.connect(replace(SPORT, status=Status.OFF), key=key), []),
    "outage": (lambda k, key: k.outage(FAULT, key=key), [(Sign.OUTAGE, "a", "", "Авария", None)]),
    "an outage of the past": (lambda k, key: k.outage(replace(FAULT, until=NOW), key=key), []),
    "planned": (
        lambda k, key: k.outage(replace(FAULT, since=NOW + timedelta(days=20), planned=True), key=key),
        [(Sign.OUTAGE, "a", "", "Авария", None)],
    ),
    "region": (lambda k, key: k.announce(DARK, key=key), [(Sign.OUTAGE, "", OMSK, "Нет света", None)]),
    "news": (lambda k, key: k.announce(replace(DARK, outage=False), key=key), []),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the other database below
@pytest.mark.parametrize("what", TOLD)
async def test_a_deed_is_told_once(ledger: Ledger, what: str) -> None:
    cursor = await house(ledger)
    deed, expected = TOLD[what]
    assert await deed(ledger, "k")
    assert not await deed(ledger, "k")
    happened, after = await follow(ledger, cursor, 1)
    assert [(h.sign, h.account, h.region, h.title, h.amount) for h in happened] == expected
    assert {h.at for h in happened} <= {NOW}
    assert all(re.fullmatch("[A-Za-z0-9_:.-]{1,64}", h.id) for h in happened)
    assert len({h.id for h in happened}) == len(happened)
    assert await follow(ledger, cursor, 5) == (happened, after), "whoever asks again is told the same"
    assert (await follow(ledger, after))[0] == []
    assert (await follow(ledger, None))[0] == [], "who begins now hears nothing of the past"


async def test_deeds_are_told_in_their_order(ledger: Ledger) -> None:
    cursor = await house(ledger)
    deeds = ("pay", "unusual", "issue", "on", "stop", "option", "outage", "region")
    for what in deeds:
        await TOLD[what][0](ledger, what)
    expected = [told for what in deeds for told in TOLD[what][1]]
    assert [(h.sign, h.account, h.region, h.title, h.amount) for h in (await follow(ledger, cursor))[0]] == expected


async def test_what_it_is_about_can_be_asked_for(ledger: Ledger) -> None:
    cursor = await house(ledger)
    await ledger.issue(A_BILL)
    await ledger.pay("c", rub(40), "Карта", NOW - timedelta(days=2), credited=False)
    seen = await ledger.last_payment("c")
    assert seen is not None
    await ledger.arrive(seen.id)
    await ledger.arrive(seen.id)
    await ledger.charge("c", rub(900), "Роуминг", NOW, service="u")
    issued, paid, charged = (await follow(ledger, cursor))[0]
    assert (issued.about, issued.day, issued.amount) == (A_BILL.id, A_BILL.due, A_BILL.amount)
    assert (paid.about, paid.amount, paid.title, paid.at) == (seen.id, seen.amount, seen.method, NOW)
    assert (charged.about, charged.service) == ((await ledger.charges("c", EVER))[0].id, "u")


async def test_the_end_of_an_outage_is_told_when_it_was_not_over(ledger: Ledger, clock: Clock) -> None:
    cursor = await house(ledger)
    await ledger.outage(replace(FAULT, until=NOW + timedelta(hours=3)))
    await ledger.announce(DARK)
    await ledger.restore("x1", NOW + timedelta(days=1))  # it will take longer
    clock.advance(hours=4)
    for _ in range(2):
        await ledger.restore("x1", clock.now)
        await ledger.restore("r1", clock.now)
    told = [(h.sign, h.about, h.account, h.region) for h in (await follow(ledger, cursor))[0]]
    assert told == [
        (Sign.OUTAGE, "x1", "a", ""),
        (Sign.OUTAGE, "r1", "", OMSK),
        (Sign.OUTAGE_OVER, "x1", "a", ""),
        (Sign.OUTAGE_OVER, "r1", "", OMSK),
    ]


async def test_what_happens_again_is_another_event(ledger: Ledger, clock: Clock) -> None:
    cursor = await house(ledger)
    for status in (Status.BLOCKED_DEBT, Status.ACTIVE, Status.BLOCKED_DEBT):
        await ledger.set_status("u", status)
        clock.advance(minutes=1)
    await ledger.connect(SPORT)
    await ledger.connect(replace(SPORT, status=Status.OFF))
    clock.advance(minutes=1)
    await ledger.connect(SPORT)
    happened = (await follow(ledger, cursor))[0]
    assert [h.sign.value for h in happened] == ["blocked", "unblocked", "blocked", "option", "option"]
    assert len({h.id for h in happened}) == 5
    options = (await ledger.details("c", "u")).options
    assert options == (SPORT,)


async def test_an_option_is_of_a_service_of_the_account_and_in_its_currency(ledger: Ledger) -> None:
    await house(ledger)
    for strange in (replace(SPORT, account="a"), replace(SPORT, service="x"), replace(SPORT, account="x")):
        with pytest.raises(Gone):
            await ledger.connect(strange)
    with pytest.raises(ValueError):
        await ledger.connect(replace(SPORT, fee=Money(100, "USD")))
    await ledger.connect(SPORT)
    with pytest.raises(ValueError):
        await ledger.connect(replace(SPORT, account="a", service="s"))  # an option stays with its service


async def test_what_changes_what_an_account_must_pay_shows_it_again(ledger: Ledger) -> None:
    cursor = await house(ledger)
    await ledger.set_status("u", Status.SUSPENDED)
    page = await ledger.changes(cursor, 10)
    assert [f.account for f in page.funds] == ["c"]
    assert page.funds[0].lasts_until is None
    await ledger.unblock("a")
    assert [f.account for f in (await ledger.changes(page.cursor, 10)).funds] == ["a"]


async def test_the_days_of_the_feed_are_those_of_the_position(ledger: Ledger) -> None:
    until = TODAY + timedelta(days=2)
    opened = book(
        (account("p", since=date(2020, 1, 1)), 700),
        (account("k", Scheme.CREDIT, zone="Asia/Kamchatka"), 10),
        (account("m"), -5),
        services=(service(500, FIRST, of="p"),),
        bills=(bill(300, date(2026, 11, 21), "1", "k"), bill(200, TODAY, "2", "k"), bill(0, TODAY, "3", "k")),
    )
    debt = replace(opened.accounts[2], balance=replace(balance(-5, "m"), promised=rub(5), promised_until=until))
    await ledger.load(replace(opened, accounts=(*opened.accounts[:2], debt)))
    for n in range(1, 31):
        await ledger.charge("p", rub(10), "Звонки", NOW - timedelta(days=n))
    await ledger.pay("p", rub(300), "Карта", NOW)
    page = await ledger.changes(None, 10)
    p, k, m = (next(f for f in page.funds if f.account == id) for id in "pkm")
    assert (p.available, p.fee_on, p.lasts_until) == (rub(700), None, date(2026, 12, 12))
    assert (k.available, k.zone, k.due_on, k.overdue_since) == (rub(-290), "Asia/Kamchatka", TODAY, TODAY)
    assert (m.available, m.promised_until) == (rub(-5), until)
    assert page.as_of is None


async def test_a_page_takes_as_many_statements_as_one_account(ledger: Ledger, statements: list[str]) -> None:
    many = [account(str(n)) for n in range(100)]
    bought = tuple(service(500, FIRST, f"s{n}", str(n)) for n in range(100))
    await ledger.load(book(*((one, 10) for one in many), services=bought))
    counts = []
    for limit in (1, 100):
        statements.clear()
        assert len((await ledger.changes(None, limit)).funds) == limit
        counts.append(len([one for one in statements if one.lstrip().startswith("SELECT")]))
    assert counts[0] <= 7
    assert counts[1] <= counts[0] + 1  # the last page also looks for bills that fell overdue


# The cursor


async def test_a_cursor_of_before_there_were_events_goes_on(ledger: Ledger) -> None:
    cursor = await house(ledger)
    old = json.dumps(json.loads(cursor)[:4])
    await ledger.pay("a", rub(1), "Карта", NOW)
    page = await ledger.changes(old, 10)
    assert [f.account for f in page.funds] == ["a"]
    assert [h.sign for h in page.happened] == [Sign.PAID]
    assert (await ledger.changes(page.cursor, 10)).happened == ()


async def test_what_happens_while_everybody_is_gone_through_is_told(ledger: Ledger) -> None:
    await house(ledger)
    first = await ledger.changes(None, 1)
    assert (first.happened, first.more) == ((), True)
    await ledger.pay("b", rub(1), "Карта", NOW)
    happened, _ = await follow(ledger, first.cursor)
    assert [h.sign for h in happened] == [Sign.PAID]


async def test_more_events_than_accounts_come_in_pages(ledger: Ledger) -> None:
    cursor = await house(ledger)
    for n in range(7):
        await ledger.pay("a", rub(n + 1), "Карта", NOW)
    pages = []
    more = True
    while more:
        page = await ledger.changes(cursor, 3)
        pages.append([0 if h.amount is None else h.amount.minor for h in page.happened])
        cursor, more = page.cursor, page.more
    assert pages == [[100, 200, 300], [400, 500, 600], [700]]


async def test_under_concurrent_writers_every_event_comes_once_and_in_order(ledger: Ledger) -> None:
    cursor = await house(ledger)
    seen: list[Happening] = []
    writing = asyncio.gather(*(ledger.pay("abc"[n % 3], rub(n + 1), "Карта", NOW) for n in range(60)))
    while not writing.done():
        page = await ledger.changes(cursor, 4)
        seen, cursor = [*seen, *page.happened], page.cursor
    seen += (await follow(ledger, cursor))[0]
    assert sorted(h.amount.minor for h in seen if h.amount) == [100 * (n + 1) for n in range(60)]


async def test_events_of_more_than_a_month_ago_make_room(ledger: Ledger, clock: Clock, database: Database) -> None:
    await house(ledger)
    for _ in range(3):
        await ledger.pay("a", rub(1), "Карта", NOW)
    clock.now += KEPT
    await ledger.pay("a", rub(1), "Карта", clock.now)
    assert await database.read(count) == 4
    clock.advance(minutes=1)
    await ledger.pay("a", rub(1), "Карта", clock.now)
    assert await database.read(count) == 2


def count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()


def test_an_id_fits_whatever_the_operator_calls_his_things() -> None:
    made = [
        event_row(sign, about, NOW, account="a")["id"]
        for sign in Sign
        for about in ("1", "a" * 36, "счёт 1", "счёт 2", "x" * 300, "", "a/b")
    ]
    assert all(re.fullmatch("[A-Za-z0-9_:.-]{1,64}", id) for id in made)
    assert len(set(made)) == len(made)


# A promise that was not kept


async def promised(ledger: Ledger) -> str:
    """Account «a» has taken a promise that let two services go on."""
    await house(ledger)
    await ledger.promise("a", (await ledger.offer("a")).id)
    happened, cursor = await follow(ledger, None)
    assert happened == []
    return cursor


async def statuses(ledger: Ledger) -> list[Status]:
    return [s.status for s in await ledger.services("a")]


async def test_taking_a_promise_lets_services_go_on_and_says_so(ledger: Ledger) -> None:
    cursor = await house(ledger)
    await ledger.promise("a", (await ledger.offer("a")).id)
    assert [(h.sign, h.about) for h in (await follow(ledger, cursor))[0]] == [
        (Sign.UNBLOCKED, "s"),
        (Sign.UNBLOCKED, "t"),
    ]


async def test_a_promise_that_was_not_kept_stops_what_it_had_let_go_on_and_nothing_else(
    ledger: Ledger, clock: Clock
) -> None:
    cursor = await promised(ledger)
    await ledger.set_status("t", Status.SUSPENDED)  # the customer's own wish
    until = (await ledger.balance("a")).promised_until
    assert until is not None
    clock.now = datetime(until.year, until.month, until.day, 20, 59, tzinfo=UTC)  # 23:59 in Moscow
    assert await ledger.lapse() == 0
    clock.advance(minutes=1)
    assert await asyncio.gather(ledger.lapse(), ledger.lapse(), ledger.lapse()) in ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    assert await statuses(ledger) == [Status.BLOCKED_DEBT, Status.SUSPENDED]
    happened, cursor = await follow(ledger, cursor)
    assert [(h.sign, h.about, h.at) for h in happened] == [(Sign.BLOCKED, "s", clock.now)]
    stand = await ledger.balance("a")
    assert (stand.promised is not None, stand.promised_until) == (True, until), "it is still to be paid back"
    await ledger.unblock("a")  # by hand
    clock.advance(days=1)
    assert await ledger.lapse() == 0
    assert await statuses(ledger) == [Status.ACTIVE, Status.SUSPENDED]


@pytest.mark.parametrize(("paid", "stopped"), [(40, 2), (10_000, 0)])
async def test_who_has_paid_it_back_keeps_his_services(ledger: Ledger, clock: Clock, paid: int, stopped: int) -> None:
    await promised(ledger)
    await ledger.pay("a", rub(paid), "Карта", clock.now)
    clock.advance(days=30)
    assert await ledger.lapse() == stopped


async def test_where_nothing_is_to_be_paid_any_more_nothing_is_stopped(ledger: Ledger, clock: Clock) -> None:
    await promised(ledger)
    await ledger.charge("a", rub(-5000), "Возврат", clock.now)  # not a payment: it pays no promise back
    clock.advance(days=6)
    assert (await ledger.balance("a")).promised is not None
    assert await ledger.lapse() == 0


async def test_a_promise_of_before_it_was_noted_stops_nothing(ledger: Ledger, clock: Clock, database: Database) -> None:
    await promised(ledger)

    def forget(connection: sa.Connection) -> None:
        connection.execute(promises.update().values(let_on=None))

    await database.write(forget)
    clock.advance(days=30)
    assert await ledger.lapse() == 0
    assert await statuses(ledger) == [Status.ACTIVE, Status.ACTIVE]


async def test_many_promises_lapse_in_chunks(ledger: Ledger, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.ledger_keeping.LAPSES", 2)
    ids = [str(n) for n in range(5)]
    bought = tuple(service(500, FIRST, f"s{id}", id, status=Status.BLOCKED_DEBT) for id in ids)
    await ledger.load(book(*((account(id), -10) for id in ids), services=bought))
    for id in ids:
        await ledger.promise(id, (await ledger.offer(id)).id)
    clock.advance(days=30)
    assert await ledger.lapse() == 5
    assert await ledger.lapse() == 0
