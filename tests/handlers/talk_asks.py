"""A conversation without networks and databases: what a customer says goes through `routes.answer`, and what the turn
changes is applied to a plain Memory, as storage promises to do it. Several talks may share one `House`.

    anna = House().talk()
    await anna.says("баланс")      -> Reply
    await anna.presses("Согласен") -> Reply, by the label of a button of the last reply
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from adapters.base import Address, Incoming, Reply
from billing.base import (
    Account,
    Balance,
    Bill,
    Billing,
    Bonus,
    Capability,
    Details,
    Gone,
    Money,
    Notice,
    Offer,
    Payment,
    Period,
    Reach,
    Refusal,
    Refused,
    Scheme,
    Service,
    SignIn,
    Way,
)
from bot.reader import whole
from handlers import routes
from handlers.ask import Ask, Contact, Operator, Turn
from handlers.codes import hash_code, hash_token
from handlers.secrets import conceal
from handlers.text import Say
from handlers.understand import understand
from storage import base as storage
from storage.base import Challenge, Chat, Claim, Dialogue, Invitation, Link, Memory, Origin
from tests.clock import NOON, HandClock

OPERATOR = Operator(
    name="Телесеть",
    url="https://saldo.example",
    account_url="https://lk.example",
    contacts=(Contact("Техподдержка", "8 800 555-00-01", "круглосуточно"),),
    networks={"vk": "full", "telegram": "full", "ok": "full"},
    ways=frozenset(Way),
)
# Figures that occur nowhere else: a leak is found by looking for them.
IVAN = Account("acc-ivan", "100000017731", Scheme.ADVANCE, "Иван П.")
OLGA = Account("acc-olga", "200000028842", Scheme.ADVANCE, "Ольга С.")
VERA = Account("acc-vera", "300000039953", Scheme.ADVANCE, "Вера К.")
OWN = {IVAN.id: 357_31, OLGA.id: 912_67, VERA.id: 48_83}


class Books:
    """A billing of three accounts."""

    name = "books"
    can = frozenset(Capability)
    keeps_days = None

    def __init__(self) -> None:
        self.own = dict(OWN)
        self.closed: set[str] = set()
        self.over: set[str] = set()  # whose sign-in at the billing is over
        self.on_record: dict[str, tuple[Reach, ...]] = {}
        self.asked = 0

    async def account(self, account: str) -> Account:
        self.asked += 1
        if account in self.over:
            raise SignIn
        found = {a.id: a for a in (IVAN, OLGA, VERA)}.get(account)
        if found is None or account in self.closed:
            raise Gone
        return found

    async def balance(self, account: str) -> Balance:
        return Balance(account, Money(self.own[account]), NOON)

    async def bills(self, account: str) -> tuple[Bill, ...]:
        return ()

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        return ()

    async def last_payment(self, account: str) -> Payment | None:
        return None

    async def charges(self, account: str, period: Period) -> tuple[()]:
        return ()

    async def services(self, account: str) -> tuple[Service, ...]:
        return ()

    async def opening(self, account: str, day: date) -> Money | None:
        return None

    async def details(self, account: str, service: str) -> Details:
        raise Gone

    async def usage(self, account: str, service: str, period: Period) -> tuple[()]:
        return ()

    async def calls(self, account: str, service: str, period: Period) -> tuple[()]:
        return ()

    async def reaches(self, account: str) -> tuple[Reach, ...]:
        return self.on_record.get(account, ())

    async def deliveries(self, account: str) -> tuple[()]:
        return ()

    async def deliver(self, account: str, service: str, email: str | None) -> None:
        raise Gone

    async def offer(self, account: str) -> Offer:
        return Offer(account, "o", Money(0), Money(0), NOON.date(), Refusal.NEEDLESS)

    async def promise(self, account: str, offer: str) -> Balance:
        raise Refused(await self.offer(account))

    async def outages(self, account: str) -> tuple[()]:
        return ()

    async def notices(self, region: str) -> tuple[Notice, ...]:
        return ()

    async def bonus(self, account: str) -> Bonus | None:
        return None


class Register:
    """storage.base.Links, as far as handlers may ask it."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.attempts: list[tuple[int, str, datetime]] = []
        self.receipts = iter(range(1, 10_000))

    async def attempt(self, keys: Sequence[tuple[str, int, float]]) -> int | None:
        now = self.house.clock.now()
        for key, many, within in keys:
            if sum(one == key and now - at < timedelta(seconds=within) for _, one, at in self.attempts) >= many:
                return None
        receipt = next(self.receipts)
        self.attempts += [(receipt, key, now) for key, _, _ in keys]
        return receipt

    async def forgive(self, receipt: int) -> None:
        self.attempts = [one for one in self.attempts if one[0] != receipt]

    async def invitation(self, token_hash: bytes) -> Invitation | None:
        return self.house.invitations.get(token_hash)

    async def chats(self, account: str) -> Sequence[Address]:
        return [a for a, t in self.house.talks.items() if any(one.account == account for one in t.memory.links)]

    async def links(self, address: Address) -> Sequence[Link]:
        return self.house.talks[address].memory.links

    async def export(self, address: Address) -> Mapping[str, Any]:
        return {"chat": str(address), "links": [one.number for one in self.house.talks[address].memory.links]}


