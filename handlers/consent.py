"""Consent to the processing of personal data: asked once, on a screen of its own, in a versioned text.

152-FZ art. 9 (as of 1 September 2025): consent is a document apart from everything else. The version and the time are
kept with the chat; a new version is asked for again. "Забудь меня" takes it back.
"""

from adapters.base import Button, Reply, Tone
from handlers.ask import Ask, Turn
from storage.base import GiveConsent

ACTION_BYTES = 64  # Telegram's limit of callback_data, the smallest of the three networks


def agreed(ask: Ask) -> bool:
    return ask.memory.chat.consent == ask.operator.consent_version


def screen(ask: Ask, asked: str, text: str = "") -> Turn:
    """The text with its two buttons. `asked` is the action that is gone on with, `text` what was typed for it."""
    version = ask.operator.consent_version
    action = f"consent:{version}:{asked}"
    if len(action.encode()) > ACTION_BYTES:
        action = f"consent:{version}:{asked.split(':')[0]}"[:ACTION_BYTES]
    reply = Reply(
        ask.say("consent", operator=ask.operator.name, version=version),
        keyboard=(
            (Button(ask.say("button-agree"), action=action, tone=Tone.GOOD),),
            (Button(ask.say("button-disagree"), action="no:consent"),),
        ),
    )
    return Turn(reply, data={"text": text[:200]} if text else {}, personal=False)


async def consent(ask: Ask) -> Turn:
    """ "consent:<version>:<action>": the consent to that very text, then the action."""
    version, *asked = ask.arguments or ("",)
    then = ":".join(asked) or "menu"
    if version != ask.operator.consent_version:
        return screen(ask, then)
    effects = () if agreed(ask) else (GiveConsent(version),)
    return Turn(effects=effects, then=then)
