"""Lists of TM Forum APIs, page by page. `Link` is never followed: live servers write it wrong.

the next page   begins at the offset plus what has come, whatever was asked for: servers cap their pages
the end         an empty page, or 416 in place of one; or a page shorter than asked for, with status 200, and a total
                (X-Total-Count) that is what has come, or none. A total that is anything else proves nothing, and the
                next page is asked
repeats         dropped by id: pages shift while records are put in
no end          the same records again and again, or more pages than anybody's list has: Unreadable, for a list
                that may be a part of one would make sums that are wrong
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from billing.base import Gone
from billing.upstream import Answer, Refusal, Unreadable, Upstream
from billing.wire import records, text

Row = dict[str, Any]

PAGE: Final = 100  # records of one customer's lists
BULK: Final = 1000
MOST: Final = 100  # pages of a list
COMPARING: Final = (".gt", ".gte", ".lt", ".lte")  # filters that our side applies once more in any case
STALE: Final = 3  # pages running that bring nothing new


class Page(NamedTuple):
    rows: list[Row]
    received: int  # records; the next page begins so many later
    short: bool  # shorter than asked for, and nothing says that there is more
    total: str  # of the list, as far as the server says it; a hint

    def ends(self, came: int) -> bool:
        """Whether the list ends with this page, so many records having come in all."""
        return not self.received or (self.short and self.total in {"", str(came)})


async def page(
    upstream: Upstream,
    path: str,
    params: Mapping[str, object],
    *,
    operation: str,
    offset: int = 0,
    limit: int = PAGE,
    who: str = "",
    fresh: float | None = None,
) -> Page:
    asked = {**params, "offset": offset, "limit": limit}
    try:
        answer = await upstream.get(path, asked, operation=operation, who=who, fresh=fresh)
    except Refusal as refusal:
        # TMF630 pages as RFC 7233 ranges do: an offset beyond the end is "not satisfiable" on servers that keep to it.
        if refusal.status == 416 and offset:
            return Page([], 0, True, "")
        # No description declares a comparison: some servers ignore it, some call it a bad request.
        plain = {name: value for name, value in params.items() if not name.endswith(COMPARING)}
        if refusal.status != 400 or len(plain) == len(params):
            raise
        return await page(upstream, path, plain, operation=operation, offset=offset, limit=limit, who=who, fresh=fresh)
    rows = rows_of(answer, operation)
    short = len(rows) < limit and answer.status == 200
    return Page(rows, len(rows), short, answer.headers.get("x-total-count", "").strip())


async def whole(
    upstream: Upstream,
    path: str,
    params: Mapping[str, object],
    *,
    operation: str,
    limit: int = PAGE,
    most: int = MOST,
    who: str = "",
    fresh: float | None = None,
) -> list[Row]:
    """All records, each once, in the order of the list."""
    found: dict[str, Row] = {}
    offset = stale = widest = 0
    everything = False  # the server knows no limit: the first page was all
    for _ in range(most):
        one = await page(upstream, path, params, operation=operation, offset=offset, limit=limit, who=who, fresh=fresh)
        before = len(found)
        for row in one.rows:
            found.setdefault(text(row.get("id")) or repr(row), row)
        if one.ends(len(found)):
            return list(found.values())
        offset += one.received
        everything = everything or one.received > limit
        stale = 0 if len(found) > before else stale + 1
        widest = max(widest, one.received)
        if stale and (everything or one.received < widest):  # the tail of a list that grew at its head
            return list(found.values())
        if stale >= STALE:
            raise Unreadable(f"{operation}: the same records on every page")
    raise Unreadable(f"{operation}: a list without an end")


def rows_of(answer: Answer, operation: str) -> list[Row]:
    """The records of one page; a single one may stand without its list."""
    if answer.data is None or (isinstance(answer.data, dict) and "id" not in answer.data):
        raise Unreadable(f"{operation}: not a list")
    return records(answer.data, operation)


def stamp(at: datetime) -> str:
    """A moment as it is asked for."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


async def together(questions: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All answers; the first error ends the other questions. That there is no such account goes before all else."""
    if not questions:
        return []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in questions]
    except BaseExceptionGroup as failed:
        raise min(failed.exceptions, key=lambda one: not isinstance(one, Gone)) from None
    return [task.result() for task in tasks]
