"""The audit knows what was shown: every answer about somebody's money leaves its figures, and which words it used.

The crawler of tests/handlers/test_every_screen.py walks through the answers; what stands in one is compared with what
it leaves. So a new question that forgets the audit is found here.
"""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from billing.base import Balance
from billing.position import Position, position
from handlers.text import version
from storage.base import Saw
from tests.clock import NOON
from tests.handlers.test_every_screen import Screen, World, guest, walk, world, wrong

SUM = re.compile(r"[0-9][0-9 ]*,[0-9]{2} ₽")
OURS = ("threshold", "alerts", "порог")  # a setting of the chat: nobody's money


def sums(screen: Screen) -> set[int]:
    """Every sum that can be read, in kopecks, without its sign: of the text, not of what is offered on buttons."""
    words = screen.talk.reply.text.replace("\u00a0", " ")
    return {int(re.sub(r"\D", "", found)) for found in SUM.findall(words)}


def left(screen: Screen) -> list[Saw]:
    return [one for one in screen.talk.turn.effects if isinstance(one, Saw)]


def unseen(screen: Screen) -> Iterator[str]:
    found, seen = sums(screen), left(screen)
    if {one.template for one in seen} - {version("ru"), version("en"), version("pt")}:
        yield "which words it used is not known"
    if not found or (screen.action or screen.text).startswith(OURS):
        return
    if not any(one.figures for one in seen):
        yield f"{sorted(found)} were shown"
        return
    known = {abs(figure) for one in seen for figure in one.figures.values()}
    stand = standing(screen.talk.hostile.world, NOON.date())
    for figure in (stand.own, stand.overdue, stand.to_pay, stand.promised, stand.issued):
        if figure and abs(figure.minor) in found and abs(figure.minor) not in known:
            yield f"{figure} was shown"


def standing(facts: World, today: date) -> Position:
    promised = None if facts.promised is None else facts.money(facts.promised)
    balance = Balance(facts.account.id, facts.money(facts.own), facts.now, promised)
    return position(facts.account, balance, facts.bills, facts.services, today)


@pytest.mark.parametrize("name", ["home", "credit", "returned"])
async def test_every_answer_about_money_is_in_the_audit(name: str) -> None:
    screens = await walk(guest(world(name)), alike=True)
    assert len([one for one in screens if left(one)]) > 20
    assert wrong(screens, unseen) == []
