"""Passwords: Argon2id (RFC 9106), worked out beside the event loop, a few at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import InvalidInput

FEWEST_CHARACTERS = 12
MOST_BYTES = 256
# 46 MiB, one pass, one lane: OWASP's password storage cheat sheet names it.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
# Two at a time bound the memory that a flood of sign-ins can take.
_BESIDE = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
# What a password is checked against when there is no such user: the same work, never a match.
_NOBODY = (
    "$argon2id$v=19$m=47104,t=1,p=1$c2lnbmFsYm94LW5vYm9keQ$"
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
)


def check_new_password(password: str) -> None:
    """Raises InvalidInput when the password is too short, or too long to be worked on."""
    if len(password) < FEWEST_CHARACTERS:
        raise InvalidInput.at("password", f"must have at least {FEWEST_CHARACTERS} characters")
    if len(password.encode()) > MOST_BYTES:
        raise InvalidInput.at("password", f"must have at most {MOST_BYTES} bytes")


async def hash_password(password: str) -> str:
    """What is stored of the password."""
    return await asyncio.get_running_loop().run_in_executor(_BESIDE, _HASHER.hash, password)


async def is_password(password: str, stored: str | None) -> bool:
    """Whether `password` is the one `stored` was made from; the same work when nothing is."""
    if len(password.encode("utf-8", "replace")) > MOST_BYTES:
        password, stored = "", None
    work = asyncio.get_running_loop().run_in_executor(_BESIDE, _verify, stored or _NOBODY, password)
    return await work and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
