"""The keyring: what a billing keeps about people who signed in, so that it can go on asking for them. Encrypted.

    ABillS      login, password and session of a customer, by account
    TM Forum    the accounts that the operator's identity provider named, by subject, until they are linked

Every value is sealed (Fernet: AES-128-CBC and HMAC-SHA256, of `cryptography`) under a key made from SECRET_KEY: whoever
reads the database alone reads nothing. Another SECRET_KEY opens none of it, and the customers are asked to sign in
again. Storage deletes a key in the transaction that ends the last link to its account (storage/effects.py), and after
an hour what was never linked (storage/upkeep.py).
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

R = TypeVar("R")

metadata = sa.MetaData()

keys: Final = sa.Table(
    "billing_keys",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # an account's id; or what the billing calls it, for an hour
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),  # microseconds UTC
    sa.Index("billing_keys_at", "at"),
)


class Database(Protocol):
    async def read(self, unit: Callable[[Any], R]) -> R: ...

    async def write(self, unit: Callable[[Any], R]) -> R: ...


class Keyring:
    """A key is kept by account, or for an hour by whatever name; it is gone with the last link to that account."""

    def __init__(self, database: Database, secret: str, now: Callable[[], datetime]) -> None:
        from cryptography.fernet import Fernet, InvalidToken  # an operator with the embedded ledger never needs it

        # SECRET_KEY is long and random (bot.settings sees to it), so one keyed hash makes a key of it.
        made = hashlib.blake2b(secret.encode(), digest_size=32, person=b"saldo keyring").digest()
        self._database, self._now, self._fernet = database, now, Fernet(base64.urlsafe_b64encode(made))
        self._foreign = InvalidToken

    async def key(self, name: str) -> bytes | None:
        """None: there is none, or it was sealed under another SECRET_KEY."""
        query = sa.select(keys.c.sealed).where(keys.c.name == name)
        sealed: bytes | None = await self._database.read(lambda c: c.execute(query).scalar())
        try:
            return None if sealed is None else self._fernet.decrypt(bytes(sealed))
        except self._foreign:
            return None

    async def keep(self, name: str, key: bytes) -> None:
        row = {"sealed": self._fernet.encrypt(key), "at": round(self._now().timestamp() * 1_000_000)}

        def unit(connection: sa.Connection) -> None:
            changed = connection.execute(sa.update(keys).where(keys.c.name == name).values(**row)).rowcount
            if not changed:
                connection.execute(sa.insert(keys).values(name=name, **row))

        await self._database.write(unit)

    async def drop(self, name: str) -> None:
        await self._database.write(lambda c: c.execute(sa.delete(keys).where(keys.c.name == name)).close())
