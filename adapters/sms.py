"""SMS: a network without an inbox. A phone is an address, an HTTP gateway of the operator's choice takes the text.

No two gateways agree on anything but HTTP, so the request is a template of the operator's own:

    SMS_URL                                                          SMS_BODY
    https://gate.example/send?key=…&to={phone}&text={text}           (none: GET)
    https://gate.example/v1/messages                                 {"to": "{phone}", "text": "{text}"}    POST, JSON
    https://gate.example/send                                        to={digits}&msg={text}                 POST, form

    {phone}   +79123456789 (E.164)      {digits}   79123456789      {text}   what is said

Whatever is filled in is escaped for where it stands: percent-encoded in a URL and a form, as a string in JSON. What
the gateway's answer means:

    no connection                                   Unavailable
    401, 402, 403                                   Revoked       key, money or rights are missing
    429, 503 with Retry-After                       Throttled
    other 4xx, 3xx, and 2xx without SMS_OK in it    Rejected      redirects are not followed: the key would go along
    other 5xx, connection lost, silence             Unknown       a second SMS costs money and confuses: not repeated

The key stands in the template. So no URL, header or body is logged, and no error of aiohttp leaves this file.
"""

import asyncio
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec
import phonenumbers

from adapters.addresses import dialable
from adapters.base import (
    Address,
    Blocked,
    Grid,
    Incoming,
    Limits,
    NetworkError,
    Pace,
    Receive,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from adapters.fit import clean, units
from given import Given, Setting

if TYPE_CHECKING:  # loading aiohttp costs a quarter of a second, and the settings are read without it
    import aiohttp

NAME = "sms"

SETTINGS = (
    Setting(
        "SMS_URL",
        "SMS gateway for codes: https://…?to={phone}&text={text}; {digits} is the phone without +",
        secret=True,
    ),
    Setting(
        "SMS_BODY", 'what to POST, or else it is a GET: JSON, {"to": "{phone}"}, or a form, to={phone}', secret=True
    ),
    Setting("SMS_HEADERS", 'headers as JSON: {"Authorization": "Bearer …"}', secret=True),
    Setting("SMS_OK", "regular expression found in the answer when the SMS was taken; empty: status 2xx is enough"),
    Setting("SMS_REGION", "country of phones that are kept without one (ISO 3166)", "RU"),
    Setting("SMS_TIMEOUT", "seconds to wait for the gateway's answer", "10"),
    Setting("SMS_RATE", "messages a second; your gateway may allow fewer", "5"),
)

LIMITS = Limits(
    text=134,  # two segments of Cyrillic; see `cut`
    keyboard=Grid(rows=0, columns=1, buttons=0),
    label=1,
    action=0,
    pace=Pace(per_second=5.0, burst=5),
    picture_bytes=0,
    document_bytes=0,
)

SEGMENTS = 2
# 3GPP TS 23.040 9.2.3.24.1: 140 bytes a segment, of which a longer message's header takes 6. In septets of the GSM
# alphabet that is 160, or 153 for each of several; in UCS-2 70 units, or 67.
GSM = (160, 153)
UCS = (70, 67)
# 3GPP TS 23.038 6.2.1, the default alphabet, and its extension, whose characters take two septets.
ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")
PLACES = re.compile(r"\{(phone|digits|text)\}")
ANSWER_BYTES = 64 * 1024
PAUSE = 30.0  # seconds of silence when a gateway asks for some and does not say how much


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, repr=False)
class Options:
    url: str
    body: str | None  # a form
    json: Any  # a JSON template; None: none
    headers: Mapping[str, str]
    ok: re.Pattern[str] | None
    region: str
    timeout: float
    limits: Limits


def connect(values: Mapping[str, str]) -> "Sms":
    """The gateway as set by `values`. Raises ValueError that names the setting, never its value."""
    return Sms(options(values))


