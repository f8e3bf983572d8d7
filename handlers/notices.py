"""What we say first: one message for all letters of a chat that leave together, drawn at the moment of sending.

    letters ──may it be told here, now?──▶ asked of the billing, each account once (bot/drawing.py) ──▶ View
            ──still true? (KINDS)──▶ Told ──▶ a block for each account ──▶ one Reply

Whatever is not shown is named with its reason (`Drawn.without`): never to be sent, or later. In this order:

    the link, the network, the chat and its consent allow it      else never here; the account's next chat hears of it
    this chat is the one that hears of the account                else never here; that one hears of it
    its topic is wished for                                       else never
    it is no reminder of what was told some hours ago             else never
    its quiet hours are over                                      else when they are
    it is still true                                              else never
    fewer messages than a day's limit, or one that cannot wait    else tomorrow, at the chat's hour of notices

A notice about somebody else's chat, and a payment made in this one, are told at once, at any hour, whatever is switched
off: they are no alerts.

A block has the first words of each notice, the most pressing first; notices about the same money share the most
pressing one's. Then the account's figures, once: what is not named yet, as far as any of the notices wants it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.base import Button, Keyboard, Reply, Tone
from billing.base import Capability
from handlers import notice_events as events
from handlers import notice_money as money
from handlers.accounts import called
from handlers.ask import Operator
from handlers.due import OFF, wish
from handlers.menu import button
from handlers.notice import Level, Told, View
from handlers.pay import after, answer, promised
from handlers.quiet import quiet_until, tomorrow
from handlers.text import tail
from storage.base import Letter, Saw, Topic, Watch


@dataclass(frozen=True, slots=True)
class Drop:
    """Not to be sent here, ever."""

    reason: str
    elsewhere: bool = False  # it is still news: the account's next chat that wants alerts hears of it


@dataclass(frozen=True, slots=True)
class Later:
    until: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """One message for a letter and for those that came with it (`Letter.also`)."""

    reply: Reply
    saw: tuple[Saw, ...] = ()  # for the audit, one for each letter that is shown
    without: tuple[tuple[Letter, Drop | Later], ...] = ()  # those of them that are not in it, and what becomes of each


@dataclass(frozen=True, slots=True)
class Kind:
    """How letters of a kind are told."""

    tell: Callable[[Letter, View], Told | None]
    topic: Topic | None  # None: no alert, told whatever is switched off
    asks: Capability | None = None  # what the billing is asked beside the position
    money: bool = False  # about the same money as the others of these: one of them speaks for all
    waits: bool = True  # it can wait until tomorrow
    again: bool = False  # there is something to do, and so something to be reminded of
    names: bool = False  # its words name the account
    each: bool = False  # a sum moved: its first line is said of each, also where two of them read the same


# The most pressing first.
KINDS: Final[Mapping[str, Kind]] = {
    "linked": Kind(events.linked, None, names=True),
    "unlinked-elsewhere": Kind(events.unlinked, None, names=True),
    "credited": Kind(money.credited, None, each=True),
    "blocked": Kind(events.blocked, Topic.SERVICE, waits=False, again=True),
    "outage": Kind(events.outage, Topic.OUTAGE, Capability.OUTAGES, waits=False),
    "overdue": Kind(money.overdue, Topic.OVERDUE, money=True, again=True),
    "due": Kind(money.due, Topic.DUE, money=True, again=True),
    "low": Kind(money.low, Topic.LOW, money=True, again=True),
    "lasts": Kind(money.lasts, Topic.LASTS, money=True, again=True),
    "fee": Kind(money.fee, Topic.FEE, money=True, again=True),
    "promise": Kind(money.promise, Topic.PROMISE, money=True, again=True),
    "paid": Kind(money.paid, Topic.PAID, Capability.PAYMENTS, waits=False, each=True),
    "unblocked": Kind(events.unblocked, Topic.SERVICE),
    "outage-over": Kind(events.outage_over, Topic.OUTAGE, Capability.OUTAGES),
    "bill": Kind(money.bill, Topic.BILL, again=True),
    "charge": Kind(events.charge, Topic.CHARGE, Capability.CHARGES, each=True),
    "option": Kind(events.option, Topic.CHARGE, Capability.DETAILS),
    "restored": Kind(money.restored, Topic.LOW, money=True),
    "digest": Kind(money.digest, Topic.DIGEST, money=True),
}
# Money is wanted, also where no sum is asked for yet.
SHORT: Final = frozenset({"low", "lasts", "promise"})
RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}

# What every network's keyboard takes (LIMITS of adapters/vk.py, telegram.py, ok.py): more would make a second message.
ROWS: Final = 6
BUTTONS: Final = 10
ACTION: Final = 64  # bytes

Verdict = Drop | Later


# ── May it be told ────────────────────────────────────────────────────────────────────────────────────────────────


def forbidden(letter: Letter, watch: Watch | None, operator: Operator, now: datetime) -> Drop | None:
    """Why a letter is not told in its chat at all; None: nothing known without the billing is against it."""
    kind = KINDS.get(letter.kind)
    if kind is None:
        return Drop("unknown kind")
    if watch is None:
        return Drop("unlinked", elsewhere=True)
    if letter.expires_at is not None and letter.expires_at <= now:
        return Drop("expired")
    if kind.topic is None:
        return None
    chat = watch.chat
    if not chat.alerts:
        return Drop("muted", elsewhere=True)
    if not chat.reachable:
        return Drop("blocked", elsewhere=True)
    if chat.consent != operator.consent_version:
        return Drop("consent", elsewhere=True)
    if not watch.chosen:
        return Drop("another chat hears of it", elsewhere=True)
    if wish(kind.topic, chat.wishes, operator.presets) == OFF:
        return Drop("switched off")
    if reminds(letter) and f"alert:{letter.kind}" in watch.lately:
        return Drop("told lately")
    return None


def reminds(letter: Letter) -> bool:
    """Whether it says again what stands as it stood: asked for by «Напомнить завтра», or a step of days. The two fall
    on one hour of one day, and the scan that finds the step comes some minutes later."""
    return KINDS[letter.kind].again and (not letter.data or "step" in letter.data)


def night(letter: Letter, watch: Watch, zone: str, now: datetime) -> Later | None:
    """`zone`: the account's, or the chat's own."""
    if KINDS[letter.kind].topic is None:
        return None
    until = quiet_until(watch.chat, zone, now)
    return None if until is None else Later(until)


# ── One message ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Note:
    """A letter with what it says."""

    letter: Letter
    view: View
    told: Told

    @property
    def kind(self) -> Kind:
        return KINDS[self.letter.kind]

    @property
    def each(self) -> bool:
        """Whether another one like it is another event: both name their sum."""
        return self.kind.each and bool(self.told.figures)


def draw(group: Sequence[tuple[Letter, View | Verdict]], operator: Operator, now: datetime) -> Drawn | Drop | Later:
    """The words of the letters of one chat. Pure. Where nothing is shown: when the first of them comes back, if any."""
    notes: list[Note] = []
    without: list[tuple[Letter, Verdict]] = []
    for letter, view in group:
        if isinstance(view, Drop | Later):
            without.append((letter, view))
        elif (told := KINDS[letter.kind].tell(letter, view)) is None:
            without.append((letter, Drop("no longer true")))
        else:
            notes.append(Note(letter, view, told))
    if notes and all(enough(note, operator) for note in notes):
        without += [(one.letter, Later(morning(one.view, now))) for one in notes]
        notes = []
    if not notes:
        later = [verdict.until for _, verdict in without if isinstance(verdict, Later)]
        if later:
            return Later(min(later))
        drops = [verdict for _, verdict in without if isinstance(verdict, Drop)]
        return Drop(drops[0].reason, elsewhere=any(one.elsewhere for one in drops))
    blocks = [Block(tuple(one)) for one in by_account(notes)]
    shown = [block.drawn() for block in blocks]
    reply = Reply("\n\n".join(text for text, _ in shown), keyboard=keyboard(blocks))
    saw = [saying(note, figures) for block, (_, figures) in zip(blocks, shown, strict=True) for note in block.notes]
    return Drawn(reply, tuple(saw), tuple(without))


def enough(note: Note, operator: Operator) -> bool:
    """Whether the chat has heard so much in a day that this one waits."""
    return note.kind.topic is not None and note.kind.waits and note.view.watch.heard >= operator.alerts_a_day


def morning(view: View, now: datetime) -> datetime:
    zone = view.stand.account.zone
    then = tomorrow(view.watch.chat, zone, now)
    return quiet_until(view.watch.chat, zone, then) or then


def by_account(notes: Iterable[Note]) -> list[list[Note]]:
    """The most pressing account first, and in each the most pressing notice."""
    found: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda note: (RANK[note.letter.kind], note.letter.id)):
        found.setdefault(note.view.watch.link.id, []).append(note)
    return list(found.values())


def saying(note: Note, figures: Mapping[str, int]) -> Saw:
    account = note.view.stand.account.id
    return Saw(account, f"alert:{note.letter.kind}", {**figures, **note.told.figures}, note.view.say.version)


# ── A block: one account ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Block:
    notes: tuple[Note, ...]  # the most pressing first

    @property
    def view(self) -> View:
        return self.notes[0].view

    @property
    def speaking(self) -> list[Note]:
        """Of the notices about the same money the most pressing one only."""
        first = next((note for note in self.notes if note.kind.money), None)
        return [note for note in self.notes if not note.kind.money or note is first]

    @property
    def level(self) -> Level:
        return max(note.told.level for note in self.notes)

    @property
    def payable(self) -> bool:
        return self.level >= Level.PAY and bool(self.view.stand.to_pay)

    def drawn(self) -> tuple[str, Mapping[str, int]]:
        """Its lines, and the figures in them."""
        view, say = self.view, self.view.say
        lines: list[str] = []
        if view.watch.others and not all(note.kind.names for note in self.notes):
            lines.append(say("account-line", account=called(say, view.watch.link)))
        for note in self.speaking:
            # Two services that stopped are one line, two payments of one sum are two.
            lines += (line for n, line in enumerate(note.told.lines) if line not in lines or (note.each and not n))
        figures = Figures(view, {name for note in self.speaking for name in note.told.said})
        lines += (line for line in figures.lines(self.level, self.after) if line not in lines)
        return "\n".join(line for line in lines if line), figures.shown

    @property
    def after(self) -> str:
        own = next((note.told.after for note in self.notes if note.told.after), "")
        return own or after(self.view, self.view.stand)


@dataclass(slots=True)
class Figures:
    """The figures of an account that stand in its block, each once."""

    view: View
    said: set[str]  # named already
    shown: dict[str, int] = field(default_factory=dict)

    def lines(self, level: Level, after: str) -> Iterable[str]:
        view, stand, say = self.view, self.view.stand, self.view.say
        if level >= Level.OWN and self.adds("own", stand.own.minor):
            yield say("notice-balance", own=stand.own)
        if level >= Level.OWN and stand.overdue and self.adds("overdue", stand.overdue.minor):
            yield say("figure-debt", debt=stand.overdue)
        if level >= Level.PAY and stand.issued_due and self.adds("issued", stand.issued.minor):
            yield say("figure-issued", issued=stand.issued, day=stand.issued_due)
        if level >= Level.PAY and stand.to_pay:
            if self.adds("to_pay", stand.to_pay.minor):
                yield answer(view, stand)
            if level >= Level.AFTER:
                yield after
        if level >= Level.OWN and stand.promised is not None and self.adds("promised", stand.promised.minor):
            yield promised(view, stand)

    def adds(self, name: str, minor: int) -> bool:
        """Whether the figure is still to be said; either way it is shown."""
        self.shown[name] = minor
        return name not in self.said


# ── Buttons ───────────────────────────────────────────────────────────────────────────────────────────────────────


def keyboard(blocks: Sequence[Block]) -> Keyboard:
    """Of one account: pay and balance, what its notices offer, then less of them. Of several a row each, and that."""
    alerts = [note for block in blocks for note in block.notes if note.kind.topic is not None]
    last = (less(blocks[0].view, alerts),) if alerts else ()
    rows = single(blocks[0]) if len(blocks) == 1 else [row for block in blocks if (row := several(block))]
    rows = [row for row in unlike(rows) if row][: ROWS - len(last)]
    while sum(len(row) for row in (*rows, *last)) > BUTTONS:
        rows.pop()
    return (*rows, *last)


def unlike(rows: Sequence[tuple[Button, ...]]) -> Iterator[tuple[Button, ...]]:
    """No two buttons with one label: nobody could tell them apart, least of all who types it."""
    labels: set[str] = set()
    for row in rows:
        kept = {one.label: one for one in row if one.label not in labels}
        labels |= kept.keys()
        yield tuple(kept.values())


def single(block: Block) -> list[tuple[Button, ...]]:
    own = [one for note in block.speaking for one in note.told.buttons]
    if block.level is Level.NONE:
        rows = [tuple(own)]
    else:
        money = block.view.question("balance")
        rows = [(pay, money) if (pay := paying(block)) else (money,), tuple(own)]
    if again := reminding(block):
        rows.append((Button(block.view.say("button-tomorrow"), again),))
    return [row for wide in rows for row in (wide[:2], wide[2:4])]


def several(block: Block) -> tuple[Button, ...]:
    """With the account's last digits on each."""
    view, number = block.view, tail(block.view.watch.link.number)
    if block.payable:
        first = Button(view.say("button-pay-account", number=number), view.action("pay"), tone=Tone.MAIN)
    elif block.level > Level.NONE:
        first = Button(view.say("button-balance-account", number=number), view.action("balance"))
    else:
        return tuple(one for note in block.notes for one in note.told.buttons)[:1]
    again = reminding(block)
    return (first, Button(view.say("button-tomorrow-account", number=number), again)) if again else (first,)


