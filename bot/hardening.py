"""What every HTTP server of ours does to every request and every answer.

    malformed request line or header    400, ours in looks: no echo of the bytes, no library version
    Content-Encoding but identity       415 and the connection closes, before a byte is unpacked: nobody we talk to
                                        compresses, and a bomb stalls the loop for seconds
    body not here within 10 s           408 and the connection closes
    body above the limit                413 and the connection closes
    silent, half-header, idle sockets   closed after 10 s (aiohttp's own keep-alive clock; it has no other)
    a failure of ours                   500 without a word about it; the log has the type
    any answer at all                   the same security headers, and "Server: saldo"

aiohttp's defaults are the opposite of each line (3630 s keep-alive, no body timeout, unpacks, names its version), and a
misspelt AppRunner argument silently drops all of them: `runner` therefore asks aiohttp whether it knows the names.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from prometheus_client import Counter

BODY_SECONDS: Final = 10.0
BODY_BYTES: Final = 1 << 20  # no network posts more: long texts and attachments come as references

# Nothing is loaded, framed, cached, sniffed or told to others; a page that needs more says so itself.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS: Final = "max-age=31536000"
SERVER: Final = "saldo"

log = structlog.get_logger()
turned_away = Counter("saldo_http_refused_total", "Requests refused before anybody handled them", ["status"])

SECURE: Final = web.AppKey("secure", bool)
CONNECTION: Final[web.AppKey[Any]] = web.AppKey("connection")  # Callable[..., RequestHandler]


# ── The application ───────────────────────────────────────────────────────────────────────────────────────────────


def hardened(body_bytes: int, *, secure: bool = False) -> web.Application:
    """An empty application that does all of the above; serve it with `runner`.

    `body_bytes` 0: a request with a body is refused. `secure` True: our public address is https.
    """
    # To aiohttp a limit of 0 is no limit at all.
    app = web.Application(client_max_size=max(body_bytes, 1), middlewares=[plain_errors, whole_body])
    app[SECURE] = secure
    app.on_response_prepare.append(sign_off)
    return app


def runner(app: web.Application) -> web.AppRunner:
    """Raises TypeError when aiohttp does not know one of our arguments."""
    unknown = ARGUMENTS.keys() - inspect.signature(RequestHandler.__init__).parameters.keys()
    if unknown:
        raise TypeError(f"aiohttp does not know {', '.join(sorted(unknown))}")
    return Runner(app, **ARGUMENTS)


class Server(web.Server):
    """Makes the connections of an application: `connection`, with the arguments of aiohttp's own."""

    def __init__(self, usual: web.Server, app: web.Application, connection: Callable[..., RequestHandler]) -> None:
        # Every request is made of our class, so that also what never reaches the application is answered in our looks.
        make = partial(app._make_request, _cls=Malformed)
        super().__init__(usual.request_handler, request_factory=make, **ARGUMENTS)
        self._connection = connection

    def __call__(self) -> RequestHandler:
        return self._connection(self, loop=asyncio.get_running_loop(), **ARGUMENTS)


def every_header(*, secure: bool) -> dict[str, str]:
    """What each answer has, unless a page says otherwise."""
    return {**HEADERS, **({"Strict-Transport-Security": HSTS} if secure else {}), "Server": SERVER}


def stamp(response: web.StreamResponse, *, secure: bool) -> None:
    """Add the headers; what a page set itself stays."""
    for name, value in every_header(secure=secure).items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = SERVER  # aiohttp has put its own there


async def sign_off(request: web.Request, response: web.StreamResponse) -> None:
    stamp(response, secure=request.config_dict[SECURE])


@web.middleware
async def plain_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """Errors are a status and its name: no sizes, no paths, no traces."""
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except web.HTTPException as error:
        if error.status < 400:
            raise
        turned_away.labels(str(error.status)).inc()
        response = plain(error.status, error.reason)
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = error.headers["Allow"]
        if error.keep_alive is False:  # None: nobody decided
            response.force_close()
        return response
    except Exception:
        # The last door: whatever failed, the caller learns nothing, the log the type, and the server lives on.
        log.exception("http-failed", method=request.method)
        turned_away.labels("500").inc()
        return plain(500, "Internal Server Error")


def plain(status: int, reason: str) -> web.Response:
    return web.Response(status=status, text=f"{status}: {reason}")


@web.middleware
async def whole_body(request: web.Request, handler: Any) -> web.StreamResponse:
    """The whole body is here, unpacked by nobody, when a handler begins: its `request.read()` waits for nothing."""
    if any(one.strip().lower() not in {"", "identity"} for one in request.headers.getall("Content-Encoding", [])):
        raise closing(web.HTTPUnsupportedMediaType())
    if request.match_info.http_exception is None and request.can_read_body:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await request.read()
        except TimeoutError:
            raise closing(web.HTTPRequestTimeout()) from None
        except web.HTTPRequestEntityTooLarge as error:
            raise closing(error) from None
        except web.RequestPayloadError:
            raise closing(web.HTTPBadRequest()) from None
    answer: web.StreamResponse = await handler(request)
    return answer


def closing(error: web.HTTPException) -> web.HTTPException:
    error.force_close()
    return error


# ── The server ────────────────────────────────────────────────────────────────────────────────────────────────────


class Stripped(logging.Filter):
    """aiohttp's server logs the caller's address and quotes the bytes that it could not read: only the type stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = "request failed: %s", (type(error).__name__ if error else "unknown",)
        record.exc_info = record.exc_text = None
        return True


wire = logging.getLogger("bot.wire")
wire.addFilter(Stripped())

ARGUMENTS: Final[dict[str, Any]] = {
    "keepalive_timeout": 10.0,  # also ends sockets that never finish their headers
    "lingering_time": 2.0,
    "auto_decompress": False,
    "access_log": None,  # paths hold one-time tokens and hook secrets
    "logger": wire,
}


class Malformed(web.Request):
    """Every request is made of this class, so that also what never reaches the application is answered in our looks."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        await super()._prepare_hook(response)
        if self._match_info is None:
            if isinstance(response, web.Response):
                response.text = said = f"{response.status}: {response.reason}"
                response.headers["Content-Length"] = str(len(said))  # it was that of the text before
            turned_away.labels(str(response.status)).inc()
            stamp(response, secure=False)


class Runner(web.AppRunner):
    """Makes connections as CONNECTION of the application says, or aiohttp's."""

    async def _make_server(self) -> web.Server:
        return Server(await super()._make_server(), self.app, self.app.get(CONNECTION, RequestHandler))


# ── The caller ────────────────────────────────────────────────────────────────────────────────────────────────────


def client_address(request: web.BaseRequest, trusted: Iterable[IPv4Network | IPv6Network]) -> str:
    """The caller's address, or "" when there is none."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return address_behind(request.remote or "", forwarded, tuple(trusted))


@lru_cache(1024)
def address_behind(remote: str, forwarded: str, proxies: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The address of whoever stands behind our proxies, or "" when there is none.

    X-Forwarded-For is read from its end, and only as long as the hop that wrote the entry is a proxy of ours: anybody
    may write the rest.
    """
    chain = [part.strip() for part in forwarded.split(",")] if forwarded else []
    address = parsed(remote)
    while chain and address is not None and any(address in network for network in proxies):
        before = parsed(chain.pop())
        if before is None:
            break
        address = before
    return "" if address is None else str(address)


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
