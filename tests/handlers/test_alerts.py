"""The settings of the warnings: by buttons alone, by words alone, by numbers alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Capability
from handlers.alerts import ZONES, typed_zone
from storage.base import SetAlerts, SetQuiet, SetThreshold, SetZone
from tests.handlers.talk_asks import IVAN, OLGA, House, actions, labels


async def test_the_settings_are_shown_in_words() -> None:
    anna = House().talk().linked()
    reply = await anna.says("уведомления")
    assert reply.text.splitlines() == [
        "Уведомления выключены.",
        "Порог: 100,00\u00a0₽, счёт …7731",
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


async def test_quiet_hours_in_one_sentence() -> None:
    anna = House().talk().linked()
    await anna.says("тихие часы с 23 до 7")
    assert anna.turn.effects == (SetQuiet(1380, 420),)
    assert "с 23:00 до 07:00" in anna.reply.text


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


async def test_a_billing_without_a_feed_cannot_warn() -> None:
    anna = House().talk().linked()
    anna.house.books.can = frozenset(Capability) - {Capability.CHANGES}
    await anna.says("включи уведомления")
    assert "невозможны" in anna.reply.text
    assert anna.turn.effects == ()


@given(st.text(max_size=100))
def test_any_text_is_a_zone_or_none(text: str) -> None:
    assert isinstance(typed_zone(text), str)
