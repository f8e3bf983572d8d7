"""Which sandbox plays which network: one line for each, imported only when it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from sandbox.base import Sandbox

NETWORKS = {
    "vk": "sandbox.vk:VK",
    "telegram": "sandbox.telegram:Telegram",
    "ok": "sandbox.ok:OK",
}


def sandbox(name: str, **options: Any) -> Sandbox:
    """A new sandbox, not yet started, with its own options. Raises KeyError for a network that has none."""
    module, _, maker = NETWORKS[name].partition(":")
    make: Callable[..., Sandbox] = getattr(import_module(module), maker)
    return make(**options)
