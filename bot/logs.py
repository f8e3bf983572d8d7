"""Logs without personal data or secrets: one event, one line, named fields only.

What may stand in a log: names of events, networks, questions and error types, counts, durations, an error's short
code, and `who`, a keyed hash of the chat that changes with every start. What may not: text, names, numbers of
accounts, sums, tokens, addresses. The rule is that such a value is never handed over; behind the rule is a net:

    looks like a phone, an account, an e-mail, a token, a URL's query or sign-in     ***
    an exception, ours or a library's              its type and the places it passed, never its text
    an object                                      its type: a repr may hold anything
    what another library logs                      its first line, exceptions in it as types
    a line break, an escape, a mark that turns the line around                       a space
"""

import hashlib
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from secrets import token_bytes
from types import TracebackType
from typing import Any, Final

import structlog

from adapters.base import Address
from storage.base import Unwritable

# A start's own key: lines of one start can be told apart by chat, and no line can be traced to a person later.
KEY: Final = token_bytes(16)
LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")  # no digits: the mask leaves a hash alone

MASKED: Final = re.compile(
    r"""
      \d{6,}:[A-Za-z0-9_-]{20,}                               # Telegram's token
    | \btkn[A-Za-z0-9]{8,}[A-Za-z0-9:]*                       # OK's
    | \bvk1\.[A-Za-z0-9._-]{8,}                               # VK's
    | \b(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{22,}                # any other secret: 128 bits have 22 characters
    | ://[^\s/@"']+@                                          # a URL's user and password
    | \?[^\s"']+                                              # a URL's query
    | [^\s@"'<>]+@[^\s@"'<>]+\.[^\W\d_]{2,}                   # an e-mail address
    | \+?\d(?:[\s().-]{0,2}\d){6,}                            # phone, account, card, chat, address
    """,
    re.VERBOSE,
)
BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LONGEST: Final = 500  # characters of one value: nothing that is ours to say is longer
DEEPEST: Final = 3
EVERY: Final = 60.0
QUIET: Final = ("aiogram", "aiohttp", "apscheduler", "asyncio", "sqlalchemy", "urllib3", "alembic", "asyncpg")
OURS: Final = {"exc_info", "_record", "_from_structlog"}  # structlog's own fields, on their way to `trace`


def who(address: Address) -> str:
    """A chat's name for the log."""
    return hashlib.blake2b(str(address).encode(), key=KEY, digest_size=5).hexdigest().translate(LETTERS)


def harmless(value: object, depth: int = 0) -> Any:
    """The value as JSON can hold it and a stranger may read it."""
    match value:
        case None | bool():
            return value
        case int() | float():
            return value if abs(value) < 1_000_000 else "***"  # nor infinite, nor not a number
        case str():
            return MASKED.sub("***", BREAKS.sub(" ", value[:LONGEST]))
        case Mapping() if depth < DEEPEST:
            return {str(harmless(str(k))): harmless(v, depth + 1) for k, v in value.items()}
        case list() | tuple() | set() | frozenset() if depth < DEEPEST:
            return [harmless(one, depth + 1) for one in value]
    return type(value).__name__


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("stack_info", None)
    for key in event.keys() - OURS:
        event[key] = harmless(event[key])
    return event


def trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as types and places, without its text: texts of foreign libraries quote what they were given."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        chain: list[str] = []
        seen: BaseException | None = error
        while seen is not None and len(chain) < 5:
            places, frame = [], seen.__traceback__
            while frame is not None:
                code = frame.tb_frame.f_code
                file = "/".join(code.co_filename.split("/")[-2:])  # three shelves have a base.py
                places.append(f"{file}:{frame.tb_lineno}:{code.co_name}")
                frame = frame.tb_next
            chain.append(f"{type(seen).__name__} at {' < '.join(reversed(places[-6:]))}")
            seen = seen.__cause__ or seen.__context__
        event["error"] = " from ".join(chain)
    return event


class Repeats:
    """While the database is away every loop says so at each try: ten lines a second, for a whole night. Each is said
    once in EVERY seconds; `repeated` is how many were left out before it.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Raises DropEvent."""
        if not isinstance(event.get("exc_info"), Unwritable):
            return event
        key, now = (str(event.get("event")), str(event.get("network"))), self._monotonic()
        since, repeated = self._said.get(key, (-EVERY, 0))
        if now - since < EVERY:
            self._said[key] = since, repeated + 1
            raise structlog.DropEvent
        self._said[key] = now, 0
        if repeated:
            event["repeated"] = repeated
        return event


def set_up(format_: str = "json", level: int = logging.INFO, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Everything that logs, ours and the libraries', goes through the same net to standard error."""
    last: Any = (
        structlog.processors.JSONRenderer()  # ASCII: no line separator of Unicode's can end the line early
        if format_ == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        mask,
        trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[Repeats(monotonic), *shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # one write a line: threads do not mix theirs
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Foreign(processors=[*shared, unwrap, last]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = crashed


class Foreign(structlog.stdlib.ProcessorFormatter):
    """A record of another library's. Its message is made here, so that a broken one is still one line."""

    def format(self, record: logging.LogRecord) -> str:
        plain = logging.makeLogRecord(record.__dict__)
        plain.msg, plain.args = told(record), ()
        return super().format(plain)


def told(record: logging.LogRecord) -> str:
    """The message's first line: asyncio, for one, puts the repr of a failed task into the second."""
    args: Any = record.args
    if isinstance(args, Mapping):
        args = {key: speechless(one) for key, one in args.items()}
    elif args:
        args = tuple(speechless(one) for one in args)
    template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    try:
        text = template % args if args else template
    except Exception:  # somebody's __str__, or arguments that do not fit: the template has to do
        text = template
    return text.lstrip().partition("\n")[0]


def speechless(value: object) -> object:
    return type(value).__name__ if isinstance(value, BaseException) else value


def unwrap(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Takes the standard library's record out of structlog's event."""
    event["logger"] = event.pop("_record").name
    event.pop("_from_structlog", None)
    return event


def crashed(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """What nobody caught, without its text; Ctrl-C is no crash."""
    if not issubclass(kind, KeyboardInterrupt):
        structlog.get_logger().critical("crashed", exc_info=error)
