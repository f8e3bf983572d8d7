"""A load from a process of its own: keep-alive connections that post Telegram-like updates as fast as they are taken.

    python -m benchmarks.load PORT PATH SECRET --connections 64 --seconds 5 --pid 4711     prints one JSON object

It must cost far less than what it measures, or every ratio is squeezed towards 1: so no client library and no event
loop, but epoll over plain sockets, a request that is one `%` away from its bytes, and of an answer its status and its
length only. What it takes of a core is printed beside what the server took, so that it is seen who was the bottleneck.
"""

import argparse
import gc
import json
import os
import re
import select
import socket
import sys
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

CHATS: Final = 2000
WARM: Final = 1.0  # seconds, not counted; a quarter of the run if that is less
LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TICK: Final = os.sysconf("SC_CLK_TCK")


def template(path: str, secret: str, text: str) -> bytes:
    """A request that lacks the update's number, twice, and the chat's, twice: both of a fixed width, so that the length
    is known."""
    update, chat = "%(update)015d", "%(chat)09d"
    body = json.dumps(
        {
            "update_id": "@update",
            "message": {
                "message_id": "@update",
                "from": {"id": "@chat", "is_bot": False, "first_name": "Анна", "language_code": "ru"},
                "chat": {"id": "@chat", "type": "private", "first_name": "Анна"},
                "date": int(time.time()),
                "text": text,
            },
        }
    ).replace("%", "%%")  # fmt: skip
    body = body.replace('"@update"', "1" + update).replace('"@chat"', "1" + chat)
    length = len(body % {"update": 0, "chat": 0})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {length}\r\n\r\n"
    ).replace("%", "%%")
    # By position: half the price of names.
    return re.sub(r"%\(\w+\)", "%", head + body).encode()


@dataclass(slots=True)
class Wire:
    """One connection: the next request leaves when the answer to the last one is here."""

    socket: socket.socket
    began: float = 0.0
    rest: bytes = b""  # of an answer that came in pieces


def whole(answer: bytes) -> bool:
    """Is the whole answer here?"""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    if found := LENGTH.search(answer, 0, head):
        return len(answer) >= head + 4 + int(found[1])
    if answer[9:12] == b"204":
        return True
    return answer.endswith(b"\r\n0\r\n\r\n")  # chunked


def cpu_seconds(*pids: int) -> float:
    """What these processes and their present children have used."""
    ticks = 0
    parents = {str(pid) for pid in pids}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        if stat.parent.name in parents or fields[1] in parents:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def run(port: int, request: bytes, connections: int, seconds: float, pids: list[int]) -> dict[str, float]:
    poll = select.epoll()
    wires: dict[int, Wire] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.setblocking(False)
        poll.register(one, select.EPOLLIN)
        wires[one.fileno()] = Wire(one)
    numbers = count(time.time_ns() // 1_000_000)
    clock = time.perf_counter
    latencies: list[float] = []
    bad = 0
    # The collector would walk the latencies; nothing here makes cycles.
    gc.disable()
    for wire in wires.values():
        number = next(numbers)
        wire.began = clock()
        wire.socket.sendall(request % (number, number, number % CHATS + 1, number % CHATS + 1))
    counting, until = False, clock() + min(WARM, seconds / 4)
    began = cpu = mine = 0.0
    while True:
        for fd, _ in poll.poll(0.5):
            wire = wires[fd]
            answer = wire.socket.recv(65536)
            if not answer:
                raise SystemExit("the server closed a connection")
            if wire.rest:
                answer = wire.rest + answer
            if not whole(answer):
                wire.rest = answer
                continue
            wire.rest = b""
            now = clock()
            latencies.append(now - wire.began)
            bad += answer[9] != 50  # "HTTP/1.1 2"
            number = next(numbers)
            wire.began = now
            wire.socket.send(request % (number, number, number % CHATS + 1, number % CHATS + 1))
        now = clock()
        if now < until:
            continue
        if counting:
            break
        latencies, bad, counting = [], 0, True
        cpu, mine = cpu_seconds(*pids), time.process_time()
        began = clock()
        until = began + seconds
    elapsed = now - began
    cpu, mine = cpu_seconds(*pids) - cpu, time.process_time() - mine
    for wire in wires.values():
        wire.socket.close()
    times = sorted(latencies)
    if not times:
        raise SystemExit("nothing was answered")
    return {
        "per_second": len(times) / elapsed,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "slowest_ms": times[-1] * 1000,
        "bad": bad,
        "load_cpu": mine / elapsed,  # of one core
        "server_cpu": cpu / elapsed,  # of one core; with a writer's thread or a database it may be above 1
        "server_us": cpu / len(times) * 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("secret")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--text", default="баланс")
    parser.add_argument("--pid", type=int, action="append", default=[], help="whose processor time is measured")
    given = parser.parse_args()
    request = template(given.path, given.secret, given.text)
    json.dump(run(given.port, request, given.connections, given.seconds, given.pid), sys.stdout)


if __name__ == "__main__":
    main()
