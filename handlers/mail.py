"""Bill by e-mail: where the documents of each service go, how to change that, and this month's bill once more.

    mail                            where they go now, by service
    mail:send[:<span>]              the bill of this month, or of the period that is named, to the addresses on record
    mail:change[:<which>]           which service; then the owner proves to be here (handlers.verify), then types the
                                    new address, sees it written out, and gets a code there
    mail:code                       send that code
    mail:done                       the code was right: from now on documents go there
    mail:off[:<which>[:<link>]]     no documents by e-mail any more; for sure, of the account of that link

<which> is a service's mark, "all", or a page of the list of them. The new address waits in the dialogue until it is
confirmed, and in the challenge until it is proved: no button carries it. The old address is told, and waits in the
challenge as well: when the change is done a second time, because we died in its middle, it is on record no more. A
bill goes only to what is on record, three times a day at most, so it needs no proof.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.addresses import plausible
from adapters.base import Address, Button, Keyboard, Reply, Tone
from billing.base import Account, Capability, Kind, Period, Service, Status, Way
from handlers import failures, span, statement
from handlers import pay as paying
from handlers.ask import Ask, NotMine, Turn
from handlers.files import Form
from handlers.menu import button, buttons
from handlers.service import PAGE, further
from handlers.service import buttons as service_buttons
from handlers.subject import mark, marked, named
from handlers.text import brief, tail
from handlers.verify import masked, pose, required
from storage.base import Post, Saw

PURPOSE: Final = "email"  # of the challenge: its letter says what the code is for
ALL: Final = "all"
A_DAY: Final = (3, 24 * 3600.0)  # bills, within seconds
LIFE: Final = timedelta(hours=12)  # a bill that could not leave by then is asked for again
NUMBER: Final = re.compile("[0-9]{1,3}")  # of a page; a mark may be all digits as well, and is longer
WORD: Final = re.compile(r"\S*@\S*")  # what a customer may mean as an address
WHICH: Final = {"change": "mail-which-change", "off": "mail-which-off"}
EXAMPLE: Final = "anna@example.com"
LISTED: Final = 3  # services that a sentence names; of more it says how many


@dataclass(frozen=True, slots=True)
class Entry:
    """One service whose documents can be delivered."""

    service: Service
    email: str | None


async def mail(ask: Ask, account: Account) -> Turn:
    """Raises NotMine for typed words that are neither an address nor a period where one was waited for."""
    if not ask.can(Capability.DELIVERY):
        return failures.unsupported(ask)
    data = ask.memory.dialogue.data
    if ask.memory.dialogue.question == "mail" and ask.text:
        return await (address(ask, account, data["for"]) if "for" in data else send(ask, account, ()))
    what, *rest = ask.arguments or ("",)
    match what:
        case "send":
            return await send(ask, account, tuple(rest))
        case "change" | "off" | "code" | "done" if Way.EMAIL not in ask.operator.ways:
            return await view(ask, account)  # a button from before e-mail was switched off
        case "change":
            return await change(ask, account, *rest[:1])
        case "code":
            return await code(ask, account, data.get("for", ""), data.get("address", ""))
        case "done":
            return await done(ask, account)
        case "off":
            return await off(ask, account, *rest[:2])
        case _:
            return await view(ask, account)


# ── Where they go now ─────────────────────────────────────────────────────────────────────────────────────────────────


async def entries(ask: Ask, account: Account) -> tuple[Entry, ...]:
    known = await ask.billing.services(account.id) if ask.can(Capability.SERVICES) else ()
    titled = {one.id: one for one in known}
    return tuple(
        Entry(
            titled.get(one.service)
            or Service(account.id, one.service, Kind.OTHER, ask.say("mail-service", number=number), Status.ACTIVE),
            one.email,
        )
        for number, one in enumerate(await ask.billing.deliveries(account.id), 1)
    )


async def view(ask: Ask, account: Account) -> Turn:
    found = await entries(ask, account)
    saw = Saw(account.id, "mail", {"services": len(found)})
    if not found:
        return Turn(Reply(ask.say("mail-none"), keyboard=buttons(ask, ("operator", "menu"))), effects=(saw,))
    text = "\n".join([ask.say("mail-head"), *(line(ask, one) for one in found)])
    if Way.EMAIL not in ask.operator.ways:
        text += f"\n\n{ask.say('mail-elsewhere', operator=ask.operator.name)}"
        return Turn(Reply(text, keyboard=buttons(ask, ("operator", "menu"))), effects=(saw,))
    return Turn(Reply(text, keyboard=keyboard(ask, found)), effects=(saw,))


def line(ask: Ask, one: Entry) -> str:
    title = brief(one.service.title)
    if one.email is None:
        return ask.say("mail-line-none", service=title)
    return ask.say("mail-line", service=title, email=masked(Way.EMAIL, one.email))


def keyboard(ask: Ask, found: Sequence[Entry]) -> Keyboard:
    anywhere = any(one.email for one in found)
    rows: list[tuple[Button, ...]] = []
    if anywhere and statement.possible(ask):
        rows.append((ask.button("button-mail-send", "mail:send", Tone.MAIN),))
    rows.append((ask.button("button-mail-change" if anywhere else "button-mail-set", "mail:change"),))
    if anywhere:
        rows.append((ask.button("button-mail-off", "mail:off"),))
    return tuple(rows)


# ── Which service ─────────────────────────────────────────────────────────────────────────────────────────────────────


def chosen(ask: Ask, found: Sequence[Entry], which: str) -> tuple[Entry, ...]:
    """What is meant by a button's argument or by typed words; (): that is still to be asked."""
    if which == ALL:
        return tuple(found)
    services = [one.service for one in found]
    if which and not NUMBER.fullmatch(which):
        of = marked(services, which)
        return tuple(one for one in found if one.service == of)
    if len(found) == 1:
        return tuple(found)
    said = named(services, ask.text) or ()
    return tuple(one for one in found if one.service in said) if len(said) == 1 else ()


