"""The forms at the door: signing in, accepting an invitation, choosing a password, setting up.

What is typed into a password field is never shown again.
"""

import re
from dataclasses import dataclass
from typing import Self

from domain.rules.names import MOST_EMAIL_CHARACTERS, MOST_NAME_CHARACTERS
from web.forms.reading import Fields

HOME = "/"
_MOST_TOKEN_CHARACTERS = 100
# One's own path, spelled out: no scheme, no host, nothing that a browser would skip or turn round.
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9_\-./?=&%$@:,+*\[\]~()'!]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class SignInForm:
    """What someone typed, and where they wanted to go."""

    email: str = ""
    password: str = ""
    next: str = HOME

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            email=_email(given),
            password=given.get("password", ""),
            next=own_path(given.get("next", HOME)),
        )


@dataclass(frozen=True, slots=True)
class NewPasswordForm:
    """A one-time token, and what someone chooses by it: a password, and a name if they are new."""

    token: str = ""
    name: str = ""
    password: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(_token(given), _name(given, "name"), given.get("password", ""))


@dataclass(frozen=True, slots=True)
class SetUpForm:
    """The first team and the first admin."""

    token: str = ""
    team: str = ""
    name: str = ""
    email: str = ""
    password: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            token=_token(given),
            team=_name(given, "team"),
            name=_name(given, "name"),
            email=_email(given),
            password=given.get("password", ""),
        )


def _token(given: Fields) -> str:
    return given.get("token", "")[:_MOST_TOKEN_CHARACTERS]


def _name(given: Fields, field: str) -> str:
    # One more than may be, so that what is too long is told and not cut.
    return given.get(field, "").strip()[: MOST_NAME_CHARACTERS + 1]


def _email(given: Fields) -> str:
    return given.get("email", "").strip()[:MOST_EMAIL_CHARACTERS]


def own_path(text: str) -> str:
    """`text` if it is a path of ours, else the first page: nobody is sent off to another site.

    Browsers take two slashes, or a backslash after the first, for the beginning of another host,
    and skip tabs and line breaks: none of these passes. Nor does an encoded slash or backslash at
    the beginning, for proxies that decode it.
    """
    if not _OWN_PATH.fullmatch(text) or re.match(r"/%(2f|5c)", text, re.IGNORECASE):
        return HOME
    return text
