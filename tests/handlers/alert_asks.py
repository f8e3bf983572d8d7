"""Letters of one chat, drawn as bot/drawing.py draws them from what a billing tells: without network and database.

desk = Desk(Facts(own=45_00))            one account, whose link is 1
desk = Desk(Facts(), Facts(own=-5_00))   two of them: links 1 and 2
drawn = await desk.draws(desk.letter("low"), desk.letter("due", 2, step="3"))
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from adapters.base import Address, Reply
from billing.base import Account, Billing, Charge, Details, Gone, Outage, Payment, Period, Unavailable
from billing.base import Facts as Told
from bot.drawing import Drawing
from handlers.ask import Operator
from handlers.notices import Drawn, Drop, Later
from storage.base import Chat, Letter, Link, Priority, Storage, Watch
from tests.clock import NOON, HandClock
from tests.handlers.money_asks import OPERATOR, Facts

CHAT = Chat(Address("vk", "1"), id=1, consent="1", alerts=True, wishes={"digest": "1"})


class Town:
    """The accounts of a desk: "a1" is its first one."""

    name = "town"
    keeps_days = None

    def __init__(self, households: Sequence[Facts]) -> None:
        self.households = {f"a{n}": one for n, one in enumerate(households, 1)}
        self.can = households[0].can
        self.asked: list[str] = []  # "payments a1"
        self.away = self.gone = False

    def of(self, account: str, question: str) -> Facts:
        self.asked.append(f"{question} {account}")
        if self.away:
            raise Unavailable("down")
        if self.gone:
            raise Gone
        return self.households[account]

    async def facts(self, account: str) -> Told:
        one = self.of(account, "facts")
        balance = replace(await one.balance(account), account=account)
        return Told(self.known(account), balance, tuple(one.bills_), tuple(one.services_))

    def known(self, account: str) -> Account:
        number = f"10000000{account.removeprefix('a'):>04}"
        return replace(self.households[account].the_account, id=account, number=number)

    async def payments(self, account: str, period: Period) -> tuple[Payment, ...]:
        return await self.of(account, "payments").payments(account, period)

    async def charges(self, account: str, period: Period) -> tuple[Charge, ...]:
        return await self.of(account, "charges").charges(account, period)

    async def outages(self, account: str) -> tuple[Outage, ...]:
        return await self.of(account, "outages").outages(account)

    async def details(self, account: str, service: str) -> Details:
        return await self.of(account, "details").details(account, service)


class Desk:
    """One chat with its accounts."""

    def __init__(self, *households: Facts, chat: Chat = CHAT, operator: Operator = OPERATOR, **watch: Any) -> None:
        self.town = Town(households)
        self.clock = HandClock(households[0].now)
        self.watches_: dict[int, Watch] = {}
        for n, one in enumerate(households, 1):
            number = self.town.known(f"a{n}").number
            link = Link(n, f"a{n}", number, one.the_account.holder, NOON, 100_00)
            self.watches_[n] = Watch(link, chat, **{"others": len(households) - 1, **watch})
        self.numbers = iter(range(1, 10_000))
        self.drawing = Drawing(
            storage=cast("Storage", self), billing=cast("Billing", self.town), operator=operator, clock=self.clock
        )

    # storage.watches, as far as drawing asks it
    @property
    def watches(self) -> "Desk":
        return self

    async def watch(self, link: int) -> Watch | None:
        return self.watches_.get(link)

    def chat(self, **changes: Any) -> "Desk":
        self.watches_ = {n: replace(one, chat=replace(one.chat, **changes)) for n, one in self.watches_.items()}
        return self

    def letter(self, kind: str, of: int = 1, *, expires_at: datetime | None = None, **data: str) -> Letter:
        made = self.clock.now()
        return Letter(
            next(self.numbers), CHAT.address, kind, Priority.ALERT, 1, made, 1, 0, True, None, expires_at,
            link=of, data=data,
        )  # fmt: skip

    async def draws(self, *letters: Letter) -> Drawn | Drop | Later:
        return await self.drawing.draw(replace(letters[0], also=letters[1:]))

    async def shows(self, *letters: Letter) -> Drawn:
        drawn = await self.draws(*letters)
        assert isinstance(drawn, Drawn), drawn
        return drawn


def words(reply: Reply) -> str:
    """What the customer reads, with ordinary spaces."""
    return reply.text.replace("\u00a0", " ")


def buttons(reply: Reply) -> list[str]:
    """«[Оплатить 605,00 ₽ → pay] [Баланс → balance]», a row a line."""
    return [" ".join(f"[{one.label} → {one.action}]" for one in row).replace("\u00a0", " ") for row in reply.keyboard]
