"""Every sentence, in every language: complete, formattable, used, and written the way customers are promised.

A missing sentence is found here and not by a customer: the same keys, variables and attributes in all languages, each
variant formatted with sample values and an empty list of errors, plural categories that the language has.
"""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from handlers.text import LANGUAGES, LOCALES

ROOT = Path(__file__).parents[2]
# What a language counts by (CLDR), for whole numbers; the last form may be the default that Fluent wants anyway.
PLURALS = {"ru": {"one", "few"}, "en": {"one"}, "pt": {"one"}}
ALLOWED = {"ru": {"one", "few", "many", "other"}, "en": {"one", "other"}, "pt": {"one", "many", "other"}}
CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
NUMBERS = (0, 1, 2, 5, 11, 21, 25, 1000, 1_000_000)

# Keys that the code puts together: prefix, and how the rest stands in the code.
BUILT = {
    "words-": (":", "-"),  # the question's action, or a name of handlers.understand
    "words-language-": ("-",),
    "page-": ("-",),  # bot/pages/notice.html: a notice and its heading
    "button-": (":", "-"),  # handlers.menu.button: an action
    "topic-": ("-",),  # storage.base.Topic
    "topic-is-": ("-",),
    "button-topic-": ("-",),
    "button-topic-is-": ("-",),
    "zone-": ("/",),
    "page-network-": ("-",),
    "service-": ("-",),  # billing.base.Status
    "service-fee-": ("-",),  # billing.base.Scheme
    "pay-after-blocked-": ("-",),
    "pay-next-": ("-",),
    "period-": ("-",),  # handlers.periods.Why
    "promised-no-": ("-",),  # billing.base.Refusal
    "trace-": ("-",),  # handlers.trace.Stage
    "trouble-check-": ("-",),  # billing.base.Status
    "trouble-none-": ("-",),
    "trouble-try-": ("-",),  # billing.base.Kind
    "direction-": ("-",),  # billing.base.Direction
    "proof-to-": ("-",),  # billing.base.Way
    "proof-sent-": ("-",),
    "proof-letter-": ("-",),
    "proof-for-": ("-",),  # handlers.verify: a purpose
}
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("bot", "handlers", "billing", "adapters", "storage")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".html", ".js"}
)
# «Не больше 21 счёта, 22 счетов»: after these words there are two forms only.
GENITIVE = {"page-accounts-many"}
LATIN_IN_RUSSIAN = {"QR", "Telegram", "Language", "VK", "OK", "cookie", "PDF", "CSV", "Excel"}
# Seen in live products, or billing's own words for what customers call otherwise (section "Wording" of the promises).
TYPOS = re.compile(
    r"слудующ|новосте пуст|актиаци|сожелени|зарегестр|\bви успешно|поделится номером|колличеств|\bсдесь\b|прийд[её]т"
    r"|пожалуста|\bоплотит|зделат|\bбудующ|\bвообщем\b|\bвтечени|подключён[ыа]? кредит"
    r"|раз\(а\)|\(ов\)|\(а\)|\(s\)|\bдн\.|\bдепозит|\bкредит|транзакци|\bабонент\b|задолженност|доверительн",
    re.IGNORECASE,
)


def resource(path: Path) -> ast.Resource:
    return FluentParser(with_spans=False).parse(path.read_text(encoding="utf-8"))


FILES = {language: sorted((ROOT / "locales" / language).glob("*.ftl")) for language in LANGUAGES}
RESOURCES = {language: [resource(path) for path in FILES[language]] for language in LANGUAGES}


def name(entry: ast.Message | ast.Term) -> str:
    return ("-" if isinstance(entry, ast.Term) else "") + entry.id.name


def entries(language: str) -> Iterator[ast.Message | ast.Term]:
    for one in RESOURCES[language]:
        for entry in one.body:
            if isinstance(entry, ast.Message | ast.Term):
                yield entry


