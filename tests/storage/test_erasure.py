"""P3: after «забудь меня» nothing about the person is left in the files, not even in freed pages or the log."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Text, cast, func, or_, select

from adapters.base import Address, Incoming, Received, Reply
from billing.ledger_tables import metadata as ledger
from storage.base import (
    Again,
    Challenge,
    Claim,
    Dead,
    Dialogue,
    Draft,
    Finished,
    Forget,
    GiveConsent,
    Invite,
    Join,
    Outcome,
    Pay,
    Place,
    Pose,
    Post,
    Refused,
    Saw,
    Sent,
    SetAlerts,
    SetLanguage,
    SetNickname,
    SetRegion,
    SetZone,
    Storage,
    Tell,
    Uncertain,
    Verify,
)
from storage.sql import open_storage
from storage.tables import metadata
from tests.clock import HandClock
from tests.storage.acts import BORIS, deliver, hashed, link, no_limits, observe, take, texts, turn

CANARY = "CANARY"
HER = Address("vk", "CANARYCHAT77")


async def live(storage: Storage, clock: HandClock) -> None:
    """A canary in every place that a person's data can reach."""
    await no_limits(storage)
    await storage.outbox.pace("vk", 100, 100, 1.0)  # so that the chat's pace is written
    await storage.links.grant(hashed("CANARYTOKEN"), "CANARYSUBJECT", [], clock.now())
    await turn(storage, clock, SetAlerts(True), GiveConsent("CANARYCONSENT"), SetZone("CANARYZONE"), sender=HER)
    await turn(storage, clock, SetLanguage("CANARYLANGUAGE"), sender=HER)
    await turn(
        storage, clock, Invite(hashed("t"), clock.now() + timedelta(minutes=10), "CANARYNAME", "CANARY"), sender=HER
    )
    claims = [Claim("CANARYACCOUNT1", "CANARYNUMBER", "CANARYHOLDER"), Claim("CANARYACCOUNT2", "CANARYNUMBER2", "")]
    await storage.links.sign_in(hashed("t"), "CANARYSUBJECT", claims, "CANARYCODE")
    invitation = (await storage.inbox.recall(HER)).invitation
    assert invitation is not None
    await turn(storage, clock, Join(invitation.id, 10_000, 5), sender=HER)
    await turn(
        storage, clock, Invite(hashed("t2"), clock.now() + timedelta(minutes=10), "CANARYNAME2", "ru"), sender=HER
    )
    await link(storage, clock, "shared", sender=BORIS)
    await link(storage, clock, "shared", sender=HER)
    await turn(storage, clock, Tell("shared", "linked", {"x": "harmless"}), sender=BORIS)  # a notice waits for her
    await observe(storage, ("CANARYACCOUNT1", 5))
    await storage.watches.due()  # an alert waits
    await turn(storage, clock, Saw("shared", "balance", {"CANARYFIGURE": 1}), sender=HER, replies=["CANARYREPLY"])
    mine = await storage.links.links(HER)
    soon = clock.now() + timedelta(minutes=10)
    posed = Challenge("CANARYPURPOSE", mine[0].id, "CANARYHASH", soon, data={"address": "CANARY@mail.ru"})
    await turn(
        storage,
        clock,
        SetRegion("CANARYREGION"),
        SetNickname(mine[0].id, "CANARYNICK"),
        Verify(mine[0].id, soon),
        Pose(posed),
        Post(Address("email", "CANARY@mail.ru"), Reply("CANARYLETTER"), soon),  # waits, and another is on its way
        Post(Address("sms", "CANARY79120000012"), Reply("CANARYLETTER"), soon),
        Place("CANARYTOKEN1", mine[0].id, 1, "RUB", soon),
        Place("CANARYTOKEN2", mine[0].id, 1, "RUB", soon),
        Pay("CANARYTOKEN2", "CANARYCHARGE", 1, "RUB", clock.now()),
        sender=HER,
    )
    paid = await storage.orders.order("CANARYTOKEN2")
    assert paid is not None
    await storage.orders.credited(paid.id)  # it may be asked about for a week; whoever is forgotten asks nothing
    await storage.outbox.pace("sms", 100, 100, 0)
    await storage.outbox.claim("sms", 1)
    [[sending], _] = await storage.outbox.claim("vk", 1)  # one is on its way
    await storage.outbox.settle(sending, Again(clock.now() + timedelta(hours=1)))  # and parked

    event = Incoming(id="CANARYEVENT", sender=HER, sent_at=clock.now(), text="CANARYTEXT", name="CANARYNAME3")
    await storage.inbox.put("vk", Received((event,), (b'{"peer_id":"CANARYCHAT77","text":"CANARYRAW"}',)))
    lane = await take(storage, HER)
    await storage.inbox.bury(lane, lane.events[0], "ValueError")
    asked = Dialogue("pay", {"sum": "CANARYSUM"}, (("CANARYLABEL", "CANARYACTION"),), clock.now())
    for text in ("CANARYTEXT1", "CANARYTEXT2"):
        event = Incoming(id=text, sender=HER, sent_at=clock.now(), text=text)
        await storage.inbox.put("vk", Received((event,)))
    lane = await take(storage, HER)
    draft = Draft(Reply("CANARYANSWER"), True)
    await storage.inbox.finish(Finished(HER, lane.token, lane.events[0].id, (draft,), (), asked))


