"""«Почему так много?»: the charges of two periods side by side, and the three largest differences with their reasons.

    why                    today's month against the same days of the month before; in its first days, and where bills
                           come after the month, the last whole month against the one before it
    why:<span>, «почему так много за март»
                           that period against the one before it (handlers.differences.preceding)

Both periods are always said. What is named and «прочее» add up to the difference, to the kopeck.
"""

from datetime import timedelta
from typing import Final

from adapters.base import Keyboard, Reply
from billing.base import Account, Capability, Charge, Kind, Money, Option, Period, Scheme, Service, Usage
from handlers import failures, files, measures, span
from handlers.ask import Ask, Turn
from handlers.differences import Comparison, Difference, Reason, compare, directions, preceding, talk
from handlers.text import brief
from storage.base import Saw

BEGINNING: Final = 7  # days: so young a month says little yet


async def why(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for typed words without a period when a period was waited for."""
    if not ask.can(Capability.CHARGES):
        return failures.unsupported(ask)
    asked = span.span(ask, account, "why", ask.arguments)
    now = asked.period
    young = account.scheme is Scheme.CREDIT or ask.today.day <= BEGINNING
    if not ask.arguments and not asked.note and now == span.preset(ask, "month") and young:
        now = span.preset(ask, "last")
    before = preceding(now)
    note = span.note(ask, asked)
    if account.since is not None and before.last < account.since:
        return await alone(ask, account, now, note)
    if account.since is not None and before.first < account.since:
        before = Period(account.since, before.last)
    services = await ask.billing.services(account.id) if ask.can(Capability.SERVICES) else ()
    charges = await both(ask, account, before, now)
    found = compare(*charges, services, currency=account.currency)
    if options := await options_of(ask, account, services, found):
        found = compare(*charges, services, options, account.currency)
    hint = f"{ask.say('why-hint')} {ask.say('why-doubt')}"
    return turn(ask, account, now, found, [note, *await told(ask, account, services, before, now, found), hint])


async def both(
    ask: Ask, account: Account, before: Period, now: Period
) -> tuple[tuple[Charge, ...], tuple[Charge, ...]]:
    return await ask.billing.charges(account.id, before), await ask.billing.charges(account.id, now)


async def alone(ask: Ask, account: Account, now: Period, note: str) -> Turn:
    """The contract began in this very period: there is nothing to compare it with."""
    found = compare((), await ask.billing.charges(account.id, now), currency=account.currency)
    if not found.all:
        return turn(ask, account, now, found, [note, ask.say("why-first-none", period=now)])
    return turn(ask, account, now, found, [note, ask.say("why-first", sum=found.now, period=now), ask.say("why-doubt")])


def turn(ask: Ask, account: Account, now: Period, found: Comparison, blocks: list[str]) -> Turn:
    text = "\n\n".join(block for block in blocks if block)
    figures = {"now": found.now.minor, "before": found.before.minor}
    saw = Saw(account.id, "why", figures)
    return Turn(Reply(text, keyboard=keyboard(ask, now)), (saw,), waits="why", data=files.waiting("why", now))


def keyboard(ask: Ask, now: Period) -> Keyboard:
    return (
        (ask.button("button-why-charges", span.action("charges:open", now)),),
        *span.choose(ask, "why")[:1],
        (ask.button("button-operator", "operator"),),
    )


# ── The words ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def told(
    ask: Ask, account: Account, services: tuple[Service, ...], before: Period, now: Period, found: Comparison
) -> list[str]:
    lines = [said(ask, services, one) for one in found.named]
    for at, one in enumerate(found.named):
        if one.reason is Reason.CALLS and (text := await talked(ask, account, services, one, before, now)):
            lines[at] = f"{lines[at]}. {text}"
    if found.rest:
        lines.append(change(ask, ask.say("why-rest"), found.rest))
    return [answer(ask, found, before, now), "\n".join([ask.say("why-lines"), *lines]) if lines else ""]


def answer(ask: Ask, found: Comparison, before: Period, now: Period) -> str:
    sum_, was, more = found.now, found.before, found.amount
    if more.minor > 0:
        return ask.say("why-more", sum=sum_, period=now, more=more, before=before, was=was)
    if more.minor < 0:
        return ask.say("why-less", sum=sum_, period=now, less=-more, before=before, was=was)
    if not sum_ and not found.all:
        return ask.say("why-nothing", period=now, before=before)
    return ask.say("why-same", sum=sum_, period=now, before=before)


def said(ask: Ask, services: tuple[Service, ...], one: Difference) -> str:
    """«• Домашний интернет: на 100,00 ₽ больше. Цена изменилась: было 650,00 ₽, стало 750,00 ₽»."""
    head = change(ask, brief(one.title), one.amount)
    match one.reason:
        case Reason.NEW_SERVICE | Reason.GONE_SERVICE | Reason.NEW_OPTION | Reason.ONCE | Reason.ADDED | Reason.GONE:
            reason = ask.say(WORDS[one.reason])
        case Reason.TARIFF:
            reason = ask.say("why-tariff", title=brief(one.was), before=one.before, now=one.now)
        case Reason.TIMES:
            reason = ask.say("why-times", before=one.times[0], now=one.times[1])
        case Reason.PRICE | Reason.SUM | Reason.CALLS:
            reason = ask.say(WORDS[one.reason], before=one.before, now=one.now)
        case Reason.REFUND:
            reason = ask.say("why-refund", sum=-one.now)
        case Reason.NO_REFUND:
            reason = ask.say("why-no-refund", sum=-one.before)
        case Reason.REFUNDS:
            reason = ask.say("why-refunds", before=-one.before, now=-one.now)
    return f"{head}. {reason}"


WORDS: Final = {
    Reason.NEW_SERVICE: "why-new-service",
    Reason.GONE_SERVICE: "why-gone-service",
    Reason.NEW_OPTION: "why-new-option",
    Reason.ONCE: "why-once",
    Reason.ADDED: "why-added",
    Reason.GONE: "why-gone",
    Reason.PRICE: "why-price",
    Reason.SUM: "why-sum",
    Reason.CALLS: "why-calls",
}


def change(ask: Ask, title: str, amount: Money) -> str:
    if amount.minor > 0:
        return ask.say("why-line-more", title=title, sum=amount)
    return ask.say("why-line-less", title=title, sum=-amount)


# ── Further facts ─────────────────────────────────────────────────────────────────────────────────────────────────


async def options_of(
    ask: Ask, account: Account, services: tuple[Service, ...], found: Comparison
) -> tuple[Option, ...]:
    """The options of the services whose differences may come from one."""
    if not ask.can(Capability.DETAILS):
        return ()
    wanted = {Reason.ONCE, Reason.ADDED, Reason.SUM}
    # Charges may be of a service that the account has no more: nothing can be asked about that one.
    ids = sorted({s.id for s in services} & {one.service for one in found.named if one.reason in wanted})
    details = [await ask.billing.details(account.id, id) for id in ids]
    return tuple(option for one in details for option in one.options)


async def talked(
    ask: Ask, account: Account, services: tuple[Service, ...], one: Difference, before: Period, now: Period
) -> str:
    """The direction that explains it, in minutes: one that the charge names, if it names any; "" where usage does not
    tell or is not kept so long."""
    if not ask.can(Capability.USAGE):
        return ""
    kept = ask.billing.keeps_days
    if kept is not None and before.first < ask.today - timedelta(days=kept - 1):
        return ""
    lines = [s.id for s in services if s.kind in {Kind.PHONE, Kind.MOBILE} and one.service in {s.id, None}]

    async def usage(period: Period) -> tuple[Usage, ...]:
        return tuple([u for id in lines for u in await ask.billing.usage(account.id, id, period)])

    among = directions(one.title)
    found = talk(await usage(before), await usage(now), more=one.amount.minor > 0, among=among)
    if found is None:
        return ""
    minutes = {"before": measures.talk(ask.say, found.before), "now": measures.talk(ask.say, found.now)}
    if len(among) == 1:
        return ask.say("why-talk-time", **minutes)
    return ask.say("why-talk", direction=ask.say(f"direction-{found.direction}"), **minutes)
