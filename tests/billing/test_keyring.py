"""What a billing keeps about people who signed in: sealed, opened by one secret only, and gone with the last link."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from billing.keyring import Keyring, keys
from storage.base import Effect, Forget, Link, Storage, Unlink, UnlinkEverywhere
from tests.clock import HandClock
from tests.storage.acts import ANNA, BORIS, link, turn

SECRET = "a secret of these tests that is long enough"
KEY = '{"login": "анна", "password": "secret"}'.encode()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ring(storage: Storage, clock: HandClock) -> Keyring:
    return keyring(storage, clock)


def keyring(storage: Storage, clock: HandClock, secret: str = SECRET) -> Keyring:
    return Keyring(storage.database, secret, clock.now)  # type: ignore[attr-defined]


async def test_a_key_is_kept_changed_and_dropped(ring: Keyring) -> None:
    assert await ring.key("7") is None
    for value in (KEY, KEY, b"", b"\0" * 100_000):
        await ring.keep("7", value)
        assert await ring.key("7") == value
    await ring.keep("8", KEY)
    await ring.drop("7")
    await ring.drop("7")
    assert (await ring.key("7"), await ring.key("8")) == (None, KEY)


async def test_whoever_reads_the_database_alone_reads_nothing(
    ring: Keyring, storage: Storage, clock: HandClock
) -> None:
    await ring.keep("7", KEY)
    await ring.keep("8", KEY)
    sealed = await storage.database.read(  # type: ignore[attr-defined]
        lambda connection: [bytes(one) for one in connection.execute(sa.select(keys.c.sealed)).scalars()]
    )
    assert len(set(sealed)) == 2, "equal keys do not look equal"
    assert not any(secret in one for one in sealed for secret in (b"secret", "анна".encode(), b"password"))
    other = keyring(storage, clock, "another secret of these tests, long enough")
    assert await other.key("7") is None
    assert await keyring(storage, clock).key("7") == KEY, "the same secret opens it after a start anew"


async def test_a_key_that_was_tampered_with_is_none(ring: Keyring, storage: Storage) -> None:
    await ring.keep("7", KEY)

    def spoil(connection: sa.Connection) -> None:
        sealed = bytes(connection.execute(sa.select(keys.c.sealed)).scalar_one())
        connection.execute(sa.update(keys).values(sealed=sealed[:-5] + b"AAAA="))

    await storage.database.write(spoil)  # type: ignore[attr-defined]
    assert await ring.key("7") is None


def unlinked(mine: Link, _: Link) -> Effect:
    return Unlink(mine.id)


def cut_off(mine: Link, theirs: Link) -> Effect:
    return UnlinkEverywhere(mine.id, theirs.id)


def forgotten(_: Link, __: Link) -> Effect:
    return Forget()


# «Отвязать», an account that is gone and one that was closed are all an Unlink.
@pytest.mark.parametrize("ends", [unlinked, forgotten])
async def test_the_key_goes_with_the_last_link_to_its_account(
    ring: Keyring, storage: Storage, clock: HandClock, ends: Callable[[Link, Link], Effect]
) -> None:
    for account in ("7", "8", "9"):
        await ring.keep(account, KEY)
    [hers] = await link(storage, clock, "7")
    [theirs, _] = await link(storage, clock, "7", "8", sender=BORIS)
    assert await turn(storage, clock, ends(hers, theirs))
    assert await ring.key("7") == KEY, "the other chat still asks for it"
    assert await turn(storage, clock, Unlink(theirs.id), sender=BORIS)
    assert [await ring.key(account) for account in ("7", "8", "9")] == [None, KEY, KEY]


async def test_a_stranger_who_is_cut_off_leaves_the_owners_key(
    ring: Keyring, storage: Storage, clock: HandClock
) -> None:
    await ring.keep("7", KEY)
    [strangers], [own] = await link(storage, clock, "7"), await link(storage, clock, "7", sender=BORIS)
    assert await turn(storage, clock, cut_off(strangers, own), sender=BORIS)
    assert await ring.key("7") == KEY
    assert await turn(storage, clock, Unlink(own.id), sender=BORIS)
    assert await ring.key("7") is None


async def test_all_of_a_chats_keys_go_when_it_is_forgotten(ring: Keyring, storage: Storage, clock: HandClock) -> None:
    for account in ("7", "8"):
        await ring.keep(account, KEY)
    await link(storage, clock, "7", "8")
    assert await turn(storage, clock, Forget())
    assert [await ring.key(account) for account in ("7", "8")] == [None, None]


async def test_who_signs_in_and_links_nothing_is_forgotten_after_an_hour(
    ring: Keyring, storage: Storage, clock: HandClock
) -> None:
    await ring.keep("linked", KEY)
    await ring.keep("never", KEY)
    await link(storage, clock, "linked", sender=ANNA)
    await storage.upkeep.purge()
    assert await ring.key("never") == KEY
    clock.advance(minutes=59)
    await ring.keep("late", KEY)
    clock.advance(minutes=2)
    await storage.upkeep.purge()
    assert [await ring.key(name) for name in ("linked", "never", "late")] == [KEY, None, KEY]
    clock.advance(days=30)
    await storage.upkeep.purge()
    assert await ring.key("linked") == KEY, "as long as somebody has it linked"
