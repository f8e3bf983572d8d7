"""The files of an operator's export: which there are, with which columns, and how rows come out of their bytes.

    file        columns (* required); in brackets what stands for an empty cell
    customers   login*, id (the login), password or password_hash
    accounts    number*, scheme*, balance*, id (the number), login, password or password_hash,
                holder, currency (RUB), zone (Europe/Moscow), open (yes), as_of, promised, promised_until, region, since
    services    id*, account*, title*, status*, kind (other), tariff, fee, next_fee, daily (no), balance
    bills       id*, account*, amount*, remaining*, issued*, due*, number (the id),
                first, last (of its period; else the month before `issued`)
    payments    id*, account*, at*, amount*, method, credited (yes)
    charges     id*, account*, at*, amount*, title, service
    options     id*, service*, title*, status*, fee (a month)
    components  service*, direction*, status*, carrier, balance (at the carrier): a row for each carrier, or one without
    usage       service*, day*, use*, amount* (bytes, seconds or pieces), count (1), cost, direction (of calls), title
    calls       id*, service*, at*, seconds*, direction*, number (withheld), cost (0), incoming (no)
    reaches     account*, way, address: the most trusted first; both empty: cannot be reached
    deliveries  service*, email (not by e-mail)
    outages     id*, title*, since*, until, account or region (neither: everywhere), kinds (all), planned (no), text
    notices     id*, title*, text*, at*, region (everywhere), until
    bonuses     account*, program*, points*, burning (0), burns

Russian headings are in `FILES` beside each column. Columns that nobody knows are left alone and named in the report.
`account` is the account's id, `service` the service's. How cells are written: `billing.cells`.

    text      UTF-8, with or without its mark, or Windows-1251; separated by comma, semicolon or tab
    sums      1234.5   1 234,56   −5: at most two decimals, groups of three by a space; never a float
    days      2026-11-22   22.11.2026
    times     a day, or a day and 14:05[:09]; with an offset (+03:00, Z), or in the account's own zone; where there is
              no account, in Moscow's
    seconds   95   1:35   0:01:35
    holder    masked before it is stored, «Петров Иван Сергеевич» becomes «Иван П.»
    password  hashed at full cost, some ten a second for each core: thousands need `password_hash` (argon2id text)
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from billing import ledger_tables as tables
from billing.cells import (
    argon2,
    clean,
    currency,
    day,
    direction,
    duration,
    email,
    identity,
    kind,
    kinds,
    kopecks,
    login,
    masked,
    moment,
    number,
    price,
    scheme,
    status,
    use,
    way,
    whole,
    words,
    yes,
    zone,
)

BATCH = 1000  # rows read at a time
LONGEST_HEADER = 100_000  # characters
SEPARATOR = re.compile(r"\"?sep=[,;\t]\"?\s*")  # the first line of what Excel is to open: the headings come behind it


class BadRow(Exception):
    """What is wrong and where. Nothing of the cell itself: it may be a name or a password."""

    def __init__(self, file: str, line: int, column: str, reason: str) -> None:
        self.file, self.line, self.column, self.reason = file, line, column, reason
        where = f"{file}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f"{where}: {reason}")


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
    key: tuple[str, ...] = ("id",)  # the columns that tell rows apart
    owner: str = ""  # the column that names whose it is: an account or a service that must be known


SERVICE = "услуга|код услуги"
ACCOUNT = "лицевой счет|лицевой счёт|л/с|лс|счет|счёт"
LOGIN = "логин|имя пользователя"
SECRETS = (
    Heading("password", str, "пароль"),
    Heading("password_hash", argon2, "хеш пароля|хэш пароля"),
)

FILES: dict[str, File] = {  # in the order in which they are read: nobody refers to a later one
    "customers": File(
        tables.customers,
        (Heading("login", login, LOGIN, required=True), Heading("id", identity, "ид|код|код клиента"), *SECRETS),
    ),
    "accounts": File(
        tables.accounts,
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
            Heading("region", words, "регион|область|край", default=""),
            Heading("since", day, "договор с|дата договора|дата подключения"),
        ),
    ),
    "services": File(
        tables.services,
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
        owner="account",
    ),
    "bills": File(
        tables.bills,
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
        owner="account",
    ),
    "payments": File(
        tables.payments,
        (
            Heading("id", identity, "ид|код|код платежа|номер платежа", required=True),
            Heading("account", identity, ACCOUNT, required=True),
            Heading("at", moment, "дата|время|дата платежа|дата оплаты", required=True),
            Heading("amount", kopecks, "сумма|сумма платежа", required=True),
            Heading("method", words, "способ|способ оплаты", default=""),
            Heading("credited", yes, "зачислен|зачислено", default=True),
        ),
        owner="account",
    ),
    "charges": File(
        tables.charges,
        (
            Heading("id", identity, "ид|код|код начисления", required=True),
            Heading("account", identity, ACCOUNT, required=True),
            Heading("at", moment, "дата|время|дата начисления|дата списания", required=True),
            Heading("amount", kopecks, "сумма|начислено|списано", required=True),
            Heading("title", words, "название|наименование|назначение|за что", default=""),
            Heading("service", identity, SERVICE),
        ),
        owner="account",
    ),
    "options": File(
        tables.options,
        (
            Heading("id", identity, "ид|код|код опции", required=True),
            Heading("service", identity, SERVICE, required=True),
            Heading("title", words, "опция|название|наименование", required=True),
            Heading("status", status, "статус|состояние", required=True),
            Heading("fee", price, "абонплата|абонентская плата|стоимость"),
        ),
        owner="service",
    ),
    "components": File(
        tables.components,
        (
            Heading("service", identity, SERVICE, required=True),
            Heading("direction", direction, "составляющая|направление|вид связи", required=True),
            Heading("status", status, "статус|состояние", required=True),
            Heading("carrier", words, "оператор|оператор дальней связи"),
            Heading("balance", kopecks, "баланс|остаток"),
        ),
        key=("service", "direction"),
        owner="service",
    ),
    "usage": File(
        tables.usages,
        (
            Heading("service", identity, SERVICE, required=True),
            Heading("day", day, "день|дата", required=True),
            Heading("use", use, "вид|тип|что", required=True),
            Heading("amount", whole, "объем|объём|количество|байт|секунд", required=True),
            Heading("count", whole, "штук|сессий|вызовов|число", default=1),
            Heading("cost", price, "стоимость|сумма"),
            Heading("direction", direction, "направление", default=""),
            Heading("title", words, "название|наименование", default=""),
        ),
        key=("service", "day", "use", "direction", "title"),
        owner="service",
    ),
    "calls": File(
        tables.calls,
        (
            Heading("id", identity, "ид|код|код вызова", required=True),
            Heading("service", identity, SERVICE, required=True),
            Heading("at", moment, "дата|время|дата и время|начало", required=True),
            Heading("seconds", duration, "секунд|длительность|продолжительность", required=True),
            Heading("direction", direction, "направление|вид связи", required=True),
            Heading("number", number, "номер|телефон|номер абонента|абонент", default=""),
            Heading("cost", price, "стоимость|сумма", default=0),
            Heading("incoming", yes, "входящий", default=False),
        ),
        owner="service",
    ),
    "reaches": File(
        tables.reaches,
        (
            Heading("account", identity, ACCOUNT, required=True),
            Heading("way", way, "способ|способ связи|вид"),
            Heading("address", clean, "адрес|контакт|телефон или почта"),
        ),
        key=("account", "way", "address"),
        owner="account",
    ),
    "deliveries": File(
        tables.deliveries,
        (
            Heading("service", identity, SERVICE, required=True),
            Heading("email", email, "e-mail|почта|электронная почта|адрес"),
        ),
        key=("service",),
        owner="service",
    ),
    "outages": File(
        tables.outages,
        (
            Heading("id", identity, "ид|код|код аварии", required=True),
            Heading("title", words, "название|наименование|причина|что случилось", required=True),
            Heading("since", moment, "начало|с", required=True),
            Heading("until", moment, "конец|окончание|до|восстановление"),
            Heading("account", identity, ACCOUNT),
            Heading("region", words, "регион|область|край", default=""),
            Heading("kinds", kinds, "услуги|виды услуг|вид", default=""),
            Heading("planned", yes, "плановая|плановые работы", default=False),
            Heading("text", words, "текст|описание|подробности", default=""),
        ),
        owner="account",
    ),
    "notices": File(
        tables.notices,
        (
            Heading("id", identity, "ид|код|код новости", required=True),
            Heading("title", words, "заголовок|название|новость", required=True),
            Heading("text", words, "текст|описание", required=True),
            Heading("at", moment, "дата|время|начало", required=True),
            Heading("region", words, "регион|область|край", default=""),
            Heading("until", moment, "конец|окончание|до"),
        ),
    ),
    "bonuses": File(
        tables.bonuses,
        (
            Heading("account", identity, ACCOUNT, required=True),
            Heading("program", words, "программа|бонусная программа", required=True),
            Heading("points", whole, "баллы|бонусы|баллов", required=True),
            Heading("burning", whole, "сгорает|сгорает баллов|сгорят", default=0),
            Heading("burns", day, "сгорает когда|дата сгорания|сгорят когда"),
        ),
        key=("account",),
        owner="account",
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

    def batches(self) -> Generator[list[Row], None, None]:
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
        line = above = 1
        try:
            first = text.readline(LONGEST_HEADER)
            if SEPARATOR.fullmatch(first):
                line = above = 2
                first = text.readline(LONGEST_HEADER)
            delimiter = max(",;\t", key=lambda mark: self._known(next(csv.reader([first], delimiter=mark), [])))
            headings = self._headings(line, next(csv.reader([first], delimiter=delimiter), []))
            table = csv.reader(text, delimiter=delimiter, strict=True)
            line = above + 1
            for cells in table:
                if any(cells):
                    yield Row(line, self._values(line, cells, headings))
                line = above + table.line_num + 1  # what stands above is not of this reader's counting
        except csv.Error as fault:
            raise self.bad(line, "", f"not well-formed CSV: {fault}") from None

    def _known(self, cells: Sequence[str]) -> int:
        names = NAMES[self.kind]
        return sum(_heading(cell) in names for cell in cells)

    def _headings(self, line: int, cells: list[str]) -> list[Heading | None]:
        names = NAMES[self.kind]
        headings = [names.get(_heading(cell)) for cell in cells]
        for name, times in Counter(h.name for h in headings if h).items():
            if times > 1:
                raise self.bad(line, name, "there are two such columns")
        for heading in FILES[self.kind].headings:
            if heading.required and heading not in headings:
                raise self.bad(line, heading.name, "there is no such column")
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


DEFAULTS: dict[str, dict[str, Any]] = {
    kind: {h.name: h.default for h in file.headings if h.name in file.table.c} for kind, file in FILES.items()
}
DEFAULTS["accounts"]["customer"] = None
