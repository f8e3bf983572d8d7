"""Which kind of service is meant: «статистика интернета», "my landline", «сколько наговорил по межгороду». Pure.

    kinds(text)      every kind that is spoken of, each with its second choice: what a page of services looks for
    kind(text)       the one kind that is named by its own words; None where there are two, or none

Words name a kind, hardly ever a title. Some kinds are second choice: who asks for gigabytes and has no home internet
means the mobile one. The vocabulary is stems over folded words (handlers.understand.fold), in three languages at once,
because people mix them.
"""

import re
from functools import cache
from typing import Final

from rapidfuzz.distance import OSA

from billing.base import Direction, Kind
from nlu.letters import fold

# Stems, and the kinds they mean, likeliest first. A stem with "$" is a whole word; "_" is a space, or none.
STEMS: Final = (
    (
        "интернет инет inet$ вайфа вай_фа wi_fi wifi роутер модем internet broadband banda_larga roteador router modem",
        (Kind.INTERNET, Kind.MOBILE),
    ),
    (
        "трафик траффик гиг гб$ мегаба мегов мб$ скач data$ traffic download gb$ mb$ gig$ gigs$ giga megab trafego "
        "dados$ baix",
        (Kind.INTERNET, Kind.MOBILE),
    ),
    (
        "телефон стационар домашк городск межгород межгор междугор международ внутризон telefon phone landline fixo$ "
        "interurban",
        (Kind.PHONE, Kind.MOBILE),
    ),
    ("наговор разговор звон вызов call$ calls$ called$ talk chamad ligac liguei", (Kind.PHONE, Kind.MOBILE)),
    ("минут minute min$ minuto", (Kind.MOBILE, Kind.PHONE)),
    (
        "тв$ тиви$ иптв iptv телевид телевиз телик телек$ приставк кино фильм канал "
        "tv$ television televis televiz telek$ film movie channel canal canais set_top",
        (Kind.TV,),
    ),
    (
        "мобил мобик сотов симк сим$ смс sms mobil cell$ cellphone sim$ simk celular movel chip$",
        (Kind.MOBILE,),
    ),
)
# What names a kind with no page of services to look at. Who counts gigabytes or minutes has a mobile: at home nobody
# counts them. Calls are made from either phone.
NAMES: Final = {
    Kind.INTERNET: f"{STEMS[0][0]} оптик оптовол скорост пинг ping$ net$ fiber fibre fibra velocidad",
    Kind.PHONE: f"{STEMS[2][0]} гудк гудок занято$ dial_tone",
    Kind.TV: f"{STEMS[5][0]} кабельн пульт телевещ telly tele$ teve$ decod",
    Kind.MOBILE: f"{STEMS[6][0]} роуминг roaming 4g$ lte$ гиг гб$ мегов минут minut gb$ gig$ gigs$ giga$ gigas$",
}
# A telephone that is no service: somebody's number, or the operator's.
CONTACT: Final = re.compile(
    r"\b(?:номер телефона|телефон\w* (?:тех)?поддержк|телефон\w* (?:служб|оператор|офис|горяч)|phone number|"
    r"number of phone|numero d[eo] telefone|по телефону|на телефон перез)"
)
# «мобильный интернет», "internet no celular": the mobile one alone, while «интернет и мобильный» are two.
AND: Final = re.compile(r"\b(?:и|плюс|или|а|вместе|and|or|plus|e|ou|mais|both|juntos)\b")
SLIPPED: Final = (  # long stems in which one slip is forgiven
    ("интернет", Kind.INTERNET), ("internet", Kind.INTERNET), ("роутер", Kind.INTERNET), ("телевиз", Kind.TV),
    ("телевид", Kind.TV), ("televis", Kind.TV), ("приставк", Kind.TV), ("телефон", Kind.PHONE),
    ("telefon", Kind.PHONE), ("мобильн", Kind.MOBILE), ("celular", Kind.MOBILE),
)  # fmt: skip
MOST: Final = 60  # words that are looked at twice
DIRECTIONS: Final = (
    ("межгород межгор междугор interurban intercity distance", Direction.INTERCITY),
    ("международ заграниц international internacion abroad exterior", Direction.INTERNATIONAL),
    ("внутризон zone zona", Direction.ZONE),
    ("местн local", Direction.LOCAL),
)


@cache
def pattern(stems: str) -> re.Pattern[str]:
    ends = {"$": r"\b"}
    folded = (fold(stem).replace(" ", " ?") + ends.get(stem[-1], "") for stem in stems.split())
    return re.compile(r"\b(?:" + "|".join(folded) + ")")


def kinds(text: str) -> tuple[tuple[Kind, ...], ...]:
    """The kinds that the words name, each with its second choice; empty: no kind is named."""
    words = fold(text)
    found = tuple(dict.fromkeys(meant for stems, meant in STEMS if pattern(stems).search(words)))
    # «мобильный телефон», «мобильный интернет»: the adjective decides.
    return ((Kind.MOBILE,),) if (Kind.MOBILE,) in found else found


def kind(text: str) -> Kind | None:
    """The one kind of service that the words name; None: two kinds, or none."""
    words = CONTACT.sub(" ", fold(text))
    found = {one: hit.start() for one, stems in NAMES.items() if (hit := pattern(stems).search(words))}
    for word in re.finditer(r"\w{5,}", " ".join(words.split(" ", MOST)[:MOST])):
        if (slip := slipped(word[0])) is not None:
            found.setdefault(slip, word.start())
    if len(found) == 2 and Kind.MOBILE in found and Kind.TV not in found:
        one, other = sorted(found.values())
        found = {Kind.MOBILE: one} if not AND.search(words, one, other) else found
    return found.popitem()[0] if len(found) == 1 else None


def slipped(word: str) -> Kind | None:
    """The kind whose stem a mistyped word begins with: «нтернет», «теливизора», "intenet"."""
    for stem, meant in SLIPPED:
        if any(OSA.distance(word[:size], stem, score_cutoff=1) <= 1 for size in range(len(stem) - 1, len(stem) + 2)):
            return meant
    return None


def direction(text: str) -> Direction | None:
    """The direction of calls that the words name."""
    words = fold(text)
    return next((one for stems, one in DIRECTIONS if pattern(stems).search(words)), None)
