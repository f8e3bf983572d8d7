"""Hours in which nobody is written to, by the customer's own clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Address
from handlers.quiet import quiet_until, tomorrow
from storage.base import Chat

CHAT = Chat(Address("vk", "1"))
MOSCOW = "Europe/Moscow"


@pytest.mark.parametrize(
    ("zone", "hour", "minute", "until"),
    [
        ("Europe/Moscow", 22, 0, (17, 6)),  # 22:00 to 09:00 in Moscow is 19:00 to 06:00 in UTC
        ("Europe/Moscow", 8, 59, (16, 6)),
        ("Asia/Kamchatka", 23, 30, (16, 21)),
        ("Europe/Lisbon", 3, 0, (16, 9)),
        ("America/Sao_Paulo", 22, 15, (17, 12)),
    ],
)
def test_at_night_it_waits_for_the_morning(zone: str, hour: int, minute: int, until: tuple[int, int]) -> None:
    now = datetime(2026, 11, 16, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for chat, account in ((replace(CHAT, zone=zone), MOSCOW), (CHAT, zone)):
        ends = quiet_until(chat, account, now)
        assert ends is not None
        assert ends.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "09:00"
        assert (ends.day, ends.hour) == until


def test_in_the_day_and_without_quiet_hours_there_is_nothing_to_wait_for() -> None:
    assert quiet_until(CHAT, MOSCOW, datetime(2026, 11, 16, 6, 0, tzinfo=UTC)) is None
    night = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
    assert quiet_until(CHAT, MOSCOW, night) is not None
    assert quiet_until(replace(CHAT, quiet_from=0, quiet_to=0), MOSCOW, night) is None


def test_tomorrow_is_the_chats_next_day() -> None:
    evening = datetime(2026, 11, 16, 20, 30, tzinfo=UTC)  # 08:30 of the 17th in Kamchatka
    assert tomorrow(CHAT, MOSCOW, evening) == datetime(2026, 11, 17, 7, 0, tzinfo=UTC)
    assert tomorrow(CHAT, "Asia/Kamchatka", evening) == datetime(2026, 11, 17, 22, 0, tzinfo=UTC)


ZONES = [
    "Europe/Moscow",
    "Asia/Kamchatka",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from(ZONES),
)
def test_the_quiet_end_is_ahead_within_a_day_and_not_quiet(now: datetime, start: int, end: int, zone: str) -> None:
    chat = replace(CHAT, quiet_from=start, quiet_to=end, zone=zone)
    until = quiet_until(chat, MOSCOW, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        # Once it is over it is over, also across a change of the clocks (half an hour of grace for the skipped one).
        assert quiet_until(chat, MOSCOW, until + timedelta(hours=1)) is None or (end - start) % 1440 > 1300
    elif start != end:
        local = now.astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        assert not (start <= minute < end if start < end else minute >= start or minute < end)
