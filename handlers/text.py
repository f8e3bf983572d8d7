"""say(): the one way from a sentence's name to the customer's words, money and dates.

Sentences are Fluent files, locales/<language>/*.ftl. Values are formatted here and nowhere else: Money, date,
datetime and Period become text in the reader's language before they reach a sentence; whole numbers stay numbers, so
that a sentence can choose its plural. A sentence that fails is a bug of ours: tests raise on it, production counts it
and falls back to Russian, because a customer must get an answer.

Formatting is half of an answer's work, and so the common cases are short: a sentence of text and plain values is made
into a template once, days are remembered by value, rubles and hours need no library. The tests hold each of these to
what Fluent and Babel make of the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, get_currency_precision, get_decimal_symbol, get_group_symbol
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast
from prometheus_client import Counter

from billing.base import Money, Period

LANGUAGES: Final = ("ru", "en", "pt")
DEFAULT: Final = "ru"
NATIVE: Final = {"ru": "Русский", "en": "English", "pt": "Português"}
# Babel's locale for figures and dates; the sentences themselves know one Portuguese.
LOCALES: Final = {"ru": "ru", "en": "en_GB", "pt": "pt_BR"}
NBSP: Final = "\u00a0"
KEPT: Final = 4096  # days, and sentences with a choice in them, that are remembered
PLAIN: Final = 2000  # characters: Fluent refuses values longer than 2,500, and so it is asked about longer ones

log = structlog.get_logger()
broken_sentences = Counter("saldo_sentence_errors_total", "Sentences that could not be formatted", ["language"])


def negotiate(*wishes: str | None) -> str:
    """The first wish that we speak ("pt-br" is "pt"), else Russian."""
    for wish in wishes:
        short = (wish or "").replace("_", "-").split("-")[0].lower()
        if short in LANGUAGES:
            return short
    return DEFAULT


@cache
def bundle(language: str) -> FluentBundle:
    # Isolation marks (U+2068) would end up in copied account numbers.
    made = FluentBundle([LOCALES[language]], use_isolating=False)
    for file in sorted((files("locales") / language).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".ftl"):
            made.add_resource(FluentResource(file.read_text(encoding="utf-8")))
    return made


@cache
def version(language: str) -> str:
    """The language, and a digest of what its sentences are: another one as soon as any of them is worded otherwise."""
    made = sha256()
    for file in sorted((files("locales") / language).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".ftl"):
            made.update(file.read_bytes())
    return f"{language}-{made.hexdigest()[:8]}"


def fill(found: FluentBundle, sentence: str, values: Mapping[str, str | int]) -> tuple[str, list[str]]:
    """The sentence with its values, and what was wrong with it: the names of the errors."""
    pattern = found.get_message(sentence).value if found.has_message(sentence) else None
    if pattern is None:
        return "", ["missing"]
    text, errors = found.format_pattern(pattern, dict(values))
    return str(text), [type(e).__name__ for e in errors]


@cache
def template(language: str, sentence: str) -> str | None:
    """The sentence for `str.format_map`; None: it is not there, or is more than text and plain values."""
    message = bundle(language)._messages.get(sentence)
    if message is None or message.value is None:
        return None
    made = ""
    for element in message.value.elements:
        if isinstance(element, ast.TextElement):
            made += element.value.replace("{", "{{").replace("}", "}}")
        elif isinstance(element.expression, ast.VariableReference):
            made += f"{{{element.expression.id.name}}}"
        else:
            return None
    return made


@lru_cache(KEPT)
def chosen(language: str, sentence: str, values: tuple[tuple[str, str | int], ...]) -> tuple[str, list[str]]:
    return fill(bundle(language), sentence, dict(values))


Value = str | int | Money | date | datetime | Period


@dataclass(frozen=True, slots=True)
class Say:
    """One customer's language, day and zone. Call it with a sentence's name and its values."""

    language: str
    today: date
    zone: str = "Europe/Moscow"
    strict: bool = False  # raise instead of falling back
    here: date | None = None  # the day by the clock of `zone`, where `today` is another place's; None: `today`

    @classmethod
    def at(cls, now: datetime, language: str, zone: str) -> "Say":
        """The words of somebody who reads `language` and lives in `zone`."""
        return cls(language, now.astimezone(ZoneInfo(zone)).date(), zone)

    def __call__(self, sentence: str, **values: Value) -> str:
        ready = template(self.language, sentence)
        if ready is not None and not values and "{" not in ready:
            return ready
        shown = {name: value if type(value) is str else self.show(value) for name, value in values.items()}
        # A number is written by Fluent, in its language's way.
        if ready is not None and all(type(value) is str and len(value) <= PLAIN for value in shown.values()):
            try:
                return pointed(ready.format_map(shown))
            except KeyError:  # a value is missing, and Fluent says which
                pass
        for language in dict.fromkeys((self.language, DEFAULT)):
            text, problems = chosen(language, sentence, tuple(shown.items()))
            if not problems:
                return pointed(text)
            if self.strict:
                raise LookupError(f"{language}: {sentence}: {problems}")
            broken_sentences.labels(language).inc()
            log.error("sentence", name=sentence, language=language, problems=problems)
        return fill(bundle(DEFAULT), "sentence-broken", {})[0]

    @property
    def version(self) -> str:
        """For the audit: which words these are, «ru-3f2a91c0»."""
        return version(self.language)

    def knows(self, sentence: str) -> bool:
        return bundle(self.language).has_message(sentence)

    def show(self, value: Value) -> str | int:
        match value:
            case Money():
                return self.money(value)
            case Period():
                return self.period(value)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case _:
                return value

    def money(self, sum_: Money) -> str:
        """«1 234,56 ₽» with no-break spaces and a true minus. Babel's own ruble is right in Russian only."""
        if sum_.currency != "RUB":
            text = foreign(self.language, abs(sum_.minor), sum_.currency)
        else:
            group, point = separators(self.language)
            whole, part = divmod(abs(sum_.minor), 100)
            text = f"{whole:,}".replace(",", group) + f"{point}{part:02}{NBSP}₽"
        return f"−{text}" if sum_.minor < 0 else text

    def day(self, day: date) -> str:
        """«28 ноября», with the year when it is not this one."""
        return self.dated(day, year=day.year != self.today.year)

    def dated(self, day: date, *, year: bool) -> str:
        return written(self.language, day, year)

    def until(self, day: date) -> str:
        """«до среды, 25 ноября»: that day belongs to it."""
        return self("until-day", weekday=day.isoweekday(), day=day)

    def on(self, day: date) -> str:
        """«в среду, 25 ноября»."""
        return self("on-day", weekday=day.isoweekday(), day=day)

    def month(self, day: date) -> str:
        """«ноябрь 2026»."""
        locale = LOCALES[self.language]
        return str(
            format_skeleton("yMMMM", day, locale=locale)
            if self.language == "pt"
            else format_date(day, "LLLL y", locale=locale)
        )

    def period(self, period: Period) -> str:
        """«1–31 октября», «28 октября – 3 ноября», one day as one day; both years as soon as one is not this year's."""
        first, last = period.first, period.last
        if first == last:
            return self.day(first)
        year = {first.year, last.year} != {self.today.year}
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}–{self.dated(last, year=year)}"
        return f"{self.dated(first, year=year)} – {self.dated(last, year=year)}"

    def moment(self, moment: datetime) -> str:
        """«10:42», with the day when it is not today; in the customer's zone."""
        local = moment.astimezone(ZoneInfo(self.zone))
        clock = f"{local:%H:%M}"
        return clock if local.date() == (self.here or self.today) else f"{self.day(local.date())}, {clock}"

    def date_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()


