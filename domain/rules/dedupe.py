"""The sender's id of a delivery, by which a repeat is recognised.

In this order: `webhook-id` (Standard Webhooks), the delivery id that the sender's scheme has, and
`Idempotency-Key`. Row A26 of the attack catalogue: an id is 1 to 255 visible ASCII characters, and
it is stored as its SHA-256, because a raw one could outgrow what an index can hold.
"""

import hashlib
import re
from collections.abc import Mapping

from domain.errors import InvalidInput

MAX_ID_LENGTH = 255

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")


def sender_id(headers: Mapping[str, str], scheme_delivery_id: str | None) -> str | None:
    """The id that the sender gave this delivery, or None if it gave none.

    `headers` has lower-case names. Raises InvalidInput for an id that is empty, too long, or holds
    anything but visible ASCII; a bad id is never skipped for the next one.
    """
    for field, given in (
        ("webhook-id", headers.get("webhook-id")),
        ("delivery id", scheme_delivery_id),
        ("idempotency-key", headers.get("idempotency-key")),
    ):
        if given is not None:
            return _checked(given, field)
    return None


def _checked(given: str, field: str) -> str:
    if not _VISIBLE_ASCII.fullmatch(given):
        raise InvalidInput.at(field, f"must be 1 to {MAX_ID_LENGTH} visible ASCII characters")
    return given


def key_hash(text: str) -> bytes:
    """The SHA-256 under which an id is remembered (32 bytes)."""
    return hashlib.sha256(text.encode()).digest()
