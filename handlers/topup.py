"""Top up: a sum, then every way to pay it on one screen.

    topup             what is to be paid, as buttons with sums; any other is typed
    topup:<kopecks>   the ways to pay that sum

    the picture       a payment order as a QR code (GOST R 56042-2014): any bank's app fills in the transfer
    the requisites    the same order in words, each value at the end of its own line, so that it copies cleanly
    a link            the operator's payment page, account and sum filled in
    «Оплатить здесь»  where the network takes payments itself: handlers.invoice

What is not set up is neither shown nor spoken of; with nothing set up the screen says so and gives the phones.

This is the one screen that shows the account number whole. Whoever types the order into a bank's form needs it, the
picture holds it anyway, and four last digits in a payment's purpose would send the money nowhere. It is the customer's
own, he has asked for it, and every other screen, notice and log keeps to the last four.
"""

import re
from typing import Final

from adapters.base import Button, Keyboard, Picture, Reply, Tone
from billing.base import Account, Money, Status
from billing.position import Position, missing, next_fees
from handlers import periods
from handlers.alerts import short
from handlers.amounts import amount, amount_in
from handlers.ask import Ask, NotMine, Turn
from handlers.balance import saw
from handlers.contacts import line as contact
from handlers.menu import COLUMNS, buttons
from handlers.pay import answer, figure, pay_url, payable, payee, possible
from handlers.region import local
from handlers.text import tail
from handlers.understand import understand
from pictures.base import Payee
from pictures.code import PaymentCode
from storage.base import Saw

ROUND: Final = (300_00, 500_00, 1_000_00, 2_000_00)  # kopecks: what people put on an account when nothing is wanted
PROPOSED: Final = 4  # buttons with sums


async def topup(ask: Ask, account: Account) -> Turn:
    """Raises NotMine for typed words that are another question when a sum was waited for."""
    if not possible(ask, account):
        return await nowhere(ask, account)
    wanted = named(ask)
    if isinstance(wanted, int) and not payable(ask, wanted):
        wanted = "topup-range"
    match wanted:
        case None:
            return await which(ask, account)
        case str():
            least, largest = (Money(limit, account.currency) for limit in ask.operator.sum_between)
            text = ask.say(wanted, least=least, largest=largest) if wanted == "topup-range" else ask.say(wanted)
            return Turn(Reply(text, keyboard=buttons(ask, ("topup", "operator"))), waits="topup", personal=False)
        case int():
            return await ways(ask, account, Money(wanted, account.currency))


async def nowhere(ask: Ask, account: Account) -> Turn:
    """What is to be paid, and who says how."""
    stand = await ask.position(account)
    rows = buttons(ask, ("pay", "operator"))
    if ask.operator.account_url:
        rows = ((Button(ask.say("button-account-site"), url=ask.operator.account_url, tone=Tone.MAIN),), *rows)
    phones = [contact(ask, one) for one in local(ask)]
    first = answer(ask, stand) if stand.to_pay else ask.say("pay-none")
    text = ask.say("topup-nowhere-phones" if phones else "topup-nowhere", operator=ask.operator.name)
    return Turn(Reply("\n".join([first, "", text, *phones]), keyboard=rows), effects=(saw("topup", stand),))


# ── Which sum ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def which(ask: Ask, account: Account) -> Turn:
    """What is to be paid comes first; with nothing to pay, sums are offered and not urged."""
    stand = await ask.position(account)
    largest = Money(ask.operator.sum_between[1], account.currency)
    lines = [answer(ask, stand) if stand.to_pay else ask.say("pay-none")]
    if stand.to_pay.minor > largest.minor:
        lines.append(ask.say("topup-at-once", largest=largest))
    if enough := switching_on(ask, stand):
        lines.append(ask.say("topup-debt", debt=Money(enough, account.currency)))
    lines.append(ask.say("topup-which" if stand.to_pay else "topup-ahead"))
    sums = [
        Button(
            short(ask, sum_, account), action=f"topup:{sum_}", tone=Tone.PLAIN if n or not stand.to_pay else Tone.MAIN
        )
        for n, sum_ in enumerate(proposed(ask, stand))
    ]
    rows = tuple(tuple(sums[at : at + COLUMNS]) for at in range(0, len(sums), COLUMNS))
    reply = Reply("\n".join(lines), keyboard=(*rows, *buttons(ask, ("pay",))))
    return Turn(reply, effects=(saw("topup", stand),), waits="topup")


def proposed(ask: Ask, stand: Position) -> list[int]:
    """Kopecks, the most fitting first: what is to be paid, else the next fees; then larger round sums."""
    least, largest = ask.operator.sum_between
    wanted = stand.to_pay.minor or sum(fee.amount.minor for fee in next_fees(stand.services, ask.today))
    first = [min(max(wanted, least), largest)] if wanted else []
    if least <= (enough := switching_on(ask, stand)) < min(wanted, largest):
        first.append(enough)
    return [*first, *(sum_ for sum_ in ROUND if sum_ > wanted and least <= sum_ <= largest)][:PROPOSED]


def switching_on(ask: Ask, stand: Position) -> int:
    """Kopecks of debt that alone keep services stopped, where more than that is to be paid; else 0."""
    stopped = any(one.status is Status.BLOCKED_DEBT for one in stand.services)
    alone = stopped and missing(stand, ask.today) == stand.overdue < stand.to_pay
    return stand.overdue.minor if alone else 0


