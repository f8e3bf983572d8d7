"""Web: what the outside may reach, and, on an address of its own, what only the operator may.

    outer   POST /hook/<network>/<path secret>   networks: bot.hooks, most of them by way of bot.door
            /link/…, POST /api/links             bot.linking
            POST /hint/<path secret>             the billing, where it says what changed: bot.hints
    inner   /healthz   the loop turns            /readyz   what is missing, by name       /metrics   Prometheus

A wrong path, a network that is off and a wrong secret path are one answer, so that nobody learns which it was.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from adapters.base import Post
from billing.base import Billing
from bot.door import Door
from bot.hardening import BODY_BYTES, CONNECTION, client_address, hardened, runner
from bot.hints import Hints
from bot.hooks import Hooks
from bot.intake import Intake
from bot.lines import Line, Networks
from bot.linking import linking
from bot.settings import Settings
from handlers.ask import Operator
from storage.base import Links
from storage.clock import Clock


def outer_app(
    *,
    settings: Settings,
    lines: Mapping[str, Line],
    intake: Intake,
    links: Links,
    billing: Billing,
    operator: Operator,
    clock: Clock,
    hints: Hints,
) -> web.Application:
    secure = settings.public_url.startswith("https://")
    made = hardened(BODY_BYTES, secure=secure)
    hooks = Hooks(lines, intake)
    made[CONNECTION] = partial(Door, hooks=hooks, secure=secure, trusted=settings.trusted_proxies)

    async def hook(request: web.Request) -> web.Response:
        name = request.match_info["network"]
        network = hooks.find(name, request.match_info["path"])
        if network is None:
            hooks.strange(name)
            raise web.HTTPNotFound
        # A doubled header is joined, as HTTP says, and so is no network's secret any more.
        headers = {k.lower(): ", ".join(request.headers.getall(k)) for k in request.headers}
        remote = client_address(request, settings.trusted_proxies)
        told = await hooks.take(name, network, Post(headers, await request.read(), remote))
        return web.Response(
            status=told.status, body=told.body, headers={"Content-Type": told.media_type, **dict(told.headers)}
        )

    made.router.add_post("/hook/{network}/{path}", hook)
    hints.route(made)
    linking(
        made,
        links=links,
        billing=billing,
        networks=Networks(lines),
        operator=operator,
        clock=clock,
        secret=settings.secret_key.get_secret_value().encode(),
        api_key=settings.api_key.get_secret_value() or None,
        trusted_proxies=settings.trusted_proxies,
    )
    return made


def inner_app(missing: Callable[[], Awaitable[list[str]]]) -> web.Application:
    """`missing` tells what keeps us from serving, by name."""
    made = hardened(0)

    async def live(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(_: web.Request) -> web.Response:
        faults = await missing()
        return web.Response(status=503 if faults else 200, text="\n".join(faults or ["ready"]) + "\n")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    made.router.add_get("/healthz", live)
    made.router.add_get("/readyz", ready)
    made.router.add_get("/metrics", metrics)
    return made


class Deaf(OSError):
    """Nobody can listen at this address; the text names it."""


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Listen while the block runs. Raises Deaf: the port is taken, or the address is not this machine's."""
    running = runner(app)
    await running.setup()
    try:
        try:
            await web.TCPSite(running, host, port).start()
        except OSError as error:  # its own text is the event loop's; below zero are those of names, socket.gaierror
            number = error.errno or 0
            what = os.strerror(number) if number > 0 else error.strerror
            raise Deaf(number, f"nobody can listen on {host} port {port}: {what}") from None
        yield
    finally:
        await running.cleanup()
