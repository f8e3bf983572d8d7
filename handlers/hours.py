"""When alerts come, by whose clock, and in which hours not.

hour[:minutes]       when notices of a day come: minutes after midnight, or typed: «в 9 утра», "18:30"; of the chat
quiet[:from:to]      minutes after midnight, or typed: "22-8", «с 22 до 8»; of the chat
zone[:name]          by button, or typed: «Омск», «мск+3»; of the chat
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from adapters.base import Button, Keyboard, Reply
from billing.base import Account, Capability
from handlers.amounts import plain
from handlers.ask import Ask, NotMine, Turn
from handlers.menu import COLUMNS, button, buttons, outdated
from handlers.text import LANGUAGES, Say, sentences
from handlers.wished import PARTS, figured, hour_in, of_day
from nlu.letters import fold
from storage.base import SetHour, SetQuiet, SetZone

HOURS_OF_DAY: Final = (8 * 60, 10 * 60, 12 * 60, 19 * 60)
QUIET: Final = ((22 * 60, 9 * 60), (23 * 60, 8 * 60), (21 * 60, 10 * 60), (0, 0))
DAY: Final = 24 * 60
# One name for each clock that Russia has; the sentences call them by their best-known town.
ZONES: Final = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk",
    "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
)  # fmt: skip
PAGE: Final = 5  # towns of one screen, a row each; the sixth row turns the page


def waits(ask: Ask, question: str) -> bool:
    """Whether the typed text is an answer to this question, and not the question itself."""
    return bool(ask.text) and ask.memory.dialogue.question == question


def impossible(ask: Ask) -> Turn | None:
    """What is said where the billing tells of no changes; None: it does."""
    if ask.can(Capability.CHANGES):
        return None
    return Turn(Reply(ask.say("alerts-impossible"), keyboard=buttons(ask, ("balance", "menu"))))


# ── The hour of what belongs to a day ─────────────────────────────────────────────────────────────────────────────


async def hour(ask: Ask, account: Account) -> Turn:
    if (refused := impossible(ask)) is not None:
        return refused
    wanted = wanted_hour(ask)
    if wanted is None:
        now = ask.memory.chat.remind_at
        rows = [Button(clock(one), action=f"hour:{one}") for one in HOURS_OF_DAY if one != now]
        return Turn(Reply(f"{hour_words(ask, now)}\n{ask.say('hour-which')}", keyboard=grid(ask, rows)), waits="hour")
    if not 0 <= wanted < DAY:
        return outdated(ask)
    text = ask.say("hour-set", time=clock(wanted))
    if (until := quiet_end(ask, wanted)) is not None:
        text = f"{text}\n{ask.say('hour-quiet', end=clock(until))}"
    return Turn(Reply(text, keyboard=buttons(ask, ("alerts", "quiet", "zone", "menu"))), (SetHour(wanted),))


def wanted_hour(ask: Ask) -> int | None:
    """Minutes after midnight from the button or the typed words; None: nothing was named yet; -1: it is no time."""
    if ask.arguments:
        return int(ask.arguments[0]) if re.fullmatch("[0-9]{1,4}", ask.arguments[0]) else -1
    typed = hour_in(ask.text) if ask.text else None
    if typed is None and waits(ask, "hour"):
        raise NotMine
    return typed


def hour_words(ask: Ask, minutes: int) -> str:
    return ask.say("hour", time=clock(minutes))


def quiet_end(ask: Ask, minutes: int) -> int | None:
    """When the quiet hours that this minute of the day falls into are over; None: it falls into none."""
    start, end = ask.memory.chat.quiet_from, ask.memory.chat.quiet_to
    inside = start <= minutes < end if start < end else (minutes >= start or minutes < end) and start != end
    return end if inside else None


def grid(ask: Ask, found: list[Button]) -> Keyboard:
    """Rows of two, and the way back to the settings."""
    return (*(tuple(found[at : at + COLUMNS]) for at in range(0, len(found), COLUMNS)), (button(ask.say, "alerts"),))


# ── In which hours not ────────────────────────────────────────────────────────────────────────────────────────────


async def quiet(ask: Ask, account: Account) -> Turn:
    hours = wanted_hours(ask)
    if hours is None:
        rows = [Button(hours_label(ask, *pair), action=f"quiet:{pair[0]}:{pair[1]}") for pair in QUIET]
        chat = ask.memory.chat
        text = f"{quiet_words(ask, chat.quiet_from, chat.quiet_to)}\n{ask.say('quiet-which')}"
        return Turn(Reply(text, keyboard=grid(ask, rows)), waits="quiet")
    start, end = hours
    if not (0 <= start < DAY and 0 <= end < DAY):
        return outdated(ask)
    return Turn(
        Reply(quiet_words(ask, start, end), keyboard=buttons(ask, ("alerts", "zone", "menu"))), (SetQuiet(start, end),)
    )


HOURS: Final = re.compile(
    r"(?:(?:с|from|das|de)\s)?([0-9]{1,2})(?:[:.]([0-9]{2}))?\s?(?:h\s?)?(?:-|–|—|до|по|to|till|until|a|as|às|ate|até)\s?"
    r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?:\s?h)?"
)


NAMED_HOUR: Final = re.compile(
    rf"\b(?:([0-9]{{1,2}})(?:[:.]([0-9]{{2}}))?\s?(?:(?:часов|часа)\b)?\s?({PARTS})|([0-9]{{1,2}})\s(?:часов|часа)\b)"
)
MIDNIGHT: Final = re.compile(r"\b(?:полночи|полуночи|midnight|(?:a )?meia[- ]noite)\b")


def with_hours(text: str) -> str:
    """«с десяти вечера до 8 утра» → «с 22:00 до 8:00»: the hours of a day in figures, the rest as it is."""

    def figures(found: re.Match[str]) -> str:
        minutes = of_day(found.groups())
        return found[0] if minutes is None else clock(minutes)

    return NAMED_HOUR.sub(figures, MIDNIGHT.sub("0:00", figured(text))).strip(" .!")


def wanted_hours(ask: Ask) -> tuple[int, int] | None:
    """(from, to) in minutes from the button or the typed hours; None: nothing was named yet; -1: not hours."""
    if ask.arguments:
        figures = [int(a) if re.fullmatch("[0-9]{1,4}", a) else -1 for a in ask.arguments]
        return (figures[0], figures[1]) if len(figures) == 2 else (-1, -1)
    text = with_hours(ask.text[:80])
    typed = HOURS.fullmatch(text) if waits(ask, "quiet") else HOURS.search(text)
    if typed is not None:
        h1, m1, h2, m2 = (int(part or 0) for part in typed.groups())
        if h1 <= 24 and h2 <= 24 and m1 < 60 and m2 < 60:
            return (h1 * 60 + m1) % DAY, (h2 * 60 + m2) % DAY
    if waits(ask, "quiet"):
        raise NotMine
    return None


def quiet_words(ask: Ask, start: int, end: int) -> str:
    return ask.say("quiet-none") if start == end else ask.say("quiet", start=clock(start), end=clock(end))


def hours_label(ask: Ask, start: int, end: int) -> str:
    return ask.say("button-quiet-none") if start == end else f"{clock(start)}–{clock(end)}"


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# ── By whose clock ────────────────────────────────────────────────────────────────────────────────────────────────


async def zone(ask: Ask, account: Account) -> Turn:
    """ "zone" shows the towns, "zone:5" the towns from the sixth on, "zone:Asia/Omsk" sets one."""
    wanted = ask.arguments[0] if ask.arguments else ""
    if re.fullmatch("[0-9]{1,2}", wanted) or not (wanted or ask.text):
        return towns(ask, account, int(wanted or 0))
    name = wanted or typed_zone(ask.text)
    if not name:
        if waits(ask, "zone"):
            raise NotMine
        return towns(ask, account, 0)
    if name not in known_zones():
        return outdated(ask)
    text = ask.say("alerts-zone", zone=zone_name(ask.say, name))
    return Turn(Reply(text, keyboard=buttons(ask, ("alerts", "quiet", "menu"))), (SetZone(name),))


def towns(ask: Ask, account: Account, start: int) -> Turn:
    start = start if 0 <= start < len(ZONES) else 0
    rows: list[tuple[Button, ...]] = [
        (Button(zone_name(ask.say, name), action=f"zone:{name}"),) for name in ZONES[start : start + PAGE]
    ]
    further = start + PAGE if start + PAGE < len(ZONES) else 0
    rows.append((Button(ask.say("button-zones-more"), action=f"zone:{further}"), button(ask.say, "alerts")))
    now = ask.say("alerts-zone", zone=zone_name(ask.say, ask.memory.chat.zone or account.zone))
    text = f"{now}\n{ask.say('zone-which')}"
    # Turning the page redraws the list; whatever else brought it writes it anew.
    page = ask.incoming.message if ask.arguments and ask.incoming.action is not None else None
    return Turn(Reply(text, keyboard=tuple(rows), replaces=page), waits="zone")


def zone_name(say: Say, name: str) -> str:
    sentence = f"zone-{name.replace('/', '-')}"
    return say(sentence) if name in ZONES else name.replace("_", " ")


def typed_zone(text: str) -> str:
    """The zone that a typed town, offset or IANA name means; "" for anything else."""
    text = zone_asked().sub("", plain(text[:100])).strip(" .!")
    if text in zones_typed():
        return zones_typed()[text]
    offset = re.fullmatch(r"(мск|msk|utc|gmt)?\s?([+-]?)\s?([0-9]{1,2})", text)
    if offset is not None and (offset[1] or offset[2]):
        hours = int(offset[3]) * (-1 if offset[2] == "-" else 1) + (3 if offset[1] in {"мск", "msk"} else 0)
        return ZONES[hours - 2] if 2 <= hours < 2 + len(ZONES) else ""
    words = fold(text)
    return next((zone for town, zone in town_names() if town == words), "") or (
        "Europe/Moscow" if words == "мск" else ""
    )


@cache
def zone_asked() -> re.Pattern[str]:
    """The words that ask for a zone, and all before them: «поменяй часовой пояс на » Омск."""
    phrases = {plain(one) for language in LANGUAGES for one in sentences(language)["zone"].split(" | ")}
    longest = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.compile(rf"^.*?\b(?:{longest})\b:?(?: (?:на|в|to|is|de|para|e))? ")


@cache
def town_names() -> tuple[tuple[str, str], ...]:
    """Every town of the buttons in every language: «Омск, Новосибирск (МСК+3)» gives two."""
    from datetime import UTC, datetime

    made = []
    for language in LANGUAGES:
        say = Say.at(datetime.fromtimestamp(0, UTC), language, "UTC")
        for name in ZONES:
            label = zone_name(say, name)
            made += [(fold(town), name) for town in label.split("(")[0].split(",")] + [(fold(label), name)]
    return tuple(made)


@cache
def zones_typed() -> Mapping[str, str]:
    """Every zone by its name in small letters."""
    return {name.lower(): name for name in known_zones()}


@cache
def known_zones() -> frozenset[str]:
    return frozenset(
        name for name in available_timezones() if "/" in name and not name.startswith(("posix", "right", "Etc"))
    )
