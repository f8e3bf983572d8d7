"""When alerts are held back: values that the settings fill and `bot.scan` goes by."""

from dataclasses import dataclass
from datetime import timedelta

from adapters.base import Address


@dataclass(frozen=True, slots=True)
class Caution:
    """When alerts are held back. Shares are per cent."""

    low: float = 10  # of the watched accounts that are newly low at once
    changed: float = 100  # of the watched accounts whose figures changed at once; 100: on fee days all do
    least: int = 50  # fewer accounts prove nothing
    feed_hours: float = 24  # older figures warn nobody
    canary: int = 1000  # letters of one scan from which on they leave in shares
    pause: timedelta = timedelta(minutes=15)  # of a share
    refusals: float = 5  # of what a wave has shown or tried to
    complaints: float = 2
    alarm: Address | None = None  # who is told, besides the log
