"""What the pages of workflows have in common."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import Actor
from domain.store.workflows import WorkflowRow, find_workflow
from web.controllers.api.views import id_in_path
from web.services import Services


async def find_or_404(actor: Actor, workflow_id: str) -> WorkflowRow:
    """The team's workflow of that id. Raises NotFound."""
    found = await find_workflow(actor.team_id, id_in_path(workflow_id))
    if found is None:
        raise NotFound
    return found


def nudge(services: Services, actor: Actor, workflow_id: UUID) -> None:
    """Tell the team's open pages that the workflow changed."""
    services.feed.nudge(actor.team_id, "workflows", f"workflow:{workflow_id}", "triggers")
