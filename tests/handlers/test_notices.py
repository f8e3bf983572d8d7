"""What we say first: only what is still true, only to those who want it, never at night; and strangers at once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Address, Reply
from billing.base import Balance, Kind, Money, Service, Status
from billing.position import Position, position
from handlers.notices import Drop, Later, draw, quiet_until
from handlers.routes import ROUTES
from handlers.text import LANGUAGES, Say
from storage.base import Chat, Letter, Link, Priority, Watch
from tests.clock import NOON
from tests.handlers.talk_asks import IVAN, OPERATOR, House, actions

CHAT = Chat(Address("vk", "1"), id=1, consent="1", alerts=True)
LINK = Link(5, IVAN.id, IVAN.number, IVAN.holder, NOON, 10_000)
WATCH = Watch(LINK, CHAT, episode=1, low=True, others=0)


def stand(own: int, promised: int = 0) -> Position:
    service = Service(
        IVAN.id, "s", Kind.INTERNET, "Интернет", Status.ACTIVE, fee=Money(650_00), next_fee=date(2026, 12, 1)
    )
    balance = Balance(IVAN.id, Money(own), NOON, Money(promised) if promised else None)
    return position(IVAN, balance, (), (service,), NOON.date())


def letter(kind: str, **data: str) -> Letter:
    return Letter(1, CHAT.address, kind, Priority.ALERT, 1, NOON, 1, 0, True, None, None, link=5, data=data)


def told(
    kind: str, own: int, watch: Watch = WATCH, now: datetime = NOON, language: str = "ru", promised: int = 0
) -> Reply | Drop | Later:
    say = replace(Say.at(now, language, "Europe/Moscow"), strict=True)
    return draw(letter(kind), watch, stand(own, promised), say, now, OPERATOR)


def shown(drawn: Reply | Drop | Later) -> Reply:
    assert isinstance(drawn, Reply), drawn
    return drawn


def test_money_is_running_out() -> None:
    reply = shown(told("low", 45_00))
    assert reply.text.replace("\u00a0", " ").splitlines() == [
        "Баланс 45,00 ₽, это меньше 100,00 ₽",
        "Денег хватит до 30 ноября",
        "К оплате 605,00 ₽ до 1 декабря",
    ]
    assert actions(reply) == ["pay", "balance", "alerts:off"]


def test_an_account_is_called_as_the_customer_calls_it() -> None:
    watch = replace(WATCH, others=1, link=replace(LINK, nickname="Дача"))
    assert shown(told("low", 45_00, watch)).text.startswith("Счёт Дача · …7731\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payment_made_in_the_chat_has_arrived(language: str) -> None:
    say = replace(Say.at(NOON, language, "Europe/Moscow"), strict=True)
    reply = shown(draw(letter("credited", amount="50000", currency="RUB"), WATCH, stand(-40_00), say, NOON, OPERATOR))
    sums = [line.replace("\u00a0", " ") for line in reply.text.splitlines()]
    assert ["500" in sums[0], "−40" in sums[1], "40" in sums[2]] == [True] * 3
    assert actions(reply) == ["balance"]


@pytest.mark.parametrize("data", [{}, {"amount": "x", "currency": "RUB"}, {"amount": "1"}])
def test_a_payment_without_its_sum_is_not_told(data: dict[str, str]) -> None:
    say = Say.at(NOON, "ru", "Europe/Moscow")
    assert isinstance(draw(letter("credited", **data), WATCH, stand(1), say, NOON, OPERATOR), Drop)


def test_at_night_too_for_somebody_waits_for_it() -> None:
    night = NOON.replace(hour=23)
    say = Say.at(night, "ru", "Europe/Moscow")
    assert shown(draw(letter("credited", amount="1", currency="RUB"), WATCH, stand(1), say, night, OPERATOR))


def test_below_zero_it_is_a_debt_and_the_promised_payment_stands_apart() -> None:
    text = shown(told("low", -45_00, promised=100_00)).text.replace("\u00a0", " ")
    assert text.splitlines()[0] == "Долг 45,00 ₽"
    assert "Обещанный платёж 100,00 ₽ тоже нужно вернуть" in text
    assert "145" not in text


def test_money_is_back() -> None:
    reply = shown(told("restored", 700_00))
    assert reply.text.replace("\u00a0", " ").startswith("Баланс пополнен: 700,00 ₽")
    assert "pay" not in actions(reply)


@pytest.mark.parametrize(("kind", "own"), [("low", 100_00), ("low", 700_00), ("restored", 99_99), ("restored", -1)])
def test_what_is_no_longer_true_is_not_said(kind: str, own: int) -> None:
    assert told(kind, own) == Drop("no longer true")


def test_only_to_those_who_want_it() -> None:
    for chat, reason in (
        (replace(CHAT, alerts=False), "muted"),
        (replace(CHAT, reachable=False), "blocked"),
        (replace(CHAT, consent="0"), "consent"),
    ):
        assert told("low", 45_00, replace(WATCH, chat=chat)) == Drop(reason)
    assert told("weather", 45_00) == Drop("unknown kind")


async def test_with_several_accounts_it_says_which_and_its_buttons_go_there() -> None:
    reply = shown(told("low", 45_00, replace(WATCH, others=1)))
    assert reply.text.startswith("Счёт …7731 · Иван П.\n")
    assert actions(reply) == ["choose:5:pay", "choose:5:balance", "alerts:off"]
    anna = House().talk().linked(IVAN)
    await anna.sends(f"choose:{anna.memory.links[0].id}:pay")
    assert "латить" in anna.reply.text


@pytest.mark.parametrize(
    ("zone", "hour", "minute", "until"),
    [
        ("Europe/Moscow", 22, 0, (17, 6)),  # 22:00 to 09:00 in Moscow is 19:00 to 06:00 in UTC
        ("Europe/Moscow", 8, 59, (16, 6)),
        ("Asia/Kamchatka", 23, 30, (16, 21)),
        ("Europe/Lisbon", 3, 0, (16, 9)),
        ("America/Sao_Paulo", 22, 15, (17, 12)),
    ],
)
def test_at_night_it_waits_for_the_morning(zone: str, hour: int, minute: int, until: tuple[int, int]) -> None:
    now = datetime(2026, 11, 16, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    drawn = told("low", 45_00, replace(WATCH, chat=replace(CHAT, zone=zone)), now)
    assert isinstance(drawn, Later)
    assert drawn.until.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "09:00"
    assert (drawn.until.day, drawn.until.hour) == until


def test_in_the_day_and_without_quiet_hours_it_goes_out() -> None:
    nine = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
    assert isinstance(told("low", 45_00, now=nine), Reply)
    night = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
    assert isinstance(told("low", 45_00, replace(WATCH, chat=replace(CHAT, quiet_from=0, quiet_to=0)), night), Reply)


ZONES = [
    "Europe/Moscow",
    "Asia/Kamchatka",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
]


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from(ZONES),
)
def test_the_quiet_end_is_ahead_within_a_day_and_not_quiet(now: datetime, start: int, end: int, zone: str) -> None:
    chat = replace(CHAT, quiet_from=start, quiet_to=end, zone=zone)
    until = quiet_until(chat, stand(0), now)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        # Once it is over it is over, also across a change of the clocks (half an hour of grace for the skipped one).
        assert quiet_until(chat, stand(0), until + timedelta(hours=1)) is None or (end - start) % 1440 > 1300
    elif start != end:
        local = now.astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        assert not (start <= minute < end if start < end else minute >= start or minute < end)


async def test_another_chat_was_linked_and_can_be_cut_off_from_here() -> None:
    house = House()
    owner = house.talk("vk", "1").linked(IVAN)
    thief = house.talk("telegram", "2").agreed()
    await thief.says("привязать")
    house.sign_in(thief.tokens[-1], "KM45TX", IVAN)
    await thief.says("KM45TX")
    [(to, kind, data, own)] = house.letters
    assert (to, kind, own) == (owner.address, "linked", owner.memory.links[0].id)
    night = NOON.replace(hour=23)
    watch = replace(WATCH, link=owner.memory.links[0], chat=replace(CHAT, alerts=False))
    say = replace(Say.at(night, "ru", "Europe/Moscow"), strict=True)
    notice = shown(draw(letter("linked", **data), watch, stand(0), say, night, OPERATOR))
    assert "Telegram" in notice.text
    assert "…7731 · Иван П." in notice.text
    await owner.sends(actions(notice)[0])
    await owner.says("да")
    assert thief.memory.links == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["low", "restored", "linked", "unlinked-elsewhere"])
def test_every_notice_in_every_language(kind: str, language: str) -> None:
    own = 700_00 if kind == "restored" else 45_00
    say = replace(Say.at(NOON, language, "Europe/Moscow"), strict=True)
    data = {"network": "telegram", "at": NOON.isoformat(), "link": "9"}
    reply = shown(draw(letter(kind, **data), WATCH, stand(own), say, NOON, OPERATOR))
    for row in reply.keyboard:
        for button in row:
            assert len(button.label) <= 32
            assert button.action is not None
            assert button.action.split(":")[0] in ROUTES
