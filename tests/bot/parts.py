"""What the tests of bot/ share: a network that only records, a billing of two accounts, and a desk between them.

    async with desk(sqlite_url) as d:
        await d.link(ANNA, "a")
        await d.say(ANNA, "баланс")
        assert "350" in d.texts(ANNA)

Storage is the real one; what is not there are the networks' servers. `d.till` and `d.wires["vk"]` can be told to fail.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from adapters.base import Address, Grid, Incoming, Limits, Pace, Received, Reply, Site
from billing.base import (
    Account,
    Balance,
    Bill,
    Billing,
    Capability,
    Changes,
    Charge,
    Funds,
    Gone,
    Money,
    Payment,
    Period,
    Scheme,
    Service,
    Subject,
    Unsupported,
)
from bot.caution import Caution
from bot.delivery import Delivery
from bot.dispatch import Dispatch
from bot.drawing import Drawing
from bot.scan import Scan
from bot.settings import Mode
from handlers.ask import Operator
from handlers.due import rules
from handlers.text import Say
from storage.base import (
    Claim,
    Draft,
    Effect,
    Finished,
    GiveConsent,
    Join,
    Letter,
    Sent,
    SetAlerts,
    SetQuiet,
    Storage,
)
from storage.clock import Clock
from storage.sql import open_storage
from tests.clock import HandClock

ANNA, BORIS, VERA = Address("vk", "2001"), Address("telegram", "77"), Address("ok", "chat:3")
OPERATOR = Operator(name="Телесеть", url="https://saldo.example", quiet=(0, 0))
WITHIN = 20.0  # seconds: a test that waits longer is broken
NETWORKS = ("vk", "telegram", "ok")

Act = Callable[[], Awaitable[None]]
JUDGE, HEED = rules(OPERATOR.presets)
_events = count(1)


def scan_of(storage: Storage, billing: Billing, clock: Clock, caution: Caution | None = None) -> Scan:
    """The program's own scan, which tells the operator in Russian."""
    return Scan(
        storage=storage,
        billing=billing,
        clock=clock,
        judge=JUDGE,
        heed=HEED,
        caution=caution or Caution(),
        say=lambda: Say.at(clock.now(), "ru", "Europe/Moscow"),
    )


def limits(window: float = 0.0) -> Limits:
    return Limits(
        text=4000,
        keyboard=Grid(10, 5, 40),
        label=40,
        action=120,
        pace=Pace(1000, 1000),
        press_life=60.0,
        resend_window=window,
    )


class Wire:
    """A network without a server: what was sent stands in `shown`, what goes wrong with the next sends in `next`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.limits = limits(3300.0 if name == "vk" else 0.0)
        self.shown: list[tuple[Address, Reply, int]] = []
        self.tried: list[int] = []  # the key of every attempt
        self.next: deque[Exception | Act] = deque()
        self.always: Exception | Act | None = None
        self.busied: list[Incoming] = []
        self.at_work: Act | None = None  # what `busy` does
        self.news = asyncio.Event()

    async def prepare(self, site: Site) -> None:
        return

    async def run(self, receive: object, cursor: str | None) -> None:
        await asyncio.Event().wait()

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        self.tried.append(key)
        self.news.set()
        what = self.next.popleft() if self.next else self.always
        if isinstance(what, Exception):
            raise what
        if what is not None:
            await what()
        self.shown.append((to, reply, key))
        return f"m{len(self.shown)}"

    async def busy(self, event: Incoming) -> None:
        self.busied.append(event)
        if self.at_work is not None:
            await self.at_work()

    async def identity(self) -> str:
        return self.name

    def deep_link(self, token: str) -> str | None:
        return None

    async def close(self) -> None:
        return

    @property
    def texts(self) -> list[str]:
        return [reply.text for _, reply, _ in self.shown]


class Till:
    """A billing of accounts "a" and "b" that keeps its promise, until `fault` is set or `gate` is closed."""

    name = "till"

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.own = {"a": 350_00, "b": 70_00}
        self.can: frozenset[Capability] = frozenset(Capability)
        self.fault: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.liar: str | None = None  # the account that every answer is about
        self.asked = 0
        self.reached = asyncio.Event()
        self.pages: list[Changes | Exception] = []
        self.keeps_days: int | None = None
        self.credits: dict[str, tuple[str, Money, str]] = {}  # by key: account, sum, method

    async def credit(self, account: str, amount: Money, method: str, at: datetime, key: str) -> None:
        await self.ask(account)
        self.credits.setdefault(key, (account, amount, method))

    async def ask(self, account: str) -> str:
        self.asked += 1
        self.reached.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        if account not in self.own:
            raise Gone("unknown")
        return self.liar or account

    async def authenticate(self, login: str, password: str) -> Subject | None:
        return Subject(login) if login in self.own and login == password else None

    async def accounts(self, subject: Subject) -> tuple[Account, ...]:
        return (await self.account(subject.id),)

    async def account(self, account: str) -> Account:
        found = await self.ask(account)
        return Account(found, f"40001234{ord(found):04}", Scheme.ADVANCE, "Анна К.")

    async def balance(self, account: str) -> Balance:
        found = await self.ask(account)
        return Balance(found, Money(self.own[found]), self.clock.now())

    async def bills(self, account: str) -> tuple[Bill, ...]:
        await self.ask(account)
        return ()

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        await self.ask(account)
        return ()

    async def last_payment(self, account: str) -> Payment | None:
        await self.ask(account)
        return None

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        await self.ask(account)
        return ()

    async def services(self, account: str) -> tuple[Service, ...]:
        await self.ask(account)
        return ()

    async def changes(self, cursor: str | None, limit: int) -> Changes:
        if Capability.CHANGES not in self.can:
            raise Unsupported("no feed")
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        if self.pages:
            page = self.pages.pop(0)
            if isinstance(page, Exception):
                raise page
            return page
        return Changes(tuple(Funds(a, Money(own)) for a, own in self.own.items()), "end", more=False)

    async def close(self) -> None:
        return


_: type[Billing] = Till  # the type checker's word that the promise is kept


def incoming(clock: Clock, sender: Address = ANNA, text: str = "", **more: Any) -> Incoming:
    return Incoming(**{"id": f"event-{next(_events)}", "sender": sender, "sent_at": clock.now(), "text": text, **more})


async def put(storage: Storage, *events: Incoming) -> int:
    """Store events as intake does, each network's own together and in order."""
    new = 0
    for network in dict.fromkeys(event.sender.network for event in events):
        mine = tuple(event for event in events if event.sender.network == network)
        new += await storage.inbox.put(network, Received(mine))
    return new


