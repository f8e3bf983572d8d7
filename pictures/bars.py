"""Bars by day or by month, one or two series.

    up to 13 bars     lie: a label, the bar, its value behind it; every value is written
    14 to 31 bars     stand: values are written on the largest, as many as there is room for; labels are thinned

A zero is drawn as nothing, a value below zero (given back) on the other side of the line. The second series is hatched:
it is told apart without its colour.
"""

from dataclasses import dataclass
from typing import Final

MOST: Final = 31


@dataclass(frozen=True, slots=True)
class Bar:
    label: str  # «1 нояб.», «ноябрь»
    values: tuple[int, ...]  # one or two, in any unit: only their ratios are drawn
    text: tuple[str, ...]  # the same values as the customer reads them: «1,2 ГБ»


@dataclass(frozen=True, slots=True)
class Bars:
    """`title` states the conclusion: «В октябре вы заплатили 1 950 ₽». `legend` names two series.

    Raises ValueError for no bar or more than MOST, and where values, texts and legend do not fit one another.
    """

    title: str
    subtitle: str
    bars: tuple[Bar, ...]
    legend: tuple[str, ...] = ()
    stacked: bool = False  # two series in one bar, instead of side by side

    def __post_init__(self) -> None:
        if not 1 <= len(self.bars) <= MOST:
            raise ValueError(f"1 to {MOST} bars, not {len(self.bars)}")
        series = len(self.bars[0].values)
        if series not in {1, 2}:
            raise ValueError("one or two values a bar")
        if any(len(bar.values) != series or len(bar.text) != series for bar in self.bars):
            raise ValueError("every bar needs as many values and texts as the first one")
        if len(self.legend) != series and (self.legend or series == 2):
            raise ValueError("a legend names every series")

    def draw(self) -> bytes:
        raise NotImplementedError
