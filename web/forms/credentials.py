"""The sign-in form."""

from dataclasses import dataclass
from typing import Self

from web.forms.reading import Fields

HOME = "/"


@dataclass(frozen=True, slots=True)
class SignInForm:
    """What someone typed, and where they wanted to go. The password is never shown again."""

    email: str = ""
    password: str = ""
    next: str = HOME

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            email=given.get("email", "").strip()[:254],
            password=given.get("password", ""),
            next=own_path(given.get("next", HOME)),
        )


def own_path(text: str) -> str:
    """`text` if it is a path of ours, else the first page: nobody is sent off to another site.

    Browsers take two slashes, or a backslash after the first, for the beginning of another host,
    and skip tabs and line breaks: none of these passes.
    """
    is_path = text.startswith("/") and not text.startswith("//")
    return text if is_path and text.isprintable() and "\\" not in text else HOME