async def turn(
    storage: Storage, clock: Clock, address: Address, effects: Sequence[Effect] = (), drafts: Sequence[Draft] = ()
) -> None:
    """One event of the chat, finished with these effects and letters."""
    await put(storage, incoming(clock, address, "…"))
    (lane,) = await storage.inbox.claim(1, [address])
    done = Finished(address, lane.token, lane.events[0].id, drafts=tuple(drafts), effects=tuple(effects))
    assert await storage.inbox.finish(done)


async def link(storage: Storage, clock: Clock, address: Address, *accounts: str, alerts: bool = False) -> int:
    """The chat has agreed and linked the accounts, in this order; the number of the last link."""
    for account in accounts:
        token = sha256(f"{address}{account}".encode()).digest()
        claims = [Claim(account, f"40001234{ord(account[0]):04}", "Анна К.")]
        await storage.links.grant(token, account, claims, clock.now() + timedelta(minutes=10))
        invitation = await storage.links.invitation(token)
        assert invitation is not None
        agreed = (GiveConsent("1"), SetQuiet(0, 0), Join(invitation.id, 100_00, 5), SetAlerts(alerts))
        await turn(storage, clock, address, agreed)
    made = {one.account: one.id for one in await storage.links.links(address)}
    return made[accounts[-1]]


async def letters(storage: Storage, network: str) -> list[Letter]:
    """Everything that may leave now, in the order in which it leaves; settled so that the next may follow."""
    found: list[Letter] = []
    for bulk in (False, True):
        while claimed := (await storage.outbox.claim(network, 100, bulk))[0]:
            for letter in claimed:
                await storage.outbox.settle(letter, Sent("m"), [(one, Sent("")) for one in letter.also])
            found += claimed
    return found


def rows(path: Path | str, query: str) -> list[tuple[Any, ...]]:
    """What stands in an SQLite file, read as a stranger would."""
    with closing(sqlite3.connect(str(path).removeprefix("sqlite:///"))) as connection:
        return connection.execute(query).fetchall()


