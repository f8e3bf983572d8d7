"""What to be told of: the list of topics, and one of them with its days.

topics[:page]                      the list, each with what holds
topic:<topic>                      one of them: what is told, and every way to change it
topic:<topic>:on|off               at once, and the way back is the first button
topic:<topic>:7.3.1[:minutes]      so many days before, or after; and the hour, where it was said as well
topic:digest:1[:minutes]           on that weekday, 1 is Monday
topic:soon…                        of the scheme: before the money ends, or before a bill falls due

Typed: «предупреждай за 5 и 2 дня», «не присылай про платежи», «по средам» (handlers.wished).
"""

import re
from typing import Final

from adapters.base import Button, Keyboard, Reply
from billing.base import Account, Scheme
from handlers.ask import Ask, NotMine, Turn
from handlers.due import DATED, OFF, ON, TOPICS, USUAL, canonical, days, wish
from handlers.hours import DAY, clock, impossible, waits
from handlers.menu import COLUMNS, button, buttons, outdated
from handlers.span import paged
from handlers.text import Say
from handlers.wished import SOON, days_in, weekday_in, wished
from storage.base import Effect, SetHour, SetWish, Topic

PAGE: Final = 6  # topics of one screen
# What is offered of each topic that has days, beside what holds.
OFFERED: Final = {
    Topic.LASTS: ("7 3 1", "5 2", "3", "1"),
    Topic.FEE: ("5", "3", "1", "3 1"),
    Topic.DUE: ("5 1", "3 1", "3", "1"),
    Topic.OVERDUE: ("1 7", "1", "3", "1 3 7"),
    Topic.PROMISE: ("3 1", "2", "1"),
    Topic.DIGEST: ("1", "2", "3", "4", "5", "6", "7"),
}
# In the order in which money comes and goes.
ORDER: Final = (
    Topic.LOW, Topic.LASTS, Topic.FEE, Topic.BILL, Topic.DUE, Topic.OVERDUE,
    Topic.SERVICE, Topic.PAID, Topic.PROMISE, Topic.CHARGE, Topic.OUTAGE, Topic.DIGEST,
)  # fmt: skip


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def topics(ask: Ask, account: Account) -> Turn:
    if (refused := impossible(ask)) is not None:
        return refused
    asked = ask.arguments[0] if ask.arguments else "1"
    found, page, pages = paged(ORDER, int(asked) if re.fullmatch("[0-9]{1,3}", asked) else 1, PAGE)
    lines = [ask.say("topics"), *(state(ask, topic, holds(ask, topic)) for topic in found), *muted(ask)]
    labels = [Button(name(ask.say, topic), action=f"topic:{topic}") for topic in found]
    turning = Button(ask.say("button-topics-more"), action=f"topics:{page % pages + 1}")
    rows = (*rows_of(labels), (turning, button(ask.say, "alerts")))
    # Turning the page redraws the list; whatever else brought it writes it anew.
    redraw = ask.incoming.message if ask.arguments and ask.incoming.action is not None else None
    return Turn(Reply("\n".join(lines), keyboard=rows, replaces=redraw))


def rows_of(found: list[Button]) -> Keyboard:
    return tuple(tuple(found[at : at + COLUMNS]) for at in range(0, len(found), COLUMNS))


def muted(ask: Ask) -> tuple[str, ...]:
    """That nothing is told at all, where it is so."""
    return () if ask.memory.chat.alerts else (ask.say("alerts-off"),)


# ── One of them ───────────────────────────────────────────────────────────────────────────────────────────────────


async def topic(ask: Ask, account: Account) -> Turn:
    """Raises NotMine for typed words that are no days, when days were waited for."""
    if (refused := impossible(ask)) is not None:
        return refused
    arguments = ask.arguments or typed(ask)
    one = known(arguments[0], account) if arguments else None
    if one is None:
        return await topics(ask, account) if not arguments else outdated(ask)
    value, minutes = (*arguments[1:3], "", "")[:2]
    hour = int(minutes) if re.fullmatch("[0-9]{1,4}", minutes) and int(minutes) < DAY else None
    if not value:
        return screen(ask, one, holds(ask, one), ask.say("topic", **said(ask, one, holds(ask, one))))
    wanted = canonical(one, value.replace(".", " "))
    if wanted is None or len(arguments) > 3 or (minutes and hour is None):
        return outdated(ask)
    meant = wish(one, {one: wanted}, ask.operator.presets)
    effects: list[Effect] = [SetWish(one, wanted)]
    lines = [ask.say("topic-set", **said(ask, one, meant))]
    if hour is not None:
        effects.append(SetHour(hour))
        lines.append(ask.say("hour-set", time=clock(hour)))
    return screen(ask, one, meant, "\n".join(lines), tuple(effects))


