"""Delivery: the table at the top of bot/delivery.py, row by row, and the policies behind it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from adapters.base import Address, Blocked, NetworkError, Rejected, Reply, Revoked, Throttled, Unavailable, Unknown
from billing.base import SignIn
from billing.base import Unavailable as BillingAway
from bot.delivery import ALERTING, ATTEMPTS, Delivery
from bot.settings import Mode
from handlers.notices import Drawn, Drop, Later
from storage.base import Letter, Priority, Saw, SetAlerts, Tell, Unlink, Unwritable
from storage.outbox import QUEUE, letter_row
from storage.values import micros
from tests.bot.parts import ANNA, BORIS, WITHIN, Post, Wire, link, post, rows, turn
from tests.clock import NOON
from tests.storage.acts import observe


@pytest.fixture
async def p(sqlite_url: str) -> AsyncIterator[Post]:
    async with post(sqlite_url) as made:
        yield made


async def alert(p: Post, to: Address | None = None) -> int:
    """Queue a low-balance alert; the link it is about."""
    made = await link(p.storage, p.clock, to or p.address, "a", alerts=True)
    p.till.own["a"] = 50_00
    await observe(p.storage, ("a", 50_00))
    assert await p.storage.watches.due() >= 1
    return made


# ── Not sent ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sent(p: Post) -> None:
    await p.queue("one", "two", "three")
    assert await p.round() == 3
    assert p.wire.texts == ["one", "two", "three"]
    assert {state for state, _ in p.states()} == {"sent"}


@pytest.mark.parametrize("everybody", [True, False])
async def test_throttled_waits_as_long_as_the_network_says(p: Post, everybody: bool) -> None:
    p.wire.next.append(Throttled("429", after=10, everybody=everybody))
    await p.queue("one")
    await p.queue("two", to=Address("telegram", "78"))
    await p.round()
    # One chat's pause is that chat's; a pause for everybody holds all that is not yet in flight.
    assert p.wire.texts == ["two"]
    await p.queue("three", to=Address("telegram", "79"))
    assert await p.after(9.9) == (0 if everybody else 1)
    await p.after(2.2)
    assert sorted(p.wire.texts) == ["one", "three", "two"]
    assert rows(p.url, "SELECT max(attempts) FROM outbox") == [(1,)], "the throttled attempt does not count"


async def test_a_network_that_throttles_for_ever_never_uses_an_attempt_up(p: Post) -> None:
    p.wire.always = Throttled("429", after=1, everybody=True)
    await p.queue("one")
    for _ in range(3 * ATTEMPTS):
        await p.after(1.3)
    assert p.state == "parked"
    p.wire.always = None
    await p.after(2)
    assert p.wire.texts == ["one"]


async def test_unavailable_pauses_the_network_longer_and_longer(p: Post) -> None:
    p.wire.always = Unavailable("refused")
    await p.queue("one")
    moments = [p.clock.monotonic() for _ in range(300) if await p.after(1)]
    gaps = [later - sooner for sooner, later in pairwise(moments)]
    assert gaps[0] <= 3
    assert max(gaps) > 20
    assert max(gaps) <= 62
    p.wire.always = None
    await p.after(61)
    assert p.wire.texts == ["one"]


async def test_one_outage_is_one_failure_however_many_letters_were_in_flight(p: Post) -> None:
    p.wire.next.extend(Unavailable("refused") for _ in range(12))
    for n in range(12):
        await p.queue(f"letter {n}", to=Address("telegram", str(100 + n)))
    assert await p.round() == 12
    assert p.delivery.failures == 1
    await p.after(2.1)
    assert len(p.wire.texts) == 12


async def test_the_pause_begins_when_the_attempt_ended(p: Post) -> None:
    """A connection that times out after ten seconds must not be tried again at once."""

    async def slow() -> None:
        p.clock.advance(10)
        raise Unavailable("timed out")

    p.wire.always = slow
    await p.queue("one")
    assert await p.round() == 1
    assert await p.after(0.5) == 0


async def test_rejected_is_our_mistake_and_kept_aside(p: Post) -> None:
    p.wire.next.append(Rejected("914 too long"))
    await p.queue("one", "two")
    await p.round()
    assert p.states() == [("dead", "914 too long"), ("sent", None)]


async def test_blocked_ends_alerts_until_the_person_writes(p: Post) -> None:
    await alert(p)
    p.wire.next.append(Blocked("403"))
    await p.round()
    assert p.states() == [("refused", "blocked")]
    assert not (await p.storage.inbox.recall(p.address)).chat.reachable
    await observe(p.storage, ("a", 500_00))
    await observe(p.storage, ("a", 40_00))
    assert await p.storage.watches.due() == 0


async def test_revoked_parks_everything_and_asks_for_a_new_token_once(p: Post) -> None:
    gate, started = asyncio.Event(), 0

    async def refused() -> None:
        nonlocal started
        started += 1
        if started == 5:
            gate.set()
        await gate.wait()
        raise Revoked("401")

    p.wire.next.extend([refused] * 5)
    for n in range(5):
        await p.queue(f"letter {n}", to=Address("telegram", str(100 + n)))
    await p.round()
    assert p.revoked == ["telegram"], "when the last of five has landed: a new token closes the old connections"
    assert {state for state, _ in p.states()} == {"parked"}
    await p.queue("later", to=Address("telegram", "200"))
    assert await p.round() == 0, "everything waits"
    assert [one["event"] for one in p.logs if one["log_level"] == "critical"] == ["token-refused"], "one alarm"
    await p.after(61)
    assert len(p.wire.texts) == 6


async def test_the_new_token_is_asked_for_after_the_letter_is_settled(p: Post) -> None:
    """Taking a token up may last longer than the letter's lease."""
    seen: list[str] = []

    async def look(_: str) -> None:
        seen.append(p.state)

    p.delivery.revoked = look
    p.wire.next.append(Revoked("401"))
    await p.queue("one")
    await p.round()
    assert seen == ["parked"]


