"""The accounts of this chat: which there are, which one the answers are about, and how to let one go.

Buttons carry the number of a link, never an account; a number that is not one of this chat's links is "not available".
"""

from adapters.base import Address, Button, Keyboard, Reply, Tone
from handlers import link as linking
from handlers.ask import Ask, Turn
from handlers.menu import button, buttons, keyboard, unavailable
from handlers.public import network
from handlers.text import tail
from storage.base import Choose, Effect, Link, Tell, Unlink, UnlinkEverywhere


def owned(ask: Ask, argument: str) -> Link | None:
    """The link of this chat that a button names."""
    return next((one for one in ask.memory.links if str(one.id) == argument), None)


def named(ask: Ask, one: Link) -> str:
    """«…1234 · Иван П.»"""
    return ask.say("account", number=tail(one.number), holder=one.holder) if one.holder else tail(one.number)


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
        rows = tuple((Button(named(ask, one), action=f"choose:{one.id}"),) for one in links)
    more = ("link", "unlink") if len(links) < ask.operator.max_links else ("unlink",)
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
    return Turn(Reply(text, keyboard=buttons(ask, ("balance", "pay", "payments", "accounts"), main="balance")), effects)


async def unlink(ask: Ask) -> Turn:
    """ "unlink" asks which, "unlink:<link>" asks whether, "unlink:<link>:yes" does it."""
    links = ask.memory.links
    if not links:
        return Turn(Reply(ask.say("unlink-nothing"), keyboard=buttons(ask, ("link", "menu"))))
    if not ask.arguments and len(links) > 1:
        rows = tuple((Button(named(ask, one), action=f"unlink:{one.id}"),) for one in links)
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
