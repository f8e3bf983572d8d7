"""Upstream: one address of the operator's billing, asked over HTTP with everything that may go wrong on the way.

    get ──▶ fresh answer here? ──▶ is the same being asked? ──▶ a free connection ──▶ the wire ──▶ Answer
            kept for seconds       then wait for that one        bounded               limits, retries

What the callers get is an answer that was read whole, as JSON whose numbers are exact (`Decimal`, `int`), with the
moment of its arrival; or one of the errors below, whose text names the operation and the reason and nothing of the
customer's: no path with an id, no query, no body.

What never happens
    a redirect is followed     credentials go to the address of the settings and nowhere else
    a certificate is excused   it is proven against the machine's authorities, or those of `authorities`
    more than `connections`    at once; the wait for a free one counts within the time limit, retries too
    more than `largest` bytes  are read of an answer, counted after decompression
    a cookie is kept           one customer's session must not become another's
"""

import asyncio
import base64
import json
import random
import re
import ssl
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar
from urllib.parse import quote, quote_plus, unquote, urlencode, urlsplit

import msgspec
import structlog
from prometheus_client import Counter, Histogram

from billing.base import Unavailable, Unusable

if TYPE_CHECKING:  # loading aiohttp costs a quarter of a second, and the settings are read without it
    import aiohttp

T = TypeVar("T")
log = structlog.get_logger()

CALLS = Counter("saldo_upstream_calls", "Calls to the billing's addresses, by outcome", ["source", "outcome"])
SECONDS = Histogram("saldo_upstream_seconds", "How long an attempt took, with the wait for a connection", ["source"])

Headers = Callable[[bool], Awaitable[Mapping[str, str]]]  # True: what they were last was refused, make them anew

PAUSES: Final = (0.1, 0.3)  # seconds before the second and the third attempt, give or take a half
AGAIN: Final = frozenset({429, 502, 503, 504})
CHUNK: Final = 2**16
OFF_LOOP: Final = 256 * 1024  # bytes: decoding more takes some ms, in which nobody else would be answered
KEPT: Final = 10_000  # answers, and
KEPT_BYTES: Final = 16 * 2**20  # of their bodies; decoded they take some ten times as much
KEPT_LARGEST: Final = 256 * 1024  # a page of a scan is asked for once
IDLE: Final = 10.0  # seconds: an older connection may be dying just as something is written to it
CODES: Final = ("code", "errno", "error")  # where TM Forum, ABillS and OAuth 2 say what is wrong
CODE: Final = re.compile(r"(?![0-9]{9})[A-Za-z0-9_.-]{1,40}")  # so many digits would be somebody's phone
TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16384}")
TOKEN_KEPT: Final = 300.0  # seconds, where the server does not say how long it lives
EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED, of OpenSSL
SAFE: Final = "/%?&=:;,+@!$'()*~-._"

_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    data: Any = field(repr=False)  # dict, list, str, int, Decimal, bool, None; others have it too: not to be changed
    at: datetime  # when it arrived here; a kept answer says when that was
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    size: int = 0  # bytes of the body


class Refusal(Unusable):
    """The billing understood and refused: 4xx with what it says about it, read from any of the known shapes."""

    def __init__(self, operation: str, status: int, code: str, data: Any = None) -> None:
        super().__init__(f"{operation}: HTTP {status} {code}".strip())
        self.status, self.code, self.data = status, code, data


class Unreadable(Unusable):
    """It answered, but nothing that could be believed: no JSON, another shape, an absurd sum."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, for `saldo billing show`: what was asked and what came of it, without ids, parameters or contents."""

    source: str
    operation: str  # "GET billingAccount/{id}"
    outcome: str  # "200", "timeout", "kept"
    milliseconds: int
    size: int = 0


# Whoever sets a list here (`saldo billing show`) finds in it every call that was made meanwhile.
journal: ContextVar[list[Asked] | None] = ContextVar("journal", default=None)


@cache
def trust(authorities: str) -> ssl.SSLContext:
    """One for all addresses: reading the machine's authorities takes tens of milliseconds, in which the loop stands."""
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(authorities)
    return context


