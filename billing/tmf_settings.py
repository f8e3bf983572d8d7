"""The settings of TM Forum Open APIs: addresses, credentials, and what an operator's own words mean.

The standard leaves the words free: types of balances, names of characteristics, states. Each table below says what the
usual ones mean; its setting adds to it and wins over it. Words are compared by `key`: "Deposit Balance",
"depositBalance" and "deposit_balance" are one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from billing.base import Direction, Kind, Scheme, Status, Use, Way
from given import Given, Setting

APIS: Final[Mapping[str, str]] = {
    "account": "TMF666 account management: accounts and balances. Everything begins with it.",
    "bill": "TMF678 customer bills: bills and charges.",
    "payment": "TMF676 payments.",
    "prepay": "TMF654 prepay balances: money where TMF666 names none; top-ups where TMF676 has no payments.",
    "product": "TMF637 product inventory: services, tariffs, fees.",
    "usage": "TMF635 usage: use by day and call detail; needs the products.",
    "consumption": "TMF677 usage consumption: what is left of packages; needs the products.",
    "customer": "TMF629 customers: the accounts of whoever signed in as a customer.",
}


def _url(api: str) -> str:
    return f"TMF_{api.upper()}_URL"


SETTINGS: Final = (
    *(Setting(_url(api), f"Base address of {about}") for api, about in APIS.items()),
    Setting("TMF_V5", f"APIs that speak v5, by commas, of: {', '.join(APIS)}. The others speak v4."),
    Setting("TMF_TOKEN_URL", "OAuth 2 token endpoint (client credentials) for all of them. Empty: no token."),
    Setting("TMF_CLIENT_ID", "Client there."),
    Setting("TMF_CLIENT_SECRET", "Its secret.", secret=True),
    Setting("TMF_SCOPE", "Scope to ask for; often none."),
    Setting(
        "TMF_CREDENTIALS",
        'APIs with credentials of their own, as JSON: {"bill": {"token_url": …, "client_id": …, "client_secret": …, '
        '"scope": …}, "usage": {"authorization": "Basic …"}}.',
        secret=True,
    ),
    Setting("TMF_AUTHORIZATION", "Authorization header for a gateway with a fixed one, in place of a token.", "", True),
    Setting("TMF_ISSUER", "OpenID Connect issuer at which customers sign in. Empty: nobody can on our page."),
    Setting("TMF_LOGIN_CLIENT_ID", "Client there; its redirect address is <PUBLIC_URL>/link/back."),
    Setting("TMF_LOGIN_CLIENT_SECRET", "Its secret; empty: a public client.", "", True),
    Setting("TMF_LOGIN_SCOPE", "Scopes of the sign-in, with openid.", "openid"),
    Setting("TMF_IDENTITY_URL", "userinfo (TMF691), whole; empty: the one that the issuer names."),
    Setting(
        "TMF_BALANCES",
        "balanceType=own (added), -own (subtracted), debt (subtracted; of postpaid accounts their bills tell it) or "
        "ignore, by commas. deposit, receivable, unbilled, disputed, loyalty balance are known.",
    ),
    Setting(
        "TMF_USAGE",
        "Names of characteristics and their words, name=meaning: number, caller, called, seconds, minutes, direction, "
        "incoming, bytes, kilobytes, megabytes, gigabytes, traffic, pieces, title, account, reason, next-fee, daily; "
        "for words local, zone, intercity, international, mobile, other, received, sent. The usual ones are known.",
    ),
    Setting(
        "TMF_STATUS",
        "Words of states, <of what>:<word>=<meaning>. product and reason (why it is suspended): active, suspended, "
        "blocked-debt, blocked, off; payment: credited, pending, void; bill: open, void; charge: taken, given; plan: "
        "promised (a promised payment), other; account: open, closed.",
    ),
    Setting("TMF_KINDS", "Beginnings of words in products' names, word=kind: internet, phone, tv, mobile, other."),
    Setting(
        "TMF_SCHEME",
        "advance or credit, for accounts that do not say; then other words of accountType or ratingType, word=scheme. "
        "prepaid and postpaid are known.",
        "advance",
    ),
    Setting(
        "TMF_ZONE",
        "IANA zone of accounts; then those of regions, or of beginnings of account numbers: "
        "Europe/Moscow, Камчатский край=Asia/Kamchatka, 0041*=Asia/Kamchatka.",
        "Europe/Moscow",
    ),
    Setting("TMF_CURRENCY", "Currency of accounts, three letters. A sum in another one is not believed.", "RUB"),
    Setting(
        "TMF_REACHES",
        "phone, email: contacts of an account that the operator has verified, so that a code may go there. Empty: "
        "none, and call detail stays closed.",
    ),
    Setting("TMF_NIGHT", "Hour of TMF_ZONE in which every account is looked at again.", "4"),
    Setting("TMF_CONNECTIONS", "Questions at once to each address.", "16"),
    Setting("TMF_TIMEOUT", "Seconds that one question may take.", "5"),
    Setting("TMF_FRESH", "Seconds that an answer is kept; services and names a hundred times as long.", "3"),
)


class Part(StrEnum):
    """What a balance of some type is in own money."""

    OWN = "own"
    LESS = "-own"
    DEBT = "debt"
    IGNORE = "ignore"


class Name(StrEnum):
    """What a characteristic says."""

    NUMBER = "number"  # the other party's
    CALLER = "caller"
    CALLED = "called"
    SECONDS = "seconds"
    MINUTES = "minutes"
    DIRECTION = "direction"
    INCOMING = "incoming"
    BYTES = "bytes"
    KILOBYTES = "kilobytes"
    MEGABYTES = "megabytes"
    GIGABYTES = "gigabytes"
    TRAFFIC = "traffic"  # received or sent
    PIECES = "pieces"
    TITLE = "title"
    ACCOUNT = "account"
    REASON = "reason"  # why a product is suspended
    NEXT_FEE = "next-fee"
    DAILY = "daily"


SIZES: Final[Mapping[str, Decimal]] = {
    Name.BYTES: Decimal(1),
    Name.KILOBYTES: Decimal(1024),
    Name.MEGABYTES: Decimal(1024**2),
    Name.GIGABYTES: Decimal(1024**3),
}

BALANCES: Final = (
    "deposit balance=own, deposit=own, current balance=own, main balance=own, prepaid balance=own, own=own, "
    "unbilled balance=-own, unbilled=-own, receivable balance=debt, receivable=debt, debt=debt, "
    "disputed balance=ignore, loyalty balance=ignore, bonus balance=ignore, bonus=ignore, credit limit=ignore"
)
USAGE: Final = (
    "number=number, other party=number, calling number=caller, caller=caller, a number=caller, called number=called, "
    "callee=called, b number=called, destination number=called, duration=seconds, call duration=seconds, "
    "seconds=seconds, minutes=minutes, call direction=direction, route=direction, destination=direction, "
    "direction=direction, incoming=incoming, volume=bytes, bytes=bytes, data volume=bytes, kb=kilobytes, mb=megabytes, "
    "gb=gigabytes, traffic direction=traffic, quantity=pieces, pieces=pieces, title=title, content name=title, "
    "account=account, account number=account, status reason=reason, suspend reason=reason, block reason=reason, "
    "next charge date=next-fee, charged daily=daily, "
    "local=local, местный=local, zone=zone, zonal=zone, внутризоновый=zone, intercity=intercity, "
    "long distance=intercity, national=intercity, межгород=intercity, междугородный=intercity, "
    "international=international, международный=international, mobile=mobile, other=other, "
    "received=received, download=received, downlink=received, sent=sent, upload=sent, uplink=sent, "
    "in=incoming, incoming call=incoming, terminating=incoming"
)
STATUS: Final = (
    "product:active=active, product:pending terminate=active, product:suspended=blocked, product:created=off, "
    "product:pending active=off, product:terminated=off, "
    "reason:customer=suspended, reason:voluntary=suspended, reason:vacation=suspended, reason:debt=blocked-debt, "
    "reason:non payment=blocked-debt, reason:nonpayment=blocked-debt, reason:operator=blocked, reason:fraud=blocked, "
    "payment:done=credited, payment:completed=credited, payment:success=credited, payment:succeeded=credited, "
    "payment:settled=credited, payment:credited=credited, payment:accepted=pending, payment:pending=pending, "
    "payment:failed=void, payment:cancelled=void, payment:canceled=void, payment:rejected=void, payment:declined=void, "
    "payment:denied=void, payment:refunded=void, payment:created=pending, payment:in progress=pending, "
    "payment:pending authorization=pending, payment:authorized=pending, "
    "bill:validated=open, bill:sent=open, bill:partially paid=open, bill:partially settled=open, bill:settled=void, "
    "bill:new=void, bill:on hold=void, bill:cancelled=void, "
    "charge:applied billing charge=taken, charge:applied penalty charge=taken, charge:charge=taken, "
    "charge:recurring charge=taken, charge:usage charge=taken, charge:one time charge=taken, "
    "charge:applied billing credit=given, charge:credit=given, charge:refund=given, charge:discount=given, "
    "charge:rebate=given, charge:product alteration=given, "
    "plan:promised payment=promised, plan:promise=promised, plan:trust payment=promised, "
    "plan:обещанный платёж=promised, plan:доверительный платёж=promised, "
    "account:closed=closed, account:terminated=closed, account:inactive=closed, account:cancelled=closed, "
    "account:deactivated=closed, account:active=open"
)
KINDS: Final = (
    "mobile=mobile, мобильн=mobile, сотов=mobile, sim=mobile, gsm=mobile, lte=mobile, "
    "iptv=tv, tv=tv, тв=tv, телевид=tv, television=tv, televis=tv, wink=tv, кино=tv, "
    "internet=internet, интернет=internet, broadband=internet, gpon=internet, ftt=internet, adsl=internet, "
    "wi=internet, phone=phone, телефон=phone, telefon=phone, voice=phone, voip=phone, pstn=phone, атс=phone"
)
SCHEMES: Final = "prepaid=advance, postpaid=credit"
MEANINGS: Final[Mapping[str, frozenset[str]]] = {
    "product": frozenset(Status),
    "reason": frozenset(Status),
    "payment": frozenset({"credited", "pending", "void"}),
    "bill": frozenset({"open", "void"}),
    "charge": frozenset({"taken", "given"}),
    "plan": frozenset({"promised", "other"}),
    "account": frozenset({"open", "closed"}),
}
WORDS: Final = frozenset({*Name, *Direction, Use.RECEIVED, Use.SENT})


def key(word: object) -> str:
    """A word as it is compared: small letters and digits, nothing else."""
    return re.sub(r"[\W_]+", "", word.casefold()) if isinstance(word, str) else ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator's words mean, and where his accounts are."""

    balances: Mapping[str, Part]
    usage: Mapping[str, str]  # of Name, Direction or Use
    status: Mapping[tuple[str, str], str]
    kinds: tuple[tuple[str, Kind], ...]  # the operator's own first
    scheme: Scheme
    schemes: Mapping[str, Scheme]
    zone: str
    regions: Mapping[str, str]  # zones
    prefixes: tuple[tuple[str, str], ...]  # of account numbers: zones; the longest first
    currency: str
    ways: frozenset[Way]

    def zone_of(self, number: str, region: str) -> str:
        by_number = (zone for prefix, zone in self.prefixes if number.startswith(prefix))
        return self.regions.get(key(region)) or next(by_number, self.zone)

    def state(self, of: str, word: object) -> str | None:
        """None: a word that nobody has explained."""
        return self.status.get((of, key(word)))


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """How one API is asked; all empty: without any."""

    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    authorization: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    issuer: str
    client: str
    secret: str
    scope: str
    userinfo: str


