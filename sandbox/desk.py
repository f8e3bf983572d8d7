"""The desk: a page that shows every sandbox's chat side by side, and lets one person use them.

    GET  /                                     the page (page/index.html, page/desk.js, page/desk.css)
    GET  /desk/screens?vk=N&telegram=N&ok=N    what the person sees, of every network that is newer than its N
    POST /desk/<network>/<verb>                say, press, start, block, unblock, attach, group: flat JSON of texts
    GET  /desk/<network>/file/<message>        the picture or document of a message
    GET  /desk/mail/<letter>/<n>               the n-th attachment of an e-mail

Where there is a mailbox, it is one more screen, "mail": everybody's e-mails and SMS, newest first.

All networks share one waiting call: browsers keep six connections to a server, and a page that held three of them
would stand still as soon as it is open twice. An order's answer names the version of the screen that it led to.

It is for loopback only and takes orders only from its own page (the header below cannot be sent across sites).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from sandbox.base import Key, Sandbox, Shown
from sandbox.mailbox import Mail, Mailbox

OWN: Final = "X-Desk"
MAIL: Final = "mail"  # the mailbox's screen
PAGE: Final = {
    "index.html": "text/html",
    "desk.js": "text/javascript",
    "desk.css": "text/css",
}
# Scripts and styles of our own origin only; pictures come from the chats.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
WAIT: Final = 20.0  # seconds that a call without news is held open
LONGEST: Final = 100_000  # characters of one message: more than any network takes, to see what it then does


def add_desk(
    app: web.Application,
    sandboxes: Mapping[str, Sandbox],
    person: str,
    ready: asyncio.Event,
    mailbox: Mailbox | None = None,
) -> None:
    """Add the page and its calls to an application. Until `ready` is set nobody can use the chats: an event that
    happens before a network knows where to deliver is lost."""
    closing = asyncio.Event()
    sources: dict[str, Sandbox | Mailbox] = {**sandboxes, **({MAIL: mailbox} if mailbox else {})}

    async def page(request: web.Request) -> web.Response:
        name = request.match_info.get("file", "index.html")
        if name not in PAGE:
            raise web.HTTPNotFound
        text = (files("sandbox") / "page" / name).read_text(encoding="utf-8")
        return web.Response(
            text=text, content_type=PAGE[name], charset="utf-8", headers={"Content-Security-Policy": POLICY}
        )

    async def screens(request: web.Request) -> web.Response:
        since = {name: number(request.query.get(name, "-1")) for name in sources}
        await ready.wait()
        if all(one.version == since[name] for name, one in sources.items()):
            # Higher than ours is another start's count, and just as old.
            waits = [asyncio.create_task(one.changed(one.version, WAIT)) for one in sources.values()]
            waits.append(asyncio.create_task(closing.wait()))
            await asyncio.wait(waits, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        fresh = {name: screen(one, person) for name, one in sandboxes.items() if one.version != since[name]}
        if mailbox is not None and mailbox.version != since[MAIL]:
            fresh[MAIL] = {"version": mailbox.version, "letters": [letter(one) for one in reversed(mailbox.mails)]}
        return web.json_response({"networks": list(sandboxes), "mailbox": mailbox is not None, "screens": fresh})

    async def act(request: web.Request) -> web.Response:
        if OWN not in request.headers:
            raise web.HTTPForbidden
        here = network(request)
        verbs: dict[str, Callable[[], Awaitable[Any]]] = {
            "say": lambda: here.say(person, text()),
            "press": lambda: here.press(person, order.get("message", ""), order.get("label", "")),
            "start": lambda: here.start_chat(person, order.get("payload", "")),
            "block": lambda: here.block(person),
            "unblock": lambda: here.unblock(person),
            "attach": lambda: here.attach(person),
            "group": lambda: here.say_in_group(person, text()),
        }

        def text() -> str:
            said = order.get("text", "").strip()
            if not 0 < len(said) <= LONGEST:
                raise web.HTTPBadRequest
            return said

        verb = verbs.get(request.match_info["verb"])
        if verb is None:
            raise web.HTTPNotFound
        order = await body(request)
        await ready.wait()
        try:
            await verb()
        except (LookupError, ValueError):
            # The screen changed between drawing and pressing: the page draws the new one.
            raise web.HTTPConflict from None
        return web.json_response({"version": here.version})

    async def file(request: web.Request) -> web.Response:
        here = network(request)
        wanted = request.match_info["message"]
        for one in (*here.chat(person), *here.chat(here.room)):
            if one.id == wanted and one.picture is not None:
                return web.Response(body=one.picture, content_type="image/png")
            if one.id == wanted and one.document is not None:
                return download(one.document, one.document_name)
        raise web.HTTPNotFound

    async def attachment(request: web.Request) -> web.Response:
        at = number(request.match_info["at"])
        for one in mailbox.mails if mailbox else ():
            if one.id == request.match_info["letter"] and 0 <= at < len(one.files):
                return download(one.files[at].data, one.files[at].name)
        raise web.HTTPNotFound

    def network(request: web.Request) -> Sandbox:
        found = sandboxes.get(request.match_info["network"])
        if found is None:
            raise web.HTTPNotFound
        return found

    async def close(_: web.Application) -> None:
        """Waiting calls must not hold up the end."""
        ready.set()
        closing.set()

    app.on_shutdown.append(close)
    app.router.add_get("/", page)
    app.router.add_get("/page/{file}", page)
    app.router.add_get("/desk/screens", screens)
    app.router.add_get(f"/desk/{MAIL}/{{letter}}/{{at}}", attachment)
    app.router.add_get("/desk/{network}/file/{message}", file)
    app.router.add_post("/desk/{network}/{verb}", act)


def download(data: bytes, name: str) -> web.Response:
    return web.Response(
        body=data,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"},
    )


def number(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 18:
        raise web.HTTPBadRequest
    return int(text)


async def body(request: web.Request) -> dict[str, str]:
    """A flat JSON object of texts; anything else is a bad request."""
    try:
        order = await request.json()
        if not isinstance(order, dict) or not all(isinstance(value, str) for value in order.values()):
            raise ValueError
        "".join(order.values()).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    return order


def screen(here: Sandbox, person: str) -> dict[str, Any]:
    menu = here.menu(person)
    return {
        "version": here.version,
        "settled": here.settled(person),
        "blocked": here.blocked(person),
        "menu": keys(menu) if menu else [],
        "messages": [shown(one) for one in here.chat(person)],
        "room": [shown(one) for one in here.chat(here.room)],
        "violations": list(here.violations),
    }


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
        "edited": one.edited,
    }


def letter(one: Mail) -> dict[str, Any]:
    return {
        "id": one.id,
        "sms": one.sms,
        "at": one.at.isoformat(),
        "to": one.to,
        "subject": one.subject,
        "text": one.text,
        "files": [{"name": each.name, "bytes": len(each.data)} for each in one.files],
    }
