"""understand(text, model): from a customer's words to the question they ask. Pure; with a model it takes up to 20 ms.

    the whole message is a known phrase ─▶ that question, for sure                  handlers.phrases
    it asks for alerts, and for no more ─▶ that setting, for sure                   handlers.wished
    a known phrase and a period         ─▶ that question, for sure                  «платежи за март»
    else the model's guesses            ─▶ act  answer the likeliest
                                           ask  offer the likeliest as buttons
                                           unknown  say what can be asked

The model knows the INTENTS, which are what customers want; what we do is an action, "name:argument". An intent's known
phrases, found inside the message, say which of its actions is meant: "alerts" with «не беспокоить ночью» is "quiet".

A money question is never answered on a guess, and what changes something at once is never done on one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from handlers.period_words import tokens
from handlers.phrases import Phrase, bare, fillers, inside, known, mend, only, readings, vocabulary
from handlers.wished import wished
from nlu.letters import fold, is_russian
from nlu.misses import mask
from nlu.model import BEST, Decision, Guess, Model
from nlu.ngrams import short
from nlu.utterances import OUT_OF_SCOPE

# What a customer may want, and the action that answers it. The names are those of locales/utterances/*/<name>.txt.
INTENTS: Final[Mapping[str, str]] = {
    "balance": "balance",
    "debt": "debt",
    "pay_amount": "pay",
    "payments": "payments",
    "charges": "charges",
    "top_up": "topup",
    "promised_payment": "promised",
    "services": "services",
    "tariff": "tariff",
    "usage": "usage",
    "calls": "calls",
    "bill_email": "mail",
    "accounts": "accounts",
    "link": "link",
    "unlink": "unlink",
    "alerts": "alerts",
    "outage": "trouble",
    "paid_not_working": "paid",
    "operator": "operator",
    "complaint": "complaint",
    "help": "help",
    "menu": "menu",
    "greeting": "greeting",
    "thanks": "thanks",
    "stop": "stop",
    OUT_OF_SCOPE: "beyond",
}
# Actions that are one side of an intent: its known phrases decide between them.
SIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "balance": ("bonus",),
    "charges": ("why", "statement"),
    "bill_email": ("statement",),
    "payments": ("statement",),
    "services": ("service", "options"),
    "accounts": ("rename", "choose"),
    "unlink": ("forget", "export"),
    "alerts": ("threshold", "quiet", "zone", "topics", "topic", "hour", "here", "remind"),
    "outage": ("faults",),
    "operator": ("region",),
    "help": ("safe", "language", "news"),
    "menu": ("more",),
    "greeting": ("start",),
}
AT_ONCE: Final = frozenset({"stop", "alerts:on", "alerts:off"})  # they change something without asking
TALK: Final = frozenset({"greeting", "thanks", "complaint", "menu", OUT_OF_SCOPE})  # not worth a button
MONEY: Final = frozenset(
    {"balance", "debt", "pay", "topup", "payments", "charges", "why", "services", "tariff", "options", "usage", "calls"}
    | {"statement", "promised", "mail", "bonus"}
)
LETTERS: Final = 3  # what has fewer is no question
DATED: Final = 80  # characters: a known phrase and its period
NAMED_TIME: Final = frozenset("MYDKCUVWFAJ")  # kinds of handlers.period_words
NO_TIME: Final = frozenset("xh")
CALL: Final = 5  # words: in a message that short, «оператор» is called and not spoken of, if no model knows better
AGREED: Final = 0.85  # how likely a question must be that a known phrase in the message names as well
OTHERS: Final = "beyond:others"  # another company is named
AGREED_TALK: Final = 0.5  # small talk harms nobody
LEANING: Final = 0.8
TOLD: Final = 3  # words beside a period that are a question of their own
FEW: Final = 2  # words that tell a language; a code or an account's number is no word
FLUENT: Final = 0.85  # how likely a language must be to be answered in
NAMES: Final[Mapping[str, str]] = {
    **{action: intent for intent, action in INTENTS.items()},
    **{side: intent for intent, sides in SIDES.items() for side in sides},
    "beyond:services": "services",  # cannot be done here, and said so
    "beyond:pay": "pay_amount",
    "yes": "thanks",  # said to nothing in particular
}


ASIDE: Final = frozenset(one for sides in SIDES.values() for one in sides)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a message means. `question` is an action; "" when it is not clear."""

    question: str = ""
    also: str = ""  # a second question in the same message
    likely: tuple[str, ...] = ()  # when it is not clear: what may be meant, likeliest first
    language: str | None = None
    whole: bool = False  # the message is nothing but a known phrase
    guesses: tuple[Guess, ...] = ()  # the model's best three
    masked: str = ""  # of what is not clear: what may be kept of it
    leaning: str = ""  # what it probably means: not enough to act on, but enough not to take it for something else

    @property
    def intent(self) -> str:
        """Its name among INTENTS, or among the questions of another model; of what is not clear the likeliest."""
        best = self.guesses[0].question if self.guesses else OUT_OF_SCOPE
        if self.question in {"", best}:
            return best
        return intent_of(self.question) or OUT_OF_SCOPE

    @property
    def confidence(self) -> float:
        certain = self.question and (self.whole or not self.guesses)
        return 1.0 if certain else self.guesses[0].probability if self.guesses else 0.0

    @property
    def decision(self) -> Decision:
        if self.question and self.intent != OUT_OF_SCOPE:
            return Decision.ACT
        return Decision.ASK if self.likely else Decision.UNKNOWN


