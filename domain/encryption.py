"""Secrets at rest: encrypted, and bound to the row they belong to.

A ciphertext that is copied into another row does not open there: the row's identity is
authenticated along with it. The first byte names the format, so that a later one can be told apart.
"""

import contextlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import SignalboxError

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class CannotOpen(SignalboxError):
    """A stored secret cannot be opened: it was stored under another SECRET_KEY, or altered."""

    code = "cannot_open_secret"


def derive_key(secret_key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (RFC 5869): what leaks from one use says nothing about another."""
    return HKDF(SHA256(), 32, salt=None, info=f"signalbox/{purpose}".encode()).derive(secret_key)


class Vault:
    """Seals and opens secrets (AES-256-GCM, NIST SP 800-38D) with a key made from SECRET_KEY.

    While the key is changed, `previous` ones still open what they sealed: which one did, GCM's tag
    tells, so nothing about keys is written beside a ciphertext. `signalbox secrets reseal` seals
    all with the present one.
    """

    def __init__(self, secret_key: bytes, previous: Sequence[bytes] = ()) -> None:
        self._ciphers = [AESGCM(derive_key(key, "vault")) for key in (secret_key, *previous)]

    def seal(self, plaintext: str, row: str) -> bytes:
        """The ciphertext of `plaintext`, which opens only with the same `row`."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._ciphers[0].encrypt(nonce, plaintext.encode(), row.encode())

    def open(self, ciphertext: bytes, row: str) -> str:
        """What was sealed for `row`. Raises CannotOpen for anything else."""
        return self._opened(ciphertext, row)[0]

    def is_current(self, ciphertext: bytes, row: str) -> bool:
        """Whether it was sealed with the present key. Raises CannotOpen as `open` does."""
        return self._opened(ciphertext, row)[1] == 0

    def _opened(self, ciphertext: bytes, row: str) -> tuple[str, int]:
        """What was sealed, and the place of the key that opens it."""
        version, nonce = ciphertext[:1], ciphertext[1 : 1 + _NONCE_BYTES]
        sealed = ciphertext[1 + _NONCE_BYTES :]
        if version == _FORMAT:
            for place, cipher in enumerate(self._ciphers):
                with contextlib.suppress(InvalidTag, ValueError):
                    return cipher.decrypt(nonce, sealed, row.encode()).decode(), place
        raise CannotOpen


def trigger_secret_row(team_id: object, secret_id: object) -> str:
    """The identity that a trigger's signing secret is bound to."""
    return f"trigger_secret:{team_id}:{secret_id}"


def secret_row(team_id: object, secret_id: object) -> str:
    """The identity that a team's named secret is bound to."""
    return f"secret:{team_id}:{secret_id}"
