"""E-mail: what a mailbox shows of a reply, and what every answer of a relay means."""

import asyncio
import logging
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from adapters import mail
from adapters.base import (
    Address,
    Blocked,
    Document,
    NetworkError,
    Picture,
    Rejected,
    Reply,
    Revoked,
    Site,
    Throttled,
    Unavailable,
    Unknown,
)
from adapters.fit import clean
from sandbox.mailbox import SENDER, Fault, Mailbox

ANNA = Address("email", "anna@mail.ru")
CANARY = "canary-8472"
CODE = Reply("Код подтверждения: A2B4C6\n\nДействует 10 минут. Никому его не говорите.")
GOOD = {"SMTP_URL": "smtp://relay.example", "MAIL_FROM": "Saldo <no-reply@saldo.example>"}


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    made = Mailbox()
    await made.start()
    yield made
    await made.stop()


def relay(box: Mailbox, **more: str) -> mail.Mail:
    return mail.connect({**box.settings(), "SMTP_TIMEOUT": "2", **more})


# ── What a mailbox shows ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_is_a_letter_that_a_strict_server_takes(box: Mailbox) -> None:
    bill = Document(b"%PDF-1.7 \x00\xff" * 100, "Квитанция за ноябрь 2026, счёт …1234.pdf", "application/pdf")
    number = await relay(box).send(
        ANNA, Reply("Квитанция за ноябрь\n\nК оплате 650,00 ₽.\n.\nДо встречи", document=bill), 7
    )
    shown = box.last("anna@mail.ru")
    assert shown.subject == "Квитанция за ноябрь"
    assert shown.text == "К оплате 650,00 ₽.\n.\nДо встречи"  # a lone point ends a letter on the wire, and not here
    assert [(one.name, one.media_type, one.data) for one in shown.files] == [(bill.name, bill.media_type, bill.data)]
    assert shown.sender == f"Демо-Телеком <{SENDER}>"
    assert shown.headers["Message-ID"] == number
    assert shown.headers["Auto-Submitted"] == "auto-generated"
    assert box.violations == []


async def test_one_line_is_subject_and_text(box: Mailbox) -> None:
    await relay(box).send(ANNA, Reply("Код: A2B4C6"), 7)
    assert (box.last("anna@mail.ru").subject, box.last("anna@mail.ru").text) == ("Код: A2B4C6", "Код: A2B4C6")


async def test_a_domain_of_any_alphabet_is_written_to(box: Mailbox) -> None:
    await relay(box).send(Address("email", "anna@почта.рф"), CODE, 7)
    assert box.last("anna@xn--80a1acny.xn--p1ai").text.startswith("Действует")


async def test_the_same_letter_again_is_recognised_and_another_is_not(box: Mailbox) -> None:
    first = await relay(box).send(ANNA, CODE, 7)
    assert await relay(box).send(ANNA, CODE, 7) == first
    assert len(box.mails) == 1
    await relay(box).send(ANNA, Reply("Код подтверждения: H7K9M2"), 7)  # a new database counts its letters anew
    await relay(box).send(ANNA, CODE, 8)
    assert len(box.mails) == 3


def test_a_code_cannot_be_guessed_from_a_message_id_in_a_log() -> None:
    one, two = (mail.options({**GOOD, "SMTP_URL": f"smtp://u:{password}@relay.example"}) for password in ("a", "b"))
    now = datetime.now(UTC)
    ids = {mail.letter(CODE, ANNA.chat, each, 7, now)["Message-ID"] for each in (one, two)}
    assert len(ids) == 2


@given(st.text(max_size=400), st.text(min_size=1, max_size=200), st.binary(max_size=200))
def test_whatever_is_said_makes_one_letter_with_one_of_each_header(text: str, name: str, data: bytes) -> None:
    reply = Reply(text, document=Document(data, name, "application/pdf"), picture=Picture(b"png"))
    raw = mail.letter(reply, ANNA.chat, mail.options(GOOD), 7, datetime.now(UTC)).as_bytes()
    made = message_from_bytes(raw, policy=policy.default)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert sorted(made.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
    )
    assert [part.get_content_type() for part in made.walk()][1:] == ["text/plain", "image/png", "application/pdf"]
    assert not any(part.defects for part in made.walk())
    *_, document = made.iter_attachments()
    assert document.get_content() == data
    first, *_ = clean(text).split("\n")
    want = " ".join(first.split())
    subject = str(made["Subject"])
    assert subject == want or (len(subject) <= mail.SUBJECT and want.startswith(subject.removesuffix("…")))


@pytest.mark.parametrize("name", ["", "Saldo", "Демо-Телеком", "Очень длинное имя областного оператора связи, филиал"])
async def test_spaces_survive_in_subjects_and_names(box: Mailbox, name: str) -> None:
    said = "«Демо-Телеком»: счёт за 1–31 октября, лицевой счёт …2734, и ещё несколько слов"
    options = mail.options({**GOOD, "MAIL_FROM": f"{name} <{SENDER}>"})
    raw = message_from_bytes(mail.letter(Reply(said), ANNA.chat, options, 7, datetime.now(UTC)).as_bytes())
    assert str(make_header(decode_header(raw["Subject"]))) == said
    assert str(make_header(decode_header(raw["From"]))) == (f"{name} <{SENDER}>" if name else SENDER)
    await relay(box, MAIL_FROM=f"{name} <{SENDER}>").send(ANNA, Reply(said), 7)
    assert box.last("anna@mail.ru").subject == said


