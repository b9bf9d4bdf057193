"""HMAC as webhook senders use it: made over the raw bytes, compared in constant time.

SHA-1 is refused: a sender that signs with nothing else is not verified at all (row A31 of the
attack catalogue). What is compared are the digests' bytes, so that the text of a signature may be
in either case of hex, and anything that is no digest is simply no match.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from typing import Literal

Algorithm = Literal["sha256", "sha384", "sha512"]
Encoding = Literal["hex", "base64"]

ALGORITHMS: tuple[Algorithm, ...] = ("sha256", "sha384", "sha512")
ENCODINGS: tuple[Encoding, ...] = ("hex", "base64")
MOST_SIGNATURES = 8


def digest(algorithm: Algorithm, secret: bytes, message: bytes) -> bytes:
    """The HMAC (RFC 2104) of `message`."""
    return hmac.digest(secret, message, algorithm)


def digests(algorithm: Algorithm, secrets: Iterable[bytes], message: bytes) -> list[bytes]:
    """The HMAC under each secret, in their order. For an empty one there is an empty digest, which
    matches nothing: anybody could sign with it."""
    return [digest(algorithm, secret, message) if secret else b"" for secret in secrets]


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


def which_matches(given: str, encoding: Encoding, expected: Sequence[bytes]) -> int | None:
    """The place among the expected digests of the one that `given` is, or None.

    All of them are compared, whichever matches, so that the time tells nothing.
    """
    mac = decoded(given, encoding) or b""
    found = None
    for place, digest_ in enumerate(expected):
        if hmac.compare_digest(mac, digest_) and mac:
            found = place
    return found


def which_of_many(
    given: Sequence[str], encoding: Encoding, expected: Sequence[bytes]
) -> int | None:
    """The place of the expected digest that one of the first eight signatures given is, or None.

    Eight are more than any sender has keys; without a bound a sender could keep us comparing
    (row A29 of the attack catalogue).
    """
    for signature in given[:MOST_SIGNATURES]:
        if (place := which_matches(signature, encoding, expected)) is not None:
            return place
    return None
