"""Which sandbox plays which network or billing: one line for each, imported only when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from billing.base import Billing
from sandbox.base import Sandbox, StandIn

NETWORKS = {
    "vk": "sandbox.vk:VK",
    "telegram": "sandbox.telegram:Telegram",
    "ok": "sandbox.ok:OK",
}
BILLINGS = {
    "tmf": "sandbox.tmf:Tmf",
    "abills": "sandbox.abills:Abills",
}


def sandbox(name: str, **options: Any) -> Sandbox:
    """A new sandbox, not yet started, with its own options. Raises KeyError for a network that has none."""
    make: Callable[..., Sandbox] = _maker(NETWORKS[name])
    return make(**options)


def stand_in(name: str, source: Billing, **options: Any) -> StandIn:
    """A new billing on loopback that tells what `source` tells, not yet started. Raises KeyError: there is none."""
    make: Callable[..., StandIn] = _maker(BILLINGS[name])
    return make(source, **options)


def _maker(where: str) -> Any:
    module, _, maker = where.partition(":")
    return getattr(import_module(module), maker)
