"""`saldo doctor`: what would go wrong, found before a customer finds it. Each finding has its mend; none a secret."""

import asyncio
import contextlib
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import sqlalchemy as sa

from adapters.base import Hooked, NetworkError
from billing.base import BillingError, Capability, Remote, SignIn, Source
from billing.upstream import Refusal
from bot import registry, showing
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


async def examine(account: str = "") -> list[Finding]:
    """Every check, in the order in which a start would meet them; with `account` what the billing tells of it."""
    try:
        settings = load()
        on, by = networks(environment(), settings.public_url), carriers(environment())
    except SettingsError as error:
        return [Finding("settings", False, str(error), "correct the named variables in .env; see .env.example")]
    found = [Finding("settings", True, f"{len(on)} networks on: {', '.join(n.name for n in on) or 'none'}")]
    if not on:
        found.append(Finding("networks", False, "no network is on", "set VK_TOKEN, TELEGRAM_TOKEN or OK_TOKEN"))
    found += [finding async for finding in database(settings)]
    found += await book(settings, account, ready=all(one.fine for one in found if one.check == "database"))
    for one in on:
        found += [finding async for finding in network(one, settings)]
    found += [await carrier(each) for each in by] or [Finding("codes", True, NO_CODES)]
    found += alarm(settings, {one.name for one in on} | {each.name for each in by})
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


EMBEDDED: Final = "ledger"  # its book is in the database, and nobody else is asked
# What customers do not find in the bot when a billing cannot tell it.
HIDES: Final[Mapping[Capability, str]] = {
    Capability.BALANCE: "balance, debt, what to pay: there is little left to ask",
    Capability.BILLS: "unpaid bills; of accounts that pay afterwards also what is owed",
    Capability.PAYMENTS: "payments, and whether one has arrived",
    Capability.CHARGES: "what money was taken for, why the sum changed, statements",
    Capability.SERVICES: "services, tariffs, the next fee, and until when money lasts",
    Capability.CHANGES: "every alert: nobody is warned of anything",
    Capability.OPENING: "what own money was as a month began, in statements",
    Capability.DETAILS: "paid options, and what a home phone consists of",
    Capability.USAGE: "how much was used by day",
    Capability.CALLS: "call detail",
    Capability.REACHES: "codes to a phone or mailbox, and with them call detail and the address of bills",
    Capability.DELIVERY: "to which mailbox bills go, and changing it",
    Capability.PROMISES: "promised payments",
    Capability.OUTAGES: "faults and planned work at the customer's address",
    Capability.NOTICES: "the operator's news",
    Capability.BONUS: "the bonus programme",
    Capability.CREDIT: "paying inside a messenger",
}


async def book(settings: Settings, account: str, *, ready: bool) -> list[Finding]:
    """A billing elsewhere: each of its addresses, what it does not tell, and, of any billing, one account."""
    if settings.billing == EMBEDDED and not account:
        return []
    if not ready:
        return [Finding("billing", False, "not asked: the database comes first", "saldo migrate")]
    try:
        async with showing.open_billing(settings) as (billing, storage):
            found: list[Finding] = []
            if isinstance(billing, Remote):
                found += await asyncio.gather(*(source(billing, one) for one in billing.sources()))
                found += [hidden(billing, one) for one in Capability if one not in billing.can]
            if account:
                id = await showing.identified(storage, account)
                lines = await showing.understood(billing, id, SystemClock().now())
                found += [Finding(named(one.name), one.fine, one.what, mend(one)) for one in lines]
            return found
    except SettingsError as error:
        return [Finding("billing", False, str(error), "correct the billing's settings; see .env.example")]
    except BillingError as error:
        return [Finding("account", False, str(error), "saldo doctor --account ID")]
    except StorageError as error:
        return [Finding("billing", False, str(error), "check the database first")]


async def source(billing: Remote, one: Source) -> Finding:
    check = f"billing.{one.name}"
    try:
        return Finding(check, True, f"{one.url}: {await billing.reach(one.name)}")
    except BillingError as error:
        refused = isinstance(error, Refusal) and error.status in {401, 403}
        mend = (
            "check the client, its secret and its rights there" if refused else "check its address, and the way there"
        )
        return Finding(check, False, f"{one.url}: {type(error).__name__}: {error}", mend)


def hidden(billing: Remote, capability: Capability) -> Finding:
    wants = billing.wants(capability)
    mend = f"set {wants} to have it told" if wants else "this billing can never tell it"
    fine = capability is not Capability.BALANCE
    what = f"not told, so the bot hides {HIDES[capability]}"
    return Finding(f"billing.{capability}", fine, f"{what}; {mend}", "" if fine else mend)


def named(line: str) -> str:
    return line if line.partition(".")[0] == "account" else f"account.{line}"


def mend(one: showing.Understood) -> str:
    """How to set right what was not understood of an account."""
    if one.fine:
        return ""
    if one.what.startswith(SignIn.__name__):
        return "this billing answers in a customer's own name only: link the account in a chat first"
    if one.what == showing.UNKNOWN:
        return "name the billing's id of the account, or link it in a chat and name its number"
    return "`saldo billing show` says which address was asked and what it answered"


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


def alarm(settings: Settings, on: set[str]) -> list[Finding]:
    """Whether the operator would hear of it when alerts are held."""
    to = settings.caution.alarm
    if to is None or to.network in on:
        return []
    mend = "name somebody there is a way to: a network or a mail relay that is on"
    return [Finding("alarm", False, f"ALARM_TO goes by {to.network}, which is off", mend)]


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
