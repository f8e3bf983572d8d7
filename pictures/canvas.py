"""A picture's paper: what is put on it, in pixels, and the PNG of it. Colours have the contrast they must have.

    WIDE x as high as needed, white; texts of 30 pixels and more, because a phone shows it at a third of its size

Everything put on it is a value in `put`, in the order it is drawn in: a test reads the picture there. Pillow has
smooth letters but no smooth shapes, so shapes are drawn FINE times larger once, kept as masks and laid on in a colour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING, Final, Literal

from pictures.lettering import CAP, font, width, wrap

if TYPE_CHECKING:
    from PIL.Image import Image

WIDE: Final = 1080
MARGIN: Final = 52
RIGHT: Final = WIDE - MARGIN
SMALL: Final = 30  # the smallest text
PLAIN: Final = 34
LARGE: Final = 46
LEADING: Final = 1.3  # from base line to base line, in sizes
FINE: Final = 6
THERE: Final = [0] + 255 * [255]  # where a mask covers anything at all
STRIPE: Final = 14  # from stripe to stripe of a hatched box


class Ink(StrEnum):
    """On PAPER and on TINT, texts have a contrast of 4.5 : 1, shapes of 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""

    PAPER = "#ffffff"
    TINT = "#f1f5fa"  # the ground of what belongs together
    LINE = "#dbe3ec"  # between rows: only ornament
    TEXT = "#16202e"
    SOFT = "#55617a"
    BLUE = "#1f5fc4"
    AMBER = "#a85a00"
    GREEN = "#17703f"
    RED = "#b3261e"


@dataclass(frozen=True, slots=True)
class Line:
    """A cleaned text that fits where it will stand."""

    text: str
    size: int = SMALL
    ink: Ink = Ink.SOFT
    bold: bool = False
    on: Ink = Ink.PAPER

    @property
    def wide(self) -> float:
        return width(self.text, self.size, bold=self.bold)


