"""Follow-ups: short messages that have no meaning alone; the last answer gives it.

    «подробнее», "more details"     the question that details the last one (ASKED)
    «а за прошлый?», «до этого»     the list that was shown, of the time before it, by the unit that was shown
    «а за март?», "last month"      that list, of this period; a question that knows no period: payments
    «а за телефон?»                 the last question about this service, where it knows services; else its page
    «а на другом?», «а по даче?»    the last question about this account
    «ещё», «дальше» · «назад»       the next page, the page before; without one what «Ещё» and «Меню» show
    «последний»                     the last of the buttons shown
    «повтори»                       the last question anew; in another language: handlers.language
    «не то»                         "what did you mean?", with what else it may have been
    «да»                            a friendly word, where nothing was asked

The dialogue remembers the last question that was answered (Last) as buttons carry it, for FRESH minutes and in one
entry; small talk in between does not hide it. Without it a follow-up is an ordinary message. What comes out is an
action that only shows: nothing here confirms anything.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from adapters.base import Reply
from billing.base import Period
from handlers import menu, periods, span
from handlers.amounts import words_of
from handlers.ask import Ask, Turn
from handlers.help import lost
from handlers.kinds import kinds
from handlers.period_words import DAYS, HALVES, MONTHS, QUARTERS, WEEKS, YEARS, tokens
from handlers.phrases import fillers
from handlers.understand import Meaning
from nlu.letters import fold
from storage.base import Link

FRESH: Final = timedelta(minutes=10)  # what was asked or answered longer ago gives no short message its meaning
SHORT: Final = 60  # characters: a period in a longer story is no question
KEY: Final = "last"  # in Dialogue.data
FEW: Final = 3  # beside the operator; so many candidates are an offer; more of them are a menu


@dataclass(frozen=True, slots=True)
class Topic:
    """A question that may be asked anew. `details`: the questions that say more, the first that the billing can answer
    is asked; no two lead to each other."""

    details: tuple[str, ...] = ()
    listed: bool = False  # lists a period
    served: bool = False  # knows single services


ASKED: Final[Mapping[str, Topic]] = {
    "balance": Topic(("charges", "payments", "services")),
    "debt": Topic(("pay",)),
    "pay": Topic(("why", "services")),  # which itself finds the month that a bill is for
    "topup": Topic(("pay",)),
    "promised": Topic(("pay",)),
    "paid": Topic(("payments",)),
    "trouble": Topic(("services",)),
    "payments": Topic(("statement",), listed=True),
    "statement": Topic(("charges",), listed=True),
    "charges": Topic(("why",), listed=True, served=True),
    "why": Topic(("statement",), listed=True),
    "usage": Topic(("charges",), listed=True, served=True),
    "calls": Topic(("charges",), listed=True, served=True),
    "services": Topic(("service",)),
    "service": Topic(("charges",), served=True),
    "tariff": Topic(("options",)),
    "options": Topic(("services",)),
    "bonus": Topic(),
    "mail": Topic(),
    "alerts": Topic(),
    "threshold": Topic(),
    "topics": Topic(),
    "here": Topic(),
    "hour": Topic(),
    "quiet": Topic(),
    "zone": Topic(),
    "accounts": Topic(),
    "news": Topic(),
    "faults": Topic(),
    "region": Topic(),
    "operator": Topic(),
    "help": Topic(),
    "safe": Topic(),
}
PAGED: Final = frozenset({"services", "options", *(name for name, topic in ASKED.items() if topic.listed)})
BY_WORDS: Final = frozenset({"tariff", "options"})  # these find a service in the words only

# Small words around what a follow-up names, folded; a bare «интернет» is no follow-up, «а интернет?» is.
OTHERWISE: Final = frozenset("xh$!")  # handlers.period_words: what is said besides a period
LEADS: Final = words_of("а и ну and e what how")
AROUND: Final = LEADS | words_of(
    "за по про на для о об с как насчет что только отдельно услуга услуге услугу домашнии домашнему домашнего "
    "about for of on the just only por para pelo pela do da no na de o a sobre so"
)
UNITS: Final = (MONTHS, DAYS, WEEKS, QUARTERS, HALVES, YEARS)  # on the first of a month it is the month that was meant


# ── What the dialogue remembers ───────────────────────────────────────────────────────────────────────────────────

DATES: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
WRITTEN: Final = re.compile(
    rf"([0-9]{{1,12}}) ([a-z]{{1,20}})(?::([0-9a-f]{{8}}|bars))?(?::({DATES}):({DATES}))?"
    r" ([0-9]{1,6}) ([a-z,]{0,80})"
)
PAGE: Final = re.compile(rf"(?:services|options|.*:{DATES}:{DATES}):([0-9]{{1,6}})")


@dataclass(frozen=True, slots=True)
class Last:
    """The question last answered. It says no more than buttons do."""

    at: int  # Unix seconds
    name: str
    what: str = ""  # the mark of a service, or a form of the list: "bars"
    period: Period | None = None
    page: int = 1
    others: tuple[str, ...] = ()  # questions that the words may have meant as well

    @property
    def about(self) -> str:
        """Without the period: «charges:1a2b3c4d»."""
        return f"{self.name}:{self.what}" if self.what else self.name

    @property
    def action(self) -> str:
        return span.action(self.about, self.period) if self.period else self.about

    def paged(self, page: int) -> str:
        return f"{self.action}:{page}" if page > 1 else self.action

    def written(self) -> str:
        return f"{self.at} {self.action} {self.page} {','.join(self.others)}"


def read(text: str) -> Last | None:
    """The other way round of `written`; None: it is none."""
    found = WRITTEN.fullmatch(text)
    topic = ASKED.get(found[2]) if found else None
    if found is None or topic is None:
        return None
    if (found[3] and not (topic.listed or topic.served)) or (found[4] and not topic.listed):
        return None
    first, last = (span.day(end) if end else None for end in (found[4], found[5]))
    period = Period(first, last) if first and last and first <= last else None
    others = tuple(filter(None, found[7].split(",")))
    page = int(found[6]) if found[2] in PAGED else 1  # elsewhere a figure is a setting and no page
    return Last(int(found[1]), found[2], found[3] or "", period, page, others)


def recalled(ask: Ask) -> Last | None:
    """The question last answered in this chat; None: there is none, or it is too long ago."""
    last = read(ask.memory.dialogue.data.get(KEY, ""))
    return last if last is not None and 0 <= int(ask.now.timestamp()) - last.at <= FRESH.total_seconds() else None


def kept(ask: Ask, action: str, turn: Turn, also: str = "") -> Turn:
    """The answer to `action`, with what the next message may follow up. `also`: a second question, offered with it."""
    name = action.split(":")[0]
    if turn.reply is None or name not in ASKED or turn.waits == "solve":  # proof is asked for: nothing is answered yet
        return turn
    about = turn.data.get("about", "")
    topic = ASKED.get(about.split(":")[0], Topic())
    page = PAGE.fullmatch(action)
    written = " ".join(
        (
            str(int(ask.now.timestamp())),
            (about if topic.listed or topic.served else name)
            + (f":{turn.data['period']}" if topic.listed and turn.data.get("period") else ""),
            page[1] if page else "1",
            ",".join(others(ask, action, also)),
        )
    )
    return replace(turn, data={**turn.data, KEY: written})


def others(ask: Ask, action: str, also: str) -> tuple[str, ...]:
    """What was offered beside the question that was chosen, when the words were not clear."""
    dialogue = ask.memory.dialogue
    offered = [one for _, one in dialogue.options] if dialogue.misses and len(dialogue.options) <= FEW + 1 else []
    known = menu.PUBLIC if ask.public else menu.QUESTIONS
    offered = offered if action in offered else []
    return tuple(one for one in dict.fromkeys((*offered, also)) if one in known and one not in {action, "operator"})


def carried(ask: Ask) -> Mapping[str, str]:
    """What small talk leaves as it was, but for the page: it stands above now."""
    last = recalled(ask)
    return {KEY: replace(last, page=1, others=()).written()} if last else {}


# ── What a message follows up ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Before:
    """All that a rule may look at."""

    ask: Ask
    last: Last | None
    actions: tuple[str, ...]  # of the buttons shown


def meant(ask: Ask, text: str, meaning: Meaning, switch: str = "") -> tuple[str, str] | None:
    """(action, the text for it) of a follow-up; None: it is an ordinary message.

    `switch` is the action by which the text names one of several accounts, "" for none. Only for a fresh dialogue.
    """
    before = Before(ask, recalled(ask), tuple(action for _, action in ask.memory.dialogue.options))
    rule = RULES.get(meaning.question) if meaning.whole else None
    if rule is not None:
        return (action, text) if (action := rule(before)) else None
    waiting, last = ask.memory.dialogue.question, before.last
    if last is None or len(text) > SHORT or (waiting and not ASKED.get(waiting, Topic()).listed):
        return None  # what waits for a sum, a name or an hour is to hear it first
    words = fold(text).split()
    if switch:
        short = re.fullmatch(r"(?:choose|which):[0-9.]+", switch) and words[:1] and words[0] in LEADS
        return (f"{switch}:{elsewhere(last)}", "") if short else None
    if meaning.whole and meaning.question != "service":
        return None
    named, small = any(kinds(word) for word in words), AROUND | fillers()
    rest = " ".join(word for word in words if not kinds(word))
    if named and words[0] in AROUND and set(rest.split()) <= small:
        return of_service(last, text)
    if ASKED[last.name].listed and dated(ask, text):
        said = tokens(" ".join(word for word in text.split() if not kinds(word)), ask.say.language)
        if all(one.kind not in OTHERWISE or fold(one.word) in small for one in said):
            return (last.name if named and ASKED[last.name].served else last.about), text
    return None


def of_service(last: Last, text: str) -> tuple[str, str]:
    if last.name in BY_WORDS:
        return last.name, text
    topic = ASKED[last.name]
    if not (topic.listed and topic.served):
        return "service", text
    # Only the words name the service, so they name the period as well.
    return last.name, f"{text} с {last.period.first} по {last.period.last}" if last.period else text


def dated(ask: Ask, text: str) -> bool:
    found = periods.parse(text, ask.today, ask.say.language) if len(text) <= SHORT else None
    return isinstance(found, periods.Found | periods.Ambiguous)


def elsewhere(last: Last) -> str:
    """The same question on another account, which has services of its own."""
    if not ASKED[last.name].served:
        return last.action
    return "services" if last.name == "service" else replace(last, what="").action


# ── The rules of the words that follow up ─────────────────────────────────────────────────────────────────────────


def details(before: Before) -> str:
    last, ask = before.last, before.ask
    if last is None:
        return ""
    names = menu.offered(ask.billing.can, ASKED[last.name].details)
    if not names:
        return "followup:details"
    pages = [one for one in before.actions if one.startswith("service:")]
    if names[0] == "service" and len(pages) == 1:
        return pages[0]
    topic = ASKED[names[0]]
    # Of this month each question knows itself what is fairly shown.
    period = last.period if topic.listed and last.period != span.preset(ask, "month") else None
    what = last.what if topic.served and ASKED[last.name].served else ""
    return replace(last, name=names[0], what=what, period=period).action


def earlier(count: int) -> Callable[[Before], str]:
    """The list that was shown, so many units before."""

    def rule(before: Before) -> str:
        last, ask = before.last, before.ask
        if last is None:
            return ""
        if not ASKED[last.name].listed:
            last = Last(last.at, "payments")
        shown = last.period or span.preset(ask, "month")
        return replace(last, period=preceding(shown, ask.today, count)).action

    return rule


def preceding(shown: Period, today: date, count: int = 1) -> Period:
    """The whole unit of the calendar so many before the one shown, which may end today; of any other period as much
    time just before it. Two before the last whole month is «позапрошлый»: counted from today, as people do."""
    for unit in UNITS:
        whole = periods.unit_at(unit, shown.first, 0)
        if shown.first == whole.first and shown.last in {whole.last, min(whole.last, today)}:
            if count > 1 and shown == periods.unit_at(unit, today, -1):
                count -= 1
            return begun(periods.unit_at(unit, shown.first, -count))
    if shown.first.day == 1:
        months = (shown.last.year - shown.first.year) * 12 + shown.last.month - shown.first.month + 1
        first, last = (periods.months_from(shown.first, -months * n) for n in (count, count - 1))
        return begun(Period(first, last - periods.DAY))
    return begun(Period(shown.first - shown.days * count * periods.DAY, shown.last - shown.days * count * periods.DAY))


def begun(period: Period) -> Period:
    """Not before all billings."""
    return Period(max(period.first, periods.EARLIEST), max(period.last, periods.EARLIEST))


def onward(before: Before) -> str:
    """The next page of what is shown, if a button leads there."""
    last = before.last
    for action in before.actions:
        if action.startswith("more:") or (last is not None and action == f"{last.action}:{last.page + 1}"):
            return action
    return ""


def back(before: Before) -> str:
    if "more:1" in before.actions:
        return "more:1"
    return before.last.paged(before.last.page - 1) if before.last is not None and before.last.page > 1 else ""


def final(before: Before) -> str:
    """The last button, as if its number was said; a yes needs a yes."""
    action = before.actions[-1] if before.actions else ""
    return "" if "yes" in action.split(":") else action


def again(before: Before) -> str:
    failed = next((action for action in before.actions if action.startswith("again:")), "")
    return failed or (before.last.paged(before.last.page) if before.last is not None else "")


def another(before: Before) -> str:
    links, now = before.ask.memory.links, before.ask.link
    return on_accounts(before, tuple(one for one in links if one != now))


def numbered(number: int) -> Callable[[Before], str]:
    """The account of that number in the list of accounts."""

    def rule(before: Before) -> str:
        links = before.ask.memory.links
        return on_accounts(before, links[number - 1 : number]) if len(links) > 1 else ""

    return rule


def on_accounts(before: Before, links: tuple[Link, ...]) -> str:
    if not links or before.last is None:
        return ""
    ids = ".".join(str(one.id) for one in links)
    return f"{'choose' if len(links) == 1 else 'which'}:{ids}:{elsewhere(before.last)}"


def friendly(before: Before) -> str:
    """A yes to nothing. Where one is waited for, or a no is offered, it is none of these."""
    waiting = before.ask.memory.dialogue.question
    asked = (waiting and not ASKED.get(waiting, Topic()).listed) or any(a.split(":")[0] == "no" for a in before.actions)
    return "" if asked else "followup:yes"


# The lists of locales/*/words.ftl that are follow-ups, or may be.
RULES: Final[Mapping[str, Callable[[Before], str]]] = {
    "followup:details": details,
    "followup:earlier": earlier(1),
    "followup:earliest": earlier(2),
    "followup:final": final,
    "followup:again": again,
    "followup:another": another,
    "followup:first": numbered(1),
    "followup:second": numbered(2),
    "followup:third": numbered(3),
    "more": onward,
    "menu:back": back,
    "followup:wrong": lambda _: "followup:wrong",
    "yes": friendly,
}


# ── What is said when nothing else is ─────────────────────────────────────────────────────────────────────────────


async def followup(ask: Ask) -> Turn:
    """ "followup:yes", "followup:details" (there are no more) and "followup:wrong"; what follows nothing is not
    understood."""
    match ask.arguments[:1]:
        case ("yes",):
            return Turn(Reply(ask.say("followup-yes"), menu=menu.keyboard(ask)))
        case ("details",) if recalled(ask) is not None:
            return Turn(Reply(ask.say("followup-details"), keyboard=menu.buttons(ask, ("operator", "menu"))))
        case ("wrong",) if not ask.memory.dialogue.misses:
            return wrong(ask)
        case _:
            return await lost(replace(ask, arguments=()))


def wrong(ask: Ask) -> Turn:
    """It counts as not understood: said once more, something else is answered (handlers.help)."""
    last = recalled(ask)
    names = menu.offered(ask.billing.can, last.others if last is not None else ())[:FEW]
    if names:
        reply = Reply(ask.say("followup-wrong"), keyboard=menu.buttons(ask, (*names, "menu")))
    else:
        reply = Reply(ask.say("followup-wrong"), menu=menu.keyboard(ask))
    return Turn(reply, misses=1)
