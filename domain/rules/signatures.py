"""HMAC as webhook senders use it: made over the raw bytes, compared in constant time.

SHA-1 is refused: a sender that signs with nothing else is not verified at all (row A31 of the
attack catalogue). What is compared are the digests' bytes, so that the text of a signature may be
in either case of hex, and anything that is no digest is simply no match.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Literal

Algorithm = Literal["sha256", "sha384", "sha512"]
Encoding = Literal["hex", "base64"]

ALGORITHMS: tuple[Algorithm, ...] = ("sha256", "sha384", "sha512")
ENCODINGS: tuple[Encoding, ...] = ("hex", "base64")


def digest(algorithm: Algorithm, secret: bytes, message: bytes) -> bytes:
    """The HMAC (RFC 2104) of `message`."""
    return hmac.digest(secret, message, algorithm)


def digests(algorithm: Algorithm, secrets: Iterable[bytes], message: bytes) -> list[bytes]:
    """The HMAC under each secret. An empty one is passed over: anybody could sign with it."""
    return [digest(algorithm, secret, message) for secret in secrets if secret]


def encoded(mac: bytes, encoding: Encoding) -> str:
    """`mac` as text: lower-case hex, or base64 with padding."""
    return mac.hex() if encoding == "hex" else b64encode(mac).decode()


def decoded(text: str, encoding: Encoding) -> bytes | None:
    """The bytes that `text` encodes, or None when it is not strictly in that encoding."""
    try:
        raw = text.encode("ascii")
        return binascii.unhexlify(raw) if encoding == "hex" else b64decode(raw, validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None


def matches(given: str, encoding: Encoding, expected: Iterable[bytes]) -> bool:
    """Whether `given` is one of the expected digests.

    All of them are compared, whichever matches, so that the time tells nothing.
    """
    mac = decoded(given, encoding) or b""
    found = False
    for digest_ in expected:
        found |= hmac.compare_digest(mac, digest_)
    return found
