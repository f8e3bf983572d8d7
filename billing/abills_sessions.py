"""Sessions: by whose right ABillS is asked. A customer signs in once; from then on it is asked in his name.

    POST /user/login/ {login, password}  ─▶  {uid, sid}  ─▶  header USERSID with every question
    401 (errno 10)                       the session is dead: one sign-in for all who wait, then the question again

What goes on asking is kept in the keyring, sealed, by the account's id, and is gone with the last link to the account:
login, session and (ABILLS_KEEP=password) the password. ABILLS_KEEP=session keeps no password: a dead session is then
dropped, and the customer is asked to sign in again (`SignIn`).

An answer to a sign-in may repeat the password: nothing of it is logged, and no text of an error comes from it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
import structlog

from billing.abills_reading import errno, whole
from billing.base import SignIn, Unavailable
from billing.keyring import Keyring
from billing.upstream import Answer, Refusal, Unreadable, Upstream
from billing.wire import text

log = structlog.get_logger()

WRONG: Final = "1001014"  # login or password
DEAD: Final = "10"  # no such session
LICENCE: Final = "699"  # of fewer users than there are
REST: Final = 600.0  # seconds for which a refused password is not tried again
REMEMBERED: Final = 10_000  # accounts whose password was refused
HELD: Final = 1.0  # seconds for which a key that was opened serves the other questions of the same answer
ASKED: Final = 10  # promised payments that were asked for, the last ones

Question = Callable[[Mapping[str, str]], Awaitable[Answer]]


class Key(msgspec.Struct, frozen=True):
    """What is kept of one account."""

    login: str
    sid: str
    password: str = ""  # "": not kept
    asked: tuple[str, ...] = ()  # ids of the promised payments that were asked for: each is asked for once


class Sessions:
    def __init__(
        self,
        upstream: Upstream,
        keyring: Keyring,
        *,
        passwords: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`passwords`: they are kept, so that sessions can be renewed."""
        self._upstream, self._keyring, self._passwords = upstream, keyring, passwords
        self._monotonic = monotonic
        self._renewing: dict[str, asyncio.Task[Key]] = {}
        self._refused: OrderedDict[str, float] = OrderedDict()  # account: when its kept password was refused
        self._held: OrderedDict[str, tuple[float, Key]] = OrderedDict()  # account: until when, and its key

    async def open(self, login: str, password: str) -> str | None:
        """Sign in, and keep what goes on asking; the account's id. None: wrong. Raises Unavailable."""
        found = await self._sign_in(login, password)
        if found is None:
            return None
        account, sid = found
        before = await self._read(account)
        asked = before.asked if before else ()
        await self._keep(account, Key(login, sid, password if self._passwords else "", asked))
        self._refused.pop(account, None)
        return account

    async def ask(self, account: str, question: Question) -> Answer:
        """Put the question in the customer's name, with a new session where the last one is dead.

        Raises SignIn, Unavailable; Refusal is a business error of the billing's.
        """
        until, key = self._held.get(account, (0.0, None))
        if key is None or self._monotonic() >= until:
            key = await self.key(account)
        try:
            return await question({"USERSID": key.sid})
        except Refusal as refusal:
            if not dead(refusal):
                raise translated(refusal) from None
        key = await self._renewed(account, key.sid)
        try:
            return await question({"USERSID": key.sid})
        except Refusal as refusal:
            if dead(refusal):
                raise Unavailable("a session that has just begun was refused") from None
            raise translated(refusal) from None

    async def key(self, account: str) -> Key:
        """Raises SignIn: nothing is kept of the account, or it cannot be opened any more."""
        key = await self._read(account)
        if key is None:
            raise SignIn("no session of the account is kept")
        self._hold(account, key)
        return key

    async def mark(self, account: str, offer: str) -> None:
        """That promised payment is about to be asked for."""
        key = await self.key(account)
        asked = (*(one for one in key.asked if one != offer), offer)[-ASKED:]
        await self._keep(account, msgspec.structs.replace(key, asked=asked))

    async def _renewed(self, account: str, dead_sid: str) -> Key:
        """The key with a living session; whoever comes meanwhile waits for the same one."""
        task = self._renewing.get(account)
        if task is None:
            task = self._renewing[account] = asyncio.create_task(self._renew(account, dead_sid))
            task.add_done_callback(lambda done: self._settled(account, done))
        return await asyncio.shield(task)

    def _settled(self, account: str, done: asyncio.Task[Key]) -> None:
        self._renewing.pop(account, None)
        if not done.cancelled():
            done.exception()  # it was told to those who waited, if anybody still did

    async def _renew(self, account: str, dead_sid: str) -> Key:
        key = await self.key(account)
        if key.sid != dead_sid:  # somebody was faster, here or in another process
            return key
        if not key.password:
            self._held.pop(account, None)
            await self._keyring.drop(account)
            raise SignIn("the session is over")
        refused_at = self._refused.get(account)
        if refused_at is not None and self._monotonic() - refused_at < REST:
            raise SignIn("the kept password was refused")
        found = await self._sign_in(key.login, key.password)
        if found is None or found[0] != account:
            # It stays kept: a billing that is ill for an hour must not make all customers sign in anew.
            self._refused[account] = self._monotonic()
            if len(self._refused) > REMEMBERED:
                self._refused.popitem(last=False)
            raise SignIn("the kept password was refused")
        key = msgspec.structs.replace(key, sid=found[1])
        await self._keep(account, key)
        return key

    async def _sign_in(self, login: str, password: str) -> tuple[str, str] | None:
        """(account, session); None: wrong."""
        if not login or not password:
            return None
        body = {"login": login, "password": password}
        try:
            answer = await self._upstream.send(
                "POST", "user/login/", body, operation="POST user/login", repeatable=True
            )
        except Refusal as refusal:
            if errno(refusal.data) == WRONG or refusal.code == WRONG:
                return None
            raise translated(refusal) from None
        if errno(answer.data) == WRONG:
            return None
        row = whole(answer.data, "login")
        account, sid = text(row.get("uid")), text(row.get("sid"))
        if not account or not sid.isascii() or not sid.isprintable() or not sid:
            raise Unreadable("login: no session")
        return account, sid

    async def _read(self, account: str) -> Key | None:
        sealed = await self._keyring.key(account) if account else None
        try:
            return None if sealed is None else msgspec.json.decode(sealed, type=Key)
        except msgspec.DecodeError:
            return None

    async def _keep(self, account: str, key: Key) -> None:
        await self._keyring.keep(account, msgspec.json.encode(key))
        self._hold(account, key)

    def _hold(self, account: str, key: Key) -> None:
        self._held[account] = self._monotonic() + HELD, key
        self._held.move_to_end(account)
        while self._held and (len(self._held) > REMEMBERED or next(iter(self._held.values()))[0] <= self._monotonic()):
            self._held.popitem(last=False)

    async def close(self) -> None:
        for task in [*self._renewing.values()]:
            task.cancel()
        await asyncio.gather(*self._renewing.values(), return_exceptions=True)


def dead(refusal: Refusal) -> bool:
    """Whether it says that there is no such session."""
    return refusal.status == 401 or DEAD in {refusal.code, errno(refusal.data)}


def translated(refusal: Refusal) -> Unavailable:
    """The same, or what the operator must hear of."""
    if LICENCE in {refusal.code, errno(refusal.data)}:
        log.critical("abills-licence", mend="the licence of ABillS does not cover the number of its users (errno 699)")
        return Unavailable("errno 699: the licence of ABillS does not cover the number of its users")
    return refusal
