"""`saldo alerts`: what would be told now, and the valve.

    status                what holds alerts back, the living wave, what waits
    preview               how many, of what, how long it takes on each network, and samples as each network draws them
    stop, start           the valve: shut, no alert leaves on any network, from any process; questions are answered
    widen, drop           the living wave: let more of it leave, or give up what it still holds
    check                 the sentences of alerts: variables, plurals, names, lengths

All of it also while `saldo run` runs. A preview changes nothing; it goes by what the last scan has read from the
billing, and draws its samples as of noon, so that a preview at night shows what the day will bring.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from getpass import getuser
from math import ceil
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from adapters.base import Limits
from adapters.console import text as as_text
from adapters.fit import fit
from billing.base import BillingError, Gone
from billing.guard import guard
from bot import registry
from bot.app import build, operator_of
from bot.book import open_book
from bot.drawing import Drawing
from bot.settings import Settings, environment
from bot.teaching import opened
from handlers import sentences
from handlers.due import rules
from handlers.notices import Drawn
from handlers.sentences import Fault
from storage.base import Hold, Letter, Priority, Storage, Wave
from storage.clock import Clock, SystemClock

MOST: Final = 100_000  # dated notices that a preview looks at


@dataclass(frozen=True, slots=True)
class Sample:
    """One alert as one network would show it."""

    network: str
    kind: str
    text: str  # "": it would not be sent
    because: str = ""  # why not


@dataclass(frozen=True, slots=True)
class Preview:
    scanned_at: datetime | None
    watched: int
    counts: Mapping[str, Mapping[str, int]]  # network -> kind -> letters
    seconds: Mapping[str, float]  # network -> how long these take
    samples: Sequence[Sample] = field(default_factory=tuple)


class Noon:
    """A clock that stands at noon of the operator's day."""

    def __init__(self, clock: Clock, zone: str) -> None:
        self.clock = clock
        self.at = clock.now().astimezone(ZoneInfo(zone)).replace(hour=12, minute=0, second=0, microsecond=0)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.clock.monotonic()


async def preview(settings: Settings, samples: int = 5) -> Preview:
    """Raises StorageError, BillingError."""
    clock = SystemClock()
    storage = await opened(settings)
    try:
        judge, _ = rules(settings.presets)
        tally = await storage.watches.tally(networks=True)
        counts = {network: Counter(kinds) for network, kinds in tally.by_network.items()}
        chosen: list[tuple[str, int, Mapping[str, str]]] = []
        for kind in ("low", "restored"):
            chosen += [(kind, link, {}) for link in await storage.watches.samples(kind, samples)]
        dated = await storage.watches.rehearse(judge, MOST)
        for network, link, alert in dated:
            counts.setdefault(network, Counter())[alert.kind] += 1
            if sum(one == alert.kind for one, _, _ in chosen) < samples:
                chosen.append((alert.kind, link, alert.data))
        drawn = [
            sample
            for kind, link, data in chosen
            for sample in await drawings(settings, storage, Noon(clock, settings.default_zone), kind, link, data)
        ]
        seconds = {name: lasting(sum(kinds.values()), limits(name)) for name, kinds in counts.items()}
        return Preview(await storage.watches.read_at(), tally.watched, counts, seconds, drawn)
    finally:
        await storage.close()


def lasting(letters: int, limits: Limits) -> float:
    """Seconds that so many letters take at the network's pace."""
    return ceil(letters / limits.together) / limits.pace.per_second


def limits(network: str) -> Limits:
    found: Limits = registry.network(network).LIMITS
    return found


async def drawings(
    settings: Settings, storage: Storage, clock: Clock, kind: str, link: int, data: Mapping[str, str]
) -> list[Sample]:
    """The alert as the chat's own network would show it, and as every other would."""
    book = open_book(settings, storage.database, clock.now, environment())
    drawing = Drawing(
        storage=storage,
        billing=guard(book, limit_seconds=30.0, now=clock.now),
        operator=operator_of(settings),
        clock=clock,
    )
    watch = await storage.watches.watch(link)
    if watch is None:
        return []
    letter = Letter(
        id=0,
        address=watch.chat.address,
        kind=kind,
        priority=Priority.ALERT,
        token=0,
        created_at=clock.now(),
        attempts=1,
        unknowns=0,
        personal=True,
        first_sent_at=None,
        expires_at=None,
        link=link,
        data={"episode": str(watch.episode), **data},
    )
    try:
        result = await drawing.draw(letter)
    except Gone:
        return [Sample(watch.chat.address.network, kind, "", "the account is gone")]
    except BillingError as error:
        return [Sample(watch.chat.address.network, kind, "", type(error).__name__)]
    if not isinstance(result, Drawn):
        return [Sample(watch.chat.address.network, kind, "", getattr(result, "reason", "later"))]
    return [
        Sample(name, kind, "\n\n".join(as_text(part) for part in fit(result.reply, limits(name))))
        for name in registry.NETWORKS
    ]


