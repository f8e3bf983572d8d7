"""The settings of the warnings: by buttons alone, by words alone, by numbers alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Address
from billing.base import Account, Capability, Scheme
from handlers.hours import ZONES, typed_zone
from handlers.topics import ORDER
from storage.base import Prefer, Remind, SetAlerts, SetHour, SetQuiet, SetThreshold, SetWish, SetZone, Topic
from tests.clock import NOON
from tests.handlers.talk_asks import IVAN, OLGA, House, Talk, actions, labels


async def test_the_settings_are_shown_in_words() -> None:
    anna = House().talk().linked()
    reply = await anna.says("уведомления")
    assert reply.text.splitlines() == [
        "Уведомления выключены.",
        "Порог: 100,00\u00a0₽, счёт …7731",
        "Время уведомлений о сроках: 10:00",
        "Тихие часы: с 22:00 до 09:00, в это время уведомления не приходят",
        "Часовой пояс: Москва (МСК)",
    ]


@pytest.mark.parametrize("way", ["1", "Включить уведомления", "включи уведомления", "turn on alerts", "ativar avisos"])
async def test_on_and_off_again(way: str) -> None:
    anna = House().talk().linked()
    await anna.says("уведомления")
    await anna.says(way)
    assert SetAlerts(on=True) in anna.turn.effects
    await anna.says("1")  # the first button is the way back
    assert anna.turn.effects == (SetAlerts(on=False),)


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [("предупреждай на 200", 20_000), ("порог 350", 35_000),
     ("предупреждай меня когда останется 1 500 рублей", 150_000),
     ("warn me at 75", 7_500), ("me avise abaixo de 50", 5_000), ("предупреждай на 99,50", 9_950)],
)  # fmt: skip
async def test_a_threshold_in_one_sentence(text: str, kopecks: int) -> None:
    anna = House().talk().linked()
    await anna.says(text)
    assert anna.turn.effects == (SetThreshold(anna.memory.links[0].id, kopecks),)
    assert "alerts:on" in actions(anna.reply)  # nobody watches yet: say so


async def test_a_threshold_by_button_by_number_and_by_sum() -> None:
    for pick, kopecks in (("300\u00a0₽", 30_000), ("3", 30_000), ("777", 77_700), ("500 рублей", 50_000)):
        anna = House().talk().linked()
        await anna.says("порог")
        assert labels(anna.reply)[:4] == ["50\u00a0₽", "100\u00a0₽", "300\u00a0₽", "500\u00a0₽"]
        await anna.says(pick)
        assert anna.turn.effects == (SetThreshold(anna.memory.links[0].id, kopecks),)


async def test_an_absurd_threshold_is_refused_and_asked_again() -> None:
    anna = House().talk().linked()
    await anna.says("порог")
    await anna.says("100001")
    assert anna.turn.effects == ()
    assert "100\u00a0000,00" in anna.reply.text
    await anna.says("200")
    assert anna.memory.links[0].threshold == 20_000


@pytest.mark.parametrize("text", ["0", "-5", "−5", "минус 100", "ноль", "0,00 руб", "0 рублей"])
async def test_no_threshold_below_a_kopeck(text: str) -> None:
    for said in (("порог", text), (f"предупреждай на {text}",)):
        anna = House().talk().linked()
        for line in said:
            await anna.says(line)
        assert anna.turn.effects == ()
        assert "от 0,01 до" in anna.reply.text
        await anna.says("5,50")
        assert anna.memory.links[0].threshold == 550


async def test_a_threshold_is_of_the_account_that_is_chosen() -> None:
    anna = House().talk().linked(IVAN, OLGA)
    await anna.sends(f"choose:{anna.memory.links[1].id}:threshold")
    await anna.says("200")
    assert [one.threshold for one in anna.memory.links] == [10_000, 20_000]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("22-8", (1320, 480)), ("с 22 до 8", (1320, 480)), ("22:30-07:15", (1350, 435)), ("from 23 to 7", (1380, 420)),
     ("das 22h às 8h", (1320, 480)), ("0-24", (0, 0)), ("1", (1320, 540)), ("4", (0, 0)), ("Без тихих часов", (0, 0))],
)  # fmt: skip
async def test_quiet_hours_typed_or_picked(text: str, hours: tuple[int, int]) -> None:
    anna = House().talk().linked()
    await anna.says("тихие часы")
    await anna.says(text)
    assert anna.turn.effects == (SetQuiet(*hours),)


@pytest.mark.parametrize("text", ["тихие часы с 23 до 7", "тихие часы с 11 вечера до 7 утра"])
async def test_quiet_hours_in_one_sentence(text: str) -> None:
    anna = House().talk().linked()
    await anna.says(text)
    assert anna.turn.effects == (SetQuiet(1380, 420),)
    assert "с 23:00 до 07:00" in anna.reply.text


@pytest.mark.parametrize(
    ("text", "hours"),
    [("с 11 вечера до 7 утра", (1380, 420)), ("с десяти вечера до восьми утра", (1320, 480)),
     ("10pm to 8am", (1320, 480)), ("from 10:30 p.m. to 8 a.m.", (1350, 480)),
     ("das 10 da noite às 8 da manhã", (1320, 480)), ("с полуночи до 9 утра", (0, 540)),
     ("с 12 ночи до 9 утра", (0, 540)), ("с 22 часов до 8 часов", (1320, 480)), ("с 2 дня до 4 дня", (840, 960))],
)  # fmt: skip
async def test_quiet_hours_as_people_say_them(text: str, hours: tuple[int, int]) -> None:
    anna = House().talk().linked()
    await anna.says("тихие часы")
    await anna.says(text)
    assert anna.turn.effects == (SetQuiet(*hours),)


@pytest.mark.parametrize("text", ["25-8", "22", "22-8-1", "абв", "22:99-8"])
async def test_what_are_no_hours_changes_nothing(text: str) -> None:
    anna = House().talk().linked()
    await anna.says("тихие часы")
    await anna.says(text)
    assert anna.turn.effects == ()


@pytest.mark.parametrize(
    ("text", "zone"),
    [("омск", "Asia/Omsk"), ("Екатеринбург", "Asia/Yekaterinburg"), ("пермь", "Asia/Yekaterinburg"),
     ("мск+7", "Asia/Vladivostok"),
     ("мск", "Europe/Moscow"), ("+3", "Europe/Moscow"), ("UTC+5", "Asia/Yekaterinburg"), ("Omsk", "Asia/Omsk"),
     ("Moscou", "Europe/Moscow"),
     ("2", "Europe/Moscow"), ("America/Sao_Paulo", "America/Sao_Paulo"), ("Europe/Lisbon", "Europe/Lisbon")],
)  # fmt: skip
async def test_the_zone_typed_or_picked(text: str, zone: str) -> None:
    anna = House().talk().linked()
    await anna.says("часовой пояс")
    await anna.says(text)
    assert anna.turn.effects == (SetZone(zone),)


@pytest.mark.parametrize(
    ("text", "zone"),
    [("часовой пояс Омск", "Asia/Omsk"), ("сменить часовой пояс на Омск", "Asia/Omsk"),
     ("мой часовой пояс: мск+2", "Asia/Yekaterinburg"), ("time zone Europe/Lisbon", "Europe/Lisbon"),
     ("fuso horário de Omsk", "Asia/Omsk"), ("часовой пояс калининград", "Europe/Kaliningrad")],
)  # fmt: skip
async def test_the_zone_in_one_sentence(text: str, zone: str) -> None:
    anna = House().talk().linked()
    await anna.says(text)
    assert anna.turn.effects == (SetZone(zone),)


async def test_every_zone_is_reached_by_buttons_alone() -> None:
    seen: set[str] = set()
    anna = House().talk().linked()
    await anna.sends("zone")
    for _ in range(3):
        seen |= {action.removeprefix("zone:") for action in actions(anna.reply) if "/" in action}
        assert len(anna.reply.keyboard) <= 6
        await anna.presses("Другие города")
        assert anna.reply.replaces == "m2"  # the page is turned in place
    assert seen == set(ZONES)


async def test_hours_are_said_by_the_customers_clock() -> None:
    anna = House().talk().linked()
    await anna.sends("zone:Asia/Kamchatka")
    assert "Камчатка" in (await anna.says("уведомления")).text


# ── What to be told of ────────────────────────────────────────────────────────────────────────────────────────────


def told() -> Talk:
    """Somebody who wants alerts."""
    anna = House().talk().linked()
    anna.remember(chat=replace(anna.memory.chat, alerts=True))
    return anna


async def test_the_list_says_what_holds_and_leads_to_every_topic_in_place() -> None:
    anna = told()
    reply = await anna.says("о чём писать")
    assert reply.text.splitlines() == [
        "О чём пишу:", "Мало денег: пишу", "Деньги кончаются: за 7, 3 и 1 день", "Не хватит на списание: за 3 дня",
        "Новый счёт: пишу", "Срок оплаты счёта: за 3 и 1 день", "Счёт просрочен: через 1 и 7 дней",
    ]  # fmt: skip
    first = [one for one in actions(reply) if one.startswith("topic:")]
    reply = await anna.presses("Другие события")
    assert reply.replaces == "m2"
    assert reply.text.splitlines()[-1] == "Баланс раз в неделю: не пишу"
    both = first + [one for one in actions(reply) if one.startswith("topic:")]
    assert both == [f"topic:{topic}" for topic in ORDER]
    assert set(ORDER) == set(Topic)
    assert await anna.presses("Другие события") != reply
    assert [one for one in actions(anna.reply) if one.startswith("topic:")] == first


@pytest.mark.parametrize("one", Topic)
@pytest.mark.parametrize("language", ["ru", "en", "pt"])
async def test_every_topic_is_switched_off_and_on_by_one_tap_with_the_way_back_first(one: Topic, language: str) -> None:
    anna = told()
    anna.remember(chat=replace(anna.memory.chat, language=language))
    before = await anna.sends(f"topic:{one}")
    reply = await anna.sends(f"topic:{one}:off")
    assert anna.turn.effects == (SetWish(one, "off"),)
    back = actions(reply)[0]
    if one is not Topic.DIGEST:
        await anna.says("1")
        assert len(anna.turn.effects) == 1
        assert (await anna.sends(f"topic:{one}")).text == before.text
        assert back.startswith(f"topic:{one}:")
    await anna.sends(f"topic:{one}:on")
    assert anna.turn.effects == (SetWish(one, "on"),)
    assert f"topic:{one}:off" in actions(anna.reply)


async def test_days_by_button_by_number_by_label_and_by_words() -> None:
    for way, kept in (("За 5 и 2 дня", "5 2"), ("1", "5 2"), ("за 5 и 2 дня", "5 2"), ("10, 20 и 30 дней", "30 20 10"),
                      ("за неделю", "7"), ("за день", "1"), ("за три дня", "3"), ("Не писать", "off")):  # fmt: skip
        anna = told()
        await anna.sends("topic:lasts")
        await anna.says(way)
        assert anna.turn.effects == (SetWish(Topic.LASTS, kept),), way
        assert actions(anna.reply)[0] == "topic:lasts:7.3.1", "what held before is the first button"
    await anna.sends("topic:digest")
    await anna.says("по средам")
    assert anna.turn.effects == (SetWish(Topic.DIGEST, "3"),)


@pytest.mark.parametrize("text", ["за 31 день", "1 2 3 4 5 6", "баланс", "за 0 дней", "по средам"])
async def test_what_are_no_days_changes_nothing_of_them(text: str) -> None:
    anna = told()
    await anna.sends("topic:lasts")
    await anna.says(text)
    assert not [one for one in anna.turn.effects if isinstance(one, SetWish) and one.topic is Topic.LASTS]


@pytest.mark.parametrize(
    ("text", "effects", "says"),
    [("предупреждай за 3 дня", (SetWish(Topic.LASTS, "3"),), "Готово. Деньги кончаются: за 3 дня"),
     ("не присылай про платежи", (SetWish(Topic.PAID, "off"),), "Готово. Поступил платёж: не пишу"),
     ("напоминай по понедельникам", (SetWish(Topic.DIGEST, "1"),), "Готово. Баланс раз в неделю: по понедельникам"),
     ("don't tell me about outages", (SetWish(Topic.OUTAGE, "off"),), "Done. Outages and works: off"),
     ("me avise 3 dias antes do vencimento", (SetWish(Topic.DUE, "3"),), "Pronto. Vencimento da fatura: 3 dias antes"),
     ("присылай баланс по средам в 9 утра", (SetWish(Topic.DIGEST, "3"), SetHour(540)), "Готово. Баланс раз в неделю"),
     ("как отключить уведомления о платежах", (), "Поступил платёж: пишу")],
)  # fmt: skip
async def test_a_wish_in_one_sentence(text: str, effects: tuple[object, ...], says: str) -> None:
    anna = told()
    reply = await anna.says(text)
    assert anna.turn.effects == effects
    assert reply.text.startswith(says)


async def test_ahead_of_what_is_told_by_the_scheme_of_the_account() -> None:
    anna = told()
    there = replace(IVAN, scheme=Scheme.CREDIT)

    async def account(_: str) -> Account:
        return there

    anna.house.books.account = account  # type: ignore[method-assign, assignment]
    await anna.says("предупреждай за 3 дня")
    assert anna.turn.effects == (SetWish(Topic.DUE, "3"),)


async def test_a_wish_without_alerts_says_that_they_are_off_with_the_button_that_mends_it() -> None:
    anna = House().talk().linked()
    reply = await anna.says("сообщай об авариях")
    assert anna.turn.effects == (SetWish(Topic.OUTAGE, "on"),)
    assert "Уведомления выключены." in reply.text
    assert "alerts:on" in actions(reply)


@pytest.mark.parametrize(
    "action",
    ["topic:lasts:31", "topic:lasts:x", "topic:nonsense", "topic:paid:7.3.1", "topic:digest:8", "topic:digest:1:9999",
     "topic:low:on:off:x", "hour:1440", "hour:x", "here:there", "remind:x:low", "remind:1:nonsense", "remind:1",
     "remind:1:low:x", "topic:paid:off:now"],
)  # fmt: skip
async def test_old_and_forged_buttons_change_nothing_and_answer(action: str) -> None:
    anna = told()
    await anna.sends(action)
    assert anna.turn.effects == ()
    assert anna.reply.keyboard


async def test_a_page_that_is_not_there_is_the_nearest() -> None:
    anna = told()
    assert (await anna.sends("topics:99")).text == (await anna.sends("topics:2")).text
    assert (await anna.sends("topics:x")).text == (await anna.sends("topics")).text


# ── When ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("в 9 утра", 540), ("18:30", 1110), ("12:00", 720), ("2", 720), ("9", 540), ("в девять вечера", 1260),
     ("7 pm", 1140), ("às 7 da manhã", 420), ("19h30", 1170), ("at noon", 720), ("полдень", 720), ("24", 0),
     ("12 am", 0)],
)  # fmt: skip
async def test_the_hour_typed_or_picked(text: str, minutes: int) -> None:
    anna = told()
    await anna.says("время уведомлений")
    await anna.says(text)
    assert anna.turn.effects == (SetHour(minutes),)


@pytest.mark.parametrize("text", ["25:00", "12:61", "абв", "99", "в 9 утра и в 7 вечера"])
async def test_what_is_no_hour_changes_nothing(text: str) -> None:
    anna = told()
    await anna.says("время уведомлений")
    await anna.says(text)
    assert not [one for one in anna.turn.effects if isinstance(one, SetHour)]


async def test_an_hour_of_the_night_is_said_to_wait_for_the_morning() -> None:
    anna = told()
    reply = await anna.says("присылай уведомления в 23:00")
    assert anna.turn.effects == (SetHour(1380),)
    assert reply.text.splitlines()[1] == "Это тихие часы: придут в 09:00, когда они закончатся."
    assert "тихие" not in (await anna.sends("hour:600")).text


# ── Where to ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_chat_hears_of_an_account_and_the_others_say_which() -> None:
    house = House()
    vk, telegram = house.talk("vk").linked(IVAN, OLGA), house.talk("telegram").linked(IVAN)
    await vk.says("включи уведомления")
    await telegram.says("включи уведомления")
    reply = await vk.says("куда приходят уведомления")
    assert "Уведомления о счёте …7731 приходят в другой чат: Telegram." in reply.text
    assert "Уведомления о счёте …8842 приходят сюда." in reply.text
    assert "приходят в другой чат: Telegram" in (await vk.says("уведомления")).text
    await vk.presses("Присылать сюда")
    assert vk.turn.effects == tuple(Prefer(one.id) for one in vk.memory.links)
    assert "здесь" not in vk.reply.text
    assert "другой чат" not in (await vk.says("уведомления")).text
    assert "другой чат" in (await telegram.says("where do alerts go")).text or "another chat" in telegram.reply.text


@pytest.mark.parametrize("text", ["присылай сюда", "присылайте уведомления сюда", "send alerts here", "envie aqui"])
async def test_here_by_words_switches_alerts_on_as_well(text: str) -> None:
    anna = House().talk().linked()
    await anna.says(text)
    assert anna.turn.effects == (SetAlerts(on=True), Prefer(anna.memory.links[0].id))
    assert await anna.house.watches.hears(IVAN.id) == Address("vk", "1")


async def test_nobody_hears() -> None:
    anna = House().talk().linked()
    assert "никуда не приходят" in (await anna.says("куда приходят уведомления")).text


# ── Once more tomorrow ────────────────────────────────────────────────────────────────────────────────────────────


async def test_tomorrow_at_the_customers_hour() -> None:
    anna = told()
    link = anna.memory.links[0].id
    reply = await anna.sends(f"remind:{link}:low.lasts")
    then = datetime(2026, 11, 17, 7, tzinfo=UTC)
    assert anna.turn.effects == tuple(Remind(link, kind, then, then + timedelta(days=1)) for kind in ("low", "lasts"))
    assert reply.text.startswith("Хорошо, напомню: 17 ноября, 10:00.")


async def test_tomorrow_by_words_is_about_whatever_is_to_be_paid_then() -> None:
    anna = told()
    anna.remember(chat=replace(anna.memory.chat, zone="Asia/Kamchatka", remind_at=23 * 60))
    await anna.says("напомни завтра")
    found = [one for one in anna.turn.effects if isinstance(one, Remind)]
    assert {one.kind for one in found} >= {"low", "lasts", "due", "overdue", "fee", "promise"}
    assert "paid" not in {one.kind for one in found}
    # At 23:00 it is quiet there; the morning after is nine o'clock of the 18th.
    assert {one.at for one in found} == {datetime(2026, 11, 17, 21, tzinfo=UTC)}
    assert all(NOON < one.at < one.expires_at for one in found)


async def test_a_reminder_without_alerts_would_not_come() -> None:
    anna = House().talk().linked()
    reply = await anna.says("напомни завтра")
    assert anna.turn.effects == ()
    assert "alerts:on" in actions(reply)


async def test_a_reminder_about_somebody_elses_account_is_refused() -> None:
    anna = told()
    await anna.sends("remind:777:low")
    assert anna.turn.effects == ()


# ── Where it cannot be ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    ["включи уведомления", "о чём писать", "не присылай про платежи", "время уведомлений", "присылай сюда",
     "напомни завтра", "предупреждай за 3 дня"],
)  # fmt: skip
async def test_a_billing_without_a_feed_cannot_warn(text: str) -> None:
    anna = House().talk().linked()
    anna.house.books.can = frozenset(Capability) - {Capability.CHANGES}
    await anna.says(text)
    assert "невозможны" in anna.reply.text
    assert anna.turn.effects == ()


@given(st.text(max_size=100))
def test_any_text_is_a_zone_or_none(text: str) -> None:
    assert isinstance(typed_zone(text), str)
