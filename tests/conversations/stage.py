"""A stage for dialogues: the whole program on sandboxes, and customers who write, press and read.

    async with stage(tmp_path) as s:
        anna = s.customer("vk")
        await anna.links("demo")
        answer = await anna.says("баланс")
        assert answer.startswith("Баланс")

Nothing is replaced but the networks' servers, the mail relay, the SMS gateway and the clock: the adapters, the hooks,
the linking page, the database and the outbox are the ones of `saldo run`. A line is answered when nothing is left to
do: no event, no letter.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from billing.demo import demo
from billing.ledger import Ledger
from bot.app import App, build
from bot.demo import CONTACTS
from bot.settings import load
from sandbox.base import Key, Sandbox, Shown
from sandbox.mailbox import Mailbox
from sandbox.registry import NETWORKS, sandbox
from storage.database import connect
from storage.migrations.run import upgrade
from tests.ports import free_port

TODAY = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # a Saturday noon in Moscow, with payments in every month before


class RunningClock:
    """Begins at a given moment and goes on by itself; a test may move it further."""

    def __init__(self, start: datetime) -> None:
        self.ahead = start - datetime.now(UTC)
        self.extra = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.extra

    def advance(self, **more: float) -> None:
        """`advance(hours=3)`"""
        step = timedelta(**more)
        self.ahead += step
        self.extra += step.total_seconds()


class NetworkClock:
    """The networks' own, twenty times as fast; a test may move it further.

    A network's pace is tried elsewhere; here nobody waits a second between two lines of a dialogue. Faster still, and a
    button's press would be too old to be answered.
    """

    def __init__(self) -> None:
        self.extra = 0.0

    def __call__(self) -> float:
        return time.monotonic() * 20 + self.extra


@dataclass
class Customer:
    """One person on one network."""

    stage: "Stage"
    network: str
    person: str

    @property
    def sandbox(self) -> Sandbox:
        return self.stage.sandboxes[self.network]

    @property
    def screen(self) -> tuple[Shown, ...]:
        return self.sandbox.chat(self.person)

    @property
    def last(self) -> Shown:
        """The newest message from us."""
        return next(one for one in reversed(self.screen) if not one.mine)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The buttons of the newest message, or else of the menu."""
        rows = self.last.keys or self.sandbox.menu(self.person) or ()
        return tuple(key for row in rows for key in row)

    async def says(self, text: str) -> str:
        """Write, and read everything that comes back, joined."""
        return await self.after(self.sandbox.say(self.person, text))

    async def presses(self, label: str, message: Shown | None = None) -> str:
        """Press the button whose label begins with `label`, of the newest message, of an older one, or of the menu."""
        for shown in (message,) if message else (*reversed([m for m in self.screen if not m.mine]),):
            for key in (key for row in shown.keys for key in row):
                if key.label.startswith(label) and key.url is None:
                    return await self.after(self.sandbox.press(self.person, shown.id, key.label))
            if message is None and shown.keys:
                break
        for key in (key for row in self.sandbox.menu(self.person) or () for key in row):
            if key.label.startswith(label):
                return await self.after(self.sandbox.press(self.person, "", key.label))
        raise AssertionError(f"no button {label!r}; there are {[key.label for key in self.keys]}")

    async def starts(self, payload: str = "") -> str:
        return await self.after(self.sandbox.start_chat(self.person, payload))

    async def after(self, deed: Any) -> str:
        before = [m for m in self.screen if not m.mine]
        arrived = self.stage.arrived
        await deed
        await self.stage.answered(arrived)
        now = [m for m in self.screen if not m.mine]
        fresh = [m for m in now if m not in before]
        return "\n".join(m.text for m in fresh)

    async def links(self, login: str, *, password: str | None = None) -> str:
        """The whole way: consent, page, code. Returns what the chat says when it is done."""
        await self.says("привязать счёт")
        if not any(key.url for key in self.keys):
            await self.presses("Согласен")
        url = next(key.url for key in self.keys if key.url and "/link/" in key.url)
        return await self.says(await self.stage.page(url, login, password or login))


