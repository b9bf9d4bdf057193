"""Roll a workflow back: what an older version did becomes the next version."""

from uuid import UUID

from domain.errors import InvalidInput, NotFound
from domain.operations.saving import check_revision, publish_steps, workflow_facts
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction
from domain.store.workflows import WorkflowRow


async def roll_back_workflow(
    actor: Actor, workflow_id: UUID, number: int, *, revision: int | None = None
) -> WorkflowRow:
    """The workflow as it is now: with a new version that has the steps of version `number`.

    A draft stays. Raises NotFound; InvalidInput when there is no such version, when it is the one
    that runs already, or when a secret it names is gone; Conflict when `revision` is not the
    present one.
    """
    actor.require(EDIT_WORKFLOWS)
    async with transaction():
        seen = await workflows.lock_workflow(actor.team_id, workflow_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, revision)
        steps = await _steps_to_run(seen, number)
        await publish_steps(seen, seen.name, steps, actor.name, draft_steps=seen.draft_steps)
        now = await workflows.find_workflow(actor.team_id, workflow_id)
        if now is None:
            raise NotFound
        await audit.record(
            actor,
            "roll_back",
            "workflow",
            workflow_id,
            before=workflow_facts(seen),
            after={**workflow_facts(now), "rolled_back_to": number},
        )
    return now


async def _steps_to_run(seen: WorkflowRow, number: int) -> str:
    if number == seen.version:
        raise InvalidInput.at("version", "is the one that runs already")
    steps = await workflows.steps_of_version(seen.team_id, seen.id, number)
    if steps is None:
        raise InvalidInput.at("version", "there is no such version")
    return steps
