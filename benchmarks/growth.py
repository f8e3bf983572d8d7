"""How costs grow with the data: what results.md says of 1×, 10× and 100×, drawn as benchmarks/growth.svg.

    python -m benchmarks.growth        reads, measures nothing

Each line is a cost divided by itself at the smallest size. On both axes ten times is one step, so whatever grows with
the data runs along the diagonal, and what does not care stays at the bottom.
"""

import re
from collections.abc import Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.results import RESULTS

PLOT: Final = Path(__file__).parent / "growth.svg"
WIDE, HIGH, LEFT, TOP, STEP = 760, 400, 60, 30, 150  # pixels; of one step on either axis
INKS: Final = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a", "#bf3989", "#0a3069")


class Line(NamedTuple):
    """Rows of one section whose first cells match `row`; the group is the size, `cell` the cost."""

    name: str
    section: str
    row: str
    cell: int
    costs: bool = True  # False: the cell is a speed


LINES: Final = (
    Line("scan, SQLite", "Scan", r"SQLite, ([\d,]+)", 2),
    Line("scan, PostgreSQL", "Scan", r"PostgreSQL, ([\d,]+)", 2),
    Line("scan with nothing new, PostgreSQL", "Scan", r"PostgreSQL, ([\d,]+)", 4),
    Line("feed of one account, PostgreSQL", "Scan", r"PostgreSQL, ([\d,]+)", 6, costs=False),
    Line("answer, SQLite", "Answers", r"answer sqlite \| ([\d,]+)", 5),
    Line("answer, PostgreSQL", "Answers", r"answer postgresql \| ([\d,]+)", 5),
)


def number(text: str) -> float:
    return float(text.replace(",", "").split()[0])


def read(text: str, line: Line) -> list[tuple[float, float]]:
    """(size, cost) of each row, both to the smallest size's."""
    section = re.search(rf"^## {line.section}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    found = []
    for row in re.findall(rf"^\| {line.row} \|(.*)\|$", section[1] if section else "", re.MULTILINE):
        cells = [cell.strip() for cell in row[1].split("|")]
        before = line.row.count(r"\|") + 1  # cells that `row` itself has taken
        cost = number(cells[line.cell - before])
        found.append((number(row[0]), cost if line.costs else 1 / cost))
    found.sort()
    return [(size / found[0][0], cost / found[0][1]) for size, cost in found]


def drawn(lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    def at(size: float, cost: float) -> tuple[float, float]:
        return LEFT + log10(size) * STEP, TOP + 2 * STEP - log10(cost) * STEP

    made = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDE}" height="{HIGH}" fill="white"/>',
    ]
    for times in (1, 10, 100):
        x, y = at(times, times)
        made += [
            f'<path d="M{x:.0f} {TOP}V{TOP + 2 * STEP}M{LEFT} {y:.0f}H{LEFT + 2 * STEP}" stroke="#d0d7de"/>',
            f'<text x="{x:.0f}" y="{TOP + 2 * STEP + 20}" text-anchor="middle">{times}×</text>',
            f'<text x="{LEFT - 10}" y="{y + 4:.0f}" text-anchor="end">{times}×</text>',
        ]
    (x0, y0), (x1, y1) = at(1, 1), at(100, 100)
    made.append(f'<path d="M{x0:.0f} {y0:.0f}L{x1:.0f} {y1:.0f}" stroke="#8c959f" stroke-dasharray="4 4"/>')
    made.append(f'<text x="{LEFT}" y="{HIGH - 16}">the data →, the cost ↑; dashed: as the data</text>')
    for n, (name, points) in enumerate(lines.items()):
        ink, y = INKS[n % len(INKS)], TOP + 14 + 22 * n
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        made += [
            f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"/>',
            f'<path d="M{LEFT + 2 * STEP + 30} {y}h24" stroke="{ink}" stroke-width="3"/>',
            f'<text x="{LEFT + 2 * STEP + 62}" y="{y + 4}">{name}: {points[-1][1]:.2g}×</text>',
        ]
    return "\n".join([*made, "</svg>", ""])


def main() -> None:
    text = RESULTS.read_text(encoding="utf-8")
    found = {line.name: read(text, line) for line in LINES}
    PLOT.write_text(drawn({name: points for name, points in found.items() if points}), encoding="utf-8")
    for name, points in found.items():
        print(f"{name}: " + ", ".join(f"{size:g}× {cost:.2f}" for size, cost in points))


if __name__ == "__main__":
    main()
