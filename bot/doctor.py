"""`saldo doctor`: what would go wrong, found before a customer finds it. Each finding has its mend; none a secret."""

import asyncio
import contextlib
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import sqlalchemy as sa

from adapters.base import Hooked, NetworkError
from bot import registry
from bot.reader import whole
from bot.settings import (
    CarrierSettings,
    Intake,
    Mode,
    NetworkSettings,
    Settings,
    SettingsError,
    carriers,
    environment,
    load,
    networks,
)
from handlers.text import LANGUAGES, bundle
from nlu.model import ModelError
from storage.base import StorageError
from storage.clock import SystemClock
from storage.migrations import HEAD
from storage.migrations.run import current
from storage.sql import open_storage

LEAST_DISK: Final = 512 * 2**20
MOST_SKEW: Final = 2.0  # seconds between our clock and the database's: leases are 30 s


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    fine: bool
    what: str
    mend: str = ""


async def examine() -> list[Finding]:
    """Every check, in the order in which a start would meet them."""
    try:
        settings = load()
        on, by = networks(environment(), settings.public_url), carriers(environment())
    except SettingsError as error:
        return [Finding("settings", False, str(error), "correct the named variables in .env; see .env.example")]
    found = [Finding("settings", True, f"{len(on)} networks on: {', '.join(n.name for n in on) or 'none'}")]
    if not on:
        found.append(Finding("networks", False, "no network is on", "set VK_TOKEN, TELEGRAM_TOKEN or OK_TOKEN"))
    found += [finding async for finding in database(settings)]
    for one in on:
        found += [finding async for finding in network(one, settings)]
    found += [await carrier(each) for each in by] or [Finding("codes", True, NO_CODES)]
    found.append(await asyncio.to_thread(model, settings))
    found += files(settings)
    return found


async def database(settings: Settings) -> AsyncIterator[Finding]:
    lite = settings.database_url.startswith("sqlite")
    try:
        version = peek(settings.database_url) if lite else await asyncio.to_thread(current, settings.database_url)
    except (StorageError, sqlite3.Error) as error:
        mend = "check DATABASE_URL and who may read the file" if lite else "check DATABASE_URL and that the server runs"
        yield Finding("database", False, str(error), mend)
        return
    if version != HEAD:
        yield Finding("database", False, f"schema {version or 'empty'}, this version needs {HEAD}", "saldo migrate")
        return
    yield Finding("database", True, f"schema {version}")
    if lite:
        return
    storage = open_storage(settings.database_url, SystemClock())
    try:
        theirs = await storage.database.read(lambda c: float(c.execute(sa.text(CLOCK)).scalar_one()))
    except StorageError as error:
        yield Finding("clock", False, str(error), "check the database server")
    else:
        skew = abs(datetime.now(UTC).timestamp() - theirs)
        fine = skew <= MOST_SKEW
        mend = "" if fine else "run NTP on both machines"
        yield Finding("clock", fine, f"{skew:.1f} s from the database's clock", mend)
    finally:
        await storage.close()


def peek(url: str) -> str | None:
    """The schema of a SQLite file; None: there is none yet. Makes no file, and disturbs no `saldo run`."""
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists() or not path.stat().st_size:
        return None
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as raw:
        found = raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        version = raw.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    return str(version[0]) if version else None


CLOCK: Final = "SELECT extract(epoch FROM clock_timestamp())"


async def network(one: NetworkSettings, settings: Settings) -> AsyncIterator[Finding]:
    if one.mode is Mode.FULL:
        yield Finding(
            f"{one.name}.mode",
            True,
            f"full: some countries forbid operators more than {one.name.upper()}_MODE=public on foreign messengers",
        )
    try:
        made = registry.network(one.name).connect(one.values)
    except ValueError as error:
        yield Finding(one.name, False, str(error), "correct the network's settings; see .env.example")
        return
    try:
        yield Finding(one.name, True, f"known to the network as {await made.identity()}")
    except NetworkError as error:
        mend = "a new token, or check that this machine reaches the network"
        yield Finding(one.name, False, f"{type(error).__name__}: {error}", mend)
    finally:
        await made.close()
    if one.intake is Intake.WEBHOOK:
        upper = one.name.upper()
        if not isinstance(made, Hooked):
            mend = f"set {upper}_SECRET or {upper}_INTAKE=poll"
            yield Finding(f"{one.name}.hook", False, "cannot post to us with these settings", mend)
            return
        fine = settings.public_url.startswith("https://")
        yield Finding(
            f"{one.name}.hook",
            fine,
            f"posts to {settings.public_url}/hook/{one.name}/…",
            "" if fine else f"PUBLIC_URL must be https, or set {upper}_INTAKE=poll",
        )


NO_CODES: Final = "neither SMTP_URL nor SMS_URL: no code can be sent, so calls are not shown and no bill goes by e-mail"
MENDS: Final = {
    "email": "check SMTP_URL (host, port, login, % in the password), MAIL_FROM, and the way from here to the relay",
    "sms": "check SMS_URL, SMS_BODY, SMS_HEADERS, and the way from here to the gateway",
}


async def carrier(one: CarrierSettings) -> Finding:
    """E-mail: connected and logged in. SMS: the template is sound and somebody answers; no message is sent."""
    try:
        made = registry.carrier(one.name).connect(one.values)
    except ValueError as error:
        return Finding(one.name, False, str(error), MENDS[one.name])
    try:
        return Finding(one.name, True, f"goes through {await made.identity()}")
    except NetworkError as error:
        return Finding(one.name, False, f"{type(error).__name__}: {error}", MENDS[one.name])
    finally:
        await made.close()


def model(settings: Settings) -> Finding:
    """What free text will be understood by."""
    try:
        read = whole(Path(settings.model) if settings.model else None)
    except ModelError as error:
        return Finding("model", False, str(error), "correct MODEL, or leave it empty for the shipped one")
    how = "with the sentence model" if read.both is not None else "by n-grams alone: there is no sentence model here"
    return Finding("model", True, f"{len(read.questions)} questions in {', '.join(read.languages)}, {how}")


def files(settings: Settings) -> list[Finding]:
    found = []
    for language in LANGUAGES:
        known = bundle(language).has_message("sentence-broken")
        what = "sentences are here" if known else "sentences are missing"
        found.append(Finding(f"locales.{language}", known, what, "" if known else "install the package again"))
    folder = Path(settings.database_url.removeprefix("sqlite:///")).parent
    where = folder if settings.database_url.startswith("sqlite") and folder.exists() else Path()
    free = shutil.disk_usage(where).free
    enough = free >= LEAST_DISK
    mend = "" if enough else "free some space: events are kept"
    found.append(Finding("disk", enough, f"{free // 2**20} MiB free", mend))
    return found


def show(findings: list[Finding], *, as_json: bool, out: TextIO) -> None:
    if as_json:
        out.write(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=1) + "\n")
        return
    for finding in findings:
        out.write(f"{'ok  ' if finding.fine else 'BAD '} {finding.check}: {finding.what}\n")
        if not finding.fine and finding.mend:
            out.write(f"       mend: {finding.mend}\n")
