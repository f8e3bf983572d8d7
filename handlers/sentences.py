"""The sentences of notices, checked before a customer reads them: locales/*/notices.ftl.

    missing     a language lacks the sentence              unknown     nobody says it
    variable    it wants a value that it is not given      unused      it does not say a value that it is given
    digit       a figure that is not a value               name        somebody's name: it would go to everybody
    foreign     words of another language                  tone        an exclamation mark
    plural      a number is shown without the language's forms for it
    long        with the longest values it is too long for a network
    unreadable  no Fluent

A notice goes to many at once: a slip in it reaches everybody before anybody sees it. Pure: texts in, faults out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from itertools import product
from typing import Final

from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from adapters.base import Limits
from adapters.fit import units
from handlers.text import LANGUAGES, LOCALES


class What(StrEnum):
    MISSING = "missing"
    UNKNOWN = "unknown"
    VARIABLE = "variable"
    UNUSED = "unused"
    PLURAL = "plural"
    DIGIT = "digit"
    NAME = "name"
    FOREIGN = "foreign"
    TONE = "tone"
    LONG = "long"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Fault:
    language: str
    sentence: str
    what: What
    detail: str

    def __str__(self) -> str:
        return f"{self.language}: {self.sentence}: {self.what}: {self.detail}"


class Value(StrEnum):
    """What a variable is, and the longest that it can be."""

    MONEY = "−100\u00a0000\u00a0000\u00a0000,00\u00a0₽"  # billing.base.LARGEST
    DAY = "quarta-feira, 30 de setembro de 2026"
    TIME = "30 de setembro de 2026, 23:59"
    COUNT = "1000"
    TITLE = "ш" * 60  # handlers.text.brief
    FAULT = "ш" * 120
    TITLES = ", ".join(["ш" * 60] * 10)
    ACCOUNT = "…0000 · " + "ш" * 60
    NUMBER = "…0000"


MONEY, DAY, TIME, COUNT = Value.MONEY, Value.DAY, Value.TIME, Value.COUNT
TITLE, FAULT, TITLES, ACCOUNT, NUMBER = Value.TITLE, Value.FAULT, Value.TITLES, Value.ACCOUNT, Value.NUMBER

# What each sentence is given by handlers/notice*.py.
GIVEN: Final[Mapping[str, Mapping[str, Value]]] = {
    "alert-low": {"own": MONEY, "threshold": MONEY},
    "alert-low-lasts": {"own": MONEY, "day": DAY},
    "alert-low-today": {"own": MONEY},
    "alert-lasts": {"days": COUNT, "own": MONEY, "day": DAY},
    "alert-fee": {"own": MONEY, "day": DAY},
    "alert-fee-today": {"own": MONEY},
    "alert-restored": {"own": MONEY},
    "alert-enough": {"day": DAY},
    "alert-bill": {"number": TITLE, "period": DAY, "sum": MONEY, "day": DAY},
    "alert-bill-covered": {},
    "alert-due": {"sum": MONEY, "until": DAY, "days": COUNT},
    "alert-overdue": {"debt": MONEY, "days": COUNT},
    "alert-promise": {"sum": MONEY},
    "alert-promise-until": {"sum": MONEY, "day": DAY},
    "alert-promise-today": {"sum": MONEY},
    "alert-promise-late": {"sum": MONEY, "day": DAY},
    "alert-promise-how": {"sum": MONEY},
    "alert-paid": {"sum": MONEY},
    "alert-paid-method": {"sum": MONEY, "method": TITLE},
    "alert-paid-untold": {},
    "alert-paid-waiting": {"sum": MONEY},
    "alert-paid-back": {"sum": MONEY},
    "alert-back": {"minutes": COUNT},
    "alert-back-short": {"sum": MONEY},
    "notice-credited": {"sum": MONEY},
    "notice-balance": {"own": MONEY},
    "alert-blocked": {"debt": MONEY, "services": TITLES},
    "alert-blocked-fee": {"sum": MONEY, "services": TITLES},
    "alert-blocked-paid": {"services": TITLES},
    "alert-unblocked": {"service": TITLE},
    "alert-charge": {"sum": MONEY, "title": TITLE, "day": DAY},
    "alert-charge-untold": {"title": TITLE},
    "alert-charge-doubt": {},
    "alert-option": {"title": TITLE, "fee": MONEY},
    "alert-option-free": {"title": TITLE},
    "alert-option-doubt": {},
    "alert-outage": {"title": FAULT, "since": TIME},
    "alert-outage-until": {"title": FAULT, "since": TIME, "until": TIME},
    "alert-outage-late": {"title": FAULT, "since": TIME},
    "alert-outage-untold": {"title": FAULT},
    "alert-works": {"title": FAULT, "since": TIME},
    "alert-works-until": {"title": FAULT, "since": TIME, "until": TIME},
    "alert-outage-over": {"title": FAULT},
    "alert-outage-over-plain": {},
    "alert-outage-still": {},
    "notice-linked": {"account": ACCOUNT, "network": NUMBER, "at": TIME},
    "notice-unlinked": {"account": ACCOUNT, "network": NUMBER, "at": TIME},
    "button-tomorrow": {},
    "button-tomorrow-account": {"number": NUMBER},
    "button-pay-account": {"number": NUMBER},
    "button-balance-account": {"number": NUMBER},
    "button-not-such": {},
}

# By which forms a language counts whole numbers (CLDR); "other" may be the default variant.
FORMS: Final[Mapping[str, frozenset[str]]] = {
    "ru": frozenset({"one", "few", "many"}),
    "en": frozenset({"one", "other"}),
    "pt": frozenset({"one", "other"}),
}
NUMBERS: Final = (0, 1, 2, 5, 1000)
# A message holds several sentences, and is to remain one message.
SHARE: Final = 4
# Words with a capital letter that are nobody's name.
POLITE: Final[Mapping[str, re.Pattern[str]]] = {
    "ru": re.compile("В(?:ы|ас|ам|ами|аш(?:а|е|у|и|его|ему|ей|их|им|ими|ем)?)"),
    "en": re.compile("I|I[’']\\w+"),
    "pt": re.compile("(?!)"),
}
SALUTATION: Final = re.compile(
    r"\b(?:уважаем|дорог(?:ой|ая|ие)\b|здравствуй|привет|добрый (?:день|вечер)|dear\b|hello\b|hi\b|good (?:day|morning)"
    r"|prezad|car[oa]\b|olá\b|bom dia)",
    re.IGNORECASE,
)
ADDRESSED: Final = re.compile(r"\w+,")  # «Максим, до отключения…»
WORD: Final = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
VALUE: Final = "\ufffc"  # stands for a placeable
STRANGE: Final[Mapping[str, re.Pattern[str]]] = {
    "ru": re.compile("[A-Za-z]{2,}"),
    "en": re.compile(r"[А-Яа-яЁё]+|\w*[ãõçáéíóúâêôà]\w*|\b(?:para|seu|sua|conta|saldo)\b", re.IGNORECASE),
    "pt": re.compile(r"[А-Яа-яЁё]+|\b(?:the|and|your|will|has|with|until|account|payment)\b", re.IGNORECASE),
}


def shipped() -> Mapping[str, str]:
    """The sentences of notices as they are installed: language -> text."""
    return {one: (files("locales") / one / "notices.ftl").read_text(encoding="utf-8") for one in LANGUAGES}


def faults(sources: Mapping[str, str], limits: Sequence[Limits] = ()) -> list[Fault]:
    """What is wrong. `sources`: the text of each language's notices.ftl; `limits`: the networks'."""
    found: list[Fault] = []
    for language in LANGUAGES:
        source, messages = sources.get(language, ""), dict[str, ast.Pattern]()
        bundle = FluentBundle([LOCALES[language]], use_isolating=False)
        bundle.add_resource(FluentResource(source))
        for entry in FluentParser(with_spans=False).parse(source).body:
            if isinstance(entry, ast.Junk):
                found.append(Fault(language, (entry.content or "").split("=")[0].strip(), What.UNREADABLE, "no Fluent"))
            elif isinstance(entry, ast.Message) and entry.value is not None:
                messages[entry.id.name] = entry.value
        found += [Fault(language, name, What.MISSING, "no such sentence") for name in GIVEN if name not in messages]
        for name, pattern in messages.items():
            if name not in GIVEN:
                found.append(Fault(language, name, What.UNKNOWN, "nobody says it"))
                continue
            wrong = [*worded(language, name, pattern), *long(bundle, name, limits)]
            found += [Fault(language, name, what, detail) for what, detail in dict.fromkeys(wrong)]
    return found


def worded(language: str, name: str, pattern: ast.Pattern) -> Iterator[tuple[What, str]]:
    """What is wrong with the words of one sentence."""
    given, parts = GIVEN[name], Parts()
    parts.visit(pattern)
    for variable in sorted(parts.variables - set(given)):
        yield What.VARIABLE, variable
    for variable in sorted(set(given) - parts.variables):
        yield What.UNUSED, variable
    for variable, value in given.items():
        if value is Value.COUNT and variable in parts.variables:
            yield from counted(language, variable, parts)
    for text in texts(pattern):
        yield from plain(language, text)


def counted(language: str, variable: str, parts: "Parts") -> Iterator[tuple[What, str]]:
    if variable in parts.bare:
        yield What.PLURAL, f"{variable} is shown without forms"
    for forms in parts.choices.get(variable, ()):
        if lacks := sorted(FORMS[language] - forms):
            yield What.PLURAL, f"{variable}: no {', '.join(lacks)}"


def plain(language: str, text: str) -> Iterator[tuple[What, str]]:
    """`text`: one way that a sentence may go, with a sign for each value."""
    if digits := re.search(r"\d+", text):
        yield What.DIGIT, digits.group()
    if hello := SALUTATION.search(text) or ADDRESSED.match(text):
        yield What.NAME, hello.group()
    for found in WORD.finditer(text):
        before, word = text[: found.start()].rstrip(), found.group()
        begins = not before or before[-1] in '.?!:\n«“"' or text[: found.start()].endswith("\n")
        if word[0].isupper() and not begins and not POLITE[language].fullmatch(word):
            yield What.NAME, word
    if strange := STRANGE[language].search(text):
        yield What.FOREIGN, strange.group()
    if "!" in text:
        yield What.TONE, "an exclamation mark"


def long(bundle: FluentBundle, name: str, limits: Iterable[Limits]) -> Iterator[tuple[What, str]]:
    """Said with the longest values, in every way that its numbers allow."""
    given = GIVEN[name]
    pattern = bundle.get_message(name).value
    values = {v: NUMBERS if value is Value.COUNT else (value.value,) for v, value in given.items()}
    if pattern is None:
        return
    said = [
        str(bundle.format_pattern(pattern, dict(zip(values, row, strict=True)))[0]) for row in product(*values.values())
    ]
    for one in limits:
        if name.startswith("button-"):
            longest, most = max(map(len, said)), one.label
        else:
            longest, most = max(map(units, said)), one.text // SHARE
        if longest > most:
            yield What.LONG, f"{longest}, at most {most}"


# ── What a sentence is made of ────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Parts(Visitor):
    variables: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)  # shown outside every choice by themselves
    choices: dict[str, list[frozenset[str]]] = field(default_factory=dict)  # variable -> forms, where it is shown too
    chosen: list[str] = field(default_factory=list)  # the choices that one is within

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.variables.add(node.id.name)
        if node.id.name not in self.chosen:
            self.bare.add(node.id.name)

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:
        if not isinstance(node.selector, ast.VariableReference):
            self.generic_visit(node)
            return
        name = node.selector.id.name
        self.variables.add(name)
        keys = [v.key.name if isinstance(v.key, ast.Identifier) else v.key.value for v in node.variants]
        self.choices.setdefault(name, []).append(frozenset(keys))
        self.chosen.append(name)
        for variant in node.variants:
            self.visit(variant.value)
        self.chosen.pop()


def texts(pattern: ast.Pattern) -> Iterator[str]:
    """Every way that a sentence may go, a sign for each value."""
    ways = [""]
    for element in pattern.elements:
        if isinstance(element, ast.TextElement):
            ways = [way + element.value for way in ways]
        elif isinstance(element.expression, ast.SelectExpression):
            inner = [text for variant in element.expression.variants for text in texts(variant.value)]
            ways = [way + text for way in ways for text in inner]
        elif isinstance(element.expression, ast.StringLiteral):
            ways = [way + str(element.expression.parse()["value"]) for way in ways]
        elif isinstance(element.expression, ast.NumberLiteral):
            ways = [way + str(element.expression.value) for way in ways]
        else:
            ways = [way + VALUE for way in ways]
    yield from ways
