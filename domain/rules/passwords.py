"""What a password may be: length counts, and there are no rules about its letters (NIST SP 800-63B,
section 3.1.1)."""

from domain.errors import Problem

FEWEST_CHARACTERS = 12
MOST_BYTES = 256
_FEWEST_DIFFERENT = 4


def password_problems(password: str, field: str = "password") -> list[Problem]:
    """What is wrong with a new password: too short, too long to be worked on, or one that repeats
    a few characters."""
    if len(password) < FEWEST_CHARACTERS:
        return [Problem(field, f"must have at least {FEWEST_CHARACTERS} characters")]
    if too_long(password):
        return [Problem(field, f"must have at most {MOST_BYTES} bytes")]
    if len(set(password)) < _FEWEST_DIFFERENT:
        return [Problem(field, "must not repeat the same few characters")]
    return []


def too_long(password: str) -> bool:
    """Whether working on the password would cost more than anybody needs."""
    return len(password.encode("utf-8", "replace")) > MOST_BYTES