@dataclass
class Desk:
    """Dispatch on real storage, and letters that are read instead of sent."""

    url: str
    storage: Storage
    clock: HandClock
    till: Till
    wires: Mapping[str, Wire]
    dispatch: Dispatch
    sent: list[Letter] = field(default_factory=list)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    running: "asyncio.Task[None] | None" = None

    async def link(self, address: Address, *accounts: str) -> int:
        """As `link`, while the dispatcher rests: it would take the event by which it is done."""
        resting = await self.rest()
        try:
            return await link(self.storage, self.clock, address, *accounts)
        finally:
            if resting:
                self.begin()

    async def rest(self) -> bool:
        """Nothing more is claimed; what is in hand goes on. Whether something was."""
        running, self.running = self.running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return running is not None

    def begin(self) -> None:
        self.running = asyncio.create_task(self.dispatch.run())

    async def tell(self, *events: Incoming) -> None:
        await put(self.storage, *events)
        self.dispatch.wake()

    async def say(self, address: Address, *texts: str, **more: Any) -> list[Letter]:
        """Write, wait until all is answered, and read what is to be sent there."""
        await self.tell(*(incoming(self.clock, address, text, **more) for text in texts))
        await self.answered()
        return await self.letters(address)

    async def answered(self) -> None:
        """Until no event waits."""
        async with asyncio.timeout(WITHIN):
            while True:
                self.written.clear()
                if not (await self.storage.upkeep.backlog())[0]:
                    return
                await self.written.wait()

    async def letters(self, address: Address) -> list[Letter]:
        found = await letters(self.storage, address.network)
        self.sent += found
        return [letter for letter in found if letter.address == address]

    def dead(self) -> list[tuple[Any, ...]]:
        return rows(self.url, "SELECT source, reason FROM dead ORDER BY id")


def texts(found: Sequence[Letter]) -> list[str]:
    return [letter.reply.text for letter in found if letter.reply is not None]


@asynccontextmanager
async def desk(
    url: str, *, billing: Callable[[Till], Billing] = lambda till: till, mode: Mode = Mode.FULL, **given: Any
) -> AsyncIterator[Desk]:
    """A desk that answers. `billing` may wrap the till; `given` goes to Dispatch."""
    clock = HandClock()
    storage = open_storage(url, clock)
    till, wires = Till(clock), {name: Wire(name) for name in NETWORKS}
    written = asyncio.Event()
    dispatch = Dispatch(
        storage=storage,
        networks=wires,
        modes=dict.fromkeys(NETWORKS, mode),
        billing=billing(till),
        operator=OPERATOR,
        clock=clock,
        wake_delivery=lambda _: written.set(),
        **{"answer_seconds": 10.0, **given},
    )
    made = Desk(url, storage, clock, till, wires, dispatch, written=written)
    for name in NETWORKS:
        await storage.outbox.pace(name, 1000, 1000, 0)
    try:
        made.begin()
        with capture_logs():  # a traceback drawn for a terminal takes seconds
            yield made
    finally:
        await made.rest()
        await dispatch.stop(1)
        await storage.close()


@dataclass
class Post:
    """Delivery of one network on real storage: letters are queued, and what the network saw is read."""

    url: str
    storage: Storage
    clock: HandClock
    till: Till
    wire: Wire
    delivery: Delivery
    revoked: list[str]
    logs: list[Any]

    @property
    def address(self) -> Address:
        return {"vk": ANNA, "telegram": BORIS, "ok": VERA}[self.wire.name]

    async def queue(self, *texts: str, personal: bool = False, to: Address | None = None, **more: Any) -> None:
        drafts = [Draft(Reply(text, answers=more.get("answers")), personal, more.get("answer_to")) for text in texts]
        await turn(self.storage, self.clock, to or self.address, drafts=drafts)

    async def round(self) -> int:
        """Send what may leave now, and wait until every attempt is settled; how many attempts that were."""
        await self.storage.outbox.sweep()
        before = len(self.wire.tried)
        async with asyncio.timeout(WITHIN):
            while (await self.delivery.claim())[0]:
                while self.delivery.flying:
                    await asyncio.wait(self.delivery.flying)
        return len(self.wire.tried) - before

    async def after(self, seconds: float) -> int:
        self.clock.advance(seconds)
        return await self.round()

    def states(self) -> list[tuple[str, str | None]]:
        """(status, reason) of every letter, oldest first."""
        names = ("waiting", "leased", "sent", "dead", "parked", "refused", "uncertain")
        return [(names[s], reason) for s, reason in rows(self.url, "SELECT status, reason FROM outbox ORDER BY id")]

    @property
    def state(self) -> str:
        ((status, _),) = self.states()
        return status


@asynccontextmanager
async def post(url: str, name: str = "telegram", mode: Mode = Mode.FULL, draw: Any = None) -> AsyncIterator[Post]:
    """`draw` None: notices are drawn as in the program."""
    clock = HandClock()
    storage = open_storage(url, clock)
    till, wire, revoked = Till(clock), Wire(name), []

    async def told(network: str) -> None:
        revoked.append(network)

    delivery = Delivery(
        name,
        network=lambda: wire,
        mode=mode,
        outbox=storage.outbox,
        draw=draw or Drawing(storage=storage, billing=till, operator=OPERATOR, clock=clock).draw,
        clock=clock,
        revoked=told,
    )
    await storage.outbox.pace(name, 1000, 1000, 0)
    try:
        with capture_logs() as logs:  # a traceback drawn for a terminal takes seconds
            yield Post(url, storage, clock, till, wire, delivery, revoked, logs)
    finally:
        await delivery.stop(1)
        await storage.close()
