"""The mailbox and the telephone: everybody's e-mail by real SMTP and everybody's SMS by HTTP, on loopback.

    adapters/mail.py ──SMTP──▶ Mailbox ──▶ mails       adapters/sms.py ──GET──▶ its gateway ──▶ texts

It is the oracle for both: what `mails` shows is what somebody would read. It refuses what real ones refuse: senders
who have not logged in, other senders' names, messages that are too large, of lines that are too long, without what
RFC 5322 demands, or with more than one reader. A repeat under a Message-ID that it knows is shown once, as mailboxes
do. `faults` makes the next letters go wrong.
"""

import asyncio
import hashlib
import logging
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote
from weakref import WeakSet

import msgspec
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOOPBACK: Final = "127.0.0.1"
USER, PASSWORD, SENDER = "saldo", "demo@ %pass", "no-reply@saldo.example"
KEY: Final = "demo-key"
MOST_BYTES: Final = 10_240_000  # Postfix's message_size_limit
KEPT: Final = 200  # mails and texts that are remembered
LONGEST_SMS: Final = 134  # UTF-16 units: two segments


class Fault(StrEnum):
    """What goes wrong with the next letter."""

    BUSY = "busy"  # 421 to the greeting of a letter
    LATER = "later"  # 450 to this reader: greylisting
    NOBODY = "nobody"  # 550: no such mailbox
    SPAM = "spam"  # 554 after the content
    CUT = "cut"  # shown, and then the connection drops before the answer
    SILENT = "silent"  # shown, and never answered
    REVOKED = "revoked"  # the login is refused, until `heal`


class File(msgspec.Struct, frozen=True):
    name: str
    media_type: str
    data: bytes


class Mail(msgspec.Struct, frozen=True):
    """One e-mail, or, without a subject, one SMS."""

    id: str
    at: datetime  # when it came
    to: str  # the mailbox, or the number in E.164
    text: str
    subject: str = ""
    sender: str = ""
    files: tuple[File, ...] = ()
    headers: dict[str, str] = {}

    @property
    def sms(self) -> bool:
        return not self.subject


