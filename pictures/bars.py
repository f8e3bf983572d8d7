"""Bars by day or by month, one or two series.

    up to 13 bars     lie: a label, the bar, its value behind it; every value is written
    14 to 31 bars     stand: values are written on the largest, as many as there is room for; labels are thinned

A zero is drawn as nothing, a value below zero (given back) on the other side of the line. The second series is hatched:
it is told apart without its colour.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pictures.canvas import LEADING, MARGIN, RIGHT, SMALL, Box, Canvas, Ink, Letters, Line, column, heading, lines
from pictures.lettering import CAP, cut

LYING: Final = 13  # a year and the month that has begun
MOST: Final = 31
LARGEST: Final = 10**18


@dataclass(frozen=True, slots=True)
class Bar:
    label: str  # «1 нояб.», «ноябрь»
    values: tuple[int, ...]  # one or two, in any unit: only their ratios are drawn
    text: tuple[str, ...]  # the same values as the customer reads them: «1,2 ГБ»


@dataclass(frozen=True, slots=True)
class Bars:
    """`title` states the conclusion: «В октябре вы заплатили 1 950 ₽». `legend` names two series.

    Raises ValueError for no bar or more than MOST, and where values, texts and legend do not fit one another.
    """

    title: str
    subtitle: str
    bars: tuple[Bar, ...]
    legend: tuple[str, ...] = ()
    stacked: bool = False  # two series in one bar, instead of side by side

    def __post_init__(self) -> None:
        if not 1 <= len(self.bars) <= MOST:
            raise ValueError(f"1 to {MOST} bars, not {len(self.bars)}")
        series = len(self.bars[0].values)
        if series not in {1, 2}:
            raise ValueError("one or two values a bar")
        if any(len(bar.values) != series or len(bar.text) != series for bar in self.bars):
            raise ValueError("every bar needs as many values and texts as the first one")
        if any(abs(value) > LARGEST for bar in self.bars for value in bar.values):
            raise ValueError("a value is too large")
        if len(self.legend) != series and (self.legend or series == 2):
            raise ValueError("a legend names every series")

    def draw(self) -> bytes:
        return self.canvas().png()

    def canvas(self) -> Canvas:
        paper = Canvas()
        y = heading(paper, self.title, self.subtitle)
        y = keys(paper, y, self.legend)
        y = lying(paper, y, self) if len(self.bars) <= LYING else standing(paper, y, self)
        paper.high = y + MARGIN
        return paper

    @property
    def spans(self) -> list[list[tuple[int, int]]]:
        """Where each value of each bar begins and ends, counted from the line; stacked ones begin where others end."""
        made = []
        for bar in self.bars:
            ends, parts = {True: 0, False: 0}, list[tuple[int, int]]()
            for value in bar.values:
                begin = ends[value > 0] if self.stacked else 0
                parts.append((begin, begin + value))
                ends[value > 0] = begin + value
            made.append(parts)
        return made


SERIES: Final = (Ink.BLUE, Ink.AMBER)
SWATCH: Final = 28
LEAST: Final = 3  # pixels: what there is a little of can be seen as well
GAP: Final = 16  # between a bar and what is written beside it


def keys(paper: Canvas, y: int, legend: tuple[str, ...]) -> int:
    """What the series are. Returns where the bars may begin."""
    x = MARGIN
    for series, name in enumerate(legend):
        line = Line(cut(name, SMALL, (RIGHT - MARGIN) // len(legend) - SWATCH - 3 * GAP), SMALL, Ink.TEXT)
        base = y + 22
        paper.put.append(Box(x, base - SWATCH + 4, SWATCH, SWATCH, SERIES[series], 5, hatched=series == 1))
        column(paper, x + SWATCH + GAP, base, [line])
        x += SWATCH + 3 * GAP + round(line.wide)
    return y + (44 if legend else 0)


# ── Up to 13: lying ───────────────────────────────────────────────────────────────────────────────────────────────


def lying(paper: Canvas, y: int, bars: Bars) -> int:
    highest, lowest = extent(bars)
    below = lowest < 0
    labels = [lines(bar.label, SMALL, 240 if below else 320, most=2) for bar in bars.bars]
    left = MARGIN + round(max((line.wide for label in labels for line in label), default=0)) + 24
    lanes = 1 if bars.stacked else len(bars.bars[0].values)
    thick, lane = (40, 40) if lanes == 1 else (32, 36)
    pitch = max(lanes * lane + (24 if lanes == 1 else 30), 96 if any(len(label) > 1 for label in labels) else 0)
    # The values written behind the longest bars must fit as well, on both sides of the line where there are such.
    most = (RIGHT - left) * (0.38 if below else 0.6)
    rows = [[Line(cut(text, SMALL, most), SMALL, Ink.TEXT) for text in written(bars, bar)] for bar in bars.bars]
    writing = LEAST + GAP + max(line.wide for row in rows for line in row)
    scale = (RIGHT - left - writing * (1 + below)) / ((highest - lowest) or 1)
    line_at = round(left - lowest * scale + writing * below)
    paper.put.append(Box(line_at - 2, y, 2, pitch * len(rows), Ink.LINE))
    for label, row, spans in zip(labels, rows, bars.spans, strict=True):
        middle = y + pitch / 2
        column(paper, MARGIN, middle + (CAP - LEADING * (len(label) - 1)) * SMALL / 2, label)
        for series, (begin, end) in enumerate(spans):
            top = round(middle - lanes * lane / 2 + (lane - thick) / 2) + (0 if bars.stacked else series * lane)
            first, last = sorted((line_at + round(begin * scale), line_at + round(end * scale)))
            if begin != end:
                long = max(LEAST, last - first)
                x = first if end > begin else last - long
                paper.put.append(Box(x, top, long, thick, SERIES[series], 6, hatched=series == 1))
        for place, line in enumerate(row):
            ends = [end for _, end in (spans if bars.stacked else spans[place : place + 1])]
            base = round(middle - lanes * lane / 2 + lane * (place + 0.5) + CAP * SMALL / 2)
            if max(ends) > 0 or min(ends) == 0:
                column(paper, line_at + max(round(max(ends) * scale), LEAST) + GAP, base, [line])
            else:
                column(paper, line_at + min(round(min(ends) * scale), -LEAST) - GAP, base, [line], end=True)
        y += pitch
    return y


def written(bars: Bars, bar: Bar) -> tuple[str, ...]:
    """What stands behind each of the bar's lanes."""
    return (" + ".join(filter(None, bar.text)),) if bars.stacked else bar.text


