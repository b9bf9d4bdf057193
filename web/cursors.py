"""Where a list goes on: the last id of a page, signed, so that nobody makes up their own.

A cursor is good for the list and the team that it was made for.
"""

import base64
import hmac
from hashlib import sha256
from uuid import UUID

from domain.errors import InvalidInput

_MAC_BYTES = 12
_ID_BYTES = 16


def make_cursor(key: bytes, scope: str, last: UUID) -> str:
    """The cursor after `last` in the list that `scope` names (team and list)."""
    signed = last.bytes + _mac(key, scope, last.bytes)
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def read_cursor(key: bytes, scope: str, cursor: str | None) -> UUID | None:
    """The id that the list goes on after. Raises InvalidInput for a cursor that is not ours."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode() + b"==", b"-_", validate=True)
    except ValueError:
        raw = b""
    last, mac = raw[:_ID_BYTES], raw[_ID_BYTES:]
    if len(last) != _ID_BYTES or not hmac.compare_digest(mac, _mac(key, scope, last)):
        raise InvalidInput.at("cursor", "is not one that this list gave out")
    return UUID(bytes=last)


def _mac(key: bytes, scope: str, last: bytes) -> bytes:
    return hmac.new(key, scope.encode() + last, sha256).digest()[:_MAC_BYTES]
