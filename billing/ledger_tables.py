"""The ledger's tables. Imported by the migrations; read and written only by `billing.ledger` (with its
`ledger_…` files) and `billing.exports`.

Instants are whole microseconds in UTC, money whole kopecks (the account's currency), days are days of the account's
zone, ids are the operator's own text. The same statements serve SQLite and PostgreSQL.

Three columns carry the feed of changes:
    ledger_accounts.changed   a number from `ledger_feed`, given under that row's lock and so in the order of commits
    ledger_events.number      the same, of what happened
    ledger_bills.late_at      the instant the day after `due` begins in the account's zone: there the bill turns overdue
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()

customers = Table(
    "ledger_customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),  # case folded
    Column("password_hash", Text),  # argon2; null: cannot sign in
)

accounts = Table(
    "ledger_accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Column("customer", Text, ForeignKey("ledger_customers.id")),
    Column("holder", Text, nullable=False, server_default=""),  # masked before it comes here
    Column("scheme", Text, nullable=False),
    Column("currency", Text, nullable=False, server_default="RUB"),
    Column("zone", Text, nullable=False, server_default="Europe/Moscow"),
    Column("open", Boolean, nullable=False, server_default=text("true")),
    Column("own", BigInteger, nullable=False),
    Column("as_of", BigInteger),  # null: the book is kept here and is true at any moment; else the time of the export
    Column("promised", BigInteger),
    Column("promised_until", Date),
    Column("changed", BigInteger, nullable=False),
    Column("region", Text, nullable=False, server_default=""),
    Column("since", Date),
    Index("ledger_accounts_customer", "customer"),
    Index("ledger_accounts_changed", "changed", "id"),
    Index(
        "ledger_accounts_promised",
        "promised_until",
        sqlite_where=text("promised IS NOT NULL"),
        postgresql_where=text("promised IS NOT NULL"),
    ),
)

services = Table(
    "ledger_services",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tariff", Text, nullable=False, server_default=""),
    Column("fee", BigInteger),
    Column("next_fee", Date),
    Column("daily", Boolean, nullable=False, server_default=text("false")),
    Column("balance", BigInteger),
    Index("ledger_services_account", "account"),
)

bills = Table(
    "ledger_bills",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("remaining", BigInteger, nullable=False),
    Column("issued", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("late_at", BigInteger, nullable=False),
    # Literal conditions: PostgreSQL's generic plan cannot match a bound value to a partial index.
    Index(
        "ledger_bills_open",
        "account",
        sqlite_where=text("remaining > 0"),
        postgresql_where=text("remaining > 0"),
    ),
    Index(
        "ledger_bills_late",
        "late_at",
        "id",
        sqlite_where=text("remaining > 0"),
        postgresql_where=text("remaining > 0"),
    ),
)

payments = Table(
    "ledger_payments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("method", Text, nullable=False, server_default=""),
    Column("credited", Boolean, nullable=False, server_default=text("true")),
    Index("ledger_payments_account", "account", "at", "id"),
)

charges = Table(
    "ledger_charges",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("service", Text),  # no reference: the operator may charge for a service that is long gone
    Index("ledger_charges_account", "account", "at", "id"),
)

# What a service is made of, and what was used of it

options = Table(
    "ledger_options",
    metadata,
    Column("id", Text, primary_key=True),
    Column("service", Text, ForeignKey("ledger_services.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("fee", BigInteger),
    Index("ledger_options_service", "service"),
)

components = Table(
    "ledger_components",
    metadata,
    Column("service", Text, ForeignKey("ledger_services.id"), primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("status", Text, nullable=False),
)

carriers = Table(
    "ledger_carriers",
    metadata,
    Column("service", Text, ForeignKey("ledger_services.id"), primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("title", Text, primary_key=True),
    Column("own", BigInteger, nullable=False),
)

usages = Table(
    "ledger_usages",
    metadata,
    Column("service", Text, ForeignKey("ledger_services.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("use", Text, primary_key=True),
    Column("direction", Text, primary_key=True, server_default=""),  # "": none
    Column("title", Text, primary_key=True, server_default=""),
    Column("amount", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False, server_default=text("1")),
    Column("cost", BigInteger),
)

calls = Table(
    "ledger_calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("service", Text, ForeignKey("ledger_services.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),
    Column("cost", BigInteger, nullable=False, server_default=text("0")),
    Column("incoming", Boolean, nullable=False, server_default=text("false")),
    Index("ledger_calls_service", "service", "at", "id"),
)

# What the operator does for the customer

reaches = Table(
    "ledger_reaches",
    metadata,
    Column("account", Text, ForeignKey("ledger_accounts.id"), primary_key=True),
    Column("way", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("place", Integer, nullable=False, server_default=text("0")),  # the most trusted first
)

deliveries = Table(
    "ledger_deliveries",
    metadata,
    Column("service", Text, ForeignKey("ledger_services.id"), primary_key=True),
    Column("email", Text),  # null: not by e-mail
)

promises = Table(  # each promised payment that was taken
    "ledger_promises",
    metadata,
    Column("offer", Text, primary_key=True),
    Column("account", Text, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("until", Date, nullable=False),
    Column("let_on", Text),  # JSON, ids of the services that it let go on; null: not known, or its day was looked at
    Index("ledger_promises_account", "account", "taken_at"),
)

outages = Table(
    "ledger_outages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, ForeignKey("ledger_accounts.id")),  # null: the whole region's
    Column("region", Text, nullable=False, server_default=""),
    Column("kinds", Text, nullable=False, server_default=""),  # "internet tv"; "": all
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False, server_default=""),  # what everybody in the region is told
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("planned", Boolean, nullable=False, server_default=text("false")),
    Index("ledger_outages_account", "account"),
)

notices = Table(
    "ledger_notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("region", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger),
)

bonuses = Table(
    "ledger_bonuses",
    metadata,
    Column("account", Text, ForeignKey("ledger_accounts.id"), primary_key=True),
    Column("program", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("burning", BigInteger, nullable=False, server_default=text("0")),
    Column("burns", Date),
)

keys = Table("ledger_keys", metadata, Column("key", Text, primary_key=True))  # what the operator's side has done once

feed = Table(
    "ledger_feed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("as_of", BigInteger),  # of what time the last import spoke; null: nothing was imported
)

events = Table(  # what happened, for those who follow the feed: kept for some weeks
    "ledger_events",
    metadata,
    Column("id", Text, primary_key=True),  # Happening.id
    Column("number", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),  # among those of one number
    Column("written", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sign", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("account", Text),  # null: the whole region's. No reference: a writer locks nothing after the feed's row
    Column("region", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("amount", BigInteger),
    Column("day", Date),
    Column("service", Text, nullable=False, server_default=""),
    Index("ledger_events_number", "number", "place"),
)
