"""B1, B2, B5, B6: the attack that linking is built against, played by two people with two browsers and two chats.

    issuer    whose chat asked for the link          browser   in whose browser somebody signed in
    login     whose login and password were typed    typist    who types what they saw into their own chat

Linked only when the chat that asked types the code that its own person's browser was shown: issuer = browser = typist.
Played against links in memory and against the real storage, where the chat's side are effects.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count, product

import pytest

from adapters.base import Address, Incoming, Received
from handlers.codes import hash_token, new_token, verify_code
from storage.base import Effect, Finished, Invite, Join, Lane, Stale, Storage
from storage.sql import open_storage
from tests.clock import HandClock
from tests.linking.desk import Browser, Desk, MemoryLinks, browser, desk

ATTACKER, VICTIM = "demo", "victim"  # their logins, too
OWNED = {ATTACKER: {"demo-1", "demo-2"}, VICTIM: {"victim-1"}}


class MemoryChats:
    def __init__(self, links: MemoryLinks) -> None:
        self.links = links

    async def invite(self, address: Address, token: str) -> None:
        self.links.invite(address, token)

    async def type_code(self, address: Address, typed: str) -> bool:
        return self.links.type_code(address, typed)

    async def linked(self, address: Address) -> set[str]:
        return self.links.linked.get(str(address), set())


@dataclass
class StoredChats:
    """The chat's side as it is in production: a message, its lane, a turn with effects."""

    storage: Storage
    clock: HandClock
    numbers: "count[int]"

    async def invite(self, address: Address, token: str) -> None:
        lane = await self.lane(address)
        life = self.clock.now().replace(year=2027)
        assert await self.finish(lane, Invite(hash_token(token), life, "Анна", "ru"))

    async def type_code(self, address: Address, typed: str) -> bool:
        lane = await self.lane(address)
        found = lane.memory.invitation
        if found is None or found.code_hash is None or not verify_code(found.code_hash, typed):
            await self.finish(lane)
            return False
        return await self.finish(lane, Join(found.id, 100, 5, found.code_hash))

    async def linked(self, address: Address) -> set[str]:
        return {one.account for one in await self.storage.links.links(address)}

    async def lane(self, address: Address) -> Lane:
        event = Incoming(str(next(self.numbers)), address, self.clock.now(), text="x")
        await self.storage.inbox.put(address.network, Received((event,)))
        [lane] = await self.storage.inbox.claim(1, only=[address])
        return lane

    async def finish(self, lane: Lane, *effects: Effect) -> bool:
        turn = Finished(lane.address, lane.token, lane.events[0].id, effects=effects)
        try:
            return await self.storage.inbox.finish(turn)
        except Stale:
            await self.storage.inbox.release(lane)
            return False


Chats = MemoryChats | StoredChats


