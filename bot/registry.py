"""What there is to switch on: one line for each network and each billing, imported only when it is used.

A fourth network is one file in adapters/ and one line here; `tests/contract` then asks by name for what is missing.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Final

NETWORKS: Final[Mapping[str, str]] = {
    "vk": "adapters.vk",
    "telegram": "adapters.telegram",
    "ok": "adapters.ok",
}

BILLINGS: Final[Mapping[str, str]] = {
    "ledger": "billing.ledger",
}


def network(name: str) -> ModuleType:
    """The network's file: NAME, SETTINGS, LIMITS, connect. Importing it loads no network library."""
    return import_module(NETWORKS[name])


def billing(name: str) -> ModuleType:
    return import_module(BILLINGS[name])
