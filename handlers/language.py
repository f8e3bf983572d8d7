"""The language of the answers: chosen with one tap, or by saying "in English"."""

from adapters.base import Button, Reply, Tone
from handlers.ask import Ask, Turn
from handlers.followup import recalled
from handlers.menu import outdated
from handlers.text import LANGUAGES, NATIVE
from storage.base import SetLanguage


async def language(ask: Ask) -> Turn:
    """ "language" offers them; "language:en" sets one and goes on in it: said in words, «а по-русски?», with the last
    answer."""
    if not ask.arguments:
        rows = tuple(
            (Button(NATIVE[one], action=f"language:{one}", tone=Tone.MAIN if one == ask.say.language else Tone.PLAIN),)
            for one in LANGUAGES
        )
        return Turn(Reply(ask.say("language-which"), keyboard=rows))
    wanted = ask.arguments[0]
    if wanted not in LANGUAGES:
        return outdated(ask)
    last = recalled(ask) if ask.incoming.action is None else None
    if last is not None:
        return Turn(effects=(SetLanguage(wanted),), then=last.paged(last.page))
    # The menu below the chat still speaks the old language: "menu" lays it anew. A newcomer is greeted again.
    known = bool(ask.memory.links) or ask.public
    return Turn(effects=(SetLanguage(wanted),), then="menu" if known else "start")
