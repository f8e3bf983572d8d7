"""How the demo's households use what they pay for: a rhythm, made up, and the same on every run.

    traffic      every day; more at weekends and in winter, nothing while they are away
    calls        to the same few numbers again and again; some are not answered, some come in
    purchases    films, mostly at the end of the week

What is drawn depends on the service's id and on the days alone. A home phone is one line: no two calls overlap. Each
minute begun costs. Numbers lie in blocks that no exchange gives out.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from billing.base import Call, Direction, Money, Period, Usage, Use

ONE_DAY, ONE_MINUTE = timedelta(days=1), 60
GIGABYTE = 10**9
SEASON = (1.25, 1.2, 1.1, 1.0, 0.9, 0.75, 0.65, 0.7, 0.95, 1.05, 1.15, 1.25)  # January first
AWAY = range(112, 123)  # days ago: eleven of them, and the flat stood empty

MORNING, LATE, MIDNIGHT = 8 * 3600, 22 * 3600, 24 * 3600  # calls are wished for between the first two
UNANSWERED, INCOMING = 0.12, 0.4  # of all calls, and of those between neighbours
NEAR = frozenset({Direction.LOCAL, Direction.MOBILE})  # who is called from outside
LONGEST_CALL = 50 * ONE_MINUTE

NUMBERS = {
    Direction.LOCAL: ("+7345200{:04}", 9),
    Direction.ZONE: ("+7345350{:04}", 4),
    Direction.INTERCITY: ("+7495000{:04}", 5),
    Direction.INTERNATIONAL: ("+375170{:06}", 3),
    Direction.MOBILE: ("+7900000{:04}", 8),
}
PRICES = {  # kopecks a minute
    Direction.LOCAL: 0,
    Direction.ZONE: 190,
    Direction.INTERCITY: 340,
    Direction.INTERNATIONAL: 1750,
    Direction.MOBILE: 180,
}
SHARES = {  # of the outgoing calls
    Direction.LOCAL: 55,
    Direction.MOBILE: 25,
    Direction.INTERCITY: 10,
    Direction.ZONE: 7,
    Direction.INTERNATIONAL: 3,
}
FILMS = (
    ("Тихий берег", 19900),
    ("Дом у маяка", 14900),
    ("Карта ветров", 24900),
    ("Снежный патруль", 9900),
    ("Ключ от лета", 14900),
    ("Последний рейс капитана Орлова", 29900),
    ("Планета за углом", 19900),
    ("Двое на перроне", 9900),
)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a household telephones."""

    a_month: float = 35  # calls, both ways
    minute: dict[Direction, int] = field(default_factory=dict)  # prices of the tariff that differ from PRICES
    none: frozenset[Direction] = frozenset()  # directions that are not connected
    rush: Period | None = None  # days with `rush_a_day` calls
    rush_a_day: float = 20
    abroad: Period | None = None  # the only days with calls to other countries, a long one each; None: now and then


def days(period: Period) -> Iterator[date]:
    return (period.first + n * ONE_DAY for n in range(period.days))


def traffic(account: str, service: str, period: Period, today: date, gigabytes: float) -> list[Usage]:
    """Received and sent of each day; `gigabytes` a day on the average."""
    chance = Random(service).random  # noqa: S311 - a rhythm and no secret
    rows = []
    for day in days(period):
        if (today - day).days in AWAY:
            continue
        much = gigabytes * SEASON[day.month - 1] * (1.45 if day.weekday() >= 5 else 0.85)
        received = int(much * (0.55 + 0.9 * chance()) * GIGABYTE)
        sent = int(received * (0.06 + 0.1 * chance()))
        rows.append(Usage(account, service, day, Use.RECEIVED, received))
        rows.append(Usage(account, service, day, Use.SENT, sent))
    return rows


def calls(account: str, service: str, period: Period, today: date, zone: str, habit: Habit) -> list[Call]:
    """Every call of the period, the oldest first; `zone`: where the household's day begins."""
    draw, home, made = Random(service), ZoneInfo(zone), []  # noqa: S311
    shares = {way: share for way, share in SHARES.items() if way not in habit.none}
    if habit.abroad:
        shares[Direction.INTERNATIONAL] = 0  # on those days alone
    ways, weights, prices = list(shares), list(shares.values()), PRICES | habit.minute
    for day in days(period):
        if (today - day).days in AWAY:
            continue
        rush = habit.rush is not None and day in habit.rush
        often = int((habit.rush_a_day if rush else habit.a_month / 30) + draw.random())
        begun = [(draw.randrange(MORNING, LATE), draw.choices(ways, weights)[0], 8) for _ in range(often)]
        if habit.abroad and day in habit.abroad:
            begun.append((draw.randrange(MORNING, LATE), Direction.INTERNATIONAL, 4 * ONE_MINUTE))
        free = 0  # the second of the day from which the line is free again
        for start, way, least in sorted(begun):
            incoming = way in NEAR and draw.random() < INCOMING
            silent = least < ONE_MINUTE and draw.random() < UNANSWERED
            talk = 0 if silent else min(LONGEST_CALL, least + int(draw.expovariate(1 / 190)))
            begins, pattern, many = max(start, free), *NUMBERS[way]
            if begins + talk >= MIDNIGHT:
                break  # too late to call anybody
            free = begins + talk + 25
            made.append(
                Call(
                    account=account,
                    service=service,
                    id=f"{service}-{day:%y%m%d}-{begins:05}",
                    at=datetime.combine(day, time(*clock(begins)), home).astimezone(UTC),
                    number=pattern.format(11 + 7 * int(draw.random() ** 2 * many)),
                    seconds=talk,
                    direction=way,
                    cost=Money(0 if incoming else math.ceil(talk / ONE_MINUTE) * prices[way]),
                    incoming=incoming,
                )
            )
    return made


def talked(made: Sequence[Call], zone: str) -> list[Usage]:
    """The use by day and direction that the calls come to: of answered outgoing ones."""
    home = ZoneInfo(zone)
    sums: dict[tuple[date, Direction], tuple[int, int, int]] = {}
    for call in made:
        if call.seconds and not call.incoming:
            key = (call.at.astimezone(home).date(), call.direction)
            count, seconds, cost = sums.get(key, (0, 0, 0))
            sums[key] = (count + 1, seconds + call.seconds, cost + call.cost.minor)
    return [
        Usage(made[0].account, made[0].service, day, Use.CALLS, seconds, count, Money(cost), direction=way)
        for (day, way), (count, seconds, cost) in sums.items()
    ]


def purchases(account: str, service: str, period: Period, today: date, a_month: float) -> list[Usage]:
    """Films that were rented: at most one a day."""
    draw, rows = Random(service), []  # noqa: S311
    for day in days(period):
        mood = 1.6 if day.weekday() >= 4 else 0.55
        if draw.random() < a_month / 30 * mood and (today - day).days not in AWAY:
            title, price = draw.choice(FILMS)
            rows.append(Usage(account, service, day, Use.PURCHASE, 1, cost=Money(price), title=f"«{title}»"))
    return rows


def clock(second: int) -> tuple[int, int, int]:
    """Hour, minute and second of a second of the day."""
    return second // 3600, second // 60 % 60, second % 60
