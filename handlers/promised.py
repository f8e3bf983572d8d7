"""The promised payment («обещанный платёж»): terms first, then a question, then the result. Or why not, and from when.

    promised               the terms as they are now; or the refusal, its day, and what helps instead
    promised:ask:<offer>   «Взять»: the terms once more, as a question
    promised:yes:<offer>   taken: balance and promise as two figures, which nobody adds up

The offer's id travels with the buttons, and billings take each offer once: a double tap, a repeated event or a crash
between the billing and the chat take nothing twice. An id that is old or forged is refused by the billing, and what
holds now is shown instead. Typed, «да» goes from step to step.

No screen offers it where the billing cannot, or would refuse: `offered` is asked first.
"""

import re
from datetime import timedelta
from typing import Final

from adapters.base import Keyboard, Reply, Tone
from billing.base import Account, Balance, Capability, Offer, Refusal, Refused
from billing.position import Position
from handlers.ask import Ask, NotMine, Turn
from handlers.balance import saw
from handlers.menu import buttons
from handlers.text import brief
from storage.base import Saw

OFFER: Final = re.compile("[A-Za-z0-9_-]{1,40}")
# A yes that reached us later than this is answered to nobody (bot.dispatch): then nothing is taken, nor charged for.
HEARD: Final = timedelta(hours=1)
ONLY_TIME: Final = frozenset({Refusal.RECENT, Refusal.NEWCOMER, Refusal.OTHER})  # a day is to be named, known or not


async def promised(ask: Ask, account: Account) -> Turn:
    """Raises NotMine for typed words other than a yes, when one was waited for."""
    if not ask.can(Capability.PROMISES):
        return Turn(Reply(ask.say("promised-impossible"), keyboard=buttons(ask, ("pay", "operator"))), personal=False)
    step, offer = wanted(ask)
    match step:
        case "yes" if ask.now - ask.incoming.sent_at <= HEARD:
            return await take(ask, account, offer)
        case "ask":
            return await confirm(ask, account, offer)
        case _:
            return await terms(ask, account, await ask.billing.offer(account.id))


async def offered(ask: Ask, account: Account) -> bool:
    """Whether one may be taken now: asked before a button for it is shown."""
    return ask.can(Capability.PROMISES) and (await ask.billing.offer(account.id)).refusal is None


def wanted(ask: Ask) -> tuple[str, str]:
    """(step, offer) of the button or of a typed yes; ("", "") for the terms."""
    if ask.arguments:
        step, *rest = ask.arguments
        return (step, rest[0]) if len(rest) == 1 and OFFER.fullmatch(rest[0]) else ("", "")
    dialogue = ask.memory.dialogue
    if dialogue.question != "promised" or not ask.text:
        return "", ""
    meaning = ask.meaning
    if meaning.question != "yes" or not meaning.whole:
        raise NotMine
    return dialogue.data.get("step", ""), dialogue.data.get("offer", "")


# ── Terms and the question ────────────────────────────────────────────────────────────────────────────────────────


async def terms(ask: Ask, account: Account, offer: Offer, *, changed: bool = False) -> Turn:
    """The terms, with `changed` when others were agreed to; or the refusal."""
    if offer.refusal is not None:
        return await refused(ask, account, offer)
    lines = [ask.say("promised-changed")] if changed else []
    lines += [ask.say("promised-terms", sum=offer.amount), *conditions(ask, offer)]
    lines += ["", ask.say("promised-not-own"), ask.say("promised-otherwise")]
    rows: Keyboard = (
        (ask.button("button-promised-ask", f"promised:ask:{offer.id}", Tone.MAIN),),
        *buttons(ask, ("pay", "operator")),
    )
    waiting = {"step": "ask", "offer": offer.id}
    return Turn(Reply("\n".join(lines), keyboard=rows), effects=(seen(offer),), waits="promised", data=waiting)


def conditions(ask: Ask, offer: Offer) -> list[str]:
    fee = ask.say("promised-fee", fee=offer.fee) if offer.fee else ask.say("promised-free")
    return [fee, ask.say("promised-until", day=ask.say.until(offer.until))]


