"""Storage on SQLite or PostgreSQL: the parts, put together."""

from storage.audit import SqlAudit
from storage.base import Audit, Database, Inbox, Links, Orders, Outbox, Storage, Upkeep, Valve, Watches
from storage.clock import Clock
from storage.database import Connected, connect
from storage.inbox import SqlInbox
from storage.links import SqlLinks
from storage.orders import SqlOrders
from storage.outbox import SqlOutbox
from storage.upkeep import SqlUpkeep, repair
from storage.valve import SqlValve
from storage.watches import SqlWatches


class SqlStorage:
    def __init__(self, database: Connected, clock: Clock) -> None:
        self.database: Database = database
        self.inbox: Inbox = SqlInbox(database, clock)
        self.outbox: Outbox = SqlOutbox(database, clock)
        self.links: Links = SqlLinks(database, clock)
        self.watches: Watches = SqlWatches(database, clock)
        self.valve: Valve = SqlValve(database, clock)
        self.audit: Audit = SqlAudit(database)
        self.orders: Orders = SqlOrders(database, clock)
        self.upkeep: Upkeep = SqlUpkeep(database, clock)

    async def close(self) -> None:
        await self.database.close()


def open_storage(url: str, clock: Clock, *, beside: bool = False) -> Storage:
    """Open `sqlite:///file` or `postgresql://…`; the schema is `saldo migrate`'s affair.

    `beside` a running process: for a look and a small change, never for queues; see storage.database. Raises
    StorageError: the SQLite file is in use by another process, is not there to stand beside, or the address is none.
    """
    database = connect(url, beside=beside)
    if not beside:
        database.at_start(repair)
    return SqlStorage(database, clock)
