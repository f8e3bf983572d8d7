"""One-time tokens and the six-character code that completes a link.

The code is read from a page and typed into a chat, often on a Russian keyboard. Its letters therefore exist on both:
each has a Cyrillic twin of the same look, and a typed twin counts. Of characters that are mistaken for one another
(0 O, 1 I, 8 B, 3 З) at most one is used. A code always mixes letters and digits, so it is no word and no sum.

16 characters, six places: 24 bits (ASVS 5.0 V6.5.4 asks for 20), five tries, ten minutes. It is kept as an argon2 hash
(V6.5.2): whoever reads the database needs hours for what is dead after minutes. A token has 128 random bits and is
kept as SHA-256, so that it is found by one indexed read.

A code by e-mail or SMS is six digits, as everybody knows them: 20 bits (V6.5.4), and what keeps them safe is how few
may be sent and tried (handlers.verify). Both kinds are compared by argon2, in constant time.
"""

import hashlib
import re
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

ALPHABET: Final = "ACEHKMPTX2456789"
LENGTH: Final = 6
TWINS: Final = str.maketrans("АСЕНКМРТХ", "ACEHKMPTX")
CODE: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
BETWEEN: Final = re.compile(r"[\s.,\-–—_]+")

# Some milliseconds and 8 MiB: enough for ten minutes of life, cheap enough for the loop.
hasher: Final = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)


def new_token() -> str:
    """128 random bits as 22 url-safe characters."""
    return secrets.token_urlsafe(16)


def hash_token(token: str) -> bytes:
    """What is stored of a token: 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


def new_code(seed: bytes | None = None) -> str:
    """A fresh code; with a secret `seed` of at least 16 random bytes always the same one."""
    state = secrets.token_bytes(32) if seed is None else seed
    while True:
        state = hashlib.sha256(state).digest()
        code = "".join(ALPHABET[byte % 16] for byte in state[:LENGTH])
        if not code.isalpha() and not code.isdigit():
            return code


def clean_code(typed: str) -> str | None:
    """The code that a customer typed, however spaced, in either case and alphabet; None when it cannot be one."""
    code = BETWEEN.sub("", typed[:40]).upper().translate(TWINS)
    return code if CODE.fullmatch(code) else None


DIGITS: Final = re.compile(r"(?:(?:код|code|c[oó]digo)\W{0,3})?([0-9](?:[\s.\-–—]{0,3}[0-9]){5})[.!]?", re.IGNORECASE)


def digits_of(token: str) -> str:
    """Six digits out of a fresh one-time token; the bias of the remainder is far below one in a million."""
    return f"{int.from_bytes(hashlib.sha256(token.encode()).digest()) % 1_000_000:06}"


def clean_digits(typed: str) -> str | None:
    """The six digits of a message that is nothing else: «482913», «482 913», «код: 482-913». ASCII digits only."""
    found = DIGITS.fullmatch(typed.strip()) if len(typed) <= 40 else None
    return re.sub("[^0-9]", "", found[1]) if found else None


def resembles_code(typed: str) -> bool:
    """Whether somebody who reads a code off a page and slips may have typed this: one word of letters and digits."""
    word = typed.strip()
    mixed = any(c.isalpha() for c in word) and any(c.isdigit() for c in word)
    return LENGTH - 1 <= len(word) <= LENGTH + 1 and word.isalnum() and mixed


def hash_code(code: str) -> str:
    return hasher.hash(code)


def verify_code(code_hash: str, typed: str) -> bool:
    """Whether `typed` is the hashed code."""
    code = clean_code(typed)
    return code is not None and matches(code_hash, code)


def matches(code_hash: str, code: str) -> bool:
    """Whether the cleaned `code` is the hashed one."""
    try:
        return hasher.verify(code_hash, code)
    except (VerificationError, InvalidHashError):
        return False