@dataclass(frozen=True, slots=True, repr=False)
class Setup:
    """All settings, read."""

    urls: Mapping[str, str]  # by API, of those that are asked
    modern: frozenset[str]  # which of them speak v5
    credentials: Mapping[str, Credentials]
    login: Login | None
    rules: Rules
    night: int
    connections: int
    timeout: float
    fresh: float


def setup(values: Mapping[str, str]) -> Setup:
    """Raises ValueError that names the setting which is wrong, and never its value."""
    given = Given(values, SETTINGS)
    urls = {api: _address(given, _url(api)) for api in APIS if given.text(_url(api))}
    if "account" not in urls:
        raise ValueError("TMF_ACCOUNT_URL is empty: everything begins with it")
    for api in ("usage", "consumption"):
        if api in urls and "product" not in urls:
            raise ValueError(f"{_url(api)} needs TMF_PRODUCT_URL: use belongs to a service")
    modern = frozenset(map(key, given.text("TMF_V5").split(","))) - {""}
    if not modern <= APIS.keys():
        raise ValueError(f"TMF_V5 is not a list of: {', '.join(APIS)}")
    return Setup(
        urls,
        modern,
        _credentials(given),
        _login(given),
        _rules(given),
        int(given.number("TMF_NIGHT", 0, 23)),
        int(given.number("TMF_CONNECTIONS", 1, 1000)),
        given.number("TMF_TIMEOUT", 0.1, 60),
        given.number("TMF_FRESH", 0, 60),
    )


