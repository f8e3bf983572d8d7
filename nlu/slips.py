"""Slips: a phrase with one typing error, as fingers make them. Pure, and the same for the same seed.

a letter left out · doubled · two swapped · the neighbouring key instead
"""

from random import Random
from typing import Final

ROWS: Final = ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS: Final = {c: row[max(at - 1, 0) : at] + row[at + 1 : at + 2] for row in ROWS for at, c in enumerate(row)}
LETTERS: Final = 4  # a text with fewer has no slip: it would be another word


def slip(text: str, random: Random) -> str:
    """The text with one slip, never in its first letter: there people look."""
    places = [at for at, c in enumerate(text) if c.isalpha()]
    if len(places) < LETTERS:
        return text
    at = random.choice(places[1:])
    letter, after = text[at], text[at + 1 : at + 2]
    match random.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + letter + text[at:]
        case 2 if after.isalpha():
            return text[:at] + after + letter + text[at + 2 :]
        case _:
            near = NEIGHBOURS.get(letter.lower(), "")
            return text[:at] + (random.choice(near) if near else "") + text[at + 1 :]
