"""The stage on which every network is tested: its sandbox, the real adapter, our hook, and an inbox.

A network is found by its file: everything in adapters/ that is not the seam itself. What it still lacks is told by
name, so that adding a network begins with running these tests.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from aiohttp import web

import adapters
from adapters.base import (
    Address,
    Forged,
    Hooked,
    Incoming,
    Limits,
    Network,
    Post,
    Received,
    Reply,
    Site,
)
from adapters.fit import fit
from given import Setting
from sandbox import registry
from sandbox.base import Sandbox, Shown

# A terminal has no wire, no limits and no sandbox; by e-mail and SMS nothing comes in.
NO_NETWORKS = {"__init__", "base", "fit", "given", "console", "addresses", "turns", "mail", "sms"}
WARM_UP = "warm-up"  # the first message of a long poll, which may begin before it or after it
AT_ONCE = 3  # letters to one chat before the pace counts: the only network that gives a pace allows "short bursts"


def names() -> list[str]:
    folder = Path(adapters.__file__).parent
    return sorted(file.stem for file in folder.glob("*.py") if file.stem not in NO_NETWORKS)


def missing(name: str) -> list[str]:
    """What a network's file lacks, as sentences."""
    module = import_module(f"adapters.{name}")
    file, prefix = f"adapters/{name}.py", f"{name.upper()}_"
    settings: tuple[Setting, ...] = tuple(getattr(module, "SETTINGS", ()))
    known = {setting.name for setting in settings}
    parts = ("NAME", "SETTINGS", "LIMITS", "connect")
    musts = (f"{prefix}TOKEN", f"{prefix}API_URL", f"{prefix}TIMEOUT")
    lacks = [f"{file}: no {part}" for part in parts if not hasattr(module, part)]
    lacks += [f"{file}: no setting {must}" for must in musts if must not in known]
    lacks += [f"{file}: setting {one} does not begin with {prefix}" for one in known if not one.startswith(prefix)]
    lacks += [f"{file}: setting {one.name} has no text" for one in settings if not one.about]
    lacks += [f"{file}: {one.name} is not secret" for one in settings if one.name == musts[0] and not one.secret]
    if getattr(module, "NAME", name) != name:
        lacks.append(f"{file}: NAME is not the file's name")
    if not isinstance(getattr(module, "LIMITS", None), Limits):
        lacks.append(f"{file}: LIMITS are not adapters.base.Limits")
    if name not in registry.NETWORKS:
        lacks.append(f"{file}: no sandbox registered in sandbox/registry.py")
    else:
        place, _, maker = registry.NETWORKS[name].partition(":")
        try:
            if not hasattr(import_module(place), maker):
                lacks.append(f"sandbox/registry.py: {place} has no {maker}")
        except ModuleNotFoundError as error:
            lacks.append(f"sandbox/registry.py: {error}")
    return lacks


@dataclass
class Inbox:
    """What the bot would have stored. `refuse` makes the next calls fail as a full disk does."""

    batches: list[Received] = field(default_factory=list)
    refuse: int = 0
    cursor: str | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, received: Received) -> None:
        if self.refuse:
            self.refuse -= 1
            raise OSError("disk full")
        self.batches.append(received)
        self.cursor = received.cursor if received.cursor is not None else self.cursor
        self._news.set()
        self._news = asyncio.Event()

    @property
    def events(self) -> list[Incoming]:
        return [event for batch in self.batches for event in batch.events if event.text != WARM_UP]

    @property
    def unreadable(self) -> list[bytes]:
        return [raw for batch in self.batches for raw in batch.unreadable]

    async def until(self, count: int, within: float = 10.0) -> list[Incoming]:
        """The events, as soon as there are `count` of them."""
        async with asyncio.timeout(within):
            while len(self.events) < count:
                await self._news.wait()
        return self.events

    async def heard(self) -> None:
        """Anything at all has come, perhaps only a cursor."""
        async with asyncio.timeout(10):
            while not self.batches:
                await self._news.wait()


