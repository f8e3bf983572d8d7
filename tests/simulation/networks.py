"""Networks without a wire. They keep the promise of adapters/base.py, hand out faults, and remember what was shown.

    Post          the network itself, outside every process: chats, screens, blocked people, the token, the weather
    Wire          one process's way to it: `adapters.base.Network`
    Weather       how the network is just now; it changes with the day (tests/simulation/faults.py)

What is on the wire when its process dies arrives, or does not: chance decides then. What was shown is told to the
oracle at once; the answer takes its own time, and may be lost on the way back.

VK drops what has a `key` that the chat has seen. Telegram and OK show whatever comes.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from adapters.base import (
    Address,
    Blocked,
    Button,
    Grid,
    Incoming,
    Limits,
    NetworkError,
    Pace,
    Receive,
    Received,
    Reply,
    Revoked,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from tests.simulation.world import Process, World

NAMES = ("vk", "telegram", "ok")
# Slow enough that a simulated customer can reach them; how they are counted is the same at any speed.
PACES = {"vk": Pace(3.0, 4), "telegram": Pace(2.0, 4, per_chat=1.0), "ok": Pace(1.0, 3, per_chat=1.0)}
SHOWN_ON_SCREEN = 6  # messages that a customer still sees
FOR_EVER = 1e9


def limits(name: str) -> Limits:
    return Limits(
        text=4000,
        keyboard=Grid(10, 5, 40),
        label=40,
        action=120,
        pace=PACES[name],
        press_life=FOR_EVER,  # so that each answer names the event that it answers
        invoices=(100, 1_000_000_00) if name == "telegram" else None,
        resend_window=3300.0 if name == "vk" else 0.0,
    )


class Weather(Enum):
    CLEAR = auto()
    SLOW = auto()
    BLURRED = auto()  # answers get lost, before or after the message was shown
    SILENT = auto()  # nothing comes back at all
    THROTTLED = auto()
    AWAY = auto()


@dataclass(slots=True)
class Message:
    """What stands on a screen."""

    id: str
    key: int
    reply: Reply


@dataclass(slots=True)
class Call:
    """One attempt to show something."""

    network: str
    to: Address
    reply: Reply
    key: int
    began: float
    process: Process
    arrives: bool = True
    landed: bool = False


@dataclass
class Post:
    """One network."""

    world: World
    name: str
    shown: Callable[[Call, str], None]  # told the oracle
    tried: Callable[[Call], None]
    refused: Callable[[Call], None]
    weather: Weather = Weather.CLEAR
    token: str = "1"
    screens: dict[str, list[Message]] = field(default_factory=dict)
    seen: set[tuple[str, int]] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    feed: list[Incoming] = field(default_factory=list)  # for whoever polls
    waiting: list[Callable[[], None]] = field(default_factory=list)
    numbers: int = 0

    def land(self, call: Call) -> str:
        """The message is there."""
        call.landed = True
        if self.name == "vk":
            if (call.to.chat, call.key) in self.seen:
                self.world.say(self.name, f"drops the repeat {call.key}")
                return f"{call.key}"
            self.seen.add((call.to.chat, call.key))
        self.numbers += 1
        message = Message(f"m{self.numbers}", call.key, call.reply)
        screen = self.screens.setdefault(call.to.chat, [])
        screen.append(message)
        del screen[:-SHOWN_ON_SCREEN]
        self.shown(call, message.id)
        return message.id

    def buttons(self, chat: str) -> list[tuple[str, Button]]:
        """(message, button) of everything that the customer could press now."""
        return [
            (message.id, button)
            for message in self.screens.get(chat, ())
            for row in (*message.reply.keyboard, *(message.reply.menu or ()))
            for button in row
        ]

    def push(self, event: Incoming) -> None:
        self.feed.append(event)
        waiting, self.waiting = self.waiting, []
        for wake in waiting:
            wake()


class Wire:
    """`adapters.base.Network` for one start of one process."""

    path = "hook"

    def __init__(self, post: Post, process: Process, token: str) -> None:
        self.post, self.process, self.token = post, process, token
        self.world = post.world
        self.name = post.name
        self.limits = limits(post.name)
        if post.name == "vk":
            self.together = 4  # `adapters.base.Batched`

    async def prepare(self, site: Site) -> None:
        if self.token != self.post.token:
            raise Revoked("the token is old")

    async def run(self, receive: Receive, cursor: str | None) -> None:
        """Long poll: the cursor is how many events were handed over."""
        place = int(cursor or 0)
        while True:
            if self.token != self.post.token:
                raise Revoked("the token is old")
            if place < len(self.post.feed):
                events = tuple(self.post.feed[place : place + 3])
                try:
                    await receive(Received(events, cursor=str(place + len(events))))
                except Exception:  # not stored: brought again
                    await self.process.wait(2.0)
                    continue
                place += len(events)
                continue
            more = self.process.loop.create_future()
            self.post.waiting.append(lambda more=more: more.done() or more.set_result(None))  # type: ignore[misc]
            await asyncio.wait([more], timeout=600)

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        world, post = self.world, self.post
        call = Call(self.name, to, reply, key, world.time, self.process)
        post.tried(call)
        error, arrives, seconds = self.fate(call)
        call.arrives = arrives
        answer: asyncio.Future[str] = self.process.loop.create_future()
        life, there = self.process.life, world.chance.uniform(0.01, 0.15)

        def arrive() -> None:
            if call.landed:
                return
            shown = ""
            if call.arrives:
                shown = post.land(call)
            elif isinstance(error, Blocked):
                post.refused(call)
            if seconds < FOR_EVER:
                world.after(seconds, lambda: self.process.tell(life, answer, shown, error))

        def die() -> None:
            if not call.landed:
                call.arrives = call.arrives and world.chance.random() < 0.5
                arrive()
                call.landed = True  # what has not arrived now never will

        self.process.dying.append(die)
        self.process.busy += 1
        world.after(there, arrive)
        try:
            return await answer
        finally:
            if life == self.process.life:
                self.process.busy -= 1
            if die in self.process.dying:
                self.process.dying.remove(die)

    def fate(self, call: Call) -> tuple[NetworkError | None, bool, float]:
        """What becomes of an attempt: what is raised, whether it is shown, how long the answer takes."""
        chance, post = self.world.chance, self.post
        if self.token != post.token:
            return Revoked("the token is old"), False, 0.05
        if call.to.chat in post.blocked:
            return Blocked("blocked"), False, 0.05
        luck = chance.random()
        match post.weather:
            case Weather.SLOW:
                return None, True, chance.uniform(1.0, 20.0)
            case Weather.BLURRED if luck < 0.7:
                shown = luck < 0.4
                self.world.say(self.name, f"shows {call.key} and says nothing" if shown else f"loses {call.key}")
                return Unknown("no answer"), shown, chance.uniform(0.1, 5.0)
            case Weather.SILENT if luck < 0.8:
                self.world.say(self.name, f"is silent about {call.key}")
                return None, luck < 0.4, FOR_EVER
            case Weather.THROTTLED if luck < 0.6:
                everybody = luck < 0.3
                return Throttled("429", after=chance.uniform(0.5, 90.0), everybody=everybody), False, 0.05
            case Weather.AWAY:
                return Unavailable("no connection"), False, chance.uniform(0.0, 2.0)
        return None, True, chance.uniform(0.01, 0.2)

    async def send_many(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence[str | NetworkError]:
        """Each has a fate of its own."""
        told = await asyncio.gather(*(self.send(*letter) for letter in letters), return_exceptions=True)
        for one in told:
            if isinstance(one, BaseException) and not isinstance(one, NetworkError):
                raise one
        return told  # type: ignore[return-value]

    async def busy(self, event: Incoming) -> None:
        return

    async def hook(self, post: Any, receive: Receive) -> Any:
        raise NotImplementedError("events come through the intake itself")

    async def identity(self) -> str:
        return self.name

    def deep_link(self, token: str) -> str | None:
        return f"https://{self.name}.example/?start={token}"

    async def close(self) -> None:
        return
