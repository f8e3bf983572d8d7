"""Low-balance episodes against a small model, in any order of events."""

import asyncio
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from adapters.base import Address
from storage.base import SetAlerts, SetReachable, SetThreshold, Storage
from storage.sql import open_storage
from tests.clock import HandClock
from tests.storage.acts import deliver, link, no_limits, observe, turn

_people = count(10_000)
_funds = st.integers(-2, 24).map(lambda step: step * 1_000)
_thresholds = st.integers(0, 4).map(lambda step: step * 5_000)


class _Episodes(RuleBasedStateMachine):
    runner: asyncio.Runner
    storage: Storage
    clock: HandClock

    @initialize(alerts=st.booleans())
    def begin(self, alerts: bool) -> None:
        number = next(_people)
        self.chat = Address("vk", str(number))
        self.account = f"account-{number}"
        self.link = self.run(
            link(self.storage, self.clock, self.account, sender=self.chat, threshold=10_000, alerts=alerts)
        )[0].id
        self.alerts, self.reachable, self.threshold = alerts, True, 10_000
        self.funds: int | None = None
        self.episode = 0
        self.low = False
        self.told: set[tuple[str, int]] = set()
        self.ended_silently: set[int] = set()

    def run(self, work):  # type: ignore[no-untyped-def]
        return self.runner.run(work)

    def judge(self, *, by_customer: bool) -> None:
        # By the feed an episode ends a tenth above the threshold; a threshold that the customer moves judges anew.
        mark = self.threshold + (self.threshold // 10 if self.low and not by_customer else 0)
        low = self.funds is not None and self.funds < mark
        if low and not self.low:
            self.episode += 1
        if not low and self.low and by_customer:
            self.ended_silently.add(self.episode)
        self.low = low

    @rule(funds=_funds)
    def funds_become(self, funds: int) -> None:
        self.run(observe(self.storage, (self.account, funds)))
        self.funds = funds
        self.judge(by_customer=False)

    @rule(threshold=_thresholds)
    def move_threshold(self, threshold: int) -> None:
        self.run(turn(self.storage, self.clock, SetThreshold(self.link, threshold), sender=self.chat))
        moved, self.threshold = threshold != self.threshold, threshold
        self.judge(by_customer=moved)

    @rule(on=st.booleans(), reachable=st.booleans())
    def mute(self, on: bool, reachable: bool) -> None:
        before = self.alerts and self.reachable
        self.run(turn(self.storage, self.clock, SetAlerts(on), SetReachable(reachable), sender=self.chat))
        middle = on and self.reachable
        self.alerts, self.reachable = on, reachable
        after = on and reachable
        if not self.low and (before != middle or middle != after):
            self.ended_silently.add(self.episode)

    @rule(scans=st.integers(1, 3))
    def scan(self, scans: int) -> None:
        self.clock.advance(days=1)  # low funds are told once a day at most
        for _ in range(scans):
            self.run(self.storage.watches.due())
        # All examples share one database: what an earlier one left behind is none of this one's.
        delivered = self.run(deliver(self.storage, "vk", bulk=True))
        letters = [one for letter in delivered for one in (letter, *letter.also) if one.link == self.link]
        heard = {(letter.kind, int(letter.data["episode"])) for letter in letters}
        assert len(heard) == len(letters)
        due: set[tuple[str, int]] = set()
        if self.alerts and self.reachable and self.episode:
            if self.low:
                due = {("low", self.episode)}
            elif ("low", self.episode) in self.told and self.episode not in self.ended_silently:
                due = {("restored", self.episode)}
        assert heard == due - self.told
        self.told |= heard

    @invariant()
    def the_watch_agrees(self) -> None:
        if hasattr(self, "link"):
            watch = self.run(self.storage.watches.watch(self.link))
            assert (watch.low, watch.episode) == (self.low, self.episode)


def test_episodes_are_told_as_the_model_says(database_url: str, clock: HandClock) -> None:
    with asyncio.Runner() as runner:

        async def opened() -> Storage:
            storage = open_storage(database_url, clock)
            await no_limits(storage)
            return storage

        storage = runner.run(opened())
        machine = type("Episodes", (_Episodes,), {"runner": runner, "storage": storage, "clock": clock})
        try:
            run_state_machine_as_test(
                machine, settings=settings(max_examples=20, stateful_step_count=15, deadline=None)
            )
        finally:
            runner.run(storage.close())