class Parts(Visitor):
    """What a message is made of."""

    def __init__(self, entry: ast.Message | ast.Term | ast.Variant) -> None:
        self.variables: set[str] = set()
        self.references: set[str] = set()
        self.texts: list[str] = []
        self.choices: list[tuple[str, list[str | float]]] = []  # variable, keys of its variants
        self.counted: set[str] = set()  # variables that are chosen by and printed: «21 счёт»
        self.visit(entry)

    def visit_Comment(self, node: ast.Comment) -> None:
        """Not shown to anybody."""

    def visit_VariableReference(self, node: ast.VariableReference) -> None:
        self.variables.add(node.id.name)

    def visit_MessageReference(self, node: ast.MessageReference) -> None:
        self.references.add(node.id.name)

    def visit_TermReference(self, node: ast.TermReference) -> None:
        self.references.add(f"-{node.id.name}")

    def visit_TextElement(self, node: ast.TextElement) -> None:
        self.texts.append(node.value)

    def visit_StringLiteral(self, node: ast.StringLiteral) -> None:
        self.texts.append(node.value)

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:
        keys = [v.key.name if isinstance(v.key, ast.Identifier) else float(v.key.value) for v in node.variants]
        if isinstance(node.selector, ast.VariableReference):
            chooser = node.selector.id.name
            self.choices.append((chooser, keys))
            if any(chooser in Parts(variant).variables for variant in node.variants):
                self.counted.add(chooser)
        self.generic_visit(node)


MESSAGES = {language: {name(e): Parts(e) for e in entries(language)} for language in LANGUAGES}
KEYS = sorted({key for known in MESSAGES.values() for key in known})
TALK = [key for key in KEYS if not key.startswith("words-")]  # words are what customers say, with all their slips


def bundle(language: str) -> FluentBundle:
    made = FluentBundle([LOCALES[language]], use_isolating=False)
    for path in FILES[language]:
        made.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return made


BUNDLES = {language: bundle(language) for language in LANGUAGES}


def rendered(language: str, key: str) -> Iterator[str]:
    """The message with sample values, once for each combination of its choices."""
    parts, found = MESSAGES[language][key], BUNDLES[language]
    wanted = {variable: ["42"] for variable in all_variables(language, key)}
    samples: dict[str, list[str | int]] = {variable: [*values] for variable, values in wanted.items()}
    for variable, keys in parts.choices:
        named = [k for k in keys if isinstance(k, str) and k not in CATEGORIES]
        numbers = [int(k) for k in keys if not isinstance(k, str)]
        samples[variable] = [*named] if named else [*NUMBERS, *numbers]
    pattern = found.get_message(key).value
    assert pattern is not None, f"{language}: {key} has no text"
    for values in product(*samples.values()):
        text, errors = found.format_pattern(pattern, dict(zip(samples, values, strict=True)))
        assert not errors, f"{language}: {key}: {errors}"
        yield str(text)


def all_variables(language: str, key: str) -> set[str]:
    parts = MESSAGES[language][key]
    return parts.variables.union(*(all_variables(language, one) for one in parts.references))


