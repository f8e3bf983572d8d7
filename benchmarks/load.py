"""A load from a process of its own: keep-alive connections that post Telegram-like updates as fast as they are taken.

    python -m benchmarks.load PORT PATH SECRET --connections 64 --seconds 5     prints one JSON object

Raw asyncio instead of a client library: a library's own cost would be most of what is measured.
"""

import argparse
import asyncio
import json
import random
import time
from itertools import count

CHATS = 2000


def request(path: str, secret: str, update: int, chat: int, text: str) -> bytes:
    body = json.dumps(
        {
            "update_id": update,
            "message": {
                "message_id": update,
                "from": {"id": chat, "is_bot": False, "first_name": "Анна", "language_code": "ru"},
                "chat": {"id": chat, "type": "private", "first_name": "Анна"},
                "date": int(time.time()),
                "text": text,
            },
        }
    ).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Wire(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last one is here."""

    def __init__(self, load: "Load") -> None:
        self.load, self.buffer = load, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.load.next())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if len(body) < length:
            return
        self.buffer = body[length:]
        self.load.took(time.perf_counter() - self.began, head.startswith(b"HTTP/1.1 2"))
        if not self.load.over:
            self.send()
        else:
            self.transport.close()


class Load:
    def __init__(self, path: str, secret: str, text: str) -> None:
        self.path, self.secret, self.text = path, secret, text
        self.numbers = count(time.time_ns() // 1_000_000)
        self.over = False
        self.reset()

    def reset(self) -> None:
        self.latencies: list[float] = []
        self.bad = 0

    def next(self) -> bytes:
        return request(self.path, self.secret, next(self.numbers), 1 + random.randrange(CHATS), self.text)

    def took(self, seconds: float, fine: bool) -> None:
        self.latencies.append(seconds)
        self.bad += not fine


async def run(port: int, load: Load, connections: int, seconds: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Wire(load), "127.0.0.1", port)
    await asyncio.sleep(min(1.0, seconds / 4))  # warm: not counted
    load.reset()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - began
    load.over = True
    times = sorted(load.latencies)
    return {
        "per_second": len(times) / elapsed,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "bad": load.bad,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("secret")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--text", default="баланс")
    given = parser.parse_args()
    load = Load(given.path, given.secret, given.text)
    print(json.dumps(asyncio.run(run(given.port, load, given.connections, given.seconds))))


if __name__ == "__main__":
    main()
