"""Web: what the outside may reach, and, on an address of its own, what only the operator may.

    outer   POST /hook/<network>/<path secret>   networks
            /link/…, POST /api/links             bot.linking
    inner   /healthz   the loop turns            /readyz   what is missing, by name       /metrics   Prometheus

A wrong path, a network that is off and a wrong secret path are one answer, so that nobody learns which it was.
"""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest

from adapters.base import Forged, Hooked, Post, Receive
from billing.base import Billing
from bot.hardening import client_address, hardened, plain, runner
from bot.lines import Line, Networks
from bot.linking import linking
from bot.settings import Intake, Mode, Settings
from handlers.ask import Operator
from storage.base import Links, StorageError
from storage.clock import Clock

BODY = 1 << 20  # no network posts more: long texts and attachments come as references

log = structlog.get_logger()
refused = Counter("saldo_forged_total", "Requests to a hook that did not prove where they come from", ["network"])


def outer_app(
    *,
    settings: Settings,
    lines: Mapping[str, Line],
    receiver: Callable[[str], Receive],
    links: Links,
    billing: Billing,
    operator: Operator,
    clock: Clock,
) -> web.Application:
    secure = settings.public_url.startswith("https://")
    made = hardened(BODY, secure=secure)

    async def hook(request: web.Request) -> web.Response:
        name, path = request.match_info["network"], request.match_info["path"]
        line = lines.get(name)
        if line is None or line.settings.intake is not Intake.WEBHOOK or line.settings.mode is Mode.OFF:
            raise web.HTTPNotFound
        network = line.network
        if not isinstance(network, Hooked) or not hmac.compare_digest(path.encode(), network.path.encode()):
            refused.labels(name).inc()
            raise web.HTTPNotFound
        # A doubled header is joined, as HTTP says, and so is no network's secret any more.
        headers = {k.lower(): ", ".join(request.headers.getall(k)) for k in request.headers}
        remote = client_address(request, settings.trusted_proxies)
        try:
            answer = await network.hook(Post(headers, await request.read(), remote), receiver(name))
        except Forged as error:
            refused.labels(name).inc()
            log.warning("forged", network=name, reason=str(error))
            # In the looks of any other refusal: a path that is right must not be told from one that is wrong.
            return plain(error.status, HTTPStatus(error.status).phrase)
        except StorageError as error:
            # Not stored, so not accepted: the network will bring it again.
            log.error("not-stored", network=name, exc_info=error)
            return web.Response(status=503, headers={"Retry-After": "5"})
        return web.Response(status=answer.status, body=answer.body, content_type=answer.media_type)

    made.router.add_post("/hook/{network}/{path}", hook)
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


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Listen while the block runs. Raises OSError when the port is taken."""
    running = runner(app)
    await running.setup()
    try:
        await web.TCPSite(running, host, port).start()
        yield
    finally:
        await running.cleanup()
