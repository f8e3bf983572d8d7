"""An account's statement as a PDF: facts about the account, tables, a closing line; A4, to be printed or kept."""

from dataclasses import dataclass

from pictures.table import Table


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

        return typeset(self.title, self.facts, self.tables, self.foot, self.pages)
