"""Questions of many, looked up at once: each gets his own answer, and none that is older than his question."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
import sqlalchemy as sa

from billing import ledger_round
from billing.base import Gone
from billing.ledger import Database
from billing.ledger_round import Round


class Book:
    """Looks when it is let, and then tells what stands there."""

    def __init__(self, **stands: int) -> None:
        self.stands, self.looks = stands, list[Sequence[str]]()
        self.open = asyncio.Event()
        self.open.set()
        self.fault: Exception | None = None

    async def look(self, ids: Sequence[str]) -> Mapping[str, int]:
        self.looks.append(ids)
        seen = {one: self.stands[one] for one in ids if one in self.stands}
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        return seen


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_is_asked_together_is_one_look_and_each_gets_his_own() -> None:
    book = Book(a=1, b=2)
    round_ = Round(book.look)
    answers = await asyncio.gather(*map(round_.ask, ("b", "a", "nobody", "a")), return_exceptions=True)
    assert book.looks == [["a", "b", "nobody"]]
    assert (answers[0], answers[1], answers[3]) == (2, 1, 1)
    assert isinstance(answers[2], Gone)


async def test_an_answer_is_never_older_than_its_question() -> None:
    book = Book(a=1)
    round_ = Round(book.look)
    book.open.clear()
    first = asyncio.create_task(round_.ask("a"))
    await turns()  # the first look has seen 1
    book.stands["a"] = 2
    second = asyncio.create_task(round_.ask("a"))
    await turns()
    assert len(book.looks) == 1  # it waits for the next round
    book.open.set()
    assert (await first, await second) == (1, 2)


async def test_more_than_fit_are_asked_for_in_the_next_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_round, "MOST", 2)
    book = Book(a=1, b=2, c=3)
    round_ = Round(book.look)
    assert await asyncio.gather(*map(round_.ask, "abc")) == [1, 2, 3]
    assert book.looks == [["a", "b"], ["c"]]


async def test_who_goes_away_is_missed_by_nobody() -> None:
    book = Book(a=1, b=2)
    round_ = Round(book.look)
    book.open.clear()
    gone, stays = (asyncio.create_task(round_.ask(one)) for one in "ab")
    await turns()
    gone.cancel()
    await turns()
    book.open.set()
    assert await stays == 2
    assert gone.cancelled()
    assert await round_.ask("a") == 1


async def test_a_fault_is_told_to_those_who_asked_and_to_nobody_after_them() -> None:
    book = Book(a=1, b=2)
    round_ = Round(book.look)
    book.fault = OSError("broken")
    failed = await asyncio.gather(*map(round_.ask, "ab"), return_exceptions=True)
    assert [type(one) for one in failed] == [OSError, OSError]
    book.fault = None
    assert await round_.ask("a") == 1


async def test_a_look_that_hangs_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_round, "PATIENCE", 0)
    book = Book(a=1, b=2)
    round_ = Round(book.look)
    hanging = book.open
    hanging.clear()
    stuck = asyncio.create_task(round_.ask("a"))
    await turns()
    book.open = asyncio.Event()
    book.open.set()
    assert await asyncio.wait_for(round_.ask("b"), 5) == 2
    assert not stuck.done()
    hanging.set()
    assert await stuck == 1


async def test_a_look_finds_its_rows_by_an_index(database: Database, database_url: str) -> None:
    def plan(connection: sa.Connection) -> str:
        steps = []
        for statement in (ledger_round._ACCOUNTS, ledger_round._BILLS, ledger_round._SERVICES):
            text = str(statement.compile(dialect=connection.dialect))
            steps += [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("[]",))]
        return "\n".join(steps)

    if database_url.startswith("sqlite"):  # PostgreSQL reads whole tables while they are small
        steps = await database.read(plan)
        assert "SCAN ledger" not in steps
        assert steps.count("SEARCH ledger") == 3
