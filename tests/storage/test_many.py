"""Statements for many conversations at once: found by an index, however many there are, and written in their order."""

import pytest
from sqlalchemy import Connection, select

from storage import inbox, memory
from storage.database import connect
from storage.dialects import in_order, insert_rows
from storage.tables import outbox

LOOKS = {
    "lock": inbox._LOCK,
    "lease": inbox._LEASE,
    "events": inbox._EVENTS,
    "undone": inbox._UNDONE,
    "done": inbox._DONE,
    "chats": inbox._CHATS,
    "memory": memory._MEMORY,
    "advance": inbox._ADVANCE["sqlite"],
}


@pytest.mark.parametrize("name", LOOKS)
async def test_many_rows_are_found_by_an_index(sqlite_url: str, name: str) -> None:
    def plan(connection: Connection) -> list[str]:
        text = str(LOOKS[name].compile(dialect=connection.dialect))
        values = ("[]",) * text.count("?")
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]

    database = connect(sqlite_url)
    try:
        steps = await database.read(plan)
    finally:
        await database.close()
    tables = ("lanes", "inbox", "chats", "links", "invitations", "challenges")
    assert not [step for step in steps if step.startswith(tuple(f"SCAN {table}" for table in tables))]
    assert [step for step in steps if step.startswith("SEARCH ")]


async def test_rows_keep_their_order_their_flags_and_their_gaps(database_url: str) -> None:
    def letter(n: int, **more: object) -> dict[str, object]:
        return inbox.letter_row("vk:1", "reply", f"r:{n}", 5, payload=f'{{"text":"№ {n} \\u0000"}}') | more

    letters = [
        letter(3, personal=False),
        letter(1, farewell=True),
        letter(2, answer_to=10**15),
        letter(1, kind="twice"),
    ]
    many = insert_rows(outbox, inbox._LETTER, "dedupe")

    def unit(connection: Connection) -> list[tuple[object, ...]]:
        connection.execute(many[connection.dialect.name], {"rows": in_order(inbox._LETTER, letters)})
        names = (outbox.c[name] for name in inbox._LETTER)
        return [tuple(row) for row in connection.execute(select(*names).order_by(outbox.c.id))]

    database = connect(database_url)
    try:
        assert await database.write(unit) == [tuple(one.values()) for one in letters[:3]]
    finally:
        await database.close()
