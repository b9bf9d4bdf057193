"""Passwords: Argon2id (RFC 9106), worked out beside the event loop, a few at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.operations.saving import check
from domain.rules.passwords import password_problems, too_long

# 46 MiB, one pass, one lane: OWASP's password storage cheat sheet names it.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
# Two at a time bound the memory that a flood of sign-ins can take.
_BESIDE = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
# What a password is checked against when there is no such user: the same work, never a match.
_NOBODY = (
    "$argon2id$v=19$m=47104,t=1,p=1$c2lnbmFsYm94LW5vYm9keQ$"
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
)


async def hash_new_password(password: str, field: str = "password") -> str:
    """What is stored of a new password. Raises InvalidInput when it may not be one."""
    check(password_problems(password, field))
    plain = password.encode("utf-8", "replace")
    return await asyncio.get_running_loop().run_in_executor(_BESIDE, _HASHER.hash, plain)


async def is_password(password: str, stored: str | None) -> bool:
    """Whether `password` is the one `stored` was made from; the same work when nothing is."""
    if too_long(password):
        password, stored = "", None
    work = asyncio.get_running_loop().run_in_executor(_BESIDE, _verify, stored or _NOBODY, password)
    return await work and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password.encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False