def named(ask: Ask) -> int | str | None:
    """Kopecks; or the sentence that says what is wrong with the sum; or None: no sum was named yet."""
    if ask.arguments:
        return int(ask.arguments[0]) if re.fullmatch("[0-9]{1,12}", ask.arguments[0]) else "topup-no-sum"
    if not ask.text:
        return None
    waiting = ask.memory.dialogue.question == "topup"
    if waiting and others(ask):
        raise NotMine
    found = sum_in(ask.text)
    return "topup-no-sum" if found is None and waiting and not asks(ask.text) else found


def asks(text: str) -> bool:
    """Whether the words ask for a top-up, with a sum or without."""
    return understand(text).question == "topup"


def others(ask: Ask) -> bool:
    """Whether what was typed instead of a sum is a question of its own."""
    question = understand(ask.text).question
    if question and question not in {"topup", "yes"} and not question.isdigit():
        return True
    worded = re.search(r"[^\W\d_]{3}", ask.text) is not None
    found = periods.parse(ask.text, ask.today, ask.say.language) if worded and amount(ask.text) is None else None
    return isinstance(found, periods.Found | periods.Ambiguous)


DIGIT: Final = re.compile("[0-9]")
MINUS: Final = re.compile(r"(?:[-−–—]\s?|\b(?:минус|minus|menos) )[0-9]")
NOTHING: Final = re.compile(r"[^0-9]*0+(?:[.,]0+)?(?![0-9.,])")
FRACTION: Final = re.compile(r"[0-9][.,][0-9]{3,}(?![0-9])")
ENDLESS: Final = re.compile(r"[0-9]{9,}")  # an account's or a phone's number is no sum either


def sum_in(text: str) -> int | str | None:
    """The one sum in the words: «положи 1,5 тыс на интернет»; else what is wrong with it, or None without one."""
    if MINUS.search(text.lower()) or NOTHING.match(text):
        return "topup-range"
    # A bare number may be anything in a sentence; alone it is the sum that was asked for.
    found = amount(text) or amount_in(text)
    if found is not None or not DIGIT.search(text):
        return found
    if FRACTION.search(text):
        return "topup-kopecks"
    return "topup-range" if ENDLESS.search(text) else "topup-no-sum"


# ── The ways to pay it ────────────────────────────────────────────────────────────────────────────────────────────


async def ways(ask: Ask, account: Account, sum_: Money) -> Turn:
    """One screen: the picture, the same in words, and the buttons."""
    to = payee(ask, account)
    blocks = [ask.say("topup", number=tail(account.number), sum=sum_)]
    picture = None
    if to is not None:
        purpose = ask.operator.purpose.replace("{account}", account.number)
        data = await ask.draw(PaymentCode(to, sum_.minor, account.number, purpose))
        picture = Picture(data, "QR.png") if data is not None else None
        if data is not None:
            blocks.append(ask.say("topup-code"))
        blocks.append("\n".join(requisites(ask, to, purpose, sum_)))
        blocks.append(ask.say("topup-days", days=ask.operator.credit_days))
    if ask.operator.pay_url:
        blocks.append(ask.say("topup-page"))
    if here(ask, sum_.minor):
        blocks.append(ask.say("topup-here"))
    blocks.append(ask.say("topup-other"))
    reply = Reply("\n\n".join(blocks), keyboard=keyboard(ask, account, sum_), picture=picture)
    return Turn(reply, effects=(Saw(account.id, "topup", {"amount": sum_.minor}),), waits="topup")


def here(ask: Ask, kopecks: int) -> bool:
    """Whether the network itself takes such a sum."""
    return ask.invoices is not None and ask.invoices[0] <= kopecks <= ask.invoices[1]


def requisites(ask: Ask, to: Payee, purpose: str, sum_: Money) -> list[str]:
    """What a bank's form asks for, one value a line."""
    lines = [ask.say("topup-requisites"), ask.say("topup-payee", value=to.name)]
    lines += [ask.say("topup-inn", value=to.inn)] if to.inn else []
    lines += [ask.say("topup-kpp", value=to.kpp)] if to.kpp else []
    lines += [ask.say("topup-account", value=to.account), ask.say("topup-bank", value=to.bank)]
    lines += [ask.say("topup-bic", value=to.bic)]
    lines += [ask.say("topup-corr", value=to.corr_account)] if to.corr_account.strip("0") else []
    return [*lines, ask.say("topup-purpose", value=purpose), ask.say("topup-sum", value=figure(sum_))]


def keyboard(ask: Ask, account: Account, sum_: Money) -> Keyboard:
    rows: list[tuple[Button, ...]] = []
    if ask.operator.pay_url:
        url = pay_url(ask.operator.pay_url, account, sum_)
        rows.append((Button(ask.say("button-pay-now", sum=sum_), url=url, tone=Tone.MAIN),))
    if here(ask, sum_.minor):
        rows.append((ask.button("button-invoice", f"invoice:{sum_.minor}", Tone.MAIN),))
    rows.append((ask.button("button-topup-other", "topup"), ask.button("button-balance", "balance")))
    return tuple(rows)
