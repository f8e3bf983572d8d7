"""An operator's export, read into the ledger: CSV files, one transaction, all or nothing.

Which files there are, with which columns: `billing.export_files`. Rows are keyed by the operator's ids (or by what
stands for one: the service, day, direction and title of a use): a known row is changed in the columns that the file
has, an unknown one is added, none is deleted (so a paid bill must come once more, with nothing remaining). One
exception: who can be reached can prove to be the owner, so what a file of reaches says of an account is all there is.

    `balance` is the billing's own figure and wins: payments and charges are history, and never move it. Under CREDIT it
    is money that no bill has taken. It is of the time in `as_of`, or of the file's last change.

What of it is news to a customer becomes an event of the ledger's feed (`billing.export_events`), under the number of
this import.

Ids of a file are held in memory (to find doubles), its rows are not. A fault is a `BadRow` and changes nothing.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing.base import Use, Way
from billing.cells import email, phone, place
from billing.export_events import News
from billing.export_files import DEFAULTS, FILES, Reader, Row
from billing.export_files import BadRow as BadRow
from billing.ledger import UNMARKED, Database, chunks, late_at, mark, micros
from billing.ledger_feed import imported
from billing.ledger_tables import accounts, bills, carriers, components, customers, reaches, services
from billing.passwords import LONGEST, hashed, matches

AHEAD = timedelta(days=1)  # a payment later than that from now has not happened
NOWHERE = "Europe/Moscow"  # the zone of times that are no account's: of all operators' trains and news

TOLD = frozenset({"services", "bills", "payments", "charges", "options", "outages"})  # of which there may be news
STANDS = frozenset({"services", "bills"})  # of which an account's position is made

HASHES = 50  # passwords hashed between two statements: PostgreSQL ends a transaction that lets it wait for long

Progress = Callable[[str, int, int, int], None]
Key = tuple[Any, ...]


@dataclass(slots=True)
class Count:
    new: int = 0
    changed: int = 0
    same: int = 0


@dataclass(slots=True)
class Report:
    """What was done, or with a dry run would have been done: by the name of the file's kind."""

    counts: dict[str, Count] = field(default_factory=dict)
    ignored: dict[str, tuple[str, ...]] = field(default_factory=dict)  # headings that nobody knows


