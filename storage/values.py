"""Values as they lie in the tables, and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from adapters.base import Address, Incoming, Reply
from storage.base import Claim, Dialogue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def moment(instant: int) -> datetime:
    return _EPOCH + instant * _MICROSECOND


def moment_or_none(instant: int | None) -> datetime | None:
    return None if instant is None else moment(instant)


def lane_of(address: Address) -> str:
    # No network has an id that fits no database, but a forger may.
    return plain(str(address))


def plain(text: str) -> str:
    """A text from outside as both databases take it: PostgreSQL knows no NUL, and neither a lone surrogate."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def address_of(lane: str) -> Address:
    network, _, chat = lane.partition(":")
    return Address(network, chat)


def encode(value: object) -> str:
    """JSON text. A lone surrogate, which fits no database, becomes a question mark."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_printable(value)).decode()


incoming_of = msgspec.json.Decoder(Incoming).decode
reply_of = msgspec.json.Decoder(Reply).decode
dialogue_of = msgspec.json.Decoder(Dialogue).decode
claims_of = msgspec.json.Decoder(tuple[Claim, ...]).decode
data_of = msgspec.json.Decoder(dict[str, str]).decode
names_of = msgspec.json.Decoder(tuple[str, ...]).decode
figures_of = msgspec.json.Decoder(dict[str, int]).decode


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _printable(getattr(value, one.name)) for one in fields(value)})
    if isinstance(value, Mapping):
        return {_printable(key): _printable(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_printable(one) for one in value)
    return value
