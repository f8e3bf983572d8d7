"""Spending: what an average day takes beside the fees. Pure.

The forecast (`billing.position`) knows the fees and their days. Calls, films, options come on top of them; here they
are averaged over the last 30 full days of the account, or over as many as the contract has lasted.

    left out           because
    a service's fee    it is taken on its own day: by its amount, or by its title where the tariff has just changed
    a correction       what is given back lowers what the same title took, at most to nothing
    a one-off          a visit of the engineer will not come again next month: its title came on one day only, and it
                       took more than half of the month's fees and more than all the rest together

Titles are compared by `likeness`: «Фильм «Дюна»» and «Фильм «Солярис»» are one habit, «Звонки за октябрь» and «Звонки
за ноябрь» are one line of two months.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from billing.base import Account, Charge, Money, Scheme, Service

WINDOW: Final = timedelta(days=30)
YOUNGEST: Final = 14  # days that a contract must have lasted: of fewer no average is one
# A fee says so in its title. The billing's words, not ours: Russian, English, Portuguese.
FEE: Final = re.compile(
    r"абон\w*\.?\s*плат|ежемесячн\w+ плат|плата за тариф|(monthly|subscription|tariff) (fee|charge)|mensalidade",
    re.IGNORECASE,
)
QUOTED: Final = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")
MONTHS: Final = re.compile(
    r"\b(январ[ьяе]|феврал[ьяе]|марта?|марте|апрел[ьяе]|ма[йяе]|июн[ьяе]|июл[ьяе]|августа?|августе|сентябр[ьяе]"
    r"|октябр[ьяе]|ноябр[ьяе]|декабр[ьяе]|january|february|march|april|may|june|july|august|september|october"
    r"|november|december|janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)\b"
)
WORD: Final = re.compile(r"[^\W\d_]+")


def spending(account: Account, services: Sequence[Service], charges: Iterable[Charge], today: date) -> Money | None:
    """What an average day took beside the fees, not below zero.

    `charges`: at least those of the 30 days before `today`, the account's own day; others do not count.
    None: bills are paid afterwards here, or the contract is too young to say.
    """
    days = WINDOW.days if account.since is None else min(WINDOW.days, (today - account.since).days)
    if account.scheme is Scheme.CREDIT or days < YOUNGEST:
        return None
    zone, first = ZoneInfo(account.zone), today - WINDOW
    sums: defaultdict[str, int] = defaultdict(int)
    came: defaultdict[str, set[date]] = defaultdict(set)
    for charge in charges:
        day = charge.at.astimezone(zone).date()
        if first <= day < today and not is_fee(charge, services):
            kind = likeness(charge.title)
            sums[kind] += charge.amount.minor
            came[kind].add(day)
    total = sum(amount for amount in sums.values() if amount > 0)
    fees = sum(s.fee.minor for s in services if s.fee is not None)
    for amount in sorted((sums[kind] for kind, on in came.items() if len(on) == 1), reverse=True):
        if amount <= max(fees // 2, total - amount, 0):
            break
        total -= amount
    return Money(total // days, account.currency)


def is_fee(charge: Charge, services: Sequence[Service]) -> bool:
    """Whether the charge is a service's fee, or a day's part of one, which the forecast takes on its own day."""
    amount = charge.amount.minor
    if amount <= 0:
        return False
    for service in services:
        if service.fee is not None and charge.service in {None, service.id}:
            fee = service.fee.minor
            if amount == fee or (service.daily and fee // 31 <= amount <= -(-fee // 28)):
                return True
            # Another sum by the name of a fee: the tariff has just changed. An option's fee would be smaller.
            if fee <= 2 * amount <= 4 * fee and says_fee(charge.title):
                return True
    return False


@lru_cache(10_000)
def says_fee(title: str) -> bool:
    return FEE.search(title) is not None


@lru_cache(10_000)
def likeness(title: str) -> str:
    """What titles of one habit have in common: no names in quotation marks, no months, no figures. Else the title."""
    folded = title.casefold()
    return " ".join(WORD.findall(MONTHS.sub(" ", QUOTED.sub(" ", folded)))) or folded
