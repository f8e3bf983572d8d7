"""Where the two databases differ, and nothing else. Everything else is the same statement on both.

FOR UPDATE, with or without SKIP LOCKED, is written in the statements as for PostgreSQL: SQLite's compiler leaves it
out, and there BEGIN IMMEDIATE on the one writer gives the same exclusivity.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    FromClause,
    Insert,
    Integer,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

DIALECTS = ("sqlite", "postgresql")
Statements = Mapping[str, Insert]  # by dialect name: connection.dialect.name


def insert_new(table: Table, unique: str, *returning: str, rows: Any = None) -> Statements:
    """INSERT that leaves out rows whose `unique` column is there already; from a SELECT `rows` if given."""
    made: dict[str, Insert] = {}
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert)):
        statement = insert(table)
        if rows is not None:
            statement = statement.from_select([one.name for one in rows.selected_columns], rows)
        statement = statement.on_conflict_do_nothing(index_elements=[unique])
        made[name] = statement.returning(*(table.c[one] for one in returning)) if returning else statement
    return made


def upsert(table: Table, unique: Sequence[str], update: Sequence[str] = (), **changes: Any) -> Statements:
    """INSERT that turns into an UPDATE of the columns `update` (to the values given) and `changes` (to expressions)."""
    made: dict[str, Insert] = {}
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert)):
        statement = insert(table)
        new = {one: statement.excluded[one] for one in update}
        made[name] = statement.on_conflict_do_update(index_elements=list(unique), set_=new | changes)
    return made


def rows_of(dialect: str, name: str, **columns: type[Text] | type[BigInteger]) -> FromClause:
    """A bound value as a table: thousands of rows in one parameter, and one statement text however many there are.

    Bind `as_rows(...)` to the parameter called `name`.
    """
    if dialect == "postgresql":
        picked = [f"(value->>{n})::{'bigint' if of is BigInteger else 'text'} AS {one}" for n, (one, of) in
                  enumerate(columns.items())]  # fmt: skip
        source = f"jsonb_array_elements(CAST(:{name} AS jsonb)) AS rows_of(value)"
    else:
        picked = [f"json_extract(value, '$[{n}]') AS {one}" for n, one in enumerate(columns)]
        source = f"json_each(:{name})"
    # Names of columns come from our own code; values are bound.
    statement = text(f"SELECT {', '.join(picked)} FROM {source}")  # noqa: S608
    return statement.columns(*(column(one, of()) for one, of in columns.items())).subquery(name + "_rows")


def as_rows(rows: Iterable[Sequence[Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()


def insert_rows(table: Table, names: Sequence[str], unique: str = "") -> Statements:
    """INSERT of many rows by one statement, in their order; those whose `unique` is there already are left out.

    Bind `in_order(names, ...)` to "rows". Not the driver's executemany: there each row is a step, and at every step
    SQLite's driver gives the interpreter away.
    """
    made: dict[str, Insert] = {}
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert)):
        kinds = {name: BigInteger if isinstance(table.c[name].type, Integer | Boolean) else Text for name in names}
        rows = rows_of(dialect, "rows", n=BigInteger, **kinds)
        picked = [rows.c[name] == 1 if isinstance(table.c[name].type, Boolean) else rows.c[name] for name in names]
        statement = insert(table).from_select(list(names), select(*picked).order_by(rows.c.n))
        made[dialect] = statement.on_conflict_do_nothing(index_elements=[unique]) if unique else statement
    return made


def in_order(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    # The two databases read JSON's true in two ways, and 1 in one.
    return as_rows([n, *(int(v) if v is True or v is False else v for v in map(row.__getitem__, names))]
                   for n, row in enumerate(rows))  # fmt: skip


class among(FunctionElement[Any]):
    """Whether the column is one of those bound, as a list, to `name`: one statement text however many they are."""

    inherit_cache = True
    type = NullType()  # as a Boolean it would be compared with 1, and SQLite would not find the index

    def __init__(self, column: Column[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_Many(column.type)))


class _Many(TypeDecorator[Sequence[Any]]):
    impl = Text
    cache_ok = True

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(postgresql.ARRAY(self.of) if dialect.name == "postgresql" else JSON())


@compiles(among, "postgresql")
def _among(element: among, compiler: Any, **more: Any) -> str:
    column, bound = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} = ANY ({bound})"


@compiles(among)
def _among_json(element: among, compiler: Any, **more: Any) -> str:
    column, bound = (compiler.process(one, **more) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({bound}))"  # noqa: S608 — a column's name and a bind's


def lock_names(connection: Connection, keys: Iterable[bytes]) -> None:
    """Nobody else passes here with one of these keys until our transaction ends. SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        for key in sorted(int.from_bytes(key[:8], "big", signed=True) for key in keys):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
