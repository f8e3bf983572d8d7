"""An operator's export, read into the ledger: CSV files, one transaction, all or nothing.

    file        columns (* required); in brackets what an operator's own file may call them
    customers   login*, id (the login where there is none), password or password_hash
    accounts    number*, scheme*, balance*, id (the number where there is none), login, password or password_hash,
                holder, currency (RUB), zone (Europe/Moscow), open (yes), as_of, promised, promised_until
    services    id*, account*, title*, status*, kind (other), tariff, fee, next_fee, daily (no), balance
    bills       id*, account*, amount*, remaining*, issued*, due*, number (the id),
                first, last (of its period; else the month before `issued`)
    payments    id*, account*, at*, amount*, method, credited (yes)
    charges     id*, account*, at*, amount*, title, service

Russian headings are in `FILES` beside each column. Columns that nobody knows are left alone and named in the report.
`account` is the account's id. Rows are keyed by the operator's ids: a known row is changed in the columns that the file
has, an unknown one is added, none is deleted (so a paid bill must come once more, with nothing remaining).

    `balance` is the billing's own figure and wins: payments and charges are history, and never move it. Under CREDIT it
    is money that no bill has taken. It is of the time in `as_of`, or of the file's last change.

    text      UTF-8, with or without its mark, or Windows-1251; separated by comma, semicolon or tab
    sums      1234.5   1 234,56   −5: at most two decimals, groups of three by a space; never a float
    days      2026-11-22   22.11.2026
    times     a day, or a day and 14:05[:09]; with an offset (+03:00, Z), or in the account's own zone
    holder    masked before it is stored, «Петров Иван Сергеевич» becomes «Иван П.»
    password  hashed at full cost, some ten a second for each core: thousands need `password_hash` (argon2id text)

Ids of a file are held in memory (to find doubles), its rows are not. A fault is a `BadRow` and changes nothing.
"""

import asyncio
import codecs
import csv
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing.cells import (
    argon2,
    clean,
    currency,
    day,
    identity,
    kind,
    kopecks,
    login,
    masked,
    moment,
    place,
    price,
    scheme,
    status,
    words,
    yes,
    zone,
)
from billing.ledger import UNMARKED, Database, chunks, late_at, mark, micros
from billing.ledger_tables import accounts, bills, charges, customers, payments, services
from billing.passwords import LONGEST, hashed, matches

BATCH = 1000  # rows a statement
LONGEST_HEADER = 100_000  # characters
AHEAD = timedelta(days=1)  # a payment later than that from now has not happened

HASHES = 50  # passwords hashed between two statements: PostgreSQL ends a transaction that lets it wait for long

Progress = Callable[[str, int, int, int], None]


class BadRow(Exception):
    """What is wrong and where. Nothing of the cell itself: it may be a name or a password."""

    def __init__(self, file: str, line: int, column: str, reason: str) -> None:
        self.file, self.line, self.column, self.reason = file, line, column, reason
        where = f"{file}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{where}: {reason}")


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


# The files


@dataclass(frozen=True, slots=True)
class Heading:
    name: str
    parse: Callable[[str], Any]
    also: str = ""  # Russian headings, case and surrounding space aside
    required: bool = False  # the column must be there, and filled in every row
    default: Any = None  # of a new row, where the file has nothing


@dataclass(frozen=True, slots=True)
class File:
    table: sa.Table
    headings: tuple[Heading, ...]


ACCOUNT = "лицевой счет|лицевой счёт|л/с|лс|счет|счёт"
LOGIN = "логин|имя пользователя"
SECRETS = (
    Heading("password", str, "пароль"),
    Heading("password_hash", argon2, "хеш пароля|хэш пароля"),
)

