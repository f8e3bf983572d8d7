"""The easel: each value once, off the loop, and never a fault that costs the answer."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from bot.easel import Easel
from pictures.base import Payee
from pictures.code import PaymentCode
from pictures.services import Mood, Row, ServiceList


class Hand:
    """Counts drawings and can hold one back."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.threads: set[int] = set()
        self.taken = threading.Event()
        self.free = threading.Event()
        self.free.set()

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.taken.wait, 20)


@dataclass(frozen=True)
class Sketch:
    name: str
    size: int = 10
    fault: type[BaseException] | None = None
    hand: Hand = field(default_factory=Hand, compare=False)

    def draw(self) -> bytes:
        self.hand.threads.add(threading.get_ident())
        self.hand.taken.set()
        self.hand.free.wait(20)
        self.hand.drawn.append(self.name)
        if self.fault:
            raise self.fault(f"could not draw {self.name}")
        return self.name.encode() * self.size


@pytest.fixture
async def easel() -> AsyncIterator[Easel]:
    made = Easel(kept_bytes=100)
    yield made
    await made.close()


async def test_the_same_value_is_drawn_once_and_off_the_loop(easel: Easel) -> None:
    hand = Hand()
    assert await easel.draw(Sketch("a", hand=hand)) == b"a" * 10
    assert await easel.draw(Sketch("a", hand=hand)) == b"a" * 10
    assert hand.drawn == ["a"]
    assert threading.get_ident() not in hand.threads


async def test_asked_twice_at_once_it_is_drawn_once(easel: Easel) -> None:
    hand = Hand()
    hand.free.clear()
    asked = [asyncio.create_task(easel.draw(Sketch("a", hand=hand))) for _ in range(5)]
    await asyncio.sleep(0)
    hand.free.set()
    assert await asyncio.gather(*asked) == [b"a" * 10] * 5
    assert hand.drawn == ["a"]


async def test_who_goes_away_takes_nothing_from_the_others(easel: Easel) -> None:
    hand = Hand()
    hand.free.clear()
    gone, stays = (asyncio.create_task(easel.draw(Sketch("a", hand=hand))) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    hand.free.set()
    assert await stays == b"a" * 10
    assert gone.cancelled()
    assert await easel.draw(Sketch("a", hand=hand)) == b"a" * 10
    assert hand.drawn == ["a"]


async def test_the_cache_holds_so_many_bytes_and_lets_go_what_was_longest_unused(easel: Easel) -> None:
    hand = Hand()

    async def draw(name: str, size: int = 40) -> None:
        assert await easel.draw(Sketch(name, size, hand=hand)) == name.encode() * size

    for name in "abacab":
        await draw(name)
    assert hand.drawn == ["a", "b", "c", "b"]
    await draw("d", 1000)  # larger than the cache: shown, not kept, and nothing is lost for it
    await draw("d", 1000)
    await draw("a")
    assert hand.drawn == ["a", "b", "c", "b", "d", "d"]
    assert easel.size == sum(map(len, easel.kept.values())) <= 100


@pytest.mark.parametrize("fault", [ValueError, RecursionError, MemoryError])
async def test_a_fault_is_none_and_one_line_without_the_value(easel: Easel, fault: type[BaseException]) -> None:
    hand = Hand()
    with capture_logs() as lines:
        assert await easel.draw(Sketch("720012345", fault=fault, hand=hand)) is None
    (line,) = lines
    assert (line["event"], line["kind"]) == ("no-picture", "Sketch")
    # The exception itself is turned into types and places on the way out (bot.logs).
    assert "720012345" not in str({name: value for name, value in line.items() if name != "exc_info"})
    assert await easel.draw(Sketch("b", hand=hand)) == b"b" * 10
    assert not easel.under_way


async def test_what_takes_too_long_is_none_and_what_waited_behind_it_is_not_drawn_for_nobody() -> None:
    easel, hand = Easel(within=0.05), Hand()
    hand.free.clear()
    with capture_logs() as lines:
        assert await asyncio.gather(*(easel.draw(Sketch(name, hand=hand)) for name in "ab")) == [None, None]
    assert [type(line["exc_info"]) for line in lines] == [TimeoutError, TimeoutError]
    hand.free.set()
    await asyncio.to_thread(easel.thread.shutdown)
    assert hand.drawn == ["a"]
    await easel.close()


async def test_an_order_that_no_bank_takes_is_no_picture(easel: Easel) -> None:
    wrong = PaymentCode(Payee("ПАО «Связь»", "1", "Банк", "2", "3"), 100, "720012345", "л/с")
    with capture_logs() as lines:
        assert await easel.draw(wrong) is None
    assert len(lines) == 1


async def test_drawings_are_timed_by_kind() -> None:
    easel = Easel()

    def count() -> float:
        return REGISTRY.get_sample_value("saldo_drawing_seconds_count", {"kind": "ServiceList"}) or 0

    before = count()
    made = ServiceList("Ваши услуги", (Row("tv", "ТВ", "работает", state=Mood.GOOD),))
    for _ in range(2):
        data = await easel.draw(made)
        assert data is not None
        assert data.startswith(b"\x89PNG")
    assert count() - before == 1
    await easel.close()


async def test_the_loop_goes_on_while_it_is_drawn(easel: Easel) -> None:
    hand = Hand()
    hand.free.clear()
    asked = asyncio.create_task(easel.draw(Sketch("a", hand=hand)))
    await hand.begun()
    assert not asked.done()
    hand.free.set()
    assert await asked == b"a" * 10


async def test_closing_ends_what_is_under_way() -> None:
    easel, hand = Easel(), Hand()
    hand.free.clear()
    asked = [asyncio.create_task(easel.draw(Sketch(name, hand=hand))) for name in "ab"]
    await hand.begun()
    await easel.close()
    hand.free.set()
    assert all(isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*asked, return_exceptions=True))
    await asyncio.to_thread(easel.thread.shutdown)
    assert hand.drawn == ["a"]


def test_nothing_that_draws_is_loaded_before_something_is_drawn() -> None:
    script = (
        "import sys, bot.cli, bot.app, pictures.services, pictures.bars, pictures.code, pictures.statement\n"
        "print([name for name in ('reportlab', 'segno', 'PIL', 'resvg_py') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert done.stdout == "[]\n"
