"""Which account typed words name, and what is left of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.mention import mention
from storage.base import Link
from tests.clock import NOON

HOME = Link(1, "a", "100000007731", "Иван П.", NOON, 0)
COTTAGE = Link(2, "b", "200000008842", "Иван П.", NOON, 0, nickname="Дача 🏡")
MOTHER = Link(3, "c", "300000008842", "Вера К.", NOON, 0, nickname="Мамина квартира")
LINKS = (HOME, COTTAGE, MOTHER)


def named(text: str) -> tuple[list[int], str, bool] | None:
    found = mention(text, LINKS)
    return None if found is None else ([one.id for one in found.links], found.rest, found.plainly)


@pytest.mark.parametrize(
    "text",
    [
        "7731", "…7731", "№7731", "№ 7731", "счёт 7731", "на 7731", "на счет 7731.", "л/с 7731",
        "лицевой счёт 100000007731", "переключи на 7731",
        "смени счет на 7731", "выбрать 7731 пожалуйста", "account 7731", "switch to 7731",
        "conta 7731", "trocar para a conta 7731", "７７３１",
    ],
)  # fmt: skip
def test_digits_alone_are_a_switch(text: str) -> None:
    assert named(text) == ([1], "", True)


@pytest.mark.parametrize(
    ("text", "rest", "plainly"),
    [
        ("баланс 7731", "баланс", False),
        ("7731 баланс", "баланс", False),
        ("сколько платить за 7731?", "сколько платить за", False),
        ("баланс по счёту 7731", "баланс", True),
        ("платежи за март по счету 7731", "платежи за март", True),
        ("balance of account 7731", "balance", True),
        ("баланс, счёт 7731", "баланс,", True),
    ],
)
def test_digits_beside_a_question_leave_it(text: str, rest: str, plainly: bool) -> None:
    assert named(text) == ([1], rest, plainly)


@pytest.mark.parametrize(
    ("text", "link", "rest"),
    [
        ("дача", 2, ""), ("ДАЧУ", 2, ""), ("на дачу", 2, ""), ("счёт дача", 2, ""), ("«Дача»", 2, ""),
        ("баланс дача", 2, "баланс"), ("баланс по даче", 2, "баланс"), ("даче баланс", 2, "баланс"),
        ("мамина квартира", 3, ""), ("долг мамина квартира", 3, "долг"), ("мамину квартиру", 3, ""),
    ],
)  # fmt: skip
def test_nicknames_in_their_cases(text: str, link: int, rest: str) -> None:
    found = named(text)
    assert found is not None
    assert found[:2] == ([link], rest)


@pytest.mark.parametrize(
    "text",
    ["", "баланс", "квартира", "дачник", "удача", "передача", "123", "77", "77310", "17731.50", "7731,5",
     "платежи за 2026", "🏡", "\x00", "٧٧٣١"],
)  # fmt: skip
def test_what_names_no_account(text: str) -> None:
    assert mention(text, LINKS) is None


def test_digits_of_two_accounts_name_both_and_digits_of_none_are_strange() -> None:
    assert named("баланс 8842") == ([2, 3], "баланс", False)
    assert named("200000008842") == ([2], "", True)
    assert named("9999") == ([], "", True)
    assert named("счёт 9999") == ([], "", True)
    assert named("на 9999 или 7731") is not None
    assert mention("баланс 9999", LINKS) is None
    assert mention("8842", ()) is not None


def test_two_accounts_of_one_nickname_are_both_named_and_the_longer_one_wins() -> None:
    twin = Link(4, "d", "4000", "", NOON, 0, nickname="дача")
    found = mention("баланс дача", (*LINKS, twin))
    assert found is not None
    assert [one.id for one in found.links] == [2, 4]
    long = Link(5, "e", "5000", "", NOON, 0, nickname="Дача мамы")
    found = mention("дача мамы", (*LINKS, long))
    assert found is not None
    assert [one.id for one in found.links] == [5]


@given(st.text(max_size=60))
def test_any_text_names_an_account_or_none(text: str) -> None:
    found = mention(text, LINKS)
    assert found is None or set(found.links) <= set(LINKS)


@given(st.text(max_size=30), st.text(max_size=60))
def test_any_nickname_does_no_harm(nickname: str, text: str) -> None:
    one = Link(9, "z", "900", "", NOON, 0, nickname=nickname)
    found = mention(text, (one,))
    assert found is None or found.links in {(), (one,)}
