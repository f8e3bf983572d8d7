"""`saldo audit`: who was shown which figures of an account, when, in which version of the words.

Sums are in minor units, as they were kept. Whoever was forgotten since is "—": that somebody saw the account remains,
who it was does not.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.table import Table

from bot.settings import Settings
from bot.teaching import opened
from storage.base import Shown


async def shown(
    settings: Settings, account: str, since: datetime | None, until: datetime | None, limit: int
) -> tuple[Shown, ...]:
    """Newest first. `account`: the customer's account number, where it is linked, or the billing's id. Raises
    StorageError.
    """
    storage = await opened(settings)
    try:
        ids = await storage.audit.accounts(account) or [account]
        found = [row for one in ids for row in await storage.audit.shown(one, since, until, limit)]
        return tuple(sorted(found, key=lambda row: row.at, reverse=True)[:limit])
    finally:
        await storage.close()


def show(rows: Sequence[Shown], out: TextIO, *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            out.write(json.dumps(plain(row), ensure_ascii=False) + "\n")
        return
    table = Table("at, UTC", "chat", "what", "figures, minor units", "words", box=None, pad_edge=False)
    for row in rows:
        figures = ", ".join(f"{name} {value}" for name, value in row.figures.items())
        table.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}", str(row.address or "—"), row.question, figures, row.template)
    Console(file=out, highlight=False, width=None if out.isatty() else 160).print(table)


def plain(row: Shown) -> dict[str, object]:
    return {
        "at": row.at.isoformat(),
        "chat": None if row.address is None else str(row.address),
        "account": row.account,
        "what": row.question,
        "figures": dict(row.figures),
        "words": row.template,
        "letter": row.letter,
    }
