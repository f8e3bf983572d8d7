"""One notice of one account: what is known of the account as it is sent, and what the notice says of it.

A letter knows only what it is about (`Letter.data`: an id, a day, how many days ahead). Every figure comes from the
`View`, which was asked of the billing a moment ago; a kind whose reason is gone says nothing (None).

The figures of an account stand in its block once, however many notices it holds (handlers.notices): a notice says which
of them it has named already, and up to which `Level` the block goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum

from adapters.base import Button
from billing.base import Charge, Money, Option, Outage, Payment
from billing.position import Position
from handlers.text import Say
from storage.base import Letter, Watch

FAR = 31  # days: nothing that is further away is told as being near


@dataclass(frozen=True, slots=True)
class View:
    """An account with the chat that hears of it. None: this billing cannot tell, or nobody needed to know."""

    watch: Watch
    stand: Position
    say: Say  # in the chat's language; days are the account's own, hours the chat's
    now: datetime
    payments: tuple[Payment, ...] | None = None
    charges: tuple[Charge, ...] | None = None
    outages: tuple[Outage, ...] | None = None
    options: tuple[Option, ...] | None = None
    minutes: int = 60  # how long it takes, after the debt is paid, until services work again

    @property
    def today(self) -> date:
        """The account's own day."""
        return self.say.today

    def action(self, question: str) -> str:
        """With several accounts a button first goes to the account that it is about."""
        return f"choose:{self.watch.link.id}:{question}" if self.watch.others else question

    def question(self, name: str) -> Button:
        """The button of a question about this account."""
        return Button(self.say(f"button-{name}"), self.action(name))


class Level(IntEnum):
    """How far the figures of the block go."""

    NONE = 0
    OWN = 1  # own money, the debt, the promised payment: three figures that are never added up
    PAY = 2  # what is issued, what is to be paid, and by when
    AFTER = 3  # what happens when it is not paid


@dataclass(frozen=True, slots=True)
class Told:
    """What one notice says."""

    lines: tuple[str, ...]
    level: Level = Level.NONE
    said: frozenset[str] = frozenset()  # figures that its lines hold: own, overdue, issued, promised, to_pay
    figures: Mapping[str, int] = field(default_factory=dict)  # further ones, for the audit, in minor units
    after: str = ""  # what happens next, where it is more than what follows from the position
    buttons: tuple[Button, ...] = ()


def told(*lines: str, level: Level = Level.NONE, said: str = "", amount: Money | None = None, after: str = "",
         buttons: tuple[Button, ...] = ()) -> Told:  # fmt: skip
    """`said`: names of figures with spaces between them; `amount`: of the event."""
    figures = {} if amount is None else {"amount": amount.minor}
    return Told(lines, level, frozenset(said.split()), figures, after, buttons)


# ── What a letter says of itself ──────────────────────────────────────────────────────────────────────────────────


def about(letter: Letter) -> str:
    """The id of what it is about; "": of whatever there is of its kind (asked for again by «Напомнить завтра»)."""
    return letter.data.get("about", "")


def step(letter: Letter) -> int:
    """So many days ahead it was due."""
    found = letter.data.get("step", "")
    return int(found) if found.isascii() and found.isdigit() and len(found) <= 3 else FAR


def moment(letter: Letter) -> datetime:
    """When it happened; when it was queued, where it does not say so."""
    try:
        found = datetime.fromisoformat(letter.data.get("at", ""))
    except ValueError:
        return letter.created_at
    return found if found.tzinfo is not None else letter.created_at
