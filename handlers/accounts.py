"""The accounts of this chat: which there are, what they are called, which one the answers are about, how to let one go.

Buttons carry the number of a link, never an account; a number that is not one of this chat's links is "not available".
A nickname is the customer's own word for an account. It is shown to nobody else, and always beside the last digits: two
accounts may have the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from adapters.base import Address, Button, Keyboard, Reply, Tone
from handlers import link as linking
from handlers.amounts import words_of
from handlers.ask import Ask, NotMine, Turn
from handlers.consent import ACTION_BYTES
from handlers.menu import button, buttons, keyboard, offered, unavailable
from handlers.public import network
from handlers.text import LANGUAGES, Say, brief, sentences, tail
from nlu.letters import clean, fold
from storage.base import Choose, Effect, Link, SetNickname, Tell, Unlink, UnlinkEverywhere

LONGEST: Final = 30  # characters of a nickname
LABEL: Final = 24  # of them on a button, so that the digits stand beside it
QUOTES: Final = " \"'«»“”„‘’`"


def owned(ask: Ask, argument: str) -> Link | None:
    """The link of this chat that a button names."""
    return next((one for one in ask.memory.links if str(one.id) == argument), None)


def named(ask: Ask, one: Link) -> str:
    """«…1234 · Иван П.», «Дача · …1234»"""
    return called(ask.say, one)


def called(say: Say, one: Link, limit: int = LONGEST) -> str:
    if one.nickname:
        return say("account-nicknamed", number=tail(one.number), nickname=brief(one.nickname, limit))
    return say("account", number=tail(one.number), holder=brief(one.holder, limit)) if one.holder else tail(one.number)


def choices(ask: Ask, links: Sequence[Link], question: str, then: str = "") -> Keyboard:
    """A button for each of the accounts, a row each."""
    return tuple(
        (Button(called(ask.say, one, LABEL), action=":".join((question, str(one.id), *filter(None, (then,))))),)
        for one in links
    )


async def accounts(ask: Ask) -> Turn:
    links = ask.memory.links
    if not links:
        return linking.first(ask, "")
    current = ask.link
    lines = [
        ask.say("account-chosen" if one == current and len(links) > 1 else "account-listed", account=named(ask, one))
        for one in links
    ]
    rows: Keyboard = ()
    if len(links) > 1:
        rows = choices(ask, links, "choose")
        lines.append(ask.say("accounts-hint"))
    more = ("link", "unlink", "rename") if len(links) < ask.operator.max_links else ("unlink", "rename")
    return Turn(
        Reply("\n".join([ask.say("accounts", count=len(links)), *lines]), keyboard=(*rows, *buttons(ask, more)))
    )


async def choose(ask: Ask) -> Turn:
    """ "choose:<link>" makes it the account that answers are about; "choose:<link>:<action>" then goes on with it."""
    chosen = owned(ask, ask.arguments[0]) if ask.arguments else None
    if chosen is None:
        return unavailable(ask)
    effects = (Choose(chosen.id),)
    if len(ask.arguments) > 1:
        return Turn(effects=effects, then=":".join(ask.arguments[1:]))
    text = ask.say("account-now", account=named(ask, chosen))
    names = offered(ask.billing.can, ("balance", "pay", "payments", "accounts"))
    return Turn(Reply(text, keyboard=buttons(ask, names, main="balance")), effects)


async def which(ask: Ask) -> Turn:
    """ "which:<link>.<link>[:<action>]": what was typed fits these accounts; "which": it fits none of the chat's."""
    ids, *rest = ask.arguments or ("",)
    fits = [one for one in (owned(ask, number) for number in ids.split(".")) if one is not None]
    then = ":".join(rest)
    links = fits or ask.memory.links
    if not links:
        return linking.first(ask, "")
    if len(f"choose:{max(one.id for one in links)}:{then}".encode()) > ACTION_BYTES:
        then = ""
    text = ask.say("account-which" if fits else "account-unknown")
    return Turn(Reply(text, keyboard=choices(ask, links, "choose", then)), data={"text": ask.text[:200]})


# ── Nicknames ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def rename(ask: Ask) -> Turn:
    """ "rename" asks which, "rename:<link>" asks for a name, "rename:<link>:none" takes it away. Typed, with a name or
    without: «назови счёт Дача» is about the account that answers are about.

    Raises NotMine for typed words that are another question, when a name was waited for.
    """
    links = ask.memory.links
    if not links:
        return linking.first(ask, "")
    waiting = ask.memory.dialogue.question == "rename"
    if waiting and ask.text:
        one = owned(ask, ask.memory.dialogue.data.get("link", ""))
        meaning = ask.meaning
        if meaning.whole and meaning.question not in {"thanks", "greeting"}:
            raise NotMine
        return unavailable(ask) if one is None else christened(ask, one, ask.text)
    if not ask.arguments:
        wanted = said_name(ask.text)
        if wanted and ask.link is not None:
            return christened(ask, ask.link, wanted)
        if len(links) > 1:
            rows = choices(ask, links, "rename")
            return Turn(Reply(ask.say("rename-which"), keyboard=(*rows, (button(ask.say, "no:rename"),))))
    one = owned(ask, ask.arguments[0]) if ask.arguments else links[0]
    if one is None:
        return unavailable(ask)
    if ask.arguments[1:] == ("none",):
        return christened(ask, one, "")
    text = ask.say("rename-to", account=named(ask, one), limit=LONGEST)
    rows = ((button(ask.say, "no:rename"),),)
    if one.nickname:
        rows = ((Button(ask.say("button-rename-none"), action=f"rename:{one.id}:none"),), *rows)
    return Turn(Reply(text, keyboard=rows), waits="rename", data={"link": str(one.id)})


