"""parse(text, today): from "за март", "last 3 weeks" or "de 1 a 15 de outubro" to a closed interval of days. Pure.

    text ──period_words──▶ tokens, each with a kind ──▶ rules ──▶ Found | Ambiguous | Impossible | None

The convention (both ends belong to the interval, and it never goes beyond today):

    last N units, a bare amount of time    rolling: ends today, starts N units ago plus one day
    previous unit, English "last month"    the whole calendar unit before the current one; weeks start on Monday
    this unit                              from its first day to today
    month, day, quarter, season, weekday   without a year: the latest one that has begun
    range                                  the latest one that has begun; it may cross New Year
    since X                                from the first day of X to today
    two that are joined by "and"           one interval when they are neighbours, else a question

A **reference** is whatever names days by itself ("5 марта", "Q1", "прошлым летом"). Without a year it recurs, so it is
kept as the list of its occurrences around a day; "latest" and "the next one after the other end" are then searches in
that list. Words of all three languages are known at once: people mix them. Numbers become dates only in the company
of a month, a unit or a range word; sums, phones and account numbers stay numbers.

Cost: one pass of a regular expression over at most a few hundred words, and rules that look a few tokens ahead.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from billing.base import Period
from handlers.period_words import (
    DAYS,
    HALVES,
    MONTHS,
    PLURAL,
    PRONOUNS,
    QUARTERS,
    SHOW,
    WEEKS,
    YEARS,
    Token,
    tokens,
    words,
)


@dataclass(frozen=True, slots=True)
class Found:
    period: Period


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two or three readings, to be offered as buttons."""

    periods: tuple[Period, ...]


class Why(StrEnum):
    FUTURE = "future"  # not begun yet
    NO_SUCH_DAY = "no-such-day"  # 31 April
    REVERSED = "reversed"  # ends before it begins


@dataclass(frozen=True, slots=True)
class Impossible:
    why: Why


Result = Found | Ambiguous | Impossible | None

DAY: Final = timedelta(days=1)
WEEKEND: Final = 7  # of the days of the week
EARLIEST: Final = date(1990, 1, 1)  # what lies before is a slip or a trick, and no billing need be asked about it
BEGINNING: Final = date(2000, 1, 1)  # "за всё время" begins here: no billing that we ask is older

# ── Units of the calendar ─────────────────────────────────────────────────────────────────────────────────────────

IN_MONTHS: Final = {MONTHS: 1, QUARTERS: 3, HALVES: 6, YEARS: 12}


