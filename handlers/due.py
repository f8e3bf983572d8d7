"""What is due: pure rules over an account's days and over what has happened to it. docs/alerts.md has the topics.

    wish    a customer's setting of a topic, else the operator's: "on", "off", days "7 3 1", a weekday "1" to "7"
    judge   the days that the feed told (Funds)        ─▶ what is to be told now, and when to look again
    heed    an event that the feed told (Happening)    ─▶ what is to be told, or nothing

**The hour.** What is due on a day of the account is told when the clock of the chat first comes to the customer's hour
on that day of the account's zone, or later before the chat's midnight, if it is known only then: never in the small
hours, and each day once.

**Steps.** Of the steps that have come the nearest one is told, so who links an account with five days left hears once,
not of seven days and of three; after a week without the feed nobody hears of the steps that went by.

**Hysteresis.** A step is told again only if its day has moved by more than three days: a forecast moves by a day or two
with what people use, while a payment, the next bill and the next fee move it by a week and more. A nearer step is told
wherever its day has moved to. A fee that own money does not cover is the day after the last one that it covers: whoever
was told of that with as few days left is not told again.

`Watch.told` keeps of each kind the chat's day on which it was last told, and what about: "2026-11-11 2026-11-14:3".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from billing.base import Funds, Happening, Sign
from handlers.quiet import at
from storage.base import Alert, Due, Heed, Judge, Priority, Topic, Watch

ON: Final = "on"
OFF: Final = "off"
# What the operator has set where he has set nothing.
STANDARD: Final = "low lasts=7,3,1 fee=3 bill due=3,1 overdue=1,7 service paid promise=1 charge outage digest=off"
# What "on" means of a topic that is more than on and off.
USUAL: Final[Mapping[Topic, str]] = {
    Topic.LASTS: "7 3 1",
    Topic.FEE: "3",
    Topic.DUE: "3 1",
    Topic.OVERDUE: "1 7",
    Topic.PROMISE: "1",
    Topic.DIGEST: "1",
}
TOPICS: Final = frozenset(topic.value for topic in Topic)
DATED: Final = (Topic.LASTS, Topic.FEE, Topic.DUE, Topic.OVERDUE, Topic.PROMISE)  # each has days
NEAREST: Final = 1
FARTHEST: Final = 30  # days before or after
STEPS: Final = 5  # of one topic
ZONE: Final = "Europe/Moscow"  # of an account whose own is not known to us

MOVED: Final = timedelta(days=3)  # a day that moved no farther is the same one
LATEST: Final = 2 * FARTHEST  # days after a bill fell due: later it is no news
AHEAD: Final = 366  # days: nobody looks farther
TERM: Final = timedelta(days=3)  # no notice of a day leaves later
DAY: Final = timedelta(days=1)
MINUTES: Final = 24 * 60


# ── Wishes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def presets(text: str) -> Mapping[Topic, str]:
    """The operator's presets from the setting ALERTS: "low lasts=7,3,1 paid digest=1". What is not named is off.

    Raises ValueError that says which word is wrong.
    """
    made = dict.fromkeys(Topic, OFF)
    named: set[str] = set()
    for word in text.split():
        name, equals, value = word.partition("=")
        if name not in TOPICS:
            raise ValueError(f"{name!r} is no topic: {', '.join(Topic)}")
        if name in named:
            raise ValueError(f"{name} stands there twice")
        named.add(name)
        topic = Topic(name)
        wanted = canonical(topic, value.replace(",", " ") if equals else ON)
        if wanted is None:
            raise ValueError(f"{name}: {shape(topic)}")
        made[topic] = USUAL.get(topic, ON) if wanted == ON else wanted
    return made


def shape(topic: Topic) -> str:
    """How a topic's preset is written, for the operator."""
    if topic is Topic.DIGEST:
        return "a weekday, 1 (Monday) to 7, on or off"
    if topic in DATED:
        return f"up to {STEPS} days from {NEAREST} to {FARTHEST}, like 7,3,1, without spaces; on or off"
    return "on or off"


