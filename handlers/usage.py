"""Statistics of one service by any period (handlers.span): traffic, calls by direction, television purchases.

    usage[:<mark>][:<period>]      without a mark: the service that the words name, the only one, or "which one?"
    usage:left                     what is left of a package is not known here: said first, then what was used

    Домашний интернет: 123,4 ГБ за 1–16 ноября      the total is the answer
    average a day, the busiest day
    by day, week or month                           as many figures as the picture has bars
    by direction · purchases                        calls with count, time and what they cost beyond the tariff

A day without a row was a day without use: that is what the billing promises. What it does not know (a time before the
contract, before its records begin, a cost inside the tariff) has no bar, no zero and no sum.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from babel.dates import format_skeleton

from adapters.base import Button, Keyboard, Picture, Reply
from billing.base import Account, Capability, Direction, Kind, Money, Period, Service, Status, Usage, Use
from handlers import failures, periods, span, subject
from handlers import service as one
from handlers.ask import Ask, NotMine, Turn
from handlers.kinds import direction
from handlers.measures import size, talk
from handlers.period_words import MONTHS, WEEKS, YEARS
from handlers.text import LOCALES, Say, brief, spaced
from pictures.bars import MOST, Bar, Bars
from storage.base import Saw

COUNTED: Final = frozenset({Kind.INTERNET, Kind.PHONE, Kind.MOBILE, Kind.TV})
TRAFFIC: Final = frozenset({Use.RECEIVED, Use.SENT})
PURCHASES: Final = 10  # on one page
BY_DAY, BY_WEEK = 31, 26 * 7  # days of the longest period that is shown so


async def usage(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for typed words that answer neither "which period?" nor "which service?"."""
    if not ask.can(Capability.USAGE) or not ask.can(Capability.SERVICES):
        return failures.unsupported(ask)
    if waiting(ask) and ask.meaning.question not in {"", "usage", "service"}:
        raise NotMine
    services = tuple(s for s in await ask.billing.services(account.id) if counted(s))
    about = subject.about(ask, "usage", services)
    left = about.arguments[:1] == ("left",)
    if left:
        about = subject.about(replace(ask, arguments=()), "usage", services)
    if not services:
        return Turn(Reply(ask.say("usage-nowhere"), keyboard=((ask.button("button-services", "services"),),)))
    if about.strange:
        return one.offer(ask, "service-gone", services, "usage")
    among = (about.service,) if about.service else about.among or services
    arguments = about.arguments or pending(ask, services)
    if len(among) > 1:
        return which(ask, account, among, arguments, left)
    asked = span.span(ask, account, f"usage:{subject.mark(among[0])}", arguments, kept=ask.billing.keeps_days)
    return await shown(ask, among[0], asked, left, others=len(services) > 1)


def counted(s: Service) -> bool:
    return s.kind in COUNTED and s.status is not Status.OFF


def waiting(ask: Ask) -> bool:
    return ask.memory.dialogue.question == "usage" and ask.text != ""


def pending(ask: Ask, services: Sequence[Service]) -> tuple[str, ...]:
    """The period that was last asked for, when the words name only another service: «а по телефону?»."""
    period = ask.memory.dialogue.data.get("period", "") if waiting(ask) else ""
    if not period or subject.named(services, ask.text) is None or ask.meaning.question == "usage":
        return ()
    return () if periods.parse(ask.text, ask.today, ask.say.language) else tuple(period.split(":"))


def which(ask: Ask, account: Account, among: Sequence[Service], arguments: tuple[str, ...], left: bool) -> Turn:
    """Of which service? The period that was named is kept."""
    asked = span.span(ask, account, "usage", arguments, kept=ask.billing.keeps_days)
    page, shown_page, pages = span.paged(tuple(among), asked.page, one.PAGE)
    keyboard = (
        *one.buttons(page, lambda s: span.action(f"usage:{subject.mark(s)}", asked.period)),
        *one.further(ask, shown_page, pages, lambda n: span.action("usage", asked.period, n)),
    )
    blocks = [ask.say("usage-left") if left else "", span.note(ask, asked), ask.say("usage-which", period=asked.period)]
    reply = Reply(
        "\n\n".join(block for block in blocks if block),
        keyboard=keyboard,
        replaces=replaced(ask),
    )
    return Turn(reply, waits="usage", data={"about": "usage", "period": dates(asked.period)})


