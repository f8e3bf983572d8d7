"""Passwords of the ledger's customers: argon2id, and one and the same time for every wrong answer.

A sign-in always costs one verification at full strength: against the stored hash; against one that nothing matches
when the login is unknown; and against that one *as well* when the stored hash is weaker than ours. So the clock tells
neither whether a login exists nor whose hash is cheap. (A hash imported with a higher cost than ours does take longer.)
"""

import secrets
from base64 import b64encode

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)  # RFC 9106, section 4, the second choice
# A dozen made-up customers whose passwords are printed in the documentation must not hold up the start by a second.
DEMO_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LONGEST = 1024  # characters; what is longer is nobody's password
MOST_MEMORY, MOST_TIME, MOST_LANES = 1 << 18, 16, 16  # an imported hash may not ask for more: 256 MiB, 16 passes


def _unmatched() -> str:
    """A hash at full cost that no known password has: random salt, random result. Costs nothing to make."""
    salt, result = (b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (16, 32))
    return f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${salt}${result}"


UNMATCHED = _unmatched()


def hashed(password: str) -> str:
    """The hash to store, at full cost: some 50 ms and 64 MiB. Raises ValueError when the password is too long."""
    if not 0 < len(password) <= LONGEST:
        raise ValueError("a password has 1 to 1024 characters")
    return HASHER.hash(_bytes(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Blocks for a verification at full cost or more: call it on a thread."""
    word = _bytes(password[:LONGEST])
    same = stored is not None and _verified(stored, word)
    if stored is None or not _at_full_cost(stored):
        _verified(UNMATCHED, word)
    return same and len(password) <= LONGEST


def check_hash(text: str) -> None:
    """Raises ValueError unless it is an argon2id hash that can be verified at a bearable cost."""
    try:
        p = extract_parameters(text)
    except (InvalidHashError, ValueError):
        raise ValueError("not an argon2 hash in its usual text form ($argon2id$…)") from None
    if p.type is not Type.ID or p.memory_cost > MOST_MEMORY or p.time_cost > MOST_TIME or p.parallelism > MOST_LANES:
        raise ValueError("an argon2 hash of another kind, or one that costs too much to verify")


def _at_full_cost(stored: str) -> bool:
    try:
        return not HASHER.check_needs_rehash(stored)
    except InvalidHashError:
        return False


def _verified(stored: str, word: bytes) -> bool:
    try:
        return HASHER.verify(stored, word)
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
