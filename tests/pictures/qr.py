"""A reader of QR codes for tests: from a PNG's pixels to the bytes in it, and nothing taken from whoever drew it.

Written from ISO/IEC 18004:2015: module layout (7.3), masks (7.8.2), format information (7.9), blocks (table 9, level M
only), byte mode (7.4.5). It wants a clean picture, as ours are: straight, black on white, modules of whole pixels.
Damage is noticed (the check words must fit) and not repaired.
"""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image

# Level M, by version from 1: check words in a block, and blocks.
CHECKS = (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, *(26, 28, 28, 28, 28))
BLOCKS = (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, *(17, 17, 18, 20, 21))
MASKS = (
    lambda x, y: (x + y) % 2,
    lambda x, y: y % 2,
    lambda x, y: x % 3,
    lambda x, y: (x + y) % 3,
    lambda x, y: (x // 3 + y // 2) % 2,
    lambda x, y: x * y % 2 + x * y % 3,
    lambda x, y: (x * y % 2 + x * y % 3) % 2,
    lambda x, y: ((x + y) % 2 + x * y % 3) % 2,
)
BYTES = 0b0100  # the mode; ECI would be 0b0111

Modules = list[list[bool]]


def modules(png: bytes) -> tuple[Modules, int, int]:
    """The dark modules by row and column, a module's pixels, the quiet zone's modules."""
    image = Image.open(BytesIO(png)).convert("L")
    (wide, high), raw = image.size, image.tobytes()
    assert set(raw) == {0, 255}, "black and white, nothing between"
    rows = [raw[y * wide : (y + 1) * wide] for y in range(high)]
    margin = next(y for y in range(high) if 0 in rows[y])
    pixels, rest = divmod(rows[margin][margin:].index(255), 7)  # the finder's upper edge
    assert (rest, wide, margin % pixels) == (0, high, 0)
    made = [row[margin : wide - margin : pixels] for row in rows[margin : high - margin : pixels]]
    white = b"\xff" * margin
    lines = [white + b"".join(bytes([one]) * pixels for one in row) + white for row in made]
    whole = [b"\xff" * wide] * margin
    assert rows == whole + [line for line in lines for _ in range(pixels)] + whole, "modules are squares of one colour"
    return [[one == 0 for one in row] for row in made], pixels, margin // pixels


def read(png: bytes) -> bytes:
    code, _, _ = modules(png)
    size = len(code)
    version, rest = divmod(size - 17, 4)
    assert rest == 0
    level, mask = format_of(code)
    assert level == 0b00, "level M"
    bits = [code[y][x] ^ (MASKS[mask](x, y) == 0) for x, y in path(size, version)]
    words = [int("".join("01"[b] for b in bits[i : i + 8]), 2) for i in range(0, len(bits) - 7, 8)]
    return segments("".join(f"{word:08b}" for word in data(words, version)), version)


def format_of(code: Modules) -> tuple[int, int]:
    """Level and mask; both copies must say the same."""
    size = len(code)
    first = [(8, y) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(x, 8) for x in (7, 5, 4, 3, 2, 1, 0)]
    second = [(size - 1 - i, 8) for i in range(8)] + [(8, size - 7 + i) for i in range(7)]
    values = [sum(code[y][x] << i for i, (x, y) in enumerate(copy)) for copy in (first, second)]
    assert values[0] == values[1]
    value = values[0] ^ 0b101010000010010
    return value >> 13, value >> 10 & 7


def path(size: int, version: int) -> Iterator[tuple[int, int]]:
    """The modules that hold data, in the order they are written: pairs of columns, up and down, from the right."""
    taken = functional(size, version)
    pairs = [(x, x - 1) for x in range(size - 1, 6, -2)] + [(x, x - 1) for x in range(5, 0, -2)]
    for turn, pair in enumerate(pairs):
        rows = range(size) if turn % 2 else range(size - 1, -1, -1)
        yield from ((x, y) for y in rows for x in pair if (x, y) not in taken)


def functional(size: int, version: int) -> set[tuple[int, int]]:
    """Finders, timing, alignment, format and version: modules that hold no data."""
    taken = {(x, 6) for x in range(size)} | {(6, y) for y in range(size)}
    near, far = range(9), range(size - 8, size)
    taken |= {(x, y) for xs, ys in ((near, near), (far, near), (near, far)) for x in xs for y in ys}
    if version >= 7:
        for a in range(6):
            for b in range(size - 11, size - 8):
                taken |= {(a, b), (b, a)}
    centres = alignment(size, version)
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    for cx in centres:
        for cy in centres:
            if (cx, cy) not in corners:
                taken |= {(cx + x, cy + y) for x in range(-2, 3) for y in range(-2, 3)}
    return taken


def alignment(size: int, version: int) -> list[int]:
    if version == 1:
        return []
    count = version // 7 + 2
    step = (version * 4 + count * 2 + 1) // (count * 2 - 2) * 2
    return [6, *(size - 7 - i * step for i in range(count - 1))]


def data(words: list[int], version: int) -> list[int]:
    """The data words of all blocks, taken apart; every block's check words must fit."""
    checks, count = CHECKS[version - 1], BLOCKS[version - 1]
    short, longer = divmod(len(words), count)
    sizes = [short - checks + (i >= count - longer) for i in range(count)]
    blocks: list[list[int]] = [[] for _ in range(count)]
    rest = iter(words)
    for place in range(max(sizes)):
        for block, size in zip(blocks, sizes, strict=True):
            if place < size:
                block.append(next(rest))
    whole = [list(block) for block in blocks]
    for _ in range(checks):
        for block in whole:
            block.append(next(rest))
    assert all(sound(block, checks) for block in whole), "damaged"
    return [word for block in blocks for word in block]


def sound(block: list[int], checks: int) -> bool:
    """Reed-Solomon over GF(256), 0x11d: a sound block is 0 at the first powers of 2."""
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    logs = {power: i for i, power in enumerate(powers)}
    for root in range(checks):
        left = 0
        for word in block:
            left = (powers[(logs[left] + root) % 255] if left else 0) ^ word
        if left:
            return False
    return True


def segments(bits: str, version: int) -> bytes:
    mode, counted = int(bits[:4], 2), 8 if version < 10 else 16
    assert mode == BYTES, "one segment of bytes, and no ECI before it"
    length = int(bits[4 : 4 + counted], 2)
    begin = 4 + counted
    end = begin + 8 * length
    assert "0000".startswith(bits[end : end + 4]), "nothing after it"
    return bytes(int(bits[i : i + 8], 2) for i in range(begin, end, 8))
