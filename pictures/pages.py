"""A document of facts and tables, set in type by reportlab.

Texts are set as they are and never as markup: reportlab reads tags in a Paragraph, so there is none here. They are
cleaned and broken into lines by `pictures.lettering`, with the fonts that the file carries.
Nothing personal stands in the file's properties, and the same document is the same bytes.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from io import BytesIO
from typing import Any, Final

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    LongTable,
    Preformatted,
    SimpleDocTemplate,
    Spacer,
)

from pictures.canvas import Ink
from pictures.lettering import clean, path, width, wrap
from pictures.table import Table

EDGE: Final = 48.0  # points, as everything here
ROOM: Final = A4[0] - 2 * EDGE
SIZE: Final = 9.5
LEADING: Final = 12.5
PAD: Final = 5.0  # on both sides of a cell
MOST: Final = 6  # lines in a cell: a row must fit a page
NEARLY: Final = 0.01  # what floats may be wrong by
MOST_ROWS: Final = 3000
LABELS: Final = 200.0  # the column of what the facts are, at most
MEASURE: Final = 100  # letters are measured at this size, and scaled
PLAIN: Final = "Saldo"
BOLD: Final = "Saldo Bold"

Pairs = Sequence[tuple[str, str]]  # («Период», «1–31 октября»)

rl_config.useA85 = 0  # streams as bytes: written as text they take a quarter more room, and time
registerFont(TTFont(PLAIN, path(False)))
registerFont(TTFont(BOLD, path(True)))


def typeset(title: str, pairs: Pairs, tables: Sequence[Table], foot: str, pages: str) -> bytes:
    """The file. `pages` numbers them: «стр. {page} из {pages}». Raises ValueError for more rows than can be set in
    about a second."""
    if sum(len(table.rows) for table in tables) > MOST_ROWS:
        raise ValueError(f"more than {MOST_ROWS} rows")
    made = BytesIO()
    document = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=EDGE - 6,  # a frame's own padding
        rightMargin=EDGE - 6,
        topMargin=EDGE - 6,
        bottomMargin=EDGE,
        title="Saldo",
        author="Saldo",
        subject="",
        creator="Saldo",
        producer="Saldo",
        invariant=1,  # no date, and an identifier made of the contents
    )
    document.build(list(flow(title, pairs, tables, foot)), canvasmaker=partial(Numbered, pages=pages))
    return made.getvalue()


def flow(title: str, pairs: Pairs, tables: Sequence[Table], foot: str) -> Iterator[Flowable]:
    yield from text(title, 16, bold=True)
    yield Spacer(0, 8)
    if pairs:
        yield facts(pairs)
    for table in tables:
        yield Spacer(0, 18)
        yield CondPageBreak(8 * LEADING)  # a title does not stay behind alone
        yield from text(table.title, 11.5, bold=True)
        yield from text(table.note, SIZE, ink=Ink.SOFT)
        yield Spacer(0, 5)
        if table.rows or table.total:
            yield grid(table)
    yield Spacer(0, 16)
    yield from text(foot, SIZE, ink=Ink.SOFT, most=20)


def text(words: str, size: float, *, bold: bool = False, ink: Ink = Ink.TEXT, most: int = MOST) -> Iterator[Flowable]:
    if lines := broken(clean(words), size, ROOM, bold=bold, most=most):
        style = ParagraphStyle(
            "text", fontName=BOLD if bold else PLAIN, fontSize=size, leading=size * 1.3, textColor=HexColor(ink)
        )
        yield Preformatted(lines, style)


def facts(pairs: Pairs) -> Flowable:
    cleaned = [(clean(label), clean(value)) for label, value in pairs]
    labels = min(LABELS, max(wide(label) for label, _ in cleaned) + 2 * PAD)
    rows = [
        (broken(label, SIZE, labels - 2 * PAD), broken(value, SIZE, ROOM - labels - PAD, bold=True))
        for label, value in cleaned
    ]
    return LongTable(
        rows,
        colWidths=[labels, ROOM - labels],
        hAlign="LEFT",
        style=[
            *TYPE,
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TEXTCOLOR", (0, 0), (0, -1), HexColor(Ink.SOFT)),
            ("FONTNAME", (1, 0), (1, -1), BOLD),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ],
    )


# ── Tables ────────────────────────────────────────────────────────────────────────────────────────────────────────

TYPE: Final = (
    ("FONT", (0, 0), (-1, -1), PLAIN, SIZE, LEADING),
    ("TEXTCOLOR", (0, 0), (-1, -1), HexColor(Ink.TEXT)),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), PAD),
    ("RIGHTPADDING", (0, 0), (-1, -1), PAD),
)


def grid(table: Table) -> Flowable:
    """The table with its head on every page."""
    strong = {0, len(table.rows) + 1}  # the head and the total
    rows = [
        [clean(cell) for cell in row] for row in (table.head, *table.rows, *((table.total,) if table.total else ()))
    ]
    sizes = [[wide(cell, bold=i in strong) for cell in row] for i, row in enumerate(rows)]
    widths = columns([max(column) + 2 * PAD for column in zip(*sizes, strict=True)], table.right)
    set_ = [
        [
            cell if size + 2 * PAD <= room + NEARLY else broken(cell, SIZE, room - 2 * PAD, bold=i in strong)
            for cell, size, room in zip(row, row_sizes, widths, strict=True)
        ]
        for i, (row, row_sizes) in enumerate(zip(rows, sizes, strict=True))
    ]
    style: list[tuple[Any, ...]] = [
        *TYPE,
        ("FONTNAME", (0, 0), (-1, 0), BOLD),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(Ink.TINT)),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor(Ink.LINE)),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        *(("ALIGN", (column, 0), (column, -1), "RIGHT") for column in table.right),
    ]
    if table.total:
        style += [("FONTNAME", (0, -1), (-1, -1), BOLD), ("LINEABOVE", (0, -1), (-1, -1), 1, HexColor(Ink.SOFT))]
    return LongTable(set_, colWidths=widths, repeatRows=1, style=style, hAlign="LEFT")


def columns(natural: Sequence[float], right: Sequence[int]) -> list[float]:
    """Widths that fill the page: sums keep what they need, words share what is left; the widest words give way."""
    words = [i for i in range(len(natural)) if i not in right] or list(range(len(natural)))
    widths = list(natural)
    room = ROOM - sum(widths[i] for i in range(len(widths)) if i not in words)
    if room < ROOM / 4:  # sums that no page could hold side by side: everybody gives way
        return [ROOM * one / sum(natural) for one in natural]
    left, open_ = room, sorted(words, key=lambda i: natural[i])
    for place, i in enumerate(open_):
        widths[i] = min(natural[i], left / (len(open_) - place))
        left -= widths[i]
    widths[max(words, key=lambda i: natural[i])] += left
    return widths


# ── Letters and pages ─────────────────────────────────────────────────────────────────────────────────────────────


def wide(words: str, *, bold: bool = False) -> float:
    return width(words, MEASURE, bold=bold) * SIZE / MEASURE


def broken(words: str, size: float, room: float, *, bold: bool = False, most: int = MOST) -> str:
    """In lines of `room` points."""
    return "\n".join(wrap(words, MEASURE, (room + NEARLY) * MEASURE / size, lines=most, bold=bold))


class Numbered(Canvas):  # type: ignore[misc]
    """Holds the pages back until their number is known."""

    def __init__(self, *arguments: Any, pages: str, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.template = pages
        self.held: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self.held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        held = self.held
        for number, page in enumerate(held, 1):
            self.__dict__.update(page)
            label = self.template.replace("{page}", str(number)).replace("{pages}", str(len(held)))
            self.setFont(PLAIN, SIZE - 1)
            self.setFillColor(HexColor(Ink.SOFT))
            self.drawRightString(EDGE + ROOM, EDGE / 2, clean(label))
            super().showPage()
        super().save()
