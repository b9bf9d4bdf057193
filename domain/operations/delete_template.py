"""Delete a template of the team's own."""

from domain.errors import NotFound
from domain.operations.template_versions import require_template
from domain.rules.ids import parse_id
from domain.rules.permissions import EDIT_WORKFLOWS, Actor
from domain.store import audit, templates
from domain.store.database import transaction


async def delete_template(actor: Actor, reference: str) -> None:
    """Workflows that were made from it stay as they are, and are offered nothing any more.

    Raises NotFound, also for the library's: those come with the product.
    """
    actor.require(EDIT_WORKFLOWS)
    template_id = parse_id(reference)
    if template_id is None:
        raise NotFound
    async with transaction():
        seen = await require_template(actor.team_id, reference)
        if await templates.mark_template_deleted(actor.team_id, template_id) == 0:
            raise NotFound
        facts = {"name": seen.name, "version": seen.version}
        await audit.record(actor, "delete", "workflow_template", template_id, before=facts)
