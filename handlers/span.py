"""Span: the period that a list is about, and the page of it. Payments, charges, statistics and calls all ask here.

    <name>[:<what>]                           this month, or the period named in the typed words
    <name>[:<what>]:month|last|three|year     the period buttons; they mean what they say on the day they are pressed
    <name>[:<what>]:<first>:<last>[:<page>]   a page, as the page buttons carry it

A list about one <what> waits for the next words with `data={"about": question}`, so that "а за март?" stays with it.

Arguments come back from the network and may be old or forged: what cannot be read or cannot be is answered with a
sentence and this month. A period is cut to what the billing has; the one that was understood is always said.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from adapters.base import Button, Keyboard, Reply
from billing.base import Account, Period
from handlers import periods
from handlers.ask import Ask, NotMine, Turn
from handlers.period_words import MONTHS, YEARS
from handlers.periods import Ambiguous, Found, Impossible, unit_at

T = TypeVar("T")

PAGE: Final = 8  # rows of a list on one page
DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
PRESETS: Final = (("month", "last"), ("three", "year"))  # rows of buttons
BUTTONS: Final = {
    "month": "button-month-this",
    "last": "button-month-last",
    "three": "button-months-three",
    "year": "button-year",
}
# What was asked for is cut, and what is said when nothing of it is left.
NOTHING_LEFT: Final = {
    "period-before-contract": "period-before-contract-at-all",
    "period-not-kept": "period-not-kept-at-all",
}


@dataclass(frozen=True, slots=True)
class Span:
    period: Period
    page: int = 1
    note: str = ""  # the name of a sentence: why it is not quite what was asked for


def span(ask: Ask, account: Account, question: str, arguments: tuple[str, ...], *, kept: int | None = None) -> Span:
    """What was asked for, by button or in words. `arguments` are those after `question`, which is "<name>[:<what>]".

    `kept`: the billing knows so many days only. Raises Unclear: a question back; NotMine: the words name no period
    although one was waited for, or ask for something else.
    """
    name = question.split(":")[0]
    if arguments:
        return within(ask, account, pressed(ask, arguments), kept)
    found = periods.parse(ask.text, ask.today, ask.say.language) if ask.text else None
    if ask.memory.dialogue.question == name and ask.text and not answers(ask, found, name):
        raise NotMine
    match found:
        case Found(period):
            return within(ask, account, Span(period), kept)
        case Ambiguous(choices):
            reply = Reply(ask.say("period-which"), keyboard=offers(ask, question, choices))
            raise Unclear(Turn(reply, waits=name, data={"about": question}))
        case Impossible(why):
            return within(ask, account, Span(preset(ask, "month"), note=f"period-{why}"), kept)
        case None:
            return within(ask, account, Span(preset(ask, "month")), kept)


class Unclear(Exception):
    """Which period is meant cannot be told: the router says the question `turn` back."""

    def __init__(self, turn: Turn) -> None:
        super().__init__("which period?")
        self.turn = turn


def answers(ask: Ask, found: periods.Result, name: str) -> bool:
    """Whether typed words answer the question about a period: "долг за март" names one and asks for something else."""
    meant = ask.meaning.question.split(":")[0] or ask.meaning.leaning
    return found is not None and meant in {"", name}


def pressed(ask: Ask, arguments: tuple[str, ...]) -> Span:
    first, *rest = arguments
    this_month = preset(ask, "month")
    if first in BUTTONS and not rest:
        return Span(preset(ask, first))
    begin, end = day(first), day(rest[0]) if rest else None
    if begin is None or end is None or len(rest) > 2:
        return Span(this_month, note="period-old-button")
    if end < begin:
        return Span(this_month, note="period-reversed")
    if begin > ask.today:
        return Span(this_month, note="period-future")
    page = int(rest[1]) if len(rest) == 2 and re.fullmatch("[0-9]{1,6}", rest[1]) else 1
    return Span(Period(begin, min(end, ask.today)), page)


def within(ask: Ask, account: Account, asked: Span, kept: int | None) -> Span:
    """Cut to the contract's beginning and to what the billing keeps; wholly outside, this month is shown."""
    earliest, why = account.since, "period-before-contract"
    if kept is not None:
        oldest = ask.today - timedelta(days=kept - 1)
        if earliest is None or oldest > earliest:
            earliest, why = oldest, "period-not-kept"
    period = asked.period
    if earliest is None or period.first >= earliest:
        return asked
    if period.last < earliest:
        first = min(max(earliest, preset(ask, "month").first), ask.today)
        return Span(Period(first, ask.today), note=NOTHING_LEFT[why])
    # That this month began before the contract did is no news to anybody.
    quiet = asked.note or period == preset(ask, "month")
    return Span(Period(earliest, period.last), asked.page, asked.note if quiet else why)


def note(ask: Ask, asked: Span) -> str:
    """The sentence of `Span.note`; "" for none."""
    return ask.say(asked.note, day=asked.period.first) if asked.note else ""


def day(text: str) -> date | None:
    """A day that a billing can be asked about."""
    try:
        found = date.fromisoformat(text) if DATE.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and found >= periods.EARLIEST else None


def preset(ask: Ask, name: str) -> Period:
    """What a period button means today."""
    match name:
        case "month":
            return Period(ask.today.replace(day=1), ask.today)
        case "last":
            return unit_at(MONTHS, ask.today, -1)
        case "three":
            return periods.rolling(MONTHS, 3, ask.today).period
        case _:
            return periods.rolling(YEARS, 1, ask.today).period


# ── Pages and buttons ─────────────────────────────────────────────────────────────────────────────────────────────


def paged(found: tuple[T, ...], page: int, size: int = PAGE) -> tuple[tuple[T, ...], int, int]:
    """(what stands on the page, the page, how many there are); a page that is not there is the nearest."""
    pages = max(-(-len(found) // size), 1)
    page = min(max(page, 1), pages)
    return found[(page - 1) * size : page * size], page, pages


def action(question: str, period: Period, page: int = 1) -> str:
    """«payments:2026-10-01:2026-10-31:2»"""
    return f"{question}:{period.first.isoformat()}:{period.last.isoformat()}" + (f":{page}" if page > 1 else "")


def paging(ask: Ask, question: str, period: Period, page: int, pages: int) -> Keyboard:
    """«‹ Новее», «2/5», «Старее ›»; pressed in the middle, the page is drawn anew."""
    if pages == 1:
        return ()
    row = [Button(ask.say("button-page", page=page, pages=pages), action=action(question, period, page))]
    if page > 1:
        row.insert(0, ask.button("button-newer", action(question, period, page - 1)))
    if page < pages:
        row.append(ask.button("button-older", action(question, period, page + 1)))
    return (tuple(row),)


def choose(ask: Ask, question: str) -> Keyboard:
    """The usual periods."""
    return tuple(tuple(ask.button(BUTTONS[name], f"{question}:{name}") for name in row) for row in PRESETS)


def offers(ask: Ask, question: str, choices: tuple[Period, ...]) -> Keyboard:
    """A button for each reading of what was typed, then the usual ones."""
    return (*((Button(ask.say.period(one), action=action(question, one)),) for one in choices), *choose(ask, question))
