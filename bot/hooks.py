"""Hooks: one request of a network, from "who are you" to "accepted", whichever way it came in.

    find   the network behind a name and a secret path; None is one answer, whatever was wrong
    take   verify, parse, store; what to answer
    begin  the same for whoever does not await: a network that reads without asking anybody needs no task, and nothing
           waits but the commit

Who cannot prove what he is, is told what a stranger is told. What could not be stored is answered 503, because the
network will bring it again.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Final, cast

import structlog
from prometheus_client import Counter

from adapters.base import Answer, Forged, Hooked, Post, Prompt
from bot.admission import Full
from bot.intake import Intake
from bot.lines import Line
from bot.settings import Intake as How
from bot.settings import Mode
from storage.base import StorageError

log = structlog.get_logger()
refused = Counter("saldo_forged_total", "Requests to a hook that did not prove where they come from", ["network"])


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as any server may write it."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()


LATER: Final = Told(503, media_type="application/octet-stream", headers=(("Retry-After", "5"),))
FAILED: Final = Told(500, b"500: Internal Server Error", "text/plain; charset=utf-8")


class Hooks:
    def __init__(self, lines: Mapping[str, Line], intake: Intake) -> None:
        self._lines, self._intake = lines, intake
        self._asking: set[asyncio.Task[Told]] = set()

    def find(self, name: str, path: str) -> Hooked | None:
        line = self._lines.get(name)
        if line is None or line.settings.intake is not How.WEBHOOK or line.settings.mode is Mode.OFF:
            return None
        network = cast("Hooked", line.network)  # bot.lines.connect made sure
        if not hmac.compare_digest(path.encode(), network.path.encode()):
            return None
        return network

    def strange(self, name: str) -> None:
        """Count a request that `find` knew nothing for."""
        if name in self._lines:
            refused.labels(name).inc()

    async def take(self, name: str, network: Hooked, post: Post) -> Told:
        try:
            return told(await network.hook(post, self._intake.receiver(name)))
        except Exception as error:
            return self._not(name, error)

    def begin(self, name: str, network: Hooked, post: Post, tell: Callable[[Told], None]) -> None:
        """`tell` hears the answer, perhaps before this returns; it must not raise."""
        if prompt(type(network)):
            self._read(name, cast("Prompt", network), post, tell)
        else:
            task = asyncio.create_task(self.take(name, network, post))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
            task.add_done_callback(lambda done: None if done.cancelled() else tell(done.result()))

    def _read(self, name: str, network: Prompt, post: Post, tell: Callable[[Told], None]) -> None:
        try:
            received, answer = network.read(post)
        except Exception as error:
            tell(self._not(name, error))
            return
        if not received.events and not received.unreadable:
            tell(told(answer))
            return

        def stored(error: BaseException | None) -> None:
            tell(told(answer) if error is None else self._not(name, error))

        self._intake.accept(name, received, stored)

    def _not(self, name: str, error: BaseException) -> Told:
        """The answer to what was not taken."""
        if isinstance(error, Forged):
            refused.labels(name).inc()
            log.warning("forged", network=name, reason=str(error))
            # In the looks of any other refusal: a path that is right must not be told from one that is wrong.
            reason = f"{error.status}: {HTTPStatus(error.status).phrase}"
            return Told(error.status, reason.encode(), "text/plain; charset=utf-8")
        if isinstance(error, Full):  # counted, and said once: a line for each would be one more load
            return LATER
        if isinstance(error, StorageError):
            # Not stored, so not accepted: the network will bring it again.
            log.error("not-stored", network=name, exc_info=error)
            return LATER
        log.error("http-failed", network=name, exc_info=error)
        return FAILED


@cache
def prompt(kind: type) -> bool:
    return issubclass(kind, Prompt)  # slow: it looks at every name of the protocol


ACCEPTED: Final = {one: Told(one.status, one.body, one.media_type) for one in (Answer(), Answer(200, b"ok"))}


def told(answer: Answer) -> Told:
    return ACCEPTED.get(answer) or Told(answer.status, answer.body, answer.media_type)
