"""The servers that are measured against each other, each a process: python -m benchmarks.servers NAME PORT URL.

    bare           aiohttp and msgspec: parse the update, answer
    aiogram        aiogram's own webhook handler as its documentation shows it, doing nothing: nothing is kept. It
                   acknowledges at once and feeds its dispatcher in the background
    aiogram-waits  the same with handle_in_background=False: acknowledged when its dispatcher has handled the update
    aiogram-echo   as aiogram-waits, answering each message with its text inside the response
    intake         Saldo's web, adapter and intake: acknowledged after a durable commit
    answer         Saldo whole: verified, stored, linked, billing asked, rendered, in the outbox, given to a network
                   that takes everything; further on the command line: how many customers there are

The same collector settings, event loop and no access log everywhere. "ready" on standard output, then it
serves until it is killed.
"""

import asyncio
import gc
import resource
import signal
import sys
from dataclasses import replace
from typing import Any

import msgspec
from aiohttp import web

from benchmarks.load import CHATS

TOKEN, SECRET = "42:BENCHMARK-TOKEN-BENCHMARK-TOKEN-000", "benchmark-secret-benchmark"


TASKS = web.AppKey("tasks", list[Any])  # kept from the collector


class Chat(msgspec.Struct):
    id: int


class Message(msgspec.Struct):
    chat: Chat
    text: str = ""


class Update(msgspec.Struct):
    update_id: int
    message: Message | None = None


async def bare(_: str) -> web.Application:
    decode = msgspec.json.Decoder(Update).decode

    async def hook(request: web.Request) -> web.Response:
        decode(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    return app


def with_aiogram(*, background: bool, echo: bool = False) -> Any:
    async def make(_: str) -> web.Application:
        from aiogram import Bot, Dispatcher, types
        from aiogram.webhook.aiohttp_server import SimpleRequestHandler

        dispatcher = Dispatcher()

        @dispatcher.message()
        async def handler(message: types.Message) -> Any:
            return message.answer(message.text or "") if echo else None

        app = web.Application()
        made = SimpleRequestHandler(dispatcher, Bot(TOKEN), handle_in_background=background, secret_token=SECRET)
        made.register(app, path="/hook")
        return app

    return make


def saldo(whole: bool) -> Any:
    async def make(url: str, customers: str = str(CHATS)) -> web.AppRunner:
        from adapters import telegram
        from adapters.base import Address, Pace, Reply
        from benchmarks.town import settle
        from bot.app import build
        from bot.hardening import runner
        from bot.logs import set_up
        from bot.settings import Intake, Mode, NetworkSettings, load
        from storage.migrations.run import upgrade

        set_up("json", 50)
        await asyncio.to_thread(upgrade, url)
        settings = load({}, database_url=url, inner_port=0)
        values = {s.name: s.default for s in telegram.SETTINGS}
        values |= {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_SECRET": SECRET}
        network = telegram.connect(values)
        taken = 0

        async def take(to: Address, reply: Reply, key: int) -> str:
            nonlocal taken
            taken += "₽" in reply.text  # a balance, and nothing else
            return str(key)

        async def nothing(*_: object) -> None:
            return None

        async def count(_: web.Request) -> web.Response:
            return web.Response(text=f"{taken} {sum(await app.storage.upkeep.backlog())}")

        # The network takes everything, at once: what is measured is ours.
        network.send, network.prepare, network.busy = take, nothing, nothing
        network.limits = replace(network.limits, pace=Pace(1_000_000.0, 1_000_000))
        line = NetworkSettings("telegram", Mode.FULL, Intake.WEBHOOK, values)
        app = await build(settings, networks=[(line, network)])
        # Its customers write often, and nobody is measured by how many are told to slow down.
        app.intake.floods.burst = app.intake.floods.per_second = 1_000_000
        app.admission.full = lambda _: False  # nor by how many are asked to come later
        outer = app.outer()
        outer.router.add_get("/taken", count)
        print(f"path /hook/telegram/{network.path}", flush=True)
        if whole:
            await settle(app, int(customers))
            await app.storage.outbox.pace("telegram", 1_000_000.0, 1_000_000, 0.0)
            outer[TASKS] = [asyncio.create_task(app.dispatch.run())]
            outer[TASKS] += [asyncio.create_task(one.delivery.run()) for one in app.lines.values()]
        return runner(outer)

    return make


SERVERS = {
    "bare": bare,
    "aiogram": with_aiogram(background=True),
    "aiogram-waits": with_aiogram(background=False),
    "aiogram-echo": with_aiogram(background=False, echo=True),
    "intake": saldo(whole=False),
    "answer": saldo(whole=True),
}


async def serve(name: str, port: int, url: str, *options: str) -> None:
    app = await SERVERS[name](url, *options)
    runner = app if isinstance(app, web.AppRunner) else web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    print(f"ready {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}", flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
