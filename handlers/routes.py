"""The desk's front: every event of every network comes in here, and the table says who answers it.

Who may be answered (the kind of a route, checked here and nowhere else):

    Public   anybody, also where nothing personal may be said: help, phones, language, "stop", "forget me"
    Open     anybody, on a network in mode `full`: linking, the list of accounts
    Linked   a chat that has agreed to the processing of personal data and has linked an account

What a message means, in this order; the first that fits is done:

     0  the network is about to take an order's money, or has taken it: handlers.invoice
     1  we may write, or may not: remembered, nothing said
     2  a group: "write to me privately", or silence
     3  an action: a pressed button; a typed password, which handlers.secrets has taken out
     4  a deep link with a token; without one the chat was opened: the greeting
     5  a "/command"
     6  «стоп» and «оператор», whatever waits
     7  the link's code; six digits when a code was sent by e-mail or SMS
     8  the number or the label of a button shown, yes and no
     9  a follow-up, whose meaning the last answer gives: «подробнее», «а за прошлый?» (handlers.followup)
    10  the question that waits: it may refuse what is no answer to it
    11  one of several accounts, by its last digits or its nickname, alone or with a question (handlers.mention)
    12  a known word or phrase; a bare period is about payments
    13  not understood: the likeliest, then the menu, then the phones

An action is "name:argument:…". Arguments come back from the network and are believed by nobody: numbers of links are
looked up among the chat's own, everything else is parsed as if it had been typed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from adapters.base import Incoming, Reply
from billing.base import Account, Gone, SignIn
from handlers import (
    accounts,
    alerts,
    consent,
    contacts,
    failures,
    followup,
    help,
    hours,
    invoice,
    link,
    menu,
    news,
    privacy,
    public,
    region,
    start,
    stop,
    topics,
    verify,
)
from handlers import language as languages
from handlers.ask import Ask, Linked, NotMine, Open, Turn
from handlers.balance import balance
from handlers.bonus import bonus
from handlers.calls import calls
from handlers.charges import charges
from handlers.codes import clean_digits
from handlers.debt import debt
from handlers.failures import slow as slow
from handlers.followup import FRESH, dated
from handlers.mail import mail
from handlers.mention import mention
from handlers.options import options as options_
from handlers.pay import pay
from handlers.payments import payments
from handlers.phrases import phrases
from handlers.promised import promised
from handlers.service import service
from handlers.services import services
from handlers.span import Unclear
from handlers.statement import statement
from handlers.tariff import tariff
from handlers.text import Say, negotiate
from handlers.topup import topup
from handlers.trace import paid
from handlers.trouble import trouble
from handlers.understand import Meaning, off_topic, understand
from handlers.usage import usage
from handlers.why import why
from nlu.letters import clean, fold
from storage.base import (
    Choose,
    Effect,
    GiveConsent,
    Link,
    Memory,
    MissAnswer,
    Pose,
    Saw,
    SetAlerts,
    SetHour,
    SetLanguage,
    SetNickname,
    SetQuiet,
    SetReachable,
    SetRegion,
    SetThreshold,
    SetWish,
    SetZone,
    Solve,
    Unlink,
    Verify,
)

log = structlog.get_logger()


class Kind(Enum):
    PUBLIC = auto()
    OPEN = auto()
    LINKED = auto()


@dataclass(frozen=True, slots=True)
class Route:
    kind: Kind
    open: Open | None = None
    linked: Linked | None = None


def anybody(handler: Open) -> Route:
    return Route(Kind.PUBLIC, open=handler)


def full(handler: Open) -> Route:
    return Route(Kind.OPEN, open=handler)


def customer(handler: Linked) -> Route:
    return Route(Kind.LINKED, linked=handler)


# A route's words are the messages `words-<name>` of locales/*/words.ftl; `words-alerts-off` asks for "alerts:off".
ROUTES: Final[Mapping[str, Route]] = {
    # money
    "balance": customer(balance),
    "debt": customer(debt),
    "pay": customer(pay),
    "topup": customer(topup),
    "invoice": customer(invoice.invoice),
    "promised": customer(promised),
    "payments": customer(payments),
    "charges": customer(charges),
    "why": customer(why),
    "statement": customer(statement),
    "mail": customer(mail),
    "calls": customer(calls),
    "bonus": customer(bonus),
    # something does not work
    "paid": customer(paid),
    "trouble": customer(trouble),
    # services
    "services": customer(services),
    "service": customer(service),
    "tariff": customer(tariff),
    "options": customer(options_),
    "usage": customer(usage),
    # warnings
    "alerts": customer(alerts.alerts),
    "threshold": customer(alerts.threshold),
    "here": customer(alerts.here),
    "remind": customer(alerts.remind),
    "topics": customer(topics.topics),
    "topic": customer(topics.topic),
    "hour": customer(hours.hour),
    "quiet": customer(hours.quiet),
    "zone": customer(hours.zone),
    "stop": anybody(stop.stop),
    # whose account
    "link": full(link.link),
    "code": full(link.code),
    "verify": customer(verify.verify),
    "solve": full(verify.solve),
    "join": full(link.join),
    "accounts": full(accounts.accounts),
    "choose": full(accounts.choose),
    "which": full(accounts.which),
    "rename": full(accounts.rename),
    "unlink": full(accounts.unlink),
    "stranger": full(accounts.stranger),
    # the customer's own data
    "consent": full(consent.consent),
    "export": full(privacy.export),
    "forget": anybody(privacy.forget),
    # talk
    "start": anybody(start.start),
    "menu": anybody(menu.menu),
    "more": anybody(menu.more),
    "help": anybody(help.help_),
    "safe": anybody(help.safe),
    "operator": anybody(contacts.contacts),
    "region": anybody(region.region),
    "news": anybody(news.news),
    "faults": anybody(news.faults),
    "language": anybody(languages.language),
    "greeting": anybody(start.greeting),
    "thanks": anybody(start.thanks),
    "complaint": anybody(start.complaint),
    "beyond": anybody(start.beyond),
    "no": anybody(start.no),
    "followup": anybody(followup.followup),
    "lost": anybody(help.lost),
    "page": anybody(start.page),
    "again": anybody(failures.again),
    "password": anybody(stop.password),
    "flood": anybody(stop.flood),
}

ALWAYS: Final = ("stop", "operator")  # these words are heard whatever is waited for
LONGEST_NAME: Final = 20  # characters of a route's name
CHAIN: Final = 3  # consent, then the account, then the question: no chain is longer
HEADROOM: Final = (5, 9)  # rows and buttons that leave room for one more row on every network
TOKEN: Final = re.compile("[A-Za-z0-9_-]{20,43}")  # a deep link's one-time token; anything else only opens the chat


@dataclass(frozen=True, slots=True)
class Step:
    """One way to understand a message."""

    action: str
    text: str = ""  # what was typed for it
    waiting: bool = False  # it answers what was last asked
    also: str = ""  # a second question, to be offered
    on: str = ""  # what was typed for the question that it goes on with


# ── Answering ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def answer(ask: Ask) -> Turn:
    """Everything that one event shows and changes. Raises BillingError other than Gone."""
    incoming = ask.incoming
    if incoming.checkout is not None:
        return finished(ask, await invoice.checkout(ask, incoming.checkout))
    if incoming.receipt is not None:
        return finished(ask, await invoice.receipt(ask, incoming.receipt))
    if incoming.permission is not None:
        return Turn(effects=(SetReachable(incoming.permission),), personal=False)
    if not incoming.private:
        return public.privately(ask) if addressed(incoming) else Turn(personal=False)
    for step in steps(ask):
        try:
            return finished(ask, await perform(ask, step))
        except NotMine:
            continue
    return finished(ask, menu.outdated(ask))  # a pressed question that only typed words can answer


def finished(ask: Ask, turn: Turn) -> Turn:
    if ask.incoming.checkout is not None and (turn.reply is None or turn.reply.approves is None):
        turn = invoice.unsure(ask, ask.incoming.checkout)  # whatever went wrong: the network waits for a yes or no
    effects = turn.effects
    if not ask.memory.chat.reachable:
        effects = (SetReachable(True), *effects)  # whoever writes to us can be written to
    reply = turn.reply
    if reply is None:
        return replace(turn, effects=effects)
    if reply.answers != ask.incoming.press:
        reply = replace(reply, answers=ask.incoming.press)
    return replace(
        turn, reply=reply, effects=effects, data={**followup.carried(ask), **turn.data, "language": ask.say.language}
    )


async def perform(ask: Ask, step: Step) -> Turn:
    """Do one step, and what it wants done after it."""
    turn = followup.kept(ask, step.action, await once(ask, step), step.also)
    for _ in range(CHAIN):
        if not turn.then:
            return turn
        ask = after(ask, turn.effects)
        # What was typed for it; a code is no answer to what follows it.
        text = "" if ask.solved else step.on or ask.memory.dialogue.data.get("text", "")
        further = followup.kept(ask, turn.then, await once(ask, Step(turn.then, text)))
        turn = replace(further, effects=(*turn.effects, *further.effects))
    return menu.outdated(ask)


async def once(ask: Ask, step: Step) -> Turn:
    return worded(ask, await asked(ask, step))


def worded(ask: Ask, turn: Turn) -> Turn:
    """For the audit: in which words the figures were shown."""
    if not any(isinstance(effect, Saw) for effect in turn.effects):
        return turn
    version = ask.say.version
    effects = (replace(one, template=version) if isinstance(one, Saw) else one for one in turn.effects)
    return replace(turn, effects=tuple(effects))


async def asked(ask: Ask, step: Step) -> Turn:
    name, *arguments = step.action.split(":")
    route = ROUTES.get(name)
    if route is None:
        return menu.outdated(ask)
    memory = ask.memory
    if not step.waiting and memory.dialogue.question:
        # A handler that is asked afresh sees no question waiting.
        memory = replace(memory, dialogue=replace(memory.dialogue, question=""))
    ask = replace(ask, arguments=tuple(arguments), text=step.text, memory=memory)
    if ask.public and route.kind is not Kind.PUBLIC:
        return public.elsewhere(ask)
    if route.open is not None:
        turn = await route.open(ask)
        return replace(turn, personal=turn.personal and route.kind is not Kind.PUBLIC)
    assert route.linked is not None
    if not consent.agreed(ask):
        return consent.screen(ask, step.action, step.text)
    mine = ask.link
    if mine is None:
        return link.first(ask, step.action)
    try:
        account = await there(ask, mine)
        if account is None:
            # Here, not in dispatch: only here it is known which of several accounts was asked about.
            return failures.gone(ask)
        ask = replace(ask, say=by_account(ask, account))
        turn = await route.linked(ask, account)
    except SignIn:
        return failures.sign_in(ask, step.action)
    except Unclear as back:
        turn = back.turn
    except Gone:
        # What has gone may be a service only: no account is let go unless the billing says so of the account itself.
        if await there(ask, mine) is None:
            return failures.gone(ask)
        turn = failures.service_gone(ask)
    return headed(ask, turn, step)


async def there(ask: Ask, one: Link) -> Account | None:
    """The account of a link; None: it is closed, or the billing knows it no more."""
    try:
        account = await ask.billing.account(one.account)
    except Gone:
        return None
    return account if account.open else None


def by_account(ask: Ask, account: Account) -> Say:
    """Figures are of the account's own day; times are shown by the customer's clock."""
    zone = ask.memory.chat.zone or account.zone
    days = [ask.now.astimezone(ZoneInfo(name)).date() for name in (account.zone, zone)]
    if days == [ask.say.today] * 2 and zone == ask.say.zone and ask.say.here is None:
        return ask.say
    return replace(ask.say, today=days[0], zone=zone, here=days[1])


def headed(ask: Ask, turn: Turn, step: Step) -> Turn:
    """With several accounts every answer says which one it is about and offers the others; a second question that was
    asked in the same message is offered as well."""
    reply = turn.reply
    if reply is None:
        return turn
    several = len(ask.memory.links) > 1 and ask.link is not None
    if several and ask.link is not None:
        reply = replace(reply, text=f"{ask.say('account-line', account=accounts.named(ask, ask.link))}\n{reply.text}")
    shown = {button.action for row in reply.keyboard for button in row}
    more = [name for name in (step.also, "accounts" if several else "") if name and name not in shown]
    rows, count = len(reply.keyboard), sum(len(row) for row in reply.keyboard)
    if more and reply.menu is None and rows <= HEADROOM[0] and count + len(more) <= HEADROOM[1] + 1:
        reply = replace(reply, keyboard=(*reply.keyboard, tuple(menu.button(ask.say, name) for name in more)))
    if reply is turn.reply:
        return turn
    return replace(turn, reply=reply, personal=turn.personal or several)


def after(ask: Ask, effects: tuple[Effect, ...]) -> Ask:
    """The same question as if the effects were already written. Here alone a proof becomes one: with its Solve."""
    say, solved, proof = ask.say, ask.solved, ask.proof
    posed = ask.memory.challenge
    for effect in effects:
        if isinstance(effect, SetLanguage):
            say = replace(say, language=effect.language)
        if isinstance(effect, Solve) and posed is not None and posed.code_hash == effect.code_hash:
            solved, proof = posed.purpose, posed.data
    return replace(ask, say=say, memory=remembered(ask.memory, effects), solved=solved, proof=proof)


def remembered(memory: Memory, effects: tuple[Effect, ...]) -> Memory:
    """What a chat remembers after settings were changed."""
    chat, links, challenge = memory.chat, memory.links, memory.challenge
    for effect in effects:
        match effect:
            case SetLanguage(language):
                chat = replace(chat, language=language)
            case GiveConsent(version):
                chat = replace(chat, consent=version)
            case Choose(chosen):
                chat = replace(chat, current=chosen)
            case SetAlerts(on):
                chat = replace(chat, alerts=on)
            case SetQuiet(start_, end):
                chat = replace(chat, quiet_from=start_, quiet_to=end)
            case SetWish(topic, value):
                wishes = {one: wish for one, wish in chat.wishes.items() if one != topic}
                chat = replace(chat, wishes=wishes if value is None else {**wishes, topic.value: value})
            case SetHour(minutes):
                chat = replace(chat, remind_at=minutes)
            case SetZone(zone):
                chat = replace(chat, zone=zone)
            case SetRegion(region_):
                chat = replace(chat, region=region_)
            case SetReachable(reachable):
                chat = replace(chat, reachable=reachable)
            case SetThreshold(changed, threshold):
                links = tuple(replace(one, threshold=threshold) if one.id == changed else one for one in links)
            case SetNickname(named, nickname):
                links = tuple(replace(one, nickname=nickname) if one.id == named else one for one in links)
            case Verify(verified, until):
                links = tuple(replace(one, verified_until=until) if one.id == verified else one for one in links)
            case Unlink(gone):
                links = tuple(one for one in links if one.id != gone)
                challenge = None if challenge is not None and challenge.link == gone else challenge
            case Pose(posed):
                challenge = posed
            case MissAnswer(limit) if challenge is not None:
                missed = replace(challenge, tries=challenge.tries + 1)
                challenge = missed if missed.tries < limit else None
            case Solve():
                challenge = None
            case _:
                pass
    return replace(memory, chat=chat, links=links, challenge=challenge)


# ── Understanding ─────────────────────────────────────────────────────────────────────────────────────────────────


def steps(ask: Ask) -> Iterator[Step]:
    """The ways to understand a message, likeliest first. What was typed always gets to a step that is not refused."""
    incoming = ask.incoming
    if incoming.action is not None:
        yield Step(incoming.action)
        return
    if incoming.start is not None:
        yield Step(f"join:{incoming.start}" if TOKEN.fullmatch(incoming.start) else "start")
        return
    text = clean(incoming.text)
    if command := COMMAND.match(text):
        if command[1].lower() in ROUTES:
            yield Step(command[1].lower(), command[2] or "")
            return
        text = f"{command[1]} {command[2] or ''}"
    meaning = ask.meaning
    if meaning.whole and meaning.question in ALWAYS:
        yield Step(meaning.question, text)
        return
    dialogue = ask.memory.dialogue
    fresh = dialogue.asked_at is not None and ask.now - dialogue.asked_at <= FRESH
    turned = switched(ask, text, fresh=fresh)
    # «на 2468» is written like a link's code, and is one only while a code is waited for.
    account = turned is not None or strange(ask, text)
    if link.slipped(ask) or (link.typed_code(incoming.text) and (link.living(ask) is not None or not account)):
        yield Step("code", text, waiting=True)
    digits = clean_digits(text)
    if digits and (ask.memory.challenge is not None or dialogue.question == "solve"):
        yield Step("solve", text)
        return
    if fresh and (option := chosen(ask, text, meaning)):
        yield Step(option)
        return
    if fresh and (follow := followup.meant(ask, text, meaning, turned.action if turned is not None else "")):
        yield Step(*follow)
        return
    if turned is not None and turned.waiting:
        yield replace(turned, waiting=False)
        return
    if fresh and dialogue.question in ROUTES and text:
        yield Step(dialogue.question, text, waiting=True)
    if turned is not None:
        yield turned
        return
    if meaning.question.split(":")[0] in ROUTES:
        yield Step(meaning.question, text, also=meaning.also)
        return
    if dated(ask, text) and meaning.leaning in {"", "payments"} and not off_topic(meaning, text):
        yield Step("payments", text)
        return
    if account:
        yield Step("which")
        return
    if digits and ask.memory.links:
        yield Step("solve", text)  # a code that waited too long: of any other six digits nothing is known here
        return
    if ask.memory.chat.id == 0 and dialogue.asked_at is None:
        yield Step("start")  # the first words ever, and not understood: say who is here
        return
    yield Step(":".join(("lost", *(one.replace(":", ".") for one in meaning.likely))))


COMMAND: Final = re.compile(r"/([A-Za-z]{2,20})(?:@\w{1,40})?(?:\s(.*))?$")
NUMBER: Final = re.compile(r"(?:No|#)?\s?([0-9]{1,2})[.)]?")  # NFKC has made "No" of «№»


def chosen(ask: Ask, text: str, meaning: Meaning) -> str:
    """The action of the shown button that the text picks by its number or label, or by yes and no; "" for none."""
    options = ask.memory.dialogue.options
    number = NUMBER.fullmatch(text)
    picked = number[1] if number else meaning.question if meaning.whole and meaning.question.isdigit() else ""
    if picked and 1 <= int(picked) <= len(options):
        return options[int(picked) - 1][1]
    for label, action in options:
        if text.casefold() == clean(label).casefold():
            return action
    # A question with yes and no has two buttons: the yes stands first, and the no is called so.
    refusals = [action for _, action in options if action.split(":")[0] == "no"]
    if refusals and meaning.whole and meaning.question == "no":
        return refusals[0]
    if len(options) == 2 and refusals == [options[1][1]] and meaning.whole and meaning.question == "yes":
        return options[0][1]
    return ""


SUMS: Final = frozenset({"threshold", "topup"})  # «порог 1234»: figures beside these are money


def switched(ask: Ask, text: str, *, fresh: bool) -> Step | None:
    """The step of a message that names one of several accounts, with what it asks about it; None: it names none, or
    the name means something else there. `waiting`: it is said to the list that waits for a period."""
    links, dialogue = ask.memory.links, ask.memory.dialogue
    named = mention(text, links) if len(links) > 1 else None
    if named is None or not named.links or (not named.digits and tuple(fold(text).split()) in phrases()):
        return None
    # The rest may be a known phrase where the whole message was none.
    question, period = (understand(named.rest).question or ask.meaning.question) if named.rest else "", False
    if named.rest:
        when = dated(ask, named.rest)
        if not named.plainly and not when and dated(ask, text):
            return None  # «платежи за 2026»: without those figures there would be no period
        if not named.plainly and named.digits and question.split(":")[0] in SUMS:
            return None
        if question.split(":")[0] not in ROUTES:
            listed = {"payments", dialogue.data.get("about", "").split(":")[0]}
            period = fresh and dialogue.question in listed
            question = (dialogue.question if period else "payments") if when else ""
        if not question:
            return None
    ids = ".".join(str(one.id) for one in named.links)
    action = f"{'choose' if len(named.links) == 1 else 'which'}:{ids}"
    return Step(f"{action}:{question}" if question else action, named.rest, waiting=period, on=named.rest)


def strange(ask: Ask, text: str) -> bool:
    """Whether somebody with several accounts names one that is none of them."""
    named = mention(text, ask.memory.links) if len(ask.memory.links) > 1 else None
    return named is not None and not named.links and not named.rest


def addressed(incoming: Incoming) -> bool:
    """Whether something in a group is meant for us: a press, a command, a message that is nothing but a known word."""
    if incoming.action is not None:
        return incoming.action not in {"password", "flood"}
    if incoming.start is not None or COMMAND.match(clean(incoming.text)):
        return True
    meaning = understand(incoming.text)
    return (
        meaning.whole
        and not {meaning.question.split(":")[0]} & {"yes", "no", "thanks", "greeting", "more", "followup"}
        and meaning.question != "menu:back"
        and not meaning.question.isdigit()
    )


def language(incoming: Incoming, memory: Memory, meaning: Meaning) -> str:
    """The language to answer in: chosen, else that of the words, else that of the last answer, else the client's."""
    if memory.chat.language is not None:
        return negotiate(memory.chat.language)
    # Commands and the codes of links are Latin for everybody.
    spoken = incoming.text and not incoming.text.startswith("/") and link.typed_code(incoming.text) is None
    words = meaning.language if spoken else None
    return negotiate(words or memory.dialogue.data.get("language") or incoming.language)


