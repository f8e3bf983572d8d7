"""The command line, run as an operator runs it: another process, an empty folder, exit codes and sentences."""

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from bot.cli import cli
from sandbox.mailbox import Mailbox
from storage.migrations import HEAD
from tests.ports import free_port

SINGLE = sorted(str(c.name or c.callback.__name__) for c in cli.registered_commands if c.callback)
GROUPS = sorted(str(group.name) for group in cli.registered_groups)
HEAVY = (
    *("aiogram", "vk_api", "aiohttp", "sqlalchemy", "alembic", "requests", "pydantic", "jinja2", "apscheduler"),
    *("numpy", "sklearn"),
)
CANARY = "canary-8472"
AWAY = "http://127.0.0.1:9"  # the discard port: nobody is there
BOT = {"OK_TOKEN": "tkn0123456789:KEY", "OK_API_URL": AWAY}  # the network that is the lightest to load


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def environ(settings: Mapping[str, str]) -> dict[str, str]:
    """An environment that knows where Python is and nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "PYTHONWARNINGS": "error", "COLUMNS": "120", "PYTHONUTF8": "1", **settings}


def saldo(folder: Path, *arguments: str, **settings: str) -> Ended:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environ(settings),
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )
    ended = Ended(done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in ended.err, ended.err
    assert CANARY not in ended.out + ended.err
    return ended


@pytest.fixture
def ready(sqlite_url: str) -> dict[str, str]:
    """Settings of a migrated database."""
    return {"DATABASE_URL": sqlite_url}


# ── Help ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_word_comes_quickly_because_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    script = "import sys\nfrom bot.cli import cli\ntry: cli(['--help'])\nfinally: print('LOADED', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environ({}), capture_output=True, encoding="utf-8", timeout=60
    )
    loaded = done.stdout.partition("LOADED")[2].split()
    assert "bot.cli" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_installed_command_lists_every_command() -> None:
    script = Path(sys.executable).parent / "saldo"
    done = subprocess.run([script, "--help"], env=environ({}), capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0
    listed = re.findall(r"^│ (\w+)  ", done.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(SINGLE + GROUPS)


@pytest.mark.parametrize("command", SINGLE + GROUPS)
def test_every_command_and_option_says_what_it_is_for(command: str) -> None:
    """Asked in this process: only the text matters, and a process each costs seconds."""
    made = typer.main.get_command(cli)
    context = made.make_context("saldo", [command], resilient_parsing=True)
    found = made.get_command(context, command)  # type: ignore[attr-defined]
    for one in (found, *getattr(found, "commands", {}).values()):
        assert one.help
        assert [option.name for option in one.params if not option.help] == []


@pytest.mark.parametrize("command", ["run", "import"])
def test_a_command_helps_without_settings(tmp_path: Path, command: str) -> None:
    ended = saldo(tmp_path, command, "--help", PORT="no number")
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: " in ended.out


# ── run ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_run_without_a_network_says_which_tokens_it_looks_for(tmp_path: Path, ready: dict[str, str]) -> None:
    ended = saldo(tmp_path, "run", **ready)
    assert ended.code == 2
    assert "VK_TOKEN, TELEGRAM_TOKEN or OK_TOKEN" in ended.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"postgresql+asyncpg://saldo:{CANARY}@host:{CANARY}/saldo"),
        ("OK_MODE", CANARY),
        ("OK_TIMEOUT", CANARY),
    ],
)
def test_run_names_a_bad_setting_and_never_prints_it(
    tmp_path: Path, ready: dict[str, str], name: str, value: str
) -> None:
    ended = saldo(tmp_path, "run", **{**ready, **BOT, name: value})
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("saldo: settings:\n")
    assert name in ended.err


def test_run_with_a_model_that_is_none_is_a_sentence(tmp_path: Path, ready: dict[str, str]) -> None:
    (tmp_path / "my.npz").write_bytes(b"no model")
    ended = saldo(tmp_path, "run", **ready, **BOT, MODEL="my.npz")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("saldo: settings:\nMODEL: my.npz: no model")


def test_run_on_an_empty_database_names_the_command_that_mends_it(tmp_path: Path) -> None:
    ended = saldo(tmp_path, "run", **BOT)
    assert (ended.code, ended.out) == (2, "")
    assert "saldo migrate" in ended.err


@pytest.mark.parametrize("command", ["run", "migrate", "doctor"])
def test_a_database_server_that_is_away_is_a_sentence_without_the_password(tmp_path: Path, command: str) -> None:
    ended = saldo(tmp_path, command, DATABASE_URL=f"postgresql+asyncpg://saldo:{CANARY}@127.0.0.1:9/saldo")
    assert ended.code in {1, 2}
    assert "no connection to the database" in ended.out + ended.err


def test_run_serves_until_it_is_told_to_stop(tmp_path: Path, ready: dict[str, str]) -> None:
    settings = {**ready, **BOT, "PORT": str(free_port()), "INNER_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env=environ(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stderr is not None
        seen = []
        for line in process.stderr:
            seen.append(json.loads(line))
            if seen[-1]["event"] == "ready":
                break
        assert seen, "it ended before it was ready"
        assert seen[-1]["event"] == "ready"

        # What others get while it holds the SQLite file.
        assert "in use by another process" in saldo(tmp_path, "migrate", **ready).err
        found = {one["check"]: one["fine"] for one in json.loads(saldo(tmp_path, "doctor", "--json", **ready).out)}
        assert found["database"], "looking must not need the lock"

        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    events = [json.loads(line)["event"] for line in rest.splitlines()]
    assert process.returncode == 0
    assert events[-1] == "stopped"


def test_doctor_names_a_model_that_is_none(tmp_path: Path) -> None:
    found = {one["check"]: one for one in json.loads(saldo(tmp_path, "doctor", "--json").out)}
    assert found["model"]["fine"]
    (tmp_path / "model.npz").write_bytes(b"no model")
    found = {one["check"]: one for one in json.loads(saldo(tmp_path, "doctor", "--json", MODEL="model.npz").out)}
    assert not found["model"]["fine"]
    assert "correct MODEL" in found["model"]["mend"]


def test_a_port_in_use_is_a_sentence(tmp_path: Path, ready: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = saldo(tmp_path, "run", **{**ready, **BOT, "PORT": port, "INNER_PORT": "0"})
    assert ended.code == 1, "whoever has it may give it back: systemd is to start us again"
    assert ended.err.startswith(f"saldo: nobody can listen on 127.0.0.1 port {port}: Address already in use: see HOST ")


@pytest.mark.parametrize(
    ("setting", "host", "why"),
    [
        ("HOST", "203.0.113.1", "Cannot assign requested address"),
        ("INNER_HOST", "203.0.113.1", "Cannot assign requested address"),
        ("HOST", "no host", "Name or service not known"),
    ],
)
def test_an_address_that_is_not_ours_is_a_sentence(
    tmp_path: Path, ready: dict[str, str], setting: str, host: str, why: str
) -> None:
    port = str(free_port())
    ended = saldo(tmp_path, "run", **ready, **BOT, **{"PORT": port, "INNER_PORT": "0", setting: host})
    (said,) = ended.err.splitlines()
    assert said.startswith(f"saldo: nobody can listen on {host} port ")
    assert said.endswith(f": {why}: see HOST and PORT, INNER_HOST and INNER_PORT")


def test_a_database_that_is_away_at_the_start_is_looked_for_again(tmp_path: Path) -> None:
    """After code 2 systemd leaves it at that (deploy/saldo.service), and both machines may have lost their power."""
    ended = saldo(tmp_path, "run", **BOT, DATABASE_URL=f"postgresql+asyncpg://saldo:{CANARY}@127.0.0.1:9/saldo")
    assert ended.code == 1
    assert ended.err.startswith("saldo: database: no connection")
    assert "RestartPreventExitStatus=2\n" in Path("deploy/saldo.service").read_text()


# ── migrate, scan ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_migrate_makes_the_database_and_then_leaves_it_alone(tmp_path: Path) -> None:
    first, second = saldo(tmp_path, "migrate"), saldo(tmp_path, "migrate")
    assert (first.code, first.out) == (0, f"empty -> {HEAD}\n")
    assert (second.code, second.out) == (0, f"already at {HEAD}\n")
    assert (tmp_path / "data" / "saldo.db").stat().st_mode & 0o077 == 0
    assert saldo(tmp_path, "scan").out == "0 alerts queued\n"


def test_what_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database " * 100)
    for command, code in (("migrate", 2), ("run", 1)):
        ended = saldo(tmp_path, command, DATABASE_URL="sqlite:///notes.txt", **BOT)
        assert ended.code == code
        assert ended.err.startswith("saldo: database: ")


def test_a_database_of_a_later_version_is_a_sentence(tmp_path: Path) -> None:
    """Somebody went back to the version before, and `saldo run` told him to migrate."""
    saldo(tmp_path, "migrate")
    with closing(sqlite3.connect(tmp_path / "data" / "saldo.db")) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "saldo migrate" in saldo(tmp_path, "run", **BOT).err
    ended = saldo(tmp_path, "migrate")
    assert ended.code == 2
    assert ended.err.startswith("saldo: database: a later version of Saldo has made it: ")


@pytest.mark.parametrize(
    ("name", "settings"), [("TMF_ACCOUNT_URL", {"BILLING": "tmf"}), ("SMTP_URL", {"SMTP_URL": CANARY})]
)
def test_scan_names_a_bad_setting_of_the_billing_or_a_carrier(
    tmp_path: Path, ready: dict[str, str], name: str, settings: dict[str, str]
) -> None:
    ended = saldo(tmp_path, "scan", **ready, **settings)
    assert ended.code == 2
    assert ended.err.startswith(f"saldo: settings:\n{name} ")


def test_scan_on_an_empty_database_names_the_command_that_mends_it(tmp_path: Path) -> None:
    ended = saldo(tmp_path, "scan")
    assert ended.code == 2
    assert "saldo migrate" in ended.err


# ── import ────────────────────────────────────────────────────────────────────────────────────────────────────────

ACCOUNTS = "number,scheme,balance\n0065210041,advance,350.00\n0065210042,credit,0\n"


@pytest.fixture
def book(tmp_path: Path, ready: dict[str, str]) -> Callable[..., Ended]:
    """`saldo import` with one accounts file."""

    def run(text: str | bytes = ACCOUNTS, *more: str) -> Ended:
        file = tmp_path / "accounts.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return saldo(tmp_path, "import", "--accounts", str(file), *more, **ready)

    return run


def counts(ended: Ended) -> list[int]:
    """The figures of the only row: new, changed, same."""
    assert ended.code == 0, ended.err
    (row,) = (line for line in ended.out.splitlines() if "accounts" in line and "columns" not in line)
    return [int(cell) for cell in re.findall(r"\b\d+\b", row)]


def test_import_says_what_was_new_and_twice_is_as_once(book: Callable[..., Ended]) -> None:
    assert counts(book()) == [2, 0, 0]
    assert counts(book()) == [0, 0, 2]
    assert counts(book(ACCOUNTS.replace("350.00", "351.00"))) == [0, 1, 1]


def test_a_dry_run_changes_nothing(book: Callable[..., Ended]) -> None:
    dry = book(ACCOUNTS, "--dry-run")
    assert counts(dry) == [2, 0, 0]
    assert "nothing was changed" in dry.out
    assert counts(book()) == [2, 0, 0]


def test_a_bad_row_is_file_line_column_and_reason_and_changes_nothing(book: Callable[..., Ended]) -> None:
    bad = book(ACCOUNTS + f"0065210043,advance,{CANARY}\n")
    assert bad.code == 1
    assert "accounts.csv, line 4, column balance: is not a sum" in bad.err
    assert "Nothing was changed." in bad.err
    assert counts(book()) == [2, 0, 0]


def test_unknown_columns_are_named_as_they_are(book: Callable[..., Ended]) -> None:
    ended = book("number,scheme,balance,[/Район],\x1b[31mred\n0065210041,advance,1,,\n")
    assert "columns left alone: [/Район],  [31mred" in ended.out
    assert "\x1b" not in ended.out


def test_import_without_files_or_with_a_missing_one(tmp_path: Path, ready: dict[str, str]) -> None:
    nothing = saldo(tmp_path, "import", **ready)
    assert nothing.code == 2
    assert "--accounts" in nothing.err
    missing = saldo(tmp_path, "import", "--accounts", "nowhere.csv", **ready)
    assert missing.code == 2
    assert "nowhere.csv" in missing.err


def test_import_into_an_empty_database_names_the_command_that_mends_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ACCOUNTS)
    ended = saldo(tmp_path, "import", "--accounts", "a.csv")
    assert ended.code == 1
    assert "saldo migrate" in ended.err


# ── doctor ────────────────────────────────────────────────────────────────────────────────────────────────────────


def examined(folder: Path, **settings: str) -> tuple[int, dict[str, tuple[bool, str, str]]]:
    ended = saldo(folder, "doctor", "--json", **settings)
    found = {one["check"]: (one["fine"], one["what"], one["mend"]) for one in json.loads(ended.out)}
    for check, (fine, _, mend) in found.items():
        assert fine or mend, f"{check} is bad and nobody says how to mend it"
    assert ended.code == (0 if all(fine for fine, _, _ in found.values()) else 1)
    return ended.code, found


def test_doctor_on_broken_settings_names_them(tmp_path: Path) -> None:
    code, found = examined(tmp_path, PORT=CANARY, DEFAULT_ZONE=CANARY)
    assert code == 1
    fine, what, mend = found["settings"]
    assert not fine
    assert "PORT: " in what
    assert "DEFAULT_ZONE: " in what
    assert ".env.example" in mend
    shown = saldo(tmp_path, "doctor", PORT=CANARY)
    assert shown.code == 1
    assert shown.out.startswith("BAD  settings: PORT: ")
    assert "mend: " in shown.out


def test_doctor_in_an_empty_folder_leaves_it_empty(tmp_path: Path) -> None:
    code, found = examined(tmp_path)
    assert code == 1
    assert found["networks"][0] is False
    assert found["database"] == (False, f"schema empty, this version needs {HEAD}", "saldo migrate")
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_a_network_that_cannot_be_reached_and_shows_no_token(
    tmp_path: Path, ready: dict[str, str]
) -> None:
    code, found = examined(tmp_path, **ready, **BOT)
    assert code == 1
    assert [check for check, (fine, _, _) in found.items() if not fine] == ["ok"]
    assert BOT["OK_TOKEN"] not in json.dumps(found)


def test_doctor_finds_an_alarm_that_nobody_would_hear(tmp_path: Path) -> None:
    _, found = examined(tmp_path, **BOT, ALARM_TO="email:noc@example.com")
    assert found["alarm"][:2] == (False, "ALARM_TO goes by email, which is off")
    _, found = examined(tmp_path, **BOT, ALARM_TO="ok:chat:C1")
    assert "alarm" not in found


def test_doctor_finds_hooks_that_cannot_work(tmp_path: Path, ready: dict[str, str]) -> None:
    telegram = {"TELEGRAM_TOKEN": "12345678:" + "A" * 35, "TELEGRAM_API_URL": AWAY, "TELEGRAM_INTAKE": "webhook"}
    _, found = examined(tmp_path, **ready, **telegram, **BOT, OK_INTAKE="webhook")
    assert found["telegram.hook"][2] == "set TELEGRAM_SECRET or TELEGRAM_INTAKE=poll"
    assert found["ok.hook"][2] == "PUBLIC_URL must be https, or set OK_INTAKE=poll"


def test_doctor_logs_in_where_mail_goes_and_sends_nothing(tmp_path: Path, ready: dict[str, str]) -> None:
    async def tried(**more: str) -> dict[str, tuple[bool, str, str]]:
        box = Mailbox()
        await box.start()
        _, found = await asyncio.to_thread(examined, tmp_path, **{**ready, **box.settings(), **more})
        await box.stop()
        assert box.mails == []
        return found

    found = asyncio.run(tried())
    assert found["email"][:2] == (True, found["email"][1])
    assert "no-reply@saldo.example at 127.0.0.1:" in found["email"][1]
    assert found["sms"][0]
    found = asyncio.run(tried(SMTP_URL=f"smtp://saldo:{CANARY}@127.0.0.1:9", SMS_URL=f"http://127.0.0.1/{CANARY}"))
    assert not found["email"][0]
    assert found["email"][1].startswith("Unavailable: SMTP: connect")
    assert found["sms"][1].startswith("SMS_URL and SMS_BODY together have no {phone}")
    _, none = examined(tmp_path, **ready)
    assert none["codes"][0]


def test_doctor_compares_the_clock_with_the_servers(tmp_path: Path, postgres_url: str) -> None:
    _, found = examined(tmp_path, DATABASE_URL=postgres_url.replace("postgresql:", "postgresql+asyncpg:"))
    assert found["database"][:2] == (True, f"schema {HEAD}")
    assert found["clock"][0]
