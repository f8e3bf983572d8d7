"""The reader: where messages are understood, away from the event loop.

    a known phrase           at once, without any model: some 50 µs
    said before              out of a small cache: what many people type is typed by many
    anything else            one thread, one after another: up to 20 ms
    a fault, or too late     what is certain without a model, and one line in the log; nobody is left without an answer

The model is loaded when the program starts, which takes about a second, and until then known phrases alone are
understood. numpy lets go of the interpreter while it multiplies, so a thread is enough.
"""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

from handlers.understand import Meaning, certain, understand
from nlu import sentence
from nlu.letters import clean
from nlu.model import SHIPPED, Model, load

log = structlog.get_logger()
took = Histogram("saldo_reading_seconds", "Reading one message with the model, without waiting for its turn")
understood = Counter("saldo_understood_total", "Typed messages, by what was made of them", ["decision"])
_understood = cache(understood.labels)  # a label's counter is looked for once

KEPT: Final = 2000  # messages whose meaning is remembered
SHORT: Final = 60  # characters: what is longer nobody types twice
WITHIN: Final = 2.0  # seconds, waiting for its turn included


@cache
def whole(file: Path | None = None) -> Model:
    """The model of a file, else the shipped one, with the sentence model where it is installed. Raises ModelError."""
    understand("")  # the word lists are read as well: no customer shall wait for that
    return load(file or SHIPPED, sentence.load())


class Reader:
    def __init__(self, file: Path | None = None, *, within: float = WITHIN) -> None:
        self.file, self.within = file, within
        self.model: Model | None = None
        self.kept: OrderedDict[str, Meaning] = OrderedDict()
        self.thread = ThreadPoolExecutor(1, "reader")

    async def open(self) -> None:
        """Raises ModelError."""
        self.model = await asyncio.get_running_loop().run_in_executor(self.thread, whole, self.file)

    async def read(self, text: str) -> Meaning:
        meaning = await self.meaning(text)
        _understood(meaning.decision).inc()
        return meaning

    async def meaning(self, text: str) -> Meaning:
        if (phrase := certain(text)) is not None:
            return phrase
        if self.model is None:
            return understand(text)
        words = clean(text)
        if words in self.kept:
            self.kept.move_to_end(words)
            return self.kept[words]
        try:
            async with asyncio.timeout(self.within):
                meaning = await asyncio.get_running_loop().run_in_executor(self.thread, timed, words, self.model)
        except Exception as error:  # a message must not stay unanswered because of a model
            log.error("not-read", error=type(error).__name__)  # the traceback's values would hold what was typed
            return understand(words)
        if len(words) <= SHORT:
            self.kept[words] = meaning
            if len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        return meaning

    def close(self) -> None:
        self.thread.shutdown(wait=False)  # whoever waits for his turn still gets it


def timed(text: str, model: Model) -> Meaning:
    with took.time():
        return understand(text, model)
