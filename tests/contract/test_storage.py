"""The promises of storage, kept on SQLite and on PostgreSQL: one suite, run on both."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from adapters.base import Address, Button, Document, Incoming, Picture, Receipt, Received, Reply, Tone
from storage import misses
from storage.base import (
    Again,
    Challenge,
    Choose,
    Dead,
    Dialogue,
    Discard,
    Draft,
    Finished,
    Forget,
    GiveConsent,
    Join,
    Miss,
    MissAnswer,
    MissCode,
    Missed,
    Origin,
    Pay,
    Place,
    Pose,
    Post,
    Priority,
    Refused,
    Saw,
    Sent,
    SetAlerts,
    SetLanguage,
    SetNickname,
    SetQuiet,
    SetReachable,
    SetRegion,
    SetThreshold,
    SetZone,
    Solve,
    Stale,
    Storage,
    StorageError,
    Tell,
    TooMany,
    Uncertain,
    Unlink,
    UnlinkEverywhere,
    Verify,
)
from storage.migrations import HEAD
from storage.tables import chats
from tests.clock import HandClock
from tests.storage.acts import (
    ANNA,
    BORIS,
    VERA,
    claims,
    deliver,
    hashed,
    invite,
    link,
    message,
    no_limits,
    observe,
    say,
    take,
    texts,
    turn,
)

# ── Inbox: nothing lost, nothing twice ────────────────────────────────────────────────────────────────────────────


async def test_an_event_comes_back_as_it_went_in(storage: Storage, clock: HandClock) -> None:
    event = Incoming(
        id="17",
        sender=ANNA,
        sent_at=clock.now() - timedelta(seconds=3, microseconds=7),
        text="сколько? 💸\x00 «кавычки» \\ \n",
        action="balance:1",
        start="",
        message="9",
        press="p",
        language="pt-br",
        name="Анна <b>",
        private=False,
        permission=True,
        attached=True,
    )
    assert await storage.inbox.put("vk", Received((event,))) == 1
    lane = await take(storage)
    assert lane.events[0].incoming == event
    assert lane.address == ANNA
    assert lane.attempts == 0


async def test_a_lone_surrogate_does_not_stop_the_intake(storage: Storage, clock: HandClock) -> None:
    assert await say(storage, clock, "a\ud800b") == 1
    assert (await take(storage)).events[0].incoming.text == "a?b"


async def test_a_repeated_delivery_is_nothing_new(storage: Storage, clock: HandClock) -> None:
    events = tuple(message(clock, id=f"e{n}") for n in range(100))
    assert await storage.inbox.put("vk", Received(events)) == 100
    assert await storage.inbox.put("vk", Received(events[::-1])) == 0
    assert await storage.inbox.put("vk", Received((events[3], events[3]))) == 0
    assert await storage.inbox.put("telegram", Received((replace(events[0], sender=BORIS),))) == 1, (
        "ids are a network's"
    )
    assert await storage.upkeep.backlog() == (101, 0)


async def test_the_same_event_from_many_at_once_is_stored_once(storage: Storage, clock: HandClock) -> None:
    events = Received((message(clock, id="once"), message(clock, id="twice"), message(clock, id="once")))
    new = await asyncio.gather(*(storage.inbox.put("vk", events) for _ in range(30)))
    assert sum(new) == 2
    assert len((await take(storage)).events) == 2


async def test_A5_an_event_older_than_the_dedupe_term_is_stored_and_not_acted_on(
    storage: Storage, clock: HandClock
) -> None:
    old = replace(message(clock, id="old"), sent_at=clock.now() - timedelta(days=3, seconds=1))
    assert await storage.inbox.put("vk", Received((old,))) == 1
    assert await storage.inbox.claim(10) == ()
    assert await storage.upkeep.backlog() == (0, 0)


async def test_A5_a_day_replayed_in_any_order_changes_nothing(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    events = [message(clock, id=f"r{n}") for n in range(20)]
    for again in (events, events[::-1], events[7:] + events[:7]):
        await storage.inbox.put("vk", Received(tuple(again)))
        for lane in await storage.inbox.claim(10):
            for event in lane.events:
                draft = Draft(Reply("да"), personal=False)
                await storage.inbox.finish(Finished(ANNA, lane.token, event.id, (draft,), release=False))
        clock.advance(hours=8)
    sent = []
    while letters := await deliver(storage, "vk"):
        sent += letters
    assert len(sent) == 20


async def test_the_cursor_moves_with_the_events(storage: Storage, clock: HandClock) -> None:
    assert await storage.inbox.cursor("vk") is None
    await storage.inbox.put("vk", Received((message(clock),), cursor="41"))
    await storage.inbox.put("telegram", Received(cursor="7"))
    await storage.inbox.put("vk", Received(cursor="42"))
    assert await storage.inbox.cursor("vk") == "42"
    assert await storage.inbox.cursor("telegram") == "7"
    await storage.inbox.put("vk", Received())
    assert await storage.inbox.cursor("vk") == "42"


async def test_what_cannot_be_read_is_kept_aside_and_acknowledged(storage: Storage, clock: HandClock) -> None:
    assert await storage.inbox.put("vk", Received((message(clock),), (b"\xff\x00", b"x" * 100_000), "1")) == 1
    assert await storage.upkeep.backlog() == (1, 0)


async def test_events_of_a_lane_come_in_order_ten_at_a_time(storage: Storage, clock: HandClock) -> None:
    await say(storage, clock, *(str(n) for n in range(25)))
    seen: list[str] = []
    for expected in (10, 10, 5):
        lane = await take(storage)
        assert len(lane.events) == expected
        for n, event in enumerate(lane.events):
            seen.append(event.incoming.text)
            last = n == expected - 1
            assert await storage.inbox.finish(Finished(ANNA, lane.token, event.id, release=last))
    assert seen == [str(n) for n in range(25)]
    assert await storage.inbox.claim(10) == ()


async def test_a_lane_has_one_holder(storage: Storage, clock: HandClock) -> None:
    await say(storage, clock)
    claimed = await asyncio.gather(*(storage.inbox.claim(5, [ANNA]) for _ in range(10)), storage.inbox.claim(5))
    assert sum(map(len, claimed)) == 1


async def test_a_claim_of_many_takes_the_longest_waiting_and_no_more_than_asked(
    storage: Storage, clock: HandClock
) -> None:
    people = [Address("vk", str(n)) for n in range(6)]
    for person in people:
        await say(storage, clock, sender=person)
        clock.advance(1)
    first, second = await asyncio.gather(storage.inbox.claim(2), storage.inbox.claim(3))
    assert {lane.address for lane in [*first, *second]} == set(people[:5])
    assert [lane.address for lane in await storage.inbox.claim(2, people[::-1])] == people[5:]


async def test_a_named_claim_takes_no_more_than_asked(storage: Storage, clock: HandClock) -> None:
    people = [Address("vk", str(n)) for n in range(4)]
    for person in people:
        await say(storage, clock, sender=person)
    first, second = await asyncio.gather(storage.inbox.claim(1, people), storage.inbox.claim(2, people))
    assert (len(first), len(second)) == (1, 2)
    assert len({lane.address for lane in [*first, *second]}) == 3


async def test_no_loss_no_double_and_order_in_every_lane_under_load(storage: Storage, clock: HandClock) -> None:
    people = [Address("vk", str(n)) for n in range(40)]
    each, seen = 15, {person: list[int]() for person in people}
    written = 0

    async def writer(share: int) -> None:
        nonlocal written
        for n in range(each):
            for person in people[share::4]:
                new = await say(storage, clock, str(n), sender=person)
                written += new

    async def worker() -> None:
        while written < each * len(people) or any(await storage.upkeep.backlog()):
            for lane in await storage.inbox.claim(5):
                for n, event in enumerate(lane.events):
                    done = Finished(lane.address, lane.token, event.id, release=n == len(lane.events) - 1)
                    assert await storage.inbox.finish(done)
                    seen[lane.address].append(int(event.incoming.text))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for work in (*map(writer, range(4)), *(worker() for _ in range(3))):
            group.create_task(work)
    assert all(order == list(range(each)) for order in seen.values())


# ── Inbox: leases ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_worker_whose_lease_was_taken_over_writes_nothing(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await say(storage, clock)
    zombie = await take(storage)
    assert await storage.inbox.claim(1) == ()
    clock.advance(31)
    owner = await take(storage)
    assert owner.token > zombie.token
    assert owner.attempts == 1
    event = zombie.events[0].id
    draft = Draft(Reply("я"), personal=False)
    old = Finished(ANNA, zombie.token, event, (draft,), (SetLanguage("en"),), Dialogue("late"))
    assert not await storage.inbox.finish(old)
    assert not await storage.inbox.bury(zombie, zombie.events[0], "late")
    await storage.inbox.interject(ANNA, zombie.token, event, draft)
    await storage.inbox.postpone(zombie, clock.now() + timedelta(days=9))
    await storage.inbox.release(zombie)
    memory = await storage.inbox.recall(ANNA)
    assert (memory.chat.language, memory.dialogue.question) == (None, "")
    assert await storage.upkeep.backlog() == (1, 0)
    assert await storage.inbox.claim(1, [ANNA]) == (), "the lane is still the owner's"
    assert await storage.inbox.finish(Finished(ANNA, owner.token, event, (draft,)))
    assert not await storage.inbox.finish(Finished(ANNA, owner.token, event, (draft,))), "done is done"
    assert texts(await deliver(storage, "vk")) == ["я"]
    assert await deliver(storage, "vk") == []


async def test_every_event_has_a_whole_lease(storage: Storage, clock: HandClock) -> None:
    await say(storage, clock, "1", "2", "3")
    lane = await take(storage)
    for n, event in enumerate(lane.events):
        clock.advance(25)
        assert await storage.inbox.claim(1) == ()
        assert await storage.inbox.finish(Finished(ANNA, lane.token, event.id, release=n == 2))


async def test_postponed_the_attempt_counts_and_one_event_comes_alone(storage: Storage, clock: HandClock) -> None:
    await say(storage, clock, "1", "2")
    lane = await take(storage)
    await storage.inbox.postpone(lane, clock.now() + timedelta(seconds=5))
    assert await storage.inbox.claim(1) == ()
    await say(storage, clock, "3")
    assert await storage.inbox.claim(1) == (), "a further message does not shorten the pause"
    clock.advance(5)
    again = await take(storage)
    assert again.attempts == 1
    assert [event.incoming.text for event in again.events] == ["1"]


async def test_released_the_attempt_does_not_count(storage: Storage, clock: HandClock) -> None:
    await say(storage, clock, "1", "2")
    await storage.inbox.release(await take(storage))
    lane = await take(storage)
    assert lane.attempts == 0
    assert len(lane.events) == 2


async def test_buried_with_an_apology_and_the_lane_goes_on(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await say(storage, clock, "bad", "good")
    lane = await take(storage)
    assert await storage.inbox.bury(lane, lane.events[0], "TypeError", (Draft(Reply("простите"), False),))
    rest = await take(storage)
    assert [event.incoming.text for event in rest.events] == ["good"]
    assert rest.attempts == 0
    assert texts(await deliver(storage, "vk")) == ["простите"]


async def test_a_note_goes_ahead_of_the_answer_once(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await say(storage, clock)
    lane = await take(storage)
    for _ in range(2):
        await storage.inbox.interject(ANNA, lane.token, lane.events[0].id, Draft(Reply("минутку"), False))
    draft = Draft(Reply("ответ"), True)
    assert await storage.inbox.finish(Finished(ANNA, lane.token, lane.events[0].id, (draft,)))
    assert [texts(await deliver(storage, "vk")) for _ in range(3)] == [["минутку"], ["ответ"], []]


# ── Memory and effects ────────────────────────────────────────────────────────────────────────────────────────────


async def test_settings_are_remembered(storage: Storage, clock: HandClock) -> None:
    unknown = await storage.inbox.recall(ANNA)
    assert unknown.chat.id == 0
    assert await turn(
        storage, clock, SetLanguage("en"), GiveConsent("7"), SetAlerts(True), SetQuiet(1, 2), SetZone("Asia/Omsk")
    )
    chat = (await storage.inbox.recall(ANNA)).chat
    assert chat.id > 0
    assert (chat.address, chat.language, chat.consent, chat.consent_at) == (ANNA, "en", "7", clock.now())
    assert (chat.alerts, chat.quiet_from, chat.quiet_to, chat.zone) == (True, 1, 2, "Asia/Omsk")
    await say(storage, clock)
    assert (await take(storage)).memory.chat == chat, "a claim brings the same memory"
    same_number = Address("telegram", ANNA.chat)
    assert (await storage.inbox.recall(same_number)).chat.id == 0, "C4: numbers are a network's own"


async def test_the_dialogue_is_kept_until_it_changes(storage: Storage, clock: HandClock) -> None:
    asked = Dialogue("pay", {"sum": "100"}, (("Да", "yes"), ("Нет", "no")), clock.now(), 2)
    await say(storage, clock, "1", "2")
    lane = await take(storage)
    first, second = (event.id for event in lane.events)
    await storage.inbox.finish(Finished(ANNA, lane.token, first, dialogue=asked, release=False))
    await storage.inbox.finish(Finished(ANNA, lane.token, second))
    assert (await storage.inbox.recall(ANNA)).dialogue == asked


async def test_a_reply_comes_out_whole(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    keyboard = ((Button("Да", "yes", tone=Tone.GOOD), Button("Сайт", url="https://x")),)
    replies = (
        Reply("a", keyboard, picture=Picture(bytes(range(256))), replaces="1", answers="2", erases="3"),
        Reply("b", menu=(), document=Document(b"\0\xff", "счёт.pdf")),
    )
    await say(storage, clock)
    lane = await take(storage)
    drafts = (Draft(replies[0], True, clock.now()), Draft(replies[1], False))
    await storage.inbox.finish(Finished(ANNA, lane.token, lane.events[0].id, drafts))
    [first] = await deliver(storage, "vk")
    [second] = await deliver(storage, "vk")
    assert (first.reply, first.personal, first.answer_to) == (replies[0], True, clock.now())
    assert (second.reply, second.personal, second.answer_to) == (replies[1], False, None)
    assert first.kind == "reply"
    assert first.priority == Priority.REPLY
    assert (first.attempts, first.unknowns, first.first_sent_at) == (1, 0, None)


async def test_linking_by_a_code_from_the_page(storage: Storage, clock: HandClock) -> None:
    invitation = await invite(storage, clock, "t")
    found = await storage.links.invitation(hashed("t"))
    assert found is not None
    assert (found.id, found.origin, found.address, found.name) == (invitation, Origin.CHAT, ANNA, "Анна")
    with pytest.raises(Stale):
        await turn(storage, clock, Join(invitation, 10_000, 5))  # nobody signed in
    clock.advance(31)
    assert await storage.links.sign_in(hashed("t"), "s1", claims("1"), "code1")
    assert await storage.links.sign_in(hashed("t"), "s2", claims("2", "3"), "code2"), "B5: the later one counts"
    [lane] = await storage.inbox.claim(1, [ANNA])
    assert lane.memory.invitation is not None
    assert (lane.memory.invitation.subject, lane.memory.invitation.code_hash) == ("s2", "code2")
    assert await storage.inbox.finish(
        Finished(ANNA, lane.token, lane.events[0].id, effects=(Join(invitation, 10_000, 5),))
    )
    memory = await storage.inbox.recall(ANNA)
    assert [(one.account, one.threshold, one.linked_at) for one in memory.links] == [
        ("2", 10_000, clock.now()),
        ("3", 10_000, clock.now()),
    ]
    assert memory.chat.current == memory.links[0].id
    assert memory.invitation is None
    assert await storage.links.invitation(hashed("t")) is None
    assert await storage.links.chats("2") == (ANNA,)
    assert await storage.links.chats("1") == ()
    with pytest.raises(Stale):
        await turn(storage, clock, Join(invitation, 10_000, 5))


async def test_B5_a_code_joins_only_what_its_own_sign_in_chose(storage: Storage, clock: HandClock) -> None:
    invitation = await invite(storage, clock, "t")
    await storage.links.sign_in(hashed("t"), "thief", claims("1"), "typed")
    await storage.links.sign_in(hashed("t"), "victim", claims("2"), "shown to the victim")
    with pytest.raises(Stale):
        await turn(storage, clock, Join(invitation, 1, 5, "typed"))
    assert await storage.links.links(ANNA) == ()


async def test_an_invitation_is_its_chats_and_dies_in_time(storage: Storage, clock: HandClock) -> None:
    invitation = await invite(storage, clock, "t")
    await storage.links.sign_in(hashed("t"), "s", claims("1"), "code")
    with pytest.raises(Stale):
        await turn(storage, clock, Join(invitation, 1, 5), sender=BORIS)
    assert await turn(storage, clock, MissCode(invitation, 1), Discard(invitation), sender=VERA), "and harms nothing"
    assert await storage.links.invitation(hashed("t")) is not None
    clock.advance(minutes=10)
    assert await storage.links.invitation(hashed("t")) is None
    assert not await storage.links.sign_in(hashed("t"), "s", claims("1"), "code")
    with pytest.raises(Stale):
        await turn(storage, clock, Join(invitation, 1, 5))
    assert await storage.links.links(ANNA) == ()


async def test_a_new_invitation_ends_the_earlier_one(storage: Storage, clock: HandClock) -> None:
    await invite(storage, clock, "first")
    second = await invite(storage, clock, "second")
    assert await storage.links.invitation(hashed("first")) is None
    assert await turn(storage, clock, Discard(second))
    assert await storage.links.invitation(hashed("second")) is None


async def test_wrong_codes_end_an_invitation(storage: Storage, clock: HandClock) -> None:
    invitation = await invite(storage, clock, "t")
    for tries in (1, 2):
        await turn(storage, clock, MissCode(invitation, 3))
        await storage.links.sign_in(hashed("t"), "s", claims("1"), "new code")
        found = await storage.links.invitation(hashed("t"))
        assert found is not None
        assert found.tries == tries, "a new code gives no new tries"
    await turn(storage, clock, MissCode(invitation, 3))
    assert await storage.links.invitation(hashed("t")) is None


async def test_a_link_from_the_operators_site(storage: Storage, clock: HandClock) -> None:
    await storage.links.grant(hashed("g"), "s", claims("1"), clock.now() + timedelta(minutes=10))
    found = await storage.links.invitation(hashed("g"))
    assert found is not None
    assert (found.origin, found.address, found.claims) == (Origin.ACCOUNT, None, tuple(claims("1")))
    assert not await storage.links.sign_in(hashed("g"), "x", claims("2"), "code"), "a page cannot change it"
    assert await turn(storage, clock, Join(found.id, 5, 5), sender=BORIS)
    with pytest.raises(Stale):
        await turn(storage, clock, Join(found.id, 5, 5))


async def test_one_invitation_joined_from_two_chats_at_once_links_one(storage: Storage, clock: HandClock) -> None:
    await storage.links.grant(hashed("g"), "s", claims("1"), clock.now() + timedelta(minutes=10))
    found = await storage.links.invitation(hashed("g"))
    assert found is not None
    people = [Address("vk", str(n)) for n in range(8)]
    results = await asyncio.gather(
        *(turn(storage, clock, Join(found.id, 5, 5), sender=person) for person in people), return_exceptions=True
    )
    assert [result for result in results if not isinstance(result, Stale)] == [True]
    assert len(await storage.links.chats("1")) == 1


async def test_a_chat_has_so_many_accounts_and_an_old_one_is_refreshed(storage: Storage, clock: HandClock) -> None:
    first = await link(storage, clock, "1", "2")
    token = await invite(storage, clock, "t")
    await storage.links.sign_in(hashed("t"), "s", claims("2", "3", "4"), "c")
    with pytest.raises(TooMany):
        await turn(storage, clock, Join(token, 7, 3))
    assert await storage.links.invitation(hashed("t")) is not None, "nothing of the turn was written"
    clock.advance(31)
    assert await storage.links.sign_in(hashed("t"), "s", [replace(claims("2")[0], holder="Пётр С."), *claims("3")], "c")
    lane = await take(storage)
    assert await storage.inbox.finish(Finished(ANNA, lane.token, lane.events[0].id, effects=(Join(token, 7, 3),)))
    now = await storage.links.links(ANNA)
    assert [(one.account, one.holder, one.threshold) for one in now] == [
        ("1", "Иван П.", 10_000),
        ("2", "Пётр С.", 10_000),
        ("3", "Иван П.", 7),
    ]
    assert [one.id for one in now[:2]] == [one.id for one in first]


async def test_a_stale_effect_undoes_its_turn_and_no_other(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    people = [Address("vk", str(n)) for n in range(10)]
    for person in people:
        await say(storage, clock, sender=person)
    lanes = await storage.inbox.claim(10)
    turns = [
        Finished(
            lane.address,
            lane.token,
            lane.events[0].id,
            (Draft(Reply(str(n)), True),),
            (SetLanguage("en"), *((Choose(99),) if n == 4 else ())),
        )
        for n, lane in enumerate(lanes)
    ]
    results = await asyncio.gather(*map(storage.inbox.finish, turns), return_exceptions=True)
    assert [isinstance(result, Stale) for result in results] == [n == 4 for n in range(10)]
    assert texts(await deliver(storage, "vk")) == [str(n) for n in range(10) if n != 4]
    assert (await storage.inbox.recall(lanes[4].address)).chat.language is None
    again = replace(turns[4], effects=(SetLanguage("pt"),))
    assert await storage.inbox.finish(again), "the lease is still held: answered again from fresh memory"


async def test_links_of_others_cannot_be_touched(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    [hers] = await link(storage, clock, "2", sender=VERA)
    for effect in (
        Unlink(hers.id),
        Choose(hers.id),
        SetThreshold(hers.id, 1),
        UnlinkEverywhere(hers.id, mine.id),
        UnlinkEverywhere(hers.id, hers.id),
        SetNickname(hers.id, "моё"),
        Verify(hers.id, clock.now()),
        Pose(Challenge("verify", hers.id, "argon2", clock.now())),
        Place("token", hers.id, 100, "RUB", clock.now()),
    ):
        with pytest.raises(Stale):
            await turn(storage, clock, effect)
        clock.advance(31)
        await storage.inbox.bury(lane := await take(storage), lane.events[0], "stale")
    assert await storage.links.links(VERA) == (hers,)


async def test_unlink_and_choose_and_the_current_account(storage: Storage, clock: HandClock) -> None:
    one, two, three = await link(storage, clock, "1", "2", "3")
    await turn(storage, clock, Choose(two.id))
    assert (await storage.inbox.recall(ANNA)).chat.current == two.id
    await turn(storage, clock, Unlink(two.id))
    assert (await storage.inbox.recall(ANNA)).chat.current == one.id
    await turn(storage, clock, Unlink(three.id))
    assert (await storage.inbox.recall(ANNA)).chat.current == one.id
    await turn(storage, clock, Unlink(one.id))
    assert (await storage.inbox.recall(ANNA)).chat.current is None
    [again] = await link(storage, clock, "3")
    assert again.id > three.id, "ids are never used twice"


async def test_it_was_not_me(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    thief_links = await link(storage, clock, "1", "9", sender=BORIS)
    await turn(storage, clock, UnlinkEverywhere(thief_links[0].id, mine.id))
    assert await storage.links.chats("1") == (ANNA,)
    boris = await storage.inbox.recall(BORIS)
    assert [one.account for one in boris.links] == ["9"]
    assert boris.chat.current == thief_links[1].id


async def test_other_chats_of_an_account_are_told(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    [hers] = await link(storage, clock, "1", sender=VERA)
    blocked = Address("vk", "blocked")
    await link(storage, clock, "1", sender=blocked)
    await turn(storage, clock, SetReachable(False), sender=blocked)
    await turn(storage, clock, Tell("1", "linked", {"network": "vk"}), Tell("2", "linked"))
    [letter] = await deliver(storage, "vk")
    assert (letter.address, letter.kind, letter.priority) == (VERA, "linked", Priority.NOTICE)
    assert letter.data == {"network": "vk", "link": str(mine.id)}, "and about which link, so that it can be undone"
    assert (letter.link, letter.reply, letter.personal) == (hers.id, None, True)


async def test_a_closed_account_ends_its_links(storage: Storage, clock: HandClock) -> None:
    _, mine = await link(storage, clock, "1", "2")
    await link(storage, clock, "1", sender=VERA)
    assert await storage.links.gone("1") == 2
    assert await storage.links.gone("1") == 0
    assert (await storage.inbox.recall(ANNA)).chat.current == mine.id
    assert (await storage.inbox.recall(VERA)).chat.current is None


async def test_the_export_tells_everything_but_secrets(storage: Storage, clock: HandClock) -> None:
    await link(storage, clock, "1")
    [mine] = await storage.links.links(ANNA)
    await turn(storage, clock, Saw("1", "balance", {"own": -150}), SetLanguage("ru"), SetNickname(mine.id, "Дача"))
    posed = Challenge("email", mine.id, "secret-hash", clock.now() + timedelta(minutes=10), data={"to": "i@mail.ru"})
    await turn(storage, clock, Pose(posed), Place("secret-order", mine.id, 1, "RUB", clock.now()), SetRegion("Тюмень"))
    await turn(storage, clock, Post(Address("email", "i@mail.ru"), Reply("secret 123456"), posed.expires_at))
    await invite(storage, clock, "secret-token")
    await storage.links.sign_in(hashed("secret-token"), "secret-subject", claims("7"), "secret-code")
    told = str(await storage.links.export(ANNA))
    for wanted in ("40001", "Иван П.", "-150", "2000", "ru", "Дача", "Тюмень", "i@mail.ru", "'kind': 'reply'"):
        assert wanted in told
    for secret in ("secret", str(hashed("secret-token")), hashed("secret-token").hex()):
        assert secret not in told


# ── Nicknames, regions, codes by e-mail and SMS ───────────────────────────────────────────────────────────────────


async def test_a_nickname_and_a_region_are_remembered(storage: Storage, clock: HandClock) -> None:
    first, second = await link(storage, clock, "1", "2")
    await turn(storage, clock, SetNickname(second.id, "Дача 🏡"), SetRegion("Тюменская область"))
    memory = await storage.inbox.recall(ANNA)
    assert [one.nickname for one in memory.links] == ["", "Дача 🏡"]
    assert memory.chat.region == "Тюменская область"
    await observe(storage, ("2", 5))
    watch = await storage.watches.watch(second.id)
    assert watch is not None
    assert (watch.link.nickname, watch.chat.region) == ("Дача 🏡", "Тюменская область")
    await turn(storage, clock, SetNickname(second.id, ""), SetRegion(None), SetNickname(first.id, "Дача"))
    memory = await storage.inbox.recall(ANNA)
    assert [one.nickname for one in memory.links] == ["Дача", ""]
    assert memory.chat.region is None
    [again] = await link(storage, clock, "1")
    assert again.nickname == "Дача", "who links an account anew has named it already"


def challenge(clock: HandClock, link: int, code_hash: str = "argon2", purpose: str = "verify") -> Challenge:
    ends = clock.now() + timedelta(minutes=10)
    return Challenge(purpose, link, code_hash, ends, data={"then": "calls:1", "почта": "i@mail.ru"})


async def test_a_code_waits_in_its_chat_and_dies_in_time(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    posed = challenge(clock, mine.id)
    await turn(storage, clock, Pose(posed))
    assert (await storage.inbox.recall(ANNA)).challenge == posed
    assert (await storage.inbox.recall(VERA)).challenge is None
    newer = replace(posed, code_hash="newer", purpose="email", data={})
    await turn(storage, clock, MissAnswer(5), Pose(newer))
    assert (await storage.inbox.recall(ANNA)).challenge == newer, "a new one ends the one before, and begins at no try"
    clock.advance(minutes=10)
    assert (await storage.inbox.recall(ANNA)).challenge is None
    with pytest.raises(Stale):
        await turn(storage, clock, Solve("newer"))
    assert await storage.upkeep.purge() > 0


async def test_a_code_is_used_once_by_its_own_chat(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, Pose(challenge(clock, mine.id)))
    for wrong, sender in (("argon2", VERA), ("another", ANNA)):
        with pytest.raises(Stale):
            await turn(storage, clock, Solve(wrong), sender=sender)
        clock.advance(31)
        lane = await take(storage, sender)
        await storage.inbox.bury(lane, lane.events[0], "stale")
    until = clock.now() + timedelta(minutes=15)
    assert await turn(storage, clock, Solve("argon2"), Verify(mine.id, until))
    memory = await storage.inbox.recall(ANNA)
    assert (memory.challenge, memory.links[0].verified_until) == (None, until)
    with pytest.raises(Stale):
        await turn(storage, clock, Solve("argon2"))
    clock.advance(31)
    lane = await take(storage)
    await storage.inbox.bury(lane, lane.events[0], "stale")
    await turn(storage, clock, Unlink(mine.id))
    [again] = await link(storage, clock, "1")
    assert again.verified_until is None, "it ends with the link"


async def test_one_code_solved_twice_at_once_counts_once(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, Pose(challenge(clock, mine.id)))
    await say(storage, clock, "482913", "482913")
    lane = await take(storage)
    first, second = (event.id for event in lane.events)
    assert await storage.inbox.finish(Finished(ANNA, lane.token, first, effects=(Solve("argon2"),), release=False))
    with pytest.raises(Stale):
        await storage.inbox.finish(Finished(ANNA, lane.token, second, effects=(Solve("argon2"),)))


async def test_wrong_answers_end_a_challenge_and_unlinking_too(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, Pose(challenge(clock, mine.id)))
    for tries in (1, 2):
        await turn(storage, clock, MissAnswer(3))
        posed = (await storage.inbox.recall(ANNA)).challenge
        assert posed is not None
        assert posed.tries == tries
    await turn(storage, clock, MissAnswer(3), sender=VERA)
    assert (await storage.inbox.recall(ANNA)).challenge is not None
    await turn(storage, clock, MissAnswer(3))
    assert (await storage.inbox.recall(ANNA)).challenge is None
    await turn(storage, clock, Pose(challenge(clock, mine.id)))
    await turn(storage, clock, Unlink(mine.id))
    assert (await storage.inbox.recall(ANNA)).challenge is None


async def test_a_letter_goes_to_a_mailbox_beside_the_reply(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage, "vk", "email", "sms")
    [mine] = await link(storage, clock, "1")
    box, phone = Address("email", "i:v+1@mail.ru"), Address("sms", "+79120000012")
    ends = clock.now() + timedelta(minutes=10)
    posts = (Post(box, Reply("код 1"), ends), Post(phone, Reply("код 2"), ends))
    await turn(storage, clock, Pose(challenge(clock, mine.id)), *posts, replies=["отправлено"])
    assert texts(await deliver(storage, "vk")) == ["отправлено"]
    [letter] = await deliver(storage, "email")
    assert (letter.address, letter.kind, letter.priority) == (box, "reply", Priority.REPLY)
    assert (letter.reply, letter.expires_at, letter.personal) == (Reply("код 1"), ends, True)
    [[sms], _] = await storage.outbox.claim("sms", 1)
    await storage.outbox.settle(sms, Refused("blocked", unreachable=True))
    known = await storage.database.read(lambda connection: connection.execute(select(chats.c.lane)).scalars().all())
    assert known == ["vk:2000"], "a mailbox is nobody's chat"
    with pytest.raises(Stale):
        await turn(storage, clock, *posts, Solve("another"), replies=["x"])
    assert await deliver(storage, "email") == [], "all letters of a turn or none"


async def test_a_code_that_could_not_leave_in_time_is_not_sent(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage, "email")
    await turn(storage, clock, Post(Address("email", "a@b"), Reply("x"), clock.now() + timedelta(minutes=10)))
    clock.advance(minutes=10)
    assert await deliver(storage, "email") == []
    assert await storage.outbox.sweep() == 1
    assert await storage.outbox.waiting("email") == 0


# ── Payments in a chat ────────────────────────────────────────────────────────────────────────────────────────────


def asked(clock: HandClock, link: int, token: str = "t1") -> Place:
    return Place(token, link, 50_000, "RUB", clock.now() + timedelta(hours=1))


async def test_an_order_from_the_invoice_to_the_account(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, asked(clock, mine.id))
    order = await storage.orders.order("t1")
    assert order is not None
    assert (order.account, order.amount, order.currency, order.charge) == ("1", 50_000, "RUB", None)
    assert order.expires_at == clock.now() + timedelta(hours=1)
    assert await storage.orders.order("\0\ud800") is None
    assert await storage.orders.uncredited() == ()
    paid_at = clock.now()
    receipt = Pay("t1", "charge", 50_000, "RUB", paid_at)
    await turn(storage, clock, receipt)
    await turn(storage, clock, receipt, receipt)
    [owed] = await storage.orders.uncredited()
    assert owed == replace(order, charge="charge", paid_at=paid_at)
    await storage.orders.later(owed.id, clock.now() + timedelta(seconds=5))
    assert await storage.orders.uncredited() == ()
    clock.advance(5)
    [owed] = await storage.orders.uncredited()
    assert owed.attempts == 1
    await asyncio.gather(*(storage.orders.credited(owed.id) for _ in range(5)))
    assert await storage.orders.uncredited() == ()
    [told] = await deliver(storage, "vk")
    assert (told.kind, told.link, told.address) == ("credited", mine.id, ANNA)
    assert told.data == {"amount": "50000", "currency": "RUB"}
    assert await deliver(storage, "vk") == []
    done = await storage.orders.order("t1")
    assert done is not None
    assert done.credited_at == clock.now()
    await storage.orders.later(owed.id, clock.now())
    assert await storage.orders.uncredited() == ()


async def test_money_is_kept_also_when_its_receipt_cannot_be_answered(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, asked(clock, mine.id))
    paid = Receipt("charge", "t1", 50_000, "RUB")
    await storage.inbox.put("vk", Received((replace(message(clock, text=""), receipt=paid),)))
    lane = await take(storage)
    assert await storage.inbox.bury(lane, lane.events[0], "TypeError")
    [owed] = await storage.orders.uncredited()
    assert (owed.account, owed.amount, owed.charge, owed.paid_at) == ("1", 50_000, "charge", clock.now())
    stray = replace(message(clock, text=""), receipt=replace(paid, charge="stray", payload="nobody's"))
    await storage.inbox.put("vk", Received((stray,)))
    lane = await take(storage)
    with capture_logs() as logs:
        assert await storage.inbox.bury(lane, lane.events[0], "TypeError")
    assert [log["event"] for log in logs] == ["order-unknown"]


async def test_money_is_kept_as_the_network_says(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    await turn(storage, clock, asked(clock, mine.id))
    with pytest.raises(Stale):
        await turn(storage, clock, asked(clock, mine.id))
    clock.advance(31)
    lane = await take(storage)
    await storage.inbox.bury(lane, lane.events[0], "stale")
    await turn(storage, clock, Pay("t1", "one", 49_999, "USD", clock.now()))
    clock.advance(1)
    with capture_logs() as logs:
        await turn(storage, clock, Pay("t1", "two", 50_000, "RUB", clock.now()), sender=VERA)
        assert logs == []
        await turn(storage, clock, Pay("nobody's\0", "three", 7, "RUB", clock.now()), sender=VERA)
        await turn(storage, clock, Pay("nobody's\0", "three", 7, "RUB", clock.now()), sender=VERA)
    assert {log["event"] for log in logs} == {"order-unknown"}
    assert {log["log_level"] for log in logs} == {"error"}
    assert {log["charge"] for log in logs} == {"three"}
    owed = await storage.orders.uncredited()
    assert [(one.account, one.amount, one.currency, one.charge) for one in owed] == [
        ("1", 49_999, "USD", "one"),
        ("1", 50_000, "RUB", "two"),
    ], "paid twice is owed twice; what nobody knows is the operator's to look at"
    strange = await storage.orders.order("nobody's\0")
    assert strange is not None
    assert (strange.account, strange.amount, strange.charge) == ("", 7, "three")


async def test_nobody_is_told_of_money_who_cannot_be_told(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    [hers] = await link(storage, clock, "2", sender=VERA)
    await turn(storage, clock, asked(clock, mine.id), Pay("t1", "c1", 1, "RUB", clock.now()), Unlink(mine.id))
    await turn(storage, clock, asked(clock, hers.id, "t2"), Pay("t2", "c2", 1, "RUB", clock.now()), sender=VERA)
    await turn(storage, clock, SetReachable(False), sender=VERA)
    for owed in await storage.orders.uncredited():
        await storage.orders.credited(owed.id)
    assert await storage.orders.uncredited() == ()
    assert await deliver(storage, "vk") == []


async def test_orders_end_in_time_and_money_that_is_owed_does_not(storage: Storage, clock: HandClock) -> None:
    [mine] = await link(storage, clock, "1")
    for token in ("unpaid", "owed", "credited"):
        await turn(storage, clock, asked(clock, mine.id, token))
    for token in ("owed", "credited"):
        await turn(storage, clock, Pay(token, f"c-{token}", 1, "RUB", clock.now()))
    done = await storage.orders.order("credited")
    assert done is not None
    await storage.orders.credited(done.id)

    async def left() -> list[str]:
        await storage.upkeep.purge()
        tokens = ("unpaid", "owed", "credited")
        return [token for token in tokens if await storage.orders.order(token) is not None]

    clock.advance(hours=25)
    assert await left() == ["unpaid", "owed", "credited"]
    clock.advance(1)
    assert await left() == ["owed", "credited"]
    clock.advance(days=6)
    assert await left() == ["owed"]
    clock.advance(days=400)
    assert await left() == ["owed"]


async def test_P3_who_is_forgotten_is_still_owed_the_money(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    [mine] = await link(storage, clock, "1")
    for token in ("unpaid", "owed", "credited"):
        await turn(storage, clock, asked(clock, mine.id, token))
    for token in ("owed", "credited", "unknown"):
        await turn(storage, clock, Pay(token, f"c-{token}", 1, "RUB", clock.now()))
    done = await storage.orders.order("credited")
    assert done is not None
    await storage.orders.credited(done.id)
    assert "c-owed" in str(await storage.links.export(ANNA))
    await turn(storage, clock, Forget())
    [owed] = await storage.orders.uncredited()
    assert owed.token == "owed"
    assert await storage.orders.order("unpaid") is None
    assert await storage.orders.order("credited") is None
    assert await storage.orders.order("unknown") is not None
    assert "c-" not in str(await storage.links.export(ANNA)), "nobody knows any more whose it is"
    await storage.orders.credited(owed.id)
    assert await storage.orders.order("owed") is None
    assert await deliver(storage, "vk") == []


# ── Password attempts ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_B9_attempts_slide_and_right_ones_do_not_count(storage: Storage, clock: HandClock) -> None:
    keys = [("account:1", 3, 900.0), ("address:5", 100, 900.0)]
    receipts = []
    for _ in range(3):
        receipts.append(await storage.links.attempt(keys))
        clock.advance(60)
    assert None not in receipts
    assert await storage.links.attempt(keys) is None
    assert await storage.links.attempt([("account:2", 3, 900.0)]) is not None, "others are not touched"
    assert receipts[1] is not None
    await storage.links.forgive(receipts[1])
    assert await storage.links.attempt(keys) is not None
    assert await storage.links.attempt(keys) is None
    clock.advance(900 - 180)
    assert await storage.links.attempt(keys) is not None, "the first one is fifteen minutes old"
    assert await storage.links.attempt(keys) is None


async def test_B9_a_hundred_at_once_never_exceed_the_limit(storage: Storage, clock: HandClock) -> None:
    keys = [("b", 7, 900.0), ("a", 50, 900.0)]
    receipts = await asyncio.gather(*(storage.links.attempt(keys[:: 1 - 2 * (n % 2)]) for n in range(100)))
    given = [receipt for receipt in receipts if receipt is not None]
    assert len(given) == len(set(given)) == 7


# ── Outbox ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_replies_of_a_chat_leave_one_by_one_in_order(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    people = [Address("vk", str(n)) for n in range(3)]
    for person in people:
        await turn(storage, clock, sender=person, replies=["1", "2", "3"])
    for expected in "123":
        letters, _ = await storage.outbox.claim("vk", 100)
        assert [letter.address for letter in letters] == people
        assert texts(letters) == [expected] * 3
        assert await storage.outbox.claim("vk", 100) == ((), None), "the next waits for this one's outcome"
        for letter in letters:
            await storage.outbox.settle(letter, Sent("m"))
    assert await storage.upkeep.backlog() == (0, 0)


async def test_a_parked_reply_holds_back_its_successors_only(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await turn(storage, clock, replies=["1", "2"])
    await turn(storage, clock, sender=VERA, replies=["v"])
    letters, _ = await storage.outbox.claim("vk", 1)
    await storage.outbox.settle(letters[0], Again(clock.now() + timedelta(seconds=5)))
    assert texts(await deliver(storage, "vk")) == ["v"]
    assert await deliver(storage, "vk") == []
    assert await storage.outbox.waiting("vk") == 2
    assert await storage.outbox.sweep() == 0
    clock.advance(5)
    assert await storage.outbox.sweep() == 1
    [first] = await deliver(storage, "vk")
    assert (texts([first]), first.attempts, first.unknowns) == (["1"], 2, 0)
    assert texts(await deliver(storage, "vk")) == ["2"]


async def test_replies_before_notices_and_bulk_apart(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await link(storage, clock, "1", sender=VERA)
    await observe(storage, ("1", 5))
    assert await storage.watches.due() == 1
    await turn(storage, clock, Tell("1", "linked"))
    await turn(storage, clock, sender=Address("vk", "4"), replies=["r"])
    assert [letter.kind for letter in await deliver(storage, "vk")] == ["reply", "linked"]
    assert await deliver(storage, "vk") == []
    assert {letter.kind for letter in await deliver(storage, "vk", bulk=True)} == {"low"}


async def test_one_letter_of_a_chat_is_in_flight_notices_too(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1", sender=VERA)
    await turn(storage, clock, Tell("1", "linked"))
    [[notice], _] = await storage.outbox.claim("vk", 9)
    await turn(storage, clock, sender=VERA, replies=["r"])
    assert await deliver(storage, "vk") == []
    await storage.outbox.settle(notice, Again(clock.now() + timedelta(seconds=5)))
    [[reply], _] = await storage.outbox.claim("vk", 9)
    assert texts([reply]) == ["r"], "a notice that waits for its time holds nobody up"
    clock.advance(5)
    await storage.outbox.sweep()
    assert await deliver(storage, "vk") == [], "and then waits for the reply in flight"
    await storage.outbox.settle(reply, Sent("m"))
    assert [letter.kind for letter in await deliver(storage, "vk")] == ["linked"]


async def test_alerts_take_only_half_of_the_burst(storage: Storage, clock: HandClock) -> None:
    await storage.outbox.pace("vk", 1, 10, 0)
    people = [Address("vk", str(n)) for n in range(20)]
    for n, person in enumerate(people):
        await link(storage, clock, str(n), sender=person)
    await observe(storage, *[(str(n), 5) for n in range(20)])
    assert await storage.watches.due() == 20
    for person in people:
        await turn(storage, clock, sender=person, replies=["r"])
    alerts, _ = await storage.outbox.claim("vk", 100, bulk=True)
    assert len(alerts) == 5
    none, again_at = await storage.outbox.claim("vk", 100, bulk=True)
    assert (none, again_at) == ((), clock.now() + timedelta(seconds=1))
    replies, _ = await storage.outbox.claim("vk", 100)
    assert len(replies) == 5
    assert await storage.outbox.claim("vk", 100) == ((), clock.now() + timedelta(seconds=1))
    clock.advance(0.999999)
    assert (await storage.outbox.claim("vk", 100))[0] == ()
    clock.advance(0.000001)
    assert len((await storage.outbox.claim("vk", 100))[0]) == 1


async def test_a_network_with_a_burst_of_one_still_sends_alerts(storage: Storage, clock: HandClock) -> None:
    await storage.outbox.pace("vk", 1, 1, 0)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    assert len(await deliver(storage, "vk", bulk=True)) == 1


async def test_without_a_pace_nothing_leaves(storage: Storage) -> None:
    with pytest.raises(StorageError, match="no pace is set for vk"):
        await storage.outbox.claim("vk", 1)


async def test_a_pause_stops_one_network_and_never_becomes_shorter(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await turn(storage, clock, replies=["v"])
    await turn(storage, clock, sender=BORIS, replies=["t"])
    until = clock.now() + timedelta(seconds=30)
    await storage.outbox.pause("vk", until)
    await storage.outbox.pause("vk", clock.now() + timedelta(seconds=1))
    assert await storage.outbox.claim("vk", 1) == ((), until)
    await storage.outbox.pace("vk", 50, 50, 0)  # another process starts
    assert await storage.outbox.claim("vk", 1) == ((), until)
    assert texts(await deliver(storage, "telegram")) == ["t"]
    clock.advance(30)
    assert texts(await deliver(storage, "vk")) == ["v"]


async def test_letters_to_one_chat_keep_their_distance(storage: Storage, clock: HandClock) -> None:
    await storage.outbox.pace("telegram", 30, 30, 1.0)
    links = await link(storage, clock, "1", "2", sender=BORIS)
    await observe(storage, ("1", 5), ("2", 5))
    await storage.watches.due()
    await turn(storage, clock, sender=BORIS, replies=["1", "2"])
    assert texts(await deliver(storage, "telegram")) == ["1"]
    soon = clock.now() + timedelta(seconds=1)
    assert await storage.outbox.claim("telegram", 9) == ((), soon)
    assert await storage.outbox.claim("telegram", 9, bulk=True) == ((), soon)
    clock.advance(1)
    assert texts(await deliver(storage, "telegram")) == ["2"]
    clock.advance(1)
    [letter] = await deliver(storage, "telegram", bulk=True)
    assert [one.link for one in (letter, *letter.also)] == [one.id for one in links], "as one message"


async def test_a_lease_that_ran_out_makes_the_attempt_unknown(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await turn(storage, clock, replies=["1"])
    began = clock.now()
    [[letter], _] = await storage.outbox.claim("vk", 1)
    clock.advance(44)
    assert await storage.outbox.sweep() == 0
    clock.advance(1)
    assert await storage.outbox.sweep() == 1
    [[again], _] = await storage.outbox.claim("vk", 1)
    assert again.id == letter.id
    assert again.token > letter.token
    assert (again.attempts, again.unknowns, again.first_sent_at) == (2, 1, began)
    for outcome in (Again(clock.now()), Refused("x"), Dead("x"), Uncertain("x")):
        await storage.outbox.settle(letter, outcome)  # the first sender wakes up: not his any more
    assert await storage.upkeep.backlog() == (0, 1)
    await storage.outbox.settle(letter, Sent("m"))
    assert await storage.upkeep.backlog() == (0, 0), "but that it arrived is true whoever says it"
    await storage.outbox.settle(again, Again(clock.now()))
    assert await storage.upkeep.backlog() == (0, 0)


async def test_a_late_result_counts_when_nobody_claimed_since(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await turn(storage, clock, replies=["1"])
    [[letter], _] = await storage.outbox.claim("vk", 1)
    clock.advance(46)
    await storage.outbox.sweep()
    await storage.outbox.settle(letter, Refused("blocked"))
    assert await storage.upkeep.backlog() == (0, 0)


async def test_attempts_and_what_may_have_arrived(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await turn(storage, clock, replies=["1"])
    [[letter], _] = await storage.outbox.claim("vk", 1)
    await storage.outbox.settle(letter, Again(clock.now(), counted=False))
    [[letter], _] = await storage.outbox.claim("vk", 1)
    assert (letter.attempts, letter.unknowns, letter.first_sent_at) == (1, 0, None)
    clock.advance(5)
    began = clock.now()
    await storage.outbox.settle(letter, Again(clock.now()))
    [[letter], _] = await storage.outbox.claim("vk", 1)
    assert (letter.attempts, letter.unknowns, letter.first_sent_at) == (2, 0, None)
    clock.advance(3)
    await storage.outbox.settle(letter, Again(clock.now(), unknown=True))
    [[letter], _] = await storage.outbox.claim("vk", 1)
    assert (letter.attempts, letter.unknowns, letter.first_sent_at) == (3, 1, began)


async def test_the_rest_of_a_notice_follows_at_once(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    [[alert], _] = await storage.outbox.claim("vk", 1, bulk=True)
    await storage.outbox.settle(alert, Sent("m1", (Reply("2/3"), Reply("3/3"))))
    await storage.outbox.settle(alert, Sent("m1", (Reply("2/3"), Reply("3/3"))))
    [second] = await deliver(storage, "vk")
    [third] = await deliver(storage, "vk")
    assert texts([second, third]) == ["2/3", "3/3"]
    assert (second.personal, second.link, second.expires_at) == (True, alert.link, alert.expires_at)
    assert await deliver(storage, "vk") == []


async def test_an_alert_that_could_not_leave_within_a_day_ends(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await observe(storage, ("1", 5))
    await storage.watches.due()
    [[alert], _] = await storage.outbox.claim("vk", 1, bulk=True)
    assert alert.expires_at == clock.now() + timedelta(days=1)
    await storage.outbox.settle(alert, Again(clock.now() + timedelta(days=2)))
    clock.advance(days=1)
    assert await storage.outbox.sweep() == 1
    assert await storage.outbox.waiting("vk") == 0
    clock.advance(days=1)
    assert await storage.outbox.sweep() == 0


async def test_F10_a_person_who_blocked_us_hears_nothing_until_they_write(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await turn(storage, clock, replies=["r"])
    [[letter], _] = await storage.outbox.claim("vk", 1)
    await storage.outbox.settle(letter, Refused("blocked", unreachable=True))
    assert not (await storage.inbox.recall(ANNA)).chat.reachable
    await observe(storage, ("1", 5))
    assert await storage.watches.due() == 0
    await turn(storage, clock, SetReachable(True))
    assert await storage.watches.due() == 1


# ── Forgetting and terms ──────────────────────────────────────────────────────────────────────────────────────────


async def test_P3_who_is_forgotten_is_unknown_and_gets_a_farewell(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await link(storage, clock, "2", sender=VERA)
    await link(storage, clock, "1", sender=VERA, alerts=False)
    await observe(storage, ("1", 5), ("2", 5))
    await storage.watches.due()
    await say(storage, clock, "забудь меня", "и это", "баланс")
    lane = await take(storage)
    first, second, _ = (event.id for event in lane.events)
    assert await storage.inbox.finish(Finished(ANNA, lane.token, first, (Draft(Reply("старое"), True),), release=False))
    farewell = (Draft(Reply("прощайте"), False), Draft(Reply("совсем"), False))
    effects = (Saw("1", "export", {}), Tell("1", "unlinked"), Forget())
    assert await storage.inbox.finish(Finished(ANNA, lane.token, second, farewell, effects))
    assert (await storage.inbox.recall(ANNA)).chat.id == 0
    assert await storage.links.chats("1") == (VERA,)
    assert await storage.inbox.claim(1) == (), "what this person wrote before is erased with the rest"
    assert texts(await deliver(storage, "vk")) == ["прощайте"]
    assert texts(await deliver(storage, "vk")) == ["совсем"]
    alerts = await deliver(storage, "vk", bulk=True)
    assert {letter.address for letter in alerts} == {VERA}
    assert await turn(storage, clock, SetLanguage("ru")), "and may come back as a stranger"
    assert (await storage.inbox.recall(ANNA)).links == ()


async def test_P3_a_zombie_cannot_write_for_somebody_forgotten(storage: Storage, clock: HandClock) -> None:
    await say(storage, clock)
    zombie = await take(storage)
    clock.advance(31)
    lane = await take(storage)
    assert await storage.inbox.finish(Finished(ANNA, lane.token, lane.events[0].id, effects=(Forget(),)))
    await say(storage, clock)
    late = Finished(ANNA, zombie.token, zombie.events[0].id, effects=(SetLanguage("en"),))
    assert not await storage.inbox.finish(late)
    assert not await storage.inbox.finish(replace(late, event=(await take(storage)).events[0].id))


async def test_P7_terms_end(storage: Storage, clock: HandClock) -> None:
    await no_limits(storage)
    await link(storage, clock, "1")
    await turn(storage, clock, Saw("1", "balance", {}), replies=["1"])
    await deliver(storage, "vk")
    await storage.links.attempt([("a", 5, 60.0)])
    await storage.inbox.put("vk", Received(unreadable=(b"?",)))
    await invite(storage, clock, "t")
    assert await storage.upkeep.once("tick")
    assert not await storage.upkeep.once("tick")
    assert await storage.upkeep.purge() == 0
    event = message(clock, id="kept", sender=VERA)
    await storage.inbox.put("vk", Received((event,)))
    lane = await take(storage, VERA)
    assert await storage.inbox.finish(Finished(VERA, lane.token, lane.events[0].id))
    await say(storage, clock)
    clock.advance(days=3)
    await storage.upkeep.purge()
    assert await storage.inbox.put("vk", Received((event,))) == 0, "within the term a repetition is known"
    clock.advance(days=397)
    assert await storage.upkeep.purge() > 0
    assert await storage.upkeep.purge() == 0
    assert await storage.upkeep.once("tick")
    assert await storage.upkeep.backlog() == (1, 0), "what still waits is not purged"
    memory = await storage.inbox.recall(ANNA)
    assert [one.account for one in memory.links] == ["1"], "links and settings stay"


# ── What was not understood ───────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_missed_is_kept_without_people_and_counts_up(storage: Storage, clock: HandClock) -> None:
    assert await storage.upkeep.misses() == ()
    first = clock.now().date()
    await turn(storage, clock, Missed("хочу •", "ru", ("pay", "debt")))
    await turn(storage, clock, Missed("0 •", "ru", ()), Missed("хочу •", "en", ()), Missed("", "ru", ("pay",)))
    clock.advance(days=2)
    for sender in (VERA, BORIS):
        await turn(storage, clock, Missed("хочу •", "ru", ("balance",)), sender=sender)
    last = clock.now().date()
    assert (last - first).days == 2
    assert await storage.upkeep.misses() == (
        Miss("хочу •", "ru", ("balance",), 3, first, last),
        Miss("0 •", "ru", (), 1, first, first),
        Miss("хочу •", "en", (), 1, first, first),
    )
    assert all(type(day) is date for one in await storage.upkeep.misses() for day in (one.first_on, one.last_on))
    assert await storage.upkeep.forget_misses([("хочу •", "ru"), ("хочу •", "pt"), ("0 •", "ru")]) == 2
    assert [(one.said, one.language) for one in await storage.upkeep.misses()] == [("хочу •", "en")]


async def test_a_turn_that_is_not_written_missed_nothing(storage: Storage, clock: HandClock) -> None:
    with pytest.raises(Stale):
        await turn(storage, clock, Missed("хочу •", "ru", ()), Unlink(77))
    clock.advance(31)
    zombie = await take(storage)
    clock.advance(31)
    await take(storage)
    late = Finished(ANNA, zombie.token, zombie.events[0].id, effects=(Missed("хочу •", "ru", ()),))
    assert not await storage.inbox.finish(late)
    assert await storage.upkeep.misses() == ()


async def test_what_is_missed_by_many_at_once_is_counted_each_time(storage: Storage, clock: HandClock) -> None:
    people = [Address("vk", str(n)) for n in range(30)]
    for person in people:
        await say(storage, clock, sender=person)
    lanes = await storage.inbox.claim(30)
    texts_ = ("не •", "где •", "хочу •")
    await asyncio.gather(
        *(
            storage.inbox.finish(
                Finished(lane.address, lane.token, lane.events[0].id, effects=(Missed(texts_[n % 3], "ru", ()),))
            )
            for n, lane in enumerate(lanes)
        )
    )
    assert {one.said: one.times for one in await storage.upkeep.misses()} == dict.fromkeys(texts_, 10)


async def test_misses_are_bounded_and_their_term_ends(
    storage: Storage, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misses, "MOST", 3)
    await turn(storage, clock, *(Missed(f"{word} •", "ru", ()) for word in ("а", "б", "в", "г", "а")))
    assert [(one.said, one.times) for one in await storage.upkeep.misses()] == [("а •", 2), ("б •", 1), ("в •", 1)]
    with capture_logs() as logs:
        await storage.upkeep.purge()
        await storage.upkeep.purge()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["misses-full"], "once"
    clock.advance(days=90)
    await turn(storage, clock, Missed("б •", "ru", ()), Missed("д •", "ru", ()))
    await storage.upkeep.purge()
    assert len(await storage.upkeep.misses()) == 3, "ninety days are kept"
    clock.advance(days=1)
    with capture_logs() as logs:
        await storage.upkeep.purge()
    assert [one.said for one in await storage.upkeep.misses()] == ["б •"]
    await turn(storage, clock, Missed("д •", "ru", ()))
    assert len(await storage.upkeep.misses()) == 2, "there is room again"
    assert "misses-full" not in {line["event"] for line in logs}


async def test_a_text_that_no_database_takes_does_not_stop_the_turn(storage: Storage, clock: HandClock) -> None:
    wild = "ж\x00\ud800" + "щ" * 5000
    assert await turn(storage, clock, Missed(wild, "ru", ("\ud800",)), Missed(wild, "ru", ()))
    [one] = await storage.upkeep.misses()
    assert (len(one.said), one.times) == (200, 2)


async def test_once_is_for_one_of_all(storage: Storage) -> None:
    assert sum(await asyncio.gather(*(storage.upkeep.once("scan:12:00") for _ in range(20)))) == 1


async def test_the_schema_has_a_version(storage: Storage) -> None:
    assert await storage.upkeep.version() == HEAD
