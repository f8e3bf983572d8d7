"""The pages under test, and what can be read out of them."""

import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
PACKAGES: Final = ("bot", "handlers", "adapters", "billing", "storage", "sandbox")

FENCE: Final = re.compile(r"^```[ \t]*([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN: Final = re.compile(r"`([^`\n]+)`")


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", text)


def spans(text: str) -> list[str]:
    """What stands between backticks, outside of blocks."""
    return SPAN.findall(prose(text))


def blocks(text: str, kind: str) -> dict[str, str]:
    """Blocks whose first word is `kind`, by the rest of that line."""
    return {info.partition(" ")[2]: body for info, body in FENCE.findall(text) if info.partition(" ")[0] == kind}


def code(text: str) -> str:
    """All that is code: blocks and spans."""
    return "\n".join([*(body for _, body in FENCE.findall(text)), *spans(text)])


def rows(text: str, first: str) -> list[list[str]]:
    """The rows of every table whose heading begins with `first`, cell by cell."""
    found: list[list[str]] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if cells[0] == first:
            inside = True
        elif inside and not set(cells[0]) <= set("-: "):
            found.append(cells)
    return found


def section(text: str, title: str) -> str:
    """What stands under the heading that begins with `title`, down to the next one of its rank or above."""
    found = re.search(rf"^(#+) {re.escape(title)}.*?$(.*?)(?=^#{{1,6}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {title!r}"
    return found[2]
