"""Logs: one event is one line, and no line holds what belongs to a customer or opens a door.

Every test sets up the real thing on a stream of its own and reads what came out.
"""

import asyncio
import io
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Address
from bot import logs
from storage.base import Unwritable

CANARIES = (
    "79161234567",
    "+7 (916) 123-45-67",
    "8 916 123 45 67",
    "0065210041",
    "6521-0041-77",
    "ivan.petrov@mail.example",
    "Иван@почта.рф",
    "12345678:AAH3k_xFvQpLs0Zr8yWcT1uEoNiBmDgJkXh",
    "https://api.telegram.org/bot12345678:AAH3k_xFvQpLs0Zr8yWcT1uEoNiBmDgJkXh/getMe",
    "tkn0Abcdefgh12345:CDEFGHIJKLMN",
    "vk1.a.Qwe_rty-Uiop.Asdf",
    "https://saldo.example/link/x?t=abc",
    "https://api.ok.ru/graph/me/info?access_token=abc",
    "postgresql+asyncpg://saldo:pa55@localhost/saldo",
    "Jq3XvN8cQ0uVtR2mYb7wKA",  # a one-time token: 128 bits
    "192.168.100.200",
)
PIECES = {
    "79161234567": "1234567",
    "+7 (916) 123-45-67": "123-45",
    "8 916 123 45 67": "123 45",
    "https://saldo.example/link/x?t=abc": "t=abc",
    "https://api.ok.ru/graph/me/info?access_token=abc": "access_token",
    "postgresql+asyncpg://saldo:pa55@localhost/saldo": "pa55",
    "https://api.telegram.org/bot12345678:AAH3k_xFvQpLs0Zr8yWcT1uEoNiBmDgJkXh/getMe": "AAH3k",
}


class Lines:
    """What was logged, as text and as values."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        assert self.text.endswith("\n")
        return [json.loads(line, parse_constant=unwelcome) for line in self.text.splitlines()]

    @property
    def event(self) -> dict[str, Any]:
        (event,) = self.events
        return event


def unwelcome(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lines]]:
    """Set logging up on a fresh stream; afterwards everything is as it was."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook

    def begin(
        format_: str = "json", level: int = logging.INFO, monotonic: Callable[[], float] = time.monotonic
    ) -> Lines:
        lines = Lines()
        monkeypatch.setattr(sys, "stderr", lines.stream)
        logs.set_up(format_, level, monotonic)
        return lines

    yield begin
    structlog.configure(**kept)
    root.handlers, sys.excepthook = handlers, hook
    root.setLevel(level)


@pytest.fixture
def lines(begin: Callable[..., Lines]) -> Lines:
    return begin()


