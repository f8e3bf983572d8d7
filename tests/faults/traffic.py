"""Somebody who posts: a network's updates at the program's own door, as fast as is asked, and what became of each.

    async with asked(folder, "telegram", url) as traffic:
        await traffic.post()            one update; its status
        await traffic.steady(50, 2.0)   so many a second, whatever the answers: open loop
        await traffic.kept()            that every acknowledged update stands in the inbox

An update is acknowledged when the answer 200 has come in.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text

from storage.base import StorageError
from storage.inbox import dedupe_key
from tests.bot.test_web import ID, Door, door, put

WITHIN = 30.0  # seconds in which everything must be normal again


@dataclass
class Traffic:
    door: Door
    took: set[str] = field(default_factory=set)  # acknowledged
    statuses: Counter[int] = field(default_factory=Counter)  # 0: no answer at all
    times: list[tuple[float, int]] = field(default_factory=list)  # seconds, status
    number: int = 10**9
    flying: set["asyncio.Task[int]"] = field(default_factory=set)

    @property
    def app(self) -> Any:
        return self.door.stage.app

    def body(self, chat: int | None = None) -> tuple[str, bytes]:
        event = json.loads(self.door.good.body)
        self.number += 1
        put(event, ID["telegram"], self.number)
        if chat is not None:
            put(event, "message.chat.id", chat)
            put(event, "message.from.id", chat)
        put(event, "message.date", int(self.door.stage.clock.now().timestamp()))
        return str(self.number), json.dumps(event).encode()

    async def post(self, chat: int | None = None) -> int:
        """Post one update of a chat that nobody has heard of yet, or of this one."""
        id, body = self.body(self.number if chat is None else chat)
        began = time.monotonic()
        try:
            async with asyncio.timeout(10):
                status = await self.door.post(body)
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.times.append((time.monotonic() - began, status))
        self.statuses[status] += 1
        if status == 200:
            self.took.add(id)
        return status

    async def steady(self, each_second: float, seconds: float) -> None:
        """Open loop: the next one is posted when its time has come, however many have no answer yet."""
        begin, sent = time.monotonic(), 0
        while (now := time.monotonic() - begin) < seconds:
            while sent < now * each_second:
                task = asyncio.create_task(self.post())
                self.flying.add(task)
                task.add_done_callback(self.flying.discard)
                sent += 1
            await asyncio.sleep(0.005)

    async def landed(self) -> None:
        while self.flying:
            await asyncio.wait(self.flying)

    async def inner(self, page: str) -> int:
        """The status of a page that only the operator sees."""
        async with self.door.browser.get(f"http://127.0.0.1:{self.app.settings.inner_port}/{page}") as answer:
            return answer.status

    async def normal(self) -> float:
        """Until an update is taken and answered, and nothing waits; how many seconds that took.

        What was in hand when the trouble began stays leased until its lease ends: the program's clock goes on by that.
        """
        began, door = time.monotonic(), self.door
        async with asyncio.timeout(WITHIN):
            while await self.post() != 200:  # noqa: ASYNC110 — it is the program that we wait for
                await asyncio.sleep(0.05)
            taken = time.monotonic() - began
            while not await self.rests():
                if time.monotonic() - began > taken + 2:
                    door.stage.clock.advance(seconds=61)
                    taken = time.monotonic() - began
                await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def rests(self) -> bool:
        """Nothing waits for an answer any more."""
        try:
            return not any(await self.app.storage.upkeep.backlog())
        except StorageError:
            return False

    async def kept(self) -> int:
        """How many updates stand in the inbox; that every acknowledged one does, done and answered once."""
        rows = await self.app.storage.database.read(
            lambda connection: connection.execute(text("SELECT id, dedupe, done FROM inbox")).all()
        )
        letters = await self.app.storage.database.read(
            lambda connection: connection.execute(text("SELECT dedupe FROM outbox")).scalars().all()
        )
        inbox = {bytes(row.dedupe): row for row in rows}
        answers = Counter(letter.split(":")[1] for letter in letters if letter.startswith("r:"))
        for id in self.took:
            row = inbox.get(dedupe_key("telegram", id))
            assert row is not None, "acknowledged and lost"
            assert row.done is not None, "acknowledged and not done"
            assert answers[str(row.id)] == 1, f"{answers[str(row.id)]} answers"
        return len(rows)


@asynccontextmanager
async def asked(folder: Path, url: str = "") -> AsyncIterator[Traffic]:
    """The whole program with Telegram's sandbox behind it; `url` of an empty database, else a file of its own."""
    async with door(folder, "telegram", url=url) as d:
        yield Traffic(d)