async def load(
    database: Database,
    files: Mapping[str, Path],
    *,
    now: Callable[[], datetime],
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Read the files ("accounts", "payments", … to path) into the ledger in one transaction, or change nothing.

    Raises BadRow, and OSError for a file that cannot be read. `progress` is called with the kind of file, its rows
    done, its bytes read and its size; on the thread that writes.
    """
    unknown = sorted(set(files) - set(FILES))
    if unknown:
        raise ValueError(f"no such kind of file: {', '.join(unknown)}")

    # Told apart before the transaction begins: reading gigabytes takes longer than a database likes to wait.
    readers = await asyncio.to_thread(lambda: [Reader(kind, files[kind]) for kind in FILES if kind in files])

    def unit(connection: sa.Connection) -> Report | BadRow | OSError:
        # A fault is handed out as a value: the unit itself went well, and needs no second try. The savepoint is undone.
        with connection.begin_nested() as attempt:
            try:
                report = Import(connection, now(), progress).run(readers)
            except (BadRow, OSError) as fault:
                attempt.rollback()
                return fault
            if dry_run:
                attempt.rollback()
            return report

    result = await database.write(unit)
    if isinstance(result, Exception):
        raise result
    return result


# All files: rows in, statements out


class Import:
    """One import inside one transaction: batches are completed, compared with what is known, and written."""

    def __init__(self, connection: sa.Connection, now: datetime, progress: Progress | None) -> None:
        self._connection, self._now, self._progress = connection, now, progress
        self._report = Report()
        self._lines: dict[str, dict[Key, int]] = {}  # kind -> key -> the line it was on
        self._numbers: dict[str, int] = {}
        self._logins: dict[str, tuple[str, str | None]] = {}  # login -> customer, the secret as the file gives it
        self._parts: dict[Key, tuple[int, str]] = {}  # component -> the line it was on first, its status there
        self._reaches: dict[str, dict[Key, int]] = {}  # account -> way and address -> place
        self._news = News(connection, now)
        self._as_of = 0  # the newest time of which the accounts file speaks

    def run(self, readers: Sequence[Reader]) -> Report:
        for reader in readers:
            self._report.counts.setdefault(reader.kind, Count())
            rows = 0
            with closing(reader.batches()) as batches:  # the file is closed at a bad row too
                for batch in batches:
                    self._take(reader, batch)
                    rows += len(batch)
                    if self._progress:
                        self._progress(reader.kind, rows, reader.position, reader.size)
            if reader.kind == "reaches":
                self._write_reaches()
            self._report.ignored[reader.kind] = reader.ignored
        touched = sa.select(accounts.c.id).where(accounts.c.changed == UNMARKED).limit(1)
        if self._news.told or self._connection.execute(touched).first():
            mark(self._connection, waiting=self._news.told > 0)
        if self._as_of:
            imported(self._connection, self._as_of)
        return self._report

    def _take(self, reader: Reader, batch: list[Row]) -> None:
        match reader.kind:
            case "customers":
                self._customers(reader, batch)
            case "accounts":
                self._accounts(reader, batch)
            case "components":
                self._components(reader, batch)
            case "reaches":
                self._take_reaches(reader, batch)
            case kind:
                zones = self._owners(reader, batch)
                for row in batch:
                    self._complete(reader, row, zones.get(row.values.get(FILES[kind].owner), NOWHERE))
                    self._unique(reader, row, FILES[kind].key)
                self._write(reader, kind, batch)

    def _customers(self, reader: Reader, batch: list[Row]) -> None:
        for row in batch:
            if row.values["login"] in self._logins:
                raise reader.bad(row.line, "login", "the same login stands in this file twice")
            row.values["id"] = row.values.get("id") or row.values["login"]
            self._unique(reader, row, ("id",))
            self._logins[row.values["login"]] = (row.values["id"], self._secret(reader, row))
        self._people(reader, batch, rename=True)

    def _accounts(self, reader: Reader, batch: list[Row]) -> None:
        known = self._by("login", customers, [r.values["login"] for r in batch if r.values.get("login")])
        people: list[Row] = []
        for row in batch:
            name, secret = row.values.get("login"), self._secret(reader, row)
            if secret is not None and not name:
                raise reader.bad(row.line, "login", "is empty where there is a password")
            if name and name not in self._logins:
                id = known[name].id if name in known else name
                self._logins[name] = (id, secret)
                people.append(
                    Row(row.line, {"id": id, "login": name, **_only(row.values, "password", "password_hash")})
                )
            elif name and secret is not None and self._logins[name][1] != secret:
                raise reader.bad(row.line, "password", "the same login has another password in another row or file")
            first = self._numbers.setdefault(row.values["number"], row.line)
            if first != row.line:
                raise reader.bad(row.line, "number", f"the same number stands on line {first}")
            row.values["id"] = row.values.get("id") or row.values["number"]
            self._unique(reader, row, ("id",))
            self._complete_account(reader, row)
        self._report.counts.setdefault("customers", Count())
        self._people(reader, people, rename=False)
        ids = [row.values["id"] for row in batch]
        self._news.accounts(ids, self._by("id", accounts, ids))
        self._as_of = max(self._as_of, *(row.values["as_of"] for row in batch))
        rezoned = self._write(reader, "accounts", batch)
        self._move_bills(rezoned)

    def _secret(self, reader: Reader, row: Row) -> str | None:
        password, ready = row.values.get("password"), row.values.get("password_hash")
        if password and ready:
            raise reader.bad(row.line, "password", "there is a password and a hash: which one?")
        if password and len(password) > LONGEST:
            raise reader.bad(row.line, "password", "is too long")
        return password or ready

    def _people(self, reader: Reader, batch: Sequence[Row], *, rename: bool) -> None:
        """Customers, their plain passwords hashed; one that opens the stored hash is the same and keeps it."""
        if len(batch) > HASHES and any(row.values.get("password") for row in batch):
            for part in chunks(batch, HASHES):
                self._people(reader, part, rename=rename)
            return
        if not batch:
            return
        owners = self._by("login", customers, [row.values["login"] for row in batch])
        known = self._by("id", customers, [row.values["id"] for row in batch])
        for row in batch:
            owner = owners.get(row.values["login"])
            named = known.get(row.values["id"])
            taken = owner is not None and owner.id != row.values["id"]
            if taken or (not rename and named is not None and named.login != row.values["login"]):
                raise reader.bad(row.line, "login", "belongs to another customer, or is the id of one")

        def stored(row: Row) -> str | None:
            before = known[row.values["id"]].password_hash if row.values["id"] in known else None
            password = row.values.pop("password", None)
            if password is None:
                return row.values.get("password_hash") or before
            return before if before and matches(before, password) else hashed(password)

        if any(row.values.get("password") for row in batch):
            with ThreadPoolExecutor(os.cpu_count()) as pool:  # argon2 works outside Python's lock
                hashes = list(pool.map(stored, batch))
        else:
            hashes = [stored(row) for row in batch]
        for row, text in zip(batch, hashes, strict=True):
            row.values["password_hash"] = text
        self._write(reader, "customers", batch)

    def _complete_account(self, reader: Reader, row: Row) -> None:
        values = row.values
        for name in ("password", "password_hash"):
            values.pop(name, None)
        if "login" in values:
            name = values.pop("login")
            values["customer"] = self._logins[name][0] if name else None
        values["own"] = values.pop("balance")
        home = place(values.get("zone") or "Europe/Moscow")
        as_of = _aware(values.get("as_of"), home) or reader.written
        if as_of > self._now + AHEAD and values.get("as_of"):
            raise reader.bad(row.line, "as_of", "lies in the future")
        values["as_of"] = micros(min(as_of, self._now))
        if values.get("promised_until") and values.get("promised") is None:
            raise reader.bad(row.line, "promised", "is empty where there is a day for it")

    def _components(self, reader: Reader, batch: list[Row]) -> None:
        """A component and a carrier's account in it stand in one row, and in two tables."""
        self._owners(reader, batch)
        parts: list[Row] = []
        accounts_there: list[Row] = []
        for row in batch:
            part = {name: row.values[name] for name in ("service", "direction", "status")}
            carrier, own = row.values.get("carrier"), row.values.get("balance")
            if (carrier is None) != (own is None):
                empty, full = ("balance", "carrier") if own is None else ("carrier", "balance")
                raise reader.bad(row.line, empty, f"is empty where there is a {full}")
            row.values["carrier"] = carrier or ""
            self._unique(reader, row, ("service", "direction", "carrier"))
            key = part["service"], part["direction"]
            line, status = self._parts.setdefault(key, (row.line, part["status"]))
            if status != part["status"]:
                raise reader.bad(row.line, "status", f"is another than on line {line}")
            if line == row.line:
                parts.append(Row(line, part))
            if carrier:
                there = {"service": part["service"], "direction": part["direction"], "title": carrier, "own": own}
                accounts_there.append(Row(row.line, there))
        news, changes = self._put(components, ("service", "direction"), parts)
        more_news, more_changes = self._put(carriers, ("service", "direction", "title"), accounts_there)
        count, new = self._report.counts["components"], news | more_news
        changed = (changes | more_changes) - new
        count.new += len(new)
        count.changed += len(changed)
        count.same += len(batch) - len(new) - len(changed)

    def _take_reaches(self, reader: Reader, batch: list[Row]) -> None:
        self._owners(reader, batch)
        for row in batch:
            account, way, text = (row.values.get(name) for name in ("account", "way", "address"))
            told = self._reaches.setdefault(str(account), {})
            if (way is None) != (text is None):
                empty, full = ("address", "way") if text is None else ("way", "address")
                raise reader.bad(row.line, empty, f"is empty where there is a {full}")
            if text is None:
                continue
            try:
                row.values["address"] = phone(text) if way == Way.SMS else email(text)
            except ValueError as fault:
                raise reader.bad(row.line, "address", str(fault)) from None
            self._unique(reader, row, FILES["reaches"].key)
            told[way, row.values["address"]] = len(told)

    def _write_reaches(self) -> None:
        """Make each account's reaches what the file said, and nothing else."""
        count = self._report.counts["reaches"]
        for some in chunks(list(self._reaches), 1000):
            found = self._connection.execute(sa.select(reaches).where(reaches.c.account.in_(some)))
            before = {(row.account, row.way, row.address): row.place for row in found}
            told = {(id, *key): place for id in some for key, place in self._reaches[id].items()}
            stale = [key for key in before if key not in told or told[key] != before[key]]
            fresh = [key for key in told if key not in before or told[key] != before[key]]
            names = FILES["reaches"].key
            if stale:
                gone = sa.and_(*(reaches.c[name] == sa.bindparam(f"b_{name}") for name in names))
                self._connection.execute(reaches.delete().where(gone), [_bound(_named(names, key)) for key in stale])
            if fresh:
                rows = [{**_named(names, key), "place": told[key]} for key in fresh]
                self._connection.execute(reaches.insert(), rows)
            new = sum(key not in before for key in told)
            count.new += new
            count.changed += len(fresh) - new + sum(key not in told for key in before)
            count.same += len(told) - len(fresh)

    def _owners(self, reader: Reader, batch: list[Row]) -> dict[Any, str]:
        """The zone in which each named owner's days are counted. BadRow: one that nobody knows."""
        owner = FILES[reader.kind].owner
        ids = {id for row in batch if (id := row.values.get(owner)) is not None}
        if not ids:
            return {}
        if owner == "account":
            query = sa.select(accounts.c.id, accounts.c.zone).where(accounts.c.id.in_(ids))
        else:
            query = sa.select(services.c.id, accounts.c.zone).join(accounts, accounts.c.id == services.c.account)
            query = query.where(services.c.id.in_(ids))
        zones = {row.id: row.zone for row in self._connection.execute(query)}
        for row in batch:
            if row.values.get(owner) is not None and row.values[owner] not in zones:
                reason = f"there is no such {owner}, neither here nor in the {owner}s file"
                raise reader.bad(row.line, owner, reason)
        return zones

    def _complete(self, reader: Reader, row: Row, zone: str) -> None:
        """Fill in what the database wants and the file leaves out; check what two cells must agree on."""
        values, home = row.values, place(zone)
        for name in ("at", "since", "until"):
            moment = _aware(values.get(name), home)
            if moment is None:
                continue
            if name == "at" and reader.kind != "notices" and moment > self._now + AHEAD:
                raise reader.bad(row.line, name, "lies in the future")
            values[name] = micros(moment)
        match reader.kind:
            case "bills":
                self._complete_bill(reader, row, zone)
            case "usage":
                calls = values["use"] == Use.CALLS
                if calls != bool(values.get("direction")):
                    reason = "is empty where calls are counted" if calls else "is of calls alone"
                    raise reader.bad(row.line, "direction", reason)
                if values["day"] > (self._now + AHEAD).astimezone(home).date():
                    raise reader.bad(row.line, "day", "lies in the future")
            case "outages" | "notices":
                begin = values["since" if reader.kind == "outages" else "at"]
                if values.get("until") is not None and values["until"] < begin:
                    raise reader.bad(row.line, "until", "is before it begins")
                if values.get("account") and values.get("region"):
                    raise reader.bad(row.line, "region", "stands beside an account: which of them is it?")
            case "bonuses":
                burning = values.get("burning") or 0
                if burning > values["points"]:
                    raise reader.bad(row.line, "burning", "is more than there are points")
                if bool(burning) != bool(values.get("burns")):
                    raise reader.bad(row.line, "burns", "goes with the points that burn: one without the other")

    def _complete_bill(self, reader: Reader, row: Row, zone: str) -> None:
        values = row.values
        if values["remaining"] > values["amount"]:
            raise reader.bad(row.line, "remaining", "is more than the amount")
        if values["due"] < values["issued"]:
            raise reader.bad(row.line, "due", "is before the bill is issued")
        month = (values["issued"].replace(day=1) - timedelta(days=1)).replace(day=1)
        values["number"] = values.get("number") or values["id"]
        values["first"] = values.get("first") or month
        values["last"] = values.get("last") or values["issued"].replace(day=1) - timedelta(days=1)
        if values["last"] < values["first"]:
            raise reader.bad(row.line, "last", "is before the period begins")
        values["late_at"] = late_at(values["due"], zone)

    def _unique(self, reader: Reader, row: Row, names: Sequence[str]) -> None:
        """That no earlier row of the file is about the same thing."""
        for name in names:
            row.values[name] = _filled(reader.kind, name, row.values.get(name))
        key = tuple(row.values[name] for name in names)
        first = self._lines.setdefault(reader.kind, {}).setdefault(key, row.line)
        if first != row.line:
            raise reader.bad(row.line, names[0], f"the same {', '.join(names)} stands on line {first}")

    def _write(self, reader: Reader, kind: str, batch: Sequence[Row]) -> list[str]:
        """Add what is new, change what differs, count. Gives the ids of accounts whose zone was changed."""
        file, count = FILES[kind], self._report.counts[kind]
        columns = [c for c in batch[0].values if c in file.table.c]
        known = self._known(file.table, file.key, batch)
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        later: list[dict[str, Any]] = []  # only the time of the figures moved on
        touched: set[str] = set()
        rezoned: list[str] = []
        pairs: list[tuple[dict[str, Any], sa.Row[Any] | None]] = []
        if kind in TOLD:
            self._news.begin(kind, file.table)
        for row in batch:
            values = {name: _filled(kind, name, row.values[name]) for name in columns}
            before = known.get(tuple(values[name] for name in file.key))
            different = _differences(values, before)
            if before is None:
                new.append(self._whole(kind, values))
            elif file.owner in different:
                raise reader.bad(row.line, "id", f"belongs to another {file.owner}")
            elif different <= {"as_of"}:
                count.same += 1
                if different:
                    later.append(values)
                continue
            else:
                changed.append(values)
            pairs.append((values if before is not None else new[-1], before))
            if kind in STANDS:
                touched.add(values["account"])
            if before is not None and "zone" in different:
                rezoned.append(values["id"])
        count.new += len(new)
        count.changed += len(changed)
        if kind == "accounts":
            changed = [{**values, "changed": UNMARKED} for values in changed]
        self._insert(file.table, new)
        for rows in (changed, later):
            self._update(file.table, file.key, rows)
        if touched:
            self._connection.execute(accounts.update().where(accounts.c.id.in_(touched)).values(changed=UNMARKED))
        if kind in TOLD:
            self._news.take(kind, pairs)
        return rezoned

    def _put(self, table: sa.Table, key: Sequence[str], batch: Sequence[Row]) -> tuple[set[int], set[int]]:
        """Add and change whole rows. Gives the lines of those that were new, and of those that were changed."""
        known = self._known(table, key, batch)
        before = {row.line: known.get(tuple(row.values[name] for name in key)) for row in batch}
        new = [row for row in batch if before[row.line] is None]
        changed = [row for row in batch if before[row.line] is not None and _differences(row.values, before[row.line])]
        self._insert(table, [row.values for row in new])
        self._update(table, key, [row.values for row in changed])
        return {row.line for row in new}, {row.line for row in changed}

    def _insert(self, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(table.insert(), rows)

    def _update(self, table: sa.Table, key: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
        sets: dict[str, Any] = {
            name: sa.bindparam(f"b_{name}") for name in (rows[0] if rows else ()) if name not in key
        }
        if not sets:
            return
        same = sa.and_(*(table.c[name] == sa.bindparam(f"b_{name}") for name in key))
        self._connection.execute(table.update().where(same).values(sets), [_bound(values) for values in rows])

    def _known(self, table: sa.Table, key: Sequence[str], batch: Sequence[Row]) -> dict[Key, sa.Row[Any]]:
        """The rows there are of those keys, in one statement.

        Column by column: SQLite reads a whole table to find pairs of values, and single values by the index. So others
        may be found as well, and nobody asks for them.
        """
        if not batch:
            return {}
        ours = (table.c[name].in_({row.values[name] for row in batch}) for name in key)
        rows = self._connection.execute(sa.select(table).where(*ours))
        return {tuple(row._mapping[name] for name in key): row for row in rows}

    def _whole(self, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        whole = DEFAULTS[kind] | values
        return {**whole, "changed": UNMARKED} if kind == "accounts" else whole

    def _move_bills(self, ids: list[str]) -> None:
        """Open bills fall overdue at their account's midnight: an account that moves takes them along."""
        if not ids:
            return
        query = sa.select(bills.c.id, bills.c.due, accounts.c.zone).join(accounts, accounts.c.id == bills.c.account)
        moved = [
            {"b_id": row.id, "b_late_at": late_at(row.due, row.zone)}
            for row in self._connection.execute(query.where(bills.c.account.in_(ids)))
        ]
        if moved:
            update = bills.update().where(bills.c.id == sa.bindparam("b_id")).values(late_at=sa.bindparam("b_late_at"))
            self._connection.execute(update, moved)

    def _by(self, column: str, table: sa.Table, values: Sequence[str]) -> dict[str, sa.Row[Any]]:
        """The known rows by that column, in one statement for a batch."""
        if not values:
            return {}
        rows = self._connection.execute(sa.select(table).where(table.c[column].in_(set(values))))
        return {row._mapping[column]: row for row in rows}


def _filled(kind: str, name: str, value: Any) -> Any:
    """An empty cell means the column's default, also in a row that is known."""
    return DEFAULTS[kind].get(name) if value is None else value


def _differences(values: Mapping[str, Any], before: sa.Row[Any] | None) -> set[str]:
    old: Mapping[Any, Any] = {} if before is None else before._mapping
    return {name for name, value in values.items() if name not in old or value != old[name]}


def _named(names: Iterable[str], key: Key) -> dict[str, Any]:
    return dict(zip(names, key, strict=True))


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    """Under the names of parameters that are not the columns' own."""
    return {f"b_{name}": value for name, value in values.items()}


def _aware(value: datetime | None, home: ZoneInfo) -> datetime | None:
    return value if value is None or value.tzinfo else value.replace(tzinfo=home)


def _only(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
