"""The scheme `standard`: Standard Webhooks, version 1 (standardwebhooks.com).

HMAC-SHA256 over `id.timestamp.body` with a secret written as `whsec_` and base64; several
signatures may stand in the header, separated by blanks, while a secret is rotated. Only `v1,` ones
count: `v1a` is asymmetric and must not be tried with a symmetric secret (row A31). Neither id nor
timestamp may hold a dot, which would shift what is signed (row A33).
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.rules.signatures import MOST_SIGNATURES, digest, digests, encoded, which_of_many
from domain.senders.sender import (
    BodyMemory,
    Headers,
    RefusalReason,
    Refused,
    Usual,
    Verification,
    Verified,
)
from domain.senders.timestamps import TimedConfig, fault_of_timestamp, parse_timed_config
from domain.senders.titles import title_from

SECRET_PREFIX = "whsec_"  # noqa: S105  # What every such secret begins with.

_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,255}")
_VERSION = "v1,"


def key_of(secret: str) -> bytes | None:
    """The signing key that `secret` spells, or None when its base64 is not valid."""
    try:
        return b64decode(secret.removeprefix(SECRET_PREFIX).encode("ascii"), validate=True)
    except (UnicodeEncodeError, Base64Error):
        return None


class StandardSender(Usual):
    """Any sender that follows Standard Webhooks."""

    scheme = "standard"
    needs_secret = True

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> TimedConfig:
        """The replay window. Raises InvalidInput."""
        return parse_timed_config(raw, field)

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        config: TimedConfig,
        now: datetime,
    ) -> Verification:
        """Id, timestamp and signature must be there, well-formed, fresh, and signed together."""
        fault = _fault(headers, now, config.tolerance_s)
        if fault is not None:
            return Refused(fault)
        delivery_id = headers["webhook-id"]
        signed = f"{delivery_id}.{headers['webhook-timestamp']}.".encode() + body
        expected = digests("sha256", (key_of(secret) or b"" for secret in secrets), signed)
        given = headers["webhook-signature"].split(" ", MOST_SIGNATURES)[:MOST_SIGNATURES]
        ours = [one.removeprefix(_VERSION) for one in given if one.startswith(_VERSION)]
        place = which_of_many(ours, "base64", expected)
        if place is None:
            return Refused("bad_signature")
        return Verified(delivery_id, place, id_signed=True)

    def remembers_body(self, _config: object) -> BodyMemory:
        """No: the id is signed, so nobody can repeat a delivery under another one."""
        return "no"

    def describe(self, headers: Headers, _body: bytes) -> str:
        """What the usual event headers say; the standard itself puts the type into the body."""
        return title_from(headers, otherwise="Standard Webhooks delivery")

    def sign(
        self, body: bytes, secret: str, _config: TimedConfig, now: datetime, delivery_id: str
    ) -> dict[str, str]:
        """The three headers of the standard. `delivery_id` must not hold a dot."""
        timestamp = str(int(now.timestamp()))
        mac = digest("sha256", key_of(secret) or b"", f"{delivery_id}.{timestamp}.".encode() + body)
        return {
            "webhook-id": delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": _VERSION + encoded(mac, "base64"),
        }

    def sample_body(self) -> bytes:
        """The shape that the standard recommends: type, timestamp, data."""
        return (
            b'{"type":"invoice.paid","timestamp":"2026-01-02T03:04:05Z",'
            b'"data":{"id":"inv_7","amount":129.9,"currency":"EUR"}}'
        )


def _fault(headers: Headers, now: datetime, tolerance_s: int) -> RefusalReason | None:
    if not headers.get("webhook-signature"):
        return "no_signature"
    if not headers.get("webhook-id"):
        return "no_id"
    if not _ID.fullmatch(headers["webhook-id"]):
        return "bad_id"
    return fault_of_timestamp(headers.get("webhook-timestamp"), now, tolerance_s)
