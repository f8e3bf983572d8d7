"""The tables. One schema for SQLite and PostgreSQL.

    lanes, inbox             what came in: one lane a conversation, its events in the order of commit
    outbox, paces, rates     what goes out: letters, each chat's and each network's pace
    chats, links, invitations, attempts    who may ask about what, and links in the making
    watches, spreads         accounts that somebody wants to hear of, and a region's events on their way to them
    valve, waves             what holds alerts back, and many of them that leave in shares
    challenges, orders       codes that were sent, payments in a chat
    cursors, dead, runs, audits, erasures  positions, what nobody could handle, ticks, who saw what, what was erased
    misses                   what was not understood, by nobody

Conventions:
- An instant is BIGINT microseconds UTC, read from the injected clock once in a transaction. Not the database's
  `clock_timestamp()`: then leases, paces and episodes would follow another clock than the rules do, and no test could
  hold it still. Processes must agree within a second or so; `saldo doctor` measures that.
- A sum is BIGINT kopecks.
- An id is never used twice, not even after a delete (AUTOINCREMENT, identity): replies and VK's random_id need that.
- `lane` is str(Address), "vk:2000": the one key of a conversation, in every table that knows conversations.
- The condition of a partial index is literal SQL, here and in every query that wants the index: PostgreSQL's generic
  plans do not match an index against a bound value.
- Values are JSON text, written and read by storage.values.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True)


def _number(name: str, start: int | None = None) -> Column[int]:
    """A BIGINT: nullable without a start value."""
    default = None if start is None else text(str(start))
    return Column(name, BigInteger, nullable=start is None, server_default=default)


def _flag(name: str, start: bool) -> Column[bool]:
    # "true" and "false" are words of both databases (SQLite since 3.23).
    return Column(name, Boolean(create_constraint=False), nullable=False, server_default=text(str(start).lower()))


def _words(name: str, start: str | None = None) -> Column[str]:
    """A TEXT: nullable without a start value."""
    default = None if start is None else text(f"'{start}'")
    return Column(name, Text, nullable=start is None, server_default=default)


def _partial(name: str, condition: str, *columns: Any) -> Index:
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


# ── What came in ──────────────────────────────────────────────────────────────────────────────────────────────────

lanes = Table(
    "lanes",
    metadata,
    Column("lane", Text, primary_key=True),
    _number("pending", 0),  # undone events
    _number("ready_at", 0),
    _number("lease_until", 0),  # 0: free
    _number("token", 0),  # starts at the time of birth, so that a lane made anew never repeats an old token
    _number("attempts", 0),  # how often the lane was claimed since an event of it was last finished
    _words("dialogue"),  # what was last asked; here because finishing an event writes this row anyway
    # Every event writes this row three times: room in the page keeps those updates off the indexes.
    postgresql_with={"fillfactor": "70"},
)
LANE_WAITS = "pending > 0"
_partial("ix_lanes_waiting", LANE_WAITS, lanes.c.ready_at)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("lane", Text, nullable=False),  # "" when done: nothing but the dedupe key is needed any more
    Column("dedupe", LargeBinary(16), nullable=False, unique=True),  # hashed: OK's event ids contain chat ids
    _words("payload"),  # Incoming; null when done: what customers write is not kept
    Column("received_at", BigInteger, nullable=False, index=True),
    _number("done"),
    sqlite_autoincrement=True,
)
EVENT_WAITS = "done IS NULL"
_partial("ix_inbox_waiting", EVENT_WAITS, inbox.c.lane, inbox.c.id)

cursors = Table(
    "cursors",
    metadata,
    Column("key", Text, primary_key=True),  # a network's name; "watch" for the billing's feed
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

dead = Table(
    "dead",
    metadata,
    _id(),
    Column("source", Text, nullable=False),  # event · unreadable
    Column("network", Text, nullable=False),
    _words("lane"),
    _number("row"),  # the event's id
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary),
    Column("at", BigInteger, nullable=False, index=True),
    sqlite_autoincrement=True,
)

# ── What goes out ─────────────────────────────────────────────────────────────────────────────────────────────────

WAITING, LEASED, SENT, DEAD, PARKED, REFUSED, UNCERTAIN, HELD = range(8)  # outbox.status

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("network", Text, nullable=False),
    Column("lane", Text, nullable=False),  # "" when settled
    Column("priority", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("dedupe", Text, nullable=False, unique=True),  # r:<event>:<n> · low:<link>:<episode> …: no id of a person
    Column("status", Integer, nullable=False, server_default=text("0")),
    _number("not_before"),  # while PARKED
    _number("expires_at"),
    _number("lease_until", 0),
    _number("token", 0),
    _number("attempts", 0),
    _number("unknowns", 0),
    Column("created_at", BigInteger, nullable=False),
    _number("sending_at"),  # when the present or last attempt began
    _number("first_sent_at"),  # when the first attempt began that may have arrived
    _number("settled_at"),
    _flag("personal", True),
    _flag("farewell", False),  # the last words to somebody who is forgotten: erased when settled
    _words("payload"),  # Reply for kind "reply", else the notice's data; null when settled
    _number("answer_to"),
    _number("link"),
    _words("reason"),
    _number("wave"),  # an alert among many, that leave in shares
    _number("led_by"),  # the letter with which this one went out as one message: again together, after an unknown end
    sqlite_autoincrement=True,
)
LETTER_WAITS = "status = 0"
LETTER_LEASED = "status = 1"
LETTER_PARKED = "status = 4"
LETTER_OF_WAVE = "wave IS NOT NULL"
LETTER_ACTIVE = "status IN (0, 1, 4, 7)"
LETTER_MAY_EXPIRE = "status IN (0, 4, 7) AND expires_at IS NOT NULL"
LETTER_SETTLED = "settled_at IS NOT NULL"
_partial("ix_outbox_waiting", LETTER_WAITS, outbox.c.network, outbox.c.priority, outbox.c.id)
_partial("ix_outbox_leased", LETTER_LEASED, outbox.c.lease_until)
_partial("ix_outbox_parked", LETTER_PARKED, outbox.c.not_before)
_partial("ix_outbox_wave", LETTER_OF_WAVE, outbox.c.wave, outbox.c.status, outbox.c.id)
_partial("ix_outbox_chat", LETTER_ACTIVE, outbox.c.lane, outbox.c.id)
_partial("ix_outbox_expiry", LETTER_MAY_EXPIRE, outbox.c.expires_at)
_partial("ix_outbox_settled", LETTER_SETTLED, outbox.c.settled_at)

rates = Table(  # one row a network, shared by all processes: GCRA
    "rates",
    metadata,
    Column("network", Text, primary_key=True),
    Column("step", BigInteger, nullable=False),  # microseconds a call
    Column("burst", Integer, nullable=False),
    Column("per_chat", BigInteger, nullable=False),  # microseconds between two letters to one chat
    _number("tat", 0),  # theoretical arrival time: when the bucket is full again
    _number("blocked_until", 0),
)

paces = (
    Table(  # only of networks that limit letters to one chat; apart from lanes, so that sending never waits for them
        "paces",
        metadata,
        Column("lane", Text, primary_key=True),
        Column("send_after", BigInteger, nullable=False, index=True),
    )
)

# ── Who may ask about what ────────────────────────────────────────────────────────────────────────────────────────

chats = Table(
    "chats",
    metadata,
    _id(),
    Column("lane", Text, nullable=False, unique=True),
    Column("network", Text, nullable=False),
    _words("language"),
    _words("zone"),
    _words("consent"),
    _number("consent_at"),
    _flag("alerts", False),
    _number("quiet_from", 22 * 60),
    _number("quiet_to", 9 * 60),
    _flag("reachable", True),
    _number("current"),  # links.id; no foreign key: the two tables would need each other
    _words("region"),
    _words("wishes"),  # null: all as preset
    _number("remind_at", 10 * 60),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

links = Table(
    "links",
    metadata,
    _id(),
    Column("chat", ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("account", Text, nullable=False, index=True),
    Column("number", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    Column("threshold", BigInteger, nullable=False),
    _number("rank", 0),  # the chat that hears of the account is the one with the highest, of those that want to
    _words("nickname", ""),
    _words("region", ""),
    _number("verified_until"),
    UniqueConstraint("chat", "account"),
    sqlite_autoincrement=True,
)
# One row for each linked account, whoever has linked it: an event is told once, in one chat.
watches = Table(
    "watches",
    metadata,
    _id(),
    Column("account", Text, nullable=False, unique=True),
    _number("link"),  # whose chat hears of it (storage.watches.choose); null: nobody wants to, or can be reached
    _words("region", ""),  # that link's
    _number("threshold", 0),  # that link's
    _number("available"),  # as last observed; null: never
    _flag("low", False),  # since funds fell below the threshold, until they are a tenth above it
    _number("episode", 0),  # counts the times that funds fell below it
    _number("alerted", 0),  # the last episode that was told
    _number("alerted_at", 0),  # when it was: not again too soon
    _number("restored", 0),  # the last episode whose end was told, or that nobody needs to hear of
    _words("funds"),  # Funds, as the feed last told them; null: never
    _words("told", "{}"),  # what dated notices were last told about
    _number("next_at"),  # when its days are to be judged; null: not before the feed tells something new
    sqlite_autoincrement=True,
)
LOW_UNTOLD = "low AND link IS NOT NULL AND alerted < episode"
END_UNTOLD = "NOT low AND link IS NOT NULL AND alerted = episode AND restored < episode"
DAY_DUE = "link IS NOT NULL AND next_at IS NOT NULL"
WATCHED = "link IS NOT NULL"
_partial("ix_watches_low", LOW_UNTOLD, watches.c.id)
_partial("ix_watches_restored", END_UNTOLD, watches.c.id)
_partial("ix_watches_day", DAY_DUE, watches.c.next_at)
_partial("ix_watches_region", WATCHED, watches.c.region, watches.c.id)

spreads = Table(  # a row lives until everybody in the region was looked at
    "spreads",
    metadata,
    _id(),
    Column("event", Text, nullable=False, unique=True),
    Column("region", Text, nullable=False),
    Column("payload", Text, nullable=False),  # Happening
    _number("reached", 0),  # watches.id up to which it was told
    _number("done_at"),  # kept for a while: the feed may repeat an event
    sqlite_autoincrement=True,
)

valve = Table(  # one row while it is shut, none while it is open
    "valve",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)

waves = Table(
    "waves",
    metadata,
    _id(),
    Column("began_at", BigInteger, nullable=False),
    _number("share", 0),  # per cent that may leave
    Column("share_at", BigInteger, nullable=False),
    _words("stopped", ""),
    _number("ended_at"),
    sqlite_autoincrement=True,
)

invitations = Table(  # a row lives as long as the invitation does: used, void and wrong too often means gone
    "invitations",
    metadata,
    _id(),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("lane", Text, index=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    _words("subject"),
    Column("claims", Text, nullable=False, server_default=text("'[]'")),
    _words("code_hash"),
    _number("tries", 0),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_autoincrement=True,
)

challenges = Table(  # a row lives as long as the challenge does
    "challenges",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("link", BigInteger, nullable=False),
    Column("code_hash", Text, nullable=False),
    Column("data", Text, nullable=False, server_default=text("'{}'")),
    _number("tries", 0),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

orders = Table(  # payments in a chat; a paid one is kept until the billing has it, whatever else is forgotten
    "orders",
    metadata,
    _id(),
    Column("token", Text, nullable=False, unique=True),
    _words("lane"),  # null: the chat was forgotten
    _number("link"),
    Column("account", Text, nullable=False),  # "": money came for an order that nobody knows
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("charge", Text, unique=True),  # the network's id of the payment
    _number("paid_at"),
    _number("credited_at"),
    _number("attempts", 0),
    _number("next_at", 0),
    Index("ix_orders_lane", "lane"),
    sqlite_autoincrement=True,
)
ORDER_OWED = "paid_at IS NOT NULL AND credited_at IS NULL"
_partial("ix_orders_owed", ORDER_OWED, orders.c.next_at)

attempts = Table(  # one row for each key that a password attempt counts against
    "attempts",
    metadata,
    _id(),
    Column("receipt", BigInteger, index=True),  # the first row's id; null in that row
    Column("key", LargeBinary(16), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Index("ix_attempts_key_at", "key", "at"),
    sqlite_autoincrement=True,
)

# ── For the operator ──────────────────────────────────────────────────────────────────────────────────────────────

runs = Table(
    "runs",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
)

audits = Table(  # who was shown what, and when
    "audits",
    metadata,
    _id(),
    Column("at", BigInteger, nullable=False, index=True),
    Column("lane", Text, index=True),  # null: the chat was forgotten
    Column("account", Text, nullable=False),
    Column("question", Text, nullable=False),
    _words("figures"),
    _words("template", ""),  # which version of the sentences
    _number("letter"),  # of an alert
    Index("ix_audits_account_at", "account", "at"),
    sqlite_autoincrement=True,
)

erasures = Table(  # that somebody was forgotten, when and how thoroughly: not who
    "erasures",
    metadata,
    _id(),
    Column("at", BigInteger, nullable=False),
    Column("network", Text, nullable=False),
    Column("counts", Text, nullable=False),
    sqlite_autoincrement=True,
)

misses = Table(  # what was not understood, masked: texts without people
    "misses",
    metadata,
    _id(),
    Column("said", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("likely", Text, nullable=False),
    _number("times", 1),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False, index=True),
    UniqueConstraint("said", "language"),
    sqlite_autoincrement=True,
)
