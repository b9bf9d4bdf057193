"""Discard a workflow's draft: what is published is edited next."""

from uuid import UUID

from domain.errors import Conflict, NotFound
from domain.operations.saving import check_revision, won, workflow_facts
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction


async def discard_draft(actor: Actor, workflow_id: UUID, *, revision: int | None = None) -> None:
    """Raises NotFound when there is no such workflow or no draft; Conflict when `revision` is not
    the present one, and when nothing would be left, as no version was ever published."""
    actor.require(EDIT_WORKFLOWS)
    async with transaction():
        seen = await workflows.lock_workflow(actor.team_id, workflow_id)
        if seen is None or seen.draft_steps is None:
            raise NotFound
        check_revision(seen.revision, revision)
        if seen.version is None:
            raise Conflict("It was never published, so its draft is all there is of it.")
        won(await workflows.save_workflow(seen, name=seen.name, draft=None))
        now = await workflows.find_workflow(actor.team_id, workflow_id)
        if now is None:
            raise NotFound
        await audit.record(
            actor,
            "discard_draft",
            "workflow",
            workflow_id,
            before=workflow_facts(seen),
            after=workflow_facts(now),
        )