def paying(block: Block) -> Button | None:
    view, stand = block.view, block.view.stand
    if block.payable:
        label = view.say("button-pay-now", sum=stand.to_pay)
        return Button(label, view.action("pay"), tone=Tone.MAIN)
    if any(note.letter.kind in SHORT for note in block.notes):
        return Button(view.say("button-topup"), view.action("topup"), tone=Tone.MAIN)
    return None


def reminding(block: Block) -> str:
    """The action that asks for the same tomorrow; "": there is nothing to be done about it."""
    kinds = list(dict.fromkeys(note.letter.kind for note in block.notes if note.kind.again))
    while kinds:
        action = f"remind:{block.view.watch.link.id}:{'.'.join(kinds)}"
        if len(action.encode()) <= ACTION:
            return action
        kinds.pop()
    return ""


def less(view: View, alerts: Sequence[Note]) -> tuple[Button, ...]:
    """One tap to hear of this no more; of several topics each is chosen among the settings."""
    topics = list(dict.fromkeys(note.kind.topic for note in alerts if note.kind.topic))
    if len(topics) == 1:
        return (Button(view.say("button-not-such"), f"topic:{topics[0]}:off"), button(view.say, "alerts"))
    return (button(view.say, "alerts"), button(view.say, "alerts:off"))
