"""Upstream: one address of the operator's billing, asked over HTTP with everything that may go wrong on the way.

    get ──▶ fresh answer here? ──▶ is the same being asked? ──▶ a free connection ──▶ the wire ──▶ Answer
            kept for seconds       then wait for that one        bounded               limits, retries

What the callers get is an answer that was read whole, as JSON whose numbers are exact (`Decimal`, `int`), with the
moment of its arrival; or one of the errors below, whose text names the operation and the reason and nothing of the
customer's: no path with an id, no query, no body.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.base import Unavailable

Headers = Callable[[bool], Awaitable[Mapping[str, str]]]  # True: what they were last was refused, make them anew


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    data: Any  # JSON: dict, list, str, int, Decimal, bool, None
    at: datetime  # when it arrived here; a kept answer says when that was
    headers: Mapping[str, str]  # names in lower case


class Refusal(Unavailable):
    """The billing understood and refused: 4xx with what it says about it, read from any of the known shapes."""

    def __init__(self, operation: str, status: int, code: str, data: Any = None) -> None:
        super().__init__(f"{operation}: HTTP {status} {code}".strip())
        self.status, self.code, self.data = status, code, data


class Unreadable(Unavailable):
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