def understand(text: str, model: Model | None = None) -> Meaning:
    """Without a model only what is certain."""
    if (phrase := certain(text)) is not None and knows(model, phrase.question):
        return phrase
    found = known(undated(text))
    if found is not None and found.question in MONEY and knows(model, found.question):
        return Meaning(found.question, language=found.language or script(text))
    said = {question: phrase for question, phrase in named_in(short(text)).items() if knows(model, question)}
    if model is None and "operator" in said and len(fold(text).split()) <= CALL:
        return Meaning("operator", language=only(said["operator"].languages) or script(text))
    if model is None or sum(c.isalpha() for c in fold(text)) < LETTERS:
        return Meaning(language=script(text))
    return decided(text, model, said)


def certain(text: str) -> Meaning | None:
    """The meaning of a message that is nothing but a known phrase, or a wish about alerts.

    Quick enough for the event loop: 0.1 ms.
    """
    if (found := known(text)) is not None:
        return Meaning(found.question, language=found.language or script(text), whole=True)
    if (wish := wished(text)) is not None:
        return Meaning(wish.action, language=wish.language or script(text), whole=True)
    return None


def undated(text: str) -> str:
    """What is said beside a period: of «платежи за март» the payments. "" where there is no period."""
    if len(text) > DATED:
        return ""
    said = tokens(text, None)
    return " ".join(t.word for t in said if t.kind in NO_TIME) if any(t.kind in NAMED_TIME for t in said) else ""


def off_topic(meaning: Meaning, text: str) -> bool:
    """Whether the model takes it for nothing of ours, and more is said than a period: «какая погода будет 5 марта»."""
    if not meaning.guesses or meaning.guesses[0].question != OUT_OF_SCOPE:
        return False
    return not fillers().issuperset(fold(one.word) for one in tokens(text[:DATED], None) if one.kind in NO_TIME)


def named_in(text: str) -> dict[str, Phrase]:
    """The questions whose known phrases stand in the message, in the order of the message."""
    found: dict[str, Phrase] = {}
    for typed, _ in readings(text):
        meant = mend(typed)
        for phrase in (*inside(meant), *inside(bare(meant))):
            found.setdefault(phrase.question, phrase)
    return found