async def confirm(ask: Ask, account: Account, wanted_: str) -> Turn:
    offer = await ask.billing.offer(account.id)
    if offer.refusal is not None or offer.id != wanted_:
        return await terms(ask, account, offer, changed=True)
    text = "\n".join([ask.say("promised-sure", sum=offer.amount), *conditions(ask, offer)])
    rows: Keyboard = (
        (
            ask.button("button-promised-yes", f"promised:yes:{offer.id}", Tone.GOOD),
            ask.button("button-no-promised", "no:promised"),
        ),
    )
    waiting = {"step": "yes", "offer": offer.id}
    return Turn(Reply(text, keyboard=rows), effects=(seen(offer),), waits="promised", data=waiting)


# ── The result ────────────────────────────────────────────────────────────────────────────────────────────────────


async def take(ask: Ask, account: Account, wanted_: str) -> Turn:
    try:
        balance = await ask.billing.promise(account.id, wanted_)
    except Refused as no:
        return await terms(ask, account, no.offer, changed=True)
    if balance.promised is None:  # a button of long ago: that one was taken then, and is paid back
        return await terms(ask, account, await ask.billing.offer(account.id), changed=True)
    lines = [ask.say("promised-taken"), *figures(ask, balance), "", ask.say("promised-not-own")]
    lines.append(ask.say("promised-on-again", minutes=ask.operator.unblock_minutes))
    effect = Saw(account.id, "promised", {"own": balance.own.minor, "promised": balance.promised.minor})
    return Turn(Reply("\n".join(lines), keyboard=buttons(ask, ("balance", "pay"))), effects=(effect,))


def figures(ask: Ask, balance: Balance | Position) -> list[str]:
    """Own money and the promise, each by itself."""
    lines = [ask.say("figure-own", own=balance.own)]
    if balance.promised is None:
        return [*lines, ask.say("figure-promised-none")]
    if balance.promised_until is None:
        return [*lines, ask.say("figure-promised", promised=balance.promised)]
    day = ask.say.until(balance.promised_until)
    return [*lines, ask.say("figure-promised-until", promised=balance.promised, day=day)]


def seen(offer: Offer) -> Saw:
    return Saw(offer.account, "promised", {"amount": offer.amount.minor, "fee": offer.fee.minor})


# ── The refusal ───────────────────────────────────────────────────────────────────────────────────────────────────


async def refused(ask: Ask, account: Account, offer: Offer) -> Turn:
    """The reason in words, the day it becomes possible, and what helps until then."""
    stand = await ask.position(account)
    lines = [reason(ask, offer, stand)]
    if offer.refusal is Refusal.OUTSTANDING:
        lines += figures(ask, stand)
    if offer.possible is not None and offer.possible > ask.today:
        lines.append(ask.say("promised-possible", day=ask.say.on(offer.possible)))
    elif offer.refusal in ONLY_TIME:
        lines.append(ask.say("promised-possible-unknown"))
    lines += instead(ask, offer, stand)
    names = ("pay", "balance") if offer.refusal is Refusal.NEEDLESS else ("pay", "operator")
    return Turn(Reply("\n".join(lines), keyboard=buttons(ask, names)), effects=(saw("promised", stand),))


def reason(ask: Ask, offer: Offer, stand: Position) -> str:
    if offer.refusal is Refusal.OTHER and (words := brief(offer.reason, 200)):
        return ask.say("promised-no-reason", reason=words)
    if offer.refusal is Refusal.DEBT:
        return ask.say("promised-no-debt", debt=stand.overdue)
    if offer.refusal is Refusal.NEEDLESS:
        lasts = stand.lasts_until  # as the balance says it: an offer looks ahead a few days only
        return ask.say("promised-no-needless", day=lasts) if lasts else ask.say("promised-no-needless-plain")
    return ask.say(f"promised-no-{offer.refusal}")


def instead(ask: Ask, offer: Offer, stand: Position) -> list[str]:
    if offer.refusal is Refusal.SCHEME and stand.issued and stand.issued_due is not None and not stand.overdue:
        return [ask.say("promised-bill-due", sum=stand.issued, day=ask.say.until(stand.issued_due))]
    if offer.refusal is Refusal.OUTSTANDING:
        return [ask.say("promised-pay-back")]
    if offer.refusal is Refusal.NEEDLESS:
        return [ask.say("promised-later")]
    if not stand.to_pay:
        return []
    return [ask.say("promised-instead", sum=stand.to_pay)]
