"""conceal(event): a password typed into the chat is taken out before anything is stored.

Called at intake, for every event. What remains is an event with the action "password" and no text: the customer is
warned and the message is erased where the network can do it, but the words themselves reach no table and no log.

What counts as a password, rather once too often than once too rarely:

    пароль: qwerty · login ivan password 1234 · senha=abc     a word for it, and something that may be one
    ivan Qwerty12                                              up to three words, one of which mixes letters and digits
    Qwerty12                                                   such a word alone

and what does not: the link's code (six characters), e-mail addresses, links, dates, sums with a currency, phones, and
questions about passwords ("забыл пароль", "how do I reset my password?"). Linear: the text is cut before it is read.
"""

import re
from dataclasses import replace
from typing import Final

from adapters.base import Incoming

LONGEST: Final = 2000  # characters of a message that are kept: nobody asks about money in more

KEYWORD: Final = re.compile(
    r"(?:парол\w{0,4}|логин\w{0,4}|password|passwd|passcode|pwd|login|senha|pass|pin)", re.IGNORECASE
)
# Words that stand beside "password" when somebody asks about it.
ASKING: Final = """
    а в во для до за забыл забыла забыли и из или как какой кабинет кабинета кабинету куда личного личный меня менять
    мне мой моего можно надо не нет нету новый нужен о от ошибка по поменять помню помогите потерял потеряла почему
    подходит пришел придет сбросить сброс сменить смена смс стоит такой уже узнать восстановить восстановление что
    это этот я зачем вводить ввести ввел ввела входа вход верный неверный правильный безопасно писать сюда где его
    a about an and can change do does enter for forgot forgotten from get have help here how i in incorrect invalid is
    it my need new not of on or recover reset safe send should the to type what when where which why with work wrong you
    your don't doesn't cannot can't name account code page
    alterar aqui com como conta de devo digitar do e enviar errada esqueci esquecida eu mudar minha meu não nao nova o
    para perdi por posso preciso qual quero recuperar redefinir seguro trocar uma sua onde pagina
"""
ABOUT: Final = frozenset(ASKING.split())
SEPARATED: Final = re.compile(
    rf"(?<!\w){KEYWORD.pattern}(?:[ \t]{{0,3}}[:=][ \t]{{0,3}}|[ \t]{{1,3}}[—–-][ \t]{{1,3}})(\S{{2,64}})",
    re.IGNORECASE,
)
TOKEN: Final = re.compile(r"\S+")
EDGES: Final = ".,;:!?()[]{}<>«»\"'“”…"
MIXED: Final = re.compile(r"(?=[!-~]*[A-Za-z])(?=[!-~]*[0-9])[!-~]{8,64}")
LATIN: Final = re.compile(r"[!-~]{4,64}")
MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|fev|abr|mai|ago|set|out|dez"
HARMLESS: Final = re.compile(
    rf"""[^@\s]{{1,64}}@[^@\s]{{1,64}}            # an e-mail address
      | (?:https?://|www\.)\S*                     # a link
      | /\S*                                       # a command
      | [\d.,]{{1,16}}(?:rub|rur|rubles?|usd|eur|brl|reais|gb|mb|mbps|min)      # a sum, a volume
      | \d{{0,4}}[-/.]?(?:{MONTHS})[a-z]{{0,7}}[-/.]?\d{{0,4}}                  # a date
      | \d{{4}}-\d\d-\d\d[tT][\d:.+zZ-]{{0,24}}    # a time""",
    re.VERBOSE | re.IGNORECASE,
)


def conceal(incoming: Incoming) -> Incoming:
    """The event as it may be stored: cut to a readable length, and without a typed password."""
    text = incoming.text[:LONGEST]
    if incoming.action is None and looks_like_password(text):
        return replace(incoming, text="", action="password")
    return incoming if text == incoming.text else replace(incoming, text=text)


def looks_like_password(text: str) -> bool:
    tokens = [token.strip(EDGES) for token in TOKEN.findall(text[:LONGEST])]
    tokens = [token for token in tokens if token]
    mixed = any(MIXED.fullmatch(t) and not HARMLESS.fullmatch(t) for t in tokens)
    named = [at for at, token in enumerate(tokens) if KEYWORD.fullmatch(token)]
    if any(told.strip(EDGES).lower() not in ABOUT for told in SEPARATED.findall(text)):
        return True
    if named:
        return mixed or beside(text, tokens, named)
    return mixed and len(tokens) <= 3


def beside(text: str, tokens: list[str], named: list[int]) -> bool:
    """Whether something that may be a password stands with a word for it."""
    rest = [t for t in tokens if not KEYWORD.fullmatch(t) and t.lower() not in ABOUT]
    if not rest:
        return False
    if any(any(c.isdigit() for c in t) and len(t) >= 3 and not HARMLESS.fullmatch(t) for t in rest):
        return True
    russian = any("а" <= c <= "я" for at in named for c in tokens[at].lower())
    if russian and any(LATIN.fullmatch(t) and not HARMLESS.fullmatch(t) for t in rest):
        return True
    # "пароль котик", "login ivan password kotik": short, and what follows is no word of a question.
    following = [tokens[at + 1] for at in named if at + 1 < len(tokens)]
    return len(tokens) <= 5 and len(rest) == len(following) and any(t.lower() not in ABOUT for t in following)
