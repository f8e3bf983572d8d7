"""Lines: what is on, each with the parts that serve it. A reconnected network is another object.

Line       a network where customers write: hook or poll, a mode, a delivery
Carrier    e-mail, SMS: letters go out, and nothing comes in
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.base import Hooked, Network
from bot import registry
from bot.delivery import Delivery
from bot.settings import CarrierSettings, Intake, NetworkSettings, SettingsError


@dataclass(slots=True)
class Line:
    """One network that is on."""

    settings: NetworkSettings
    network: Network
    delivery: Delivery
    preparing: asyncio.Lock = field(default_factory=asyncio.Lock)  # a tick and a reconnection must not cross


@dataclass(slots=True)
class Carrier:
    """One carrier that is on."""

    settings: CarrierSettings
    network: Network
    delivery: Delivery


class Networks(Mapping[str, Network]):
    """The networks as they are now, by name."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self.lines = lines

    def __getitem__(self, name: str) -> Network:
        return self.lines[name].network

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)


def connect(one: NetworkSettings) -> Network:
    """The network of these settings. Raises SettingsError."""
    try:
        made: Network = registry.network(one.name).connect(one.values)
    except ValueError as error:
        raise SettingsError(f"{one.name}: {error}") from None
    if one.intake is Intake.WEBHOOK and not isinstance(made, Hooked):
        upper = one.name.upper()
        raise SettingsError(
            f"{one.name} cannot post to us with these settings: set {upper}_SECRET or {upper}_INTAKE=poll"
        )
    return made


def connect_carrier(one: CarrierSettings) -> Network:
    """The carrier of these settings. Raises SettingsError, which names the setting."""
    try:
        made: Network = registry.carrier(one.name).connect(one.values)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return made
