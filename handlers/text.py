"""say(): the one way from a sentence's name to the customer's words, money and dates.

Sentences are Fluent files, locales/<language>/*.ftl. Values are formatted here and nowhere else: Money, date,
datetime and Period become text in the reader's language before they reach a sentence; whole numbers stay numbers, so
that a sentence can choose its plural. A sentence that fails is a bug of ours: tests raise on it, production counts it
and falls back to Russian, because a customer must get an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, get_currency_symbol
from fluent.runtime import FluentBundle, FluentResource
from prometheus_client import Counter

from billing.base import Money, Period

LANGUAGES: Final = ("ru", "en", "pt")
DEFAULT: Final = "ru"
NATIVE: Final = {"ru": "Русский", "en": "English", "pt": "Português"}
# Babel's locale for figures and dates; the sentences themselves know one Portuguese.
LOCALES: Final = {"ru": "ru", "en": "en_GB", "pt": "pt_BR"}
NBSP: Final = "\u00a0"

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


Value = str | int | Money | date | datetime | Period


@dataclass(frozen=True, slots=True)
class Say:
    """One customer's language, day and zone. Call it with a sentence's name and its values."""

    language: str
    today: date
    zone: str = "Europe/Moscow"
    strict: bool = False  # raise instead of falling back

    def __call__(self, sentence: str, **values: Value) -> str:
        for language in dict.fromkeys((self.language, DEFAULT)):
            found = bundle(language)
            if not found.has_message(sentence):
                problem: object = "missing"
            else:
                pattern = found.get_message(sentence).value
                text, errors = found.format_pattern(pattern, {k: self.show(v) for k, v in values.items()})
                if not errors:
                    return str(text)
                problem = [type(e).__name__ for e in errors]
            if self.strict:
                raise LookupError(f"{language}: {sentence}: {problem}")
            broken_sentences.labels(language).inc()
            log.error("sentence", name=sentence, language=language, problem=str(problem))
        return bundle(DEFAULT).format_pattern(bundle(DEFAULT).get_message("sentence-broken").value, {})[0]

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
        """«1 234,56 ₽» with no-break spaces and a true minus."""
        text: str = format_decimal(
            Decimal(abs(sum_.minor)) / 100, format="#,##0.00", locale=LOCALES[self.language], decimal_quantization=False
        )
        symbol = "₽" if sum_.currency == "RUB" else get_currency_symbol(sum_.currency, locale=LOCALES[self.language])
        return f"{'−' if sum_.minor < 0 else ''}{text.replace(chr(0x202F), NBSP)}{NBSP}{symbol}"

    def day(self, day: date) -> str:
        """«28 ноября», with the year when it is not this one."""
        locale = LOCALES[self.language]
        text = (
            format_skeleton("MMMMd", day, locale=locale)
            if day.year == self.today.year
            else format_date(day, "long", locale=locale)
        )
        return str(text).replace("\u202f", NBSP)

    def month(self, day: date) -> str:
        """«ноябрь 2026»."""
        locale = LOCALES[self.language]
        return str(
            format_skeleton("yMMMM", day, locale=locale)
            if self.language == "pt"
            else format_date(day, "LLLL y", locale=locale)
        )

    def period(self, period: Period) -> str:
        """«1 октября — 31 октября», one day as one day."""
        if period.first == period.last:
            return self.day(period.first)
        return f"{self.day(period.first)} — {self.day(period.last)}"

    def moment(self, moment: datetime) -> str:
        """«10:42», with the day when it is not today; in the customer's zone."""
        local = moment.astimezone(ZoneInfo(self.zone))
        clock = str(format_time(local, "HH:mm", locale=LOCALES[self.language]))
        return clock if local.date() == self.today else f"{self.day(local.date())}, {clock}"

    def date_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()


def tail(number: str) -> str:
    """An account number as everybody may see it: «…1234»."""
    return f"…{number[-4:]}"


def sentences(language: str) -> Mapping[str, str]:
    """Every `words-…` message of a language: the typed words and phrases of a question, separated by « | »."""
    found = bundle(language)
    return {
        name.removeprefix("words-"): str(found.format_pattern(found.get_message(name).value, {})[0])
        for name in found._messages
        if name.startswith("words-")
    }
