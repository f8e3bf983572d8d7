"""Which kind of service is meant: «статистика интернета», "my landline", «сколько наговорил по межгороду».

Words name a kind, hardly ever a title. Some kinds are second choice: who asks for gigabytes and has no home internet
means the mobile one. The vocabulary is stems over folded words (handlers.understand.fold), in three languages at once,
because people mix them.
"""

import re
from functools import cache
from typing import Final

from billing.base import Direction, Kind
from nlu.letters import fold

# Stems, and the kinds they mean, likeliest first. A stem with "$" is a whole word.
STEMS: Final = (
    (
        "интернет инет вайфа wi wifi трафик траффик гиг гб$ мегаба мегов мб$ скач роутер "
        "internet broadband data$ traffic download gb$ mb$ giga megab banda trafego dados$ baix roteador router",
        (Kind.INTERNET, Kind.MOBILE),
    ),
    (
        "телефон стационар домашк межгород межгор междугор международ внутризон наговор разговор звон вызов "
        "phone landline call$ calls$ called$ talk telefon fixo$ chamad ligac liguei interurban",
        (Kind.PHONE, Kind.MOBILE),
    ),
    ("минут minute min$ minuto", (Kind.MOBILE, Kind.PHONE)),
    (
        "тв$ телевид телевиз телик телек$ приставк кино фильм канал "
        "tv$ television televis film movie channel canal canais",
        (Kind.TV,),
    ),
    ("мобил сотов симк сим$ смс sms mobile cell$ cellphone sim$ celular movel", (Kind.MOBILE,)),
)
DIRECTIONS: Final = (
    ("межгород межгор междугор interurban intercity distance", Direction.INTERCITY),
    ("международ заграниц international internacion abroad exterior", Direction.INTERNATIONAL),
    ("внутризон zone zona", Direction.ZONE),
    ("местн local", Direction.LOCAL),
)


@cache
def pattern(stems: str) -> re.Pattern[str]:
    ends = {"$": r"\b"}
    return re.compile(r"\b(?:" + "|".join(fold(stem) + ends.get(stem[-1], "") for stem in stems.split()) + ")")


def kinds(text: str) -> tuple[tuple[Kind, ...], ...]:
    """The kinds that the words name, each with its second choice; empty: no kind is named."""
    words = fold(text)
    found = tuple(meant for stems, meant in STEMS if pattern(stems).search(words))
    # «мобильный телефон», «мобильный интернет»: the adjective decides.
    return ((Kind.MOBILE,),) if (Kind.MOBILE,) in found else found


def direction(text: str) -> Direction | None:
    """The direction of calls that the words name."""
    words = fold(text)
    return next((one for stems, one in DIRECTIONS if pattern(stems).search(words)), None)
