"""Dispatch on real storage: order, patience, honesty, and what is left when something breaks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.base import Address, Received
from billing.base import Gone, Unavailable, Unsupported
from billing.guard import guard
from bot.dispatch import POISON, Dispatch
from bot.settings import Mode
from handlers import routes
from handlers.ask import Ask, Turn
from handlers.routes import Kind, Route
from storage.base import Dialogue, Finished, Lane, SetAlerts, SetLanguage, Stale, Unwritable
from tests.bot.parts import ANNA, BORIS, VERA, WITHIN, Desk, desk, incoming, rows, texts


@pytest.fixture
async def d(sqlite_url: str) -> AsyncIterator[Desk]:
    async with desk(sqlite_url) as made:
        yield made


def route(monkeypatch: pytest.MonkeyPatch, name: str, handler: Any) -> None:
    """Another answer to one question; the table of routes itself stays."""
    monkeypatch.setitem(routes.ROUTES, name, Route(Kind.PUBLIC, open=handler))


# ── Order ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_chat_is_answered_in_the_order_in_which_it_wrote(d: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    async def parrot(ask: Ask) -> Turn:
        heard.append(ask.incoming.name)
        await asyncio.sleep(0)
        return Turn(personal=False)

    route(monkeypatch, "thanks", parrot)
    # More than one claim takes (10), so the rest is claimed again.
    await d.tell(*(incoming(d.clock, ANNA, "спасибо", name=str(n)) for n in range(25)))
    await d.answered()
    assert heard == [str(n) for n in range(25)]


async def test_what_is_written_during_an_answer_does_not_wait_for_the_next_look(d: Desk) -> None:
    """A second message finds its lane taken; it must be looked for when the lane is free, not a second later."""
    await d.link(ANNA, "a")
    d.till.gate = asyncio.Event()
    await d.tell(incoming(d.clock, ANNA, "баланс"))
    await asyncio.wait_for(d.till.reached.wait(), WITHIN)
    await d.tell(incoming(d.clock, ANNA, "долг"))
    assert await d.storage.inbox.claim(1) == ()  # the loop has looked as well, and found the lane taken
    began = asyncio.get_running_loop().time()
    d.till.gate.set()
    await d.answered()
    assert asyncio.get_running_loop().time() - began < 0.8
    assert len(await d.letters(ANNA)) == 2


async def test_many_chats_are_answered_at_once(d: Desk) -> None:
    chats = [Address("vk", str(3000 + n)) for n in range(50)]
    for chat in chats[:30]:
        await d.link(chat, "a")
    d.till.gate = asyncio.Event()
    await d.tell(*(incoming(d.clock, chat, "баланс") for chat in chats))
    async with asyncio.timeout(WITHIN):
        while d.till.asked < 30:  # all of them ask the billing before any is answered
            d.till.reached.clear()
            await d.till.reached.wait()
    d.till.gate.set()
    await d.answered()
    found = await d.letters(ANNA)
    assert found == []
    assert {letter.address for letter in d.sent} == set(chats)
    assert len(d.sent) == 50


async def test_a_billing_that_hangs_holds_its_own_chats_only(d: Desk) -> None:
    await d.link(ANNA, "a")
    d.till.gate = asyncio.Event()
    await d.tell(incoming(d.clock, ANNA, "баланс"))
    await asyncio.wait_for(d.till.reached.wait(), WITHIN)
    await d.tell(incoming(d.clock, BORIS, "оператор"))
    async with asyncio.timeout(WITHIN):
        while not (found := await d.letters(BORIS)):
            d.written.clear()
            await d.written.wait()
    assert len(found) == 1
    d.till.gate.set()


# ── Faults of ours ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_fault_in_a_handler_is_apologised_for_and_the_chat_goes_on(
    d: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(ask: Ask) -> Turn:
        raise ZeroDivisionError

    route(monkeypatch, "thanks", broken)
    await d.tell(incoming(d.clock, ANNA, "спасибо"), incoming(d.clock, ANNA, "оператор"))
    await d.answered()
    apology, contacts = texts(await d.letters(ANNA))
    ((source, reason),) = d.dead()
    code = reason.removeprefix("broken ")
    assert source == "event"
    assert len(code) == 6
    assert code in apology
    assert code not in contacts


async def test_an_answer_that_cannot_be_fitted_is_apologised_for_too(d: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = d.dispatch.drafts
    calls = 0

    def failing(ask: Ask, turn: Turn) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("a label without letters")
        return drafts(ask, turn)

    monkeypatch.setattr(d.dispatch, "drafts", failing)
    (apology,) = texts(await d.say(ANNA, "оператор"))
    assert d.dead()[0][1].removeprefix("broken ") in apology


async def test_poison_is_buried_after_five_starts_and_the_chat_goes_on(sqlite_url: str) -> None:
    async with desk(sqlite_url) as d:
        assert d.running is not None
        d.running.cancel()
        await asyncio.gather(d.running, return_exceptions=True)
        await d.tell(incoming(d.clock, ANNA, "спасибо"), incoming(d.clock, ANNA, "оператор"))
        for _ in range(POISON):  # a process that dies while answering: the lease ends, nothing is written
            assert await d.storage.inbox.claim(1)
            d.clock.advance(31)
        d.begin()
        await d.answered()
        apology, contacts = texts(await d.letters(ANNA))
        ((_, reason),) = d.dead()
        assert reason.startswith("died while answering ")
        assert reason.rsplit(" ", 1)[1] in apology
        assert contacts != apology


# ── The billing ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", [Unavailable("down"), RuntimeError("Anna, 350")])
async def test_a_billing_that_is_down_is_said_so_with_the_question_again(sqlite_url: str, fault: Exception) -> None:
    async with desk(sqlite_url, billing=lambda till: guard(till, limit_seconds=5, failures=1000)) as d:
        await d.link(ANNA, "a")
        d.till.fault = fault
        (letter,) = await d.say(ANNA, "баланс")
        assert letter.reply is not None
        assert "350" not in letter.reply.text
        actions = [button.action for row in letter.reply.keyboard for button in row]
        assert "again:balance" in actions
        assert d.dead() == []

        d.till.fault = None
        (again,) = await d.say(ANNA, "", action="again:balance")
        assert "350" in texts([again])[0]


async def test_a_closed_account_ends_its_link(d: Desk) -> None:
    await d.link(ANNA, "a", "b")
    d.till.own.pop("b")
    (said,) = texts(await d.say(ANNA, "баланс"))
    assert "0098" in said  # which of the two
    assert [one.account for one in await d.storage.links.links(ANNA)] == ["a"]
    (balance,) = texts(await d.say(ANNA, "баланс"))
    assert "350" in balance


async def test_what_the_billing_cannot_tell_is_no_failure_to_repeat(d: Desk) -> None:
    await d.link(ANNA, "a")
    d.till.fault = Unsupported("no bills")
    (letter,) = await d.say(ANNA, "баланс")
    assert letter.reply is not None
    assert not any((b.action or "").startswith("again:") for row in letter.reply.keyboard for b in row)


async def test_gone_without_an_account_in_question_is_an_honest_sentence(
    d: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(ask: Ask) -> Turn:
        raise Gone("unknown")

    route(monkeypatch, "thanks", gone)
    assert len(await d.say(ANNA, "спасибо")) == 1


async def test_an_answer_about_another_account_is_never_shown(sqlite_url: str) -> None:
    async with desk(sqlite_url, billing=lambda till: guard(till, limit_seconds=5, failures=1000)) as d:
        await d.link(ANNA, "a")
        d.till.liar = "b"
        for question in ("баланс", "долг", "сколько платить", "платежи за год"):
            for said in texts(await d.say(ANNA, question)):
                assert "70,00" not in said.replace("\u00a0", " ")
                assert "350" not in said


# ── Patience ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_slow_answer_shows_typing_then_a_note_and_comes(sqlite_url: str) -> None:
    async with desk(sqlite_url, busy_after=0.0, note_after=0.01) as d:
        await d.link(ANNA, "a")
        d.till.gate = asyncio.Event()
        await d.tell(incoming(d.clock, ANNA, "баланс"))
        async with asyncio.timeout(WITHIN):
            d.written.clear()  # before looking: a note that comes while we look must not be waited for
            while not (found := await d.letters(ANNA)):
                await d.written.wait()
                d.written.clear()
        assert len(d.wires["vk"].busied) == 1
        d.till.gate.set()
        await d.answered()
        note, answer = texts([*found, *await d.letters(ANNA)])
        assert "350" not in note
        assert "350" in answer


async def test_patience_is_as_promised() -> None:
    """The customer sees that we are at work within a second, and a word at about three."""
    defaults = Dispatch.__init__.__kwdefaults__
    assert defaults is not None
    assert defaults["busy_after"] < 1.0
    assert defaults["note_after"] == 3.0


async def test_an_answer_that_does_not_come_is_admitted_at_the_limit(sqlite_url: str) -> None:
    async with desk(sqlite_url, answer_seconds=0.05) as d:
        await d.link(ANNA, "a")
        d.till.gate = asyncio.Event()  # never opened
        (letter,) = await d.say(ANNA, "баланс")
        assert letter.reply is not None
        assert "again:balance" in [b.action for row in letter.reply.keyboard for b in row]


async def test_no_answer_waits_for_a_network_that_is_slow_to_show_typing(sqlite_url: str) -> None:
    async with desk(sqlite_url, busy_after=0.0, note_after=60.0) as d:
        await d.link(ANNA, "a")
        started = asyncio.Event()

        async def hang() -> None:
            started.set()
            await asyncio.Event().wait()

        d.wires["vk"].at_work = hang
        d.till.gate = asyncio.Event()
        await d.tell(incoming(d.clock, ANNA, "баланс"))
        await asyncio.wait_for(started.wait(), WITHIN)
        d.till.gate.set()
        await d.answered()
        assert "350" in texts(await d.letters(ANNA))[0]


async def test_a_network_that_fails_to_show_typing_costs_no_answer(sqlite_url: str) -> None:
    async with desk(sqlite_url, busy_after=0.0, note_after=60.0) as d:
        await d.link(ANNA, "a")
        failed = asyncio.Event()

        async def fail() -> None:
            failed.set()
            raise OSError

        d.wires["vk"].at_work = fail
        d.till.gate = asyncio.Event()
        await d.tell(incoming(d.clock, ANNA, "баланс"))
        await asyncio.wait_for(failed.wait(), WITHIN)
        d.till.gate.set()
        await d.answered()
        assert "350" in texts(await d.letters(ANNA))[0]
        assert d.dead() == []


# ── Stale, stolen, stopped ────────────────────────────────────────────────────────────────────────────────────────


class Doing:
    """An inbox whose `finish` first does what a test says."""

    def __init__(self, inbox: Any, deed: Any) -> None:
        self.inbox, self.deed, self.finishes = inbox, deed, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inbox, name)

    async def finish(self, turn: Finished) -> bool:
        self.finishes += 1
        await self.deed(self.finishes)
        done: bool = await self.inbox.finish(turn)
        return done


async def test_a_stale_turn_is_answered_again_from_fresh_memory(d: Desk) -> None:
    async def twice(time: int) -> None:
        if time < 3:
            raise Stale("used meanwhile")

    d.storage.inbox = doing = Doing(d.storage.inbox, twice)
    assert len(await d.say(ANNA, "оператор")) == 1
    assert doing.finishes == 3


async def test_a_turn_that_stays_stale_comes_again_later(d: Desk) -> None:
    failed = asyncio.Event()

    async def thrice(time: int) -> None:
        if time == 3:
            failed.set()
        if time <= 3:
            raise Stale("used meanwhile")

    d.storage.inbox = Doing(d.storage.inbox, thrice)
    await d.tell(incoming(d.clock, ANNA, "оператор"))
    await asyncio.wait_for(failed.wait(), WITHIN)
    assert await d.letters(ANNA) == []
    d.clock.advance(2)
    await d.answered()
    assert len(await d.letters(ANNA)) == 1
    assert d.dead() == []


async def test_nothing_is_lost_while_nothing_can_be_written(d: Desk) -> None:
    failed = asyncio.Event()

    async def full(time: int) -> None:
        failed.set()
        if time == 1:
            raise Unwritable("disk full")

    d.storage.inbox = Doing(d.storage.inbox, full)
    await d.tell(incoming(d.clock, ANNA, "оператор"))
    await asyncio.wait_for(failed.wait(), WITHIN)
    d.clock.advance(2)
    await d.answered()
    assert len(await d.letters(ANNA)) == 1


async def test_a_handler_that_finds_the_database_away_is_asked_again(d: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    failed = asyncio.Event()

    async def reading(ask: Ask) -> Turn:
        nonlocal calls
        calls += 1
        failed.set()
        if calls == 1:
            raise Unwritable("no connection")
        return routes.broken(ask, "FINE00")

    route(monkeypatch, "thanks", reading)
    await d.tell(incoming(d.clock, ANNA, "спасибо"))
    await asyncio.wait_for(failed.wait(), WITHIN)
    d.clock.advance(2)
    await d.answered()
    assert len(await d.letters(ANNA)) == 1
    assert d.dead() == []


async def test_a_worker_whose_lease_was_taken_over_writes_nothing(d: Desk) -> None:
    await d.link(ANNA, "a")
    d.till.gate = asyncio.Event()
    await d.tell(incoming(d.clock, ANNA, "выключи уведомления"))
    await asyncio.wait_for(d.till.reached.wait(), WITHIN)
    await d.rest()  # or it would take the lane over from itself
    d.clock.advance(31)
    (other,) = await d.storage.inbox.claim(1, [ANNA])  # another process takes over
    d.till.gate.set()
    async with asyncio.timeout(WITHIN):
        await asyncio.gather(*d.dispatch.working)
    assert await d.letters(ANNA) == []
    assert other.events[0].incoming.text == "выключи уведомления"
    assert await d.storage.inbox.finish(Finished(ANNA, other.token, other.events[0].id))


async def test_stop_lets_answers_finish(d: Desk) -> None:
    await d.link(ANNA, "a")
    d.till.gate = asyncio.Event()
    await d.tell(incoming(d.clock, ANNA, "баланс"))
    await asyncio.wait_for(d.till.reached.wait(), WITHIN)
    assert d.running is not None
    d.running.cancel()
    stopping = asyncio.create_task(d.dispatch.stop(WITHIN))
    d.till.gate.set()
    await stopping
    assert "350" in texts(await d.letters(ANNA))[0]


async def test_stop_gives_back_what_does_not_finish(d: Desk) -> None:
    await d.link(ANNA, "a")
    d.till.gate = asyncio.Event()
    await d.tell(incoming(d.clock, ANNA, "баланс"))
    await asyncio.wait_for(d.till.reached.wait(), WITHIN)
    assert d.running is not None
    d.running.cancel()
    await d.dispatch.stop(0)
    (lane,) = await d.storage.inbox.claim(1, [ANNA])  # at once: no lease is waited for
    assert lane.attempts == 0  # and nothing is held against the event
    assert lane.events[0].incoming.text == "баланс"


async def test_stop_in_the_middle_of_a_claim_leaves_no_lane_leased(d: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim commits although its caller is cancelled: its lanes are answered or given back all the same."""
    assert d.running is not None
    d.running.cancel()
    await asyncio.gather(d.running, return_exceptions=True)
    claimed, go = asyncio.Event(), asyncio.Event()
    claim = d.storage.inbox.claim

    async def slow(limit: int) -> Any:
        lanes = await claim(limit)
        claimed.set()
        await go.wait()
        return lanes

    monkeypatch.setattr(d.storage.inbox, "claim", slow)
    await d.tell(incoming(d.clock, ANNA, "оператор"))
    d.begin()
    await asyncio.wait_for(claimed.wait(), WITHIN)
    d.running.cancel()
    go.set()
    await asyncio.gather(d.running, return_exceptions=True)
    await d.dispatch.stop(WITHIN)
    assert len(await d.letters(ANNA)) == 1