def show_preview(found: Preview, out: TextIO, *, as_json: bool) -> None:
    if as_json:
        out.write(json.dumps(
            {
                "scanned_at": found.scanned_at and found.scanned_at.isoformat(),
                "watched": found.watched,
                "counts": {network: dict(kinds) for network, kinds in found.counts.items()},
                "seconds": dict(found.seconds),
                "samples": [
                    {"network": s.network, "kind": s.kind, "text": s.text, "because": s.because} for s in found.samples
                ],
            },
            ensure_ascii=False,
        ) + "\n")  # fmt: skip
        return
    console = Console(file=out, highlight=False, width=None if out.isatty() else 120)
    last = f"{found.scanned_at:%Y-%m-%d %H:%M} UTC" if found.scanned_at else "never"
    console.print(f"{found.watched} accounts are watched. The billing was last read: {last}.")
    table = Table("network", "what", "letters", "takes", box=None, pad_edge=False)
    for network, kinds in sorted(found.counts.items()):
        for kind, many in sorted(kinds.items()):
            table.add_row(network, kind, f"{many:,}", "")
        took = timedelta(seconds=round(found.seconds[network]))
        table.add_row(network, "all", f"{sum(kinds.values()):,}", str(took))
    console.print(table if found.counts else "Nothing is due now.")
    for sample in found.samples:
        console.rule(f"{sample.kind} in {sample.network}", align="left")
        console.print(sample.text or f"not sent: {sample.because}", markup=False)


async def scan_once(settings: Settings) -> int:
    """One scan by hand; how many letters were queued. Raises StorageError, BillingError."""
    app = await build(settings, networks=())
    try:
        return await app.schedule.scan.run()
    finally:
        await app.close()


def faults() -> Sequence[Fault]:
    """What is wrong with the sentences of alerts, as they are installed."""
    return sentences.faults(sentences.shipped(), [limits(name) for name in registry.NETWORKS])


# ── The valve ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Status:
    hold: Hold | None
    wave: Wave | None
    waiting: Mapping[str, int]


async def status(settings: Settings) -> Status:
    """Raises StorageError."""
    storage = await opened(settings)
    try:
        waiting = {name: await storage.outbox.waiting(name) for name in registry.NETWORKS}
        return Status(await storage.valve.hold(), await storage.valve.wave(), waiting)
    finally:
        await storage.close()


def show_status(found: Status, out: TextIO, *, as_json: bool) -> None:
    hold, wave = found.hold, found.wave
    if as_json:
        whole = {
            "hold": hold and {"reason": hold.reason, "since": hold.since.isoformat(), "by": hold.by},
            "wave": wave
            and {
                "id": wave.id,
                "began_at": wave.began_at.isoformat(),
                "share": wave.share,
                "letters": wave.letters,
                "shown": wave.shown,
                "refused": wave.refused,
                "complaints": wave.complaints,
                "waiting": wave.waiting,
                "stopped": wave.stopped,
            },
            "waiting": dict(found.waiting),
        }
        out.write(json.dumps(whole, ensure_ascii=False) + "\n")
        return
    if hold is None:
        out.write("alerts leave\n")
    else:
        out.write(f"no alert leaves since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.reason}, by {hold.by}\n")
    if wave is not None:
        out.write(
            f"wave {wave.id} since {wave.began_at:%Y-%m-%d %H:%M} UTC: {wave.share} % of {wave.letters:,} may leave; "
            f"{wave.shown:,} shown, {wave.refused:,} refused, {wave.complaints:,} complaints, "
            f"{wave.waiting:,} on their way\n"
        )
        if wave.stopped:
            out.write(f"it was stopped: {wave.stopped}\n")
    for network, many in found.waiting.items():
        out.write(f"{network}: {many:,} letters wait\n")


def person() -> str:
    """Who is at the keyboard."""
    try:
        return getuser()
    except (KeyError, OSError):  # an account without a name
        return "operator"


async def stop(settings: Settings, reason: str) -> bool:
    """False: no alert left already. Raises StorageError."""
    storage = await opened(settings)
    try:
        return await storage.valve.shut(reason or "by hand", person())
    finally:
        await storage.close()


async def start(settings: Settings) -> bool:
    """False: alerts left already. Raises StorageError."""
    storage = await opened(settings)
    try:
        return await storage.valve.open(person(), trust=True)
    finally:
        await storage.close()


async def widen(settings: Settings, share: int) -> int | None:
    """How many letters that released; None: there is no wave. Raises StorageError."""
    storage = await opened(settings)
    try:
        wave = await storage.valve.wave()
        return None if wave is None else await storage.valve.widen(wave.id, share)
    finally:
        await storage.close()


async def drop(settings: Settings) -> int | None:
    """How many letters were refused; None: there is no wave. Raises StorageError."""
    storage = await opened(settings)
    try:
        wave = await storage.valve.wave()
        return None if wave is None else await storage.valve.drop(wave.id)
    finally:
        await storage.close()
