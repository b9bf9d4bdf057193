"""Add a version to a template of the team's own, from what a workflow runs."""

from uuid import UUID

from domain.errors import InvalidInput, NotFound, Problem
from domain.operations.create_template import MOST_NOTE, published_contents, text_problems
from domain.operations.saving import check, template_facts, won
from domain.operations.template_versions import require_template
from domain.rules.bodies import read_stored
from domain.rules.ids import parse_id
from domain.rules.json_values import same
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, templates
from domain.store.database import transaction
from domain.store.templates import TemplateRow, TemplateVersion
from domain.store.workflows import Contents


async def add_template_version(
    actor: Actor, reference: str, workflow_id: UUID, note: str
) -> TemplateRow:
    """The template with the workflow's published version as its newest. Workflows that were made
    from it are offered that; none of them changes by itself.

    Raises NotFound (also for the library's: those come with the product), InvalidInput, and
    Conflict when someone else added one meanwhile.
    """
    actor.require(EDIT_WORKFLOWS)
    template_id = parse_id(reference)
    if template_id is None:
        raise NotFound
    check(_note_problems(note))
    async with transaction():
        seen = await require_template(actor.team_id, reference)
        contents = await published_contents(actor.team_id, workflow_id)
        await _refuse_the_same(actor.team_id, seen, contents)
        won(await templates.raise_template(actor.team_id, template_id, seen.version))
        version = TemplateVersion(seen.version + 1, contents, note.strip(), actor.name, None)
        await templates.add_template_version(actor.team_id, template_id, version)
        now = await require_template(actor.team_id, reference)
        facts = {**template_facts(now, version), "workflow_id": str(workflow_id)}
        await audit.record(
            actor,
            "add_version",
            "workflow_template",
            template_id,
            before={"version": seen.version},
            after=facts,
        )
    return now


def _note_problems(note: str) -> list[Problem]:
    if not note.strip():
        return [Problem("note", "must say what is new")]
    return text_problems(note, "note", MOST_NOTE)


async def _refuse_the_same(team_id: UUID, seen: TemplateRow, contents: Contents) -> None:
    newest = await templates.find_template_version(team_id, seen.reference, seen.version)
    known = newest.contents if newest else None
    if known and all(
        same(read_stored(old), read_stored(new))
        for old, new in (
            (known.steps, contents.steps),
            (known.input_schema, contents.input_schema),
            (known.policy, contents.policy),
        )
    ):
        raise InvalidInput.at("workflow_id", "is the same as the template's newest version")
