"""Switch a trigger on or off."""

from uuid import UUID

from domain.encryption import Vault
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.permissions import Actor
from domain.store.triggers import TriggerRow


async def set_trigger_enabled(
    actor: Actor, vault: Vault, trigger_id: UUID, *, enabled: bool
) -> TriggerRow:
    """The trigger as it is now. Off, its address answers 404. Raises NotFound."""
    action = "enable" if enabled else "disable"
    edit = TriggerEdit(enabled=enabled)
    return (await edit_trigger(actor, vault, trigger_id, edit, action=action)).row
