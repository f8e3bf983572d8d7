"""Settings: what a start refuses, what it says about it, and what it never says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import registry
from bot.lines import connect_carrier
from bot.settings import Intake, Mode, SettingsError, carriers, environment, example, load, networks, table

CANARY = "canary-8472"
TELEGRAM = {"TELEGRAM_TOKEN": "12345678:" + "A" * 35}
TOKENS = {**TELEGRAM, "VK_TOKEN": "vk1.a.token", "OK_TOKEN": "tkn0123456789:KEY"}

BAD = {
    "PUBLIC_URL": CANARY,
    "PORT": CANARY,
    "INNER_PORT": "70000",
    "TRUSTED_PROXIES": f"10.0.0.0/8, {CANARY}",
    "DATABASE_URL": f"mysql://root:{CANARY}@localhost/saldo",
    "BILLING": CANARY,
    "SECRET_KEY": CANARY,
    "API_KEY": CANARY,
    "CONTACTS": f'[{{"title": "{CANARY}"}}]',
    "CONSENT_VERSION": CANARY * 2,
    "DEFAULT_ZONE": f"Europe/{CANARY}",
    "ALERT_THRESHOLD": f"{CANARY} ₽",
    "ALERT_MINUTES": "0",
    "ALERT_QUIET": f"22-9 {CANARY}",
    "ACCOUNT_URL": f"{CANARY}.example",
    "PAY_URL": f"https://pay.example/?number={{number}}&{CANARY}",
    "ALARM_TO": f"telegramm:{CANARY}",
    "MAX_LINKS": "-1",
    "ANSWER_SECONDS": CANARY,
    "LOG_FORMAT": CANARY,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_named_and_never_printed(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: BAD[name]})
    assert str(caught.value).startswith(f"{name}: ")
    assert CANARY not in str(caught.value)
    assert caught.value.__suppress_context__  # a traceback would print pydantic's error, which quotes


@pytest.mark.parametrize("name", ["PUBLIC_URL", "ACCOUNT_URL", "PAY_URL"])
def test_an_address_that_no_button_can_have_is_refused(name: str) -> None:
    assert getattr(load({name: "https://лк.example:8443/a "}), name.lower()) == "https://лк.example:8443/a"
    for bad in ("lk.example", "https://", "https:// lk.example", "https://lk.example/{login}", "ftp://lk.example"):
        with pytest.raises(SettingsError, match=rf"^{name}: "):
            load({name: bad})


def test_a_page_to_pay_at_has_two_places_to_fill_in() -> None:
    page = "https://pay.example/?a={account}&s={sum}#now"
    assert load({"PAY_URL": page}).pay_url == page
    for name in ("PUBLIC_URL", "ACCOUNT_URL"):
        with pytest.raises(SettingsError, match=rf"^{name}: "):
            load({name: page})


def test_all_bad_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"PORT": "x", "DEFAULT_ZONE": "x", "LOG_FORMAT": "x"})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["PORT", "DEFAULT_ZONE", "LOG_FORMAT"]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+asyncpg://saldo:{CANARY}@host:{CANARY}/saldo",
        f"postgresql+asyncpg://saldo:{CANARY}/x@host/saldo",
        f"postgresql+asyncpg://saldo:[{CANARY}@host/saldo",
    ],
)
def test_a_password_that_breaks_the_database_address_is_not_printed(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: ") as caught:
        load({"DATABASE_URL": url})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("hours", ["25-9", "22-99", "22", "-", "2222-9"])
def test_hours_that_no_clock_shows_are_refused(hours: str) -> None:
    with pytest.raises(SettingsError, match=r"^ALERT_QUIET: "):
        load({"ALERT_QUIET": hours})


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [("22-9", (22 * 60, 9 * 60)), ("0-24", (0, 0)), ("", (0, 0)), ("23-07", (23 * 60, 7 * 60))],
)
def test_quiet_hours_are_minutes_after_midnight(hours: str, minutes: tuple[int, int]) -> None:
    assert load({"ALERT_QUIET": hours}).quiet == minutes


def test_secrets_stand_in_no_repr() -> None:
    settings = load({"SECRET_KEY": CANARY * 4, "API_KEY": CANARY * 4})
    assert CANARY not in f"{settings!r} {settings}"
    (network,) = networks({"OK_TOKEN": CANARY}, "http://x")
    assert CANARY not in f"{network!r} {network}"


def test_without_a_secret_key_every_start_has_another_one() -> None:
    assert load({}).secret_key.get_secret_value() != load({}).secret_key.get_secret_value()


def test_contacts_and_proxies_are_read() -> None:
    settings = load({"CONTACTS": '[{"title": "Касса", "phone": "8 800 1"}]', "TRUSTED_PROXIES": "127.0.0.1/32, ::1"})
    assert [(one.title, one.phone) for one in settings.contacts] == [("Касса", "8 800 1")]
    assert [str(one) for one in settings.trusted_proxies] == ["127.0.0.1/32", "::1/128"]


@given(st.text(max_size=40))
def test_whatever_is_written_is_taken_or_refused_by_name(text: str) -> None:
    for name in ("PORT", "TRUSTED_PROXIES", "CONTACTS", "ALERT_QUIET", "DATABASE_URL", "DEFAULT_ZONE"):
        said = f"{name}: "
        try:
            load({name: text})
        except SettingsError as error:
            said = str(error)
        assert said.startswith(f"{name}: ")


# ── .env ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, and an environment without settings of ours."""
    for line in example().splitlines():
        if "=" in line and not line.startswith("#"):
            monkeypatch.delenv(line.partition("=")[0], raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_as_it_is_gives_the_presets(folder: Path) -> None:
    (folder / ".env").write_text(example(), encoding="utf-8")
    secret = "s" * 32
    assert load(secret_key=secret) == load({}, secret_key=secret)
    assert networks(environment(), "https://saldo.example") == ()


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("PORT=8081\nOPERATOR_NAME=Свет\nOK_TOKEN=file\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "8082")
    monkeypatch.setenv("OK_TOKEN", "environment")
    settings = load()
    assert (settings.port, settings.operator_name) == (8082, "Свет")
    assert environment()["OK_TOKEN"] == "environment"


def test_contacts_need_no_quotes_in_the_file(folder: Path) -> None:
    (folder / ".env").write_text('CONTACTS=[{"title": "Касса", "phone": "8 800 555"}]\n', encoding="utf-8")
    assert load().contacts[0].phone == "8 800 555"


def test_a_file_that_is_not_text_is_a_sentence(folder: Path) -> None:
    (folder / ".env").write_bytes(b"VK_TOKEN=\xff\xfe\n")
    for read in (load, environment):
        with pytest.raises(SettingsError, match="UTF-8"):
            read()


# ── Networks ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_network_is_on_when_it_has_a_token() -> None:
    assert networks({}, "http://x") == ()
    assert [one.name for one in networks(TOKENS, "http://x")] == list(registry.NETWORKS)
    assert [one.name for one in networks({**TOKENS, "VK_MODE": "off", "OK_TOKEN": " "}, "http://x")] == ["telegram"]


def test_a_carrier_is_on_when_its_address_is_set() -> None:
    assert carriers({"MAIL_FROM": "a@b.ru", "SMS_OK": "1"}) == ()
    given = {"SMTP_URL": f"smtp://u:{CANARY}@relay.example", "MAIL_FROM": "a@b.ru", "SMS_URL": " ", "SMTP_RATE": ""}
    (mail,) = carriers(given)
    assert (mail.name, mail.values["SMTP_RATE"]) == ("email", "5")
    assert CANARY not in repr(mail)
    assert CANARY not in repr(connect_carrier(mail))
    with pytest.raises(SettingsError, match=r"^MAIL_FROM is not ") as caught:
        connect_carrier(carriers({**given, "MAIL_FROM": CANARY})[0])
    assert CANARY not in str(caught.value)


def test_networks_post_to_us_where_they_can_reach_us() -> None:
    assert networks(TELEGRAM, "https://x")[0].intake is Intake.WEBHOOK
    assert networks(TELEGRAM, "http://x")[0].intake is Intake.POLL
    assert networks({**TELEGRAM, "TELEGRAM_INTAKE": "Poll"}, "https://x")[0].intake is Intake.POLL
    assert networks({**TELEGRAM, "TELEGRAM_MODE": "PUBLIC"}, "https://x")[0].mode is Mode.PUBLIC


@pytest.mark.parametrize("name", ["TELEGRAM_MODE", "TELEGRAM_INTAKE"])
def test_a_bad_word_is_named_and_never_printed(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: one of ") as caught:
        networks({**TELEGRAM, name: CANARY}, "http://x")
    assert CANARY not in str(caught.value)


def test_an_emptied_setting_has_its_preset() -> None:
    (network,) = networks({**TELEGRAM, "TELEGRAM_TIMEOUT": ""}, "http://x")
    assert network.values["TELEGRAM_TIMEOUT"] == "15"


@pytest.mark.parametrize("network", registry.NETWORKS)
async def test_a_network_names_what_it_cannot_use_and_never_prints_it(network: str) -> None:
    good = {s.name: s.default for s in table(network)} | TOKENS | {"VK_GROUP_ID": "1"}
    refused = set()
    for setting in table(network):
        try:
            made = registry.network(network).connect({**good, setting.name: f"{CANARY} ?"})
        except ValueError as error:
            said = str(error)
            refused.add(setting.name)
            assert setting.name in said
        else:
            said = repr(made)
            await made.close()
        assert CANARY not in said
    assert f"{network.upper()}_API_URL" in refused
    numbers = {s.name for s in table(network) if s.default.replace(".", "").isdigit() and "VERSION" not in s.name}
    assert numbers, "a network without a single number would prove nothing"
    assert numbers <= refused


def test_every_setting_is_named_after_its_network_and_says_what_it_is_for() -> None:
    for name in registry.NETWORKS:
        listed = table(name)
        assert len({s.name for s in listed}) == len(listed)
        for setting in listed:
            assert setting.name.startswith(f"{name.upper()}_")
            assert setting.about
            assert not (setting.secret and setting.default)
            assert setting.secret == any(word in setting.name for word in SECRET_WORDS), setting.name


SECRET_WORDS = ("TOKEN", "SECRET", "CONFIRMATION", "HOOK_PATH")
