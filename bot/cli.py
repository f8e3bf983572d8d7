"""The command line. Each command loads what it needs when it runs: `saldo --help` loads no network and no database."""

import asyncio
import contextlib
import io
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

cli = typer.Typer(
    name="saldo",
    help="A telecom operator's money answers in VKontakte, Telegram and Odnoklassniki.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its pretty tracebacks print local variables, and those hold people's data
)


AGAIN = 1  # after this code systemd starts `saldo run` again, after 2 it does not: deploy/saldo.service


def main() -> None:
    cli()


def refuse(what: str, code: int = 2) -> NoReturn:
    """End with a sentence instead of a traceback."""
    typer.echo(f"saldo: {what}", err=True)
    raise typer.Exit(code)


def settings_or_refuse() -> "Settings":
    from bot.settings import SettingsError, load

    try:
        return load()
    except SettingsError as error:
        refuse(f"settings:\n{error}")


def csv(what: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, metavar="FILE", help=what)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 8080,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the kept conversations and start over.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its database.")] = Path("data"),
    billing: Annotated[str, typer.Option(help="Whom the bot asks: ledger, tmf or abills; each has its own data.")] = (
        "ledger"
    ),
) -> None:
    """The whole system on one page: three networks on loopback, demo customers, no tokens."""
    from bot.demo import EMBEDDED, run_demo
    from bot.settings import SettingsError
    from sandbox.registry import BILLINGS
    from storage.base import StorageError

    if billing not in (known := (EMBEDDED, *BILLINGS)):
        refuse(f"demo: BILLING is one of {', '.join(known)}")
    try:
        asyncio.run(run_demo(port=port, reset=reset, folder=folder, billing=billing))
    except StorageError as error:
        refuse(f"demo: {error}")
    except SettingsError as error:
        refuse(f"demo: {error}\nmake demo BILLING={billing} RESET=1 starts over")
    except OSError as error:
        if error.errno in {98, 48}:  # address in use, on Linux and on macOS
            refuse(f"port {port} is in use: stop what listens there, or choose another: make demo PORT={port + 1}")
        refuse(f"{error.filename or folder}: {error.strerror}")
    except KeyboardInterrupt:
        pass


@cli.command()
def chat(
    as_: Annotated[str, typer.Option("--as", metavar="LOGIN", help="Start linked to this demo customer.")] = "",
    language: Annotated[str, typer.Option(help="What the client says its language is.")] = "ru",
) -> None:
    """A conversation in the terminal with demo customers; reads lines from standard input."""
    from bot.chat import run_chat

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run_chat(login=as_, language=language))


@cli.command()
def run() -> None:
    """Production: every network that has a token, until SIGTERM."""
    import signal

    from bot.app import build
    from bot.logs import set_up
    from bot.settings import SettingsError
    from bot.web import Deaf
    from nlu.model import ModelError
    from storage.base import StorageError, Unwritable

    settings = settings_or_refuse()
    set_up(settings.log_format)

    async def serve() -> None:
        app = await build(settings)
        stop = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, stop.set)
        try:
            if not app.lines:
                refuse("no network is on: set VK_TOKEN, TELEGRAM_TOKEN or OK_TOKEN (see .env.example)")
            await app.run(stop)
        finally:
            await app.close()

    try:
        asyncio.run(serve())
    except SettingsError as error:
        refuse(f"settings:\n{error}")
    except ModelError as error:
        refuse(f"settings:\nMODEL: {error}")
    except Unwritable as error:  # away, or somebody else's for now: another start may find it
        refuse(f"database: {error}", code=AGAIN)
    except StorageError as error:
        refuse(f"database: {error}")
    except Deaf as error:
        refuse(f"{error.strerror}: see HOST and PORT, INNER_HOST and INNER_PORT", code=AGAIN)


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema; makes an empty one."""
    from storage.base import StorageError
    from storage.migrations import HEAD
    from storage.migrations.run import current, upgrade

    settings = settings_or_refuse()
    try:
        before = current(settings.database_url)
        upgrade(settings.database_url)
    except StorageError as error:
        refuse(f"database: {error}")
    typer.echo(f"{before or 'empty'} -> {HEAD}" if before != HEAD else f"already at {HEAD}")


@cli.command("import")
def import_(
    customers: Annotated[Path | None, csv("Logins of the personal account.")] = None,
    accounts: Annotated[Path | None, csv("Accounts with their balances.")] = None,
    services: Annotated[Path | None, csv("Services with tariff and status.")] = None,
    bills: Annotated[Path | None, csv("Bills, paid and unpaid.")] = None,
    payments: Annotated[Path | None, csv("Payments: history, they move no balance.")] = None,
    charges: Annotated[Path | None, csv("Charges: history, they move no balance.")] = None,
    options: Annotated[Path | None, csv("Paid options of services.")] = None,
    components: Annotated[Path | None, csv("Parts of home phones, and accounts at carriers.")] = None,
    usage: Annotated[Path | None, csv("What was used, by service and day.")] = None,
    calls: Annotated[Path | None, csv("Calls, one by one.")] = None,
    reaches: Annotated[Path | None, csv("Phones and e-mail addresses on record.")] = None,
    deliveries: Annotated[Path | None, csv("How the documents of a service come.")] = None,
    outages: Annotated[Path | None, csv("Faults and planned work.")] = None,
    notices: Annotated[Path | None, csv("News for everybody in a region.")] = None,
    bonuses: Annotated[Path | None, csv("Points of the bonus programme.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check everything, change nothing.")] = False,
) -> None:
    """Load an operator's CSV export into the embedded ledger, in one transaction. Columns: docs/import.md."""
    from bot.importing import run_import

    settings = settings_or_refuse()
    given = {
        "customers": customers,
        "accounts": accounts,
        "services": services,
        "bills": bills,
        "payments": payments,
        "charges": charges,
        "options": options,
        "components": components,
        "usage": usage,
        "calls": calls,
        "reaches": reaches,
        "deliveries": deliveries,
        "outages": outages,
        "notices": notices,
        "bonuses": bonuses,
    }
    files = {kind: path for kind, path in given.items() if path is not None}
    if not files:
        refuse("name at least one file: --accounts a.csv --services s.csv --payments p.csv --charges c.csv")
    problem = asyncio.run(run_import(settings, files, dry_run=dry_run))
    if problem:
        refuse(problem, code=1)


