"""fit(reply, limits): a reply as one or more replies that the network can show. Pure.

Nothing is lost silently: long text is split where a reader would pause, surplus buttons go to a message of their own.
Lengths are UTF-16 code units, the unit in which Telegram and VK count; it is never smaller than the number of
characters, so it is safe for the others.
"""

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from adapters.base import Button, Grid, Keyboard, Limits, Reply

CONTINUED = "⋯"  # the text of a message that only carries further buttons
# Unicode's categories Cc, but for tab and line break, and Cs: a network refuses them, or ends the text there.
UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Embedding and override marks can turn a sum or a name around; nothing that we print needs them.
BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
# Any of them: most texts have none, and are left as they are.
STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
LABELS = 1024  # button labels that are remembered as they are shown


def fit(reply: Reply, limits: Limits) -> tuple[Reply, ...]:
    """The replies to send, in order. The first settles, erases and redraws; the last carries the first buttons."""
    as_menu = reply.menu is not None and limits.menu is not None
    rows: Keyboard = (reply.menu if reply.menu is not None else reply.keyboard) or ()
    grid = limits.menu if as_menu and limits.menu is not None else limits.keyboard
    pages = paginate(rows, grid, limits)

    media = reply.picture is not None or reply.document is not None
    room = limits.text if not media or limits.caption is None else limits.caption
    head, *tail = split(clean(reply.text), room, limits.text)
    first, *surplus = pages or [()]
    buttons: tuple[Keyboard, Keyboard | None] = ((), first) if as_menu else (first, None)
    if tail:
        parts = [replace(reply, text=head, keyboard=(), menu=None)]
        parts += [Reply(text) for text in tail[:-1]]
        parts.append(Reply(tail[-1], *buttons))
    else:
        parts = [replace(reply, text=head, keyboard=buttons[0], menu=buttons[1])]
    # A second menu would replace the first one, so further pages are ordinary keyboards.
    for page in surplus:
        parts += [Reply(CONTINUED, keyboard=rest) for rest in paginate(page, limits.keyboard, limits)]
    return tuple(parts)


def clean(text: str) -> str:
    """Text without control characters that reorder, hide or break lines, and with a readable minimum."""
    if STRANGE.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(BIDI_CONTROLS)
        text = UNSHOWN.sub("", text)
    return text.strip() or CONTINUED


def paginate(rows: Keyboard, grid: Grid, limits: Limits) -> list[Keyboard]:
    """Keyboards that each keep to the grid, with labels cut to what the network shows."""
    pages: list[list[tuple[Button, ...]]] = [[]]
    count = 0
    for row in rows:
        for start in range(0, len(row), grid.columns):
            piece = tuple(labelled(b, limits.label) for b in row[start : start + grid.columns])
            for b in piece:
                if b.action is not None and len(b.action.encode()) > limits.action:
                    raise ValueError(f"a button action is longer than {limits.action} bytes")
            if len(pages[-1]) == grid.rows or count + len(piece) > grid.buttons:
                pages.append([])
                count = 0
            pages[-1].append(piece)
            count += len(piece)
    return [tuple(page) for page in pages if page]


def labelled(button: Button, limit: int) -> Button:
    label = shorten(button.label, limit)
    return button if label == button.label else replace(button, label=label)


@lru_cache(LABELS)
def shorten(label: str, limit: int) -> str:
    label = " ".join(UNSHOWN.sub("", label.translate(BIDI_CONTROLS)).split()) or CONTINUED
    return label if len(label) <= limit else label[: limit - 1].rstrip() + "…"


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, first: int, rest: int) -> list[str]:
    """Pieces of at most `first`, then `rest` units, cut at a paragraph, a line, a sentence, a space, or as a last
    resort between two characters that are drawn apart. Joined again they give the text but for white space at cuts."""
    pieces, room = [], first
    while units(text) > room:
        cut = cut_before(text, room)
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
        room = rest
    return [*pieces, text] if text else pieces


def cut_before(text: str, room: int) -> int:
    end = used = 0
    while used + units(text[end]) <= room:
        used += units(text[end])
        end += 1
    window = text[: end + 1]
    for mark in ("\n\n", "\n", ". ", " "):
        at = window.rfind(mark)
        # A cut in the first third would make many small messages: rather a less handsome one further on.
        if at > end // 3:
            return at + (1 if mark == ". " else 0)
    floor = max(end - 64, 1)  # nobody draws a longer cluster; hostile text must not cost more than its length
    cut = end
    while cut > floor and joined(text[cut - 1], text[cut]):
        cut -= 1
    return max(cut if cut > floor else end, 1)


def joined(left: str, right: str) -> bool:
    """Whether two characters are drawn as one: combining marks, variation selectors, joiners, skin tones."""
    return (
        unicodedata.combining(right) != 0
        or right in "\u200d\ufe0e\ufe0f\u20e3"
        or left == "\u200d"
        or "\U0001f3fb" <= right <= "\U0001f3ff"
        or (left.isdigit() and right.isdigit())  # never inside a sum
    )
