"""Linking an account to this chat, in both directions.

    from the chat       `link` ─▶ our own page: login, password ─▶ it shows a code ─▶ typed here, `code` ─▶ linked
    from the account    a deep link with a one-time token opens this chat ─▶ `join` asks ─▶ yes ─▶ linked

The code goes from the page into the chat and never the other way: whoever sends their own link to somebody else does
not see what that person's page shows. A token is known to the database by its hash only, lives ten minutes, works once.
"""

from datetime import timedelta
from typing import Final

from adapters.base import Button, Reply, Tone
from handlers import consent
from handlers.ask import Ask, NotMine, Turn
from handlers.codes import clean_code, hash_token, resembles_code, verify_code
from handlers.menu import button, buttons
from handlers.text import brief, tail
from storage.base import Claim, Discard, Effect, Invitation, Invite, Join, MissCode, Origin, Saw, SetLanguage, Tell

LIFE: Final = timedelta(minutes=10)
TRIES: Final = 5


def first(ask: Ask, asked: str) -> Turn:
    """What a personal question gets while nothing is linked: what linking is, and the button."""
    reply = Reply(
        ask.say("link-first", operator=ask.operator.name), keyboard=buttons(ask, ("link", "safe"), main="link")
    )
    return Turn(reply, data={"asked": asked}, personal=False)


async def link(ask: Ask) -> Turn:
    """ "link:again": the billing wants to see the customer sign in again; that is no further account."""
    if not consent.agreed(ask):
        return consent.screen(ask, "link")
    if len(ask.memory.links) >= ask.operator.max_links and ask.arguments != ("again",):
        return full(ask)
    token, incoming = ask.token(), ask.incoming
    url = f"{ask.operator.url}/link/{token}"
    reply = Reply(
        ask.say("link-page", site=ask.operator.url.split("://")[-1], operator=ask.operator.name),
        keyboard=((Button(ask.say("button-open-page"), url=url, tone=Tone.MAIN),), (button(ask.say, "no:link"),)),
    )
    invite = Invite(hash_token(token), ask.now + LIFE, incoming.name, ask.say.language)
    return Turn(reply, effects=(invite,), waits="code", data=asked_before(ask))


def full(ask: Ask) -> Turn:
    text = ask.say("link-full", count=ask.operator.max_links)
    return Turn(Reply(text, keyboard=buttons(ask, ("unlink", "accounts"))))


# ── The code from the page ────────────────────────────────────────────────────────────────────────────────────────


def typed_code(text: str) -> str | None:
    """The code in a message that is nothing else; None for words and plain numbers. Only ASCII digits count."""
    code = clean_code(text.strip()) if len(text) <= 40 else None
    return None if code is None or code.isalpha() or code.isdigit() else code


def slipped(ask: Ask) -> bool:
    """While a code is shown, what looks like one and cannot be it is a slip of the finger, and costs no try."""
    invitation = living(ask)
    shown = invitation is not None and invitation.code_hash is not None
    return shown and typed_code(ask.incoming.text) is None and resembles_code(ask.incoming.text)


def living(ask: Ask) -> Invitation | None:
    invitation = ask.memory.invitation
    return invitation if invitation is not None and invitation.expires_at > ask.now else None


