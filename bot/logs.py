"""Logs without personal data or secrets: one event, one line, named fields only.

What may stand in a log: names of events, networks, questions and error types, counts, durations, an error's short
code, and `who`, a keyed hash of the chat that changes with every start. What may not: text, names, numbers of
accounts, sums, tokens, addresses. A value that looks like one of these is masked here as a last net; the rule is that
it is never handed over.
"""

import hashlib
import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from adapters.base import Address

# A start's own key: lines of one start can be told apart by chat, and no line can be traced to a person later.
KEY: Final = secrets.token_bytes(16)
# Long digit runs (accounts, phones, chats), e-mail addresses, Telegram's and OK's tokens, query strings.
MASKED: Final = re.compile(
    r"\b[0-9]{8,12}:[A-Za-z0-9_-]{20,}|\btkn[A-Za-z0-9]{8,}[A-Za-z0-9:]*|\?[^\s\"']{8,}|[^\s@\"']+@[^\s@\"']+\.[a-z]{2,}|[0-9]{7,}"
)
QUIET: Final = ("aiogram", "aiohttp", "apscheduler", "asyncio", "sqlalchemy", "urllib3", "alembic", "asyncpg")


def who(address: Address) -> str:
    """A chat's name for the log."""
    return hashlib.blake2b(str(address).encode(), key=KEY, digest_size=5).hexdigest()


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in {"timestamp", "level"}:
            event[key] = MASKED.sub("***", value)
    return event


def trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as types and places, without its text: texts of foreign libraries quote what they were given."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    if error is not None:
        chain: list[str] = []
        seen: BaseException | None = error
        while seen is not None and len(chain) < 5:
            places, frame = [], seen.__traceback__
            while frame is not None:
                code = frame.tb_frame.f_code
                places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{frame.tb_lineno}:{code.co_name}")
                frame = frame.tb_next
            chain.append(f"{type(seen).__name__} at {' < '.join(reversed(places[-6:]))}")
            seen = seen.__cause__ or seen.__context__
        event["error"] = " from ".join(chain)
    return event


def set_up(format_: str = "json", level: int = logging.INFO) -> None:
    """Everything that logs, ours and the libraries', goes through the same mask to standard error."""
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if format_ == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        trace,
        mask,
    ]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[*shared, Unwrapped(), last]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class Unwrapped:
    """Takes the standard library's record out of structlog's event."""

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        record: logging.LogRecord = event.pop("_record")
        event.pop("_from_structlog", None)
        event["logger"] = record.name
        if record.exc_info:
            event["exc_info"] = record.exc_info[1]
            return trace(None, "", event)
        return event
