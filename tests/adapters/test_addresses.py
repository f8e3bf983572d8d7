"""Addresses: what is one mailbox, what is one phone, and that nothing else gets through."""

import re
from email.headerregistry import Address as Mailbox

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.addresses import LONGEST, dialable, plausible


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anna@mail.ru", "anna@mail.ru"),
        ("  Anna.K+saldo@Mail.RU \n", "Anna.K+saldo@mail.ru"),
        ("<anna@mail.ru>", "anna@mail.ru"),
        ("«anna@mail.ru».", "anna@mail.ru"),
        ("mailto:anna@mail.ru", "anna@mail.ru"),
        ("anna@почта.рф", "anna@xn--80a1acny.xn--p1ai"),
        ("anna@ПОЧТА.РФ", "anna@xn--80a1acny.xn--p1ai"),
        ("ａｎｎａ＠mail.ru", "anna@mail.ru"),  # full-width, as some keyboards type
        ("o'neil_1!#$%&*/=?^`{|}~-@a-b.example", "o'neil_1!#$%&*/=?^`{|}~-@a-b.example"),
        (f"{'a' * 64}@mail.ru", f"{'a' * 64}@mail.ru"),
    ],
)
def test_a_mailbox_is_made_canonical(typed: str, meant: str) -> None:
    assert plausible(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@mail.ru",
        "anna@mail",
        "anna@mail.",
        "anna@.ru",
        "anna@mail..ru",
        "anna@-mail.ru",
        "anna@mail_box.ru",
        "anna@127.0.0.1",
        "anna@[127.0.0.1]",
        "an na@mail.ru",
        ".anna@mail.ru",
        "an..na@mail.ru",
        '"anna"@mail.ru',
        "анна@mail.ru",
        "anna@mail.ru, boris@mail.ru",
        "anna@mail.ru boris@mail.ru",
        "Анна <anna@mail.ru>",
        "anna@boris@mail.ru",
        "anna@mail.ru\r\nBcc: boris@mail.ru",
        "anna\r\n@mail.ru",
        "anna@mail\x00.ru",
        "anna@mail.ru\u202e",
        f"{'a' * 65}@mail.ru",
        f"anna@{'a' * 64}.ru",
        f"anna@{'.'.join(['a' * 60] * 5)}.ru",
        "a@" * 100_000,
    ],
)
def test_what_is_not_one_mailbox_is_none(typed: str) -> None:
    assert plausible(typed) is None


@given(st.text(max_size=300) | st.from_regex(r"[^@]{0,70}@[^@]{0,80}", fullmatch=True) | st.emails())
@example("anna@mail.ru\nTo: x@y.ru")
@example("a@xn--a.ru")
@example("a@ß.de")
def test_whatever_is_typed_no_header_or_command_can_be_broken_out_of(typed: str) -> None:
    found = plausible(typed)
    if found is None:
        return
    assert re.fullmatch(r"[!-~]{3,254}", found), found
    assert not re.search(r'[\s<>,;:"()\\\[\]]', found)
    assert found.count("@") == 1
    assert len(found) <= LONGEST
    assert plausible(found) == found
    assert Mailbox(addr_spec=found).addr_spec == found


@pytest.mark.parametrize(
    ("typed", "region", "meant"),
    [
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("+7 912 345 67 89", "BR", "+79123456789"),
        ("9123456789", "RU", "+79123456789"),
        ("79123456789", "RU", "+79123456789"),
        ("11 96123-4567", "BR", "+5511961234567"),
        ("8 912 345-67-89 доб. 12", "RU", None),
        ("3452", "RU", None),
        ("112", "RU", None),
        ("телефон", "RU", None),
        ("", "RU", None),
        ("8 912 345-67-8", "RU", None),
        ("8" * 1000, "RU", None),
    ],
)
def test_a_phone_is_e164_or_none(typed: str, region: str, meant: str | None) -> None:
    assert dialable(typed, region) == meant


@given(st.text(max_size=300) | st.from_regex(r"\+?[0-9 ()-]{5,20}", fullmatch=True))
def test_whatever_is_typed_a_phone_is_plus_and_digits(typed: str) -> None:
    found = dialable(typed)
    assert found is None or re.fullmatch(r"\+[1-9][0-9]{6,14}", found)
