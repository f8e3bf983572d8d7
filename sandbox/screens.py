"""What the customers of one sandbox see: messages, menus, spinners, and the faults that a test has ordered.

Only what the networks have in common is here; every rule of a network's protocol is in the network's own file.
Everything is plain state for one event loop: a change is made without awaiting, and wakes whoever waits in `changed`.
"""

import asyncio
import struct
import time
import zlib
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.base import Fault, Key, Shown

Keys = tuple[tuple[Key, ...], ...]

NAMES = (
    "Анна Смирнова",
    "Борис Кузнецов",
    "Вера Попова",
    "Глеб Соколов",
    "Дарья Лебедева",
    "Егор Новиков",
    "Зоя Морозова",
    "Илья Волков",
    "Ксения Павлова",
    "Лев Семёнов",
)


def full_name(person: str) -> str:
    """First and last name, the same on every network. A person is any number as text."""
    return NAMES[(int(person) - 1) % len(NAMES)]


def landscape(width: int = 96, height: int = 64) -> bytes:
    """What a customer sends who sends a picture: a PNG of a sky above a field."""
    rows = (
        b"\0" + bytes((90 + y, 150 + y, 235) if 3 * y < 2 * height else (70, 150 - y // 2, 60)) * width
        for y in range(height)
    )
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    chunks = (struct.pack(">I", len(b)) + a + b + struct.pack(">I", zlib.crc32(a + b)) for a, b in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def first_number() -> int:
    """Where a sandbox begins to count its events. Never where an earlier run did: a real network does not begin anew
    either, and the bot's database, which outlives the sandbox, takes an id it has seen for a repetition."""
    return time.time_ns() // 10_000_000  # room for a hundred a second


@dataclass(frozen=True, slots=True)
class Kept:
    """What is on the screens when the sandbox stops; spinners stop with it."""

    chats: dict[str, list[Shown]] = field(default_factory=dict)
    menus: dict[str, Keys] = field(default_factory=dict)


class Screens:
    """The screens of all persons. A person is any number as text; a screen appears when it is first used."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.version = 0
        self._chats: dict[str, list[Shown]] = {}
        self._menus: dict[str, Keys] = {}
        self._spinners: dict[str, str] = {}  # press -> the person whose button is turning
        self._faults: deque[Fault] = deque()
        self._revoked = False
        self._change = asyncio.Event()

    def touch(self) -> None:
        """Something a customer can see has changed."""
        self.version += 1
        self._change.set()
        self._change = asyncio.Event()

    async def changed(self, since: int, within: float = 10.0) -> int:
        """Wait until `version` exceeds `since`; raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while self.version <= since:
                await self._change.wait()
        return self.version

    def keep(self) -> Kept:
        return Kept(self._chats, self._menus)

    def recall(self, kept: Kept) -> None:
        self._chats, self._menus = kept.chats, kept.menus
        self.touch()

    # Messages.
    def chat(self, person: str) -> tuple[Shown, ...]:
        return tuple(self._chats.get(person, ()))

    def find(self, person: str, message: str) -> Shown | None:
        return next((shown for shown in self._chats.get(person, ()) if shown.id == message), None)

    def append(self, person: str, shown: Shown) -> None:
        self._chats.setdefault(person, []).append(shown)
        self.touch()

    def edit(self, person: str, message: str, **changes: Any) -> bool:
        """Change fields of a message (it becomes `edited`); False when it is not on the screen."""
        for at, shown in enumerate(self._chats.get(person, ())):
            if shown.id == message:
                self._chats[person][at] = replace(shown, edited=True, **changes)
                self.touch()
                return True
        return False

    def delete(self, person: str, message: str) -> bool:
        found = self.find(person, message)
        if found is not None:
            self._chats[person].remove(found)
            self.touch()
        return found is not None

    # The persistent keyboard; None: none was set, or it was taken away.
    def menu(self, person: str) -> Keys | None:
        return self._menus.get(person)

    def set_menu(self, person: str, keys: Keys | None) -> None:
        if keys:
            self._menus[person] = keys
        else:
            self._menus.pop(person, None)
        self.touch()

    # Spinners: a pressed button turns until the bot answers the press.
    def spin(self, person: str, press: str) -> None:
        self._spinners[press] = person
        self.touch()

    def settle(self, press: str) -> bool:
        """Stop the spinner of a press; False when none was turning."""
        stopped = self._spinners.pop(press, None) is not None
        if stopped:
            self.touch()
        return stopped

    def settled(self, person: str) -> bool:
        return person not in self._spinners.values()

    # Faults.
    def fail(self, fault: Fault, times: int = 1) -> None:
        if fault is Fault.REVOKED:
            self._revoked = True
        else:
            self._faults.extend([fault] * times)

    def fault(self, shows: bool) -> Fault | None:
        """What shall go wrong with this call: a dead token with every call, the rest only with one that `shows`."""
        if self._revoked:
            return Fault.REVOKED
        return self._faults.popleft() if shows and self._faults else None

    def heal(self) -> None:
        self._revoked = False
        self._faults.clear()

    def violate(self, rule: str) -> None:
        """A call broke a documented limit."""
        self.violations.append(rule)
