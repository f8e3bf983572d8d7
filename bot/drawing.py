"""Drawing: a notice or an alert becomes words at the moment of sending, from figures asked for at that moment.

What was true when it was queued may be true no longer: the money came, the link is gone, it is night.
"""

from billing.base import Billing, facts_of
from billing.position import position
from handlers import notices
from handlers.ask import Operator
from handlers.notices import Drawn, Drop, Later
from handlers.text import Say, negotiate
from storage.base import Letter, Storage
from storage.clock import Clock


class Drawing:
    def __init__(self, *, storage: Storage, billing: Billing, operator: Operator, clock: Clock) -> None:
        self.storage, self.billing, self.operator, self.clock = storage, billing, operator, clock

    async def draw(self, letter: Letter) -> Drawn | Drop | Later:
        """Raises BillingError and StorageError: then it is drawn later."""
        watch = await self.storage.watches.watch(letter.link) if letter.link is not None else None
        if watch is None:
            return Drop("unlinked")
        facts = await facts_of(self.billing, watch.link.account)
        account = facts.account
        now = self.clock.now()
        zone = watch.chat.zone or account.zone
        say = Say.at(now, negotiate(watch.chat.language), zone)
        # Bills and fees fall on the account's own days, whatever the customer's clock says.
        today = Say.at(now, say.language, account.zone).today
        stand = position(account, facts.balance, facts.bills, facts.services, today)
        drawn = notices.draw(letter, watch, stand, say, now, self.operator)
        return drawn if isinstance(drawn, Drop | Later) else Drawn(drawn)
