"""The forms of the team's page."""

from dataclasses import dataclass
from typing import Self

from domain.rules.names import MOST_EMAIL_CHARACTERS, MOST_NAME_CHARACTERS
from web.forms.reading import Fields

ROLE_WORDS = (
    ("viewer", "Viewer: looks"),
    ("editor", "Editor: builds triggers and workflows"),
    ("admin", "Admin: manages people, keys and secrets"),
)


@dataclass(frozen=True, slots=True)
class InviteForm:
    """Who is asked in, and as what."""

    email: str = ""
    role: str = "viewer"

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        # One more than may be, so that what is too long is told and not cut.
        email = given.get("email", "").strip()[: MOST_EMAIL_CHARACTERS + 1]
        return cls(email, given.get("role", "")[:20])


@dataclass(frozen=True, slots=True)
class TeamForm:
    """The team's name, and the one that it had when the form was opened."""

    name: str
    was: str

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        name = given.get("name", "").strip()[: MOST_NAME_CHARACTERS + 1]
        return cls(name, given.get("was", "")[:MOST_NAME_CHARACTERS])