async def code(ask: Ask) -> Turn:
    """Only the right code, typed into the chat that asked, completes a link."""
    typed = typed_code(ask.incoming.text)
    if slipped(ask):
        reply = Reply(ask.say("code-slipped"), keyboard=((button(ask.say, "no:link"),),))
        return Turn(reply, waits="code", data=asked_before(ask))
    if typed is None:
        raise NotMine
    if not consent.agreed(ask):
        return consent.screen(ask, "link")
    invitation = living(ask)
    if invitation is None:
        return Turn(Reply(ask.say("code-expired"), keyboard=buttons(ask, ("link",), main="link")))
    if invitation.code_hash is None:
        reply = Reply(ask.say("code-too-early"), keyboard=((button(ask.say, "no:link"),),))
        return Turn(reply, waits="code", data=asked_before(ask))
    if verify_code(invitation.code_hash, typed):
        return joined(ask, invitation)
    left = TRIES - invitation.tries - 1
    miss = MissCode(invitation.id, TRIES)
    if left <= 0:
        return Turn(Reply(ask.say("code-used-up"), keyboard=buttons(ask, ("link",), main="link")), effects=(miss,))
    reply = Reply(ask.say("code-wrong", left=left), keyboard=((button(ask.say, "no:link"),),))
    return Turn(reply, effects=(miss,), waits="code", data=asked_before(ask))


# ── The deep link from the personal account ───────────────────────────────────────────────────────────────────────


async def join(ask: Ask) -> Turn:
    """ "join:<token>" shows which account would be linked, "join:<token>:yes" links it."""
    token, *answer = ask.arguments or ("",)
    if not consent.agreed(ask):
        return consent.screen(ask, f"join:{token}")
    invitation = await ask.storage.links.invitation(hash_token(token))
    if invitation is None or invitation.expires_at <= ask.now:
        return Turn(Reply(ask.say("link-old"), keyboard=buttons(ask, ("link",), main="link")))
    if invitation.origin is not Origin.ACCOUNT:
        return Turn(Reply(ask.say("link-is-page"), keyboard=buttons(ask, ("link",), main="link")))
    if answer == ["yes"]:
        return joined(ask, invitation)
    accounts = listed(ask, invitation)
    rows = (
        (Button(ask.say("button-join"), action=f"join:{token}:yes", tone=Tone.GOOD),),
        (button(ask.say, "no:link"),),
    )
    return Turn(Reply(ask.say("join-confirm", accounts=accounts), keyboard=rows))


# ── Linked ────────────────────────────────────────────────────────────────────────────────────────────────────────


def joined(ask: Ask, invitation: Invitation) -> Turn:
    old = {link.account for link in ask.memory.links}
    new = [claim for claim in invitation.claims if claim.account not in old]
    if len(old) + len(new) > ask.operator.max_links:
        return Turn(full(ask).reply, effects=(Discard(invitation.id),))
    accounts = listed(ask, invitation)
    asked = asked_before(ask).get("asked", "").split(":")[0]
    names = dict.fromkeys(name for name in (asked, "balance", "alerts:on", "menu") if name)
    reply = Reply(ask.say("linked", accounts=accounts), keyboard=buttons(ask, tuple(names), main=next(iter(names))))
    join = Join(invitation.id, ask.operator.threshold, ask.operator.max_links, invitation.code_hash)
    return Turn(reply, effects=(join, *told(ask, new)))


def listed(ask: Ask, invitation: Invitation) -> str:
    """The accounts of an invitation, a line each."""
    return "\n".join(ask.say("account", number=tail(c.number), holder=brief(c.holder)) for c in invitation.claims)


def told(ask: Ask, new: list[Claim]) -> tuple[Effect, ...]:
    """The account's other chats hear of it, with «Это не я»; the audit too; and we know how to speak when we begin."""
    at = {"network": ask.incoming.sender.network, "at": ask.now.isoformat()}
    effects: list[Effect] = [Tell(claim.account, "linked", at) for claim in new]
    effects += [Saw(claim.account, "link", {}) for claim in new]
    if ask.memory.chat.language is None and ask.say.language != "ru":
        # A notice has no message whose language it could follow. Russian is what it falls back to anyway.
        effects.append(SetLanguage(ask.say.language))
    return tuple(effects)


def asked_before(ask: Ask) -> dict[str, str]:
    """The question for which the account is being linked: it is offered first afterwards."""
    asked = ask.memory.dialogue.data.get("asked", "")
    return {"asked": asked} if asked in {"balance", "debt", "pay", "payments"} else {}
