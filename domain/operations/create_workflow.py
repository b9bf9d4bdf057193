"""Create a workflow, published unless it is to be a draft."""

from dataclasses import replace

from domain.errors import NotFound
from domain.operations.saving import contents_of, publish, workflow_facts
from domain.operations.template_versions import TemplateUse, require_version
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, workflows
from domain.store.database import transaction
from domain.store.workflows import WorkflowRow


async def create_workflow(
    actor: Actor,
    name: str,
    steps: object,
    *,
    draft: bool = False,
    input_schema: object = None,
    policy: object = None,
    made_from: TemplateUse | None = None,
) -> WorkflowRow:
    """The new workflow; with `made_from` it remembers that template. Raises InvalidInput with the
    fields that are wrong."""
    actor.require(EDIT_WORKFLOWS)
    contents = contents_of(steps, input_schema, policy, found=name_problems(name))
    if made_from is not None:
        await require_version(actor.team_id, made_from)
        contents = replace(contents, template_version=made_from.version)
    async with transaction():
        kept = contents if draft else None
        workflow_id = await workflows.add_workflow(
            actor.team_id, name, kept, made_from.template if made_from else None
        )
        made = await workflows.lock_workflow(actor.team_id, workflow_id)
        if made is not None and not draft:
            await publish(made, name, contents, actor.name)
            made = await workflows.find_workflow(actor.team_id, workflow_id)
        if made is None:
            raise NotFound
        await audit.record(actor, "create", "workflow", workflow_id, after=workflow_facts(made))
    return made
