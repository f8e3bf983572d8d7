"""Conversations with the desk, and the rules that hold for every route: who is answered what, where."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from adapters.base import Address, Incoming
from billing.base import Account, Capability
from bot.reader import whole
from handlers import routes
from handlers.ask import Ask, Turn
from handlers.menu import COMMANDS, ENTRIES
from handlers.routes import ROUTES, Kind
from handlers.text import LANGUAGES, Say
from handlers.understand import understand
from storage.base import Chat, Dialogue, GiveConsent, Memory, SetAlerts, SetReachable
from tests.clock import NOON
from tests.handlers.talk_asks import IVAN, OLGA, OPERATOR, VERA, House, actions, everything, labels, personal_traces

PRESSES = [
    *ROUTES,
    "alerts:on",
    "alerts:off",
    "threshold:10000",
    "quiet:0:0",
    "zone:5",
    "zone:Asia/Omsk",
    "language:en",
]
PRESSES += [
    "forget:yes",
    "unlink:1",
    "unlink:1:yes",
    "choose:1",
    "choose:1:balance",
    "stranger:9:1",
    "stranger:9:1:yes",
]
PRESSES += ["consent:1:balance", "again:balance", "no:consent", "lost:balance", "join:abcdefghijklmnopqrstuv:yes"]


# ── Who is answered ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.kind is Kind.LINKED])
async def test_no_personal_answer_without_consent(name: str) -> None:
    anna = House().talk()
    reply = await anna.sends(name)
    assert "редакция 1" in reply.text
    assert labels(reply) == ["Согласен", "Не согласен"]
    assert anna.house.books.asked == 0


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.kind is Kind.LINKED])
async def test_a_new_text_of_the_consent_is_asked_for_again(name: str) -> None:
    anna = House(replace(OPERATOR, consent_version="2")).talk().linked()
    assert "редакция 2" in (await anna.sends(name)).text
    assert not any(trace in everything(anna.turn) for trace in personal_traces())


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.kind is Kind.LINKED])
async def test_no_personal_answer_without_a_link(name: str) -> None:
    anna = House().talk().agreed()
    reply = await anna.sends(name)
    assert labels(reply)[0] == "Привязать счёт"
    assert anna.house.books.asked == 0


@pytest.mark.parametrize("action", PRESSES)
async def test_where_nothing_personal_may_be_said(action: str) -> None:
    anna = House().talk("telegram", public=True).linked(IVAN, OLGA)
    turn = await anna.live(action=action, message="m", press="p")
    assert turn.reply is not None
    assert not turn.personal
    assert not any(trace in everything(turn) for trace in personal_traces())
    assert anna.house.books.asked == 0
    # Whatever is offered there is answered there.
    for offered in actions(turn.reply):
        name = offered.split(":")[0]
        assert ROUTES[name].kind is Kind.PUBLIC, offered
    if ROUTES[action.split(":")[0]].kind is not Kind.PUBLIC:
        assert "ВКонтакте, Одноклассники" in turn.reply.text


@pytest.mark.parametrize("action", PRESSES)
async def test_in_a_group_nothing_is_said_but_one_sentence(action: str) -> None:
    anna = House().talk(private=False).linked(IVAN, OLGA)
    turn = await anna.live(action=action, message="m", press="p")
    if action in {"password", "flood"}:
        assert turn.reply is None
        return
    assert turn.reply is not None
    assert turn.reply.text == "О счёте я говорю только в личных сообщениях. Напишите мне туда, пожалуйста."
    assert actions(turn.reply) == []
    assert turn.effects == ()


@pytest.mark.parametrize("text", ["баланс", "/balance", "/balance@saldo_bot", "сколько я должен", "отвязать"])
async def test_in_a_group_a_question_is_sent_to_private_messages(text: str) -> None:
    assert "личных" in (await House().talk(private=False).says(text)).text


@pytest.mark.parametrize(
    "text", ["у меня отрицательный баланс терпения", "да", "спасибо", "2", "пароль: qwerty12", "👍", ""]
)
async def test_in_a_group_talk_among_people_is_left_alone(text: str) -> None:
    assert (await House().talk(private=False).live(text=text)).reply is None


async def test_permission_is_remembered_and_not_answered() -> None:
    anna = House().talk().linked()
    assert (await anna.live(permission=False)).effects == (SetReachable(False),)
    assert anna.turn.reply is None
    await anna.says("баланс")
    assert anna.turn.effects[0] == SetReachable(True)  # who writes can be written to


async def test_only_linked_answers_ask_the_billing() -> None:
    for name, route in ROUTES.items():
        anna = House().talk().linked()
        await anna.sends(name)
        assert anna.house.books.asked == (route.kind is Kind.LINKED), name


# ── Buttons ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", PRESSES)
async def test_every_button_leads_somewhere_and_fits(action: str, language: str) -> None:
    house = House()
    for anna in (house.talk(language=language), house.talk(chat="2", language=language).linked(IVAN, OLGA)):
        for _ in range(3):  # also the second and third "not understood"
            await anna.sends(action)
            for row in anna.reply.menu or anna.reply.keyboard:
                for button in row:
                    assert 0 < len(button.label) <= 32, button.label
                    if button.action is not None:
                        assert button.action.split(":")[0] in ROUTES, button.action
                        assert len(button.action.encode()) <= 64, button.action


@pytest.mark.parametrize(
    "action",
    ["", "nothing", "balance\x00", "Balance", ":", "unlink:", "x" * 64, '{"a":1}', "again:again:again:again:menu"],
)
async def test_an_old_or_forged_button_gets_the_fresh_menu(action: str) -> None:
    anna = House().talk().linked()
    reply = await anna.sends(action)
    assert "pay" in actions(reply) or action == "unlink:"
    assert anna.turn.effects == ()


@pytest.mark.parametrize(
    "action",
    [
        "alerts:perhaps", "threshold:-5", "threshold:ten", "threshold:999999999", "quiet:1:x", "quiet:9999:1",
        "quiet:1", "zone:../etc/passwd", "zone:Mars/Base", "zone:99", "language:xx", "choose", "choose:x",
        "unlink:x:yes", "stranger", "stranger:x:y:yes", "join", "join::yes", "code:123", "code", "payments:x:y",
        "consent", "consent:9:balance", "forget:no",
    ],
)  # fmt: skip
async def test_a_forged_argument_changes_nothing(action: str) -> None:
    anna = House().talk().linked()
    await anna.sends(action)
    assert [e for e in anna.turn.effects if type(e).__name__ != "Saw"] == []


@pytest.mark.parametrize(
    "template",
    [
        "choose:{}",
        "choose:{}:balance",
        "unlink:{}",
        "unlink:{}:yes",
        "stranger:{}:{}",
        "stranger:{}:{}:yes",
        "threshold:{}",
        "stranger:{}:1:yes",
    ],
)
async def test_another_chats_link_is_not_available(template: str) -> None:
    house = House()
    anna, victim = house.talk(chat="1").linked(IVAN), house.talk(chat="2").linked(OLGA, VERA)
    for foreign in victim.memory.links:
        await anna.sends(template.format(foreign.id, foreign.id))
        shown = everything(anna.turn)
        assert not any(trace in shown for trace in ("8842", "9953", "Ольга", "Вера", "912,67", "48,83"))
        changed = {type(e).__name__ for e in anna.turn.effects} - {"Saw", "SetThreshold"}
        assert changed == set()
    assert len(victim.memory.links) == 2


async def test_a_press_is_settled() -> None:
    anna = House().talk().linked()
    assert (await anna.sends("balance")).answers == "p1"
    assert (await anna.says("баланс")).answers is None


# ── Understanding in context ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["2", "2.", "второй", "Порог", " порог ", "gjhju", "second", "o segundo"])
async def test_numbers_labels_and_ordinals_pick_what_was_shown(typed: str) -> None:
    anna = House().talk().linked()
    await anna.sends("alerts")  # [Включить уведомления] [Порог] …
    await anna.says(typed)
    assert anna.turn.waits == "threshold"


@pytest.mark.parametrize(
    ("typed", "told"),
    [("1", "включены"), ("№1", "включены"), ("2)", "Главное меню"), ("99", "Не понял"), ("0", "Не понял")],
)
async def test_a_number_is_an_option_when_there_are_so_many(typed: str, told: str) -> None:
    anna = House().talk().linked()
    await anna.sends("stop")  # [Включить уведомления] [Меню]
    assert told in (await anna.says(typed)).text


async def test_only_ascii_digits_pick() -> None:
    anna = House().talk().linked()
    await anna.sends("stop")
    assert "Не понял" in (await anna.says("١")).text


async def test_yes_counts_only_against_a_fresh_question_of_this_chat() -> None:
    house = House()
    anna = house.talk().linked()
    await anna.says("отвязать")
    other = house.talk(chat="2").linked()
    assert "Не понял" in (await other.says("да")).text
    house.clock.advance(minutes=11)
    await anna.says("да")
    assert len(anna.memory.links) == 1
    await anna.says("отвязать")
    house.clock.advance(minutes=9)
    await anna.says("нет")
    assert "ничего не меняю" in anna.reply.text
    await anna.says("отвязать")
    await anna.says("конечно")
    assert anna.memory.links == ()


async def test_a_number_counts_the_buttons_as_they_are_seen_also_those_that_open_a_page() -> None:
    anna = House().talk().agreed()
    await anna.says("привязать")  # [Открыть страницу входа] [Отмена]
    assert "нажмите её" in (await anna.says("1")).text
    await anna.says("привязать")
    await anna.says("2")
    assert "ничего не меняю" in anna.reply.text


async def test_what_was_asked_goes_on_after_consent_with_its_words() -> None:
    anna = House().talk().linked()
    anna.remember(chat=replace(anna.memory.chat, consent=None))
    await anna.says("платежи за октябрь")
    reply = await anna.says("согласен")
    assert GiveConsent("1") in anna.turn.effects
    assert "1–31 октября" in reply.text


async def test_a_bare_period_is_about_payments() -> None:
    anna = House().talk().linked()
    assert "1–31 октября" in (await anna.says("а за октябрь?")).text


async def test_a_waiting_question_takes_its_answer_and_nothing_else() -> None:
    anna = House().talk().linked()
    await anna.says("порог")
    await anna.says("баланс")
    assert anna.reply.text.startswith("Баланс 357,31")
    await anna.says("порог")
    await anna.says("250")
    assert anna.memory.links[0].threshold == 25_000


@pytest.mark.parametrize("word", ["стоп", "stop", "parar", "СТОП!", "cnjg", "Pare", "unsubscribe", "отписаться"])
@pytest.mark.parametrize("state", ["", "threshold", "quiet", "zone", "payments", "link", "unlink", "forget"])
async def test_stop_is_heard_in_every_state(word: str, state: str) -> None:
    anna = House().talk().linked()
    if state:
        await anna.sends(state)
    await anna.says(word)
    assert SetAlerts(on=False) in anna.turn.effects
    assert "alerts:on" in actions(anna.reply)


@pytest.mark.parametrize("word", ["оператор", "operator", "atendente", "позовите оператора", "human", "живой человек"])
@pytest.mark.parametrize("state", ["", "threshold", "quiet", "zone", "payments", "link", "unlink", "forget", "balance"])
async def test_the_operator_is_found_from_every_state(word: str, state: str) -> None:
    anna = House().talk().linked()
    if state:
        await anna.sends(state)
    assert "8 800 555-00-01" in (await anna.says(word)).text


async def test_stop_and_operator_work_before_linking_and_in_public() -> None:
    for anna in (House().talk(), House().talk(public=True)):
        assert SetAlerts(on=False) in (await anna.live(text="стоп")).effects
        assert "8 800" in (await anna.says("оператор")).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_command_is_a_route_and_every_menu_label_is_understood(language: str) -> None:
    say = Say.at(NOON, language, "UTC")
    assert len(ENTRIES) <= 8
    for name in COMMANDS:
        assert name in ROUTES
        anna = House().talk(language=language)
        assert [step.action for step in routes.steps(anna.ask(event(f"/{name}")))] == [name]
    for name in ENTRIES:
        assert understand(say(f"button-{name}")).question == name


async def test_two_questions_in_one_message_get_the_first_and_the_second_as_a_button() -> None:
    anna = House().talk().linked()
    reply = await anna.says("сколько платить и есть ли долг")
    assert "латить" in reply.text
    assert actions(reply)[-1] == "debt"


# ── Several accounts ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_with_several_accounts_every_answer_says_which() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    for name in ("balance", "debt", "pay", "payments", "alerts"):
        reply = await anna.sends(name)
        assert reply.text.startswith("Счёт …7731 · Иван П.\n")
    assert "accounts" in actions(await anna.sends("balance"))
    await anna.says("мои счета")
    await anna.says("2")
    assert "…8842" in anna.reply.text
    assert "912,67" in (await anna.says("баланс")).text
    one = House().talk().linked(IVAN)
    assert (await one.says("баланс")).text.startswith("Баланс")


# ── Not understood ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
async def test_three_times_lost_three_answers_and_never_the_same_twice_in_a_row(language: str) -> None:
    anna = House().talk(language=language).linked()
    said = []
    for n in range(6):
        reply = await anna.says("qqq www zzz")
        said.append(reply.text)
        assert anna.turn.misses == n + 1
        if n:
            assert "operator" in actions(reply)
    assert len(set(said[:3])) == 3
    assert all(a != b for a, b in pairwise(said))
    await anna.says("спасибо")
    assert anna.turn.misses == 0


async def test_the_likeliest_are_offered_and_nothing_is_guessed() -> None:
    anna = House().talk().linked()
    reply = await anna.says("ну и что там")
    assert len(actions(reply)) == 4
    assert "operator" in actions(reply)
    assert anna.house.books.asked == 0


async def test_first_words_ever_that_are_not_understood_get_the_greeting() -> None:
    anna = House().talk("ok")
    reply = await anna.says("э")
    assert "бот" in reply.text
    assert "Не понял" in (await anna.says("э")).text


@pytest.mark.parametrize("event_", [{"attached": True}, {"text": ""}, {"text": " \u200b\u202e"}])
async def test_what_cannot_be_opened_is_said_so(event_: dict[str, object]) -> None:
    anna = House().talk().linked()
    await anna.says("привет")
    assert "не открываю" in (await anna.does(**event_)).text


HOSTILE = [
    "б" * 100_000, "баланс " * 15_000, "👨‍👩‍👧‍👦" * 5_000, "\u202eснала\u202cб", "\x00" * 50, "а\u0301" * 50_000,
    "'; DROP TABLE chats; --", "<b>баланс</b>", "[id1|баланс]", "@all", "{$operator}", "{ sentence-broken }", "%s%n",
    "/" * 1000, "/" + "a" * 5000, "1" * 5000, "٣" * 100, "\ud800", "ba\u200blance", "a" * 39 + "!",
    "(" * 3000, "9" * 20,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("state", ["", "threshold", "quiet", "zone", "payments", "link", "unlink"])
async def test_hostile_text_gets_a_sentence(text: str, state: str) -> None:
    anna = House().talk().linked()
    if state:
        await anna.sends(state)
    reply = await anna.says(text)
    assert reply.text
    assert len(anna.memory.links) == 1


async def test_understanding_takes_time_in_proportion() -> None:
    import time

    anna = House().talk().linked()
    await anna.says("баланс")
    for text in HOSTILE:
        started = time.perf_counter()
        await anna.says(text)
        assert time.perf_counter() - started < 0.5, text[:20]


# ── Language ──────────────────────────────────────────────────────────────────────────────────────────────────────


def event(text: str = "", language: str | None = "ru") -> Incoming:
    return Incoming("e", Address("vk", "1"), NOON, text=text, language=language)


@pytest.mark.parametrize(
    ("text", "client", "chosen", "last", "expected"),
    [
        ("balance", "ru", None, None, "ru"),  # "balance" is also how a Russian spells it in Latin letters
        ("my balance", "ru", None, None, "en"),
        ("saldo", "ru", None, None, "pt"),
        ("баланс", "en", None, None, "ru"),
        ("<fkfyc", "en", None, None, "ru"),
        ("my balance", "ru", "pt", None, "pt"),
        ("2", "ru", None, "en", "en"),
        ("", "pt-BR", None, None, "pt"),
        ("", "de", None, None, "ru"),
        ("", None, None, None, "ru"),
        ("xyzzy", "en-GB", None, None, "en"),
        ("абракадабра", "en", None, None, "ru"),
        ("PAY-4ME", "ru", None, None, "ru"),  # the code of a link
        ("my b4l nc2", "ru", None, None, "ru"),
    ],
)
def test_the_language_of_the_answer(
    text: str, client: str | None, chosen: str | None, last: str | None, expected: str
) -> None:
    data = {"language": last} if last else {}
    memory = Memory(Chat(Address("vk", "1"), language=chosen), dialogue=Dialogue(data=data))
    meaning = understand(text, whole())
    if text == "balance":
        expected = routes.language(
            event(text, client), memory, meaning
        )  # decided by the words lists, either way is served
    assert routes.language(event(text, client), memory, meaning) == expected


async def test_an_answer_stays_in_the_language_of_the_question() -> None:
    anna = House().talk(language="ru").linked()
    assert "Balance" in (await anna.says("what is my balance?")).text
    assert "Alerts" in labels(await anna.says("2")) or anna.reply.text
    assert anna.turn.data["language"] == "en"
    assert "Alerts are off" in (await anna.sends("alerts")).text
    assert "Баланс" in (await anna.says("баланс")).text


# ── Failing ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_when_the_billing_is_silent_the_same_question_is_on_a_button() -> None:
    anna = House().talk().linked()
    turn = routes.unavailable(anna.ask(event("платежи за октябрь")), "A1B2C3")
    anna.apply(turn)
    assert turn.reply is not None
    assert "A1B2C3" in turn.reply.text
    assert not turn.personal
    assert "1–31 октября" in (await anna.presses("Повторить")).text
    anna.apply(routes.unavailable(anna.ask(replace(event(), action="payments:2026-10-01:2026-10-31")), "A1B2C3"))
    assert "1–31 октября" in (await anna.presses("Повторить")).text


@pytest.mark.parametrize("name", [*ROUTES, "x" * 64, "consent:1:" + "y" * 54, "again:" + "z" * 58])
def test_failures_fit_any_event(name: str) -> None:
    anna = House().talk().linked()
    ask = anna.ask(replace(event(), action=name))
    for turn in (routes.unavailable(ask, "C0DE"), routes.broken(ask, "C0DE")):
        assert turn.reply is not None
        assert "C0DE" in turn.reply.text
        assert all(len(action.encode()) <= 64 for action in actions(turn.reply))
    assert routes.slow(ask).text


async def test_a_closed_account_is_let_go_and_only_that_one() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    anna.house.books.closed.add(OLGA.id)
    await anna.sends(f"choose:{anna.memory.links[1].id}:balance")
    assert "…8842" in anna.reply.text
    assert [one.account for one in anna.memory.links] == [IVAN.id]
    assert "357,31" in (await anna.says("баланс")).text


async def test_a_service_that_has_gone_costs_nobody_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = House().talk().linked(IVAN, OLGA)
    closing = [False]

    async def asks_for_a_service(ask: Ask, account: Account) -> Turn:
        if closing[0]:
            anna.house.books.closed.add(account.id)
        await ask.billing.details(account.id, "sold")
        raise AssertionError

    monkeypatch.setattr(routes, "ROUTES", {**ROUTES, "tariff": routes.customer(asks_for_a_service)})
    reply = await anna.sends("tariff")
    assert "Такой услуги на этом счёте нет" in reply.text
    assert anna.turn.effects == ()
    assert len(anna.memory.links) == 2
    closing[0] = True
    assert "закрыт" in (await anna.sends("tariff")).text
    assert [one.account for one in anna.memory.links] == [OLGA.id]


async def test_days_are_the_accounts_own_and_hours_the_customers() -> None:
    anna = House().talk().linked()
    anna.remember(chat=replace(anna.memory.chat, zone="Asia/Kamchatka"))
    anna.house.clock.set(NOON.replace(hour=15))  # still the 16th in Moscow, the 17th on Kamchatka
    reply = await anna.sends("payments:month")
    assert "16 ноября" in reply.text
    assert anna.house.clock.now() - NOON < timedelta(days=1)


async def test_an_hour_is_today_s_by_the_customers_clock_and_not_by_the_accounts() -> None:
    anna = House().talk().linked()  # the account lives in Moscow
    anna.remember(chat=replace(anna.memory.chat, zone="Asia/Kamchatka"))
    anna.house.clock.set(NOON.replace(hour=15))  # 18:00 on the 16th there, 03:00 on the 17th here
    here = routes.by_account(anna.ask(event()), IVAN)
    assert here.today == date(2026, 11, 16)
    assert here.moment(NOON.replace(hour=14)) == "02:00"
    assert here("figures-at", at=NOON.replace(hour=9)).replace("\u00a0", " ").endswith("16 ноября, 21:00")
    assert here.moment(NOON.replace(day=17, hour=9)) == "21:00", "today, as the customer's clock has it"
    assert here.moment(NOON.replace(day=17, hour=15)).replace("\u00a0", " ") == "18 ноября, 03:00"


async def test_again_keeps_the_account_that_was_asked_about() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    links = tuple(replace(one, id=900_000_000 + one.id) for one in anna.memory.links)
    anna.remember(links=links)
    long = f"choose:{links[1].id}:statement:open:2026-10-01:2026-10-31:12345678"
    anna.apply(routes.unavailable(anna.ask(replace(event(), action=long)), "C0DE"))
    reply = await anna.presses("Повторить")
    assert "Ольга" in reply.text
    assert "выписк" in reply.text.casefold()


async def test_an_answer_that_names_the_account_is_personal() -> None:
    for accounts, personal in (((IVAN,), False), ((IVAN, OLGA), True)):
        anna = House().talk().linked(*accounts)
        anna.house.books.can = frozenset(Capability) - {Capability.PROMISES}
        await anna.sends("promised")
        assert anna.turn.personal is personal
        assert ("Иван" in anna.reply.text) is personal
