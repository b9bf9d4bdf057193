"""Create a workflow, published unless it is to be a draft."""

from domain.errors import NotFound
from domain.operations.saving import publish_steps, steps_text, workflow_facts
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction
from domain.store.workflows import WorkflowRow


async def create_workflow(
    actor: Actor, name: str, steps: object, *, draft: bool = False
) -> WorkflowRow:
    """The new workflow. Raises InvalidInput with the fields that are wrong."""
    actor.require(EDIT_WORKFLOWS)
    text = steps_text(steps, found=name_problems(name))
    async with transaction():
        workflow_id = await workflows.add_workflow(actor.team_id, name, text if draft else None)
        made = await workflows.lock_workflow(actor.team_id, workflow_id)
        if made is not None and not draft:
            await publish_steps(made, name, text, actor.name)
            made = await workflows.find_workflow(actor.team_id, workflow_id)
        if made is None:
            raise NotFound
        await audit.record(actor, "create", "workflow", workflow_id, after=workflow_facts(made))
    return made
