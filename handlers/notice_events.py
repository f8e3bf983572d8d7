"""What is said of events: a service stopped or works again, a charge, an option, an outage, another chat.

What an event is called comes from the billing's answer of this moment where it has one; the feed's own title is used
only for what the billing does not show any more, or cannot: it is a name, never a sum.
"""

from zoneinfo import ZoneInfo

from adapters.base import Button, Tone
from billing.base import Outage, Status
from billing.position import missing
from handlers.accounts import called
from handlers.notice import Level, Told, View, about, moment, told
from handlers.notice_money import back
from handlers.public import network
from handlers.text import brief, clause
from storage.base import Letter

# ── Services ──────────────────────────────────────────────────────────────────────────────────────────────────────


def blocked(letter: Letter, view: View) -> Told | None:
    """All that is stopped for debt in one line, whichever of them it is about."""
    stand = view.stand
    stopped = [one for one in stand.services if one.status is Status.BLOCKED_DEBT]
    if not stopped or (about(letter) and about(letter) not in {one.id for one in stopped}):
        return None
    titles = ", ".join(brief(one.title) for one in stopped)
    lacks = missing(stand, view.today)
    if not lacks:
        return told(view.say("alert-blocked-paid", services=titles), *back(view), level=Level.OWN)
    after = view.say("trouble-next-debt", minutes=view.minutes)
    if lacks == stand.overdue:
        line = view.say("alert-blocked", debt=lacks, services=titles)
        return told(line, level=Level.AFTER, said="overdue", after=after)
    return told(view.say("alert-blocked-fee", sum=lacks, services=titles), level=Level.AFTER, after=after)


def unblocked(letter: Letter, view: View) -> Told | None:
    found = next((one for one in view.stand.services if one.id == about(letter)), None)
    if found is None or found.status is not Status.ACTIVE:
        return None
    return told(view.say("alert-unblocked", service=brief(found.title)), level=Level.OWN)


# ── What was taken ────────────────────────────────────────────────────────────────────────────────────────────────


def charge(letter: Letter, view: View) -> Told | None:
    buttons = (view.question("why"), operator(view))
    if view.charges is None:
        title = brief(letter.data.get("title", ""))
        line = view.say("alert-charge-untold", title=title) if title else ""
        return told(line, view.say("alert-charge-doubt"), level=Level.OWN, buttons=buttons) if line else None
    found = next((one for one in view.charges if one.id == about(letter)), None)
    if found is None or found.amount.minor <= 0:
        return None
    day = found.at.astimezone(ZoneInfo(view.stand.account.zone)).date()
    line = view.say("alert-charge", sum=found.amount, title=brief(found.title), day=day)
    return told(line, view.say("alert-charge-doubt"), level=Level.OWN, amount=found.amount, buttons=buttons)


def option(letter: Letter, view: View) -> Told | None:
    title, buttons = brief(letter.data.get("title", "")), (view.question("options"), operator(view))
    fee = None
    if view.options is not None:
        found = next((one for one in view.options if one.id == about(letter)), None)
        if found is None or found.status is not Status.ACTIVE:
            return None
        title, fee = brief(found.title), found.fee
    if not title:
        return None
    line = view.say("alert-option-free", title=title) if fee is None else view.say("alert-option", title=title, fee=fee)
    return told(line, view.say("alert-option-doubt"), amount=fee, buttons=buttons)


# ── Trouble ───────────────────────────────────────────────────────────────────────────────────────────────────────


def outage(letter: Letter, view: View) -> Told | None:
    buttons = (view.question("trouble"),)
    if view.outages is None:
        title = clause(letter.data.get("title", ""))
        line = view.say("alert-outage-untold", title=title)
        return told(line, view.say("trouble-next-outage"), buttons=buttons) if title else None
    found = next((one for one in view.outages if one.id == about(letter)), None)
    if found is None or (found.planned and found.until is not None and found.until <= view.now):
        return None
    return told(works(found, view) if found.planned else fault(found, view), view.say("trouble-next-outage"),
                buttons=buttons)  # fmt: skip


def fault(one: Outage, view: View) -> str:
    title = clause(one.title)
    if one.until is None:
        return view.say("alert-outage", title=title, since=one.since)
    if one.until < view.now:  # the promise has passed, and the fault is still told of: it is not repeated
        return view.say("alert-outage-late", title=title, since=one.since)
    return view.say("alert-outage-until", title=title, since=one.since, until=one.until)


def works(one: Outage, view: View) -> str:
    title = clause(one.title)
    if one.until is None:
        return view.say("alert-works", title=title, since=one.since)
    return view.say("alert-works-until", title=title, since=one.since, until=one.until)


def outage_over(letter: Letter, view: View) -> Told | None:
    """Over is what the billing tells of no more, or planned work whose hour has passed."""
    for one in view.outages or ():
        if one.id == about(letter) and not (one.planned and one.until is not None and one.until <= view.now):
            return None
    title = clause(letter.data.get("title", ""))
    line = view.say("alert-outage-over", title=title) if title else view.say("alert-outage-over-plain")
    return told(line, view.say("alert-outage-still"), buttons=(view.question("trouble"),))


# ── Somebody else's chat ──────────────────────────────────────────────────────────────────────────────────────────


def linked(letter: Letter, view: View) -> Told | None:
    """`letter.data`: "network" and "at" as the handler told them, "link" the new chat's link, added by storage."""
    say, link = view.say, view.watch.link
    where = network(say, letter.data.get("network", ""))
    line = say("notice-linked", account=called(say, link), network=where, at=moment(letter))
    theirs = letter.data.get("link", "")
    return told(line, buttons=(Button(say("button-stranger"), f"stranger:{theirs}:{link.id}", tone=Tone.DANGER),))


def unlinked(letter: Letter, view: View) -> Told | None:
    say = view.say
    where = network(say, letter.data.get("network", ""))
    line = say("notice-unlinked", account=called(say, view.watch.link), network=where, at=moment(letter))
    return told(line, buttons=(Button(say("button-accounts"), "accounts"), operator(view)))


def operator(view: View) -> Button:
    return Button(view.say("button-operator"), "operator")
