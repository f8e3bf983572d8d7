"""What goes wrong in a day, and when: written down before the day begins, out of its seed.

kill      a process dies after some hundreds of steps, at whatever it is doing, and is started again soon
freeze    it stands still for minutes (a suspended machine), at whatever it is doing, and goes on as if nothing had been
weather   a network is slow, loses answers, throttles, is silent, is away
block     somebody blocks us (tests/simulation/people.py)
revoke    a network's token dies; a new one is written some minutes later
billing   slow, silent, broken, answers about somebody else
disk      full, or its answers get lost
clock     the wall clock of a process jumps
"""

from collections.abc import Callable

from adapters.base import Address
from tests.simulation.book import Book, Mood
from tests.simulation.house import House
from tests.simulation.networks import NAMES, Weather
from tests.simulation.people import People
from tests.simulation.world import Process, World

HOUR = 3600.0


class Faults:
    def __init__(self, world: World, house: House, book: Book, people: People, until: float) -> None:
        self.world, self.house, self.book, self.people, self.until = world, house, book, people, until
        self.state = ""
        house.disk = lambda: self.state
        self.table: tuple[tuple[float, Callable[[], None]], ...] = (
            # how often a day, what
            (2.0, self.kills),
            (0.7, self.freezes),
            (4.0, self.weathers),
            (0.4, self.revokes),
            (1.5, self.billings),
            (0.7, self.disks),
            (0.3, self.clocks),
            (0.5, self.eves),
        )

    def plan(self, acts: list[float]) -> None:
        """Most of it when something is going on, at one of the `acts`: in an idle night there is little to break."""
        chance = self.world.chance
        for often, what in self.table:
            count = int(often) + (chance.random() < often % 1)
            for _ in range(chance.randrange(0, 2 * count + 1)):
                at = chance.choice(acts) + chance.choice((chance.uniform(0.0, 0.4), chance.uniform(-5.0, 60.0)))
                self.world.at(min(max(at, 1.0), self.until - 600), what)

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        self.world.at(min(self.world.time + seconds, self.until), what)

    def some(self) -> Process | None:
        living = [one for one in self.world.processes if one.turning]
        return self.world.chance.choice(living) if living else None

    def kills(self) -> None:
        if process := self.lit("die"):
            process.burnt = process.kill
            process.dying.append(lambda: self.later(self.world.chance.choice((0.2, 2.0, 30.0, 300.0)), process.start))

    def freezes(self) -> None:
        if process := self.lit("stop"):

            def stop() -> None:
                process.freeze()
                self.later(self.world.chance.choice((3.0, 40.0, 100.0, 700.0)), process.thaw)

            process.burnt = stop

    def lit(self, end: str) -> Process | None:
        """Somebody to whom this happens after some steps: in the middle of something, for who is idle takes none."""
        process = self.some()
        if process is None or process.fuse is not None:
            return None
        process.fuse = self.world.chance.randrange(1, self.world.chance.choice((60, 400)))
        self.world.say("fate", f"{process.name} shall {end} in {process.fuse} steps")
        return process

    def weathers(self) -> None:
        post = self.house.posts[self.world.chance.choice(NAMES)]
        post.weather = self.world.chance.choice(list(Weather)[1:])
        self.world.say("fate", f"{post.name} is {post.weather.name.lower()}")

        def clear() -> None:
            post.weather = Weather.CLEAR
            self.world.say("fate", f"{post.name} is clear")

        self.later(self.world.chance.choice((20.0, 120.0, 600.0, HOUR)), clear)

    def revokes(self) -> None:
        name = self.world.chance.choice(NAMES)
        post = self.house.posts[name]
        post.token = str(int(post.token) + 1)
        self.world.say("fate", f"{name} takes the token away")

        def write() -> None:
            self.house.environ[f"{name.upper()}_TOKEN"] = post.token
            self.world.say("fate", f"the operator writes {name}'s new token")

        self.later(self.world.chance.choice((1.0, 300.0, HOUR)), write)

    def billings(self) -> None:
        self.book.mood = self.world.chance.choice(list(Mood)[1:])
        self.world.say("fate", f"the billing is {self.book.mood.name.lower()}")

        def well() -> None:
            self.book.mood = Mood.WELL
            self.house.oracle.well_since = self.world.time
            self.world.say("fate", "the billing is well")

        self.later(self.world.chance.choice((15.0, 120.0, 900.0)), well)

    def disks(self) -> None:
        self.state = self.world.chance.choice(("full", "mute"))
        self.world.say("fate", f"the disk is {self.state}")

        def well() -> None:
            self.state = ""
            self.world.say("fate", "the disk is well")

        self.later(self.world.chance.choice((2.0, 20.0, 90.0)), well)

    def clocks(self) -> None:
        process = self.some()
        if process is None:
            return
        jump = self.world.chance.choice((-7200.0, -60.0, 60.0, 3600.0))
        process.clock.ahead += jump
        self.house.oracle.rates_hold = False
        self.world.say("fate", f"the clock of {process.name} jumps by {jump:+.0f} s")

        def right() -> None:
            process.clock.ahead -= jump

        self.later(self.world.chance.choice((60.0, 1800.0)), right)

    def eves(self) -> None:
        """An alert waits, for its network is away; and before it can leave something makes it untrue or unwelcome."""
        chance, oracle = self.world.chance, self.house.oracle
        hearing = [(lane, account) for lane, one in oracle.people.items() if one.alerts for account in one.accounts]
        if not hearing:
            return
        lane, account = chance.choice(sorted(hearing))
        network, _, chat = lane.partition(":")
        post, who = self.house.posts[network], Address(network, chat)
        post.weather = Weather.AWAY
        self.world.say("fate", f"{network} is away, and {account} is to fall")
        self.book.fall_below(account, 100_00)
        people = self.people
        ends = (
            lambda: people.says(who, "стоп"),
            lambda: people.says(who, "стоп"),
            lambda: self.book.rise_above(account, 100_00),
            lambda: people.presses(who, "forget:yes"),
            lambda: people.presses_kind(who, "unlink"),
        )
        self.later(2.4 * HOUR, chance.choice(ends))

        def clear() -> None:
            post.weather = Weather.CLEAR
            self.world.say("fate", f"{network} is clear")

        self.later(2.5 * HOUR, clear)

    def cease(self) -> None:
        """The day is over: whatever was broken is mended, whoever was dead lives."""
        for post in self.house.posts.values():
            post.weather = Weather.CLEAR
            self.house.environ[f"{post.name.upper()}_TOKEN"] = post.token
        self.book.mood, self.state = Mood.WELL, ""
        for process in self.world.processes:
            process.fuse = None
            process.clock.ahead = 0.0
            process.thaw()
            if not process.alive:
                process.start()