# ── Unknown ───────────────────────────────────────────────────────────────────────────────────────────────────────

UNKNOWN: list[Any] = [Unknown("502"), TimeoutError(), RuntimeError("an adapter's fault")]


@pytest.mark.parametrize("fault", UNKNOWN)
async def test_a_reply_is_not_repeated_blindly(p: Post, fault: Exception) -> None:
    p.wire.next.append(fault)
    await p.queue("one", "two")
    await p.round()
    await p.after(3600)
    assert [state for state, _ in p.states()] == ["uncertain", "sent"]
    assert p.wire.texts == ["two"]


@pytest.mark.parametrize("fault", UNKNOWN)
async def test_an_alert_is_repeated_once(p: Post, fault: Exception) -> None:
    p.wire.always = fault
    await alert(p)
    for _ in range(100):
        await p.after(10)
    assert len(p.wire.tried) == 2
    assert p.states() == [("uncertain", "one extra copy at most")]


@pytest.mark.parametrize("kind", ["reply", "alert"])
async def test_vk_is_asked_again_with_the_same_key_while_it_drops_repeats(sqlite_url: str, kind: str) -> None:
    async with post(sqlite_url, "vk") as p:
        p.wire.next.extend([Unknown("502"), Unknown("502")])
        await (p.queue("one") if kind == "reply" else alert(p))
        for _ in range(10):
            await p.after(5)
        assert p.state == "sent"
        assert len(p.wire.tried) == 3
        assert len(set(p.wire.tried)) == 1


async def test_vk_is_left_alone_when_its_window_is_over(sqlite_url: str) -> None:
    async with post(sqlite_url, "vk") as p:
        p.wire.next.append(Unknown("502"))
        await p.queue("one")
        await p.round()
        await p.after(3301)
        assert p.states() == [("uncertain", "the network's window for repeats is over")]
        assert len(p.wire.tried) == 1


