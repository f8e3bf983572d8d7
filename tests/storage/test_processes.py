"""Several processes on one PostgreSQL: nothing twice, nothing lost, whoever dies."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from adapters.base import Address, Received, Reply
from storage.base import Draft, Finished, Storage
from storage.sql import open_storage
from tests.clock import NOON, HandClock
from tests.storage.acts import deliver, link, message, no_limits, say, take, texts

PEOPLE = [Address("vk", str(n)) for n in range(30)]


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


async def test_A6_the_same_updates_reach_two_processes_at_once(postgres_url: str, clock: HandClock) -> None:
    one, two = open_storage(postgres_url, clock), open_storage(postgres_url, clock)
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
    await one.close()
    await two.close()


async def test_two_scans_at_once_make_one_letter_each(postgres_url: str, clock: HandClock) -> None:
    one, two = open_storage(postgres_url, clock), open_storage(postgres_url, clock)
    await no_limits(one)
    for person in PEOPLE:
        await link(one, clock, "1", sender=person)
    for funds, kind in ((5, "low"), (50_000, "restored")):
        await asyncio.gather(one.watches.observe([("1", funds)]), two.watches.observe([("1", funds)]))
        assert sum(await asyncio.gather(*(storage.watches.due(4) for storage in (one, two, one, two)))) == len(PEOPLE)
        letters = await deliver(two, "vk", bulk=True)
        assert [letter.kind for letter in letters] == [kind] * len(PEOPLE)
        assert {letter.address for letter in letters} == set(PEOPLE)
    await one.close()
    await two.close()


async def test_B9_two_processes_share_the_limit(postgres_url: str, clock: HandClock) -> None:
    one, two = open_storage(postgres_url, clock), open_storage(postgres_url, clock)
    keys = [("account:1", 9, 900.0), ("all", 1000, 900.0)]
    receipts = await asyncio.gather(*((one, two)[n % 2].links.attempt(keys) for n in range(60)))
    assert len([receipt for receipt in receipts if receipt is not None]) == 9
    await one.close()
    await two.close()


async def test_F12_a_killed_process_holds_nothing_up(postgres_url: str, clock: HandClock) -> None:
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
    storage = open_storage(postgres_url, clock)
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
    await storage.close()


async def test_a_fast_path_behind_a_busy_writer_still_gets_its_lane(postgres_url: str, clock: HandClock) -> None:
    """A named claim waits for a commit that holds the lane, instead of passing it by until the next poll."""
    one, two = open_storage(postgres_url, clock), open_storage(postgres_url, clock)
    for n in range(20):
        await say(one, clock, str(n), sender=PEOPLE[0])
        claimed, _ = await asyncio.gather(one.inbox.claim(1, PEOPLE[:1]), say(two, clock, "x", sender=PEOPLE[0]))
        assert len(claimed) == 1
        await one.inbox.release(claimed[0])
    lane = await take(two, PEOPLE[0])
    assert len(lane.events) == 10
    await one.close()
    await two.close()
