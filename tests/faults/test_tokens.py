"""F10: tokens that are refused and come back, on all networks at once and in the middle of everything."""

import random
from pathlib import Path
from typing import Any, cast

import pytest

from billing.base import Money
from sandbox.base import Fault
from sandbox.registry import NETWORKS
from tests.bot.parts import rows
from tests.conversations.stage import Customer
from tests.conversations.test_faults import ACCOUNT, later, revoke, told, tried, troubled
from tests.faults.size import SEED, fault, size

pytestmark = [fault, pytest.mark.timeout(600)]
ANSWER = "8 800"


async def asks(people: dict[str, list[Customer]], words: str = "оператор") -> None:
    for crowd in people.values():
        for person in crowd:
            await person.sandbox.say(person.person, words)


@pytest.mark.parametrize("way", ["healed", "replaced"])
async def test_F10_all_tokens_are_refused_and_come_back(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers and an alert wait, and leave once: whether the network thinks better of it or there is a new token."""
    dice = random.Random(SEED)
    names = list(NETWORKS)
    async with troubled(tmp_path, names) as s:
        people = {name: [s.customer(name) for _ in range(size(4, 40))] for name in names}
        for crowd in people.values():
            for person in crowd:
                await person.says("привет")  # OK is asked once for each chat whether it is private
        warned = people[dice.choice(names)][0]
        await warned.links("demo")
        await s.scan()
        await warned.says("включи уведомления")
        seen = {person.person: len(person.screen) for crowd in people.values() for person in crowd}

        for box in s.sandboxes.values():
            if way == "healed":
                box.fail(Fault.REVOKED)
            else:
                revoke(box, monkeypatch)
        await s.ledger.charge(ACCOUNT, Money(30_000), "Разовая услуга", s.clock.now())
        await s.app.schedule.scan_now()
        arrived = s.arrived
        await asks(people)
        while s.arrived < arrived + sum(map(len, people.values())):
            s.arrival.clear()
            await s.arrival.wait()
        await tried(s)
        for _ in range(2):
            await later(s)
        crowd = [person for one in people.values() for person in one]
        assert not [person for person in crowd if told(person, seen[person.person])]
        assert rows(tmp_path / "stage.db", "SELECT count(*) FROM outbox WHERE status IN (3, 5, 6)") == [(0,)]

        environ = cast("dict[str, str]", s.app.reread())
        for box in s.sandboxes.values():
            if way == "healed":
                box.heal()
            else:
                environ |= dict(box.settings())
        for _ in range(4):
            await later(s)
        await s.quiet()
        for person in crowd:
            answers: list[Any] = [shown for shown in told(person, seen[person.person]) if ANSWER in shown.text]
            assert len(answers) == 1, (way, person.network)
        alerts = [shown for shown in told(warned, seen[warned.person]) if ANSWER not in shown.text]
        assert len(alerts) == 1
        assert "50,00" in alerts[0].text
