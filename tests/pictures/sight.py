"""What a picture shows, for tests: its texts and boxes where they stand, and what every PNG of ours keeps to."""

from io import BytesIO

from hypothesis import strategies as st
from PIL import Image

from pictures.canvas import MARGIN, RIGHT, WIDE, Box, Canvas, Ink, Letters
from pictures.lettering import clean

# What a billing or a customer may have written: letters of any script, emoji, marks, markup, breaks, half letters.
words = st.one_of(
    st.text(max_size=160),
    st.text(st.sampled_from("Домашний интернет 300 «»№₽−…‹› \u00a0\u2009\u202f"), max_size=160),
    st.text(st.sampled_from("Ш"), max_size=160),
    st.sampled_from(
        [
            "</text><script>alert(1)</script>",
            "<b>&amp;&#0;",
            "🎉👨‍👩‍👧✓→",
            "\0\x1b[31m\u202e",
            "a\ud83d",
            "电视",
            "😀" * 50,
        ]
    ),
)


def texts(paper: Canvas) -> list[str]:
    return [one.line.text for one in paper.put if isinstance(one, Letters)]


def letters(paper: Canvas) -> list[Letters]:
    return [one for one in paper.put if isinstance(one, Letters)]


def boxes(paper: Canvas) -> list[Box]:
    return [one for one in paper.put if isinstance(one, Box)]


def well_made(paper: Canvas) -> None:
    """Everything within the margins, nothing written twice over, nothing that the fonts lack."""
    for one in letters(paper):
        assert clean(one.line.text) == one.line.text
        assert one.x >= MARGIN - 1
        assert one.x + one.line.wide <= RIGHT + 1
        assert one.y - one.line.size * 0.7 > 0
        assert one.y + one.line.size * 0.2 <= paper.high
    for box in boxes(paper):
        assert box.wide > 0
        assert box.high > 0
        assert box.x >= MARGIN - 1
        assert box.x + box.wide <= RIGHT + 1
        assert box.y >= 0
        assert box.y + box.high <= paper.high
        for one in letters(paper) if box.ink in {Ink.BLUE, Ink.AMBER} else ():
            beside = one.x >= box.x + box.wide or one.x + one.line.wide <= box.x
            assert beside or one.y <= box.y or one.y - 0.7 * one.line.size >= box.y + box.high, "written on a bar"
    placed = letters(paper)
    for i, one in enumerate(placed):
        for other in placed[i + 1 :]:
            assert not over(one, other), (one.line.text, other.line.text)


def over(one: Letters, other: Letters) -> bool:
    """Do they cover each other: by capitals' height, in which letters would be unreadable."""
    return (
        one.x < other.x + other.line.wide
        and other.x < one.x + one.line.wide
        and one.y - 0.7 * one.line.size < other.y
        and other.y - 0.7 * other.line.size < one.y
    )


def is_png(data: bytes) -> Image.Image:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(data) < 500_000
    image = Image.open(BytesIO(data))
    image.load()
    assert image.width == WIDE
    # What networks take as a photo: Telegram wants width + height of 10000 at most, and 20 : 1.
    assert WIDE / 20 <= image.height <= 3 * WIDE
    return image
