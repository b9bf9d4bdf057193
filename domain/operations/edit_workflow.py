"""Edit a workflow: its name, and its steps as a new version or as a draft."""

from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidInput, NotFound
from domain.operations.saving import (
    check,
    check_revision,
    publish_steps,
    steps_text,
    won,
    workflow_facts,
)
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction
from domain.store.workflows import WorkflowRow


@dataclass(frozen=True, slots=True)
class WorkflowEdit:
    """What to change; None: as it was. Steps are published at once unless `draft`; without steps,
    `draft=False` publishes the draft that is there."""

    name: str | None = None
    steps: object | None = None
    draft: bool | None = None
    revision: int | None = None


async def edit_workflow(actor: Actor, workflow_id: UUID, edit: WorkflowEdit) -> WorkflowRow:
    """The workflow as it is now.

    Raises NotFound, InvalidInput, and Conflict when `edit.revision` is not the present one.
    """
    actor.require(EDIT_WORKFLOWS)
    found = [] if edit.name is None else name_problems(edit.name)
    check(found if edit.steps is None else [])
    steps = None if edit.steps is None else steps_text(edit.steps, found=found)
    async with transaction():
        seen = await workflows.lock_workflow(actor.team_id, workflow_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, edit.revision)
        await _save(actor, seen, edit, steps)
        now = await workflows.find_workflow(actor.team_id, workflow_id)
        if now is None:
            raise NotFound
        await audit.record(
            actor,
            "publish" if now.version != seen.version else "edit",
            "workflow",
            workflow_id,
            before=workflow_facts(seen),
            after=workflow_facts(now),
        )
    return now


async def _save(actor: Actor, seen: WorkflowRow, edit: WorkflowEdit, steps: str | None) -> None:
    name = edit.name or seen.name
    to_publish = _steps_to_publish(seen, edit, steps)
    if to_publish is not None:
        await publish_steps(seen, name, to_publish, actor.name)
    else:
        draft = seen.draft_steps if steps is None else steps
        won(await workflows.save_workflow(seen, name=name, draft_steps=draft))


def _steps_to_publish(seen: WorkflowRow, edit: WorkflowEdit, steps: str | None) -> str | None:
    if steps is not None:
        return None if edit.draft else steps
    if edit.draft is None:
        return None
    if edit.draft:
        raise InvalidInput.at("draft", "needs steps beside it")
    if seen.draft_steps is None:
        raise InvalidInput.at("draft", "there is no draft to publish")
    return seen.draft_steps