def typed(ask: Ask) -> tuple[str, ...]:
    """The arguments that the typed words stand for; none where they name no topic."""
    waited = ask.memory.dialogue.data.get("topic", "")
    if waits(ask, "topic") and waited in TOPICS:
        found = weekday_in(ask.text) if waited == Topic.DIGEST else None
        row = (found,) if found else days_in(ask.text) if waited in DATED else ()
        value = ".".join(str(one) for one in row)
        if not value or canonical(Topic(waited), value.replace(".", " ")) is None:
            raise NotMine
        return waited, value
    asked = wished(ask.text) if ask.text else None
    name_, *arguments = asked.action.split(":") if asked is not None else ("",)
    return tuple(arguments) if name_ == "topic" else ()


def known(argument: str, account: Account) -> Topic | None:
    if argument == SOON:
        return Topic.DUE if account.scheme is Scheme.CREDIT else Topic.LASTS
    return Topic(argument) if argument in TOPICS else None


def screen(ask: Ask, one: Topic, value: str, first: str, effects: tuple[Effect, ...] = ()) -> Turn:
    """`value`: what holds from now on; `first`: how it is said."""
    chat, preset = ask.memory.chat, ask.operator.presets
    lines = [first, *muted(ask)]
    # What held before stands first: the way back.
    offers = dict.fromkeys((holds(ask, one), *OFFERED.get(one, (ON,)), OFF, wish(one, {one: ON}, preset)))
    offers.pop(value, None)
    row = [Button(label(ask.say, one, offer), action=f"topic:{one}:{offer.replace(' ', '.')}") for offer in offers]
    if not effects:
        lines.insert(1, ask.say(f"topic-{one}"))
        if one in DATED:
            lines.append(ask.say("topic-days"))
        if one in USUAL:
            lines.append(ask.say("hour", time=clock(chat.remind_at)))
    further = ["topics"]
    if not chat.alerts:
        further.insert(0, "alerts:on")
    elif one is Topic.LOW:
        further.insert(0, "threshold")
    keyboard = (*rows_of(row), *buttons(ask, further))
    waits_for = "topic" if one in USUAL else ""
    return Turn(Reply("\n".join(lines), keyboard=keyboard), effects, waits_for, {"topic": one.value})


def holds(ask: Ask, one: Topic) -> str:
    return wish(one, ask.memory.chat.wishes, ask.operator.presets)


# ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────


def name(say: Say, one: Topic) -> str:
    return say(f"button-topic-{one}")


def said(ask: Ask, one: Topic, value: str) -> dict[str, str]:
    return {"name": name(ask.say, one), "wish": phrase(ask.say, one, value)}


def state(ask: Ask, one: Topic, value: str) -> str:
    """«Деньги кончаются: за 7, 3 и 1 день»"""
    return ask.say("topic", **said(ask, one, value))


def phrase(say: Say, one: Topic, value: str) -> str:
    if value in {ON, OFF}:
        return say(f"topic-is-{value}")
    if one is Topic.DIGEST:
        return say("weekly", weekday=int(value))
    row = days(value)
    return say("days-after" if one is Topic.OVERDUE else "days-before", days=listed(say, row), last=row[-1])


def label(say: Say, one: Topic, value: str) -> str:
    """The same on a button."""
    if value in {ON, OFF}:
        return say(f"button-topic-is-{value}")
    text = phrase(say, one, value)
    return text[:1].upper() + text[1:]


def listed(say: Say, row: tuple[int, ...]) -> str:
    """«7, 3 и 1»"""
    *most, last = map(str, row)
    return say("list-and", most=", ".join(most), last=last) if most else last
