"""The list of services as a picture.

    ◯  Домашний интернет               ✓ работает
       «Скорость 300»             650 ₽ в месяц
    ─────────────────────────────────────────────
    Баланс всех услуг                    214,50 ₽
    Долг                                      нет

Whatever a colour says, a word beside it says too: `Mood` only tints what is written.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pictures.canvas import (
    LARGE,
    LEADING,
    MARGIN,
    PLAIN,
    RIGHT,
    SMALL,
    Box,
    Canvas,
    Ink,
    Line,
    Stroke,
    column,
    heading,
    lines,
)
from pictures.lettering import CAP, cut

MOST: Final = 12  # rows in one picture: more could not be read on a phone


class Mood(StrEnum):
    GOOD = "good"
    QUIET = "quiet"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Row:
    kind: str  # internet, phone, tv, mobile or other: chooses the icon
    title: str  # «Домашний интернет»
    status: str  # «работает», «отключена за долг»
    tariff: str = ""
    fee: str = ""  # «650,00 ₽ в месяц»
    state: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True)
class Sum:
    label: str  # «Баланс всех услуг»
    value: str  # «214,50 ₽»; a debt that there is none of is a word too: «нет»
    mood: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True)
class ServiceList:
    """`note` closes the list: «и ещё 3 услуги». Rows beyond MOST are not drawn, and counted where there is no note."""

    title: str
    rows: tuple[Row, ...]
    sums: tuple[Sum, ...] = ()
    note: str = ""

    def draw(self) -> bytes:
        return self.canvas().png()

    def canvas(self) -> Canvas:
        paper = Canvas()
        y = heading(paper, self.title)
        for i, row in enumerate(self.rows[:MOST]):
            if i:
                paper.put.append(Box(TITLES, y, RIGHT - TITLES, 2, Ink.LINE))
            y = service(paper, y, row)
        left = len(self.rows) - MOST
        if note := self.note or (f"+{left}" if left > 0 else ""):
            y = round(column(paper, MARGIN, y + 48, lines(note, SMALL, RIGHT - MARGIN, most=3))) + 16
        if self.sums:
            y = closing(paper, y + 16, self.sums)
        paper.high = y + MARGIN
        return paper


# ── One service ───────────────────────────────────────────────────────────────────────────────────────────────────

RADIUS: Final = 38  # of an icon's ground
TITLES: Final = MARGIN + 2 * RADIUS + 26  # where the words begin
GAP: Final = 28
SIDE: Final = 400  # the right column's width at most
MARK: Final = 38  # a state's shape and the room after it
PAD: Final = 16
INKS: Final = {Mood.GOOD: Ink.GREEN, Mood.QUIET: Ink.SOFT, Mood.BAD: Ink.RED}


def service(paper: Canvas, y: int, row: Row) -> int:
    """Title and tariff on the left, state and fee on the right. Returns where the next row begins."""
    ink = INKS[row.state]
    states = lines(row.status, SMALL, SIDE - MARK, most=2, ink=ink)
    fees = lines(row.fee, SMALL, SIDE, most=2, ink=Ink.TEXT)
    side = max([*(MARK + one.wide for one in states), *(one.wide for one in fees)], default=0)
    room = RIGHT - side - GAP - TITLES
    titles = lines(row.title, PLAIN, room, most=2, ink=Ink.TEXT, bold=True)
    words, facts = [*titles, *lines(row.tariff, SMALL, room, most=2)], [*states, *fees]
    # Both columns stand on one first base line; together they are in the middle beside the icon, or reach below it.
    block = CAP * PLAIN + max(LEADING * sum(one.size for one in each[1:]) for each in (words, facts))
    high = max(round(block) + 6, 2 * RADIUS)
    base = y + PAD + (high - block) / 2 + CAP * PLAIN - 2
    column(paper, TITLES, base, words)
    column(paper, RIGHT, base, facts, end=True)
    if states:
        at = (round(RIGHT - states[0].wide - MARK) + 14, round(base - CAP * SMALL / 2))
        paper.badge(*at, 14, ink, Ink.PAPER, MARKS[row.state], 3.4)
    strokes = ICONS.get(row.kind, ICONS["other"])
    paper.badge(MARGIN + RADIUS, y + PAD + RADIUS, RADIUS, Ink.TINT, Ink.BLUE, strokes, 3.2)
    return y + high + 2 * PAD


def closing(paper: Canvas, y: int, sums: tuple[Sum, ...]) -> int:
    """The sums on a ground of their own. Returns where it ends."""
    inside, step = 36, 68
    paper.put.append(Box(MARGIN, y, RIGHT - MARGIN, len(sums) * step + 2 * 20, Ink.TINT, 24))
    for i, one in enumerate(sums):
        base = y + 20 + step * (i + 0.5) + CAP * PLAIN / 2
        ink = Ink.RED if one.mood is Mood.BAD else Ink.TEXT
        value = Line(cut(one.value, LARGE, 480, bold=True), LARGE, ink, bold=True, on=Ink.TINT)
        label = cut(one.label, PLAIN, RIGHT - MARGIN - 2 * inside - value.wide - GAP)
        column(paper, RIGHT - inside, base, [value], end=True)
        column(paper, MARGIN + inside, base, [Line(label, PLAIN, Ink.TEXT, on=Ink.TINT)])
    return y + len(sums) * step + 2 * 20


# ── Shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────

MARKS: Final = {  # a tick, a dash, an exclamation mark
    Mood.GOOD: (Stroke("line", (-6, 0.5, -1.5, 5, 6, -4.5)),),
    Mood.QUIET: (Stroke("line", (-5.5, 0, 5.5, 0)),),
    Mood.BAD: (Stroke("line", (0, -7, 0, 1)), Stroke("line", (0, 6.5, 0, 6.5))),
}
ICONS: Final = {
    "internet": (  # waves of a wireless router
        Stroke("arc", (-25.5, -17.4, 25.5, 33.6), (222, 318)),
        Stroke("arc", (-15.1, -7, 15.1, 23.2), (222, 318)),
        Stroke("box", (-3.2, 8.3, 3.2, 14.7), (3.2,)),
    ),
    "phone": (  # a receiver over a telephone
        Stroke("line", (-17.4, -4.6, -17.4, -9.3, -10.4, -15.1, 10.4, -15.1, 17.4, -9.3, 17.4, -4.6)),
        Stroke("line", (-17.4, -4.6, -10.4, -4.6, -10.4, -8.1, 10.4, -8.1, 10.4, -4.6, 17.4, -4.6)),
        Stroke("line", (-8.1, -4.6, -16.2, 16.2, 16.2, 16.2, 8.1, -4.6)),
        Stroke("box", (-5.2, 1.2, 5.2, 11.6), (5.2,)),
    ),
    "tv": (Stroke("box", (-20.9, -17.4, 20.9, 10.4), (4,)), Stroke("line", (-9.3, 17.4, 9.3, 17.4))),
    "mobile": (Stroke("box", (-12.8, -20.9, 12.8, 20.9), (5,)), Stroke("line", (-3.5, 13.9, 3.5, 13.9))),
    "other": tuple(Stroke("box", (x - 8, y - 8, x + 8, y + 8), (3,)) for x in (-11, 11) for y in (-11, 11)),
}
