"""Who would like to see somebody's calls, or to have somebody's bills: forged buttons, borrowed and stale proofs."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from adapters.base import Address
from handlers.codes import digits_of
from handlers.subject import mark
from storage.base import Forget, Link, Post, Solve, Unlink, Verify
from tests.handlers.test_every_screen import IVAN, OLGA, Guest, guest, home, services

PHONE = services(("Интернет", "Телефон"))[1]
CALLS = f"calls:{mark(PHONE)}"
NEW = "thief@evil.example"


def typed(talk: Guest) -> str:
    """The last code that was sent."""
    return digits_of(talk.tokens[-1])


def posted(talk: Guest) -> list[str]:
    return [one.to.chat for one in talk.effects if isinstance(one, Post)]


async def asks_for_calls(talk: Guest) -> None:
    await talk.sends(CALLS)
    await talk.sends(f"verify:1:{CALLS}")


async def asks_for_mail(talk: Guest) -> None:
    """Up to the code that went to the new mailbox."""
    await talk.sends("mail:change:all")
    await talk.sends("verify:1:mail:change:all")
    await talk.says(typed(talk))
    await talk.says(NEW)
    await talk.sends("mail:code")
    assert posted(talk)[-1] == NEW


def shows_calls(talk: Guest) -> bool:
    return "звон" in talk.reply.text and "Местная связь" in talk.reply.text


async def test_the_proofs_work_for_their_owner() -> None:
    talk = guest(home())
    await asks_for_calls(talk)
    await talk.says(typed(talk))
    assert shows_calls(talk)
    await asks_for_mail_again(talk)
    await talk.says(typed(talk))
    assert {(account, email) for _, account, _, email in talk.hostile.done} == {(IVAN.id, NEW)}


async def asks_for_mail_again(talk: Guest) -> None:
    """Within the quarter of an hour, without a second proof."""
    await talk.sends("mail:change:all")
    await talk.says(NEW)
    await talk.sends("mail:code")


async def unlinks(talk: Guest) -> None:
    await talk.sends(f"unlink:{talk.memory.links[0].id}:yes")
    assert Unlink in map(type, talk.turn.effects)


async def relinks(talk: Guest) -> None:
    old = talk.memory.links[0]
    await unlinks(talk)
    talk.remember(links=(Link(old.id + 1, old.account, old.number, old.holder, old.linked_at, old.threshold),))


async def forgets(talk: Guest) -> None:
    await talk.sends("forget:yes")
    assert Forget() in talk.turn.effects
    talk.linked(IVAN)


async def agrees_no_more(talk: Guest) -> None:
    talk.house.operator = replace(talk.house.operator, consent_version="2")


async def waits(talk: Guest) -> None:
    talk.house.clock.advance(minutes=11)


@pytest.mark.parametrize("meanwhile", [unlinks, relinks, forgets, agrees_no_more, waits])
@pytest.mark.parametrize("begun", [asks_for_calls, asks_for_mail])
async def test_a_code_proves_nothing_after_what_it_was_about_has_changed(
    begun: Callable[[Guest], Awaitable[None]], meanwhile: Callable[[Guest], Awaitable[None]]
) -> None:
    talk = guest(home())
    await begun(talk)
    code = typed(talk)
    if meanwhile is waits:
        talk.remember(links=tuple(replace(one, verified_until=None) for one in talk.memory.links))
    await meanwhile(talk)
    await talk.says(code)
    assert not shows_calls(talk)
    await talk.sends(CALLS)
    assert begun is asks_for_mail or meanwhile is agrees_no_more or not shows_calls(talk)
    await talk.sends("mail:done")
    assert talk.hostile.done == []


async def test_a_proof_dies_with_the_link() -> None:
    for meanwhile in (relinks, forgets):
        talk = guest(home())
        await asks_for_calls(talk)
        await talk.says(typed(talk))
        await meanwhile(talk)
        await talk.sends(CALLS)
        assert not shows_calls(talk)


async def test_a_code_is_used_once_and_only_in_its_chat() -> None:
    talk = guest(home())
    await asks_for_calls(talk)
    code = typed(talk)
    other = Guest(talk.house, Address("vk", "2"))
    other.linked(IVAN)
    group = Guest(talk.house, talk.address, private=False)
    group.memory = talk.memory
    assert (await group.live(text=code)).effects == ()
    await other.says(code)
    assert not [one for one in other.effects if isinstance(one, Solve | Verify)]
    await other.sends(CALLS)
    assert not shows_calls(other)
    await talk.says(code)
    assert shows_calls(talk)
    talk.remember(links=tuple(replace(one, verified_until=None) for one in talk.memory.links))
    await talk.says(code)
    assert not shows_calls(talk)


async def test_the_proof_for_one_account_is_none_for_another() -> None:
    talk = guest(home(), 2)
    ivan, olga = talk.memory.links
    await asks_for_calls(talk)
    await talk.sends(f"choose:{olga.id}")
    await talk.says(typed(talk))
    assert shows_calls(talk)
    assert talk.reply.text.startswith("Счёт …7731"), "it goes on with the account that it was asked for"
    for action in (
        f"choose:{olga.id}:{CALLS}",
        f"again:choose:{olga.id}:{CALLS}",
        f"verify:1:choose:{olga.id}:{CALLS}",
    ):
        await talk.sends(action)
        assert not shows_calls(talk), action
    assert ivan.account == IVAN.id
    assert {one.account: one.verified_until is not None for one in talk.memory.links} == {IVAN.id: True, OLGA.id: False}


FORGED = (
    "mail:done", "mail:done:all", "mail:code", "solve", "solve:email", "again:mail:done", "verify:1:mail:done",
    "verify:again", "verify:1:verify:1:mail:done", "consent:1:mail:done", "choose:{olga}:mail:done",
    "verify:1:choose:{olga}:mail:done", "choose:{olga}:choose:{ivan}:mail:done", "verify:1:solve", "no:mail:done",
)  # fmt: skip


@pytest.mark.parametrize("forged", FORGED)
async def test_no_button_sets_an_address_without_both_proofs(forged: str) -> None:
    talk = guest(home(), 2)
    ivan, olga = talk.memory.links
    await asks_for_mail(talk)
    talk.remember(links=tuple(replace(one, verified_until=None) for one in talk.memory.links))
    action = forged.format(ivan=ivan.id, olga=olga.id)
    sent = len(talk.tokens)
    await talk.sends(action)
    assert talk.hostile.done == []
    if len(talk.tokens) > sent and not posted(talk)[-1].endswith("evil.example"):
        await talk.says(typed(talk))  # the proof of the one end, given once more, is not that of the other
        assert talk.hostile.done == []


async def test_what_is_not_the_chat_s_own_is_not_there() -> None:
    talk = guest(home())
    for action in (
        "choose:1", "choose:1:balance", "unlink:1:yes", "rename:1", "which:1.2:balance", "stranger:1:2:yes",
        f"service:{'0' * 8}", f"calls:{'0' * 8}", f"usage:{'f' * 8}", "promised:yes:other", "mail:off:ffffffff:1",
    ):  # fmt: skip
        talk.effects = []
        await talk.sends(action)
        names = {type(one).__name__ for one in talk.turn.effects}
        assert names <= {"Saw"}, action
    assert talk.hostile.done == []
