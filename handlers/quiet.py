"""When a chat is not written to: its quiet hours, by its own clock, and the morning after them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage.base import Chat


def quiet_until(chat: Chat, zone: str, now: datetime) -> datetime | None:
    """When the quiet hours that hold now are over, in UTC; None: they do not hold. Equal ends: there are none.

    `zone`: the account's, for a chat without one of its own.
    """
    start, end = chat.quiet_from, chat.quiet_to
    clock = ZoneInfo(chat.zone or zone)
    here = now.astimezone(clock)
    minute = here.hour * 60 + here.minute
    inside = start <= minute < end if start < end else (minute >= start or minute < end) and start != end
    if not inside:
        return None
    day = here.date() if minute < end else here.date() + timedelta(days=1)
    return max(at(day, end, clock), now + timedelta(minutes=1))


def tomorrow(chat: Chat, zone: str, now: datetime) -> datetime:
    """The chat's hour of notices on its next day, in UTC."""
    clock = ZoneInfo(chat.zone or zone)
    return at(now.astimezone(clock).date() + timedelta(days=1), chat.remind_at, clock)


def at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """That wall-clock time as an instant; one that the clocks skip is the first one after the gap."""
    local = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone)
    return local.astimezone(UTC)