# ── Late ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_is_answered_an_hour_late_but_stop_holds(d: Desk) -> None:
    await d.link(ANNA, "a")
    sent_at = d.clock.now() - timedelta(minutes=61)
    await d.tell(incoming(d.clock, ANNA, "баланс", sent_at=sent_at), incoming(d.clock, ANNA, "стоп", sent_at=sent_at))
    await d.answered()
    assert await d.letters(ANNA) == []
    assert not (await d.storage.inbox.recall(ANNA)).chat.alerts
    assert rows(d.url, "SELECT count(*) FROM audits") == [(0,)]  # no figure was shown
    assert len(await d.say(ANNA, "баланс", sent_at=d.clock.now() - timedelta(minutes=59))) == 1


async def test_yes_does_not_answer_a_question_that_was_never_shown(d: Desk) -> None:
    await d.link(ANNA, "a")
    assert await d.say(ANNA, "забудь меня", sent_at=d.clock.now() - timedelta(hours=2)) == []
    await d.say(ANNA, "да")
    assert [one.account for one in await d.storage.links.links(ANNA)] == ["a"]


async def test_a_late_event_gets_no_note_and_no_apology(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(sqlite_url, busy_after=0.0, note_after=0.0) as d:
        began = asyncio.Event()
        go = asyncio.Event()

        async def slowly_broken(ask: Ask) -> Turn:
            began.set()
            await go.wait()
            raise ZeroDivisionError

        route(monkeypatch, "thanks", slowly_broken)
        await d.tell(incoming(d.clock, ANNA, "спасибо", sent_at=d.clock.now() - timedelta(hours=2)))
        await asyncio.wait_for(began.wait(), WITHIN)
        go.set()
        await d.answered()
        assert await d.letters(ANNA) == []
        assert d.wires["vk"].busied == []
        assert len(d.dead()) == 1


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("question", "client"), [("баланс", "en"), ("my balance", "ru"), ("qual é o meu saldo?", "ru")]
)
async def test_a_failure_is_told_in_the_language_of_the_question(d: Desk, question: str, client: str) -> None:
    await d.link(ANNA, "a")
    d.till.fault = Unavailable("down")
    (text,) = texts(await d.say(ANNA, question, language=client))
    cyrillic = sum("а" <= letter <= "я" for letter in text.lower())
    assert (cyrillic > 20) == (question == "баланс"), text


