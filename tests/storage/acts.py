"""What people do, in the words of the tests: say something, be answered, link an account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from adapters.base import Address, Incoming, Received, Reply
from billing.base import Changes, Funds, Happening, Money
from storage.base import (
    Claim,
    Draft,
    Effect,
    Finished,
    Heed,
    Invite,
    Join,
    Lane,
    Letter,
    Link,
    Sent,
    SetAlerts,
    Storage,
    Watch,
)
from tests.clock import HandClock

ANNA = Address("vk", "2000")
BORIS = Address("telegram", "77")
VERA = Address("vk", "3000")

_ids = count(1)


def message(clock: HandClock, sender: Address = ANNA, text: str = "баланс", id: str | None = None) -> Incoming:
    return Incoming(id=id or f"event-{next(_ids)}", sender=sender, sent_at=clock.now(), text=text)


async def say(storage: Storage, clock: HandClock, *texts: str, sender: Address = ANNA) -> int:
    events = tuple(message(clock, sender, text) for text in texts or ("баланс",))
    return await storage.inbox.put(sender.network, Received(events))


async def take(storage: Storage, address: Address = ANNA) -> Lane:
    [lane] = await storage.inbox.claim(1, [address])
    return lane


async def turn(
    storage: Storage,
    clock: HandClock,
    *effects: Effect,
    sender: Address = ANNA,
    replies: Sequence[str] = (),
    personal: bool = True,
) -> bool:
    """One message comes in and is answered with these effects and replies."""
    await say(storage, clock, sender=sender)
    lane = await take(storage, sender)
    assert len(lane.events) == 1
    drafts = tuple(Draft(Reply(text), personal) for text in replies)
    return await storage.inbox.finish(Finished(sender, lane.token, lane.events[0].id, drafts, effects))


def claims(*accounts: str) -> list[Claim]:
    return [Claim(account, f"4000{account}", "Иван П.") for account in accounts]


def hashed(token: str) -> bytes:
    return sha256(token.encode()).digest()


def unheeded(_watch: Watch, _happening: Happening, _now: datetime) -> None:
    """A rule by which nobody is told of what happened."""


async def observe(
    storage: Storage, *funds: tuple[str, int] | Funds, cursor: str = "", heed: Heed = unheeded, **more: Any
) -> int:
    """The feed brings these figures; how many watched accounts changed."""
    told = tuple(one if isinstance(one, Funds) else Funds(one[0], Money(one[1])) for one in funds)
    touched, _ = await storage.watches.observe(Changes(told, cursor, False, **more), heed)
    return touched


async def invite(storage: Storage, clock: HandClock, token: str, sender: Address = ANNA, minutes: float = 10) -> int:
    effect = Invite(hashed(token), clock.now() + timedelta(minutes=minutes), "Анна", "ru")
    assert await turn(storage, clock, effect, sender=sender)
    invitation = (await storage.inbox.recall(sender)).invitation
    assert invitation is not None
    return invitation.id


async def link(
    storage: Storage,
    clock: HandClock,
    *accounts: str,
    sender: Address = ANNA,
    threshold: int = 10_000,
    alerts: bool = True,
) -> list[Link]:
    """The chat links these accounts; returns its links to them."""
    token = f"token-{next(_ids)}"
    invitation = await invite(storage, clock, token, sender)
    assert await storage.links.sign_in(hashed(token), "subject", claims(*accounts), "argon2")
    if alerts:
        assert await turn(storage, clock, SetAlerts(True), sender=sender)
    assert await turn(storage, clock, Join(invitation, threshold, 5), sender=sender)
    return [one for one in await storage.links.links(sender) if one.account in accounts]


async def deliver(storage: Storage, network: str, bulk: bool = False, limit: int = 100) -> list[Letter]:
    """All letters that may leave now leave, one claim; nothing is throttled unless the test set a pace."""
    letters, _ = await storage.outbox.claim(network, limit, bulk)
    for letter in letters:
        await storage.outbox.settle(letter, Sent(f"m{letter.id}"), [(one, Sent("")) for one in letter.also])
    return list(letters)


def texts(letters: Sequence[Letter]) -> list[str]:
    return [letter.reply.text for letter in letters if letter.reply is not None]


async def no_limits(storage: Storage, *networks: str) -> None:
    for network in networks or ("vk", "telegram"):
        await storage.outbox.pace(network, 1000, 1000, 0)
