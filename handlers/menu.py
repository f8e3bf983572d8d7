"""The menu: at most eight entries, most used first, in the same order on every network; the rest is one tap away under
«Ещё». What the billing cannot tell is not offered. And what an old button gets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.base import Button, Command, Keyboard, Reply, Tone
from billing.base import Capability
from handlers.ask import Ask, Turn
from handlers.text import LANGUAGES, Say

ENTRIES: Final = ("balance", "pay", "topup", "services", "payments", "charges", "more", "operator")
PUBLIC: Final = ("help", "operator", "news", "language")  # where nothing personal may be said
# «Ещё», a screen each: eight questions and the way to the next one.
MORE: Final = (
    ("debt", "promised", "paid", "trouble", "statement", "mail", "alerts", "accounts"),
    ("why", "tariff", "options", "usage", "calls", "bonus", "news", "help"),
)
QUESTIONS: Final = tuple(name for name in (*ENTRIES, *MORE[0], *MORE[1]) if name != "more")
COMMANDS: Final = (
    *ENTRIES,
    *MORE[0],
    *MORE[1],
    "link",
    "unlink",
    "region",
    "language",
    "export",
    "forget",
    "stop",
    "menu",
)
COLUMNS: Final = 2

# What a question asks of the billing. One that is not here needs nothing but a balance, or no billing at all.
NEEDS: Final[Mapping[str, frozenset[Capability]]] = {
    "services": frozenset({Capability.SERVICES}),
    "tariff": frozenset({Capability.SERVICES}),
    "payments": frozenset({Capability.PAYMENTS}),
    "statement": frozenset({Capability.PAYMENTS}),
    "paid": frozenset({Capability.PAYMENTS}),
    "charges": frozenset({Capability.CHARGES}),
    "why": frozenset({Capability.CHARGES}),
    "options": frozenset({Capability.DETAILS, Capability.SERVICES}),
    "usage": frozenset({Capability.USAGE, Capability.SERVICES}),
    "calls": frozenset({Capability.CALLS, Capability.SERVICES, Capability.REACHES}),
    "mail": frozenset({Capability.DELIVERY, Capability.SERVICES}),
    "promised": frozenset({Capability.PROMISES}),
    "alerts": frozenset({Capability.CHANGES}),
    "news": frozenset({Capability.NOTICES}),
    "bonus": frozenset({Capability.BONUS}),
}

log = structlog.get_logger()


async def menu(ask: Ask) -> Turn:
    return Turn(Reply(ask.say("menu"), menu=keyboard(ask)))


async def more(ask: Ask) -> Turn:
    """ "more" and "more:2": what else can be asked; the next page redraws the message."""
    if ask.public:
        return await menu(ask)
    page = int(ask.arguments[0]) if ask.arguments[:1] in {(str(n),) for n in range(1, len(MORE) + 1)} else 1
    rows = buttons(ask, offered(ask.billing.can, MORE[page - 1]))
    turn = Button(ask.say("button-more-back" if page > 1 else "button-more-on"), action=f"more:{page % len(MORE) + 1}")
    redraw = ask.arguments and ask.incoming.action is not None
    reply = Reply(ask.say("more"), keyboard=(*rows, (turn,)), replaces=ask.incoming.message if redraw else None)
    return Turn(reply)


def outdated(ask: Ask) -> Turn:
    """A button of an earlier version, or one that nobody made: the fresh menu, and no guess."""
    log.info("outdated-button", network=ask.incoming.sender.network)
    return Turn(Reply(ask.say("outdated"), keyboard=keyboard(ask)))


def unavailable(ask: Ask) -> Turn:
    """A link that is not this chat's: the same words whether it exists elsewhere or never did."""
    log.warning("foreign-link", network=ask.incoming.sender.network)
    return Turn(Reply(ask.say("not-available"), keyboard=keyboard(ask)))


def offered(can: frozenset[Capability], names: Iterable[str]) -> tuple[str, ...]:
    """Those of the questions that this billing can answer."""
    return tuple(name for name in names if NEEDS.get(name, frozenset()) <= can)


def keyboard(ask: Ask) -> Keyboard:
    return buttons(ask, offered(ask.billing.can, PUBLIC if ask.public else ENTRIES))


def buttons(ask: Ask, names: Sequence[str], main: str = "") -> Keyboard:
    """Rows of two buttons that ask the named questions; `main` is drawn as the one most wanted."""
    made = [button(ask.say, name, Tone.MAIN if name == main else Tone.PLAIN) for name in names]
    return tuple(tuple(made[at : at + COLUMNS]) for at in range(0, len(made), COLUMNS))


def button(say: Say, action: str, tone: Tone = Tone.PLAIN) -> Button:
    """The button of a question: «button-alerts-on» for `alerts:on`."""
    return Button(say(f"button-{action.replace(':', '-')}"), action=action, tone=tone)


def commands(can: frozenset[Capability]) -> Mapping[str, Sequence[Command]]:
    """For a network's own command list, by language."""
    nowhen = datetime.fromtimestamp(0, UTC)
    return {
        language: tuple(
            Command(name, Say.at(nowhen, language, "UTC")(f"button-{name}")) for name in offered(can, COMMANDS)
        )
        for language in LANGUAGES
    }
