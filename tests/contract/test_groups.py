"""A chat's alerts as one message: what goes together, what goes together again, and under which number."""

from datetime import timedelta

from adapters.base import Picture, Reply
from storage.base import (
    Again,
    Dead,
    Draft,
    Finished,
    Letter,
    Outcome,
    Priority,
    Refused,
    Saw,
    Sent,
    Storage,
    Uncertain,
)
from storage.outbox import QUEUE, letter_row
from storage.values import micros
from tests.clock import HandClock
from tests.storage.acts import ANNA, VERA, deliver, link, no_limits, observe, say, take


async def queue(storage: Storage, clock: HandClock, *names: str, lane: str = "vk:1", hours: float = 24) -> None:
    """Alerts for a chat; the first letter of a name is its urgency."""
    now = clock.now()
    expires = micros(now + timedelta(hours=hours))
    rows = [
        letter_row(lane, name, f"{lane}:{name}", micros(now), priority=int(name[0]), expires_at=expires)
        for name in names
    ]
    await storage.database.write(lambda c: c.execute(QUEUE[c.dialect.name], rows).close())


async def claim(storage: Storage, limit: int = 9) -> list[list[str]]:
    letters, _ = await storage.outbox.claim("vk", limit, bulk=True)
    return [names(letter) for letter in letters]


async def one(storage: Storage) -> Letter:
    [letter], _ = await storage.outbox.claim("vk", 9, bulk=True)
    return letter


def names(letter: Letter) -> list[str]:
    return [each.kind for each in (letter, *letter.also)]


async def settle(storage: Storage, letter: Letter, outcome: Outcome) -> None:
    await storage.outbox.settle(letter, outcome, [(each, outcome) for each in letter.also])


async def test_all_alerts_of_a_chat_leave_as_one_and_the_most_urgent_leads(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "7 digest", "6 low", "5 blocked", "6 due")
    await queue(storage, clock, "6 low", lane="vk:2")
    assert await claim(storage) == [["5 blocked", "6 low", "6 due", "7 digest"], ["6 low"]]


async def test_one_message_of_a_chat_is_in_flight(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "6 low")
    letter = await one(storage)
    await queue(storage, clock, "5 blocked", "6 due")
    assert await claim(storage) == []
    await settle(storage, letter, Sent("m"))
    assert await claim(storage) == [["5 blocked", "6 due"]]


async def test_chats_that_must_wait_hold_up_nobody(storage: Storage, clock: HandClock) -> None:
    """However many of them stand in front."""
    await no_limits(storage)
    for n in range(60):
        await queue(storage, clock, "6 low", lane=f"vk:{n}")
    assert len(await claim(storage, 60)) == 60
    for n in range(60):
        await queue(storage, clock, "5 blocked", lane=f"vk:{n}")
    await queue(storage, clock, "7 digest", lane="vk:last")
    assert await claim(storage, 1) == [["7 digest"]]


async def test_the_pace_is_charged_once_for_a_message(storage: Storage, clock: HandClock) -> None:
    await storage.outbox.pace("vk", 1, 4, 10.0)
    for lane in ("vk:1", "vk:2", "vk:3"):
        await queue(storage, clock, "6 low", "6 due", "7 bill", lane=lane)
    assert [len(group) for group in await claim(storage)] == [3, 3], "half of the burst"
    assert await claim(storage) == []
    clock.advance(1)
    assert [len(group) for group in await claim(storage)] == [3]


async def test_what_was_certainly_not_shown_goes_with_whatever_waits(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "6 low", "6 due")
    for outcome in (Again(clock.now(), counted=False), Again(clock.now())):
        letter = await one(storage)
        await settle(storage, letter, outcome)
    await queue(storage, clock, "5 blocked")
    letter = await one(storage)
    assert names(letter) == ["5 blocked", "6 low", "6 due"]
    assert letter.key == letter.id


async def test_what_may_have_been_shown_comes_together_again_and_nothing_else(
    storage: Storage, clock: HandClock
) -> None:
    await no_limits(storage)
    await queue(storage, clock, "6 low", "7 bill")
    first = await one(storage)
    later = clock.now() + timedelta(seconds=5)
    await settle(storage, first, Again(later, unknown=True))
    await queue(storage, clock, "5 blocked", "6 due")
    fresh = await one(storage)
    assert names(fresh) == ["5 blocked", "6 due"], "while the doubtful ones wait"
    await settle(storage, fresh, Sent("m"))
    await queue(storage, clock, "6 paid")
    clock.advance(5)
    await storage.outbox.sweep()
    again = await one(storage)
    assert (names(again), again.key, again.unknowns) == (["6 low", "7 bill"], first.key, 1)
    # An attempt that certainly was not shown changes nothing about the one before.
    await settle(storage, again, Again(clock.now(), counted=False))
    again = await one(storage)
    assert (names(again), again.key) == (["6 low", "7 bill"], first.key)
    await settle(storage, again, Sent("m"))
    assert await claim(storage) == [["6 paid"]]


async def test_a_sender_that_dies_leaves_its_groups_as_they_were(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "6 low", "7 bill")
    first = await one(storage)
    await queue(storage, clock, "5 blocked")
    clock.advance(46)
    await storage.outbox.sweep()
    again = await one(storage)
    assert (names(again), again.key) == (["6 low", "7 bill"], first.key)


