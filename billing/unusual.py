"""Unusual: a charge that its owner would want to hear of. Pure.

It is measured against what the same account was charged in the 92 days before:

    not small            more than a fifth of an average month, fees and all: of less nobody wants to hear
    and, by its title,   new, or what the title took on that day is more than twice of what it ever took in a day

A title's charges of one day are added up, and the one with which they pass the mark is unusual: forty calls abroad are
told of once, and so is one film for the price of a month. The mark itself is of the days before.

    never unusual        because
    a refund             nobody is hurt
    a fee, a daily part  it was agreed on; also where the tariff has changed, and the fee of an option
    a month's first      of a newcomer, or of a book that goes back no further: there is nothing to measure by
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from billing.base import Account, Charge, Option, Service
from billing.spending import is_fee, likeness, says_fee

MEMORY: Final = timedelta(days=92)  # three months: what comes once a quarter is no news
MONTH: Final = timedelta(days=30)
NEWCOMER: Final = timedelta(days=31)  # a whole month with its fees must have gone by
SHARE: Final = 5  # a fifth of a month's charges is not small
WELL: Final = 2  # times as much as ever: well above it


def unusual(
    charge: Charge,
    earlier: Iterable[Charge],
    account: Account,
    services: Sequence[Service],
    options: Sequence[Option] = (),
) -> bool:
    """`earlier`: the account's charges before this one; those of the last 92 days count."""
    amount, at, zone = charge.amount.minor, charge.at, ZoneInfo(account.zone)
    if amount <= 0 or agreed(charge, services, options):
        return False
    today = at.astimezone(zone).date()
    if account.since is not None and today - account.since < NEWCOMER:
        return False
    so_far, total, first = 0, 0, today
    by_day: defaultdict[date, int] = defaultdict(int)
    kind = likeness(charge.title)
    for one in earlier:
        if one.id == charge.id or not at - MEMORY <= one.at <= at:
            continue
        day, alike = one.at.astimezone(zone).date(), likeness(one.title) == kind
        if day == today:
            so_far += one.amount.minor if alike else 0
            continue
        first, total = min(first, day), total + one.amount.minor
        if alike:
            by_day[day] += one.amount.minor
    covered = today - first
    if covered < NEWCOMER or total <= 0:
        return False
    mark = max(total * MONTH // covered // SHARE, WELL * max(by_day.values(), default=0))
    return so_far <= mark < so_far + amount


def agreed(charge: Charge, services: Sequence[Service], options: Sequence[Option]) -> bool:
    """Whether it is the fee of a service or of an option, by the sum or by the title."""
    if is_fee(charge, services) or says_fee(charge.title):
        return True
    return any(o.fee == charge.amount and charge.service in {None, o.service} for o in options)
