"""Ids: UUIDv7 (RFC 9562 §5.7), whose first 48 bits are the instant of creation in milliseconds.

The time-partitioned tables are partitioned by the range of their id, so an id alone finds its
partition. A row that may exist only once per something gets a *derived* id: the instant of its
event, and for the rest a hash of what it must be unique for. Its primary key then is the
uniqueness rule, which a unique index of a partitioned table could not be (such an index must
contain the partition key).
"""

import hashlib
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62
_RAND_A_MASK = 0xFFF
_BELOW_MILLISECONDS = 80
_HIGHEST = (1 << 128) - 1
_RAND_B_MASK = (1 << 62) - 1


def _compose(milliseconds: int, randomness: int) -> UUID:
    rand_a = (randomness >> 62) & _RAND_A_MASK
    rand_b = randomness & _RAND_B_MASK
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | _VERSION_7 | rand_a << 64 | _VARIANT | rand_b
    return UUID(int=value)


def new_id() -> UUID:
    """A fresh id. Its instant is this process's clock: it orders and files, it decides nothing. Of
    two events that come within a millisecond the first has the lower one: what follows the
    millisecond is its fraction, to a quarter of a microsecond (RFC 9562 §6.2, method 3)."""
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * (_RAND_A_MASK + 1) // 1_000_000
    randomness = int.from_bytes(os.urandom(8), "big") & _RAND_B_MASK
    return _compose(milliseconds, fraction << 62 | randomness)


def derived_id(origin: UUID, *parts: object) -> UUID:
    """The one id for `parts` under `origin`: same instant (so same day's partition), same parts,
    same id. `parts` are joined by their text, NUL between them."""
    return _hashed(origin.int >> 80, origin, *parts)


def id_at(instant: datetime, *parts: object) -> UUID:
    """The one id for `parts` that begins with an instant: same instant, same parts, same id. For
    what has no event whose id it could derive from."""
    return _hashed((instant - _EPOCH) // _MILLISECOND, *parts)


def _hashed(milliseconds: int, *parts: object) -> UUID:
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
    return _compose(milliseconds, int.from_bytes(digest[:10], "big"))


def instant_of(row_id: UUID) -> datetime:
    """When the id was made (UTC, to the millisecond)."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC)


def first_id_at(instant: datetime) -> UUID:
    """The lowest id that could be made at `instant`: a partition's bound, a page's time filter."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return UUID(int=(instant - _EPOCH) // _MILLISECOND << 80)


def derived_from(ids: Iterable[UUID]) -> tuple[UUID, UUID]:
    """The bounds (from, below) of all ids that derive from any of `ids`: those of their
    milliseconds. `ids` may come from an address, so they can be any at all.
    """
    milliseconds = [each.int >> _BELOW_MILLISECONDS for each in ids]
    low, below = min(milliseconds), max(milliseconds) + 1
    return (
        UUID(int=low << _BELOW_MILLISECONDS),
        UUID(int=min(below << _BELOW_MILLISECONDS, _HIGHEST)),
    )


def parse_id(text: str) -> UUID | None:
    """The id that `text` spells in the canonical form, or None: other spellings are not ids."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text else None