async def test_a_sender_that_dies_leaves_an_attempt_that_nobody_knows_of(p: Post) -> None:
    await p.queue("one")
    assert (await p.storage.outbox.claim("telegram", 1))[0]  # and its process is gone
    await p.after(46)
    assert [state for state, _ in p.states()] == ["uncertain"]
    assert p.wire.tried == []


async def test_an_attempt_ends_before_its_lease(p: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.ATTEMPT_SECONDS", 0.05)

    async def silent() -> None:
        await asyncio.Event().wait()

    p.wire.next.append(silent)
    await p.queue("one")
    await p.round()
    assert p.state == "uncertain"


async def test_a_result_that_cannot_be_written_is_unknown(p: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = p.storage.outbox.settle

    async def full(letter: Letter, outcome: object, also: object = ()) -> None:
        raise Unwritable("disk full")

    await p.queue("one")
    monkeypatch.setattr(p.storage.outbox, "settle", full)
    await p.round()
    monkeypatch.setattr(p.storage.outbox, "settle", settle)
    await p.after(46)
    assert p.wire.texts == ["one"]
    assert p.state == "uncertain"


# ── What may leave ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_mode_public_refuses_personal_letters_queued_before(sqlite_url: str) -> None:
    async with post(sqlite_url, mode=Mode.PUBLIC) as p:
        await p.queue("Баланс 350,00 ₽", personal=True)
        await p.queue("8 800 …")
        await alert(p)
        await p.round()
        assert p.wire.texts == ["8 800 …"]
        assert p.states() == [("refused", "mode"), ("sent", None), ("refused", "mode")]


async def test_an_expired_alert_is_not_sent(p: Post) -> None:
    p.wire.always = Unavailable("down for a day")
    await alert(p)
    await p.round()
    p.wire.always = None
    await p.after(25 * 3600)
    assert p.states() == [("refused", "expired")]
    assert p.wire.texts == []


async def test_an_alert_that_expires_between_claim_and_send(p: Post) -> None:
    await alert(p)
    (letter,), _ = await p.storage.outbox.claim("telegram", 1, bulk=True)
    p.clock.advance(25 * 3600)
    await p.delivery.deliver(letter)
    assert p.states() == [("refused", "expired")]


@pytest.mark.parametrize(("age", "kept"), [(59, "press"), (61, None)])
async def test_a_press_is_settled_within_its_life_only(p: Post, age: float, kept: str | None) -> None:
    await p.queue("one", answers="press", answer_to=p.clock.now())
    await p.after(age)
    ((_, reply, _),) = p.wire.shown
    assert reply.answers == kept


async def test_replies_leave_before_alerts(p: Post) -> None:
    await alert(p, Address("telegram", "90"))
    await p.queue("reply")
    await p.round()
    assert p.wire.texts[0] == "reply"
    assert len(p.wire.texts) == 2


async def test_a_chat_sees_its_letters_in_order_and_one_at_a_time(p: Post) -> None:
    flying = most = 0

    async def fly() -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1

    p.wire.always = fly
    await p.queue(*(f"part {n}" for n in range(10)))
    await p.round()
    assert p.wire.texts == [f"part {n}" for n in range(10)]
    assert most == 1


# ── Many at once ──────────────────────────────────────────────────────────────────────────────────────────────────


class Batching(Wire):
    """A network that shows many letters in one call; what a call does with a letter stands in `next`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.limits = replace(self.limits, together=25)
        self.calls: list[int] = []  # letters in each

    async def send_many(self, letters: Sequence[tuple[Address, Reply, int]]) -> Sequence[str | NetworkError]:
        self.calls.append(len(letters))
        if isinstance(self.always, Exception):
            self.tried += [key for _, _, key in letters]
            raise self.always
        answers: list[str | NetworkError] = []
        for one in letters:
            try:
                answers.append(await self.send(*one))
            except NetworkError as error:
                answers.append(error)
        return answers


@pytest.fixture
async def many(sqlite_url: str) -> AsyncIterator[tuple[Post, Batching]]:
    async with post(sqlite_url, "vk") as p:
        wire = Batching("vk")
        p.wire = wire
        p.delivery.network = lambda: wire
        await p.delivery.pace()
        yield p, wire


async def test_what_is_there_leaves_in_one_call_and_nobody_waits_for_more(many: tuple[Post, Batching]) -> None:
    p, wire = many
    for n in range(30):
        await p.queue(f"{n}", to=Address("vk", f"{n}"))
    assert await p.round() == 30
    assert wire.calls == [25, 5]
    await p.queue("one more")
    await p.round()
    assert wire.calls == [25, 5], "one letter is sent as ever"
    assert {state for state, _ in p.states()} == {"sent"}


async def test_what_is_more_than_words_goes_alone(many: tuple[Post, Batching]) -> None:
    p, wire = many
    await p.queue("pressed", answers="press", answer_to=p.clock.now())
    for n in range(2):
        await p.queue(f"{n}", to=Address("vk", f"{n}"))
    await p.round()
    assert (wire.calls, len(wire.shown)) == ([2], 3)


async def test_each_letter_of_a_call_has_its_own_outcome(many: tuple[Post, Batching]) -> None:
    p, wire = many
    for n in range(6):
        await p.queue(f"{n}", to=Address("vk", f"{n}"))
    wire.next.extend([Blocked("901"), Rejected("914"), Unknown("10"), Throttled("9", after=10, everybody=False)])
    await p.round()
    assert p.states() == [("refused", "blocked"), ("dead", "914"), *[("parked", None)] * 2, *[("sent", None)] * 2]
    await p.after(20)
    assert [state for state, _ in p.states()] == ["refused", "dead", "sent", "sent", "sent", "sent"]


async def test_a_call_that_fails_is_one_failure_and_its_letters_keep_their_keys(many: tuple[Post, Batching]) -> None:
    p, wire = many
    for n in range(25):
        await p.queue(f"{n}", to=Address("vk", f"{n}"))
    for fault in (Unavailable("refused"), Unknown("502")):
        wire.always = fault
        await p.round()
        assert p.delivery.failures == 1
        wire.always = None
        p.clock.advance(61)
    await p.round()
    assert {state for state, _ in p.states()} == {"sent"}
    assert len(wire.shown) == 25
    assert len(set(wire.tried)) == 25


async def two_alerts(p: Post) -> list[int]:
    """A chat with two accounts that are low."""
    made = [await link(p.storage, p.clock, p.address, account, alerts=True) for account in "ab"]
    await observe(p.storage, ("a", 50_00), ("b", 50_00))
    assert await p.storage.watches.due() == 2
    return made


async def test_alerts_of_a_chat_leave_as_one_message_and_each_has_its_end(sqlite_url: str) -> None:
    saw = Saw("a", "alert:low", {"own": 5})

    async def draw(letter: Letter) -> Drawn:
        (other,) = letter.also
        return Drawn(Reply("a is low"), (saw,), ((other, Drop("no longer true")),))

    async with post(sqlite_url, draw=draw) as p:
        await two_alerts(p)
        await p.round()
        assert p.wire.texts == ["a is low"]
        assert p.states() == [("sent", None), ("refused", "no longer true")]
        assert [row.figures for row in await p.storage.audit.shown("a")] == [{"own": 5}]


async def test_a_doubtful_message_is_repeated_whole_under_its_number(sqlite_url: str) -> None:
    async def draw(letter: Letter) -> Drawn:
        later = [(one, Later(NOON + timedelta(hours=1))) for one in (letter, *letter.also) if one.kind == "low"][:1]
        return Drawn(Reply(f"{1 + len(letter.also)} alerts"), without=tuple(later) if len(letter.also) == 1 else ())

    async with post(sqlite_url, "vk", draw=draw) as p:
        await two_alerts(p)
        p.wire.next.append(Unknown("502"))
        await p.round()
        await p.after(5)
        assert [key for _, _, key in p.wire.shown] == p.wire.tried[:1], (
            "the one that led was left out, its number stays"
        )
        await p.after(3700)
        assert [state for state, _ in p.states()] == ["sent", "sent"]


async def test_replies_have_room_beside_alerts_in_flight(sqlite_url: str) -> None:
    gate = asyncio.Event()

    async def silent() -> None:
        await gate.wait()

    async with post(sqlite_url, draw=drawing(Drawn(Reply("low")))) as p:
        now = micros(p.clock.now())
        rows = [letter_row(f"telegram:8{n}", "low", f"x:{n}", now, priority=Priority.ALERT) for n in range(30)]
        await p.storage.database.write(lambda c: c.execute(QUEUE[c.dialect.name], rows).close())
        p.wire.next.extend([silent] * ALERTING)
        await p.delivery.claim()
        assert len(p.delivery.alerting) == ALERTING
        await asyncio.sleep(0)
        await p.queue("reply")
        await p.delivery.claim()
        await asyncio.wait(p.delivery.flying - p.delivery.alerting)
        assert p.wire.texts == ["reply"]
        gate.set()


# ── Notices ───────────────────────────────────────────────────────────────────────────────────────────────────────


def drawing(*results: Any) -> Any:
    left = list(results)

    async def draw(_: Letter) -> Any:
        result = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(result, Exception):
            raise result
        return result

    return draw


async def test_an_alert_is_drawn_from_figures_of_the_moment(p: Post) -> None:
    await alert(p)
    p.till.own["a"] = 12_34
    await p.round()
    assert "12,34" in p.wire.texts[0]


@pytest.mark.parametrize("what", ["paid", "unlinked", "stopped"])
async def test_an_alert_that_is_no_longer_true_is_dropped(p: Post, what: str) -> None:
    made = await alert(p)
    if what == "paid":
        p.till.own["a"] = 500_00
    else:
        await turn(p.storage, p.clock, p.address, [Unlink(made) if what == "unlinked" else SetAlerts(on=False)])
    await p.round()
    assert p.wire.texts == []
    assert all(state == "refused" for state, _ in p.states())


async def test_drop_and_later(sqlite_url: str) -> None:
    async with post(sqlite_url, draw=drawing(Drop("no longer true"))) as p:
        await alert(p)
        await p.round()
        assert p.states() == [("refused", "no longer true")]


async def test_a_notice_that_is_put_off_comes_at_its_time(sqlite_url: str) -> None:
    async with post(sqlite_url, draw=drawing(Later(NOON + timedelta(hours=9)), Drawn(Reply("morning")))) as p:
        await alert(p)
        await p.round()
        assert await p.after(8.9 * 3600) == 0
        await p.after(0.2 * 3600)
        assert p.wire.texts == ["morning"]
        assert rows(p.url, "SELECT attempts, unknowns FROM outbox") == [(1, 0)]


async def test_a_billing_that_is_down_for_an_hour_costs_no_alert(sqlite_url: str) -> None:
    async with post(sqlite_url, draw=drawing(*[BillingAway("down")] * 60, Drawn(Reply("low")))) as p:
        await alert(p)
        for _ in range(70):
            await p.after(61)
        assert p.wire.texts == ["low"]


async def test_the_alert_of_a_closed_account_is_refused(p: Post) -> None:
    await alert(p)
    p.till.own.clear()
    await p.round()
    assert p.states() == [("refused", "the account is gone")]


async def test_the_alert_of_whoever_must_sign_in_again_is_not_tried_for_ever(p: Post) -> None:
    await alert(p)
    p.till.fault = SignIn("over")
    await p.round()
    assert p.states() == [("refused", "the customer must sign in again")]


async def test_a_notice_that_we_cannot_draw_is_kept_aside_in_the_end(sqlite_url: str) -> None:
    async with post(sqlite_url, draw=drawing(ZeroDivisionError())) as p:
        await alert(p)
        await p.queue("one", to=BORIS)
        for _ in range(ATTEMPTS + 2):
            await p.after(61)
        assert sorted(p.states()) == [("dead", "cannot be drawn"), ("sent", None)]


async def test_the_parts_of_a_long_notice_stay_together(sqlite_url: str) -> None:
    long = "\n".join(f"line {n} " + "x" * 90 for n in range(100))  # 10 000 characters: three parts
    async with post(sqlite_url, draw=drawing(Drawn(Reply(long)))) as p:
        await alert(p)
        await p.round()
        assert len(p.wire.texts) >= 3
        assert [word for text in p.wire.texts for word in text.split() if word.isdigit()] == [
            str(n) for n in range(100)
        ]
        assert len({key for _, _, key in p.wire.shown}) == len(p.wire.shown), "each part has a key of its own"


async def test_another_chat_is_told_of_a_link_at_once(p: Post) -> None:
    await link(p.storage, p.clock, BORIS, "a")
    await link(p.storage, p.clock, Address("telegram", "78"), "a")
    await turn(p.storage, p.clock, Address("telegram", "78"), [Tell("a", "linked", {"network": "telegram"})])
    await p.round()
    assert {to.chat for to, _, _ in p.wire.shown} == {"77"}


# ── The loop ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def shown(p: Post, many: int) -> None:
    async with asyncio.timeout(WITHIN):
        while len(p.wire.shown) < many:
            p.wire.news.clear()
            await p.wire.news.wait()


async def test_the_loop_sends_what_it_is_woken_for(p: Post) -> None:
    running = asyncio.create_task(p.delivery.run())
    await p.queue("one")
    p.delivery.wake()
    await shown(p, 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await p.delivery.stop(WITHIN)
    assert p.state == "sent"


async def test_the_loop_survives_a_database_that_is_away(p: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, calls = p.storage.outbox.claim, 0

    async def flapping(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise Unwritable("locked")
        return await claim(*given, **named)

    monkeypatch.setattr(p.storage.outbox, "claim", flapping)
    await p.queue("one")
    running = asyncio.create_task(p.delivery.run())
    await shown(p, 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_stop_in_the_middle_of_a_claim_loses_no_letter(p: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim commits although its caller is cancelled: unsent, each letter would count as perhaps shown."""
    claim, claimed, go = p.storage.outbox.claim, asyncio.Event(), asyncio.Event()

    async def slow(*given: Any, **named: Any) -> Any:
        taken = await claim(*given, **named)
        claimed.set()
        await go.wait()
        return taken

    monkeypatch.setattr(p.storage.outbox, "claim", slow)
    await p.queue("one")
    running = asyncio.create_task(p.delivery.run())
    await asyncio.wait_for(claimed.wait(), WITHIN)
    running.cancel()
    go.set()
    await asyncio.gather(running, return_exceptions=True)
    await p.delivery.stop(WITHIN)
    assert p.wire.texts == ["one"]
    assert p.state == "sent"


async def test_stop_does_not_wait_for_ever(p: Post) -> None:
    started = asyncio.Event()

    async def silent() -> None:
        started.set()
        await asyncio.Event().wait()

    p.wire.next.append(silent)
    await p.queue("one")
    await p.delivery.claim()
    await asyncio.wait_for(started.wait(), WITHIN)
    await asyncio.wait_for(p.delivery.stop(0), WITHIN)
    assert p.state == "leased"  # and becomes unknown when the lease ends


async def test_a_dead_network_does_not_slow_another(sqlite_url: str) -> None:
    async with post(sqlite_url) as p:
        p.wire.always = Unavailable("refused")
        other = post_for(p, "vk")
        await p.storage.outbox.pace("vk", 1000, 1000, 0)
        await p.queue("one")
        await p.round()
        await p.queue("two", to=ANNA)
        assert (await other.claim())[0] == 1
        await asyncio.wait(other.flying)
        assert [state for state, _ in p.states()] == ["parked", "sent"]


def post_for(p: Post, name: str) -> Delivery:
    wire = Wire(name)
    return Delivery(
        name,
        network=lambda: wire,
        mode=Mode.FULL,
        outbox=p.storage.outbox,
        draw=p.delivery.draw,
        clock=p.clock,
        revoked=p.delivery.revoked,
    )
