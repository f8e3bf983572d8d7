"""What an operator has written into the settings of one network, carrier or billing, read one way by each one's file.

The lowest floor of the house: everybody may import it, it imports nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable. A network's or a billing's file lists its own, so that adding one touches no other."""

    name: str  # VK_TOKEN
    about: str  # one line for `.env.example` and the README, with the source or "unverified" where it applies
    default: str = ""
    secret: bool = False


class Given:
    """The settings of one file: `values` by name, with the presets of `settings` for what is empty or missing.

    Each reader raises ValueError that names the setting and never repeats its value.
    """

    def __init__(self, values: Mapping[str, str], settings: Sequence[Setting]) -> None:
        presets = {setting.name: setting.default for setting in settings}
        self._texts = {name: values.get(name, "").strip() or preset for name, preset in presets.items()}

    def text(self, name: str) -> str:
        return self._texts[name]

    def number(self, name: str, least: float, most: float) -> float:
        """A finite number, the bounds included."""
        try:
            value = float(self.text(name))
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ValueError(f"{name} is not a number from {least:g} to {most:g}")
        return value

    def word(self, name: str, *allowed: str) -> str:
        if self.text(name) not in allowed:
            raise ValueError(f"{name} is not one of: {', '.join(allowed)}")
        return self.text(name)