FILES: dict[str, File] = {  # in the order in which they are read: nobody refers to a later one
    "customers": File(
        customers,
        (Heading("login", login, LOGIN, required=True), Heading("id", identity, "ид|код|код клиента"), *SECRETS),
    ),
    "accounts": File(
        accounts,
        (
            Heading("number", identity, f"номер|номер лицевого счета|{ACCOUNT}", required=True),
            Heading("id", identity, "ид|код|код счета"),
            Heading(
                "scheme", scheme, "схема|система расчетов|система расчётов|тип расчетов|тип расчётов", required=True
            ),
            Heading("balance", kopecks, "баланс|остаток|остаток на счете", required=True),
            Heading("login", login, LOGIN),
            *SECRETS,
            Heading("holder", masked, "владелец|абонент|фио|клиент", default=""),
            Heading("currency", currency, "валюта", default="RUB"),
            Heading("zone", zone, "часовой пояс", default="Europe/Moscow"),
            Heading("open", yes, "открыт|действует", default=True),
            Heading("as_of", moment, "на дату|дата остатка|по состоянию на"),
            Heading("promised", price, "обещанный платеж|обещанный платёж"),
            Heading("promised_until", day, "обещанный до|обещанный платеж до|обещанный платёж до"),
        ),
    ),
    "services": File(
        services,
        (
            Heading("id", identity, "ид|код|код услуги", required=True),
            Heading("account", identity, ACCOUNT, required=True),
            Heading("title", words, "услуга|название|наименование", required=True),
            Heading("status", status, "статус|состояние", required=True),
            Heading("kind", kind, "вид|тип|вид услуги", default="other"),
            Heading("tariff", words, "тариф|тарифный план", default=""),
            Heading("fee", price, "абонплата|абонентская плата|стоимость"),
            Heading("next_fee", day, "следующее списание|дата списания"),
            Heading("daily", yes, "посуточно|ежедневно", default=False),
            Heading("balance", kopecks, "баланс|остаток"),
        ),
    ),
    "bills": File(
        bills,
        (
            Heading("id", identity, "ид|код", required=True),
            Heading("account", identity, ACCOUNT, required=True),
            Heading("amount", price, "сумма|начислено", required=True),
            Heading("remaining", price, "к оплате|не оплачено|остаток", required=True),
            Heading("issued", day, "дата|выставлен|дата выставления", required=True),
            Heading("due", day, "оплатить до|срок оплаты", required=True),
            Heading("number", words, "номер|номер счета|номер счёта"),
            Heading("first", day, "начало|начало периода|период с"),
            Heading("last", day, "конец|конец периода|период по"),
        ),
    ),
    "payments": File(
        payments,
        (
            Heading("id", identity, "ид|код|код платежа|номер платежа", required=True),
            Heading("account", identity, ACCOUNT, required=True),
            Heading("at", moment, "дата|время|дата платежа|дата оплаты", required=True),
            Heading("amount", kopecks, "сумма|сумма платежа", required=True),
            Heading("method", words, "способ|способ оплаты", default=""),
            Heading("credited", yes, "зачислен|зачислено", default=True),
        ),
    ),
    "charges": File(
        charges,
        (
            Heading("id", identity, "ид|код|код начисления", required=True),
            Heading("account", identity, ACCOUNT, required=True),
            Heading("at", moment, "дата|время|дата начисления|дата списания", required=True),
            Heading("amount", kopecks, "сумма|начислено|списано", required=True),
            Heading("title", words, "название|наименование|назначение|за что", default=""),
            Heading("service", identity, "услуга|код услуги"),
        ),
    ),
}


# One file: bytes in, rows out


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    values: dict[str, Any]  # parsed, for every known column the file has; None: an empty cell


