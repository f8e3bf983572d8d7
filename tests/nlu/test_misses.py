"""What may be kept of a message that nobody understood, and which of those messages are one."""

import random
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.letters import fold
from nlu.misses import HOLES, LETTERS, LONGEST, clusters, mask, vocabulary, words

WORDS = "верните деньги на карту какои тариф у меня мои не работает dont call me at cartao ja 4g 1 a"
KNOWN = frozenset(WORDS.split())

# ── mask ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Верните деньги, Ивану Петрову!", "верните деньги • •"),
        ("какой у меня тариф?!", "какой у меня тариф"),
        ("верните 1 234,56 ₽ на карту 2200-0000 0000/1234", "верните 0 на карту 0"),
        ("don't call me at +7 (912) 000-00-12 😡", "don't call me at 0"),
        ("ivan.petrov+1@mail.ru не работает", "@ не работает"),
        ("(https://saldo.example/a?token=abc) не работает на www.abc.de, saldo.ru/меня.", "@ не работает на @ @"),
        ("@ivan_petrov у меня", "@ у меня"),
        ("меня зовут ivan_petrov", "меня • • •"),
        ("не Qwerty12 работает", "не • работает"),
        ("cartão já", "cartão já"),
        ("мой тapиф", "мой тариф"),  # Latin a and p
        ("т\u0301ариф ḿe ТÁRИФ", "тариф me •"),
        ("4g не работает 1", "4g не работает 0"),
        ("не1 работает", "• работает"),
        ("１２３ ²", "0"),
        ("♥️ ?! …", ""),
        ("", ""),
    ],
)
def test_known_words_stay_and_all_else_is_a_hole(typed: str, kept: str) -> None:
    assert mask(typed, KNOWN) == kept


SECRETS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[A-Za-zА-Яа-я0-9._@:/+ -]{1,60}", fullmatch=True),
    st.sampled_from(["Верните", "ДЕНЬГИ", "don’t", "какой", "тариф", "мои", "4G", " "]),
    st.emails(),
    st.integers().map(str),
)


@given(st.lists(SECRETS, max_size=30).map(" ".join) | st.lists(SECRETS, max_size=30).map("".join))
def test_nothing_of_a_message_but_known_words_survives(text: str) -> None:
    kept = mask(text, KNOWN)
    assert len(kept) <= LONGEST
    for word in kept.split(" ") if kept else []:
        assert word in HOLES or (fold(word) in KNOWN and not word.isdigit()), word
        assert word in HOLES or word.isascii() or LETTERS.issuperset(word), "a spelling that says more than the word"
    assert mask(text, frozenset()).strip("•0@ ") == "", "who knows no word keeps none"


@given(st.lists(SECRETS, max_size=30).map(" ".join))
def test_what_was_kept_is_kept_again(text: str) -> None:
    """Whoever masks twice, for another release's words perhaps, loses nothing."""
    kept = mask(text, KNOWN)
    assert words(mask(kept, KNOWN)) == words(kept)


@pytest.mark.parametrize("text", ["a-" * 1000, "1" * 1999 + "x", "a." * 1000, "1 " * 1000, "a:" * 1000, "@" * 9000])
def test_no_text_takes_long(text: str) -> None:
    begun = time.perf_counter()
    assert len(mask(text, KNOWN)) <= LONGEST
    assert time.perf_counter() - begun < 1


def test_words_that_may_be_kept_are_of_many_phrases_and_no_names() -> None:
    phrases = (
        "Не работает интернет на Ленина",
        "на ленина не работает интернет, адрес Ленина 5",
        "не РАБОТАЕТ тв, я Анна. Почему не работает?",
        "почему интернет не работает, спросила анна",
        "почему? спросила анна",
        "I am Maria, Já liguei",
    )
    assert vocabulary(phrases) == frozenset("не работает интернет почему".split())  # noqa: SIM905
    assert vocabulary(()) == frozenset()


# ── clusters ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Said:
    said: str
    language: str = "ru"
    likely: tuple[str, ...] = ()
    times: int = 1


MONEY = (
    Said("как вернуть деньги", times=5, likely=("pay", "debt")),
    Said("хочу вернуть деньги", times=3, likely=("debt",)),
    Said("вернуть деньги на карту •"),
)
NUMBER = (
    Said("как перенести номер", times=3, likely=("service",)),
    Said("хочу перенести свой номер"),
    Said("можно ли перенести номер", likely=("tariff", "service")),
)
OTHERS = (
    Said("какая погода", times=2),
    Said("какая погода", "en", times=1),
    Said("• •", times=4),
    Said("• 0"),
    Said("•", "en"),
)


def test_what_wants_the_same_stands_together_the_most_frequent_first() -> None:
    made = clusters([*OTHERS, *NUMBER, *MONEY])
    assert [(one.language, one.count, [miss.said for miss in one.misses]) for one in made] == [
        ("ru", 9, ["как вернуть деньги", "хочу вернуть деньги", "вернуть деньги на карту •"]),
        ("ru", 5, ["как перенести номер", "можно ли перенести номер", "хочу перенести свой номер"]),
        ("ru", 5, ["• •", "• 0"]),
        ("ru", 2, ["какая погода"]),
        ("en", 1, ["какая погода"]),
        ("en", 1, ["•"]),
    ]
    assert [one.likely for one in made[:3]] == [("debt", "pay"), ("service", "tariff"), ()]
    assert len({one.key for one in made}) == len(made)


@given(st.permutations([*MONEY, *NUMBER, *OTHERS]))
def test_the_order_of_the_rows_does_not_matter(rows: list[Said]) -> None:
    assert clusters(rows) == clusters([*MONEY, *NUMBER, *OTHERS])


def test_the_key_is_the_leading_phrases() -> None:
    """So that what was listed yesterday can be taught today, when there is more of it."""
    [first, *_] = clusters(MONEY)
    again = clusters([*NUMBER, *MONEY, Said("вернуть мои деньги")])
    assert [one.key for one in again if one.misses[0] == MONEY[0]] == [first.key]
    assert first.key.isalnum()
    assert len(first.key) == 10


@given(st.lists(st.builds(Said, st.text("абв •0@", max_size=12), st.sampled_from(["ru", "en"])), max_size=40))
def test_every_message_stands_in_one_cluster(rows: list[Said]) -> None:
    rows = list(dict.fromkeys(rows))
    made = clusters(rows)
    assert sorted((one.said, one.language) for cluster in made for one in cluster.misses) == sorted(
        (one.said, one.language) for one in rows
    )
    assert sum(one.count for one in made) == len(rows)
    assert all(miss.language == one.language for one in made for miss in one.misses)


def test_a_full_table_takes_seconds() -> None:
    """The whole table at its bound, of what is alike and of what is not."""
    chance = random.Random(7)
    syllables = [a + b for a in "бвгдклмнпрст" for b in "аеиоу"]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(3000)]
    rows = [Said(" ".join(chance.choices(words, k=chance.randint(2, 8)))) for _ in range(20_000)]
    begun = time.process_time()
    made = clusters(rows)
    assert sum(len(one.misses) for one in made) == 20_000
    assert time.process_time() - begun < 40  # of processor time; measured: 5 to 6
