"""Real processes of `saldo run` for the tests, at a tenth of a second each.

    python -m tests.bot.processes     the nursery: imports the program once, then forks a `saldo run` for each order

An order is a line of JSON: {"environ": {…}, "folder": …, "log": …} starts one and answers its number; {"wait": number}
answers how it ended, as subprocess does: its exit code, or minus the signal.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

WITHIN = 60.0


def nurse() -> None:
    import aiogram
    import vk_api

    import adapters.ok
    import adapters.telegram
    import adapters.vk
    import billing.ledger
    import bot.app

    assert all((aiogram, vk_api, adapters.ok, adapters.telegram, adapters.vk, billing.ledger, bot.app))
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            try:
                _, status = os.waitpid(order["wait"], 0)
            except ChildProcessError:  # somebody has waited for it, and was not waited for
                status = 0
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            born(order)


def born(order: Mapping[str, Any]) -> None:
    import typer

    from bot.cli import run

    code = 70
    try:
        os.chdir(order["folder"])
        log = os.open(order["log"], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(order["environ"])
        run()
        code = 0
    except typer.Exit as ended:
        code = ended.exit_code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Nursery:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.running: set[int] = set()
        self._one_order = Lock()

    def order(self, **what: Any) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._one_order:
            self.process.stdin.write(json.dumps(what) + "\n")
            self.process.stdin.flush()
            return int(self.process.stdout.readline())

    def start(self, folder: Path, environ: Mapping[str, str], log: Path) -> int:
        process = self.order(folder=str(folder), environ=dict(environ), log=str(log))
        self.running.add(process)
        return process

    async def ended(self, process: int) -> int:
        async with asyncio.timeout(WITHIN):
            code = await asyncio.to_thread(self.order, wait=process)
        self.running.discard(process)
        return code

    def empty(self) -> None:
        """Kill what a failed test left running: it would go on answering the messages of the tests after it."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while self.running:
            self.order(wait=self.running.pop())


@contextmanager
def nursery() -> Iterator[Nursery]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bot.processes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Nursery(process)
    finally:
        process.communicate(timeout=WITHIN)


async def says(log: Path, words: str, times: int = 1) -> None:
    """Until a process has written `words` into its log."""
    async with asyncio.timeout(WITHIN):
        while not log.exists() or log.read_text().count(words) < times:  # noqa: ASYNC110 — another process writes it
            await asyncio.sleep(0.02)


@asynccontextmanager
async def front(ports: Sequence[int]) -> AsyncIterator[int]:
    """A reverse proxy before several processes: each connection goes to the next of them. Yields its port."""
    turn = 0

    async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass  # the other side notices as well
        finally:
            target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal turn
        turn += 1
        try:
            ahead, behind = await asyncio.open_connection("127.0.0.1", ports[turn % len(ports)])
        except ConnectionError:
            writer.close()
            return
        await asyncio.gather(pipe(reader, behind), pipe(ahead, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


if __name__ == "__main__":
    nurse()
