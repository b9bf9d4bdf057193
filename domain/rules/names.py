"""What a name that people give may be."""

import re
from collections.abc import Collection

from domain.errors import Problem
from domain.rules.placeholders import SECRET_NAME

MOST_NAME_CHARACTERS = 100
MOST_NAME_BYTES = 400
_SECRET_NAME = re.compile(SECRET_NAME, re.ASCII)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+", re.ASCII)
MOST_EMAIL_CHARACTERS = 254
# A language, and perhaps a script and a region: what browsers format times and numbers by.
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-[0-9]{3})?", re.ASCII)
THEMES = ("system", "light", "dark")


def name_problems(name: str, field: str = "name") -> list[Problem]:
    """What is wrong with a name: 1 to 100 characters, at most 400 bytes, no control characters,
    not only blanks."""
    if not name.strip():
        return [Problem(field, "must not be empty")]
    if len(name) > MOST_NAME_CHARACTERS or len(name.encode("utf-8", "replace")) > MOST_NAME_BYTES:
        return [Problem(field, f"must have at most {MOST_NAME_CHARACTERS} characters")]
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in name):  # noqa: PLR2004 - C0, DEL and C1
        return [Problem(field, "must not contain control characters")]
    return []


def secret_name_problems(name: str) -> list[Problem]:
    """What is wrong with the name of a team's secret."""
    if _SECRET_NAME.fullmatch(name):
        return []
    return [
        Problem(
            "name",
            "must begin with a letter a-z and have at most 64 of a-z, 0-9 and _",
        )
    ]


def slug_problems(slug: str) -> list[Problem]:
    """What is wrong with a team's slug."""
    if _SLUG.fullmatch(slug):
        return []
    return [Problem("slug", "must have at most 40 of a-z, 0-9 and -, and not begin with -")]


def email_problems(email: str) -> list[Problem]:
    """What is wrong with an e-mail address (only that mail to it would prove it right)."""
    if _EMAIL.fullmatch(email) and len(email) <= MOST_EMAIL_CHARACTERS:
        return []
    return [Problem("email", "must be an e-mail address")]


def settings_problems(
    zone: str | None, locale: str | None, theme: str, zones: Collection[str]
) -> list[Problem]:
    """What is wrong with how someone wants things shown. `zones` are the IANA names known here;
    no zone and no locale mean the browser's."""
    problems = []
    if zone is not None and zone not in zones:
        problems.append(Problem("zone", "is not a time zone"))
    if locale is not None and not _LOCALE.fullmatch(locale):
        problems.append(Problem("locale", "is not a language tag such as en-GB"))
    if theme not in THEMES:
        problems.append(Problem("theme", f"must be one of {', '.join(THEMES)}"))
    return problems
