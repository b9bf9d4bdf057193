"""How the keys of the JSON API, session tokens and hook tokens are written.

`sbx_<prefix>_<secret>`: the fixed beginning lets secret scanners find a leaked key, the prefix
lets people tell keys apart, the secret has 256 random bits.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

SECRET_BYTES = 32
PREFIX_BYTES = 4
_KEY = re.compile(r"sbx_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyToken:
    """A key as it is shown once (`text`), and what of it is stored."""

    text: str
    prefix: str
    hash: bytes


def make_key(random_bytes: bytes) -> KeyToken:
    """The key that these 36 random bytes make."""
    prefix = f"sbx_{random_bytes[:PREFIX_BYTES].hex()}"
    text = f"{prefix}_{url_safe(random_bytes[PREFIX_BYTES:])}"
    return KeyToken(text, prefix, token_hash(text))


def looks_like_key(text: str) -> bool:
    """Whether `text` has the form of a key: what has not is not worth a query."""
    return _KEY.fullmatch(text) is not None


def token_hash(text: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(text.encode()).digest()


def url_safe(random_bytes: bytes) -> str:
    """The bytes as text that needs no escaping in an address or a cookie."""
    return base64.urlsafe_b64encode(random_bytes).rstrip(b"=").decode()