@dataclass
class Stage:
    app: App
    ledger: Ledger
    sandboxes: Mapping[str, Sandbox]
    clock: "RunningClock"
    networks: "NetworkClock"
    mailbox: Mailbox  # everybody's e-mails and SMS: `s.mailbox.last("anna@demo.example").text`
    people: int = 1000
    arrived: int = 0
    arrival: asyncio.Event = field(default_factory=asyncio.Event)

    def customer(self, network: str, person: str | None = None) -> Customer:
        self.people += 1
        return Customer(self, network, person or str(self.people))

    def rest(self, seconds: float = 5) -> None:
        """Time goes by for us and for the networks: a long dialogue is no flood, and keeps to their pace."""
        self.clock.advance(seconds=seconds)
        self.networks.extra += seconds

    def watch(self) -> None:
        """Count what the intake has stored: its `wake` is called after each commit."""
        wake = self.app.intake.wake

        def counting() -> None:
            self.arrived += 1
            self.arrival.set()
            wake()

        self.app.intake.wake = counting

    async def answered(self, before: int) -> None:
        """Until something newer than `before` is stored, answered, and its letters are settled."""
        async with asyncio.timeout(20):
            while self.arrived <= before:
                self.arrival.clear()
                await self.arrival.wait()
            await self.quiet()

    async def quiet(self) -> None:
        """Until nothing is left to do."""
        async with asyncio.timeout(20):
            while any(await self.app.storage.upkeep.backlog()):  # noqa: ASYNC110 — it is the database that we wait for
                await asyncio.sleep(0.005)

    async def page(self, url: str, login: str, password: str) -> str:
        """A browser without JavaScript: sign in, choose all accounts, read the code."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            origin = {"Origin": self.app.settings.public_url}
            first = await (await browser.get(url)).text()
            answer = await browser.post(
                url, data={**hidden(first), "login": login, "password": password}, headers=origin
            )
            accounts = await answer.text()
            data = [*hidden(accounts).items(), *chosen(accounts)]
            answer = await browser.post(answer.url, data=data, headers=origin)
            text = await answer.text()
            found = re.search(r'<span id="code"[^>]*>([A-Z0-9]{6})</span>', text)
            assert found, text
            return found[1]

    async def scan(self) -> int:
        """One tick of the low-balance scan, and everything that follows from it."""
        queued = await self.app.schedule.scan_now()
        await self.quiet()
        return queued


FURNISHED: list[bytes] = []


async def furnished(folder: Path) -> bytes:
    """A database file of this version with the demo's book in it: made once, for a year of a town takes a while."""
    if not FURNISHED:
        file = folder / "furnished.db"
        await asyncio.to_thread(upgrade, f"sqlite:///{file}")
        database = connect(f"sqlite:///{file}")
        ledger = Ledger(database, lambda: TODAY)
        await ledger.load(demo(TODAY.date()))
        await ledger.close()
        await database.close()
        FURNISHED.append(file.read_bytes())
    return FURNISHED[0]


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def chosen(page: str) -> Sequence[tuple[str, str]]:
    boxes = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", page)
    return [
        (re.search(r'name="([^"]+)"', box)[1], re.search(r'value="([^"]*)"', box)[1])  # type: ignore[index]
        for box in boxes
        if "checked" in box
    ]


@asynccontextmanager
async def stage(
    folder: Path, names: Sequence[str] = tuple(NETWORKS), *, url: str = "", **fixed: Any
) -> AsyncIterator[Stage]:
    """The program, started; everything is put away at the end, and no sandbox may have seen a limit broken."""
    clock = RunningClock(TODAY)
    bare = bool(url)
    if not bare:
        url = f"sqlite:///{folder / 'stage.db'}"
        (folder / "stage.db").write_bytes(await furnished(folder))
    networks = NetworkClock()
    sandboxes = {name: sandbox(name, clock=networks) for name in names}
    environ: dict[str, str] = {}
    for name, one in sandboxes.items():
        await one.start()
        environ |= {**one.settings(), f"{name.upper()}_INTAKE": "webhook"}
    mailbox = Mailbox(clock.now)
    await mailbox.start()
    environ |= {**mailbox.settings(), "SMTP_RATE": "1000", "SMS_RATE": "1000"}
    environ |= {
        "TELEGRAM_PER_CHAT": "0",
        "OK_CHAT_PAUSE": "0",
        "VK_RATE": "20",
        **fixed.pop("environ", {}),
    }
    port = free_port()
    settings = load(
        {},
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        inner_port=0,
        database_url=url,
        operator_name="Демо-Телеком",
        contacts=CONTACTS,
        **{"alert_quiet": "", **fixed},
    )
    app = await build(settings, clock=clock, reread=lambda: environ)
    ledger = Ledger(app.storage.database, clock.now)
    if bare:
        await ledger.load(demo(TODAY.date()))
    stop, started = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(app.run(stop, started))
    try:
        await asyncio.wait([running, asyncio.create_task(started.wait())], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        await app.prepare()
        made = Stage(app, ledger, sandboxes, clock, networks, mailbox)
        made.watch()
        yield made
        assert {name: one.violations for name, one in sandboxes.items() if one.violations} == {}
        assert mailbox.violations == []
    finally:
        stop.set()
        await asyncio.gather(running, return_exceptions=True)
        await app.close()
        for one in sandboxes.values():
            await one.stop()
        await mailbox.stop()