class Door:
    """Our web server, reduced to the hook of one network. It keeps every request that came in."""

    def __init__(self, network: Network, inbox: Inbox) -> None:
        assert isinstance(network, Hooked), "every network so far posts to us"
        self.network, self.inbox = network, inbox
        self.posts: list[Post] = []
        self.statuses: list[int] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_post("/hook/{path:.*}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{port}/hook/{self.network.name}/{self.network.path}"

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        post = Post(headers, await request.read(), request.remote or "")
        self.posts.append(post)
        try:
            answer = await self.network.hook(post, self.inbox)
            response = web.Response(status=answer.status, body=answer.body, content_type=answer.media_type)
        except Forged as forged:
            response = web.Response(status=forged.status)
        except OSError:
            response = web.Response(status=503)
        self.statuses.append(response.status)
        return response


class Stage:
    """One network and its sandbox, talking over loopback."""

    def __init__(self, name: str, sandbox: Sandbox, network: Network, values: Mapping[str, str]) -> None:
        self.name, self.sandbox, self.network, self.values = name, sandbox, network, values
        self.inbox = Inbox()
        self.door: Door | None = None
        self.url = ""  # of our hook
        self._key = 0
        self._due: dict[Address, float] = {}

    @asynccontextmanager
    async def hooked(self) -> AsyncIterator[None]:
        """The network posts to our hook."""
        self.door = Door(self.network, self.inbox)
        async with self.door as self.url:
            await self.network.prepare(Site(hook=self.url))
            yield

    @asynccontextmanager
    async def polled(self, cursor: str | None = None) -> AsyncIterator[None]:
        """We poll the network."""
        await self.network.prepare(Site())
        run = asyncio.create_task(self.network.run(self.inbox, cursor))
        if cursor is None:  # "from now" must have begun before the test does
            await self.sandbox.say("99", WARM_UP)
            await self.inbox.heard()
        try:
            yield
            assert not run.done(), run.exception()
        finally:
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)

    def listening(self, way: str) -> AbstractAsyncContextManager[None]:
        return self.hooked() if way == "hook" else self.polled()

    def address(self, person: str) -> Address:
        return Address(self.name, self.sandbox.chat_id(person))

    async def send(self, person: str, reply: Reply, key: int | None = None) -> str:
        """Send one letter at the pace that delivery keeps."""
        self._key += 1
        to, pace = self.address(person), self.network.limits.pace
        apart, now = max(pace.per_chat, 1.0 / pace.per_second), time.monotonic()
        due = max(now, self._due.get(to, 0.0))
        await asyncio.sleep(max(0.0, due - now - (AT_ONCE - 1) * apart))
        self._due[to] = due + apart
        return await self.network.send(to, reply, self._key if key is None else key)

    async def show(self, person: str, reply: Reply) -> list[Shown]:
        """Fit and send; what the person then sees of it."""
        before = len(self.sandbox.chat(person))
        for part in fit(reply, self.network.limits):
            await self.send(person, part)
        return list(self.sandbox.chat(person)[before:])

    def bot_said(self, person: str) -> list[Shown]:
        return [shown for shown in self.sandbox.chat(person) if not shown.mine]


@asynccontextmanager
async def staged(name: str, patience: float = 1.0) -> AsyncIterator[Stage]:
    """`patience`: seconds until the adapter gives up a call."""
    module = import_module(f"adapters.{name}")
    sandbox = registry.sandbox(name)
    await sandbox.start()
    defaults = {setting.name: setting.default for setting in module.SETTINGS}
    values = {**defaults, f"{name.upper()}_TIMEOUT": str(patience), **sandbox.settings()}
    network = module.connect(values)
    try:
        yield Stage(name, sandbox, network, values)
    finally:
        await network.close()
        await sandbox.stop()
