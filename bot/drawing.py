"""Drawing: a notice or an alert becomes words at the moment of sending, from figures asked for at that moment.

What was true when it was queued may be true no longer: the money came, the link is gone, it is night. The billing is
asked once for each account of a chat, and only about what can still be told there.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from billing.base import Billing, Capability, Gone, Option, Period, SignIn, facts_of
from billing.position import Position, position
from handlers import notices
from handlers.ask import Operator
from handlers.notice import View, moment
from handlers.notices import KINDS, Drawn, Drop, Later
from handlers.text import Say, negotiate
from storage.base import Letter, Storage, Watch
from storage.clock import Clock

BACK: Final = timedelta(days=31)  # events are told for days; further back nothing is looked for


class Drawing:
    def __init__(self, *, storage: Storage, billing: Billing, operator: Operator, clock: Clock) -> None:
        self.storage, self.billing, self.operator, self.clock = storage, billing, operator, clock

    async def draw(self, letter: Letter) -> Drawn | Drop | Later:
        """The letter and those that came with it (`Letter.also`) as one message.

        Raises BillingError and StorageError: then it is drawn later.
        """
        now = self.clock.now()
        group = (letter, *letter.also)
        found: dict[int, View | Drop | Later] = {}
        verdicts: dict[int, Drop | Later] = {}
        watches: dict[int | None, Watch | None] = {None: None}
        for one in group:
            if one.link not in watches and one.link is not None:
                watches[one.link] = await self.storage.watches.watch(one.link)
            watch = watches[one.link]
            verdict: Drop | Later | None = notices.forbidden(one, watch, self.operator, now)
            if verdict is None and watch is not None and watch.chat.zone:
                verdict = notices.night(one, watch, watch.chat.zone, now)
            if verdict is not None:
                verdicts[one.id] = verdict
        for link, watch in watches.items():
            told = [one for one in group if one.link == link and one.id not in verdicts]
            if link is not None and watch is not None and told:
                found[link] = await self.view(watch, told, now)
        drawn: list[tuple[Letter, View | Drop | Later]] = []
        for one in group:
            seen = verdicts.get(one.id) or found[one.link or 0]
            if isinstance(seen, View):
                seen = notices.night(one, seen.watch, seen.stand.account.zone, now) or seen
            drawn.append((one, seen))
        return notices.draw(drawn, self.operator, now)

    async def view(self, watch: Watch, letters: Sequence[Letter], now: datetime) -> View | Drop:
        """What these letters of one account may want to know."""
        try:
            facts = await facts_of(self.billing, watch.link.account)
        except Gone:
            return Drop("the account is gone")
        except SignIn:  # until the customer does so nobody knows what to tell; then the feed finds what is still due
            return Drop("the customer must sign in again")
        account = facts.account
        if not account.open:
            return Drop("the account is gone")
        zone = watch.chat.zone or account.zone
        # Bills and fees fall on the account's own days, whatever the customer's clock says.
        today, here = (now.astimezone(ZoneInfo(name)).date() for name in (account.zone, zone))
        stand = position(account, facts.balance, facts.bills, facts.services, today, facts.spending)
        asks = {KINDS[one.kind].asks for one in letters} & self.billing.can
        period = since(letters, account.zone, today)
        billing, id = self.billing, account.id
        return View(
            watch,
            stand,
            Say(negotiate(watch.chat.language), today, zone, here=here),
            now,
            payments=await billing.payments(id, period) if Capability.PAYMENTS in asks else None,
            charges=await billing.charges(id, period) if Capability.CHARGES in asks else None,
            outages=await billing.outages(id) if Capability.OUTAGES in asks else None,
            options=await self.options(stand, letters) if Capability.DETAILS in asks else None,
            minutes=self.operator.unblock_minutes,
        )

    async def options(self, stand: Position, letters: Sequence[Letter]) -> tuple[Option, ...]:
        """Of the services that the letters name; of all, where one does not say of which."""
        mine = {service.id for service in stand.services}
        named = [one.data.get("service", "") for one in letters if KINDS[one.kind].asks is Capability.DETAILS]
        wanted: Collection[str] = set(named) & mine if all(named) else mine
        found: list[Option] = []
        for service in sorted(wanted):
            try:
                found += (await self.billing.details(stand.account.id, service)).options
            except Gone:  # the service, and its options with it
                continue
        return tuple(found)


def since(letters: Sequence[Letter], zone: str, today: date) -> Period:
    """From the day before the earliest event until today: an event and what it is about may differ by hours."""
    days = [moment(one).astimezone(ZoneInfo(zone)).date() - timedelta(days=1) for one in letters]
    return Period(max(min((*days, today)), today - BACK), today)
