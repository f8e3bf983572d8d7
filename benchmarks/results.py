"""results.md: one section for each benchmark, replaced when it is measured anew; the others stay as they are."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).parent / "results.md"


def replace(title: str, lines: Sequence[str]) -> str:
    """Put `lines`, which begin with the heading `title`, in the place of the section; the whole text."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    section = re.compile(rf"^{re.escape(title)}$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    text = "\n".join(lines).rstrip() + "\n"
    found = section.search(old)
    new = old[: found.start()] + text + "\n" + old[found.end() :] if found else old.rstrip() + "\n\n" + text
    RESULTS.write_text(new.rstrip() + "\n", encoding="utf-8")
    return new
