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

# Networks without an inbox, for codes and documents: each is on when the first of its SETTINGS is there.
CARRIERS: Final[Mapping[str, str]] = {
    "email": "adapters.mail",
    "sms": "adapters.sms",
}

BILLINGS: Final[Mapping[str, str]] = {
    "ledger": "billing.ledger",
    "tmf": "billing.tmf",
    "abills": "billing.abills",
}


def network(name: str) -> ModuleType:
    """The network's file: NAME, SETTINGS, LIMITS, connect. Importing it loads no network library."""
    return import_module(NETWORKS[name])


def carrier(name: str) -> ModuleType:
    """The carrier's file: as a network's."""
    return import_module(CARRIERS[name])


def billing(name: str) -> ModuleType:
    """The billing's file: SETTINGS and

        def connect(values: Mapping[str, str], *, database, now, rule, secret) -> Billing

    `values` are its SETTINGS; ValueError names the one that is wrong. `database` is Saldo's own: the embedded ledger
    keeps its book there, and promises payments by `rule` (billing.promises.Rule). `now` is the clock. By `secret` a
    billing encrypts what it keeps about people who signed in (billing.keyring).
    """
    return import_module(BILLINGS[name])
