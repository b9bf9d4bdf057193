"""One-time tokens: what an invitation, a reset or a set-up address carries."""

import re
import secrets
from dataclasses import dataclass

from domain.rules.key_tokens import SECRET_BYTES, token_hash, url_safe

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """A token of 256 random bits as it is shown once (`text`), and what of it is stored."""

    text: str
    hash: bytes


def new_token() -> OneTimeToken:
    """A token that nobody has seen."""
    text = url_safe(secrets.token_bytes(SECRET_BYTES))
    return OneTimeToken(text, token_hash(text))


def hash_of(text: str) -> bytes | None:
    """What would be stored of `text`, or None when it has not the form of a token."""
    return token_hash(text) if _TOKEN.fullmatch(text) else None
