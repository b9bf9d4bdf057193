"""Publish a workflow's draft."""

from uuid import UUID

from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.rules.permissions import Actor
from domain.store.workflows import WorkflowRow


async def publish_workflow(
    actor: Actor, workflow_id: UUID, *, revision: int | None = None, confirm: bool = False
) -> WorkflowRow:
    """Make the draft the version that runs; the workflow as it is now.

    Raises NotFound, InvalidInput when there is no draft, Conflict, and WouldBreak unless it is
    confirmed.
    """
    edit = WorkflowEdit(draft=False, revision=revision, confirm=confirm)
    return await edit_workflow(actor, workflow_id, edit)
