"""What a sentence asks of the alerts, as the action that a button would carry. Pure, and linear in the text's length.

    «не присылай про платежи»             topic:paid:off
    «предупреждай за 5 и 2 дня»           topic:soon:5.2     of which topic, the account's scheme decides
    "warn me 3 days before the due date"  topic:due:3
    «присылай баланс по средам в 9 утра»  topic:digest:3:540
    «напоминай в 18:30»                   hour:1110
    «присылай уведомления сюда»           here:on
    «напомни завтра»                      remind

Every word has to be known here: a sentence that says anything else is no wish, and is read by others. Words are stems
over folded letters (nlu.letters.fold), in three languages at once, because people mix them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from handlers.amounts import numbers, plain, words_of
from handlers.due import FARTHEST, NEAREST, STEPS
from handlers.phrases import fillers
from nlu.letters import fold
from storage.base import Topic

LONGEST: Final = 100  # characters
MOST: Final = 16  # words
SOON: Final = "soon"  # before the money ends, or before a bill is due: whichever the account has


def stems(text: str) -> re.Pattern[str]:
    """Words that begin with one of the stems; with "$" behind it the stem is the whole word."""
    return re.compile("|".join(fold(one) + ("" if one.endswith("$") else "[^ ]*") for one in text.split()))


# To tell from now on, by language; to tell now, or from now on; the things that are told; the other ways to switch.
TELL: Final = {
    "ru": stems("предупрежда предупред сообщаи сообщать$ присылаи присылать$ уведомля уведоми оповеща оповест "
                "напомина пиши$ пишите$ писать$ шли$ шлите$ слать$"),
    "en": stems("notify warn$"),
    "pt": stems("avise$ avisa$ avisar$ avisem$ notifique$ notifica$ notificar$ alerte$"),
}  # fmt: skip
ONCE: Final = {
    "ru": stems("пришли$ пришлите$ прислать$ сообщи$ сообщите$ напомни$ напомните$ напомнить$"),
    "en": stems("send$ sending$ tell$ telling$ write$ remind$"),
    "pt": stems("lembre$ lembra$ lembrar$ mande$ manda$ mandar$ envie$ envia$ enviar$ escreva$"),
}
NOUN: Final = {
    "ru": stems("уведомлен оповещен напоминан предупрежден алерт"),
    "en": stems("alert$ alerts$ notification reminder$ reminders$ warning$ warnings$"),
    "pt": stems("aviso$ avisos$ notificac lembrete alertas$"),
}
AGAIN: Final = stems("напомн напомин предупре remind warn lembr")  # of what is still to come
ON: Final = stems("включи вруби подключи верни turn$ switch$ enable activate on$ ative$ ativar$ ativa$ ligue$ ligar$")
OFF: Final = stems(
    "отключи выключи убери убрать$ хватит$ прекрат перестан disable mute stop$ off$ desativ deslig pare$ parar$ tire$ "
    "tirar$ cancel silenci"
)
NOT: Final = words_of("не без dont not no never nao sem nunca")
HOW: Final = words_of("как how como")
HERE: Final = words_of("сюда здесь here aqui")
TOMORROW: Final = words_of("завтра tomorrow amanha")
EVERY: Final = words_of("каждыи каждую каждое каждого every each toda todas todo todos cada")
BEFOREHAND: Final = words_of("до перед заранее before ahead beforehand antes")
WEEKLY: Final = stems("еженедельн weekly$ semanal semanais$")
TIMES: Final = words_of("раз once vez")  # «раз в неделю»
DAY: Final = words_of("день дня днеи дню суток сутки day days dia dias")
WEEK: Final = words_of("неделю недели недель week weeks semana semanas")
AND: Final = words_of("и или and or e ou")
AHEAD: Final = words_of("за a the")  # «за день», "a week before"
# Words that change nothing beside these.
SMALL: Final = words_of(
    "про о об обо насчет за до по в во на к с и или а что когда если чтобы мне меня нам нас больше того будет будут "
    "только теперь надо нужно хочу моем моему моих деньги денег деньгах деньгами заранее вперед через после этот эту "
    "чат чате следующего уже скоро перед стать станет стало новых новые новом новыи конец конце конца "
    "окончании сообщения сообщении сообщение "
    "about of for me my us our do date after the a an if that when on in at to before ahead i want any more anymore "
    "please you only with advance by is are will was new money this chat and or up out messages message "
    "sobre de do da data depois dos das o a os as me meu minha meus minhas nos se que em no na nas para pra por antes "
    "com mais eu quero favor antecedencia e ou ao este esse novo nova novos novas dinheiro estiver for ja mensagens "
)
# What is told; which of two topics is meant where both are named, comes first.
TOPICS: Final = {
    Topic.DIGEST: stems("сводк дайджест digest summary resumo$ resumos$"),
    Topic.PROMISE: stems("обещан доверит promised prometid"),
    Topic.OUTAGE: stems(
        "авари перебо сбой$ сбои$ сбоев$ сбоях$ работах$ работы$ техническ планов outage maintenance breakdown pane$ "
        "panes$ falha falhas interrup manutenc"
    ),
    Topic.SERVICE: stems(
        "отключение$ отключения$ отключении$ отключениях$ отключению$ блокиров приостан suspen block bloque"
    ),
    Topic.OVERDUE: stems("просроч долг задолж неуплат overdue debt$ debts$ arrears divida atras vencid"),
    Topic.FEE: stems("абонплат абонентск fee$ fees$ mensalidade"),
    Topic.DUE: stems("срок$ срока$ сроке$ сроку$ сроках$ due$ deadline vencimento prazo"),
    Topic.LASTS: stems("кончат кончит кончают закончат закончит заканчив хватает$ run$ runs$ running$ acab termin"),
    Topic.CHARGE: stems("списан подписк опци необычн charge$ charges$ subscription option cobranc assinatur unusual"),
    Topic.PAID: stems(
        "платеж оплата$ оплаты$ оплате$ оплату$ оплатах$ поступлен пополнен зачислен payment top$ pagamento recarga"
    ),
    Topic.BILL: stems("счет$ счете$ счета$ счетах$ квитанц bill$ bills$ invoice fatura boleto conta$ contas$"),
    Topic.LOW: stems("низк мало$ малом$ баланс остат low$ balance$ saldo$ baixo$"),
}  # fmt: skip
# A topic that takes the other's words into its own: «срок оплаты счёта», «деньги на балансе кончаются».
TAKES: Final = {
    Topic.DIGEST: {Topic.LOW},
    Topic.PROMISE: {Topic.PAID},
    Topic.OUTAGE: {Topic.SERVICE},
    Topic.SERVICE: {Topic.OVERDUE},
    Topic.OVERDUE: {Topic.PAID, Topic.BILL},
    Topic.FEE: {Topic.CHARGE, Topic.PAID},
    Topic.DUE: {Topic.PAID, Topic.BILL},
    Topic.LASTS: {Topic.LOW, Topic.SERVICE},
}
INCOMING: Final = stems("поступлен пополнен зачислен top$ recarga")  # «пополнение счёта» is no bill
# Before what the days of a sentence count.
BEFORE: Final = {
    Topic.CHARGE: Topic.FEE,
    Topic.PAID: SOON,
    Topic.BILL: Topic.DUE,
    Topic.LOW: Topic.LASTS,
    Topic.SERVICE: SOON,
    **{one: one for one in (Topic.LASTS, Topic.FEE, Topic.DUE, Topic.OVERDUE, Topic.PROMISE)},
}
ORDINAL: Final = words_of("segunda terca quarta quinta sexta")  # «na segunda conta»: weekdays beside these only
WEEKDAYS: Final = (
    stems("понедельник monday mondays segunda segundas"),
    stems("вторник tuesday tuesdays terca tercas"),
    stems("среда$ среду$ средам$ среды$ wednesday quarta"),
    stems("четверг thursday quinta"),
    stems("пятниц friday sexta"),
    stems("суббот saturday sabado"),
    stems("воскресен sunday domingo"),
)
FEIRA: Final = words_of("feira feiras")
FEIRAS: Final = [[one] for one in FEIRA]
WITH_FEIRA: Final = EVERY | words_of("na as nas")
KNOWN: Final = BEFOREHAND | HOW | HERE | TOMORROW | EVERY | FEIRA | SMALL
SPEAKS: Final = re.compile("|".join(one.pattern for group in (TELL, ONCE, NOUN) for one in group.values()))


@dataclass
class Said:
    """What the words of a sentence are."""

    languages: set[str] = field(default_factory=set)
    tell: bool = False
    once: bool = False
    how: bool = False
    before: bool = False
    again: bool = False
    noun: bool = False
    on: bool = False
    off: bool = False
    here: bool = False
    tomorrow: bool = False
    topics: set[Topic] = field(default_factory=set)
    incoming: bool = False
    joined: bool = False
    days: list[int] = field(default_factory=list)
    weekdays: set[int] = field(default_factory=set)
    weekly: bool = False
    clock: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    action: str
    language: str | None  # of the words that say it; None: several


def wished(text: str) -> Wish | None:
    """The action that the sentence asks for; None: it asks for nothing here, or for something beside it."""
    tokens = fold(text).split() if len(text) <= LONGEST else []
    if len(tokens) > MOST or not any(SPEAKS.fullmatch(one) for one in tokens):
        return None
    said = read(text)
    action = asked(said) if said is not None else ""
    if said is None or not action:
        return None
    if said.how:  # it is shown, and nothing is changed
        action = ":".join(action.split(":")[:2]) if action.startswith("topic") else action.split(":")[0]
    return Wish(action, next(iter(said.languages)) if len(said.languages) == 1 else None)


def asked(said: Said) -> str:
    """The action; "": the words are known, and ask for nothing that has a name."""
    topics, dated, weekly = sole(said), bool(said.days), bool(said.weekdays) or said.weekly
    clock = "" if said.clock is None else f":{said.clock}"
    lasting = said.tell or said.noun
    ahead = lasting or said.again
    if said.tomorrow:
        return "remind" if said.again and not (said.off or dated or weekly) else ""
    if said.here:
        return "here:on" if not (said.off or topics or dated or weekly) else ""
    if weekly:
        if dated or topics - {Topic.DIGEST, Topic.LOW}:
            return ""
        if said.off:
            return f"topic:{Topic.DIGEST}:off"
        if len(said.weekdays) > 1 or not (said.tell or said.once or said.on or said.weekdays):
            return f"topic:{Topic.DIGEST}"
        return f"topic:{Topic.DIGEST}:{next(iter(said.weekdays), 'on')}{clock}"
    if len(topics) > 1:
        return "topics" if lasting else ""
    topic = next(iter(topics), None)
    if dated:
        return of_days(said, topic, clock) if ahead else ""
    if topic is None:
        return f"hour{clock}" if clock and ahead and not said.off else ""
    about = BEFORE.get(topic, topic) if said.before else SOON if topic is Topic.PAID and said.again else topic
    if said.off:
        # «Деньги не пришли» is no wish.
        return f"topic:{about}:off" if lasting or "ru" not in said.languages else ""
    if not lasting and not (said.again and said.before):
        return ""  # "send me the bill", «напомни баланс»: now
    return f"topic:{about}:on{clock}" if said.tell or said.on or not lasting else f"topic:{about}"


def of_days(said: Said, topic: Topic | None, clock: str) -> str:
    about = SOON if topic is None else BEFORE.get(topic)
    if about is None or len(set(said.days)) > STEPS or not all(NEAREST <= one <= FARTHEST for one in said.days):
        return ""
    days = ".".join(map(str, sorted(set(said.days), reverse=about is not Topic.OVERDUE)))
    return f"topic:{about}" if said.off else f"topic:{about}:{days}{clock}"


def sole(said: Said) -> set[Topic]:
    """The topics that are meant: without those whose words belong to another's."""
    found = set(said.topics)
    for topic in said.topics:
        found -= TAKES.get(topic, set())
    if found == {Topic.PAID, Topic.BILL} and not said.joined:
        return {Topic.PAID if said.incoming else Topic.DUE}
    return found


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(text: str) -> Said | None:
    """What each word is; None: one of them is none of ours."""
    said, words = Said(), figured(text)
    found = clock_in(words)
    if found is not None:
        said.clock, words = found[0], f"{words[: found[1]]} {words[found[2] :]}"
    tokens = fold(words).split()
    at = 0
    while at < len(tokens):
        taken = counted(tokens, at, said) or word(tokens, at, said)
        if not taken:
            return None
        at += taken
    return said


