"""People, their devices and their invitations as rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.rules.permissions import Actor
from domain.store.database import Row

ROLE_NAMES = {"viewer": "Viewer", "editor": "Editor", "admin": "Admin"}

# What browsers call themselves, most particular first: Edge says it is Chrome, which says Safari.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """`Firefox on Linux`: enough to know one's own device by."""
    browser = _first(_BROWSERS, user_agent) or "A browser"
    system = _first(_SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(marks: Iterable[tuple[str, str]], text: str) -> str | None:
    return next((word for mark, word in marks if mark in text), None)


@dataclass(frozen=True, slots=True)
class SessionShown:
    """One of one's own sessions."""

    id: UUID
    device: str
    address: str
    team_name: str
    created_at: datetime
    seen_at: datetime
    current: bool


def sessions_shown(rows: Sequence[Row], present: UUID) -> list[SessionShown]:
    """The session that asks comes first."""
    shown = [
        SessionShown(
            id=row["id"],
            device=device_words(row["user_agent"]),
            address=row["address"],
            team_name=row["team_name"],
            created_at=row["created_at"],
            seen_at=row["seen_at"],
            current=row["id"] == present,
        )
        for row in rows
    ]
    return sorted(shown, key=lambda session: not session.current)


@dataclass(frozen=True, slots=True)
class MemberShown:
    """A member of the team; `row` as the store gives it."""

    row: Row
    role: str
    own: bool
    only_admin: bool


def members_shown(rows: Sequence[Row], actor: Actor) -> list[MemberShown]:
    """The members; the only admin can neither step down nor leave."""
    admins = sum(row["role"] == "admin" for row in rows)
    return [
        MemberShown(
            row=row,
            role=ROLE_NAMES[row["role"]],
            own=row["user_id"] == actor.id,
            only_admin=row["role"] == "admin" and admins == 1,
        )
        for row in rows
    ]


def role_options() -> list[tuple[str, str]]:
    """Values and words of a role's select."""
    return list(ROLE_NAMES.items())


def link_shown(title: str, link: str, note: str) -> dict[str, Any]:
    """A link that is shown this once."""
    return {"title": title, "link": link, "note": note}