# ── What the relay answers ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "error", "shown"),
    [
        (Fault.BUSY, Unavailable, 0),
        (Fault.LATER, Throttled, 0),
        (Fault.NOBODY, Blocked, 0),
        (Fault.SPAM, Rejected, 0),
        (Fault.CUT, Unknown, 1),
        (Fault.SILENT, Unknown, 1),
        (Fault.REVOKED, Revoked, 0),
    ],
)
async def test_every_fault_is_what_delivery_makes_of_it(
    box: Mailbox, fault: Fault, error: type[NetworkError], shown: int
) -> None:
    network = relay(box, SMTP_TIMEOUT="0.3")
    box.faults.append(fault)
    with pytest.raises(error) as caught:
        await network.send(ANNA, CODE, 7)
    assert type(caught.value) is error
    assert len(box.mails) == shown
    assert "anna" not in str(caught.value)  # the relay's own text names the reader
    assert caught.value.__context__ is None
    box.heal()
    await network.send(ANNA, CODE, 7)
    assert len(box.mails) == 1  # also after CUT and SILENT: the repeat is the same letter


async def test_one_reader_who_shall_wait_holds_up_nobody_else(box: Mailbox) -> None:
    box.faults.append(Fault.LATER)
    with pytest.raises(Throttled) as caught:
        await relay(box).send(ANNA, CODE, 7)
    assert not caught.value.everybody


@pytest.mark.parametrize(
    ("step", "code", "text", "error"),
    [
        ("connect", 554, "no service", Unavailable),
        ("EHLO", 502, "what?", Unavailable),
        ("STARTTLS", 454, "4.7.0 TLS not available", Unavailable),
        ("AUTH", 454, "4.7.0 later", Unavailable),
        ("AUTH", 535, "5.7.8 wrong", Revoked),
        ("AUTH", 534, "5.7.9 application password needed", Revoked),
        ("MAIL", 452, "4.3.1 disk full", Unavailable),
        ("MAIL", 530, "5.7.0 log in first", Revoked),
        ("MAIL", 553, "5.7.1 not your address", Revoked),
        ("MAIL", 552, "5.3.4 too large", Rejected),
        ("RCPT", 421, "4.3.2 closing", Unavailable),
        ("RCPT", 451, "greylisted", Throttled),
        ("RCPT", 452, "4.2.2 mailbox full", Throttled),
        ("RCPT", 550, "no such user", Blocked),
        ("RCPT", 550, "5.1.1 <a@b.ru>: unknown", Blocked),
        ("RCPT", 552, "5.2.2 full", Blocked),
        ("RCPT", 550, "5.7.1 relaying denied", Rejected),
        ("RCPT", 554, "refused", Rejected),
        ("DATA", 450, "later", Throttled),
        ("DATA", 552, "5.3.4 too large", Rejected),
        ("DATA", 554, "5.7.1 spam", Rejected),
        ("DATA", 299, "what?", Unavailable),
    ],
)
def test_every_answer_has_a_meaning(step: str, code: int, text: str, error: type[NetworkError]) -> None:
    found = mail.refusal(step, code, text)
    assert type(found) is error
    assert str(code) in str(found)
    assert text.split()[-1] not in str(found)


