"""Several processes on one PostgreSQL: nothing twice, nothing lost, whoever dies."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.util import await_only

from adapters.base import Address, Received, Reply
from storage.base import Draft, Finished, Storage
from storage.database import connect
from storage.outbox import QUEUE, letter_row
from storage.sql import open_storage
from storage.tables import inbox
from storage.values import micros
from tests.clock import NOON, HandClock
from tests.storage.acts import ANNA, deliver, link, message, no_limits, observe, say, take, texts

R = TypeVar("R")
Processes = tuple[Storage, Storage]

PEOPLE = [Address("vk", str(n)) for n in range(30)]


@pytest.fixture
async def processes(postgres_url: str, clock: HandClock) -> AsyncIterator[Processes]:
    """Two storages that share nothing but the database."""
    one, two = open_storage(postgres_url, clock), open_storage(postgres_url, clock)
    yield one, two
    await one.close()
    await two.close()


async def work(storage: Storage, answered: list[str]) -> None:
    """Answer everything that can be claimed, until nothing is left."""
    while any(await storage.upkeep.backlog()):
        for lane in await storage.inbox.claim(4):
            for n, event in enumerate(lane.events):
                draft = Draft(Reply(event.incoming.text), True)
                last = n == len(lane.events) - 1
                if await storage.inbox.finish(Finished(lane.address, lane.token, event.id, (draft,), release=last)):
                    answered.append(event.incoming.id)
        for letter in await deliver(storage, "vk"):
            assert letter.unknowns == 0
        await asyncio.sleep(0)


async def test_A6_the_same_updates_reach_two_processes_at_once(processes: Processes, clock: HandClock) -> None:
    one, two = processes
    await no_limits(one)
    events = [message(clock, person, str(n), id=f"{person}-{n}") for n in range(6) for person in PEOPLE]
    meet = asyncio.Barrier(2)

    async def receive(storage: Storage) -> int:
        new = 0
        for start in range(0, len(events), 15):
            await meet.wait()
            new += await storage.inbox.put("vk", Received(tuple(events[start : start + 15])))
        return new

    assert sum(await asyncio.gather(receive(one), receive(two))) == len(events)
    answered: list[str] = []
    await asyncio.gather(*(work(storage, answered) for storage in (one, two, one, two)))
    assert sorted(answered) == sorted(event.id for event in events)
    for person in PEOPLE:
        mine = [event.id for event in events if event.sender == person]
        assert [done for done in answered if done in mine] == mine, "in order within a chat"


async def test_two_scans_at_once_make_one_letter_each(processes: Processes, clock: HandClock) -> None:
    one, two = processes
    await no_limits(one)
    for person in PEOPLE:
        await link(one, clock, f"a{person.chat}", sender=person)
    for funds, kind in ((5, "low"), (50_000, "restored")):
        page = [(f"a{person.chat}", funds) for person in PEOPLE]
        await asyncio.gather(observe(one, *page), observe(two, *page))
        assert sum(await asyncio.gather(*(storage.watches.due(4) for storage in (one, two, one, two)))) == len(PEOPLE)
        letters = await deliver(two, "vk", bulk=True)
        assert [letter.kind for letter in letters] == [kind] * len(PEOPLE)
        assert {letter.address for letter in letters} == set(PEOPLE)


async def test_B9_two_processes_share_the_limit(processes: Processes, clock: HandClock) -> None:
    one, two = processes
    keys = [("account:1", 9, 900.0), ("all", 1000, 900.0)]
    receipts = await asyncio.gather(*((one, two)[n % 2].links.attempt(keys) for n in range(60)))
    assert len([receipt for receipt in receipts if receipt is not None]) == 9


async def test_F12_a_killed_process_holds_nothing_up(postgres_url: str, processes: Processes, clock: HandClock) -> None:
    """The child answers half of what it claimed, takes a letter, and is killed with the leases in its hands."""
    program = """
import asyncio, sys
from adapters.base import Reply
from storage.base import Draft, Finished
from storage.sql import open_storage
from tests.clock import HandClock

