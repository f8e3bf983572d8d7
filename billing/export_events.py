"""What of an import is news: rows that were not there before, or that have changed, become events of the feed.

    file        an event                                          of what moment
    bills       a new one with anything left to pay               the import's
    payments    a new credited one, or one that is credited now   its own
    charges     a new one that is unusual (billing.unusual)       its own
    services    stopped for debt, or on again after it            the import's
    options     newly paid for                                    the import's
    outages     a new one that is not over; one that is over now  the import's

Never of an account's first import, nor of a first file of its kind (an operator who adds a file of options has not
connected one to everybody), nor of what was before the time of which the account's last import spoke.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billing import ledger_events
from billing import ledger_rows as rows
from billing.base import Charge, Money, Option, Service, Sign
from billing.ledger_events import event_row, paid_option, stopped_or_on
from billing.ledger_rows import UNMARKED, Values, instant, micros
from billing.ledger_tables import accounts, charges, feed, options, services
from billing.unusual import MEMORY, agreed, unusual

Before = sa.Row[Any] | None  # the row as it was; None: it is new
Pairs = Sequence[tuple[Values, Before]]
HISTORIES: Final = frozenset({"bills", "payments", "charges", "options"})  # files whose first is none of news


class News:
    """Gathers the events of one import, in its transaction. Whoever imports marks them at the end (`told`)."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self._connection, self._now, self._moment = connection, now, micros(now)
        self._imported = connection.execute(sa.select(feed.c.as_of)).scalar()
        self._last: dict[str, int | None] = {}  # account -> the time of its last import; None: this is the first
        self._first: dict[str, bool] = {}  # kind -> whether this is its first file
        self.told = 0

    def accounts(self, ids: Iterable[str], known: Mapping[str, sa.Row[Any]]) -> None:
        """These accounts are about to be written: what was known of them."""
        self._last |= {id: known[id].as_of if id in known else None for id in ids}

    def begin(self, kind: str, table: sa.Table) -> None:
        """Rows of that kind are about to be written."""
        if kind not in self._first:
            some = self._connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
            self._first[kind] = kind in HISTORIES and some is None

    def take(self, kind: str, pairs: Pairs) -> None:
        """These were written: new ones, and changed ones with what they were."""
        if not pairs or self._imported is None or self._first[kind]:
            return
        match kind:
            case "outages":
                made = [event for now, before in pairs for event in self._outage(now, before)]
            case "options":
                made = self._options(pairs)
            case "charges":
                made = self._charges(pairs)
            case _:
                zones = self._owners({now["account"] for now, _ in pairs})
                of = {"bills": self._bill, "payments": self._payment, "services": self._service}[kind]
                made = [
                    event
                    for now, before in pairs
                    if now["account"] in zones
                    for event in of(now, before, zones[now["account"]])
                ]
        ledger_events.put(self._connection, UNMARKED, [{**row, "written": self._moment} for row in made], self.told)
        self.told += len(made)

    def _bill(self, now: Values, before: Before, zone: str) -> list[Values]:
        since = instant(self._since(now["account"])).astimezone(ZoneInfo(zone)).date()
        if before is not None or not now["remaining"] or now["issued"] < since:
            return []
        about = {"account": now["account"], "amount": now["amount"], "day": now["due"]}
        return [event_row(Sign.BILL, now["id"], self._now, **about)]

    def _payment(self, now: Values, before: Before, _: str) -> list[Values]:
        late = before is None and now["at"] <= self._since(now["account"])
        if not now.get("credited", True) or late or (before is not None and before.credited):
            return []
        about = {"account": now["account"], "amount": now["amount"], "title": now.get("method", "")}
        return [event_row(Sign.PAID, now["id"], self._at(now["at"]), **about)]

    def _service(self, now: Values, before: Before, _: str) -> list[Values]:
        sign = None if before is None else stopped_or_on(before.status, now["status"])
        if sign is None:
            return []
        return [event_row(sign, now["id"], self._now, account=now["account"], title=now["title"])]

    def _outage(self, now: Values, before: Before) -> list[Values]:
        about = {"account": now.get("account"), "region": now.get("region", ""), "title": now["title"]}
        if before is not None:
            about |= {"account": before.account, "region": before.region}
        over = now.get("until") is not None and now["until"] <= self._moment
        if before is None and not over and now["since"] > (self._imported or 0):
            return [event_row(Sign.OUTAGE, now["id"], self._now, **about)]
        was_over = before is not None and before.until is not None and before.until <= self._moment
        if before is not None and "until" in now and over and not was_over:
            return [event_row(Sign.OUTAGE_OVER, now["id"], self._now, **about)]
        return []

    def _options(self, pairs: Pairs) -> list[Values]:
        query = sa.select(services.c.id, services.c.account)
        query = query.where(services.c.id.in_({now["service"] for now, _ in pairs}))
        owners = {row.id: row.account for row in self._connection.execute(query)}
        known = self._owners(set(owners.values()))
        made = []
        for now, before in pairs:
            owner = owners[now["service"]]
            fee = now.get("fee") if before is None or "fee" in now else before.fee
            if owner in known and paid_option(now["status"], fee, None if before is None else before.status):
                about = {"account": owner, "title": now["title"], "amount": fee, "service": now["service"]}
                made.append(event_row(Sign.OPTION, now["id"], self._now, **about))
        return made

    def _charges(self, pairs: Pairs) -> list[Values]:
        known = self._owners({now["account"] for now, _ in pairs})
        fresh = [now for now, before in pairs if before is None and now["amount"] > 0 and now["account"] in known]
        fresh = [now for now in fresh if now["at"] > self._since(now["account"])]
        if not fresh:
            return []
        ids = {now["account"] for now in fresh}
        owners = {row.id: row for row in self._rows(accounts.c.id, ids)}
        bought: dict[str, list[Service]] = {id: [] for id in ids}
        for row in self._rows(services.c.account, ids):
            bought[row.account].append(rows.read_service(row, owners[row.account].currency))
        whose = {service.id: id for id, had in bought.items() for service in had}
        extras: dict[str, list[Option]] = {id: [] for id in ids}
        for row in self._rows(options.c.service, whose):
            id = whose[row.service]
            extras[id].append(rows.read_option(row, id, owners[id].currency))
        made = [
            Charge(
                now["account"],
                now["id"],
                instant(now["at"]),
                Money(now["amount"], owners[now["account"]].currency),
                now.get("title", ""),
                now.get("service"),
            )
            for now in fresh
        ]
        made = [one for one in made if not agreed(one, bought[one.account], extras[one.account])]
        earlier = self._history(made, owners)
        return [
            event_row(
                Sign.CHARGE,
                one.id,
                self._at(micros(one.at)),
                account=one.account,
                title=one.title,
                amount=one.amount.minor,
                service=one.service,
            )
            for one in sorted(made, key=lambda one: (one.at, one.id))
            if unusual(
                one,
                earlier[one.account],
                rows.read_account(owners[one.account]),
                bought[one.account],
                extras[one.account],
            )
        ]

    def _history(self, made: Sequence[Charge], owners: Mapping[str, sa.Row[Any]]) -> dict[str, list[Charge]]:
        """What these accounts were charged before, and in this very file."""
        found: dict[str, list[Charge]] = {one.account: [] for one in made}
        if made:
            query = sa.select(charges).where(charges.c.account.in_(list(found)))
            query = query.where(charges.c.at >= micros(min(one.at for one in made) - MEMORY))
            for row in self._connection.execute(query):
                found[row.account].append(rows.read_charge(row, owners[row.account].currency))
        return found

    def _owners(self, ids: set[str]) -> dict[str, str]:
        """The zones of those accounts that were imported before."""
        found = {row.id: row for row in self._rows(accounts.c.id, ids)}
        for id in ids - self._last.keys():
            self._last[id] = found[id].as_of
        return {id: row.zone for id, row in found.items() if self._last[id] is not None}

    def _rows(self, column: sa.Column[str], ids: Iterable[str]) -> Sequence[sa.Row[Any]]:
        return self._connection.execute(sa.select(column.table).where(column.in_(list(ids)))).all()

    def _since(self, account: str) -> int:
        return self._last[account] or 0

    def _at(self, moment: int) -> datetime:
        return instant(min(moment, self._moment))