class Hearers:
    """storage.base.Watches, as far as handlers may ask it."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.chosen: dict[str, Address] = {}  # account -> the chat that was last preferred, or switched alerts on

    async def hears(self, account: str) -> Address | None:
        talks = self.house.talks.values()
        found = [t.address for t in talks if t.memory.chat.alerts and any(x.account == account for x in t.memory.links)]
        last = self.chosen.get(account)
        return last if last in found else next(iter(reversed(found)), None)


class House:
    """What the chats of a test share: the billing, the invitations, who is linked, and the clock."""

    def __init__(self, operator: Operator = OPERATOR) -> None:
        self.operator, self.books, self.clock = operator, Books(), HandClock()
        self.talks: dict[Address, Talk] = {}
        self.invitations: dict[bytes, Invitation] = {}
        self.letters: list[tuple[Address, str, Mapping[str, str], int]] = []
        self.numbers = iter(range(1, 10_000))
        self.links = Register(self)  # `ask.storage.links`
        self.watches = Hearers(self)  # `ask.storage.watches`

    def talk(self, network: str = "vk", chat: str = "1", **more: Any) -> "Talk":
        return self.talks.setdefault(Address(network, chat), Talk(self, Address(network, chat), **more))

    # What the page and the operator's API do.
    def sign_in(self, token: str, code: str, *accounts: Account) -> None:
        key = hash_token(token)
        claims = tuple(Claim(a.id, a.number, a.holder) for a in accounts)
        self.invitations[key] = replace(self.invitations[key], subject="s", claims=claims, code_hash=hash_code(code))

    def grant(self, token: str, *accounts: Account) -> None:
        claims = tuple(Claim(a.id, a.number, a.holder) for a in accounts)
        self.invitations[hash_token(token)] = Invitation(
            next(self.numbers), Origin.ACCOUNT, self.clock.now() + timedelta(minutes=10), subject="s", claims=claims
        )


@dataclass
class Talk:
    house: House
    address: Address
    language: str | None = "ru"  # the client's
    public: bool = False
    private: bool = True
    memory: Memory = field(init=False)
    turn: Turn = field(init=False, default=Turn())
    tokens: list[str] = field(init=False, default_factory=list)
    effects: list[Any] = field(init=False, default_factory=list)  # all so far

    def __post_init__(self) -> None:
        self.memory = Memory(Chat(self.address))

    # A customer who has been here before.
    def agreed(self) -> "Talk":
        self.remember(chat=replace(self.memory.chat, id=1, consent="1", consent_at=NOON))
        return self

    def linked(self, *accounts: Account) -> "Talk":
        self.agreed()
        for account in accounts or (IVAN,):
            one = Link(next(self.house.numbers), account.id, account.number, account.holder, NOON, 10_000)
            self.remember(links=(*self.memory.links, one))
        return self

    def remember(self, **changes: Any) -> None:
        self.memory = replace(self.memory, **changes)

    # What a customer does.
    async def says(self, text: str, **more: Any) -> Reply:
        return await self.does(text=text, message="m1", **more)

    async def presses(self, label: str) -> Reply:
        actions = [a for shown, a in self.memory.dialogue.options if shown == label]
        assert actions, f"no button {label!r} in {[shown for shown, _ in self.memory.dialogue.options]}"
        return await self.sends(actions[0])

    async def sends(self, action: str) -> Reply:
        return await self.does(action=action, message="m2", press="p1")

    async def opens(self, start: str = "") -> Reply:
        return await self.does(start=start)

    async def does(self, **what: Any) -> Reply:
        turn = await self.live(**what)
        assert turn.reply is not None, "silence"
        return turn.reply

    async def live(self, **what: Any) -> Turn:
        """One event through intake's `conceal` and the router; the turn, applied."""
        now = self.house.clock.now()
        event = Incoming("e", self.address, now, language=self.language, name="Анна", private=self.private, **what)
        self.turn = await routes.answer(self.ask(conceal(event)))
        self.apply(self.turn)
        return self.turn

    def ask(self, incoming: Incoming) -> Ask:
        now = self.house.clock.now()
        meaning = understand(incoming.text, whole())
        language = routes.language(incoming, self.memory, meaning)
        say = Say.at(now, language, self.memory.chat.zone or "Europe/Moscow")
        return Ask(
            incoming=incoming,
            memory=replace(self.memory, invitation=self.invitation, challenge=self.challenge),
            billing=cast("Billing", self.house.books),
            storage=cast("storage.Storage", self.house),
            operator=self.house.operator,
            now=now,
            say=replace(say, strict=True),
            token=self.token,
            public=self.public,
            meaning=meaning,
        )

    def token(self) -> str:
        self.tokens.append(f"token-{len(self.tokens):016}")
        return self.tokens[-1]

    # What storage does with a turn.
    def apply(self, turn: Turn) -> None:
        self.effects += turn.effects
        self.memory = routes.remembered(self.memory, turn.effects)
        chat = self.memory.chat
        for effect in turn.effects:
            match effect:
                case storage.GiveConsent():
                    self.remember(chat=replace(chat, id=1, consent_at=self.house.clock.now()))
                case storage.Invite(token_hash, expires_at, name, language):
                    made = Invitation(
                        next(self.house.numbers), Origin.CHAT, expires_at, self.address, name, language=language
                    )
                    self.house.invitations[token_hash] = made
                case storage.Join(number):
                    key, used = next((k, i) for k, i in self.house.invitations.items() if i.id == number)
                    self.linked(*(a for c in used.claims for a in (IVAN, OLGA, VERA) if a.id == c.account))
                    self.remember(chat=replace(self.memory.chat, current=self.memory.links[-len(used.claims)].id))
                    del self.house.invitations[key]
                case storage.MissCode(number, limit):
                    key, missed = next((k, i) for k, i in self.house.invitations.items() if i.id == number)
                    self.house.invitations[key] = replace(missed, tries=missed.tries + 1)
                    if missed.tries + 1 >= limit:
                        del self.house.invitations[key]
                case storage.SetAlerts(on=True):
                    self.house.watches.chosen |= {one.account: self.address for one in self.memory.links}
                case storage.Prefer(link):
                    self.house.watches.chosen |= {o.account: self.address for o in self.memory.links if o.id == link}
                case storage.Tell(account, kind, data):
                    mine = next((one.id for one in self.memory.links if one.account == account), 0)
                    for talk in self.house.talks.values():
                        for one in talk.memory.links:
                            if one.account == account and talk is not self:
                                self.house.letters.append((talk.address, kind, {**data, "link": str(mine)}, one.id))
                case storage.UnlinkEverywhere(theirs):
                    for talk in self.house.talks.values():
                        talk.remember(links=tuple(one for one in talk.memory.links if one.id != theirs))
                case _:
                    pass
        if storage.Forget() in turn.effects:
            self.memory = Memory(Chat(self.address))
        elif turn.reply is not None:
            now = self.house.clock.now()
            self.remember(dialogue=Dialogue(turn.waits, turn.data, routes.options(turn.reply), now, turn.misses))

    @property
    def invitation(self) -> Invitation | None:
        mine = [i for i in self.house.invitations.values() if i.address == self.address]
        return mine[-1] if mine else None

    @property
    def challenge(self) -> Challenge | None:
        posed = self.memory.challenge
        return posed if posed is not None and posed.expires_at > self.house.clock.now() else None

    @property
    def reply(self) -> Reply:
        assert self.turn.reply is not None
        return self.turn.reply


def labels(reply: Reply) -> list[str]:
    rows = reply.menu if reply.menu is not None else reply.keyboard
    return [button.label for row in rows for button in row]


def actions(reply: Reply) -> list[str]:
    return [action for _, action in routes.options(reply)]


def everything(turn: Turn) -> str:
    """All that a customer could read: text, labels, actions and addresses of buttons."""
    reply = turn.reply
    if reply is None:
        return ""
    rows = [*reply.keyboard, *(reply.menu or ())]
    parts = [f"{b.label} {b.action} {b.url}" for row in rows for b in row]
    return "\n".join([reply.text, *parts, (reply.document.data.decode() if reply.document else "")])


def personal_traces() -> list[str]:
    """What must never be read where nothing personal may be said."""
    traces = [a.holder for a in (IVAN, OLGA, VERA)] + [a.number[-4:] for a in (IVAN, OLGA, VERA)]
    return traces + [f"{sum_ // 100},{sum_ % 100:02}" for sum_ in OWN.values()]
