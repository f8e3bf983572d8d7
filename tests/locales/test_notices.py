"""The checker of notices: the shipped ones have no fault, and each kind of fault is found."""

import ast
import re
from pathlib import Path

import pytest

from adapters import ok, telegram, vk
from handlers.sentences import GIVEN, Fault, What, faults, shipped

ROOT = Path(__file__).parents[2]
SHIPPED = shipped()
LIMITS = (vk.LIMITS, telegram.LIMITS, ok.LIMITS)


def test_the_shipped_sentences_have_no_fault() -> None:
    assert [str(one) for one in faults(SHIPPED, LIMITS)] == []


def test_the_table_is_what_the_code_gives() -> None:
    said: dict[str, set[str]] = {}
    for path in sorted((ROOT / "handlers").glob("notice*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and "say" in (getattr(node.func, "attr", ""), getattr(node.func, "id", "")):
                name, names = node.args[0], {one.arg for one in node.keywords}
                if isinstance(name, ast.Constant) and re.match("alert-|notice-", str(name.value)):
                    assert said.setdefault(str(name.value), names) == names, name.value  # type: ignore[arg-type]
    assert said == {name: set(given) for name, given in GIVEN.items() if not name.startswith("button-")}


RU_DAYS = """{ $days ->
        [one] Денег хватит ещё на { $days } день, до { $day }: на счету { $own }
        [few] Денег хватит ещё на { $days } дня, до { $day }: на счету { $own }
       *[many] Денег хватит ещё на { $days } дней, до { $day }: на счету { $own }
    }"""

# language, sentence, what is written instead of it; what is found, and where
BROKEN = [
    ("ru", "alert-paid", "Платёж { $sum } от { $payer } зачислен", What.VARIABLE, "payer"),
    ("pt", "alert-paid", "Seu pagamento de { $sum } em { $dia } foi creditado", What.VARIABLE, "dia"),
    ("ru", "alert-paid", "Платёж зачислен", What.UNUSED, "sum"),
    (
        "ru",
        "alert-lasts",
        "Денег хватит на { $days } дн., до { $day }: { $own }",
        What.PLURAL,
        "days is shown without forms",
    ),
    (
        "ru",
        "alert-lasts",
        "\n".join(line for line in RU_DAYS.splitlines() if "[few]" not in line),
        What.PLURAL,
        "no few",
    ),
    (
        "en",
        "alert-overdue",
        "Debt { $debt }: it was due { $days } days ago",
        What.PLURAL,
        "days is shown without forms",
    ),
    (
        "en",
        "alert-overdue",
        "{ $days ->\n       *[other] Debt { $debt }: it was due { $days } days ago\n    }",
        What.PLURAL,
        "days: no one",
    ),
    (
        "pt",
        "alert-overdue",
        "{ $days ->\n        [one] { $debt }: há { $days } dia\n       *[many] { $debt }: há { $days } dias\n    }",
        What.PLURAL,
        "days: no other",
    ),
    ("ru", "alert-bill-covered", "Денег хватает: до отключения осталось 3 дня", What.DIGIT, "3"),
    ("ru", "alert-bill-covered", 'Денег хватает на { "14" } дней', What.DIGIT, "14"),
    ("ru", "alert-bill-covered", "Уважаемый Максим, платить ничего не нужно", What.NAME, "Уважаем"),
    ("ru", "alert-bill-covered", "Максим, платить ничего не нужно", What.NAME, "Максим,"),
    ("ru", "alert-bill-covered", "Денег хватает, и Максим может не платить", What.NAME, "Максим"),
    ("en", "alert-bill-covered", "Dear customer, there is nothing to pay", What.NAME, "Dear"),
    ("en", "alert-bill-covered", "There is nothing to pay, John", What.NAME, "John"),
    ("pt", "alert-bill-covered", "Não há nada a pagar, João", What.NAME, "João"),
    ("ru", "alert-bill-covered", "Nothing to pay", What.FOREIGN, "Nothing"),
    ("ru", "alert-bill-covered", "Деньги на ballance есть", What.FOREIGN, "ballance"),
    ("en", "alert-bill-covered", "Денег хватает", What.FOREIGN, "Денег"),
    ("en", "alert-bill-covered", "O saldo é suficiente", What.FOREIGN, "saldo"),
    ("pt", "alert-bill-covered", "There is nothing to pay on your account", What.FOREIGN, "your"),
    ("ru", "alert-bill-covered", "Денег хватает!", What.TONE, "an exclamation mark"),
    ("ru", "alert-bill-covered", "Денег хватает. " * 80, What.LONG, "at most 875"),
    ("ru", "button-not-such", "Больше никогда не присылать ничего такого", What.LONG, "41, at most 32"),
    ("en", "alert-bill-covered", "", What.MISSING, "no such sentence"),
    ("en", "alert-bill-covered", "{ $days -> ]", What.UNREADABLE, "no Fluent"),
]


def rewritten(language: str, sentence: str, text: str) -> dict[str, str]:
    lines = f"\n{SHIPPED[language]}"
    old = re.search(rf"\n{sentence} =.*?(?=\n[a-z#]|\n\n|\Z)", lines, re.DOTALL)
    assert old is not None
    new = f"\n{sentence} =\n    {text}" if text else ""
    return {**SHIPPED, language: lines.replace(old.group(), new)}


@pytest.mark.parametrize(("language", "sentence", "text", "what", "detail"), BROKEN)
def test_a_broken_sentence_is_found(language: str, sentence: str, text: str, what: What, detail: str) -> None:
    found = faults(rewritten(language, sentence, text), LIMITS)
    assert found
    assert {(one.language, one.sentence) for one in found} == {(language, sentence)}
    assert [one for one in found if one.what is what and detail in one.detail], found


def test_a_sentence_that_nobody_says_and_a_language_that_is_not_there() -> None:
    more = {**SHIPPED, "ru": SHIPPED["ru"] + "\nalert-new = Новое\n"}
    assert faults(more) == [Fault("ru", "alert-new", What.UNKNOWN, "nobody says it")]
    found = faults({language: text for language, text in SHIPPED.items() if language != "pt"})
    assert {(one.language, one.what) for one in found} == {("pt", What.MISSING)}
    assert len(found) == len(GIVEN)