def _address(given: Given, name: str) -> str:
    url = given.text(name)
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or not url.isprintable() or parts.query or parts.fragment:
        raise ValueError(f"{name} is not an http or https address without credentials, ? and #")
    return url


def _credentials(given: Given) -> Mapping[str, Credentials]:
    common = Credentials(
        _address(given, "TMF_TOKEN_URL") if given.text("TMF_TOKEN_URL") else "",
        given.text("TMF_CLIENT_ID"),
        given.text("TMF_CLIENT_SECRET"),
        given.text("TMF_SCOPE"),
        _header(given.text("TMF_AUTHORIZATION"), "TMF_AUTHORIZATION"),
    )
    if common.token_url and not common.client_id:
        raise ValueError("TMF_CLIENT_ID is empty, and TMF_TOKEN_URL is not")
    return {**dict.fromkeys(APIS, common), **_own_credentials(given.text("TMF_CREDENTIALS") or "{}")}


def _own_credentials(text: str) -> Mapping[str, Credentials]:
    try:
        told = json.loads(text)
        own: dict[str, Credentials] = {api: Credentials(**one) for api, one in told.items()}
        texts = all(isinstance(one, str) for of in told.values() for one in of.values())
    except (ValueError, TypeError, AttributeError):
        raise ValueError("TMF_CREDENTIALS is not JSON as described") from None
    if not texts or not own.keys() <= APIS.keys():
        raise ValueError(f"TMF_CREDENTIALS is not an object by: {', '.join(APIS)}")
    for one in own.values():
        _header(one.authorization, "TMF_CREDENTIALS")
        if bool(one.token_url) != bool(one.client_id) or not (one.token_url or one.authorization):
            raise ValueError("TMF_CREDENTIALS needs token_url and client_id, or authorization, for each API")
        if one.token_url:
            _address(Given({"TMF_CREDENTIALS": one.token_url}, SETTINGS), "TMF_CREDENTIALS")
    return own