# ── The screen ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of use: what its figure is, and how it is said."""

    head: str  # the sentence of the total
    figures: Callable[[Usage], tuple[int, ...]]  # one or two series
    said: Callable[[Say, int], str]
    legend: tuple[str, ...] = ()


def pieces(say: Say, count: int) -> str:
    return say("usage-pieces", count=count)


TOPICS: Final = {
    "traffic": Topic(
        "usage-total",
        lambda row: (row.amount, 0) if row.use is Use.RECEIVED else (0, row.amount),
        size,
        ("usage-received", "usage-sent"),
    ),
    "calls": Topic("usage-talk", lambda row: (row.amount,), talk),
    "purchases": Topic("usage-total", lambda row: (row.amount,), pieces),
}


def topic(row: Usage) -> str:
    return "traffic" if row.use in TRAFFIC else "calls" if row.use is Use.CALLS else "purchases"


async def shown(ask: Ask, s: Service, asked: span.Span, left: bool, *, others: bool) -> Turn:
    period, question = asked.period, f"usage:{subject.mark(s)}"
    rows: dict[str, list[Usage]] = defaultdict(list)
    for row in await ask.billing.usage(s.account, s.id, period):
        rows[topic(row)].append(row)
    # What stands first is drawn; a mobile service may have all three.
    names = [name for name in TOPICS if rows[name]]
    bars = split(ask.say, TOPICS[names[0]], period, rows[names[0]]) if names else []
    bought, page, pages = span.paged(tuple(rows["purchases"]), asked.page, PURCHASES)
    blocks = [
        ask.say("usage-left") if left else "",
        span.note(ask, asked),
        in_direction(ask, period, rows["calls"]),
        *(summary(ask, s, period, name, rows[name]) for name in names),
        listing(ask, TOPICS[names[0]], bars) if names and names[0] != "purchases" else "",
        "\n".join(directions(ask, rows["calls"])),
        "\n".join(purchase(ask, row) for row in bought),
        shown_of(ask, len(bought), page, rows["purchases"]) if pages > 1 else "",
        "" if names else ask.say("usage-none", title=brief(s.title), period=period),
        ask.say("payments-hint"),
    ]
    data = await ask.draw(drawing(ask, s, period, names[0], rows[names[0]], bars)) if bars else None
    reply = Reply(
        "\n\n".join(block for block in blocks if block),
        keyboard=(*span.paging(ask, question, period, page, pages), *keyboard(ask, s, question, others=others)),
        picture=Picture(data, "usage.png") if data else None,
        replaces=replaced(ask),
    )
    figures = {name: sum(row.amount for row in rows[name]) for name in names}
    remembered = {"about": question, "period": dates(period)}
    return Turn(reply, effects=(Saw(s.account, "usage", figures),), waits="usage", data=remembered)


def replaced(ask: Ask) -> str | None:
    """A period's button redraws its own message; the button of a service, below another answer, does not."""
    *_, last = ask.arguments or ("",)
    return (
        ask.incoming.message if ask.incoming.action is not None and not subject.MARK.fullmatch(last) and last else None
    )


def dates(period: Period) -> str:
    return span.action("", period).removeprefix(":")


def shown_of(ask: Ask, shown: int, page: int, rows: Sequence[Usage]) -> str:
    first = (page - 1) * PURCHASES
    return ask.say("payments-shown", first=first + 1, last=first + shown, count=len(rows))


