"""The hub of TM Forum Open APIs: each API tells an address of ours when something of its own has changed.

What it tells is a hint to ask again and nothing more: no figure is ever taken from an event, because the standard knows
no signature. The address has a secret part; events may come twice, late, or never, and the feed does not rely on them.

    {"eventId": …, "eventType": …, "event":   {"payment":        {"account":        {"id": "7"}}}}   most APIs
    {"eventId": …, "eventType": …, "payload": {"billingAccount": {"id": "7"}}}                       TMF666 v4

Names of events differ from server to server, so they are not looked at: whatever account an event names is asked about.
v4 cannot list what was asked for, so the id of each subscription is kept (`billing.keyring`): a renewal makes the new
one first and then ends the one before, and nothing piles up at a server that never forgets.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import msgspec
import structlog

from billing.base import BillingError
from billing.keyring import Keyring
from billing.upstream import Refusal, Upstream
from billing.wire import text

log = structlog.get_logger()

ACCOUNTS: Final = {"account", "billingaccount", "partyaccount", "financialaccount", "settlementaccount"}
MOST: Final = 100  # accounts that one event may name: an event is about one
VALUES: Final = 5000  # of one event, looked through before the rest is left alone
SEEN: Final = 10_000  # events that are remembered
TWICE: Final = timedelta(minutes=10)  # how long: servers deliver again within seconds or minutes


class Hub:
    """The subscriptions of one billing.

    `apis`: each API that shall tell of changes, by the name it has in the settings, with the version that it speaks.
    Without one nothing is asked for and nothing heard: `path` is "". `secret` makes the path, so that it lasts.
    """

    def __init__(
        self,
        apis: Mapping[str, tuple[Upstream, int]],
        keyring: Keyring,
        secret: str,
        now: Callable[[], datetime],
    ) -> None:
        self._apis, self._keyring, self._now = apis, keyring, now
        made = hashlib.blake2b(secret.encode(), digest_size=20, person=b"saldo hints")
        self.path = made.hexdigest() if apis else ""
        self._seen: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def hint(self, body: bytes) -> frozenset[str]:
        """The ids of the accounts that an event names, as its API calls them; an event that comes again names none."""
        try:
            event = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return frozenset()
        if not isinstance(event, dict):
            return frozenset()
        named = named_in([event.get("event"), event.get("payload")])
        key = event.get("eventId")
        return frozenset(one for one in named if not (isinstance(key, str) and key and self._again(key, one)))

    def _again(self, event: str, account: str) -> bool:
        """Whether this event was told of this account just now. Some servers give every event the same id."""
        now, key = self._now(), (event[:200], account)
        before = self._seen.get(key)
        if before is not None and now - before < TWICE:
            return True
        self._seen[key] = now
        self._seen.move_to_end(key)
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        return False

    async def subscribe(self, callback: str) -> None:
        """Ask every API to tell `callback`. The others are asked even where one refuses; then raises its error."""
        asked = [self._renew(name, upstream, version, callback) for name, (upstream, version) in self._apis.items()]
        failed = [one for one in await asyncio.gather(*asked) if one is not None]
        if failed:
            raise failed[0]

    async def _renew(self, name: str, upstream: Upstream, version: int, callback: str) -> BillingError | None:
        """What kept this API from it; None: nothing did."""
        try:
            await self._replace(name, upstream, version, callback)
        except BillingError as error:
            log.warning("hub.refused", api=name, reason=str(error))
            return error
        return None

    async def _replace(self, name: str, upstream: Upstream, version: int, callback: str) -> None:
        kept = f"hub:{name}"
        before = (await self._keyring.key(kept) or b"").decode()
        asked = {"callback": callback, **({"@type": "Hub"} if version >= 5 else {})}
        try:
            answer = await upstream.send("POST", "hub", asked, operation="POST hub", who="hub")
        except Refusal as refusal:
            if refusal.status != 409:
                raise
            made = before  # this address is told already
        else:
            made = text(answer.data.get("id")) if isinstance(answer.data, dict) else ""
        if made:
            await self._keyring.keep(kept, made.encode())
        if not before or made in {"", before}:
            return
        try:
            one = f"hub/{quote(before, safe='')}"
            await upstream.send("DELETE", one, operation="DELETE hub/{id}", who="hub", repeatable=True)
        except Refusal as refusal:
            if refusal.status != 404:  # it had forgotten by itself
                raise


def named_in(values: list[Any]) -> set[str]:
    """Every account that stands somewhere in these values of JSON, by its id."""
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", value) for value in values]
    for _ in range(VALUES):
        if not waiting or len(found) >= MOST:
            break
        name, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(name, one) for one in value[:VALUES]]
        elif isinstance(value, dict):
            key = value.get("id")
            if name in ACCOUNTS and isinstance(key, str | int) and not isinstance(key, bool) and text(key):
                found.add(text(key))
            waiting += [(str(inner).strip().casefold(), one) for inner, one in value.items()]
    return found
