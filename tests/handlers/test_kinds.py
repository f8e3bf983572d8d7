"""The one kind of service that a sentence names."""

import time

import pytest

from billing.base import Kind
from handlers.kinds import kind, kinds


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("вай фай тупит", Kind.INTERNET), ("модем", Kind.INTERNET), ("нтернет нет", Kind.INTERNET),
        ("интернет домой", Kind.INTERNET), ("my router", Kind.INTERNET), ("landline", Kind.PHONE),
        ("домашний телефон", Kind.PHONE), ("теливизор", Kind.TV), ("каналы пропали", Kind.TV),
        ("закончились гиги", Kind.MOBILE), ("симка", Kind.MOBILE), ("сотовый телефон", Kind.MOBILE),
        ("интернет на мобильном", Kind.MOBILE), ("интернет и мобильный", None), ("тв и интернет", None),
        ("home phone and mobile", None), ("номер телефона поддержки", None), ("позвоните мне", None),
        ("интересно", None), ("with my card", None), ("", None),
    ],
)  # fmt: skip
def test_the_kind(text: str, named: Kind | None) -> None:
    assert kind(text) is named


def test_with_is_no_wireless_network() -> None:
    assert kinds("pay with my card") == ()
    assert kinds("wi-fi")[0][0] is Kind.INTERNET


def test_a_hundred_thousand_characters() -> None:
    kind("интернет")
    started = time.perf_counter()
    kind("интырнет " * 11_000)
    assert time.perf_counter() - started < 1
