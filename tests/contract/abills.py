"""ABillS as the suite of every billing wants to ask it.

ABillS names everything by numbers of its own, one login is one account, and one server has one zone and settles one
way. So the accounts of the world live on two servers, a prepaid one in Moscow and a postpaid one in Kamchatka, and
`Numbered` puts the world's names for the servers' numbers. All else is the adapter's.

What ABillS tells in another way than the suite compares, its feed (of one server, without days) and its calls (by the
day), is held to the ledger's word in tests/billing/test_abills_live.py.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

import msgspec

from billing.abills import Abills, connect
from billing.base import (
    Billing,
    BillingError,
    Capability,
    Charge,
    Facts,
    Payment,
    Refused,
    Service,
    Subject,
    Unsupported,
)
from billing.promises import FREE
from sandbox.abills import Abills as Server
from sandbox.abills_rows import numbered
from tests.contract.billing_suite import NOW, SAID, WORLD, Furnished

LOGINS = {"A1": "anna.2", "A2": "anna", "B1": "boris", "V1": "vera"}
ELSEWHERE = "A2"  # the account that is settled otherwise, and in another zone
OTHERWISE = frozenset({Capability.CHANGES, Capability.CALLS})
SETTINGS = {
    "ABILLS_DIGITS": "10",
    "ABILLS_MODULES": "credit, docs, voip",
    "ABILLS_FRESH": "0",
    "ABILLS_TIMEOUT": "30",
}


async def known(login: str, password: str) -> Subject | None:
    """Whose password it is, the ledger's own tests ask; its hash takes longer than all else that is done here."""
    return Subject(login) if (login, password) in {(name, word) for name, word, _ in WORLD.logins} else None


@asynccontextmanager
async def abills_over(book: Furnished, secret: str) -> AsyncIterator[tuple[Furnished, tuple[Server, ...]]]:
    book.billing.authenticate = known  # type: ignore[method-assign]
    async with AsyncExitStack() as stack:

        async def made(zone: str, scheme: str) -> tuple[Server, Abills]:
            server = Server(book.billing, now=lambda: NOW, zone=zone)
            await server.start()
            stack.push_async_callback(server.stop)
            values = {**SETTINGS, **server.settings(), "ABILLS_SCHEME": scheme}
            billing = connect(values, database=book.database, now=lambda: NOW, rule=FREE, secret=secret)
            stack.push_async_callback(billing.close)
            return server, billing

        (here, main), (there, other) = await made("Europe/Moscow", "advance"), await made("Asia/Kamchatka", "credit")
        billing = Numbered({id: other if id == ELSEWHERE else main for id in LOGINS}, main, (here, there))
        for login, password, _ in WORLD.logins:
            assert await billing.authenticate(login, password) is not None
        # It does not say of which service a charge is.
        furnished = Furnished(
            cast("Billing", billing), book.pay, billing.authenticate, book.database, SAID - {"service"}
        )
        yield furnished, (here, there)


class Numbered:
    """`billing.base.Billing` and Snapshot over two servers."""

    def __init__(self, adapters: Mapping[str, Abills], main: Abills, servers: tuple[Server, ...]) -> None:
        self.name, self.keeps_days, self.can = main.name, main.keeps_days, main.can - OTHERWISE
        self._adapters, self._main, self._servers = adapters, main, servers
        self._names = {str(numbered(one.id)): one.id for one in (*WORLD.accounts, *WORLD.services, *WORLD.bills)}

    async def authenticate(self, login: str, password: str) -> Subject | None:
        """A person whose accounts have a login each signs in with each of them."""
        own = next((ids for name, _, ids in WORLD.logins if name == login), None)
        if own is None:
            return await self._main.authenticate(login, password)
        for id in own:
            if await self._adapters[id].authenticate(LOGINS[id], password) is None:
                return None
        return Subject(login)

    async def accounts(self, subject: Subject) -> tuple[Any, ...]:
        [own] = [ids for name, _, ids in WORLD.logins if name == subject.id]
        return tuple([await self.account(id) for id in own])

    async def facts(self, account: str) -> Facts:
        return cast("Facts", await self.__getattr__("facts")(account))

    async def changes(self, cursor: str | None, limit: int) -> Any:
        raise Unsupported("another test's")

    async def calls(self, *_: object) -> Any:
        raise Unsupported("another test's")

    def __getattr__(self, question: str) -> Callable[..., Any]:
        if question not in {*vars(Billing), "facts"}:
            raise AttributeError(question)

        async def ask(account: str, *more: Any) -> Any:
            adapter = self._adapters.get(account, self._main)
            uid = str(numbered(account)) if account in self._adapters else account
            try:
                return self._named(await getattr(adapter, question)(uid, *more))
            except Refused as no:
                raise Refused(self._named(no.offer)) from None
            except BillingError:
                raise

        return ask

    def _named(self, told: Any) -> Any:
        """The same with the world's names."""
        if isinstance(told, tuple):
            return tuple(map(self._named, told))
        if not is_dataclass(told) or isinstance(told, type):
            return told
        ids = self._names | self._ledger(told)
        changed = {one.name: self._named(getattr(told, one.name)) for one in fields(told)}
        for name in ("account", "id"):
            if isinstance(id := changed.get(name), str):
                changed[name] = ids.get(id.rpartition(".")[2], id)
        if isinstance(told, Service):
            changed["title"] = told.title.rstrip("+0123456789 ")  # a phone is called by its number too
        return replace(told, **changed)

    def _ledger(self, told: object) -> dict[str, str]:
        """What the servers have numbered as they came to see it; both begin with the same number."""
        kind = {Payment: "payments", Charge: "fees"}.get(type(told), "")
        server = self._servers[getattr(told, "account", "") == str(numbered(ELSEWHERE))]
        kept = msgspec.json.decode(server.keep())["numbers"]
        return {str(number): id for id, number in kept.get(kind, {}).items()}
