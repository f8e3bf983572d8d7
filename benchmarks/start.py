"""Start: from `saldo run` to the first update that is acknowledged, and the memory of the program at rest.

    python -m benchmarks.start [--rounds 5]      measures, and writes its part of results.md anew

A migrated SQLite file, hooks on loopback, networks whose servers refuse every connection: what is measured is ours.
Counted from the moment the process is made, Python's own start included, to the first 200 for a genuine event. At rest
is when the program is ready and idle, the sentence model and aiogram included, which load after that. Processor time is
printed beside: on a machine that does other things as well, it is the figure to compare.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import results
from benchmarks.load import cpu_seconds
from benchmarks.rounds import in_turns, machine
from bot import registry
from tests.ports import free_port

TITLE: Final = "## Start"
AIMS: Final = {"vk": 2.0, "vk telegram ok": 5.0}  # seconds
PATIENCE: Final = 60.0  # seconds
SECRET: Final = "benchmark-secret-benchmark"


def environment(folder: str, networks: str, port: int, inner: int) -> dict[str, str]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    made = {
        "DATABASE_URL": f"sqlite:///{folder}/start.db",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "INNER_PORT": str(inner),
    }
    own = {
        "vk": {"VK_TOKEN": "benchmark", "VK_GROUP_ID": "1"},
        "telegram": {"TELEGRAM_TOKEN": "42:BENCHMARK-TOKEN-BENCHMARK-TOKEN-000"},
        "ok": {"OK_TOKEN": "benchmark"},
    }
    for name in networks.split():
        upper = name.upper()
        made |= {**own[name], f"{upper}_API_URL": nowhere, f"{upper}_INTAKE": "webhook", f"{upper}_SECRET": SECRET}
    return made


def update(environ: dict[str, str]) -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers of a genuine event of VK."""
    module = registry.network("vk")
    network = module.connect({s.name: environ.get(s.name, s.default) for s in module.SETTINGS})
    message = {"date": int(time.time()), "peer_id": 7, "from_id": 7, "text": "баланс", "conversation_message_id": 1}
    event = {"type": "message_new", "event_id": "1", "v": "5.199", "group_id": 1, "secret": SECRET}
    body = json.dumps({**event, "object": {"message": message, "client_info": {}}})
    return f"/hook/vk/{network.path}", body.encode(), {"Content-Type": "application/json"}


def status(port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
    """0: nobody listens yet."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request(method, path, body or None, headers or {})
        return connection.getresponse().status
    except ConnectionError:
        return 0


def measured(networks: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        port, inner = free_port(), free_port()
        environ = {**os.environ, **environment(folder, networks, port, inner)}
        saldo = [sys.executable, "-m", "bot"]
        quiet = {"env": environ, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*saldo, "migrate"], check=True, **quiet)
        path, body, headers = update(environ)
        began = time.perf_counter()
        process = subprocess.Popen([*saldo, "run"], **quiet)
        try:
            until(lambda: status(port, "POST", path, body, headers) == 200, process)
            first = time.perf_counter() - began
            used = cpu_seconds(process.pid)
            until(lambda: status(inner, "GET", "/readyz") == 200, process)
            until(lambda: idle(process.pid), process)
            return {"first": first, "cpu": used, "rest": resident(process.pid)}
        finally:
            process.terminate()
            process.wait(30)


def until(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("saldo run did not start")
        time.sleep(0.005)


def idle(pid: int) -> bool:
    """Whether it did nothing for a second: aiogram loads on a thread, after everything else."""
    before = cpu_seconds(pid)
    time.sleep(1)
    return cpu_seconds(pid) - before < 0.03


def resident(pid: int) -> float:
    """MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def lines(rounds: int) -> list[str]:
    """The part of the results, measured now."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (networks,) in in_turns(*((one,) for one in AIMS), rounds=rounds):
        for figure, value in measured(networks).items():
            found[networks][figure].append(value)
    made = [
        TITLE, "", f"{machine()}; median of {rounds} rounds in shuffled order.", "",
        "| networks that are on | first update acknowledged after, s | aim | of it processor time, s | at rest, MiB |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for networks, aim in AIMS.items():
        one = {figure: statistics.median(many) for figure, many in found[networks].items()}
        late = " (late)" if one["first"] > aim else ""
        made.append(f"| {networks} | {one['first']:.2f}{late} | ≤ {aim:g} | {one['cpu']:.2f} | {one['rest']:.0f} |")
    return [
        *made,
        "",
        "From the making of the process to the first 200 for a genuine event of VK, on a migrated SQLite file.",
        "At rest: ready and idle, with all that loads meanwhile on threads: the sentence model, aiogram.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start")
    parser.add_argument("--rounds", type=int, default=5)
    print(results.replace(TITLE, lines(parser.parse_args().rounds)))


if __name__ == "__main__":
    main()