def counted(tokens: Sequence[str], at: int, said: Said) -> int:
    """How many tokens from `at` on are days or weeks: «за 5 и 2 дня», «за неделю», «каждую неделю», «раз в неделю»."""
    token, rest = tokens[at], [one for one in tokens[at + 1 : at + 3] if one not in {"в", "a", "as", "por", "na"}]
    if token in EVERY | TIMES and rest and rest[0] in WEEK:
        said.weekly = True
        return tokens.index(rest[0], at) - at + 1
    if token in DAY | WEEK and at and tokens[at - 1] in AHEAD:
        said.days.append(7 if token in WEEK else 1)
        return 1
    row: list[int] = []
    for further, one in enumerate(tokens[at:]):
        figure = number(one)
        if figure is not None:
            row.append(figure)
        elif row and one in DAY | WEEK:
            said.days += [figure * (7 if one in WEEK else 1) for figure in row]
            return further + 1
        elif not row or one not in AND | AHEAD:
            break
    return 0  # a number that counts no days


def number(token: str) -> int | None:
    return int(token) if re.fullmatch("[0-9]{1,3}", token) else numbers().get(token)


def word(tokens: Sequence[str], at: int, said: Said) -> int:
    """1 where the token is one of ours, else 0."""
    token = tokens[at]
    for patterns, name in ((NOUN, "noun"), (TELL, "tell"), (ONCE, "once")):
        languages = {language for language, pattern in patterns.items() if pattern.fullmatch(token)}
        if languages:
            said.languages |= languages
            setattr(said, name, True)
            said.tell |= not at and token in {"alert"}
            said.again |= bool(AGAIN.fullmatch(token))
            return 1
    weekday = next((n for n, pattern in enumerate(WEEKDAYS, 1) if pattern.fullmatch(token)), None)
    if weekday is not None and (
        token not in ORDINAL or tokens[at + 1 : at + 2] in FEIRAS or tokens[at - 1] in WITH_FEIRA
    ):
        said.weekdays.add(weekday)
        return 1
    topic = next((one for one, pattern in TOPICS.items() if pattern.fullmatch(token)), None)
    if topic is not None:
        said.topics.add(topic)
        said.incoming |= bool(INCOMING.fullmatch(token))
        return 1
    if WEEKLY.fullmatch(token):
        said.weekly = True
        return 1
    off, on = token in NOT or bool(OFF.fullmatch(token)), bool(ON.fullmatch(token))
    said.off, said.on = said.off or off, said.on or on
    said.here |= token in HERE
    said.tomorrow |= token in TOMORROW
    said.joined |= token in AND
    said.before |= token in BEFOREHAND
    said.how |= token in HOW
    return 1 if off or on or token in KNOWN or token in fillers() else 0


