"""How a service stands, in words: the one wording of status, tariff and fee, on whatever screen they appear.

state     «работает», «приостановлено за долг»         the status, and no colour
remedy    «заработает после оплаты 969,75 ₽»           what to do where it is off; "" where it is on
plan      «тариф «Старт»», «450,00 ₽ в месяц, спишется 1 декабря»
line      all of it after the title, as the balance lists it
"""

from typing import Final

from billing.base import Scheme, Service, Status
from billing.position import Position, missing
from handlers.ask import Ask
from handlers.text import brief

# A fee of a service that is off is an advertisement, and of a suspended one it would be taken for a coming charge.
CHARGED: Final = frozenset({Status.ACTIVE, Status.BLOCKED_DEBT})

INNER: Final = str.maketrans("«»", "„“")


def state(ask: Ask, status: Status) -> str:
    """Also of an option and of a component."""
    return ask.say(f"service-{status}")


def remedy(ask: Ask, stand: Position, s: Service) -> str:
    """What to do so that the service works; "" where there is nothing to do. The sum is the position's own."""
    match s.status:
        case Status.ACTIVE:
            return ""
        case Status.BLOCKED_DEBT:
            if wanted := missing(stand, ask.today):
                # The debt by its name: another sum beside "to pay" would be two answers to one question.
                return ask.say("service-remedy-debt" if wanted == stand.overdue else "service-remedy-pay", sum=wanted)
            return ask.say("service-remedy-paid", minutes=ask.operator.unblock_minutes)
        case Status.BLOCKED:
            return ask.say("service-remedy-support")
        case Status.SUSPENDED:
            return ask.say("service-remedy-resume")
        case Status.OFF:
            return ask.say("service-remedy-connect")


def plan(ask: Ask, scheme: Scheme, s: Service) -> list[str]:
    """Tariff, fee with the day of the next charge, and the service's own balance: as far as each is known."""
    about: list[str] = []
    if s.tariff and s.status is not Status.OFF:
        about.append(ask.say("service-tariff", tariff=tariff(s)))
    if s.fee is not None and s.status in CHARGED:
        if s.daily:
            about.append(ask.say("service-fee-daily", fee=s.fee))
        elif s.next_fee is not None and s.next_fee >= ask.today:
            about.append(ask.say(f"service-fee-{scheme}", fee=s.fee, day=s.next_fee))
        else:
            about.append(ask.say("service-fee", fee=s.fee))
    if s.balance is not None:
        about.append(ask.say("service-balance", own=s.balance))
    return about


def tariff(s: Service) -> str:
    """Its name, to be put between «»: those around it are taken off, those within it become „“."""
    name = brief(s.tariff)
    if name.startswith("«") and name.find("»") in {-1, len(name) - 1}:
        name = name.strip("«»")
    return name.translate(INNER)


def line(ask: Ask, stand: Position, s: Service) -> str:
    """«Домашний интернет: работает, тариф «Старт», 450,00 ₽ в месяц, спишется 1 декабря»."""
    about = [state(ask, s.status)]
    if s.status is Status.BLOCKED:
        about.append(remedy(ask, stand, s))
    return titled(ask, s, [*about, *plan(ask, stand.account.scheme, s)])


def titled(ask: Ask, s: Service, about: list[str]) -> str:
    return ask.say("service", title=brief(s.title), about=", ".join(about))
