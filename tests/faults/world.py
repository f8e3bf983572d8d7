"""The world round the processes that are killed: networks, customers and a clock that outlive them all.

    events ──▶ [child: the program] ──"took"──▶ acknowledged: from here on it may not be lost
               [child: the program] ──"show"──▶ shown: what stands on the customer's screen

A child is forked with the world in its memory, so it knows what the networks have for it; what it does comes back over
a pipe, one line a deed. A line that is in the pipe has happened, whatever becomes of its writer: a kill can fall
between the deed and the child's own note of it. Nothing here runs while a child is not asked for.

Everybody says one thing only: what stands on a screen is then counted by chat.
"""

import mmap
import random
import struct
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.base import Address, Incoming, Receipt
from storage.inbox import dedupe_key
from storage.tables import DEAD, REFUSED, SENT, UNCERTAIN

NETWORKS: Final = ("vk", "telegram", "ok")
START: Final = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
LOW, HIGH, THRESHOLD, PAID = 50_00, 900_00, 100_00, 700_00  # kopecks
EACH: Final = 2  # strangers on each network in a wave
STATUS: Final = {SENT: "sent", DEAD: "dead", REFUSED: "refused", UNCERTAIN: "uncertain"}


class SharedClock:
    """One clock for all processes of a world, which only the world can move ahead."""

    def __init__(self) -> None:
        self._ahead = mmap.mmap(-1, 8)
        self._began = time.monotonic()

    def monotonic(self) -> float:
        ahead: float = struct.unpack("d", self._ahead[:8])[0]
        return time.monotonic() - self._began + ahead

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def advance(self, seconds: float) -> None:
        self._ahead[:8] = struct.pack("d", struct.unpack("d", self._ahead[:8])[0] + seconds)


class Areas:
    """What one child is in the middle of, in memory that outlives it."""

    NAMES: Final = (
        "start", "put", "inbox.claim", "answer", "finish", "scan", "observe", "due", "credit", "outbox.claim",
        "before the wire", "behind the wire", "settle", "sweep",
    )  # fmt: skip

    def __init__(self) -> None:
        self._counts = mmap.mmap(-1, 2 * len(self.NAMES))

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        self._add(name, 1)
        try:
            yield
        finally:
            self._add(name, -1)

    def _add(self, name: str, step: int) -> None:
        at = 2 * self.NAMES.index(name)
        self._counts[at : at + 2] = struct.pack("h", struct.unpack("h", self._counts[at : at + 2])[0] + step)

    def under_way(self) -> list[str]:
        counts = struct.unpack(f"{len(self.NAMES)}h", self._counts[:])
        return [name for name, count in zip(self.NAMES, counts, strict=True) if count]