def keyboard(ask: Ask, s: Service, question: str, *, others: bool) -> Keyboard:
    own = subject.mark(s)
    more = [Button(ask.say("button-service"), action=f"service:{own}")]
    if ask.can(Capability.CALLS) and s.kind in one.SPOKEN:
        more.append(ask.button("button-calls", f"calls:open:{own}"))
    if others:
        more.append(ask.button("button-usage-other", "usage"))
    return (*span.choose(ask, question), tuple(more))


# ── The words ─────────────────────────────────────────────────────────────────────────────────────────────────────


def headline(ask: Ask, s: Service, period: Period, name: str, rows: Sequence[Usage]) -> str:
    """«Домашний интернет: 123,4 ГБ за 1–16 ноября»."""
    about = TOPICS[name]
    amount = about.said(ask.say, sum(row.amount for row in rows))
    return ask.say(about.head, title=brief(s.title), amount=amount, count=sum(r.count for r in rows), period=period)


def summary(ask: Ask, s: Service, period: Period, name: str, rows: Sequence[Usage]) -> str:
    """The total; what it is made of; the average a day and the busiest day."""
    about = TOPICS[name]
    lines = [headline(ask, s, period, name, rows)]
    if name == "traffic":
        parts = [sum(row.amount for row in rows if row.use is use) for use in (Use.RECEIVED, Use.SENT)]
        lines.append(ask.say("usage-parts", received=size(ask.say, parts[0]), sent=size(ask.say, parts[1])))
    if cost := beyond(rows):
        lines.append(ask.say("usage-beyond", sum=cost))
    if name != "purchases" and period.days > 1:
        by_day: dict[date, int] = defaultdict(int)
        for row in rows:
            by_day[row.day] += row.amount
        busiest = max(by_day, key=lambda day: (by_day[day], day))
        lines.append(average(ask, period, about, rows))
        lines.append(ask.say("usage-busiest", day=busiest, amount=about.said(ask.say, by_day[busiest])))
    return "\n".join(lines)


def average(ask: Ask, period: Period, about: Topic, rows: Sequence[Usage]) -> str:
    amount = (2 * sum(row.amount for row in rows) + period.days) // (2 * period.days)  # rounded half up
    return ask.say("usage-average", amount=about.said(ask.say, amount))


def beyond(rows: Iterable[Usage]) -> Money | None:
    """What was told apart as a cost; None: nothing was, which is not the same as nothing."""
    costs = [row.cost for row in rows if row.cost is not None]
    return sum(costs[1:], costs[0]) if costs else None


def directions(ask: Ask, rows: Sequence[Usage]) -> list[str]:
    """A line for each direction, the longest talked first."""
    by: dict[Direction, list[Usage]] = defaultdict(list)
    for row in rows:
        by[row.direction or Direction.OTHER].append(row)
    if not by:
        return []
    ordered = sorted(by, key=lambda where: (-sum(row.amount for row in by[where]), list(Direction).index(where)))
    return [ask.say("usage-directions"), *(calls(ask, where, by[where]) for where in ordered)]


def calls(ask: Ask, where: Direction, rows: Sequence[Usage]) -> str:
    """«Междугородная связь: 3 звонка, 12 мин 30 с, сверх тарифа 45,60 ₽»."""
    seconds, count = sum(row.amount for row in rows), sum(row.count for row in rows)
    about = [ask.say("usage-calls", count=count), talk(ask.say, seconds)]
    if cost := beyond(rows):
        about.append(ask.say("usage-cost", sum=cost))
    return ask.say("service", title=ask.say(f"direction-{where}"), about=", ".join(about))


def in_direction(ask: Ask, period: Period, rows: Sequence[Usage]) -> str:
    """The figure for the direction that was asked for: «сколько наговорил по межгороду»."""
    where = direction(ask.text) if ask.text else None
    if where is None:
        return ""
    found = [row for row in rows if row.direction is where]
    if found:
        return calls(ask, where, found)
    return ask.say("usage-direction-none", direction=ask.say(f"direction-{where}"), period=period)


