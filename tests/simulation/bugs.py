"""Mistakes that this program could have, planted one at a time: the rig must catch each of them, or it is decoration.

Every one is a small change of the program's own parts, made for one day and taken back. `BUGS` says by which promise
each is caught; the test says within how many days. What a day hardly ever shows from outside is not here but in
tests/contract/test_storage.py: that the outcome of a lease that was lost does not count.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from unittest import mock

from sqlalchemy import false, text

import bot.crediting
import bot.delivery
import bot.drawing
import bot.intake
import handlers.notices
import handlers.text
import storage.effects
import storage.inbox
import storage.outbox
import storage.watches
from adapters.base import Received
from adapters.turns import Turns
from billing.base import Money, facts_of
from billing.guard import Guarded
from bot.delivery import Delivery
from bot.settings import Mode
from storage.base import Again, Dead, Letter, Sent, SetAlerts
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.watches import SqlWatches

Patch = tuple[Any, str, Any]


def acknowledged_early() -> list[Patch]:
    """The network hears "accepted", and then it is stored."""
    honest = bot.intake.Intake.receiver

    def receiver(self: Any, network: str) -> Any:
        receive = honest(self, network)

        async def hasty(received: Received) -> None:
            task = asyncio.get_running_loop().create_task(receive(received))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

        return hasty

    return [(bot.intake.Intake, "receiver", receiver)]


def fresh_random_id() -> list[Patch]:
    """Each attempt has a number of its own."""
    return [(Letter, "key", property(lambda self: self.id + 10_000_000 * self.unknowns))]


def links_of_everybody() -> list[Patch]:
    """Nobody looks whose link it is."""
    honest = storage.inbox.memories

    def memories(connection: Any, wanted: Any, now: int) -> Any:
        lanes = list(connection.execute(text("SELECT lane FROM chats")).scalars())
        links = [link for memory in honest(connection, lanes, now).values() for link in memory.links]
        found = honest(connection, wanted, now)
        return {lane: replace(m, links=(*m.links, *links) if m.links else ()) for lane, m in found.items()}

    return [(storage.inbox, "memories", memories)]


def float_money() -> list[Patch]:
    """Rubles as a float, and kopecks out of them."""
    honest = handlers.text.Say.money

    def money(self: Any, sum_: Money) -> str:
        return honest(self, Money(int(sum_.minor / 100 * 100), sum_.currency))

    return [(handlers.text.Say, "money", money)]


def blind_retry() -> list[Patch]:
    """What may have arrived is sent again until somebody says that it has."""
    return [(Delivery, "repeat", lambda *_: None)]


def letter_leased_for_ever() -> list[Patch]:
    """Nobody takes over the letters of the dead."""
    return [(storage.outbox, "_take_back", lambda *_, **__: 0)]


def lane_leased_for_ever() -> list[Patch]:
    """Nobody takes over the conversations of the dead."""
    return [(storage.inbox, "LEASE", 10**15)]


def quiet_by_the_server() -> list[Patch]:
    """Night is when it is night at the server's."""
    honest = handlers.notices.quiet_until
    return [(handlers.notices, "quiet_until", lambda chat, zone, now: honest(chat, "UTC", now))]


def quiet_until_midnight() -> list[Patch]:
    """From 22 to 9 is no time at all."""
    honest = handlers.notices.quiet_until

    def until(chat: Any, zone: str, now: Any) -> Any:
        return honest(chat, zone, now) if chat.quiet_from < chat.quiet_to else None

    return [(handlers.notices, "quiet_until", until)]


def not_checked_again() -> list[Patch]:
    """Whoever wanted alerts when the letter was written gets them."""
    honest = handlers.notices.forbidden

    def forbidden(letter: Any, watch: Any, operator: Any, now: Any) -> Any:
        if watch is None:
            return honest(letter, watch, operator, now)
        chat = replace(watch.chat, alerts=True, reachable=True, consent=operator.consent_version)
        return honest(letter, replace(watch, chat=chat, chosen=True), operator, now)

    return [(handlers.notices, "forbidden", forbidden)]


def remembered_figures() -> list[Patch]:
    """The billing need not be asked twice."""
    known: dict[str, Any] = {}

    async def facts(billing: Any, account: str, *rest: Any) -> Any:
        if account not in known:
            known[account] = await facts_of(billing, account, *rest)
        return known[account]

    return [(bot.drawing, "facts_of", facts)]