async def forget(storage: Storage, clock: HandClock, *, silently: bool = False) -> None:
    lane = await take(storage, HER)
    if silently:
        assert await storage.inbox.finish(Finished(HER, lane.token, lane.events[-1].id, (), (Forget(),)))
        clock.advance(2)  # as long as the chat's pace lasts
        return
    farewell = Draft(Reply("CANARYFAREWELL"), False)
    assert await storage.inbox.finish(Finished(HER, lane.token, lane.events[-1].id, (farewell,), (Forget(),)))
    clock.advance(2)
    [letter] = await deliver(storage, "vk")
    assert letter.reply == Reply("CANARYFAREWELL")


def hits(path: Path) -> list[str]:
    """Where the canary sings: the database file and its log of changes."""
    files = [path, path.with_name(path.name + "-wal")]
    return [file.name for file in files if file.exists() and CANARY.encode() in file.read_bytes()]


async def test_P3_no_canary_in_the_files(sqlite_url: str, clock: HandClock) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    storage = open_storage(sqlite_url, clock)
    try:
        await live(storage, clock)
        assert hits(path), "the canaries are there before"
        await forget(storage, clock)
        await storage.upkeep.purge()  # the expired invitation of the operator's site was nobody's
        assert hits(path) == []
    finally:
        await storage.close()
    assert hits(path) == []


@pytest.mark.parametrize("silently", [False, True])
async def test_P3_no_canary_in_any_column(storage: Storage, clock: HandClock, silently: bool) -> None:
    await live(storage, clock)
    assert await columns_with_canary(storage)
    await forget(storage, clock, silently=silently)
    await storage.upkeep.purge()
    assert await columns_with_canary(storage) == []
    erasures = metadata.tables["erasures"]
    [record] = await storage.database.read(lambda connection: connection.execute(select(erasures)).all())
    assert record.network == "vk"
    assert '"links":3' in record.counts


@pytest.mark.parametrize(
    "outcome", [Sent("m"), Again(datetime(2030, 1, 1, tzinfo=UTC), unknown=True), Uncertain("time-out"), None]
)
async def test_P3_figures_on_the_wire_come_before_the_farewell(
    storage: Storage, clock: HandClock, outcome: Outcome | None
) -> None:
    """Found by simulation: «everything is erased», and below it the balance that had been under way."""
    await no_limits(storage)
    await turn(storage, clock, sender=HER, replies=["CANARYFIGURES"])
    [[letter], _] = await storage.outbox.claim("vk", 1)
    await turn(storage, clock, Forget(), sender=HER, replies=["CANARYFAREWELL"])
    assert await columns_with_canary(storage) == ["outbox"], "the two last letters"
    assert (await storage.outbox.claim("vk", 5))[0] == ()
    if outcome is None:  # whoever had it is dead
        clock.advance(60)
    else:
        await storage.outbox.settle(letter, outcome)
    await storage.outbox.sweep()
    assert texts(await deliver(storage, "vk")) == ["CANARYFAREWELL"]
    await storage.outbox.sweep()
    assert await columns_with_canary(storage) == []


@pytest.mark.parametrize("outcome", [Sent("m"), Refused("mode"), Uncertain("time-out"), Dead("too long")])
async def test_P7_an_answered_message_leaves_no_words_and_no_chat(
    storage: Storage, clock: HandClock, outcome: Outcome
) -> None:
    await no_limits(storage)
    event = Incoming(id="CANARYEVENT", sender=HER, sent_at=clock.now(), text="CANARYTEXT")
    await storage.inbox.put("vk", Received((event,)))
    lane = await take(storage, HER)
    draft = Draft(Reply("CANARYANSWER"), True)
    await storage.inbox.finish(Finished(HER, lane.token, lane.events[0].id, (draft,)))
    [[letter], _] = await storage.outbox.claim("vk", 1)
    await storage.outbox.settle(letter, outcome)
    assert await columns_with_canary(storage) == ["lanes", "chats"], "that there is such a chat is all that is kept"


async def columns_with_canary(storage: Storage) -> list[str]:
    found = []
    for table in [*metadata.tables.values(), *ledger.tables.values()]:
        sings = or_(*(cast(column, Text).contains(CANARY) for column in table.columns))
        query = select(func.count()).select_from(table).where(sings)
        if await storage.database.read(lambda connection, query=query: connection.execute(query).scalar_one()):
            found.append(table.name)
    return found


async def test_P3_an_unanswered_reader_does_not_keep_the_log(sqlite_url: str, clock: HandClock) -> None:
    """A reader in the way of the checkpoint: the next purge scrubs."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    storage = open_storage(sqlite_url, clock)
    try:
        await live(storage, clock)
        await asyncio.gather(forget(storage, clock), *(storage.links.export(BORIS) for _ in range(30)))
        await storage.upkeep.purge()
        assert hits(path) == []
    finally:
        await storage.close()
