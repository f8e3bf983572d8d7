"""Call detail of one phone for any period, after the owner has proved to be here (handlers.verify).

    calls[:open][:<mark>][:<span>]      by direction, the numbers called most, then call by call, eight on a page
    calls:<mark>:file[:<span>]          the whole of it as a file for Excel

Unanswered calls are not counted; incoming ones are counted apart. Days and times are the account's own, as on the
bill, and the zone is said. A number is never shown whole, in the file neither: what stays in a messenger for years may
be read by others, and it is somebody else's number. Whoever needs them whole gets them from the operator.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from adapters.base import Document, Keyboard, Reply
from billing.base import Account, Call, Capability, Direction, Money, Period, Service
from handlers import failures, files, measures, service, span, verify
from handlers.ask import Ask, Turn
from handlers.files import Form
from handlers.hours import zone_name
from handlers.menu import buttons
from handlers.service import SPOKEN
from handlers.subject import about, mark
from handlers.text import brief
from pictures.sheet import Sheet
from storage.base import Saw

MOST_CALLED: Final = 5
CHOICES: Final = 9  # buttons of phones
SHORT: Final = 4  # digits of a number that is nobody's: 112, 0890


@dataclass(frozen=True, slots=True)
class Sum:
    """So many calls, so many seconds, so much money."""

    count: int
    seconds: int
    cost: Money


async def calls(ask: Ask, account: Account) -> Turn:
    """Raises Unclear, and NotMine for typed words without a period when a period was waited for."""
    if not (ask.can(Capability.CALLS) and ask.can(Capability.SERVICES)):
        return failures.unsupported(ask)
    phones = tuple(s for s in await ask.billing.services(account.id) if s.kind in SPOKEN)
    if not phones:
        return Turn(Reply(ask.say("calls-no-phone"), keyboard=buttons(ask, ("balance", "operator"))))
    which = about(ask, "calls", phones)
    arguments, form = which.arguments, None
    if arguments[:1] == ("file",):
        arguments, form = arguments[1:], Form.CSV
    elif not arguments:
        form, arguments = files.typed(ask, "calls")
    phone = which.service or (phones[0] if len(phones) == 1 else None)
    question = f"calls:{mark(phone)}" if phone else "calls"
    asked = span.span(ask, account, question, arguments, kept=ask.billing.keeps_days)
    if phone is None:
        return Turn(Reply(ask.say("calls-which"), keyboard=choice(which.among or phones, asked.period)), waits="calls")
    then = span.action(f"{question}:file" if form else question, asked.period, asked.page)
    if proof := await verify.required(ask, account, then):
        return proof
    found = tuple(c for c in await ask.billing.calls(account.id, phone.id, asked.period) if c.seconds > 0)
    if form:
        reply = await filed(ask, account, phone, asked, found)
    else:
        reply = screen(ask, account, phones, phone, asked, found, strange=which.strange)
        if which.arguments and not which.fresh and ask.incoming.action is not None:
            reply = replace(reply, replaces=ask.incoming.message)
    whole = summed(found, account.currency)
    saw = Saw(account.id, "calls", {"count": whole.count, "cost": whole.cost.minor})
    return Turn(reply, (saw,), waits="calls", data=files.waiting(question, asked.period))


def choice(phones: Sequence[Service], period: Period) -> Keyboard:
    """A button for each phone; whoever has more names its number."""
    return service.buttons(phones[:CHOICES], lambda one: span.action(f"calls:{mark(one)}", period))


# ── The screen ────────────────────────────────────────────────────────────────────────────────────────────────────


def screen(
    ask: Ask,
    account: Account,
    phones: Sequence[Service],
    phone: Service,
    asked: span.Span,
    found: tuple[Call, ...],
    *,
    strange: bool,
) -> Reply:
    period, question = asked.period, f"calls:{mark(phone)}"
    shown, page, pages = span.paged(found, asked.page)
    blocks = [
        ask.say("calls-strange") if strange else "",
        span.note(ask, asked),
        head(ask, account, phone, period, found),
    ]
    if found and page == 1:
        blocks += ["\n".join(directions(ask, account, found)), "\n".join(most_called(ask, account, found))]
    blocks.append("\n".join(line(ask, account, call) for call in shown))
    if len(found) > len(shown):
        start = (page - 1) * span.PAGE
        blocks.append(ask.say("payments-shown", first=start + 1, last=start + len(shown), count=len(found)))
    if found:
        timed = all(call.timed for call in found)
        zone = zone_name(ask.say, account.zone)
        blocks.append(ask.say("calls-zone", zone=zone) if timed else ask.say("calls-untimed"))
    more = [ask.button("button-calls-file", span.action(f"{question}:file", period))] if found else []
    if len(phones) > 1:
        more.append(ask.button("button-calls-other", "calls"))
    rows = (*span.paging(ask, question, period, page, pages), *span.choose(ask, question), tuple(more))
    return Reply("\n\n".join(block for block in blocks if block), keyboard=tuple(row for row in rows if row))


def head(ask: Ask, account: Account, phone: Service, period: Period, found: tuple[Call, ...]) -> str:
    """Outgoing calls, which are what is paid for; the incoming ones are said apart."""
    out = summed((c for c in found if not c.incoming), account.currency)
    got = summed((c for c in found if c.incoming), account.currency)
    if out.count:
        minutes = measures.talk(ask.say, out.seconds)
        lines = [ask.say("calls-total", count=out.count, minutes=minutes, cost=out.cost, period=period)]
    else:
        lines = [ask.say("calls-none-out" if got.count else "calls-none", period=period)]
    lines.append(ask.say("calls-of", title=brief(phone.title)))
    if got.count:
        lines.append(said(ask, ask.say("calls-incoming"), got, free=not got.cost))
    return "\n".join(lines)


def directions(ask: Ask, account: Account, found: tuple[Call, ...]) -> list[str]:
    """A line for each direction of the outgoing calls, dearest first."""
    by: defaultdict[Direction, list[Call]] = defaultdict(list)
    for call in found:
        if not call.incoming:
            by[call.direction].append(call)
    sums = [(direction, summed(some, account.currency)) for direction, some in by.items()]
    sums.sort(key=lambda pair: (-pair[1].cost.minor, -pair[1].seconds, pair[0]))
    return [said(ask, ask.say(f"direction-{direction}"), one) for direction, one in sums]


def most_called(ask: Ask, account: Account, found: tuple[Call, ...]) -> list[str]:
    """The numbers called most, masked; nothing where only one number was called, or once each."""
    by: defaultdict[str, list[Call]] = defaultdict(list)
    for call in found:
        if not call.incoming and (key := plain(call.number)):
            by[key].append(call)
    sums = [(key, summed(some, account.currency)) for key, some in by.items()]
    sums.sort(key=lambda pair: (-pair[1].count, -pair[1].seconds, pair[0]))
    if len(sums) < 2 or sums[0][1].count < 2:
        return []
    return [ask.say("calls-most"), *(said(ask, masked(key), one) for key, one in sums[:MOST_CALLED])]


def said(ask: Ask, title: str, one: Sum, *, free: bool = False) -> str:
    """«Местная связь: 20 звонков, 45 мин, 0,00 ₽»."""
    minutes = measures.talk(ask.say, one.seconds)
    if free:
        return ask.say("calls-sum-free", title=title, count=one.count, minutes=minutes)
    return ask.say("calls-sum", title=title, count=one.count, minutes=minutes, cost=one.cost)


def line(ask: Ask, account: Account, call: Call) -> str:
    """«15 октября, 14:05: +7 345 ··· ··-12, 3:05, 4,50 ₽»; without the time where the billing knows the day only."""
    at = call.at.astimezone(ZoneInfo(account.zone))
    length = f"{call.seconds // 60}:{call.seconds % 60:02}"
    day, number = at.date(), shown(ask, call.number)
    if call.timed:
        text = ask.say("call", day=day, time=f"{at:%H:%M}", number=number, length=length, cost=call.cost)
    else:
        text = ask.say("call-untimed", day=day, number=number, length=length, cost=call.cost)
    return ask.say("call-incoming", call=text) if call.incoming else text


def summed(found: Iterable[Call], currency: str) -> Sum:
    some = tuple(found)
    return Sum(len(some), sum(c.seconds for c in some), sum((c.cost for c in some), Money(0, currency)))


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def masked(number: str) -> str:
    """«+7 345 ··· ··-12»: at most a code and the last two digits. A number of up to four digits, which is a service's
    and nobody's own, is shown whole; "" where there is no digit at all."""
    digits = plain(number)
    if len(digits) <= SHORT:
        return digits
    if len(digits) < 10:
        return f"··· ··-{digits[-2:]}"
    code = f"+7 {digits[1:4]}" if len(digits) == 11 and digits[0] == "7" else f"+{digits[:2]}"
    return f"{code} ··· ··-{digits[-2:]}"


