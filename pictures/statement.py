"""An account's statement as a PDF: facts about the account, tables, a closing line; A4, to be printed or kept."""

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


@dataclass(frozen=True, slots=True)
class Statement:
    title: str  # «Выписка по лицевому счёту …4521»
    facts: tuple[tuple[str, str], ...]  # («Период», «1–31 октября»)
    tables: tuple[Table, ...]
    foot: str = ""  # below the last table
    pages: str = "{page} / {pages}"  # «стр. {page} из {pages}»

    def draw(self) -> bytes:
        """Raises ValueError for more rows than `pictures.pages` sets."""
        from pictures.pages import typeset  # 0.4 s, once

        return typeset(self)
