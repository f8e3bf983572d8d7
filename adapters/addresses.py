"""Addresses outside the chats: a mailbox and a phone. Pure: text in, one canonical address out, or None.

What comes here was typed by a customer or kept by an operator for years, and ends in the headers of an e-mail, in the
commands of a mail server, in the URL of a gateway. So what is not plainly one address is none.

    plausible(" Anna@Почта.РФ ")  ->  Anna@xn--80a1acny.xn--p1ai
    dialable("8 912 345-67-89")   ->  +79123456789

Whether somebody reads there is found out only by sending a code.
"""

import re
import unicodedata
from typing import Final

import idna
import phonenumbers

LONGEST: Final = 254  # octets of an address: RFC 5321 4.5.3.1.3 allows a path of 256, its two brackets included
LONGEST_LOCAL: Final = 64  # octets before the @: RFC 5321 4.5.3.1.1
# A "dot-atom" of RFC 5322 3.2.3. Quoted local parts are lawful and used by nobody but those who test parsers; others
# than ASCII need SMTPUTF8 (RFC 6531) at every station on the way, which is not to be had.
LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
BEFORE: Final = " \t\r\n<\"'«“„("  # what comes along when an address is copied
BEHIND: Final = " \t\r\n>\"'»”“),.;"


def plausible(address: str) -> str | None:
    """The mailbox as mail servers want it: one address, ASCII, the domain lower-case and in punycode; None: not one.

    The part before the @ is left as it is: whether its case matters is the receiving server's affair.
    """
    if len(address) > 2 * LONGEST:
        return None
    text = unicodedata.normalize("NFKC", address).lstrip(BEFORE).rstrip(BEHIND).removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    if not at or len(local) > LONGEST_LOCAL or LOCAL.fullmatch(local) is None:
        return None
    try:
        ascii_ = idna.encode(domain, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        return None
    labels = ascii_.split(".")
    if len(labels) < 2 or not all(map(LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return None
    found = f"{local}@{ascii_}"
    return found if len(found) <= LONGEST else None


def dialable(phone: str, region: str = "RU") -> str | None:
    """The number in E.164, «+79123456789»; None: it cannot be dialled. `region` (ISO 3166): of numbers without +."""
    try:
        found = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None
    if found.extension or not phonenumbers.is_valid_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