@cli.command()
def scan() -> None:
    """Read the billing's feed once and queue the alerts that are due; a running `saldo run` does this by itself."""
    from bot.alerts import scan_once

    settings = settings_or_refuse()
    with refusing():
        typer.echo(f"{asyncio.run(scan_once(settings))} alerts queued")


alerts = typer.Typer(no_args_is_help=True, help="What customers would be told now, and what holds alerts back.")
cli.add_typer(alerts, name="alerts")
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Settings that something has no use for, a database or a billing that does not answer: a sentence ends it."""
    from billing.base import BillingError
    from bot.settings import SettingsError
    from storage.base import StorageError

    try:
        yield
    except SettingsError as error:
        refuse(f"settings:\n{error}")
    except StorageError as error:
        refuse(f"database: {error}")
    except BillingError as error:
        refuse(f"billing: {error}")


@alerts.command()
def preview(
    samples: Annotated[int, typer.Option(min=0, max=100, help="How many of each kind to draw.")] = 3,
    as_json: AsJson = False,
) -> None:
    """How many alerts are due, how long they take on each network, and samples as each network draws them."""
    from bot.alerts import preview, show_preview

    settings = settings_or_refuse()
    with refusing():
        show_preview(asyncio.run(preview(settings, samples)), sys.stdout, as_json=as_json)


@alerts.command()
def status(as_json: AsJson = False) -> None:
    """What holds alerts back, how the living wave goes, how many letters wait."""
    from bot.alerts import show_status, status

    settings = settings_or_refuse()
    with refusing():
        show_status(asyncio.run(status(settings)), sys.stdout, as_json=as_json)


@alerts.command()
def stop(reason: Annotated[str, typer.Argument(help="For `saldo alerts status`.")] = "") -> None:
    """No alert leaves any more, on any network, from any process, within a second. Questions are answered."""
    from bot.alerts import stop

    settings = settings_or_refuse()
    with refusing():
        typer.echo("stopped" if asyncio.run(stop(settings, reason)) else "no alert left already")


@alerts.command()
def start() -> None:
    """Alerts leave again; what the gate has found incredible is believed for a day."""
    from bot.alerts import start

    settings = settings_or_refuse()
    with refusing():
        typer.echo("started" if asyncio.run(start(settings)) else "alerts left already")


@alerts.command()
def widen(share: Annotated[int, typer.Argument(min=1, max=100, help="Per cent of the wave.")] = 100) -> None:
    """Let more of the living wave leave, also when it was stopped."""
    from bot.alerts import widen

    settings = settings_or_refuse()
    with refusing():
        released = asyncio.run(widen(settings, share))
    typer.echo("there is no wave" if released is None else f"{released} letters may leave")


@alerts.command()
def drop() -> None:
    """Give up what the living wave still holds."""
    from bot.alerts import drop

    settings = settings_or_refuse()
    with refusing():
        dropped = asyncio.run(drop(settings))
    typer.echo("there is no wave" if dropped is None else f"{dropped} letters are not sent")


@alerts.command()
def check() -> None:
    """The sentences of alerts: variables, plural forms, names and figures that are no values, lengths."""
    from bot.alerts import faults

    found = faults()
    for fault in found:
        typer.echo(str(fault))
    typer.echo(f"{len(found)} faults" if found else "every sentence is fine")
    if found:
        raise typer.Exit(1)


books = typer.Typer(no_args_is_help=True, help="What the billing tells.")
cli.add_typer(books, name="billing")


@books.command("show")
def show_account(
    account: Annotated[str, typer.Option(help="The billing's id of the account, or the number of one that is linked.")],
    as_json: AsJson = False,
) -> None:
    """Where an account stands as the bot sees it: each figure, what it comes from, and every call that was made."""
    import logging

    from bot.logs import set_up
    from bot.showing import show, stand

    settings = settings_or_refuse()
    set_up("console", logging.CRITICAL)
    with refusing():
        show(asyncio.run(stand(settings, account)), sys.stdout, as_json=as_json)


DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@cli.command()
def audit(
    account: Annotated[str, typer.Option(help="The account's number, or the billing's id of it.")],
    since: Annotated[datetime | None, typer.Option(formats=DAYS, help="UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAYS, help="UTC, not included.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest of them.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Who was shown which figures of an account, when, in which version of the words."""
    from datetime import UTC

    from bot.audit import show, shown

    settings = settings_or_refuse()
    first, last = (at and at.replace(tzinfo=UTC) for at in (since, until))
    with refusing():
        show(asyncio.run(shown(settings, account, first, last, limit)), sys.stdout, as_json=as_json)


