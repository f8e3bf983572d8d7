"""Lists page by page, of a real server that caps its pages, repeats records, miscounts and knows no offset."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.base import Unavailable
from billing.tmf_pages import COMPARING, MOST, Page, page, stamp, whole
from billing.upstream import Refusal, Unreadable, Upstream


@dataclass
class Manners:
    """How the server pages."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    cap: int = 1000
    again: int = 0  # records of the page before that begin each page
    total: int | None = None  # what X-Total-Count says beside the truth; None: nothing
    partial: bool = False  # 206 while there is more
    deaf: bool = False  # offset counts for nothing
    boundless: bool = False  # neither does limit
    growing: bool = False  # a record is put in before the others after each page
    unsatisfiable: bool = False  # 416 beyond the end
    plain: bool = False  # 400 for a filter that compares
    body: Any = ...
    asked: list[tuple[int, int]] = field(default_factory=list)


class Server:
    def __init__(self) -> None:
        self.manners = Manners()

    async def start(self) -> str:
        app = web.Application()
        app.router.add_get("/things", self.answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def answer(self, request: web.Request) -> web.Response:
        it, offset, limit = self.manners, int(request.query["offset"]), int(request.query["limit"])
        it.asked.append((offset, limit))
        if it.body is not ...:
            return web.json_response(it.body)
        if it.plain and any(name.endswith(COMPARING) for name in request.query):
            return web.Response(status=400, text="<html>Bad Request</html>", content_type="text/html")
        if it.unsatisfiable and offset >= len(it.rows):
            return web.json_response({"code": "416", "reason": "Range Not Satisfiable"}, status=416)
        start = 0 if it.deaf else max(0, offset - it.again)
        size = len(it.rows) if it.boundless else min(limit, it.cap)
        shown = it.rows[start : start + size]
        headers = {"Link": '<http://127.0.0.1/elsewhere?a=1?b=2">; rel="next'}
        if it.total is not None:
            headers["X-Total-Count"] = str(len(it.rows) + it.total)
        if it.growing:
            it.rows.insert(0, {"id": f"new{len(it.asked)}"})
        status = 206 if it.partial and start + len(shown) < len(it.rows) else 200
        return web.json_response(shown, status=status, headers=headers)


@pytest.fixture
async def served() -> AsyncIterator[tuple[Server, Upstream]]:
    server = Server()
    url = await server.start()
    upstream = Upstream("things", url, now=lambda: datetime(2026, 11, 22, tzinfo=UTC), fresh=0, pauses=())
    yield server, upstream
    await upstream.close()
    await server.runner.cleanup()


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"id": str(n)} for n in range(count)]


async def read(upstream: Upstream, limit: int = 10) -> list[str]:
    return [one["id"] for one in await whole(upstream, "things", {}, operation="GET things", limit=limit)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    count=st.integers(0, 25),
    cap=st.integers(2, 12),
    again=st.integers(0, 1),
    total=st.sampled_from([0, 0, 1, 1000, -1000]),
    partial=st.booleans(),
)
async def test_a_list_is_read_whole_or_not_at_all(
    served: tuple[Server, Upstream], count: int, cap: int, again: int, total: int, partial: bool
) -> None:
    """A server that counts, however wrongly: nothing is missing, nothing is twice, and it ends. (One that says the end
    of a short page is the end of the list is believed: nothing could be told by any other.)"""
    server, upstream = served
    server.manners = Manners(numbered(count), cap, min(again, cap - 1), total, partial)
    assert sorted(await read(upstream), key=int) == [one["id"] for one in numbered(count)]
    assert len(server.manners.asked) <= MOST


async def test_a_server_that_does_not_count_is_believed_by_its_short_page(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    for count, asked in ((0, 1), (9, 1), (10, 2), (25, 3)):
        server.manners = Manners(numbered(count))
        assert len(await read(upstream)) == count
        assert len(server.manners.asked) == asked
    server.manners = Manners(numbered(25), cap=4, partial=True)  # 206 says that there is more
    assert len(await read(upstream)) == 25


async def test_a_server_may_refuse_a_page_beyond_the_end_and_no_other(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    for count in (10, 25):
        server.manners = Manners(numbered(count), cap=5, partial=True, unsatisfiable=True)
        assert len(await read(upstream)) == count
    server.manners = Manners(unsatisfiable=True)
    with pytest.raises(Refusal):
        await read(upstream)


async def test_where_a_comparison_is_a_bad_request_all_is_asked_for(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    server.manners = Manners(numbered(25), plain=True)
    filters = {"account.id": "7", "date.gte": "2026-10-01", "date.lt": "2026-11-01"}
    assert len(await whole(upstream, "things", filters, operation="GET things", limit=10)) == 25
    with pytest.raises(Refusal):  # 404 is no such matter
        await whole(upstream, "elsewhere", filters, operation="GET things")


async def test_the_usual_list_costs_one_question(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    server.manners = Manners(numbered(7), total=0)
    await read(upstream)
    assert server.manners.asked == [(0, 10)]


async def test_a_server_without_offsets_has_told_all_or_nothing_that_can_be_believed(
    served: tuple[Server, Upstream],
) -> None:
    server, upstream = served
    server.manners = Manners(numbered(40), deaf=True, boundless=True)
    assert len(await read(upstream)) == 40
    server.manners = Manners(numbered(40), deaf=True)  # ten of forty, again and again
    with pytest.raises(Unreadable):
        await read(upstream)
    assert len(server.manners.asked) < 10


async def test_a_list_without_an_end_is_given_up(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    server.manners = Manners(numbered(MOST + 5), cap=1, total=1)
    with pytest.raises(Unreadable):
        await read(upstream)
    assert len(server.manners.asked) == MOST


async def test_records_that_were_put_in_meanwhile_are_not_told_twice(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    server.manners = Manners(numbered(20), cap=5, total=0, growing=True)
    found = await read(upstream)
    assert len(found) == len(set(found))
    assert set(found) >= {str(n) for n in range(20)}


@pytest.mark.parametrize("body", [None, "string", 5, {"code": 60, "reason": "x"}, [1], [[]], [None]])
async def test_what_is_no_list_is_no_empty_list(served: tuple[Server, Upstream], body: Any) -> None:
    server, upstream = served
    server.manners = Manners(body=body)
    with pytest.raises(Unavailable):
        await read(upstream)


async def test_one_record_may_stand_without_its_list(served: tuple[Server, Upstream]) -> None:
    server, upstream = served
    server.manners = Manners(body={"id": "1"})
    assert await page(upstream, "things", {}, operation="GET things") == Page([{"id": "1"}], 1, True, "")


def test_a_moment_is_asked_for_in_utc() -> None:
    assert stamp(datetime.fromisoformat("2026-11-22T12:00:00.5+03:00")) == "2026-11-22T09:00:00.500Z"
