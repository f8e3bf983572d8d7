"""E-mail: a network without an inbox. A mailbox is an address, a letter is a message, a relay of the operator takes it.

    Reply ─▶ letter(reply) ─▶ EHLO, STARTTLS, AUTH ─▶ MAIL ─▶ RCPT ─▶ DATA ─▶ the relay's 250

The first line of a reply is the subject, the rest is the text, documents and pictures are attached. Buttons are left
out: nobody presses anything in a mailbox.

What the relay's answers mean (RFC 5321 4.2, RFC 3463). Its texts name people, so only codes are kept of them:

    no connection, TLS refused, 421, 4xx to MAIL       Unavailable   the relay cannot work now
    5xx to AUTH or MAIL; AUTH not offered              Revoked       login or sender are not (any more) accepted
    4xx to RCPT or DATA                                Throttled     this mailbox waits: greylisting, quota
    5xx to RCPT about the mailbox                      Blocked       nobody there, full, closed
    any other 5xx                                      Rejected      too large, policy, taken for spam
    connection lost or silence after DATA              Unknown       taken or not: sent again under the same Message-ID

STARTTLS is demanded, and its certificate checked, wherever the relay is not on this very machine: a password and
one-time codes go over that line.
"""

import asyncio
import hmac
import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from adapters.addresses import plausible
from adapters.base import (
    Address,
    Blocked,
    Grid,
    Incoming,
    Limits,
    NetworkError,
    Pace,
    Receive,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from adapters.fit import clean
from given import Given, Setting

if TYPE_CHECKING:  # its loading takes a while, and the settings are read without it
    import aiosmtplib

NAME = "email"

SETTINGS = (
    Setting(
        "SMTP_URL",
        "mail relay for codes and bills: smtp://user:password@host:587 (STARTTLS) or smtps://…:465; % as %25, @ as %40",
        secret=True,
    ),
    Setting("MAIL_FROM", "who our e-mails come from: Name <no-reply@your-domain>; needed with SMTP_URL"),
    Setting("SMTP_TIMEOUT", "seconds for the talk with the relay, and once more for the letter itself", "10"),
    Setting("SMTP_RATE", "e-mails a second; your relay may allow fewer", "5"),
)

LIMITS = Limits(
    text=100_000,  # no standard has a limit; nobody reads more
    keyboard=Grid(rows=0, columns=1, buttons=0),
    label=1,
    action=0,
    pace=Pace(per_second=5.0, burst=10),
    # A message is base64 (4/3 and line ends) and must stay below the usual 10 240 000 bytes (Postfix's
    # message_size_limit); large providers take 20 MB and more.
    picture_bytes=3 * 2**20,
    document_bytes=7_000_000,
    # Mail is delivered at least once by design (RFC 5321 6.1): a sender who got no answer sends again, and a mailbox
    # knows the repeat by its Message-ID (RFC 5322 3.6.4).
    resend_window=1800.0,
)

NAMED = re.compile(r'(?:"?(?P<name>[^<>"@\r\n]*)"?\s*<(?P<address>[^<>]+)>|(?P<bare>[^<>\s]+))')
SUBJECT = 120  # characters of a subject; longer ones are cut by every mailbox
PATIENT = 60.0  # seconds until a mailbox that says "later" is tried again; RFC 5321 4.5.4.1 wants 30 min for real mail
RECIPIENT = {"5.1", "5.2"}  # RFC 3463: the address, the mailbox
MAILBOX = {550, 551, 552, 553}  # RFC 5321 4.2.3, where no enhanced code says it better
TOO_LARGE = 552
CLOSING = 421


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, repr=False)
class Options:
    host: str
    port: int
    tls: bool  # from the first byte
    starttls: bool  # demanded
    user: str
    password: str
    sender: Mailbox
    timeout: float
    limits: Limits


def connect(values: Mapping[str, str]) -> "Mail":
    """The relay as set by `values`. Raises ValueError that names the setting, never its value."""
    return Mail(options(values))


