"""understand(text, model): from a customer's words to the question they ask. Pure; with a model it takes up to 20 ms.

    the whole message is a known phrase ─▶ that question, for sure                  handlers.phrases
    «оператор» in a short message       ─▶ that question, for sure                  never left to a model
    else the model's guesses            ─▶ act  answer the likeliest
                                           ask  offer the likeliest as buttons
                                           unknown  say what can be asked

The model knows the INTENTS, which are what customers want; what we do is an action, "name:argument". An intent's known
phrases, found inside the message, say which of its actions is meant: "alerts" with «не беспокоить ночью» is "quiet".

A money question is never answered on a guess, and what changes something at once is never done on one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from handlers.phrases import inside, known, mend, only, readings
from nlu.letters import fold, is_russian
from nlu.misses import mask
from nlu.model import BEST, Decision, Guess, Model
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
    "charges": ("why",),
    "payments": ("statement",),
    "services": ("service", "options"),
    "accounts": ("rename", "choose"),
    "unlink": ("forget", "export"),
    "alerts": ("threshold", "quiet", "zone"),
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
CALL: Final = 5  # words: in a message that short, «оператор» is called and not spoken of
AGREED: Final = 0.6  # how likely a question must be that a known phrase in the message names as well
FLUENT: Final = 0.85  # how likely a language must be to be answered in
NAMES: Final[Mapping[str, str]] = {
    **{action: intent for intent, action in INTENTS.items()},
    **{side: intent for intent, sides in SIDES.items() for side in sides},
    "yes": "thanks",  # said to nothing in particular
}


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

    @property
    def intent(self) -> str:
        """Its name among INTENTS; of what is not clear the likeliest."""
        if self.question:
            return NAMES.get(self.question.split(":")[0], OUT_OF_SCOPE)
        return self.guesses[0].question if self.guesses else OUT_OF_SCOPE

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
    found = known(text)
    if found is not None and knows(model, found.question):
        return Meaning(found.question, language=found.language or script(text), whole=True)
    said = {phrase.question: phrase for reading in readings(text) for phrase in inside(mend(reading[0]))}
    if "operator" in said and knows(model, "operator") and len(fold(text).split()) <= CALL:
        return Meaning("operator", language=only(said["operator"].languages) or script(text))
    if model is None or not fold(text):
        return Meaning(language=script(text))
    return decided(text, model, tuple(said))


def knows(model: Model | None, question: str) -> bool:
    """Known phrases are about our questions: a model of others is not talked over."""
    if model is None or set(model.questions) >= set(INTENTS):
        return True
    return NAMES.get(question.split(":")[0]) in model.questions


def decided(text: str, model: Model, said: tuple[str, ...]) -> Meaning:
    guesses = model.guess(text)
    language, chance = model.language(text)
    spoken = script(text) or (language if chance >= FLUENT else None)
    best = guesses[0]
    decision = Decision.ACT if agreed(best, said) else model.decide(guesses)
    if decision is Decision.ACT and best.question not in AT_ONCE:
        question, also = side(best.question, said), ""
        if question in MONEY:  # of two money questions the one said first is answered, and the other offered
            asked = [one for one in said if one in MONEY]
            first = asked[0] if len(asked) > 1 and INTENTS[best.question] in asked else question
            question, also = first, next((one for one in asked if NAMES[one] != NAMES[first]), "")
        return Meaning(question, also=also, language=spoken, guesses=guesses[:BEST])
    likely: tuple[str, ...] = ()
    if decision is not Decision.UNKNOWN:
        near = [one for one in guesses if one.question not in TALK]
        likely = tuple(dict.fromkeys(side(one.question, said) for one in near[:BEST]))
    return Meaning(likely=likely, language=spoken, guesses=guesses[:BEST], masked=mask(text, model.vocabulary))


def agreed(best: Guess, said: tuple[str, ...]) -> bool:
    """Whether known phrases in the message mean what the model takes for likeliest: two witnesses need less each."""
    meant = {NAMES[one.split(":")[0]] for one in said if one.split(":")[0] in NAMES}
    return best.question in meant and len(meant) <= 2 and best.probability >= AGREED and best.question != OUT_OF_SCOPE


def side(intent: str, said: tuple[str, ...]) -> str:
    """The action of an intent, or that side of it which known phrases in the message name."""
    action = INTENTS.get(intent, intent)
    sides = SIDES.get(intent, ())
    finer = (one for one in said if one.split(":")[0] in sides or one.startswith(f"{action}:"))
    return next((one for one in finer if one not in AT_ONCE), action)


def script(text: str) -> str | None:
    """Among our languages Cyrillic letters are Russian."""
    return "ru" if is_russian(fold(text)) else None
