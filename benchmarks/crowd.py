"""A crowd: a thousand customers ask for their balance at once, and the billing behind takes 200 ms for each answer.

    python -m benchmarks.crowd [--rounds 3]      measures, and writes its part of results.md anew

The billing is asked over TM Forum by the whole way of `saldo run`: the guard, the position, the adapter, its
connections. The server is a process of its own that answers nothing but what one account needs, and counts how many
connections were open at most. Cold: nothing is known yet. Warm: services are, as after the customer's last question.
"""

import argparse
import asyncio
import json
import resource
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks import results
from benchmarks.rounds import machine
from billing import tmf
from billing.base import facts_of
from billing.guard import guard
from billing.position import position
from billing.promises import FREE

TITLE: Final = "## A crowd"
CUSTOMERS: Final = 1000
DELAY: Final = 0.2  # seconds
AIM: Final = 600  # ms, p95
CONNECTIONS: Final = (64, 400, 1000)


# ── The billing ───────────────────────────────────────────────────────────────────────────────────────────────────


def told(path: str) -> Any:
    """The account that is asked about, or its one product; no bill."""
    parts = path.partition("?")
    kind, _, id_ = parts[0].strip("/").partition("/")
    if kind == "billingAccount":
        return {
            "id": id_,
            "name": f"6521{id_:>08}",
            "state": "active",
            "lastModified": "2026-11-22T09:00:00Z",
            "relatedParty": [{"id": f"p{id_}", "name": "Анна С.", "@referredType": "Individual"}],
            "accountBalance": [
                {"balanceType": "deposit balance", "amount": {"unit": "RUB", "value": 350.25}, "validFor": {}}
            ],
        }
    if kind == "product":
        account = next(one.partition("=")[2] for one in parts[2].split("&") if one.startswith("billingAccount.id="))
        return [
            {
                "id": f"s{account}",
                "name": "Домашний интернет",
                "status": "active",
                "billingAccount": {"id": account},
                "productPrice": [
                    {
                        "priceType": "recurring",
                        "recurringChargePeriod": "month",
                        "price": {"taxIncludedAmount": {"unit": "RUB", "value": 650}},
                    }
                ],
            }
        ]
    return []


class Wire(asyncio.Protocol):
    """One connection; requests come one after the other."""

    open = 0
    widest = 0

    def connection_made(self, transport: Any) -> None:
        self.transport, self.data = transport, b""
        Wire.open += 1
        Wire.widest = max(Wire.widest, Wire.open)

    def connection_lost(self, error: Exception | None) -> None:
        Wire.open -= 1

    def data_received(self, data: bytes) -> None:
        self.data += data
        if self.data.endswith(b"\r\n\r\n"):
            path, self.data = self.data.split(b" ", 2)[1].decode(), b""
            body = str(Wire.widest).encode() if path == "/widest" else json.dumps(told(path)).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            delay = 0.0 if path == "/widest" else DELAY
            asyncio.get_running_loop().call_later(delay, self.transport.write, head.encode() + body)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Wire, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# ── The crowd ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def ask(billing: Any, account: str) -> float:
    """Milliseconds until this one knows his position."""
    began = time.perf_counter()
    facts = await facts_of(billing, account)
    found = position(facts.account, facts.balance, facts.bills, facts.services, facts.balance.as_of.date())
    assert found.own.minor == 35025
    return (time.perf_counter() - began) * 1000


async def crowd(port: int, connections: int) -> dict[str, dict[str, float]]:
    url = f"http://127.0.0.1:{port}"
    values = {one.name: one.default for one in tmf.SETTINGS} | {
        "TMF_ACCOUNT_URL": url, "TMF_BILL_URL": url, "TMF_PRODUCT_URL": url,
        "TMF_CONNECTIONS": str(connections), "TMF_TIMEOUT": "60", "TMF_FRESH": "1",
    }  # fmt: skip
    now = lambda: datetime.now(UTC)  # noqa: E731
    nothing: Any = None
    bare = tmf.connect(values, database=nothing, now=now, rule=FREE, secret="x" * 32)
    billing = guard(bare, limit_seconds=60, now=now)
    found = {}
    for name in ("cold", "warm"):
        cpu = time.process_time()
        times = sorted(await asyncio.gather(*(ask(billing, str(n)) for n in range(CUSTOMERS))))
        found[name] = {
            "p50": times[len(times) // 2],
            "p95": times[int(len(times) * 0.95)],
            "cpu": (time.process_time() - cpu) * 1000,
        }
        await asyncio.sleep(1.2)  # what is said of money has aged; of services not
    await billing.close()
    return found


async def widest(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /widest HTTP/1.1\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
    writer.close()
    return int(body) - 1  # this one


async def measured(rounds: int) -> list[str]:
    rows: list[str] = []
    for connections in CONNECTIONS:
        many: list[dict[str, dict[str, float]]] = []
        most = 0
        for _ in range(rounds):
            server = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.crowd", "--serve", stdout=asyncio.subprocess.PIPE
            )
            assert server.stdout is not None
            try:
                port = int(await server.stdout.readline())
                many.append(await crowd(port, connections))
                most = max(most, await widest(port))
            finally:
                server.kill()
                await server.wait()
        for name in ("cold", "warm"):
            p50, p95, cpu = (statistics.median(one[name][key] for one in many) for key in ("p50", "p95", "cpu"))
            late = " (late)" if p95 > AIM and name == "warm" else ""
            rows.append(f"| {connections}, {name} | {p50:,.0f} | {p95:,.0f}{late} | {most} | {cpu / CUSTOMERS:.2f} |")
    return [
        TITLE, "",
        f"{machine()}; {CUSTOMERS:,} customers at once, {DELAY * 1000:.0f} ms an answer of the billing, median of "
        f"{rounds}.", "",
        "| connections to each address | p50, ms | p95, ms | open at most, all addresses | processor, ms a customer |",
        "|---|---|---|---|---|",
        *rows, "",
        f"The aim is a p95 of {AIM} ms. With n connections no client can be faster than 1,000 / n times 200 ms, so the",
        "aim needs 400 of them and more; and what a call costs in Python is paid a thousand times in that moment.",
        "",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help="be the billing")
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    if given.serve:
        asyncio.run(serve())
    else:
        print(results.replace(TITLE, asyncio.run(measured(given.rounds))))


if __name__ == "__main__":
    main()
