"""Whatever is due at once: one message, in which nothing is lost, nothing is too long, and nobody's figure strays."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import ok, telegram, vk
from adapters.fit import CONTINUED, fit, units
from billing.base import Charge, Details, Kind, Money, Option, Outage, Scheme, Service, Status
from handlers.notices import KINDS, Drawn, Drop, Later
from handlers.text import LANGUAGES, broken_sentences
from storage.base import Letter, Topic
from tests.clock import NOON
from tests.handlers.alert_asks import CHAT, Desk
from tests.handlers.money_asks import Facts, bill, paid, service
from tests.handlers.test_every_screen import NASTY

NETWORKS = (vk.LIMITS, telegram.LIMITS, ok.LIMITS)
SUM = re.compile(r"−?[0-9][0-9 .,]*[.,][0-9]{2} ₽")
LONGEST = ("я" * 60, "Домашний интернет", *NASTY)
ONLY = st.sampled_from([kind for kind, one in KINDS.items() if one.topic is not None])


def kopecks(n: int) -> st.SearchStrategy[int]:
    """Sums of the account `n`, which no other account has: n in the last figure."""
    return st.integers(-(10**7), 10**7).map(lambda one: one * 10 + n)


@st.composite
def household(draw: st.DrawFn, n: int) -> Facts:
    """An account at which everything may have happened, in any words."""
    title, sum_ = st.sampled_from(LONGEST), kopecks(n)
    due = st.dates(date(2026, 11, 10), date(2026, 11, 22))
    stopped = st.sampled_from([Status.ACTIVE, Status.BLOCKED_DEBT, Status.OFF])

    def one(id: str) -> Service:
        fee = draw(sum_.map(abs)) // 10 * 10  # the last figure of a sum stays the account's
        return service(draw(title), fee, id=id, status=draw(stopped), next_fee=draw(due))

    services = tuple(one(f"s{m}") for m in range(draw(st.integers(0, 3))))
    return Facts(
        own=draw(sum_),
        scheme=draw(st.sampled_from(Scheme)),
        promised=draw(st.none() | sum_.map(abs)),
        promised_until=draw(st.none() | due),
        bills_=tuple(bill(f"{n}{m}", 10, draw(sum_.map(abs)), draw(due)) for m in range(draw(st.integers(0, 2)))),
        services_=services,
        payments_=(paid(NOON, draw(sum_), draw(title), id="p", credited=draw(st.booleans())),),
        charges_=(Charge("a", "c", NOON, Money(draw(sum_)), draw(title)),),
        details_=(Details("a", "s0", (Option("a", "s0", "o", draw(title), Status.ACTIVE, Money(draw(sum_))),)),),
        outages_=(Outage("a", "u", (Kind.TV,), draw(title), NOON, draw(st.none() | st.just(NOON + timedelta(1)))),),
    )


ABOUT = {"bill": "b11", "paid": "p", "charge": "c", "option": "o", "outage": "u", "outage-over": "v",
         "blocked": "s0", "unblocked": "s0"}  # fmt: skip
STEPS = st.sampled_from(["0", "3", "7", "30"])


@st.composite
def desks(draw: st.DrawFn) -> tuple[Desk, list[Letter]]:
    count = draw(st.integers(1, 4))
    wishes = {topic: draw(st.sampled_from(["on", "off", ""])) for topic in draw(st.sets(st.sampled_from(Topic)))}
    chat = replace(CHAT, wishes={"digest": "1", **wishes}, language=draw(st.sampled_from(LANGUAGES)))
    desk = Desk(*(draw(household(n)) for n in range(1, count + 1)), chat=chat)
    changes: Mapping[str, Any] = {
        "heard": draw(st.sampled_from([0, 9])),
        "chosen": draw(st.sampled_from([True, True, False])),
    }
    for n in desk.watches_:
        link = replace(desk.watches_[n].link, nickname=draw(st.sampled_from(["", "Дача", "я" * 60])))
        desk.watches_[n] = replace(desk.watches_[n], link=link, **changes if draw(st.booleans()) else {})
    if draw(st.integers(0, 5)) == 0:
        desk.clock.set(NOON + timedelta(hours=11))
    titles = st.sampled_from(LONGEST)
    letters = [
        desk.letter(kind, of, about=ABOUT.get(kind, ""), step=draw(STEPS), service="s0", title=draw(titles))
        for kind, of in draw(st.lists(st.tuples(ONLY, st.integers(1, count + 1)), min_size=1, max_size=20))
    ]
    return desk, letters


@settings(max_examples=80)
@given(desks())
def test_whatever_is_due_at_once(made: tuple[Desk, list[Letter]]) -> None:
    desk, letters = made
    broken = [broken_sentences.labels(language)._value.get() for language in LANGUAGES]
    drawn = asyncio.run(desk.draws(*letters))
    assert broken == [broken_sentences.labels(language)._value.get() for language in LANGUAGES]
    asked = [one for one in desk.town.asked if one.startswith("facts")]
    assert len(asked) == len(set(asked)), "each account is asked once"
    if isinstance(drawn, Drop | Later):
        return
    # Each is shown, or named with its reason.
    without = [one.id for one, _ in drawn.without]
    shown = [one for one in letters if one.id not in without]
    assert len(without) == len(set(without))
    assert sorted(f"a{one.link} alert:{one.kind}" for one in shown) == sorted(
        f"{one.account} {one.question}" for one in drawn.saw
    )
    assert all(one.template.startswith(f"{desk.watches_[1].chat.language}-") for one in drawn.saw)
    fits(drawn)
    strays(drawn)


def fits(drawn: Drawn) -> None:
    for limits in NETWORKS:
        parts = fit(drawn.reply, limits)
        assert all(units(part.text) <= limits.text for part in parts)
        assert all(part.text != CONTINUED for part in parts), "buttons need no message of their own"
        assert len(parts) <= 3
        labels = [button.label for row in drawn.reply.keyboard for button in row]
        assert all(len(label) <= limits.label for label in labels)
        assert len(labels) == len(set(labels)), labels
        for row in parts[-1].keyboard:
            assert all(button.action and len(button.action.encode()) <= limits.action for button in row)


def strays(drawn: Drawn) -> None:
    """Every sum of a block is of its account: it ends in the account's own figure, or is one of its fees."""
    blocks = drawn.reply.text.split("\n\n")
    accounts = list(dict.fromkeys(one.account for one in drawn.saw))
    assert len(blocks) == len(accounts)
    for account, block in zip(accounts, blocks, strict=True):
        figures = {abs(minor) for one in drawn.saw if one.account == account for minor in one.figures.values()}
        known = {100_00, *figures}
        for found in SUM.findall(block.replace("\u00a0", " ")):
            minor = int(re.sub(r"\D", "", found))
            n = int(account[1:])
            # «9 999,99 ₽» is what a billing has called a service of its own.
            assert minor in known or minor % 10 in {n, 10 - n} or minor == 999_999, found
