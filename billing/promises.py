"""The promised payment («обещанный платёж»): what may be promised, or why nothing may be. Pure.

A promise lets services go on before money comes. It is never own money; it is paid back by whatever comes in next.

    the sum    what is missing by the promise's last day: the debt and the fees that fall due until then, never more
               than is to be paid anyway (so that paying `Position.to_pay` pays it back), and the promise's own fee,
               which is charged at once. At most the rule's largest: the debt and the fee are always covered by it.
    the id     names the occasion and its terms: whoever confirmed other terms has not confirmed these

    refused because   when                                                        possible
    SCHEME            bills are paid afterwards here
    OUTSTANDING       one is not paid back yet
    NEEDLESS          own money lasts until the promise would end
    DEBT              the debt and the promise's fee are larger than a promise may be
    NEWCOMER          the contract is younger than the rule wants                 the first day it is old enough
    RECENT            the last promise was taken too short ago                    the first day it is long enough

In this order, so that a day is named only where nothing but time stands in the way; of two days it is the later one.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2s
from typing import Final
from zoneinfo import ZoneInfo

from billing.base import Money, Offer, Refusal, Scheme
from billing.position import Position, charged, taken


@dataclass(frozen=True, slots=True)
class Rule:
    """An operator's terms. Sums are whole minor units of the account's currency."""

    largest: int
    fee: int
    days: int  # from the day it is taken to the last day to pay it back
    every: int  # days from one promise to the next
    tenure: int  # days that the contract must have lasted; one whose beginning is unknown is old enough

    def __post_init__(self) -> None:
        if min(self.largest, self.fee, self.days, self.every, self.tenure) < 0 or self.fee >= self.largest:
            raise ValueError("a promise's terms are not below zero, and its fee is less than its sum")


FREE: Final = Rule(largest=100_000, fee=0, days=5, every=30, tenure=30)  # of an operator who has not set any


def offer(rule: Rule, stand: Position, last: datetime | None, today: date) -> Offer:
    """What may be promised on `today`, the account's own day.

    `stand` is of the same day, `last` the instant at which the last promise was taken.
    """
    account = stand.account
    until = today + timedelta(days=rule.days)
    short = missing(stand, until, today)
    amount = min(short + rule.fee, rule.largest) if short else 0
    refusal, possible = refused(rule, stand, short, last, today)
    terms = (account.id, last, amount, rule.fee, until)
    return Offer(
        account=account.id,
        id=blake2s(repr(terms).encode(), digest_size=10).hexdigest(),
        amount=Money(amount, account.currency),
        fee=Money(rule.fee, account.currency),
        until=until,
        refusal=refusal,
        possible=possible,
    )


def missing(stand: Position, until: date, today: date) -> int:
    """What own money lacks up to and including `until`; at most what is to be paid."""
    days = [today + timedelta(days=n) for n in range((until - today).days + 1)]
    fees = sum(taken(service, day, today) for service in charged(stand.services) for day in days)
    return min(max(0, fees - stand.own.minor), stand.to_pay.minor)


def refused(
    rule: Rule, stand: Position, short: int, last: datetime | None, today: date
) -> tuple[Refusal | None, date | None]:
    """Why not, and from which day; (None, None): it may be taken."""
    account = stand.account
    if account.scheme is Scheme.CREDIT:
        return Refusal.SCHEME, None
    if stand.promised is not None:
        return Refusal.OUTSTANDING, None
    if not short:
        return Refusal.NEEDLESS, None
    if stand.overdue.minor + rule.fee > rule.largest:
        return Refusal.DEBT, None
    waits: list[tuple[date, Refusal]] = []
    if account.since is not None:
        waits.append((account.since + timedelta(days=rule.tenure), Refusal.NEWCOMER))
    if last is not None:
        waits.append((last.astimezone(ZoneInfo(account.zone)).date() + timedelta(days=rule.every), Refusal.RECENT))
    possible, refusal = max(waits, default=(today, None), key=lambda wait: wait[0])
    return (refusal, possible) if possible > today else (None, None)