async def main():
    storage = open_storage(sys.argv[1], HandClock())
    lanes = await storage.inbox.claim(20)
    for lane in lanes[::2]:
        draft = Draft(Reply("child"), True)
        await storage.inbox.finish(Finished(lane.address, lane.token, lane.events[0].id, (draft,), release=False))
    letters, _ = await storage.outbox.claim("vk", 3)
    print(len(lanes), len(letters), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    storage, _ = processes
    await no_limits(storage)
    for person in PEOPLE[:20]:
        await say(storage, clock, "1", "2", sender=person)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, postgres_url, stdout=asyncio.subprocess.PIPE, cwd=os.getcwd()
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"20 3\n"
    child.send_signal(signal.SIGKILL)
    await child.wait()

    assert await storage.inbox.claim(20) == ()
    clock.set(NOON + timedelta(seconds=46))
    assert await storage.outbox.sweep() == 3
    lanes = await storage.inbox.claim(20)
    assert {lane.address for lane in lanes} == set(PEOPLE[:20])
    assert [[event.incoming.text for event in lane.events] for lane in lanes].count(["2"]) == 10
    assert all(lane.attempts == 1 or lane.events[0].incoming.text == "2" for lane in lanes)
    sent = []
    while letters := await deliver(storage, "vk"):
        sent += letters
    assert texts(sent) == ["child"] * 10
    assert [letter.unknowns for letter in sent].count(1) == 3


_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


async def while_held(url: str, change: str, work: Coroutine[Any, Any, R], then: str = "SELECT 1") -> R:
    """Another process changes rows; `work` meets its lock; the other does `then` and commits. What `work` brought."""
    other, observer = connect(url), connect(url)

    async def begin() -> asyncio.Task[R]:
        task = asyncio.ensure_future(work)
        while not task.done() and not await observer.glance(lambda connection: connection.execute(_WAITS).scalar()):
            pass
        return task

    def unit(connection: Connection) -> asyncio.Task[R]:
        connection.execute(text(change))
        task = await_only(begin())
        connection.execute(text(then))
        return task

    try:
        return await (await other.write(unit))
    finally:
        await other.close()
        await observer.close()


async def test_a_lease_that_is_being_taken_over_is_lost_already(
    postgres_url: str, processes: Processes, clock: HandClock
) -> None:
    storage, _ = processes
    await no_limits(storage)
    await say(storage, clock)
    lane = await take(storage)
    late = Finished(ANNA, lane.token, lane.events[0].id, (Draft(Reply("late"), True),))
    assert not await while_held(postgres_url, "UPDATE lanes SET token = token + 1", storage.inbox.finish(late))
    assert await deliver(storage, "vk") == []


async def test_a_named_claim_waits_for_a_commit_that_holds_its_lane(
    postgres_url: str, processes: Processes, clock: HandClock
) -> None:
    """Instead of passing it by until the next poll."""
    storage, _ = processes
    await say(storage, clock)
    claimed = await while_held(postgres_url, "UPDATE lanes SET pending = pending", storage.inbox.claim(1, [ANNA]))
    assert len(claimed) == 1


async def test_a_claim_of_any_passes_held_lanes_by(postgres_url: str, processes: Processes, clock: HandClock) -> None:
    storage, _ = processes
    await say(storage, clock)
    assert await while_held(postgres_url, "UPDATE lanes SET pending = pending", storage.inbox.claim(1)) == ()


async def test_two_claims_of_a_network_see_each_others_letters(
    postgres_url: str, processes: Processes, clock: HandClock
) -> None:
    storage, _ = processes
    await storage.outbox.pace("vk", 1, 1, 0)
    now = micros(clock.now())
    rows = [letter_row(f"vk:{n}", "k", str(n), now) for n in range(3)]
    await storage.database.write(lambda connection: connection.execute(QUEUE["postgresql"], rows).close())
    spent = f"UPDATE rates SET tat = {now} + step"
    letters, again_at = await while_held(postgres_url, spent, storage.outbox.claim("vk", 3))
    assert (letters, again_at) == ((), clock.now() + timedelta(seconds=1))


async def test_a_message_for_somebody_who_is_just_being_forgotten_is_kept(
    postgres_url: str, processes: Processes, clock: HandClock
) -> None:
    storage, _ = processes
    await say(storage, clock)
    assert await while_held(postgres_url, "DELETE FROM lanes", say(storage, clock, "again")) == 1
    [lane] = await storage.inbox.claim(1)
    assert [event.incoming.text for event in lane.events][-1] == "again"


async def test_an_event_gets_its_number_under_its_lanes_lock(
    postgres_url: str, processes: Processes, clock: HandClock
) -> None:
    """So a later number never becomes visible before an earlier one."""
    storage, _ = processes
    await say(storage, clock, "0")
    held = "SELECT lane FROM lanes FOR UPDATE"
    other = "INSERT INTO inbox (lane, dedupe, received_at) VALUES ('vk:2000', 'other', 0)"
    await while_held(postgres_url, held, say(storage, clock, "2"), other)
    query = select(inbox.c.dedupe).order_by(inbox.c.id)
    order = await storage.database.read(lambda connection: list(connection.execute(query).scalars()))
    assert [dedupe == b"other" for dedupe in order] == [False, True, False]