class Upstream:
    """One address. Every call raises Unavailable, or what is one: Refusal, Unreadable.

    `name`: the source, as logs and settings call it. `url`: the base that paths are appended to; ValueError when it
    is none, or has credentials in it. `timeout`: seconds for a call in all. `largest`: bytes of an answer. `fresh`:
    seconds that an answer is kept. `headers`: who we are. `authorities`: a PEM file of certificate authorities to
    trust beside the machine's. `pauses`: seconds before each retry.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        now: Callable[[], datetime],
        connections: int = 16,
        timeout: float = 5.0,
        largest: int = 8 * 2**20,
        fresh: float = 3.0,
        headers: Headers | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        authorities: str = "",
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError(f"the address of {name} is not an http or https URL without credentials")
        self.name, self.url = name, url.rstrip("/")
        self._now, self._monotonic = now, monotonic
        self._connections, self._timeout, self._largest, self._pauses = connections, timeout, largest, pauses
        self._fresh, self._headers, self._authorities = fresh, headers, authorities
        self._session: aiohttp.ClientSession | None = None
        self._base = ""  # the address as it goes over the wire
        self._asking: dict[Question, Shared[Answer]] = {}
        self._kept: OrderedDict[Question, tuple[float, Answer]] = OrderedDict()  # since when; the oldest goes first
        self._of: dict[str, set[Question]] = {}  # what is kept for whom
        self._bytes = 0  # of their bodies

    async def get(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        operation: str,
        who: str = "",
        fresh: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read. `operation` is for logs: the path without ids. `who` parts customers whose answers must not mix.

        `fresh`: seconds that the answer may be old, and is kept; None: as the address does; 0: asked now. A question
        that is just being asked is not asked twice. 404 and other 4xx raise Refusal.
        """
        query = tuple((name, str(value)) for name, value in (params or {}).items())
        question = Question(who, path, query, tuple(sorted((headers or {}).items())))
        patience = self._fresh if fresh is None else fresh
        since, answer = self._kept.get(question, (0.0, None))
        if answer is not None and self._monotonic() - since < patience:
            self._note(operation, "kept", 0.0, answer.size)
            return answer
        asking = self._asking.get(question)
        if asking is not None and not asking.over:
            self._note(operation, "joined", 0.0)
        else:
            asking = Shared(self._call("GET", path, query, headers or {}, None, operation, True))
            self._asking[question] = asking
            asking.then(lambda answer: self._told(question, asking, answer if patience > 0 else None))
        return await asking.result()

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        operation: str,
        who: str = "",
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Change something. `body` goes as JSON, `form` as a form; None: no body.

        Only with `repeatable` is it tried again once a byte may have arrived; a 401, which says that nothing was done,
        renews the headers once all the same, and aiohttp repeats a PUT or DELETE that got no word at all. Ends what
        is kept for `who`. After Unavailable nobody knows what was done, unless it is a Refusal.
        """
        told, data = dict(headers or {}), None
        if form is not None:
            data = urlencode(form).encode()
            told.setdefault("Content-Type", "application/x-www-form-urlencoded")
        elif body is not None:
            data = _encoder.encode(body)
            told.setdefault("Content-Type", "application/json;charset=utf-8")
        self.forget(who)
        try:
            return await self._call(method, path, (), told, data, operation, repeatable)
        finally:
            self.forget(who)

    def forget(self, who: str) -> None:
        """Nothing that was asked for `who` before now is an answer any more."""
        for question in tuple(self._of.get(who, ())):
            self._drop(question)
        for question in [one for one in self._asking if one.who == who]:
            del self._asking[question]  # those who wait for it get it; nobody else

    async def close(self) -> None:
        """Whoever still waits gets Unavailable. Asked again, it opens again."""
        for asking in self._asking.values():
            asking.stop()
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()
        if isinstance(self._headers, ClientCredentials):
            await self._headers.close()

    # ── One call: attempts within the time limit ──

    async def _call(
        self,
        method: str,
        path: str,
        query: "Pairs",
        told: Mapping[str, str],
        data: bytes | None,
        operation: str,
        repeatable: bool,
    ) -> Answer:
        if any(unquote(part) in {".", ".."} for part in path.partition("?")[0].split("/")):
            raise Refusal(operation, 404, "")  # an id that would lead elsewhere is nobody's
        request = Request(method, path, query, told, data, operation)
        limit = asyncio.timeout(self._timeout)
        said: Said | None = None
        try:
            async with limit:
                said = await self._said(request, repeatable, limit.when() or 0.0)
                readable, content = await self._content(said)
        except TimeoutError:
            said = None
        # Raised here and not above, so that no error carries another one along that knows a URL.
        if said is None:
            raise self._failed(operation, "timeout")
        if 300 <= said.status < 400:
            raise self._failed(operation, f"it redirects (HTTP {said.status}), which is not followed")
        if 400 <= said.status < 500 and said.status != 429:
            if self._headers is not None and said.status in {401, 403}:  # the operator's own trouble, not a customer's
                log.warning("upstream.refused", source=self.name, operation=operation, outcome=said.status)
            raise Refusal(operation, said.status, code(content), content)
        if not 200 <= said.status < 300:
            raise self._failed(operation, f"HTTP {said.status}")
        empty = said.status == 204 or (method != "GET" and not said.body)
        if not readable and not empty:
            raise self._failed(operation, "not whole JSON", Unreadable)
        return Answer(said.status, None if empty else content, self._now(), said.headers, len(said.body))

    async def _said(self, request: "Request", repeatable: bool, deadline: float) -> "Said":
        """What was said in the end. Raises Unavailable when another attempt is of no use or has no time left."""
        ours = await self._ours(False)
        renewed, pauses = self._headers is None, iter(self._pauses)
        while True:
            said = await self._attempt(request, ours)
            if isinstance(said, Said):
                if said.status == 401 and not renewed:
                    renewed, refused = True, ours
                    ours = await self._ours(False)  # another call may have renewed them meanwhile
                    if ours == refused:
                        ours = await self._ours(True)
                    continue
                if said.status not in AGAIN:
                    return said
                fault, wait = Fault(f"HTTP {said.status}"), self._wait(said.headers.get("retry-after", ""))
            else:
                fault, wait = said, 0.0
            pause = next(pauses, None)
            if pause is not None and not fault.final and (repeatable or not fault.written):
                # Give or take a half, so that those who failed together do not come back together.
                wait = max(wait, pause * random.uniform(0.5, 1.5))  # noqa: S311 -- nobody gains by guessing it
                if asyncio.get_running_loop().time() + wait < deadline:
                    await asyncio.sleep(wait)
                    continue
            raise self._failed(request.operation, fault.outcome, Unreadable if fault.unreadable else Unavailable)

    async def _attempt(self, request: "Request", ours: Mapping[str, str]) -> "Said | Fault":
        import aiohttp

        headers = {"Accept": "application/json", "User-Agent": "Saldo", **ours, **request.headers}
        began = self._monotonic()
        said: Said | Fault = Fault("timeout")  # if nothing comes of it
        try:
            async with self._opened().request(
                request.method,
                self._where(request),
                params=request.query or None,
                data=request.body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                said = await self._read(response)
        except aiohttp.ClientConnectorCertificateError as why:
            expired = getattr(why.certificate_error, "verify_code", 0) == EXPIRED
            what = "has expired" if expired else "is not to be trusted"
            said = Fault(f"the certificate of the address {what}", written=False, final=True)
        except aiohttp.ClientConnectorSSLError:
            said = Fault("no TLS with the address", written=False)
        except aiohttp.ClientConnectorDNSError:
            said = Fault("the name of the address is not known", written=False)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            said = Fault("no connection", written=False)
        except aiohttp.ClientResponseError:
            said = Fault("no HTTP")
        except (aiohttp.ClientError, TimeoutError, OSError):
            said = Fault("the connection broke")
        except ValueError:  # a header or a path that no request can carry; its text has it
            said = Fault("nothing that can be asked", written=False, final=True)
        finally:
            seconds = self._monotonic() - began
            size = len(said.body) if isinstance(said, Said) else 0
            outcome = str(said.status) if isinstance(said, Said) else said.outcome
            SECONDS.labels(self.name).observe(seconds)
            self._note(request.operation, outcome, seconds, size)
        return said

    async def _read(self, response: "aiohttp.ClientResponse") -> "Said | Fault":
        body, headers = bytearray(), {name.lower(): value for name, value in response.headers.items()}
        if not 300 <= response.status < 400:  # what stands beside a redirect is of no use
            large = (response.content_length or 0) > self._largest
            async for chunk in response.content.iter_chunked(CHUNK):
                body += chunk
                if large := len(body) > self._largest:
                    break
            if large:
                response.close()  # and with it the connection: the rest is not waited for
                return Fault(f"more than {self._largest} bytes", final=True, unreadable=True)
        return Said(response.status, headers, bytes(body))

    async def _content(self, said: "Said") -> tuple[bool, Any]:
        """Whether the body is JSON, and what it says."""
        if len(said.body) <= OFF_LOOP:
            return decoded(said.body)
        return await asyncio.to_thread(decoded, said.body)

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections,
                    limit_per_host=self._connections,
                    keepalive_timeout=IDLE,
                    ssl=trust(self._authorities),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # In all there is the call's own limit; half of it for a socket leaves time for another address.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeout / 2),
            )
        return self._session

    def _where(self, request: "Request") -> Any:
        from yarl import URL

        # The path goes as it was written: an id with %2F in it is another one than with a slash.
        self._base = self._base or str(URL(self.url))
        path = quote(request.path.lstrip("/"), safe=SAFE)
        return URL(f"{self._base.rstrip('/')}/{path}" if path else self._base, encoded=True)

    async def _ours(self, renew: bool) -> Mapping[str, str]:
        return {} if self._headers is None else await self._headers(renew)

    def _wait(self, told: str) -> float:
        """Seconds of Retry-After, which is a number or a date; 0: none told."""
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", told):
            return float(told)
        try:
            at = parsedate_to_datetime(told)
        except ValueError:
            return 0.0
        return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - self._now()).total_seconds())

    # ── Keeping and telling ──

    def _told(self, question: "Question", asking: "Shared[Answer]", answer: Answer | None) -> None:
        """What is asked was answered, or not (None): nobody joins it any more."""
        if self._asking.get(question) is not asking:
            return  # forgotten meanwhile
        del self._asking[question]
        if answer is None or answer.size > KEPT_LARGEST:
            return
        self._drop(question)
        self._kept[question] = self._monotonic(), answer
        self._of.setdefault(question.who, set()).add(question)
        self._bytes += answer.size
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, question: "Question") -> None:
        _, answer = self._kept.pop(question, (0.0, None))
        if answer is not None:
            self._bytes -= answer.size
            self._of[question.who].discard(question)
            if not self._of[question.who]:
                del self._of[question.who]

    def _failed(self, operation: str, outcome: str, kind: type[Unavailable] = Unavailable) -> Unavailable:
        log.warning("upstream.failed", source=self.name, operation=operation, outcome=outcome)
        return kind(f"{operation}: {outcome}")

    def _note(self, operation: str, outcome: str, seconds: float, size: int = 0) -> None:
        CALLS.labels(self.name, outcome).inc()
        asked = journal.get()
        if asked is not None:
            asked.append(Asked(self.name, operation, outcome, round(seconds * 1000), size))


class ClientCredentials:
    """OAuth 2, client credentials (RFC 6749, 4.4): the header of a token that is kept, and renewed before its end.

    `url`: the token endpoint. The secret goes by HTTP Basic; where the server does not know that, in the form. Whoever
    asks while a token is being fetched waits for that one. `more` goes to the Upstream (limits, authorities).
    """

    def __init__(
        self,
        url: str,
        client: str,
        secret: str,
        scope: str,
        now: Callable[[], datetime],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self._upstream = Upstream("token", url, now=now, **(more or {}))
        self._client, self._secret, self._scope, self._now = client, secret, scope, now
        self._basic = True
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)
        self._fetching: Shared[None] | None = None

    async def __call__(self, renew: bool) -> Mapping[str, str]:
        """The headers; with `renew` of a new token. Raises Unavailable."""
        fetching = self._fetching
        if fetching is not None and not fetching.over:
            await fetching.result()
        elif renew or self._now() >= self._until:
            self._fetching = Shared(self._fetch())
            await self._fetching.result()
        return {"Authorization": f"Bearer {self._token}"}

    async def close(self) -> None:
        await self._upstream.close()

    async def _fetch(self) -> None:
        answer: Answer | None = None
        refused = ""
        for basic in (True, False) if self._basic else (False,):
            try:
                answer = await self._ask(basic)
                self._basic = basic
                break
            except Refusal as refusal:
                refused = str(refusal)
                if refusal.status != 401 and refusal.code != "invalid_client":
                    break
        if answer is None:  # as Unavailable: what the token endpoint refuses says nothing about a customer
            raise Unavailable(refused)
        said = answer.data if isinstance(answer.data, dict) else {}
        token, life = said.get("access_token"), said.get("expires_in")
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise Unreadable("POST token: no access_token")
        told = re.fullmatch(r"([0-9]{1,9})(\.0*)?", str(life))
        seconds = float(told[1]) if told else TOKEN_KEPT
        self._token, self._until = token, self._now() + timedelta(seconds=seconds - min(60.0, seconds / 10))

    async def _ask(self, basic: bool) -> Answer:
        form = {"grant_type": "client_credentials", **({"scope": self._scope} if self._scope else {})}
        headers = {}
        if basic:  # RFC 6749, 2.3.1: both are encoded as in a form before they are joined
            pair = f"{quote_plus(self._client)}:{quote_plus(self._secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._client, "client_secret": self._secret}
        return await self._upstream.send(
            "POST", "", form=form, headers=headers, operation="POST token", repeatable=True
        )


# ── Values and small parts ───────────────────────────────────────────────────────────────────────────────────────

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What is asked, and in whose name: two that are equal have one answer."""

    who: str
    path: str
    query: Pairs
    headers: Pairs


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    method: str
    path: str
    query: Pairs
    headers: Mapping[str, str]
    body: bytes | None
    operation: str


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an attempt brought nothing."""

    outcome: str
    written: bool = True  # something of the request may have arrived
    final: bool = False  # another attempt would end so too
    unreadable: bool = False


class Shared(Generic[T]):
    """One task for all who wait for it. Who goes away disturbs no other; when the last has gone, it ends."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._task = asyncio.create_task(work)
        self._waiting = 0

    @property
    def over(self) -> bool:
        return self._task.done() or self._task.cancelling() > 0

    def then(self, heard: Callable[[T | None], None]) -> None:
        """`heard` is told the result before anybody who waits; None: there is none."""

        def done(task: asyncio.Task[T]) -> None:
            heard(None if task.cancelled() or task.exception() is not None else task.result())

        self._task.add_done_callback(done)

    def stop(self) -> None:
        self._task.cancel()

    async def result(self) -> T:
        """Raises what the task raises; Unavailable when it was stopped."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if me is None or me.cancelling() or not self._task.cancelled():
                raise
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._task.cancel()
        raise Unavailable("asking was ended")


def decoded(body: bytes) -> tuple[bool, Any]:
    """Whether a body is JSON in UTF-8, and what it says, exactly: never a float, NaN or infinity.

    What the content type is called does not matter: JSON is JSON, and a page is none.
    """
    # The parser in C lets no other thread go on but where it calls Python: for a large body it does so at each object.
    hook = _same if len(body) > OFF_LOOP else None
    try:
        said = body.decode("utf-8-sig")
        return True, json.loads(said, parse_float=Decimal, parse_constant=_refuse, object_hook=hook)
    except (ValueError, ArithmeticError, RecursionError, MemoryError):
        return False, None


def code(data: object) -> str:
    """What a refusal says is wrong, if it looks like a code; "" else: texts may name somebody."""
    said = data if isinstance(data, dict) else {}
    for found in map(said.get, CODES):
        if type(found) in {int, str} and CODE.fullmatch(str(found)):
            return str(found)
    return ""


def _same(value: dict[str, Any]) -> dict[str, Any]:
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError("no number")