@pytest.fixture(params=[None, "sqlite_url", "postgres_url"], ids=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.param and str(request.getfixturevalue(request.param))


@pytest.fixture
async def stage(url: str | None, clock: HandClock) -> AsyncIterator[tuple[Desk, Chats]]:
    async with AsyncExitStack() as stack:
        if url is None:
            links = MemoryLinks(clock)
            yield await stack.enter_async_context(desk(clock=clock, links=links)), MemoryChats(links)
        else:
            storage = open_storage(url, clock)
            stack.push_async_callback(storage.close)
            site = await stack.enter_async_context(desk(clock=clock, links=storage.links))
            yield site, StoredChats(storage, clock, count())


async def two_browsers(stack: AsyncExitStack, site: Desk) -> dict[str, Browser]:
    return {one: await stack.enter_async_context(browser(site.url)) for one in (ATTACKER, VICTIM)}


async def test_b1_b2_a_link_needs_the_code_of_the_browser_in_the_chat_that_asked(stage: tuple[Desk, Chats]) -> None:
    site, chats = stage
    numbers = count(1)
    for issuer, opener, signer, login, typist in product((ATTACKER, VICTIM), repeat=5):
        async with AsyncExitStack() as stack:
            browsers = await two_browsers(stack, site)
            chat = {one: Address("vk", str(next(numbers))) for one in (ATTACKER, VICTIM)}
            token, own = new_token(), new_token()
            other = VICTIM if issuer == ATTACKER else ATTACKER
            await chats.invite(chat[issuer], token)
            await chats.invite(chat[other], own)  # the other one is linking as well at this moment
            await browsers[opener].get(f"/link/{token}")
            shown = (await browsers[signer].link(token, login)).code
            typed = shown if typist == signer else "A2A2A2"
            done = await chats.type_code(chat[typist], typed)
            case = f"issuer {issuer}, opener {opener}, browser {signer}, login {login}, typist {typist}"
            assert done == (issuer == signer == typist), case
            assert await chats.linked(chat[issuer]) == (OWNED[login] if done else set()), case
            assert await chats.linked(chat[other]) == set(), case


async def test_b5_a_later_sign_in_voids_the_earlier_code(stage: tuple[Desk, Chats]) -> None:
    site, chats = stage
    numbers = count(1)
    for first, second, how_far in product((ATTACKER, VICTIM), (ATTACKER, VICTIM), ("signed in", "code shown")):
        async with AsyncExitStack() as stack:
            browsers = await two_browsers(stack, site)
            chat, token = Address("telegram", str(next(numbers))), new_token()
            await chats.invite(chat, token)
            early = await browsers[first].link(token, first)
            async with browser(site.url) as later:
                late = await (later.link if how_far == "code shown" else later.sign_in)(token, second)
                assert not await chats.type_code(chat, early.code)
                assert await chats.linked(chat) == set()
                back = await browsers[first].get(early.path)
                assert back.path == f"/link/{token}", "the earlier browser is back at the first step"
                if how_far == "code shown":
                    assert await chats.type_code(chat, late.code)
                    assert await chats.linked(chat) == OWNED[second]


async def test_b4_a_code_and_its_link_work_once(stage: tuple[Desk, Chats]) -> None:
    site, chats = stage
    chat, token = Address("ok", "1"), new_token()
    await chats.invite(chat, token)
    async with browser(site.url) as person:
        page = await person.link(token, ATTACKER)
        assert await chats.type_code(chat, page.code)
        assert not await chats.type_code(chat, page.code)
        for path in (f"/link/{token}", page.path, f"/link/{token}/accounts"):
            assert (await person.get(path)).status == 404
        stale = await person.ask("POST", f"/link/{token}", data={"login": VICTIM, "password": VICTIM})
        assert stale.status == 404


async def test_a_fresh_invitation_of_the_chat_kills_the_earlier_one(stage: tuple[Desk, Chats]) -> None:
    site, chats = stage
    chat, token, fresh = Address("ok", "1"), new_token(), new_token()
    await chats.invite(chat, token)
    async with browser(site.url) as person:
        page = await person.link(token, ATTACKER)
        await chats.invite(chat, fresh)
        assert (await person.get(page.path)).status == 404
        assert not await chats.type_code(chat, page.code)
        assert (await person.get(f"/link/{fresh}")).status == 200


async def test_b6_two_chats_link_one_account_and_one_chat_two(stage: tuple[Desk, Chats]) -> None:
    site, chats = stage
    first, second = Address("vk", "1"), Address("telegram", "2")
    async with browser(site.url) as person:
        for chat, login in ((first, ATTACKER), (second, ATTACKER), (first, VICTIM)):
            token = new_token()
            await chats.invite(chat, token)
            assert await chats.type_code(chat, (await person.link(token, login)).code)
    assert await chats.linked(first) == OWNED[ATTACKER] | OWNED[VICTIM]
    assert await chats.linked(second) == OWNED[ATTACKER]


async def test_b9_attempts_are_counted_by_the_storage_and_outlive_a_restart(stage: tuple[Desk, Chats]) -> None:
    site, chats = stage
    chat, token = Address("vk", "1"), new_token()
    await chats.invite(chat, token)
    async with browser(site.url) as person:
        for _ in range(4):
            assert (await person.sign_in(token, ATTACKER, "wrong")).status == 422
    another = {"secret": b"another start, another secret"}
    async with desk(clock=site.clock, links=site.links, more=another) as again, browser(again.url) as person:
        assert (await person.sign_in(token, ATTACKER, "wrong")).status == 422
        assert (await person.sign_in(token, ATTACKER)).status == 429
        assert sum(again.billing.asked.values()) == 1


async def test_b1_a_sign_in_between_typing_and_linking_links_nobody(stage: tuple[Desk, Chats]) -> None:
    """The attacker types the code of his own sign-in at the moment when the victim reaches the code page."""
    site, chats = stage
    if isinstance(chats, MemoryChats):
        return  # nothing comes between there
    chat, token = Address("vk", "1"), new_token()
    await chats.invite(chat, token)
    async with browser(site.url) as attacker, browser(site.url) as victim:
        await attacker.link(token, ATTACKER)
        lane = await chats.lane(chat)
        await victim.link(token, VICTIM)
        found = lane.memory.invitation
        assert found is not None
        assert not await chats.finish(lane, Join(found.id, 100, 5, found.code_hash))
    assert await chats.linked(chat) == set()
