"""The list of services as a picture.

    ◯  Домашний интернет            ● работает
       «Скорость 300»               650 ₽ в месяц
    ─────────────────────────────────────────────
    Баланс всех услуг                    214,50 ₽
    Долг                                  нет

Whatever a colour says, a word beside it says too: `Mood` only tints what is written.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST: Final = 12  # rows in one picture: more could not be read on a phone


class Mood(StrEnum):
    GOOD = "good"
    QUIET = "quiet"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Row:
    kind: str  # internet, phone, tv, mobile or other: chooses the icon
    title: str  # «Домашний интернет»
    status: str  # «работает», «отключена за долг»
    tariff: str = ""
    fee: str = ""  # «650,00 ₽ в месяц»
    state: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True)
class Sum:
    label: str  # «Баланс всех услуг»
    value: str  # «214,50 ₽»; a debt that there is none of is a word too: «нет»
    mood: Mood = Mood.QUIET


@dataclass(frozen=True, slots=True)
class ServiceList:
    """`note` closes the list: «и ещё 3 услуги». Rows beyond MOST are not drawn, and counted where there is no note."""

    title: str
    rows: tuple[Row, ...]
    sums: tuple[Sum, ...] = ()
    note: str = ""

    def draw(self) -> bytes:
        raise NotImplementedError