async def test_an_apology_speaks_the_chosen_language(d: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def chosen(ask: Ask) -> Turn:
        return Turn(effects=(SetLanguage("pt"), SetAlerts(on=False)))

    async def broken(ask: Ask) -> Turn:
        raise ZeroDivisionError

    route(monkeypatch, "thanks", chosen)
    await d.say(ANNA, "спасибо")
    route(monkeypatch, "thanks", broken)
    (text,) = texts(await d.say(ANNA, "спасибо"))
    assert not any("а" <= letter <= "я" for letter in text.lower()), text


# ── Public mode, permission, dialogue ─────────────────────────────────────────────────────────────────────────────


async def test_in_mode_public_the_billing_is_not_even_asked(sqlite_url: str) -> None:
    async with desk(sqlite_url, mode=Mode.PUBLIC) as d:
        await d.link(ANNA, "a")
        (text,) = texts(await d.say(ANNA, "баланс"))
        assert "350" not in text
        assert d.till.asked == 0


async def test_whoever_blocks_us_is_answered_with_silence(d: Desk) -> None:
    await d.link(VERA, "a")
    await d.tell(incoming(d.clock, VERA, permission=False))
    await d.answered()
    assert await d.letters(VERA) == []
    assert not (await d.storage.inbox.recall(VERA)).chat.reachable
    await d.say(VERA, "оператор")
    assert (await d.storage.inbox.recall(VERA)).chat.reachable


async def test_a_press_is_settled_by_the_first_part_only_once(d: Desk) -> None:
    (letter,) = await d.say(ANNA, "", action="operator", press="p1", message="m1")
    assert letter.reply is not None
    assert letter.reply.answers == "p1"
    assert letter.answer_to == d.clock.now()


async def test_an_unchanged_dialogue_is_not_written(d: Desk) -> None:
    lane = Lane(ANNA, 1, 0, (), await d.storage.inbox.recall(ANNA))
    ask = d.dispatch.ask(incoming(d.clock, ANNA, "спасибо"), lane.memory)
    assert d.dispatch.dialogue(ask, Turn()) is None
    asked = replace(lane.memory, dialogue=Dialogue(data={"language": "ru"}, asked_at=d.clock.now()))
    said = Turn(routes.slow(ask), data={"language": "ru"})
    assert d.dispatch.dialogue(d.dispatch.ask(ask.incoming, asked), said) is None


async def test_two_events_with_one_id_are_one(d: Desk) -> None:
    event = incoming(d.clock, ANNA, "оператор")
    assert await d.storage.inbox.put("vk", Received((event, event))) == 1
    await d.tell(event)
    await d.answered()
    assert len(await d.letters(ANNA)) == 1