def months_from(day: date, months: int) -> date:
    """The same day number so many months on; a shorter month's last day. Never before the first of all days."""
    index = max(day.year * 12 + day.month - 1 + months, 12)
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def unit_at(unit: int, today: date, offset: int) -> Period:
    """The calendar unit that holds today, or so many units before or after it."""
    if unit == DAYS:
        day = today + offset * DAY
        return Period(day, day)
    if unit == WEEKS:
        monday = today - today.weekday() * DAY + offset * 7 * DAY
        return Period(monday, monday + 6 * DAY)
    size = IN_MONTHS[unit]
    start = today.replace(day=1, month=(today.month - 1) // size * size + 1)
    first = months_from(start, offset * size)
    return Period(first, months_from(first, size) - DAY)


def rolling(unit: int, count: int, today: date) -> Found:
    """The last `count` units, ending today."""
    if unit in IN_MONTHS:
        first = months_from(today, -count * IN_MONTHS[unit]) + DAY
    else:
        first = today - (min(count * (7 if unit == WEEKS else 1), 20_000) - 1) * DAY
    return Found(Period(max(first, min(BEGINNING, today)), today))


def whole(unit: int, count: int, today: date) -> Period:
    """The `count` whole units before the current one."""
    return Period(unit_at(unit, today, -count).first, unit_at(unit, today, -1).last)


# ── References ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that names days. `near(day)` lists its occurrences around a day, oldest first."""

    near: Callable[[date], list[Period]]
    fixed: bool = False  # it has its own year: it occurs once
    day: int = 0  # of a single day without a month: «с 5 …»
    month: int = 0  # of a single day with a month
    other: "Reference | None" = None  # a second reading


def once(period: Period) -> Reference:
    return Reference(lambda _: [period], fixed=True)


def yearly(make: Callable[[int], Period | None], year: int) -> Reference:
    """What recurs each year, or is in `year` only. Nine years back, for the sake of 29 February."""

    def near(day: date) -> list[Period]:
        years = [year] if year else range(max(day.year - 9, 1), min(day.year + 3, 9999))
        return [period for y in years if (period := make(y)) is not None]

    return Reference(near, fixed=bool(year))


def day_of(year: int, month: int, day: int) -> Period | None:
    if not (1 <= month <= 12 and 1 <= year <= 9998 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return Period(date(year, month, day), date(year, month, day))


def a_day(day: int, month: int, year: int) -> Reference:
    return replace(yearly(lambda y: day_of(y, month, day), year), day=day, month=month)


def months(first: int, count: int, year: int) -> Reference:
    """So many months from `first` on; winter begins in December."""

    def make(y: int) -> Period:
        start = date(y, first, 1)
        return Period(start, months_from(start, count) - DAY)

    return yearly(make, year)


def monthly(day: int) -> Reference:
    """«5 числа»."""

    def near(around: date) -> list[Period]:
        starts = [months_from(around.replace(day=1), n) for n in range(-3, 3)]
        return [period for s in starts if (period := day_of(s.year, s.month, day)) is not None]

    return Reference(near, day=day)


def weekly(weekday: int) -> Reference:
    """A day of the week; the seventh, after Sunday, stands for the weekend."""

    def near(around: date) -> list[Period]:
        first, length = (5, 1) if weekday == WEEKEND else (weekday, 0)
        monday = around - around.weekday() * DAY
        starts = [monday + (first + 7 * n) * DAY for n in range(-2, 3)]
        return [Period(start, start + length * DAY) for start in starts]

    return Reference(near)


def within(months: Reference, first: int, last: int) -> Reference:
    """So many days of each of these months; those below zero are counted from its end."""

    def day(month: Period, number: int) -> date:
        return month.last + (number + 1) * DAY if number < 0 else min(month.first + (number - 1) * DAY, month.last)

    return replace(months, near=lambda around: [Period(day(m, first), day(m, last)) for m in months.near(around)])


def latest(reference: Reference, today: date) -> Period | None:
    """The last occurrence that has begun; a future one only where it is the only one."""
    periods = reference.near(today)
    begun = [p for p in periods if p.first <= today]
    return begun[-1] if begun else (periods[0] if periods else None)


class Reader:
    """The tokens of one text, read for one day. `turned`: month before day in slashed dates."""

    def __init__(self, found: list[Token], today: date, *, turned: bool = False) -> None:
        self.found, self.today, self.turned = found, today, turned

    def at(self, i: int) -> Token:
        return self.found[i] if 0 <= i < len(self.found) else Token("-")

    def kinds(self, i: int, *wanted: str) -> bool:
        """Whether the tokens from `i` on are of these kinds, each a set of letters."""
        return all(self.at(i + n).kind in kinds for n, kinds in enumerate(wanted))

    def skip(self, i: int, kinds: str) -> int:
        """Past small words; a few at most, or a text of nothing else would cost its square."""
        for _ in range(4):
            if self.at(i).kind not in kinds:
                break
            i += 1
        return i

    def reference(self, i: int, *, bare: bool = False) -> tuple[Reference, int] | None:
        """What the tokens from `i` on name, and where it ends. `bare`: a lone number may be a day, a year needs no
        proof (inside a range)."""
        one, two = self.at(i), self.at(i + 1)
        match one.kind:
            case "a":
                return self.reference(i + 1, bare=bare) if two.kind not in "aU" else None
            case "A":
                return once(unit_at(DAYS, self.today, one.value)), i + 1 + (two.kind == "U" and two.value == DAYS)
            case "J":
                return once(Period(date(self.today.year, 1, 1), date(self.today.year, 1, 1))), i + 1
            case "D":
                return self.numeric(i)
            case "K":
                _, month, year = one.numeric
                return (months(month, 1, year) if 1 <= month <= 12 else NOWHERE), i + 1
            case "M":
                return self.month(i)
            case "F":
                return self.season(i)
            case "W":
                return self.of_week(i) or (self.weekday(one.value, two.kind in "Pl"), i + 1 + (two.kind in "Pl"))
            case "Y":
                return self.year(i, bare=bare)
            case "N" | "O":
                return self.numbered(i, bare=bare)
            case "U":
                return self.unit(i, bare=bare)
            case "P" | "l" | "R" | "T" | "+":
                return self.part(i) or self.relative(i)
            case "L":
                return self.part(i)
        return None

    def numeric(self, i: int) -> tuple[Reference, int]:
        one = self.at(i)
        day, month, year = one.numeric
        if self.turned and one.slash and not one.value:
            day, month = month, day
        if year:
            return a_day(day, month, year), i + 1
        return self.in_year(i + 1, lambda y: a_day(day, month, y))

    def in_year(self, i: int, make: Callable[[int], Reference]) -> tuple[Reference, int]:
        """The reference in the year that is named from `i` on, or in any."""
        j = self.skip(i, "oia&") if not self.kinds(i, "&") or self.at(i).word == "," else i
        one, two, three = self.at(j), self.at(j + 1), self.at(j + 2)
        ending = self.year_word(j + 1)
        if one.kind == "Y":
            return make(one.value), j + 1 + ending
        if one.kind == "N" and 20 <= one.value <= 99 and ending and not two.word.startswith("y"):
            return make(2000 + one.value), j + 2
        for head, tail in ((one, two), (two, one)):  # «прошлого года», "ano passado"
            if head.kind in {"P", "l", "R", "T"} and tail.kind == "U" and tail.value == YEARS:
                return make(self.today.year - {"T": 0, "R": 2}.get(head.kind, 1)), j + 2
        if one.kind == "U" and one.value == YEARS and two.kind == "Y":
            return make(two.value), j + 2
        if one.kind == "U" and one.value == YEARS and three.kind == "Y":
            return make(three.value), j + 3
        return make(0), i

    def year_word(self, i: int) -> bool:
        return self.at(i).kind == "U" and self.at(i).value == YEARS

    def month(self, i: int) -> tuple[Reference, int]:
        one, two, three = self.at(i), self.at(i + 1), self.at(i + 2)
        if two.word == "the" and three.kind == "O":  # "October the 5th"
            return self.in_year(i + 3, lambda y: a_day(three.value, one.value, y))
        latin = one.word.isascii() and one.word not in {"marco", "maio"}
        if two.kind in "NO" and 1 <= two.value <= 31 and not self.year_word(i + 2) and three.kind != "U":
            if (latin or two.kind == "O") and not (three.kind in "M" and not latin):
                return self.in_year(i + 2, lambda y: a_day(two.value, one.value, y))  # "March 5"
            if 20 <= two.value <= self.today.year % 100:  # «март 25»: a day or a year
                return replace(a_day(two.value, one.value, 0), other=months(one.value, 1, 2000 + two.value)), i + 2
        j = i + 1
        if two.kind == "U" and two.value == MONTHS:  # «в марте месяце»
            j += 1
        if two.kind in {"P", "l"} and not self.year_word(i + 2):  # "março passado"
            return self.past(months(one.value, 1, 0)), i + 2
        return self.in_year(j, lambda y: months(one.value, 1, y))

    def season(self, i: int) -> tuple[Reference, int]:
        one = self.at(i)
        first = SEASON[one.value]
        if self.at(i + 1).kind in {"P", "l"} and not self.year_word(i + 2):
            return self.past(months(first, 3, 0)), i + 2

        def make(year: int) -> Reference:
            if year and first == 12:  # «зима 2025»: the one that ends in it, or the one that begins in it
                return replace(months(12, 3, year - 1), other=months(12, 3, year))
            return months(first, 3, year)

        if one.numeric[2]:  # «зима 2024-2025»
            return months(12, 3, one.numeric[2]), i + 1 + self.year_word(i + 1)
        return self.in_year(i + 1, make)

    def of_week(self, i: int) -> tuple[Reference, int] | None:
        """«в пятницу на прошлой неделе», "Monday last week"."""
        j = self.skip(i + 1, "ioa")
        week = self.reference(j) if self.at(j).kind in "PlRTU" else None
        if week is None or self.at(i).value == WEEKEND:
            return None
        period = week[0].near(self.today)[0]
        if period.last - period.first != 6 * DAY:
            return None
        return once(unit_at(DAYS, period.first, self.at(i).value)), week[1]

    def weekday(self, weekday: int, past: bool) -> Reference:
        return self.past(weekly(weekday)) if past else weekly(weekday)

    def past(self, reference: Reference) -> Reference:
        """Its latest occurrence that is over."""
        over = [p for p in reference.near(self.today) if p.last < self.today]
        return once(over[-1])

    def year(self, i: int, *, bare: bool) -> tuple[Reference, int] | None:
        one, before, then = self.at(i), self.at(i - 1), self.at(i + 1)
        if then.kind == "M":  # «2026 март»
            return months(then.value, 1, one.value), i + 2
        named = self.year_word(i + 1) or self.year_word(i - 1)
        named |= then.kind in "&|E" and self.at(i + 2).kind == "Y"
        # «пополнить на 2025» is a sum.
        led = before.kind in set("fiSEob&hac|") and before.word not in {"на", "on", "к", "по"}
        led = (led or before.word in SHOW or then.kind == "h") and one.value > 2000  # «тариф за 2000»
        if not (bare or named or led or len(self.found) == 1):
            return None
        return months(1, 12, one.value), i + 1 + self.year_word(i + 1)

    def numbered(self, i: int, *, bare: bool) -> tuple[Reference, int] | None:
        one, two = self.at(i), self.at(i + 1)
        if (part := self.part(i)) is not None:
            return part
        # «1 квартал», "first half of 2026"
        if two.kind == "U" and two.value in {QUARTERS, HALVES} and two.word not in PLURAL:
            named = one.kind == "O" or two.word in {"квартал", "кв", "quarter", "trimestre", "полугодие", "semestre"}
            size = IN_MONTHS[two.value]
            if named and 1 <= one.value <= 12 // size:
                return self.in_year(self.of_year(i + 2), lambda y: months((one.value - 1) * size + 1, size, y))
        if one.kind in "NO" and 20 <= one.value <= 99 and two.word in {"год", "года", "году", "г"}:  # «за 25 год»
            return months(1, 12, 2000 + one.value), i + 2
        so_many = one.kind == "N" and 1 <= one.value <= 12 and two.kind == "U" and two.value == MONTHS
        if so_many and self.at(i + 2).kind == "Y":  # «9 месяцев 2025»
            return months(1, one.value, self.at(i + 2).value), i + 3 + self.year_word(i + 3)
        if not 1 <= one.value <= 31:
            return (NOWHERE, i + 2) if two.kind == "M" and one.value < 100 else None
        j = self.skip(i + 1, "oca")
        if self.at(j).kind == "U" and self.at(j).value == DAYS and self.at(j).word == "day":  # "5th day of March"
            j = self.skip(j + 1, "oca")
        if self.at(j).kind == "M":
            month, year = self.at(j).value, self.at(j + 1)
            if year.kind == "N" and 20 <= year.value <= 99 and self.kinds(j + 2, "-E&"):  # "5 Oct 24"
                return a_day(one.value, month, 2000 + year.value), j + 2
            return self.in_year(j + 1, lambda y: a_day(one.value, month, y))
        # «15 числа прошлого месяца», "dia 5 do mês passado"
        for head, tail in ((j, j + 1), (j + 1, j)):
            unit = self.at(tail)
            if self.at(head).kind in {"T", "P", "l", "R"} and unit.kind == "U" and unit.value == MONTHS:
                start = unit_at(MONTHS, self.today, OFFSET[self.at(head).kind]).first
                found = day_of(start.year, start.month, one.value)
                return (replace(once(found), day=one.value) if found else NOWHERE), max(head, tail) + 1
        if two.kind == "U":
            return None
        said = two.kind == "c" or self.at(i - 1).word in {"dia", "dias"}
        if one.kind == "O" and DAYLIKE.fullmatch(one.word):  # «15-го платил», not "the 5th floor"
            said |= two.kind not in "xh" or two.word in PRONOUNS or one.word.endswith("го")
        return (monthly(one.value), i + 1 + (two.kind == "c")) if bare or said else None

    def part(self, i: int) -> tuple[Reference, int] | None:
        """«первая половина октября», "last day of October", "segunda quinzena de setembro"."""
        one, unit = self.at(i), self.at(i + 1)
        half = unit.word == "quinzena"  # and the token of its days behind it
        which = {"L": -1, "l": -1, "O": one.value}.get(one.kind, 0)
        if not which or not (half or (unit.kind == "U" and unit.value in {DAYS, WEEKS, HALVES})):
            return None
        j = self.skip(i + 2 + half, "oa")
        month = self.reference(j) if self.at(j).kind in "MPRTlU" else None
        if month is None or not all(p.last.day >= 28 and (p.last - p.first).days == p.last.day - 1
                                    for p in month[0].near(self.today)):  # fmt: skip
            return None
        if not half and unit.value in {DAYS, WEEKS}:
            size = {DAYS: 1, WEEKS: 7}[unit.value]
            if which not in {-1, 1}:
                return None
            first = within(month[0], 1, size) if which == 1 else within(month[0], -size, -1)
            other = within(month[0], 1, 31) if size == 7 else None  # which week that is can be argued
            return replace(first, other=other), month[1]
        return (within(month[0], *((1, 15) if which == 1 else (16, 31))), month[1]) if which in {-1, 1, 2} else None

    def of_year(self, i: int) -> int:
        """Past "of the year", which says nothing."""
        j = self.skip(i, "oa")
        return j + 1 if self.year_word(j) and self.at(j + 1).kind not in {"P", "Y", "R"} and j > i else i

    def unit(self, i: int, *, bare: bool) -> tuple[Reference, int] | None:
        one, two = self.at(i), self.at(i + 1)
        if one.word in {"dia", "dias"} and two.kind in {"N", "O"}:  # "dia 5"
            return self.numbered(i + 1, bare=bare)
        if one.value == YEARS and two.kind == "Y":
            return months(1, 12, two.value), i + 2
        if one.value == QUARTERS and two.kind == "N" and 1 <= two.value <= 4 and one.word not in PLURAL:
            return self.in_year(i + 2, lambda y: months(two.value * 3 - 2, 3, y))
        if two.kind in {"P", "R", "T", "+"} and not self.several(i, two):  # "mês passado", "week before last"
            return once(unit_at(one.value, self.today, OFFSET[two.kind])), i + 2
        return None

    def shared(self, i: int) -> int | None:
        """The unit of an adjective that has none of its own and is joined to one that has."""
        if self.kinds(i + 1, "&|"):
            j = self.skip(i + 2, "a")
            one, two = self.at(j), self.at(j + 1)
            for unit, adjective in ((two, one), (one, two)):
                if unit.kind == "U" and adjective.kind in "PRTl":
                    return unit.value
        elif self.at(i + 1).kind not in "UMFWa":
            j = i - 1 - self.kinds(i - 1, "a")
            one, two = self.at(j - 1), self.at(j - 2)
            if self.kinds(j, "&|") and "U" in (one.kind, two.kind) and {one.kind, two.kind} & set("PRTl"):
                return one.value if one.kind == "U" else two.value
        return None

    def several(self, i: int, adjective: Token) -> bool:
        """Whether the unit is in the plural: «недели» is, and is not; its adjective tells."""
        word = adjective.word
        return self.at(i).word in PLURAL and not (adjective.kind in "LlPRT" and word.endswith(FEMININE))

    def relative(self, i: int) -> tuple[Reference, int] | None:
        """«прошлый месяц», "last March", «прошлым летом»."""
        head = self.at(i)
        j = self.skip(i + 1, "a")
        one = self.at(j)
        if (shared := self.shared(i)) is not None:  # «этот и прошлый месяц»
            return once(unit_at(shared, self.today, OFFSET[head.kind])), i + 1
        if one.kind == "U" and not self.several(j, head):
            if one.value == YEARS and head.kind != "T":  # "last year's March"
                k = j + 1 + (self.at(j + 1).word == "s")
                year = self.today.year + OFFSET[head.kind]
                if self.at(k).kind == "M":
                    return months(self.at(k).value, 1, year), k + 1
                if self.at(k).kind == "F" and self.at(k).value:
                    return months(SEASON[self.at(k).value], 3, year), k + 1
            return once(unit_at(one.value, self.today, OFFSET[head.kind])), j + 1
        if one.kind in {"M", "F", "W"}:
            inner = self.reference(j)
            if inner is None or inner[0].fixed or inner[0].day:
                return inner
            if head.kind == "+":
                return once(next(p for p in inner[0].near(self.today) if p.first > self.today)), inner[1]
            if head.kind == "T" and one.kind == "M":  # «этот декабрь» may be still to come
                return months(one.value, 1, self.today.year), inner[1]
            if head.kind == "T" and one.kind == "F" and one.value:
                return months(SEASON[one.value], 3, self.today.year), inner[1]
            return (inner[0] if head.kind == "T" else self.past(inner[0])), inner[1]
        return None


DAYLIKE: Final = re.compile("[0-9]+-?(?:го|ое|ого|е|st|nd|rd|th|º|°|o)")
NOWHERE: Final = Reference(lambda _: [], fixed=True)
SEASON: Final = (12, 3, 6, 9)  # their first months
FEMININE: Final = ("ая", "ей", "ой", "ую", "юю", "та", "ту", "яя")
OFFSET: Final = {"+": 1, "T": 0, "P": -1, "l": -1, "R": -2}

# ── Rules, the first that fits ────────────────────────────────────────────────────────────────────────────────────


def everything(r: Reader, i: int) -> Result:
    return Found(Period(min(BEGINNING, r.today), r.today)) if r.kinds(i, "X") else None


def ranged(r: Reader, i: int) -> Result:
    """«с 1 по 15 октября», "between March and May", «01.10-15.10», «с понедельника по среду»."""
    opened = r.kinds(i, "Sb")
    start = r.skip(i, "Sbfioa")
    left = beginning(r, start) or r.reference(start, bare=True)
    if left is None:
        return None
    j = r.skip(left[1], "c")
    if not (r.kinds(j, "E") or r.at(j).word in {"a", "as"} or (r.kinds(i, "b") and r.kinds(j, "&"))):
        return None
    right = r.reference(r.skip(j + 1, "EfiaocSz"), bare=True)
    if right is None:
        return None
    lone = left[0].day and not left[0].month and not left[0].fixed and right[0].day and not right[0].month
    # "1-15" alone may be anything.
    opened = opened and r.at(j).word not in {"до", "to", "till", "until"}  # «с 9 до 18» are hours
    said = r.at(start).word == "dia" or r.kinds(right[1], "c") or r.at(right[1] - 1).kind in "cOU"
    if lone and not (opened or said):
        return None
    return joined(r, left[0], right[0])


def joined(r: Reader, left: Reference, right: Reference) -> Result:
    today = r.today
    if left.day and not left.month and not left.fixed and right.day:
        if right.month:  # «с 25 по 5 ноября»: did it begin a month before, or are the ends mixed up?
            end = latest(right, today)
            if end is None:
                return Impossible(Why.NO_SUCH_DAY)
            if left.day > right.day:
                before = months_from(end.first.replace(day=1), -1)
                first = day_of(before.year, before.month, left.day)
                swapped = day_of(end.first.year, end.first.month, left.day)
                readings = [Period(p, q) for p, q in ((first and first.first, end.first),
                            (end.first, swapped and swapped.first)) if p and q]  # fmt: skip
                return choice(readings, today)
            first = day_of(end.first.year, end.first.month, left.day)
            return settled(first, end, today)
        if right.fixed:  # «с 5 по 20 прошлого месяца»
            end = latest(right, today)
            first = day_of(end.first.year, end.first.month, left.day) if end else None
            return settled(first, end, today)
    if right.day and not right.month and not right.fixed and left.month:  # «с 5 марта по 10»
        right = a_day(right.day, left.month, 0)
    if right.fixed and not left.fixed:
        ends = right.near(today)
        if not ends:
            return Impossible(Why.NO_SUCH_DAY)
        begun = [p for p in left.near(ends[0].first) if p.first <= ends[0].first]
        return settled(begun[-1] if begun else None, ends[0], today)
    first = latest(left, today)
    if first is None:
        return Impossible(Why.NO_SUCH_DAY)
    if right.fixed:
        return settled(first, latest(right, today), today)
    following = [p for p in right.near(first.first) if p.first >= first.first or p.last >= first.last]
    if not following:
        return Impossible(Why.NO_SUCH_DAY)
    if left.month and left.month == right.month and right.day < left.day:
        return Impossible(Why.REVERSED)
    return settled(first, following[0], today)


def settled(first: Period | None, last: Period | None, today: date) -> Result:
    """From the beginning of one to the end of the other, cut to today."""
    if first is None or last is None:
        return Impossible(Why.NO_SUCH_DAY)
    if last.last < first.first:
        return Impossible(Why.REVERSED)
    if first.first > today:
        return Impossible(Why.FUTURE)
    return choice([Period(first.first, last.last)], today)


def choice(periods: list[Period], today: date) -> Result:
    """One reading, or a question: cut to today, those that have not begun left out."""
    begun = [
        Period(max(p.first, EARLIEST), min(p.last, today)) for p in periods if p.first <= today and p.last >= EARLIEST
    ]
    different = tuple(dict.fromkeys(begun))
    if not different:
        return Impossible(Why.FUTURE if any(p.first > today for p in periods) else Why.NO_SUCH_DAY)
    return Found(different[0]) if len(different) == 1 else Ambiguous(different[:3])


def beginning(r: Reader, i: int) -> tuple[Reference, int] | None:
    """«начала года», "the start of last month": its first day."""
    if not r.kinds(i, "B"):
        return None
    j = r.skip(i + 1, "oa")
    inner = r.reference(j, bare=True)
    if inner is not None:
        period = latest(inner[0], r.today)
        return (once(Period(period.first, period.first)), inner[1]) if period else None
    if r.kinds(j, "U"):
        first = unit_at(r.at(j).value, r.today, 0).first
        return once(Period(first, first)), j + 1
    return None


def since(r: Reader, i: int) -> Result:
    """«с марта», "since last week", «с начала года», "from 5 March on"."""
    if not r.kinds(i, "S"):
        return None
    j = r.skip(i + 1, "Sai")
    found = beginning(r, j) or r.reference(r.skip(j, "zoa"))
    if found is None:
        return None
    first = latest(found[0], r.today)
    if first is not None and r.kinds(j, "z"):  # «с конца марта»: which day was that?
        return choice([Period(start, max(start, r.today)) for start in (first.first, first.last)], r.today)
    if first is None:
        return Impossible(Why.NO_SUCH_DAY)
    return settled(first, Period(first.first, max(first.first, r.today)), r.today)


def until(r: Reader, i: int) -> Result:
    """«до 15 октября»: since when? Asked."""
    if not r.kinds(i, "E") or r.at(i).value:
        return None
    found = r.reference(r.skip(i + 1, "Ea"))
    last = latest(found[0], r.today) if found else None
    if last is None or last.last >= r.today or (found and r.at(i + 1).kind == "A"):
        return None
    return choice(
        [Period(last.first.replace(day=1), last.last), Period(last.first.replace(day=1, month=1), last.last)], r.today
    )


def listed(r: Reader, i: int) -> Result:
    """«март и апрель»: one interval when they are neighbours, else a question."""
    # «3 и 4 октября»: the month is said once, at the end.
    k = i
    while r.kinds(k, "NO", "&|") and k < i + 24:
        k += 2
    days = k > i and (r.kinds(k, "NO", "M") or r.kinds(k, "NO", "o", "M"))
    one = r.reference(i, bare=days)
    if one is None:
        return None
    references, joins, j = [one[0]], "", one[1]
    # Months are also listed without a comma: «янв фев март».
    while len(references) < 12 and (r.kinds(j, "&|") or r.kinds(j - 1, "M", "M")):
        following = r.reference(r.skip(j + r.kinds(j, "&|"), "&fiao"), bare=days)
        if following is None:
            break
        joins += r.at(j).kind.replace("M", "&")
        references.append(following[0])
        j = following[1]
    if len(references) == 1:
        return None
    if days and references[-1].month:
        references = [one if one.month else a_day(one.day, references[-1].month, 0) for one in references]
    return neighbours(r, references, either="|" in joins)


def neighbours(r: Reader, references: list[Reference], *, either: bool) -> Result:
    today = r.today
    anchor = latest(references[-1], today) if references[-1].fixed else None
    found: list[Period] = []
    for reference in references:
        if found and not reference.fixed:
            wanted = found[-1].last + DAY
            period = next((p for p in reference.near(wanted) if p.first == wanted), None)
        else:
            period = None
        if period is None and anchor is not None and not reference.fixed:
            period = next((p for p in reversed(reference.near(anchor.first)) if p.first <= anchor.first), None)
        period = period or latest(reference, today)
        if period is None:
            return Impossible(Why.NO_SUCH_DAY)
        found.append(period)
    ordered = sorted(found, key=lambda p: p.first)
    adjacent = all(a.last + DAY == b.first for a, b in pairwise(ordered))
    if adjacent and not either:
        return settled(ordered[0], ordered[-1], today)
    return choice(found, today)


def last_units(r: Reader, i: int) -> Result:
    """«последние 3 месяца», "last 2 weeks", «3 последних дня», "past month", «прошлые 3 месяца»."""
    lead = r.at(i).kind
    if lead == "N" and r.kinds(i + 1, "LlP", "U"):
        return counted(r, r.at(i + 1).kind, r.at(i).value, r.at(i + 2).value)
    if lead not in {"L", "l", "P", "+"} or r.part(i) is not None:
        return None
    j = r.skip(i + 1, "a")
    if lead == "+":
        return Impossible(Why.FUTURE) if r.kinds(j, "N", "U") else None
    if r.kinds(j, "V"):
        return rolling(MONTHS, r.at(j).value, r.today)
    if r.kinds(j, "N"):
        k = r.skip(j + 1, "oLa")
        return counted(r, lead, r.at(j).value, r.at(k).value) if r.kinds(k, "U") else None
    if not r.kinds(j, "U"):
        return None
    unit = r.at(j)
    if r.several(j, r.at(i)):  # «последние месяцы»
        return how_many(r, unit.value)
    return rolling(unit.value, 1, r.today) if lead == "L" else None


def how_many(r: Reader, unit: int) -> Result:
    """«последние месяцы», «за несколько дней»: asked."""
    return choice([rolling(unit, count, r.today).period for count in (3, 6)], r.today)


def counted(r: Reader, lead: str, count: int, unit: int) -> Result:
    if not count:
        return None
    if lead == "P" and unit != DAYS:
        return choice([whole(unit, count, r.today), rolling(unit, count, r.today).period], r.today)
    return rolling(unit, count, r.today)


def ago(r: Reader, i: int) -> Result:
    """«3 дня назад» is that day; «месяц назад» may be that month, or the time since."""
    start = r.skip(i, "H")
    j = r.skip(start, "a")
    count = r.at(j).value if r.kinds(j, "N") else 1
    j = r.skip(j + 1, "o") if r.kinds(j, "N") else j
    if not (r.kinds(j, "U") and count and (r.kinds(j + 1, "G") or (start > i and j > start))):
        return None
    unit = r.at(j).value
    if r.at(j - 1).kind not in "No" and r.at(j).word in PLURAL:  # «несколько дней назад»
        return how_many(r, unit) if r.at(j - 1).kind == "a" else None
    that = unit_at(unit, r.today, -min(count, 5000))
    return choice([that] if unit == DAYS else [that, rolling(unit, count, r.today).period], r.today)


def single(r: Reader, i: int) -> Result:
    found = r.reference(i)
    if found is None or (r.kinds(i - 1, "E") and r.kinds(i, "A")):  # «за полгода до сегодня»
        return None
    readings = [one for one in (found[0], found[0].other) if one is not None]
    periods = [period for one in readings if (period := latest(one, r.today)) is not None]
    return choice(periods, r.today)


def bare_amount(r: Reader, i: int) -> Result:
    """«за неделю», "for 3 months", «полгода», «3 месяца»."""
    before = r.at(i - 1).kind
    if before in {"!", "i", "S", "E"}:
        return None
    j = r.skip(i, "fa")
    led = r.kinds(i, "f")
    if r.kinds(j, "V"):
        return rolling(MONTHS, r.at(j).value, r.today)
    if r.kinds(j, "N") and r.at(j).value:
        k = r.skip(j + 1, "o")
        if not r.kinds(k, "U") or lasting(r, i, k):
            return None
        return rolling(r.at(k).value, r.at(j).value, r.today)
    if not (r.kinds(j, "U") and (led or (i == 0 and len(r.found) == j + 1))) or r.kinds(j + 1, "!"):
        return None
    if r.at(j).word in PLURAL:
        return how_many(r, r.at(j).value) if r.at(j - 1).kind == "a" else None
    if r.at(j - 1).word == "por":  # "por mês" is what it costs
        return None
    return rolling(r.at(j).value, 1, r.today)


LASTING_AFTER: Final = words("нет не без бесплатно осталось left remaining sem without no old free gratis contract")
LASTING_BEFORE: Final = words("мне уже осталось еще ждать жду am tenho fidelidade contrato contract")
LIFE: Final = 30  # years: an age


def lasting(r: Reader, first: int, last: int) -> bool:
    """Whether an amount of time is how long something has been or will be: «уже 3 дня нет интернета», «мне 65 лет»."""
    start = first - 1 - r.kinds(first - 1, "o")
    return (
        r.kinds(last + 1, "!")
        or r.at(last + 1).word in LASTING_AFTER
        or r.at(start).word in LASTING_BEFORE
        or (r.at(last).value == YEARS and r.at(last - 1).value > LIFE)
    )


# Of two rules in one group the one that fits further left in the text is taken.
RULES: Final = ((everything,), (ranged,), (last_units,), (since,), (ago, listed, until, single), (bare_amount,))


def parse(text: str, today: date, language: str | None = None) -> Result:
    """The period that the text names; None when it names none. `language`: what the reader's own language is.

    Never raises, whatever the text; `today` is the customer's day.
    """
    found = tokens(text, language)
    if not any(t.kind in "MYDKUVWFAJXOcSb" for t in found):
        return None
    plain = rules(Reader(found, today))
    if not any(t.kind == "D" and t.slash and not t.value for t in found) or not english(text, found, language):
        return plain
    turned = rules(Reader(found, today, turned=True))
    periods = [one.period for one in (plain, turned) if isinstance(one, Found)]
    if len(periods) < 2:
        return next((one for one in (plain, turned) if isinstance(one, Found)), plain)
    return choice(periods, today)


def rules(reader: Reader) -> Result:
    for group in RULES:
        for i in range(len(reader.found)):
            for rule in group:
                result = rule(reader, i)
                if result is not None:
                    return result
    return None


def english(text: str, found: list[Token], language: str | None) -> bool:
    """Whether "03/04" may be the fourth of March."""
    if re.search("[а-яё]", text, re.IGNORECASE):
        return False
    words = {t.word for t in found}
    if words & {"pagamentos", "historico", "de", "desde", "ate", "entre", "em", "por"}:
        return False
    return language == "en" or (
        language is None and bool(words & {"from", "to", "since", "between", "payments", "for", "on"})
    )
