"""Which service a question is about: by button, in words, or as the list before it was.

A billing's own id of a service may be long and says more than a network needs to know: buttons carry a short mark of
it, looked up among the account's own services and believed by nobody.

    <name>[:open][:<mark>][:<more>]     a list about all services or one; "open": in a message of its own, because
                                        the button stands below an answer to another question
    «начисления за телефон»             the kind that is named; of several the one whose number is named as well
    «а за март?»                        after a list about one service: that service still
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from billing.base import Service
from handlers.ask import Ask
from handlers.kinds import kinds
from nlu.letters import fold

TITLE: Final = 4  # letters from which a title is looked for in typed words
MARK: Final = re.compile("[0-9a-f]{8}")
NUMBER: Final = re.compile(r"[0-9](?:[ -]?[0-9]){3,}")  # at least four digits, as people space them


def mark(service: Service) -> str:
    """What buttons carry: eight characters, the same for the same service always."""
    return hashlib.sha256(service.id.encode()).hexdigest()[:8]


def marked(services: Iterable[Service], given: str) -> Service | None:
    """The service with that mark; None: none of the account's."""
    return next((one for one in services if mark(one) == given), None)


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about. Neither `service` nor `among`: all services."""

    service: Service | None = None
    arguments: tuple[str, ...] = ()  # what follows the mark
    among: tuple[Service, ...] = ()  # the words fit several: which one is meant?
    strange: bool = False  # a mark or a word of no service of this account
    fresh: bool = False  # shall not take the place of the message whose button was pressed


def about(ask: Ask, name: str, services: Sequence[Service]) -> About:
    """Which service the question `name` is about, by button, in words, or as the list before it was."""
    arguments = ask.arguments
    fresh = arguments[:1] == ("open",)
    arguments = arguments[1:] if fresh else arguments
    if arguments:
        if not MARK.fullmatch(arguments[0]):
            return About(arguments=arguments, fresh=fresh)
        found = marked(services, arguments[0])
        return About(found, arguments[1:], strange=found is None, fresh=fresh)
    named_ = named(services, ask.text)
    if named_ is None:
        waiting = ask.memory.dialogue.question == name
        before = ask.memory.dialogue.data.get("about", "").split(":") if waiting else []
        return About(marked(services, before[1]) if len(before) > 1 else None)
    if len(named_) == 1:
        return About(named_[0])
    return About(among=named_, strange=not named_)


def named(services: Sequence[Service], text: str) -> tuple[Service, ...] | None:
    """The services that typed words name, by kind, title or number; None: the words name no service at all."""
    words = fold(text)
    titles = [(one, title) for one in services if len(title := fold(one.title)) >= TITLE and title in words]
    # A title inside another one is not what was said: «Телефон» in «Домашний телефон».
    longest = max((len(title) for _, title in titles), default=0)
    entitled = tuple(one for one, title in titles if len(title) == longest)
    choices = kinds(text)
    if not entitled and not choices:
        return None
    there, called = {one.kind for one in services}, {one.kind for one in entitled}
    others = [choice for choice in choices if not called.intersection(choice)]
    wanted = {kind for choice in others for kind in [k for k in choice if k in there][:1]}
    found = (*entitled, *(one for one in services if one.kind in wanted and one not in entitled))
    numbers = [re.sub("[ -]", "", number) for number in NUMBER.findall(text)]
    exact = tuple(one for one in found if any(re.sub("[^0-9]", "", one.title).endswith(n) for n in numbers))
    return exact or found