class Mailbox:
    """Both servers, from `start` to `stop`."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.mails: list[Mail] = []  # oldest first
        self.faults: deque[Fault] = deque()
        self.violations: list[str] = []  # what a real one would have refused, and did
        self.version = 0  # of what is shown
        self.password = PASSWORD
        self._now = now
        self._server: asyncio.Server | None = None
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._runner: web.AppRunner | None = None
        self._news = asyncio.Event()
        self._hanging = asyncio.Event()
        self._ports = (0, 0)

    async def start(self) -> None:
        """Serve SMTP and HTTP on free ports of 127.0.0.1."""
        # aiosmtpd warns at each login of an attribute that it sets itself.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, LOOPBACK, 0)
        app = web.Application()
        app.router.add_get("/send", self._gateway)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, 0).start()
        self._ports = (self._server.sockets[0].getsockname()[1], self._runner.addresses[0][1])

    async def stop(self) -> None:
        self._hanging.set()
        if self._server is not None:
            self._server.close()
            for one in list(self._sessions):
                if one.transport is not None:
                    one.transport.close()
            await self._server.wait_closed()
        if self._runner is not None:
            await self._runner.cleanup()

    def settings(self) -> Mapping[str, str]:
        """The environment with which the real adapters talk to this, once started."""
        smtp, http = self._ports
        return {
            "SMTP_URL": f"smtp://{USER}:{quote(PASSWORD, safe='')}@{LOOPBACK}:{smtp}",
            "MAIL_FROM": f"Демо-Телеком <{SENDER}>",
            "SMS_URL": f"http://{LOOPBACK}:{http}/send?key={KEY}&to={{phone}}&text={{text}}",
            "SMS_OK": '"id"',
        }

    # What a test reads

    def of(self, to: str) -> list[Mail]:
        """Everything that came to this mailbox or phone, oldest first."""
        return [one for one in self.mails if one.to.casefold() == to.casefold()]

    def last(self, to: str) -> Mail:
        """The newest letter to this mailbox or phone. Raises LookupError."""
        found = self.of(to)
        if not found:
            raise LookupError(f"nothing came to {to}")
        return found[-1]

    async def changed(self, since: int, within: float) -> int:
        """The version, as soon as it is another than `since`, or after `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while self.version == since:
                    await self._news.wait()
        except TimeoutError:
            pass
        return self.version

    def heal(self) -> None:
        self.faults.clear()
        self._hanging.set()
        self._hanging = asyncio.Event()

    # What the next start finds

    def keep(self) -> bytes:
        return msgspec.json.encode(self.mails)

    def recall(self, kept: bytes) -> None:
        """Raises msgspec.DecodeError and changes nothing when it cannot be read."""
        self.mails = msgspec.json.decode(kept, type=list[Mail])
        self._show()

    # Taking letters

    def _show(self, *fresh: Mail) -> None:
        self.mails = [*self.mails, *fresh][-KEPT:]
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    def _session(self) -> SMTP:
        made = SMTP(
            Receiver(self),
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=False,
            hostname="mailbox.example",
            auth_require_tls=False,  # loopback
            authenticator=self._authenticate,
            timeout=60,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(made)
        return made

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), self.password.encode())
        return AuthResult(success=good and Fault.REVOKED not in self.faults, handled=False)

    def fault(self, *here: Fault) -> Fault | None:
        """The next fault, when it belongs here: then it is used up."""
        return self.faults.popleft() if self.faults and self.faults[0] in here else None

    def refuse(self, answer: str) -> str:
        self.violations.append(answer)
        return answer

    def take(self, envelope: Envelope) -> str | None:
        """The refusal of a message, or None: it is shown, unless it was before."""
        raw = envelope.content or b""
        assert isinstance(raw, bytes)
        made = message_from_bytes(raw, policy=policy.default)
        assert isinstance(made, EmailMessage)
        if answer := self._lawless(made, raw, envelope):
            return self.refuse(answer)
        known = str(made["Message-ID"])
        if all(one.headers.get("Message-ID") != known for one in self.mails):
            body = made.get_body(("plain",))
            files = tuple(
                File(part.get_filename() or "", part.get_content_type(), bytes(part.get_content()))
                for part in made.iter_attachments()
            )
            name = hashlib.sha256(known.encode()).hexdigest()[:16]
            text = body.get_content().replace("\r\n", "\n").strip() if body is not None else ""
            headers = {key: str(value) for key, value in made.items()}
            to, sender = envelope.rcpt_tos[0], str(made["From"])
            self._show(Mail(name, self._now(), to, text, str(made["Subject"]), sender, files, headers))
        return None

    def _lawless(self, made: EmailMessage, raw: bytes, envelope: Envelope) -> str:
        """What a strict server finds wrong; "" for nothing."""
        for name in ("From", "To", "Subject", "Date", "Message-ID"):
            if len(made.get_all(name, [])) != 1:
                return f"550 5.7.1 RFC 5322: {name} is not there once"
        if made.defects or any(part.defects for part in made.walk()):
            return "550 5.6.0 Malformed message"
        if any(len(line) > 998 for line in raw.split(b"\r\n")) or b"\n" in raw.replace(b"\r\n", b""):
            return "550 5.6.0 Line too long or bare LF"
        if not raw.isascii():
            return "554 5.6.3 8-bit content was not announced"
        if [one.addr_spec for one in made["From"].addresses] != [SENDER]:
            return "550 5.7.1 From is not the sender who logged in"
        if [one.addr_spec for one in made["To"].addresses] != envelope.rcpt_tos:
            return "550 5.7.1 To is not who gets it"
        if parsedate_to_datetime(str(made["Date"])).tzinfo is None:
            return "550 5.7.1 Date without a zone"
        return ""

    async def _gateway(self, request: web.Request) -> web.Response:
        """An SMS gateway as they are: everything in the query, and errors with status 200."""
        asked = request.query
        if Fault.REVOKED in self.faults or asked.get("key") != KEY:
            return web.json_response({"error": "key"}, status=403)
        phone, text = asked.get("to", ""), asked.get("text", "")
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", phone) or not text:
            self.violations.append("SMS without a phone or a text")
            return web.json_response({"error": "parameters"})
        if len(text.encode("utf-16-le")) // 2 > (306 if text.isascii() else LONGEST_SMS):
            self.violations.append("SMS of more than two segments")
            return web.json_response({"error": "length"})
        match fault := self.fault(*(one for one in Fault if one is not Fault.REVOKED)):
            case Fault.BUSY | Fault.LATER:
                return web.Response(status=429, headers={"Retry-After": "1"})
            case Fault.NOBODY | Fault.SPAM:
                return web.json_response({"error": "no route"})
            case _:
                number = hashlib.sha256(f"{len(self.mails)}{self.version}{phone}".encode()).hexdigest()[:16]
                self._show(Mail(number, self._now(), phone, text))
        if fault is Fault.SILENT:
            await self._hanging.wait()
        if fault is Fault.CUT and request.transport is not None:
            request.transport.close()
        return web.json_response({"id": number})


class Receiver:
    """The hooks of one SMTP connection."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.box.fault(Fault.BUSY):
            return "421 4.3.2 Too busy"
        if not session.authenticated:
            return self.box.refuse("530 5.7.0 Authentication required")
        if address != SENDER:
            return self.box.refuse("553 5.7.1 Sender is not yours")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return self.box.refuse("452 4.5.3 One reader at a time")
        if not re.fullmatch(r"[^\s@<>]{1,64}@[a-z0-9.-]+\.[a-z0-9-]+", address) or len(address) > 254:
            return self.box.refuse("553 5.1.3 Not an address")
        match self.box.fault(Fault.LATER, Fault.NOBODY):
            case Fault.LATER:
                return f"450 4.2.0 <{address}>: greylisted"
            case Fault.NOBODY:
                return f"550 5.1.1 <{address}>: no such mailbox"
            case _:
                envelope.rcpt_tos.append(address)
                return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.box.fault(Fault.SPAM):
            return f"554 5.7.1 <{envelope.rcpt_tos[0]}>: looks like spam"
        if answer := self.box.take(envelope):
            return answer
        match self.box.fault(Fault.CUT, Fault.SILENT):
            case Fault.CUT:
                assert server.transport is not None
                server.transport.close()
            case Fault.SILENT:
                await self.box._hanging.wait()
        return "250 2.0.0 OK"