# ── What is typed on a topic's own screen ─────────────────────────────────────────────────────────────────────────

DAYS_ONLY: Final = DAY | AND | words_of("за до через by before in por com antes de after após apos dias срока the")


def days_in(text: str) -> tuple[int, ...]:
    """«за 5 и 2 дня», «5, 2», «неделю»: the days that are typed, in their order; () where anything else is said."""
    tokens = fold(plain(text[:LONGEST])).split()
    row: list[int] = []
    for token in tokens:
        if (figure := number(token)) is not None:
            row.append(figure)
        elif token in WEEK:
            row = [*row[:-1], row[-1] * 7] if row else [7]
        elif token not in DAYS_ONLY:
            return ()
    return tuple(row or ([1] if set(tokens) & DAY else []))


def weekday_in(text: str) -> int | None:
    """The one weekday that is typed: «по средам»."""
    tokens = [one for one in fold(text[:LONGEST]).split() if one not in SMALL | FEIRA | fillers()]
    found = [n for one in tokens for n, pattern in enumerate(WEEKDAYS, 1) if pattern.fullmatch(one)]
    return found[0] if len(found) == len(tokens) == 1 else None


# ── The clock ─────────────────────────────────────────────────────────────────────────────────────────────────────

HALVES: Final = r"утра|вечера|ночи|a\.?m\b\.?|p\.?m\b\.?|da manha|da tarde|da noite"
PARTS: Final = rf"дня|{HALVES}"  # «в 3 дня», and not «за 3 дня»
CLOCKS: Final = (
    re.compile(rf"(?:\b(?:в|к|at|as|a)\s)?\b([0-9]{{1,2}})(?:[:.]|h)([0-9]{{2}})(?:h|\b)(?:\s?({PARTS}))?"),
    re.compile(rf"\b(?:в|к|as)\s([0-9]{{1,2}})(?:\s?(?:часов|часа|час|ч|h|horas|hora)\b)?(?:\s?({PARTS}))?(?![0-9:.])"),
    re.compile(rf"(?:\bat\s)?\b([0-9]{{1,2}})\s?(?:o'?clock|часов|часа|h\b|horas)?\s?({HALVES})"),
    re.compile(r"(?:\b(?:at|в|as)\s)?\b([0-9]{1,2})\s?(o'?clock|часов\b|часа\b|h\b|horas\b)"),
)
NAMED: Final = re.compile(r"\b(?:в |at |ao )?(полдень|noon|meio[- ]dia)\b")
SPELT: Final = re.compile("|".join(rf"\b{word}\b" for word, figure in sorted(numbers().items()) if 1 <= figure <= 12))


