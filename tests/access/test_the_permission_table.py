"""The one table of who may do what."""

from uuid import UUID

import pytest

from domain.errors import Forbidden
from domain.rules.permissions import (
    EDIT_TRIGGERS,
    EDIT_WORKFLOWS,
    MANAGE_KEYS,
    MANAGE_SECRETS,
    PERMISSIONS,
    ROLES,
    SEE_EVENTS,
    SEE_HOOK_URLS,
    SEE_PAYLOADS,
    Actor,
    allows,
)

TEAM = UUID(int=1)


def test_a_viewer_looks_and_changes_nothing() -> None:
    assert allows("viewer", SEE_EVENTS)
    for permission in (EDIT_TRIGGERS, EDIT_WORKFLOWS, MANAGE_KEYS, SEE_PAYLOADS, SEE_HOOK_URLS):
        assert not allows("viewer", permission)


def test_an_editor_builds_but_manages_no_access() -> None:
    assert allows("editor", EDIT_TRIGGERS)
    assert not allows("editor", MANAGE_KEYS)
    assert not allows("editor", MANAGE_SECRETS)


def test_each_role_may_all_that_the_one_below_may() -> None:
    assert ROLES["viewer"] < ROLES["editor"] < ROLES["admin"] == PERMISSIONS


@pytest.mark.parametrize("role", ["", "owner", "Admin", "admin ", "viewer,admin", "None"])
def test_an_unknown_role_may_nothing(role: str) -> None:
    assert not any(allows(role, permission) for permission in PERMISSIONS)


def test_an_unknown_permission_is_nobodys() -> None:
    assert not any(allows(role, "see_everything") for role in ROLES)


def test_an_actor_without_the_permission_is_stopped() -> None:
    bob = Actor(TEAM, "user", None, "Bob", "viewer")

    bob.require(SEE_EVENTS)
    with pytest.raises(Forbidden):
        bob.require(EDIT_TRIGGERS)
