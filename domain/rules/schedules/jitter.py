"""How long after its instant a slot is due, so that a thousand schedules of "at nine" spread."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID


def jitter_of(trigger_id: UUID, at: datetime, jitter_s: int) -> timedelta:
    """A wait in [0, jitter_s) seconds, in whole milliseconds; always the same for the same slot,
    whichever process asks, and another one for the next."""
    if jitter_s <= 0:
        return timedelta(0)
    text = f"{trigger_id}\0{at.astimezone(UTC).isoformat()}"
    digest = hashlib.sha256(text.encode()).digest()
    return timedelta(milliseconds=int.from_bytes(digest[:8], "big") % (jitter_s * 1_000))
