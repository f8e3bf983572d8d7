"""Customers: they write known phrases, press what they see or saw, link and unlink, pay, say stop, block, come back.

An act becomes an event of the network. The network brings it to a process that lives, brings it again when nobody
says "accepted" in time, sometimes brings it twice, and not always in order. Where the network is polled, the event
waits in its feed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from adapters.base import Address, Checkout, Incoming, Receipt, Received
from handlers.codes import hash_code
from storage.base import Claim
from tests.simulation.house import House
from tests.simulation.networks import Post
from tests.simulation.world import Process, World

PHRASES: Final = (
    "баланс", "баланс", "баланс", "долг", "сколько платить", "платежи", "списания", "почему списали", "услуги", "тариф",
    "мои счета", "предупреждения", "тихие часы", "порог 150", "часовой пояс", "Омск", "22-8", "меню", "помощь",
    "оператор", "мои данные", "balance", "payments", "saldo", "спасибо", "ещё", "да", "нет", "1", "2", "пополнить",
    "300", "за прошлый месяц", "ыъ щшг", "язык", "выписка", "новости", "отвязать", "привязать",
)  # fmt: skip
RETRY: Final = (10.0, 30.0, 60.0, 180.0, 600.0, 600.0, 600.0, 1800.0, 1800.0, 3600.0, 3600.0, 3600.0)


@dataclass
class Bringing:
    """An event on its way to us."""

    network: str
    events: tuple[Incoming, ...]
    tries: int = 0
    taken: bool = False


class People:
    def __init__(self, world: World, house: House, addresses: Sequence[Address], accounts: Sequence[str]) -> None:
        self.world, self.house = world, house
        self.addresses, self.accounts = addresses, accounts
        self.numbers = 0 if world.seed < 0 else 1000  # the prologue's events are known already
        self.charges = 0
        self.polled: frozenset[str] = frozenset()
        self.calm = False  # nothing is brought twice or late any more
        self.acts: dict[str, tuple[int, Callable[[Address], None]]] = {
            "say": (30, self.says_something),
            "press": (26, self.presses_something),
            "old": (2, self.presses_foreign),
            "stop": (2, lambda who: self.says(who, "стоп")),
            "alerts": (5, lambda who: self.presses(who, "alerts:on")),
            "link": (4, self.links),
            "code": (3, self.links_by_page),
            "unlink": (1, lambda who: self.presses_kind(who, "unlink")),
            "stranger": (3, lambda who: self.presses_kind(who, "stranger")),
            "forget": (2, lambda who: self.presses(who, "forget:yes")),
            "regret": (2, self.regrets),
            "storm": (2, self.storms),
            "block": (2, self.blocks),
            "unblock": (3, self.unblocks),
            "pay": (3, self.pays),
            "quiet": (2, self.sets_quiet),
            "zone": (2, self.sets_zone),
            "burst": (3, self.bursts),
        }

    def post(self, who: Address) -> Post:
        return self.house.posts[who.network]

    def acts_once(self) -> None:
        chance = self.world.chance
        names = sorted(self.acts)
        name = chance.choices(names, [self.acts[one][0] for one in names])[0]
        self.acts[name][1](chance.choice(self.addresses))

    # ── acts ──

    def event(self, who: Address, **what: Any) -> Incoming:
        self.numbers += 1
        id_ = f"{who.network}-{self.numbers}"
        return Incoming(id=id_, sender=who, sent_at=self.world.now, press=id_, name="Лада", **what)

    def does(self, who: Address, *events: Incoming) -> None:
        for event in events:
            what = next((str(x) for x in (event.text, event.action, event.start) if x), "…")
            if event.permission is not None:
                what = "allows us" if event.permission else "blocks us"
            self.world.say(str(who), f"{event.id}: {what}")
            self.house.oracle.posts(event)
        if who.network in self.polled:
            for event in events:
                self.post(who).push(event)
            return
        chance = self.world.chance
        bringing = Bringing(who.network, events)
        self.world.after(chance.uniform(0.01, 0.3), lambda: self.bring(bringing))
        if not self.calm and chance.random() < 0.06:
            self.world.after(
                chance.choice((0.02, 5.0, 120.0, 1500.0)), lambda: self.bring(Bringing(who.network, events))
            )

    def says(self, who: Address, text: str) -> None:
        self.does(who, self.event(who, text=text, message=f"u{self.numbers}"))

    def says_something(self, who: Address) -> None:
        self.says(who, self.world.chance.choice(PHRASES))

    def presses(self, who: Address, action: str, message: str | None = None) -> None:
        self.does(who, self.event(who, action=action, message=message))

    def presses_something(self, who: Address) -> None:
        found = [(m, b) for m, b in self.post(who).buttons(who.chat) if b.action]
        if not found:
            self.says(who, "баланс")
            return
        message, button = self.world.chance.choice(found[-8:])
        self.presses(who, button.action or "", message)

    def presses_kind(self, who: Address, name: str) -> None:
        """A button of that name, if there is one to be seen; else the question is asked."""
        found = [(m, b) for m, b in self.post(who).buttons(who.chat) if (b.action or "").split(":")[0] == name]
        if found:
            message, button = self.world.chance.choice(found)
            self.presses(who, button.action or "", message)
        elif name != "stranger":
            self.presses(who, name)

    def presses_foreign(self, who: Address) -> None:
        """A button that was made for somebody else, or for nobody."""
        chance = self.world.chance
        link = self.house.books.one("SELECT id FROM links ORDER BY id LIMIT 1 OFFSET ?", chance.randrange(6)) or 1
        self.presses(who, chance.choice((f"choose:{link}:balance", f"choose:{link}", f"which:{link}:payments",
                                         f"unlink:{link}:yes", f"rename:{link}")))  # fmt: skip

    def sets_quiet(self, who: Address) -> None:
        start, end = self.world.chance.choice(((1320, 540), (1380, 480), (780, 900), (0, 0), (1260, 600), (60, 1380)))
        self.presses(who, f"quiet:{start}:{end}")

    def sets_zone(self, who: Address) -> None:
        self.presses(who, "zone:" + self.world.chance.choice(ZONES))

    def bursts(self, who: Address) -> None:
        """Several messages at once, in one request or one after another."""
        chance = self.world.chance
        events = [
            self.event(who, text=chance.choice(PHRASES), message=f"u{self.numbers}")
            for _ in range(chance.randrange(2, 6))
        ]
        if chance.random() < 0.5:
            self.does(who, *events)
        else:
            for event in events:
                self.does(who, event)

    def regrets(self, who: Address) -> None:
        """Asks, and wants to be forgotten before the answer is there."""
        self.does(who, self.event(who, text="баланс"), self.event(who, action="forget:yes"))

    def storms(self, who: Address) -> None:
        """Everybody in a network at once."""
        for one in self.addresses:
            if one.network == who.network:
                phrases = self.world.chance.choices(PHRASES, k=4)
                self.does(one, *(self.event(one, text=phrase) for phrase in phrases))

    def blocks(self, who: Address) -> None:
        self.post(who).blocked.add(who.chat)
        self.world.say(str(who), "blocks the bot")
        if self.world.chance.random() < 0.5:  # some networks tell, and some only refuse
            self.does(who, self.event(who, permission=False))

    def unblocks(self, who: Address) -> None:
        if who.chat in self.post(who).blocked:
            self.post(who).blocked.discard(who.chat)
            self.does(who, self.event(who, permission=True))

    def returns(self) -> None:
        for who in self.addresses:
            self.unblocks(who)

    def pays(self, who: Address) -> None:
        """An invoice on the screen is paid: the network asks, takes the money, and tells."""
        screens = self.post(who).screens.get(who.chat, ())
        invoices = [message.reply.invoice for message in screens if message.reply.invoice is not None]
        if not invoices:
            self.presses(who, f"invoice:{self.world.chance.randrange(100, 900)}00")
            return
        invoice = invoices[-1]
        person = self.house.oracle.people.get(str(who))
        self.does(who, self.event(who, checkout=Checkout("q", invoice.payload, invoice.amount, invoice.currency)))
        account = self.house.books.one("SELECT account FROM orders WHERE token = ?", invoice.payload)
        if person is None or not account:
            return
        self.charges += 1
        charge = f"ch{self.charges}"
        self.house.oracle.paid[charge] = (account, invoice.amount)
        paid = self.event(who, receipt=Receipt(charge, invoice.payload, invoice.amount, invoice.currency))
        self.world.after(3.0, lambda: self.does(who, replace(paid, sent_at=self.world.now)))

    # ── linking ──

    def links(self, who: Address, account: str | None = None, after: Callable[[], None] | None = None) -> None:
        """The operator's personal account hands out a deep link; the customer opens it and says yes."""
        account = account or self.world.chance.choice(self.accounts)
        self.numbers += 1
        token = hashlib.sha256(f"{self.world.seed} {self.numbers}".encode()).hexdigest()[:24]
        until = self.world.now + timedelta(minutes=9)
        claims = [self.claim(account)]

        def opened() -> None:
            self.house.oracle.join_claims.setdefault(who, set()).add(account)
            self.does(who, self.event(who, start=token))
            version = settings_version(self.house)
            self.world.after(20.0, lambda: self.presses(who, f"consent:{version}:join:{token}"))
            self.world.after(40.0, lambda: self.presses(who, f"join:{token}:yes"))
            if after is not None:
                self.world.after(60.0, after)

        self.asks(lambda storage: storage.links.grant(hashed(token), account, claims, until), opened)

    def links_by_page(self, who: Address) -> None:
        """The chat asks for the page, somebody signs in there, and types the code that it shows, or a wrong one."""
        found = [b.url or "" for _, b in self.post(who).buttons(who.chat) if "/link/" in (b.url or "")]
        if not found:
            self.says(who, "привязать")
            return
        chance, account = self.world.chance, self.world.chance.choice(self.accounts)
        token, code = found[-1].rpartition("/")[2], f"A2C{chance.choice('245679')}E7"

        def shown() -> None:
            self.house.oracle.join_claims.setdefault(who, set()).add(account)
            self.world.after(15.0, lambda: self.says(who, code if chance.random() < 0.7 else "A2C4E9"))

        claims = [self.claim(account)]
        self.asks(lambda storage: storage.links.sign_in(hashed(token), account, claims, hash_code(code)), shown)

    def claim(self, account: str) -> Claim:
        held = self.house.book.holdings[account].account
        return Claim(account, held.number, held.holder, held.region)

    def asks(self, what: Callable[[Any], Any], done: Callable[[], None]) -> None:
        """A request of the operator's site or our page to one of the processes; one that fails is given up."""
        process = self.somebody()
        if process is None:
            return
        app = self.house.apps[process.name]

        async def request() -> None:
            try:
                await what(app.storage)
            except Exception:
                return
            done()

        process.spawn(request())

    # ── the networks' side ──

    def somebody(self) -> Process | None:
        """A process that answers; behind one address there may be several."""
        apps = self.house.apps
        ready = [one for one in self.world.processes if one.turning and one.name in apps and apps[one.name].ready]
        return self.world.chance.choice(ready) if ready else None

    def bring(self, one: Bringing) -> None:
        process = self.somebody()
        if process is None:
            self.again(one)
            return
        receive = self.house.apps[process.name].intake.receiver(one.network)

        async def request() -> None:
            try:
                await receive(Received(one.events))
            except Exception as error:
                self.world.say(one.network, f"is not accepted: {type(error).__name__}")
                return
            if one.taken:
                return
            one.taken = True
            for event in one.events:
                self.house.oracle.acknowledges(event)

        process.spawn(request())
        self.world.after(8.0, lambda: one.taken or self.again(one))

    def again(self, one: Bringing) -> None:
        pause = RETRY[min(one.tries, len(RETRY) - 1)]
        one.tries += 1
        self.world.after(pause, lambda: one.taken or self.bring(one))


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def settings_version(house: House) -> str:
    return next(iter(house.apps.values())).operator.consent_version


ZONES: Final = (
    "Europe/Kaliningrad", "Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok", "Asia/Kamchatka", "Europe/Berlin",
    "America/Sao_Paulo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham",
)  # fmt: skip
