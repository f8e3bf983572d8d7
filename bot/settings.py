"""Settings: environment and .env, read once into frozen values. A bad one is named; a secret is never printed.

The settings of the house are the fields of `Settings`. Those of a network are listed in the network's own file
(`SETTINGS`), plus two that every network has: `<NETWORK>_MODE` and `<NETWORK>_INTAKE`. Carriers (e-mail, SMS) list
theirs likewise and have neither. `.env.example` and the README list them all, and a test holds them to it.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adapters.base import Address
from billing.promises import Rule
from bot import registry
from bot.caution import Caution
from given import Setting
from handlers.ask import Contact
from handlers.due import STANDARD, presets
from pictures.base import Payee
from pictures.code import FIELDS, REQUIRED, payment_order
from storage.base import Topic

ENV_FILE: Final = ".env"


class Mode(StrEnum):
    FULL = "full"
    PUBLIC = "public"  # help and contacts only: never an amount, a name or an account number
    OFF = "off"


class Intake(StrEnum):
    WEBHOOK = "webhook"
    POLL = "poll"


class SettingsError(Exception):
    """What is wrong with which variable; never its value."""


# The payee's settings and the keys of a payment order (pictures.code) that they fill.
PAYEE: Final = {
    "payee_name": "Name",
    "payee_account": "PersonalAcc",
    "payee_bank": "BankName",
    "payee_bic": "BIC",
    "payee_corr_account": "CorrespAcc",
    "payee_inn": "PayeeINN",
    "payee_kpp": "KPP",
    "payee_tech_code": "TechCode",
}
ACCOUNT: Final = 12  # characters of a usual account number, to measure a purpose by


def payee_of(values: Mapping[str, Any]) -> Payee | None:
    """None where there is none, or where one of its settings has been refused."""
    if not values.get("payee_name") or not PAYEE.keys() <= values.keys():
        return None
    return Payee(**{name.removeprefix("payee_"): values[name] for name in PAYEE})


class Settings(BaseSettings):
    """The settings of the house."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=True
    )

    public_url: str = Field("http://127.0.0.1:8080", description="Our public address: linking pages and webhooks.")
    host: str = Field("127.0.0.1", description="Address to listen on. Behind a proxy leave it.")
    port: int = Field(8080, ge=1, le=65535, description="Port to listen on.")
    inner_host: str = Field("127.0.0.1", description="Address of /healthz, /readyz and /metrics: never a public one.")
    inner_port: int = Field(9464, ge=0, le=65535, description="Port of /healthz, /readyz and /metrics; 0 takes any.")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Networks of our own reverse proxies, comma-separated: only their X-Forwarded-For is believed."
    )
    database_url: str = Field(
        "sqlite:///data/saldo.db", description="sqlite:///file or postgresql+asyncpg://user:password@host/base."
    )
    billing: str = Field("ledger", description="Which billing answers: ledger, tmf or abills.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs the linking page's cookies, seals the sign-ins that a billing elsewhere keeps: 32 "
        "characters or more. Empty: a new one each start.",
    )
    api_key: SecretStr = Field(SecretStr(""), description="The operator's key for POST /api/links; empty: closed.")
    operator_name: str = Field("Оператор", description="Your company's name, as customers say it.")
    account_url: str = Field("", description="Your personal account on the web.")
    pay_url: str = Field("", description="Your payment page; {account} and {sum} (rubles, 1234.50) are filled in.")
    payee_name: str = Field("", description="Whom a bank transfer goes to, for the QR code; empty: no QR code.")
    payee_account: str = Field("", description="The payee's account at the bank: 20 characters.")
    payee_bank: str = Field("", description="The payee's bank, up to 45 characters.")
    payee_bic: str = Field("", description="The bank's BIC: 9 digits.")
    payee_corr_account: str = Field("", description="The bank's correspondent account: 20 digits, or 0 without one.")
    payee_inn: str = Field("", description="The payee's INN: 10 or 12 digits.")
    payee_kpp: str = Field("", description="The payee's KPP: 9 characters.")
    payee_tech_code: str = Field("09", description="Kind of service in the QR code: 09 internet and TV, 01 telephone.")
    payee_purpose: str = Field(
        "Оплата услуг связи, л/с {account}", description="Purpose of such a transfer; {account} is filled in."
    )
    transfer_days: int = Field(3, ge=0, le=30, description="Days until such a transfer is on the customer's account.")
    pay_least: int = Field(1, ge=1, le=1_000_000, description="Rubles: the least sum of one payment.")
    pay_largest: int = Field(15_000, ge=1, le=1_000_000, description="Rubles: the largest sum of one payment.")
    unblock_minutes: int = Field(
        60, ge=0, le=10_080, description="Minutes after a payment until services blocked for debt work again."
    )
    contacts: Annotated[tuple[Contact, ...], NoDecode] = Field(
        (),
        description='Phones as JSON: [{"title": "Техподдержка", "phone": "8 800 …", "hours": "24 часа"}].',
    )
    consent_version: str = Field("1", max_length=16, description="Raise it when the consent text changes: asked again.")
    default_zone: str = Field("Europe/Moscow", description="Time zone of customers whose account names none.")
    alert_threshold: int = Field(
        100, ge=0, le=1_000_000, description="Rubles: warn below this unless the customer says."
    )
    alert_minutes: int = Field(10, ge=1, le=1440, description="How often low balances are looked for.")
    alert_quiet: str = Field(
        "22-9",
        pattern="^(([01]?[0-9]|2[0-4])-([01]?[0-9]|2[0-4]))?$",
        description="Hours without alerts, in the customer's zone, until the customer sets them; empty: none.",
    )
    alerts: str = Field(
        STANDARD, description="What customers are told unless they say otherwise: topics, with days or a weekday."
    )
    alerts_a_day: int = Field(
        4, ge=1, le=100, description="Messages with alerts to one chat in a day; urgent ones leave beyond it."
    )
    alert_gate_low: float = Field(
        10, ge=0, le=100, description="Per cent of watched accounts newly low at once that hold all alerts; 100: never."
    )
    alert_gate_changed: float = Field(
        100, ge=0, le=100, description="The same for balances that changed at once; 100: never, on fee days all change."
    )
    alert_gate_least: int = Field(50, ge=1, description="Fewer accounts than that never hold alerts.")
    alert_feed_hours: float = Field(24, gt=0, description="Figures of the billing older than that hold all alerts.")
    alert_wave: int = Field(
        1000, ge=1, description="More alerts at once leave in shares: 1 per cent, 10 per cent, all."
    )
    alert_wave_minutes: int = Field(15, ge=1, le=1440, description="How long each share is watched.")
    alert_wave_refusals: float = Field(5, ge=0, le=100, description="Per cent of people blocking us that stop a wave.")
    alert_wave_complaints: float = Field(
        2, ge=0, le=100, description="Per cent of people switching alerts off within a day after one that stop a wave."
    )
    alarm_to: str = Field(
        "",
        pattern="^([a-z]+:.+)?$",
        description="Who is told when alerts are held: telegram:123, vk:123, ok:chat:C1 or email:noc@example.com.",
    )
    alarm_language: str = Field("ru", pattern="^(ru|en|pt)$", description="In which language.")
    promise_largest: int = Field(
        1000, ge=1, le=100_000, description="Rubles: the largest promised payment of the embedded ledger."
    )
    promise_fee: int = Field(0, ge=0, le=1000, description="Rubles: what the embedded ledger takes for a promise.")
    promise_days: int = Field(5, ge=0, le=90, description="Days to pay a promise back in the embedded ledger.")
    promise_every: int = Field(30, ge=0, le=366, description="Days from one promise to the next in the ledger.")
    promise_tenure: int = Field(30, ge=0, le=366, description="Days a contract must have lasted for a promise there.")
    max_links: int = Field(5, ge=1, le=50, description="Accounts that one chat may link.")
    model: str = Field("", description="File of a model that `saldo train` made, instead of the shipped one.")
    answer_seconds: float = Field(12, gt=1, le=20, description="How long an answer may take before we say it failed.")
    log_format: str = Field("json", pattern="^(json|console)$", description="json for collectors, console for people.")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _proxies(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
            except ValueError:
                raise ValueError("write networks like 10.0.0.0/8, comma-separated") from None
        return value

    @field_validator("contacts", mode="before")
    @classmethod
    def _contacts(cls, value: object) -> object:
        if isinstance(value, str):
            return msgspec.json.decode(value, type=tuple[Contact, ...]) if value.strip() else ()
        return value

    @field_validator(*PAYEE)
    @classmethod
    def _payee(cls, value: str, given: ValidationInfo) -> str:
        """Each by itself as the code wants it; the last one judges the order as a whole."""
        key, value = PAYEE[given.field_name or ""], value.strip()
        before = given.data
        if value and key != "TechCode" and not before.get("payee_name", value):
            raise ValueError("PAYEE_NAME is missing")
        if value and not re.fullmatch(FIELDS[key], value, re.ASCII):
            raise ValueError(f"must match {FIELDS[key]}")
        if not value and key in REQUIRED and before.get("payee_name"):
            raise ValueError("is needed where PAYEE_NAME is set")
        return value

    @field_validator("payee_purpose")
    @classmethod
    def _purpose(cls, value: str, given: ValidationInfo) -> str:
        if "{account}" not in value:
            raise ValueError("{account} must stand in it: by it the payment is found")
        if (payee := payee_of(given.data)) is not None:
            payment_order(payee, 1, "0" * ACCOUNT, value.replace("{account}", "0" * ACCOUNT))
        return value

    @field_validator("pay_largest")
    @classmethod
    def _largest(cls, value: int, given: ValidationInfo) -> int:
        if value < given.data.get("pay_least", 1):
            raise ValueError("is below PAY_LEAST")
        return value

    @field_validator("public_url", "account_url", "pay_url")
    @classmethod
    def _url(cls, value: str, given: ValidationInfo) -> str:
        """Networks refuse a whole message for one button whose address is none."""
        value = value.strip()
        bare = value.replace("{account}", "").replace("{sum}", "") if given.field_name == "pay_url" else value
        if not re.match(r"https?://[^\s/?#]", value) and (value or given.field_name == "public_url"):
            raise ValueError("begins with http:// or https://")
        if re.search(r"[\s{}]", bare):
            raise ValueError("has a space or a brace; in PAY_URL only {account} and {sum} may stand in braces")
        if given.field_name != "public_url":
            return value
        if re.search(r"[?#]", value):
            raise ValueError("is followed by our own paths, so it has no ? and #")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+asyncpg://")):
            raise ValueError("write sqlite:///path or postgresql+asyncpg://…")
        try:
            urlsplit(value).port  # noqa: B018 — it is computed, and the database's own library would print the password
        except ValueError:
            raise ValueError("the port is no number; in a password write : / ? # [ ] @ % as %XX") from None
        return value

    @field_validator("default_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            raise ValueError("write a zone by its IANA name, like Europe/Moscow") from None
        return value

    @field_validator("billing")
    @classmethod
    def _billing(cls, value: str) -> str:
        if value not in registry.BILLINGS:
            raise ValueError(f"one of {', '.join(registry.BILLINGS)}")
        return value

    @field_validator("alerts")
    @classmethod
    def _alerts(cls, value: str) -> str:
        presets(value)  # its ValueError says which word is wrong
        return value

    @field_validator("alarm_to")
    @classmethod
    def _alarm(cls, value: str) -> str:
        if value and value.partition(":")[0] not in (known := (*registry.NETWORKS, *registry.CARRIERS)):
            raise ValueError(f"begins with one of {', '.join(known)}")
        return value

    @field_validator("promise_fee")
    @classmethod
    def _fee(cls, value: int, info: ValidationInfo) -> int:
        if value >= info.data.get("promise_largest", value + 1):
            raise ValueError("less than PROMISE_LARGEST")
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            return SecretStr(secrets.token_urlsafe(32))
        if len(value.get_secret_value()) < 32:
            raise ValueError("32 characters or more")
        return value

    @field_validator("api_key")
    @classmethod
    def _key(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 32:
            raise ValueError("32 characters or more, or empty")
        return value

    @property
    def payee(self) -> Payee | None:
        """Whom a payment order by QR goes to; None: nobody, no code is shown."""
        return payee_of(self.model_dump(include=set(PAYEE)))

    @property
    def promise(self) -> Rule:
        """The embedded ledger's terms of a promised payment."""
        largest, fee = self.promise_largest * 100, self.promise_fee * 100
        return Rule(largest, fee, self.promise_days, self.promise_every, self.promise_tenure)

    @property
    def presets(self) -> Mapping[Topic, str]:
        """What customers are told unless they say otherwise."""
        return presets(self.alerts)

    @property
    def caution(self) -> Caution:
        """When alerts are held back."""
        network, _, chat = self.alarm_to.partition(":")
        return Caution(
            low=self.alert_gate_low,
            changed=self.alert_gate_changed,
            least=self.alert_gate_least,
            feed_hours=self.alert_feed_hours,
            canary=self.alert_wave,
            pause=timedelta(minutes=self.alert_wave_minutes),
            refusals=self.alert_wave_refusals,
            complaints=self.alert_wave_complaints,
            alarm=Address(network, chat) if chat else None,
        )

    @property
    def quiet(self) -> tuple[int, int]:
        """The hours without alerts in minutes after midnight; equal ends: none."""
        start, _, end = self.alert_quiet.partition("-")
        return (int(start) % 24 * 60, int(end) % 24 * 60) if end else (0, 0)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """One network that is on."""

    name: str
    mode: Mode
    intake: Intake
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"NetworkSettings({self.name}, {self.mode}, {self.intake})"  # values hold the token


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """One carrier that is on."""

    name: str
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"CarrierSettings({self.name})"  # values hold the password


def load(environ: Mapping[str, str] | None = None, **fixed: Any) -> Settings:
    """Settings from the environment and .env; `fixed` wins. Raises SettingsError naming each bad variable."""
    try:
        if environ is not None:
            given = {k.lower(): v for k, v in environ.items() if k.lower() in Settings.model_fields}
            return Settings(_env_file=None, **{**given, **fixed})  # type: ignore[call-arg]
        return Settings(**fixed)
    except (OSError, UnicodeError) as error:
        raise SettingsError(unreadable(error)) from None
    except ValidationError as error:
        lines = [f"{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def environment() -> Mapping[str, str]:
    """What networks read: .env, overridden by the environment. Read anew at each call, so a new token is found.

    Raises SettingsError when .env cannot be read.
    """
    try:
        file = {k: v for k, v in dotenv_values(ENV_FILE).items() if v is not None} if Path(ENV_FILE).exists() else {}
    except (OSError, UnicodeError) as error:
        raise SettingsError(unreadable(error)) from None
    return {**file, **os.environ}


def unreadable(error: OSError | UnicodeError) -> str:
    return f"{ENV_FILE} cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not UTF-8'}"


def networks(environ: Mapping[str, str], public_url: str) -> tuple[NetworkSettings, ...]:
    """Every network that has a token and is not switched off. Raises SettingsError."""
    on = []
    for name in registry.NETWORKS:
        values = {s.name: environ.get(s.name, "").strip() or s.default for s in table(name)}
        mode = choice(environ, f"{name.upper()}_MODE", Mode, Mode.FULL)
        # A network can post to us only where it can reach us.
        preset = Intake.WEBHOOK if public_url.startswith("https://") else Intake.POLL
        intake = choice(environ, f"{name.upper()}_INTAKE", Intake, preset)
        if values[f"{name.upper()}_TOKEN"] and mode is not Mode.OFF:
            on.append(NetworkSettings(name, mode, intake, values))
    return tuple(on)


def carriers(environ: Mapping[str, str]) -> tuple[CarrierSettings, ...]:
    """Every carrier whose first setting is there."""
    on = []
    for name in registry.CARRIERS:
        listed = table(name)
        values = {s.name: environ.get(s.name, "").strip() or s.default for s in listed}
        if values[listed[0].name]:
            on.append(CarrierSettings(name, values))
    return tuple(on)


def billing(environ: Mapping[str, str], name: str) -> Mapping[str, str]:
    """What the billing's own file lists."""
    return {s.name: environ.get(s.name, "").strip() or s.default for s in registry.billing(name).SETTINGS}


def table(name: str) -> tuple[Setting, ...]:
    """The settings that a network's or a carrier's own file lists."""
    module = registry.carrier(name) if name in registry.CARRIERS else registry.network(name)
    listed: tuple[Setting, ...] = module.SETTINGS
    return listed


T = TypeVar("T", Mode, Intake)


def choice(environ: Mapping[str, str], name: str, kind: type[T], preset: T) -> T:
    given = environ.get(name, "").strip().lower()
    try:
        return kind(given) if given else preset
    except ValueError:
        raise SettingsError(f"{name}: one of {', '.join(kind)}") from None


def example() -> str:
    """The text of `.env.example`: every setting with what it is for and its preset."""
    lines = ["# Every setting of Saldo. Copy to .env and fill in what you use; the environment wins over .env.", ""]
    for name, field in Settings.model_fields.items():
        lines += [f"# {field.description}", f"{name.upper()}={preset(field.default)}", ""]
    for network in registry.NETWORKS:
        upper = network.upper()
        lines += [f"# ── {network} " + "─" * 60]
        lines += [
            "# full, public (help and contacts only: no amount, name or account number) or off.",
            f"{upper}_MODE=",
        ]
        lines += ["# webhook or poll; empty: webhook where PUBLIC_URL is https.", f"{upper}_INTAKE="]
        for setting in table(network):
            lines += [f"# {setting.about}", f"{setting.name}={setting.default}"]
        lines.append("")
    for carrier in registry.CARRIERS:
        lines += [f"# ── {carrier} " + "─" * 60]
        for setting in table(carrier):
            lines += [f"# {setting.about}", f"{setting.name}={setting.default}"]
        lines.append("")
    for book in registry.BILLINGS:
        if listed := registry.billing(book).SETTINGS:
            lines += [f"# ── BILLING={book} " + "─" * 60]
            for setting in listed:
                lines += [f"# {setting.about}", f"{setting.name}={setting.default}"]
            lines.append("")
    return "\n".join(lines)


def preset(value: object) -> str:
    if isinstance(value, SecretStr) or value == ():
        return ""
    return str(value)
