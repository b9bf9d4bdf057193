"""The secrets that triggers verify with: what a given one must be like, and how one is made.

Row A36 of the attack catalogue. A secret that people paste is the sender's, so it is refused only
where it cannot be meant: too short, or with a blank or line break around it that came along with
the paste. All known senders hand out, or take, 24 bytes and more; blanks inside are kept, since a
pass phrase is a secret too. Standard Webhooks sets its own bounds: base64 of 24 to 64 bytes.
"""

import re
from base64 import b64encode, urlsafe_b64encode

from domain.errors import InvalidInput
from domain.senders.standard import SECRET_PREFIX, key_of

MIN_BYTES = 24
MAX_BYTES = 512
MADE_FROM_BYTES = 32
STANDARD_BYTES = range(24, 65)

_UNWANTED = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def check_secret(scheme: str, secret: str, field: str = "config.secret") -> None:
    """Raises InvalidInput, without repeating the secret, if it cannot be used with the scheme."""
    fault = _fault(secret) or (_standard_fault(secret) if scheme == "standard" else None)
    if fault is not None:
        raise InvalidInput.at(field, fault)


def new_secret(scheme: str, randomness: bytes) -> str:
    """A secret made from 32 random bytes, in the form that the scheme's senders know.

    Raises ValueError for fewer bytes.
    """
    if len(randomness) < MADE_FROM_BYTES:
        raise ValueError(f"a secret needs {MADE_FROM_BYTES} random bytes")
    if scheme == "standard":
        return SECRET_PREFIX + b64encode(randomness[:MADE_FROM_BYTES]).decode()
    return urlsafe_b64encode(randomness[:MADE_FROM_BYTES]).decode().rstrip("=")


def _fault(secret: str) -> str | None:
    if secret != secret.strip():
        return "must not begin or end with a blank"
    if _UNWANTED.search(secret):
        return "must not hold control characters"
    if not MIN_BYTES <= len(secret.encode()) <= MAX_BYTES:
        return f"must be {MIN_BYTES} to {MAX_BYTES} bytes long"
    return None


def _standard_fault(secret: str) -> str | None:
    key = key_of(secret)
    if not secret.startswith(SECRET_PREFIX) or key is None:
        return f"must be {SECRET_PREFIX} and valid base64"
    if len(key) not in STANDARD_BYTES:
        first, last = STANDARD_BYTES[0], STANDARD_BYTES[-1]
        return f"must be base64 of {first} to {last} bytes"
    return None