def figured(text: str) -> str:
    """Plain, with figures in place of the small numbers that are written out."""
    return SPELT.sub(lambda found: str(numbers()[found[0]]), plain(text))


def clock_in(text: str) -> tuple[int, int, int] | None:
    """(minutes after midnight, where it begins, where it ends) of the one time of day in a text that is `plain`."""
    if (named := NAMED.search(text)) is not None:
        return 12 * 60, named.start(), named.end()
    for pattern in CLOCKS:
        found = pattern.search(text)
        if found is None:
            continue
        minutes = of_day(found.groups())
        if minutes is not None:
            return minutes, found.start(), found.end()
    return None


def of_day(groups: Iterable[str | None]) -> int | None:
    hour, minute, part = 0, 0, ""
    figures = [one for one in groups if one]
    hour = int(figures[0])
    for one in figures[1:]:
        minute, part = (int(one), part) if one.isdecimal() else (minute, one.replace(".", ""))
    if part in {"дня", "вечера", "pm", "da tarde", "da noite"} and hour < 12:
        hour += 12
    elif part == "ночи" and 9 <= hour <= 12:
        hour = (hour + 12) % 24
    elif part in {"am", "утра", "da manha"} and hour == 12:
        hour = 0
    return (hour * 60 + minute) % (24 * 60) if hour <= 24 and minute < 60 and (hour < 24 or not minute) else None


def hour_in(text: str) -> int | None:
    """Minutes after midnight, where the text is nothing but a time of day: «в 9 утра», «18:30», «9», «в девять»."""
    words = figured(text[:LONGEST]).strip(" .!")
    found = clock_in(words)
    if found is not None:
        rest = fold(f"{words[: found[1]]} {words[found[2] :]}").split()
        return found[0] if set(rest) <= SMALL | fillers() else None
    bare = re.fullmatch(r"(?:(?:в|at|as|a)\s)?([0-9]{1,2})", words)
    return int(bare[1]) % 24 * 60 if bare is not None and int(bare[1]) <= 24 else None
