"""Which of the chat's accounts typed words name: by the last digits of its number, or by its nickname. Pure.

    1234 · счёт 1234 · на 1234 · дача        nothing else is asked: switch
    баланс 1234 · платежи за март по даче    the rest is the question
    пополни на 1234                          a sum, as long as no word says that an account is meant
    платежи за 2026                          a period, whatever an account's number ends with

Digits count when a linked number ends with them, four at least. A nickname counts in the cases that keep all of its
letters but the last: «дача», «дачу», «даче».
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from handlers.amounts import words_of
from handlers.phrases import fillers
from nlu.letters import clean, fold
from storage.base import Link

# One word; NFKC has made "..." of «…» and "No" of «№».
DIGITS: Final = re.compile("""[("«']?(?:\\.{2,3}|No|#)?([0-9]{4,20})[.,:;!?)"»']*""")
# Said about an account without asking anything; folded, so that «счёт» is «счет» and «й» is «и».
ACCOUNT: Final = words_of("счет счета счету счете счетом лс л лицевои лицевому лицевого no номер номеру account conta")
AROUND: Final = ACCOUNT | words_of(
    "на по для у о об с про из мои моему моего мое моя мою "
    "переключи переключить переключись переключиться переключите выбери выбрать сменить смени поменяи перейди открои "
    "a an the to for of on about my number switch select choose use change "
    "o da do na no para de em sobre minha a numero trocar mudar usar escolher"
)
STEM: Final = 4  # letters from which a nickname is recognised by all but its last one


@dataclass(frozen=True, slots=True)
class Mention:
    links: tuple[Link, ...]  # that it fits; none: the digits of no account of this chat
    rest: str  # what else was said, without words that only lead to the account
    plainly: bool  # a word says that it is an account, or nothing else stands there
    digits: bool  # and no nickname


def mention(text: str, links: Sequence[Link]) -> Mention | None:
    """The account that a message names; None: it names none."""
    words = clean(text).split()
    return by_digits(words, links) or by_nickname(words, links)


def by_digits(words: Sequence[str], links: Sequence[Link]) -> Mention | None:
    strange: Mention | None = None
    for at, word in enumerate(words):
        found = DIGITS.fullmatch(word)
        if found is None:
            continue
        fits = tuple(one for one in links if one.number.endswith(found[1]))
        named = made(fits, words, at, 1, digits=True)
        if fits:
            return named
        strange = strange or (named if named.plainly and len(found[1]) == 4 else None)
    return strange


def by_nickname(words: Sequence[str], links: Sequence[Link]) -> Mention | None:
    """The longest nickname that stands in the message."""
    folded = [fold(word) for word in words]
    best: tuple[int, int] = (0, 0)
    fits: list[Link] = []
    for one in links:
        size, at = standing(fold(one.nickname).split(), folded)
        if size > best[0]:
            best, fits = (size, at), [one]
        elif size and size == best[0]:
            fits.append(one)
    return made(tuple(fits), words, best[1], best[0], digits=False) if fits else None


def standing(nickname: list[str], folded: Sequence[str]) -> tuple[int, int]:
    """(how many words, where) of a nickname in a message; (0, 0): it is not there."""
    size = len(nickname)
    for at in range(len(folded) - size + 1) if size else ():
        if all(same(mine, said) for mine, said in zip(nickname, folded[at : at + size], strict=True)):
            return size, at
    return 0, 0


def same(nickname: str, said: str) -> bool:
    if nickname == said:
        return True
    stem = nickname[:-1]
    return len(nickname) >= STEM and said.startswith(stem) and abs(len(said) - len(nickname)) <= 1


def made(fits: tuple[Link, ...], words: Sequence[str], at: int, size: int, *, digits: bool) -> Mention:
    """The mention of words[at : at + size], and what is left without it and the words that lead to it."""
    start = at
    while start and set(fold(words[start - 1]).split()) <= AROUND:
        start -= 1
    said = {token for word in words[start:at] for token in fold(word).split()}
    rest = [*words[:start], *words[at + size :]]
    if all(set(fold(word).split()) <= AROUND | fillers() for word in rest):
        rest = []
    return Mention(fits, " ".join(rest), not rest or bool(said & ACCOUNT), digits)
