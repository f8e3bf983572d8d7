"""ABillS' promised payment: a credit until a day, taken at once and charged for at once, and not safe to repeat.

the terms        GET /user/credit/ {sum, days, price}, read each time; a refusal is HTTP 400 with a number
the offer's id   a hash of the terms, of the day and of how often one was asked for: whoever pressed a button of
                 other terms, or of yesterday, has not agreed to these
taking it        the id is written into the keyring before the question leaves, so that no id is ever asked for
                 twice, whatever dies in between; what became of it is read from the credit, also after a timeout
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from hashlib import blake2s
from typing import Final
from weakref import WeakValueDictionary

from billing.abills_reading import House, Terms, User, errno, terms
from billing.abills_sessions import Sessions
from billing.base import Gone, Offer, Refusal, Refused, Scheme, Unavailable
from billing.upstream import Answer, Upstream
from billing.upstream import Refusal as No
from billing.wire import money

Standing = Callable[[], Awaitable[tuple[User, datetime]]]  # asked of the billing, not of what is kept

# Why not, by the numbers of the 400 that says so. 4301 and 4302: it is not for this customer, or for nobody.
WHY: Final = {
    "4301": Refusal.OTHER,
    "4302": Refusal.OTHER,
    "4303": Refusal.OTHER,  # the group, or a disabled user
    "4304": Refusal.RECENT,  # so often in this month already
    "4305": Refusal.OTHER,  # the credit is as large already
}


class Promises:
    def __init__(self, sessions: Sessions, upstream: Upstream, house: House, now: Callable[[], datetime]) -> None:
        self._sessions, self._upstream, self._house, self._now = sessions, upstream, house, now
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def offer(self, account: str, user: User) -> Offer:
        """`user`: how the account stands now. Raises Gone, SignIn, Unavailable."""
        today = self._now().astimezone(self._house.zone).date()
        if not user.open:
            raise Gone("closed account")
        nothing = Terms(user.promised(today), user.promised(today) * 0, 0)
        if self._house.scheme is Scheme.CREDIT:
            return await self._made(account, nothing, today, Refusal.SCHEME)
        if user.promised(today):
            return await self._made(account, nothing, user.credit_until or today, Refusal.OUTSTANDING)
        try:
            answer = await self._sessions.ask(account, lambda headers: self._terms(account, headers))
        except No as no:
            why = refusal_of(no)
            if why is None:
                raise
            return await self._made(account, nothing, today, why, next_month(today) if why is Refusal.RECENT else None)
        told = terms(answer.data)
        if told.amount <= 0 or told.price < 0:
            return await self._made(account, nothing, today, Refusal.OTHER)
        return await self._made(account, told, today + timedelta(days=told.days))

    async def take(self, account: str, offer: str, standing: Standing) -> tuple[User, datetime]:
        """The account after it was taken. Raises Refused, and Unavailable when nobody knows."""
        lock = self._locks.setdefault(account, asyncio.Lock())
        async with lock:
            user, at = await standing()
            today = self._now().astimezone(self._house.zone).date()
            if offer in (await self._sessions.key(account)).asked and user.promised(today):
                return user, at  # by this very offer: nothing else lets one be taken while it is outstanding
            current = await self.offer(account, user)
            if current.refusal is not None or current.id != offer:
                raise Refused(current)
            await self._sessions.mark(account, offer)
            try:
                await self._sessions.ask(account, lambda headers: self._take(account, headers))
            except No as no:
                if refusal_of(no) is None:
                    raise
                user, _ = await standing()
                raise Refused(await self.offer(account, user)) from None
            except Unavailable:
                user, at = await standing()
                if user.promised(today):
                    return user, at
                raise
            user, at = await standing()
            if not user.promised(today):
                raise Unavailable("a promised payment was taken, and is not there")
            return user, at

    async def _terms(self, account: str, headers: Mapping[str, str]) -> Answer:
        return await self._upstream.get(
            "user/credit/", operation="GET user/credit", who=account, fresh=0, headers=headers
        )

    async def _take(self, account: str, headers: Mapping[str, str]) -> Answer:
        return await self._upstream.send(
            "POST", "user/credit/", {}, operation="POST user/credit", who=account, headers=headers
        )

    async def _made(
        self, account: str, told: Terms, until: date, refusal: Refusal | None = None, possible: date | None = None
    ) -> Offer:
        amount, fee = money(told.amount, self._house.currency), money(told.price, self._house.currency)
        times = (await self._sessions.key(account)).asked[-1:]
        occasion = (account, amount.minor, fee.minor, until.isoformat(), refusal, times)
        return Offer(
            account=account,
            id=blake2s(repr(occasion).encode(), digest_size=10).hexdigest(),
            amount=amount,
            fee=fee,
            until=until,
            refusal=refusal,
            possible=possible,
        )


def refusal_of(no: No) -> Refusal | None:
    return WHY.get(errno(no.data) or no.code)


def next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=31)).replace(day=1)
