"""Who may do what: the one table that pages, API and streams ask.

What is not in the table is denied, an unknown role as much as an unknown permission.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.errors import Forbidden

ActorKind = Literal["user", "api_key", "operator", "system"]

SEE_TRIGGERS = "see_triggers"
SEE_WORKFLOWS = "see_workflows"
SEE_EVENTS = "see_events"
SEE_EXECUTIONS = "see_executions"
SEE_PAYLOADS = "see_payloads"
SEE_HOOK_URLS = "see_hook_urls"
SEE_SECRET_NAMES = "see_secret_names"  # noqa: S105 - the name of a permission
EDIT_TRIGGERS = "edit_triggers"
EDIT_WORKFLOWS = "edit_workflows"
RUN_TRIGGERS = "run_triggers"
MANAGE_SECRETS = "manage_secrets"
MANAGE_KEYS = "manage_keys"
MANAGE_MEMBERS = "manage_members"
SEE_TEAM = "see_team"
SEE_REFUSED = "see_refused"
SEND_TEST_EVENTS = "send_test_events"
LIFT_LIMITS = "lift_limits"
MANAGE_TEAM_LIMITS = "manage_team_limits"
# What is one's own: profile, sessions, saved views.
OWN_PROFILE = "own_profile"
# Whoever is signed in may sign out.
SIGN_OUT = "sign_out"

_VIEWER = frozenset(
    {
        SEE_TRIGGERS,
        SEE_WORKFLOWS,
        SEE_EVENTS,
        SEE_EXECUTIONS,
        SEE_TEAM,
        OWN_PROFILE,
        SIGN_OUT,
    }
)
# A hook address is a credential where a sender does not sign; a payload may hold anything.
_EDITOR = _VIEWER | {
    SEE_PAYLOADS,
    SEE_HOOK_URLS,
    SEE_SECRET_NAMES,
    EDIT_TRIGGERS,
    EDIT_WORKFLOWS,
    RUN_TRIGGERS,
    SEE_REFUSED,
    SEND_TEST_EVENTS,
}
_ADMIN = _EDITOR | {
    MANAGE_SECRETS,
    MANAGE_KEYS,
    MANAGE_MEMBERS,
    LIFT_LIMITS,
    MANAGE_TEAM_LIMITS,
}

ROLES: Mapping[str, frozenset[str]] = {"viewer": _VIEWER, "editor": _EDITOR, "admin": _ADMIN}
PERMISSIONS = _ADMIN


def allows(role: str, permission: str) -> bool:
    """Whether `role` may do what `permission` names."""
    return permission in ROLES.get(role, frozenset())


def weaker_role(one: str, other: str) -> str:
    """Of two roles the one that allows no more than the other does. Each role allows all that the
    one below it allows, so there always is one; an unknown role allows nothing."""
    allowed = ROLES.get(one, frozenset())
    return one if allowed <= ROLES.get(other, frozenset()) else other


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, in which team, and on which request: what an audit entry names."""

    team_id: UUID
    kind: ActorKind
    id: UUID | None
    name: str
    role: str
    request_id: str | None = None

    def may(self, permission: str) -> bool:
        """Whether the actor's role allows `permission`."""
        return allows(self.role, permission)

    def require(self, permission: str) -> None:
        """Raises Forbidden unless the actor's role allows `permission`."""
        if not self.may(permission):
            raise Forbidden


def operator(team_id: UUID) -> Actor:
    """Who acts in a team when someone uses the `signalbox` command on the server."""
    return Actor(team_id, "operator", None, "operator", "admin")
