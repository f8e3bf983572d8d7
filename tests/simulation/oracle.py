"""What must always be true, whatever happens, seen from outside.

    I1  money or account data reaches only a chat with a living, consented link to that very account; every sum is true
    I2  every acknowledged event is stored, and ends as answered or dead; nothing of ours breaks
    I3  one event has one effect: one answer, one booking
    I4  one letter: VK shows one copy; Telegram and OK one of a reply, two of an alert; one alert for one episode;
        what is due is told
    I5  no network and no chat is sent more in any window than its pace allows
    I6  no alert in quiet hours, after «стоп», to a blocked chat; nothing after unlink and forget, nor anything personal
        in mode public, also if it was queued before
    I7  nothing personal in the logs
    I8  when the faults stop, everything drains
    I9  answers leave a chat in the order of its questions

The networks tell the oracle what was tried and what was shown, the books what was durable at each moment. A letter is
judged by what was true when it was claimed for sending: what changes while it is in the air is nobody's fault.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from adapters.base import Address, Incoming, Reply
from bot.delivery import AHEAD
from storage.base import Finished, Forget, Letter, Priority, Saw, SetAlerts, Unlink
from tests.simulation.book import Book, Mood
from tests.simulation.books import Books, Person
from tests.simulation.networks import PACES, Call
from tests.simulation.world import Process, World

SUM: Final = re.compile(r"([0-9][0-9\u00a0.,]*[0-9])\u00a0₽")
PLAIN: Final = re.compile("Баланс|Balance|Saldo|Осталось|Долг")
ALERT: Final = 5  # priorities from here on are alerts
SLACK: Final = 0.3  # seconds that a letter may travel from its claim to the call
ANSWER: Final = 25.0  # seconds, more than an answer takes
OLD: Final = 3600.0  # seconds after which nobody waits for an answer
LATELY: Final = 900.0
WHEN = re.compile(r"datetime\.datetime\([^)]*\)")  # whose microseconds may be anybody's number by chance


@dataclass(slots=True)
class Said:
    """One event of a customer's, and what became of it."""

    event: Incoming
    posted: float
    acknowledged: float | None = None
    passed: bool = False  # it was not thinned out as a flood
    keys: set[int] = field(default_factory=set)  # letters that answered it
    shown: float | None = None


