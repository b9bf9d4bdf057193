"""Roll a workflow back: what an older version did becomes the next version."""

from uuid import UUID

from domain.errors import InvalidInput, NotFound
from domain.operations.saving import change_workflow, check_revision, publish
from domain.operations.weigh_publication import ask_first
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import workflows
from domain.store.workflows import Contents, WorkflowRow


async def roll_back_workflow(
    actor: Actor,
    workflow_id: UUID,
    number: int,
    *,
    revision: int | None = None,
    confirm: bool = False,
) -> WorkflowRow:
    """The workflow as it is now: with a new version that is what version `number` was.

    A draft stays. Raises NotFound; InvalidInput when there is no such version, when it is the one
    that runs already, or when a secret it names is gone; Conflict when `revision` is not the
    present one; WouldBreak when triggers would break and that is not confirmed.
    """
    actor.require(EDIT_WORKFLOWS)
    found = await workflows.find_workflow(actor.team_id, workflow_id)
    if found is None:
        raise NotFound
    check_revision(found.revision, revision)
    # Asked before the lock: events are read, which takes its time.
    await ask_first(found, await _contents_to_run(found, number), confirm=confirm)

    async def roll_back(seen: WorkflowRow) -> None:
        contents = await _contents_to_run(seen, number)
        await publish(seen, seen.name, contents, actor.name, draft=seen.draft)

    noted = {"rolled_back_to": number}
    return await change_workflow(
        actor, workflow_id, revision, roll_back, action="roll_back", noted=noted
    )


async def _contents_to_run(seen: WorkflowRow, number: int) -> Contents:
    if number == seen.version:
        raise InvalidInput.at("version", "is the one that runs already")
    contents = await workflows.contents_of_version(seen.team_id, seen.id, number)
    if contents is None:
        raise InvalidInput.at("version", "there is no such version")
    return contents
