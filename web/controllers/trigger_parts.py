"""What the pages of triggers have in common."""

from uuid import UUID

from domain.errors import NotFound
from domain.operations.run_paused import paused_slots
from domain.rules.permissions import Actor
from domain.store.triggers import TriggerRow, find_trigger
from domain.store.waiting_events import held_of
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


async def is_asked(row: TriggerRow) -> bool:
    """Whether it is off, and somebody has to say what becomes of what came meanwhile."""
    if row.enabled:
        return False
    paused = await paused_slots(row)
    return bool(paused and paused.slots) or (await held_of(row.team_id, row.id)).events > 0


def nudge(services: Services, actor: Actor, trigger_id: UUID) -> None:
    """Tell the team's open pages that the trigger changed: `config:` does so only for what someone
    set, and not for what came in."""
    services.feed.nudge(actor.team_id, "triggers", f"trigger:{trigger_id}", f"config:{trigger_id}")