@dataclass
class World:
    """`accounts`: each linked in one chat, which is warned. One more chat asks for its balance, one pays."""

    seed: int
    clock: SharedClock = field(default_factory=SharedClock)
    accounts: dict[str, Address] = field(default_factory=dict)
    asker: Address | None = None
    payer: Address | None = None
    orders: list[str] = field(default_factory=list)  # tokens of what the payer has not paid yet
    events: dict[str, Incoming] = field(default_factory=dict)
    open: dict[str, Incoming] = field(default_factory=dict)  # not acknowledged
    took: list[str] = field(default_factory=list)
    wave: int = 0
    changed: bool = True  # the operator's book has this wave's changes
    shown: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # key: lanes
    paid: int = 0  # kopecks that Telegram took for us
    warned: Counter[str] = field(default_factory=Counter)  # kind: how many of them each account is owed
    slots: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)  # what the children logged as errors

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.numbers = iter(range(10_000, 10**9))

    # ── What the customers and the operator do ──

    def begin(self) -> None:
        """The next wave. A day later, so that nothing is too soon after the last one."""
        self.clock.advance(25 * 3600)
        self.wave += 1
        self.changed = False
        self.warned.update(["low"] if self.low else ["restored", "paid"])
        for network in NETWORKS:
            for _ in range(EACH):
                self.says("оператор", self.stranger(network))
        if self.asker is not None:
            self.says("баланс", self.asker)
        if self.payer is not None and self.orders:
            token = self.orders.pop()
            self.paid += PAID
            receipt = Receipt(charge=f"telegram:{token}", payload=token, amount=PAID, currency="RUB")
            self.says("", self.payer, receipt=receipt)
            self.says("", self.payer, receipt=receipt)  # once more, as another update

    @property
    def low(self) -> bool:
        """Whether this wave takes money from the accounts, or brings it back."""
        return self.wave % 2 == 1

    @property
    def slot(self) -> str:
        return str(int(self.clock.monotonic()) // 600)

    def says(self, text: str, sender: Address, **more: Any) -> None:
        number = next(self.numbers)
        event = Incoming(id=f"event-{number}", sender=sender, sent_at=self.clock.now(), text=text, **more)
        self.events[event.id] = self.open[event.id] = event

    def stranger(self, network: str) -> Address:
        return Address(network, f"{next(self.numbers)}" if network != "ok" else f"chat:{next(self.numbers)}")

    # ── What came back ──

    def hear(self, line: str) -> None:
        what, _, rest = line.partition(" ")
        if what == "took" and self.open.pop(rest, None):
            self.took.append(rest)
        elif what == "changed" and int(rest) == self.wave:
            self.changed = True
        elif what == "show":
            key, lane = rest.split(" ")
            self.shown[int(key)].append(lane)
        elif what == "slot":
            self.slots[rest] += 1
        elif what == "error":
            self.trouble[rest] += 1

    def copies(self, row: Mapping[str, Any]) -> list[str]:
        """The screens that a letter, or the one that it went with, has come to."""
        return self.shown.get(row["id"]) or self.shown.get(row["led_by"], [])

    # ── What must be true in the end ──

    def faults(self, told: dict[str, Any]) -> list[str]:
        """Sentences, one for each broken promise; `told` is what stands in the database (child.books)."""
        found: list[str] = []

        def must(true: bool, words: str) -> None:
            if not true:
                found.append(words)

        # Every acknowledged event is in the inbox, done, and answered once.
        inbox: dict[str, tuple[int, bool]] = told["inbox"]  # dedupe: (id, done)
        numbers: dict[str, str] = {}  # of a reply's key: the event that it answers
        for id, event in self.events.items():
            number, done = inbox.get(dedupe_key(event.sender.network, id).hex(), (None, False))
            must(number is not None, f"lost: {id}")
            must(done, f"not done: {id}")
            numbers[f"r:{number}:0"] = id
        must(not self.open, f"{len(self.open)} events were never acknowledged")
        must(len(inbox) == len(self.events) + told["furnished"], f"{len(inbox)} events stand in the inbox")
        must(told["waiting"] == 0, f"{told['waiting']} lanes still wait")
        answers = Counter(numbers[row["dedupe"]] for row in told["outbox"] if row["dedupe"] in numbers)
        must(set(answers) == set(self.events) and set(answers.values()) == {1}, f"answers {Counter(answers.values())}")

        # Every alert that is owed has its letter.
        alerts = Counter((row["kind"], told["links"].get(row["link"])) for row in told["outbox"] if row["link"])
        owed = {(kind, account): times for kind, times in self.warned.items() for account in self.accounts}
        owed["credited", "payer"] = self.paid // PAID
        must(alerts == owed, f"letters {alerts} and not {owed}")

        # What became of each letter, and what its screen says of it.
        for row in told["outbox"]:
            copies = len(self.copies(row))
            what = f"{row['network']} {row['kind']} {row['status']} {row['reason'] or ''}".strip()
            must(row["status"] == "sent" or (row["status"] == "uncertain" and row["network"] != "vk"), what)
            must(copies > 0 or row["status"] != "sent", f"sent and never shown: {what}")
            # VK has dropped all copies but the first: they have the same random_id.
            most = 99 if row["network"] == "vk" else 1 if row["kind"] == "reply" else 2
            must(copies <= most, f"{copies} copies: {what}")
        must(set(self.shown) <= {row["id"] for row in told["outbox"]}, "shown, and no letter of ours")
        # What an alert has shown is in the audit, once, under the letter that showed it; and nothing else is.
        audited = Counter((letter, question) for letter, question in told["audits"])
        must(set(audited.values()) <= {1}, f"shown once, audited {max(audited.values(), default=0)} times")
        for row in told["outbox"]:
            if row["kind"] != "reply":
                under = [one for one in (row["id"], row["led_by"]) if audited.pop((one, f"alert:{row['kind']}"), 0)]
                must(len(under) == 1 or row["status"] != "sent", f"in the audit {len(under)} times: {row['kind']}")
        must(not audited, f"audited, and no alert: {list(audited)[:3]}")
        screens = Counter(lane for copies in self.shown.values() for lane in set(copies))
        meant = Counter(str(event.sender) for event in self.events.values())
        for chat in self.accounts.values():
            meant[str(chat)] += self.warned.total()  # what is due together may be one message
        meant[str(self.payer)] += self.paid // PAID
        must(all(count <= meant[lane] for lane, count in screens.items()), "two letters where one was meant")

        # The operator's book, to the kopeck; ticks; the file itself.
        change = self.warned["restored"] * (HIGH - LOW) - self.warned["low"] * (HIGH - LOW)
        own = dict.fromkeys(self.accounts, HIGH + change) | {"asker": HIGH, "payer": HIGH + self.paid}
        must(told["own"] == own, f"the book says {told['own']} and not {own}")
        must(all(count == 1 for count in self.slots.values()), f"slots: {self.slots}")
        # Who held a chat five times and died of it is believed to have died of what it says: an apology, and aside.
        must(told["dead"] <= len(self.events) // 10, f"{told['dead']} events were buried")
        must(told["integrity"] == "ok", told["integrity"])
        return found