@dataclass(frozen=True, slots=True)
class Letters:
    line: Line
    x: int  # of the left end
    y: int  # of the base line

    @property
    def ink(self) -> Ink:
        return self.line.ink

    @property
    def on(self) -> Ink:
        return self.line.on

    @property
    def corner(self) -> tuple[int, int]:
        return (self.x, self.y - self.line.size)

    @property
    def mask(self) -> "Image":
        from PIL import Image, ImageDraw

        size = self.line.size
        mask = Image.new("L", (ceil(self.line.wide) + size // 2, ceil(size * LEADING)))
        face = font(size, self.line.bold)
        ImageDraw.Draw(mask).text((0, size), self.line.text, 255, face, anchor="ls")
        return mask


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    wide: int
    high: int
    ink: Ink
    round: int = 0  # the corners' radius
    hatched: bool = False
    on: Ink = Ink.PAPER

    @property
    def corner(self) -> tuple[int, int]:
        return (self.x, self.y)

    @property
    def mask(self) -> "Image":
        return box(self.wide, self.high, self.round, self.hatched)


@dataclass(frozen=True, slots=True)
class Stroke:
    """A part of a sign, in pixels around the sign's middle."""

    kind: Literal["line", "box", "arc"]
    at: tuple[float, ...]  # points of a line; left, top, right and bottom of a box or of an arc's whole ellipse
    more: tuple[float, ...] = ()  # a box's corner; an arc's ends in degrees, clockwise from three o'clock


@dataclass(frozen=True, slots=True)
class Sign:
    """Strokes with round ends, in a square around its middle."""

    x: int  # of the square
    y: int
    radius: int  # half the square's side
    strokes: tuple[Stroke, ...]
    thick: float
    ink: Ink
    on: Ink

    @property
    def corner(self) -> tuple[int, int]:
        return (self.x, self.y)

    @property
    def mask(self) -> "Image":
        return drawn(self.radius, self.strokes, self.thick)


@dataclass(slots=True)
class Canvas:
    high: int = 0
    put: list[Letters | Box | Sign] = field(default_factory=list)

    def badge(
        self, x: int, y: int, radius: int, ground: Ink, ink: Ink, strokes: tuple[Stroke, ...], thick: float
    ) -> None:
        """A sign on a disc around (x, y)."""
        corner = (x - radius, y - radius)
        self.put += [
            Box(*corner, 2 * radius, 2 * radius, ground, radius),
            Sign(*corner, radius, strokes, thick, ink, ground),
        ]

    def png(self) -> bytes:
        from PIL import Image

        # Every pixel is a step between an ink and what it lies on: one byte each, a third of RGB to pack and to send.
        # The paper is number 0, as the image begins.
        pairs = dict.fromkeys([(Ink.TEXT, Ink.PAPER), *((one.ink, one.on) for one in self.put)])
        steps = min(64, 256 // len(pairs))
        image = Image.new("L", (WIDE, self.high))
        palette: list[int] = []
        tables = {}
        for ink, on in pairs:
            first = len(palette) // 3
            tables[ink, on] = [first + round(level * (steps - 1) / 255) for level in range(256)]
            palette += (c for step in range(steps) for c in blend(ink, on, step / (steps - 1)))
        for one in self.put:
            mask = one.mask
            image.paste(mask.point(tables[one.ink, one.on]), one.corner, mask.point(THERE))
        image.putpalette(palette)
        made = BytesIO()
        image.save(made, "PNG", compress_level=4)  # two thirds of the time of 6, for a twentieth more bytes
        return made.getvalue()


def blend(ink: Ink, on: Ink, share: float) -> Iterator[int]:
    for at in (1, 3, 5):
        over, under = int(ink[at : at + 2], 16), int(on[at : at + 2], 16)
        yield round(under + (over - under) * share)


# ── Shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def box(wide: int, high: int, corner: int, hatched: bool) -> "Image":
    """The mask of a box with round corners; hatched along the diagonal inside a thin frame."""
    from PIL import Image, ImageChops

    corner = min(corner, wide // 2, high // 2)
    mask = Image.new("L", (wide, high), 255)
    for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)) if corner else ():
        quarter = disc(corner).crop((x * corner, y * corner, (x + 1) * corner, (y + 1) * corner))
        mask.paste(quarter, (x * (wide - corner), y * (high - corner)))
    if hatched:
        inside = Image.new("L", (wide, high), 255)
        frame = min(3, wide // 3, high // 3)
        inside.paste(stripes().crop((0, 0, wide - 2 * frame, high - 2 * frame)), (frame, frame))
        mask = ImageChops.multiply(mask, inside)
    return mask


@cache
def disc(radius: int) -> "Image":
    from PIL import Image, ImageDraw

    large = Image.new("L", (2 * radius * FINE, 2 * radius * FINE))
    ImageDraw.Draw(large).ellipse((0, 0, 2 * radius * FINE - 1, 2 * radius * FINE - 1), 255)
    return large.reduce(FINE)


@cache
def stripes() -> "Image":
    """Larger than any box. Between two stripes is as much paper as stripe, with soft edges."""
    from PIL import Image

    period = [round(255 * min(1, max(0, STRIPE / 4 + 0.5 - abs(x - STRIPE / 2)))) for x in range(STRIPE)]
    line = bytes(period) * (WIDE // STRIPE + 2)
    rows = (line[y % STRIPE : y % STRIPE + WIDE] for y in range(WIDE))
    return Image.frombytes("L", (WIDE, WIDE), b"".join(rows))


@cache
def drawn(radius: int, strokes: tuple[Stroke, ...], thick: float) -> "Image":
    """The mask of a sign's strokes, with round ends."""
    from PIL import Image, ImageDraw

    large = Image.new("L", (2 * radius * FINE, 2 * radius * FINE))
    pen = ImageDraw.Draw(large)
    broad = round(thick * FINE)
    for stroke in strokes:
        at = [(value + radius) * FINE for value in stroke.at]
        match stroke.kind:
            case "line":
                pen.line(at, 255, broad, joint="curve")
                for x, y in zip(at[::2], at[1::2], strict=True):
                    pen.circle((x, y), broad / 2, 255)
            case "box":
                pen.rounded_rectangle(at, stroke.more[0] * FINE, outline=255, width=broad)
            case "arc":
                first, last = stroke.more
                pen.arc((at[0], at[1], at[2], at[3]), first, last, fill=255, width=broad)
    return large.reduce(FINE)


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(text: str, size: int, room: float, *, most: int, ink: Ink = Ink.SOFT, bold: bool = False) -> list[Line]:
    """Anybody's text, cleaned and wrapped; none for an empty one."""
    return [Line(one, size, ink, bold) for one in wrap(text, size, room, lines=most, bold=bold)]


def column(paper: Canvas, x: float, base: float, lines: Sequence[Line], *, end: bool = False) -> float:
    """Lines below one another, the first one on `base`; `end`: flush right at `x`. Returns the last base line."""
    for i, line in enumerate(lines):
        base += LEADING * line.size if i else 0
        if line.text:
            paper.put.append(Letters(line, round(x - line.wide if end else x), round(base)))
    return base


def heading(paper: Canvas, title: str, subtitle: str = "") -> int:
    """What the picture says, at its top. Returns where the rest begins."""
    base = column(
        paper,
        MARGIN,
        MARGIN + CAP * LARGE,
        lines(title, LARGE, RIGHT - MARGIN, most=3, ink=Ink.TEXT, bold=True),
    )
    if under := lines(subtitle, SMALL, RIGHT - MARGIN, most=2):
        base = column(paper, MARGIN, base + 46, under)
    return round(base) + 26