def options(values: Mapping[str, str]) -> Options:
    given = Given(values, SETTINGS)
    text, number = given.text, given.number

    def decoded(name: str, kind: Any) -> Any:
        try:
            return msgspec.json.decode(text(name), type=kind)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass  # raised below: the library's error quotes
        raise ValueError(f"{name} is not the JSON that it should be")

    url, body = text("SMS_URL"), text("SMS_BODY")
    if not fit_url(url):
        raise ValueError("SMS_URL is not an https:// address (http:// only on this machine)")
    whole = PLACES.findall(url + body)
    if "text" not in whole or not {"phone", "digits"} & set(whole):
        raise ValueError("SMS_URL and SMS_BODY together have no {phone} or {digits} and no {text}")
    headers: dict[str, str] = decoded("SMS_HEADERS", dict[str, str]) if text("SMS_HEADERS") else {}
    if not all(re.fullmatch(r"[A-Za-z0-9-]+", name) and sound(value) for name, value in headers.items()):
        raise ValueError("SMS_HEADERS has a header that HTTP cannot carry")
    try:
        ok = re.compile(text("SMS_OK")) if text("SMS_OK") else None
    except re.error:
        raise ValueError("SMS_OK is not a regular expression") from None
    region = text("SMS_REGION").upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("SMS_REGION is not a country's two letters")
    structured = body.startswith(("{", "[")) and not PLACES.match(body)
    return Options(
        url=url,
        body=body if body and not structured else None,
        json=decoded("SMS_BODY", Any) if structured else None,
        headers=headers,
        ok=ok,
        region=region,
        timeout=number("SMS_TIMEOUT", 0.1, 20),
        limits=replace(LIMITS, pace=Pace(number("SMS_RATE", 0.01, 1000), LIMITS.pace.burst)),
    )


def sound(value: str) -> bool:
    return value.isascii() and value.isprintable()


def fit_url(url: str) -> bool:
    """An address of which only path and query are a template, and that is encrypted unless it is this machine."""
    bare = PLACES.sub("0", url)
    if not sound(bare) or re.search(r"[\s{}<>\"]", bare):
        return False
    try:
        parts, whole = urlsplit(bare), urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.netloc != whole.netloc:
        return False
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return parts.scheme == "https" or (parts.scheme == "http" and here)


# ── What is sent ─────────────────────────────────────────────────────────────────────────────────────────────


def fill(template: str, phone: str, text: str, escape: Callable[[str], str]) -> str:
    """The template with its places filled in once: braces in the text stay what they are."""
    found = {"phone": phone, "digits": phone.removeprefix("+"), "text": text}
    return PLACES.sub(lambda place: escape(found[place[1]]), template)


def percent(text: str) -> str:
    return quote(text, safe="")


def filled(template: Any, phone: str, text: str) -> Any:
    """A JSON template: strings filled in wherever they stand, names and everything else as they are."""
    if isinstance(template, str):
        return fill(template, phone, text, str)
    if isinstance(template, list):
        return [filled(one, phone, text) for one in template]
    if isinstance(template, dict):
        return {name: filled(one, phone, text) for name, one in template.items()}
    return template


def cut(text: str) -> str:
    """What fits into two segments, cut after a word."""
    if fits(text):
        return text
    end = "..."  # an ellipsis is not in the GSM alphabet: one would halve the room
    size = next(size for size in range(len(text), -1, -1) if fits(text[:size].rstrip() + end))
    head = text[:size]
    kept = head if text[size].isspace() else re.sub(r"\s+\S*\Z", "", head)
    return (kept or head).rstrip() + end


def fits(text: str) -> bool:
    if all(c in ALPHABET or c in EXTENSION for c in text):
        (whole, part), length = GSM, len(text) + sum(c in EXTENSION for c in text)
    else:
        (whole, part), length = UCS, units(text)
    return length <= whole or length <= part * SEGMENTS


# ── The gateway ──────────────────────────────────────────────────────────────────────────────────────────────