def canonical(topic: Topic, value: str) -> str | None:
    """A wish as it is kept: "on", "off", days in the order in which they come, a weekday. None: it is none of these."""
    words = value.split()
    if words in ([ON], [OFF]):
        return words[0]
    if not words or not all(re.fullmatch("[0-9]{1,2}", word, re.ASCII) for word in words):
        return None
    figures = sorted({int(word) for word in words}, reverse=topic is not Topic.OVERDUE)
    if topic is Topic.DIGEST:
        return str(figures[0]) if len(figures) == 1 and 1 <= figures[0] <= 7 else None
    if topic not in DATED or len(figures) > STEPS or min(figures) < NEAREST or max(figures) > FARTHEST:
        return None
    return " ".join(str(figure) for figure in figures)


def wish(topic: Topic, wishes: Mapping[str, str], preset: Mapping[Topic, str]) -> str:
    """What holds: "on" or "off" of a switch; days, a weekday or "off" of the others. Garbage counts as nothing set."""
    standing = preset.get(topic, OFF)
    said = canonical(topic, wishes.get(topic, "")) or standing
    if said != ON or topic not in USUAL:
        return said
    return USUAL[topic] if standing in {ON, OFF} else standing


@lru_cache(1000)
def days(wanted: str) -> tuple[int, ...]:
    """The days of a wish; none when it is off."""
    return () if wanted in {ON, OFF} else tuple(int(word) for word in wanted.split())


# ── The rules ─────────────────────────────────────────────────────────────────────────────────────────────────────


def rules(preset: Mapping[Topic, str]) -> tuple[Judge, Heed]:
    """The rules of an operator."""
    made = Rules(preset)
    return made.judge, made.heed


@dataclass(frozen=True, slots=True)
class Rules:
    preset: Mapping[Topic, str]

    def judge(self, watch: Watch, funds: Funds, now: datetime) -> Due:
        """What of the account's days is to be told at `now`, and the next instant at which anything can become due."""
        if not (watch.chat.alerts and watch.chat.reachable):
            return Due(told=watch.told)
        return Judgement(self.preset, watch, funds, now).made()

    def heed(self, watch: Watch, happening: Happening, now: datetime) -> Alert | None:
        """What is to be told of an event; None: it is not wished for, or is no news any more."""
        topic, priority, term = NEWS[happening.sign]
        since = min(happening.at, now)  # a clock that is ahead of ours, or work that is planned
        if not (watch.chat.alerts and watch.chat.reachable) or now - since >= term:
            return None
        if wish(topic, watch.chat.wishes, self.preset) == OFF:
            return None
        return Alert(happening.sign.value, happening.id, since + term, dict(said(happening)), priority)


def said(happening: Happening) -> Iterator[tuple[str, str]]:
    """What the letter keeps of an event, as far as it is known; sums in minor units."""
    yield "about", happening.about
    yield "at", happening.at.isoformat()
    if happening.title:
        yield "title", happening.title[:TITLE]
    if happening.amount is not None:
        yield "amount", str(happening.amount.minor)
        yield "currency", happening.amount.currency
    if happening.day is not None:
        yield "day", happening.day.isoformat()
    if happening.service:
        yield "service", happening.service


TITLE: Final = 200  # characters of somebody else's words that a letter keeps

# Which topic an event belongs to, how urgent it is, and for how long it is news. An outage of the evening is still to
# be told after the longest usual night; whether it is still true is asked when the letter leaves.
NEWS: Final[Mapping[Sign, tuple[Topic, Priority, timedelta]]] = {
    Sign.BILL: (Topic.BILL, Priority.NEWS, timedelta(days=7)),
    Sign.PAID: (Topic.PAID, Priority.ALERT, timedelta(days=2)),
    Sign.BLOCKED: (Topic.SERVICE, Priority.URGENT, timedelta(days=3)),
    Sign.UNBLOCKED: (Topic.SERVICE, Priority.ALERT, timedelta(days=1)),
    Sign.CHARGE: (Topic.CHARGE, Priority.ALERT, timedelta(days=3)),
    Sign.OPTION: (Topic.CHARGE, Priority.ALERT, timedelta(days=3)),
    Sign.OUTAGE: (Topic.OUTAGE, Priority.URGENT, timedelta(hours=12)),
    Sign.OUTAGE_OVER: (Topic.OUTAGE, Priority.ALERT, timedelta(hours=12)),
}