def choose(ask: Ask, found: Sequence[Entry], what: str, which: str) -> Turn:
    """«Для какой услуги?»: a button for each, and one for all of them."""
    page = int(which) if NUMBER.fullmatch(which) else 1
    shown, page, pages = span.paged(tuple(found), page, PAGE)
    rows = (
        *service_buttons([one.service for one in shown], lambda s: f"mail:{what}:{mark(s)}"),
        *further(ask, page, pages, lambda n: f"mail:{what}:{n}"),
        (ask.button("button-mail-all", f"mail:{what}:{ALL}"),),
        (button(ask.say, "no:mail"),),
    )
    return Turn(Reply(ask.say(WHICH[what]), keyboard=rows))


def titles(ask: Ask, of: Sequence[Entry]) -> str:
    """«Домашний интернет, Домашний телефон», «5 услуг»."""
    if len(of) > LISTED:
        return ask.say("mail-services", count=len(of))
    return ", ".join(brief(one.service.title) for one in of)


def gone(ask: Ask) -> Turn:
    """The service is not there any more, or never was on this account."""
    return Turn(Reply(ask.say("service-gone"), keyboard=((ask.button("button-mail", "mail"),),)))


# ── A new address ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def change(ask: Ask, account: Account, which: str = "") -> Turn:
    found = await entries(ask, account)
    if not found:
        return await view(ask, account)
    of = chosen(ask, found, which)
    if not of:
        return gone(ask) if which and not NUMBER.fullmatch(which) else choose(ask, found, "change", which)
    which = name(of, found)
    begin = await required(ask, account, f"mail:change:{which}")
    if begin is not None:
        return begin
    if typed := addresses(ask.text):
        return confirm(ask, of, which, typed)
    text = ask.say("mail-new", services=titles(ask, of), example=EXAMPLE)
    return Turn(Reply(text, keyboard=((button(ask.say, "no:mail"),),)), waits="mail", data={"for": which})


def name(of: Sequence[Entry], among: Sequence[Entry]) -> str:
    """What buttons and the dialogue call them: one mark, or all."""
    return ALL if len(of) == len(among) else mark(of[0].service)


def addresses(text: str) -> str:
    """The one address in typed words; "" for none, for several, and for what only looks like one."""
    found = {plausible(word) for word in WORD.findall(text)}
    return (found.pop() or "") if len(found) == 1 else ""


async def address(ask: Ask, account: Account, which: str) -> Turn:
    """An address was waited for, and this was typed."""
    found = addresses(ask.text)
    if not found and "@" not in ask.text and ask.meaning.question:
        raise NotMine
    begin = await required(ask, account, f"mail:change:{which}")
    if begin is not None:
        return begin
    if not found:
        text = ask.say("mail-unreadable", example=EXAMPLE)
        return Turn(Reply(text, keyboard=((button(ask.say, "no:mail"),),)), waits="mail", data={"for": which})
    of = chosen(ask, await entries(ask, account), which)
    return confirm(ask, of, which, found) if of else gone(ask)


def confirm(ask: Ask, of: Sequence[Entry], which: str, new: str) -> Turn:
    """The address is written out once, to who has typed it: a code to a mistyped one would go to a stranger."""
    if all(one.email is not None and plausible(one.email) == new for one in of):
        text = ask.say("mail-same", services=titles(ask, of), email=masked(Way.EMAIL, new))
        return Turn(Reply(text, keyboard=((ask.button("button-mail", "mail"),),)))
    text = ask.say("mail-confirm", services=titles(ask, of), email=new)
    rows = ((ask.button("button-mail-code", "mail:code", Tone.MAIN),), (button(ask.say, "no:mail"),))
    return Turn(Reply(text, keyboard=rows), data={"for": which, "address": new})


async def code(ask: Ask, account: Account, which: str, new: str) -> Turn:
    """Raises nothing for an old button: without an address in the dialogue it is asked for again."""
    to = plausible(new)
    if to is None or ask.link is None:
        return Turn(then="mail:change")
    begin = await required(ask, account, f"mail:change:{which}")
    if begin is not None:
        return begin
    of = chosen(ask, await entries(ask, account), which)
    if not of:
        return gone(ask)
    kept = {"for": which, "old": " ".join(sorted(mailboxes(of)))}
    return await pose(ask, PURPOSE, ask.link, Way.EMAIL, to, "mail:done", kept)


