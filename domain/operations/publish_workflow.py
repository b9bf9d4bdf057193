"""Publish a workflow's draft."""

from uuid import UUID

from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.rules.permissions import Actor
from domain.store.workflows import WorkflowRow


async def publish_workflow(
    actor: Actor, workflow_id: UUID, *, revision: int | None = None
) -> WorkflowRow:
    """Make the draft the version that runs; the workflow as it is now.

    Raises NotFound, InvalidInput when there is no draft, and Conflict.
    """
    return await edit_workflow(actor, workflow_id, WorkflowEdit(draft=False, revision=revision))
