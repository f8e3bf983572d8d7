"""Admission: as much is taken in as can be answered soon; money always; and everybody again when there is room."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from adapters.base import Address, Incoming, Pace, Receipt, Received
from bot.admission import LEAST, Admission, Full
from bot.intake import Intake
from storage.base import Storage
from tests.bot.parts import ANNA, incoming, limits
from tests.clock import HandClock

PAID = Receipt("charge", "token", 500_00, "RUB")


def admission(storage: Storage, per_second: float = 1.0) -> Admission:
    known = replace(limits(), pace=Pace(per_second, 1))
    return Admission(storage.upkeep, lambda _: known)


@pytest.fixture
async def paced(storage: Storage) -> Storage:
    for name in ("vk", "telegram"):
        await storage.outbox.pace(name, 1000, 1000, 0)
    return storage


def stranger(clock: HandClock, number: int) -> Incoming:
    return incoming(clock, Address("vk", str(7000 + number)), "оператор")


async def test_beyond_its_room_a_network_is_told_to_come_again(paced: Storage, clock: HandClock) -> None:
    one = admission(paced)
    intake = Intake(paced.inbox, clock, lambda: None, one.admit)
    receive = intake.receiver("vk")
    with capture_logs() as logs:
        for number in range(LEAST):
            await receive(Received((stranger(clock, number),)))
        for number in range(3):
            with pytest.raises(Full):
                await receive(Received((stranger(clock, 1000 + number),)))
        await intake.receiver("telegram")(Received((incoming(clock, Address("telegram", "5"), "оператор"),)))
        await receive(Received((incoming(clock, ANNA, receipt=PAID),)))
        await one.look()
        assert one.full("vk"), "what waits in the inbox is counted"
        assert not one.full("telegram")
        while lanes := await paced.inbox.claim(50):
            for lane in lanes:
                assert await paced.inbox.bury(lane, lane.events[0], "read")
        await one.look()
        await receive(Received((stranger(clock, 2000),)))
    assert [line["event"] for line in logs if line["event"] in ("full", "room-again")] == ["full", "room-again"]
    assert (await paced.upkeep.owed(10)) == {"vk": 1, "telegram": 0}


async def test_who_was_put_off_has_not_flooded(paced: Storage, clock: HandClock) -> None:
    one = admission(paced)
    one.owed = {"vk": LEAST}
    receive = Intake(paced.inbox, clock, lambda: None, one.admit).receiver("vk")
    for _ in range(100):
        with pytest.raises(Full):
            await receive(Received((incoming(clock, ANNA, "баланс"),)))
    one.owed = {}
    await receive(Received((incoming(clock, ANNA, "баланс"),)))
    (lane,) = await paced.inbox.claim(1)
    assert [event.incoming.text for event in lane.events] == ["баланс"]


async def test_room_is_what_leaves_soon(paced: Storage) -> None:
    one = admission(paced, 25.0)
    one.owed = {"vk": 499, "telegram": 500}
    assert not one.full("vk")
    assert one.full("telegram")


async def test_owed_is_counted_so_far_only(paced: Storage, clock: HandClock) -> None:
    await paced.inbox.put("vk", Received(tuple(stranger(clock, number) for number in range(30))))
    assert await paced.upkeep.owed(10) == {"vk": 10, "telegram": 0}
    assert await paced.upkeep.owed(100) == {"vk": 30, "telegram": 0}