async def done(ask: Ask, account: Account) -> Turn:
    if ask.solved != PURPOSE:
        return await view(ask, account)  # a forged button: nothing was proved
    new, which = ask.proof["address"], ask.proof["for"]
    of = chosen(ask, await entries(ask, account), which)
    if not of:
        return gone(ask)
    for one in of:
        await ask.billing.deliver(account.id, one.service.id, new)
    text = ask.say("mail-done", services=titles(ask, of), email=masked(Way.EMAIL, new))
    rows = keyboard(ask, [Entry(one.service, new) for one in of])
    old = mailboxes(of) | set(ask.proof.get("old", "").split())
    return Turn(Reply(text, keyboard=rows), effects=farewells(ask, account, of, old - {new}))


def mailboxes(of: Sequence[Entry]) -> set[str]:
    """Where their documents go."""
    return {found for one in of if one.email and (found := plausible(one.email))}


def farewells(ask: Ask, account: Account, of: Sequence[Entry], old: set[str]) -> tuple[Post, ...]:
    """A word to where documents went: whoever reads there shall know, were it not the owner's doing."""
    number = tail(account.number)
    letter = Reply(ask.say("mail-farewell", operator=ask.operator.name, number=number, services=titles(ask, of)))
    return tuple(Post(Address(Way.EMAIL, each), letter, ask.now + LIFE) for each in sorted(old))


# ── No more ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def off(ask: Ask, account: Account, which: str = "", sure: str = "") -> Turn:
    found = tuple(one for one in await entries(ask, account) if one.email is not None)
    if not found:
        return await view(ask, account)
    of = chosen(ask, found, which)
    if not of:
        return gone(ask) if which and not NUMBER.fullmatch(which) else choose(ask, found, "off", which)
    assert ask.link is not None
    own = str(ask.link.id)
    if sure != own:  # not yet sure, or sure about another account that answers were about then
        yes = ask.button("button-mail-off-yes", f"mail:off:{name(of, found)}:{own}", Tone.DANGER)
        text = ask.say("mail-off-sure", services=titles(ask, of))
        return Turn(Reply(text, keyboard=((yes,), (button(ask.say, "no:mail"),))))
    for one in of:
        await ask.billing.deliver(account.id, one.service.id, None)
    text = ask.say("mail-off-done", services=titles(ask, of))
    rows = ((ask.button("button-mail", "mail"),),)
    return Turn(Reply(text, keyboard=rows), effects=farewells(ask, account, of, mailboxes(of)))


# ── The bill once more ────────────────────────────────────────────────────────────────────────────────────────────────


async def send(ask: Ask, account: Account, arguments: tuple[str, ...]) -> Turn:
    """The bill as a file, to every address on record."""
    if Way.EMAIL not in ask.operator.ways or not statement.possible(ask):
        return await view(ask, account)
    asked = span.span(ask, account, "mail:send", arguments)
    to = sorted(mailboxes(await entries(ask, account)))
    here = span.action("statement:pdf", asked.period)
    if not to:
        rows = ((ask.button("button-mail-set", "mail:change", Tone.MAIN),), (ask.button("button-mail-here", here),))
        return Turn(Reply(ask.say("mail-nowhere"), keyboard=rows))
    document = await statement.document(ask, account, asked.period, Form.PDF)
    if document is None:
        again = ask.button("button-again", span.action("mail:send", asked.period))
        return Turn(Reply(ask.say("mail-undrawn"), keyboard=((again,),)))
    if await ask.storage.links.attempt([(f"bill:{account.id}", *A_DAY)]) is None:
        return Turn(Reply(ask.say("mail-limit"), keyboard=((ask.button("button-mail-here", here),),)))
    letter = Reply(await written(ask, account, asked.period), document=document)
    effects = [Post(Address(Way.EMAIL, each), letter, ask.now + LIFE) for each in to]
    where = ", ".join(masked(Way.EMAIL, each) for each in to)
    blocks = (span.note(ask, asked), ask.say("mail-sent", period=asked.period, email=where))
    rows = ((ask.button("button-mail-here", here),), (ask.button("button-mail-change", "mail:change"),))
    text = "\n\n".join(block for block in blocks if block)
    saw = Saw(account.id, "mail-send", {"addresses": len(to)})
    return Turn(Reply(text, keyboard=rows), effects=(*effects, saw), waits="mail", data={"about": "mail:send"})


async def written(ask: Ask, account: Account, period: Period) -> str:
    """The letter: its first line is the subject; then what is to pay now, as the chat says it."""
    head = ask.say("mail-subject", operator=ask.operator.name, period=period, number=tail(account.number))
    blocks = [ask.say("mail-letter", period=period), ask.say("mail-why")]
    if ask.can(Capability.BALANCE):
        blocks.insert(0, paying.text(ask, await ask.position(account)))
    return "\n\n".join([head, *blocks])