def extent(bars: Bars) -> tuple[int, int]:
    """The highest and the lowest end of any bar; the line itself is 0."""
    ends = [end for span in bars.spans for _, end in span]
    return max(0, *ends), min(0, *ends)


# ── More: standing ────────────────────────────────────────────────────────────────────────────────────────────────

HIGH: Final = 460  # the room for the bars


def standing(paper: Canvas, y: int, bars: Bars) -> int:
    slot = (RIGHT - MARGIN) / len(bars.bars)
    lanes = 1 if bars.stacked else len(bars.bars[0].values)
    thick = max(4, int(slot * 0.72 / lanes))
    highest, lowest = extent(bars)
    above = round(SMALL * LEADING) + GAP  # a value is written there, and below the line where there are such
    y += above
    high = HIGH if highest != lowest else 0
    scale = high / ((highest - lowest) or 1)
    line_at = y + round(highest * scale)
    drawn: list[Box] = []
    values: list[tuple[int, Box, str]] = []
    for i, (bar, spans) in enumerate(zip(bars.bars, bars.spans, strict=True)):
        left = MARGIN + slot * (i + 0.5) - lanes * thick / 2
        parts: list[Box] = []
        for series, (begin, end) in enumerate(spans):
            first, last = sorted((line_at - round(begin * scale), line_at - round(end * scale)))
            if begin != end:
                x = round(left) + (0 if bars.stacked else series * thick)
                tall = max(LEAST, last - first)
                top = last - tall if end > begin else first
                parts.append(Box(x, top, thick, tall, SERIES[series], 4, hatched=series == 1))
        drawn += parts
        if bars.stacked and parts:
            values.append((max(abs(end) for span in spans for end in span), parts[-1], written(bars, bar)[0]))
        if not bars.stacked:
            shown = (text for (begin, end), text in zip(spans, bar.text, strict=True) if begin != end)
            sizes = (abs(end) for _, end in spans if end)
            values += zip(sizes, parts, shown, strict=True)
    paper.put += [Box(MARGIN, line_at, RIGHT - MARGIN, 2, Ink.LINE), *drawn]
    write(paper, line_at, drawn, values)
    bottom = y + high + (above if lowest < 0 else 0)
    return days(paper, bottom, slot, [bar.label for bar in bars.bars])


def write(paper: Canvas, line_at: int, drawn: list[Box], values: list[tuple[int, Box, str]]) -> None:
    """Values on their bars, the largest first, where they touch neither another bar nor another value."""
    taken = list(drawn)
    for _, own, text in sorted(values, key=lambda one: -one[0]):
        line = Line(cut(text, SMALL, 400), SMALL, Ink.TEXT)
        wide = round(line.wide)
        x = round(min(max(own.x + own.wide / 2 - wide / 2, MARGIN), RIGHT - wide))
        up = own.y < line_at
        top = own.y - SMALL - 6 if up else own.y + own.high + 6
        room = Box(x - 8, top, wide + 16, SMALL + 4, Ink.PAPER)
        if line.text and not any(touch(room, one) for one in taken):
            taken.append(room)
            paper.put.append(Letters(line, x, top + round(SMALL * (1 + CAP) / 2)))


def touch(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.wide
        and other.x < one.x + one.wide
        and one.y < other.y + other.high
        and other.y < one.y + one.high
    )


def days(paper: Canvas, y: int, slot: float, labels: list[str]) -> int:
    """Labels under the line: every one, every second, … as they fit side by side."""
    marks = [Line(cut(label, SMALL, 300)) for label in labels]
    every = next(n for n in range(1, len(marks) + 1) if fits(marks, n, slot))
    base = y + 44
    for i in range(0, len(marks), every):
        paper.put.append(Letters(marks[i], round(place(marks[i], i, slot)), base))
    return base + 8


def place(line: Line, i: int, slot: float) -> float:
    return min(max(MARGIN + slot * (i + 0.5) - line.wide / 2, MARGIN), RIGHT - line.wide)


def fits(marks: list[Line], every: int, slot: float) -> bool:
    shown = [(place(marks[i], i, slot), marks[i].wide) for i in range(0, len(marks), every)]
    return all(x + wide + GAP <= after for (x, wide), (after, _) in pairwise(shown))
