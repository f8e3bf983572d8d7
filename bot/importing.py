"""`saldo import`: an operator's CSV files into the embedded ledger, with a progress bar and a clear end."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from billing.exports import BadRow, Report, load
from bot.settings import Settings
from storage.base import StorageError
from storage.clock import SystemClock
from storage.migrations import HEAD
from storage.sql import open_storage


async def run_import(settings: Settings, files: Mapping[str, Path], *, dry_run: bool) -> str | None:
    """Load the files and print what was done; a sentence when nothing was, because of a fault."""
    clock = SystemClock()
    try:
        storage = open_storage(settings.database_url, clock)
    except StorageError as error:
        return f"database: {error}"
    try:
        if await storage.upkeep.version() != HEAD:
            return "the database is of another version: run `saldo migrate` first"
        console = Console(stderr=True)
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        tasks = {kind: bar.add_task(kind, total=None, rows=0) for kind in files}

        def progress(kind: str, rows: int, read: int, total: int) -> None:
            bar.update(tasks[kind], completed=read, total=total, rows=rows)

        with bar:
            report = await load(storage.database, files, now=clock.now, dry_run=dry_run, progress=progress)
    except (BadRow, OSError) as error:
        return f"{error}\nNothing was changed."
    except StorageError as error:
        return f"database: {error}\nNothing was changed."
    finally:
        await storage.close()
    show(report, dry_run=dry_run)
    return None


def show(report: Report, *, dry_run: bool) -> None:
    table = Table("file", "new", "changed", "same", title="Dry run: nothing was changed" if dry_run else None)
    for kind, count in report.counts.items():
        table.add_row(kind, *(str(n) for n in (count.new, count.changed, count.same)))
    console = Console()
    console.print(table)
    for kind, headings in report.ignored.items():
        if headings:
            # As the file has them, and that may be anything: no markup, no control characters.
            names = ("".join(c if c.isprintable() else " " for c in heading) for heading in headings)
            console.print(f"{kind}: columns left alone: {', '.join(names)}", markup=False, highlight=False)
