"""What an operator has written into a network's settings, read one way by every network's file."""

from collections.abc import Mapping, Sequence

from adapters.base import Setting


class Given:
    """The settings of one network: `values` by name, with the presets of `settings` for what is empty or missing.

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
