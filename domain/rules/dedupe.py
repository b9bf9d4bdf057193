"""By what a delivery that comes again is recognised: the sender's id, and the body where the id
could have been changed.

The id is, in this order: `webhook-id` (Standard Webhooks), the delivery id that the sender's scheme
has, and `Idempotency-Key`; but one that is signed goes before all that are not. Row A26 of the
attack catalogue: an id is 1 to 255 visible ASCII characters, and it is stored as its SHA-256,
because a raw one could outgrow what an index can hold.

Row A34: where the id is not signed, whoever saw a delivery could send it again under another id. So
the signed body is remembered beside the id, for as long, and a delivery whose body is known is a
repeat whatever its id is. Bodies are remembered

- of every delivery of GitHub, Stripe, Slack and Shopify: their bodies name what they are about and
  when, so that two true deliveries are never equal;
- with the generic scheme `hmac` of deliveries that come with an unsigned id, together with the
  instant if one is signed. A delivery without any id is never a repeat of another such one: a
  sender of plain pings means each of them;
- never where the id is signed, or nothing is.

A trigger's setting `dedup_body` overrules this in both directions.
"""

import hashlib
import re
from collections.abc import Mapping
from uuid import UUID

from domain.errors import InvalidInput

MAX_ID_LENGTH = 255

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")


def sender_id(
    headers: Mapping[str, str], scheme_delivery_id: str | None, *, signed: bool = False
) -> str | None:
    """The id that the sender gave this delivery, or None if it gave none. `signed` says that the
    scheme's one is, so that no other counts.

    `headers` has lower-case names. Raises InvalidInput for an id that is empty, too long, or holds
    anything but visible ASCII; a bad id is never skipped for the next one.
    """
    if signed and scheme_delivery_id is not None:
        return _checked(scheme_delivery_id, "delivery id")
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


def id_key(trigger_id: UUID, senders_own: str) -> bytes:
    """The key by which a repeat is known: a sender's id counts within its trigger."""
    return key_hash(f"{trigger_id}\0{senders_own}")


def body_key(trigger_id: UUID, instant: str, body_hash: bytes) -> bytes:
    """The key by which a repeated body is known, within its trigger and the instant that was signed
    with it ("": none). No sender's id has the same key: there a trigger is written as text."""
    return hashlib.sha256(trigger_id.bytes + f"\0\0{instant}\0".encode() + body_hash).digest()


def key_hash(text: str) -> bytes:
    """The SHA-256 under which an id is remembered (32 bytes)."""
    return hashlib.sha256(text.encode()).digest()