def options(reply: Reply) -> tuple[tuple[str, str], ...]:
    """The buttons of a reply as the next message may pick them, counted as they are seen: a button that opens a page
    has its number as well."""
    rows = reply.menu if reply.menu is not None else reply.keyboard
    return tuple((button.label, button.action or "page") for row in rows for button in row)


# ── Failing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def unavailable(ask: Ask, code: str) -> Turn:
    """The billing did not answer in time, or not credibly: the same question again on a button, and no figure but what
    it told last, where that is remembered and answers the question."""
    step = next(steps(ask))
    action = step.action.removeprefix("again:")
    if len(f"again:{action}".encode()) > consent.ACTION_BYTES:
        # The question without what it is about; of another account's question, the account as well.
        kept = action.split(":")[: 3 if action.startswith("choose:") else 1]
        action = ":".join(kept) if all(len(part) <= LONGEST_NAME for part in kept) else ""
    known = failures.last_known(ask, action)
    if known is None:
        return finished(ask, failures.unavailable(ask, code, action, step.text))
    ask = replace(ask, say=by_account(ask, known.account))
    silent = worded(ask, failures.unavailable(ask, code, action, step.text, known))
    return finished(ask, headed(ask, silent, step))


def unsupported(ask: Ask) -> Turn:
    return finished(ask, failures.unsupported(ask))


def broken(ask: Ask, code: str) -> Turn:
    """Our own fault. Raises nothing: it works from the table of sentences alone."""
    return finished(ask, failures.broken(ask, code))


def gone(ask: Ask) -> Turn:
    """The account that the chat is about was closed."""
    return finished(ask, failures.gone(ask))
