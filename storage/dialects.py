"""Where the two databases differ, and nothing else. Everything else is the same statement on both.

FOR UPDATE, with or without SKIP LOCKED, is written in the statements as for PostgreSQL: SQLite's compiler leaves it
out, and there BEGIN IMMEDIATE on the one writer gives the same exclusivity.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, FromClause, Insert, Table, Text, column, text
from sqlalchemy.dialects import postgresql, sqlite

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


def lock_names(connection: Connection, keys: Iterable[bytes]) -> None:
    """Nobody else passes here with one of these keys until our transaction ends. SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        for key in sorted(int.from_bytes(key[:8], "big", signed=True) for key in keys):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
