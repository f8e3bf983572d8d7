"""A table as a document shows it: values, and no word of how it is set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head that repeats on every page. `note` stands below the title, or instead of rows: «нет»."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()  # columns of sums: flush right, never broken
    total: tuple[str, ...] = ()  # the last row, in bold
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in (*self.rows, *filter(None, (self.total,)))):
            raise ValueError("every row needs as many cells as the head")
        if not self.head or not set(self.right) <= set(range(len(self.head))):
            raise ValueError("no such column")
