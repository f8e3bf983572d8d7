"""When the billing is silent: what it told last, to whom it may be told, and how it is said to be old."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.base import Incoming
from billing.base import Account, Balance, Bill, Money, Scheme, Service
from billing.base import Facts as Told
from handlers import routes
from handlers.ask import Turn
from handlers.text import LANGUAGES, version
from storage.base import Saw
from tests.clock import NOON
from tests.handlers.money_asks import bill, service, text
from tests.handlers.talk_asks import IVAN, OLGA, OPERATOR, House, Talk, actions

CODE = "A1B2C3"


def told(of: Account = IVAN, own: int = 350_00, **more: object) -> Told:
    balance = replace(Balance(of.id, Money(own), NOON - timedelta(hours=2)), **more)  # type: ignore[arg-type]
    return Told(of, balance, (), ())


def with_parts(facts: Told, bills: tuple[Bill, ...] = (), services: tuple[Service, ...] = ()) -> Told:
    return replace(facts, bills=bills, services=services)


def remembering(*facts: Told) -> House:
    """A house whose billing remembers these."""
    house = House()
    by_account = {one.account.id: one for one in facts}
    house.books.known = by_account.get  # type: ignore[attr-defined]
    house.books.remember = lambda _: None  # type: ignore[attr-defined]
    return house


def silence(anna: Talk, words: str = "", action: str | None = None, **more: object) -> Turn:
    """The turn when the billing does not answer; applied."""
    event = Incoming("e", anna.address, anna.house.clock.now(), text=words, action=action, language=anna.language)
    turn = routes.unavailable(anna.ask(replace(event, **more)), CODE)  # type: ignore[arg-type]
    anna.apply(turn)
    return turn


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("баланс", None),
        ("долг", None),
        ("сколько платить", None),
        ("", "balance:again"),
        ("", "again:debt"),
        ("", "pay"),
    ],
)
async def test_what_was_known_is_told_with_its_time_and_as_old(words: str, action: str | None) -> None:
    anna = remembering(told()).talk().linked()
    turn = silence(anna, words, action)
    shown = text(turn)
    assert shown.startswith("Система оператора сейчас не отвечает. Вот что было известно на 10:00:")
    assert "Баланс 350,00 ₽" in shown
    assert "Долг: нет" in shown
    assert "могли измениться" in shown
    assert CODE in shown
    assert "хватит" not in shown
    assert turn.personal
    assert [e for e in turn.effects if isinstance(e, Saw)] == [
        Saw(IVAN.id, "last-known", {"own": 350_00, "overdue": 0, "to_pay": 0}, version("ru"))
    ]
    again = (await anna.presses("Повторить")).text  # the billing answers again
    assert "не отвечает" not in again
    assert "350,00" not in again


def test_nothing_is_said_that_looks_ahead() -> None:
    paying = with_parts(told(own=1_000_00), services=(service(),))
    shown = text(silence(remembering(paying).talk().linked(), "баланс"))
    assert "Баланс 1 000,00 ₽\n" in shown
    assert "хватит" not in shown
    assert "650" not in shown


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        (told(own=-120_50), ["Баланс −120,50 ₽, то есть долг 120,50 ₽"]),
        (
            told(own=-1_00, promised=Money(300_00), promised_until=NOON.date()),
            ["Баланс −1,00 ₽, то есть долг 1,00 ₽", "Обещанный платёж: 300,00 ₽, вернуть до 16 ноября"],
        ),
        (
            with_parts(
                told(replace(IVAN, scheme=Scheme.CREDIT), 0), (bill("9", 9, 700_00, NOON.date() - timedelta(days=3)),)
            ),
            ["Баланс 0,00 ₽, долг 700,00 ₽"],
        ),
        (
            # Due yesterday; the figures are of the day before it. What has changed since is not made up.
            with_parts(
                told(replace(IVAN, scheme=Scheme.CREDIT), 0, as_of=NOON - timedelta(days=2)),
                (bill("9", 9, 700_00, NOON.date() - timedelta(days=1)),),
            ),
            ["известно на 14 ноября, 12:00", "Баланс 0,00 ₽", "Долг: нет"],
        ),
    ],
)
def test_each_way_to_stand(facts: Told, lines: list[str]) -> None:
    shown = text(silence(remembering(facts).talk().linked(), "баланс"))
    for line in lines:
        assert line in shown


def test_times_are_the_customers() -> None:
    facts = told(replace(IVAN, zone="Asia/Kamchatka"))
    shown = text(silence(remembering(facts).talk().linked(), "баланс"))
    assert "известно на 19:00" in shown


def agreed_before(anna: Talk) -> None:
    anna.remember(chat=replace(anna.memory.chat, consent="0"))


def unlinked(anna: Talk) -> None:
    anna.remember(links=())


def public(anna: Talk) -> None:
    anna.public = True


@pytest.mark.parametrize("change", [agreed_before, unlinked, public])
def test_who_may_not_see_figures_sees_none(change: Callable[[Talk], None]) -> None:
    anna = remembering(told()).talk().linked()
    change(anna)
    plain(silence(anna, "баланс"))


def test_in_a_group_there_are_none() -> None:
    plain(silence(remembering(told()).talk().linked(), "баланс", private=False))


@pytest.mark.parametrize("words", ["платежи за октябрь", "помощь", "что-то непонятное", "мои счета"])
def test_other_questions_get_no_figures(words: str) -> None:
    plain(silence(remembering(told()).talk().linked(), words))


@pytest.mark.parametrize(
    "facts", [(), (told(OLGA),), (told(replace(IVAN, open=False)),)], ids=["nothing", "another's", "closed"]
)
def test_what_is_not_known_of_this_account_is_not_told(facts: tuple[Told, ...]) -> None:
    plain(silence(remembering(*facts).talk().linked(), "баланс"))


def test_a_billing_that_mixes_accounts_up_is_not_believed() -> None:
    house = remembering()
    house.books.known = lambda _: told(OLGA)  # type: ignore[attr-defined]
    plain(silence(house.talk().linked(), "баланс"))


def test_a_billing_that_remembers_nothing_has_nothing_to_tell() -> None:
    plain(silence(House().talk().linked(), "баланс"))


def plain(turn: Turn) -> None:
    assert CODE in text(turn)
    assert "цифр не покажу" in text(turn) or "не отвечает" in text(turn)
    assert "350" not in text(turn)
    assert not turn.personal
    assert turn.effects == () or not any(isinstance(e, Saw) for e in turn.effects)


async def test_with_several_accounts_it_says_whose_figures_these_are() -> None:
    anna = remembering(told(IVAN, 100_00), told(OLGA, 200_00)).talk().linked(IVAN, OLGA)
    assert "…7731" in text(first := silence(anna, "баланс"))
    assert "100,00" in text(first)
    assert "200,00" not in text(first)
    await anna.sends(f"choose:{anna.memory.links[1].id}:menu")
    assert "…8842" in text(second := silence(anna, "баланс"))
    assert "200,00" in text(second)
    assert "accounts" in actions(second.reply)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_three_languages(language: str) -> None:
    anna = remembering(told()).talk(language=language).linked()
    anna.remember(chat=replace(anna.memory.chat, language=language))
    shown = text(silence(anna, "", "balance"))
    assert {"ru": "не отвечает", "en": "not answering", "pt": "não está respondendo"}[language] in shown
    assert {"ru": "могли измениться", "en": "may have changed", "pt": "podem ter mudado"}[language] in shown
    assert {"ru": "350,00 ₽", "en": "350.00 ₽", "pt": "350,00 ₽"}[language] in shown
    assert CODE in shown


# ── The billing answers in the customer's own name, and his sign-in is over ───────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
async def test_whoever_must_sign_in_again_is_told_so_and_shown_where(language: str) -> None:
    house = House()
    anna = house.talk(language=language).linked(IVAN)
    house.books.over = {IVAN.id}
    reply = await anna.sends("balance")
    assert "357" not in reply.text
    assert IVAN.number not in reply.text
    assert IVAN.number[-4:] in reply.text
    assert actions(reply)[0] == "link:again"
    page = await anna.sends("link:again")
    assert any(button.url and "/link/" in button.url for row in page.keyboard for button in row)
    assert anna.memory.dialogue.data["asked"] == "balance", "it is offered first afterwards"
    house.books.over = set()
    assert "357" in (await anna.sends("balance")).text, "the link has stayed"


async def test_signing_in_again_is_no_further_account() -> None:
    house = House(replace(OPERATOR, max_links=1))
    anna = house.talk().linked(IVAN)
    for action, shown in (("link", False), ("link:again", True)):
        page = await anna.sends(action)
        assert any(button.url for row in page.keyboard for button in row) is shown


async def test_only_the_account_whose_sign_in_is_over_asks_for_it() -> None:
    house = House()
    anna = house.talk().linked(IVAN, OLGA)
    house.books.over = {IVAN.id}
    second = anna.memory.links[1].id
    assert "912" in (await anna.sends(f"choose:{second}:balance")).text
    assert actions(await anna.sends(f"choose:{anna.memory.links[0].id}:balance"))[0] == "link:again"
