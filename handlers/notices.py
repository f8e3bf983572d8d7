"""What we say first: money is running out, it is back, another chat was linked to the account, or let go.

A notice is drawn at the moment of sending, from figures asked for at that moment. What was true when it was queued may
be true no longer:

    low, restored              only while alerts are on and consented to, still true, and outside the quiet hours
    linked, unlinked-elsewhere at once, at any hour: somebody else may be looking at the account
    credited                   at once: whoever has just paid in the chat waits for it
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.base import Button, Keyboard, Reply, Tone
from billing.base import Money, Status
from billing.position import Position
from handlers.accounts import called
from handlers.ask import Operator
from handlers.menu import button
from handlers.public import network
from handlers.text import Say
from storage.base import Chat, Letter, Saw, Watch


@dataclass(frozen=True, slots=True)
class Drop:
    """Not to be sent here, ever."""

    reason: str
    elsewhere: bool = False  # it is still news: the account's next chat that wants alerts hears of it


@dataclass(frozen=True, slots=True)
class Later:
    until: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """One message for a letter and for those that came with it (`Letter.also`)."""

    reply: Reply
    saw: tuple[Saw, ...] = ()  # for the audit, one for each letter that is shown
    without: tuple[tuple[Letter, Drop | Later], ...] = ()  # those of them that are not in it, and what becomes of each


def draw(
    letter: Letter, watch: Watch, stand: Position, say: Say, now: datetime, operator: Operator
) -> Reply | Drop | Later:
    """The words of a letter whose kind is not "reply". Pure; `say` is in the chat's language and zone."""
    match letter.kind:
        case "low" | "restored":
            return alert(letter.kind, watch, stand, say, now, operator)
        case "linked":
            return linked(letter, watch, say)
        case "unlinked-elsewhere":
            where = network(say, letter.data.get("network", ""))
            text = say("notice-unlinked", account=called(say, watch.link), network=where, at=moment(letter))
            return Reply(text, keyboard=((button(say, "accounts"), button(say, "operator")),))
        case "credited":
            return credited(letter, watch, stand, say)
        case _:
            return Drop("unknown kind")


# ── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def alert(
    kind: str, watch: Watch, stand: Position, say: Say, now: datetime, operator: Operator
) -> Reply | Drop | Later:
    chat, threshold = watch.chat, Money(watch.link.threshold, stand.account.currency)
    if not chat.alerts:
        return Drop("muted")
    if not chat.reachable:
        return Drop("blocked")
    if chat.consent != operator.consent_version:
        return Drop("consent")
    low = stand.available < threshold
    if low != (kind == "low"):
        return Drop("no longer true")
    until = quiet_until(chat, stand, now)
    if until is not None:
        return Later(until)
    lines = running_out(stand, threshold, say) if low else restored(stand, say)
    if watch.others:
        lines.insert(0, say("account-line", account=called(say, watch.link)))
    return Reply("\n".join(lines), keyboard=keyboard(watch, stand, say))


def running_out(stand: Position, threshold: Money, say: Say) -> list[str]:
    lines = [
        say("alert-debt", debt=stand.overdue, threshold=threshold)
        if stand.overdue
        else say("alert-low", own=stand.own, threshold=threshold)
    ]
    if stand.lasts_until is not None:
        lines.append(say("alert-lasts", day=stand.lasts_until))
    if stand.to_pay and stand.pay_by is not None and stand.pay_by > say.today:
        lines.append(say("alert-pay", sum=stand.to_pay, day=stand.pay_by))
    elif stand.to_pay:
        lines.append(say("alert-pay-today", sum=stand.to_pay))
    if stand.promised is not None:
        lines.append(say("alert-promised", promised=stand.promised))
    return lines


def restored(stand: Position, say: Say) -> list[str]:
    lines = [say("alert-restored", own=stand.own)]
    if stand.lasts_until is not None:
        lines.append(say("alert-lasts", day=stand.lasts_until))
    return lines


def credited(letter: Letter, watch: Watch, stand: Position, say: Say) -> Reply | Drop:
    """A payment made in this chat has reached the account. The sum is the network's, the balance the billing's."""
    try:
        paid = Money(int(letter.data["amount"]), letter.data["currency"])
    except (KeyError, ValueError):
        return Drop("no sum")
    lines = [say("notice-credited", sum=paid), say("notice-balance", own=stand.own)]
    if stand.overdue:
        lines.append(say("figure-debt", debt=stand.overdue))
    elif any(service.status is Status.BLOCKED_DEBT for service in stand.services):
        lines.append(say("notice-unblocking"))
    if watch.others:
        lines.insert(0, say("account-line", account=called(say, watch.link)))
    action = f"choose:{watch.link.id}:balance" if watch.others else "balance"
    return Reply("\n".join(lines), keyboard=((Button(say("button-balance"), action, tone=Tone.MAIN),),))


def keyboard(watch: Watch, stand: Position, say: Say) -> Keyboard:
    """With several accounts a button first goes to the account that the alert is about."""

    def about(action: str, tone: Tone = Tone.PLAIN) -> Button:
        return Button(
            say(f"button-{action}"), f"choose:{watch.link.id}:{action}" if watch.others else action, tone=tone
        )

    first = (about("pay", Tone.MAIN), about("balance")) if stand.to_pay else (about("balance"),)
    return (first, (button(say, "alerts:off"),))


def quiet_until(chat: Chat, stand: Position, now: datetime) -> datetime | None:
    """When the quiet hours that hold now are over, in UTC; None: they do not hold. Equal ends: there are none."""
    start, end = chat.quiet_from, chat.quiet_to
    zone = ZoneInfo(chat.zone or stand.account.zone)
    here = now.astimezone(zone)
    minute = here.hour * 60 + here.minute
    inside = start <= minute < end if start < end else (minute >= start or minute < end) and start != end
    if not inside:
        return None
    day = here.date() if minute < end else here.date() + timedelta(days=1)
    return max(at(day, end, zone), now + timedelta(minutes=1))


def at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """That wall-clock time as an instant; one that the clocks skip is the first one after the gap."""
    local = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone)
    return local.astimezone(UTC)


# ── Somebody else's chat ──────────────────────────────────────────────────────────────────────────────────────────


def linked(letter: Letter, watch: Watch, say: Say) -> Reply:
    """`letter.data`: "network" and "at" as the handler told them, "link" the new chat's link, added by storage."""
    where = network(say, letter.data.get("network", ""))
    text = say("notice-linked", account=called(say, watch.link), network=where, at=moment(letter))
    theirs = letter.data.get("link", "")
    not_me = Button(say("button-stranger"), action=f"stranger:{theirs}:{watch.link.id}", tone=Tone.DANGER)
    return Reply(text, keyboard=((not_me,),))


def moment(letter: Letter) -> datetime:
    told = letter.data.get("at")
    return datetime.fromisoformat(told) if told else letter.created_at
