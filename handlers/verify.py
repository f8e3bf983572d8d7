"""Step-up: before what is sensitive, a code proves that the owner of the account is the one who asks.

    a sensitive question ─▶ required() ─▶ None: verified within the last fifteen minutes, go on
                                └▶ the ways on record ─▶ `verify` ─▶ pose(): a code ─▶ typed: `solve` ─▶ `then`

Six digits (20 bits: ASVS 5.0 V6.5.4), kept as an argon2 hash, ten minutes, five tries, once. They go to an address that
the operator has on record, never to one that is typed here, unless the proof is about that very address (`pose` with a
purpose of its own). At most three codes in fifteen minutes and ten a day, for a chat and for an address each: nobody's
phone is flooded from many chats, and fifty guesses a day at a million are no attack.

A proof is believed by two signs only, and no button can forge either: `Link.verified_until`, and `Ask.solved`, the
purpose of the challenge that was solved in this very turn.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters.base import Address, Button, Keyboard, Reply, Tone
from billing.base import Account, Capability, Reach, Way
from handlers import contacts
from handlers.ask import Ask, NotMine, Turn
from handlers.codes import clean_digits, digits_of, hash_code, matches
from handlers.consent import ACTION_BYTES
from handlers.menu import button, buttons, keyboard
from handlers.region import local
from handlers.text import brief
from storage.base import Challenge, Choose, Effect, Link, MissAnswer, Pose, Post, Solve, Verify

PURPOSE: Final = "verify"
LIFE: Final = timedelta(minutes=10)
VERIFIED: Final = timedelta(minutes=15)
TRIES: Final = 5
SOON, DAY = (3, 15 * 60.0), (10, 24 * 3600.0)  # codes, within seconds
FIGURES: Final = re.compile("[0-9][0-9 -]{2,14}")  # a code with a digit too few or too many: no try is lost by it
NAME: Final = 30  # characters of the operator's name in a letter: an SMS has 134
MASKED: Final = 24  # characters of a masked address: it stands on a button


async def required(ask: Ask, account: Account, then: str) -> Turn | None:
    """None: the owner has proved to be here; else the turn that begins the proof. `then`: the action to go on with.

    For handlers of Linked routes: `account` is the one of `ask.link`.
    """
    link = ask.link
    if link is not None and link.verified_until is not None and link.verified_until > ask.now:
        return None
    ways = await reaches(ask, account)
    if not ways:
        return nowhere(ask)
    rows = tuple(
        (Button(ask.say(f"proof-to-{one.way}", address=masked(one.way, one.address)), action=chosen(at, then)),)
        for at, one in enumerate(ways, 1)
    )
    text = ask.say("proof-why" if len(ways) == 1 else "proof-which")
    return Turn(Reply(text, keyboard=(*rows, cancel(ask))), data={"then": then})


async def verify(ask: Ask, account: Account) -> Turn:
    """ "verify:<n>[:<then>]" sends a code by the n-th way; "verify:again" sends one more for what is waited for."""
    number, *rest = ask.arguments or ("",)
    then = ":".join(rest) or ask.memory.dialogue.data.get("then", "")
    posed = ask.memory.challenge
    if number == "again":
        if posed is None or posed.link != getattr(ask.link, "id", None):
            return Turn(then=then or "menu")  # it is over, or about another account: from the beginning
        way, address = Way(posed.data["way"]), posed.data["address"]
        assert ask.link is not None
        return await pose(ask, posed.purpose, ask.link, way, address, posed.data["then"], posed.data)
    begin = await required(ask, account, then)
    if begin is None:
        return Turn(then=then or "menu")
    ways = {str(at): one for at, one in enumerate(await reaches(ask, account), 1)}
    if number not in ways or ask.link is None:
        return begin
    return await pose(ask, PURPOSE, ask.link, ways[number].way, ways[number].address, then)


async def pose(
    ask: Ask,
    purpose: str,
    link: Link,
    way: Way,
    address: str,
    then: str,
    data: Mapping[str, str] | None = None,
) -> Turn:
    """Send a code to `address` and wait for it. When it is typed, the action `then` follows, with `ask.solved` set to
    `purpose`. What `then` must be able to trust goes into `data` and comes back as `ask.proof`, beside "then", "way"
    and "address", which are added here. The sentence `proof-for-<purpose>` tells in the letter what the code is for.

    Too many codes were asked for: a turn that says so, and nothing is sent.
    """
    if limit := await exhausted(ask, way, address):
        return Turn(Reply(ask.say(limit), keyboard=buttons(ask, ("operator", "menu"))), data={"then": then})
    code = digits_of(ask.token())
    until = ask.now + LIFE
    reason = ask.say(f"proof-for-{purpose}")
    letter = ask.say(f"proof-letter-{way}", operator=brief(ask.operator.name, NAME), code=code, reason=reason)
    kept = {**(data or {}), "then": then, "way": str(way), "address": address}
    effects: tuple[Effect, ...] = (
        Pose(Challenge(purpose, link.id, hash_code(code), until, data=kept)),
        Post(Address(str(way), address), Reply(letter), until),
    )
    text = ask.say(f"proof-sent-{way}", address=masked(way, address))
    return Turn(Reply(text, keyboard=further(ask)), effects, waits="solve", data={"then": then})


async def solve(ask: Ask) -> Turn:
    """Six digits were typed. Right: the proof holds, and what was asked for follows.

    Raises NotMine for typed words that are no code, when one was waited for.
    """
    posed, typed = ask.memory.challenge, clean_digits(ask.text)
    if typed is None and ask.text:
        if posed is None or not FIGURES.fullmatch(ask.text):
            raise NotMine
        then = posed.data.get("then", "")
        return Turn(Reply(ask.say("proof-shape"), keyboard=further(ask)), waits="solve", data={"then": then})
    if posed is None or typed is None:
        then = ask.memory.dialogue.data.get("then", "")
        rows = ((ask.button("button-proof-again", "verify:again", Tone.MAIN),),) if then else ()
        return Turn(Reply(ask.say("proof-over"), keyboard=(*rows, *buttons(ask, ("menu",)))), data={"then": then})
    then = posed.data.get("then", "")
    link = next((one for one in ask.memory.links if one.id == posed.link), None)
    if link is None:
        return Turn(Reply(ask.say("not-available"), keyboard=keyboard(ask)))
    if not matches(posed.code_hash, typed):
        left = TRIES - posed.tries - 1
        text = ask.say("proof-wrong", left=left) if left > 0 else ask.say("proof-used-up")
        return Turn(Reply(text, keyboard=further(ask)), (MissAnswer(TRIES),), waits="solve", data={"then": then})
    effects: list[Effect] = [Solve(posed.code_hash)]
    if posed.purpose == PURPOSE:
        effects.append(Verify(link.id, ask.now + VERIFIED))
    if link != ask.link:
        effects.append(Choose(link.id))  # what follows is about the account that the proof is about
    return Turn(effects=tuple(effects), then=then or "menu")


# ── The ways ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def reaches(ask: Ask, account: Account) -> tuple[Reach, ...]:
    """The ways on record by which a code can be sent now, the most trusted first; four at most."""
    if not ask.can(Capability.REACHES) or not ask.operator.ways:
        return ()
    return tuple(one for one in await ask.billing.reaches(account.id) if one.way in ask.operator.ways)[:4]


def chosen(number: int, then: str) -> str:
    action = f"verify:{number}:{then}"
    return action if len(action.encode()) <= ACTION_BYTES else f"verify:{number}"


def nowhere(ask: Ask) -> Turn:
    """Nothing on record, or nothing that can be sent: said plainly, with the phones of who can help."""
    phones = [contacts.line(ask, one) for one in local(ask)]
    text = "\n".join([ask.say("proof-nowhere", operator=ask.operator.name), *phones])
    return Turn(Reply(text, keyboard=buttons(ask, ("operator", "menu"), main="operator")))


async def exhausted(ask: Ask, way: Way, address: str) -> str:
    """The sentence that says how long to wait; "" when a code may be sent, which is then counted."""
    ends = (str(ask.incoming.sender), f"{way}:{address.casefold()}")
    today = await ask.storage.links.attempt([(f"code-day:{end}", *DAY) for end in ends])
    if today is None:
        return "proof-limit-day"
    if await ask.storage.links.attempt([(f"code-soon:{end}", *SOON) for end in ends]) is None:
        await ask.storage.links.forgive(today)
        return "proof-limit-soon"
    return ""


def further(ask: Ask) -> Keyboard:
    return ((ask.button("button-proof-again", "verify:again"),), cancel(ask))


def cancel(ask: Ask) -> tuple[Button, ...]:
    return (button(ask.say, "no:verify"),)


def masked(way: Way, address: str) -> str:
    """«i***@mail.ru», «+7 ··· ··-12»: enough to recognise one's own."""
    if way is Way.EMAIL:
        name, _, domain = address.rpartition("@")
        return brief(f"{name[:1]}***@{domain}", MASKED)
    digits = "".join(c for c in address if c.isdecimal())
    start = "+7" if len(digits) == 11 and digits[0] in "78" else "+"
    return f"{start} ··· ··-{digits[-2:]}"
