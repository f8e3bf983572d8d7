"""What the page about billings says is what the code does: what is hidden, which setting tells it, what it costs."""

import math
import re

import pytest

from billing import abills, abills_feed, tmf, tmf_feed, tmf_pages, tmf_tables
from billing.base import Capability
from bot import doctor, registry, scan
from tests.docs.pages import blocks, page, rows

TEXT = page("docs/billing.md")
SECONDS = 2  # a page
BILLS, PRODUCTS, LINKED, LOOKS, MONTH = 1, 2, 50, 24 * 60 // 10, 30  # as the page assumes
COSTS = {cells[0]: cells[1:] for cells in rows(TEXT, "Accounts")}
SIZES = (10_000, 1_000_000, 10_000_000)


def test_what_is_hidden_is_what_doctor_says() -> None:
    told = {cells[0].strip("`"): cells[1] for cells in rows(TEXT, "Told")}
    assert told == {capability.value: doctor.HIDES[capability] for capability in Capability}


def test_what_would_tell_it_is_what_each_billing_wants() -> None:
    for capability, _, by_tmf, by_abills in rows(TEXT, "Told"):
        one = Capability(capability.strip("`"))
        assert by_tmf.replace("`", "") == tmf.WANTS.get(one, "never")
        extra = abills.EXTRA[one][1] if one in abills.EXTRA else "always" if one in abills.OWN else "never"
        assert by_abills.replace("`", "") == extra


def test_every_billing_elsewhere_is_on_the_page() -> None:
    assert {cells[0].strip("`") for cells in rows(TEXT, "`BILLING`")} == set(registry.BILLINGS) - {"ledger"}


def test_the_examples_have_only_settings_that_exist_and_all_that_are_needed() -> None:
    for body in re.findall(r"```sh\n(BILLING=.*?)```", TEXT, re.DOTALL):
        values = dict(line.split("=", 1) for line in body.splitlines())
        name = values.pop("BILLING")
        values.pop("SECRET_KEY")
        known = {one.name: one.default for one in registry.billing(name).SETTINGS}
        assert set(values) <= set(known)
        filled = {key: value or "a-secret" for key, value in values.items()}
        registry.billing(name).connect(known | filled, database=None, now=None, rule=None, secret="s" * 32)


def figures(row: str) -> list[int]:
    return [int(cell.replace(" ", "")) for cell in COSTS[row]]


def pages(records: float) -> int:
    return math.ceil(records / tmf_pages.BULK)


def test_the_calls_of_a_night_follow_from_the_sizes_of_pages() -> None:
    assert scan.PAGE == tmf_pages.BULK == abills_feed.PAGE == 1000
    assert figures("nightly pass, ABillS: calls") == [pages(n) for n in SIZES]
    assert figures("nightly pass, TM Forum: calls") == [pages(n) * (1 + BILLS + PRODUCTS) for n in SIZES]


@pytest.mark.parametrize("billing", ["ABillS", "TM Forum"])
def test_the_time_of_a_night_follows_from_its_calls(billing: str) -> None:
    told = COSTS[f"nightly pass, {billing}: time"]
    calls = figures(f"nightly pass, {billing}: calls")
    if billing == "TM Forum":  # bills are read beside products
        calls = [pages(n) * (1 + PRODUCTS) for n in SIZES]
    for one, time in zip(calls, told, strict=True):
        parts = {unit: int(number) for number, unit in re.findall(r"(\d+) (h|min|s)", time)}
        seconds = parts.get("h", 0) * 3600 + parts.get("min", 0) * 60 + parts.get("s", 0)
        assert abs(one * SECONDS - seconds) < (60 if "s" not in parts else 1)


def test_the_calls_of_a_look_follow_from_what_has_moved() -> None:
    moved = [n / MONTH / LOOKS for n in SIZES]  # payments; as many fees
    assert figures("one look by day, ABillS: calls") == [
        2 * pages(one) + math.ceil(2 * one / abills_feed.TOGETHER) for one in moved
    ]

    def anew(accounts: float, lists: int) -> int:
        """Questions about accounts of pages that are full but the last, many at once."""
        full, rest = divmod(math.ceil(accounts), tmf_feed.FEW)
        return lists * (full * math.ceil(tmf_feed.FEW / tmf_tables.MANY) + math.ceil(rest / tmf_tables.MANY))

    assert max(moved) * 2 < tmf_feed.CROWD
    assert figures("one look by day, TM Forum: calls") == [
        math.ceil(2 * one / tmf_feed.FEW) + anew(2 * one, 2) + pages(one) + math.ceil(one / tmf_feed.FEW) + anew(one, 3)
        for one in moved
    ]


def test_the_calls_of_customers_follow_from_how_many_are_linked() -> None:
    assert figures("customers' questions a day, ABillS: calls") == [n // LINKED for n in SIZES]
    assert figures("customers' questions a day, TM Forum: calls") == [2 * n // LINKED for n in SIZES]


def test_the_beginning_of_a_fourth_billing_is_python() -> None:
    [body] = blocks(TEXT, "python").values()
    compile(body, "mine.py", "exec")
