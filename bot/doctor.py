"""`saldo doctor`: what would go wrong, found before a customer finds it. Each finding has its mend; none a secret."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from adapters.base import Hooked, NetworkError
from bot import registry
from bot.settings import Intake, Mode, NetworkSettings, Settings, SettingsError, environment, load, networks
from handlers.text import LANGUAGES, bundle
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
        on = networks(environment(), settings.public_url)
    except SettingsError as error:
        return [Finding("settings", False, str(error), "correct the named variables in .env; see .env.example")]
    found = [Finding("settings", True, f"{len(on)} networks on: {', '.join(n.name for n in on) or 'none'}")]
    if not on:
        found.append(Finding("networks", False, "no network is on", "set VK_TOKEN, TELEGRAM_TOKEN or OK_TOKEN"))
    found += [finding async for finding in database(settings)]
    for one in on:
        found += [finding async for finding in network(one, settings)]
    found += files(settings)
    return found


async def database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        version = current(settings.database_url)
    except StorageError as error:
        yield Finding("database", False, str(error), "check DATABASE_URL and that the server runs")
        return
    if version != HEAD:
        yield Finding("database", False, f"schema {version or 'empty'}, this version needs {HEAD}", "saldo migrate")
        return
    yield Finding("database", True, f"schema {version}")
    if settings.database_url.startswith("sqlite"):
        return
    storage = open_storage(settings.database_url, SystemClock())
    try:
        theirs = await storage.database.read(lambda c: float(c.execute(sa.text(CLOCK)).scalar_one()))
    except StorageError as error:
        yield Finding("clock", False, str(error), "check the database server")
    else:
        skew = abs(datetime.now(UTC).timestamp() - theirs)
        yield Finding("clock", skew <= MOST_SKEW, f"{skew:.1f} s from the database's clock", "run NTP on both machines")
    finally:
        await storage.close()


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
    if one.intake is Intake.WEBHOOK and isinstance(made, Hooked):
        fine = settings.public_url.startswith("https://")
        yield Finding(
            f"{one.name}.hook",
            fine,
            f"posts to {settings.public_url}/hook/{one.name}/…",
            "" if fine else f"PUBLIC_URL must be https, or set {one.name.upper()}_INTAKE=poll",
        )


def files(settings: Settings) -> list[Finding]:
    found = []
    for language in LANGUAGES:
        known = bundle(language).has_message("sentence-broken")
        found.append(Finding(f"locales.{language}", known, "sentences are here", "install the package again"))
    try:
        ZoneInfo(settings.default_zone)
        found.append(Finding("zones", True, settings.default_zone))
    except (ZoneInfoNotFoundError, ValueError):
        found.append(Finding("zones", False, settings.default_zone, "set DEFAULT_ZONE to a name like Europe/Moscow"))
    folder = Path(settings.database_url.removeprefix("sqlite:///")).parent
    where = folder if settings.database_url.startswith("sqlite") and folder.exists() else Path()
    free = shutil.disk_usage(where).free
    found.append(Finding("disk", free >= LEAST_DISK, f"{free // 2**20} MiB free", "free some space: events are kept"))
    return found


def show(findings: list[Finding], *, as_json: bool, out: TextIO) -> None:
    if as_json:
        out.write(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=1) + "\n")
        return
    for finding in findings:
        out.write(f"{'ok  ' if finding.fine else 'BAD '} {finding.check}: {finding.what}\n")
        if not finding.fine and finding.mend:
            out.write(f"       mend: {finding.mend}\n")