def purchase(ask: Ask, row: Usage) -> str:
    title = brief(row.title) or ask.say("usage-purchase")
    about = [title] if row.amount == 1 else [title, pieces(ask.say, row.amount)]
    return ask.say("service", title=ask.say.day(row.day), about=", ".join([*about, *cost(ask, row)]))


def cost(ask: Ask, row: Usage) -> list[str]:
    return [ask.say.money(row.cost)] if row.cost is not None else []


# ── By day, week or month ─────────────────────────────────────────────────────────────────────────────────────────


def split(say: Say, about: Topic, period: Period, rows: Sequence[Usage]) -> list[Bar]:
    """The period in equal parts, oldest first, each with its figures; none where it would be one part only."""
    sums: dict[date, tuple[int, ...]] = defaultdict(lambda: (0,) * max(len(about.legend), 1))
    for row in rows:
        sums[row.day] = tuple(map(sum, zip(sums[row.day], about.figures(row), strict=True)))
    made = []
    for label, part in parts(say, period):
        values = tuple(map(sum, zip(*(sums[day] for day in days(part)), strict=True)))
        made.append(Bar(label, values, tuple(about.said(say, value) for value in values)))
    return made if 1 < len(made) <= MOST else []


def parts(say: Say, period: Period) -> list[tuple[str, Period]]:
    """Days of a month, weeks of half a year, else months or years: never more than a picture has room for."""
    if period.days <= BY_DAY:
        one_month = period.first.replace(day=1) == period.last.replace(day=1)
        return [(str(day.day) if one_month else short(say, "MMMd", day), Period(day, day)) for day in days(period)]
    unit = WEEKS if period.days <= BY_WEEK else MONTHS
    if unit == MONTHS and (period.last.year - period.first.year) * 12 + period.last.month - period.first.month >= MOST:
        unit = YEARS
    made, first = [], period.first
    while first <= period.last:
        last = min(periods.unit_at(unit, first, 0).last, period.last)
        made.append((named(say, unit, Period(first, last)), Period(first, last)))
        first = last + timedelta(days=1)
    return made


def days(period: Period) -> list[date]:
    return [period.first + timedelta(days=n) for n in range(period.days)]


def named(say: Say, unit: int, part: Period) -> str:
    """«2–8 нояб.», «нояб. 2026», «2026»."""
    first, last = part.first, part.last
    if unit == YEARS:
        return str(first.year)
    if unit == MONTHS:
        return short(say, "yMMM", first)
    if first == last:
        return short(say, "MMMd", first)
    start = str(first.day) if first.month == last.month else f"{short(say, 'MMMd', first)} "
    return f"{start}–{' ' if start[-1] == ' ' else ''}{short(say, 'MMMd', last)}"


def short(say: Say, skeleton: str, day: date) -> str:
    return spaced(str(format_skeleton(skeleton, day, locale=LOCALES[say.language])))


def listing(ask: Ask, about: Topic, bars: Sequence[Bar]) -> str:
    """A line for each bar; those of nothing are one line together, so that a holiday does not fill the screen."""
    if not bars:
        return ""
    used = [bar for bar in bars if any(bar.values)]
    lines = [ask.say("usage-bar", label=bar.label, amount=" + ".join(bar.text)) for bar in used]
    if len(used) < len(bars):
        lines.append(ask.say("usage-rest"))
    return "\n".join([ask.say("usage-by-two" if about.legend else "usage-by"), *lines])


def drawing(ask: Ask, s: Service, period: Period, name: str, rows: Sequence[Usage], bars: Sequence[Bar]) -> Bars:
    about = TOPICS[name]
    return Bars(
        title=headline(ask, s, period, name, rows),
        subtitle=average(ask, period, about, rows) if name != "purchases" else "",
        bars=tuple(bars),
        legend=tuple(ask.say(series) for series in about.legend),
        stacked=len(about.legend) > 1,
    )