class Reader:
    """Streams one file, as often as wanted. `ignored` is known once it is open; `position`: how far it has come."""

    def __init__(self, kind: str, path: Path) -> None:
        self.kind, self.path, self.name = kind, path, path.name
        self.size = path.stat().st_size
        self.written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        self.ignored: tuple[str, ...] = ()
        self._raw: BufferedReader | None = None
        self._encoding = self._told_apart()

    @property
    def position(self) -> int:
        return self._raw.tell() if self._raw and not self._raw.closed else self.size

    def bad(self, line: int, column: str, reason: str) -> BadRow:
        return BadRow(self.name, line, column, reason)

    def batches(self) -> Iterator[list[Row]]:
        batch: list[Row] = []
        with self._open() as text:
            for row in self._rows(text):
                batch.append(row)
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        if batch:
            yield batch

    @contextmanager
    def _open(self) -> Iterator[TextIOWrapper]:
        with self.path.open("rb") as raw:
            self._raw = raw
            yield TextIOWrapper(raw, encoding=self._encoding, newline="")

    def _told_apart(self) -> str:
        """UTF-8 unless it cannot be. A UTF-8 file with a few broken bytes is a broken file, and not Windows-1251."""
        broken, line = 0, 1
        beyond = 0  # characters outside ASCII, the broken ones among them
        first = lost = None  # the line of the first broken character, and of the first byte that cp1251 has not
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with self.path.open("rb") as raw:
            if raw.peek(2)[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
                raise self.bad(1, "", "UTF-16: save the file as UTF-8 or Windows-1251")
            while block := raw.read(1 << 20):
                if block.isascii() and not decoder.getstate()[0]:
                    line += block.count(b"\n")
                    continue
                text = decoder.decode(block)
                if first is None and "\ufffd" in text:
                    first = line + text[: text.index("\ufffd")].count("\n")
                if lost is None and b"\x98" in block:
                    lost = line + block[: block.index(b"\x98")].count(b"\n")
                broken += text.count("\ufffd") - block.count("\ufffd".encode())
                beyond += len(text) - len(text.encode("ascii", "ignore"))
                line += block.count(b"\n")
        if not broken and not decoder.getstate()[0]:
            return "utf-8-sig"
        # Windows-1251 read as UTF-8 is nearly all broken; only pairs like «Пё» happen to be right.
        if beyond - broken > broken:
            raise self.bad(first or line, "", "a character of this UTF-8 file is broken")
        if lost is not None:
            raise self.bad(lost, "", "neither UTF-8 nor Windows-1251: save the file as one of them")
        return "cp1251"

    def _rows(self, text: TextIOWrapper) -> Iterator[Row]:
        line = 1
        try:
            first = text.readline(LONGEST_HEADER)
            delimiter = max(",;\t", key=lambda mark: self._known(next(csv.reader([first], delimiter=mark), [])))
            headings = self._headings(next(csv.reader([first], delimiter=delimiter), []))
            table = csv.reader(text, delimiter=delimiter, strict=True)
            line = 2
            for cells in table:
                if any(cells):
                    yield Row(line, self._values(line, cells, headings))
                line = table.line_num + 2  # the first line is not of this reader's counting
        except csv.Error as fault:
            raise self.bad(line, "", f"not well-formed CSV: {fault}") from None

    def _known(self, cells: Sequence[str]) -> int:
        names = NAMES[self.kind]
        return sum(_heading(cell) in names for cell in cells)

    def _headings(self, cells: list[str]) -> list[Heading | None]:
        names = NAMES[self.kind]
        headings = [names.get(_heading(cell)) for cell in cells]
        for name, times in Counter(h.name for h in headings if h).items():
            if times > 1:
                raise self.bad(1, name, "there are two such columns")
        for heading in FILES[self.kind].headings:
            if heading.required and heading not in headings:
                raise self.bad(1, heading.name, "there is no such column")
        self.ignored = tuple(cell.strip()[:50] for cell, h in zip(cells, headings, strict=True) if h is None)
        return headings

    def _values(self, line: int, cells: list[str], headings: list[Heading | None]) -> dict[str, Any]:
        if len(cells) != len(headings):
            reason = f"{len(cells)} cells under {len(headings)} headings (a comma in a sum needs quotation marks)"
            raise self.bad(line, "", reason)
        values: dict[str, Any] = {}
        for cell, heading in zip(cells, headings, strict=True):
            if heading is None:
                continue
            try:
                text = clean(cell)
                if not text and heading.required:
                    raise ValueError("is empty")
                values[heading.name] = heading.parse(text) if text else None
            except ValueError as fault:
                raise self.bad(line, heading.name, str(fault)) from None
        return values


def _heading(cell: str) -> str:
    return re.sub(r"[\s_]+", " ", cell.strip().strip("\ufeff").casefold())


NAMES: dict[str, dict[str, Heading]] = {
    kind: {
        _heading(name): heading
        for heading in file.headings
        for name in (heading.name, *heading.also.split("|"))
        if name
    }
    for kind, file in FILES.items()
}


# All files: rows in, statements out


class Import:
    """One import inside one transaction: batches are completed, compared with what is known, and written."""

    def __init__(self, connection: sa.Connection, now: datetime, progress: Progress | None) -> None:
        self._connection, self._now, self._progress = connection, now, progress
        self._report = Report()
        self._lines: dict[str, dict[str, int]] = {}  # kind -> id -> the line it was on
        self._numbers: dict[str, int] = {}
        self._logins: dict[str, tuple[str, str | None]] = {}  # login -> customer, the secret as the file gives it

    def run(self, readers: Sequence[Reader]) -> Report:
        for reader in readers:
            self._report.counts.setdefault(reader.kind, Count())
            rows = 0
            for batch in reader.batches():
                self._take(reader, batch)
                rows += len(batch)
                if self._progress:
                    self._progress(reader.kind, rows, reader.position, reader.size)
            self._report.ignored[reader.kind] = reader.ignored
        if self._connection.execute(sa.select(accounts.c.id).where(accounts.c.changed == UNMARKED).limit(1)).first():
            mark(self._connection)
        return self._report

    def _take(self, reader: Reader, batch: list[Row]) -> None:
        match reader.kind:
            case "customers":
                self._customers(reader, batch)
            case "accounts":
                self._accounts(reader, batch)
            case kind:
                owners = self._owners(reader, batch)
                for row in batch:
                    self._unique(reader, row, row.values["id"])
                    self._complete(reader, row, owners[row.values["account"]])
                self._write(reader, kind, batch)

    def _customers(self, reader: Reader, batch: list[Row]) -> None:
        for row in batch:
            if row.values["login"] in self._logins:
                raise reader.bad(row.line, "login", "the same login stands in this file twice")
            row.values["id"] = row.values.get("id") or row.values["login"]
            self._unique(reader, row, row.values["id"])
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
            self._unique(reader, row, row.values["id"])
            self._complete_account(reader, row)
        self._report.counts.setdefault("customers", Count())
        self._people(reader, people, rename=False)
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

    def _owners(self, reader: Reader, batch: list[Row]) -> dict[str, sa.Row[Any]]:
        owners = self._by("id", accounts, [row.values["account"] for row in batch])
        for row in batch:
            if row.values["account"] not in owners:
                raise reader.bad(row.line, "account", "there is no such account, neither here nor in the accounts file")
        return owners

    def _complete(self, reader: Reader, row: Row, owner: sa.Row[Any]) -> None:
        """Fill in what the database wants and the file leaves out; check what two cells must agree on."""
        values = row.values
        if "at" in values:
            at = _aware(values["at"], place(owner.zone))
            assert at is not None
            if at > self._now + AHEAD:
                raise reader.bad(row.line, "at", "lies in the future")
            values["at"] = micros(at)
        if reader.kind != "bills":
            return
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
        values["late_at"] = late_at(values["due"], owner.zone)

    def _unique(self, reader: Reader, row: Row, id: str) -> None:
        first = self._lines.setdefault(reader.kind, {}).setdefault(id, row.line)
        if first != row.line:
            raise reader.bad(row.line, "id", f"the same id stands on line {first}")

    def _write(self, reader: Reader, kind: str, batch: Sequence[Row]) -> list[str]:
        """Add what is new, change what differs, count. Gives the ids of accounts whose zone was changed."""
        table, count = FILES[kind].table, self._report.counts[kind]
        columns = [c for c in batch[0].values if c in table.c]
        known = self._by("id", table, [row.values["id"] for row in batch])
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        later: list[dict[str, Any]] = []  # only the time of the figures moved on
        touched: set[str] = set()
        rezoned: list[str] = []
        for row in batch:
            values = {name: self._filled(kind, name, row.values[name]) for name in columns}
            before = known.get(values["id"])
            old = {} if before is None else before._mapping
            different = {name for name in columns if name not in old or values[name] != old[name]}
            if before is None:
                new.append(self._whole(kind, values))
            elif "account" in different:
                raise reader.bad(row.line, "id", "belongs to another account")
            elif different <= {"as_of"}:
                count.same += 1
                if different:
                    later.append(values)
                continue
            else:
                changed.append(values)
            if kind == "bills":
                touched.add(values["account"])
            if before is not None and "zone" in different:
                rezoned.append(values["id"])
        count.new += len(new)
        count.changed += len(changed)
        if kind == "accounts":
            changed = [{**values, "changed": UNMARKED} for values in changed]
        if new:
            self._connection.execute(table.insert(), new)
        for rows in (changed, later):
            if rows:
                sets: dict[str, Any] = {name: sa.bindparam(f"b_{name}") for name in rows[0] if name != "id"}
                update = table.update().where(table.c.id == sa.bindparam("b_id")).values(sets)
                self._connection.execute(update, [{f"b_{k}": v for k, v in values.items()} for values in rows])
        if touched:
            self._connection.execute(accounts.update().where(accounts.c.id.in_(touched)).values(changed=UNMARKED))
        return rezoned

    def _filled(self, kind: str, name: str, value: Any) -> Any:
        """An empty cell means the column's default, also in a row that is known."""
        return DEFAULTS[kind].get(name) if value is None else value

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


DEFAULTS: dict[str, dict[str, Any]] = {
    kind: {h.name: h.default for h in file.headings if h.name in file.table.c} for kind, file in FILES.items()
}
DEFAULTS["accounts"]["customer"] = None


def _aware(value: datetime | None, home: ZoneInfo) -> datetime | None:
    return value if value is None or value.tzinfo else value.replace(tzinfo=home)


def _only(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
