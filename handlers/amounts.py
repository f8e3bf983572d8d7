"""Sums as people type them, in kopecks: hundredths of whatever the account's currency is. Pure.

    amount(text)     300 · 300р · 1 500 рублей · 1,5 тыс · 2к · R$ 50,75 · 1 234,56 ₽ · пятьсот · two hundred
    amount_in(text)  «закинуть 1,5 тыс» · «хочу положить 500 на инет» · "put fifty bucks on 12345678"

The first reads a text that is nothing but a sum, perhaps with words around it that mean nothing ("на", "below"). A mark
that may be a decimal point or a thousands separator is read by what stands behind it: one or two digits are kopecks,
groups of three are thousands.

The second looks for the one sum in a sentence, and at the neighbours of every number:

    sure     a currency stands with it, or a word that counts money only («пятихатка», «2к»)
    likely   a bare number, where the sentence speaks of paying or taking
    none     it has a name (an account, an error, a flat) or a unit (days, GB, %), or it is a date, a phone, a code
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Final

from nlu.letters import clean


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


LARGEST: Final = 100_000_000_00  # kopecks: nobody means more
LETTERS: Final = words_of("т к k")  # thousands as one letter: «2к»; behind a space they may be a preposition
THOUSAND: Final = LETTERS | words_of(
    "тыс тысяч тысячи тысяча тысячу тысячей тысячам тысячами тысячах тыр тыщ тыща тыщу тыщи тысч тр косарь косаря "
    "косарей "
    "штука штуку штуки штук thousand thousands grand mil"
)
SEVERAL: Final = words_of("тысячи тысяч тыщи тыщ")
MILLION: Final = words_of("млн миллион миллиона миллионов лям ляма лямов million milhao milhoes")
HUNDRED: Final = words_of("сотня сотню сотни сотен сотка сотку сотки соток hundred hundreds")
CURRENCY: Final = words_of(
    "р руб рубль рубля рублей рубли рублю рублям рублях рублями рублик рублика рубликов рубчиков рубасов рэ rub rubs "
    "rur ruble rubles "
    "rouble roubles r$ us$ ₽ $ € £ rs reais real rublos доллар доллара долларов dollar dollars buck bucks usd brl eur "
    "euro euros евро quid pounds conto contos pila pilas prata pratas pau paus mangos"
)
SIGN: Final = words_of("r$ us$ $ € £ ₽ rub rubs usd brl eur руб рублей рубля reais rubles rs")  # before the number too
KOPECKS: Final = words_of("коп копеек копейки копейка копейку копейками kopecks kopeck centavos centavo cents к")
# Said around a sum without changing it.
SMALL: Final = words_of(
    "на до от при ниже меньше менее порог сумма сумму будет равно по если пусть поставь хочу давай предупреждай "
    "примерно "
    "below under at to is the a of set threshold limit less than when about "
    "abaixo de do menos em para por limite o a valor quando"
)
WORDS: Final = {
    0: "ноль zero", 1: "один одна одну одной одного one um uma", 2: "два две двух двумя пара пару two couple dois duas",
    3: "три трех three tres", 4: "четыре четырех four quatro", 5: "пять пяти five cinco fiver",
    6: "шесть шести six seis", 7: "семь семи seven sete", 8: "восемь восьми eight oito", 9: "девять девяти nine nove",
    10: "десять десяти десятка десятку червонец чирик ten dez tenner", 11: "одиннадцать одиннадцати eleven onze",
    12: "двенадцать двенадцати twelve doze", 13: "тринадцать тринадцати thirteen treze",
    14: "четырнадцать четырнадцати fourteen quatorze catorze", 15: "пятнадцать пятнадцати fifteen quinze",
    16: "шестнадцать шестнадцати sixteen dezesseis", 17: "семнадцать семнадцати seventeen dezessete",
    18: "восемнадцать восемнадцати eighteen dezoito", 19: "девятнадцать девятнадцати nineteen dezenove",
    20: "двадцать двадцати двадцатку twenty vinte", 30: "тридцать тридцати тридцатку thirty trinta", 40: "сорок "
    "сорока forty quarenta",
    50: "пятьдесят пятидесяти писят пийсят полтинник полтос fifty cinquenta cinquentao",
    60: "шестьдесят шестидесяти шисят sixty sessenta",
    70: "семьдесят семидесяти seventy setenta", 80: "восемьдесят восьмидесяти eighty oitenta",
    90: "девяносто девяноста ninety noventa", 100: "сто ста стольник cenzao cem cento",
    200: "двести двесте двухсот duzentao duzentos",
    300: "триста трехсот trezentos", 400: "четыреста четырехсот quatrocentos",
    500: "пятьсот пятсот пятисот пятихатка пятихатку пятихатки пятисотка пятисотку полтыщи полтысячи полкосаря "
    "полштуки "
    "quinhentos",
    600: "шестьсот шестсот шестисот seiscentos", 700: "семьсот семсот семисот setecentos", 800: "восемьсот восемсот "
    "восьмисот oitocentos",
    900: "девятьсот девятисот novecentos",
}  # fmt: skip
ONE_AND_A_HALF: Final = words_of("полтора полторы полутора")
HALF: Final = words_of("пол половиной half meio")
JOINERS: Final = frozenset({"и", "and", "e"})

LONGEST: Final = 100  # characters: a sum with words around it is never longer
# Digits in groups, or plainly; then perhaps a fraction. ASCII digits only.
FIGURE: Final = re.compile(r"([0-9]{1,3}(?:([ .,'])[0-9]{3})(?:\2[0-9]{3})*|[0-9]{1,12})(?:([.,])([0-9]{1,9}))?")
TOKEN: Final = re.compile(r"[0-9]+(?:[ .,'](?=[0-9])[0-9]+)*|r\$|[^\W\d_]+|[^\s.,!?:()\"«»]")
ACCENTS: Final = str.maketrans("ёçãáâàéêíóôõú\u00a0\u202f\u2009−–—", "еcaaaaeeiooou   ---")


@cache
def numbers() -> dict[str, int]:
    return {word: value for value, words in WORDS.items() for word in words.split()}


def amount(text: str) -> int | None:
    """Kopecks, above zero; None where the text is not one clear sum."""
    if len(text) > LONGEST:
        return None
    tokens = TOKEN.findall(text.lower().translate(ACCENTS))
    words = [t for t in tokens if t not in SMALL and t not in CURRENCY]
    if len([t for t in tokens if t in CURRENCY]) > 2 or not words:
        return None
    kopecks = figures(words) if words[0][0].isdecimal() else spoken(words)
    return kopecks if kopecks is not None and 0 < kopecks <= LARGEST else None


def figures(words: list[str]) -> int | None:
    """«1 500», «1,5 тыс», «50 рублей 75 копеек»."""
    value = figure(words[0])
    if value is None:
        return None
    rest = words[1:]
    if rest and rest[0] in THOUSAND | MILLION:
        value *= 1000 if rest[0] in THOUSAND else 1_000_000
        rest = rest[1:]
    kopecks = value * 100
    if len(rest) == 2 and rest[1] in KOPECKS and re.fullmatch("[0-9]{1,2}", rest[0]) and value == int(value):
        kopecks += int(rest[0])
        rest = []
    # Less than a kopeck is not money, and whatever else stands there makes the sum unclear.
    return int(kopecks) if not rest and kopecks == int(kopecks) else None


def figure(text: str) -> Decimal | None:
    found = FIGURE.fullmatch(text)
    if found is None:
        return None
    whole, group, mark, fraction = found.groups()
    if fraction is not None and (len(fraction) > 2 or mark == group):
        return None
    # "5.123" may be thousands or a slip: only round thousands are believed, and "0.500" never.
    if group in {".", ","} and fraction is None and whole.count(group) == 1 and not whole.endswith("0"):
        return None
    if group and whole.startswith("0"):
        return None
    digits = re.sub("[^0-9]", "", whole)
    return Decimal(f"{digits}.{fraction or 0}")


def spoken(words: Sequence[str]) -> int | None:
    """Kopecks: «две тысячи пятьсот», "two hundred", "quinhentos", «полторы тысячи», "half a grand"."""
    if len(words) == 2 and words[0] in SEVERAL:  # «тысячи две»
        words = words[::-1]
    total = part = 0
    for word in words:
        if (word in THOUSAND and word not in LETTERS) or word in MILLION:
            total, part = total + (part or 100) * (1000 if word in THOUSAND else 1_000_000), 0
        elif word in HUNDRED and part < 100_00:
            part = (part or 100) * 100
        elif word in ONE_AND_A_HALF and not part:
            part = 150
        elif word in HALF and part < 100_00:
            part += 50
        elif (value := numbers().get(word)) is not None:
            # «сто пятьдесят» goes down; «пять сто» is not a number.
            if part and (value * 100 >= part or (part // 100 % 100 and value >= 10)):
                return None
            part += value * 100
        elif word not in JOINERS:
            return None
    return (total + part) or None if (total + part) % 100 == 0 else None


# ── The one sum in a sentence ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Piece:
    """A number, a word or a mark, and where it stands in the text."""

    word: str
    start: int
    end: int

    @property
    def number(self) -> bool:
        return self.word[0] in "0123456789"


@dataclass(frozen=True, slots=True)
class Sum:
    kopecks: int
    start: int
    end: int
    sure: bool  # a currency stands with it; else it is a bare number that looks like a sum
    likely: bool = True  # what stands around a bare number speaks for a sum


EDGE: Final = Piece("-", -1, -1)
# Digits with marks between them are one piece, so that a date, a phone or a range is never read by halves.
PIECE: Final = re.compile(
    r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]{1,2})?(?![ .,'/:-]?[0-9])|[0-9]+(?:[.,'/:-]+[0-9]+)*"
    r"|us\$|r\$|\b[лl][/\\.]?[сc]\b|\ba/c\b|[^\W\d_]+|[^\s]"
)


def stems(text: str, *, whole: str = "") -> re.Pattern[str]:
    """Words that begin with one of the stems, or are one of the whole words."""
    return re.compile(rf"(?:{'|'.join(text.split())})[^\W\d_]*|(?:{'|'.join(whole.split()) or '(?!)'})")


# What a number counts when it stands behind it.
UNIT: Final = stems(
    "месяц недел суток сутк день дней дня дням секунд минут час лет годо квартал мегаб гигаб мбит кбит гбит гиг мегов "
    "мбайт процент раз балл бонус градус канал услуг номер устройств телевиз роутер телефон приставк модем ребен "
    "детей ггц симк договор подъезд этаж квартир числ человек "
    "утра вечер ночи знак километр литр последн прошл предыдущ следующ ближайш извинени благодарност звонк звонок "
    "смсок символ цифр "
    "month week day hour minute second year gig megab meg mbit mbps kbps gbps percent time point bonus channel device "
    "tvs phone router modem boxes sims kid people account line digit last past previous thank call text plan tariff "
    "план тариф "
    "manha tarde noite semana dia hora minut segund ano gigab mega por.?cento vez ponto canal canais pessoa telefone "
    "aparelho conta "
    "digito ultim "
    "desculp obrigad "
    "январ феврал марта апрел июн июл август сентябр октябр ноябр декабр januar februar march april june july august "
    "septemb octob novemb decemb janeiro fevereiro marco abril junho julho agosto setembro outubro novembro dezembro",
    whole="лс мс гц ghz mhz ms db мес м год года году г ч мин сек мая may maio мб гб тб кб мегабит мб/с mes meses "
    "mo min mins sec hr hrs gb "
    "mb tb kb g sms смс чел шт кв эт й я го е ое ого ая му х th st nd rd px tv тв am pm % ° янв фев мар апр авг "
    "сен сент окт ноя нояб дек jan feb mar apr jun jul aug sep sept oct nov dec fev abr ago dez",
)
# What a number is called when it stands behind the word: no sum.
NAME: Final = stems(
    "чек квитанц транзакц операци заказ наряд талон индекс офис кабинет сери[яией] receipt cheque order transact zip "
    "postal serial "
    "reference recibo pedido ошибк код пин парол квартир корпус подъезд этаж улиц просп порт тариф заявк обращени "
    "тикет паспорт снилс "
    "верси модел канал протокол очеред линейк пакет "
    "error code passw flat apartm house street room channel ticket request passport version model plan package "
    "erro codig senha apartament rua plano pacote chamado protocolo canal",
    whole="дом доме дома кв ул д инн кпп бик err pin apt port cpf cep rg ref ip sn оф каб casa porta серия серии "
    "win windows",
)
CARD: Final = stems("карт card cartao")
TITLED: Final = stems("тариф пакет plan package plano pacote")  # another word of the name may follow
# Whose number it is: an account's.
ACCOUNT: Final = stems(
    "контракт дагов догав акаунт лецев customer client клиент сч[её]т договор лицев аккаунт абонент номер account "
    "contract number conta contrato numero",
    whole="лс л/с лc lc l/c л.с a/c acc acct дог лиц id no n #",
)
# The last digits of an account: «кончается на 4821», "ending in 4821".
ENDING: Final = stems(
    "конча начина оканч заканч конц конец окончан котор хвост цифр ending ends digits fina(?:l|is) termin digito",
    whole="end finishing finishes tail",
)
# May stand between those words and the number.
BETWEEN: Final = words_of(
    "номер номером номера телефона phone telefone no n # : = + - ( ) « » \" ' , который которая которого которое "
    "последние последними последних "
    "лицевой лицевого лицевому лицевом мой моего мои моему number is the my with that whose last four are "
    "numero final que o a e meu minha os as com ultimos quatro sao 4 четыре * это"
)
LAST: Final = words_of("последние последними последних last ultimos")
LED: Final = words_of("на in on with em com by of")  # also, behind ENDING
YEAR_LED: Final = words_of("за в во с со по до от для год года in for since from of year em de desde do ate ano")
# The sentence speaks of money that is paid, taken, owed or waited for.
MONEY: Final = stems(
    "спиш закид докин докид подкин перекин заброс внош ложи перевож перевод потрач уплат проплат выплат занес занос "
    "прос треб возьм бер[уе] "
    "сожр съел пропал исчез ушл улет леж купи займ стоим обход "
    "полож клад класть закин кинь кину кида скин внес внос пополн оплат оплач заплат заплач плач плат перевед перевел "
    "перевес "
    "перечисл зачисл спис сня сним взял взим начисл брос отда добав дай взыск стоит стоил стал обош вышл потрат трат "
    "долж долг задолж баланс остат остал сумм порог сч[её]т квитанц итог перепл допл недопл предупр напомн лимит верн "
    "вернит возвр штраф цен абонентк абонп больш меньш минус "
    "плюс деньг денег бабл тяну содра дерут забра прилет накин обещан доверит потол дешевл дороже поступ приш упал "
    "дош присл выстав выписа прибав вырос подорож хват ниже "
    "account invoice bill put pay paid top add deposit transfer send sent charg took take taken cost price fee owe "
    "debt debit balance refund "
    "threshold limit below under less spend spent give gave load recharg credit notify warn remind chuck throw stick "
    "money lend dispute promis lost missing gone went want need got "
    "pus ponh quer precis tenho falt sumi abastec "
    "pag coloc bot recar depos transf cobr tira debit descont deve devo divid saldo cust valor limite abaixo avis "
    "adicion envi mand carreg gast multa menos dinheiro jog quanto boleto fatura conta teto",
    whole="por",
)
# Of these, none pays or takes: a bare row of four digits beside them may be an account («баланс 4821»).
STATE: Final = stems(
    "баланс остат остал сч[её]т долг задолж леж balance debt account went want need got gone lost missing "
    "saldo divid conta fatura quer precis tenho falt"
)
JOINED: Final = words_of("или либо до и - – / , or to and ou ate para a e")
LOOSE: Final = words_of("на по за до for on to by em de com para")  # may be typed without a space
PRICED: Final = words_of("на за по больше мои эти for by my this these por esse meus")
SHORT: Final = 30  # pieces: a sum with words that mean nothing is never longer
SMALLEST: Final = 10_00  # kopecks: a smaller whole number is no sum unless the verb stands beside it
NOTICED: Final = 50_00  # kopecks: from here on a bare number beside a sure sum is a second sum
DATE: Final = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])\.(?:0[1-9]|1[0-2])")
# «Всё за 500» in quotes is the name of something; the number of a sum hardly ever ends a quotation of words.
TITLE: Final = re.compile(r"[«\"“][^«»\"“”]{0,60}[^\W\d][^«»\"“”]{0,60}[0-9] ?[»\"”]")
COMPARED: Final = re.compile(r"(?:вместо|instead of|em vez de) ?$")
DAYS: Final = stems("числ дат vencim", whole="date")  # the sentence speaks of a day of the month
COUNTED: Final = stems("минут гигов гигаб мегаб мегабит процентов каналов", whole="дней часов лет раз гб мб")
DAY_LED: Final = words_of("до с со к в until till since from as ate ao")  # «до 25 не заплачу», "às 7"
ORDINAL: Final = stems("перв втор трет четверт пят шест седьм восьм девят десят двадцат тридцат")  # «двадцать третьего»
DATED: Final = re.compile(r"[0-9]{1,2}[./][0-9]{1,2}(?:[./][0-9]{2,4})?|[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEAR: Final = re.compile("199[0-9]|200[1-9]|20[1-9][0-9]")


def amount_in(text: str) -> int | None:
    """Kopecks, above zero: the one clear sum in a sentence; None where two different ones stand there, or none.

    A sum under zero («минус 300») is given without its sign.
    """
    found = {one.kopecks for one in sums_in(plain(text))}
    return found.pop() if len(found) == 1 else None


def plain(text: str) -> str:
    """The text as this module reads it: clean, small, without accents, of the length of `clean(text)` at most."""
    return clean(text.replace("№", "#")).lower().translate(ACCENTS)


def sums_in(text: str) -> list[Sum]:
    """Every sum that is meant, in a text that is `plain`, from left to right."""
    found = list(candidates(pieces(TITLE.sub(lambda title: " " * len(title[0]), text))))
    for at in range(len(found) - 2, -1, -1):  # «от 100 до 200 рублей», «500 или 600 р»
        if found[at + 1].sure and text[found[at].end : found[at + 1].start].strip() in JOINED:
            found[at] = replace(found[at], sure=True)
    sure = any(one.sure for one in found)
    least = NOTICED if sure else 0
    return [
        one
        for one in found
        # What it is compared with («вместо 500», «вместо ста мегабит») is a sum only beside another one.
        if one.sure or (one.kopecks >= least and (sure if COMPARED.search(text, 0, one.start) else one.likely))
    ]


def pieces(text: str) -> list[Piece]:
    return [Piece(one[0], one.start(), one.end()) for one in PIECE.finditer(text)]


def candidates(row: list[Piece]) -> Iterator[Sum]:
    """What may be a sum by its shape and its neighbours."""
    spoken_of = any(MONEY.fullmatch(one.word) for one in row)
    dated = any(DAYS.fullmatch(one.word) for one in row)
    at = 0
    while at < len(row):
        start = at
        value, at, counted = worded(row, at) if is_spoken(row[at].word) else digits(row, at)
        at, end = max(at, start + 1), max(at, start + 1)
        if value is None:
            continue
        after = beyond(row, end)
        signed = near(row, start - 1).word in SIGN and not is_number(row, start - 2)
        sure = near(row, after).word in CURRENCY or signed
        if near(row, after).word in KOPECKS - LETTERS:
            if value < 100_00 and value % 100 == 0:
                yield Sum(value // 100, row[start].start, row[after].end, sure=True)
            at = after + 1
            continue
        if near(row, after).word in CURRENCY:
            end = after + 1
            more, end = hundredths(row, end)
            value += more if value % 100 == 0 else 0
        elif not signed and excluded(row, start, end, dated=dated):
            continue
        at = end
        if 0 < value <= LARGEST:
            alone = len(row) <= SHORT and all(is_small(one.word) for one in (*row[:start], *row[end:]))
            sure = sure or (counted and (spoken_of or alone))
            likely = sure or (
                not is_label(row[start].word) if alone else fits(row, start, end, value, spoken_of=spoken_of)
            )
            yield Sum(value, row[start].start, row[end - 1].end, sure, likely)


def near(row: list[Piece], at: int) -> Piece:
    return row[at] if 0 <= at < len(row) else EDGE


def is_number(row: list[Piece], at: int) -> bool:
    return near(row, at).number


def beyond(row: list[Piece], at: int) -> int:
    """Past the full stop of an abbreviation."""
    return at + 1 if near(row, at).word == "." and at + 1 < len(row) else at


def is_spoken(word: str) -> bool:
    return word in numbers() or (word not in LETTERS and word in THOUSAND | MILLION | HUNDRED | ONE_AND_A_HALF | HALF)


def worded(row: list[Piece], at: int) -> tuple[int | None, int, bool]:
    """(kopecks, where it ends, whether the words count nothing but money) of a number in words."""
    end = at
    words: list[str] = []
    while end < len(row) and len(words) < 12:
        if is_spoken(row[end].word):
            words.append(row[end].word)
            end += 1
            continue
        # «две с половиной тысячи», "two and a half thousand", "a couple of hundred", "vinte e cinco"
        step = next((n for n in (1, 2) if is_spoken(near(row, end + n).word)), 0)
        if not step or any(row[end + n].word not in {"с", "и", "and", "a", "of", "e", "-"} for n in range(step)):
            break
        end += step
    value = spoken(words)
    after = near(row, end + 1).word
    if value and near(row, end).word in LETTERS and (after == "-" or after in CURRENCY):  # "five k"
        return value * 1000, end + 1, True
    if value and words[-1] in THOUSAND and value % 1000_00 == 0 and re.fullmatch("[0-9]{3}", near(row, end).word):
        value, end = value + int(row[end].word) * 100, end + 1  # «тысяча 500»
    return value, end, bool(SLANG & set(words))


SLANG: Final = words_of(
    "пятихатка пятихатку пятихатки пятисотка пятисотку полтыщи полкосаря полштуки полтинник полтос стольник косарь "
    "косаря косарей штуку тыщ тыща тыщу тыщи grand fiver tenner"
)


def digits(row: list[Piece], at: int) -> tuple[int | None, int, bool]:
    """(kopecks, where it ends, whether a word that counts money stands with it) of a number in digits."""
    if not row[at].number or (value := figure(row[at].word)) is None:
        return None, at + 1, False
    kopecks = value * 100
    then = beyond(row, at + 1)
    word, glued = near(row, then).word, near(row, then).start == row[at].end
    if word in LETTERS and not glued and near(row, beyond(row, then + 1)).word not in CURRENCY | {"-"}:
        return whole(kopecks), at + 1, False
    times = 1000 if word in THOUSAND else 1_000_000 if word in MILLION else 100 if word in HUNDRED else 1
    if times == 1:
        return whole(kopecks), at + 1, False
    kopecks *= times
    end = then + 1
    if times == 1000 and kopecks % 1000_00 == 0:
        if re.fullmatch("[0-9]{3}", near(row, end).word):  # «2 тысячи 500»
            return whole(kopecks + int(row[end].word) * 100), end + 1, True
        if is_spoken(near(row, end).word):
            more, stop, _ = worded(row, end)
            if more is not None and more < 1000_00:
                return whole(kopecks + more), stop, True
    return whole(kopecks), end, times == 1000 and (glued or word not in LETTERS)


def whole(kopecks: Decimal) -> int | None:
    return int(kopecks) if kopecks == int(kopecks) else None


def hundredths(row: list[Piece], at: int) -> tuple[int, int]:
    """(kopecks, where they end) of what may follow the rubles: «. 50 коп», "e cinquenta centavos"."""
    then = at
    for _ in range(2):
        then += near(row, then).word in {".", ",", *JOINERS}
    if is_spoken(near(row, then).word):
        value, end, _ = worded(row, then)
        more = (value or 0) // 100
    elif re.fullmatch("[0-9]{1,2}", near(row, then).word):
        more, end = int(row[then].word), then + 1
    else:
        return 0, at
    return (more, end + 1) if near(row, end).word in KOPECKS and more < 100 else (0, at)


def excluded(row: list[Piece], start: int, end: int, *, dated: bool) -> bool:
    """Whether a number without a currency is something else than a sum. `dated`: the sentence speaks of dates."""
    first, before, after = row[start], near(row, start - 1), near(row, end)
    then = near(row, end + 1)
    if UNIT.fullmatch(after.word) or (after.word == "-" and UNIT.fullmatch(then.word)):
        return True
    if COUNTED.fullmatch(before.word):  # «минут двести»
        return True
    if after.word in JOINED and then.number and UNIT.fullmatch(near(row, end + 2).word):  # "from 100 to 300 Mbit/s"
        return True
    if not first.number:
        return named(row, start) == "account" or ORDINAL.fullmatch(after.word) is not None
    plainly = first.word.isdecimal()
    if before.word == "#" or (before.end == first.start and before.word in {"*", "/"}):
        return True
    if before.end == first.start and before.word.isalpha() and before.word not in LOOSE:
        return True  # "adsl2"
    if re.match("0[0-9]", first.word):
        return True
    if after.word == "-" and after.start == first.end and then.start == after.end and then.word.isalpha():
        return True  # «44-ФЗ»
    if after.start == first.end and after.word.isalpha() and after.word not in LOOSE:
        return True
    if end > start + 1:  # «2 тысячи» has no name
        return False
    kind = named(row, start)
    if kind in {"other", "end"}:
        return True
    if kind and plainly and len(first.word) >= LABEL:
        return not (kind == "account" and ordered(row, start))
    if (plainly and len(first.word) >= LONG) or DATE.fullmatch(first.word):
        return True
    if YEAR.fullmatch(first.word) and (before.word in YEAR_LED or UNIT.fullmatch(before.word)):
        return True
    if plainly and int(first.word) <= 31:
        if UNIT.fullmatch(before.word):  # "March 15", «последние 10»
            return True
        led = before.word in DAY_LED or (before.word == "at" and not verb(row, start, 3))
        if led or dated:
            return True
        if before.word in {"по", *JOINED} and is_number(row, start - 2):  # «с 17 по 30»
            return True
        if after.word in OF and UNIT.fullmatch(then.word):  # "12 de maio", "7 da manhã"
            return True
    return beside(row, start)


OF: Final = words_of("de da do of")
LABEL: Final = 4  # digits from which on a number is an account's, if a word says so
LONG: Final = 8  # digits from which on a bare number is no sum


def is_small(word: str) -> bool:
    return word in SMALL or word in CURRENCY or not word.isalnum()


def is_label(word: str) -> bool:
    """Whether a bare number may as well be the last digits of an account, or a year."""
    if not word.isdecimal() or len(word) < LABEL:
        return False
    return not word.endswith("0" if len(word) < 6 else "000") or YEAR.fullmatch(word) is not None


def named(row: list[Piece], at: int) -> str:
    """Whose number the words before row[at] make it: "account", "end" (its last digits), "card", "other" or "": "
    "nobody's."""
    led = False
    for back in range(at - 1, max(at - 8, -1), -1):
        word = row[back].word
        if NAME.fullmatch(word):
            return "" if led else "other"
        if ENDING.fullmatch(word):
            return "end"
        if CARD.fullmatch(word):
            return "" if led else "card"
        if word in LAST and back < at - 1:  # "last four: 4821"
            return "end"
        if word == "." and len(near(row, back - 1).word) <= LABEL:  # «дог. 4821»
            continue
        if word in BETWEEN and back > 0:
            if ACCOUNT.fullmatch(word) and not (
                near(row, back - 1).word in BETWEEN or titles(near(row, back - 1).word)
            ):
                return "" if led else "account"
        elif ACCOUNT.fullmatch(word):
            return "" if led else "account"
        elif word in LED and not led:
            led = True
        else:
            other = back == at - 1 and word.isalpha() and word not in LED | YEAR_LED
            if not other or MONEY.fullmatch(word) or UNIT.fullmatch(word):
                return ""
            if TITLED.fullmatch(near(row, back - 1).word):  # «тариф Игровой 500»
                return "other"
            # «договор мамы 4821», and not «счет интернет 500»
            owned = row[at].number and ACCOUNT.fullmatch(near(row, back - 1).word) and not row[at].word.endswith("0")
            return "account" if owned else ""
    return ""


