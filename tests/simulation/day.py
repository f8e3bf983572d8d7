"""One simulated day: out of a seed come the date, the people, what they do and what goes wrong, and nothing else.

prologue   the customers link their accounts, by the program itself: once for a test process, then a copied file
the day    24 hours of acts and faults; promises are checked at every letter and after every instant
the end    faults stop, everything drains, the books are compared with what the networks have shown
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from adapters.base import Address
from tests.simulation.book import Book
from tests.simulation.faults import HOUR, Faults
from tests.simulation.house import House, empty, environment, furnish, replaced, whole
from tests.simulation.networks import NAMES, Post
from tests.simulation.oracle import Oracle
from tests.simulation.people import ZONES, People
from tests.simulation.world import Process, Violation, World

DAY: Final = 24 * HOUR
DRAIN: Final = 20 * HOUR  # the longest quiet hours, and some
ACCOUNTS: Final = tuple((f"{n}0{n}7", f"6521{n}{n}37{4100 + 97 * n}") for n in range(1, 7))
NAMES_OF: Final = tuple(account for account, _ in ACCOUNTS)
PEOPLE: Final = tuple(Address(network, f"77{n}0{n}88{n}1") for n, network in enumerate(NAMES * 3, start=1))
# Who has linked what before the day begins: two chats of one account, two accounts of one chat, somebody without.
LINKED: Final = {0: (0,), 1: (1,), 2: (2,), 3: (3, 4), 4: (0,), 5: (5,), 6: (1, 2), 7: (4,)}
# Days on which clocks change somewhere, and days on which they do not.
DATES: Final = (
    datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC),
    datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC),
    datetime(2028, 2, 28, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC),
)  # fmt: skip
BEFORE: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)  # when the customers linked their accounts


@dataclass(frozen=True, slots=True)
class Outcome:
    seed: int
    digest: str
    lines: int
    steps: int
    events: int
    shown: int
    violation: Violation | None = None
    trace: tuple[str, ...] = ()


class Stage:
    """World, house, people and oracle of one day, put together."""

    def __init__(
        self,
        seed: int,
        start: datetime,
        content: bytes,
        zones: list[str],
        *,
        many: int = 1,
        verbose: bool = False,
        public: frozenset[str] = frozenset(),
        polled: frozenset[str] = frozenset(),
    ) -> None:
        self.world = World(seed, start, verbose=verbose)
        self.book = Book(self.world, list(ACCOUNTS), zones)
        posts = {
            name: Post(
                self.world,
                name,
                lambda call, message: self.oracle.shown(call, message),
                lambda call: self.oracle.tried(call),
                lambda call: self.oracle.refused(call),
            )
            for name in NAMES
        }
        more = {f"{name.upper()}_MODE": "public" for name in public}
        more |= {f"{name.upper()}_INTAKE": "poll" for name in polled}
        self.house = House(self.world, furnish(content), posts, self.book, many=many > 1, environ=environment(**more))
        self.oracle = self.house.oracle = Oracle(self.world, self.house.books, self.book, public)
        self.people = People(self.world, self.house, PEOPLE, NAMES_OF)
        self.people.polled = polled
        self.world.watch = self.oracle.look
        self.world.timetable = self.due
        for n in range(many):
            Process(self.world, f"process {n + 1}", self.house.begin)

    def due(self) -> float | None:
        at = self.house.books.due()
        if at is None:
            return None
        ahead = max((one.clock.ahead for one in self.world.processes if one.turning), default=0.0)
        return at / 1e6 - self.world.start.timestamp() - ahead

    def close(self) -> None:
        for process in self.world.processes:
            process.kill()
        self.house.close()


@cache
def prologue() -> bytes:
    """A database in which the customers have linked their accounts, each with a zone and quiet hours of their own."""
    with replaced(-1, lambda _: None):
        zones = ["Europe/Moscow"] * len(ACCOUNTS)
        stage = Stage(-1, BEFORE, empty(), zones)
        try:
            settle(stage)
            path = stage.house.path
        finally:
            stage.close()
        return whole(path)


def settle(stage: Stage) -> None:
    people, world = stage.people, stage.world
    people.calm = True
    world.processes[0].start()
    world.run(10)
    at = 10.0
    for n, mine in LINKED.items():
        for account in mine:
            world.at(at, partial(people.links, PEOPLE[n], NAMES_OF[account]))
            at += 100
        if n != 5:  # somebody wants no alerts
            world.at(at, partial(people.presses, PEOPLE[n], "alerts:on"))
        if n % 2:
            world.at(at + 20, partial(people.presses, PEOPLE[n], f"zone:{ZONES[n]}"))
        if n % 3 == 0:
            world.at(at + 40, partial(people.presses, PEOPLE[n], "quiet:1380:480"))
        at += 100
    world.run(at + 200)
    expected = sum(len(mine) for mine in LINKED.values())
    assert stage.house.books.one("SELECT count(*) FROM links") == expected
    assert stage.house.books.one("SELECT count(*) FROM chats WHERE alerts") == len(LINKED) - 1


def day(seed: int, *, verbose: bool = False, bug: AbstractContextManager[Any] | None = None) -> Outcome:
    """Live through the day of that seed."""
    content = prologue()
    sink: list[Any] = []
    with replaced(seed, lambda event: sink[0](event) if sink else None), bug or nullcontext():
        stage = prepared(seed, content, verbose=verbose)
        world = stage.world
        sink.append(stage.oracle.logged)
        violation: Violation | None = None
        try:
            lived(stage)
        except Violation as found:
            violation = found
        finally:
            stage.close()
        return Outcome(
            seed, world.digest(), len(world.trace), world.steps, len(stage.oracle.said),
            sum(stage.oracle.copies.values()), violation, tuple(world.trace),
        )  # fmt: skip


def prepared(seed: int, content: bytes, *, verbose: bool) -> Stage:
    chance = random.Random(f"day {seed}")
    start = chance.choice(DATES) + timedelta(hours=chance.randrange(24))
    zones = [chance.choice(ZONES) for _ in ACCOUNTS]
    many = 2 if chance.random() < 0.4 else 1
    public = frozenset({"telegram"} if chance.random() < 0.12 else ())
    polled = frozenset({"vk"} if many == 1 and chance.random() < 0.3 else ())
    return Stage(seed, start, content, zones, many=many, verbose=verbose, public=public, polled=polled)


def lived(stage: Stage) -> None:
    world, people, book = stage.world, stage.people, stage.book
    chance = world.chance
    world.say("day", f"seed {world.seed}, {world.start:%Y-%m-%d}, {len(world.processes)} processes")
    faults = Faults(world, stage.house, book, people, DAY)
    busy = sorted(chance.uniform(60, DAY - 2 * HOUR) for _ in range(chance.randrange(3, 8)))
    acts: list[float] = []
    for at in busy:
        for _ in range(chance.randrange(2, 7)):
            at += chance.expovariate(1 / 12.0)
            acts.append(at)
            world.at(at, people.acts_once)
    for _ in range(chance.randrange(3, 8)):
        at = chance.choice(busy) + chance.uniform(-HOUR, HOUR)
        account = chance.choice(NAMES_OF)
        world.at(at, partial(chance.choice(moves(book)), account))
    faults.plan(acts)
    for process in world.processes:
        process.start()
    world.run(DAY)
    faults.cease()
    people.calm = True
    people.returns()
    end = DAY
    while end < DAY + DRAIN and not (stage.oracle.drained() and end > DAY + HOUR):
        end += HOUR / 2
        world.run(end)
    world.run(end + 180)  # what is due on the hour has its time
    polled = [post.feed for name, post in stage.house.posts.items() if name in people.polled]
    stage.oracle.final(event for feed in polled for event in feed)
    if world.broken:
        raise world.broken[0]


def moves(book: Book) -> list[Callable[[str], None]]:
    """What the operator does: mostly such as somebody is to be told of."""
    falls = partial(book.fall_below, threshold=100_00)
    return [falls, falls, falls, partial(book.rise_above, threshold=100_00), book.turns_off, book.bills]