def christened(ask: Ask, one: Link, wanted: str) -> Turn:
    """The account with its new name; "": with none."""
    nickname = clean(wanted).strip(QUOTES)
    if len(nickname) > LONGEST:
        text = ask.say("rename-long", limit=LONGEST)
        return Turn(
            Reply(text, keyboard=((button(ask.say, "no:rename"),),)), waits="rename", data={"link": str(one.id)}
        )
    new = replace(one, nickname=nickname)
    if nickname:
        text = ask.say("renamed", number=tail(one.number), nickname=nickname)
        if any(fold(other.nickname) == fold(nickname) for other in ask.memory.links if other.id != one.id):
            text = f"{text}\n{ask.say('renamed-twin')}"
    else:
        text = ask.say("renamed-none", account=named(ask, new))
    return Turn(Reply(text, keyboard=buttons(ask, ("balance", "accounts"))), (SetNickname(one.id, nickname),))


def said_name(text: str) -> str:
    """The name in «назови счёт Дача»: what stands behind the words that ask for it."""
    asking = {token for language in LANGUAGES for token in fold(sentences(language)["rename"]).split()} | LEADING
    words = clean(text).split()
    while words and set(fold(words[0]).split()) <= asking:
        del words[0]
    return " ".join(words)


LEADING: Final = words_of("мои этот его как в на the my this to as it a minha esta para como de")


# ── Letting go ────────────────────────────────────────────────────────────────────────────────────────────────────


async def unlink(ask: Ask) -> Turn:
    """ "unlink" asks which, "unlink:<link>" asks whether, "unlink:<link>:yes" does it."""
    links = ask.memory.links
    if not links:
        return Turn(Reply(ask.say("unlink-nothing"), keyboard=buttons(ask, ("link", "menu"))))
    if not ask.arguments and len(links) > 1:
        rows = choices(ask, links, "unlink")
        return Turn(Reply(ask.say("unlink-which"), keyboard=(*rows, (button(ask.say, "no:unlink"),))))
    going = owned(ask, ask.arguments[0]) if ask.arguments else links[0]
    if going is None:
        return unavailable(ask)
    if ask.arguments[1:] != ("yes",):
        yes = Button(ask.say("button-unlink-yes"), action=f"unlink:{going.id}:yes", tone=Tone.DANGER)
        text = ask.say("unlink-confirm", account=named(ask, going))
        return Turn(Reply(text, keyboard=((yes,), (button(ask.say, "no:unlink"),))))
    tell = Tell(
        going.account, "unlinked-elsewhere", {"network": ask.incoming.sender.network, "at": ask.now.isoformat()}
    )
    text = ask.say("unlinked", account=named(ask, going))
    return Turn(Reply(text, menu=keyboard(ask)), effects=(Unlink(going.id), tell))


async def stranger(ask: Ask) -> Turn:
    """«Это не я»: "stranger:<their link>:<our link>" asks, and with ":yes" cuts the other chat off."""
    theirs, ours, *answer = (*ask.arguments, "", "")[: max(2, len(ask.arguments))]
    own = owned(ask, ours)
    if own is None:
        return unavailable(ask)
    where = await holder_of(ask, theirs, own)
    if where is None:
        return Turn(
            Reply(ask.say("stranger-gone", account=named(ask, own)), keyboard=buttons(ask, ("accounts", "menu")))
        )
    place = network(ask.say, where.network)
    if answer != ["yes"]:
        action = f"stranger:{theirs}:{ours}:yes"
        yes = Button(ask.say("button-stranger-yes"), action=action, tone=Tone.DANGER)
        text = ask.say("stranger-confirm", account=named(ask, own), network=place)
        return Turn(Reply(text, keyboard=((yes,), (button(ask.say, "no:stranger"),))))
    effects: tuple[Effect, ...] = (
        UnlinkEverywhere(int(theirs), own.id),
        Tell(own.account, "unlinked-elsewhere", {"network": where.network, "at": ask.now.isoformat()}),
    )
    text = ask.say("stranger-cut", account=named(ask, own), network=place)
    return Turn(Reply(text, keyboard=buttons(ask, ("operator", "accounts"), main="operator")), effects)


async def holder_of(ask: Ask, theirs: str, own: Link) -> Address | None:
    """The other chat whose link to the same account this is; None when there is none (any more)."""
    for address in await ask.storage.links.chats(own.account):
        if address != ask.incoming.sender:
            for one in await ask.storage.links.links(address):
                if str(one.id) == theirs and one.account == own.account:
                    return address
    return None