class Leaky:
    """An object of somebody's whose repr tells everything."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"Leaky({self.secret})"


def fail(text: str) -> None:
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"cannot read {text}") from error


def clean(lines: Lines, canary: str) -> None:
    assert lines.events
    assert canary not in lines.text
    assert json.dumps(canary)[1:-1] not in lines.text
    assert PIECES.get(canary, canary) not in lines.text


# ── What must not be told ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("canary", CANARIES)
def test_a_value_that_looks_personal_is_masked_wherever_it_stands(lines: Lines, canary: str) -> None:
    log = structlog.get_logger()
    log.warning(f"event {canary}", value=canary, inside=f"chat={canary};", many=[canary, {"deep": (canary,)}])
    log.warning("event", mapping={canary: 1}, thing=Leaky(canary), error=ValueError(canary))
    log.warning("event", raw=canary.encode(), frozen=frozenset({canary}))
    clean(lines, canary)


@pytest.mark.parametrize("canary", CANARIES)
def test_an_exception_is_types_and_places(lines: Lines, canary: str) -> None:
    log = structlog.get_logger()
    try:
        fail(canary)
    except ValueError as error:
        log.exception("http-failed")
        log.error("given", exc_info=error)
        kept: Any = sys.exc_info()
    log.error("later", exc_info=kept)
    clean(lines, canary)
    for event in lines.events:
        assert event["error"].startswith("ValueError at bot/test_logs.py:")
        assert ":fail" in event["error"]
        assert " from KeyError at " in event["error"]


@pytest.mark.parametrize("canary", CANARIES)
def test_another_library_is_no_way_around(lines: Lines, canary: str) -> None:
    log = logging.getLogger("somebody.else")
    log.warning("for %s", canary)
    log.warning(f"for {canary}")
    log.warning("for %(who)s", {"who": canary})
    log.error("failed with %s, %r", ValueError(canary), KeyError(canary))
    log.error(ValueError(canary))
    log.error("first line\nsecond: %s", canary)
    log.error("with stack", stack_info=True, extra={"customer": canary})
    try:
        fail(canary)
    except ValueError:
        log.exception("failed")
        kept = sys.exc_info()
    log.error("later", exc_info=kept)
    clean(lines, canary)
    assert len(lines.events) == 9
    assert {event["logger"] for event in lines.events} == {"somebody.else"}
    assert [event["error"].split()[0] for event in lines.events[-2:]] == ["ValueError", "ValueError"]


def test_what_no_mask_can_know_is_not_taken_from_a_library_either(lines: Lines) -> None:
    log = logging.getLogger("somebody.else")
    log.error("failed with %s", ValueError("Ivan Petrov, 350.00"))
    log.error("failed with %(error)r", {"error": ValueError("Ivan Petrov, 350.00")})
    log.error(ValueError("Ivan Petrov, 350.00"))
    log.error("failed", stack_info=True, extra={"customer": "Ivan Petrov"})
    said = ["failed with ValueError", "failed with 'ValueError'", "ValueError", "failed"]
    assert [event["event"] for event in lines.events] == said
    for event in lines.events:
        assert event.keys() == {"event", "level", "logger", "timestamp"}


def test_a_record_that_cannot_be_formatted_is_one_line_without_its_arguments(begin: Callable[..., Lines]) -> None:
    lines = begin()  # not earlier: pytest's own handler, which cannot format it either, must be gone

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("79161234567")

    logging.getLogger("x").warning("%d items of %s", "79161234567")
    logging.getLogger("x").warning("item %s", Broken())
    assert [event["event"] for event in lines.events] == ["%d items of %s", "item %s"]
    assert "7916" not in lines.text


async def test_a_task_that_failed_unseen_is_told_without_its_words(lines: Lines) -> None:
    async def failing() -> None:
        raise ValueError("Иван Петров")

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    loop.default_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )
    assert lines.event["event"] == "Task exception was never retrieved"
    assert lines.event["error"].startswith("ValueError at ")
    assert "Иван" not in lines.text
    assert "\\u0418" not in lines.text


def test_what_nobody_caught_ends_in_one_line(lines: Lines) -> None:
    try:
        fail("Иван Петров")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert (lines.event["event"], lines.event["level"]) == ("crashed", "critical")
    assert "\\u0418" not in lines.text


@pytest.mark.parametrize("number", [79161234567, -79161234567, 10**400, 1e15, float("inf"), float("nan")])
def test_a_number_as_long_as_an_account_is_masked(lines: Lines, number: float) -> None:
    structlog.get_logger().warning("event", count=number)
    assert lines.event["count"] == "***"


# ── What must be told ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_harmless_stays_as_it_is(lines: Lines) -> None:
    structlog.get_logger().warning(
        "token-refused", network="vk", code="0A1B2C", count=999_999, pause=1.5, fine=True, nothing=None, on=["vk", "ok"]
    )
    event = lines.event
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "token-refused",
        "level": "warning",
        "network": "vk",
        "code": "0A1B2C",
        "count": 999_999,
        "pause": 1.5,
        "fine": True,
        "nothing": None,
        "on": ["vk", "ok"],
    }


def test_names_of_errors_and_events_pass_the_mask(lines: Lines) -> None:
    names = ["TelegramUnauthorizedError", "ServerDisconnectedError", "linking-unavailable", "vk.poll.history_lost"]
    structlog.get_logger().warning("event", names=names)
    assert lines.event["names"] == names


@given(st.text(), st.text())
def test_a_chat_has_one_name_that_the_mask_leaves_alone_and_nobody_can_trace(network: str, chat: str) -> None:
    name = logs.who(Address(network, chat))
    assert name == logs.who(Address(network, chat))
    assert name.isalpha()
    assert name.isascii()
    assert logs.harmless(name) == name


def test_while_the_database_is_away_the_same_is_said_once_a_minute(begin: Callable[..., Lines]) -> None:
    now = [0.0]
    lines = begin(monotonic=lambda: now[0])
    log = structlog.get_logger()
    for now[0] in (0.0, 1.0, 59.0, 60.0, 61.0, 200.0):
        log.error("outbox", network="vk", exc_info=Unwritable("away"))
    log.error("outbox", network="ok", exc_info=Unwritable("away"))
    log.error("claim", exc_info=Unwritable("away"))
    for _ in range(2):
        log.error("broken", exc_info=ValueError("ours"))
    told = [(one["event"], one.get("network"), one.get("repeated")) for one in lines.events]
    assert told == [
        ("outbox", "vk", None), ("outbox", "vk", 2), ("outbox", "vk", 1), ("outbox", "ok", None),
        ("claim", None, None), ("broken", None, None), ("broken", None, None),
    ]  # fmt: skip


def test_levels_below_the_set_one_are_silent(begin: Callable[..., Lines]) -> None:
    lines = begin(level=logging.WARNING)
    structlog.get_logger().info("ready")
    logging.getLogger("aiohttp.access").info("GET /")
    logging.getLogger("x").info("chatter")
    assert lines.text == ""


# ── One event, one line ───────────────────────────────────────────────────────────────────────────────────────────

BREAKING = st.text(st.sampled_from('a\r\n\x0b\x0c\x1b\x1c\x1d\x1e\x85\u2028\u2029\u202e\ud800\x00"\\\t%{}'))
WEIRD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | BREAKING | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | BREAKING, inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(event=BREAKING, value=WEIRD, message=BREAKING, argument=WEIRD)
def test_whatever_is_logged_is_one_line(event: str, value: object, message: str, argument: object) -> None:
    for format_ in ("json", "console"):
        with pytest.MonkeyPatch.context() as patch:
            kept, root = structlog.get_config(), logging.getLogger()
            handlers, level, hook = root.handlers[:], root.level, sys.excepthook
            lines = Lines()
            patch.setattr(sys, "stderr", lines.stream)
            try:
                logs.set_up(format_)
                structlog.get_logger().warning(event, value=value)
                logging.getLogger("x").warning("%s", argument)
                logging.getLogger("x").warning(message, argument)
            finally:
                structlog.configure(**kept)
                root.handlers, sys.excepthook = handlers, hook
                root.setLevel(level)
        assert len(lines.text.splitlines()) == 3
        assert "\x1b" not in lines.text
        if format_ == "json":
            assert len(lines.events) == 3
            assert lines.text.isascii()


@given(st.text(max_size=50) | BREAKING)
def test_no_control_character_is_left(text: str) -> None:
    left = logs.harmless(text)
    assert not set(left) & set("\r\n\x0b\x0c\x1b\x1c\x1d\x1e\x85\u2028\u2029\u202e\x00")


def test_a_value_without_end_is_cut(lines: Lines) -> None:
    endless: list[Any] = []
    endless.append(endless)
    structlog.get_logger().warning("event", text="ab " * 10**6, endless=endless)
    assert len(lines.text) < 1000
