"""A terminal as a network: each line is a message, each reply is text, and options are numbered below it.

    $ saldo chat
    > сколько на счету
    350,00 ₽, хватит до 28 ноября
      1. По услугам
      2. Пополнить: https://…

The bot understands typed numbers by itself on every network, so nothing is parsed here.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from adapters.base import Address, Grid, Incoming, Limits, Pace, Receive, Received, Reply, Site

NAME = "console"
PROMPT = "> "

# A terminal scrolls: the figures only have to be larger than anything we show.
LIMITS = Limits(
    text=1_000_000,
    keyboard=Grid(rows=1000, columns=100, buttons=1000),
    label=1000,
    action=4096,
    pace=Pace(per_second=1000.0, burst=1000),
)


class Console:
    """One conversation over two text streams. `run` returns at the end of the input; what `receive` raises ends it."""

    name = NAME
    limits = LIMITS

    def __init__(
        self,
        source: TextIO,
        target: TextIO,
        *,
        prompt: bool = False,
        chat: str = "1",
        language: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.address = Address(NAME, chat)
        self._source = source
        self._target = target
        self._prompt = prompt
        self._now = now
        self._language = language
        self._run = secrets.token_hex(8)  # ids must not repeat those of an earlier run over the same database
        self._shown = 0

    async def prepare(self, site: Site) -> None:
        pass

    async def run(self, receive: Receive, cursor: str | None) -> None:
        lines: asyncio.Queue[str | Exception] = asyncio.Queue()
        # Not in the loop's own pool: the program must end although a read from the terminal never returns.
        threading.Thread(target=self._read, args=(asyncio.get_running_loop(), lines), daemon=True).start()
        number = 0
        self._ask()
        while line := await lines.get():
            if isinstance(line, Exception):
                raise line
            if not line.strip():
                self._ask()
                continue
            number += 1
            identifier = f"{self._run}-{number}"
            event = Incoming(
                identifier,
                self.address,
                self._now(),
                text=line.strip(),
                message=identifier,
                language=self._language,
            )
            await receive(Received((event,)))

    def _read(self, loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str | Exception]") -> None:
        line: str | Exception = PROMPT
        while line and isinstance(line, str):
            try:
                line = self._source.readline()
            except (OSError, ValueError) as error:  # not text, or closed under our hands
                line = error
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            except RuntimeError:  # the loop is closed: nobody listens any more
                return

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        print(text(reply), file=self._target)
        self._ask()
        self._shown += 1
        return str(self._shown)

    def _ask(self) -> None:
        if self._prompt:
            self._target.write(PROMPT)
        self._target.flush()

    async def busy(self, event: Incoming) -> None:
        pass

    async def identity(self) -> str:
        return NAME

    def deep_link(self, token: str) -> str | None:
        return None

    async def close(self) -> None:
        pass


def text(reply: Reply) -> str:
    """A reply as lines of text."""
    lines = [reply.text]
    files = [file for file in (reply.picture, reply.document) if file is not None]
    lines += [f"  [{file.name}, {size(len(file.data))}]" for file in files]
    options = [button for row in reply.keyboard or reply.menu or () for button in row]
    for number, button in enumerate(options, start=1):
        lines.append(f"  {number}. {button.label}" + (f": {button.url}" if button.url is not None else ""))
    return "\n".join(lines)


def size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.0f} KiB" if count < 2**20 else f"{count / 2**20:.1f} MiB"
