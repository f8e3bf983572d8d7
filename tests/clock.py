"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday, noon in Moscow


class HandClock:
    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float = 0.0, **more: float) -> datetime:
        """Both clocks go on: `advance(90)`, `advance(hours=3)`."""
        step = timedelta(seconds=seconds, **more)
        self._now += step
        self._monotonic += step.total_seconds()
        return self._now

    def set(self, now: datetime) -> None:
        """The wall clock jumps; the monotonic one does not notice."""
        self._now = now
