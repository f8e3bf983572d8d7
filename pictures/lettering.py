"""Letters: PT Sans as it is shipped; texts cleaned, measured, cut and wrapped by it.

clean()   what the font can show, on one line: no tofu, no control character, no emoji
cut()     one line, with an ellipsis where it is too long
wrap()    some lines, the last one cut
"""

import re
import unicodedata
from bisect import bisect
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

REGULAR: Final = "PTS55F.ttf"
BOLD: Final = "PTS75F.ttf"
CAP: Final = 0.7  # height of a capital, in sizes
ELLIPSIS: Final = "…"
LONGEST: Final = 400  # characters that are looked at: no picture shows more of one text
NBSP: Final = "\u00a0"
NARROW: Final = dict.fromkeys((0x2007, 0x2009, 0x200A, 0x202F), NBSP)  # no-break and thin spaces the font lacks


def path(bold: bool) -> str:
    return str(files("pictures") / "fonts" / (BOLD if bold else REGULAR))


@cache
def font(size: int, bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    # The basic layout: kerning and all that these three languages need, and the same with every build of Pillow.
    return ImageFont.truetype(path(bold), size, layout_engine=ImageFont.Layout.BASIC)


# What both files have and a text may hold (a test compares it with the files): Latin, the Cyrillic of the peoples of
# Russia too, figures, and the signs that sentences and sums are made of.
SHOWN: Final = (
    "[ -~\u00a0-\u00ac\u00ae-\u0109\u010c-\u0113\u0116-\u011f\u0141-\u0148\u0150-\u0165\u016a-\u0173\u0178-\u017f"
    "\u0401-\u040c\u040e-\u044f\u0451-\u045c\u045e\u045f\u048a-\u04c0\u04c3-\u04f9"
    "\u2011\u2013\u2014\u2018-\u201a\u201c-\u201e\u2022\u2026\u2030\u2039\u203a\u20ac\u20bd\u2116\u2122\u2212\u2248\u2264\u2265]"
)
ONE: Final = re.compile(SHOWN)
ALL: Final = re.compile(f"(?!.*  |[ ]|.*[ ]$){SHOWN}*")  # nothing to clean: most texts, and ten times quicker


def clean(text: str) -> str:
    """The text on one line as the fonts can show it.

    Letters and figures of other scripts become «·»; emoji, arrows, marks and control characters go.
    """
    if len(text) <= LONGEST and ALL.fullmatch(text):
        return text
    if len(text) > LONGEST:
        text = text[:LONGEST] + ELLIPSIS
    made = []
    for char in unicodedata.normalize("NFC", text).translate(NARROW):
        if ONE.match(char):
            made.append(char)
        elif char.isspace():
            made.append(" ")
        elif char.isalnum():
            made.append("·")
    return " ".join(word for word in "".join(made).split(" ") if word)


@lru_cache(maxsize=2048)
def width(text: str, size: int, *, bold: bool = False) -> float:
    """Of a cleaned text, in pixels."""
    return font(size, bold).getlength(text)


def cut(text: str, size: int, room: float, *, bold: bool = False) -> str:
    """The cleaned text on one line of `room` pixels: whole, or its beginning with an ellipsis."""
    text = clean(text)
    if width(text, size, bold=bold) <= room:
        return text
    ends = range(len(text))
    return shortened(text, bisect(ends, room, key=lambda end: width(shortened(text, end), size, bold=bold)) - 1)


def shortened(text: str, length: int) -> str:
    return text[: max(length, 0)].rstrip(f" {NBSP},.;:·-–—«(") + ELLIPSIS


def wrap(text: str, size: int, room: float, *, lines: int, bold: bool = False) -> list[str]:
    """The cleaned text on at most so many lines of `room` pixels; broken at spaces, a word longer than a line within.

    No line for an empty text.
    """
    rest, made = clean(text), list[str]()
    while rest and len(made) < lines - 1 and width(rest, size, bold=bold) > room:
        words = rest.split(" ")
        fits = 1
        while fits < len(words) and width(" ".join(words[: fits + 1]), size, bold=bold) <= room:
            fits += 1
        line = " ".join(words[:fits])
        while len(line) > 1 and width(line, size, bold=bold) > room:
            line = line[:-1]
        made.append(line)
        rest = rest[len(line) :].lstrip(" ")
    return [*made, cut(rest, size, room, bold=bold)] if rest else made