@asynccontextmanager
async def serving(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> AsyncIterator[int]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0)  # type: ignore[arg-type]
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    "greeting", [b"", b"\xff\xfe\x00garbage\r\n", b"220 " + b"x" * 100_000, b"554 go away\r\n", b"HTTP/1.1 400\r\n"]
)
async def test_what_is_no_relay_is_unavailable(greeting: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with serving(talk) as port:
        network = mail.connect({**GOOD, "SMTP_URL": f"smtp://127.0.0.1:{port}", "SMTP_TIMEOUT": "1"})
        with pytest.raises(Unavailable):
            await network.send(ANNA, CODE, 7)


async def test_a_silent_or_absent_relay_is_unavailable_within_its_time() -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    async with serving(talk) as port:
        began = asyncio.get_running_loop().time()
        with pytest.raises(Unavailable):
            await mail.connect({**GOOD, "SMTP_URL": f"smtp://127.0.0.1:{port}", "SMTP_TIMEOUT": "0.3"}).send(
                ANNA, CODE, 7
            )
        assert asyncio.get_running_loop().time() - began < 1.5
        gone.set()
    with pytest.raises(Unavailable):
        await mail.connect({**GOOD, "SMTP_URL": f"smtp://127.0.0.1:{port}"}).identity()


async def test_a_relay_without_logins_is_no_place_for_ours() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(object(), hostname="bare.example", loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Revoked):
        await mail.connect({**GOOD, "SMTP_URL": f"smtp://u:p@127.0.0.1:{port}"}).identity()
    server.close()


# ── The line is closed to others ─────────────────────────────────────────────────────────────────────────────


class Told:
    """A relay's hooks, and what it heard."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.logins = 0

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.letters.append(envelope.content)  # type: ignore[attr-defined]
        return "250 2.0.0 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@asynccontextmanager
async def encrypted(told: Told, certificate: Path | None, *, at_once: bool = False) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    server = await loop.create_server(
        lambda: SMTP(told, hostname="relay.example", loop=loop, tls_context=None if at_once else context),
        "127.0.0.1",
        0,
        ssl=context if at_once else None,
    )
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.sleep(0)


def far(port: int, scheme: str = "smtp") -> mail.Mail:
    """A relay elsewhere: only its name is this machine's."""
    options = mail.options({**GOOD, "SMTP_URL": f"{scheme}://relay.example:{port}", "SMTP_TIMEOUT": "2"})
    object.__setattr__(options, "host", "127.0.0.1")
    return mail.Mail(options)


async def test_far_away_nothing_is_said_in_the_clear() -> None:
    told = Told()
    async with encrypted(told, None) as port:
        with pytest.raises(Unavailable, match="STARTTLS"):
            await far(port).send(ANNA, CODE, 7)
    assert told.letters == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path, at_once: bool) -> None:
    told = Told()
    async with encrypted(told, certificate, at_once=at_once) as port:
        with pytest.raises(Unavailable):
            await far(port, "smtps" if at_once else "smtp").send(ANNA, CODE, 7)
    assert told.letters == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_with_a_good_certificate_the_letter_goes(
    certificate: Path, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    told = Told()
    async with encrypted(told, certificate, at_once=at_once) as port:
        await far(port, "smtps" if at_once else "smtp").send(ANNA, CODE, 7)
    assert len(told.letters) == 1


# ── Settings, and the rest of a network ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", f"http://u:{CANARY}@relay.example"),
        ("SMTP_URL", f"smtp://u:{CANARY}@"),
        ("SMTP_URL", f"smtp://u:{CANARY}@relay.example:{CANARY}"),
        ("SMTP_URL", f"smtp://u:{CANARY}@relay.example:0"),
        ("SMTP_URL", f"smtp://u:a/{CANARY}@relay.example"),
        ("SMTP_URL", f"smtp://u:[{CANARY}@relay.example"),
        ("SMTP_URL", f"smtp://{CANARY}@relay.example"),
        ("SMTP_URL", f"smtp://u:%ff{CANARY}@relay.example"),
        ("SMTP_URL", f"smtp://u:{CANARY}@relay.example/?tls=no"),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", CANARY),
        ("MAIL_FROM", f"{CANARY}@"),
        ("MAIL_FROM", f"a@b.ru, {CANARY}@b.ru"),
        ("MAIL_FROM", f"X <a@b.ru>\nBcc: {CANARY}@b.ru"),
        ("SMTP_TIMEOUT", CANARY),
        ("SMTP_TIMEOUT", "0"),
        ("SMTP_TIMEOUT", "60"),
        ("SMTP_RATE", "nan"),
    ],
)
def test_a_bad_setting_is_named_and_never_printed(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        mail.connect({**GOOD, name: value})
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_password_is_decoded_and_stands_nowhere() -> None:
    options = mail.options({**GOOD, "SMTP_URL": f"smtp://anna%40x:{CANARY}%25%40%3A@relay.example"})
    assert (options.user, options.password) == ("anna@x", f"{CANARY}%@:")
    assert (options.port, options.starttls, options.tls) == (587, True, False)
    assert CANARY not in f"{options!r} {mail.Mail(options)!r}"
    assert mail.options({**GOOD, "SMTP_URL": "smtps://relay.example"}).port == 465
    assert not mail.options({**GOOD, "SMTP_URL": "smtp://localhost"}).starttls
    assert not mail.options({**GOOD, "SMTP_URL": "smtp://[::1]:25"}).starttls
    assert mail.options({**GOOD, "SMTP_URL": "smtp://127.0.0.1.evil.example"}).starttls


async def test_nothing_of_a_letter_is_logged(box: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await relay(box).send(ANNA, CODE, 7)
    ours = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("mail."))
    assert "anna" not in ours
    assert "A2B4C6" not in ours
    assert box.password not in ours


async def test_an_address_on_record_that_is_none_is_not_written_to(box: Mailbox) -> None:
    for chat in ("", "нет", "a@b.ru, c@d.ru", "a@b.ru\r\nRCPT TO:<c@d.ru>"):
        with pytest.raises(Rejected):
            await relay(box).send(Address("email", chat), CODE, 7)
    assert box.mails == []


async def test_nothing_comes_in(box: Mailbox) -> None:
    network = relay(box)
    await network.prepare(Site())
    listening = asyncio.create_task(network.run(lambda _: pytest.fail("nobody writes here"), None))  # type: ignore[arg-type,return-value]
    await asyncio.sleep(0)
    assert not listening.done()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert network.deep_link("t") is None
    assert SENDER in await network.identity()
    await network.close()