def told_at_every_scan() -> list[Patch]:
    """An episode is queued and not marked, and the key is made anew."""
    honest = SqlWatches._due

    def due(self: Any, connection: Any, kind: str, *rest: Any, **more: Any) -> Any:
        found = honest(self, connection, kind, *rest, **more)
        connection.execute(text("UPDATE outbox SET dedupe = dedupe || id WHERE kind = 'low'"))
        if kind == "low":
            connection.execute(text("UPDATE watches SET alerted = alerted - 1, alerted_at = 0 WHERE alerted = episode"))
        return found

    return [(SqlWatches, "_due", due)]


def told_in_every_chat() -> list[Patch]:
    """All chats of the account hear of it, each in its network."""
    honest = SqlWatches._due
    others = text(
        "INSERT INTO outbox (network, lane, priority, kind, dedupe, created_at, personal, payload, link, expires_at)"
        " SELECT c.network, c.lane, o.priority, o.kind, o.dedupe || ':' || l.id, o.created_at, 1, o.payload, l.id,"
        " o.expires_at FROM outbox o JOIN links m ON m.id = o.link JOIN links l ON l.account = m.account"
        " JOIN chats c ON c.id = l.chat WHERE o.kind = 'low' AND o.status = 0 AND l.id != o.link AND c.alerts"
        " AND c.reachable AND o.dedupe NOT LIKE 'low:%:%:%'"
        " AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.dedupe = o.dedupe || ':' || l.id)"
    )

    def due(self: Any, connection: Any, kind: str, *rest: Any, **more: Any) -> Any:
        found = honest(self, connection, kind, *rest, **more)
        connection.execute(others)
        return found

    def forbidden(letter: Any, watch: Any, operator: Any, now: Any) -> Any:
        return checks(letter, None if watch is None else replace(watch, chosen=True), operator, now)

    checks = handlers.notices.forbidden
    return [(SqlWatches, "_due", due), (handlers.notices, "forbidden", forbidden)]


def dedupe_in_memory() -> list[Patch]:
    """What was seen is remembered as long as the process lives."""
    honest = SqlInbox.put

    async def put(self: Any, network: str, received: Received) -> int:
        seen = self.__dict__.setdefault("seen", set())
        events = []
        for event in received.events:
            if event.id not in seen:
                seen.add(event.id)
                key = storage.inbox.dedupe_key(network, event.id)
                known = await self._database.glance(
                    lambda connection, key=key: connection.execute(
                        text("SELECT 1 FROM inbox WHERE dedupe = :key"), {"key": key}
                    ).scalar()
                )
                events.append(replace(event, id=f"{event.id}/{len(seen)}") if known else event)
        return await honest(self, network, replace(received, events=tuple(events)))

    return [(SqlInbox, "put", put)]


def unpaced() -> list[Patch]:
    """The bucket is looked into and nothing is taken out, and whatever is drawn leaves."""
    take = storage.outbox._TAKE.where(false())

    async def at_once(self: Any, *, patient: bool = False) -> None:
        return

    return [(storage.outbox, "_TAKE", take), (Turns, "take", at_once)]


def chat_unpaced() -> list[Patch]:
    """A chat's letters leave one after another, and nobody waits between them."""
    honest = SqlOutbox.pace

    async def pace(self: Any, network: str, per_second: float, burst: int, per_chat: float, *rest: Any) -> None:
        await honest(self, network, per_second, burst, 0.0, *rest)

    return [(SqlOutbox, "pace", pace)]


def stop_unheard() -> list[Patch]:
    """«Стоп» is answered, and nothing else."""
    honest = storage.effects._EFFECTS

    def alerts(turn: Any, effect: Any) -> None:
        if effect.on:
            honest[SetAlerts](turn, effect)

    return [(storage.effects, "_EFFECTS", {**honest, SetAlerts: alerts})]


def letters_outlive() -> list[Patch]:
    """Who is forgotten still gets what was written before."""
    return [(storage.effects, "LETTER_ACTIVE", "0 = 1")]


def public_or_not() -> list[Patch]:
    """Nobody looks at the network's mode when a letter leaves."""
    honest = Delivery.__init__

    def made(self: Any, *given: Any, **named: Any) -> None:
        honest(self, *given, **{**named, "mode": Mode.FULL})

    return [(Delivery, "__init__", made)]


