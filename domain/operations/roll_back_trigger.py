"""Roll a trigger back: an earlier version's parts become a new version."""

from typing import Any
from uuid import UUID

from domain.encryption import Vault
from domain.errors import NotFound
from domain.operations.create_trigger import SavedTrigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.bodies import read_json
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store.database import transaction
from domain.store.pages_trigger_versions import VersionListed, version_numbered


async def roll_back_trigger(
    actor: Actor, vault: Vault, trigger_id: UUID, number: int, *, revision: int | None = None
) -> SavedTrigger:
    """The trigger as it is now, judged by what version `number` asked for.

    Nothing of what came in between is lost: it is a new version. Name, switch and secrets stay as
    they are; only a version of another scheme gets a secret of its own, which is returned.
    Raises NotFound, InvalidInput (its workflow is gone), and Conflict as `edit_trigger` does.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        version = await version_numbered(actor.team_id, trigger_id, number)
        if version is None:
            raise NotFound
        edit = _edit_to(version, revision)
        return await edit_trigger(actor, vault, trigger_id, edit, action="roll_back")


def _edit_to(version: VersionListed, revision: int | None) -> TriggerEdit:
    return TriggerEdit(
        workflow_id=version.workflow_id,
        config=_json(version.config),
        conditions=None if version.conditions is None else _json(version.conditions),
        limits=_json(version.limits),
        retry=_json(version.retry),
        pinned_version=version.pinned_version,
        revision=revision,
    )


def _json(text: str) -> Any:
    return read_json(text.encode())