@cache
def separators(language: str) -> tuple[str, str]:
    """Between thousands, and before the fraction."""
    locale = LOCALES[language]
    return spaced(get_group_symbol(locale)), get_decimal_symbol(locale)


@lru_cache(KEPT)
def foreign(language: str, minor: int, currency: str) -> str:
    """A sum that is not in rubles."""
    whole = Decimal(minor).scaleb(-get_currency_precision(currency))
    return spaced(format_currency(whole, currency, locale=LOCALES[language]))


@lru_cache(KEPT)
def written(language: str, day: date, year: bool) -> str:
    locale = LOCALES[language]
    return spaced(format_date(day, "long", locale=locale) if year else format_skeleton("MMMMd", day, locale=locale))


def pointed(text: str) -> str:
    """A sentence that ends with «2027 г.» has one point, not two."""
    return text.replace("г..", "г.")


def spaced(text: str) -> str:
    """Babel's narrow and thin spaces as plain no-break ones: not every client's font has the others."""
    return text.replace("\u202f", NBSP).replace("\u2009", NBSP)


def tail(number: str) -> str:
    """An account number as everybody may see it: «…1234»."""
    return f"…{number[-4:]}"


def brief(words: str, limit: int = 60) -> str:
    """Somebody else's words (a service's title, a method of payment) as one line that cannot pass for ours."""
    line = " ".join(words.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def clause(words: str) -> str:
    """What an outage is called, for the middle of a sentence: operators close their own with a full stop."""
    return brief(words, 120).rstrip(" .")


def sentences(language: str) -> Mapping[str, str]:
    """Every `words-…` message of a language: the typed words and phrases of a question, separated by « | »."""
    found = bundle(language)
    names = [name for name in found._messages if name.startswith("words-")]
    return {name.removeprefix("words-"): fill(found, name, {})[0] for name in names}