def _header(text: str, name: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError(f"{name} is no header")
    return text


def _login(given: Given) -> Login | None:
    if not given.text("TMF_ISSUER"):
        return None
    if not given.text("TMF_LOGIN_CLIENT_ID"):
        raise ValueError("TMF_LOGIN_CLIENT_ID is empty, and TMF_ISSUER is not")
    if "openid" not in given.text("TMF_LOGIN_SCOPE").split():
        raise ValueError("TMF_LOGIN_SCOPE has no openid in it")
    return Login(
        _address(given, "TMF_ISSUER"),
        given.text("TMF_LOGIN_CLIENT_ID"),
        given.text("TMF_LOGIN_CLIENT_SECRET"),
        given.text("TMF_LOGIN_SCOPE"),
        _address(given, "TMF_IDENTITY_URL") if given.text("TMF_IDENTITY_URL") else "",
    )


def _rules(given: Given) -> Rules:
    balances = _table(BALANCES, given, "TMF_BALANCES", frozenset(Part))
    usage = _table(USAGE, given, "TMF_USAGE", WORDS)
    status = _pairs(STATUS, "TMF_STATUS") + _pairs(given.text("TMF_STATUS"), "TMF_STATUS")
    for word, meaning in status:
        of = word.partition(":")[0]
        if meaning not in MEANINGS.get(key(of), ()):
            raise ValueError("TMF_STATUS is not a list of <of what>:<word>=<meaning>, as described")
    kinds = _pairs(given.text("TMF_KINDS"), "TMF_KINDS") + _pairs(KINDS, "TMF_KINDS")
    if not {meaning for _, meaning in kinds} <= set(Kind):
        raise ValueError(f"TMF_KINDS is not a list of word=kind, a kind being one of: {', '.join(Kind)}")
    scheme, schemes = _preset(given, "TMF_SCHEME")
    schemes = [*_pairs(SCHEMES, "TMF_SCHEME"), *schemes]
    if not {scheme, *(meaning for _, meaning in schemes)} <= set(Scheme):
        raise ValueError("TMF_SCHEME is not advance or credit, or a list that begins with it")
    zone, zones = _preset(given, "TMF_ZONE")
    for one in (zone, *(named for _, named in zones)):
        try:
            ZoneInfo(one)
        except (KeyError, ValueError, OSError):
            raise ValueError("TMF_ZONE is not the name of a zone (Europe/Moscow), or a list that begins so") from None
    currency = given.text("TMF_CURRENCY")
    if not re.fullmatch("[A-Z]{3}", currency):
        raise ValueError("TMF_CURRENCY is not three capital letters")
    ways = {key(word) for word in given.text("TMF_REACHES").split(",")} - {""}
    if not ways <= {"phone", "email"}:
        raise ValueError("TMF_REACHES is not a list of: phone, email")
    return Rules(
        {word: Part(meaning) for word, meaning in balances.items()},
        usage,
        {(key(of), key(word)): meaning for of, _, word, meaning in ((*one.partition(":"), m) for one, m in status)},
        tuple((word.casefold(), Kind(meaning)) for word, meaning in kinds),
        Scheme(scheme),
        {key(word): Scheme(meaning) for word, meaning in schemes},
        zone,
        {key(word): named for word, named in zones if not word.endswith("*")},
        tuple((word[:-1], named) for word, named in sorted(zones, reverse=True) if word.endswith("*")),
        currency,
        frozenset({"phone": Way.SMS, "email": Way.EMAIL}[word] for word in ways),
    )


def _table(known: str, given: Given, name: str, meanings: frozenset[Any]) -> dict[str, str]:
    pairs = _pairs(known, name) + _pairs(given.text(name), name)
    if not {meaning for _, meaning in pairs} <= meanings:
        raise ValueError(f"{name} is not a list of word=meaning, a meaning being one of: {', '.join(sorted(meanings))}")
    return {key(word): meaning for word, meaning in pairs}


def _preset(given: Given, name: str) -> tuple[str, list[tuple[str, str]]]:
    """What stands for all, and the pairs after it."""
    preset, _, rest = given.text(name).partition(",")
    return preset.strip(), _pairs(rest, name)


def _pairs(text: str, name: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in filter(None, map(str.strip, text.split(","))):
        word, equals, meaning = one.rpartition("=")
        if not (equals and key(word) and meaning.strip()):
            raise ValueError(f"{name} is not a list of word=meaning, parted by commas")
        found.append((word.strip(), meaning.strip()))
    return found
