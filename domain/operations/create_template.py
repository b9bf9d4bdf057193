"""Make a template of the team's own from what a workflow runs."""

from uuid import UUID

from domain.errors import Conflict, InvalidInput, NotFound, Problem
from domain.operations.saving import check, template_facts
from domain.operations.template_versions import require_template
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, templates
from domain.store.database import transaction
from domain.store.templates import TemplateRow, TemplateVersion
from domain.store.workflows import Contents, find_workflow

MOST_TEMPLATES = 200
MOST_DESCRIPTION = 1_000
MOST_NOTE = 500
FIRST_NOTE = "The first version."


async def create_template(
    actor: Actor, workflow_id: UUID, name: str, description: str = ""
) -> TemplateRow:
    """The new template, of which the workflow's published version is the first.

    Raises NotFound, InvalidInput, and Conflict when the team has too many.
    """
    actor.require(EDIT_WORKFLOWS)
    check([*name_problems(name), *text_problems(description, "description", MOST_DESCRIPTION)])
    async with transaction():
        if await templates.count_templates(actor.team_id) >= MOST_TEMPLATES:
            raise Conflict(f"A team may have {MOST_TEMPLATES} templates of its own.")
        contents = await published_contents(actor.team_id, workflow_id)
        template_id = await templates.add_template(actor.team_id, name, description)
        version = TemplateVersion(1, contents, FIRST_NOTE, actor.name, None)
        await templates.add_template_version(actor.team_id, template_id, version)
        made = await require_template(actor.team_id, str(template_id))
        facts = {**template_facts(made, version), "workflow_id": str(workflow_id)}
        await audit.record(actor, "create", "workflow_template", template_id, after=facts)
    return made


async def published_contents(team_id: UUID, workflow_id: UUID) -> Contents:
    """What the workflow runs. Raises NotFound, and InvalidInput when nothing of it is published."""
    row = await find_workflow(team_id, workflow_id)
    if row is None:
        raise NotFound
    if row.published is None:
        raise InvalidInput.at("workflow_id", "nothing of the workflow is published yet")
    return row.published


def text_problems(text: str, field: str, most: int) -> list[Problem]:
    """What is wrong with some lines that people write about something."""
    if len(text) > most:
        return [Problem(field, f"must have at most {most:,} characters")]
    if any(ord(each) < 32 and each not in "\n\t" for each in text):  # noqa: PLR2004 - C0
        return [Problem(field, "must not contain control characters")]
    return []