# ── Complete ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_understood(language: str) -> None:
    for path, one in zip(FILES[language], RESOURCES[language], strict=True):
        junk = [entry.content for entry in one.body if isinstance(entry, ast.Junk)]
        assert not junk, f"{path.name}: {junk}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_said_twice(language: str) -> None:
    names = [name(entry) for entry in entries(language)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_files_and_keys(language: str) -> None:
    assert [path.name for path in FILES[language]] == [path.name for path in FILES["ru"]]
    assert set(MESSAGES[language]) == set(KEYS)


def test_the_same_variables() -> None:
    wrong = {
        key: {language: sorted(all_variables(language, key)) for language in LANGUAGES}
        for key in KEYS
        if len({frozenset(all_variables(language, key)) for language in LANGUAGES}) > 1
    }
    assert not wrong


def test_the_same_attributes() -> None:
    found = {
        language: {name(e): sorted(a.id.name for a in e.attributes) for e in entries(language)}
        for language in LANGUAGES
    }
    assert found["en"] == found["ru"]
    assert found["pt"] == found["ru"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_those_of_the_language(language: str) -> None:
    for key, parts in MESSAGES[language].items():
        for chooser, keys in parts.choices:
            plural = {k for k in keys if isinstance(k, str)} & CATEGORIES
            if plural - {"other"}:
                printed = chooser in parts.counted and key not in GENITIVE
                needed = PLURALS[language] if printed else {"one"}
                assert needed <= plural <= ALLOWED[language], f"{language}: {key}: {plural}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_can_be_formatted(language: str) -> None:
    for key in MESSAGES[language]:
        if not key.startswith("-"):
            for text in rendered(language, key):
                assert text.strip(), f"{language}: {key}"
                assert "{" not in text, f"{language}: {key}"


def test_no_key_is_unused() -> None:
    referred = {one for known in MESSAGES.values() for parts in known.values() for one in parts.references}
    assert not [key for key in KEYS if key not in referred and not used(key)]


def used(key: str) -> bool:
    if f'"{key}"' in CODE or f"'{key}'" in CODE:
        return True
    for prefix, marks in BUILT.items():
        rest = key.removeprefix(prefix)
        if prefix == "page-":
            rest = rest.removesuffix("-heading")
        if key.startswith(prefix) and any(f'"{rest.replace("-", mark)}"' in CODE for mark in marks):
            return True
    return False


def test_no_sentence_is_missing() -> None:
    """Keys that are named in full in the code."""
    named = set(re.findall(r'\bsay\(\s*"([a-z][a-z0-9-]+)"', CODE)) | set(re.findall(r'\.button\("([a-z-]+)"', CODE))
    assert len(named) > 50
    assert not named - set(KEYS)


# ── Well written ──────────────────────────────────────────────────────────────────────────────────────────────────


def shown(language: str) -> Iterator[tuple[str, str]]:
    for key in TALK:
        for text in MESSAGES[language][key].texts:
            yield key, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_hidden_marks_and_no_drawings(language: str) -> None:
    for path in FILES[language]:
        text = path.read_text(encoding="utf-8")
        assert not re.search("[\u2066-\u2069\u200b-\u200f\u202a-\u202e\ufeff]", text), path
    for key in MESSAGES[language]:
        if key.startswith("-"):
            continue
        for text in rendered(language, key):
            assert not re.search("[\u2066-\u2069\u2500-\u259f]", text), f"{language}: {key}"


def test_no_leftovers_of_another_language() -> None:
    latin = [
        (key, word)
        for key, text in shown("ru")
        for word in re.findall("[A-Za-z]{2,}", text)
        if word not in LATIN_IN_RUSSIAN
    ]
    cyrillic = [
        (language, key, text)
        for language in ("en", "pt")
        for key, text in shown(language)
        if re.search("[А-Яа-яЁё]", text) and key != "button-language"
    ]
    assert not latin
    assert not cyrillic


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_two_alphabets(language: str) -> None:
    """A Latin «a» in a Russian word looks right and is not found by a search."""
    for path in FILES[language]:
        words = re.findall(r"[^\W\d_]+", path.read_text(encoding="utf-8"))
        mixed = [w for w in words if re.search("[A-Za-z]", w) and re.search("[А-Яа-яЁё]", w)]
        assert not mixed, f"{path.name}: {mixed}"


def test_no_typos_and_no_jargon() -> None:
    wrong = [(key, found.group()) for key, text in shown("ru") if (found := TYPOS.search(text))]
    assert not wrong


def test_the_checker_finds_what_was_seen_in_live_products() -> None:
    for typo in ("Слудующая новость", "Список новосте пуст", "Стоимость актиации", "Поделится номером", "К сожелению",
                 "зарегестрировано", "Ви успешно", "Кредит установленный", "3 раз(а)", "5 дн."):  # fmt: skip
        assert TYPOS.search(typo), typo


@pytest.mark.parametrize("language", LANGUAGES)
def test_spaces_and_marks(language: str) -> None:
    wrong = [
        (key, text)
        for key, text in shown(language)
        if re.search(r"  | [,;:!?]|\.\.\.| \.(?!\w)|[ \t]\n|\b(\w{2,}) \1\b", text, re.IGNORECASE)
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_every_network(language: str) -> None:
    """32 characters is the cautious limit for Odnoklassniki; nothing is cut."""
    for key in MESSAGES[language]:
        if key.startswith("button-"):
            for text in rendered(language, key):
                assert len(text.replace("42", "1 234 567,89 ₽")) <= 32, f"{language}: {key}"
                assert "\n" not in text