# ── Days and hours ────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(1000)
def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return ZoneInfo(ZONE)


@dataclass(frozen=True, slots=True)
class Clock:
    """The customer's hour on the days of the chat, and the account's days."""

    here: ZoneInfo  # the chat's
    there: ZoneInfo  # the account's
    minutes: int

    def hour(self, local: date) -> datetime:
        """The customer's hour on a day of the chat."""
        return at(local, self.minutes, self.here)

    def day(self, instant: datetime) -> date:
        """The account's day at an instant."""
        return instant.astimezone(self.there).date()

    def first(self, day: date) -> date:
        """The chat's first day whose hour comes on that day of the account, or after it: clocks that go forward may
        leave a day of the account without an hour."""
        if self.here is self.there:
            return day
        # No two zones are more than 26 hours apart.
        near = (day + n * DAY for n in range(-2, 3))
        return next((local for local in near if self.day(self.hour(local)) >= day), day + 3 * DAY)


# ── A judgement ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Told:
    """What of one kind was told."""

    on: date | None = None  # the chat's day on which it was last told
    steps: tuple[tuple[date, int], ...] = ()  # about which day, and with which step

    @classmethod
    def read(cls, kept: str) -> "Told":
        """As `text` made it. What cannot be read was never told."""
        try:
            on, *steps = kept.split()
            pairs = (step.split(":") for step in steps)
            return cls(date.fromisoformat(on), tuple((date.fromisoformat(day), int(step)) for day, step in pairs))
        except ValueError:
            return cls()

    def text(self) -> str:
        return " ".join((self.on.isoformat() if self.on else "", *(f"{day}:{step}" for day, step in self.steps)))

    def lately(self, local: date) -> bool:
        """Whether it was told on that day; a day ahead of it only because the zone was changed since."""
        return self.on is not None and 0 <= (self.on - local).days <= 1


NEVER: Final = Told()


def offset(topic: Topic, step: int) -> int:
    """By how many days a step comes after the day that it is about. What fell due yesterday is overdue today, and has
    been so for one day."""
    return step - 1 if topic is Topic.OVERDUE else -step


def fresh(topic: Topic, about: date, day: date) -> bool:
    """Whether anything can still be told on `day` about that day."""
    return (day - about).days <= (LATEST if topic is Topic.OVERDUE else 0)