def options(values: Mapping[str, str]) -> Options:
    given = Given(values, SETTINGS)
    text, number = given.text, given.number

    # Raised outside the except clause: urlsplit's error quotes the password.
    try:
        url = urlsplit(text("SMTP_URL"))
        host, port = url.hostname or "", url.port
        user, password = unquote(url.username or "", errors="strict"), unquote(url.password or "", errors="strict")
        good = url.scheme in {"smtp", "smtps"} and host != "" and port != 0 and bool(user) == bool(password)
        good = good and url.path in {"", "/"} and not url.query and not url.fragment
    except ValueError:
        good = False
    if not good:
        raise ValueError("SMTP_URL is not smtp://user:password@host:port; in a password write : / ? # [ ] @ % as %XX")
    tls = url.scheme == "smtps"
    return Options(
        host=host,
        port=port or (465 if tls else 587),
        tls=tls,
        starttls=not tls and not loopback(host),
        user=user,
        password=password,
        sender=sender(text("MAIL_FROM")),
        timeout=number("SMTP_TIMEOUT", 0.1, 12),
        limits=replace(LIMITS, pace=Pace(number("SMTP_RATE", 0.01, 1000), LIMITS.pace.burst)),
    )


def sender(text: str) -> Mailbox:
    """«Saldo <no-reply@saldo.example>» or the bare address. Raises ValueError."""
    read = NAMED.fullmatch(text)
    found = plausible(read["address"] or read["bare"]) if read else None
    if read is None or found is None:
        raise ValueError("MAIL_FROM is not Name <user@domain>")
    return Mailbox((read["name"] or "").strip(), addr_spec=found)


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ── What is sent ─────────────────────────────────────────────────────────────────────────────────────────────


