"""Discard a workflow's draft: what is published is edited next."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.operations.saving import change_workflow, won
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import workflows
from domain.store.workflows import WorkflowRow


async def discard_draft(actor: Actor, workflow_id: UUID, *, revision: int | None = None) -> None:
    """Raises NotFound when there is no such workflow or no draft; Conflict when `revision` is not
    the present one, and when nothing would be left, as no version was ever published."""
    actor.require(EDIT_WORKFLOWS)
    await change_workflow(actor, workflow_id, revision, _discard, action="discard_draft")


async def _discard(seen: WorkflowRow) -> None:
    if seen.draft_steps is None:
        raise NotFound
    if seen.version is None:
        raise Conflict("It was never published, so its draft is all there is of it.")
    won(await workflows.save_workflow(seen, name=seen.name, draft=None))