@dataclass(slots=True)
class Claimed:
    letter: Letter
    at: float  # when the claim began: all that was durable before it had to be heeded
    process: str
    life: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A link that ended."""

    at: float
    newest: int  # the newest letter before it
    own: bool  # the chat let it go itself: it may read what it asked for before


class Oracle:
    def __init__(self, world: World, books: Books, book: Book, public: frozenset[str]) -> None:
        self.world, self.books, self.book = world, books, book
        self.public = public  # networks that show nothing personal
        self.said: dict[str, Said] = {}
        self.by_chat: dict[Address, list[Said]] = defaultdict(list)
        self.claims: dict[tuple[str, int], Claimed] = {}
        self.contents: dict[tuple[str, int], tuple[Letter, ...]] = {}  # what is in the message of that number
        self.leads: dict[tuple[str, int], int] = {}  # letter -> the number that its message has
        self.seen: set[tuple[str, int]] = set()  # letters that were shown in some message
        self.copies: dict[tuple[str, int], int] = defaultdict(int)
        self.told: dict[tuple[Any, ...], list[tuple[int, Address]]] = {}  # what of which account -> letters, chats
        self.told_at: dict[tuple[str, str], list[float]] = defaultdict(list)  # (account, kind) -> when shown
        self.sends: dict[str, deque[float]] = defaultdict(deque)
        self.last: dict[Address, float] = {}
        self.refusals: set[Address] = set()  # chats that refused an alert and have not written since
        self.people: dict[str, Person] = books.people()
        self.changed: dict[tuple[str, str], float] = {}  # (lane, what) -> when it ceased
        self.gone: dict[tuple[str, str], Gone] = {}  # (lane, account)
        self.letting: set[tuple[str, str]] = set()  # what chats asked to be rid of themselves
        self.version = books.version()
        self.newest = 0  # letter, when the books were last looked at
        self.erased: dict[str, tuple[float, int]] = {}  # lane -> (when, the newest letter before)
        self.canaries = re.compile("|".join(self._canaries()))
        self.accounts = {canary: account for account in book.holdings for canary in self._of(account)}
        self.logs = 0
        self.deaths = 0  # kills, and answers of the database that got lost
        self.audited: int = books.one("SELECT count(*) FROM audits")
        self.paid: dict[str, tuple[str, int]] = {}  # charge -> (account of the order, sum)
        self.join_claims: dict[Address, set[str]] = {}  # accounts that a chat is just being asked about
        self.well_since = -1.0  # the billing
        self.silenced: dict[str, float] = {}  # lane -> when its «стоп» was done
        self.wished: dict[str, float] = {}  # lane -> when it last switched alerts on
        self.left: dict[str, float] = {}  # lane -> when it last wanted to be forgotten
        self.farewells: set[int] = set()  # inbox rows whose answer is the last word
        self.saw: dict[int, int] = defaultdict(int)  # inbox row -> rows for the audit that its turn asked for
        self.rates_hold = True  # clocks that jump move the buckets with them

    # ── canaries ──

    def _of(self, account: str) -> tuple[str, ...]:
        held = self.book.holdings[account].account
        return held.number, held.number[-4:], f"Я{account}", f"К{account}", f"Т{account}", f"Р{account}", f"Б-{account}"

    def _canaries(self) -> Iterable[str]:
        for account in self.book.holdings:
            yield from (rf"(?<![0-9A-Za-z]){re.escape(one)}(?![0-9A-Za-z])" for one in self._of(account))

    def texts(self, reply: Reply) -> str:
        parts = [reply.text, *(button.label for row in (*reply.keyboard, *(reply.menu or ())) for button in row)]
        files = [file.data for file in (reply.picture, reply.document) if file is not None]
        parts += [data.decode("utf-8", "replace") for data in files]
        if reply.invoice is not None:
            parts += [reply.invoice.title, reply.invoice.about]
        return "\n".join(parts)

    # ── the books ──

    def look(self) -> None:
        """After each instant: what has changed in the chats and links, and since when."""
        version = self.books.version()
        if version == self.version:
            return
        self.version = version
        people = self.books.people()
        now = self.world.time
        for lane, old in self.people.items():
            new = people.get(lane)
            if new is None:
                self.erased[lane] = (now, self.newest)
                self.world.say("books", f"{lane} is forgotten")
            if old.alerts and (new is None or not new.alerts):
                self.changed[lane, "alerts"] = now
            for account in old.accounts - (new.accounts if new else frozenset()):
                self.gone[lane, account] = Gone(now, self.newest, own=(lane, account) in self.letting)
            if (new is not None and old.quiet != new.quiet) or (new is not None and old.zone != new.zone):
                self.changed[lane, "quiet"] = now
        self.people = people
        self.newest = self.books.one("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'") or 0

    def held(self, lane: str, account: str, at: float) -> bool:
        """Whether the chat had the account at that time or later."""
        person = self.people.get(lane)
        return (person is not None and account in person.accounts) or (
            (lane, account) in self.gone and self.gone[lane, account].at >= at
        )

    # ── what customers do ──

    def posts(self, event: Incoming) -> None:
        if event.id not in self.said:
            self.said[event.id] = Said(event, self.world.time)
            self.by_chat[event.sender].append(self.said[event.id])
        if event.permission is not False:
            self.refusals.discard(event.sender)

    def acknowledges(self, event: Incoming) -> None:
        said = self.said[event.id]
        if said.acknowledged is None:
            said.acknowledged = self.world.time
        if said.passed and self.books.stored(event.sender.network, event.id) is None:
            self.world.breaks("I2", f"{event.id} was acknowledged and is not stored")

    def finishes(self, turn: Finished) -> None:
        """A worker writes a turn, perhaps for the second time."""
        shown = sum(isinstance(effect, Saw) for effect in turn.effects)
        self.saw[turn.event] = max(self.saw[turn.event], shown)
        for effect in turn.effects:
            if isinstance(effect, Unlink):
                account = self.books.one("SELECT account FROM links WHERE id = ?", effect.link)
                self.letting.add((str(turn.address), account))
            if isinstance(effect, Forget):
                self.farewells.add(turn.event)
                self.left[str(turn.address)] = self.world.time
            if isinstance(effect, SetAlerts) and effect.on:
                self.silenced.pop(str(turn.address), None)
                self.wished[str(turn.address)] = self.world.time

    # ── letters ──

    def claimed(self, letter: Letter, at: float, process: Process) -> None:
        group = (letter, *letter.also)
        for one in group:
            self.claims[one.address.network, one.id] = Claimed(one, at, process.name, process.life)
            self.leads[one.address.network, one.id] = letter.key
        # The letter that leads a message gives it its number, the same when it is repeated.
        self.claims[letter.address.network, letter.key] = Claimed(letter, at, process.name, process.life)
        self.contents[letter.address.network, letter.key] = (letter,)

    def draws(self, letters: Sequence[Letter]) -> None:
        """They are one message, which leaves under the number of the letter that led the claim."""
        for one in letters:
            network = one.address.network
            self.contents[network, self.leads.get((network, one.id), one.key)] = tuple(letters)

    def tried(self, call: Call) -> None:
        self.look()
        world, lane = self.world, str(call.to)
        claim = self.claims.get((call.network, call.key))
        if claim is None:
            world.breaks("I4", f"{call.network} is sent {call.key}, which is no letter")
            return
        letter = claim.letter
        world.say(call.process.name, f"sends {letter.kind} {call.key} to {lane}")
        self._pace(call, claim)
        self._secret(call, claim, lane)
        forgotten, before = self.erased.get(lane, (None, 0))
        if forgotten is not None and call.key <= before and claim.at > forgotten:
            world.breaks("I6", f"{lane} is sent {letter.kind} {call.key}, written before it was forgotten")
        for one in self.contents.get((call.network, call.key), (letter,)):
            if one.priority >= ALERT:
                self._wanted(call, replace(claim, letter=one), lane)

    def _pace(self, call: Call, claim: Claimed) -> None:
        """One process that lives keeps its turns to the letter. Several, and one that was just started, share the pace
        of claims, and each may have claimed a few letters ahead."""
        pace, now = PACES[call.network], self.world.time
        alone = len(self.world.processes) == 1 and call.process.life == 1
        sends = self.sends[call.network]
        sends.append(now)
        while sends and now - sends[0] > 30:
            sends.popleft()
        if not self.rates_hold or call.process.thawed > claim.at:
            return
        for count, at in enumerate(reversed(sends), start=1):
            if count > pace.burst + (now - at + SLACK) * pace.per_second + 1 + (0 if alone else AHEAD):
                self.world.breaks("I5", f"{call.network}: {count} letters in {now - at:.2f} s")
                break
        # A chat is spaced where letters are claimed: one that left late may be followed soon.
        last = self.last.get(call.to, -1e9)
        self.last[call.to] = now if now - claim.at < SLACK else -1e9
        # The row that spaces a chat's letters goes with the chat: whoever writes right after the farewell is answered a
        # moment too soon.
        lane = str(call.to)
        left = max(self.left.get(lane, -1e9), self.erased.get(lane, (-1e9, 0))[0])
        farewell = now - left < 2 * pace.per_chat + SLACK
        if now - last < pace.per_chat - SLACK and now - claim.at < SLACK and not farewell:
            self.world.breaks("I5", f"{call.to}: two letters within {now - last:.2f} s")

    def _secret(self, call: Call, claim: Claimed, lane: str) -> None:
        """I1, and I6 for what was let go."""
        text = self.texts(call.reply)
        named = {self.accounts[found] for found in self.canaries.findall(text)}
        person = self.people.get(lane)
        mine = set(self.book.holdings) if person is None else set()
        for account in self.book.holdings:
            if self.held(lane, account, claim.at):
                mine.add(account)
        pending = self.join_claims.get(call.to, set())
        for found in SUM.findall(call.reply.text):
            sum_ = int(re.sub("[^0-9]", "", found))
            owner = self.book.canaries.get(sum_)
            if owner is not None and not self.book.figures.get(sum_, set()) & (mine | pending):
                named.add(owner)
            # Thresholds and the like are round; no figure of an account is. A comparison has figures of its own.
            elif sum_ not in self.book.figures and sum_ % 100 and PLAIN.match(call.reply.text):
                self.world.breaks("I1", f"{lane} reads {sum_}, which no account has: {call.reply.text!r}")
        for account in sorted(named - mine - pending):
            gone = self.gone.get((lane, account))
            if gone is None:
                self.world.breaks("I1", f"{lane} reads of {account} and was never linked: {call.reply.text!r}")
            elif call.key > gone.newest and claim.at - gone.at < ANSWER:
                continue  # it says so; or it was being answered while somebody else let it go
            elif not gone.own or claim.letter.priority is not Priority.REPLY:
                self.world.breaks("I6", f"{lane} reads of {account} after it was let go: {call.reply.text!r}")
        if named and call.network in self.public:
            self.world.breaks("I6", f"{lane} in mode public reads of {sorted(named)}")

    def _wanted(self, call: Call, claim: Claimed, lane: str) -> None:
        person = self.people.get(lane)
        letter = claim.letter
        if self.silenced.get(lane, 1e18) < claim.at:
            self.world.breaks("I6", f"{lane} has said stop and is sent {letter.kind}")
        if person is None or not person.alerts:
            if self.changed.get((lane, "alerts"), -1.0) < claim.at:
                self.world.breaks("I6", f"{lane} is sent {letter.kind} and wants no alerts")
            return
        if call.to in self.refusals:
            self.world.breaks("I6", f"{lane} has blocked us and is sent {letter.kind} again")
        if self.changed.get((lane, "quiet"), -1.0) < claim.at:
            zone = person.zone or self._zone(letter, person)
            if quiet(person.quiet, call.process.clock.now(), zone):
                self.world.breaks("I6", f"{lane} is sent {letter.kind} in its quiet hours {person.quiet} in {zone}")

    def _zone(self, letter: Letter, person: Person) -> str:
        account = self.account_of(letter)
        return self.book.holdings[account].account.zone if account else "Europe/Moscow"

    def account_of(self, letter: Letter) -> str | None:
        found: str | None = self.books.one("SELECT account FROM links WHERE id = ?", letter.link)
        return found

    def refused(self, call: Call) -> None:
        claim = self.claims.get((call.network, call.key))
        self.world.say(call.network, f"refuses {call.key}: {call.to} has blocked us")
        if claim is not None and claim.letter.priority >= ALERT:
            self.refusals.add(call.to)

    def shown(self, call: Call, message: str) -> None:
        world = self.world
        world.say(call.network, f"shows {call.key} to {call.to.chat} as {message}: {call.reply.text[:60]!r}")
        claim = self.claims[call.network, call.key]
        letter = claim.letter
        self.copies[call.network, call.key] += 1
        most = 1 if call.network == "vk" or letter.priority is Priority.REPLY else 2
        if self.copies[call.network, call.key] > most:
            world.breaks("I4", f"{call.to} sees {letter.kind} {call.key} {most + 1} times")
        if call.reply.answers is not None and call.reply.answers in self.said:
            self._answered(call, claim)
        for one in self.contents.get((call.network, call.key), (letter,)):
            self.seen.add((call.network, one.id))
            if one.priority >= ALERT:
                self._alert(call, one, claim)

    def _answered(self, call: Call, claim: Claimed) -> None:
        said = self.said[call.reply.answers or ""]
        said.keys.add(call.key)
        if len(said.keys) > 1:
            self.world.breaks("I3", f"{said.event.id} is answered twice: {sorted(said.keys)}")
        if said.shown is not None:
            return
        said.shown = self.world.time
        # The answer may come so late that alerts are wished for again.
        if said.event.text == "стоп" and self.wished.get(str(call.to), -1.0) < said.posted:
            self.silenced[str(call.to)] = self.world.time
        # Who stood still with a letter in his hands sends it when he goes on; meanwhile another may have given it up.
        stood = call.process.thawed > claim.at or (call.process.name == claim.process and call.began - claim.at > 20)
        for other in self.by_chat[call.to]:
            later = said.acknowledged is not None and other.posted > said.acknowledged
            if later and other.shown is not None and not stood:
                self.world.breaks("I9", f"{call.to}: {other.event.id} was answered before {said.event.id}")
        if said.event.text == "баланс" and self.book.mood is Mood.WELL and self.well_since < said.posted:
            self._true(call, min(claim.at, said.posted))

    def _true(self, call: Call, since: float) -> None:
        """The first sum of a balance is what the account had at some moment since it was asked for."""
        found = SUM.search(call.reply.text)
        person = self.people.get(str(call.to))
        if found is None or person is None or not call.reply.text.startswith(("Баланс", "…")):
            return
        sum_ = int(re.sub("[^0-9]", "", found[1]))
        own = {abs(one) for account in person.accounts for one in self.book.owned(account, since - 1)}
        if sum_ not in own and person.accounts:
            self.world.breaks("I1", f"{call.to} reads a balance of {sum_} that is not true")

    def _alert(self, call: Call, letter: Letter, claim: Claimed) -> None:
        account = self.account_of(letter)
        if account is None:
            return
        self.told_at[account, letter.kind].append(self.world.time)
        told = self.told.setdefault((account, letter.kind, *sorted(letter.data.items())), [])
        # Nothing is known of a chat that was forgotten, nor that it has heard of this: whoever links then is told anew.
        told[:] = [(id_, to) for id_, to in told if str(to) not in self.erased]
        told.append((letter.id, call.to))
        if len({id_ for id_, _ in told}) > 1 and letter.data:
            self.world.breaks("I4", f"{account} is told {letter.kind} {dict(letter.data)} twice: {told}")
        if len({to for id_, to in told if id_ == letter.id}) > 1:
            self.world.breaks("I4", f"{account} is told {letter.kind} {letter.id} in two chats: {told}")
        if letter.kind in ("low", "restored"):
            threshold = self.books.one("SELECT threshold FROM links WHERE id = ?", letter.link)
            below = [one < threshold for one in self.book.could_spend(account, claim.at - 1)]
            if not any(below) if letter.kind == "low" else all(below):
                self.world.breaks("I6", f"{call.to} is told that {account} is {letter.kind}, true no longer")

    # ── logs ──

    def logged(self, event: dict[str, Any]) -> None:
        self.logs += 1
        text = WHEN.sub("", str(event))
        for said in (*self.canaries.findall(text), *(a.chat for a in self.by_chat if a.chat in text)):
            self.world.breaks("I7", f"the log says {said}: {event.get('event')}")

    # ── the end ──

    def drained(self) -> bool:
        return not self.books.one("SELECT count(*) FROM inbox WHERE done IS NULL") and not self.books.one(
            "SELECT count(*) FROM outbox WHERE status IN (0, 1, 4, 7)"
        )

    def final(self, handed: Iterable[Incoming] = ()) -> None:
        """When all faults have stopped and time enough has gone by. Raises nothing: says what is broken.

        `handed`: what a poll has handed over, and whose cursor is stored: nobody brings it again.
        """
        for event in handed:
            self.said[event.id].acknowledged = self.world.time
            self.said[event.id].passed = True
        breaks, books = self.world.breaks, self.books
        for lane, count in books.rows("SELECT lane, count(*) FROM inbox WHERE done IS NULL GROUP BY lane"):
            breaks("I8", f"{count} events of {lane} wait for ever")
        late = (self.world.now.timestamp() - 120) * 1e6
        for id_, status, kind, lane in books.rows(
            "SELECT id, status, kind, lane FROM outbox WHERE status IN (0, 1, 7) OR status = 4 AND not_before < ?", late
        ):
            breaks("I8", f"{kind} {id_} to {lane} ends with status {status}")
        for source, reason, network in books.rows("SELECT source, reason, network FROM dead"):
            if reason.startswith("died while answering") and self.deaths + self.world.deaths > 4:
                continue  # a conversation that was begun five times and never ended is given up, with an apology
            breaks("I2", f"{source} of {network} is dead: {reason}")
        for said in self.said.values():
            self._ended(said)
        for id_, network, kind, status, reason in books.rows(
            "SELECT id, network, kind, status, reason FROM outbox WHERE settled_at IS NOT NULL"
        ):
            shown = (network, id_) in self.seen
            if status == 3:
                breaks("I4", f"{kind} {id_} is dead: {reason}")
            if status == 2 and not shown:
                breaks("I4", f"{kind} {id_} on {network} is settled as sent and was never shown")
        shown, wanted = books.one("SELECT count(*) FROM audits WHERE letter IS NULL"), sum(self.saw.values())
        if shown - self.audited > wanted:
            breaks("I3", f"the audit has {shown - self.audited} rows of answers, and {wanted} were shown")
        credited: dict[str, int] = defaultdict(int)
        for account, _, amount in self.book.credited:
            credited[account] += amount
        paid: dict[str, int] = defaultdict(int)
        for account, amount in self.paid.values():
            paid[account] += amount
        if credited != paid:
            breaks("I3", f"customers paid {dict(paid)} and the billing has {dict(credited)}")

    def _ended(self, said: Said) -> None:
        event, books = said.event, self.books
        if said.acknowledged is None or not said.passed:
            if said.acknowledged is not None:
                recent = [one for one in self.by_chat[event.sender] if 0 <= said.posted - one.posted < 60]
                if len(recent) < 15:
                    self.world.breaks("I2", f"{event.id} was acknowledged and dropped, and there is no flood")
            return
        row = books.stored(event.sender.network, event.id)
        if row is None:
            self.world.breaks("I2", f"{event.id} was acknowledged and is nowhere")
            return
        if event.permission is not None or said.shown is not None:
            return
        at = self.left.get(str(event.sender))
        done = books.one("SELECT done FROM inbox WHERE id = ?", row)
        if row in self.farewells or (at is not None and at >= said.posted):
            return  # the last word is erased, whatever became of it
        letters = books.rows("SELECT status, reason FROM outbox WHERE dedupe = ?", f"r:{row}:0")
        late = done is not None and done - int(event.sent_at.timestamp() * 1e6) > (OLD - 60) * 1e6
        if not letters and not late:
            self.world.breaks("I2", f"{event.id} ({event.text or event.action!r}) was never answered")


def quiet(hours: tuple[int, int], now: datetime, zone: str) -> bool:
    """Whether it is quiet there: every minute from the first to the one before the second, over midnight too."""
    start, end = hours
    here = now.astimezone(ZoneInfo(zone))
    minute = here.hour * 60 + here.minute
    return (minute - start) % 1440 < (end - start) % 1440