def letter(reply: Reply, to: str, options: Options, key: int, now: datetime) -> EmailMessage:
    """The reply as an e-mail to the canonical address `to`.

    The same letter has the same Message-ID on every attempt. Its content goes in as well, so that the first letters
    of a fresh database are not taken for repeats of those of the last; under the password, because a Message-ID
    stands in logs, from which a short code could be guessed otherwise.
    """
    text = clean(reply.text)
    first, _, rest = text.partition("\n")
    subject = " ".join(first.split())
    stable = hmac.digest(options.password.encode(), f"{key}\n{to}\n{text}".encode(), "sha256").hex()[:32]
    made = EmailMessage(policy=Wire(linesep="\r\n"))
    made["From"] = options.sender
    made["To"] = Mailbox(addr_spec=to)
    made["Subject"] = subject if len(subject) <= SUBJECT else subject[: SUBJECT - 1].rstrip() + "…"
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{stable}@{options.sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes back
    # base64: eight bits are not taken by every station, and quoted-printable makes three bytes of each Cyrillic one.
    made.set_content((rest.strip() or subject) + "\n", cte="base64")
    if reply.picture is not None:
        made.add_attachment(reply.picture.data, "image", "png", filename=filename(reply.picture.name))
    if reply.document is not None:
        main, _, sub = reply.document.media_type.partition("/")
        made.add_attachment(reply.document.data, main, sub, filename=filename(reply.document.name))
    return made


class Wire(EmailPolicy):
    """Python 3.11's own folding loses spaces between encoded words: «счёт за1–31 октября» (python/cpython#92081); that
    of 3.12.5 and later mends it into headers that some providers refuse (#144156)."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name == "Subject":
            text = self.words(name, str(value))
        elif name == "From" and not value.isascii():
            (one,) = value.addresses
            text = f"{self.words(name, one.display_name)} <{one.addr_spec}>"
        else:
            return super().fold_binary(name, value)
        return f"{name}: {text}{self.linesep}".encode("ascii")

    def words(self, name: str, text: str) -> str:
        charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
        return Header(text, charset, header_name=name).encode(linesep=self.linesep)


def filename(name: str) -> str:
    """The human name, Cyrillic and all (RFC 2231 carries it), as one line without folders."""
    return " ".join(re.sub(r"[/\\]", "_", clean(name)).split())


# ── The answers of the relay ─────────────────────────────────────────────────────────────────────────────────


def status(code: int, message: str) -> tuple[str, str]:
    """(«550 5.1.1» for the log, «5.1»). The text behind it names people and is dropped."""
    found = re.match(r"([245]\.\d{1,3})\.\d{1,3}(?=\s|$)", message)
    return (f"{code} {found[0]}", found[1]) if found else (str(code), "")


def refusal(step: str, code: int, message: str) -> NetworkError:
    said, kind = status(code, message)
    reason = f"SMTP: {step} {said}"
    if code == CLOSING or not 400 <= code < 600:
        return Unavailable(reason)
    if code < 500:
        if step in {"RCPT", "DATA"}:
            return Throttled(reason, after=PATIENT, everybody=False)
        return Unavailable(reason)
    match step:
        case "AUTH":
            return Revoked(reason)
        case "MAIL":
            return Rejected(reason) if code == TOO_LARGE else Revoked(reason)
        case "RCPT" if kind in RECIPIENT or (not kind and code in MAILBOX):
            return Blocked(reason)
        case "RCPT" | "DATA":
            return Rejected(reason)
        case _:
            return Unavailable(reason)


# ── The relay ────────────────────────────────────────────────────────────────────────────────────────────────


class Mail:
    """One connection for each letter: they are few, and an idle one would be closed just as it is used."""

    name = NAME

    def __init__(self, options: Options) -> None:
        self._options = options
        self.limits = options.limits

    async def prepare(self, site: Site) -> None:
        """Nothing comes back to us."""

    async def run(self, receive: Receive, cursor: str | None) -> None:
        """Nobody writes to us here: waits until it is cancelled."""
        await asyncio.Event().wait()

    async def send(self, to: Address, reply: Reply, key: int) -> str:
        """One message to the mailbox `to.chat`; its Message-ID."""
        recipient = plausible(to.chat)
        if recipient is None:
            raise Rejected("SMTP: the address on record is none")
        try:
            made = letter(reply, recipient, self._options, key, datetime.now(UTC))
            raw = made.as_bytes()
        except (ValueError, MessageError) as error:
            unfit = Rejected(f"SMTP: no message can be made of it ({type(error).__name__})")
        else:
            await self._hand_over(recipient, raw)
            return str(made["Message-ID"])
        raise unfit

    async def _hand_over(self, recipient: str, raw: bytes) -> None:
        async def hand_over(relay: "aiosmtplib.SMTP", step: Step) -> None:
            size = [f"SIZE={len(raw)}"] if relay.supports_extension("size") else []
            step("MAIL")
            await relay.mail(self._options.sender.addr_spec, options=size)
            step("RCPT")
            await relay.rcpt(recipient)
            step("DATA")
            await relay.data(raw)

        await self._talk(hand_over)

    async def busy(self, event: Incoming) -> None:
        """Nobody waits in front of a mailbox."""

    async def identity(self) -> str:
        """The relay and our address, after a connection and a login that it accepted."""
        await self._talk()
        return f"{self._options.sender.addr_spec} at {self._options.host}:{self._options.port}"

    def deep_link(self, token: str) -> str | None:
        return None

    async def close(self) -> None:
        """Nothing is held between two letters."""

    async def _talk(self, what: "Callable[[aiosmtplib.SMTP, Step], Awaitable[None]] | None" = None) -> None:
        """Connect, log in, do `what`. Raises NetworkError; the library's errors, which name people, do not leave."""
        import aiosmtplib

        set_ = self._options
        relay = aiosmtplib.SMTP(
            hostname=set_.host,
            port=set_.port,
            use_tls=set_.tls,
            start_tls=False,  # by hand, below
            timeout=set_.timeout,
            local_hostname=set_.sender.domain,  # the library would ask DNS for our own name, and wait for it
            tls_context=ssl.create_default_context() if set_.tls or set_.starttls else None,
        )
        step = Step(set_.timeout)
        error: NetworkError  # raised after the except clauses: it shall not carry the library's along
        try:
            async with step.limit:
                await relay.connect()
                if set_.starttls:
                    step("STARTTLS")
                    await relay.starttls()
                await relay.ehlo()
                if set_.user:
                    step("AUTH")
                    await relay.login(set_.user, set_.password)
                if what is not None:
                    await what(relay, step)
                step("QUIT")
                await relay.quit()
            return
        except aiosmtplib.SMTPResponseException as why:
            error = refusal(step.name, why.code, why.message)
        except (aiosmtplib.SMTPException, OSError, ValueError) as why:
            said = f"SMTP: {step.name} {type(why).__name__}"
            if step.name == "AUTH" and not isinstance(why, OSError):  # no AUTH, or none that we know
                error = Revoked(said)
            else:
                error = Unknown(said) if step.name == "DATA" else Unavailable(said)
        finally:
            relay.close()
        if step.name != "QUIT":  # the relay has taken the letter: how it says goodbye is all the same
            raise error


class Step:
    """How far the talk with the relay has come, and its time limit: one for all before DATA, one for DATA."""

    def __init__(self, seconds: float) -> None:
        self.name = "connect"
        self.limit = asyncio.timeout(seconds)
        self._seconds = seconds

    def __call__(self, name: str) -> None:
        self.name = name
        if name in {"DATA", "QUIT"}:
            self.limit.reschedule(asyncio.get_running_loop().time() + self._seconds)
