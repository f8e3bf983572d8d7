"""What there is to switch on: one line for each network and each billing, imported only when it is used.

A fourth network is one file in adapters/ and one line here; `tests/contract` then asks by name for what is missing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import Final

from billing.base import Billing
from billing.promises import Rule
from storage.base import Database

NETWORKS: Final[Mapping[str, str]] = {
    "vk": "adapters.vk",
    "telegram": "adapters.telegram",
    "ok": "adapters.ok",
}

# Networks without an inbox, for codes and documents: each is on when the first of its SETTINGS is there.
CARRIERS: Final[Mapping[str, str]] = {
    "email": "adapters.mail",
    "sms": "adapters.sms",
}

BILLINGS: Final[Mapping[str, str]] = {
    "ledger": "billing.ledger:Ledger",
}


def network(name: str) -> ModuleType:
    """The network's file: NAME, SETTINGS, LIMITS, connect. Importing it loads no network library."""
    return import_module(NETWORKS[name])


def carrier(name: str) -> ModuleType:
    """The carrier's file: as a network's."""
    return import_module(CARRIERS[name])


def billing(name: str, database: Database, now: Callable[[], datetime], promise: Rule) -> Billing:
    """The billing of that name. `database` is Saldo's own; the embedded ledger keeps its book there, and promises
    payments by the rule."""
    module, _, maker = BILLINGS[name].partition(":")
    make: Callable[[Database, Callable[[], datetime], Rule], Billing] = getattr(import_module(module), maker)
    return make(database, now, promise)
