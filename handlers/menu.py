"""The menu: at most eight entries, most used first, in the same order on every network. And what an old button gets."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.base import Button, Command, Keyboard, Reply, Tone
from handlers.ask import Ask, Turn
from handlers.text import LANGUAGES, Say

ENTRIES: Final = ("balance", "pay", "payments", "debt", "alerts", "accounts", "help", "operator")
PUBLIC: Final = ("help", "operator", "language")  # where nothing personal may be said
COMMANDS: Final = (*ENTRIES, "link", "unlink", "language", "export", "forget", "stop", "menu")
COLUMNS: Final = 2

log = structlog.get_logger()


async def menu(ask: Ask) -> Turn:
    return Turn(Reply(ask.say("menu"), menu=keyboard(ask)))


def outdated(ask: Ask) -> Turn:
    """A button of an earlier version, or one that nobody made: the fresh menu, and no guess."""
    log.info("outdated-button", network=ask.incoming.sender.network)
    return Turn(Reply(ask.say("outdated"), keyboard=keyboard(ask)))


def unavailable(ask: Ask) -> Turn:
    """A link that is not this chat's: the same words whether it exists elsewhere or never did."""
    log.warning("foreign-link", network=ask.incoming.sender.network)
    return Turn(Reply(ask.say("not-available"), keyboard=keyboard(ask)))


def keyboard(ask: Ask) -> Keyboard:
    return buttons(ask, PUBLIC if ask.public else ENTRIES)


def buttons(ask: Ask, names: Sequence[str], main: str = "") -> Keyboard:
    """Rows of two buttons that ask the named questions; `main` is drawn as the one most wanted."""
    made = [button(ask.say, name, Tone.MAIN if name == main else Tone.PLAIN) for name in names]
    return tuple(tuple(made[at : at + COLUMNS]) for at in range(0, len(made), COLUMNS))


def button(say: Say, action: str, tone: Tone = Tone.PLAIN) -> Button:
    """The button of a question: «button-alerts-on» for `alerts:on`."""
    return Button(say(f"button-{action.replace(':', '-')}"), action=action, tone=tone)


def commands() -> Mapping[str, Sequence[Command]]:
    """For a network's own command list, by language."""
    nowhen = datetime.fromtimestamp(0, UTC)
    return {
        language: tuple(Command(name, Say.at(nowhen, language, "UTC")(f"button-{name}")) for name in COMMANDS)
        for language in LANGUAGES
    }
