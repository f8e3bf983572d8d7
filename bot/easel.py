"""The easel: where drawings are drawn, away from the event loop.

    the same value, drawn before       out of the cache, which holds so many bytes and lets go what was longest unused
    the same value, being drawn        one drawing, everybody waits for it
    anything else                      one thread, one after another
    a fault, or too late               None, and one line in the log: the words say it all anyway

A thread is enough: Pillow, reportlab and segno let go of the interpreter often enough. Measured on two busy cores,
five drawings in a row: the loop waited 6 to 20 ms at worst, and 10 ms while reportlab was loaded; resvg-py, which
holds the interpreter for all of a drawing, kept it waiting for 55 to 100 ms. One thread and not several, because
drawings only take turns on the interpreter anyway, and reportlab's fonts are one for all.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from prometheus_client import Histogram

from pictures.base import Drawing

log = structlog.get_logger()
took = Histogram("saldo_drawing_seconds", "Drawing one picture or file, without waiting for its turn", ["kind"])

KEPT_BYTES: Final = 32 * 2**20
WITHIN: Final = 5.0  # seconds, waiting for its turn included: well below what an answer may take


class Easel:
    def __init__(self, *, kept_bytes: int = KEPT_BYTES, within: float = WITHIN) -> None:
        self.kept_bytes, self.within = kept_bytes, within
        self.kept: OrderedDict[Drawing, bytes] = OrderedDict()
        self.size = 0
        self.under_way: dict[Drawing, asyncio.Task[bytes | None]] = {}
        self.thread = ThreadPoolExecutor(1, "easel")

    async def draw(self, drawing: Drawing) -> bytes | None:
        """The drawing's file, or None when it cannot be drawn in time."""
        if drawing in self.kept:
            self.kept.move_to_end(drawing)
            return self.kept[drawing]
        if drawing not in self.under_way:
            self.under_way[drawing] = asyncio.create_task(self.make(drawing))
        # Who asked may go; the drawing is finished for whoever asks next.
        return await asyncio.shield(self.under_way[drawing])

    async def make(self, drawing: Drawing) -> bytes | None:
        try:
            async with asyncio.timeout(self.within):  # cancels what still waits for its turn
                data = await asyncio.get_running_loop().run_in_executor(self.thread, timed, drawing)
        except Exception as error:  # a picture must not cost the customer the answer
            log.warning("no-picture", kind=type(drawing).__name__, exc_info=error)
            return None
        else:
            self.keep(drawing, data)
            return data
        finally:
            del self.under_way[drawing]

    def keep(self, drawing: Drawing, data: bytes) -> None:
        if len(data) > self.kept_bytes:
            return
        self.kept[drawing] = data
        self.size += len(data)
        while self.size > self.kept_bytes:
            _, oldest = self.kept.popitem(last=False)
            self.size -= len(oldest)

    async def close(self) -> None:
        for task in self.under_way.values():
            task.cancel()
        await asyncio.gather(*self.under_way.values(), return_exceptions=True)
        self.thread.shutdown(wait=False, cancel_futures=True)


def timed(drawing: Drawing) -> bytes:
    with took.labels(type(drawing).__name__).time():
        return drawing.draw()