def titles(word: str) -> bool:
    return bool(NAME.fullmatch(word) or ACCOUNT.fullmatch(word) or ENDING.fullmatch(word))


def ordered(row: list[Piece], at: int) -> bool:
    """«пополнить счёт 1000»: a round number of few digits behind a verb is the sum, and not the account."""
    word = row[at].word
    head = near(row, at - 1).word
    return len(word) <= 5 and word.endswith("00") and head in {"счет", "account"} and at >= 2 and verb(row, at - 1, 3)


def verb(row: list[Piece], at: int, within: int) -> bool:
    """Whether one of the words before row[at] pays or takes."""
    words = (one.word for one in row[max(at - within, 0) : at])
    return any(MONEY.fullmatch(word) and not STATE.fullmatch(word) for word in words)


def beside(row: list[Piece], at: int) -> bool:
    """Whether numbers stand beside one another: a phone, or nobody knows which of the two is meant."""
    between = {"(", ")", "+", "-"}
    others = []
    for step in (-1, 1):
        to = at + step
        while near(row, to).word in between and 0 <= to < len(row):
            to += step
        dated = DATED.fullmatch(near(row, to).word) or UNIT.fullmatch(near(row, to + 1).word)
        if is_number(row, to) and not dated:
            others.append((row[to], is_number(row, to + step)))
    if not others:
        return False
    other, more = others[0]
    single = len(others) == 1 and not more
    return not (single and len(row[at].word) >= 3 and len(re.sub("[^0-9]", "", other.word)) > LABEL)


def fits(row: list[Piece], start: int, end: int, value: int, *, spoken_of: bool) -> bool:
    """Whether a bare number looks like a sum. `spoken_of`: the sentence speaks of money."""
    word = row[start].word
    direct = verb(row, start, 3)
    if row[start].number and value < SMALLEST and value % 100 == 0:
        return verb(row, start, 1) or (near(row, start - 1).word in LOOSE and verb(row, start - 1, 1))
    if not spoken_of:  # «500 на инет», «за инет по 600»
        led = near(row, start - 1).word in PRICED or (not start and near(row, end).word in LOOSE)
        return led and value >= NOTICED and not is_label(word)
    if not row[start].number:
        return value >= (SMALLEST if verb(row, start, 1) else 2 * SMALLEST)
    return direct or not is_label(word)