class Judgement:
    """One account at one instant."""

    def __init__(self, preset: Mapping[Topic, str], watch: Watch, funds: Funds, now: datetime) -> None:
        chat = watch.chat
        self.now = now
        self.clock = Clock(zone(chat.zone or funds.zone), zone(funds.zone), chat.remind_at % MINUTES)
        self.told = {Topic(kind): Told.read(kept) for kind, kept in watch.told.items() if kind in TOPICS}
        self.local = now.astimezone(self.clock.here).date()
        self.open = now >= self.clock.hour(self.local)  # and until the chat's midnight
        about = (funds.lasts_until, funds.fee_on, funds.due_on, funds.overdue_since, funds.promised_until)
        self.dated = [
            (topic, day, steps)
            for topic, day in zip(DATED, about, strict=True)
            if day is not None and (steps := days(wish(topic, chat.wishes, preset)))
        ]
        self.weekday = days(wish(Topic.DIGEST, chat.wishes, preset))

    def made(self) -> Due:
        alerts = (*self.of_days(), *self.digest()) if self.open else ()
        ahead = [*(self.next_step(*one) for one in self.dated), self.next_digest()]
        return Due(alerts, min((one for one in ahead if one is not None), default=None), self.kept())

    def of_days(self) -> Iterator[Alert]:
        today = self.clock.day(self.now)
        for topic, about, steps in self.dated:
            # The account's midnight may have come since the hour: what was ahead then is ahead no more.
            step = self.step(topic, about, steps, self.local) if fresh(topic, about, today) else None
            if step is None:
                continue
            self.told[topic] = Told(self.local, (*self.told.get(topic, NEVER).steps, (about, step)))
            yield Alert(
                topic.value,
                f"{about.isoformat()}:{step}",
                self.expires(topic, about, steps, today),
                {"day": about.isoformat(), "step": str(step)},
                Priority.URGENT if topic is Topic.OVERDUE else Priority.ALERT,
            )

    def step(self, topic: Topic, about: date, steps: Sequence[int], local: date) -> int | None:
        """The step that is to be told on that day of the chat, as far as is known now."""
        day = self.clock.day(self.clock.hour(local))
        told = self.told.get(topic, NEVER)
        if told.lately(local) or not fresh(topic, about, day):
            return None
        come = [one for one in steps if offset(topic, one) <= (day - about).days]
        if not come:
            return None
        nearest = max(come, key=lambda one: offset(topic, one))
        known = (*told.steps, *(self.told.get(Topic.LASTS, NEVER).steps if topic is Topic.FEE else ()))
        same = (one for other, one in known if abs(other - about) <= MOVED)
        return None if any(offset(topic, one) >= offset(topic, nearest) for one in same) else nearest

    def expires(self, topic: Topic, about: date, steps: Sequence[int], today: date) -> datetime:
        """When the next step takes this one's place, or the day is over; after three days at the latest."""
        ends = [self.now + TERM]
        later = [offset(topic, one) for one in steps if offset(topic, one) > (today - about).days]
        if later:
            ends.append(self.clock.hour(self.clock.first(about + min(later) * DAY)))
        elif topic is not Topic.OVERDUE and about - today < TERM:
            ends.append(at(about + DAY, 0, self.clock.there))
        return min(ends)

    def next_step(self, topic: Topic, about: date, steps: Sequence[int]) -> datetime | None:
        """When a step of the topic is to be told next, if nothing changes."""
        start = self.local + DAY if self.open else self.local
        if (about - start).days > AHEAD:
            return self.clock.hour(start + (AHEAD - FARTHEST - 2) * DAY)  # before its first step
        if not fresh(topic, about, start - 2 * DAY):
            return None
        comes = {max(start, self.clock.first(about + offset(topic, one) * DAY)) for one in steps}
        due = (local for local in sorted(comes) if self.step(topic, about, steps, local) is not None)
        return self.hour(next(due, None))

    def hour(self, local: date | None) -> datetime | None:
        return None if local is None else self.clock.hour(local)

    # The digest goes by the customer's week, not by the account's.

    def digest(self) -> Iterator[Alert]:
        if self.local.isoweekday() in self.weekday and not self.told.get(Topic.DIGEST, NEVER).lately(self.local):
            self.told[Topic.DIGEST] = Told(self.local)
            ends, day = self.clock.hour(self.local + DAY), self.local.isoformat()
            yield Alert(Topic.DIGEST.value, day, ends, {"day": day}, Priority.NEWS)

    def next_digest(self) -> datetime | None:
        if not self.weekday:
            return None
        told = self.told.get(Topic.DIGEST, NEVER)
        coming = (self.local + n * DAY for n in range(1 if self.open else 0, 9))
        return self.hour(
            next((one for one in coming if one.isoweekday() in self.weekday and not told.lately(one)), None)
        )

    def kept(self) -> Mapping[str, str]:
        """What has to be remembered: of days that are too far back nothing will be told any more."""
        made = {}
        for topic, told in self.told.items():
            steps = tuple(one for one in told.steps if fresh(topic, one[0], self.local - MOVED - DAY))
            if steps or (told.on is not None and told.on >= self.local - DAY):
                made[topic.value] = Told(told.on, steps).text()
        return made
