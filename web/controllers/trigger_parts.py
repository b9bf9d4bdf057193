"""What the pages of triggers have in common."""

from uuid import UUID

from domain.errors import NotFound
from domain.rules.permissions import Actor
from domain.store.triggers import TriggerRow, find_trigger
from web.controllers.api.views import id_in_path
from web.services import Services


async def find_or_404(actor: Actor, trigger_id: str) -> TriggerRow:
    """The team's trigger of that id. Raises NotFound."""
    found = await find_trigger(actor.team_id, id_in_path(trigger_id))
    if found is None:
        raise NotFound
    return found


async def find_webhook_or_404(actor: Actor, trigger_id: str) -> TriggerRow:
    """The team's trigger of that id, if it has an address and secrets. Raises NotFound."""
    found = await find_or_404(actor, trigger_id)
    if found.kind != "webhook":
        raise NotFound
    return found


def nudge(services: Services, actor: Actor, trigger_id: UUID) -> None:
    """Tell the team's open pages that the trigger changed: `config:` does so only for what someone
    set, and not for what came in."""
    services.feed.nudge(actor.team_id, "triggers", f"trigger:{trigger_id}", f"config:{trigger_id}")