def knows(model: Model | None, question: str) -> bool:
    """Known phrases are about our questions: a model of others is not talked over."""
    if model is None or set(model.questions) >= set(INTENTS):
        return True
    return intent_of(question) in model.questions


def decided(text: str, model: Model, phrases: Mapping[str, Phrase]) -> Meaning:
    guesses, said, spoken = model.guess(text), tuple(phrases), script(text) or fluent(text, model)
    best = guesses[0]
    decision = Decision.ACT if agreed(best, said) else model.decide(guesses)
    if decision is Decision.ACT and OTHERS in said:  # «в теле2 осталось гигов»: whose account is meant?
        decision = Decision.ASK
    if decision is Decision.ACT and best.question not in AT_ONCE:
        question, also = side(best.question, said), ""
        if question in MONEY:  # of two money questions the one said first is answered, and the other offered
            asked = [one for one in said if one in MONEY]
            first = asked[0] if len(asked) > 1 and INTENTS.get(best.question) in asked else question
            question, also = first, next((one for one in asked if NAMES[one] != NAMES[first]), "")
        return Meaning(question, also=also, language=spoken, guesses=guesses[:BEST])
    # What the model does not know by a name of its own, where nearly nothing else is said.
    rest = [word for word in bare(tuple((undated(text) or fold(text)).split())) if word.isalpha()]
    narrow = [one for one, phrase in phrases.items() if one.split(":")[0] in ASIDE and 2 * phrase.size >= len(rest)]
    if len(narrow) == 1:
        return Meaning(narrow[0], language=spoken, guesses=guesses[:BEST])
    likely: tuple[str, ...] = ()
    if decision is not Decision.UNKNOWN:
        near = [one for one in guesses if one.question not in TALK]
        likely = tuple(dict.fromkeys(side(one.question, said) for one in near[:BEST]))
    told = best.probability >= LEANING and len(rest) >= TOLD and best.question not in TALK
    return Meaning(
        likely=likely,
        language=spoken,
        guesses=guesses[:BEST],
        masked=kept(mask(text, keepable(model.vocabulary))),
        leaning=INTENTS.get(best.question, "") if told else "",
    )


def agreed(best: Guess, said: tuple[str, ...]) -> bool:
    """Whether known phrases in the message mean what the model takes for likeliest: two witnesses need less each."""
    meant = {intent for one in said if (intent := intent_of(one))}
    enough = AGREED_TALK if best.question in TALK else AGREED
    return best.question in meant and len(meant) <= 2 and best.probability >= enough and best.question != OUT_OF_SCOPE


def intent_of(action: str) -> str | None:
    """The intent that an action belongs to; None: it is no intent's («да», «2», a follow-up)."""
    return NAMES.get(action) or NAMES.get(action.split(":")[0])


def side(intent: str, said: tuple[str, ...]) -> str:
    """The action of an intent, or that side of it which known phrases in the message name."""
    action = INTENTS.get(intent, intent)
    sides = SIDES.get(intent, ())
    finer = (one for one in said if one.split(":")[0] in sides or one.startswith(f"{action}:"))
    return next((one for one in finer if one not in AT_ONCE), action)


@cache
def keepable(trained: frozenset[str]) -> frozenset[str]:
    """The words that may be kept of a message: those of the training phrases and of the known ones."""
    return trained | vocabulary()


def kept(masked: str) -> str:
    """Of what holds no known word nothing can be learned."""
    return masked if any(c.isalpha() for c in masked) else ""


def fluent(text: str, model: Model) -> str | None:
    """The language of the words, where there is more than one word, and no doubt."""
    if sum(len(word) > 1 and word.isalpha() for word in fold(text).split()) < FEW:
        return None
    language, chance = model.language(text)
    return language if chance >= FLUENT else None


def script(text: str) -> str | None:
    """Among our languages Cyrillic letters are Russian."""
    return "ru" if is_russian(fold(text)) else None