async def test_the_number_stays_when_the_one_that_led_is_settled(storage: Storage, clock: HandClock) -> None:
    """It was not in the message after all: the repeat is still the message of that number."""
    await no_limits(storage)
    await queue(storage, clock, "5 blocked", "6 low", "7 bill")
    first = await one(storage)
    doubt = Again(clock.now(), unknown=True)
    await storage.outbox.settle(first, Refused("no longer true"), [(each, doubt) for each in first.also])
    again = await one(storage)
    assert (names(again), again.id, again.key) == (["6 low", "7 bill"], first.also[0].id, first.id)


async def test_each_letter_of_a_message_has_its_own_end_and_the_audit_names_the_first(
    storage: Storage, clock: HandClock
) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    await queue(storage, clock, "6 due", "7 bill", "7 paid", lane=str(ANNA))
    letter = await one(storage)
    saw = (Saw("1", "alert:low", {"own": 5}, "v1"), Saw("1", "alert:due", {"sum": 7}, "v1"))
    due, bill, paid = letter.also
    also = [(due, Sent("")), (bill, Refused("muted")), (paid, Again(clock.now() + timedelta(hours=1), counted=False))]
    await storage.outbox.settle(letter, Sent("m", saw=saw), also)
    assert await storage.outbox.waiting("vk") == 1
    assert await storage.upkeep.backlog() == (0, 0)
    rows = await storage.audit.shown("1")
    assert {(row.question, row.address, row.letter, row.template) for row in rows} == {
        ("alert:low", ANNA, letter.id, "v1"),
        ("alert:due", ANNA, letter.id, "v1"),
    }


async def test_what_may_have_been_shown_is_in_the_audit_too(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "6 low")
    letter = await one(storage)
    await storage.outbox.settle(letter, Uncertain("over", saw=(Saw("1", "alert:low", {"own": 5}),)))
    await storage.outbox.settle(letter, Uncertain("over", saw=(Saw("1", "alert:low", {"own": 5}),)))
    assert [row.figures for row in await storage.audit.shown("1")] == [{"own": 5}]


async def test_an_expired_alert_is_left_behind_by_its_group(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "5 blocked", hours=1)
    await queue(storage, clock, "6 low")
    clock.advance(hours=2)
    assert await claim(storage) == [["6 low"]]


async def test_a_warning_that_ran_out_has_no_end_to_tell_unless_it_may_have_arrived(
    storage: Storage, clock: HandClock
) -> None:
    for doubtful in (False, True):
        who, account = (ANNA, "1") if doubtful else (VERA, "2")
        await no_limits(storage)
        await link(storage, clock, account, sender=who)
        await observe(storage, (account, 5))
        await storage.watches.due()
        letter = await one(storage)
        await settle(storage, letter, Again(clock.now() + timedelta(days=2), unknown=doubtful))
        clock.advance(days=2)
        await storage.outbox.sweep()
        assert await storage.outbox.waiting("vk") == 0
        await observe(storage, (account, 99_999))
        assert (await storage.watches.due() > 0) is doubtful
        await deliver(storage, "vk", bulk=True)


async def test_dead_letters_of_a_group_end_alone(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await queue(storage, clock, "6 low", "7 bill")
    letter = await one(storage)
    await storage.outbox.settle(letter, Dead("ours"), [(letter.also[0], Again(clock.now()))])
    assert await claim(storage) == [["7 bill"]]


# ── Many letters in one call ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_takes_many_chats_and_is_charged_once(storage: Storage, clock: HandClock) -> None:
    await storage.outbox.pace("vk", 1, 4, 0, together=25)
    for n in range(120):
        await queue(storage, clock, "6 low", "7 bill", lane=f"vk:{n}")
    assert len(await claim(storage, 1000)) == 50, "half of four calls"
    clock.advance(0.999)
    assert await claim(storage, 1000) == []
    clock.advance(0.001)
    assert len(await claim(storage, 1000)) == 25
    clock.advance(9)
    assert len(await claim(storage, 30)) == 30
    assert len(await claim(storage, 1000)) == 0, "thirty letters were two calls"


async def answer(storage: Storage, clock: HandClock, n: int, picture: bool) -> None:
    who = type(ANNA)("vk", f"{9000 + n}")
    await say(storage, clock, sender=who)
    lane = await take(storage, who)
    reply = Reply(str(n), picture=Picture(b"png") if picture else None)
    assert await storage.inbox.finish(Finished(who, lane.token, lane.events[0].id, (Draft(reply, False),)))


async def test_a_reply_that_goes_alone_costs_a_call_of_its_own(storage: Storage, clock: HandClock) -> None:
    await storage.outbox.pace("vk", 1, 3, 0, together=25)
    for n in range(10):
        await answer(storage, clock, n, picture=n % 3 == 2)
    replies, again_at = await storage.outbox.claim("vk", 1000)
    assert [letter.reply.text for letter in replies if letter.reply] == [str(n) for n in range(8)], "1 + 1 + 1"
    assert {letter.priority for letter in replies} == {Priority.REPLY}
    replies, again_at = await storage.outbox.claim("vk", 1000)
    assert (replies, again_at) == ((), clock.now() + timedelta(seconds=1))
