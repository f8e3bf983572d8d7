"""The operator's billing, made from settings: bare for whoever keeps its book, behind the guard for all others."""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from billing.base import Billing
from bot import registry
from bot.settings import Settings, SettingsError
from bot.settings import billing as billing_settings
from storage.base import Database

log = structlog.get_logger()


def open_book(
    settings: Settings, database: Database, now: Callable[[], datetime], environ: Mapping[str, str]
) -> Billing:
    """The billing that BILLING names, with its own settings of `environ`. Raises SettingsError."""
    name, secret = settings.billing, settings.secret_key.get_secret_value()
    if name != "ledger" and not environ.get("SECRET_KEY", "").strip():
        log.warning("secret-key-random", mend="set SECRET_KEY: with a new one each start nobody stays signed in")
    try:
        made: Billing = registry.billing(name).connect(
            billing_settings(environ, name), database=database, now=now, rule=settings.promise, secret=secret
        )
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return made