def blocked_again() -> list[Patch]:
    """Somebody who blocks us may have changed his mind a minute later."""
    honest = Delivery.outcome

    async def outcome(self: Any, *given: Any) -> Any:
        found = await honest(self, *given)
        unreachable = getattr(found, "unreachable", False)
        return Again(self.clock.now() + timedelta(minutes=1), counted=False) if unreachable else found

    return [(Delivery, "outcome", outcome)]


def out_of_order() -> list[Patch]:
    """The newest letter first, and several of a chat at once."""
    newest = storage.outbox._waiting(storage.outbox.outbox, bulk=False).order_by(None)
    newest = newest.order_by(storage.outbox.outbox.c.id.desc())
    return [(storage.outbox, "_READY", {True: newest, False: newest})]


def dead_with_the_token() -> list[Patch]:
    """A dead token is the letter's fault."""
    honest = Delivery.outcome

    async def outcome(self: Any, *given: Any) -> Any:
        found = await honest(self, *given)
        return Dead("the token is dead") if self.refused else found

    return [(Delivery, "outcome", outcome)]


def anybodys_account() -> list[Patch]:
    """The billing knows whom it was asked about."""
    return [
        (Guarded, "_own", lambda *_: None),
        (Guarded, "_mine", lambda self, operation, account, found: tuple(found)),
    ]


def parked_for_ever() -> list[Patch]:
    """What waits for the morning waits."""
    return [(storage.outbox, "_unpark", lambda *_, **__: 0)]


def surely_not_sent() -> list[Patch]:
    """An attempt that nobody heard of again has not happened."""
    honest = storage.outbox._take_back

    def take_back(connection: Any, *given: Any, **named: Any) -> int:
        before = list(connection.execute(text("SELECT id, unknowns FROM outbox WHERE status = 1")))
        count = honest(connection, *given, **named)
        for row in before:
            values = {"u": row.unknowns, "i": row.id}
            connection.execute(text("UPDATE outbox SET unknowns = :u WHERE id = :i AND status = 0"), values)
        return count

    return [(storage.outbox, "_take_back", take_back)]


def logged() -> list[Patch]:
    """The log says what could not be sent."""
    honest = Delivery.outcome

    async def outcome(self: Any, message: Any, *given: Any) -> Any:
        found = await honest(self, message, *given)
        if not isinstance(found, Sent):
            bot.delivery.log.info("letter", text=message.reply.text)
        return found

    return [(Delivery, "outcome", outcome)]


# Which promise catches it, where there are several any may be seen first; and a day on which it was seen, to look there
# first: the more the program changes, the less it says.
BUGS: Final[Mapping[Callable[[], list[Patch]], tuple[str, int]]] = {
    acknowledged_early: ("I2", 1),
    fresh_random_id: ("I3 I4", 6),
    links_of_everybody: ("I1 I2 I6", 0),
    float_money: ("I1", 1),
    blind_retry: ("I4", 7),
    letter_leased_for_ever: ("I8", 6),
    lane_leased_for_ever: ("I8", 1),
    quiet_by_the_server: ("I6", 0),
    quiet_until_midnight: ("I6", 0),
    not_checked_again: ("I6", 30),
    remembered_figures: ("I1 I6", 59),
    told_at_every_scan: ("I4", 0),
    told_in_every_chat: ("I4", 0),
    dedupe_in_memory: ("I2 I3", 0),
    unpaced: ("I5", 1),
    chat_unpaced: ("I5", 0),
    stop_unheard: ("I6", 30),
    letters_outlive: ("I6", 19),
    public_or_not: ("I6", 0),
    blocked_again: ("I6", 9),
    out_of_order: ("I5 I9", 0),
    dead_with_the_token: ("I2 I4", 18),
    anybodys_account: ("I1", 1),
    parked_for_ever: ("I8", 0),
    surely_not_sent: ("I4", 7),
    logged: ("I7", 1),
}


@contextmanager
def planted(bug: Callable[[], list[Patch]]) -> Iterator[None]:
    with ExitStack() as stack:
        for target, name, value in bug():
            stack.enter_context(mock.patch.object(target, name, value))
        yield
