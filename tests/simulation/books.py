"""What is durable, read as a stranger would: a connection of its own to the file, which sees commits only."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from storage.inbox import dedupe_key

# Instants for which something waits: the next look at the tables must not be later than these.
DUE: Final = """
    SELECT min(at) FROM (
        SELECT min(not_before) AS at FROM outbox WHERE status = 4
        UNION ALL SELECT min(lease_until) FROM outbox WHERE status = 1
        UNION ALL SELECT min(expires_at) FROM outbox WHERE status IN (0, 4, 7)
        UNION ALL SELECT max(max(r.blocked_until, r.tat - r.step * (r.burst / 2 - 1)), 0) FROM outbox o JOIN rates r USING (network)
            WHERE o.status = 0
        UNION ALL SELECT min(send_after) FROM paces JOIN outbox o USING (lane) WHERE o.status = 0
        UNION ALL SELECT min(max(ready_at, lease_until)) FROM lanes WHERE pending > 0
        UNION ALL SELECT min(next_at) FROM orders WHERE paid_at IS NOT NULL AND credited_at IS NULL AND account != ''
    ) WHERE at IS NOT NULL
"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class Person:
    """A chat's settings as they are kept."""

    alerts: bool
    reachable: bool
    quiet: tuple[int, int]
    zone: str | None
    consent: str | None
    accounts: frozenset[str]


class Books:
    def __init__(self, path: Path) -> None:
        self.reader = sqlite3.connect(path, isolation_level=None)
        self.reader.execute("PRAGMA query_only = ON")
        self.version_due: tuple[int, int | None] = (-1, None)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.reader.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        found = self.reader.execute(query, values).fetchone()
        return None if found is None else found[0]

    def version(self) -> int:
        """Changes with every commit."""
        found: int = self.reader.execute("PRAGMA data_version").fetchone()[0]
        return found

    def due(self) -> int | None:
        """Microseconds since 1970 at which something in the tables becomes due; None: nothing waits."""
        version = self.version()
        if version != self.version_due[0]:
            self.version_due = (version, self.one(DUE))
        return self.version_due[1]

    def people(self) -> dict[str, Person]:
        accounts: dict[int, set[str]] = {}
        for chat, account in self.rows("SELECT chat, account FROM links"):
            accounts.setdefault(chat, set()).add(account)
        return {
            lane: Person(bool(alerts), bool(reachable), (start, end), zone, consent, frozenset(accounts.get(id_, ())))
            for id_, lane, alerts, reachable, start, end, zone, consent in self.rows(
                "SELECT id, lane, alerts, reachable, quiet_from, quiet_to, zone, consent FROM chats"
            )
        }

    def stored(self, network: str, event: str) -> int | None:
        """The inbox row of a network's event."""
        found: int | None = self.one("SELECT id FROM inbox WHERE dedupe = ?", dedupe_key(network, event))
        return found

    def close(self) -> None:
        self.reader.close()