def plain(number: str) -> str:
    """Its digits, one way of writing for each number: «8 (345) 2…» and «+7 345 2…» are one."""
    digits = re.sub("[^0-9]", "", number)
    if len(digits) > 11 and digits.startswith("810"):
        digits = digits[3:]  # from Russia abroad
    if len(digits) == 11 and digits[0] == "8":
        return f"7{digits[1:]}"
    return f"7{digits}" if len(digits) == 10 and not number.strip().startswith("+") else digits


def shown(ask: Ask, number: str) -> str:
    return masked(number) or ask.say("calls-unknown-number")


# ── The file ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def filed(ask: Ask, account: Account, phone: Service, asked: span.Span, found: tuple[Call, ...]) -> Reply:
    period, question = asked.period, f"calls:{mark(phone)}"
    data = await ask.draw(sheet(ask, account, found)) if found else None
    blocks = [span.note(ask, asked), head(ask, account, phone, period, found)]
    if data is not None:
        blocks.append(ask.say("calls-file-inside", size=measures.size(ask.say, len(data))))
    elif found:
        blocks.append(ask.say("calls-file-undrawn"))
    name = files.called(ask, "calls-file", account, period, Form.CSV)
    return Reply(
        "\n\n".join(block for block in blocks if block),
        keyboard=(
            (ask.button("button-calls-back", span.action(f"calls:open:{mark(phone)}", period)),),
            *span.choose(ask, f"{question}:file"),
        ),
        document=Document(data, name, files.TYPES[Form.CSV]) if data is not None else None,
    )


def sheet(ask: Ask, account: Account, found: tuple[Call, ...]) -> Sheet:
    """Oldest first; seconds and sums as numbers, so that Excel adds them up."""
    zone = ZoneInfo(account.zone)
    ways = {False: ask.say("calls-outgoing"), True: ask.say("calls-incoming")}
    names = {direction: ask.say(f"direction-{direction}") for direction in Direction}
    digits = -get_currency_precision(account.currency)
    head = (
        ask.say("calls-column-time", zone=zone_name(ask.say, account.zone)),
        ask.say("calls-column-way"),
        ask.say("calls-column-number"),
        ask.say("calls-column-direction"),
        ask.say("calls-column-seconds"),
        ask.say("calls-column-cost", currency="₽" if account.currency == "RUB" else account.currency),
    )
    rows = tuple(
        (
            c.at.astimezone(zone) if c.timed else c.at.astimezone(zone).date(),
            ways[c.incoming],
            shown(ask, c.number).removeprefix("+"),  # a leading plus would be a formula's
            names[c.direction],
            c.seconds,
            Decimal(c.cost.minor).scaleb(digits),
        )
        for c in sorted(found, key=lambda call: call.at)
    )
    return Sheet(head, rows)
