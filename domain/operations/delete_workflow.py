"""Delete a workflow that no trigger runs any more."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.operations.saving import check_revision, won, workflow_facts
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction


async def delete_workflow(actor: Actor, workflow_id: UUID, *, revision: int | None = None) -> None:
    """Its versions and executions stay. Raises NotFound, and Conflict while a trigger runs it."""
    actor.require(EDIT_WORKFLOWS)
    async with transaction():
        # 1. Locked: a trigger that is being made for it waits, then finds it gone.
        seen = await workflows.lock_workflow(actor.team_id, workflow_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        # 2. Whoever made a trigger before the lock is seen here.
        if users := await workflows.names_of_triggers_using(actor.team_id, workflow_id):
            raise Conflict(f"A trigger runs this workflow, or waits for it: {', '.join(users)}.")
        won(await workflows.mark_deleted(seen))
        await audit.record(actor, "delete", "workflow", workflow_id, before=workflow_facts(seen))
