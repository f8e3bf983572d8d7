"""«Мои данные» and «забудь меня»: everything that is kept about a chat, shown and erased on request.

The export is the only place where a full account number is written: it is the customer's own copy (152-FZ art. 14).
Both work without a consent: a right to one's data does not depend on agreeing to anything.
"""

import json
from collections.abc import Mapping
from typing import Any

from adapters.base import Button, Document, Reply, Tone
from handlers.ask import Ask, Turn
from handlers.menu import button, buttons
from storage.base import Forget


async def export(ask: Ask) -> Turn:
    kept = await ask.storage.links.export(ask.incoming.sender)
    chat = ask.memory.chat
    lines = [ask.say("export", operator=ask.operator.name), ask.say("export-links", count=len(ask.memory.links))]
    if chat.consent is not None and chat.consent_at is not None:
        lines.append(ask.say("export-consent", version=chat.consent, at=chat.consent_at))
    else:
        lines.append(ask.say("export-no-consent"))
    lines.append(ask.say("alerts-on" if chat.alerts else "alerts-off"))
    return Turn(Reply("\n".join(lines), keyboard=buttons(ask, ("forget", "menu")), document=document(ask, kept)))


def document(ask: Ask, kept: Mapping[str, Any]) -> Document:
    data = json.dumps(kept, ensure_ascii=False, indent=2, default=str).encode()
    return Document(data, f"{ask.say('export-file')}_{ask.today.isoformat()}.json", "application/json")


async def forget(ask: Ask) -> Turn:
    """ "forget" asks, "forget:yes" erases: the farewell is the last thing that is sent, and it is erased as well."""
    if ask.arguments == ("yes",):
        return Turn(Reply(ask.say("farewell"), menu=()), effects=(Forget(),), personal=False)
    yes = Button(ask.say("button-forget-yes"), action="forget:yes", tone=Tone.DANGER)
    return Turn(Reply(ask.say("forget-confirm"), keyboard=((yes,), (button(ask.say, "no:forget"),))))