@cli.command()
def understand(
    today: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What day it is.")] = None,
    language: Annotated[str, typer.Option(help="The customer's language, where the words do not tell.")] = "ru",
    model: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Another model.")] = None,
) -> None:
    """What the bot makes of phrases: reads them from standard input, a line each; prints a JSON object for each."""
    from bot.reader import whole
    from bot.understanding import lines
    from nlu.model import ModelError
    from storage.clock import SystemClock

    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    day = today.date() if today else SystemClock().now().astimezone().date()
    try:
        for line in lines(sys.stdin or (), whole(model), day, language):
            print(line, flush=True)
    except ModelError as error:
        refuse(str(error))
    except (KeyboardInterrupt, BrokenPipeError):
        sys.stderr.close()  # whoever read has gone


@cli.command()
def train(
    folder: Annotated[
        Path | None, typer.Argument(exists=True, file_okay=False, help="FOLDER/<language>/<question>.txt")
    ] = None,
    out: Annotated[Path | None, typer.Option(dir_okay=False, metavar="FILE", help="The model to write.")] = None,
    test: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Phrases to measure by.")] = None,
) -> None:
    """Learn a model from phrases; without FOLDER the shipped one anew. See docs/understanding.md."""
    from bot import understanding
    from nlu.model import SHIPPED
    from nlu.utterances import UtterancesError

    if folder is None:
        folder, out, test = understanding.PHRASES, out or SHIPPED, test or understanding.UNSEEN
    try:
        understanding.train(folder, out or Path("model.npz"), test, lambda what: typer.echo(what, err=True))
    except UtterancesError as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}", code=1)


@cli.command()
def misses(
    as_json: Annotated[bool, typer.Option("--json", help="For machines: all of them.")] = False,
    teach: Annotated[str, typer.Option(metavar="KEY", help="Teach this cluster.")] = "",
    as_: Annotated[str, typer.Option("--as", metavar="QUESTION", help="The question that it asks.")] = "",
    folder: Annotated[Path | None, typer.Option(help="The training phrases; without it, the packaged ones.")] = None,
    test: Annotated[Path | None, typer.Option(help="Phrases to measure by; without it, the packaged ones.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The model; without it, that of MODEL, else the packaged one.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing anything.")] = False,
) -> None:
    """What the bot did not understand, and teaching it; also while `saldo run` runs. See docs/understanding.md."""
    if bool(teach) != bool(as_):
        refuse("--teach KEY and --as QUESTION belong together")
    settings = settings_or_refuse()

    from bot import teaching, understanding
    from nlu.model import SHIPPED, ModelError
    from nlu.utterances import UtterancesError
    from storage.base import StorageError

    folder, test = folder or understanding.PHRASES, test or understanding.UNSEEN
    out = out or (Path(settings.model) if settings.model else SHIPPED)
    try:
        found = asyncio.run(teaching.missed(settings))
        if not teach:
            teaching.show(found, sys.stdout, as_json=as_json)
            return
        lesson = teaching.prepare(
            found, teach, as_, folder=folder, test=test, out=out, say=lambda what: typer.echo(what, err=True)
        )
        teaching.explain(lesson, sys.stdout)
        if not (yes or typer.confirm(f"Append to {folder}, write {out}?")):
            refuse("nothing was changed", code=1)
        teaching.write(lesson, folder=folder, out=out)
        gone = asyncio.run(teaching.forget(settings, lesson.cluster))
    except (teaching.TeachingError, UtterancesError, ModelError) as error:
        refuse(str(error), code=1)
    except StorageError as error:
        refuse(f"database: {error}")
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}", code=1)
    typer.echo(f"taught {len(lesson.phrases)} phrases as {as_}; {gone} texts left the table")


@cli.command()
def doctor(
    account: Annotated[
        str, typer.Option(help="Also what the billing tells of this account, field by field: its number or id.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check settings, database, billing, networks, clock and files; each fault with its mend."""
    import logging

    from bot.doctor import examine, show
    from bot.logs import set_up

    set_up("console", logging.CRITICAL)  # what goes wrong is a finding, and standard output is for those
    findings = asyncio.run(examine(account))
    show(findings, as_json=as_json, out=sys.stdout)
    if any(not f.fine for f in findings):
        raise typer.Exit(1)
