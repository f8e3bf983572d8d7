"""Greeting, menu, help, phones, language, consent, small talk."""

from dataclasses import replace

import pytest

from billing.base import Capability
from handlers.menu import COMMANDS, ENTRIES, MORE, commands
from handlers.text import LANGUAGES
from storage.base import GiveConsent, SetLanguage
from tests.handlers.talk_asks import OPERATOR, House, actions, labels

BOT = {"ru": "бот", "en": "bot", "pt": "bot"}


@pytest.mark.parametrize(
    ("client", "language"), [("ru", "ru"), ("en-GB", "en"), ("pt-br", "pt"), ("de", "ru"), (None, "ru")]
)
async def test_the_greeting_is_two_lines_says_bot_and_offers_the_other_languages(
    client: str | None, language: str
) -> None:
    for anna in (
        House().talk(language=client),
        House().talk(language=client).linked(),
        House().talk(language=client, public=True),
    ):
        reply = await anna.opens()
        assert len(reply.text.splitlines()) <= 2
        assert BOT[language] in reply.text
        assert {f"language:{one}" for one in LANGUAGES if one != language} <= set(actions(reply))


async def test_the_greeting_offers_linking_to_a_newcomer_and_the_balance_to_a_customer() -> None:
    assert actions(await House().talk().opens())[0] == "link"
    assert actions(await House().talk().linked().opens())[0] == "balance"
    assert "link" not in actions(await House().talk(public=True).opens())


async def test_the_language_is_changed_with_one_tap() -> None:
    anna = House().talk()
    await anna.opens()
    await anna.presses("English")
    assert anna.turn.effects == (SetLanguage("en"),)
    assert anna.reply.text.startswith("Hello!")
    await anna.presses("Português")
    assert anna.reply.text.startswith("Olá!")


async def test_a_customers_menu_is_laid_anew_in_the_new_language() -> None:
    anna = House().talk().linked()
    await anna.says("in English")
    assert anna.reply.menu is not None
    assert labels(anna.reply)[0] == "Balance"


async def test_the_menu_is_the_same_for_everybody_who_may_ask() -> None:
    for network in ("vk", "telegram", "ok"):
        reply = await House().talk(network).linked().says("меню")
        assert actions(reply) == list(ENTRIES)
        assert reply.menu is not None
    assert len(ENTRIES) <= 8


async def test_what_the_billing_cannot_tell_is_not_offered() -> None:
    anna = House().talk().linked()
    anna.house.books.can = frozenset(Capability) - {Capability.SERVICES, Capability.CHARGES, Capability.PROMISES}
    shown = actions(await anna.says("меню"))
    shown += actions(await anna.says("ещё")) + actions(await anna.sends("more:2"))
    assert not {"services", "charges", "promised", "why", "tariff", "usage", "calls"} & set(shown)
    assert {"balance", "payments", "debt", "bonus"} <= set(shown)
    assert not {"services", "why"} & {c.name for c in commands(anna.house.books.can)["ru"]}


async def test_what_else_can_be_asked_turns_its_pages_in_place() -> None:
    anna = House().talk().linked()
    first = await anna.says("ещё")
    second = await anna.presses("Дальше ›")
    assert second.replaces == "m2"
    assert set(actions(first)) & set(actions(second)) == set()
    again = await anna.presses("‹ Назад")
    assert actions(again) == actions(first)
    assert sorted({*actions(first), *actions(second)} - {"more:1", "more:2"}) == sorted(
        name for page in MORE for name in page
    )


@pytest.mark.parametrize("action", ["more:0", "more:3", "more:-1", "more:x", "more:2:2", "more:" + "9" * 50])
async def test_a_page_that_is_not_there_is_the_first(action: str) -> None:
    anna = House().talk().linked()
    shown = actions(await anna.sends(action))
    assert shown == actions(await anna.says("/more")) or action == "more:2:2"


def test_the_networks_own_command_list() -> None:
    made = commands(frozenset(Capability))
    assert set(made) == set(LANGUAGES)
    for language in LANGUAGES:
        assert [c.name for c in made[language]] == list(COMMANDS)
        for command in made[language]:
            # Telegram Bot API, BotCommand: 1-32 of a-z, 0-9 and "_"; description 1-256.
            assert command.name.isascii()
            assert command.name.islower()
            assert 1 <= len(command.title) <= 32


async def test_consent_can_be_refused_and_given_by_words() -> None:
    anna = House().talk()
    await anna.says("баланс")
    await anna.says("не согласен")
    assert anna.turn.effects == ()
    assert "Без согласия" in anna.reply.text
    await anna.says("баланс")
    await anna.says("1")
    assert anna.turn.effects == (GiveConsent("1"),)


async def test_an_old_consent_button_agrees_to_nothing() -> None:
    anna = House(replace(OPERATOR, consent_version="2")).talk()
    await anna.sends("consent:1:balance")
    assert anna.turn.effects == ()
    assert "редакция 2" in anna.reply.text


async def test_help_says_what_can_be_asked_and_whether_it_is_safe() -> None:
    anna = House().talk()
    assert "«баланс»" in (await anna.says("что ты умеешь?")).text
    assert "Пароль я не спрашиваю никогда" in (await anna.says("это безопасно?")).text
    assert "Баланс, долг и платежи здесь не показываю" in (await House().talk(public=True).says("помощь")).text


async def test_the_operators_phones_with_hours_and_without_any() -> None:
    assert "Техподдержка: 8 800 555-00-01, круглосуточно" in (await House().talk().says("оператор")).text
    nobody = House(replace(OPERATOR, contacts=(), account_url=""))
    assert "в Вашем договоре" in (await nobody.talk().says("оператор")).text


@pytest.mark.parametrize("text", ["спасибо", "привет", "безобразие", "обещанный платеж", "нет"])
async def test_small_talk_is_answered_briefly_and_leads_on(text: str) -> None:
    anna = House().talk().linked()
    await anna.says("баланс")
    reply = await anna.says(text)
    assert len(reply.text) <= 200
    assert len(actions(reply)) >= 2


async def test_complaints_and_other_questions_lead_to_a_human_being() -> None:
    for text in ("безобразие", "возврат денег"):
        assert actions(await House().talk().says(text))[0] == "operator"


async def test_a_question_of_its_own_is_not_taken_for_the_period_that_is_waited_for() -> None:
    anna = House().talk().linked()
    await anna.says("начисления")
    asked = await anna.says("скок я закинул за инет в октябре")
    assert asked.text.startswith("За 1–31 октября платежей нет")
    await anna.says("начисления")
    assert "октябр" in (await anna.says("а теперь за октябрь, пожалуйста")).text
