"""The desk: a page that shows every sandbox's chat side by side, and lets one person use them.

    GET  /                                the page (page/index.html, page/desk.js, page/desk.css)
    GET  /desk/networks                   which there are, in order
    GET  /desk/<network>/chat?since=N     the person's screen, as soon as it is newer than N
    POST /desk/<network>/<verb>           say, press, start, block, unblock, attach, group: JSON in, nothing out
    GET  /desk/<network>/file/<message>   the picture or document of a message

It listens on loopback only and takes orders only from its own page (the header below cannot be sent across sites).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Any, Final

from aiohttp import web

from sandbox.base import Key, Sandbox, Shown

OWN: Final = "X-Desk"
PAGE: Final = {
    "index.html": "text/html",
    "desk.js": "text/javascript",
    "desk.css": "text/css",
}
# Scripts and styles of our own origin only; pictures come from the chats.
POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
WAIT: Final = 20.0


def add_desk(app: web.Application, sandboxes: Mapping[str, Sandbox], person: str) -> None:
    """Add the page and its calls to an application."""

    def network(request: web.Request) -> Sandbox:
        found = sandboxes.get(request.match_info["network"])
        if found is None:
            raise web.HTTPNotFound
        return found

    async def page(request: web.Request) -> web.Response:
        name = request.match_info.get("file", "index.html")
        if name not in PAGE:
            raise web.HTTPNotFound
        text = (files("sandbox") / "page" / name).read_text(encoding="utf-8")
        return web.Response(
            text=text, content_type=PAGE[name], charset="utf-8", headers={"Content-Security-Policy": POLICY}
        )

    async def networks(_: web.Request) -> web.Response:
        return web.json_response(list(sandboxes))

    async def chat(request: web.Request) -> web.Response:
        here, since = network(request), request.query.get("since", "-1")
        if not since.lstrip("-").isascii() or not since.lstrip("-").isdigit():
            raise web.HTTPBadRequest
        version = here.version
        if version <= int(since):
            try:
                version = await here.changed(int(since), WAIT)
            except TimeoutError:
                version = here.version
        menu = here.menu(person)
        return web.json_response(
            {
                "version": version,
                "settled": here.settled(person),
                "menu": keys(menu) if menu else [],
                "messages": [shown(one) for one in here.chat(person)],
                "violations": list(here.violations),
            }
        )

    async def act(request: web.Request) -> web.Response:
        if OWN not in request.headers:
            raise web.HTTPForbidden
        here, order = network(request), await body(request)
        verbs: dict[str, Callable[[], Awaitable[Any]]] = {
            "say": lambda: here.say(person, order.get("text", "")),
            "press": lambda: here.press(person, order.get("message", ""), order.get("label", "")),
            "start": lambda: here.start_chat(person, order.get("payload", "")),
            "block": lambda: here.block(person),
            "unblock": lambda: here.unblock(person),
            "attach": lambda: here.attach(person),
            "group": lambda: here.say_in_group(person, order.get("text", "")),
        }
        verb = verbs.get(request.match_info["verb"])
        if verb is None:
            raise web.HTTPNotFound
        try:
            await verb()
        except (KeyError, LookupError, ValueError):
            # The screen changed between drawing and pressing: the page draws the new one.
            raise web.HTTPConflict from None
        return web.Response(status=204)

    async def file(request: web.Request) -> web.Response:
        wanted = request.match_info["message"]
        for one in network(request).chat(person):
            if one.id == wanted and one.picture is not None:
                return web.Response(body=one.picture, content_type="image/png")
            if one.id == wanted and one.document is not None:
                return web.Response(
                    body=one.document,
                    content_type="application/octet-stream",
                    headers={"Content-Disposition": "attachment"},
                )
        raise web.HTTPNotFound

    app.router.add_get("/", page)
    app.router.add_get("/page/{file}", page)
    app.router.add_get("/desk/networks", networks)
    app.router.add_get("/desk/{network}/chat", chat)
    app.router.add_get("/desk/{network}/file/{message}", file)
    app.router.add_post("/desk/{network}/{verb}", act)


async def body(request: web.Request) -> dict[str, str]:
    """A flat JSON object of texts; anything else is a bad request."""
    try:
        async with asyncio.timeout(5):
            order = await request.json()
    except (ValueError, TimeoutError):
        raise web.HTTPBadRequest from None
    if not isinstance(order, dict) or not all(isinstance(v, str) for v in order.values()):
        raise web.HTTPBadRequest
    return order


def keys(rows: tuple[tuple[Key, ...], ...]) -> list[list[dict[str, str | None]]]:
    return [[{"label": k.label, "url": k.url, "tone": k.tone} for k in row] for row in rows]


def shown(one: Shown) -> dict[str, Any]:
    return {
        "id": one.id,
        "mine": one.mine,
        "text": one.text,
        "keys": keys(one.keys),
        "picture": one.picture is not None,
        "document": one.document_name if one.document is not None else None,
        "size": len(one.document or b""),
        "edited": one.edited,
    }