class Sms:
    name = NAME

    def __init__(self, options: Options) -> None:
        self._options = options
        self._session: aiohttp.ClientSession | None = None
        self.limits = options.limits

    async def prepare(self, site: Site) -> None:
        """Nothing comes back to us."""

    async def run(self, receive: Receive, cursor: str | None) -> None:
        """Nobody writes to us here: waits until it is cancelled."""
        await asyncio.Event().wait()

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        """One SMS to the phone `to.chat`; returns the letter's own number: gateways name theirs in many ways."""
        phone = dialable(to.chat, self._options.region)
        if phone is None:
            raise Blocked("SMS: the phone on record cannot be dialled")
        status, pause, body = await self._exchange(phone, cut(clean(reply.text)))
        if 200 <= status < 300:
            if self._options.ok is None or self._options.ok.search(body):
                return str(key)
            raise Rejected("SMS: the answer does not say what SMS_OK wants")
        if status == 429 or (status == 503 and pause is not None):
            raise Throttled(f"SMS: {status}", after=PAUSE if pause is None else pause)
        if status in {401, 402, 403}:
            raise Revoked(f"SMS: {status}")
        if status < 500:
            raise Rejected(f"SMS: {status}")
        raise Unknown(f"SMS: {status}")

    async def _exchange(self, phone: str, text: str) -> tuple[int, float | None, str]:
        """(status, Retry-After in seconds, the answer's beginning)."""
        import aiohttp
        from yarl import URL

        set_ = self._options
        url = URL(fill(set_.url, phone, text, percent), encoded=True)
        headers, data = dict(set_.headers), None
        if set_.json is not None:
            data = msgspec.json.encode(filled(set_.json, phone, text))
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        elif set_.body is not None:
            data = fill(set_.body, phone, text, percent).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        timeout = aiohttp.ClientTimeout(total=set_.timeout, connect=min(5.0, set_.timeout))
        error: NetworkError  # raised after the except clauses: aiohttp's errors know the URL, and the URL the key
        try:
            async with self._opened().request(
                "GET" if data is None else "POST",
                url,
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                middlewares=(Once(),),
            ) as response:
                body = bytearray()
                if set_.ok is not None:
                    while len(body) < ANSWER_BYTES and (more := await response.content.read(ANSWER_BYTES - len(body))):
                        body += more
                pause = response.headers.get("Retry-After", "")
                seconds = float(pause) if re.fullmatch(r"[0-9]{1,6}", pause) else None
                return response.status, seconds, body.decode(errors="replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as why:
            error = Unavailable(f"SMS: no connection ({type(why).__name__})")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as why:
            error = Unknown(f"SMS: no whole answer ({type(why).__name__})")
        raise error

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            # A connection for each message: one that the gateway closes just as it is used would look like Unknown.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=16, force_close=True), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def busy(self, event: Incoming) -> None:
        """Nobody waits in front of a telephone."""

    async def identity(self) -> str:
        """The gateway's name, after a connection: more cannot be asked without paying for a message."""
        parts = urlsplit(PLACES.sub("0", self._options.url))
        port = parts.port or (443 if parts.scheme == "https" else 80)
        error: NetworkError
        try:
            async with asyncio.timeout(self._options.timeout):
                _, writer = await asyncio.open_connection(parts.hostname, port)
                writer.close()
                return f"{parts.hostname}:{port}"
        except OSError as why:
            error = Unavailable(f"SMS: no connection ({type(why).__name__})")
        raise error

    def deep_link(self, token: str) -> str | None:
        return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class Once:
    """aiohttp sends a GET again by itself when the connection is lost after it: that would be a second SMS."""

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: "aiohttp.ClientRequest", handler: "aiohttp.ClientHandlerType"
    ) -> "aiohttp.ClientResponse":
        import aiohttp

        if self._sent:
            raise aiohttp.ServerDisconnectedError
        self._sent = True
        return await handler(request)
